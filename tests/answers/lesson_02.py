"""Answers to the exercises of lesson 02, each independent of the lesson's other exercises."""

import warnings
from collections import Counter, defaultdict

import cvxpy as cp
import numpy as np
import scipy.optimize
import scipy.sparse

from answers.register import marker, register
from irl_course.environments import gridworld
from irl_course.mdp import sample_demos
from irl_course.planning import (
    bellman_backup,
    expected_return,
    greedy_policy,
    occupancy,
    policy_evaluation,
    policy_iteration,
    value_iteration,
)

RIGHT, WRONG, SLIPS, ENDLESS = register()

# What a learner has lying around in the notebook.
home = gridworld("S...#....\n....#....\n.........\n....#....\n....#...G", slip=0.1)
home_reward = home.reward({"G": 1.0})

# --- clone_behaviour ------------------------------------------------------------------------

right, wrong, slip, endless = marker("clone_behaviour", RIGHT, WRONG, SLIPS, ENDLESS)


def counted(demos, n_states, n_actions):
    counts = np.zeros((n_states, n_actions))
    for states, actions in zip(demos.states, demos.actions, strict=True):
        for t in range(len(actions)):
            counts[states[t], actions[t]] += 1
    return counts


def normalised(counts):
    counts = np.array(counts, dtype=float)
    counts[counts.sum(axis=1) == 0] = 1
    return counts / counts.sum(axis=1, keepdims=True)


@right
def clone_loops(demos, n_states, n_actions, smoothing):
    counts = np.zeros((n_states, n_actions)) + smoothing
    for i in range(demos.n_demos):
        for t in range(demos.horizon):
            counts[demos.states[i, t], demos.actions[i, t]] += 1
    pi = np.zeros_like(counts)
    for s in range(n_states):
        total = counts[s].sum()
        pi[s] = counts[s] / total if total > 0 else 1 / n_actions
    return pi


@right
def clone_bincount(demos, n_states, n_actions, smoothing):
    pairs = (demos.states[:, :-1] * n_actions + demos.actions).ravel()
    counts = np.bincount(pairs, minlength=n_states * n_actions).reshape(n_states, n_actions)
    return normalised(counts + smoothing)


@right
def clone_add_at(demos, n_states, n_actions, smoothing):
    counts = np.full((n_states, n_actions), smoothing, dtype=float)
    np.add.at(counts, (demos.states[:, : demos.horizon].ravel(), demos.actions.ravel()), 1.0)
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, 1 / n_actions), where=total > 0)


@right
def clone_counter(demos, n_states, n_actions, smoothing):
    seen = Counter(zip(demos.states[:, :-1].ravel(), demos.actions.ravel(), strict=True))
    rows = [[seen[s, a] + smoothing for a in range(n_actions)] for s in range(n_states)]
    return [[x / sum(row) if sum(row) else 1 / n_actions for x in row] for row in rows]


@right
def clone_dict_of_lists(demos, n_states, n_actions, smoothing):
    chosen = defaultdict(list)
    for states, actions in zip(demos.states, demos.actions, strict=True):
        for state, action in zip(states, actions, strict=False):  # the last state has no action
            chosen[state].append(action)
    pi = np.full((n_states, n_actions), 1 / n_actions)
    for state, actions in chosen.items():
        counts = smoothing + np.array([actions.count(a) for a in range(n_actions)])
        pi[state] = counts / counts.sum()
    return pi


@right
def clone_histogram(demos, n_states, n_actions, smoothing):
    edges = np.arange(n_states + 1) - 0.5, np.arange(n_actions + 1) - 0.5
    flat = demos.states[:, :-1].ravel(), demos.actions.ravel()
    return normalised(np.histogram2d(*flat, bins=edges)[0] + smoothing)


@right
def clone_one_hot_products(demos, n_states, n_actions, smoothing):
    states = np.eye(n_states)[demos.states[:, :-1].ravel()]
    actions = np.eye(n_actions)[demos.actions.ravel()]
    return normalised(states.T @ actions + smoothing).astype(np.float32)


@right
def clone_sparse(demos, n_states, n_actions, smoothing):
    ones = np.ones(demos.actions.size)
    where = demos.states[:, :-1].ravel(), demos.actions.ravel()
    counts = scipy.sparse.coo_array((ones, where), shape=(n_states, n_actions)).toarray()
    return normalised(counts + smoothing)


@right
def clone_tiny_head_start(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing + 1e-12
    return counts / counts.sum(axis=1)[:, None]


@wrong("0 / 0 where nothing was seen")
def clone_not_a_number(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    return counts / counts.sum(axis=1, keepdims=True)


@wrong("rows of zeros where nothing was seen")
def clone_zeros(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    return np.nan_to_num(counts / counts.sum(axis=1, keepdims=True))


@wrong("the zero rows become zero by a made-up total of 1")
def clone_total_at_least_one(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)


@wrong("+= on a fancy index counts each pair once")
def clone_fancy_index(demos, n_states, n_actions, smoothing):
    counts = np.full((n_states, n_actions), float(smoothing))
    counts[demos.states[:, :-1], demos.actions] += 1
    return normalised(counts)


@wrong("pairs each action with the state it led to")
def clone_next_state(demos, n_states, n_actions, smoothing):
    counts = np.full((n_states, n_actions), float(smoothing))
    np.add.at(counts, (demos.states[:, 1:], demos.actions), 1)
    return normalised(counts)


@wrong("smoothing forgotten")
def clone_unsmoothed(demos, n_states, n_actions, smoothing):
    return normalised(counted(demos, n_states, n_actions))


@wrong("smoothing 1, whatever is given")
def clone_always_one(demos, n_states, n_actions, smoothing):
    return normalised(counted(demos, n_states, n_actions) + 1)


@wrong("smoothing only where the action was seen")
def clone_smooths_the_seen(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions)
    counts[counts > 0] += smoothing
    return normalised(counts)


@wrong("smoothing shared among the actions")
def clone_shared_smoothing(demos, n_states, n_actions, smoothing):
    return normalised(counted(demos, n_states, n_actions) + smoothing / n_actions)


@wrong("smoothing in the count and not in the total")
def clone_total_without_smoothing(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions)
    pi = (counts + smoothing) / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    return pi


@wrong("smoothing added to the shares, not to the counts")
def clone_smooths_the_shares(demos, n_states, n_actions, smoothing):
    return normalised(normalised(counted(demos, n_states, n_actions)) + smoothing)


@wrong("the most frequent action only")
def clone_majority(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    pi = np.eye(n_actions)[counts.argmax(axis=1)]
    pi[counts.sum(axis=1) == 0] = 1 / n_actions
    return pi


@wrong("divides by the column's total")
def clone_columns(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    return counts / np.maximum(counts.sum(axis=0, keepdims=True), 1e-12)


@wrong("divides by the number of all steps")
def clone_joint(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    return counts / counts.sum()


@wrong("one row for all states")
def clone_marginal(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions) + smoothing
    return np.tile(counts.sum(axis=0) / counts.sum(), (n_states, 1))


@wrong("a mean of one clone per demonstration")
def clone_mean_of_clones(demos, n_states, n_actions, smoothing):
    each = [
        normalised(counted(demos[i : i + 1], n_states, n_actions) + smoothing)
        for i in range(demos.n_demos)
    ]
    return np.mean(each, axis=0)


@wrong("return inside the loop over demonstrations")
def clone_first_walk(demos, n_states, n_actions, smoothing):
    counts = np.full((n_states, n_actions), float(smoothing))
    for states, actions in zip(demos.states, demos.actions, strict=True):
        for t, action in enumerate(actions):
            counts[states[t], action] += 1
        return normalised(counts)


@wrong("the last action of each demonstration dropped")
def clone_drops_last_action(demos, n_states, n_actions, smoothing):
    counts = np.full((n_states, n_actions), float(smoothing))
    np.add.at(counts, (demos.states[:, :-2], demos.actions[:, :-1]), 1)
    return normalised(counts)


@wrong("the average policy where nothing was seen")
def clone_fills_with_average(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions)
    pi = normalised(counts + smoothing)
    pi[counts.sum(axis=1) == 0] = counts.sum(axis=0) / counts.sum()
    return pi


@wrong("action 0 where nothing was seen")
def clone_fills_with_first(demos, n_states, n_actions, smoothing):
    counts = counted(demos, n_states, n_actions)
    pi = normalised(counts + smoothing)
    pi[counts.sum(axis=1) == 0] = np.eye(n_actions)[0]
    return pi


@wrong("a softmax of the counts")
def clone_softmax(demos, n_states, n_actions, smoothing):
    powers = np.exp(counted(demos, n_states, n_actions) + smoothing)
    return powers / powers.sum(axis=1, keepdims=True)


@wrong("the counts themselves")
def clone_counts(demos, n_states, n_actions, smoothing):
    return counted(demos, n_states, n_actions) + smoothing


@slip("(n_states, n_actions) = (3, 2)")
def clone_actions_only(demos, n_states, n_actions, smoothing):
    return (counted(demos, n_states, n_actions) + smoothing).argmax(axis=1)


@slip("(n_states, n_actions) = (4, 3)")
def clone_sizes_from_data(demos, n_states, n_actions, smoothing):
    n_actions = max(demos.actions.max() + 1, 2)
    return normalised(counted(demos, max(demos.states.max() + 1, 3), n_actions) + smoothing)


@slip("mismatch")
def clone_all_columns(demos, n_states, n_actions, smoothing):
    counts = np.full((n_states, n_actions), float(smoothing))
    np.add.at(counts, (demos.states, demos.actions), 1)
    return normalised(counts)


@slip("is a return missing")
def clone_no_return(demos, n_states, n_actions, smoothing):
    normalised(counted(demos, n_states, n_actions) + smoothing)


@slip("read-only")
def clone_changes_demos(demos, n_states, n_actions, smoothing):
    demos.states[:, -1] = 0
    return normalised(counted(demos, n_states, n_actions) + smoothing)


@endless("the step is never counted up")
def clone_never_ends(demos, n_states, n_actions, smoothing):
    counts, t = np.full((n_states, n_actions), float(smoothing)), 0
    while t < demos.horizon:
        counts[demos.states[:, t], demos.actions[:, t]] += 1
    return normalised(counts)


# --- transfer_return ------------------------------------------------------------------------

right, wrong, slip, endless = marker("transfer_return", RIGHT, WRONG, SLIPS, ENDLESS)


def chain(mdp, pi):
    return sum(pi[:, [a]] * mdp.P[:, a] for a in range(mdp.n_actions))


def values(mdp, reward, pi):
    return np.linalg.solve(
        np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), (pi * reward).sum(axis=1)
    )


@right
def transfer_package(mdp_new, reward, pi):
    return expected_return(mdp_new, reward, pi)


@right
def transfer_solve(mdp_new, reward, pi):
    return mdp_new.initial_dist @ values(mdp_new, reward, pi)


@right
def transfer_visits(mdp_new, reward, pi):
    return np.sum(occupancy(mdp_new, pi) * reward)


@right
def transfer_sweeps(mdp_new, reward, pi):
    V = np.zeros(mdp_new.n_states)
    for _ in range(3000):
        V = (pi * (reward + mdp_new.gamma * mdp_new.P @ V)).sum(axis=1)
    return float(np.dot(V, mdp_new.initial_dist))


@right
def transfer_walk_of_the_crowd(mdp_new, reward, pi):
    crowd, total, discount = mdp_new.initial_dist, 0.0, 1.0
    while discount > 1e-12:
        total += discount * (crowd[:, None] * pi * reward).sum()
        crowd = crowd @ chain(mdp_new, pi)
        discount *= mdp_new.gamma
    return total


@right
def transfer_loop_over_starts(mdp_new, reward, pi):
    V, total = policy_evaluation(mdp_new, reward, pi), 0
    for s in range(mdp_new.n_states):
        total += mdp_new.initial_dist[s] * V[s]
    return total


@right
def transfer_weighted_average(mdp_new, reward, pi):
    V = policy_evaluation(mdp_new, reward, pi)
    return np.float32(np.average(V, weights=mdp_new.initial_dist))


@wrong("plans again")
def transfer_replans(mdp_new, reward, pi):
    return mdp_new.initial_dist @ value_iteration(mdp_new, reward)[0]


@wrong("plans again, and evaluates that")
def transfer_evaluates_the_best(mdp_new, reward, pi):
    pi = policy_iteration(mdp_new, reward)[1]
    return expected_return(mdp_new, reward, pi)


@wrong("what is lost, not what is earned")
def transfer_regret(mdp_new, reward, pi):
    best = policy_iteration(mdp_new, reward)[0]
    return mdp_new.initial_dist @ (best - values(mdp_new, reward, pi))


@wrong("the first action is chosen afresh")
def transfer_improves_first_step(mdp_new, reward, pi):
    Q = bellman_backup(mdp_new, reward, values(mdp_new, reward, pi))
    return mdp_new.initial_dist @ Q.max(axis=1)


@wrong("the most likely action only")
def transfer_most_likely(mdp_new, reward, pi):
    return expected_return(mdp_new, reward, np.eye(mdp_new.n_actions)[pi.argmax(axis=1)])


@wrong("policy ignored")
def transfer_ignores_policy(mdp_new, reward, pi):
    pi = np.full(pi.shape, 1 / mdp_new.n_actions)
    return expected_return(mdp_new, reward, pi)


@wrong("mean over all states")
def transfer_mean(mdp_new, reward, pi):
    return values(mdp_new, reward, pi).mean()


@wrong("state 0 taken for the start")
def transfer_state_zero(mdp_new, reward, pi):
    return values(mdp_new, reward, pi)[0]


@wrong("the most likely start only")
def transfer_likeliest_start(mdp_new, reward, pi):
    return values(mdp_new, reward, pi)[mdp_new.initial_dist.argmax()]


@wrong("the best state taken for the start")
def transfer_best_state(mdp_new, reward, pi):
    return max(values(mdp_new, reward, pi))


@wrong("V added up over all states")
def transfer_sum(mdp_new, reward, pi):
    return values(mdp_new, reward, pi).sum()


@wrong("every state that can be a start counts the same")
def transfer_possible_starts(mdp_new, reward, pi):
    return values(mdp_new, reward, pi)[mdp_new.initial_dist > 0.05].mean()


@wrong("V of every state")
def transfer_values(mdp_new, reward, pi):
    return policy_evaluation(mdp_new, reward, pi)


@wrong("a mean of the weighted values")
def transfer_mean_of_weighted(mdp_new, reward, pi):
    return np.mean(mdp_new.initial_dist * values(mdp_new, reward, pi))


@wrong("the first reward only")
def transfer_first_reward(mdp_new, reward, pi):
    return mdp_new.initial_dist @ (pi * reward).sum(axis=1)


@wrong("reward per step")
def transfer_per_step(mdp_new, reward, pi):
    rho = (1 - mdp_new.gamma) * occupancy(mdp_new, pi)
    return (rho * reward).sum()


@wrong("rewards averaged over the actions")
def transfer_mean_reward(mdp_new, reward, pi):
    return occupancy(mdp_new, pi).sum(axis=1) @ reward.mean(axis=1)


@wrong("a mean over some walks")
def transfer_sampled(mdp_new, reward, pi):
    walks = sample_demos(mdp_new, pi, n_demos=200, horizon=60, seed=0)
    paid = reward[walks.states[:, :-1], walks.actions]
    return (paid @ mdp_new.gamma ** np.arange(60)).mean()


@slip("different from 45")
def transfer_at_home(mdp_new, reward, pi):
    return home.mdp.initial_dist @ values(mdp_new, reward, pi)


@slip("expected (45, 4)")
def transfer_old_world(mdp_new, reward, pi):
    return expected_return(home.mdp, home_reward, pi)


@slip("missing 1 required positional argument")
def transfer_forgets_policy(mdp_new, reward, pi):
    return mdp_new.initial_dist @ policy_evaluation(mdp_new, reward)


@slip("is a return missing")
def transfer_no_return(mdp_new, reward, pi):
    mdp_new.initial_dist @ policy_evaluation(mdp_new, reward, pi)


@endless("waits for an exact equality that rounding prevents")
def transfer_never_ends(mdp_new, reward, pi):
    V, total = values(mdp_new, reward, pi), 0.0
    while total != 1:
        total = mdp_new.initial_dist.sum() / 3
    return mdp_new.initial_dist @ V


# --- shape_reward ---------------------------------------------------------------------------

right, wrong, slip, endless = marker("shape_reward", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def shape_loops(mdp, reward, potential):
    shaped = np.zeros((mdp.n_states, mdp.n_actions))
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            arriving = sum(mdp.P[s, a, t] * potential[t] for t in range(mdp.n_states))
            shaped[s, a] = reward[s, a] + mdp.gamma * arriving - potential[s]
    return shaped


@right
def shape_backup(mdp, reward, potential):
    return bellman_backup(mdp, reward, potential) - potential[:, np.newaxis]


@right
def shape_matrix_product(mdp, reward, potential):
    return reward + mdp.gamma * (mdp.P @ potential) - potential.reshape(-1, 1)


@right
def shape_expected_change(mdp, reward, potential):
    change = mdp.gamma * potential[None, None, :] - potential[:, None, None]
    return reward + (mdp.P * change).sum(axis=2)


@right
def shape_transposed(mdp, reward, potential):
    return (reward.T + mdp.gamma * np.einsum("sat,t->as", mdp.P, potential) - potential).T


@right
def shape_single_precision(mdp, reward, potential):
    P, F = mdp.P.astype(np.float32), potential.astype(np.float32)
    return reward.astype(np.float32) + np.float32(mdp.gamma) * (P @ F) - F[:, None]


@right
def shape_lists(mdp, reward, potential):
    arriving = mdp.expect(potential).tolist()
    return [
        [r + mdp.gamma * e - F for r, e in zip(row, means, strict=True)]
        for row, means, F in zip(reward.tolist(), arriving, potential.tolist(), strict=True)
    ]


@right
def shape_own_array_in_place(mdp, reward, potential):
    shaped = reward.copy()
    shaped += mdp.gamma * mdp.expect(potential)
    for a in range(mdp.n_actions):
        shaped[:, a] -= potential
    return shaped


@wrong("signs turned round")
def shape_signs(mdp, reward, potential):
    return reward - (mdp.gamma * mdp.expect(potential) - potential[:, None])


@wrong("no discount")
def shape_undiscounted(mdp, reward, potential):
    return reward + mdp.expect(potential) - potential[:, None]


@wrong("both terms discounted")
def shape_both_discounted(mdp, reward, potential):
    return reward + mdp.gamma * (mdp.expect(potential) - potential[:, None])


@wrong("the discount of the lesson's world")
def shape_fixed_gamma(mdp, reward, potential):
    return reward + 0.9 * mdp.expect(potential) - potential[:, None]


@wrong("the wrong term discounted")
def shape_leaving_discounted(mdp, reward, potential):
    return reward + mdp.expect(potential) - mdp.gamma * potential[:, None]


@wrong("the reward discounted, too")
def shape_reward_discounted(mdp, reward, potential):
    return mdp.gamma * (reward + mdp.expect(potential)) - potential[:, None]


@wrong("leaving is free")
def shape_leaving_free(mdp, reward, potential):
    return bellman_backup(mdp, reward, potential)


@wrong("arriving pays nothing")
def shape_arriving_free(mdp, reward, potential):
    return reward - potential[:, None]


@wrong("a bonus for being there")
def shape_bonus(mdp, reward, potential):
    return reward + potential[:, None]


@wrong("a bonus for being there and for arriving")
def shape_both_paid(mdp, reward, potential):
    return reward + mdp.gamma * mdp.expect(potential) + potential[:, None]


@wrong("the reward is left out")
def shape_without_reward(mdp, reward, potential):
    return mdp.gamma * mdp.expect(potential) - potential[:, None]


@wrong("only the likeliest next state")
def shape_likeliest(mdp, reward, potential):
    arriving = potential[np.argmax(mdp.P, axis=-1)]
    return reward + mdp.gamma * arriving - potential[:, None]


@wrong("a plain mean over the states in reach")
def shape_plain_mean(mdp, reward, potential):
    arriving = np.zeros_like(reward)
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            arriving[s, a] = potential[mdp.P[s, a] > 0].mean()
    return reward + mdp.gamma * arriving - potential[:, None]


@wrong("the highest potential in reach")
def shape_best_in_reach(mdp, reward, potential):
    arriving = np.where(mdp.P > 0, potential, -np.inf).max(axis=2)
    return reward + mdp.gamma * arriving - potential[:, None]


@wrong("sums over the state one comes from")
def shape_wrong_axis(mdp, reward, potential):
    arriving = np.einsum("tas,t->sa", mdp.P, potential)
    return reward + mdp.gamma * arriving - potential[:, None]


@wrong("transitions averaged over the actions")
def shape_averages_actions(mdp, reward, potential):
    arriving = mdp.P.mean(axis=1) @ potential
    return reward + (mdp.gamma * arriving - potential)[:, None]


@wrong("the average potential is charged")
def shape_mean_charged(mdp, reward, potential):
    return reward + mdp.gamma * mdp.expect(potential) - np.mean(potential)


@wrong("changes the reward it was given")
def shape_changes_reward(mdp, reward, potential):
    reward += mdp.gamma * mdp.expect(potential) - potential[:, None]
    return reward


@slip("could not be broadcast together")
def shape_broadcast(mdp, reward, potential):
    return reward + mdp.gamma * mdp.expect(potential) - potential


@slip("(n_states, n_actions) = (3, 2)")
def shape_per_state(mdp, reward, potential):
    return reward.mean(axis=1) + mdp.gamma * mdp.P.mean(axis=1) @ potential - potential


@slip("is a return missing")
def shape_no_return(mdp, reward, potential):
    reward = reward + mdp.gamma * mdp.expect(potential) - potential[:, None]


@slip("object is not callable")
def shape_calls_an_array(mdp, reward, potential):
    return reward + mdp.gamma * mdp.P(potential) - potential[:, None]


# --- is_reward_consistent -------------------------------------------------------------------

right, wrong, slip, endless = marker("is_reward_consistent", RIGHT, WRONG, SLIPS, ENDLESS)


def looked_ahead(mdp, reward, pi):
    V = values(mdp, reward, pi)
    return reward + mdp.gamma * mdp.P @ V, V


@right
def consistent_best_q(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool(np.all(Q.max(axis=1) <= V + 1e-6))


@right
def consistent_allclose(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return np.allclose(Q.max(axis=1), V)


@right
def consistent_optimal_values(mdp, reward, pi):
    return np.allclose(policy_iteration(mdp, reward)[0], policy_evaluation(mdp, reward, pi))


@right
def consistent_paper(mdp, reward, pi):
    """Theorem 3, with a reward that hangs on the action as well."""
    P_pi, r_pi = chain(mdp, pi), (pi * reward).sum(axis=1)
    V = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_pi) @ r_pi
    edges = [
        r_pi - reward[:, a] + mdp.gamma * (P_pi - mdp.P[:, a]) @ V for a in range(mdp.n_actions)
    ]
    return np.min(edges) >= -1e-8


@right
def consistent_loops(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            if Q[s, a] > V[s] + 1e-7:
                return False
    return True


@right
def consistent_only_best_actions(mdp, reward, pi):
    Q = bellman_backup(mdp, reward, value_iteration(mdp, reward, 1e-10)[0])
    behind = Q.max(axis=1, keepdims=True) - Q
    return int((behind[pi > 0] < 1e-6).all())


@right
def consistent_largest_gain(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return np.array((Q - V[:, None]).max() < 1e-7)


@right
def consistent_improvement(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    better = greedy_policy(Q)
    return not np.any(values(mdp, reward, better) > V + 1e-6)


@wrong("compares rewards, not Q")
def consistent_myopic(mdp, reward, pi):
    return bool(np.all(reward.max(axis=1) <= (pi * reward).sum(axis=1) + 1e-8))


@wrong("P of action 0 for P of the policy")
def consistent_one_action(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * mdp.P[:, 0]
    V = np.linalg.solve(system, (pi * reward).sum(axis=1))
    Q = reward + mdp.gamma * mdp.P @ V
    return bool(np.all((pi * Q).sum(axis=1, keepdims=True) + 1e-8 >= Q))


@wrong("compares arrows with a planner's")
def consistent_arrows(mdp, reward, pi):
    return bool((value_iteration(mdp, reward)[1].argmax(axis=1) == pi.argmax(axis=1)).all())


@wrong("compares policies")
def consistent_policies(mdp, reward, pi):
    return bool(np.allclose(policy_iteration(mdp, reward)[1], pi))


@wrong("the likeliest action only")
def consistent_likeliest(mdp, reward, pi):
    sure = np.eye(mdp.n_actions)[pi.argmax(axis=1)]
    Q, V = looked_ahead(mdp, reward, sure)
    return bool(np.all(Q.max(axis=1) <= V + 1e-8))


@wrong("from the start only")
def consistent_return(mdp, reward, pi):
    best = expected_return(mdp, reward, policy_iteration(mdp, reward)[1])
    return bool(best - expected_return(mdp, reward, pi) < 1e-6 * max(1, abs(best)))


@wrong("visited states only")
def consistent_visited(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    seen = occupancy(mdp, pi).sum(axis=1) > 0
    return bool(np.all(Q.max(axis=1)[seen] <= V[seen] + 1e-8))


@wrong("reward averaged over the actions")
def consistent_state_reward(mdp, reward, pi):
    R = np.repeat(reward.mean(axis=1, keepdims=True), mdp.n_actions, axis=1)
    Q, V = looked_ahead(mdp, R, pi)
    return bool(np.all(Q.max(axis=1) <= V + 1e-8))


@wrong("strictly worse, the policy's own action included")
def consistent_strict(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool(np.all(V[:, None] - 1e-9 > Q))


@wrong("no room for rounding")
def consistent_exact(mdp, reward, pi):
    V = policy_evaluation(mdp, reward, pi)
    return bool((bellman_backup(mdp, reward, V).max(axis=1) <= V).all())


@wrong("equality without room")
def consistent_equal(mdp, reward, pi):
    V = policy_evaluation(mdp, reward, pi)
    return bool((bellman_backup(mdp, reward, V).max(axis=1) == V).all())


@wrong("inequality turned round")
def consistent_turned(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool(np.all(V[:, None] - 1e-8 <= Q))


@wrong("any for all")
def consistent_any(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool(np.any(Q.max(axis=1) <= V + 1e-8))


@wrong("a mean of gains")
def consistent_mean(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool((Q - V[:, None]).mean() <= 1e-8)


@wrong("return inside the loop, so that only action 0 is looked at")
def consistent_first_action(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    for a in range(mdp.n_actions):
        return bool(np.all(Q[:, a] <= V + 1e-8))


@wrong("the zero reward refused")
def consistent_refuses_zero(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool(np.any(reward) and np.all(Q.max(axis=1) <= V + 1e-8))


@wrong("gamma left out")
def consistent_undiscounted(mdp, reward, pi):
    V = values(mdp, reward, pi)
    return bool(np.all((reward + mdp.P @ V).max(axis=1) <= V + 1e-8))


@wrong("True to everything")
def consistent_always(mdp, reward, pi):
    V = values(mdp, reward, pi)
    return bool(np.allclose(V, values(mdp, reward, pi)))


@slip("return True or False")
def consistent_per_state(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return Q.max(axis=1) <= V + 1e-8


@slip("return True or False")
def consistent_gain(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return (Q - V[:, None]).max()


@slip("truth value of an array")
def consistent_if_array(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return True if Q.max(axis=1) <= V + 1e-8 else False  # noqa: SIM210


@slip("is a return missing")
def consistent_falls_through(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    all(Q.max(axis=1) <= V + 1e-8)


@slip("could not be broadcast together")
def consistent_broadcast(mdp, reward, pi):
    Q, V = looked_ahead(mdp, reward, pi)
    return bool(np.all(Q <= V + 1e-8))


# --- ng_russell -----------------------------------------------------------------------------

right, wrong, slip, endless = marker("ng_russell", RIGHT, WRONG, SLIPS, ENDLESS)


def pieces(mdp, pi):
    """What the lesson's stub and the first lines of an answer come to."""
    others = np.argsort(pi, axis=1, kind="stable")[:, :-1]
    P_pi = chain(mdp, pi)
    return others, P_pi, np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_pi)


def edges_of(mdp, pi, R, P_pi=None, to_values=None):
    others, own, inverse = pieces(mdp, pi)
    P_pi = own if P_pi is None else P_pi
    to_values = inverse if to_values is None else to_values
    states = np.arange(mdp.n_states)
    return [(P_pi - mdp.P[states, others[:, k]]) @ to_values @ R for k in range(mdp.n_actions - 1)]


def solved(score, constraints, R, **how):
    cp.Problem(cp.Maximize(score), constraints).solve(**how)
    return R.value


def with_solver(mdp, pi, l1, reward_max, **how):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R, **how)


@right
def program_smallest_edge(mdp, pi, l1, reward_max):
    return with_solver(mdp, pi, l1, reward_max)


@right
def program_scs(mdp, pi, l1, reward_max):
    return with_solver(mdp, pi, l1, reward_max, solver=cp.SCS)


@right
def program_osqp(mdp, pi, l1, reward_max):
    """The loosest of cvxpy's solvers, which says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return with_solver(mdp, pi, l1, reward_max, solver=cp.OSQP)


@right
def program_scipy(mdp, pi, l1, reward_max):
    return with_solver(mdp, pi, l1, reward_max, solver=cp.SCIPY)


@right
def program_values_are_unknown_too(mdp, pi, l1, reward_max):
    n, expert = mdp.n_states, pi.argmax(axis=1)
    P_pi = mdp.P[np.arange(n), expert]
    R, V, m = cp.Variable(n), cp.Variable(n), cp.Variable(n)
    constraints = [R + mdp.gamma * P_pi @ V == V, reward_max >= R, -reward_max <= R]
    for s in range(n):
        for a in range(mdp.n_actions):
            if a != expert[s]:
                edge = (P_pi[s] - mdp.P[s, a]) @ V
                constraints += [edge >= 0, m[s] <= edge]
    return solved(cp.sum(m) - l1 * cp.sum(cp.abs(R)), constraints, R)


@right
def program_state_by_state(mdp, pi, l1, reward_max):
    R, (_, P_pi, inverse) = cp.Variable(mdp.n_states), pieces(mdp, pi)
    score, constraints = -l1 * cp.norm(R, 1), [cp.abs(R) <= reward_max]
    for s in range(mdp.n_states):
        rivals = np.flatnonzero(pi[s] == 0)
        edge = (P_pi[s] - mdp.P[s, rivals]) @ inverse @ R
        score += cp.min(edge)
        constraints.append(edge >= 0)
    return solved(score, constraints, R).tolist()


@right
def program_far_above(mdp, pi, l1, reward_max):
    """The expert's own edge is put out of the minimum's reach."""
    R, (_, P_pi, inverse) = cp.Variable(mdp.n_states), pieces(mdp, pi)
    edges = [(P_pi - mdp.P[:, a]) @ inverse @ R for a in range(mdp.n_actions)]
    smallest = cp.minimum(*[edge + 1e3 * pi[:, a] for a, edge in enumerate(edges)])
    constraints = [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max]
    return solved(cp.sum(smallest) - l1 * cp.norm1(R), constraints, R)


@right
def program_minimised(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = cp.vstack(edges_of(mdp, pi, R))
    cost = l1 * cp.norm1(R) - cp.sum(cp.min(edges, axis=0))
    cp.Problem(cp.Minimize(cost), [edges >= 0, cp.abs(R) <= reward_max]).solve()
    return R.value


@right
def program_two_signs(mdp, pi, l1, reward_max):
    """R as the difference of two non-negative parts, whose sum is its size."""
    n = mdp.n_states
    plus, minus = cp.Variable(n, nonneg=True), cp.Variable(n, nonneg=True)
    edges = edges_of(mdp, pi, plus - minus)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.sum(plus + minus)
    constraints = [edge >= 0 for edge in edges] + [plus + minus <= reward_max]
    cp.Problem(cp.Maximize(score), constraints).solve()
    return plus.value - minus.value


@right
def program_linprog(mdp, pi, l1, reward_max):
    n, edges = mdp.n_states, edges_of(mdp, pi, np.eye(mdp.n_states))
    eye, none = np.eye(n), np.zeros((n, n))
    rows = [np.hstack([-e, eye, none]) for e in edges] + [
        np.hstack([-e, none, none]) for e in edges
    ]
    rows += [np.hstack([eye, none, -eye]), np.hstack([-eye, none, -eye])]
    cap = np.broadcast_to(reward_max, n)
    found = scipy.optimize.linprog(
        np.repeat([0.0, -1.0, l1], n),
        A_ub=np.vstack(rows),
        b_ub=np.zeros(n * len(rows)),
        bounds=[(-c, c) for c in cap] + [(None, None)] * n + [(0, None)] * n,
    )
    return found.x[:n]


def misread(mdp, pi, l1, reward_max, P_pi=None, to_values=None, sign=1.0, keep=True):
    """The program with other pieces."""
    R = cp.Variable(mdp.n_states)
    edges = [sign * edge for edge in edges_of(mdp, pi, R, P_pi, to_values)]
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    kept = [edge >= 0 for edge in edges] if keep else []
    return solved(score, [*kept, cp.abs(R) <= reward_max], R)


@wrong("P of action 0 for P of the policy")
def program_one_action(mdp, pi, l1, reward_max):
    P_0 = mdp.P[:, 0]
    inverse = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_0)
    R = cp.Variable(mdp.n_states)
    edges = [(P_0 - mdp.P[:, a]) @ inverse @ R for a in range(1, mdp.n_actions)]
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("P of action 0 for P of the policy, the expert's rivals kept")
def program_one_action_against_rivals(mdp, pi, l1, reward_max):
    P_0 = mdp.P[:, 0]
    inverse = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_0)
    return misread(mdp, pi, l1, reward_max, P_0, inverse)


@wrong("no bound")
def program_unbounded(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges], R)


@wrong("rewards may not be negative")
def program_nonnegative(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states, nonneg=True)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.sum(R)
    return solved(score, [edge >= 0 for edge in edges] + [reward_max >= R], R)


@wrong("nothing keeps the expert optimal")
def program_not_kept(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, reward_max, keep=False)


@wrong("l1 not used")
def program_no_price(mdp, pi, l1, reward_max):
    return misread(mdp, pi, 0.0, reward_max)


@wrong("the sum is charged, not the sizes")
def program_signed_price(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.sum(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("the price is paid out")
def program_price_added(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) + l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("the price of the squares")
def program_squared_price(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.sum_squares(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("edges over all rivals added up")
def program_summed_rivals(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(sum(edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("the expert's own action in the minimum")
def program_own_action(mdp, pi, l1, reward_max):
    R, (_, P_pi, inverse) = cp.Variable(mdp.n_states), pieces(mdp, pi)
    edges = [(P_pi - mdp.P[:, a]) @ inverse @ R for a in range(mdp.n_actions)]
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("edges turned round")
def program_turned(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, reward_max, sign=-1.0)


@wrong("the largest edge, which cvxpy refuses to maximise")
def program_largest_edge(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.maximum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("gamma in front of the edges")
def program_differences_of_q(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, reward_max, sign=mdp.gamma)


@wrong("next step's rewards, not values")
def program_no_values(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, reward_max, to_values=np.eye(mdp.n_states))


@wrong("the discount of the lesson's world")
def program_fixed_gamma(mdp, pi, l1, reward_max):
    inverse = np.linalg.inv(np.eye(mdp.n_states) - 0.9 * chain(mdp, pi))
    return misread(mdp, pi, l1, reward_max, to_values=inverse)


@wrong("the inverse transposed")
def program_transposed(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, reward_max, to_values=pieces(mdp, pi)[2].T)


@wrong("margins weighted by the start")
def program_from_the_start(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = mdp.initial_dist @ cp.minimum(*edges) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("a mean of the margins")
def program_mean_margin(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.mean(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)


@wrong("the bound on the sum of sizes")
def program_bound_on_all(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.norm1(R) <= np.max(reward_max)], R)


@wrong("bounded by 1, whatever is given")
def program_one(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, 1.0)


@wrong("one bound for all states")
def program_one_bound(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    return solved(score, [edge >= 0 for edge in edges] + [cp.norm_inf(R) <= reward_max], R)


@wrong("zero")
def program_zero(mdp, pi, l1, reward_max):
    return np.zeros(mdp.n_states)


@wrong("the visits, which say where the expert is")
def program_visits(mdp, pi, l1, reward_max):
    return (1 - mdp.gamma) * occupancy(mdp, pi).sum(axis=1) * reward_max


@slip("in its .value")
def program_variable(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    solved(score, [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max], R)
    return R


@slip("The solution is in R.value")
def program_score(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    edges = edges_of(mdp, pi, R)
    score = cp.sum(cp.minimum(*edges)) - l1 * cp.norm1(R)
    constraints = [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max]
    return cp.Problem(cp.Maximize(score), constraints).solve()


@slip("is a return missing")
def program_not_solved(mdp, pi, l1, reward_max):
    R = cp.Variable(mdp.n_states)
    cp.Problem(cp.Maximize(-l1 * cp.norm1(R)), [cp.abs(R) <= reward_max])
    return R.value


@slip("is a return missing")
def program_no_return(mdp, pi, l1, reward_max):
    misread(mdp, pi, l1, reward_max)


@slip("'Parameter' object")
def program_misspelt(mdp, pi, l1, reward_max):
    return misread(mdp, pi, l1, cp.Parameter(value=1.0).size_of_bound)


@endless("lowers a price that never reaches 0")
def program_never_ends(mdp, pi, l1, reward_max):
    price = 1.0 + l1
    while price != 0:
        price = max(price / 2, 1e-300)
    return misread(mdp, pi, price, reward_max)
