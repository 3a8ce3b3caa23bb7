"""Answers to the exercise of lesson 99, A template."""

import math

import numpy as np

from answers.register import marker, register

RIGHT, WRONG, SLIPS, ENDLESS = register()

# --- weighted_mean --------------------------------------------------------------------------

# `@right`, and `@wrong("its idea")`, are answers as different people write them. Only if you like:
# `@slip("words that the feedback holds")` has no wrong idea, only something that was forgotten;
# `@endless("its idea")` never returns, and is to be ended.
right, wrong, slip, endless = marker("weighted_mean", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def two_sums(values, weights):
    return (weights * values).sum() / weights.sum()


@right
def numpy_s_own(values, weights):
    return np.average(values, weights=weights)


@right
def proportions_first(values, weights):
    return (weights / weights.sum()) @ values


@right
def loop_over_weights(values, weights):
    above, below = 0.0, 0.0
    for value, weight in zip(values, weights, strict=True):
        above += weight * value
        below += weight
    return above / below


@right
def running_mean(values, weights):
    mean, seen = 0.0, 0.0
    for value, weight in zip(values, weights, strict=True):
        seen += weight
        mean += weight / seen * (value - mean)
    return mean


@right
def exact_sums(values, weights):
    pairs = zip(values, weights, strict=True)
    return math.fsum(v * w for v, w in pairs) / math.fsum(weights)


@wrong("not divided")
def forgets_to_divide(values, weights):
    return weights @ values


@wrong("the weights are not used")
def plain_mean(values, weights):
    return values.mean()


@wrong("divided by the number of values")
def divides_by_number(values, weights):
    return np.mean(weights * values)


@wrong("the values are not weighted")
def divides_plain_sum(values, weights):
    return values.sum() / weights.sum()


@wrong("divides by the weights")
def weights_below(values, weights):
    return np.sum(values / weights) / np.sum(1 / weights)


@wrong("squares the weights")
def weighs_twice(values, weights):
    weights = weights**2
    return np.sum(weights * values) / np.sum(weights)


@wrong("the heaviest value alone")
def takes_the_heaviest(values, weights):
    return values[weights.argmax()]


@wrong("the terms, not their sum")
def terms(values, weights):
    return weights / weights.sum() * values


@wrong("brackets: divides the last term only")
def misses_brackets(values, weights):
    return np.sum(weights[:-1] * values[:-1]) + weights[-1] * values[-1] / np.sum(weights)


@wrong("= for +=, so that the last term is left")
def overwrites(values, weights):
    total = 0
    for value, weight in zip(values, weights, strict=True):
        total = weight * value
    return total / weights.sum()


@wrong("sum of the weights for their proportions")
def subtracts(values, weights):
    return np.sum((weights - weights.sum()) * values)


@wrong("a median")
def middle(values, weights):
    return np.median(values)


@slip("is a return missing")
def no_return(values, weights):
    np.average(values, weights=weights)
