"""Checks of lesson 09: who did that, what it pays, and which part of it is a reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import (
    Array,
    Number,
    Policy,
    Several,
    close,
    difference,
    number,
)
from irl_course.checks.problems import size, worlds
from irl_course.checks.quiz import Option, Quiz
from irl_course.environments import random_mdp
from irl_course.inverse import adversarial
from irl_course.inverse.adversarial import airl_logit, newton_step
from irl_course.mdp import MDP
from irl_course.planning import greedy_policy, occupancy, soft_value_iteration, value_iteration

# --- forms and laws ------------------------------------------------------------------------


class _AnyNumbers:
    """Entries that are not finite spoil only the problems they come from."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the numbers, NaN and infinities left in."""
        if not isinstance(value, (np.ndarray, np.floating, float)) or np.isfinite(value).all():
            return super().read(value, expected)
        super().read(np.nan_to_num(value), expected)
        return np.asarray(value, dtype=np.float64)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two readings agree; all beyond measure counts as one."""
        if np.shape(value) != np.shape(other):
            return False
        bad = ~(np.abs(value) < 1e5)
        if (bad != ~(np.abs(other) < 1e5)).any():
            return False
        return bool(close(np.where(bad, 0.0, value), np.where(bad, 0.0, other)).all())


class Flexible(Array):
    """An array of one axis or two, as was asked for; `dims` are those of two."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read it beside one of the right shape."""
        one, *_ = self.dims.split(",")
        return Array(self.name, one if np.ndim(expected) == 1 else self.dims).read(value, expected)


class AnyArray(_AnyNumbers, Flexible):
    """An array in which NaN is wrong only where it is."""


class AnyNumber(_AnyNumbers, Number):
    """A number that may come out as NaN."""


def _where(name: str, applies: Callable) -> Callable:
    """The law that the answer agrees with the reference's, on the problems that it is about."""
    agrees = matches(name)
    return lambda case: agrees(case) if applies(case) else None


def _huge(case: Case) -> bool:
    return any(isinstance(arg, np.ndarray) and np.abs(arg).max() > 30 for arg in case.args)


def _sizes(name: str, points: tuple[int, int] = (1, 1)) -> tuple[Part, Part]:
    """One part for numbers as they come, one for huge ones."""
    return (
        Part("numbers as they come", points[0], _where(name, lambda case: not _huge(case))),
        Part("huge numbers", points[1], _where(name, _huge)),
    )


# --- problems ------------------------------------------------------------------------------


def _log_policy(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.log(0.9 * rng.dirichlet(np.ones(shape[-1]), size=shape[:-1]) + 0.1 / shape[-1])


def _logit_problems(rng: np.random.Generator) -> list[Problem]:
    """f and log pi, of both signs and all sizes."""
    even = _log_policy(rng, 5, 3)
    big, far = _log_policy(rng, 3, 4), rng.uniform(-1010.0, -990.0, 6)
    huge = rng.choice([-1.0, 1.0], (3, 4)) * rng.uniform(900.0, 1000.0, (3, 4))
    huge[0, :2] = 1000.0, -1000.0
    return [
        Problem("3 pairs", (rng.normal(size=3), np.log([0.2, 0.5, 0.3]))),
        Problem("2 states, 3 actions", (rng.normal(size=(2, 3)), _log_policy(rng, 2, 3))),
        Problem("6 states, 4 actions", (rng.normal(0, 2, (6, 4)), _log_policy(rng, 6, 4))),
        Problem("f = log pi in places", (even + (rng.random((5, 3)) < 0.6) * 1.5, even)),
        Problem("f near 1000 and -1000", (huge, big)),
        Problem("f and log pi near -1000", (far + rng.normal(size=6), far)),
    ]


def _discriminator_problems(rng: np.random.Generator) -> list[Problem]:
    log_pi = _log_policy(rng, 2, 3)
    log_pi[[0, 1], [2, 0]] = -np.inf
    never = Problem("log pi = -inf in places", (rng.normal(size=(2, 3)), log_pi))
    return [*_logit_problems(rng), never]


def _loss_problems(rng: np.random.Generator) -> list[Problem]:
    def logits(n: int, scale: float = 1.5) -> np.ndarray:
        return rng.normal(0.3, scale, n)

    def huge(n: int) -> np.ndarray:
        signs = rng.permutation(np.resize([1.0, -1.0], n))
        return signs * rng.uniform(700.0, 1000.0, n)

    return [
        Problem("one of each", (logits(1), logits(1))),
        Problem("2 of the expert, 3 of the policy", (logits(2), logits(3))),
        Problem("7 and 4, the discriminator is good", (logits(7) + 2.0, logits(4) - 2.0)),
        Problem("a coin, 3 and 5", (np.zeros(3), np.zeros(5))),
        Problem("6 and 20", (logits(6, 3.0), logits(20, 3.0))),
        Problem("logits near 60", (60.0 + logits(2), 60.0 + logits(3))),
        Problem("huge logits, 3 and 4", (huge(3), huge(4))),
        Problem("sure, and wrong", (np.array([-1000.0, -2.0]), np.array([900.0, 1.0, 0.0]))),
        Problem("sure, and right", (np.array([1000.0, 2.0]), np.array([-900.0, -1.0, 0.5]))),
    ]


def _occupancy_problems(rng: np.random.Generator) -> list[Problem]:
    def shares(*shape: int) -> np.ndarray:
        return rng.dirichlet(np.ones(np.prod(shape))).reshape(shape)

    def counts(*shape: int) -> np.ndarray:
        return rng.integers(1, 30, shape)

    holes = [rng.integers(1, 9, (4, 3)) * (rng.random((4, 3)) < 0.7) for _ in range(2)]
    for some in holes:
        some[0], some[1, 0] = 0, 0
        some[3] += 1
    holes[0][2], holes[1][1] = (0, 4, 0), (0, 0, 5)
    return [
        Problem("2 states, 3 actions", (shares(2, 3), shares(2, 3))),
        Problem("states alone, shape (4, 1)", (shares(4, 1), shares(4, 1))),
        Problem("both sum to 10", (10 * shares(5, 3), 10 * shares(5, 3))),
        Problem("sums of 1 and 20", (shares(3, 2), 20.0 * shares(3, 2))),
        Problem("counts", (3 * counts(4, 3), counts(4, 3))),
        Problem("tiny sums", (1e-12 * shares(3, 4), 3e-11 * shares(3, 4))),
        Problem("places where nobody is", (holes[0] / holes[0].sum(), holes[1] / holes[1].sum())),
        Problem("places where nobody is, counts", (holes[0], 3 * holes[1])),
    ]


def _holes(case: Case) -> bool:
    return bool((case.args[0] + case.args[1] == 0).any())


def _other_units(case: Case) -> bool:
    first, second = (arg.sum() for arg in case.args)
    return not np.isclose(first, second, rtol=1e-6, atol=0.0)


def _reward_problems(rng: np.random.Generator) -> list[Problem]:
    huge = np.array([[1000.0, -1000.0, 60.0], [0.5, -800.0, 900.0]]) + rng.normal(size=(2, 3))
    return [
        Problem("3 pairs", (rng.normal(size=3),)),
        Problem("2 states, 3 actions", (rng.normal(0, 2, (2, 3)),)),
        Problem("5 states, 4 actions", (rng.normal(0, 3, (5, 4)),)),
        Problem("a coin in places", (rng.normal(size=(4, 2)) * [[0.0, 1.0]],)),
        Problem("huge logits", (huge,)),
        Problem("a huge logit", (np.array([1000.0, rng.normal()]),)),
    ]


def _gradient_problems(rng: np.random.Generator) -> list[Problem]:
    def drawn(n: int, k: int, spread: float = 1.0) -> list[np.ndarray]:
        features = rng.uniform(0.0, 2.0, (n, k)) + rng.normal(size=k)
        log_p, log_q = log_softmax(spread * rng.normal(size=(2, n)), axis=1)
        return [features, log_p, log_q, rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n))]

    best = drawn(6, 2)
    best[2], best[4] = best[1], np.exp(best[1])
    exact = drawn(9, 3)
    exact[4] = np.exp(exact[2])
    gaps = drawn(8, 3)
    gaps[3], gaps[4] = np.repeat([[0.25], [0.0]], 4, axis=0)[:, 0], np.resize([0.0, 0.25], 8)
    low = drawn(7, 2)
    low[1:3] = [log - rng.uniform(990.0, 1010.0) for log in (low[1], low[1] + rng.normal(size=7))]
    wide = drawn(7, 3)
    wide[1] = wide[1] - 1000.0 * np.resize([0, 1, 0], 7)
    wide[2] = wide[2] - 900.0 * np.resize([1, 0, 0], 7)
    low[2] = low[1] + rng.normal(size=7)
    listed = [
        ("", drawn(3, 2)),
        ("all that there are", exact),
        ("q = p", best),
        ("some never seen", gaps),
        ("far apart", drawn(12, 4, 2.0)),
        ("log densities near -1000", low),
        ("certain for some", wide),
    ]
    return [
        Problem(
            f"{len(a[0])} trajectories, {a[0].shape[1]} features{said and ', '}{said}", tuple(a)
        )
        for said, a in listed
    ]


def _airl_logit_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for k, (_, mdp) in enumerate(worlds(rng)):
        S, A = mdp.n_states, mdp.n_actions
        gamma = mdp.gamma if k == 0 else round(rng.uniform(0.2, 0.99), 2)
        other = "" if k == 0 else f" (the world's own: {mdp.gamma:g})"
        for g, said in ((rng.normal(size=S), "g(s)"), (rng.normal(size=(S, A)), "g(s, a)")):
            h = rng.normal(0.0, 2.0, S) + 1.0
            label = f"{said}, {S} states, {A} actions, gamma = {gamma:g}{other}"
            asked.append(Problem(label, (g, h, gamma, mdp)))
    return asked


# --- the game of AIRL ----------------------------------------------------------------------


def _log_pi(mdp: MDP, f: np.ndarray) -> np.ndarray:
    """Log of the soft planner's policy, (S, A)."""
    V, Q, _ = soft_value_iteration(mdp, f, tol=1e-10)
    return Q - V[:, None]


def _slope(p: np.ndarray, q: np.ndarray, D: np.ndarray) -> np.ndarray:
    return p * (1.0 - D) - q * D


def _curvature(p: np.ndarray, q: np.ndarray, D: np.ndarray) -> np.ndarray:
    return (p + q) * D * (1.0 - D)


def _game(
    *,
    part: float = 0.5,
    slope: Callable = _slope,
    curvature: Callable = _curvature,
    logit: Callable = airl_logit,
    D: Callable = lambda f, log_pi: expit(f - log_pi),
    log_pi: Callable = _log_pi,
    expert_share: Callable = lambda mdp, visits: visits / visits.sum(),
    policy_share: Callable = lambda mdp, pi: (1.0 - mdp.gamma) * occupancy(mdp, pi),
    moves: tuple[float, float] = (1.0, 1.0),
    rounds: Callable = lambda n: n,
    form: Callable = lambda state_only: state_only,
    last_plan: bool = True,
    then: Callable = lambda mdp, f, g, h, pi: (g, h, pi),
) -> Callable:
    """The lesson's `airl`, with parts to take out for the mistakes."""

    def airl(mdp: MDP, expert_occupancy: np.ndarray, state_only: bool, n_steps: int) -> tuple:
        expert, only = expert_share(mdp, expert_occupancy), form(state_only)
        g, h = np.zeros(expert.shape[0] if only else expert.shape), np.zeros(mdp.n_states)
        for _ in range(rounds(n_steps)):
            f = logit(g, h, mdp.gamma, mdp)
            log = log_pi(mdp, f)
            policy, d = policy_share(mdp, np.exp(log)), D(f, log)
            steps = newton_step(mdp, slope(expert, policy, d), curvature(expert, policy, d), only)
            g, h = (x + part * c * step for x, c, step in zip((g, h), moves, steps, strict=True))
        if last_plan:
            f = logit(g, h, mdp.gamma, mdp)
        return then(mdp, f, g, h, np.exp(log_pi(mdp, f)))

    return airl


def _airl_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for S, A, gamma, state_only, unit, rounds in (
        (3, 4, 0.5, True, 1.0, 24),
        (4, 3, 0.6, False, 1.0, 40),
        (6, 4, 0.8, True, 20.0, 60),
        (9, 4, 0.9, True, 0.1, 60),
        (8, 3, 0.9, False, 7.0, 60),
    ):
        args = _task(rng, S, A, gamma, state_only, unit, rounds)
        while S == 9 and np.abs(_game(part=1.0)(*args)[2] - _clone(args[1])).max() < 0.05:
            args = _task(rng, S, A, gamma, state_only, unit, rounds)  # whole steps would settle
        asked.append(Problem(f"{_said(args)}, {rounds} rounds", args))
    for state_only, unit, rounds in (
        (True, 1.0, 1),
        (False, 3.0, 1),
        (True, 0.5, 2),
        (False, 1.0, 2),
    ):
        args = _task(rng, 5, 3, 0.7, state_only, unit, rounds)
        asked.append(Problem(f"{_said(args)}, {rounds} round{'s' * (rounds > 1)}", args))
    mdp, visits, *_ = _task(rng, 6, 4, 0.7, False, 1.0, 60)
    args = mdp, visits, True, 60
    return [*asked, Problem(f"{_said(args)}, 60 rounds, {_MINDS}", args)]


_MINDS = "the expert minds the action"


def _said(args: tuple) -> str:
    mdp, visits, state_only, _ = args
    return f"{'g(s)' if state_only else 'g(s, a)'}, {size(mdp)}, {number(visits.sum())} visits"


def _task(
    rng: np.random.Generator, S: int, A: int, gamma: float, state_only: bool, unit: float, n: int
) -> tuple:
    """An expert who minds the state, or where g(s, a) is asked for, the action as well."""
    while True:
        mdp = random_mdp(S, A, gamma, rng, 2)
        own = np.repeat(np.eye(S), A, axis=0)
        of_g_and_h = np.hstack([own, gamma * mdp.P.reshape(S * A, S) - own])
        if np.linalg.svd(of_g_and_h, compute_uv=False)[-2] > 0.2:
            break  # else data hardly tell g(s) from h
    reward = rng.normal(size=(S, 1 if state_only else A))
    pi = np.exp(_log_pi(mdp, np.broadcast_to(reward, (S, A))))
    return mdp, unit * occupancy(mdp, pi), state_only, n


def _clone(visits: np.ndarray) -> np.ndarray:
    return visits / visits.sum(axis=1, keepdims=True)


class Reward(Flexible):
    """g, of shape (S,) or (S, A)."""

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two games went the same way, as far as rounding lets them."""
        return np.shape(value) == np.shape(other) and np.allclose(value, other, 1e-2, 1e-3)


class Shaping(Array):
    """h, compared like g."""

    same = Reward.same


class Imitator(Policy):
    """pi, compared like g."""

    same = Reward.same


def _short(case: Case) -> bool:
    return case.args[3] < 3


def _fits(case: Case) -> bool:
    return not _short(case) and _MINDS not in case.problem.label


def _f(mdp: MDP, g: np.ndarray, h: np.ndarray, like: np.ndarray) -> np.ndarray:
    """f, moved to the mean of another if g has been centred and h has not."""
    f = airl_logit(g, h, mdp.gamma, mdp)
    if min(abs(np.median(g)), abs(g.mean())) < 1e-9:
        f = f + np.mean(like - f)
    return f


def _first_rounds(case: Case) -> str | None:
    """After a round or two f and pi are not yet the expert's: each step shows."""
    if not _short(case):
        return None
    mdp = case.args[0]
    wanted = airl_logit(case.expected[0], case.expected[1], mdp.gamma, mdp)
    f = _f(mdp, case.out[0], case.out[1], wanted)
    return difference("f of g and h: f", f, wanted, 1e-3) or difference(
        "pi", case.out[2], case.expected[2], 1e-3
    )


def _imitates(case: Case) -> str | None:
    """The expert's policy, or as near to it as a g(s) comes."""
    if _short(case):
        return None
    wanted = _clone(case.args[1]) if _fits(case) else case.expected[2]
    return difference("pi", case.out[2], wanted, 0.01)


def _is_the_reward(case: Case) -> str | None:
    """g(s), with its mean at 0, beside the reward that the reference has found."""
    if not case.args[2] or not _fits(case):
        return None
    g, reward = case.out[0], case.expected[0]
    return difference("g - mean(g)", g - g.mean(), reward - reward.mean(), 0.02)


def _explains(case: Case) -> str | None:
    """f is log pi, but for a constant if g has been centred."""
    if not _fits(case):
        return None
    wanted = np.log(_clone(case.args[1]))
    f = _f(case.args[0], case.out[0], case.out[1], wanted)
    return difference("f of g and h should end as log pi: f", f, wanted, 0.03)


# --- misconceptions ------------------------------------------------------------------------

M = Misconception
_CLIPS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)


def _with_D(take: Callable) -> Callable:
    """A reward from log(D), log(1 - D), for a D that was computed first."""
    return lambda *args: take(expit(args[0] if len(args) == 1 else args[0] - args[1]))


def _loss(on_expert: Callable, on_policy: Callable, mean: Callable = np.mean) -> Callable:
    return lambda x, y: float(mean(on_expert(x)) + mean(on_policy(y)))


def _no(x: np.ndarray) -> np.ndarray:
    return -log_expit(-x)


def _yes(x: np.ndarray) -> np.ndarray:
    return -log_expit(x)


def _clipped_loss(tiny: float) -> Callable:
    def log(D: np.ndarray) -> np.ndarray:
        return np.log(np.clip(D, tiny, 1 - tiny))

    return _loss(lambda x: -log(expit(x)), lambda x: -log(1.0 - expit(x)))


def _share(visits: np.ndarray) -> np.ndarray:
    return visits / visits.sum()


def _by_state(visits: np.ndarray) -> np.ndarray:
    total = visits.sum(axis=1, keepdims=True)
    return visits / np.where(total > 0, total, 1.0)


def _ratio(p: np.ndarray, q: np.ndarray, nobody: float = 0.5) -> np.ndarray:
    return np.where(p + q > 0, p / np.where(p + q > 0, p + q, 1.0), nobody)


def _mix(weight: Callable) -> Callable:
    """Gradients that are features times a weight of each trajectory: weight(p, q, D, E, G)."""

    def gradient(
        features: np.ndarray, log_p: np.ndarray, log_q: np.ndarray, E: np.ndarray, G: np.ndarray
    ) -> np.ndarray:
        return weight(np.exp(log_p), np.exp(log_q), expit(log_p - log_q), E, G) @ features

    return gradient


def _logits(make: Callable) -> Callable:
    """AIRL's logit from g (S, A), h (S, 1), E[h(s')], gamma and the world."""

    def logit(g: np.ndarray, h: np.ndarray, gamma: float, mdp: MDP) -> np.ndarray:
        own = np.broadcast_to(g[:, None] if g.ndim == 1 else g, mdp.P.shape[:2])
        return make(own, h[:, None], mdp.P @ h, gamma, mdp)

    return logit


_FLIPPED = "The labels are flipped: D is the probability that it was the *expert*. Where f is far above log pi, D is near 1."
_SURE = "A logit of 1000 makes D exactly 1 for the computer, and log(1 − D) minus infinity. Stay with the logit: log(1 − D) is `log_expit(-x)`."
_CUT = "You keep D away from 0 and 1 by a tiny number. That cuts off what a logit of 1000 costs: stay with the logit, `log_expit`."
_OCCUPANCIES = "Both must be shares that sum to 1. The expert's visits come in any unit: divide by their sum; the policy's `occupancy` sums to 1/(1 − gamma)."


# fmt: off
EXERCISES = [
    Exercise(
        name="discriminator",
        title="Who did that?",
        reference=adversarial.discriminator,
        form=AnyArray("D", "S, A"),
        problems=_discriminator_problems,
        parts=_sizes("D"),
        misconceptions=(
            M("flipped", lambda f, lp: expit(lp - f), _FLIPPED),
            M("overflow", lambda f, lp: np.exp(f) / (np.exp(f) + np.exp(lp)),
                "e^f is infinite for f = 1000, and 0 for −1000, so that you divide inf by inf or 0 by 0. Divide above and below by e^f first."),
            M("other_overflow", lambda f, lp: 1 / (1 + np.exp(lp) / np.exp(f)),
                "e^f on its own is 0 or infinite for a huge f. Subtract the logarithms *before* taking exp: exp(log pi − f)."),
            M("log_pi_for_pi", lambda f, lp: np.exp(f) / (np.exp(f) + lp), "You add log pi where pi belongs: what is given is the logarithm."),
            M("pi_for_log_pi", lambda f, lp: expit(f - np.exp(lp)), "You subtract pi. What is left after dividing by e^f is exp(log pi − f): the logarithm is what is given."),
            M("pi_left_out", lambda f, lp: expit(f), "pi is missing: expit(f) is GAIL's free D. Where f = log pi, D must be a half."),
            M("plus", lambda f, lp: expit(f + lp), "You add log pi. pi speaks against the expert: the logit is f − log pi."),
            M("f_for_density", lambda f, lp: f / (f + np.exp(lp)), "f is the *logarithm* of what stands for the expert's probability: e^f / (e^f + pi)."),
            M("logit", lambda f, lp: f - lp, "That is the logit of D. D itself is between 0 and 1: `expit` of it."),
            M("log_D", lambda f, lp: log_expit(f - lp), "You return log D; D is asked for."),
            M("softmax", lambda f, lp: softmax(np.minimum(f - lp, 1e6), axis=-1), "You normalise over the actions. Each pair is judged by itself: expert or policy?"),
            M("softmax_f", lambda f, lp: softmax(f, axis=-1), "You make a policy of f. Each pair is judged by itself: e^f against pi."),
            M("ratio", lambda f, lp: np.exp(f - lp), "That is the ratio e^f / pi. D compares e^f with the *sum* of both."),
            M("half", lambda f, lp: np.exp(f) / (np.exp(f) + np.exp(lp)) / 2, "D is half as large as it should be: at f = log pi it must be 1/2."),
            M("patched", lambda f, lp: np.nan_to_num(np.exp(f) / (np.exp(f) + np.exp(lp))),
                "inf/inf and 0/0 are patched by a 0, where D may be anything. Divide above and below by e^f first."),
            M("patched_half", lambda f, lp: np.nan_to_num(np.exp(f) / (np.exp(f) + np.exp(lp)), nan=0.5),
                "inf/inf and 0/0 are patched by a half, where D may be anything. Divide above and below by e^f first."),
            M("cut_f", lambda f, lp: expit(np.clip(f, -500, 500) - lp), "You cut f off. Only f − log pi matters, and `expit` takes it at any size."),
            M("log_pi_for_pi_below", lambda f, lp: 1 / (1 + lp * np.exp(-f)), "You multiply by log pi, where pi belongs: what is given is the logarithm."),
            M("never_0", lambda f, lp: np.where(np.isinf(lp), 0.0, expit(f - lp)), "What the policy never does can only be the expert's: with pi = 0, D = e^f / e^f = 1."),
            M("cut", lambda f, lp: np.clip(expit(f - lp), 0.01, 0.99), "You keep D away from 0 and 1. It may be either: `expit` is as good there."),
            M("hard", lambda f, lp: (f > lp) * 1.0, "You decide. D is a probability: 1/2 where f = log pi, and near it nearby."),
            M("tanh", lambda f, lp: np.tanh(f - lp), "tanh goes from −1 to 1. A probability needs 1/(1 + e^−x)."),
        ),
        hints=(
            "Divide above and below by $e^f$. A 1 is left above; what is left below?",
            "$D = 1 / (1 + e^{\\log \\pi - f})$. That is the logistic function at $f - \\log\\pi$.",
            "`return expit(logit_reward - log_pi)`",
        ),
    ),
    Exercise(
        name="discriminator_loss",
        title="How good is it?",
        reference=adversarial.discriminator_loss,
        form=AnyNumber("the loss"),
        problems=_loss_problems,
        parts=_sizes("the loss"),
        misconceptions=(
            M("sign", lambda x, y: -_loss(_yes, _no)(x, y), "That is the mean log-likelihood, 0 or less. A loss is what you lose: minus that."),
            M("flipped", _loss(_no, _yes), "The labels are flipped: the expert's pairs are to get a high D, the policy's a low one."),
            M("log_D_twice", _loss(_yes, _yes), "At the policy's pairs the truth is *not the expert*: it had probability 1 − D, with the logit −x."),
            M("not_twice", _loss(_no, _no), "At the expert's pairs the truth had probability D, not 1 − D."),
            M("minus", lambda x, y: float(np.mean(_yes(x)) - np.mean(_no(y))), "The two halves are added: both are losses."),
            M("minus_log_D", _loss(_yes, lambda y: -_yes(y)), "For the policy's pairs log(1 − D) is asked, `log_expit(-y)`; it is not −log D."),
            M("overflow", _loss(lambda x: -np.log(expit(x)), lambda y: -np.log(1.0 - expit(y))), _SURE),
            M("overflow_log1p", _loss(lambda x: np.log1p(np.exp(-x)), lambda y: np.log1p(np.exp(y))),
                "exp(1000) is infinite. `log_expit` (or `np.logaddexp(0, x)`) takes a logit of any size."),
            *(M(f"clipped_{tiny:g}", _clipped_loss(tiny), _CUT) for tiny in _CLIPS),
            M("sums", _loss(_yes, _no, np.sum), "You add up over the pairs. Take the *mean* over the expert's, plus the mean over the policy's."),
            M("together", lambda x, y: float(np.mean([*_yes(x), *_no(y)])),
                "You average over all pairs together. Each side has a mean of its own: there may be more of one than of the other."),
            M("twice_together", lambda x, y: 2 * float(np.mean([*_yes(x), *_no(y)])),
                "One mean over all pairs gives the larger side more weight. Each side has its own mean."),
            M("half", lambda x, y: _loss(_yes, _no)(x, y) / 2, "That is half of it: the two means are added, not averaged. A coin loses 2 log 2."),
            M("bits", lambda x, y: _loss(_yes, _no)(x, y) / np.log(2), "You take logarithms to the base 2. Here they are natural: a coin loses 2 log 2 = 1.386."),
            M("probabilities", _loss(lambda x: -np.log(x), lambda y: -np.log(1 - y)), "The arguments are logits, not probabilities: log D is `log_expit(x)`."),
            M("logits", _loss(lambda x: -x, lambda y: y), "You average the logits themselves. The loss is −log D and −log(1 − D)."),
            M("expert_only", lambda x, y: float(np.mean(_yes(x))), "The policy's half is missing: whoever always says *expert* would lose nothing."),
            M("policy_only", lambda x, y: float(np.mean(_no(y))), "The expert's half is missing: whoever always says *policy* would lose nothing."),
            M("of_the_mean", lambda x, y: float(_yes(np.mean(x)) + _no(np.mean(y))), "You average the logits and take the loss of that. Take the loss of each pair, then the mean."),
            M("log_mean_D", lambda x, y: float(-np.log(np.mean(expit(x))) - np.log(np.mean(expit(-y)))), "You take the logarithm of a mean. The mean of the logarithms is asked."),
            M("no_log", _loss(lambda x: 1 - expit(x), lambda y: expit(y)), "The logarithm is missing: each pair loses −log of the probability that the truth got."),
            M("cut_short", lambda x, y: float(np.mean(_yes(x[: len(y)]) + _no(y[: len(x)]))), "You cut the longer side to the length of the other. Each side has a mean of its own, over all its pairs."),
            M("squares", _loss(lambda x: (1 - expit(x)) ** 2, lambda y: expit(y) ** 2), "You take squares. This loss is logarithmic: −log D and −log(1 − D)."),
        ),
        hints=(
            "At the expert's pairs the truth had probability D, at the policy's 1 − D. Their logits are x and −x.",
            "`log_expit(x)` is log D, and `log_expit(-x)` is log(1 − D). Take a mean for each side, and minus their sum.",
            "`return float(-log_expit(logit_expert).mean() - log_expit(-logit_policy).mean())`",
        ),
        errors={"ValueError": "There are not as many pairs of the expert as of the policy: one mean for each, then add."},
    ),
    Exercise(
        name="optimal_discriminator",
        title="The best there is",
        reference=adversarial.optimal_discriminator,
        form=AnyArray("D", "S, A"),
        problems=_occupancy_problems,
        parts=(
            Part("visits in one unit", 1, _where("D", lambda c: not _holes(c) and not _other_units(c))),
            Part("visits in different units", 1, _where("D", lambda c: not _holes(c) and _other_units(c))),
            Part("a half where nobody is", 1, _where("D", _holes)),
        ),
        misconceptions=(
            M("units", lambda p, q: _ratio(p, q), "You compare raw visits. One of them may be in counts: divide each by its own sum first."),
            M("units_nan", lambda p, q: p / (p + q), "You compare raw visits: divide each by its own sum. And where nobody is, 0/0 must be 1/2."),
            M("by_state", lambda p, q: _ratio(_by_state(p), _by_state(q)),
                "You divide by the sum of each *state*, and compare policies. How often they are in the state counts, too: one sum for all."),
            M("by_action", lambda p, q: _ratio(p / np.maximum(p.sum(axis=0), 1e-300), q / np.maximum(q.sum(axis=0), 1e-300)),
                "`sum(axis=0)` is a sum for each action. The share is of everything: `.sum()`."),
            M("flipped", lambda p, q: _ratio(_share(q), _share(p)), "The labels are flipped: above the line stands the *expert's* share."),
            M("ratio", lambda p, q: _share(p) / _share(q), "That is the density ratio p/q. D = p / (p + q), between 0 and 1."),
            M("raw_ratio", lambda p, q: p / q, "That is a ratio of visits. D = p / (p + q) of the shares, between 0 and 1."),
            M("ratio_zeros", lambda p, q: np.nan_to_num(_share(p) / _share(q)), "That is the density ratio p/q, and a huge number where q is 0. D = p / (p + q), between 0 and 1."),
            M("logit", lambda p, q: np.log(_share(p)) - np.log(_share(q)), "That is the logit of D, log p − log q. D itself is p / (p + q)."),
            M("nan", lambda p, q: _share(p) / (_share(p) + _share(q)), "Where nobody ever is you divide 0 by 0. The answer there is 1/2."),
            M("nobody_0", lambda p, q: _ratio(_share(p), _share(q), 0.0), "Where nobody ever is you say *the policy, surely*. You know nothing there: 1/2."),
            M("nobody_1", lambda p, q: _ratio(_share(p), _share(q), 1.0), "Where nobody ever is you say *the expert, surely*. You know nothing there: 1/2."),
            *(
                M(f"tiny_{tiny:g}_{said}", wrong, "A tiny number below the line does not make 0/0 a half, and may be larger than the shares. Treat the empty places apart: `np.where`.")
                for tiny in (1e-6, 1e-8, 1e-9, 1e-10, 1e-12)
                for said, wrong in (
                    ("raw", lambda p, q, tiny=tiny: _share(p + tiny) / (_share(p + tiny) + _share(q + tiny))),
                    ("units", lambda p, q, tiny=tiny: p / (p + q + tiny)),
                )
            ),
            M("difference", lambda p, q: _share(p) - _share(q), "That is the difference of the shares. D is the expert's *part* of both: p / (p + q)."),
            M("half", lambda p, q: _ratio(_share(p), _share(q)) / 2, "D is half as large as it should be: equal shares must give 1/2."),
            M("log_shares", lambda p, q: np.log(_share(p)) / (np.log(_share(p)) + np.log(_share(q))), "No logarithms here: p / (p + q), of the shares."),
            M("one_share", lambda p, q: _ratio(_share(p), q), "Only the expert's visits are made shares. Divide the policy's by their sum, too."),
            M("other_share", lambda p, q: _ratio(p, _share(q)), "Only the policy's visits are made shares. Divide the expert's by their sum, too."),
            M("largest", lambda p, q: _ratio(p / p.max(), q / q.max()), "You divide by the largest entry. Shares sum to 1: divide by the sum."),
            M("states", lambda p, q: _ratio(*(_share(v).sum(axis=1, keepdims=True) + 0.0 * v for v in (p, q))), "You compare states. What is done there counts, too: shares of pairs."),
            M("both_there", lambda p, q: np.where((p > 0) & (q > 0), _ratio(_share(p), _share(q)), 0.5), "Where only one of them goes, D is 1 or 0. One half is for places where *neither* is."),
            M("one_more", lambda p, q: _ratio(_share(p + 1), _share(q + 1)), "You add a visit everywhere, which changes all shares. Treat the empty places apart: `np.where`."),
            M("mixture", lambda p, q: np.where(p + q > 0, 2, 1) * _ratio(_share(p), _share(q)), "You divide by the mixture of halves: twice D. A D is at most 1."),
            M("likelier", lambda p, q: np.where(_share(p) == _share(q), 0.5, _share(p) > _share(q)), "You decide for one of them. D is a probability: p / (p + q)."),
            M("expert_alone", lambda p, q: _share(p), "That is the expert's share. How large is it beside the policy's? p / (p + q)."),
        ),
        hints=(
            "First make shares: each occupancy over its own sum. Then the formula of the text.",
            "`p = expert_occupancy / expert_occupancy.sum()`, the same for q, and p / (p + q). Where p + q is 0, the answer is 1/2: what does "
            "`np.where` compute in both branches?",
            "`seen = p + q > 0`, then `np.where(seen, p / np.where(seen, p + q, 1.0), 0.5)`.",
        ),
        errors={"IndexError": "The arrays may have one column only, shape (S, 1): work on the whole array."},
    ),
    Exercise(
        name="gail_reward",
        title="Paid for being mistaken for the expert",
        reference=adversarial.gail_reward,
        form=AnyArray("the reward", "S, A"),
        problems=_reward_problems,
        parts=_sizes("the reward"),
        misconceptions=(
            M("centred", lambda x: -log_expit(-x) - np.log(2), "You take log 2 away, so that a coin is paid nothing. GAIL's reward is −log(1 − D) as it is."),
            M("cut_logits", lambda x: -log_expit(-np.clip(x, -50, 50)), "You cut the logits off. `log_expit` takes them of any size."),
            M("log_D", log_expit, "log D rises with D, too, but is never positive. Asked is −log(1 − D), never negative."),
            M("minus_log_D", _yes, "−log D *falls* as D rises: it pays for being caught. Asked is −log(1 − D), and 1 − D has the logit −x."),
            M("sign", lambda x: log_expit(-x), "The sign: log(1 − D) is never positive, and falls as D rises. Asked is minus that."),
            M("logit", lambda x: 1.0 * x, "That is the logit itself, log D − log(1 − D). Asked is its second half alone."),
            M("minus_logit", lambda x: -x, "You turn the logit around. Asked is −log(1 − D), which rises with the logit."),
            M("logit_for_D", lambda x: -np.log(1.0 - x), "The argument is the logit, not D. 1 − D has the logit −x: `log_expit(-x)` is its logarithm."),
            M("overflow", _with_D(lambda D: -np.log(1.0 - D)), _SURE),
            M("overflow_log1p", lambda x: np.log1p(np.exp(x)), "exp(1000) is infinite. `log_expit` takes a logit of any size."),
            *(M(f"clipped_{tiny:g}", _with_D(lambda D, t=tiny: -np.log(1.0 - np.clip(D, t, 1 - t))), _CUT) for tiny in _CLIPS),
            M("D", expit, "That is D. The reward is −log(1 − D)."),
            M("not_D", lambda x: expit(-x), "That is 1 − D. The reward is minus its logarithm."),
            M("odds", np.exp, "That is D / (1 − D). The reward is −log(1 − D)."),
            M("inverse", lambda x: 1.0 + np.exp(x), "That is 1 / (1 − D). Its logarithm is asked."),
            M("relu", lambda x: np.maximum(x, 0.0), "That is nearly it for huge logits. But a coin must be paid log 2."),
            M("bits", lambda x: -log_expit(-x) / np.log(2), "You take logarithms to the base 2. Here they are natural: a coin is paid log 2 = 0.693."),
            M("loss", lambda x: -log_expit(x) - log_expit(-x), "You add both halves of the loss. The reward is the policy's alone: −log(1 − D)."),
        ),
        hints=(
            "1 − D is the probability of the opposite. What is its logit?",
            "The logit of 1 − D is −x, and `log_expit` makes the logarithm of a probability from a logit.",
            "`return -log_expit(-logit)`",
        ),
    ),
    Exercise(
        name="gan_gcl_gradient",
        title="What the slope of a discriminator knows",
        reference=adversarial.gan_gcl_gradient,
        form=AnyArray("the slope", "K"),
        problems=_gradient_problems,
        parts=_sizes("the slope", (2, 1)),
        misconceptions=(
            M("descent", _mix(lambda p, q, D, E, G: G * D - E * (1 - D)), "The sign: that is the slope of the loss itself. Asked is −∇ℓ, the direction in which the loss *falls*."),
            M("flipped", _mix(lambda p, q, D, E, G: E * D - G * (1 - D)),
                "D and 1 − D have changed places. The derivative of log D, at the expert's, is 1 − D times that of the logit."),
            M("maxent", _mix(lambda p, q, D, E, G: E - p), "That is lesson 06's gradient. This discriminator knows the model only through the weights w, at what expert and generator did."),
            M("half_maxent", _mix(lambda p, q, D, E, G: (E - p) / 2), "That is half of lesson 06's gradient, which this slope is only where q = p. The weights are 1 − D at what the expert did, and D at what the generator did."),
            M("expert_whole", _mix(lambda p, q, D, E, G: E - G * D), "1 − D is missing at the expert's: the derivative of log D is 1 − D times that of the logit."),
            M("Z_moves", lambda f, lp, lq, E, G: (E * (1 - expit(lp - lq)) - G * expit(lp - lq)) @ (f - np.exp(lp) @ f),
                "You take the derivative of log Z along: a right thought if Z moved with psi. Here Z is held fixed, and the logit's derivative is f alone."),
            M("importance", lambda f, lp, lq, E, G: E @ f - (G * np.exp(lp - lq)) @ f,
                "You weigh the generator's draws alone, by p/q. The second expectation is over the *mixture*: half expert, half generator, and w = p / (p/2 + q/2)."),
            M("importance_normalised", lambda f, lp, lq, E, G: E @ f - _share(G * np.exp(lp - lq - np.max(lp - lq))) @ f,
                "You weigh the generator's draws alone, as lesson 08 did. Here the demonstrations are in the mixture, and log Z is given: nothing is normalised."),
            M("w_is_D", _mix(lambda p, q, D, E, G: E - (E + G) / 2 * D), "Your second term is half of what it should be: w = p / (p/2 + q/2) is 2 D, over the mixture of halves."),
            M("w_is_D_overflow", _mix(lambda p, q, D, E, G: E - (E + G) / 2 * p / (p + q)), "Your second term is half of what it should be: w = p / (p/2 + q/2) is 2 D, and D = expit(log p − log q)."),
            M("generator_w", _mix(lambda p, q, D, E, G: E - 2 * G * D), "The second expectation is over the *mixture*: the generator's draws are only half of it, the demonstrations the other half."),
            M("expert_w", _mix(lambda p, q, D, E, G: E - 2 * E * D), "The second expectation is over the *mixture*: the demonstrations are only half of it, the generator's draws the other half."),
            M("w_twice", _mix(lambda p, q, D, E, G: E - (E + G) * 2 * D), "Your second term is twice as large as it should be: the mixture is *half* expert and half generator."),
            M("p_for_w", _mix(lambda p, q, D, E, G: E - (E + G) / 2 * p), "You take p itself as the weight. w is p over the *mixture's density*, p/2 + q/2."),
            M("p_for_D", _mix(lambda p, q, D, E, G: E * (1 - p) - G * p), "You take p for D. D = p / (p + q) knows what the generator would do."),
            M("no_D", _mix(lambda p, q, D, E, G: E - G), "D is missing: that matches features with the generator, and does not depend on psi at all."),
            M("half_no_D", _mix(lambda p, q, D, E, G: (E - G) / 2), "You take D = 1/2 everywhere. That is so only where p = q: D = p / (p + q)."),
            M("first_only", _mix(lambda p, q, D, E, G: E * (1 - D)), "The generator's half is missing: − E_q[D f]."),
            M("second_only", _mix(lambda p, q, D, E, G: -G * D), "The expert's half is missing: + E_expert[(1 − D) f]."),
            M("added", _mix(lambda p, q, D, E, G: E * (1 - D) + G * D), "The two halves pull in opposite directions: *minus* E_q[D f]."),
            M("all_not_D", _mix(lambda p, q, D, E, G: (E - G) * (1 - D)), "At the generator's the derivative of log(1 − D) is −D times the logit's, not −(1 − D)."),
            M("all_D", _mix(lambda p, q, D, E, G: (E - G) * D), "At the expert's the derivative of log D is (1 − D) times the logit's, not D."),
            M("shares_exchanged", _mix(lambda p, q, D, E, G: G * (1 - D) - E * D), "The two shares have changed places: the expert's goes with 1 − D."),
            M("normalised", _mix(lambda p, q, D, E, G: E - _share((E + G) * D)), "You make the weights sum to 1. That is right where Z is learnt too; here log Z is given and held fixed."),
            M("uniform", lambda f, lp, lq, E, G: ((1 - 2 * expit(lp - lq)) @ f) / len(f), "You average over the list alike. The shares say how often each trajectory comes: weigh by them."),
            M("summed", lambda f, lp, lq, E, G: (1 - 2 * expit(lp - lq)) @ f, "The shares are missing: weigh each trajectory by how often it comes."),
            M("mean_of_shares", lambda f, *rest: adversarial.gan_gcl_gradient(f, *rest) / len(f), "You divide by N. The shares sum to 1 already: a sum, not a mean."),
            M("half", lambda *args: adversarial.gan_gcl_gradient(*args) / 2, "That is half of it. E_expert[f] has the weight 1."),
            M("double", lambda *args: 2 * adversarial.gan_gcl_gradient(*args), "That is twice as much. The loss is the sum of both means, no more."),
            M("overflow", _mix(lambda p, q, D, E, G: E * (1 - p / (p + q)) - G * p / (p + q)),
                "exp(−1000) is 0 for the computer, and 0/0 is not a number. Take the difference of the logarithms first: D = expit(log p − log q)."),
            M("q_left_out", lambda f, lp, lq, E, G: (E * (1 - expit(lp)) - G * expit(lp)) @ f, "The logit of D is log p − log q: the generator's density is missing."),
            M("plus", lambda f, lp, lq, E, G: (E * (1 - expit(lp + lq)) - G * expit(lp + lq)) @ f, "The logit of D is log p *minus* log q."),
            M("logs_for_densities", lambda f, lp, lq, E, G: (E * lq / (lp + lq) - G * lp / (lp + lq)) @ f, "You put logarithms into D = p / (p + q), where densities belong: D = expit(log p − log q)."),
            M("shares_for_D", _mix(lambda p, q, D, E, G: E * (1 - _ratio(E, G)) - G * _ratio(E, G)), "You take the *best* D there is, from the shares. This one has its form prescribed: p / (p + q)."),
            M("true_density", _mix(lambda p, q, D, E, G: E - (E + G) / 2 * p / (E / 2 + q / 2)),
                "You take the demonstrations' true density. Nobody knows that: in the mixture's density p stands for it."),
            M("times_q", _mix(lambda p, q, D, E, G: E * (1 - D) - q * D), "The second mean is over what the generator *drew*: `generator_share`, not q."),
            M("times_p", _mix(lambda p, q, D, E, G: p * (1 - D) - G * D), "The first mean is over the demonstrations: `expert_share`, not the model's p."),
        ),
        hints=(
            "The formula with $D$ is the shorter one: an expectation over the expert's shares, minus one over the generator's.",
            "`D = expit(log_model - log_generator)`. An expectation is `share @ something`: the shares are the probabilities of the listed "
            "trajectories, and sum to 1 already.",
            "`return (expert_share * (1.0 - D) - generator_share * D) @ features`",
        ),
        errors={"ValueError": "features has a row for each trajectory, shape (N, K): `weights @ features` is of shape (K,)."},
    ),
    Exercise(
        name="airl_logit",
        title="A reward, and what is only shaping",
        reference=airl_logit,
        form=Array("f", "S, A"),
        problems=_airl_logit_problems,
        parts=(
            Part("g(s)", 1, _where("f", lambda c: c.args[0].ndim == 1)),
            Part("g(s, a)", 1, _where("f", lambda c: c.args[0].ndim == 2)),
        ),
        misconceptions=(
            M("sign", _logits(lambda g, h, Eh, gamma, mdp: g - gamma * Eh + h), "The shaping has the wrong sign: *plus* gamma E[h(s')], *minus* h(s)."),
            M("no_gamma", _logits(lambda g, h, Eh, gamma, mdp: g + Eh - h), "gamma is missing: it discounts h of the next state."),
            M("gamma_on_both", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * (Eh - h)), "You discount h(s) as well. Only the next state's h is a step away."),
            M("gamma_on_h", _logits(lambda g, h, Eh, gamma, mdp: g + Eh - gamma * h), "gamma is at the wrong h: it discounts that of the next state."),
            M("gamma_on_all", _logits(lambda g, h, Eh, gamma, mdp: gamma * (g + Eh) - h), "You discount g as well. It is paid now."),
            M("mdp_gamma", _logits(lambda g, h, Eh, gamma, mdp: g + mdp.gamma * Eh - h), "You take `mdp.gamma`. The argument `gamma` says which discount is meant."),
            M("h_left_out", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * Eh), "− h(s) is missing: the potential of the state itself."),
            M("h_added", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * Eh + h), "h(s) is *taken off*: the potential here, against the discounted one there."),
            M("next_left_out", _logits(lambda g, h, Eh, gamma, mdp: g - h), "gamma E[h(s')] is missing: the next state's potential."),
            M("g_alone", _logits(lambda g, h, Eh, gamma, mdp: g + 0.0 * h), "The shaping is missing: + gamma E[h(s')] − h(s)."),
            M("shaping_alone", _logits(lambda g, h, Eh, gamma, mdp: gamma * Eh - h), "g is missing: f is the reward *and* its shaping."),
            M("stays", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * h - h), "You take h of the same state twice. The discounted one is that of the *next* state, in expectation: `mdp.P @ h`."),
            M("axis_for_both", lambda g, h, gamma, mdp: g[:, None] + gamma * mdp.P @ h - h[:, None],
                "You give every g an axis more. Only a g of shape (S,) needs one; a g of shape (S, A) is as wanted already."),
            M("most_likely", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * h[mdp.P.argmax(axis=2), 0] - h), "You take h at the likeliest next state. E is the mean over all of them: `mdp.P @ h`."),
            M("largest", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * np.where(mdp.P > 0, h[:, 0], -np.inf).max(axis=2) - h), "You take the best next state. The world chooses it: E is the mean, `mdp.P @ h`."),
            M("optimist", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * np.log(mdp.P @ np.exp(h[:, 0])) - h), "You take log E[exp h]. Luck is no choice: E[h(s')] is the plain mean."),
            M("unweighted", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * h.mean() - h), "You average h over all states alike. Where a step leads, says P: `mdp.P @ h`."),
            M("wrong_index", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * np.einsum("nas,n->sa", mdp.P, h[:, 0]) - h),
                "You sum over the state that the step *starts* from. h is that of the next one, P's last axis: `mdp.P @ h`."),
            M("over_actions", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * Eh.mean(axis=1, keepdims=True) - h), "You average E[h(s')] over the actions. Each action leads elsewhere: keep shape (S, A)."),
            M("summed_actions", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * Eh.sum(axis=1, keepdims=True) - h), "You add up E[h(s')] over the actions. Each pair has its own: keep shape (S, A)."),
            M("g_averaged", _logits(lambda g, h, Eh, gamma, mdp: g.mean(axis=1, keepdims=True) + gamma * Eh - h), "You average g(s, a) over the actions. Each pair has its own."),
            M("g_next", _logits(lambda g, h, Eh, gamma, mdp: mdp.P @ g.mean(axis=1) + gamma * Eh - h), "You take g of the next state. g is that of the pair itself."),
            M("h_averaged", _logits(lambda g, h, Eh, gamma, mdp: g + gamma * Eh - h.mean()), "You take off the mean of h. Each state's own h is meant: `h[:, None]`."),
            M("log_pi", _logits(lambda g, h, Eh, gamma, mdp: (lambda f: f - _log_pi(mdp, f))(g + gamma * Eh - h)), "You subtract log pi already. f has no policy in it; that comes with the discriminator."),
            M("planned", _logits(lambda g, h, Eh, gamma, mdp: soft_value_iteration(mdp, g + gamma * Eh - h)[1]), "You plan for f. Only f is asked: one step, no values."),
            M("minus_g", _logits(lambda g, h, Eh, gamma, mdp: gamma * Eh - h - g), "g has the wrong sign: f is g plus the shaping."),
        ),
        hints=(
            "What does E[h(s')|s, a] depend on? Write down the shape of each of the three terms.",
            "`mdp.P @ h` has shape (S, A). h(s) is the same for every action: `h[:, None]`. So is a g of shape (S,), but not one of shape (S, A).",
            "`own = g[:, None] if g.ndim == 1 else g`, then `return own + gamma * mdp.P @ h - h[:, None]`.",
        ),
        errors={"ValueError": "Shapes (S,) and (S, A) do not add up by themselves: a quantity of the state alone needs an axis more, `h[:, None]`. And g may come in both shapes."},
    ),
    Exercise(
        name="airl_reward",
        title="A fair sign",
        reference=adversarial.airl_reward,
        form=AnyArray("the reward", "S, A"),
        problems=lambda rng: [
            Problem(problem.label, tuple(map(np.atleast_2d, problem.args))) for problem in _logit_problems(rng)
        ],
        parts=(Part("numbers of any size", 1, matches("the reward")),),
        misconceptions=(
            M("gail", lambda f, lp: -log_expit(lp - f), "That is GAIL's reward, −log(1 − D). Asked is log D − log(1 − D): at D = 1/2 it is 0."),
            M("log_D", lambda f, lp: log_expit(f - lp), "That is log D, which is never positive. − log(1 − D) comes on top: at D = 1/2 the reward is 0."),
            M("minus_log_D", lambda f, lp: -log_expit(f - lp), "That is −log D, which pays for being caught. Asked is log D − log(1 − D)."),
            M("log_not_D", lambda f, lp: log_expit(lp - f), "That is log(1 − D). Asked is log D *minus* that."),
            M("sum", lambda f, lp: log_expit(f - lp) + log_expit(lp - f), "You add log(1 − D). It is taken off: log D − log(1 − D)."),
            M("flipped", lambda f, lp: lp - f, "The labels are flipped: it should pay for what the *expert* does more often, f − log pi."),
            M("plus", lambda f, lp: f + lp, "You add log pi. Doing what one does anyway is not paid twice: f − log pi."),
            M("f_alone", lambda f, lp: 1.0 * f, "log pi is missing, and with it the entropy: f − log pi."),
            M("log_pi_alone", lambda f, lp: -lp, "f is missing: that is the entropy's part alone."),
            M("pi_for_log_pi", lambda f, lp: f - np.exp(lp), "You subtract pi. Its logarithm is meant, and given."),
            M("D", lambda f, lp: expit(f - lp), "That is D. The reward is its logit, log D − log(1 − D)."),
            M("odds", lambda f, lp: np.exp(f - lp), "That is D / (1 − D). The logarithm is asked."),
            M("overflow", lambda f, lp: np.log(expit(f - lp)) - np.log(1 - expit(f - lp)),
                "D is 0 or 1 for the computer when f is huge. What is log D − log(1 − D) by hand? e^f and pi are all that is left."),
            M("overflow_exp", lambda f, lp: np.log(np.exp(f) / np.exp(lp)), "exp(1000) is infinite, and its logarithm, too. Do the logarithm by hand."),
            *(
                M(f"clipped_{tiny:g}", _with_D(lambda D, t=tiny: np.log(np.clip(D, t, 1 - t)) - np.log(1 - np.clip(D, t, 1 - t))),
                    "You keep D away from 0 and 1 by a tiny number, which cuts off large rewards. By hand, log D − log(1 − D) needs no D at all.")
                for tiny in _CLIPS
            ),
            M("pi_log_pi", lambda f, lp: f - np.exp(lp) * lp, "You subtract pi log pi, as in an entropy. The mean over actions comes by itself, as the policy acts: f − log pi."),
            M("with_entropy", lambda f, lp: f - np.sum(np.exp(lp) * lp, axis=-1, keepdims=True), "You pay the state's entropy for every action alike. Each action is paid its own −log pi."),
            M("advantage", lambda f, lp: f - lp - np.sum(np.exp(lp) * (f - lp), axis=-1, keepdims=True), "You take off the policy's mean. The reward is f − log pi as it is."),
            M("normalised", lambda f, lp: log_softmax(f, axis=-1), "You make a policy of f. The reward is f − log pi."),
            M("expected", lambda f, lp: np.sum(np.exp(lp) * (f - lp), axis=-1), "You take the mean over the policy's actions. Each pair has its own reward, shape (S, A)."),
            M("expected_each", lambda f, lp: np.sum(np.exp(lp) * (f - lp), axis=-1, keepdims=True) + 0 * f, "You take the mean over the policy's actions. Each pair has its own reward."),
            M("log_pi_twice", lambda f, lp: f - 2 * lp, "You subtract log pi twice: as part of D, and as an entropy. Once is both."),
            M("double", lambda f, lp: 2 * (f - lp), "That is twice as much as log D − log(1 − D)."),
        ),
        hints=(
            "You have met the logit of $D = e^f / (e^f + \\pi)$ at the start of this lesson.",
            "$D / (1 - D) = e^f / \\pi$. Take the logarithm.",
            "`return f - log_pi`",
        ),
    ),
    Exercise(
        name="airl",
        title="Adversarial inverse reinforcement learning",
        reference=_game(),
        form=Several(Reward("g", "S, A"), Shaping("h", "S"), Imitator("pi", "S, A")),
        problems=_airl_problems,
        parts=(
            Part("the first rounds, one by one", 1, _first_rounds),
            Part("the policy becomes the expert's, as far as g can", 1, _imitates),
            Part("g(s) is the reward, up to a constant", 1, _is_the_reward),
            Part("g and h explain the policy", 1, _explains),
        ),
        misconceptions=(
            M("full_step", _game(part=1.0), "You take the whole step, and overshoot: each step is right for the policy of the day, which then moves as well. Take half."),
            M("expert_half", _game(slope=lambda p, q, D: p * (1 - D)), "The policy's half of the slope is missing: − ρ_π D."),
            M("policy_half", _game(slope=lambda p, q, D: -q * D), "The expert's half of the slope is missing: + ρ_E (1 − D)."),
            M("averaged", lambda mdp, visits, only, n: (lambda g, h, pi: (g.mean(axis=1) if only else g, h, pi))(*_game()(mdp, visits, False, n)),
                "The mean of g(s, a) is no g(s): they are learnt differently. With state_only=True learn one number for each state."),
            M("repeated", lambda mdp, visits, only, n: (lambda g, h, pi: (g if only else np.repeat(g[:, None], mdp.n_actions, 1), h, pi))(*_game()(mdp, visits, True, n)),
                "You repeat g(s) for every action. With state_only=False each pair has a reward of its own: an expert may mind the action."),
            M("never_moves", _game(log_pi=lambda mdp, f: _log_pi(mdp, 0 * f), then=lambda mdp, f, g, h, pi: (g, h, np.exp(_log_pi(mdp, f)))), "Your policy stays at random. Plan for the f of the round, not for f − log pi: the soft planner adds −log pi itself."),
            *(
                M(f"greedy_{tiny:g}", _game(
                    log_pi=lambda mdp, f, tiny=tiny: np.log(np.maximum(greedy_policy(value_iteration(mdp, f)[1]), tiny)), policy_share=lambda mdp, pi: (1 - mdp.gamma) * occupancy(mdp, greedy_policy(pi)),
                    then=lambda mdp, f, g, h, pi: (g, h, greedy_policy(pi))),
                    "Your policy is greedy. AIRL's is soft: `soft_value_iteration`, log pi = Q − V.")
                for tiny in (1e-12, 1e-300)
            ),
            M("double_step", _game(part=2.0), "Your step is four times as long as it should be: half of `newton_step`."),
            M("flipped", _game(slope=lambda p, q, D: q * (1 - D) - p * D), "The labels are flipped: g falls where the *expert* goes. The slope is ρ_E (1 − D) − ρ_π D."),
            M("slope_sign", _game(slope=lambda p, q, D: q * D - p * (1 - D)), "The slope has the wrong sign, so that the loss grows: −∂ℓ/∂f = ρ_E (1 − D) − ρ_π D."),
            M("D_exchanged", _game(slope=lambda p, q, D: p * D - q * (1 - D)), "D and 1 − D have changed places in the slope: ρ_E (1 − D) − ρ_π D."),
            M("D_flipped", _game(D=lambda f, lp: expit(lp - f)), "Your D has its labels flipped: `discriminator(f, log_pi)`, near 1 where f is far above log pi."),
            M("D_without_pi", _game(D=lambda f, lp: expit(f)), "Your D leaves out log pi, as GAIL's. With AIRL it is `discriminator(f, log_pi)`: e^f against pi."),
            M("D_with_pi", _game(D=lambda f, lp: expit(f - np.exp(lp))), "You give the discriminator pi, where log pi belongs: Q − V."),
            M("half_without_D", _game(slope=lambda p, q, D: (p - q) / 2), "Your slope is ½ (ρ_E − ρ_π), which is right only near D = ½, at the end. On the way weigh with 1 − D and D."),
            M("quarter_curvature", _game(curvature=lambda p, q, D: (p + q) / 4), "Your curvature is that of D = ½, at the end. On the way it is (ρ_E + ρ_π) D (1 − D)."),
            *(M(f"part_{part:g}", _game(part=part), "Your step is shorter than half of `newton_step`: g and h are not yet where they should be after n_steps rounds.") for part in (0.05, 0.1, 0.2, 0.25, 0.3)),
            M("short_of_one", _game(rounds=lambda n: n - 1), "You stop a round early: there are n_steps of them."),
            M("one_too_many", _game(rounds=lambda n: n + 1), "You play a round too many: there are n_steps of them."),
            M("old_policy", _game(last_plan=False), "Your policy is that of the last round, from before its step. Plan once more, for the last f."),
            M("clone", lambda mdp, visits, only, n: (*_game()(mdp, visits, only, n)[:2], _clone(visits)), "Your policy is read off the expert's occupancy, which you were given. Asked is the planner's for your f: after a few rounds it is another, and where g(s) cannot fit, it stays another."),
            M("exp_f", _game(then=lambda mdp, f, g, h, pi: (g, h, np.exp(f))), "Your policy is e^f. That is a policy only when the game is over; before, its rows do not sum to 1. Plan for f: `soft_value_iteration(mdp, f)`."),
            M("softmax_of_f", _game(then=lambda mdp, f, g, h, pi: (g, h, softmax(f, axis=1))), "Your policy is softmax of f, which looks a single step ahead. It is right only when the game is over. Plan for f: `soft_value_iteration(mdp, f)`."),
            M("no_D", _game(slope=lambda p, q, D: p - q), "Your slope is ρ_E − ρ_π, about twice the one asked, so that half a step becomes a whole one. Weigh with 1 − D and D."),
            M("expert_any_unit", _game(expert_share=lambda mdp, visits: visits), _OCCUPANCIES),
            M("policy_any_unit", _game(policy_share=lambda mdp, pi: occupancy(mdp, pi)), _OCCUPANCIES),
            M("both_any_unit", _game(expert_share=lambda mdp, visits: visits, policy_share=lambda mdp, pi: occupancy(mdp, pi)), _OCCUPANCIES),
            M("policies_compared", _game(expert_share=lambda mdp, visits: _by_state(visits)), "You divide the expert's visits by each state's sum: that is the policy. Shares are of the sum of all."),
            M("always_g_of_s", _game(form=lambda state_only: True), "You always learn g(s). With state_only=False it is g(s, a), of shape (S, A)."),
            M("always_g_of_sa", _game(form=lambda state_only: False), "You always learn g(s, a). With state_only=True g has shape (S,)."),
            M("form_turned", _game(form=lambda state_only: not state_only), "The two forms have changed places: state_only=True means g(s), of shape (S,)."),
            M("h_at_0", _game(moves=(1.0, 0.0)), "h never moves. Then g has to be shaping as well: add half of the second step to h."),
            M("g_at_0", _game(moves=(0.0, 1.0)), "g never moves. Add half of the first step to g."),
            M("not_shaped", _game(logit=lambda g, h, gamma, mdp: airl_logit(g, 0 * h, gamma, mdp)), "h never enters your f: `airl_logit(g, h, mdp.gamma, mdp)`."),
            M("one_round", _game(rounds=lambda n: 1), "You stop after one round. There are n_steps of them."),
            M("no_round", _game(rounds=lambda n: 0), "g and h are still 0. Does your loop add the steps to them? Or is your D the best one, of section 1? Its slope is 0: take `discriminator(f, log_pi)`."),
            M("f_for_g", _game(then=lambda mdp, f, g, h, pi: (f, h, pi)), "You return f. The reward is its part g, without the shaping."),
            M("f_mean_for_g", _game(then=lambda mdp, f, g, h, pi: (f.mean(axis=1) if g.ndim == 1 else f, h, pi)), "You return f for g. The reward is the part g, without the shaping."),
            M("order", _game(then=lambda mdp, f, g, h, pi: (h, g, pi)), "g and h have changed places: g comes first."),
            M("pi_first", _game(then=lambda mdp, f, g, h, pi: (pi, g, h)), "The results are in the wrong order: it is g, h, pi."),
            M("minus_g", _game(then=lambda mdp, f, g, h, pi: (-g, -h, pi)), "g and h have the wrong sign: what you return is a cost."),
            M("log_pi_for_pi", _game(then=lambda mdp, f, g, h, pi: (g, h, np.log(pi))), "You return log pi. pi itself is asked: rows sum to 1."),
            M("greedy_at_the_end", _game(then=lambda mdp, f, g, h, pi: (g, h, greedy_policy(pi))), "You return the greedy policy. Asked is the soft planner's for f."),
            M("softmax_f", _game(then=lambda mdp, f, g, h, pi: (g, h, softmax(np.broadcast_to(g[:, None], f.shape) if g.ndim == 1 else g, axis=1))),
                "Your policy is softmax of g, which sees no future. Plan for f: `soft_value_iteration(mdp, f)`."),
            M("no_gamma", _game(logit=lambda g, h, gamma, mdp: airl_logit(g, h, 1.0, mdp)), "Your f does not discount: `airl_logit(g, h, mdp.gamma, mdp)`."),
            M("gamma_of_its_own", _game(logit=lambda g, h, gamma, mdp: airl_logit(g, h, 0.9, mdp)), "Your f has a discount of its own. The world's is `mdp.gamma`."),
            M("curvature_of_expert", _game(curvature=lambda p, q, D: p * D * (1 - D)), "Your curvature has the expert's visits alone, half of both: the step doubles. It is (ρ_E + ρ_π) D (1 − D)."),
            M("curvature_without_mass", _game(curvature=lambda p, q, D: D * (1 - D)), "The curvature weighs each pair by how often it is visited: (ρ_E + ρ_π) D (1 − D)."),
            M("curvature_quarter", _game(curvature=lambda p, q, D: (p + q) * (D * (1 - D)) ** 2), "Your curvature has D (1 − D) twice."),
        ),
        hints=(
            "Three lines compare, three move: f, the soft policy and its D; then slope, curvature and half a Newton step. What is kept from round "
            "to round are g and h.",
            "`V, Q, pi = soft_value_iteration(mdp, f)`, `policy = (1 - mdp.gamma) * occupancy(mdp, pi)`, `D = discriminator(f, Q - V[:, None])`. "
            "The expert's occupancy over its own sum. At the end plan once more, for the last f.",
            "`slope = expert * (1 - D) - policy * D`; `curvature = (expert + policy) * D * (1 - D)`; `step_g, step_h = newton_step(mdp, slope, "
            "curvature, state_only)`; `g, h = g + step_g / 2, h + step_h / 2`. g starts as `np.zeros(S)`, or as `np.zeros((S, A))` if not "
            "state_only.",
        ),
        errors={
            "LinAlgError": "There is a nan or an infinity in your slope or curvature. Is log pi = Q − V, or the logarithm of a 0?",
            "ValueError": "Shapes: g is (S,) or (S, A), h is (S,), and all of f, pi, D and the shares are (S, A). V needs an axis more: `V[:, None]`.",
        },
        endless="A loop of n_steps rounds is enough; each plans once.",
    ),
]
# fmt: on

QUIZZES = (
    Quiz(
        "a-coin-everywhere",
        "GAIL has played to the end: D = 1/2 for every state and action. You plan for its reward, -log(1 - D), in a "
        "new world. What do you get?",
        (
            Option(
                "The expert's policy, as far as the new world lets it",
                "The *policy* is the expert's, at home. But you have planned for the reward, and that is log 2 for "
                "everything the expert could do.",
            ),
            Option(
                "Any policy at all: each is as good as any other",
                "The reward is log 2 everywhere, so that all policies earn the same, and the planner follows rounding "
                "errors. What the game taught is in the policy.",
                right=True,
            ),
            Option(
                "One that leaves the expert's states at once",
                "That needs a reward that is lower there. The game ends when it is the same.",
            ),
            Option(
                "The true reward's plan, as all has been learnt",
                "D = 1/2 means that nobody can tell the two apart, here and with this policy. Nothing in it says why "
                "the expert does it.",
            ),
        ),
    ),
    Quiz(
        "the-robot-that-never-falls",
        "A walking robot's episode ends when it falls. Trained with -log(1 - D) it learnt to walk; with log D it throws "
        "itself to the ground. The demonstrations and D's network are the same. What do you change?",
        (
            Option(
                "D must see more demonstrations of robots that walk",
                "At its best D is right about these. But log D is never above 0, whatever D says: every step is "
                "punished, and falling ends that.",
            ),
            Option(
                "Time after the fall is recorded, and D judges it",
                "Then falling is no way out of a punishment, and staying up no pay in itself. In the hall all three "
                "rewards agreed with the expert after that. And the first robot's success said little: -log(1 - D) pays "
                "for every step.",
                right=True,
            ),
            Option(
                "Smaller steps of the policy, for log D is steeper",
                "Small steps lead to the end of the game without overshooting. But here the end itself is wrong: with a "
                "reward below 0 even a perfect imitation gains by ending.",
            ),
            Option(
                "Nothing is to be changed but the sign: use -log(1 - D)",
                "That pays for every step, whatever the expert does: a robot that should sit down at the end never "
                "would. In the hall it kept the policy inside, 9.7 steps of 10, with an expert who left after 4.",
            ),
        ),
    ),
    Quiz(
        "same-policy-two-rewards",
        "You fit AIRL twice, with g(s) and with g(s, a). Both policies agree with the expert's to the last digit. "
        "Which g do you take to another world, and why?",
        (
            Option(
                "The one with the smaller loss: it fits the expert better",
                "Both policies are the expert's, so even the best discriminator is left with a coin, 2 log 2. There is no "
                "loss to compare.",
            ),
            Option(
                "g(s, a), after more rounds: it has not converged yet",
                "It has: its policy *is* the expert's. Many g(s, a) fit, and no round tells them apart.",
            ),
            Option(
                "g(s): it passed a test that it could have failed",
                "With fewer unknowns than the policy has numbers, g(s) need not fit; where an action cost something it "
                "did not. That it fits speaks for it. Still, a g(s, a) that fits as well cannot be excluded from one "
                "world: if you can, look at a second.",
                right=True,
            ),
            Option(
                "g(s, a): it contains every g(s) as a special case",
                "It can be everything that g(s) can, and a clone besides. It would have fitted any expert, so that its "
                "fit says nothing.",
            ),
        ),
    ),
    Quiz(
        "a-loss-that-rises",
        "You watch a run of GAIL. The discriminator's loss *rises* from 0.80 and stays at 1.386. A colleague is "
        "worried. What do you do next?",
        (
            Option(
                "Take smaller steps: a loss ought to fall",
                "Too large a step showed itself otherwise: the loss jumped up and down and never came to rest. And "
                "this loss has an opponent.",
            ),
            Option(
                "Exchange the labels, which must be flipped",
                "With flipped labels the reward rises with being *unlike* the expert, the two drift apart, and the best "
                "discriminator's loss falls.",
            ),
            Option(
                "Train a fresh D on both, and see what it loses",
                "1.386 is 2 log 2, a coin. Either the policy has won, or this D has learnt nothing. If even the best D "
                "cannot get below it, the occupancies are equal.",
                right=True,
            ),
            Option(
                "Take -log(1 - D) along: it is the reward now",
                "If the policy has won, this reward is log 2 for everything. Which reward is left depends on the "
                "discriminator's form.",
            ),
        ),
    ),
)
