"""Checks of lesson 03: linear rewards, feature expectations, and mixtures that match an expert's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog, nnls

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches, quietly
from irl_course.checks.forms import (
    Array,
    Number,
    Policy,
    Readings,
    Several,
    WrongForm,
    difference,
    number,
)
from irl_course.checks.problems import noisy_world, random_policy, size, sure_world, worlds
from irl_course.checks.quiz import Option, Quiz
from irl_course.inverse import feature_matching
from irl_course.mdp import MDP, Demos, sample_demos

# --- the course's own answers --------------------------------------------------------------


def linear_reward(features: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """A reward linear in features, r(s, a) = psi . f(s, a).

    Args:
        features: shape (S, A, K).
        psi: weights, shape (K,).

    Returns:
        The reward, shape (S, A).
    """
    return features @ psi


def feature_expectations(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Expected discounted features, sum_{s, a} rho(s, a) f(s, a).

    Args:
        mdp: dynamics, start distribution and discount.
        pi: action probabilities, shape (S, A).
        features: shape (S, A, K).

    Returns:
        Shape (K,); a feature that is always 1 has 1 / (1 - gamma).
    """
    return np.einsum("sa,sak->k", planning.occupancy(mdp, pi), features)


def empirical_feature_expectations(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    """Feature expectations by counting, 1/N sum_i sum_{t < T} gamma^t f(s_t, a_t).

    Args:
        demos: N trajectories of T steps.
        features: shape (S, A, K).
        gamma: discount factor.

    Returns:
        Shape (K,); a feature that is always 1 has (1 - gamma^T) / (1 - gamma).
    """
    return _added_up(_seen(demos, features), _discounts(demos, gamma)) / demos.n_demos


def performance_gap_bound(expert: np.ndarray, learner: np.ndarray) -> float:
    """The worst psi . (expert - learner) over ||psi||_2 <= 1, which is their distance."""
    return float(np.linalg.norm(expert - learner))


def projection_step(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The point on the segment from mixed to new that is nearest to the expert, shape (K,)."""
    return mixed + _step(expert, mixed, new) * (new - mixed)


def apprenticeship_learning(
    mdp: MDP, features: np.ndarray, expert: np.ndarray, tol: float, max_iter: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Policies whose mixture comes near the expert, by projections (Abbeel & Ng 2004, section 3).

    Args:
        mdp: dynamics, start distribution and discount.
        features: shape (S, A, K).
        expert: the expert's feature expectations, shape (K,).
        tol: distance that is near enough.
        max_iter: most rounds; each plans for one policy.

    Returns:
        policies (M, S, A), of which the first is uniform; the weights of their mixture (M,), which
        sum to 1; and its distance to the expert after 0, 1, ... rounds (M,), never growing.
    """
    return _mix(mdp, features, expert, tol, max_iter)


def best_mixture(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Weights (M,) on the simplex whose mixture of candidates (M, K) is nearest to the expert."""
    return _nearest(candidates - expert)


def _seen(demos: Demos, features: np.ndarray) -> np.ndarray:
    """f(s_t, a_t) along each demonstration, (N, T, K)."""
    return features[demos.states[:, :-1], demos.actions]


def _discounts(demos: Demos, gamma: float) -> np.ndarray:
    return gamma ** np.arange(demos.horizon)


def _added_up(seen: np.ndarray, discounts: np.ndarray) -> np.ndarray:
    """Discounted sums over time, added up over the demonstrations, (K,)."""
    return np.einsum("t,ntk->k", discounts, seen)


def _step(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> float:
    """How far to go from mixed towards new, 0 to 1, to be nearest to the expert."""
    towards = new - mixed
    length = towards @ towards
    return float(np.clip(towards @ (expert - mixed) / length, 0.0, 1.0)) if length else 0.0


def _nearest(gaps: np.ndarray) -> np.ndarray:
    """The weights whose mixture of gaps (M, K) is shortest.

    Least squares with the row "they sum to 1", solved without negative weights: up to the scale
    of the weights it is the same problem (Lawson & Hanson 1974, chapter 23).
    """
    scale = np.linalg.norm(gaps, axis=1).max() or 1.0
    system = np.vstack([gaps.T / scale, np.ones(len(gaps))])
    try:
        weights, _ = nnls(system, np.append(np.zeros(gaps.shape[1]), 1.0), maxiter=100 * len(gaps))
    except RuntimeError:  # it can go round in circles at a distance of 0
        return feature_matching.best_mixture(np.zeros(gaps.shape[1]), gaps)
    return weights / weights.sum()


def _uniform(mdp: MDP) -> np.ndarray:
    return np.full((mdp.n_states, mdp.n_actions), 1.0 / mdp.n_actions)


def _best_policy(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    return planning.value_iteration(mdp, reward)[1]


def _distance(expert: np.ndarray, mixed: np.ndarray) -> float:
    return float(np.linalg.norm(expert - mixed))


def _append(weights: np.ndarray, step: float) -> np.ndarray:
    return np.append((1.0 - step) * weights, step)


def _mix(
    mdp: MDP,
    features: np.ndarray,
    expert: np.ndarray,
    tol: float,
    max_iter: int,
    *,
    first: Callable = lambda mdp, features, expert: _uniform(mdp),
    psi: Callable = lambda expert, mixed, new: expert - mixed,
    plan: Callable = _best_policy,
    step: Callable = _step,
    append: Callable = _append,
    distance: Callable = _distance,
    enough: Callable = lambda distances, tol: distances[-1] <= tol,
    gives_up: bool = True,
    anchored: bool = False,
    late: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The projection method; its misreadings by keyword.

    `gives_up` stops when no policy leads nearer, `anchored` starts every step from the first
    policy, `late` records a distance before its step.
    """
    policies, weights = [first(mdp, features, expert)], np.ones(1)
    origin = mixed = new = feature_expectations(mdp, policies[0], features)
    distances = [distance(expert, mixed)]
    while not enough(distances, tol) and len(policies) <= max_iter:
        pi = plan(mdp, linear_reward(features, psi(expert, mixed, new)))
        new = feature_expectations(mdp, pi, features)
        start = origin if anchored else mixed
        share = step(expert, start, new)
        moved = start + share * (new - start)
        if gives_up and _distance(expert, moved) > (1.0 - 1e-7) * _distance(expert, mixed):
            break
        distances.append(distance(expert, mixed if late else moved))
        mixed, weights = moved, append(weights, share)
        policies.append(pi)
    return np.stack(policies), weights, np.array(distances)


def _expectations(mdp: MDP, policies: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Feature expectations of many policies, (M, K)."""
    return np.stack([feature_expectations(mdp, pi, features) for pi in policies])


# --- problems ------------------------------------------------------------------------------


def _signed(rng: np.random.Generator, n: int, scale: float = 1.0) -> np.ndarray:
    """Numbers of both signs (if there are two), none of them near 0."""
    sizes = scale * rng.uniform(0.4, 2.0, n)
    return sizes * rng.permutation(np.where(np.arange(n) % 2, 1.0, -1.0))


def _features(rng: np.random.Generator, mdp: MDP, n_features: int) -> np.ndarray:
    return rng.normal(size=(mdp.n_states, mdp.n_actions, n_features))


def _linear_problems(rng: np.random.Generator) -> list[Problem]:
    problems = []
    for S, A, K in ((2, 3, 4), (3, 2, 1), (5, 4, 2), (3, 6, 5)):
        said = f"{S} states, {A} actions, {K} feature{'s' if K > 1 else ''}"
        problems.append(Problem(said, (rng.normal(size=(S, A, K)), _signed(rng, K))))
    at = (rng.random((4, 2, 3)) < 0.4).astype(int)
    at[0, :, 0] = [1, 0]
    problems.append(
        Problem("4 states, 2 actions, 3 features that are 0 or 1", (at, _signed(rng, 3)))
    )
    large = (rng.normal(size=(7, 3, 6)), _signed(rng, 6, 100.0))
    return [*problems, Problem("7 states, 3 actions, 6 features, large weights", large)]


def _with_a_constant(rng: np.random.Generator, mdp: MDP, n_features: int) -> np.ndarray:
    """Features of which one is always 1: it counts discounted steps."""
    features = _features(rng, mdp, n_features)
    features[..., rng.integers(n_features)] = 1.0
    return features


def _expectation_problems(rng: np.random.Generator) -> list[Problem]:
    problems = [
        Problem(label, (mdp, random_policy(rng, mdp), _with_a_constant(rng, mdp, K)))
        for (label, mdp), K in zip(worlds(rng), (4, 5, 2, 3, 5), strict=True)
    ]
    mdp = problems[1].args[0]
    sure = planning.greedy_policy(rng.normal(size=(mdp.n_states, mdp.n_actions)))
    args = (mdp, sure, 100.0 * _features(rng, mdp, 6))
    return [*problems, Problem(f"{size(mdp)}, a policy without doubt, large features", args)]


def _counting_problems(rng: np.random.Generator) -> list[Problem]:
    problems = []
    for S, A, K, N, T, gamma in (
        (3, 2, 4, 1, 2, 0.5),
        (4, 2, 3, 5, 1, 0.5),
        (4, 3, 2, 7, 2, 0.9),
        (5, 3, 4, 4, 7, 0.3),
        (6, 4, 3, 5, 9, 0.98),
        (3, 2, 5, 40, 6, 0.8),
    ):
        mdp = noisy_world(rng, S, A, gamma)
        demos = sample_demos(mdp, random_policy(rng, mdp), N, T, rng)
        said = f"{_many(N, 'demonstration')} of {_many(T, 'step')}, γ = {gamma:g}"
        problems.append(Problem(said, (demos, _with_a_constant(rng, mdp, K), gamma)))
    return problems


def _many(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def _gap_problems(rng: np.random.Generator) -> list[Problem]:
    """Each pair defeats other short cuts: equal lengths, differences that cancel, none at all."""
    unit = rng.choice([0.5, 1.0, 2.0])
    base = rng.integers(2, 9, size=2).astype(float)
    turned = rng.permutation(_signed(rng, 5))
    learner = rng.normal(size=3) + 2.0
    cancels = np.array([3.0, -1.0, -2.0, 1.0, 2.0, -3.0]) * rng.uniform(0.5, 1.5)
    far = 20.0 + 5.0 * rng.normal(size=6)
    pairs = [
        ("2 features", base + unit * np.array([3.0, -4.0]), base),
        ("3 features", learner - np.abs(_signed(rng, 3)), learner),
        ("5 features, vectors of one length", turned, -turned[::-1]),
        ("6 features, differences that cancel", far + rng.permutation(cancels), far),
        ("7 features", 30.0 * rng.normal(size=7), 30.0 * rng.normal(size=7)),
        ("4 features, the same twice", turned[:4], turned[:4].copy()),
    ]
    return [Problem(said, (expert, other)) for said, expert, other in pairs]


def _projection_problems(rng: np.random.Generator) -> list[Problem]:
    """Triples by where the expert stands: `share` of the way from mixed to new, and to one side."""
    asked = [
        ("2 features, the expert beside the way", 2, rng.uniform(0.25, 0.4), 0.5),
        ("3 features, the expert beside the way", 3, rng.uniform(0.6, 0.8), 1.0),
        ("3 features, the expert beyond new", 3, rng.uniform(1.4, 1.9), 1.0),
        ("4 features, the expert behind mixed", 4, -rng.uniform(0.4, 0.8), 1.0),
        ("6 features, the expert beside the way", 6, rng.uniform(0.1, 0.2), 15.0),
    ]
    problems = []
    for said, K, share, scale in asked:
        while True:
            args = _triple(rng, K, share, scale)
            if _distance(_by_entry(*args), projection_step(*args)) > 0.1 * scale:
                break
        problems.append(Problem(said, args))
    expert, mixed, _ = problems[1].args
    problems.insert(4, Problem("3 features, new equals mixed", (expert, mixed, mixed.copy())))
    return problems


def _triple(rng: np.random.Generator, K: int, share: float, scale: float) -> tuple:
    """(expert, mixed, new). Where mixed itself stands is no help in finding the share."""
    way = _signed(rng, K, scale)
    mixed, side = (_beside_the_way(rng, way) for _ in range(2))
    mixed += np.sign(0.5 - share) * rng.uniform(0.9, 1.4) * way
    return mixed + share * way + 0.6 * side, mixed, mixed + way


def _beside_the_way(rng: np.random.Generator, way: np.ndarray) -> np.ndarray:
    """As long as the way, at a right angle to it."""
    side = rng.normal(size=len(way))
    side -= side @ way / (way @ way) * way
    return side * np.linalg.norm(way) / np.linalg.norm(side)


def _wish(rng: np.random.Generator, n_features: int) -> np.ndarray:
    psi = _signed(rng, n_features)
    return psi / np.linalg.norm(psi)


def _expert(rng: np.random.Generator, mdp: MDP, features: np.ndarray) -> np.ndarray:
    """An expert who has one wish, and acts on it."""
    pi = _best_policy(mdp, features @ _wish(rng, features.shape[-1]))
    return feature_expectations(mdp, pi, features)


def _moody(rng: np.random.Generator, mdp: MDP, features: np.ndarray) -> np.ndarray:
    """An expert who has three wishes, and draws one of them at the start of an episode."""
    experts = [_expert(rng, mdp, features) for _ in range(3)]
    return rng.dirichlet([3.0, 3.0, 3.0]) @ np.array(experts)


def _counted(rng: np.random.Generator, mdp: MDP, features: np.ndarray) -> np.ndarray:
    """An expert known from three short demonstrations: no policy need act like that on average."""
    pi = _best_policy(mdp, features @ _wish(rng, features.shape[-1]))
    return empirical_feature_expectations(sample_demos(mdp, pi, 3, 5, rng), features, mdp.gamma)


def _beyond(rng: np.random.Generator, mdp: MDP, features: np.ndarray) -> np.ndarray:
    """Expectations beyond those of one policy, which of all policies is the nearest."""
    psi = _wish(rng, features.shape[-1])
    best = feature_expectations(mdp, _best_policy(mdp, features @ psi), features)
    start = feature_expectations(mdp, _uniform(mdp), features)
    return best + rng.uniform(0.6, 1.2) * np.linalg.norm(best - start) * psi


def _slow_world(rng: np.random.Generator, S: int, A: int, gamma: float) -> MDP:
    """A world in which it matters for long what was done."""
    noisy, sure = noisy_world(rng, S, A, gamma), sure_world(rng, S, A, gamma)
    return noisy.replace(P=0.15 * noisy.P + 0.85 * sure.P)


def _draw(
    make: Callable, S: int, A: int, gamma: float, K: int, expert: Callable, scale: float = 1.0
) -> Callable:
    """A function that draws a world, features, and an expert's expectations of them."""

    def draw(rng: np.random.Generator) -> tuple:
        mdp = make(rng, S, A, gamma)
        features = scale * _features(rng, mdp, K)
        return mdp, features, expert(rng, mdp, features)

    return draw


def _drawn(rng: np.random.Generator, draw: Callable, fits: Callable, foresight: bool) -> tuple:
    """The first problem whose run of twelve rounds fits, and that needs foresight if asked for."""
    while True:
        args = draw(rng)
        fitting = fits(*apprenticeship_learning(*args, 0.0, 12))
        if fitting and (not foresight or _needs_foresight(*args)):
            return args


def _needs_foresight(mdp: MDP, features: np.ndarray, expert: np.ndarray) -> bool:
    """Whether one round of a planner that looks less far ahead leads clearly less near."""

    def hasty(mdp: MDP, reward: np.ndarray) -> np.ndarray:
        return _best_policy(mdp.replace(gamma=0.6 * mdp.gamma), reward)

    start, best = apprenticeship_learning(mdp, features, expert, 0.0, 1)[2]
    runs = [_mix(mdp, features, expert, 0.0, 1, plan=p)[2] for p in (hasty, _greedy_for_reward)]
    return min(abs(distances[-1] - best) for distances in runs) > 0.02 * start


def _round(n: int) -> Callable:
    """A tolerance that the projection reaches in round n and not before."""

    def tolerance(*args: Any) -> float:
        distances = apprenticeship_learning(*args, 0.0, n)[2]
        return float(f"{np.sqrt(distances[-1] * distances[-2]):.3g}")

    return tolerance


def _falls(d: np.ndarray, n: int) -> bool:
    """Whether a tolerance can be put between the distances of rounds n - 1 and n."""
    return len(d) > n and d[n] < 0.93 * d[n - 1]


def _apprentice_problems(rng: np.random.Generator) -> list[Problem]:
    """What fits is said of the policies, weights w and distances d of a run."""
    asked = [
        (
            "",
            _draw(sure_world, 3, 2, 0.5, 4, _moody),
            lambda pi, w, d: _falls(d, 3) and d[3] > 0.01 and 0.25 < _first_share(w) < 0.75,
            (_round(3), 1, False),
        ),
        (
            "",
            _draw(noisy_world, 4, 3, 0.8, 5, _expert),
            lambda pi, w, d: _falls(d, 3) and d[2] < 0.9 * d[1] and d[3] > 0.02,
            (_round(3), 2, False),
        ),
        (
            "near enough at once",
            _draw(_slow_world, 5, 3, 0.9, 4, _moody, scale=6.0),
            lambda pi, w, d: len(d) > 6 and d[6] > 0.1 and 1.3 < d[1] < 0.7 * d[0],
            (lambda *args: float(f"{1.05 * _first_distance(*args):.3g}"), 6, True),
        ),
        (
            "an expert out of reach",
            _draw(noisy_world, 6, 4, 0.7, 3, _beyond),
            lambda pi, w, d: len(d) in (2, 3) and d[-1] > 0.3,
            (0.01, 15, False),
        ),
        (
            "a moody expert",
            _draw(noisy_world, 6, 4, 0.9, 2, _moody),
            lambda pi, w, d: _falls(d, 6) and d[6] > 0.02 and d[5] < 0.6 and _repeats(pi[:6]),
            (_round(6), 40, False),
        ),
        (
            "counted expectations",
            _draw(noisy_world, 5, 2, 0.9, 3, _counted),
            lambda pi, w, d: _falls(d, 5) and len(d) > 8 and 0.3 < d[8] < 0.6 * d[0],
            (_round(5), 8, False),
        ),
        (
            "",
            _draw(_slow_world, 7, 3, 0.98, 4, _expert),
            lambda pi, w, d: _falls(d, 3) and d[3] > 0.01,
            (_round(3), 30, True),
        ),
    ]
    problems = []
    for said, draw, fits, (tol, max_iter, foresight) in asked:
        args = _drawn(rng, draw, fits, foresight)
        tol = tol(*args) if callable(tol) else tol
        label = f"{size(args[0])}, tol = {tol:g}, max_iter = {max_iter}"
        problems.append(Problem(f"{label}, {said}" if said else label, (*args, tol, max_iter)))
    return problems


def _repeats(policies: np.ndarray) -> bool:
    """Whether a policy comes up again, which is no reason to stop."""
    return len(np.unique(policies, axis=0)) < len(policies)


def _first_share(weights: np.ndarray) -> float:
    """The share of the first new policy in the first round, from the weights after the last."""
    uniform, new = weights[:2]
    return float(new / (uniform + new)) if uniform + new else 1.0


def _first_distance(*args: Any) -> float:
    """The distance after one round."""
    return float(apprenticeship_learning(*args, 0.0, 1)[2][-1])


def _mixture_problems(rng: np.random.Generator) -> list[Problem]:
    """Candidates away from the origin, as feature expectations are, so that scaling them is seen.

    The last number says on which side of them the expert stands: nearer to the origin (-1) free
    weights would sum to less than 1, beyond them (1) to more.
    """
    problems = []
    for said, M, K, scale, place, side in (
        ("the expert beside the way", 2, 3, 1.0, _beside, -1),
        ("the expert out of reach", 3, 4, 2.0, _outside, 1),
        ("the expert within reach", 5, 2, 3.0, _inside, 0),
        ("the expert out of reach", 6, 3, 5.0, _outside, -1),
        ("more features than candidates", 4, 6, 0.1, _outside, 1),
        ("one candidate three times", 7, 4, 4.0, _outside, -1),
    ):
        while True:
            candidates = scale * (rng.normal(size=(M, K)) + 2.0 * np.sqrt(K) * _wish(rng, K))
            if "three times" in said:
                candidates[1] = candidates[4] = candidates[2]
            expert = place(rng, candidates)
            free = _no_sum(expert, candidates).sum()
            if (side == 0 or side * (free - 1.0) > 0.08) and _telling(expert, candidates):
                break
        problems.append(Problem(f"{M} candidates, {K} features, {said}", (expert, candidates)))
    return problems


def _beside(rng: np.random.Generator, candidates: np.ndarray) -> np.ndarray:
    """Beside the way from the first candidate to the second, nearer to the first."""
    way = candidates[1] - candidates[0]
    return candidates[0] + rng.uniform(0.18, 0.24) * way + 0.3 * _beside_the_way(rng, way)


def _inside(rng: np.random.Generator, candidates: np.ndarray) -> np.ndarray:
    return rng.dirichlet(np.full(len(candidates), 2.0)) @ candidates


def _outside(rng: np.random.Generator, candidates: np.ndarray) -> np.ndarray:
    spread = candidates.std(axis=0).mean()
    direction = _wish(rng, candidates.shape[1])
    return candidates.mean(axis=0) + rng.uniform(1.5, 3.0) * spread * direction


def _telling(expert: np.ndarray, candidates: np.ndarray) -> bool:
    """Whether the best mixture is clearly better than short cuts to it, and held by its rules."""
    weights, scale = best_mixture(expert, candidates), _scale(expert, candidates)
    best = _distance(expert, weights @ candidates)
    M = len(candidates)
    short = [_nearest_one, _all_alike] + [_by_nearness] * (M > 2) + [_best_pair] * (M > 4)
    short += [_through_the_list, _then_rescaled(_no_sign)] * (M == 6)
    short += [_by_program(in_each=True)] * (M == 3)
    others = [weigh(expert, candidates) for weigh in short]
    clear = min(_distance(expert, w @ candidates) for w in others) > best + 0.03 * scale
    beyond = best > 0.05 * scale and weights.min() < 1e-9
    return clear and (beyond or M == 2 or best < 1e-9 * scale)


def _scale(expert: np.ndarray, candidates: np.ndarray) -> float:
    """The largest distance from the expert to a candidate."""
    return float(np.linalg.norm(candidates - expert, axis=1).max())


# --- forms ---------------------------------------------------------------------------------


class Point(Array):
    """A point that may be 0 / 0, so that this spoils only the problem where it happens."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the array, with its NaN left in."""
        gaps = np.False_
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            gaps = np.isnan(value)
            value = np.where(gaps, 0.0, value)
        return np.where(gaps, np.nan, super().read(value, expected))

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two points are the same to a solver's accuracy, gaps included."""
        value, other = np.asarray(value), np.asarray(other)
        scale = max(1.0, float(np.abs(np.nan_to_num(other)).max()))
        return value.shape == other.shape and bool(
            np.allclose(value, other, rtol=0.0, atol=1e-3 * scale, equal_nan=True)
        )


class Policies(Policy):
    """Several policies, in a list, tuple or array; what looks like one of them is named."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """The value as float64; `WrongForm` if it is no stack of policies."""
        value = _stacked(value)
        try:
            return super().read(value, expected)
        except WrongForm:
            S, A = np.shape(expected)[1:]
            if isinstance(value, np.ndarray) and value.shape == (S, A):
                raise WrongForm(
                    f"policies has shape ({S}, {A}): that is one policy; all of them have shape (M, {S}, {A})."
                ) from None
            if isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "iu":
                raise WrongForm(
                    "policies has one action number per state; give each policy as *probabilities*, shape "
                    f"({S}, {A}), with a 1 at the chosen action."
                ) from None
            raise


def _stacked(value: Any) -> Any:
    """Tables of numbers as one array, anything else as it is."""
    if not isinstance(value, (list, tuple)):
        return value
    try:
        array = np.asarray(value)
    except Exception:  # ragged, or an object that cannot be one
        return value
    return array if array.dtype.kind in "biuf" else value


class Mixture(Several):
    """Policies, weights and distances, without a last policy that did not help.

    Whoever notices only after a round that it led no nearer may return that round or leave it
    out; both read alike. `rounds` keeps the distances as they came.
    """

    def read(self, value: Any, expected: tuple) -> Readings:
        """The three results; `WrongForm` if there are not three."""
        found = super().read(value, expected)
        items = [self._filled(item) for item in tuple.__iter__(found)]
        readable = not any(isinstance(item, WrongForm) for item in items)
        rounds = items[2]
        if readable and len({len(item) for item in items}) == 1:
            items = _without_idle_end(*items)
        kept = _Run(items)
        kept.rounds = rounds
        return kept

    def _filled(self, item: Any) -> Any:
        """The item, or a reason why it is none if it is empty."""
        if isinstance(item, WrongForm) or len(item):
            return item
        return WrongForm(
            f"One of {self.name} is empty; the uniform policy comes first in all three."
        )


class _Run(Readings):
    """Readings that remember the distances of all rounds."""

    rounds: Any


def _without_idle_end(policies: np.ndarray, weights: np.ndarray, distances: np.ndarray) -> tuple:
    """Leave out last rounds that changed nothing; the weight of a repeated policy stays."""
    while len(distances) > 1 and abs(distances[-1] - distances[-2]) <= 1e-9 * distances[0]:
        twins = np.flatnonzero((policies[:-1] == policies[-1]).all(axis=(1, 2)))
        if weights[-1] and not twins.size:
            break
        kept = weights[:-1].copy()
        if twins.size:
            kept[twins[-1]] += weights[-1]
        policies, weights, distances = policies[:-1], kept, distances[:-1]
    return policies, weights, distances


class Weighed(NamedTuple):
    """Weights, with the candidates that they weigh."""

    weights: np.ndarray
    candidates: np.ndarray


@dataclass(frozen=True, eq=False)
class _OfMixtures(Exercise):
    """An exercise whose answers are compared by the point they mix: many weights may mix one."""

    def expected(self, problem: Problem) -> Weighed:
        """What the reference answers, beside the candidates."""
        weights = quietly(self.reference, problem.args)
        return self.form.read(weights, Weighed(weights, problem.args[1]))


class Weights(Array):
    """Weights of candidates; what cvxpy has lying beside them is named."""

    def read(self, value: Any, expected: Weighed) -> Weighed:
        """Read the numbers, and keep the candidates with them."""
        if value is None:
            raise WrongForm(
                "weights is None: is a `return` or the `solve()` missing, or did the solver find nothing?"
            )
        if type(value).__module__.startswith("cvxpy"):
            raise WrongForm(
                "weights is still cvxpy's expression; after `solve()` its numbers are in its `.value`."
            )
        if isinstance(value, (float, np.floating)):
            raise WrongForm(
                "weights is one number: `solve()` returns the smallest objective. The solution is in the variable's "
                "`.value`."
            )
        return Weighed(super().read(value, expected.weights), expected.candidates)

    def same(self, value: Weighed, other: Weighed) -> bool:
        """Whether two answers mix the same point."""
        if np.shape(value.weights) != np.shape(other.weights):
            return False
        points = [w.weights @ w.candidates for w in (value, other)]
        scale = float(np.abs(other.candidates).max())
        return bool(np.allclose(*points, rtol=0.0, atol=5e-3 * scale))


# SCS leaves 2e-4 by default; OSQP, where it ran out of its 10,000 iterations, was seen to leave .009.
# The drawn problems push every registered mistake farther off, or off the nearest point (tested).
_SIMPLEX = 0.01


def _rules_broken(weights: np.ndarray) -> tuple[bool, bool]:
    """Whether something is negative, and whether the sum is not 1."""
    return bool(weights.min() < -_SIMPLEX), bool(abs(weights.sum() - 1.0) > _SIMPLEX)


# --- laws ----------------------------------------------------------------------------------


# A sum over time that ends after some hundred steps is right, too.
_BY_STEPS = 1e-4


def _constant(features: np.ndarray) -> int | None:
    """Which feature is 1 everywhere, if one is."""
    found = np.flatnonzero((features == 1.0).all(axis=(0, 1)))
    return int(found[0]) if found.size else None


def _counts_steps(features: np.ndarray, case: Case, formula: str) -> str | None:
    """The law that a feature that is always 1 counts the discounted steps."""
    k = _constant(features)
    if k is None or abs(case.out[k] - case.expected[k]) <= _BY_STEPS * max(1.0, case.expected[k]):
        return None
    return (
        f"Feature {k} is 1 everywhere, so that it counts discounted steps: {formula} = "
        f"{number(case.expected[k])}. You have {number(case.out[k])}."
    )


def _expects(case: Case) -> str | None:
    said = _counts_steps(case.args[2], case, "1/(1 − γ)")
    return said or difference("E[f]", case.out, case.expected, tol=_BY_STEPS)


def _counts(case: Case) -> str | None:
    said = _counts_steps(case.args[1], case, "(1 − γ^T)/(1 − γ)")
    return said or difference("the counted E[f]", case.out, case.expected)


def _bounds(case: Case) -> str | None:
    have, worst = float(case.out), float(case.expected)
    said = matches("the bound")(case)
    if said is None or worst == 0.0:
        return said
    if number(have) == number(worst):
        return said
    expert, learner = case.args
    psi = (expert - learner) / worst
    shown = f"psi = ({', '.join(map(number, psi))})" if len(psi) <= 3 else "some psi"
    if have < worst:
        return f"{shown} has length 1, and loses {number(worst)}: more than your bound, {number(have)}."
    return f"No psi of length 1 loses more than {number(worst)}; your bound is {number(have)}."


def _vector(point: np.ndarray) -> str:
    return f"({', '.join(map(number, point))})"


_NEAR = 1e-3  # of the way from mixed to new: a line search stops about there


def _projects(between: bool) -> Callable[[Case], str | None]:
    """The law of the nearest point, where it lies between mixed and new, or at an end."""

    def law(case: Case) -> str | None:
        expert, mixed, new = case.args
        way = new - mixed
        length = float(way @ way)
        share = way @ (expert - mixed) / length if length else np.inf
        if (0.0 < share < 1.0) != between:
            return None
        return _misses(case.out, case.expected, *case.args)

    return law


def _misses(
    out: np.ndarray, best: np.ndarray, expert: np.ndarray, mixed: np.ndarray, new: np.ndarray
) -> str | None:
    """How a point fails to be the nearest of the segment."""
    length = float(np.linalg.norm(new - mixed))
    if np.isnan(out).any():
        why = "`new` equals `mixed`: a segment of one point. " if length == 0 else ""
        return f"{why}Your point is nan; it should be {_vector(best)}."
    off = float(np.linalg.norm(out - best))
    if off <= _NEAR * length + 1e-5 * max(1.0, float(np.abs(best).max())):
        return None
    if length == 0:
        return f"`new` equals `mixed`, {_vector(mixed)}, and your point is {_vector(out)}."
    along = float((out - mixed) @ (new - mixed)) / length**2
    aside = float(np.linalg.norm(out - mixed - along * (new - mixed)))
    if aside > _NEAR * length:
        where = f"lies {number(aside)} beside the line through mixed and new"
    elif along > 1.0 + _NEAR:
        where = f"lies beyond new ({number(along)} of the way)"
    elif along < -_NEAR:
        where = f"lies behind mixed ({number(along)} of the way)"
    else:
        where = f"lies at {number(along)} of the way from mixed to new"
    have, want = _distance(expert, out), _distance(expert, best)
    return (
        f"Your point {where}, and {number(have)} from the expert. The nearest point of the segment is "
        f"{_vector(best)}, {number(want)} from the expert."
    )


# Room for single precision and for solvers, as a share of the first distance.
_LOOSE = 1e-3


def _is_mixture(case: Case) -> str | None:
    """As many weights and distances as policies, and weights that are shares."""
    policies, weights, distances = (case.out[i] for i in range(3))
    if not len(policies) == len(weights) == len(distances):
        return (
            f"You return {_policies(len(policies))}, {_many(len(weights), 'weight')} and "
            f"{_many(len(distances), 'distance')}. There is one of each for the uniform policy, and one for each round."
        )
    negative, no_share = _rules_broken(weights)
    if negative:
        i = int(weights.argmin())
        return f"weights[{i}] is {number(weights[i])}: nobody can play a policy in a negative share of the episodes."
    if no_share:
        return f"The weights sum to {number(weights.sum())}; shares of episodes sum to 1."
    return None


def _policies(n: int) -> str:
    return "1 policy" if n == 1 else f"{n} policies"


def _reproduces(case: Case) -> str | None:
    """The weights belong to the last distance."""
    mdp, features, expert = case.args[:3]
    said = _is_mixture(case)
    if said:
        return said
    policies, weights, distances = (case.out[i] for i in range(3))
    true = _distance(expert, weights @ _expectations(mdp, policies, features))
    if abs(true - distances[-1]) <= _LOOSE * max(1.0, case.expected[2][0]):
        return None
    return (
        f"Mixed by your weights, the policies' feature expectations are {number(true)} from the expert's; distances[-1] "
        f"says {number(distances[-1])}. Both must speak of the same mixture."
    )


def _falls_only(case: Case) -> str | None:
    """Distances start at the uniform policy's and never grow."""
    distances, first = case.out[2], case.expected[2][0]
    room = _LOOSE * first
    if abs(distances[0] - first) > room:
        return f"distances[0] is {number(distances[0])}; the uniform policy is {number(first)} away from the expert."
    growth = np.diff(distances)
    if growth.size and growth.max() > room:
        i = int(growth.argmax()) + 1
        return (
            f"The distance grows from {number(distances[i - 1])} to {number(distances[i])} in round {i}. The point "
            "nearest to the expert is never farther than the one you came from."
        )
    return None


def _as_near(case: Case) -> str | None:
    """As near as the projection, at the first round and at the last."""
    mdp, features, expert, tol, _ = case.args
    policies, distances, truth = case.out[0], case.out[2], case.expected[2]
    room = _LOOSE * truth[0]
    if len(truth) > 1 and len(distances) > 1 and abs(distances[1] - truth[1]) > room:
        return (
            f"After one round the distance is {number(distances[1])}. The point nearest to the expert between the "
            f"uniform policy and the best one for psi = expert − mixed is {number(truth[1])} away."
        )
    possible = max(1.05 * truth[-1], tol)
    if distances[-1] > possible + 1e-6:
        return (
            f"After {_many(len(distances) - 1, 'round')} your distance is {number(distances[-1])}; the projection "
            f"gets to {number(truth[-1])}, in {_many(len(truth) - 1, 'round')}."
        )
    gaps = _expectations(mdp, policies, features) - expert
    nearest = float(np.linalg.norm(_nearest(gaps) @ gaps))
    if nearest > distances[-1] + room:
        return (
            f"distances[-1] is {number(distances[-1])}, but no mixture of your policies comes nearer to the expert than "
            f"{number(nearest)}."
        )
    return None


def _stops(case: Case) -> str | None:
    """It ends for one of three reasons, and then at once."""
    tol, max_iter = case.args[3:]
    _readable(case, 0, 2)
    distances, truth = case.out.rounds, case.expected[2]
    rounds = len(distances) - 1
    if rounds > max_iter:
        return f"You go on for {_many(rounds, 'round')}; max_iter is {max_iter}. (The uniform policy was there before the first one.)"
    reached = np.flatnonzero(distances[:-1] <= (1.0 - 1e-6) * tol)
    if reached.size and rounds > max(1, reached[0]):
        i = int(reached[0])
        return f"distances[{i}] = {number(distances[i])} is within tol = {tol:g}, but you go on for {_many(rounds - i, 'round')}."
    if distances[-1] > tol + 1e-6 and rounds < max_iter and truth[-1] < 0.99 * distances[-1]:
        return (
            f"You stop after {_many(rounds, 'round')}, {number(distances[-1])} away from the expert: farther than tol = "
            f"{tol:g}, before max_iter = {max_iter}, and though other policies lead nearer (to {number(truth[-1])})."
        )
    idle = _idle_rounds(distances)
    if len(truth) <= max_iter and idle > 5:  # the projection has arrived; rounding may feign steps
        return (
            f"From distances[{rounds - idle}] on the distance stays at {number(distances[-1])}, and you go on for "
            f"{_many(idle, 'round')}. Stop when the new policy leads no nearer: the next one would be the same."
        )
    return None


def _idle_rounds(distances: np.ndarray) -> int:
    """How many rounds at the end left the distance as it was."""
    moved = np.flatnonzero(np.abs(np.diff(distances)) > 1e-9 * distances[0])
    return len(distances) - 1 - (int(moved[-1]) + 1 if moved.size else 0)


def _readable(case: Case, *indices: int) -> None:
    """Raises the reason where one of these results could not be read."""
    for i in indices:
        case.out[i]


def _on_simplex(case: Case) -> str | None:
    weights = case.out.weights
    negative, no_share = _rules_broken(weights)
    if negative:
        i = int(weights.argmin())
        return f"weights[{i}] is {number(weights[i])}; a mixture has no negative weights."
    if no_share:
        return f"The weights sum to {number(weights.sum())}; those of a mixture sum to 1."
    return None


def _is_nearest(case: Case) -> str | None:
    said = _on_simplex(case)
    if said:
        return said
    expert, candidates = case.args
    weights = np.maximum(case.out.weights, 0.0)
    have = _distance(expert, weights / weights.sum() @ candidates)
    want = _distance(expert, case.expected.weights @ candidates)
    if have <= want + 3e-3 * _scale(expert, candidates):
        return None
    return f"Your mixture is {number(have)} from the expert; the weights {_vector(case.expected.weights)} come as near as {number(want)}."


# --- misconceptions ------------------------------------------------------------------------


def _by_weights(change: Callable) -> Callable:
    """A linear reward with other weights."""
    return lambda features, psi: features @ change(psi)


def _of_reward(change: Callable) -> Callable:
    """Something else made of the right reward."""
    return lambda features, psi: change(features @ psi)


def _shares(powers: np.ndarray) -> np.ndarray:
    return powers / powers.sum(axis=1, keepdims=True)


def _over_actions(reward: np.ndarray) -> np.ndarray:
    return np.repeat(reward.mean(axis=1, keepdims=True), reward.shape[1], axis=1)


def _chain(mdp: MDP, pi: np.ndarray) -> np.ndarray:
    return np.einsum("sa,sat->st", pi, mdp.P)


def _of_policy(pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Features of the states under a policy, (S, K)."""
    return np.einsum("sa,sak->sk", pi, features)


def _from_each_state(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Feature expectations by starting state, (S, K)."""
    system = np.eye(mdp.n_states) - mdp.gamma * _chain(mdp, pi)
    return np.linalg.solve(system, _of_policy(pi, features))


def _from(weigh: Callable) -> Callable:
    """Expectations from each state, put together in another way than by the start."""
    return lambda mdp, pi, features: weigh(mdp, _from_each_state(mdp, pi, features))


def _in_world(change: Callable) -> Callable:
    """Feature expectations of another world."""
    return lambda mdp, pi, features: feature_expectations(change(mdp), pi, features)


def _of_another(change: Callable) -> Callable:
    """Feature expectations of another policy."""
    return lambda mdp, pi, features: feature_expectations(mdp, change(pi), features)


def _visits_with(weigh: Callable) -> Callable:
    """The right visits, put together with the features in another way."""
    return lambda mdp, pi, features: weigh(mdp, planning.occupancy(mdp, pi), pi, features)


def _next_features(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    ahead = np.einsum("sat,tk->sak", mdp.P, _of_policy(pi, features))
    return feature_expectations(mdp, pi, ahead)


def _at_once(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    return mdp.initial_dist @ _of_policy(pi, features)


def _settled(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Features of the distribution over states after a long time."""
    long_run = np.linalg.matrix_power(_chain(mdp, pi), 1024)
    return np.full(mdp.n_states, 1 / mdp.n_states) @ long_run @ _of_policy(pi, features)


def _transposed(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    visits = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * _chain(mdp, pi), mdp.initial_dist)
    return visits @ _of_policy(pi, features)


def _of_best(mdp: MDP, pi: np.ndarray, features: np.ndarray) -> np.ndarray:
    rewards = np.moveaxis(features, -1, 0)
    return np.array([mdp.initial_dist @ planning.policy_iteration(mdp, r)[0] for r in rewards])


def _counted_as(change: Callable) -> Callable:
    """The right counts, divided or multiplied by something else."""
    return lambda demos, features, gamma: (
        empirical_feature_expectations(demos, features, gamma) * change(demos, gamma)
    )


def _discounted_by(discounts: Callable) -> Callable:
    """Counts under another discount."""
    return lambda demos, features, gamma: (
        _added_up(_seen(demos, features), discounts(demos, gamma)) / demos.n_demos
    )


def _seeing(seen: Callable) -> Callable:
    """Counts of other features along the demonstrations."""
    return lambda demos, features, gamma: (
        _added_up(seen(demos, features), _discounts(demos, gamma)) / demos.n_demos
    )


def _with_last_state(action: Callable) -> Callable:
    """Counts that give the last state an action of their own."""

    def wrong(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
        actions = np.hstack([demos.actions, action(demos.actions[:, -1:])])
        discounts = gamma ** np.arange(demos.horizon + 1)
        return _added_up(features[demos.states, actions], discounts) / demos.n_demos

    return wrong


def _once_a_pair(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    visits = np.zeros(features.shape[:2])
    visits[demos.states[:, :-1], demos.actions] += np.broadcast_to(
        _discounts(demos, gamma), demos.actions.shape
    )
    return np.tensordot(visits, features, 2) / demos.n_demos


def _one_long_walk(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    seen = _seen(demos, features).reshape(-1, features.shape[-1])
    return gamma ** np.arange(len(seen)) @ seen / demos.n_demos


def _by_visit(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    """Discounted by how often the pair was seen before in the demonstration."""
    total = np.zeros(features.shape[-1])
    for states, actions in zip(demos.states, demos.actions, strict=True):
        visits = np.zeros(features.shape[:2], dtype=int)
        for s, a in zip(states, actions, strict=False):
            total += gamma ** visits[s, a] * features[s, a]
            visits[s, a] += 1
    return total / demos.n_demos


def _of_last_demo(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    return empirical_feature_expectations(demos[-1:], features, gamma) / demos.n_demos


def _without_last_step(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    return _added_up(_seen(demos, features)[:, :-1], _discounts(demos, gamma)[:-1]) / demos.n_demos


def _each_demo(demos: Demos, features: np.ndarray, gamma: float) -> np.ndarray:
    return np.einsum("t,ntk->nk", _discounts(demos, gamma), _seen(demos, features))


def _gap_by(measure: Callable) -> Callable:
    """A bound by another measure of the difference."""
    return lambda expert, learner: measure(expert - learner)


def _along(psi: Callable) -> Callable:
    """The gap under one psi of length 1."""

    def wrong(expert: np.ndarray, learner: np.ndarray) -> float:
        direction = psi(expert, learner)
        return direction @ (expert - learner) / np.linalg.norm(direction)

    return wrong


def _going(share: Callable) -> Callable:
    """The point at a mistaken share of the way from mixed to new."""
    return lambda expert, mixed, new: mixed + share(expert, mixed, new) * (new - mixed)


def _twice(key: str, share: Callable, hint: str) -> tuple[Misconception, ...]:
    """A mistaken share of the way, as it is, and careful where new equals mixed."""
    wrong = _going(share)

    def careful(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
        return mixed if np.array_equal(new, mixed) else wrong(expert, mixed, new)

    return (
        Misconception(key, careful, hint),
        Misconception(f"{key}_0_by_0", wrong, f"{hint} {_ZERO_BY_ZERO}"),
    )


def _ratio(a: float, b: float) -> float:
    """a / b, and 0 / 0 without a warning."""
    return a / b if b else np.nan


def _raw_step(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> float:
    """How far along the line, not held between its ends; 0 / 0 where they are equal."""
    return _ratio((new - mixed) @ (expert - mixed), (new - mixed) @ (new - mixed))


def _to_one(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0.0, 1.0)


def _through_origin(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    return expert @ new / (new @ new) * new


def _other_triangle(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    return projection_step(mixed, expert, new)


def _along_the_gap(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    gap = expert - mixed
    return mixed + gap @ (new - mixed) / (gap @ gap) * gap


def _by_entry(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    return np.clip(expert, np.minimum(mixed, new), np.maximum(mixed, new))


def _shared_by_nearness(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    a, b = _distance(expert, mixed), _distance(expert, new)
    return (b * mixed + a * new) / (a + b)


def _nearer_end(expert: np.ndarray, mixed: np.ndarray, new: np.ndarray) -> np.ndarray:
    return new if _distance(expert, new) < _distance(expert, mixed) else mixed


def _misread(**keywords: Any) -> Callable:
    """The projection method with one of its parts misread."""
    return lambda *args: _mix(*args, **keywords)


def _reported(change: Callable) -> Callable:
    """The right iterations, reported wrongly: `change(policies, weights, distances, points, expert)`."""

    def wrong(
        mdp: MDP, features: np.ndarray, expert: np.ndarray, tol: float, max_iter: int
    ) -> tuple:
        found = apprenticeship_learning(mdp, features, expert, tol, max_iter)
        points = _expectations(mdp, found[0], features)
        return change(*found, points, expert)

    return wrong


def _weighed(weights: Callable) -> Callable:
    """The right iterations with other weights."""
    return _reported(lambda pi, w, d, points, expert: (pi, weights(w, d, points, expert), d))


def _measured(distances: Callable) -> Callable:
    """The right iterations with other distances."""
    return _reported(lambda pi, w, d, points, expert: (pi, w, distances(d, points, expert)))


def _one_hot(i: int, n: int) -> np.ndarray:
    return np.eye(n)[i]


def _iterations(change: Callable) -> Callable:
    """The right iterations, another number of them."""
    return lambda mdp, features, expert, tol, max_iter: _mix(
        mdp, features, expert, tol, change(max_iter)
    )


def _rescaled(
    mdp: MDP, features: np.ndarray, expert: np.ndarray, tol: float, max_iter: int
) -> tuple:
    def distance(expert: np.ndarray, mixed: np.ndarray) -> float:
        return (1.0 - mdp.gamma) * _distance(expert, mixed)

    return _mix(mdp, features, expert, tol, max_iter, distance=distance)


def _rescaled_in_the_end(mdp: MDP, *args: Any) -> tuple:
    policies, weights, distances = apprenticeship_learning(mdp, *args)
    return policies, weights, (1.0 - mdp.gamma) * distances


def _stale(mdp: MDP, features: np.ndarray, expert: np.ndarray, tol: float, max_iter: int) -> tuple:
    lacking = expert - feature_expectations(mdp, _uniform(mdp), features)
    return _mix(mdp, features, expert, tol, max_iter, psi=lambda *_: lacking)


def _steps_in_proportion(*args: Any) -> tuple:
    policies, steps, distances = _mix(*args, append=np.append)
    return policies, steps / steps.sum(), distances


def _greedy_for_reward(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    return planning.greedy_policy(reward)


def _from_action_0(mdp: MDP, features: np.ndarray, expert: np.ndarray) -> np.ndarray:
    return np.eye(mdp.n_actions)[np.zeros(mdp.n_states, dtype=int)]


def _from_expert(mdp: MDP, features: np.ndarray, expert: np.ndarray) -> np.ndarray:
    return _best_policy(mdp, features @ expert)


def _averages(*args: Any) -> tuple:
    """Plain averages of all policies: the n-th one moves the mean by 1 / n."""
    n = iter(range(2, 100))
    return _mix(*args, step=lambda *_: 1.0 / next(n), gives_up=False)


def _append_to_first(weights: np.ndarray, share: float) -> np.ndarray:
    """A mixture of the first and the newest policy only."""
    return np.concatenate([[1.0 - share], np.zeros(len(weights) - 1), [share]])


def _all_alike(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return np.full(len(candidates), 1 / len(candidates))


def _nearest_one(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return _one_hot(np.linalg.norm(candidates - expert, axis=1).argmin(), len(candidates))


def _by_nearness(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    shares = 1.0 / (np.linalg.norm(candidates - expert, axis=1) + 1e-9)
    return shares / shares.sum()


def _by_softmax(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    distances = np.linalg.norm(candidates - expert, axis=1)
    shares = np.exp(distances.min() - distances)
    return shares / shares.sum()


def _no_sum(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return nnls(candidates.T, expert)[0]


def _no_sign(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Weights that sum to 1, of either sign: the first is 1 minus the others."""
    others = np.linalg.lstsq(
        (candidates[1:] - candidates[0]).T, expert - candidates[0], rcond=None
    )[0]
    return np.append(1.0 - others.sum(), others)


def _no_rules(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(candidates.T, expert, rcond=None)[0]


def _at_most_one(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """The origin is mixed in, too."""
    return best_mixture(expert, np.vstack([candidates, np.zeros_like(expert)]))[:-1]


def _then_rescaled(weigh: Callable) -> Callable:
    """Other weights, made to look like a mixture afterwards."""

    def wrong(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        weights = np.maximum(weigh(expert, candidates), 1e-12)
        return weights / weights.sum()

    return wrong


def _by_program(in_each: bool) -> Callable:
    """The mixture nearest by the sum, or by the largest, of the features' differences."""

    def wrong(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        M, K = candidates.shape
        gaps, n = (candidates - expert).T, K if in_each else 1
        room = np.eye(K) if in_each else np.ones((K, 1))
        found = linprog(
            np.append(np.zeros(M), np.ones(n)),
            A_ub=np.vstack([np.hstack([gaps, -room]), np.hstack([-gaps, -room])]),
            b_ub=np.zeros(2 * K),
            A_eq=np.append(np.ones(M), np.zeros(n))[None],
            b_eq=[1.0],
        )
        return found.x[:M]

    return wrong


def _through_the_list(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    mixed, weights = candidates[0], np.ones(1)
    for new in candidates[1:]:
        step = _step(expert, mixed, new)
        mixed, weights = mixed + step * (new - mixed), _append(weights, step)
    return weights


def _two_nearest(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    pair = np.argsort(np.linalg.norm(candidates - expert, axis=1), kind="stable")[:2]
    weights = np.zeros(len(candidates))
    weights[pair] = best_mixture(expert, candidates[pair])
    return weights


def _best_pair(expert: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    found = np.zeros((0, len(candidates)))
    for i, j in combinations(range(len(candidates)), 2):
        share = _step(expert, candidates[i], candidates[j])
        found = np.vstack([found, np.zeros(len(candidates))])
        found[-1, [i, j]] = 1.0 - share, share
    return found[np.linalg.norm(found @ candidates - expert, axis=1).argmin()]


class DCPError(Exception):
    """What cvxpy raises, by name: a check need not import it."""


def _not_convex(expert: np.ndarray, candidates: np.ndarray) -> None:
    raise DCPError


# Hints that several mistakes share.
_ZERO_BY_ZERO = "And where `new` equals `mixed`, yours is 0 / 0; there the segment is one point."
_WHERE_IT_STARTS = (
    "Those are the expectations from one starting state. The world may start in several: weight each by "
    "`mdp.initial_dist`; `occupancy` has done that already."
)
_ONE_POLICY = (
    "Your weights put everything on one policy. Mix the policies' feature expectations by *your* weights: does the "
    "distance agree? What comes near the expert is the mixture, and no single policy need."
)
_LEFTOVER = (
    "ψ = expert − mixed is what the *mixture so far* still lacks, in either direction: it changes from round to "
    "round, and its entries may be negative."
)
_HOW_MANY = (
    "`max_iter` counts the rounds, and each plans for one policy. The uniform one was there before the first round: with "
    "max_iter = 1 there are two policies, two weights and two distances."
)
_MEASURE = (
    "Your distances are measured in another way. It is the plain Euclidean length of expert − mixed, "
    "`performance_gap_bound(expert, mixed)`, and `tol` is compared with that."
)
_NO_SHORT_CUT = (
    "A formula for each candidate by itself cannot do it: the shares depend on where the others lie. Two candidates on "
    "opposite sides of the expert cancel each other's error, two on one side do not."
)
_CUT_AFTERWARDS = (
    "You solve without some of the rules, and repair the weights afterwards. The repaired weights are a mixture, but no "
    "longer the nearest: put both rules, not negative and summing to 1, into the program."
)

# --- exercises -----------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="linear_reward",
        title="A reward made of features",
        reference=linear_reward,
        form=Array("the reward", "n_states, n_actions"),
        problems=_linear_problems,
        parts=(Part("the reward", 1, matches("the reward")),),
        errors={
            "ValueError": "Which axis of `features` is as long as `psi`? The last one. `@` and `np.dot` sum over the last "
            "axis of what stands on the left.",
            "UFuncTypeError": "`features *= psi` writes into the features that you were given, and fractions do not fit into "
            "whole numbers. `features * psi` makes a new array.",
        },
        misconceptions=(
            Misconception(
                "unit_length",
                _by_weights(lambda psi: psi / np.linalg.norm(psi)),
                "You bring psi to length 1. Double psi: should the reward not double? Take the weights as they come.",
            ),
            Misconception(
                "shares",
                _by_weights(lambda psi: psi / np.abs(psi).sum()),
                "You divide psi by the sum of its sizes. Double psi: should the reward not double? Take the weights as "
                "they come.",
            ),
            Misconception(
                "softmax",
                _by_weights(lambda psi: np.exp(psi - psi.max()) / np.exp(psi - psi.max()).sum()),
                "You make shares of the weights (a softmax). What is disliked has a negative weight, and must cost "
                "something: take the weights as they come.",
            ),
            Misconception(
                "sizes",
                _by_weights(np.abs),
                "You use the sizes of the weights. A negative weight is a dislike: is a crash rewarded, in your version?",
            ),
            Misconception(
                "only_likes",
                _by_weights(lambda psi: np.maximum(psi, 0.0)),
                "Negative weights count as 0 in your version: then a crash costs nothing.",
            ),
            Misconception(
                "squared",
                _by_weights(np.square),
                "The weights are squared. Double psi: the reward should double, not become four times as large.",
            ),
            Misconception(
                "ignores_psi",
                lambda features, psi: features.sum(axis=-1),
                "You add up the features without their weights: is `psi` used?",
            ),
            Misconception(
                "mean",
                lambda features, psi: (features * psi).mean(axis=-1),
                "You take the mean over the features. A feature more, whose weight is 0, must change nothing: add up.",
            ),
            Misconception(
                "weighted_mean",
                _by_weights(lambda psi: np.abs(psi) / np.abs(psi).sum()),
                "You take a weighted mean of the features. A negative weight is a dislike, and double weights must give "
                "double rewards: take the weights as they come, and add up.",
            ),
            Misconception(
                "only_last",
                _by_weights(lambda psi: psi * (np.arange(len(psi)) == len(psi) - 1)),
                "Only the last feature is left. Is the sum set anew inside the loop (`=` where `+=` is due)?",
            ),
            Misconception(
                "misses_first",
                _by_weights(lambda psi: psi * (np.arange(len(psi)) > 0)),
                "The first feature does not count. Python counts from 0.",
            ),
            Misconception(
                "misses_last",
                _by_weights(lambda psi: psi * (np.arange(len(psi)) < len(psi) - 1)),
                "The last feature does not count. `range(K)` ends at K − 1, and so does a slice `[:K]`.",
            ),
            Misconception(
                "squared_features",
                lambda features, psi: np.square(features) @ psi,
                "The features are squared. Linear means that double features give double rewards.",
            ),
            Misconception(
                "not_added_up",
                lambda features, psi: features * psi,
                "You weight each feature and keep them apart. The reward of a pair is one number: add up over the last "
                "axis.",
            ),
            Misconception(
                "largest",
                lambda features, psi: (features * psi).max(axis=-1),
                "You keep the largest of the weighted features. The reward is the sum of all of them.",
            ),
            Misconception(
                "strongest",
                lambda features, psi: features[..., psi.argmax()],
                "You take the one feature with the largest weight. All of them count, each by its weight.",
            ),
            Misconception(
                "minus",
                _of_reward(np.negative),
                "Your reward has the wrong sign: a feature with a positive weight is wanted.",
            ),
            Misconception(
                "exponential",
                _of_reward(np.exp),
                "You exponentiate. A linear reward is ψ·f itself, and may be negative.",
            ),
            Misconception(
                "clipped",
                _of_reward(lambda r: np.clip(r, -1.0, 1.0)),
                "You cut the reward off at ±1. Nothing bounds it here: it is as large as ψ·f says.",
            ),
            Misconception(
                "whole_numbers",
                _of_reward(np.trunc),
                "What comes after the point is cut off. Was the array made for whole numbers (`dtype=int`, or "
                "`np.zeros_like` of something whole)?",
            ),
            Misconception(
                "probabilities",
                _of_reward(lambda r: _shares(np.exp(r - r.max(axis=1, keepdims=True)))),
                "You make probabilities of the rewards (a softmax). A reward is a number of its own, and may be negative.",
            ),
            Misconception(
                "transposed",
                _of_reward(np.transpose),
                "The axes are swapped. Without `->`, `einsum` sorts the letters by the alphabet, a before s: write "
                '`"sak,k->sa"`.',
            ),
            Misconception(
                "scrambled",
                _of_reward(lambda r: r.T.reshape(r.shape)),
                "The numbers are right and stand in the wrong places: `reshape` does not swap axes.",
            ),
            Misconception(
                "reshaped",
                lambda features, psi: (psi @ features.reshape(len(psi), -1)).reshape(
                    features.shape[:2]
                ),
                "`reshape` does not move an axis: it cuts the numbers anew, so that features of different pairs are mixed. "
                "The last axis is where it should be for `features @ psi`.",
            ),
            Misconception(
                "averaged_over_actions",
                _of_reward(_over_actions),
                "Every action of a state gets the same reward. Two actions have two rows of features: r must differ.",
            ),
            Misconception(
                "first_action",
                _of_reward(lambda r: np.repeat(r[:, :1], r.shape[1], axis=1)),
                "Every action gets the reward of action 0. Two actions have two rows of features: r must differ.",
            ),
            Misconception(
                "per_state",
                _of_reward(lambda r: r.mean(axis=1)),
                "You return one number per state. An agent takes one action, and each pair (s, a) has its own features: keep the "
                "actions' axis.",
            ),
            Misconception(
                "unit_features",
                lambda features, psi: (
                    features
                    / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-12)
                    @ psi
                ),
                "You bring each pair's features to length 1. Twice the speed must count twice: take them as they come.",
            ),
        ),
        hints=(
            "Every pair $(s, a)$ has $K$ numbers, and `psi` says what a unit of each of them is worth. What is the whole "
            "pair worth?",
            "Multiply `features[s, a, k]` by `psi[k]` and add up over $k$: the last axis of `features`, the only one of "
            "`psi`. No loop is needed.",
            "`features @ psi`",
        ),
    ),
    Exercise(
        name="feature_expectations",
        title="What a policy makes of the features",
        reference=feature_expectations,
        form=Array("E[f]", "n_features"),
        problems=_expectation_problems,
        parts=(Part("the feature expectations", 2, _expects),),
        errors={
            "ValueError": "Shapes do not fit. The visits are (S, A), the features (S, A, K): the sum runs over s *and* a, "
            "and K is left.",
        },
        misconceptions=(
            Misconception(
                "rescaled",
                lambda mdp, pi, features: (1 - mdp.gamma) * feature_expectations(mdp, pi, features),
                "Your visits add up to 1. In this course they are discounted *counts*: a feature that is always 1 must give "
                "1/(1 − γ), so that psi · E[f] is the return.",
            ),
            Misconception(
                "mean",
                _visits_with(lambda mdp, rho, pi, f: np.einsum("sa,sak->k", rho, f) / rho.size),
                "You take the mean over all pairs. The visits are the weights already: add up.",
            ),
            Misconception(
                "summed_over_states",
                _from(lambda mdp, M: M.sum(axis=0)),
                "You add up over all starting states, as if the agent started in each of them at once. Weight them by "
                "`mdp.initial_dist`.",
            ),
            Misconception(
                "per_state",
                _from(lambda mdp, M: M),
                "One row per state is left. Expectations from each starting state are weighted by `mdp.initial_dist` and added "
                "up; visits times features are added up over states *and* actions.",
            ),
            Misconception(
                "uniform_start",
                _from(lambda mdp, M: M.mean(axis=0)),
                "You start everywhere alike. If the world always started in one state, where could you be at t = 0? "
                "`mdp.initial_dist` says it.",
            ),
            Misconception("first_state", _from(lambda mdp, M: M[0]), _WHERE_IT_STARTS),
            Misconception(
                "likeliest_start",
                _from(lambda mdp, M: M[mdp.initial_dist.argmax()]),
                _WHERE_IT_STARTS,
            ),
            Misconception(
                "pairs_apart",
                _visits_with(lambda mdp, rho, pi, f: rho[..., None] * f),
                "You weight the features by the visits and keep the pairs apart. Add up over states and actions.",
            ),
            Misconception(
                "matrix_product",
                _visits_with(lambda mdp, rho, pi, f: rho @ f),
                "`@` adds up over the actions, and makes every pair of states. Multiply entry by entry, and add up over s "
                "and a: `einsum` says it in letters.",
            ),
            Misconception(
                "scrambled",
                _visits_with(
                    lambda mdp, rho, pi, f: np.einsum("sa,sak->k", rho.T.reshape(rho.shape), f)
                ),
                "The visits stand in the wrong places: `reshape` does not swap axes. `occupancy` is (S, A) already.",
            ),
            Misconception(
                "uniform_policy",
                _of_another(lambda pi: np.full_like(pi, 1.0 / pi.shape[1])),
                "Your numbers are those of the uniform policy: is `pi` used?",
            ),
            Misconception(
                "as_if_sure",
                _of_another(planning.greedy_policy),
                "You follow only the most likely action of each state. The policy draws its actions: weight them by "
                "`pi[s, a]`.",
            ),
            Misconception(
                "likeliest_action",
                _visits_with(
                    lambda mdp, rho, pi, f: (
                        rho.sum(axis=1) @ f[np.arange(mdp.n_states), pi.argmax(axis=1)]
                    )
                ),
                "You count the features of each state's most likely action only. The visits `rho[s, a]` say how often each "
                "action is taken.",
            ),
            Misconception(
                "first_action",
                _visits_with(lambda mdp, rho, pi, f: rho.sum(axis=1) @ f[:, 0]),
                "You count the features of action 0 in every visit. The visits `rho[s, a]` say how often each action is "
                "taken.",
            ),
            Misconception(
                "of_the_best",
                _of_best,
                "You plan: for each feature you return the most that any policy collects. Asked is what *this* policy does.",
            ),
            Misconception(
                "averaged_over_actions",
                _visits_with(lambda mdp, rho, pi, f: rho.sum(axis=1) @ f.mean(axis=1)),
                "You average the features over the actions with equal weights. Make `pi` deterministic and one feature "
                "that of an action it never takes: it must give 0.",
            ),
            Misconception(
                "summed_over_actions",
                _visits_with(lambda mdp, rho, pi, f: rho.sum(axis=1) @ f.sum(axis=1)),
                "You count every action in every visit. Only the action taken counts: the visits `rho[s, a]` say how often.",
            ),
            Misconception(
                "policy_twice",
                _visits_with(lambda mdp, rho, pi, f: np.einsum("sa,sa,sak->k", rho, pi, f)),
                "`pi` is counted twice. The occupancy is of pairs (s, a), so that the policy is in it already.",
            ),
            Misconception(
                "policy_alone",
                lambda mdp, pi, features: np.einsum("sa,sak->k", pi, features),
                "You weight by the policy alone, as if each state were visited exactly once. How often is the agent "
                "there? That is the occupancy.",
            ),
            Misconception(
                "next_state",
                _next_features,
                "You count the features one step later. With γ = 0 only the first state and action count: f(s₁, a₁).",
            ),
            Misconception(
                "late",
                lambda mdp, pi, features: mdp.gamma * feature_expectations(mdp, pi, features),
                "Everything is discounted once too often. The first step counts in full: γ⁰ = 1.",
            ),
            Misconception(
                "misses_first",
                lambda mdp, pi, features: (
                    feature_expectations(mdp, pi, features) - _at_once(mdp, pi, features)
                ),
                "The first step is missing. With γ = 0 it is all there is, and yours gives 0.",
            ),
            Misconception(
                "first_step",
                _at_once,
                "That is the first step alone. What follows counts as well, discounted.",
            ),
            Misconception(
                "settled",
                _settled,
                "Those are the features in the long run, from the distribution over states that settles. Asked is the "
                "discounted sum from the start: a feature that is always 1 must give 1/(1 − γ).",
            ),
            Misconception(
                "settled_scaled",
                lambda mdp, pi, features: _settled(mdp, pi, features) / (1 - mdp.gamma),
                "You use the distribution over states that settles in the long run. Discounting stresses the *beginning*: "
                "where does the world start?",
            ),
            Misconception(
                "fixed_discount",
                _in_world(lambda mdp: mdp.replace(gamma=0.95)),
                "You discount by 0.95 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "transposed",
                _transposed,
                "Your visits run backwards: P_π is not transposed. Visits flow *into* states, "
                "(I − γ P_πᵀ) d = p(s₁); or let `occupancy` do it.",
            ),
        ),
        hints=(
            "In lesson 01 a return was occupancy times reward, added up. A feature is a reward that nobody pays; there "
            "are $K$ of them.",
            "`occupancy(mdp, pi)` has shape $(S, A)$, `features` $(S, A, K)$. Multiply, add up over $s$ and $a$, and keep "
            "$k$. A feature that is always 1 must give $1/(1-\\gamma)$.",
            '`np.einsum("sa,sak->k", occupancy(mdp, pi), features)`',
        ),
    ),
    Exercise(
        name="empirical_feature_expectations",
        title="The same, counted from demonstrations",
        reference=empirical_feature_expectations,
        form=Array("the counted E[f]", "n_features"),
        problems=_counting_problems,
        parts=(Part("the counted feature expectations", 2, _counts),),
        errors={
            "IndexError": "`demos.states` has one column more than `demos.actions`: nobody acts in the last state. Use "
            "`demos.states[:, :-1]`.",
            "ValueError": "Shapes do not fit. `demos.states` has one column more than `demos.actions`; "
            "`features[demos.states[:, :-1], demos.actions]` has shape (N, T, K), and the discounts belong to its axis 1.",
        },
        misconceptions=(
            Misconception(
                "not_averaged",
                _counted_as(lambda demos, gamma: demos.n_demos),
                "You add up all demonstrations. Show the same one twice: the expectations must stay the same. Divide by N.",
            ),
            Misconception(
                "per_step",
                _counted_as(lambda demos, gamma: 1 / demos.horizon),
                "You divide by the number of steps, too. Discounted features are added up over time: the mean is over "
                "*demonstrations*.",
            ),
            Misconception(
                "steps_for_demos",
                _counted_as(lambda demos, gamma: demos.n_demos / demos.horizon),
                "You divide by the number of steps instead of the number of demonstrations.",
            ),
            Misconception(
                "per_entry",
                _counted_as(lambda demos, gamma: demos.n_demos / demos.states.size),
                "You divide by the number of all entries of `states`. The mean is over demonstrations: divide by N.",
            ),
            Misconception(
                "per_column",
                _counted_as(lambda demos, gamma: demos.n_demos / (demos.horizon + 1)),
                "You divide by T + 1, the length of a row of `states`. The mean is over demonstrations: divide by N, the "
                "number of rows.",
            ),
            Misconception(
                "rescaled",
                _counted_as(lambda demos, gamma: 1 / _discounts(demos, gamma).sum()),
                "Your visits add up to 1. In this course they are discounted *counts*: a feature that is always 1 must give "
                "(1 − γ^T)/(1 − γ).",
            ),
            Misconception(
                "times_1_minus_gamma",
                _counted_as(lambda demos, gamma: 1 - gamma),
                "You multiply by 1 − γ. In this course expectations are discounted *counts*: a feature that is always 1 must "
                "give (1 − γ^T)/(1 − γ).",
            ),
            Misconception(
                "stretched",
                _counted_as(lambda demos, gamma: 1 / (1 - gamma**demos.horizon)),
                "You make up for what would have come after the last step. It is a fair idea, and this lesson comes back to "
                "it; here only what was seen counts.",
            ),
            Misconception(
                "undiscounted",
                _discounted_by(lambda demos, gamma: np.ones(demos.horizon)),
                "Nothing is discounted: step t counts γᵗ.",
            ),
            Misconception(
                "late",
                _discounted_by(lambda demos, gamma: gamma * _discounts(demos, gamma)),
                "Everything is discounted once too often. The first step counts in full: γ⁰ = 1.",
            ),
            Misconception(
                "backwards",
                _discounted_by(lambda demos, gamma: _discounts(demos, gamma)[::-1]),
                "Your discounts run backwards, so that the last step counts most. Step t counts γᵗ.",
            ),
            Misconception(
                "linear_discount",
                _discounted_by(lambda demos, gamma: gamma * np.arange(demos.horizon)),
                "You multiply by γ · t. The discount is a power, γᵗ (`gamma ** t`): the first step counts 1, not 0.",
            ),
            Misconception(
                "discounted_once",
                _discounted_by(lambda demos, gamma: np.where(np.arange(demos.horizon), gamma, 1.0)),
                "Every step after the first is discounted once. Step t is discounted t times: γᵗ (`gamma ** t`).",
            ),
            Misconception(
                "fixed_discount",
                _discounted_by(lambda demos, gamma: _discounts(demos, 0.95)),
                "You discount by 0.95 whatever `gamma` says.",
            ),
            Misconception(
                "by_visit",
                _by_visit,
                "You discount by how often the pair was visited before. A step is discounted by its *time*, γᵗ, whether or "
                "not the agent has been there.",
            ),
            Misconception(
                "one_long_walk",
                _one_long_walk,
                "Your clock runs on from one demonstration to the next. Each of them starts at t = 0: `states[:, 0]` counts "
                "in full in all of them.",
            ),
            Misconception(
                "next_state",
                _seeing(lambda demos, f: f[demos.states[:, 1:], demos.actions]),
                "You pair each action with the state it *led to*. With γ = 0, which state counts? The first: drop the last "
                "column of `states`, not the first.",
            ),
            Misconception(
                "last_state_repeats",
                _with_last_state(lambda last: last),
                "You count the last state, with the last action once more. Nobody acted there: T actions, T terms.",
            ),
            Misconception(
                "last_state_action_0",
                _with_last_state(np.zeros_like),
                "You count the last state, with action 0. Nobody acted there: T actions, T terms.",
            ),
            Misconception(
                "misses_first",
                lambda demos, features, gamma: (
                    _added_up(_seen(demos, features)[:, 1:], _discounts(demos, gamma)[1:])
                    / demos.n_demos
                ),
                "The first step is not counted: t starts at 0.",
            ),
            Misconception(
                "first_step",
                lambda demos, features, gamma: _seen(demos, features)[:, 0].mean(axis=0),
                "Only the first step of each demonstration is counted. All T of them count, discounted.",
            ),
            Misconception(
                "misses_last",
                _without_last_step,
                "The last action is not counted. `actions` has one column less than `states` already: it needs no `[:-1]`.",
            ),
            Misconception(
                "once",
                _once_a_pair,
                "`visits[states, actions] += …` counts a pair only once, however often it comes up. "
                "`np.add.at(visits, (states, actions), …)` counts every visit.",
            ),
            Misconception(
                "first_demo",
                lambda demos, features, gamma: empirical_feature_expectations(
                    demos[:1], features, gamma
                ),
                "Only the first demonstration is counted. `demos.states` has one row for each of them.",
            ),
            Misconception(
                "first_demo_shared",
                lambda demos, features, gamma: (
                    empirical_feature_expectations(demos[:1], features, gamma) / demos.n_demos
                ),
                "Only the first demonstration is counted. Does a `return` stand inside the loop?",
            ),
            Misconception(
                "last_demo",
                _of_last_demo,
                "Only the last demonstration is left. Is the sum set back to 0 inside the loop?",
            ),
            Misconception(
                "each_demo",
                _each_demo,
                "You return one row per demonstration. Take their mean.",
            ),
            Misconception(
                "averaged_over_actions",
                _seeing(lambda demos, f: f.mean(axis=1)[demos.states[:, :-1]]),
                "You average the features over the actions. Each step says which action was taken: `demos.actions[i, t]`.",
            ),
            Misconception(
                "summed_over_actions",
                _seeing(lambda demos, f: f.sum(axis=1)[demos.states[:, :-1]]),
                "You add up the features of all actions of a state. Each step says which one was taken: "
                "`demos.actions[i, t]`.",
            ),
            Misconception(
                "wrong_axis",
                lambda demos, features, gamma: (
                    np.einsum("n,ntk->k", gamma ** np.arange(demos.n_demos), _seen(demos, features))
                    / demos.n_demos
                ),
                "You discount from one demonstration to the next, and not in time. The rows of `states` are "
                "demonstrations, the columns are steps.",
            ),
        ),
        hints=(
            "For one demonstration: at each step, look up the features of the state and the action, discount, add up. Then "
            "take the mean over the demonstrations.",
            "`features[demos.states[:, :-1], demos.actions]` looks all of them up at once, shape $(N, T, K)$. The discounts "
            "are `gamma ** np.arange(demos.horizon)`. Nobody acts in the last state, so it does not count.",
            "`seen = features[demos.states[:, :-1], demos.actions]`, `discounts = gamma ** np.arange(demos.horizon)`, then "
            '`np.einsum("t,ntk->k", discounts, seen) / demos.n_demos`. Two loops over `i` and `t` are as good.',
        ),
    ),
    Exercise(
        name="performance_gap_bound",
        title="The most that can be lost",
        reference=performance_gap_bound,
        form=Number("the bound"),
        problems=_gap_problems,
        parts=(Part("the worst gap", 1, _bounds),),
        misconceptions=(
            Misconception(
                "not_a_number",
                _gap_by(lambda d: _ratio(d @ d, np.linalg.norm(d))),
                "Where both are equal, yours is 0 / 0. Nothing can be lost there: the bound is 0.",
            ),
            Misconception(
                "squared",
                _gap_by(lambda d: d @ d),
                "That is the squared distance. Double both vectors: the worst gap doubles, and yours becomes four times as "
                "large.",
            ),
            Misconception(
                "sum_of_sizes",
                _gap_by(lambda d: np.abs(d).sum()),
                "You add up the sizes. That is the worst gap if each *entry* of psi may be ±1; but such a psi is longer than "
                "1. Take the psi of length 1 along the difference.",
            ),
            Misconception(
                "largest_entry",
                _gap_by(lambda d: np.abs(d).max()),
                "You take the largest entry: the worst gap if psi likes one feature only. A psi along the whole difference "
                "loses more.",
            ),
            Misconception(
                "largest_signed",
                _gap_by(lambda d: d.max()),
                "You take the largest entry, with its sign. psi may be any vector of length 1, also one with negative "
                "entries, and one that mixes the features.",
            ),
            Misconception(
                "sum",
                _gap_by(lambda d: d.sum()),
                "You add up the differences: gains in one feature hide losses in another. psi may like one and dislike the "
                "other.",
            ),
            Misconception(
                "size_of_sum",
                _gap_by(lambda d: abs(d.sum())),
                "You add up the differences before taking the size: gains in one feature hide losses in another. psi may "
                "like one and dislike the other.",
            ),
            Misconception(
                "all_alike",
                _gap_by(lambda d: abs(d.sum()) / np.sqrt(len(d))),
                "You take the psi that likes all features alike. Another psi of the same length may lose more: the one "
                "along the difference.",
            ),
            Misconception(
                "difference_of_lengths",
                lambda expert, learner: abs(np.linalg.norm(expert) - np.linalg.norm(learner)),
                "You compare lengths. Two vectors of one length may point in different directions: subtract first.",
            ),
            Misconception(
                "signed_difference_of_lengths",
                lambda expert, learner: np.linalg.norm(expert) - np.linalg.norm(learner),
                "You compare lengths. Two vectors of one length may point in different directions: subtract first.",
            ),
            Misconception(
                "length_of_expert",
                lambda expert, learner: np.linalg.norm(expert),
                "That is what the expert can earn at most. How much of it does the *learner* miss? Subtract first.",
            ),
            Misconception(
                "likes_only",
                _gap_by(lambda d: np.linalg.norm(np.maximum(d, 0.0))),
                "You count only the features of which the expert has more. psi may be negative: having *more* of what is "
                "disliked is a loss as well.",
            ),
            Misconception(
                "mean_size",
                _gap_by(lambda d: np.abs(d).mean()),
                "You take the mean of the sizes. The worst case is no average: take the psi of length 1 along the "
                "difference.",
            ),
            Misconception(
                "mean_square",
                _gap_by(lambda d: (d @ d) / len(d)),
                "You take the mean of the squares. Double both vectors: the worst gap doubles, and yours becomes four times "
                "as large.",
            ),
            Misconception(
                "root_mean_square",
                _gap_by(lambda d: np.sqrt(d @ d / len(d))),
                "You take the root of the *mean* square. A feature more, in which nobody differs, must change nothing: add "
                "up.",
            ),
            Misconception(
                "under_the_experts",
                _along(lambda expert, learner: expert),
                "You take a psi along the expert's expectations. The worst psi points along the *difference*.",
            ),
            Misconception(
                "under_the_learners",
                _along(lambda expert, learner: learner),
                "You take a psi along the learner's expectations. The worst psi points along the *difference*.",
            ),
            Misconception(
                "mean",
                _gap_by(lambda d: d.mean()),
                "You take the mean of the differences: gains in one feature hide losses in another. psi may like one and "
                "dislike the other.",
            ),
            Misconception(
                "relative",
                lambda expert, learner: np.linalg.norm(expert - learner) / np.linalg.norm(expert),
                "You divide by the expert's length. Asked is the gap itself, in units of return.",
            ),
            Misconception(
                "inner_product",
                lambda expert, learner: expert @ learner,
                "You multiply the two. If both are equal nothing is lost: the bound must be 0.",
            ),
            Misconception(
                "cosine",
                lambda expert, learner: (
                    1 - expert @ learner / np.linalg.norm(expert) / np.linalg.norm(learner)
                ),
                "You compare directions only. A learner who does everything half as often loses something, too.",
            ),
            Misconception(
                "entry_by_entry",
                _gap_by(np.abs),
                "You return one number per feature. If that is the worst psi: asked is what is lost under it, psi · (expert − "
                "learner), one number.",
            ),
            Misconception(
                "both_signs",
                _gap_by(lambda d: 2 * np.linalg.norm(d)),
                "Your bound is twice as large as the worst gap. A psi of length 1 along the difference loses exactly its "
                "length.",
            ),
            Misconception(
                "half",
                _gap_by(lambda d: np.linalg.norm(d) / 2),
                "Your bound is half the worst gap. A psi of length 1 along the difference loses exactly its length.",
            ),
            Misconception(
                "least",
                _gap_by(lambda d: -np.linalg.norm(d)),
                "That is the *best* case for the learner: the psi that points the other way. Asked is the worst.",
            ),
        ),
        hints=(
            "Somebody wants to make you look bad, and may choose any `psi` of length at most 1. In which direction would "
            "they let it point?",
            "Along `expert - learner`: no other direction gives a larger inner product (Cauchy and Schwarz). A vector of "
            "length 1 along the difference, times the difference, is the length of the difference.",
            "`np.linalg.norm(expert - learner)`",
        ),
    ),
    Exercise(
        name="projection_step",
        title="As near as one more policy leads",
        reference=projection_step,
        form=Point("the point", "n_features"),
        problems=_projection_problems,
        parts=(
            Part("the nearest point between mixed and new", 1, _projects(between=True)),
            Part("never beyond either of them", 1, _projects(between=False)),
        ),
        misconceptions=(
            Misconception(
                "0_by_0",
                lambda expert, mixed, new: (
                    mixed + _to_one(_raw_step(expert, mixed, new)) * (new - mixed)
                ),
                "Where `new` equals `mixed`, yours is 0 / 0. The segment is one point then: return it.",
            ),
            *_twice(
                "not_held",
                _raw_step,
                "You project onto the whole *line*. Beyond new, or behind mixed, the weights of the mixture would be "
                "negative, and nobody can play that: keep the share between 0 and 1.",
            ),
            *_twice(
                "not_held_above",
                lambda *args: np.maximum(_raw_step(*args), 0.0),
                "Your share may exceed 1. Beyond new, mixed would get a negative weight, and nobody can play that.",
            ),
            *_twice(
                "not_held_below",
                lambda *args: np.minimum(_raw_step(*args), 1.0),
                "Your share may be negative. Behind mixed, new would get a negative weight: if new leads away from the "
                "expert, stay where you are.",
            ),
            *_twice(
                "size_of_step",
                lambda *args: np.minimum(np.abs(_raw_step(*args)), 1.0),
                "You take the size of the share. A negative share means that new leads *away* from the expert; you go "
                "there, and the distance grows. Stay where you are.",
            ),
            Misconception(
                "not_normalised",
                _going(lambda e, m, n: (n - m) @ (e - m)),
                "You do not divide by |new − mixed|². If new were twice as far away in the same direction, the share should "
                "be half as large.",
            ),
            Misconception(
                "not_normalised_held",
                _going(lambda e, m, n: _to_one((n - m) @ (e - m))),
                "You do not divide by |new − mixed|². If new were twice as far away in the same direction, the share should "
                "be half as large.",
            ),
            *_twice(
                "by_length",
                lambda e, m, n: _ratio((n - m) @ (e - m), np.linalg.norm(n - m)),
                "You divide by the length of new − mixed, and not by its square: the length comes in twice, in the inner "
                "product and again when you multiply by new − mixed.",
            ),
            *_twice(
                "by_length_held",
                lambda e, m, n: _to_one(_ratio((n - m) @ (e - m), np.linalg.norm(n - m))),
                "You divide by the length of new − mixed, and not by its square: the length comes in twice, in the inner "
                "product and again when you multiply by new − mixed.",
            ),
            Misconception(
                "by_the_gap",
                _going(lambda e, m, n: _to_one((n - m) @ (e - m) / ((e - m) @ (e - m)))),
                "You divide by |expert − mixed|². The share is measured along new − mixed: divide by the square of *its* "
                "length.",
            ),
            *_twice(
                "from_the_origin",
                lambda e, m, n: _to_one(_ratio((n - m) @ e, (n - m) @ (n - m))),
                "You measure the expert from the origin. The way starts at mixed: it is expert − mixed that is projected.",
            ),
            *_twice(
                "gap_to_new",
                lambda e, m, n: _to_one(_ratio((n - m) @ (e - n), (n - m) @ (n - m))),
                "You measure the expert from new. The way starts at mixed: it is expert − mixed that is projected.",
            ),
            *_twice(
                "from_the_wrong_end",
                lambda *args: 1.0 - _to_one(_raw_step(*args)),
                "You start from the wrong end: a share of 0 must give mixed, a share of 1 new.",
            ),
            *_twice(
                "away",
                lambda *args: -_to_one(_raw_step(*args)),
                "You walk away from new. The distance to the expert may never grow.",
            ),
            Misconception(
                "through_origin",
                _through_origin,
                "You project onto the line through the *origin* and new; mixed plays no part. The way leads from mixed to "
                "new.",
            ),
            Misconception(
                "other_triangle",
                _other_triangle,
                "You project mixed onto the way from the expert to new. It is the expert who is projected: the mixture can "
                "only move between mixed and new.",
            ),
            Misconception(
                "other_triangle_not_held",
                lambda e, m, n: e + _raw_step(m, e, n) * (n - e),
                "You project mixed onto the line through the expert and new. It is the expert who is projected: the mixture "
                "can only move between mixed and new.",
            ),
            Misconception(
                "along_the_gap",
                _along_the_gap,
                "You move along expert − mixed, straight to the expert. Nobody can act like that: mixtures of mixed and new "
                "lie between these two.",
            ),
            Misconception(
                "along_the_gap_held",
                lambda e, m, n: projection_step(n, m, e),
                "You project new onto the way from mixed to the expert. Nobody can act like that: mixtures of mixed and new "
                "lie between these two.",
            ),
            Misconception(
                "no_inner_product",
                lambda e, m, n: (
                    m + _to_one((n - m) * (e - m) / ((n - m) @ (n - m) or 1.0)) * (n - m)
                ),
                "Each entry takes a share of its own: `*` does not add up. The inner product is one number, `@`.",
            ),
            Misconception(
                "entry_by_entry",
                _by_entry,
                "Each entry takes a share of its own. A mixture has one weight for all features: one share.",
            ),
            Misconception(
                "stays_when_beyond",
                _going(lambda *args: _step(*args) * (_step(*args) < 1.0)),
                "Where the expert lies beyond new, you stay at mixed. New is nearer: go all the way.",
            ),
            Misconception(
                "new_when_behind",
                _going(lambda *args: _step(*args) or 1.0),
                "Where the expert lies behind mixed, you go to new, away from the expert. Stay where you are.",
            ),
            Misconception(
                "share_of_new",
                lambda e, m, n: m + _step(e, m, n) * n,
                "You add a share of new on top of mixed. If new gets a share, mixed keeps the rest: "
                "(1 − share) · mixed + share · new.",
            ),
            Misconception(
                "from_new",
                lambda e, m, n: n + _step(e, m, n) * (n - m),
                "You start from new. The way starts at mixed: a share of 0 must give mixed.",
            ),
            Misconception(
                "by_distances",
                _going(
                    lambda e, m, n: float(
                        _to_one(_distance(e, m) / (np.linalg.norm(n - m) or np.inf))
                    )
                ),
                "You divide distances. That would be right if the expert stood on the line; only the part of expert − mixed "
                "that points along the way counts: an inner product.",
            ),
            Misconception(
                "by_nearness",
                _shared_by_nearness,
                "You share by nearness. That is some point between, and not the nearest: the nearest is where the way to "
                "the expert stands at a right angle.",
            ),
            Misconception(
                "nearer_end",
                _nearer_end,
                "You take the nearer of the two ends. Some point between them is nearer still.",
            ),
            Misconception(
                "midpoint",
                lambda expert, mixed, new: (mixed + new) / 2,
                "That is the middle, wherever the expert is.",
            ),
            Misconception(
                "new",
                lambda expert, mixed, new: new,
                "You go all the way to new. The distance to the expert may never grow.",
            ),
            Misconception(
                "mixed",
                lambda expert, mixed, new: mixed,
                "You stay at mixed. Where new leads nearer to the expert, go as far as it helps.",
            ),
            Misconception(
                "expert",
                lambda expert, mixed, new: expert,
                "You return the expert. Nobody can act like that yet: mixtures of mixed and new lie between these two.",
            ),
            Misconception(
                "the_move",
                lambda expert, mixed, new: _step(expert, mixed, new) * (new - mixed),
                "That is the move alone: add it to mixed.",
            ),
            Misconception(
                "the_gap",
                lambda expert, mixed, new: expert - projection_step(expert, mixed, new),
                "That is what is left to the expert after the move. Asked is the point itself.",
            ),
            Misconception(
                "the_step",
                _step,
                "You return the share, a number between 0 and 1. Asked is the point: mixed + share · (new − mixed).",
            ),
        ),
        hints=(
            "Draw three points. Walk from `mixed` towards `new`: the distance to `expert` falls, and then grows. Where is it "
            "smallest? And what if it never falls, or never grows?",
            "The shadow of `expert - mixed` on `new - mixed`, as a share of its length: an inner product, divided by the "
            "squared length of `new - mixed`. Hold the share between 0 and 1. If `new` equals `mixed`, there is nowhere to "
            "go.",
            "`way = new - mixed`; if `way @ way == 0`, return `mixed`; `share = np.clip(way @ (expert - mixed) / (way @ way), "
            "0, 1)`; return `mixed + share * way`.",
        ),
    ),
    Exercise(
        name="apprenticeship_learning",
        title="A mixture of policies that matches the expert",
        reference=apprenticeship_learning,
        form=Mixture(
            Policies("policies", "?M, n_states, n_actions"),
            Array("weights", "?M"),
            Array("distances", "?M"),
        ),
        problems=_apprentice_problems,
        parts=(
            Part("policies, and weights that are shares", 1, _is_mixture),
            Part("the weights give the last distance", 1, _reproduces),
            Part("distances start with the uniform policy's and never grow", 1, _falls_only),
            Part("as near as the projection leads", 2, _as_near),
            Part("it stops at tol, at max_iter, or when nothing leads nearer", 1, _stops),
        ),
        endless="What ends your loop if `tol` is never reached? Counted expectations may be out of every mixture's reach: "
        "stop after `max_iter` policies, too.",
        errors={
            "ValueError": "Do the shapes fit? The planner wants a reward of shape (S, A): `linear_reward(features, psi)`. It "
            "returns two things, V and pi.",
        },
        misconceptions=(
            Misconception(
                "last_policy", _weighed(lambda w, d, *_: _one_hot(-1, len(w))), _ONE_POLICY
            ),
            Misconception(
                "best_policy",
                _weighed(
                    lambda w, d, points, expert: _one_hot(
                        np.linalg.norm(points - expert, axis=1).argmin(), len(w)
                    )
                ),
                _ONE_POLICY,
            ),
            Misconception(
                "last_policy_alone",
                _reported(lambda pi, w, d, *_: (pi[-1:], np.ones(1), d[-1:])),
                "You return the last policy alone. It was planned for what the mixture still lacked; what comes near the "
                "expert is the mixture, of all policies.",
            ),
            Misconception(
                "averaged_table",
                _reported(
                    lambda pi, w, d, *_: (np.einsum("m,msa->sa", w, pi)[None], np.ones(1), d[-1:])
                ),
                "You return one policy, the average of the tables. Who draws a new policy at every step goes where none of "
                "them goes. The mixture draws one, and keeps to it for a whole episode: return all policies, and the weights.",
            ),
            Misconception(
                "all_alike",
                _weighed(lambda w, d, *_: np.full(len(w), 1 / len(w))),
                "All policies get the same weight. `mixed` was not made like that: each round multiplies the old weights by "
                "1 − share, and gives the new policy its share.",
            ),
            Misconception(
                "steps_as_weights",
                _misread(append=np.append),
                "You append each share and leave the old weights as they are, so that the sum exceeds 1. When a new policy "
                "comes in with a share, the others' shares shrink.",
            ),
            Misconception(
                "steps_rescaled",
                _steps_in_proportion,
                "You divide the shares by their sum. An early share was shrunk by all the later rounds: multiply the old "
                "weights by 1 − share each time.",
            ),
            Misconception(
                "shares_swapped",
                _misread(append=lambda w, step: np.append(step * w, 1.0 - step)),
                "The shares are swapped: the new policy gets the share that was gone of the way, the old ones keep the rest.",
            ),
            Misconception(
                "reversed",
                _weighed(lambda w, d, *_: w[::-1]),
                "The weights stand in the reverse order of the policies: weights[0] belongs to the uniform one.",
            ),
            Misconception(
                "by_distance",
                _weighed(lambda w, d, *_: np.exp(-d) / np.exp(-d).sum()),
                "You make weights of the distances. How far each round went says the shares: the new policy gets share, the "
                "old ones keep 1 − share of theirs.",
            ),
            Misconception(
                "by_inverse_distance",
                _weighed(lambda w, d, *_: 1 / d / (1 / d).sum()),
                "You make weights of the distances. How far each round went says the shares: the new policy gets share, the "
                "old ones keep 1 − share of theirs.",
            ),
            Misconception(
                "turned",
                _misread(psi=lambda expert, mixed, new: mixed - expert),
                "Your psi is turned round: the planner is paid for running away from the expert, and nothing helps. What "
                "does the mixture lack? expert − mixed.",
            ),
            Misconception(
                "turned_and_moved",
                _misread(
                    psi=lambda expert, mixed, new: mixed - expert,
                    step=lambda *args: 1.0,
                    gives_up=False,
                ),
                "Your psi is turned round: the planner is paid for running away from the expert. What does the mixture "
                "lack? expert − mixed.",
            ),
            Misconception(
                "sizes",
                _misread(psi=lambda expert, mixed, new: np.abs(expert - mixed)),
                f"You take the sizes of expert − mixed. {_LEFTOVER}",
            ),
            Misconception(
                "only_likes",
                _misread(psi=lambda expert, mixed, new: np.maximum(expert - mixed, 0.0)),
                f"You drop what is negative in expert − mixed. {_LEFTOVER}",
            ),
            Misconception(
                "from_the_last",
                _misread(psi=lambda expert, mixed, new: expert - new),
                f"You compare the expert with the *last* policy. {_LEFTOVER}",
            ),
            Misconception(
                "experts_features",
                _misread(psi=lambda expert, mixed, new: expert),
                f"You plan for psi = expert, and so for the same reward every time. {_LEFTOVER}",
            ),
            Misconception(
                "stale",
                _stale,
                "Your psi is that of the first round, every time. It must be computed inside the loop, from the mixture "
                "as it is now.",
            ),
            Misconception(
                "late_distances",
                _misread(late=True),
                "You record the distance *before* the move, so that the first comes twice. distances[i] belongs to the "
                "mixture after i rounds.",
            ),
            Misconception(
                "squared_tol",
                _misread(enough=lambda distances, tol: distances[-1] ** 2 <= tol),
                "You compare the *squared* distance with tol.",
            ),
            Misconception(
                "ignores_tol",
                _misread(enough=lambda distances, tol: False),
                "You go on after tol is reached: stop as soon as distances[-1] ≤ tol.",
            ),
            Misconception(
                "tol_of_change",
                _misread(
                    enough=lambda distances, tol: (
                        len(distances) > 1 and distances[-2] - distances[-1] <= tol
                    )
                ),
                "You stop when the distance *changes* by less than tol. A slow round is no arrival: compare the distance "
                "itself.",
            ),
            Misconception(
                "squared_distances",
                _misread(distance=lambda expert, mixed: _distance(expert, mixed) ** 2),
                f"Your distances are squared. {_MEASURE}",
            ),
            Misconception(
                "squared_in_the_end",
                _measured(lambda d, *_: d**2),
                f"Your distances are squared. {_MEASURE}",
            ),
            Misconception(
                "sums_of_sizes",
                _misread(distance=lambda expert, mixed: np.abs(expert - mixed).sum()),
                _MEASURE,
            ),
            Misconception(
                "largest_entries",
                _misread(distance=lambda expert, mixed: np.abs(expert - mixed).max()),
                _MEASURE,
            ),
            Misconception(
                "rescaled",
                _rescaled,
                f"Your distances are multiplied by 1 − γ. {_MEASURE}",
            ),
            Misconception(
                "rescaled_in_the_end",
                _rescaled_in_the_end,
                f"Your distances are multiplied by 1 − γ. {_MEASURE}",
            ),
            Misconception(
                "of_single_policies",
                _measured(lambda d, points, expert: np.linalg.norm(points - expert, axis=1)),
                "Your distances are those of the single policies. distances[i] is that of the *mixture* after i rounds; "
                "it never grows.",
            ),
            Misconception(
                "ignores_max_iter",
                _iterations(lambda n: 1000),
                "You go on after max_iter rounds. The expert may be out of reach, and then tol is never reached.",
            ),
            Misconception("one_short", _iterations(lambda n: n - 1), _HOW_MANY),
            Misconception("one_more", _iterations(lambda n: n + 1), _HOW_MANY),
            Misconception(
                "not_held",
                _misread(step=lambda e, m, n: (n - m) @ (e - m) / max((n - m) @ (n - m), 1e-12)),
                "Your share is not held between 0 and 1. With counted expectations the expert may lie beyond every mixture: "
                "`projection_step` stops at new.",
            ),
            Misconception(
                "all_the_way",
                _misread(step=lambda *args: 1.0),
                "You put the new policy in the place of the mixture. Go only as far towards it as the distance falls: "
                "`projection_step`.",
            ),
            Misconception(
                "all_the_way_and_back",
                _misread(step=lambda *args: 1.0, gives_up=False),
                "You put the new policy in the place of the mixture, nearer or not. Go only as far towards it as the "
                "distance falls: `projection_step`.",
            ),
            Misconception(
                "averages",
                _averages,
                "You take plain averages of all policies. Go to the *nearest* point between the mixture and the new policy: "
                "`projection_step`.",
            ),
            Misconception(
                "half_steps",
                _misread(step=lambda *args: 0.5, gives_up=False),
                "You always go half way. Go to the *nearest* point between the mixture and the new policy: "
                "`projection_step`.",
            ),
            Misconception(
                "from_the_uniform",
                _misread(anchored=True, gives_up=False, append=_append_to_first),
                "You project from the *uniform* policy each time, and forget what was mixed in before. Start from where the "
                "last round ended.",
            ),
            Misconception(
                "greedy_for_reward",
                _misread(plan=_greedy_for_reward),
                "Your policies take the largest reward of the moment. They must *plan* for psi: `value_iteration`.",
            ),
            Misconception(
                "averaged_over_actions",
                _misread(plan=lambda mdp, reward: _best_policy(mdp, reward.mean(axis=1))),
                "You average the reward over the actions before you plan. Two actions have two rows of features.",
            ),
            Misconception(
                "starts_with_expert",
                _misread(first=_from_expert),
                "Your first policy is planned for psi = expert. Start with the one that draws its actions uniformly: "
                "distances[0] is its distance.",
            ),
            Misconception(
                "starts_with_action_0",
                _misread(first=_from_action_0),
                "Your first policy always takes action 0. Start with the one that draws its actions uniformly: 1/A each.",
            ),
            Misconception(
                "best_of_all_in_the_end",
                _reported(lambda pi, w, d, points, expert: (pi, best_mixture(expert, points), d)),
                "Your weights are those of the best mixture of all policies, and your distances those of the projection. Both "
                "must speak of the same mixture. (The best mixture is the next exercise.)",
            ),
            Misconception(
                "one_table",
                _reported(lambda pi, w, d, *_: (np.einsum("m,msa->sa", w, pi), w, d)),
                "You return one table (S, A), and it should be all the policies: M of them, one for each weight. If yours is "
                "their average, state by state: that is another behaviour. The mixture draws one policy and keeps to it for "
                "a whole episode.",
            ),
            Misconception(
                "action_numbers",
                _reported(lambda pi, w, d, *_: (pi.argmax(axis=2), w, d)),
                "You return action numbers. The first policy draws its actions, and cannot be told by a number: give every "
                "policy as probabilities.",
            ),
            Misconception(
                "weights_last",
                _reported(lambda pi, w, d, *_: (pi, d, w)),
                "Weights and distances have changed places: policies, weights, distances.",
            ),
            Misconception(
                "without_the_first",
                _reported(lambda pi, w, d, points, expert: (pi[1:], w[1:], d[1:])),
                "The uniform policy is missing. It has its share in the mixture, too: it comes first in all three.",
            ),
        ),
        hints=(
            "Each round moves `mixed`, and adds one entry to `policies`, `weights` and `distances`. What the mixture lacks is "
            "`expert - mixed`: which policy brings most of it? And which three things can end the rounds?",
            "In each round: `psi = expert - mixed`; plan for `linear_reward(features, psi)`; `new` are the new policy's feature "
            "expectations; `projection_step` says where to go. The share is how much of the way from `mixed` to `new` that is, "
            "a length divided by a length. All older weights are multiplied by `1 - share`, and `share` is appended.",
            "`while distances[-1] > tol and len(policies) <= max_iter:` plan with `_, pi = planning.value_iteration(mdp, "
            "linear_reward(features, expert - mixed))`, then `new = feature_expectations(mdp, pi, features)` and `nearer = "
            "projection_step(expert, mixed, new)`. If `nearer` is no nearer to the expert than `mixed`, `break`. Else `share = "
            "np.linalg.norm(nearer - mixed) / np.linalg.norm(new - mixed)`, `weights = np.append((1 - share) * weights, share)`, "
            "append `pi` and the distance, and go on with `mixed = nearer`.",
        ),
    ),
    _OfMixtures(
        name="best_mixture",
        title="The best mixture of all policies",
        reference=best_mixture,
        form=Weights("weights", "n_candidates"),
        problems=_mixture_problems,
        parts=(
            Part("weights that are not negative and sum to 1", 1, _on_simplex),
            Part("no other mixture is nearer", 2, _is_nearest),
        ),
        errors={
            "ValueError": "Shapes do not fit. `weights` has M entries and `candidates` is (M, K): the mixture is "
            "`weights @ candidates`, or `candidates.T @ weights`, and has K.",
            "DCPError": "cvxpy refuses: a distance is convex, so that it can be minimised and not maximised, and "
            "constraints must be convex, too. `cp.sum_squares` and `cp.norm` are made for it.",
        },
        misconceptions=(
            Misconception(
                "not_convex",
                _not_convex,
                "cvxpy refuses: a distance is convex, so that it can be minimised and not maximised, and an equation must "
                "be linear. The sum of the weights is.",
            ),
            Misconception(
                "no_sum",
                _no_sum,
                "Your weights do not sum to 1, and so you scale the candidates. If all of them were at twice the expert, your "
                "weights would sum to one half: of the episodes, who plays the other half?",
            ),
            Misconception(
                "no_sign",
                _no_sign,
                "Your weights sum to 1, and some are negative. A policy cannot be played in a negative share of the "
                "episodes.",
            ),
            Misconception(
                "no_rules",
                _no_rules,
                "That is plain least squares: the weights may be negative, and need not sum to 1. A mixture's weights are "
                "shares of episodes.",
            ),
            Misconception(
                "at_most_one",
                _at_most_one,
                "Your weights may sum to less than 1. The rest is played by nobody: it counts as a policy whose features "
                "are all 0.",
            ),
            Misconception("no_sum_rescaled", _then_rescaled(_no_sum), _CUT_AFTERWARDS),
            Misconception("no_sign_rescaled", _then_rescaled(_no_sign), _CUT_AFTERWARDS),
            Misconception("no_rules_rescaled", _then_rescaled(_no_rules), _CUT_AFTERWARDS),
            Misconception(
                "nearest_one",
                _nearest_one,
                "You take the nearest candidate alone. Two that err in opposite directions can together be right.",
            ),
            Misconception(
                "two_nearest",
                _two_nearest,
                "You mix the two nearest candidates only. One that is far away on the other side may help more: let the "
                "program choose.",
            ),
            Misconception(
                "best_pair",
                _best_pair,
                "You try all pairs. Three or more candidates may come nearer than any two: let the program choose among all.",
            ),
            Misconception(
                "all_alike",
                _all_alike,
                "All candidates get the same weight, wherever the expert is.",
            ),
            Misconception("softmax", _by_softmax, _NO_SHORT_CUT),
            Misconception("by_nearness", _by_nearness, _NO_SHORT_CUT),
            Misconception(
                "through_the_list",
                _through_the_list,
                "You go through the list and project once for each candidate. What the last one changes is not made good by "
                "the first: all weights must be free at once.",
            ),
            Misconception(
                "sum_of_sizes",
                _by_program(in_each=True),
                "You minimise the sum of the sizes (`cp.norm1`). The distance is Euclidean: `cp.sum_squares` or `cp.norm`.",
            ),
            Misconception(
                "largest_entry",
                _by_program(in_each=False),
                "You minimise the largest entry (`cp.norm_inf`). The distance is Euclidean: `cp.sum_squares` or `cp.norm`.",
            ),
            Misconception(
                "forgets_the_expert",
                lambda expert, candidates: _nearest(candidates),
                "You make the mixture itself short. It should come near the *expert*: where does `expert` stand in your "
                "objective?",
            ),
            Misconception(
                "farthest",
                lambda expert, candidates: _one_hot(
                    np.linalg.norm(candidates - expert, axis=1).argmax(), len(candidates)
                ),
                "You take the candidate that is farthest away.",
            ),
            Misconception(
                "most_alike",
                lambda expert, candidates: _one_hot(
                    (candidates @ expert).argmax(), len(candidates)
                ),
                "You maximise the inner product with the expert. That rewards having *more* than the expert; asked is to be "
                "near.",
            ),
            Misconception(
                "the_mixture",
                lambda expert, candidates: best_mixture(expert, candidates) @ candidates,
                "You return the mixed point, which has K entries. Asked are the M weights.",
            ),
        ),
        hints=(
            "The mixture `weights @ candidates` should be as near to `expert` as possible. Which two rules make weights a "
            "mixture?",
            "`weights = cp.Variable(len(candidates), nonneg=True)`; their sum is 1; minimise "
            "`cp.norm(expert - weights @ candidates)`. After `solve()` the numbers are in `weights.value`.",
            "`objective = cp.Minimize(cp.norm(expert - weights @ candidates))`, `cp.Problem(objective, "
            "[cp.sum(weights) == 1]).solve()`, `return weights.value`.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "the-last-policy",
        "After 30 rounds the distance is tiny. A colleague hands out the policy that was planned last: “the distance never "
        "grew, so the last one is the best.” What do you say?",
        (
            Option(
                "Agreed: it belongs to the smallest distance.",
                "The distances belong to the *mixture*. The last policy was planned for what the mixture still lacked; on "
                "its own it may do little else.",
            ),
            Option(
                "Hand out the one with the largest weight instead.",
                "A better bet, and still a bet: no single policy need be near an expert who is. The promise is made to the "
                "mixture.",
            ),
            Option(
                "Average all policies' action probabilities, state by state, with the weights.",
                "That is another behaviour. Who changes policy at every step goes where none of them goes; you measured how "
                "far that lands. Average the *visits* instead.",
            ),
            Option(
                "Draw one policy by the weights at the start of each episode, and keep to it.",
                "Then the expected features are the weighted mean of the policies', which is what the distance measures. The "
                "single policy made from the mixture's visits would do, too.",
                right=True,
            ),
        ),
    ),
    Quiz(
        "what-was-recovered",
        "You matched an expert's feature expectations to within 0.01. What do you know about the expert's ψ?",
        (
            Option(
                "It is expert − mixed, up to scale.",
                "That is the direction of what is *left over*, the reward under which you would look worst. As the match gets "
                "better, it is mostly about the last small misfit.",
            ),
            Option(
                "It is the mean of all the ψ that were planned for.",
                "Each of them was a question, not an estimate. They pulled the mixture this way and that; their mean is "
                "nobody's wish.",
            ),
            Option(
                "Next to nothing; but whatever it is, if ‖ψ‖ ≤ 1 you lose at most 0.01.",
                "That is the whole bargain of this lesson: no reward, but a promise under every reward that is linear in the "
                "features.",
                right=True,
            ),
            Option(
                "It is known up to a positive scale and a constant.",
                "Even the expert's whole policy would not tell that much (lesson 02), and you only have a few numbers about "
                "it.",
            ),
        ),
    ),
    Quiz(
        "a-feature-left-out",
        "You match all the features of a careful driver exactly. “How near the next car is” was not among them. Is your "
        "driving as good as the driver's?",
        (
            Option(
                "Yes: the distance is 0, so nothing can be lost under any reward.",
                "Under any reward *that is linear in these features*. What none of them measures is not protected at all.",
            ),
            Option(
                "Perhaps not: the promise covers only what the features can say.",
                "With the features you choose what counts. What you leave out, the learner is free to do differently, and "
                "nothing warns you.",
                right=True,
            ),
            Option(
                "Yes, if there are enough demonstrations.",
                "More demonstrations make E[f] of the *listed* features more exact. They say nothing about one that is not "
                "listed.",
            ),
            Option(
                "Yes, if the projection runs long enough.",
                "It has nothing left to do: the distance is 0 already.",
            ),
        ),
    ),
    Quiz(
        "cut-short",
        "γ = 0.99, and each demonstration ends after 50 steps, though the expert would have gone on. Some feature is 1 in "
        "every step. What will the learner see in the counts?",
        (
            Option(
                "The discounted sum of that feature is 1/(1 − γ) = 100, as for every policy.",
                "Only for somebody who is watched for ever. After 50 steps (1 − γ⁵⁰)/(1 − γ) ≈ 39.5 have been counted.",
            ),
            Option(
                "An expert who does everything less than any policy can: no mixture matches that.",
                "39.5 in place of 100. Every policy spends all its 100 somewhere, so the learner gets rid of the rest where "
                "it disturbs the match least. Watch longer, or rescale by 1/(1 − γᵀ).",
                right=True,
            ),
            Option(
                "Nothing unusual: discounting makes the end unimportant.",
                "For γ = 0.5 that would be true. Here 0.99⁵⁰ ≈ 0.605: more than half of the weight lies after the end.",
            ),
            Option(
                "Noise only, which more demonstrations average away.",
                "Every demonstration ends too early, so their mean does, too. It is a bias; more of them do not help.",
            ),
        ),
    ),
]
