"""Answers to the exercises of lesson 05, each independent of the lesson's other exercises."""

import math
from collections import deque
from functools import cache, reduce

import numpy as np
import scipy.special
from scipy.special import logsumexp

from answers.register import marker, register
from irl_course import planning
from irl_course.planning import bellman_backup, expected_visits

RIGHT, WRONG, SLIPS, ENDLESS = register()


def log(p):
    """The lesson's own helper: -inf at 0, without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def softmax(x, axis=-1):
    """Shares of exp(x), for finite x."""
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def shares(weights, axis=-1):
    return weights / weights.sum(axis=axis, keepdims=True)


# --- trajectory_log_weight ------------------------------------------------------------------

right, wrong, slip, endless = marker("trajectory_log_weight", RIGHT, WRONG, SLIPS, ENDLESS)


def pieces(mdp, reward, states, actions):
    """Log start (N,), log transitions (N, T) and rewards (N, T)."""
    before, after = states[:, :-1], states[:, 1:]
    log_moves = log(mdp.P[before, actions, after])
    return log(mdp.initial_dist[states[:, 0]]), log_moves, reward[before, actions]


@right
def weight_indexed(mdp, reward, states, actions):
    s, after = states[:, :-1], states[:, 1:]
    log_steps = log(mdp.P[s, actions, after]) + reward[s, actions]
    return log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)


@right
def weight_loops(mdp, reward, states, actions):
    found = np.zeros(len(states))
    for i in range(len(states)):
        found[i] = log(mdp.initial_dist[states[i, 0]])
        for t in range(actions.shape[1]):
            s, a, after = states[i, t], actions[i, t], states[i, t + 1]
            found[i] += log(mdp.P[s, a, after]) + reward[s, a]
    return found


@right
def weight_math(mdp, reward, states, actions):
    """Plain Python, which has a logarithm of positive numbers only."""

    def safe(p):
        return math.log(p) if p > 0 else -math.inf

    found = []
    for life, deeds in zip(states, actions, strict=True):
        total = safe(mdp.initial_dist[life[0]])
        for s, a, after in zip(life[:-1], deeds, life[1:], strict=True):
            total += safe(mdp.P[s, a, after]) + reward[s, a]
        found.append(total)
    return found


@right
def weight_log_tables_first(mdp, reward, states, actions):
    log_step = log(mdp.P) + reward[:, :, None]
    found = log(mdp.initial_dist)[states[:, 0]]
    for t in range(actions.shape[1]):
        found = found + log_step[states[:, t], actions[:, t], states[:, t + 1]]
    return found


@right
def weight_with_the_warning(mdp, reward, states, actions):
    moves = np.log(mdp.P[states[:, :-1], actions, states[:, 1:]]).sum(axis=1)
    earned = reward[states[:, :-1], actions].sum(axis=1)
    return np.log(mdp.initial_dist[states[:, 0]]) + moves + earned


@right
def weight_possible_ones_only(mdp, reward, states, actions):
    start = mdp.initial_dist[states[:, 0]]
    moves = mdp.P[states[:, :-1], actions, states[:, 1:]]
    can = (start > 0) & (moves > 0).all(axis=1)
    found = np.full(len(states), -np.inf)
    earned = reward[states[can, :-1], actions[can]].sum(axis=1)
    found[can] = np.log(start[can]) + np.log(moves[can]).sum(axis=1) + earned
    return found


@right
def weight_one_column_of_probabilities(mdp, reward, states, actions):
    moves = mdp.P[states[:, :-1], actions, states[:, 1:]]
    chances = np.column_stack([mdp.initial_dist[states[:, 0]], moves])
    log_chances = np.log(chances, out=np.full(chances.shape, -np.inf), where=chances > 0)
    return log_chances.sum(axis=1) + np.sum(reward[states[:, :-1], actions], axis=1)


@right
def weight_visits_counted(mdp, reward, states, actions):
    here = np.eye(mdp.n_states)[states[:, :-1]]
    deed = np.eye(mdp.n_actions)[actions]
    earned = np.einsum("nts,nta,sa->n", here, deed, reward)
    chances = mdp.P[states[:, :-1], actions, states[:, 1:]]
    moves = scipy.special.xlogy(1.0, chances).sum(axis=1)
    return scipy.special.xlogy(1.0, mdp.initial_dist)[states[:, 0]] + moves + earned


@right
def weight_flat_indices(mdp, reward, states, actions):
    pairs = states[:, :-1] * mdp.n_actions + actions
    moves = np.take(mdp.P.ravel(), pairs * mdp.n_states + states[:, 1:])
    log_steps = log(moves) + reward.ravel()[pairs]
    return (log(mdp.initial_dist)[states[:, 0]] + log_steps.sum(axis=-1)).tolist()


@right
def weight_recursion(mdp, reward, states, actions):
    """The first steps, and the last one."""
    if actions.shape[1] == 0:
        return log(mdp.initial_dist[states[:, 0]])
    s, a = states[:, -2], actions[:, -1]
    last = log(mdp.P[s, a, states[:, -1]]) + reward[s, a]
    return last + weight_recursion(mdp, reward, states[:, :-1], actions[:, :-1])


@right
def weight_running_sum(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    return np.cumsum(np.column_stack([log_start, log_moves + earned]), axis=1)[:, -1]


@right
def weight_single_precision(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    return (log_start + (log_moves + earned).sum(axis=1)).astype(np.float32)


@wrong("log(p + 1e-300), which is -691 where it should be -inf")
def weight_hardly_possible(mdp, reward, states, actions):
    before, after = states[:, :-1], states[:, 1:]
    log_p = np.log(mdp.P[before, actions, after] + 1e-300)
    log_start = np.log(mdp.initial_dist[states[:, 0]] + 1e-300)
    return log_start + (log_p + reward[before, actions]).sum(axis=1)


@wrong("the start's probability forgotten")
def weight_no_start(mdp, reward, states, actions):
    _, log_moves, earned = pieces(mdp, reward, states, actions)
    return (log_moves + earned).sum(axis=1)


@wrong("the start's probability at every step")
def weight_start_at_every_step(mdp, reward, states, actions):
    _, log_moves, earned = pieces(mdp, reward, states, actions)
    log_start = log(mdp.initial_dist[states[:, :-1]])
    return (log_start + log_moves + earned).sum(axis=1)


@wrong("state 0 taken for the start")
def weight_state_zero(mdp, reward, states, actions):
    _, log_moves, earned = pieces(mdp, reward, states, actions)
    return log(mdp.initial_dist[0]) + (log_moves + earned).sum(axis=1)


@wrong("the start's probability, not its logarithm")
def weight_start_without_log(mdp, reward, states, actions):
    _, log_moves, earned = pieces(mdp, reward, states, actions)
    return mdp.initial_dist[states[:, 0]] + (log_moves + earned).sum(axis=1)


@wrong("the dynamics forgotten")
def weight_no_dynamics(mdp, reward, states, actions):
    log_start, _, earned = pieces(mdp, reward, states, actions)
    return log_start + earned.sum(axis=1)


@wrong("rewards alone")
def weight_rewards_alone(mdp, reward, states, actions):
    return reward[states[:, :-1], actions].sum(axis=1)


@wrong("the lamps forgotten: how probable it is to happen")
def weight_no_reward(mdp, reward, states, actions):
    log_start, log_moves, _ = pieces(mdp, reward, states, actions)
    return log_start + log_moves.sum(axis=1)


@wrong("the logarithm of e^r taken once more: r for log r was meant the other way round")
def weight_exponential_of_reward(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    return log_start + (log_moves + np.exp(earned)).sum(axis=1)


@wrong("the reward in the state that is reached")
def weight_reward_on_arrival(mdp, reward, states, actions):
    log_start, log_moves, _ = pieces(mdp, reward, states, actions)
    return log_start + (log_moves + reward[states[:, 1:], actions]).sum(axis=1)


@wrong("a reward for the last state, too")
def weight_last_state_pays(mdp, reward, states, actions):
    last = reward[states[:, -1], actions[:, -1]]
    return weight_indexed(mdp, reward, states, actions) + last


@wrong("the random choice of actions, 1/A a step, kept")
def weight_action_prior(mdp, reward, states, actions):
    prior = actions.shape[1] * np.log(mdp.n_actions)
    return weight_indexed(mdp, reward, states, actions) - prior


@wrong("the weight, not its logarithm")
def weight_not_logged(mdp, reward, states, actions):
    return np.exp(weight_indexed(mdp, reward, states, actions))


@wrong("the logarithm of the product, which leaves the range of numbers")
def weight_log_of_product(mdp, reward, states, actions):
    steps = mdp.P[states[:, :-1], actions, states[:, 1:]] * np.exp(reward[states[:, :-1], actions])
    return log(mdp.initial_dist[states[:, 0]] * steps.prod(axis=1))


@wrong("a mean over the steps")
def weight_mean_step(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    return log_start + (log_moves + earned).mean(axis=1)


@wrong("divided by the sum of those listed: the shares' logarithms")
def weight_shares(mdp, reward, states, actions):
    found = weight_indexed(mdp, reward, states, actions)
    return found - logsumexp(found)


@wrong("the largest reward taken off first")
def weight_reward_at_most_zero(mdp, reward, states, actions):
    return weight_indexed(mdp, reward - reward.max(), states, actions)


@wrong("a softmax policy in place of the lamps")
def weight_softmax_policy(mdp, reward, states, actions):
    return weight_indexed(mdp, reward - logsumexp(reward, axis=1, keepdims=True), states, actions)


@wrong("discounted")
def weight_discounted(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    discount = mdp.gamma ** np.arange(actions.shape[1])
    return log_start + log_moves.sum(axis=1) + earned @ discount


@wrong("reward times log-probability")
def weight_products_of_logs(mdp, reward, states, actions):
    before, after = states[:, :-1], states[:, 1:]
    products = mdp.P[before, actions, after] * reward[before, actions]
    return log(mdp.initial_dist[states[:, 0]]) + products.sum(axis=1)


@wrong("a little added, so that the impossible becomes unlikely")
def weight_never_impossible(mdp, reward, states, actions):
    log_start = np.log(mdp.initial_dist[states[:, 0]] + 1e-12)
    log_moves = np.log(mdp.P[states[:, :-1], actions, states[:, 1:]] + 1e-12)
    return log_start + (log_moves + reward[states[:, :-1], actions]).sum(axis=1)


@wrong("impossible steps skipped")
def weight_skips_the_impossible(mdp, reward, states, actions):
    found = np.zeros(len(states))
    for i in range(len(states)):
        start = mdp.initial_dist[states[i, 0]]
        found[i] = np.log(start) if start > 0 else 0
        for t in range(actions.shape[1]):
            chance = mdp.P[states[i, t], actions[i, t], states[i, t + 1]]
            if chance > 0:
                found[i] += np.log(chance) + reward[states[i, t], actions[i, t]]
    return found


@wrong("0 where the logarithm is -inf")
def weight_log_of_zero_is_zero(mdp, reward, states, actions):
    parts = pieces(mdp, reward, states, actions)
    log_start, log_moves, earned = (np.where(np.isinf(x), 0.0, x) for x in parts)
    return log_start + (log_moves + earned).sum(axis=1)


@wrong("-inf for all of them if one is impossible")
def weight_all_or_nothing(mdp, reward, states, actions):
    found = weight_indexed(mdp, reward, states, actions)
    return found if np.isfinite(found).all() else np.full(len(states), -np.inf)


@wrong("before and after swapped")
def weight_backwards(mdp, reward, states, actions):
    before, after = states[:, :-1], states[:, 1:]
    log_steps = log(mdp.P[after, actions, before]) + reward[before, actions]
    return log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)


@wrong("each action paired with the step after it")
def weight_action_late(mdp, reward, states, actions):
    shifted = np.roll(actions, 1, axis=1)
    return weight_indexed(mdp, reward, states, shifted)


@wrong("the last step left out")
def weight_one_step_short(mdp, reward, states, actions):
    return weight_indexed(mdp, reward, states[:, :-1], actions[:, :-1])


@wrong("= for +=: only the last step is left")
def weight_last_step(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    for t in range(actions.shape[1]):
        total = log_start + log_moves[:, t] + earned[:, t]
    return total


@wrong("logarithms to base 10")
def weight_base_ten(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    return (log_start + log_moves.sum(axis=1)) / np.log(10) + earned.sum(axis=1)


@wrong("the first trajectory for all")
def weight_first_for_all(mdp, reward, states, actions):
    found = weight_indexed(mdp, reward, states[:1], actions[:1])
    return np.repeat(found, len(states))


@wrong("0 times -inf in a product with one-hot vectors")
def weight_nan(mdp, reward, states, actions):
    here, after = np.eye(mdp.n_states)[states[:, :-1]], np.eye(mdp.n_states)[states[:, 1:]]
    deed = np.eye(mdp.n_actions)[actions]
    log_step = log(mdp.P) + reward[:, :, None]
    steps = np.einsum("nts,nta,ntz,saz->n", here, deed, after, log_step)
    return log(mdp.initial_dist[states[:, 0]]) + steps


@wrong("the last state taken along, and each step ends where it began")
def weight_all_columns(mdp, reward, states, actions):
    log_steps = log(mdp.P[states, actions, states]) + reward[states, actions]
    return log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)


@wrong("makes flat indices out of the actions it was given")
def weight_changes_actions(mdp, reward, states, actions):
    actions += mdp.n_actions * states[:, :-1]
    moves = mdp.P.reshape(-1, mdp.n_states)[actions, states[:, 1:]]
    log_steps = log(moves) + reward.ravel()[actions]
    return log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)


@slip("of shape")
def weight_not_summed(mdp, reward, states, actions):
    log_start, log_moves, earned = pieces(mdp, reward, states, actions)
    return log_start[:, None] + log_moves + earned


@slip("one number")
def weight_of_all(mdp, reward, states, actions):
    return weight_indexed(mdp, reward, states, actions).sum()


@slip("is a return missing")
def weight_printed(mdp, reward, states, actions):
    print(weight_indexed(mdp, reward, states, actions)[:1], end="\r")


@slip("is a generator")
def weight_generator(mdp, reward, states, actions):
    pairs = zip(states[:, None], actions[:, None], strict=True)
    return (weight_indexed(mdp, reward, s, a)[0] for s, a in pairs)


@slip("math domain error")
def weight_math_domain(mdp, reward, states, actions):
    found = []
    for life, deeds in zip(states, actions, strict=True):
        total = math.log(mdp.initial_dist[life[0]])
        for s, a, after in zip(life[:-1], deeds, life[1:], strict=True):
            total += math.log(mdp.P[s, a, after]) + reward[s, a]
        found.append(total)
    return found


@slip("read-only")
def weight_changes_world(mdp, reward, states, actions):
    mdp.P[mdp.P == 0] = 1e-300
    return weight_indexed(mdp, reward, states, actions)


@endless("the step is never counted up")
def weight_never_ends(mdp, reward, states, actions):
    total, t = log(mdp.initial_dist[states[:, 0]]), 0
    while t < actions.shape[1]:
        total = total + reward[states[:, t], actions[:, t]]
    return total


# --- backward_messages ----------------------------------------------------------------------

right, wrong, slip, endless = marker("backward_messages", RIGHT, WRONG, SLIPS, ENDLESS)


def log_mean_exp(mdp, later):
    """log sum_s' p(s'|s, a) exp(later(s')), (S, A)."""
    return logsumexp(later, b=mdp.P, axis=2)


def log_sum_exp(x):
    return logsumexp(x, axis=-1)


def messages(mdp, reward, horizon, ahead=log_mean_exp, choose=log_sum_exp, end=0.0):
    """The backward pass, with other pieces."""
    log_beta = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    log_beta_state = np.zeros((horizon, mdp.n_states))
    later = np.zeros(mdp.n_states) + end
    for t in reversed(range(horizon)):
        log_beta[t] = reward + ahead(mdp, later)
        log_beta_state[t] = later = choose(log_beta[t])
    return log_beta, log_beta_state


@right
def backward_weighted_logsumexp(mdp, reward, horizon):
    log_beta, log_beta_state = [], []
    later = np.zeros(mdp.n_states)
    for _ in range(horizon):
        log_beta.append(reward + logsumexp(later, b=mdp.P, axis=2))
        later = logsumexp(log_beta[-1], axis=1)
        log_beta_state.append(later)
    return np.array(log_beta[::-1]), np.array(log_beta_state[::-1])


@right
def backward_log_of_dynamics(mdp, reward, horizon):
    log_P = log(mdp.P)
    log_beta_state = np.zeros((horizon + 1, mdp.n_states))
    log_beta = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in range(horizon - 1, -1, -1):
        log_beta[t] = reward + logsumexp(log_P + log_beta_state[t + 1], axis=-1)
        log_beta_state[t] = logsumexp(log_beta[t], axis=-1)
    return log_beta, log_beta_state[:-1]


@right
def backward_shifted_by_hand(mdp, reward, horizon):
    """By the best successor of each state and action."""
    log_beta, log_beta_state = np.zeros((horizon, *reward.shape)), np.zeros((horizon, len(reward)))
    later = np.zeros(mdp.n_states)
    for t in reversed(range(horizon)):
        best = np.where(mdp.P > 0, later, -np.inf).max(axis=2)
        with np.errstate(over="ignore", invalid="ignore"):
            powers = np.where(mdp.P > 0, np.exp(later - best[:, :, None]), 0.0)
        log_beta[t] = reward + best + np.log((mdp.P * powers).sum(axis=2))
        top = log_beta[t].max(axis=1)
        later = top + np.log(np.exp(log_beta[t] - top[:, None]).sum(axis=1))
        log_beta_state[t] = later
    return log_beta, log_beta_state


@right
def backward_loops(mdp, reward, horizon):
    S, A = reward.shape
    log_beta = np.zeros((horizon, S, A))
    log_beta_state = np.zeros((horizon, S))
    for t in reversed(range(horizon)):
        for s in range(S):
            for a in range(A):
                total = -np.inf
                for after in np.flatnonzero(mdp.P[s, a]):
                    follows = log_beta_state[t + 1, after] if t + 1 < horizon else 0.0
                    total = np.logaddexp(total, math.log(mdp.P[s, a, after]) + follows)
                log_beta[t, s, a] = reward[s, a] + total
            log_beta_state[t, s] = np.logaddexp.reduce(log_beta[t, s])
    return log_beta, log_beta_state


@right
def backward_logaddexp(mdp, reward, horizon):
    with np.errstate(divide="ignore"):
        log_step = reward[:, :, None] + np.log(mdp.P)
    log_beta, log_beta_state = deque(), deque()
    later = np.zeros(mdp.n_states)
    for _ in range(horizon):
        log_beta.appendleft(np.logaddexp.reduce(log_step + later, axis=2))
        later = np.logaddexp.reduce(log_beta[0], axis=1)
        log_beta_state.appendleft(later)
    return list(log_beta), list(log_beta_state)


@right
def backward_recursion(mdp, reward, horizon):
    """By recursion over what is left; each depth once."""

    @cache
    def with_steps_left(n):
        later = with_steps_left(n - 1)[1] if n > 1 else np.zeros(mdp.n_states)
        log_beta = reward + logsumexp(later, b=mdp.P, axis=2)
        return log_beta, logsumexp(log_beta, axis=1)

    both = [with_steps_left(horizon - t) for t in range(horizon)]
    return np.stack([x for x, _ in both]), np.stack([x for _, x in both])


@right
def backward_by_steps_left(mdp, reward, horizon):
    """Counted forwards in the number of steps left, turned round at the end; in pure lists."""
    log_beta, log_beta_state = [reward], [logsumexp(reward, axis=1)]
    for _ in range(horizon - 1):
        log_beta.append(reward + log_mean_exp(mdp, log_beta_state[-1]))
        log_beta_state.append(logsumexp(log_beta[-1], axis=1))
    return [[x.tolist() for x in reversed(log_beta)], [x.tolist() for x in log_beta_state[::-1]]]


@right
def backward_best_reward_taken_off(mdp, reward, horizon):
    """At most 0 on the way, as the lamps want it; the constant put back at the end."""
    top = reward.max()
    log_beta, log_beta_state = messages(mdp, reward - top, horizon)
    back = top * np.arange(horizon, 0, -1)
    return log_beta + back[:, None, None], log_beta_state + back[:, None]


@right
def backward_action_by_action(mdp, reward, horizon):
    log_beta_state = np.zeros((horizon + 1, mdp.n_states))
    log_beta = np.full((horizon, *reward.shape), np.nan)
    for t in range(horizon)[::-1]:
        total = np.full(mdp.n_states, -np.inf)
        for a in range(mdp.n_actions):
            log_beta[t, :, a] = reward[:, a] + logsumexp(
                log_beta_state[t + 1][None, :], b=mdp.P[:, a], axis=1
            )
            total = np.logaddexp(total, log_beta[t, :, a])
        log_beta_state[t] = total
    return log_beta.astype(np.float32), log_beta_state[:horizon].astype(np.float32)


@right
def backward_fixed_number_of_powers(mdp, reward, horizon):
    """One (S, A, S) table of log steps, contracted again and again."""
    table = log(mdp.P) + reward[..., None]

    def step(found, _):
        log_beta = logsumexp(table + found[-1][1], axis=2)
        return [*found, (log_beta, logsumexp(log_beta, axis=1))]

    found = reduce(step, range(horizon), [(None, np.zeros(mdp.n_states))])[:0:-1]
    return np.array([x[0] for x in found]), np.array([x[1] for x in found])


@wrong("E[log beta] for log E[beta]: the causal model's average")
def backward_causal(mdp, reward, horizon):
    return messages(mdp, reward, horizon, ahead=lambda mdp, later: mdp.P @ later)


@wrong("the largest action for the sum over actions")
def backward_best_action(mdp, reward, horizon):
    return messages(mdp, reward, horizon, choose=lambda x: x.max(axis=1))


@wrong("the most probable trajectory: a maximum for every sum")
def backward_most_probable(mdp, reward, horizon):
    def ahead(mdp, later):
        return (log(mdp.P) + later).max(axis=2)

    return messages(mdp, reward, horizon, ahead, lambda x: x.max(axis=1))


@wrong("value iteration: the mean over the world's moves, the best of one's own")
def backward_hard_values(mdp, reward, horizon):
    return messages(mdp, reward, horizon, lambda mdp, later: mdp.P @ later, lambda x: x.max(axis=1))


@wrong("luck for one's own: the best successor")
def backward_best_successor(mdp, reward, horizon):
    def ahead(mdp, later):
        return np.where(mdp.P > 0, later, -np.inf).max(axis=2)

    return messages(mdp, reward, horizon, ahead)


@wrong("a mean over actions, 1/A a step")
def backward_mean_over_actions(mdp, reward, horizon):
    def choose(x):
        return logsumexp(x, axis=1) - np.log(mdp.n_actions)

    return messages(mdp, reward, horizon, choose=choose)


@wrong("the logarithms added up, not the weights")
def backward_sum_of_logs(mdp, reward, horizon):
    return messages(mdp, reward, horizon, choose=lambda x: x.sum(axis=1))


@wrong("the mean of the logarithms over actions")
def backward_mean_of_logs(mdp, reward, horizon):
    return messages(mdp, reward, horizon, choose=lambda x: x.mean(axis=1))


@wrong("possible successors all alike")
def backward_no_probabilities(mdp, reward, horizon):
    def ahead(mdp, later):
        return logsumexp(later, b=(mdp.P > 0), axis=2)

    return messages(mdp, reward, horizon, ahead)


@wrong("the dynamics forgotten: all states can follow")
def backward_no_dynamics(mdp, reward, horizon):
    def ahead(mdp, later):
        return np.full(reward.shape, logsumexp(later))

    return messages(mdp, reward, horizon, ahead)


@wrong("stays in the state it is in")
def backward_same_state(mdp, reward, horizon):
    def ahead(mdp, later):
        return np.repeat(later[:, None], mdp.n_actions, axis=1)

    return messages(mdp, reward, horizon, ahead)


@wrong("P added, not its logarithm")
def backward_probability_as_exponent(mdp, reward, horizon):
    return messages(mdp, reward, horizon, lambda mdp, later: logsumexp(mdp.P + later, axis=2))


@wrong("the dynamics transposed")
def backward_transposed(mdp, reward, horizon):
    def ahead(mdp, later):
        return log(np.einsum("saz,s->za", mdp.P, np.exp(later - later.max()))) + later.max()

    return messages(mdp, reward, horizon, ahead)


@wrong("beta itself, which leaves the range of numbers, and its logarithm at the end")
def backward_products(mdp, reward, horizon):
    beta, beta_state = np.ones((horizon, *reward.shape)), np.ones((horizon + 1, mdp.n_states))
    for t in reversed(range(horizon)):
        beta[t] = np.exp(reward) * (mdp.P @ beta_state[t + 1])
        beta_state[t] = beta[t].sum(axis=1)
    return log(beta), log(beta_state[:-1])


@wrong("exp without a shift")
def backward_unshifted(mdp, reward, horizon):
    def ahead(mdp, later):
        return log(mdp.P @ np.exp(later))

    return messages(mdp, reward, horizon, ahead, lambda x: log(np.exp(x).sum(axis=1)))


@wrong("shifted by the best of all states, beside which the rest is 0")
def backward_one_shift_for_all(mdp, reward, horizon):
    def ahead(mdp, later):
        return later.max() + log(mdp.P @ np.exp(later - later.max()))

    return messages(mdp, reward, horizon, ahead)


@wrong("the shift never put back")
def backward_shift_not_put_back(mdp, reward, horizon):
    return messages(mdp, reward, horizon, lambda mdp, later: log_mean_exp(mdp, later - later.max()))


@wrong("weights, not logarithms")
def backward_not_logged(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    return np.exp(log_beta), np.exp(log_beta_state)


@wrong("a reward for the last state, too")
def backward_last_state_pays(mdp, reward, horizon):
    return messages(mdp, reward, horizon, end=logsumexp(reward, axis=1))


@wrong("the last step weighs nothing: the end is at T-1")
def backward_ends_early(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    ended = np.concatenate([log_beta[1:], 0 * log_beta[:1]])
    return ended, np.concatenate([log_beta_state[1:], 0 * log_beta_state[:1]])


@wrong("beyond the end beta is 0, not its logarithm")
def backward_beta_zero_at_end(mdp, reward, horizon):
    return messages(mdp, reward, horizon, end=-np.inf)


@wrong("beyond the end log beta is 1")
def backward_log_one_at_end(mdp, reward, horizon):
    return messages(mdp, reward, horizon, end=1.0)


@wrong("beyond the end 1/S, not 1")
def backward_uniform_end(mdp, reward, horizon):
    return messages(mdp, reward, horizon, end=-np.log(mdp.n_states))


@wrong("the reward forgotten")
def backward_no_reward(mdp, reward, horizon):
    return messages(mdp, np.zeros_like(reward), horizon)


@wrong("the reward counted twice")
def backward_reward_twice(mdp, reward, horizon):
    return messages(mdp, reward, horizon, choose=lambda x: logsumexp(reward + x, axis=1))


@wrong("e^r where r belongs")
def backward_reward_exponentiated(mdp, reward, horizon):
    return messages(mdp, np.exp(reward), horizon)


@wrong("the reward's weight added to what follows, not multiplied")
def backward_reward_added(mdp, reward, horizon):
    log_beta, log_beta_state = np.zeros((horizon, *reward.shape)), np.zeros((horizon, len(reward)))
    later = np.zeros(mdp.n_states)
    for t in reversed(range(horizon)):
        log_beta[t] = np.logaddexp(reward, log_mean_exp(mdp, later))
        log_beta_state[t] = later = logsumexp(log_beta[t], axis=1)
    return log_beta, log_beta_state


@wrong("the reward in the state that is reached")
def backward_reward_on_arrival(mdp, reward, horizon):
    def ahead(mdp, later):
        return np.stack(
            [logsumexp(later + reward[:, a], b=mdp.P[:, a], axis=1) for a in range(mdp.n_actions)],
            axis=1,
        )

    return messages(mdp, np.zeros_like(reward), horizon, ahead)


@wrong("every step's sums made to be 1 over the states")
def backward_normalised(mdp, reward, horizon):
    def choose(x):
        total = logsumexp(x, axis=1)
        return total - logsumexp(total)

    return messages(mdp, reward, horizon, choose=choose)


@wrong("the policy's logarithm: made to be 1 over the actions")
def backward_normalised_over_actions(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    return log_beta - log_beta_state[:, :, None], log_beta_state


@wrong("discounted")
def backward_discounted(mdp, reward, horizon):
    def ahead(mdp, later):
        return mdp.gamma * log_mean_exp(mdp, later)

    return messages(mdp, reward, horizon, ahead)


@wrong("turned round in time")
def backward_turned(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    return log_beta[::-1], log_beta_state[::-1]


@wrong("the next step's message is never handed on")
def backward_forgets_later(mdp, reward, horizon):
    later = np.zeros(mdp.n_states)
    log_beta = np.array([reward + log_mean_exp(mdp, later) for _ in range(horizon)])
    return log_beta, logsumexp(log_beta, axis=2)


@wrong("the same at all times")
def backward_stationary(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    return np.repeat(log_beta[:1], horizon, axis=0), np.repeat(log_beta_state[:1], horizon, axis=0)


@wrong("goes through time from the front, where all that follows is still 0")
def backward_front_to_back(mdp, reward, horizon):
    log_beta = np.zeros((horizon, *reward.shape))
    log_beta_state = np.zeros((horizon + 1, mdp.n_states))
    for t in range(horizon):
        log_beta[t] = reward + log_mean_exp(mdp, log_beta_state[t + 1])
        log_beta_state[t] = logsumexp(log_beta[t], axis=1)
    return log_beta, log_beta_state[:-1]


@wrong("range stops at 1: the first step is left out")
def backward_first_step_missing(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    log_beta[0], log_beta_state[0] = 0, 0
    return log_beta, log_beta_state


@wrong("the start distribution in the first step")
def backward_with_start(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    log_beta_state[0] += log(mdp.initial_dist)
    return log_beta, log_beta_state


@wrong("the step from t=T as well")
def backward_one_too_many(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    return log_beta, np.vstack([log_beta_state, np.zeros(mdp.n_states)])


@wrong("adds what follows to the reward it was given")
def backward_adds_to_reward(mdp, reward, horizon):
    log_beta, log_beta_state = np.zeros((horizon, *reward.shape)), np.zeros((horizon, len(reward)))
    later, total = np.zeros(mdp.n_states), reward
    for t in reversed(range(horizon)):
        total += log_mean_exp(mdp, later)
        log_beta[t] = total
        log_beta_state[t] = later = logsumexp(total, axis=1)
    return log_beta, log_beta_state


@wrong("takes the best off the reward it was given, and puts it back elsewhere")
def backward_changes_reward(mdp, reward, horizon):
    top = reward.max()
    reward -= top
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    back = top * np.arange(horizon, 0, -1)
    return log_beta + back[:, None, None], log_beta_state + back[:, None]


@slip("is a return missing")
def backward_no_return(mdp, reward, horizon):
    messages(mdp, reward, horizon)


@slip("return 2 things")
def backward_one_result(mdp, reward, horizon):
    return messages(mdp, reward, horizon)[0]


@slip("return 2 things")
def backward_with_log_Z(mdp, reward, horizon):
    log_beta, log_beta_state = messages(mdp, reward, horizon)
    return log_beta, log_beta_state, logsumexp(log_beta_state[0], b=mdp.initial_dist)


@slip("out of bounds")
def backward_reads_beyond_the_end(mdp, reward, horizon):
    log_beta_state = np.zeros((horizon, mdp.n_states))
    for t in reversed(range(horizon)):
        log_beta = reward + log_mean_exp(mdp, log_beta_state[t + 1])
        log_beta_state[t] = logsumexp(log_beta, axis=1)
    return log_beta, log_beta_state


@slip("could not broadcast")
def backward_wrong_axis(mdp, reward, horizon):
    log_beta, log_beta_state = np.zeros((horizon, *reward.shape)), np.zeros((horizon, len(reward)))
    for t in reversed(range(horizon)):
        log_beta[t] = reward
        log_beta_state[t] = logsumexp(log_beta[t], axis=0)
    return log_beta, log_beta_state


@slip("is not defined")
def backward_misspelt(mdp, reward, horizon):
    return reward + logsumexpp(reward, axis=1), reward  # noqa: F821


@endless("the step is never counted down")
def backward_never_ends(mdp, reward, horizon):
    t, later = horizon - 1, np.zeros(mdp.n_states)
    while t >= 0:
        later = logsumexp(reward + mdp.P @ later, axis=1)
    return later, later


@endless("iterated until nothing changes, but without a discount the messages never settle")
def backward_until_settled(mdp, reward, horizon):
    later, before = np.zeros(mdp.n_states), np.ones(mdp.n_states)
    while np.abs(later - before).max() > 0:
        before, later = later, logsumexp(reward + log_mean_exp(mdp, later), axis=1)
    return [reward] * horizon, [later] * horizon


# --- posterior_policy -----------------------------------------------------------------------

right, wrong, slip, endless = marker("posterior_policy", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def policy_difference(log_beta, log_beta_state):
    return np.exp(log_beta - log_beta_state[:, :, np.newaxis])


@right
def policy_loops(log_beta, log_beta_state):
    T, S, A = log_beta.shape
    pi = np.zeros((T, S, A))
    for t in range(T):
        for s in range(S):
            for a in range(A):
                pi[t, s, a] = math.exp(log_beta[t, s, a] - log_beta_state[t, s])
    return pi


@right
def policy_softmax(log_beta, log_beta_state):
    return scipy.special.softmax(log_beta, axis=2)


@right
def policy_shifted_by_hand(log_beta, log_beta_state):
    beta = np.exp(log_beta - np.max(log_beta, axis=-1, keepdims=True))
    return beta / beta.sum(axis=-1, keepdims=True)


@right
def policy_action_by_action(log_beta, log_beta_state):
    each = [np.exp(log_beta[..., a] - log_beta_state) for a in range(log_beta.shape[2])]
    return np.stack(each, axis=-1)


@right
def policy_step_by_step(log_beta, log_beta_state):
    return [np.exp(q - v.reshape(-1, 1)) for q, v in zip(log_beta, log_beta_state, strict=True)]


@right
def policy_transposed(log_beta, log_beta_state):
    return np.exp(log_beta.transpose(2, 0, 1) - log_beta_state).transpose(1, 2, 0)


@right
def policy_rescaled_once_more(log_beta, log_beta_state):
    pi = np.exp(log_beta - np.expand_dims(log_beta_state, 2))
    pi /= np.einsum("tsa->ts", pi)[..., None]
    return pi.astype(np.float32)


@right
def policy_own_array_in_place(log_beta, log_beta_state):
    pi = log_beta.copy()
    pi -= np.repeat(log_beta_state[:, :, None], pi.shape[2], axis=2)
    return np.exp(pi, out=pi)


@right
def policy_log_softmax(log_beta, log_beta_state):
    return np.exp(log_beta - logsumexp(log_beta, axis=2, keepdims=True)).tolist()


@wrong("still logarithms")
def policy_logs(log_beta, log_beta_state):
    return log_beta - log_beta_state[:, :, None]


@wrong("the logarithms divided")
def policy_ratio_of_logs(log_beta, log_beta_state):
    return log_beta / log_beta_state[:, :, None]


@wrong("shares of the logarithms")
def policy_shares_of_logs(log_beta, log_beta_state):
    return shares(log_beta)


@wrong("the difference turned round")
def policy_turned(log_beta, log_beta_state):
    return np.exp(log_beta_state[:, :, None] - log_beta)


@wrong("the worse, the more probable: shares of 1/beta")
def policy_worst(log_beta, log_beta_state):
    return softmax(-log_beta)


@wrong("the best action only")
def policy_greedy(log_beta, log_beta_state):
    return np.eye(log_beta.shape[2])[log_beta.argmax(axis=2)]


@wrong("all actions alike")
def policy_uniform(log_beta, log_beta_state):
    return np.full_like(log_beta, 1 / log_beta.shape[2])


@wrong("exp before the division, which leaves the range of numbers")
def policy_ratio_of_weights(log_beta, log_beta_state):
    return np.exp(log_beta) / np.exp(log_beta_state)[:, :, None]


@wrong("exp without a shift, made to sum to 1")
def policy_unshifted(log_beta, log_beta_state):
    return shares(np.exp(log_beta))


@wrong("shifted by the best of all states and times, beside which the rest is 0")
def policy_one_shift_for_all(log_beta, log_beta_state):
    return shares(np.exp(log_beta - log_beta.max()))


@wrong("relative to the best action, and never made to sum to 1")
def policy_relative_to_best(log_beta, log_beta_state):
    return np.exp(log_beta - log_beta.max(axis=2, keepdims=True))


@wrong("shares over the states")
def policy_over_states(log_beta, log_beta_state):
    return softmax(log_beta, axis=1)


@wrong("shares over time")
def policy_over_time(log_beta, log_beta_state):
    return softmax(log_beta, axis=0)


@wrong("shares of a step's total: state and action together")
def policy_joint(log_beta, log_beta_state):
    return np.exp(log_beta - logsumexp(log_beta, axis=(1, 2), keepdims=True))


@wrong("the first step's policy at all times")
def policy_stationary(log_beta, log_beta_state):
    pi = policy_difference(log_beta, log_beta_state)
    return np.repeat(pi[:1], len(pi), axis=0)


@wrong("the last step's policy at all times")
def policy_myopic(log_beta, log_beta_state):
    pi = policy_difference(log_beta, log_beta_state)
    return np.repeat(pi[-1:], len(pi), axis=0)


@wrong("a mean over time")
def policy_mean_over_time(log_beta, log_beta_state):
    pi = policy_difference(log_beta, log_beta_state)
    return np.tile(pi.mean(axis=0), (len(pi), 1, 1))


@wrong("turned round in time")
def policy_turned_in_time(log_beta, log_beta_state):
    return policy_difference(log_beta, log_beta_state)[::-1]


@wrong("the next step's sum below the line")
def policy_next_state_sum(log_beta, log_beta_state):
    later = np.vstack([log_beta_state[1:], 0 * log_beta_state[:1]])
    return np.exp(log_beta - later[:, :, None])


@wrong("the next step's policy")
def policy_one_step_late(log_beta, log_beta_state):
    pi = policy_difference(log_beta, log_beta_state)
    return np.concatenate([pi[1:], pi[-1:]])


@wrong("divided by the number of actions")
def policy_action_prior(log_beta, log_beta_state):
    return policy_difference(log_beta, log_beta_state) / log_beta.shape[2]


@wrong("a softmax of the shares")
def policy_softmax_twice(log_beta, log_beta_state):
    return softmax(policy_difference(log_beta, log_beta_state))


@wrong("the shares squared")
def policy_squared(log_beta, log_beta_state):
    return softmax(2 * log_beta)


@wrong("a ratio of powers of 10")
def policy_base_ten(log_beta, log_beta_state):
    return 10 ** (log_beta - log_beta_state[:, :, None])


@wrong("beta itself")
def policy_weights(log_beta, log_beta_state):
    return np.exp(log_beta)


@wrong("clipped at 1")
def policy_clipped(log_beta, log_beta_state):
    return np.minimum(np.exp(log_beta), 1.0)


@wrong("changes the messages it was given")
def policy_changes_messages(log_beta, log_beta_state):
    log_beta -= log_beta_state[:, :, None]
    return np.exp(log_beta)


@slip("could not be broadcast together")
def policy_missing_axis(log_beta, log_beta_state):
    return np.exp(log_beta - log_beta_state)


@slip("is a return missing")
def policy_printed(log_beta, log_beta_state):
    print(policy_difference(log_beta, log_beta_state).shape, end="\r")


@slip("shape")
def policy_action_numbers(log_beta, log_beta_state):
    return log_beta.argmax(axis=2)


@slip("of shape")
def policy_first_step_only(log_beta, log_beta_state):
    return policy_difference(log_beta, log_beta_state)[0]


@slip("of shape")
def policy_actions_first(log_beta, log_beta_state):
    return policy_difference(log_beta, log_beta_state).transpose(0, 2, 1)


@slip("alone")
def policy_with_logs(log_beta, log_beta_state):
    log_pi = log_beta - log_beta_state[:, :, None]
    return np.exp(log_pi), log_pi


@slip("is a generator")
def policy_generator(log_beta, log_beta_state):
    return (np.exp(q - v[:, None]) for q, v in zip(log_beta, log_beta_state, strict=True))


@slip("not callable")
def policy_called(log_beta, log_beta_state):
    return np.exp(log_beta(0) - log_beta_state)


@endless("the time is never counted up")
def policy_never_ends(log_beta, log_beta_state):
    t, pi = 0, np.zeros_like(log_beta)
    while t < len(log_beta):
        pi[t] = np.exp(log_beta[t] - log_beta_state[t][:, None])
    return pi


# --- forward_messages -----------------------------------------------------------------------

right, wrong, slip, endless = marker("forward_messages", RIGHT, WRONG, SLIPS, ENDLESS)


def arrive(mdp, log_weight):
    """The logarithm of all that reaches each state; log_weight is what leaves, (S, A)."""
    return logsumexp(log_weight[:, :, None] + log(mdp.P), axis=(0, 1))


def onward(mdp, reward, horizon, step=arrive, start=None):
    """The forward pass, with other pieces."""
    log_alpha = np.zeros((horizon, mdp.n_states))
    log_alpha[0] = log(mdp.initial_dist) if start is None else start
    for t in range(horizon - 1):
        log_alpha[t + 1] = step(mdp, log_alpha[t][:, None] + reward)
    return log_alpha


@right
def forward_logsumexp(mdp, reward, horizon):
    log_step = log(mdp.P) + reward[:, :, None]
    log_alpha = [log(mdp.initial_dist)]
    while len(log_alpha) < horizon:
        log_alpha.append(logsumexp(log_alpha[-1][:, None, None] + log_step, axis=(0, 1)))
    return np.array(log_alpha)


@right
def forward_loops(mdp, reward, horizon):
    S, A = reward.shape
    log_alpha = np.full((horizon, S), -np.inf)
    for s in range(S):
        if mdp.initial_dist[s] > 0:
            log_alpha[0, s] = math.log(mdp.initial_dist[s])
    for t in range(horizon - 1):
        for s in range(S):
            for a in range(A):
                for after in np.flatnonzero(mdp.P[s, a]):
                    term = log_alpha[t, s] + reward[s, a] + math.log(mdp.P[s, a, after])
                    log_alpha[t + 1, after] = np.logaddexp(log_alpha[t + 1, after], term)
    return log_alpha


@right
def forward_logaddexp(mdp, reward, horizon):
    with np.errstate(divide="ignore"):
        log_P, log_start = np.log(mdp.P), np.log(mdp.initial_dist)
    log_alpha = np.empty((horizon, mdp.n_states))
    log_alpha[0] = log_start
    for t in range(1, horizon):
        arriving = log_alpha[t - 1, :, None, None] + reward[:, :, None] + log_P
        log_alpha[t] = np.logaddexp.reduce(arriving.reshape(-1, mdp.n_states), axis=0)
    return log_alpha


@right
def forward_actions_summed_first(mdp, reward, horizon):
    """One matrix of log weights from state to state."""
    log_M = logsumexp(reward[:, :, None] + log(mdp.P), axis=1)
    rows = [log(mdp.initial_dist)]
    for _ in range(horizon - 1):
        rows.append(logsumexp(rows[-1][:, None] + log_M, axis=0))
    return [row.tolist() for row in rows]


@right
def forward_shifted_by_hand(mdp, reward, horizon):
    """By the best way into each state; where there is none the shift is 0."""
    log_P = log(mdp.P)
    log_alpha = np.zeros((horizon, mdp.n_states))
    log_alpha[0] = log(mdp.initial_dist)
    for t in range(horizon - 1):
        arriving = (log_alpha[t][:, None] + reward)[:, :, None] + log_P
        best = arriving.max(axis=(0, 1))
        shift = np.where(np.isfinite(best), best, 0.0)
        log_alpha[t + 1] = shift + log(np.exp(arriving - shift).sum(axis=(0, 1)))
    return log_alpha


@right
def forward_recursion(mdp, reward, horizon):
    @cache
    def alpha(t):
        if t == 0:
            return log(mdp.initial_dist)
        leaving = (alpha(t - 1)[:, None] + reward).reshape(-1, 1)
        return logsumexp(leaving + log(mdp.P).reshape(-1, mdp.n_states), axis=0)

    return np.stack([alpha(t) for t in range(horizon)])


@right
def forward_possible_ways_only(mdp, reward, horizon):
    """`b` is safe where nothing that counts is -inf: the impossible is left out."""
    log_alpha = np.full((horizon, mdp.n_states), -np.inf)
    log_alpha[0] = log(mdp.initial_dist)
    for t in range(horizon - 1):
        leaving = log_alpha[t][:, None] + reward
        for after in range(mdp.n_states):
            ways = (mdp.P[:, :, after] > 0) & np.isfinite(leaving)
            if ways.any():
                log_alpha[t + 1, after] = logsumexp(leaving[ways], b=mdp.P[ways, after])
    return log_alpha


@right
def forward_action_by_action(mdp, reward, horizon):
    log_P = log(mdp.P)
    now = log(mdp.initial_dist)
    found = [now]
    for _ in range(horizon - 1):
        arrived = np.full(mdp.n_states, -np.inf)
        for a in range(mdp.n_actions):
            each = logsumexp(now[:, None] + reward[:, [a]] + log_P[:, a], axis=0)
            arrived = np.logaddexp(arrived, each)
        now = arrived
        found.append(now)
    return np.vstack(found).astype(np.float32)


@right
def forward_best_reward_taken_off(mdp, reward, horizon):
    log_alpha = onward(mdp, reward - reward.max(), horizon)
    return log_alpha + reward.max() * np.arange(horizon)[:, None]


@right
def forward_product_of_log_matrices(mdp, reward, horizon):
    """All powers of the log matrix first, then the start."""
    log_M = np.logaddexp.reduce(log(mdp.P) + reward[:, :, None], axis=1)
    power, start = log(np.eye(mdp.n_states)), log(mdp.initial_dist)
    rows = []
    for _ in range(horizon):
        rows.append(logsumexp(start[:, None] + power, axis=0))
        power = logsumexp(power[:, :, None] + log_M[None], axis=1)
    return np.array(rows)


@wrong("the start distribution forgotten: all states weigh 1")
def forward_no_start(mdp, reward, horizon):
    return onward(mdp, reward, horizon, start=np.zeros(mdp.n_states))


@wrong("starts anywhere, all states alike")
def forward_uniform_start(mdp, reward, horizon):
    return onward(mdp, reward, horizon, start=-np.log(mdp.n_states))


@wrong("starts in state 0")
def forward_state_zero(mdp, reward, horizon):
    return onward(mdp, reward, horizon, start=log(np.eye(mdp.n_states)[0]))


@wrong("starts in the most likely state")
def forward_likeliest_start(mdp, reward, horizon):
    start = log(np.eye(mdp.n_states)[mdp.initial_dist.argmax()])
    return onward(mdp, reward, horizon, start=start)


@wrong("the start's probability, not its logarithm")
def forward_start_without_log(mdp, reward, horizon):
    return onward(mdp, reward, horizon, start=mdp.initial_dist)


@wrong("somebody new starts at every step")
def forward_start_at_every_step(mdp, reward, horizon):
    def step(mdp, leaving):
        return np.logaddexp(log(mdp.initial_dist), arrive(mdp, leaving))

    return onward(mdp, reward, horizon, step)


@wrong("the start's probability multiplied in at every step")
def forward_start_multiplied(mdp, reward, horizon):
    def step(mdp, leaving):
        return log(mdp.initial_dist) + arrive(mdp, leaving)

    return onward(mdp, reward, horizon, step)


@wrong("the step that is taken there included")
def forward_includes_the_step(mdp, reward, horizon):
    return onward(mdp, reward, horizon) + logsumexp(reward, axis=1)


@wrong("the reward in the state that is reached")
def forward_reward_on_arrival(mdp, reward, horizon):
    def step(mdp, log_alpha):
        arriving = logsumexp(log_alpha[:, :, None] + log(mdp.P), axis=0)
        return logsumexp(arriving + reward.T, axis=0)

    return onward(mdp, np.zeros_like(reward), horizon, step)


@wrong("the reward forgotten")
def forward_no_reward(mdp, reward, horizon):
    return onward(mdp, np.zeros_like(reward), horizon)


@wrong("e^r where r belongs")
def forward_reward_exponentiated(mdp, reward, horizon):
    return onward(mdp, np.exp(reward), horizon)


@wrong("the reward counted twice")
def forward_reward_twice(mdp, reward, horizon):
    return onward(mdp, 2 * reward, horizon)


@wrong("a mean over actions, 1/A a step")
def forward_mean_over_actions(mdp, reward, horizon):
    return onward(mdp, reward - np.log(mdp.n_actions), horizon)


@wrong("a softmax policy of the reward")
def forward_softmax_policy(mdp, reward, horizon):
    return onward(mdp, reward - logsumexp(reward, axis=1, keepdims=True), horizon)


@wrong("made to sum to 1 at every step: where one is, given the lamps so far")
def forward_filtered(mdp, reward, horizon):
    log_alpha = onward(mdp, reward, horizon)
    return log_alpha - logsumexp(log_alpha, axis=1, keepdims=True)


@wrong("the most probable way only")
def forward_best_way(mdp, reward, horizon):
    def step(mdp, leaving):
        return (leaving[:, :, None] + log(mdp.P)).max(axis=(0, 1))

    return onward(mdp, reward, horizon, step)


@wrong("the largest action for the sum over actions")
def forward_best_action(mdp, reward, horizon):
    def step(mdp, leaving):
        return logsumexp((leaving[:, :, None] + log(mdp.P)).max(axis=1), axis=0)

    return onward(mdp, reward, horizon, step)


@wrong("the average of the logarithms")
def forward_average_of_logs(mdp, reward, horizon):
    def step(mdp, leaving):
        return np.einsum("sa,saz->z", np.nan_to_num(leaving, neginf=0.0), mdp.P)

    return onward(mdp, reward, horizon, step)


@wrong("the dynamics transposed")
def forward_transposed(mdp, reward, horizon):
    def step(mdp, leaving):
        log_alpha = leaving[:, 0] - reward[:, 0]
        return logsumexp(log_alpha + reward[:, :, None] + log(mdp.P), axis=(1, 2))

    return onward(mdp, reward, horizon, step)


@wrong("the dynamics forgotten: every state is reached")
def forward_no_dynamics(mdp, reward, horizon):
    def step(mdp, leaving):
        return np.full(mdp.n_states, logsumexp(leaving))

    return onward(mdp, reward, horizon, step)


@wrong("what can be reached weighs in full")
def forward_no_probabilities(mdp, reward, horizon):
    def step(mdp, leaving):
        return logsumexp(leaving[:, :, None] + log((mdp.P > 0) * 1.0), axis=(0, 1))

    return onward(mdp, reward, horizon, step)


@wrong("P added, not its logarithm")
def forward_probability_as_exponent(mdp, reward, horizon):
    def step(mdp, leaving):
        return logsumexp(leaving[:, :, None] + mdp.P, axis=(0, 1))

    return onward(mdp, reward, horizon, step)


@wrong("a little added to P: nothing is impossible")
def forward_never_impossible(mdp, reward, horizon):
    def step(mdp, leaving):
        return logsumexp(leaving[:, :, None] + np.log(mdp.P + 1e-12), axis=(0, 1))

    return onward(mdp, reward, horizon, step, start=np.log(mdp.initial_dist + 1e-12))


@wrong("alpha itself, which leaves the range of numbers, and its logarithm at the end")
def forward_products(mdp, reward, horizon):
    alpha = [mdp.initial_dist]
    for _ in range(horizon - 1):
        alpha.append(np.einsum("s,sa,saz->z", alpha[-1], np.exp(reward), mdp.P))
    return log(np.array(alpha))


@wrong("shifted by the heaviest state, beside which the rest is 0")
def forward_one_shift_for_all(mdp, reward, horizon):
    def step(mdp, leaving):
        return leaving.max() + log(np.einsum("sa,saz->z", np.exp(leaving - leaving.max()), mdp.P))

    return onward(mdp, reward, horizon, step)


@wrong("weights, not logarithms")
def forward_not_logged(mdp, reward, horizon):
    return np.exp(onward(mdp, reward, horizon))


@wrong("0 in place of -inf")
def forward_zero_for_impossible(mdp, reward, horizon):
    log_alpha = onward(mdp, reward, horizon)
    return np.where(np.isfinite(log_alpha), log_alpha, 0.0)


@wrong("log(p + 1e-300), which is -691 where it should be -inf")
def forward_hardly_possible(mdp, reward, horizon):
    def arrive_anywhere(mdp, log_weight):
        return logsumexp(log_weight[:, :, None] + np.log(mdp.P + 1e-300), axis=(0, 1))

    return onward(mdp, reward, horizon, arrive_anywhere, np.log(mdp.initial_dist + 1e-300))


@wrong("a large negative number in place of -inf")
def forward_nearly_impossible(mdp, reward, horizon):
    return np.maximum(onward(mdp, reward, horizon), -1e4)


@wrong("discounted")
def forward_discounted(mdp, reward, horizon):
    log_alpha = np.zeros((horizon, mdp.n_states))
    log_alpha[0] = log(mdp.initial_dist)
    for t in range(horizon - 1):
        log_alpha[t + 1] = arrive(mdp, log_alpha[t][:, None] + mdp.gamma**t * reward)
    return log_alpha


@wrong("begins after the first step")
def forward_one_step_late(mdp, reward, horizon):
    return onward(mdp, reward, horizon + 1)[1:]


@wrong("always one step from the start")
def forward_always_from_start(mdp, reward, horizon):
    first, second = onward(mdp, reward, 2)
    return np.vstack([first, *[second] * (horizon - 1)])


@wrong("turned round in time")
def forward_turned(mdp, reward, horizon):
    return onward(mdp, reward, horizon)[::-1]


@wrong("the backward messages")
def forward_backward(mdp, reward, horizon):
    return messages(mdp, reward, horizon)[1]


@wrong("a walk by the posterior policy in the real world")
def forward_walked(mdp, reward, horizon):
    pi = policy_difference(*messages(mdp, reward, horizon))
    return log(expected_visits(mdp, pi, horizon).sum(axis=2))


@wrong("the first action's reward for all actions")
def forward_first_action(mdp, reward, horizon):
    return onward(mdp, np.tile(reward[:, :1], mdp.n_actions), horizon)


@wrong("takes the best off the reward it was given, and puts it back elsewhere")
def forward_changes_reward(mdp, reward, horizon):
    top = reward.max()
    reward -= top
    return onward(mdp, reward, horizon) + top * np.arange(horizon)[:, None]


@slip("of shape")
def forward_one_too_many(mdp, reward, horizon):
    return onward(mdp, reward, horizon + 1)


@slip("out of bounds")
def forward_writes_beyond_the_end(mdp, reward, horizon):
    log_alpha = np.zeros((horizon, mdp.n_states))
    log_alpha[0] = log(mdp.initial_dist)
    for t in range(horizon):
        log_alpha[t + 1] = arrive(mdp, log_alpha[t][:, None] + reward)
    return log_alpha


@slip("could not be broadcast together")
def forward_missing_axis(mdp, reward, horizon):
    log_alpha = log(mdp.initial_dist)
    return logsumexp(log_alpha + reward + log(mdp.P), axis=(0, 1))


@slip("is a return missing")
def forward_no_return(mdp, reward, horizon):
    log_alpha = onward(mdp, reward, horizon)
    log_alpha.round(3)


@slip("of shape")
def forward_last_row_only(mdp, reward, horizon):
    return onward(mdp, reward, horizon)[-1]


@slip("of shape")
def forward_per_action(mdp, reward, horizon):
    return onward(mdp, reward, horizon)[:, :, None] + reward


@slip("alone")
def forward_both_messages(mdp, reward, horizon):
    return onward(mdp, reward, horizon), messages(mdp, reward, horizon)[1]


@slip("has no attribute 'start'")
def forward_misspelt(mdp, reward, horizon):
    return onward(mdp, reward, horizon, start=log(mdp.start))


@endless("the list is read and never made longer")
def forward_never_ends(mdp, reward, horizon):
    log_alpha = [log(mdp.initial_dist)]
    while len(log_alpha) < horizon + 1:
        log_alpha[-1] = arrive(mdp, log_alpha[-1][:, None] + reward - reward.max())
    return log_alpha


# --- smoothed_visits ------------------------------------------------------------------------

right, wrong, slip, endless = marker("smoothed_visits", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def visits_logsumexp(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return np.exp(both - logsumexp(both, axis=1)[:, None])


@right
def visits_loops(log_alpha, log_beta_state):
    T, S = log_alpha.shape
    visits = np.zeros((T, S))
    for t in range(T):
        total = -np.inf
        for s in range(S):
            total = np.logaddexp(total, log_alpha[t, s] + log_beta_state[t, s])
        for s in range(S):
            visits[t, s] = np.exp(log_alpha[t, s] + log_beta_state[t, s] - total)
    return visits


@right
def visits_softmax(log_alpha, log_beta_state):
    return scipy.special.softmax(log_alpha + log_beta_state, axis=-1)


@right
def visits_shifted_by_hand(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    weights = np.exp(both - both.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


@right
def visits_one_log_Z(log_alpha, log_beta_state):
    """Z is the same at every time: the first will do."""
    log_Z = logsumexp(log_alpha[0] + log_beta_state[0])
    return np.exp(log_alpha + log_beta_state - log_Z)


@right
def visits_last_log_Z(log_alpha, log_beta_state):
    log_Z = np.logaddexp.reduce(log_alpha[-1] + log_beta_state[-1])
    return np.exp(log_alpha + log_beta_state - log_Z).tolist()


@right
def visits_one_shift_for_all(log_alpha, log_beta_state):
    """Every row sums to Z, so none is small beside another."""
    both = log_alpha + log_beta_state
    weights = np.exp(both - both.max())
    return weights / weights.sum(axis=1)[:, np.newaxis]


@right
def visits_step_by_step(log_alpha, log_beta_state):
    visits = []
    for a, b in zip(log_alpha, log_beta_state, strict=True):
        weights = np.exp(a + b - max(a + b))
        visits.append(weights / sum(weights))
    return visits


@right
def visits_transposed(log_alpha, log_beta_state):
    both = log_alpha.T + log_beta_state.T
    return np.exp(both - logsumexp(both, axis=0)).T.astype(np.float32)


@right
def visits_reachable_only(log_alpha, log_beta_state):
    visits = np.zeros(log_alpha.shape)
    for t in range(len(visits)):
        can = log_alpha[t] > -np.inf
        visits[t, can] = softmax(log_alpha[t, can] + log_beta_state[t, can])
    return visits


@wrong("beta forgotten: given the lamps so far only")
def visits_filtered(log_alpha, log_beta_state):
    return np.exp(log_alpha - logsumexp(log_alpha, axis=1, keepdims=True))


@wrong("alpha forgotten: given the lamps to come only")
def visits_no_alpha(log_alpha, log_beta_state):
    return softmax(log_beta_state)


@wrong("alpha and beta added, not multiplied")
def visits_sum_of_weights(log_alpha, log_beta_state):
    both = np.logaddexp(log_alpha, log_beta_state)
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("alpha divided by beta")
def visits_ratio(log_alpha, log_beta_state):
    both = log_alpha - log_beta_state
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("the logarithms multiplied")
def visits_product_of_logs(log_alpha, log_beta_state):
    return shares(np.nan_to_num(log_alpha, neginf=0.0) * log_beta_state)


@wrong("shares of the logarithms")
def visits_shares_of_logs(log_alpha, log_beta_state):
    return shares(np.nan_to_num(log_alpha + log_beta_state, neginf=0.0))


@wrong("still logarithms")
def visits_logs(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return both - logsumexp(both, axis=1, keepdims=True)


@wrong("never divided by Z")
def visits_joint(log_alpha, log_beta_state):
    return np.exp(log_alpha + log_beta_state)


@wrong("shares over time")
def visits_over_time(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return np.exp(both - logsumexp(both, axis=0))


@wrong("shares of all states and times together")
def visits_over_everything(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return np.exp(both - logsumexp(both))


@wrong("the sum of beta_0 for Z, without the start")
def visits_Z_without_start(log_alpha, log_beta_state):
    return np.exp(log_alpha + log_beta_state - logsumexp(log_beta_state[0]))


@wrong("each sum taken on its own: sum alpha times sum beta below the line")
def visits_product_of_sums(log_alpha, log_beta_state):
    log_total = logsumexp(log_alpha, axis=1) + logsumexp(log_beta_state, axis=1)
    return np.exp(log_alpha + log_beta_state - log_total[:, None])


@wrong("the mean of foresight and hindsight")
def visits_mean(log_alpha, log_beta_state):
    before = np.exp(log_alpha - logsumexp(log_alpha, axis=1, keepdims=True))
    return (before + softmax(log_beta_state)) / 2


@wrong("the logarithms averaged")
def visits_geometric_mean(log_alpha, log_beta_state):
    both = (log_alpha + log_beta_state) / 2
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("beta counted twice")
def visits_beta_twice(log_alpha, log_beta_state):
    both = log_alpha + 2 * log_beta_state
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("the next step's beta")
def visits_next_beta(log_alpha, log_beta_state):
    both = log_alpha + np.vstack([log_beta_state[1:], 0 * log_beta_state[:1]])
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("beta turned round in time")
def visits_beta_turned(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state[::-1]
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("the last beta at all times")
def visits_last_beta(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state[-1]
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


@wrong("the first row at all times")
def visits_first_row(log_alpha, log_beta_state):
    visits = visits_logsumexp(log_alpha, log_beta_state)
    return np.repeat(visits[:1], len(visits), axis=0)


@wrong("the most probable state only")
def visits_most_probable(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return np.eye(both.shape[1])[both.argmax(axis=1)]


@wrong("relative to the most probable state, and never made to sum to 1")
def visits_relative_to_best(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return np.exp(both - both.max(axis=1, keepdims=True))


@wrong("exp without a shift, which leaves the range of numbers")
def visits_unshifted(log_alpha, log_beta_state):
    return shares(np.exp(log_alpha + log_beta_state))


@wrong("alpha times beta, each out of the range of numbers already")
def visits_weights_multiplied(log_alpha, log_beta_state):
    return shares(np.exp(log_alpha) * np.exp(log_beta_state))


@wrong("each shifted on its own: where one is large the other is 0")
def visits_two_shifts(log_alpha, log_beta_state):
    alpha = np.exp(log_alpha - log_alpha.max(axis=1, keepdims=True))
    beta = np.exp(log_beta_state - log_beta_state.max(axis=1, keepdims=True))
    return shares(alpha * beta)


@wrong("a softmax of the shares")
def visits_softmax_twice(log_alpha, log_beta_state):
    return softmax(visits_logsumexp(log_alpha, log_beta_state))


@wrong("nan in place of 0 where nobody can be")
def visits_nan(log_alpha, log_beta_state):
    visits = visits_logsumexp(log_alpha, log_beta_state)
    return visits + 0 * log_alpha


@wrong("adds to the messages it was given")
def visits_changes_messages(log_alpha, log_beta_state):
    log_alpha += log_beta_state
    log_alpha -= logsumexp(log_alpha, axis=1, keepdims=True)
    return np.exp(log_alpha)


@slip("could not be broadcast together")
def visits_missing_axis(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return np.exp(both - logsumexp(both, axis=1))


@slip("is a return missing")
def visits_printed(log_alpha, log_beta_state):
    print(visits_logsumexp(log_alpha, log_beta_state).shape, end="\r")


@slip("of shape")
def visits_all_steps_added(log_alpha, log_beta_state):
    return visits_logsumexp(log_alpha, log_beta_state).sum(axis=0)


@slip("two axes swapped")
def visits_states_first(log_alpha, log_beta_state):
    return visits_logsumexp(log_alpha, log_beta_state).T


@slip("alone")
def visits_with_log_Z(log_alpha, log_beta_state):
    both = log_alpha + log_beta_state
    return visits_logsumexp(log_alpha, log_beta_state), logsumexp(both, axis=1)


@slip("is not defined")
def visits_misspelt(log_alpha, log_beta_state):
    return np.exp(log_alpha + log_beta - log_Z)  # noqa: F821


@slip("is a generator")
def visits_generator(log_alpha, log_beta_state):
    return (softmax(a + b) for a, b in zip(log_alpha, log_beta_state, strict=True))


@endless("the time is never counted up")
def visits_never_ends(log_alpha, log_beta_state):
    t, visits = 0, np.zeros_like(log_alpha)
    while t < len(log_alpha):
        visits[t] = scipy.special.softmax(log_alpha[t] + log_beta_state[t])
    return visits


# --- posterior_dynamics ---------------------------------------------------------------------

right, wrong, slip, endless = marker("posterior_dynamics", RIGHT, WRONG, SLIPS, ENDLESS)


def believed(mdp, later):
    """P with successors counted by exp(later(s'))."""
    log_joint = log(mdp.P) + later
    return np.exp(log_joint - logsumexp(log_joint, axis=2, keepdims=True))


def follows(log_beta_state, t):
    """Log beta at t + 1; beyond the end 0."""
    return log_beta_state[t + 1] if t + 1 < len(log_beta_state) else 0 * log_beta_state[t]


@right
def belief_logsumexp(mdp, log_beta_state, t):
    if t + 1 == len(log_beta_state):
        return mdp.P
    log_joint = log(mdp.P) + log_beta_state[t + 1]
    return np.exp(log_joint - logsumexp(log_joint, axis=-1)[:, :, None])


@right
def belief_row_of_zeros_at_end(mdp, log_beta_state, t):
    later = np.vstack([log_beta_state, np.zeros(mdp.n_states)])[t + 1]
    log_total = logsumexp(later, b=mdp.P, axis=2)[:, :, None]
    return mdp.P * np.exp(np.where(mdp.P > 0, later - log_total, 0.0))


@right
def belief_softmax(mdp, log_beta_state, t):
    last = t >= log_beta_state.shape[0] - 1
    later = np.zeros(mdp.n_states) if last else log_beta_state[t + 1]
    return scipy.special.softmax(log(mdp.P) + later[None, None, :], axis=2)


@right
def belief_loops(mdp, log_beta_state, t):
    found = np.array(mdp.P)
    if t < len(log_beta_state) - 1:
        for s in range(mdp.n_states):
            for a in range(mdp.n_actions):
                can = np.flatnonzero(mdp.P[s, a])
                best = max(log_beta_state[t + 1, can])
                weights = mdp.P[s, a, can] * np.exp(log_beta_state[t + 1, can] - best)
                found[s, a, can] = weights / weights.sum()
    return found


@right
def belief_shifted_by_hand(mdp, log_beta_state, t):
    """By the best of the possible successors."""
    later = follows(log_beta_state, t)
    possible = np.where(mdp.P > 0, later, -np.inf)
    weights = mdp.P * np.exp(possible - possible.max(axis=2, keepdims=True))
    return weights / weights.sum(axis=2, keepdims=True)


@right
def belief_copy_at_end(mdp, log_beta_state, t):
    found = mdp.P.copy()
    if t != len(log_beta_state) - 1:
        with np.errstate(divide="ignore"):
            found = np.log(found)
        found += log_beta_state[t + 1]
        found -= found.max(axis=2)[:, :, None]
        np.exp(found, out=found)
        found /= found.sum(axis=2)[:, :, None]
    return found


@right
def belief_flat_rows(mdp, log_beta_state, t):
    rows = log(mdp.P.reshape(-1, mdp.n_states)) + follows(log_beta_state, t)
    rows = np.exp(rows - np.logaddexp.reduce(rows, axis=1)[:, None])
    return rows.reshape(mdp.P.shape).tolist()


@right
def belief_try_next(mdp, log_beta_state, t):
    try:
        later = log_beta_state[t + 1]
    except IndexError:
        return np.copy(mdp.P)
    return scipy.special.softmax(np.log(mdp.P) + later, axis=-1).astype(np.float32)


@right
def belief_action_by_action(mdp, log_beta_state, t):
    later = [*log_beta_state[1:], np.zeros(mdp.n_states)][t]
    each = []
    for a in range(mdp.n_actions):
        log_joint = log(mdp.P[:, a]) + later
        each.append(np.exp(log_joint.T - logsumexp(log_joint, axis=1)).T)
    return np.stack(each, axis=1)


@wrong("beta of the step itself, not of the next")
def belief_beta_of_now(mdp, log_beta_state, t):
    return believed(mdp, log_beta_state[t])


@wrong("beta of the step itself, with an exception for the last")
def belief_beta_of_now_but_last(mdp, log_beta_state, t):
    return mdp.P if t == len(log_beta_state) - 1 else believed(mdp, log_beta_state[t])


@wrong("beta two steps on")
def belief_two_steps_on(mdp, log_beta_state, t):
    return believed(mdp, follows(log_beta_state, t + 1) if t + 1 < len(log_beta_state) else 0.0)


@wrong("no exception for the last step: reads beyond the end")
def belief_beyond_the_end(mdp, log_beta_state, t):
    return believed(mdp, log_beta_state[t + 1])


@wrong("after the last step comes the first")
def belief_wraps_round(mdp, log_beta_state, t):
    return believed(mdp, log_beta_state[(t + 1) % len(log_beta_state)])


@wrong("at the end the last message once more")
def belief_last_message_again(mdp, log_beta_state, t):
    return believed(mdp, log_beta_state[min(t + 1, len(log_beta_state) - 1)])


@wrong("at the end all states alike")
def belief_uniform_at_end(mdp, log_beta_state, t):
    if t == len(log_beta_state) - 1:
        return np.full(mdp.P.shape, 1 / mdp.n_states)
    return believed(mdp, log_beta_state[t + 1])


@wrong("at the end nothing")
def belief_zeros_at_end(mdp, log_beta_state, t):
    if t == len(log_beta_state) - 1:
        return np.zeros(mdp.P.shape)
    return believed(mdp, log_beta_state[t + 1])


@wrong("the end a step too early")
def belief_ends_early(mdp, log_beta_state, t):
    if t >= len(log_beta_state) - 2:
        return mdp.P
    return believed(mdp, log_beta_state[t + 1])


@wrong("the real dynamics")
def belief_real(mdp, log_beta_state, t):
    return mdp.P


@wrong("the dynamics forgotten: shares of beta among all states")
def belief_no_dynamics(mdp, log_beta_state, t):
    return np.tile(softmax(follows(log_beta_state, t)), (mdp.n_states, mdp.n_actions, 1))


@wrong("possible successors all alike before beta")
def belief_no_probabilities(mdp, log_beta_state, t):
    log_joint = log((mdp.P > 0) * 1.0) + follows(log_beta_state, t)
    return np.exp(log_joint - logsumexp(log_joint, axis=2, keepdims=True))


@wrong("the dynamics counted twice")
def belief_dynamics_twice(mdp, log_beta_state, t):
    log_joint = 2 * log(mdp.P) + follows(log_beta_state, t)
    return np.exp(log_joint - logsumexp(log_joint, axis=2, keepdims=True))


@wrong("never made to sum to 1")
def belief_not_normalised(mdp, log_beta_state, t):
    return mdp.P * np.exp(follows(log_beta_state, t))


@wrong("divided by beta of the state, reward and all")
def belief_divided_by_state(mdp, log_beta_state, t):
    return mdp.P * np.exp(follows(log_beta_state, t) - log_beta_state[t][:, None, None])


@wrong("shares over the states one comes from")
def belief_over_states(mdp, log_beta_state, t):
    log_joint = log(mdp.P) + follows(log_beta_state, t)
    return np.exp(log_joint - logsumexp(log_joint, axis=0, keepdims=True))


@wrong("shares over the actions")
def belief_over_actions(mdp, log_beta_state, t):
    log_joint = log(mdp.P) + follows(log_beta_state, t)
    return np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))


@wrong("shares over actions and successors together")
def belief_over_both(mdp, log_beta_state, t):
    log_joint = log(mdp.P) + follows(log_beta_state, t)
    return np.exp(log_joint - logsumexp(log_joint, axis=(1, 2), keepdims=True))


@wrong("beta of the state one comes from")
def belief_beta_of_origin(mdp, log_beta_state, t):
    later = follows(log_beta_state, t)
    return shares(mdp.P * np.exp(later - later.max())[:, None, None])


@wrong("still logarithms")
def belief_logs(mdp, log_beta_state, t):
    log_joint = log(mdp.P) + follows(log_beta_state, t)
    return log_joint - logsumexp(log_joint, axis=2, keepdims=True)


@wrong("log beta for beta")
def belief_log_for_beta(mdp, log_beta_state, t):
    if t == len(log_beta_state) - 1:
        return mdp.P
    return shares(mdp.P * log_beta_state[t + 1])


@wrong("P added, not its logarithm")
def belief_probability_as_exponent(mdp, log_beta_state, t):
    return mdp.P if t == len(log_beta_state) - 1 else softmax(mdp.P + log_beta_state[t + 1])


@wrong("the worse what follows, the more probable")
def belief_pessimist(mdp, log_beta_state, t):
    return believed(mdp, -follows(log_beta_state, t))


@wrong("the luckiest successor only")
def belief_luckiest(mdp, log_beta_state, t):
    if t == len(log_beta_state) - 1:
        return mdp.P
    best = np.where(mdp.P > 0, log_beta_state[t + 1], -np.inf).argmax(axis=2)
    return np.eye(mdp.n_states)[best]


@wrong("the most probable successor only")
def belief_most_probable(mdp, log_beta_state, t):
    if t == len(log_beta_state) - 1:
        return mdp.P
    return np.eye(mdp.n_states)[(log(mdp.P) + log_beta_state[t + 1]).argmax(axis=2)]


@wrong("t not used: the first step's belief at all times")
def belief_first_step(mdp, log_beta_state, t):
    return believed(mdp, follows(log_beta_state, 0))


@wrong("a mean of beta over time")
def belief_mean_message(mdp, log_beta_state, t):
    return mdp.P if t == len(log_beta_state) - 1 else believed(mdp, log_beta_state.mean(axis=0))


@wrong("t counted from the end")
def belief_from_the_end(mdp, log_beta_state, t):
    return believed(mdp, follows(log_beta_state[::-1], t))


@wrong("exp without a shift")
def belief_unshifted(mdp, log_beta_state, t):
    return shares(mdp.P * np.exp(follows(log_beta_state, t)))


@wrong("shifted by the best of all states, which not everybody can reach")
def belief_one_shift_for_all(mdp, log_beta_state, t):
    later = follows(log_beta_state, t)
    return shares(mdp.P * np.exp(later - later.max()))


@wrong("0 times infinity where the impossible would have been lucky")
def belief_zero_times_infinity(mdp, log_beta_state, t):
    later = follows(log_beta_state, t)
    return mdp.P * np.exp(later - logsumexp(later, b=mdp.P, axis=2)[:, :, None])


@wrong("the mean of belief and world")
def belief_half(mdp, log_beta_state, t):
    return (mdp.P + believed(mdp, follows(log_beta_state, t))) / 2


@wrong("shifts the messages it was given")
def belief_changes_messages(mdp, log_beta_state, t):
    log_beta_state -= log_beta_state.max()
    return belief_logsumexp(mdp, log_beta_state, t)


@slip("is a return missing")
def belief_no_return(mdp, log_beta_state, t):
    believed(mdp, follows(log_beta_state, t))


@slip("read-only")
def belief_changes_world(mdp, log_beta_state, t):
    mdp.P[:] *= np.exp(follows(log_beta_state, t))
    return shares(mdp.P)


@slip("of shape")
def belief_all_times(mdp, log_beta_state, t):
    return np.stack([belief_logsumexp(mdp, log_beta_state, i) for i in range(len(log_beta_state))])


@slip("of shape")
def belief_normaliser(mdp, log_beta_state, t):
    return logsumexp(log(mdp.P) + follows(log_beta_state, t), axis=2)


@slip("could not be broadcast together")
def belief_missing_axis(mdp, log_beta_state, t):
    log_joint = log(mdp.P) + follows(log_beta_state, t)
    return np.exp(log_joint - logsumexp(log_joint, axis=2))


@slip("not subscriptable")
def belief_world_as_array(mdp, log_beta_state, t):
    return log(mdp[:, :]) + log_beta_state[t]


@slip("has no attribute 'horizon'")
def belief_asks_world_for_horizon(mdp, log_beta_state, t):
    return mdp.P if t == mdp.horizon - 1 else believed(mdp, log_beta_state[t + 1])


@endless("looks for the end in the same place")
def belief_never_ends(mdp, log_beta_state, t):
    step = 0
    while step < len(log_beta_state):
        found = believed(mdp, follows(log_beta_state, step))
    return found


# --- soft_value_iteration -------------------------------------------------------------------

right, wrong, slip, endless = marker("soft_value_iteration", RIGHT, WRONG, SLIPS, ENDLESS)


def soft_max(Q, temperature):
    return temperature * logsumexp(Q / temperature, axis=-1)


def boltzmann(Q, V, temperature):
    return np.exp((Q - V[:, None]) / temperature)


def expected(mdp, V, temperature):
    return mdp.P @ V


def soft(
    mdp, reward, horizon, temperature, ahead=expected, choose=soft_max, end=0.0, act=boltzmann
):
    """The soft backward pass, with other pieces."""
    V = np.zeros((horizon + 1, mdp.n_states))
    V[horizon] = end
    Q = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    pi = np.zeros_like(Q)
    for t in reversed(range(horizon)):
        Q[t] = reward + ahead(mdp, V[t + 1], temperature)
        V[t] = choose(Q[t], temperature)
        pi[t] = act(Q[t], V[t], temperature)
    return V, Q, pi


@right
def soft_package(mdp, reward, horizon, temperature):
    return planning.soft_value_iteration(mdp, reward, horizon, temperature)


@right
def soft_arrays(mdp, reward, horizon, temperature):
    V = np.zeros((horizon + 1, mdp.n_states))
    Q = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in range(horizon)[::-1]:
        Q[t] = reward + mdp.expect(V[t + 1])
        V[t] = temperature * logsumexp(Q[t] / temperature, axis=1)
    pi = np.exp((Q - V[:-1, :, None]) / temperature)
    return V, Q, pi


@right
def soft_lists(mdp, reward, horizon, temperature):
    V, Q, pi = [np.zeros(mdp.n_states)], [], []
    for _ in range(horizon):
        Q.insert(0, reward + mdp.P @ V[0])
        V.insert(0, temperature * logsumexp(Q[0] / temperature, axis=1))
        pi.insert(0, scipy.special.softmax(Q[0] / temperature, axis=1))
    return V, Q, pi


@right
def soft_loops(mdp, reward, horizon, temperature):
    S, A = mdp.n_states, mdp.n_actions
    V, Q, pi = np.zeros((horizon + 1, S)), np.zeros((horizon, S, A)), np.zeros((horizon, S, A))
    for t in range(horizon - 1, -1, -1):
        for s in range(S):
            for a in range(A):
                Q[t, s, a] = reward[s, a] + sum(mdp.P[s, a] * V[t + 1])
            best = max(Q[t, s])
            powers = [math.exp((q - best) / temperature) for q in Q[t, s]]
            V[t, s] = best + temperature * math.log(sum(powers))
            pi[t, s] = np.array(powers) / sum(powers)
    return V, Q, pi


@right
def soft_scaled_reward(mdp, reward, horizon, temperature):
    """Plans at temperature 1 for the reward divided by it, and multiplies back."""
    V, Q, pi = soft(mdp, reward / temperature, horizon, 1.0)
    return temperature * V, temperature * Q, pi


@right
def soft_einsum(mdp, reward, horizon, temperature):
    V, Q, pi = deque([np.zeros(mdp.n_states)]), deque(), deque()
    while len(Q) < horizon:
        q = reward + np.einsum("saz,z->sa", mdp.P, V[0])
        shift = q.max(axis=1, keepdims=True)
        powers = np.exp((q - shift) / temperature)
        total = powers.sum(axis=1, keepdims=True)
        V.appendleft((shift + temperature * np.log(total))[:, 0])
        Q.appendleft(q)
        pi.appendleft(powers / total)
    return np.array(V), np.array(Q), np.array(pi)


@right
def soft_backup(mdp, reward, horizon, temperature):
    """The package's backup in a world without a discount; V as reward plus entropy."""
    endless_world = mdp.replace(gamma=1.0)
    V, Q, pi = np.zeros((horizon + 1, mdp.n_states)), [None] * horizon, [None] * horizon
    for t in reversed(range(horizon)):
        Q[t] = bellman_backup(endless_world, reward, V[t + 1])
        pi[t] = softmax(Q[t] / temperature)
        V[t] = (pi[t] * Q[t] + temperature * scipy.special.entr(pi[t])).sum(axis=1)
    return V, np.stack(Q), np.stack(pi)


@right
def soft_recursion(mdp, reward, horizon, temperature):
    if horizon == 0:
        none = np.zeros((0, mdp.n_states, mdp.n_actions))
        return np.zeros((1, mdp.n_states)), none, none
    V, Q, pi = soft_recursion(mdp, reward, horizon - 1, temperature)
    q = reward + mdp.P.dot(V[0])
    v = temperature * np.logaddexp.reduce(q / temperature, axis=1)
    first = np.exp((q - v[:, None]) / temperature)
    return np.vstack([v, V]), np.concatenate([[q], Q]), np.concatenate([[first], pi])


@right
def soft_single_precision(mdp, reward, horizon, temperature):
    return [x.astype(np.float32) for x in soft(mdp, reward, horizon, temperature)]


@wrong("log E[exp V] for E[V]: counts on luck")
def soft_optimist(mdp, reward, horizon, temperature):
    def ahead(mdp, V, temperature):
        return temperature * logsumexp(V / temperature, b=mdp.P, axis=2)

    return soft(mdp, reward, horizon, temperature, ahead)


@wrong("log E[exp V] without the temperature")
def soft_optimist_at_one(mdp, reward, horizon, temperature):
    def ahead(mdp, V, temperature):
        return logsumexp(V, b=mdp.P, axis=2)

    return soft(mdp, reward, horizon, temperature, ahead)


@wrong("the best successor for the mean of them")
def soft_best_successor(mdp, reward, horizon, temperature):
    def ahead(mdp, V, temperature):
        return np.where(mdp.P > 0, V, -np.inf).max(axis=2)

    return soft(mdp, reward, horizon, temperature, ahead)


@wrong("the largest Q for the soft sum")
def soft_hard_max(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature, choose=lambda Q, temperature: Q.max(axis=1))
    return V, Q, softmax(Q / temperature)


@wrong("hard planning, greedy policy and all")
def soft_hard(mdp, reward, horizon, temperature):
    def act(Q, V, temperature):
        return np.eye(mdp.n_actions)[Q.argmax(axis=1)]

    return soft(
        mdp, reward, horizon, temperature, choose=lambda Q, temperature: Q.max(axis=1), act=act
    )


@wrong("the greedy policy of soft values")
def soft_greedy_policy(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, np.eye(mdp.n_actions)[Q.argmax(axis=2)]


@wrong("what the policy earns, without its entropy")
def soft_no_entropy(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return (softmax(Q / temperature) * Q).sum(axis=1)

    V, Q, _ = soft(mdp, reward, horizon, temperature, choose=choose)
    return V, Q, softmax(Q / temperature)


@wrong("a mean over actions, log A less")
def soft_mean_over_actions(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return soft_max(Q, temperature) - temperature * np.log(Q.shape[1])

    V, Q, _ = soft(mdp, reward, horizon, temperature, choose=choose)
    return V, Q, softmax(Q / temperature)


@wrong("a mean over actions, and a policy that sums to A")
def soft_policy_sums_to_A(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return soft_max(Q, temperature) - temperature * np.log(Q.shape[1])

    return soft(mdp, reward, horizon, temperature, choose=choose)


@wrong("temperature not used")
def soft_temperature_one(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, 1.0)


@wrong("temperature not used in V")
def soft_values_at_one(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature, choose=lambda Q, temperature: log_sum_exp(Q))
    return V, Q, softmax(Q / temperature)


@wrong("the temperature in front of the logarithm forgotten")
def soft_no_factor(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return logsumexp(Q / temperature, axis=1)

    return soft(mdp, reward, horizon, temperature, choose=choose)


@wrong("the temperature within the logarithm forgotten")
def soft_only_factor(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return temperature * logsumexp(Q, axis=1)

    return soft(mdp, reward, horizon, temperature, choose=choose)


@wrong("the temperature forgotten in the policy")
def soft_policy_at_one(mdp, reward, horizon, temperature):
    def act(Q, V, temperature):
        return np.exp(Q - V[:, None])

    return soft(mdp, reward, horizon, temperature, act=act)


@wrong("the temperature forgotten in the policy, made to sum to 1")
def soft_policy_softmax_at_one(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, softmax(Q)


@wrong("multiplied by the temperature: colder is hotter")
def soft_inverse_temperature(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, 1 / temperature)


@wrong("the temperature multiplied in the policy")
def soft_policy_multiplied(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, softmax(Q * temperature)


@wrong("the temperature squared in the policy")
def soft_policy_squared(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, softmax(Q / temperature**2)


@wrong("in units of the reward divided by the temperature")
def soft_scaled_units(mdp, reward, horizon, temperature):
    return soft(mdp, reward / temperature, horizon, 1.0)


@wrong("divided by the temperature twice")
def soft_divided_twice(mdp, reward, horizon, temperature):
    return soft(mdp, reward / temperature, horizon, temperature)


@wrong("discounted")
def soft_discounted(mdp, reward, horizon, temperature):
    return soft(
        mdp, reward, horizon, temperature, lambda mdp, V, temperature: mdp.gamma * (mdp.P @ V)
    )


@wrong("the endless discounted values at all times")
def soft_endless_values(mdp, reward, horizon, temperature):
    V, Q, pi = planning.soft_value_iteration(
        mdp.replace(gamma=min(mdp.gamma, 0.95)), reward, temperature=temperature, tol=1e-3
    )
    return np.tile(V, (horizon + 1, 1)), np.tile(Q, (horizon, 1, 1)), np.tile(pi, (horizon, 1, 1))


@wrong("exp without a shift")
def soft_unshifted(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return temperature * log(np.exp(Q / temperature).sum(axis=1))

    return soft(mdp, reward, horizon, temperature, choose=choose)


@wrong("the dynamics transposed")
def soft_transposed(mdp, reward, horizon, temperature):
    def ahead(mdp, V, temperature):
        return np.einsum("saz,s->za", mdp.P, V)

    return soft(mdp, reward, horizon, temperature, ahead)


@wrong("the dynamics forgotten: the mean over all states")
def soft_no_dynamics(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature, lambda mdp, V, temperature: V.mean())


@wrong("stays in the state it is in")
def soft_same_state(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature, lambda mdp, V, temperature: V[:, None])


@wrong("the last state pays as well")
def soft_last_state_pays(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature, end=soft_max(reward, temperature))


@wrong("the reward counted twice")
def soft_reward_twice(mdp, reward, horizon, temperature):
    def choose(Q, temperature):
        return soft_max(reward + Q, temperature)

    V, Q, _ = soft(mdp, reward, horizon, temperature, choose=choose)
    return V, Q, softmax(Q / temperature)


@wrong("the reward forgotten in Q")
def soft_reward_missing_in_Q(mdp, reward, horizon, temperature):
    V, Q, pi = soft(mdp, reward, horizon, temperature)
    return V, Q - reward, pi


@wrong("V of the next step is never handed on")
def soft_one_step(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature, lambda mdp, V, temperature: 0.0)


@wrong("the first step's Q and policy at all times")
def soft_stationary(mdp, reward, horizon, temperature):
    V, Q, pi = soft(mdp, reward, horizon, temperature)
    return V, np.repeat(Q[:1], horizon, axis=0), np.repeat(pi[:1], horizon, axis=0)


@wrong("turned round in time")
def soft_turned(mdp, reward, horizon, temperature):
    return [x[::-1] for x in soft(mdp, reward, horizon, temperature)]


@wrong("the row of zeros first")
def soft_zeros_first(mdp, reward, horizon, temperature):
    V, Q, pi = soft(mdp, reward, horizon, temperature)
    return np.vstack([V[-1:], V[:-1]]), Q, pi


@wrong("the policy made from the next step's V")
def soft_policy_next_V(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, np.exp((Q - V[1:, :, None]) / temperature)


@wrong("the policy's shares over the states")
def soft_policy_over_states(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, softmax(Q / temperature, axis=1)


@wrong("the policy's logarithm")
def soft_log_policy(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, (Q - V[:-1, :, None]) / temperature


@wrong("V without its last row")
def soft_no_last_row(mdp, reward, horizon, temperature):
    V, Q, pi = soft(mdp, reward, horizon, temperature)
    return V[:-1], Q, pi


@wrong("takes the best off the reward it was given, and puts it back elsewhere")
def soft_changes_reward(mdp, reward, horizon, temperature):
    top = reward.max()
    reward -= top
    V, Q, pi = soft(mdp, reward, horizon, temperature)
    left = np.arange(horizon, -1, -1)
    return V + top * left[:, None], Q + top * left[:-1, None, None], pi


@slip("is a return missing")
def soft_no_return(mdp, reward, horizon, temperature):
    soft(mdp, reward, horizon, temperature)


@slip("return 3 things")
def soft_two_things(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature)[:2]


@slip("return 3 things")
def soft_policy_only(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature)[2]


@slip("out of bounds")
def soft_reads_beyond_the_end(mdp, reward, horizon, temperature):
    V = np.zeros((horizon, mdp.n_states))
    for t in reversed(range(horizon)):
        Q = reward + mdp.expect(V[t + 1])
        V[t] = soft_max(Q, temperature)
    return V, Q, Q


@slip("could not be broadcast together")
def soft_missing_axis(mdp, reward, horizon, temperature):
    V, Q, _ = soft(mdp, reward, horizon, temperature)
    return V, Q, [np.exp((Q[t] - V[t]) / temperature) for t in range(horizon)]


@slip("has no attribute 'expected'")
def soft_misspelt(mdp, reward, horizon, temperature):
    return soft(mdp, reward, horizon, temperature, lambda mdp, V, temperature: mdp.expected(V))


@endless("iterated until V settles, but without a discount it never does")
def soft_until_settled(mdp, reward, horizon, temperature):
    V, before = np.zeros(mdp.n_states), np.ones(mdp.n_states)
    while np.abs(V - before).max() > 0:
        before, V = V, soft_max(reward + mdp.P @ V, temperature)
    return V, V, V
