"""Answers to the exercises of lesson 07, each independent of the lesson's other exercises."""

import functools
import itertools
import math
import operator

import numpy as np
from scipy.special import expit, logsumexp, softmax

from answers.register import marker, register
from irl_course.inverse import neural
from irl_course.planning import (
    expected_visits,
    occupancy,
    soft_value_iteration,
    value_iteration,
)

RIGHT, WRONG, SLIPS, ENDLESS = register()


def last(x):
    """The only output of a network, without its axis."""
    return x[..., 0]


# --- mlp_reward -----------------------------------------------------------------------------

right, wrong, slip, endless = marker("mlp_reward", RIGHT, WRONG, SLIPS, ENDLESS)


def network(params, features, bend=np.tanh, end=lambda x: x):
    """The network with another bend between its layers, or at its end."""
    *hidden, (W, b) = params
    x = features
    for V, c in hidden:
        x = bend(x @ V + c)
    return last(end(x @ W + b))


@right
def net_layers(params, features):
    x = features
    for W, b in params[:-1]:
        x = np.tanh(x @ W + b)
    W, b = params[-1]
    return (x @ W + b)[:, :, 0]


@right
def net_loops(params, features):
    """Plain Python, one pair and one unit after another."""
    S, A, _ = features.shape
    reward = np.zeros((S, A))
    for s in range(S):
        for a in range(A):
            x = list(features[s, a])
            for i, (W, b) in enumerate(params):
                out = []
                for unit in range(len(b)):
                    total = b[unit] + sum(x[k] * W[k, unit] for k in range(len(x)))
                    out.append(total if i == len(params) - 1 else math.tanh(total))
                x = out
            reward[s, a] = x[0]
    return reward


@right
def net_recursion(params, features):
    """What the layers but the last give, and the last."""

    def units(layers):
        if not layers:
            return features
        W, b = layers[-1]
        x = units(layers[:-1])
        return (np.tanh(x) if len(layers) > 1 else x) @ W + b

    return np.squeeze(units(params), axis=-1)


@right
def net_einsum(params, features):
    for i, (W, b) in enumerate(params):
        features = np.einsum("sai,ij->saj", features, W) + b
        if i < len(params) - 1:
            features = np.tanh(features)
    return features.sum(axis=2)


@right
def net_flat(params, features):
    S, A, K = features.shape
    x = features.reshape(S * A, K)
    for W, b in params[:-1]:
        x = np.tanh(np.dot(x, W) + b[None, :])
    return (x @ params[-1][0] + params[-1][1]).reshape(S, A).tolist()


@right
def net_reduce(params, features):
    hidden = functools.reduce(
        lambda x, layer: np.tanh(x @ layer[0] + layer[1]), params[:-1], features
    )
    W, b = params[-1]
    return hidden @ W.ravel() + b.item()


@right
def net_exponentials(params, features):
    """The hyperbolic tangent is the logistic function, stretched."""
    return network(params, features, lambda x: 2.0 * expit(2.0 * x) - 1.0)


@right
def net_offsets_as_weights(params, features):
    """A feature that is always 1 has the offsets for weights."""
    ones = np.ones((*features.shape[:2], 1))
    x = features
    for i, (W, b) in enumerate(params):
        x = np.concatenate([np.tanh(x) if i else x, ones], axis=2) @ np.vstack([W, b])
    return x[..., -1]


@right
def net_along_axis(params, features):
    def one(x):
        for W, b in params[:-1]:
            x = np.tanh(W.T @ x + b)
        return params[-1][0][:, 0] @ x + params[-1][1][0]

    return np.apply_along_axis(one, 2, features)


@right
def net_single_precision(params, features):
    x = features.astype(np.float32)
    for W, b in params[:-1]:
        x = np.tanh(x @ W.astype(np.float32) + b.astype(np.float32))
    return last(x @ params[-1][0].astype(np.float32) + params[-1][1].astype(np.float32))


@wrong("tanh at the end, too")
def net_bent_at_the_end(params, features):
    return network(params, features, end=np.tanh)


@wrong("no bend between the layers: a linear reward in several pieces")
def net_linear(params, features):
    return network(params, features, bend=lambda x: x)


@wrong("ReLU for tanh")
def net_relu(params, features):
    return network(params, features, bend=lambda x: np.maximum(x, 0.0))


@wrong("the logistic function for tanh")
def net_logistic(params, features):
    return network(params, features, bend=expit)


@wrong("offsets forgotten")
def net_no_offsets(params, features):
    return network([(W, 0.0 * b) for W, b in params], features)


@wrong("the hidden layers' offsets forgotten")
def net_offset_at_the_end_only(params, features):
    hidden = [(W, 0.0 * b) for W, b in params[:-1]]
    return network([*hidden, params[-1]], features)


@wrong("the last offset forgotten")
def net_no_last_offset(params, features):
    return network(params, features) - params[-1][1]


@wrong("the offset added behind the bend")
def net_offset_outside(params, features):
    x = features
    for W, b in params[:-1]:
        x = np.tanh(x @ W) + b
    return last(x @ params[-1][0] + params[-1][1])


@wrong("each layer bends what it is given: the features, too")
def net_bends_features(params, features):
    for W, b in params:
        features = np.tanh(features) @ W + b
    return last(features)


@wrong("a bend in the first hidden layer only")
def net_bent_once(params, features):
    x = features
    for i, (W, b) in enumerate(params):
        x = x @ W + b
        if i == 0 and len(params) > 1:
            x = np.tanh(x)
    return last(x)


@wrong("no bend in front of the last layer")
def net_one_bend_short(params, features):
    x = features
    for i, (W, b) in enumerate(params):
        x = x @ W + b
        if i < len(params) - 2:
            x = np.tanh(x)
    return last(x)


@wrong("one hidden layer is taken for granted")
def net_two_layers(params, features):
    (W1, b1), (W2, b2) = params[0], params[-1]
    return last(np.tanh(features @ W1 + b1) @ W2 + b2)


@wrong("the hidden units added up, without the last layer")
def net_without_last_layer(params, features):
    x = features
    for W, b in params[:-1]:
        x = np.tanh(x @ W + b)
    return x.sum(axis=2)


@wrong("features averaged over actions: one reward per state")
def net_state_only(params, features):
    alone = features.mean(axis=1, keepdims=True)
    return network(params, np.broadcast_to(alone, features.shape))


@wrong("features made to have mean 0 and spread 1 first")
def net_standardised(params, features):
    spread = features.std(axis=(0, 1)) + 1e-12
    return network(params, (features - features.mean(axis=(0, 1))) / spread)


@wrong("shares of exp(reward): a policy")
def net_softmax(params, features):
    return softmax(network(params, features), axis=1)


@wrong("a cost for a reward")
def net_cost(params, features):
    return -network(params, features)


@wrong("kept between -1 and 1")
def net_clipped(params, features):
    return np.clip(network(params, features), -1.0, 1.0)


@wrong("each layer begins again from the features")
def net_forgets_the_layer_before(params, features):
    for W, b in params[:-1]:
        x = np.tanh(features @ W + b)
    return last(x @ params[-1][0] + params[-1][1])


@wrong("takes the last layer off the list it was given")
def net_pops(params, features):
    W, b = params.pop()
    for V, c in params:
        features = np.tanh(features @ V + c)
    return last(features @ W + b)


@slip("is a return missing")
def net_no_return(params, features):
    network(params, features)


@slip("shape")
def net_axis_kept(params, features):
    for W, b in params[:-1]:
        features = np.tanh(features @ W + b)
    return features @ params[-1][0] + params[-1][1]


@slip("shape")
def net_flattened(params, features):
    return network(params, features.reshape(-1, features.shape[-1]))


@slip("one number")
def net_added_up(params, features):
    return network(params, features).sum()


@slip("ValueError")
def net_weights_first(params, features):
    for W, b in params:
        features = W @ features + b
    return last(features)


@slip("is not defined")
def net_misspelt(params, features):
    return last(np.tanh(feature @ params[0][0]))  # noqa: F821


@endless("the layer is never counted up")
def net_never_ends(params, features):
    layer = 0
    while layer < len(params):
        W, b = params[layer]
        x = np.tanh(features @ W + b)
    return last(x)


@wrong("every axis of length 1 dropped, also that of a single state")
def net_squeezed(params, features):
    return np.squeeze(net_layers(params, features)[..., None])


# --- reward_gradient_signal -----------------------------------------------------------------

right, wrong, slip, endless = marker("reward_gradient_signal", RIGHT, WRONG, SLIPS, ENDLESS)


def conditional(visits):
    """The policy of visits; uniform where nobody is."""
    total = visits.sum(axis=1, keepdims=True)
    uniform = np.full_like(visits, 1.0 / visits.shape[1])
    return np.divide(visits, total, out=uniform, where=total > 0)


@right
def signal_minus(expert_visits, model_visits):
    return expert_visits - model_visits


@right
def signal_subtract(expert_visits, model_visits):
    return np.subtract(expert_visits, model_visits).tolist()


@right
def signal_loops(expert_visits, model_visits):
    signal = np.empty_like(expert_visits)
    for s in range(expert_visits.shape[0]):
        for a in range(expert_visits.shape[1]):
            signal[s, a] = expert_visits[s, a] - model_visits[s, a]
    return signal


@right
def signal_copied(expert_visits, model_visits):
    signal = expert_visits.copy()
    signal -= model_visits
    return signal


@right
def signal_stacked(expert_visits, model_visits):
    return np.diff(np.stack([model_visits, expert_visits]), axis=0)[0]


@right
def signal_einsum(expert_visits, model_visits):
    return np.einsum("i,isa->sa", [1.0, -1.0], [expert_visits, model_visits])


@right
def signal_comprehension(expert_visits, model_visits):
    return [
        [e - m for e, m in zip(*rows, strict=True)]
        for rows in zip(expert_visits, model_visits, strict=True)
    ]


@right
def signal_one_by_one(expert_visits, model_visits):
    found = map(operator.sub, expert_visits.ravel(), model_visits.ravel())
    return np.fromiter(found, float).reshape(expert_visits.shape)


@right
def signal_parts(expert_visits, model_visits):
    """Too rarely less too often."""
    missing = np.maximum(expert_visits - model_visits, 0.0)
    excess = np.maximum(model_visits - expert_visits, 0.0)
    return (missing - excess).astype(np.float32)


@wrong("the other way round: a loss that is to fall")
def signal_model_minus_expert(expert_visits, model_visits):
    return model_visits - expert_visits


@wrong("the distance")
def signal_absolute(expert_visits, model_visits):
    return np.abs(expert_visits - model_visits)


@wrong("the squared distance")
def signal_squared(expert_visits, model_visits):
    return (expert_visits - model_visits) ** 2


@wrong("the squared distance's derivative, with its 2")
def signal_twice(expert_visits, model_visits):
    return 2.0 * (expert_visits - model_visits)


@wrong("made distributions first")
def signal_of_shares(expert_visits, model_visits):
    return expert_visits / expert_visits.sum() - model_visits / model_visits.sum()


@wrong("the mean over pairs")
def signal_mean(expert_visits, model_visits):
    return (expert_visits - model_visits) / expert_visits.size


@wrong("the ratio")
def signal_ratio(expert_visits, model_visits):
    return expert_visits / (model_visits + 1e-12)


@wrong("the log-ratio")
def signal_log_ratio(expert_visits, model_visits):
    return np.log(expert_visits + 1e-12) - np.log(model_visits + 1e-12)


@wrong("policies compared, not visits")
def signal_of_policies(expert_visits, model_visits):
    return conditional(expert_visits) - conditional(model_visits)


@wrong("the model's policy where the expert is: the way there left out")
def signal_in_the_experts_states(expert_visits, model_visits):
    there = expert_visits.sum(axis=1, keepdims=True)
    return expert_visits - there * conditional(model_visits)


@wrong("the expert's policy where the model is")
def signal_in_the_models_states(expert_visits, model_visits):
    there = model_visits.sum(axis=1, keepdims=True)
    return there * conditional(expert_visits) - model_visits


@wrong("visits of states, the same for each action")
def signal_of_states(expert_visits, model_visits):
    alone = (expert_visits - model_visits).sum(axis=1, keepdims=True)
    return np.broadcast_to(alone, expert_visits.shape)


@wrong("the expert's visits alone")
def signal_expert(expert_visits, model_visits):
    return expert_visits


@wrong("the model's visits alone, with their sign")
def signal_model(expert_visits, model_visits):
    return -model_visits


@wrong("nothing where the model goes too often: only praise")
def signal_praise(expert_visits, model_visits):
    return np.maximum(expert_visits - model_visits, 0.0)


@wrong("nothing where the expert never was")
def signal_where_the_expert_was(expert_visits, model_visits):
    return np.where(expert_visits > 0, expert_visits - model_visits, 0.0)


@wrong("the sign of the difference")
def signal_sign(expert_visits, model_visits):
    return np.sign(expert_visits - model_visits)


@wrong("made to have length 1")
def signal_normalised(expert_visits, model_visits):
    signal = expert_visits - model_visits
    return signal / np.linalg.norm(signal)


@wrong("the terms of the relative entropy")
def signal_relative_entropy(expert_visits, model_visits):
    ratio = (expert_visits + 1e-12) / (model_visits + 1e-12)
    return expert_visits * np.log(ratio)


@wrong("subtracts in the array it was given")
def signal_in_place(expert_visits, model_visits):
    expert_visits -= model_visits
    return expert_visits


@slip("is a return missing")
def signal_no_return(expert_visits, model_visits):
    np.subtract(expert_visits, model_visits)


@slip("shape")
def signal_per_state(expert_visits, model_visits):
    return (expert_visits - model_visits).sum(axis=1)


@slip("one number")
def signal_gap(expert_visits, model_visits):
    return np.abs(expert_visits - model_visits).sum()


@slip("swapped")
def signal_transposed(expert_visits, model_visits):
    return (expert_visits - model_visits).T


@slip("together")
def signal_pair(expert_visits, model_visits):
    return expert_visits, -model_visits


@slip("could not be broadcast")
def signal_missing_axis(expert_visits, model_visits):
    return expert_visits - model_visits.sum(axis=1)


# --- mlp_gradient ---------------------------------------------------------------------------

right, wrong, slip, endless = marker("mlp_gradient", RIGHT, WRONG, SLIPS, ENDLESS)


def activations(params, features):
    """What goes into each layer, as rows, and the network's output."""
    layers = [features.reshape(-1, features.shape[-1])]
    for i, (W, b) in enumerate(params):
        out = layers[-1] @ W + b
        layers.append(np.tanh(out) if i < len(params) - 1 else out)
    return layers


def tanh_slope(h):
    return 1.0 - h**2


def push(params, features, signal, slope=tanh_slope, layers=None):
    """Backpropagation with another slope of the bend, or other inputs to the layers."""
    layers = activations(params, features) if layers is None else layers
    delta, gradient = np.reshape(signal, (-1, 1)), []
    for i in reversed(range(len(params))):
        gradient.insert(0, (layers[i].T @ delta, delta.sum(axis=0)))
        if i > 0:
            delta = (delta @ params[i][0].T) * slope(layers[i])
    return gradient


def objective(params, features, signal):
    return (signal * network(params, features)).sum()


def nudged(params, i, which, at, by):
    """The parameters, in which one entry is moved."""
    moved = [[np.array(x, dtype=np.result_type(x, by)) for x in layer] for layer in params]
    moved[i][which][at] += by
    return moved


def entry_by_entry(derivative, params):
    """Asks for the derivative with respect to each entry: layer, W or b, place."""
    return [
        tuple(
            np.array([derivative(i, which, at) for at in np.ndindex(x.shape)]).reshape(x.shape)
            for which, x in enumerate(layer)
        )
        for i, layer in enumerate(params)
    ]


@right
def push_rows(params, features, signal):
    inputs = [features.reshape(-1, features.shape[2])]
    for W, b in params[:-1]:
        inputs.append(np.tanh(inputs[-1] @ W + b))
    delta = signal.reshape(-1, 1)
    gradient = []
    for (W, _), x in zip(params[::-1], inputs[::-1], strict=True):
        gradient.append((x.T @ delta, delta.sum(axis=0)))
        delta = (delta @ W.T) * (1.0 - x**2)
    return gradient[::-1]


@right
def push_einsum(params, features, signal):
    inputs, x = [], features
    for W, b in params:
        inputs.append(x)
        x = np.tanh(np.einsum("sai,ij->saj", x, W) + b)
    delta = np.einsum("sa,j->saj", signal, [1.0])
    gradient = [None] * len(params)
    for i in range(len(params) - 1, -1, -1):
        dW = np.einsum("sai,saj->ij", inputs[i], delta)
        gradient[i] = dW, np.einsum("saj->j", delta)
        delta = np.einsum("saj,ij,sai->sai", delta, params[i][0], 1.0 - inputs[i] ** 2)
    return tuple(gradient)


@right
def push_pair_by_pair(params, features, signal):
    gradient = [[np.zeros_like(W), np.zeros_like(b)] for W, b in params]
    for s in range(len(features)):
        for a in range(features.shape[1]):
            inputs = [features[s, a]]
            for W, b in params[:-1]:
                inputs.append(np.tanh(inputs[-1] @ W + b))
            delta = np.array([signal[s, a]])
            for i in reversed(range(len(params))):
                gradient[i][0] += np.outer(inputs[i], delta)
                gradient[i][1] += delta
                delta = (params[i][0] @ delta) / np.cosh(np.arctanh(inputs[i])) ** 2 if i else None
    return gradient


@right
def push_recursion(params, features, signal):
    """Each layer hands on what comes in, and is handed back what its output is worth."""

    def worth(layers, x):
        """The gradients of these layers, and of x."""
        W, b = layers[0]
        out = x @ W + b
        if len(layers) == 1:
            rest, delta = [], signal.reshape(-1, 1)
        else:
            rest, delta = worth(layers[1:], np.tanh(out))
            delta = delta * np.cosh(out) ** -2.0
        return [(x.T @ delta, delta.sum(0)), *rest], delta @ W.T

    return worth(list(params), features.reshape(-1, features.shape[-1]))[0]


@right
def push_forwards(params, features, signal):
    """Forward mode: one direction after another, its change carried along with the values."""

    def derivative(i, which, at):
        x, dx = features, np.zeros_like(features)
        for j, (W, b) in enumerate(params):
            dW, db = np.zeros_like(W), np.zeros_like(b)
            if j == i:
                (dW, db)[which][at] = 1.0
            x, dx = x @ W + b, dx @ W + x @ dW + db
            if j < len(params) - 1:
                x = np.tanh(x)
                dx = dx * (1.0 - x**2)
        return (signal[..., None] * dx).sum()

    return entry_by_entry(derivative, params)


@right
def push_complex_step(params, features, signal):
    """The imaginary part of a step to the side, exact to the last digits."""

    def derivative(i, which, at):
        return objective(nudged(params, i, which, at, 1e-30j), features, signal).imag / 1e-30

    return entry_by_entry(derivative, params)


@right
def push_central_differences(params, features, signal, step=1e-5):
    def derivative(i, which, at):
        ahead, behind = (
            objective(nudged(params, i, which, at, by), features, signal) for by in (step, -step)
        )
        return (ahead - behind) / (2.0 * step)

    return entry_by_entry(derivative, params)


@right
def push_jacobians(params, features, signal):
    """How the reward hangs on each layer's output, pair by pair; the signal comes last."""
    inputs = [features]
    for W, b in params[:-1]:
        inputs.append(np.tanh(inputs[-1] @ W + b))
    slopes = [np.ones((*signal.shape, 1))]
    for (W, _), x in zip(params[:0:-1], inputs[:0:-1], strict=True):
        slopes.insert(0, (slopes[0] @ W.T) * (1.0 - x * x))
    both = ([0, 1], [0, 1])
    return [
        (np.tensordot(x * signal[..., None], d, both), np.tensordot(signal, d, both))
        for x, d in zip(inputs, slopes, strict=True)
    ]


@right
def push_tape(params, features, signal):
    """On the way forward each operation notes how to go back."""
    tape, x = [], features.reshape(-1, features.shape[-1])
    for i, (W, b) in enumerate(params):

        def affine(delta, x=x, W=W):
            return (x.T @ delta, np.ones(len(x)) @ delta), delta @ W.T

        tape.append(affine)
        x = x @ W + b
        if i < len(params) - 1:
            x = np.tanh(x)
            tape.append(lambda delta, h=x: (None, delta - delta * h**2))
    delta, gradient = signal.reshape(-1, 1), []
    while tape:
        found, delta = tape.pop()(delta)
        if found is not None:
            gradient.insert(0, found)
    return gradient


@right
def push_offsets_as_weights(params, features, signal):
    """Offsets are the weights of an input that is always 1."""
    ones = np.ones((signal.size, 1))
    inputs = [np.hstack([x, ones]) for x in activations(params, features)[:-1]]
    delta, gradient = signal.reshape(-1, 1), []
    for (W, _), x in zip(reversed(params), reversed(inputs), strict=True):
        both = x.T @ delta
        gradient.append((both[:-1], both[-1]))
        delta = delta @ W.T * (1.0 - x[:, :-1] ** 2)
    gradient.reverse()
    return gradient


@right
def push_lists(params, features, signal):
    found = neural.mlp_gradient(params, features, signal)
    return [[dW.tolist(), db.tolist()] for dW, db in found]


@wrong("the bend's slope forgotten")
def push_no_slope(params, features, signal):
    return push(params, features, signal, slope=np.ones_like)


@wrong("the slope of the logistic function")
def push_logistic_slope(params, features, signal):
    return push(params, features, signal, slope=lambda h: h * (1.0 - h))


@wrong("(1 - h)^2 for 1 - h^2")
def push_bracket_misplaced(params, features, signal):
    return push(params, features, signal, slope=lambda h: (1.0 - h) ** 2)


@wrong("tanh taken once more: 1 - tanh(h)^2 of what is bent already")
def push_bent_twice(params, features, signal):
    return push(params, features, signal, slope=lambda h: 1.0 - np.tanh(h) ** 2)


@wrong("the slope from what goes into the bend: 1 - z^2")
def push_slope_before_the_bend(params, features, signal):
    return push(params, features, signal, slope=lambda h: 1.0 - np.arctanh(h) ** 2)


@wrong("a slope at the end, too: 1 - r^2")
def push_slope_at_the_end(params, features, signal):
    return push(params, features, signal * (1.0 - network(params, features) ** 2))


@wrong("the slope of a tanh at the end, of what it would give")
def push_tanh_at_the_end(params, features, signal):
    return push(params, features, signal * (1 - np.tanh(network(params, features)) ** 2))


@wrong("the last layer's db taken to be 0")
def push_last_offset_zero(params, features, signal):
    *lower, (dW, db) = push(params, features, signal)
    return [*lower, (dW, np.zeros_like(db))]


@wrong("the other way round: downhill")
def push_downhill(params, features, signal):
    return push(params, features, -signal)


@wrong("the mean over pairs for the sum")
def push_mean(params, features, signal):
    return push(params, features, signal / signal.size)


@wrong("the signal left out: the gradient of the sum of rewards")
def push_no_signal(params, features, signal):
    return push(params, features, np.ones_like(signal))


@wrong("the signal's mean taken off")
def push_centred_signal(params, features, signal):
    return push(params, features, signal - signal.mean())


@wrong("one signal per state, one mean of features")
def push_states(params, features, signal):
    alone = features.mean(axis=1, keepdims=True)
    return push(params, alone, signal.sum(axis=1, keepdims=True))


@wrong("the last layer alone learns")
def push_last_layer(params, features, signal):
    nothing = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params[:-1]]
    return [*nothing, push(params, features, signal)[-1]]


@wrong("offsets have no gradient")
def push_no_offsets(params, features, signal):
    return [(dW, np.zeros_like(db)) for dW, db in push(params, features, signal)]


@wrong("every offset gets the signal's sum")
def push_offsets_all_alike(params, features, signal):
    found = push(params, features, signal)
    return [(dW, np.full_like(db, signal.sum())) for dW, db in found]


@wrong("the layers' inputs before they were bent")
def push_inputs_not_bent(params, features, signal):
    layers = activations(params, features)
    before = [layers[0], *(np.arctanh(h) for h in layers[1:-1])]
    delta, gradient = signal.reshape(-1, 1), []
    for i in reversed(range(len(params))):
        gradient.insert(0, (before[i].T @ delta, delta.sum(axis=0)))
        delta = (delta @ params[i][0].T) * (1.0 - layers[i] ** 2)
    return gradient


@wrong("the slope a layer late: handed on, but not used for the layer's own weights")
def push_slope_too_late(params, features, signal):
    layers = activations(params, features)
    delta, gradient, slope = signal.reshape(-1, 1), [], 1.0
    for i in reversed(range(len(params))):
        gradient.insert(0, (layers[i].T @ delta, delta.sum(axis=0)))
        delta, slope = (delta * slope) @ params[i][0].T, 1.0 - layers[i] ** 2
    return gradient


@wrong("the slope of the last hidden layer only")
def push_one_slope(params, features, signal):
    layers = activations(params, features)
    delta, gradient = signal.reshape(-1, 1), []
    for i in reversed(range(len(params))):
        gradient.insert(0, (layers[i].T @ delta, delta.sum(axis=0)))
        delta = delta @ params[i][0].T
        if i == len(params) - 1:
            delta = delta * (1.0 - layers[i] ** 2)
    return gradient


@wrong("one hidden layer is taken for granted")
def push_two_layers(params, features, signal):
    (W1, b1), (W2, _) = params
    x = features.reshape(-1, features.shape[-1])
    h, end = np.tanh(x @ W1 + b1), signal.reshape(-1, 1)
    delta = end @ W2.T * (1.0 - h**2)
    return [(x.T @ delta, delta.sum(axis=0)), (h.T @ end, end.sum(axis=0))]


@wrong("differences to one side, with a large step")
def push_rough_differences(params, features, signal):
    here = objective(params, features, signal)

    def derivative(i, which, at):
        return (objective(nudged(params, i, which, at, 1e-2), features, signal) - here) / 1e-2

    return entry_by_entry(derivative, params)


@wrong("nudges the weights it was given, and puts them back but for rounding")
def push_nudges_in_place(params, features, signal):
    def derivative(i, which, at):
        entry = params[i][which]
        entry[at] += 1e-5
        ahead = objective(params, features, signal)
        entry[at] -= 2e-5
        behind = objective(params, features, signal)
        entry[at] += 1e-5
        return (ahead - behind) / 2e-5

    return entry_by_entry(derivative, params)


@slip("is a return missing")
def push_no_return(params, features, signal):
    push(params, features, signal)


@slip("shape")
def push_offsets_with_two_axes(params, features, signal):
    return [(dW, db[None, :]) for dW, db in push(params, features, signal)]


@slip("shape")
def push_weights_transposed(params, features, signal):
    return [(dW.T, db) for dW, db in push(params, features, signal)]


@slip("shape")
def push_from_last_to_first(params, features, signal):
    return push(params, features, signal)[::-1]


@slip("could not be broadcast")
def push_signal_without_axis(params, features, signal):
    h = activations(params, features)[0].reshape(features.shape)
    return [(h * signal, signal)]


@slip("is not defined")
def push_misspelt(params, features, signal):
    return push(params, feature, signal)  # noqa: F821


@endless("the layer is never counted down")
def push_never_ends(params, features, signal):
    layers, i = activations(params, features), len(params) - 1
    while i >= 0:
        dW = layers[i].T @ signal.reshape(-1, 1)
    return dW


# --- deep_maxent_irl ------------------------------------------------------------------------

right, wrong, slip, endless = marker("deep_maxent_irl", RIGHT, WRONG, SLIPS, ENDLESS)


def soft_visits(mdp, reward):
    return occupancy(mdp, soft_value_iteration(mdp, reward)[2])


def visits_apart(expert, model):
    return np.abs(expert - model).sum()


def weights_decay(gradient, params, l2):
    """The penalty's slope, on weights alone."""
    return [(dW - l2 * W, db) for (dW, db), (W, _) in zip(gradient, params, strict=True)]


def uphill(params, gradient, step_size, i):
    return [
        (W + step_size * dW, b + step_size * db)
        for (W, b), (dW, db) in zip(params, gradient, strict=True)
    ]


def fit(
    mdp,
    features,
    expert,
    params,
    n_steps,
    step_size,
    l2,
    *,
    visits=soft_visits,
    reward=network,
    signal=np.subtract,
    slope=push,
    penalise=weights_decay,
    move=uphill,
    gap=visits_apart,
):
    """Gradient ascent with other pieces."""
    gaps = []
    for i in range(n_steps):
        model = visits(mdp, reward(params, features))
        gaps.append(gap(expert, model))
        gradient = slope(params, features, signal(expert, model))
        params = move(params, penalise(gradient, params, l2), step_size, i)
    return params, np.array(gaps)


@right
def deep_package(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    gaps = np.zeros(n_steps)
    for i in range(n_steps):
        pi = soft_value_iteration(mdp, neural.mlp_reward(params, features))[2]
        signal = expert_occupancy - occupancy(mdp, pi)
        gaps[i] = np.abs(signal).sum()
        slopes = neural.mlp_gradient(params, features, signal)
        params = [
            (W + step_size * (dW - l2 * W), b + step_size * db)
            for (W, b), (dW, db) in zip(params, slopes, strict=True)
        ]
    return params, gaps


@right
def deep_copied_first(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """Changes its own copy in place, once all slopes are known; gives lists."""
    params, gaps = [[W.copy(), b.copy()] for W, b in params], []
    for _ in range(n_steps):
        signal = expert_occupancy - soft_visits(mdp, network(params, features))
        gaps.append(float(sum(abs(signal).ravel())))
        slopes = push_pair_by_pair(params, features, signal)
        for layer, (dW, db) in zip(params, slopes, strict=True):
            layer[0] *= 1.0 - step_size * l2
            layer[0] += step_size * dW
            layer[1] += step_size * db
    return params, gaps


@right
def deep_downhill_on_the_negative(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """A loss, -L + l2 / 2 |W|^2, that falls."""
    gaps = []
    for _ in range(n_steps):
        loss_signal = soft_visits(mdp, network(params, features)) - expert_occupancy
        gaps.append(np.linalg.norm(loss_signal.ravel(), 1))
        slopes = push_einsum(params, features, loss_signal)
        params = tuple(
            (W - step_size * (dW + l2 * W), b - step_size * db)
            for (W, b), (dW, db) in zip(params, slopes, strict=True)
        )
    return params, tuple(gaps)


@right
def deep_own_planner(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """Sweeps until nothing moves; visits by a linear solve."""

    def visits(mdp, reward):
        V = np.zeros(mdp.n_states)
        while True:
            Q = reward + mdp.gamma * mdp.P @ V
            before, V = V, logsumexp(Q, axis=1)
            if np.abs(V - before).max() < 1e-10:
                break
        pi = np.exp(Q - V[:, None])
        pi /= pi.sum(axis=1, keepdims=True)
        moves = np.einsum("sa,saz->zs", pi, mdp.P)
        there = np.linalg.solve(np.eye(len(V)) - mdp.gamma * moves, mdp.initial_dist)
        return there[:, None] * pi

    return fit(
        mdp, features, expert_occupancy, params, n_steps, step_size, l2,
        visits=visits, slope=push_recursion,
    )  # fmt: skip


@right
def deep_visits_step_by_step(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """Follows the crowd until hardly anybody is left."""

    def visits(mdp, reward):
        pi = soft_value_iteration(mdp, reward)[2]
        crowd, total = mdp.initial_dist, np.zeros(mdp.n_states)
        while crowd.sum() > 1e-11:
            total = total + crowd
            crowd = mdp.gamma * np.tensordot(crowd[:, None] * pi, mdp.P, 2)
        return total[:, None] * pi

    return fit(
        mdp, features, expert_occupancy, params, n_steps, step_size, l2,
        visits=visits, slope=push_jacobians,
    )  # fmt: skip


@right
def deep_warm_start(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """Plans from the values of the step before."""
    V, gaps = None, []
    for _ in range(n_steps):
        V, _, pi = soft_value_iteration(mdp, network(params, features), V0=V)
        model = occupancy(mdp, pi)
        gaps.append(visits_apart(expert_occupancy, model))
        slopes = push_tape(params, features, expert_occupancy - model)
        params = uphill(params, weights_decay(slopes, params, l2), step_size, 0)
    return params, np.array(gaps)


@right
def deep_recursion(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """One step, and the rest from there."""
    if n_steps == 0:
        return params, np.zeros(0)
    signal = expert_occupancy - soft_visits(mdp, network(params, features))
    slopes = push_rows(params, features, signal)
    moved = uphill(params, weights_decay(slopes, params, l2), step_size, 0)
    end, gaps = deep_recursion(mdp, features, expert_occupancy, moved, n_steps - 1, step_size, l2)
    return end, np.append(np.abs(signal).sum(), gaps)


@right
def deep_one_vector(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """All parameters in one vector, with a mark on those that are weights."""
    shapes = [x.shape for layer in params for x in layer]
    cuts = np.cumsum([math.prod(shape) for shape in shapes])[:-1]

    def flat(layers):
        return np.concatenate([x.ravel() for layer in layers for x in layer])

    def unflat(vector):
        pieces = np.split(vector, cuts)
        arrays = [x.reshape(shape) for x, shape in zip(pieces, shapes, strict=True)]
        return list(zip(arrays[::2], arrays[1::2], strict=True))

    decay = l2 * flat([(np.ones_like(W), np.zeros_like(b)) for W, b in params])
    vector, gaps = flat(params), []
    for _ in range(n_steps):
        signal = expert_occupancy - soft_visits(mdp, network(unflat(vector), features))
        gaps.append(np.abs(signal).sum())
        slope = flat(push_complex_step(unflat(vector), features, signal))
        vector = vector + step_size * (slope - decay * vector)
    return unflat(vector), np.array(gaps)


@right
def deep_differences(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    """Central differences of signal . reward less the penalty, while the signal is held."""
    gaps = []
    for _ in range(n_steps):
        signal = expert_occupancy - soft_visits(mdp, network(params, features))
        gaps.append(np.abs(signal).sum())

        def height(layers, signal=signal):
            weights = sum((W**2).sum() for W, _ in layers)
            return objective(layers, features, signal) - 0.5 * l2 * weights

        def derivative(i, which, at, params=params, height=height):
            ahead, behind = (height(nudged(params, i, which, at, by)) for by in (1e-5, -1e-5))
            return (ahead - behind) / 2e-5

        params = uphill(params, entry_by_entry(derivative, params), step_size, 0)
    return params, gaps


@wrong("downhill")
def deep_downhill(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_occupancy, params, n_steps, -step_size, l2)


@wrong("no penalty")
def deep_no_penalty(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, 0.0)


@wrong("l2 / 2 kept in the slope")
def deep_half_penalty(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2 / 2)


@wrong("offsets penalised, too")
def deep_penalises_offsets(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def penalise(gradient, params, l2):
        return [
            (dW - l2 * W, db - l2 * b) for (dW, db), (W, b) in zip(gradient, params, strict=True)
        ]

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, penalise=penalise)


@wrong("a planner without entropy: the greedy policy's visits")
def deep_hard_planner(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def visits(mdp, reward):
        return occupancy(mdp, value_iteration(mdp, reward)[1])

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, visits=visits)


@wrong("no planning: shares of exp(r)")
def deep_no_planning(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def visits(mdp, reward):
        return occupancy(mdp, softmax(reward, axis=1))

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, visits=visits)


@wrong("ten steps without a discount")
def deep_finite_horizon(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def visits(mdp, reward):
        pi = soft_value_iteration(mdp, reward, 10)[2]
        return expected_visits(mdp, pi, 10).sum(axis=0)

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, visits=visits)


@wrong("two sweeps of planning")
def deep_too_few_sweeps(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def visits(mdp, reward):
        V = np.zeros(mdp.n_states)
        for _ in range(2):
            Q = reward + mdp.gamma * mdp.P @ V
            V = logsumexp(Q, axis=1)
        return occupancy(mdp, softmax(Q, axis=1))

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, visits=visits)


@wrong("both visits made to sum to 1")
def deep_shares(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    scale = 1.0 - mdp.gamma

    def visits(mdp, reward):
        return scale * soft_visits(mdp, reward)

    return fit(
        mdp, features, scale * expert_occupancy, params, n_steps, step_size, l2, visits=visits
    )


@wrong("the model's policy where the expert is: actions predicted, no world in it")
def deep_in_the_experts_states(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def visits(mdp, reward):
        there = expert_occupancy.sum(axis=1, keepdims=True)
        return there * soft_value_iteration(mdp, reward)[2]

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, visits=visits)


@wrong("planned once, for the first rewards")
def deep_plans_once(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    model = soft_visits(mdp, network(params, features))
    return fit(
        mdp, features, expert_occupancy, params, n_steps, step_size, l2,
        visits=lambda mdp, reward: model,
    )  # fmt: skip


@wrong("every step starts from the first parameters")
def deep_starts_again(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    moved, gaps = params, []
    for _ in range(n_steps):
        moved, gap = fit(mdp, features, expert_occupancy, params, 1, step_size, l2)
        gaps.append(gap[0])
    return moved, np.array(gaps)


@wrong("a layer's new weights already used for the gradient of the layer before")
def deep_moves_while_going_back(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    params, gaps = list(params), []
    for _ in range(n_steps):
        layers = activations(params, features)
        reward = layers[-1].reshape(expert_occupancy.shape)
        signal = expert_occupancy - soft_visits(mdp, reward)
        gaps.append(np.abs(signal).sum())
        delta = signal.reshape(-1, 1)
        for i in reversed(range(len(params))):
            W, b = params[i]
            dW, db = layers[i].T @ delta, delta.sum(axis=0)
            params[i] = W + step_size * (dW - l2 * W), b + step_size * db
            delta = (delta @ params[i][0].T) * (1.0 - layers[i] ** 2)
    return params, np.array(gaps)


@wrong("layers moved in turn, each by a gradient of its own")
def deep_layer_by_layer(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    params, gaps = list(params), []
    for _ in range(n_steps):
        signal = expert_occupancy - soft_visits(mdp, network(params, features))
        gaps.append(np.abs(signal).sum())
        for i in range(len(params)):
            dW, db = push(params, features, signal)[i]
            W, b = params[i]
            params[i] = W + step_size * (dW - l2 * W), b + step_size * db
    return params, np.array(gaps)


@wrong("the signal made to have length 1")
def deep_unit_signal(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def signal(expert, model):
        return (expert - model) / np.linalg.norm(expert - model)

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, signal=signal)


@wrong("the last offset left alone, as exact visits would leave it")
def deep_keeps_last_offset(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    end = params[-1][1]

    def move(params, gradient, step_size, i):
        moved = uphill(params, gradient, step_size, i)
        return [*moved[:-1], (moved[-1][0], end)]

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, move=move)


@slip("params alone")
def deep_only_params(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2)[0]


@slip("changed places")
def deep_swapped(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2)[::-1]


@slip("got no value")
def deep_nothing_before_the_loop(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    gaps = []
    for _ in range(n_steps):
        found, gap = fit(mdp, features, expert_occupancy, params, 1, step_size, l2)
        params = found
        gaps.append(gap[0])
    return found, np.array(gaps)


@wrong("only the last layer learns")
def deep_last_layer(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def move(params, gradient, step_size, i):
        return [*params[:-1], *uphill(params[-1:], gradient[-1:], step_size, i)]

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, move=move)


@wrong("the mean over pairs for the sum")
def deep_mean_signal(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, slope=push_mean)


@wrong("Adam in place of plain steps")
def deep_adam(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    states = [neural.Adam(step_size)]

    def move(params, gradient, step_size, i):
        params, later = states[-1].step(params, gradient)
        states.append(later)
        return params

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, move=move)


@wrong("one step short: n_steps gaps, but one move less")
def deep_one_step_short(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    _, gaps = fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2)
    return fit(mdp, features, expert_occupancy, params, n_steps - 1, step_size, l2)[0], gaps


@wrong("the gap after the step")
def deep_gap_after(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    end = fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2)[0]
    gaps = fit(mdp, features, expert_occupancy, params, n_steps + 1, step_size, l2)[1]
    return end, gaps[1:]


@wrong("the gap without its absolute values: always 0")
def deep_gap_cancels(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def gap(expert, model):
        return (expert - model).sum()

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, gap=gap)


@wrong("the gap as a Euclidean distance")
def deep_euclidean_gap(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def gap(expert, model):
        return np.linalg.norm(expert - model)

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, gap=gap)


@wrong("moves the weights it was given")
def deep_in_place(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    gaps = []
    for _ in range(n_steps):
        signal = expert_occupancy - soft_visits(mdp, network(params, features))
        gaps.append(np.abs(signal).sum())
        slopes = weights_decay(push(params, features, signal), params, l2)
        for (W, b), (dW, db) in zip(params, slopes, strict=True):
            W += step_size * dW
            b += step_size * db
    return params, np.array(gaps)


@slip("is a return missing")
def deep_no_return(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2)


@slip("return 2 things")
def deep_three_things(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    params, gaps = fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2)
    return params, gaps, network(params, features)


@slip("too many values to unpack")
def deep_two_of_three(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    _, pi = soft_value_iteration(mdp, network(params, features))
    return params, np.abs(expert_occupancy - occupancy(mdp, pi)).sum()


@slip("multiply sequence")
def deep_step_on_tuples(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    def penalise(gradient, params, l2):
        return [slope - l2 * layer for slope, layer in zip(gradient, params, strict=True)]

    return fit(mdp, features, expert_occupancy, params, n_steps, step_size, l2, penalise=penalise)


@slip("does not support item assignment")
def deep_writes_into_tuples(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    signal = expert_occupancy - soft_visits(mdp, network(params, features))
    for layer, (dW, db) in zip(params, push(params, features, signal), strict=True):
        layer[0] = layer[0] + step_size * (dW - l2 * layer[0])
        layer[1] = layer[1] + step_size * db
    return params, [np.abs(signal).sum()] * n_steps


@slip("is not defined")
def deep_misspelt(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    return fit(mdp, features, expert_visits, params, n_steps, step_size, l2)  # noqa: F821


@endless("until the visits agree, whatever n_steps says: the penalty never lets them")
def deep_until_it_fits(mdp, features, expert_occupancy, params, n_steps, step_size, l2):
    for i in itertools.count():
        params, gaps = fit(mdp, features, expert_occupancy, params, 1, step_size, l2)
        if gaps[0] == 0:
            return params, gaps * np.ones(i)
