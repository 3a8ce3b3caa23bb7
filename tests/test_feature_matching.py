"""Feature matching: closed forms, what can never happen, and agreement by independent ways."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import nnls

from irl_course.environments import macrocell_world, random_mdp
from irl_course.inverse import programs
from irl_course.inverse.feature_matching import (
    apprenticeship_learning,
    apprenticeship_path,
    best_mixture,
    empirical_feature_expectations,
    feature_expectations,
    linear_reward,
    performance_gap_bound,
    projection_step,
)
from irl_course.mdp import MDP, Demos, sample_demos
from irl_course.planning import expected_return, value_iteration

pytestmark = pytest.mark.filterwarnings("error")


def world(seed, n_features=4, is_sparse=False):
    """S, A and K all different, features of both signs."""
    rng = np.random.default_rng(seed + 100)
    mdp = random_mdp(7, 3, 0.9, seed, n_successors=3, sparse=is_sparse)
    return mdp, rng.normal(size=(7, 3, n_features)), rng.dirichlet(np.ones(3), size=7)


def best_policy(mdp, features, psi):
    return value_iteration(mdp, linear_reward(features, psi))[1]


def all_policies(mdp):
    """Every deterministic policy: their feature expectations span all there are."""
    S, A = mdp.n_states, mdp.n_actions
    return [np.eye(A)[list(actions)] for actions in itertools.product(range(A), repeat=S)]


def nearest_by_nnls(expert, candidates):
    """The distance to the hull by another algorithm: least squares with a heavy row for sum = 1."""
    gaps = (candidates - expert).T
    heavy = 1e5 * np.abs(gaps).max()
    system = np.vstack([gaps, np.full(len(candidates), heavy)])
    weights, _ = nnls(system, np.append(np.zeros(len(expert)), heavy))
    return np.linalg.norm(gaps @ (weights / weights.sum()))


# --- Rewards and expectations -----------------------------------------------------------------


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_returns_are_linear_in_expectations(seed, is_sparse):
    mdp, features, pi = world(seed, is_sparse=is_sparse)
    psi = np.random.default_rng(seed).normal(size=4)
    expectations = feature_expectations(mdp, pi, features)
    assert expectations.shape == (4,)
    reward = linear_reward(features, psi)
    np.testing.assert_allclose(reward[5, 2], features[5, 2] @ psi)
    assert psi @ expectations == pytest.approx(expected_return(mdp, reward, pi), rel=1e-10)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99])
def test_a_constant_feature_counts_the_discounted_steps(gamma):
    mdp, _, pi = world(0)
    ones = np.ones((7, 3, 1))
    demos = sample_demos(mdp, pi, 4, 6, seed=1)
    np.testing.assert_allclose(
        feature_expectations(mdp.replace(gamma=gamma), pi, ones), 1 / (1 - gamma)
    )
    expected = (1 - gamma**6) / (1 - gamma)
    np.testing.assert_allclose(empirical_feature_expectations(demos, ones, gamma), expected)
    np.testing.assert_allclose(empirical_feature_expectations(demos, ones, 1), 6)


def test_a_walk_along_three_states_by_hand():
    P = np.zeros((3, 2, 3))
    P[[0, 1, 2], 0, [0, 1, 2]] = 1  # stay
    P[[0, 1, 2], 1, [1, 2, 2]] = 1  # go on
    mdp = MDP(P, [1.0, 0.0, 0.0], 0.5)
    go, at = np.tile([0.0, 1.0], (3, 1)), np.eye(3)
    np.testing.assert_allclose(feature_expectations(mdp, go, at), [1, 0.5, 0.5])
    demos = Demos([[0, 1, 2], [0, 0, 1]], [[1, 1], [0, 1]])
    # The last state, where nothing was done, does not count; the mean is over demonstrations.
    np.testing.assert_allclose(empirical_feature_expectations(demos, at, 0.5), [1.25, 0.25, 0])
    acts = np.broadcast_to(np.eye(2), (3, 2, 2))
    np.testing.assert_allclose(empirical_feature_expectations(demos, acts, 0.5), [0.5, 1.0])


@pytest.mark.parametrize("seed", range(3))
def test_counting_agrees_with_a_loop(seed):
    mdp, features, pi = world(seed)
    demos = sample_demos(mdp, pi, 5, 9, seed)
    total = np.zeros(4)
    for i, t in itertools.product(range(5), range(9)):
        total += 0.8**t * features[demos.states[i, t], demos.actions[i, t]] / 5
    np.testing.assert_allclose(empirical_feature_expectations(demos, features, 0.8), total)


def test_counting_tends_to_the_exact_expectations():
    mdp, features, pi = world(4)
    exact = feature_expectations(mdp, pi, features)
    errors = []
    for n_demos in (100, 10_000):
        demos = sample_demos(mdp, pi, n_demos, 150, seed=2)
        means = [empirical_feature_expectations(demos[i], features, 0.9) for i in range(100)]
        deviation = np.std(means, axis=0) / np.sqrt(n_demos)
        counted = empirical_feature_expectations(demos, features, 0.9)
        assert (np.abs(counted - exact) < 4 * deviation).all()
        errors.append(np.linalg.norm(counted - exact))
    assert errors[1] < errors[0] / 3


@pytest.mark.parametrize(
    "form", [np.asarray, sparse.csr_array, sparse.csc_matrix, sparse.lil_array, np.ndarray.tolist]
)
def test_features_of_the_state_alone_are_the_same_features(form):
    mdp, _, pi = world(5)
    by_state = np.random.default_rng(5).normal(size=(7, 4)) * (np.arange(28) % 3 > 0).reshape(7, 4)
    full = np.repeat(by_state[:, None], 3, axis=1)
    demos, psi = sample_demos(mdp, pi, 3, 8, seed=0), np.arange(4.0)
    short = form(by_state)
    expected = feature_expectations(mdp, pi, full)
    np.testing.assert_allclose(feature_expectations(mdp, pi, short), expected)
    np.testing.assert_allclose(
        empirical_feature_expectations(demos, short, 0.9),
        empirical_feature_expectations(demos, full, 0.9),
    )
    np.testing.assert_allclose(linear_reward(short, psi), linear_reward(full, psi)[:, 1])
    runs = [apprenticeship_learning(mdp, f, expected, 0, 6) for f in (short, full)]
    for one, other in zip(*runs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


# --- The bound and the projection ---------------------------------------------------------------


def test_the_worst_reward_points_along_the_gap():
    rng = np.random.default_rng(0)
    expert, learner = rng.normal(size=(2, 5))
    bound = performance_gap_bound(expert, learner)
    assert isinstance(bound, float)
    psi = (expert - learner) / np.linalg.norm(expert - learner)
    assert psi @ expert - psi @ learner == pytest.approx(bound)
    for psi in rng.normal(size=(200, 5)):
        assert psi @ (expert - learner) / np.linalg.norm(psi) <= bound


def test_projection_closed_forms():
    assert projection_step([0, 1], [-1, 0], [1, 0]).tolist() == [0, 0]
    assert projection_step([3, 1], [-1, 0], [1, 0]).tolist() == [1, 0]  # beyond the new one
    assert projection_step([-3, 1], [-1, 0], [1, 0]).tolist() == [-1, 0]  # it leads away
    assert projection_step([3, 1], [2, 0], [2, 0]).tolist() == [2, 0]  # nothing new
    np.testing.assert_allclose(projection_step([1, 1], [0, 0], [4, 2]), [1.2, 0.6])


@pytest.mark.parametrize("seed", range(10))
def test_nothing_between_two_points_is_nearer_than_the_projection(seed):
    expert, mixed, new = np.random.default_rng(seed).normal(size=(3, 6))
    reached = np.linalg.norm(expert - projection_step(expert, mixed, new))
    for step in np.linspace(0, 1, 101):
        assert reached <= np.linalg.norm(expert - mixed - step * (new - mixed)) + 1e-12


# --- The best mixture ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_the_best_mixture_satisfies_its_optimality_conditions(seed):
    rng = np.random.default_rng(seed)
    n_candidates, scale = rng.integers(1, 12), 10.0 ** rng.integers(-4, 5)
    expert, candidates = scale * rng.normal(size=6), scale * rng.normal(size=(n_candidates, 6))
    weights = best_mixture(expert, candidates)
    assert weights.shape == (n_candidates,) and weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    gap = expert - weights @ candidates
    # No candidate is farther along the gap than the mixture itself, and those in use are as far.
    slack = (gap @ (weights @ candidates) - candidates @ gap) / (gap @ gap)
    assert slack.min() > -1e-6
    assert (weights * np.abs(slack)).max() < 1e-6
    assert np.linalg.norm(gap) == pytest.approx(nearest_by_nnls(expert, candidates), rel=1e-6)


def test_the_best_mixture_of_a_square():
    square = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    np.testing.assert_allclose(best_mixture([2.0, 2.0], square), [0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(best_mixture([0.25, -1.0], square), [0.75, 0.25, 0, 0], atol=1e-6)
    inside = np.array([0.3, 0.6])
    np.testing.assert_allclose(best_mixture(inside, square) @ square, inside, atol=1e-4)
    np.testing.assert_array_equal(best_mixture([1.0, 0.0], square), [0, 1, 0, 0])  # one of them


@pytest.mark.parametrize("rounding", [0.0, 1e-14, 1e-11])
def test_a_candidate_that_is_the_expert_but_for_rounding(rounding):
    expert = np.array([3.0, 0.0, 17.0])
    candidates = np.array([[5.0, 1.0, 14.0], expert + rounding, [0.0, 20.0, 0.0]])
    np.testing.assert_allclose(best_mixture(expert, candidates), [0, 1, 0], atol=1e-9)


def test_what_a_solver_says_becomes_a_sentence(monkeypatch):
    import cvxpy as cp

    x = cp.Variable(2)
    assert programs.solve_program(cp.Problem(cp.Minimize(cp.sum(x)), [x >= 1])) == pytest.approx(2)
    with pytest.raises(RuntimeError, match="unbounded: the objective .* a bound on some variable"):
        programs.solve_program(cp.Problem(cp.Minimize(cp.sum(x)), [x <= 1]))
    with pytest.raises(RuntimeError, match="infeasible: its constraints contradict"):
        programs.solve_program(cp.Problem(cp.Minimize(cp.sum(x)), [x <= 1, x >= 2]))

    def fail(*args, **kwargs):
        raise cp.SolverError("out of luck")

    monkeypatch.setattr(cp.Problem, "solve", fail)
    with pytest.raises(RuntimeError, match="gave up before it had an answer.*solver_error"):
        best_mixture([0.0, 1.0], np.eye(2) + 1)
    monkeypatch.setattr(cp.Problem, "solve", lambda *args, **kwargs: 0.0)
    monkeypatch.setattr(cp.Problem, "status", "optimal_inaccurate")
    with pytest.raises(RuntimeError, match="gave up before .*optimal_inaccurate"):
        best_mixture([0.0, 1.0], np.eye(2) + 1)


# --- Apprenticeship learning --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["projection", "max-margin"])
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_mixture_is_what_the_distances_say(seed, is_sparse, method):
    mdp, features, expert_pi = world(seed, is_sparse=is_sparse)
    expert = feature_expectations(mdp, expert_pi, features)
    policies, weights, distances = apprenticeship_learning(mdp, features, expert, 0, 12, method)
    assert len(policies) == len(weights) == len(distances) <= 13
    assert weights.min() >= 0 and weights.sum() == pytest.approx(1, abs=1e-12)
    mixed = weights @ [feature_expectations(mdp, pi, features) for pi in policies]
    assert np.linalg.norm(expert - mixed) == pytest.approx(distances[-1], abs=1e-9)
    assert np.diff(distances).max() <= 1e-6 * distances[0]
    assert distances[-1] < 0.1 * distances[0]
    np.testing.assert_allclose(policies[0], 1 / 3)
    for pi in policies[1:]:
        assert set(np.unique(pi)) == {0.0, 1.0}


def test_the_first_iterations_follow_the_paper_s_formulas():
    mdp, features, expert_pi = world(6)
    expert = feature_expectations(mdp, expert_pi, features)
    path = apprenticeship_path(mdp, features, expert)
    mixed = next(path)[1][0]
    for pi, candidates, weights in itertools.islice(path, 8):
        np.testing.assert_array_equal(pi, best_policy(mdp, features, expert - mixed))
        mixed = projection_step(expert, mixed, feature_expectations(mdp, pi, features))
        np.testing.assert_allclose(weights @ candidates, mixed)


def test_the_answer_is_the_best_mixture_of_the_policies_on_the_path():
    mdp, features, expert_pi = world(6)
    expert = feature_expectations(mdp, expert_pi, features)
    policies, _, distances = apprenticeship_learning(mdp, features, expert, 0, 8)
    path = list(itertools.islice(apprenticeship_path(mdp, features, expert), 9))
    candidates = path[-1][1]
    np.testing.assert_array_equal(policies, [pi for pi, _, _ in path])
    for i, distance in enumerate(distances):
        best = nearest_by_nnls(expert, candidates[: i + 1])
        assert distance == pytest.approx(best, rel=1e-6, abs=1e-6)
    own = [np.linalg.norm(expert - weights @ known) for _, known, weights in path]
    assert (distances <= np.array(own) + 1e-9).all() and distances[-1] < 0.9 * own[-1]


@pytest.mark.parametrize("seed", range(3))
def test_with_time_it_is_as_near_as_any_mixture_of_any_policies(seed):
    rng = np.random.default_rng(seed)
    mdp = random_mdp(4, 3, 0.8, seed)
    features = rng.normal(size=(4, 3, 3))
    every = np.array([feature_expectations(mdp, pi, features) for pi in all_policies(mdp)])
    expert = every.mean(axis=0) + 3 * rng.normal(size=3)  # outside of what can be attained
    nearest = nearest_by_nnls(expert, every)
    assert nearest > 0.1
    _, _, projected = apprenticeship_learning(mdp, features, expert, 0, 200)
    assert nearest - 1e-6 <= projected[-1] <= 1.01 * nearest
    _, _, margin = apprenticeship_learning(mdp, features, expert, 0, 300, "max-margin")
    assert margin[-1] == pytest.approx(nearest, rel=1e-5)
    assert len(margin) < 30  # it comes to an end by itself: no policy is nearer
    best = best_mixture(expert, every)
    assert np.linalg.norm(expert - best @ every) == pytest.approx(nearest, rel=1e-5)


def test_any_reward_of_length_one_loses_at_most_the_distance():
    mdp, features, expert_pi = world(8)
    expert = feature_expectations(mdp, expert_pi, features)
    policies, weights, distances = apprenticeship_learning(mdp, features, expert, 0.05, 200)
    assert distances[-1] <= 0.05 < distances[-2]  # and it stops there
    for psi in np.random.default_rng(0).normal(size=(50, 4)):
        reward = linear_reward(features, psi / np.linalg.norm(psi))
        returns = [expected_return(mdp, reward, pi) for pi in policies]
        assert abs(weights @ returns - expected_return(mdp, reward, expert_pi)) <= distances[-1]


def test_an_expert_who_acts_at_random_is_met_at_once():
    mdp, features, _ = world(9)
    expert = feature_expectations(mdp, np.full((7, 3), 1 / 3), features)
    policies, weights, distances = apprenticeship_learning(mdp, features, expert, 0, 5)
    assert len(policies) == 1 and weights.tolist() == [1.0] and distances.tolist() == [0.0]


def test_features_that_no_policy_can_move_end_it():
    mdp, _, _ = world(1)
    ones = np.ones((7, 3, 1))
    _, weights, distances = apprenticeship_learning(mdp, ones, np.array([12.0]), 0, 5)
    assert weights.tolist() == [1.0]
    np.testing.assert_allclose(distances, 2.0)


def test_an_expert_at_the_start_ends_the_path():
    mdp, features, _ = world(9)
    expert = feature_expectations(mdp, np.full((7, 3), 1 / 3), features)
    assert len(list(apprenticeship_path(mdp, features, expert))) == 1
    assert len(list(apprenticeship_path(mdp, 0 * features, 0 * expert))) == 1
    assert len(list(apprenticeship_path(mdp, 0 * features, 0 * expert + 1))) == 1


@pytest.mark.parametrize("seed", range(4))
def test_an_optimal_expert_is_found_and_then_it_is_over(seed):
    mdp, features, _ = world(seed)
    expert_pi = best_policy(mdp, features, np.random.default_rng(seed).normal(size=4))
    expert = feature_expectations(mdp, expert_pi, features)
    path = list(itertools.islice(apprenticeship_path(mdp, features, expert, "max-margin"), 60))
    assert len(path) < 60
    _, candidates, weights = path[-1]
    assert np.linalg.norm(expert - weights @ candidates) < 1e-3


@pytest.mark.parametrize("method", ["projection", "max-margin"])
@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_the_features_does_not_matter(scale, method):
    mdp, features, expert_pi = world(3)
    expert = feature_expectations(mdp, expert_pi, features)
    _, _, distances = apprenticeship_learning(mdp, features, expert, 0, 6, method)
    scaled = apprenticeship_learning(mdp, scale * features, scale * expert, 0, 6, method)
    np.testing.assert_allclose(scaled[2], scale * distances, rtol=1e-5, atol=1e-6 * scale)


def test_the_path_can_be_left_at_any_time():
    mdp, features, expert_pi = world(2)
    expert = feature_expectations(mdp, expert_pi, features)
    seen = list(itertools.islice(apprenticeship_path(mdp, features, expert), 5))
    policies, _, _ = apprenticeship_learning(mdp, features, expert, 0, 4)
    for i, (pi, candidates, mixture) in enumerate(seen):
        np.testing.assert_array_equal(pi, policies[i])
        assert candidates.shape == (i + 1, 4) and mixture.shape == (i + 1,)
        np.testing.assert_allclose(candidates[-1], feature_expectations(mdp, pi, features))
        assert mixture.min() >= 0 and mixture.sum() == pytest.approx(1)


def test_a_small_macrocell_world_is_learnt():
    drawn = macrocell_world(size=24, macrocell_size=6, seed=0)
    features, mdp = drawn.state_features, drawn.mdp
    pi = value_iteration(mdp, drawn.reward)[1]
    expert = feature_expectations(mdp, pi, features)
    assert expert.sum() == pytest.approx(100)
    policies, weights, distances = apprenticeship_learning(mdp, features, expert, 0, 30)
    assert distances[-1] < 0.001 * 100
    candidates = np.array([feature_expectations(mdp, pi, features) for pi in policies])
    assert weights @ candidates @ drawn.psi > 0.98 * (expert @ drawn.psi)


def test_the_paper_s_world_is_learnt_in_thirty_iterations():
    drawn = macrocell_world(seed=2)
    mdp, features = drawn.mdp, drawn.state_features
    expert = feature_expectations(mdp, value_iteration(mdp, drawn.reward)[1], features)
    path = itertools.islice(apprenticeship_path(mdp, features, expert), 31)
    _, candidates, weights = list(path)[-1]
    assert len(candidates) == 31
    best = best_mixture(expert, candidates)
    assert 0.01 * np.linalg.norm(expert - best @ candidates) < 0.002
    assert 0.01 * np.linalg.norm(expert - weights @ candidates) < 0.006
    assert best @ candidates @ drawn.psi > 0.98 * (expert @ drawn.psi)


def test_a_large_world_is_never_made_dense():
    drawn = macrocell_world(size=64, macrocell_size=8, seed=0)
    expert = np.random.default_rng(0).dirichlet(np.ones(64)) * 100
    tracemalloc.start()
    apprenticeship_learning(drawn.mdp, drawn.state_features, expert, 0, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6e6  # one (S, A, K) array would take 8.4 MB


# --- Bad input ------------------------------------------------------------------------------------


def test_bad_features_are_named():
    mdp, features, pi = world(0)
    spoilt = features.copy()
    spoilt[2, 1, 3] = np.nan
    holed = sparse.csr_array(np.eye(7))
    holed.data[3] = np.inf
    for bad, message in (
        (features[:6], r"features has shape \(6, 3, 4\), expected \(7, 3, K\) or \(7, K\)"),
        (features.transpose(1, 0, 2), r"features has shape \(3, 7, 4\)"),
        (features[0, 0], r"features has shape \(4,\)"),
        (features[..., :0], r"features has shape \(7, 3, 0\)"),
        (sparse.csr_array((5, 7)), r"features has shape \(5, 7\)"),
        (spoilt, r"features\[s=2, a=1, k=3\] is nan, not finite"),
        (holed, r"features.data\[i=3\] is inf"),
        ([["far"]], "features holds .* expected real numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            feature_expectations(mdp, pi, bad)


def test_bad_demonstrations_are_named():
    demos = Demos([[0, 6, 1]], [[1, 2]])
    ok = empirical_feature_expectations(Demos([[0, 1, 9]], [[1, 2]]), np.ones((7, 3, 1)), 0.5)
    assert ok == 1.5  # a last state that does not count need not exist
    for features, gamma, message in (
        (np.ones((6, 3, 1)), 0.5, r"states\[n=0, t=1\] is 6, but features has 6 states"),
        (np.ones((7, 2, 1)), 0.5, r"actions\[n=0, t=1\] is 2, but features has 2 actions"),
        (np.ones((6, 1)), 0.5, r"states\[n=0, t=1\] is 6, but features has 6 states"),
        (np.ones(7), 0.5, r"features has shape \(7,\), expected \(S, A, K\) or \(S, K\)"),
        (np.ones((7, 3, 1)), 1.5, "gamma is 1.5"),
    ):
        with pytest.raises(ValueError, match=message):
            empirical_feature_expectations(demos, features, gamma)


def test_other_bad_input_is_named():
    mdp, features, pi = world(0)
    expert = feature_expectations(mdp, pi, features)
    for call, message in (
        (
            lambda: linear_reward(features, np.ones(3)),
            "psi has 3 entries, but there are 4 features",
        ),
        (lambda: linear_reward(features, np.ones((4, 1))), r"psi has shape \(4, 1\), expected"),
        (lambda: performance_gap_bound(expert, expert[:1]), "learner has 1 entries"),
        (lambda: performance_gap_bound([np.nan], [1.0]), r"expert\[k=0\] is nan"),
        (lambda: projection_step(expert, expert[:2], expert), "mixed has 2 entries"),
        (lambda: projection_step(expert, expert, expert[:2]), "new has 2 entries"),
        (lambda: best_mixture(expert, expert), r"candidates has shape \(4,\), expected \(M, 4\)"),
        (lambda: best_mixture(expert, np.ones((2, 3))), r"candidates has shape \(2, 3\)"),
        (lambda: best_mixture(expert, np.ones((0, 4))), r"candidates has shape \(0, 4\)"),
        (lambda: best_mixture([1.0], [[np.inf]]), r"candidates\[m=0, k=0\] is inf"),
        (lambda: apprenticeship_learning(mdp, features, expert[:3]), "expert has 3 entries"),
        (lambda: apprenticeship_learning(mdp, features, expert, max_iter=0), "max_iter is 0"),
        (lambda: apprenticeship_learning(mdp, features, expert, method="svm"), "method is 'svm'"),
        (lambda: feature_expectations(mdp.replace(gamma=1.0), pi, features), "gamma is 1"),
        (lambda: feature_expectations(mdp, pi * 2, features), r"pi\[s=0\] sums to 2"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
