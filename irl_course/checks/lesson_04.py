"""Checks of lesson 04: the reward that sets an expert apart, and every part of its program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Array, Number, Policy, Several, WrongForm, number
from irl_course.checks.problems import noisy_world, random_policy, size, sure_world, worlds
from irl_course.checks.quiz import Option, Quiz
from irl_course.inverse import max_margin as course
from irl_course.mdp import MDP, sample_demos

# --- programs ------------------------------------------------------------------------------


def _minimise(
    sizes: np.ndarray,
    prices: np.ndarray,
    rows: np.ndarray,
    least: np.ndarray,
    length: tuple[int, int] | None = None,
) -> np.ndarray | None:
    """min sum_j sizes_j x_j^2 / 2 + prices_j x_j subject to rows @ x >= least.

    By one of cvxpy's solvers without cvxpy, which takes twenty times as long for programs of this
    size: a check solves many, for the mistakes that it knows. `length` (k, j) asks that the length
    of the first k unknowns be at most unknown j. None if there is no solution.
    """
    import clarabel

    n = len(prices)
    cones, A, b = [clarabel.NonnegativeConeT(len(least))], [-rows], [-least]
    if length is not None:
        k, j = length
        cones.append(clarabel.SecondOrderConeT(k + 1))
        A += [-np.eye(1, n, j), -np.eye(k, n)]
        b.append(np.zeros(k + 1))
    squares = sparse.diags(np.asarray(sizes, float), format="csc")
    linear, A, b = np.asarray(prices, float), sparse.csc_matrix(np.vstack(A)), np.concatenate(b)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    for tol in (1e-10, 1e-8):
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tol
        found = clarabel.DefaultSolver(squares, linear, A, b, cones, settings).solve()
        if str(found.status) == "Solved":
            return np.array(found.x)
        if "Infeasible" in str(found.status):  # itself or, where it is unbounded, its dual
            return None
    return None


def _widest(gaps: np.ndarray, positive: bool = False) -> np.ndarray:
    """The psi of length 1 with the largest smallest margin; 0 if none is above 0."""
    psi = _shortest(gaps, positive)
    return np.zeros(gaps.shape[1]) if psi is None else _unit(psi)


def _widest_within(gaps: np.ndarray, rows: np.ndarray, least: np.ndarray) -> np.ndarray:
    """psi with the largest smallest margin among those with rows @ psi >= least."""
    M, K = gaps.shape
    above = np.vstack(
        [np.hstack([gaps, -np.ones((M, 1))]), np.hstack([rows, np.zeros((len(rows), 1))])]
    )
    largest = -np.eye(K + 1)[K]
    return _minimise(np.zeros(K + 1), largest, above, np.append(np.zeros(M), least))[:K]


def _shortest(gaps: np.ndarray, positive: bool = False) -> np.ndarray | None:
    """The shortest psi with gaps @ psi >= 1, and perhaps psi >= 0."""
    M, K = gaps.shape
    rows = np.vstack([gaps, np.eye(K)]) if positive else gaps
    least = np.append(np.ones(M), np.zeros(len(rows) - M))
    return _minimise(np.ones(K), np.zeros(K), rows, least)


def _cheapest(
    gaps: np.ndarray,
    asked: np.ndarray,
    price: float,
    owed: np.ndarray,
    *,
    size: float = 1.0,
    squared: bool = False,
    free: bool = False,
    positive: bool = False,
    highest: float = np.inf,
    length: bool = False,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """min size |psi|^2 / 2 + price * sum(slack) subject to gaps @ psi + owed @ slack >= asked, slack >= 0.

    Slips by keyword: the price of squares, slack free to be negative or bounded above, psi
    at least 0, and the length of psi in place of its square.
    """
    K, n = gaps.shape[1], owed.shape[1]
    extra = int(length)  # one more unknown, the length
    above, least = [np.hstack([gaps, owed])], [asked]
    for sign, bound in ((1.0, -np.inf if free else 0.0), (-1.0, -highest)):
        if np.isfinite(bound):
            above.append(sign * np.eye(n, K + n, K))
            least.append(np.full(n, bound))
    if positive:
        above.append(np.eye(K, K + n))
        least.append(np.zeros(K))
    rows = np.hstack([np.vstack(above), np.zeros((sum(map(len, least)), extra))])
    sizes = np.repeat([size * (1 - extra), 2.0 * price * squared, 0.0], [K, n, extra])
    prices = np.repeat([0.0, price * (not squared), size], [K, n, extra])
    held = (K, K + n) if length else None
    found = _minimise(sizes, prices, rows, np.concatenate(least), held)
    return (None, None) if found is None else (found[:K], found[K : K + n])


def _of_each(gaps: np.ndarray) -> np.ndarray:
    """One slack for each other policy."""
    return np.eye(len(gaps))


def _of_all(gaps: np.ndarray) -> np.ndarray:
    """One slack for all of them."""
    return np.ones((len(gaps), 1))


# --- the course's own answers --------------------------------------------------------------


def max_margin_planning(
    mdp: MDP,
    features: np.ndarray,
    demos_occupancy: np.ndarray,
    loss: np.ndarray,
    C: float,
    tol: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The structured margin over all policies, by cutting planes: psi, and the policies it took.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: f(s, a), shape (S, A, K).
        demos_occupancy: discounted visits of the demonstrations, shape (S, A).
        loss: what a visit adds to the margin asked, shape (S, A).
        C: price of a unit of slack.
        tol: largest violation left, in units of the loss.

    Returns:
        psi, shape (K,), and the policies found, shape (M, S, A).
    """
    psi, found = course.max_margin_planning(mdp, features, demos_occupancy, loss, C, tol)
    return psi, found.policies


# --- forms ---------------------------------------------------------------------------------

_NO_ANSWER = (
    "is a `return` missing, or did the program have no answer? `problem.status` says so: *unbounded* means that the "
    "objective can be improved for ever, *infeasible* that the constraints contradict each other."
)


def _solved(name: str, value: Any) -> Any:
    """A value that came from a solver; what cvxpy has lying beside it is named."""
    if value is None:
        raise WrongForm(f"{name} is None: {_NO_ANSWER}")
    if type(value).__module__.startswith("cvxpy"):
        raise WrongForm(
            f"{name} is still cvxpy's expression; after `solve()` its numbers are in its `.value`."
        )
    return value


class Weights(Array):
    """What a solver found for psi: compared as loosely as solvers differ, whatever its size."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the numbers."""
        if isinstance(_solved(self.name, value), (float, np.floating)):
            raise WrongForm(
                f"{self.name} is one number: `solve()` returns the objective. The solution is in `psi.value`."
            )
        return super().read(value, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two solutions are the same for any solver."""
        return np.shape(value) == np.shape(other) and not _differ(value, other)


def _differ(value: np.ndarray | None, other: np.ndarray | None, share: float = 0.01) -> bool:
    """Whether two weight vectors differ by more than solvers do."""
    if value is None or other is None:
        return value is not other
    longest = max(np.linalg.norm(value), np.linalg.norm(other))
    return bool(np.linalg.norm(np.subtract(value, other)) > share * longest + 1e-4)


class Slacks(Array):
    """A solver's slacks, in units of the margin."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read the numbers."""
        return super().read(_solved(self.name, value), expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two solutions are the same for any solver."""
        return np.shape(value) == np.shape(other) and _near(value, other)


class Amount(Number):
    """A solver's number: a margin or a slack. An array of one entry is as good."""

    def read(self, value: Any, expected: float) -> np.ndarray:
        """Read the number; a program without answer has None or an infinite one."""
        if isinstance(value, (float, np.floating)) and np.isinf(value):
            value = None
        value = _solved(self.name, value)
        if isinstance(value, np.ndarray) and value.shape == (1,):
            value = value[0]
        return super().read(value, expected)

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it: a number, where it is an array of one."""
        return value[0] if isinstance(value, np.ndarray) and value.shape == (1,) else value

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two numbers are the same for any solver."""
        return _near(value, other)


def _near(value: np.ndarray, other: np.ndarray, share: float = 0.01) -> bool:
    """Whether amounts agree as closely as solvers do."""
    scale = max(np.max(np.abs(value), initial=0.0), np.max(np.abs(other), initial=0.0))
    return bool(np.all(np.abs(np.subtract(value, other)) <= share * scale + 1e-3))


class Policies(Policy):
    """As many policies as were found; none at all is an empty list."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Read them; which ones they are is the law's affair."""
        S, A = np.shape(expected)[1:]
        if isinstance(value, (list, tuple, np.ndarray)) and np.size(value) == 0:
            return np.zeros((0, S, A))
        array = value if isinstance(value, np.ndarray) else _stacked(value)
        if isinstance(array, np.ndarray):
            if array.shape[1:] == (S,) and array.dtype.kind in "iu":
                raise WrongForm(
                    f"{self.name} has one action number per state; give one *probability per action*: shape (M, {S}, {A})."
                )
            if array.shape == (S, A):
                raise WrongForm(
                    f"{self.name} is one policy; return all that were found as constraints, shape (M, {S}, {A})."
                )
            if array.ndim == 3 and len(array) > 5_000:
                raise WrongForm(f"{self.name} has {len(array)} policies; a handful is enough.")
            if array.ndim == 3:
                expected = np.broadcast_to(1 / A, (len(array), S, A))
        return super().read(array, expected)

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Which policies a loop finds depends on ties: only none, one and several differ."""
        return min(len(value), 2) == min(len(other), 2)


def _stacked(value: Any) -> Any:
    """A list of policies as one array, if it is one."""
    try:
        return np.asarray(value) if isinstance(value, (list, tuple)) else value
    except ValueError:
        return value


# --- problems ------------------------------------------------------------------------------


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n != 1 else f"{n} {what.removesuffix('s')}"


def _sizes(others: np.ndarray) -> str:
    M, K = others.shape
    return f"{_count(K, 'features')}, {_count(M, 'others')}"


def _ahead(
    rng: np.random.Generator, n_features: int, n_others: int, scale: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """An expert that some reward sets apart, with a margin that no solver overlooks.

    The reward wants some features and shuns others, and is held by several policies: neither the
    nearest nor the average of them gives it away. No feature is best in the expert alone.
    """
    while True:
        others = rng.normal(size=(n_others, n_features))
        direction = _unit(rng.normal(size=n_features))
        expert = 0.5 * rng.normal(size=n_features)
        lead = (others @ direction).max() - expert @ direction
        expert = expert + direction * (lead + rng.uniform(0.5, 1.5))
        if n_others == 1 or _clear(expert - others):
            level = rng.uniform(2.0, 4.0, size=n_features)  # as if summed up over time
            return scale * (expert + level), scale * (others + level)


def _clear(gaps: np.ndarray) -> bool:
    """Whether easier ideas of the best direction are clearly worse than the best."""
    psi = _widest(gaps)
    margin = (gaps @ psi).min()
    easier = (_unit(gaps[_nearest(gaps)]), _unit(gaps.mean(axis=0)))
    behind = all((gaps @ other).min() < 0.95 * margin for other in easier)
    return behind and margin > 0.4 and psi.min() < -0.25 and psi.max() > 0.25


def _modest(rng: np.random.Generator, n_features: int, n_others: int) -> tuple:
    """An expert ahead of all others who has the most, or the least, of no feature."""
    while True:
        expert, others = _ahead(rng, n_features, n_others)
        if ((others.min(axis=0) < expert) & (expert < others.max(axis=0))).all():
            return expert, others


def _amid(
    rng: np.random.Generator, n_features: int, n_others: int, scale: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """An expert in the middle of the others: no reward sets it apart."""
    while True:
        others = rng.normal(size=(n_others, n_features))
        expert = rng.dirichlet(np.full(n_others, 2.0)) @ others
        if _shortest(expert - others) is None:
            level = rng.uniform(2.0, 4.0, size=n_features)
            return scale * (expert + level), scale * (others + level)


def _with_twins(drawn: tuple[np.ndarray, np.ndarray], copies: int) -> tuple:
    """The first of the others several times."""
    expert, others = drawn
    return expert, np.vstack([others, np.repeat(others[:1], copies, axis=0)])


def _with_expert(drawn: tuple[np.ndarray, np.ndarray]) -> tuple:
    """The expert among the others, too."""
    expert, others = drawn
    return expert, np.vstack([others, expert])


def _margin_problems(rng: np.random.Generator) -> list[Problem]:
    asked = [
        ("", _ahead(rng, 2, 3)),
        ("", _ahead(rng, 3, 1)),
        (", the expert in the middle of every feature", _modest(rng, 2, 5)),
        (", fewer others than features", _ahead(rng, 4, 2, 10.0)),
        (", some of them alike", _with_twins(_ahead(rng, 3, 4), 2)),
        (", features of size 100", _ahead(rng, 4, 6, 100.0)),
        (", features of size 0.1", _ahead(rng, 3, 5, 0.1)),
    ]
    return [Problem(f"{_sizes(args[1])}{said}", args) for said, args in asked]


def _priced(rng: np.random.Generator, draw: Callable[[], tuple], wrong: tuple) -> tuple:
    """A problem that tells these mistakes apart from the right psi."""
    while True:
        args = draw()
        right, *others = (answer(*args)[0] for answer in (_right_weights(args), *wrong))
        if all(_differ(psi, right, 0.1) for psi in others):
            return args


def _right_weights(args: tuple) -> Callable:
    """The right program for these arguments: `soft_margin`'s or `structured_margin`'s."""
    return _soft() if len(args) == 3 else _structured()


def _paid_for(args: tuple, psi: np.ndarray, total: Callable) -> float:
    """The objective of psi: its own size and the slack that it needs, added up or the largest."""
    return _cost(psi, args[-1], total(_needs(args, psi)))


def _soft_problems(rng: np.random.Generator) -> list[Problem]:
    slips = (
        _soft(size=2.0),
        _soft(squared=True),
        _soft_mean_price,
        _soft_swapped,
        _soft_fixed_price,
    )
    asked = [
        ("amid the others", _priced(rng, lambda: (*_amid(rng, 2, 3), 0.3), slips)),
        ("ahead of them", _priced(rng, lambda: (*_ahead(rng, 3, 5), 0.1), slips)),
        ("among them", (*_with_expert(_ahead(rng, 2, 3)), 2.0)),
        ("ahead, slack dear", (*_ahead(rng, 2, 5), 50.0)),
        ("ahead, slack cheap", (*_ahead(rng, 4, 3), 0.01)),
        ("one of the others three times", (*_with_twins(_amid(rng, 3, 5), 2), 0.5)),
        ("amid others, features of size 10", (*_amid(rng, 4, 6, 10.0), 0.01)),
        ("ahead, features of size 0.1", (*_ahead(rng, 3, 2, 0.1), 100.0)),
    ]
    return [Problem(f"{_sizes(args[1])}, C = {args[2]:g}, {said}", args) for said, args in asked]


def _dissimilar(rng: np.random.Generator, drawn: tuple, highest: float = 1.0) -> tuple:
    """Dissimilarities for others, 0 for the expert itself."""
    expert, others = drawn
    asked = rng.uniform(0.2, 1.0, size=len(others)) * highest
    asked[(others == expert).all(axis=1)] = 0.0
    return expert, others, asked


def _with_near_copy(rng: np.random.Generator, drawn: tuple) -> tuple:
    """One more policy, which acts nearly as the expert does and is asked for a small margin."""
    expert, others, asked = drawn
    copy = expert - 0.02 * (expert - others[0])
    return expert, np.vstack([others, copy]), np.append(asked, 0.03)


def _contested(rng: np.random.Generator, n_features: int, n_others: int, C: float) -> tuple:
    """An expert amid others of which several would need slacks, if each had one of its own."""
    while True:
        args = (*_dissimilar(rng, _amid(rng, n_features, n_others)), C)
        if (_slack_for_each(*args)[1] > 0.1).sum() > 1:
            return args


def _structured_problems(rng: np.random.Generator) -> list[Problem]:
    slips = (
        _structured(size=2.0), _structured(squared=True), _margin_one, _one_minus, _slack_for_each,
        _structured_fixed_price, _structured_swapped, _rescaled,
    )  # fmt: skip
    near = _with_near_copy(rng, _dissimilar(rng, _ahead(rng, 2, 3)))
    asked = [
        (
            "ahead of them",
            _priced(rng, lambda: (*_dissimilar(rng, _ahead(rng, 2, 3)), 0.3), slips),
        ),
        ("amid the others", _priced(rng, lambda: _contested(rng, 3, 5, 1.0), slips[:1])),
        ("among them", (*_dissimilar(rng, _with_expert(_ahead(rng, 2, 4))), 0.5)),
        ("a near copy among them", (*near, 20.0)),
        ("ahead, slack dear", (*_dissimilar(rng, _ahead(rng, 4, 5)), 50.0)),
        ("ahead, dissimilarities up to 10", (*_dissimilar(rng, _ahead(rng, 4, 6), 10.0), 3.0)),
        ("ahead, features of size 10", (*_dissimilar(rng, _ahead(rng, 3, 4, 10.0)), 0.01)),
        ("ahead, features of size 0.1", (*_dissimilar(rng, _ahead(rng, 3, 2, 0.1)), 60.0)),
    ]
    return [Problem(f"{_sizes(args[1])}, C = {args[3]:g}, {said}", args) for said, args in asked]


def _dissimilarity_problems(rng: np.random.Generator) -> list[Problem]:
    drawn = dict(zip(("sure", "noisy", "quick", "many", "patient"), worlds(rng), strict=True))
    asked = []

    def ask(said: str, key: str, expert_pi: np.ndarray, pi: np.ndarray) -> None:
        mdp = drawn[key][1]
        visits = planning.occupancy(mdp, expert_pi)
        asked.append(Problem(f"{size(mdp)}, {said}", (expert_pi, pi, visits)))

    first = _one_hot(rng, drawn["sure"][1])
    slipped = np.array(first)
    slipped[-1] = slipped[-1, ::-1]
    ask("another action in one state", "sure", first, slipped)
    for key in ("noisy", "many"):
        mdp = drawn[key][1]
        ask("two that draw their actions", key, random_policy(rng, mdp), random_policy(rng, mdp))
    same = random_policy(rng, drawn["quick"][1])
    ask("a random expert and itself", "quick", same, same)
    sure = _one_hot(rng, drawn["patient"][1])
    ask("one action in five at random", "patient", sure, 0.8 * sure + 0.2 / sure.shape[1])
    ask("no action in common", "patient", sure, np.roll(sure, 1, axis=1))
    other = 0.5 * sure + 0.5 * np.roll(sure, 1, axis=1)
    ask("a random expert and a sure policy", "patient", other, sure)
    asked.append(
        Problem("5 states, 3 actions, γ = 0.8, unlike where the expert never goes", _unseen(rng))
    )
    return asked


def _one_hot(rng: np.random.Generator, mdp: MDP) -> np.ndarray:
    """A deterministic policy that takes several actions."""
    while True:
        pi = np.eye(mdp.n_actions)[rng.integers(mdp.n_actions, size=mdp.n_states)]
        if (pi.sum(axis=0) > 0).sum() > 1:
            return pi


def _unseen(rng: np.random.Generator) -> tuple:
    """Policies that differ most in two states which nobody enters or starts in."""
    inner = noisy_world(rng, 3, 3, 0.8)
    P = np.zeros((5, 3, 5))
    P[:3, :, :3] = inner.P
    P[3:] = rng.dirichlet(np.ones(5), size=(2, 3))
    mdp = MDP(P, np.append(inner.initial_dist, [0.0, 0.0]), 0.8)
    expert_pi, pi = random_policy(rng, mdp), random_policy(rng, mdp)
    expert_pi[3:], pi[3:] = np.eye(3)[0], np.eye(3)[1]
    return expert_pi, pi, planning.occupancy(mdp, expert_pi)


def _violation_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for (label, mdp), n_features in zip(worlds(rng), (4, 4, 2, 3, 2), strict=True):
        last = {0.3: _impatient, 0.98: _unplanned}.get(mdp.gamma)  # the others hardly tell these
        slips = (*_PLANNED_WRONGLY, *([last] if last else []))
        asked.append(
            (label, _missed(rng, lambda m=mdp, k=n_features: _augmented(rng, m, k), slips))
        )
    mdp, features, psi, loss = asked[2][1]
    none = np.zeros_like(loss)
    asked += [
        (f"{size(mdp)}, no loss at all", (mdp, features, psi, none)),
        (f"{size(mdp)}, a loss far above the reward", (mdp, features, psi, 50.0 * loss)),
        (f"{size(mdp)}, psi = 0", (mdp, features, 0.0 * psi, loss)),
        (f"{size(mdp)}, a reward far above the loss", (mdp, features, 100.0 * psi, loss)),
        ("5 states, 4 actions, two of which are the same", _twin_actions(mdp, features, psi, loss)),
        ("6 states, 2 actions, γ = 0.9, a long way to what pays", _long_way(rng)),
    ]
    return [Problem(label, args) for label, args in asked]


def _augmented(rng: np.random.Generator, mdp: MDP, n_features: int) -> tuple:
    """Features, weights and a loss, 0 for one action in each state as if an expert took it."""
    features = rng.normal(size=(mdp.n_states, mdp.n_actions, n_features))
    loss = rng.uniform(0.5, 2.0, size=(mdp.n_states, mdp.n_actions))
    loss[_one_hot(rng, mdp) > 0] = 0.0
    return mdp, features, rng.normal(size=n_features), loss


def _long_way(rng: np.random.Generator) -> tuple:
    """A street of six states whose end pays psi; to stay costs the loss, which is paid at once."""
    P, states = np.zeros((6, 2, 6)), np.arange(6)
    P[states, 0, states] = 1.0
    P[states, 1, states] = 0.2
    P[states, 1, np.minimum(states + 1, 5)] += 0.8
    psi = _unit(rng.normal(size=3))
    features = 0.02 * rng.normal(size=(6, 2, 3))
    features[5] += 2.0 * psi
    loss = np.zeros((6, 2))
    loss[:5, 0] = 0.2
    return MDP(P, np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05]), 0.9), features, psi, loss


def _missed(rng: np.random.Generator, draw: Callable[[], tuple], wrong: tuple) -> tuple:
    """A problem whose best policy these mistakes miss by a good part of what there is to win."""
    while True:
        args = draw()
        if all(_short_of_best(args, answer(*args)) > 0.03 * _span(*args) for answer in wrong):
            return args


def _augmented_reward(features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> np.ndarray:
    return features @ psi + loss


def _short_of_best(args: tuple, pi: np.ndarray) -> float:
    """By how much a policy misses the largest loss-augmented return."""
    mdp, reward = args[0], _augmented_reward(*args[1:])
    best = planning.policy_iteration(mdp, reward)[0]
    return float(mdp.initial_dist @ best - planning.expected_return(mdp, reward, pi))


def _span(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> float:
    """From the smallest to the largest loss-augmented return."""
    reward = _augmented_reward(features, psi, loss)
    best, worst = (planning.policy_iteration(mdp, sign * reward)[0] for sign in (1.0, -1.0))
    return float(mdp.initial_dist @ (best + worst))


def _twin_actions(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> tuple:
    """The same world with one action twice in every state: several policies are best."""
    best = planning.policy_iteration(mdp, _augmented_reward(features, psi, loss))[1].argmax(axis=1)
    states = np.arange(mdp.n_states)
    P = np.concatenate([mdp.P, mdp.P[states, best][:, None]], axis=1)
    features = np.concatenate([features, features[states, best][:, None]], axis=1)
    return mdp.replace(P=P), features, psi, np.hstack([loss, loss[states, best][:, None]])


def _planning_problems(rng: np.random.Generator) -> list[Problem]:
    asked = [
        (
            "an expert with tastes of its own",
            _unreached(lambda: _drive(rng, noisy_world(rng, 3, 2, 0.6), 4, 1.0, 1e-3)),
        ),
        ("no noise", _unreached(lambda: _drive(rng, sure_world(rng, 4, 3, 0.8), 2, 0.3, 1e-3))),
        (
            "an expert after these features",
            _busy(lambda: _drive(rng, noisy_world(rng, 5, 2, 0.7), 3, 20.0, 1e-3, 0.0)),
        ),
        (
            "an expert that wavers",
            _busy(lambda: _waverer(rng, noisy_world(rng, 5, 3, 0.8), 2, 1.0, 1e-3)),
        ),
        ("slack cheap", _busy(lambda: _drive(rng, noisy_world(rng, 6, 3, 0.9), 2, 0.05, 1e-3))),
        (
            "a few short demonstrations",
            _busy(lambda: _sampled(rng, noisy_world(rng, 6, 2, 0.8), 3, 1.0, 1e-3)),
        ),
    ]
    return [
        Problem(f"{size(args[0])}, C = {args[4]:g}, tol = {args[5]:g}, {said}", args)
        for said, args in asked
    ]


def _busy(draw: Callable[[], tuple]) -> tuple:
    """A problem that takes several policies."""
    while True:
        args = draw()
        if len(_cutting(*args)[1]) > 4:
            return args


def _drive(
    rng: np.random.Generator,
    mdp: MDP,
    n_features: int,
    C: float,
    tol: float,
    own_taste: float = 1.0,
) -> tuple:
    """A deterministic expert with tastes that the features may not quite express; losses of several sizes."""
    S, A = mdp.n_states, mdp.n_actions
    features = rng.normal(size=(S, A, n_features))
    taste = features @ rng.normal(size=n_features) + own_taste * rng.normal(size=(S, A))
    visits = planning.occupancy(mdp, planning.policy_iteration(mdp, taste)[1])
    loss = rng.uniform(0.5, 2.0, size=(S, A)) * (visits == 0)
    return mdp, features, visits, loss, C, tol


def _waverer(rng: np.random.Generator, mdp: MDP, n_features: int, C: float, tol: float) -> tuple:
    """An expert that draws one of two actions in each state; neither costs a loss."""
    _, features, visits, loss, *_ = _drive(rng, mdp, n_features, C, tol)
    first = (visits > 0).argmax(axis=1)
    second = (first + 1) % mdp.n_actions
    pi = 0.7 * np.eye(mdp.n_actions)[first] + 0.3 * np.eye(mdp.n_actions)[second]
    return mdp, features, planning.occupancy(mdp, pi), loss * (pi == 0), C, tol


def _sampled(rng: np.random.Generator, mdp: MDP, n_features: int, C: float, tol: float) -> tuple:
    """Visits counted in a few demonstrations that break off: they sum to less than 1 / (1 - gamma)."""
    _, features, visits, loss, *_ = _drive(rng, mdp, n_features, C, tol)
    pi = np.eye(mdp.n_actions)[(visits > 0).argmax(axis=1)]
    demos, seen = sample_demos(mdp, pi, 3, 12, rng), np.zeros_like(visits)
    weights = np.broadcast_to(mdp.gamma ** np.arange(12) / 3, demos.actions.shape)
    np.add.at(seen, (demos.states[:, :-1], demos.actions), weights)
    return mdp, features, seen, loss, C, tol


def _unreached(draw: Callable[[], tuple]) -> tuple:
    """A problem on which the usual mistakes end far from the best objective."""
    while True:
        args = _busy(draw)
        right, best = _optimum(args)
        found = [answer(*args)[0] for answer in _CUT_WRONGLY]
        if all(
            _cost(psi, args[4], _needed(args, psi)) > best + 4 * _room(args, right) for psi in found
        ):
            return args


# --- laws ----------------------------------------------------------------------------------

# Of a margin, a length or an objective: solvers at their defaults leave less, and no registered
# mistake comes near it (tested).
_LOOSE = 0.005


def _nearest(gaps: np.ndarray, psi: np.ndarray | None = None) -> int:
    """Which of the others is nearest to the expert: in all features, or in what psi pays."""
    return int(np.argmin(np.linalg.norm(gaps, axis=1) if psi is None else gaps @ psi))


def _lead(gaps: np.ndarray, psi: np.ndarray) -> str:
    """By how much the expert is ahead of the nearest other, in words."""
    i = _nearest(gaps, psi)
    lead = gaps[i] @ psi
    if lead < 0:
        return f"others[{i}] earns {number(-lead)} more than the expert"
    return f"the expert earns only {number(lead)} more than others[{i}]"


def _far_ahead(case: Case) -> str | None:
    (expert, others), psi, want = case.args, case.out[0], float(case.expected[1])
    length = np.linalg.norm(psi)
    if length > 1.0 + _LOOSE:
        return f"The length of your psi is {number(length)}; at most 1 is allowed."
    gaps = expert - others
    if (gaps @ psi).min() >= want * (1.0 - _LOOSE):
        return None
    return f"Under your psi {_lead(gaps, psi)}; a margin of {number(want)} is possible."


def _margin_of_psi(case: Case) -> str | None:
    psi, margin = case.out[0], float(case.out[1])
    (expert, others), want = case.args, float(case.expected[1])
    have, room = float(((expert - others) @ psi).min()), 2 * _LOOSE * want
    if abs(margin - have) > room:
        return f"Your margin is {number(margin)}, but with your psi the smallest of psi · (mu_E − mu_i) is {number(have)}."
    if abs(margin - want) > room:
        return f"Your margin is {number(margin)}; {number(want)} is possible."
    return None


def _one_ahead(case: Case) -> str | None:
    expert, others = case.args
    gaps = expert - others
    if (gaps @ case.out).min() >= 1.0 - _LOOSE:
        return None
    return f"Under your psi {_lead(gaps, case.out)}; asked is at least 1."


def _no_longer(case: Case) -> str | None:
    said = _one_ahead(case)
    if said:
        return said
    have, want = np.linalg.norm(case.out), np.linalg.norm(case.expected)
    if have <= want * (1.0 + _LOOSE):
        return None
    return f"The length of your psi is {number(have)}; one of length {number(want)} meets the constraints, too."


def _cost(psi: np.ndarray, C: float, slack: float) -> float:
    """What the programs with slack minimise."""
    return float(psi @ psi) / 2.0 + C * slack


def _too_dear(
    psi: np.ndarray, C: float, needed: float, best: float, room: float, slack: str = "a slack of"
) -> str | None:
    """A sentence on the objective, if another psi has a clearly lower one."""
    have = _cost(psi, C, needed)
    if have <= best + room:
        return None
    if np.linalg.norm(psi) < 1e-4 * max(1.0, needed):
        said = f"Your psi is 0: nobody earns anything, and {slack} {number(needed)} is needed"
    else:
        said = f"Half the square of your psi is {number(psi @ psi / 2)}, and it needs {slack} {number(needed)}"
    return f"{said}. Its objective is {number(have)}; {number(best)} is possible."


def _needs(args: tuple, psi: np.ndarray) -> np.ndarray:
    """By how much each other policy misses the margin asked."""
    expert, others, *asked = args[:-1]
    return np.maximum(0.0, (asked[0] if asked else 1.0) - (expert - others) @ psi)


def _as_good(case: Case, total: Callable) -> str | None:
    """Judged by the objective, with the slack that psi needs.

    Where slack is dear a solver's last digits cost more than that: there psi itself may tell.
    """
    psi, right = case.out[0], case.expected[0]
    if not _differ(psi, right):
        return None
    best, needed = _paid_for(case.args, right, total), total(_needs(case.args, psi))
    slack = "slack in all of" if total is np.sum else "a slack of"
    return _too_dear(psi, case.args[-1], needed, best, _LOOSE * _cost(right, 0.0, 0.0), slack)


def _soft_best(case: Case) -> str | None:
    return _as_good(case, np.sum)


def _soft_slack(case: Case) -> str | None:
    psi, slack = case.out[0], case.out[1]
    needed = _needs(case.args, psi)
    off = np.abs(slack - needed)
    i = int(np.argmax(off))
    if off[i] <= 2 * _LOOSE * max(1.0, needed.max()):
        return None
    return _slack_said(f"slack[{i}]", slack[i], f"others[{i}] misses its margin of 1", needed[i])


def _slack_said(name: str, have: float, what: str, needed: float) -> str:
    return f"{name} is {number(have)}, but with your psi {what} by {number(needed)}."


def _unlike(sure: bool):
    """The law for experts that are deterministic, or for the others."""

    def law(case: Case) -> str | None:
        if ((case.args[0] > 0).sum(axis=1) == 1).all() != sure:
            return None
        return matches("the dissimilarity")(case)

    return law


def _structured_best(case: Case) -> str | None:
    return _as_good(case, np.max)


def _structured_slack(case: Case) -> str | None:
    psi, slack = case.out[0], float(case.out[1])
    needed = _needs(case.args, psi)
    i = int(np.argmax(needed))
    if abs(slack - needed[i]) <= 2 * _LOOSE * max(needed[i], case.args[2].max()):
        return None
    if needed[i] == 0:
        return f"The slack is {number(slack)}, but your psi needs none: every margin is met."
    what = f"others[{i}] misses its margin of {number(case.args[2][i])}"
    return _slack_said("The slack", slack, what, needed[i])


def _most_violating(case: Case) -> str | None:
    """Whatever a policy does among equals, no policy may have a larger loss-augmented return."""
    lost = _short_of_best(case.args, case.out)
    if lost <= 1e-3 * _span(*case.args):
        return None
    mdp, features, psi, loss = case.args
    have, best = (_split(mdp, features, psi, loss, pi) for pi in (case.out, case.expected))
    return f"Your policy has {have}; another one has {best}."


def _split(
    mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray, pi: np.ndarray
) -> str:
    """A policy's reward and loss, in words."""
    rho = planning.occupancy(mdp, pi)
    earned, lost = (rho * (features @ psi)).sum(), (rho * loss).sum()
    return f"a reward of {number(earned)} and a loss of {number(lost)}, together {number(earned + lost)}"


def _expectations(features: np.ndarray, visits: np.ndarray) -> np.ndarray:
    """Feature expectations of visits (S, A) or of several, (M, S, A)."""
    return np.tensordot(visits, features, axes=2)


def _needed(args: tuple, psi: np.ndarray) -> float:
    """The slack that psi needs, over all policies."""
    mdp, features, visits, loss = args[:4]
    reward = _augmented_reward(features, psi, loss)
    most = mdp.initial_dist @ planning.policy_iteration(mdp, reward)[0]
    return max(0.0, float(most - _expectations(features, visits) @ psi))


def _optimum(args: tuple) -> tuple[np.ndarray, float]:
    """psi and objective of the best: one program, with the planner's inequalities inside."""
    mdp, features, visits, loss, C, _ = args
    S, A, K = features.shape
    flat, stay = features.reshape(S * A, K), np.repeat(np.eye(S), A, axis=0)
    ahead = mdp.gamma * mdp.P.reshape(S * A, S)
    planner = np.hstack([-flat, stay - ahead, np.zeros((S * A, 1))])
    expert = np.concatenate([_expectations(features, visits), -mdp.initial_dist, [1.0]])
    slack = np.eye(K + S + 1)[-1]
    found = _minimise(
        np.repeat([1.0, 0.0], [K, S + 1]),
        C * slack,
        np.vstack([planner, expert, slack]),
        np.concatenate([loss.ravel(), [0.0, 0.0]]),
    )
    return found[:K], _cost(found[:K], C, max(0.0, found[-1]))


def _room(args: tuple, right: np.ndarray) -> float:
    """How far the loop may stop from the optimum: C * tol, and what solvers leave."""
    return 1.5 * args[4] * args[5] + 2 * _LOOSE * _cost(right, 0.0, 0.0)


def _planned_best(case: Case) -> str | None:
    psi, (right, best) = case.out[0], _optimum(case.args)
    if not _differ(psi, right):
        return None
    needed = _needed(case.args, psi)
    return _too_dear(psi, case.args[4], needed, best, _room(case.args, right))


def _reason_enough(case: Case) -> str | None:
    """The constraints of the policies returned must hold psi where it is, without any other's."""
    mdp, features, visits, loss, C, _ = case.args
    (right, best), policies = _optimum(case.args), case.out[1]
    lower = 0.0
    if len(policies):
        rho = _visits_of(mdp, policies)
        gaps = _expectations(features, visits) - _expectations(features, rho)
        asked = np.tensordot(rho, loss, axes=2)
        psi, slack = _cheapest(gaps, asked, C, _of_all(gaps))
        if psi is None:
            return None  # no verdict without a bound; never seen
        lower = _cost(psi, C, max(0.0, float(slack[0])))
        if _goes_on(np.column_stack([gaps, asked])):
            return (
                f"You return {len(policies)} policies, and the last two had both been found before. A constraint on "
                "the list is met up to the slack: when the planner comes with one again, it is time to stop."
            )
    if lower >= best - _room(case.args, right):
        return None
    had = {0: "no policy", 1: "one policy"}.get(len(policies), f"{len(policies)} policies")
    return (
        f"You return {had}, whose constraints allow an objective of {number(lower)}. Over all policies it is "
        f"{number(best)}: a constraint that matters is missing."
    )


def _goes_on(rows: np.ndarray) -> bool:
    """Whether the last two rows are there already, further up: one may come from the last test."""
    scale = np.abs(rows).max() or 1.0
    _, first = np.unique((rows / scale).round(7), axis=0, return_index=True)
    return len(rows) > 2 and not {len(rows) - 1, len(rows) - 2} & set(first.tolist())


def _visits_of(mdp: MDP, policies: np.ndarray) -> np.ndarray:
    """The occupancies of several policies, (M, S, A)."""
    P_pi = np.einsum("msa,sat->mst", policies, mdp.P)
    flow = np.eye(mdp.n_states) - mdp.gamma * P_pi.transpose(0, 2, 1)
    return np.linalg.solve(flow, mdp.initial_dist[None, :, None]) * policies


# --- misconceptions ------------------------------------------------------------------------


def _unit(direction: np.ndarray) -> np.ndarray:
    return direction / np.linalg.norm(direction)


def _in_box(gaps: np.ndarray) -> np.ndarray:
    """The largest margin with every weight between -1 and 1."""
    eye = np.eye(gaps.shape[1])
    return _widest_within(gaps, np.vstack([eye, -eye]), np.full(2 * len(eye), -1.0))


def _in_diamond(gaps: np.ndarray) -> np.ndarray:
    """The largest margin with weights whose sizes sum to at most 1."""
    return _widest_within(gaps, -_signs(gaps.shape[1]), np.full(2 ** gaps.shape[1], -1.0))


def _signs(n: int) -> np.ndarray:
    """All vectors of n signs."""
    return 1.0 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)


def _on_simplex(gaps: np.ndarray) -> np.ndarray:
    """The largest margin with weights that are not negative and sum to 1."""
    K = gaps.shape[1]
    rows = np.vstack([np.eye(K), np.ones(K), -np.ones(K)])
    return _widest_within(gaps, rows, np.append(np.zeros(K), [1.0, -1.0]))


def _positive(gaps: np.ndarray) -> np.ndarray:
    """The largest margin with weights that are not negative."""
    return _widest(gaps, positive=True)


def _aimed(aim: Callable[[np.ndarray], np.ndarray], margin: Callable | None = None) -> Callable:
    """Another psi, made from the gaps; with its own smallest margin, or another number."""

    def wrong(expert: np.ndarray, others: np.ndarray) -> tuple:
        gaps = expert - others
        psi = aim(gaps)
        return psi, (gaps @ psi).min() if margin is None else margin(gaps, psi, expert)

    return wrong


def _length_only(expert: np.ndarray) -> np.ndarray:
    return expert / np.linalg.norm(expert, axis=-1, keepdims=True)


def _scaled_first(expert: np.ndarray, others: np.ndarray) -> tuple:
    """Every policy's expectations brought to length 1 first."""
    gaps = _length_only(expert) - _length_only(others)
    psi = _widest(gaps)
    return psi, (gaps @ psi).min()


def _normalised_gaps(gaps: np.ndarray) -> np.ndarray:
    """The largest angle rather than the largest margin."""
    return _widest(gaps / np.linalg.norm(gaps, axis=1, keepdims=True))


def _regularised(gaps: np.ndarray) -> np.ndarray:
    """max m - |psi|^2 / 2."""
    psi = _widest(gaps)
    return psi * (gaps @ psi).min()


def _of_gaps(answer: Callable[[np.ndarray], np.ndarray | None]) -> Callable:
    """An `svm_form` made from the gaps."""
    return lambda expert, others: answer(expert - others)


def _equal_margins(gaps: np.ndarray) -> np.ndarray | None:
    """The shortest psi with every margin exactly 1."""
    psi, *_ = np.linalg.lstsq(gaps, np.ones(len(gaps)))
    return psi if np.allclose(gaps @ psi, 1.0, atol=1e-6) else None


def _shortest_by(rows: Callable[[int], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """The psi with margins of 1 whose largest rows @ psi is smallest."""

    def answer(gaps: np.ndarray) -> np.ndarray:
        (M, K), sides = gaps.shape, rows(gaps.shape[1])
        above = np.vstack(
            [np.hstack([gaps, np.zeros((M, 1))]), np.hstack([-sides, np.ones((len(sides), 1))])]
        )
        least = np.append(np.ones(M), np.zeros(len(sides)))
        return _minimise(np.zeros(K + 1), np.eye(K + 1)[K], above, least)[:K]

    return answer


def _softened(gaps: np.ndarray) -> np.ndarray:
    return _cheapest(gaps, np.ones(len(gaps)), 1.0, _of_each(gaps))[0]


def _soft(asked: float = 1.0, sign: float = 1.0, owed: float = 1.0, **keywords: Any) -> Callable:
    """`soft_margin` with one of its parts misread."""

    def wrong(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
        gaps = sign * (expert - others)
        return _cheapest(gaps, np.full(len(gaps), asked), C, owed * _of_each(gaps), **keywords)

    return wrong


def _soft_mean_price(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    return _soft()(expert, others, C / len(others))


def _soft_fixed_price(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    return _soft()(expert, others, 1.0)


def _soft_turned_price(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    return _soft(size=C)(expert, others, 1.0)


_soft_swapped = _soft(sign=-1.0)


def _soft_hard(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    psi = _shortest(expert - others)
    return (None, None) if psi is None else (psi, np.zeros(len(others)))


def _soft_shared(as_many: bool) -> Callable:
    """One slack for all policies, returned as it is or once for each."""

    def wrong(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
        gaps = expert - others
        psi, slack = _cheapest(gaps, np.ones(len(gaps)), C, _of_all(gaps))
        return psi, np.full(len(gaps), slack[0]) if as_many else float(slack[0])

    return wrong


def _soft_told(slack: Callable[[np.ndarray, np.ndarray], Any]) -> Callable:
    """The right psi with another slack, made from the margins and the right slacks."""

    def wrong(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
        psi, slacks = _soft()(expert, others, C)
        return psi, slack((expert - others) @ psi, slacks)

    return wrong


def _no_answer(*args: Any) -> tuple[None, None]:
    return None, None


def _alike(weigh: Callable) -> Callable:
    """A dissimilarity from the share of actions that differ in each state, and the visits."""

    def wrong(expert_pi: np.ndarray, pi: np.ndarray, visits: np.ndarray) -> float:
        return weigh(np.abs(expert_pi - pi).sum(axis=1) / 2.0, visits.sum(axis=1))

    return wrong


def _averaged(differing: np.ndarray, visits: np.ndarray) -> float:
    return float(visits @ differing / visits.sum())


def _favourites(expert_pi: np.ndarray, pi: np.ndarray, visits: np.ndarray) -> float:
    return _averaged(expert_pi.argmax(axis=1) != pi.argmax(axis=1), visits.sum(axis=1))


def _chance_of_another(expert_pi: np.ndarray, pi: np.ndarray, visits: np.ndarray) -> float:
    return 1.0 - float((visits * pi).sum() / visits.sum())


def _structured(sign: float = 1.0, owed: float = 1.0, **keywords: Any) -> Callable:
    """`structured_margin` with one of its parts misread."""

    def wrong(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
        gaps = sign * (expert - others)
        psi, slack = _cheapest(gaps, asked, C, owed * _of_all(gaps), **keywords)
        return psi, None if slack is None else float(slack[0])

    return wrong


def _asking(change: Callable[[np.ndarray], np.ndarray]) -> Callable:
    """`structured_margin` with other margins asked."""
    return lambda expert, others, asked, C: _structured()(expert, others, change(asked), C)


_margin_one = _asking(np.ones_like)
_one_minus = _asking(lambda asked: 1.0 - asked)
_structured_swapped = _structured(sign=-1.0)


def _priced_at(price: Callable[[float, int], float]) -> Callable:
    """`structured_margin` with another price."""
    return lambda expert, others, asked, C: _structured()(
        expert, others, asked, price(C, len(others))
    )


_structured_fixed_price = _priced_at(lambda C, M: 1.0)


def _rescaled(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    """psi . gap >= asked * (1 - slack)."""
    psi, slack = _cheapest(expert - others, asked, C, asked[:, None])
    return psi, float(slack[0])


def _weighted_gaps(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    """asked * psi . gap >= 1 - slack."""
    gaps = asked[:, None] * (expert - others)
    psi, slack = _cheapest(gaps, np.ones(len(gaps)), C, _of_all(gaps))
    return psi, float(slack[0])


def _slack_for_each(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    gaps = expert - others
    return _cheapest(gaps, asked, C, _of_each(gaps))


def _structured_hard(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    gaps = expert - others
    psi = _minimise(np.ones(len(expert)), np.zeros(len(expert)), gaps, asked)
    return (None, None) if psi is None else (psi, 0.0)


def _all_misses(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    psi, _ = _structured()(expert, others, asked, C)
    return psi, np.maximum(0.0, asked - (expert - others) @ psi).sum()


def _planned(reward: Callable) -> Callable:
    """The best policy for another reward, made from features, psi, loss and the world."""

    def wrong(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> np.ndarray:
        return planning.value_iteration(mdp, reward(features @ psi, loss, mdp))[1]

    return wrong


def _unplanned(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> np.ndarray:
    return planning.greedy_policy(_augmented_reward(features, psi, loss))


def _softly(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> np.ndarray:
    return planning.soft_value_iteration(mdp, _augmented_reward(features, psi, loss))[2]


_loss_subtracted = _planned(lambda earned, loss, mdp: earned - loss)
_loss_ignored = _planned(lambda earned, loss, mdp: earned)
_psi_dropped = _planned(lambda earned, loss, mdp: loss)
_PLANNED_WRONGLY = (_loss_subtracted, _loss_ignored, _psi_dropped)


def _cutting(
    mdp: MDP,
    features: np.ndarray,
    visits: np.ndarray,
    loss: np.ndarray,
    C: float,
    tol: float,
    *,
    sign: float = 1.0,
    asks: Callable | None = None,
    owed: Callable = _of_all,
    price: float | None = None,
    share: float = 1.0,
    scaled: float = 1.0,
    plan: Callable | None = None,
    turned: bool = False,
    rounds: int = 60,
    leading: bool = False,
    **keywords: Any,
) -> tuple:
    """Cutting planes with one of their parts misread: psi and the policies found."""
    expert, found, mus, margins = share * _expectations(features, visits), [], [], []
    psi, slack = np.zeros(len(expert)), 0.0
    for _ in range(rounds):
        reward = _augmented_reward(features, psi, sign * loss)
        pi = planning.value_iteration(mdp, reward)[1] if plan is None else plan(reward)
        rho = planning.occupancy(mdp, pi)
        mu = share * scaled * _expectations(features, rho)
        asked = float((rho * loss).sum()) if asks is None else asks(rho, loss, pi, visits)
        led = psi @ (mu - expert) if turned else psi @ (expert - mu)
        missing = (0.0 if leading and found else asked) - led
        if missing - slack <= tol or np.isnan(missing):
            break
        found.append(pi)
        mus.append(mu)
        margins.append(asked)
        gaps = (np.array(mus) - expert) if turned else (expert - np.array(mus))
        psi, slacks = _cheapest(
            gaps, np.array(margins), C if price is None else price, owed(gaps), **keywords
        )
        if psi is None:
            return None, np.array([*found, pi, pi])
        slack = float(np.max(slacks, initial=0.0))
    return psi, np.array([*found, pi, pi])  # so many that it is psi which tells the mistake


def _cut(**keywords: Any) -> Callable:
    """`max_margin_planning` with one of its parts misread."""
    return lambda *args: _cutting(*args, **keywords)


def _no_slack(gaps: np.ndarray) -> np.ndarray:
    return np.zeros((len(gaps), 0))


_cut_loss_ignored = _cut(sign=0.0)
_cut_once = _cut(rounds=1)
_cut_margin_one = _cut(asks=lambda rho, loss, pi, visits: 1.0)
_cut_leading = _cut(leading=True)
_cut_unweighted = _cut(asks=lambda rho, loss, pi, visits: float((pi * loss).sum()))
_CUT_WRONGLY = (
    _cut_loss_ignored,
    _cut_once,
    _cut_margin_one,
    _cut_leading,
    _cut_unweighted,
    _cut(size=2.0),
)


def _cut_visits(mdp: MDP, *rest: Any) -> tuple:
    """The loss averaged over visits, from 0 to 1 as a dissimilarity is."""
    return _cutting(mdp, *rest, asks=lambda rho, loss, pi, visits: (rho * loss).sum() / rho.sum())


def _cut_rescaled(mdp: MDP, *rest: Any) -> tuple:
    """Feature expectations per step, a margin that is summed over steps."""
    return _cutting(mdp, *rest, share=1.0 - mdp.gamma)


def _with_policies(change: Callable[[np.ndarray], np.ndarray]) -> Callable:
    """The right psi with other policies beside it."""

    def wrong(*args: Any) -> tuple:
        psi, found = _cutting(*args)
        return psi, change(found)

    return wrong


def _of_mean(gaps: np.ndarray) -> np.ndarray:
    return _unit(gaps.mean(axis=0))


def _of_nearest(gaps: np.ndarray) -> np.ndarray:
    return _unit(gaps[_nearest(gaps)])


def _angle(gaps: np.ndarray, psi: np.ndarray, expert: np.ndarray) -> float:
    return (gaps / np.linalg.norm(gaps, axis=1, keepdims=True) @ psi).min()


def _expert_alone(expert: np.ndarray, others: np.ndarray) -> tuple:
    """The largest return of the expert, whatever the others earn."""
    return _unit(expert), np.linalg.norm(expert)


def _soft_of_mean(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    """One constraint, on the average of the others."""
    psi, slack = _soft()(expert, others.mean(axis=0, keepdims=True), C)
    return psi, float(slack[0])


def _paid(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    psi, slacks = _soft()(expert, others, C)
    return psi, C * slacks


def _by_action(expert_pi: np.ndarray, pi: np.ndarray, visits: np.ndarray) -> float:
    return float((visits * np.abs(expert_pi - pi)).sum() / visits.sum())


def _row_by_row(compare: Callable) -> Callable:
    """A dissimilarity from another comparison of two rows, averaged over the expert's visits."""
    return lambda e, pi, visits: _averaged(compare(e - pi), visits.sum(axis=1))


def _values_of_plan(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> tuple:
    return planning.value_iteration(mdp, _augmented_reward(features, psi, loss))


def _impatient(mdp: MDP, *rest: np.ndarray) -> np.ndarray:
    return planning.value_iteration(mdp.replace(gamma=0.9), _augmented_reward(*rest))[1]


def _planned_unit(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(psi)
    reward = _augmented_reward(features, psi / length if length else psi, loss)
    return planning.value_iteration(mdp, reward)[1]


def _cut_expert(weights: Callable[[np.ndarray], np.ndarray]) -> Callable:
    """`max_margin_planning` with other visits for the demonstrations'."""
    return lambda mdp, features, visits, *rest: _cutting(mdp, features, weights(visits), *rest)


def _cut_turned_price(*args: Any) -> tuple:
    return _cutting(*args, size=args[4], price=1.0)


def _cut_unit(*args: Any) -> tuple:
    psi, found = _cutting(*args)
    return _unit(psi), found


def _cut_behind(*args: Any) -> tuple:
    rounds = len(_cutting(*args)[1]) - 2
    return _cutting(*args, rounds=rounds - 1)


def _cut_policies_per_step(mdp: MDP, *rest: Any) -> tuple:
    return _cutting(mdp, *rest, scaled=1.0 - mdp.gamma)


def _at_once(reward: np.ndarray) -> np.ndarray:
    return planning.greedy_policy(reward)


def _cut_hard_raises(*args: Any) -> tuple:
    psi, found = _cutting(*args, owed=_no_slack)
    if psi is None:
        raise ValueError  # as features @ None does
    return psi, found


def _other_order(answer: Callable) -> Callable:
    return lambda *args: answer(*args)[::-1]


def _in_positive_box(gaps: np.ndarray) -> np.ndarray:
    """The largest margin with every weight between 0 and 1."""
    eye = np.eye(gaps.shape[1])
    least = np.repeat([0.0, -1.0], len(eye))
    return _widest_within(gaps, np.vstack([eye, -eye]), least)


def _of_last(gaps: np.ndarray) -> np.ndarray:
    return _unit(gaps[-1])


def _opposite(expert: np.ndarray, others: np.ndarray) -> np.ndarray | None:
    """The shortest psi that pays the expert 1 and takes 1 from everybody else."""
    K = len(expert)
    return _minimise(
        np.ones(K), np.zeros(K), np.vstack([expert, -others]), np.ones(len(others) + 1)
    )


def _of_first(gaps: np.ndarray) -> np.ndarray:
    return _unit(gaps[0])


def _absolute(expert: np.ndarray, others: np.ndarray) -> np.ndarray | None:
    """The shortest psi that pays the expert 1 and nobody else anything."""
    K = len(expert)
    rows, least = np.vstack([expert, -others]), np.eye(len(others) + 1)[0]
    return _minimise(np.ones(K), np.zeros(K), rows, least)


def _bounded_too(gaps: np.ndarray) -> np.ndarray | None:
    psi = _shortest(gaps)
    return psi if np.linalg.norm(psi) <= 1.0 else None


def _soft_hard_zero(expert: np.ndarray, others: np.ndarray, C: float) -> tuple:
    return _shortest(expert - others), np.zeros(len(others))


def _structured_hard_zero(*args: Any) -> tuple:
    return _structured_hard(*args)[0], 0.0


def _structured_hard_raises(*args: Any) -> tuple:
    psi, slack = _structured_hard(*args)
    return psi, float(slack)  # of None where the program is infeasible: a TypeError


def _structured_paid(*args: Any) -> tuple:
    psi, slack = _structured()(*args)
    return psi, args[-1] * slack


def _beside_right_slack(answer: Callable) -> Callable:
    """Another psi beside the right slack: then it is psi alone that tells the mistake."""

    def wrong(*args: Any) -> tuple:
        psi = answer(*args)
        return psi[0] if isinstance(psi, tuple) else psi, _right_weights(args)(*args)[1]

    return wrong


def _unit_of(answer: Callable) -> Callable:
    return lambda *args: _unit(answer(*args)[0])


def _structured_of_mean(
    expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float
) -> tuple:
    """One constraint, on the average of the others."""
    mean = others.mean(axis=0, keepdims=True)
    return _structured()(expert, mean, asked.mean(keepdims=True), C)


def _most_unlike(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    only = [asked.argmax()]
    return _structured()(expert, others[only], asked[only], C)


def _scaled_slack(expert: np.ndarray, others: np.ndarray, asked: np.ndarray, C: float) -> tuple:
    """psi . gap >= 1 - asked * slack."""
    psi, slack = _cheapest(expert - others, np.ones(len(asked)), C, asked[:, None])
    return psi, None if slack is None else float(slack[0])


def _best_plan(mdp: MDP, *rest: np.ndarray) -> np.ndarray:
    return planning.value_iteration(mdp, _augmented_reward(*rest))[1]


def _loss_afterwards(
    mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray
) -> np.ndarray:
    earned = features @ psi
    V = planning.value_iteration(mdp, earned)[0]
    return planning.greedy_policy(planning.bellman_backup(mdp, earned, V) + loss)


def _features_summed(
    mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray
) -> np.ndarray:
    return planning.value_iteration(mdp, features.sum(axis=2) + loss)[1]


def _one_improvement(mdp: MDP, *rest: np.ndarray) -> np.ndarray:
    """Greedy for the values of the uniform policy."""
    reward = _augmented_reward(*rest)
    V = planning.policy_evaluation(mdp, reward, np.full(reward.shape, 1 / mdp.n_actions))
    return planning.greedy_policy(planning.bellman_backup(mdp, reward, V))


def _mean_features(mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray) -> np.ndarray:
    earned = features.mean(axis=1, keepdims=True) @ psi
    return planning.value_iteration(mdp, earned + loss)[1]


def _as_if_sure(mdp: MDP, *rest: np.ndarray) -> np.ndarray:
    return _best_plan(mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)]), *rest)


def _action_values(mdp: MDP, *rest: np.ndarray) -> np.ndarray:
    reward = _augmented_reward(*rest)
    return planning.bellman_backup(mdp, reward, planning.value_iteration(mdp, reward)[0])


def _two_steps(mdp: MDP, *rest: np.ndarray) -> np.ndarray:
    """The best first action of two: no plan."""
    reward = _augmented_reward(*rest)
    return planning.greedy_policy(planning.bellman_backup(mdp, reward, reward.max(axis=1)))


# What cvxpy and a program without answer raise, in every exercise that has a program.
_RAISED = {
    "DCPError": "cvxpy refuses: the program is not convex. Maximise what is linear or concave, minimise what is "
    "convex, and write constraints as convex ≤ concave: a length may be *at most* something, never equal to it or "
    "at least it.",
    "SolverError": "No solver took this program as it stands. A plain `.solve()` chooses one that fits; "
    "`cp.sum_squares(psi)` suits more of them than `cp.norm(psi, 2) ** 2`.",
    "TypeError": "If it is about None: a program without answer leaves None in `.value`. `problem.status` says why: "
    "*unbounded*, the objective can be improved for ever; *infeasible*, the constraints contradict each other.",
    "AttributeError": "If it is about None: a program without answer leaves None in `.value`. `problem.status` says "
    "why: *unbounded*, the objective can be improved for ever; *infeasible*, the constraints contradict each other.",
    "ValueError": "Look at the shapes: `expert` is one row (K,), `others` has M of them, `(expert - others) @ psi` "
    "is M numbers. If a `.value` was None, the program had no answer: `problem.status` says why.",
    "Exception": "A cvxpy expression has no value before `solve`: no chains such as `0 <= x <= 1`, no Python or "
    "NumPy `max` and `if`. Write two constraints, and `cp.max`, `cp.min`, `cp.pos`.",
}

# Hints that several mistakes share.
_LENGTH_FREE = (
    "The solver's word for your program is *unbounded*, and `psi.value` stays None. Scale a good psi by 10: does "
    "its margin change? What keeps psi from growing? (If its length is bounded by 1: is m *maximised*?)"
)
_NORM_IS_A_CHOICE = (
    "Your psi is held by another bound than its length: each weight, or the sum of their sizes, is at most 1. Turn "
    "the axes of the features, and your margin changes; the distance between two policies does not. Use "
    "`cp.norm(psi, 2)`."
)
_CLOSEST_COUNTS = (
    "You lead the others on average. One of them may be close behind, or ahead: look at each entry of "
    "`(expert - others) @ psi`. The margin is the smallest."
)
_NOT_SCALED = (
    "Your psi is that of a lead of 1, not of length 1: right direction, another length. Divide it by its length, "
    "and its margin with it."
)
_WANTS_ONLY = (
    "None of your weights is negative. A reward may punish: there may be features that the expert takes "
    "care to avoid."
)
_SWAPPED = "Who should earn more? Your psi makes the expert the *worst* of all: mu_E − mu_i, the expert comes first."
_SCALED_EACH = (
    "You scale every policy's feature expectations (or differences) to length 1 first. Their lengths mean "
    "something: how long, and how much. Use them as they are."
)
_LENGTH_PRICED = "You subtract |psi|² from the margin. The length has no price here but a limit: |psi| ≤ 1 is a *constraint*."
_FIRST_ONLY = (
    "Only others[0] is a constraint of yours. `others` has one row for each policy: `(expert - others) @ psi` has "
    "them all."
)
_LAST_ONLY = (
    "Only the last of the others is a constraint of yours: does a loop begin its list anew, or overwrite it? Every "
    "policy is one more constraint."
)
_OTHER_ORDER = "Both results are there, in the other order: psi comes first."
_OTHERS_UNUSED = (
    "Your psi points to where the expert is, wherever the others are. To earn much is easy; to earn more *than the "
    "others* is the question: use mu_E − mu_i."
)
_HALF = (
    "You minimise |psi|² without its half. In `svm_form` that changed nothing; here it is weighed against the "
    "slack, and doubles the price of psi."
)
_SQUARED = "You charge for the *square* of the slack: a little of it is then almost free. The price is per unit."
_C_UNUSED = "Your psi is that of C = 1. Is `C` used?"
_C_ON_PSI = (
    "C multiplies the wrong part: what grows dearer with C is psi. A large C should leave *less* slack: it "
    "is the price of slack."
)
_NO_SLACK = (
    "Nobody may fall short in your program: slack is left out, or makes the margin *larger*. It works while some "
    "reward sets the expert apart; with contradictory demonstrations it is *infeasible*, and `psi.value` stays "
    "None. Ask for the margin *minus* slack."
)
_SLACK_SOLD = (
    "Your slack can be negative: a lead larger than asked is then paid for, and psi grows towards those who are far "
    "behind already. Slack is at least 0."
)
_FREE_OF_CHARGE = (
    "Your psi is 0, whoever the others are: nothing is worth a longer one. Does slack cost anything? C times slack "
    "belongs into the objective."
)
_UNIT_AT_THE_END = "You bring psi to length 1. Here the length is part of the answer: it was weighed against the slack."
_QUARTER = "You halve the square twice: the objective has |psi|² / 2."
_LENGTH_IN_SQUARE = (
    "You minimise the *length* of psi, not half its square. Alone, both have the same answer; beside a price they "
    "are weighed differently."
)
_SHARED = (
    "All policies share one slack in your program (or you charge only for the largest). Where the expert is a "
    "mixture of others, psi = 0 with a slack of 1 is then the best there is. How much must *this* policy fall "
    "short? One slack for each: `cp.Variable(len(others))`, and the *sum* is charged."
)
_ONE_DEMONSTRATION = (
    "You give each of the others a slack of its own. Here the one demonstration has one slack, large enough for the "
    "worst of them: a number, `cp.Variable(nonneg=True)`, which every constraint may use."
)
_ALL_STATES = (
    "All states count the same. Change `pi` where the expert never goes: should it matter? Weight each state by the "
    "expert's visits, so that “no action in common” is 1."
)
_PER_ACTION = (
    "You weight each *action* by how often the expert takes it: what others do and the expert never does is not "
    "counted. Add up |difference| over all actions, halve it, then weight by the visits to the *state*, "
    "`expert_occupancy.sum(axis=1)`."
)
_NOT_AVERAGED = (
    "You add up over the visits, which sum to 1 / (1 − γ): with a patient expert everybody looks unlike. Divide by "
    "the sum of the visits; “no action in common” should be 1."
)
_LOSS_OF_ACTIONS = (
    "You give all actions of a state the same loss, the mean or the largest. It depends on what is *done* there: "
    "add `loss` as it is."
)
_FIXED_ROUNDS = "You stop after a fixed number of rounds. Let the planner decide: go on until it finds no violation above tol."
_LEADING = (
    "You stop as soon as the expert earns more than the policy found. More is not enough: it has to be more by the "
    "policy's loss, less the slack."
)
_CUT_HARD = (
    "Your program has no slack. Some constraints cannot all be met, and it may be *infeasible*; C is the price of a "
    "slack that all of them share."
)
_EXPERT_UNUSED = (
    "You add up or average the features over states and actions for the expert. Weight them by the demonstrations' "
    "visits: `np.einsum('sa,sak->k', demos_occupancy, features)`."
)
_HALVED = (
    "Two opposite policies should be 1, not 2. Moving 0.3 of probability from one action to another changes "
    "two entries: halve the sum."
)

# --- exercises -----------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="max_margin",
        title="The reward that sets the expert furthest apart",
        reference=course.max_margin,
        form=Several(Weights("psi", "n_features"), Amount("margin")),
        problems=_margin_problems,
        parts=(
            Part(
                "psi, of length 1, leads the nearest of the others by as much as possible",
                2,
                _far_ahead,
            ),
            Part("the margin is the one that psi has", 1, _margin_of_psi),
        ),
        errors=_RAISED
        | {
            "DCPError": "cvxpy refuses: `cp.norm(psi, 2) == 1` is a sphere, and not convex. Ask for at most 1: the "
            "best psi goes to the edge by itself. And what is maximised must be concave: `m`, or `cp.min(...)`, "
            "never `cp.max(...)`.",
        },
        misconceptions=(
            Misconception("no_bound", _no_answer, _LENGTH_FREE),
            Misconception("other_order", _other_order(_aimed(_widest)), _OTHER_ORDER),
            Misconception(
                "swapped",
                _aimed(lambda gaps: -_widest(gaps), lambda gaps, psi, expert: (-gaps @ psi).min()),
                _SWAPPED,
            ),
            Misconception("swapped_but_told", _aimed(lambda gaps: -_widest(gaps)), _SWAPPED),
            Misconception("box", _aimed(_in_box), _NORM_IS_A_CHOICE),
            Misconception("diamond", _aimed(_in_diamond), _NORM_IS_A_CHOICE),
            Misconception("positive_box", _aimed(_in_positive_box), _WANTS_ONLY),
            Misconception(
                "simplex",
                _aimed(_on_simplex),
                "Your weights are shares: not negative, with a sum of 1. A reward may punish (negative weights), "
                "and what is held is its length: `cp.norm(psi, 2) <= 1`.",
            ),
            Misconception("nonnegative", _aimed(_positive), _WANTS_ONLY),
            Misconception(
                "mean",
                _aimed(_of_mean, lambda gaps, psi, expert: (gaps @ psi).mean()),
                _CLOSEST_COUNTS,
            ),
            Misconception("mean_smallest", _aimed(_of_mean), _CLOSEST_COUNTS),
            Misconception(
                "sum",
                _aimed(_of_mean, lambda gaps, psi, expert: (gaps @ psi).sum()),
                _CLOSEST_COUNTS,
            ),
            Misconception(
                "leads", _aimed(_of_mean, lambda gaps, psi, expert: gaps @ psi), _CLOSEST_COUNTS
            ),
            Misconception(
                "first_only",
                _aimed(_of_first, lambda gaps, psi, expert: np.linalg.norm(gaps[0])),
                _FIRST_ONLY,
            ),
            Misconception(
                "last_only",
                _aimed(_of_last, lambda gaps, psi, expert: np.linalg.norm(gaps[-1])),
                _LAST_ONLY,
            ),
            Misconception("last_only_told", _aimed(_of_last), _LAST_ONLY),
            Misconception(
                "nearest_only",
                _aimed(_of_nearest, lambda gaps, psi, expert: np.linalg.norm(gaps, axis=1).min()),
                "You keep only the policy nearest to the expert. Under your psi another one may come closer, or "
                "pass: every policy is a constraint of its own.",
            ),
            Misconception(
                "nearest_only_told",
                _aimed(_of_nearest),
                "You keep only the policy nearest to the expert. Under your psi another one may come closer, or "
                "pass: every policy is a constraint of its own.",
            ),
            Misconception("lead_of_one", _aimed(_shortest), _NOT_SCALED),
            Misconception(
                "lead_of_one_told",
                _aimed(_shortest, lambda gaps, psi, expert: 1.0 / np.linalg.norm(psi)),
                _NOT_SCALED,
            ),
            Misconception(
                "regularised",
                _aimed(_regularised),
                _LENGTH_PRICED,
            ),
            Misconception(
                "regularised_more", _aimed(lambda gaps: _regularised(gaps) / 2.0), _LENGTH_PRICED
            ),
            Misconception("expert_alone", _expert_alone, _OTHERS_UNUSED),
            Misconception("scaled_first", _scaled_first, _SCALED_EACH),
            Misconception("angles", _aimed(_normalised_gaps), _SCALED_EACH),
            Misconception("angles_told", _aimed(_normalised_gaps, _angle), _SCALED_EACH),
            Misconception(
                "length",
                _aimed(_widest, lambda gaps, psi, expert: np.linalg.norm(psi)),
                "You return the length of psi, which is 1. The margin is what the expert earns *more* than the "
                "nearest of the others, m.",
            ),
            Misconception(
                "negative",
                _aimed(_widest, lambda gaps, psi, expert: -(gaps @ psi).min()),
                "Your margin has the wrong sign. Do you minimise −m and return what `solve()` says?",
            ),
            Misconception(
                "width",
                _aimed(_widest, lambda gaps, psi, expert: 2.0 * (gaps @ psi).min()),
                "Your psi "
                "is right; your margin is twice as large as the lead over the nearest. The width of a street between "
                "two classes is 2 / |psi|; here one lead counts, 1 / |psi|.",
            ),
            Misconception(
                "largest_lead",
                _aimed(_widest, lambda gaps, psi, expert: (gaps @ psi).max()),
                "Your psi is right; your margin is the lead over the *last* of the others. The margin is the "
                "smallest lead.",
            ),
            Misconception(
                "mean_lead",
                _aimed(_widest, lambda gaps, psi, expert: (gaps @ psi).mean()),
                "Your psi is right; your margin is the *average* lead. The margin is the smallest lead.",
            ),
            Misconception(
                "earnings",
                _aimed(_widest, lambda gaps, psi, expert: psi @ expert),
                "Your psi is right; your margin is what the expert earns. The margin is by how much that is *more* "
                "than the others earn.",
            ),
            Misconception(
                "inverse",
                _aimed(_widest, lambda gaps, psi, expert: 1.0 / (gaps @ psi).min()),
                "Your psi is right; you return one over the margin. (1 / |psi| is the margin in `svm_form`, where "
                "psi has another length.)",
            ),
        ),
        hints=(
            "The unknowns are psi and m. Every other policy is one constraint: what psi pays the expert, minus what "
            "it pays this policy, is at least m. And something must keep psi from growing for ever.",
            "`expert - others` has one row for each of the others, so that `(expert - others) @ psi >= m` is all of "
            "these constraints at once. The length of psi is `cp.norm(psi, 2)`; it may be at most 1.",
            "`psi, m = cp.Variable(len(expert)), cp.Variable()`, then `cp.Problem(cp.Maximize(m), [(expert - "
            "others) @ psi >= m, cp.norm(psi, 2) <= 1]).solve()`, and `return psi.value, float(m.value)`.",
        ),
    ),
    Exercise(
        name="svm_form",
        title="The shortest reward with a lead of 1",
        reference=course.svm_form,
        form=Weights("psi", "n_features"),
        problems=_margin_problems,
        parts=(
            Part("the expert leads everybody by at least 1", 1, _one_ahead),
            Part("no shorter psi does it", 1, _no_longer),
        ),
        errors=_RAISED
        | {
            "DCPError": "cvxpy refuses: a length can be minimised, never maximised. Long psi have large leads for "
            "nothing: asked is the *shortest* psi with a lead of 1.",
        },
        misconceptions=(
            Misconception(
                "no_lead",
                _of_gaps(lambda gaps: np.zeros(gaps.shape[1])),
                "Your psi is 0. It meets leads of “at least 0”, or “at most 1”, or of an m that may be anything: is "
                "that a reward? Ask for at least 1.",
            ),
            Misconception(
                "unit",
                _of_gaps(_widest),
                "Your psi has length 1. Here the length is free and the lead is fixed: psi · (mu_E − mu_i) should "
                "be exactly 1 for the nearest of the others.",
            ),
            Misconception(
                "multiplied",
                _of_gaps(_regularised),
                "Your psi is multiplied by the margin. A psi of length 1 leads by the margin m: what must you do to "
                "it to lead by 1?",
            ),
            Misconception(
                "double",
                _of_gaps(lambda gaps: 2.0 * _shortest(gaps)),
                "Your psi is twice as long as it need be: the expert leads the nearest by 2. Textbook classifiers "
                "keep +1 on one side and −1 on the other, and have an offset; here only the difference counts, and "
                "1 is enough.",
            ),
            Misconception("swapped", _of_gaps(lambda gaps: -_shortest(gaps)), _SWAPPED),
            Misconception(
                "nonnegative", _of_gaps(lambda gaps: _shortest(gaps, positive=True)), _WANTS_ONLY
            ),
            Misconception(
                "diamond",
                _of_gaps(_shortest_by(_signs)),
                "You minimise the sum of the weights' sizes, or the largest of them. Turn the axes of the features, "
                "and these change; a length does not: `cp.sum_squares(psi)`.",
            ),
            Misconception(
                "box",
                _of_gaps(_shortest_by(lambda K: np.vstack([np.eye(K), -np.eye(K)]))),
                "You minimise the sum of the weights' sizes, or the largest of them. Turn the axes of the features, "
                "and these change; a length does not: `cp.sum_squares(psi)`.",
            ),
            Misconception(
                "equal",
                _of_gaps(_equal_margins),
                "You ask for a lead of *exactly* 1 over everybody. With more others than features nothing can do "
                "that (*infeasible*, and `psi.value` is None). At least 1: who is far behind may stay there.",
            ),
            Misconception(
                "mean",
                _of_gaps(lambda gaps: _shortest(gaps.mean(axis=0, keepdims=True))),
                _CLOSEST_COUNTS,
            ),
            Misconception(
                "sum",
                _of_gaps(lambda gaps: _shortest(gaps.sum(axis=0, keepdims=True))),
                _CLOSEST_COUNTS,
            ),
            Misconception(
                "nearest_only",
                _of_gaps(lambda gaps: _shortest(gaps[[_nearest(gaps)]])),
                "You keep only the policy nearest to the expert. Under your psi another one may come closer, or "
                "pass: every policy is a constraint of its own.",
            ),
            Misconception(
                "expert_alone", lambda expert, others: expert / (expert @ expert), _OTHERS_UNUSED
            ),
            Misconception(
                "absolute",
                _absolute,
                "You ask the expert to earn 1, and the others nothing. Only "
                "differences are asked for: others may earn a lot, if the expert earns 1 more.",
            ),
            Misconception(
                "bounded_too",
                _of_gaps(_bounded_too),
                "You keep the bound |psi| ≤ 1 as well. With small "
                "features a lead of 1 takes a longer psi than that (*infeasible*): here the length is what you "
                "minimise, not what you limit.",
            ),
            Misconception("first_only", _of_gaps(lambda gaps: _shortest(gaps[:1])), _FIRST_ONLY),
            Misconception("last_only", _of_gaps(lambda gaps: _shortest(gaps[-1:])), _LAST_ONLY),
            Misconception(
                "opposite",
                _opposite,
                "You ask the expert to earn 1, and the others to lose 1. Only "
                "differences are asked for: others may earn a lot, if the expert earns 1 more.",
            ),
            Misconception(
                "least_squares",
                _of_gaps(lambda gaps: np.linalg.lstsq(gaps, np.ones(len(gaps)))[0]),
                "You "
                "make the leads as *equal* to 1 as can be. At least 1: who is far behind may stay there, and nobody may "
                "be nearer.",
            ),
            Misconception(
                "softened",
                _of_gaps(_softened),
                "You let the lead fall short, at a price of 1. That is the next exercise; here everybody must be "
                "led by 1.",
            ),
            Misconception(
                "scaled_first",
                lambda expert, others: _shortest(_length_only(expert) - _length_only(others)),
                _SCALED_EACH,
            ),
            Misconception(
                "angles",
                _of_gaps(
                    lambda gaps: _shortest(gaps / np.linalg.norm(gaps, axis=1, keepdims=True))
                ),
                _SCALED_EACH,
            ),
        ),
        hints=(
            "`max_margin` holds the length and makes the lead large. Turn it round: hold the lead at 1 and make psi "
            "short. The direction is the same.",
            "One variable, psi. The constraints are those of `max_margin` with 1 in the place of m, the bound on "
            "the length is gone, and the objective is to minimise `cp.sum_squares(psi) / 2`.",
            "`cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2), [(expert - others) @ psi >= 1]).solve()`, and "
            "`return psi.value`.",
        ),
    ),
    Exercise(
        name="soft_margin",
        title="Let some fall short, at a price",
        reference=course.soft_margin,
        form=Several(Weights("psi", "n_features"), Slacks("slack", "n_others")),
        problems=_soft_problems,
        parts=(
            Part("psi has the lowest objective", 2, _soft_best),
            Part("each slack is what that policy needs", 1, _soft_slack),
        ),
        errors=_RAISED,
        misconceptions=(
            Misconception(
                "no_answer",
                _no_answer,
                "Your program has no answer: is slack *paid out* (C · sum "
                "subtracted), or can nobody use it? It is added to the objective, subtracted from the margins, and "
                "never negative.",
            ),
            Misconception("negative_slack", _soft(free=True), _SLACK_SOLD),
            Misconception(
                "free_of_charge",
                _beside_right_slack(lambda expert, others, C: np.zeros(len(expert))),
                _FREE_OF_CHARGE,
            ),
            Misconception("shared_anyhow", _beside_right_slack(_soft_shared(False)), _SHARED),
            Misconception(
                "negative_slack_anyhow", _beside_right_slack(_soft(free=True)), _SLACK_SOLD
            ),
            Misconception(
                "first_only",
                _beside_right_slack(lambda expert, others, C: _soft()(expert, others[:1], C)),
                _FIRST_ONLY,
            ),
            Misconception(
                "last_only",
                _beside_right_slack(lambda expert, others, C: _soft()(expert, others[-1:], C)),
                _LAST_ONLY,
            ),
            Misconception("mean_lead_anyhow", _beside_right_slack(_soft_of_mean), _CLOSEST_COUNTS),
            Misconception("unit", _beside_right_slack(_unit_of(_soft())), _UNIT_AT_THE_END),
            Misconception("quarter", _soft(size=0.5), _QUARTER),
            Misconception("half_length", _soft(length=True, size=0.5), _LENGTH_IN_SQUARE),
            Misconception("hard_zero", _soft_hard_zero, _NO_SLACK),
            Misconception(
                "price_on_psi_no_half",
                lambda expert, others, C: _soft(size=2.0 * C)(expert, others, 1.0),
                _C_ON_PSI,
            ),
            Misconception(
                "half_squared",
                lambda expert, others, C: _soft(squared=True)(expert, others, C / 2.0),
                _SQUARED,
            ),
            Misconception("nonnegative", _soft(positive=True), _WANTS_ONLY),
            Misconception("other_order", _other_order(_soft()), _OTHER_ORDER),
            Misconception(
                "surplus",
                _soft_told(lambda led, slacks: np.maximum(0.0, led - 1.0)),
                "Your psi is "
                "right; beside it you return by how much each is led by *more* than 1. The slack is what is missing to "
                "1.",
            ),
            Misconception(
                "shared",
                _soft_shared(False),
                _SHARED,
            ),
            Misconception(
                "shared_for_each",
                _soft_shared(True),
                _SHARED,
            ),
            Misconception("hard", _soft_hard, _NO_SLACK),
            Misconception("squared", _soft(squared=True), _SQUARED),
            Misconception(
                "mean_price",
                _soft_mean_price,
                "You charge for the *mean* of the slacks, or divide the price by the number of policies. Every "
                "policy's slack costs C: take the sum.",
            ),
            Misconception("price_on_psi", _soft_turned_price, _C_ON_PSI),
            Misconception("fixed_price", _soft_fixed_price, _C_UNUSED),
            Misconception("no_half", _soft(size=2.0), _HALF),
            Misconception("length", _soft(length=True), _LENGTH_IN_SQUARE),
            Misconception(
                "no_lead",
                _soft(asked=0.0),
                "You ask for a lead of 0 minus slack. psi = 0 gives that to everybody, for nothing: ask for 1 minus "
                "slack.",
            ),
            Misconception("swapped", _soft_swapped, _SWAPPED),
            Misconception(
                "at_most_one",
                _soft(highest=1.0),
                "No slack of yours is above 1. A policy that earns *more* than the expert needs more than 1; forbid "
                "it, and contradictory demonstrations leave psi = 0 only.",
            ),
            Misconception("mean_lead", _soft_of_mean, _CLOSEST_COUNTS),
            Misconception(
                "total",
                _soft_told(lambda led, slacks: float(slacks.sum())),
                "Your psi is right; return the slacks themselves, one for each of the others, rather than their sum.",
            ),
            Misconception(
                "not_cut",
                _soft_told(lambda led, slacks: 1.0 - led),
                "Your psi is right, and 1 − lead is what is missing to a lead of 1. Who is led by more needs no "
                "slack, rather than a negative one.",
            ),
            Misconception(
                "leads",
                _soft_told(lambda led, slacks: led),
                "Your psi is right; what you return beside it are the leads. The slack is what is missing to a lead "
                "of 1, and 0 where nothing is.",
            ),
            Misconception(
                "paid",
                _paid,
                "Your psi is right; what you return beside it is what the slack *costs*, C times slack. Return the "
                "slack.",
            ),
        ),
        hints=(
            "Take `svm_form`, and let each of the others miss its lead of 1 by an amount of its own. Then charge "
            "for these amounts, or everybody will miss everything.",
            "A second variable, one entry for each of the others and not negative. The constraints become "
            "`(expert - others) @ psi >= 1 - slack`, and `C` times the sum of the slacks joins the objective.",
            "`slack = cp.Variable(len(others), nonneg=True)`, minimise `cp.sum_squares(psi) / 2 + C * "
            "cp.sum(slack)`, and `return psi.value, slack.value`.",
        ),
    ),
    Exercise(
        name="policy_dissimilarity",
        title="How differently does somebody act?",
        reference=course.policy_dissimilarity,
        form=Number("the dissimilarity"),
        problems=_dissimilarity_problems,
        parts=(
            Part("beside an expert without doubt", 1, _unlike(True)),
            Part("beside an expert that draws its actions", 1, _unlike(False)),
        ),
        misconceptions=(
            Misconception(
                "no_half", lambda e, pi, rho: 2.0 * course.policy_dissimilarity(e, pi, rho), _HALVED
            ),
            Misconception(
                "not_averaged",
                _alike(lambda d, v: float(v @ d)),
                _NOT_AVERAGED,
            ),
            Misconception(
                "all_states",
                _alike(lambda d, v: d.mean()),
                _ALL_STATES,
            ),
            Misconception(
                "all_states_no_half",
                _alike(lambda d, v: 2.0 * d.mean()),
                _ALL_STATES,
            ),
            Misconception(
                "not_averaged_no_half", _alike(lambda d, v: 2.0 * float(v @ d)), _NOT_AVERAGED
            ),
            Misconception("all_entries", lambda e, pi, rho: np.abs(e - pi).mean(), _ALL_STATES),
            Misconception(
                "by_states",
                _alike(lambda d, v: float(v @ d) / len(d)),
                "You divide by the number of "
                "states. The weights are the visits: divide by *their* sum.",
            ),
            Misconception(
                "by_action_half", lambda e, pi, rho: _by_action(e, pi, rho) / 2.0, _PER_ACTION
            ),
            Misconception(
                "by_action_not_averaged",
                lambda e, pi, rho: float((rho * np.abs(e - pi)).sum()),
                _PER_ACTION,
            ),
            Misconception(
                "by_action_half_not_averaged",
                lambda e, pi, rho: float((rho * np.abs(e - pi)).sum()) / 2.0,
                _PER_ACTION,
            ),
            Misconception(
                "favourites_of_all",
                lambda e, pi, rho: float((e.argmax(axis=1) != pi.argmax(axis=1)).mean()),
                "You "
                "compare the most likely actions only, and all states count the same. Compare probabilities, and weight "
                "by the expert's visits.",
            ),
            Misconception(
                "half_squares",
                _row_by_row(lambda apart: (apart**2).sum(axis=1) / 2.0),
                "You add up "
                "squares. Probability that is moved adds up as it is: half the sum of the sizes.",
            ),
            Misconception(
                "per_state",
                _alike(lambda d, v: d),
                "You return one number per state. Average them, weighted by the expert's visits.",
            ),
            Misconception(
                "summed",
                _alike(lambda d, v: d.sum()),
                "You add up over all states. Weight each by the share of the expert's visits that it gets, so that "
                "“no action in common” is 1.",
            ),
            Misconception(
                "visited_states",
                _alike(lambda d, v: d[v > 0].mean()),
                "Every state that the expert enters counts the same, however rarely it does. Weight each by the "
                "expert's visits.",
            ),
            Misconception(
                "largest",
                _alike(lambda d, v: d.max()),
                "You take the state in which they differ most. One step in a thousand would then be as bad as all "
                "of them: average over the expert's visits.",
            ),
            Misconception(
                "by_action",
                _by_action,
                _PER_ACTION,
            ),
            Misconception(
                "by_action_no_half",
                lambda e, pi, rho: 2.0 * _by_action(e, pi, rho),
                _PER_ACTION,
            ),
            Misconception(
                "chance_of_another",
                _chance_of_another,
                "Your number is the chance that two draws differ. An expert that draws its actions would then "
                "differ from itself. Compare the two rows of probabilities, not two draws.",
            ),
            Misconception(
                "quarter",
                lambda e, pi, rho: course.policy_dissimilarity(e, pi, rho) / 2.0,
                "You halve "
                "twice, or take the mean over two actions. Half the *sum* of |difference|: “no action in common” is 1.",
            ),
            Misconception(
                "most_visited",
                _alike(lambda d, v: d[v.argmax()]),
                "You look at the expert's most "
                "visited state only. Every state counts, with the share of the expert's visits that it gets.",
            ),
            Misconception(
                "start_discount",
                _alike(lambda d, v: 0.1 * float(v @ d)),
                "You turn visits into shares "
                "by a discount of 0.9. Every world brings its own: divide by the sum of the visits that you are given.",
            ),
            Misconception(
                "never_taken",
                lambda e, pi, rho: float((rho * (pi == 0)).sum() / rho.sum()),
                "You count "
                "only what the other policy *never* does. Who does it less often differs, too: compare the "
                "probabilities.",
            ),
            Misconception(
                "favourites",
                _favourites,
                "You compare only the most likely actions. Who errs one time in five then counts as the expert's "
                "equal: compare the probabilities.",
            ),
            Misconception(
                "any_difference",
                _alike(lambda d, v: float(v @ (d > 1e-9) / v.sum())),
                "A state counts in full as soon as anything differs there. By how much? Half the sum of |pi_E − pi|.",
            ),
            Misconception(
                "euclidean",
                _row_by_row(lambda apart: np.linalg.norm(apart, axis=1)),
                "You take the length of the difference of two rows. Probability that is moved adds up: half the sum "
                "of the sizes, no squares.",
            ),
            Misconception(
                "squared",
                _row_by_row(lambda apart: (apart**2).sum(axis=1)),
                "You add up squares. Probability that is moved adds up as it is: half the sum of the sizes.",
            ),
            Misconception(
                "largest_action",
                _row_by_row(lambda apart: np.abs(apart).max(axis=1)),
                "You take the action whose probability differs most. What is moved from it may go to several "
                "others: half the *sum* of the sizes.",
            ),
            Misconception(
                "mean_actions",
                _row_by_row(lambda apart: np.abs(apart).mean(axis=1)),
                "You take the mean over the actions, so that it matters how many there are. Half the *sum*: 0 for "
                "equal rows, 1 for rows without an action in common.",
            ),
            Misconception(
                "signed",
                _row_by_row(lambda apart: apart.sum(axis=1) / 2.0),
                "Without absolute values the differences cancel: both rows sum to 1.",
            ),
            Misconception(
                "similarity",
                lambda e, pi, rho: 1.0 - course.policy_dissimilarity(e, pi, rho),
                "Yours is a *similarity*: 1 for equal policies. Turn it round.",
            ),
        ),
        hints=(
            "In one state: how much probability has to be moved to turn one row into the other? Then: which states "
            "matter, and how much?",
            "`np.abs(expert_pi - pi).sum(axis=1) / 2` is one number per state. The expert's visits to a state are "
            "`expert_occupancy.sum(axis=1)`. Average the one, weighted by the other.",
            "`visits = expert_occupancy.sum(axis=1)`, `differing = np.abs(expert_pi - pi).sum(axis=1) / 2`, and "
            "`return float(visits @ differing / visits.sum())`.",
        ),
    ),
    Exercise(
        name="structured_margin",
        title="Ask less of those who act alike",
        reference=course.structured_margin,
        form=Several(Weights("psi", "n_features"), Amount("slack")),
        problems=_structured_problems,
        parts=(
            Part("psi has the lowest objective", 2, _structured_best),
            Part("the slack is what psi needs", 1, _structured_slack),
        ),
        errors=_RAISED,
        misconceptions=(
            Misconception(
                "unbounded",
                _no_answer,
                "The program has no answer: unbounded or infeasible? Slack is added to the objective (C · slack), "
                "subtracted from the margins, and never negative.",
            ),
            Misconception("own_slack", _beside_right_slack(_slack_for_each), _ONE_DEMONSTRATION),
            Misconception(
                "own_slack_averaged",
                _beside_right_slack(
                    lambda expert, others, asked, C: _slack_for_each(
                        expert, others, asked, C / len(others)
                    )
                ),
                _ONE_DEMONSTRATION,
            ),
            Misconception(
                "free_of_charge",
                _beside_right_slack(lambda expert, others, asked, C: np.zeros(len(expert))),
                _FREE_OF_CHARGE,
            ),
            Misconception("mean_lead", _beside_right_slack(_structured_of_mean), _CLOSEST_COUNTS),
            Misconception(
                "first_only",
                _beside_right_slack(
                    lambda expert, others, asked, C: _structured()(expert, others[:1], asked[:1], C)
                ),
                _FIRST_ONLY,
            ),
            Misconception(
                "last_only",
                _beside_right_slack(
                    lambda expert, others, asked, C: _structured()(
                        expert, others[-1:], asked[-1:], C
                    )
                ),
                _LAST_ONLY,
            ),
            Misconception(
                "most_unlike",
                _beside_right_slack(_most_unlike),
                "You keep only the policy that is most "
                "unlike the expert. Another one may miss its smaller margin by more: every policy is a constraint.",
            ),
            Misconception("unit", _beside_right_slack(_unit_of(_structured())), _UNIT_AT_THE_END),
            Misconception("half_length", _structured(length=True, size=0.5), _LENGTH_IN_SQUARE),
            Misconception(
                "largest_asked",
                _asking(lambda asked: np.full_like(asked, asked.max())),
                "You ask "
                "everybody for the largest margin. Each policy has a dissimilarity of its own.",
            ),
            Misconception(
                "scaled_slack",
                _scaled_slack,
                "You multiply the *slack* by the dissimilarity. The "
                "dissimilarity is the margin that is asked for; slack is subtracted from it as it is.",
            ),
            Misconception(
                "margin_one",
                _margin_one,
                "You ask everybody for the same margin of 1. Ask each for its own dissimilarity: little from those "
                "who act nearly as the expert does.",
            ),
            Misconception(
                "one_minus",
                _one_minus,
                "You ask the most of those who act *like* the expert (1 − dissimilarity). Who is most unlike should "
                "be held furthest away.",
            ),
            Misconception(
                "subtracted",
                _asking(np.negative),
                "Your psi is 0, and needs no slack: what do your constraints ask for? *Minus* the dissimilarity, or "
                "the dissimilarity *times* slack, costs nothing to meet. The policy most unlike the expert should "
                "be held furthest away: dissimilarity minus slack.",
            ),
            Misconception(
                "above_one",
                _asking(lambda asked: 1.0 + asked),
                "You ask for 1 *plus* the dissimilarity. Even the expert's own twin, with dissimilarity 0, would "
                "then have to be led by 1.",
            ),
            Misconception(
                "shares",
                _asking(lambda asked: asked / asked.sum()),
                "You divide the dissimilarities by their sum or by the largest. They are the margins as they stand, "
                "whatever their size.",
            ),
            Misconception(
                "of_largest",
                _asking(lambda asked: asked / asked.max()),
                "You divide the dissimilarities by their sum or by the largest. They are the margins as they stand, "
                "whatever their size.",
            ),
            Misconception(
                "mean_asked",
                _asking(lambda asked: np.full_like(asked, asked.mean())),
                "You ask everybody for the average margin. Each policy has a dissimilarity of its own.",
            ),
            Misconception(
                "rescaled",
                _rescaled,
                "Your slack is multiplied by the dissimilarity: dissimilarity · (1 − slack). Here slack is simply "
                "subtracted, in the same units for everybody.",
            ),
            Misconception(
                "weighted_gaps",
                _weighted_gaps,
                "You multiply the *leads* by the dissimilarities. Then who acts nearly as the expert does has to be "
                "led by a huge distance. They are what is asked for, on the other side.",
            ),
            Misconception("hard", _structured_hard, _NO_SLACK),
            Misconception(
                "negative_slack",
                _structured(free=True),
                _SLACK_SOLD,
            ),
            Misconception("hard_raises", _structured_hard_raises, _NO_SLACK),
            Misconception("hard_zero", _structured_hard_zero, _NO_SLACK),
            Misconception("other_order", _other_order(_structured()), _OTHER_ORDER),
            Misconception("squared", _structured(squared=True), _SQUARED),
            Misconception(
                "price_on_psi",
                lambda expert, others, asked, C: _structured(size=C)(expert, others, asked, 1.0),
                _C_ON_PSI,
            ),
            Misconception("fixed_price", _structured_fixed_price, _C_UNUSED),
            Misconception(
                "times_others",
                _priced_at(lambda C, M: C * M),
                "You charge for the slack once for each of the others. There is one demonstration with one slack: "
                "it costs C, however many others there are.",
            ),
            Misconception(
                "by_others",
                _priced_at(lambda C, M: C / M),
                "You divide the price by the number of the others. There is one demonstration with one slack: it "
                "costs C, however many others there are.",
            ),
            Misconception("no_half", _structured(size=2.0), _HALF),
            Misconception("length", _structured(length=True), _LENGTH_IN_SQUARE),
            Misconception("swapped", _structured_swapped, _SWAPPED),
            Misconception(
                "paid",
                _structured_paid,
                "Your psi is right; what you return beside it is what the slack "
                "*costs*, C times slack. Return the slack.",
            ),
            Misconception(
                "all_misses",
                _all_misses,
                "Your psi is right; your slack is the sum of what all policies miss. One slack serves them all: the "
                "largest miss.",
            ),
        ),
        hints=(
            "Start from `soft_margin`. Two things change: the 1 becomes what is asked of each policy, and there is "
            "one slack, which all of them share.",
            "`slack = cp.Variable(nonneg=True)` is one number. The constraints are `(expert - others) @ psi >= "
            "dissimilarities - slack`: M of them, with the same slack in each.",
            "Minimise `cp.sum_squares(psi) / 2 + C * slack` under these constraints, and "
            "`return psi.value, float(slack.value)`.",
        ),
    ),
    Exercise(
        name="most_violating_policy",
        title="Whose margin is missed most?",
        reference=course.most_violating_policy,
        form=Policy("pi", "n_states, n_actions"),
        problems=_violation_problems,
        parts=(Part("no policy has more reward and loss together", 2, _most_violating),),
        errors={
            "ValueError": "Look at the shapes: `features @ psi` is the reward, one number per state and action, as "
            "`loss` is.",
        },
        misconceptions=(
            Misconception(
                "loss_subtracted",
                _loss_subtracted,
                "You subtract the loss. Of two policies that earn the same, which one is the worse news for psi: "
                "the one that acts like the expert, or the one that acts unlike it? The planner shall find the "
                "worse news.",
            ),
            Misconception(
                "loss_ignored",
                _loss_ignored,
                "You plan for the reward alone: is `loss` used? A policy can earn a little less than the expert and "
                "still violate most, because much was asked of it.",
            ),
            Misconception(
                "psi_dropped",
                _psi_dropped,
                "You plan for the loss alone: is `psi` used? Who acts unlike the expert and earns nothing is no "
                "threat to psi.",
            ),
            Misconception(
                "reward_turned",
                _planned(lambda earned, loss, mdp: loss - earned),
                "You plan for loss *minus* reward: that finds somebody easy to lead. A constraint is violated by "
                "who earns much *and* is asked for much.",
            ),
            Misconception(
                "worst",
                _planned(lambda earned, loss, mdp: -earned - loss),
                "Your policy has the *smallest* sum of reward and loss. Maximise it.",
            ),
            Misconception(
                "product",
                _planned(lambda earned, loss, mdp: earned * loss),
                "You multiply reward and loss. They are added: what a policy earns, plus what is asked of it.",
            ),
            Misconception(
                "greedy",
                _unplanned,
                "You take the best action of each step by itself. A policy earns for ever: an action may pay little "
                "and lead to much. Plan.",
            ),
            Misconception(
                "two_steps",
                _two_steps,
                "You look two steps ahead. What comes later counts, too: plan to "
                "the end, with one of lesson 01's planners.",
            ),
            Misconception(
                "soft",
                _softly,
                "You plan softly: actions are drawn, better ones more often. Asked is the one largest sum: a hard "
                "maximum.",
            ),
            Misconception(
                "uniform",
                lambda mdp, features, psi, loss: np.full(loss.shape, 1 / loss.shape[1]),
                "Your policy is uniform: is anything planned?",
            ),
            Misconception(
                "always_first",
                lambda mdp, features, psi, loss: np.eye(loss.shape[1])[np.zeros(len(loss), int)],
                "Your policy takes action 0 everywhere: what is planned for?",
            ),
            Misconception(
                "loss_afterwards",
                _loss_afterwards,
                "You plan for the reward alone, and add the loss to "
                "the last look ahead only. It is met again at every later visit: plan for the sum.",
            ),
            Misconception(
                "features_summed",
                _features_summed,
                "You add the features up as if every weight were 1: `features @ psi`.",
            ),
            Misconception(
                "only_values",
                lambda *args: _values_of_plan(*args)[0],
                "You return V. The policy is the "
                "second of the two things that `value_iteration` returns.",
            ),
            Misconception(
                "action_numbers",
                lambda *args: _best_plan(*args).argmax(axis=1),
                "You return the number "
                "of an action per state. A policy has a row of probabilities per state, here with a single 1: the "
                "planners return it so.",
            ),
            Misconception(
                "masked",
                _planned(lambda earned, loss, mdp: np.where(loss > 0, 0.0, earned)),
                "You set "
                "the reward to 0 where there is a loss. The loss is added to it: such a step is worth *more* to the "
                "planner.",
            ),
            Misconception(
                "one_improvement",
                _one_improvement,
                "You improve the policy once. Its values belong to "
                "the old policy: repeat until nothing changes, or let `value_iteration` do it.",
            ),
            Misconception(
                "mean_features",
                _mean_features,
                "You average the features over the actions of a state. "
                "They depend on what is *done* there: `features @ psi`.",
            ),
            Misconception(
                "likeliest",
                _as_if_sure,
                "You plan as if the likeliest next state always came. The "
                "planners of lesson 01 take the expectation.",
            ),
            Misconception(
                "action_values",
                _action_values,
                "You return Q, what each action is worth. Asked is the "
                "policy: a 1 at the best action of each state.",
            ),
            Misconception(
                "reward",
                lambda mdp, *rest: _augmented_reward(*rest),
                "You return the reward that is to "
                "be planned for. Hand it to a planner, and return its policy.",
            ),
            Misconception(
                "visits",
                lambda mdp, *rest: planning.occupancy(mdp, _best_plan(mdp, *rest)),
                "You return "
                "the visits of the policy. Return the policy itself, whose rows sum to 1.",
            ),
            Misconception(
                "values",
                _values_of_plan,
                "`value_iteration` returns two things, V and pi: return the second.",
            ),
            Misconception(
                "fixed_discount",
                _impatient,
                "You plan with a discount of 0.9 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "unit_psi",
                _planned_unit,
                "You bring psi to length 1 first. Its length is what it weighs against the loss: leave it.",
            ),
            Misconception(
                "mean_loss",
                _planned(lambda earned, loss, mdp: earned + loss.mean(axis=1, keepdims=True)),
                _LOSS_OF_ACTIONS,
            ),
            Misconception(
                "largest_loss",
                _planned(lambda earned, loss, mdp: earned + loss.max(axis=1, keepdims=True)),
                _LOSS_OF_ACTIONS,
            ),
            Misconception(
                "rescaled_loss",
                _planned(lambda earned, loss, mdp: earned + (1 - mdp.gamma) * loss),
                "You scale the loss by 1 − γ. Reward and loss are added up over the same visits: add them as they "
                "are.",
            ),
        ),
        hints=(
            "A constraint is violated by who earns much and is asked for much. What it earns and what is asked of "
            "it are both sums over its visits: so one reward can stand for both.",
            "The reward is `features @ psi`, shape (S, A). Add `loss`, and let a planner of lesson 01 find the best "
            "policy for the sum.",
            "`V, pi = value_iteration(mdp, features @ psi + loss)`, and `return pi`.",
        ),
    ),
    Exercise(
        name="max_margin_planning",
        title="A planner that finds the constraints",
        reference=max_margin_planning,
        form=Several(Weights("psi", "n_features"), Policies("policies", "?M, n_states, n_actions")),
        problems=_planning_problems,
        parts=(
            Part("psi is as good as any, over all policies", 2, _planned_best),
            Part("the policies returned are reason enough for it", 2, _reason_enough),
        ),
        endless="When does your loop stop? A violated constraint stays violated by up to the slack, which is paid "
        "for already: stop when no policy misses its margin by more than slack + tol. And keep *all* constraints "
        "found, or you go round in circles.",
        errors=_RAISED
        | {
            "ValueError": "Look at the shapes: the policies found stack to (M, S, A), their feature expectations to "
            "(M, K), their losses to (M,). `np.array(...)` makes an array of a list; an empty list has no rows to "
            "stack.",
        },
        misconceptions=(
            Misconception(
                "loss_subtracted",
                _cut(sign=-1.0),
                "Your psi is 0: the loop leaves off at once. A planner that *subtracts* the loss finds the expert's "
                "best friend, and sees no violation: add it. And what is asked of a policy is its loss summed over "
                "*its* visits, not over the expert's.",
            ),
            Misconception(
                "loss_ignored",
                _cut_loss_ignored,
                "Your planner does not see the loss. It finds who *earns* most under psi; violated most is the "
                "constraint of who earns much and is asked for much.",
            ),
            Misconception(
                "once",
                _cut_once,
                "One constraint, one program, and you stop. The new psi has new rivals: let the planner look again, "
                "until it finds none.",
            ),
            Misconception(
                "twice",
                _cut(rounds=2),
                _FIXED_ROUNDS,
            ),
            Misconception("thrice", _cut(rounds=3), _FIXED_ROUNDS),
            Misconception(
                "margin_one",
                _cut_margin_one,
                "You ask every policy for a margin of 1, or for a dissimilarity, which is at most 1. Here asked of "
                "each is its own loss, summed over *its* visits: that the planner can maximise.",
            ),
            Misconception(
                "leading",
                _cut_leading,
                _LEADING,
            ),
            Misconception(
                "unweighted",
                _cut_unweighted,
                "You add up the loss over all states as if each were visited once. Weight it by the policy's "
                "visits: `(occupancy(mdp, pi) * loss).sum()`.",
            ),
            Misconception(
                "averaged",
                _cut_visits,
                "You average the loss over visits. The planner adds it up over visits, as it does the reward: the "
                "margin asked must be in the same units, the discounted sum.",
            ),
            Misconception(
                "per_step",
                _cut_rescaled,
                "Your feature expectations are scaled by 1 − γ, and your losses are not. Take both as discounted "
                "sums.",
            ),
            Misconception(
                "own_slack",
                _cut(owed=_of_each),
                "Every policy has a slack of its own in your program. The one demonstration has one slack, as in "
                "`structured_margin`.",
            ),
            Misconception(
                "hard",
                _cut(owed=_no_slack),
                _CUT_HARD,
            ),
            Misconception(
                "short_sighted",
                _cut(plan=_at_once),
                "Your planner takes the best reward and loss of "
                "each step by itself. A policy earns for ever: use `most_violating_policy`, or `value_iteration` on the "
                "sum.",
            ),
            Misconception("price_on_psi", _cut_turned_price, _C_ON_PSI),
            Misconception("turned", _cut(turned=True), _SWAPPED),
            Misconception("unit", _cut_unit, _UNIT_AT_THE_END),
            Misconception(
                "one_behind",
                _cut_behind,
                "Your psi is the one before the last. When the planner finds "
                "no violation, the psi that it was asked about is the answer.",
            ),
            Misconception(
                "visited_pairs",
                _cut_expert(lambda visits: (visits > 0).astype(float)),
                _EXPERT_UNUSED,
            ),
            Misconception(
                "policies_per_step",
                _cut_policies_per_step,
                "You scale the feature expectations of the "
                "policies found by 1 − γ, and the expert's not (or the reverse). Take both as discounted sums.",
            ),
            Misconception("hard_raises", _cut_hard_raises, _CUT_HARD),
            Misconception("other_order", _other_order(_cutting), _OTHER_ORDER),
            Misconception("no_half", _cut(size=2.0), _HALF),
            Misconception("fixed_price", _cut(price=1.0), _C_UNUSED),
            Misconception(
                "no_policies",
                _with_policies(lambda found: found[:0]),
                "Your psi is right, but you "
                "return no policies. Return those whose constraints you used: without them nobody can check your psi.",
            ),
            Misconception(
                "one_policy",
                _with_policies(lambda found: found[-1:]),
                "Your psi is right, but you "
                "return one policy only (the last, or the one planned for psi?). Return all those whose constraints "
                "hold psi where it is.",
            ),
            Misconception(
                "one_policy_alone",
                _with_policies(lambda found: found[-1]),
                "Your psi is right, but you "
                "return one policy only (the last, or the one planned for psi?). Return all those whose constraints "
                "hold psi where it is.",
            ),
            Misconception(
                "action_numbers",
                _with_policies(lambda found: found.argmax(axis=2)),
                "Your psi is right; "
                "a policy has a row of probabilities per state, here with a single 1. Keep the policies as the planner "
                "returns them.",
            ),
            Misconception(
                "shares",
                _cut_expert(lambda visits: visits / visits.sum()),
                "You divide the "
                "demonstrations' visits by their sum. The planner's feature expectations are discounted sums: compare "
                "like with like.",
            ),
            Misconception(
                "mean_features",
                _cut_expert(lambda visits: np.full_like(visits, 1.0 / visits.size)),
                _EXPERT_UNUSED,
            ),
            Misconception("summed_features", _cut_expert(np.ones_like), _EXPERT_UNUSED),
            Misconception(
                "uniform_expert",
                _cut_expert(lambda visits: np.full_like(visits, visits.mean())),
                _EXPERT_UNUSED,
            ),
        ),
        hints=(
            "A list that grows. Ask the planner whose margin is missed most under the psi you have; if somebody's "
            "is, put them on the list and solve `structured_margin` again.",
            "In each round: `pi = most_violating_policy(mdp, features, psi, loss)`, its feature expectations `mu`, "
            "and its loss `asked` (the expected return of `loss`). It misses its margin by `asked - psi @ (expert - "
            "mu)`. Compare that with `slack + tol`.",
            "`while True:` find pi, mu and asked; `if asked - psi @ (expert - mu) <= slack + tol: return psi, "
            "np.array(policies)`; otherwise append all three to their lists, and `psi, slack = "
            "structured_margin(expert, np.array(others), np.array(losses), C)`. Start with psi = 0 and slack = 0.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "why-unbounded",
        "You let the solver look for the largest smallest lead, over every psi, and it says *unbounded*. What has "
        "happened?",
        (
            Option(
                "The demonstrations contradict each other",
                "Then *no* psi would lead everybody, and the best smallest lead is 0, at psi = 0. Unbounded says the "
                "opposite: there are psi with as large a lead as you like.",
            ),
            Option(
                "Ten times a good psi has ten times the lead, so that none is the largest",
                "Only the direction of psi says anything about the expert. Hold its length, |psi| ≤ 1, or hold the "
                "lead at 1 and ask for the shortest psi: both give the same direction.",
                right=True,
            ),
            Option(
                "Somebody on the list earns what the expert earns, whatever psi is",
                "With such a twin on the list the smallest lead is never above 0. That is a bound, if a sad one.",
            ),
            Option(
                "The solver stopped before it was done",
                "Then the status would say so (`user_limit`, or `optimal_inaccurate`). *Unbounded* is an answer: "
                "the solver has found a direction in which the objective grows for ever.",
            ),
        ),
    ),
    Quiz(
        "what-infeasible-says",
        "`svm_form` has no solution: *infeasible*. What do you know for certain?",
        (
            Option(
                "The expert is not optimal for any reward",
                "The flawless expert became infeasible, too, as soon as its own policy stood on the list.",
            ),
            Option(
                "The features cannot express the expert's reward",
                "They may be able to. A twin of the expert on the list is infeasible with any features.",
            ),
            Option(
                "Some mixture of the listed policies has the expert's feature expectations",
                "A psi that led each of them by 1 would lead their mixture by 1, and nobody leads themselves. "
                "Without such a mixture a plane separates, and a psi exists: the two are exactly opposite.",
                right=True,
            ),
            Option(
                "The price C is too low",
                "`svm_form` has no price. Once slack is allowed, at any price, there is always a solution.",
            ),
        ),
    ),
    Quiz(
        "higher-price",
        "The expert errs one step in twenty. With one slack a policy, C = 0.01 plans the expert's route, and C = 10 "
        "goes around. Why?",
        (
            Option(
                "At C = 10 the solver is less accurate",
                "Program and dual agree to many digits at both prices. This is the exact solution of the question "
                "that was asked.",
            ),
            Option(
                "At C = 10 slack is cheaper",
                "It is a thousand times dearer. There is less slack in all: 2.48 against 3.86.",
            ),
            Option(
                "A margin of 1 is asked of everybody, and the two who walk most like the expert are written off",
                "To lead a near-twin by 1 takes a huge psi, so slack is spent there, and psi is left to the others. "
                "Ask less of those who act alike, and the expert's route comes back.",
                right=True,
            ),
            Option(
                "psi is longer at C = 10, and long psi plan otherwise",
                "It is ten times longer. But plans depend on the direction only, and that has turned.",
            ),
        ),
    ),
    Quiz(
        "why-add-the-loss",
        "Constraint generation starts with psi = 0 and an empty list. What does the first call of the planner find "
        "if the loss is *subtracted*?",
        (
            Option(
                "The same policy as if it were added",
                "With psi = 0 the loss is all that the planner sees: it seeks it, or avoids it.",
            ),
            Option(
                "The policy most unlike the expert's",
                "That is what it finds if the loss is *added*: much asked, and nothing earned. It is the right first "
                "constraint.",
            ),
            Option(
                "The expert's own policy: nothing seems violated, and it ends with psi = 0",
                "Where a step costs its loss, nobody beats a walker with none. Asked for its hardest rival, it "
                "names its best friend.",
                right=True,
            ),
            Option(
                "Nothing: the planner never stops",
                "It plans as ever. It is the wrong question that it answers.",
            ),
        ),
    ),
]
