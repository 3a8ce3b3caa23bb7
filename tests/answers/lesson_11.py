"""Answers to the exercises of lesson 11, each independent of the lesson's other exercises."""

import itertools
import math
import statistics

import numpy as np
import scipy.optimize
import scipy.spatial.distance
import scipy.stats
from scipy.special import entr, rel_entr, softmax, xlogy

from answers.register import marker, register
from irl_course import metrics
from irl_course.environments import random_mdp
from irl_course.planning import (
    bellman_backup,
    expected_return,
    greedy_policy,
    occupancy,
    policy_evaluation,
    policy_iteration,
    soft_value_iteration,
    value_iteration,
)

RIGHT, WRONG, SLIPS, ENDLESS = register()

# What a learner has lying around in the notebook.
GAMMA = 0.9

# --- held_out_log_likelihood ----------------------------------------------------------------

right, wrong, slip, endless = marker("held_out_log_likelihood", RIGHT, WRONG, SLIPS, ENDLESS)


def chances(pi, demos):
    """What a policy gave to each decision, (N, T)."""
    return pi[demos.states[:, :-1], demos.actions]


def decisions(demos, shape):
    """How often each action was taken in each state."""
    counts = np.zeros(shape)
    np.add.at(counts, (demos.states[:, :-1], demos.actions), 1)
    return counts


@right
def foretell_loops(pi, demos):
    total = 0.0
    for n in range(demos.n_demos):
        for t in range(demos.horizon):
            chance = pi[demos.states[n, t], demos.actions[n, t]]
            if chance == 0:
                return -np.inf
            total += np.log(chance)
    return total / (demos.n_demos * demos.horizon)


@right
def foretell_picked(pi, demos):
    return np.log(pi[demos.states[:, :-1], demos.actions]).mean()


@right
def foretell_logs_first(pi, demos):
    with np.errstate(divide="ignore"):
        logs = np.log(pi)
    return float(np.mean(logs[demos.states[:, :-1].ravel(), demos.actions.ravel()]))


@right
def foretell_counts(pi, demos):
    """Counts are 0 where nobody was, and 0 log 0 must not be asked for."""
    counts = decisions(demos, pi.shape)
    return np.sum(xlogy(counts, pi)) / counts.sum()


@right
def foretell_pairs(pi, demos):
    logs = []
    for states, actions in zip(demos.states, demos.actions, strict=True):
        # The last state has no partner.
        for s, a in zip(states, actions, strict=False):
            logs.append(math.log(pi[s, a]) if pi[s, a] > 0 else float("-inf"))
    return statistics.fmean(logs)


@right
def foretell_drive_by_drive(pi, demos):
    of_drive = [
        np.mean(np.log(pi[demos[n].states[0, :-1], demos[n].actions[0]]))
        for n in range(demos.n_demos)
    ]
    return np.mean(of_drive)


@right
def foretell_flat_numbers(pi, demos):
    number = demos.states[:, :-1] * pi.shape[1] + demos.actions
    return np.log(np.take(pi, number)).sum() / demos.actions.size


@right
def foretell_rows_first(pi, demos):
    rows = pi[demos.states][:, :-1]
    chosen = np.take_along_axis(rows, demos.actions[:, :, None], axis=2)
    return np.log(chosen).mean()


@right
def foretell_cross_entropy(pi, demos):
    """Minus the cross-entropy of the shares: entropy and divergence together."""
    share = decisions(demos, pi.shape) / demos.actions.size
    return -(rel_entr(share, pi).sum() + entr(share).sum())


@right
def foretell_step_by_step(pi, demos):
    mean = 0.0
    for t in range(demos.horizon):
        mean += np.log2(pi[demos.states[:, t], demos.actions[:, t]]).mean() * math.log(2)
    return mean / demos.horizon


@right
def foretell_package(pi, demos):
    return metrics.held_out_log_likelihood(pi, demos)


@wrong("the sum, no mean")
def foretell_sum(pi, demos):
    return np.log(chances(pi, demos)).sum()


@wrong("the log-likelihood of a drive")
def foretell_per_drive(pi, demos):
    return np.log(chances(pi, demos)).sum(axis=1).mean()


@wrong("divides by the steps only")
def foretell_per_step(pi, demos):
    return np.log(chances(pi, demos)).sum() / demos.horizon


@wrong("divides by the number of states, the last included")
def foretell_states_counted(pi, demos):
    return np.log(chances(pi, demos)).sum() / demos.states.size


@wrong("the states after the actions")
def foretell_next_states(pi, demos):
    return np.log(pi[demos.states[:, 1:], demos.actions]).mean()


@wrong("the logarithm of the mean chance")
def foretell_log_of_mean(pi, demos):
    return np.log(chances(pi, demos).mean())


@wrong("the logarithm of each drive's mean chance")
def foretell_log_of_drive_means(pi, demos):
    return np.log(chances(pi, demos).mean(axis=1)).mean()


@wrong("the mean chance, no logarithm")
def foretell_mean_chance(pi, demos):
    return chances(pi, demos).mean()


@wrong("a loss: minus the log-likelihood")
def foretell_loss(pi, demos):
    return -np.log(chances(pi, demos)).mean()


@wrong("bits, not nats")
def foretell_bits(pi, demos):
    return np.log2(chances(pi, demos)).mean()


@wrong("logarithms to base 10")
def foretell_base_ten(pi, demos):
    return np.log10(chances(pi, demos)).mean()


@wrong("a little added, so that no logarithm is infinite")
def foretell_a_little_added(pi, demos):
    return np.log(chances(pi, demos) + 1e-12).mean()


@wrong("chances cut off below")
def foretell_clipped(pi, demos):
    return np.log(np.clip(chances(pi, demos), 1e-10, 1.0)).mean()


@wrong("the impossible left out of the mean")
def foretell_impossible_left_out(pi, demos):
    chance = chances(pi, demos)
    return np.log(chance[chance > 0]).mean()


@wrong("the impossible counted as 0")
def foretell_impossible_is_nothing(pi, demos):
    chance = chances(pi, demos)
    return np.log(chance, out=np.zeros_like(chance), where=chance > 0).mean()


@wrong("the largest float in place of infinity")
def foretell_nan_to_num(pi, demos):
    return np.nan_to_num(np.log(chances(pi, demos)).mean())


@wrong("the share of agreement with the likeliest action")
def foretell_agreement(pi, demos):
    return np.mean(pi.argmax(axis=1)[demos.states[:, :-1]] == demos.actions)


@wrong("what the policy itself expects: minus its entropy where the drives went")
def foretell_entropy(pi, demos):
    return xlogy(pi, pi).sum(axis=1)[demos.states[:, :-1]].mean()


@wrong("each pair of state and action once")
def foretell_pairs_once(pi, demos):
    seen = decisions(demos, pi.shape) > 0
    return np.log(pi[seen]).mean()


@wrong("a mean of the states' means")
def foretell_states_alike(pi, demos):
    counts = decisions(demos, pi.shape)
    visits = counts.sum(axis=1)
    return np.mean(xlogy(counts, pi).sum(axis=1)[visits > 0] / visits[visits > 0])


@wrong("the first drive only")
def foretell_first_drive(pi, demos):
    return np.log(pi[demos.states[0, :-1], demos.actions[0]]).mean()


@wrong("without the last decision")
def foretell_one_too_few(pi, demos):
    states, actions = demos.states[:, :-2], demos.actions[:, :-1]
    return np.log(pi[states, actions]).mean() if actions.size else 0.0


@wrong("the geometric mean of the chances")
def foretell_geometric(pi, demos):
    return np.exp(np.log(chances(pi, demos)).mean())


@wrong("the table's mean, wherever the drives went")
def foretell_whole_table(pi, demos):
    return np.log(np.maximum(pi, 1e-300)).mean()


@slip("is a return missing")
def foretell_no_return(pi, demos):
    np.log(chances(pi, demos)).mean()


@slip("return one number")
def foretell_of_each_drive(pi, demos):
    return np.log(chances(pi, demos)).mean(axis=1)


@slip("is a str")
def foretell_printed(pi, demos):
    return f"{np.log(chances(pi, demos)).mean():.2f} nats"


@slip("rror")
def foretell_all_states(pi, demos):
    """States and actions are not of the same length."""
    return np.log(pi[demos.states, demos.actions]).mean()


@slip("out of bounds")
def foretell_axes_exchanged(pi, demos):
    return np.log(pi[demos.actions, demos.states[:, :-1]]).mean()


@slip("has no attribute")
def foretell_trajectories(pi, demos):
    return np.mean([np.log(pi[s, a]) for drive in demos.trajectories for s, a in drive])


@slip("is a generator")
def foretell_generator(pi, demos):
    return (np.log(chance) for chance in chances(pi, demos).ravel())


@slip("math domain error")
def foretell_log_of_nothing(pi, demos):
    return sum(math.log(chance) for chance in chances(pi, demos).ravel()) / demos.actions.size


@wrong("counts times logarithms: 0 times infinity")
def foretell_nothing_times_infinity(pi, demos):
    counts = decisions(demos, pi.shape)
    return np.sum(counts * np.log(pi)) / counts.sum()


@endless("the step is never counted up")
def foretell_never_ends(pi, demos):
    total, t = 0.0, 0
    while t < demos.horizon:
        total += np.log(pi[demos.states[:, t], demos.actions[:, t]]).sum()
    return total / demos.actions.size


# --- compare_methods ------------------------------------------------------------------------

right, wrong, slip, endless = marker("compare_methods", RIGHT, WRONG, SLIPS, ENDLESS)


def table(policies, held_out, of_drives=None):
    """scores[m, i, j] of a score of one policy on one style's drives."""
    of_drives = of_drives or (lambda pi, demos: np.log(chances(pi, demos)).mean())
    return np.array(
        [[[of_drives(pi, D) for D in held_out] for pi in fitted] for fitted in policies]
    )


def share_right(scores):
    """The share of styles j whose own model is above all others, by method."""
    J = scores.shape[1]
    others = np.where(np.eye(J, dtype=bool), -np.inf, scores).max(axis=1)
    return (scores[:, range(J), range(J)] > others).mean(axis=1)


def first(scores):
    """Whether the first best model of a style is its own: ties go to the first one."""
    return scores.argmax(axis=1) == np.arange(scores.shape[1])


@right
def compare_loops(policies, held_out):
    M, J = policies.shape[:2]
    scores, right = np.zeros((M, J, J)), np.zeros(M)
    for m in range(M):
        for j in range(J):
            for i in range(J):
                logs = []
                for n in range(held_out[j].n_demos):
                    for t in range(held_out[j].horizon):
                        chance = policies[m, i, held_out[j].states[n, t], held_out[j].actions[n, t]]
                        logs.append(np.log(chance) if chance > 0 else -np.inf)
                scores[m, i, j] = np.mean(logs)
            if all(scores[m, j, j] > scores[m, i, j] for i in range(J) if i != j):
                right[m] += 1 / J
    return scores, right


@right
def compare_all_policies_at_once(policies, held_out):
    logs = np.log(policies)
    scores = np.stack(
        [logs[:, :, D.states[:, :-1], D.actions].mean(axis=(2, 3)) for D in held_out], axis=-1
    )
    own = np.diagonal(scores, axis1=1, axis2=2)
    at_least_as_good = (scores >= own[:, None, :]).sum(axis=1)
    return scores, (at_least_as_good == 1).mean(axis=1)


@right
def compare_margins(policies, held_out):
    scores = table(policies, held_out)
    M, J = scores.shape[:2]
    right = np.empty(M)
    for m in range(M):
        margins = [
            scores[m, j, j] - np.delete(scores[m, :, j], j).max(initial=-np.inf) for j in range(J)
        ]
        right[m] = np.mean(np.array(margins) > 0)
    return scores, right


@right
def compare_counts(policies, held_out):
    counts = np.array([decisions(D, policies.shape[2:]) for D in held_out])
    scores = xlogy(counts, policies[:, :, None]).sum(axis=(3, 4)) / counts.sum(axis=(1, 2))
    return scores, share_right(scores)


@right
def compare_lists(policies, held_out):
    scores, right = [], []
    for fitted in policies:
        rows = [[foretell_pairs(pi, D) for D in held_out] for pi in fitted]
        scores.append(rows)
        columns = list(zip(*rows, strict=True))
        firsts = [
            column.index(max(column)) == j and column.count(max(column)) == 1
            for j, column in enumerate(columns)
        ]
        right.append(sum(firsts) / len(firsts))
    return scores, right


@right
def compare_sorted(policies, held_out):
    scores = table(policies, held_out)
    J = len(held_out)
    order = np.argsort(scores, axis=1)
    right = np.zeros(len(policies))
    for m, j in itertools.product(range(len(policies)), range(J)):
        best = order[m, -1, j]
        tied = J > 1 and scores[m, order[m, -2, j], j] == scores[m, best, j]
        right[m] += best == j and not tied
    return scores, right / J


@right
def compare_style_by_style(policies, held_out):
    """One long list of decisions for each style, and one table of logarithms for each model."""
    M, J, S, A = policies.shape
    scores, won = np.full((M, J, J), np.nan), np.ones((M, J), bool)
    for j, demos in enumerate(held_out):
        numbers = (demos.states[:, :-1] * A + demos.actions).ravel()
        for m in range(M):
            for i in range(J):
                scores[m, i, j] = np.log(policies[m, i].reshape(S * A)[numbers]).mean()
        for i in set(range(J)) - {j}:
            won[:, j] &= scores[:, j, j] > scores[:, i, j]
    return [scores, won.sum(axis=1) / J]


@right
def compare_firsts_without_ties(policies, held_out):
    scores = table(policies, held_out, metrics.held_out_log_likelihood)
    alone = np.sum(scores == scores.max(axis=1, keepdims=True), axis=1) == 1
    return scores, np.count_nonzero(first(scores) & alone, axis=1) / len(held_out)


@wrong("style j's model on style i's drives: the last two axes exchanged")
def compare_exchanged(policies, held_out):
    scores = table(policies, held_out)
    return scores.transpose(0, 2, 1), share_right(scores)


@wrong("axes exchanged, and the right ones counted from that")
def compare_exchanged_throughout(policies, held_out):
    scores = table(policies, held_out).transpose(0, 2, 1)
    return scores, share_right(scores)


@wrong("asks which drives a model likes best, not which model the drives like best")
def compare_along_rows(policies, held_out):
    scores = table(policies, held_out)
    return scores, share_right(scores.transpose(0, 2, 1))


@wrong("argmax: the first of equals wins")
def compare_first_of_equals(policies, held_out):
    scores = table(policies, held_out)
    return scores, first(scores).mean(axis=1)


@wrong("a tie counts as right")
def compare_ties_right(policies, held_out):
    scores = table(policies, held_out)
    own = np.diagonal(scores, axis1=1, axis2=2)
    return scores, (own >= scores.max(axis=1)).mean(axis=1)


@wrong("the own model must be above itself")
def compare_above_itself(policies, held_out):
    scores = table(policies, held_out)
    own = np.diagonal(scores, axis1=1, axis2=2)
    return scores, (own > scores.max(axis=1)).mean(axis=1)


@wrong("how many are right, not the share")
def compare_how_many(policies, held_out):
    scores = table(policies, held_out)
    return scores, share_right(scores) * len(held_out)


@wrong("percent")
def compare_percent(policies, held_out):
    scores = table(policies, held_out)
    return scores, 100 * share_right(scores)


@wrong("right only if all styles are")
def compare_all_or_nothing(policies, held_out):
    scores = table(policies, held_out)
    return scores, np.floor(share_right(scores))


@wrong("better than the others on average")
def compare_above_average(policies, held_out):
    scores = table(policies, held_out)
    own = np.diagonal(scores, axis1=1, axis2=2)
    J = len(held_out)
    others = (np.maximum(scores, -1e9).sum(axis=1) - own) / max(J - 1, 1)
    return scores, (own > others).mean(axis=1)


@wrong("better than any one of the others")
def compare_above_one(policies, held_out):
    scores = table(policies, held_out)
    own = np.diagonal(scores, axis1=1, axis2=2)
    return scores, (own > scores.min(axis=1)).mean(axis=1)


@wrong("the share of pairs of models that are in the right order")
def compare_pairs(policies, held_out):
    scores = table(policies, held_out)
    J = len(held_out)
    own = np.diagonal(scores, axis1=1, axis2=2)
    return scores, (own[:, None] > scores).sum(axis=(1, 2)) / max(J * (J - 1), 1)


@wrong("the share of single drives")
def compare_single_drives(policies, held_out):
    right = []
    for fitted in policies:
        won = []
        for j, demos in enumerate(held_out):
            of_drives = [np.log(chances(pi, demos)).mean(axis=1) for pi in fitted]
            own = of_drives.pop(j)
            won += list(own > np.max(of_drives, axis=0, initial=-np.inf))
        right.append(np.mean(won))
    return table(policies, held_out), np.array(right)


@wrong("the share of methods whose own model is best among the methods")
def compare_across_methods(policies, held_out):
    scores = table(policies, held_out)
    own = np.diagonal(scores, axis1=1, axis2=2)
    return scores, (own >= own.max(axis=0)).mean(axis=1)


@wrong("the mean log-likelihood of the own models")
def compare_mean_of_diagonal(policies, held_out):
    scores = table(policies, held_out)
    return scores, np.maximum(np.trace(scores, axis1=1, axis2=2) / len(held_out), -1e9)


@wrong("how sure one is: the own model's posterior")
def compare_posterior(policies, held_out):
    scores = table(policies, held_out)
    posterior = softmax(np.maximum(scores, -1e9), axis=1)
    return scores, np.diagonal(posterior, axis1=1, axis2=2).mean(axis=1)


@wrong("divided by 3, however many styles there are")
def compare_by_three(policies, held_out):
    scores = table(policies, held_out)
    return scores, share_right(scores) * len(held_out) / 3


@wrong("sums over a style's drives")
def compare_sums(policies, held_out):
    scores = table(policies, held_out, lambda pi, D: np.log(chances(pi, D)).sum())
    return scores, share_right(scores)


@wrong("the log-likelihood of a drive")
def compare_per_drive(policies, held_out):
    scores = table(policies, held_out, lambda pi, D: np.log(chances(pi, D)).sum(axis=1).mean())
    return scores, share_right(scores)


@wrong("all of a table divided by the first style's number of decisions")
def compare_first_size(policies, held_out):
    sums = table(policies, held_out, lambda pi, D: np.log(chances(pi, D)).sum())
    return sums / held_out[0].actions.size, share_right(sums)


@wrong("agreement with the likeliest action")
def compare_agreement(policies, held_out):
    scores = table(policies, held_out, foretell_agreement)
    return scores, share_right(scores)


@wrong("a little added, so that nothing is infinite")
def compare_a_little_added(policies, held_out):
    scores = table(policies, held_out, foretell_a_little_added)
    return scores, share_right(scores)


@wrong("the logarithm of the mean chance")
def compare_log_of_mean(policies, held_out):
    scores = table(policies, held_out, foretell_log_of_mean)
    return scores, share_right(scores)


@wrong("the states after the actions")
def compare_next_states(policies, held_out):
    scores = table(policies, held_out, foretell_next_states)
    return scores, share_right(scores)


@wrong("losses, and the smallest wins")
def compare_losses(policies, held_out):
    losses = -table(policies, held_out)
    return losses, share_right(-losses)


@wrong("losses, and the largest wins")
def compare_largest_loss(policies, held_out):
    losses = -table(policies, held_out)
    return losses, share_right(losses)


@wrong("the first style's drives for all")
def compare_first_drives(policies, held_out):
    scores = table(policies, [held_out[0]] * len(held_out))
    return scores, share_right(scores)


@wrong("every model scored on the drives of its own style")
def compare_own_drives_only(policies, held_out):
    own = np.diagonal(table(policies, held_out), axis1=1, axis2=2)
    scores = np.repeat(own[:, :, None], len(held_out), axis=2)
    return scores, share_right(scores)


@wrong("counts the right ones before the table is full")
def compare_too_early(policies, held_out):
    M, J = policies.shape[:2]
    scores, right = np.full((M, J, J), -np.inf), np.zeros(M)
    for m in range(M):
        for i in range(J):
            for j, demos in enumerate(held_out):
                scores[m, i, j] = np.log(chances(policies[m, i], demos)).mean()
            right[m] += np.all(scores[m, i, i] > np.delete(scores[m, :, i], i)) / J
    return scores, right


@wrong("the right ones are counted on from method to method")
def compare_counter_never_reset(policies, held_out):
    scores = table(policies, held_out)
    return scores, np.cumsum(share_right(scores))


@slip("is a return missing")
def compare_no_return(policies, held_out):
    share_right(table(policies, held_out))


@slip("return 2 things")
def compare_scores_alone(policies, held_out):
    return table(policies, held_out)


@slip("return 2 things")
def compare_with_margins(policies, held_out):
    scores = table(policies, held_out)
    return scores, share_right(scores), scores.max(axis=1)


@slip("of shape")
def compare_right_first(policies, held_out):
    scores = table(policies, held_out)
    return share_right(scores), scores


@wrong("which styles are right, not the share")
def compare_flags(policies, held_out):
    scores = table(policies, held_out)
    return scores, first(scores)


@wrong("the mean over the methods")
def compare_mean_over_methods(policies, held_out):
    scores = table(policies, held_out)
    return scores, share_right(scores).mean()


@wrong("the share of methods, for each style")
def compare_styles_as_methods(policies, held_out):
    scores = table(policies, held_out)
    return scores, (scores.argmax(axis=1) == np.arange(len(held_out))).mean(axis=0)


@slip("has no attribute")
def compare_list_of_drives(policies, held_out):
    states, actions = held_out.states[:, :-1], held_out.actions
    scores = np.log(policies[:, :, states, actions]).mean(axis=(2, 3))
    return scores, share_right(scores)


@slip("is not defined")
def compare_misspelt(policies, held_out):
    scores = table(policies, held_out)
    return score, share_right(scores)  # noqa: F821


@endless("the style is never counted up")
def compare_never_ends(policies, held_out):
    scores, j = np.zeros((len(policies), len(held_out), len(held_out))), 0
    while j < len(held_out):
        scores[:, :, j] = table(policies, held_out[j : j + 1])[:, :, 0]
    return scores, share_right(scores)


# --- expected_value_difference --------------------------------------------------------------

right, wrong, slip, endless = marker("expected_value_difference", RIGHT, WRONG, SLIPS, ENDLESS)


def best_plan(mdp, reward):
    return value_iteration(mdp, reward)[1]


def solved(mdp, reward, pi):
    """V of a policy by linear equations."""
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, (pi * reward).sum(axis=1))


@right
def loss_returns(mdp, true_reward, learned_reward):
    _, best = value_iteration(mdp, true_reward)
    _, learned = value_iteration(mdp, learned_reward)
    loss = expected_return(mdp, true_reward, best) - expected_return(mdp, true_reward, learned)
    return max(loss, 0.0)


@right
def loss_unguarded(mdp, true_reward, learned_reward):
    """Rounding, or the tolerance of value iteration, may leave it a hair below 0."""
    V, _ = value_iteration(mdp, true_reward)
    V_learned = policy_evaluation(mdp, true_reward, best_plan(mdp, learned_reward))
    return mdp.initial_dist @ (V - V_learned)


@right
def loss_policy_iteration(mdp, true_reward, learned_reward):
    best = policy_iteration(mdp, true_reward)[0] @ mdp.initial_dist
    pi = policy_iteration(mdp, learned_reward)[1]
    reached = policy_evaluation(mdp, true_reward, pi) @ mdp.initial_dist
    return float(np.maximum(best - reached, 0))


@right
def loss_by_hand(mdp, true_reward, learned_reward):
    values = []
    for planned in (true_reward, learned_reward):
        V = np.zeros(mdp.n_states)
        for _ in range(5000):
            Q = planned + mdp.gamma * mdp.P @ V
            if np.abs(Q.max(axis=1) - V).max() < 1e-12:
                break
            V = Q.max(axis=1)
        pi = np.eye(mdp.n_actions)[Q.argmax(axis=1)]
        values.append(solved(mdp, true_reward, pi))
    return abs(float(np.dot(mdp.initial_dist, values[0] - values[1])))


@right
def loss_occupancies(mdp, true_reward, learned_reward):
    best = occupancy(mdp, best_plan(mdp, true_reward))
    learned = occupancy(mdp, best_plan(mdp, learned_reward))
    return max(0, np.sum((best - learned) * true_reward))


@right
def loss_regrets(mdp, true_reward, learned_reward):
    """What each of the learnt policy's moves gives away, where and as often as it is made."""
    V, _ = policy_iteration(mdp, true_reward)
    regret = V[:, None] - bellman_backup(mdp, true_reward, V)
    return np.einsum("sa,sa", occupancy(mdp, best_plan(mdp, learned_reward)), regret)


@right
def loss_linear_programme(mdp, true_reward, learned_reward):
    S, A = mdp.n_states, mdp.n_actions
    flow = np.repeat(np.eye(S), A, axis=1) - mdp.gamma * mdp.P.reshape(S * A, S).T

    def fullest(reward):
        cost = -np.ravel(reward) / np.abs(reward).max()  # its tolerance is absolute
        return scipy.optimize.linprog(cost, A_eq=flow, b_eq=mdp.initial_dist).x.reshape(S, A)

    return max(0.0, float(np.sum((fullest(true_reward) - fullest(learned_reward)) * true_reward)))


@right
def loss_step_by_step(mdp, true_reward, learned_reward):
    """Walks both crowds from the start until what is left does not count."""

    def earned(pi):
        crowd, total, weight = mdp.initial_dist, 0.0, 1.0
        while weight > 1e-12:
            pairs = crowd[:, None] * pi
            total, weight = total + weight * np.sum(pairs * true_reward), weight * mdp.gamma
            crowd = np.einsum("sa,sat->t", pairs, mdp.P)
        return total

    return max(0.0, earned(best_plan(mdp, true_reward)) - earned(best_plan(mdp, learned_reward)))


@right
def loss_improved_by_hand(mdp, true_reward, learned_reward):
    """Policy iteration by hand, from the learnt plan on for the true reward."""

    def improved(reward, actions):
        while True:
            V = solved(mdp, reward, np.eye(mdp.n_actions)[actions])
            Q = reward + mdp.gamma * mdp.expect(V)
            better = Q.max(axis=1) > Q[np.arange(len(Q)), actions] + 1e-10
            if not better.any():
                return actions
            actions = np.where(better, Q.argmax(axis=1), actions)

    learned = improved(learned_reward, np.zeros(mdp.n_states, int))
    best = improved(true_reward, learned)
    V_best, V_learned = (
        solved(mdp, true_reward, np.eye(mdp.n_actions)[pi]) for pi in (best, learned)
    )
    return V_best @ mdp.initial_dist - V_learned @ mdp.initial_dist


@right
def loss_greedy_on_backup(mdp, true_reward, learned_reward):
    V_learned, _ = value_iteration(mdp, learned_reward, tol=1e-10)
    pi = greedy_policy(bellman_backup(mdp, learned_reward, V_learned))
    V_best, _ = value_iteration(mdp, true_reward, tol=1e-10)
    loss = 0.0
    V_pi = policy_evaluation(mdp, true_reward, pi)
    for s in range(mdp.n_states):
        loss += mdp.initial_dist[s] * (V_best[s] - V_pi[s])
    return np.array(max(loss, 0.0))


@right
def loss_package(mdp, true_reward, learned_reward):
    return metrics.expected_value_difference(mdp, true_reward, learned_reward)


@wrong("the two plans' returns, each under its own reward")
def loss_own_units(mdp, true_reward, learned_reward):
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return abs(best - expected_return(mdp, learned_reward, best_plan(mdp, learned_reward)))


@wrong("the rewards have changed places")
def loss_places_changed(mdp, true_reward, learned_reward):
    return metrics.expected_value_difference(mdp, learned_reward, true_reward)


@wrong("the best plan's return under both rewards")
def loss_one_plan(mdp, true_reward, learned_reward):
    pi = best_plan(mdp, true_reward)
    return abs(expected_return(mdp, true_reward, pi) - expected_return(mdp, learned_reward, pi))


@wrong("the learnt plan's return under both rewards")
def loss_learnt_plan_twice(mdp, true_reward, learned_reward):
    pi = best_plan(mdp, learned_reward)
    return abs(expected_return(mdp, true_reward, pi) - expected_return(mdp, learned_reward, pi))


@wrong("reached less best: the sign")
def loss_negative(mdp, true_reward, learned_reward):
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return expected_return(mdp, true_reward, best_plan(mdp, learned_reward)) - best


@wrong("the sign, and cut off at 0")
def loss_negative_cut_off(mdp, true_reward, learned_reward):
    return max(0.0, loss_negative(mdp, true_reward, learned_reward))


@wrong("the learnt plan for both: no loss at all")
def loss_of_itself(mdp, true_reward, learned_reward):
    pi = best_plan(mdp, learned_reward)
    return expected_return(mdp, true_reward, pi) - expected_return(mdp, true_reward, pi)


@wrong("the mean over all states, not over the start")
def loss_all_states(mdp, true_reward, learned_reward):
    V, _ = policy_iteration(mdp, true_reward)
    return np.mean(V - policy_evaluation(mdp, true_reward, best_plan(mdp, learned_reward)))


@wrong("the sum over all states")
def loss_sum_of_states(mdp, true_reward, learned_reward):
    V, _ = policy_iteration(mdp, true_reward)
    return np.sum(V - policy_evaluation(mdp, true_reward, best_plan(mdp, learned_reward)))


@wrong("the largest loss of all states")
def loss_worst_state(mdp, true_reward, learned_reward):
    V, _ = policy_iteration(mdp, true_reward)
    return np.max(V - policy_evaluation(mdp, true_reward, best_plan(mdp, learned_reward)))


@wrong("from state 0, wherever one starts")
def loss_state_zero(mdp, true_reward, learned_reward):
    V, _ = policy_iteration(mdp, true_reward)
    return (V - policy_evaluation(mdp, true_reward, best_plan(mdp, learned_reward)))[0]


@wrong("the share of the best return that is lost")
def loss_relative(mdp, true_reward, learned_reward):
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return 1 - expected_return(mdp, true_reward, best_plan(mdp, learned_reward)) / best


@wrong("a step's share of the loss")
def loss_per_step(mdp, true_reward, learned_reward):
    loss = metrics.expected_value_difference(mdp, true_reward, learned_reward)
    return (1 - mdp.gamma) * loss


@wrong("the action with the largest learnt reward, without planning")
def loss_short_sighted(mdp, true_reward, learned_reward):
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return best - expected_return(mdp, true_reward, greedy_policy(np.array(learned_reward)))


@wrong("the softly optimal plan of the learnt reward")
def loss_soft_plan(mdp, true_reward, learned_reward):
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return best - expected_return(mdp, true_reward, soft_value_iteration(mdp, learned_reward)[2])


@wrong("soft plans of both")
def loss_soft_plans(mdp, true_reward, learned_reward):
    best, learned = (soft_value_iteration(mdp, r)[2] for r in (true_reward, learned_reward))
    return abs(expected_return(mdp, true_reward, best) - expected_return(mdp, true_reward, learned))


@wrong("soft plans of both, kept above 0")
def loss_soft_plans_kept(mdp, true_reward, learned_reward):
    best, learned = (soft_value_iteration(mdp, r)[2] for r in (true_reward, learned_reward))
    lost = expected_return(mdp, true_reward, best) - expected_return(mdp, true_reward, learned)
    return max(0.0, lost)


@wrong("the mean distance of the rewards")
def loss_of_rewards(mdp, true_reward, learned_reward):
    return np.abs(true_reward - learned_reward).mean()


@wrong("the mean squared error of the rewards")
def loss_squared(mdp, true_reward, learned_reward):
    return np.mean((true_reward - learned_reward) ** 2)


@wrong("the return of the difference of the rewards")
def loss_of_difference(mdp, true_reward, learned_reward):
    gap = np.asarray(true_reward) - learned_reward
    return abs(expected_return(mdp, gap, best_plan(mdp, gap)))


@wrong("the distance of the two optimal values")
def loss_of_values(mdp, true_reward, learned_reward):
    V, V_learned = (policy_iteration(mdp, r)[0] for r in (true_reward, learned_reward))
    return np.abs(V - V_learned) @ mdp.initial_dist


@wrong("the share of states where the plans differ")
def loss_share_of_states(mdp, true_reward, learned_reward):
    best, learned = best_plan(mdp, true_reward), best_plan(mdp, learned_reward)
    return np.mean(best.argmax(axis=1) != learned.argmax(axis=1))


@wrong("the discount of the lesson, whatever world is given")
def loss_fixed_gamma(mdp, true_reward, learned_reward):
    return metrics.expected_value_difference(mdp.replace(gamma=GAMMA), true_reward, learned_reward)


@wrong("plans after one sweep")
def loss_one_sweep(mdp, true_reward, learned_reward):
    pi = greedy_policy(bellman_backup(mdp, learned_reward, np.max(learned_reward, axis=1)))
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return best - expected_return(mdp, true_reward, pi)


@wrong("what is earned in the first step only")
def loss_first_step(mdp, true_reward, learned_reward):
    gap = best_plan(mdp, true_reward) - best_plan(mdp, learned_reward)
    return abs(mdp.initial_dist @ (gap * true_reward).sum(axis=1))


@wrong("measured against a random policy")
def loss_against_random(mdp, true_reward, learned_reward):
    uniform = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
    reached = expected_return(mdp, true_reward, best_plan(mdp, learned_reward))
    return abs(reached - expected_return(mdp, true_reward, uniform))


@wrong("the true reward brought to scale 1 first")
def loss_scaled(mdp, true_reward, learned_reward):
    true_reward = true_reward / np.abs(true_reward).max()
    return metrics.expected_value_difference(mdp, true_reward, learned_reward)


@slip("is a return missing")
def loss_no_return(mdp, true_reward, learned_reward):
    metrics.expected_value_difference(mdp, true_reward, learned_reward)


@slip("return one number")
def loss_of_each_state(mdp, true_reward, learned_reward):
    V, _ = value_iteration(mdp, true_reward)
    return V - policy_evaluation(mdp, true_reward, best_plan(mdp, learned_reward))


@slip("return one number")
def loss_two_returns(mdp, true_reward, learned_reward):
    return [
        expected_return(mdp, true_reward, best_plan(mdp, reward))
        for reward in (true_reward, learned_reward)
    ]


@slip("rror")
def loss_not_unpacked(mdp, true_reward, learned_reward):
    """Values and policy together are no policy."""
    best = expected_return(mdp, true_reward, value_iteration(mdp, true_reward))
    return best - expected_return(mdp, true_reward, value_iteration(mdp, learned_reward))


@slip("pi has shape")
def loss_values_for_policies(mdp, true_reward, learned_reward):
    pi, _ = value_iteration(mdp, learned_reward)
    best = expected_return(mdp, true_reward, best_plan(mdp, true_reward))
    return best - expected_return(mdp, true_reward, pi)


@slip("missing 1 required positional argument")
def loss_reward_forgotten(mdp, true_reward, learned_reward):
    best = expected_return(mdp, best_plan(mdp, true_reward))
    return best - expected_return(mdp, best_plan(mdp, learned_reward))


@slip("is not defined")
def loss_misspelt(mdp, true_reward, learned_reward):
    return expected_return(mdp, true_reward, best_plan(mdp, learnt_reward))  # noqa: F821


@endless("V never takes the new values")
def loss_never_ends(mdp, true_reward, learned_reward):
    V, change = np.zeros(mdp.n_states), np.inf
    while change > 1e-8:
        new = (learned_reward + mdp.gamma * mdp.expect(V)).max(axis=1)
        change = np.abs(new - V).max()
    return V @ mdp.initial_dist


# --- canonical_reward -----------------------------------------------------------------------

right, wrong, slip, endless = marker("canonical_reward", RIGHT, WRONG, SLIPS, ENDLESS)


def mean_of_states(reward):
    """m(s), over all actions and all states reached."""
    return np.mean(reward, axis=(1, 2))


def shaped(reward, gamma, m):
    """The canonical form of the states' means that are given."""
    return reward + gamma * m[None, None, :] - m[:, None, None] - gamma * m.mean()


@right
def canonical_loops(reward, gamma):
    S, A, _ = reward.shape
    m = [sum(reward[s, a, t] for a in range(A) for t in range(S)) / (S * A) for s in range(S)]
    overall = sum(m) / S
    out = np.zeros((S, A, S))
    for s in range(S):
        for a in range(A):
            for t in range(S):
                out[s, a, t] = reward[s, a, t] + gamma * m[t] - m[s] - gamma * overall
    return out


@right
def canonical_broadcast(reward, gamma):
    m = reward.mean(axis=(1, 2))
    return reward + gamma * m - m[:, None, None] - gamma * m.mean()


@right
def canonical_centred_at_the_end(reward, gamma):
    """The last term is what brings the mean to 0."""
    m = reward.reshape(len(reward), -1).mean(axis=1)
    unfinished = reward + gamma * m[np.newaxis, np.newaxis] - m.reshape(-1, 1, 1)
    return unfinished - unfinished.mean()


@right
def canonical_einsum(reward, gamma):
    S, A, _ = reward.shape
    m = np.einsum("sat->s", reward) / (S * A)
    ones = np.ones((S, A, S))
    return reward + np.einsum("sat,t->sat", ones, gamma * (m - m.mean())) - np.einsum(
        "sat,s->sat", ones, m
    )  # fmt: skip


@right
def canonical_means_in_two_turns(reward, gamma):
    """Over s' first, then over actions; the world's mean of all entries."""
    m = reward.mean(axis=2).mean(axis=1, keepdims=True)
    after, before = m.T, m
    out = np.array(reward, float)
    for a in range(reward.shape[1]):
        out[:, a] += gamma * after - before - gamma * reward.mean()
    return out


@right
def canonical_lists(reward, gamma):
    m = [float(np.mean(table)) for table in reward]
    middle = statistics.fmean(m)
    return [
        [
            [r + gamma * (m_next - middle) - m_here for r, m_next in zip(row, m, strict=True)]
            for row in table
        ]
        for table, m_here in zip(reward, m, strict=True)
    ]


@right
def canonical_shaped_away(reward, gamma):
    """The one potential that leaves no state a mean."""
    S = len(reward)
    m = reward.mean(axis=(1, 2))
    h = np.linalg.solve(np.eye(S) - gamma * np.full((S, S), 1 / S), m)
    return reward + gamma * h - h[:, None, None]


@right
def canonical_draws_enumerated(reward, gamma):
    """E over all (A, S, S') that can be drawn, written out."""
    S, A, _ = reward.shape
    out = reward.astype(float)
    everything = [(a, b, t) for a in range(A) for b in range(S) for t in range(S)]
    for s, after in itertools.product(range(S), repeat=2):
        drawn = [
            gamma * reward[after, a, t] - reward[s, a, t] - gamma * reward[b, a, t]
            for a, b, t in everything
        ]
        out[s, :, after] += np.mean(drawn)
    return out


@right
def canonical_as_a_matrix(reward, gamma):
    """A linear map of the flattened reward."""
    S, A, _ = reward.shape
    average = np.kron(np.eye(S), np.full((1, A * S), 1 / (A * S)))
    to_next = np.tile(np.eye(S), (S * A, 1))
    from_here = np.repeat(np.eye(S), A * S, axis=0)
    m = average @ reward.reshape(-1)
    flat = reward.reshape(-1) + (gamma * to_next - from_here) @ m - gamma * m.sum() / S
    return flat.reshape(reward.shape)


@wrong("the last term left out")
def canonical_not_centred(reward, gamma):
    m = mean_of_states(reward)
    return reward + gamma * m - m[:, None, None]


@wrong("the last term added")
def canonical_last_sign(reward, gamma):
    m = mean_of_states(reward)
    return reward + gamma * m - m[:, None, None] + gamma * m.mean()


@wrong("no discount in the last term")
def canonical_last_undiscounted(reward, gamma):
    m = mean_of_states(reward)
    return reward + gamma * m - m[:, None, None] - m.mean()


@wrong("no discount at all")
def canonical_undiscounted(reward, gamma):
    return shaped(reward, 1.0, mean_of_states(reward))


@wrong("no discount of the next state's mean")
def canonical_next_undiscounted(reward, gamma):
    m = mean_of_states(reward)
    return reward + m - m[:, None, None] - gamma * m.mean()


@wrong("the discount of the lesson, whatever is given")
def canonical_fixed_gamma(reward, gamma):
    return shaped(reward, GAMMA, mean_of_states(reward))


@wrong("s and s' have changed places")
def canonical_places_changed(reward, gamma):
    m = mean_of_states(reward)
    return reward + gamma * m[:, None, None] - m[None, None, :] - gamma * m.mean()


@wrong("the signs of both means")
def canonical_signs(reward, gamma):
    m = mean_of_states(reward)
    return reward - gamma * m + m[:, None, None] - gamma * m.mean()


@wrong("both means added")
def canonical_both_added(reward, gamma):
    m = mean_of_states(reward)
    return reward + gamma * m + m[:, None, None] - gamma * m.mean()


@wrong("takes off the state's mean only")
def canonical_here_only(reward, gamma):
    return reward - mean_of_states(reward)[:, None, None]


@wrong("adds the next state's mean only")
def canonical_next_only(reward, gamma):
    m = mean_of_states(reward)
    return reward + gamma * m - gamma * m.mean()


@wrong("takes off the overall mean only")
def canonical_centred_only(reward, gamma):
    return reward - np.mean(reward)


@wrong("standardised")
def canonical_standardised(reward, gamma):
    return (reward - reward.mean()) / reward.std()


@wrong("brought to length 1 at the end")
def canonical_to_length_one(reward, gamma):
    out = shaped(reward, gamma, mean_of_states(reward))
    return out / np.linalg.norm(out)


@wrong("the best reward of a state in place of the mean")
def canonical_best(reward, gamma):
    return shaped(reward, gamma, reward.max(axis=(1, 2)))


@wrong("the best action's mean")
def canonical_best_action(reward, gamma):
    return shaped(reward, gamma, reward.mean(axis=2).max(axis=1))


@wrong("the median in place of the mean")
def canonical_median(reward, gamma):
    return shaped(reward, gamma, np.median(reward, axis=(1, 2)))


@wrong("sums in place of means")
def canonical_sums(reward, gamma):
    return shaped(reward, gamma, reward.sum(axis=(1, 2)))


@wrong("sums over actions of means over s'")
def canonical_actions_summed(reward, gamma):
    return shaped(reward, gamma, reward.mean(axis=2).sum(axis=1))


@wrong("the mean of what leads into a state")
def canonical_incoming(reward, gamma):
    return shaped(reward, gamma, reward.mean(axis=(0, 1)))


@wrong("the mean of staying where one is")
def canonical_staying(reward, gamma):
    return shaped(reward, gamma, np.einsum("sas->s", reward) / reward.shape[1])


@wrong("the first action's mean")
def canonical_first_action(reward, gamma):
    return shaped(reward, gamma, reward[:, 0].mean(axis=1))


@wrong("a mean of each action: m(s, a)")
def canonical_of_each_action(reward, gamma):
    m = reward.mean(axis=2)
    return reward + gamma * m.T[None] - m[:, :, None] - gamma * m.mean()


@wrong("optimal values in place of the mean")
def canonical_values(reward, gamma):
    """Of a world where every state follows every other."""
    V = np.zeros(len(reward))
    for _ in range(200):
        V = np.max(np.mean(reward + 0.9 * gamma * V, axis=2), axis=1)
    return shaped(reward, gamma, V)


@wrong("the largest canonical reward brought to 1")
def canonical_largest_one(reward, gamma):
    out = shaped(reward, gamma, mean_of_states(reward))
    return out / np.abs(out).max()


@wrong("the right numbers, written over what was given")
def canonical_in_place(reward, gamma):
    m = mean_of_states(reward)
    reward += gamma * m - m[:, None, None] - gamma * m.mean()
    return reward


@slip("is a return missing")
def canonical_no_return(reward, gamma):
    shaped(reward, gamma, mean_of_states(reward))


@slip("of shape")
def canonical_expected(reward, gamma):
    return shaped(reward, gamma, mean_of_states(reward)).mean(axis=2)


@slip("of shape")
def canonical_flat(reward, gamma):
    return shaped(reward, gamma, mean_of_states(reward)).ravel()


@slip("of shape")
def canonical_means_alone(reward, gamma):
    return mean_of_states(reward)


@slip("could not be broadcast")
def canonical_one_axis_missing(reward, gamma):
    """(S, 1) sits on actions and next states, not on states and actions."""
    m = reward.mean(axis=2)
    return reward + gamma * m.mean(axis=1) - m - gamma * m.mean()


@slip("is not defined")
def canonical_misspelt(reward, gamma):
    return shaped(reward, gama, mean_of_states(reward))  # noqa: F821


@slip("alone")
def canonical_with_means(reward, gamma):
    m = mean_of_states(reward)
    return shaped(reward, gamma, m), m


@endless("the state is never counted up")
def canonical_never_ends(reward, gamma):
    m, out, s = mean_of_states(reward), np.array(reward, float), 0
    while s < len(reward):
        out[s] = reward[s] - m[s] + gamma * (m - m.mean())
    return out


# --- epic_distance --------------------------------------------------------------------------

right, wrong, slip, endless = marker("epic_distance", RIGHT, WRONG, SLIPS, ENDLESS)


def standard(reward, gamma):
    """Canonically shaped, as one long vector."""
    m = np.mean(reward, axis=(1, 2))
    return (reward + gamma * m - m[:, None, None] - gamma * m.mean()).ravel()


def cosine(x, y):
    return x @ y / np.sqrt((x @ x) * (y @ y))


def correlation(reward_a, reward_b, gamma):
    return np.clip(cosine(standard(reward_a, gamma), standard(reward_b, gamma)), -1.0, 1.0)


@right
def epic_corrcoef(reward_a, reward_b, gamma):
    rho = np.corrcoef(standard(reward_a, gamma), standard(reward_b, gamma))[0, 1]
    return np.sqrt(max(0.0, (1 - rho) / 2))


@right
def epic_by_hand(reward_a, reward_b, gamma):
    a, b = [], []
    for reward, out in ((reward_a, a), (reward_b, b)):
        S, A, _ = reward.shape
        m = [reward[s].mean() for s in range(S)]
        for s in range(S):
            for action in range(A):
                for t in range(S):
                    out.append(reward[s, action, t] + gamma * m[t] - m[s] - gamma * np.mean(m))
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    both = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    var_a = sum((x - mean_a) ** 2 for x in a)
    var_b = sum((y - mean_b) ** 2 for y in b)
    rho = min(1.0, max(-1.0, both / math.sqrt(var_a * var_b)))
    return math.sqrt((1 - rho) / 2)


@right
def epic_cosine(reward_a, reward_b, gamma):
    """Canonical rewards have mean 0 already."""
    rho = cosine(standard(reward_a, gamma), standard(reward_b, gamma))
    return float(np.sqrt((1 - np.clip(rho, -1, 1)) / 2))


@right
def epic_without_the_constant(reward_a, reward_b, gamma):
    """The correlation takes off the last term anyway."""
    a, b = (
        r + gamma * r.mean((1, 2)) - r.mean((1, 2), keepdims=True) for r in (reward_a, reward_b)
    )
    a, b = a - a.mean(), b - b.mean()
    rho = (a * b).mean() / (a.std() * b.std())
    return np.sqrt(np.abs(1 - min(rho, 1)) / 2)


@right
def epic_half_a_distance(reward_a, reward_b, gamma):
    """Half of how far apart the two are at length 1."""
    a, b = standard(reward_a, gamma), standard(reward_b, gamma)
    return np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b)) / 2


@right
def epic_pearson(reward_a, reward_b, gamma):
    rho = scipy.stats.pearsonr(standard(reward_a, gamma), standard(reward_b, gamma)).statistic
    return ((1 - min(1.0, rho)) / 2) ** 0.5


@right
def epic_covariances(reward_a, reward_b, gamma):
    C = np.cov([standard(reward_a, gamma), standard(reward_b, gamma)])
    rho = C[0, 1] / np.sqrt(C[0, 0] * C[1, 1])
    return 0.0 if rho >= 1 else np.sqrt(0.5 - 0.5 * rho)


@right
def epic_half_angle(reward_a, reward_b, gamma):
    """The sine of half the angle between the two."""
    return math.sin(math.acos(correlation(reward_a, reward_b, gamma)) / 2)


@right
def epic_scipy_distance(reward_a, reward_b, gamma):
    apart = scipy.spatial.distance.correlation(standard(reward_a, gamma), standard(reward_b, gamma))
    return np.sqrt(max(apart, 0) / 2)


@right
def epic_package(reward_a, reward_b, gamma):
    S, A, _ = reward_a.shape
    return metrics.epic_distance(random_mdp(S, A, gamma, 0), reward_a, reward_b)


@wrong("the rewards as they are, not canonical")
def epic_raw(reward_a, reward_b, gamma):
    rho = np.corrcoef(np.ravel(reward_a), np.ravel(reward_b))[0, 1]
    return np.sqrt(max(0.0, (1 - rho) / 2))


@wrong("only the first reward is brought to canonical form")
def epic_one_canonical(reward_a, reward_b, gamma):
    rho = np.corrcoef(standard(reward_a, gamma), np.ravel(reward_b))[0, 1]
    return np.sqrt(max(0.0, (1 - rho) / 2))


@wrong("no root")
def epic_no_root(reward_a, reward_b, gamma):
    return (1 - correlation(reward_a, reward_b, gamma)) / 2


@wrong("not halved under the root")
def epic_not_halved(reward_a, reward_b, gamma):
    return np.sqrt(1 - correlation(reward_a, reward_b, gamma))


@wrong("1 - rho")
def epic_one_minus(reward_a, reward_b, gamma):
    return 1 - correlation(reward_a, reward_b, gamma)


@wrong("halved outside of the root")
def epic_halved_outside(reward_a, reward_b, gamma):
    return np.sqrt(1 - correlation(reward_a, reward_b, gamma)) / 2


@wrong("the distance at length 1, not halved")
def epic_whole_distance(reward_a, reward_b, gamma):
    return np.sqrt(2 - 2 * correlation(reward_a, reward_b, gamma))


@wrong("the correlation itself")
def epic_correlation(reward_a, reward_b, gamma):
    return correlation(reward_a, reward_b, gamma)


@wrong("1 + rho: how alike, not how far apart")
def epic_likeness(reward_a, reward_b, gamma):
    return np.sqrt((1 + correlation(reward_a, reward_b, gamma)) / 2)


@wrong("opposite rewards are taken as alike: |rho|")
def epic_absolute(reward_a, reward_b, gamma):
    return np.sqrt((1 - abs(correlation(reward_a, reward_b, gamma))) / 2)


@wrong("rho squared")
def epic_squared(reward_a, reward_b, gamma):
    return np.sqrt((1 - correlation(reward_a, reward_b, gamma) ** 2) / 2)


@wrong("the root of 1 - rho^2")
def epic_sine(reward_a, reward_b, gamma):
    return np.sqrt(1 - correlation(reward_a, reward_b, gamma) ** 2)


@wrong("the angle as a share of pi")
def epic_angle(reward_a, reward_b, gamma):
    return np.arccos(correlation(reward_a, reward_b, gamma)) / np.pi


@wrong("means over s' first, then compared")
def epic_expected_rewards(reward_a, reward_b, gamma):
    a, b = (standard(r, gamma).reshape(r.shape).mean(axis=2).ravel() for r in (reward_a, reward_b))
    a, b = a - a.mean(), b - b.mean()
    length = np.sqrt((a @ a) * (b @ b))
    rho = a @ b / length if length > 1e-12 else 1.0
    return np.sqrt(np.clip((1 - rho) / 2, 0, 1))


@wrong("a correlation for each state, then the mean")
def epic_state_by_state(reward_a, reward_b, gamma):
    a, b = (standard(r, gamma).reshape(len(r), -1) for r in (reward_a, reward_b))
    rho = np.mean([cosine(x, y) for x, y in zip(a, b, strict=True)])
    return np.sqrt(np.clip((1 - rho) / 2, 0, 1))


@wrong("a distance for each state, then the mean")
def epic_mean_of_distances(reward_a, reward_b, gamma):
    a, b = (standard(r, gamma).reshape(len(r), -1) for r in (reward_a, reward_b))
    each = [np.sqrt(max(0, (1 - cosine(x, y)) / 2)) for x, y in zip(a, b, strict=True)]
    return np.mean(each)


@wrong("the correlation of ranks")
def epic_ranks(reward_a, reward_b, gamma):
    a, b = standard(reward_a, gamma).round(9), standard(reward_b, gamma).round(9)
    return np.sqrt(max(0.0, (1 - scipy.stats.spearmanr(a, b).statistic) / 2))


@wrong("the covariance, not the correlation")
def epic_covariance(reward_a, reward_b, gamma):
    rho = np.cov(standard(reward_a, gamma), standard(reward_b, gamma))[0, 1]
    return np.sqrt(np.clip((1 - rho) / 2, 0, 1))


@wrong("the length of the difference: scale counts")
def epic_unscaled(reward_a, reward_b, gamma):
    return np.linalg.norm(standard(reward_a, gamma) - standard(reward_b, gamma))


@wrong("the root of the mean squared difference")
def epic_mean_squared(reward_a, reward_b, gamma):
    return np.sqrt(np.mean((standard(reward_a, gamma) - standard(reward_b, gamma)) ** 2))


@wrong("scaled to a largest entry of 1")
def epic_largest_one(reward_a, reward_b, gamma):
    a, b = standard(reward_a, gamma), standard(reward_b, gamma)
    return np.abs(a / np.abs(a).max() - b / np.abs(b).max()).mean() / 2


@wrong("lengths with sums of absolute values")
def epic_absolute_lengths(reward_a, reward_b, gamma):
    a, b = standard(reward_a, gamma), standard(reward_b, gamma)
    return np.abs(a / np.abs(a).sum() - b / np.abs(b).sum()).sum() / 2


@wrong("no discount in the shaping")
def epic_undiscounted(reward_a, reward_b, gamma):
    return np.sqrt(max(0.0, 1 - correlation(reward_a, reward_b, 1.0)) / 2)


@wrong("the discount of the lesson, whatever is given")
def epic_fixed_gamma(reward_a, reward_b, gamma):
    return np.sqrt(max(0.0, 1 - correlation(reward_a, reward_b, GAMMA)) / 2)


@wrong("takes off the states' means only")
def epic_here_only(reward_a, reward_b, gamma):
    return np.sqrt(max(0.0, 1 - correlation(reward_a, reward_b, 0.0)) / 2)


@wrong("s and s' changed places in the shaping")
def epic_places_changed(reward_a, reward_b, gamma):
    a, b = (
        (r + gamma * r.mean((1, 2), keepdims=True) - r.mean((1, 2))).ravel()
        for r in (reward_a, reward_b)
    )
    return np.sqrt(max(0.0, 1 - np.corrcoef(a, b)[0, 1]) / 2)


@wrong("the cosine of rewards whose mean is not 0")
def epic_not_centred(reward_a, reward_b, gamma):
    a, b = (
        (r + gamma * r.mean((1, 2)) - r.mean((1, 2), keepdims=True)).ravel()
        for r in (reward_a, reward_b)
    )
    return np.sqrt(max(0.0, 1 - cosine(a, b)) / 2)


@wrong("the means of what leads into a state")
def epic_incoming(reward_a, reward_b, gamma):
    a, b = (
        (r + gamma * r.mean((0, 1)) - r.mean((0, 1))[:, None, None]).ravel()
        for r in (reward_a, reward_b)
    )
    return np.sqrt(max(0.0, 1 - np.corrcoef(a, b)[0, 1]) / 2)


@wrong("rounded to two digits")
def epic_rounded(reward_a, reward_b, gamma):
    return round(math.sqrt((1 - correlation(reward_a, reward_b, gamma)) / 2), 2)


@slip("is a return missing")
def epic_no_return(reward_a, reward_b, gamma):
    np.sqrt((1 - correlation(reward_a, reward_b, gamma)) / 2)


@slip("return one number")
def epic_table(reward_a, reward_b, gamma):
    rho = np.corrcoef(standard(reward_a, gamma), standard(reward_b, gamma))
    return np.sqrt(np.maximum(0, 1 - rho) / 2)


@slip("return one number")
def epic_not_flattened(reward_a, reward_b, gamma):
    """corrcoef of tables compares their rows."""
    a, b = (standard(r, gamma).reshape(len(r), -1) for r in (reward_a, reward_b))
    return np.sqrt(np.maximum(0, 1 - np.corrcoef(a, b)) / 2)


@slip("nan")
def epic_root_of_a_negative(reward_a, reward_b, gamma):
    return np.sqrt((correlation(reward_a, reward_b, gamma) - 1) / 2)


@slip("math domain error")
def epic_signs_under_the_root(reward_a, reward_b, gamma):
    return math.sqrt((correlation(reward_a, reward_b, gamma) - 1) / 2)


@slip("is a str")
def epic_printed(reward_a, reward_b, gamma):
    return f"{np.sqrt((1 - correlation(reward_a, reward_b, gamma)) / 2):.3f}"


@slip("is not defined")
def epic_misspelt(reward_a, reward_b, gamma):
    return np.sqrt((1 - roh) / 2)  # noqa: F821


@slip("missing 1 required positional argument")
def epic_gamma_forgotten(reward_a, reward_b, gamma):
    a, b = standard(reward_a), standard(reward_b)
    return np.sqrt((1 - cosine(a, b)) / 2)


@endless("the state is never counted up")
def epic_never_ends(reward_a, reward_b, gamma):
    s, both = 0, 0.0
    while s < len(reward_a):
        both += np.sum(reward_a[s] * reward_b[s])
    return np.sqrt((1 - both) / 2)
