"""Maximum entropy IRL with a network for a reward (Wulfmeier, Ondruska & Posner 2015), by hand.

The gradient of the log-likelihood with respect to the rewards is the expert's visits less the
model's, whatever the rewards come from. A network's parameters are one chain rule away:

    d L / d params = sum_{s, a} (expert(s, a) - model(s, a)) d r(s, a) / d params.

The model is the discounted one of `inverse.maxent`, maximum causal entropy without an end; theirs
is that of trajectories. L is no longer concave: where one starts decides where one ends.

A network is a list of layers (W, b), tanh between them, one output. Features of the state alone
may have shape (S, K): rewards are then (S,), and everything A times as quick.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from irl_course.inverse.feature_matching import _finite
from irl_course.inverse.maxent import DiscountedModel, _discounted_visits, _one_of
from irl_course.mdp import MDP, Demos, _count, _real
from irl_course.planning import _require_discount

Params = list[tuple[np.ndarray, np.ndarray]]


def init_mlp(sizes: tuple[int, ...], seed: int | np.random.Generator) -> Params:
    """Draw a network: weights of variance 1 / (number of inputs), offsets of 0 (LeCun et al. 1998).

    Args:
        sizes: number of features, of units in each hidden layer, and of outputs, which is 1.
        seed: an integer, or a generator, which is advanced.

    Returns:
        A list of layers (W, b) of shapes (inputs, outputs) and (outputs,).

    Raises:
        ValueError: fewer than two sizes, one that is not a whole number, or several outputs.
    """
    sizes = [_count(f"sizes[{i}]", size) for i, size in enumerate(sizes)]
    if len(sizes) < 2 or sizes[-1] != 1:
        raise ValueError(f"sizes is {tuple(sizes)}, expected (n_features, ..., 1): one reward")
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(n_in, n_out)) / np.sqrt(n_in), np.zeros(n_out))
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
    ]


def mlp_reward(params: Params, features: np.ndarray) -> np.ndarray:
    """The reward of a network, r(s, a) = W_n tanh(... tanh(f(s, a) W_1 + b_1) ...) + b_n.

    Args:
        params: layers (W, b).
        features: shape (S, A, K), or (S, K).

    Returns:
        The reward, shape (S, A), or (S,).

    Raises:
        ValueError: layers or features that do not fit together; names the layer.
    """
    features = _checked(params, features)
    return _forward(params, features)[-1][:, 0].reshape(features.shape[:-1])


def mlp_gradient(params: Params, features: np.ndarray, signal: np.ndarray) -> Params:
    """Push a signal back through the network: sum_{s, a} signal(s, a) d r(s, a) / d params.

    Reverse-mode differentiation, layer by layer (Rumelhart, Hinton & Williams 1986).

    Args:
        params: layers (W, b).
        features: shape (S, A, K), or (S, K).
        signal: one number for each reward, held fixed, shape (S, A), or (S,).

    Returns:
        Gradients in the shapes of params.

    Raises:
        ValueError: a signal that is not of the rewards' shape, or as in `mlp_reward`.
    """
    features = _checked(params, features)
    signal, _ = _real("signal", signal)
    if signal.shape != features.shape[:-1]:
        raise ValueError(f"signal has shape {signal.shape}, expected {features.shape[:-1]}")
    return _backward(params, _forward(params, features), signal.reshape(-1, 1))


@dataclass(frozen=True, eq=False)
class Adam:
    """Steps of a size that the gradient's own history sets (Kingma & Ba 2015, algorithm 1).

    It goes uphill. An Adam never changes: `step` returns the next one, so that an interruption
    finds parameters and history that belong together.

    Attributes:
        step_size: how far a parameter moves in a step, at first.
        decay: shares of the old mean and of the old mean square that are kept in a step.
        small: keeps the division from 0.
        n_steps: steps taken so far.
        mean: running mean of the gradients, in the shapes of the parameters; None before a step.
        square: running mean of their squares.
    """

    step_size: float = 0.005
    decay: tuple[float, float] = (0.9, 0.999)
    small: float = 1e-8
    n_steps: int = 0
    mean: Params | None = None
    square: Params | None = None

    def __post_init__(self):
        if not 0.0 < self.step_size < np.inf:
            raise ValueError(f"step_size is {self.step_size}, expected a positive number")

    def step(self, params: Params, gradient: Params) -> tuple[Params, "Adam"]:
        """Go a step along the gradient.

        Args:
            params: layers (W, b).
            gradient: in the same shapes.

        Returns:
            New parameters, and the Adam for the next step.
        """
        n, zeros = self.n_steps + 1, _each(np.zeros_like, params)
        keep, keep_square = self.decay
        mean = _each(lambda m, g: keep * m + (1 - keep) * g, self.mean or zeros, gradient)
        square = _each(
            lambda v, g: keep_square * v + (1 - keep_square) * g**2, self.square or zeros, gradient
        )

        def move(x, m, v):  # the running means start at 0: divided by the weight that they have
            root = np.sqrt(v / (1 - keep_square**n))
            return x + self.step_size * (m / (1 - keep**n)) / (root + self.small)

        later = Adam(self.step_size, self.decay, self.small, n, mean, square)
        return _each(move, params, mean, square), later


@dataclass(frozen=True, eq=False)
class History:
    """How training went, and what is needed to go on; entry i is before step i.

    Attributes:
        log_likelihoods: L without the penalty, shape (M,); with "states" given, the expert's
            discounted sum of log pi(a|s).
        visit_gaps: sum_{s, a} |expert's visits - model's|, or sum_s, shape (M,).
        optimiser: the Adam for the next step.
        interrupted: whether KeyboardInterrupt ended it.
    """

    log_likelihoods: np.ndarray
    visit_gaps: np.ndarray
    optimiser: Adam = field(repr=False)
    interrupted: bool = False

    @property
    def n_steps(self) -> int:
        """M, the steps taken in all."""
        return len(self.log_likelihoods)


def deep_maxent_irl(
    mdp: MDP,
    features: np.ndarray,
    expert_occupancy: np.ndarray | Demos,
    hidden: tuple[int, ...] = (32, 32),
    n_steps: int = 300,
    step_size: float = 0.005,
    l2: float = 0.01,
    seed: int | np.random.Generator = 0,
    params: Params | None = None,
    history: History | None = None,
    given: str = "states",
    progress: Callable | None = None,
) -> tuple[Params, History]:
    """Fit a network's reward by gradient steps on L - l2 / 2 (sum of squared weights).

    L is the discounted `causal_log_likelihood` of `inverse.maxent`, which says what can be `given`;
    each step plans once, from the values of the step before. Without a penalty the scale of the
    rewards grows for as long as the expert looks flawless. Offsets b are not penalised.

    Interrupt it (KeyboardInterrupt; in a notebook, the stop button) and you get what there is.
    Handing back both results goes on as if nothing had happened:

        params, history = deep_maxent_irl(mdp, features, demos)
        params, history = deep_maxent_irl(mdp, features, demos, params=params, history=history)

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: shape (S, A, K), or (S, K), which is quicker.
        expert_occupancy: exact visits, shape (S, A), or demonstrations; with "states" given, any
            weights, shape (S, A), such as discounted counts.
        hidden: units in each hidden layer; none makes the reward linear.
        n_steps: steps to take now.
        step_size: of Adam; unused with a history, which has its own. Twice the default already
            jumps now and then where a hundred features are 1 at once.
        l2: penalty on the weights, 0 or more.
        seed: of the first parameters, unless params are given.
        params: where to start, layers (W, b); hidden and seed are then unused.
        history: of the training so far.
        given: "nothing", "start" or "states", what of demonstrations was nobody's choice. With
            "states" the noise that few of them met is not taken for a wish.
        progress: wraps the steps, such as `tqdm`.

    Returns:
        params, a list of layers, and the history; the same again for the same arguments.

    Raises:
        ValueError: names the argument, and the entry of an array.
    """
    features, visits, model = _set_up(mdp, features, expert_occupancy, given)
    n_steps, l2 = _count("n_steps", n_steps), _penalty(l2)
    if params is None:
        if history is not None:
            raise ValueError("history is given without params: it goes on with those it came with")
        params = init_mlp((features.shape[-1], *hidden, 1), seed)
    _checked(params, features)
    adam = Adam(step_size) if history is None else history.optimiser
    records = [] if history is None else _records(history, params)
    steps, interrupted = range(n_steps), False
    try:
        for _ in steps if progress is None else progress(steps):
            gradient, record = _ascend(params, features, visits, model, l2)
            records.append(record)
            params, adam = adam.step(params, gradient)
    except KeyboardInterrupt:
        interrupted = True
    likelihoods, gaps = np.array(records[: adam.n_steps]).reshape(-1, 2).T
    return params, History(likelihoods, gaps, adam, interrupted)


def _set_up(mdp, features, expert, given):
    """Checked features, the expert's visits in the rewards' shape, and the planner."""
    _require_discount(mdp)
    _one_of(given, ("nothing", "start", "states"))
    features, _ = _real("features", features)
    shapes = ((mdp.n_states,), (mdp.n_states, mdp.n_actions))
    if features.shape[:-1] not in shapes:
        raise ValueError(
            f"features has shape {features.shape}, expected (S, A, K) or (S, K) of {mdp}"
        )
    visits, source = _discounted_visits(mdp, expert, given)
    visits = visits.sum(axis=1) if features.ndim == 2 else visits
    return features, visits, DiscountedModel(mdp, source)


def _ascend(params, features, visits, model, l2):
    """The penalised gradient, and the log-likelihood and the gap that it comes from."""
    layers = _forward(params, features)
    reward = layers[-1][:, 0].reshape(visits.shape)
    value, expected = model.plan(reward)
    signal = visits - expected
    gradient = _backward(params, layers, signal.reshape(-1, 1))
    gradient = [(dW - l2 * W, db) for (dW, db), (W, _) in zip(gradient, params, strict=True)]
    return gradient, (float((visits * reward).sum() - value), float(np.abs(signal).sum()))


def _forward(params, features):
    """What goes into each layer, and what comes out of the last: a list of (S * A, units)."""
    layers = [features.reshape(-1, features.shape[-1])]
    for i, (W, b) in enumerate(params):
        out = layers[-1] @ W + b
        layers.append(out if i == len(params) - 1 else np.tanh(out))
    return layers


def _backward(params, layers, signal):
    gradient = []
    for i in reversed(range(len(params))):
        gradient.append((layers[i].T @ signal, signal.sum(axis=0)))
        if i > 0:
            signal = (signal @ params[i][0].T) * (1.0 - layers[i] ** 2)
    return gradient[::-1]


def _each(function, *params):
    """A function of arrays, applied to all the arrays of networks at once."""
    return [
        tuple(function(*arrays) for arrays in zip(*layer, strict=True))
        for layer in zip(*params, strict=True)
    ]


def _checked(params, features):
    """Features that a network can read."""
    features, _ = _real("features", features)
    if features.ndim not in (2, 3):
        raise ValueError(f"features has shape {features.shape}, expected (S, A, K) or (S, K)")
    _finite("features", features, "sak" if features.ndim == 3 else "sk")
    width = features.shape[-1]
    for i, (W, b) in enumerate(params):
        W_shape, b_shape = np.shape(W), np.shape(b)
        if len(W_shape) != 2 or W_shape[0] != width or b_shape != W_shape[1:]:
            raise ValueError(
                f"layer {i} has W of shape {W_shape} and b of shape {b_shape}, "
                f"expected ({width}, n) and (n,)"
            )
        width = W_shape[1]
    if not params or width != 1:
        raise ValueError(
            f"params has {len(params)} layers and {width} outputs, expected one output"
        )
    return features


def _penalty(l2):
    if not 0.0 <= l2 < np.inf:
        raise ValueError(f"l2 is {l2}, expected 0 or more")
    return float(l2)


def _records(history, params):
    mean = history.optimiser.mean
    if mean is not None and [W.shape for W, _ in mean] != [np.shape(W) for W, _ in params]:
        raise ValueError("history belongs to params of other shapes")
    return list(zip(history.log_likelihoods, history.visit_gaps, strict=True))
