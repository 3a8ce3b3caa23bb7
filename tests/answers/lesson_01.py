"""Answers to the exercises of lesson 01, each independent of the lesson's other exercises."""

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.sparse
import scipy.sparse.linalg

from answers.register import marker, register
from irl_course.environments import gridworld
from irl_course.mdp import sample_demos

RIGHT, WRONG, SLIPS, ENDLESS = register()

# What a learner has lying around in the notebook.
grid = gridworld(".......\n.......\nS.PPP.G", slip=0.3, gamma=0.95)
grid_reward = grid.reward({"G": 0.0, "P": -10.0}, step=-1.0)


def backup(mdp, reward, V):
    return reward + mdp.gamma * np.dot(mdp.P, V)


def chain(mdp, pi):
    """What a policy makes of a world: transitions from state to state."""
    P_pi = np.zeros((mdp.n_states, mdp.n_states))
    for a in range(mdp.n_actions):
        P_pi += pi[:, [a]] * mdp.P[:, a, :]
    return P_pi


def values(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return np.linalg.inv(system) @ np.sum(pi * reward, axis=1)


def state_visits(mdp, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return mdp.initial_dist @ np.linalg.inv(system)


def one_hot(actions, n_actions):
    pi = np.zeros((len(actions), n_actions))
    pi[np.arange(len(actions)), actions] = 1
    return pi


def optimal_values(mdp, reward, sweeps=3000):
    V = np.zeros(mdp.n_states)
    for _ in range(sweeps):
        V, old = backup(mdp, reward, V).max(axis=1), V
        if np.array_equal(V, old):
            break
    return V


def uniform(mdp):
    return np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)


# --- bellman_backup -------------------------------------------------------------------------

right, wrong, slip, endless = marker("bellman_backup", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def backup_three_loops(mdp, reward, V):
    Q = np.zeros((mdp.n_states, mdp.n_actions))
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            Q[s, a] = reward[s, a]
            for next_state in range(mdp.n_states):
                Q[s, a] += mdp.gamma * mdp.P[s, a, next_state] * V[next_state]
    return Q


@right
def backup_einsum(mdp, reward, V):
    return reward + mdp.gamma * np.einsum("ijk,k->ij", mdp.P, V)


@right
def backup_tensordot(mdp, reward, V):
    return mdp.gamma * np.tensordot(mdp.P, V, axes=1) + reward


@right
def backup_broadcast_sum(mdp, reward, V):
    return np.sum(mdp.P * (reward[:, :, None] + mdp.gamma * V), axis=-1)


@right
def backup_lists(mdp, reward, V):
    return [
        [reward[s][a] + mdp.gamma * sum(p * v for p, v in zip(mdp.P[s, a], V, strict=True))
         for a in range(mdp.n_actions)]
        for s in range(mdp.n_states)
    ]  # fmt: skip


@right
def backup_single_precision(mdp, reward, V):
    P, V = mdp.P.astype(np.float32), V.astype(np.float32)
    return reward.astype(np.float32) + np.float32(mdp.gamma) * (P @ V)


@right
def backup_package_method(mdp, reward, V):
    return reward + mdp.gamma * mdp.expect(V)


@right
def backup_action_by_action(mdp, reward, V):
    columns = [reward[:, a] + mdp.gamma * mdp.P[:, a] @ V for a in range(mdp.n_actions)]
    return np.stack(columns, axis=1)


@right
def backup_own_array_in_place(mdp, reward, V):
    Q = mdp.P @ V
    Q *= mdp.gamma
    Q += reward
    return Q


@right
def backup_flat_matrix(mdp, reward, V, discount=None):
    discount = mdp.gamma if discount is None else discount
    future = mdp.P.reshape(-1, mdp.n_states) @ V[:, None]
    return reward + discount * future.reshape(reward.shape)


@right
def backup_reachable_states_only(mdp, reward, V):
    Q = reward.copy()
    for s, a, t in np.argwhere(mdp.P > 0):
        Q[s, a] += mdp.gamma * mdp.P[s, a, t] * V[t]
    return Q


@right
def backup_average(mdp, reward, V):
    each = np.broadcast_to(V, mdp.P.shape)
    return reward + mdp.gamma * np.average(each, axis=2, weights=mdp.P)


@wrong("gamma left out")
def backup_no_gamma(mdp, reward, V):
    return reward + mdp.P @ V


@wrong("gamma on the reward, too")
def backup_gamma_on_all(mdp, reward, V):
    return mdp.gamma * (reward + mdp.P @ V)


@wrong("gamma on the reward only")
def backup_gamma_on_reward(mdp, reward, V):
    return mdp.gamma * reward + mdp.P @ V


@wrong("gamma twice")
def backup_gamma_squared(mdp, reward, V):
    V = mdp.gamma * V
    return reward + mdp.gamma * mdp.P @ V


@wrong("a weighted mean of reward and future")
def backup_convex(mdp, reward, V):
    return (1 - mdp.gamma) * reward + mdp.gamma * mdp.P @ V


@wrong("sums over the state one comes from")
def backup_wrong_axis(mdp, reward, V):
    return reward + mdp.gamma * np.einsum("tas,t->sa", mdp.P, V)


@wrong("V of this state, not of the next")
def backup_value_of_this_state(mdp, reward, V):
    Q = np.zeros_like(reward)
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            Q[s, a] = reward[s, a] + mdp.gamma * sum(mdp.P[s, a]) * V[s]
    return Q


@wrong("the likeliest next state only, as if nothing were random")
def backup_likeliest(mdp, reward, V):
    return reward + mdp.gamma * V[mdp.P.argmax(axis=2)]


@wrong("the best next state in reach, not the expected one")
def backup_hopeful(mdp, reward, V):
    return reward + mdp.gamma * np.where(mdp.P > 0, V, -np.inf).max(axis=2)


@wrong("all next states in reach count the same")
def backup_equal_chances(mdp, reward, V):
    reach = mdp.P > 0
    return reward + mdp.gamma * (reach @ V) / reach.sum(axis=2)


@wrong("probabilities left out")
def backup_no_probabilities(mdp, reward, V):
    return reward + mdp.gamma * (mdp.P > 0) @ V


@wrong("mean over next states of p * V, a sum asked")
def backup_mean_for_sum(mdp, reward, V):
    return reward + mdp.gamma * (mdp.P * V).mean(axis=2)


@wrong("reward inside the sum over next states")
def backup_reward_in_the_sum(mdp, reward, V):
    Q = np.zeros((mdp.n_states, mdp.n_actions))
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            for t in range(mdp.n_states):
                Q[s, a] += reward[s, a] + mdp.gamma * mdp.P[s, a, t] * V[t]
    return Q


@wrong("= for += in the inner loop")
def backup_overwrites(mdp, reward, V):
    Q = np.zeros((mdp.n_states, mdp.n_actions))
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            for t in range(mdp.n_states):
                Q[s, a] = reward[s, a] + mdp.gamma * mdp.P[s, a, t] * V[t]
    return Q


@wrong("reward forgotten")
def backup_future_only(mdp, reward, V):
    return mdp.gamma * mdp.P @ V


@wrong("the future as a cost")
def backup_minus(mdp, reward, V):
    return reward - mdp.gamma * mdp.P @ V


@wrong("V ignored")
def backup_ignores_values(mdp, reward, V):
    V = np.zeros(mdp.n_states)
    return reward + mdp.gamma * mdp.P @ V


@wrong("transitions averaged over actions")
def backup_averages_actions(mdp, reward, V):
    return reward + mdp.gamma * (mdp.P.mean(axis=1) @ V)[:, None]


@wrong("reward taken from action 0")
def backup_state_reward(mdp, reward, V):
    return reward[:, [0]] + mdp.gamma * mdp.P @ V


@wrong("reward of the next state, the same for all its actions")
def backup_next_reward(mdp, reward, V):
    return mdp.P @ (reward[:, 0] + mdp.gamma * V)


@wrong("already the maximum over actions")
def backup_maximum(mdp, reward, V):
    return (reward + mdp.gamma * mdp.P @ V).max(axis=1)


@wrong("plans to the end in place of one step")
def backup_until_it_settles(mdp, reward, V):
    for _ in range(2000):
        Q = reward + mdp.gamma * mdp.P @ V
        V = Q.max(axis=1)
    return Q


@slip("two axes swapped")
def backup_transposed(mdp, reward, V):
    return np.array([reward[:, a] + mdp.gamma * mdp.P[:, a] @ V for a in range(mdp.n_actions)])


@wrong("return inside the loop")
def backup_returns_in_loop(mdp, reward, V):
    Q = np.zeros_like(reward)
    for s in range(mdp.n_states):
        Q[s] = reward[s] + mdp.gamma * mdp.P[s] @ V
        return Q


@wrong("last state left out")
def backup_one_short(mdp, reward, V):
    Q = np.zeros_like(reward)
    for s in range(mdp.n_states - 1):
        Q[s] = reward[s] + mdp.gamma * mdp.P[s] @ V
    return Q


@slip("index 2 is out of bounds")
def backup_four_actions(mdp, reward, V):
    Q = np.zeros((mdp.n_states, 4))
    for a in range(4):
        Q[:, a] = reward[:, a] + mdp.gamma * mdp.P[:, a] @ V
    return Q


@wrong("gamma of the lesson's world")
def backup_fixed_gamma(mdp, reward, V):
    return reward + 0.95 * mdp.P @ V


@slip("different from 21")
def backup_of_the_grid(mdp, reward, V):
    return grid_reward + grid.mdp.gamma * grid.mdp.P @ V


@wrong("whole numbers")
def backup_truncated(mdp, reward, V):
    Q = np.zeros((mdp.n_states, mdp.n_actions), dtype=int)
    Q[:] = reward + mdp.gamma * mdp.P @ V
    return Q


@wrong("changes the reward it was given")
def backup_changes_reward(mdp, reward, V):
    reward += mdp.gamma * mdp.P @ V
    return reward


@wrong("changes the values it was given")
def backup_changes_values(mdp, reward, V):
    V *= mdp.gamma
    return reward + mdp.P @ V


@slip("is a return missing")
def backup_no_return(mdp, reward, V):
    Q = reward + mdp.gamma * mdp.P @ V  # noqa: F841


@slip("matmul")
def backup_wrong_order(mdp, reward, V):
    return reward + mdp.gamma * V @ mdp.P


@slip("no attribute 'discount'")
def backup_misspelt(mdp, reward, V):
    return reward + mdp.discount * mdp.P @ V


@slip("return Q alone")
def backup_pair(mdp, reward, V):
    Q = reward + mdp.gamma * mdp.P @ V
    return Q, Q.max(axis=1)


@slip("is a generator")
def backup_generator(mdp, reward, V):
    return (reward[s] + mdp.gamma * mdp.P[s] @ V for s in range(mdp.n_states))


@endless("the counter never grows")
def backup_never_ends(mdp, reward, V):
    Q, s = np.zeros_like(reward), 0
    while s < mdp.n_states:
        Q[s] = reward[s] + mdp.gamma * mdp.P[s] @ V
    return Q


# --- value_iteration ------------------------------------------------------------------------

right, wrong, slip, endless = marker("value_iteration", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def iteration_while_change(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    change = np.inf
    while change >= tol:
        old = V.copy()
        V = np.max(backup(mdp, reward, V), axis=1)
        change = max(abs(V - old))
    pi = np.zeros_like(reward)
    best = np.argmax(backup(mdp, reward, V), axis=1)
    pi[range(mdp.n_states), best] = 1.0
    return V, pi


@right
def iteration_state_by_state(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        delta = 0
        for s in range(mdp.n_states):
            v = V[s]
            V[s] = max(reward[s, a] + mdp.gamma * mdp.P[s, a] @ V for a in range(mdp.n_actions))
            delta = max(delta, abs(v - V[s]))
        if delta < tol:
            break
    return V, one_hot(backup(mdp, reward, V).argmax(1), mdp.n_actions)


@right
def iteration_of_policies(mdp, reward, tol):
    actions = np.zeros(mdp.n_states, dtype=int)
    while True:
        V = values(mdp, reward, one_hot(actions, mdp.n_actions))
        Q = backup(mdp, reward, V)
        better = Q.max(axis=1) > V + 1e-9
        if not better.any():
            return V, one_hot(actions, mdp.n_actions)
        actions[better] = Q.argmax(axis=1)[better]


@right
def iteration_lists(mdp, reward, tol):
    n, m, P = mdp.n_states, mdp.n_actions, mdp.P.tolist()
    V, change = [0.0] * n, tol
    while change >= tol:
        Q = [
            [reward[s][a] + mdp.gamma * sum(P[s][a][t] * V[t] for t in range(n)) for a in range(m)]
            for s in range(n)
        ]
        new = [max(row) for row in Q]
        change = max(abs(a - b) for a, b in zip(new, V, strict=True))
        V = new
    return [V, [[int(a == row.index(max(row))) for a in range(m)] for row in Q]]


@right
def iteration_shares_ties(mdp, reward, tol):
    V = reward.max(axis=1)
    while True:
        Q = backup(mdp, reward, V)
        V, old = Q.max(axis=1), V
        if np.linalg.norm(V - old, np.inf) < tol:
            best = np.isclose(Q, Q.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
            return V, best / best.sum(axis=1, keepdims=True)


@right
def iteration_last_best_action(mdp, reward, tol):
    V = np.full(mdp.n_states, reward.max() / (1 - mdp.gamma))
    while True:
        Q = backup(mdp, reward, V)
        if np.all(np.abs(Q.max(axis=1) - V) < tol):
            best = mdp.n_actions - 1 - Q[:, ::-1].argmax(axis=1)
            return Q.max(axis=1), one_hot(best, mdp.n_actions)
        V = Q.max(axis=1)


@right
def iteration_whole_number_policy(mdp, reward, tol, max_iter=100_000):
    V = np.ones(mdp.n_states)
    for _ in range(max_iter):
        Q = np.einsum("sat,t->sa", mdp.P, V) * mdp.gamma + reward
        done = np.allclose(Q.max(1), V, rtol=0, atol=tol / 2)
        V = Q.max(1)
        if done:
            break
    pi = np.zeros((mdp.n_states, mdp.n_actions), dtype=int)
    for s in range(mdp.n_states):
        pi[s, np.argmax(Q[s])] = 1
    return V, pi


@right
def iteration_single_precision_result(mdp, reward, tol):
    Q = np.zeros_like(reward)
    while True:
        new_Q = reward + mdp.gamma * mdp.P @ Q.max(axis=1)
        if np.max(np.abs(new_Q - Q)) < tol:
            pi = np.identity(mdp.n_actions, dtype=np.float32)[new_Q.argmax(axis=1)]
            return new_Q.max(axis=1).astype(np.float32), pi
        Q = new_Q


@right
def iteration_recursive_helper(mdp, reward, tol):
    def sweep(V):
        return backup(mdp, reward, V).max(axis=1)

    V = sweep(np.zeros(mdp.n_states))
    while any(abs(sweep(V) - V) >= tol):
        V = sweep(V)
    Q = backup(mdp, reward, V)
    return V, np.array([np.eye(mdp.n_actions)[q.argmax()] for q in Q])


@right
def iteration_linear_programme(mdp, reward, tol):
    n = mdp.n_states
    rows = np.repeat(np.eye(n), mdp.n_actions, axis=0) - mdp.gamma * mdp.P.reshape(-1, n)
    found = scipy.optimize.linprog(
        np.ones(n), A_ub=-rows, b_ub=-reward.ravel(), bounds=(None, None)
    )
    Q = backup(mdp, reward, found.x)
    return found.x, one_hot(Q.argmax(axis=1), mdp.n_actions)


def settle(sweep, V, stop):
    """Repeat a sweep until `stop(new, old)`, at most some thousand times."""
    for _ in range(5000):
        old, V = V, sweep(V)
        if stop(V, old):
            break
    return V


def greedy(mdp, reward, V):
    return one_hot(backup(mdp, reward, V).argmax(axis=1), mdp.n_actions)


def stopped_by(mdp, reward, stop):
    V = settle(lambda V: backup(mdp, reward, V).max(axis=1), np.zeros(mdp.n_states), stop)
    return V, greedy(mdp, reward, V)


@wrong("stops as soon as any state has settled")
def iteration_any_state(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: np.any(np.abs(new - old) < tol))


@wrong("change without its sign taken off")
def iteration_signed_change(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: np.max(new - old) < tol)


@wrong("changes of both signs cancel")
def iteration_sum_of_changes(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: abs(np.sum(new - old)) < tol)


@wrong("the mean change, not the largest")
def iteration_mean_change(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: np.mean(np.abs(new - old)) < tol)


@wrong("compares the largest values, not state by state")
def iteration_change_of_maximum(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: abs(new.max() - old.max()) < tol)


@wrong("looks at one state only")
def iteration_first_state(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: abs(new[0] - old[0]) < tol)


@wrong("NumPy's own tolerance in place of tol")
def iteration_allclose(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: np.allclose(new, old))


@wrong("a tolerance of the learner's own")
def iteration_own_tolerance(mdp, reward, tol):
    return stopped_by(mdp, reward, lambda new, old: np.abs(new - old).max() < 0.01)


@wrong("stops when the policy has settled")
def iteration_until_policy_settles(mdp, reward, tol):
    def same_policy(new, old):
        return np.array_equal(greedy(mdp, reward, new), greedy(mdp, reward, old))

    return stopped_by(mdp, reward, same_policy)


@wrong("old and new are the same array, so that it stops at once")
def iteration_alias(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        old = V
        for s in range(mdp.n_states):
            V[s] = (reward[s] + mdp.gamma * mdp.P[s] @ V).max()
        if np.abs(V - old).max() < tol:
            return V, greedy(mdp, reward, V)


@wrong("one sweep only")
def iteration_once(mdp, reward, tol):
    Q = backup(mdp, reward, np.zeros(mdp.n_states))
    return Q.max(axis=1), one_hot(Q.argmax(axis=1), mdp.n_actions)


@wrong("return inside the loop")
def iteration_returns_in_loop(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        Q = backup(mdp, reward, V)
        change = np.abs(Q.max(axis=1) - V).max()
        V = Q.max(axis=1)
        if change > tol:
            return V, greedy(mdp, reward, V)


@wrong("ten sweeps, whatever tol says")
def iteration_ten_sweeps(mdp, reward, tol):
    V = optimal_values(mdp, reward, sweeps=10)
    return V, greedy(mdp, reward, V)


@wrong("hundred sweeps, whatever tol says")
def iteration_hundred_sweeps(mdp, reward, tol):
    V = optimal_values(mdp, reward, sweeps=100)
    return V, greedy(mdp, reward, V)


@wrong("the worst action")
def iteration_minimum(mdp, reward, tol):
    V = settle(
        lambda V: backup(mdp, reward, V).min(axis=1),
        np.zeros(mdp.n_states),
        lambda new, old: np.abs(new - old).max() < tol,
    )
    return V, one_hot(backup(mdp, reward, V).argmin(axis=1), mdp.n_actions)


@wrong("averages over actions")
def iteration_mean_action(mdp, reward, tol):
    V = values(mdp, reward, uniform(mdp))
    return V, greedy(mdp, reward, V)


@wrong("best reward and best future from different actions")
def iteration_two_maxima(mdp, reward, tol):
    V = settle(
        lambda V: reward.max(axis=1) + mdp.gamma * (mdp.P @ V).max(axis=1),
        np.zeros(mdp.n_states),
        lambda new, old: np.abs(new - old).max() < tol,
    )
    return V, greedy(mdp, reward, V)


@wrong("gamma on the reward, too")
def iteration_gamma_on_all(mdp, reward, tol):
    V = optimal_values(mdp, mdp.gamma * reward)
    return V, greedy(mdp, mdp.gamma * reward, V)


@wrong("gamma left out, with a limit on the sweeps")
def iteration_no_gamma(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    for _ in range(1000):
        V = (reward + mdp.P @ V).max(axis=1)
    return V, one_hot((reward + mdp.P @ V).argmax(axis=1), mdp.n_actions)


@slip("could not be broadcast")
def iteration_wrong_axis(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        Q = backup(mdp, reward, V)
        new_V = Q.max(axis=0)
        if np.abs(new_V - V).max() < tol:
            return new_V, one_hot(Q.argmax(axis=0), mdp.n_actions)
        V = new_V


@wrong("the likeliest next state only, as if nothing were random")
def iteration_likeliest(mdp, reward, tol):
    world = mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)])
    V = optimal_values(world, reward)
    return V, greedy(world, reward, V)


@wrong("policy greedy for the reward")
def iteration_policy_of_reward(mdp, reward, tol):
    return optimal_values(mdp, reward), one_hot(reward.argmax(axis=1), mdp.n_actions)


@wrong("policy goes for the next value, without the reward")
def iteration_policy_of_value(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    return V, one_hot((mdp.P @ V).argmax(axis=1), mdp.n_actions)


@wrong("policy is the softmax of Q")
def iteration_softmax(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    Q = backup(mdp, reward, V)
    pi = np.exp(Q - Q.max(axis=1, keepdims=True))
    return V, pi / pi.sum(axis=1, keepdims=True)


@wrong("policy is action numbers")
def iteration_action_numbers(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    return V, backup(mdp, reward, V).argmax(axis=1)


@wrong("Q in place of the policy")
def iteration_q_for_policy(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    return V, backup(mdp, reward, V)


@wrong("Q in place of V")
def iteration_q_for_v(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    return backup(mdp, reward, V), greedy(mdp, reward, V)


@wrong("the two results swapped")
def iteration_swapped(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    return greedy(mdp, reward, V), V


@slip("return 2 things")
def iteration_values_only(mdp, reward, tol):
    return optimal_values(mdp, reward)


@slip("return 2 things")
def iteration_policy_only(mdp, reward, tol):
    return greedy(mdp, reward, optimal_values(mdp, reward))


@wrong("one action for all states")
def iteration_one_action(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    best = backup(mdp, reward, V).sum(axis=0).argmax()
    return V, one_hot(np.full(mdp.n_states, best), mdp.n_actions)


@wrong("several best actions get a 1 each")
def iteration_ties_unshared(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    Q = backup(mdp, reward, V)
    return V, np.isclose(Q, Q.max(axis=1)[:, None]).astype(float)


@wrong("reward the same for all actions, as in the lesson's world")
def iteration_state_reward(mdp, reward, tol):
    reward = np.repeat(reward[:, [0]], mdp.n_actions, axis=1)
    V = optimal_values(mdp, reward)
    return V, greedy(mdp, reward, V)


@wrong("values start from 0 and may only grow")
def iteration_only_grows(mdp, reward, tol):
    V = settle(
        lambda V: np.maximum(V, backup(mdp, reward, V).max(axis=1)),
        np.zeros(mdp.n_states),
        lambda new, old: np.abs(new - old).max() < tol,
    )
    return V, greedy(mdp, reward, V)


@wrong("adds the new values to the old ones")
def iteration_adds_up(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    for _ in range(200):
        V += backup(mdp, reward, V).max(axis=1)
    return V, greedy(mdp, reward, V)


@wrong("the notebook's world, not the argument")
def iteration_of_the_grid(mdp, reward, tol):
    V = optimal_values(grid.mdp, grid_reward)
    return V, greedy(grid.mdp, grid_reward, V)


@wrong("whole numbers")
def iteration_truncated(mdp, reward, tol):
    V = np.zeros(mdp.n_states, dtype=int)
    for _ in range(200):
        V[:] = backup(mdp, reward, V).max(axis=1)
    return V, greedy(mdp, reward, V)


@wrong("changes the reward it was given")
def iteration_changes_reward(mdp, reward, tol):
    V, Q = np.zeros(mdp.n_states), reward
    r = reward.copy()
    for _ in range(3000):
        Q[:] = r + mdp.gamma * mdp.P @ V
        V = Q.max(axis=1)
    return V, one_hot(Q.argmax(axis=1), mdp.n_actions)


@slip("is a return missing")
def iteration_no_return(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    pi = greedy(mdp, reward, V)  # noqa: F841


@slip("a generator")
def iteration_yields(mdp, reward, tol):
    V = optimal_values(mdp, reward)
    yield V, greedy(mdp, reward, V)


@slip("name 'new_V' is not defined")
def iteration_unset(mdp, reward, tol):
    while np.abs(new_V - V).max() >= tol:  # noqa: F821
        V = new_V  # noqa: F821, F841


@endless("V never takes the new values")
def iteration_never_updates(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        new_V = backup(mdp, reward, V).max(axis=1)
        if np.abs(new_V - V).max() < tol:
            return new_V, greedy(mdp, reward, V)


@endless("gamma left out")
def iteration_grows_for_ever(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        new_V = (reward + mdp.P @ V).max(axis=1)
        if np.abs(new_V - V).max() < tol:
            return new_V, greedy(mdp, reward, V)
        V = new_V


@endless("the largest change is never reset")
def iteration_change_never_reset(mdp, reward, tol):
    V, delta = np.zeros(mdp.n_states), 1.0
    while delta > tol:
        new_V = backup(mdp, reward, V).max(axis=1)
        delta = max(delta, np.abs(new_V - V).max())
        V = new_V
    return V, greedy(mdp, reward, V)


# --- policy_evaluation ----------------------------------------------------------------------

right, wrong, slip, endless = marker("policy_evaluation", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def evaluation_solve(mdp, reward, pi):
    P_pi = (pi[:, :, None] * mdp.P).sum(axis=1)
    r_pi = np.einsum("sa,sa->s", pi, reward)
    return np.linalg.solve(np.identity(mdp.n_states) - mdp.gamma * P_pi, r_pi)


@right
def evaluation_inverse(mdp, reward, pi):
    P_pi = np.matmul(pi[:, None, :], mdp.P)[:, 0, :]
    r_pi = np.diag(pi @ reward.T)
    return np.linalg.inv(np.eye(len(P_pi)) - mdp.gamma * P_pi).dot(r_pi)


@right
def evaluation_sweeps(mdp, reward, pi):
    V = np.zeros(mdp.n_states)
    while True:
        new_V = (pi * backup(mdp, reward, V)).sum(axis=1)
        if np.abs(new_V - V).max() < 1e-10:
            return new_V
        V = new_V


@right
def evaluation_loose_sweeps(mdp, reward, pi):
    V, change = np.zeros(mdp.n_states), 1.0
    while change > 1e-6:
        new_V = np.einsum("sa,sa->s", pi, backup(mdp, reward, V))
        change, V = max(abs(new_V - V)), new_V
    return V


@right
def evaluation_in_place(mdp, reward, pi, tol=1e-9):
    V, delta = np.zeros(mdp.n_states), tol
    while delta >= tol:
        delta = 0
        for s in range(mdp.n_states):
            v = pi[s] @ (reward[s] + mdp.gamma * mdp.P[s] @ V)
            delta, V[s] = max(delta, abs(v - V[s])), v
    return V


@right
def evaluation_power_series(mdp, reward, pi):
    P_pi = mdp.policy_matrix(pi)
    term = (pi * reward).sum(axis=1)
    V = np.zeros_like(term)
    while np.abs(term).max() > 1e-12:
        V += term
        term = mdp.gamma * P_pi @ term
    return V


@right
def evaluation_loops(mdp, reward, pi):
    n = mdp.n_states
    A, b = np.eye(n), [0.0] * n
    for s in range(n):
        for a in range(mdp.n_actions):
            b[s] += pi[s, a] * reward[s, a]
            for t in range(n):
                A[s, t] -= mdp.gamma * pi[s, a] * mdp.P[s, a, t]
    return np.linalg.solve(A, b).tolist()


@right
def evaluation_through_q(mdp, reward, pi):
    n = mdp.n_states * mdp.n_actions
    to_pairs = np.einsum("sat,tb->satb", mdp.P, pi).reshape(n, n)
    Q = scipy.linalg.solve(np.eye(n) - mdp.gamma * to_pairs, reward.reshape(n))
    return (Q.reshape(reward.shape) * pi).sum(axis=1)


@right
def evaluation_sparse_solver(mdp, reward, pi):
    system = scipy.sparse.identity(mdp.n_states) - mdp.gamma * scipy.sparse.csr_matrix(
        chain(mdp, pi)
    )
    return scipy.sparse.linalg.spsolve(system.tocsc(), (pi * reward).sum(axis=1))


@right
def evaluation_least_squares(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return np.linalg.lstsq(system, (pi * reward).sum(1), rcond=None)[0].astype(np.float32)


@right
def evaluation_doubling(mdp, reward, pi):
    M, V = mdp.gamma * chain(mdp, pi), (pi * reward).sum(axis=1)
    for _ in range(30):
        V = V + M @ V
        M = M @ M
    return V


@wrong("gamma left out")
def evaluation_no_gamma(mdp, reward, pi):
    system = np.eye(mdp.n_states) - chain(mdp, pi)
    return np.linalg.pinv(system) @ (pi * reward).sum(axis=1)


@wrong("gamma left out, so that nothing can be solved or what comes out is huge")
def evaluation_no_gamma_solve(mdp, reward, pi):
    return np.linalg.solve(np.eye(mdp.n_states) - chain(mdp, pi), (pi * reward).sum(axis=1))


@wrong("plus for minus")
def evaluation_plus(mdp, reward, pi):
    system = np.eye(mdp.n_states) + mdp.gamma * chain(mdp, pi)
    return np.linalg.solve(system, (pi * reward).sum(axis=1))


@wrong("1 for the unit matrix")
def evaluation_ones(mdp, reward, pi):
    return np.linalg.solve(1 - mdp.gamma * chain(mdp, pi), (pi * reward).sum(axis=1))


@wrong("unit matrix forgotten")
def evaluation_no_unit_matrix(mdp, reward, pi):
    return np.linalg.solve(mdp.gamma * chain(mdp, pi), (pi * reward).sum(axis=1))


@wrong("chain transposed")
def evaluation_transposed(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi).T
    return np.linalg.solve(system, (pi * reward).sum(axis=1))


@wrong("einsum puts the next state first")
def evaluation_wrong_letters(mdp, reward, pi):
    P_pi = np.einsum("sa,sat->ts", pi, mdp.P)
    r_pi = np.einsum("sa,sa->s", pi, reward)
    return np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_pi) @ r_pi


@wrong("policy of the next state")
def evaluation_policy_of_next(mdp, reward, pi):
    P_pi = np.einsum("ta,sat->st", pi, mdp.P)
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, (pi * reward).sum(axis=1))


@wrong("policy left out of the reward: mean over actions")
def evaluation_mean_reward(mdp, reward, pi):
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), reward.mean(axis=1))


@wrong("policy left out of the reward: sum over actions")
def evaluation_sum_reward(mdp, reward, pi):
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), reward.sum(axis=1))


@wrong("policy left out of the reward: best action")
def evaluation_best_reward(mdp, reward, pi):
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), reward.max(axis=1))


@wrong("policy left out of the reward: action 0")
def evaluation_reward_of_action_0(mdp, reward, pi):
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), reward[:, 0])


@wrong("policy left out of the transitions: mean over actions")
def evaluation_mean_transitions(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * mdp.P.mean(axis=1)
    return np.linalg.solve(system, (pi * reward).sum(axis=1))


@wrong("policy left out of the transitions: sum over actions")
def evaluation_sum_transitions(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * mdp.P.sum(axis=1)
    return np.linalg.solve(system, (pi * reward).sum(axis=1))


@wrong("policy ignored: all actions alike")
def evaluation_uniform(mdp, reward, pi):
    return values(mdp, reward, uniform(mdp))


@wrong("follows the likeliest action only")
def evaluation_likeliest_action(mdp, reward, pi):
    return values(mdp, reward, one_hot(pi.argmax(axis=1), mdp.n_actions))


@wrong("evaluates the best policy")
def evaluation_optimal(mdp, reward, pi):
    return optimal_values(mdp, reward)


@wrong("the likeliest next state only, as if nothing were random")
def evaluation_likeliest_state(mdp, reward, pi):
    return values(mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)]), reward, pi)


@wrong("gamma on the reward, too")
def evaluation_gamma_on_reward(mdp, reward, pi):
    return values(mdp, mdp.gamma * reward, pi)


@wrong("multiplied by the matrix, not solved")
def evaluation_not_solved(mdp, reward, pi):
    return (np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)) @ (pi * reward).sum(axis=1)


@wrong("one backup only")
def evaluation_one_step(mdp, reward, pi):
    r_pi = (pi * reward).sum(axis=1)
    return r_pi + mdp.gamma * chain(mdp, pi) @ r_pi


@wrong("the reward only")
def evaluation_myopic(mdp, reward, pi):
    return (pi * reward).sum(axis=1)


@wrong("as if one stayed in each state for ever")
def evaluation_geometric(mdp, reward, pi):
    return (pi * reward).sum(axis=1) / (1 - mdp.gamma)


@wrong("too few sweeps")
def evaluation_ten_sweeps(mdp, reward, pi):
    V = np.zeros(mdp.n_states)
    for _ in range(10):
        V = (pi * backup(mdp, reward, V)).sum(axis=1)
    return V


@wrong("stops too early")
def evaluation_loose(mdp, reward, pi):
    V = np.zeros(mdp.n_states)
    while True:
        new_V = (pi * backup(mdp, reward, V)).sum(axis=1)
        if np.abs(new_V - V).max() < 1e-2:
            return new_V
        V = new_V


@wrong("Q in place of V")
def evaluation_q(mdp, reward, pi):
    return backup(mdp, reward, values(mdp, reward, pi))


@wrong("best action of the policy's Q")
def evaluation_max_of_q(mdp, reward, pi):
    return backup(mdp, reward, values(mdp, reward, pi)).max(axis=1)


@wrong("Q of the policy added up without its probabilities")
def evaluation_sum_of_q(mdp, reward, pi):
    return backup(mdp, reward, values(mdp, reward, pi)).sum(axis=1)


@wrong("normalised as if visits summed to 1")
def evaluation_normalised(mdp, reward, pi):
    return (1 - mdp.gamma) * values(mdp, reward, pi)


@wrong("a number for the start, not a value for each state")
def evaluation_from_start(mdp, reward, pi):
    return mdp.initial_dist @ values(mdp, reward, pi)


@wrong("weighed with the start distribution")
def evaluation_start_weights(mdp, reward, pi):
    return mdp.initial_dist * values(mdp, reward, pi)


@wrong("* for @ after the inverse")
def evaluation_star(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return np.linalg.inv(system) * (pi * reward).sum(axis=1)


@slip("division by 0")
def evaluation_divides(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return ((pi * reward).sum(axis=1) / system).sum(axis=1)


@slip("could not be broadcast")
def evaluation_unit_of_actions(mdp, reward, pi):
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    return np.linalg.solve(np.eye(mdp.n_actions) - mdp.gamma * P_pi, (pi * reward).sum(axis=1))


@slip("could not be broadcast")
def evaluation_broadcast(mdp, reward, pi):
    P_pi = (pi * mdp.P).sum(axis=1)
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, (pi * reward).sum(axis=1))


@slip("drop an extra axis")
def evaluation_column(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return np.linalg.solve(system, (pi * reward).sum(axis=1, keepdims=True))


@wrong("changes the reward it was given")
def evaluation_changes_reward(mdp, reward, pi):
    reward *= pi
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi), reward.sum(axis=1))


@slip("is a return missing")
def evaluation_no_return(mdp, reward, pi):
    V = values(mdp, reward, pi)  # noqa: F841


@slip("is a return missing")
def evaluation_prints(mdp, reward, pi):
    print(values(mdp, reward, pi).round(2))


@slip("is a str")
def evaluation_text(mdp, reward, pi):
    return ", ".join(f"{v:.2f}" for v in values(mdp, reward, pi))


@endless("the change is never computed anew")
def evaluation_never_ends(mdp, reward, pi):
    V, change = np.zeros(mdp.n_states), 1.0
    while change > 1e-8:
        V = (pi * backup(mdp, reward, V)).sum(axis=1)
    return V


# --- occupancy ------------------------------------------------------------------------------

right, wrong, slip, endless = marker("occupancy", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def visits_solve(mdp, pi):
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    rho = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi.T, mdp.initial_dist)
    return np.einsum("s,sa->sa", rho, pi)


@right
def visits_row_vector(mdp, pi):
    successors = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi))
    return (mdp.initial_dist @ successors).reshape(-1, 1) * pi


@right
def visits_crowd_flows(mdp, pi):
    crowd, visits = mdp.initial_dist.copy(), np.zeros_like(pi)
    while crowd.sum() > 1e-9:
        acting = crowd[:, None] * pi
        visits += acting
        crowd = mdp.gamma * np.einsum("sa,sat->t", acting, mdp.P)
    return visits


@right
def visits_fixed_point(mdp, pi):
    rho = np.zeros(mdp.n_states)
    for _ in range(2000):
        rho = mdp.initial_dist + mdp.gamma * mdp.flow(rho[:, None] * pi)
    return [[rho[s] * p for p in pi[s]] for s in range(mdp.n_states)]


@right
def visits_loops(mdp, pi):
    n = mdp.n_states
    A = np.zeros((n, n))
    for s in range(n):
        A[s, s] += 1
        for before in range(n):
            for a in range(mdp.n_actions):
                A[s, before] -= mdp.gamma * pi[before, a] * mdp.P[before, a, s]
    rho = np.linalg.solve(A, mdp.initial_dist)
    visits = np.empty((n, mdp.n_actions))
    for s in range(n):
        for a in range(mdp.n_actions):
            visits[s, a] = rho[s] * pi[s, a]
    return visits


@right
def visits_of_pairs(mdp, pi):
    n = mdp.n_states * mdp.n_actions
    step = (mdp.P.reshape(n, -1)[:, :, None] * pi).reshape(n, n)
    first = (mdp.initial_dist[:, None] * pi).ravel()
    return scipy.linalg.solve(np.eye(n) - mdp.gamma * step.T, first).reshape(pi.shape)


@right
def visits_normalised_first(mdp, pi):
    n = mdp.n_states
    share = np.linalg.solve(
        np.eye(n) - mdp.gamma * mdp.policy_matrix(pi).T, (1 - mdp.gamma) * mdp.initial_dist
    )
    return (share / share.sum() / (1 - mdp.gamma) * pi.T).T


@right
def visits_single_precision(mdp, pi):
    rho = np.float32(state_visits(mdp, pi))
    return rho[:, np.newaxis] * pi.astype(np.float32)


@right
def visits_least_squares(mdp, pi, rcond=None):
    system = (np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)).T
    return np.diag(np.linalg.lstsq(system, mdp.initial_dist, rcond=rcond)[0]) @ pi


@right
def visits_value_of_being_there(mdp, pi):
    visits = np.zeros_like(pi)
    for s, a in np.ndindex(*pi.shape):
        here = np.zeros_like(pi)
        here[s, a] = 1
        visits[s, a] = mdp.initial_dist @ values(mdp, here, pi)
    return visits


@wrong("chain not transposed: looks forward, not back")
def visits_not_transposed(mdp, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    return np.linalg.solve(system, mdp.initial_dist)[:, None] * pi


@wrong("normalised to 1")
def visits_normalised(mdp, pi):
    visits = state_visits(mdp, pi)[:, None] * pi
    return visits / visits.sum()


@wrong("times 1 - gamma")
def visits_one_minus_gamma(mdp, pi):
    return (1 - mdp.gamma) * state_visits(mdp, pi)[:, None] * pi


@wrong("start distribution ignored: uniform")
def visits_uniform_start(mdp, pi):
    n = mdp.n_states
    return state_visits(mdp.replace(initial_dist=np.full(n, 1 / n)), pi)[:, None] * pi


@wrong("start distribution ignored: one in each state")
def visits_start_everywhere(mdp, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi).T
    return np.linalg.solve(system, np.ones(mdp.n_states))[:, None] * pi


@wrong("start distribution ignored: always state 0")
def visits_from_state_0(mdp, pi):
    return state_visits(mdp.replace(initial_dist=np.eye(mdp.n_states)[0]), pi)[:, None] * pi


@wrong("starts in the likeliest state only")
def visits_likeliest_start(mdp, pi):
    start = np.eye(mdp.n_states)[mdp.initial_dist.argmax()]
    return state_visits(mdp.replace(initial_dist=start), pi)[:, None] * pi


@wrong("gamma left out, over many steps")
def visits_undiscounted(mdp, pi):
    crowd, visits = mdp.initial_dist, np.zeros_like(pi)
    for _ in range(200):
        visits += crowd[:, None] * pi
        crowd = crowd @ chain(mdp, pi)
    return visits


@wrong("gamma left out, solved")
def visits_no_gamma(mdp, pi):
    system = np.eye(mdp.n_states) - chain(mdp, pi).T
    return np.linalg.lstsq(system, mdp.initial_dist, rcond=None)[0][:, None] * pi


@wrong("counting starts after the first step")
def visits_after_first_step(mdp, pi):
    first = mdp.initial_dist @ chain(mdp, pi)
    return state_visits(mdp.replace(initial_dist=first), pi)[:, None] * pi


@wrong("the first visit is discounted, too")
def visits_discounted_from_one(mdp, pi):
    return mdp.gamma * state_visits(mdp, pi)[:, None] * pi


@wrong("the start left out")
def visits_without_start(mdp, pi):
    return (state_visits(mdp, pi) - mdp.initial_dist)[:, None] * pi


@wrong("states, not pairs")
def visits_of_states(mdp, pi):
    return state_visits(mdp, pi)


@wrong("states repeated for each action")
def visits_repeated(mdp, pi):
    return np.repeat(state_visits(mdp, pi)[:, None], mdp.n_actions, axis=1)


@wrong("actions shared out evenly")
def visits_even_actions(mdp, pi):
    return np.repeat(state_visits(mdp, pi)[:, None], mdp.n_actions, axis=1) / mdp.n_actions


@wrong("policy ignored: all actions alike")
def visits_uniform_policy(mdp, pi):
    pi = uniform(mdp)
    return state_visits(mdp, pi)[:, None] * pi


@wrong("transitions averaged over actions")
def visits_mean_transitions(mdp, pi):
    P = np.repeat(mdp.P.mean(axis=1, keepdims=True), mdp.n_actions, axis=1)
    return state_visits(mdp.replace(P=P), pi)[:, None] * pi


@wrong("follows the likeliest action only")
def visits_likeliest_action(mdp, pi):
    pi = one_hot(pi.argmax(axis=1), mdp.n_actions)
    return state_visits(mdp, pi)[:, None] * pi


@wrong("policy of the next state")
def visits_policy_of_next(mdp, pi):
    P_pi = np.einsum("ta,sat->st", pi, mdp.P)
    system = np.eye(mdp.n_states) - mdp.gamma * P_pi.T
    return np.linalg.solve(system, mdp.initial_dist)[:, None] * pi


@wrong("plus for minus")
def visits_plus(mdp, pi):
    system = np.eye(mdp.n_states) + mdp.gamma * chain(mdp, pi).T
    return np.linalg.solve(system, mdp.initial_dist)[:, None] * pi


@wrong("1 for the unit matrix")
def visits_ones(mdp, pi):
    return np.linalg.solve(1 - mdp.gamma * chain(mdp, pi).T, mdp.initial_dist)[:, None] * pi


@wrong("horizon too short")
def visits_twenty_steps(mdp, pi):
    crowd, visits = mdp.initial_dist, np.zeros_like(pi)
    for t in range(20):
        visits += mdp.gamma**t * crowd[:, None] * pi
        crowd = crowd @ chain(mdp, pi)
    return visits


@wrong("where the crowd is in the end, not where it has been")
def visits_last_step(mdp, pi):
    crowd = mdp.initial_dist
    for _ in range(500):
        crowd = crowd @ chain(mdp, pi)
    return crowd[:, None] * pi


@wrong("the crowd of the long run, times 1 / (1 - gamma)")
def visits_stationary(mdp, pi):
    crowd = np.linalg.matrix_power(chain(mdp, pi), 500)[0]
    return crowd[:, None] * pi / (1 - mdp.gamma)


@wrong("the start multiplied, not solved for")
def visits_not_solved(mdp, pi):
    return (mdp.initial_dist @ (np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)))[:, None] * pi


@wrong("one step only")
def visits_one_step(mdp, pi):
    rho = mdp.initial_dist + mdp.gamma * mdp.initial_dist @ chain(mdp, pi)
    return rho[:, None] * pi


@wrong("weighed with the policy twice")
def visits_policy_twice(mdp, pi):
    return state_visits(mdp, pi)[:, None] * pi**2


@slip("two axes swapped")
def visits_transposed(mdp, pi):
    return state_visits(mdp, pi) * pi.T


@wrong("rows normalised: the policy again")
def visits_rows_normalised(mdp, pi):
    visits = state_visits(mdp, pi)[:, None] * pi
    return visits / visits.sum(axis=1, keepdims=True)


@wrong("the likeliest next state only, as if nothing were random")
def visits_likeliest_state(mdp, pi):
    world = mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)])
    return state_visits(world, pi)[:, None] * pi


@wrong("counts walks: an estimate")
def visits_sampled(mdp, pi):
    walks = sample_demos(mdp, pi, n_demos=200, horizon=100, seed=0)
    visits = np.zeros_like(pi)
    weights = np.broadcast_to(mdp.gamma ** np.arange(100), walks.actions.shape)
    np.add.at(visits, (walks.states[:, :-1], walks.actions), weights)
    return visits / 200


@slip("could not be broadcast")
def visits_broadcast(mdp, pi):
    return state_visits(mdp, pi) * pi


@slip("read-only")
def visits_changes_world(mdp, pi):
    rho = crowd = mdp.initial_dist
    for _ in range(500):
        crowd = mdp.gamma * crowd @ chain(mdp, pi)
        rho += crowd
    return rho[:, None] * pi


@wrong("changes the policy it was given")
def visits_changes_policy(mdp, pi):
    pi *= state_visits(mdp, pi)[:, None]
    return pi


@slip("is a return missing")
def visits_no_return(mdp, pi):
    state_visits(mdp, pi)[:, None] * pi


@slip("division by 0")
def visits_nan(mdp, pi):
    visits = np.zeros_like(pi)
    with np.errstate(all="ignore"):
        return visits / visits.sum()


@endless("the crowd never fades")
def visits_never_end(mdp, pi):
    crowd, visits = mdp.initial_dist.copy(), np.zeros_like(pi)
    while crowd.sum() > 1e-9:
        visits += crowd[:, None] * pi
        crowd = crowd @ chain(mdp, pi)
    return visits


# --- expected_return ------------------------------------------------------------------------

right, wrong, slip, endless = marker("expected_return", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def worth_from_values(mdp, reward, pi):
    return mdp.initial_dist @ values(mdp, reward, pi)


@right
def worth_from_visits(mdp, reward, pi):
    return np.sum(state_visits(mdp, pi)[:, None] * pi * reward)


@right
def worth_loops(mdp, reward, pi):
    V, total = values(mdp, reward, pi), 0.0
    for s in range(mdp.n_states):
        total += mdp.initial_dist[s] * V[s]
    return total


@right
def worth_average(mdp, reward, pi):
    return float(np.average(values(mdp, reward, pi), weights=mdp.initial_dist))


@right
def worth_step_by_step(mdp, reward, pi, n_steps=2000):
    crowd, discount, total = mdp.initial_dist, 1.0, 0.0
    for _ in range(n_steps):
        total += discount * (crowd[:, None] * pi * reward).sum()
        crowd = crowd @ chain(mdp, pi)
        discount *= mdp.gamma
    return total


@right
def worth_array_without_axes(mdp, reward, pi):
    return np.einsum("s,sa,sa->", state_visits(mdp, pi), pi, reward)


@right
def worth_single_precision(mdp, reward, pi):
    return np.float32(mdp.initial_dist.dot(values(mdp, reward, pi)))


@right
def worth_through_q(mdp, reward, pi):
    Q = backup(mdp, reward, values(mdp, reward, pi))
    return sum(p * (q @ a) for p, q, a in zip(mdp.initial_dist.tolist(), Q, pi, strict=True))


@right
def worth_extra_start_state(mdp, reward, pi):
    n = mdp.n_states
    system, right_side = np.eye(n + 1), np.zeros(n + 1)
    system[:n, :n] -= mdp.gamma * chain(mdp, pi)
    system[n, :n] = -mdp.initial_dist
    right_side[:n] = (pi * reward).sum(axis=1)
    return np.linalg.solve(system, right_side)[n]


@right
def worth_sweeps(mdp, reward, pi):
    V = np.zeros(mdp.n_states)
    for _ in range(2000):
        V = np.array([pi[s] @ (reward[s] + mdp.gamma * mdp.P[s] @ V) for s in range(len(V))])
    return np.vdot(V, mdp.initial_dist)


@wrong("start distribution ignored: mean of the values")
def worth_mean_value(mdp, reward, pi):
    return values(mdp, reward, pi).mean()


@wrong("start distribution ignored: sum of the values")
def worth_sum_of_values(mdp, reward, pi):
    return values(mdp, reward, pi).sum()


@wrong("starts in state 0")
def worth_state_0(mdp, reward, pi):
    return values(mdp, reward, pi)[0]


@wrong("starts in the last state")
def worth_last_state(mdp, reward, pi):
    return values(mdp, reward, pi)[-1]


@wrong("starts in the likeliest state only")
def worth_likeliest_start(mdp, reward, pi):
    return values(mdp, reward, pi)[mdp.initial_dist.argmax()]


@wrong("starts in the best state")
def worth_best_start(mdp, reward, pi):
    return values(mdp, reward, pi).max()


@wrong("values, not one number")
def worth_values(mdp, reward, pi):
    return values(mdp, reward, pi)


@wrong("weighed but not added up")
def worth_not_summed(mdp, reward, pi):
    return mdp.initial_dist * values(mdp, reward, pi)


@wrong("mean of the weighed values")
def worth_mean_of_weighed(mdp, reward, pi):
    return (mdp.initial_dist * values(mdp, reward, pi)).mean()


@wrong("visits normalised to 1")
def worth_normalised(mdp, reward, pi):
    visits = state_visits(mdp, pi)[:, None] * pi
    return (visits / visits.sum() * reward).sum()


@wrong("mean of visits times reward")
def worth_mean_of_products(mdp, reward, pi):
    return (state_visits(mdp, pi)[:, None] * pi * reward).mean()


@wrong("visits times values: the future counts twice")
def worth_visits_of_values(mdp, reward, pi):
    return state_visits(mdp, pi) @ values(mdp, reward, pi)


@wrong("visits times Q: the future counts twice")
def worth_visits_of_q(mdp, reward, pi):
    Q = backup(mdp, reward, values(mdp, reward, pi))
    return (state_visits(mdp, pi)[:, None] * pi * Q).sum()


@wrong("visits of states times the mean reward")
def worth_mean_reward(mdp, reward, pi):
    return state_visits(mdp, pi) @ reward.mean(axis=1)


@wrong("visits of states times every action's reward")
def worth_sum_of_rewards(mdp, reward, pi):
    return (state_visits(mdp, pi)[:, None] * reward).sum()


@wrong("the first step only")
def worth_first_step(mdp, reward, pi):
    return (mdp.initial_dist[:, None] * pi * reward).sum()


@wrong("no discount, over many steps")
def worth_undiscounted(mdp, reward, pi):
    crowd, total = mdp.initial_dist, 0.0
    for _ in range(200):
        total += crowd @ (pi * reward).sum(axis=1)
        crowd = crowd @ chain(mdp, pi)
    return total


@wrong("horizon too short")
def worth_twenty_steps(mdp, reward, pi):
    crowd, total = mdp.initial_dist, 0.0
    for t in range(20):
        total += mdp.gamma**t * crowd @ (pi * reward).sum(axis=1)
        crowd = crowd @ chain(mdp, pi)
    return total


@wrong("the first reward is discounted, too")
def worth_discounted_from_one(mdp, reward, pi):
    return mdp.gamma * mdp.initial_dist @ values(mdp, reward, pi)


@wrong("the first reward is left out")
def worth_without_first(mdp, reward, pi):
    return mdp.initial_dist @ (values(mdp, reward, pi) - (pi * reward).sum(axis=1))


@wrong("policy ignored: the best one")
def worth_of_the_best(mdp, reward, pi):
    return mdp.initial_dist @ optimal_values(mdp, reward)


@wrong("policy ignored: all actions alike")
def worth_of_uniform(mdp, reward, pi):
    return mdp.initial_dist @ values(mdp, reward, uniform(mdp))


@wrong("follows the likeliest action only")
def worth_likeliest_action(mdp, reward, pi):
    return mdp.initial_dist @ values(mdp, reward, one_hot(pi.argmax(axis=1), mdp.n_actions))


@wrong("greedy in the policy's Q")
def worth_max_of_q(mdp, reward, pi):
    return mdp.initial_dist @ backup(mdp, reward, values(mdp, reward, pi)).max(axis=1)


@wrong("visits looked for forward, not back")
def worth_not_transposed(mdp, reward, pi):
    system = np.eye(mdp.n_states) - mdp.gamma * chain(mdp, pi)
    rho = np.linalg.solve(system, mdp.initial_dist)
    return (rho[:, None] * pi * reward).sum()


@wrong("simulates: an estimate, not exact")
def worth_sampled(mdp, reward, pi):
    walks = sample_demos(mdp, pi, n_demos=500, horizon=100, seed=0)
    paid = reward[walks.states[:, :-1], walks.actions]
    return (paid @ mdp.gamma ** np.arange(100)).mean()


@wrong("the likeliest next state only, as if nothing were random")
def worth_likeliest_state(mdp, reward, pi):
    world = mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)])
    return mdp.initial_dist @ values(world, reward, pi)


@wrong("all rewards added up, visits forgotten")
def worth_no_visits(mdp, reward, pi):
    return (pi * reward).sum() / (1 - mdp.gamma)


@slip("index 14 is out of bounds")
def worth_of_the_grid(mdp, reward, pi):
    return values(mdp, reward, pi)[grid.cells("S")[0]]


@wrong("whole number")
def worth_truncated(mdp, reward, pi):
    return int(mdp.initial_dist @ values(mdp, reward, pi))


@wrong("rounded")
def worth_rounded(mdp, reward, pi):
    return round(float(mdp.initial_dist @ values(mdp, reward, pi)), 2)


@slip("one number")
def worth_in_an_array(mdp, reward, pi):
    return mdp.initial_dist[None, :] @ values(mdp, reward, pi)


@slip("is a return missing")
def worth_no_return(mdp, reward, pi):
    mdp.initial_dist @ values(mdp, reward, pi)


@slip("is a return missing")
def worth_prints(mdp, reward, pi):
    print(mdp.initial_dist @ values(mdp, reward, pi))


@slip("complex")
def worth_complex(mdp, reward, pi):
    states, vectors = np.linalg.eig(chain(mdp, pi))
    series = vectors @ np.diag(1 / (1 - mdp.gamma * states)) @ np.linalg.inv(vectors)
    return complex(mdp.initial_dist @ series @ (pi * reward).sum(axis=1))


@endless("never stops adding smaller terms")
def worth_never_ends(mdp, reward, pi):
    crowd, discount, total = mdp.initial_dist, 1.0, 0.0
    while discount >= 0:
        total += discount * crowd @ (pi * reward).sum(axis=1)
        crowd, discount = crowd @ chain(mdp, pi), discount * mdp.gamma
    return total
