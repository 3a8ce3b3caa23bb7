"""Answers to the exercise of lesson 00."""

import itertools
import math

import numpy as np
from scipy.signal import lfilter

from answers.register import marker, register

RIGHT, WRONG, SLIPS, ENDLESS = register()

# --- discounted_return ----------------------------------------------------------------------

right, wrong, slip, endless = marker("discounted_return", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def loop_with_powers(rewards, gamma):
    total = 0
    for t in range(len(rewards)):
        total = total + gamma**t * rewards[t]
    return total


@right
def running_discount(rewards, gamma):
    total, discount = 0.0, 1.0
    for reward in rewards:
        total += discount * reward
        discount *= gamma
    return total


@right
def generator_sum(rewards, gamma):
    return sum(r * gamma**i for i, r in enumerate(rewards))


@right
def backwards(rewards, gamma):
    total = 0.0
    for reward in reversed(rewards):
        total = reward + gamma * total
    return float(total)


@right
def recursive(rewards, gamma):
    if len(rewards) == 0:
        return 0
    return rewards[0] + gamma * recursive(rewards[1:], gamma)


@right
def dot_product(rewards, gamma):
    discounts = gamma ** np.arange(len(rewards))
    return np.dot(discounts, rewards)


@right
def polynomial(rewards, gamma):
    return np.polyval(rewards[::-1], gamma)


@right
def cumulative_product(rewards, gamma):
    factors = np.full(len(rewards), gamma, dtype=float)
    factors[0] = 1
    return (np.cumprod(factors) * rewards).sum()


@right
def filtered(rewards, gamma):
    return lfilter([1], [1, -gamma], rewards[::-1])[-1]


@right
def single_precision(rewards, gamma):
    discounts = gamma ** np.arange(len(rewards), dtype=np.float32)
    return (np.asarray(rewards, dtype=np.float32) * discounts).sum(dtype=np.float32)


@right
def array_without_axes(rewards, gamma):
    return np.array(math.fsum(gamma**t * r for t, r in enumerate(rewards)))


@right
def while_loop(rewards, gamma, first=0):
    t, total = first, 0
    while t < len(rewards):
        total += rewards[t] * gamma**t
        t += 1
    return total


@right
def accumulated_pairs(rewards, gamma):
    steps = itertools.count()
    return sum(map(lambda r, t: r * gamma**t, rewards.tolist(), steps))


@right
def own_copy_in_place(rewards, gamma):
    worth = np.array(rewards, dtype=float)
    for t in range(len(worth) - 2, -1, -1):
        worth[t] += gamma * worth[t + 1]
    return worth[0]


@wrong("no discount")
def plain_sum(rewards, gamma):
    return sum(rewards)


@wrong("one discount for all")
def discounted_once(rewards, gamma):
    return gamma * np.sum(rewards)


@wrong("the first reward is discounted, too")
def counts_from_one(rewards, gamma):
    return sum(gamma ** (t + 1) * r for t, r in enumerate(rewards))


@wrong("the discount is updated before it is used")
def discount_updated_early(rewards, gamma):
    total, discount = 0, 1
    for reward in rewards:
        discount *= gamma
        total += discount * reward
    return total


@wrong("times gamma * t in place of gamma to the power t")
def multiple_for_power(rewards, gamma):
    return sum(gamma * t * r for t, r in enumerate(rewards))


@wrong("the oldest reward is discounted most")
def discounts_the_past(rewards, gamma):
    total = 0
    for reward in rewards:
        total = reward + gamma * total
    return total


@wrong("an average in place of a sum")
def averaged(rewards, gamma):
    return np.mean(gamma ** np.arange(len(rewards)) * rewards)


@wrong("divided by the sum of the weights")
def weighted_average(rewards, gamma):
    return np.average(rewards, weights=gamma ** np.arange(len(rewards)))


@wrong("the last reward is left out")
def drops_the_last(rewards, gamma):
    total = 0
    for t in range(len(rewards) - 1):
        total += gamma**t * rewards[t]
    return total


@wrong("the first reward is left out")
def drops_the_first(rewards, gamma):
    total = 0
    for t in range(1, len(rewards)):
        total += gamma**t * rewards[t]
    return total


@wrong("return inside the loop")
def returns_in_loop(rewards, gamma):
    total = 0
    for t, reward in enumerate(rewards):
        total += gamma**t * reward
        return total


@wrong("= for +=, so that only the last term is left")
def overwrites(rewards, gamma):
    total = 0
    for t, reward in enumerate(rewards):
        total = gamma**t * reward
    return total


@wrong("the formula of an endless constant stream")
def endless_stream(rewards, gamma):
    return np.divide(rewards[0], 1 - gamma)


@wrong("discounts by 1 - gamma")
def discount_rate(rewards, gamma):
    return sum((1 - gamma) ** t * r for t, r in enumerate(rewards))


@wrong("gamma taken for an interest rate")
def interest_rate(rewards, gamma):
    return sum(r / (1 + gamma) ** t for t, r in enumerate(rewards))


@wrong("powers of gamma * reward")
def power_of_the_product(rewards, gamma):
    return sum((gamma * r) ** t for t, r in enumerate(rewards))


@wrong("the discount itself is discounted once more in each step")
def compounded(rewards, gamma):
    total, discount = 0, 1
    for t, reward in enumerate(rewards):
        discount *= gamma**t
        total += discount * reward
    return total


@wrong("first two rewards undiscounted")
def one_step_late(rewards, gamma):
    return sum(gamma ** max(t - 1, 0) * r for t, r in enumerate(rewards))


@wrong("gamma from the text, not from the argument")
def fixed_gamma(rewards, gamma):
    gamma = 0.9
    return sum(gamma**t * r for t, r in enumerate(rewards))


@wrong("whole numbers")
def truncated(rewards, gamma):
    terms = np.zeros(len(rewards), dtype=int)
    for t, reward in enumerate(rewards):
        terms[t] = gamma**t * reward
    return terms.sum()


@wrong("stops at the first reward of 0")
def stops_at_zero(rewards, gamma):
    total = 0
    for t, reward in enumerate(rewards):
        if reward == 0:
            break
        total += gamma**t * reward
    return total


@wrong("log of gamma, which may be 0")
def through_logs(rewards, gamma):
    return np.sum(np.exp(np.arange(len(rewards)) * np.log(gamma)) * rewards)


@wrong("the terms, not their sum")
def terms_only(rewards, gamma):
    return gamma ** np.arange(len(rewards)) * rewards


@wrong("the running totals")
def running_totals(rewards, gamma):
    return np.cumsum(gamma ** np.arange(len(rewards)) * rewards)


@slip("one number")
def one_in_an_array(rewards, gamma):
    return (gamma ** np.arange(len(rewards))).reshape(1, -1) @ rewards


@wrong("rounded")
def rounded(rewards, gamma):
    return round(float(np.sum(gamma ** np.arange(len(rewards)) * rewards)), 2)


@wrong("changes the rewards it was given")
def changes_input(rewards, gamma):
    for t in range(len(rewards)):
        rewards[t] = gamma**t * rewards[t]
    return sum(rewards)


@slip("is a return missing")
def prints(rewards, gamma):
    print(sum(gamma**t * r for t, r in enumerate(rewards)))


@slip("is a return missing")
def no_return(rewards, gamma):
    np.sum(gamma ** np.arange(len(rewards)) * rewards)


@slip("name 'reward' is not defined")
def misspelt(rewards, gamma):
    return sum(gamma**t * r for t, r in enumerate(reward))  # noqa: F821


@slip("index 3 is out of bounds")
def past_the_end(rewards, gamma):
    return rewards[0] + sum(gamma**t * rewards[t] for t in range(1, len(rewards) + 1))


@slip("bitwise_xor")
def caret(rewards, gamma):
    return sum(gamma ^ t * r for t, r in enumerate(rewards))


@slip("is a generator")
def yields(rewards, gamma):
    for t, reward in enumerate(rewards):
        yield gamma**t * reward


@slip("is a str")
def as_text(rewards, gamma):
    return f"{sum(gamma**t * r for t, r in enumerate(rewards)):.4f}"


@endless("t never grows")
def never_advances(rewards, gamma):
    t, total = 0, 0
    while t < len(rewards):
        total += gamma**t * rewards[t]
    return total
