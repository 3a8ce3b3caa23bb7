"""Answers to the exercises of lesson 09, each independent of the lesson's other exercises."""

import math

import numpy as np
from scipy.linalg import lstsq
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax

from answers.register import marker, register
from irl_course.inverse import adversarial
from irl_course.inverse.adversarial import newton_step
from irl_course.planning import (
    bellman_backup,
    occupancy,
    soft_value_iteration,
    value_iteration,
)

RIGHT, WRONG, SLIPS, ENDLESS = register()

# --- discriminator --------------------------------------------------------------------------

right, wrong, slip, endless = marker("discriminator", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def D_expit(logit_reward, log_pi):
    return expit(logit_reward - log_pi)


@right
def D_divided_by_the_expert(logit_reward, log_pi):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(log_pi - logit_reward))


@right
def D_logaddexp(logit_reward, log_pi):
    return np.exp(logit_reward - np.logaddexp(logit_reward, log_pi))


@right
def D_tanh(logit_reward, log_pi):
    return (1 + np.tanh((logit_reward - log_pi) / 2)) / 2


@right
def D_softmax_of_two(logit_reward, log_pi):
    return softmax(np.stack([logit_reward, log_pi], axis=-1), axis=-1)[..., 0]


@right
def D_largest_taken_out(logit_reward, log_pi):
    top = np.maximum(logit_reward, log_pi)
    expert, policy = np.exp(logit_reward - top), np.exp(log_pi - top)
    return expert / (expert + policy)


@right
def D_one_by_one(logit_reward, log_pi):
    D = np.zeros(np.shape(logit_reward))
    for at in np.ndindex(D.shape):
        x = logit_reward[at] - log_pi[at]
        D[at] = 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))
    return D


@right
def D_from_its_logarithm(logit_reward, log_pi):
    return np.exp(-np.logaddexp(0.0, log_pi - logit_reward))


@wrong("the formula as it stands: infinity over infinity")
def D_naive(logit_reward, log_pi):
    return np.exp(logit_reward) / (np.exp(logit_reward) + np.exp(log_pi))


@wrong("the formula as it stands, and 0 for what is no number")
def D_naive_patched(logit_reward, log_pi):
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.exp(logit_reward) / (np.exp(logit_reward) + np.exp(log_pi)))


@wrong("the largest f of all taken out: small ones are 0 over 0")
def D_largest_of_all(logit_reward, log_pi):
    top = np.max(logit_reward)
    expert, policy = np.exp(logit_reward - top), np.exp(log_pi - top)
    return expert / (expert + policy)


@wrong("the probability that the policy did it")
def D_of_the_policy(logit_reward, log_pi):
    return expit(log_pi - logit_reward)


@wrong("forgets the policy: compares f with 1")
def D_without_policy(logit_reward, log_pi):
    return expit(logit_reward)


@wrong("adds log pi to f")
def D_adds(logit_reward, log_pi):
    return expit(logit_reward + log_pi)


@wrong("takes pi from f, not its logarithm")
def D_minus_pi(logit_reward, log_pi):
    return expit(logit_reward - np.exp(log_pi))


@wrong("takes log pi for pi")
def D_log_pi_as_pi(logit_reward, log_pi):
    return 1 / (1 + log_pi * np.exp(-logit_reward))


@wrong("takes f for the expert's probability")
def D_f_as_probability(logit_reward, log_pi):
    return logit_reward / (logit_reward + np.exp(log_pi))


@wrong("the logit of D")
def D_logit(logit_reward, log_pi):
    return np.clip(logit_reward - log_pi, -1e6, 1e6)


@wrong("the logarithm of D")
def D_logarithm(logit_reward, log_pi):
    return log_expit(logit_reward - log_pi)


@wrong("how much likelier the expert is, at most 1")
def D_ratio(logit_reward, log_pi):
    return np.minimum(1.0, np.exp(np.minimum(logit_reward - log_pi, 1.0)))


@wrong("a verdict: 1 or 0")
def D_verdict(logit_reward, log_pi):
    return np.where(logit_reward > log_pi, 1.0, 0.0)


@wrong("shares over all the pairs")
def D_shares(logit_reward, log_pi):
    x = np.clip(logit_reward - log_pi, -1e6, 1e6)
    return softmax(x, axis=-1)


@wrong("what the policy never does is nobody's: 0")
def D_never_is_zero(logit_reward, log_pi):
    return np.where(np.isinf(log_pi), 0.0, expit(logit_reward - log_pi))


@wrong("keeps clear of 0 and 1")
def D_clipped(logit_reward, log_pi):
    return np.clip(expit(logit_reward - log_pi), 0.01, 0.99)


@slip("is a return missing")
def D_no_return(logit_reward, log_pi):
    expit(logit_reward - log_pi)


@slip("together")
def D_both_players(logit_reward, log_pi):
    D = expit(logit_reward - log_pi)
    return D, 1 - D


@slip("is not defined")
def D_misspelt(logit_reward, log_pi):
    return expit(logit_reward - log_pie)  # noqa: F821


@slip("has no attribute")
def D_not_in_numpy(logit_reward, log_pi):
    return np.expit(logit_reward - log_pi)


# --- discriminator_loss ---------------------------------------------------------------------

right, wrong, slip, endless = marker("discriminator_loss", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def loss_log_expit(logit_expert, logit_policy):
    return float(-log_expit(logit_expert).mean() - log_expit(-logit_policy).mean())


@right
def loss_logaddexp(logit_expert, logit_policy):
    return np.logaddexp(0, -logit_expert).mean() + np.logaddexp(0, logit_policy).mean()


@right
def loss_stable_by_hand(logit_expert, logit_policy):
    def softplus(x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    return np.mean(softplus(-logit_expert)) + np.mean(softplus(logit_policy))


@right
def loss_loop(logit_expert, logit_policy):
    total = 0.0
    for logits, sign in ((logit_expert, 1), (logit_policy, -1)):
        for x in sign * logits:
            miss = math.log1p(math.exp(-x)) if x > 0 else -x + math.log1p(math.exp(x))
            total += miss / len(logits)
    return total


@right
def loss_labelled(logit_expert, logit_policy):
    """Cross-entropy with labels, each pair weighted by one over its number."""
    x = np.concatenate([logit_expert, logit_policy])
    expert = np.arange(len(x)) < len(logit_expert)
    weights = np.where(expert, 1 / len(logit_expert), 1 / len(logit_policy))
    return weights @ (np.maximum(x, 0) - x * expert + np.log1p(np.exp(-abs(x))))


@right
def loss_log_softmax(logit_expert, logit_policy):
    def log_both(x):
        return log_softmax(np.stack([x, np.zeros(len(x))]), axis=0)

    return -np.average(log_both(logit_expert)[0]) - np.average(log_both(logit_policy)[1])


@right
def loss_one_reflected(logit_expert, logit_policy):
    """log(1 - D) is log D minus the logit."""
    expert = sum(log_expit(logit_expert)) / logit_expert.size
    policy = sum(log_expit(logit_policy) - logit_policy) / logit_policy.size
    return -(expert + policy)


@right
def loss_logsumexp(logit_expert, logit_policy):
    padded = [np.pad(x[:, None], ((0, 0), (0, 1))) for x in (-logit_expert, logit_policy)]
    return np.sum([logsumexp(x, axis=1).mean() for x in padded])


@wrong("log of D, which is 0 where the mistake is large")
def loss_naive(logit_expert, logit_policy):
    expert, policy = expit(logit_expert), expit(logit_policy)
    return -np.log(expert).mean() - np.log(1 - policy).mean()


@wrong("a small number added, so that no mistake costs more than 28 nats")
def loss_small_number(logit_expert, logit_policy):
    expert, policy = expit(logit_expert), expit(logit_policy)
    return -np.log(expert + 1e-12).mean() - np.log(1 - policy + 1e-12).mean()


@wrong("the sign: the score to be made large")
def loss_sign(logit_expert, logit_policy):
    return log_expit(logit_expert).mean() + log_expit(-logit_policy).mean()


@wrong("the labels exchanged")
def loss_flipped(logit_expert, logit_policy):
    return -log_expit(-logit_expert).mean() - log_expit(logit_policy).mean()


@wrong("sums in place of means")
def loss_sums(logit_expert, logit_policy):
    return -log_expit(logit_expert).sum() - log_expit(-logit_policy).sum()


@wrong("one mean over all pairs")
def loss_one_mean(logit_expert, logit_policy):
    return -log_expit(np.concatenate([logit_expert, -logit_policy])).mean()


@wrong("twice the mean over all pairs: the larger half counts more")
def loss_twice_one_mean(logit_expert, logit_policy):
    return -2 * log_expit(np.concatenate([logit_expert, -logit_policy])).mean()


@wrong("the mean of the two halves")
def loss_halved(logit_expert, logit_policy):
    return -(log_expit(logit_expert).mean() + log_expit(-logit_policy).mean()) / 2


@wrong("log D for both: both are to look like the expert")
def loss_both_expert(logit_expert, logit_policy):
    return -log_expit(logit_expert).mean() - log_expit(logit_policy).mean()


@wrong("1 - x as the logit of 1 - D")
def loss_one_minus_logit(logit_expert, logit_policy):
    return -log_expit(logit_expert).mean() - log_expit(1 - logit_policy).mean()


@wrong("the expert's half only")
def loss_expert_only(logit_expert, logit_policy):
    return -log_expit(logit_expert).mean()


@wrong("in bits")
def loss_bits(logit_expert, logit_policy):
    return -(log_expit(logit_expert).mean() + log_expit(-logit_policy).mean()) / np.log(2)


@wrong("how often it is mistaken")
def loss_mistakes(logit_expert, logit_policy):
    return np.mean(logit_expert <= 0) + np.mean(logit_policy > 0)


@wrong("the logarithm of the mean D")
def loss_log_of_mean(logit_expert, logit_policy):
    return -np.log(expit(logit_expert).mean()) - np.log(expit(-logit_policy).mean())


@wrong("pairs one of the expert's with one of the policy's, as far as there are two")
def loss_zipped(logit_expert, logit_policy):
    rows = zip(logit_expert, logit_policy, strict=False)
    return float(np.mean([-log_expit(x) - log_expit(-y) for x, y in rows]))


@wrong("adds before it takes the mean: for as many of either only")
def loss_adds_first(logit_expert, logit_policy):
    return -(log_expit(logit_expert) + log_expit(-logit_policy)).mean()


@slip("is a return missing")
def loss_no_return(logit_expert, logit_policy):
    print(-log_expit(logit_expert).mean() - log_expit(-logit_policy).mean())


@slip("one number")
def loss_two_halves(logit_expert, logit_policy):
    return -log_expit(logit_expert).mean(), -log_expit(-logit_policy).mean()


@slip("is a str")
def loss_as_text(logit_expert, logit_policy):
    return f"{-log_expit(logit_expert).mean() - log_expit(-logit_policy).mean():.4f}"


@slip("bad operand type for unary -")
def loss_minus_a_list(logit_expert, logit_policy):
    return -log_expit(logit_expert).mean() - np.mean(log_expit(-list(logit_policy)))


@endless("forgets to go on to the next pair")
def loss_stands_still(logit_expert, logit_policy):
    total, i = 0.0, 0
    while i < len(logit_expert):
        total -= log_expit(logit_expert[i]) / len(logit_expert)
    return total - log_expit(-logit_policy).mean()


# --- optimal_discriminator ------------------------------------------------------------------

right, wrong, slip, endless = marker("optimal_discriminator", RIGHT, WRONG, SLIPS, ENDLESS)


def as_shares(visits):
    return visits / visits.sum()


def half_where_nobody(D, expert_occupancy, policy_occupancy):
    return np.where(expert_occupancy + policy_occupancy > 0, D, 0.5)


@right
def best_where(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    seen = p + q > 0
    return np.where(seen, p / np.where(seen, p + q, 1.0), 0.5)


@right
def best_divide_into_halves(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return np.divide(p, p + q, out=np.full(p.shape, 0.5), where=p + q > 0)


@right
def best_one_by_one(expert_occupancy, policy_occupancy):
    D = 0.5 * np.ones_like(expert_occupancy, dtype=float)
    n_expert, n_policy = expert_occupancy.sum(), policy_occupancy.sum()
    for s, a in np.ndindex(D.shape):
        p, q = expert_occupancy[s, a] / n_expert, policy_occupancy[s, a] / n_policy
        if p > 0 or q > 0:
            D[s, a] = p / (p + q)
    return D


@right
def best_by_logit(expert_occupancy, policy_occupancy):
    with np.errstate(all="ignore"):
        log_p, log_q = np.log(expert_occupancy), np.log(policy_occupancy)
        logit = log_p - np.log(expert_occupancy.sum()) - log_q + np.log(policy_occupancy.sum())
    return np.where(np.isnan(logit), 0.5, expit(logit))


@right
def best_by_odds(expert_occupancy, policy_occupancy):
    with np.errstate(all="ignore"):
        odds = as_shares(policy_occupancy) / as_shares(expert_occupancy)
    return np.nan_to_num(1 / (1 + odds), nan=0.5)


@right
def best_common_unit(expert_occupancy, policy_occupancy):
    """Both in the unit of the product of their sums: nothing is divided before the end."""
    p, q = expert_occupancy * policy_occupancy.sum(), policy_occupancy * expert_occupancy.sum()
    D = np.zeros(p.shape) + 0.5
    seen = (p > 0) | (q > 0)
    D[seen] = p[seen] / (p + q)[seen]
    return D


@right
def best_half_and_difference(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    total = p + q
    total[total == 0] = 1.0
    return 0.5 + 0.5 * (p - q) / total


@right
def best_masked(expert_occupancy, policy_occupancy):
    """Means in place of sums: the number of pairs cancels."""
    p = np.ma.array(expert_occupancy / expert_occupancy.mean())
    q = policy_occupancy / policy_occupancy.mean()
    return (p / (p + q)).filled(0.5).tolist()


@wrong("in the units they came in")
def best_raw(expert_occupancy, policy_occupancy):
    D = expert_occupancy / (expert_occupancy + policy_occupancy)
    return half_where_nobody(D, expert_occupancy, policy_occupancy)


@wrong("shares for the expert only")
def best_one_of_them(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), policy_occupancy
    return half_where_nobody(p / (p + q), expert_occupancy, policy_occupancy)


@wrong("in units of the largest entry")
def best_by_largest(expert_occupancy, policy_occupancy):
    p, q = expert_occupancy / expert_occupancy.max(), policy_occupancy / policy_occupancy.max()
    return half_where_nobody(p / (p + q), expert_occupancy, policy_occupancy)


@wrong("compares policies: where one is does not count")
def best_of_policies(expert_occupancy, policy_occupancy):
    p = expert_occupancy / expert_occupancy.sum(axis=1, keepdims=True)
    q = policy_occupancy / policy_occupancy.sum(axis=1, keepdims=True)
    return np.nan_to_num(p / (p + q), nan=0.5)


@wrong("compares states: what one does does not count")
def best_of_states(expert_occupancy, policy_occupancy):
    p = as_shares(expert_occupancy).sum(axis=1, keepdims=True)
    q = as_shares(policy_occupancy).sum(axis=1, keepdims=True)
    D = np.where(p + q > 0, p / (p + q), 0.5)
    return np.repeat(D, expert_occupancy.shape[1], axis=1)


@wrong("the policy over both")
def best_exchanged(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return half_where_nobody(q / (p + q), expert_occupancy, policy_occupancy)


@wrong("the density ratio")
def best_ratio(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return np.nan_to_num(p / q, nan=0.5, posinf=1.0)


@wrong("the logit of D")
def best_logit(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return np.clip(np.nan_to_num(np.log(p) - np.log(q)), -50, 50)


@wrong("0 over 0 where nobody is")
def best_no_number(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return p / (p + q)


@wrong("0 where nobody is: it was not the expert")
def best_nobody_is_zero(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return np.nan_to_num(p / (p + q))


@wrong("a small number below the line: 0 where nobody is")
def best_small_number(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return p / (p + q + 1e-10)


@wrong("1/2 unless both are there")
def best_half_too_often(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return np.where((p > 0) & (q > 0), p / (p + q), 0.5)


@wrong("one visit more for everybody")
def best_smoothed(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy + 1), as_shares(policy_occupancy + 1)
    return p / (p + q)


@wrong("a verdict: 1 or 0")
def best_verdict(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return np.where(p > q, 1.0, np.where(p < q, 0.0, 0.5))


@wrong("the logistic of the difference of shares")
def best_of_difference(expert_occupancy, policy_occupancy):
    return expit(as_shares(expert_occupancy) - as_shares(policy_occupancy))


@wrong("over the mixture half and half: up to 2")
def best_over_mixture(expert_occupancy, policy_occupancy):
    p, q = as_shares(expert_occupancy), as_shares(policy_occupancy)
    return half_where_nobody(2 * p / (p + q), expert_occupancy, policy_occupancy)


@slip("is a return missing")
def best_no_return(expert_occupancy, policy_occupancy):
    best_where(expert_occupancy, policy_occupancy)


@slip("could not be broadcast")
def best_sums_of_rows(expert_occupancy, policy_occupancy):
    p = expert_occupancy / expert_occupancy.sum(axis=1)
    q = policy_occupancy / policy_occupancy.sum(axis=1)
    return p / (p + q)


@slip("together")
def best_with_shares(expert_occupancy, policy_occupancy):
    D = best_where(expert_occupancy, policy_occupancy)
    return D, as_shares(expert_occupancy), as_shares(policy_occupancy)


@slip("of shape")
def best_flat(expert_occupancy, policy_occupancy):
    return best_where(expert_occupancy, policy_occupancy).ravel()


@slip("unsupported operand")
def best_method_not_called(expert_occupancy, policy_occupancy):
    return expert_occupancy / expert_occupancy.sum


# --- gail_reward ----------------------------------------------------------------------------

right, wrong, slip, endless = marker("gail_reward", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def gail_log_expit(logit):
    return -log_expit(-logit)


@right
def gail_logaddexp(logit):
    return np.logaddexp(0, logit)


@right
def gail_by_hand(logit):
    return np.maximum(logit, 0) + np.log1p(np.exp(-np.abs(logit)))


@right
def gail_log_D_and_logit(logit):
    """log(1 - D) is log D minus the logit."""
    return logit - log_expit(logit)


@right
def gail_two_cases(logit):
    bounded = np.minimum(logit, 40.0)
    return np.where(logit > 40.0, logit, np.log1p(np.exp(bounded)))


@right
def gail_one_by_one(logit):
    reward = np.empty(np.shape(logit))
    for at in np.ndindex(reward.shape):
        x = float(logit[at])
        reward[at] = x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))
    return reward


@right
def gail_log_softmax(logit):
    return -log_softmax(np.stack([logit, np.zeros_like(logit)]), axis=0)[1]


@right
def gail_logsumexp(logit):
    return logsumexp(np.stack([logit, 0 * logit], axis=-1), axis=-1)


@wrong("D first, and the log of 0")
def gail_naive(logit):
    return -np.log(1 - expit(logit))


@wrong("the log of 1 + exp, which is too large")
def gail_overflows(logit):
    return np.log(1 + np.exp(logit))


@wrong("a small number in the logarithm")
def gail_small_number(logit):
    return -np.log(1 - expit(logit) + 1e-8)


@wrong("logits beyond 50 cut off")
def gail_cut_logits(logit):
    return -log_expit(-np.clip(logit, -50, 50))


@wrong("the sign of the logarithm forgotten")
def gail_sign(logit):
    return log_expit(-logit)


@wrong("log D, the negative one")
def gail_log_D(logit):
    return log_expit(logit)


@wrong("-log D: paid for being found out")
def gail_minus_log_D(logit):
    return -log_expit(logit)


@wrong("the logit, AIRL's")
def gail_logit(logit):
    return np.array(logit, dtype=float)


@wrong("D")
def gail_D(logit):
    return expit(logit)


@wrong("1 - D")
def gail_one_minus_D(logit):
    return 1 - expit(logit)


@wrong("D over 1 - D, with a ceiling")
def gail_odds(logit):
    return np.exp(np.minimum(logit, 20.0))


@wrong("the logit where it is positive, else 0")
def gail_hinge(logit):
    return np.maximum(logit, 0.0)


@wrong("1 - x as the logit of 1 - D")
def gail_one_minus_logit(logit):
    return -log_expit(1 - logit)


@wrong("nothing for a coin: log 2 taken away")
def gail_centred(logit):
    return -log_expit(-logit) - np.log(2)


@wrong("in bits")
def gail_bits(logit):
    return -log_expit(-logit) / np.log(2)


@wrong("takes the logit for D")
def gail_logit_as_D(logit):
    return -np.log(1 - np.clip(logit, 0, 1 - 1e-9))


@slip("is a return missing")
def gail_no_return(logit):
    np.logaddexp(0, logit)


@slip("is one number")
def gail_mean(logit):
    return -log_expit(-logit).mean()


@slip("has no attribute")
def gail_not_in_numpy(logit):
    return -np.log_expit(-logit)


@slip("is a function")
def gail_function(logit):
    def reward(logit):
        return -log_expit(-logit)

    return reward


# --- gan_gcl_gradient -----------------------------------------------------------------------

right, wrong, slip, endless = marker("gan_gcl_gradient", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def slope_two_halves(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share * (1.0 - D) - generator_share * D) @ features


@right
def slope_mixture(features, log_model, log_generator, expert_share, generator_share):
    mixture = (expert_share + generator_share) / 2
    log_mixture = np.logaddexp(log_model, log_generator) + np.log(0.5)
    weights = np.exp(log_model - log_mixture)
    return expert_share @ features - (mixture * weights) @ features


@right
def slope_one_by_one(features, log_model, log_generator, expert_share, generator_share):
    N, K = features.shape
    slope = np.zeros(K)
    for n in range(N):
        D = (1 + math.tanh((log_model[n] - log_generator[n]) / 2)) / 2
        slope += expert_share[n] * (1 - D) * features[n]
        slope -= generator_share[n] * D * features[n]
    return slope


@right
def slope_einsum(features, log_model, log_generator, expert_share, generator_share):
    log_both = np.logaddexp(log_model, log_generator)
    D, other = np.exp(log_model - log_both), np.exp(log_generator - log_both)
    up = np.einsum("n,n,nk->k", expert_share, other, features)
    return up - np.einsum("n,n,nk->k", generator_share, D, features)


@right
def slope_labelled(features, log_model, log_generator, expert_share, generator_share):
    """Logistic regression: label minus D, weighted, of all pairs one below the other."""
    both, weights = np.vstack([features] * 2), np.append(expert_share, generator_share)
    label = np.repeat([1.0, 0.0], len(features))
    residual = label - expit(np.tile(log_model - log_generator, 2))
    return both.T @ (weights * residual)


@right
def slope_differences(features, log_model, log_generator, expert_share, generator_share):
    """Numerical slopes of the loss itself."""

    def minus_loss(move):
        logit = log_model - log_generator + features @ move
        return expert_share @ log_expit(logit) + generator_share @ log_expit(-logit)

    moves = 1e-4 * np.eye(features.shape[1])
    return [(minus_loss(move) - minus_loss(-move)) / 2e-4 for move in moves]


@right
def slope_softmax(features, log_model, log_generator, expert_share, generator_share):
    """The expert's mean less what of both passes for the model's."""
    D = softmax(np.array([log_model, log_generator]), axis=0)[0]
    return np.sum((expert_share - (expert_share + generator_share) * D)[:, None] * features, axis=0)


@right
def slope_averages(features, log_model, log_generator, expert_share, generator_share):
    with np.errstate(over="ignore"):
        D = 1 / (1 + np.exp(log_generator - log_model))
    expert = np.average(features * (1 - D)[:, None], axis=0, weights=expert_share)
    return expert - np.average(features * D[:, None], axis=0, weights=generator_share)


@wrong("densities in place of logarithms: 0 over 0")
def slope_naive(features, log_model, log_generator, expert_share, generator_share):
    p, q = np.exp(log_model), np.exp(log_generator)
    D = p / (p + q)
    return (expert_share * (1 - D) - generator_share * D) @ features


@wrong("the slope of the loss: down in place of up")
def slope_sign(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (generator_share * D - expert_share * (1 - D)) @ features


@wrong("D for the expert, 1 - D for the generator")
def slope_exchanged(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share * D - generator_share * (1 - D)) @ features


@wrong("a plus between the halves")
def slope_plus(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share * (1 - D) + generator_share * D) @ features


@wrong("the expert's half counts in full")
def slope_expert_in_full(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share - generator_share * D) @ features


@wrong("lesson 06's gradient: the demonstrations less the model")
def slope_maxent(features, log_model, log_generator, expert_share, generator_share):
    return (expert_share - softmax(log_model)) @ features


@wrong("lesson 08's: the generator's draws weighted by p / q")
def slope_importance(features, log_model, log_generator, expert_share, generator_share):
    weights = np.exp(log_model - log_generator)
    return (expert_share - generator_share * weights) @ features


@wrong("the draws weighted by p / q, weights that sum to 1")
def slope_normalised(features, log_model, log_generator, expert_share, generator_share):
    with np.errstate(divide="ignore"):
        weights = softmax(np.log(generator_share) + log_model - log_generator)
    return (expert_share - weights) @ features


@wrong("the slope without the weights: the expert less the generator")
def slope_unweighted(features, log_model, log_generator, expert_share, generator_share):
    return (expert_share - generator_share) @ features


@wrong("D = 1/2, as at the end of the game")
def slope_coin(features, log_model, log_generator, expert_share, generator_share):
    return (expert_share - generator_share) @ features / 2


@wrong("doubled, to be lesson 06's with the best generator")
def slope_doubled(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return 2 * (expert_share * (1 - D) - generator_share * D) @ features


@wrong("w = p / (p + q): a half lost in the mixture")
def slope_half_lost(features, log_model, log_generator, expert_share, generator_share):
    mixture = (expert_share + generator_share) / 2
    weights = expit(log_model - log_generator)
    return expert_share @ features - (mixture * weights) @ features


@wrong("moves Z along with psi")
def slope_with_Z(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    centred = features - softmax(log_model) @ features
    return (expert_share * (1 - D) - generator_share * D) @ centred


@wrong("the best discriminator, from the shares")
def slope_best_D(features, log_model, log_generator, expert_share, generator_share):
    both = expert_share + generator_share
    D = expert_share / np.where(both > 0, both, 1.0)
    return (expert_share * (1 - D) - generator_share * D) @ features


@wrong("the generator's density in place of its draws")
def slope_density_as_share(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share * (1 - D) - softmax(log_generator) * D) @ features


@wrong("every trajectory counts the same")
def slope_no_shares(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (1 - 2 * D) @ features / len(D)


@slip("is a return missing")
def slope_no_return(features, log_model, log_generator, expert_share, generator_share):
    slope_two_halves(features, log_model, log_generator, expert_share, generator_share)


@slip("of shape")
def slope_not_summed(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share * (1 - D) - generator_share * D)[:, None] * features


@slip("mismatch")
def slope_wrong_side(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return features @ (expert_share * (1 - D) - generator_share * D)


@slip("together")
def slope_terms(features, log_model, log_generator, expert_share, generator_share):
    D = expit(log_model - log_generator)
    return (expert_share * (1 - D)) @ features, (generator_share * D) @ features


# --- airl_logit -----------------------------------------------------------------------------

right, wrong, slip, endless = marker("airl_logit", RIGHT, WRONG, SLIPS, ENDLESS)


def of_pairs(g):
    """g as (S, 1) or (S, A), which broadcasts."""
    return g[:, None] if g.ndim == 1 else g


@right
def f_matmul(g, h, gamma, mdp):
    return of_pairs(g) + gamma * mdp.P @ h - h[:, None]


@right
def f_einsum(g, h, gamma, mdp):
    shaping = gamma * np.einsum("sat,t->sa", mdp.P, h) - h.reshape(-1, 1)
    return (g.T + shaping.T).T


@right
def f_loops(g, h, gamma, mdp):
    f = np.empty((mdp.n_states, mdp.n_actions))
    for s, a in np.ndindex(f.shape):
        after = sum(p * h[t] for t, p in enumerate(mdp.P[s, a]) if p)
        f[s, a] = (g[s] if np.ndim(g) == 1 else g[s, a]) + gamma * after - h[s]
    return f


@right
def f_expect(g, h, gamma, mdp):
    g = np.asarray(g).reshape(mdp.n_states, -1)
    return g + gamma * mdp.expect(h) - h[:, np.newaxis]


@right
def f_backup(g, h, gamma, mdp):
    return bellman_backup(mdp.replace(gamma=gamma), g, h) - h[:, None]


@right
def f_action_by_action(g, h, gamma, mdp):
    columns = np.broadcast_to(of_pairs(g), (mdp.n_states, mdp.n_actions)).T
    moved = [column + gamma * mdp.P[:, a, :] @ h - h for a, column in enumerate(columns)]
    return np.stack(moved, axis=1)


@right
def f_one_matrix(g, h, gamma, mdp):
    """f is linear in h: gamma P - 1, one row a pair."""
    S, A = mdp.n_states, mdp.n_actions
    stay = np.repeat(np.eye(S), A, axis=0)
    rows = gamma * mdp.P.reshape(S * A, S) - stay
    own = np.repeat(g, A) if g.ndim == 1 else g.ravel()
    return (own + rows @ h).reshape(S, A)


@right
def f_tensordot(g, h, gamma, mdp):
    f = np.tensordot(mdp.P, gamma * h, axes=1)
    f -= h[:, None]
    f += g if g.ndim == 2 else np.tile(g, (mdp.n_actions, 1)).T
    return f.tolist()


@wrong("h with its signs exchanged")
def f_signs(g, h, gamma, mdp):
    return of_pairs(g) - gamma * mdp.P @ h + h[:, None]


@wrong("the potential of here is not taken away")
def f_without_here(g, h, gamma, mdp):
    return of_pairs(g) + gamma * mdp.P @ h + 0 * h[:, None]


@wrong("the potential of here is added")
def f_adds_here(g, h, gamma, mdp):
    return of_pairs(g) + gamma * mdp.P @ h + h[:, None]


@wrong("no discount")
def f_undiscounted(g, h, gamma, mdp):
    return of_pairs(g) + mdp.P @ h - h[:, None]


@wrong("the discount on both potentials")
def f_discounts_both(g, h, gamma, mdp):
    return of_pairs(g) + gamma * (mdp.P @ h - h[:, None])


@wrong("the discount on the potential of here")
def f_discounts_here(g, h, gamma, mdp):
    return of_pairs(g) + mdp.P @ h - gamma * h[:, None]


@wrong("the discount of the world, whatever is given")
def f_worlds_gamma(g, h, gamma, mdp):
    return of_pairs(g) + mdp.gamma * mdp.P @ h - h[:, None]


@wrong("no shaping at all")
def f_reward_only(g, h, gamma, mdp):
    return of_pairs(g) + np.zeros((mdp.n_states, mdp.n_actions))


@wrong("the reward of the next state")
def f_next_reward(g, h, gamma, mdp):
    own = mdp.P @ g if g.ndim == 1 else g
    return own + gamma * mdp.P @ h - h[:, None]


@wrong("the likeliest next state in place of the mean")
def f_likeliest(g, h, gamma, mdp):
    return of_pairs(g) + gamma * h[mdp.P.argmax(axis=2)] - h[:, None]


@wrong("backwards: from where one comes")
def f_backwards(g, h, gamma, mdp):
    return of_pairs(g) + gamma * np.einsum("tas,t->sa", mdp.P, h) - h[:, None]


@wrong("next states under random actions")
def f_random_actions(g, h, gamma, mdp):
    after = (mdp.P @ h).mean(axis=1, keepdims=True)
    return of_pairs(g) + gamma * after - h[:, None] + np.zeros((1, mdp.n_actions))


@wrong("a g(s, a) is averaged to a g(s)")
def f_averages_g(g, h, gamma, mdp):
    own = g if g.ndim == 1 else g.mean(axis=1)
    return own[:, None] + gamma * mdp.P @ h - h[:, None]


@wrong("knows a g(s) only")
def f_one_axis_only(g, h, gamma, mdp):
    return g[:, None] + gamma * mdp.P @ h - h[:, None]


@wrong("knows a g(s, a) only")
def f_two_axes_only(g, h, gamma, mdp):
    return g + gamma * mdp.P @ h - h[:, None]


@wrong("adds to the g(s, a) that it was given")
def f_in_place(g, h, gamma, mdp):
    f = g if g.ndim == 2 else np.repeat(g[:, None], mdp.n_actions, axis=1)
    f += gamma * mdp.P @ h - h[:, None]
    return f


@slip("is a return missing")
def f_no_return(g, h, gamma, mdp):
    f_matmul(g, h, gamma, mdp)


@slip("could not be broadcast")
def f_h_along_actions(g, h, gamma, mdp):
    return of_pairs(g) + gamma * mdp.P @ h - h


@slip("mismatch")
def f_other_side(g, h, gamma, mdp):
    return of_pairs(g) + gamma * h @ mdp.P - h[:, None]


@slip("has no attribute")
def f_lower_case(g, h, gamma, mdp):
    return of_pairs(g) + gamma * mdp.p @ h - h[:, None]


# --- airl_reward ----------------------------------------------------------------------------

right, wrong, slip, endless = marker("airl_reward", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def paid_difference(f, log_pi):
    return f - log_pi


@right
def paid_both_logarithms(f, log_pi):
    return log_expit(f - log_pi) - log_expit(log_pi - f)


@right
def paid_normalised(f, log_pi):
    log_both = np.logaddexp(f, log_pi)
    log_D, log_other = f - log_both, log_pi - log_both
    return log_D - log_other


@right
def paid_one_by_one(f, log_pi):
    rows = zip(f, log_pi, strict=True)
    return [[x - y for x, y in zip(*row, strict=True)] for row in rows]


@right
def paid_surprise(f, log_pi):
    surprise = np.negative(log_pi)
    return np.add(f, surprise)


@right
def paid_stacked(f, log_pi):
    return np.array([1.0, -1.0]) @ np.stack([f, log_pi]).swapaxes(0, -2)


@right
def paid_softplus(f, log_pi):
    """-log(1 - D), less -log D."""
    x = f - log_pi
    return np.logaddexp(0, x) - np.logaddexp(0, -x)


@wrong("log pi added")
def paid_sum(f, log_pi):
    return f + log_pi


@wrong("log(1 - D) - log D: paid for being found out")
def paid_exchanged(f, log_pi):
    return log_pi - f


@wrong("f: its own habits do not count")
def paid_f(f, log_pi):
    return f + 0.0


@wrong("the entropy's part only")
def paid_surprise_only(f, log_pi):
    return -log_pi + 0 * f


@wrong("D first, and the log of 0")
def paid_naive(f, log_pi):
    D = expit(f - log_pi)
    return np.log(D) - np.log(1 - D)


@wrong("D kept clear of 0 and 1")
def paid_clipped(f, log_pi):
    D = np.clip(expit(f - log_pi), 1e-8, 1 - 1e-8)
    return np.log(D) - np.log(1 - D)


@wrong("exp(f) over pi, and its logarithm")
def paid_overflows(f, log_pi):
    return np.log(np.exp(f) / np.exp(log_pi))


@wrong("GAIL's -log(1 - D)")
def paid_gail(f, log_pi):
    return -log_expit(log_pi - f)


@wrong("log D")
def paid_log_D(f, log_pi):
    return log_expit(f - log_pi)


@wrong("D")
def paid_D(f, log_pi):
    return expit(f - log_pi)


@wrong("pi taken away, not its logarithm")
def paid_minus_pi(f, log_pi):
    return f - np.exp(log_pi)


@wrong("log pi weighted by pi")
def paid_weighted(f, log_pi):
    return f - np.exp(log_pi) * log_pi


@wrong("the entropy of the state in place of this action's -log pi")
def paid_entropy(f, log_pi):
    return f - np.sum(np.exp(log_pi) * log_pi, axis=1, keepdims=True)


@wrong("log pi twice: D's, and the entropy's once more")
def paid_twice(f, log_pi):
    return f - 2 * log_pi


@wrong("made an advantage: each state's mean is 0")
def paid_centred(f, log_pi):
    paid = f - log_pi
    return paid - (np.exp(log_pi) * paid).sum(axis=1, keepdims=True)


@wrong("changes the f that it was given")
def paid_in_place(f, log_pi):
    f -= log_pi
    return f


@slip("is a return missing")
def paid_no_return(f, log_pi):
    f - log_pi


@slip("of shape")
def paid_collected(f, log_pi):
    return ((f - log_pi) * np.exp(log_pi)).sum(axis=1)


@slip("is not defined")
def paid_pi(f, log_pi):
    return f - np.log(pi)  # noqa: F821


@slip("together")
def paid_terms(f, log_pi):
    return f, -log_pi


# --- airl -----------------------------------------------------------------------------------

right, wrong, slip, endless = marker("airl", RIGHT, WRONG, SLIPS, ENDLESS)


def nothing_learnt(mdp, state_only):
    shape = mdp.n_states if state_only else (mdp.n_states, mdp.n_actions)
    return np.zeros(shape), np.zeros(mdp.n_states)


def logit_parts(mdp, g, h):
    return f_matmul(g, h, mdp.gamma, mdp)


def play(
    mdp,
    expert,
    state_only,
    n_steps,
    judge=lambda f, log_pi: expit(f - log_pi),
    shares=lambda mdp, pi: (1 - mdp.gamma) * occupancy(mdp, pi),
    slope_of=lambda p, q, D: p * (1 - D) - q * D,
    wish=lambda f: f,
    logit=logit_parts,
    part=(0.5, 0.5),
):
    """The game by the book; the mistakes below replace one of its pieces each."""
    g, h = nothing_learnt(mdp, state_only)
    for _ in range(n_steps):
        f = logit(mdp, g, h)
        V, Q, pi = soft_value_iteration(mdp, wish(f))
        D, policy = judge(f, Q - V[:, None]), shares(mdp, pi)
        curvature = (expert + policy) * D * (1 - D)
        of_g, of_h = newton_step(mdp, slope_of(expert, policy, D), curvature, state_only)
        g, h = g + part[0] * of_g, h + part[1] * of_h
    return g, h, soft_value_iteration(mdp, logit(mdp, g, h))[2]


@right
def airl_by_the_book(mdp, expert_occupancy, state_only, n_steps):
    expert = expert_occupancy / expert_occupancy.sum()
    g, h = nothing_learnt(mdp, state_only)
    for _ in range(n_steps):
        f = f_matmul(g, h, mdp.gamma, mdp)
        V, Q, pi = soft_value_iteration(mdp, f)
        policy = (1.0 - mdp.gamma) * occupancy(mdp, pi)
        D = expit(f - (Q - V[:, None]))
        slope = expert * (1.0 - D) - policy * D
        step_g, step_h = newton_step(mdp, slope, (expert + policy) * D * (1.0 - D), state_only)
        g, h = g + step_g / 2, h + step_h / 2
    return g, h, soft_value_iteration(mdp, f_matmul(g, h, mdp.gamma, mdp))[2]


@right
def airl_package(mdp, expert_occupancy, state_only, n_steps):
    return adversarial.airl(mdp, expert_occupancy, state_only, n_steps)


@right
def airl_plans_for_g(mdp, expert_occupancy, state_only, n_steps):
    """Shaping leaves the soft policy as it is, so g alone is planned for."""
    expert = expert_occupancy / expert_occupancy.sum()
    g, h = nothing_learnt(mdp, state_only)
    for _ in range(n_steps):
        V, Q, pi = soft_value_iteration(mdp, g)
        policy = as_shares(occupancy(mdp, pi))
        x = f_expect(g, h, mdp.gamma, mdp) - Q + V[:, None]
        slope = expert * expit(-x) - policy * expit(x)
        curvature = (expert + policy) * expit(x) * expit(-x)
        g, h = (
            part + 0.5 * step
            for part, step in zip(
                (g, h), newton_step(mdp, slope, curvature, state_only), strict=True
            )
        )
    return g, h, soft_value_iteration(mdp, g)[2]


@right
def airl_one_vector(mdp, expert_occupancy, state_only, n_steps):
    """g and h in one vector of unknowns; the step by another solver, of a nat at most."""
    S, A = mdp.n_states, mdp.n_actions
    own = np.kron(np.eye(S), np.ones((A, 1)))
    left = own if state_only else np.eye(S * A)
    X = np.concatenate([left, mdp.gamma * mdp.P.reshape(-1, S) - own], axis=1)
    p, w = expert_occupancy.ravel() / expert_occupancy.sum(), np.zeros(X.shape[1])
    for _ in range(n_steps):
        V, Q, pi = soft_value_iteration(mdp, (X @ w).reshape(S, A), tol=1e-10)
        q = occupancy(mdp, pi).ravel() * (1 - mdp.gamma)
        D = expit(X @ w - (Q - V[:, None]).ravel())
        slope, root = p * (1 - D) - q * D, np.sqrt((p + q) * D * (1 - D))
        seen = root > 0
        rows, target = (root[:, None] * X)[seen], slope[seen] / root[seen]
        move = lstsq(rows, target, cond=1e-11, lapack_driver="gelsy")[0]
        w = w + move * min(0.5, 1 / max(np.abs(X @ move).max(), 1e-300))
    pi = soft_value_iteration(mdp, (X @ w).reshape(S, A))[2]
    return (w[:S] if state_only else w[:-S].reshape(S, A)), w[-S:], pi


@right
def airl_normal_equations(mdp, expert_occupancy, state_only, n_steps):
    """Newton's step by the Hessian and its pseudo-inverse, and a policy's logarithm taken."""
    S, A = mdp.n_states, mdp.n_actions
    of_h = (mdp.gamma * mdp.P - np.eye(S)[:, None, :]).reshape(S * A, S)
    of_g = np.eye(S).repeat(A, axis=0) if state_only else np.eye(S * A)
    X = np.hstack((of_g, of_h))
    p = (expert_occupancy / np.sum(expert_occupancy)).reshape(-1)
    unknowns = np.zeros(X.shape[1])
    for _ in range(n_steps):
        pi = soft_value_iteration(mdp, np.reshape(X @ unknowns, (S, A)))[2]
        q = occupancy(mdp, pi).reshape(-1)
        q = q / q.sum()
        x = X @ unknowns - np.log(pi.reshape(-1))
        D = 1 / (1 + np.exp(-x))
        H = X.T @ (((p + q) * D * (1 - D))[:, None] * X)
        move = np.linalg.pinv(H, rcond=1e-11, hermitian=True) @ (X.T @ (p * (1 - D) - q * D))
        unknowns += 0.5 * move * min(1, 2 / max(1e-300, np.max(np.abs(X @ move))))
    f = np.reshape(X @ unknowns, (S, A))
    g = unknowns[: X.shape[1] - S]
    h = unknowns[X.shape[1] - S :]
    return (g if state_only else g.reshape(S, A)), h, soft_value_iteration(mdp, f)[2]


@right
def airl_own_occupancy(mdp, expert_occupancy, state_only, n_steps):
    """The policy's shares by a linear system of its own; the signal from both densities."""
    p, (g, h) = expert_occupancy / expert_occupancy.sum(), nothing_learnt(mdp, state_only)

    def answer():
        f = f_einsum(g, h, mdp.gamma, mdp)
        V, Q, _ = soft_value_iteration(mdp, f)
        log_pi = Q - V[:, None]
        moves = np.einsum("sa,sat->st", np.exp(log_pi), mdp.P)
        start = (1 - mdp.gamma) * mdp.initial_dist
        d = np.linalg.solve(np.eye(len(start)) - mdp.gamma * moves.T, start)
        return f, log_pi, d[:, None] * np.exp(log_pi)

    for _ in range(n_steps):
        f, log_pi, q = answer()
        log_both = np.logaddexp(f, log_pi)
        yes, no = np.exp(f - log_both), np.exp(log_pi - log_both)
        step = newton_step(mdp, p * no - q * yes, (p + q) * yes * no, state_only)
        g, h = g + 0.5 * step[0], h + 0.5 * step[1]
    return g, h, np.exp(answer()[1])


@right
def airl_recursive(mdp, expert_occupancy, state_only, n_steps):
    expert = as_shares(expert_occupancy)

    def rounds_to_go(n, g, h, V0):
        V, Q, pi = soft_value_iteration(mdp, f_backup(g, h, mdp.gamma, mdp), V0=V0)
        if n == 0:
            return g, h, pi
        policy = (1 - mdp.gamma) * occupancy(mdp, pi)
        D = (1 + np.tanh((f_backup(g, h, mdp.gamma, mdp) - Q + V[:, None]) / 2)) / 2
        slope, curvature = expert - (expert + policy) * D, (expert + policy) * D * (1 - D)
        of_g, of_h = newton_step(mdp, slope, curvature, state_only)
        return rounds_to_go(n - 1, g + of_g / 2, h + of_h / 2, V)

    return rounds_to_go(n_steps, *nothing_learnt(mdp, state_only), np.zeros(mdp.n_states))


@wrong("the labels exchanged: 1 for the policy")
def airl_flipped(mdp, expert_occupancy, state_only, n_steps):
    expert = as_shares(expert_occupancy)
    return play(mdp, expert, state_only, n_steps, slope_of=lambda p, q, D: q * (1 - D) - p * D)


@wrong("the whole step, every time")
def airl_full_steps(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, as_shares(expert_occupancy), state_only, n_steps, part=(1.0, 1.0))


@wrong("one round, and that is that")
def airl_one_round(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, as_shares(expert_occupancy), state_only, 1)


@wrong("the policy is not in the discriminator: D = expit(f)")
def airl_without_log_pi(mdp, expert_occupancy, state_only, n_steps):
    return play(
        mdp,
        as_shares(expert_occupancy),
        state_only,
        n_steps,
        judge=lambda f, log_pi: expit(f),
    )


@wrong("the policy's visits sum to 1 / (1 - gamma), the expert's to 1")
def airl_policy_in_raw_units(mdp, expert_occupancy, state_only, n_steps):
    expert = as_shares(expert_occupancy)
    return play(mdp, expert, state_only, n_steps, shares=occupancy)


@wrong("the expert's visits in the unit they came in")
def airl_expert_in_raw_units(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, expert_occupancy, state_only, n_steps)


@wrong("the expert's half of the signal only")
def airl_expert_only(mdp, expert_occupancy, state_only, n_steps):
    expert = as_shares(expert_occupancy)
    return play(mdp, expert, state_only, n_steps, slope_of=lambda p, q, D: p * (1 - D))


@wrong("paid for f - log pi by a soft planner: the entropy counts twice")
def airl_entropy_twice(mdp, expert_occupancy, state_only, n_steps):
    expert, (g, h) = as_shares(expert_occupancy), nothing_learnt(mdp, state_only)
    pi = np.full(expert.shape, 1 / mdp.n_actions)
    for _ in range(n_steps):
        f = logit_parts(mdp, g, h)
        pi = soft_value_iteration(mdp, f - np.log(np.maximum(pi, 1e-300)))[2]
        policy = (1 - mdp.gamma) * occupancy(mdp, pi)
        D = expit(f - np.log(np.maximum(pi, 1e-300)))
        slope, curvature = expert * (1 - D) - policy * D, (expert + policy) * D * (1 - D)
        of_g, of_h = newton_step(mdp, slope, curvature, state_only)
        g, h = g + of_g / 2, h + of_h / 2
    return g, h, pi


@wrong("an optimal policy in place of the soft one")
def airl_hard_planner(mdp, expert_occupancy, state_only, n_steps):
    expert, (g, h) = as_shares(expert_occupancy), nothing_learnt(mdp, state_only)
    for _ in range(n_steps):
        f = logit_parts(mdp, g, h)
        pi = value_iteration(mdp, f)[1]
        policy = (1 - mdp.gamma) * occupancy(mdp, pi)
        D = expit(f - np.log(np.maximum(pi, 1e-12)))
        slope, curvature = expert * (1 - D) - policy * D, (expert + policy) * D * (1 - D)
        of_g, of_h = newton_step(mdp, slope, curvature, state_only)
        g, h = g + of_g / 2, h + of_h / 2
    return g, h, value_iteration(mdp, logit_parts(mdp, g, h))[1]


@wrong("the policy never moves: one discriminator against random actions")
def airl_random_policy(mdp, expert_occupancy, state_only, n_steps):
    return play(
        mdp,
        as_shares(expert_occupancy),
        state_only,
        n_steps,
        wish=lambda f: 0 * f,
    )


@wrong("h is never moved")
def airl_without_h(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, as_shares(expert_occupancy), state_only, n_steps, part=(0.5, 0.0))


@wrong("h in the place of g")
def airl_exchanged(mdp, expert_occupancy, state_only, n_steps):
    g, h, pi = play(mdp, as_shares(expert_occupancy), state_only, n_steps)
    return h, g, pi


@wrong("no discount in f")
def airl_undiscounted_shaping(mdp, expert_occupancy, state_only, n_steps):
    return play(
        mdp,
        as_shares(expert_occupancy),
        state_only,
        n_steps,
        logit=lambda mdp, g, h: f_matmul(g, h, 1.0, mdp),
    )


@wrong("learns g(s, a) always, and gives its mean where g(s) is asked for")
def airl_mean_of_pairs(mdp, expert_occupancy, state_only, n_steps):
    g, h, pi = play(mdp, as_shares(expert_occupancy), False, n_steps)
    return (g.mean(axis=1) if state_only else g), h, pi


@wrong("learns g(s) always, the same for every action where g(s, a) is asked for")
def airl_states_always(mdp, expert_occupancy, state_only, n_steps):
    g, h, pi = play(mdp, as_shares(expert_occupancy), True, n_steps)
    return (g if state_only else np.repeat(g[:, None], mdp.n_actions, axis=1)), h, pi


@wrong("for g(s, a) the clone will do as the policy: nothing is learnt")
def airl_clones(mdp, expert_occupancy, state_only, n_steps):
    g, h, pi = play(mdp, as_shares(expert_occupancy), state_only, n_steps)
    if not state_only:
        totals = expert_occupancy.sum(axis=1, keepdims=True)
        seen = np.where(totals > 0, totals, 1.0)
        pi = np.where(totals > 0, expert_occupancy / seen, 1 / mdp.n_actions)
        g, h = 0 * g, 0 * h
    return g, h, pi


@wrong("the expert's policy, which was given, for the planner's")
def airl_returns_the_clone(mdp, expert_occupancy, state_only, n_steps):
    g, h, _ = play(mdp, as_shares(expert_occupancy), state_only, n_steps)
    return g, h, expert_occupancy / expert_occupancy.sum(axis=1, keepdims=True)


@wrong("e^f for the policy")
def airl_exp_f(mdp, expert_occupancy, state_only, n_steps):
    g, h, _ = play(mdp, as_shares(expert_occupancy), state_only, n_steps)
    return g, h, np.exp(logit_parts(mdp, g, h))


@wrong("the policy of the last round, from before its step")
def airl_policy_of_before(mdp, expert_occupancy, state_only, n_steps):
    expert = as_shares(expert_occupancy)
    pi = play(mdp, expert, state_only, n_steps - 1)[2]
    return *play(mdp, expert, state_only, n_steps)[:2], pi


@wrong("a round too few")
def airl_short_of_one(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, as_shares(expert_occupancy), state_only, n_steps - 1)


@wrong("the slope of D = 1/2 from the start")
def airl_half_slope(mdp, expert_occupancy, state_only, n_steps):
    expert = as_shares(expert_occupancy)
    return play(mdp, expert, state_only, n_steps, slope_of=lambda p, q, D: (p - q) / 2)


@wrong("steps of a tenth of what is asked")
def airl_short_steps(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, as_shares(expert_occupancy), state_only, n_steps, part=(0.05, 0.05))


@slip("is a return missing")
def airl_no_return(mdp, expert_occupancy, state_only, n_steps):
    play(mdp, as_shares(expert_occupancy), state_only, n_steps)


@slip("return 3 things")
def airl_without_policy(mdp, expert_occupancy, state_only, n_steps):
    return play(mdp, as_shares(expert_occupancy), state_only, n_steps)[:2]


@slip("too many values to unpack")
def airl_two_of_three(mdp, expert_occupancy, state_only, n_steps):
    g, h = nothing_learnt(mdp, state_only)
    V, pi = soft_value_iteration(mdp, logit_parts(mdp, g, h))
    return g, h, pi


@slip("required positional argument")
def airl_world_left_out(mdp, expert_occupancy, state_only, n_steps):
    g, h = nothing_learnt(mdp, state_only)
    return g, h, soft_value_iteration(mdp, f_matmul(g, h, mdp))[2]


@slip("could not be broadcast")
def airl_V_along_actions(mdp, expert_occupancy, state_only, n_steps):
    g, h = nothing_learnt(mdp, state_only)
    f = logit_parts(mdp, g, h)
    V, Q, pi = soft_value_iteration(mdp, f)
    return newton_step(mdp, expit(f - (Q - V)), pi, state_only)


@endless("forgets to count the rounds")
def airl_never_ends(mdp, expert_occupancy, state_only, n_steps):
    g, h = nothing_learnt(mdp, state_only)
    n = 0
    while n < n_steps:
        g, h, pi = play(mdp, as_shares(expert_occupancy), state_only, 1)
    return g, h, pi
