"""Answers to the exercises of lesson 03, each independent of the lesson's other exercises."""

import itertools
import math
import operator
import warnings
from functools import reduce

import cvxpy as cp
import numpy as np
import scipy.optimize
import scipy.sparse
import scipy.spatial

from answers.register import marker, register
from irl_course.environments import gridworld
from irl_course.mdp import sample_demos
from irl_course.planning import (
    expected_return,
    expected_visits,
    greedy_policy,
    occupancy,
    policy_evaluation,
    policy_iteration,
    value_iteration,
)

RIGHT, WRONG, SLIPS, ENDLESS = register()

# What a learner has lying around in the notebook.
home = gridworld("S...#....\n....#....\n.........\n....#....\n....#...G", slip=0.1).mdp

# --- linear_reward --------------------------------------------------------------------------

right, wrong, slip, endless = marker("linear_reward", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def reward_matmul(features, psi):
    return features @ psi


@right
def reward_loops(features, psi):
    n_states, n_actions, n_features = features.shape
    reward = np.zeros((n_states, n_actions))
    for s in range(n_states):
        for a in range(n_actions):
            for k in range(n_features):
                reward[s, a] += psi[k] * features[s, a, k]
    return reward


@right
def reward_einsum(features, psi):
    return np.einsum("k,sak->sa", psi, features)


@right
def reward_sum_of_layers(features, psi):
    return sum(weight * features[..., k] for k, weight in enumerate(psi))


@right
def reward_broadcast_sum(features, psi):
    return (features * psi[None, None, :]).sum(axis=-1)


@right
def reward_flat(features, psi):
    flat = features.reshape(-1, len(psi)).dot(psi)
    return flat.reshape(features.shape[:2])


@right
def reward_tensordot(features, psi):
    return np.tensordot(psi, features, axes=(0, 2))


@right
def reward_transposed(features, psi):
    return (features.T * psi[:, None, None]).sum(axis=0).T


@right
def reward_lists(features, psi):
    return [[sum(map(operator.mul, f, psi)) for f in row] for row in features.tolist()]


@right
def reward_single_precision(features, psi):
    return np.inner(features.astype(np.float32), psi.astype(np.float32))


@right
def reward_own_array_in_place(features, psi):
    weighted = features.astype(float)
    weighted *= psi
    return np.apply_along_axis(math.fsum, 2, weighted)


@wrong("the mean over features, not the sum")
def reward_mean(features, psi):
    return (features * psi).mean(axis=-1)


@wrong("nothing is added up")
def reward_not_summed(features, psi):
    return features * psi


@wrong("psi not used")
def reward_without_psi(features, psi):
    return features.sum(axis=-1)


@wrong("psi made a unit vector")
def reward_unit_psi(features, psi):
    return features @ (psi / np.linalg.norm(psi))


@wrong("psi made to sum to 1")
def reward_shares(features, psi):
    return np.average(features, axis=-1, weights=np.abs(psi))


@wrong("the sizes of the weights only")
def reward_sizes(features, psi):
    return features @ np.abs(psi)


@wrong("a cost, not a reward")
def reward_cost(features, psi):
    return -(features @ psi)


@wrong("= for +=: only the last feature is left")
def reward_last_feature(features, psi):
    reward = np.zeros(features.shape[:2])
    for k in range(len(psi)):
        reward = psi[k] * features[:, :, k]
    return reward


@wrong("range starts at 1: the first feature is left out")
def reward_skips_first(features, psi):
    reward = np.zeros(features.shape[:2])
    for k in range(1, len(psi)):
        reward += psi[k] * features[:, :, k]
    return reward


@wrong("the largest feature's weight only")
def reward_strongest(features, psi):
    return (features * psi).max(axis=-1)


@wrong("an array of whole numbers cuts off what comes after the point")
def reward_whole_numbers(features, psi):
    reward = np.zeros(features.shape[:2], dtype=int)
    for s, a in np.ndindex(reward.shape):
        reward[s, a] = psi @ features[s, a]
    return reward


@wrong("averaged over the actions")
def reward_per_state(features, psi):
    reward = features.mean(axis=1) @ psi
    return np.repeat(reward[:, None], features.shape[1], axis=1)


@wrong("the first action's features for all")
def reward_first_action(features, psi):
    return np.tile(features[:, :1] @ psi, (1, features.shape[1]))


@wrong("reshape where the axes had to be moved")
def reward_reshaped(features, psi):
    n_states, n_actions, n_features = features.shape
    return (psi @ features.reshape(n_features, -1)).reshape(n_states, n_actions)


@wrong("the axes transposed by a reshape")
def reward_scrambled(features, psi):
    n_states, n_actions, _ = features.shape
    return (features.transpose(1, 0, 2) @ psi).reshape(n_states, n_actions)


@wrong("a softmax of the reward")
def reward_softmax(features, psi):
    powers = np.exp(features @ psi)
    return powers / powers.sum(axis=1, keepdims=True)


@wrong("held between -1 and 1")
def reward_clipped(features, psi):
    return np.clip(features @ psi, -1, 1)


@wrong("features squared on the way")
def reward_quadratic(features, psi):
    return np.einsum("sak,sak,k->sa", features, features, psi)


@wrong("changes the features it was given")
def reward_changes_features(features, psi):
    features *= psi
    return features.sum(axis=2)


@slip("matmul")
def reward_wrong_order(features, psi):
    return psi @ features


@slip("two axes swapped")
def reward_actions_first(features, psi):
    return (features @ psi).T


@slip("is a return missing")
def reward_no_return(features, psi):
    print(features @ psi, end="\r")


@slip("is a generator")
def reward_generator(features, psi):
    return (psi @ f for f in features)


@slip("name 'phi' is not defined")
def reward_other_name(features, psi):
    return phi @ psi  # noqa: F821


@slip("drop an extra axis")
def reward_column(features, psi):
    return features @ psi[:, None]


@endless("an index that is never counted up")
def reward_never_ends(features, psi):
    reward, k = np.zeros(features.shape[:2]), 0
    while k < len(psi):
        reward += psi[k] * features[..., k]
    return reward


# --- feature_expectations -------------------------------------------------------------------

right, wrong, slip, endless = marker("feature_expectations", RIGHT, WRONG, SLIPS, ENDLESS)


def chain(mdp, pi):
    return np.einsum("sa,sat->st", pi, mdp.P)


def state_visits(mdp, pi):
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi).T, mdp.initial_dist)


def successor_features(mdp, pi, features):
    """Features to come from every state, (S, K)."""
    paid = (pi[:, :, None] * features).sum(axis=1)
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), paid)


def added_up(visits, features):
    return np.einsum("sa,sak->k", visits, features)


@right
def expectations_einsum(mdp, pi, features):
    return np.einsum("sa,sak->k", occupancy(mdp, pi), features)


@right
def expectations_loops(mdp, pi, features):
    rho = occupancy(mdp, pi)
    total = np.zeros(features.shape[-1])
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            total += rho[s, a] * features[s, a]
    return total


@right
def expectations_flat(mdp, pi, features):
    return occupancy(mdp, pi).ravel() @ features.reshape(-1, features.shape[2])


@right
def expectations_tensordot(mdp, pi, features):
    return np.tensordot(features, occupancy(mdp, pi), axes=([0, 1], [0, 1]))


@right
def expectations_one_return_each(mdp, pi, features):
    return [expected_return(mdp, features[:, :, k], pi) for k in range(features.shape[2])]


@right
def expectations_values(mdp, pi, features):
    values = [policy_evaluation(mdp, f, pi) for f in np.moveaxis(features, -1, 0)]
    return np.array(values) @ mdp.initial_dist


@right
def expectations_successor_features(mdp, pi, features):
    return mdp.initial_dist @ successor_features(mdp, pi, features)


@right
def expectations_state_visits(mdp, pi, features):
    here = np.einsum("sa,sak->sk", pi, features)
    return here.T @ state_visits(mdp, pi)


@right
def expectations_walk_of_the_crowd(mdp, pi, features):
    crowd, discount, total = mdp.initial_dist, 1.0, 0.0
    while discount > 1e-13:
        total = total + discount * added_up(crowd[:, None] * pi, features)
        crowd = crowd @ chain(mdp, pi)
        discount *= mdp.gamma
    return total


@right
def expectations_finite_but_long(mdp, pi, features):
    visits = expected_visits(mdp, pi, 2500)
    rho = (mdp.gamma ** np.arange(2500)[:, None, None] * visits).sum(axis=0)
    return (rho[..., None] * features).sum(axis=(0, 1)).astype(np.float32)


@right
def expectations_sweeps(mdp, pi, features):
    """Policy evaluation by sweeps, for all features at once."""
    psi = np.zeros((mdp.n_states, features.shape[2]))
    for _ in range(2500):
        psi = np.einsum("sa,sak->sk", pi, features + mdp.gamma * mdp.expect(psi))
    return mdp.initial_dist @ psi


@wrong("rescaled by 1 - gamma")
def expectations_rescaled(mdp, pi, features):
    return (1 - mdp.gamma) * added_up(occupancy(mdp, pi), features)


@wrong("a weighted mean of the features")
def expectations_average(mdp, pi, features):
    rho = occupancy(mdp, pi).ravel()
    return np.average(features.reshape(-1, features.shape[2]), axis=0, weights=rho)


@wrong("policy ignored")
def expectations_ignores_policy(mdp, pi, features):
    return added_up(occupancy(mdp, np.full_like(pi, 1 / mdp.n_actions)), features)


@wrong("the most likely action only")
def expectations_likeliest(mdp, pi, features):
    return added_up(occupancy(mdp, np.eye(mdp.n_actions)[pi.argmax(axis=1)]), features)


@wrong("visits of states times features averaged over the actions")
def expectations_mean_features(mdp, pi, features):
    return occupancy(mdp, pi).sum(axis=1) @ features.mean(axis=1)


@wrong("visits of states times features summed over the actions")
def expectations_summed_features(mdp, pi, features):
    return occupancy(mdp, pi).sum(axis=1) @ features.sum(axis=1)


@wrong("visits times the policy once more")
def expectations_policy_twice(mdp, pi, features):
    return added_up(occupancy(mdp, pi) * pi, features)


@wrong("the mean over all states for the start")
def expectations_mean_over_states(mdp, pi, features):
    return successor_features(mdp, pi, features).mean(axis=0)


@wrong("state 0 taken for the start")
def expectations_state_zero(mdp, pi, features):
    return successor_features(mdp, pi, features)[0]


@wrong("added up over all states as starts")
def expectations_sum_over_states(mdp, pi, features):
    return successor_features(mdp, pi, features).sum(axis=0)


@wrong("one value per state")
def expectations_per_state(mdp, pi, features):
    return successor_features(mdp, pi, features)


@wrong("nothing is discounted, over 100 steps")
def expectations_undiscounted(mdp, pi, features):
    return added_up(expected_visits(mdp, pi, 100).sum(axis=0), features)


@wrong("ten steps only")
def expectations_short(mdp, pi, features):
    discount = mdp.gamma ** np.arange(10)[:, None, None]
    return added_up((discount * expected_visits(mdp, pi, 10)).sum(axis=0), features)


@wrong("the first step only")
def expectations_first_step(mdp, pi, features):
    return added_up(mdp.initial_dist[:, None] * pi, features)


@wrong("the first step is not counted")
def expectations_without_first_step(mdp, pi, features):
    later = occupancy(mdp, pi) - mdp.initial_dist[:, None] * pi
    return added_up(later, features)


@wrong("the first step is discounted already")
def expectations_discounts_too_early(mdp, pi, features):
    return mdp.gamma * added_up(occupancy(mdp, pi), features)


@wrong("the transitions transposed")
def expectations_transposed(mdp, pi, features):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    rho = np.linalg.solve(system, mdp.initial_dist)
    return added_up(rho[:, None] * pi, features)


@wrong("visits reshaped, not transposed")
def expectations_scrambled(mdp, pi, features):
    rho = occupancy(mdp, pi).T.reshape(mdp.n_states, mdp.n_actions)
    return added_up(rho, features)


@wrong("the discount of the lesson's world")
def expectations_fixed_gamma(mdp, pi, features):
    return added_up(occupancy(mdp.replace(gamma=0.99), pi), features)


@wrong("the mean over state-action pairs")
def expectations_mean(mdp, pi, features):
    return (occupancy(mdp, pi)[:, :, None] * features).mean(axis=(0, 1))


@wrong("a mean over some walks")
def expectations_sampled(mdp, pi, features):
    walks = sample_demos(mdp, pi, n_demos=50, horizon=40, seed=0)
    seen = features[walks.states[:, :-1], walks.actions]
    return (mdp.gamma ** np.arange(40) @ seen).mean(axis=0)


@wrong("the best policy for each feature")
def expectations_optimal(mdp, pi, features):
    values = [policy_iteration(mdp, f)[0] for f in np.moveaxis(features, -1, 0)]
    return np.array(values) @ mdp.initial_dist


@slip("could not be broadcast together")
def expectations_missing_axis(mdp, pi, features):
    return (occupancy(mdp, pi) * features).sum(axis=(0, 1))


@slip("is a return missing")
def expectations_no_return(mdp, pi, features):
    total = added_up(occupancy(mdp, pi), features)
    total.round(3)


@slip("missing 1 required positional argument")
def expectations_forgets_policy(mdp, pi, features):
    return added_up(occupancy(mdp), features)


@slip("expected (45, 4)")
def expectations_at_home(mdp, pi, features):
    return added_up(occupancy(home, pi), features)


@slip("one number")
def expectations_all_added_up(mdp, pi, features):
    return (occupancy(mdp, pi)[..., None] * features).sum()


@slip("drop an extra axis")
def expectations_as_a_row(mdp, pi, features):
    return occupancy(mdp, pi).reshape(1, -1) @ features.reshape(-1, features.shape[-1])


@slip("read-only")
def expectations_changes_world(mdp, pi, features):
    mdp.P[:] *= mdp.gamma
    return added_up(occupancy(mdp, pi), features)


@endless("the step is never counted up")
def expectations_never_ends(mdp, pi, features):
    crowd, t, total = mdp.initial_dist, 0, 0.0
    while mdp.gamma**t > 1e-9:
        total = total + mdp.gamma**t * added_up(crowd[:, None] * pi, features)
        crowd = crowd @ chain(mdp, pi)
    return total


# --- empirical_feature_expectations ---------------------------------------------------------

right, wrong, slip, endless = marker("empirical_feature_expectations", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def empirical_loops(demos, features, gamma):
    total = np.zeros(features.shape[-1])
    for i in range(demos.n_demos):
        for t in range(demos.horizon):
            total += gamma**t * features[demos.states[i, t], demos.actions[i, t]]
    return total / demos.n_demos


@right
def empirical_indexed(demos, features, gamma):
    seen = features[demos.states[:, :-1], demos.actions]
    return np.einsum("t,ntk->k", gamma ** np.arange(demos.horizon), seen) / len(demos.states)


@right
def empirical_mean_of_sums(demos, features, gamma):
    discount = gamma ** np.arange(demos.actions.shape[1])
    seen = features[demos.states[:, : demos.horizon], demos.actions]
    return (discount[None, :, None] * seen).sum(axis=1).mean(axis=0)


@right
def empirical_zip(demos, features, gamma):
    sums = []
    for states, actions in zip(demos.states, demos.actions, strict=True):
        total, discount = 0.0, 1.0
        for s, a in zip(states, actions, strict=False):  # the last state has no action
            total = total + discount * features[s, a]
            discount *= gamma
        sums.append(total)
    return np.mean(sums, axis=0)


@right
def empirical_bincount(demos, features, gamma):
    n_states, n_actions, n_features = features.shape
    pairs = demos.states[:, :-1] * n_actions + demos.actions
    discount = np.tile(gamma ** np.arange(demos.horizon), demos.n_demos)
    visits = np.bincount(pairs.ravel(), weights=discount, minlength=n_states * n_actions)
    return visits @ features.reshape(-1, n_features) / demos.n_demos


@right
def empirical_add_at(demos, features, gamma):
    rho = np.zeros(features.shape[:2])
    for t in range(demos.horizon):
        np.add.at(rho, (demos.states[:, t], demos.actions[:, t]), gamma**t)
    return np.tensordot(rho, features) / len(demos)


@right
def empirical_backwards(demos, features, gamma):
    """Horner's scheme: what comes later is discounted once more at every step."""
    later = np.zeros((demos.n_demos, features.shape[2]))
    for t in reversed(range(demos.horizon)):
        later = features[demos.states[:, t], demos.actions[:, t]] + gamma * later
    return later.mean(axis=0)


@right
def empirical_running_product(demos, features, gamma):
    discount = np.cumprod(np.append(1.0, np.full(demos.horizon - 1, gamma)))
    return sum(
        discount @ features[demo.states[0, :-1], demo.actions[0]]
        for demo in (demos[i] for i in range(len(demos)))
    ) / len(demos)


@right
def empirical_mean_per_step(demos, features, gamma):
    seen = features[demos.states[:, :-1], demos.actions].mean(axis=0)
    return np.polynomial.polynomial.polyval(gamma, seen).tolist()


@right
def empirical_one_hot(demos, features, gamma):
    states = np.eye(features.shape[0])[demos.states[:, :-1]]
    actions = np.eye(features.shape[1])[demos.actions]
    discount = gamma ** np.arange(demos.horizon)
    rho = np.einsum("t,nts,nta->sa", discount, states, actions) / demos.n_demos
    return np.einsum("sa,sak->k", rho, features).astype(np.float32)


@right
def empirical_sparse(demos, features, gamma):
    discount = np.broadcast_to(gamma ** np.arange(demos.horizon), demos.actions.shape)
    where = demos.states[:, :-1].ravel(), demos.actions.ravel()
    rho = scipy.sparse.coo_array((discount.ravel(), where), shape=features.shape[:2]).toarray()
    return [float((rho * features[..., k]).sum()) / len(demos) for k in range(features.shape[2])]


def seen_by(demos, features):
    """Features at every step, (N, T, K)."""
    return features[demos.states[:, :-1], demos.actions]


def discounts(demos, gamma):
    return gamma ** np.arange(demos.horizon)


@wrong("no discount")
def empirical_undiscounted(demos, features, gamma):
    return seen_by(demos, features).sum(axis=1).mean(axis=0)


@wrong("the sum over the demonstrations, not the mean")
def empirical_summed(demos, features, gamma):
    return (discounts(demos, gamma) @ seen_by(demos, features)).sum(axis=0)


@wrong("divided by the number of all steps")
def empirical_per_step(demos, features, gamma):
    total = np.einsum("t,ntk->k", discounts(demos, gamma), seen_by(demos, features))
    return total / demos.actions.size


@wrong("divided by the horizon")
def empirical_by_horizon(demos, features, gamma):
    total = np.einsum("t,ntk->k", discounts(demos, gamma), seen_by(demos, features))
    return total / demos.horizon


@wrong("divided by T + 1: the length of the table, not its height")
def empirical_by_length(demos, features, gamma):
    total = np.einsum("t,ntk->k", discounts(demos, gamma), seen_by(demos, features))
    return total / len(demos.states[0])


@wrong("the discount starts at gamma")
def empirical_discounts_too_early(demos, features, gamma):
    total = 0.0
    for states, actions in zip(demos.states, demos.actions, strict=True):
        for t, action in enumerate(actions, start=1):
            total = total + gamma**t * features[states[t - 1], action]
    return total / demos.n_demos


@wrong("the discount runs on from one demonstration to the next")
def empirical_discount_not_reset(demos, features, gamma):
    total, discount = 0.0, 1.0
    for states, actions in zip(demos.states, demos.actions, strict=True):
        for s, a in zip(states, actions, strict=False):
            total = total + discount * features[s, a]
            discount *= gamma
    return total / demos.n_demos


@wrong("rescaled by 1 - gamma")
def empirical_rescaled(demos, features, gamma):
    return (1 - gamma) * (discounts(demos, gamma) @ seen_by(demos, features)).mean(axis=0)


@wrong("the weights of the steps made to sum to 1")
def empirical_weighted_mean(demos, features, gamma):
    seen = seen_by(demos, features).mean(axis=0)
    return np.average(seen, axis=0, weights=discounts(demos, gamma))


@wrong("each action with the state it led to")
def empirical_next_state(demos, features, gamma):
    seen = features[demos.states[:, 1:], demos.actions]
    return (discounts(demos, gamma) @ seen).mean(axis=0)


@wrong("the last state counts, too, with the last action")
def empirical_last_state(demos, features, gamma):
    actions = np.hstack([demos.actions, demos.actions[:, -1:]])
    seen = features[demos.states, actions]
    return (gamma ** np.arange(demos.horizon + 1) @ seen).mean(axis=0)


@wrong("the last state counts, too, with action 0")
def empirical_last_state_action_zero(demos, features, gamma):
    actions = np.zeros_like(demos.states)
    actions[:, :-1] = demos.actions
    return (gamma ** np.arange(demos.horizon + 1) @ features[demos.states, actions]).mean(axis=0)


@wrong("features of the states alone, averaged over the actions, last state included")
def empirical_states_only(demos, features, gamma):
    seen = features.mean(axis=1)[demos.states]
    return (gamma ** np.arange(demos.horizon + 1) @ seen).mean(axis=0)


@wrong("features averaged over the actions")
def empirical_mean_action(demos, features, gamma):
    seen = features.mean(axis=1)[demos.states[:, :-1]]
    return (discounts(demos, gamma) @ seen).mean(axis=0)


@wrong("the last action of each demonstration dropped")
def empirical_drops_last_action(demos, features, gamma):
    seen = seen_by(demos, features)[:, :-1]
    return (discounts(demos, gamma)[:-1] @ seen).mean(axis=0)


@wrong("the first demonstration only")
def empirical_first_demo(demos, features, gamma):
    seen = features[demos.states[0, :-1], demos.actions[0]]
    return discounts(demos, gamma) @ seen


@wrong("return inside the loop, after a division by all")
def empirical_returns_early(demos, features, gamma):
    total = np.zeros(features.shape[-1])
    for states, actions in zip(demos.states, demos.actions, strict=True):
        for t, action in enumerate(actions):
            total += gamma**t * features[states[t], action]
        return total / demos.n_demos


@wrong("the sum starts afresh with every demonstration")
def empirical_last_demo(demos, features, gamma):
    for states, actions in zip(demos.states, demos.actions, strict=True):
        total = np.zeros(features.shape[-1])
        for t, action in enumerate(actions):
            total += gamma**t * features[states[t], action]
    return total / demos.n_demos


@wrong("+= on a fancy index counts each pair once")
def empirical_fancy_index(demos, features, gamma):
    rho = np.zeros(features.shape[:2])
    rho[demos.states[:, :-1], demos.actions] += discounts(demos, gamma)
    return added_up(rho, features) / demos.n_demos


@wrong("the discount of the lesson's world")
def empirical_fixed_gamma(demos, features, gamma):
    return (discounts(demos, 0.99) @ seen_by(demos, features)).mean(axis=0)


@wrong("the last step is said to go on for ever")
def empirical_with_tail(demos, features, gamma):
    seen = seen_by(demos, features)
    total = discounts(demos, gamma) @ seen
    tail = gamma**demos.horizon / max(1 - gamma, 1e-9) * seen[:, -1]
    return (total + tail).mean(axis=0)


@wrong("later steps count more")
def empirical_discount_reversed(demos, features, gamma):
    return (discounts(demos, gamma)[::-1] @ seen_by(demos, features)).mean(axis=0)


@wrong("gamma at every step after the first, not its powers")
def empirical_gamma_once(demos, features, gamma):
    discount = np.full(demos.horizon, gamma)
    discount[0] = 1.0
    return (discount @ seen_by(demos, features)).mean(axis=0)


@slip("mismatch")
def empirical_all_columns(demos, features, gamma):
    return (discounts(demos, gamma) @ features[demos.states, demos.actions]).mean(axis=0)


@slip("unsupported operand")
def empirical_power_sign(demos, features, gamma):
    return sum(gamma ^ t for t in range(demos.horizon)) * features[0, 0]


@slip("is a return missing")
def empirical_no_return(demos, features, gamma):
    (discounts(demos, gamma) @ seen_by(demos, features)).mean(axis=0)


@slip("one number")
def empirical_mean_of_all(demos, features, gamma):
    return (discounts(demos, gamma) @ seen_by(demos, features)).mean()


@slip("is not iterable")
def empirical_loops_over_number(demos, features, gamma):
    return sum(gamma**t * features[demos.states[:, t], 0].mean(axis=0) for t in demos.horizon)


@slip("read-only")
def empirical_changes_demos(demos, features, gamma):
    demos.states[:, -1] = 0
    return (discounts(demos, gamma) @ seen_by(demos, features)).mean(axis=0)


@endless("the step is never counted up")
def empirical_never_ends(demos, features, gamma):
    t, total = 0, 0.0
    while t < demos.horizon:
        total = total + gamma**t * features[demos.states[:, t], demos.actions[:, t]].mean(axis=0)
    return total


# --- performance_gap_bound ------------------------------------------------------------------

right, wrong, slip, endless = marker("performance_gap_bound", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def bound_norm(expert, learner):
    return np.linalg.norm(expert - learner)


@right
def bound_root_of_squares(expert, learner):
    return np.sqrt(np.sum((learner - expert) ** 2))


@right
def bound_dot(expert, learner):
    gap = expert - learner
    return float(gap @ gap) ** 0.5


@right
def bound_loop(expert, learner):
    total = 0
    for k in range(len(expert)):
        total += (expert[k] - learner[k]) * (expert[k] - learner[k])
    return math.sqrt(total)


@right
def bound_math(expert, learner):
    return math.dist(expert, learner)


@right
def bound_hypot(expert, learner):
    return reduce(math.hypot, (expert - learner).tolist(), 0.0)


@right
def bound_scipy(expert, learner):
    return np.float32(scipy.spatial.distance.euclidean(expert, learner))


@right
def bound_worst_psi(expert, learner):
    """The psi that shows the gap, with none where there is no gap."""
    gap = expert - learner
    if np.allclose(gap, 0, rtol=0, atol=1e-12):
        return 0.0
    psi = gap / np.linalg.norm(gap)
    return psi @ expert - psi @ learner


@right
def bound_singular_value(expert, learner):
    return np.linalg.svd((expert - learner)[:, None], compute_uv=False)[0]


@right
def bound_two_norm_of_psi(expert, learner):
    """The maximum itself, by a solver."""
    psi = cp.Variable(len(expert))
    goal = cp.Maximize(psi @ (expert - learner))
    return cp.Problem(goal, [cp.norm(psi, 2) <= 1]).solve()


@wrong("the squared distance")
def bound_squared(expert, learner):
    return float(((expert - learner) ** 2).sum())


@wrong("sizes added up: the bound for |psi_k| <= 1")
def bound_one_norm(expert, learner):
    return np.abs(expert - learner).sum()


@wrong("the largest entry: the bound for ||psi||_1 <= 1")
def bound_largest(expert, learner):
    return np.max(np.abs(expert - learner))


@wrong("signed differences added up: psi = (1, ..., 1)")
def bound_signed_sum(expert, learner):
    return np.sum(expert - learner)


@wrong("the size of the sum of differences")
def bound_size_of_sum(expert, learner):
    return abs(expert.sum() - learner.sum())


@wrong("the difference of the lengths")
def bound_difference_of_norms(expert, learner):
    return np.linalg.norm(expert) - np.linalg.norm(learner)


@wrong("the size of the difference of the lengths")
def bound_size_of_norms(expert, learner):
    return abs(np.linalg.norm(expert) - np.linalg.norm(learner))


@wrong("the root of the mean square")
def bound_root_mean_square(expert, learner):
    return np.sqrt(np.mean((expert - learner) ** 2))


@wrong("relative to the expert")
def bound_relative(expert, learner):
    return np.linalg.norm(expert - learner) / np.linalg.norm(expert)


@wrong("psi towards the expert, not along the difference")
def bound_along_expert(expert, learner):
    psi = expert / np.linalg.norm(expert)
    return psi @ (expert - learner)


@wrong("the best single feature, signed")
def bound_best_feature(expert, learner):
    return (expert - learner).max()


@wrong("weights may not be negative")
def bound_nonnegative_psi(expert, learner):
    return np.linalg.norm(np.maximum(expert - learner, 0))


@wrong("0 / 0 where there is no gap")
def bound_not_a_number(expert, learner):
    psi = (expert - learner) / np.linalg.norm(expert - learner)
    return psi @ (expert - learner)


@wrong("the expert's length: the learner is forgotten")
def bound_expert_only(expert, learner):
    return np.linalg.norm(expert)


@wrong("the product, not the difference")
def bound_product(expert, learner):
    return float(expert @ learner)


@wrong("psi is the difference, not made a unit vector")
def bound_long_psi(expert, learner):
    psi = expert - learner
    return float(psi @ expert - psi @ learner)


@wrong("one minus the cosine")
def bound_cosine(expert, learner):
    return 1 - expert @ learner / (np.linalg.norm(expert) * np.linalg.norm(learner))


@wrong("the worst of some random psi")
def bound_sampled(expert, learner):
    psi = np.random.default_rng(0).normal(size=(50, len(expert)))
    psi /= np.linalg.norm(psi, axis=1, keepdims=True)
    return (psi @ (expert - learner)).max()


@wrong("root taken before the sum")
def bound_root_first(expert, learner):
    return sum(math.sqrt((e - m) ** 2) for e, m in zip(expert, learner, strict=True))


@wrong("minus the gap")
def bound_negative(expert, learner):
    return -np.linalg.norm(expert - learner)


@wrong("changes the expert it was given")
def bound_changes_expert(expert, learner):
    expert -= learner
    return np.sqrt(expert @ expert)


@slip("return one number")
def bound_per_feature(expert, learner):
    return np.abs(expert - learner)


@slip("is a return missing")
def bound_no_return(expert, learner):
    math.dist(expert, learner)


@slip("has no attribute 'normalise'")
def bound_misspelt(expert, learner):
    return np.linalg.normalise(expert - learner)


@slip("unsupported operand")
def bound_lists(expert, learner):
    return np.linalg.norm(list(expert) - list(learner))


@slip("return one number")
def bound_worst_weights(expert, learner):
    return (expert - learner) / max(np.linalg.norm(expert - learner), 1e-12)


@slip("is a str")
def bound_as_text(expert, learner):
    return f"{np.linalg.norm(expert - learner):.3f}"


# --- projection_step ------------------------------------------------------------------------

right, wrong, slip, endless = marker("projection_step", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def projection_clip(expert, mixed, new):
    towards = new - mixed
    if not towards.any():
        return mixed
    step = np.clip(towards @ (expert - mixed) / (towards @ towards), 0, 1)
    return mixed + step * towards


@right
def projection_if_else(expert, mixed, new):
    length = np.sum((new - mixed) ** 2)
    step = np.sum((new - mixed) * (expert - mixed)) / length if length > 0 else 0
    if step < 0:
        step = 0
    elif step > 1:
        step = 1
    return (1 - step) * mixed + step * new


@right
def projection_min_max(expert, mixed, new):
    if np.array_equal(new, mixed):
        return mixed.copy()
    step = np.dot(expert - mixed, new - mixed) / np.linalg.norm(new - mixed) ** 2
    return mixed + max(0.0, min(1.0, step)) * (new - mixed)


@right
def projection_entries_clipped(expert, mixed, new):
    """Projects onto the line, and holds every entry between those of the two ends."""
    towards = new - mixed
    step = towards @ (expert - mixed) / max(towards @ towards, 1e-300)
    return np.clip(mixed + step * towards, np.minimum(mixed, new), np.maximum(mixed, new))


@right
def projection_divides_with_where(expert, mixed, new):
    towards = new - mixed
    length = towards @ towards
    step = np.divide(towards @ (expert - mixed), length, out=np.zeros(()), where=length > 0)
    return (mixed + np.minimum(np.maximum(step, 0), 1) * towards).astype(np.float32)


@right
def projection_from_new(expert, mixed, new):
    """Walks the other way; the tiny number helps where both ends are one."""
    back = mixed - new
    step = back @ (expert - new) / (back @ back + 1e-30)
    return (new + np.clip(step, 0, 1) * back).tolist()


@right
def projection_nearest_of_three(expert, mixed, new):
    points, towards = [mixed, new], new - mixed
    if towards @ towards > 0:
        step = towards @ (expert - mixed) / (towards @ towards)
        if 0 < step < 1:
            points.append(mixed + step * towards)
    return min(points, key=lambda point: np.linalg.norm(expert - point))


@right
def projection_minimised(expert, mixed, new):
    def distance(step):
        return np.sum((expert - mixed - step * (new - mixed)) ** 2)

    found = scipy.optimize.minimize_scalar(
        distance, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}
    )
    return mixed + found.x * (new - mixed)


@right
def projection_halved(expert, mixed, new):
    """Halves the segment, keeping the half in which the distance still falls."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        point = mixed + middle * (new - mixed)
        if (expert - point) @ (new - mixed) > 0:
            low = middle
        else:
            high = middle
    return mixed + low * (new - mixed)


@right
def projection_least_squares(expert, mixed, new):
    found = scipy.optimize.lsq_linear((new - mixed)[:, None], expert - mixed, bounds=(0, 1))
    return mixed + found.x[0] * (new - mixed) if (new != mixed).any() else np.array(mixed)


@right
def projection_shifted_origin(expert, mixed, new):
    """All seen from the expert: the shortest vector between two."""
    a, b = mixed - expert, new - expert
    if a @ b >= a @ a:
        return mixed
    if a @ b >= b @ b:
        return new
    return expert + ((b @ b - a @ b) * a + (a @ a - a @ b) * b) / ((a - b) @ (a - b))


def step_towards(expert, mixed, new):
    """How far to go on the line through both, 0 if there is none."""
    towards = new - mixed
    length = towards @ towards
    return towards @ (expert - mixed) / length if length else 0.0


def between(mixed, new, step):
    return mixed + step * (new - mixed)


@wrong("the line, not the segment")
def projection_unclipped(expert, mixed, new):
    return between(mixed, new, step_towards(expert, mixed, new))


@wrong("held below 1 only")
def projection_held_above(expert, mixed, new):
    return between(mixed, new, min(step_towards(expert, mixed, new), 1))


@wrong("held above 0 only")
def projection_held_below(expert, mixed, new):
    return between(mixed, new, max(step_towards(expert, mixed, new), 0))


@wrong("0 / 0 where new is mixed")
def projection_not_a_number(expert, mixed, new):
    towards = new - mixed
    step = towards @ (expert - mixed) / (towards @ towards)
    return mixed + np.clip(step, 0, 1) * towards


@wrong("stays where it is instead of going all the way")
def projection_refuses_far(expert, mixed, new):
    step = step_towards(expert, mixed, new)
    return between(mixed, new, step if 0 <= step <= 1 else 0.0)


@wrong("the size of the step")
def projection_abs_step(expert, mixed, new):
    return between(mixed, new, min(abs(step_towards(expert, mixed, new)), 1))


@wrong("divided by the length, not by its square")
def projection_by_length(expert, mixed, new):
    towards = new - mixed
    step = towards @ (expert - mixed) / max(np.linalg.norm(towards), 1e-12)
    return between(mixed, new, np.clip(step, 0, 1))


@wrong("not divided at all")
def projection_undivided(expert, mixed, new):
    step = (new - mixed) @ (expert - mixed)
    return between(mixed, new, np.clip(step, 0, 1))


@wrong("divided by the expert's distance")
def projection_by_gap(expert, mixed, new):
    gap = expert - mixed
    step = (new - mixed) @ gap / max(gap @ gap, 1e-12)
    return between(mixed, new, np.clip(step, 0, 1))


@wrong("projected from the origin: expert, not expert - mixed")
def projection_from_origin(expert, mixed, new):
    towards = new - mixed
    step = towards @ expert / max(towards @ towards, 1e-12)
    return between(mixed, new, np.clip(step, 0, 1))


@wrong("the step is used for the wrong end")
def projection_ends_swapped(expert, mixed, new):
    step = np.clip(step_towards(expert, mixed, new), 0, 1)
    return step * mixed + (1 - step) * new


@wrong("goes the other way")
def projection_sign(expert, mixed, new):
    return between(mixed, new, -np.clip(step_towards(expert, mixed, new), 0, 1))


@wrong("projects new onto the way from mixed to the expert")
def projection_wrong_line(expert, mixed, new):
    return between(mixed, expert, np.clip(step_towards(new, mixed, expert), 0, 1))


@wrong("projects mixed onto the way from new to the expert")
def projection_other_line(expert, mixed, new):
    return between(new, expert, np.clip(step_towards(mixed, new, expert), 0, 1))


@wrong("a step per entry: * for @")
def projection_per_entry(expert, mixed, new):
    towards = new - mixed
    length = np.where(towards == 0, 1, towards**2)
    return mixed + np.clip(towards * (expert - mixed) / length, 0, 1) * towards


@wrong("* for @ above, a sum below")
def projection_half_a_product(expert, mixed, new):
    towards = new - mixed
    step = towards * (expert - mixed) / max(towards @ towards, 1e-12)
    return mixed + np.clip(step, 0, 1) * towards


@wrong("the middle")
def projection_middle(expert, mixed, new):
    return (mixed + new) / 2


@wrong("the nearer of the two ends")
def projection_nearer_end(expert, mixed, new):
    return min(mixed, new, key=lambda point: np.linalg.norm(expert - point))


@wrong("the new one")
def projection_new(expert, mixed, new):
    return new


@wrong("the move, not the point")
def projection_move(expert, mixed, new):
    return np.clip(step_towards(expert, mixed, new), 0, 1) * (new - mixed)


@wrong("a new policy that is the mixture is taken for having arrived")
def projection_arrived(expert, mixed, new):
    if np.allclose(mixed, new):
        return expert
    return between(mixed, new, np.clip(step_towards(expert, mixed, new), 0, 1))


@wrong("a point on a grid of ten steps")
def projection_coarse(expert, mixed, new):
    points = [between(mixed, new, step) for step in np.linspace(0, 1, 11)]
    return min(points, key=lambda point: np.linalg.norm(expert - point))


@wrong("changes the mixture it was given")
def projection_changes_mixed(expert, mixed, new):
    mixed += np.clip(step_towards(expert, mixed, new), 0, 1) * (new - mixed)
    return mixed


@slip("one number")
def projection_step_only(expert, mixed, new):
    return np.clip(step_towards(expert, mixed, new), 0, 1)


@slip("is a return missing")
def projection_no_return(expert, mixed, new):
    mixed = between(mixed, new, np.clip(step_towards(expert, mixed, new), 0, 1))


@slip("name 'step' is not defined")
def projection_step_forgotten(expert, mixed, new):
    return (1 - step) * mixed + step * new  # noqa: F821


@slip("alone")
def projection_two_things(expert, mixed, new):
    step = np.clip(step_towards(expert, mixed, new), 0, 1)
    return step, between(mixed, new, step)


@slip("ZeroDivisionError")
def projection_plain_numbers(expert, mixed, new):
    e, m, n = expert.tolist(), mixed.tolist(), new.tolist()
    along = sum((b - a) * (c - a) for a, b, c in zip(m, n, e, strict=True))
    step = along / sum((b - a) ** 2 for a, b in zip(m, n, strict=True))
    return between(mixed, new, max(0.0, min(1.0, step)))


@endless("waits for an exact equality that rounding prevents")
def projection_never_ends(expert, mixed, new):
    low, high = 0.0, 1.0
    while low != high:
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if math.dist(expert, between(mixed, new, left)) > math.dist(
            expert, between(mixed, new, right)
        ):
            low = left
        else:
            high = right
    return between(mixed, new, low)


# --- apprenticeship_learning ----------------------------------------------------------------

right, wrong, slip, endless = marker("apprenticeship_learning", RIGHT, WRONG, SLIPS, ENDLESS)


def uniform(mdp):
    return np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)


def expectations(mdp, pi, features):
    return np.tensordot(occupancy(mdp, pi), features)


@right
def apprentice_as_told(mdp, features, expert, tol, max_iter):
    policies, weights = [uniform(mdp)], np.ones(1)
    mixed = expectations(mdp, policies[0], features)
    distances = [np.linalg.norm(expert - mixed)]
    while distances[-1] > tol and len(policies) <= max_iter:
        _, pi = value_iteration(mdp, features @ (expert - mixed))
        new = expectations(mdp, pi, features)
        step = np.clip(step_towards(expert, mixed, new), 0, 1)
        if step == 0:
            break
        mixed = between(mixed, new, step)
        policies.append(pi)
        weights = np.append((1 - step) * weights, step)
        distances.append(np.linalg.norm(expert - mixed))
    return np.array(policies), weights, np.array(distances)


@right
def apprentice_weights_from_steps(mdp, features, expert, tol, max_iter):
    """The weights are worked out at the end: what is mixed in early shrinks with every step."""
    policies, steps, distances = [uniform(mdp)], [1.0], []
    mixed = expectations(mdp, policies[0], features)
    distances.append(math.dist(expert, mixed))
    for _ in range(max_iter):
        if distances[-1] <= tol:
            break
        pi = policy_iteration(mdp, features @ (expert - mixed))[1]
        new = expectations(mdp, pi, features)
        step = min(max(step_towards(expert, mixed, new), 0), 1)
        nearer = (1 - step) * mixed + step * new
        if not math.dist(expert, nearer) < distances[-1]:
            break
        mixed = nearer
        policies.append(pi)
        steps.append(step)
        distances.append(math.dist(expert, mixed))
    steps = np.array(steps)
    weights = [steps[i] * np.prod(1 - steps[i + 1 :]) for i in range(len(steps))]
    return policies, weights, distances


@right
def apprentice_all_by_hand(mdp, features, expert, tol, max_iter):
    """Successor features, and a planner that takes the last of the best actions."""
    states, start = np.arange(mdp.n_states), mdp.initial_dist

    def plan(reward):
        chosen = reward.argmax(axis=1)
        while True:
            system = np.eye(mdp.n_states) - mdp.gamma * mdp.P[states, chosen]
            Q = reward + mdp.gamma * mdp.P @ np.linalg.solve(system, reward[states, chosen])
            best = mdp.n_actions - 1 - Q[:, ::-1].argmax(axis=1)
            best = np.where(Q[states, best] > Q[states, chosen] + 1e-10, best, chosen)
            if (best == chosen).all():
                return np.eye(mdp.n_actions)[chosen]
            chosen = best

    policies = [np.ones((mdp.n_states, mdp.n_actions)) / mdp.n_actions]
    mixed = start @ successor_features(mdp, policies[0], features)
    weights, distances = [1.0], [np.sqrt(((expert - mixed) ** 2).sum())]
    for _ in range(max_iter):
        if distances[-1] <= tol:
            break
        policies.append(plan(features @ (expert - mixed)))
        new = start @ successor_features(mdp, policies[-1], features)
        step = float(np.clip(step_towards(expert, mixed, new), 0, 1))
        mixed = (1 - step) * mixed + step * new
        weights = [weight * (1 - step) for weight in weights] + [step]
        distances.append(np.sqrt(((expert - mixed) ** 2).sum()))
        if step < 1e-12:  # the policy that led nowhere stays on the list, with no weight
            break
    return np.stack(policies), np.array(weights), np.array(distances)


@right
def apprentice_unit_psi(mdp, features, expert, tol, max_iter):
    """Only psi's direction counts; it stops where no policy promises more than there is."""
    pi = uniform(mdp)
    found = [(pi, expectations(mdp, pi, features))]
    weights, distances = np.array([1.0]), []
    while True:
        mixed = sum(w * mu for w, (_, mu) in zip(weights, found, strict=True))
        gap = expert - mixed
        distances.append(np.linalg.norm(gap))
        if distances[-1] <= tol or len(found) == max_iter + 1:
            break
        psi = gap / np.linalg.norm(gap)
        _, pi = value_iteration(mdp, features @ psi, tol=1e-10)
        new = expectations(mdp, pi, features)
        if psi @ new <= psi @ mixed + 1e-9:
            break
        step = np.clip(step_towards(expert, mixed, new), 0, 1)
        weights = np.concatenate([(1 - step) * weights, [step]])
        found.append((pi, new))
    return np.array([pi for pi, _ in found], dtype=np.float32), weights, np.array(distances)


@right
def apprentice_tables_made_before(mdp, features, expert, tol, max_iter):
    policies = np.zeros((max_iter + 1, mdp.n_states, mdp.n_actions))
    weights, distances = np.zeros(max_iter + 1), np.zeros(max_iter + 1)
    policies[0], weights[0] = 1 / mdp.n_actions, 1
    mixed = expectations(mdp, policies[0], features)
    distances[0] = np.linalg.norm(mixed - expert)
    n = 1
    while n <= max_iter and distances[n - 1] > tol:
        policies[n] = policy_iteration(mdp, features @ (expert - mixed))[1]
        new = expectations(mdp, policies[n], features)
        step = np.clip(step_towards(expert, mixed, new), 0, 1)
        mixed = between(mixed, new, step)
        distances[n] = np.linalg.norm(mixed - expert)
        if distances[n] >= distances[n - 1]:
            break
        weights[:n] *= 1 - step
        weights[n] = step
        n += 1
    return policies[:n], weights[:n], distances[:n]


@right
def apprentice_line_search(mdp, features, expert, tol, max_iter):
    policies, weights = [uniform(mdp)], [1.0]
    mus = [expectations(mdp, policies[0], features)]
    distances = [np.linalg.norm(expert - mus[0])]
    for _ in range(max_iter):
        mixed = np.array(weights) @ np.array(mus)
        if distances[-1] <= tol:
            break
        _, pi = value_iteration(mdp, features @ (expert - mixed))
        new = expectations(mdp, pi, features)
        found = scipy.optimize.minimize_scalar(
            lambda step, a=mixed, b=new: np.sum((expert - between(a, b, step)) ** 2),
            bounds=(0, 1),
            method="bounded",
            options={"xatol": 1e-10},
        )
        distance = np.linalg.norm(expert - between(mixed, new, found.x))
        if distance > distances[-1] - 1e-12:
            break
        policies.append(pi)
        mus.append(new)
        distances.append(distance)
        weights = [(1 - found.x) * w for w in weights] + [found.x]
    return np.array(policies), np.array(weights), np.array(distances)


@right
def apprentice_recursive(mdp, features, expert, tol, max_iter):
    def go_on(policies, weights, mixed, distances):
        if distances[-1] <= tol or len(policies) > max_iter:
            return policies, weights, distances
        _, pi = policy_iteration(mdp, features @ (expert - mixed))
        new = expectations(mdp, pi, features)
        step = np.clip(step_towards(expert, mixed, new), 0, 1)
        if step <= 0:
            return policies, weights, distances
        mixed = between(mixed, new, step)
        distance = np.linalg.norm(expert - mixed)
        mixture = [*((1 - step) * w for w in weights), step]
        return go_on([*policies, pi], mixture, mixed, [*distances, distance])

    pi = uniform(mdp)
    mixed = expectations(mdp, pi, features)
    return go_on([pi], [1.0], mixed, [np.linalg.norm(expert - mixed)])


@right
def apprentice_mixture_of_visits(mdp, features, expert, tol, max_iter):
    """Mixes visits, of which the feature expectations follow."""
    policies, weights = [uniform(mdp)], np.ones(1)
    rho = occupancy(mdp, policies[0])
    distances = [np.linalg.norm(expert - added_up(rho, features))]
    while distances[-1] > tol and len(policies) - 1 < max_iter:
        psi = expert - added_up(rho, features)
        pi = value_iteration(mdp, (features * psi).sum(axis=-1))[1]
        towards = occupancy(mdp, pi) - rho
        way = added_up(towards, features)
        if way @ psi <= 1e-9 * (psi @ psi):
            break
        step = min(1.0, way @ psi / (way @ way))
        rho = rho + step * towards
        policies += [pi]
        weights = np.r_[(1 - step) * weights, step]
        distances += [np.linalg.norm(expert - added_up(rho, features))]
    return np.asarray(policies), weights.astype(np.float32), np.asarray(distances)


@right
def apprentice_tie_shared(mdp, features, expert, tol, max_iter):
    """Plans by plain sweeps, and shares the probability among equally good actions."""

    def plan(reward):
        Q = np.zeros_like(reward)
        for _ in range(800):
            Q = reward + mdp.gamma * mdp.P @ Q.max(axis=1)
        return greedy_policy(Q, tol=1e-7)

    policies, weights = [uniform(mdp)], np.ones(1)
    mixed = expectations(mdp, policies[0], features)
    distances = [np.linalg.norm(expert - mixed)]
    for _ in range(max_iter):
        if distances[-1] <= tol:
            break
        pi = plan(features @ ((expert - mixed) / distances[-1]))
        new = expectations(mdp, pi, features)
        step = np.clip(step_towards(expert, mixed, new), 0, 1)
        if step < 1e-9:
            break
        mixed = between(mixed, new, step)
        policies, weights = [*policies, pi], np.append(weights * (1 - step), step)
        distances.append(np.linalg.norm(expert - mixed))
    return tuple(policies), tuple(weights), tuple(map(float, distances))


def clipped_step(expert, mixed, new):
    return float(np.clip(step_towards(expert, mixed, new), 0, 1))


def appended(weights, step):
    return np.append((1 - step) * weights, step)


def walk(
    mdp,
    features,
    expert,
    tol,
    max_iter,
    *,
    first=uniform,
    count=expectations,
    aim=lambda expert, mixed, new: expert - mixed,
    plan=lambda mdp, reward: value_iteration(mdp, reward)[1],
    share=clipped_step,
    mix=appended,
    near=lambda distances, tol: distances[-1] <= tol,
    stop_at_none=True,
):
    """The right walk, of which wrong ones exchange a piece; also the expectations (M, K)."""
    policies, weights = [first(mdp)], np.ones(1)
    mus = [count(mdp, policies[0], features)]
    mixed, distances = mus[0], [np.linalg.norm(expert - mus[0])]
    while len(policies) <= max_iter and not near(distances, tol):
        pi = plan(mdp, features @ aim(expert, mixed, mus[-1]))
        new = count(mdp, pi, features)
        step = share(expert, mixed, new)
        if stop_at_none and not step > 1e-9:
            break
        policies.append(pi)
        mus.append(new)
        weights = mix(weights, step)
        mixed = between(mixed, new, step)
        distances.append(np.linalg.norm(expert - mixed))
    return np.array(policies), weights, np.array(distances), np.array(mus)


@wrong("all weight on the last policy")
def apprentice_last_policy(mdp, features, expert, tol, max_iter):
    policies, weights, distances, _ = walk(mdp, features, expert, tol, max_iter)
    return policies, np.eye(len(weights))[-1], distances


@wrong("older weights are not rescaled")
def apprentice_stale_weights(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, max_iter, mix=np.append)[:3]


@wrong("the raw steps, scaled to sum to 1 at the end")
def apprentice_steps_for_weights(mdp, features, expert, tol, max_iter):
    policies, steps, distances, _ = walk(mdp, features, expert, tol, max_iter, mix=np.append)
    return policies, steps / steps.sum(), distances


@wrong("every policy weighs the same")
def apprentice_equal_weights(mdp, features, expert, tol, max_iter):
    policies, weights, distances, _ = walk(mdp, features, expert, tol, max_iter)
    return policies, np.full(len(weights), 1 / len(weights)), distances


@wrong("step and 1 - step swapped in the weights")
def apprentice_weights_swapped(mdp, features, expert, tol, max_iter):
    def mix(weights, step):
        return np.append(step * weights, 1 - step)

    return walk(mdp, features, expert, tol, max_iter, mix=mix)[:3]


@wrong("psi points away from the expert")
def apprentice_sign(mdp, features, expert, tol, max_iter):
    def aim(expert, mixed, new):
        return mixed - expert

    return walk(mdp, features, expert, tol, max_iter, aim=aim)[:3]


@wrong("psi from the last policy, not from the mixture")
def apprentice_aims_from_last(mdp, features, expert, tol, max_iter):
    def aim(expert, mixed, new):
        return expert - new

    return walk(mdp, features, expert, tol, max_iter, aim=aim)[:3]


@wrong("psi is the expert's feature expectations")
def apprentice_aims_at_expert(mdp, features, expert, tol, max_iter):
    def aim(expert, mixed, new):
        return expert

    return walk(mdp, features, expert, tol, max_iter, aim=aim)[:3]


@wrong("a step beyond the new policy")
def apprentice_unclipped(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, max_iter, share=step_towards)[:3]


@wrong("no mixture: the last policy's distance, and psi from it")
def apprentice_never_mixes(mdp, features, expert, tol, max_iter):
    def share(expert, mixed, new):
        return 1.0

    return walk(mdp, features, expert, tol, max_iter, share=share)[:3]


@wrong("the mean of all policies so far, not the nearest mixture")
def apprentice_running_mean(mdp, features, expert, tol, max_iter):
    shares = (1 / n for n in itertools.count(2))

    def share(expert, mixed, new):
        return next(shares)

    return walk(mdp, features, expert, tol, max_iter, share=share)[:3]


@wrong("keeps to the nearest single policy")
def apprentice_nearest_policy(mdp, features, expert, tol, max_iter):
    def share(expert, mixed, new):
        return float(math.dist(expert, new) < math.dist(expert, mixed))

    return walk(mdp, features, expert, tol, max_iter, share=share)[:3]


@wrong("rescaled by 1 - gamma")
def apprentice_rescaled(mdp, features, expert, tol, max_iter):
    def count(mdp, pi, features):
        return (1 - mdp.gamma) * expectations(mdp, pi, features)

    return walk(mdp, features, (1 - mdp.gamma) * expert, tol, max_iter, count=count)[:3]


@wrong("starts with action 0 everywhere")
def apprentice_starts_with_action_zero(mdp, features, expert, tol, max_iter):
    def first(mdp):
        return np.eye(mdp.n_actions)[np.zeros(mdp.n_states, dtype=int)]

    return walk(mdp, features, expert, tol, max_iter, first=first)[:3]


@wrong("starts with random numbers for a policy")
def apprentice_starts_at_random(mdp, features, expert, tol, max_iter):
    def first(mdp):
        return np.random.default_rng(0).dirichlet(np.ones(mdp.n_actions), mdp.n_states)

    return walk(mdp, features, expert, tol, max_iter, first=first)[:3]


@wrong("greedy for the reward of the next step")
def apprentice_myopic(mdp, features, expert, tol, max_iter):
    def plan(mdp, reward):
        return greedy_policy(reward)

    return walk(mdp, features, expert, tol, max_iter, plan=plan)[:3]


@wrong("over as soon as a policy comes up a second time")
def apprentice_stops_at_repeat(mdp, features, expert, tol, max_iter):
    seen = []

    def share(expert, mixed, new):
        if any(np.allclose(new, old) for old in seen):
            return 0.0
        seen.append(new)
        return clipped_step(expert, mixed, new)

    return walk(mdp, features, expert, tol, max_iter, share=share)[:3]


@wrong("the distances of the new policies, not of the mixture")
def apprentice_distances_of_policies(mdp, features, expert, tol, max_iter):
    policies, weights, _, mus = walk(mdp, features, expert, tol, max_iter)
    return policies, weights, np.linalg.norm(expert - mus, axis=1)


@wrong("squared distances")
def apprentice_squared_distances(mdp, features, expert, tol, max_iter):
    policies, weights, distances, _ = walk(mdp, features, expert, tol, max_iter)
    return policies, weights, distances**2


@wrong("the squared distance is compared with tol")
def apprentice_squared_tol(mdp, features, expert, tol, max_iter):
    def near(distances, tol):
        return distances[-1] ** 2 <= tol

    return walk(mdp, features, expert, tol, max_iter, near=near)[:3]


@wrong("over when a step brings less than tol")
def apprentice_tol_for_progress(mdp, features, expert, tol, max_iter):
    def near(distances, tol):
        return len(distances) > 1 and distances[-2] - distances[-1] <= tol

    return walk(mdp, features, expert, tol, max_iter, near=near)[:3]


@wrong("tol not used")
def apprentice_ignores_tol(mdp, features, expert, tol, max_iter):
    def near(distances, tol):
        return False

    return walk(mdp, features, expert, tol, max_iter, near=near)[:3]


@wrong("one policy too many")
def apprentice_one_too_many(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, max_iter + 1)[:3]


@wrong("one policy too few: the uniform one is counted as an iteration")
def apprentice_one_too_few(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, max_iter - 1)[:3]


@wrong("max_iter not used")
def apprentice_ignores_max_iter(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, 100)[:3]


@wrong("one policy with averaged probabilities for the mixture")
def apprentice_averages_policies(mdp, features, expert, tol, max_iter):
    policies, weights, distances, _ = walk(mdp, features, expert, tol, max_iter)
    return np.tensordot(weights, policies, axes=1)[None], [1.0], distances[-1:]


@wrong("the first policy is not handed over")
def apprentice_drops_uniform(mdp, features, expert, tol, max_iter):
    policies, weights, distances, _ = walk(mdp, features, expert, tol, max_iter)
    if len(policies) == 1:
        return policies, weights, distances
    return policies[1:], weights[1:] / weights[1:].sum(), distances[1:]


@wrong("the last psi for the weights")
def apprentice_returns_psi(mdp, features, expert, tol, max_iter):
    policies, weights, distances, mus = walk(mdp, features, expert, tol, max_iter)
    return policies, expert - weights @ mus, distances


@wrong("the distance of the uniform policy is not recorded")
def apprentice_first_distance_missing(mdp, features, expert, tol, max_iter):
    policies, weights, distances, _ = walk(mdp, features, expert, tol, max_iter)
    return policies, weights, distances[1:]


@slip("pi has shape")
def apprentice_values_for_policy(mdp, features, expert, tol, max_iter):
    def plan(mdp, reward):
        return value_iteration(mdp, reward)[0]

    return walk(mdp, features, expert, 0.0, max_iter, plan=plan)[:3]


@slip("is a return missing")
def apprentice_no_return(mdp, features, expert, tol, max_iter):
    walk(mdp, features, expert, tol, max_iter)


@slip("return 3 things")
def apprentice_two_things(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, max_iter)[:2]


@slip("return 3 things")
def apprentice_with_expectations(mdp, features, expert, tol, max_iter):
    return walk(mdp, features, expert, tol, max_iter)


@slip("has no attribute 'append'")
def apprentice_appends_to_array(mdp, features, expert, tol, max_iter):
    policies = np.array([uniform(mdp)])
    policies.append(uniform(mdp))
    return policies, np.ones(1), np.ones(1)


@slip("missing 1 required positional argument")
def apprentice_forgets_features(mdp, features, expert, tol, max_iter):
    mixed = expectations(mdp, uniform(mdp))
    return uniform(mdp)[None], np.ones(1), np.linalg.norm(expert - mixed)[None]


@endless("the distance is measured once, before the loop")
def apprentice_never_ends(mdp, features, expert, tol, max_iter):
    pi = uniform(mdp)
    mixed, n = expectations(mdp, pi, features), 0
    distance = np.linalg.norm(expert - mixed)
    while distance > tol and n < max_iter:
        _, pi = value_iteration(mdp, features @ (expert - mixed))
        new = expectations(mdp, pi, features)
        mixed = between(mixed, new, clipped_step(expert, mixed, new))
    return pi[None], np.ones(1), np.array([distance])


# --- best_mixture ---------------------------------------------------------------------------

right, wrong, slip, endless = marker("best_mixture", RIGHT, WRONG, SLIPS, ENDLESS)


def program(expert, candidates, score=cp.sum_squares, solver=None):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(score(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve(solver=solver)
    return weights.value


@right
def mixture_squares(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(weights @ candidates - expert))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve()
    return weights.value


@right
def mixture_norm(expert, candidates):
    weights = cp.Variable(candidates.shape[0])
    distance = cp.norm(expert - candidates.T @ weights, 2)
    problem = cp.Problem(cp.Minimize(distance), [weights >= 0, cp.sum(weights) == 1])
    problem.solve(solver=cp.CLARABEL)
    return weights.value


@right
def mixture_scs(expert, candidates):
    return program(expert, candidates, solver=cp.SCS)


@right
def mixture_osqp(expert, candidates):
    """The loosest of cvxpy's solvers, which may say so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return program(expert, candidates, solver=cp.OSQP)


@right
def mixture_quadratic_form(expert, candidates):
    gaps = candidates - expert
    weights = cp.Variable(len(gaps))
    objective = cp.Minimize(cp.quad_form(weights, cp.psd_wrap(gaps @ gaps.T)))
    cp.Problem(objective, [weights >= 0, cp.sum(weights) == 1]).solve()
    return weights.value


@right
def mixture_point_and_weights(expert, candidates):
    """The mixture is a variable of its own; what rounding left is cleaned up."""
    weights, mixed = cp.Variable(len(candidates)), cp.Variable(len(expert))
    constraints = [mixed == candidates.T @ weights, weights >= 0, weights <= 1, sum(weights) == 1]
    cp.Problem(cp.Minimize(cp.sum_squares(mixed - expert)), constraints).solve()
    found = np.clip(weights.value, 0, None)
    return (found / found.sum()).tolist()


@right
def mixture_one_by_one(expert, candidates):
    weights = [cp.Variable(nonneg=True) for _ in candidates]
    mixed = sum(w * mu for w, mu in zip(weights, candidates, strict=True))
    cp.Problem(cp.Minimize(cp.norm(mixed - expert)), [sum(weights) == 1]).solve()
    return [float(w.value) for w in weights]


@right
def mixture_dual(expert, candidates):
    """Their max-margin step: the prices of its constraints are the weights."""
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    kept = (expert - candidates) @ psi >= margin
    cp.Problem(cp.Maximize(margin), [kept, cp.norm(psi, 2) <= 1]).solve()
    return np.abs(kept.dual_value)


@right
def mixture_nnls(expert, candidates):
    """Least squares without negative weights; that they sum to 1 is one heavy equation more."""
    heavy = 1e4 * max(1.0, np.abs(candidates - expert).max())
    rows = np.vstack([(candidates - expert).T, np.full(len(candidates), heavy)])
    weights, _ = scipy.optimize.nnls(rows, np.append(np.zeros(len(expert)), heavy))
    return weights / weights.sum()


@right
def mixture_slsqp(expert, candidates):
    gaps = (candidates - expert) / max(1.0, np.abs(candidates - expert).max())
    found = scipy.optimize.minimize(
        lambda w: np.sum((w @ gaps) ** 2),
        np.full(len(gaps), 1 / len(gaps)),
        jac=lambda w: 2 * gaps @ (w @ gaps),
        bounds=[(0, 1)] * len(gaps),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 500},
    )
    return found.x


@right
def mixture_every_face(expert, candidates):
    """Tries every set of candidates: the foot of the perpendicular, where it lies inside."""
    n, best, nearest = len(candidates), None, np.inf
    for size in range(1, min(n, len(expert) + 1) + 1):
        for members in map(list, itertools.combinations(range(n), size)):
            base, edges = candidates[members[0]], candidates[members[1:]]
            rest = np.linalg.lstsq((edges - base).T, expert - base, rcond=None)[0]
            share = np.append(1 - rest.sum(), rest)
            distance = np.linalg.norm(expert - share @ candidates[members])
            if (share >= -1e-12).all() and distance < nearest:
                best, nearest = np.zeros(n), distance
                best[members] = share
    return best


@right
def mixture_projected_gradient(expert, candidates):
    """Accelerated; after each step the nearest point of the simplex."""
    gaps = candidates - expert
    size, n = max(np.linalg.norm(gaps, 2) ** 2, 1e-12), np.arange(1, len(gaps) + 1)
    weights = ahead = np.full(len(gaps), 1 / len(gaps))
    for i in range(5000):
        moved = ahead - gaps @ (gaps.T @ ahead) / size
        falling = np.sort(moved)[::-1]
        cut = (np.cumsum(falling) - 1) / n
        before, weights = weights, np.maximum(moved - cut[np.nonzero(falling > cut)[0][-1]], 0)
        ahead = weights + i / (i + 3) * (weights - before)
    return weights.astype(np.float32)


@wrong("weights may be negative")
def mixture_affine(expert, candidates):
    weights = cp.Variable(len(candidates))
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve()
    return weights.value


@wrong("weights need not sum to 1")
def mixture_cone(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    cp.Problem(cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))).solve()
    return weights.value


@wrong("weights may sum to less than 1")
def mixture_at_most_one(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.sum(weights) <= 1]).solve()
    return weights.value


@wrong("each weight between 0 and 1, and no sum")
def mixture_box(expert, candidates):
    weights = cp.Variable(len(candidates))
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [weights >= 0, weights <= 1]).solve()
    return weights.value


@wrong("made to sum to 1 after the solver")
def mixture_scaled_after(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    cp.Problem(cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))).solve()
    return weights.value / weights.value.sum()


@wrong("negative weights cut off after the solver")
def mixture_cut_off(expert, candidates):
    found = np.maximum(mixture_affine(expert, candidates), 0)
    return found / found.sum()


@wrong("least squares, with neither constraint")
def mixture_least_squares(expert, candidates):
    return np.linalg.lstsq(candidates.T, expert, rcond=None)[0]


@wrong("a norm of 1 for a sum of 1")
def mixture_ball(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.norm(weights, 2) <= 1]).solve()
    return weights.value


@wrong("all weight on the nearest candidate")
def mixture_nearest(expert, candidates):
    distances = np.linalg.norm(candidates - expert, axis=1)
    return np.eye(len(candidates))[distances.argmin()]


@wrong("a mean of distances, not the distance of a mean")
def mixture_of_distances(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    distances = np.linalg.norm(candidates - expert, axis=1) ** 2
    cp.Problem(cp.Minimize(weights @ distances), [cp.sum(weights) == 1]).solve()
    return weights.value


@wrong("every candidate weighs the same")
def mixture_equal(expert, candidates):
    return np.full(len(candidates), 1 / len(candidates))


@wrong("the nearer, the heavier")
def mixture_inverse_distance(expert, candidates):
    nearness = 1 / (np.linalg.norm(candidates - expert, axis=1) + 1e-9)
    return nearness / nearness.sum()


@wrong("a softmax of minus the distances")
def mixture_softmax(expert, candidates):
    distances = np.linalg.norm(candidates - expert, axis=1)
    powers = np.exp(distances.min() - distances)
    return powers / powers.sum()


@wrong("differences added up by their sizes")
def mixture_one_norm(expert, candidates):
    return program(expert, candidates, score=cp.norm1)


@wrong("the largest difference made small")
def mixture_largest_difference(expert, candidates):
    return program(expert, candidates, score=cp.norm_inf)


@wrong("the sum of the differences squared")
def mixture_square_of_sum(expert, candidates):
    return program(expert, candidates, score=lambda gap: cp.square(cp.sum(gap)))


@wrong("the expert is forgotten: the shortest mixture")
def mixture_forgets_expert(expert, candidates):
    return program(np.zeros_like(expert), candidates)


@wrong("the largest product with the expert")
def mixture_along_expert(expert, candidates):
    return np.eye(len(candidates))[(candidates @ expert).argmax()]


@wrong("the best pair only")
def mixture_best_pair(expert, candidates):
    best, nearest = np.zeros(len(candidates)), np.inf
    for i, j in itertools.combinations(range(len(candidates)), 2):
        step = clipped_step(expert, candidates[i], candidates[j])
        distance = math.dist(expert, between(candidates[i], candidates[j], step))
        if distance < nearest:
            best, nearest = np.zeros(len(candidates)), distance
            best[[i, j]] = 1 - step, step
    return best


@wrong("the projection, once through all candidates")
def mixture_one_pass(expert, candidates):
    weights, mixed = np.ones(1), candidates[0]
    for new in candidates[1:]:
        step = clipped_step(expert, mixed, new)
        weights, mixed = appended(weights, step), between(mixed, new, step)
    return weights


@wrong("a price on large weights")
def mixture_ridge(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    distance = cp.sum_squares(expert - candidates.T @ weights)
    objective = cp.Minimize(distance + 0.1 * cp.sum_squares(weights))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve()
    return weights.value


@wrong("a reshape where a transpose was due")
def mixture_reshaped(expert, candidates):
    return program(expert, candidates.reshape(len(expert), -1).T)


@wrong("changes the candidates it was given")
def mixture_changes_candidates(expert, candidates):
    candidates -= expert
    return program(np.zeros_like(expert), candidates)


@slip("in its .value")
def mixture_variable(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve()
    return weights


@slip("one number")
def mixture_score(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    return cp.Problem(objective, [cp.sum(weights) == 1]).solve()


@slip("weights is None")
def mixture_not_solved(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.sum(weights) == 1])
    return weights.value


@slip("weights is None")
def mixture_no_return(expert, candidates):
    program(expert, candidates)


@slip("dimensions")
def mixture_wrong_side(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Minimize(cp.sum_squares(expert - candidates @ weights))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve()
    return weights.value


@slip("DCPError")
def mixture_maximised(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    objective = cp.Maximize(cp.sum_squares(expert - candidates.T @ weights))
    cp.Problem(objective, [cp.sum(weights) == 1]).solve()
    return weights.value


@slip("of shape")
def mixture_point(expert, candidates):
    return program(expert, candidates) @ candidates


@slip("has no attribute 'sumsquares'")
def mixture_misspelt(expert, candidates):
    weights = cp.Variable(len(candidates), nonneg=True)
    return cp.sumsquares(expert - candidates.T @ weights)


@endless("the expert need not be a mixture of the candidates")
def mixture_never_ends(expert, candidates):
    weights = np.eye(len(candidates))[0]
    while math.dist(expert, weights @ candidates) > 1e-9:
        mixed = weights @ candidates
        best = (candidates @ (expert - mixed)).argmax()
        step = clipped_step(expert, mixed, candidates[best])
        weights = (1 - step) * weights + step * np.eye(len(candidates))[best]
    return weights
