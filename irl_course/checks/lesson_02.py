"""Checks of lesson 02: copying actions, copying intent, and what a policy says about its reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Array, Flag, Number, WrongForm, close, number
from irl_course.checks.problems import (
    noisy_world,
    random_policy,
    random_reward,
    size,
    sure_world,
    worlds,
)
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP, Demos, sample_demos

# --- the course's own answers --------------------------------------------------------------


def clone_behaviour(demos: Demos, n_states: int, n_actions: int, smoothing: float) -> np.ndarray:
    """Shares of the expert's actions, pi(a|s) = (n(s, a) + c) / (n(s) + c * n_actions).

    Args:
        demos: states (N, T+1) and actions (N, T).
        n_states: rows of the table; not all need to occur.
        n_actions: its columns; not all need to occur.
        smoothing: the count c that every action starts with.

    Returns:
        pi, shape (S, A); rows sum to 1, uniform where nothing was counted.
    """
    return _shares(_counts(demos, n_states, n_actions) + smoothing)


def _counts(demos: Demos, n_states: int, n_actions: int) -> np.ndarray:
    """How often each action was taken in each state, (S, A)."""
    counts = np.zeros((n_states, n_actions))
    np.add.at(counts, (demos.states[:, :-1], demos.actions), 1.0)
    return counts


def _shares(counts: np.ndarray) -> np.ndarray:
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), 1.0 / counts.shape[1])


def transfer_return(mdp_new: MDP, reward: np.ndarray, pi: np.ndarray) -> float:
    """What a policy made elsewhere earns in a new world, p(s_1) . V_pi."""
    return planning.expected_return(mdp_new, reward, pi)


def shape_reward(mdp: MDP, reward: np.ndarray, potential: np.ndarray) -> np.ndarray:
    """r(s, a) + gamma * E[Phi(s')] - Phi(s) (Ng, Harada & Russell 1999)."""
    return reward + mdp.gamma * mdp.expect(potential) - potential[:, None]


def is_reward_consistent(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> bool:
    """Whether pi is optimal: Q_pi(s, a) <= V_pi(s) everywhere (Ng & Russell 2000, theorem 3)."""
    return bool((_gains(mdp, reward, pi) <= _rounding(mdp, reward)).all())


def _gains(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> np.ndarray:
    """What one deviation from pi gains, Q_pi - V_pi, (S, A)."""
    V = planning.policy_evaluation(mdp, reward, pi)
    return planning.bellman_backup(mdp, reward, V) - V[:, None]


def _rounding(mdp: MDP, reward: np.ndarray) -> float:
    """A gain that is none: rounding, for values of this size."""
    return 1e-8 * max(1.0, float(np.abs(reward).max()) / (1.0 - mdp.gamma))


def ng_russell(mdp: MDP, pi: np.ndarray, l1: float, reward_max: float | np.ndarray) -> np.ndarray:
    """The linear program of Ng & Russell (2000, section 3.2), for a policy without doubt.

    Maximises sum_s min_{a != pi(s)} edge_a(s) - l1 * sum_s |R(s)| subject to edge_a >= 0 and
    |R| <= reward_max, where edge_a = (P_pi - P_a)(I - gamma P_pi)^-1 R.

    Args:
        mdp: dynamics and discount.
        pi: the expert's policy, one-hot, shape (S, A).
        l1: the price of a unit of |R|.
        reward_max: bound on |R|, one number or one per state.

    Returns:
        R, shape (S,).
    """
    return _program(mdp, pi, l1, reward_max)


def _edges(mdp: MDP, P_pi: np.ndarray, to_values: np.ndarray | None = None) -> np.ndarray:
    """(A, S, S): edges[a] @ R is what the policy's action is better than a, divided by gamma."""
    if to_values is None:
        to_values = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_pi)
    return np.stack([(P_pi - mdp.P[:, a]) @ to_values for a in range(mdp.n_actions)])


def _program(
    mdp: MDP,
    pi: np.ndarray,
    l1: float,
    reward_max: float | np.ndarray,
    *,
    edges: np.ndarray | None = None,
    rivals: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    summed: bool = False,
    weight: np.ndarray | float = 1.0,
    price: str = "sizes",
    low: float = -1.0,
    bounded: bool = True,
    in_all: bool = False,
) -> np.ndarray | None:
    """The program on SciPy's solver, which needs no import of a second; misreadings by keyword.

    The unknowns are R, each state's smallest edge and each state's |R|, in this order.
    """
    S, none, eye = mdp.n_states, np.zeros((mdp.n_states, mdp.n_states)), np.eye(mdp.n_states)
    edges = _edges(mdp, mdp.policy_matrix(pi)) if edges is None else edges
    rivals = pi.T < 0.5 if rivals is None else rivals
    kept = rivals if kept is None else kept
    cap = np.broadcast_to(np.asarray(reward_max, float), (S,))
    below = [np.hstack([eye, none, -eye]), np.hstack([-eye, none, -eye])]  # |R| as two inequalities
    below += [np.hstack([-edge, none, none])[keep] for edge, keep in zip(edges, kept, strict=True)]
    below += [
        np.hstack([-edge, eye, none])[rival] for edge, rival in zip(edges, rivals, strict=True)
    ]
    limits = np.zeros(sum(map(len, below)))
    if in_all:
        below.append(np.repeat([0.0, 0.0, 1.0], S)[None])
        limits = np.append(limits, cap.max())
    score = np.concatenate([np.zeros(S), np.broadcast_to(weight, S), np.zeros(S)])
    if summed:
        score[S : 2 * S] = 0.0
        score[:S] = sum(rival @ edge for edge, rival in zip(edges, rivals, strict=True))
    score -= np.repeat({"sizes": [0, 0, l1], "signed": [l1, 0, 0], "none": [0, 0, 0]}[price], S)
    found = linprog(
        -score,
        A_ub=np.vstack(below),
        b_ub=limits,
        bounds=[(low * c, c) if bounded else (None, None) for c in cap]
        + [(None, 0 if summed else None)] * S
        + [(0, None)] * S,
        method="highs",
    )
    return None if found.x is None else found.x[:S]


# --- problems ------------------------------------------------------------------------------


def _clone_problems(rng: np.random.Generator) -> list[Problem]:
    tiny = Demos(np.array([[0, 1, 1, 2]]), np.array([[1, 0, 0]]))
    problems = [Problem("1 demonstration of 3 steps, smoothing 0", (tiny, 3, 2, 0.0))]
    for n_states, n_actions, n_demos, horizon, smoothing in (
        (4, 3, 5, 6, 0.0),
        (7, 3, 4, 5, 1.0),
        (6, 4, 9, 3, 0.5),
        (9, 5, 3, 4, 0.0),
        (5, 3, 40, 7, 2.0),
    ):
        # Nobody takes the last action or enters the last state: the data do not tell the sizes.
        inner = noisy_world(rng, n_states - 1, n_actions - 1, 0.9)
        demos = sample_demos(inner, random_policy(rng, inner), n_demos, horizon, rng)
        said = f"{n_demos} demonstrations of {horizon} steps, smoothing {smoothing:g}"
        problems.append(Problem(said, (demos, n_states, n_actions, smoothing)))
    return problems


def _transfer_problems(rng: np.random.Generator) -> list[Problem]:
    problems = []
    for label, mdp in worlds(rng):
        problems.append(Problem(label, (mdp, random_reward(rng, mdp), random_policy(rng, mdp))))
    mdp = problems[1].args[0]
    costs = -np.abs(random_reward(rng, mdp, 1e3))
    sure = planning.greedy_policy(random_reward(rng, mdp))
    return [*problems, Problem(f"{size(mdp)}, large costs", (mdp, costs, sure))]


def _shape_problems(rng: np.random.Generator) -> list[Problem]:
    problems = []
    for label, mdp in worlds(rng):
        potential = 3.0 * rng.normal(size=mdp.n_states)
        problems.append(Problem(label, (mdp, random_reward(rng, mdp), potential)))
    mdp = problems[2].args[0]
    high = 1e4 * rng.normal(size=mdp.n_states)
    large = (mdp, random_reward(rng, mdp), high)
    return [*problems, Problem(f"{size(mdp)}, a large potential", large)]


def _solved(mdp: MDP, reward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A world's optimal policy, and how far each action stays behind the best."""
    V, pi = planning.policy_iteration(mdp, reward)
    Q = planning.bellman_backup(mdp, reward, V)
    return pi, Q.max(axis=1, keepdims=True) - Q


def _leads(behind: np.ndarray) -> bool:
    """Whether the best action is clearly the best in every state."""
    return np.sort(behind, axis=1)[:, 1].min() > 0.05


def _clear(rng: np.random.Generator, n_states: int, n_actions: int, gamma: float) -> tuple:
    """A noisy world, a reward and its policy, which leads everywhere and takes several actions."""
    while True:
        mdp = noisy_world(rng, n_states, n_actions, gamma)
        reward = random_reward(rng, mdp)
        pi, behind = _solved(mdp, reward)
        if _leads(behind) and len(set(pi.argmax(axis=1))) > 1:
            return mdp, reward, pi


def _slip_in(mdp: MDP, reward: np.ndarray, pi: np.ndarray, state: int) -> np.ndarray:
    """The policy with the second best action in one state."""
    _, behind = _solved(mdp, reward)
    slipped = np.array(pi)
    slipped[state] = np.eye(mdp.n_actions)[np.argsort(behind[state])[1]]
    return slipped


def _lone_slip(mdp: MDP, reward: np.ndarray, pi: np.ndarray) -> np.ndarray | None:
    """A slip in a state where no deviation to action 0 gains: one has to compare all actions."""
    for state in range(mdp.n_states):
        slipped = _slip_in(mdp, reward, pi, state)
        if _gains(mdp, reward, slipped)[:, 0].max() <= 0:
            return slipped
    return None


def _crowded(rng: np.random.Generator) -> tuple:
    """A larger world in which some slip is found by comparing all actions only."""
    while True:
        mdp, reward, pi = _clear(rng, 6, 4, 0.95)
        slipped = _lone_slip(mdp, reward, pi)
        if slipped is not None:
            return mdp, reward, pi, slipped


def _hidden_slip(rng: np.random.Generator) -> tuple:
    """A slip in a state that nobody enters and nobody starts in."""
    mdp, _, _ = _clear(rng, 4, 3, 0.8)
    P = np.zeros((5, 3, 5))
    P[:4, :, :4] = mdp.P
    P[4] = rng.dirichlet(np.full(5, 0.5), size=3)
    hidden = MDP(P, np.append(mdp.initial_dist, 0.0), 0.8)
    while True:
        reward = random_reward(rng, hidden)
        pi, behind = _solved(hidden, reward)
        if _leads(behind):
            return hidden, reward, _slip_in(hidden, reward, pi, 4)


def _twins(rng: np.random.Generator) -> tuple:
    """A world in which two actions are the same in every state, and a policy that takes both."""
    mdp, reward, pi = _clear(rng, 5, 3, 0.7)
    states, best = np.arange(5), pi.argmax(axis=1)
    twin = mdp.replace(P=np.concatenate([mdp.P, mdp.P[states, best][:, None]], axis=1))
    rewards = np.hstack([reward, reward[states, best][:, None]])
    return twin, rewards, np.hstack([pi, np.ones((5, 1))]) / 2.0


def _nearly(rng: np.random.Generator) -> tuple:
    """A policy that misses one action which is better by one in ten thousand."""
    mdp, reward, pi = _clear(rng, 6, 3, 0.8)
    states, best = np.arange(6), pi.argmax(axis=1)
    twin = mdp.replace(P=np.concatenate([mdp.P, mdp.P[states, best][:, None]], axis=1))
    rewards = np.hstack([reward, reward[states, best][:, None] - 1.0])
    rewards[0, 3] += 1.0 + 1e-4
    return twin, rewards, np.hstack([pi, np.zeros((6, 1))])


def _hasty(rng: np.random.Generator) -> tuple:
    """A policy that is greedy for reward and not optimal."""
    while True:
        mdp, reward, _ = _clear(rng, 4, 2, 0.9)
        pi = planning.greedy_policy(reward)
        if _gains(mdp, reward, pi).max() > 0.05:
            return mdp, reward, pi


def _patient(rng: np.random.Generator) -> tuple:
    """An optimal policy that does not always take the largest reward."""
    while True:
        mdp, reward, pi = _clear(rng, 5, 3, 0.9)
        if not np.array_equal(planning.greedy_policy(reward), pi):
            return mdp, reward, pi


def _street() -> tuple:
    """Three states in a row, with numbers that a computer holds exactly; waiting pays a little."""
    P = np.zeros((3, 2, 3))
    P[[0, 1, 2], 0, [0, 1, 2]] = 1.0
    P[[0, 1, 2], 1, [1, 2, 2]] = 1.0
    reward = np.array([[0.5, 0.0], [0.0, 0.0], [4.0, 0.0]])
    return MDP(P, np.array([0.5, 0.25, 0.25]), 0.5), reward, np.eye(2)[[1, 1, 0]]


def _consistent_problems(rng: np.random.Generator) -> list[Problem]:
    mdp, reward, pi = _clear(rng, 3, 2, 0.8)
    large, prize, expert, slipped = _crowded(rng)
    patient = _patient(rng)
    potential = 5.0 * rng.normal(size=6)
    place = np.repeat(rng.normal(size=(5, 1)), 3, axis=1)
    asked = [
        ("a street", _street()),
        ("its own reward", (mdp, reward, pi)),
        ("the opposite of its reward", (mdp, -reward, pi)),
        ("a reward of zero", (mdp, np.zeros((3, 2)), random_policy(rng, mdp))),
        ("a patient policy", patient),
        ("a policy greedy for reward", _hasty(rng)),
        ("a reward of the state alone", (patient[0], place, _solved(patient[0], place)[0])),
        ("its own reward, large", (large, 1e3 * prize, expert)),
        (
            "shaped, scaled and shifted",
            (large, 0.3 * shape_reward(large, prize, potential) - 2.0, expert),
        ),
        ("the second best action in one state", (large, prize, slipped)),
        ("one action in ten at random", (large, prize, 0.9 * expert + 0.1 / 4)),
        ("a slip in a state nobody enters", _hidden_slip(rng)),
        ("two equal actions, half and half", _twins(rng)),
        ("a better action, by one in ten thousand", _nearly(rng)),
    ]
    order = rng.permutation(len(asked))  # a stored list of verdicts shall not pass
    drawn = sorted((asked[i] for i in order), key=lambda item: item[1][0].n_states)
    return [Problem(f"{size(args[0])}, {said}", args) for said, args in drawn]


def _program_problems(rng: np.random.Generator) -> list[Problem]:
    """Small prices rather than none, so that one R is the best; never two actions: `cp.minimum` wants two edges."""
    small, quick = _two_minded(rng), _impatient(rng)
    world, odd = _far_sighted(rng), _contrary(rng)
    capped = np.array([1.0, 2.0, 0.0, 0.5, 1.5])
    asked = [
        (*small, 0.01, 1.0),
        (*world, 0.02, 1.0),
        (*world, round(0.5 * _highest_price(*world), 3), 2.0),
        (*world, round(1.5 * _highest_price(*world), 3), 1.0),
        (*world, round(0.1 * _highest_price(*world), 3), capped),
        (*quick, round(0.75 * _highest_price(*quick), 3), 1.0),
        (*odd, round(0.2 * _highest_price(*odd), 3), 1.0),
    ]
    return [
        Problem(f"{size(mdp)}, l1 = {l1:g}, {_cap_said(cap)}", (mdp, pi, l1, cap))
        for mdp, pi, l1, cap in asked
    ]


def _cap_said(cap: float | np.ndarray) -> str:
    return f"reward_max = {cap:g}" if np.ndim(cap) == 0 else "one reward_max per state"


def _highest_price(mdp: MDP, pi: np.ndarray) -> float:
    """The price at which R falls to zero: the largest margin that one unit of |R| buys."""
    return _margin(mdp, pi, _program(mdp, pi, 0.0, 1.0, in_all=True))


def _telling(rng: np.random.Generator, draw: Callable[[], MDP]) -> tuple:
    """A world and a policy of several actions, which some R explains by a margin no solver overlooks."""
    while True:
        mdp = draw()
        pi, _ = _solved(mdp, _of_states(rng.normal(size=mdp.n_states), mdp.n_actions))
        if len(set(pi.argmax(axis=1))) > 1 and _highest_price(mdp, pi) > 0.4:
            return mdp, pi


def _two_minded(rng: np.random.Generator) -> tuple:
    """A policy for which taking one action's matrix gives an R, and a wrong one."""
    while True:
        mdp, pi = _telling(rng, lambda: noisy_world(rng, 4, 3, 0.8))
        if np.abs(_one_action(mdp, pi, 0.01, 1.0)).max() > 0.1:
            return mdp, pi


def _impatient(rng: np.random.Generator) -> tuple:
    """A policy that the values of a patient agent do not explain; in a world that mixes slowly."""

    def draw() -> MDP:
        noisy, sure = noisy_world(rng, 6, 3, 0.3), sure_world(rng, 6, 3, 0.3)
        return noisy.replace(P=0.2 * noisy.P + 0.8 * sure.P)

    while True:
        mdp, pi = _telling(rng, draw)
        l1 = 0.75 * _highest_price(mdp, pi)
        if _shortfall(mdp, pi, l1, _patient_values(mdp, pi, l1, 1.0)) > 0.25:
            return mdp, pi


def _far_sighted(rng: np.random.Generator) -> tuple:
    """A policy that is not explained by looking at the next step alone."""
    while True:
        mdp, pi = _telling(rng, lambda: noisy_world(rng, 5, 3, 0.9))
        l1 = 0.5 * _highest_price(mdp, pi)
        if _shortfall(mdp, pi, l1, _without_values(mdp, pi, l1, 1.0)) > 0.25:
            return mdp, pi


def _contrary(rng: np.random.Generator) -> tuple:
    """A policy whose optimality costs margin: the constraints bind."""
    while True:
        mdp, pi = _telling(rng, lambda: noisy_world(rng, 7, 3, 0.9))
        l1 = 0.2 * _highest_price(mdp, pi)
        if _shortfall(mdp, pi, l1, _not_kept(mdp, pi, l1, 1.0)) > 0.25:
            return mdp, pi


def _shortfall(mdp: MDP, pi: np.ndarray, l1: float, R: np.ndarray) -> float:
    """How wrong an R is: what a deviation gains under it, or the share of the margin it misses."""
    best = _program(mdp, pi, l1, 1.0)
    missed = (_score(mdp, pi, l1, best) - _score(mdp, pi, l1, R)) / _margin(mdp, pi, best)
    return max(missed, _gains(mdp, _of_states(R, mdp.n_actions), pi).max())


# --- forms ---------------------------------------------------------------------------------


class Shares(Array):
    """A policy read row by row: a row of 0 / 0 spoils only itself."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the array, with its NaN left in."""
        gaps = np.False_
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            gaps = np.isnan(value)
            value = np.where(gaps, 0.0, value)
        array = super().read(value, expected)
        return np.where(gaps, np.nan, array)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two tables agree, gaps included."""
        return bool((close(value, other) | (np.isnan(value) & np.isnan(other))).all())


class Solution(Array):
    """What a solver found: compared as loosely as solvers differ."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the numbers; what cvxpy has lying beside them is named."""
        if value is None:
            raise WrongForm(
                f"{self.name} is None: is a `return` missing, or did the program have no solution?"
            )
        if type(value).__module__.startswith("cvxpy"):
            raise WrongForm(
                f"{self.name} is still cvxpy's expression; after `solve()` its numbers are in its `.value`."
            )
        if isinstance(value, (float, np.floating)):
            raise WrongForm(
                f"{self.name} is one number: `solve()` returns the score. The solution is in `R.value`."
            )
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two solutions are the same for any solver."""
        return np.shape(value) == np.shape(other) and bool(np.allclose(value, other, atol=2e-3))


# --- laws ----------------------------------------------------------------------------------


def _rows(acted: bool):
    """The law that the rows of states in which the expert acted (or never did) are right."""
    said = "where the expert acted" if acted else "where the expert never acted"

    def law(case: Case) -> str | None:
        demos, n_states = case.args[:2]
        where = np.isin(np.arange(n_states), demos.states[:, :-1]) == acted
        right = (np.abs(case.out - case.expected) <= 1e-5).all(axis=1)
        bad = np.flatnonzero(where & ~right)
        if not bad.size:
            return None
        have, want = (", ".join(map(number, pi[bad[0]])) for pi in (case.out, case.expected))
        return f"In state {bad[0]}, {said}, pi is ({have}); it should be ({want})."

    return law


def _verdict(case: Case) -> str | None:
    if case.out == case.expected:
        return None
    gains = _gains(*case.args)
    if case.expected:
        return "You say False, but no single change of action gains anything anywhere: this policy is optimal."
    s, a = np.unravel_index(int(np.argmax(gains)), gains.shape)
    return f"You say True, but in state {s} action {a} is worth {number(gains[s, a])} more than the policy."


# Solvers stop early: OSQP's default was seen to leave .04 of the bound and of the margin, the
# others less than 1e-4. No registered mistake stays within twice this (tested).
_LOOSE = 0.08


def _of_states(R: np.ndarray, n_actions: int) -> np.ndarray:
    """A reward of the state alone as r(s, a)."""
    return np.repeat(np.asarray(R)[:, None], n_actions, axis=1)


def _margin(mdp: MDP, pi: np.ndarray, R: np.ndarray) -> float:
    """By how much the expert's action beats the second best, divided by gamma, over all states."""
    rivals = np.where(pi.T > 0.5, np.inf, _edges(mdp, mdp.policy_matrix(pi)) @ R)
    return float(rivals.min(axis=0).sum())


def _score(mdp: MDP, pi: np.ndarray, l1: float, R: np.ndarray) -> float:
    """What the program maximises."""
    return _margin(mdp, pi, R) - l1 * float(np.abs(R).sum())


def _explains(case: Case) -> str | None:
    """Judged by its constraints and by what the program maximises, never by R itself."""
    mdp, pi, _, cap = case.args
    R, cap = case.out, np.broadcast_to(np.asarray(cap, float), case.out.shape)
    room, over = _LOOSE * max(1.0, cap.max()), np.abs(R) - cap
    if over.max() > room:
        s = int(np.argmax(over))
        return f"R[{s}] is {number(R[s])}, and the bound there is {number(cap[s])}."
    gains = _gains(mdp, _of_states(R, mdp.n_actions), pi)
    if gains.max() > room:
        s, a = np.unravel_index(int(np.argmax(gains)), gains.shape)
        return (
            f"Under your R the expert is not optimal: in state {s}, action {a} is worth "
            f"{number(gains[s, a])} more than the expert's."
        )
    possible = _margin(mdp, pi, case.expected)
    if possible > 0.01 and _margin(mdp, pi, R) < 0.01 * possible:
        return (
            "Under your R the expert's actions are no better than the others: so would be any policy's. "
            f"Margins that add up to {number(possible)} are possible."
        )
    return None


def _best(case: Case) -> str | None:
    mdp, pi, l1, _ = case.args
    said = _explains(case)
    if said:
        return said
    have, want = (_score(mdp, pi, l1, R) for R in (case.out, case.expected))
    if have >= want - _LOOSE * max(_margin(mdp, pi, case.expected), 0.1 * l1):
        return None
    return f"Your R scores {number(have)} in the program; {number(want)} is possible."


# --- misconceptions ------------------------------------------------------------------------


def _clone_with(change):
    """A clone whose counts, with the smoothing in, become a policy in another way."""
    return lambda demos, S, A, c: change(_counts(demos, S, A) + c)


def _filled_with(fill):
    """A clone with rows of its own where the expert never acted."""

    def wrong(demos: Demos, S: int, A: int, c: float) -> np.ndarray:
        counts = _counts(demos, S, A)
        acted = counts.sum(axis=1, keepdims=True) > 0
        return np.where(acted, _shares(counts + c), fill(counts))

    return wrong


def _once(demos: Demos, S: int, A: int, c: float) -> np.ndarray:
    counts = np.zeros((S, A))
    counts[demos.states[:, :-1], demos.actions] += 1.0
    return _shares(counts + c)


def _next_state(demos: Demos, S: int, A: int, c: float) -> np.ndarray:
    counts = np.zeros((S, A))
    np.add.at(counts, (demos.states[:, 1:], demos.actions), 1.0)
    return _shares(counts + c)


def _overall(counts: np.ndarray) -> np.ndarray:
    return np.repeat(_shares(counts.sum(axis=0, keepdims=True)), len(counts), axis=0)


def _per_demo(demos: Demos, S: int, A: int, c: float) -> np.ndarray:
    return np.mean(
        [clone_behaviour(demos[i : i + 1], S, A, c) for i in range(demos.n_demos)], axis=0
    )


def _short_total(demos: Demos, S: int, A: int, c: float) -> np.ndarray:
    counts = _counts(demos, S, A)
    return (counts + c) / np.maximum(counts.sum(axis=1, keepdims=True) + c, 1e-12)


def _softmax(counts: np.ndarray) -> np.ndarray:
    powers = np.exp(counts - counts.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _most_frequent(counts: np.ndarray) -> np.ndarray:
    return np.where(
        counts.sum(axis=1, keepdims=True) > 0, planning.greedy_policy(counts), 1 / counts.shape[1]
    )


def _from(weigh):
    """The values of the policy, put together in another way than by the start."""
    return lambda mdp, r, pi: weigh(mdp, planning.policy_evaluation(mdp, r, pi))


def _best_return(mdp: MDP, reward: np.ndarray) -> float:
    return float(mdp.initial_dist @ planning.policy_iteration(mdp, reward)[0])


def _uniform(mdp: MDP) -> np.ndarray:
    return np.full((mdp.n_states, mdp.n_actions), 1.0 / mdp.n_actions)


def _shaped_with(expectation):
    """Shaping with another idea of E[Phi(s')]."""
    return lambda mdp, r, F: r + mdp.gamma * expectation(mdp, F) - F[:, None]


def _reached(mdp: MDP) -> np.ndarray:
    """All states in reach with equal weights."""
    reach = mdp.P > 0
    return reach / reach.sum(axis=2, keepdims=True)


def _judged_by(gain):
    """A verdict from another notion of what a deviation gains."""
    return lambda mdp, r, pi: bool((gain(mdp, r, pi) <= _rounding(mdp, r)).all())


def _values_of_action_0(mdp: MDP, r: np.ndarray, pi: np.ndarray) -> np.ndarray:
    """Gains by values for which P_pi was replaced by the matrix of action 0."""
    system = np.eye(mdp.n_states) - mdp.gamma * mdp.P[:, 0]
    Q = planning.bellman_backup(mdp, r, np.linalg.solve(system, (pi * r).sum(axis=1)))
    return Q - (pi * Q).sum(axis=1, keepdims=True)


def _same_policy(mdp: MDP, r: np.ndarray, pi: np.ndarray) -> bool:
    return bool(np.allclose(planning.policy_iteration(mdp, r)[1], pi))


def _likeliest_optimal(mdp: MDP, r: np.ndarray, pi: np.ndarray) -> bool:
    behind = _solved(mdp, r)[1][np.arange(mdp.n_states), pi.argmax(axis=1)]
    return bool((behind <= _rounding(mdp, r)).all())


def _same_return(mdp: MDP, r: np.ndarray, pi: np.ndarray) -> bool:
    lost = _best_return(mdp, r) - planning.expected_return(mdp, r, pi)
    return bool(lost <= _rounding(mdp, r))


def _misread(**keywords):
    """The program with one of its parts misread."""
    return lambda mdp, pi, l1, cap: _program(mdp, pi, l1, cap, **keywords)


def _with_edges(edges):
    """The program with other edges, given the world and P_pi."""

    def wrong(mdp: MDP, pi: np.ndarray, l1: float, cap: float | np.ndarray) -> np.ndarray | None:
        return _program(mdp, pi, l1, cap, edges=edges(mdp, mdp.policy_matrix(pi)))

    return wrong


def _one_action(mdp: MDP, pi: np.ndarray, l1: float, cap: float | np.ndarray) -> np.ndarray | None:
    return _program(mdp, pi, l1, cap, edges=_edges(mdp, mdp.P[:, 0]))


def _not_kept(mdp: MDP, pi: np.ndarray, l1: float, cap: float | np.ndarray) -> np.ndarray | None:
    return _program(mdp, pi, l1, cap, kept=np.zeros_like(pi.T, dtype=bool))


_without_values = _with_edges(lambda mdp, P_pi: _edges(mdp, P_pi, np.eye(mdp.n_states)))


_patient_values = _with_edges(
    lambda mdp, P_pi: _edges(mdp, P_pi, np.linalg.inv(np.eye(mdp.n_states) - 0.9 * P_pi))
)


def _transposed(mdp: MDP, P_pi: np.ndarray) -> np.ndarray:
    return _edges(mdp, P_pi, np.linalg.inv(np.eye(len(P_pi)) - mdp.gamma * P_pi.T))


class DCPError(Exception):
    """What cvxpy raises, by name: a check need not import it."""


def _not_concave(mdp: MDP, pi: np.ndarray, l1: float, cap: float | np.ndarray) -> None:
    raise DCPError


# Hints that several mistakes share.
_WHERE_IT_STARTS = (
    "That is the value of one state. The new world may start in several: weight every state's V by "
    "`mdp_new.initial_dist`."
)
_AVERAGED = (
    "You average the margins over the states (equally, or by where the walk starts) and charge for the *sum* of |R|. The "
    "margins are added up as well, every state's in full: `cp.sum`."
)

# --- exercises -----------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="clone_behaviour",
        title="Copy what the expert does",
        reference=clone_behaviour,
        form=Shares("pi", "n_states, n_actions"),
        problems=_clone_problems,
        parts=(
            Part("states in which the expert acted", 2, _rows(True)),
            Part("states in which the expert never did", 1, _rows(False)),
        ),
        errors={
            "IndexError": "`demos.states` has one column more than `demos.actions`: nobody acts in the last state. Use "
            "`demos.states[:, :-1]`.",
        },
        misconceptions=(
            Misconception(
                "nan_rows",
                _clone_with(
                    lambda n: n / np.where((n > 0).any(axis=1), n.sum(axis=1), np.nan)[:, None]
                ),
                "Where the expert never acted and the smoothing is 0, your row is 0 / 0. A clone that has seen nothing "
                "can only guess: give every action the same probability.",
            ),
            Misconception(
                "zero_rows",
                _clone_with(lambda n: n / np.maximum(n.sum(axis=1, keepdims=True), 1e-12)),
                "Where the expert never acted, your row is all zeros: the clone would do nothing, and that is no "
                "policy. Guess: every action alike.",
            ),
            Misconception(
                "once",
                _once,
                "`counts[states, actions] += 1` adds 1 only once when the same pair comes up again. "
                "`np.add.at(counts, (states, actions), 1)` counts every visit.",
            ),
            Misconception(
                "next_state",
                _next_state,
                "You pair each action with the state it *led to*. `states` has one column more than `actions`: "
                "action t was chosen in state t, so drop the last column, not the first.",
            ),
            Misconception(
                "no_smoothing",
                lambda demos, S, A, c: clone_behaviour(demos, S, A, 0.0),
                "The smoothing is not used. It is a head start: every action begins with that count.",
            ),
            Misconception(
                "seen_actions_only",
                lambda demos, S, A, c: _shares(
                    _counts(demos, S, A) + c * (_counts(demos, S, A) > 0)
                ),
                "You add the smoothing only to actions that were seen. It is there for those that were not.",
            ),
            Misconception(
                "once_a_state",
                lambda demos, S, A, c: _shares(_counts(demos, S, A) + c / A),
                "You split the smoothing over the actions. Each action gets the whole head start, so that a row's "
                "total grows by smoothing × n_actions.",
            ),
            Misconception(
                "short_total",
                _short_total,
                "The smoothing is in every count, but only once in the total. Divide by the sum of the smoothed row.",
            ),
            Misconception(
                "short_of_all",
                lambda demos, S, A, c: (
                    (_counts(demos, S, A) + c)
                    / np.maximum(_counts(demos, S, A).sum(axis=1, keepdims=True), 1e-12)
                ),
                "The smoothing is in the counts and not in the total. Divide by the sum of the smoothed row.",
            ),
            Misconception(
                "most_frequent",
                _clone_with(_most_frequent),
                "You keep only the most frequent action. The clone keeps the shares: 3 of 4 becomes 0.75.",
            ),
            Misconception(
                "by_column",
                _clone_with(lambda n: n / np.maximum(n.sum(axis=0), 1e-12)),
                "You divide by the column's total: of all uses of this action, how many were *here*? A policy asks the "
                "reverse: *given the state*, how often this action? Divide by the row's total.",
            ),
            Misconception(
                "joint",
                _clone_with(lambda n: n / n.sum()),
                "You divide by the total of all counts. A policy is *given* a state: divide each row by its own total.",
            ),
            Misconception(
                "ignores_state",
                _clone_with(_overall),
                "Every state gets the same row: how often each action was taken anywhere. Count per state.",
            ),
            Misconception(
                "per_demo",
                _per_demo,
                "You average one clone per demonstration, so that a state seen once weighs as much as one seen ten "
                "times. Pool the counts of all demonstrations, then divide once.",
            ),
            Misconception(
                "first_demo",
                lambda demos, S, A, c: clone_behaviour(demos[:1], S, A, c),
                "Only the first demonstration is counted. `demos.states` has one row for each of them.",
            ),
            Misconception(
                "misses_last",
                lambda demos, S, A, c: clone_behaviour(
                    Demos(demos.states[:, :-1], demos.actions[:, :-1]), S, A, c
                ),
                "The last action of each demonstration is not counted. `actions` has one entry less than `states` "
                "already: it needs no `[:-1]`.",
            ),
            Misconception(
                "fills_with_average",
                _filled_with(_overall),
                "Where the expert never acted you use its average over other states. It sounds clever, but claims what "
                "nobody showed; here such states stay uniform.",
            ),
            Misconception(
                "fills_with_first",
                _filled_with(lambda counts: np.eye(counts.shape[1])[0]),
                "Where the expert never acted you always take action 0 (the argmax of zeros?). Nothing was seen there: "
                "every action alike.",
            ),
            Misconception(
                "softmax",
                _clone_with(_softmax),
                "You exponentiate the counts. They are amounts already: dividing by the total is all it takes.",
            ),
            Misconception(
                "counts",
                _clone_with(lambda n: n),
                "You return the counts. Divide each row by its total, to make it a row of probabilities.",
            ),
            Misconception(
                "uniform",
                lambda demos, S, A, c: np.full((S, A), 1 / A),
                "Your policy is uniform everywhere: are the demonstrations counted?",
            ),
        ),
        hints=(
            "A clone is a table of shares. Of all the times the expert stood in state $s$, how often did it choose "
            "each action?",
            "Start from a table filled with `smoothing`, add 1 for each `(state, action)` pair, and divide each row by "
            "its sum. `demos.states` has one column more than `demos.actions`: nobody acts in the last state.",
            "`counts = np.full((n_states, n_actions), float(smoothing))`, then `np.add.at(counts, (demos.states[:, :-1], "
            "demos.actions), 1)`. Rows whose total is 0 become `1 / n_actions`.",
        ),
    ),
    Exercise(
        name="transfer_return",
        title="What is a policy worth in another world?",
        reference=transfer_return,
        form=Number("the return"),
        problems=_transfer_problems,
        parts=(Part("the return in the new world", 1, matches("the return")),),
        misconceptions=(
            Misconception(
                "plans_again",
                lambda mdp, r, pi: _best_return(mdp, r),
                "That is what the *best* policy of the new world earns: you planned again. A clone cannot; it does what "
                "`pi` says.",
            ),
            Misconception(
                "regret",
                lambda mdp, r, pi: _best_return(mdp, r) - planning.expected_return(mdp, r, pi),
                "That is what the policy *loses* against the best one. Asked is what it earns.",
            ),
            Misconception(
                "better_first_step",
                lambda mdp, r, pi: (
                    mdp.initial_dist
                    @ planning.bellman_backup(mdp, r, planning.policy_evaluation(mdp, r, pi)).max(
                        axis=1
                    )
                ),
                "You let the agent choose its first action afresh (the max of Q). It follows `pi` from the start.",
            ),
            Misconception(
                "as_if_sure",
                lambda mdp, r, pi: planning.expected_return(mdp, r, planning.greedy_policy(pi)),
                "You follow only the most likely action. A clone draws its actions: weight them by `pi[s, a]`.",
            ),
            Misconception(
                "ignores_policy",
                lambda mdp, r, pi: planning.expected_return(mdp, r, _uniform(mdp)),
                "Your number is that of the uniform policy: is `pi` used?",
            ),
            Misconception(
                "uniform_start",
                _from(lambda mdp, V: V.mean()),
                "You average V over all states. The new world says where it starts: `mdp_new.initial_dist`.",
            ),
            Misconception("first_state", _from(lambda mdp, V: V[0]), _WHERE_IT_STARTS),
            Misconception(
                "likeliest_start",
                _from(lambda mdp, V: V[mdp.initial_dist.argmax()]),
                _WHERE_IT_STARTS,
            ),
            Misconception("best_state", _from(lambda mdp, V: V.max()), _WHERE_IT_STARTS),
            Misconception(
                "summed",
                _from(lambda mdp, V: V.sum()),
                "You add V over all states, as if the agent started in each of them at once. Weight it by "
                "`mdp_new.initial_dist`.",
            ),
            Misconception(
                "per_state",
                _from(lambda mdp, V: V),
                "You return one number per state. Weight each by the chance to start there, and add up: "
                "`mdp_new.initial_dist @ V`.",
            ),
            Misconception(
                "mean_of_weighted",
                _from(lambda mdp, V: (mdp.initial_dist * V).mean()),
                "You divide by the number of states. The start probabilities are the weights and sum to 1: add up, no "
                "mean.",
            ),
            Misconception(
                "first_reward",
                lambda mdp, r, pi: mdp.initial_dist @ (pi * r).sum(axis=1),
                "That is the first step's reward. The return goes on: V holds everything that follows.",
            ),
            Misconception(
                "averaged",
                lambda mdp, r, pi: (1 - mdp.gamma) * planning.expected_return(mdp, r, pi),
                "Your number is multiplied by 1 − γ: a reward per step. The return is the discounted sum.",
            ),
            Misconception(
                "reward_mean",
                lambda mdp, r, pi: planning.expected_return(
                    mdp, _of_states(r.mean(axis=1), mdp.n_actions), pi
                ),
                "You average the reward over actions with equal weights. The policy decides how often each is paid.",
            ),
        ),
        hints=(
            "You did this in lesson 01. The only new thing is whose world it is: the policy is old, the walls are new.",
            "V of the policy *in the new world*, weighted by where the new world starts.",
            "`mdp_new.initial_dist @ policy_evaluation(mdp_new, reward, pi)`",
        ),
    ),
    Exercise(
        name="shape_reward",
        title="Another reward, the same policy",
        reference=shape_reward,
        form=Array("the shaped reward", "n_states, n_actions"),
        problems=_shape_problems,
        parts=(Part("the shaped reward", 2, matches("the shaped reward")),),
        misconceptions=(
            Misconception(
                "minus",
                lambda mdp, r, F: r - mdp.gamma * mdp.expect(F) + F[:, None],
                "Your signs are turned round: you pay the potential of where you leave and charge that of where you "
                "arrive. (It is shaping too, by −Φ, but not what was asked.)",
            ),
            Misconception(
                "no_discount",
                lambda mdp, r, F: r + mdp.expect(F) - F[:, None],
                "γ is missing. Arriving comes a step later than leaving; without γ the payments along a path do not "
                "cancel, and the best policy can change.",
            ),
            Misconception(
                "fixed_discount",
                lambda mdp, r, F: r + 0.9 * mdp.expect(F) - F[:, None],
                "You discount by 0.9 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "both_discounted",
                lambda mdp, r, F: r + mdp.gamma * (mdp.expect(F) - F[:, None]),
                "γ multiplies both terms. Leaving s costs Φ(s) now; only Φ(s′) is a step away.",
            ),
            Misconception(
                "wrong_discounted",
                lambda mdp, r, F: r + mdp.expect(F) - mdp.gamma * F[:, None],
                "γ stands at the wrong term: it is s′ that comes a step later.",
            ),
            Misconception(
                "reward_discounted",
                lambda mdp, r, F: mdp.gamma * (r + mdp.expect(F)) - F[:, None],
                "γ multiplies the reward, too. It is paid now and counts in full.",
            ),
            Misconception(
                "no_toll",
                lambda mdp, r, F: r + mdp.gamma * mdp.expect(F),
                "You pay for arriving and never charge for leaving: an agent can walk in circles and be paid every lap. "
                "Subtract Φ(s).",
            ),
            Misconception(
                "only_toll",
                lambda mdp, r, F: r - F[:, None],
                "You charge Φ(s) for leaving, and pay nothing for arriving: γ E[Φ(s′)] is missing.",
            ),
            Misconception(
                "bonus",
                lambda mdp, r, F: r + F[:, None],
                "You pay Φ(s) for being in s. That is a new reward, with a new best policy; shaping pays for *changes* "
                "of potential.",
            ),
            Misconception(
                "no_reward",
                lambda mdp, r, F: mdp.gamma * mdp.expect(F) - F[:, None],
                "Only the shaping term is left: add it to the reward.",
            ),
            Misconception(
                "likeliest",
                _shaped_with(lambda mdp, F: F[mdp.P.argmax(axis=2)]),
                "You look only at the most likely next state. E[Φ(s′)] weights every s′ by its probability.",
            ),
            Misconception(
                "unweighted",
                _shaped_with(lambda mdp, F: _reached(mdp) @ F),
                "All states in reach count the same. E[Φ(s′)] weights each by `P[s, a, s′]`.",
            ),
            Misconception(
                "best_successor",
                _shaped_with(lambda mdp, F: np.where(mdp.P > 0, F, -np.inf).max(axis=2)),
                "You take the next state with the highest potential. The world draws s′, with the probabilities in P: "
                "take the expectation.",
            ),
            Misconception(
                "sum_over_s",
                _shaped_with(lambda mdp, F: np.einsum("sat,s->ta", mdp.P, F)),
                "Your sum runs over s instead of s′: `mdp.expect(potential)` has one entry for each (s, a).",
            ),
            Misconception(
                "over_actions",
                _shaped_with(lambda mdp, F: mdp.expect(F).mean(axis=1, keepdims=True)),
                "You average over the actions: the same is then paid whatever the agent does. Keep one entry per action.",
            ),
            Misconception(
                "mean_toll",
                lambda mdp, r, F: r + mdp.gamma * mdp.expect(F) - F.mean(),
                "You subtract the average potential. What is charged is the potential of the state you are in, Φ(s).",
            ),
        ),
        hints=(
            "Think of a toll road with refunds: leaving $s$ costs you $\\Phi(s)$, arriving in $s'$ brings "
            "$\\gamma\\Phi(s')$. Along a path nearly everything cancels.",
            "`mdp.expect(potential)` is $E[\\Phi(s')]$, shape $(S, A)$; `potential[:, None]` puts $\\Phi(s)$ into every "
            "action's column.",
            "`reward + mdp.gamma * mdp.expect(potential) - potential[:, None]`",
        ),
    ),
    Exercise(
        name="is_reward_consistent",
        title="Does this reward explain that policy?",
        reference=is_reward_consistent,
        form=Flag("the verdict"),
        problems=_consistent_problems,
        parts=(Part("the verdict on fourteen rewards", 2, _verdict),),
        misconceptions=(
            Misconception(
                "loose",
                lambda mdp, r, pi: bool(_gains(mdp, r, pi).max() <= 1e-2),
                "Your room for rounding hides a real gain of 0.0001. Computers round in the last digits: 1e-8 is enough.",
            ),
            Misconception(
                "compares_rewards",
                _judged_by(lambda mdp, r, pi: r - (pi * r).sum(axis=1, keepdims=True)),
                "You compare rewards. An action can pay little now and lead somewhere good: compare Q with V.",
            ),
            Misconception(
                "one_action",
                _judged_by(_values_of_action_0),
                "Your values follow action 0 in every state. The expert changes actions from state to state: build P_π "
                "from `pi`, or let `policy_evaluation` do it.",
            ),
            Misconception(
                "compares_policies",
                _same_policy,
                "You plan and compare policies. Where two actions are equally good the planner picks one, and the expert "
                "may pick the other, or both; under a reward of zero everything ties. Compare values, not arrows.",
            ),
            Misconception(
                "likeliest_optimal",
                _likeliest_optimal,
                "You judge only each state's most likely action. Every action that the policy takes, however rarely, must "
                "be optimal: V of the *policy* must reach the best Q.",
            ),
            Misconception(
                "same_return",
                _same_return,
                "You look only at what happens from the start on. A policy can be perfect there and foolish in a state it "
                "never enters; Ng & Russell's condition asks for *every* state.",
            ),
            Misconception(
                "mean_reward",
                _judged_by(
                    lambda mdp, r, pi: _gains(mdp, _of_states(r.mean(axis=1), mdp.n_actions), pi)
                ),
                "You average the reward over actions. Here a reward may depend on the action, and so must Q.",
            ),
            Misconception(
                "strict",
                lambda mdp, r, pi: bool((_gains(mdp, r, pi) < -1e-9).all()),
                "Your function always says False. Do you ask that every action is *strictly* worse than the policy? Its "
                "own action never is: it is equal. Use ≤, with a little room for rounding.",
            ),
            Misconception(
                "no_room",
                lambda mdp, r, pi: bool((_gains(mdp, r, pi) <= 0).all()),
                "You leave no room for rounding: Q of the policy's own action can exceed V by 1e-16. Allow a small "
                "tolerance.",
            ),
            Misconception(
                "turned",
                _judged_by(lambda mdp, r, pi: -_gains(mdp, r, pi)),
                "The inequality is turned round: you ask that every deviation is an improvement.",
            ),
            Misconception(
                "some_state",
                lambda mdp, r, pi: bool(
                    (_gains(mdp, r, pi).max(axis=1) <= _rounding(mdp, r)).any()
                ),
                "You say True as soon as one state is fine. All of them must be.",
            ),
            Misconception(
                "on_average",
                lambda mdp, r, pi: bool(_gains(mdp, r, pi).mean() <= _rounding(mdp, r)),
                "You average over states and actions. A gain here is not paid for by a loss there: look at the largest.",
            ),
            Misconception(
                "first_action",
                _judged_by(lambda mdp, r, pi: _gains(mdp, r, pi)[:, 0]),
                "Only action 0 is compared. The condition holds for all actions.",
            ),
            Misconception(
                "refuses_zero",
                lambda mdp, r, pi: bool(np.abs(r).max() > 0) and is_reward_consistent(mdp, r, pi),
                "You turn the zero reward away. It is a poor explanation, but by this condition it is one: under it every "
                "policy is optimal. What to do about that is the next section.",
            ),
            Misconception(
                "always",
                lambda mdp, r, pi: True,
                "You say True to everything: which number is compared with which?",
            ),
        ),
        hints=(
            "A reward explains a policy when the policy is optimal under it. You need not find the optimum: it is enough "
            "that no single change of action, in any state, gains anything.",
            "Evaluate the policy (`policy_evaluation`), look one step ahead (`bellman_backup`), and compare each state's "
            "best Q with its V. Rounding can put Q a hair above V: leave room for 1e-8.",
            "`Q = bellman_backup(mdp, reward, V)`; the answer is whether `Q.max(axis=1) <= V + 1e-8` in all states (or "
            "`np.allclose(Q.max(axis=1), V)`).",
        ),
    ),
    Exercise(
        name="ng_russell",
        title="The simplest reward that explains it",
        reference=ng_russell,
        form=Solution("R", "n_states"),
        problems=_program_problems,
        parts=(
            Part("R keeps its bound, and the expert's actions stand out", 1, _explains),
            Part("no other R scores higher", 2, _best),
        ),
        errors={
            "Exception": "A cvxpy expression has no value before `solve`, so that NumPy and Python cannot compare it. Use "
            "`cp.minimum`, `cp.abs` and `cp.norm1`.",
        },
        misconceptions=(
            Misconception(
                "one_action",
                _one_action,
                "You use one action's matrix where P_π belongs. The paper renames actions so that the expert always takes "
                "the first; yours changes actions from state to state: `mdp.policy_matrix(pi)`.",
            ),
            Misconception(
                "no_bound",
                _misread(bounded=False),
                "Without |R| ≤ reward_max the program has no solution: twice the reward is twice the margin. cvxpy calls "
                "it *unbounded*, and `R.value` stays None.",
            ),
            Misconception(
                "own_action",
                lambda mdp, pi, l1, cap: _program(
                    mdp, pi, l1, cap, rivals=np.ones_like(pi.T, dtype=bool)
                ),
                "Your R is 0: it explains everything, and so nothing. Does your minimum include the expert's own action, "
                "whose edge is always 0? Take the minimum over the *other* actions.",
            ),
            Misconception(
                "not_concave",
                _not_concave,
                "cvxpy refuses: a largest edge (`cp.maximum`, `cp.max`) is not concave, so that it cannot be maximised. "
                "Asked is each state's *smallest* edge, and the price is subtracted: `- l1 * cp.norm1(R)`.",
            ),
            Misconception(
                "nonnegative",
                _misread(low=0.0),
                "You force R ≥ 0. A reward may punish: the bound is on |R|.",
            ),
            Misconception(
                "not_kept",
                _not_kept,
                "Nothing makes the expert optimal: a large margin in one state pays for a loss in another. Add edge ≥ 0 "
                "for every other action in every state.",
            ),
            Misconception(
                "no_price",
                _misread(price="none"),
                "l1 is not used: subtract l1 · Σ|R| from the margin.",
            ),
            Misconception(
                "signed_price",
                _misread(price="signed"),
                "You charge l1 · ΣR, so that a negative reward is paid for being negative. Charge its size: "
                "`cp.norm1(R)`.",
            ),
            Misconception(
                "summed_rivals",
                _misread(summed=True),
                "You add up the edges over *all* other actions. Only the best rival counts: each state's smallest edge "
                "(`cp.minimum`).",
            ),
            Misconception(
                "turned",
                _with_edges(lambda mdp, P_pi: -_edges(mdp, P_pi)),
                "Your edges are turned round (P_a − P_π): this R makes the expert the *worst*. P_π comes first.",
            ),
            Misconception(
                "discounted_edges",
                _with_edges(lambda mdp, P_pi: mdp.gamma * _edges(mdp, P_pi)),
                "Your edges are differences of Q, which are γ times those of the program: l1 then weighs too much. The "
                "equation has no γ in front of (P_π − P_a).",
            ),
            Misconception(
                "no_values",
                _without_values,
                "(P_π − P_a) R compares the next step's rewards only. The expert looks further: V = (I − γ P_π)⁻¹ R.",
            ),
            Misconception(
                "fixed_discount",
                _patient_values,
                "You discount by 0.9 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "transposed",
                _with_edges(_transposed),
                "The inverse is transposed: row s of (I − γ P_π)⁻¹ holds the visits that start in s.",
            ),
            Misconception(
                "start_only",
                lambda mdp, pi, l1, cap: _program(mdp, pi, l1, cap, weight=mdp.initial_dist),
                _AVERAGED,
            ),
            Misconception(
                "mean_margin",
                lambda mdp, pi, l1, cap: _program(mdp, pi, l1, cap, weight=1 / mdp.n_states),
                _AVERAGED,
            ),
            Misconception(
                "bound_on_all",
                _misread(in_all=True),
                "You bound Σ|R| by reward_max. The bound is for each state's |R|.",
            ),
            Misconception(
                "one_unit",
                lambda mdp, pi, l1, cap: _program(mdp, pi, l1, 1.0),
                "You bound |R| by 1 whatever `reward_max` says.",
            ),
            Misconception(
                "one_bound",
                lambda mdp, pi, l1, cap: _program(mdp, pi, l1, float(np.min(cap))),
                "You use one bound for all states. `reward_max` may hold one number per state: `cp.abs(R) <= reward_max` "
                "takes both.",
            ),
        ),
        hints=(
            "The unknown is the vector $R$. Everything else is a matrix times $R$: the values are "
            "$(I - \\gamma P_\\pi)^{-1} R$, and $(P_\\pi - P_a)$ times the values is the edge over action $a$. That is why "
            "the program is linear.",
            "`P_pi = mdp.policy_matrix(pi)`, `to_values = np.linalg.inv(np.eye(n_states) - mdp.gamma * P_pi)` and `R = cp.Variable(n_states)`. The edge over "
            "the k-th other action is `(P_pi - mdp.P[states, others[:, k]]) @ to_values @ R`; make a list of all $A - 1$. "
            "`cp.minimum(*edges)` is each state's smallest.",
            "Maximise `cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)` under `[edge >= 0 for edge in edges] + "
            "[cp.abs(R) <= reward_max]`: `cp.Problem(cp.Maximize(…), […]).solve()`, and `return R.value`.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "why-not-copy",
        "The door moved, and the clone earned 0.03 in place of 10.12. What would have helped it most?",
        (
            Option(
                "Ten times as many demonstrations",
                "They were made in the old house. The better the clone copied them, the worse it did: the one with 2,000 "
                "walks earned 0.04, the one with 20 earned 0.50.",
            ),
            Option(
                "A deterministic copy of the expert's whole policy",
                "That one earned 0.0001, the least of all. It walks to where the door was, and stays.",
            ),
            Option(
                "Knowing what the expert wanted",
                "With the reward, planning again in the new house earns 10.12. That is what the rest of this course "
                "tries to learn.",
                right=True,
            ),
            Option(
                "More smoothing",
                "A clone that guesses more stumbles through the new door now and then. Guessing all the time earned 0.11 "
                "there, and pays for it at home.",
            ),
        ),
    ),
    Quiz(
        "constant-in-an-episode",
        "Adding 1 to every reward changed no arrow in our grid, where the agent stays in the goal for ever. Suppose that "
        "the game *ends* at the goal. Does adding 1 still change nothing?",
        (
            Option(
                "Yes, a constant never matters",
                "It does not matter as long as everybody is paid it equally long. Who ends the game is paid it no more.",
            ),
            Option(
                "No: the agent may now prefer not to finish",
                "Each further step is paid 1, and finishing ends that. With a constant of −1 it would hurry instead. "
                '"Up to a constant" holds in a world that never ends, or for games of one fixed length.',
                right=True,
            ),
            Option(
                "Only if γ = 1",
                "With γ = 0.9 the endless walk collects up to 1/(1 − γ) = 10 in constants: enough to tempt it away from a "
                "goal that pays 1.",
            ),
        ),
    ),
    Quiz(
        "what-fixes-a-reward",
        "An expert acts by a soft policy that you know exactly. What pins its reward down to one constant?",
        (
            Option(
                "Infinitely many demonstrations in the same world",
                "You know the policy exactly already. One number per state stays free.",
            ),
            Option(
                "The same expert in the same world, with another discount",
                "Two discounts left one constant, in the random world and in the grid. So did a slip that changes "
                "everywhere.",
                right=True,
            ),
            Option(
                "The same expert after one wall was moved",
                "That fixes the reward near the wall only: where the dynamics stay as they were, so does the doubt.",
            ),
            Option(
                "A stronger optimiser",
                "The doubt is in the question, not in the computation.",
            ),
        ),
    ),
]
