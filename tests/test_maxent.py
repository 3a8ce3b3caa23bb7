"""Maximum entropy IRL against every trajectory there is, differences, closed forms and limits."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.special import logsumexp, softmax

from irl_course.environments import gridworld, macrocell_world, random_mdp
from irl_course.inverse import maxent
from irl_course.inverse.feature_matching import empirical_feature_expectations
from irl_course.inverse.maxent import (
    CausalModel,
    DiscountedModel,
    TrajectoryModel,
    causal_gradient,
    causal_information,
    causal_log_likelihood,
    causal_maxent_irl,
    demo_log_likelihood,
    log_partition,
    maxent_gradient,
    maxent_irl,
    maxent_visits,
    models,
)
from irl_course.mdp import MDP, Demos, as_reward, sample_demos
from irl_course.planning import expected_visits, occupancy, soft_value_iteration
from irl_course.solvers import factor

pytestmark = pytest.mark.filterwarnings("error")
both_kinds = pytest.mark.parametrize("is_sparse", [False, True])

# S, A, K, T: all unequal in each of them.
SIZES = [(3, 2, 4, 1), (2, 3, 1, 4), (4, 2, 5, 3), (5, 2, 4, 3), (2, 4, 5, 3), (3, 4, 5, 2)]
WORLDS = [(*SIZES[seed % len(SIZES)], seed) for seed in range(20)]


def world(S, A, K, T, seed, is_sparse=False):
    """A random process with impossible moves and starts, features of both signs, and weights."""
    rng = np.random.default_rng(seed + 500)
    mdp = random_mdp(S, A, 0.8, seed, n_successors=max(2, S - 1), sparse=is_sparse)
    if S > 2:
        start = mdp.initial_dist.copy()
        start[rng.integers(S)] = 0.0
        mdp = mdp.replace(initial_dist=start / start.sum())
    return mdp, rng.normal(size=(S, A, K)), rng.normal(size=K)


def expert_demos(mdp, T, seed, n_demos=7):
    pi = softmax(np.random.default_rng(seed).normal(size=(mdp.n_states, mdp.n_actions)), axis=1)
    return sample_demos(mdp, pi, n_demos, T, seed)


def every_trajectory(mdp, T):
    """All that are possible: states (M, T + 1), actions (M, T), log p (M,)."""
    P = mdp.P.toarray() if mdp.is_sparse else mdp.P
    S, A = mdp.n_states, mdp.n_actions
    P = P.reshape(S, A, S)
    grid = itertools.product(range(S), *[range(S), range(A)] * T)
    table = np.array(list(grid))
    states, actions = table[:, [0, *range(1, 2 * T, 2)]], table[:, 2::2]
    p = mdp.initial_dist[states[:, 0]] * P[states[:, :-1], actions, states[:, 1:]].prod(axis=1)
    return states[p > 0], actions[p > 0], np.log(p[p > 0])


def add_up(states, actions, values):
    return values[states[:, :-1], actions].sum(axis=1)


def enumerated_likelihood(mdp, features, psi, demos, given):
    """Mean log p(demo | psi), less what psi does not change, from the sum over everything."""
    reward = features @ psi
    states, actions, log_p = every_trajectory(mdp, demos.horizon)
    weight = log_p + add_up(states, actions, reward)
    own = add_up(demos.states, demos.actions, reward)
    if given == "nothing":
        return np.mean(own) - logsumexp(weight)
    log_Z = [
        logsumexp(weight[states[:, 0] == s]) - np.log(mdp.initial_dist[s])
        for s in demos.states[:, 0]
    ]
    return np.mean(own - log_Z)


def plain_plan(mdp, reward, T=None, n_sweeps=170):
    """Soft values and policies by their definition: T steps, or many that are discounted."""
    P = (mdp.P.toarray() if mdp.is_sparse else mdp.P).reshape(*reward.shape, -1)
    gamma = 1.0 if T else mdp.gamma
    V, steps = np.zeros(mdp.n_states), []
    for _ in range(T or n_sweeps):
        Q = reward + gamma * P @ V
        V = logsumexp(Q, axis=1)
        steps.append((V, Q - V[:, None]))
    return steps[::-1] if T else steps[-1]


def plain_likelihood(mdp, features, psi, demos, discounted, given):
    """The causal log-likelihood from its definition."""
    reward, T = features @ psi, demos.horizon
    weight = (mdp.gamma if discounted else 1.0) ** np.arange(T)
    if discounted:
        V, log_pi = plain_plan(mdp, reward)
        values, log_pis, rest = V, [log_pi] * T, mdp.gamma**T * V[demos.states[:, -1]]
    else:
        plan = plain_plan(mdp, reward, T)
        values, log_pis, rest = plan[0][0], [step[1] for step in plan], 0.0
    if given == "states":
        steps = [log_pis[t][demos.states[:, t], demos.actions[:, t]] for t in range(T)]
        return np.mean(weight @ steps)
    own = reward[demos.states[:, :-1], demos.actions] @ weight
    start = mdp.initial_dist @ values if given == "nothing" else values[demos.states[:, 0]]
    return np.mean(own + rest - start)


def central_differences(function, psi, step=1e-5):
    steps = step * np.eye(len(psi))
    return np.array([(function(psi + h) - function(psi - h)) / (2 * step) for h in steps])


# --- Every trajectory there is -------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize(("S", "A", "K", "T", "seed"), WORLDS)
def test_log_Z_and_visits_count_every_trajectory(S, A, K, T, seed, is_sparse):
    mdp, features, psi = world(S, A, K, T, seed, is_sparse)
    reward = features @ psi
    states, actions, log_p = every_trajectory(mdp, T)
    weight = log_p + add_up(states, actions, reward)
    log_Z = logsumexp(weight)
    assert log_partition(mdp, reward, T) == pytest.approx(log_Z, rel=1e-12, abs=1e-12)
    visits = np.zeros((T, S, A))
    for t in range(T):
        np.add.at(visits[t], (states[:, t], actions[:, t]), np.exp(weight - log_Z))
    found = maxent_visits(mdp, reward, T)
    np.testing.assert_allclose(found, visits, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), 1.0, rtol=1e-12)
    value, total = TrajectoryModel(mdp, T).plan(reward)
    np.testing.assert_allclose(total, visits.sum(axis=0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("given", ["nothing", "start"])
@pytest.mark.parametrize(("S", "A", "K", "T", "seed"), WORLDS)
def test_the_gradient_is_that_of_the_enumerated_likelihood(S, A, K, T, seed, given):
    mdp, features, psi = world(S, A, K, T, seed)
    demos = expert_demos(mdp, T, seed)

    def likelihood(psi):
        return enumerated_likelihood(mdp, features, psi, demos, given)

    assert demo_log_likelihood(mdp, features, psi, demos, given) == pytest.approx(
        likelihood(psi), rel=1e-12, abs=1e-12
    )
    gradient = maxent_gradient(mdp, features, psi, demos, given)
    differences = central_differences(likelihood, psi)
    np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)


@both_kinds
@pytest.mark.parametrize("given", ["nothing", "start", "states"])
@pytest.mark.parametrize("discounted", [False, True])
@pytest.mark.parametrize(("S", "A", "K", "T", "seed"), WORLDS[:6])
def test_the_causal_gradient_too(S, A, K, T, seed, discounted, given, is_sparse):
    mdp, features, psi = world(S, A, K, T, seed, is_sparse)
    demos = expert_demos(mdp, T, seed)

    def likelihood(psi):
        return plain_likelihood(mdp, features, psi, demos, discounted, given)

    value = causal_log_likelihood(mdp, features, psi, demos, discounted, given)
    assert value == pytest.approx(likelihood(psi), rel=1e-11, abs=1e-11)
    gradient = causal_gradient(mdp, features, psi, demos, discounted, given)
    differences = central_differences(likelihood, psi)
    np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("S", "A", "K", "T", "seed"), WORLDS)
def test_without_luck_it_is_the_likelihood_of_the_actions(S, A, K, T, seed):
    """With all trajectories of an expert, as often as they happen, nothing is left to chance."""
    mdp, features, psi = world(S, A, K, T, seed)
    expert_pi = softmax(np.random.default_rng(seed).normal(size=(T, S, A)), axis=2)
    states, actions, log_p = every_trajectory(mdp, T)
    by_step = np.arange(T), states[:, :-1], actions
    p = np.exp(log_p + np.log(expert_pi)[by_step].sum(axis=1))

    def likelihood(psi):
        log_pi = np.array([step[1] for step in plain_plan(mdp, features @ psi, T)])
        return p @ log_pi[by_step].sum(axis=1)

    visits = expected_visits(mdp, expert_pi, T)
    for given in ("nothing", "start", "states"):
        value = causal_log_likelihood(mdp, features, psi, visits, given=given)
        assert value == pytest.approx(likelihood(psi), rel=1e-12)
        gradient = causal_gradient(mdp, features, psi, visits, given=given)
        differences = central_differences(likelihood, psi)
        np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)


# --- The two models, and noise -------------------------------------------------------------------


def without_noise(mdp):
    """The likeliest successor of each state and action becomes the only one."""
    return mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)])


@pytest.mark.parametrize(("S", "A", "K", "T", "seed"), WORLDS)
def test_without_noise_both_models_are_one(S, A, K, T, seed):
    mdp, features, psi = world(S, A, K, T, seed)
    mdp = without_noise(mdp)
    demos = expert_demos(mdp, T, seed)
    for given in ("start", "states"):
        assert causal_log_likelihood(mdp, features, psi, demos, given=given) == pytest.approx(
            demo_log_likelihood(mdp, features, psi, demos, "start"), abs=1e-10
        )
        np.testing.assert_allclose(
            causal_gradient(mdp, features, psi, demos, given=given),
            maxent_gradient(mdp, features, psi, demos, "start"),
            atol=1e-10,
        )
    at = mdp.replace(initial_dist=np.eye(S)[demos.states[0, 0]])  # one start: nothing is luck
    reward = features @ psi
    np.testing.assert_allclose(
        maxent_visits(at, reward, T), CausalModel(at, T).visits(reward), atol=1e-10
    )
    fits = [
        maxent_irl(mdp, features, demos, l2=0.1, given="start"),
        causal_maxent_irl(mdp, features, demos, l2=0.1, given="start"),
    ]
    np.testing.assert_allclose(fits[0].psi, fits[1].psi, atol=2e-4)
    assert fits[0].converged and fits[1].converged


@pytest.mark.parametrize("prize", [1.0, 10.0, 1000.0])
def test_the_optimist_believes_that_the_coin_obeys(prize):
    """State 0: stay at 0, or bet: a fair coin leads to the prize in 1 or to its opposite in 2."""
    P = np.zeros((3, 2, 3))
    P[0, 0, 0] = P[1, :, 1] = P[2, :, 2] = 1.0
    P[0, 1, [1, 2]] = 0.5
    mdp = MDP(P, [1.0, 0.0, 0.0], 0.9)
    reward = np.array([0.0, prize, -prize])
    optimist, causal = (
        Model(mdp, 2).visits(reward)[0, 0] for Model in (TrajectoryModel, CausalModel)
    )
    np.testing.assert_allclose(causal, [0.5, 0.5])  # on average the bet is worth nothing
    bet = np.logaddexp(prize, -prize) - np.log(2)
    np.testing.assert_allclose(optimist[1], 1 / (1 + np.exp(-bet)), rtol=1e-12)
    np.testing.assert_allclose(
        maxent_visits(mdp, reward, 2)[1, 2].sum() / optimist[1],
        1 / (1 + np.exp(2 * min(prize, 300))),
        atol=1e-15,
    )


@pytest.mark.parametrize("Model", [TrajectoryModel, CausalModel])
def test_models_by_closed_form(Model):
    mdp, _, _ = world(4, 3, 2, 5, 0)
    value, visits = Model(mdp, 5).plan(np.zeros((4, 3)))
    assert value == pytest.approx(5 * np.log(3), rel=1e-14)
    uniform = np.full((4, 3), 1 / 3)
    np.testing.assert_allclose(visits, expected_visits(mdp, uniform, 5).sum(axis=0), rtol=1e-12)
    reward = np.random.default_rng(0).normal(size=(4, 3))
    assert Model(mdp, 5).plan(reward + 7)[0] == pytest.approx(Model(mdp, 5).plan(reward)[0] + 35)
    np.testing.assert_allclose(Model(mdp, 5).plan(reward + 7)[1], Model(mdp, 5).plan(reward)[1])
    once = Model(mdp, 1).plan(reward)
    if Model is CausalModel:
        assert once[0] == pytest.approx(mdp.initial_dist @ logsumexp(reward, axis=1))
    else:
        assert once[0] == pytest.approx(logsumexp(reward, b=mdp.initial_dist[:, None]))


def test_the_causal_model_is_the_soft_planner():
    mdp, features, psi = world(5, 2, 4, 3, 1)
    reward = features @ psi
    V, _, pi = soft_value_iteration(mdp, reward, horizon=6)
    value, visits = CausalModel(mdp, 6).plan(reward)
    assert value == pytest.approx(mdp.initial_dist @ V[0], rel=1e-14)
    np.testing.assert_allclose(CausalModel(mdp, 6).visits(reward), expected_visits(mdp, pi, 6))
    V, _, pi = soft_value_iteration(mdp, reward, tol=1e-12)
    value, visits = DiscountedModel(mdp).plan(reward)
    assert value == pytest.approx(mdp.initial_dist @ V, rel=1e-11)
    np.testing.assert_allclose(visits, occupancy(mdp, pi), rtol=1e-10)


# --- Large rewards, dead ends, forms of input ----------------------------------------------------


@pytest.mark.parametrize("size", [1.0, 30.0, 1000.0, 1e6])
@pytest.mark.parametrize("shift", [0.0, 1000.0, -1e7])
def test_rewards_of_any_size_are_safe(size, shift):
    mdp, features, psi = world(4, 2, 5, 3, 2)
    reward = size * (features @ psi) + shift
    states, actions, log_p = every_trajectory(mdp, 3)
    weight = log_p + add_up(states, actions, reward)
    value, visits = TrajectoryModel(mdp, 3).plan(reward)
    assert value == pytest.approx(logsumexp(weight), rel=1e-12)
    p, brute = np.exp(weight - logsumexp(weight)), np.zeros((4, 2))
    np.add.at(brute, (states[:, :-1], actions), p[:, None])
    np.testing.assert_allclose(visits, brute, atol=1e-12 + 1e-15 * (abs(shift) + size))
    for model in (CausalModel(mdp, 3), DiscountedModel(mdp)):
        value, visits = model.plan(reward)
        total = 3 if isinstance(model, CausalModel) else 5
        assert np.isfinite(value) and visits.sum() == pytest.approx(total) and visits.min() >= 0


@both_kinds
@pytest.mark.parametrize("size", [0.1, 5.0])
def test_edge_by_edge_gives_the_same(monkeypatch, is_sparse, size):
    mdp, features, psi = world(5, 2, 4, 3, 3, is_sparse)
    for reward in (size * features @ psi, size * features[:, 0] @ psi):
        quick = TrajectoryModel(mdp, 6).plan(reward)
        monkeypatch.setattr(maxent.models, "_SAFE_RANGE", -1.0)
        slow = TrajectoryModel(mdp, 6).plan(reward)
        monkeypatch.undo()
        assert quick[0] == pytest.approx(slow[0], rel=1e-13)
        np.testing.assert_allclose(quick[1], slow[1], rtol=1e-12)


@both_kinds
@pytest.mark.parametrize("T", [1, 2, 7, 12])
@pytest.mark.parametrize("room", [0, 60, 200])
@pytest.mark.parametrize("Model", [TrajectoryModel, CausalModel])
def test_a_horizon_in_segments_is_the_same_horizon(monkeypatch, Model, room, T, is_sparse):
    mdp, _, _ = world(6, 3, 2, T, 8, is_sparse)
    rng = np.random.default_rng(0)
    enter = {"source": rng.random((min(T, 4), 6))} if Model is CausalModel else {}
    for reward in (rng.normal(size=6), rng.normal(size=(6, 3))):
        monkeypatch.setattr(models, "_ROOM", 1 << 19)
        value, visits = Model(mdp, T, **enter).plan(reward)
        by_step = Model(mdp, T, **enter).visits(reward)
        monkeypatch.setattr(models, "_ROOM", room)
        segmented = Model(mdp, T, **enter).plan(reward)
        assert segmented[0] == pytest.approx(value, rel=1e-14)
        np.testing.assert_allclose(segmented[1], visits, rtol=1e-13)
        np.testing.assert_allclose(Model(mdp, T, **enter).visits(reward), by_step, rtol=1e-13)


def test_long_horizons_in_large_worlds_take_little_memory():
    large = macrocell_world(48, 6)
    model = CausalModel(large.mdp, 400)  # whole policies are 29 MB
    tracemalloc.start()
    _, visits = model.plan(large.reward[:, 0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert visits.sum() == pytest.approx(400)
    assert peak < 8e6


def test_probabilities_of_zero_that_are_stored_are_still_zero():
    rows = sparse.csr_array(([1.0, 0.0, 1.0], [0, 1, 1], [0, 2, 3]), shape=(2, 2))
    mdp = MDP(rows, [1.0, 0.0], 0.9)
    reward = np.array([0.0, 5000.0])
    value, visits = TrajectoryModel(mdp, 4).plan(reward)
    assert value == 0.0 and visits.tolist() == [4.0, 0.0]


def test_walls_are_never_visited_and_goals_hold():
    grid = gridworld("S.#\n..G", slip=0.3)
    reward = grid.reward({"G": 1.0}, step=-0.5)
    wall, goal = grid.index(0, 2), grid.index(1, 2)
    for model in (TrajectoryModel(grid.mdp, 30), CausalModel(grid.mdp, 30)):
        visits = model.visits(reward)
        assert np.isfinite(visits).all() and (visits[:, wall] == 0).all()
        assert (np.diff(visits[:, goal].sum(axis=1)) >= -1e-12).all()
        assert visits[-1, goal].sum() > 0.9
    assert DiscountedModel(grid.mdp).plan(reward)[1][wall].sum() == 0.0


@both_kinds
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_features_of_the_state_alone_are_the_same_features(form, is_sparse):
    mdp, features, psi = world(4, 3, 5, 2, 4, is_sparse)
    demos, short = expert_demos(mdp, 6, 0), features[:, 0]
    full = np.repeat(short[:, None], 3, axis=1)
    for given in ("nothing", "start"):
        arguments = psi, demos, given
        assert demo_log_likelihood(mdp, form(short), *arguments) == pytest.approx(
            demo_log_likelihood(mdp, full, *arguments)
        )
        np.testing.assert_allclose(
            maxent_gradient(mdp, form(short), *arguments),
            maxent_gradient(mdp, full, *arguments),
            atol=1e-12,
        )
    for discounted in (False, True):
        arguments = psi, demos, discounted, "states"
        np.testing.assert_allclose(
            causal_gradient(mdp, form(short), *arguments),
            causal_gradient(mdp, full, *arguments),
            atol=1e-11,
        )
    np.testing.assert_allclose(
        causal_information(mdp, form(short), psi, demos), causal_information(mdp, full, psi, demos)
    )


@pytest.mark.parametrize("given", ["nothing", "start"])
def test_visits_stand_for_demonstrations(given):
    mdp, features, psi = world(5, 2, 4, 3, 5)
    demos = expert_demos(mdp, 4, 1)
    counts = np.zeros((4, 5, 2))
    for t in range(4):
        np.add.at(counts[t], (demos.states[:, t], demos.actions[:, t]), 1 / demos.n_demos)
    for gradient in (maxent_gradient, causal_gradient):
        np.testing.assert_allclose(
            gradient(mdp, features, psi, counts, given=given),
            gradient(mdp, features, psi, demos, given=given),
        )


def test_the_feature_gap_is_that_of_the_expectations():
    mdp, features, psi = world(5, 2, 4, 3, 6)
    demos = expert_demos(mdp, 4, 2)
    expert = empirical_feature_expectations(demos, features, 1.0)
    seen = np.einsum("tsa,sak->k", maxent_visits(mdp, features @ psi, 4), features)
    np.testing.assert_allclose(maxent_gradient(mdp, features, psi, demos), expert - seen)


# --- Discounted ----------------------------------------------------------------------------------


def counts_of(demos, mdp):
    counts = np.zeros((mdp.n_states, mdp.n_actions))
    np.add.at(counts, (demos.states[:, :-1], demos.actions), 1.0)
    return counts


def test_counts_with_states_given_make_the_likelihood_of_choices():
    mdp, features, psi = world(5, 3, 4, 6, 7)
    demos = expert_demos(mdp, 6, 3)
    counts = counts_of(demos, mdp)
    _, log_pi = plain_plan(mdp, features @ psi)
    expected = log_pi[demos.states[:, :-1], demos.actions].sum()
    value = causal_log_likelihood(mdp, features, psi, counts, True, "states")
    assert value == pytest.approx(expected, rel=1e-11)


@both_kinds
@pytest.mark.parametrize("given", ["nothing", "states"])
def test_information_is_the_slope_of_the_gradient(given, is_sparse):
    mdp, features, psi = world(5, 2, 4, 6, 8, is_sparse)
    demos = expert_demos(mdp, 6, 3)
    information = causal_information(mdp, features, psi, demos, given)

    def gradient(psi):
        return causal_gradient(mdp, features, psi, demos, True, given)

    np.testing.assert_allclose(information, -central_differences(gradient, psi), atol=1e-7)
    np.testing.assert_array_equal(information, information.T)


def test_long_demonstrations_leave_nothing_to_go_on_with():
    mdp, features, psi = world(5, 2, 4, 6, 9)
    demos = expert_demos(mdp, 150, 4)
    gradient = causal_gradient(mdp, features, psi, demos, True, "nothing")
    seen = np.einsum("sa,sak->k", DiscountedModel(mdp).plan(features @ psi)[1], features)
    expert = empirical_feature_expectations(demos, features, mdp.gamma)
    np.testing.assert_allclose(gradient, expert - seen, atol=1e-10)


@pytest.mark.parametrize("given", ["nothing", "start", "states"])
@pytest.mark.parametrize("horizon", [1, 3, 20])
def test_where_demonstrations_stop_is_no_evidence(horizon, given):
    """A feature that is always 1 matches, however early the demonstrations end."""
    mdp, features, psi = world(5, 2, 4, 6, 9)
    features = np.concatenate([features, np.ones((5, 2, 1))], axis=2)
    demos = expert_demos(mdp, horizon, 4)
    psi = np.append(psi, 0.3)
    assert causal_gradient(mdp, features, psi, demos, True, given)[-1] == pytest.approx(0, abs=1e-9)


@both_kinds
def test_a_warm_planner_says_what_a_cold_one_says(is_sparse):
    mdp = random_mdp(40, 3, 0.97, 0, n_successors=4, sparse=is_sparse)
    warm, rng = DiscountedModel(mdp), np.random.default_rng(0)
    reward = rng.normal(size=(40, 3))
    for size in (1.0, 0.1, 1e-4, 30.0, 1e-9, 1e9, 1.0):
        reward = reward + size * rng.normal(size=(40, 3))
        value, visits = warm.plan(reward)
        V, _, pi = soft_value_iteration(mdp, reward, tol=1e-11)
        assert value == pytest.approx(mdp.initial_dist @ V, rel=1e-9)
        np.testing.assert_allclose(visits, occupancy(mdp, pi), rtol=1e-5, atol=1e-8)
        assert visits.sum() == pytest.approx(1 / 0.03, rel=1e-10)


@both_kinds
def test_where_a_soft_plan_starts_changes_nothing(is_sparse):
    mdp, features, psi = world(5, 3, 4, 6, 7, is_sparse)
    cold = soft_value_iteration(mdp, features @ psi, tol=1e-11)
    for V0 in (cold[0], np.zeros(5), 1e3 * np.arange(5.0)):
        warm = soft_value_iteration(mdp, features @ psi, tol=1e-11, V0=V0)
        for one, other in zip(cold, warm, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-9)
    for V0 in (np.zeros(4), np.full(5, np.nan)):
        with pytest.raises(ValueError, match="V0 has shape"):
            soft_value_iteration(mdp, features @ psi, V0=V0)


@both_kinds
def test_factors_of_another_policy_do_no_harm(is_sparse):
    mdp = random_mdp(40, 3, 0.97, 0, n_successors=4, sparse=is_sparse)
    model, reward = DiscountedModel(mdp), 5 * np.random.default_rng(0).normal(size=(40, 3))
    value, visits = model.plan(reward)
    model._factors = factor(mdp.policy_matrix(np.eye(3)[np.zeros(40, int)]), 0.97)
    again = model.plan(reward)
    assert value == pytest.approx(again[0], rel=1e-11)
    np.testing.assert_allclose(visits, again[1], rtol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9999, 0.999999])
def test_patience_of_any_length(gamma):
    mdp, features, psi = world(5, 3, 4, 6, 7)
    mdp = mdp.replace(gamma=gamma)
    counts = 1000 * counts_of(expert_demos(mdp, 6, 3), mdp)
    for scale in (0.0, 1.0, 50.0):
        V, Q, _ = soft_value_iteration(mdp, scale * features @ psi, tol=1e-12)
        value = causal_log_likelihood(mdp, features, scale * psi, counts, True, "states")
        scale_of_values = max(1.0, abs(V).max())
        assert value == pytest.approx((counts * (Q - V[:, None])).sum(), abs=1e-6 * scale_of_values)
    found = causal_maxent_irl(
        mdp, features, counts, l2=1.0, discounted=True, given="states", tol=0.1
    )
    assert found.converged


def test_worlds_whose_moves_are_not_local_need_no_factors(monkeypatch):
    mdp, features, psi = world(5, 2, 4, 6, 2, is_sparse=True)
    demos = expert_demos(mdp, 6, 4)
    expected = causal_gradient(mdp, features, psi, demos, True)
    fit = causal_maxent_irl(mdp, features, demos, l2=0.01, discounted=True)
    monkeypatch.setattr(maxent.models, "factor", lambda *args: None)
    np.testing.assert_allclose(causal_gradient(mdp, features, psi, demos, True), expected)
    other = causal_maxent_irl(mdp, features, demos, l2=0.01, discounted=True)
    assert other.converged
    np.testing.assert_allclose(other.psi, fit.psi, atol=2e-3)
    with pytest.raises(ValueError, match="second derivatives .* take too long"):
        causal_information(mdp, features, psi, demos)


# --- Fits ----------------------------------------------------------------------------------------


def exact_visits(mdp, reward, T, kind):
    if kind == "discounted":
        return DiscountedModel(mdp).plan(as_reward(mdp, reward))[1]
    return (CausalModel if kind == "causal" else TrajectoryModel)(mdp, T).visits(reward)


def fit(kind, mdp, features, demos, **settings):
    if kind == "trajectory":
        return maxent_irl(mdp, features, demos, **settings)
    return causal_maxent_irl(mdp, features, demos, discounted=kind == "discounted", **settings)


all_kinds = pytest.mark.parametrize("kind", ["trajectory", "causal", "discounted"])


@all_kinds
@both_kinds
@pytest.mark.parametrize("seed", range(3))
def test_exact_visits_give_the_reward_back(kind, seed, is_sparse):
    mdp, features, psi = world(7, 3, 4, 10, seed, is_sparse)
    demos = exact_visits(mdp, features @ psi, 10, kind)
    found = fit(kind, mdp, features, demos, tol=1e-6)
    assert found.converged and found.message.startswith("Converged")
    assert found.gradient_norms[-1] <= 1e-6
    np.testing.assert_allclose(found.psi, psi, atol=1e-4)


@all_kinds
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_the_report_is_true(kind, l2):
    mdp, features, _ = world(6, 3, 4, 8, 1)
    demos = expert_demos(mdp, 8, 5, n_demos=30)
    found = fit(kind, mdp, features, demos, l2=l2)
    assert found.converged and found.l2 == l2 and "norm" in repr(found)
    records = found.path, found.log_likelihoods, found.feature_gaps, found.gradient_norms
    assert {len(record) for record in records} == {found.n_iterations + 1}
    np.testing.assert_array_equal(found.path[-1], found.psi)
    np.testing.assert_array_equal(found.path[0], 0.0)
    for i, psi in enumerate(found.path):
        if kind == "trajectory":
            value = demo_log_likelihood(mdp, features, psi, demos)
            gap = maxent_gradient(mdp, features, psi, demos)
        else:
            value = causal_log_likelihood(mdp, features, psi, demos, kind == "discounted")
            gap = causal_gradient(mdp, features, psi, demos, kind == "discounted")
        assert found.log_likelihoods[i] == pytest.approx(value, rel=1e-9)
        assert found.feature_gaps[i] == pytest.approx(np.linalg.norm(gap), abs=1e-8)
        assert found.gradient_norms[i] == pytest.approx(np.linalg.norm(gap - l2 * psi), abs=1e-8)
    objective = found.log_likelihoods - l2 / 2 * (found.path**2).sum(axis=1)
    assert np.diff(objective).min() >= -1e-10
    again = fit(kind, mdp, features, demos, l2=l2, psi0=found.psi)
    assert again.n_iterations == 0 and again.converged
    short = fit(kind, mdp, features, demos, l2=l2, max_iter=1)
    assert not short.converged and short.n_iterations == 1 and "max_iter" in short.message
    strict = fit(kind, mdp, features, demos, l2=l2, tol=1e-300)
    assert not strict.converged and "rounding" in strict.message
    assert strict.gradient_norms[-1] < 1e-4


def test_nothing_beats_the_maximum():
    mdp, features, _ = world(5, 3, 4, 6, 3)
    demos = expert_demos(mdp, 6, 6, n_demos=20)
    rng = np.random.default_rng(0)
    found = maxent_irl(mdp, features, demos)
    for step in rng.normal(size=(30, 4)):
        for length in (1e-3, 0.1, 3.0):
            other = demo_log_likelihood(mdp, features, found.psi + length * step, demos)
            assert other < found.log_likelihoods[-1]


@all_kinds
@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_the_unit_of_the_features_does_not_matter(kind, unit):
    mdp, features, psi = world(7, 3, 4, 10, 1)
    demos = exact_visits(mdp, features @ psi, 10, kind)
    found = fit(kind, mdp, unit * features, demos, tol=1e-6 * unit)
    assert found.gradient_norms[-1] <= 1e-4 * unit
    np.testing.assert_allclose(unit * found.psi, psi, atol=1e-3)


@all_kinds
def test_what_no_policy_can_move_stays_where_it_was(kind):
    mdp, features, psi = world(7, 3, 3, 5, 2)
    constant = np.ones((7, 3, 1))
    demos = exact_visits(mdp, features @ psi, 5, kind)
    found = fit(kind, mdp, np.concatenate([features, constant], axis=2), demos)
    assert found.converged
    np.testing.assert_allclose(found.psi, [*psi, 0.0], atol=1e-3)
    alone = fit(kind, mdp, constant, demos)
    assert alone.converged and alone.psi.tolist() == [0.0]


@all_kinds
@both_kinds
def test_a_state_never_visited_has_no_maximum(kind, is_sparse):
    grid = gridworld("S.\n..", slip=0.0, gamma=0.8)
    P = sparse.csr_array(grid.mdp.P.reshape(-1, 4)) if is_sparse else grid.mdp.P
    mdp, features = grid.mdp.replace(P=P), np.eye(4)
    walk = [[0, 0, 1, 1, 0, 0], [0, 1, 3, 3, 3, 1], [0, 1, 3, 1, 1, 0]]  # never in state 2
    steps = {(0, 0): 0, (0, 1): 2, (1, 1): 2, (1, 0): 0, (1, 3): 1, (3, 3): 1, (3, 1): 3}
    demos = Demos(walk, [[steps[move] for move in itertools.pairwise(row)] for row in walk])
    found = fit(kind, mdp, features, demos)
    assert not found.converged
    assert found.message.startswith("No maximum") and "psi[2] goes to -infinity" in found.message
    assert "l2" in found.message and found.psi[2] == found.psi.min() < -3
    penalised = fit(kind, mdp, features, demos, l2=1e-3)
    assert penalised.converged
    assert penalised.gradient_norms[-1] <= 1e-5
    assert penalised.feature_gaps[-1] == pytest.approx(
        1e-3 * np.linalg.norm(penalised.psi), abs=2e-5
    )


@all_kinds
def test_only_the_weights_that_run_away_are_named(kind):
    mdp, _, _ = world(5, 2, 4, 6, 3)
    mdp = without_noise(mdp).replace(initial_dist=np.eye(5)[0])
    first = mdp.P[0, 0].argmax()
    reached = np.zeros((5, 2, 3))
    reached[0, 1, 0] = reached[:, :, 1] = 1.0  # the other action in state 0; and a constant
    reached[first, 0, 2] = 1.0
    pi = np.full((5, 2), 0.5)
    pi[0] = [1.0, 0.0]
    found = fit(kind, mdp, reached, sample_demos(mdp, pi, 40, 12, 0))
    assert "psi[0] goes to -infinity" in found.message and "psi[1]" not in found.message
    assert np.abs(found.psi).max() < 1e5


@all_kinds
def test_one_who_never_errs_has_no_finite_reward(kind):
    mdp, features, _ = world(5, 2, 4, 6, 3)
    mdp = without_noise(mdp).replace(initial_dist=np.eye(5)[0])
    pi = np.tile([1.0, 0.0], (5, 1))
    found = fit(kind, mdp, features, sample_demos(mdp, pi, 3, 60, 0))
    assert not found.converged and "No maximum" in found.message


def test_luck_that_no_policy_can_have_is_no_maximum_either():
    """Half the coins show 1; these demonstrations saw it every time."""
    P = np.array([[[0.5, 0.5], [0.4, 0.6]], [[0.5, 0.5], [0.4, 0.6]]])
    mdp, features = MDP(P, [1.0, 0.0], 0.9), np.eye(2)
    demos = Demos([[0, 1, 1, 1, 1]] * 2, [[0, 0, 1, 1], [1, 0, 0, 1]])
    found = causal_maxent_irl(mdp, features, demos)
    assert not found.converged and "No maximum" in found.message
    assert np.ptp(found.psi) <= 1e5
    found = causal_maxent_irl(mdp, features, demos, given="states")
    assert found.converged and abs(found.psi).max() < 30
    assert found.log_likelihoods[-1] <= 0


def test_many_features_are_fitted_without_second_derivatives(monkeypatch):
    world = macrocell_world(8, 2, slip=0.2, gamma=0.9)
    features = sparse.eye_array(64, format="csr")
    psi = np.random.default_rng(0).normal(size=64)
    demos = CausalModel(world.mdp, 12).visits(features @ psi)
    plain = causal_maxent_irl(world.mdp, features, demos, l2=1e-3)
    monkeypatch.setattr(maxent.models, "_CURVED_FEATURES", 10)
    other = causal_maxent_irl(world.mdp, features, demos, l2=1e-3)
    assert plain.converged and other.converged
    np.testing.assert_allclose(plain.psi, other.psi, atol=0.02)


@all_kinds
def test_a_fit_of_a_large_world_stays_small(kind):
    world = macrocell_world(32, 8, slip=0.3, gamma=0.95)
    mdp, features = world.mdp, world.state_features
    psi = 0.1 * np.random.default_rng(0).normal(size=16)
    demos = exact_visits(mdp, features @ psi, 20, kind)
    tracemalloc.start()
    found = fit(kind, mdp, features, demos, tol=1e-3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.converged and found.feature_gaps[-1] <= 1e-3
    assert peak < mdp.n_states**2 * 8  # (S, A, S) would be four times as much


def test_fits_leave_what_they_are_given_alone():
    mdp, features, psi = world(5, 2, 4, 6, 1)
    demos, psi0 = CausalModel(mdp, 6).visits(features @ psi), psi.copy()
    held = demos.copy(), features.copy()
    causal_maxent_irl(mdp, features, demos, psi0=psi0)
    for before, after in zip((*held, psi), (demos, features, psi0), strict=True):
        np.testing.assert_array_equal(before, after)


def test_bad_input_is_named():
    mdp, features, psi = world(5, 2, 4, 6, 1)
    demos = expert_demos(mdp, 6, 0)
    visits = CausalModel(mdp, 6).visits(features @ psi)
    rho = DiscountedModel(mdp).plan(features @ psi)[1]
    endless = mdp.replace(gamma=1.0)
    for call, message in (
        (lambda: log_partition(mdp, np.zeros(3), 2), r"reward has shape \(3,\)"),
        (lambda: log_partition(mdp, np.zeros(5), 0), "horizon is 0"),
        (lambda: maxent_visits(mdp, np.full(5, np.nan), 2), r"reward\[s=0\] is nan"),
        (lambda: demo_log_likelihood(mdp, features, psi[:2], demos), "psi has 2 entries"),
        (lambda: maxent_gradient(mdp, features[:3], psi, demos), "features has shape"),
        (lambda: maxent_gradient(mdp, features, psi, demos, "states"), "given is 'states'"),
        (lambda: causal_gradient(mdp, features, psi, demos, given="all"), "given is 'all'"),
        (lambda: maxent_irl(mdp, features, Demos([[9, 0]], [[0]])), r"states\[n=0, t=0\] is 9"),
        (lambda: maxent_irl(mdp, features, rho), r"demos has shape \(5, 2\)"),
        (lambda: maxent_irl(mdp, features, None), "demos holds object"),
        (lambda: maxent_irl(mdp, features, 2 * visits), r"demos\[t=0\] sums to 2"),
        (lambda: maxent_irl(mdp, features, -visits), r"demos\[t=0, s=\d, a=0\] is -.*, below 0"),
        (lambda: causal_maxent_irl(mdp, features, visits, discounted=True), "demos has shape"),
        (
            lambda: causal_maxent_irl(mdp, features, 3 * rho, discounted=True),
            r"demos sums to 15, but .* = 5\. For other weights say given=\"states\"",
        ),
        (lambda: causal_maxent_irl(endless, features, demos, discounted=True), "gamma is 1"),
        (lambda: maxent_irl(mdp, features, demos, l2=-1), "l2 is -1"),
        (lambda: maxent_irl(mdp, features, demos, tol=0), "tol is 0"),
        (lambda: maxent_irl(mdp, features, demos, max_iter=0), "max_iter is 0"),
        (lambda: maxent_irl(mdp, features, demos, psi0=np.zeros(3)), "psi has 3 entries"),
        (lambda: maxent_irl(mdp, features, demos, psi0=[np.inf] * 4), r"psi0\[k=0\] is inf"),
        (lambda: DiscountedModel(endless), "gamma is 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
