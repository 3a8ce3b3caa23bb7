"""Checks of lesson 11: how well models foretell drives, and how far apart two rewards are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Array, Number, Several, close, difference, number
from irl_course.checks.problems import noisy_world, size
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP, Demos

# --- the course's own answers --------------------------------------------------------------


def held_out_log_likelihood(pi: np.ndarray, demos: Demos) -> float:
    """The mean of log pi(a_t|s_t) over all decisions, -inf where one was taken that pi never takes.

    Not that of `metrics`, which insists on rows that sum to 1: the lesson also scores the
    probability of an action or of one with the same effect.

    Args:
        pi: probabilities, shape (S, A).
        demos: N trajectories of T steps, which the policy was not fitted to.
    """
    with np.errstate(divide="ignore"):
        chances = np.log(pi[demos.states[:, :-1], demos.actions])
    return float(chances.mean())


def compare_methods(policies: np.ndarray, held_out: list[Demos]) -> tuple[np.ndarray, np.ndarray]:
    """How well every method's model of every style foretells every style's drives.

    Args:
        policies: of method m fitted to style i, shape (M, J, S, A).
        held_out: J Demos, those of style j at place j.

    Returns:
        scores, shape (M, J, J): [m, i, j] is the held-out log-likelihood of style j's drives under
        method m's model of style i; and right, shape (M,): the share of the styles whose drives
        their own model foretells strictly better than all other models of that method.
    """
    scores = np.array(
        [[[held_out_log_likelihood(pi, drives) for drives in held_out] for pi in of] for of in policies]
    )  # fmt: skip
    own = np.eye(len(held_out), dtype=bool)
    others = np.where(own, -np.inf, scores).max(axis=1)
    return scores, (np.diagonal(scores, axis1=1, axis2=2) > others).mean(axis=1)


def expected_value_difference(
    mdp: MDP, true_reward: np.ndarray, learned_reward: np.ndarray
) -> float:
    """What acting on the learnt reward costs, under the true one.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        true_reward: what counts, shape (S, A).
        learned_reward: what is planned for, shape (S, A).

    Returns:
        The true return of the true reward's optimal policy, less that of the learnt reward's.
    """
    best, reached = (
        planning.expected_return(mdp, true_reward, planning.policy_iteration(mdp, reward)[1])
        for reward in (true_reward, learned_reward)
    )
    return max(0.0, best - reached)


def canonical_reward(reward: np.ndarray, gamma: float) -> np.ndarray:
    """A reward without its shaping, and without its constant (EPIC, uniform coverage).

    Args:
        reward: r(s, a, s'), shape (S, A, S).
        gamma: discount factor.

    Returns:
        r(s, a, s') + gamma m(s') - m(s) - gamma mean(m), shape (S, A, S), with m(s) the mean of
        r(s, ., .) over all actions and next states.
    """
    return _canonical()(reward, gamma)


def epic_distance(reward_a: np.ndarray, reward_b: np.ndarray, gamma: float) -> float:
    """How far apart two rewards are, whatever the dynamics (EPIC).

    Args:
        reward_a: r(s, a, s'), shape (S, A, S).
        reward_b: another one of that shape.
        gamma: discount factor.

    Returns:
        sqrt((1 - rho) / 2), rho the correlation of their canonical forms over all (s, a, s'): 0
        for equivalent rewards, 1 for opposite ones.
    """
    a, b = (_canonical()(reward, gamma) for reward in (reward_a, reward_b))
    # |x - y| / 2 of standardised x and y: exact near 0, where 1 - rho has lost half of the digits.
    return float(min(1.0, np.sqrt(np.mean((_standard(a) - _standard(b)) ** 2)) / 2.0))


# The same once more, with parts to take out for the mistakes.


def _logs(pi: np.ndarray, demos: Demos) -> np.ndarray:
    """Log pi of every decision, (N, T)."""
    with np.errstate(divide="ignore"):
        return np.log(pi[demos.states[:, :-1], demos.actions])


def _mean_log(pi: np.ndarray, demos: Demos) -> float:
    return float(np.mean(_logs(pi, demos)))


def _table(policies: np.ndarray, held_out: list[Demos], score: Callable = _mean_log) -> np.ndarray:
    """Scores [m, i, j], by any score."""
    return np.array([[[score(pi, drives) for drives in held_out] for pi in of] for of in policies])


def _share(scores: np.ndarray) -> np.ndarray:
    """The share of the styles whose own model is strictly first."""
    M, J, _ = scores.shape
    right = np.zeros(M)
    for m in range(M):
        for j in range(J):
            others = [scores[m, i, j] for i in range(J) if i != j]
            right[m] += scores[m, j, j] > max(others)
    return right / J


def _optimal(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """An optimal policy, (S, A)."""
    return planning.policy_iteration(mdp, reward)[1]


def _values(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> np.ndarray:
    """Values of a policy, (S,), by solving for them."""
    step = np.einsum("sa,san->sn", pi, mdp.P)
    paid = (pi * reward).sum(axis=1)
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * step, paid)


def _return(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> float:
    return float(mdp.initial_dist @ _values(mdp, reward, pi))


def _mean_of(reward: np.ndarray) -> np.ndarray:
    """m(s), (S,)."""
    return reward.mean(axis=2).mean(axis=1)


def _canonical(
    ahead: float = 1.0,
    behind: float = -1.0,
    overall: float = -1.0,
    mean: Callable = _mean_of,
    keep: float = 1.0,
    at: Callable = lambda gamma: gamma,
) -> Callable:
    """The canonical form with other signs (0: left out), another mean, or another discount."""

    def answer(reward: np.ndarray, gamma: float) -> np.ndarray:
        m, gamma = mean(reward), at(gamma)
        shaping = ahead * gamma * m[None, None, :] + behind * m[:, None, None]
        return keep * reward + shaping + overall * gamma * m.mean()

    return answer


def _standard(reward: np.ndarray) -> np.ndarray:
    """At mean 0 and deviation 1."""
    return (reward - reward.mean()) / reward.std()


# --- problems ------------------------------------------------------------------------------


def _drives(rng: np.random.Generator, pi: np.ndarray, n: int, T: int) -> Demos:
    """Decisions drawn from a policy; the last state of most is one where nobody decides."""
    S, A = pi.shape
    states = rng.integers(S - 1, size=(n, T + 1))
    states[rng.random(n) < 0.8, -1] = S - 1
    below = pi.cumsum(axis=1)[:, :-1][states[:, :-1]]
    return Demos(states, (rng.random((n, T, 1)) >= below).sum(axis=2))


def _soft(rng: np.random.Generator, *shape: int, spread: float = 1.0) -> np.ndarray:
    """Policies that rule out nothing."""
    pi = np.exp(spread * rng.normal(size=shape))
    return pi / pi.sum(axis=-1, keepdims=True)


def _without(pi: np.ndarray, never: np.ndarray) -> np.ndarray:
    """A policy that in state s never takes action never[s]."""
    pi = pi.copy()
    pi[np.arange(len(pi)), never] = 0.0
    return pi / pi.sum(axis=1, keepdims=True)


def _likelihood_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for said, S, A, n, T in (
        ("one drive", 4, 2, 1, 5),
        ("", 5, 3, 4, 2),
        ("", 6, 4, 3, 7),
        ("one decision each", 5, 2, 8, 1),
        ("many decisions", 7, 5, 9, 100),
    ):
        pi = _soft(rng, S, A)
        asked.append((said, pi, _drives(rng, pi, n, T)))
    asked += [
        ("zeros where nothing was done", *_never_done(rng, 5, 3, 4, 6)),
        ("one decision is impossible", *_once_done(rng, 6, 4, 3, 5)),
        ("many are impossible", *_hard(rng, 4, 3, 2, 7)),
        ("nearly impossible", *_nearly(rng, 5, 4, 3, 20)),
    ]
    return [Problem(_label(pi, demos, said), (pi, demos)) for said, pi, demos in asked]


def _label(pi: np.ndarray, demos: Demos, said: str) -> str:
    S, A = pi.shape
    told = f"{S} states, {A} actions, {demos.n_demos} × {demos.horizon} decisions"
    return f"{told}, {said}" if said else told


def _never_done(rng: np.random.Generator, S: int, A: int, n: int, T: int) -> tuple:
    """A policy with a 0 in every row; nothing of that was done."""
    pi = _without(_soft(rng, S, A), rng.integers(A, size=S))
    return pi, _drives(rng, pi, n, T)


def _once_done(rng: np.random.Generator, S: int, A: int, n: int, T: int) -> tuple:
    """The same, but one decision was taken that the policy rules out."""
    never = rng.integers(A, size=S)
    pi = _without(_soft(rng, S, A), never)
    demos = _drives(rng, pi, n, T)
    actions = demos.actions.copy()
    actions[1, 2] = never[demos.states[1, 2]]
    return pi, Demos(demos.states, actions)


def _hard(rng: np.random.Generator, S: int, A: int, n: int, T: int) -> tuple:
    """A policy without chance, and drives of somebody else."""
    pi = np.eye(A)[rng.integers(A, size=S)]
    while True:
        demos = _drives(rng, _soft(rng, S, A), n, T)
        hit = pi[demos.states[:, :-1], demos.actions]
        if 0.2 < hit.mean() < 0.6:
            return pi, demos


def _nearly(rng: np.random.Generator, S: int, A: int, n: int, T: int) -> tuple:
    """Most decisions had a probability of 1e-30: a drive's product is below all numbers."""
    never = rng.integers(A, size=S)
    pi = _without(_soft(rng, S, A), never)
    demos = _drives(rng, pi, n, T)
    pi[np.arange(S), never] = 1e-30
    taken = rng.permuted(np.tile(np.arange(T) < 0.8 * T, (n, 1)), axis=1)
    return pi, Demos(demos.states, np.where(taken, never[demos.states[:, :-1]], demos.actions))


def _compare_problems(rng: np.random.Generator) -> list[Problem]:
    asked = [
        ("", *_contest(rng, 3, 2, 4, 3)),
        ("", *_contest(rng, 2, 3, 5, 4)),
        ("", *_contest(rng, 4, 3, 6, 2)),
        ("many styles", *_contest(rng, 3, 5, 7, 4)),
        ("two models alike", *_alike(rng, 3, 4, 6, 5)),
        ("some policies without chance", *_no_chance(rng, 4, 3, 5, 2)),
    ]
    return [
        Problem(f"{len(p)} methods, {len(d)} styles{', ' if said else ''}{said}", (p, d))
        for said, p, d in asked
    ]


def _models(rng: np.random.Generator, M: int, J: int, S: int, A: int) -> tuple:
    """Models that are more or less their styles', and drives of different numbers and lengths."""
    styles = rng.normal(size=(J, S, A))
    noise = np.linspace(0.3, 2.0, M)[:, None, None, None] * rng.normal(size=(M, J, S, A))
    models = np.exp(1.2 * styles + noise)
    shown = np.exp(1.2 * styles)
    shown /= shown.sum(axis=2, keepdims=True)
    held_out = [_drives(rng, shown[j], 2 + (j + 1) % 3, 8 + 3 * j) for j in range(J)]
    return models / models.sum(axis=3, keepdims=True), held_out


def _contest(rng: np.random.Generator, M: int, J: int, S: int, A: int) -> tuple:
    """Some models are first for their style and some are not; asked the wrong way it differs."""
    while True:
        policies, held_out = _models(rng, M, J, S, A)
        scores = _table(policies, held_out)
        right, rows = _share(scores), _share(scores.swapaxes(1, 2))
        gaps = np.abs(scores[:, :, None, :] - scores[:, None, :, :])
        apart = gaps[:, ~np.eye(J, dtype=bool)].min() > 0.01
        loose = _above_mean(scores), _above_one(scores)
        asked_right = J == 2 or not np.allclose(right, rows)
        strict = J < 5 or not (np.allclose(right, loose[0]) or np.allclose(*loose))
        if apart and np.ptp(right) > 0 and asked_right and strict:
            return policies, held_out


def _alike(rng: np.random.Generator, M: int, J: int, S: int, A: int) -> tuple:
    """Method 1 has one model for styles 0 and 2, the best for 0 alone; method 2 has one for all."""
    while True:
        policies, held_out = _models(rng, M, J, S, A)
        policies[1, 2] = policies[1, 0]
        policies[2] = policies[2, 1]
        scores = _table(policies, held_out)
        best = [scores[1, 0, j] >= scores[1, :, j].max() for j in (0, 2)]
        if _share(scores)[0] > 0.5 and _share(scores)[1] > 0 and best == [True, False]:
            return policies, held_out


def _no_chance(rng: np.random.Generator, M: int, J: int, S: int, A: int) -> tuple:
    """Zeros: of the wrong models alone, of the own ones, of all, and of none."""
    while True:
        policies, held_out = _models(rng, M, J, S, A)
        hard = np.eye(A)[policies.argmax(axis=3)]
        policies[1, 1:] = hard[1, 1:]  # style 0's own model alone thinks everything possible
        policies[2] = hard[2]  # all are surprised
        policies[3, 0] = hard[3, 0]  # style 0's own model is surprised, others are not
        scores = _table(policies, held_out)
        right = _share(scores)
        surprised = scores[1, 1:], scores[2], scores[3, 0]
        none = all(np.isneginf(x).all() for x in surprised)
        if none and right[0] == 1.0 and 0 < right[3] < 1:
            return policies, held_out


def _gap(mdp: MDP, reward: np.ndarray) -> float:
    """By how much the best action is better than the next, in the state where it is least so."""
    V = _values(mdp, reward, _optimal(mdp, reward))
    Q = np.sort(reward + mdp.gamma * mdp.P @ V, axis=1)
    return float((Q[:, -1] - Q[:, -2]).min() / np.abs(reward).max())


def _shaped(mdp: MDP, reward: np.ndarray, h: np.ndarray) -> np.ndarray:
    """A reward with potential shaping, as r(s, a) shows it."""
    return reward + mdp.gamma * mdp.P @ h - h[:, None]


def _value_problems(rng: np.random.Generator) -> list[Problem]:
    asked = [
        ("", *_learnt(rng, 3, 2, 0.5, 1.0, 1.0)),
        ("nearly right", *_learnt(rng, 5, 3, 0.9, 1.0, 0.3)),
        ("nobody looks ahead", *_learnt(rng, 4, 3, 0.0, 1.0, 1.0)),
        ("large rewards", *_learnt(rng, 4, 6, 0.8, 1000.0, 1.0)),
        ("patient", *_learnt(rng, 7, 3, 0.98, 1.0, 0.5)),
    ]
    asked.append(("a long way, and the learner knows", *_corridor(rng, 0.8)))
    asked.append(("a long way, and the learner thinks it not worth while", *_corridor(rng, 0.2)))
    mdp, true, _ = _learnt(rng, 4, 2, 0.7, 1.0, 1.0)
    asked.append(("the opposite was learnt", mdp, true, -true))
    asked.append(("wrong where nobody comes", *_aside(rng)))
    mdp, true, learned = _learnt(rng, 5, 4, 0.85, 3.0, 0.7)
    asked.append(("the learnt reward × 1000", mdp, true, 1000.0 * learned))
    mdp, true, learned = _learnt(rng, 6, 3, 0.9, 1.0, 0.7)
    h = 3.0 * rng.normal(size=6)
    asked.append(("a thousandth, shaped", mdp, true, 1e-3 * _shaped(mdp, learned, h)))
    asked.append(("the true one, shaped and raised", mdp, true, _shaped(mdp, true, h) + 100.0))
    return [
        Problem(f"{size(mdp)}{', ' if said else ''}{said}", (mdp, true, learned))
        for said, mdp, true, learned in asked
    ]


def _learnt(
    rng: np.random.Generator, S: int, A: int, gamma: float, scale: float, noise: float
) -> tuple:
    """A world, its reward, and one learnt with noise, by which one loses something; no ties."""
    while True:
        mdp = noisy_world(rng, S, A, gamma)
        true = scale * (rng.normal(size=(S, A)) + rng.normal())
        learned = true + noise * scale * rng.normal(size=(S, A))
        rewards = (true, learned, -true)
        lost = _return(mdp, true, _optimal(mdp, true)) - _return(mdp, true, _optimal(mdp, learned))
        if min(_gap(mdp, reward) for reward in rewards) > 0.01 and lost > 0.05 * scale:
            return mdp, true, learned


def _corridor(rng: np.random.Generator, worth: float) -> tuple:
    """0.3 a step at the near end, 1 at the far one, or what the learner thinks it worth."""
    S, A = 14, 3  # back, forth, stay; one time in ten nothing moves
    while True:
        P = np.zeros((S, A, S))
        for a, move in enumerate((-1, 1, 0)):
            P[np.arange(S), a, np.clip(np.arange(S) + move, 0, S - 1)] += 0.9
            P[np.arange(S), a, np.arange(S)] += 0.1
        start = np.zeros(S)
        start[1:4] = rng.dirichlet(np.ones(3))
        mdp = MDP(P, start, 0.97)
        true = 0.02 * rng.random((S, A))
        true[0] += 0.3
        learned = true.copy()
        true[-1] += 1.0
        learned[-1] += worth
        if min(_gap(mdp, true), _gap(mdp, learned)) > 1e-3:
            return mdp, true, learned


def _aside(rng: np.random.Generator) -> tuple:
    """Two of five states are never entered; there the learnt reward is the opposite."""
    S, A, gamma = 5, 3, 0.9
    while True:
        P = np.zeros((S, A, S))
        P[:, :, :3] = rng.dirichlet(np.full(3, 0.6), size=(S, A))
        mdp = MDP(P, np.array([0.2, 0.3, 0.5, 0.0, 0.0]), gamma)
        true = rng.normal(size=(S, A))
        learned = true.copy()
        learned[3:] *= -1.0
        if min(_gap(mdp, true), _gap(mdp, learned)) > 0.01:
            return mdp, true, learned


def _of_transitions(rng: np.random.Generator, S: int, A: int, scale: float = 1.0) -> np.ndarray:
    """r(s, a, s') of both signs, to which states, actions and next states all matter."""
    reward = rng.normal(size=(S, A, S)) + 1.5 * rng.normal(size=(S, 1, 1))
    return scale * (reward + rng.normal(size=(1, A, 1)) + rng.normal(size=(1, 1, S)) + rng.normal())


def _with_shaping(reward: np.ndarray, gamma: float, h: np.ndarray) -> np.ndarray:
    return reward + gamma * h[None, None, :] - h[:, None, None]


def _transitions(reward: np.ndarray, gamma: float, said: str) -> str:
    S, A, _ = reward.shape
    return f"{S} states, {A} action{'s' * (A > 1)}, γ = {gamma:g}{', ' if said else ''}{said}"


def _canonical_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for said, S, A, gamma, scale in (
        ("", 2, 3, 0.5, 1.0),
        ("", 3, 2, 0.9, 1.0),
        ("large rewards", 5, 4, 0.99, 1000.0),
        ("", 4, 1, 0.3, 1.0),
        ("nobody looks ahead", 3, 5, 0.0, 1.0),
    ):
        asked.append((said, _of_transitions(rng, S, A, scale), gamma))
    goal = np.zeros((6, 4, 6))
    goal[:, :, 4] = 1.0
    asked.append(("1 on arriving in state 4", goal, 0.9))
    h = 5.0 * rng.normal(size=4)
    goal = np.full((4, 2, 4), 3.0)
    goal[1, 0, 2] = 4.0
    asked.append(("1 for one transition, raised and shaped", _with_shaping(goal, 0.8, h), 0.8))
    shaped = _with_shaping(_of_transitions(rng, 5, 3), 0.95, 10.0 * rng.normal(size=5))
    asked.append(("shaped", shaped, 0.95))
    return [
        Problem(_transitions(reward, gamma, said), (reward, gamma)) for said, reward, gamma in asked
    ]


def _epic_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for said, S, A, gamma, scale in (
        ("", 2, 3, 0.5, 1.0),
        ("", 4, 3, 0.9, 1.0),
        ("", 3, 5, 0.0, 1.0),
        ("large rewards", 5, 2, 0.99, 1000.0),
        ("mostly opposite", 6, 4, 0.7, -1.0),
    ):
        asked.append((said, *_apart_by(rng, S, A, gamma, scale), gamma))
    a = _of_transitions(rng, 3, 4)
    asked.append(("nearly the same", a, a + 0.008 * rng.normal(size=a.shape), 0.8))
    for said, S, A, gamma in (("one shaped", 4, 2, 0.6), ("both shaped", 3, 4, 0.97)):
        a, b = _apart_by(rng, S, A, gamma, 1.0)
        b = _with_shaping(20.0 * b - 7.0, gamma, 40.0 * rng.normal(size=S))
        if said.startswith("both"):
            a = _with_shaping(0.1 * a + 3.0, gamma, rng.normal(size=S))
        asked.append((said, a, b, gamma))
    asked.append(("the same, scaled, raised and shaped", *_equal(rng, 5, 3, 0.9, 5.0), 0.9))
    asked.append(("the same, shaped in another way", *_equal(rng, 3, 4, 0.6, 1.0), 0.6))
    asked.append(("the same twice", *_equal(rng, 3, 2, 0.8, 0.0), 0.8))
    a = _of_transitions(rng, 4, 5)
    asked.append(("opposite", a, -3.0 * a, 0.9))
    asked.append(("the same one twice, large", *_equal(rng, 6, 4, 0.99, 0.0, 1000.0), 0.99))
    return [Problem(_transitions(a, gamma, said), (a, b, gamma)) for said, a, b, gamma in asked]


def _apart_by(rng: np.random.Generator, S: int, A: int, gamma: float, scale: float) -> tuple:
    """Two rewards that have something in common; of scale's sign."""
    while True:
        a = _of_transitions(rng, S, A, abs(scale))
        b = scale / abs(scale) * a + 0.8 * _of_transitions(rng, S, A, abs(scale))
        rho = _rho(_canonical()(a, gamma), _canonical()(b, gamma))
        raw = _rho(a, b)
        if 0.2 < abs(rho) < 0.9 and abs(rho - raw) > 0.05:
            return a, b


def _equal(
    rng: np.random.Generator, S: int, A: int, gamma: float, shaping: float, scale: float = 1.0
) -> tuple:
    """Equivalent rewards; rounding puts their correlation above 1, by most ways to compute it."""
    best, found = -1, ()
    for _ in range(200):
        a = _of_transitions(rng, S, A, scale)
        b = a.copy()
        if shaping:
            b = _with_shaping(3.0 * a - 2.0, gamma, shaping * rng.normal(size=S))
        x, y = (_canonical()(reward, gamma) for reward in (a, b))
        beyond = sum(by_hand(x, y) > 1.0 for by_hand in _BY_HAND)
        if beyond > best:
            best, found = beyond, (a, b)
        if best == len(_BY_HAND):
            break
    return found


def _rho(x: np.ndarray, y: np.ndarray) -> float:
    """A correlation by hand."""
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).mean() / np.sqrt((x**2).mean() * (y**2).mean()))


def _by_deviations(x: np.ndarray, y: np.ndarray) -> float:
    return float(((x - x.mean()) * (y - y.mean())).mean() / (x.std() * y.std()))


def _by_norms(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x.ravel(), y.ravel()  # the mean of a canonical reward is 0
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def _by_standards(x: np.ndarray, y: np.ndarray) -> float:
    return float((_standard(x) * _standard(y)).mean())


def _by_products(x: np.ndarray, y: np.ndarray) -> float:
    x, y = (x - x.mean()).ravel(), (y - y.mean()).ravel()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def _by_means(x: np.ndarray, y: np.ndarray) -> float:
    return float((x * y).mean() / np.sqrt((x * x).mean() * (y * y).mean()))


def _by_sums(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sum(x * y) / np.sqrt(np.sum(x * x) * np.sum(y * y)))


_BY_HAND = (
    _rho, _by_deviations, _by_norms, _by_standards, _by_products, _by_means, _by_sums
)  # fmt: skip


# --- forms ---------------------------------------------------------------------------------


def _floats(value: Any) -> np.ndarray | None:
    """What came back as an array of floats, if it is one: infinities and all."""
    try:
        array = np.asarray(value)
    except Exception:  # ragged lists: the plain form says so
        return None
    return array if array.dtype.kind == "f" and not isinstance(value, np.matrix) else None


def _alike_to(value: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where two arrays agree, infinities and what is no number included."""
    value, other = np.asarray(value), np.asarray(other)
    finite = np.isfinite(value) & np.isfinite(other)
    near = close(np.where(finite, value, 0.0), np.where(finite, other, 0.0))
    same = (value == other) | (np.isnan(value) & np.isnan(other))
    return np.where(finite, near, same)


class Score(Number):
    """A number that may be -inf; what is no number spoils only the problem it belongs to."""

    def read(self, value: Any, expected: float) -> np.ndarray:
        """Read the number, NaN and infinities left in."""
        array = _floats(value)
        if array is not None and array.ndim == 0 and not np.isfinite(array):
            return np.float64(array)
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two readings agree: finite or not, and how."""
        return bool(_alike_to(value, other))


class Distance(Score):
    """A number; a mistake's NaN stands for the root of what rounding leaves: NaN, or nearly 0."""

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two readings agree; `other` is the truth's or a mistake's."""
        return super().same(value, other) or bool(np.isnan(other) and abs(value) < 1e-6)


class Scores(Array):
    """An array in which -inf is a score."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the array, NaN and infinities left in."""
        array = _floats(value)
        if array is None:
            return super().read(value, expected)
        super().read(np.where(np.isfinite(array), array, 0.0), expected)
        return array.astype(np.float64)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two readings agree, infinities included."""
        return np.shape(value) == np.shape(other) and bool(_alike_to(value, other).all())


# --- laws ----------------------------------------------------------------------------------


def _off(name: str, value: np.ndarray, expected: np.ndarray) -> str | None:
    """The first entry in which two scores differ, in words."""
    wrong = ~_alike_to(value, expected)
    if not wrong.any():
        return None
    at = np.unravel_index(int(np.argmax(wrong)), np.shape(expected))
    where = f"{name}[{', '.join(map(str, at))}]" if at else name
    have, want = np.asarray(value)[at], np.asarray(expected)[at]
    if np.isneginf(want):
        return f"{where} is {number(have)}; it should be -inf: something impossible was done."
    if number(have) == number(want):
        return f"{where} is {have:.9g}; it should be {want:.9g}."
    return f"{where} is {number(have)}; it should be {number(want)}."


def _foretold(extreme: bool) -> Callable:
    """The law of the likelihood: for policies with a probability at or near 0, or without."""

    def law(case: Case) -> str | None:
        if (case.args[0].min() < 1e-20) != extreme:
            return None
        return _off("the log-likelihood", case.out, case.expected)

    return law


def _scored(case: Case) -> str | None:
    return _off("scores", case.out[0], case.expected[0])


def _has_ties(scores: np.ndarray) -> bool:
    """Whether another model is as good as the own one, and none is better, for some drives."""
    own = np.diagonal(scores, axis1=1, axis2=2)
    others = np.where(np.eye(scores.shape[1], dtype=bool), -np.inf, scores).max(axis=1)
    return bool((own == others).any())


def _first(ties: bool) -> Callable:
    """The law of the shares, where there are ties or where there are none."""
    agrees = matches("right", 1)

    def law(case: Case) -> str | None:
        if _has_ties(case.expected[0]) != ties:
            return None
        said = agrees(case)
        if said and not (0.0 <= case.out[1].min() <= case.out[1].max() <= 1.0):
            return f"{said} A share is between 0 and 1."
        return f"{said} Somebody here shares the first place." if said and ties else said

    return law


def _lost(again: bool) -> Callable:
    """The law of the value difference: where the learnt reward is of another kind, or is not."""

    def law(case: Case) -> str | None:
        said = case.problem.label
        other = any(word in said for word in ("shaped", "learnt reward ×", "where nobody comes"))
        if other != again:
            return None
        return _off("the difference", case.out, case.expected)

    return law


def _unshaped(case: Case) -> str | None:
    """Right but for one number that is added everywhere."""
    less = case.out - case.out.mean()  # the right one's mean is 0
    return difference("the canonical reward (less its mean)", less, case.expected)


def _distance(kind: str) -> Callable:
    """The law of the distance: of rewards that are plainly different, shaped, or at an end."""

    def law(case: Case) -> str | None:
        if _kind(case) != kind:
            return None
        if np.isnan(case.out):
            return f"the distance is nan; it should be {case.expected:.3f}. Is 1 - rho a little below 0?"
        said = _off("the distance", case.out, np.round(case.expected, 12))
        if said and case.expected < 1e-6 and 0 < case.out < 1e-3:
            said += " Near 0 the root magnifies rounding: is there a float32?"
        return said

    return law


def _kind(case: Case) -> str:
    if not 1e-3 < case.expected < 1.0 - 1e-3:
        return "end"
    return "shaped" if "shaped" in case.problem.label else "plain"


# --- misconceptions ------------------------------------------------------------------------


def _of_logs(summary: Callable) -> Callable:
    """Something else than the mean of the logs, (N, T)."""
    return lambda pi, demos: float(summary(_logs(pi, demos)))


def _floored(floor: float) -> Callable:
    return lambda pi, demos: float(np.log(pi[demos.states[:, :-1], demos.actions] + floor).mean())


def _only_possible(pi: np.ndarray, demos: Demos) -> float:
    logs = _logs(pi, demos)
    return float(logs[np.isfinite(logs)].mean())


def _only_possible_of_all(pi: np.ndarray, demos: Demos) -> float:
    logs = _logs(pi, demos)
    return float(logs[np.isfinite(logs)].sum() / logs.size)


def _last_kept(pi: np.ndarray, demos: Demos) -> float:
    """The action of the step before, at the next state."""
    return float(np.log(pi[demos.states[:, 1:], demos.actions]).mean())


def _axes(pi: np.ndarray, demos: Demos) -> float:
    return float(np.log(pi[demos.actions, demos.states[:, :-1]]).mean())


def _by_counts(pi: np.ndarray, demos: Demos) -> float:
    counts = np.zeros(pi.shape)
    np.add.at(counts, (demos.states[:, :-1], demos.actions), 1.0)
    return float((counts * np.log(pi)).sum() / counts.sum())


def _once_each(pi: np.ndarray, demos: Demos) -> float:
    met = np.zeros(pi.shape, dtype=bool)
    met[demos.states[:, :-1], demos.actions] = True
    return float(np.log(pi[met]).mean())


def _state_by_state(pi: np.ndarray, demos: Demos) -> float:
    states = demos.states[:, :-1]
    logs = _logs(pi, demos)
    return float(np.mean([logs[states == s].mean() for s in np.unique(states)]))


def _flattened(pi: np.ndarray, demos: Demos) -> float:
    pairs = zip(demos.states.ravel(), demos.actions.ravel(), strict=False)
    return float(np.log([pi[s, a] for s, a in pairs]).mean())


def _discounted(gamma: float) -> Callable:
    return lambda pi, demos: float((_logs(pi, demos) * gamma ** np.arange(demos.horizon)).mean())


def _entropy(pi: np.ndarray, demos: Demos) -> float:
    of_state = np.where(pi > 0, pi * np.log(pi), 0.0).sum(axis=1)
    return float(of_state[demos.states[:, :-1]].mean())


def _agreement(pi: np.ndarray, demos: Demos) -> float:
    return float((pi.argmax(axis=1)[demos.states[:, :-1]] == demos.actions).mean())


def _only_possible_or_none(pi: np.ndarray, demos: Demos) -> float:
    """-inf only where nothing that was done was possible."""
    logs = _logs(pi, demos)
    kept = logs[np.isfinite(logs)]
    return float(kept.mean()) if kept.size else -np.inf


def _of_product(pi: np.ndarray, demos: Demos) -> float:
    return float(np.log(np.prod(pi[demos.states[:, :-1], demos.actions])) / demos.actions.size)


def _of_products(pi: np.ndarray, demos: Demos) -> float:
    """Drive by drive."""
    each = np.prod(pi[demos.states[:, :-1], demos.actions], axis=1)
    return float(np.log(each).mean() / demos.horizon)


def _log_of_mean(pi: np.ndarray, demos: Demos) -> float:
    return float(np.log(pi[demos.states[:, :-1], demos.actions].mean()))


def _scores_with(change: Callable) -> Callable:
    """Other scores, and the shares that follow from the right ones."""

    def wrong(policies: np.ndarray, held_out: list[Demos]) -> tuple:
        scores = _table(policies, held_out)
        return change(scores, policies, held_out), _share(scores)

    return wrong


def _right_with(share: Callable) -> Callable:
    """The right scores, and other shares."""

    def wrong(policies: np.ndarray, held_out: list[Demos]) -> tuple:
        scores = _table(policies, held_out)
        return scores, share(scores)

    return wrong


def _all_with(score: Callable) -> Callable:
    """Another score, and what follows from it."""

    def wrong(policies: np.ndarray, held_out: list[Demos]) -> tuple:
        scores = _table(policies, held_out, score)
        return scores, _share(scores)

    return wrong


def _turned(policies: np.ndarray, held_out: list[Demos]) -> tuple:
    scores = _table(policies, held_out).swapaxes(1, 2)
    return scores, _share(scores)


def _scored_on(policies: np.ndarray, held_out: list[Demos]) -> tuple:
    scores = _table(policies, held_out)
    return scores, _share(scores)


def _pooled(policies: np.ndarray, held_out: list[Demos]) -> tuple:
    """One score for each model, of the drives of all styles."""
    sizes = np.array([drives.actions.size for drives in held_out])
    pooled = (_table(policies, held_out) * sizes).sum(axis=2) / sizes.sum()
    scores = np.repeat(pooled[:, :, None], len(held_out), axis=2)
    return scores, _share(scores)


def _own_repeated(policies: np.ndarray, held_out: list[Demos]) -> tuple:
    own = _diagonal(_table(policies, held_out))
    scores = np.repeat(own[:, :, None], len(held_out), axis=2)
    return scores, _share(scores)


def _first_size(scores: np.ndarray, _: np.ndarray, held_out: list[Demos]) -> np.ndarray:
    sizes = np.array([drives.actions.size for drives in held_out])
    return scores * sizes / sizes[0]


def _drive_by_drive(policies: np.ndarray, held_out: list[Demos]) -> tuple:
    """The share of single drives that the own model foretells best."""
    right = []
    for of in policies:
        won: list[bool] = []
        for j, drives in enumerate(held_out):
            each = np.array([_logs(pi, drives).mean(axis=1) for pi in of])
            won += list(each[j] > np.delete(each, j, axis=0).max(axis=0))
        right.append(np.mean(won))
    return _table(policies, held_out), np.array(right)


def _posterior(scores: np.ndarray) -> np.ndarray:
    scores = np.maximum(scores, -1e9)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return _diagonal(weights / weights.sum(axis=1, keepdims=True)).mean(axis=1)


def _too_early(scores: np.ndarray) -> np.ndarray:
    """Against the models so far: of those before."""
    M, J, _ = scores.shape
    won = [
        [scores[m, j, j] > scores[m, :j, j].max(initial=-np.inf) for j in range(J)]
        for m in range(M)
    ]
    return np.mean(won, axis=1)


def _whose(scores: np.ndarray) -> np.ndarray:
    """First of all, ties won: argmax over the models."""
    return (scores.argmax(axis=1) == np.arange(scores.shape[1])).mean(axis=1)


def _diagonal(scores: np.ndarray) -> np.ndarray:
    return np.diagonal(scores, axis1=1, axis2=2)


def _shared_wins(scores: np.ndarray) -> np.ndarray:
    return (_diagonal(scores) >= scores.max(axis=1)).mean(axis=1)


def _own_drives(scores: np.ndarray) -> np.ndarray:
    """The model's best drives are its own style's."""
    return _share(scores.swapaxes(1, 2))


def _own_drives_first(scores: np.ndarray) -> np.ndarray:
    return _whose(scores.swapaxes(1, 2))


def _over_methods(scores: np.ndarray) -> np.ndarray:
    """First of the models of all methods."""
    best = scores.max(axis=(0, 1))
    return (_diagonal(scores) >= best).mean(axis=1)


def _above_mean(scores: np.ndarray) -> np.ndarray:
    return (_diagonal(scores) > scores.mean(axis=1)).mean(axis=1)


def _above_one(scores: np.ndarray) -> np.ndarray:
    return (_diagonal(scores) > scores.min(axis=1)).mean(axis=1)


def _flags(scores: np.ndarray) -> np.ndarray:
    """Which styles are right, (M, J)."""
    return _diagonal(scores) >= scores.max(axis=1)


def _all_or_none(scores: np.ndarray) -> np.ndarray:
    return (_share(scores) == 1.0).astype(float)


def _last_wins(scores: np.ndarray) -> np.ndarray:
    J = scores.shape[1]
    return (J - 1 - scores[:, ::-1].argmax(axis=1) == np.arange(J)).mean(axis=1)


def _off_diagonal(scores: np.ndarray) -> np.ndarray:
    J = scores.shape[1]
    own = _diagonal(scores)[:, None, :]
    return (own > scores).sum(axis=(1, 2)) / (J * (J - 1))


def _losing(lose: Callable) -> Callable:
    """A loss from the two plans, true and learnt: lose(mdp, true, learned, pi, pi_learned)."""

    def wrong(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
        return float(lose(mdp, true, learned, _optimal(mdp, true), _optimal(mdp, learned)))

    return wrong


def _states_apart(summary: Callable) -> Callable:
    """From the values of both plans in every state."""
    return _losing(
        lambda mdp, true, learned, pi, other: summary(
            _values(mdp, true, pi) - _values(mdp, true, other)
        )
    )


def _myopic(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
    now = np.eye(mdp.n_actions)[learned.argmax(axis=1)]
    return _return(mdp, true, _optimal(mdp, true)) - _return(mdp, true, now)


def _best_return(mdp: MDP, reward: np.ndarray) -> float:
    return _return(mdp, reward, _optimal(mdp, reward))


def _against_best(mdp: MDP, true: np.ndarray, actions: np.ndarray) -> float:
    return _best_return(mdp, true) - _return(mdp, true, np.eye(mdp.n_actions)[actions])


def _one_sweep(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
    """The learnt plan looks one step beyond the next reward."""
    Q = learned + mdp.gamma * mdp.P @ learned.max(axis=1)
    return _against_best(mdp, true, Q.argmax(axis=1))


def _one_look_ahead(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
    """The same, for the reward of acting at random."""
    Q = learned + mdp.gamma * mdp.P @ learned.mean(axis=1)
    return _against_best(mdp, true, Q.argmax(axis=1))


def _short(sweeps: int) -> Callable:
    """Plans evaluated over so many steps."""

    def wrong(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
        total = []
        for pi in (_optimal(mdp, true), _optimal(mdp, learned)):
            at, earned = mdp.initial_dist, 0.0
            for t in range(sweeps):
                earned += mdp.gamma**t * at @ (pi * true).sum(axis=1)
                at = np.einsum("s,sa,san->n", at, pi, mdp.P)
            total.append(earned)
        return total[0] - total[1]

    return wrong


def _soft_plan(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    return planning.soft_value_iteration(mdp, reward)[2]


def _softly(both: bool) -> Callable:
    def wrong(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
        plan = _soft_plan if both else _optimal
        best = _return(mdp, true, plan(mdp, true))
        return best - _return(mdp, true, _soft_plan(mdp, learned))

    return wrong


def _next_step_paid(mdp: MDP, true: np.ndarray, learned: np.ndarray) -> float:
    """The difference without what the first step pays."""
    plans = _optimal(mdp, true), _optimal(mdp, learned)
    best, reached = (
        _return(mdp, true, pi) - mdp.initial_dist @ (pi * true).sum(axis=1) for pi in plans
    )
    return best - reached


def _of_pairs(reward: np.ndarray, gamma: float) -> np.ndarray:
    """The mean keeps its action, taken for the next one, too."""
    m = reward.mean(axis=2)
    return reward + gamma * m.T[None, :, :] - m[:, :, None] - gamma * m.mean()


def _epic_with(
    form: Callable | None = None, second: Callable | None = None, end: Callable | None = None
) -> Callable:
    """EPIC with another canonical form, one for the second reward, or another end."""
    form = form or _canonical()
    finish = end or (lambda a, b: np.sqrt(max(0.0, 1.0 - _clean_rho(a, b)) / 2.0))

    def wrong(a: np.ndarray, b: np.ndarray, gamma: float) -> float:
        return float(finish(form(a, gamma), (second or form)(b, gamma)))

    return wrong


def _clean_rho(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation, at most 1 in size."""
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


def _of_rho(end: Callable) -> Callable:
    """Another distance from the right correlation."""
    return _epic_with(end=lambda a, b: end(_clean_rho(a, b)))


def _ranks(x: np.ndarray) -> np.ndarray:
    return x.ravel().argsort(kind="stable").argsort(kind="stable").astype(float)


def _unguarded(a: np.ndarray, b: np.ndarray, gamma: float) -> float:
    right = epic_distance(a, b, gamma)
    return float("nan") if right < 1e-6 else right


def _raw(reward: np.ndarray, gamma: float) -> np.ndarray:
    return reward


def _divided(reward: np.ndarray, by: Callable = np.std) -> np.ndarray:
    """At deviation 1, or size 1 by another measure; what is rounding stays."""
    return reward / by(reward) if reward.std() > 1e-9 else reward


def _of_rows(a: np.ndarray, b: np.ndarray) -> float:
    rho = np.corrcoef(a.reshape(len(a), -1), b.reshape(len(b), -1))[0, 1]
    return np.sqrt(max(0.0, 1.0 - rho) / 2.0)


def _by_state(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosines, one for each state."""
    return np.array([_cosine_raw(x, y) for x, y in zip(a, b, strict=True)])


def _cosine_raw(a: np.ndarray, b: np.ndarray) -> float:
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def _mixed(a: np.ndarray, b: np.ndarray) -> float:
    rho = np.cov(a.ravel(), b.ravel())[0, 1] / (a.std() * b.std())
    return np.sqrt(max(0.0, 1.0 - rho) / 2.0)


def _averaged(reward: np.ndarray, gamma: float) -> np.ndarray:
    """The canonical form of r(s, a), without a next state."""
    return _canonical()(reward, gamma).mean(axis=2)


_ZERO = (
    "The log of 0 is −∞, and so is the score: a model that rules out what was done is as wrong as can be. Do not soften it; "
    '`np.errstate(divide="ignore")` silences the warning.'
)
_FLOORS = [2.2250738585072014e-308, 2.220446049250313e-16]
_FLOORS += [10.0**-n for n in (300, 100, 20, 15, 12, 10, 9, 8, 6, 4, 3)]
_ORDER = "`scores[m, i, j]`: i is the model's style, j the drives'."

# --- the exercises -------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="held_out_log_likelihood",
        title="How well does a model foretell?",
        reference=held_out_log_likelihood,
        form=Score("the log-likelihood"),
        problems=_likelihood_problems,
        parts=(
            Part("the mean over all decisions", 1, _foretold(extreme=False)),
            Part("probabilities of 0, or nearly", 1, _foretold(extreme=True)),
        ),
        errors={
            "ValueError: math domain": "Python's `math.log` has no log of 0. `np.log` gives −∞, which is the right score there.",
            "ValueError: expected a positive": "Python's `math.log` has no log of 0. `np.log` gives −∞, which is the right score there.",
            "IndexError: shape mismatch": "A drive has T actions and T + 1 states: leave out the last state, `states[:, :-1]`.",
            "ValueError: broadcast": "A drive has T actions and T + 1 states: leave out the last state, `states[:, :-1]`.",
            "IndexError": "An index is too large. π has states first, then actions; and a drive has one state more than actions.",
            "TypeError": "`demos` is one object: its arrays are `demos.states` (N, T + 1) and `demos.actions` (N, T).",
            "AttributeError": "Of `demos` you need `demos.states` (N, T + 1) and `demos.actions` (N, T).",
        },
        misconceptions=(
            Misconception(
                "sum",
                _of_logs(np.sum),
                "That is the sum over all decisions. Drives of other lengths should compare: take the mean.",
            ),
            Misconception(
                "per_drive",
                _of_logs(lambda logs: logs.sum(axis=1).mean()),
                "You add up the steps of each drive and divide by the number of drives. A score *a decision* divides by the "
                "steps as well.",
            ),
            Misconception(
                "per_step",
                _of_logs(lambda logs: logs.sum(axis=0).mean()),
                "You divide by the number of steps, but not by the number of drives.",
            ),
            Misconception(
                "sign",
                _of_logs(lambda logs: -logs.mean()),
                "You return the loss, −log π. Here more is better: leave the sign away, and the score is at most 0.",
            ),
            Misconception(
                "next_state",
                _last_kept,
                "You pair each action with the state it *led to*. Where was it decided? `states[:, :-1]`.",
            ),
            Misconception(
                "states_too_many",
                _of_logs(lambda logs: logs.sum() / (logs.size + len(logs))),
                "You divide by the number of *states*. In the last one nothing was decided: N · T decisions.",
            ),
            Misconception(
                "mean_first",
                _log_of_mean,
                "You take the log of the mean. The mean of the logs is asked: one decision at π = 0 must cost −∞.",
            ),
            Misconception(
                "mean_first_by_drive",
                lambda pi, demos: float(np.log(np.exp(_logs(pi, demos)).mean(axis=1)).mean()),
                "You take the log of each drive's mean. The mean of the logs is asked, decision by decision.",
            ),
            Misconception(
                "probability",
                lambda pi, demos: float(pi[demos.states[:, :-1], demos.actions].mean()),
                "That is the mean probability, without a log. It would hardly notice a decision that was held for impossible.",
            ),
            Misconception(
                "perplexity",
                _of_logs(lambda logs: np.exp(logs.mean())),
                "You turn the mean log back into a probability. Leave it as a log.",
            ),
            Misconception(
                "bits",
                _of_logs(lambda logs: logs.mean() / np.log(2.0)),
                "Your unit is bits (log2). Use the natural log.",
            ),
            Misconception(
                "log10",
                _of_logs(lambda logs: logs.mean() / np.log(10.0)),
                "Your logs are to the base 10. Use the natural log.",
            ),
            Misconception(
                "agreement",
                _agreement,
                "You count how often the model's favourite was done. That is another score; this one asks how *probable* the "
                "deed was.",
            ),
            Misconception(
                "axes",
                _axes,
                "π has the states first: `pi[states, actions]`.",
            ),
            Misconception(
                "one_drive",
                lambda pi, demos: _mean_log(pi, demos[0]),
                "Only the first drive counts in your mean.",
            ),
            Misconception(
                "first_decision",
                _of_logs(lambda logs: logs[:, 0].mean()),
                "Only the first decision of each drive counts in your mean.",
            ),
            Misconception(
                "last_decision_lost",
                _of_logs(lambda logs: logs[:, :-1].sum() / max(1, logs[:, :-1].size)),
                "You leave out the last *decision*. It is the last *state* that goes: T + 1 states, T actions.",
            ),
            Misconception(
                "once_each",
                _once_each,
                "You count each pair (s, a) once, however often it was done. Every decision counts.",
            ),
            Misconception(
                "state_by_state",
                _state_by_state,
                "You average over states. A state where many decisions were taken weighs more: average over decisions.",
            ),
            Misconception(
                "entropy",
                _entropy,
                "That is how sure the model is, whatever was done: Σ π log π. Take the log π of the action that was *taken*.",
            ),
            Misconception(
                "whole_table",
                lambda pi, demos: float(np.log(np.maximum(pi, 1e-300)).mean()),
                "That is the mean over the whole table π, wherever the drives went. Pick out what was *done*.",
            ),
            Misconception(
                "whole_table_logs",
                lambda pi, demos: float(np.log(pi).mean()),
                "That is the mean over the whole table π, wherever the drives went. Pick out what was *done*.",
            ),
            Misconception(
                "flattened",
                _flattened,
                "Your flat lists of states and actions run out of step: each drive has one state more than actions. Cut `states[:, :-1]` *before* you flatten.",
            ),
            *(
                Misconception(
                    f"discounted_{round(100 * fixed)}",
                    _discounted(fixed),
                    f"You weigh step t by {fixed:g}^t. Here every decision counts alike.",
                )
                for fixed in (0.9, 0.95, 0.99)
            ),
            Misconception(
                "median",
                _of_logs(np.median),
                "You take the median. The mean is asked.",
            ),
            Misconception(
                "zero_times_log",
                _by_counts,
                "Your counts multiply log π: where nothing was done and π = 0, that is 0 · (−∞), which is no number. Pick out "
                "the decisions instead: `pi[states, actions]`.",
            ),
            Misconception(
                "zeros_left_out",
                _only_possible,
                "You leave out the decisions that the model holds for impossible: its worst ones. "
                + _ZERO,
            ),
            Misconception(
                "zeros_free",
                _only_possible_of_all,
                "A decision that the model holds for impossible costs nothing in your mean. "
                + _ZERO,
            ),
            Misconception(
                "of_the_product",
                _of_product,
                "You multiply first, and take the log of the product: of hundreds of factors it is 0 in a computer. Add up logs.",
            ),
            Misconception(
                "of_products",
                _of_products,
                "You multiply along each drive before you take the log: a product of many small numbers is 0 in a computer. Add "
                "up logs.",
            ),
            Misconception(
                "finite_mean",
                _of_logs(lambda logs: np.nan_to_num(logs.mean())),
                "You replace −∞ by the lowest number there is. " + _ZERO,
            ),
            Misconception(
                "finite",
                _of_logs(lambda logs: np.nan_to_num(logs).mean()),
                "You replace −∞ by the lowest number there is. " + _ZERO,
            ),
            Misconception(
                "all_bad",
                _of_logs(lambda logs: logs.mean() if np.isfinite(logs).all() else 0.0),
                "Where something impossible was done you return 0, the best score of all. " + _ZERO,
            ),
            *(
                Misconception(
                    f"floor_{round(-np.log10(floor))}",
                    _floored(floor),
                    f"You add {floor:.0e} to π (or cut it off there), so that what the model rules out costs "
                    f"{-np.log(floor):.0f}, and every table depends on your choice. " + _ZERO,
                )
                for floor in _FLOORS
            ),
        ),
        hints=(
            "How many decisions are there, and how many states? Which state has no decision?",
            "`pi[states, actions]` with two arrays of one shape picks out one probability for each decision. The states are "
            "`demos.states[:, :-1]`.",
            'The mean of `np.log(pi[demos.states[:, :-1], demos.actions])`. Put it under `with np.errstate(divide="ignore"):`, '
            "and a log of 0 is −∞ without a warning.",
        ),
    ),
    Exercise(
        name="compare_methods",
        title="Whose drives are these?",
        reference=compare_methods,
        form=Several(Scores("scores", "M, J, J"), Array("right", "M")),
        problems=_compare_problems,
        parts=(
            Part("a score for every model and all drives", 1, _scored),
            Part("how often the own model is first", 1, _first(ties=False)),
            Part("and ties are not right", 1, _first(ties=True)),
        ),
        errors={
            "IndexError": "`policies` is (M, J, S, A): methods, then styles. There are as many held-out drives as styles.",
            "AttributeError": "`held_out` is a *list* of Demos, one for each style: `held_out[j]`. Each has its own N and T.",
            "ValueError: inhomogeneous": "The styles' drives have different numbers and lengths: they do not fit into one array. "
            "Score them one by one.",
            "ValueError": "The styles' drives have different numbers and lengths: score them one by one, and put *numbers* in "
            "the array.",
            "TypeError": "`held_out[j]` is style j's Demos, and `policies[m, i]` a policy (S, A): both go into "
            "`held_out_log_likelihood`.",
        },
        misconceptions=(
            Misconception("turned", _turned, "The last two axes are swapped. " + _ORDER),
            Misconception(
                "turned_scores",
                _scores_with(lambda scores, *_: scores.swapaxes(1, 2)),
                "The last two axes of your scores are swapped. " + _ORDER,
            ),
            Misconception(
                "styles_first",
                _scores_with(lambda scores, *_: np.moveaxis(scores, 0, -1)),
                "The methods come first: `scores[m, i, j]`.",
            ),
            Misconception(
                "own_only",
                _scores_with(lambda scores, *_: scores * np.eye(scores.shape[1])),
                "Only the models' own drives are scored; the rest of your table is 0. Every model sees every style's drives.",
            ),
            Misconception(
                "loss",
                _scores_with(lambda scores, *_: -scores),
                "You return losses. Scores are log-likelihoods: more is better.",
            ),
            Misconception(
                "sums",
                _all_with(_of_logs(np.sum)),
                "These are sums over a style's drives; use `held_out_log_likelihood`, a mean.",
            ),
            Misconception(
                "per_drive",
                _all_with(_of_logs(lambda logs: logs.sum(axis=1).mean())),
                "These are log-likelihoods a *drive*, and drives differ in length; use `held_out_log_likelihood`, the mean over decisions.",
            ),
            Misconception(
                "agreement",
                _all_with(_agreement),
                "These are shares of agreement with the model's favourite action. Use `held_out_log_likelihood`.",
            ),
            Misconception(
                "log_of_mean",
                _all_with(_log_of_mean),
                "These are logs of means. Use `held_out_log_likelihood`, the mean of the logs.",
            ),
            Misconception(
                "next_states",
                _all_with(_last_kept),
                "You pair each action with the state it led to. Use `held_out_log_likelihood`.",
            ),
            Misconception(
                "first_styles_size",
                _scores_with(_first_size),
                "You divide all sums by the first style's number of decisions. The styles' drives differ in number and length.",
            ),
            Misconception(
                "same_drives",
                lambda policies, held_out: _scored_on(policies, [held_out[0]] * len(held_out)),
                "All models are scored on the first style's drives. `held_out[j]` goes with column j.",
            ),
            Misconception(
                "own_repeated",
                _own_repeated,
                "You score each model on the drives of its *own* style only, and repeat that. Every model sees every style's drives: `held_out[j]`.",
            ),
            Misconception(
                "all_together",
                _pooled,
                "You put all styles' drives together. Each style has its own column.",
            ),
            Misconception(
                "first_drive",
                _all_with(lambda pi, drives: _mean_log(pi, drives[0])),
                "Only the first drive of each style is scored: `held_out[j]` holds several.",
            ),
            Misconception(
                "margins",
                _scores_with(lambda scores, *_: scores - _diagonal(scores)[:, None, :]),
                "You take the own model's score away from all of them. Return the scores themselves.",
            ),
            Misconception(
                "shares_of_style",
                _scores_with(
                    lambda scores, *_: np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
                ),
                "You turn the scores into shares. Return the log-likelihoods themselves.",
            ),
            Misconception(
                "finite_scores",
                _scores_with(lambda scores, *_: np.nan_to_num(scores)),
                "You replace −∞ by a number. A model that rules out what was done scores −∞.",
            ),
            Misconception(
                "no_zeros",
                _scores_with(lambda scores, *_: np.where(np.isfinite(scores), scores, 0.0)),
                "You replace −∞ by 0, the best score of all.",
            ),
            *(
                Misconception(
                    f"floor_{round(-np.log10(floor))}",
                    _all_with(_floored(floor)),
                    f"You add {floor:.0e} to π, or cut it off there. A model that rules out what was done scores −∞.",
                )
                for floor in (1e-300, 2.220446049250313e-16, 1e-12, 1e-10, 1e-8, 1e-6)
            ),
            Misconception(
                "possible_only",
                _all_with(_only_possible_or_none),
                "You leave out the decisions that a model holds for impossible: its worst ones. It scores −∞ there.",
            ),
            Misconception(
                "by_counts",
                _all_with(_by_counts),
                "Counts times log π: where nothing was done and π = 0, that is 0 · (−∞), which is no number. Use "
                "`held_out_log_likelihood`.",
            ),
            Misconception(
                "argmax",
                _right_with(_whose),
                "`argmax` gives a tie to the first model, also when *all* models score −∞. A style counts only if its own model "
                "is strictly best.",
            ),
            Misconception(
                "ties_won",
                _right_with(_shared_wins),
                "You count a shared first place (also one at −∞, shared by all). The own model must be *strictly* best: compare "
                "it with the best of the *others*.",
            ),
            Misconception(
                "ties_last",
                _right_with(_last_wins),
                "Your search gives a tie to the last model. A style counts only if its own model is strictly best.",
            ),
            Misconception(
                "models_favourite",
                _right_with(_own_drives),
                "You ask which drives a *model* likes best. Some drives are easy for every model. Ask which model explains the "
                "*drives* best: go along i, for each j.",
            ),
            Misconception(
                "models_favourite_argmax",
                _right_with(_own_drives_first),
                "You take the `argmax` along j: which drives a *model* likes best. Ask which model explains the *drives* best: "
                "along i, for each j.",
            ),
            Misconception(
                "counted",
                _right_with(lambda scores: _share(scores) * scores.shape[1]),
                "That is the number of styles. The share is asked: divide by J.",
            ),
            Misconception(
                "by_three",
                _right_with(lambda scores: _share(scores) * scores.shape[1] / 3.0),
                "You divide by 3 whatever is asked. There are J styles, and J is not always 3: a mean over them knows.",
            ),
            Misconception(
                "by_methods",
                _right_with(lambda scores: _share(scores) * scores.shape[1] / scores.shape[0]),
                "You divide by the number of methods. There are J styles to be right about.",
            ),
            Misconception(
                "flags",
                _right_with(_flags),
                "You say *which* styles are right, (M, J). Asked is their share: the mean over the styles.",
            ),
            Misconception(
                "one_share",
                _right_with(lambda scores: _share(scores).mean()),
                "You average over the methods, too. Each has a share of its own: shape (M,).",
            ),
            Misconception(
                "share_of_methods",
                _right_with(lambda scores: _flags(scores).mean(axis=0)),
                "You average over the methods: a share for each style. Average over the styles: a share for each method.",
            ),
            Misconception(
                "percent",
                _right_with(lambda scores: 100.0 * _share(scores)),
                "These are per cent. A share is between 0 and 1.",
            ),
            Misconception(
                "wrong_share",
                _right_with(lambda scores: 1.0 - _share(scores)),
                "That is the share of the styles that a method gets *wrong*.",
            ),
            Misconception(
                "lowest",
                _right_with(lambda scores: _share(-scores)),
                "You look for the lowest score. The higher the log-likelihood the better.",
            ),
            Misconception(
                "among_all_methods",
                _right_with(_over_methods),
                "You compare with the models of other *methods*. Each method is judged by itself: its J models against "
                "each other.",
            ),
            Misconception(
                "above_one",
                _right_with(_above_one),
                "It is enough for you to beat the worst model. The own one must beat *all* others: compare with the best of them.",
            ),
            Misconception(
                "posterior",
                _right_with(_posterior),
                "That is how sure one would be (a softmax). Here a style is right or not: count.",
            ),
            Misconception(
                "single_drives",
                _drive_by_drive,
                "You count single drives. Asked are styles: all drives of one together.",
            ),
            Misconception(
                "too_early",
                _right_with(_too_early),
                "You compare before the column is full. Fill `scores` first, then look for the best.",
            ),
            Misconception(
                "never_reset",
                _right_with(lambda scores: np.cumsum(_share(scores))),
                "Your count goes on from method to method. Begin each at 0.",
            ),
            Misconception(
                "above_mean",
                _right_with(_above_mean),
                "Better than the models' mean is not first: compare with the best of the others.",
            ),
            Misconception(
                "duels",
                _right_with(_off_diagonal),
                "You count the duels that the own model wins. It must beat *all* others: count styles.",
            ),
            Misconception(
                "all_or_none",
                _right_with(_all_or_none),
                "Your `right` is 1 only if all styles are right. It is the share of them.",
            ),
            Misconception(
                "itself_among_others",
                _right_with(lambda scores: np.zeros(len(scores))),
                "No model is ever right: is the own model among those it must beat? Nothing is above itself.",
            ),
            Misconception(
                "always_right",
                _right_with(lambda scores: np.ones(len(scores))),
                "All models are always right: do you compare each with itself only?",
            ),
        ),
        hints=(
            "Three loops: over methods, over the styles that a model was fitted to, over the styles that drove. For `right`: "
            "what must the own model be better than, and along which axis?",
            "`held_out_log_likelihood(policies[m, i], held_out[j])` fills `scores[m, i, j]`. The own models are on the diagonal, "
            "`scores[m, j, j]`; the others of column j are `scores[m, i, j]` with i ≠ j.",
            "For a method m and drives j: `scores[m, j, j] > max(scores[m, i, j] for i in range(J) if i != j)`. `right[m]` is the "
            "mean of these over j. With `>`, a tie is not right, not even one at −∞.",
        ),
    ),
    Exercise(
        name="expected_value_difference",
        title="What does the learnt reward cost?",
        reference=expected_value_difference,
        form=Score("the difference"),
        problems=_value_problems,
        parts=(
            Part("the loss of acting on what was learnt", 1, _lost(again=False)),
            Part("whatever its scale and shape, and where nobody comes", 1, _lost(again=True)),
        ),
        errors={
            "ValueError: matmul": "Check the shapes: rewards and policies are (S, A), values (S,), `mdp.initial_dist` (S,).",
            "ValueError": "Check the shapes, and what a planner returns: `value_iteration` gives V *and* π.",
            "TypeError": "What does the planner return? `V, pi = value_iteration(mdp, reward)`; and `expected_return` wants "
            "(mdp, reward, pi).",
            "AttributeError": "What does the planner return? `V, pi = value_iteration(mdp, reward)`, two things.",
        },
        misconceptions=(
            Misconception(
                "sign",
                _losing(lambda mdp, r, _, pi, other: _return(mdp, r, other) - _return(mdp, r, pi)),
                "The sign: the best return comes first, and nobody can beat it. The difference is at least 0.",
            ),
            Misconception(
                "judged_by_the_learnt",
                _losing(
                    lambda mdp, r, won, pi, other: _return(mdp, won, other) - _return(mdp, won, pi)
                ),
                "You judge both plans by the *learnt* reward (or your two rewards are swapped). Plan with the learnt one, judge "
                "by the true one.",
            ),
            Misconception(
                "judged_by_the_learnt_sign",
                _losing(
                    lambda mdp, r, won, pi, other: _return(mdp, won, pi) - _return(mdp, won, other)
                ),
                "You judge both plans by the *learnt* reward. Plan with the learnt one, judge by the true one.",
            ),
            Misconception(
                "two_judges",
                _losing(
                    lambda mdp, r, won, pi, other: _return(mdp, r, pi) - _return(mdp, won, other)
                ),
                "You judge each plan by its own reward: two currencies. Judge both by the *true* reward.",
            ),
            Misconception(
                "two_judges_apart",
                _losing(
                    lambda mdp, r, won, pi, other: abs(
                        _return(mdp, r, pi) - _return(mdp, won, other)
                    )
                ),
                "You judge each plan by its own reward: two currencies. Judge both by the *true* reward.",
            ),
            Misconception(
                "two_judges_kept",
                _losing(
                    lambda mdp, r, won, pi, other: max(
                        0.0, _return(mdp, r, pi) - _return(mdp, won, other)
                    )
                ),
                "You judge each plan by its own reward: two currencies. Judge both by the *true* reward.",
            ),
            Misconception(
                "one_plan",
                _losing(lambda mdp, r, won, pi, other: _return(mdp, r, pi) - _return(mdp, won, pi)),
                "One plan, judged by two rewards. It is the other way round: two plans, judged by the true reward.",
            ),
            Misconception(
                "one_plan_apart",
                _losing(
                    lambda mdp, r, won, pi, other: abs(_return(mdp, r, pi) - _return(mdp, won, pi))
                ),
                "One plan, judged by two rewards. It is the other way round: two plans, judged by the true reward.",
            ),
            Misconception(
                "learnt_plan_twice",
                _losing(
                    lambda mdp, r, won, pi, other: _return(mdp, r, other) - _return(mdp, won, other)
                ),
                "One plan, judged by two rewards. It is the other way round: two plans, judged by the true reward.",
            ),
            Misconception(
                "learnt_plan_twice_apart",
                _losing(
                    lambda mdp, r, won, pi, other: abs(
                        _return(mdp, r, other) - _return(mdp, won, other)
                    )
                ),
                "One plan, judged by two rewards. It is the other way round: two plans, judged by the true reward.",
            ),
            Misconception(
                "values_apart",
                _losing(
                    lambda mdp, r, won, pi, other: (
                        mdp.initial_dist @ np.abs(_values(mdp, r, pi) - _values(mdp, won, other))
                    )
                ),
                "You compare the two planners' *values*, each in its own currency. Ask what the learnt plan earns of the *true* reward.",
            ),
            Misconception(
                "of_the_difference",
                lambda mdp, true, learned: abs(_best_return(mdp, true - learned)),
                "You plan for the difference of the rewards. Plan for each of them, and compare what the plans earn.",
            ),
            Misconception(
                "difference_signed",
                lambda mdp, true, learned: _best_return(mdp, true - learned),
                "You plan for the difference of the rewards. Plan for each of them, and compare what the plans earn.",
            ),
            Misconception(
                "share_of_states",
                _losing(
                    lambda mdp, r, won, pi, other: np.mean(
                        pi.argmax(axis=1) != other.argmax(axis=1)
                    )
                ),
                "That is the share of the states in which the plans differ. Some of these differences cost nothing, and some cost all: ask what the plans *earn*.",
            ),
            Misconception(
                "nothing",
                lambda mdp, true, learned: 0.0,
                "It is always 0. Is the difference the wrong way round inside a `max(0, …)`, or is one plan compared with itself?",
            ),
            Misconception(
                "reached_only",
                _losing(lambda mdp, r, _, pi, other: _return(mdp, r, other)),
                "That is what the learnt reward's plan reaches. How much is *lost*, against the best plan?",
            ),
            Misconception(
                "best_only",
                _losing(lambda mdp, r, _, pi, other: _return(mdp, r, pi)),
                "That is the best return. Take away what the learnt reward's plan reaches.",
            ),
            Misconception(
                "mse",
                lambda mdp, true, learned: float(np.mean((true - learned) ** 2)),
                "That compares two *rewards* by their mean squared error. Shaping changes all their numbers, and costs nothing: "
                "compare what they make one do.",
            ),
            Misconception(
                "mae",
                lambda mdp, true, learned: float(np.abs(true - learned).mean()),
                "That compares two *rewards*, number by number. Compare what they make one do: plan with each.",
            ),
            Misconception(
                "start_forgotten",
                _states_apart(np.mean),
                "You average over all states alike. Weigh them with `mdp.initial_dist`.",
            ),
            Misconception(
                "all_states",
                _states_apart(np.sum),
                "You add up all states. Weigh them with `mdp.initial_dist`.",
            ),
            Misconception(
                "worst_state",
                _states_apart(np.max),
                "That is the loss in the worst state. Weigh the states with `mdp.initial_dist`.",
            ),
            Misconception(
                "state_0",
                _states_apart(lambda lost: lost[0]),
                "That is the loss in state 0. Drives begin anywhere: weigh the states with `mdp.initial_dist`.",
            ),
            Misconception(
                "norm",
                _states_apart(np.linalg.norm),
                "You take the length of the vector of losses. Weigh the states with `mdp.initial_dist`.",
            ),
            Misconception(
                "scaled",
                lambda mdp, true, learned: expected_value_difference(
                    mdp, true / np.abs(true).max(), learned
                ),
                "You bring the true reward to size 1 first. The loss is asked in its own units.",
            ),
            Misconception(
                "relative",
                _losing(
                    lambda mdp, r, _, pi, other: 1.0 - _return(mdp, r, other) / _return(mdp, r, pi)
                ),
                "You divide by the best return. The loss is asked in units of the true return (and returns may be negative).",
            ),
            Misconception(
                "relative_size",
                _losing(
                    lambda mdp, r, _, pi, other: (
                        (_return(mdp, r, pi) - _return(mdp, r, other)) / abs(_return(mdp, r, pi))
                    )
                ),
                "You divide by the best return. The loss is asked in units of the true return.",
            ),
            Misconception(
                "a_step",
                _losing(
                    lambda mdp, r, _, pi, other: (
                        (1 - mdp.gamma) * (_return(mdp, r, pi) - _return(mdp, r, other))
                    )
                ),
                "You multiply by 1 − γ: that is a loss a step. The whole return is asked.",
            ),
            Misconception(
                "soft_apart",
                lambda mdp, true, learned: abs(_softly(both=True)(mdp, true, learned)),
                "Both your plans are soft, so a reward × 1000 is another one. Plan optimally: `value_iteration`.",
            ),
            Misconception(
                "squared",
                _losing(
                    lambda mdp, r, _, pi, other: (_return(mdp, r, pi) - _return(mdp, r, other)) ** 2
                ),
                "You square the difference. It cannot be negative as it is.",
            ),
            Misconception(
                "one_sweep",
                _one_sweep,
                "You plan one step ahead. `planning.value_iteration` plans to the end.",
            ),
            Misconception(
                "one_look_ahead",
                _one_look_ahead,
                "You plan one step ahead. `planning.value_iteration` plans to the end.",
            ),
            Misconception(
                "myopic",
                _myopic,
                "You take the action with the largest learnt *reward*. Plan with it: what comes later counts as well.",
            ),
            Misconception(
                "soft_learner",
                _softly(both=False),
                "You plan softly with the learnt reward. A soft planner loses something even with the true reward: plan "
                "optimally, `value_iteration`.",
            ),
            Misconception(
                "soft",
                _softly(both=True),
                "Both your plans are soft, so a reward × 1000 is another one. Plan optimally: `value_iteration`.",
            ),
            Misconception(
                "soft_kept",
                lambda mdp, true, learned: max(0.0, _softly(both=True)(mdp, true, learned)),
                "Both your plans are soft, so a reward × 1000 is another one. Plan optimally: `value_iteration`.",
            ),
            *(
                Misconception(
                    f"sweeps_{n}",
                    _short(n),
                    f"You evaluate with {n} sweeps, too few for a γ near 1. `planning.expected_return` knows when it is there.",
                )
                for n in (10, 20, 50, 100, 200, 500)
            ),
            Misconception(
                "first_step_apart",
                _losing(
                    lambda mdp, r, won, pi, other: abs(
                        mdp.initial_dist @ ((pi - other) * r).sum(axis=1)
                    )
                ),
                "Only what the first step earns is in it. The whole return is asked.",
            ),
            Misconception(
                "against_random",
                _losing(
                    lambda mdp, r, won, pi, other: (
                        _return(mdp, r, other)
                        - _return(mdp, r, np.full(pi.shape, 1.0 / pi.shape[1]))
                    )
                ),
                "You measure how much *better* than chance the learnt plan is. How much worse than the best?",
            ),
            Misconception(
                "against_random_apart",
                _losing(
                    lambda mdp, r, won, pi, other: abs(
                        _return(mdp, r, other)
                        - _return(mdp, r, np.full(pi.shape, 1.0 / pi.shape[1]))
                    )
                ),
                "You measure how far from chance the learnt plan is. How much worse than the best?",
            ),
            *(
                Misconception(
                    f"gamma_{round(100 * fixed)}",
                    lambda mdp, true, learned, fixed=fixed: expected_value_difference(
                        mdp.replace(gamma=fixed), true, learned
                    ),
                    f"You take γ = {fixed:g} whatever the world says. Use the `mdp` you are given.",
                )
                for fixed in (0.9, 0.95, 0.99)
            ),
            Misconception(
                "first_step_free",
                _next_step_paid,
                "What the first step pays is missing: the return begins with γ⁰ r.",
            ),
            Misconception(
                "random_instead",
                _losing(
                    lambda mdp, r, _, pi, other: (
                        _return(mdp, r, pi) - _return(mdp, r, np.full(pi.shape, 1.0 / pi.shape[1]))
                    )
                ),
                "You compare with a policy that acts at random, whatever was learnt.",
            ),
        ),
        hints=(
            "Two plans and one judge. Which reward is each plan made for, and which one says how good it is?",
            "Plan for the true reward and for the learnt one, each with `planning.value_iteration`. Then ask what both plans "
            "earn of the **true** reward, from `mdp.initial_dist` on: `planning.expected_return`.",
            "`_, best = planning.value_iteration(mdp, true_reward)`, `_, learned = planning.value_iteration(mdp, learned_reward)`, "
            "and the answer is `planning.expected_return(mdp, true_reward, best) - planning.expected_return(mdp, true_reward, "
            "learned)`, at least 0 (`max(0.0, …)`), since rounding may leave −1e-15.",
        ),
    ),
    Exercise(
        name="canonical_reward",
        title="Take the shaping out",
        reference=canonical_reward,
        form=Array("the canonical reward", "S, A, S"),
        problems=_canonical_problems,
        parts=(
            Part("the same for all ways of shaping", 2, _unshaped),
            Part("and for all constants", 1, matches("the canonical reward")),
        ),
        errors={
            "ValueError: broadcast": "m has one number for each state. For the state s write `m[:, None, None]`, for the next "
            "state `m[None, None, :]`, or just `m`.",
            "ValueError: operands": "m has one number for each state. For the state s write `m[:, None, None]`, for the next "
            "state `m[None, None, :]`, or just `m`.",
            "IndexError": "How many axes has m? One: the mean of r(s, a, s') over a *and* s'.",
            "TypeError": "`gamma` is a number, `reward` an array (S, A, S).",
        },
        misconceptions=(
            Misconception(
                "no_constant",
                _canonical(overall=0.0),
                "A constant added to the reward still shows, times γ. What does the term with the mean of m do?",
            ),
            Misconception(
                "constant_without_gamma",
                lambda reward, gamma: _canonical(overall=0.0)(reward, gamma) - reward.mean(),
                "The mean of m is missing its γ. Try a constant reward: what should be left is 0.",
            ),
            Misconception(
                "constant_added",
                _canonical(overall=1.0),
                "The last term has the wrong sign. Try a constant reward: what should be left is 0.",
            ),
            Misconception(
                "gamma_squared",
                lambda reward, gamma: _canonical(overall=-gamma)(reward, gamma),
                "The last term has γ². All of E[γ r(s′, A, S′) − r(s, A, S′) − γ r(S, A, S′)] has one γ at most.",
            ),
            Misconception(
                "swapped_no_constant",
                lambda reward, gamma: (
                    reward + gamma * _mean_of(reward)[:, None, None] - _mean_of(reward)
                ),
                "s and s′ are swapped, and the constant still shows: r + γ m(s′) − m(s) − γ mean(m).",
            ),
            Misconception(
                "signs",
                _canonical(ahead=-1.0, behind=1.0),
                "You take γ m(s′) away and add m(s): that is shaping once more. Shaping *added* γ h(s′) − h(s), and m holds −h: "
                "which signs take it out again?",
            ),
            Misconception(
                "all_signs",
                _canonical(ahead=-1.0, behind=1.0, overall=1.0),
                "All three signs are turned round: that doubles the shaping. r + γ m(s′) − m(s) − γ mean(m).",
            ),
            Misconception(
                "both_added",
                _canonical(behind=1.0),
                "m(s) has the wrong sign. Shaping has γ h(s′) with a plus and h(s) with a minus, and so has its remedy.",
            ),
            Misconception(
                "no_gamma_ahead",
                lambda reward, gamma: (
                    reward
                    + _mean_of(reward)[None, None, :]
                    - _mean_of(reward)[:, None, None]
                    - gamma * _mean_of(reward).mean()
                ),
                "m(s′) comes a step later: it is missing its γ.",
            ),
            Misconception(
                "no_gamma",
                _canonical(at=lambda gamma: 1.0),
                "There is no γ in your answer. Shaping has one, before the next state's potential.",
            ),
            *(
                Misconception(
                    f"gamma_{round(100 * fixed)}",
                    _canonical(at=lambda gamma, fixed=fixed: fixed),
                    f"You use γ = {fixed:g} whatever is asked. Use the argument.",
                )
                for fixed in (0.9, 0.95, 0.99)
            ),
            Misconception(
                "one_state_only",
                _canonical(ahead=0.0),
                "The next state's mean, γ m(s′), is missing.",
            ),
            Misconception(
                "next_state_only",
                _canonical(behind=0.0),
                "The state's own mean, −m(s), is missing.",
            ),
            Misconception(
                "own_mean",
                _canonical(ahead=0.0, overall=0.0),
                "You take away the state's own mean, and that is all. What about the next state's?",
            ),
            Misconception(
                "centred",
                lambda reward, gamma: reward - reward.mean(),
                "You take away one number, the mean of all. That takes out constants; shaping moves every state by another number.",
            ),
            Misconception(
                "standardised",
                lambda reward, gamma: _standard(reward),
                "You standardise. That takes out scale and constants; shaping moves every state by another number.",
            ),
            Misconception(
                "scaled",
                lambda reward, gamma: _divided(_canonical()(reward, gamma)),
                "You divide by the deviation as well. The correlation does that, in the next exercise.",
            ),
            Misconception(
                "largest_one",
                lambda reward, gamma: _divided(
                    _canonical()(reward, gamma), lambda x: np.abs(x).max()
                ),
                "You divide by the largest entry as well. Scale is the correlation's affair, in the next exercise.",
            ),
            Misconception(
                "length_one",
                lambda reward, gamma: _divided(_canonical()(reward, gamma), np.linalg.norm),
                "You divide by the length as well. Scale is the correlation's affair, in the next exercise.",
            ),
            Misconception(
                "untouched",
                lambda reward, gamma: reward,
                "You give the reward back as it came.",
            ),
            Misconception(
                "shaping_alone",
                _canonical(keep=0.0),
                "The reward itself is missing: r(s, a, s′) + …",
            ),
            Misconception(
                "same_axis",
                lambda reward, gamma: (
                    reward
                    + (gamma - 1.0) * _mean_of(reward)[:, None, None]
                    - gamma * _mean_of(reward).mean()
                ),
                "Both means stand on the axis of s. The next state's goes along the *last* axis: `m[None, None, :]`, or just `m`.",
            ),
            Misconception(
                "last_axis",
                lambda reward, gamma: (
                    reward + (gamma - 1.0) * _mean_of(reward) - gamma * _mean_of(reward).mean()
                ),
                "Both means stand on the last axis, s′. The state's own goes along the first: `m[:, None, None]`.",
            ),
            Misconception(
                "swapped_axes",
                lambda reward, gamma: (
                    reward
                    + gamma * _mean_of(reward)[:, None, None]
                    - _mean_of(reward)
                    - gamma * _mean_of(reward).mean()
                ),
                "The axes are swapped: m(s) goes along the first, `m[:, None, None]`, and m(s′) along the last.",
            ),
            Misconception(
                "arrivals",
                _canonical(mean=lambda reward: reward.mean(axis=(0, 1))),
                "Your m is the mean over all transitions that *end* in a state (axes 0 and 1). m(s) is the mean of those that "
                "*start* there: r(s, ·, ·).",
            ),
            Misconception(
                "sums",
                _canonical(mean=lambda reward: reward.sum(axis=(1, 2))),
                "Your m is a sum. Take the mean over actions and next states.",
            ),
            Misconception(
                "sum_over_actions",
                _canonical(mean=lambda reward: reward.mean(axis=2).sum(axis=1)),
                "You sum over the actions. Take the mean.",
            ),
            Misconception(
                "sum_over_next",
                _canonical(mean=lambda reward: reward.mean(axis=1).sum(axis=1)),
                "You sum over the next states. Take the mean.",
            ),
            Misconception(
                "best_action",
                _canonical(mean=lambda reward: reward.mean(axis=2).max(axis=1)),
                "You take the best action's mean, as a planner would. Nobody plans here: the mean over all actions.",
            ),
            Misconception(
                "best_reward",
                _canonical(mean=lambda reward: reward.max(axis=(1, 2))),
                "You take a state's best reward, as a planner would. Nobody plans here: the mean over all.",
            ),
            Misconception(
                "median",
                _canonical(mean=lambda reward: np.median(reward, axis=(1, 2))),
                "You take medians. Only with means the shaping cancels out.",
            ),
            Misconception(
                "first_action",
                _canonical(mean=lambda reward: reward[:, 0, :].mean(axis=1)),
                "Only the first action is in your m. Take the mean over all.",
            ),
            Misconception(
                "staying",
                _canonical(mean=lambda reward: reward.mean(axis=1).diagonal()),
                "Your m is that of staying, r(s, ·, s). Take the mean over all next states.",
            ),
            Misconception(
                "mean_of_pairs",
                lambda reward, gamma: (
                    reward
                    + gamma * _mean_of(reward)
                    - reward.mean(axis=2, keepdims=True)
                    - gamma * reward.mean()
                ),
                "You take away the mean of r(s, a, ·), action by action: that takes out what an action is worth, too. Average "
                "over the actions as well.",
            ),
            Misconception(
                "pairs",
                _of_pairs,
                "Your m has an action left: r(s, a, ·). Average over the actions as well.",
            ),
            Misconception(
                "of_pairs",
                lambda reward, gamma: _canonical()(reward, gamma).mean(axis=2),
                "You average over s′ in the end. The canonical reward keeps it: (S, A, S).",
            ),
        ),
        hints=(
            "m(s) is one number for each state: over which two axes of `reward` is the mean? Which axis of the answer is s, and "
            "which is s′?",
            "`m = reward.mean(axis=(1, 2))`, shape (S,). `m[:, None, None]` goes along s; `m[None, None, :]` along s′.",
            "`reward + gamma * m[None, None, :] - m[:, None, None] - gamma * m.mean()`. Try it on a constant, and on pure "
            "shaping: nothing is left.",
        ),
    ),
    Exercise(
        name="epic_distance",
        title="How far apart are two rewards?",
        reference=epic_distance,
        form=Distance("the distance"),
        problems=_epic_problems,
        parts=(
            Part("the distance of different rewards", 1, _distance("plain")),
            Part("whatever their scale, constants and shaping", 1, _distance("shaped")),
            Part("equivalent ones are at 0, opposite ones at 1", 1, _distance("end")),
        ),
        errors={
            "ValueError: math domain": "Rounding has pushed 1 − ρ a little below 0, where there is no root: `max(0.0, 1 - rho)`.",
            "ValueError: expected a nonnegative": "Rounding has pushed 1 − ρ a little below 0, where there is no root: "
            "`max(0.0, 1 - rho)`.",
            "ValueError": "The correlation is that of two long vectors: `.ravel()` both first.",
            "TypeError": "`np.corrcoef(x, y)` gives a matrix (2, 2); ρ is its entry [0, 1].",
            "IndexError": "The correlation is that of two long vectors: `.ravel()` both first.",
        },
        misconceptions=(
            Misconception(
                "no_canonical",
                _epic_with(form=_raw),
                "You correlate the rewards as they came. Shaping must not count: take `canonical_reward` of both first.",
            ),
            Misconception(
                "first_only",
                _epic_with(second=_raw),
                "Only the first reward is in canonical form. Bring both into it.",
            ),
            Misconception(
                "second_only",
                _epic_with(form=_raw, second=_canonical()),
                "Only the second reward is in canonical form. Bring both into it.",
            ),
            Misconception(
                "correlation",
                _of_rho(lambda rho: rho),
                "That is the correlation ρ. The distance is √((1 − ρ)/2).",
            ),
            Misconception(
                "no_root",
                _of_rho(lambda rho: (1.0 - rho) / 2.0),
                "The root is missing: √((1 − ρ)/2).",
            ),
            Misconception(
                "one_less",
                _of_rho(lambda rho: 1.0 - rho),
                "That is 1 − ρ, between 0 and 2. The distance is √((1 − ρ)/2).",
            ),
            Misconception(
                "root_of_all",
                _of_rho(lambda rho: np.sqrt(max(0.0, 1.0 - rho))),
                "Opposite rewards must be at 1: halve 1 − ρ under the root.",
            ),
            Misconception(
                "halved_outside",
                _of_rho(lambda rho: np.sqrt(max(0.0, 1.0 - rho)) / 2.0),
                "The 2 belongs under the root: √((1 − ρ)/2). Opposite rewards are at 1.",
            ),
            Misconception(
                "plus",
                _of_rho(lambda rho: np.sqrt(max(0.0, 1.0 + rho) / 2.0)),
                "1 + ρ is the wrong way round: equal rewards must be at 0.",
            ),
            Misconception(
                "either_sign",
                _of_rho(lambda rho: np.sqrt(max(0.0, 1.0 - abs(rho)) / 2.0)),
                "You take the size of ρ: so the opposite of a reward would be as good as itself.",
            ),
            Misconception(
                "negative_cut",
                _of_rho(lambda rho: np.sqrt((1.0 - min(1.0, max(0.0, rho))) / 2.0)),
                "You cut ρ off at 0. It goes down to −1: opposite rewards are at 1.",
            ),
            Misconception(
                "squared_rho",
                _of_rho(lambda rho: np.sqrt(max(0.0, 1.0 - rho**2))),
                "You square ρ, so that a reward and its opposite are the same. √((1 − ρ)/2).",
            ),
            Misconception(
                "squared_rho_halved",
                _of_rho(lambda rho: np.sqrt(max(0.0, 1.0 - rho**2) / 2.0)),
                "You square ρ, so that a reward and its opposite are the same. √((1 − ρ)/2).",
            ),
            Misconception(
                "wrong_corner",
                lambda a, b, gamma: 0.0,
                "It is always 0. `np.corrcoef` gives a matrix, and its [0, 0] is 1: each vector with itself. Take [0, 1].",
            ),
            Misconception(
                "shortcut",
                _of_rho(lambda rho: 0.0 if rho > 0.999 else np.sqrt((1.0 - rho) / 2.0)),
                "Rewards that are nearly the same are at 0 for you. Only the rounding below 0 needs a guard: `max(0.0, 1 - rho)`.",
            ),
            Misconception(
                "own_means",
                _epic_with(form=lambda r, gamma: _mean_of(r)),
                "You correlate the means m(s). They are what is taken *out*: correlate the canonical rewards over all (s, a, s′).",
            ),
            Misconception(
                "summed_next",
                _epic_with(form=lambda r, gamma: r.mean(axis=2)),
                "You average over s′ and take no canonical form. `canonical_reward` of both, then all (s, a, s′).",
            ),
            Misconception(
                "angle",
                _of_rho(lambda rho: np.arccos(np.clip(rho, -1.0, 1.0)) / np.pi),
                "That is the angle, as a share of half a turn. A distance as well, but not this one: √((1 − ρ)/2).",
            ),
            Misconception(
                "no_guard",
                _unguarded,
                "Equal rewards are at nan: rounding has put ρ a little above 1, and there is no root below 0. "
                "`np.sqrt(max(0.0, 1 - rho) / 2)`.",
            ),
            Misconception(
                "clipped_low",
                _of_rho(lambda rho: np.sqrt(max(1e-6, (1.0 - rho) / 2.0))),
                "Equal rewards are at 0.001: guard the root at 0, not at a small number above it.",
            ),
            Misconception(
                "gamma_1",
                _epic_with(form=_canonical(at=lambda gamma: 1.0)),
                "You shape without γ. Give `canonical_reward` the γ you are given.",
            ),
            Misconception(
                "gamma_0",
                _epic_with(form=_canonical(at=lambda gamma: 0.0)),
                "The next state's mean is missing from your canonical form (as with γ = 0).",
            ),
            *(
                Misconception(
                    f"gamma_{round(100 * fixed)}",
                    _epic_with(form=_canonical(at=lambda gamma, fixed=fixed: fixed)),
                    f"You use γ = {fixed:g} whatever is asked. Use the argument.",
                )
                for fixed in (0.9, 0.95, 0.99)
            ),
            Misconception(
                "centred_only",
                _epic_with(form=_canonical(behind=0.0)),
                "The state's own mean, −m(s), is missing from your canonical form.",
            ),
            Misconception(
                "wrong_shaping",
                _epic_with(form=_canonical(ahead=-1.0, behind=1.0)),
                "Your canonical form shapes the wrong way: + γ m(s′), − m(s).",
            ),
            Misconception(
                "averaged",
                _epic_with(form=_averaged),
                "You average over s′ before you correlate. All transitions (s, a, s′) count.",
            ),
            Misconception(
                "of_pairs_first",
                _epic_with(
                    form=lambda r, gamma: _canonical()(
                        np.repeat(r.mean(axis=2, keepdims=True), len(r), axis=2), gamma
                    )
                ),
                "You average the rewards over s′ first. All transitions (s, a, s′) count.",
            ),
            Misconception(
                "mse",
                _epic_with(end=lambda a, b: np.mean((a - b) ** 2)),
                "That is the mean squared error of the canonical rewards: ten times a reward would be another one. Correlate them.",
            ),
            Misconception(
                "rmse",
                _epic_with(end=lambda a, b: np.sqrt(np.mean((a - b) ** 2)) / 2.0),
                "You compare canonical rewards of any scale. Divide each by its deviation first, or correlate them.",
            ),
            Misconception(
                "standardised_rmse",
                _epic_with(end=lambda a, b: np.sqrt(np.mean((_standard(a) - _standard(b)) ** 2))),
                "Opposite rewards are at 2. Halve it.",
            ),
            Misconception(
                "ranks",
                _epic_with(
                    end=lambda a, b: np.sqrt(max(0.0, 1.0 - _clean_rho(_ranks(a), _ranks(b))) / 2.0)
                ),
                "You correlate ranks (Spearman). Pearson's correlation is asked: of the numbers.",
            ),
            Misconception(
                "first_state",
                _epic_with(end=lambda a, b: np.sqrt(max(0.0, 1.0 - _clean_rho(a[0], b[0])) / 2.0)),
                "Only one state's transitions are in your correlation. Take them all: `.ravel()`.",
            ),
            Misconception(
                "rows",
                _epic_with(end=_of_rows),
                "`np.corrcoef` takes each *row* for a variable: you read the correlation of two rows. `.ravel()` both rewards first.",
            ),
            Misconception(
                "mixed_deviations",
                _epic_with(end=_mixed),
                "Your covariance divides by n − 1 and your deviations by n (`ddof`), so ρ goes beyond 1. Use one of them throughout, "
                "or `np.corrcoef`.",
            ),
            Misconception(
                "state_by_state",
                _epic_with(
                    end=lambda a, b: np.sqrt(
                        np.clip((1.0 - _by_state(a, b).mean()) / 2.0, 0.0, 1.0)
                    )
                ),
                "You average a correlation for each state. One correlation, over all transitions together: `.ravel()`.",
            ),
            Misconception(
                "state_by_state_distance",
                _epic_with(
                    end=lambda a, b: np.sqrt(
                        np.clip((1.0 - _by_state(a, b)) / 2.0, 0.0, 1.0)
                    ).mean()
                ),
                "You average a distance for each state. One correlation, over all transitions together: `.ravel()`.",
            ),
            Misconception(
                "absolute_lengths",
                _epic_with(
                    end=lambda a, b: np.abs(a / np.abs(a).sum() - b / np.abs(b).sum()).sum() / 2.0
                ),
                "You add up absolute values. Pearson's correlation takes squares.",
            ),
            Misconception(
                "largest_one",
                _epic_with(
                    end=lambda a, b: np.abs(a / np.abs(a).max() - b / np.abs(b).max()).mean() / 2.0
                ),
                "You bring the largest entries to 1. Divide by the deviations, or correlate.",
            ),
            Misconception(
                "length",
                _epic_with(end=lambda a, b: np.linalg.norm(a - b)),
                "You compare canonical rewards of any scale. Divide each by its deviation first, or correlate them.",
            ),
            Misconception(
                "rms",
                _epic_with(end=lambda a, b: np.sqrt(np.mean((a - b) ** 2))),
                "You compare canonical rewards of any scale. Divide each by its deviation first, or correlate them.",
            ),
            Misconception(
                "covariance_1",
                _epic_with(
                    end=lambda a, b: np.sqrt(
                        np.clip((1.0 - np.cov(a.ravel(), b.ravel())[0, 1]) / 2.0, 0.0, 1.0)
                    )
                ),
                "That is the covariance, which grows with the scale. Divide it by both deviations.",
            ),
            Misconception(
                "places_changed",
                _epic_with(
                    form=lambda r, gamma: r + gamma * _mean_of(r)[:, None, None] - _mean_of(r)
                ),
                "In your canonical form s and s′ are swapped: γ goes with the *next* state's mean, m(s′) on the last axis.",
            ),
            Misconception(
                "arrivals",
                _epic_with(form=_canonical(mean=lambda r: r.mean(axis=(0, 1)))),
                "Your m is the mean of what *leads into* a state. m(s) is the mean of r(s, ·, ·).",
            ),
            Misconception(
                "not_centred",
                _epic_with(
                    form=_canonical(overall=0.0),
                    end=lambda a, b: np.sqrt(max(0.0, 1.0 - _cosine_raw(a, b)) / 2.0),
                ),
                "A constant still shows: without −γ mean(m) the cosine is no correlation. Take `canonical_reward`, or `np.corrcoef`.",
            ),
            Misconception(
                "rounded_2",
                _epic_with(
                    end=lambda a, b: np.round(np.sqrt(max(0.0, 1.0 - _clean_rho(a, b)) / 2.0), 2)
                ),
                "You round. Round where you print, not where others go on computing.",
            ),
            Misconception(
                "rounded_3",
                _epic_with(
                    end=lambda a, b: np.round(np.sqrt(max(0.0, 1.0 - _clean_rho(a, b)) / 2.0), 3)
                ),
                "You round. Round where you print, not where others go on computing.",
            ),
            Misconception(
                "covariance",
                _epic_with(end=lambda a, b: np.sqrt(max(0.0, 1.0 - np.mean(a * b)) / 2.0)),
                "That is the covariance, which grows with the scale. Divide it by both deviations.",
            ),
            Misconception(
                "one_deviation",
                _epic_with(
                    end=lambda a, b: np.sqrt(max(0.0, 1.0 - np.mean(a * b) / a.var()) / 2.0)
                ),
                "You divide the covariance by one reward's variance: a slope. The correlation divides by *both* deviations.",
            ),
        ),
        hints=(
            "Two steps: what makes shaping and constants disappear, and what does not mind scale?",
            "`canonical_reward` of both, `.ravel()`, then Pearson's correlation ρ: `np.corrcoef(x, y)[0, 1]`.",
            "`x, y = (canonical_reward(r, gamma).ravel() for r in (reward_a, reward_b))`, `rho = np.corrcoef(x, y)[0, 1]`, and the "
            "answer is `np.sqrt(max(0.0, 1 - rho) / 2)`. (If you compute ρ by hand, rounding may put it a little above 1.)",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "best-twice",
        "On held-out drives counting scores −0.59 nats a decision and maximum entropy −1.04. But maximum entropy is 1.66 nats "
        "ahead of the next style, and counting 1.22. What follows?",
        (
            Option(
                "Counting is the better method: a likelihood decides",
                "It decides who foretells this driver on this road. Most of the difference was about which of two keys with the "
                "same effect was pressed, and on the full road counting falls to −1.29.",
            ),
            Option(
                "Maximum entropy is better: it is surer whose drive it is",
                "Surer, yes. But a model may refuse the wrong styles firmly and still be a poor forecast of the right one. If you "
                "want a forecast here, take another.",
            ),
            Option(
                "They win at two questions: ask which one is yours",
                "What will this driver do next, and which driver is this? Each has its own winner, and a third question, what "
                "will they do elsewhere, may have another.",
                right=True,
            ),
            Option(
                "Nothing: three held-out drives are too few to say",
                "150 decisions for each style are few, but the order of the two was the same for all three styles, and the margins "
                "are far from 0.",
            ),
        ),
    ),
    Quiz(
        "minus-infinity",
        "The max margin policy, without any random steps, has a held-out log-likelihood of −∞. What does that tell you?",
        (
            Option(
                "Its reward is wrong, or at least very bad",
                "One step that the policy never takes is enough, a slip of the hand for instance. On the grid the reward lost only "
                "0.62 of 17.46.",
            ),
            Option(
                "It never does something that was done at least once",
                "That is all. The score asks for probabilities, and an optimal policy has none to offer. Compare it by agreement, "
                "or by what its reward is worth.",
                right=True,
            ),
            Option(
                "There is a bug: a mean of logarithms is finite",
                "log 0 is −∞, and a mean with one −∞ in it is −∞. Replacing it by some large number would only hide what the "
                "score says.",
            ),
            Option(
                "It was fitted to too few drives; more will cure it",
                "However many there are, the best policy for a reward is deterministic, but for ties. People and rules of thumb are "
                "not.",
            ),
        ),
    ),
    Quiz(
        "zero-and-three-tenths",
        "A learnt reward has an EVD of 0.00 and an EPIC distance of 0.35 from the true one. How can that be?",
        (
            Option(
                "It differs from the truth by a constant and shaping",
                "Then EPIC would be 0 as well, if both rewards are written as r(s, a, s′): that is what the canonical form is for.",
            ),
            Option(
                "It is wrong where nobody who acts on it ever goes",
                "As with the thorns. In this world the error is free. In another, where the way leads past them, it can cost a lot: "
                "11.53 for one of the ten samples.",
                right=True,
            ),
            Option(
                "EPIC is a noisy estimate, and 0.35 is still chance",
                "On a small grid it is computed exactly, from all (s, a, s′). It falls as more demonstrations are fitted: 0.019 "
                "with 500 of them and a penalty that shrinks.",
            ),
            Option(
                "One of the two is wrong: both measure the same thing",
                "They ask two questions: what do I lose by acting on this reward here, and how different are the two rewards, "
                "whatever the world?",
            ),
        ),
    ),
    Quiz(
        "what-travelled",
        "Judged by what an action does, counting lost 0.60 nats a decision on the full road, maximum entropy 0.17, and the regression "
        "on the features of the step, which plans nothing, 0.10. What carried over?",
        (
            Option(
                "Planning: whoever plans anew knows the new road",
                "The regression on the step plans nothing and lost least, and the two planners' old policies, copied, were at most 0.04 "
                "behind their new ones.",
            ),
            Option(
                "The reward: only inverse RL can leave its world",
                "The regression on the step has none that anybody plans for. Where one must look ahead, as on the grid, it is at "
                "chance: there you need the reward.",
            ),
            Option(
                "Luck: three drives on a road cannot show anything",
                "Luck is in it, but the three that learnt places or scenes by heart lost two to seven times as much as the other three.",
            ),
            Option(
                "A few features that mean the same on both roads",
                "What is said in few words that mean the same elsewhere can be read elsewhere. The scene's words do, too, but there are "
                "105 weights to learn, and the road was rarely full. A reward adds something where the way to what one wants is long.",
                right=True,
            ),
        ),
    ),
]
