"""Checks of lesson 10: the world of a bus engine, and what a man's decisions say about its costs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.special import gammaln, log_softmax

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import (
    Array,
    Number,
    Readings,
    Several,
    WrongForm,
    difference,
    number,
)
from irl_course.checks.problems import noisy_world
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP

KEEP, REPLACE = range(2)

# --- the course's own answers --------------------------------------------------------------


def bus_mdp(increment_probs: np.ndarray, n_bins: int, gamma: float) -> MDP:
    """The world of a bus engine: KEEP moves on at random, REPLACE does the same from bin 0.

    Args:
        increment_probs: probability to move on by 0, 1, 2, ... bins, shape (J,).
        n_bins: number of bins, the states.
        gamma: discount factor a month.

    Returns:
        The MDP, P of shape (n_bins, 2, n_bins); it starts with a new engine.
    """
    return _world(increment_probs, n_bins, gamma)


def bus_features(n_bins: int) -> np.ndarray:
    """What a month costs: f(x, a) @ (RC, theta) is the reward (Rust 1987, table IX).

    Args:
        n_bins: number of bins, the states.

    Returns:
        Features, shape (n_bins, 2, 2).
    """
    return _costs(n_bins)


def choice_log_likelihood(
    mdp: MDP,
    features: np.ndarray,
    psi: np.ndarray,
    keep_counts: np.ndarray,
    replace_counts: np.ndarray,
) -> float:
    """The sum of log pi(a|x) over all choices, pi the soft policy of features @ psi.

    Args:
        mdp: the world, endless and discounted.
        features: f(x, a), shape (S, 2, K).
        psi: weights, shape (K,).
        keep_counts: how often KEEP was chosen in each state, shape (S,).
        replace_counts: how often REPLACE was, shape (S,).

    Returns:
        The log-likelihood, at most 0, finite.
    """
    return _likelihood()(mdp, features, psi, keep_counts, replace_counts)


def estimate_rewards(
    mdp: MDP, features: np.ndarray, keep_counts: np.ndarray, replace_counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Maximum likelihood, and standard errors from the curvature at the maximum.

    Args:
        mdp: the world, endless and discounted.
        features: f(x, a), shape (S, 2, 2).
        keep_counts: how often KEEP was chosen in each state, shape (S,).
        replace_counts: how often REPLACE was, shape (S,).

    Returns:
        psi, shape (2,), and its standard errors, shape (2,), both positive here.
    """
    asked = (mdp, features, keep_counts, replace_counts)
    psi = _summit(*asked)
    return psi, _errors(*asked, psi)


# The same once more, with parts to take out for the mistakes.


def _on(x: int, j: int, n: int) -> int:
    """Where an engine in bin x lands that moves on by j; None: nowhere."""
    return min(x + j, n - 1)


def _moves(probs: np.ndarray, n: int, land: Callable = _on, add: bool = True) -> np.ndarray:
    """Month to month by driving alone, shape (n, n)."""
    P = np.zeros((n, n))
    for x in range(n):
        for j, prob in enumerate(probs):
            end = land(x, j, n)
            if end is not None:
                P[x, end] = prob + (P[x, end] if add else 0.0)
    return P


def _world(
    probs: np.ndarray,
    n: int,
    gamma: float,
    *,
    keep: Callable = lambda probs, n: _moves(probs, n),
    new: Callable = lambda probs, n: _moves(probs, n)[[0] * n],
    start: Callable = lambda n: np.eye(n)[0],
) -> MDP:
    """The buses' world; `keep` and `new` make the matrices of the two actions."""
    return MDP(np.stack([keep(probs, n), new(probs, n)], axis=1), start(n), gamma)


def _costs(n: int, keep: Callable = lambda x: -0.001 * x, theta_new: Any = 0.0) -> np.ndarray:
    """Features, with another cost of a month and one that a replacement pays as well."""
    features = np.zeros((n, 2, 2))
    features[:, REPLACE, 0] = -1.0
    features[:, KEEP, 1] = keep(np.arange(n))
    features[:, REPLACE, 1] = theta_new
    return features


def _soft_log_pi(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    V, Q, _ = planning.soft_value_iteration(mdp, reward)
    return Q - V[:, None]


def _total(log_pi: np.ndarray, keep: np.ndarray, replace: np.ndarray) -> float:
    return float(keep @ log_pi[:, KEEP] + replace @ log_pi[:, REPLACE])


def _likelihood(log_pi: Callable = _soft_log_pi, total: Callable = _total) -> Callable:
    """The likelihood with another policy, log_pi(mdp, reward), or another sum of its logs."""

    def answer(
        mdp: MDP, features: np.ndarray, psi: np.ndarray, keep: np.ndarray, replace: np.ndarray
    ) -> float:
        return total(log_pi(mdp, features @ psi), keep, replace)

    return answer


# A planner of its own for the fits: Newton's method, with exact slopes, on a dozen states.


def _plan(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """Log of the soft policy, (S, A)."""
    V = np.zeros(mdp.n_states)
    for _ in range(100):
        log_pi = log_softmax(reward + mdp.gamma * mdp.expect(V), axis=1)
        payoff = (np.exp(log_pi) * (reward - log_pi)).sum(axis=1)
        before, V = V, np.linalg.solve(_leaving(mdp, np.exp(log_pi)), payoff)
        if np.abs(V - before).max() <= 1e-12 * max(1.0, np.abs(V).max()):
            break
    return log_pi


def _leaving(mdp: MDP, pi: np.ndarray) -> np.ndarray:
    return np.eye(mdp.n_states) - mdp.gamma * np.einsum("sa,san->sn", pi, mdp.P)


def _slopes(mdp: MDP, features: np.ndarray, log_pi: np.ndarray) -> np.ndarray:
    """Derivatives of log pi(a|x) by psi, (S, A, K)."""
    pi = np.exp(log_pi)
    values = np.linalg.solve(_leaving(mdp, pi), np.einsum("sa,sak->sk", pi, features))
    return features + mdp.gamma * mdp.expect(values) - values[:, None]


def _height(mdp: MDP, features: np.ndarray, keep: Any, replace: Any, psi: np.ndarray) -> float:
    return _total(_plan(mdp, features @ psi), keep, replace)


def _slope(mdp: MDP, features: np.ndarray, keep: Any, replace: Any, psi: np.ndarray) -> np.ndarray:
    """The log-likelihood's gradient, (K,)."""
    by_choice = _slopes(mdp, features, _plan(mdp, features @ psi))
    return np.einsum("sa,sak->k", np.stack([keep, replace], axis=1), by_choice)


def _curvature(mdp: MDP, features: np.ndarray, keep: Any, replace: Any, psi: Any) -> np.ndarray:
    """Minus the log-likelihood's second derivatives, from its exact first ones."""
    rows = [
        _slope(mdp, features, keep, replace, psi - e)
        - _slope(mdp, features, keep, replace, psi + e)
        for e in 1e-5 * np.eye(2)
    ]
    return (np.array(rows) + np.transpose(rows)) / 4e-5


def _summit(mdp: MDP, features: np.ndarray, keep: np.ndarray, replace: np.ndarray) -> np.ndarray:
    """Where the log-likelihood is highest."""
    counts = np.array([keep, replace], dtype=float)
    return _found(mdp.P.tobytes(), mdp.gamma, features.tobytes(), counts.tobytes()).copy()


@functools.lru_cache(maxsize=256)
def _found(P: bytes, gamma: float, features: bytes, counts: bytes) -> np.ndarray:
    """`_summit`, remembered: laws and mistakes come back to the same few problems."""
    keep, replace = np.frombuffer(counts).reshape(2, -1)
    S = len(keep)
    mdp = MDP(np.frombuffer(P).reshape(S, 2, S), np.eye(S)[0], gamma)
    asked = (mdp, np.frombuffer(features).reshape(S, 2, 2), keep, replace)
    months = (keep + replace).sum()
    psi = minimize(
        lambda psi: -_height(*asked, psi) / months,
        [1.0, 1.0],
        jac=lambda psi: -_slope(*asked, psi) / months,
        method="BFGS",
        options={"gtol": 1e-8},
    ).x
    for _ in range(3):
        psi = psi + np.linalg.solve(_curvature(*asked, psi), _slope(*asked, psi))
    return psi


def _errors(mdp: MDP, features: np.ndarray, keep: Any, replace: Any, psi: Any) -> np.ndarray:
    """Standard errors from the curvature at psi."""
    return _root(np.linalg.inv(_curvature(mdp, features, keep, replace, psi)))


def _root(covariance: np.ndarray) -> np.ndarray:
    return np.sqrt(np.diag(covariance))


# --- problems ------------------------------------------------------------------------------


def _size(mdp: MDP) -> str:
    return f"{mdp.n_states} bins, γ = {mdp.gamma:g}"


def _world_problems(rng: np.random.Generator) -> list[Problem]:
    def probs(n: int) -> np.ndarray:  # in 64ths, which a computer holds and adds exactly
        return (1.0 + rng.multinomial(64 - n, rng.dirichlet(np.full(n, 3.0)))) / 64.0

    few, some = sorted(int(n) for n in rng.choice(np.arange(4, 12), 2, replace=False))
    asked = [
        (probs(2), few, 0.9),
        (np.array([1.0]), few, 0.5),
        (np.array([0.0, 1.0]), some, 0.95),
        (probs(3), some, 0.99),
        (probs(4), some, 0.8),
        (probs(4), 3, 0.7),
        (probs(3), 2, 0.0),
        (probs(3), 1, 0.9),
        (probs(3), 90, 0.9999),
    ]
    return [
        Problem(f"increment_probs {_listed(p)}, {n} bins, γ = {gamma:g}", (p, n, gamma))
        for p, n, gamma in asked
    ]


def _listed(p: np.ndarray) -> str:
    return f"({', '.join(number(x) for x in p)})"


def _cost_problems(rng: np.random.Generator) -> list[Problem]:
    sizes = [3, *sorted(rng.choice(np.arange(4, 90), 3, replace=False)), 1]
    return [Problem("1 bin" if n == 1 else f"{n} bins", (int(n),)) for n in sizes]


def _decided(rng: np.random.Generator, log_pi: np.ndarray, months: np.ndarray) -> tuple:
    """Choices drawn from a policy in so many months of each state."""
    replaced = rng.binomial(months, np.exp(log_pi[:, REPLACE]))
    return months - replaced, replaced


def _buses(rng: np.random.Generator, n: int, gamma: float, scale: float) -> tuple:
    """A fleet's world, and features that make theta as large as RC."""
    return _world(rng.dirichlet([3.0, 5.0, 2.0]), n, gamma), _costs(n) * [1.0, scale]


def _choice_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for said, n, gamma, psi in (
        ("a coin is tossed", 3, 0.9, np.zeros(2)),
        ("", 6, 0.8, rng.uniform(1.0, 3.0, 2) * [1.0, 2.0]),
        ("nobody looks ahead", 7, 0.0, rng.uniform(1.0, 3.0, 2)),
        ("far-sighted", 12, 0.99, rng.uniform(2.0, 4.0, 2)),
    ):
        world, features = _buses(rng, n, gamma, 100.0)
        months = rng.integers(1, 60, n) * (np.arange(n) < max(3, n - 2))
        counts = _decided(rng, _plan(world, features @ psi), months)
        asked.append((said, (world, features, psi, *counts)))
    noisy, features = noisy_world(rng, 5, 2, 0.9), rng.normal(size=(5, 2, 2))
    psi, months = rng.normal(size=2), rng.integers(5, 60, 5)
    counts = _decided(rng, _plan(noisy, features @ psi), months)
    asked.append(("other features", (noisy, features, psi, *counts)))
    asked += _dear(rng)
    full = _world(np.array([0.35, 0.64, 0.01]), 90, 0.9999)
    months = (80 * np.exp(-np.arange(90) / 20)).astype(int)
    psi = np.array([11.0, 4.5]) + rng.uniform(0.0, 1.0, 2)
    counts = _decided(rng, _plan(full, _costs(90) @ psi), months)
    asked.append(("as many as in the lesson", (full, _costs(90), psi, *counts)))
    return [Problem(f"{_size(args[0])}{', ' if said else ''}{said}", args) for said, args in asked]


def _dear(rng: np.random.Generator) -> list[tuple]:
    """RC is 2,000 in all states but the first, and the actions lead to the same places."""
    noisy = noisy_world(rng, 4, 2, 0.9)
    world = noisy.replace(P=noisy.P[:, [0, 0]])
    features = np.zeros((4, 2, 2))
    features[1:, REPLACE, 0] = -1.0
    features[:, :, 1] = rng.normal(size=(4, 2))
    psi, keep = np.array([2000.0, 1.0]), rng.integers(5, 30, 4)
    never, once = np.array([7, 0, 0, 0]), np.array([7, 0, 1, 0])
    return [
        ("RC = 2000, and never paid", (world, features, psi, keep, never)),
        ("RC = 2000, and paid once", (world, features, psi, keep, once)),
    ]


def _estimate_problems(rng: np.random.Generator) -> list[Problem]:
    drawn = [_fleet(rng, n, gamma) for n, gamma in ((6, 0.0), (8, 0.6), (10, 0.9))]
    drawn.append(_ridge(rng))
    return [Problem(f"{_size(args[0])}, {_months(args)} months", args) for args in drawn]


def _months(args: tuple) -> int:
    return int(np.sum(args[2]) + np.sum(args[3]))


def _fleet(rng: np.random.Generator, n: int, gamma: float) -> tuple:
    """Decisions that leave both costs clearly known, but not very well."""
    scale = 100.0 + 600.0 * (1.0 - gamma)
    while True:
        world, features = _buses(rng, n, gamma, scale)
        psi = rng.uniform([4.0, 2.0], [6.0, 5.0])
        months = rng.integers(40, 160, n) * (np.arange(n) < n - 1)
        args = (world, features, *_decided(rng, _plan(world, features @ psi), months))
        if not 10 <= args[3].sum() <= 0.5 * months.sum():
            continue
        psi = _summit(*args)
        errors = _errors(*args, psi)
        ridge = np.abs(errors[0] - _root(_no_ridge(_curvature(*args, psi)))[0]) / errors[0]
        if (psi > 0.5).all() and (psi < 12).all() and (errors < 0.3 * psi).all() and ridge > 0.2:
            return args


def _ridge(rng: np.random.Generator) -> tuple:
    """Few replacements, so that the top is a narrow ridge, on which some searches stop early."""
    n, gamma = 16, 0.98
    months = (400 * np.exp(-3.0 * np.arange(n) / n)).astype(int)
    while True:
        world, features = _buses(rng, n, gamma, 20.0)
        psi = rng.uniform([8.0, 4.0], [11.0, 6.0])
        args = (world, features, *_decided(rng, _plan(world, features @ psi), months))
        if not 25 <= args[3].sum() <= 60:
            continue
        psi = _summit(*args)
        if (_errors(*args, psi) < 0.18 * psi).all():  # else the top is no parabola
            return args


# --- forms ---------------------------------------------------------------------------------


class World:
    """An MDP with two actions, read as the rows of either action, the start and the discount."""

    name = "the world"
    forms = (
        Array("P[:, KEEP]", "n_bins, n_bins"),
        Array("P[:, REPLACE]", "n_bins, n_bins"),
        Array("initial_dist", "n_bins"),
        Number("gamma"),
    )

    def read(self, value: Any, expected: Any) -> Readings:
        """The parts; `WrongForm` if it is no MDP of that size."""
        if value is None:
            raise WrongForm("Your function returned None: is a `return` missing?")
        if not isinstance(value, MDP):
            kind = type(value).__name__
            raise WrongForm(f"You returned a {kind}; return `MDP(P, initial_dist, gamma)`.")
        n = value.n_states if isinstance(expected, MDP) else len(expected[2])
        if (value.n_states, value.n_actions) != (n, 2):
            raise WrongForm(
                f"Your world has {value.n_states} states and {value.n_actions} actions; asked are "
                f"{n} bins and 2 actions."
            )
        P = value.P.toarray().reshape(n, 2, n) if value.is_sparse else value.P
        return Readings((P[:, KEEP], P[:, REPLACE], value.initial_dist, np.float64(value.gamma)))

    def plain(self, value: Any) -> Any:
        """An accepted world as the lesson goes on with it: as it is."""
        return value


class LogLikelihood(Number):
    """A number; one that is not finite spoils only the problem it belongs to."""

    def read(self, value: Any, expected: float) -> np.ndarray:
        """Read the number, NaN and infinities left in."""
        if isinstance(value, (float, np.floating)) and not np.isfinite(value):
            return np.float64(value)
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two readings agree: finite or not, and how."""
        if np.isfinite(value) and np.isfinite(other):
            return super().same(value, other)
        return str(value) == str(other)


class Estimate(Array):
    """Two numbers that a search has found: compared as loosely as searches differ."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the numbers; all of SciPy's result is named."""
        if isinstance(value, OptimizeResult):
            raise WrongForm(f"{self.name} is all that `minimize` found; the place is in its `.x`.")
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two searches ended at one place; all that ran away count as one."""
        return (_far(value) and _far(other)) or bool(np.allclose(value, other, rtol=0.02, atol=0.0))


def _far(psi: np.ndarray) -> bool:
    """Whether no search that goes up would end here, or take such a way."""
    return bool(np.abs(psi).max() > 1e3 or psi.min() < -15.0)


class Errors(Array):
    """Standard errors, of searches that ended nearly at one place."""

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether they are the same but for the place and the step of the differences."""
        return np.shape(value) == np.shape(other) and bool(np.allclose(value, other, rtol=0.02))


# --- laws ----------------------------------------------------------------------------------


def _adds_up(large: bool):
    """The law of the log-likelihood, with or without the problems of large costs."""
    agrees = matches("the log-likelihood")

    def law(case: Case) -> str | None:
        if np.abs(case.args[2]).max() > 500 and not large:
            return None
        if not np.isfinite(case.out):
            return f"the log-likelihood is {case.out}; it should be {number(case.expected)}."
        return agrees(case)

    return law


# How far below the top a search may stop: .06 of a standard error from it.
_SHORT = 2e-3


def _at_the_top(case: Case) -> str | None:
    psi, best = case.out[0], case.expected[0]
    top = _height(*case.args, best)
    try:
        have = -np.inf if _far(psi) else _height(*case.args, psi)
    except np.linalg.LinAlgError:
        have = -np.inf
    if have >= top - _SHORT:
        return None
    if have == -np.inf:
        return f"psi is ({', '.join(map(number, psi))}): the search has run away."
    shown = f"({', '.join(map(number, psi))})"
    return (
        f"At your psi, {shown}, the log-likelihood is {have:.3f}; at "
        f"({', '.join(map(number, best))}) it is {top:.3f}."
    )


def _one_action(case: Case, action: int, said: str) -> str | None:
    """A look at one action's features, each cost named by its number."""
    return difference(f"features[:, {said}]", case.out[:, action], case.expected[:, action])


def _sure(case: Case) -> str | None:
    """Errors from the curvature at the top, or where the answer's own search has ended."""
    errors, best = case.out[1], case.expected[1]
    if np.allclose(errors, best, rtol=0.01, atol=0.0):
        return None
    if _ended_elsewhere_with(case, errors):
        return None
    have, want = (", ".join(map(number, pair)) for pair in (errors, best))
    said = f"The standard errors are ({have}); they should be ({want})."
    curvature = _curvature(*case.args, case.expected[0])
    slopes = _by_outer_products(curvature, case.args, case.expected[0])
    other_way = np.allclose(errors, slopes, rtol=0.01, atol=0.0)
    if np.allclose(errors, best, rtol=0.3, atol=0.0) and not other_way:
        said += (
            " Near, but not it: second differences over steps that are too long or too short, or an approximation such "
            "as BFGS's `hess_inv`?"
        )
    return said


def _ended_elsewhere_with(case: Case, errors: np.ndarray) -> bool:
    try:
        psi = case.out[0]
    except WrongForm:
        return False
    if not 0.01 < np.abs(psi).min() <= np.abs(psi).max() < 100.0:
        return False
    try:
        with np.errstate(all="ignore"):
            return bool(np.allclose(errors, _errors(*case.args, psi), rtol=0.01, atol=0.0))
    except np.linalg.LinAlgError:
        return False


# --- misconceptions ------------------------------------------------------------------------


def _swap(pair: np.ndarray) -> np.ndarray:
    """The two actions the other way round."""
    return pair[:, ::-1]


def _renormalised(probs: np.ndarray, n: int) -> np.ndarray:
    """What is lost beyond the end, made up for by the rest; a row without a rest stays put."""
    P = _moves(probs, n, _lost)
    left = P.sum(axis=1, keepdims=True)
    return np.where(left > 0, P / np.where(left > 0, left, 1.0), np.eye(n))


def _lost(x: int, j: int, n: int) -> int | None:
    return x + j if x + j < n else None


def _unchecked(x: int, j: int, n: int) -> int:
    if x + j >= n:
        raise IndexError
    return x + j


def _rescaled(probs: np.ndarray, n: int) -> np.ndarray:
    P = _moves(probs, n, add=False)
    P[P.sum(axis=1) == 0, -1] = 1.0
    return P / P.sum(axis=1, keepdims=True)


def _new_at_the_end(probs: np.ndarray, n: int) -> np.ndarray:
    P = _moves(probs, n)
    P[-1] = P[0]
    return P


def _reshaped(probs: np.ndarray, n: int, gamma: float) -> MDP:
    P = _moves(probs, n)
    return MDP(np.vstack([P, P[[0] * n]]).reshape(n, 2, n), np.eye(n)[0], gamma)


def _driving(land: Callable, both: bool = True):
    """A world whose months end elsewhere."""

    def wrong(probs: np.ndarray, n: int, gamma: float) -> MDP:
        keep = _moves(probs, n, land)
        return _world(
            probs, n, gamma, keep=lambda p, n: keep, new=lambda p, n: (keep if both else _moves(p, n))[[0] * n]
        )  # fmt: skip

    return wrong


def _no_room(error: type[Exception]):
    """A new engine whose increments must all fit into the world."""

    def wrong(probs: np.ndarray, n: int, gamma: float) -> MDP:
        if len(probs) > n:
            raise error
        return _world(probs, n, gamma)

    return wrong


def _three(probs: np.ndarray, n: int, gamma: float) -> MDP:
    first = np.array([probs[0], probs[1], probs[2]])
    return _world(first, n, gamma)


def _first_axis(probs: np.ndarray, n: int, gamma: float) -> MDP:
    right = _world(probs, n, gamma)
    return MDP(right.P.swapaxes(0, 1).copy(), right.initial_dist, gamma)


def _with_start(start: Callable):
    return lambda probs, n, gamma: _world(probs, n, gamma, start=start)


def _loop(sweeps: int):
    """Log pi after so many sweeps from V = 0."""

    def log_pi(mdp: MDP, reward: np.ndarray) -> np.ndarray:
        V = np.zeros(mdp.n_states)
        for _ in range(sweeps):
            Q = reward + mdp.gamma * mdp.expect(V)
            V = np.logaddexp(Q[:, 0], Q[:, 1])
        return Q - V[:, None]

    return log_pi


def _greedy_then_soft(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    V, _ = planning.value_iteration(mdp, reward)
    return log_softmax(planning.bellman_backup(mdp, reward, V), axis=1)


def _advantage_of_best(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    Q = planning.soft_value_iteration(mdp, reward)[1]
    return Q - Q.max(axis=1, keepdims=True)


def _with_horizon(horizon: int):
    def log_pi(mdp: MDP, reward: np.ndarray) -> np.ndarray:
        V, Q, _ = planning.soft_value_iteration(mdp, reward, horizon)
        return Q[0] - V[0][:, None]

    return log_pi


def _optimistic(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """The trajectory model's backup, log E[exp V], discounted."""
    V = np.zeros(mdp.n_states)
    for _ in range(300):
        shift = V.max()
        ahead = np.log(mdp.expect(np.exp(V - shift))) + shift
        Q = reward + mdp.gamma * ahead
        V = np.logaddexp(Q[:, 0], Q[:, 1])
    return Q - V[:, None]


def _clipped(floor: float):
    return lambda mdp, reward: np.log(_soft_pi(mdp, reward) + floor)


def _soft_pi(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """The soft policy, not its log."""
    return planning.soft_value_iteration(mdp, reward)[2]


def _where_seen(log_pi: np.ndarray, keep: np.ndarray, replace: np.ndarray) -> float:
    """Choices that were never made left out: -inf remains where one was."""
    counts = np.stack([keep, replace], axis=1)
    return float(
        np.sum(np.where(counts > 0, counts * np.where(log_pi < -745, -np.inf, log_pi), 0.0))
    )


def _binomial(log_pi: np.ndarray, keep: np.ndarray, replace: np.ndarray) -> float:
    ways = gammaln(keep + replace + 1) - gammaln(keep + 1) - gammaln(replace + 1)
    return _total(log_pi, keep, replace) + float(ways.sum())


def _summed(total: Callable) -> Callable:
    return _likelihood(total=total)


def _fit_with(change: Callable):
    """Another question answered rightly: the fit of a changed problem."""
    return lambda *asked: estimate_rewards(*change(*asked))


def _errors_with(change: Callable):
    """The right psi, and errors that `change(curvature, asked, psi)` makes."""

    def wrong(*asked: Any) -> tuple:
        psi = _summit(*asked)
        return psi, change(_curvature(*asked, psi), asked, psi)

    return wrong


def _no_ridge(curvature: np.ndarray) -> np.ndarray:
    """The covariance if the two costs had nothing to do with each other."""
    return np.diag(1.0 / np.diag(curvature))


def _by_outer_products(curvature: np.ndarray, asked: tuple, psi: np.ndarray) -> np.ndarray:
    mdp, features, keep, replace = asked
    slopes = _slopes(mdp, features, _plan(mdp, features @ psi))
    counts = np.stack([keep, replace], axis=1)
    return _root(np.linalg.inv(np.einsum("sa,sak,sal->kl", counts, slopes, slopes)))


def _without_planning(curvature: np.ndarray, asked: tuple, psi: np.ndarray) -> np.ndarray:
    """As in a logistic regression: the values ahead held fixed while psi moves."""
    mdp, features, keep, replace = asked
    pi = np.exp(_plan(mdp, features @ psi))
    edge = features[:, REPLACE] - features[:, KEEP]
    weight = (keep + replace) * pi[:, 0] * pi[:, 1]
    return _root(np.linalg.inv(edge.T @ (weight[:, None] * edge)))


def _long_steps(share: float):
    """Second derivatives from differences over steps of a share of psi."""

    def errors(curvature: np.ndarray, asked: tuple, psi: np.ndarray) -> np.ndarray:
        moves = np.diag(share * np.maximum(1.0, np.abs(psi)))

        def along(a: np.ndarray, b: np.ndarray) -> float:
            ends = (psi + a + b, psi + a - b, psi - a + b, psi - a - b)
            rise = np.array([_height(*asked, end) for end in ends]) @ [1, -1, -1, 1]
            return -rise / (4 * a.max() * b.max())

        return _root(np.linalg.inv(np.array([[along(a, b) for b in moves] for a in moves])))

    return errors


def _powell(*asked: Any) -> tuple:
    """What Powell's method finds with its default tolerances."""
    psi = minimize(lambda psi: -_height(*asked, psi), [1.0, 1.0], method="Powell").x
    return psi, _errors(*asked, psi)


def _least_squares(mdp: MDP, features: np.ndarray, keep: np.ndarray, replace: np.ndarray) -> tuple:
    months = keep + replace
    share, seen = replace / np.maximum(months, 1), months > 0

    def misses(psi: np.ndarray) -> float:
        pi = np.exp(_plan(mdp, features @ psi))
        return float(((pi[:, REPLACE] - share)[seen] ** 2).sum())

    psi = minimize(misses, [1.0, 1.0], method="Nelder-Mead").x
    return psi, _errors(mdp, features, keep, replace, psi)


def _months_of(asked: tuple) -> float:
    return float(np.sum(asked[2]) + np.sum(asked[3]))


# Hints that several mistakes share.
_PLACE = "What would go beyond the last bin stays *in the last bin*: `min(x + j, n_bins - 1)`."
_ONE_START = (
    "`initial_dist` says where the first month begins: with a new engine, surely. It is 1 at bin 0 and 0 elsewhere, "
    "`np.eye(n_bins)[0]`."
)
_LOGS_APART = (
    "π is exactly 0 for the computer below about e^−745. Do not take the log of π: the log is there already, as Q − V, "
    "and it stays finite."
)

# --- exercises -----------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="bus_mdp",
        title="The world of a bus engine",
        reference=bus_mdp,
        form=World(),
        problems=_world_problems,
        parts=(
            Part("an engine that is kept", 1, matches("P[:, KEEP]", 0)),
            Part("an engine that is replaced", 1, matches("P[:, REPLACE]", 1)),
            Part(
                "start and discount",
                1,
                lambda case: matches("initial_dist", 2)(case) or matches("gamma", 3, 1e-9)(case),
            ),
        ),
        errors={
            "ValueError: broadcast": "There may be more increments than bins: then `probs` does not fit into a row. "
            + _PLACE,
            "ValueError": "`MDP` says in its message what it refuses: each P[x, a] must sum to 1, over the bins it leads "
            "to. What would go beyond the last bin is not lost, it stays in the last bin. And several increments can end "
            "there: each adds to it.",
            "IndexError: for axis 2": "You write into a bin that is not there. "
            + _PLACE
            + " After REPLACE, too: there may be "
            "more increments than bins.",
            "IndexError": "Some bin or increment is not there. There may be fewer increments than 3, and there may be more "
            "of them than bins: `enumerate(increment_probs)`, and `min(…, n_bins - 1)` after KEEP and after REPLACE.",
        },
        misconceptions=(
            Misconception(
                "stands_still",
                lambda probs, n, gamma: _world(
                    probs, n, gamma, new=lambda probs, n: np.eye(n)[[0] * n]
                ),
                "After REPLACE your engine is in bin 0 for certain. It is driven in the same month: it moves on by j from "
                "bin 0.",
            ),
            Misconception(
                "moves_on",
                lambda probs, n, gamma: _world(probs, n, gamma, new=_moves),
                "REPLACE moves on from x, as KEEP does. The new engine begins at 0: where it lands does not depend on x.",
            ),
            Misconception(
                "swapped",
                lambda probs, n, gamma: MDP(
                    _swap(_world(probs, n, gamma).P).copy(), np.eye(n)[0], gamma
                ),
                "KEEP and REPLACE are the wrong way round: KEEP is action 0.",
            ),
            Misconception(
                "lost",
                _driving(_lost),
                "In the last bins the rows of P do not add up, because what goes beyond the last bin is lost (or finds no "
                "room). " + _PLACE,
            ),
            Misconception(
                "renormalised",
                lambda probs, n, gamma: _world(
                    probs,
                    n,
                    gamma,
                    keep=_renormalised,
                    new=lambda p, n: _renormalised(p, n)[[0] * n],
                ),
                "What goes beyond the last bin is shared out over the moves that are left. "
                + _PLACE,
            ),
            Misconception(
                "overwritten",
                lambda probs, n, gamma: _world(
                    probs,
                    n,
                    gamma,
                    keep=lambda p, n: _moves(p, n, add=False),
                    new=lambda p, n: _moves(p, n, add=False)[[0] * n],
                ),
                "Near the end several j lead to the last bin, and the later one replaces the earlier one there: write `+=` "
                "in place of `=`. (With index arrays: `np.add.at`.)",
            ),
            Misconception(
                "overwritten_and_rescaled",
                lambda probs, n, gamma: _world(probs, n, gamma, keep=_rescaled),
                "Near the end several j lead to the last bin, and the later one replaces the earlier one there. To rescale the "
                "rows hides it: write `+=` in place of `=`.",
            ),
            Misconception(
                "only_last_bin",
                _driving(lambda x, j, n: x + j if x + j < n else n - 1 if x == n - 1 else None),
                "The last bin keeps its engines, but those which jump beyond it from an earlier bin are lost. "
                + _PLACE,
            ),
            Misconception(
                "unchecked",
                _driving(_unchecked),
                "From the last bins x + j is no bin at all. " + _PLACE,
            ),
            Misconception(
                "no_room_for_new",
                _no_room(IndexError),
                "There may be more increments than bins. " + _PLACE + " A new engine, too.",
            ),
            Misconception(
                "new_does_not_fit",
                _no_room(ValueError),
                "There may be more increments than bins: `P[:, REPLACE, :J] = probs` does not fit then. "
                + _PLACE,
            ),
            Misconception(
                "wraps_round",
                _driving(lambda x, j, n: (x + j) % n),
                "An old engine becomes new by being driven: beyond the last bin yours begins again at 0. "
                + _PLACE,
            ),
            Misconception(
                "back_to_new",
                _driving(lambda x, j, n: x + j if x + j < n else 0),
                "An engine that would go beyond the last bin is in bin 0 in your world, as if somebody had replaced it. "
                + _PLACE,
            ),
            Misconception(
                "replaced_at_the_end",
                lambda probs, n, gamma: _world(probs, n, gamma, keep=_new_at_the_end),
                "In the last bin your engine is replaced by force. Nobody does that: it goes on, and stays in the last bin.",
            ),
            Misconception(
                "stays_where_it_is",
                _driving(lambda x, j, n: x + j if x + j < n else x),
                "An engine that would go beyond the last bin does not move at all in your world. "
                + _PLACE,
            ),
            Misconception(
                "counts_from_one",
                _driving(lambda x, j, n: min(x + j + 1, n - 1)),
                "Your engines move on by one bin too many: the first entry of `increment_probs` is the probability to move "
                "on by 0.",
            ),
            Misconception(
                "new_counts_from_one",
                lambda probs, n, gamma: _world(
                    probs,
                    n,
                    gamma,
                    new=lambda p, n: _moves(p, n, lambda x, j, n: min(x + j + 1, n - 1))[[0] * n],
                ),
                "A new engine is one bin too far: it begins at 0 and moves on by j, so it lands in bin j.",
            ),
            Misconception(
                "three_increments",
                _three,
                "You use exactly three increments. The lesson has three; your function is asked for any number of them: "
                "`for j, prob in enumerate(increment_probs)`.",
            ),
            Misconception(
                "backwards",
                lambda probs, n, gamma: _world(probs[::-1], n, gamma),
                "The increments are in reverse: `increment_probs[0]` is the probability to move on by 0 bins.",
            ),
            Misconception(
                "all_alike",
                lambda probs, n, gamma: _world(np.full(len(probs), 1 / len(probs)), n, gamma),
                "Each increment is equally likely in your world: are the probabilities used?",
            ),
            Misconception(
                "younger",
                lambda probs, n, gamma: _world(
                    probs, n, gamma, keep=lambda p, n: _moves(p, n)[::-1, ::-1]
                ),
                "Your engines grow younger while they are kept. The row is where an engine comes *from*: P[x, KEEP, x + j].",
            ),
            Misconception(
                "ninety",
                lambda probs, n, gamma: _world(probs, 90, gamma),
                "Your world always has 90 bins, as the lesson's. Use `n_bins`.",
            ),
            Misconception(
                "moves_to",
                lambda probs, n, gamma: MDP(
                    np.ascontiguousarray(
                        np.stack([_moves(probs, n).T, _moves(probs, n)[[0] * n]], axis=1)
                    ),
                    np.eye(n)[0],
                    gamma,
                ),
                "KEEP's matrix is transposed: the row is the bin an engine comes *from*, P[x, KEEP, x + j].",
            ),
            Misconception(
                "action_first",
                _first_axis,
                "P has the action on its first axis. Here it is P[x, a, next]: shape (n_bins, 2, n_bins), "
                "`np.stack([keep, replace], axis=1)`.",
            ),
            Misconception(
                "reshaped",
                _reshaped,
                "You put one action's matrix below the other, and reshape: this mixes the rows. Use `np.stack([keep, replace], "
                "axis=1)`.",
            ),
            Misconception(
                "anywhere",
                _with_start(lambda n: np.full(n, 1.0 / n)),
                "Your buses start anywhere. " + _ONE_START,
            ),
            Misconception(
                "everywhere",
                _with_start(np.ones),
                "`initial_dist` is a distribution: it sums to 1. " + _ONE_START,
            ),
            Misconception(
                "first_month_driven",
                lambda probs, n, gamma: _world(
                    probs, n, gamma, start=lambda n: _moves(probs, n)[0]
                ),
                "Your first month begins after a month of driving. " + _ONE_START,
            ),
            Misconception(
                "own_gamma",
                lambda probs, n, gamma: _world(probs, n, 0.9999),
                "Your world's discount is always 0.9999. It is asked for: `gamma`.",
            ),
        ),
        hints=(
            "A month with KEEP: from bin x the engine goes to x + j with probability `increment_probs[j]`. REPLACE is "
            "the same month, begun at 0. What happens at the end of the world?",
            "Begin with zeros of shape (n_bins, 2, n_bins) and add, for every j, its probability at the bin where it "
            "ends: `min(x + j, n_bins - 1)` for KEEP, `min(j, n_bins - 1)` for REPLACE. Add with `+=`: several j can end "
            "in the last bin.",
            "`for j, prob in enumerate(increment_probs):` then `for x in range(n_bins):` and in it `P[x, KEEP, min(x + j, "
            "n_bins - 1)] += prob` and `P[x, REPLACE, min(j, n_bins - 1)] += prob`. At the end `return MDP(P, "
            "np.eye(n_bins)[0], gamma)`.",
        ),
    ),
    Exercise(
        name="bus_features",
        title="What a month costs",
        reference=bus_features,
        form=Array("features", "n_bins, actions, costs"),
        problems=_cost_problems,
        parts=(
            Part("the months with KEEP", 1, lambda case: _one_action(case, KEEP, "KEEP")),
            Part("the months with REPLACE", 1, lambda case: _one_action(case, REPLACE, "REPLACE")),
        ),
        misconceptions=(
            Misconception(
                "costs",
                lambda n: -_costs(n),
                "These are costs. The planner is given a *reward*, and more is better: both features are negative.",
            ),
            Misconception(
                "age_pays",
                lambda n: _costs(n, lambda x: 0.001 * x),
                "In your world an old engine earns money: the reward of KEEP is −0.001 θ x.",
            ),
            Misconception(
                "engine_pays",
                lambda n: _costs(n) * [-1.0, 1.0],
                "In your world a replacement earns RC: its reward is −RC.",
            ),
            Misconception(
                "thousand",
                lambda n: _costs(n, lambda x: -1.0 * x),
                "The factor 0.001 is missing: with it θ is a handy number. Without it yours is 1,000 times smaller than "
                "Rust's.",
            ),
            Misconception(
                "new_engine_is_old",
                lambda n: _costs(n, theta_new=-0.001 * np.arange(n)),
                "A replacement also pays for the old engine's month in your features. The old engine is gone: only RC is "
                "paid.",
            ),
            Misconception(
                "new_engine_is_used",
                lambda n: _costs(n, theta_new=-0.001),
                "A replacement costs θ/1000 as well in your features. The new engine is in bin 0 and costs 0.001 θ · 0.",
            ),
            Misconception(
                "both_pay_RC",
                lambda n: _costs(n) - [1.0, 0.0] * np.array([1.0, 0.0])[:, None],
                "RC is paid with either action. Who keeps the engine buys none.",
            ),
            Misconception(
                "keep_pays_RC",
                lambda n: _swap(_costs(n)),
                "The two actions are the wrong way round: KEEP, action 0, pays for the engine's age; REPLACE pays RC.",
            ),
            Misconception(
                "theta_first",
                lambda n: _costs(n)[:, :, ::-1],
                "The two costs are the wrong way round: ψ = (RC, θ), so RC's feature is number 0.",
            ),
            Misconception(
                "axes",
                lambda n: _costs(n).swapaxes(1, 2),
                "The last two axes are swapped; both have 2 entries, so no shape tells. It is f[x, action, cost]: "
                "`features[:, REPLACE, 0]` is −1.",
            ),
            Misconception(
                "action_first",
                lambda n: _costs(n).swapaxes(0, 1),
                "The action is on the first axis. It is f[x, action, cost], shape (n_bins, 2, 2): `np.stack(..., axis=1)`.",
            ),
            Misconception(
                "from_one",
                lambda n: _costs(n, lambda x: -0.001 * (x + 1)),
                "A new engine costs something in your features: x counts from 0.",
            ),
            *(
                Misconception(
                    key,
                    lambda n, miles=miles: _costs(n, lambda x: -miles(x)),
                    "You count miles. x counts bins, 0, 1, 2, …: `np.arange(n_bins)`, not `MILES`.",
                )
                for key, miles in (
                    ("miles", lambda x: 5.0 * x),
                    ("thousand_miles", lambda x: 0.005 * x),
                    ("single_miles", lambda x: 5.0 * x + 2.5),
                    ("middle_miles", lambda x: 0.005 * x + 0.0025),
                )
            ),
            Misconception(
                "share_of_last",
                lambda n: _costs(n, lambda x: -x / max(n - 1, 1)),
                "You scale x so that it ends at 1. The cost of a month is 0.001 θ x, whatever the number of bins.",
            ),
            Misconception(
                "squared",
                lambda n: _costs(n, lambda x: -0.001 * x**2),
                "Your cost grows with the square of x. Rust's simplest guess is a straight line.",
            ),
            Misconception(
                "constant",
                lambda n: _costs(n, lambda x: -0.001 + 0.0 * x),
                "The month costs the same for every engine: where is x?",
            ),
            Misconception(
                "both_thousandths",
                lambda n: _costs(n) * [0.001, 1.0],
                "The factor 0.001 belongs to θ only: a replacement costs RC.",
            ),
            Misconception(
                "whole_numbers",
                lambda n: _costs(n).astype(int),
                "Your array holds whole numbers, and −0.001 x becomes 0 in it. Begin with `np.zeros`, without `dtype=int`.",
            ),
            Misconception(
                "no_action",
                lambda n: np.stack([-np.ones(n), -0.001 * np.arange(n)], axis=1),
                "Your features do not depend on the action: the shape is (n_bins, 2, 2). KEEP pays for age only, REPLACE "
                "for an engine only.",
            ),
            Misconception(
                "everybody_pays_all",
                lambda n: np.repeat(
                    np.stack([-np.ones(n), -0.001 * np.arange(n)], axis=1)[:, None], 2, axis=1
                ),
                "Both actions pay both costs. KEEP pays for age only, REPLACE for an engine only.",
            ),
        ),
        hints=(
            "Two actions, two costs: in each row of f(x, ·) only two of the four numbers are not 0. Which action pays which "
            "cost?",
            "REPLACE pays RC: the feature with number 0 is −1. KEEP pays 0.001 θ x: the feature with number 1 is −0.001 x.",
            "`features = np.zeros((n_bins, 2, 2))`, then `features[:, REPLACE, 0] = -1.0` and `features[:, KEEP, 1] = -0.001 "
            "* np.arange(n_bins)`.",
        ),
    ),
    Exercise(
        name="choice_log_likelihood",
        title="How likely are his decisions?",
        reference=choice_log_likelihood,
        form=LogLikelihood("the log-likelihood"),
        problems=_choice_problems,
        parts=(
            Part("the sum over all choices", 2, _adds_up(large=False)),
            Part("with large costs as well", 1, _adds_up(large=True)),
        ),
        endless="At γ = 0.9999 a loop over backups needs some 100,000 rounds until V no longer moves. "
        "`planning.soft_value_iteration` solves for V instead.",
        misconceptions=(
            Misconception(
                "myopic",
                _likelihood(lambda mdp, reward: log_softmax(reward, axis=1)),
                "You take the softmax of the *reward*: nobody looks ahead. That is right for γ = 0 only; in general π "
                "comes from Q, `planning.soft_value_iteration`.",
            ),
            Misconception(
                "rewards",
                _likelihood(lambda mdp, reward: reward),
                "You add up what the choices cost, n · r. Asked is how *likely* they are: n · log π.",
            ),
            Misconception(
                "of_Q",
                _likelihood(lambda mdp, reward: planning.soft_value_iteration(mdp, reward)[1]),
                "You add up Q. log π(a|x) is Q(x, a) − V(x).",
            ),
            Misconception(
                "of_best",
                _likelihood(_advantage_of_best),
                "You take off the *largest* Q. log π(a|x) is Q(x, a) − V(x), with the soft V, log Σ exp Q.",
            ),
            Misconception(
                "probabilities",
                _likelihood(_soft_pi),
                "You multiply the counts by π. The probabilities of all choices are *multiplied*; their logs are added: "
                "n · log π.",
            ),
            Misconception(
                "mean",
                _summed(
                    lambda log_pi, keep, replace: (
                        _total(log_pi, keep, replace) / max((keep + replace).sum(), 1)
                    )
                ),
                "You divide by the number of months. Here it is the *sum*: its second derivatives shall say how sure we "
                "are, and more months make us surer.",
            ),
            Misconception(
                "half",
                _summed(lambda log_pi, keep, replace: _total(log_pi, keep, replace) / 2.0),
                "You average over the two actions. Add both sums up.",
            ),
            Misconception(
                "shares",
                _summed(
                    lambda log_pi, keep, replace: _total(
                        log_pi,
                        keep / np.maximum(keep + replace, 1),
                        replace / np.maximum(keep + replace, 1),
                    )
                ),
                "You turn the counts into shares for each bin. A bin in which many buses were weighs more: use the counts.",
            ),
            Misconception(
                "sign",
                _summed(lambda log_pi, keep, replace: -_total(log_pi, keep, replace)),
                "You return −ℓ. A log-likelihood is negative; the sign for `minimize` comes in the next exercise.",
            ),
            Misconception(
                "swapped",
                _summed(lambda log_pi, keep, replace: _total(log_pi, replace, keep)),
                "The counts are swapped: `keep_counts` belong to action 0.",
            ),
            Misconception(
                "only_replace",
                _summed(lambda log_pi, keep, replace: _total(log_pi, 0.0 * keep, replace)),
                "Only the replacements count in your sum. To keep an engine is a decision, too.",
            ),
            Misconception(
                "only_keep",
                _summed(lambda log_pi, keep, replace: _total(log_pi, keep, 0.0 * replace)),
                "Only the months with KEEP count in your sum. The replacements are decisions, too: `replace_counts`.",
            ),
            Misconception(
                "binomial",
                _summed(_binomial),
                "You add the number of orders in which the same counts could come about (binomial coefficients). The months "
                "have their order; and ψ moves only the rest.",
            ),
            Misconception(
                "hard_then_soft",
                _likelihood(_greedy_then_soft),
                "V is the optimal planner's, without shocks. He who knows that shocks will come has the *soft* V: "
                "`planning.soft_value_iteration`.",
            ),
            Misconception(
                "hard",
                _likelihood(lambda mdp, reward: np.log(planning.value_iteration(mdp, reward)[1])),
                "The optimal planner's policy is 0 or 1, and the log of 0 is not finite. Use the soft one: "
                "`planning.soft_value_iteration`.",
            ),
            *(
                Misconception(
                    f"sweeps_{n}",
                    _likelihood(_loop(n)),
                    f"Your loop stops after {n} rounds, too early for a γ near 1. `planning.soft_value_iteration` knows when "
                    "it is there.",
                )
                for n in (10, 20, 50, 100)
            ),
            *(
                Misconception(
                    f"horizon_{n}",
                    _likelihood(_with_horizon(n)),
                    f"You plan for {n} months, *without* discount: that is what a `horizon` does. Leave it out: endless and "
                    "discounted.",
                )
                for n in (10, 50, 100)
            ),
            Misconception(
                "own_gamma",
                lambda mdp, *others: choice_log_likelihood(mdp.replace(gamma=0.9999), *others),
                "You plan with γ = 0.9999 whatever the world says. The myopic model below has γ = 0: use `mdp.gamma`.",
            ),
            Misconception(
                "optimist",
                _likelihood(_optimistic),
                "Your backup is r + γ log E[exp V]: the optimist of lesson 05, who chooses the miles as well. The causal "
                "model has E[V].",
            ),
            Misconception(
                "costs",
                lambda mdp, features, psi, *counts: choice_log_likelihood(
                    mdp, -features, psi, *counts
                ),
                "You take the features for costs. They are negative already: the reward is `features @ psi`.",
            ),
            Misconception(
                "psi_swapped",
                lambda mdp, features, psi, *counts: choice_log_likelihood(
                    mdp, features, psi[::-1], *counts
                ),
                "ψ is the wrong way round: (RC, θ), as the features are.",
            ),
            Misconception(
                "axes",
                lambda mdp, features, *others: choice_log_likelihood(
                    mdp, features.swapaxes(1, 2), *others
                ),
                "You multiply ψ with the axis of the *actions* (so does `psi @ features`). The costs are on the last axis: "
                "`features @ psi`.",
            ),
            Misconception(
                "own_features",
                lambda mdp, features, psi, *counts: choice_log_likelihood(
                    mdp, _costs(mdp.n_states), psi, *counts
                ),
                "You use the features of the buses whatever you are given. The reward is `features @ psi`.",
            ),
            Misconception(
                "log_of_zero",
                _likelihood(lambda mdp, reward: np.log(_soft_pi(mdp, reward))),
                "Where nobody replaced, your sum has 0 · log 0, which is not a number. "
                + _LOGS_APART,
            ),
            Misconception(
                "where_seen",
                _summed(_where_seen),
                "Where somebody did what you hold for impossible, your sum is −∞. " + _LOGS_APART,
            ),
            Misconception(
                "not_counted",
                _summed(
                    lambda log_pi, keep, replace: _total(
                        np.where(log_pi < -745, 0.0, log_pi), keep, replace
                    )
                ),
                "A choice that you hold for impossible counts nothing in your sum, though it was made. "
                + _LOGS_APART,
            ),
            *(
                Misconception(
                    f"floor_{-exponent}",
                    _likelihood(_clipped(10.0**exponent)),
                    f"You add 1e{exponent} to π (or cut it off there), so that a choice that costs 2000 seems to cost "
                    f"{-exponent * np.log(10):.0f}. " + _LOGS_APART,
                )
                for exponent in (-300, -16, -12, -10)
            ),
        ),
        hints=(
            "Plan first: the reward is `features @ psi`, and the planner gives back V, Q and π. How do you get log π without "
            "taking a log?",
            "log π(a|x) = Q(x, a) − V(x), shape (S, 2) with `V[:, None]`. Each of its columns times its counts, all added "
            "up.",
            "`V, Q, _ = planning.soft_value_iteration(mdp, features @ psi)`, `log_pi = Q - V[:, None]`, and the answer is "
            "`keep_counts @ log_pi[:, KEEP] + replace_counts @ log_pi[:, REPLACE]`.",
        ),
    ),
    Exercise(
        name="estimate_rewards",
        title="What does an engine cost him?",
        reference=estimate_rewards,
        form=Several(Estimate("psi", "2"), Errors("the standard errors", "2")),
        problems=_estimate_problems,
        parts=(
            Part("the most likely costs", 2, _at_the_top),
            Part("their standard errors", 2, _sure),
        ),
        endless="A search makes some 200 steps, and each of them plans. If one plan takes more than a few milliseconds "
        "(a loop over backups?), use `planning.soft_value_iteration`.",
        errors={
            "LinAlgError": "The matrix of second derivatives has no inverse: at the top it has one. Has the search run away "
            "(minimise −ℓ, not ℓ), or are the steps of the differences so small that only rounding is left?",
        },
        misconceptions=(
            Misconception(
                "downhill",
                lambda *asked: (np.full(2, 1e6), _errors(*asked, _summit(*asked))),
                "Your search runs away. Does it go *down*? `minimize` minimises, so give it −ℓ. Do both counts matter in it, the "
                "months with KEEP as well?",
            ),
            Misconception(
                "start",
                lambda *asked: (np.ones(2), _errors(*asked, np.ones(2))),
                "You return (1, 1), where the search begins. The place where it ended is in the result's `.x`.",
            ),
            Misconception(
                "whole_result",
                lambda *asked: (
                    OptimizeResult(x=_summit(*asked)),
                    _errors(*asked, _summit(*asked)),
                ),
                "`minimize` returns much more than the place it found: take its `.x`.",
            ),
            Misconception(
                "myopic",
                _fit_with(lambda mdp, *others: (mdp.replace(gamma=0.0), *others)),
                "That is the fit of somebody who does not look ahead, γ = 0. Let `choice_log_likelihood` plan with the "
                "`mdp` you are given.",
            ),
            Misconception(
                "own_gamma",
                _fit_with(lambda mdp, *others: (mdp.replace(gamma=0.9999), *others)),
                "You plan with γ = 0.9999 whatever the world says: use the `mdp` you are given.",
            ),
            Misconception(
                "swapped_counts",
                _fit_with(lambda mdp, features, keep, replace: (mdp, features, replace, keep)),
                "The counts are swapped: `keep_counts` come first.",
            ),
            Misconception(
                "own_features",
                _fit_with(lambda mdp, features, *counts: (mdp, _costs(mdp.n_states), *counts)),
                "You use `bus_features` whatever you are given. Here θ has another unit: use `features`.",
            ),
            Misconception(
                "theta_first",
                lambda *asked: tuple(result[::-1] for result in estimate_rewards(*asked)),
                "The two costs are the wrong way round: ψ = (RC, θ).",
            ),
            Misconception(
                "sign_of_psi",
                lambda *asked: (-_summit(*asked), _errors(*asked, _summit(*asked))),
                "Your ψ has the wrong sign: the features are negative, so the costs are positive.",
            ),
            Misconception(
                "rounded",
                lambda *asked: (_summit(*asked).round(), _errors(*asked, _summit(*asked))),
                "You round ψ. Round where you print, not where others go on computing.",
            ),
            Misconception(
                "least_squares",
                _least_squares,
                "You fit the *shares* of replacements by least squares, so that a bin with few months counts as much as one "
                "with many. Use the log-likelihood.",
            ),
            Misconception(
                "rusts",
                lambda *asked: (np.array([11.727, 4.8259]), np.array([2.602, 1.792])),
                "These are Rust's numbers. Your function is asked for other buses here.",
            ),
            Misconception(
                "the_lessons",
                lambda *asked: (np.array([11.727, 4.8259]), np.array([1.91, 1.352])),
                "These are the costs of groups 1-3, whoever is asked for: use the arguments, not the lesson's `score`, "
                "`records` or `worlds`.",
            ),
            Misconception(
                "results_swapped",
                lambda *asked: estimate_rewards(*asked)[::-1],
                "The standard errors come first in your answer. Return ψ, then the errors.",
            ),
            Misconception(
                "powell",
                _powell,
                "Your search stopped half way up: on a ridge nearly every direction leads down (Powell's method goes along "
                "one at a time). Use Nelder-Mead or BFGS, and smaller tolerances.",
            ),
            Misconception(
                "variances",
                _errors_with(lambda H, asked, psi: np.diag(np.linalg.inv(H))),
                "These are variances. The standard error is the root: `np.sqrt`.",
            ),
            Misconception(
                "covariance",
                _errors_with(lambda H, asked, psi: np.linalg.inv(H)),
                "That is a whole matrix, 2 × 2. The standard errors are the roots of the diagonal of the covariance: `np.sqrt(np.diag(…))`.",
            ),
            Misconception(
                "each_alone",
                _errors_with(lambda H, asked, psi: _root(_no_ridge(H))),
                "You invert the diagonal. That is the error of one cost if the other were *known*; along the ridge both move. "
                "Invert the whole matrix first, then take its diagonal.",
            ),
            Misconception(
                "sharpness",
                _errors_with(lambda H, asked, psi: _root(H)),
                "That is how *sharp* the top is, not how uncertain ψ is: invert the matrix first.",
            ),
            Misconception(
                "plus_H",
                _errors_with(lambda H, asked, psi: _root(np.linalg.inv(-H))),
                "The variances are negative, and have no roots. At a top the second derivatives of ℓ are negative: invert −H. "
                "(Were yours those of −ℓ already? Then without the minus.)",
            ),
            Misconception(
                "of_the_mean",
                _errors_with(lambda H, asked, psi: _root(np.linalg.inv(H / _months_of(asked)))),
                "Your errors are √n times too large: they come from the *mean* of the log-likelihood. More months make us "
                "surer: take the sum.",
            ),
            Misconception(
                "over_root_n",
                _errors_with(
                    lambda H, asked, psi: _root(np.linalg.inv(H)) / np.sqrt(_months_of(asked))
                ),
                "You divide by √n. ℓ is a *sum* over all months, so the months are counted in H already.",
            ),
            Misconception(
                "outer_products",
                _errors_with(_by_outer_products),
                "These are Rust's: from the outer products of the decisions' slopes. A right way, and the next section's; "
                "here the *curvature* is asked for.",
            ),
            Misconception(
                "no_planning_in_H",
                _errors_with(_without_planning),
                "Your second derivatives hold the future fixed, as in a logistic regression. If ψ moves, V moves as well: "
                "differentiate `choice_log_likelihood`.",
            ),
            Misconception(
                "at_the_start",
                _errors_with(lambda H, asked, psi: _errors(*asked, np.ones(2))),
                "Your second derivatives are those at (1, 1). Take them at the top.",
            ),
            Misconception(
                "wide",
                _errors_with(lambda H, asked, psi: 1.96 * _root(np.linalg.inv(H))),
                "You multiply by 1.96: that is half of a 95 % interval. Asked is one standard error.",
            ),
            Misconception(
                "along_the_ridge",
                _errors_with(lambda H, asked, psi: np.sqrt(np.linalg.eigvalsh(np.linalg.inv(H)))),
                "These are the errors across the ridge and along it (eigenvalues). Asked are those of RC and of θ: the diagonal.",
            ),
            Misconception(
                "errors_swapped",
                _errors_with(lambda H, asked, psi: _root(np.linalg.inv(H))[::-1]),
                "The errors are the wrong way round: RC first, then θ.",
            ),
            *(
                Misconception(
                    f"steps_{round(100 * share)}",
                    _errors_with(_long_steps(share)),
                    "The steps of your differences are so long that the top is no parabola any more. Try a thousandth of ψ: "
                    "the errors should not depend on the step.",
                )
                for share in (0.1, 0.2, 0.5, 1.0)
            ),
        ),
        hints=(
            "Two steps. Where is the top of ℓ? And how sharp is it there? For the first you have `minimize`, for the second "
            "`second_derivatives`.",
            "Write a small function of ψ alone that calls `choice_log_likelihood`. Give `minimize` its negative, and take "
            "`.x`. Then H is `second_derivatives(log_likelihood, psi)`; invert −H, take the diagonal, then its roots.",
            '`psi = minimize(lambda psi: -log_likelihood(psi), [1.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-6, '
            '"fatol": 1e-8}).x`, then `covariance = np.linalg.inv(-second_derivatives(log_likelihood, psi))`, and the '
            "answer is `psi, np.sqrt(np.diag(covariance))`.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "whose-randomness",
        "In Rust's model Zurcher takes the best action every month. Why do we see a probability of replacement, and not one "
        "mileage at which engines go?",
        (
            Option(
                "He makes mistakes now and then",
                "Not in Rust's story: he always takes the better sum. It is a possible story for the same numbers, but nothing "
                "in the records tells the two apart.",
            ),
            Option(
                "He sees shocks that are in no record",
                "And he decides with them. For us, who do not see them, extreme value shocks turn the best action into "
                "exp(Q − V). Maximum causal entropy gives the same policy without the story.",
                right=True,
            ),
            Option(
                "The miles that an engine runs come at random",
                "They do, but given the miles the optimal planner without shocks still has one limit. And in this world they "
                "hardly scatter: after seven years every bus of a fleet has run nearly the same.",
            ),
            Option(
                "The optimal planner was not run long enough",
                "It was exact. For ψ = (10, 5) it replaces at 267,500 miles, always; 26 of his 27 replacements came before "
                "that.",
            ),
        ),
    ),
    Quiz(
        "eleven-of-what",
        "The estimate for groups 1-3 is RC = 11.7. What is it 11.7 of?",
        (
            Option(
                "Thousand dollars",
                "There is no price in the records. If you know one price in dollars, all others follow from it, the size of the "
                "shocks included.",
            ),
            Option(
                "Times the cost of a month with an engine at 300,000 miles",
                "That ratio is 11.7 / 0.29, about 40. And ψ alone says it, without any unit.",
            ),
            Option(
                "Units of the shocks, whose standard deviation is 1.28",
                "Twice the costs and twice the shocks make the same choices, so the scale is set by fixing the shocks. It is "
                "lesson 05's temperature, set to 1.",
                right=True,
            ),
            Option(
                "Nothing: a reward is only known up to scale",
                "For an optimal planner, yes (lesson 02). For a soft one the scale says how often the worse action is taken, "
                "and that can be seen.",
            ),
        ),
    ),
    Quiz(
        "same-fit-other-answer",
        "Three models fit groups 1-3 nearly as well: 134.7, 132.6 and 132.4 log units lost. At half the price the myopic "
        "straight line asks for 342 engines in place of 100, the myopic bent one for 869, the one who looks ahead for 189. "
        "What follows?",
        (
            Option(
                "Take the better likelihood: 189, with its standard error",
                "Two tenths of a log unit choose nothing. And its standard error assumes that γ and the straight line are right: "
                "what is in doubt is just that, and it is far larger than the band.",
            ),
            Option(
                "The answer rests on what was assumed: test that",
                "γ and the shape of the cost were chosen, and the data do not fix them. The other fleet is one test, and it does "
                "not favour the planner: his policy copied, or the bent line, does better there than his planning anew. For the "
                "price there is no test: the records hold only one.",
                right=True,
            ),
            Option(
                "The data are useless for this question",
                "They fix what he does at today's price, and they rule out a lot: most of the (RC, θ) plane, for instance. They do "
                "not fix everything.",
            ),
            Option(
                "Average the three",
                "A mean of three answers has no reason to be right. It would hide that they disagree, which is the finding.",
            ),
        ),
    ),
]
