"""Checks of lesson 07: a network's rewards, the signal pushed back through it, and a fit by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.special import log_softmax, softmax

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, quietly
from irl_course.checks.forms import Array, WrongForm, close, difference, number
from irl_course.checks.forms import Readings as Results
from irl_course.checks.problems import noisy_world, random_policy, random_reward, sure_world
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP, sample_demos

Params = list[tuple[np.ndarray, np.ndarray]]

# --- the course's own answers --------------------------------------------------------------


def mlp_reward(params: Params, features: np.ndarray) -> np.ndarray:
    """The reward of a network: tanh(... tanh(f(s, a) W_1 + b_1) ...) W_n + b_n.

    Args:
        params: layers (W, b) of shapes (n_in, n_out) and (n_out,); the last has one output.
        features: f(s, a), shape (S, A, K).

    Returns:
        The reward, shape (S, A).
    """
    return _net()(params, features)


def reward_gradient_signal(expert_visits: np.ndarray, model_visits: np.ndarray) -> np.ndarray:
    """The slope of the log-likelihood by each reward r(s, a): expert minus model, (S, A)."""
    return expert_visits - model_visits


def mlp_gradient(params: Params, features: np.ndarray, signal: np.ndarray) -> Params:
    """Push a signal back through the network: sum_{s, a} signal(s, a) d r(s, a) / d params.

    Args:
        params: layers (W, b).
        features: f(s, a), shape (S, A, K).
        signal: one number for each reward, held fixed, shape (S, A).

    Returns:
        A list of layers (dW, db) in the shapes of params.
    """
    return _push_back(params, features, signal)


def deep_maxent_irl(
    mdp: MDP,
    features: np.ndarray,
    expert_occupancy: np.ndarray,
    params: Params,
    n_steps: int,
    step_size: float,
    l2: float,
) -> tuple[Params, np.ndarray]:
    """Gradient ascent on L - l2 / 2 (sum of squared W), with L of the causal, discounted model.

    Args:
        mdp: the world, gamma < 1.
        features: f(s, a), shape (S, A, K).
        expert_occupancy: discounted visits, shape (S, A).
        params: where to start, layers (W, b); not changed.
        n_steps: number of steps.
        step_size: a step goes this times the gradient.
        l2: penalty on the weights W; the offsets b have none.

    Returns:
        New params, and gaps (n_steps,): sum |expert - model| before each step.
    """
    return _climb(mdp, features, expert_occupancy, params, n_steps, step_size, l2)


# The same with parts to take out for the mistakes.


def _affine(h: np.ndarray, W: np.ndarray, b: np.ndarray, i: int, n: int) -> np.ndarray:
    return h @ W + b


def _pass(
    params: Params,
    features: np.ndarray,
    hidden: Callable = np.tanh,
    affine: Callable = _affine,
    squashed: Callable = lambda i, n: i < n - 1,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What each layer's units sum up to, and what they pass on; the features come first."""
    sums, outs, n = [features], [features], len(params)
    for i, (W, b) in enumerate(params):
        sums.append(affine(outs[-1], W, b, i, n))
        outs.append(hidden(sums[-1]) if squashed(i, n) else sums[-1])
    return sums, outs


def _net(into: Callable = lambda f: f, out: Callable = lambda r: r, **parts: Callable) -> Callable:
    """A network's rewards, with other parts."""

    def answer(params: Params, features: np.ndarray) -> np.ndarray:
        return out(_pass(params, into(features), **parts)[1][-1][..., 0])

    return answer


def _tanh_slope(z: np.ndarray, h: np.ndarray) -> np.ndarray:
    return 1.0 - h**2


def _push_back(
    params: Params,
    features: np.ndarray,
    signal: np.ndarray,
    *,
    slope: Callable = _tanh_slope,
    back: Callable = lambda delta, W: delta @ W.T,
    top: Callable = lambda delta, out: delta,
    below: Callable = lambda z, h: h,
    db: Callable = lambda delta: delta.sum(axis=0),
    **forward: Callable,
) -> Params:
    """Backpropagation with another slope, way back, start, input of a layer, db, or network."""
    flat = features.reshape(-1, features.shape[-1])
    sums, outs = _pass(params, flat, **forward)
    delta, found = top(signal.reshape(-1, 1), outs[-1]), []
    for i in reversed(range(len(params))):
        found.append((below(sums[i], outs[i]).T @ delta, db(delta)))
        if i:
            delta = back(delta, params[i][0]) * slope(sums[i], outs[i])
    return found[::-1]


def _soft_visits(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """Discounted visits of the soft policy."""
    return planning.occupancy(mdp, planning.soft_value_iteration(mdp, reward)[2])


def _climb(
    mdp: MDP,
    features: np.ndarray,
    expert: np.ndarray,
    params: Params,
    n_steps: int,
    step_size: float,
    l2: float,
    *,
    rewards: Callable = mlp_reward,
    model: Callable = lambda mdp, reward, expert: _soft_visits(mdp, reward),
    signal: Callable = lambda expert, visits, reward: expert - visits,
    gap: Callable = lambda expert, visits: np.abs(expert - visits).sum(),
    slope: Callable = _push_back,
    pull: Callable = lambda W, b, l2: (-l2 * W, 0.0),
    update: Callable = lambda x, step, i: x + step,
) -> tuple[Params, np.ndarray]:
    """The ascent, with another network, model, signal, gap, gradient, pull of l2, or step."""
    params, gaps = [(W.copy(), b.copy()) for W, b in params], []
    for i in range(n_steps):
        reward = rewards(params, features)
        visits = model(mdp, reward, expert)
        gaps.append(gap(expert, visits))
        gradient = slope(params, features, signal(expert, visits, reward))
        moved = []
        for (W, b), (dW, db) in zip(params, gradient, strict=True):
            pull_W, pull_b = pull(W, b, l2)
            moved.append((
                update(W, step_size * (dW + pull_W), i),
                update(b, step_size * (db + pull_b), i),
            ))  # fmt: skip
        params = moved
    return params, np.array(gaps)


# --- problems ------------------------------------------------------------------------------


def _draw(rng: np.random.Generator, sizes: list[int]) -> Params:
    """A network whose units are neither all straight nor all saturated; no offset is 0."""
    return [
        (
            1.3 * rng.normal(size=(n_in, n_out)) / np.sqrt(n_in),
            rng.choice([-1.0, 1.0], n_out) * rng.uniform(0.3, 1.0, n_out),
        )
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
    ]


def _label(n_states: int, n_actions: int, sizes: list[int]) -> str:
    layers = "1 layer" if len(sizes) == 2 else f"{len(sizes) - 1} layers"
    widths = "-".join(map(str, sizes))
    return (
        f"{n_states} state{'s' * (n_states > 1)}, {n_actions} actions, {layers} of sizes {widths}"
    )


_SHAPES = [
    (3, 2, [4, 5, 1]),
    (3, 2, [5, 1]),
    (5, 4, [2, 1]),
    (4, 6, [3, 2, 1]),
    (5, 3, [2, 4, 6, 1]),
    (6, 2, [5, 3, 4, 7, 1]),
    (1, 4, [3, 2, 1]),  # one state: an axis of length 1 that has to stay
]


def _saturating(rng: np.random.Generator, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Features so large that exp overflows, and no unit is left where rounding decides."""
    while True:
        x = 10.0 ** rng.uniform(3.0, 4.5) * rng.normal(size=len(W))
        if np.abs(x @ W + b).min() > 40.0:
            return x


def _networks(rng: np.random.Generator) -> list[tuple[str, Params, np.ndarray]]:
    """Labelled networks and features of both signs; the last two have large ones."""
    asked = []
    for S, A, sizes in _SHAPES:
        asked.append((_label(S, A, sizes), _draw(rng, sizes), rng.normal(size=(S, A, sizes[0]))))
    for S, A, sizes in [(5, 4, [2, 6, 1]), (7, 5, [3, 4, 2, 1])]:
        params, features = _draw(rng, sizes), rng.normal(size=(S, A, sizes[0]))
        for s, a in np.argwhere(rng.permutation(S * A).reshape(S, A) % 2):
            features[s, a] = _saturating(rng, *params[0])
        asked.append((f"{_label(S, A, sizes)}, large features", params, features))
    return asked


def _reward_problems(rng: np.random.Generator) -> list[Problem]:
    return [Problem(said, (params, features)) for said, params, features in _networks(rng)]


def _gradient_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for said, params, features in _networks(rng):
        signal = rng.normal(size=features.shape[:2]) + 0.5 * rng.choice([-1.0, 1.0])
        asked.append(Problem(said, (params, features, signal)))
    mdp = noisy_world(rng, 5, 3, 0.8)
    params = _draw(rng, [4, 2, 1])
    features = rng.normal(size=(5, 3, 4))
    signal = _an_expert(rng, mdp) - _soft_visits(mdp, mlp_reward(params, features))
    label = f"{_label(5, 3, [4, 2, 1])}, expert minus model"
    return [*asked, Problem(label, (params, features, signal))]


def _an_expert(rng: np.random.Generator, mdp: MDP) -> np.ndarray:
    """Visits of somebody who wants something, (S, A)."""
    return _soft_visits(mdp, random_reward(rng, mdp, 2.0))


def _counted(rng: np.random.Generator, mdp: MDP) -> np.ndarray:
    """Discounted visits of a few short demonstrations: many zeros, and a sum below 1/(1 - γ)."""
    walk = sample_demos(mdp, random_policy(rng, mdp), 3, 4, rng)
    visits = np.zeros((mdp.n_states, mdp.n_actions))
    for t in range(4):
        np.add.at(visits, (walk.states[:, t], walk.actions[:, t]), mdp.gamma**t / 3)
    visits[visits.sum(axis=1).argmin()] = 0.0  # at least one state nobody has seen
    return visits


def _size(mdp: MDP) -> str:
    return f"{mdp.n_states} states, {mdp.n_actions} actions, γ = {mdp.gamma:g}"


def _signal_problems(rng: np.random.Generator) -> list[Problem]:
    asked = []
    for S, A, gamma in [(3, 2, 0.5), (5, 3, 0.9), (4, 6, 0.8), (7, 4, 0.98)]:
        mdp = noisy_world(rng, S, A, gamma)
        asked.append((_size(mdp), _an_expert(rng, mdp), _soft_visits(mdp, random_reward(rng, mdp))))
    for S, A in [(6, 2), (5, 4)]:
        mdp = noisy_world(rng, S, A, 0.7)
        model = _soft_visits(mdp, random_reward(rng, mdp))
        asked.append((f"{_size(mdp)}, a few demonstrations", _counted(rng, mdp), model))
    mdp, reward = noisy_world(rng, 4, 3, 0.9), rng.normal(size=(4, 3))
    model = _soft_visits(mdp, reward)
    sure = planning.occupancy(mdp, np.eye(3)[rng.integers(3, size=4)])
    asked.append((f"{_size(mdp)}, an expert without chance", sure, model))
    near = _soft_visits(mdp, reward + 0.01 * rng.normal(size=(4, 3)))
    asked.append((f"{_size(mdp)}, little left to learn", near, model))
    return [Problem(said, (expert, model)) for said, expert, model in asked]


def _fit_problems(rng: np.random.Generator) -> list[Problem]:
    drawn = [
        (noisy_world(rng, 3, 2, 0.6), [4, 5, 1], 3, 0.1, 0.3),
        (noisy_world(rng, 5, 3, 0.8), [2, 1], 4, 0.1, 0.0),
        (sure_world(rng, 4, 2, 0.9), [3, 6, 1], 5, 0.03, 0.0),
        (noisy_world(rng, 4, 6, 0.7), [2, 3, 5, 1], 4, 0.1, 0.5),
        (noisy_world(rng, 6, 3, 0.95), [5, 1], 1, 0.05, 0.8),
        (noisy_world(rng, 7, 2, 0.9), [3, 4, 1], 8, 0.02, 0.2),
        (noisy_world(rng, 4, 3, 0.8), [2, 3, 1], 0, 0.1, 0.4),
    ]
    problems = []
    for i, (mdp, sizes, n, size, l2) in enumerate(drawn):
        few = i in (3, 5)
        expert = _counted(rng, mdp) if few else _an_expert(rng, mdp)
        features = rng.normal(size=(mdp.n_states, mdp.n_actions, sizes[0]))
        said = f"{_size(mdp)}, sizes {'-'.join(map(str, sizes))}, {n} {'step' if n == 1 else 'steps'} of {size:g}, l2 = {l2:g}"
        said += ", a few demonstrations" if few else ""
        problems.append(Problem(said, (mdp, features, expert, _draw(rng, sizes), n, size, l2)))
    return problems


# --- forms ---------------------------------------------------------------------------------


class Finite(Array):
    """An array; nan and the infinities are refused in the same words, wherever they turn up."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """The value as float64."""
        try:
            array = np.asarray(value)
        except Exception:  # ragged lists: the form itself says so
            return super().read(value, expected)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise WrongForm(
                f"{self.name} is not finite: somewhere a division by 0, an overflow or a log of 0? (exp of a number above 709 is inf.)"
            )
        return super().read(value, expected)


class Signal(Finite):
    """Mistakes are told apart by what is not huge: a log of nearly 0 may be padded anyhow."""

    def same(self, value: np.ndarray, other: np.ndarray) -> bool:
        """Whether two readings agree, as far as they lie between -10 and 10."""
        return super().same(np.clip(value, -10.0, 10.0), np.clip(other, -10.0, 10.0))


class Layers:
    """The W of all layers, or the b of all layers, as one result."""

    def __init__(self, name: str):
        self.name = name

    def same(self, value: tuple, other: tuple) -> bool:
        """Whether two readings agree in every layer."""
        return len(value) == len(other) and all(map(Array.same, [self] * len(value), value, other))


class Network:
    """Layers (W, b), in lists, tuples or arrays; read as two results: all the W, and all the b.

    Numbers alone make no difference between a wrong W and a wrong b; a wrong shape anywhere
    leaves nothing to judge.
    """

    def __init__(self, name: str):
        self.name = name
        self.forms: tuple = (Layers(f"W of {name}"), Layers(f"b of {name}"))

    def read(self, value: Any, expected: Any) -> Results:
        """The value as arrays; `WrongForm` if it is no such list, or has other shapes."""
        if isinstance(expected, Results):
            expected = list(zip(expected[0], expected[1], strict=True))
        layers = self._pairs(value, len(expected))
        self._mixed_up(layers, expected)
        read: tuple[list, list] = ([], [])
        for i, (layer, want) in enumerate(zip(layers, expected, strict=True)):
            for j, dims in enumerate(("n_in, n_out", "n_out")):
                read[j].append(Finite(f"{self.name}[{i}][{j}]", dims).read(layer[j], want[j]))
        return Results((tuple(read[0]), tuple(read[1])))

    def _pairs(self, value: Any, n: int) -> list:
        """The layers, each of two things."""
        wanted = f"a list of {n} layer{'s' * (n > 1)} (W, b), like params"
        if value is None:
            raise WrongForm(f"{self.name} is None: is a `return` missing?")
        if not _sequence(value):
            raise WrongForm(f"{self.name} is of type {type(value).__name__}; return {wanted}.")
        if len(value) != n:
            flat = " Put each W and its b in a pair." if len(value) == 2 * n else ""
            raise WrongForm(f"{self.name} has length {len(value)}; return {wanted}.{flat}")
        for i, layer in enumerate(value):
            if not _sequence(layer) or len(layer) != 2:
                raise WrongForm(f"{self.name}[{i}] is no pair (W, b); return {wanted}.")
        return list(value)

    def _mixed_up(self, layers: list, expected: list) -> None:
        """Right arrays at the wrong place."""

        def shapes(pairs: Any) -> list:
            return [tuple(np.shape(x) for x in pair) for pair in pairs]

        try:
            have, want = shapes(layers), shapes(expected)
        except ValueError:  # ragged lists: the form of the array says so
            return
        if have != want and have == want[::-1]:
            raise WrongForm(
                f"{self.name} comes in reverse order: its shapes are those of params from the last "
                "layer to the first."
            )
        if have != want and [pair[::-1] for pair in have] == want:
            raise WrongForm(f"In {self.name}, W and b have changed places: W comes first.")

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it: arrays, where there are lists."""
        if all(isinstance(x, np.ndarray) for layer in value for x in layer):
            return value
        return [(np.asarray(W), np.asarray(b)) for W, b in value]


def _sequence(value: Any) -> bool:
    """Whether something has layers, or a W and a b, inside."""
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


class Fit:
    """Params and gaps, read as three results: all W, all b, and the gaps."""

    name = "params, gaps"

    def __init__(self) -> None:
        self.network, self.gaps = Network("params"), Finite("gaps", "n_steps")
        self.forms = (*self.network.forms, self.gaps)

    def read(self, value: Any, expected: Any) -> Results:
        """Each result by its form; a bad one leaves the other readable."""
        if value is None:
            raise WrongForm("Your function returned None: is a `return` missing?")
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            said = f"a {type(value).__name__}" + (f" of {len(value)}" if _sequence(value) else "")
            self._only_params(value, expected)
            raise WrongForm(f"Your function returned {said}; return 2 things: {self.name}.")
        known = isinstance(expected, Results)
        want = Results(tuple.__iter__(expected)) if known else expected
        self._only_params(value, want)
        if self._reads(value[1], want) and not self._reads(value[0], want):
            raise WrongForm("The two results have changed places: first params, then gaps.")
        return Results((
            *_or_reason(2, self.network.read, value[0], want if known else want[0]),
            *_or_reason(1, self.gaps.read, value[1], want[2] if known else want[1]),
        ))  # fmt: skip

    def _reads(self, value: Any, expected: Any) -> bool:
        """Whether something is a network of the size that is asked for."""
        known = isinstance(expected, Results)
        try:
            self.network.read(value, expected if known else expected[0])
        except WrongForm:
            return False
        return True

    def _only_params(self, value: Any, expected: Any) -> None:
        if self._reads(value, expected):
            raise WrongForm("Your function returned params alone; return 2 things: params, gaps.")

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it: arrays, where there are lists."""
        params, gaps = self.network.plain(value[0]), np.asarray(value[1])
        return value if params is value[0] and gaps is value[1] else (params, gaps)


def _or_reason(n: int, read: Callable, value: Any, expected: Any) -> tuple:
    """One reading as n results, or n times the reason why there is none."""
    try:
        found = read(value, expected)
    except WrongForm as reason:
        return (reason,) * n
    return tuple(found) if n > 1 else (found,)


# --- laws ----------------------------------------------------------------------------------

_LARGE = 100.0


def _kind(params: Params, features: np.ndarray) -> str:
    if np.abs(features).max() > _LARGE:
        return "large"
    return "one layer" if len(params) == 1 else "hidden"


def _rewarded(kind: str) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        if _kind(*case.args) != kind:
            return None
        return difference("reward", case.out, case.expected)

    return law


def _signalled(case: Case) -> str | None:
    said = difference("signal", case.out, case.expected)
    if said:
        at = np.unravel_index(np.argmax(np.abs(case.out - case.expected)), case.out.shape)
        there = ", ".join(map(str, at))
        expert, model = (number(visits[at]) for visits in case.args)
        said += f" At [{there}] the expert has {expert} visits, and the model {model}."
    return said


def _layers_differ(name: str, which: int, out: tuple, expected: tuple) -> tuple[int, str] | None:
    """The last wrong layer and how it differs: errors travel back from the output."""
    for i in reversed(range(len(expected))):
        said = difference(f"{name}[{i}][{which}]", out[i], expected[i])
        if said:
            return i, said
    return None


def _slope_law(which: int, kinds: tuple[str, ...]) -> Callable[[Case], str | None]:
    """The law of all W (0) or all b (1) of the gradient."""

    def law(case: Case) -> str | None:
        if _kind(*case.args[:2]) not in kinds:
            return None
        found = _layers_differ("gradient", which, case.out[which], case.expected[which])
        if found is None:
            return None
        return found[1] + _by_differences(case, *found, which)

    return law


def _one_layer(case: Case) -> str | None:
    return _slope_law(0, ("one layer",))(case) or _slope_law(1, ("one layer",))(case)


def _by_differences(case: Case, layer: int, said: str, which: int) -> str:
    """The slope at the worst entry, from rewards alone; where all is saturated it says little."""
    params, features, signal = case.args
    have, want = case.out[which][layer], case.expected[which][layer]
    at = np.unravel_index(np.argmax(np.abs(have - want)), want.shape)
    sums = []
    for step in (1e-4, -1e-4):
        moved = [[W.copy(), b.copy()] for W, b in params]
        moved[layer][which][at] += step
        sums.append((signal * mlp_reward(moved, features)).sum())
    if _kind(params, features) == "large":
        return ""
    where = f"params[{layer}][{which}][{', '.join(map(str, at))}]"
    if close(have, want, 0.03).all():
        said = " You are near. Did you take differences, to one side or with a large step?"
        return said + " Then halve the step: the error should shrink."
    return f" Move {where} by ±0.0001: the sum of signal · r has the slope {number((sums[0] - sums[1]) / 2e-4)}."


def _learnt(penalised: bool) -> Callable[[Case], str | None]:
    def law(case: Case) -> str | None:
        if (case.args[6] > 0.0) != penalised:
            return None
        wrong = [
            (np.abs(case.out[j][i] - want).max(), said)
            for j in (0, 1)
            for i, want in enumerate(case.expected[j])
            if (said := difference(f"params[{i}][{j}]", case.out[j][i], want))
        ]
        return max(wrong, default=(0.0, None))[1]

    return law


def _reported(case: Case) -> str | None:
    said = difference("gaps", case.out[2], case.expected[2])
    if said and close(case.out[2][0], case.expected[2][0]):
        said += " The first one is right: it is the steps that differ."
    return said


# --- misconceptions ------------------------------------------------------------------------

Mistakes = dict[str, tuple[Callable, str]]


def M(key: str, wrong: Callable, hint: str) -> Misconception:
    """A mistake, without what NumPy says of its divisions and overflows."""
    return Misconception(key, lambda *args: quietly(wrong, args), hint)


def _relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0.0)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


def _own_tanh(z: np.ndarray) -> np.ndarray:
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def _bent(slope: Callable = _tanh_slope, **forward: Callable) -> tuple[dict, dict]:
    """Parts of a network, and of its gradient."""
    return forward, {"slope": slope, **forward}


_SQUASH_OUT = "Your network bends its output as well. The last layer is linear: rewards may have any size and either sign."
_NO_TANH = "Your hidden layers pass their sums on as they are: without tanh, many layers do no more than one."
_OVERFLOW = (
    "Your tanh is made of exp, which overflows above 709. `np.tanh` copes with numbers of any size."
)

# Networks other than ours: parts of the forward pass, and of the gradient that fits it.
# fmt: off
NETS: dict[str, tuple[tuple[dict, dict], str]] = {
    "relu": (_bent(lambda z, h: z > 0, hidden=_relu),
        "Your hidden units are ReLUs, max(0, z). Here they are tanh."),
    "sigmoid": (_bent(lambda z, h: h * (1 - h), hidden=_sigmoid),
        "Your hidden units are sigmoids, between 0 and 1. Here they are tanh, between −1 and 1."),
    "no_tanh": (_bent(lambda z, h: 1.0, hidden=lambda z: z), _NO_TANH),
    "no_offsets": (_bent(affine=lambda h, W, b, i, n: h @ W), "The offsets b are missing: a layer computes `h @ W + b`."),
    "only_last_offset": (_bent(affine=lambda h, W, b, i, n: h @ W + (b if i == n - 1 else 0.0)), "Only the last layer adds its b. Every layer computes `h @ W + b`."),
    "offset_twice": (_bent(affine=lambda h, W, b, i, n: h @ W + 2 * b), "Your layers add b twice: a layer computes `h @ W + b`."),
    "offset_taken_off": (_bent(affine=lambda h, W, b, i, n: h @ W - b), "Your layers take b off. They add it: `h @ W + b`."),
    "own_tanh": (_bent(hidden=_own_tanh), _OVERFLOW),
    "only_first_tanh": (_bent(lambda z, h: np.where(z == h, 1.0, 1 - h**2), squashed=lambda i, n: i == 0 and n > 1), "Only your first hidden layer has a tanh. All have one but the last."),
    "tan": (_bent(lambda z, h: 1 + h**2, hidden=np.tan),
        "Your hidden units compute the tangent. tanh is the *hyperbolic* tangent: `np.tanh`."),
}
# fmt: on


def _added_after(params: Params, features: np.ndarray) -> np.ndarray:
    """tanh(h W) + b."""
    h = features
    for i, (W, b) in enumerate(params):
        h = (np.tanh(h @ W) if i < len(params) - 1 else h @ W) + b
    return h[..., 0]


def _no_last_layer(params: Params, features: np.ndarray) -> np.ndarray:
    """Adds up the hidden units."""
    return _pass(params[:-1], features, squashed=lambda i, n: True)[1][-1].sum(axis=-1)


def _one_tanh_too_few(params: Params, features: np.ndarray) -> np.ndarray:
    """The loop ends a layer early: the last hidden layer has no tanh."""
    return _net(squashed=lambda i, n: i < n - 2)(params, features)


def _policy(visits: np.ndarray, elsewhere: float = 0.0) -> np.ndarray:
    """Shares of the actions; where nobody has been, all are the same."""
    total = visits.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, visits / np.where(total > 0.0, total, 1.0), elsewhere)


# Gradients.


def _with_db(change: Callable) -> Callable:
    """The right gradient, with something done to db of each layer."""
    return lambda *args: [(dW, change(dW, db, args)) for dW, db in mlp_gradient(*args)]


def _scaled(factor: Callable) -> Callable:
    """The right gradient times a number."""

    def wrong(*args: Any) -> Params:
        return [(factor(*args) * dW, factor(*args) * db) for dW, db in mlp_gradient(*args)]

    return wrong


def _from_signal(change: Callable) -> Callable:
    """The right gradient of another signal."""
    return lambda params, f, signal: mlp_gradient(
        params, f, change(signal, mlp_reward(params, f)) * np.ones_like(signal)
    )


def _only(kept: Callable) -> Callable:
    """Zeros in some layers."""

    def wrong(*args: Any) -> Params:
        found, n = mlp_gradient(*args), len(args[0])
        return [(dW, db) if kept(i, n) else (0 * dW, 0 * db) for i, (dW, db) in enumerate(found)]

    return wrong


def _unchained(
    params: Params, features: np.ndarray, signal: np.ndarray, used: bool = True
) -> Params:
    """The slope of each tanh belongs to its own dW and db only, or else only to the way on."""
    outs = _pass(params, features.reshape(-1, features.shape[-1]))[1]
    delta, found, n = signal.reshape(-1, 1), [], len(params)
    for i in reversed(range(n)):
        bent = delta if i == n - 1 else delta * (1 - outs[i + 1] ** 2)
        here, on = (bent, delta) if used else (delta, bent)
        found.append((outs[i].T @ here, here.sum(axis=0)))
        delta = on @ params[i][0].T
    return found[::-1]


def _slope_once(params: Params, features: np.ndarray, signal: np.ndarray) -> Params:
    """The tanh's slope at the last hidden layer only."""
    outs = _pass(params, features.reshape(-1, features.shape[-1]))[1]
    delta, found = signal.reshape(-1, 1), []
    for i in reversed(range(len(params))):
        found.append((outs[i].T @ delta, delta.sum(axis=0)))
        delta = (delta @ params[i][0].T) * (1 - outs[i] ** 2 if not found[1:] else 1.0)
    return found[::-1]


# Fits.


def _fit(**parts: Any) -> Callable:
    return partial(_climb, **parts)


def _asked(change: Callable) -> Callable:
    """The right ascent, asked for something else: change(mdp, features, expert, params, n, size, l2)."""
    return lambda *args: deep_maxent_irl(*change(*args))


def _then(change: Callable) -> Callable:
    """The right ascent, and then something done to what it found: change(params, gaps, args)."""
    return lambda *args: change(*deep_maxent_irl(*args), args)


def _tail(params: Params, gaps: np.ndarray, args: tuple) -> tuple[Params, np.ndarray]:
    """Gaps after each step."""
    mdp, features, expert, *_ = args
    last = np.abs(expert - _soft_visits(mdp, mlp_reward(params, features))).sum()
    return params, np.append(gaps, last)[1:]


def _moved(change: Callable) -> Callable:
    """Right steps, of which `change(old, new, size, l2)` keeps some."""

    def wrong(
        mdp: MDP, f: np.ndarray, expert: np.ndarray, params: Params, n: int, size: float, l2: float
    ) -> tuple[Params, np.ndarray]:
        gaps = []
        for _ in range(n):
            new, gap = deep_maxent_irl(mdp, f, expert, params, 1, size, l2)
            params = change(params, new, size, l2)
            gaps.append(gap[0])
        return params, np.array(gaps)

    return wrong


def _one_by_one(
    mdp: MDP, f: np.ndarray, expert: np.ndarray, params: Params, n: int, size: float, l2: float
) -> tuple[Params, np.ndarray]:
    """Moves each layer before the signal is pushed on through it."""
    params, gaps = [tuple(layer) for layer in params], []
    flat = f.reshape(-1, f.shape[-1])
    for _ in range(n):
        _, outs = _pass(params, flat)
        signal = expert - _soft_visits(mdp, outs[-1].reshape(expert.shape))
        gaps.append(np.abs(signal).sum())
        delta = signal.reshape(-1, 1)
        for i in reversed(range(len(params))):
            W, b = params[i]
            W = W + size * (outs[i].T @ delta - l2 * W)
            params[i] = (W, b + size * delta.sum(axis=0))
            delta = (delta @ W.T) * (1 - outs[i] ** 2)
    return params, np.array(gaps)


def _each_afresh(upwards: bool, planned: bool) -> Callable:
    """Layers moved in turn, each by a gradient of what the others have become."""

    def wrong(
        mdp: MDP, f: np.ndarray, expert: np.ndarray, params: Params, n: int, size: float, l2: float
    ) -> tuple[Params, np.ndarray]:
        params, gaps = list(params), []
        for _ in range(n):
            signal = expert - _soft_visits(mdp, mlp_reward(params, f))
            gaps.append(np.abs(signal).sum())
            for i in range(len(params))[:: 1 if upwards else -1]:
                if planned:
                    signal = expert - _soft_visits(mdp, mlp_reward(params, f))
                (W, b), (dW, db) = params[i], mlp_gradient(params, f, signal)[i]
                params[i] = W + size * (dW - l2 * W), b + size * db
        return params, np.array(gaps)

    return wrong


def _stale(
    mdp: MDP, f: np.ndarray, expert: np.ndarray, params: Params, n: int, size: float, l2: float
) -> tuple[Params, np.ndarray]:
    """The model is planned once, before the first step."""
    visits = _soft_visits(mdp, mlp_reward(params, f))
    return _climb(mdp, f, expert, params, n, size, l2, model=lambda *_: visits)


def _adam(
    mdp: MDP, f: np.ndarray, expert: np.ndarray, params: Params, n: int, size: float, l2: float
) -> tuple[Params, np.ndarray]:
    """Adam's steps in place of plain ones."""
    from irl_course.inverse.neural import Adam

    adam, gaps = Adam(size), []
    for _ in range(n):
        signal = expert - _soft_visits(mdp, mlp_reward(params, f))
        gaps.append(np.abs(signal).sum())
        found = mlp_gradient(params, f, signal)
        pulled = [(dW - l2 * W, db) for (dW, db), (W, _) in zip(found, params, strict=True)]
        params, adam = adam.step(params, pulled)
    return params, np.array(gaps)


def _of_policy(policy: Callable) -> Callable:
    """Visits of another policy of the reward."""
    return lambda mdp, reward, expert: planning.occupancy(mdp, policy(mdp, reward))


def _at_start(change: Callable) -> Callable:
    """The soft policy, rolled out from elsewhere."""
    return lambda mdp, reward, expert: planning.occupancy(
        mdp.replace(initial_dist=change(mdp, expert)),
        planning.soft_value_iteration(mdp, reward)[2],
    )


def _optimist(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """log E[exp V] in place of E[V]."""
    V, before = np.zeros(mdp.n_states), np.inf
    while np.abs(V - before).max() > 1e-7:
        Q = reward + mdp.gamma * np.log(mdp.P @ np.exp(V))
        before, V = V, np.log(np.exp(Q).sum(axis=1))
    return softmax(Q, axis=1)


def _in_expert_states(mdp: MDP, reward: np.ndarray, expert: np.ndarray) -> np.ndarray:
    """The expert's states, with the model's actions."""
    return expert.sum(axis=1, keepdims=True) * planning.soft_value_iteration(mdp, reward)[2]


def _to_one(x: np.ndarray) -> np.ndarray:
    return x / x.sum()


def _without_slope(params: Params, features: np.ndarray, signal: np.ndarray) -> Params:
    return _push_back(params, features, signal, slope=lambda z, h: 1.0)


def _each_times(factor: Callable) -> Callable:
    """Another gradient in the ascent: factor(i, n, j) times each array of layer i; j is 0 for W."""

    def slope(params: Params, features: np.ndarray, signal: np.ndarray) -> Params:
        found, n = mlp_gradient(params, features, signal), len(params)
        return [(factor(i, n, 0) * dW, factor(i, n, 1) * db) for i, (dW, db) in enumerate(found)]

    return slope


def _whole_norm(params: Params, features: np.ndarray, signal: np.ndarray) -> Params:
    """The gradient's direction only."""
    found = mlp_gradient(params, features, signal)
    norm = np.sqrt(sum((x**2).sum() for layer in found for x in layer))
    return [(dW / norm, db / norm) for dW, db in found]


def _steps_off(by: int) -> Callable:
    """The params some steps later, with the right gaps."""

    def wrong(*args: Any) -> tuple[Params, np.ndarray]:
        later = (*args[:4], args[4] + by, *args[5:])
        return deep_maxent_irl(*later)[0], deep_maxent_irl(*args)[1]

    return wrong


# Hints that several exercises share.
_POLICIES = (
    "You compare policies. Visits also say how often one *gets* to a state: leave them as they are."
)
_SIGN = "The sign is turned: it is expert minus model. Where the expert is more often, the reward should rise."
_SLOPE = "The slope of tanh is missing on the way back: multiply by 1 − h², h the unit's output."

_AT_ONCE = "You move the layers in turn, each by a fresh gradient. All move at once, by one gradient of the *old* params."
_SCALED_SIGNAL = "You rescale the signal. Push it back as it is: it shrinks as the model gets better, and so do the steps."
_LAST_OFFSET = (
    "Your last layer's db is 0. It is so where the signal sums to 0, as that of exact visits does; short demonstrations "
    "have another sum. Add it up as in the other layers: `delta.sum(axis=0)`."
)

# fmt: off
FITS: Mistakes = {
    "descent": (_asked(lambda m, f, e, p, n, size, l2: (m, f, e, p, n, -size, l2)),
        "You go downhill. L is to grow: *add* the step."),
    "sign": (_fit(signal=lambda e, v, r: v - e), _SIGN),
    "l2_pushes": (_fit(pull=lambda W, b, l2: (l2 * W, 0.0)),
        "Your penalty pushes the weights away from 0. It is taken off L: the gradient gets −l2 · W."),
    "l2_ignored": (_asked(lambda m, f, e, p, n, size, l2: (m, f, e, p, n, size, 0.0)),
        "The penalty is missing: l2/2 times the sum of squared W is taken off L, and l2 · W off the gradient."),
    "l2_on_offsets": (_fit(pull=lambda W, b, l2: (-l2 * W, -l2 * b)),
        "Your penalty pulls at the offsets b too. It is on the weights W alone."),
    "l2_doubled": (_fit(pull=lambda W, b, l2: (-2 * l2 * W, 0.0)),
        "Your penalty is twice as strong: of l2/2 · W² the slope is l2 · W."),
    "l2_doubled_on_offsets": (_fit(pull=lambda W, b, l2: (-2 * l2 * W, -2 * l2 * b)),
        "Your penalty is twice as strong, and pulls at the offsets b too: of l2/2 · W² the slope is l2 · W, and b has none."),
    "l2_halved": (_fit(pull=lambda W, b, l2: (-0.5 * l2 * W, 0.0)),
        "Your penalty is half as strong: of l2/2 · W² the slope is l2 · W."),
    "l2_not_stepped": (lambda m, f, e, p, n, size, l2: _climb(m, f, e, p, n, size, l2 / size),
        "Your penalty pulls as if step_size were 1: it is part of the gradient, so step_size counts for it too."),
    "l2_after": (_moved(lambda old, new, size, l2: [
            (W + size * l2 * V - size * l2 * (W + size * l2 * V), b) for (V, _), (W, b) in zip(old, new, strict=True)]),
        "Your penalty pulls at the W that the step has led to. The whole gradient is that of the old W."),
    "l1": (_fit(pull=lambda W, b, l2: (-l2 * np.sign(W), 0.0)),
        "Your penalty pulls equally hard at large and small weights. That of W² pulls by l2 · W."),
    "gap_squared": (_fit(gap=lambda e, v: ((e - v) ** 2).sum()), "Your gaps are sums of squares. They are sums of |expert − model|."),
    "gap_norm": (_fit(gap=lambda e, v: np.linalg.norm(e - v)), "Your gap is a Euclidean length. It is the sum of |expert − model|."),
    "gap_mean": (_fit(gap=lambda e, v: np.abs(e - v).mean()), "Your gap is a mean. It is the sum of |expert − model| over all pairs."),
    "gap_largest": (_fit(gap=lambda e, v: np.abs(e - v).max()), "Your gap is the largest difference. It is the sum of all."),
    "gap_signed": (_fit(gap=lambda e, v: (e - v).sum()), "Your gap adds up differences of both signs, which cancel. Take their sizes: |expert − model|."),
    "gap_halved": (_fit(gap=lambda e, v: 0.5 * np.abs(e - v).sum()), "Your gap is half of what it should be: the sum of |expert − model|."),
    "gap_of_states": (_fit(gap=lambda e, v: np.abs((e - v).sum(axis=1)).sum()),
        "Your gap adds up the actions before it takes sizes: it does not see which action was taken."),
    "gap_after": (_then(_tail), "Your gaps are those after each step. gaps[0] belongs to the params that you were given."),
    "one_by_one": (_one_by_one,
        "You move a layer before the signal is pushed on through it. The whole gradient is that of the *old* params: first compute it, then move."),
    "each_afresh": (_each_afresh(True, False), _AT_ONCE),
    "each_afresh_from_the_top": (_each_afresh(False, False), _AT_ONCE),
    "each_planned_afresh": (_each_afresh(True, True), _AT_ONCE),
    "stale": (_stale, "You plan once, before the first step. After each step the reward is another one, so the model's visits are too."),
    "adam": (_adam, "These are Adam's steps. Take plain ones: params + step_size · gradient."),
    "direction_only": (_fit(slope=_whole_norm), "Your steps are all of the same length. Take the gradient as it is, times step_size."),
    "step_1": (_asked(lambda m, f, e, p, n, size, l2: (m, f, e, p, n, 1.0, l2)), "step_size is not used: a step goes step_size times the gradient."),
    "step_shrinks": (_fit(update=lambda x, step, i: x + step / (i + 1)), "Your steps get shorter. step_size stays as it is."),
    "mean_over_pairs": (_fit(signal=lambda e, v, r: (e - v) / e.size),
        "You divide by the number of pairs (s, a). The gradient is a *sum* over them: the visits are weights already."),
    "mean_over_states": (_fit(signal=lambda e, v, r: (e - v) / len(e)),
        "You divide by the number of states. The gradient is a *sum*: the visits are weights already."),
    "both_to_one": (lambda m, f, e, *rest: _climb(m, f, _to_one(e), *rest, model=lambda *a: _to_one(_soft_visits(*a[:2]))),
        "You rescale both visits to sum to 1. Take them as they are: they sum to 1/(1 − γ)."),
    "signal_to_one": (_fit(signal=lambda e, v, r: _to_one(e) - _to_one(v)),
        "You rescale the visits to sum to 1. Take them as they are: they sum to 1/(1 − γ)."),
    "times_1_minus_gamma": (lambda m, f, e, *rest: _climb(m, f, e, *rest, signal=lambda e, v, r: (1 - m.gamma) * (e - v)),
        "You multiply the visits by 1 − γ. Take them as they are."),
    "both_times_1_minus_gamma": (lambda m, f, e, *rest: _climb(
            m, f, (1 - m.gamma) * e, *rest, model=lambda m, r, e: (1 - m.gamma) * _soft_visits(m, r)),
        "You multiply the visits by 1 − γ. Take them as they are."),
    "model_times_1_minus_gamma": (_fit(model=lambda m, r, e: (1 - m.gamma) * _soft_visits(m, r)),
        "You rescale the model's visits to sum to 1, by 1 − γ, and not the expert's. Take both as they are."),
    "expert_times_1_minus_gamma": (_asked(lambda m, f, e, *rest: (m, f, (1 - m.gamma) * e, *rest)),
        "The expert's visits are multiplied by 1 − γ, and the model's are not. Take both as they are."),
    "expert_to_one": (_asked(lambda m, f, e, *rest: (m, f, _to_one(e), *rest)),
        "You rescale the expert's visits to sum to 1, and not the model's. Take both as they are."),
    "model_to_experts_sum": (_fit(model=lambda m, r, e: _to_one(_soft_visits(m, r)) * e.sum()),
        "You rescale the model's visits to the expert's sum. Few, short demonstrations visit less: leave both as they are."),
    "myopic": (_fit(model=_of_policy(lambda m, r: softmax(r, axis=1))),
        "Your policy is a softmax of the reward: it looks one step ahead. `soft_value_iteration` says what is still to come."),
    "hard": (_fit(model=_of_policy(lambda m, r: planning.value_iteration(m, r)[1])),
        "Your planner takes the best action always. The gradient of L needs the *soft* policy: `soft_value_iteration`."),
    "hard_values": (_fit(model=_of_policy(lambda m, r: softmax(planning.bellman_backup(m, r, planning.value_iteration(m, r)[0]), axis=1))),
        "Your Q comes from a planner that will take the best action from then on. Plan with soft values all the way: `soft_value_iteration`."),
    "optimist": (_fit(model=_of_policy(_optimist)),
        "Your planner counts on luck, log E[exp V]. The causal model has E[V]: `soft_value_iteration`."),
    "uniform_policy": (_fit(model=_of_policy(lambda m, r: np.full(r.shape, 1 / r.shape[1]))),
        "Your model ignores the reward: its actions are all alike."),
    "uniform_start": (_fit(model=_at_start(lambda m, e: np.full(m.n_states, 1 / m.n_states))),
        "Your model starts in every state alike. `mdp.initial_dist` says how likely each start is."),
    "expert_start": (_fit(model=_at_start(lambda m, e: _to_one(e.sum(axis=1)))),
        "Your model starts where the expert *is*, on average. It starts as `mdp.initial_dist` says."),
    "in_expert_states": (_fit(model=_in_expert_states),
        "Your model acts in the expert's states. It is a model of the whole trip: `occupancy` of its own policy."),
    "policy_for_visits": (_fit(model=lambda m, r, e: planning.soft_value_iteration(m, r)[2]),
        "You compare visits with a policy. Roll it out first: `occupancy(mdp, pi)`."),
    "temperature_half": (_fit(model=lambda m, r, e: _soft_visits(m, 2 * r)),
        "Your temperature is not 1: the policy is exp(Q − V) with the reward as it is."),
    "no_slope": (_fit(slope=_without_slope), _SLOPE),
    "last_layer_only": (_fit(slope=_each_times(lambda i, n, j: i == n - 1)),
        "Only your last layer learns. All layers get their part of the gradient."),
    "last_layer_moves": (_moved(lambda old, new, *_: [*old[:-1], new[-1]]),
        "Only your last layer learns. All layers get their part of the gradient."),
    "offsets_kept": (_fit(slope=_each_times(lambda i, n, j: j == 0)),
        "Your offsets b never move. They have no penalty, but they do have a gradient."),
    "weights_kept": (_moved(lambda old, new, *_: [(W, b) for (W, _), (_, b) in zip(old, new, strict=True)]),
        "Your weights W never move: step W as well as b."),
    "signal_absolute": (_fit(signal=lambda e, v, r: np.abs(e - v)),
        "You push sizes back, without their signs. Where the model is more often, the reward should fall."),
    "signal_times_reward": (_fit(signal=lambda e, v, r: (e - v) * r),
        "Your signal has the reward in it. It is expert minus model, and nothing else: the network's slopes are multiplied in on the way back."),
    "signal_total_size_1": (_fit(signal=lambda e, v, r: (e - v) / np.abs(e - v).sum()), _SCALED_SIGNAL),
    "signal_length_1": (_fit(signal=lambda e, v, r: (e - v) / np.linalg.norm(e - v)), _SCALED_SIGNAL),
    "signal_largest_1": (_fit(signal=lambda e, v, r: (e - v) / np.abs(e - v).max()), _SCALED_SIGNAL),
    "last_offset_kept": (_fit(slope=_each_times(lambda i, n, j: j == 0 or i < n - 1)), _LAST_OFFSET),
    "signal_of_states": (_fit(signal=lambda e, v, r: np.repeat((e - v).sum(axis=1, keepdims=True), e.shape[1], 1)),
        "You add the signal up over the actions. Each pair (s, a) has its own."),
    "expert_only": (_fit(signal=lambda e, v, r: e), "The model's visits are missing from the signal: it is expert minus model."),
    "one_step_less": (_steps_off(-1), "Your params are those before the last step. Take n_steps steps, and return what they led to."),
    "one_step_more": (_steps_off(1), "You take one step too many: n_steps it should be."),
    "start_returned": (_then(lambda params, gaps, args: (args[3], gaps)),
        "You return the params that you were given. Return those after the last step."),
    "gradient_returned": (_then(lambda params, gaps, args: ([(a - c, b - d) for (a, b), (c, d) in zip(params, args[3], strict=True)], gaps)),
        "You return how far the params moved. Return the params themselves."),
    "always_from_start": (_then(lambda params, gaps, args: (deep_maxent_irl(*args[:4], min(args[4], 1), *args[5:])[0], gaps)),
        "Your last step starts where the first one did: each should start where the one before ended."),
    "from_zeros": (_asked(lambda m, f, e, p, *rest: (m, f, e, [(0 * W, 0 * b) for W, b in p], *rest)),
        "You start from zeros, where all hidden units are the same. Start from the `params` given."),
}
# fmt: on

# fmt: off
EXERCISES = [
    Exercise(
        name="mlp_reward",
        title="The reward of a network",
        reference=mlp_reward,
        form=Finite("reward", "n_states, n_actions"),
        problems=_reward_problems,
        parts=(
            Part("one layer, which is linear", 1, _rewarded("one layer")),
            Part("hidden layers", 1, _rewarded("hidden")),
            Part("large features", 1, _rewarded("large")),
        ),
        misconceptions=(
            *(M(key, _net(**parts), hint) for key, ((parts, _), hint) in NETS.items()),
            M("tanh_everywhere", _net(squashed=lambda i, n: True), _SQUASH_OUT),
            M("sigmoid_everywhere", _net(hidden=_sigmoid, squashed=lambda i, n: True),
                "Your network has sigmoids, even at the output. Hidden units are tanh, and the last layer is linear."),
            M("sigmoid_at_the_end", _net(out=_sigmoid), _SQUASH_OUT),
            M("relu_at_the_end", _net(out=_relu), "Your rewards are never below 0. The last layer is linear: rewards have either sign."),
            M("relu_everywhere", _net(hidden=_relu, squashed=lambda i, n: True),
                "Your network has ReLUs, even at the output. Hidden units are tanh, and the last layer is linear."),
            M("exp_at_the_end", _net(out=np.exp), "You return exp of the reward. The last layer is linear."),
            M("never_above_0", _net(out=lambda r: -np.logaddexp(0.0, r)), _SQUASH_OUT),
            M("softmax_at_the_end", _net(out=lambda r: softmax(r, axis=1)),
                "Your rewards sum to 1 over the actions: that is a policy. Return the rewards themselves."),
            M("log_softmax_at_the_end", _net(out=lambda r: log_softmax(r, axis=1)),
                "You return logs of probabilities. Return the rewards themselves."),
            M("no_last_offset", _net(affine=lambda h, W, b, i, n: h @ W + (b if i < n - 1 else 0.0)), "The last layer's b is missing: it is added there as well."),
            M("only_first_offset", _net(affine=lambda h, W, b, i, n: h @ W + (b if i == 0 else 0.0)),
                "Only your first layer adds its b. Every layer computes `h @ W + b`."),
            M("offset_after", _added_after, "You add b after the tanh. It belongs inside: tanh(h W + b)."),
            M("tanh_first", _net(into=np.tanh), "Your features go through tanh before the first layer. They go in as they are."),
            M("minus", _net(out=lambda r: -r), "The sign is turned: this is a cost. Return the reward."),
            M("centred", _net(out=lambda r: r - r.mean()), "You take the mean off. Return the rewards as the network gives them."),
            M("over_actions", _net(out=lambda r: np.repeat(r.mean(axis=1, keepdims=True), r.shape[1], 1)),
                "You average over the actions. Each pair (s, a) has its own reward."),
            M("of_states", _net(into=lambda f: f.mean(axis=1, keepdims=True) + 0.0 * f),
                "You average the features over the actions. Each pair (s, a) has its own reward."),
            M("no_last_layer", _no_last_layer, "Your last layer is missing: its W and b say how much each unit counts."),
            M("one_tanh_too_few", _one_tanh_too_few, "Your last hidden layer has no tanh. Only the very last layer goes without."),
            M("normalised", _net(into=lambda f: f / np.linalg.norm(f, axis=-1, keepdims=True)),
                "You rescale the features. They go in as they are."),
            M("standardised", _net(into=lambda f: (f - f.mean(axis=(0, 1))) / f.std(axis=(0, 1))),
                "You standardise the features. They go in as they are."),
            M("clipped", _net(into=lambda f: np.clip(f, -1.0, 1.0)), "You clip the features. They go in as they are."),
            M("squeezed", lambda params, f: mlp_reward(params, f).squeeze(),
                "`squeeze` removes *every* axis of length 1, also that of a single state. Drop the last axis alone: `h[:, :, 0]`."),
            M("clipped_out", _net(out=lambda r: np.clip(r, -1.0, 1.0)), "You clip the rewards. The last layer is linear: they may have any size."),
        ),
        hints=(
            "A layer does two things to what comes in: `h @ W + b`, and then a tanh. The last one leaves out the tanh. NumPy's `@` works on the last "
            "axis of `features`, whatever is in front of it.",
            "Start with `h = features`, of shape (S, A, K), and loop over `enumerate(params)`. After the last layer h has shape (S, A, 1): drop that axis.",
            "`for i, (W, b) in enumerate(params): h = h @ W + b`, and in the loop `if i < len(params) - 1: h = np.tanh(h)`. Return `h[:, :, 0]`.",
        ),
        errors={
            "ValueError: matmul": "Shapes do not fit. W is (n_in, n_out) and stands on the right: `h @ W`, with n_in on h's last axis. Each layer reads the "
                "one before, and the first the features.",
            "ValueError: too many values": "There may be one layer, two, three or more: loop over `params`.",
            "ValueError: not enough values": "There may be one layer, two, three or more: loop over `params`.",
            "ValueError: reshape": "After the last layer h has shape (S, A, 1): `h[:, :, 0]` drops the last axis.",
            "ValueError: squeeze": "After the last layer h has shape (S, A, 1): `h[:, :, 0]` drops the last axis.",
            "IndexError": "There may be one layer, two, three or more: loop over `params`.",
            "UnboundLocalError": "A name is used that got no value: with one layer only, a loop over the hidden layers never runs. Start with `h = features`.",
            "OverflowError": _OVERFLOW,
        },
    ),
    Exercise(
        name="reward_gradient_signal",
        title="The signal that is pushed back",
        reference=reward_gradient_signal,
        form=Signal("signal", "n_states, n_actions"),
        problems=_signal_problems,
        parts=(Part("signal", 1, _signalled),),
        misconceptions=(
            M("sign", lambda e, m: m - e, _SIGN),
            M("shares", lambda e, m: _to_one(e) - _to_one(m),
                "You rescale the visits to sum to 1. Take them as they are: L counts discounted visits."),
            M("expert_to_one", lambda e, m: _to_one(e) - m, "You rescale the expert's visits, and not the model's. Take both as they are."),
            M("model_to_one", lambda e, m: e - _to_one(m), "You rescale the model's visits, and not the expert's. Take both as they are."),
            M("model_to_experts_sum", lambda e, m: e - _to_one(m) * e.sum(),
                "You rescale the model's visits to the expert's sum. Few demonstrations visit less: leave both as they are."),
            M("expert_to_models_sum", lambda e, m: _to_one(e) * m.sum() - m,
                "You rescale the expert's visits to the model's sum. Few demonstrations visit less: leave both as they are."),
            M("ratio", lambda e, m: e / m, "You divide. A slope of L by r(s, a) is a *difference* of visits, and 0 where both agree."),
            M("log_ratio", lambda e, m: np.log(e / m), "You take the log of a ratio. A slope of L by r(s, a) is a *difference* of visits."),
            M("log_ratio_padded", lambda e, m: np.log((e + 1e-12) / (m + 1e-12)), "You take the log of a ratio. A slope of L by r(s, a) is a *difference* of visits."),
            M("relative", lambda e, m: (e - m) / m, "You divide the difference by the model's visits. Frequent pairs weigh more: leave the difference as it is."),
            M("relative_to_expert", lambda e, m: (e - m) / e, "You divide the difference by the expert's visits. Leave it as it is."),
            M("absolute", lambda e, m: np.abs(e - m), "You take sizes, without their signs. Where the model is more often, the reward should fall."),
            M("squared", lambda e, m: (e - m) ** 2, "You square the difference: that is an error to make small. The signal is a slope, and has a sign."),
            M("doubled", lambda e, m: 2 * (e - m), "Your signal is twice as strong: that is the slope of a squared error. L is linear in the visits: expert minus model."),
            M("minus_doubled", lambda e, m: -2 * (e - m), "This is the slope of a squared error. L is linear in the visits: expert minus model."),
            M("mean", lambda e, m: (e - m) / e.size, "You divide by the number of pairs. Each pair has a slope of its own."),
            M("per_state", lambda e, m: (e - m) / len(e), "You divide by the number of states. Each pair has a slope of its own."),
            M("total", lambda e, m: np.full(e.shape, (e - m).sum()), "You add all differences up. Each pair (s, a) has its own."),
            M("of_states", lambda e, m: np.repeat((e - m).sum(axis=1, keepdims=True), e.shape[1], 1), "You add up the actions. Each pair (s, a) has its own."),
            M("of_states_shared", lambda e, m: np.repeat((e - m).mean(axis=1, keepdims=True), e.shape[1], 1), "You average over the actions. Each pair (s, a) has its own."),
            M("expert_only", lambda e, m: e + 0.0, "The model's visits are missing: they are the slope of V, and what stops the reward from growing."),
            M("model_only", lambda e, m: -m, "The expert's visits are missing: expert minus model."),
            M("sum", lambda e, m: e + m, "You add the two. What the model does already needs no reward: take it off."),
            M("weighted", lambda e, m: e * (e - m), "You weight the difference by the expert's visits. They are in it already."),
            M("policies", lambda e, m: e / e.sum(axis=1, keepdims=True) - _policy(m), _POLICIES),
            M("policies_padded", lambda e, m: _policy(e) - _policy(m), _POLICIES),
            M("policies_uniform", lambda e, m: _policy(e, 1 / e.shape[1]) - _policy(m), _POLICIES),
            M("in_expert_states", lambda e, m: e - e.sum(axis=1, keepdims=True) * _policy(m),
                "You compare the actions in the expert's states. The model's visits are those of its own trip."),
            M("in_model_states", lambda e, m: m.sum(axis=1, keepdims=True) * _policy(e) - m,
                "You compare the actions in the model's states. The expert's visits are those of its own trip."),
            M("in_model_states_uniform", lambda e, m: m.sum(axis=1, keepdims=True) * _policy(e, 1 / e.shape[1]) - m,
                "You compare the actions in the model's states. The expert's visits are those of its own trip."),
            M("kl_padded", lambda e, m: e * np.log((e + 1e-12) / m), "This is a term of a divergence. A slope of L by r(s, a) is a *difference* of visits."),
            M("kl", lambda e, m: e * np.log(e / m), "This is a term of a divergence. A slope of L by r(s, a) is a *difference* of visits."),
            M("positive_part", lambda e, m: np.maximum(e - m, 0.0), "Nothing of yours is below 0. Where the model is more often, the reward should fall."),
            M("clipped", lambda e, m: np.clip(e - m, -1.0, 1.0), "You clip the differences. Take them as they are."),
            M("sign_only", lambda e, m: np.sign(e - m), "You keep signs only. How far apart the visits are matters too."),
            M("unit", lambda e, m: (e - m) / np.linalg.norm(e - m), "You rescale the difference to length 1. Take it as it is: it shrinks as the model gets better."),
            M("total_size_1", lambda e, m: (e - m) / np.abs(e - m).sum(), "You rescale the difference. Take it as it is: it shrinks as the model gets better."),
            M("largest_1", lambda e, m: (e - m) / np.abs(e - m).max(), "You rescale the difference. Take it as it is: it shrinks as the model gets better."),
            M("centred", lambda e, m: (e - m) - (e - m).mean(), "You take the mean off. Visits of short demonstrations sum to less than the model's, and that belongs to the signal."),
            M("where_expert_was", lambda e, m: np.where(e > 0, e - m, 0.0), "You look only where the expert has been. Where only the model goes, the reward should fall."),
        ),
        hints=(
            "L is what the expert earns minus V at the start. How much does each of the two grow when one single reward r(s, a) grows by a little?",
            "What the expert earns grows by the expert's visits of (s, a), and V by the model's: you may hold its policy fixed.",
            "`return expert_visits - model_visits`.",
        ),
        errors={"ZeroDivisionError": "You divide. A slope of L by r(s, a) is a *difference* of visits."},
    ),
    Exercise(
        name="mlp_gradient",
        title="Backpropagation by hand",
        reference=mlp_gradient,
        form=Network("gradient"),
        problems=_gradient_problems,
        parts=(
            Part("one layer", 1, _one_layer),
            Part("W of every layer", 2, _slope_law(0, ("hidden", "large"))),
            Part("b of every layer", 1, _slope_law(1, ("hidden", "large"))),
        ),
        misconceptions=(
            M("no_slope", _without_slope, _SLOPE),
            M("slope_of_sum", partial(_push_back, slope=lambda z, h: 1 - z**2),
                "You compute 1 − z² from what goes *into* the tanh. Its slope is 1 − h², h = tanh(z) what comes *out*."),
            M("tanh_twice", partial(_push_back, slope=lambda z, h: 1 - np.tanh(h) ** 2),
                "You apply tanh once more to what came out of it. Its slope is 1 − h², h the unit's output."),
            M("slope_not_squared", partial(_push_back, slope=lambda z, h: 1 - h), "The slope of tanh is 1 − h², with a square."),
            M("slope_of_sigmoid", partial(_push_back, slope=lambda z, h: h * (1 - h)), "h (1 − h) is the slope of a sigmoid. That of tanh is 1 − h²."),
            M("slope_of_relu", partial(_push_back, slope=lambda z, h: z > 0), "You use the slope of a ReLU, 0 or 1. That of tanh is 1 − h²."),
            M("slope_plus", partial(_push_back, slope=lambda z, h: 1 + h**2), "The slope of tanh is 1 − h², with a minus."),
            M("slope_bracket", partial(_push_back, slope=lambda z, h: (1 - h) ** 2), "The slope of tanh is 1 − h²: only h is squared, not the difference."),
            M("slope_twice", partial(_push_back, slope=lambda z, h: (1 - h**2) ** 2), "The slope of tanh counts twice on your way back."),
            M("output_for_slope", partial(_push_back, slope=lambda z, h: h), "You multiply by the unit's output. On the way back it is the *slope* of tanh, 1 − h²."),
            M("slope_at_output", partial(_push_back, top=lambda delta, out: delta * (1 - out**2)),
                "You use the slope of tanh at the output too. The last layer is linear: the signal reaches it as it is."),
            M("slope_of_tanh_at_output", partial(_push_back, top=lambda delta, out: delta * (1 - np.tanh(out) ** 2)),
                "You use the slope of a tanh at the output too. The last layer is linear: the signal reaches it as it is."),
            M("slope_late", partial(_unchained, used=False),
                "Your layers use the signal before the slope is multiplied in. Multiply by 1 − h² as soon as it reaches a layer: for dW, db and the way on."),
            M("not_chained", _unchained, "The slopes are not passed on: multiply by 1 − h² *before* the signal goes on to the next layer down."),
            M("slope_near_output_only", _slope_once, "Only the last hidden layer's slope is on your way back. Every tanh that the signal passes multiplies it."),
            M("slope_below", partial(_push_back, below=lambda z, h: h if z is h else h * (1 - h**2)), "dW takes the layer's input as it is, h. The slope 1 − h² belongs to the signal that goes on down."),
            M("sums_below", partial(_push_back, below=lambda z, h: z), "dW of a layer takes what comes *in*, after the tanh: h, not the sum z before it."),
            M("weights_not_passed", partial(_push_back, back=lambda delta, W: delta.sum(axis=1, keepdims=True) * np.ones(len(W))),
                "Your signal does not pass through the weights. A unit gets it by the weight it is read with: `delta @ W.T`."),
            M("weights_without_signs", partial(_push_back, back=lambda delta, W: delta @ np.abs(W.T)), "The signal passes the weights with their signs: `delta @ W.T`."),
            M("sign", _from_signal(lambda signal, r: -signal), "The sign is turned. It is Σ signal · dr/dparams, for going *uphill*."),
            M("signal_ignored", _from_signal(lambda signal, r: 1.0), "The signal is not used: this is the slope of the sum of all rewards."),
            M("signal_absolute", _from_signal(lambda signal, r: np.abs(signal)), "Your signal has lost its signs: push it back as it comes in."),
            M("signal_squared", _from_signal(lambda signal, r: signal**2), "Your signal is squared. It is a slope already: take it as it is."),
            M("signal_doubled", _from_signal(lambda signal, r: 2 * signal), "Your gradient is twice too large: that would be a squared error's. The signal is a slope already."),
            M("signal_times_reward", _from_signal(lambda signal, r: signal * r), "Your signal has the reward in it. It is held fixed, as it comes in."),
            M("squared_error", _from_signal(lambda signal, r: r - signal), "You take the signal for rewards to be hit, and push back the error. The signal itself is what is pushed back."),
            M("squared_product", _from_signal(lambda signal, r: signal**2 * r), "You push back the slope of a squared error, (signal · r)²/2. The signal is a slope already: take it as it is."),
            M("squared_error_up", _from_signal(lambda signal, r: signal - r), "You take the signal for rewards to be hit, and push back the error. The signal itself is what is pushed back."),
            M("signal_minus_mean", _from_signal(lambda signal, r: signal - signal.mean()), "You take the mean off the signal. It is pushed back as it comes in."),
            M("signal_to_one", _from_signal(lambda signal, r: signal / np.abs(signal).sum()), "You rescale the signal. It is pushed back as it comes in."),
            M("signal_length_1", _from_signal(lambda signal, r: signal / np.linalg.norm(signal)), "You rescale the signal. It is pushed back as it comes in."),
            M("signal_largest_1", _from_signal(lambda signal, r: signal / np.abs(signal).max()), "You rescale the signal. It is pushed back as it comes in."),
            M("mean_over_pairs", _scaled(lambda p, f, s: 1 / s.size), "You divide by the number of pairs (s, a). It is a *sum* over them."),
            M("mean_over_states", _scaled(lambda p, f, s: 1 / len(s)), "You divide by the number of states. It is a *sum* over all pairs."),
            M("mean_over_actions", _scaled(lambda p, f, s: 1 / s.shape[1]), "You divide by the number of actions. It is a *sum* over all pairs."),
            M("of_states", lambda p, f, s: mlp_gradient(p, f.mean(axis=1, keepdims=True), s.sum(axis=1, keepdims=True)),
                "You add up the actions first. Each pair (s, a) has its own features and its own signal."),
            M("halved", _scaled(lambda p, f, s: 0.5), "Your gradient is half of what it should be."),
            M("db_mean", _with_db(lambda dW, db, args: db / args[2].size), "Your db is a mean over the pairs. Like dW it is a *sum*: `delta.sum(axis=0)`, with the signal that arrives at the layer."),
            M("db_zero", _with_db(lambda dW, db, args: 0 * db), "Your db is 0. An offset is added to every pair's sum: its slope is the signal that arrives, added up."),
            M("db_last_zero", lambda *args: [(dW, db if i < len(args[0]) - 1 else 0 * db) for i, (dW, db) in enumerate(mlp_gradient(*args))], _LAST_OFFSET),
            M("db_ones", _with_db(lambda dW, db, args: 1 + 0 * db), "Your db is 1. An offset is added to every pair's sum: its slope is the signal that arrives, added up."),
            M("db_total", _with_db(lambda dW, db, args: np.full_like(db, db.sum())), "Your db is one number for all units of a layer. Each unit adds up its own: `delta.sum(axis=0)`."),
            M("db_of_signal", _with_db(lambda dW, db, args: args[2].sum() + 0 * db), "Your db adds up the signal at the *output*, in each layer. It is the signal that arrives at the layer."),
            M("db_of_dW", _with_db(lambda dW, db, args: dW.sum(axis=0)), "Your db adds up dW. It is the signal that arrives, added up over the pairs, without the inputs."),
            M("last_layer_only", _only(lambda i, n: i == n - 1), "Only your last layer has a gradient. Push the signal on through W and tanh to the layers below."),
            M("first_layer_missing", _only(lambda i, n: i > 0 or n == 1), "Your first layer has no gradient. It is the one that reads the features."),
            M("normalised", lambda *args: _whole_norm(*args), "You rescale the gradient to length 1. Return it as it is."),
            M("stepped", lambda p, f, s: [(W + dW, b + db) for (W, b), (dW, db) in zip(p, mlp_gradient(p, f, s), strict=True)], "You return new params. Return the gradient alone; the step comes later."),
            M("params_taken_off", lambda p, f, s: [(dW - W, db) for (dW, db), (W, _) in zip(mlp_gradient(p, f, s), p, strict=True)],
                "You take the weights off, as a penalty would. The penalty comes later, in `deep_maxent_irl`."),
            *(M(f"net_{key}", partial(_push_back, **parts), hint) for key, ((_, parts), hint) in NETS.items() if key != "only_last_offset"),
            M("net_no_tanh_but_slope", partial(_push_back, hidden=lambda z: z), _NO_TANH),
            M("net_no_tanh_its_slope", partial(_push_back, hidden=lambda z: z, slope=lambda z, h: 1 - np.tanh(z) ** 2), "The inputs of your upper layers are sums without tanh. Keep what comes *out* of each unit."),
        ),
        hints=(
            "Go from the output to the features. Of each layer you need what went in, h, and the signal that arrives at its sums h W + b. How does one entry "
            "of W move the sums? How do the inputs?",
            "Flatten to (S·A, K) first. With `delta` the signal at a layer's sums, `dW = h.T @ delta` and `db = delta.sum(axis=0)`. It goes on down as "
            "`delta @ W.T`, times the slope of the tanh below: 1 − h².",
            "Forward: keep `hs = [x]`, and append every layer's output. `delta = signal.reshape(-1, 1)`. Then `for i in reversed(range(len(params)))`: the "
            "gradient of layer i is `(hs[i].T @ delta, delta.sum(axis=0))`, and `delta = (delta @ params[i][0].T) * (1 - hs[i] ** 2)`. Turn the list round in "
            "the end.",
        ),
        errors={
            "ValueError: matmul": "Shapes do not fit. Down through a layer it is `delta @ W.T`, and for its W `h.T @ delta`, with pairs flattened to the first axis: "
                "`features.reshape(-1, K)`, `signal.reshape(-1, 1)`.",
            "ValueError: operands could not": "Shapes do not fit. The slope 1 − h² is that of the units the signal *arrives* at: as wide as `delta @ W.T`. And the pairs "
                "stand on one axis: `signal.reshape(-1, 1)`.",
            "ValueError: shapes": "Shapes do not fit. Down through a layer it is `delta @ W.T`, and for its W `h.T @ delta`.",
            "ValueError: too many values": "There may be one layer, two, three or more: loop over them.",
            "ValueError: not enough values": "There may be one layer, two, three or more: loop over them.",
            "IndexError": "There may be one layer, two, three or more: loop over them, from the last to the first.",
            "TypeError: item assignment": "A tuple cannot be changed. Build a new list, with new pairs (dW, db).",
        },
    ),
    Exercise(
        name="deep_maxent_irl",
        title="Gradient ascent through the network",
        reference=deep_maxent_irl,
        form=Fit(),
        problems=_fit_problems,
        parts=(
            Part("params, without a penalty", 2, _learnt(penalised=False)),
            Part("params, with a penalty", 1, _learnt(penalised=True)),
            Part("gaps", 1, _reported),
        ),
        misconceptions=(
            *(M(key, wrong, hint) for key, (wrong, hint) in FITS.items()),
            *(M(f"net_{key}", _fit(rewards=_net(**forward), slope=partial(_push_back, **backward)), hint)
                for key, ((forward, backward), hint) in NETS.items() if key in ("relu", "sigmoid", "no_tanh", "no_offsets")),
        ),
        hints=(
            "It is the ascent of lesson 06, with the network in two places: it gives the reward to plan with, and it takes the signal back. What is the slope of "
            "−l2/2 · W²?",
            "In each step: reward, `soft_value_iteration(mdp, reward)` for the policy, `occupancy(mdp, pi)` for the visits, the signal, its gap, the gradient. Then new "
            "layers: W moves by `step_size * (dW - l2 * W)`, b by `step_size * db`.",
            "`reward = mlp_reward(params, features)`; `_, _, pi = soft_value_iteration(mdp, reward)`; `signal = reward_gradient_signal(expert_occupancy, occupancy(mdp, pi))`; "
            "`gaps.append(np.abs(signal).sum())`; `gradient = mlp_gradient(params, features, signal)`; `params = [(W + step_size * (dW - l2 * W), b + step_size * db) "
            "for (W, b), (dW, db) in zip(params, gradient)]`. Return `params, np.array(gaps)`.",
        ),
        errors={
            "TypeError: item assignment": "A tuple cannot be changed. Build a new list of new pairs: `params = [(W + ..., b + ...) for ...]`.",
            "ValueError: inhomogeneous": "Layers differ in shape, so params are no one array: go through them layer by layer.",
            "UnboundLocalError": "A name is used that got no value: with `n_steps` = 0 the loop never runs. Give its results a value before it.",
            "ValueError: matmul": "Shapes do not fit. Give `mlp_gradient` the signal as it is, (S, A).",
        },
        endless="Count the steps with `for i in range(n_steps)`: there is no tolerance to wait for.",
    ),
]
# fmt: on

QUIZZES: tuple[Quiz, ...] = (
    Quiz(
        "why-held-fixed",
        "A new reward means a new policy and so new visits. Yet the gradient holds the model's visits fixed. Why is that "
        "allowed?",
        (
            Option(
                "A small step changes the policy too little to matter",
                "It changes the policy, and so the visits, in proportion to the rewards: that is first order, and all that a gradient "
                "sees. What does not change to first order is what the best plan *gets*.",
            ),
            Option(
                "The policy is a best one: small changes of it cost nothing",
                "Nothing to first order. V is the upper edge of all policies' lines and touches the line of its own policy: same "
                "slope, and that line's slope is the visits.",
                right=True,
            ),
            Option(
                "It is an approximation that makes training quicker",
                "It is quicker, and exact: finite differences of L agreed to all printed digits. The slope that lets the "
                "signal move along is the wrong one.",
            ),
            Option(
                "The network is fixed while the planner runs",
                "So it is, but that says nothing about derivatives: one could still differentiate through the plan, and "
                "with most functions of a plan one would have to.",
            ),
        ),
    ),
    Quiz(
        "more-demonstrations-or-more-units",
        "From 128 demonstrations a linear reward loses 24 in its own Binaryworld and 26 in a fresh one. What would help?",
        (
            Option(
                "Many more demonstrations, also of other worlds",
                "They would tell more exactly which of the linear rewards fits best, and the best of them is poor. In "
                "the first world even the exact visits did not help.",
            ),
            Option(
                "A smaller penalty, so that prices can grow",
                "They would, and still add up. A fourth blue cell is good and a fifth is bad: no sum of "
                "prices says that, however large.",
            ),
            Option(
                "A feature that is 1 where just four are blue",
                "And another where five are; or a network that finds them. Either the features or the function of them must be "
                "able to say it. If you know the feature, take it: it needs fewer demonstrations than a network.",
                right=True,
            ),
            Option(
                "Two linear layers in place of one",
                "Without a tanh between them, f W₁ W₂ is linear in f again.",
            ),
        ),
    ),
    Quiz(
        "rising-and-falling",
        "While a network trains, the log-likelihood of the demonstrations rises with every step. That of demonstrations "
        "held out has been falling for a hundred steps. What do you do?",
        (
            Option(
                "Go on: the objective is still rising",
                "It rises because the network learns these demonstrations by heart. Those held out are what you have in "
                "place of a fresh world, and they say that it is getting worse.",
            ),
            Option(
                "Take a smaller step and go on",
                "A step too large makes the objective jump. Here it rises steadily, towards a top that you do not want.",
            ),
            Option(
                "Add hidden units",
                "More freedom is more to fill with chance. It is too much already for so few demonstrations.",
            ),
            Option(
                "Raise the penalty, train again, and compare what is held out",
                "With small weights the network cannot learn single places by heart. What is held out tells how strong the "
                "penalty should be, and when to stop. Stopping alone was not enough in the Binaryworld.",
                right=True,
            ),
        ),
    ),
    Quiz(
        "the-last-offset",
        "You train on the expert's exact visits. The last layer's offset b has not moved at all. What is wrong?",
        (
            Option(
                "Nothing: its slope is the sum of the signal, which is 0",
                "Expert's and model's visits both sum to 1/(1 − γ). The last offset adds a constant to all rewards, and a "
                "constant changes nobody's plans: nothing can be learnt about it.",
                right=True,
            ),
            Option(
                "The gradient of the offsets was forgotten",
                "Then the offsets of the hidden layers would not move either. Look at those before you search.",
            ),
            Option(
                "Every tanh is flat, no signal comes through",
                "On its way back the signal reaches the last offset first, before any tanh: whatever the hidden units do.",
            ),
            Option(
                "The penalty holds it at 0",
                "The penalty is on the weights W only. And a penalty makes a number smaller, it does not keep it exactly "
                "where it was.",
            ),
        ),
    ),
)
