"""How good what was learnt is: by what it makes one do, by itself, by what it foretells."""

import numpy as np

from irl_course.mdp import MDP, Demos, _distributions, _entry, _real, as_reward
from irl_course.planning import bellman_backup, expected_return, greedy_policy, value_iteration

# A canonical reward below this share of the largest reward is rounding.
_NOTHING = 1e-12


def expected_value_difference(
    mdp: MDP, true_reward: np.ndarray, learned_reward: np.ndarray
) -> float:
    """What acting on the learnt reward costs under the true one (Levine et al. 2011).

    E_{pi*}[sum_t gamma^t r(s_t, a_t)] - E_pi[the same], with r the true reward, pi* optimal for
    it and pi optimal for the learnt reward.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        true_reward: what counts, shape (S, A) or (S,).
        learned_reward: what pi is planned for, shape (S, A) or (S,).

    Returns:
        The loss, at least 0, in units of the true return. It does not change with the scale of
        the learnt reward, a constant added to it, or potential shaping: where these leave actions
        equally good, pi takes them equally often.
    """
    best = expected_return(mdp, true_reward, _optimal_policy(mdp, true_reward))
    reached = expected_return(mdp, true_reward, _optimal_policy(mdp, learned_reward))
    return max(0.0, best - reached)


def epic_distance(
    mdp: MDP,
    reward_a: np.ndarray,
    reward_b: np.ndarray,
    coverage_states: np.ndarray | None = None,
    coverage_actions: np.ndarray | None = None,
) -> float:
    """How far apart two rewards are, whatever the dynamics (EPIC; Gleave et al. 2021, section 4).

    sqrt((1 - rho) / 2), with rho the correlation of the two canonically shaped rewards

    C(r)(s, a, s') = r(s, a, s') + E[gamma r(s', A, S') - r(s, A, S') - gamma r(S, A, S')].

    Inside E and in the correlation, s, s', S and S' are independent draws from coverage_states, a
    and A from coverage_actions: the transitions that the MDP knows play no part. The authors leave
    the coverage open, and also use the transitions of a world.

    It does not change with scale, constants, or shaping by gamma h(s') - h(s). Of r(s, a) it does
    see the *expected* shaping gamma E[h(s')|s, a] - h(s), whose equivalence is the dynamics': give
    r(s, a, s') to have it ignored.

    Args:
        mdp: gives S, A and gamma.
        reward_a: shape (S,), (S, A) or (S, A, S).
        reward_b: the same, perhaps of another of these shapes.
        coverage_states: shape (S,), by default uniform, cells that nobody can enter included.
        coverage_actions: shape (A,), by default uniform.

    Returns:
        From 0, equivalent, to 1, opposite; two that have nothing in common are at 0.707. A reward
        that is constant but for shaping has no correlation: it is at 0.5 from every other, and at
        0 from its like.

    Raises:
        ValueError: a shape, an entry or a coverage that is wrong.
    """
    states = _coverage("coverage_states", coverage_states, mdp.n_states)
    actions = _coverage("coverage_actions", coverage_actions, mdp.n_actions)

    def mean(own, rest):  # rest may be the same for all (s, a)
        return float(states @ (own + rest @ states) @ actions)

    def standard(reward):
        """C(r) at mean 0 and deviation 1, as a sum of its mean given (s, a) and what is left."""
        reward, size = _as_transition_reward(mdp, reward)
        of_pair = reward @ states if reward.shape[2] > 1 else reward[:, :, 0]
        of_state = of_pair @ actions
        own = of_pair - of_state[:, None]
        rest = reward - of_pair[:, :, None] if reward.shape[2] > 1 else np.zeros((1, 1, 1))
        rest = rest + mdp.gamma * (of_state - states @ of_state)
        deviation = np.sqrt(mean(own**2, rest**2))
        # What rounding leaves of a reward that shaping has made from 0 must not count as one.
        scale = 1.0 / deviation if deviation > _NOTHING * size else 0.0
        return own * scale, rest * scale

    (own_a, rest_a), (own_b, rest_b) = standard(reward_a), standard(reward_b)
    # |x - y| / 2 of standardised x and y: 1 - rho would lose half of the digits.
    return min(1.0, float(np.sqrt(mean((own_a - own_b) ** 2, (rest_a - rest_b) ** 2))) / 2)


def held_out_log_likelihood(pi: np.ndarray, demos: Demos) -> float:
    """How well a policy foretells demonstrations: the mean of log pi(a_t|s_t) over all decisions.

    Args:
        pi: action probabilities, shape (S, A), or (T, S, A) for demonstrations of T steps.
        demos: trajectories, best ones that the policy was not fitted to.

    Returns:
        Nats a decision, at most 0; -log A for a uniform policy; -inf where one was taken that the
        policy never takes.

    Raises:
        ValueError: rows of pi that are no distributions, or demonstrations that do not fit pi.
    """
    pi, _ = _real("pi", pi)
    shape, T = pi.shape, demos.horizon
    if pi.ndim not in (2, 3) or (pi.ndim == 3 and shape[0] != T):
        raise ValueError(f"pi has shape {shape}, expected (S, A), or (T, S, A) with T = {T}")
    lead = dict(zip("s" if pi.ndim == 2 else "ts", shape, strict=False))
    pi = _distributions("pi", pi.reshape(-1, shape[-1]), lead, "a", 1e-6).reshape(shape)
    for name, size in (("states", shape[-2]), ("actions", shape[-1])):
        bad = np.argwhere(getattr(demos, name) >= size)
        if len(bad):
            entry, value = _entry(name, bad[0], "nt"), getattr(demos, name)[tuple(bad[0])]
            raise ValueError(f"{entry} is {value}, but pi has {size} {name}")
    states, actions = demos.states[:, :-1], demos.actions
    step = (np.arange(T),) if pi.ndim == 3 else ()
    with np.errstate(divide="ignore"):
        return float(np.log(pi[(*step, states, actions)]).mean())


def _optimal_policy(mdp, reward):
    """Optimal at one common scale; ties are shared, or rounding would choose among them."""
    reward = as_reward(mdp, reward)
    reward = reward / (np.abs(reward).max() or 1.0)
    V, _ = value_iteration(mdp, reward, tol=1e-10)
    return greedy_policy(bellman_backup(mdp, reward, V), tol=1e-9)


def _coverage(name, weights, size):
    if weights is None:
        return np.full(size, 1.0 / size)
    weights, tol = _real(name, weights)
    if weights.shape != (size,):
        raise ValueError(f"{name} has shape {weights.shape}, expected ({size},)")
    return _distributions(name, weights[None], {}, name.split("_")[1][0], tol)[0]


def _as_transition_reward(mdp, reward):
    """A reward of shape (S, A, S), or (S, A, 1) where s' does not matter; and its largest entry."""
    if np.ndim(reward) < 3:
        reward = as_reward(mdp, reward)[:, :, None]
        return reward, np.abs(reward).max()
    reward, _ = _real("reward", reward)
    S, A = mdp.n_states, mdp.n_actions
    if reward.shape != (S, A, S):
        raise ValueError(
            f"reward has shape {reward.shape}, expected ({S},), ({S}, {A}) or ({S}, {A}, {S})"
        )
    bad = np.argwhere(~np.isfinite(reward))
    if len(bad):
        where = _entry("reward", bad[0], ("s", "a", "next"))
        raise ValueError(f"{where} is {reward[tuple(bad[0])]}, not finite")
    return reward, np.abs(reward).max()
