"""Checks of lesson 05: the weights of trajectories, messages, and what an optimist believes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, quietly
from irl_course.checks.forms import Array, Several, close, difference, number
from irl_course.checks.problems import noisy_world, random_policy, random_reward
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP, sample_demos

# --- the course's own answers --------------------------------------------------------------


def _log(p: np.ndarray) -> np.ndarray:
    """The logarithm, -inf at 0."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def trajectory_log_weight(
    mdp: MDP, reward: np.ndarray, states: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    """Log of p(s_0) * prod_t p(s_{t+1}|s_t, a_t) exp(r(s_t, a_t)), with no prior over actions.

    Args:
        mdp: the world, dense.
        reward: r(s, a), shape (S, A).
        states: shape (N, T+1).
        actions: shape (N, T).

    Returns:
        Shape (N,); -inf for what cannot happen.
    """
    before, after = states[:, :-1], states[:, 1:]
    log_steps = _log(mdp.P[before, actions, after]) + reward[before, actions]
    return _log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)


def backward_messages(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """log beta_t(s, a) = r(s, a) + log sum_s' p(s'|s, a) beta_{t+1}(s'), and its log-sum over a.

    Args:
        mdp: the world, dense; its discount plays no part.
        reward: r(s, a), shape (S, A).
        horizon: number of steps T; beyond the end beta is 1.

    Returns:
        log_beta, shape (T, S, A), and log_beta_state, shape (T, S); all finite.
    """
    return _backward(mdp, reward, horizon)


def posterior_policy(log_beta: np.ndarray, log_beta_state: np.ndarray) -> np.ndarray:
    """pi_t(a|s) = beta_t(s, a) / beta_t(s), shape (T, S, A); sums to 1 over the actions."""
    return np.exp(log_beta - log_beta_state[:, :, None])


def forward_messages(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    """alpha_0 = p(s_0), alpha_{t+1}(s') = sum_{s, a} alpha_t(s) exp(r(s, a)) p(s'|s, a), in logs.

    Args:
        mdp: the world, dense; its discount plays no part.
        reward: r(s, a), shape (S, A).
        horizon: number of steps T.

    Returns:
        log_alpha, shape (T, S); -inf where nobody can be at that time.
    """
    return _forward(mdp, reward, horizon)


def smoothed_visits(log_alpha: np.ndarray, log_beta_state: np.ndarray) -> np.ndarray:
    """p(s_t = s | O) proportional to alpha_t(s) beta_t(s), shape (T, S); rows sum to 1."""
    return softmax(log_alpha + log_beta_state, axis=1)


def posterior_dynamics(mdp: MDP, log_beta_state: np.ndarray, t: int) -> np.ndarray:
    """p(s'|s, a, O) of the step from t to t+1, proportional to p(s'|s, a) beta_{t+1}(s').

    Args:
        mdp: the world, dense.
        log_beta_state: backward messages, shape (T, S).
        t: time of the step.

    Returns:
        Shape (S, A, S); sums to 1 over s'. After the last step it is mdp.P.
    """
    return _believed(mdp, log_beta_state, t)


def soft_value_iteration(
    mdp: MDP, reward: np.ndarray, horizon: int, temperature: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Q = r + E[V], V = temperature * log sum_a exp(Q / temperature), without discount.

    Args:
        mdp: the world; its discount plays no part.
        reward: r(s, a), shape (S, A).
        horizon: number of steps T.
        temperature: above 0.

    Returns:
        V, shape (T+1, S), with V[T] = 0; Q and pi, shape (T, S, A); pi sums to 1 over the actions.
    """
    return _plan(mdp, reward, horizon, temperature)


# The same once more, with parts to take out for the mistakes.


def _some_successor(mdp: MDP, later: np.ndarray) -> np.ndarray:
    """Log of the mean of exp over the successors, (S, A)."""
    return logsumexp(_log(mdp.P) + later, axis=2)


def _some_action(Q: np.ndarray) -> np.ndarray:
    return logsumexp(Q, axis=1)


def _backward(
    mdp: MDP,
    reward: np.ndarray,
    horizon: int,
    *,
    ahead: Callable = _some_successor,
    over: Callable = _some_action,
    end: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Backward messages: `ahead` looks at the successors, `over` sums up a state's actions."""
    log_beta = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    log_beta_state = np.zeros((horizon, mdp.n_states))
    later = np.zeros(mdp.n_states) + end
    for t in reversed(range(horizon)):
        log_beta[t] = reward + ahead(mdp, later)
        log_beta_state[t] = later = over(log_beta[t])
    return log_beta, log_beta_state


def _arrive(mdp: MDP, leaving: np.ndarray) -> np.ndarray:
    """Log of what arrives in each state, from what leaves each state by each action."""
    return logsumexp(leaving[:, :, None] + _log(mdp.P), axis=(0, 1))


def _forward(
    mdp: MDP,
    reward: np.ndarray,
    horizon: int,
    *,
    start: Callable = lambda mdp: _log(mdp.initial_dist),
    leave: Callable = lambda here, reward: here[:, None] + reward,
    arrive: Callable = _arrive,
) -> np.ndarray:
    """Forward messages: `leave` weighs the step, `arrive` sums; the reward may depend on time."""
    rewards = np.broadcast_to(reward, (horizon, mdp.n_states, mdp.n_actions))
    log_alpha = np.zeros((horizon, mdp.n_states))
    log_alpha[0] = start(mdp)
    for t in range(horizon - 1):
        log_alpha[t + 1] = arrive(mdp, leave(log_alpha[t], rewards[t]))
    return log_alpha


def _next(log_beta_state: np.ndarray, t: int) -> np.ndarray:
    """What follows on the step from t, in logs: nothing after the last."""
    after = [*log_beta_state[1:], np.zeros(log_beta_state.shape[1])]
    return after[t]


def _believed(
    mdp: MDP, log_beta_state: np.ndarray, t: int, *, later: Callable = _next, axis: int | tuple = 2
) -> np.ndarray:
    """Posterior dynamics with messages from `later`, normalised over `axis`."""
    return softmax(_log(mdp.P) + later(log_beta_state, t), axis=axis)


def _plan(
    mdp: MDP,
    reward: np.ndarray,
    horizon: int,
    temperature: float,
    *,
    ahead: Callable = lambda mdp, V, temperature: mdp.expect(V),
    soft: Callable = lambda Q, temperature: temperature * logsumexp(Q / temperature, axis=1),
    policy: Callable = lambda Q, V, temperature: np.exp((Q - V[:, None]) / temperature),
    end: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Soft value iteration, with another idea of the future, of a soft maximum or of a policy."""
    V = np.zeros((horizon + 1, mdp.n_states)) + end
    Q = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    pi = np.zeros_like(Q)
    for t in reversed(range(horizon)):
        Q[t] = reward + ahead(mdp, V[t + 1], temperature)
        V[t] = soft(Q[t], temperature)
        pi[t] = policy(Q[t], V[t], temperature)
    return V, Q, pi


# --- problems ------------------------------------------------------------------------------


class World(NamedTuple):
    """What exercises with a horizon are asked about."""

    said: str
    mdp: MDP
    reward: np.ndarray
    horizon: int


def _gappy_world(rng: np.random.Generator, n_states: int, n_actions: int) -> MDP:
    """A noisy MDP with zeros: each action leads to half of the states or a bit more, some start."""
    some = (n_states + 1) // 2
    kept = rng.random((n_states, n_actions, n_states)).argsort(axis=2) < some
    P = kept * rng.dirichlet(np.ones(n_states), size=(n_states, n_actions))
    start = rng.dirichlet(np.ones(n_states)) * (rng.permutation(n_states) < some)
    return MDP(P / P.sum(axis=2, keepdims=True), start / start.sum(), 0.8)


def _with_an_outsider(rng: np.random.Generator, n_states: int, n_actions: int) -> MDP:
    """A gappy world and a state that nobody enters, like a wall; all others can be reached always."""
    inner = n_states - 1
    P = np.zeros((n_states, n_actions, n_states))
    P[:-1, :, :-1] = _gappy_world(rng, inner, n_actions).P
    P[:-1, 0] = (P[:-1, 0] + np.eye(inner, n_states)) / 2.0
    P[-1, :, -1] = 1.0
    return MDP(P, np.append(rng.dirichlet(np.full(inner, 2.0)), 0.0), 0.8)


def _traps(rng: np.random.Generator) -> tuple[MDP, np.ndarray]:
    """Four states, two actions; in the last two each step costs 280, and nobody gets out.

    Into the one some steps lead, into the other none does, but some start there.
    """
    P = np.zeros((4, 2, 4))
    P[:2, 0, :2] = rng.dirichlet(np.ones(2), size=2)
    P[:2, 1, 1:3] = rng.dirichlet(np.ones(2), size=2)
    P[[2, 3], :, [2, 3]] = 1.0
    mdp = MDP(P, rng.dirichlet(np.full(4, 5.0)), 0.8)
    return mdp, random_reward(rng, mdp) - [[0.0], [0.0], [280.0], [280.0]]


def _bait(rng: np.random.Generator) -> tuple[MDP, np.ndarray]:
    """Three states, two actions: a prize that is paid for ever after, and a price that pays."""
    P = np.zeros((3, 2, 3))
    P[0, [0, 1], [1, 2]] = P[[1, 2], :, [1, 2]] = 1.0
    mdp = MDP(P, np.eye(3)[0], 0.8)
    return mdp, random_reward(rng, mdp) + 1e3 * np.array([[1.0, -1.0], [-1.0, -1.0], [1.0, 1.0]])


def _gains_and_losses(rng: np.random.Generator, mdp: MDP) -> np.ndarray:
    """Rewards around +1000 and -1000; in state 0 there are only losses."""
    size = 1e3 * np.where(rng.random((mdp.n_states, mdp.n_actions)) < 0.5, 1.0, -1.0)
    size[0] = -1e3
    size[1:, -1] = 1e3
    return size + random_reward(rng, mdp)


def _worlds(rng: np.random.Generator) -> list[World]:
    """From the smallest to the hardest; all discounts are .8, and should play no part."""
    tiny = _gappy_world(rng, 3, 2)
    outsider = _with_an_outsider(rng, 5, 3)
    crowded, long = _gappy_world(rng, 4, 6), _gappy_world(rng, 6, 2)
    full = noisy_world(rng, 4, 3, 0.8)
    full = full.replace(P=0.9 * full.P + 0.1 / 4)  # no zeros: see `Logs`
    plain = random_reward(rng, outsider)
    drawn = [
        ("", tiny, random_reward(rng, tiny), 1),
        ("", tiny, random_reward(rng, tiny), 4),
        (", one that nobody enters", outsider, plain, 7),
        ("", crowded, random_reward(rng, crowded, 3.0), 3),
        ("", long, random_reward(rng, long), 9),
        (", 1000 added to every reward", outsider, plain + 1e3, 7),
        # Long enough that -10,000 in place of -inf is more than all that can be.
        (", 1000 taken off every reward", outsider, plain - 1e3, 12),
        (", rewards of ±1000", full, _gains_and_losses(rng, full), 6),
        (", two of them traps that cost 280 a step", *_traps(rng), 5),
    ]
    return [
        World(f"{mdp.n_states} states, {mdp.n_actions} actions, {_steps(T)}{said}", mdp, reward, T)
        for said, mdp, reward, T in drawn
    ]


def _steps(n: int) -> str:
    return f"{n} step" if n == 1 else f"{n} steps"


def _all_trajectories(mdp: MDP, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Every sequence of states, (N, T+1), with every sequence of actions, (N, T)."""
    states = itertools.product(range(mdp.n_states), repeat=horizon + 1)
    actions = itertools.product(range(mdp.n_actions), repeat=horizon)
    pairs = list(itertools.product(states, actions))
    return np.array([s for s, _ in pairs]), np.array([a for _, a in pairs])


def _drawn_trajectories(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray]:
    """Some that can happen, some that begin where nobody starts, and some that only jump about."""
    mdp, T = world.mdp, world.horizon
    anywhere = mdp.replace(initial_dist=np.full(mdp.n_states, 1.0 / mdp.n_states))
    walks = [sample_demos(mdp, random_policy(rng, mdp), 4, T, rng)]
    walks += [sample_demos(anywhere, random_policy(rng, mdp), 4, T, rng)]
    states = [walk.states for walk in walks] + [rng.integers(mdp.n_states, size=(3, T + 1))]
    actions = [walk.actions for walk in walks] + [rng.integers(mdp.n_actions, size=(3, T))]
    outside = states[0][:1].copy()  # one that is impossible for its start alone
    outside[0, 0] = np.argmin(mdp.initial_dist)
    return np.vstack([*states, outside]), np.vstack([*actions, actions[0][:1]])


def _weight_problems(rng: np.random.Generator) -> list[Problem]:
    first, *others = _worlds(rng)
    asked = [(first, "all trajectories", _all_trajectories(first.mdp, 1))]
    asked += [(world, "12 trajectories", _drawn_trajectories(rng, world)) for world in others]
    mdp = MDP(rng.dirichlet(np.full(9, 5.0), size=(9, 3)), rng.dirichlet(np.ones(9)), 0.8)
    walk = sample_demos(mdp, random_policy(rng, mdp), 4, 500, rng)
    far = World("9 states, 3 actions, 500 steps", mdp, random_reward(rng, mdp), 500)
    asked.append((far, "4 trajectories", (walk.states, walk.actions)))
    return [
        Problem(f"{world.said}, {said}", (world.mdp, world.reward, *trajectories))
        for world, said, trajectories in asked
    ]


def _message_problems(rng: np.random.Generator) -> list[Problem]:
    return [Problem(world.said, world[1:]) for world in _worlds(rng)]


def _policy_problems(rng: np.random.Generator) -> list[Problem]:
    return [Problem(world.said, _backward(*world[1:])) for world in _worlds(rng)]


def _smoothing_problems(rng: np.random.Generator) -> list[Problem]:
    said = "3 states, 2 actions, 5 steps, a prize that is paid for later"
    worlds = [*_worlds(rng), World(said, *_bait(rng), 5)]
    return [
        Problem(world.said, (_forward(*world[1:]), _backward(*world[1:])[1])) for world in worlds
    ]


def _dynamics_problems(rng: np.random.Generator) -> list[Problem]:
    """Of each world one step, and of some the last."""
    worlds = _worlds(rng)
    times = (0, 0, 3, 1, 6, 0, 5, 2, 0)
    asked = [*zip(worlds, times, strict=True), (worlds[8], 3), (worlds[1], 3), (worlds[2], 6)]
    return [
        Problem(f"{world.said}, the step at t = {t}", (world.mdp, _backward(*world[1:])[1], t))
        for world, t in asked
    ]


def _planning_problems(rng: np.random.Generator) -> list[Problem]:
    worlds = _worlds(rng)
    temperatures = (1.0, 0.5, 2.0, 0.3, 10.0, 0.5, 3.0, 0.7, 1.5)
    asked = [*zip(worlds, temperatures, strict=True), (worlds[1], 0.002)]
    return [
        Problem(f"{world.said}, temperature {temperature:g}", (*world[1:], temperature))
        for world, temperature in asked
    ]


# --- forms ---------------------------------------------------------------------------------


def _gaps(value: Any) -> np.ndarray:
    """Where an array, or a list of numbers, is not finite; False for all else."""
    if isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
        return np.False_
    try:
        array = np.asarray(value)
    except Exception:  # ragged lists: the form itself says so
        return np.False_
    return ~np.isfinite(array) if array.dtype.kind == "f" else np.False_


class Open(Array):
    """An array whose nan and inf are left in: the laws speak of them."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the array around its gaps."""
        gaps = _gaps(value)
        if not gaps.any():
            return super().read(value, expected)
        array = super().read(np.where(gaps, 0.0, value), expected)
        return np.where(gaps, np.asarray(value, float), array)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two arrays agree; nan is as good as inf or -inf, which are not the same."""
        if np.shape(value) != np.shape(other):
            return False
        kept = np.isfinite(other)
        signed = np.isinf(value) & np.isinf(other)
        return (
            np.array_equal(kept, np.isfinite(value))
            and np.array_equal(value[signed], other[signed])
            and bool(close(value[kept], other[kept]).all())
        )


# What is e^-600 of the largest beside it counts for nothing, and may be any small number. But -inf
# says that something cannot be: it stands where that is so and nowhere else. A large negative
# number in its place, such as log(p + 1e-300), outweighs what is possible where rewards are large.
_FAINT, _NOTHING = 600.0, 500.0


class Logs(Open):
    """Logarithms of weights; each is judged beside those of its own time step."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the array, with what is faint as expected."""
        array = super().read(value, expected)
        small = array <= _top(expected) - _NOTHING
        faint = np.isfinite(expected) & (expected < _top(expected) - _FAINT)
        forgiven = faint & small & np.isfinite(array)
        # Of whole trajectories none is faint: they have no time step in common.
        return np.where(forgiven & (array.ndim > 1), expected, array)


def _top(logs: np.ndarray) -> np.ndarray:
    """The largest of each time step, or of all if there is one axis only."""
    return logs.max(axis=tuple(range(1, logs.ndim)) or None, keepdims=True)


# --- laws ----------------------------------------------------------------------------------

_LARGE = 200.0  # rewards, or sums of them, of which exp has no number


def _is_large(*arrays: np.ndarray) -> bool:
    return any(np.abs(a[np.isfinite(a)]).max() >= _LARGE for a in arrays)


def _not_finite(name: str, out: np.ndarray, wrong: np.ndarray, expected: np.ndarray) -> str:
    """What is said of a number that is none."""
    at = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    have = f"{name}[{', '.join(map(str, at))}] is {out[at]}; it should be {number(expected[at])}."
    if np.isnan(out[at]):
        return f"{have} (0 / 0, ∞ − ∞ and 0 · ∞ are nan.)"
    if np.isposinf(out[at]):
        return f"{have} (exp of a number above 709 is inf.)"
    return f"{have} (log 0 is −inf: a probability of 0, or exp of a number below −745.)"


def _apart(name: str, out: np.ndarray, expected: np.ndarray) -> str | None:
    """Where logarithms, or probabilities, differ; None if they agree."""
    vanished = np.isneginf(expected)
    wrong = ~np.isfinite(out) & ~(np.isneginf(out) & vanished)
    if wrong.any():
        return _not_finite(name, out, wrong, expected)
    present = vanished & np.isfinite(out)
    if present.any():
        at = np.unravel_index(int(np.argmax(present)), present.shape)
        return (
            f"{name}[{', '.join(map(str, at))}] is {number(out[at])}; it should be -inf. Nobody can be "
            "there at that time: its weight is 0."
        )
    return difference(name, np.where(vanished, 0.0, out), np.where(vanished, 0.0, expected))


def _possible(case: Case) -> str | None:
    expected = case.expected
    kept = np.isfinite(expected)
    return _apart("log w", np.where(kept, case.out, -np.inf), expected)


def _impossible(case: Case) -> str | None:
    mdp, _, states, actions = case.args
    never = np.isneginf(case.expected)
    bad = np.flatnonzero(never & ~np.isneginf(case.out))
    if not bad.size:
        lost = never.any() and not np.isfinite(case.out[~never]).any()
        return "No trajectory has a finite weight, and some can happen." if lost else None
    i = int(bad[0])
    s, a = states[i], actions[i]
    t = int(np.argmin(mdp.P[s[:-1], a, s[1:]]))
    why = f"action {a[t]} never leads from state {s[t]} to {s[t + 1]}"
    if mdp.initial_dist[s[0]] == 0.0:
        why = f"nobody starts in state {s[0]}"
    return f"Trajectory {i} cannot happen: {why}. Its log weight is −inf; yours is {number(case.out[i])}."


def _at(*names: str, large: bool, when: Callable | None = None) -> Callable[[Case], str | None]:
    """The law of one result with a time axis, or of several, at the times that `when` picks."""

    def law(case: Case) -> str | None:
        _, reward, horizon = case.args
        if _is_large(reward) != large:
            return None
        times = np.arange(horizon)
        asked = when(times) if when else times >= 0
        for i, name in enumerate(names):
            out, expected = (x[i] if len(names) > 1 else x for x in (case.out, case.expected))
            shape = (horizon,) + (1,) * (expected.ndim - 1)
            said = _apart(name, np.where(asked.reshape(shape), out, expected), expected)
            if said:
                return said + _by_enumeration(case)
        return None

    return law


def _by_enumeration(case: Case) -> str:
    """log Z from an answer's messages, beside the weights of all trajectories added up."""
    mdp, reward, horizon = case.args
    n = mdp.n_states ** (horizon + 1) * mdp.n_actions**horizon
    if n > 5000:
        return ""
    if isinstance(case.out, tuple):
        terms = case.out[1][0], _log(mdp.initial_dist)
        how = "Σ p(s_0) β_0(s_0)"
    else:
        terms = case.out[-1][:, None], reward
        how = "Σ α_{T−1}(s) exp(r(s, a))"
    have = quietly(lambda: logsumexp(terms[0] + terms[1]), ())
    want = logsumexp(trajectory_log_weight(mdp, reward, *_all_trajectories(mdp, horizon)))
    if not np.isfinite(have) or abs(have - want) < 1e-3:
        return ""
    return (
        f" With your messages log Z = log {how} is {number(have)}; from a list of all {n:,} trajectories it is "
        f"{number(want)}."
    )


def _shares(name: str, given: str, large: bool) -> Callable[[Case], str | None]:
    """The law of probabilities that sum to 1 over the last axis."""

    def law(case: Case) -> str | None:
        if _is_large(*case.args) != large:
            return None
        return _no_shares(name, given, case.out) or _apart(name, case.out, case.expected)

    return law


def _no_shares(name: str, given: str, out: np.ndarray) -> str | None:
    """How rows fail to be probabilities; None if they are."""
    totals = out.sum(axis=-1)
    off = np.abs(totals - 1.0) > 1e-5
    if np.isfinite(out).all() and off.any():
        at = ", ".join(map(str, np.argwhere(off)[0]))
        return f"{name}[{at}] sums to {number(totals[off][0])}. {given}, the shares must sum to 1."
    if (out < -1e-6).any():
        at = ", ".join(map(str, np.argwhere(out < -1e-6)[0]))
        return f"{name}[{at}] is negative ({number(out[out < -1e-6][0])}): no probability."
    return None


def _beliefs(last: bool, large: bool = False) -> Callable[[Case], str | None]:
    """The law of posterior dynamics: after the last step, or before it with large messages or not."""

    def law(case: Case) -> str | None:
        mdp, log_beta_state, t = case.args
        if (t == len(log_beta_state) - 1) != last:
            return None
        if not last and _is_large(log_beta_state) != large:
            return None
        out = case.out
        said = _no_shares("p", "Whatever is done, something happens: over s'", out)
        made = (mdp.P == 0.0) & (out > 1e-5) & ~_hopeless(case)
        if said is None and made.any():
            s, a, after = np.argwhere(made)[0]
            said = (
                f"Action {a} never leads from state {s} to {after}, and you give that a probability of "
                f"{number(out[s, a, after])}. Luck can only choose from what is possible."
            )
        kept = np.where(_hopeless(case) & np.isfinite(out), case.expected, out)
        return said or _apart("p", kept, case.expected)

    return law


def _hopeless(case: Case) -> np.ndarray:
    """Pairs all of whose successors are faint beside the best state: what is believed there is idle."""
    mdp, log_beta_state, t = case.args
    later = _next(log_beta_state, t)
    best = np.where(mdp.P > 0.0, later, -np.inf).max(axis=2, keepdims=True)
    return np.broadcast_to(best < later.max() - _FAINT, mdp.P.shape)


def _plans(*names: str, extreme: bool = False) -> Callable[[Case], str | None]:
    """The law of V, Q or pi; it is extreme where a reward is some hundred temperatures."""

    def law(case: Case) -> str | None:
        _, reward, _, temperature = case.args
        if _is_large(reward / temperature) != extreme:
            return None
        said = (_planned(case, name) for name in names)
        return next(filter(None, said), None)

    return law


def _planned(case: Case, name: str) -> str | None:
    i = ("V", "Q", "pi").index(name)
    out, said = case.out[i], None
    if name == "V" and np.abs(out[-1]).max() > 1e-5:
        s = int(np.argmax(np.abs(out[-1])))
        at = f"V[{len(out) - 1}, {s}]"
        return f"{at} is {number(out[-1, s])}. After the last step nothing is earned: V[T] is 0."
    if name == "pi":
        said = _no_shares("pi", "In a state something is done: over its actions", out)
    return said or _apart(name, out, case.expected[i])


# --- misconceptions ------------------------------------------------------------------------


def _of_parts(change: Callable) -> Callable:
    """A weight put together in another way from log p(s_0), (N,), and log p and r of the steps, (N, T)."""

    def wrong(mdp: MDP, reward: np.ndarray, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        before, after = states[:, :-1], states[:, 1:]
        moves = _log(mdp.P[before, actions, after])
        return change(_log(mdp.initial_dist[states[:, 0]]), moves, reward[before, actions])

    return wrong


_without_start = _of_parts(lambda first, moves, earned: (moves + earned).sum(axis=1))


def _starts_again(
    mdp: MDP, reward: np.ndarray, states: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    again = _log(mdp.initial_dist[states[:, 1:-1]]).sum(axis=1)
    return trajectory_log_weight(mdp, reward, states, actions) + again


def _unsliced(
    mdp: MDP, reward: np.ndarray, states: np.ndarray, actions: np.ndarray, moves_too: bool = True
) -> np.ndarray:
    """All columns of the states beside the actions: of one step they broadcast, of more they do not."""
    before, after = (states, states) if moves_too else (states[:, :-1], states[:, 1:])
    log_steps = _log(mdp.P[before, actions, after]) + reward[states, actions]
    return _log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)


def _and_then(function: Callable, change: Callable) -> Callable:
    """A right answer, and then something done to it."""
    return lambda *args: change(function(*args), *args)


def _skipping(
    mdp: MDP, reward: np.ndarray, states: np.ndarray, actions: np.ndarray, paid: bool
) -> np.ndarray:
    """Adds nothing for what has probability 0."""
    first, p = mdp.initial_dist[states[:, 0]], mdp.P[states[:, :-1], actions, states[:, 1:]]
    earned = np.where(paid | (p > 0.0), reward[states[:, :-1], actions], 0.0)
    return np.log(np.where(first > 0.0, first, 1.0)) + (
        np.log(np.where(p > 0.0, p, 1.0)) + earned
    ).sum(axis=1)


def _floored(log_p: np.ndarray, floor: float) -> np.ndarray:
    """Logs of probabilities with something added to each probability."""
    return np.log(np.exp(log_p) + floor)


def _one_shift(x: np.ndarray, b: np.ndarray, axis: int | tuple) -> np.ndarray:
    """A log-sum-exp that takes one largest number for all sums."""
    return x.max() + _log((b * np.exp(x - x.max())).sum(axis=axis))


def _luckiest(mdp: MDP, later: np.ndarray, *_: Any) -> np.ndarray:
    return np.where(mdp.P > 0.0, later, -np.inf).max(axis=2)


def _no_shift(mdp: MDP, later: np.ndarray) -> np.ndarray:
    return _log(mdp.P @ np.exp(later))


def _unshifted(Q: np.ndarray) -> np.ndarray:
    return _log(np.exp(Q).sum(axis=1))


def _in_products(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Messages as they are, whose logarithms are taken at the end."""
    betas, beta = [], np.ones(mdp.n_states)
    for _ in range(horizon):
        betas.insert(0, np.exp(reward) * (mdp.P @ beta))
        beta = betas[0].sum(axis=1)
    return _log(np.array(betas)), _log(np.array(betas).sum(axis=2))


def _one_step_late(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """The last step is left at zero."""
    found = _backward(mdp, reward, horizon - 1)
    return tuple(
        np.concatenate([log_beta, np.zeros((1, *log_beta.shape[1:]))]) for log_beta in found
    )


def _one_too_many(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    log_beta, log_beta_state = _backward(mdp, reward, horizon + 1)
    return log_beta[:horizon], log_beta_state[:horizon]


def _sees_no_future(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    log_beta = np.repeat(reward[None], horizon, axis=0)
    return log_beta, logsumexp(log_beta, axis=2)


def _rewarded_as(change: Callable, function: Callable = _backward) -> Callable:
    """The right answer to another reward, `change(mdp, reward)`."""
    return lambda mdp, reward, *rest: function(mdp, change(mdp, reward), *rest)


def _sigmoid(_: MDP, reward: np.ndarray) -> np.ndarray:
    return -np.logaddexp(0.0, -reward)


def _below_zero(_: MDP, reward: np.ndarray) -> np.ndarray:
    return reward - reward.max()


def _exp(_: MDP, reward: np.ndarray) -> np.ndarray:
    return np.exp(reward)


def _log_policy(_: MDP, reward: np.ndarray) -> np.ndarray:
    return log_softmax(reward, axis=1)


def _prior(_: MDP, reward: np.ndarray) -> np.ndarray:
    return reward - np.log(reward.shape[1])


def _normalised(log_w: np.ndarray) -> np.ndarray:
    return log_w - logsumexp(log_w)


def _rollout(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    """Where the posterior policy really is."""
    return _forward(mdp, _log(posterior_policy(*_backward(mdp, reward, horizon))), horizon)


def _discounted(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    return _forward(mdp, np.array([mdp.gamma**t * reward for t in range(horizon)]), horizon)


def _arrived_in_products(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    alphas = [mdp.initial_dist]
    for t in range(horizon - 1):
        alphas.append(np.einsum("s,sa,san->n", alphas[t], np.exp(reward), mdp.P))
    return _log(np.array(alphas))


def _shifted_by_hand(mdp: MDP, leaving: np.ndarray) -> np.ndarray:
    """Shifted by the largest, which is -inf where nobody arrives."""
    ways = leaving[:, :, None] + _log(mdp.P)
    top = ways.max(axis=(0, 1))
    return top + np.log(np.exp(ways - top).sum(axis=(0, 1)))


def _nan_shift(*args: Any) -> np.ndarray:
    """Its nan is written as inf, for the sake of `Open.same`."""
    found = _forward(*args, arrive=_shifted_by_hand)
    return np.where(np.isnan(found), np.inf, found)


def _by_weights(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    """With SciPy's logsumexp(leaving, b=P): where every weight is 0 and an exp is inf, nan (as inf)."""
    found = _forward(mdp, reward, horizon)
    overflows = np.isinf(np.exp((found + reward.max(axis=1)).max(axis=1)[:-1, None]))
    found[1:][overflows & np.isneginf(found[1:])] = np.inf
    return found


def _loudest(mdp: MDP, leaving: np.ndarray) -> np.ndarray:
    return (leaving[:, :, None] + _log(mdp.P)).max(axis=(0, 1))


# Of smoothed_visits' arguments, a is log_alpha and b is log_beta_state.


def _joint(change: Callable) -> Callable:
    """Something else done with log alpha + log beta."""
    return lambda log_alpha, log_beta_state: change(log_alpha + log_beta_state)


def _fed(change: Callable) -> Callable:
    """The right smoothing of something else."""
    return lambda *messages: softmax(change(*messages), axis=1)


def _before_the_end(change: Callable) -> Callable:
    """A mistake that shows only before the last step."""

    def wrong(mdp: MDP, log_beta_state: np.ndarray, t: int) -> np.ndarray:
        last = t == len(log_beta_state) - 1
        return mdp.P if last else change(mdp, log_beta_state, t)

    return wrong


def _at_the_end(change: Callable) -> Callable:
    """A mistake that shows only at the last step."""

    def wrong(mdp: MDP, log_beta_state: np.ndarray, t: int) -> np.ndarray:
        last = t == len(log_beta_state) - 1
        return change(mdp, log_beta_state) if last else _believed(mdp, log_beta_state, t)

    return wrong


def _counted(weigh: Callable) -> Callable:
    """Posterior dynamics by `weigh(P, later)`, divided by the sum over the successors."""

    def wrong(mdp: MDP, log_beta_state: np.ndarray, t: int) -> np.ndarray:
        weights = weigh(mdp.P, _next(log_beta_state, t))
        return weights / weights.sum(axis=2, keepdims=True)

    return wrong


def _with_temperature(change: Callable) -> Callable:
    """The right plan at another temperature."""
    return lambda mdp, reward, horizon, temperature: _plan(
        mdp, reward, horizon, change(temperature)
    )


def _lucky(mdp: MDP, V: np.ndarray, temperature: float) -> np.ndarray:
    return temperature * _some_successor(mdp, V / temperature)


def _softmax_policy(Q: np.ndarray, V: np.ndarray, temperature: float) -> np.ndarray:
    return softmax(Q / temperature, axis=1)


def _to_one(weights: np.ndarray) -> np.ndarray:
    """Weights as shares over the last axis."""
    return weights / weights.sum(axis=-1, keepdims=True)


def _one_hot(log_w: np.ndarray, *_: Any) -> np.ndarray:
    """All on the largest of the last axis."""
    return np.eye(log_w.shape[-1])[log_w.argmax(axis=-1)]


def _twice(key: str, soft: Callable, hint: str) -> tuple[Misconception, ...]:
    """A wrong soft maximum, with a policy that follows from it or with one that sums to 1."""
    return (
        Misconception(key, partial(_plan, soft=soft, policy=_softmax_policy), hint),
        Misconception(f"{key}_and_in_pi", partial(_plan, soft=soft), hint),
    )


def _with_or_without_end(key: str, wrong: Callable, hint: str) -> tuple[Misconception, ...]:
    """A mistake before the last step, with mdp.P after it, and the same at every step."""
    return (
        Misconception(key, _before_the_end(wrong), hint),
        Misconception(f"{key}_always", wrong, hint),
    )


# Hints that several mistakes share.
_TOO_LARGE = (
    "It works as long as the numbers are small. exp(1000) is inf for the computer and exp(−1000) is 0, whose logarithm is "
    "−inf. Stay with logarithms: `logsumexp` takes off the largest number before it exponentiates."
)
_OWN_SHIFT = (
    "You take off one largest number for all sums at once. A sum of much smaller numbers is then exp(−1000) = 0. Each sum "
    "needs its own largest number: `logsumexp` with `axis` does that."
)
_PADDED = (
    "You add a small number to the probabilities, and so what cannot happen can, a little: with 10⁻¹², log 0 becomes −27.6 "
    "in place of −inf, and a few rewards make up for that. log 0 = −inf is right, and `logsumexp` can live with it."
)
_PRIOR = (
    "You give each action a probability of 1/A as well. That is the same factor for every trajectory: by our definition it is "
    "left out, and each action counts in full."
)
_NO_DISCOUNT = "You discount. Here time ends after T steps, and each counts in full: `mdp.gamma` plays no part in this lesson."
_SIGMOID = (
    "You turn rewards into something like a sigmoid. The lamps' probability is defined as exp(r), and they are *observed* to "
    "be on: so that a step adds r to the logarithm, as it is."
)

_OWN_ZERO = (
    "You take the largest reward off. That moves no *probability*, but the weights: what was asked belongs to the rewards as "
    "they are."
)
_EXP_TWICE = "You add exp(r). The factor of a step is exp(r); what does it add to the *logarithm*?"
_REWARD_POLICY = (
    "You turn the rewards into a policy first (a softmax over the actions). Nobody chooses yet: each step is weighed by exp(r), "
    "whatever the other actions would have paid."
)
_WHERE_IT_BEGINS = "You begin in one state. The trajectory may begin in several: `mdp.initial_dist` has the probability of each."
_LUCKIEST = "You keep one successor only. Each keeps its share, p(s'|s, a) β(s') of the sum."

# --- exercises -----------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="trajectory_log_weight",
        title="How much does a trajectory weigh?",
        reference=trajectory_log_weight,
        form=Logs("log w", "n_trajectories"),
        problems=_weight_problems,
        parts=(
            Part("trajectories that can happen", 2, _possible),
            Part("−inf for what cannot happen", 1, _impossible),
        ),
        errors={
            "ValueError": "Shapes do not fit. `states[:, :-1]`, `states[:, 1:]` and `actions` are (N, T), and so is what you look up "
            "with them; summed over `axis=1` it is (N,), like the p(s_0) of `states[:, 0]`.",
            "IndexError: out of bounds": "An index is too large. Do they stand in the right order? `mdp.P[before, action, after]`, "
            "`reward[before, action]`. Or does t run too far? There are `actions.shape[1]` steps.",
            "IndexError": "`states` has one column more than `actions`. A row is a trajectory: states before the steps are "
            "`states[:, :-1]`, states after them `states[:, 1:]`.",
        },
        misconceptions=(
            Misconception(
                "no_start",
                _without_start,
                "Set all rewards to 0: then the weights of all trajectories that use the same actions must sum to 1. Yours sum to "
                "the number of states. Which chance is not in your product?",
            ),
            *(
                Misconception(
                    key,
                    wrong,
                    "log p(s_0) is added at every step. A trajectory begins once: keep it out of the sum over time.",
                )
                for key, wrong in (
                    (
                        "start_at_every_step",
                        _of_parts(
                            lambda first, moves, earned: (first[:, None] + moves + earned).sum(
                                axis=1
                            )
                        ),
                    ),
                    ("start_in_every_state", _starts_again),
                    (
                        "start_in_the_last_state_too",
                        lambda mdp, r, states, actions: (
                            _starts_again(mdp, r, states, actions)
                            + _log(mdp.initial_dist[states[:, -1]])
                        ),
                    ),
                )
            ),
            Misconception(
                "start_in_state_0",
                lambda mdp, *rest: _log(mdp.initial_dist[0]) + _without_start(mdp, *rest),
                "All your trajectories have the p(s_0) of state 0. Each begins in its own, `states[:, 0]`.",
            ),
            Misconception(
                "actions_late",
                lambda mdp, r, states, actions: trajectory_log_weight(
                    mdp, r, states, np.roll(actions, 1, axis=1)
                ),
                "Each action is paired with the step after its own. The step from t to t+1 goes from `states[:, t]` by "
                "`actions[:, t]` to `states[:, t + 1]`.",
            ),
            Misconception(
                "nan_by_one_hot",
                lambda mdp, *rest: (
                    trajectory_log_weight(mdp, *rest)
                    if mdp.P.all()
                    else np.full(len(rest[1]), np.inf)  # for nan: see `Open.same`
                ),
                "One log 0 = −inf anywhere in the world makes all your weights nan: do you multiply the logarithms by 0 where they "
                "are not needed? 0 · (−inf) is nan. *Pick* the entries instead, by indices.",
            ),
            Misconception(
                "rewards_only",
                _of_parts(lambda first, moves, earned: earned.sum(axis=1)),
                "You add up the rewards only. Before its lamps can be on a trajectory must *happen*: with which probability does "
                "it begin there, and each action lead where it led?",
            ),
            Misconception(
                "no_dynamics",
                _of_parts(lambda first, moves, earned: first + earned.sum(axis=1)),
                "The dynamics are missing. Two trajectories with the same rewards, one by likely steps and one by unlikely ones, "
                "weigh the same for you.",
            ),
            Misconception(
                "no_reward",
                _of_parts(lambda first, moves, earned: first + moves.sum(axis=1)),
                "That is log p(trajectory) without its rewards. How likely is it that the lamps are all on?",
            ),
            Misconception(
                "backwards",
                lambda mdp, r, states, actions: (
                    _log(mdp.initial_dist[states[:, 0]])
                    + _log(mdp.P[states[:, 1:], actions, states[:, :-1]]).sum(axis=1)
                    + r[states[:, :-1], actions].sum(axis=1)
                ),
                "You go from the later state to the earlier one. `mdp.P[s, a, next]`: where one comes from stands first.",
            ),
            Misconception(
                "reward_of_next",
                lambda mdp, r, states, actions: (
                    trajectory_log_weight(mdp, 0 * r, states, actions)
                    + r[states[:, 1:], actions].sum(axis=1)
                ),
                "You pay r(s, a) with the state that a step *arrives* in. It belongs to the state in which the action was taken.",
            ),
            Misconception(
                "last_state_paid",
                lambda mdp, r, states, actions: (
                    trajectory_log_weight(mdp, r, states, actions)
                    + r[states[:, -1], actions[:, -1]]
                ),
                "One reward too many: nobody acts in the last state, and it brings none.",
            ),
            *(
                Misconception(
                    f"last_state_paid_{key}",
                    lambda mdp, r, states, actions, of=of: (
                        trajectory_log_weight(mdp, r, states, actions)
                        + of(r[states[:, -1]], axis=1)
                    ),
                    "One reward too many: nobody acts in the last state, and it brings none.",
                )
                for key, of in (("best", np.max), ("mean", np.mean), ("soft", logsumexp))
            ),
            *(
                Misconception(
                    key,
                    wrong,
                    "`states` has one column more than `actions`, and you use them side by side. With one step NumPy repeats the "
                    "action and says nothing. States before the steps are `states[:, :-1]`, states after them `states[:, 1:]`.",
                )
                for key, wrong in (
                    ("unsliced", _unsliced),
                    ("reward_unsliced", partial(_unsliced, moves_too=False)),
                )
            ),
            Misconception(
                "not_summed",
                _of_parts(lambda first, moves, earned: moves + earned),
                "You return one number for each *step*. The logarithms of a trajectory's steps are added up: sum over time, "
                "`axis=1`.",
            ),
            Misconception(
                "over_trajectories",
                _of_parts(lambda first, moves, earned: first + (moves + earned).sum(axis=0)),
                "You sum over the trajectories (`axis=0`). Each has a weight of its own: sum over time, `axis=1`.",
            ),
            Misconception(
                "log_of_reward",
                _of_parts(lambda first, moves, earned: first + (moves + _log(earned)).sum(axis=1)),
                "You take the logarithm of the reward. The factor of a step is exp(r), and the logarithm of that is r itself.",
            ),
            Misconception(
                "times_reward",
                _of_parts(lambda first, moves, earned: first + (moves * earned).sum(axis=1)),
                "You multiply log p by the reward. The factors are p and exp(r), and the logarithm of their product is a *sum*: log p "
                "+ r.",
            ),
            Misconception(
                "without_last_step",
                lambda mdp, r, states, actions: trajectory_log_weight(
                    mdp, r, states[:, :-1], actions[:, :-1]
                ),
                "The last step is missing. `actions` has one column less than `states` already: it needs no `[:, :-1]`.",
            ),
            Misconception(
                "mean_over_time",
                _of_parts(lambda first, moves, earned: first + (moves + earned).mean(axis=1)),
                "You average over the steps. A product of T factors has a logarithm of T terms: add them.",
            ),
            Misconception(
                "one_number",
                _and_then(trajectory_log_weight, lambda log_w, *_: log_w.sum()),
                "You return one number. Each trajectory has a weight of its own: sum over time only, `axis=1`.",
            ),
            Misconception(
                "no_logarithm",
                _and_then(trajectory_log_weight, lambda log_w, *_: np.exp(log_w)),
                "You return the weights, and not their logarithms. Of a long trajectory nothing is left: exp(−1000) is 0.",
            ),
            Misconception(
                "products_underflow",
                _of_parts(
                    lambda first, moves, earned: (
                        _log(np.exp(first) * np.exp(moves).prod(axis=1)) + earned.sum(axis=1)
                    )
                ),
                "You multiply the probabilities and take the logarithm in the end. After 500 steps the product is 0 for the "
                "computer. Take logarithms first, and add.",
            ),
            Misconception(
                "all_in_products",
                _of_parts(
                    lambda first, moves, earned: _log(
                        np.exp(first) * (np.exp(moves) * np.exp(earned)).prod(axis=1)
                    )
                ),
                "You multiply, and take the logarithm in the end. exp(1000) is inf for the computer, and a product of many small numbers "
                "0. Take logarithms first, and *add*: a factor exp(r) adds r.",
            ),
            Misconception(
                "probabilities_added",
                _of_parts(
                    lambda first, moves, earned: (
                        np.exp(first) + (np.exp(moves) + earned).sum(axis=1)
                    )
                ),
                "You add the probabilities as they are. Probabilities multiply; what adds up are their *logarithms*.",
            ),
            Misconception(
                "share",
                _and_then(trajectory_log_weight, lambda log_w, *_: _normalised(log_w)),
                "You divide by the sum over the given trajectories. They need not be all there are, and a weight is nobody's "
                "share yet: leave out the normalisation.",
            ),
            Misconception(
                "posterior",
                _and_then(trajectory_log_weight, lambda log_w, *_: softmax(log_w)),
                "You return shares of the given trajectories. Asked is the logarithm of each one's own weight.",
            ),
            Misconception("prior", _rewarded_as(_prior, trajectory_log_weight), _PRIOR),
            Misconception(
                "discounted",
                _of_parts(
                    lambda first, moves, earned: (
                        first + (moves + 0.8 ** np.arange(moves.shape[1]) * earned).sum(axis=1)
                    )
                ),
                _NO_DISCOUNT,
            ),
            Misconception("sigmoid", _rewarded_as(_sigmoid, trajectory_log_weight), _SIGMOID),
            Misconception(
                "padded",
                _of_parts(
                    lambda first, moves, earned: (
                        _floored(first, 1e-12) + (_floored(moves, 1e-12) + earned).sum(axis=1)
                    )
                ),
                _PADDED,
            ),
            *(
                Misconception(
                    key,
                    partial(_skipping, paid=paid),
                    "What has probability 0 is passed over in your sum, as if it were certain. One impossible step makes the whole "
                    "trajectory impossible: log 0 = −∞.",
                )
                for key, paid in (("skips_the_impossible", True), ("skips_and_does_not_pay", False))
            ),
            Misconception(
                "impossible_weighs_0",
                _and_then(
                    trajectory_log_weight,
                    lambda log_w, *_: np.where(np.isfinite(log_w), log_w, 0.0),
                ),
                "A trajectory that cannot happen gets a log weight of 0. That is the weight 1, more than most others have. "
                "The weight should be 0; and its logarithm?",
            ),
            Misconception("own_zero", _rewarded_as(_below_zero, trajectory_log_weight), _OWN_ZERO),
            Misconception("exp_added", _rewarded_as(_exp, trajectory_log_weight), _EXP_TWICE),
            Misconception(
                "policy", _rewarded_as(_log_policy, trajectory_log_weight), _REWARD_POLICY
            ),
            Misconception(
                "start_not_logged",
                _of_parts(
                    lambda first, moves, earned: np.exp(first) + (moves + earned).sum(axis=1)
                ),
                "The start's probability is added as it is, and all else as logarithms.",
            ),
            Misconception(
                "last_step_only",
                _of_parts(lambda first, moves, earned: first + moves[:, -1] + earned[:, -1]),
                "Only the last step is left in your sum. Is there an `=` where `+=` should be?",
            ),
        ),
        hints=(
            "Take one trajectory of one step. Which three things must go well, for it to happen with its lamp on? Each is a "
            "factor, and each factor's logarithm is added.",
            "`mdp.P[before, actions, after]` with `before = states[:, :-1]` and `after = states[:, 1:]` picks the probabilities "
            "of all steps at once, shape $(N, T)$; `reward[before, actions]` the rewards. Sum over time.",
            "`log(mdp.initial_dist[states[:, 0]])` plus `(log(mdp.P[before, actions, after]) + reward[before, "
            "actions]).sum(axis=1)`.",
        ),
    ),
    Exercise(
        name="backward_messages",
        title="Sum up all that can follow",
        reference=backward_messages,
        form=Several(
            Logs("log_beta", "horizon, n_states, n_actions"),
            Logs("log_beta_state", "horizon, n_states"),
        ),
        problems=_message_problems,
        parts=(
            Part(
                "the last step",
                1,
                _at("log_beta", "log_beta_state", large=False, when=lambda t: t == t[-1]),
            ),
            Part(
                "the steps before",
                2,
                _at("log_beta", "log_beta_state", large=False, when=lambda t: t < t[-1]),
            ),
            Part("rewards of a thousand", 1, _at("log_beta", "log_beta_state", large=True)),
        ),
        endless="Does t come down to 0 in your loop? `for t in reversed(range(horizon)):` ends by itself.",
        errors={
            "IndexError": "The messages have T rows, t = 0 to T − 1, and none beyond the end. What follows the last step weighs 1, "
            "and log 1 = 0.",
            "ValueError": "Shapes do not fit. `mdp.P` is (S, A, S), and the next state's axis is the last: messages of shape (S,) "
            "line up with it, and the sum over `axis=2` leaves (S, A). Of these the actions are `axis=1`.",
        },
        misconceptions=(
            Misconception(
                "averages_luck",
                partial(_backward, ahead=lambda mdp, later: mdp.expect(later)),
                "You average the *logarithms* of what follows, E[log beta]. Weights add up, so average the weights and then take "
                "the logarithm. With one outcome of weight 0 (log −∞) and one of weight 1: what follows in all?",
            ),
            Misconception(
                "best_action",
                partial(_backward, over=lambda Q: Q.max(axis=1)),
                "You keep the best action only. *All* that can follow is summed up: two equal actions weigh twice as much as one, "
                "log 2 more.",
            ),
            Misconception(
                "mean_of_actions",
                partial(_backward, over=lambda Q: Q.mean(axis=1)),
                "You average the logarithms over the actions. With two equal actions β(s) is their sum, twice either: log 2 above "
                "both.",
            ),
            Misconception(
                "prior",
                partial(_backward, over=lambda Q: logsumexp(Q, axis=1, b=1 / Q.shape[1])),
                _PRIOR,
            ),
            Misconception("prior_in_both", _rewarded_as(_prior), _PRIOR),
            Misconception(
                "normalised",
                partial(_backward, over=lambda Q: _normalised(logsumexp(Q, axis=1))),
                "You normalise the messages. Then they are shares, and log Z cannot be read from them any more: let them grow.",
            ),
            Misconception(
                "unshifted", partial(_backward, ahead=_no_shift, over=_unshifted), _TOO_LARGE
            ),
            Misconception("unshifted_future", partial(_backward, ahead=_no_shift), _TOO_LARGE),
            Misconception("products", _in_products, _TOO_LARGE),
            Misconception(
                "one_shift",
                partial(_backward, ahead=lambda mdp, later: _one_shift(later, mdp.P, 2)),
                _OWN_SHIFT,
            ),
            Misconception(
                "padded",
                partial(
                    _backward,
                    ahead=lambda mdp, later: np.log(mdp.P @ np.exp(later) + 1e-12),
                    over=lambda Q: np.log(np.exp(Q).sum(axis=1) + 1e-12),
                ),
                _TOO_LARGE,
            ),
            Misconception(
                "unweighted",
                partial(
                    _backward, ahead=lambda mdp, later: logsumexp(_log(mdp.P > 0) + later, axis=2)
                ),
                "All successors in reach count in full. Each counts with its probability: `b=mdp.P`.",
            ),
            Misconception(
                "probabilities_not_logged",
                partial(_backward, ahead=lambda mdp, later: logsumexp(mdp.P + later, axis=2)),
                "You add P to log β. A factor becomes a summand by its *logarithm*: log(P) + log β, or `b=mdp.P`.",
            ),
            Misconception(
                "best_successor",
                partial(_backward, ahead=lambda mdp, later: (_log(mdp.P) + later).max(axis=2)),
                "You keep the best successor only (a max over s'). All that can follow is summed up.",
            ),
            Misconception(
                "sum_over_s",
                partial(
                    _backward,
                    ahead=lambda mdp, later: logsumexp(later[:, None, None], b=mdp.P, axis=0).T,
                ),
                "Your sum runs over s instead of s'. In `mdp.P[s, a, next]` the next state is the last axis.",
            ),
            Misconception(
                "sum_over_s_of_next",
                partial(
                    _backward,
                    ahead=lambda mdp, later: logsumexp(_log(mdp.P) + later, axis=0).T,
                ),
                "Your sum runs over s, the first axis, and turning the result round does not mend it. In `mdp.P[s, a, next]` the next "
                "state is the last axis: `axis=2` leaves (S, A).",
            ),
            *(
                Misconception(
                    key,
                    partial(_backward, **parts),
                    "One of your sums runs over everything: `axis` is missing. Each (s, a) has its own sum over s', `axis=2` of `mdp.P`, and "
                    "each s its own over the actions, `axis=1`.",
                )
                for key, parts in (
                    ("one_sum_ahead", {"ahead": lambda m, later: logsumexp(_log(m.P) + later)}),
                    ("one_sum_over", {"over": logsumexp}),
                )
            ),
            Misconception(
                "one_table",
                _and_then(_backward, lambda found, *_: (found[0][0], found[1][0])),
                "You return the messages of t = 0 only. Each time has its own row: keep them all.",
            ),
            Misconception(
                "discounted",
                partial(
                    _backward, ahead=lambda mdp, later: mdp.gamma * _some_successor(mdp, later)
                ),
                _NO_DISCOUNT,
            ),
            Misconception(
                "one_step_late",
                _one_step_late,
                "Your last row is 0: the last step brings no reward. With one step left, β is exp(r): what follows *after* it is 1.",
            ),
            Misconception(
                "one_step_too_many",
                _one_too_many,
                "Your last row looks one step ahead. It is the last step: nothing follows it.",
            ),
            Misconception(
                "reversed",
                _and_then(_backward, lambda found, *_: (found[0][::-1], found[1][::-1])),
                "Time runs the wrong way: row 0 should be the *first* step, with everything still to come, and the last row the "
                "last step.",
            ),
            Misconception(
                "stationary",
                _and_then(
                    _backward,
                    lambda found, *_: tuple(np.repeat(x[:1], len(x), axis=0) for x in found),
                ),
                "All rows are the same. With fewer steps left, less can follow: each time has its own messages.",
            ),
            Misconception(
                "no_future",
                _sees_no_future,
                "Each row looks like the last step's: log β is r, and nothing follows. At t = 0 there are T − 1 more steps. Do you use "
                "`log_beta_state[t + 1]`, of the row that was filled the round before?",
            ),
            Misconception(
                "reward_twice",
                lambda mdp, r, horizon: _backward(
                    mdp, r, horizon, over=lambda Q: logsumexp(Q + r, axis=1)
                ),
                "The reward is counted twice: it is in log β(s, a) already when you sum over the actions.",
            ),
            Misconception(
                "without_own_reward",
                _and_then(_backward, lambda found, mdp, r, T: (found[0] - r, found[1])),
                "Your log β(s, a) holds what follows *after* the step. The step's own reward belongs to it.",
            ),
            Misconception("sigmoid", _rewarded_as(_sigmoid), _SIGMOID),
            Misconception(
                "one_row_too_many",
                _and_then(
                    _backward, lambda found, *_: (found[0], np.vstack([found[1], 0 * found[1][:1]]))
                ),
                "The row of zeros beyond the end is yours to use, and not part of the answer: t runs from 0 to T − 1.",
            ),
            Misconception(
                "swapped",
                _and_then(_backward, lambda found, *_: found[::-1]),
                "The two have changed places: log_beta, (T, S, A), first.",
            ),
            Misconception(
                "no_logarithm",
                _and_then(_backward, lambda found, *_: tuple(map(np.exp, found))),
                "You return β and not its logarithm. With many steps β leaves the range of numbers.",
            ),
            *(
                Misconception(
                    key,
                    partial(_backward, ahead=ahead, over=lambda Q: Q.max(axis=1)),
                    "You look for the best: a maximum where a sum belongs. β holds the weight of *all* that can follow, the mediocre "
                    "as well.",
                )
                for key, ahead in (
                    ("most_probable", lambda mdp, later: (_log(mdp.P) + later).max(axis=2)),
                    ("hard_values", lambda mdp, later: mdp.expect(later)),
                )
            ),
            Misconception(
                "luckiest_successor",
                partial(_backward, ahead=_luckiest),
                "You count on the best successor, however unlikely it is. Every s' counts, weighted by its probability.",
            ),
            Misconception(
                "everywhere",
                partial(
                    _backward, ahead=lambda mdp, later: np.full(mdp.P.shape[:2], logsumexp(later))
                ),
                "You sum over all states, as if every action led everywhere: where is p(s'|s, a)?",
            ),
            Misconception(
                "nobody_moves",
                partial(_backward, ahead=lambda mdp, later: later[:, None]),
                "In your messages nobody moves: what follows is β of the same s. It is β of s', weighted by p(s'|s, a).",
            ),
            Misconception(
                "logs_added",
                partial(_backward, over=lambda Q: Q.sum(axis=1)),
                "You add the logarithms over the actions: that multiplies the weights. β(s) is their *sum*.",
            ),
            Misconception(
                "shift_not_put_back",
                partial(
                    _backward, ahead=lambda mdp, later: _some_successor(mdp, later - later.max())
                ),
                "The largest number that you take off before the exp is never put back.",
            ),
            *(
                Misconception(
                    key,
                    partial(_backward, end=end),
                    "Look at the last row: what follows the last step is not nothing, and not a share. It weighs 1, so that β is exp(r) "
                    "there; and log 1?",
                )
                for key, end in (("one_at_the_end", 1.0), ("zero_at_the_end", -np.inf))
            ),
            Misconception(
                "share_at_the_end",
                lambda mdp, r, T: _backward(mdp, r, T, end=-np.log(mdp.n_states)),
                "You begin with a distribution over the states, 1/S each. Beyond the end β is no share, but the weight of nothing: "
                "1, and log 1 = 0.",
            ),
            Misconception(
                "with_start",
                _and_then(
                    _backward,
                    lambda found, mdp, *_: (
                        found[0],
                        np.vstack([found[1][:1] + _log(mdp.initial_dist), found[1][1:]]),
                    ),
                ),
                "Your row 0 has the start distribution in it. β is what can follow *from* a state, however it got there: p(s_0) is "
                "multiplied in later, for Z.",
            ),
            Misconception(
                "reward_on_arrival",
                lambda mdp, r, T: _backward(
                    mdp,
                    0 * r,
                    T,
                    ahead=lambda mdp, later: logsumexp(_log(mdp.P) + later + r.T, axis=2),
                ),
                "You pay the rewards of the state that is *reached*. The step from s to s' pays r(s, a): of where it began.",
            ),
            Misconception(
                "without_any_reward",
                _rewarded_as(lambda mdp, r: 0.0 * r),
                "Your messages only count: no reward is in them.",
            ),
            Misconception("exp_added", _rewarded_as(_exp), _EXP_TWICE),
            Misconception("own_zero", _rewarded_as(_below_zero), _OWN_ZERO),
            Misconception(
                "log_policy",
                _and_then(_backward, lambda found, *_: (found[0] - found[1][:, :, None], found[1])),
                "Your log β(s, a) is the logarithm of a share: the exponentials sum to 1 over the actions. That is the next exercise; here it "
                "is the weight itself.",
            ),
            Misconception(
                "first_row_missing",
                _and_then(
                    _backward, lambda found, *_: tuple(np.vstack([0 * x[:1], x[1:]]) for x in found)
                ),
                "Row 0 is left at 0: does your loop stop at t = 1? `range(horizon - 1, -1, -1)` goes down to 0.",
            ),
        ),
        hints=(
            "Begin at the end. With one step left, what can follow from $a$ in $s$? One lamp, and nothing after it. Two steps "
            "left: the same lamp, and then whatever the next state holds, weighted by how likely it is.",
            "Keep `later`, the $\\log\\beta_{t+1}(s')$ of the round before; it starts as zeros. `logsumexp(later, b=mdp.P, "
            "axis=2)` is $\\log \\sum_{s'} p(s'|s,a)\\,\\beta_{t+1}(s')$, shape $(S, A)$.",
            "`for t in reversed(range(horizon)):` set `log_beta[t] = reward + logsumexp(later, b=mdp.P, axis=2)`, then "
            "`log_beta_state[t] = later = logsumexp(log_beta[t], axis=1)`.",
        ),
    ),
    Exercise(
        name="posterior_policy",
        title="Act as if all goes well",
        reference=posterior_policy,
        form=Open("pi", "horizon, n_states, n_actions"),
        problems=_policy_problems,
        parts=(
            Part(
                "the share of each action",
                1,
                _shares("pi", "In a state something is done: over its actions", False),
            ),
            Part(
                "messages of a thousand",
                1,
                _shares("pi", "In a state something is done: over its actions", True),
            ),
        ),
        errors={
            "ValueError": "Shapes do not fit: log_beta is (T, S, A), log_beta_state (T, S). A last axis of length 1, "
            "`log_beta_state[:, :, None]`, goes with all actions.",
        },
        misconceptions=(
            Misconception(
                "weights",
                lambda log_beta, of_state: np.exp(log_beta),
                "You return the weights β(s, a). Which share of β(s) is that?",
            ),
            Misconception(
                "log_shares",
                lambda log_beta, of_state: log_beta - of_state[:, :, None],
                "These are logarithms of probabilities: all below 0. One `exp` is missing.",
            ),
            Misconception(
                "logs_divided",
                lambda log_beta, of_state: log_beta / of_state[:, :, None],
                "You divide the logarithms. To divide two numbers, *subtract* their logarithms, then `exp`.",
            ),
            Misconception(
                "over_states",
                lambda log_beta, of_state: softmax(log_beta, axis=1),
                "Your columns sum to 1: given the action, which state? A policy is *given* the state: each row over its actions.",
            ),
            Misconception(
                "over_time",
                lambda log_beta, of_state: softmax(log_beta, axis=0),
                "You normalise over time. At each time, in each state, the actions share the probability.",
            ),
            Misconception(
                "over_pairs",
                lambda log_beta, of_state: softmax(log_beta, axis=(1, 2)),
                "You share the probability among all pairs of state and action. Where the agent is, is given: each state has "
                "its own 1 to share.",
            ),
            Misconception(
                "turned",
                lambda log_beta, of_state: np.exp(of_state[:, :, None] - log_beta),
                "Your numbers are above 1: the fraction is upside down.",
            ),
            Misconception(
                "negated",
                lambda log_beta, of_state: softmax(-log_beta, axis=2),
                "You prefer the actions after which *least* can follow. β is a weight, not a cost.",
            ),
            Misconception(
                "next_state_message",
                lambda log_beta, of_state: np.exp(
                    log_beta - np.vstack([of_state[1:], 0 * of_state[:1]])[:, :, None]
                ),
                "You divide by the β(s) of the time after. Both belong to the same t.",
            ),
            Misconception(
                "stationary",
                lambda log_beta, of_state: np.repeat(
                    softmax(log_beta, axis=2)[:1], len(log_beta), 0
                ),
                "You play the first step's policy all the time. With one step left, other things may be worth doing than with "
                "ten: each t has its own.",
            ),
            Misconception(
                "one_table",
                lambda log_beta, of_state: softmax(log_beta, axis=2)[0],
                "You return one table (S, A). The policy depends on time: one table for each t.",
            ),
            Misconception(
                "reversed",
                lambda log_beta, of_state: softmax(log_beta, axis=2)[::-1],
                "Time runs the wrong way: row t belongs to `log_beta[t]`.",
            ),
            Misconception(
                "greedy",
                lambda log_beta, of_state: _one_hot(log_beta),
                "You put everything on the heaviest action. What has a share of the weight has that share of the probability.",
            ),
            Misconception(
                "action_numbers",
                lambda log_beta, of_state: log_beta.argmax(axis=2),
                "You return the best action's number. Asked are probabilities, one for each action.",
            ),
            Misconception(
                "without_the_sum",
                lambda log_beta, of_state: np.exp(log_beta - log_beta.max(axis=2, keepdims=True)),
                "You take off the largest, and stop there: the best action has 1 by itself. Divide by the sum over the actions.",
            ),
            Misconception(
                "no_shift",
                lambda log_beta, of_state: np.exp(log_beta) / np.exp(of_state)[:, :, None],
                "exp(1000) is inf and exp(−1000) is 0 for the computer, and inf / inf is nan. A constant on every reward moves no "
                "probability, so it must not matter here: subtract the logarithms *before* you exponentiate.",
            ),
            Misconception(
                "one_shift",
                lambda log_beta, of_state: (
                    np.exp(log_beta - log_beta.max())
                    / np.exp(log_beta - log_beta.max()).sum(axis=2, keepdims=True)
                ),
                _OWN_SHIFT,
            ),
            Misconception(
                "share_of_logs",
                lambda log_beta, of_state: log_beta / log_beta.sum(axis=2, keepdims=True),
                "You divide the logarithms by their sum. Some are negative: what would a share of them be? The weights are "
                "exp(log_beta).",
            ),
            Misconception(
                "last_step_always",
                lambda log_beta, of_state: np.repeat(
                    softmax(log_beta[-1:], axis=2), len(log_beta), 0
                ),
                "You play the last step's policy all the time: it looks no further than the next reward.",
            ),
            Misconception(
                "time_after",
                lambda log_beta, of_state: softmax(
                    np.concatenate([log_beta[1:], log_beta[-1:]]), axis=2
                ),
                "Your row t is the policy of t + 1.",
            ),
            Misconception(
                "mean_over_time",
                lambda log_beta, of_state: np.repeat(
                    softmax(log_beta, axis=2).mean(axis=0)[None], len(log_beta), 0
                ),
                "You average the policies of all times. Each t has its own.",
            ),
            Misconception(
                "prior",
                lambda log_beta, of_state: softmax(log_beta, axis=2) / log_beta.shape[2],
                "You multiply by 1/A once more. The shares sum to 1 already, and a prior that is the same for all actions cannot "
                "change them.",
            ),
            Misconception(
                "softmax_of_shares",
                lambda log_beta, of_state: softmax(softmax(log_beta, axis=2), axis=2),
                "You apply a softmax to shares. They were probabilities already.",
            ),
            Misconception(
                "squared",
                lambda log_beta, of_state: softmax(2.0 * log_beta, axis=2),
                "Your shares are those of β²: does log β stand in your exponent twice?",
            ),
            Misconception(
                "uniform",
                lambda log_beta, of_state: np.full(log_beta.shape, 1.0 / log_beta.shape[2]),
                "Your policy draws all actions alike: where do the messages come in?",
            ),
        ),
        hints=(
            "Of everything that can follow from $s$, which share begins with $a$? You have both amounts, as logarithms.",
            "A quotient is a difference of logarithms. `log_beta_state[:, :, None]` has shape $(T, S, 1)$ and goes with all "
            "actions.",
            "`np.exp(log_beta - log_beta_state[:, :, None])`",
        ),
    ),
    Exercise(
        name="forward_messages",
        title="Sum up all ways to get there",
        reference=forward_messages,
        form=Logs("log_alpha", "horizon, n_states"),
        problems=_message_problems,
        parts=(
            Part("where it begins", 1, _at("log_alpha", large=False, when=lambda t: t == 0)),
            Part("every later time", 2, _at("log_alpha", large=False, when=lambda t: t > 0)),
            Part("rewards of a thousand", 1, _at("log_alpha", large=True)),
        ),
        endless="Does t go up in your loop? `for t in range(horizon - 1):` ends by itself.",
        errors={
            "IndexError": "There are T rows, t = 0 to T − 1. Each round fills row t + 1, so that there is one round less than rows: "
            "`range(horizon - 1)`.",
            "ValueError": "Shapes do not fit. What leaves is (S, A), one entry for each state and action; `[:, :, None]` lines it up "
            "with `mdp.P`, (S, A, S), and the sum over `axis=(0, 1)` leaves the next states.",
        },
        misconceptions=(
            Misconception(
                "with_own_step",
                _and_then(_forward, lambda found, mdp, r, T: found + logsumexp(r, axis=1)),
                "Your α contains the step at t itself. β contains it, too: in their product it would count twice. α ends *on "
                "arrival* in s.",
            ),
            Misconception(
                "with_actions",
                _and_then(_forward, lambda found, mdp, r, T: found[:, :, None] + r),
                "You keep an axis for the action. α ends *on arrival* in s, before anything is chosen there: one number for each "
                "state.",
            ),
            Misconception(
                "what_is_left",
                partial(
                    _forward,
                    arrive=lambda mdp, x: logsumexp(x[:, :, None] + _log(mdp.P), axis=(1, 2)),
                ),
                "You sum over the actions and over s', so that what is left is s, where the step *began*. α is about where it "
                "arrives: sum over s and a, the first two axes.",
            ),
            Misconception(
                "start_with_reward",
                lambda mdp, r, T: _forward(
                    mdp, r, T, start=lambda mdp: _log(mdp.initial_dist) + logsumexp(r, axis=1)
                ),
                "Your first row has rewards in it. At t = 0 nothing has been done yet: α is where it begins, p(s_0).",
            ),
            Misconception(
                "reward_on_arrival",
                lambda mdp, r, T: _forward(
                    mdp,
                    r,
                    T,
                    leave=lambda here, r: here[:, None] + 0 * r,
                    arrive=lambda mdp, x: logsumexp(x[:, :, None] + _log(mdp.P) + r.T, axis=(0, 1)),
                ),  # fmt: skip
                "You pay the rewards of the state that is *reached*. On the way from s to s' the reward is r(s, a): of where the "
                "step began.",
            ),
            Misconception(
                "reward_after_arrival",
                lambda mdp, r, T: _forward(
                    mdp,
                    r,
                    T,
                    leave=lambda here, r: here[:, None] + 0 * r,
                    arrive=lambda mdp, x: _arrive(mdp, x) + logsumexp(r, axis=1),
                ),  # fmt: skip
                "You add the rewards after the sum, of the state that is *reached*. Each way from s to s' has its own, r(s, a): add it "
                "before.",
            ),
            Misconception(
                "no_reward",
                partial(_forward, leave=lambda here, r: here[:, None] + 0 * r),
                "You count the ways to arrive, and none is better than the others: the rewards on the way are missing.",
            ),
            Misconception("prior", _rewarded_as(_prior, _forward), _PRIOR),
            Misconception(
                "rollout",
                _rollout,
                "That is where the posterior policy is in the real world. α knows nothing of the future, so no policy that looks "
                "ahead has a place in it: every action counts with exp(r).",
            ),
            Misconception(
                "normalised",
                partial(_forward, arrive=lambda mdp, leaving: _normalised(_arrive(mdp, leaving))),
                "You make each row a distribution. α is a *weight*: the last row has to remember all rewards on the way, or log Z is "
                "lost.",
            ),
            Misconception(
                "start_at_every_step",
                lambda mdp, r, T: _forward(
                    mdp,
                    r,
                    T,
                    arrive=lambda mdp, x: np.logaddexp(_log(mdp.initial_dist), _arrive(mdp, x)),
                ),
                "The start distribution is added at every step, as if new trajectories kept coming in. They all begin at t = 0.",
            ),
            Misconception(
                "uniform_start",
                partial(_forward, start=lambda mdp: np.full(mdp.n_states, -np.log(mdp.n_states))),
                "You begin in every state with the same probability. The world says where: `mdp.initial_dist`.",
            ),
            Misconception(
                "starts_everywhere",
                partial(_forward, start=lambda mdp: np.zeros(mdp.n_states)),
                "Your first row is 0: log 1, as if the trajectory began in every state for certain. That is how β *ends*. How does α "
                "begin?",
            ),
            Misconception(
                "start_not_logged",
                partial(_forward, start=lambda mdp: mdp.initial_dist),
                "Your first row holds probabilities, and the others logarithms.",
            ),
            Misconception(
                "one_step_late",
                lambda mdp, r, T: _forward(mdp, r, T + 1)[1:],
                "Your first row is a step too late: at t = 0 nobody has moved.",
            ),
            Misconception(
                "one_row_too_many",
                lambda mdp, r, T: _forward(mdp, r, T + 1),
                "One row too many: t runs from 0 to T − 1, and where the last step leads is not asked.",
            ),
            Misconception(
                "best_way",
                partial(_forward, arrive=_loudest),
                "You keep the best way to arrive only. α sums up *all* ways: two equal ones weigh twice as much.",
            ),
            Misconception("products", _arrived_in_products, _TOO_LARGE),
            Misconception(
                "one_shift",
                partial(_forward, arrive=lambda mdp, x: _one_shift(x[:, :, None], mdp.P, (0, 1))),
                _OWN_SHIFT,
            ),
            Misconception(
                "nan_shift",
                _nan_shift,
                "Where nobody can arrive, all your terms are −inf, and the largest of them as well: −inf minus −inf is nan. "
                "`logsumexp` knows that case and says −inf.",
            ),
            Misconception(
                "nan_by_weights",
                _by_weights,
                "In SciPy's `logsumexp` the weights `b` and −inf do not go well together: where nobody can arrive, and rewards are "
                "large, it says nan. Leave `b` out, and add log(P) to the exponent.",
            ),
            Misconception(
                "padded",
                lambda mdp, r, T: _forward(
                    mdp,
                    r,
                    T,
                    start=lambda mdp: np.log(mdp.initial_dist + 1e-12),
                    arrive=lambda mdp, x: logsumexp(
                        x[:, :, None] + np.log(mdp.P + 1e-12), axis=(0, 1)
                    ),
                ),  # fmt: skip
                _PADDED,
            ),
            Misconception(
                "wrong_way",
                lambda mdp, r, T: _forward(
                    mdp,
                    r,
                    T,
                    leave=lambda here, r: _some_successor(mdp, here) + r,
                    arrive=lambda mdp, x: logsumexp(x, axis=1),
                ),  # fmt: skip
                "You look from s at its successors: that is how β goes. α *arrives* in s', from all s and a.",
            ),
            Misconception(
                "probabilities_not_logged",
                partial(
                    _forward, arrive=lambda mdp, x: logsumexp(x[:, :, None] + mdp.P, axis=(0, 1))
                ),
                "You add P to log α. A factor becomes a summand by its *logarithm*: log(P).",
            ),
            Misconception("discounted_by_time", _discounted, _NO_DISCOUNT),
            Misconception(
                "reversed",
                _and_then(_forward, lambda found, *_: found[::-1]),
                "Time runs the wrong way: row 0 is where it begins.",
            ),
            Misconception(
                "beta",
                lambda *args: _backward(*args)[1],
                "These are the backward messages: what can follow. Asked is how to get there.",
            ),
            Misconception(
                "no_logarithm",
                _and_then(_forward, lambda found, *_: np.exp(found)),
                "You return α and not its logarithm. With many steps α leaves the range of numbers.",
            ),
            *(
                Misconception(key, partial(_forward, start=start), _WHERE_IT_BEGINS)
                for key, start in (
                    ("starts_in_state_0", lambda mdp: _log(np.eye(mdp.n_states)[0])),
                    ("starts_where_likeliest", lambda mdp: _log(_one_hot(mdp.initial_dist))),
                )
            ),
            Misconception(
                "start_multiplied",
                partial(_forward, arrive=lambda mdp, x: _log(mdp.initial_dist) + _arrive(mdp, x)),
                "The start's probability is multiplied in at every step. A trajectory begins once, at t = 0.",
            ),
            Misconception(
                "always_from_start",
                lambda mdp, r, T: np.vstack(
                    [_forward(mdp, r, 1), *[_forward(mdp, r, 2)[1:]] * (T - 1)]
                ),
                "All your rows but the first are one step from the start. Go on from `log_alpha[t]`.",
            ),
            Misconception(
                "best_action",
                partial(
                    _forward,
                    arrive=lambda mdp, x: logsumexp(
                        (x[:, :, None] + _log(mdp.P)).max(axis=1), axis=0
                    ),
                ),
                "Of each state you keep the best action only. All ways to arrive are summed up, by all actions.",
            ),
            Misconception(
                "unweighted",
                partial(
                    _forward,
                    arrive=lambda mdp, x: logsumexp(x[:, :, None] + _log(mdp.P > 0), axis=(0, 1)),
                ),
                "Every successor in reach gets all of the weight. Each gets its share, p(s'|s, a).",
            ),
            Misconception(
                "everywhere",
                partial(_forward, arrive=lambda mdp, x: np.full(mdp.n_states, logsumexp(x))),
                "Everything arrives everywhere: where is p(s'|s, a)?",
            ),
            Misconception(
                "reward_twice",
                _rewarded_as(lambda mdp, r: 2.0 * r, _forward),
                "Each reward counts twice: once as the step is taken, and once more as it arrives?",
            ),
            Misconception("exp_added", _rewarded_as(_exp, _forward), _EXP_TWICE),
            Misconception("policy", _rewarded_as(_log_policy, _forward), _REWARD_POLICY),
            Misconception("own_zero", _rewarded_as(_below_zero, _forward), _OWN_ZERO),
            Misconception(
                "impossible_weighs_1",
                _and_then(_forward, lambda found, *_: np.where(np.isfinite(found), found, 0.0)),
                "Where nobody can be you write 0. That is the logarithm of 1; the weight should be 0.",
            ),
        ),
        hints=(
            "At $t = 0$ you know where you are: $p(s_0)$. Then push everything one step on: what is in $s$ leaves by each action, "
            "weighted with $e^r$, and spreads over the next states.",
            "What leaves: `leaving = log_alpha[t][:, None] + reward`, shape $(S, A)$. By which share does it arrive in $s'$? Add "
            "that share's logarithm, `leaving[:, :, None] + log(mdp.P)`, shape $(S, A, S)$, and sum over $s$ *and* $a$.",
            "`log_alpha[0] = log(mdp.initial_dist)`; `for t in range(horizon - 1):` set `log_alpha[t + 1] = "
            "logsumexp(leaving[:, :, None] + log(mdp.P), axis=(0, 1))`.",
        ),
    ),
    Exercise(
        name="smoothed_visits",
        title="Where is one at step 9?",
        reference=smoothed_visits,
        form=Open("p", "horizon, n_states"),
        problems=_smoothing_problems,
        parts=(
            Part(
                "where one is at each time",
                1,
                _shares("p", "At each time one is somewhere: over the states", False),
            ),
            Part(
                "messages of a thousand",
                1,
                _shares("p", "At each time one is somewhere: over the states", True),
            ),
        ),
        errors={
            "ValueError": "Shapes do not fit. Both messages are (T, S); a sum over the states needs `keepdims=True` to go with "
            "them again.",
        },
        misconceptions=(
            Misconception(
                "over_time",
                _joint(lambda joint: softmax(joint, axis=0)),
                "Your columns sum to 1: *when* is one in s? Asked is, at each time, *where*.",
            ),
            Misconception(
                "over_all",
                _joint(softmax),
                "All your numbers together sum to 1. At *each* time one is somewhere: every row has its own 1.",
            ),
            Misconception(
                "one_row",
                _joint(lambda joint: softmax(joint, axis=1)[0]),
                "You return the first row only. Each time has its own.",
            ),
            Misconception(
                "weights",
                _joint(np.exp),
                "These are weights: α times β. Divide them by what all states have together; at each t that sum is Z.",
            ),
            Misconception(
                "relative_to_largest",
                _joint(lambda joint: np.exp(joint - joint.max(axis=1, keepdims=True))),
                "You take off the largest, and stop there: the likeliest state has 1 by itself. Divide by the sum over the states.",
            ),
            Misconception(
                "log_shares",
                _joint(lambda joint: joint - logsumexp(joint, axis=1, keepdims=True)),
                "These are logarithms of probabilities. One `exp` is missing.",
            ),
            Misconception(
                "by_log_sum",
                _joint(lambda joint: np.exp(joint) / logsumexp(joint, axis=1, keepdims=True)),
                "You divide weights by a *logarithm*. Subtract log Z before the `exp`, or divide by Z.",
            ),
            Misconception(
                "alpha_alone",
                _fed(lambda a, b: a),
                "You look back only. What can follow from a state counts as well: a dead end is easy to reach.",
            ),
            Misconception(
                "beta_alone",
                _fed(lambda a, b: b),
                "You look ahead only. Who can be at time t in a state that nobody can reach by then?",
            ),
            Misconception(
                "weights_added",
                _fed(np.logaddexp),
                "You add α and β. Each way to get there goes with *each* thing that can follow: how many pairs are that?",
            ),
            Misconception(
                "logs_multiplied",
                lambda a, b: np.exp(a * b - logsumexp(a * b, axis=1, keepdims=True)),
                "You multiply the logarithms. To multiply two weights, *add* their logarithms.",
            ),
            *(
                Misconception(
                    key,
                    wrong,
                    "You multiply the logarithms. To multiply two weights, *add* their logarithms.",
                )
                for key, wrong in (
                    ("logs_multiplied_soft", lambda a, b: softmax(a * b, axis=1)),
                    ("logs_multiplied_alone", lambda a, b: np.exp(a * b)),
                    ("logs_multiplied_as_shares", lambda a, b: _to_one(a * b)),
                )
            ),
            Misconception(
                "share_of_logs",
                _joint(_to_one),
                "You divide logarithms by their sum. Some are negative, and −∞ is among them: what would a share of that be? Go back "
                "to weights with `exp`, and then divide.",
            ),
            Misconception(
                "logs_subtracted",
                _fed(lambda a, b: a - b),
                "You divide α by β. A state from which much can follow must gain by that.",
            ),
            Misconception(
                "halved",
                _fed(lambda a, b: (a + b) / 2),
                "You average the logarithms: that is the square root of the product.",
            ),
            Misconception(
                "softmax_of_shares",
                _joint(lambda joint: softmax(softmax(joint, axis=1), axis=1)),
                "You apply a softmax to shares. They were probabilities already.",
            ),
            Misconception(
                "each_normalised",
                lambda a, b: softmax(a, axis=1) * softmax(b, axis=1),
                "You normalise α and β, and then multiply: their product is no distribution any more. Multiply first.",
            ),
            Misconception(
                "mean_of_both",
                lambda a, b: (softmax(a, axis=1) + softmax(b, axis=1)) / 2,
                "You average two distributions. A state that cannot be reached must have 0, whatever could follow from it.",
            ),
            Misconception(
                "beta_reversed",
                _fed(lambda a, b: a + b[::-1]),
                "You turn β round in time. Row t of both belongs to time t already.",
            ),
            *(
                Misconception(
                    key,
                    wrong,
                    "You take β of the time after. α_t ends on arrival in s at time t, and β_t begins with the step that is taken there: "
                    "nothing is missing in between.",
                )
                for key, wrong in (
                    ("beta_of_next", _fed(lambda a, b: a + np.vstack([b[1:], 0 * b[:1]]))),
                    ("beta_of_next_kept", _fed(lambda a, b: a + np.vstack([b[1:], b[-1:]]))),
                    ("beta_of_next_rolled", _fed(lambda a, b: a + np.roll(b, -1, axis=0))),
                    ("beta_of_next_short", _fed(lambda a, b: a[:-1] + b[1:])),
                )
            ),
            Misconception(
                "beta_twice",
                _fed(lambda a, b: a + 2.0 * b),
                "β is in your product twice. What can follow counts once, and so does each way to get there.",
            ),
            Misconception(
                "last_beta",
                _fed(lambda a, b: a + b[-1]),
                "You take the last row of β at all times: it knows the last lamp only. Row t of both belongs to time t.",
            ),
            Misconception(
                "first_beta",
                _fed(lambda a, b: a + b[0]),
                "You take the first row of β at all times, as if all T steps were still to come. Row t of both belongs to time t.",
            ),
            Misconception(
                "first_row_always",
                _joint(lambda joint: np.repeat(softmax(joint, axis=1)[:1], len(joint), 0)),
                "All your rows are the first one: where it begins. Each time has its own.",
            ),
            Misconception(
                "z_without_start",
                lambda a, b: np.exp(a + b - logsumexp(b[0])),
                "You divide by Σ β_0(s), as if it could begin anywhere. Z weights each β_0(s) by p(s_0), which is α_0.",
            ),
            Misconception(
                "z_of_last_alpha",
                lambda a, b: np.exp(a + b - logsumexp(a[-1])),
                "You divide by the sum of the last α. The last step is not in it: α ends on arrival.",
            ),
            Misconception(
                "likeliest",
                _joint(_one_hot),
                "You say where one most probably is. Asked is the probability of each state.",
            ),
            Misconception("no_shift", _joint(lambda joint: _to_one(np.exp(joint))), _TOO_LARGE),
            Misconception(
                "two_shifts",
                lambda a, b: _to_one(
                    np.exp(a - a.max(axis=1, keepdims=True))
                    * np.exp(b - b.max(axis=1, keepdims=True))
                ),
                "You exponentiate α and β one by one, each beside its own largest. Where one is large the other may be very small: "
                "0 times 1 in every state. *Add* the logarithms, and then take off the largest of the sums.",
            ),
            Misconception(
                "no_shift_either",
                lambda a, b: _to_one(np.exp(a) * np.exp(b)),
                _TOO_LARGE,
            ),
        ),
        hints=(
            "How many pairs are there of a way to get to $s$ and something that follows from it? Their weights multiply, and so "
            "their logarithms add.",
            "`log_joint = log_alpha + log_beta_state`. Each row must become a distribution over the states: `logsumexp(log_joint, "
            "axis=1, keepdims=True)` is its $\\log Z$.",
            "`np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))`",
        ),
    ),
    Exercise(
        name="posterior_dynamics",
        title="What the optimist believes",
        reference=posterior_dynamics,
        form=Open("p", "n_states, n_actions, n_states"),
        problems=_dynamics_problems,
        parts=(
            Part("after the last step", 1, _beliefs(last=True)),
            Part("every step before", 1, _beliefs(last=False)),
            Part("messages of a thousand", 1, _beliefs(last=False, large=True)),
        ),
        errors={
            "IndexError": "After the last step, t = T − 1, there is no row t + 1. No lamp follows, and nothing is learnt about the "
            "last move: what is then believed of it?",
            "ValueError": "Shapes do not fit. `mdp.P` is (S, A, S), and the messages of the next state, (S,), line up with its last "
            "axis. A sum over that axis needs `keepdims=True`.",
        },
        misconceptions=(
            Misconception(
                "wraps_round",
                partial(
                    _believed,
                    later=lambda logs, t: logs[(t + 1) % len(logs)],
                ),
                "At the last step you use row 0: that is what can follow at the *beginning*. After the last step nothing follows.",
            ),
            Misconception(
                "last_row_again",
                partial(
                    _believed,
                    later=lambda logs, t: logs[min(t + 1, len(logs) - 1)],
                ),
                "At the last step you use the last row again. It holds the lamp of that step itself, which is on already when the "
                "world moves.",
            ),
            Misconception(
                "uniform_at_the_end",
                _at_the_end(lambda mdp, logs: np.full(mdp.P.shape, 1.0 / mdp.n_states)),
                "After the last step you believe in all states alike. No lamp follows, so nothing is learnt: the world moves as it "
                "always does.",
            ),
            Misconception(
                "zero_at_the_end",
                _at_the_end(lambda mdp, logs: np.zeros(mdp.P.shape)),
                "After the last step all your probabilities are 0. The world still moves: with nothing that follows, as it always "
                "does.",
            ),
            Misconception(
                "no_evidence",
                lambda mdp, logs, t: np.array(mdp.P),
                "That is p(s'|s, a), before anybody told you about the lamps. A successor from which the lamps can hardly stay on "
                "must become less likely. (Did you weigh with the β of s? That is the same for all successors, and cancels.)",
            ),
            Misconception(
                "same_time",
                partial(_believed, later=lambda logs, t: logs[t]),
                "You weigh s' by β_t, as if it were reached already at time t. It is reached at t + 1.",
            ),
            Misconception(
                "same_time_but_last",
                _before_the_end(partial(_believed, later=lambda logs, t: logs[t])),
                "You weigh s' by β_t, as if it were reached already at time t. It is reached at t + 1.",
            ),
            *_with_or_without_end(
                "first_time",
                lambda mdp, logs, t: _believed(mdp, logs, 0),
                "You use the messages of the first step whatever t is.",
            ),
            Misconception(
                "weights",
                lambda mdp, logs, t: mdp.P * np.exp(_next(logs, t)),
                "These are weights, p(s'|s, a) β(s'). Divide each row by its sum over s'.",
            ),
            *_with_or_without_end(
                "over_state_message",
                lambda mdp, logs, t: mdp.P * np.exp(_next(logs, t) - logs[t][:, None, None]),
                "You divide by β_t(s), which also holds the choice of the action and its reward. Both are given here: divide by the "
                "sum over s'.",
            ),
            *_with_or_without_end(
                "over_start",
                partial(_believed, axis=0),
                "You normalise over s. What is uncertain is s', the last axis: `mdp.P[s, a, next]`.",
            ),
            *_with_or_without_end(
                "over_actions",
                partial(_believed, axis=1),
                "You normalise over the actions. The action is given; what is uncertain is s', the last axis.",
            ),
            *_with_or_without_end(
                "over_pairs",
                partial(_believed, axis=(1, 2)),
                "You normalise over actions and successors together. The action is given: each (s, a) has its own 1 to share.",
            ),
            *_with_or_without_end(
                "over_all",
                partial(_believed, axis=(0, 1, 2)),
                "All your probabilities together sum to 1. State and action are given: each (s, a) has its own 1 to share, `axis=2`.",
            ),
            *_with_or_without_end(
                "over_state_and_action",
                partial(_believed, axis=(0, 1)),
                "You normalise over s and a. What is uncertain is s', the last axis: `mdp.P[s, a, next]`.",
            ),
            *_with_or_without_end(
                "over_state_message_in_logs",
                lambda mdp, logs, t: np.exp(_log(mdp.P) + _next(logs, t) - logs[t][:, None, None]),
                "You divide by β_t(s), which also holds the choice of the action and its reward. Both are given here: divide by the "
                "sum over s'.",
            ),
            *_with_or_without_end(
                "over_next_message",
                lambda mdp, logs, t: np.exp(_log(mdp.P) + _next(logs, t) - logs[t]),
                "You divide by β_t of s', so that every successor has a divisor of its own. Divide by one number for each (s, a): the sum "
                "over s'.",
            ),
            Misconception(
                "nothing_possible_at_the_end",
                _at_the_end(lambda mdp, logs: np.full(mdp.P.shape, np.nan)),
                "After the last step your numbers are no numbers. What follows it weighs 1, and not 0: log 1 = 0, and the world moves "
                "as it always does.",
            ),
            *_with_or_without_end(
                "without_p",
                lambda mdp, logs, t: np.broadcast_to(softmax(_next(logs, t)), mdp.P.shape),
                "Your belief is the same whatever is done: p(s'|s, a) is missing. Lamps cannot open a way that is not there.",
            ),
            *_with_or_without_end(
                "any_in_reach",
                lambda mdp, logs, t: softmax(
                    np.where(mdp.P > 0, 0.0, -np.inf) + _next(logs, t), axis=2
                ),
                "All successors in reach count alike before the lamps are seen. Each counts with p(s'|s, a).",
            ),
            *_with_or_without_end(
                "probabilities_not_logged",
                lambda mdp, logs, t: softmax(mdp.P + _next(logs, t), axis=2),
                "You add P to log β. A factor becomes a summand by its *logarithm*: log(P).",
            ),
            *_with_or_without_end(
                "times_log",
                _counted(lambda P, later: P * later),
                "You multiply P by the *logarithm* of β. The weight of s' is p(s'|s, a) · exp(log β(s')).",
            ),
            Misconception(
                "log_shares",
                lambda mdp, logs, t: log_softmax(_log(mdp.P) + _next(logs, t), axis=2),
                "These are logarithms of probabilities. One `exp` is missing.",
            ),
            Misconception(
                "pessimist",
                lambda mdp, logs, t: softmax(_log(mdp.P) - _next(logs, t), axis=2),
                "You divide by β: successors from which the lamps hardly stay on become *more* likely.",
            ),
            Misconception(
                "padded",
                lambda mdp, logs, t: softmax(np.log(mdp.P + 1e-12) + _next(logs, t), axis=2),
                _PADDED,
            ),
            Misconception(
                "no_shift",
                _counted(lambda P, later: P * np.exp(later)),
                _TOO_LARGE,
            ),
            Misconception(
                "one_shift",
                _counted(lambda P, later: P * np.exp(later - later.max())),
                "You take off the largest β of all states. Where that state cannot be reached, all that is left may be exp(−1000) = "
                "0, and 0 / 0 is nan. Take off the largest of what *can* follow from (s, a): `logsumexp` of log P + log β, "
                "`axis=2`.",
            ),
            Misconception(
                "zero_times_infinity",
                lambda mdp, logs, t: (
                    mdp.P
                    * np.exp(_next(logs, t) - _some_successor(mdp, _next(logs, t))[:, :, None])
                ),
                "You multiply by p(s'|s, a) after the `exp`. A successor that cannot follow may have by far the largest β: its exp "
                "is inf, and 0 · ∞ is nan. Add log P to the exponent instead: there log 0 = −inf wins.",
            ),
            *(
                Misconception(
                    key, _before_the_end(lambda *args, best=best: _one_hot(best(*args))), _LUCKIEST
                )
                for key, best in (
                    ("likeliest", lambda mdp, logs, t: _log(mdp.P) + logs[t + 1]),
                    ("luckiest", lambda mdp, logs, t: np.where(mdp.P > 0.0, logs[t + 1], -np.inf)),
                )
            ),
            Misconception(
                "ends_early",
                lambda mdp, logs, t: (
                    np.array(mdp.P) if t >= len(logs) - 2 else _believed(mdp, logs, t)
                ),
                "You stop a step too early. At t = T − 2 there is a row t + 1, the last one, and its lamp tells about s'. Only after "
                "the last step, t = T − 1, nothing follows.",
            ),
            Misconception(
                "two_steps_on",
                partial(_believed, later=lambda logs, t: _next(logs, min(t + 1, len(logs) - 1))),
                "You weigh s' by what follows a step later still. It is reached at t + 1.",
            ),
            Misconception(
                "from_the_end",
                lambda mdp, logs, t: _believed(mdp, logs[::-1], t),
                "You count t from the end. Row 0 of the messages is the first step.",
            ),
            *_with_or_without_end(
                "dynamics_twice",
                lambda mdp, logs, t: _to_one(mdp.P * _believed(mdp, logs, t)),
                "p(s'|s, a) is in your product twice.",
            ),
        ),
        hints=(
            "It is Bayes' rule. Before the lamps are seen, $s'$ has the probability $p(s'|s,a)$; how likely are the lamps of the "
            "time after, if it is $s'$?",
            "`log(mdp.P) + log_beta_state[t + 1]` has shape $(S, A, S)$: the messages line up with the last axis, $s'$. Subtract "
            "the `logsumexp` over that axis. At $t = T - 1$ there is no row $t + 1$: nothing follows, and $p$ stays as it is.",
            "`if t == len(log_beta_state) - 1: return mdp.P`; else `log_joint = log(mdp.P) + log_beta_state[t + 1]` and `return "
            "np.exp(log_joint - logsumexp(log_joint, axis=2, keepdims=True))`.",
        ),
    ),
    Exercise(
        name="soft_value_iteration",
        title="Choose the actions, and not the luck",
        reference=soft_value_iteration,
        form=Several(
            Open("V", "horizon + 1, n_states"),
            Open("Q", "horizon, n_states, n_actions"),
            Open("pi", "horizon, n_states, n_actions"),
        ),
        problems=_planning_problems,
        parts=(
            Part("Q", 1, _plans("Q")),
            Part("V", 1, _plans("V")),
            Part("the policy", 1, _plans("pi")),
            Part(
                "rewards of a thousand, and a very cold agent",
                1,
                _plans("V", "Q", "pi", extreme=True),
            ),
        ),
        endless="Does t come down to 0 in your loop? `for t in reversed(range(horizon)):` ends by itself.",
        errors={
            "IndexError": "V has T + 1 rows, of which the last, V[T], stays 0; Q and pi have T.",
            "ValueError": "Shapes do not fit. Q[t] is (S, A), V[t] (S,): `V[t][:, None]` goes with all actions.",
        },
        misconceptions=(
            Misconception(
                "optimist",
                partial(_plan, ahead=_lucky),
                "You sum up the world's choices softly, log E[exp V], as in the messages. That is the optimist, who believes in luck. "
                "The agent does not choose s': its value is a plain mean, E[V].",
            ),
            Misconception(
                "optimist_at_temperature_1",
                partial(_plan, ahead=lambda mdp, V, temperature: _lucky(mdp, V, 1.0)),
                "You look ahead by log E[exp V]. That is the optimist, who believes in luck. The agent does not choose s': its value "
                "is a plain mean, E[V].",
            ),
            *_twice(
                "hard_maximum",
                lambda Q, temperature: Q.max(axis=1),
                "Your V is the largest Q. Two actions with the same Q leave a choice, and that is worth something: V lies above them by "
                "temperature · log 2.",
            ),
            Misconception(
                "greedy",
                partial(_plan, soft=lambda Q, temperature: Q.max(axis=1), policy=_one_hot),
                "That is the hard planner of lesson 01. Here V = temperature · log Σ exp(Q / temperature), and no action is ever ruled "
                "out.",
            ),
            Misconception(
                "greedy_policy",
                partial(_plan, policy=_one_hot),
                "Your values are soft and your policy is not: it takes the best action only.",
            ),
            Misconception(
                "temperature_ignored",
                _with_temperature(lambda temperature: 1.0),
                "The temperature plays no part in your answer. At 1 it is right; in between, half the temperature should be like "
                "twice the reward.",
            ),
            Misconception(
                "temperature_inverted",
                _with_temperature(lambda temperature: 1.0 / temperature),
                "Your temperature works upside down: the hotter, the greedier. Divide Q by it, and multiply the logarithm.",
            ),
            *_twice(
                "temperature_inside_only",
                lambda Q, temperature: logsumexp(Q / temperature, axis=1),
                "You divide Q by the temperature and never multiply back: V is not in the reward's unit any more. At temperature 2 "
                "a single action of Q = 6 would have V = 3.",
            ),
            *_twice(
                "temperature_outside_only",
                lambda Q, temperature: temperature * logsumexp(Q, axis=1),
                "You multiply by the temperature and never divide Q by it. At temperature 2 a single action of Q = 6 would have V = "
                "12.",
            ),
            Misconception(
                "temperature_multiplied_inside",
                partial(
                    _plan,
                    soft=lambda Q, temperature: temperature * logsumexp(Q * temperature, axis=1),
                    policy=lambda Q, V, temperature: softmax(Q * temperature, axis=1),
                ),
                "You multiply Q by the temperature. The hotter, the smaller the differences should count: divide.",
            ),
            Misconception(
                "policy_without_temperature",
                partial(_plan, policy=lambda Q, V, temperature: softmax(Q, axis=1)),
                "Your policy ignores the temperature: Q − V is divided by it before the exp.",
            ),
            Misconception(
                "policy_without_temperature_too",
                partial(_plan, policy=lambda Q, V, temperature: np.exp(Q - V[:, None])),
                "Your policy does not sum to 1: Q − V is divided by the temperature before the exp.",
            ),
            Misconception(
                "log_policy",
                partial(_plan, policy=lambda Q, V, temperature: (Q - V[:, None]) / temperature),
                "Your pi holds logarithms. One `exp` is missing.",
            ),
            Misconception(
                "in_units_of_temperature",
                lambda mdp, r, T, temperature: _plan(mdp, r / temperature, T, 1.0),
                "Your policy is right, and V and Q are in units of the temperature: multiply them by it, so that they are in the "
                "reward's unit again.",
            ),
            Misconception(
                "mean_of_actions",
                partial(
                    _plan,
                    soft=lambda Q, temperature: (
                        temperature * logsumexp(Q / temperature, b=1 / Q.shape[1], axis=1)
                    ),
                    policy=_softmax_policy,
                ),
                "Your V is the log of a *mean* of exponentials: it lies below the largest Q. Sum up the actions, no 1/A.",
            ),
            *_twice(
                "expected_q",
                lambda Q, temperature: (softmax(Q / temperature, axis=1) * Q).sum(axis=1),
                "Your V is the expected Q of the policy. Its entropy is missing: V = E[Q] + temperature · entropy, which is the log of "
                "the sum.",
            ),
            Misconception(
                "no_shift",
                partial(
                    _plan, soft=lambda Q, temperature: temperature * _unshifted(Q / temperature)
                ),
                _TOO_LARGE,
            ),
            Misconception(
                "no_shift_either",
                partial(
                    _plan,
                    soft=lambda Q, temperature: temperature * _unshifted(Q / temperature),
                    policy=lambda Q, V, temperature: _to_one(np.exp(Q / temperature)),
                ),
                _TOO_LARGE,
            ),
            Misconception(
                "no_shift_in_policy",
                partial(
                    _plan,
                    policy=lambda Q, V, temperature: _to_one(np.exp(Q / temperature)),
                ),
                _TOO_LARGE,
            ),
            Misconception(
                "one_shift",
                partial(
                    _plan,
                    soft=lambda Q, temperature: (
                        temperature * _one_shift(Q / temperature, np.ones_like(Q), 1)
                    ),
                    policy=_softmax_policy,
                ),
                _OWN_SHIFT,
            ),
            Misconception(
                "discounted",
                partial(_plan, ahead=lambda mdp, V, temperature: mdp.gamma * mdp.expect(V)),
                _NO_DISCOUNT,
            ),
            Misconception(
                "starts_with_reward",
                lambda mdp, r, T, temperature: _plan(mdp, r, T, temperature, end=r.max(axis=1)),
                "Your V[T] is a reward. After the last step nobody acts: V[T] = 0.",
            ),
            Misconception(
                "starts_with_soft_reward",
                lambda mdp, r, T, temperature: _plan(
                    mdp, r, T, temperature, end=temperature * logsumexp(r / temperature, axis=1)
                ),
                "Your V[T] holds one step more. After the last step nobody acts: V[T] = 0.",
            ),
            Misconception(
                "without_the_end",
                _and_then(_plan, lambda found, *_: (found[0][:-1], *found[1:])),
                "V has T rows, and it should have T + 1: V[T] = 0 belongs to it.",
            ),
            Misconception(
                "reversed",
                _and_then(_plan, lambda found, *_: tuple(x[::-1] for x in found)),
                "Time runs the wrong way: row 0 is the first step, with everything still to come.",
            ),
            Misconception(
                "stationary_policy",
                _and_then(
                    _plan, lambda found, *_: (*found[:2], np.repeat(found[2][:1], len(found[2]), 0))
                ),
                "You play the first step's policy all the time. Each t has its own.",
            ),
            Misconception(
                "sees_no_future",
                lambda mdp, r, T, temperature: _plan(
                    mdp, r, T, temperature, ahead=lambda mdp, V, temperature: 0.0
                ),
                "Your Q is the reward alone. What follows is worth something: E[V] of the *next* row, which must be filled before "
                "this one. Does your loop run backwards?",
            ),
            Misconception(
                "order",
                _and_then(_plan, lambda found, *_: (found[1], found[0], found[2])),
                "Q and V have changed places: V comes first.",
            ),
            Misconception(
                "sum_over_s",
                partial(_plan, ahead=lambda mdp, V, temperature: np.einsum("san,s->na", mdp.P, V)),
                "Your mean runs over s instead of s': `mdp.expect(V)` is E[V(s')], one entry for each (s, a).",
            ),
            Misconception(
                "best_successor",
                partial(
                    _plan,
                    ahead=lambda mdp, V, temperature: np.where(mdp.P > 0, V, -np.inf).max(axis=2),
                ),
                "You count on the best successor. The agent does not choose s': E[V] weights every s' by its probability.",
            ),
            *_twice(
                "temperature_in_policy_only",
                lambda Q, temperature: logsumexp(Q, axis=1),
                "Your policy uses the temperature, and your V does not.",
            ),
            Misconception(
                "next_value_in_policy",
                _and_then(
                    _plan,
                    lambda found, mdp, r, T, temperature: (
                        *found[:2],
                        np.exp((found[1] - found[0][1:, :, None]) / temperature),
                    ),
                ),
                "Your policy takes off V of the time after, V[t + 1]. Q[t] and V[t] belong together: their exponentials sum to 1.",
            ),
            Misconception(
                "one_table",
                _and_then(_plan, lambda found, *_: (*found[:2], found[2][0])),
                "You return the first step's policy only. Each t has its own: pi is (T, S, A).",
            ),
            Misconception(
                "first_rows",
                _and_then(_plan, lambda found, *_: tuple(x[0] for x in found)),
                "You return what belongs to t = 0 only. Each t has its own row: keep them all.",
            ),
            Misconception(
                "temperature_twice",
                lambda mdp, r, T, temperature: _plan(mdp, r / temperature, T, temperature),
                "The reward is divided by the temperature, and Q once more.",
            ),
            Misconception(
                "temperature_twice_and_back",
                lambda mdp, r, T, temperature: tuple(
                    scale * x
                    for scale, x in zip(
                        (temperature, temperature, 1.0),
                        _plan(mdp, r / temperature, T, temperature),
                        strict=True,
                    )
                ),
                "The reward is divided by the temperature, and Q once more.",
            ),
            Misconception(
                "temperature_multiplied_in_policy",
                partial(_plan, policy=lambda Q, V, temperature: softmax(Q * temperature, axis=1)),
                "Your policy multiplies by the temperature. The hotter, the more random it should be: divide.",
            ),
            Misconception(
                "temperature_twice_in_policy",
                partial(
                    _plan, policy=lambda Q, V, temperature: softmax(Q / temperature**2, axis=1)
                ),
                "Your policy divides by the temperature twice. Once is enough: e^((Q − V) / temperature).",
            ),
            Misconception(
                "reward_twice",
                lambda mdp, r, T, temperature: _plan(
                    mdp,
                    r,
                    T,
                    temperature,
                    soft=lambda Q, temperature: (
                        temperature * logsumexp((Q + r) / temperature, axis=1)
                    ),
                    policy=_softmax_policy,
                ),
                "The reward is in your V twice: Q holds it already.",
            ),
            Misconception(
                "q_without_reward",
                _and_then(_plan, lambda found, mdp, r, *_: (found[0], found[1] - r, found[2])),
                "Your Q holds only what follows. The reward of the step itself belongs to it: Q = r + E[V].",
            ),
            Misconception(
                "policy_over_states",
                partial(_plan, policy=lambda Q, V, temperature: softmax(Q / temperature, axis=0)),
                "Your policy sums to 1 over the states. In each state the *actions* share the probability.",
            ),
            Misconception(
                "everywhere",
                partial(_plan, ahead=lambda mdp, V, temperature: V.mean()),
                "You average V over all states, as if every action led everywhere: `mdp.expect(V)` is E[V(s')|s, a].",
            ),
            Misconception(
                "nobody_moves",
                partial(_plan, ahead=lambda mdp, V, temperature: V[:, None]),
                "In your Q nobody moves: what follows is V of the same s. It is E[V(s')]: `mdp.expect(V)`.",
            ),
            Misconception(
                "stationary",
                _and_then(
                    _plan,
                    lambda found, *_: (found[0], *(np.repeat(x[:1], len(x), 0) for x in found[1:])),
                ),
                "You repeat the first step's Q at all times. Each t has its own.",
            ),
            Misconception(
                "end_first",
                _and_then(_plan, lambda found, *_: (np.roll(found[0], 1, axis=0), *found[1:])),
                "The row of zeros comes last: V[T] is what is earned after the end.",
            ),
        ),
        hints=(
            "It is the backward pass again, with one line changed. Actions are chosen by the agent, successors by the world: which "
            "of the two sums stays soft?",
            "From the end: `V[T] = 0`, `Q[t] = reward + mdp.expect(V[t + 1])`, and V is `temperature * logsumexp(Q[t] / "
            "temperature, axis=1)`. At temperature 1 compare with `backward_messages` on a world without noise: they agree.",
            "`for t in reversed(range(horizon)):` set `Q[t] = reward + mdp.expect(V[t + 1])` and `V[t] = temperature * "
            "logsumexp(Q[t] / temperature, axis=1)`. In the end `pi = np.exp((Q - V[:horizon, :, None]) / temperature)`.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "what-is-observed",
        "In p(trajectory | all lamps on), what is given and what is to be found?",
        (
            Option(
                "The trajectory is given, and the reward is inferred",
                "That is inverse reinforcement learning, lesson 06. It needs this lesson's log Z, which is computed for a reward "
                "that is known.",
            ),
            Option(
                "The lamps O are hidden, and we infer how good each step was",
                "They are given: all on. What we infer are the states and actions that go with it. Whoever infers O from the "
                "trajectory gets exp(r) back, and has learnt nothing.",
            ),
            Option(
                "The lamps are given; the trajectory is inferred, and how the world really moves is learnt",
                "p(s'|s, a) is given as well, and part of the weight. It is true that p(s'|s, a, O) comes out different: that is what the "
                "model *believes* of trajectories with all lamps on, and nothing that it has found out about the world.",
            ),
            Option(
                "The lamps are given, the trajectory is inferred, the reward is known",
                "The reward's own unknowns, ψ, come in lesson 06. There the trajectories are seen as well, and ψ is what is left "
                "to learn.",
                right=True,
            ),
        ),
    ),
    Quiz(
        "one-more-for-every-step",
        "You add 1 to every reward. All trajectories have T = 20 steps. What changes?",
        (
            Option(
                "log Z grows by 20, and no probability changes",
                "Every trajectory gains the same 20, so the shares stay. That is why a reward above 0 does no harm: take off the "
                "largest one, and exp(r) is a probability.",
                right=True,
            ),
            Option(
                "Nothing at all",
                "No probability changes. But every weight is multiplied by e²⁰, and so is Z.",
            ),
            Option(
                "The agent gets greedier",
                "A *factor* would do that: it is 1 / temperature. A constant favours nobody, as long as all trajectories are "
                "equally long.",
            ),
            Option(
                "log Z grows by 20, and the actions get more random",
                "log Z does grow by 20. But π_t(a|s) = exp(log β_t(s, a) − log β_t(s)), and both terms grow alike.",
            ),
        ),
    ),
    Quiz(
        "twice-the-reward",
        "You double every reward. All trajectories have T = 20 steps. What changes?",
        (
            Option(
                "Nothing: a reward is known only up to its scale",
                "So it was for the planners of lessons 01 to 04. Here exp(r) compares: a life that is better by 1 weighed e times as "
                "much, and now it weighs e² times as much.",
            ),
            Option(
                "log Z doubles, and no probability changes",
                "Every trajectory's reward doubles, and so do the *differences* between them: the shares change. (And log Z does not double: "
                "the probabilities in it stay as they are.)",
            ),
            Option(
                "Good lives gain on bad ones, as at half the temperature",
                "To double the reward is to halve the temperature. So the scale means something, and the best one can be looked for: "
                "the drive of this lesson had its own.",
                right=True,
            ),
            Option(
                "The driver errs more, as at twice the temperature",
                "The other way round: temperature divides the reward. Hot, the reward plays no part; doubled, it plays a greater one.",
            ),
        ),
    ),
    Quiz(
        "what-is-left-of-the-day",
        "Nothing in the world changes with time. Why does the posterior policy π_t(a|s) do so?",
        (
            Option(
                "Because of a discount",
                "There is none in this lesson. And a discount alone would not do it: the planner of lesson 01 has one, and a "
                "policy that never changes.",
            ),
            Option(
                "Because the agent has learnt something on the way",
                "Nobody learns here: all of π is computed before the first step.",
            ),
            Option(
                "Because fewer steps are left, and less can still be gained",
                "With 5 steps left, a goal 10 steps away is worth nothing. π depends on time only by what is left of it, T − t.",
                right=True,
            ),
            Option(
                "It does not, if the computation is run until it converges",
                "Far from the end it comes close to settling; near the end it cannot. On the road, π_0 played all the time took "
                "nearly everybody to the goal, where given the lamps two in five arrive.",
            ),
        ),
    ),
    Quiz(
        "whose-luck",
        "In which worlds do the model of trajectories and the causal model *always* give the same policy?",
        (
            Option(
                "In all, if the temperature is low enough",
                "On the contrary: the colder, the more the optimist counts on the lucky outcome. On the risky path at T = 10 it "
                "tosses the coin with probability 0.69 at temperature 1, and 0.99995 at 0.1.",
            ),
            Option(
                "Where every action has only one possible outcome",
                "Then there is nothing to be lucky about: log E[exp V] = E[V]. On the dry road the two agreed to the last digits.",
                right=True,
            ),
            Option(
                "Where no reward is above 0",
                "A constant moves log Z and no policy, of neither model. The optimism is in the dynamics.",
            ),
            Option(
                "Where the horizon is long",
                "The coin was tossed just as often at T = 10 as at T = 5, and cost more.",
            ),
        ),
    ),
]
