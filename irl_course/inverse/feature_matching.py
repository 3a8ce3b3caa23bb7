"""Feature matching: behave so that E[f] is the expert's (Abbeel & Ng 2004).

Features come in two forms. f(s, a) is dense, of shape (S, A, K). Features of the state alone may
have shape (S, K) instead, dense or scipy sparse: large worlds need that, and nothing of size
(S, A, K) is built for them. Feature expectations are discounted sums and **not** rescaled by
1 - gamma: a feature that is always 1 has the expectation 1 / (1 - gamma).
"""

import itertools
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from irl_course.inverse.programs import solve_program
from irl_course.mdp import MDP, Demos, _count, _discount, _entry, _real
from irl_course.planning import occupancy, value_iteration

# For rewards of size 1. Finer plans than this change no distance that is looked at.
_PLAN_TOL = 1e-6
# It is over when no mixture of any policies can be nearer by more than this share of the distance.
_NO_NEARER = 1e-6
# Feature expectations this near to each other, by their size, are the same.
_ROUNDING = 1e-12


def linear_reward(features: np.ndarray | sparse.sparray, psi: np.ndarray) -> np.ndarray:
    """A reward linear in features, r(s, a) = psi . f(s, a).

    Args:
        features: shape (S, A, K), or (S, K), dense or sparse.
        psi: weights, shape (K,).

    Returns:
        The reward, shape (S, A); (S,) for features of the state alone.
    """
    features, psi = _as_features(features), _vector("psi", psi)
    _same_length("psi", psi, features.shape[-1])
    return features @ psi


def feature_expectations(
    mdp: MDP, pi: np.ndarray, features: np.ndarray | sparse.sparray
) -> np.ndarray:
    """Expected discounted features, E_pi[sum_t gamma^t f(s_t, a_t)] = sum_{s, a} rho(s, a) f(s, a).

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        pi: action probabilities, shape (S, A); rows sum to 1.
        features: shape (S, A, K), or (S, K), dense or sparse.

    Returns:
        Shape (K,). For every psi, psi . E[f] is the return of pi under `linear_reward`.
    """
    features = _as_features(features, mdp)
    return _add_up(occupancy(mdp, pi), features)


def empirical_feature_expectations(
    demos: Demos, features: np.ndarray | sparse.sparray, gamma: float
) -> np.ndarray:
    """Feature expectations by counting, 1/N sum_i sum_{t < T} gamma^t f(s_t, a_t).

    The last state of a trajectory, where no action was taken, does not count.

    Args:
        demos: N trajectories of T steps.
        features: shape (S, A, K), or (S, K), dense or sparse.
        gamma: discount factor, 0 to 1.

    Returns:
        Shape (K,). A constant feature gives (1 - gamma^T) / (1 - gamma): what would have come
        after T is missing.

    Raises:
        ValueError: a state or action that the features do not have; names it.
    """
    features, gamma = _as_features(features), _discount(gamma)
    n_actions = features.shape[1] if features.ndim == 3 else int(demos.actions.max()) + 1
    shape = (features.shape[0], n_actions)
    visited = demos.states[:, :-1]
    for name, found, size in (("states", visited, shape[0]), ("actions", demos.actions, shape[1])):
        bad = np.argwhere(found >= size)
        if len(bad):
            entry, value = _entry(name, bad[0], "nt"), found[tuple(bad[0])]
            raise ValueError(f"{entry} is {value}, but features has {size} {name}")
    discount = np.broadcast_to(gamma ** np.arange(demos.horizon), visited.shape)
    pairs = (visited * n_actions + demos.actions).ravel()
    visits = np.bincount(pairs, weights=discount.ravel(), minlength=shape[0] * shape[1])
    return _add_up(visits.reshape(shape) / demos.n_demos, features)


def performance_gap_bound(expert: np.ndarray, learner: np.ndarray) -> float:
    """The worst return lost if the true psi is any with ||psi||_2 <= 1: ||expert - learner||_2.

    By Cauchy-Schwarz (Abbeel & Ng 2004, section 3); psi along the difference attains it.

    Args:
        expert: the expert's feature expectations, shape (K,).
        learner: the learner's, shape (K,).

    Returns:
        The Euclidean distance, at least 0.
    """
    expert, learner = _vector("expert", expert), _vector("learner", learner)
    _same_length("learner", learner, len(expert))
    return float(np.linalg.norm(expert - learner))


def projection_step(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The point between two feature expectations that is nearest to the expert's.

    The projection onto the line through both (Abbeel & Ng 2004, section 3.1), held between them,
    so that it stays the feature expectations of a mixture. If the expert's can be attained at all
    and `new` is optimal for psi = expert - mixed, it lies between them anyway.

    Args:
        expert: the expert's feature expectations, shape (K,).
        mixed: those of the mixture so far, shape (K,).
        new: those of the new policy, shape (K,).

    Returns:
        Shape (K,), (1 - step) * mixed + step * new with 0 <= step <= 1; not farther from the
        expert than mixed and new are.
    """
    expert, mixed, new = _vector("expert", expert), _vector("mixed", mixed), _vector("new", new)
    _same_length("mixed", mixed, len(expert))
    _same_length("new", new, len(expert))
    return mixed + _step_size(expert, mixed, new) * (new - mixed)


def apprenticeship_learning(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    expert: np.ndarray,
    tol: float = 1e-2,
    max_iter: int = 50,
    method: str = "projection",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Policies whose mixture has the expert's feature expectations (Abbeel & Ng 2004, section 3).

    Starts from the policy that acts at random. Each iteration plans for psi = expert - mixed and
    mixes the new policy in. The answer is the best **mixture** of all the policies found, their
    last step: draw one policy by its weight at the start of an episode and keep to it. No single
    policy need come near the expert.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: shape (S, A, K), or (S, K), dense or sparse.
        expert: the expert's feature expectations, shape (K,), exact or counted.
        tol: distance to the expert that is near enough, in the units of `feature_expectations`.
        max_iter: most policies planned for.
        method: where the next psi starts from. "projection" moves `mixed` towards the new policy
            alone; "max-margin" moves it to the best mixture each time. Both are theirs.

    Returns:
        Policies (M, S, A), the weights of their best mixture (M,), not negative and summing to 1,
        and distances (M,): distances[i] that of the best mixture after i iterations, never growing
        (to the solver's accuracy). Their number M is at most max_iter + 1; it is less once tol is
        reached, or no policy leads nearer to the expert.
    """
    policies, distances = [], []
    path = apprenticeship_path(mdp, features, expert, method)
    for pi, candidates, mixture in itertools.islice(path, _count("max_iter", max_iter) + 1):
        policies.append(pi)
        weights = mixture if method == "max-margin" else best_mixture(expert, candidates)
        distances.append(float(np.linalg.norm(expert - weights @ candidates)))
        if distances[-1] <= tol:
            break
    return np.stack(policies), weights, np.array(distances)


def apprenticeship_path(
    mdp: MDP,
    features: np.ndarray | sparse.sparray,
    expert: np.ndarray,
    method: str = "projection",
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The iterations behind `apprenticeship_learning`, to watch one by one or to stop at will.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: shape (S, A, K), or (S, K), dense or sparse.
        expert: the expert's feature expectations, shape (K,).
        method: "projection" or "max-margin".

    Yields:
        The new policy (S, A), the feature expectations of all policies so far (M, K), and the
        weights (M,) of the method's own mixture of them: with "projection" the steps multiplied
        out, farther from the expert than the best. It ends when no policy leads nearer.
    """
    features, expert = _as_features(features, mdp), _vector("expert", expert)
    _same_length("expert", expert, features.shape[-1])
    if method not in ("projection", "max-margin"):
        raise ValueError(f"method is {method!r}, expected 'projection' or 'max-margin'")
    pi = np.full((mdp.n_states, mdp.n_actions), 1.0 / mdp.n_actions)
    candidates = feature_expectations(mdp, pi, features)[None]
    weights = np.ones(1)
    while True:
        yield pi, candidates, weights
        mixed = weights @ candidates
        psi = expert - mixed
        # Only the direction counts; at one scale the planner's tolerance always means the same.
        reward = linear_reward(features, psi)
        _, pi = value_iteration(mdp, reward / (np.abs(reward).max() or 1.0), tol=_PLAN_TOL)
        new = feature_expectations(mdp, pi, features)
        # Whatever is mixed, the square of the distance falls by no more than twice this product.
        if (new - mixed) @ psi <= _NO_NEARER * (psi @ psi):
            return
        candidates = np.vstack([candidates, new])
        if method == "max-margin":
            weights = best_mixture(expert, candidates)
        else:
            step = _step_size(expert, mixed, new)
            weights = np.append((1.0 - step) * weights, step)


def best_mixture(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """The mixture nearest to the expert: min ||expert - weights @ candidates||, on the simplex.

    The quadratic program of Abbeel & Ng (2004), section 3. Its dual is their max-margin step:
    psi = expert - weights @ candidates separates the expert from all candidates, and the distance
    is the margin.

    Args:
        expert: the expert's feature expectations, shape (K,).
        candidates: feature expectations of policies, shape (M, K).

    Returns:
        Weights, shape (M,), not negative, summing to 1.

    Raises:
        RuntimeError: the solver did not find the optimum; says what it reported.
    """
    import cvxpy as cp

    expert = _vector("expert", expert)
    candidates, _ = _real("candidates", candidates)
    if candidates.ndim != 2 or candidates.shape[1] != len(expert) or not len(candidates):
        raise ValueError(f"candidates has shape {candidates.shape}, expected (M, {len(expert)})")
    _finite("candidates", candidates, "mk")
    gaps = candidates - expert  # the weights sum to 1: weights @ gaps is the mixture's own gap
    sizes = np.linalg.norm(gaps, axis=1)
    scale = sizes.min()
    if scale <= _ROUNDING * max(sizes.max(), np.linalg.norm(expert)):  # one of them is the expert
        return np.eye(len(gaps))[sizes.argmin()]
    weights = cp.Variable(len(gaps), nonneg=True)
    objective = cp.sum_squares(gaps.T / scale @ weights)
    solve_program(cp.Problem(cp.Minimize(objective), [cp.sum(weights) == 1]))
    found = np.maximum(weights.value, 0.0)
    return found / found.sum()


def _step_size(expert, mixed, new):
    """How far to go from mixed towards new, 0 to 1, to be nearest to the expert."""
    towards = new - mixed
    length = towards @ towards
    return float(np.clip(towards @ (expert - mixed) / length, 0.0, 1.0)) if length else 0.0


def _add_up(visits, features):
    """sum_{s, a} visits(s, a) f(s, a)."""
    if features.ndim == 3:
        return np.einsum("sa,sak->k", visits, features)
    return features.T @ visits.sum(axis=1)


def _as_features(features, mdp=None):
    """Features in one of their two forms, finite float64, and of the right size for an MDP."""
    if sparse.issparse(features):
        features = sparse.csr_array(features)
        name, axes, values = "features.data", "i", _real("features", features.data)[0]
    else:
        values = features = _real("features", features)[0]
        name, axes = "features", "sak" if features.ndim == 3 else "sk"
    shape, (S, A) = features.shape, (mdp.n_states, mdp.n_actions) if mdp else ("S", "A")
    misfit = mdp is not None and shape[:-1] not in ((S,), (S, A))
    if len(shape) not in (2, 3) or 0 in shape or misfit:
        raise ValueError(f"features has shape {shape}, expected ({S}, {A}, K) or ({S}, K)")
    _finite(name, values, axes)
    return features


def _vector(name, array):
    array, _ = _real(name, array)
    if array.ndim != 1 or not len(array):
        raise ValueError(f"{name} has shape {array.shape}, expected (K,)")
    _finite(name, array, "k")
    return array


def _finite(name, array, axes):
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        raise ValueError(f"{_entry(name, bad[0], axes)} is {array[tuple(bad[0])]}, not finite")


def _same_length(name, vector, n_features):
    if len(vector) != n_features:
        raise ValueError(f"{name} has {len(vector)} entries, but there are {n_features} features")
