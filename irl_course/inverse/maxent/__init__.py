"""Maximum entropy IRL: the linear reward under which the demonstrations are most likely.

Two models of the expert. **Maximum entropy** (Ziebart et al. 2008) weighs trajectories by
p(trajectory) exp(sum of rewards), as if the world's noise obeyed as well; **maximum causal
entropy** (Ziebart, Bagnell & Dey 2010) lets the expert choose actions only. Without noise, from a
given start, they are one. In both, with f the demonstrations' mean features,

    L(psi) = psi . f - W(psi),    gradient f - E_psi[features],

W is log Z or the expected soft value, and the maximum is where the features match.

**Time.** By default there are T steps, the demonstrations' own, without discounting, and the state
reached last counts nowhere. Maximum causal entropy can instead be `discounted` and endless: f is
then the discounted sum, and after a demonstration's last step the expert is taken to go on as the
model does. Trajectories have no such form here: Q = r + gamma log E[exp V] belongs to no
distribution over trajectories, so its visits are not the gradient of any likelihood. (Stopping
with probability 1 - gamma a step is a proper model, but its Z is infinite for many rewards.)

**Luck.** `given` says what of the demonstrations was nobody's choice, and is conditioned on.
"nothing": the model draws starts and transitions itself, by p(s_1) and p(s'|s, a). "start": the
demonstrations' first states are given. "states" (causal only): all their states are, and L is the
log-likelihood of the actions, mean sum_t log pi(a_t|s_t): never above 0, but not always concave.
What is not given has to be explained by the reward. Few demonstrations from many starts can be
features that no policy attains, and then there is no maximum: so "start" is the default of the
causal model. That of the trajectory model is "nothing", since its Z is a sum over starts as well.

**Demonstrations** are `Demos`, or exact visits in their place: (T, S, A), each step's summing to 1;
or, discounted, (S, A) summing to 1 / (1 - gamma), from p(s_1). With "states" given these may be any
weights, such as counts.
"""

import numpy as np
from scipy import sparse

from irl_course.inverse.feature_matching import _add_up, _as_features, _finite
from irl_course.inverse.maxent.fit import Fit, Problem, maximise
from irl_course.inverse.maxent.models import CausalModel, DiscountedModel, TrajectoryModel
from irl_course.mdp import MDP, Demos, _entry, _real, as_reward
from irl_course.planning import _require_discount

__all__ = [
    "CausalModel",
    "DiscountedModel",
    "Fit",
    "TrajectoryModel",
    "causal_gradient",
    "causal_information",
    "causal_log_likelihood",
    "causal_maxent_irl",
    "demo_log_likelihood",
    "log_partition",
    "maxent_gradient",
    "maxent_irl",
    "maxent_visits",
]

# Visits may miss what they should sum to by this share.
_ROUNDING = 1e-6


def log_partition(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """log Z = log sum_trajectories p(trajectory) exp(sum_t r(s_t, a_t)), with p inside Z.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        reward: shape (S, A) or (S,).
        horizon: number of steps T.

    Returns:
        log Z; T log A for a reward of 0, and T c more for a constant c.
    """
    return TrajectoryModel(mdp, horizon).plan(as_reward(mdp, reward))[0]


def maxent_visits(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    """Expected visits at each step under p(trajectory) exp(sum of rewards) / Z.

    Not those of any policy where the world is noisy: start and successors are believed to be
    better than they are. For the causal model, `planning.soft_value_iteration` and
    `planning.expected_visits` give policy and visits.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        reward: shape (S, A) or (S,).
        horizon: number of steps T.

    Returns:
        Visits, shape (T, S, A); every step's sum to 1. The gradient of `log_partition` is their
        sum over t.
    """
    return TrajectoryModel(mdp, horizon).visits(reward)


def demo_log_likelihood(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    psi: np.ndarray,
    demos: Demos | np.ndarray,
    given: str = "nothing",
) -> float:
    """L(psi) = 1/N sum_i psi . f(trajectory i) - log Z(psi), concave in psi.

    The mean log-likelihood but for mean log p(trajectory i), which psi does not change.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        features: shape (S, A, K), or (S, K), dense or sparse.
        psi: reward weights, shape (K,).
        demos: N trajectories of T steps, or exact visits.
        given: "nothing" or "start".

    Returns:
        L(psi); -T log A at psi = 0, if nothing is given.
    """
    return _trajectory_problem(mdp, features, demos, given).evaluate(psi)[0]


def maxent_gradient(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    psi: np.ndarray,
    demos: Demos | np.ndarray,
    given: str = "nothing",
) -> np.ndarray:
    """Gradient of `demo_log_likelihood`: the demonstrations' mean features less the model's.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        features: shape (S, A, K), or (S, K), dense or sparse.
        psi: reward weights, shape (K,).
        demos: N trajectories of T steps, or exact visits.
        given: "nothing" or "start".

    Returns:
        Shape (K,); 0 where the features match.
    """
    return _trajectory_problem(mdp, features, demos, given).evaluate(psi)[1]


def causal_log_likelihood(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    psi: np.ndarray,
    demos: Demos | np.ndarray,
    discounted: bool = False,
    given: str = "start",
) -> float:
    """L(psi) = psi . f - W(psi) of the causal model, W the expected soft value at the start.

    Args:
        mdp: dynamics, start distribution and, if discounted, the discount, gamma < 1.
        features: shape (S, A, K), or (S, K), dense or sparse.
        psi: reward weights, shape (K,).
        demos: N trajectories of T steps, or exact visits.
        discounted: endless and discounted instead of T steps.
        given: "nothing", "start" or "states".

    Returns:
        L(psi). With all states given it is mean sum_t log pi(a_t|s_t), each step weighed by
        gamma^t if discounted. Otherwise it is what that is in expectation over the noise: concave,
        but for the weight gamma^T of what comes after a discounted demonstration.
    """
    return _causal_problem(mdp, features, demos, discounted, given).evaluate(psi)[0]


def causal_gradient(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    psi: np.ndarray,
    demos: Demos | np.ndarray,
    discounted: bool = False,
    given: str = "start",
) -> np.ndarray:
    """Gradient of `causal_log_likelihood`: the demonstrations' features less the model's.

    Args:
        mdp: dynamics, start distribution and, if discounted, the discount, gamma < 1.
        features: shape (S, A, K), or (S, K), dense or sparse.
        psi: reward weights, shape (K,).
        demos: N trajectories of T steps, or exact visits.
        discounted: endless and discounted instead of T steps.
        given: "nothing", "start" or "states".

    Returns:
        Shape (K,). With all states given the model's agent starts anew wherever the noise brought
        the demonstrations more often than expected, and leaves where less often.
    """
    return _causal_problem(mdp, features, demos, discounted, given).evaluate(psi)[1]


def causal_information(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    psi: np.ndarray,
    demos: Demos | np.ndarray,
    given: str = "start",
) -> np.ndarray:
    """Minus the Hessian of the discounted `causal_log_likelihood`, exactly.

    With all states given and counts as demonstrations, the inverse estimates the covariance of
    the maximum likelihood estimate; the roots of its diagonal are the standard errors.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: shape (S, A, K), or (S, K), dense or sparse.
        psi: reward weights, shape (K,).
        demos: N trajectories of T steps, or visits.
        given: "nothing", "start" or "states".

    Returns:
        Shape (K, K), symmetric; positive semidefinite wherever the log-likelihood is concave.

    Raises:
        ValueError: too many features or states, or moves that are not local.
    """
    problem = _causal_problem(mdp, features, demos, True, given)
    problem.evaluate(psi)
    information = problem.model.curvature(problem.features)
    if information is None:
        raise ValueError(f"second derivatives of {mdp} along {len(psi)} features take too long")
    return information


def maxent_irl(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    demos: Demos | np.ndarray,
    l2: float = 0.0,
    tol: float = 1e-5,
    psi0: np.ndarray | None = None,
    max_iter: int = 1_000,
    given: str = "nothing",
) -> Fit:
    """Maximum entropy IRL: max over psi of L(psi) - l2 / 2 |psi|^2 (Ziebart et al. 2008).

    L-BFGS on the concave `demo_log_likelihood`, with its exact gradient.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        features: shape (S, A, K), or (S, K), dense or sparse; the latter is quicker.
        demos: N trajectories of T steps, or exact visits (T, S, A).
        l2: penalty, 0 or more. With none there is no maximum if the demonstrations are as extreme
            as can be in some direction, such as a state never visited with a weight of its own.
        tol: norm of the gradient to reach, in units of features times visits.
        psi0: where to start, shape (K,); by default 0.
        max_iter: most iterations.
        given: "nothing" or "start".

    Returns:
        psi and the report. Read `converged`: it is False where there is no maximum.
    """
    problem = _trajectory_problem(mdp, features, demos, given)
    return maximise(problem, l2, tol, psi0, max_iter)


def causal_maxent_irl(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    demos: Demos | np.ndarray,
    l2: float = 0.0,
    tol: float = 1e-5,
    psi0: np.ndarray | None = None,
    max_iter: int = 1_000,
    discounted: bool = False,
    given: str = "start",
) -> Fit:
    """Maximum causal entropy IRL: max of L(psi) - l2 / 2 |psi|^2 (Ziebart, Bagnell & Dey 2010).

    L-BFGS on `causal_log_likelihood`, with its exact gradient.

    Args:
        mdp: dynamics, start distribution and, if discounted, the discount, gamma < 1.
        features: shape (S, A, K), or (S, K), dense or sparse.
        demos: N trajectories of T steps, or exact visits: (T, S, A), or if discounted (S, A).
        l2: penalty, 0 or more; as for `maxent_irl`.
        tol: norm of the gradient to reach, in units of features times visits.
        psi0: where to start, shape (K,); by default 0.
        max_iter: most iterations.
        discounted: endless and discounted instead of T steps.
        given: "nothing", "start" or "states".

    Returns:
        psi and the report. Read `converged`: it is False where there is no maximum.
    """
    problem = _causal_problem(mdp, features, demos, discounted, given)
    return maximise(problem, l2, tol, psi0, max_iter)


def _trajectory_problem(mdp, features, demos, given):
    _one_of(given, ("nothing", "start"))
    features, steps = _as_features(features, mdp), _by_step(mdp, demos)
    start = steps[0].sum(axis=1) if given == "start" else None
    return _problem(features, sum(steps), TrajectoryModel(mdp, len(steps), start))


def _causal_problem(mdp, features, demos, discounted, given):
    _one_of(given, ("nothing", "start", "states"))
    features = _as_features(features, mdp)
    if discounted:
        _require_discount(mdp)
        visits, source = _discounted_visits(mdp, demos, given)
        return _problem(features, visits, DiscountedModel(mdp, source))
    steps = _by_step(mdp, demos)
    return _problem(features, sum(steps), CausalModel(mdp, len(steps), _source(mdp, steps, given)))


def _problem(features, visits, model):
    return Problem(features, _add_up(visits, features), float(visits.sum()), model)


def _source(mdp, steps, given):
    """Where the model's agents enter, (M, S)."""
    if given == "nothing":
        return mdp.initial_dist[None]
    source = [steps[0].sum(axis=1)]
    if given == "states":  # wherever the noise has led beyond what was to be expected
        source += [steps[t].sum(axis=1) - mdp.flow(steps[t - 1]) for t in range(1, len(steps))]
    return np.array(source)


def _discounted_visits(mdp, demos, given):
    """Discounted visits (S, A) of the demonstrations, and where the model's agents enter (S,)."""
    if isinstance(demos, Demos):
        steps, T = _by_step(mdp, demos), demos.horizon
        visits = sum(mdp.gamma**t * steps[t] for t in range(T))
        start = mdp.initial_dist if given == "nothing" else steps[0].sum(axis=1)
        last = np.bincount(demos.states[:, -1], minlength=mdp.n_states) / demos.n_demos
        source = start - mdp.gamma**T * last  # from there on expert and model are the same
    else:
        visits = _weights(mdp, demos, (mdp.n_states, mdp.n_actions))
        source, total = mdp.initial_dist, visits.sum() * (1.0 - mdp.gamma)
        if given != "states" and abs(total - 1.0) > _ROUNDING:
            raise ValueError(
                f"demos sums to {visits.sum():.10g}, but discounted visits sum to 1 / (1 - gamma) "
                f'= {1.0 / (1.0 - mdp.gamma):.10g}. For other weights say given="states"'
            )
    if given == "states":
        source = visits.sum(axis=1) - mdp.gamma * mdp.flow(visits)
    return visits, source


def _by_step(mdp, demos):
    """Visits (S, A) at each step: something of length T."""
    if isinstance(demos, Demos):
        return _Counts(mdp, demos.validate_for(mdp))
    horizon = max([1, *np.shape(demos)[:1]])
    visits = _weights(mdp, demos, (horizon, mdp.n_states, mdp.n_actions))
    sums = visits.sum(axis=(1, 2))
    bad = np.flatnonzero(np.abs(sums - 1.0) > _ROUNDING)
    if len(bad):
        raise ValueError(f"demos[t={bad[0]}] sums to {sums[bad[0]]:.10g}, but a step's visits to 1")
    return visits


class _Counts:
    """Visits of demonstrations, step by step: all T times S times A at once may be too many."""

    def __init__(self, mdp, demos):
        self.shape, self.demos = (mdp.n_states, mdp.n_actions), demos

    def __len__(self):
        return self.demos.horizon

    def __getitem__(self, t):
        if t >= len(self):
            raise IndexError(t)
        pairs = self.demos.states[:, t] * self.shape[1] + self.demos.actions[:, t]
        counts = np.bincount(pairs, minlength=self.shape[0] * self.shape[1])
        return counts.reshape(self.shape) / self.demos.n_demos


def _weights(mdp, demos, shape):
    visits, _ = _real("demos", demos)
    if visits.shape != shape:
        wanted = "Demos or visits of shape (T, S, A) or, if discounted, (S, A)"
        raise ValueError(f"demos has shape {visits.shape}, expected {wanted} for {mdp}")
    axes = "tsa"[-visits.ndim :]
    _finite("demos", visits, axes)
    bad = np.argwhere(visits < 0)
    if len(bad):
        raise ValueError(f"{_entry('demos', bad[0], axes)} is {visits[tuple(bad[0])]}, below 0")
    return visits


def _one_of(given, choices):
    if given not in choices:
        raise ValueError(f"given is {given!r}, expected one of {', '.join(map(repr, choices))}")
