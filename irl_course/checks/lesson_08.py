"""Checks of lesson 08: importance weights, a soft controller, and guided cost learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax

from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Array, Number, Readings, Several, WrongForm, difference, number
from irl_course.checks.quiz import Option, Quiz
from irl_course.environments.point_mass import (
    GaussianPolicy,
    Paths,
    PointMass,
    point_mass,
    soft_lqr,
)
from irl_course.inverse.sampling import fit_quadratics

# --- the course's own answers --------------------------------------------------------------


def importance_log_Z(returns: np.ndarray, log_q: np.ndarray, log_p: np.ndarray | float) -> float:
    """Estimate log Z, the logarithm of the mean importance weight.

    Args:
        returns: sums of rewards of N trajectories drawn from q, shape (N,).
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,), or 0.0 where sampler and world share it.

    Returns:
        The estimate, in nats.
    """
    return _log_mean(returns + log_p - log_q)


def normalised_weights(
    returns: np.ndarray, log_q: np.ndarray, log_p: np.ndarray | float
) -> np.ndarray:
    """Importance weights, divided by their sum.

    Args:
        returns: sums of rewards of N trajectories drawn from q, shape (N,).
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,), or 0.0 where sampler and world share it.

    Returns:
        Shape (N,); not negative, sums to 1.
    """
    return softmax(returns + log_p - log_q)


def effective_sample_size(weights: np.ndarray) -> float:
    """How many equal weights are worth as much as these (Kong 1992).

    Args:
        weights: normalised, shape (N,).

    Returns:
        From 1, all on one sample, to N, all the same.
    """
    return float(1.0 / (weights**2).sum())


def soft_lqr_step(
    A: np.ndarray,
    B: np.ndarray,
    state_cost: np.ndarray,
    action_cost: np.ndarray,
    value_matrix: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """One backward step of soft value iteration for a linear system and a quadratic cost.

    Args:
        A: how a state goes on by itself, shape (D, D).
        B: what an action adds, shape (D, M).
        state_cost: C_s, shape (D, D); the reward is -(s' C_s s + a' C_a a) / 2.
        action_cost: C_a, positive definite, shape (M, M).
        value_matrix: W of the next value s' W s / 2, symmetric, shape (D, D).

    Returns:
        gain (M, D), covariance (M, M), W of this step (D, D), and the constant that it adds.
    """
    return _step(A, B, state_cost, action_cost, value_matrix)


def sampled_gradient(
    demo_features: np.ndarray, sample_features: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Estimate the gradient of L(psi): the demonstrations' features minus the model's.

    Args:
        demo_features: features of each demonstration, shape (N, K).
        sample_features: features of each sample, shape (S, K).
        weights: of the samples, normalised, shape (S,).

    Returns:
        Shape (K,).
    """
    return demo_features.mean(axis=0) - weights @ sample_features


def mixture_log_density(log_q_each: np.ndarray) -> np.ndarray:
    """Log-density of trajectories under a mixture of J samplers, all with the same share.

    Args:
        log_q_each: log-density of each of N trajectories under each sampler, shape (J, N); -inf
            where a sampler cannot come.

    Returns:
        Shape (N,).
    """
    return logsumexp(log_q_each, axis=0) - np.log(len(log_q_each))


def guided_cost_learning(
    world: PointMass,
    demos: Paths,
    psi: np.ndarray,
    sampler: GaussianPolicy,
    n_rounds: int,
    n_samples: int,
    step_size: np.ndarray | float,
    seed: int,
) -> tuple[np.ndarray, GaussianPolicy]:
    """Find psi and a sampler for it, each with the other's help.

    Args:
        world: without noise; the reward is psi . world.features.
        demos: all from one start.
        psi: to begin with, shape (K,).
        sampler: to begin with.
        n_rounds: number of rounds.
        n_samples: trajectories drawn in a round.
        step_size: of the gradient step; a number, or one for each entry of psi, shape (K,).
        seed: decides all draws.

    Returns:
        psi before the first and after each round, shape (n_rounds + 1, K), and the last sampler.
    """
    return _guide(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed)


def demo_shares(demo_log_weights: np.ndarray, sample_log_weights: np.ndarray) -> np.ndarray:
    """Share of all importance weight that each demonstration would hold as one sample more.

    Args:
        demo_log_weights: return + log_p - log_q of each demonstration, shape (N,).
        sample_log_weights: those of the samples, shape (S,); -inf for what must not happen.

    Returns:
        From 0 to 1, shape (N,); 1 / (S + 1) if all weights are the same.
    """
    return _shares(demo_log_weights, logsumexp(sample_log_weights))


def improve_sampler(
    world: PointMass,
    sampler: GaussianPolicy,
    paths: Paths,
    psi: np.ndarray,
    entropy: float = 1.0,
    damping: float = 0.3,
) -> GaussianPolicy:
    """The sampler's step, as the lesson gives it: return + entropy * H - damping * KL."""
    forms = fit_quadratics(paths, world.features(paths) @ psi)
    forms = (forms + damping * sampler.quadratics()) / (entropy + damping)
    return soft_lqr(world.A, world.B, forms, world.noise, world.horizon)


def _shares(log_w: np.ndarray, rest: Any) -> np.ndarray:
    """w / (w + rest), from logarithms."""
    return np.exp(log_w - np.logaddexp(log_w, rest))


def _log_mean(log_w: np.ndarray) -> float:
    return float(logsumexp(log_w) - np.log(len(log_w)))


# The two longer ones once more, with parts to take out for the mistakes.


def _step(
    A: np.ndarray,
    B: np.ndarray,
    C_s: np.ndarray,
    C_a: np.ndarray,
    W: np.ndarray,
    precision: Callable = lambda C_a, pushed: C_a - pushed,
    end: Callable = lambda gain, cov, new, c: (gain, cov, new, c),
) -> tuple:
    """The step, with another precision, or with something done to its results."""
    lam, cross = precision(C_a, B.T @ W @ B), B.T @ W @ A
    cov = np.linalg.inv(lam)
    constant = 0.5 * (len(lam) * np.log(2 * np.pi) - np.linalg.slogdet(lam)[1])
    return end(cov @ cross, cov, A.T @ W @ A - C_s + cross.T @ cov @ cross, float(constant))


def _guide(
    world: PointMass,
    demos: Paths,
    psi: np.ndarray,
    sampler: GaussianPolicy,
    n_rounds: int,
    n_samples: int,
    step_size: Any,
    seed: int,
    *,
    draw: Callable = lambda now: now["sampler"],
    features: Callable = lambda f: f.sum(axis=1),
    weigh: Callable = lambda now, f, log_q: softmax(f @ now["psi"] - log_q),
    log_q: Callable = lambda now, paths: now["drawn"].log_density(paths),
    gradient: Callable = sampled_gradient,
    improve: Callable = lambda now, paths, old: improve_sampler(
        now["world"], now["sampler"], paths, now["psi"]
    ),
    fresh: bool = False,
) -> tuple[np.ndarray, GaussianPolicy]:
    """Guided cost learning; `now` is all that is known in a round."""
    rng, starts = np.random.default_rng(seed), np.tile(demos.states[0, 0], (n_samples, 1))
    now = {
        "world": world,
        "psi": psi,
        "sampler": sampler,
        "psi0": psi,
        "first": sampler,
        "demos": demos,
        "rng": rng,
        "starts": starts,
    }
    own, path = world.features(demos).sum(axis=1), [psi]
    for _ in range(n_rounds):
        rng = np.random.default_rng(seed) if fresh else rng
        now["drawn"] = draw(now)
        paths = world.sample(now["drawn"], starts, rng)
        f, old = features(world.features(paths)), now["psi"]
        weights = weigh(now, f, log_q(now, paths))
        now["psi"] = old + step_size * gradient(own, f, weights)
        now["sampler"] = improve(now, paths, old)
        path.append(now["psi"])
    return np.array(path), now["sampler"]


# --- problems ------------------------------------------------------------------------------


def _weight_problems(rng: np.random.Generator) -> list[Problem]:
    def some(n: int, spread: float = 1.0, at: float = 0.0) -> np.ndarray:
        return at + spread * rng.normal(size=n)

    def hit(n: int, lost: int) -> np.ndarray:
        returns = some(n, 2.0)
        returns[rng.choice(n, lost, replace=False)] = -np.inf
        return returns

    def world(n: int) -> np.ndarray:
        return -rng.exponential(4.0, n)

    alike = some(6, 2.0)
    asked = [
        ("3 samples, log_p = 0", (some(3), some(3) - 1.0, 0.0)),
        ("4 samples", (some(4), some(4) - 2.0, world(4))),
        ("6 samples, log_q as unlike as the returns", (alike, alike - 3.0 + 0.1 * some(6), 0.0)),
        ("50 samples", (some(50, 3.0), some(50, 2.0) - 5.0, world(50))),
        ("5 samples, a return of −inf", (hit(5, 1), some(5) - 1.0, 0.0)),
        ("9 samples, four returns of −inf", (hit(9, 4), some(9) - 2.0, world(9))),
        ("5 samples, returns about −1000", (some(5, 1.0, -1000.0), some(5) - 1.0, world(5))),
        ("7 samples, returns about 1000", (some(7, 1.0, 1000.0), some(7) - 1.0, 0.0)),
        ("6 samples, returns from −1000 to 1000", (rng.permutation(np.linspace(-1000, 1000, 6)), some(6), world(6))),
        ("4 samples, returns and log_q about −1000", (some(4, 1.0, -1000.0), some(4, 1.0, -1000.0), 0.0)),
        ("8 samples, log_q about −1000", (some(8), some(8, 1.0, -1000.0), world(8))),
    ]  # fmt: skip
    return [Problem(*pair) for pair in asked]


def _share_problems(rng: np.random.Generator) -> list[Problem]:
    def alike(n: int, of: int) -> np.ndarray:
        weights = np.zeros(of)
        weights[rng.choice(of, n, replace=False)] = 1.0 / n
        return weights

    asked = [
        ("4 weights, all the same", alike(4, 4)),
        ("6 weights, two share everything", alike(2, 6)),
        ("5 weights, one has everything", alike(1, 5)),
        ("3 weights", rng.dirichlet(np.ones(3))),
        ("7 weights", rng.dirichlet(np.ones(7))),
        ("40 uneven weights", rng.dirichlet(np.full(40, 0.2))),
        ("1000 weights", softmax(1.5 * rng.normal(size=1000))),
    ]
    return [Problem(label, (weights,)) for label, weights in asked]


def _positive(rng: np.random.Generator, n: int, least: float = 0.3) -> np.ndarray:
    """A positive definite matrix."""
    X = rng.normal(size=(n, n))
    return X @ X.T / n + least * np.eye(n)


def _lqr_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for said, D, M in (("", 2, 1), ("", 3, 2), ("more pushes than states", 2, 3), ("", 4, 2)):
        A = np.eye(D) + 0.5 * rng.normal(size=(D, D))
        args = A, rng.normal(size=(D, M)), _positive(rng, D), _positive(rng, M), -_positive(rng, D)
        asked.append((said, args))
    A, B, C_s, C_a, W = asked[1][1]
    asked.insert(2, ("the last step, W = 0", (A, B, C_s, C_a, 0.0 * W)))
    asked.append(("all costs × 50", (A, B, 50.0 * C_s, 50.0 * C_a, 50.0 * W)))
    table = point_mass(horizon=5)
    psi = table.psi((0.0, 0.0), *rng.uniform(0.3, 2.0, 3))
    cost, W = table.cost(psi), table.solve(psi).values[2][:4, :4]
    asked.append(("the puck", (table.A, table.B, cost.state, cost.action, W)))
    sizes = [f"D = {args[1].shape[0]}, M = {args[1].shape[1]}" for _, args in asked]
    return [
        Problem(f"{size}{', ' if said else ''}{said}", tuple(np.array(x) for x in args))
        for size, (said, args) in zip(sizes, asked, strict=True)
    ]


def _gradient_problems(rng: np.random.Generator) -> list[Problem]:
    def ask(N: int, M: int, K: int, scale: float = 1.0, even: float = 0.5) -> tuple:
        at = rng.normal(size=K)
        demos, samples = (scale * (at + rng.normal(size=(n, K))) for n in (N, M))
        return demos, samples, rng.dirichlet(np.full(M, even))

    asked = [
        ("", ask(2, 4, 3)), ("", ask(5, 3, 2)), ("", ask(1, 6, 4)), ("", ask(20, 50, 5)),
        ("large features", ask(7, 4, 3, 1000.0)), ("nearly even weights", ask(4, 9, 2, 1.0, 50.0)),
    ]  # fmt: skip
    return [
        Problem(
            f"{len(a[0])} demonstrations, {len(a[1])} samples, {a[0].shape[1]} features{', ' if said else ''}{said}",
            a,
        )
        for said, a in asked
    ]


def _mixture_problems(rng: np.random.Generator) -> list[Problem]:
    def some(J: int, N: int, at: Any = 0.0) -> np.ndarray:
        return at + 2.0 * rng.normal(size=(J, N))

    def gaps(J: int, N: int) -> np.ndarray:
        each, kept = some(J, N), rng.integers(J, size=N)
        cannot = rng.random((J, N)) < 0.5
        cannot[(kept[0] + 1) % J, 0] = True
        cannot[kept, np.arange(N)] = False
        return np.where(cannot, -np.inf, each)

    asked = [
        ("", some(2, 3)), ("", some(3, 5, -4.0)), ("", some(4, 2, 1.0)), ("one sampler alone", some(1, 4)),
        ("−inf in places", gaps(2, 4)), ("−inf in places", gaps(5, 7)),
        ("about −1000", some(2, 5, -1000.0)), ("about 1000", some(4, 3, 1000.0)),
        ("from −2000 to 1000", some(3, 4, np.array([-2000.0, 0.0, 1000.0, -900.0]))),
    ]  # fmt: skip
    return [
        Problem(f"J = {len(a)}, N = {a.shape[1]}{', ' if said else ''}{said}", (a,))
        for said, a in asked
    ]


def _alarm_problems(rng: np.random.Generator) -> list[Problem]:
    def ask(N: int, S: int, spread: float = 1.0, at: float = 0.0, above: float = 0.0) -> tuple:
        return at + above + spread * rng.normal(size=N), at + spread * rng.normal(size=S)

    def hit(N: int, S: int, lost: int) -> tuple:
        demos, samples = ask(N, S, at=-3.0)
        samples[rng.choice(S, lost, replace=False)] = -np.inf
        return demos, samples

    asked = [
        ("", ask(1, 2)), ("", ask(3, 2)), ("", ask(2, 5, 1.5, 4.0)), ("the demonstrations far above", ask(4, 3, 0.5, -9.0, 3.0)),
        ("the demonstrations below", ask(5, 7, 0.5, 2.0, -1.5)),
        ("three samples of weight 0", hit(3, 6, 3)), ("samples all of weight 0", hit(2, 4, 4)),
        ("about −1000", ask(3, 4, 1.0, -1000.0)), ("about 1000", ask(4, 6, 1.0, 1000.0)),
        ("the demonstrations 1500 above", ask(2, 3, 1.0, -800.0, 1500.0)),
        ("a demonstration 1000 above another", (np.array([2.5, -999.6, -1000.2]), np.array([-1000.0, -1001.2, -999.9, -998.8]))),
        ("log weights from −1000 to 1000", (np.array([-999.0, 1000.5, 10.0]), np.array([-1000.0, 1000.0, 9.0, -4.0]))),
    ]  # fmt: skip
    return [
        Problem(
            f"{len(a[0])} demonstration{'s' * (len(a[0]) > 1)}, {len(a[1])} samples{', ' if said else ''}{said}",
            a,
        )
        for said, a in asked
    ]


def _guided_problems(rng: np.random.Generator) -> list[Problem]:
    def ask(T: int, n_rounds: int, n_samples: int, near: bool, each: bool) -> tuple:
        world = point_mass(horizon=T)
        start = np.append(rng.uniform(-2.0, 2.0, 2), rng.uniform(-0.5, 0.5, 2))
        demos = world.sample(
            world.solve(world.psi(rng.uniform(-1, 1, 2))), np.tile(start, (15, 1)), rng
        )
        psi = np.array([0.4, 0.3, 0.6, 0.0, 0.0]) * rng.uniform(0.7, 1.3) + 0.05 * rng.normal(
            size=5
        )
        wide = np.tile(rng.uniform(1.0, 1.4) * np.eye(2), (T, 1, 1))
        sampler = GaussianPolicy(np.zeros((T, 2, 4)), 0.3 * rng.normal(size=(T, 2)), wide)
        if near:
            sampler = world.solve(psi + [0.2, 0.0, -0.1, 0.1, 0.0])
        size = 0.15 / world.features(demos).sum(axis=1).var(axis=0) if each else 0.02
        return world, demos, psi, sampler, n_rounds, n_samples, size, int(rng.integers(1000))

    asked = [
        ("one step size", ask(3, 1, 80, False, False)), ("a step size for each entry of psi", ask(4, 2, 90, True, True)),
        ("one step size", ask(5, 3, 100, True, False)), ("a step size for each entry of psi", ask(3, 5, 85, False, True)),
    ]  # fmt: skip
    return [
        Problem(
            f"{a[0].horizon} steps, {a[4]} round{'s' * (a[4] > 1)} of {a[5]} samples, {said}", a
        )
        for said, a in asked
    ]


# --- forms and laws ------------------------------------------------------------------------

_LARGE = 500.0


class _Kept:
    """Reads nan and the infinities as nan: the laws refuse them, so that only their own part fails."""

    def read(self, value: Any, expected: Any) -> np.ndarray:
        """The value as float64; nan throughout if any of it is not finite."""
        try:
            array = np.asarray(value)
        except Exception:  # ragged lists: the form itself says so
            array = np.empty(0)
        if (
            array.shape == np.shape(expected)
            and array.dtype.kind == "f"
            and not np.isfinite(array).all()
        ):
            return np.full(array.shape, np.nan)
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two agree; what is lost agrees with all that is lost."""
        lost = np.isnan(value).any(), np.isnan(other).any()
        return lost[0] == lost[1] if any(lost) else super().same(value, other)


class KeptNumber(_Kept, Number):
    """A number that may be lost in some problems only."""


class KeptArray(_Kept, Array):
    """An array that may be lost in some problems only."""


class Guided(Several):
    """A path of psi and a sampler, whose gains, offsets and covariances are compared."""

    def __init__(self) -> None:
        super().__init__(
            Array("path", "n_rounds + 1, K"), Array("the sampler's gains", "T, M, D"),
            Array("the sampler's offsets", "T, M"), Array("the sampler's covariances", "T, M, M"),
        )  # fmt: skip

    def read(self, value: Any, expected: tuple) -> Readings:
        """The parts; `WrongForm` if they are not two, or the second is no sampler."""
        if isinstance(value, (tuple, list)):
            if len(value) != 2:
                raise WrongForm(
                    f"You returned {len(value)} things; return 2 things: path, sampler."
                )
            if not isinstance(value[1], GaussianPolicy):
                kind = type(value[1]).__name__
                raise WrongForm(
                    f"The second thing that you return is a {kind}; return the sampler, as `improve_sampler` gives it."
                )
            value = self._parts(value)
        elif value is not None:
            kind = type(value).__name__
            raise WrongForm(
                f"You returned one thing, of type {kind}; return 2 things: path, sampler."
            )
        return super().read(value, self._parts(expected) if len(expected) == 2 else expected)

    def _parts(self, value: Any) -> tuple:
        path, sampler = value
        return path, sampler.gains, sampler.offsets, sampler.covariances

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it."""
        path, sampler = value
        array = np.asarray(path)
        return value if array is path else (array, sampler)


def _kind(case: Case) -> str:
    """What is special about a problem of logarithms."""
    numbers = np.concatenate([np.ravel(arg) for arg in case.args])
    if np.isinf(numbers).any():
        return "impossible"
    return "large" if np.abs(numbers).max() >= _LARGE else "moderate"


def _logarithms(name: str, kind: str, tol: float = 1e-5) -> Callable[[Case], str | None]:
    """The law for problems of one kind."""

    def law(case: Case) -> str | None:
        if _kind(case) != kind:
            return None
        if np.isnan(case.out).any():
            return (
                f"{name} is not finite here: somewhere an overflow, a log of 0 or a division by 0? (exp of a number above 709 is "
                "inf, exp of one below −745 is 0.)"
            )
        if name == "weights" and abs(case.out.sum() - 1.0) > 1e-5:
            return f"the weights sum to {number(case.out.sum())}; they are shares, and should sum to 1."
        return difference(name, case.out, case.expected, tol)

    return law


def _share(even: bool) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        there = case.args[0][case.args[0] > 0]
        return matches("ESS")(case) if (np.ptp(there) < 1e-12) == even else None

    return law


def _value(case: Case) -> str | None:
    said = matches("W of this step", 2)(case)
    return said + _by_quadrature(case.args) if said else None


def _constant(case: Case) -> str | None:
    said = matches("the constant", 3)(case)
    return said + _by_quadrature(case.args) if said else None


def _by_quadrature(args: tuple) -> str:
    """log of the integral of exp Q over one push, summed over a fine grid, at two states."""
    A, B, C_s, C_a, W = args
    if B.shape[1] != 1:
        return ""
    pushes, found = np.linspace(-100.0, 100.0, 20_001)[:, None], []
    for s in (np.zeros(len(A)), np.eye(len(A))[0]):
        ahead = A @ s + pushes @ B.T
        Q = -0.5 * (s @ C_s @ s + C_a[0, 0] * pushes[:, 0] ** 2) + 0.5 * ((ahead @ W) * ahead).sum(
            axis=1
        )
        found.append(number(logsumexp(Q) + np.log(0.01)))
    return f" Added up over a fine grid of pushes, log ∫ exp Q da is {found[0]} at s = 0, and {found[1]} at s = (1, 0)."


def _first_round(case: Case) -> str | None:
    return difference("path", case.out[0][:2], case.expected[0][:2])


def _last_sampler(case: Case) -> str | None:
    names = ("the sampler's gains", "the sampler's offsets", "the sampler's covariances")
    said = (matches(name, i)(case) for i, name in enumerate(names, 1))
    return next(filter(None, said), None)


# --- misconceptions ------------------------------------------------------------------------

# fmt: off
_UNSHIFTED = (
    "exp of returns of ±1000 is inf or 0 to the computer. Stay with logarithms: subtract the largest log weight first, then take exp; "
    "`logsumexp` does that."
)
_APART = (
    "You take exp of the returns and of log_q apart, and divide. Each may be 0 or inf where their quotient is a plain number. Subtract "
    "the logarithms first: returns + log_p − log_q."
)
_MEAN_SHIFT = (
    "You subtract one number from all log weights before exp, but not the largest: what lies far above it still overflows, and "
    "−inf may spoil it. Subtract `log_weights.max()`."
)
_NO_P = "log_p is missing: what the world contributes belongs to the weight, w = p exp(return) / q."
def _w(r: np.ndarray, q: np.ndarray, p: np.ndarray | float) -> np.ndarray:
    return r + p - q


# What is taken for the log weights, in two exercises.
LOG_WEIGHTS: dict[str, tuple[Callable, str]] = {
    "no_q": (lambda r, q, p: r + p,
        "log_q is missing: you weigh as if each sample had come up with density 1. What the sampler likes comes too often; divide by "
        "q, which is − log_q."),
    "plus_q": (lambda r, q, p: r + p + q,
        "You multiply by the sampler's density. A sample that comes up often should count *less*: divide by q, which is − log_q."),
    "no_p": (lambda r, q, p: r - q + 0 * p, _NO_P),
    "no_p_no_q": (lambda r, q, p: r + 0 * p, "Only the returns are in your weights. w = p exp(return) / q: add log_p, and subtract log_q."),
    "minus_p": (lambda r, q, p: r - p - q, "You divide by p, the world's part. w = p exp(return) / q: log_p is added."),
    "no_returns": (lambda r, q, p: p - q + 0 * r.clip(-1, 1), "The returns are missing: w = p exp(return) / q. What pays more weighs more."),
    "upside_down": (lambda r, q, p: q - p - r,
        "Your weight is upside down: q / (p exp(return)). The sampler's density belongs below."),
    "minus_returns": (lambda r, q, p: p - r - q, "exp(−return): returns are rewards here, not costs. What pays more weighs more."),
    "impossible_is_0": (lambda r, q, p: _w(np.where(np.isfinite(r), r, 0.0), q, p),
        "A return of −inf became 0: what must not happen earns nothing in your sum, and weighs as much as many others. Leave −inf as it is: exp makes it 0."),
}


def _plain_log_mean(log_w: np.ndarray) -> float:
    return np.log(np.mean(np.exp(log_w)))


def _plain_shares(log_w: np.ndarray) -> np.ndarray:
    return np.exp(log_w) / np.exp(log_w).sum()


def _slips(stable: Callable, plain: Callable, table: dict = LOG_WEIGHTS) -> dict[str, tuple[Callable, str]]:
    """Each slip in the log weights, followed by a good end and by one that overflows."""
    def then(slip: Callable, end: Callable) -> Callable:
        return lambda r, q, p: end(slip(r, q, p))

    good = {key: (then(slip, stable), hint) for key, (slip, hint) in table.items()}
    return good | {f"{key}_unshifted": (then(slip, plain), hint) for key, (slip, hint) in table.items()}


LOG_Z = _slips(_log_mean, _plain_log_mean) | {
    "sum": (lambda r, q, p: logsumexp(_w(r, q, p)),
        "You add the weights up. Z is their *mean*: subtract log N. Twice as many samples should not double Z."),
    "sum_unshifted": (lambda r, q, p: np.log(np.exp(_w(r, q, p)).sum()),
        "You add the weights up. Z is their *mean*: subtract log N. (And exp overflows for large returns: use `logsumexp`.)"),
    "mean_of_logs": (lambda r, q, p: np.mean(_w(r, q, p)),
        "You average the log weights. Z is the mean of the *weights*, and the logarithm comes after: the mean of logarithms is never higher, "
        "and −inf as soon as one sample is impossible."),
    "largest": (lambda r, q, p: _w(r, q, p).max(), "You take the largest log weight. The others count, too, and so does N."),
    "largest_over_N": (lambda r, q, p: _w(r, q, p).max() - np.log(len(r)), "You take the largest weight alone, over N. The others belong to the sum, too."),
    "over_N_minus_1": (lambda r, q, p: logsumexp(_w(r, q, p)) - np.log(len(r) - 1), "You divide by N − 1. That is for variances; a mean has N."),
    "median": (lambda r, q, p: np.median(_w(r, q, p)), "You take the log weight in the middle. Z is the mean of the weights."),
    "unshifted": (lambda r, q, p: _plain_log_mean(_w(r, q, p)), _UNSHIFTED),
    "apart": (lambda r, q, p: np.log(np.mean(np.exp(r + p) / np.exp(q))), _APART),
    "padded": (lambda r, q, p: np.log(np.maximum(np.mean(np.exp(_w(r, q, p))), 1e-300)),
        "A small number keeps your logarithm from −inf, and makes −690 of it. The answer is about as large as the log weights: "
        "`logsumexp` of them, less log N."),
    "clipped": (lambda r, q, p: _plain_log_mean(np.clip(_w(r, q, p), -700, 700)),
        "You clip the log weights, so that exp does not overflow: that changes them. Subtract the largest, and add it again after the logarithm."),
    "mean_shift": (lambda r, q, p: (m := _w(r, q, p).mean()) + _plain_log_mean(_w(r, q, p) - m), _MEAN_SHIFT),
    "mean_shift_finite": (lambda r, q, p: (m := _w(r, q, p)[np.isfinite(r)].mean()) + _plain_log_mean(_w(r, q, p) - m), _MEAN_SHIFT),
    "shift_forgotten": (lambda r, q, p: _log_mean(_w(r, q, p) - _w(r, q, p).max()),
        "You subtract the largest log weight before exp, and do not add it again after the logarithm."),
    "possible_only": (lambda r, q, p: _log_mean(_w(r, q, p)[np.isfinite(r)]),
        "You leave out the samples whose return is −inf. They have weight 0, and they were drawn: they count in N."),
    "self_normalised": (lambda r, q, p: -np.log(len(r)),
        "You normalise the weights first: their sum is then 1 whatever Z is. Take the mean of the weights as they are."),
    "not_log": (lambda r, q, p: np.exp(_log_mean(_w(r, q, p))), "This is Z. Asked is its logarithm, which does not overflow."),
    "plus_log_N": (lambda r, q, p: logsumexp(_w(r, q, p)) + np.log(len(r)), "You add log N. A mean *divides* by N: subtract log N."),
    "over_N": (lambda r, q, p: logsumexp(_w(r, q, p)) / len(r), "You divide the logarithm by N. Divide the sum: that is − log N."),
    "log2": (lambda r, q, p: _log_mean(_w(r, q, p)) / np.log(2), "Your logarithm is that to base 2. Nats come from `np.log`."),
    "weighted_logs": (lambda r, q, p: softmax(_w(r, q, p)) @ np.maximum(_w(r, q, p), -1e9),
        "You average the log weights with the weights. Z is the plain mean of the weights; its logarithm comes last."),
    "ratio_of_means": (lambda r, q, p: _log_mean(r + p + 0 * q) - _log_mean(q),
        "You take two means, that of p exp(return) and that of q, and divide. Divide sample by sample, then take one mean."),
    "weighted_returns": (lambda r, q, p: softmax(_w(r, q, p)) @ np.maximum(r, -1e9),
        "That is the weighted mean of the returns, what the model earns. log Z is the logarithm of the mean weight."),
}
SHARES = _slips(softmax, _plain_shares) | {
    "not_divided": (lambda r, q, p: np.exp(_w(r, q, p)), "Your weights are not divided by their sum: they should sum to 1."),
    "over_N": (lambda r, q, p: np.exp(_w(r, q, p)) / len(r), "You divide by N. Divide by the sum of the weights: they should sum to 1."),
    "over_max": (lambda r, q, p: np.exp(_w(r, q, p) - _w(r, q, p).max()),
        "Your largest weight is 1. After you subtracted the largest log weight and took exp, divide by the sum."),
    "unshifted": (lambda r, q, p: _plain_shares(_w(r, q, p)), _UNSHIFTED),
    "apart": (lambda r, q, p: (w := np.exp(r + p) / np.exp(q)) / w.sum(), _APART),
    "mean_shift": (lambda r, q, p: _plain_shares(_w(r, q, p) - _w(r, q, p).mean()), _MEAN_SHIFT),
    "mean_shift_finite": (lambda r, q, p: _plain_shares(_w(r, q, p) - _w(r, q, p)[np.isfinite(r)].mean()), _MEAN_SHIFT),
    "return_shift": (lambda r, q, p: _plain_shares(_w(r, q, p) - r.max()),
        "You subtract the largest *return*. log_q may be large as well: subtract the largest of returns + log_p − log_q."),
    "padded": (lambda r, q, p: (w := np.exp(_w(r, q, p))) / (w.sum() + 1e-300),
        "A small number in the denominator keeps 0/0 away: then all weights are 0. Subtract the largest log weight before exp, and none of it is needed."),
    "clipped": (lambda r, q, p: softmax(np.clip(_w(r, q, p), -700, 700)),
        "You clip the log weights, so that exp does not overflow: then what lies beyond is all alike. Subtract the largest instead."),
    "logs": (lambda r, q, p: _w(r, q, p) - logsumexp(_w(r, q, p)), "These are the logarithms of the weights: take exp."),
    "logs_divided": (lambda r, q, p: _w(r, q, p) / _w(r, q, p).sum(), "You divide the *logarithms* by their sum. Take exp first."),
    "mean_is_1": (lambda r, q, p: len(r) * softmax(_w(r, q, p)), "Your weights have the mean 1. They should have the *sum* 1: divide by the sum."),
    "length_is_1": (lambda r, q, p: (w := np.exp(_w(r, q, p) - _w(r, q, p).max())) / np.linalg.norm(w),
        "You divide by the root of the sum of squares. Divide by the sum."),
    "winner": (lambda r, q, p: (_w(r, q, p) == _w(r, q, p).max()) * 1.0, "All goes to the largest weight. The others have shares, too."),
    "ranked": (lambda r, q, p: np.sort(softmax(_w(r, q, p)))[::-1], "You sort the weights. Weight i belongs to sample i."),
    "even": (lambda r, q, p: np.full(len(r), 1 / len(r)), "All your weights are the same: that is right only if the sampler is the model."),
}
SIZES: dict[str, tuple[Callable, str]] = {
    "not_inverted": (lambda w: (w**2).sum(), "That is the sum of squares, at most 1. For n even weights it is 1/n: take its inverse."),
    "largest": (lambda w: 1 / w.max(), "The inverse of the largest weight looks at one weight only. Kong's number takes them all: 1 / Σ w²."),
    "times_N": (lambda w: len(w) * (w**2).sum(), "N Σ w² is N divided by the effective number: 1 for even weights, N for one. Turn it round, without the N."),
    "share": (lambda w: 1 / (w**2).sum() / len(w), "That is the share of the samples that is effective. Asked is their number: not divided by N."),
    "mean_square": (lambda w: 1 / (w**2).mean(), "You divide by the *mean* of the squares: N times too large. Even weights should give N. Divide by the sum."),
    "variance": (lambda w: len(w) / (1 + w.var()),
        "N / (1 + variance) needs weights whose mean is 1. These sum to 1: multiply them by N first, or take 1 / Σ w²."),
    "variance_ddof": (lambda w: len(w) / (1 + (len(w) * w).var(ddof=1)),
        "The variance in N / (1 + variance) is that of these N weights, divided by N: `ddof=0`. Then it is 1 / Σ w²."),
    "some": (lambda w: (w > 0).sum() * 1.0, "You count the weights above 0. A weight of a millionth counts for almost nothing."),
    "above_even": (lambda w: (w >= 1 / len(w) - 1e-12).sum() * 1.0, "You count the weights of at least 1/N. Small ones count a little, large ones more: 1 / Σ w²."),
    "perplexity": (lambda w: np.exp(-(w * np.log(np.where(w > 0, w, 1.0))).sum()),
        "exp of the entropy is another sensible count, known as the perplexity. It is never smaller than Kong's, which is asked for here: 1 / Σ w²."),
    "entropy": (lambda w: -(w * np.log(np.where(w > 0, w, 1.0))).sum(), "That is the entropy of the weights. Asked is a number from 1 to N: 1 / Σ w²."),
    "root": (lambda w: 1 / np.linalg.norm(w), "You took a root: n even weights give √n. `np.linalg.norm` has the root in it; square it."),
    "squared": (lambda w: 1 / (w**2).sum() ** 2, "You squared once too often: n even weights give n². Only the weights are squared."),
    "not_squared": (lambda w: 1 / w.sum(), "The weights sum to 1, so this is always 1. Square each of them before you add."),
    "roots": (lambda w: np.sqrt(w).sum() ** 2, "You add the roots of the weights and square the sum. Kong's number adds their squares, and inverts: 1 / Σ w²."),
    "rounded": (lambda w: np.round(1 / (w**2).sum()), "You round. The number is one of equal weights that are worth as much, and need not be whole."),
    "cut": (lambda w: np.floor(1 / (w**2).sum() + 1e-9), "You cut the number to a whole one. It need not be whole."),
    "largest_square": (lambda w: 1 / (w**2).max(), "You take the largest square only. Add all squares up."),
    "simpson": (lambda w: 1 - (w**2).sum(), "1 − Σ w² is the chance that two draws are not of the same sample. Asked is a number from 1 to N: 1 / Σ w²."),
    "all": (lambda w: len(w) * 1.0, "That is N, whatever the weights are. If one weight has everything, one sample counts."),
}


def _lqr(end: Callable = lambda *found: found, **parts: Any) -> Callable:
    return lambda A, B, C_s, C_a, W: _step(A, B, C_s, C_a, W, end=end, **parts)


def _asked(change: Callable) -> Callable:
    """Another question answered rightly."""
    return lambda *args: _step(*change(*args))


def _other(i: int, value: Callable) -> Callable:
    """One of the four results wrong: `value(found, *args)`."""
    def wrong(*args: np.ndarray) -> tuple:
        found = list(_step(*args))
        found[i] = value(found, *args)
        return tuple(found)

    return wrong


def _cost_to_go(A: np.ndarray, B: np.ndarray, C_s: np.ndarray, C_a: np.ndarray, W: np.ndarray) -> tuple:
    """The textbook's recursion for costs, with W taken for a cost."""
    gain, cov, new, constant = _step(A, B, C_s, C_a, -W)
    return gain, cov, -new, constant


def _entrywise(A: np.ndarray, B: np.ndarray, C_s: np.ndarray, C_a: np.ndarray, W: np.ndarray) -> tuple:
    """1 / precision for its inverse."""
    cov, cross = 1 / (C_a - B.T @ W @ B), B.T @ W @ A
    return cov @ cross, cov, A.T @ W @ A - C_s + cross.T @ cov @ cross, _step(A, B, C_s, C_a, W)[3]


def _log_det(cov: np.ndarray) -> float:
    return -np.linalg.slogdet(cov)[1]


_LOG_2PI = np.log(2 * np.pi)
_VALUE_SIGN = (
    "W is a *value*, negative or 0, and no cost to go: Λ = C_a − BᵀWB. What lies ahead makes the push *more* certain, Λ larger than C_a."
)
LQR: dict[str, tuple[Callable, str]] = {
    "plus_W": (_lqr(precision=lambda C_a, pushed: C_a + pushed), _VALUE_SIGN),
    "cost_to_go": (_cost_to_go, _VALUE_SIGN + " The new W is negative, too: − C_s."),
    "no_future": (_lqr(precision=lambda C_a, pushed: C_a),
        "Your Λ is C_a alone. A push also moves the next state, and that has a value: Λ = C_a − BᵀWB."),
    "only_future": (_lqr(precision=lambda C_a, pushed: -pushed + 1e-9 * np.eye(len(C_a))),
        "C_a is missing from Λ: effort costs, too. Λ = C_a − BᵀWB."),
    "twice_C_a": (_lqr(precision=lambda C_a, pushed: 2 * C_a - pushed),
        "C_a counts twice. The cost is ½ aᵀC_a a: its second derivative is C_a."),
    "half_C_a": (_lqr(precision=lambda C_a, pushed: C_a / 2 - pushed),
        "Half of C_a is in your Λ. Q has −½ aᵀΛa, so that the ½ is taken out already: Λ = C_a − BᵀWB."),
    "half_Lambda": (_lqr(precision=lambda C_a, pushed: (C_a - pushed) / 2),
        "Your Λ is half of it. Q = −½ aᵀΛa + …: the ½ stays outside, Λ = C_a − BᵀWB."),
    "minus_gain": (_other(0, lambda f, *_: -f[0]),
        "Your gain has the other sign. Here a is N(G s, Σ) with a plus, and W is negative: the minus of a = −K s is in it."),
    "gain_without_A": (_other(0, lambda f, A, B, C_s, C_a, W: f[1] @ B.T @ W),
        "A is missing from the gain: the push meets the next state A s, not s. G = Σ BᵀWA."),
    "gain_without_cov": (_other(0, lambda f, A, B, C_s, C_a, W: B.T @ W @ A), "Your gain is BᵀWA alone: Σ in front of it is missing."),
    "gain_with_precision": (_other(0, lambda f, A, B, C_s, C_a, W: np.linalg.inv(f[1]) @ B.T @ W @ A),
        "Your gain has Λ in front, where its inverse belongs: G = Λ⁻¹ BᵀWA."),
    "not_inverted": (_other(1, lambda f, *_: np.linalg.inv(f[1])),
        "You returned Λ, the precision. The covariance is its inverse: the sharper the parabola, the smaller the spread."),
    "precision_throughout": (_lqr(lambda g, c, W, k: (g, c, W, k + _log_det(c)), precision=lambda C_a, pushed: np.linalg.inv(C_a - pushed)),
        "You use Λ where its inverse belongs, in the gain and in W, too: Σ = Λ⁻¹."),
    "elementwise": (_entrywise, "1 / Λ inverts entry by entry. The inverse of a matrix is `np.linalg.inv`."),
    "elementwise_covariance": (_other(1, lambda f, *_: 1 / np.linalg.inv(f[1])), "1 / Λ inverts entry by entry. The inverse of a matrix is `np.linalg.inv`."),
    "diagonal": (_lqr(precision=lambda C_a, pushed: np.diag(np.diag(C_a - pushed))),
        "You take the diagonal of Λ for all of it. The numbers of a push work together: invert the matrix, `np.linalg.inv`."),
    "covariance_of_effort": (_other(1, lambda f, A, B, C_s, C_a, W: np.linalg.inv(C_a)),
        "Your covariance is that of somebody with nothing ahead: C_a⁻¹. It is Λ⁻¹, with Λ = C_a − BᵀWB."),
    "greedy": (_other(1, lambda f, *_: 0 * f[1]),
        "Your covariance is 0: that is the best push, without spread. The model takes all pushes, each by exp Q; Σ = Λ⁻¹."),
    "spread": (_other(1, lambda f, *_: np.linalg.cholesky(f[1])), "You returned a root of the covariance. Asked is Σ itself, Λ⁻¹."),
    "no_state_cost": (_other(2, lambda f, A, B, C_s, *_: f[2] + C_s),
        "C_s is missing from the new W: the state of this step costs, too. − C_s."),
    "plus_state_cost": (_other(2, lambda f, A, B, C_s, *_: f[2] + 2 * C_s), "You add C_s. It is a cost and W a value: − C_s."),
    "half_state_cost": (_other(2, lambda f, A, B, C_s, *_: f[2] + C_s / 2), "Half of C_s is in your W. The ½ stands outside, ½ sᵀ W s: − C_s."),
    "nobody_acts": (_other(2, lambda f, A, B, C_s, C_a, W: A.T @ W @ A - C_s),
        "That is the value if nobody pushed. Pushing makes it better: + AᵀWB Σ BᵀWA."),
    "minus_correction": (_other(2, lambda f, A, B, C_s, C_a, W: A.T @ W @ A - C_s - A.T @ W @ B @ f[1] @ B.T @ W @ A),
        "The last term has the wrong sign. To be able to push cannot make the value worse: + AᵀWB Σ BᵀWA."),
    "free_effort": (_other(2, lambda f, A, B, C_s, C_a, W: (A + B @ f[0]).T @ W @ (A + B @ f[0]) - C_s),
        "You follow the mean push, and forget what it costs: − GᵀC_aG. Or take AᵀWA − C_s + AᵀWBΣBᵀWA."),
    "transposed": (lambda A, B, C_s, C_a, W: _step(A.T, B, C_s, C_a, W), "A and Aᵀ are swapped. The next state is A s + B a: AᵀWA, and BᵀWA."),
    "transposed_value": (_other(2, lambda f, A, B, C_s, C_a, W: f[2] - A.T @ W @ A + A @ W @ A.T),
        "AWAᵀ should be AᵀWA: it comes from (A s)ᵀ W (A s)."),
    "not_squared": (_other(2, lambda f, A, B, C_s, C_a, W: W - C_s + A.T @ W @ B @ f[1] @ B.T @ W @ A),
        "The next value is taken at A s: AᵀWA, where you have W."),
    "halved": (_other(2, lambda f, *_: f[2] / 2), "Your W has the ½ in it. The value is ½ sᵀ W s: the ½ stays outside."),
    "no_minus": (_other(2, lambda f, *_: -f[2]), "Your W is a cost to go, positive. Asked is the value: AᵀWA − C_s + AᵀWBΣBᵀWA."),
    "no_constant": (_other(3, lambda f, *_: 0.0), "Your constant is 0. It is what the spread is worth, log ∫ exp(−½ aᵀΛa) da = ½ (M log 2π − log det Λ)."),
    "entropy": (_other(3, lambda f, *_: f[3] + len(f[1]) / 2),
        "That is the entropy of the push, larger by M/2. The spread has a price, M/2 on average, and the log integral has it taken off: "
        "½ (M log 2π − log det Λ)."),
    "plus_log_det": (_other(3, lambda f, *_: 0.5 * (len(f[1]) * _LOG_2PI + _log_det(f[1]))),
        "log det Λ has the wrong sign. A large Λ is a sharp parabola, and its integral is small: − log det Λ."),
    "minus_constant": (_other(3, lambda f, *_: -f[3]),
        "The whole constant has the wrong sign. It is a log integral: ½ (M log 2π − log det Λ). The normaliser of a Gaussian's log-density has the other one."),
    "log_2pi_once": (_other(3, lambda f, *_: 0.5 * (_LOG_2PI - _log_det(f[1]))), "log 2π comes once for each of the M numbers of a push: M log 2π."),
    "log_2pi_per_state": (_other(3, lambda f, A, *_: 0.5 * (len(A) * _LOG_2PI - _log_det(f[1]))),
        "You count log 2π D times. It comes once for each number of a *push*: M times."),
    "no_half": (_other(3, lambda f, *_: 2 * f[3]), "The ½ is missing: ½ (M log 2π − log det Λ)."),
    "half_of_one": (_other(3, lambda f, *_: f[3] - 0.5 * _log_det(f[1])), "The ½ belongs to log det Λ as well: ½ (M log 2π − log det Λ)."),
    "no_log_det": (_other(3, lambda f, *_: 0.5 * len(f[1]) * _LOG_2PI), "log det Λ is missing: the narrower the spread, the less it is worth."),
    "no_log_2pi": (_other(3, lambda f, *_: -0.5 * _log_det(f[1])), "log 2π is missing: ∫ exp(−½ a²) da is √(2π), not 1."),
    "det_of_effort": (_other(3, lambda f, A, B, C_s, C_a, W: 0.5 * (len(C_a) * _LOG_2PI - np.linalg.slogdet(C_a)[1])),
        "You take log det of C_a. The parabola is that of Q, with Λ = C_a − BᵀWB."),
    "c_before_W": (_lqr(lambda g, c, W, k: (g, c, k, W)), "The order of what you return: gain, covariance, W, constant."),
    "covariance_first": (_lqr(lambda g, c, W, k: (c, g, W, k)), "The order of what you return: gain, covariance, W, constant."),
    "det": (_other(3, lambda f, *_: 0.5 * (len(f[1]) * _LOG_2PI - np.exp(_log_det(f[1])))),
        "The logarithm of the determinant is missing: `np.linalg.slogdet(precision)[1]`."),
}
SLOPES: dict[str, tuple[Callable, str]] = {
    "sign": (lambda d, s, w: w @ s - d.mean(axis=0),
        "The sign: what they do minus what the model does. Where they do more, psi should grow."),
    "plain_mean": (lambda d, s, w: d.mean(axis=0) - s.mean(axis=0),
        "Your samples all count the same. That is right only if the sampler is the model; else weigh them."),
    "over_S": (lambda d, s, w: d.mean(axis=0) - w @ s / len(s),
        "You weigh the samples *and* divide by their number. The weights sum to 1: that is the mean already."),
    "times_S": (lambda d, s, w: d.mean(axis=0) - len(s) * (w @ s), "Your samples count S times. The weights sum to 1: add up weight times features, no more."),
    "times_N": (lambda d, s, w: len(d) * (d.mean(axis=0) - w @ s), "Your gradient is N times too large: that of the sum over the demonstrations. L is their *mean*."),
    "sum_of_demos": (lambda d, s, w: d.sum(axis=0) - w @ s, "You add up the demonstrations. Take their mean: twice the same ones should change nothing."),
    "sums": (lambda d, s, w: d.sum(axis=0) - s.sum(axis=0), "You add up all of both. It is the mean of the demonstrations, less the weighted mean of the samples."),
    "sum_of_samples": (lambda d, s, w: d.mean(axis=0) - s.sum(axis=0), "The samples are added up without weights: weigh each before."),
    "plus": (lambda d, s, w: d.mean(axis=0) + w @ s, "You add the two. It is their difference: it is 0 when the features match."),
    "demos_only": (lambda d, s, w: d.mean(axis=0), "What the model expects is missing: the slope of log Z."),
    "model_only": (lambda d, s, w: -(w @ s), "The demonstrations are missing: their mean features come first."),
    "one_pool": (lambda d, s, w: d.mean(axis=0) - (d.sum(axis=0) + w @ s * len(s)) / (len(d) + len(s)),
        "You count the demonstrations among the samples. That may be done, but with weights of their own; here the model's mean is that of the samples."),
    "over_N": (lambda d, s, w: d.mean(axis=0) - w @ s / len(d), "You divide the samples by the number of demonstrations. The weights sum to 1: nothing to divide by."),
    "both_over_N": (lambda d, s, w: (d.mean(axis=0) - w @ s) / len(d), "You divide once more by N. The mean is over the demonstrations, and only once."),
    "one_number": (lambda d, s, w: np.full(d.shape[1], d.mean() - (w @ s).mean()), "You average over the features, too. Each has a slope of its own: `axis=0`."),
    "inverse": (lambda d, s, w: d.mean(axis=0) - (1 / w) @ s / (1 / w).sum(), "You divide by the weights. A large weight counts much."),
    "squared": (lambda d, s, w: d.mean(axis=0) - w**2 @ s, "The weights are in it twice. Once is enough: `weights @ sample_features`."),
    "heaviest": (lambda d, s, w: d.mean(axis=0) - s[w.argmax()], "You take the sample with the largest weight only. All count, each by its weight."),
    "weights_again": (lambda d, s, w: d.mean(axis=0) - softmax(w) @ s, "You normalise the weights once more, with exp. They are shares already."),
    "squares_rescaled": (lambda d, s, w: d.mean(axis=0) - w**2 @ s / (w**2).sum(), "You weigh with the squares of the weights. They are for the effective sample size; a mean takes the weights."),
    "over_size": (lambda d, s, w: d.mean(axis=0) - w @ s * (w**2).sum(), "You divide by the effective sample size. The weights sum to 1: there is nothing to divide by."),
    "pairs": (lambda d, s, w: (w[: (n := min(len(d), len(s)))] / w[:n].sum()) @ (d[:n] - s[:n]),
        "You pair demonstrations with samples. They have nothing to do with each other, and one of the two is cut short: take two means, and subtract."),
    "unit": (lambda d, s, w: (g := d.mean(axis=0) - w @ s) / np.linalg.norm(g), "You return a direction of length 1. The gradient's length says how far off you are: leave it."),
}
_ALONE = "Each demonstration joins alone: below stand its own weight and those of the samples, and no other demonstration's."
_ITSELF = (
    "The demonstration's own weight is missing below: w / (w + Σ w_j). Without it a share may be larger than 1, and is inf where no sample weighs anything."
)
ALARMS: dict[str, tuple[Callable, str]] = {
    "without_itself": (lambda d, s: np.exp(d - logsumexp(s)), _ITSELF),
    "without_itself_clipped": (lambda d, s: np.minimum(np.exp(d - logsumexp(s)), 1.0), _ITSELF),
    "all_together": (lambda d, s: np.exp(d - np.logaddexp(logsumexp(d), logsumexp(s))),
        "You let all demonstrations join at once. They share the alarm then: twice as many of them, and each holds half. " + _ALONE),
    "demos_only": (lambda d, s: softmax(d), "You divide by the demonstrations' weights alone. The samples are what each is compared with. " + _ALONE),
    "mean_of_samples": (lambda d, s: _shares(d, _log_mean(s)), "You take the *mean* weight of the samples. All of them share with the demonstration: their sum."),
    "largest_sample": (lambda d, s: _shares(d, s.max()), "You compare with the largest sample only. All samples share: add up their weights."),
    "mean_of_logs": (lambda d, s: _shares(d, np.mean(np.maximum(s, -1e9))), "You average the samples' log weights. Add up their *weights*: `logsumexp`."),
    "sum_of_logs": (lambda d, s: _shares(d, np.maximum(s, -1e9).sum()), "You add the samples' *log* weights: that multiplies the weights. `logsumexp` adds them."),
    "samples_share": (lambda d, s: 1.0 - np.exp(d - np.logaddexp(d, logsumexp(s))),
        "That is what is left to the samples. Asked is the demonstration's share: 1 minus yours."),
    "log_share": (lambda d, s: d - np.logaddexp(d, logsumexp(s)), "These are the logarithms of the shares: take exp."),
    "logs_divided": (lambda d, s: d / (d + np.maximum(s, -1e9).sum()), "You divide log weights. Shares are of the weights: exp belongs around the difference of logarithms."),
    "above_all": (lambda d, s: (d > s.max()) * 1.0, "You say whether it lies above all samples, 0 or 1. Asked is how *much* of all weight it holds."),
    "rank": (lambda d, s: (s[None, :] < d[:, None]).mean(axis=1), "You count the samples that weigh less. A share asks how much they weigh, not how many they are."),
    "above_in_nats": (lambda d, s: d - s.max(), "That is by how many nats it lies above the samples. A share is from 0 to 1: w / (w + Σ w_j)."),
    "mean_demo": (lambda d, s: np.full(len(d), _shares(_log_mean(d), logsumexp(s))), "You let the average demonstration join. Each one has a share of its own."),
    "best_demo": (lambda d, s: np.full(len(d), _shares(d.max(), logsumexp(s))), "You let the largest demonstration stand for all. Each one has a share of its own."),
    "unshifted": (lambda d, s: np.exp(d) / (np.exp(d) + np.exp(s).sum()),
        "exp of log weights of ±1000 is inf or 0 to the computer. Take the logarithm of the whole sum, `np.logaddexp(…, logsumexp(…))`, and exp of a difference last."),
    "sample_shift": (lambda d, s: (w := np.exp(d - s.max())) / (w + np.exp(s - s.max()).sum()),
        "You subtract the largest *sample's* log weight. A demonstration may lie far above: subtract the larger of the two, or use `np.logaddexp`."),
    "demo_shift": (lambda d, s: (w := np.exp(d - d.max())) / (w + np.exp(s - d.max()).sum()),
        "You subtract the largest *demonstration's* log weight. Samples and other demonstrations may lie far from it: use `np.logaddexp`."),
    "padded": (lambda d, s: np.exp(d) / (np.exp(d) + np.exp(s).sum() + 1e-300),
        "A small number in the denominator makes 0 of shares that are not. Stay with logarithms until the end."),
    "possible_mean": (lambda d, s: _shares(d, logsumexp(s) - np.log(max(np.isfinite(s).sum(), 1))),
        "You take a mean over the samples that weigh something. All samples share with the demonstration: their sum."),
    "over_N": (lambda d, s: _shares(d, logsumexp(s)) / len(d), "You divide by the number of demonstrations. Each joins alone, and its share is its own."),
}
_JENSEN = "You average the logarithms, which is the *product* of the densities (its root): 0 as soon as one sampler cannot come. Average the densities."
MIXTURES: dict[str, tuple[Callable, str]] = {
    "mean_of_logs": (lambda q: q.mean(axis=0), _JENSEN),
    "sum_of_logs": (lambda q: q.sum(axis=0), "You add the logarithms: as if all samplers together had to draw it. One of them did: average the densities."),
    "sum": (lambda q: logsumexp(q, axis=0), "You add the densities. Each sampler draws 1/J of the samples: subtract log J. (With one sampler nothing may change.)"),
    "sum_unshifted": (lambda q: np.log(np.exp(q).sum(axis=0)), "You add the densities. Each sampler draws 1/J of the samples: subtract log J. (And use `logsumexp`: exp overflows.)"),
    "largest": (lambda q: q.max(axis=0), "You take the sampler that likes the sample best. The others may draw it too, and each has a share of 1/J."),
    "largest_share": (lambda q: q.max(axis=0) - np.log(len(q)), "You take the largest density only. The others may draw the sample, too: add them up first."),
    "smallest": (lambda q: q.min(axis=0), "You take the sampler that likes the sample least. A sample comes up if *one* of them draws it: average the densities."),
    "wrong_axis": (lambda q: logsumexp(q, axis=1) - np.log(len(q)), "You sum or average over the trajectories. Each trajectory asks all samplers: `axis=0`, and there are J of them."),
    "all": (lambda q: logsumexp(q) - np.log(len(q)), "You sum over everything: one number. Each trajectory has a density of its own: `axis=0`."),
    "log_N": (lambda q: logsumexp(q, axis=0) - np.log(q.shape[1]), "You subtract log N. The mean is over the J samplers: log J, `len(log_q_each)`."),
    "plus_log_J": (lambda q: logsumexp(q, axis=0) + np.log(len(q)), "You add log J. A mean divides by J: subtract it."),
    "over_J": (lambda q: logsumexp(q, axis=0) / len(q), "You divide the logarithm by J. Divide the sum: that is − log J."),
    "minus_J": (lambda q: logsumexp(q, axis=0) - len(q), "You subtract J. To divide by J is to subtract its *logarithm*."),
    "density": (lambda q: np.exp(logsumexp(q, axis=0) - np.log(len(q))), "That is the density. Asked is its logarithm, which does not overflow: `logsumexp`."),
    "unshifted": (lambda q: np.log(np.exp(q).mean(axis=0)), "exp of −1000 is 0 to the computer, and of 1000 inf. Stay with logarithms: `logsumexp(…, axis=0)`."),
    "one_shift": (lambda q: q.max() + np.log(np.exp(q - q.max()).mean(axis=0)),
        "You subtract one number from all columns. Where all samplers are far below it, exp is 0. Subtract the largest of each column: `max(axis=0)`."),
    "padded": (lambda q: np.log(np.maximum(np.exp(q).mean(axis=0), 1e-300)), "A small number keeps your logarithm from −inf, and makes −690 of it. Use `logsumexp(…, axis=0)`."),
    "possible_only": (lambda q: logsumexp(q, axis=0) - np.log(np.isfinite(q).sum(axis=0)),
        "You divide by the number of samplers that can come. The others have their share of 1/J, too, and density 0: divide by J."),
    "first": (lambda q: q[0] + 0.0, "You take the first sampler only. The sample may have come from any of them."),
    "own_weight": (lambda q: (softmax(q, axis=0) * np.maximum(q, -1e9)).sum(axis=0), "You average the logarithms with the densities for weights. Average the densities; the logarithm comes last."),
    "finite_logs": (lambda q: np.where(np.isfinite(q), q, 0.0).sum(axis=0) / np.isfinite(q).sum(axis=0), "You average the logarithms, of those samplers that can come. Average the *densities*, over all J; the logarithm comes last."),
    "impossible_is_0": (lambda q: logsumexp(np.where(np.isfinite(q), q, 0.0), axis=0) - np.log(len(q)),
        "−inf became 0, and exp of that is a density of 1. Leave −inf as it is: exp makes it 0."),
}


def _guided(end: Callable = lambda path, sampler, args: (path, sampler), **parts: Any) -> Callable:
    return lambda *args: end(*_guide(*args, **parts), args)


def _improved_first(*args: Any) -> tuple:
    """The sampler is improved first, and weighs what the one before has drawn."""
    def log_q(now: dict, paths: Paths) -> np.ndarray:
        now["sampler"] = improve_sampler(now["world"], now["sampler"], paths, now["psi"])
        return now["sampler"].log_density(paths)

    return _guide(*args, log_q=log_q, improve=lambda now, paths, old: now["sampler"])


def _drawn_again(now: dict, paths: Paths, old: np.ndarray) -> GaussianPolicy:
    paths = now["world"].sample(now["sampler"], now["starts"], now["rng"])
    return improve_sampler(now["world"], now["sampler"], paths, now["psi"])


def _again(now: dict, paths: Paths, old: np.ndarray) -> GaussianPolicy:
    return improve_sampler(now["world"], now["first"], paths, now["psi"])


_SOLVED = (
    "`world.solve(psi)` is the model itself. This exercise is for whoever cannot solve it: draw from the current sampler, and improve it with `improve_sampler`."
)
_OWN_DAMPING = "Leave entropy and damping of `improve_sampler` as they are: `improve_sampler(world, sampler, paths, psi)`."
GUIDED: dict[str, tuple[Callable, str]] = {
    "unweighted": (_guided(weigh=lambda now, f, q: np.full(len(f), 1 / len(f))),
        "Your samples count all the same. The sampler is not the model yet: weigh them, `normalised_weights(returns, sampler.log_density(paths), 0.0)`."),
    "no_q": (_guided(weigh=lambda now, f, q: softmax(f @ now["psi"])),
        "log_q is missing from the weights: `sampler.log_density(paths)`. What the sampler likes comes too often."),
    "plus_q": (_guided(weigh=lambda now, f, q: softmax(f @ now["psi"] + q)), "You multiply by the sampler's density. Weights divide by it."),
    "no_returns": (_guided(weigh=lambda now, f, q: softmax(-q)), "The returns are missing from the weights: `features @ psi`."),
    "minus_returns": (_guided(weigh=lambda now, f, q: softmax(-(f @ now["psi"]) - q)), "exp(−return): psi is of rewards here, not of costs. The returns are `features @ psi`."),
    "start_psi": (_guided(weigh=lambda now, f, q: softmax(f @ now["psi0"] - q)),
        "Your weights always have the psi of the beginning in them. The model moves with psi: use the current one."),
    "improved_q": (_improved_first,
        "You weigh the samples with the density of the *improved* sampler. They were drawn by the one before: weigh first, improve last."),
    "old_psi": (_guided(improve=lambda now, paths, old: improve_sampler(now["world"], now["sampler"], paths, old)),
        "You improve the sampler with the psi from before the step. Take the new one: it is the new model that is sampled next."),
    "start_psi_improves": (_guided(improve=lambda now, paths, old: improve_sampler(now["world"], now["sampler"], paths, now["psi0"])),
        "You improve the sampler with the psi of the beginning. Take the new one, of this round."),
    "from_the_first": (_guided(improve=_again),
        "You improve the first sampler again and again. Improve the current one: `sampler = improve_sampler(world, sampler, paths, psi)`."),
    "never_improved": (_guided(improve=lambda now, paths, old: now["sampler"]),
        "Your sampler stays as it was: is the result of `improve_sampler` kept? `sampler = improve_sampler(world, sampler, paths, psi)`."),
    "always_first": (_guided(draw=lambda now: now["first"]),
        "You always draw from the first sampler. Draw from the improved one, and weigh with it."),
    "first_weighs": (_guided(log_q=lambda now, paths: now["first"].log_density(paths)),
        "You weigh with the density of the first sampler. Ask the one that drew: `sampler.log_density(paths)`, with the current sampler."),
    "fits_demos": (_guided(improve=lambda now, paths, old: improve_sampler(now["world"], now["sampler"], now["demos"], now["psi"])),
        "You fit the sampler to the demonstrations. Step 4 uses the same `paths` that you drew."),
    "drawn_again": (_guided(improve=_drawn_again), "You draw once more to improve the sampler. Use the paths of step 1: each round draws once."),
    "no_entropy": (_guided(improve=lambda now, paths, old: improve_sampler(now["world"], now["sampler"], paths, now["psi"], entropy=0.0)),
        "Your sampler is improved without entropy: it heads for the single best trajectory. Leave `entropy` at 1."),
    "one_round_late": (_guided(lambda path, sampler, args: (path, _guide(*args[:4], args[4] - 1, *args[5:])[1])),
        "Your sampler is one round behind: it is not improved after the last step. Step 4 comes at the end of *each* round."),
    "fresh": (_guided(fresh=True),
        "Each round draws with the same random numbers: the seed is used anew. Pass `rng` on to `world.sample`, it moves on by itself."),
    "descent": (_guided(gradient=lambda d, s, w: w @ s - d.mean(axis=0)), "psi walks downhill. The gradient is demonstrations minus samples, and the step goes up: + step_size."),
    "sum_of_demos": (_guided(gradient=lambda d, s, w: d.sum(axis=0) - w @ s), "The demonstrations are added up. `sampled_gradient` takes their mean."),
    "unscaled": (_guided(gradient=lambda d, s, w: d.mean(axis=0) - len(s) * (w @ s)), "Your weights do not sum to 1. Normalise them."),
    "over_S": (_guided(gradient=lambda d, s, w: d.mean(axis=0) - w @ s / len(s)), "The samples are weighed *and* divided by their number. The weights sum to 1."),
    "mean_features": (_guided(features=lambda f: f.mean(axis=1)),
        "You average the samples' features over the steps. A trajectory's features are *summed* over them, as those of the demonstrations above."),
    "last_step": (_guided(features=lambda f: f[:, -1]), "You take the features of the last step. A trajectory's features are summed over all steps: `.sum(axis=1)`."),
    "ascent_of_log_Z": (_guided(gradient=lambda d, s, w: d.mean(axis=0) + w @ s), "The samples' features are added. The gradient takes them off."),
    "psi_only": (_guided(lambda path, sampler, args: (path[-1], sampler)), "You return the last psi. Asked are all: a list that begins with the psi given, `np.array(path)`."),
    "no_first": (_guided(lambda path, sampler, args: (path[1:], sampler)), "A row is missing. The path begins with the psi that you were given, and each round appends one: n_rounds + 1 rows."),
    "too_early": (_guided(lambda path, sampler, args: (np.vstack([path[:1], path[:-1]]), sampler)),
        "You append psi before the step, and so the first one twice. Append it after the step."),
    "in_place": (_guided(lambda path, sampler, args: (np.tile(path[-1], (len(path), 1)), sampler)),
        "All rows of your path are the same: `psi += …` changes the one array that every row is. Write `psi = psi + …`."),
    "no_path": (_guided(lambda path, sampler, args: path), "You return the path alone. Return the last sampler, too: `return np.array(path), sampler`."),
    "swapped": (_guided(lambda path, sampler, args: (sampler, path)), "The two are swapped: first the path, then the sampler."),
    "first_returned": (_guided(lambda path, sampler, args: (path, args[3])), "You return the sampler that you were given. Asked is the last one."),
    "steps_only": (_guided(lambda path, sampler, args: (np.vstack([path[:1], np.diff(path, axis=0)]), sampler)),
        "Your rows are the steps. Each row is psi after the step."),
    "solved": (_guided(draw=lambda now: now["world"].solve(now["psi"])), _SOLVED),
    "solved_next": (_guided(improve=lambda now, paths, old: now["world"].solve(now["psi"])), _SOLVED),
    "no_damping": (_guided(improve=lambda now, paths, old: improve_sampler(now["world"], now["sampler"], paths, now["psi"], damping=1e-9)), _OWN_DAMPING),
    "more_damping": (_guided(improve=lambda now, paths, old: improve_sampler(now["world"], now["sampler"], paths, now["psi"], damping=1.0)), _OWN_DAMPING),
    "as_many_as_demos": (lambda *args: _guide(*args[:5], len(args[1].states), *args[6:]),
        "You draw as many samples as there are demonstrations. A round draws `n_samples`: `starts` has that many rows."),
    "no_step_size": (lambda *args: _guide(*args[:6], 1.0, args[7]), "step_size plays no part in your steps."),
}


def _named(table: dict[str, tuple[Callable, str]]) -> tuple[Misconception, ...]:
    return tuple(Misconception(key, wrong, hint) for key, (wrong, hint) in table.items())


_LOST_LOG = "`math.exp` and `math.log` raise where numbers get too large, or 0. " + _UNSHIFTED
_OVERFLOW = {"OverflowError": _LOST_LOG, "ValueError: math": _LOST_LOG}
_LOST = _OVERFLOW | dict.fromkeys(
    ("TypeError: 'float' object", "TypeError: object of type 'float'", "AttributeError: 'float' object", "IndexError: too many indices"),
    "log_p may be a plain number, 0.0, which has no entries and no length. `returns + log_p - log_q` does for both.",
)

EXERCISES = [
    Exercise(
        name="importance_log_Z",
        title="log Z from samples",
        reference=importance_log_Z,
        form=KeptNumber("log Z"),
        problems=_weight_problems,
        parts=(
            Part("the logarithm of the mean weight", 1, _logarithms("log Z", "moderate")),
            Part("impossible samples count in N", 1, _logarithms("log Z", "impossible")),
            Part("returns and log-densities of ±1000", 1, _logarithms("log Z", "large")),
        ),
        misconceptions=_named(LOG_Z),
        hints=(
            "Write the logarithm of one sample's weight. Then: what is the logarithm of the mean of numbers of which you know the logarithms?",
            "The log weights are `returns + log_p - log_q`. `logsumexp` of them is the logarithm of the *sum* of the weights. How does a "
            "division by N look in logarithms?",
            "`log_weights = returns + log_p - log_q`, and return `logsumexp(log_weights) - np.log(len(returns))`.",
        ),
        errors=_LOST,
    ),
    Exercise(
        name="normalised_weights",
        title="Each sample's share",
        reference=normalised_weights,
        form=KeptArray("weights", "N"),
        problems=_weight_problems,
        parts=(
            Part("shares of the sum", 1, _logarithms("weights", "moderate")),
            Part("weight 0 for what is impossible", 1, _logarithms("weights", "impossible")),
            Part("returns and log-densities of ±1000", 1, _logarithms("weights", "large", 1e-3)),
        ),
        misconceptions=_named(SHARES),
        hints=(
            "A number that you add to all log weights multiplies all weights alike, and the shares stay. Which number makes exp safe?",
            "Subtract the largest log weight: then the largest weight is 1, none overflows, and the sum is at least 1. Take exp, then divide by the sum.",
            "`log_weights = returns + log_p - log_q`, `weights = np.exp(log_weights - log_weights.max())`, and return `weights / weights.sum()`.",
        ),
        errors=_LOST,
    ),
    Exercise(
        name="effective_sample_size",
        title="How many samples count?",
        reference=effective_sample_size,
        form=Number("ESS"),
        problems=_share_problems,
        parts=(Part("even shares", 1, _share(True)), Part("uneven weights", 1, _share(False))),
        misconceptions=_named(SIZES),
        hints=(
            "Try it with four weights of ¼: the answer should be 4. With one weight of 1 it should be 1.",
            "Square each weight and add the squares. For n even weights that is 1/n; you want n.",
            "Return `1.0 / (weights**2).sum()`.",
        ),
        errors={"ZeroDivisionError": "Some weights are 0. Square and add up first: the sum of squares is never 0."},
    ),
    Exercise(
        name="soft_lqr_step",
        title="One parabola back in time",
        reference=soft_lqr_step,
        form=Several(Array("gain", "M, D"), Array("covariance", "M, M"), Array("W of this step", "D, D"), Number("the constant")),
        problems=_lqr_problems,
        parts=(
            Part("the gain", 1, matches("gain", 0)),
            Part("the covariance", 1, matches("covariance", 1)),
            Part("the new value matrix", 1, _value),
            Part("the constant", 1, _constant),
        ),
        misconceptions=_named(LQR),
        hints=(
            "First Λ: what stands in Q between aᵀ and a? Everything else is made of Λ and of BᵀWA.",
            "`precision = action_cost - B.T @ value_matrix @ B` and `cross = B.T @ value_matrix @ A`. Then Σ is the inverse of the first, G is Σ "
            "times the second, and the last term of W is crossᵀ Σ cross.",
            "`covariance = np.linalg.inv(precision)`; `new = A.T @ value_matrix @ A - state_cost + cross.T @ covariance @ cross`; `constant = 0.5 * "
            "(len(precision) * np.log(2 * np.pi) - np.linalg.slogdet(precision)[1])`; return `covariance @ cross, covariance, new, constant`.",
        ),
        errors={
            "ValueError": "Mostly two shapes that do not fit. A and W are (D, D), B is (D, M): BᵀWB is (M, M), BᵀWA is (M, D). Products of matrices are `@`.",
            "LinAlgError": "A matrix has no inverse, or no Cholesky factor. Λ = C_a − BᵀWB has both, as W is negative or 0; W itself may be 0, and B is not square.",
        },
    ),
    Exercise(
        name="sampled_gradient",
        title="Which way is up, from samples?",
        reference=sampled_gradient,
        form=Array("the gradient", "K"),
        problems=_gradient_problems,
        parts=(Part("demonstrations minus weighted samples", 2, matches("the gradient")),),
        misconceptions=_named(SLOPES),
        hints=(
            "Two means: one of the demonstrations, all alike, and one of the samples, each with its weight.",
            "The weights sum to 1, so the weighted mean is a sum of weight times features over the samples. No division is left to be done.",
            "Return `demo_features.mean(axis=0) - weights @ sample_features`.",
        ),
        errors={
            "ValueError": "There are N demonstrations and S samples: subtract only after both are averaged, (K,) from (K,). The weights (S,) go with "
            "the rows of the samples: `weights @ sample_features`.",
            "IndexError": "There are N demonstrations and S samples, and S is not N: loop over each on its own.",
            "TypeError: axis": "The weights belong to the rows: `weights @ sample_features`, or `np.average(sample_features, axis=0, weights=weights)`.",
        },
    ),
    Exercise(
        name="mixture_log_density",
        title="Who might have drawn it?",
        reference=mixture_log_density,
        form=KeptArray("log q", "N"),
        problems=_mixture_problems,
        parts=(
            Part("the logarithm of the mean density", 1, _logarithms("log q", "moderate")),
            Part("samplers that cannot come", 1, _logarithms("log q", "impossible")),
            Part("log-densities of ±1000", 1, _logarithms("log q", "large")),
        ),
        misconceptions=_named(MIXTURES),
        hints=(
            "It is the first exercise again, a logarithm of a mean of exponentials: now one for each trajectory. Which axis goes away?",
            "`logsumexp` with `axis=0` adds up the densities of the J samplers. How does a division by J look in logarithms?",
            "Return `logsumexp(log_q_each, axis=0) - np.log(len(log_q_each))`.",
        ),
        errors=_OVERFLOW,
    ),
    Exercise(
        name="guided_cost_learning",
        title="Sampler and cost teach each other",
        reference=guided_cost_learning,
        form=Guided(),
        problems=_guided_problems,
        parts=(
            Part("the first round's step of psi", 1, _first_round),
            Part("the path of psi", 2, matches("path", 0)),
            Part("the last sampler", 1, _last_sampler),
        ),
        misconceptions=_named(GUIDED),
        hints=(
            "Four lines in a loop, in the order of the list. Which psi and which sampler does each of them need?",
            "`paths = world.sample(sampler, starts, rng)`; their features, summed over the steps, times psi are the returns; "
            "`sampler.log_density(paths)` is log_q; log_p is 0.0. `sampled_gradient` takes the demonstrations' features, those of the samples, and the weights.",
            "After the draw: `features = world.features(paths).sum(axis=1)`, `weights = normalised_weights(features @ psi, "
            "sampler.log_density(paths), 0.0)`, `psi = psi + step_size * sampled_gradient(demo_features, features, weights)`, `sampler = "
            "improve_sampler(world, sampler, paths, psi)`, `path.append(psi)`. At the end return `np.array(path), sampler`.",
        ),
        errors={
            "ValueError: log Z is infinite": "No sampler fits these rewards. Leave the damping of `improve_sampler` as it is, and hand over the current sampler.",
            "ValueError": "Mostly two shapes that do not fit. `world.features(paths)` is (N, T, K): sum over the steps, `.sum(axis=1)`. Then the returns are "
            "`features @ psi`, shape (N,).",
            "AttributeError": "`paths` has `.states` and `.actions`; features come from the world, `world.features(paths)`, and log-densities from the "
            "sampler, `sampler.log_density(paths)`.",
        },
    ),
    Exercise(
        name="demo_shares",
        title="Would the samples hear of them?",
        reference=demo_shares,
        form=KeptArray("shares", "N"),
        problems=_alarm_problems,
        parts=(
            Part("w / (w + the samples')", 1, _logarithms("shares", "moderate")),
            Part("samples of weight 0", 1, _logarithms("shares", "impossible")),
            Part("log weights of ±1000", 1, _logarithms("shares", "large", 1e-3)),
        ),
        misconceptions=_named(ALARMS),
        hints=(
            "The samples' weights are needed as a sum only, the same for every demonstration. What is its logarithm?",
            "The denominator has the logarithm log(w + Σ w_j), for each demonstration: `np.logaddexp` of its log weight and `logsumexp` of the samples'. "
            "How does a quotient look in logarithms?",
            "`total = np.logaddexp(demo_log_weights, logsumexp(sample_log_weights))`, and return `np.exp(demo_log_weights - total)`.",
        ),
        errors=_OVERFLOW
        | {"ValueError": "There are N demonstrations and S samples: add the samples up first, to one number. Then it goes with each demonstration."},
    ),
]
# fmt: on

QUIZZES = (
    Quiz(
        "what-a-good-score-says",
        "A sampler reports 950 of 1000 samples effective and a stated error of 0.007. Which sentence is safe?",
        (
            Option(
                "log Z is known to within about 0.014, two stated errors",
                "That is what the meadow said, at 199 of 200, and it was 5 nats off. The stated error holds if the "
                "sampler goes wherever the model goes, and the report cannot know whether it does.",
            ),
            Option(
                "The sampler is near the model, or the score would be lower",
                "If it were, the report would look like this. The report looks like this also where every sample "
                "missed the goal.",
            ),
            Option(
                "With 10,000 samples the score would be at least as good",
                "In the meadow it went the other way: with more samples some met the goal, and next to none were effective.",
            ),
            Option(
                "These samples have nearly even importance weights",
                "No more than that. It is so if the sampler is near the model, and also if it has never been to the "
                "place that matters. Weigh a few demonstrations, too: where they went and the samples did not, they show it.",
                right=True,
            ),
        ),
    ),
    Quiz(
        "which-sampler-first",
        "You may have one of two samplers: pushes half as spread as the model's, or pushes 1.2 times as spread. There are "
        "24 numbers to draw. Which do you take, and why?",
        (
            Option(
                "The narrow one: nearly all of its samples have high returns",
                "High returns are not large weights. What lies outside is hardly ever drawn, and its weights would be "
                "huge: the lesson's estimates at half the width were 3 nats too low.",
            ),
            Option(
                "The wide one: it is near, and its weights are bounded",
                "Wider than the model, an importance weight has a largest value, and 1.2 to the 24th power is not ruinous. Half as "
                "wide, weights have no bound and even an infinite variance, which no finite sample shows.",
                right=True,
            ),
            Option(
                "The wide one: too wide is safe, whatever the dimension",
                "1.2 is. At twice the width the estimates were about 2 nats too low, and with more dimensions the effective share falls "
                "exponentially: with 24 numbers 1.2 keeps a third, 1.5 about one in a hundred.",
            ),
            Option(
                "Either, if there are enough: weights make both right",
                "On average over endlessly many experiments, for Z. In the one experiment that you make, a sampler far "
                "from the model is nearly always too low.",
            ),
        ),
    ),
    Quiz(
        "cost-without-weights",
        "Somebody runs guided cost learning without importance weights. The samples look just like the demonstrations, the "
        "sampled gradient is 0. What do you know about the cost?",
        (
            Option(
                "It is right if the sampler is the model of that cost",
                "And nothing says that it is. A sampler too narrow for its cost matches with a cost that is too flat, in the "
                "lesson by 0.7. Importance weights would show it: at the end they would not be even.",
                right=True,
            ),
            Option(
                "It is the best fit, as the gradient of L is 0 there",
                "That gradient took the samples for the model's. What is 0 is the difference between demonstrations and "
                "*sampler*.",
            ),
            Option(
                "It has a wrong goal, which the samples do not show",
                "The goal was right, to 0.02 m. The scale is what suffered: the model spreads more than the demonstrations do.",
            ),
            Option(
                "Nothing, unless somebody tells you the true cost",
                "A sampler that imitates well holds a good deal about the cost. Planning with the cost of the lesson leads to "
                "the right place, with 1.4 times the variance.",
            ),
        ),
    ),
    Quiz(
        "two-good-reports",
        "Sampler A goes left of a post, sampler B right; each reports a log Z with a small error. A third of all "
        "trajectories of the *model* would go left, two thirds right, so A's report is lower. What is log Z?",
        (
            Option(
                "The mean of the two reports, as both are good estimates",
                "Each is the logarithm of a part. Parts of a sum are added, not averaged.",
            ),
            Option(
                "B's report, the larger one: an estimate is rarely too high",
                "That is the part on the right alone. A third of Z is missing from it.",
            ),
            Option(
                "The logarithm of the sum of A's part and B's part",
                "Z is a sum over all trajectories, and each has seen one part of it. The mixture does that sum, and also "
                "where the parts overlap, when adding them would count twice.",
                right=True,
            ),
            Option(
                "It cannot be told, as neither sampler goes both ways",
                "It can: together they go everywhere. Weigh each sample with the density of the mixture.",
            ),
        ),
    ),
)
