"""Answers to the exercises of lesson 10, each independent of the lesson's other exercises."""

import itertools
import math

import numpy as np
import scipy.optimize
import scipy.sparse
from scipy.special import gammaln, log_expit, log_softmax, logsumexp

from answers.register import marker, register
from irl_course.inverse.maxent import causal_information, causal_maxent_irl
from irl_course.mdp import MDP
from irl_course.planning import soft_value_iteration, value_iteration

RIGHT, WRONG, SLIPS, ENDLESS = register()

# What a learner has lying around in the notebook.
KEEP, REPLACE = range(2)
GAMMA = 0.9999

# --- bus_mdp --------------------------------------------------------------------------------

right, wrong, slip, endless = marker("bus_mdp", RIGHT, WRONG, SLIPS, ENDLESS)


def ageing(probs, n_bins):
    """Transitions of KEEP, (n_bins, n_bins)."""
    P = np.zeros((n_bins, n_bins))
    for x in range(n_bins):
        for j, prob in enumerate(probs):
            P[x, min(x + j, n_bins - 1)] += prob
    return P


def new_engine(n_bins):
    return np.eye(n_bins)[0]


def both(kept, replaced, gamma, start=None):
    """An MDP of the two actions' transitions."""
    start = new_engine(len(kept)) if start is None else start
    return MDP(np.stack([kept, replaced], axis=1), start, gamma)


def every_row(row, n_bins):
    return np.tile(row, (n_bins, 1))


@right
def world_loops(increment_probs, n_bins, gamma):
    P = np.zeros((n_bins, 2, n_bins))
    for x in range(n_bins):
        for action, begin in ((KEEP, x), (REPLACE, 0)):
            for j in range(len(increment_probs)):
                end = begin + j
                if end > n_bins - 1:
                    end = n_bins - 1
                P[x, action, end] += increment_probs[j]
    start = np.zeros(n_bins)
    start[0] = 1.0
    return MDP(P, start, gamma)


@right
def world_add_at(increment_probs, n_bins, gamma):
    x, j = np.meshgrid(np.arange(n_bins), np.arange(len(increment_probs)), indexing="ij")
    P = np.zeros((n_bins, 2, n_bins))
    for action, begin in ((KEEP, x), (REPLACE, 0 * x)):
        end = np.clip(begin + j, 0, n_bins - 1)
        np.add.at(P, (x, action, end), np.broadcast_to(increment_probs, x.shape))
    return MDP(P, new_engine(n_bins), gamma)


@right
def world_shift_powers(increment_probs, n_bins, gamma):
    shift = np.eye(n_bins, k=1)
    shift[-1, -1] = 1.0
    kept = sum(prob * np.linalg.matrix_power(shift, j) for j, prob in enumerate(increment_probs))
    return both(kept, every_row(kept[0], n_bins), gamma)


@right
def world_sparse_filled(increment_probs, n_bins, gamma):
    n_moves = len(increment_probs)
    rows = np.repeat(np.arange(2 * n_bins), n_moves)
    begin = np.where(np.arange(2 * n_bins) % 2 == KEEP, np.arange(2 * n_bins) // 2, 0)
    ends = np.minimum(begin[:, None] + np.arange(n_moves), n_bins - 1).ravel()
    entries = (np.tile(increment_probs, 2 * n_bins), (rows, ends))
    P = scipy.sparse.coo_array(entries, shape=(2 * n_bins, n_bins)).toarray()
    return MDP(P.reshape(n_bins, 2, n_bins), new_engine(n_bins), gamma)


@right
def world_wide_then_folded(increment_probs, n_bins, gamma):
    """Lets the engine run beyond the end, and gathers there what belongs into the last bin."""
    wide = np.zeros((n_bins, n_bins + len(increment_probs)))
    for x in range(n_bins):
        wide[x, x : x + len(increment_probs)] = increment_probs
    kept = wide[:, :n_bins].copy()
    kept[:, -1] += wide[:, n_bins:].sum(axis=1)
    return both(kept, np.repeat(kept[:1], n_bins, axis=0), gamma)


@right
def world_distribution_functions(increment_probs, n_bins, gamma):
    """Differences of the chance to end at most at y, which is 1 in the last bin."""
    below = np.append(np.cumsum(increment_probs), 1.0)

    def at_most(x, y):
        return 1.0 if y == n_bins - 1 else 0.0 if y < x else below[min(y - x, len(below) - 1)]

    kept = [
        [at_most(x, y) - (at_most(x, y - 1) if y else 0.0) for y in range(n_bins)]
        for x in range(n_bins)
    ]
    return both(np.array(kept), every_row(kept[0], n_bins), gamma)


@right
def world_remainder(increment_probs, n_bins, gamma):
    P = np.zeros((n_bins, 2, n_bins))
    for j, prob in enumerate(increment_probs):
        for x in range(n_bins - 1):
            if x + j < n_bins - 1:
                P[x, KEEP, x + j] = prob
        if j < n_bins - 1:
            P[:, REPLACE, j] = prob
    P[:, :, -1] = 1.0 - P[:, :, :-1].sum(axis=2)
    return MDP(P, [1] + [0] * (n_bins - 1), gamma)


@right
def world_bincount(increment_probs, n_bins, gamma):
    moves = np.arange(len(increment_probs))

    def row(begin):
        return np.bincount(np.minimum(begin + moves, n_bins - 1), increment_probs, n_bins)

    P = [[row(x), row(0)] for x in range(n_bins)]
    return MDP(np.array(P), new_engine(n_bins), gamma)


@right
def world_stored_sparse(increment_probs, n_bins, gamma):
    """MDP takes sparse rows as well: the same world."""
    P = scipy.sparse.lil_array((2 * n_bins, n_bins))
    for x, j in itertools.product(range(n_bins), range(len(increment_probs))):
        P[2 * x + KEEP, min(x + j, n_bins - 1)] += increment_probs[j]
        P[2 * x + REPLACE, min(j, n_bins - 1)] += increment_probs[j]
    return MDP(P.tocsr(), new_engine(n_bins), gamma)


@wrong("the new engine stands still for its first month")
def world_new_engine_waits(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return both(kept, every_row(new_engine(n_bins), n_bins), gamma)


@wrong("REPLACE ages the engine as KEEP does")
def world_replaces_nothing(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return both(kept, kept, gamma)


@wrong("what goes beyond the last bin is lost")
def world_loses_the_end(increment_probs, n_bins, gamma):
    P = np.zeros((n_bins, 2, n_bins))
    for x in range(n_bins):
        for j, prob in enumerate(increment_probs):
            if x + j < n_bins:
                P[x, KEEP, x + j] += prob
            if j < n_bins:
                P[x, REPLACE, j] += prob
    return MDP(P, new_engine(n_bins), gamma)


@wrong("what goes beyond the last bin is shared among the other moves")
def world_renormalises(increment_probs, n_bins, gamma):
    kept = np.zeros((n_bins, n_bins))
    for j, prob in enumerate(increment_probs[:n_bins]):
        kept += prob * np.eye(n_bins, k=j)
    kept[:, -1] += kept.sum(axis=1) == 0
    kept /= kept.sum(axis=1, keepdims=True)
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("= in place of +=: of several moves into the last bin the last one counts, then rescaled")
def world_overwrites(increment_probs, n_bins, gamma):
    kept = np.zeros((n_bins, n_bins))
    for x in range(n_bins):
        for j, prob in enumerate(increment_probs):
            kept[x, min(x + j, n_bins - 1)] = prob
    kept[kept.sum(axis=1) == 0, -1] = 1.0
    kept /= kept.sum(axis=1, keepdims=True)
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("+= on a fancy index counts a bin once")
def world_fancy_index(increment_probs, n_bins, gamma):
    kept = np.zeros((n_bins, n_bins))
    moves = np.arange(len(increment_probs))
    for x in range(n_bins):
        kept[x, np.minimum(x + moves, n_bins - 1)] += increment_probs
    kept[:, -1] += 1.0 - kept.sum(axis=1)
    kept[-1] = new_engine(n_bins)  # the end of the road: start again
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("a mileage beyond the last bin is bin 0 again")
def world_wraps(increment_probs, n_bins, gamma):
    kept = np.zeros((n_bins, n_bins))
    for x in range(n_bins):
        for j, prob in enumerate(increment_probs):
            kept[x, (x + j) % n_bins] += prob
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("in the last bin the engine is replaced by force")
def world_breaks_at_the_end(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    kept[-1] = kept[0]
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("moves of 1, 2, 3 bins in place of 0, 1, 2")
def world_counts_from_one(increment_probs, n_bins, gamma):
    kept = ageing([0.0, *increment_probs], n_bins)
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("the new engine begins in bin 1")
def world_begins_at_one(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return both(kept, every_row(kept[min(1, n_bins - 1)], n_bins), gamma)


@wrong("three moves, whatever is given")
def world_three_moves(increment_probs, n_bins, gamma):
    p = np.append(increment_probs, [0.0, 0.0])[:3]
    kept = ageing([p[0], p[1], 1 - p[0] - p[1]], n_bins)
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("every move equally likely")
def world_uniform_moves(increment_probs, n_bins, gamma):
    kept = ageing(np.full(len(increment_probs), 1 / len(increment_probs)), n_bins)
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("the average move for certain")
def world_average_move(increment_probs, n_bins, gamma):
    mean = round(float(np.dot(increment_probs, np.arange(len(increment_probs)))))
    kept = ageing(np.eye(mean + 1)[mean], n_bins)
    return both(kept, every_row(kept[0], n_bins), gamma)


@wrong("KEEP and REPLACE exchanged")
def world_exchanged(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return both(every_row(kept[0], n_bins), kept, gamma)


@wrong("the fleet's first month is anywhere")
def world_starts_anywhere(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    replaced = every_row(kept[0], n_bins)
    return both(kept, replaced, gamma, np.full(n_bins, 1 / n_bins))


@wrong("the first month is already driven: starts with the increments")
def world_starts_driven(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return both(kept, every_row(kept[0], n_bins), gamma, kept[0])


@wrong("the discount of the lesson, whatever is given")
def world_fixed_gamma(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return both(kept, every_row(kept[0], n_bins), GAMMA)


@wrong("90 bins, whatever is given")
def world_fixed_bins(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, 90)
    return both(kept, every_row(kept[0], 90), gamma)


@wrong("from and to exchanged: engines grow younger")
def world_transposed(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs[::-1], n_bins)[::-1, ::-1]
    return both(kept, every_row(ageing(increment_probs, n_bins)[0], n_bins), gamma)


@wrong("axes (A, S, S)")
def world_actions_first(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return MDP(np.array([kept, every_row(kept[0], n_bins)]), new_engine(n_bins), gamma)


@wrong("rows in the order of (A, S, S), reshaped to (S, A, S)")
def world_reshaped(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    P = np.concatenate([kept, every_row(kept[0], n_bins)]).reshape(n_bins, 2, n_bins)
    return MDP(P, new_engine(n_bins), gamma)


@wrong("rescales the increments it was given in place")
def world_changes_increments(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    increment_probs *= 100  # per cent, for a print
    return both(kept, every_row(kept[0], n_bins), gamma)


@slip("return")
def world_no_return(increment_probs, n_bins, gamma):
    both(*[ageing(increment_probs, n_bins)] * 2, gamma)


@slip("MDP")
def world_array(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return np.stack([kept, every_row(kept[0], n_bins)], axis=1)


@slip("MDP")
def world_tuple(increment_probs, n_bins, gamma):
    kept = ageing(increment_probs, n_bins)
    return np.stack([kept, every_row(kept[0], n_bins)], axis=1), new_engine(n_bins), gamma


@slip("index")
def world_beyond_the_end(increment_probs, n_bins, gamma):
    P = np.zeros((n_bins, 2, n_bins))
    for x in range(n_bins):
        for j in range(len(increment_probs)):
            P[x, KEEP, x + j] += increment_probs[j]
            P[x, REPLACE, j] += increment_probs[j]
    return MDP(P, new_engine(n_bins), gamma)


@slip("missing 2 required positional arguments")
def world_half_an_mdp(increment_probs, n_bins, gamma):
    return MDP(np.zeros((n_bins, 2, n_bins)))


@slip("is not defined")
def world_misspelt(increment_probs, n_bins, gamma):
    return both(ageing(increments_probs, n_bins), None, gamma)  # noqa: F821


@endless("the bin is never counted on")
def world_never_ends(increment_probs, n_bins, gamma):
    P, x = np.zeros((n_bins, 2, n_bins)), 0
    while x < n_bins:
        for j, prob in enumerate(increment_probs):
            P[x, KEEP, min(x + j, n_bins - 1)] += prob
    return MDP(P, new_engine(n_bins), gamma)


# --- bus_features ---------------------------------------------------------------------------

right, wrong, slip, endless = marker("bus_features", RIGHT, WRONG, SLIPS, ENDLESS)


def features_of(n_bins, kept=None, replaced=None):
    """Rust's features, with the (n_bins, 2) of one action exchanged."""
    f = np.zeros((n_bins, 2, 2))
    f[:, KEEP, 1] = -0.001 * np.arange(n_bins)
    f[:, REPLACE, 0] = -1.0
    if kept is not None:
        f[:, KEEP] = kept
    if replaced is not None:
        f[:, REPLACE] = replaced
    return f


@right
def costs_filled(n_bins):
    f = np.zeros((n_bins, 2, 2))
    for x in range(n_bins):
        f[x, KEEP] = [0, -0.001 * x]
        f[x, REPLACE] = [-1, 0]
    return f


@right
def costs_lists(n_bins):
    return [[[0.0, -x / 1000], [-1.0, 0.0]] for x in range(n_bins)]


@right
def costs_stacked(n_bins):
    bins, nothing = np.arange(n_bins), np.zeros(n_bins)
    kept = np.stack([nothing, -bins / 1000], axis=1)
    replaced = np.stack([-np.ones(n_bins), nothing], axis=1)
    return np.stack([kept, replaced], axis=1)


@right
def costs_einsum(n_bins):
    growing = np.array([[0, 1], [0, 0]])  # action, feature
    constant = np.array([[0, 0], [1, 0]])
    return -(np.einsum("x,ak->xak", 1e-3 * np.arange(n_bins), growing) + constant)


@right
def costs_from_function(n_bins):
    def entry(x, a, k):
        return -np.where((a == REPLACE) & (k == 0), 1, (a == KEEP) * (k == 1) * 0.001 * x)

    return np.fromfunction(entry, (n_bins, 2, 2))


@right
def costs_from_rewards(n_bins):
    """The reward is linear: each feature is the reward of a unit vector."""

    def reward(RC, theta):
        r = np.empty((n_bins, 2))
        r[:, KEEP] = -0.001 * theta * np.arange(n_bins)
        r[:, REPLACE] = -RC
        return r

    return np.stack([reward(1, 0), reward(0, 1)], axis=-1)


@right
def costs_flat(n_bins):
    f = np.zeros(4 * n_bins, dtype=np.float32)
    f[1::4] = -np.arange(n_bins) / 1000
    f[2::4] = -1
    return f.reshape(n_bins, 2, 2)


@right
def costs_kron(n_bins):
    steps = np.kron(np.arange(n_bins)[:, None, None], [[[0, 0.001], [0, 0]]])
    return -steps - np.diag([1, 0])[::-1]


@wrong("costs, not rewards")
def costs_positive(n_bins):
    return -features_of(n_bins)


@wrong("the replacement earns RC")
def costs_replacement_earns(n_bins):
    return features_of(n_bins, replaced=[1.0, 0.0])


@wrong("the running cost is earned")
def costs_running_earns(n_bins):
    return features_of(n_bins, kept=-features_of(n_bins)[:, KEEP])


@wrong("the thousandth forgotten")
def costs_whole_theta(n_bins):
    f = features_of(n_bins)
    f[:, :, 1] *= 1000
    return f


@wrong("the thousandth on RC as well")
def costs_thousandth_of_all(n_bins):
    f = features_of(n_bins)
    f[:, :, 0] *= 0.001
    return f


@wrong("the old engine's running cost is paid in the month it goes, too")
def costs_replacement_runs(n_bins):
    f = features_of(n_bins)
    f[:, REPLACE, 1] = f[:, KEEP, 1]
    return f


@wrong("RC is paid for keeping, too")
def costs_always_pays(n_bins):
    f = features_of(n_bins)
    f[:, :, 0] = -1.0
    return f


@wrong("KEEP and REPLACE exchanged")
def costs_actions_exchanged(n_bins):
    return features_of(n_bins)[:, ::-1]


@wrong("the order (theta, RC)")
def costs_theta_first(n_bins):
    return features_of(n_bins)[:, :, ::-1]


@wrong("axes (S, K, A)")
def costs_axes_swapped(n_bins):
    return features_of(n_bins).transpose(0, 2, 1)


@wrong("axes (A, S, K)")
def costs_actions_first(n_bins):
    return features_of(n_bins).transpose(1, 0, 2)


@wrong("filled in the order (K, A, S), reshaped")
def costs_reshaped(n_bins):
    x, nothing = -0.001 * np.arange(n_bins), np.zeros(n_bins)
    return np.array([[nothing, -np.ones(n_bins)], [x, nothing]]).reshape(n_bins, 2, 2)


@wrong("bins counted from 1")
def costs_from_one(n_bins):
    f = features_of(n_bins)
    f[:, KEEP, 1] -= 0.001
    return f


@wrong("the new engine counts as bin 1")
def costs_new_engine_runs(n_bins):
    return features_of(n_bins, replaced=[-1.0, -0.001])


@wrong("miles in place of bins")
def costs_miles(n_bins):
    f = features_of(n_bins)
    f[:, KEEP, 1] *= 5_000
    return f


@wrong("the share of the last bin's mileage")
def costs_share(n_bins):
    return features_of(n_bins, np.stack([np.zeros(n_bins), -np.linspace(0, 1, n_bins)], axis=1))


@wrong("a thousandth at the last bin, whatever the number of bins")
def costs_thousandth_at_the_end(n_bins):
    grows = -np.linspace(0, 0.001, n_bins)
    return features_of(n_bins, np.stack([np.zeros(n_bins), grows], axis=1))


@wrong("grows with the square of the mileage")
def costs_squared(n_bins):
    f = features_of(n_bins)
    f[:, KEEP, 1] *= np.arange(n_bins)
    return f


@wrong("all costs so far, not the month's")
def costs_added_up(n_bins):
    f = features_of(n_bins)
    f[:, KEEP, 1] = f[:, KEEP, 1].cumsum()
    return f


@wrong("an array of integers, where -0.001 x is 0")
def costs_integers(n_bins):
    return features_of(n_bins).astype(int)


@wrong("90 bins, whatever is asked for")
def costs_ninety(n_bins):
    return features_of(90)


@wrong("rewards of psi = (10, 5)")
def costs_times_psi(n_bins):
    return features_of(n_bins) * [10.0, 5.0]


@slip("is a return missing")
def costs_no_return(n_bins):
    features_of(n_bins)


@slip("has shape")
def costs_rewards(n_bins):
    return features_of(n_bins) @ [10.0, 5.0]


@slip("has shape")
def costs_of_states(n_bins):
    return np.stack([-np.ones(n_bins), -0.001 * np.arange(n_bins)], axis=1)


@slip("The number of entries is right")
def costs_flattened(n_bins):
    return features_of(n_bins).reshape(2 * n_bins, 2)


@slip("together")
def costs_a_pair(n_bins):
    f = features_of(n_bins)
    return f[..., 0], f[..., 1]


@slip("nan")
def costs_not_a_number(n_bins):
    f = features_of(n_bins)
    with np.errstate(invalid="ignore"):
        f[:, KEEP, 0] = f[:, KEEP, 0] / np.zeros(n_bins)
    return f


@endless("the bin is never counted on")
def costs_never_end(n_bins):
    f, x = np.zeros((n_bins, 2, 2)), 0
    while x < n_bins:
        f[x, KEEP, 1] = -0.001 * x
        f[x, REPLACE, 0] = -1.0
    return f


# --- choice_log_likelihood ------------------------------------------------------------------

right, wrong, slip, endless = marker("choice_log_likelihood", RIGHT, WRONG, SLIPS, ENDLESS)


def soft_logs(mdp, reward):
    """log pi of the endless soft planner."""
    V, Q, _ = soft_value_iteration(mdp, reward)
    return Q - V[:, None]


def counted(keep_counts, replace_counts, logs):
    return float(keep_counts @ logs[:, KEEP] + replace_counts @ logs[:, REPLACE])


def stacked(keep_counts, replace_counts):
    return np.stack([keep_counts, replace_counts], axis=1)


def sweeps(mdp, reward, tol=1e-11):
    """Backups until V only moves as a whole: log pi does not see its level, kept at V[0] = 0."""
    V, rise = np.zeros(mdp.n_states), np.array([0.0, np.inf])
    while rise.max() - rise.min() > tol:
        Q = reward + mdp.gamma * mdp.expect(V)
        rise = np.logaddexp(Q[:, 0], Q[:, 1]) - V
        V = V + rise - (V[0] + rise[0])
    return Q


def newton_q(mdp, reward):
    """Q of the soft planner: policy evaluation, with the entropy as income, in turns."""
    Q, change = np.array(reward, dtype=float), np.inf
    for _ in range(100):
        logs = log_softmax(Q, axis=1)
        pi = np.exp(logs)
        income = (pi * reward - pi * np.where(pi > 0, logs, 0.0)).sum(axis=1)
        P_pi = np.einsum("sa,sat->st", pi, mdp.P)
        V = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, income)
        last, Q = Q, reward + mdp.gamma * mdp.P @ V
        change = np.abs(Q - last).max()
        if change <= 1e-11 * (1 + np.abs(Q).max()):
            break
    return Q


@right
def likely_package(mdp, features, psi, keep_counts, replace_counts):
    V, Q, _ = soft_value_iteration(mdp, features @ psi)
    total = 0.0
    for x in range(mdp.n_states):
        total += keep_counts[x] * (Q[x, KEEP] - V[x])
        total += replace_counts[x] * (Q[x, REPLACE] - V[x])
    return total


@right
def likely_log_softmax(mdp, features, psi, keep_counts, replace_counts):
    Q = soft_value_iteration(mdp, np.einsum("xak,k->xa", features, psi), tol=1e-10)[1]
    return np.sum(stacked(keep_counts, replace_counts) * log_softmax(Q, axis=1))


@right
def likely_log_sigmoid(mdp, features, psi, keep_counts, replace_counts):
    Q = soft_value_iteration(mdp, features @ psi)[1]
    edge = Q[:, KEEP] - Q[:, REPLACE]
    return np.dot(keep_counts, log_expit(edge)) + np.dot(replace_counts, log_expit(-edge))


@right
def likely_own_newton(mdp, features, psi, keep_counts, replace_counts):
    Q = newton_q(mdp, features @ np.asarray(psi))
    logs = Q - logsumexp(Q, axis=1, keepdims=True)
    return counted(keep_counts, replace_counts, logs)


@right
def likely_sweeps(mdp, features, psi, keep_counts, replace_counts):
    Q = sweeps(mdp, features[:, :, 0] * psi[0] + features[:, :, 1] * psi[1])
    edge = Q[:, REPLACE] - Q[:, KEEP]
    less = np.logaddexp(0.0, edge)  # -log pi(KEEP)
    return float(-keep_counts @ less + replace_counts @ (edge - less))


@right
def likely_root_of_the_equation(mdp, features, psi, keep_counts, replace_counts):
    """V = log sum exp(r + gamma P V), solved as the optimum of a convex program's equations."""
    reward, V = features @ psi, np.zeros(mdp.n_states)
    for _ in range(100):
        Q = reward + mdp.gamma * mdp.P @ V
        miss = logsumexp(Q, axis=1) - V
        slope = np.eye(len(V)) - mdp.gamma * np.sum(
            np.exp(log_softmax(Q, axis=1))[:, :, None] * mdp.P, axis=1
        )
        V = V + np.linalg.solve(slope, miss)
        if np.abs(miss).max() < 1e-10 * (1 + np.abs(V).max()):
            break
    logs = log_softmax(reward + mdp.gamma * mdp.P @ V, axis=1)
    return np.float64((stacked(keep_counts, replace_counts) * logs).sum())


@right
def likely_only_what_happened(mdp, features, psi, keep_counts, replace_counts):
    V, Q, _ = soft_value_iteration(mdp, features @ psi)
    total = 0.0
    for action, counts in ((KEEP, keep_counts), (REPLACE, replace_counts)):
        seen = np.flatnonzero(counts)
        total += (np.asarray(counts)[seen] * (Q[seen, action] - V[seen])).sum()
    return np.array(total)


@right
def likely_month_by_month(mdp, features, psi, keep_counts, replace_counts):
    logs = soft_logs(mdp, features @ psi)
    months = np.repeat(logs[:, KEEP], keep_counts)
    return math.fsum(months) + math.fsum(np.repeat(logs[:, REPLACE], replace_counts))


@wrong("the mean, not the sum")
def likely_mean(mdp, features, psi, keep_counts, replace_counts):
    logs = soft_logs(mdp, features @ psi)
    return counted(keep_counts, replace_counts, logs) / (keep_counts.sum() + replace_counts.sum())


@wrong("log of a probability that underflows: 0 * -inf where nobody replaced")
def likely_log_of_zero(mdp, features, psi, keep_counts, replace_counts):
    pi = soft_value_iteration(mdp, features @ psi)[2]
    return counted(keep_counts, replace_counts, np.log(pi))


@wrong("probabilities clipped at 1e-300")
def likely_clipped(mdp, features, psi, keep_counts, replace_counts):
    pi = soft_value_iteration(mdp, features @ psi)[2]
    return counted(keep_counts, replace_counts, np.log(np.clip(pi, 1e-300, 1.0)))


@wrong("what is not a number counts as 0")
def likely_nan_to_num(mdp, features, psi, keep_counts, replace_counts):
    pi = soft_value_iteration(mdp, features @ psi)[2]
    terms = stacked(keep_counts, replace_counts) * np.log(pi)
    return np.where(np.isfinite(terms), terms, 0.0).sum()


@wrong("the product of all probabilities, then its log")
def likely_log_of_product(mdp, features, psi, keep_counts, replace_counts):
    pi = soft_value_iteration(mdp, features @ psi)[2]
    return np.log(np.prod(pi ** stacked(keep_counts, replace_counts)))


@wrong("counts times probabilities, no log")
def likely_no_log(mdp, features, psi, keep_counts, replace_counts):
    pi = soft_value_iteration(mdp, features @ psi)[2]
    return counted(keep_counts, replace_counts, pi)


@wrong("binomial coefficients added")
def likely_binomial(mdp, features, psi, keep_counts, replace_counts):
    logs = soft_logs(mdp, features @ psi)
    ways = gammaln(keep_counts + replace_counts + 1)
    ways = ways - gammaln(keep_counts + 1) - gammaln(replace_counts + 1)
    return counted(keep_counts, replace_counts, logs) + ways.sum()


@wrong("kept and replaced exchanged")
def likely_exchanged(mdp, features, psi, keep_counts, replace_counts):
    return counted(replace_counts, keep_counts, soft_logs(mdp, features @ psi))


@wrong("minus the log-likelihood")
def likely_negative(mdp, features, psi, keep_counts, replace_counts):
    return -counted(keep_counts, replace_counts, soft_logs(mdp, features @ psi))


@wrong("the replacements only")
def likely_replacements(mdp, features, psi, keep_counts, replace_counts):
    return float(replace_counts @ soft_logs(mdp, features @ psi)[:, REPLACE])


@wrong("what the choices earn")
def likely_earned(mdp, features, psi, keep_counts, replace_counts):
    return counted(keep_counts, replace_counts, features @ psi)


@wrong("Q of the choices, not normalised")
def likely_unnormalised(mdp, features, psi, keep_counts, replace_counts):
    Q = soft_value_iteration(mdp, features @ psi)[1]
    return counted(keep_counts, replace_counts, Q)


@wrong("a softmax of this month's rewards: nobody plans")
def likely_myopic(mdp, features, psi, keep_counts, replace_counts):
    return counted(keep_counts, replace_counts, log_softmax(features @ psi, axis=1))


@wrong("the optimal planner's policy, clipped")
def likely_optimal(mdp, features, psi, keep_counts, replace_counts):
    pi = value_iteration(mdp, features @ psi)[1]
    return counted(keep_counts, replace_counts, np.log(np.clip(pi, 1e-10, 1.0)))


@wrong("a softmax over the optimal planner's Q")
def likely_softmax_of_optimal(mdp, features, psi, keep_counts, replace_counts):
    V = value_iteration(mdp, features @ psi)[0]
    Q = features @ psi + mdp.gamma * mdp.expect(V)
    return counted(keep_counts, replace_counts, log_softmax(Q, axis=1))


@wrong("four backups and no more")
def likely_few_sweeps(mdp, features, psi, keep_counts, replace_counts):
    reward, V = features @ psi, np.zeros(mdp.n_states)
    for _ in range(4):
        Q = reward + mdp.gamma * mdp.expect(V)
        V = logsumexp(Q, axis=1)
    return counted(keep_counts, replace_counts, Q - V[:, None])


@wrong("a horizon in place of the discount")
def likely_horizon(mdp, features, psi, keep_counts, replace_counts):
    V, Q, _ = soft_value_iteration(mdp, features @ psi, horizon=30)
    return counted(keep_counts, replace_counts, Q[0] - V[0][:, None])


@wrong("the discount of the lesson, whatever world is given")
def likely_fixed_gamma(mdp, features, psi, keep_counts, replace_counts):
    logs = soft_logs(mdp.replace(gamma=GAMMA), features @ psi)
    return counted(keep_counts, replace_counts, logs)


@wrong("psi as costs, against features that are minus costs")
def likely_costs(mdp, features, psi, keep_counts, replace_counts):
    return counted(keep_counts, replace_counts, soft_logs(mdp, -(features @ psi)))


@wrong("(theta, RC)")
def likely_psi_exchanged(mdp, features, psi, keep_counts, replace_counts):
    return counted(keep_counts, replace_counts, soft_logs(mdp, features @ psi[::-1]))


@wrong("psi against the axis of the actions")
def likely_wrong_axis(mdp, features, psi, keep_counts, replace_counts):
    reward = np.einsum("xka,k->xa", features, psi)
    return counted(keep_counts, replace_counts, soft_logs(mdp, reward))


@wrong("turns psi's sign in place")
def likely_changes_psi(mdp, features, psi, keep_counts, replace_counts):
    total = counted(keep_counts, replace_counts, soft_logs(mdp, features @ psi))
    psi *= -1.0
    return total


@slip("is a return missing")
def likely_no_return(mdp, features, psi, keep_counts, replace_counts):
    counted(keep_counts, replace_counts, soft_logs(mdp, features @ psi))


@slip("one number")
def likely_per_bin(mdp, features, psi, keep_counts, replace_counts):
    return (stacked(keep_counts, replace_counts) * soft_logs(mdp, features @ psi)).sum(axis=1)


@slip("nan")
def likely_not_a_number(mdp, features, psi, keep_counts, replace_counts):
    return counted(keep_counts, replace_counts, np.log(features @ psi - 1.0))


@slip("too many values to unpack")
def likely_two_of_three(mdp, features, psi, keep_counts, replace_counts):
    V, Q = soft_value_iteration(mdp, features @ psi)
    return counted(keep_counts, replace_counts, Q - V[:, None])


@slip("could not be broadcast")
def likely_no_axis(mdp, features, psi, keep_counts, replace_counts):
    V, Q, _ = soft_value_iteration(mdp, features @ psi)
    return counted(keep_counts, replace_counts, Q - V)


@slip("is a str")
def likely_printed(mdp, features, psi, keep_counts, replace_counts):
    return f"{counted(keep_counts, replace_counts, soft_logs(mdp, features @ psi)):.2f}"


@endless("waits for V to settle, and never takes over the new one")
def likely_never_ends(mdp, features, psi, keep_counts, replace_counts):
    reward, V, change = features @ psi, np.zeros(mdp.n_states), np.inf
    while change > 1e-8:
        Q = reward + mdp.gamma * mdp.expect(V)
        new = logsumexp(Q, axis=1)
        change = np.abs(new - V).max() + 1e-7
    return counted(keep_counts, replace_counts, Q - new[:, None])


# --- estimate_rewards -----------------------------------------------------------------------

right, wrong, slip, endless = marker("estimate_rewards", RIGHT, WRONG, SLIPS, ENDLESS)


def objective(mdp, features, keep_counts, replace_counts, scale=1.0):
    """The log-likelihood as a function of psi."""

    def log_likelihood(psi):
        return scale * counted(keep_counts, replace_counts, soft_logs(mdp, features @ psi))

    return log_likelihood


def log_slopes(mdp, features, psi):
    """pi and the gradients of log pi, (S, 2) and (S, 2, 2), with what curvature needs of them."""
    Q = newton_q(mdp, features @ psi)
    pi = np.exp(log_softmax(Q, axis=1))
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    solver = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_pi)
    dV = solver @ np.einsum("sa,sak->sk", pi, features)
    dQ = features + mdp.gamma * np.einsum("sat,tk->sak", mdp.P, dV)
    return pi, dQ - dV[:, None], solver


def exact_gradient(mdp, features, psi, counts):
    return np.einsum("sa,sak->k", counts, log_slopes(mdp, features, psi)[1])


def exact_hessian(mdp, features, psi, counts):
    """d2 V = solver @ Cov_pi(dQ), d2 log pi = gamma P d2 V - d2 V."""
    pi, slopes, solver = log_slopes(mdp, features, psi)
    ddV = np.einsum("st,tkl->skl", solver, np.einsum("sa,sak,sal->skl", pi, slopes, slopes))
    ddlog = mdp.gamma * np.einsum("sat,tkl->sakl", mdp.P, ddV) - ddV[:, None]
    return np.einsum("sa,sakl->kl", counts, ddlog)


def exact_top(mdp, features, keep_counts, replace_counts, psi=(1.0, 1.0)):
    """Newton's ascent with steps halved until they lead up, and the Hessian at the end."""
    counts, psi = stacked(keep_counts, replace_counts), np.array(psi)
    height = objective(mdp, features, keep_counts, replace_counts)
    for _ in range(100):
        slope = exact_gradient(mdp, features, psi, counts)
        H = exact_hessian(mdp, features, psi, counts)
        curve, axes = np.linalg.eigh(-H)  # where it bends upwards, go up as far as down
        move = axes @ ((axes.T @ slope) / np.maximum(np.abs(curve), 1e-8))
        here = height(psi)
        while height(psi + move) < here and np.abs(move).max() > 1e-12:
            move = move / 2
        psi = psi + move
        if np.abs(move).max() <= 1e-9 * (1 + np.abs(psi).max()):
            break
    return psi, exact_hessian(mdp, features, psi, counts)


def errors_of(H):
    return np.sqrt(np.diag(np.linalg.inv(-H)))


def differences(function, x, step=1e-3):
    """Second differences: the diagonal by three points, the corner by four."""
    h = step * (1 + np.abs(x))
    e = np.diag(h)
    H = np.empty((2, 2))
    for k in range(2):
        H[k, k] = (function(x + e[k]) - 2 * function(x) + function(x - e[k])) / h[k] ** 2
    ahead = function(x + e[0] + e[1]) - function(x + e[0] - e[1])
    behind = function(x - e[0] + e[1]) - function(x - e[0] - e[1])
    H[0, 1] = H[1, 0] = (ahead - behind) / (4 * h[0] * h[1])
    return H


@right
def estimate_nelder_mead(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    how = {"method": "Nelder-Mead", "options": {"xatol": 1e-6, "fatol": 1e-8}}
    psi = scipy.optimize.minimize(lambda psi: -height(psi), [1.0, 1.0], **how).x
    return psi, errors_of(differences(height, psi))


@right
def estimate_default_simplex_from_zero(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    psi = scipy.optimize.fmin(lambda psi: -height(psi), [0.0, 0.0], disp=False)
    return psi, errors_of(differences(height, psi, 1e-2))


@right
def estimate_bfgs(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    psi = scipy.optimize.minimize(lambda psi: -height(psi), np.ones(2)).x
    return list(psi), list(errors_of(differences(height, psi, 3e-3)))


@right
def estimate_l_bfgs(mdp, features, keep_counts, replace_counts):
    """Numerical slopes, and the Hessian as the slopes' Jacobian."""
    height = objective(mdp, features, keep_counts, replace_counts)
    psi = scipy.optimize.minimize(lambda psi: -height(psi), [5.0, 1.0], method="L-BFGS-B").x

    def slope(psi):
        return [(height(psi + e) - height(psi - e)) / 2e-3 for e in 1e-3 * np.eye(2)]

    jacobian = [np.subtract(slope(psi + e), slope(psi - e)) / 4e-3 for e in 2e-3 * np.eye(2)]
    return psi, errors_of(np.array(jacobian))


@right
def estimate_conjugate_gradients(mdp, features, keep_counts, replace_counts):
    """Conjugate gradients on the mean, the scale put back at the end."""
    months = np.sum(keep_counts) + np.sum(replace_counts)
    mean = objective(mdp, features, keep_counts, replace_counts, 1 / months)
    how = {"method": "CG", "options": {"gtol": 1e-7}}
    psi = scipy.optimize.minimize(lambda psi: -mean(psi), [3.0, 3.0], **how).x
    covariance = np.linalg.inv(-differences(mean, psi, 1e-3)) / months
    return [psi, np.sqrt(covariance.diagonal())]


@right
def estimate_own_newton(mdp, features, keep_counts, replace_counts):
    psi, H = exact_top(mdp, features, keep_counts, replace_counts)
    return psi, errors_of(H)


@right
def estimate_exact_slopes(mdp, features, keep_counts, replace_counts):
    counts = stacked(keep_counts, replace_counts)
    height = objective(mdp, features, keep_counts, replace_counts)

    def downhill(psi):
        return -height(psi), -exact_gradient(mdp, features, psi, counts)

    psi = scipy.optimize.minimize(downhill, [1.0, 0.0], jac=True, method="BFGS").x
    H = [
        exact_gradient(mdp, features, psi + e, counts)
        - exact_gradient(mdp, features, psi - e, counts)
        for e in 1e-4 * np.eye(2)
    ]
    a, b, d = -H[0][0] / 2e-4, -(H[0][1] + H[1][0]) / 4e-4, -H[1][1] / 2e-4
    return psi, np.sqrt(np.array([d, a]) / (a * d - b * b))


@right
def estimate_simplex_then_root(mdp, features, keep_counts, replace_counts):
    """A rough search, then the root of the exact slopes."""
    counts = stacked(keep_counts, replace_counts)
    height = objective(mdp, features, keep_counts, replace_counts)
    how = {"method": "Nelder-Mead", "options": {"xatol": 0.05, "fatol": 0.05}}
    rough = scipy.optimize.minimize(lambda psi: -height(psi), [2.0, 1.0], **how).x
    root = scipy.optimize.root(lambda psi: exact_gradient(mdp, features, psi, counts), rough)
    covariance = np.linalg.solve(-exact_hessian(mdp, features, root.x, counts), np.eye(2))
    return root.x, covariance.diagonal() ** 0.5


@right
def estimate_package(mdp, features, keep_counts, replace_counts):
    counts = stacked(keep_counts, replace_counts).astype(float)
    how = {"discounted": True, "given": "states"}
    psi = causal_maxent_irl(mdp, features, counts, psi0=np.ones(2), **how).psi
    information = causal_information(mdp, features, psi, counts, given="states")
    return psi, np.sqrt(np.linalg.inv(information).diagonal())


def with_errors(found, errors):
    """An answer with the right psi and the errors that `errors(psi, H, n_months)` makes of it."""
    mdp, features, keep_counts, replace_counts = found
    psi, H = exact_top(mdp, features, keep_counts, replace_counts)
    return psi, errors(psi, H, np.sum(keep_counts) + np.sum(replace_counts))


@wrong("the roots of the inverse diagonal: the other cost is taken as known")
def estimate_inverse_of_diagonal(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: 1 / np.sqrt(-np.diag(H)))


@wrong("variances, no square root")
def estimate_variances(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: np.diag(np.linalg.inv(-H)))


@wrong("the covariance matrix")
def estimate_covariance(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: np.linalg.inv(-H))


@wrong("the Hessian of the mean")
def estimate_errors_of_mean(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: errors_of(H / n))


@wrong("the Hessian not inverted")
def estimate_not_inverted(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: np.sqrt(-np.diag(H)))


@wrong("the roots of the covariance's eigenvalues: errors along the ridge and across")
def estimate_principal_axes(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: np.sqrt(np.linalg.eigvalsh(np.linalg.inv(-H))))


@wrong("intervals of 95 per cent")
def estimate_intervals(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: 1.96 * errors_of(H))


@wrong("the errors in the order (theta, RC)")
def estimate_errors_exchanged(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: errors_of(H)[::-1])


@wrong("the outer products of the decisions' slopes")
def estimate_outer_products(mdp, features, keep_counts, replace_counts):
    psi, _ = exact_top(mdp, features, keep_counts, replace_counts)
    slopes, counts = log_slopes(mdp, features, psi)[1], stacked(keep_counts, replace_counts)
    return psi, errors_of(-np.einsum("sa,sak,sal->kl", counts, slopes, slopes))


@wrong("the inverse Hessian that BFGS has in passing")
def estimate_bfgs_matrix(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    end = scipy.optimize.minimize(lambda psi: -height(psi), [1.0, 1.0], method="BFGS")
    return end.x, np.sqrt(np.diag(end.hess_inv))


@wrong("second differences with a step of 1e-8: noise")
def estimate_step_too_small(mdp, features, keep_counts, replace_counts):
    psi, _ = exact_top(mdp, features, keep_counts, replace_counts)
    height = objective(mdp, features, keep_counts, replace_counts)
    return psi, np.sqrt(np.diag(np.linalg.pinv(-differences(height, psi, 1e-8))))


@wrong("second differences with a step as large as psi")
def estimate_step_too_large(mdp, features, keep_counts, replace_counts):
    psi, _ = exact_top(mdp, features, keep_counts, replace_counts)
    height = objective(mdp, features, keep_counts, replace_counts)
    return psi, errors_of(differences(height, psi, 0.5))


@wrong("the sign of the Hessian: roots of negative numbers")
def estimate_sign(mdp, features, keep_counts, replace_counts):
    found = mdp, features, keep_counts, replace_counts
    return with_errors(found, lambda psi, H, n: errors_of(-H))


@wrong("(theta, RC), errors as well")
def estimate_exchanged(mdp, features, keep_counts, replace_counts):
    psi, H = exact_top(mdp, features, keep_counts, replace_counts)
    return psi[::-1], errors_of(H)[::-1]


@wrong("psi rounded to whole numbers")
def estimate_rounded(mdp, features, keep_counts, replace_counts):
    psi, H = exact_top(mdp, features, keep_counts, replace_counts)
    return psi.round(), errors_of(H)


@wrong("fits a planner who lives from month to month")
def estimate_myopic(mdp, features, keep_counts, replace_counts):
    today = mdp.replace(gamma=0.0)
    psi, H = exact_top(today, features, keep_counts, replace_counts)
    return psi, errors_of(H)


@wrong("the discount of the lesson, whatever world is given")
def estimate_fixed_gamma(mdp, features, keep_counts, replace_counts):
    psi, H = exact_top(mdp.replace(gamma=GAMMA), features, keep_counts, replace_counts)
    return psi, errors_of(H)


@wrong("one direction at a time, once")
def estimate_one_round(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    how = {"bounds": (-10, 30), "method": "bounded"}
    RC = scipy.optimize.minimize_scalar(lambda RC: -height(np.array([RC, 1.0])), **how).x
    theta = scipy.optimize.minimize_scalar(lambda theta: -height(np.array([RC, theta])), **how).x
    psi = np.array([RC, theta])
    return psi, errors_of(exact_hessian(mdp, features, psi, stacked(keep_counts, replace_counts)))


@wrong("a search that is stopped after ten steps")
def estimate_stopped(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    how = {"method": "Nelder-Mead", "options": {"maxiter": 10}}
    psi = scipy.optimize.minimize(lambda psi: -height(psi), [1.0, 1.0], **how).x
    return psi, np.sqrt(np.abs(np.diag(np.linalg.inv(-differences(height, psi)))))


@wrong("goes down in place of up, as far as it is let")
def estimate_downhill(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    box = [(-20.0, 20.0)] * 2
    psi = scipy.optimize.minimize(height, [1.0, 1.0], bounds=box, method="L-BFGS-B").x
    return psi, np.sqrt(np.abs(np.diag(np.linalg.pinv(differences(height, psi)))))


@wrong("fits the replacements only")
def estimate_replacements_only(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, 0 * keep_counts, replace_counts)
    box = [(-20.0, 20.0)] * 2
    psi = scipy.optimize.minimize(lambda psi: -height(psi), np.ones(2), bounds=box).x
    return psi, np.sqrt(np.abs(np.diag(np.linalg.pinv(-differences(height, psi)))))


@wrong("least squares on the shares of each bin")
def estimate_least_squares(mdp, features, keep_counts, replace_counts):
    months = keep_counts + replace_counts
    seen = months > 0
    share = replace_counts[seen] / months[seen]

    def misses(psi):
        return np.sum((np.exp(soft_logs(mdp, features @ psi))[seen, REPLACE] - share) ** 2)

    psi = scipy.optimize.fmin(misses, [1.0, 1.0], disp=False)
    H = exact_hessian(mdp, features, psi, stacked(keep_counts, replace_counts))
    return psi, np.sqrt(np.abs(np.diag(np.linalg.pinv(-H))))


@slip("is a return missing")
def estimate_no_return(mdp, features, keep_counts, replace_counts):
    exact_top(mdp, features, keep_counts, replace_counts)


@slip("return 2 things")
def estimate_with_height(mdp, features, keep_counts, replace_counts):
    psi, H = exact_top(mdp, features, keep_counts, replace_counts)
    return psi, errors_of(H), objective(mdp, features, keep_counts, replace_counts)(psi)


@slip("return 2 things")
def estimate_result_object(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    return scipy.optimize.minimize(lambda psi: -height(psi), [1.0, 1.0])


@slip("bad operand type for unary -")
def estimate_minus_a_function(mdp, features, keep_counts, replace_counts):
    height = objective(mdp, features, keep_counts, replace_counts)
    return scipy.optimize.minimize(-height, [1.0, 1.0]).x, np.ones(2)


@slip("is not defined")
def estimate_misspelt(mdp, features, keep_counts, replace_counts):
    psi, H = exact_top(mdp, features, keep_count, replace_counts)  # noqa: F821
    return psi, errors_of(H)


@endless("climbs by hand with a step that is far too short")
def estimate_never_ends(mdp, features, keep_counts, replace_counts):
    counts, psi = stacked(keep_counts, replace_counts), np.zeros(2)
    slope = exact_gradient(mdp, features, psi, counts)
    while np.abs(slope).max() > 1e-6:
        psi = psi + 1e-9 * slope
        slope = exact_gradient(mdp, features, psi, counts)
    return psi, errors_of(exact_hessian(mdp, features, psi, counts))
