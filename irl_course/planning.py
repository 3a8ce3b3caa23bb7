"""Planning: from a reward to values, policies and visits, hard and soft.

Every function takes dense and sparse transitions alike. With sparse ones nothing of size
(S, A, S) or (S, S) is ever built, and one sweep is one pass over the stored transitions.
"""

import functools
import math

import numpy as np
from scipy import sparse
from scipy.special import entr

from irl_course.mdp import MDP, _count, as_policy, as_reward
from irl_course.solvers import fixed_point, resolution, solve

# Values that agree to 12 digits count as equal wherever the better action is sought.
_SAME_DIGITS = 1e-12
# So many action values at a time stay in a processor's cache.
_BLOCK = 1 << 17


def bellman_backup(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One step of looking ahead, Q(s, a) = r(s, a) + gamma * sum_s' p(s'|s, a) V(s').

    Args:
        mdp: dynamics and discount.
        reward: shape (S, A) or (S,).
        V: values of the next states, shape (S,).

    Returns:
        Q, shape (S, A).
    """
    return _look_ahead(mdp, as_reward(mdp, reward), V, mdp.gamma)


def greedy_policy(Q: np.ndarray, tol: float | None = None) -> np.ndarray:
    """The policy that takes the best action, pi(a|s) = 1 for a = argmax_a Q(s, a).

    Args:
        Q: action values, shape (S, A), or (T, S, A).
        tol: share the probability equally among all actions within tol of the best.

    Returns:
        Shape of Q; rows sum to 1. Without tol it is one-hot: the first of the best actions, where
        values that agree to 12 digits count as equal, so that rounding decides no tie.
    """
    Q = np.asarray(Q, dtype=np.float64)
    if np.isnan(Q).any():
        index = ", ".join(map(str, np.argwhere(np.isnan(Q))[0]))
        raise ValueError(f"Q[{index}] is nan")
    best = _row_max(Q)[..., None]
    if tol is None:
        action = (best - Q <= _SAME_DIGITS * np.abs(best)).argmax(axis=-1)
        return np.eye(Q.shape[-1])[action]
    tied = best - Q <= tol
    return tied / tied.sum(axis=-1, keepdims=True)


def value_iteration(
    mdp: MDP, reward: np.ndarray, tol: float = 1e-8, max_iter: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Optimal values, V(s) = max_a r(s, a) + gamma * sum_s' p(s'|s, a) V(s'), and a policy.

    Between two maximisations the current policy is swept or solved for (modified policy
    iteration: Puterman 1994, section 6.5). It stops on bounds for V*, not on a small step
    (section 6.6).

    Args:
        mdp: dynamics and discount, gamma < 1.
        reward: shape (S, A) or (S,).
        tol: largest error allowed in V.
        max_iter: most maximisations allowed; by default as many as it takes.

    Returns:
        V, shape (S,), with |V - V*| <= tol in every state, or as close as float64 can tell, which
        is 64 eps max|V| / (1 - gamma) or better. And pi, shape (S, A): greedy for V, one-hot.

    Raises:
        ValueError: gamma is 1.
        RuntimeError: not there after max_iter; says how close V is.
    """
    reward = _discounted(mdp, reward)
    limit = None if max_iter is None else _count("max_iter", max_iter)
    best = _Maximisation(mdp, reward)
    V0 = best.backup(np.zeros(mdp.n_states)) / (1.0 - mdp.gamma)  # as if that lasted for ever
    V = fixed_point(mdp, best.improve, V0, tol, limit, best.backup)
    return V, greedy_policy(bellman_backup(mdp, reward, V))


def policy_iteration(mdp: MDP, reward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Optimal values and policy by evaluating and improving in turn (Howard 1960).

    Args:
        mdp: dynamics and discount, gamma < 1.
        reward: shape (S, A) or (S,).

    Returns:
        V, shape (S,), the value of pi to rounding; pi, shape (S, A), one-hot, which no other
        action improves beyond rounding. `value_iteration` is the quicker one on large worlds.
    """
    reward = _discounted(mdp, reward)
    pi, previous = greedy_policy(reward), -np.inf
    while True:
        V = policy_evaluation(mdp, reward, pi)
        Q = bellman_backup(mdp, reward, V)
        # Rounding can feign a gain and then cycle among ties: a step must raise a value as well.
        better = _row_max(Q) > V + resolution(V, 0.0)
        gained = (V - previous).max() > resolution(V, mdp.gamma)
        if not better.any() or not gained:
            return V, greedy_policy(Q)
        best = np.eye(mdp.n_actions)[Q.argmax(axis=1)]
        pi, previous = np.where(better[:, None], best, pi), V


def policy_evaluation(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> np.ndarray:
    """Value of a policy, the solution of (I - gamma P_pi) V = r_pi (Puterman 1994, section 6.1).

    Args:
        mdp: dynamics and discount, gamma < 1.
        reward: shape (S, A) or (S,).
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        V, shape (S,), to rounding: V = sum_a pi(a|s) Q(s, a) with Q = bellman_backup(V).
    """
    reward, pi = _discounted(mdp, reward), as_policy(mdp, pi)
    payoff = np.einsum("sa,sa->s", pi, reward)
    return solve(mdp.policy_matrix(pi), payoff, mdp.gamma)


def occupancy(mdp: MDP, pi: np.ndarray) -> np.ndarray:
    """Expected discounted visits to every state-action pair under a policy.

    Solves the flow equation rho(s) = p(s_1 = s) + gamma * sum_{s', a} rho(s') pi(a|s') p(s|s', a)
    (Puterman 1994, section 6.9).

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        Visits, shape (S, A), not negative; they sum to 1 / (1 - gamma).
    """
    _require_discount(mdp)
    pi = as_policy(mdp, pi)
    backwards = mdp.policy_matrix(pi).T
    rho = solve(backwards.tocsr() if mdp.is_sparse else backwards, mdp.initial_dist, mdp.gamma)
    return np.maximum(rho, 0.0)[:, None] * pi


def expected_return(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> float:
    """Expected discounted sum of rewards, E_pi[sum_t gamma^t r(s_t, a_t)] = p(s_1) . V_pi.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        reward: shape (S, A) or (S,).
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        The return; the same as the sum of occupancy * reward.
    """
    return float(mdp.initial_dist @ policy_evaluation(mdp, reward, pi))


def soft_value_iteration(
    mdp: MDP,
    reward: np.ndarray,
    horizon: int | None = None,
    temperature: float = 1.0,
    tol: float = 1e-8,
    V0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and policy of maximum causal entropy (Ziebart 2010; Haarnoja et al. 2017).

    Q(s, a) = r(s, a) + gamma * sum_s' p(s'|s, a) V(s'),
    V(s) = temperature * log sum_a exp(Q(s, a) / temperature),
    pi(a|s) = exp((Q(s, a) - V(s)) / temperature).

    Args:
        mdp: dynamics, and the discount if there is no horizon.
        reward: shape (S, A) or (S,).
        horizon: number of steps T, **without** discounting; by default endless and discounted.
        temperature: weight of the entropy, above 0; towards 0 the policy becomes greedy.
        tol: largest error allowed in V when there is no horizon (as in `value_iteration`).
        V0: values to start from when there is no horizon, shape (S,), such as those of a reward
            that was nearly the same. They change the time it takes and nothing else.

    Returns:
        V (S,), Q (S, A), pi (S, A); with a horizon V (T + 1, S) with V[T] = 0, Q (T, S, A) and
        pi (T, S, A). Rows of pi sum to 1.

    Raises:
        ValueError: gamma is 1 and there is no horizon, or a temperature that is not positive.
    """
    if not 0.0 < temperature < math.inf:
        raise ValueError(f"temperature is {temperature}, expected a positive number")
    if horizon is not None:
        horizon = _count("horizon", horizon)
        return _soft_backward_pass(mdp, as_reward(mdp, reward), horizon, temperature)
    reward = _discounted(mdp, reward)
    if V0 is not None and not (np.shape(V0) == (mdp.n_states,) and np.isfinite(V0).all()):
        raise ValueError(f"V0 has shape {np.shape(V0)}, expected ({mdp.n_states},), all finite")

    def improve(V):
        V, pi = _soft_max(_look_ahead(mdp, reward, V, mdp.gamma), temperature)
        return V, pi, np.einsum("sa,sa->s", pi, reward) + temperature * _row_sum(entr(pi))

    V0 = improve(np.zeros(mdp.n_states))[0] if V0 is None else V0
    Q = _look_ahead(mdp, reward, fixed_point(mdp, improve, V0, tol), mdp.gamma)
    V, pi = _soft_max(Q, temperature)
    return V, Q, pi


def expected_visits(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Expected visits at each step, mu_{t+1}(s') = sum_{s, a} mu_t(s) pi_t(a|s) p(s'|s, a).

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        pi: action probabilities, shape (S, A) or (T, S, A).
        horizon: number of steps T.

    Returns:
        Visits, shape (T, S, A); every step's sum to 1, all together to T.
    """
    pi = as_policy(mdp, pi, _count("horizon", horizon))
    visits = np.empty(pi.shape)
    state_visits = mdp.initial_dist
    for t in range(horizon):
        visits[t] = state_visits[:, None] * pi[t]
        state_visits = mdp.flow(visits[t])
    return visits


def _soft_backward_pass(mdp, reward, horizon, temperature):
    V = np.zeros((horizon + 1, mdp.n_states))
    Q = np.empty((horizon, *reward.shape))
    pi = np.empty_like(Q)
    for t in reversed(range(horizon)):
        Q[t] = _look_ahead(mdp, reward, V[t + 1], 1.0)
        V[t], pi[t] = _soft_max(Q[t], temperature)
    return V, Q, pi


def _look_ahead(mdp, reward, V, gamma):
    Q = mdp.expect(gamma * V)
    Q += reward
    return Q


def _soft_max(Q, temperature):
    """temperature * log sum_a exp(Q / temperature), and its gradient: the softmax policy."""
    choice = np.array(Q.T, order="C")  # long rows: several times as quick as short ones
    best = choice.max(axis=0)
    choice -= best
    if temperature != 1.0:
        with np.errstate(over="ignore"):  # a cold softmax may overflow to exp(-inf) = 0: right
            choice /= temperature
    np.exp(choice, out=choice)
    total = choice.sum(axis=0)
    choice /= total
    return best + temperature * np.log(total), np.ascontiguousarray(choice.T)


def _blocks(mdp):
    """States in runs whose action values fit a processor's cache, and the transitions of each."""
    n_states = max(_BLOCK // mdp.n_actions, 1)
    if not mdp.is_sparse or mdp.n_states <= n_states:
        yield slice(None), mdp._rows
        return
    P = mdp.P
    for state in range(0, mdp.n_states, n_states):
        ends = P.indptr[state * mdp.n_actions : (state + n_states) * mdp.n_actions + 1]
        held = slice(ends[0], ends[-1])
        rows = sparse.csr_array((len(ends) - 1, mdp.n_states))
        # Set one by one they are shared with P. Its constructor would copy them.
        rows.data, rows.indices, rows.indptr = P.data[held], P.indices[held], ends - ends[0]
        yield slice(state, state + n_states), rows


class _Maximisation:
    """max_a Q(s, a) in one pass over memory, and the actions that attain it.

    An action stays until another one is better, so that ties do not unsettle a policy.
    """

    def __init__(self, mdp, reward):
        self.gamma, self.blocks = mdp.gamma, list(_blocks(mdp))
        self.reward = np.ascontiguousarray(reward.T)
        self.action, self.payoff = np.zeros(mdp.n_states, dtype=np.intp), self.reward[0].copy()
        self.Q = np.empty_like(self.reward[:, self.blocks[0][0]])

    def backup(self, V):
        """max_a Q(s, a), shape (S,)."""
        best, discounted = np.empty_like(V), self.gamma * V
        for states, rows in self.blocks:
            self._action_values(states, rows, discounted).max(axis=0, out=best[states])
        return best

    def improve(self, V):
        """max_a Q(s, a), the best actions and what they pay: (S,) each, good until the next."""
        best, discounted = np.empty_like(V), self.gamma * V
        for states, rows in self.blocks:
            Q, action = self._action_values(states, rows, discounted), self.action[states]
            value = Q.max(axis=0, out=best[states])
            current = Q.take(action * len(action) + np.arange(len(action)))
            better = np.flatnonzero(current < value)
            action[better] = chosen = _first_best(Q.take(better, axis=1), value[better])
            self.payoff[states][better] = self.reward[:, states][chosen, better]
        return best, self.action, self.payoff

    def _action_values(self, states, rows, discounted):
        """Q as (A, n), good until the next: long rows are quicker to reduce than short ones."""
        reward = self.reward[:, states]
        Q = self.Q[:, : reward.shape[1]]
        return np.add((rows @ discounted).reshape(reward.shape[::-1]).T, reward, out=Q)


def _first_best(Q, best):
    """The first action whose entry of Q (A, n) is the best of its column (n,)."""
    worse, action = np.ones(len(best), dtype=bool), np.zeros(len(best), dtype=np.intp)
    for values in Q[:-1]:
        worse &= values != best
        action += worse
    return action


# NumPy is ten times slower at reducing a short last axis than at these.
def _row_max(Q):
    return functools.reduce(np.maximum, np.moveaxis(Q, -1, 0))


def _row_sum(Q):
    return Q @ np.ones(Q.shape[-1])


def _require_discount(mdp):
    if mdp.gamma == 1.0:
        raise ValueError(
            "gamma is 1: without discounting an endless sum of rewards need not be finite. "
            "Use gamma < 1, or plan for a given horizon."
        )


def _discounted(mdp, reward):
    """A reward whose discounted sums exist, in float64 as well."""
    _require_discount(mdp)
    reward = as_reward(mdp, reward)
    largest = np.abs(reward).max()
    if largest > np.finfo(np.float64).max * (1.0 - mdp.gamma) ** 2:
        raise ValueError(f"reward of size {largest:g} is too large: its sums overflow float64")
    return reward
