"""Checks of lesson 06: log Z, the likelihood of demonstrations, and fits by its gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult, minimize, root

from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem
from irl_course.checks.forms import Array, Number, Several, WrongForm, close, difference, number
from irl_course.checks.forms import Readings as Results
from irl_course.checks.problems import noisy_world, random_policy, random_reward, sure_world
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP, Demos, sample_demos

# --- the course's own answers --------------------------------------------------------------


def _log(p: np.ndarray) -> np.ndarray:
    """The logarithm, -inf at 0."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def _log_sum(x: np.ndarray, axis: int) -> np.ndarray:
    """log sum exp; SciPy's takes five times as long on arrays as small as these."""
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    return _log(np.exp(x - top).sum(axis=axis)) + top.squeeze(axis)


class Posterior(NamedTuple):
    """What the model of trajectories says: log Z, visits (T, S, A), policy (T, S, A), V (T+1, S)."""

    log_Z: float
    visits: np.ndarray
    pi: np.ndarray
    V: np.ndarray


def _posterior(
    mdp: MDP,
    reward: np.ndarray,
    horizon: int,
    *,
    start: np.ndarray | None = None,
    moves: np.ndarray | None = None,
    end: np.ndarray | float = 0.0,
) -> Posterior:
    """Backward for the values, forward through the dynamics that the optimist believes in.

    Args:
        mdp: the world, dense.
        reward: shape (S, A) or (T, S, A).
        horizon: number of steps T.
        start: log weights of the starts, if not log p(s_0).
        moves: log weights of the transitions, if not log p(s'|s, a).
        end: what the last state counts.
    """
    start = _log(mdp.initial_dist) if start is None else start
    moves = _log(mdp.P) if moves is None else moves
    rewards = np.broadcast_to(reward, (horizon, mdp.n_states, mdp.n_actions))
    V, pi = np.zeros((horizon + 1, mdp.n_states)) + end, np.empty(rewards.shape)
    believed = np.empty((horizon, *moves.shape))
    for t in reversed(range(horizon)):
        ways = moves + V[t + 1]
        ahead = _log_sum(ways, 2)
        believed[t] = np.exp(ways - ahead[:, :, None])
        Q = rewards[t] + ahead
        V[t] = _log_sum(Q, 1)
        pi[t] = np.exp(Q - V[t][:, None])
    log_Z = _log_sum(start + V[0], 0)
    visits, here = np.empty(rewards.shape), np.exp(start + V[0] - log_Z)
    for t in range(horizon):
        visits[t] = here[:, None] * pi[t]
        here = visits[t].ravel() @ believed[t].reshape(-1, mdp.n_states)
    return Posterior(float(log_Z), visits, pi, V)


def _counts(features: np.ndarray, demos: Demos) -> np.ndarray:
    """Feature counts of a demonstration, on average, (K,)."""
    return features[demos.states[:, :-1], demos.actions].sum(axis=(0, 1)) / demos.n_demos


def _expected(visits: np.ndarray, features: np.ndarray) -> np.ndarray:
    return np.einsum("tsa,sak->k", visits, features)


def log_partition(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """Log of the sum of p(trajectory) exp(sum_t r(s_t, a_t)) over all trajectories.

    p(trajectory) is p(s_0) prod_t p(s_{t+1}|s_t, a_t): the actions have no prior.
    """
    return _posterior(mdp, reward, horizon).log_Z


def demo_log_likelihood(mdp: MDP, features: np.ndarray, psi: np.ndarray, demos: Demos) -> float:
    """L(psi) = (1/N) sum_i sum_t psi.f(s_it, a_it) - log Z, without the mean log p(trajectory)."""
    return float(_counts(features, demos) @ psi) - log_partition(mdp, features @ psi, demos.horizon)


def expected_visits(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Visits (T, S, A) of a policy, (T, S, A) or (S, A), in the real world; each step's sum to 1."""
    return _roll_out(mdp, pi, horizon)


def maxent_gradient(mdp: MDP, features: np.ndarray, psi: np.ndarray, demos: Demos) -> np.ndarray:
    """Gradient of L: feature counts of the demonstrations minus those the model expects, (K,)."""
    visits = _posterior(mdp, features @ psi, demos.horizon).visits
    return _counts(features, demos) - _expected(visits, features)


def maxent_irl(
    mdp: MDP, features: np.ndarray, demos: Demos, l2: float, step_size: float, n_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient ascent on L(psi) - l2/2 |psi|^2 from 0.

    Returns:
        psi (K,), and L(psi) without the penalty before each step and at the end, (n_steps + 1,).
    """
    return _ascend(mdp, features, demos, l2, step_size, n_steps)


def causal_maxent_irl(
    mdp: MDP, features: np.ndarray, demos: Demos, l2: float, tol: float
) -> np.ndarray:
    """Maximise psi.f_demos - sum_s p(s_0 = s) V_0(s) - l2/2 |psi|^2: gradient norm <= tol, (K,)."""
    return _fit(_causal_objective(mdp, features, demos, l2), features, gtol=tol / 10, ftol=0.0)


# The same with parts to take out for the mistakes.


def _ascend(
    mdp: MDP,
    features: np.ndarray,
    demos: Demos,
    l2: float,
    step_size: float,
    n_steps: int,
    *,
    gradient: Callable | None = None,
    likelihood: Callable | None = None,
    pull: Callable = lambda psi, l2: -l2 * psi,
    update: Callable = lambda psi, step, i: psi + step,
    start: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient ascent with another gradient, likelihood, pull of the penalty, or step."""
    psi = np.full(features.shape[2], start)
    data, reached = _counts(features, demos), []
    for i in range(n_steps + 1):
        model = _posterior(mdp, features @ psi, demos.horizon)
        known = float(data @ psi) - model.log_Z
        reached.append(likelihood(mdp, features, psi, demos, l2) if likelihood else known)
        if i < n_steps:
            slope = (
                gradient(mdp, features, psi, demos)
                if gradient
                else data - _expected(model.visits, features)
            )
            psi = update(psi, step_size * (slope + pull(psi, l2)), i)
    return psi, np.array(reached)


def _soft(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Soft value iteration with E[V] ahead: V_0, (S,), and the policy, (T, S, A)."""
    V, pi = np.zeros(mdp.n_states), np.empty((horizon, *reward.shape))
    for t in reversed(range(horizon)):
        Q = reward + mdp.P @ V
        V = _log_sum(Q, 1)
        pi[t] = np.exp(Q - V[:, None])
    return V, pi


def _roll_out(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Visits of a policy in the real world, (T, S, A)."""
    visits, here = np.empty((horizon, *pi.shape[-2:])), mdp.initial_dist
    flow = mdp.P.reshape(-1, mdp.n_states)
    for t in range(horizon):
        visits[t] = here[:, None] * (pi[t] if pi.ndim == 3 else pi)
        here = visits[t].ravel() @ flow
    return visits


def _causal_model(mdp: MDP, reward: np.ndarray, demos: Demos) -> tuple[float, np.ndarray]:
    """sum_s p(s_0 = s) V_0(s), and the visits of the soft policy in the real world."""
    V, pi = _soft(mdp, reward, demos.horizon)
    return float(mdp.initial_dist @ V), _roll_out(mdp, pi, demos.horizon)


def _half_square(psi: np.ndarray, l2: float) -> tuple[float, np.ndarray]:
    return 0.5 * l2 * psi @ psi, l2 * psi


def _causal_objective(
    mdp: MDP,
    features: np.ndarray,
    demos: Demos,
    l2: float,
    *,
    model: Callable = _causal_model,
    penalty: Callable = _half_square,
    slope: Callable = lambda g: g,
) -> Callable:
    """psi -> value and gradient, with another model, penalty or slope."""
    data = _counts(features, demos)

    def objective(psi: np.ndarray) -> tuple[float, np.ndarray]:
        log_sum, visits = model(mdp, features @ psi, demos)
        cost, pull = penalty(psi, l2)
        gradient = data - _expected(visits, features) - pull
        return data @ psi - log_sum - cost, slope(gradient)

    return objective


def _fit(objective: Callable, features: np.ndarray, **options: Any) -> np.ndarray:
    """Where L-BFGS ends, from 0."""

    def turned(psi: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(psi)
        return -value, -gradient

    psi = np.zeros(features.shape[2])
    options = {"maxiter": 100, "maxfun": 90, **options}
    return minimize(turned, psi, jac=True, method="L-BFGS-B", options=options).x


# --- problems ------------------------------------------------------------------------------


class World(NamedTuple):
    """What the exercises are asked about; `pi` (T, S, A) made the demonstrations."""

    said: str
    mdp: MDP
    features: np.ndarray
    psi: np.ndarray
    pi: np.ndarray
    demos: Demos

    @property
    def horizon(self) -> int:
        """Number of steps T."""
        return self.demos.horizon


def _gappy_world(rng: np.random.Generator, n_states: int, n_actions: int) -> MDP:
    """A noisy MDP with zeros: each action leads to half of the states or a bit more, some start."""
    some = (n_states + 1) // 2
    kept = rng.random((n_states, n_actions, n_states)).argsort(axis=2) < some
    P = kept * rng.dirichlet(np.ones(n_states), size=(n_states, n_actions))
    start = rng.dirichlet(np.full(n_states, 2.0)) * (rng.permutation(n_states) < some)
    return MDP(P / P.sum(axis=2, keepdims=True), start / start.sum(), 0.8)


def _no_chance(rng: np.random.Generator, n_states: int, n_actions: int) -> MDP:
    """No noise and one start: only here is there no luck for the model of trajectories to believe in."""
    mdp = sure_world(rng, n_states, n_actions, 0.8)
    return mdp.replace(initial_dist=np.eye(n_states)[-1])


def _full_world(rng: np.random.Generator, n_states: int, n_actions: int) -> MDP:
    """A noisy MDP without zeros: log(p + 1e-300) is as good as log p, whatever the rewards."""
    mdp = noisy_world(rng, n_states, n_actions, 0.8)
    return mdp.replace(P=0.9 * mdp.P + 0.1 / n_states)


def _world(
    rng: np.random.Generator, mdp: MDP, K: int, T: int, N: int, said: str = "", scale: float = 1.0
) -> World:
    """A world with features of both signs, and N demonstrations of a policy that changes in time."""
    features = rng.normal(size=(mdp.n_states, mdp.n_actions, K)) / np.sqrt(K)
    psi = rng.normal(size=K)
    psi *= 1.5 * scale / np.linalg.norm(psi)
    pi = rng.dirichlet(np.full(mdp.n_actions, 0.7), size=(T, mdp.n_states))
    demos = sample_demos(mdp, pi, N, T, rng)
    return World(f"{_size(mdp, T)}{said}", mdp, features, psi, pi, demos)


def _size(mdp: MDP, horizon: int) -> str:
    """A world's size in words."""
    return f"{mdp.n_states} states, {mdp.n_actions} actions, {_many(horizon, 'step')}"


def _many(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def _worlds(rng: np.random.Generator) -> list[World]:
    """From the smallest to the hardest; all discounts should play no part."""
    return [
        _world(rng, _gappy_world(rng, 3, 2), 5, 4, 6),
        _world(rng, _no_chance(rng, 4, 3), 2, 5, 7, ", no noise"),
        _world(rng, _gappy_world(rng, 5, 2), 3, 7, 4),
        _world(rng, _gappy_world(rng, 3, 5), 4, 6, 1),
        _world(rng, _gappy_world(rng, 4, 2), 3, 1, 5),
        _world(rng, noisy_world(rng, 6, 3, 0.8), 2, 8, 9),
        _world(rng, _full_world(rng, 4, 3), 2, 6, 5, ", rewards of ±1000", scale=1e3),
    ]


def _trap(rng: np.random.Generator, mdp: MDP) -> tuple[MDP, np.ndarray]:
    """All start in the last state, which nobody leaves and which is much worse than the others."""
    P, last = np.array(mdp.P), np.eye(mdp.n_states)[-1]
    P[-1] = last
    trap = mdp.replace(P=P, initial_dist=last)
    return trap, random_reward(rng, mdp) - 250.0 * last[:, None]


def _partition_problems(rng: np.random.Generator) -> list[Problem]:
    *small, large = _worlds(rng)
    asked = [(w.said, w.mdp, w.features @ w.psi, w.horizon) for w in (*small, large)]
    mdp, T = small[2].mdp, small[2].horizon
    rare = _gappy_world(rng, 4, 2)  # log(p + 1e-12) is -28: 60 makes up for that
    asked.append((f"{_size(rare, 3)}, rewards of ±60", rare, random_reward(rng, rare, 60.0), 3))
    asked.append(
        (f"{_size(rare, 5)}, all start in a trap that costs 250 a step", *_trap(rng, rare), 5)
    )
    for more in (1e3, -1e3):
        what = f"{abs(more):g} {'added to' if more > 0 else 'taken off'} every reward"
        asked.append((f"{small[2].said}, {what}", mdp, random_reward(rng, mdp) + more, T))
    return [Problem(said, tuple(rest)) for said, *rest in asked]


def _fit_label(world: World) -> str:
    features = _many(world.features.shape[2], "feature")
    return f"{world.said}, {features}, {_many(world.demos.n_demos, 'demonstration')}"


def _likelihood_problems(rng: np.random.Generator) -> list[Problem]:
    return [Problem(_fit_label(w), (w.mdp, w.features, w.psi, w.demos)) for w in _worlds(rng)]


def _visit_problems(rng: np.random.Generator) -> list[Problem]:
    worlds = _worlds(rng)[:-1]
    asked = [(w.said, w.mdp, w.pi, w.horizon) for w in worlds]
    for w in (worlds[0], worlds[2], worlds[3]):
        pi = random_policy(rng, w.mdp)
        asked.append((f"{w.said}, one policy (S, A) for all steps", w.mdp, pi, w.horizon))
    square = _gappy_world(rng, 4, 3)  # as many steps as states: its policy's length says nothing
    pi = random_policy(rng, square)
    asked.append((f"{_size(square, 4)}, one policy (S, A) for all steps", square, pi, 4))
    w = worlds[5]
    pi = np.eye(3)[rng.permutation(6) % 3]
    asked.append((f"{w.said}, one policy (S, A) without chance", w.mdp, pi, w.horizon))
    return [Problem(said, tuple(rest)) for said, *rest in asked]


def _shifted(world: World, by: float) -> World:
    """One feature is large everywhere: the same choices, and rewards that overflow."""
    features = world.features + by * np.eye(world.features.shape[2])[0]
    return world._replace(features=features, said=f"{world.said}, {by:g} added to every feature 0")


def _ascent_problems(rng: np.random.Generator) -> list[Problem]:
    """Steps so short that no rounding is blown up on the way."""
    tiny, sure, gappy, crowded, single, noisy, _ = _worlds(rng)
    asked = [
        (tiny, 0.5, 0.2, 3),
        (sure, 0.0, 0.05, 9),
        (gappy, 0.0, 0.04, 12),
        (crowded, 0.3, 0.05, 7),
        (single, 1.0, 0.3, 10),
        (noisy, 0.2, 0.03, 15),
        (_shifted(gappy, 1e3), 0.0, 0.1, 6),
    ]
    return [
        Problem(
            f"{_fit_label(w)}, l2 = {l2:g}, {n} steps of {size:g}",
            (w.mdp, w.features, w.demos, l2, size, n),
        )
        for w, l2, size, n in asked
    ]


def _with_copies(world: World) -> World:
    """A feature twice and one that is the same everywhere: psi is not unique without a penalty."""
    f = world.features
    features = np.concatenate([f, f[:, :, :1], np.ones_like(f[:, :, :1])], axis=2)
    return world._replace(features=features, said=f"{world.said}, a feature twice")


def _lopsided(world: World) -> World:
    """Features of different size: a search takes longer."""
    K = world.features.shape[2]
    features = world.features * np.geomspace(2.0, 0.3, K)
    return world._replace(features=features, said=f"{world.said}, features of different size")


def _causal_problems(rng: np.random.Generator) -> list[Problem]:
    tiny, sure, gappy, crowded, _, noisy, _ = _worlds(rng)
    many = _world(rng, _full_world(rng, 4, 3), 2, 5, 60)
    wide = _world(rng, _gappy_world(rng, 6, 2), 5, 7, 8)
    asked = [
        (tiny, 0.1, 1e-6),
        (sure, 0.3, 1e-6),
        (_world(rng, _no_chance(rng, 5, 2), 3, 4, 6, ", no noise"), 1.0, 1e-6),
        (gappy, 0.4, 1e-6),
        (crowded, 0.5, 1e-6),
        (_with_copies(many), 0.0, 1e-6),
        (_shifted(gappy, 3e2), 0.5, 1e-5),
        (_lopsided(noisy), 0.3, 1e-6),
        (_lopsided(gappy), 0.4, 1e-6),
        (_lopsided(wide), 0.3, 1e-6),
    ]
    return [
        Problem(
            f"{_fit_label(w)}, l2 = {l2:g}, tol = {tol:g}", (w.mdp, w.features, w.demos, l2, tol)
        )
        for w, l2, tol in asked
    ]


# --- forms ---------------------------------------------------------------------------------


def _need_finite(name: str, value: Any) -> None:
    """One sentence for nan, inf and -inf: which of them comes out is a matter of chance."""
    try:
        array = np.asarray(value)
    except Exception:  # ragged lists: the form itself says so
        return
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise WrongForm(
            f"{name} is not finite: somewhere a division by 0, an overflow or a log of 0? (exp of a number above 709 is inf, "
            "exp of one below −745 is 0.)"
        )


def _is_lost(value: Any, shape: tuple[int, ...]) -> bool:
    """Whether something of the right shape is not finite."""
    try:
        array = np.asarray(value)
    except Exception:  # the form itself says so
        return False
    return array.shape == shape and array.dtype.kind == "f" and not np.isfinite(array).all()


class _Kept:
    """Reads nan and the infinities as nan: the laws refuse them, so that only their own part fails."""

    def read(self, value: Any, expected: Any) -> np.ndarray:
        """The value as float64; nan throughout if any of it is not finite."""
        if _is_lost(value, np.shape(expected)):
            return np.full(np.shape(expected), np.nan)
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two agree; what is lost agrees with all that is lost."""
        lost = np.isnan(value).any(), np.isnan(other).any()
        return lost[0] == lost[1] if any(lost) else super().same(value, other)


class FiniteNumber(_Kept, Number):
    """A number that may be lost on large rewards only."""


class Finite(Array):
    """An array; nan and the infinities are refused in the same words."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """The value as float64."""
        if not isinstance(value, tuple) or not any(isinstance(x, np.ndarray) for x in value):
            _need_finite(self.name, value)
        return super().read(value, expected)


class FiniteSlope(_Kept, Finite):
    """A slope that may be lost on large rewards only."""


class _Roughly(Finite):
    """Weights that are found by search: the last digits are the search's own."""

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two searches found the same maximum, or both ran away."""
        if value.shape != other.shape:
            return False
        away = min(np.abs(value).max(), np.abs(other).max()) > 100.0
        return bool(away or close(value, other, 5e-3).all())


class _Near:
    """Whether an answer is near the reference's, and no more than near."""

    name = "nearness"

    def same(self, value: bool, other: bool) -> bool:
        """Whether two are alike in that."""
        return bool(value) == bool(other)


class _Untold(_Near):
    """What no mistake is recognised by."""

    def same(self, value: Any, other: Any) -> bool:
        """All are alike."""
        return True


class Maximiser:
    """psi, read as three results: psi to recognise mistakes by, whether it fell short, and psi."""

    def __init__(self) -> None:
        self.forms = (_Roughly("psi", "n_features"), _Near(), _Untold())

    def read(self, value: Any, expected: Any) -> Results:
        """Judge by the last; of a fit that is not unique nothing else is told."""
        expected = expected[2] if isinstance(expected, Results) else expected
        if isinstance(value, OptimizeResult):
            raise WrongForm("psi is all that `minimize` found; return numbers: its `.x`.")
        psi = self.forms[0].read(value, expected)
        unique = abs(expected[-1]) > 1e-9  # else a constant feature that nothing pulls at
        off = np.abs(psi - expected).max()
        return Results((psi if unique else expected, bool(unique and 2e-6 < off <= 5e-3), psi))

    def plain(self, value: Any) -> Any:
        """An accepted value as an array."""
        return np.asarray(value)


# --- laws ----------------------------------------------------------------------------------

_LARGE = 200.0


def _all_trajectories(mdp: MDP, horizon: int) -> tuple[np.ndarray, ...] | None:
    """log p, states and actions (N, T) of every trajectory; None where there are too many."""
    S, A, T = mdp.n_states, mdp.n_actions, horizon
    if S ** (T + 1) * A**T > 10_000:
        return None
    index = np.indices((S,) * (T + 1) + (A,) * T).reshape(2 * T + 1, -1).T
    states, actions = index[:, : T + 1], index[:, T + 1 :]
    log_p = _log(mdp.P[states[:, :-1], actions, states[:, 1:]]).sum(axis=1)
    return log_p + _log(mdp.initial_dist[states[:, 0]]), states[:, :-1], actions


def _enumerated_log_Z(mdp: MDP, reward: np.ndarray, horizon: int) -> tuple[float, int] | None:
    """log Z from a list of all trajectories, and their number."""
    found = _all_trajectories(mdp, horizon)
    if found is None:
        return None
    log_p, states, actions = found
    return float(_log_sum(log_p + reward[states, actions].sum(axis=1), 0)), len(log_p)


def _partition(large: bool) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        if (np.abs(case.args[1]).max() >= _LARGE) != large:
            return None
        _need_finite("log Z", case.out)
        said = difference("log Z", case.out, case.expected)
        listed = _enumerated_log_Z(*case.args) if said else None
        if said and listed:
            said += f" So says a list of all {listed[1]:,} trajectories, impossible ones included."
        return said

    return law


def _likelihood(large: bool) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        mdp, features, psi, demos = case.args
        if (np.abs(features @ psi).max() >= _LARGE) != large:
            return None
        _need_finite("L", case.out)
        said = difference("L", case.out, case.expected)
        if said:
            mean, log_Z = (
                _counts(features, demos) @ psi,
                log_partition(mdp, features @ psi, demos.horizon),
            )
            said += (
                f" The demonstrations earn {number(mean)} on average, and log Z is {number(log_Z)}."
            )
        return said

    return law


def _visited(stationary: bool) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        if (case.args[1].ndim == 2) != stationary:
            return None
        totals = case.out.sum(axis=(1, 2))
        if np.abs(totals - 1.0).max() > 1e-5:
            t = int(np.argmax(np.abs(totals - 1.0) > 1e-5))
            return f"visits[{t}] sums to {number(totals[t])}. At each step you are somewhere and do something: 1."
        return difference("visits", case.out, case.expected)

    return law


def _slope(kind: str) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        mdp, features, psi, demos = case.args
        large = np.abs(features @ psi).max() >= _LARGE
        sure = bool((mdp.P.max(axis=2) == 1.0).all())
        if kind != ("large" if large else "sure" if sure else "noisy"):
            return None
        _need_finite("gradient", case.out)
        said = difference("gradient", case.out, case.expected)
        return said + _by_differences(case) if said else None

    return law


def _by_differences(case: Case) -> str:
    """The slope of L at the worst entry, from lists of all trajectories."""
    mdp, features, psi, demos = case.args
    if _all_trajectories(mdp, demos.horizon) is None:
        return ""
    k = int(np.argmax(np.abs(case.out - case.expected)))
    step = 1e-4 * np.eye(len(psi))[k]
    high, low = (
        _counts(features, demos) @ p - _enumerated_log_Z(mdp, features @ p, demos.horizon)[0]
        for p in (psi + step, psi - step)
    )
    return f" Move psi[{k}] by ±0.0001, list all trajectories for L: its slope is {number((high - low) / 2e-4)}."


def _climbed(penalised: bool) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        if (case.args[3] > 0.0) != penalised:
            return None
        return difference("psi", case.out[0], case.expected[0])

    return law


def _reported(case: Case) -> str | None:
    out, expected = case.out[1], case.expected[1]
    said = difference("log_likelihoods", out, expected)
    if said and np.diff(out).min(initial=0.0) < -1e-6 and np.diff(expected).min() > -1e-6:
        i = int(np.argmin(np.diff(out)))
        said += f" Yours fall, from {number(out[i])} to {number(out[i + 1])}: is it an ascent?"
    return said


def _gradient_at(case: Case) -> np.ndarray:
    mdp, features, demos, l2, _ = case.args
    with np.errstate(all="ignore"):
        return _causal_objective(mdp, features, demos, l2)(case.out[2])[1]


def _maximal(kind: str) -> Callable[[Case], str | None]:
    """The law that the gradient vanishes, as far as `tol` asks; its largest entry is enough."""

    def law(case: Case) -> str | None:
        mdp, _, demos, l2, tol = case.args
        sure = bool((mdp.P.max(axis=2) == 1.0).all())
        if kind == ("noisy" if sure else "sure"):
            return None
        gradient = _gradient_at(case)
        if np.abs(gradient).max() <= (1.2 * tol if kind == "exact" else 2e-3):
            return None
        size = number(np.abs(gradient).max())
        said = f"At your psi the slope's largest entry is {size}, and tol is {tol:g}."
        if np.abs(gradient).max() < 0.1:
            return (
                f"{said} You stopped near the maximum: too early, or does your slope not belong to your value? Move psi a little, and "
                "compare. (α β / Z gives the slope of log Z, and not that of V_0.)"
            )
        k = int(np.argmax(np.abs(gradient)))
        have, want = number(case.out[2][k]), number(case.expected[2][k])
        return f"{said} psi[{k}] is {have}; at the maximum it is {want}." if l2 else said

    return law


# --- misconceptions ------------------------------------------------------------------------

M = Misconception


def _possible(mdp: MDP) -> np.ndarray:
    """Log weights of transitions whose probability is forgotten: 1 where there is any."""
    return _log(mdp.P > 0.0)


def _discounted(mdp: MDP, reward: np.ndarray, horizon: int) -> np.ndarray:
    return np.array([mdp.gamma**t * reward for t in range(horizon)])


def _unshifted_log_Z(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    beta = np.ones(mdp.n_states)
    for _ in range(horizon):
        beta = (np.exp(reward) * (mdp.P @ beta)).sum(axis=1)
    return _log(mdp.initial_dist @ beta)


def _shift_forgotten(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """Every reward is made smaller by the largest, and that is never put back."""
    return log_partition(mdp, reward - reward.max(), horizon)


def _mean_V0(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """The start distribution weighs logarithms."""
    return mdp.initial_dist @ _posterior(mdp, reward, horizon).V[0]


def _started_again(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """p(s_0) counts at every step."""
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = _log_sum(reward + _log_sum(_log(mdp.P) + V, 2), 1) + _log(mdp.initial_dist)
    return _log_sum(V, 0)


def _causal_log_Z(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    return mdp.initial_dist @ _soft(mdp, reward, horizon)[0]


def _causal_inside(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    return _log_sum(_log(mdp.initial_dist) + _soft(mdp, reward, horizon)[0], 0)


def _values_discounted(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = _log_sum(reward + mdp.gamma * _log_sum(_log(mdp.P) + V, 2), 1)
    return _log_sum(_log(mdp.initial_dist) + V, 0)


def _on_arrival(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = _log_sum(_log_sum(_log(mdp.P) + reward.T + V, 2), 1)
    return _log_sum(_log(mdp.initial_dist) + V, 0)


def _best_trajectory(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = (reward + (_log(mdp.P) + V).max(axis=2)).max(axis=1)
    return (_log(mdp.initial_dist) + V).max()


def _best_first_action(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    found = _posterior(mdp, reward, horizon)
    return _log_sum(found.V[0] + _log(found.pi[0].max(axis=1)) + _log(mdp.initial_dist), 0)


def _row_1(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """The messages' second row, which a single step does not have."""
    if horizon == 1:
        raise IndexError
    return log_partition(mdp, reward, horizon - 1)


def _one_shift(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """One largest number is taken off for all states at once."""
    log_Z, beta = 0.0, np.ones(mdp.n_states)
    for _ in range(horizon):
        beta = (np.exp(reward - reward.max()) * (mdp.P @ beta)).sum(axis=1)
        log_Z, beta = log_Z + reward.max() + _log(beta.max()), beta / beta.max()
    return log_Z + _log(mdp.initial_dist @ beta)


def _padded(floor: float) -> Callable:
    """log(p + floor)."""
    return _log_Z_with(
        moves=lambda mdp: _log(mdp.P + floor), start=lambda mdp: _log(mdp.initial_dist + floor)
    )


def _random_policy(mdp: MDP, reward: np.ndarray, horizon: int) -> float:
    """What a random policy earns, and its entropy."""
    visits = _roll_out(mdp, np.full(reward.shape, 1.0 / mdp.n_actions), horizon)
    return float((visits * reward).sum() + horizon * np.log(mdp.n_actions))


def _of_policy(mdp: MDP, reward: np.ndarray, horizon: int, mean: bool) -> float:
    """What the best action, or the mean one, weighs."""
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        Q = reward + _log_sum(_log(mdp.P) + V, 2)
        V = Q.mean(axis=1) if mean else Q.max(axis=1)
    return _log_sum(_log(mdp.initial_dist) + V, 0)


def _from(state: Callable) -> Callable:
    """log Z of the trajectories from one state."""
    return lambda mdp, r, T: _posterior(mdp, r, T).V[0][state(mdp)]


def _log_Z_with(**parts: Callable) -> Callable:
    """log Z with other starts, moves or end, each made from the world."""
    return lambda mdp, r, T: (
        _posterior(mdp, r, T, **{name: make(mdp) for name, make in parts.items()}).log_Z
    )


def _no_start(mdp: MDP) -> np.ndarray:
    return np.zeros(mdp.n_states)


def _uniform_start(mdp: MDP) -> np.ndarray:
    return np.full(mdp.n_states, -np.log(mdp.n_states))


def _transposed(mdp: MDP) -> np.ndarray:
    return _log(mdp.P.transpose(2, 1, 0))


def _paid_at_the_end(mdp: MDP, r: np.ndarray, T: int) -> float:
    return _posterior(mdp, r, T, end=r.mean(axis=1)).log_Z


# log Z gone wrong, by key; likelihoods go wrong with it.
# fmt: off
LOG_Z: dict[str, tuple[Callable, str]] = {
    "p_dropped": (_log_Z_with(moves=_possible),
        "You count every possible transition in full: p(s'|s, a) is missing from Z. A trajectory that hardly ever happens must "
    "weigh hardly anything. Where does `mdp.P` enter your sum?"),
    "p_and_start_dropped": (_log_Z_with(moves=_possible, start=lambda mdp: _log(mdp.initial_dist > 0)),
        "You add up exp of the rewards over what is possible: p(trajectory) is missing from Z. With all rewards 0, "
    "log Z must be T log A."),
    "everything_possible": (lambda mdp, r, T: T * _log_sum(r.ravel(), 0),
        "You sum over all sequences of states and actions, as if each state could follow each. p(trajectory) belongs into Z: "
    "what cannot happen weighs nothing."),
    "start_ignored": (_log_Z_with(start=_no_start),
        "Your Z counts every start in full. Each weighs p(s_0): add `log(mdp.initial_dist)` before the last log-sum-exp."),
    "start_uniform": (_log_Z_with(start=_uniform_start),
        "Your Z starts in every state alike. `mdp.initial_dist` says how likely each start is."),
    "start_without_log": (_log_Z_with(start=lambda mdp: mdp.initial_dist),
        "You add p(s_0) itself to a logarithm. Inside the exp it is log p(s_0)."),
    "start_weighs_logs": (_mean_V0,
        "You average log weights over the starts. Z is a sum of weights: the log comes after the sum, log Σ p(s_0) exp V_0(s_0)."),
    "start_at_zero": (_from(lambda mdp: 0),
        "You read the answer off state 0. A trajectory may start elsewhere: sum over the starts, each weighed by p(s_0)."),
    "best_start": (lambda mdp, r, T: (_log(mdp.initial_dist) + _posterior(mdp, r, T).V[0]).max(),
        "You keep the best start only. Z is a sum over the starts: the last step is a log-sum-exp too."),
    "start_at_likeliest": (_from(lambda mdp: int(mdp.initial_dist.argmax())),
        "You begin in the likeliest state only. Sum over the starts, each weighed by p(s_0)."),
    "one_step_more": (lambda mdp, r, T: log_partition(mdp, r, T + 1),
        "One step too many: T + 1 rewards are counted. The state reached last has no action and no reward."),
    "one_step_less": (lambda mdp, r, T: _posterior(mdp, r, T - 1).log_Z if T > 1 else 0.0,
        "One step is missing: there are T actions, and each of their rewards counts."),
    "causal": (_causal_log_Z,
        "Your backward step has E[V] in it, and averages over the starts: that is the causal model. Z of the trajectory model sums "
    "over luck too: log E[exp V]."),
    "causal_inside": (_causal_inside,
        "Your backward step averages: E[V]. Z sums *weights* of trajectories, so the exp goes inside the mean: log Σ p(s'|s, a) "
    "exp V(s')."),
    "best_action": (partial(_of_policy, mean=False),
        "You keep the best action only. Z sums over all of them: log Σ_a exp Q."),
    "mean_action": (partial(_of_policy, mean=True),
        "You average over the actions. Z sums over all of them: log Σ_a exp Q."),
    "uniform_prior": (lambda mdp, r, T: log_partition(mdp, r, T) - T * np.log(mdp.n_actions),
        "You give each action a probability of 1/A. The actions have no prior here: each counts in full."),
    "overflow": (_unshifted_log_Z,
        "exp(1000) is inf for the computer, and exp(−1000) is 0. Stay with logarithms: `logsumexp` takes off the largest number "
    "before it exponentiates."),
    "discounted": (lambda mdp, r, T: log_partition(mdp, _discounted(mdp, r, T), T),
        "You discount. Here time ends after T steps, and each counts in full: `mdp.gamma` plays no part."),
    "everything_possible_too": (_log_Z_with(moves=lambda mdp: np.zeros(mdp.P.shape), start=_no_start),
        "You sum over all sequences of states and actions, as if each state could follow each. p(trajectory) belongs into Z: "
    "what cannot happen weighs nothing."),
    "start_at_later_steps": (_started_again,
        "The start distribution enters at every step of yours. It belongs to t = 0 alone."),
    "values_discounted": (_values_discounted,
        "You discount. Here time ends after T steps, and each counts in full: `mdp.gamma` plays no part."),
    "best_trajectory": (_best_trajectory,
        "This is the weight of the *best* trajectory. Z is the sum of all: log-sum-exp in place of each max."),
    "on_arrival": (_on_arrival,
        "You pay the reward of the state that is reached. r(s, a) belongs to the state in which the action is chosen."),
    "one_shift": (_one_shift,
        "You take off one largest number for all states at once. In a much worse state exp(−1000) = 0 is left, whose log is −inf. "
    "Each state needs its own: `logsumexp` with `axis` does that."),
    "padded": (_padded(1e-12),
        "You add a small number to the probabilities, and so what cannot happen can, a little: a few rewards make up for a log of −27.6. "
    "log 0 = −inf is right, and `logsumexp` can live with it."),
    "padded_more": (_padded(1e-8),
        "You add a small number to the probabilities, and so what cannot happen can, a little: a few rewards make up for a log of −27.6. "
    "log 0 = −inf is right, and `logsumexp` can live with it."),
    "random_policy": (_random_policy,
        "This is what a random policy earns and its entropy. Z sums over all trajectories, the good ones with a greater weight."),
    "start_at_every_step": (lambda mdp, r, T: log_partition(mdp, r + _log(mdp.initial_dist)[:, None], T),
        "The start distribution enters at every step of yours. It belongs to t = 0 alone."),
}
# fmt: on


def _each(
    table: dict[str, tuple[Callable, str]], make: Callable = lambda change: change, skip: str = ""
) -> tuple[Misconception, ...]:
    """Mistakes that stem from a part of a computation, one for each of a table."""
    kept = [key for key in table if key not in skip.split()]
    return tuple(M(key, make(table[key][0]), table[key][1]) for key in kept)


# Likelihoods: the demonstrations' earnings, and what is taken off.


def _earned(f: np.ndarray, psi: np.ndarray, demos: Demos) -> float:
    return float(_counts(f, demos) @ psi)


def _minus(log_Z: Callable) -> Callable:
    """The likelihood with something else in place of log Z."""
    return lambda mdp, f, psi, d: _earned(f, psi, d) - log_Z(mdp, f @ psi, d.horizon)


def _combined(change: Callable) -> Callable:
    """Made from the demonstrations' earnings per trajectory (N,), log Z, and T."""
    return lambda mdp, f, psi, d: change(
        (f @ psi)[d.states[:, :-1], d.actions].sum(axis=1),
        log_partition(mdp, f @ psi, d.horizon),
        d.horizon,
    )


def _last_state(f: np.ndarray, demos: Demos) -> np.ndarray:
    """Counts with the last state's features, of its last action, once more."""
    return _counts(f, demos) + f[demos.states[:, -1], demos.actions[:, -1]].mean(axis=0)


def _last_state_mean(f: np.ndarray, demos: Demos) -> np.ndarray:
    return _counts(f, demos) + f[demos.states[:, -1]].mean(axis=(0, 1))


def _arrived(f: np.ndarray, demos: Demos) -> np.ndarray:
    """Features of the state that follows."""
    return f[demos.states[:, 1:], demos.actions].sum(axis=(0, 1)) / demos.n_demos


def _of_states(f: np.ndarray, demos: Demos) -> np.ndarray:
    """Features of the states, whatever was done there."""
    return f.mean(axis=1)[demos.states[:, :-1]].sum(axis=(0, 1)) / demos.n_demos


def _distinct_pairs(f: np.ndarray, demos: Demos) -> np.ndarray:
    """Each pair counts once, as in `counts[states, actions] += 1`."""
    seen = np.zeros(f.shape[:2])
    seen[demos.states[:, :-1], demos.actions] = 1.0 / demos.n_demos
    return np.tensordot(seen, f, axes=2)


def _discounted_counts(f: np.ndarray, demos: Demos) -> np.ndarray:
    """With this file's discount of .8."""
    steps = f[demos.states[:, :-1], demos.actions].mean(axis=0)
    return 0.8 ** np.arange(demos.horizon) @ steps


def _with(counts: Callable) -> Callable:
    """The likelihood of other counts."""
    return lambda mdp, f, psi, d: counts(f, d) @ psi - log_partition(mdp, f @ psi, d.horizon)


def _mean_log_p(mdp: MDP, demos: Demos) -> float:
    steps = _log(mdp.P[demos.states[:, :-1], demos.actions, demos.states[:, 1:]]).sum(axis=1)
    return float((steps + _log(mdp.initial_dist[demos.states[:, 0]])).mean())


def _choices(mdp: MDP, f: np.ndarray, psi: np.ndarray, d: Demos, causal: bool) -> float:
    """Mean log probability of the actions under a policy."""
    r, V, total = f @ psi, np.zeros(mdp.n_states), 0.0
    for t in reversed(range(d.horizon)):
        Q = r + (mdp.P @ V if causal else _log_sum(_log(mdp.P) + V, 2))
        V = _log_sum(Q, 1)
        total += (Q - V[:, None])[d.states[:, t], d.actions[:, t]].mean()
    return float(total)


def _given_starts(mdp: MDP, f: np.ndarray, psi: np.ndarray, d: Demos) -> float:
    """log Z of each demonstration's own start."""
    V = _posterior(mdp, f @ psi, d.horizon).V[0]
    return _earned(f, psi, d) - float(V[d.states[:, 0]].mean())


def _demo_start(mdp: MDP, demos: Demos) -> MDP:
    """The world with the starts of the demonstrations."""
    return mdp.replace(
        initial_dist=np.bincount(demos.states[:, 0], minlength=mdp.n_states) / demos.n_demos
    )


# Gradients: other counts, or other visits.


def _gradient(
    *, counts: Callable = _counts, visits: Callable | None = None, change: Callable = np.subtract
) -> Callable:
    """The gradient with other counts(f, d), other visits(mdp, reward, d), or another difference."""

    def wrong(mdp: MDP, f: np.ndarray, psi: np.ndarray, d: Demos) -> np.ndarray:
        seen = visits or (lambda mdp, r, d: _posterior(mdp, r, d.horizon).visits)
        return change(counts(f, d), _expected(seen(mdp, f @ psi, d), f))

    return wrong


def _rolled_out(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """The posterior policy in the real world."""
    return _roll_out(mdp, _posterior(mdp, r, d.horizon).pi, d.horizon)


def _stationary(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _roll_out(mdp, _posterior(mdp, r, d.horizon).pi[0], d.horizon)


def _reversed(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _roll_out(mdp, _posterior(mdp, r, d.horizon).pi[::-1], d.horizon)


def _causal_visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _causal_model(mdp, r, d)[1]


def _greedy_visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    pi = _soft(mdp, r * 1e3, d.horizon)[1]
    return _roll_out(mdp, np.eye(mdp.n_actions)[pi.argmax(axis=2)], d.horizon)


def _softmax_visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """A policy that looks at the reward of one step."""
    return _roll_out(mdp, np.exp(r - _log_sum(r, 1)[:, None]), d.horizon)


def _uniform_visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _roll_out(mdp, np.full(r.shape, 1.0 / mdp.n_actions), d.horizon)


def _demo_start_visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _posterior(_demo_start(mdp, d), r, d.horizon).visits


def _from_p(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """Begins with p(s_0), and goes on as the optimist believes."""
    start = _log(mdp.initial_dist) - _posterior(mdp, r, d.horizon).V[0]
    return _posterior(mdp, r, d.horizon, start=start).visits


def _alphas(mdp: MDP, r: np.ndarray, T: int) -> np.ndarray:
    """log alpha, (T, S)."""
    log_alpha = [_log(mdp.initial_dist)]
    for _ in range(T - 1):
        leaving = log_alpha[-1][:, None] + r
        log_alpha.append(_log_sum((leaving[:, :, None] + _log(mdp.P)).reshape(-1, mdp.n_states), 0))
    return np.array(log_alpha)


def _forward_only(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """alpha alone, normalised at each step."""
    weights = _alphas(mdp, r, d.horizon)[:, :, None] + r
    return _to_one(weights, (1, 2))


def _backward_only(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """beta alone, normalised at each step."""
    found = _posterior(mdp, r, d.horizon)
    return _to_one(_log(found.pi) + found.V[:-1, :, None], (1, 2))


def _without_Z(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    found = _posterior(mdp, r, d.horizon)
    return found.visits * np.exp(found.log_Z)


def _reward_twice(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """alpha * exp(r) * beta, where beta holds exp(r) already."""
    return _posterior(mdp, r, d.horizon).visits * np.exp(r)


def _reward_twice_to_one(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _to_one(_log_visits(mdp, r, d) + r, (1, 2))


def _log_visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """log alpha + log beta, (T, S, A)."""
    found = _posterior(mdp, r, d.horizon)
    back = _log(found.pi) + found.V[:-1, :, None]
    return _alphas(mdp, r, d.horizon)[:, :, None] + back


def _no_action(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """State visits, shared out evenly among the actions."""
    visits = _posterior(mdp, r, d.horizon).visits
    return np.broadcast_to(visits.mean(axis=2, keepdims=True), visits.shape)


def _every_action(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    visits = _posterior(mdp, r, d.horizon).visits
    return np.broadcast_to(visits.sum(axis=2, keepdims=True), visits.shape)


def _to_one(logs: np.ndarray, axis: tuple) -> np.ndarray:
    weights = np.exp(logs - logs.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


def _scaled(by: Callable) -> Callable:
    """The model's visits, changed by `by(visits, d)`."""
    return lambda mdp, r, d: by(_posterior(mdp, r, d.horizon).visits, d)


def _posterior_visits(horizon: Callable = lambda d: d.horizon, **parts: Callable) -> Callable:
    """The model's visits of other starts or moves."""
    return lambda mdp, r, d: (
        _posterior(mdp, r, horizon(d), **{name: make(mdp) for name, make in parts.items()}).visits
    )


def _overflow(mdp: MDP, f: np.ndarray, psi: np.ndarray, d: Demos) -> np.ndarray:
    right = maxent_gradient(mdp, f, psi, d)
    return right if np.abs(f @ psi).max() < _LARGE else right * np.nan


# Visits: another roll-out.


def _walk(
    mdp: MDP,
    pi: np.ndarray,
    horizon: int,
    *,
    start: Callable = lambda mdp: mdp.initial_dist,
    arrive: Callable = lambda mdp, visits, here: np.einsum("sa,san->n", visits, mdp.P),
    leave: Callable = lambda here, pi: here[:, None] * pi,
    when: Callable = lambda t, horizon: t,
) -> np.ndarray:
    """A roll-out with another start, flow or step, or the policy of another time."""
    steps = np.broadcast_to(pi, (horizon, mdp.n_states, mdp.n_actions))
    visits, here = np.empty(steps.shape), start(mdp)
    for t in range(horizon):
        visits[t] = leave(here, steps[when(t, horizon)])
        here = arrive(mdp, visits[t], here)
    return visits


def _then(change: Callable) -> Callable:
    """The right visits, and then something done to them."""
    return lambda mdp, pi, T: change(_roll_out(mdp, pi, T), mdp, T)


def _late(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Where one is after the step, with that step's own policy."""
    start = np.einsum("s,sa,san->n", mdp.initial_dist, pi if pi.ndim == 2 else pi[0], mdp.P)
    return _walk(mdp, pi, horizon, start=lambda mdp: start)


def _rows_as_policy(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """pi[t] even where pi is (S, A)."""
    visits, here = np.empty((horizon, mdp.n_states, mdp.n_actions)), mdp.initial_dist
    for t in range(horizon):
        visits[t] = here[:, None] * pi[t]
        here = np.einsum("sa,san->n", visits[t], mdp.P)
    return visits


def _line_5(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Ziebart et al.'s algorithm 1, line 5, as it is often printed: i and k have changed places."""
    visits, here = np.empty((horizon, *pi.shape[-2:])), mdp.initial_dist
    for t in range(horizon):
        now = pi[t] if pi.ndim == 3 else pi
        visits[t] = here[:, None] * now
        here = np.einsum("k,ia,iak->i", here, now, mdp.P)
    return visits


def _overwritten(mdp: MDP, visits: np.ndarray, here: np.ndarray) -> np.ndarray:
    """`arriving[s'] = ...` in a loop, in place of +=."""
    arriving = np.zeros(mdp.n_states)
    for s, a, after in np.argwhere(mdp.P):
        arriving[after] = visits[s, a] * mdp.P[s, a, after]
    return arriving


def _told_by_length(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Takes a policy of T rows for one that changes with time."""
    return _rows_as_policy(mdp, pi if len(pi) == horizon else [pi] * horizon, horizon)


def _carried_on(mdp: MDP, pi: np.ndarray, horizon: int) -> np.ndarray:
    """Moves by the policy of the next step."""
    steps = np.broadcast_to(pi, (horizon, mdp.n_states, mdp.n_actions))
    visits, here = np.empty(steps.shape), mdp.initial_dist
    for t in range(horizon):
        visits[t] = here[:, None] * steps[t]
        here = mdp.flow(here[:, None] * steps[min(t + 1, horizon - 1)])
    return visits


# Fits.


def _climb(**parts: Any) -> Callable:
    return partial(_ascend, **parts)


def _reordered(change: Callable) -> Callable:
    """The right ascent, and then something done to what it found."""
    return lambda *args: change(*maxent_irl(*args), *args)


def _asked(change: Callable) -> Callable:
    """The right ascent with another penalty, step size or number of steps."""
    return lambda mdp, f, d, l2, size, n: maxent_irl(mdp, f, d, *change(l2, size, n))


def _path(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> np.ndarray:
    """All psi of an ascent, (n + 1, K)."""
    seen = [np.zeros(f.shape[2])]

    def update(psi: np.ndarray, step: np.ndarray, i: int) -> np.ndarray:
        seen.append(psi + step)
        return psi + step

    _ascend(mdp, f, d, l2, size, n, update=update)
    return np.array(seen)


def _always_first(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> tuple:
    """The gradient of the start, n times over."""
    first = maxent_gradient(mdp, f, np.zeros(f.shape[2]), d)
    return _ascend(mdp, f, d, l2, size, n, gradient=lambda *_: first)


def _found(stop: dict | None = None, **parts: Callable) -> Callable:
    """A fit of another objective, stopped as the right one is or otherwise."""

    def wrong(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
        options = {"gtol": tol / 10, "ftol": 0.0} if stop is None else stop
        return _fit(_causal_objective(mdp, f, d, l2, **parts), f, **options)

    return wrong


def _balanced(
    *,
    counts: Callable = _counts,
    visits: Callable = _causal_visits,
    pull: Callable = lambda psi, l2, d: l2 * psi,
) -> Callable:
    """Where another gradient is 0, whatever the search."""

    def wrong(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
        data = counts(f, d)

        def slope(psi: np.ndarray) -> np.ndarray:
            return data - _expected(visits(mdp, f @ psi, d), f) - pull(psi, l2, d)

        return root(slope, np.zeros(f.shape[2]), options={"maxfev": 150}).x

    return wrong


def _plainly(method: str = "L-BFGS-B", **options: Any) -> Callable:
    """SciPy's minimiser with its own ideas of when to stop."""

    def wrong(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
        objective = _causal_objective(mdp, f, d, l2)
        asked = {key: tol if value == "tol" else value for key, value in options.items()}
        given = {"tol": asked.pop("tol")} if "tol" in asked else {}

        def turned(psi: np.ndarray) -> tuple[float, ...]:
            return tuple(-x for x in objective(psi))

        start = np.zeros(f.shape[2])
        return minimize(turned, start, jac=True, method=method, options=asked, **given).x

    return wrong


def _trajectory_model(mdp: MDP, r: np.ndarray, d: Demos) -> tuple[float, np.ndarray]:
    found = _posterior(mdp, r, d.horizon)
    return found.log_Z, found.visits


def _mixed(value: Callable, visits: Callable) -> Callable:
    """The value of one model and the gradient of another."""
    return lambda mdp, r, d: (value(mdp, r, d)[0], visits(mdp, r, d)[1])


def _in_world(change: Callable) -> Callable:
    """The causal model's visits in another world."""
    return lambda mdp, r, d: _causal_visits(change(mdp, d), r, d)


def _horizon_off(by: int) -> Callable:
    def visits(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
        T = max(d.horizon + by, 1)
        return _roll_out(mdp, _soft(mdp, r, T)[1], T)

    return visits


def _endless(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """The endless, discounted soft policy, rolled out for T steps."""
    V = np.zeros(mdp.n_states)
    for _ in range(70):
        V = _log_sum(r + mdp.gamma * (mdp.P @ V), 1)
    Q = r + mdp.gamma * (mdp.P @ V)
    return _roll_out(mdp, np.exp(Q - _log_sum(Q, 1)[:, None]), d.horizon)


def _soft_discounted(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """Soft value iteration that discounts over T steps, rolled out."""
    V, pi = np.zeros(mdp.n_states), []
    for _ in range(d.horizon):
        Q = r + mdp.gamma * (mdp.P @ V)
        V = _log_sum(Q, 1)
        pi.insert(0, np.exp(Q - V[:, None]))
    return _roll_out(mdp, np.array(pi), d.horizon)


def _visits_discounted(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    return _causal_visits(mdp, r, d) * mdp.gamma ** np.arange(d.horizon)[:, None, None]


def _where_they_were(mdp: MDP, r: np.ndarray, d: Demos) -> np.ndarray:
    """The demonstrations' states, with a softmax of one reward for a policy."""
    been = np.array([np.bincount(s, minlength=mdp.n_states) for s in d.states[:, :-1].T])
    return been[:, :, None] / d.n_demos * np.exp(r - _log_sum(r, 1)[:, None])


def _by_choices(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
    """The likelihood of the actions, given the states."""
    return minimize(
        lambda psi: 0.5 * l2 * psi @ psi - _choices(mdp, f, psi, d, causal=True),
        np.zeros(f.shape[2]), method="L-BFGS-B", options={"ftol": 1e-13, "maxiter": 30},
    ).x  # fmt: skip


def _V0(change: Callable) -> Callable:
    """The right gradient beside another value of V_0."""

    def model(mdp: MDP, r: np.ndarray, d: Demos) -> tuple[float, np.ndarray]:
        V, pi = _soft(mdp, r, d.horizon)
        return float(change(V, mdp)), _roll_out(mdp, pi, d.horizon)

    return model


def _then_psi(change: Callable) -> Callable:
    return lambda *args: change(causal_maxent_irl(*args), *args)


def _unscaled_pull(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> tuple:
    """The penalty pulls at each step as if step_size were 1."""
    return _ascend(mdp, f, d, l2 / size, size, n)


def _one_by_one(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> tuple:
    """One demonstration for each step."""
    turn = iter(range(n))

    def gradient(mdp: MDP, f: np.ndarray, psi: np.ndarray, d: Demos) -> np.ndarray:
        i = next(turn) % d.n_demos
        return maxent_gradient(mdp, f, psi, d[i : i + 1])

    return _ascend(mdp, f, d, l2, size, n, gradient=gradient)


def _pulled_after(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> tuple:
    """The penalty pulls where the step has led."""
    return _ascend(
        mdp, f, d, l2, size, n, pull=lambda psi, l2: 0.0,
        update=lambda psi, step, i: (psi + step) * (1.0 - size * l2),
    )  # fmt: skip


def _momentum(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> tuple:
    """Heavy ball, with the usual 0.9."""
    speed = np.zeros(f.shape[2])

    def update(psi: np.ndarray, step: np.ndarray, i: int) -> np.ndarray:
        speed[:] = 0.9 * speed + step
        return psi + speed

    return _ascend(mdp, f, d, l2, size, n, update=update)


def _overflowing(mdp: MDP, f: np.ndarray, d: Demos, l2: float, size: float, n: int) -> tuple:
    """exp as it is, in both results."""
    psi, reached = maxent_irl(mdp, f, d, l2, size, n)
    return (psi, reached) if np.abs(f).max() < _LARGE else (psi * np.nan, reached * np.nan)


def _minimised(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
    """The objective itself is given to a minimiser, with its gradient."""
    objective = _causal_objective(mdp, f, d, l2)
    given = {"maxiter": 100, "maxfun": 150, "gtol": tol}
    psi = np.zeros(f.shape[2])
    return minimize(objective, psi, jac=True, method="L-BFGS-B", options=given).x


def _positive(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
    """With psi >= 0."""
    objective = _causal_objective(mdp, f, d, l2)
    return minimize(
        lambda psi: tuple(-x for x in objective(psi)), np.zeros(f.shape[2]), jac=True,
        method="L-BFGS-B", bounds=[(0.0, None)] * f.shape[2], options={"maxfun": 150, "gtol": tol / 10, "ftol": 0.0},
    ).x  # fmt: skip


def _one_step(mdp: MDP, f: np.ndarray, d: Demos, l2: float, tol: float) -> np.ndarray:
    """The gradient of the start."""
    return _causal_objective(mdp, f, d, l2)(np.zeros(f.shape[2]))[1]


# Hints that several exercises share.
_STOP = (
    "You are near the maximum, and the gradient is larger than `tol`. L-BFGS has two reasons to stop: the gradient (`gtol`), and a "
    "value that hardly changes (`ftol`). Pass `tol` on as `gtol`, and set `ftol` to 0. And give it the gradient: `jac=True`."
)
_ROLLED_OUT = (
    "You roll the posterior policy out in the real world. But given the lamps the model believes in *lucky* dynamics as well, and in "
    "lucky starts: its visits are α β / Z. The two agree only without noise and from a single start."
)
_SLOPE_OF_TRAJECTORIES = (
    "Your gradient has the visits α β / Z in it: the slope of log Z, and not of V_0. Where there is noise the two part. V_0's slope is "
    "what the soft policy of `soft_value_iteration` meets in the real world: your `expected_visits`."
)
_MINUS = (
    "psi has run away, until the rewards overflowed. Is it a sign? `minimize` goes *down*: it wants −value and −slope. And in the value "
    "the penalty is taken off, −l2/2 |psi|²."
)
_NO_DISCOUNT = "You discount. Here time ends after T steps, and each counts in full: `mdp.gamma` plays no part."
_CAUSAL = (
    "These are the visits of the causal model (soft value iteration with E[V]). L has log Z of the trajectory model in it: "
    "its visits are α β / Z."
)
_STATIONARY = "You use the first step's policy at all times. With T − t steps left each t has its own: `pi[t]`."
_DEMO_START = (
    "You start the model where the demonstrations start. The model's starts are `mdp.initial_dist`."
)
_SIGN = "The sign: it should be what the demonstrations do minus what the model does. Where they do more, psi should grow."
_ONE_MORE = "Your model acts once too often: there are T actions. `demos.horizon` is T; `states` has T + 1 columns."
_TOO_FEW = "Your model acts T − 1 times. The last action counts too."

_OVER_T = "The model's counts are per step, the demonstrations' per trajectory. Each *step* of the visits sums to 1, all to T."
_MYOPIC = (
    "Your model looks one reward ahead. What is still to come is missing from its policy: β, or V."
)
_UNIFORM_START = (
    "Your model starts in every state alike. `mdp.initial_dist` says how likely each start is."
)

# fmt: off
COUNTS: dict[str, tuple[Callable, str]] = {
    "not_divided": (lambda f, d: _counts(f, d) * d.n_demos,
        "You add up the demonstrations and do not divide by N. Twice the same demonstrations should change nothing."),
    "data_over_T": (lambda f, d: _counts(f, d) / d.horizon,
        "You take the mean over the steps as well. A trajectory's features are added up; the mean is over the N demonstrations."),
    "last_state": (_last_state,
        "You count the state reached last. Nobody acts there: `states[:, :-1]` goes with `actions`."),
    "last_state_mean": (_last_state_mean,
        "You count the state reached last. Nobody acts there: `states[:, :-1]` goes with `actions`."),
    "arrived": (_arrived,
        "You pair each action with the state it led to. f(s_t, a_t) takes the state in which it was chosen: `states[:, :-1]`."),
    "of_states": (_of_states,
        "You average the features over the actions. The demonstrations say which action was taken: f(s_t, a_t)."),
    "distinct_pairs": (_distinct_pairs,
        "Each pair of state and action counts once, however often it is visited. `x[states, actions] += 1` adds 1 to each entry only "
        "once: use `np.add.at`, or sum `features[states, actions]`."),
    "discounted_counts": (_discounted_counts, _NO_DISCOUNT),
    "first_demo": (lambda f, d: _counts(f, d[:1]),
        "You look at the first demonstration only. It is the mean over all N."),
}
# What the model is thought to visit; `_DEMO_START` and others are shared with the causal fit.
VISITS: dict[str, tuple[Callable, str]] = {
    "rolled_out": (_rolled_out, _ROLLED_OUT),
    "rolled_out_stationary": (_stationary,
        "You roll one policy, that of the first step, out in the real world. Each t has its own; and the model believes in lucky "
        "dynamics too: its visits are α β / Z."),
    "causal": (_causal_visits, _CAUSAL),
    "model_over_n": (_scaled(lambda v, d: v / d.n_demos),
        "You divide the model's counts by N. They are those of one trajectory already."),
    "model_over_T": (_scaled(lambda v, d: v / d.horizon), _OVER_T),
    "alpha_only": (_forward_only,
        "Your visits know the past only: α, without what follows. They are α_t(s) β_t(s, a) / Z."),
    "beta_only": (_backward_only,
        "Your visits know the future only: β, without how likely it is to get there. They are α_t(s) β_t(s, a) / Z."),
    "alpha_and_policy": (lambda mdp, r, d: _to_one(_alphas(mdp, r, d.horizon), (1,))[:, :, None] * _posterior(mdp, r, d.horizon).pi,
        "Your states know the past only: α_t(s) alone. How likely a state is also depends on what follows: α_t(s) β_t(s)."),
    "without_Z": (_without_Z, "Your visits are not divided by Z: at each step they should sum to 1."),
    "reward_twice": (_reward_twice,
        "exp(r) of the step counts twice: β_t(s, a) has it inside already. At each step the visits should sum to 1."),
    "reward_twice_to_one": (_reward_twice_to_one,
        "exp(r) of the step counts twice: β_t(s, a) has it inside already."),
    "no_action": (_no_action,
        "You share a state's visits out evenly among its actions. β_t(s, a) says which are likelier."),
    "every_action": (_every_action,
        "Every action gets all of its state's visits. They are shared: α_t(s) β_t(s, a) / Z."),
    "greedy": (_greedy_visits, "Your model takes the best action. MaxEnt expects all of them, each by its weight."),
    "softmax": (_softmax_visits, _MYOPIC),
    "uniform": (_uniform_visits,
        "Your model ignores psi: its actions are all alike. Expected counts are those under exp(psi.f)."),
    "demo_start": (_demo_start_visits, _DEMO_START),
    "start_not_updated": (_from_p,
        "Your model starts as p(s_0) says. Given the lamps, lucky starts are likelier: α_0 β_0 / Z."),
    "start_uniform": (_posterior_visits(start=_uniform_start), _UNIFORM_START),
    "p_dropped": (_posterior_visits(moves=_possible), LOG_Z["p_dropped"][1]),
    "everything_possible": (_posterior_visits(moves=lambda mdp: np.zeros(mdp.P.shape)),
        "In your model each state may follow each. p(s'|s, a) belongs into both messages."),
    "one_more": (_posterior_visits(lambda d: d.horizon + 1), _ONE_MORE),
    "one_less": (_posterior_visits(lambda d: max(d.horizon - 1, 1)), _TOO_FEW),
    "first_step": (_scaled(lambda v, d: v[:1]), "You take the model's visits of the first step only. Add up all T."),
    "reversed": (_reversed,
        "Your policy runs backwards in time: `pi[0]` is the first step's, with all T still to come."),
    "data_only": (_scaled(lambda v, d: 0.0 * v), "What the model expects is missing: the gradient of log Z."),
}
# fmt: on

# fmt: off
CAUSAL: dict[str, tuple[Callable, str]] = {
    "trajectory_model": (lambda mdp, r, d: _trajectory_model(mdp, r, d)[1],
        "This is the fit of the trajectory model: log Z and α β / Z. In the causal one luck is not chosen: V_0 of soft value "
        "iteration, and its policy rolled out in the real world."),
    "rolled_out": (_rolled_out,
        "Your policy is the optimist's (log E[exp V]), rolled out in the real world. The causal policy is soft value iteration's, "
        "with E[V]."),
    "model_over_T": (lambda mdp, r, d: _causal_visits(mdp, r, d) / d.horizon, _OVER_T),
    "demo_start": (_in_world(_demo_start), _DEMO_START),
    "uniform_start": (_in_world(lambda mdp, d: mdp.replace(initial_dist=np.full(mdp.n_states, 1 / mdp.n_states))), _UNIFORM_START),
    "stationary": (lambda mdp, r, d: _roll_out(mdp, _soft(mdp, r, d.horizon)[1][0], d.horizon), _STATIONARY),
    "reversed": (lambda mdp, r, d: _roll_out(mdp, _soft(mdp, r, d.horizon)[1][::-1], d.horizon),
        "Your policy runs backwards in time: `pi[0]` is the first step's."),
    "one_more": (_horizon_off(1), _ONE_MORE),
    "one_less": (_horizon_off(-1), _TOO_FEW),
    "endless": (_endless,
        "Your soft value iteration is the endless, discounted one. Give it the horizon: `demos.horizon`."),
    "soft_discounted": (_soft_discounted, _NO_DISCOUNT),
    "visits_discounted": (_visits_discounted, _NO_DISCOUNT),
    "softmax": (_softmax_visits, _MYOPIC),
    "where_they_were": (_where_they_were,
        "You fit a softmax to the actions, in the states of the demonstrations: no world and no future in it. The visits are those of "
        "the soft policy, from p(s_0)."),
    "temperature_half": (lambda mdp, r, d: _causal_visits(mdp, 2 * r, d),
        "Your temperature is not 1: every weight comes out too small."),
}
PULLS: dict[str, tuple[Callable, str]] = {
    "l2_ignored": (lambda psi, l2, d: 0.0 * psi,
        "The penalty is missing: l2/2 |psi|² is taken off, and l2 · psi off the gradient."),
    "l2_doubled": (lambda psi, l2, d: 2 * l2 * psi,
        "Your penalty is twice as strong: it is l2/2 |psi|², and its gradient l2 · psi."),
    "l2_halved": (lambda psi, l2, d: l2 / 2 * psi,
        "Your penalty is half as strong: it is l2/2 |psi|², and its gradient l2 · psi."),
    "l2_times_n": (lambda psi, l2, d: l2 * d.n_demos * psi,
        "Your penalty is N times too strong: the counts are a mean, and l2 is as given."),
    "l2_over_n": (lambda psi, l2, d: l2 / d.n_demos * psi,
        "Your penalty is N times too weak: the counts are a mean, and l2 is as given."),
    "l2_times_T": (lambda psi, l2, d: l2 * d.horizon * psi,
        "Your penalty is T times too strong: the counts are those of whole trajectories, and l2 is as given."),
}
# fmt: on

# fmt: off
EXERCISES = [
    Exercise(
        name="log_partition",
        title="How much do all trajectories weigh?",
        reference=log_partition,
        form=FiniteNumber("log Z"),
        problems=_partition_problems,
        parts=(
            Part("log Z", 2, _partition(large=False)),
            Part("rewards of ±1000", 1, _partition(large=True)),
        ),
        misconceptions=(
            *_each(LOG_Z),
            M("shift_forgotten", _shift_forgotten,
                "You take the largest reward off and never put it back: log Z is T times that too small."),
            M("shift_put_back_once", lambda mdp, r, T: _shift_forgotten(mdp, r, T) + r.max(),
                "You take the largest reward off every step, and put it back once. It was taken off T times."),
            M("without_log", lambda *args: np.exp(log_partition(*args)),
                "This is Z itself. Return its logarithm: Z has no number when rewards are large."),
            M("minus", lambda *args: -log_partition(*args),
                "The sign is wrong: return log Z, not −log Z."),
            M("per_step", lambda mdp, r, T: log_partition(mdp, r, T) / T,
                "You divide by T. log Z is of whole trajectories."),
            M("transposed", _log_Z_with(moves=_transposed),
                "Your sum runs over s where it should run over s': `mdp.P[s, a, s']`, last axis."),
            M("paid_at_the_end", _paid_at_the_end,
                "Your recursion starts with a reward in the last state. After the last action nothing is earned: start with zeros."),
            M("nobody_moves", _log_Z_with(moves=lambda mdp: _log(np.eye(mdp.n_states))[:, None] + np.zeros(mdp.P.shape)),
                "In your sum nobody moves. The weight of what follows is that of s', with probability p(s'|s, a)."),
            M("best_state", lambda mdp, r, T: _posterior(mdp, r, T).V[0].max(),
                "You keep the best state only. Z = Σ_s p(s_0 = s) β_0(s): all states, each by how likely it is as a start."),
            M("best_first_action", _best_first_action,
                "You keep the best first action. log β_0(s) has the sum over the actions inside: take it instead of log β_0(s, a)."),
            M("row_1", _row_1,
                "You look one step too late: `log_beta_state[0]` is the row with all T steps still to come."),
            M("last_row", lambda mdp, r, T: log_partition(mdp, r, 1),
                "This is the weight of one step, the last. `log_beta_state[0]` is the row with all T steps still to come."),
            M("all_rows", lambda mdp, r, T: _log_sum((_posterior(mdp, r, T).V[:T] + _log(mdp.initial_dist)).ravel(), 0),
                "You sum over the rows of all times. Only row 0 is of whole trajectories: `log_beta_state[0]`."),
            M("all_states_added", lambda mdp, r, T: _posterior(mdp, r, T).V[0].sum(),
                "You add the logarithms of all states. Z = Σ_s p(s_0 = s) exp V_0(s): sum weights, then take the log."),
        ),
        hints=(
            "Lesson 05 computed this on its way: β_0(s) is the weight of all trajectories from s. Which starts are there, and how "
            "likely is each?",
            "`backward_messages` gives log β_t(s, a) and log β_t(s). You need the second, and of it the row t = 0. Then "
            "log Z = log Σ_s exp(log p(s_0 = s) + log β_0(s)): one `logsumexp`.",
            "`log_beta_state = backward_messages(mdp, reward, horizon)[1]`; return `logsumexp(log(mdp.initial_dist) + "
            "log_beta_state[0])`. `log` is the notebook's: −inf at 0, which is right here, and no warning.",
        ),
        errors={
            "OverflowError": LOG_Z["overflow"][1],
            "IndexError": "The reward is (S, A), the transitions `mdp.P[s, a, s']`. Loop T times over the *steps*, not over states.",
        },
    ),
    Exercise(
        name="demo_log_likelihood",
        title="How well does psi explain the demonstrations?",
        reference=demo_log_likelihood,
        form=FiniteNumber("L"),
        problems=_likelihood_problems,
        parts=(
            Part("L", 2, _likelihood(large=False)),
            Part("rewards of ±1000", 1, _likelihood(large=True)),
        ),
        misconceptions=(
            M("without_log_Z", lambda mdp, f, psi, d: _earned(f, psi, d),
                "log Z is missing. Without it paying more always looks better. Up to log p(trajectory), L is the log of a *share* of "
                "all trajectories: what the demonstrations earn, less what all earn."),
            M("plus_log_Z", _combined(lambda R, log_Z, T: R.mean() + log_Z),
                "log Z is *taken off*: a probability is a weight divided by the sum of all weights."),
            M("times_n", _combined(lambda R, log_Z, T: (R - log_Z).sum()), COUNTS["not_divided"][1]),
            M("log_Z_over_n", _combined(lambda R, log_Z, T: R.mean() - log_Z / len(R)),
                "log Z is taken off each demonstration, so off their mean it is taken once, undivided."),
            M("log_Z_times_n", _combined(lambda R, log_Z, T: R.mean() - log_Z * len(R)),
                "You take log Z off N times, of a mean. Off the mean it is taken once."),
            M("per_step", _combined(lambda R, log_Z, T: (R.mean() - log_Z) / T),
                "You divide by T. L is per trajectory, not per step."),
            M("negative", _combined(lambda R, log_Z, T: log_Z - R.mean()),
                "The sign is turned: this is what a minimiser wants. L itself is the mean reward minus log Z."),
            M("without_log", _combined(lambda R, log_Z, T: np.exp(R - log_Z).mean()),
                "You return probabilities. L is their logarithm, averaged over the demonstrations."),
            M("log_of_mean", _combined(lambda R, log_Z, T: _log_sum(R, 0) - np.log(len(R)) - log_Z),
                "You take the log of the mean. Demonstrations are independent: their probabilities multiply, and their *logs* are averaged."),
            M("log_p_too", lambda mdp, f, psi, d: demo_log_likelihood(mdp, f, psi, d) + _mean_log_p(mdp, d),
                "You add log p of the demonstrations. It does not depend on psi, and by our definition L leaves it out."),
            M("Z_of_demos", _combined(lambda R, log_Z, T: R.mean() - _log_sum(R, 0)),
                "Your Z sums over the demonstrations. It is over *all* trajectories: `log_partition`."),
            M("given_starts", _given_starts,
                "You take Z of each demonstration's own start. log Z is over the starts too: `mdp.initial_dist`."),
            M("causal_choices", partial(_choices, causal=True),
                "These are log probabilities of the actions under the causal policy. That is the other model: here a whole trajectory "
                "is weighed, and log Z taken off."),
            M("choices", partial(_choices, causal=False),
                "These are log probabilities of the actions under the posterior policy, which leaves out that luck is believed in too. "
                "Take the rewards' sum, and log Z off."),
            M("discounted_everywhere", lambda mdp, f, psi, d: (_discounted_counts(f, d) @ psi - LOG_Z["discounted"][0](mdp, f @ psi, d.horizon)),
                _NO_DISCOUNT),
            M("demo_start", lambda mdp, f, psi, d: demo_log_likelihood(_demo_start(mdp, d), f, psi, d),
                _DEMO_START),
            M("absolute", _combined(lambda R, log_Z, T: np.abs(R).mean() - log_Z),
                "You take the rewards without their signs. A bad trajectory has a weight below 1: keep the minus."),
            *_each(COUNTS, _with),
            *_each(LOG_Z, _minus, skip="everything_possible_too padded padded_more one_shift start_at_later_steps"),
            M("of_20_steps", lambda mdp, f, psi, d: _earned(f, psi, d) - log_partition(mdp, f @ psi, 20),
                "Your log Z is always of 20 steps, like the road's. The horizon is `demos.horizon`."),
            M("n_for_horizon", lambda mdp, f, psi, d: _earned(f, psi, d) - log_partition(mdp, f @ psi, d.n_demos), "Your log Z is of N steps. The horizon is `demos.horizon`, the number of actions."),
        ),
        hints=(
            "The probability of a trajectory is its weight divided by Z. What is the log of that, averaged over the demonstrations? "
            "The part that does not depend on psi is left out.",
            "`reward = features @ psi` is (S, A). Look up the rewards of `demos.states[:, :-1]` and `demos.actions`, add them up "
            "along a trajectory, average over the N, and take off `log_partition(mdp, reward, demos.horizon)` once.",
            "`reward = features @ psi`; `earned = reward[demos.states[:, :-1], demos.actions].sum(axis=1)`; return `earned.mean() - "
            "log_partition(mdp, reward, demos.horizon)`.",
        ),
        errors={
            "IndexError": "`demos.states` has T + 1 columns and `demos.actions` T: the last state has no action.",
            "OverflowError": LOG_Z["overflow"][1],
        },
    ),
    Exercise(
        name="expected_visits",
        title="Where does a policy lead, step by step?",
        reference=expected_visits,
        form=Finite("visits", "horizon, n_states, n_actions"),
        problems=_visit_problems,
        parts=(
            Part("a policy for each step", 2, _visited(stationary=False)),
            Part("one policy for all steps", 1, _visited(stationary=True)),
        ),
        misconceptions=(
            M("start_uniform", partial(_walk, start=lambda mdp: np.full(mdp.n_states, 1 / mdp.n_states)),
                "You start in every state alike. At t = 0 the states are distributed as `mdp.initial_dist`."),
            M("start_at_zero", partial(_walk, start=lambda mdp: np.eye(mdp.n_states)[0]),
                "You start in state 0. At t = 0 the states are distributed as `mdp.initial_dist`."),
            M("start_at_likeliest", partial(_walk, start=lambda mdp: np.eye(mdp.n_states)[mdp.initial_dist.argmax()]),
                "You start in the likeliest state. At t = 0 the states are distributed as `mdp.initial_dist`."),
            M("start_at_every_step", partial(_walk, arrive=lambda mdp, visits, here: mdp.flow(visits) + mdp.initial_dist),
                "You add the start distribution at every step, as in the flow equation of lesson 01. Here each step stands for itself: "
                "it enters at t = 0 only, and each step sums to 1."),
            M("never_leaves", partial(_walk, arrive=lambda mdp, visits, here: mdp.initial_dist),
                "At every step you are back at the start. What arrives at t + 1 is the flow of step t: Σ visits[t, s, a] p(s'|s, a)."),
            M("reversed", partial(_walk, when=lambda t, horizon: horizon - 1 - t),
                "You play the policy from its end. `pi[0]` is the first step's."),
            M("stationary", partial(_walk, when=lambda t, horizon: 0), _STATIONARY),
            M("stationary_end", partial(_walk, when=lambda t, horizon: horizon - 1),
                "You play the last step's policy all the time. Each t has its own: `pi[t]`."),
            M("mean_policy", lambda mdp, pi, T: _roll_out(mdp, pi if pi.ndim == 2 else pi.mean(axis=0), T),
                "You average the policy over time. Each t has its own: `pi[t]`."),
            M("late", _late,
                "Row 0 holds what is left after the first step. At t = 0 nobody has moved yet: record, then move."),
            M("carried_on", _carried_on,
                "You move by the next step's policy. From t to t + 1 the action is that of t: `visits[t]` itself flows on."),
            M("discounted", partial(_walk, arrive=lambda mdp, visits, here: mdp.gamma * mdp.flow(visits)),
                _NO_DISCOUNT),
            M("normalised", _then(lambda v, mdp, T: v / T),
                "All your visits together sum to 1. *Each step* sums to 1, all together to T."),
            M("cumulative", _then(lambda v, mdp, T: v.cumsum(axis=0)),
                "You add up the steps on the way. Each row is about its own step."),
            M("time_reversed", _then(lambda v, mdp, T: v[::-1]),
                "The rows are in reverse: row 0 is the first step, with the start distribution."),
            M("time_mean", _then(lambda v, mdp, T: np.broadcast_to(v.mean(axis=0), v.shape)),
                "Every row is the same: you average over time. Each row is about its own step."),
            M("policy_only", partial(_walk, leave=lambda here, pi: pi),
                "These are the policy's rows. How likely is it to be in s at all? Multiply by the state's visits."),
            M("uniform_policy", partial(_walk, leave=lambda here, pi: here[:, None] / pi.shape[1] + np.zeros(pi.shape)),
                "You share out the actions evenly. `pi` says how likely each one is."),
            M("greedy", partial(_walk, leave=lambda here, pi: here[:, None] * np.eye(pi.shape[1])[pi.argmax(axis=1)]),
                "You follow the likeliest action only. Each action gets its share: `pi[t, s, a]`."),
            M("transposed", partial(_walk, arrive=lambda mdp, visits, here: np.einsum("na,san->s", visits, mdp.P)),
                "Your flow runs backwards: you sum over s' where s should be summed over. What arrives in s' is Σ_{s, a} visits[t, s, a] "
                "`mdp.P[s, a, s']`."),
            M("line_5", _line_5,
                "Your sum moves mass to the cell whose own policy and dynamics lead to where the mass *is*: line 5 of algorithm 1, as it "
                "is printed. What arrives in s' comes from s, by the policy of s: Σ_{s, a} visits[t, s, a] p(s'|s, a)."),
            M("uniform_moves", partial(_walk, arrive=lambda mdp, visits, here: (np.einsum("s,san->n", here, mdp.P) / mdp.n_actions)),
                "Your states move as if every action were as likely. The flow is that of `visits[t]`, with its policy inside."),
            M("moves_summed", partial(_walk, arrive=lambda mdp, visits, here: np.einsum("s,san->n", here, mdp.P)),
                "Your flow leaves the policy out, so that every action carries all of the state's visits. The flow is that of `visits[t]`."),
            M("likeliest_successor", partial(_walk, arrive=lambda mdp, visits, here: np.einsum("sa,san->n", visits, np.eye(mdp.n_states)[mdp.P.argmax(axis=2)])),
                "You follow the likeliest successor only. Each gets its share, p(s'|s, a)."),
            M("rows_as_policy", _rows_as_policy,
                "pi may be (S, A): then it holds at every step, and `pi[t]` is the row of *state* t."),
            M("states_only", _then(lambda v, mdp, T: v.sum(axis=2)),
                "The action's axis is missing: visits[t, s, a] is the visits of s times `pi[t, s, a]`."),
            M("added_up", _then(lambda v, mdp, T: v.sum(axis=0)),
                "You add up the steps. Keep them apart: row t is about step t, shape (T, S, A)."),
            M("one_more", lambda mdp, pi, T: np.concatenate([_roll_out(mdp, pi, T), np.zeros((1, *mdp.P.shape[:2]))]),
                "One row too many: T steps, t = 0 … T − 1. In the state reached last nobody acts."),
            M("first_missing", _then(lambda v, mdp, T: np.concatenate([np.zeros_like(v[:1]), v[:-1]])),
                "Row 0 is empty, and all others come one step late. Record before you move."),
            M("last_missing", _then(lambda v, mdp, T: np.concatenate([v[:-1], np.zeros_like(v[:1])])),
                "The last row is empty. There are T rows, and the loop has to fill each: record T times, move T − 1 times."),
            M("every_action", _then(lambda v, mdp, T: v.sum(axis=2, keepdims=True) + 0.0 * v), "Each action gets all of a state's visits. They are shared out by the policy: visits[t, s, a] = visits[t, s] pi[t, s, a]."),
            M("even_actions", _then(lambda v, mdp, T: v.mean(axis=2, keepdims=True) + 0.0 * v), "You share a state's visits out evenly. `pi` says how likely each action is."),
            M("policy_twice", lambda mdp, pi, T: _roll_out(mdp, pi, T) * pi, "The policy is multiplied in twice. At each step you are somewhere and do something: the visits sum to 1."),
            M("overwritten", partial(_walk, arrive=_overwritten), "What arrives from one state overwrites what came from another: `+=` in place of `=`."),
            M("told_by_length", _told_by_length, "You tell the two kinds of policy apart by their length. One policy may have as many states as there are steps: ask `pi.ndim`."),
        ),
        hints=(
            "Where is everybody at t = 0, and what do they do there? What they do tells where they are at t = 1.",
            "Keep a distribution over states, first `mdp.initial_dist`. At each step visits[t, s, a] = state(s) pi_t(a|s); the next "
            "state(s') = Σ_{s, a} visits[t, s, a] p(s'|s, a). A policy (S, A) is the same at each step.",
            "`pi = np.broadcast_to(pi, (horizon, S, A))`, `here = mdp.initial_dist`; for each t `visits[t] = here[:, None] * pi[t]` and "
            '`here = np.einsum("sa,san->n", visits[t], mdp.P)`.',
        ),
        errors={
            "IndexError": "pi may be (T, S, A) or (S, A): ask `pi.ndim`, or broadcast it to (T, S, A) first.",
            "ValueError": "pi may be (T, S, A) or (S, A): ask `pi.ndim`, or broadcast it to (T, S, A) first.",
        },
    ),
    Exercise(
        name="maxent_gradient",
        title="In which direction should psi move?",
        reference=maxent_gradient,
        form=FiniteSlope("gradient", "n_features"),
        problems=_likelihood_problems,
        parts=(
            Part("without noise, from one start", 1, _slope("sure")),
            Part("with noise", 2, _slope("noisy")),
            Part("rewards of ±1000", 1, _slope("large")),
        ),
        misconceptions=(
            M("sign", _gradient(change=lambda seen, model: model - seen), _SIGN),
            M("added", _gradient(change=np.add),
                "You add the two counts. The gradient is their *difference*: with the same counts on both sides psi stays."),
            M("model_only", _gradient(change=lambda seen, model: -model),
                "What the demonstrations do is missing from your gradient."),
            M("model_counts", _gradient(change=lambda seen, model: model),
                "You return what the model expects. The gradient is the demonstrations' counts minus that."),
            M("absolute", _gradient(change=lambda seen, model: np.abs(seen - model)),
                "You return distances. The sign tells psi which way to go."),
            M("all_times_n", lambda mdp, f, psi, d: maxent_gradient(mdp, f, psi, d) * d.n_demos,
                "Yours is N times too large: L is a *mean* over the demonstrations."),
            M("all_over_n", lambda mdp, f, psi, d: maxent_gradient(mdp, f, psi, d) / d.n_demos,
                "You divide by N once too often. The demonstrations' counts are a mean; the model's are expected counts already."),
            M("all_over_T", lambda mdp, f, psi, d: maxent_gradient(mdp, f, psi, d) / d.horizon,
                "You divide by T. The counts are those of a whole trajectory."),
            M("discounted", _gradient(counts=_discounted_counts, visits=lambda mdp, r, d: (_posterior(mdp, _discounted(mdp, r, d.horizon), d.horizon).visits * mdp.gamma ** np.arange(d.horizon)[:, None, None])),
                _NO_DISCOUNT),
            M("with_log_Z", lambda mdp, f, psi, d: _counts(f, d) - log_partition(mdp, f @ psi, d.horizon),
                "You take log Z itself off. In the *gradient* it is the gradient of log Z: the counts the model expects."),
            M("overflow", _overflow, LOG_Z["overflow"][1]),
            *_each(VISITS, lambda visits: _gradient(visits=visits)),
            *_each(COUNTS, lambda counts: _gradient(counts=counts)),
            M("direction", lambda *args: (lambda g: g / np.linalg.norm(g))(maxent_gradient(*args)), "You make the gradient one long. Its length says how far there is still to go."),
        ),
        hints=(
            "The gradient of the first term is easy: the demonstrations' own counts. What is the gradient of log Z? It is an expectation.",
            "∂ log Z / ∂psi = Σ_t Σ_{s, a} mu_t(s, a) f(s, a), where mu_t(s, a) = α_t(s) β_t(s, a) / Z: the model's visits, luck "
            "included. A roll-out of its policy in the real world is something else where luck plays a part, be it only in the start.",
            "With lesson 05's `forward_messages` and `backward_messages`: `visits = np.exp(log_alpha[:, :, None] + log_beta - log_Z)`, "
            "then `seen = features[demos.states[:, :-1], demos.actions].sum(axis=1).mean(axis=0)` and return `seen - "
            'np.einsum("tsa,sak->k", visits, features)`.',
        ),
        errors={
            "IndexError": "`demos.states` has T + 1 columns and `demos.actions` T: the last state has no action."
        },
    ),
    Exercise(
        name="maxent_irl",
        title="Climb the likelihood",
        reference=maxent_irl,
        form=Several(Finite("psi", "n_features"), Finite("log_likelihoods", "n")),
        problems=_ascent_problems,
        parts=(
            Part("psi without a penalty", 2, _climbed(penalised=False)),
            Part("psi with the penalty", 1, _climbed(penalised=True)),
            Part("log-likelihoods on the way", 2, _reported),
        ),
        misconceptions=(
            M("descent", _climb(update=lambda psi, step, i: psi - step),
                "You walk downhill: psi + step_size · gradient climbs."),
            M("gradient_sign", _climb(gradient=_gradient(change=lambda seen, model: model - seen)),
                _SIGN),
            M("all_causal", _climb(gradient=_gradient(visits=_causal_visits), likelihood=lambda mdp, f, psi, d, l2: _minus(_causal_log_Z)(mdp, f, psi, d)),
                "This is the causal model, which comes next. Here L has log Z in it."),
            M("l2_sign", _climb(pull=lambda psi, l2: l2 * psi),
                "Your penalty pushes psi away from 0. Its gradient is −l2 · psi."),
            M("l2_ignored", _climb(pull=lambda psi, l2: 0.0),
                "The penalty is missing from the step: its gradient is −l2 · psi."),
            M("l2_doubled", _climb(pull=lambda psi, l2: -2 * l2 * psi),
                "Your penalty pulls twice as hard: the gradient of l2/2 |psi|² is l2 · psi, without a 2."),
            M("l2_halved", _climb(pull=lambda psi, l2: -l2 / 2 * psi),
                "Your penalty pulls half as hard: the gradient of l2/2 |psi|² is l2 · psi."),
            M("l2_value", _climb(pull=lambda psi, l2: -l2 / 2 * psi @ psi),
                "You take the penalty itself off the gradient. *Its* gradient is l2 · psi, one entry for each feature."),
            M("l2_squares", _climb(pull=lambda psi, l2: -l2 / 2 * psi**2),
                "You take squares off the gradient. The gradient of l2/2 |psi|² is l2 · psi."),
            M("l2_constant", _climb(pull=lambda psi, l2: -l2),
                "You take l2 off every entry. The gradient of l2/2 |psi|² is l2 · psi."),
            M("l1", _climb(pull=lambda psi, l2: -l2 * np.sign(psi)),
                "Your pull has the same size for every psi: that is the gradient of |psi|. Of l2/2 |psi|² it is l2 · psi."),
            M("l2_not_scaled", _unscaled_pull,
                "Your penalty is not multiplied by the step size: it belongs to the gradient."),
            M("l2_over_n", lambda mdp, f, d, l2, size, n: maxent_irl(mdp, f, d, l2 / d.n_demos, size, n),
                "You divide the penalty by N. L is a mean already, and the penalty is l2/2 |psi|² as it is."),
            M("from_ones", _climb(start=1.0),
                "You start at psi = 1. The ascent starts at psi = 0, where all trajectories earn the same."),
            M("step_over_n", lambda mdp, f, d, l2, size, n: maxent_irl(mdp, f, d, l2, size / d.n_demos, n),
                "Your steps are N times too short: L is a mean over the demonstrations already."),
            M("step_times_n", lambda mdp, f, d, l2, size, n: _ascend(mdp, f, d, l2, size, n, gradient=lambda *args: maxent_gradient(*args) * d.n_demos),
                "Your gradient is a sum over the demonstrations. L is their mean: divide by N."),
            M("no_step_size", _asked(lambda l2, size, n: (l2, 1.0, n)),
                "`step_size` plays no part in yours: psi + step_size · gradient."),
            M("step_decays", _climb(update=lambda psi, step, i: psi + step / (i + 1)),
                "Your steps get shorter. `step_size` is the same for all."),
            M("step_decays_slowly", _climb(update=lambda psi, step, i: psi + step / np.sqrt(i + 1)),
                "Your steps get shorter. `step_size` is the same for all."),
            M("unit_step", _climb(gradient=lambda *args: (lambda g: g / np.linalg.norm(g))(maxent_gradient(*args))),
                "You make the gradient one long. Near the top it should get shorter, so that psi settles."),
            M("psi_normalised", _climb(update=lambda psi, step, i: (lambda p: p / np.linalg.norm(p))(psi + step)),
                "You make psi one long at each step. Here its length has a meaning: how sure of itself the expert is."),
            M("psi_normalised_at_the_end", _reordered(lambda psi, lls, *_: (psi / np.linalg.norm(psi), lls)),
                "You make psi one long at the end. Its length has a meaning here: how sure of itself the expert is."),
            M("positive", _climb(update=lambda psi, step, i: np.maximum(psi + step, 0.0)),
                "You keep psi from being negative. Features may be bad: let psi have both signs."),
            M("exponentiated", _climb(start=1.0, update=lambda psi, step, i: psi * np.exp(step)),
                "You multiply psi by exp(step): that is exponentiated gradient, and keeps psi positive. Here the step is added, from psi = 0."),
            M("always_first", _always_first,
                "You use the gradient of the start all the time. It changes with psi: compute it anew in the loop."),
            M("one_step_more", _asked(lambda l2, size, n: (l2, size, n + 1)),
                "You take n_steps + 1 steps. There is one more *likelihood* than steps, as the last is at the end."),
            M("one_psi_more", lambda *args: (_path(*args[:5], args[5] + 1)[-1], maxent_irl(*args)[1]),
                "You take n_steps + 1 steps, one for each likelihood. The last likelihood comes after the last step."),
            M("one_step_less", _asked(lambda l2, size, n: (l2, size, n - 1)),
                "You take n_steps − 1 steps. `range(n_steps)` has n_steps."),
            M("last_but_one", lambda *args: (_path(*args)[-2], maxent_irl(*args)[1]),
                "The psi you return is one step old."),
            M("averaged", lambda *args: (_path(*args).mean(axis=0), maxent_irl(*args)[1]),
                "You average psi over the way. Return the last."),
            M("path", lambda *args: (_path(*args), maxent_irl(*args)[1]),
                "You return the whole way. psi is its last point, shape (K,)."),
            M("momentum", _momentum,
                "Your steps have momentum. Plain ascent is asked: psi + step_size · gradient, and nothing remembered."),
            M("penalised", _climb(likelihood=lambda mdp, f, psi, d, l2: (demo_log_likelihood(mdp, f, psi, d) - l2 / 2 * psi @ psi)),
                "Your likelihoods have the penalty inside. Report L(psi) alone: the data's part."),
            M("penalised_without_half", _climb(likelihood=lambda mdp, f, psi, d, l2: (demo_log_likelihood(mdp, f, psi, d) - l2 * psi @ psi)),
                "Your likelihoods have the penalty inside. Report L(psi) alone: the data's part."),
            M("penalty_added", _climb(likelihood=lambda mdp, f, psi, d, l2: (demo_log_likelihood(mdp, f, psi, d) + l2 / 2 * psi @ psi)),
                "Your likelihoods have the penalty inside. Report L(psi) alone: the data's part."),
            M("negative", _reordered(lambda psi, lls, *_: (psi, -lls)),
                "You report −L. The log-likelihood itself should grow on the way."),
            M("without_log_Z", _climb(likelihood=lambda mdp, f, psi, d, l2: _earned(f, psi, d)),
                "You report the demonstrations' reward. log Z is missing from L."),
            M("causal_likelihood", _climb(likelihood=lambda mdp, f, psi, d, l2: _minus(_causal_log_Z)(mdp, f, psi, d)),
                "Your likelihoods have V_0 of the causal model in them, where log Z belongs."),
            M("times_n", _climb(likelihood=lambda mdp, f, psi, d, l2: (demo_log_likelihood(mdp, f, psi, d) * d.n_demos)),
                COUNTS["not_divided"][1]),
            M("before_only", _reordered(lambda psi, lls, *_: (psi, lls[:-1])),
                "One likelihood is missing. There are n_steps + 1: one before each step, the first at psi = 0, and one at the psi you return."),
            M("last_twice", _reordered(lambda psi, lls, *_: (psi, np.append(lls[:-1], lls[-2]))),
                "Your last likelihood is that before the last step. Compute it once more, at the psi you return."),
            M("zero_first", _reordered(lambda psi, lls, *_: (psi, np.append(0.0, lls[1:]))),
                "Your first likelihood is 0. At psi = 0 it is −log Z, and there Z = A^T: L = −T log A."),
            M("zero_last", _reordered(lambda psi, lls, *_: (psi, np.append(lls[:-1], 0.0))),
                "The last likelihood is never filled in: compute it at the psi you return."),
            M("final_only", _reordered(lambda psi, lls, *_: (psi, lls[-1:])),
                "You report one likelihood. Keep them all: before each step, and at the end."),
            M("backwards", _reordered(lambda psi, lls, *_: (psi, lls[::-1])),
                "Your likelihoods are in reverse: the first is at psi = 0."),
            M("order", _reordered(lambda psi, lls, *_: (lls, psi)),
                "psi and the likelihoods have changed places: psi comes first."),
            M("overflow", _overflowing, LOG_Z["overflow"][1]),
            *_each(VISITS, lambda visits: _climb(gradient=_gradient(visits=visits)), skip="without_Z uniform"),
            *_each(COUNTS, lambda counts: _climb(gradient=_gradient(counts=counts), likelihood=lambda mdp, f, psi, d, l2: _with(counts)(mdp, f, psi, d))),
            M("one_by_one", _one_by_one, "Each of your steps looks at one demonstration. The gradient is their mean, at every step."),
            M("pulled_after", _pulled_after, "Your penalty pulls where the step has led. Both parts of the gradient belong to the same psi: psi + step_size · (gradient − l2 · psi)."),
            M("reported_late", _reordered(lambda psi, lls, *_: (psi, np.append(lls[1:], lls[-1]))), "You report after each step, and the last twice. The first is at psi = 0, before any step."),
        ),
        hints=(
            "You have the gradient. Which way does psi walk, where does it start, and what does the penalty add to the gradient?",
            "From `psi = np.zeros(K)`, n_steps times: note down L(psi), then `psi = psi + step_size * (maxent_gradient(...) - l2 * "
            "psi)`. At the end note down L once more. The penalty steers, and is not in the reported L.",
            "`psi, found = np.zeros(features.shape[2]), []`; `for _ in range(n_steps):` append `demo_log_likelihood(mdp, features, psi, "
            "demos)` and set `psi = psi + step_size * (maxent_gradient(mdp, features, psi, demos) - l2 * psi)`. Append L of the final "
            "psi, and return `psi, np.array(found)`.",
        ),
    ),
    Exercise(
        name="causal_maxent_irl",
        title="A fit without luck",
        reference=causal_maxent_irl,
        form=Maximiser(),
        problems=_causal_problems,
        parts=(
            Part("without noise, from one start", 1, _maximal("sure")),
            Part("with noise", 2, _maximal("noisy")),
            Part("as close as tol asks", 1, _maximal("exact")),
        ),
        misconceptions=(
            *_each(CAUSAL, lambda visits: _balanced(visits=visits)),
            *_each(COUNTS, lambda counts: _balanced(counts=counts)),
            *_each(PULLS, lambda pull: _balanced(pull=pull)),
            M("discounted", _balanced(counts=_discounted_counts, visits=_visits_discounted), _NO_DISCOUNT),
            M("choices", _by_choices, "You fit the actions *given the states*: their likelihood under the policy. Here the feature counts of whole trajectories are matched, as they come out on average from p(s_0)."),
            M("value_of_trajectories", _found(model=_mixed(_trajectory_model, _causal_model)),
                "Your objective has log Z in it, and the gradient is the causal model's: they do not belong together. The value is "
                "Σ p(s_0) V_0(s_0)."),
            M("slope_of_trajectories", _found(model=_mixed(_causal_model, _trajectory_model)),
                _SLOPE_OF_TRAJECTORIES),
            M("slope_turned", _found(slope=lambda g: -g),
                "The gradient has the wrong sign for its objective, so that the search stops where it starts. `minimize` wants −objective *and* −gradient."),
            M("turned", lambda mdp, f, d, l2, tol: -causal_maxent_irl(mdp, f, d, l2, tol),
                "Every weight has the wrong sign: you fit a *cost*. The reward is +psi.f."),
            M("minimised", _minimised,
                "psi runs away, as nothing holds it back. Is it a sign? `minimize` wants −objective and −gradient, and the penalty is taken "
                "*off* the objective: −l2/2 |psi|²."),
            M("l2_sign", _found(penalty=lambda psi, l2: _half_square(psi, -l2)),
                "Your penalty rewards a large psi. It is taken off: −l2/2 |psi|²."),
            M("l2_not_in_value", _found(penalty=lambda psi, l2: (0.0, l2 * psi)),
                "The penalty is in your gradient and not in the objective: the search trusts neither. It belongs in both."),
            M("l2_not_in_slope", _found(penalty=lambda psi, l2: (0.5 * l2 * psi @ psi, 0.0 * psi)),
                "The penalty is in your objective and not in the gradient: the search trusts neither. It belongs in both."),
            M("l2_slope_sign", _found(penalty=lambda psi, l2: (0.5 * l2 * psi @ psi, -l2 * psi)),
                "The penalty's gradient has the wrong sign: of −l2/2 |psi|² it is −l2 · psi."),
            M("demo_start_in_value", _found(model=lambda mdp, r, d: (_causal_model(_demo_start(mdp, d), r, d)[0], _causal_model(mdp, r, d)[1])),
                "V_0 is weighed with the demonstrations' starts, and the visits begin with p(s_0). Both begin with `mdp.initial_dist`."),
            M("V0_mean", _found(model=_V0(lambda V, mdp: V.mean())),
                "You average V_0 over all states alike. Its weights are p(s_0): `mdp.initial_dist @ V[0]`."),
            M("V0_sum", _found(model=_V0(lambda V, mdp: V.sum())),
                "You add up V_0 of all states. Its weights are p(s_0): `mdp.initial_dist @ V[0]`."),
            M("V0_of_state_0", _found(model=_V0(lambda V, mdp: V[0])),
                "You take V_0 of state 0. It is weighed by the starts: `mdp.initial_dist @ V[0]`."),
            M("V0_log_sum", _found(model=_V0(lambda V, mdp: _log_sum(_log(mdp.initial_dist) + V, 0))),
                "You take log Σ p(s_0) exp V_0: luck with the start. In the causal model nobody chooses it: Σ p(s_0) V_0(s_0)."),
            M("V0_missing", _found(model=_V0(lambda V, mdp: 0.0)),
                "V_0 is missing from your objective: without it nothing holds psi back, and value and gradient part."),
            M("unit_length", _then_psi(lambda psi, *_: psi / max(np.linalg.norm(psi), 1e-12)),
                "You make psi one long. Its length has a meaning here: how sure of itself the expert is."),
            M("positive", _positive,
                "You keep psi from being negative. Features may be bad: no bounds."),
            M("first_step", _one_step,
                "You stop after one step. Go on until no entry of the gradient is larger than `tol`."),
            M("default_stop", _plainly(), _STOP),
            M("tol_as_tol", _plainly(tol="tol"), _STOP),
            M("default_bfgs", _plainly("BFGS"), _STOP),
            M("gtol_alone", _plainly(gtol="tol"), _STOP),
            *(
                M(f"stopped_after_{n}", _found(stop={"maxiter": n, "gtol": 0.0, "ftol": 0.0}), "You stop after a fixed, small number of iterations. `tol` says when it is enough: no entry of the gradient is larger.")
                for n in (3, 5)
            ),
        ),
        hints=(
            "It is a concave function of K numbers, and you can compute its value and its gradient. SciPy climbs it, or rather: goes down "
            "its negative.",
            "V, _, pi = `soft_value_iteration(mdp, features @ psi, demos.horizon)` gives both: the value psi.f_demos − Σ p(s_0) V_0(s_0) − "
            "l2/2 |psi|², and with `expected_visits` of pi in the real world the gradient f_demos − E[f] − l2 psi.",
            'Let `loss(psi)` return (−value, −gradient), and call `minimize(loss, np.zeros(K), jac=True, method="L-BFGS-B", '
            'options={"gtol": tol, "ftol": 0})`; return its `.x`. Without `ftol=0` it also stops where the value hardly changes, '
            "which may be far from `tol`.",
        ),
        errors={f"ValueError: is {what}": _MINUS for what in ("nan", "inf", "-inf")},
        endless="Does psi run away? `minimize` goes down: it wants −value and −slope. A search by fixed steps may swing for ever, too: "
        "L-BFGS chooses its own.",
    ),
]
# fmt: on

QUIZZES = (
    Quiz(
        "what-log-z-is-for",
        "A friend's program maximises the demonstrations' mean reward, without log Z, and holds psi to |psi| ≤ 1 so that it "
        "cannot run off. What does it find?",
        (
            Option(
                "The same direction as maximum entropy, only scaled to length 1: what is liked stays liked",
                "That would need the model's expectation to point where the counts point. It does not: a "
                "count says nothing until it is compared with what *all* drives would show.",
            ),
            Option(
                "psi along the demonstrations' mean counts: whatever they did often, it likes",
                "A linear function on a ball is largest along its own slope, and the slope is the counts alone. Our drivers "
                "would want to spend their days before the goal, and even mud would be good: two of three go through it.",
                right=True,
            ),
            Option(
                "psi = 0, as nothing is compared with anything",
                "At 0 the demonstrations earn 0, and as soon as one count is positive, paying for it earns more.",
            ),
            Option(
                "The reward of the most probable drive",
                "Probable compared with which others? To know how probable a drive is one needs the sum over all.",
            ),
        ),
    ),
    Quiz(
        "too-little-park",
        "In the middle of a climb the model expects 5 steps in the park; the drivers show 3.5. What is the next step of the "
        "gradient?",
        (
            Option(
                "Raise the park's psi, until the model sees as much of it as the drivers",
                "A higher psi makes the park more attractive, and the model would see still more of it.",
            ),
            Option(
                "Lower the park's psi",
                "The slope is 3.5 − 5 = −1.5. The model likes the park more than the drivers do.",
                right=True,
            ),
            Option(
                "Leave the park as it is and change mud, which the drives avoid",
                "Each entry of the slope belongs to its own feature. Mud may need a correction as well, but the park's own "
                "mismatch is what moves the park's psi.",
            ),
            Option(
                "It depends on how large log Z is",
                "log Z says how high you are, not which way is up. Its slope is in the 5 already.",
            ),
        ),
    ),
    Quiz(
        "the-careful-who-fall",
        "On ice, careful people fall now and then. You fit the trajectory model to them, and in its own belief the features "
        "match exactly. Why is that no comfort?",
        (
            Option(
                "The climb has stopped too early",
                "Matching features mean a slope of 0. It has arrived, at the top of its own L.",
            ),
            Option(
                "There were too few demonstrations: with enough of them psi of a fall would come out right",
                "With a million lives psi of a fall stays as wrong: it is the model that is off, not the sample.",
            ),
            Option(
                "In its belief one slips only if one does not mind, so falls look half wanted",
                "It weighs luck by reward as well. Bad luck that happens often can then only mean that a fall is not so bad, "
                "and whoever acts on that in the real world falls more often.",
                right=True,
            ),
            Option(
                "A match never says anything about a reward",
                "In the right model it does: there a match is the top of the likelihood, and the most that data can say.",
            ),
        ),
    ),
    Quiz(
        "which-of-the-matching",
        "Two distributions over routes have exactly the demonstrations' mean features. One is a mixture of three routes, the "
        "other is the maximum entropy model. A new driver takes a fourth route. What do they say?",
        (
            Option(
                "Impossible, says the mixture; the model gives it e to the power of its reward, over Z",
                "Equal means, different promises. The model excludes nothing that the features do not exclude.",
                right=True,
            ),
            Option(
                "The same, since no linear reward tells them apart: whatever psi is, the two earn equally much",
                "That is true of what they *earn*. How probable single routes are is another matter.",
            ),
            Option(
                "Both call it impossible: it is not among the demonstrations",
                "The model has never kept a list of the demonstrations. It has kept their mean features.",
            ),
            Option(
                "The mixture is surer of itself, so its answer is the better one",
                "It is surer, on the same evidence. That is exactly what most entropy avoids.",
            ),
        ),
    ),
)
