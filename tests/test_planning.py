"""Planning against closed forms, invariants, limits, brute force and plain loops.

Dense and sparse transitions go through the same tests.
"""

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.special import logsumexp, softmax

from irl_course import planning, solvers
from irl_course.environments import gridworld, random_mdp
from irl_course.mdp import MDP
from irl_course.planning import (
    bellman_backup,
    expected_return,
    expected_visits,
    greedy_policy,
    occupancy,
    policy_evaluation,
    policy_iteration,
    soft_value_iteration,
    value_iteration,
)

pytestmark = pytest.mark.filterwarnings("error")
both_kinds = pytest.mark.parametrize("is_sparse", [False, True])


def as_kind(mdp, is_sparse):
    P = mdp.P.toarray() if mdp.is_sparse else mdp.P
    shape = (mdp.n_states, mdp.n_actions, mdp.n_states)
    return mdp.replace(
        P=sparse.csr_array(P.reshape(-1, shape[2])) if is_sparse else P.reshape(shape)
    )


def world(seed, is_sparse=False, n_states=7, n_actions=3, gamma=0.9, n_successors=3):
    """A random process and reward."""
    mdp = random_mdp(n_states, n_actions, gamma, seed, n_successors=n_successors, sparse=is_sparse)
    return mdp, np.random.default_rng(seed + 1000).normal(size=(n_states, n_actions))


def random_policy(n_states, n_actions, seed, horizon=None):
    shape = (n_states, n_actions) if horizon is None else (horizon, n_states, n_actions)
    return softmax(np.random.default_rng(seed).normal(size=shape), axis=-1)


def chain(gamma, p=0.25, is_sparse=False):
    """State 0 reaches the absorbing state 1 with probability p a step; reward 1 in state 1."""
    P = np.array([[[1 - p, p]], [[0.0, 1.0]]])
    return as_kind(MDP(P, [1.0, 0.0], gamma), is_sparse), np.array([0.0, 1.0])


def chain_values(gamma, p=0.25):
    end = 1 / (1 - gamma)
    return np.array([gamma * p * end / (1 - gamma * (1 - p)), end])


def slow_mixing(n_pairs, gamma, is_sparse):
    """Many pairs of states that swap for ever; the first is rewarded: bounds are tight."""
    n = 2 * n_pairs
    P = np.zeros((n, 1, n))
    P[np.arange(n), 0, np.arange(n) ^ 1] = 1.0
    reward = (np.arange(n) < 2).astype(float)
    return as_kind(MDP(P, np.full(n, 1 / n), gamma), is_sparse), reward


def values_from_zero(mdp, reward, tol):
    """As value_iteration finds them, from no better a start than 0."""
    best = planning._Maximisation(mdp, np.repeat(reward[:, None], mdp.n_actions, axis=1))
    return solvers.fixed_point(mdp, best.improve, np.zeros(len(reward)), tol, backup=best.backup)


# --- Closed forms ----------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99, 0.9999])
def test_chain_has_its_closed_form(gamma, is_sparse):
    mdp, reward = chain(gamma, is_sparse=is_sparse)
    V = chain_values(gamma)
    only = np.ones((2, 1))
    np.testing.assert_allclose(value_iteration(mdp, reward)[0], V, atol=1e-8)
    np.testing.assert_allclose(policy_iteration(mdp, reward)[0], V, rtol=1e-11)
    np.testing.assert_allclose(policy_evaluation(mdp, reward, only), V, rtol=1e-11)
    np.testing.assert_allclose(soft_value_iteration(mdp, reward)[0], V, atol=1e-8)  # no choice
    assert expected_return(mdp, reward, only) == pytest.approx(V[0], rel=1e-11)
    stay = 1 / (1 - 0.75 * gamma)
    rho = occupancy(mdp, only)[:, 0]
    np.testing.assert_allclose(rho, [stay, 1 / (1 - gamma) - stay], rtol=1e-10, atol=1e-12)


@both_kinds
def test_a_constant_reward_is_worth_its_discounted_sum(is_sparse):
    mdp, _ = world(0, is_sparse, gamma=0.95)
    reward, pi = np.full(7, -3.0), random_policy(7, 3, 0)
    np.testing.assert_allclose(value_iteration(mdp, reward)[0], -60.0, rtol=1e-12)
    np.testing.assert_allclose(policy_iteration(mdp, reward)[0], -60.0, rtol=1e-12)
    np.testing.assert_allclose(policy_evaluation(mdp, reward, pi), -60.0, rtol=1e-12)
    V, _, soft_pi = soft_value_iteration(mdp, reward)
    np.testing.assert_allclose(V, (-3 + np.log(3)) / 0.05, rtol=1e-12)
    np.testing.assert_allclose(soft_pi, 1 / 3, rtol=1e-12)


@both_kinds
@pytest.mark.parametrize("temperature", [0.2, 1.0, 5.0])
def test_a_bandit_is_a_softmax(is_sparse, temperature):
    reward = np.array([[1.0, -0.5, 0.25, 0.9]])
    mdp = as_kind(MDP(np.ones((1, 4, 1)), [1.0], 0.9), is_sparse)
    once = temperature * logsumexp(reward / temperature)
    V, Q, pi = soft_value_iteration(mdp, reward, temperature=temperature)
    np.testing.assert_allclose(V, once / 0.1, rtol=1e-10)
    np.testing.assert_allclose(Q, reward + 0.9 * once / 0.1, rtol=1e-10)
    np.testing.assert_allclose(pi, softmax(reward / temperature, axis=1), rtol=1e-10)
    V, Q, pi = soft_value_iteration(mdp, reward, horizon=5, temperature=temperature)
    np.testing.assert_allclose(V[:, 0], once * np.arange(5, -1, -1), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(pi, np.broadcast_to(softmax(reward / temperature), (5, 1, 4)))
    np.testing.assert_array_equal(value_iteration(mdp, reward)[1], [[1, 0, 0, 0]])


def test_a_corridor_is_worth_its_distance():
    grid = gridworld("S......G", gamma=0.9)
    distance = np.arange(7, -1, -1)
    V, pi = value_iteration(grid.mdp, grid.reward({"G": 1.0}))
    np.testing.assert_allclose(V, 0.9**distance / 0.1, rtol=1e-12)
    assert (pi[:7, 2] == 1).all()
    paid_once = gridworld("S......G", gamma=0.9).reward({"G": 0.0}, step=-1.0)
    V, _ = value_iteration(grid.mdp, paid_once)
    np.testing.assert_allclose(V, -(1 - 0.9**distance) / 0.1, rtol=1e-12, atol=1e-12)


# --- Against plain loops and brute force -----------------------------------------------------


def loop_backup(mdp, reward, V):
    Q = np.zeros((mdp.n_states, mdp.n_actions))
    for s, a, n in itertools.product(*map(range, (mdp.n_states, mdp.n_actions, mdp.n_states))):
        Q[s, a] += (reward[s, a] if n == 0 else 0) + mdp.gamma * mdp.P[s, a, n] * V[n]
    return Q


@both_kinds
def test_backup_is_what_loops_say(is_sparse):
    mdp, reward = world(1)
    V = np.random.default_rng(0).normal(size=7)
    Q = bellman_backup(as_kind(mdp, is_sparse), reward, V)
    np.testing.assert_allclose(Q, loop_backup(mdp, reward, V), rtol=1e-12, atol=1e-14)
    state_reward = reward[:, 0]
    np.testing.assert_allclose(
        bellman_backup(mdp, state_reward, V),
        loop_backup(mdp, np.repeat(state_reward[:, None], 3, axis=1), V),
        rtol=1e-12,
        atol=1e-14,
    )


@both_kinds
@pytest.mark.parametrize("seed", range(6))
def test_no_deterministic_policy_does_better(seed, is_sparse):
    mdp, reward = world(seed, n_states=4, n_actions=3, n_successors=2)
    values = {}
    for actions in itertools.product(range(3), repeat=4):
        index = np.arange(4), np.array(actions)
        values[actions] = np.linalg.solve(np.eye(4) - mdp.gamma * mdp.P[index], reward[index])
    best = np.max(list(values.values()), axis=0)
    optimal = min(values, key=lambda actions: np.abs(values[actions] - best).max())
    for plan in (value_iteration, policy_iteration):
        V, pi = plan(as_kind(mdp, is_sparse), reward)
        np.testing.assert_allclose(V, best, atol=1e-8)
        np.testing.assert_array_equal(pi.argmax(axis=1), optimal)
        np.testing.assert_array_equal(np.sort(pi, axis=1), [[0, 0, 1]] * 4)


def all_trajectories(mdp, horizon):
    """Every (states, actions) of a small process that can happen, with log p without the policy."""
    steps = [range(mdp.n_states)] + [range(mdp.n_actions), range(mdp.n_states)] * horizon
    for path in itertools.product(*steps):
        states, actions = np.array(path[0::2]), np.array(path[1::2])
        yield (
            states,
            actions,
            (mdp.initial_dist[states[0]] * mdp.P[states[:-1], actions, states[1:]].prod()),
        )


@both_kinds
@pytest.mark.parametrize("depends_on_time", [False, True])
def test_expected_visits_count_every_trajectory(is_sparse, depends_on_time):
    mdp, _ = world(2, n_states=3, n_actions=2, n_successors=2)
    pi = random_policy(3, 2, 5, horizon=3 if depends_on_time else None)
    at_time = np.broadcast_to(pi, (3, 3, 2))
    visits = np.zeros((3, 3, 2))
    for states, actions, p in all_trajectories(mdp, 3):
        index = np.arange(3), states[:-1], actions
        visits[index] += p * at_time[index].prod()
    np.testing.assert_allclose(expected_visits(as_kind(mdp, is_sparse), pi, 3), visits, rtol=1e-12)


@both_kinds
def test_soft_plan_is_the_best_of_reward_and_entropy(is_sparse):
    """V_0 is the largest E[sum r + temperature * entropy] that any policy reaches."""
    mdp, reward = world(3, is_sparse, n_states=4, n_actions=3)
    horizon, temperature = 5, 0.7

    def objective(pi):
        visits = expected_visits(mdp, pi, horizon)
        bonus = np.log(np.maximum(pi, 1e-300))
        return (visits * (reward - temperature * bonus)).sum()

    V, Q, pi = soft_value_iteration(mdp, reward, horizon, temperature)
    best = mdp.initial_dist @ V[0]
    assert objective(pi) == pytest.approx(best, rel=1e-12)
    rng = np.random.default_rng(0)
    for scale in (1e-3, 0.1, 2.0):
        other = softmax(np.log(pi) + scale * rng.normal(size=pi.shape), axis=-1)
        assert objective(other) < best
    for t in range(horizon):
        np.testing.assert_allclose(Q[t], reward + mdp.expect(V[t + 1]), rtol=1e-13)


# --- Invariants ------------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_states", [7, 260])  # 260: past the size that is solved outright
def test_bellman_equations_hold(seed, is_sparse, n_states):
    mdp, reward = world(seed, is_sparse, n_states=n_states, gamma=0.97)
    pi = random_policy(n_states, 3, seed)
    V, best = value_iteration(mdp, reward)
    np.testing.assert_allclose(bellman_backup(mdp, reward, V).max(axis=1), V, atol=2e-8)
    np.testing.assert_array_equal(best, greedy_policy(bellman_backup(mdp, reward, V)))
    V, _ = policy_iteration(mdp, reward)
    np.testing.assert_allclose(bellman_backup(mdp, reward, V).max(axis=1), V, rtol=1e-10)
    V = policy_evaluation(mdp, reward, pi)
    np.testing.assert_allclose((pi * bellman_backup(mdp, reward, V)).sum(axis=1), V, rtol=1e-10)
    V, Q, soft = soft_value_iteration(mdp, reward, temperature=0.3)
    np.testing.assert_allclose(Q, bellman_backup(mdp, reward, V), atol=2e-8)
    np.testing.assert_allclose(V, 0.3 * logsumexp(Q / 0.3, axis=1), rtol=1e-12)
    np.testing.assert_allclose(soft, softmax(Q / 0.3, axis=1), rtol=1e-10)


@both_kinds
@pytest.mark.parametrize("n_states", [7, 260])
def test_occupancy_conserves_flow(is_sparse, n_states):
    mdp, reward = world(4, is_sparse, n_states=n_states, gamma=0.98)
    pi = random_policy(n_states, 3, 1)
    rho = occupancy(mdp, pi)
    assert rho.sum() == pytest.approx(50.0, rel=1e-12) and (rho >= 0).all()
    arrives = mdp.initial_dist + 0.98 * mdp.flow(rho)
    np.testing.assert_allclose(rho.sum(axis=1), arrives, rtol=1e-10)
    np.testing.assert_allclose(rho, rho.sum(axis=1, keepdims=True) * pi, rtol=1e-12)
    value = expected_return(mdp, reward, pi)
    assert (rho * reward).sum() == pytest.approx(value, rel=1e-11)
    assert mdp.initial_dist @ policy_evaluation(mdp, reward, pi) == pytest.approx(value, rel=1e-14)
    assert isinstance(value, float)


@both_kinds
def test_visits_and_policies_sum_to_what_they_should(is_sparse):
    mdp, reward = world(5, is_sparse)
    V, Q, pi = soft_value_iteration(mdp, reward, horizon=9)
    assert (V.shape, Q.shape, pi.shape) == ((10, 7), (9, 7, 3), (9, 7, 3))
    assert (V[9] == 0).all()
    np.testing.assert_allclose(pi.sum(axis=2), 1, rtol=1e-13)
    visits = expected_visits(mdp, pi, 9)
    np.testing.assert_allclose(visits.sum(axis=(1, 2)), 1, rtol=1e-13)
    np.testing.assert_allclose(visits[0].sum(axis=1), mdp.initial_dist, rtol=1e-13)
    for t in range(8):
        np.testing.assert_allclose(visits[t + 1].sum(axis=1), mdp.flow(visits[t]), rtol=1e-12)


def test_the_discount_plays_no_part_with_a_horizon():
    mdp, reward = world(6)
    for other in (mdp.replace(gamma=0.1), mdp.replace(gamma=1.0)):
        for one, two in zip(
            soft_value_iteration(mdp, reward, horizon=4),
            soft_value_iteration(other, reward, horizon=4),
            strict=True,
        ):
            np.testing.assert_array_equal(one, two)


@both_kinds
def test_shaping_changes_values_by_the_potential_and_no_policy(is_sparse):
    mdp, reward = world(7, is_sparse)
    potential = np.random.default_rng(3).normal(size=7)
    shaped = reward + mdp.gamma * mdp.expect(potential) - potential[:, None]
    for plan in (value_iteration, policy_iteration):
        (V, pi), (V_shaped, pi_shaped) = plan(mdp, reward), plan(mdp, shaped)
        np.testing.assert_allclose(V_shaped, V - potential, atol=2e-8)
        np.testing.assert_array_equal(pi_shaped, pi)
    V, _, pi = soft_value_iteration(mdp, reward)
    V_shaped, _, pi_shaped = soft_value_iteration(mdp, shaped)
    np.testing.assert_allclose(V_shaped, V - potential, atol=2e-8)
    np.testing.assert_allclose(pi_shaped, pi, atol=1e-7)


@both_kinds
@pytest.mark.parametrize("plan", [value_iteration, policy_iteration])
def test_scale_and_constant_leave_the_policy_alone(plan, is_sparse):
    mdp, reward = world(8, is_sparse)
    V, pi = plan(mdp, reward)
    V_other, pi_other = plan(mdp, 5 * reward + 2)
    np.testing.assert_allclose(V_other, 5 * V + 2 / (1 - mdp.gamma), atol=1e-7)
    np.testing.assert_array_equal(pi_other, pi)


@pytest.mark.parametrize("gamma", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("n_states", [20, 300])
def test_dense_and_sparse_agree(gamma, n_states):
    mdp, reward = world(9, n_states=n_states, gamma=gamma, n_successors=4)
    twin = as_kind(mdp, True)
    pi = random_policy(n_states, 3, 2)
    np.testing.assert_allclose(
        policy_evaluation(mdp, reward, pi), policy_evaluation(twin, reward, pi), rtol=1e-10
    )
    np.testing.assert_allclose(occupancy(mdp, pi), occupancy(twin, pi), rtol=1e-9)
    np.testing.assert_allclose(policy_iteration(mdp, reward)[0], policy_iteration(twin, reward)[0])
    for plan in (value_iteration, soft_value_iteration):
        np.testing.assert_allclose(plan(mdp, reward)[0], plan(twin, reward)[0], atol=2e-8)
    for one, two in zip(
        soft_value_iteration(mdp, reward, 6), soft_value_iteration(twin, reward, 6), strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-13)


def test_nothing_given_is_changed():
    mdp, reward = world(10)
    pi, V = random_policy(7, 3, 0), np.ones(7)
    given = [reward, pi, V]
    before = [array.copy() for array in given]
    bellman_backup(mdp, reward, V)
    value_iteration(mdp, reward)
    policy_iteration(mdp, reward)
    occupancy(mdp, pi)
    expected_return(mdp, reward, pi)
    soft_value_iteration(mdp, reward)
    soft_value_iteration(mdp, reward, 4)
    expected_visits(mdp, pi, 4)
    greedy_policy(reward)
    for array, copy in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, copy)


# --- Limits ----------------------------------------------------------------------------------


@both_kinds
def test_no_discount_factor_means_no_future(is_sparse):
    mdp, reward = world(11, is_sparse, gamma=0.0)
    V, pi = value_iteration(mdp, reward)
    np.testing.assert_array_equal(V, reward.max(axis=1))
    np.testing.assert_array_equal(pi, greedy_policy(reward))
    np.testing.assert_allclose(soft_value_iteration(mdp, reward)[0], logsumexp(reward, axis=1))
    start = mdp.initial_dist
    np.testing.assert_allclose(occupancy(mdp, pi), start[:, None] * pi, rtol=1e-13)


@both_kinds
def test_a_cold_soft_plan_is_a_hard_one(is_sparse):
    mdp, reward = world(12, is_sparse)
    V, pi = value_iteration(mdp, reward)
    for temperature in (1e-3, 1e-6, 1e-12, 1e-300):
        cold_V, _, cold_pi = soft_value_iteration(mdp, reward, temperature=temperature)
        assert (cold_V >= V - 2e-8).all()
        assert (cold_V <= V + temperature * np.log(3) / 0.1 + 2e-8).all()
    np.testing.assert_array_equal(cold_pi, pi)
    _, _, hot_pi = soft_value_iteration(mdp, reward, temperature=1e6)
    np.testing.assert_allclose(hot_pi, 1 / 3, atol=1e-5)


@both_kinds
def test_discounting_is_a_chance_to_stop(is_sparse):
    """With a sink reached with probability 1 - gamma, a long cold horizon gives the values."""
    mdp, reward = world(13, n_states=4, n_actions=2, gamma=0.8)
    P = np.zeros((5, 2, 5))
    P[:4, :, :4], P[:4, :, 4], P[4, :, 4] = 0.8 * mdp.P, 0.2, 1.0
    stopped = as_kind(MDP(P, np.append(mdp.initial_dist, 0), 1.0), is_sparse)
    V, _, _ = soft_value_iteration(stopped, np.vstack([reward, [0, 0]]), 120, temperature=1e-13)
    np.testing.assert_allclose(V[0, :4], value_iteration(mdp, reward)[0], atol=2e-8)
    hard_pi = value_iteration(mdp, reward)[1]
    visits = expected_visits(stopped, np.vstack([hard_pi, [1, 0]]), 120)
    np.testing.assert_allclose(visits.sum(axis=0)[:4], occupancy(mdp, hard_pi), rtol=1e-9)


@both_kinds
def test_discounted_visits_add_up_to_the_occupancy(is_sparse):
    mdp, _ = world(14, is_sparse, gamma=0.85)
    pi = random_policy(7, 3, 1)
    visits = expected_visits(mdp, pi, 250)
    total = np.tensordot(0.85 ** np.arange(250), visits, axes=1)
    np.testing.assert_allclose(total, occupancy(mdp, pi), rtol=1e-12)


def test_one_step_is_a_softmax_of_the_reward():
    mdp, reward = world(15)
    V, Q, pi = soft_value_iteration(mdp, reward, horizon=1, temperature=0.5)
    np.testing.assert_array_equal(Q[0], reward)
    np.testing.assert_allclose(pi[0], softmax(reward / 0.5, axis=1), rtol=1e-13)
    np.testing.assert_allclose(V[0], 0.5 * logsumexp(reward / 0.5, axis=1), rtol=1e-13)


def test_little_slip_is_nearly_none():
    text = "S.#.\n..#G\n...."
    still = gridworld(text, gamma=0.9)
    reward = still.reward({"G": 1.0}, step=-0.1)
    V, pi = value_iteration(still.mdp, reward)
    for slip in (1e-3, 1e-6):
        slipping = still.replace(slip=slip)
        # One step differs by slip at most, in total variation; so value by this much.
        difference = np.abs(value_iteration(slipping.mdp, reward)[0] - V).max()
        assert 0 < difference < slip * np.ptp(V) * 0.9 / 0.1
        loss = V - policy_evaluation(still.mdp, reward, value_iteration(slipping.mdp, reward)[1])
        np.testing.assert_allclose(loss, 0, atol=1e-9)


# --- What is promised about precision --------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("tol", [1.0, 0.1, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("gamma", [0.9, 0.99])
@pytest.mark.parametrize("bold", [0, 300])
def test_the_error_is_within_tol_where_bounds_are_tight(monkeypatch, is_sparse, tol, gamma, bold):
    monkeypatch.setattr(solvers, "_DENSE_SWEEPS", 10_000)  # sweeps all the way
    monkeypatch.setattr(solvers, "_BOLD", bold)
    mdp, reward = slow_mixing(130, gamma, is_sparse)  # 260 states: past what is solved outright
    exact = reward / (1 - gamma)
    V = values_from_zero(mdp, reward, tol)
    assert np.abs(V - exact).max() <= tol * (1 + 1e-9)
    V, _, _ = soft_value_iteration(mdp, reward, tol=tol, V0=np.zeros(mdp.n_states))
    assert np.abs(V - exact).max() <= tol * (1 + 1e-9)


@both_kinds
def test_what_is_not_known_is_split_evenly(monkeypatch, is_sparse):
    monkeypatch.setattr(solvers, "_DENSE_SWEEPS", 1_000)
    monkeypatch.setattr(solvers, "_BOLD", 0)  # extrapolation would know it to rounding
    mdp, reward = slow_mixing(130, 0.99, is_sparse)
    error = values_from_zero(mdp, reward, tol=1.0) - reward / 0.01
    assert error.max() == pytest.approx(-error.min(), rel=1e-9) and error.max() > 1e-3


@both_kinds
def test_worlds_that_stand_still_are_known_at_once(monkeypatch, is_sparse):
    still = as_kind(MDP(np.repeat(np.eye(4)[:, None], 3, axis=1), np.full(4, 0.25), 0.9), is_sparse)
    reward = np.random.default_rng(0).normal(size=(4, 3))
    monkeypatch.setattr(solvers, "_sweep", None)
    best = reward.max(axis=1)
    np.testing.assert_allclose(value_iteration(still, reward)[0], 10 * best, rtol=1e-12)


@both_kinds
@pytest.mark.parametrize("seed", range(5))
def test_the_error_is_within_tol_on_random_worlds(is_sparse, seed):
    mdp, reward = world(seed, is_sparse, n_states=250, gamma=0.95, n_successors=2)
    exact, _ = policy_iteration(mdp, reward)
    errors = [
        np.abs(value_iteration(mdp, reward, tol=tol)[0] - exact).max() / tol
        for tol in (3.0, 0.3, 1e-2, 1e-5, 1e-8)
    ]
    assert max(errors) <= 1


@both_kinds
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6, 1e12, 1e100])
@pytest.mark.parametrize("gamma", [0.5, 0.99, 0.99999])
def test_every_scale_converges_to_what_float64_can_tell(scale, gamma, is_sparse):
    mdp, reward = world(16, is_sparse, gamma=gamma, n_states=40)
    reward = scale * reward
    V, _ = value_iteration(mdp, reward, tol=1e-12 * scale)
    exact, _ = policy_iteration(mdp, reward)
    allowed = 1e-12 * scale + 64 * np.finfo(float).eps * np.abs(exact).max() / (1 - gamma)
    assert np.abs(V - exact).max() <= allowed
    soft_V, Q, pi = soft_value_iteration(mdp, reward, temperature=scale / 10, tol=1e-9 * scale)
    np.testing.assert_allclose(pi.sum(axis=1), 1, rtol=1e-12)
    assert (soft_V > V).all() and np.isfinite(Q).all()


@both_kinds
def test_rewards_of_a_million_need_no_other_settings(is_sparse):
    mdp, _ = world(17, is_sparse, gamma=0.99)
    reward = 1e6 * np.where(np.random.default_rng(0).random((7, 3)) < 0.5, -1.0, 1.0)
    V, pi = value_iteration(mdp, reward)
    np.testing.assert_allclose(policy_evaluation(mdp, reward, pi), V, rtol=1e-11)
    for horizon, temperature in itertools.product((None, 20), (1e-3, 1e-305)):
        V, Q, pi = soft_value_iteration(mdp, reward, horizon, temperature)
        assert np.isfinite(V).all() and np.isfinite(Q).all()
        np.testing.assert_allclose(pi.sum(axis=-1), 1, rtol=1e-12)


def test_long_futures_stay_exact():
    """At gamma = .9999 sweeps alone would need 200,000 rounds; mass and values stay exact."""
    grid = gridworld("\n".join(["." * 24] * 23 + ["." * 23 + "G"]), slip=0.3, gamma=0.9999)
    assert grid.mdp.is_sparse
    reward = np.random.default_rng(0).normal(size=grid.mdp.n_states)
    V, pi = value_iteration(grid.mdp, reward)
    np.testing.assert_allclose(policy_evaluation(grid.mdp, reward, pi), V, rtol=1e-9)
    assert occupancy(grid.mdp, pi).sum() == pytest.approx(1e4, rel=1e-10)


def large_world(local, gamma):
    if local:  # a start in one corner: a right-hand side that BiCGSTAB alone breaks down on
        grid = gridworld("\n".join(["S" + "." * 17] + ["." * 18] * 16 + ["." * 17 + "G"]), slip=0.2)
        return as_kind(grid.mdp.replace(gamma=gamma), True), grid.reward({"G": 1.0})
    return world(18, True, n_states=300, gamma=gamma)


@pytest.mark.parametrize("gamma", [0.5, 0.99, 0.999])
@pytest.mark.parametrize("local", [False, True])
def test_the_iterative_solver_agrees_with_the_direct_one(monkeypatch, gamma, local):
    mdp, reward = large_world(local, gamma)
    pi = random_policy(mdp.n_states, mdp.n_actions, 0)  # wanders: sweeps alone would take long
    V, rho = policy_evaluation(mdp, reward, pi), occupancy(mdp, pi)
    solved, krylov = [], solvers.bicgstab

    def counted(*args, **settings):
        solved.append(1)
        return krylov(*args, **settings)

    monkeypatch.setattr(solvers, "_DIRECT_WORK", 0)
    monkeypatch.setattr(solvers, "bicgstab", counted)
    monkeypatch.setattr(solvers, "splu", None)
    np.testing.assert_allclose(policy_evaluation(mdp, reward, pi), V, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(occupancy(mdp, pi), rho, rtol=1e-9, atol=1e-10)
    assert len(solved) <= 8


def test_a_failing_krylov_method_does_no_harm(monkeypatch):
    mdp, reward = large_world(True, 0.95)
    pi = random_policy(mdp.n_states, mdp.n_actions, 0)
    V = policy_evaluation(mdp, reward, pi)
    monkeypatch.setattr(solvers, "_DIRECT_WORK", 0)
    monkeypatch.setattr(solvers, "bicgstab", lambda system, b, **_: (1e6 + b, 1))
    np.testing.assert_allclose(policy_evaluation(mdp, reward, pi), V, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_sweeps_give_way_to_a_solve(monkeypatch, is_sparse):
    mdp, reward = world(19, is_sparse, n_states=250, gamma=0.99)
    usual, _ = value_iteration(mdp, reward)
    monkeypatch.setattr(solvers, "_DENSE_SWEEPS", 3)
    monkeypatch.setattr(solvers, "_SPARSE_SWEEPS", 3)
    np.testing.assert_allclose(value_iteration(mdp, reward)[0], usual, atol=2e-8)


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("is_sparse", [False, True])
def test_the_matrix_of_one_policy_after_the_other(even, is_sparse):
    mdp = random_mdp(40, 3, 0.9, 0, n_successors=4, sparse=is_sparse)
    if not even:  # rows of all lengths, and in the sparse case too uneven for slots
        rng = np.random.default_rng(1)
        P = rng.random((120, 40)) ** 30 + np.eye(40)[rng.integers(40, size=120)]
        P[P < 0.5] = 0.0
        P[0] = 1.0
        P = sparse.csr_array(P / P.sum(axis=1, keepdims=True))
        mdp = as_kind(mdp.replace(P=P), is_sparse)
    transitions, rng = solvers._PolicyTransitions(mdp), np.random.default_rng(2)
    action = rng.integers(3, size=40)
    for n_changed in (40, 0, 1, 7, 40):
        action = action.copy()
        action[rng.permutation(40)[:n_changed]] = rng.integers(3, size=n_changed)
        found, expected = transitions.under(action), mdp.policy_matrix(np.eye(3)[action])
        difference = abs(found - 0.9 * expected)
        assert difference.max() <= 1e-15


@both_kinds
@pytest.mark.parametrize("gamma", [0.9, 0.999])
@pytest.mark.parametrize("slip", [0.0, 0.3])
def test_a_maze_is_planned_as_policy_iteration_plans_it(gamma, slip, is_sparse):
    rows = ["S..#....", ".#.#.##.", ".#...#..", ".####.#.", "......#G", ".##.#..."] * 3
    grid = gridworld("\n".join(row + row[::-1] for row in rows), slip=slip, gamma=gamma)
    mdp, reward = as_kind(grid.mdp, is_sparse), grid.reward({"G": 1.0}, step=-0.01)
    V, pi = value_iteration(mdp, reward)
    exact, _ = policy_iteration(mdp, reward)
    np.testing.assert_allclose(V, exact, rtol=0, atol=1e-8)
    np.testing.assert_allclose(policy_evaluation(mdp, reward, pi), exact, rtol=0, atol=1e-7)


@both_kinds
@pytest.mark.parametrize("block", [1, 40, 1000])
def test_the_best_actions_are_found_in_blocks(monkeypatch, block, is_sparse):
    mdp, reward = world(22, is_sparse, n_states=101, n_actions=3)
    monkeypatch.setattr(planning, "_BLOCK", block)
    maximisation = planning._Maximisation(mdp, reward)
    for V in np.random.default_rng(0).normal(size=(3, 101)):
        Q = bellman_backup(mdp, reward, V)
        np.testing.assert_allclose(maximisation.backup(V), Q.max(axis=1), rtol=1e-12)
        best, action, payoff = maximisation.improve(V)
        np.testing.assert_allclose(best, Q.max(axis=1), rtol=1e-12)
        np.testing.assert_array_equal(action, Q.argmax(axis=1))
        np.testing.assert_array_equal(payoff, reward[np.arange(101), action])


def test_an_action_stays_until_another_one_is_better():
    mdp = MDP(np.full((2, 3, 2), 0.5), np.array([1.0, 0.0]), 0.9)
    maximisation = planning._Maximisation(mdp, np.array([[0.0, 1.0, 1.0], [2.0, 2.0, 0.0]]))
    _, action, _ = maximisation.improve(np.zeros(2))
    assert action.tolist() == [1, 0]  # the first of the best
    action[:] = [2, 1]
    _, action, payoff = maximisation.improve(np.ones(2))
    assert action.tolist() == [2, 1] and payoff.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("n_modes", [1, 2, 4])
def test_few_slow_modes_are_extrapolated_from_at_once(n_modes):
    rng = np.random.default_rng(0)
    rates = np.concatenate([rng.uniform(0.9, 0.99, n_modes), np.zeros(30 - n_modes)])
    axes, _ = np.linalg.qr(np.column_stack([np.ones(30), rng.normal(size=(30, 29))]))
    sweep, fixed = axes @ np.diag(rates) @ axes.T, rng.normal(size=30)
    V = [rng.normal(size=30)]
    for _ in range(solvers._LOOK_BACK + 1):
        V.append(fixed + sweep @ (V[-1] - fixed))
    values = np.array(V[2:])
    found = solvers._extrapolate(values, np.diff(V, axis=0)[1:])
    before = np.ptp(values[-1] - fixed)
    assert np.ptp(found - fixed) <= max(1e-3 * before, 1e-12)  # but for a constant


@both_kinds
def test_extrapolation_gone_wrong_only_takes_longer(monkeypatch, is_sparse):
    mdp, reward = world(21, is_sparse, n_states=260, gamma=0.95)
    usual, _ = value_iteration(mdp, reward)
    rng = np.random.default_rng(0)
    monkeypatch.setattr(solvers, "_BOLD", 5)
    monkeypatch.setattr(
        solvers, "_extrapolate", lambda values, steps: 100 * rng.normal(size=values.shape[1])
    )
    np.testing.assert_allclose(value_iteration(mdp, reward)[0], usual, rtol=0, atol=2e-8)


def test_values_that_step_by_a_constant_are_left_alone():
    values = np.arange(10.0).reshape(5, 2)
    np.testing.assert_array_equal(solvers._extrapolate(values, np.ones((5, 2))), values[-1])


# --- Ties ------------------------------------------------------------------------------------


def test_greedy_takes_the_first_of_the_best():
    Q = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, -5.0, -1.0]])
    np.testing.assert_array_equal(greedy_policy(Q), [[0, 1, 0], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(greedy_policy(Q[None])[0], greedy_policy(Q))
    np.testing.assert_allclose(
        greedy_policy(Q, tol=0), [[0, 1 / 2, 1 / 2], [1 / 3] * 3, [1 / 2, 0, 1 / 2]]
    )
    np.testing.assert_allclose(greedy_policy(Q, tol=2.0)[0], [1 / 3] * 3)
    assert greedy_policy(np.array([[1.0, 1.0 + 1e-9]])).argmax() == 1
    assert greedy_policy(np.array([[1.0, 1.0 + 1e-14]])).argmax() == 0  # rounding, not a reason


def test_rounding_decides_no_tie():
    """On an open grid every shortest path is as good: the first action wins, for every planner."""
    grid = gridworld("\n".join(["." * 12] * 11 + ["." * 11 + "G"]), gamma=0.97)
    reward = grid.reward({"G": 1.0}, step=-0.03)
    plans = [
        value_iteration(grid.mdp, reward)[1],
        policy_iteration(grid.mdp, reward)[1],
        value_iteration(grid.replace(sparse=True).mdp, reward)[1],
    ]
    for pi in plans:
        action = pi.argmax(axis=1).reshape(12, 12)
        assert (action[:11] == 1).all()  # DOWN comes before RIGHT
        assert (action[11, :11] == 2).all()


# --- What is refused -------------------------------------------------------------------------


def test_endless_sums_without_a_discount_are_refused():
    mdp, reward = world(20, gamma=1.0)
    pi = random_policy(7, 3, 0)
    for plan in (
        lambda: value_iteration(mdp, reward),
        lambda: policy_iteration(mdp, reward),
        lambda: policy_evaluation(mdp, reward, pi),
        lambda: occupancy(mdp, pi),
        lambda: expected_return(mdp, reward, pi),
        lambda: soft_value_iteration(mdp, reward),
    ):
        with pytest.raises(ValueError, match="gamma is 1: without discounting .* horizon"):
            plan()
    assert bellman_backup(mdp, reward, np.ones(7)).shape == (7, 3)
    assert expected_visits(mdp, pi, 3).shape == (3, 7, 3)


@both_kinds
def test_too_few_iterations_say_how_far_they_came(is_sparse):
    mdp, reward = world(21, is_sparse, n_states=30, gamma=0.99)
    with pytest.raises(RuntimeError, match=r"to within \S+ after 1 iterations, not .* tol = 1e-08"):
        value_iteration(mdp, reward, max_iter=1)
    value_iteration(mdp, reward, max_iter=200)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0, expected a positive number"),
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"temperature": np.nan}, "temperature is nan"),
        ({"temperature": np.inf}, "temperature is inf"),
        ({"horizon": 0}, "horizon is 0, expected a whole number, at least 1"),
        ({"horizon": 2.5}, "horizon is 2.5"),
        ({"tol": 0.0}, "tol is 0.0, expected a positive number"),
        ({"tol": np.nan}, "tol is nan"),
    ],
)
def test_bad_settings_are_named(arguments, message):
    mdp, reward = world(22)
    with pytest.raises(ValueError, match=message):
        soft_value_iteration(mdp, reward, **arguments)


def test_other_bad_input_is_named():
    mdp, reward = world(23)
    pi = random_policy(7, 3, 0)
    with pytest.raises(ValueError, match="max_iter is 0"):
        value_iteration(mdp, reward, max_iter=0)
    with pytest.raises(ValueError, match="tol is -1"):
        value_iteration(mdp, reward, tol=-1)
    with pytest.raises(ValueError, match="horizon is -3"):
        expected_visits(mdp, pi, -3)
    with pytest.raises(ValueError, match=r"pi has shape \(7, 3, 1\), expected"):
        occupancy(mdp, pi[..., None])
    with pytest.raises(ValueError, match=r"pi has shape \(4, 7, 3\), .* or \(5, 7, 3\)"):
        expected_visits(mdp, random_policy(7, 3, 0, horizon=4), 5)
    with pytest.raises(ValueError, match=r"V has shape \(3,\), expected \(7,\)"):
        bellman_backup(mdp, reward, np.zeros(3))
    with pytest.raises(ValueError, match=r"Q\[1, 2\] is nan"):
        greedy_policy([[0, 0, 0], [0, 0, np.nan]])
    for plan in (value_iteration, policy_iteration, soft_value_iteration):
        with pytest.raises(ValueError, match=r"reward\[s=6, a=2\] is inf"):
            plan(mdp, np.pad([[np.inf]], ((6, 0), (2, 0))))
        with pytest.raises(ValueError, match="1e\\+308 is too large: its sums overflow float64"):
            plan(mdp, np.full(7, 1e308))
