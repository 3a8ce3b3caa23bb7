"""Answers to the exercises of lesson 06, each independent of the lesson's other exercises."""

import math
from functools import cache, reduce

import numpy as np
import scipy.optimize
from scipy.special import logsumexp

from answers.register import marker, register
from irl_course import planning
from irl_course.mdp import Demos, sample_demos

RIGHT, WRONG, SLIPS, ENDLESS = register()


def log(p):
    """-inf at 0, without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def softmax(x, axis=-1):
    """Shares of exp(x), for finite x."""
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def hopeful(mdp, V):
    """What the trajectory model looks forward to, log E[exp V(s')]: an optimist's view."""
    return logsumexp(V + log(mdp.P), axis=2)


def soft_max(Q):
    return logsumexp(Q, axis=1)


def backward(mdp, reward, horizon, ahead=hopeful, choose=soft_max, end=None):
    """Log messages (T, S, A) and (T + 1, S), the last row 0; or the same with other pieces."""
    V = np.zeros((horizon + 1, mdp.n_states))
    Q = np.zeros((horizon, *reward.shape))
    if end is not None:
        V[horizon] = end
    for t in reversed(range(horizon)):
        Q[t] = reward + ahead(mdp, V[t + 1])
        V[t] = choose(Q[t])
    return Q, V


def forward(mdp, reward, horizon):
    """Log messages (T, S)."""
    log_step = log(mdp.P) + reward[:, :, None]
    rows = [log(mdp.initial_dist)]
    for _ in range(horizon - 1):
        rows.append(logsumexp(rows[-1][:, None, None] + log_step, axis=(0, 1)))
    return np.array(rows)


def partition(mdp, reward, horizon, **pieces):
    """log Z, or what other pieces make of it."""
    return logsumexp(log(mdp.initial_dist) + backward(mdp, reward, horizon, **pieces)[1][0])


def model_visits(mdp, reward, horizon):
    """What the trajectory model expects, (T, S, A)."""
    log_beta, _ = backward(mdp, reward, horizon)
    return shares_of_steps(forward(mdp, reward, horizon)[:, :, None] + log_beta)


def shares_of_steps(log_weights):
    return np.exp(log_weights - logsumexp(log_weights, axis=(1, 2), keepdims=True))


def demo_counts(features, demos):
    """Mean over the demonstrations of their summed features, (K,)."""
    return features[demos.states[:, :-1], demos.actions].sum(axis=1).mean(axis=0)


def rolled_out(mdp, pi, horizon):
    """Visits of a policy in the real dynamics, (T, S, A)."""
    return planning.expected_visits(mdp, pi, horizon)


def summed(visits, features):
    """Expected feature counts, (K,)."""
    return np.einsum("tsa,sak->k", visits, features)


def longer(demos):
    """The demonstrations with the last action once more in the state reached last."""
    states = np.hstack([demos.states, demos.states[:, -1:]])
    return Demos(states, np.hstack([demos.actions, demos.actions[:, -1:]]))


# --- log_partition --------------------------------------------------------------------------

right, wrong, slip, endless = marker("log_partition", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def partition_backward(mdp, reward, horizon):
    log_P, V = log(mdp.P), np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = logsumexp(reward + logsumexp(log_P + V, axis=2), axis=1)
    return float(logsumexp(log(mdp.initial_dist) + V))


@right
def partition_forward(mdp, reward, horizon):
    log_alpha = forward(mdp, reward, horizon)
    return logsumexp(log_alpha[-1][:, None] + reward)


@right
def partition_forward_to_the_last_state(mdp, reward, horizon):
    """Where the last state is counted as well, and all of them are added up."""
    log_step = (log(mdp.P) + reward[:, :, None]).reshape(-1, mdp.n_states)
    reached = log(mdp.initial_dist)
    for _ in range(horizon):
        reached = np.logaddexp.reduce(np.repeat(reached, mdp.n_actions)[:, None] + log_step)
    return np.logaddexp.reduce(reached)


@right
def partition_loops(mdp, reward, horizon):
    S, A = reward.shape
    V = [0.0] * S
    for _ in range(horizon):
        before, V = V, [-math.inf] * S
        for s in range(S):
            for a in range(A):
                for after in range(S):
                    if mdp.P[s, a, after] > 0:
                        term = reward[s, a] + math.log(mdp.P[s, a, after]) + before[after]
                        V[s] = np.logaddexp(V[s], term)
    total = -math.inf
    for s in range(S):
        if mdp.initial_dist[s] > 0:
            total = np.logaddexp(total, math.log(mdp.initial_dist[s]) + V[s])
    return total


@right
def partition_recursion(mdp, reward, horizon):
    @cache
    def to_go(state, steps):
        if steps == 0:
            return 0.0
        terms = [
            reward[state, a] + math.log(mdp.P[state, a, after]) + to_go(after, steps - 1)
            for a in range(mdp.n_actions)
            for after in np.flatnonzero(mdp.P[state, a]).tolist()
        ]
        top = max(terms)
        return top + math.log(math.fsum(math.exp(term - top) for term in terms))

    starts = np.flatnonzero(mdp.initial_dist).tolist()
    return logsumexp([math.log(mdp.initial_dist[s]) + to_go(s, horizon) for s in starts])


@right
def partition_shifted_by_hand(mdp, reward, horizon):
    """Each state by the best step out of it; where there is a step there is a best one."""
    log_step = (log(mdp.P) + reward[:, :, None]).reshape(mdp.n_states, -1)
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        terms = log_step + np.tile(V, mdp.n_actions)
        best = terms.max(axis=1)
        V = best + np.log(np.exp(terms - best[:, None]).sum(axis=1))
    terms = log(mdp.initial_dist) + V
    return np.array(terms.max() + np.log(np.exp(terms - terms.max()).sum()))


@right
def partition_doubling(mdp, reward, horizon):
    """Powers of the matrix of log weights from state to state, by squaring."""

    def times(left, right):
        return logsumexp(left[:, :, None] + right[None], axis=1)

    power, row = logsumexp(reward[:, :, None] + log(mdp.P), axis=1), log(mdp.initial_dist)[None]
    while horizon:
        horizon, odd = divmod(horizon, 2)
        if odd:
            row = times(row, power)
        power = times(power, power)
    return logsumexp(row)


@right
def partition_meets_in_the_middle(mdp, reward, horizon):
    half = horizon // 2
    log_alpha = forward(mdp, reward, half + 1)[-1]
    _, V = backward(mdp, reward, horizon - half)
    return np.float32(logsumexp(log_alpha + V[0]))


@right
def partition_reduced(mdp, reward, horizon):
    """Only what can happen, one list of log weights a state."""
    P = mdp.P

    def earlier(V, _):
        return np.array(
            [
                logsumexp(np.concatenate([r + np.log(p[p > 0]) + V[p > 0] for p, r in rows]))
                for rows in (list(zip(P[s], reward[s], strict=True)) for s in range(len(P)))
            ]
        )

    V, can = reduce(earlier, range(horizon), np.zeros(len(P))), mdp.initial_dist > 0
    return logsumexp(np.log(mdp.initial_dist[can]) + V[can])


@wrong("every start counts 1")
def partition_no_start(mdp, reward, horizon):
    return logsumexp(backward(mdp, reward, horizon)[1][0])


@wrong("the expected logarithm for the logarithm of the expectation")
def partition_mean_of_logs(mdp, reward, horizon):
    return mdp.initial_dist @ backward(mdp, reward, horizon)[1][0]


@wrong("the causal model's value: E[V] for log E[exp V]")
def partition_causal(mdp, reward, horizon):
    return mdp.initial_dist @ backward(mdp, reward, horizon, lambda mdp, V: mdp.P @ V)[1][0]


@wrong("E[V] for log E[exp V] within, but not at the start")
def partition_causal_within(mdp, reward, horizon):
    return partition(mdp, reward, horizon, ahead=lambda mdp, V: mdp.P @ V)


@wrong("p left out: every possible trajectory weighs exp(r)")
def partition_counts_the_possible(mdp, reward, horizon):
    def ahead(mdp, V):
        return logsumexp(np.where(mdp.P > 0, V, -np.inf), axis=2)

    V = backward(mdp, reward, horizon, ahead)[1][0]
    return logsumexp(V[mdp.initial_dist > 0])


@wrong("every sequence of states and actions, possible or not")
def partition_all_sequences(mdp, reward, horizon):
    return horizon * logsumexp(reward)


@wrong("exp without a shift")
def partition_unshifted(mdp, reward, horizon):
    weights, beta = np.exp(reward), np.ones(mdp.n_states)
    for _ in range(horizon):
        beta = (weights * (mdp.P @ beta)).sum(axis=1)
    return np.log(mdp.initial_dist @ beta)


@wrong("one shift for all states, beside which a bad state's future is exp(-1000) = 0")
def partition_one_shift_a_step(mdp, reward, horizon):
    log_Z, beta = 0.0, np.ones(mdp.n_states)
    for _ in range(horizon):
        beta = (np.exp(reward - reward.max()) * (mdp.P @ beta)).sum(axis=1)
        log_Z += reward.max() + log(beta.max())
        beta = beta / beta.max()
    return log_Z + log(mdp.initial_dist @ beta)


@wrong("the last state pays, too")
def partition_one_step_long(mdp, reward, horizon):
    return partition(mdp, reward, horizon + 1)


@wrong("the last step forgotten")
def partition_one_step_short(mdp, reward, horizon):
    return logsumexp(forward(mdp, reward, horizon)[-1])


@wrong("the best trajectory's weight for the sum of all")
def partition_best_trajectory(mdp, reward, horizon):
    def ahead(mdp, V):
        return (log(mdp.P) + V).max(axis=2)

    V = backward(mdp, reward, horizon, ahead, choose=lambda Q: Q.max(axis=1))[1][0]
    return (log(mdp.initial_dist) + V).max()


@wrong("the largest over actions for the sum")
def partition_hard_choice(mdp, reward, horizon):
    return partition(mdp, reward, horizon, choose=lambda Q: Q.max(axis=1))


@wrong("a mean over actions: 1/A a step")
def partition_action_prior(mdp, reward, horizon):
    return partition(mdp, reward, horizon) - horizon * np.log(mdp.n_actions)


@wrong("discounted rewards")
def partition_discounted(mdp, reward, horizon):
    V = np.zeros(mdp.n_states)
    for t in reversed(range(horizon)):
        V = logsumexp(mdp.gamma**t * reward + hopeful(mdp, V), axis=1)
    return logsumexp(log(mdp.initial_dist) + V)


@wrong("the future discounted")
def partition_discounted_values(mdp, reward, horizon):
    return partition(mdp, reward, horizon, ahead=lambda mdp, V: mdp.gamma * hopeful(mdp, V))


@wrong("Z, not its logarithm")
def partition_not_logged(mdp, reward, horizon):
    return np.exp(partition(mdp, reward, horizon))


@wrong("the reward in the state that is reached")
def partition_reward_on_arrival(mdp, reward, horizon):
    V = np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = logsumexp(log(mdp.P) + reward.T + V, axis=(1, 2))
    return logsumexp(log(mdp.initial_dist) + V)


@wrong("what a random policy earns, plus its entropy")
def partition_uniform_policy(mdp, reward, horizon):
    uniform = np.full(reward.shape, 1 / mdp.n_actions)
    visits = planning.expected_visits(mdp, uniform, horizon)
    return (visits * reward).sum() + horizon * np.log(mdp.n_actions)


@wrong("starts anywhere")
def partition_uniform_start(mdp, reward, horizon):
    return logsumexp(backward(mdp, reward, horizon)[1][0]) - np.log(mdp.n_states)


@wrong("a little added to p, so that the impossible can happen and earn 1000")
def partition_never_impossible(mdp, reward, horizon):
    log_P, V = np.log(mdp.P + 1e-12), np.zeros(mdp.n_states)
    for _ in range(horizon):
        V = logsumexp(reward + logsumexp(log_P + V, axis=2), axis=1)
    return logsumexp(np.log(mdp.initial_dist + 1e-12) + V)


@wrong("the largest reward taken off, and put back once instead of once a step")
def partition_shift_put_back_once(mdp, reward, horizon):
    return partition(mdp, reward - reward.max(), horizon) + reward.max()


@wrong("the largest reward taken off, and never put back")
def partition_shift_never_put_back(mdp, reward, horizon):
    return partition(mdp, reward - reward.max(), horizon)


@wrong("the start's probability at every step")
def partition_start_at_every_step(mdp, reward, horizon):
    return partition(mdp, reward + log(mdp.initial_dist)[:, None], horizon)


@wrong("the dynamics transposed")
def partition_transposed(mdp, reward, horizon):
    def ahead(mdp, V):
        return logsumexp(log(mdp.P.transpose(2, 1, 0)) + V, axis=2)

    return partition(mdp, reward, horizon, ahead=ahead)


@wrong("takes the largest reward off the array it was given")
def partition_changes_reward(mdp, reward, horizon):
    top = reward.max()
    reward -= top
    return partition(mdp, reward, horizon) + top * horizon


@slip("is a return missing")
def partition_printed(mdp, reward, horizon):
    print(partition(mdp, reward, horizon), end="\r")


@slip("return one number")
def partition_per_state(mdp, reward, horizon):
    return backward(mdp, reward, horizon)[1][0]


@slip("alone")
def partition_with_messages(mdp, reward, horizon):
    _, V = backward(mdp, reward, horizon)
    return logsumexp(log(mdp.initial_dist) + V[0]), V


@slip("somewhere a division by 0")
def partition_nan(mdp, reward, horizon):
    V = backward(mdp, reward, horizon)[1][0]
    return (0 * log(0 * mdp.initial_dist) + V).sum()


@slip("out of bounds")
def partition_reads_beyond_the_end(mdp, reward, horizon):
    V = np.zeros((horizon, mdp.n_states))
    for t in reversed(range(horizon)):
        V[t] = logsumexp(reward + hopeful(mdp, V[t + 1]), axis=1)
    return logsumexp(log(mdp.initial_dist) + V[0])


@slip("could not be broadcast together")
def partition_missing_axis(mdp, reward, horizon):
    return logsumexp(log(mdp.P) + reward[None, None])


@endless("iterated until it settles, which a sum without discount never does")
def partition_until_settled(mdp, reward, horizon):
    V, before = np.zeros(mdp.n_states), np.ones(mdp.n_states)
    while np.abs(V - before).max() > 0:
        before, V = V, logsumexp(1.0 + 0 * reward + hopeful(mdp, V), axis=1)
    return logsumexp(log(mdp.initial_dist) + V)


# --- demo_log_likelihood --------------------------------------------------------------------

right, wrong, slip, endless = marker("demo_log_likelihood", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def likelihood_of_counts(mdp, features, psi, demos):
    return psi @ demo_counts(features, demos) - partition(mdp, features @ psi, demos.horizon)


@right
def likelihood_loops(mdp, features, psi, demos):
    earned = 0.0
    for i in range(demos.n_demos):
        for t in range(demos.horizon):
            for k in range(len(psi)):
                earned += psi[k] * features[demos.states[i, t], demos.actions[i, t], k]
    reward, V = np.einsum("sak,k->sa", features, psi), np.zeros(mdp.n_states)
    for _ in range(demos.horizon):
        V = logsumexp(reward + logsumexp(log(mdp.P) + V, axis=2), axis=1)
    return earned / demos.n_demos - logsumexp(log(mdp.initial_dist) + V)


@right
def likelihood_forward(mdp, features, psi, demos):
    reward = features @ psi
    log_Z = logsumexp(forward(mdp, reward, demos.horizon)[-1][:, None] + reward)
    earned = [
        sum(reward[s, a] for s, a in zip(life, deeds, strict=False))
        for life, deeds in zip(demos.states, demos.actions, strict=True)
    ]
    return float(np.mean(earned) - log_Z)


@right
def likelihood_mean_of_each(mdp, features, psi, demos):
    """The log-likelihood of each demonstration first."""
    reward = np.tensordot(features, psi, axes=1)
    each = reward[demos.states[:, :-1], demos.actions].sum(axis=1)
    return (each - partition(mdp, reward, demos.horizon)).mean()


@right
def likelihood_visits_counted(mdp, features, psi, demos):
    S, A = features.shape[:2]
    pairs = (demos.states[:, :-1] * A + demos.actions).ravel()
    visits = np.bincount(pairs, minlength=S * A).reshape(S, A) / demos.n_demos
    reward = (features * psi).sum(axis=-1)
    return (visits * reward).sum() - partition(mdp, reward, demos.horizon)


@right
def likelihood_one_hot(mdp, features, psi, demos):
    here = np.eye(mdp.n_states)[demos.states[:, : demos.horizon]]
    deed = np.eye(mdp.n_actions)[demos.actions]
    earned = np.einsum("nts,nta,sak,k->n", here, deed, features, psi, optimize=True)
    log_M = logsumexp((features @ psi)[:, :, None] + log(mdp.P), axis=1)
    row = log(mdp.initial_dist)
    for _ in range(demos.horizon):
        row = logsumexp(row[:, None] + log_M, axis=0)
    return np.average(earned) - logsumexp(row)


@right
def likelihood_rewards_lowered(mdp, features, psi, demos):
    """A constant a step weighs on no trajectory's probability: the best reward is made 0."""
    reward = features @ psi
    reward = reward - reward.max()
    earned = np.take(reward, demos.states[:, :-1] * mdp.n_actions + demos.actions)
    return np.float32(earned.sum() / len(demos) - partition(mdp, reward, demos.horizon))


@right
def likelihood_of_policies(mdp, features, psi, demos):
    """Chain rule: the tilted start, choices and moves, without what the real moves come to."""
    log_beta, V = backward(mdp, features @ psi, demos.horizon)
    log_Z = logsumexp(log(mdp.initial_dist) + V[0])
    total = 0.0
    for life, deeds in zip(demos.states.tolist(), demos.actions.tolist(), strict=True):
        total += V[0, life[0]] - log_Z
        for t, (s, a) in enumerate(zip(life, deeds, strict=False)):
            step = log_beta[t, s, a] - V[t, s]
            total += step + V[t + 1, life[t + 1]] - hopeful(mdp, V[t + 1])[s, a]
    return np.array(total / demos.n_demos)


@wrong("added up over the demonstrations")
def likelihood_sum(mdp, features, psi, demos):
    return demos.n_demos * likelihood_of_counts(mdp, features, psi, demos)


@wrong("rewards added up, one log Z")
def likelihood_sum_minus_one(mdp, features, psi, demos):
    earned = demos.n_demos * (psi @ demo_counts(features, demos))
    return earned - partition(mdp, features @ psi, demos.horizon)


@wrong("log Z added")
def likelihood_plus(mdp, features, psi, demos):
    return psi @ demo_counts(features, demos) + partition(mdp, features @ psi, demos.horizon)


@wrong("no log Z: the reward alone")
def likelihood_reward_alone(mdp, features, psi, demos):
    return psi @ demo_counts(features, demos)


@wrong("turned round, as a loss")
def likelihood_as_loss(mdp, features, psi, demos):
    return -likelihood_of_counts(mdp, features, psi, demos)


@wrong("keeps the demonstrations' own log-probability, a constant")
def likelihood_with_dynamics(mdp, features, psi, demos):
    moves = log(mdp.P[demos.states[:, :-1], demos.actions, demos.states[:, 1:]]).sum(axis=1)
    constant = (log(mdp.initial_dist[demos.states[:, 0]]) + moves).mean()
    return likelihood_of_counts(mdp, features, psi, demos) + constant


@wrong("the causal value for log Z")
def likelihood_causal(mdp, features, psi, demos):
    _, V = backward(mdp, features @ psi, demos.horizon, lambda mdp, V: mdp.P @ V)
    return psi @ demo_counts(features, demos) - mdp.initial_dist @ V[0]


@wrong("what the causal policy's choices come to")
def likelihood_causal_choices(mdp, features, psi, demos):
    V, Q, _ = planning.soft_value_iteration(mdp, features @ psi, demos.horizon)
    log_pi, t = Q - V[:-1, :, None], np.arange(demos.horizon)
    return log_pi[t, demos.states[:, :-1], demos.actions].sum(axis=1).mean()


@wrong("the choices' probabilities only, under the trajectory model's policy")
def likelihood_choices(mdp, features, psi, demos):
    log_beta, V = backward(mdp, features @ psi, demos.horizon)
    log_pi, t = log_beta - V[:-1, :, None], np.arange(demos.horizon)
    return log_pi[t, demos.states[:, :-1], demos.actions].sum(axis=1).mean()


@wrong("log Z of each demonstration's own start: given the start")
def likelihood_given_the_start(mdp, features, psi, demos):
    _, V = backward(mdp, features @ psi, demos.horizon)
    return psi @ demo_counts(features, demos) - V[0, demos.states[:, 0]].mean()


@wrong("every start counts 1 in Z")
def likelihood_no_start(mdp, features, psi, demos):
    _, V = backward(mdp, features @ psi, demos.horizon)
    return psi @ demo_counts(features, demos) - logsumexp(V[0])


@wrong("E[log Z] over the starts")
def likelihood_mean_of_logs(mdp, features, psi, demos):
    _, V = backward(mdp, features @ psi, demos.horizon)
    return psi @ demo_counts(features, demos) - mdp.initial_dist @ V[0]


@wrong("p left out of Z")
def likelihood_without_p(mdp, features, psi, demos):
    return psi @ demo_counts(features, demos) - partition_counts_the_possible(
        mdp, features @ psi, demos.horizon
    )


@wrong("the best trajectory for log Z, as a margin has it")
def likelihood_margin(mdp, features, psi, demos):
    best = partition_best_trajectory(mdp, features @ psi, demos.horizon)
    return psi @ demo_counts(features, demos) - best


@wrong("the sum over the demonstrations for Z")
def likelihood_among_demos(mdp, features, psi, demos):
    each = (features @ psi)[demos.states[:, :-1], demos.actions].sum(axis=1)
    return each.mean() - logsumexp(each)


@wrong("a mean over the steps")
def likelihood_per_step(mdp, features, psi, demos):
    return likelihood_of_counts(mdp, features, psi, demos) / demos.horizon


@wrong("a mean over demonstrations and steps of the reward, log Z whole")
def likelihood_mean_reward(mdp, features, psi, demos):
    earned = (features @ psi)[demos.states[:, :-1], demos.actions].mean()
    return earned - partition(mdp, features @ psi, demos.horizon)


@wrong("the last state counts, with the last action once more")
def likelihood_last_state(mdp, features, psi, demos):
    return psi @ demo_counts(features, longer(demos)) - partition(
        mdp, features @ psi, demos.horizon
    )


@wrong("the horizon is the number of states")
def likelihood_long_horizon(mdp, features, psi, demos):
    log_Z = partition(mdp, features @ psi, demos.states.shape[1])
    return psi @ demo_counts(features, demos) - log_Z


@wrong("the number of demonstrations for their length")
def likelihood_n_for_horizon(mdp, features, psi, demos):
    log_Z = partition(mdp, features @ psi, demos.n_demos)
    return psi @ demo_counts(features, demos) - log_Z


@wrong("features of the states that are reached")
def likelihood_next_state(mdp, features, psi, demos):
    earned = (features @ psi)[demos.states[:, 1:], demos.actions].sum(axis=1).mean()
    return earned - partition(mdp, features @ psi, demos.horizon)


@wrong("discounted features")
def likelihood_discounted(mdp, features, psi, demos):
    reward = features @ psi
    discount = mdp.gamma ** np.arange(demos.horizon)
    earned = (reward[demos.states[:, :-1], demos.actions] @ discount).mean()
    return earned - partition(mdp, reward, demos.horizon)


@wrong("the logarithm of the mean weight for the mean of the logarithms")
def likelihood_log_of_mean(mdp, features, psi, demos):
    each = (features @ psi)[demos.states[:, :-1], demos.actions].sum(axis=1)
    mean = logsumexp(each) - np.log(demos.n_demos)
    return mean - partition(mdp, features @ psi, demos.horizon)


@wrong("each pair counted once, however often it is visited")
def likelihood_distinct_pairs(mdp, features, psi, demos):
    visits = np.zeros(features.shape[:2])
    visits[demos.states[:, :-1], demos.actions] += 1
    earned = (visits * (features @ psi)).sum() / demos.n_demos
    return earned - partition(mdp, features @ psi, demos.horizon)


@wrong("exp without a shift")
def likelihood_unshifted(mdp, features, psi, demos):
    log_Z = partition_unshifted(mdp, features @ psi, demos.horizon)
    return psi @ demo_counts(features, demos) - log_Z


@slip("is a return missing")
def likelihood_no_return(mdp, features, psi, demos):
    likelihood_of_counts(mdp, features, psi, demos)


@slip("return one number")
def likelihood_of_each(mdp, features, psi, demos):
    each = (features @ psi)[demos.states[:, :-1], demos.actions].sum(axis=1)
    return each - partition(mdp, features @ psi, demos.horizon)


@slip("return one number")
def likelihood_two_terms(mdp, features, psi, demos):
    return psi @ demo_counts(features, demos), partition(mdp, features @ psi, demos.horizon)


@slip("has no attribute")
def likelihood_unpacked(mdp, features, psi, demos):
    return features @ psi - partition(mdp, features @ psi, demos.n_steps)


@slip("rror")
def likelihood_all_states(mdp, features, psi, demos):
    """States and actions are not of the same length."""
    earned = (features @ psi)[demos.states, demos.actions].sum(axis=1).mean()
    return earned - partition(mdp, features @ psi, demos.horizon)


@slip("mismatch")
def likelihood_psi_first(mdp, features, psi, demos):
    return (psi @ features)[demos.states[:, :-1], demos.actions].sum(axis=1).mean()


@endless("the demonstration is never counted up")
def likelihood_never_ends(mdp, features, psi, demos):
    i, earned = 0, 0.0
    while i < demos.n_demos:
        earned += (features @ psi)[demos.states[i, :-1], demos.actions[i]].sum()
    return earned / demos.n_demos


# --- expected_visits ------------------------------------------------------------------------

right, wrong, slip, endless = marker("expected_visits", RIGHT, WRONG, SLIPS, ENDLESS)


def each_step(pi, horizon):
    """A policy for every step, (T, S, A)."""
    return pi if pi.ndim == 3 else np.repeat(pi[None], horizon, axis=0)


@right
def visits_loops(mdp, pi, horizon):
    S, A = mdp.n_states, mdp.n_actions
    visits, d = np.zeros((horizon, S, A)), np.array(mdp.initial_dist)
    for t in range(horizon):
        after = np.zeros(S)
        for s in range(S):
            for a in range(A):
                visits[t, s, a] = d[s] * (pi[t, s, a] if np.ndim(pi) == 3 else pi[s, a])
                for z in range(S):
                    after[z] += visits[t, s, a] * mdp.P[s, a, z]
        d = after
    return visits


@right
def visits_broadcast(mdp, pi, horizon):
    pi = np.broadcast_to(pi, (horizon, mdp.n_states, mdp.n_actions))
    visits = np.zeros(pi.shape)
    visits[0] = mdp.initial_dist[:, None] * pi[0]
    for t in range(1, horizon):
        visits[t] = np.tensordot(visits[t - 1], mdp.P, axes=2)[:, None] * pi[t]
    return visits


@right
def visits_policy_matrices(mdp, pi, horizon):
    d = [mdp.initial_dist]
    for pi_t in each_step(pi, horizon)[:-1]:
        d.append(d[-1] @ mdp.policy_matrix(pi_t))
    return np.array(d)[:, :, None] * pi


@right
def visits_einsum(mdp, pi, horizon):
    found, d = [], mdp.initial_dist
    for t in range(horizon):
        found.append(np.einsum("s,sa->sa", d, pi[t] if pi.ndim > 2 else pi))
        d = np.einsum("sa,saz->z", found[-1], mdp.P)
    return [x.tolist() for x in found]


@right
def visits_recursion(mdp, pi, horizon):
    pi = each_step(pi, horizon)

    def of_step(t):
        d = mdp.initial_dist if t == 0 else mdp.flow(of_step(t - 1))
        return d[:, None] * pi[t]

    return np.stack([of_step(t) for t in range(horizon)])


@right
def visits_one_linear_system(mdp, pi, horizon):
    """All steps at once: each state's visits are what flows in from the step before."""
    pi, S = each_step(pi, horizon), mdp.n_states
    flows = np.eye(horizon * S)
    for t in range(horizon - 1):
        block = np.einsum("sa,saz->zs", pi[t], mdp.P)
        flows[(t + 1) * S : (t + 2) * S, t * S : (t + 1) * S] = -block
    start = np.concatenate([mdp.initial_dist, np.zeros((horizon - 1) * S)])
    d = np.linalg.solve(flows, start).reshape(horizon, S)
    return d[:, :, None] * pi


@right
def visits_from_every_start(mdp, pi, horizon):
    """Products of matrices, and the start last."""
    pi, reach = each_step(pi, horizon), np.eye(mdp.n_states)
    visits = []
    for pi_t in pi:
        visits.append((mdp.initial_dist @ reach)[:, None] * pi_t)
        reach = reach @ (pi_t[:, :, None] * mdp.P).sum(axis=1)
    return np.array(visits)


@right
def visits_pair_to_pair(mdp, pi, horizon):
    """A chain over state-action pairs."""
    pi, pairs = each_step(pi, horizon), mdp.n_states * mdp.n_actions
    rows = [(mdp.initial_dist[:, None] * pi[0]).ravel()]
    for t in range(1, horizon):
        chain = (mdp.P[:, :, :, None] * pi[t]).reshape(pairs, pairs)
        rows.append(chain.T @ rows[-1])
    return np.array(rows).reshape(horizon, mdp.n_states, mdp.n_actions)


@right
def visits_single_precision(mdp, pi, horizon):
    pi, d = each_step(pi, horizon), mdp.initial_dist
    visits = np.empty((horizon, mdp.n_states, mdp.n_actions), dtype=np.float32)
    for t in range(horizon):
        visit = d[:, None] * pi[t]
        visits[t], d = visit, visit.ravel() @ mdp.P.reshape(-1, mdp.n_states)
    return visits


@wrong("the first step's policy at all steps")
def visits_first_policy(mdp, pi, horizon):
    return rolled_out(mdp, pi[0] if pi.ndim == 3 else pi, horizon)


@wrong("the last step's policy at all steps")
def visits_last_policy(mdp, pi, horizon):
    return rolled_out(mdp, pi[-1] if pi.ndim == 3 else pi, horizon)


@wrong("the mean policy at all steps")
def visits_mean_policy(mdp, pi, horizon):
    return rolled_out(mdp, pi.mean(axis=0) if pi.ndim == 3 else pi, horizon)


@wrong("the policy turned round in time, as steps to go")
def visits_steps_to_go(mdp, pi, horizon):
    return rolled_out(mdp, pi[::-1] if pi.ndim == 3 else pi, horizon)


@wrong("moves by the next step's policy")
def visits_policy_one_late(mdp, pi, horizon):
    pi, d = each_step(pi, horizon), mdp.initial_dist
    visits = []
    for t in range(horizon):
        visits.append(d[:, None] * pi[t])
        d = mdp.flow(d[:, None] * pi[min(t + 1, horizon - 1)])
    return np.array(visits)


@wrong("one policy for all steps is taken for a list over time")
def visits_always_indexed(mdp, pi, horizon):
    visits, d = [], mdp.initial_dist
    for t in range(horizon):
        visits.append(d[:, None] * pi[t])
        d = np.tensordot(visits[-1], mdp.P, axes=2)
    return np.array(visits)


@wrong("told apart by length: one policy of S = T rows passes for T policies")
def visits_told_by_length(mdp, pi, horizon):
    visits, d = [], mdp.initial_dist
    for t in range(horizon):
        visits.append(d[:, None] * (pi[t] if len(pi) == horizon else pi))
        d = np.tensordot(visits[-1], mdp.P, axes=2)
    return np.array(visits)


@wrong("starts anywhere")
def visits_uniform_start(mdp, pi, horizon):
    start = np.full(mdp.n_states, 1 / mdp.n_states)
    return rolled_out(mdp.replace(initial_dist=start), pi, horizon)


@wrong("starts in state 0")
def visits_state_zero(mdp, pi, horizon):
    return rolled_out(mdp.replace(initial_dist=np.eye(mdp.n_states)[0]), pi, horizon)


@wrong("discounted")
def visits_discounted(mdp, pi, horizon):
    discount = mdp.gamma ** np.arange(horizon)
    return discount[:, None, None] * rolled_out(mdp, pi, horizon)


@wrong("every action as likely as another on the way")
def visits_random_moves(mdp, pi, horizon):
    pi, d = each_step(pi, horizon), mdp.initial_dist
    visits = []
    for t in range(horizon):
        visits.append(d[:, None] * pi[t])
        d = d @ mdp.P.mean(axis=1)
    return np.array(visits)


@wrong("shares the states' visits evenly among the actions")
def visits_even_actions(mdp, pi, horizon):
    d = rolled_out(mdp, pi, horizon).sum(axis=2, keepdims=True)
    return np.tile(d / mdp.n_actions, (1, 1, mdp.n_actions))


@wrong("the states' visits for each action, not multiplied by the policy")
def visits_without_policy(mdp, pi, horizon):
    d = rolled_out(mdp, pi, horizon).sum(axis=2, keepdims=True)
    return np.tile(d, (1, 1, mdp.n_actions))


@wrong("multiplied by the policy twice")
def visits_policy_twice(mdp, pi, horizon):
    return rolled_out(mdp, pi, horizon) * pi


@wrong("the likeliest successor only")
def visits_likeliest_successor(mdp, pi, horizon):
    P = np.eye(mdp.n_states)[mdp.P.argmax(axis=2)]
    return rolled_out(mdp.replace(P=P), pi, horizon)


@wrong("the likeliest action only")
def visits_greedy(mdp, pi, horizon):
    return rolled_out(mdp, np.eye(mdp.n_actions)[pi.argmax(axis=-1)], horizon)


@wrong("the dynamics transposed")
def visits_transposed(mdp, pi, horizon):
    pi, d = each_step(pi, horizon), mdp.initial_dist
    visits = []
    for t in range(horizon):
        visits.append(d[:, None] * pi[t])
        d = np.einsum("za,saz->s", visits[-1], mdp.P)
    return np.array(visits)


@wrong("nobody moves: the start's states at every step")
def visits_never_moves(mdp, pi, horizon):
    return mdp.initial_dist[:, None] * each_step(pi, horizon)


@wrong("the step after, so that the start is missing")
def visits_one_step_late(mdp, pi, horizon):
    first = rolled_out(mdp, pi[0] if pi.ndim == 3 else pi, 1)[0]
    return rolled_out(mdp.replace(initial_dist=mdp.flow(first)), pi, horizon)


@wrong("added up over the steps so far")
def visits_running_total(mdp, pi, horizon):
    return np.cumsum(rolled_out(mdp, pi, horizon), axis=0)


@wrong("the mean over time at every step")
def visits_mean_over_time(mdp, pi, horizon):
    return np.tile(rolled_out(mdp, pi, horizon).mean(axis=0), (horizon, 1, 1))


@wrong("all steps together sum to 1")
def visits_shares(mdp, pi, horizon):
    return rolled_out(mdp, pi, horizon) / horizon


@wrong("what flows into a state from one state overwrites what came from another")
def visits_overwritten(mdp, pi, horizon):
    pi, d = each_step(pi, horizon), np.array(mdp.initial_dist)
    visits = []
    for t in range(horizon):
        visits.append(d[:, None] * pi[t])
        d = np.zeros(mdp.n_states)
        for s in range(mdp.n_states):
            for a in range(mdp.n_actions):
                for z in np.flatnonzero(mdp.P[s, a]):
                    d[z] = visits[t][s, a] * mdp.P[s, a, z]
    return np.array(visits)


@wrong("counted in a thousand samples")
def visits_sampled(mdp, pi, horizon):
    demos = sample_demos(mdp, pi, 1000, horizon, seed=0)
    visits = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in range(horizon):
        np.add.at(visits[t], (demos.states[:, t], demos.actions[:, t]), 1 / 1000)
    return visits


@wrong("turns the policy it was given into the visits")
def visits_changes_policy(mdp, pi, horizon):
    if pi.ndim == 2:
        return rolled_out(mdp, pi, horizon)
    d = mdp.initial_dist
    for t in range(horizon):
        pi[t] *= d[:, None]
        d = mdp.flow(pi[t])
    return pi


@slip("is a return missing")
def visits_no_return(mdp, pi, horizon):
    rolled_out(mdp, pi, horizon)


@slip("of shape")
def visits_of_states(mdp, pi, horizon):
    return rolled_out(mdp, pi, horizon).sum(axis=2)


@slip("of shape")
def visits_totals(mdp, pi, horizon):
    return rolled_out(mdp, pi, horizon).sum(axis=0)


@slip("of shape")
def visits_with_the_end(mdp, pi, horizon):
    visits = rolled_out(mdp, pi, horizon)
    return np.concatenate([visits, visits[-1:]])


@slip("is a generator")
def visits_generator(mdp, pi, horizon):
    return (visits for visits in rolled_out(mdp, pi, horizon))


@slip("could not be broadcast together")
def visits_missing_axis(mdp, pi, horizon):
    return mdp.initial_dist * each_step(pi, horizon)


@endless("the step is never counted up")
def visits_never_end(mdp, pi, horizon):
    t, d = 0, mdp.initial_dist
    while t < horizon:
        d = mdp.flow(d[:, None] * each_step(pi, horizon)[t])
    return d


# --- maxent_gradient ------------------------------------------------------------------------

right, wrong, slip, endless = marker("maxent_gradient", RIGHT, WRONG, SLIPS, ENDLESS)


def gradient_from(visits, features, demos):
    return demo_counts(features, demos) - summed(visits, features)


def tilted(mdp, reward, horizon):
    """Start (S,), policy (T, S, A) and dynamics (T, S, A, S) of the trajectory model."""
    log_beta, V = backward(mdp, reward, horizon)
    start = softmax(log(mdp.initial_dist) + V[0])
    moves = [softmax(log(mdp.P) + V[t + 1]) for t in range(horizon)]
    return start, np.exp(log_beta - V[:-1, :, None]), np.array(moves)


@right
def gradient_forward_backward(mdp, features, psi, demos):
    reward, T = features @ psi, demos.horizon
    log_alpha, (log_beta, V) = forward(mdp, reward, T), backward(mdp, reward, T)
    log_Z = logsumexp(log(mdp.initial_dist) + V[0])
    visits = np.exp(log_alpha[:, :, None] + log_beta - log_Z)
    return demo_counts(features, demos) - np.tensordot(visits.sum(axis=0), features, axes=2)


@right
def gradient_loops(mdp, features, psi, demos):
    reward, T = features @ psi, demos.horizon
    gradient = np.zeros(len(psi))
    for life, deeds in zip(demos.states, demos.actions, strict=True):
        for t in range(T):
            gradient += features[life[t], deeds[t]] / demos.n_demos
    log_alpha, (log_beta, _) = forward(mdp, reward, T), backward(mdp, reward, T)
    for t in range(T):
        log_Z = logsumexp(log_alpha[t][:, None] + log_beta[t])
        for s in range(mdp.n_states):
            for a in range(mdp.n_actions):
                gradient -= np.exp(log_alpha[t, s] + log_beta[t, s, a] - log_Z) * features[s, a]
    return gradient


@right
def gradient_shares_of_steps(mdp, features, psi, demos):
    visits = np.zeros(features.shape[:2])
    np.add.at(visits, (demos.states[:, :-1], demos.actions), 1 / demos.n_demos)
    visits -= model_visits(mdp, features @ psi, demos.horizon).sum(axis=0)
    return [float((visits * features[:, :, k]).sum()) for k in range(len(psi))]


@right
def gradient_tilted_rollout(mdp, features, psi, demos):
    """The model's policy in the dynamics the model believes in, from the start it believes in."""
    d, pi, moves = tilted(mdp, features @ psi, demos.horizon)
    gradient = demo_counts(features, demos)
    for pi_t, move in zip(pi, moves, strict=True):
        visits = d[:, None] * pi_t
        gradient = gradient - np.einsum("sa,sak->k", visits, features)
        d = np.einsum("sa,saz->z", visits, move)
    return gradient


@right
def gradient_of_the_backward_pass(mdp, features, psi, demos):
    """Each log message with its derivative: what is still expected from there on."""
    start, pi, moves = tilted(mdp, features @ psi, demos.horizon)
    ahead = np.zeros((mdp.n_states, len(psi)))
    for pi_t, move in zip(pi[::-1], moves[::-1], strict=True):
        ahead = (pi_t[:, :, None] * (features + move @ ahead)).sum(axis=1)
    return demo_counts(features, demos) - start @ ahead


@right
def gradient_of_the_forward_pass(mdp, features, psi, demos):
    """Each log message with its derivative: what has been met so far on the way there."""
    reward, log_P = features @ psi, log(mdp.P)
    log_alpha, so_far = log(mdp.initial_dist), np.zeros((mdp.n_states, len(psi)))
    for _ in range(demos.horizon):
        terms = log_alpha[:, None, None] + reward[:, :, None] + log_P
        log_alpha = logsumexp(terms, axis=(0, 1))
        came_from = np.exp(terms - np.where(np.isfinite(log_alpha), log_alpha, 0.0))
        so_far = np.einsum("saz,sak->zk", came_from, so_far[:, None] + features)
    return demo_counts(features, demos) - softmax(log_alpha) @ so_far


@right
def gradient_complex_step(mdp, features, psi, demos):
    """Im L(psi + ih) / h has no difference to cancel."""

    def log_sum(x, axis):
        top = x.real.max(axis=axis, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        total = np.exp(x - top).sum(axis=axis, keepdims=True)
        return np.squeeze(top + np.log(total), axis=axis)

    log_P, gradient = log(mdp.P), demo_counts(features, demos)
    for k in range(len(psi)):
        reward = features @ psi + 1e-30j * features[:, :, k]
        V = np.zeros(mdp.n_states)
        for _ in range(demos.horizon):
            V = log_sum(reward + log_sum(V + log_P, axis=2), axis=1)
        gradient[k] -= log_sum(V + log(mdp.initial_dist), axis=0).imag / 1e-30
    return gradient


@right
def gradient_demo_by_demo(mdp, features, psi, demos):
    expected = summed(model_visits(mdp, features @ psi, demos.horizon), features)
    each = [
        features[demos.states[i, :-1], demos.actions[i]].sum(axis=0) - expected
        for i in range(demos.n_demos)
    ]
    return np.mean(each, axis=0).astype(np.float32)


@right
def gradient_pairs_of_states(mdp, features, psi, demos):
    """Visits of whole transitions (s, a, s'), whose rewards already count at both ends."""
    reward, T = features @ psi, demos.horizon
    log_alpha, V = forward(mdp, reward, T), backward(mdp, reward, T)[1]
    log_step, visits = log(mdp.P) + reward[:, :, None], 0.0
    for t in range(T):
        joint = log_alpha[t][:, None, None] + log_step + V[t + 1]
        visits = visits + np.exp(joint - logsumexp(joint)).sum(axis=2)
    return demo_counts(features, demos) - visits.ravel() @ features.reshape(-1, len(psi))


@wrong("turned round: a loss's gradient")
def gradient_turned(mdp, features, psi, demos):
    return -gradient_forward_backward(mdp, features, psi, demos)


@wrong("the model's policy rolled out in the real dynamics")
def gradient_real_dynamics(mdp, features, psi, demos):
    _, pi, _ = tilted(mdp, features @ psi, demos.horizon)
    return gradient_from(rolled_out(mdp, pi, demos.horizon), features, demos)


@wrong("the causal model's visits")
def gradient_causal(mdp, features, psi, demos):
    pi = planning.soft_value_iteration(mdp, features @ psi, demos.horizon)[2]
    return gradient_from(rolled_out(mdp, pi, demos.horizon), features, demos)


@wrong("one policy for all steps, in the real dynamics: the algorithm as it is often printed")
def gradient_stationary(mdp, features, psi, demos):
    _, pi, _ = tilted(mdp, features @ psi, demos.horizon)
    return gradient_from(rolled_out(mdp, pi[0], demos.horizon), features, demos)


@wrong("visits of the best policy, as in feature matching")
def gradient_greedy(mdp, features, psi, demos):
    Q, _ = backward(
        mdp, features @ psi, demos.horizon, lambda mdp, V: mdp.P @ V, lambda Q: Q.max(axis=1)
    )
    pi = np.eye(mdp.n_actions)[Q.argmax(axis=2)]
    return gradient_from(rolled_out(mdp, pi, demos.horizon), features, demos)


@wrong("a softmax of rewards, nobody looks ahead")
def gradient_myopic(mdp, features, psi, demos):
    return gradient_from(rolled_out(mdp, softmax(features @ psi), demos.horizon), features, demos)


@wrong("visits of a random walk, whatever psi is")
def gradient_at_zero(mdp, features, psi, demos):
    return gradient_forward_backward(mdp, features, 0 * psi, demos)


@wrong("the demonstrations' side only")
def gradient_demos_only(mdp, features, psi, demos):
    return demo_counts(features, demos)


@wrong("the demonstrations added up, the model once")
def gradient_sum_of_demos(mdp, features, psi, demos):
    expected = summed(model_visits(mdp, features @ psi, demos.horizon), features)
    return demos.n_demos * demo_counts(features, demos) - expected


@wrong("added up over the demonstrations, both sides")
def gradient_of_the_sum(mdp, features, psi, demos):
    return demos.n_demos * gradient_forward_backward(mdp, features, psi, demos)


@wrong("a mean over the steps")
def gradient_per_step(mdp, features, psi, demos):
    return gradient_forward_backward(mdp, features, psi, demos) / demos.horizon


@wrong("the demonstrations' mean over all steps, the model's sum")
def gradient_mean_of_steps(mdp, features, psi, demos):
    mean = features[demos.states[:, :-1], demos.actions].mean(axis=(0, 1))
    return mean - summed(model_visits(mdp, features @ psi, demos.horizon), features)


@wrong("starts where the demonstrations start")
def gradient_demo_starts(mdp, features, psi, demos):
    start = np.bincount(demos.states[:, 0], minlength=mdp.n_states) / demos.n_demos
    visits = model_visits(mdp.replace(initial_dist=start), features @ psi, demos.horizon)
    return gradient_from(visits, features, demos)


@wrong("the last state's features count, in the demonstrations")
def gradient_last_state(mdp, features, psi, demos):
    expected = summed(model_visits(mdp, features @ psi, demos.horizon), features)
    return demo_counts(features, longer(demos)) - expected


@wrong("the features of the states that are reached")
def gradient_next_state(mdp, features, psi, demos):
    reached = features[demos.states[:, 1:], demos.actions].sum(axis=1).mean(axis=0)
    return reached - summed(model_visits(mdp, features @ psi, demos.horizon), features)


@wrong("the model walks one step longer than the demonstrations")
def gradient_long_horizon(mdp, features, psi, demos):
    return gradient_from(model_visits(mdp, features @ psi, demos.horizon + 1), features, demos)


@wrong("not divided by Z")
def gradient_without_z(mdp, features, psi, demos):
    reward, T = features @ psi, demos.horizon
    visits = np.exp(forward(mdp, reward, T)[:, :, None] + backward(mdp, reward, T)[0])
    return gradient_from(visits, features, demos)


@wrong("forward messages only: nobody knows yet what comes")
def gradient_filtered(mdp, features, psi, demos):
    reward = features @ psi
    log_alpha = forward(mdp, reward, demos.horizon)
    return gradient_from(shares_of_steps(log_alpha[:, :, None] + reward), features, demos)


@wrong("the step's reward counted twice, in alpha and in beta")
def gradient_reward_twice(mdp, features, psi, demos):
    reward, T = features @ psi, demos.horizon
    log_mu = forward(mdp, reward, T)[:, :, None] + reward + backward(mdp, reward, T)[0]
    return gradient_from(shares_of_steps(log_mu), features, demos)


@wrong("p left out of the weights")
def gradient_without_p(mdp, features, psi, demos):
    P = mdp.P > 0
    P = P / P.sum(axis=2, keepdims=True)
    reward = features @ psi + np.log((mdp.P > 0).sum(axis=2))
    visits = model_visits(mdp.replace(P=P), reward, demos.horizon)
    return gradient_from(visits, features, demos)


@wrong("discounted features in the demonstrations")
def gradient_discounted(mdp, features, psi, demos):
    discount = mdp.gamma ** np.arange(demos.horizon)
    each = features[demos.states[:, :-1], demos.actions]
    expected = summed(model_visits(mdp, features @ psi, demos.horizon), features)
    return np.einsum("ntk,t->k", each, discount) / demos.n_demos - expected


@wrong("exp without a shift")
def gradient_unshifted(mdp, features, psi, demos):
    reward, T = features @ psi, demos.horizon
    alpha, beta = [np.array(mdp.initial_dist)], [np.ones(mdp.n_states)]
    for _ in range(T):
        alpha.append(np.einsum("s,sa,saz->z", alpha[-1], np.exp(reward), mdp.P))
        beta.insert(0, (np.exp(reward) * (mdp.P @ beta[0])).sum(axis=1))
    Z = mdp.initial_dist @ beta[0]
    mu = [alpha[t][:, None] * np.exp(reward) * (mdp.P @ beta[t + 1]) / Z for t in range(T)]
    return gradient_from(np.array(mu), features, demos)


@wrong("a step of length 1: only the direction is left")
def gradient_direction(mdp, features, psi, demos):
    gradient = gradient_forward_backward(mdp, features, psi, demos)
    return gradient / np.linalg.norm(gradient)


@wrong("each pair counted once, however often it is visited")
def gradient_distinct_pairs(mdp, features, psi, demos):
    visits = np.zeros(features.shape[:2])
    visits[demos.states[:, :-1], demos.actions] += 1 / demos.n_demos
    visits -= model_visits(mdp, features @ psi, demos.horizon).sum(axis=0)
    return np.tensordot(visits, features, axes=2)


@wrong("weighs the features it was given")
def gradient_changes_features(mdp, features, psi, demos):
    gradient = demo_counts(features, demos)
    visits = model_visits(mdp, features @ psi, demos.horizon).sum(axis=0)
    features *= visits[:, :, None]
    return gradient - features.sum(axis=(0, 1))


@slip("is a return missing")
def gradient_no_return(mdp, features, psi, demos):
    gradient_forward_backward(mdp, features, psi, demos)


@slip("of shape")
def gradient_of_rewards(mdp, features, psi, demos):
    visits = np.zeros(features.shape[:2])
    np.add.at(visits, (demos.states[:, :-1], demos.actions), 1 / demos.n_demos)
    return visits - model_visits(mdp, features @ psi, demos.horizon).sum(axis=0)


@slip("is one number")
def gradient_length(mdp, features, psi, demos):
    return np.linalg.norm(gradient_forward_backward(mdp, features, psi, demos))


@slip("alone")
def gradient_with_visits(mdp, features, psi, demos):
    visits = model_visits(mdp, features @ psi, demos.horizon)
    return gradient_from(visits, features, demos), visits


@slip("of shape")
def gradient_step_by_step(mdp, features, psi, demos):
    visits = model_visits(mdp, features @ psi, demos.horizon)
    return demo_counts(features, demos) - np.einsum("tsa,sak->tk", visits, features)


@slip("could not be broadcast together")
def gradient_missing_axis(mdp, features, psi, demos):
    reward, T = features @ psi, demos.horizon
    visits = np.exp(forward(mdp, reward, T) + backward(mdp, reward, T)[0])
    return gradient_from(visits, features, demos)


@endless("the step is never counted down")
def gradient_never_ends(mdp, features, psi, demos):
    t, V = demos.horizon, np.zeros(mdp.n_states)
    while t > 0:
        V = logsumexp(0 * features @ psi + hopeful(mdp, 0 * V), axis=1)
    return V


# --- maxent_irl -----------------------------------------------------------------------------

right, wrong, slip, endless = marker("maxent_irl", RIGHT, WRONG, SLIPS, ENDLESS)


def climb(
    mdp,
    features,
    demos,
    l2,
    step_size,
    n_steps,
    gradient=gradient_forward_backward,
    likelihood=likelihood_of_counts,
    start=0.0,
):
    """Gradient ascent, with other pieces."""
    psi, log_likelihoods = np.full(features.shape[2], start), []
    for _ in range(n_steps):
        log_likelihoods.append(likelihood(mdp, features, psi, demos))
        psi = psi + step_size * (gradient(mdp, features, psi, demos) - l2 * psi)
    log_likelihoods.append(likelihood(mdp, features, psi, demos))
    return psi, np.array(log_likelihoods)


@right
def ascent_plain(mdp, features, demos, l2, step_size, n_steps):
    psi, log_likelihoods = np.zeros(features.shape[2]), np.zeros(n_steps + 1)
    for i in range(n_steps):
        log_likelihoods[i] = likelihood_of_counts(mdp, features, psi, demos)
        psi += step_size * (gradient_forward_backward(mdp, features, psi, demos) - l2 * psi)
    log_likelihoods[-1] = likelihood_of_counts(mdp, features, psi, demos)
    return psi, log_likelihoods


@right
def ascent_one_pass_for_both(mdp, features, demos, l2, step_size, n_steps):
    """Value and gradient out of the same messages; one pass more at the end."""
    wanted, T = demo_counts(features, demos), demos.horizon
    psi, history = 0 * wanted, []
    while True:
        reward = features @ psi
        log_alpha, (log_beta, V) = forward(mdp, reward, T), backward(mdp, reward, T)
        log_Z = logsumexp(log(mdp.initial_dist) + V[0])
        history.append(wanted @ psi - log_Z)
        if len(history) > n_steps:
            return psi, history
        visits = np.exp(log_alpha[:, :, None] + log_beta - log_Z)
        psi = psi + step_size * (wanted - summed(visits, features) - l2 * psi)


@right
def ascent_weights_decay(mdp, features, demos, l2, step_size, n_steps):
    psi = np.zeros(features.shape[2])
    history = [likelihood_forward(mdp, features, psi, demos)]
    for _ in range(n_steps):
        step = step_size * gradient_tilted_rollout(mdp, features, psi, demos)
        psi = (1 - step_size * l2) * psi + step
        history.append(likelihood_forward(mdp, features, psi, demos))
    return psi.tolist(), history


@right
def ascent_all_weights_kept(mdp, features, demos, l2, step_size, n_steps):
    path = [np.zeros(features.shape[-1])]
    for _ in range(n_steps):
        slope = gradient_of_the_backward_pass(mdp, features, path[-1], demos) - l2 * path[-1]
        path.append(path[-1] + step_size * slope)
    found = [likelihood_mean_of_each(mdp, features, psi, demos) for psi in path]
    return path[-1], np.array(found)


@right
def ascent_recursion(mdp, features, demos, l2, step_size, n_steps):
    def after(n):
        if n == 0:
            return np.zeros(features.shape[2]), []
        psi, before = after(n - 1)
        slope = gradient_of_the_forward_pass(mdp, features, psi, demos) - l2 * psi
        return psi + step_size * slope, [*before, likelihood_loops(mdp, features, psi, demos)]

    psi, history = after(n_steps)
    return psi, [*history, likelihood_loops(mdp, features, psi, demos)]


@right
def ascent_of_descents(mdp, features, demos, l2, step_size, n_steps):
    """A loss that falls, turned round for the report."""
    psi, losses = np.zeros(features.shape[2]), np.empty(n_steps + 1)
    for i in range(n_steps + 1):
        losses[i] = -likelihood_rewards_lowered(mdp, features, psi, demos)
        if i < n_steps:
            slope = l2 * psi - gradient_pairs_of_states(mdp, features, psi, demos)
            psi = psi - step_size * slope
    return [psi, -losses]


@right
def ascent_complex_steps(mdp, features, demos, l2, step_size, n_steps):
    return climb(
        mdp, features, demos, l2, step_size, n_steps, gradient_complex_step, likelihood_of_policies
    )


@right
def ascent_single_precision(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return psi.astype(np.float32), history.astype(np.float32)


@wrong("downhill")
def ascent_descends(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, gradient_turned)


@wrong("the penalty rewarded: + l2 psi")
def ascent_penalty_added(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, -l2, step_size, n_steps)


@wrong("no penalty")
def ascent_no_penalty(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, 0.0, step_size, n_steps)


@wrong("half the penalty: the derivative of l2/2 |psi|^2 taken for l2/2 psi")
def ascent_half_penalty(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2 / 2, step_size, n_steps)


@wrong("the derivative of l2 |psi|^2")
def ascent_double_penalty(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, 2 * l2, step_size, n_steps)


@wrong("the sizes charged, not the squares")
def ascent_lasso(mdp, features, demos, l2, step_size, n_steps):
    def gradient(mdp, features, psi, demos):
        return gradient_forward_backward(mdp, features, psi, demos) - l2 * np.sign(psi)

    return climb(mdp, features, demos, 0.0, step_size, n_steps, gradient)


@wrong("the penalty without the step size")
def ascent_penalty_without_step(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2 / step_size, step_size, n_steps)


@wrong("the penalty shared among the demonstrations")
def ascent_penalty_over_n(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2 / demos.n_demos, step_size, n_steps)


@wrong("the penalty taken where the step has led, not where it began")
def ascent_penalty_after_the_step(mdp, features, demos, l2, step_size, n_steps):
    psi, history = np.zeros(features.shape[2]), []
    for i in range(n_steps + 1):
        history.append(likelihood_of_counts(mdp, features, psi, demos))
        if i < n_steps:
            psi = psi + step_size * gradient_forward_backward(mdp, features, psi, demos)
            psi = psi - step_size * l2 * psi
    return psi, np.array(history)


@wrong("the penalty reported with the log-likelihood")
def ascent_penalised_history(mdp, features, demos, l2, step_size, n_steps):
    def likelihood(mdp, features, psi, demos):
        return likelihood_of_counts(mdp, features, psi, demos) - l2 / 2 * psi @ psi

    return climb(mdp, features, demos, l2, step_size, n_steps, likelihood=likelihood)


@wrong("reported after each step: the first is missing, the last comes twice")
def ascent_reports_after(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return psi, np.append(history[1:], history[-1])


@wrong("not reported at the end")
def ascent_no_last_report(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return psi, history[:-1]


@wrong("losses reported: the sign turned round")
def ascent_reports_losses(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return psi, -history


@wrong("starts with all weights 1")
def ascent_from_ones(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, start=1.0)


@wrong("one step too many")
def ascent_one_step_more(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps + 1)
    return psi, history[:-1]


@wrong("one step too few: the weights are those of the last step's start")
def ascent_one_step_less(mdp, features, demos, l2, step_size, n_steps):
    _, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return climb(mdp, features, demos, l2, step_size, n_steps - 1)[0], history


@wrong("with momentum")
def ascent_momentum(mdp, features, demos, l2, step_size, n_steps):
    psi, speed, history = np.zeros(features.shape[2]), 0.0, []
    for i in range(n_steps + 1):
        history.append(likelihood_of_counts(mdp, features, psi, demos))
        if i < n_steps:
            slope = gradient_forward_backward(mdp, features, psi, demos) - l2 * psi
            speed = 0.9 * speed + slope
            psi = psi + step_size * speed
    return psi, np.array(history)


@wrong("one demonstration a step, one after the other")
def ascent_one_demo_a_step(mdp, features, demos, l2, step_size, n_steps):
    psi, history = np.zeros(features.shape[2]), []
    for i in range(n_steps + 1):
        history.append(likelihood_of_counts(mdp, features, psi, demos))
        if i < n_steps:
            one = demos[i % demos.n_demos]
            psi = psi + step_size * (gradient_forward_backward(mdp, features, psi, one) - l2 * psi)
    return psi, np.array(history)


@wrong("the demonstrations added up")
def ascent_of_the_sum(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, gradient_of_the_sum)


@wrong("the model's policy rolled out in the real dynamics")
def ascent_real_dynamics(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, gradient_real_dynamics)


@wrong("the causal model throughout")
def ascent_causal(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, gradient_causal, likelihood_causal)


@wrong("one policy for all steps, in the real dynamics")
def ascent_stationary(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, gradient_stationary)


@wrong("starts where the demonstrations start")
def ascent_demo_starts(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps, gradient_demo_starts)


@wrong("the maximum itself, by scipy, and not the way asked for")
def ascent_by_scipy(mdp, features, demos, l2, step_size, n_steps):
    def loss(psi):
        slope = gradient_forward_backward(mdp, features, psi, demos) - l2 * psi
        value = likelihood_of_counts(mdp, features, psi, demos) - l2 / 2 * psi @ psi
        return -value, -slope

    found = scipy.optimize.minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B")
    return found.x, climb(mdp, features, demos, l2, step_size, n_steps)[1]


@wrong("adds the weights' step to the features it was given")
def ascent_changes_features(mdp, features, demos, l2, step_size, n_steps):
    found = climb(mdp, features, demos, l2, step_size, n_steps)
    features *= found[0]
    return found


@slip("is a return missing")
def ascent_no_return(mdp, features, demos, l2, step_size, n_steps):
    climb(mdp, features, demos, l2, step_size, n_steps)


@slip("return 2 things")
def ascent_weights_only(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps)[0]


@slip("of shape")
def ascent_swapped(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size, n_steps)[::-1]


@slip("of shape")
def ascent_rewards(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return features @ psi, history[-1]


@slip("return 2 things")
def ascent_three_things(mdp, features, demos, l2, step_size, n_steps):
    psi, history = climb(mdp, features, demos, l2, step_size, n_steps)
    return psi, history, features @ psi


@slip("out of bounds")
def ascent_reports_beyond_the_end(mdp, features, demos, l2, step_size, n_steps):
    history = np.zeros(n_steps)
    for i in range(n_steps + 1):
        history[i] = likelihood_of_counts(mdp, features, np.zeros(features.shape[2]), demos)
    return np.zeros(features.shape[2]), history


@slip("missing 1 required positional argument")
def ascent_forgets_an_argument(mdp, features, demos, l2, step_size, n_steps):
    return climb(mdp, features, demos, l2, step_size)


@endless("climbs until the slope is exactly 0, which rounding never lets it be")
def ascent_until_flat(mdp, features, demos, l2, step_size, n_steps):
    psi, slope = np.zeros(features.shape[2]), np.ones(features.shape[2])
    while np.abs(slope).max() > 0:
        slope = gradient_forward_backward(mdp, features, psi, demos) - l2 * psi
        psi = psi + 1e-3 * step_size * slope
    return psi, np.zeros(n_steps + 1)


# --- causal_maxent_irl ----------------------------------------------------------------------

right, wrong, slip, endless = marker("causal_maxent_irl", RIGHT, WRONG, SLIPS, ENDLESS)


def causal_visits(mdp, reward, horizon):
    pi = planning.soft_value_iteration(mdp, reward, horizon)[2]
    return planning.expected_visits(mdp, pi, horizon)


def causal_objective(mdp, features, demos, l2):
    """psi -> the penalised likelihood and its gradient."""
    wanted = demo_counts(features, demos)

    def objective(psi):
        V, _, pi = planning.soft_value_iteration(mdp, features @ psi, demos.horizon)
        expected = summed(planning.expected_visits(mdp, pi, demos.horizon), features)
        value = psi @ wanted - mdp.initial_dist @ V[0] - l2 / 2 * psi @ psi
        return value, wanted - expected - l2 * psi

    return objective


def climbed(objective, n_features, tol, **how):
    """The maximum by scipy, of an objective that also gives its gradient."""

    def loss(psi):
        value, slope = objective(psi)
        return -value, -slope

    how = {"method": "L-BFGS-B", "options": {"gtol": tol / 10, "ftol": 1e-16}} | how
    return scipy.optimize.minimize(loss, np.zeros(n_features), jac=True, **how).x


def slope_matrix(slope, psi):
    """Central differences of a gradient."""
    steps = 1e-5 * np.eye(len(psi))
    return np.array([(slope(psi + h) - slope(psi - h)) / 2e-5 for h in steps])


def newton(slope, psi, tol, n_steps=50):
    """Newton's steps, shortened until the slope falls."""
    for _ in range(n_steps):
        g = slope(psi)
        if np.linalg.norm(g) <= tol / 2:
            break
        step = np.linalg.lstsq(slope_matrix(slope, psi), -g, rcond=1e-10)[0]
        while np.linalg.norm(slope(psi + step)) > np.linalg.norm(g) and np.abs(step).max() > 1e-12:
            step = step / 2
        psi = psi + step
    return psi


def matched(gradient, mdp, features, demos, l2, tol):
    """Where a gradient of another idea is 0, found by Newton's method."""
    return newton(
        lambda psi: gradient(mdp, features, psi, demos) - l2 * psi,
        np.zeros(features.shape[2]),
        min(tol, 1e-6),
        n_steps=15,
    )


@right
def causal_lbfgs(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    return climbed(objective, features.shape[2], tol)


@right
def causal_lbfgs_own_passes(mdp, features, demos, l2, tol):
    wanted, T = demo_counts(features, demos), demos.horizon

    def loss(psi):
        reward, V, choices = features @ psi, np.zeros(mdp.n_states), []
        for _ in range(T):
            Q = reward + mdp.P @ V
            V = logsumexp(Q, axis=1)
            choices.insert(0, np.exp(Q - V[:, None]))
        d, expected = mdp.initial_dist, 0.0
        for pi in choices:
            visits = d[:, None] * pi
            expected = expected + np.tensordot(visits, features, axes=2)
            d = np.tensordot(visits, mdp.P, axes=2)
        value = wanted @ psi - mdp.initial_dist @ V - 0.5 * l2 * np.sum(psi**2)
        return -value, expected - wanted + l2 * psi

    options = {"gtol": 0.1 * tol, "ftol": 0.0, "maxiter": 10_000, "maxls": 50}
    start = np.zeros(len(wanted))
    return scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x


@right
def causal_bfgs(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    options = {"gtol": tol / 10}
    return climbed(objective, features.shape[2], tol, method="BFGS", options=options).tolist()


@right
def causal_newton(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    return newton(lambda psi: objective(psi)[1], np.zeros(features.shape[2]), tol)


@right
def causal_root_of_the_gradient(mdp, features, demos, l2, tol):
    wanted = demo_counts(features, demos)

    def gap(psi):
        return wanted - summed(causal_visits(mdp, features @ psi, demos.horizon), features)

    found = scipy.optimize.least_squares(lambda psi: gap(psi) - l2 * psi, np.zeros(len(wanted)))
    return newton(lambda psi: gap(psi) - l2 * psi, found.x, tol)


@right
def causal_trust_region(mdp, features, demos, l2, tol):
    """With the curvature, which is the gradient's own slope."""
    objective, K = causal_objective(mdp, features, demos, l2), features.shape[2]
    found = scipy.optimize.minimize(
        lambda psi: -objective(psi)[0],
        np.zeros(K),
        jac=lambda psi: -objective(psi)[1],
        hess=lambda psi: -slope_matrix(lambda x: objective(x)[1], psi),
        method="trust-exact",
        options={"gtol": tol / 2},
    )
    return found.x


@right
def causal_barzilai_borwein(mdp, features, demos, l2, tol):
    """Plain ascent whose step is read off the last one."""
    objective = causal_objective(mdp, features, demos, l2)
    psi, rate = np.zeros(features.shape[2]), 0.02
    slope = objective(psi)[1]
    for _ in range(3000):
        if np.linalg.norm(slope) <= tol / 2:
            break
        moved = rate * slope
        new = objective(psi + moved)[1]
        bend = -moved @ (new - slope)
        psi, slope = psi + moved, new
        rate = min(moved @ moved / bend, 10.0) if bend > 0 else 0.02
    return psi


@right
def causal_gradient_of_the_backward_pass(mdp, features, demos, l2, tol):
    """What is still expected comes along with V; no rollout."""
    wanted = demo_counts(features, demos)

    def objective(psi):
        V, ahead = np.zeros(mdp.n_states), np.zeros((mdp.n_states, len(psi)))
        for _ in range(demos.horizon):
            Q = features @ psi + mdp.expect(V)
            V = np.logaddexp.reduce(Q, axis=1)
            pi = np.exp(Q - V[:, None])
            ahead = np.einsum("sa,sak->sk", pi, features + mdp.expect(ahead))
        value = psi @ wanted - mdp.initial_dist @ V - l2 * psi @ psi / 2
        return value, wanted - mdp.initial_dist @ ahead - l2 * psi

    return climbed(objective, len(wanted), tol).astype(np.float64)


@right
def causal_in_units_of_the_curvature(mdp, features, demos, l2, tol):
    """Coordinates in which the bowl is round at 0, then L-BFGS, then one polish."""
    objective, K = causal_objective(mdp, features, demos, l2), features.shape[2]
    curvature = -slope_matrix(lambda x: objective(x)[1], np.zeros(K)) + 1e-9 * np.eye(K)
    back = np.linalg.inv(np.linalg.cholesky((curvature + curvature.T) / 2)).T

    def rounded(z):
        value, slope = objective(back @ z)
        return value, back.T @ slope

    psi = back @ climbed(rounded, K, tol)
    return newton(lambda x: objective(x)[1], psi, tol)


@wrong("the trajectory model: log Z and its visits")
def causal_trajectory_model(mdp, features, demos, l2, tol):
    return matched(gradient_forward_backward, mdp, features, demos, l2, tol)


@wrong("the trajectory model's policy in the real dynamics")
def causal_trajectory_policy(mdp, features, demos, l2, tol):
    return matched(gradient_real_dynamics, mdp, features, demos, l2, tol)


@wrong("starts where the demonstrations start")
def causal_demo_starts(mdp, features, demos, l2, tol):
    start = np.bincount(demos.states[:, 0], minlength=mdp.n_states) / demos.n_demos
    mdp = mdp.replace(initial_dist=start)
    return climbed(causal_objective(mdp, features, demos, l2), features.shape[2], tol)


@wrong("the choices' likelihood, all the states given")
def causal_choices(mdp, features, demos, l2, tol):
    def loss(psi):
        value = likelihood_causal_choices(mdp, features, psi, demos)
        return l2 / 2 * psi @ psi - value

    options = {"gtol": 1e-6, "ftol": 1e-14}
    start = np.zeros(features.shape[2])
    return scipy.optimize.minimize(loss, start, method="L-BFGS-B", options=options).x


@wrong("no penalty")
def causal_no_penalty(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, 0.0)
    return climbed(objective, features.shape[2], tol, options={"maxiter": 50, "ftol": 1e-14})


@wrong("l2 |psi|^2, without the half")
def causal_double_penalty(mdp, features, demos, l2, tol):
    return climbed(causal_objective(mdp, features, demos, 2 * l2), features.shape[2], tol)


@wrong("half the penalty's slope: l2/2 psi")
def causal_half_penalty(mdp, features, demos, l2, tol):
    return climbed(causal_objective(mdp, features, demos, l2 / 2), features.shape[2], tol)


@wrong("the penalty in the value, and not in the slope")
def causal_penalty_not_in_slope(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)

    def half(psi):
        value, slope = objective(psi)
        return value, slope + l2 * psi

    return climbed(half, features.shape[2], tol)


@wrong("the penalty rewarded")
def causal_penalty_added(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, -l2)
    how = {"options": {"maxiter": 200}}
    return np.clip(climbed(objective, features.shape[2], tol, **how), -1e6, 1e6)


@wrong("handed to minimize as it is: the minimum of what has none")
def causal_minimised(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    options = {"maxiter": 20}
    found = scipy.optimize.minimize(
        objective, np.ones(features.shape[2]), jac=True, method="L-BFGS-B", options=options
    )
    return np.clip(np.nan_to_num(found.x), -1e6, 1e6)


@wrong("the value turned round, its slope not: no step is found, and 0 comes back")
def causal_slope_not_turned(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)

    def loss(psi):
        value, slope = objective(psi)
        return -value, slope

    return scipy.optimize.minimize(loss, np.zeros(features.shape[2]), jac=True).x


@wrong("features of one step: a mean over time on the demonstrations' side")
def causal_mean_features(mdp, features, demos, l2, tol):
    def gradient(mdp, features, psi, demos):
        expected = summed(causal_visits(mdp, features @ psi, demos.horizon), features)
        return demo_counts(features, demos) / demos.horizon - expected

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("everything a step: the penalty weighs T times as much")
def causal_per_step(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2 * demos.horizon)
    return climbed(objective, features.shape[2], tol)


@wrong("the demonstrations added up")
def causal_sum_of_demos(mdp, features, demos, l2, tol):
    wanted = demo_counts(features, demos)

    def gradient(mdp, features, psi, demos):
        expected = summed(causal_visits(mdp, features @ psi, demos.horizon), features)
        return demos.n_demos * wanted - expected

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("the last state's features count")
def causal_last_state(mdp, features, demos, l2, tol):
    def gradient(mdp, features, psi, demos):
        expected = summed(causal_visits(mdp, features @ psi, demos.horizon), features)
        return demo_counts(features, longer(demos)) - expected

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("the model walks one step longer than the demonstrations")
def causal_long_horizon(mdp, features, demos, l2, tol):
    def gradient(mdp, features, psi, demos):
        expected = summed(causal_visits(mdp, features @ psi, demos.horizon + 1), features)
        return demo_counts(features, demos) - expected

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("one policy for all steps, the first one's")
def causal_stationary(mdp, features, demos, l2, tol):
    def gradient(mdp, features, psi, demos):
        pi = planning.soft_value_iteration(mdp, features @ psi, demos.horizon)[2][0]
        return demo_counts(features, demos) - summed(
            planning.expected_visits(mdp, pi, demos.horizon), features
        )

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("the policy of an endless, discounted world")
def causal_endless_policy(mdp, features, demos, l2, tol):
    mdp = mdp.replace(gamma=min(mdp.gamma, 0.95))

    def gradient(mdp, features, psi, demos):
        pi = planning.soft_value_iteration(mdp, features @ psi, tol=1e-10)[2]
        return demo_counts(features, demos) - summed(
            planning.expected_visits(mdp, pi, demos.horizon), features
        )

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("discounted on both sides")
def causal_discounted(mdp, features, demos, l2, tol):
    discount = mdp.gamma ** np.arange(demos.horizon)
    each = features[demos.states[:, :-1], demos.actions]
    wanted = np.einsum("ntk,t->k", each, discount) / demos.n_demos

    def gradient(mdp, features, psi, demos):
        visits = causal_visits(mdp, features @ psi, demos.horizon)
        return wanted - np.einsum("t,tsa,sak->k", discount, visits, features)

    return matched(gradient, mdp, features, demos, l2, tol)


@wrong("nobody looks ahead: a softmax of the step's reward")
def causal_myopic(mdp, features, demos, l2, tol):
    return matched(gradient_myopic, mdp, features, demos, l2, tol)


@wrong("the actions alone: a softmax fitted to the choices, without a world")
def causal_logistic_regression(mdp, features, demos, l2, tol):
    s, a = demos.states[:, :-1].ravel(), demos.actions.ravel()

    def objective(psi):
        reward = features @ psi
        pi = softmax(reward)
        value = (reward[s, a] - logsumexp(reward, axis=1)[s]).sum() / demos.n_demos
        expected = np.einsum("na,nak->k", pi[s], features[s])
        slope = (features[s, a].sum(axis=0) - expected) / demos.n_demos
        return value - l2 / 2 * psi @ psi, slope - l2 * psi

    return climbed(objective, features.shape[2], tol)


@wrong("one step uphill")
def causal_one_step(mdp, features, demos, l2, tol):
    return causal_objective(mdp, features, demos, l2)(np.zeros(features.shape[2]))[1]


@wrong("stops where the likelihood rises by less than a hundredth")
def causal_stops_early(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    psi, before = np.zeros(features.shape[2]), -np.inf
    while objective(psi)[0] - before > 1e-2:
        before, slope = objective(psi)
        psi = psi + 0.02 * slope
    return psi


@wrong("no weight below 0")
def causal_nonnegative(mdp, features, demos, l2, tol):
    bounds = [(0, None)] * features.shape[2]
    objective = causal_objective(mdp, features, demos, l2)
    return climbed(objective, features.shape[2], tol, bounds=bounds)


@wrong("takes the demonstrations' mean off the features it was given")
def causal_changes_features(mdp, features, demos, l2, tol):
    features -= demo_counts(features, demos) / demos.horizon
    return causal_lbfgs(mdp, features, demos, l2, tol)


@slip("return numbers")
def causal_report(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    return scipy.optimize.minimize(
        lambda psi: -objective(psi)[0], np.zeros(features.shape[2]), method="L-BFGS-B"
    )


@slip("is one number")
def causal_value(mdp, features, demos, l2, tol):
    objective = causal_objective(mdp, features, demos, l2)
    return objective(causal_lbfgs(mdp, features, demos, l2, tol))[0]


@slip("alone")
def causal_with_value(mdp, features, demos, l2, tol):
    psi = causal_lbfgs(mdp, features, demos, l2, tol)
    return psi, causal_objective(mdp, features, demos, l2)(psi)[0]


@slip("of shape")
def causal_reward(mdp, features, demos, l2, tol):
    return features @ causal_lbfgs(mdp, features, demos, l2, tol)


@slip("is a return missing")
def causal_no_return(mdp, features, demos, l2, tol):
    causal_lbfgs(mdp, features, demos, l2, tol)


@slip("rror")
def causal_forgets_jac(mdp, features, demos, l2, tol):
    """Two things come back where scipy expects one."""
    objective = causal_objective(mdp, features, demos, l2)
    return scipy.optimize.minimize(
        lambda psi: objective(psi), np.zeros(features.shape[2]), method="L-BFGS-B"
    ).x


@endless("climbs until the slope is exactly 0")
def causal_until_flat(mdp, features, demos, l2, tol):
    objective, psi = causal_objective(mdp, features, demos, l2), np.zeros(features.shape[2])
    while np.abs(objective(psi)[1]).max() > 0:
        psi = psi + 1e-4 * objective(psi)[1]
    return psi
