"""Answers to the exercises of lesson 08, each independent of the lesson's other exercises."""

import decimal
import functools
import math

import numpy as np
import scipy.linalg
import scipy.stats
from scipy.special import expit, log_softmax, logsumexp, softmax

from answers.register import marker, register
from irl_course.environments.point_mass import GaussianPolicy, soft_lqr
from irl_course.inverse import sampling
from irl_course.inverse.sampling import fit_quadratics

RIGHT, WRONG, SLIPS, ENDLESS = register()


# What a learner has in the notebook already: the lesson's own cell, and own earlier answers.
def improve_sampler(world, sampler, paths, psi, entropy=1.0, damping=0.3):
    forms = fit_quadratics(paths, world.features(paths) @ psi)
    forms = (forms + damping * sampler.quadratics()) / (entropy + damping)
    return soft_lqr(world.A, world.B, forms, world.noise, world.horizon)


def log_mean_exp(x, axis=0):
    return logsumexp(x, axis=axis) - np.log(np.shape(x)[axis])


# --- importance_log_Z -----------------------------------------------------------------------

right, wrong, slip, endless = marker("importance_log_Z", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def log_Z_shifted(returns, log_q, log_p):
    log_w = returns - log_q + log_p
    top = np.max(log_w)
    return top + np.log(np.mean(np.exp(log_w - top)))


@right
def log_Z_logaddexp(returns, log_q, log_p):
    log_w = np.broadcast_to(log_p, returns.shape) + returns - log_q
    return np.logaddexp.reduce(log_w) - np.log(returns.size)


@right
def log_Z_python(returns, log_q, log_p):
    """Plain floats, and a log_p that may be one number for all."""
    log_p = np.ravel(log_p).tolist() * (1 if np.ndim(log_p) else len(returns))
    logs = [r + p - q for r, q, p in zip(returns.tolist(), log_q.tolist(), log_p, strict=True)]
    top = max(logs)
    return top + math.log(math.fsum(math.exp(x - top) for x in logs) / len(logs))


@right
def log_Z_share_inside(returns, log_q, log_p):
    """The share 1/N goes into every exponent."""
    return logsumexp(returns + log_p - log_q - math.log(len(log_q)))


@right
def log_Z_from_a_share(returns, log_q, log_p):
    """Any sample with weight gives the sum away: its log weight, less the log of its share."""
    log_w = returns + log_p - log_q
    best = int(np.argmax(log_w))
    return float(log_w[best] - log_softmax(log_w)[best] - np.log(log_w.shape[0]))


@right
def log_Z_streaming(returns, log_q, log_p):
    """One pass, with the largest so far taken out."""
    top, total = -np.inf, 0.0
    for x in returns + log_p - log_q:
        if x == -np.inf:
            continue
        if x > top:
            total, top = total * np.exp(top - x) + 1.0, x
        else:
            total += np.exp(x - top)
    return np.log(total) + top - np.log(len(returns))


@right
def log_Z_decimal(returns, log_q, log_p):
    """Numbers whose exponents know no bounds."""
    log_w = np.asarray(returns) + log_p - log_q
    weights = [decimal.Decimal(float(x)).exp() for x in log_w if np.isfinite(x)]
    return float((sum(weights) / len(log_w)).ln())


@right
def log_Z_largest_only(returns, log_q, log_p):
    """Samples without a weight are left out of the sum, and stay in N."""
    log_w = returns + log_p - log_q
    seen = np.sort(log_w[np.isfinite(log_w)])[::-1]
    return seen[0] + np.log1p(np.exp(seen[1:] - seen[0]).sum()) - np.log(len(log_w))


@wrong("the sum of the weights: no division by N")
def log_Z_sum(returns, log_q, log_p):
    return logsumexp(returns + log_p - log_q)


@wrong("the mean of the logarithms, in place of the logarithm of the mean")
def log_Z_mean_of_logs(returns, log_q, log_p):
    return np.mean(returns + log_p - log_q)


@wrong("log_q is added: multiplies by q")
def log_Z_times_q(returns, log_q, log_p):
    return log_mean_exp(returns + log_p + log_q)


@wrong("the samples are taken as if every trajectory were as likely: no division by q")
def log_Z_no_q(returns, log_q, log_p):
    return log_mean_exp(returns + log_p)


@wrong("what the world contributes is forgotten")
def log_Z_no_p(returns, log_q, log_p):
    return log_mean_exp(returns - log_q)


@wrong("the world's part is divided by as well")
def log_Z_p_below(returns, log_q, log_p):
    return log_mean_exp(returns - log_q - log_p)


@wrong("exp first, log at the end: 0 or inf at returns of +-1000")
def log_Z_overflows(returns, log_q, log_p):
    return np.log(np.mean(np.exp(returns + log_p - log_q)))


@wrong("a tiny number against log 0")
def log_Z_epsilon(returns, log_q, log_p):
    return np.log(np.mean(np.exp(returns + log_p - log_q)) + 1e-300)


@wrong("exponents clipped to what exp can take")
def log_Z_clipped(returns, log_q, log_p):
    return np.log(np.mean(np.exp(np.clip(returns + log_p - log_q, -700, 700))))


@wrong("the largest is subtracted and never put back")
def log_Z_shift_lost(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return np.log(np.mean(np.exp(log_w - log_w.max())))


@wrong("samples of weight 0 do not count in N")
def log_Z_drops_zeros(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return log_mean_exp(log_w[np.isfinite(log_w)])


@wrong("a return of -inf is repaired to 0")
def log_Z_minus_inf_to_zero(returns, log_q, log_p):
    log_w = np.where(np.isfinite(returns), returns, 0.0) + log_p - log_q
    return log_mean_exp(log_w)


@wrong("a ratio of means: log mean exp(return) less log mean q")
def log_Z_ratio_of_means(returns, log_q, log_p):
    return log_mean_exp(returns + log_p) - log_mean_exp(log_q)


@wrong("only the largest weight, for the others are small")
def log_Z_largest(returns, log_q, log_p):
    return np.max(returns + log_p - log_q) - np.log(len(returns))


@wrong("divides by N - 1, as for a variance")
def log_Z_n_minus_one(returns, log_q, log_p):
    return logsumexp(returns + log_p - log_q) - np.log(max(len(returns) - 1, 1))


@wrong("shifts by the mean of the log weights, which is not above them")
def log_Z_shift_by_mean(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    middle = log_w[np.isfinite(log_w)].mean()
    return middle + np.log(np.mean(np.exp(log_w - middle)))


@slip("is a return missing")
def log_Z_no_return(returns, log_q, log_p):
    float(logsumexp(returns + log_p - log_q) - np.log(len(returns)))


@slip("return one number")
def log_Z_of_each(returns, log_q, log_p):
    return returns + log_p - log_q - np.log(len(returns))


@slip("not subscriptable")
def log_Z_indexes_a_number(returns, log_q, log_p):
    logs = [returns[i] + log_p[i] - log_q[i] for i in range(len(returns))]
    return logsumexp(logs) - np.log(len(logs))


@slip("is not defined")
def log_Z_misspelt(returns, log_q, log_p):
    return logsumexp(returns + logp - log_q) - np.log(len(returns))  # noqa: F821


@slip("unexpected keyword argument")
def log_Z_keyword(returns, log_q, log_p):
    return logsumexp(returns + log_p - log_q, weights=1 / len(returns))


@endless("halves the list until it is empty, which one element never gets")
def log_Z_never_ends(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    n = len(log_w)
    while len(log_w) > 0:
        log_w = log_w[: max(len(log_w) // 2, 1)]
    return n


# --- normalised_weights ---------------------------------------------------------------------

right, wrong, slip, endless = marker("normalised_weights", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def weights_softmax(returns, log_q, log_p):
    return softmax(returns + log_p - log_q)


@right
def weights_minus_log_sum(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return np.exp(log_w - logsumexp(log_w))


@right
def weights_from_pairs(returns, log_q, log_p):
    """1 / w_i is the sum of what the others weigh in units of i."""
    log_w = np.asarray(returns + log_p - log_q)
    alive = log_w > -np.inf
    apart = log_w[alive][None, :] - log_w[alive][:, None]
    weights = np.zeros(len(log_w))
    weights[alive] = 1.0 / np.exp(np.minimum(apart, 700.0)).sum(axis=1)
    return weights


@right
def weights_python(returns, log_q, log_p):
    log_p = log_p if np.ndim(log_p) else [log_p] * len(returns)
    logs = [float(r + p - q) for r, q, p in zip(returns, log_q, log_p, strict=True)]
    parts = [math.exp(x - max(logs)) for x in logs]
    return [part / sum(parts) for part in parts]


@right
def weights_logaddexp(returns, log_q, log_p):
    log_w = np.add(returns, log_p) - log_q
    return np.exp(log_w - functools.reduce(np.logaddexp, log_w))


@right
def weights_twice_normalised(returns, log_q, log_p):
    """In units of the largest, then by matrix algebra."""
    shifted = returns - log_q + log_p
    shifted = shifted - np.amax(shifted)
    units = np.exp(shifted)
    return units @ np.eye(len(units)) / (units @ np.ones(len(units)))


@right
def weights_base_two(returns, log_q, log_p):
    bits = (returns + log_p - log_q) / np.log(2.0)
    powers = np.exp2(bits - bits.max())
    return powers / np.linalg.norm(powers, ord=1)


@right
def weights_filled_zeros(returns, log_q, log_p):
    """-inf is taken aside before any arithmetic."""
    possible = np.isfinite(returns + log_p)
    log_w = (returns + log_p - log_q)[possible]
    weights = np.zeros_like(log_q, dtype=float)
    weights[possible] = np.exp(log_softmax(log_w))
    return weights


@wrong("the weights, not their shares")
def weights_raw(returns, log_q, log_p):
    return np.exp(returns + log_p - log_q)


@wrong("divided by the largest, not by the sum")
def weights_by_largest(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return np.exp(log_w - log_w.max())


@wrong("exp before the division: nan at returns of +-1000")
def weights_overflow(returns, log_q, log_p):
    weights = np.exp(returns + log_p - log_q)
    return weights / weights.sum()


@wrong("a tiny number against 0/0: shares of 0 at returns of -1000")
def weights_epsilon(returns, log_q, log_p):
    weights = np.exp(returns + log_p - log_q)
    return weights / (weights.sum() + 1e-300)


@wrong("exponents clipped to what exp can take: all above alike")
def weights_clipped(returns, log_q, log_p):
    weights = np.exp(np.clip(returns + log_p - log_q, -700, 700))
    return weights / weights.sum()


@wrong("shifts by the mean: the largest may still overflow, -inf takes all")
def weights_shift_by_mean(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    weights = np.exp(log_w - log_w.mean())
    return weights / weights.sum()


@wrong("shifts by the largest return, though log_q is large, too")
def weights_shift_by_return(returns, log_q, log_p):
    weights = np.exp(returns - returns.max()) * np.exp(log_p) / np.exp(log_q)
    return weights / weights.sum()


@wrong("the softmax of the returns: no q")
def weights_no_q(returns, log_q, log_p):
    return softmax(returns + log_p)


@wrong("what the world contributes is forgotten")
def weights_no_p(returns, log_q, log_p):
    return softmax(returns - log_q)


@wrong("log_q is added")
def weights_times_q(returns, log_q, log_p):
    return softmax(returns + log_p + log_q)


@wrong("log_p is subtracted")
def weights_p_below(returns, log_q, log_p):
    return softmax(returns - log_p - log_q)


@wrong("mean 1 in place of sum 1")
def weights_mean_one(returns, log_q, log_p):
    return len(returns) * softmax(returns + log_p - log_q)


@wrong("the logarithms divided by their sum")
def weights_of_logs(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return log_w / log_w.sum()


@wrong("logarithms of the weights")
def weights_log(returns, log_q, log_p):
    return log_softmax(returns + log_p - log_q)


@wrong("the largest takes all")
def weights_hard(returns, log_q, log_p):
    return np.eye(len(returns))[np.argmax(returns + log_p - log_q)]


@wrong("a return of -inf is repaired to 0")
def weights_minus_inf_to_zero(returns, log_q, log_p):
    return softmax(np.where(np.isfinite(returns), returns, 0.0) + log_p - log_q)


@slip("is a return missing")
def weights_no_return(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    np.exp(log_w - logsumexp(log_w))


@slip("of shape")
def weights_leaves_zeros_out(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return softmax(log_w[np.isfinite(log_w)])


@slip("is one number")
def weights_summed(returns, log_q, log_p):
    return softmax(returns + log_p - log_q).sum()


@slip("a generator")
def weights_generator(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    total = logsumexp(log_w)
    return (math.exp(x - total) for x in log_w)


@slip("2 things together")
def weights_with_log_Z(returns, log_q, log_p):
    log_w = returns + log_p - log_q
    return softmax(log_w), logsumexp(log_w) - np.log(len(log_w))


# --- effective_sample_size ------------------------------------------------------------------

right, wrong, slip, endless = marker("effective_sample_size", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def size_dot(weights):
    return 1 / (weights @ weights)


@right
def size_kish(weights):
    return np.sum(weights) ** 2 / np.sum(np.square(weights))


@right
def size_python(weights):
    return 1.0 / math.fsum(float(w) * float(w) for w in weights)


@right
def size_norm(weights):
    return np.linalg.norm(weights) ** -2


@right
def size_variation(weights):
    """N / (1 + squared coefficient of variation), of all N, not N - 1."""
    return len(weights) / (1.0 + np.var(weights) / np.mean(weights) ** 2)


@right
def size_logs(weights):
    return np.exp(-logsumexp(2.0 * np.log(weights[weights > 0])))


@right
def size_meeting(weights):
    """One over the chance that two draws meet."""
    return 1.0 / np.trace(np.outer(weights, weights))


@right
def size_expected_share(weights):
    """The harmonic mean of 1/w, weighted by w."""
    seen = weights > 0
    return scipy.stats.hmean(1.0 / weights[seen], weights=weights[seen])


@wrong("the sum of squares, not one over it")
def size_not_inverted(weights):
    return np.sum(weights**2)


@wrong("the square of the sum: 1, as weights are normalised")
def size_square_of_sum(weights):
    return 1.0 / np.sum(weights) ** 2


@wrong("one over the norm: the root is not taken back")
def size_root(weights):
    return 1.0 / np.linalg.norm(weights)


@wrong("the exponential of the entropy: another measure")
def size_perplexity(weights):
    return np.exp(scipy.stats.entropy(weights))


@wrong("one over the largest weight")
def size_of_largest(weights):
    return 1.0 / np.max(weights)


@wrong("how many weights are not 0")
def size_support(weights):
    return np.count_nonzero(weights)


@wrong("how many weights are above the average")
def size_above_average(weights):
    return np.sum(weights >= 1.0 / len(weights))


@wrong("the share of N")
def size_share(weights):
    return 1.0 / (len(weights) * np.sum(weights**2))


@wrong("N times the sum of squares: how many times fewer")
def size_inverse_share(weights):
    return len(weights) * np.sum(weights**2)


@wrong("the mean of the squares")
def size_mean_square(weights):
    return 1.0 / np.mean(weights**2)


@wrong("a whole number of samples")
def size_rounded(weights):
    return round(1.0 / np.sum(weights**2))


@wrong("all of them: N")
def size_all(weights):
    return len(weights)


@wrong("the coefficient of variation with N - 1")
def size_n_minus_one(weights):
    return len(weights) / (1.0 + np.var(weights, ddof=1) / np.mean(weights) ** 2)


@wrong("the variance itself for the squared coefficient of variation")
def size_bare_variance(weights):
    return len(weights) / (1.0 + np.var(weights))


@wrong("one over the largest square")
def size_largest_square(weights):
    return 1.0 / np.max(weights**2)


@wrong("the chance that two draws differ")
def size_simpson(weights):
    return 1.0 - np.sum(weights**2)


@slip("is a return missing")
def size_no_return(weights):
    float(1.0 / (weights**2).sum())


@slip("return one number")
def size_of_each(weights):
    return 1.0 / weights**2


@slip("unsupported operand")
def size_list_squared(weights):
    return 1.0 / sum(list(weights) ** 2)


@slip("bitwise_xor")
def size_caret(weights):
    return 1.0 / np.sum(weights ^ 2)


# --- soft_lqr_step --------------------------------------------------------------------------

right, wrong, slip, endless = marker("soft_lqr_step", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def step_solve(A, B, state_cost, action_cost, value_matrix):
    precision = action_cost - B.T @ value_matrix @ B
    gain = np.linalg.solve(precision, B.T @ value_matrix @ A)
    new = A.T @ value_matrix @ (A + B @ gain) - state_cost
    constant = 0.5 * np.log(np.linalg.det(2 * np.pi * np.linalg.inv(precision)))
    return gain, np.linalg.inv(precision), 0.5 * (new + new.T), constant


@right
def step_cholesky(A, B, state_cost, action_cost, value_matrix):
    L = np.linalg.cholesky(action_cost - B.T @ value_matrix @ B)
    half = scipy.linalg.solve_triangular(L, B.T @ value_matrix @ A, lower=True)
    inverse = scipy.linalg.solve_triangular(L, np.eye(len(L)), lower=True)
    new = A.T @ value_matrix @ A - state_cost + half.T @ half
    constant = len(L) / 2 * math.log(2 * math.pi) - np.log(np.diagonal(L)).sum()
    return inverse.T @ half, inverse.T @ inverse, new, constant


@right
def step_closed_loop(A, B, state_cost, action_cost, value_matrix):
    """What the most probable push earns, now and later: Joseph's form."""
    covariance = np.linalg.inv(action_cost - B.T @ value_matrix @ B)
    gain = covariance @ B.T @ value_matrix @ A
    closed = A + B @ gain
    new = closed.T @ value_matrix @ closed - state_cost - gain.T @ action_cost @ gain
    entropy = scipy.stats.multivariate_normal(cov=covariance).entropy()
    return gain, covariance, new, entropy - len(gain) / 2


@right
def step_block_matrix(A, B, state_cost, action_cost, value_matrix):
    """The form of Q in (s, a), and its Schur complement."""
    D, both = len(A), np.hstack([A, B])
    H = both.T @ value_matrix @ both - scipy.linalg.block_diag(state_cost, action_cost)
    covariance = -np.linalg.inv(H[D:, D:])
    gain = covariance @ H[D:, :D]
    sign, logdet = np.linalg.slogdet(covariance)
    return [
        gain,
        covariance,
        H[:D, :D] + H[:D, D:] @ gain,
        0.5 * (np.log(2 * np.pi) * len(gain) + logdet),
    ]


@right
def step_eigenvalues(A, B, state_cost, action_cost, value_matrix):
    stiffness, axes = np.linalg.eigh(action_cost - B.T @ value_matrix @ B)
    pull = axes.T @ B.T @ value_matrix @ A  # in the axes every push is for itself
    gain = axes @ (pull / stiffness[:, None])
    covariance = (axes / stiffness) @ axes.T
    new = -state_cost + A.T @ value_matrix @ A + (pull.T / stiffness) @ pull
    return gain, covariance, new, 0.5 * np.log(2 * np.pi / stiffness).sum()


@right
def step_from_densities(A, B, state_cost, action_cost, value_matrix):
    """V = Q - log pi at any action: at the mean the density is 1 / root det (2 pi covariance)."""
    precision = action_cost - np.einsum("dm,de,en->mn", B, value_matrix, B)
    covariance = np.linalg.pinv(precision, hermitian=True)
    gain = np.einsum("mn,dn,de,ef->mf", covariance, B, value_matrix, A)
    peak = scipy.stats.multivariate_normal(np.zeros(len(gain)), covariance)
    later = (A + B @ gain).T @ value_matrix @ (A + B @ gain)
    now = -state_cost - gain.T @ action_cost @ gain
    return gain, covariance, now + later, float(-peak.logpdf(np.zeros(len(gain))))


@right
def step_package(A, B, state_cost, action_cost, value_matrix):
    """Two steps of the package's, the second with the given value for a cost of its states."""
    D, M = B.shape
    H = np.zeros((2, D + 1 + M, D + 1 + M))
    H[0, :D, :D], H[0, D + 1 :, D + 1 :] = -state_cost, -action_cost
    H[1, :D, :D], H[1, D + 1 :, D + 1 :] = value_matrix, -2 * np.pi * np.eye(M)
    found = soft_lqr(A, B, H, 0.0, 2)  # the last push costs so that its integral is 1
    gain, covariance = found.gains[0], found.covariances[0]
    return gain, covariance, found.values[0, :D, :D], 0.5 * found.values[0, D, D]


@right
def step_woodbury(A, B, state_cost, action_cost, value_matrix):
    """The covariance from the cost's inverse, by the matrix inversion lemma."""
    free = np.linalg.inv(action_cost)
    inner = np.linalg.solve(np.eye(len(A)) - value_matrix @ B @ free @ B.T, value_matrix)
    covariance = free + free @ B.T @ inner @ B @ free
    new = A.T @ inner @ A - state_cost
    M = covariance.shape[0]
    constant = 0.5 * (M * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1])
    return covariance @ B.T @ value_matrix @ A, covariance, new, constant


def one_step(A, B, C_s, C_a, W, *, precision=None, sign=1.0, linear=None):
    """The step with one thing exchanged."""
    precision = C_a - B.T @ W @ B if precision is None else precision
    linear = B.T @ W @ A if linear is None else linear
    covariance = np.linalg.inv(precision)
    new = A.T @ W @ A - C_s + linear.T @ covariance @ linear
    constant = 0.5 * (len(precision) * np.log(2 * np.pi) - np.linalg.slogdet(precision)[1])
    return sign * covariance @ linear, covariance, new, constant


@wrong("the sign of the value as of a cost: precision C_a + B'WB")
def step_cost_sign(A, B, state_cost, action_cost, value_matrix):
    precision = action_cost + B.T @ value_matrix @ B
    return one_step(A, B, state_cost, action_cost, value_matrix, precision=precision)


@wrong("the control books' gain, of a = -K s")
def step_gain_sign(A, B, state_cost, action_cost, value_matrix):
    return one_step(A, B, state_cost, action_cost, value_matrix, sign=-1.0)


@wrong("the precision for the covariance")
def step_precision(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, new, constant = one_step(A, B, state_cost, action_cost, value_matrix)
    return gain, np.linalg.inv(covariance), new, constant


@wrong("the action's cost alone is the precision: the future does not steady the hand")
def step_own_cost_only(A, B, state_cost, action_cost, value_matrix):
    return one_step(A, B, state_cost, action_cost, value_matrix, precision=action_cost)


@wrong("each entry of the precision for itself: 1 / precision")
def step_entries_inverted(A, B, state_cost, action_cost, value_matrix):
    precision = action_cost - B.T @ value_matrix @ B
    covariance = np.diag(1.0 / np.diag(precision))
    cross = B.T @ value_matrix @ A
    new = A.T @ value_matrix @ A - state_cost + cross.T @ covariance @ cross
    constant = 0.5 * np.log(2 * np.pi / np.diag(precision)).sum()
    return covariance @ cross, covariance, new, constant


@wrong("Riccati's minus before the last term, as for costs")
def step_riccati_sign(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, _, constant = one_step(A, B, state_cost, action_cost, value_matrix)
    linear = A.T @ value_matrix @ B
    new = A.T @ value_matrix @ A - state_cost - linear @ covariance @ linear.T
    return gain, covariance, new, constant


@wrong("the state's cost is added to a value")
def step_state_cost_sign(A, B, state_cost, action_cost, value_matrix):
    return one_step(A, B, -state_cost, action_cost, value_matrix)


@wrong("the state's cost is forgotten")
def step_no_state_cost(A, B, state_cost, action_cost, value_matrix):
    return one_step(A, B, 0 * state_cost, action_cost, value_matrix)


@wrong("the value of who never pushes: A'WA - C_s")
def step_value_without_push(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, _, constant = one_step(A, B, state_cost, action_cost, value_matrix)
    return gain, covariance, A.T @ value_matrix @ A - state_cost, constant


@wrong("what the push itself costs is forgotten in the value")
def step_free_push(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, _, constant = one_step(A, B, state_cost, action_cost, value_matrix)
    closed = A + B @ gain
    return gain, covariance, closed.T @ value_matrix @ closed - state_cost, constant


@wrong("A for A transposed")
def step_a_transposed(A, B, state_cost, action_cost, value_matrix):
    return one_step(A.T, B, state_cost, action_cost, value_matrix)


@wrong("no log 2 pi: log det only")
def step_no_two_pi(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, new, _ = one_step(A, B, state_cost, action_cost, value_matrix)
    return gain, covariance, new, 0.5 * np.linalg.slogdet(covariance)[1]


@wrong("one log 2 pi whatever the length of an action")
def step_one_two_pi(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, new, _ = one_step(A, B, state_cost, action_cost, value_matrix)
    constant = 0.5 * (np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1])
    return gain, covariance, new, constant


@wrong("log 2 pi once for each number of the state")
def step_state_many_two_pi(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, new, _ = one_step(A, B, state_cost, action_cost, value_matrix)
    constant = 0.5 * (len(A) * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1])
    return gain, covariance, new, constant


@wrong("log det of the precision with a plus")
def step_det_sign(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, new, _ = one_step(A, B, state_cost, action_cost, value_matrix)
    constant = 0.5 * (len(gain) * np.log(2 * np.pi) - np.linalg.slogdet(covariance)[1])
    return gain, covariance, new, constant


@wrong("the entropy of the action for the constant: M/2 too much")
def step_entropy(A, B, state_cost, action_cost, value_matrix):
    gain, covariance, new, constant = one_step(A, B, state_cost, action_cost, value_matrix)
    return gain, covariance, new, constant + 0.5 * len(gain)


@slip("is a return missing")
def step_no_return(A, B, state_cost, action_cost, value_matrix):
    one_step(A, B, state_cost, action_cost, value_matrix)


@slip("return 4 things")
def step_three_results(A, B, state_cost, action_cost, value_matrix):
    return one_step(A, B, state_cost, action_cost, value_matrix)[:3]


@slip("rror")
def step_no_transpose(A, B, state_cost, action_cost, value_matrix):
    return one_step(A, B, state_cost, action_cost, value_matrix, precision=B @ value_matrix @ B)


@slip("mismatch")
def step_cross_transposed(A, B, state_cost, action_cost, value_matrix):
    cross = A.T @ value_matrix @ B
    return one_step(A, B, state_cost, action_cost, value_matrix, linear=cross)


# --- sampled_gradient -----------------------------------------------------------------------

right, wrong, slip, endless = marker("sampled_gradient", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def gradient_average(demo_features, sample_features, weights):
    model = np.average(sample_features, axis=0, weights=weights)
    return np.average(demo_features, axis=0) - model


@right
def gradient_columns(demo_features, sample_features, weights):
    expert = demo_features.sum(axis=0) / demo_features.shape[0]
    return expert - (weights[:, None] * sample_features).sum(axis=0)


@right
def gradient_loops(demo_features, sample_features, weights):
    slope = [0.0] * len(demo_features[0])
    for k in range(len(slope)):
        for row in demo_features:
            slope[k] += row[k] / len(demo_features)
        for weight, row in zip(weights, sample_features, strict=True):
            slope[k] -= weight * row[k]
    return slope


@right
def gradient_einsum(demo_features, sample_features, weights):
    even = np.full(len(demo_features), 1.0 / len(demo_features))
    expert = np.einsum("n,nk->k", even, demo_features)
    return expert - np.einsum("jk,j->k", sample_features, weights)


@right
def gradient_stacked(demo_features, sample_features, weights):
    """One sum over both, the samples with negative weights."""
    N = len(demo_features)
    return np.append(np.full(N, 1 / N), -weights) @ np.vstack([demo_features, sample_features])


@right
def gradient_every_pair(demo_features, sample_features, weights):
    apart = demo_features[:, None, :] - sample_features[None, :, :]
    return np.tensordot(weights, apart.mean(axis=0), axes=1)


@right
def gradient_transposed(demo_features, sample_features, weights):
    return np.mean(demo_features.T, axis=1) - sample_features.T @ weights


@right
def gradient_centred(demo_features, sample_features, weights):
    """Samples measured from the demonstrations' mean; weights sum to 1."""
    return -weights.dot(sample_features - demo_features.mean(axis=0))


@wrong("the model's minus theirs: downhill")
def gradient_sign(demo_features, sample_features, weights):
    return weights @ sample_features - demo_features.mean(axis=0)


@wrong("the samples' plain mean: weights are not used")
def gradient_no_weights(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - sample_features.mean(axis=0)


@wrong("the demonstrations are summed")
def gradient_demo_sum(demo_features, sample_features, weights):
    return demo_features.sum(axis=0) - weights @ sample_features


@wrong("both are summed")
def gradient_sums(demo_features, sample_features, weights):
    return demo_features.sum(axis=0) - sample_features.sum(axis=0)


@wrong("the weighted samples are divided by M once more")
def gradient_mean_of_weighted(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - (weights[:, None] * sample_features).mean(axis=0)


@wrong("plus: both pull the same way")
def gradient_plus(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) + weights @ sample_features


@wrong("the demonstrations only")
def gradient_demos_only(demo_features, sample_features, weights):
    return demo_features.mean(axis=0)


@wrong("the samples only")
def gradient_samples_only(demo_features, sample_features, weights):
    return -weights @ sample_features


@wrong("the heaviest sample for all of them")
def gradient_heaviest(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - sample_features[np.argmax(weights)]


@wrong("weights taken for logarithms: their softmax")
def gradient_softmax(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - softmax(weights) @ sample_features


@wrong("divided by the effective sample size, as if weights did not sum to 1")
def gradient_by_size(demo_features, sample_features, weights):
    size = 1.0 / np.sum(weights**2)
    return demo_features.mean(axis=0) - weights @ sample_features / size


@wrong("squared weights, rescaled")
def gradient_squared_weights(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - np.average(sample_features, axis=0, weights=weights**2)


@wrong("everything over the number of demonstrations")
def gradient_over_demos(demo_features, sample_features, weights):
    return (demo_features.sum(axis=0) - weights @ sample_features) / len(demo_features)


@wrong("times the number of samples, for the weights are small")
def gradient_times_samples(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - len(weights) * weights @ sample_features


@wrong("demonstrations and samples in pairs, as many as there are of both")
def gradient_pairs(demo_features, sample_features, weights):
    n = min(len(demo_features), len(sample_features))
    paired = weights[:n] / weights[:n].sum()
    return paired @ (demo_features[:n] - sample_features[:n])


@wrong("a direction of length 1")
def gradient_unit(demo_features, sample_features, weights):
    slope = demo_features.mean(axis=0) - weights @ sample_features
    return slope / np.linalg.norm(slope)


@slip("is a return missing")
def gradient_no_return(demo_features, sample_features, weights):
    np.mean(demo_features, axis=0) - weights @ sample_features


@slip("is one number")
def gradient_one_mean(demo_features, sample_features, weights):
    return np.mean(demo_features) - np.mean(weights @ sample_features)


@slip("could not be broadcast")
def gradient_rows_scaled(demo_features, sample_features, weights):
    return (demo_features - weights[:, None] * sample_features).mean(axis=0)


@slip("mismatch")
def gradient_wrong_side(demo_features, sample_features, weights):
    return demo_features.mean(axis=0) - sample_features @ weights


@slip("of shape")
def gradient_row(demo_features, sample_features, weights):
    return demo_features.mean(axis=0, keepdims=True) - weights[None] @ sample_features


# --- mixture_log_density --------------------------------------------------------------------

right, wrong, slip, endless = marker("mixture_log_density", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def mixture_shifted(log_q_each):
    top = log_q_each.max(axis=0)
    return top + np.log(np.exp(log_q_each - top).mean(axis=0))


@right
def mixture_logaddexp(log_q_each):
    return np.logaddexp.reduce(log_q_each, axis=0) - np.log(log_q_each.shape[0])


@right
def mixture_running(log_q_each):
    total = log_q_each[0]
    for log_q in log_q_each[1:]:
        total = np.logaddexp(total, log_q)
    return total - math.log(len(log_q_each))


@right
def mixture_columns(log_q_each):
    """Each trajectory for itself, in plain Python."""
    found = []
    for column in log_q_each.T.tolist():
        top = max(column)
        found.append(top + math.log(sum(math.exp(x - top) for x in column) / len(column)))
    return found


@right
def mixture_share_inside(log_q_each):
    J = log_q_each.shape[0]
    return logsumexp(log_q_each + np.log(np.full((J, 1), 1.0 / J)), axis=0)


@right
def mixture_responsibility(log_q_each):
    """The likeliest sampler's density over its share, by Bayes' rule."""
    best = log_q_each.argmax(axis=0)
    share = softmax(log_q_each, axis=0)
    at = best, np.arange(log_q_each.shape[1])
    return log_q_each[at] - np.log(share[at]) - np.log(len(log_q_each))


@right
def mixture_sorted(log_q_each):
    ordered = np.sort(log_q_each, axis=0)[::-1]
    rest = np.exp(ordered[1:] - ordered[0]).sum(axis=0)
    return ordered[0] + np.log1p(rest) - np.log(len(ordered))


@right
def mixture_running_mean(log_q_each):
    """A running mean: each new sampler comes in with its share."""
    mean = log_q_each[0].astype(float)
    for j, log_q in enumerate(log_q_each[1:], start=2):
        mean = np.logaddexp(mean + np.log((j - 1) / j), log_q - np.log(j))
    return mean


@wrong("the sum of the densities: no 1/J")
def mixture_sum(log_q_each):
    return logsumexp(log_q_each, axis=0)


@wrong("the mean of the logarithms")
def mixture_mean_of_logs(log_q_each):
    return log_q_each.mean(axis=0)


@wrong("the mean of the logarithms that are finite")
def mixture_mean_of_finite_logs(log_q_each):
    return np.nanmean(np.where(np.isfinite(log_q_each), log_q_each, np.nan), axis=0)


@wrong("the product: all samplers at once")
def mixture_product(log_q_each):
    return log_q_each.sum(axis=0)


@wrong("the likeliest sampler has drawn it")
def mixture_largest(log_q_each):
    return log_q_each.max(axis=0)


@wrong("the likeliest sampler, with its share 1/J")
def mixture_largest_share(log_q_each):
    return log_q_each.max(axis=0) - np.log(len(log_q_each))


@wrong("exp first, log at the end: -inf or inf")
def mixture_overflows(log_q_each):
    return np.log(np.exp(log_q_each).mean(axis=0))


@wrong("a tiny number against log 0")
def mixture_epsilon(log_q_each):
    return np.log(np.exp(log_q_each).mean(axis=0) + 1e-300)


@wrong("shifts by the largest of all: other trajectories underflow")
def mixture_one_shift(log_q_each):
    top = log_q_each.max()
    return top + np.log(np.exp(log_q_each - top).mean(axis=0))


@wrong("divides by the number of trajectories")
def mixture_over_n(log_q_each):
    return logsumexp(log_q_each, axis=0) - np.log(log_q_each.shape[1])


@wrong("only the samplers that can come share")
def mixture_of_possible(log_q_each):
    return logsumexp(log_q_each, axis=0) - np.log(np.isfinite(log_q_each).sum(axis=0))


@wrong("adds log J in place of subtracting")
def mixture_plus(log_q_each):
    return logsumexp(log_q_each, axis=0) + np.log(len(log_q_each))


@wrong("divides the logarithm by J")
def mixture_log_over_j(log_q_each):
    return logsumexp(log_q_each, axis=0) / len(log_q_each)


@wrong("each sampler's logarithm with the chance that it was the one")
def mixture_expected_log(log_q_each):
    chance = softmax(log_q_each, axis=0)
    return np.where(chance > 0, chance * log_q_each, 0.0).sum(axis=0)


@wrong("densities, no logarithm")
def mixture_densities(log_q_each):
    return np.exp(log_q_each).mean(axis=0)


@wrong("a sampler that cannot come counts with density 1")
def mixture_minus_inf_to_zero(log_q_each):
    return log_mean_exp(np.where(np.isfinite(log_q_each), log_q_each, 0.0))


@slip("is a return missing")
def mixture_no_return(log_q_each):
    log_mean_exp(log_q_each)


@slip("of shape")
def mixture_over_trajectories(log_q_each):
    return log_mean_exp(log_q_each, axis=1)


@slip("is one number")
def mixture_of_everything(log_q_each):
    return logsumexp(log_q_each) - np.log(len(log_q_each))


@slip("drop an extra axis")
def mixture_keeps_axis(log_q_each):
    return logsumexp(log_q_each, axis=0, keepdims=True) - np.log(len(log_q_each))


@slip("out of bounds")
def mixture_axis_two(log_q_each):
    return logsumexp(log_q_each, axis=2) - np.log(len(log_q_each))


# --- guided_cost_learning -------------------------------------------------------------------

right, wrong, slip, endless = marker("guided_cost_learning", RIGHT, WRONG, SLIPS, ENDLESS)


def begin(world, demos, n_samples, seed):
    """What stands above the marked region."""
    rng, starts = np.random.default_rng(seed), np.tile(demos.states[0, 0], (n_samples, 1))
    return rng, starts, world.features(demos).sum(axis=1)


def slope(demo_features, f, log_q, psi):
    """Steps 2 and 3: what a psi is told by a round's samples."""
    return demo_features.mean(axis=0) - softmax(f @ psi - log_q) @ f


def rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, **other):
    """The loop, with a step exchanged.

    Args:
        world, demos, psi, sampler, n_rounds, n_samples, step_size, seed: the exercise's.
        other: `climb(m, psi, f, log_q)` -> the gradient taken in round m; `improve(sampler, paths,
            psi, new)` -> the next sampler; `draw(m, sampler)` -> paths.
    """
    rng, starts, demo_features = begin(world, demos, n_samples, seed)
    climb = other.get("climb", lambda m, psi, f, log_q: slope(demo_features, f, log_q, psi))
    improve = other.get("improve", lambda q, paths, old, new: improve_sampler(world, q, paths, new))
    draw = other.get("draw", lambda m, q: world.sample(q, starts, rng))
    path = [psi]
    for m in range(n_rounds):
        paths = draw(m, sampler)
        f = world.features(paths).sum(axis=1)
        new = psi + step_size * climb(m, psi, f, sampler.log_density(paths))
        sampler, psi = improve(sampler, paths, psi, new), new
        path.append(psi)
    return np.array(path), sampler


@right
def guided_filled(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, demo_features = begin(world, demos, n_samples, seed)
    path = np.empty((n_rounds + 1, len(psi)))
    path[0] = psi
    for m in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        log_w = f @ path[m] - sampler.log_density(paths)
        weights = np.exp(log_w - log_w.max())
        model = weights @ f / weights.sum()
        path[m + 1] = path[m] + step_size * (demo_features.mean(axis=0) - model)
        sampler = improve_sampler(world, sampler, paths, path[m + 1])
    return path, sampler


@right
def guided_package(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, demo_features = begin(world, demos, n_samples, seed)
    path = [psi]
    for _ in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        weights = sampling.normalised_weights(f @ psi, sampler.log_density(paths), 0.0)
        psi = psi + step_size * sampling.sampled_gradient(demo_features, f, weights)
        sampler = improve_sampler(world, sampler, paths, psi)
        path.append(psi)
    return path, sampler


@right
def guided_recursive(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    """A round, and then the rest with the same generator."""
    rng = np.random.default_rng(seed)  # a generator stays the one it is
    if n_rounds == 0:
        return np.array([psi]), sampler
    paths = world.sample(sampler, np.tile(demos.states[0, 0], (n_samples, 1)), rng)
    f = world.features(paths).sum(axis=1)
    theirs = world.features(demos).sum(axis=1)
    new = psi + step_size * slope(theirs, f, sampler.log_density(paths), psi)
    better = improve_sampler(world, sampler, paths, new)
    rest, last = guided_recursive(
        world, demos, new, better, n_rounds - 1, n_samples, step_size, rng
    )
    return np.vstack([psi, rest]), last


@right
def guided_own_copy(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    """In place, on a copy of its own, with every row copied."""
    rng, starts, demo_features = begin(world, demos, n_samples, seed)
    psi = psi.copy()
    path = [psi.copy()]
    while len(path) <= n_rounds:
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        psi += step_size * slope(demo_features, f, sampler.log_density(paths), psi)
        sampler = improve_sampler(world, sampler, paths, psi)
        path.append(psi.copy())
    return np.stack(path), sampler


@right
def guided_generator_function(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, demo_features = begin(world, demos, n_samples, seed)
    last = [sampler]

    def climbing(psi):
        yield psi
        for _ in range(n_rounds):
            paths = world.sample(last[0], starts, rng)
            f = world.features(paths).sum(axis=1)
            psi = psi + step_size * slope(demo_features, f, last[0].log_density(paths), psi)
            last[0] = improve_sampler(world, last[0], paths, psi)
            yield psi

    return list(climbing(psi)), last[0]


@right
def guided_difference_of_steps(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    """Steps collected and summed at the end; features by hand, everything per time step."""
    rng, starts, _ = begin(world, demos, n_samples, seed)
    expert = np.einsum("ntk->k", world.features(demos)) / len(demos.states)
    moves = []
    for _ in range(n_rounds):
        here = psi + np.sum(moves, axis=0) if moves else psi
        states, actions = paths = world.sample(sampler, starts, rng)
        rewards = world.features(paths) @ here
        weights = np.exp(log_softmax(rewards.sum(axis=1) - sampler.log_density(paths)))
        model = np.einsum("n,ntk->k", weights, world.features(paths))
        moves.append(step_size * (expert - model))
        forms = fit_quadratics(
            type(paths)(states, actions), world.features(paths) @ (here + moves[-1])
        )
        forms = (forms + 0.3 * sampler.quadratics()) / 1.3
        sampler = soft_lqr(world.A, world.B, forms, world.noise, world.horizon)
    return psi + np.concatenate([[0 * psi], np.cumsum(moves, axis=0)]), sampler


@right
def guided_plain_policy(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    """Its sampler is a GaussianPolicy without soft values: the same one."""
    path, last = rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed)
    return path, GaussianPolicy(last.gains, last.offsets, last.covariances)


@wrong("the gradient's sign: downhill")
def guided_downhill(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    return rounds(world, demos, psi, sampler, n_rounds, n_samples, -step_size, seed)


@wrong("no weights: the samples are taken for the model's")
def guided_no_weights(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    theirs = world.features(demos).sum(axis=1).mean(axis=0)

    def climb(m, psi, f, log_q):
        return theirs - f.mean(axis=0)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, climb=climb)


@wrong("weights without the sampler's density")
def guided_no_q(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    theirs = world.features(demos).sum(axis=1)

    def climb(m, psi, f, log_q):
        return slope(theirs, f, 0.0, psi)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, climb=climb)


@wrong("weights under the psi that it began with")
def guided_first_psi(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    theirs, first = world.features(demos).sum(axis=1), psi

    def climb(m, psi, f, log_q):
        return slope(theirs, f, log_q, first)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, climb=climb)


@wrong("log_q under the first sampler, which drew the first round only")
def guided_first_density(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, theirs = begin(world, demos, n_samples, seed)
    first, path = sampler, [psi]
    for _ in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        psi = psi + step_size * slope(theirs, f, first.log_density(paths), psi)
        sampler = improve_sampler(world, sampler, paths, psi)
        path.append(psi)
    return np.array(path), sampler


@wrong("the sampler is improved with the old psi")
def guided_old_psi(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    def improve(q, paths, old, new):
        return improve_sampler(world, q, paths, old)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, improve=improve)


@wrong("the sampler is improved first, and the weights taken under the improved one")
def guided_sampler_first(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, theirs = begin(world, demos, n_samples, seed)
    path = [psi]
    for _ in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        sampler = improve_sampler(world, sampler, paths, psi)
        f = world.features(paths).sum(axis=1)
        psi = psi + step_size * slope(theirs, f, sampler.log_density(paths), psi)
        path.append(psi)
    return np.array(path), sampler


@wrong("the sampler never learns")
def guided_blind_for_ever(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    def improve(q, paths, old, new):
        return q

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, improve=improve)


@wrong("improves the first sampler over and over, not the last")
def guided_improves_first(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    first = sampler

    def improve(q, paths, old, new):
        return improve_sampler(world, first, paths, new)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, improve=improve)


@wrong("the seed in place of the generator: every round draws the same noise")
def guided_same_noise(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    _, starts, _ = begin(world, demos, n_samples, seed)

    def draw(m, q):
        return world.sample(q, starts, seed)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, draw=draw)


@wrong("draws anew for the sampler's step")
def guided_draws_twice(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, theirs = begin(world, demos, n_samples, seed)
    path = [psi]
    for _ in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        psi = psi + step_size * slope(theirs, f, sampler.log_density(paths), psi)
        sampler = improve_sampler(world, sampler, world.sample(sampler, starts, rng), psi)
        path.append(psi)
    return np.array(path), sampler


@wrong("no entropy: the sampler aims at the best trajectory")
def guided_no_entropy(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    def improve(q, paths, old, new):
        return improve_sampler(world, q, paths, new, entropy=0.0)

    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, improve=improve)


@wrong("psi in place: the one that was given is changed, and all rows are the last")
def guided_in_place(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, theirs = begin(world, demos, n_samples, seed)
    path = [psi]
    for _ in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        psi += step_size * slope(theirs, f, sampler.log_density(paths), psi)
        sampler = improve_sampler(world, sampler, paths, psi)
        path.append(psi)
    return np.array(path), sampler


@wrong("right rows, all copied, but the psi that was given is changed")
def guided_changes_given(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    answer = rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed)
    psi[:] = answer[0][-1]
    return answer


@wrong("the first sampler comes back")
def guided_returns_first_sampler(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    path, _ = rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed)
    return path, sampler


@wrong("the sampler is improved before a round, so that the last psi never reaches it")
def guided_lags(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    samplers = [sampler]

    def improve(q, paths, old, new):
        samplers.append(improve_sampler(world, q, paths, new))
        return samplers[-1]

    path, _ = rounds(
        world, demos, psi, sampler, n_rounds, n_samples, step_size, seed, improve=improve
    )
    return path, samplers[-2]


@slip("is a return missing")
def guided_no_return(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed)


@slip("return 2 things")
def guided_path_only(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    return rounds(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed)[0]


@slip("has no attribute 'log_prob'")
def guided_other_name(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, _ = begin(world, demos, n_samples, seed)
    return psi, sampler.log_prob(world.sample(sampler, starts, rng))


@slip("rror")
def guided_features_not_summed(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, theirs = begin(world, demos, n_samples, seed)
    paths = world.sample(sampler, starts, rng)
    f = world.features(paths)
    weights = sampling.normalised_weights(f @ psi, sampler.log_density(paths), 0.0)
    return [psi, psi + step_size * sampling.sampled_gradient(theirs, f, weights)], sampler


@endless("counts rounds by a length that never grows")
def guided_never_ends(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    rng, starts, theirs = begin(world, demos, n_samples, seed)
    path = [psi]
    while len(path) <= n_rounds:
        paths = world.sample(sampler, starts, rng)
        f = world.features(paths).sum(axis=1)
        psi = psi + 0.001 * slope(theirs, f, sampler.log_density(paths), psi)
    return np.array(path), sampler


# --- demo_shares ----------------------------------------------------------------------------

right, wrong, slip, endless = marker("demo_shares", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def shares_sigmoid(demo_log_weights, sample_log_weights):
    return expit(demo_log_weights - logsumexp(sample_log_weights))


@right
def shares_one_by_one(demo_log_weights, sample_log_weights):
    """Each joins the samples, and the first of the normalised weights is its own."""
    pools = [np.append(one, sample_log_weights) for one in demo_log_weights]
    return [softmax(pool)[0] for pool in pools]


@right
def shares_table(demo_log_weights, sample_log_weights):
    """One row for each demonstration, the largest of the row taken off."""
    N, S = len(demo_log_weights), len(sample_log_weights)
    rows = np.empty((N, S + 1))
    rows[:, 0], rows[:, 1:] = demo_log_weights, sample_log_weights
    w = np.exp(rows - rows.max(axis=1, keepdims=True))
    return w[:, 0] / w.sum(axis=1)


@right
def shares_larger_of_two(demo_log_weights, sample_log_weights):
    total = logsumexp(sample_log_weights)
    top = np.maximum(demo_log_weights, total)
    own = np.exp(demo_log_weights - top)
    return own / (own + np.exp(total - top))


@right
def shares_python(demo_log_weights, sample_log_weights):
    shares = []
    for own in demo_log_weights.tolist():
        top = max([own, *sample_log_weights.tolist()])
        rest = math.fsum(math.exp(x - top) for x in sample_log_weights.tolist())
        shares.append(math.exp(own - top) / (math.exp(own - top) + rest))
    return shares


@right
def shares_what_the_samples_leave(demo_log_weights, sample_log_weights):
    total = np.logaddexp.reduce(sample_log_weights)
    return -np.expm1(total - np.logaddexp(total, demo_log_weights))


@right
def shares_decimal(demo_log_weights, sample_log_weights):
    """Numbers whose exponents know no bounds."""

    def weights(logs):
        return [decimal.Decimal(float(x)).exp() if np.isfinite(x) else 0 for x in logs]

    rest = sum(weights(sample_log_weights))
    return np.array([float(w / (w + rest)) for w in weights(demo_log_weights)])


@wrong("its own weight is missing below")
def shares_of_the_samples(demo_log_weights, sample_log_weights):
    return np.exp(demo_log_weights - logsumexp(sample_log_weights))


@wrong("its own weight is missing, and what is above 1 is cut")
def shares_cut_at_one(demo_log_weights, sample_log_weights):
    return np.clip(np.exp(demo_log_weights - logsumexp(sample_log_weights)), 0.0, 1.0)


@wrong("all demonstrations join at once")
def shares_all_join(demo_log_weights, sample_log_weights):
    everybody = np.concatenate([demo_log_weights, sample_log_weights])
    return softmax(everybody)[: len(demo_log_weights)]


@wrong("shares among the demonstrations")
def shares_among_demos(demo_log_weights, sample_log_weights):
    return softmax(demo_log_weights)


@wrong("the samples' mean weight in place of their sum")
def shares_against_the_mean(demo_log_weights, sample_log_weights):
    return expit(demo_log_weights - log_mean_exp(sample_log_weights))


@wrong("the largest sample in place of all")
def shares_against_the_largest(demo_log_weights, sample_log_weights):
    return expit(demo_log_weights - np.max(sample_log_weights))


@wrong("exp first: inf or 0 at +-1000")
def shares_overflow(demo_log_weights, sample_log_weights):
    own = np.exp(demo_log_weights)
    return own / (own + np.exp(sample_log_weights).sum())


@wrong("a tiny number against 0/0")
def shares_epsilon(demo_log_weights, sample_log_weights):
    own = np.exp(demo_log_weights)
    return own / (own + np.exp(sample_log_weights).sum() + 1e-300)


@wrong("shifted by the largest sample, which a demonstration may be far above")
def shares_shifted_by_samples(demo_log_weights, sample_log_weights):
    top = sample_log_weights.max()
    own = np.exp(demo_log_weights - top)
    return own / (own + np.exp(sample_log_weights - top).sum())


@wrong("what is left to the samples")
def shares_left_over(demo_log_weights, sample_log_weights):
    return expit(logsumexp(sample_log_weights) - demo_log_weights)


@wrong("the logarithm of the share")
def shares_in_logs(demo_log_weights, sample_log_weights):
    return demo_log_weights - np.logaddexp(demo_log_weights, logsumexp(sample_log_weights))


@wrong("yes or no: above all samples")
def shares_yes_or_no(demo_log_weights, sample_log_weights):
    return (demo_log_weights > sample_log_weights.max()).astype(float)


@wrong("the share of samples that weigh less")
def shares_rank(demo_log_weights, sample_log_weights):
    return np.mean(sample_log_weights < demo_log_weights[:, None], axis=1)


@wrong("the samples' log weights are averaged")
def shares_mean_of_logs(demo_log_weights, sample_log_weights):
    return expit(demo_log_weights - sample_log_weights.mean())


@wrong("one share for all: that of the mean demonstration")
def shares_of_the_mean_demo(demo_log_weights, sample_log_weights):
    own = log_mean_exp(demo_log_weights)
    return np.full(len(demo_log_weights), expit(own - logsumexp(sample_log_weights)))


@slip("is a return missing")
def shares_no_return(demo_log_weights, sample_log_weights):
    expit(demo_log_weights - logsumexp(sample_log_weights))


@slip("of shape")
def shares_largest_only(demo_log_weights, sample_log_weights):
    return expit(demo_log_weights.max() - logsumexp(sample_log_weights))


@slip("of shape")
def shares_shapes(demo_log_weights, sample_log_weights):
    return demo_log_weights / (demo_log_weights + np.zeros(len(sample_log_weights) + 7))
