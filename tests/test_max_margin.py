"""Maximum margin against its optimality conditions, its duals, brute force and a second program.

The conditions are written out here, with weights from the dual program: primal and dual are two
different calls of a solver, and agree only at the optimum.
"""

import itertools
import subprocess
import sys

import cvxpy as cp
import numpy as np
import pytest

from irl_course.environments import gridworld, random_mdp
from irl_course.inverse import max_margin as module
from irl_course.inverse.max_margin import (
    compact_program,
    max_margin,
    max_margin_planning,
    most_violating_policy,
    policy_dissimilarity,
    soft_margin,
    structured_margin,
    support_weights,
    svm_form,
)
from irl_course.planning import expected_return, occupancy, value_iteration

pytestmark = pytest.mark.filterwarnings("error")
TOL = 1e-6


def separable(seed, n_others=12, n_features=4, size=1.0):
    """Policies strewn around, and an expert well outside of them."""
    rng = np.random.default_rng(seed)
    others = rng.normal(size=(n_others, n_features))
    direction = rng.normal(size=n_features)
    reach = (others @ direction).max() + rng.uniform(0.1, 2.0)
    expert = direction / (direction @ direction) * reach
    return size * expert, size * others


def contradictory(seed, n_others=12, n_features=3):
    """An expert in the middle of the other policies."""
    others = np.random.default_rng(seed).normal(size=(n_others, n_features))
    return others.mean(axis=0), others


def planning_problem(seed, n_states=6, n_actions=3, n_features=4, gamma=0.8, is_sparse=False):
    """A world, features, an expert's visits and a loss for acting otherwise."""
    mdp = random_mdp(n_states, n_actions, gamma, seed, sparse=is_sparse)
    rng = np.random.default_rng(seed + 1000)
    features = rng.normal(size=(n_states, n_actions, n_features))
    # A taste that the features cannot quite express: the slack has something to do.
    taste = features @ rng.normal(size=n_features) + rng.normal(size=(n_states, n_actions))
    rho = occupancy(mdp, value_iteration(mdp, taste)[1])
    return mdp, features, rho, (rho == 0).astype(float)


def every_policy(n_states, n_actions):
    for actions in itertools.product(range(n_actions), repeat=n_states):
        yield np.eye(n_actions)[list(actions)]


def expectations(mdp, pi, features):
    return np.einsum("sa,sak->k", occupancy(mdp, pi), features)


# --- Three forms of one answer -----------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("seed", range(4))
def test_svm_form_meets_the_optimality_conditions(seed, size):
    expert, others = separable(seed, size=size)
    psi, weights = svm_form(expert, others), support_weights(expert, others)
    gain = (expert - others) @ psi
    assert gain.min() >= 1 - TOL
    assert weights.min() >= 0
    np.testing.assert_allclose((expert - others).T @ weights, psi, rtol=0, atol=TOL / size)
    np.testing.assert_allclose(weights * (gain - 1), 0, atol=TOL * weights.sum())
    assert weights.sum() == pytest.approx(psi @ psi, rel=TOL)  # the two objectives agree


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("seed", range(4))
def test_margin_primal_dual_and_svm_form_agree(seed, size):
    expert, others = separable(seed, size=size)
    psi, margin = max_margin(expert, others)
    smallest = svm_form(expert, others)
    assert np.linalg.norm(psi) == pytest.approx(1)
    assert ((expert - others) @ psi).min() == pytest.approx(margin, rel=TOL)
    assert margin == pytest.approx(1 / np.linalg.norm(smallest), rel=TOL)
    np.testing.assert_allclose(psi, smallest / np.linalg.norm(smallest), atol=TOL)
    weights = support_weights(expert, others)
    nearest = weights @ others / weights.sum()  # the dual: a mixture of others
    assert np.linalg.norm(expert - nearest) == pytest.approx(margin, rel=TOL)
    np.testing.assert_allclose((expert - nearest) / margin, psi, atol=TOL)


@pytest.mark.parametrize("seed", range(3))
def test_margin_is_that_of_its_definition(seed):
    expert, others = separable(seed)
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    constraints = [(expert - others) @ psi >= margin, cp.norm(psi, 2) <= 1]
    cp.Problem(cp.Maximize(margin), constraints).solve(solver=cp.CLARABEL)
    found, largest = max_margin(expert, others)
    assert largest == pytest.approx(float(margin.value), rel=TOL)
    np.testing.assert_allclose(found, psi.value, atol=1e-4)  # flat on top: the square root of 1e-8


def test_margin_by_hand():
    psi, margin = max_margin([2.0, 0.0], [[0.0, 0.0], [-1.0, 5.0], [-1.0, -5.0]])
    np.testing.assert_allclose(psi, [1, 0], atol=1e-9)
    assert margin == pytest.approx(2)
    np.testing.assert_allclose(svm_form([2.0], [[0.0], [-9.0]]), [0.5])
    np.testing.assert_allclose(support_weights([2.0], [[0.0], [-9.0]]), [0.25, 0], atol=1e-9)


def test_no_direction_has_a_larger_margin():
    expert, others = separable(1, n_features=3)
    directions = np.random.default_rng(0).normal(size=(20_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    margins = (directions @ (expert - others).T).min(axis=1)
    _, margin = max_margin(expert, others)
    assert margin - 0.05 * margin < margins.max() <= margin + 1e-9


def test_ten_times_psi_is_the_same_margin():
    expert, others = separable(2)
    psi, margin = max_margin(expert, others)
    for scaled in (psi, 10 * psi):
        assert ((expert - others) @ scaled).min() / np.linalg.norm(scaled) == pytest.approx(margin)
    for_features_times_ten, wider = max_margin(10 * expert, 10 * others)
    np.testing.assert_allclose(for_features_times_ten, psi, atol=TOL)
    assert wider == pytest.approx(10 * margin)


def test_a_shift_of_all_features_changes_nothing():
    expert, others = separable(3)
    shift = np.arange(len(expert))
    np.testing.assert_allclose(svm_form(expert + shift, others + shift), svm_form(expert, others))


def test_a_constraint_given_twice_changes_nothing():
    expert, others = separable(4)
    ones = np.ones(len(others))
    for seed, twice in enumerate([np.vstack([others, others[:5]]), np.repeat(others, 3, axis=0)]):
        twice = np.random.default_rng(seed).permutation(twice)
        np.testing.assert_allclose(svm_form(expert, twice), svm_form(expert, others), atol=TOL)
        assert max_margin(expert, twice)[1] == pytest.approx(max_margin(expert, others)[1])
        for C in (0.1, 10.0):
            psi, slack = structured_margin(expert, twice, np.ones(len(twice)), C)
            same = structured_margin(expert, others, ones, C)[0]
            np.testing.assert_allclose(psi, same, atol=TOL)
            assert slack == pytest.approx(structured_margin(expert, others, ones, C)[1], abs=TOL)


def test_only_support_policies_matter():
    expert, others = separable(5, n_others=40)
    support = support_weights(expert, others) > 1e-6
    assert 1 <= support.sum() <= len(expert)
    np.testing.assert_allclose(svm_form(expert, others[support]), svm_form(expert, others))
    without = np.delete(others, np.flatnonzero(support)[0], axis=0)
    assert max_margin(expert, without)[1] > max_margin(expert, others)[1] * 1.001


# --- No answer, in sentences -------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_contradictory_demonstrations_are_infeasible_and_named(seed):
    expert, others = contradictory(seed)
    for program, verdict in ((svm_form, "infeasible"), (support_weights, "unbounded")):
        with pytest.raises(ValueError, match=rf"{verdict}.*mixture.*others\[\d+\].*slack") as error:
            program(expert, others)
    # What is named proves it: that mixture of those policies is the expert.
    inside = str(error.value).split("(")[1].split(")")[0].split(", ")
    parts = [(float(p.split()[0]), int(p.split("[")[1][:-1])) for p in inside]
    assert 2 <= len(parts) <= len(expert) + 1
    np.testing.assert_allclose(sum(w * others[i] for w, i in parts), expert, atol=0.02)


def test_margin_asked_of_the_expert_itself():
    expert, others = separable(0)
    others = np.vstack([others, expert])
    with pytest.raises(ValueError, match=r"infeasible: others\[12\] is the expert itself"):
        svm_form(expert, others)
    psi, margin = max_margin(expert, others)
    assert margin == 0
    assert not psi.any()
    psi, slack = soft_margin(expert, others, 100.0)
    assert slack[12] == pytest.approx(1)
    np.testing.assert_allclose(psi, svm_form(expert, others[:12]), atol=TOL)
    asked = np.append(np.ones(12), 0.0)  # a structured margin asks nothing of it
    psi, slack = structured_margin(expert, others, asked, 1e4)
    np.testing.assert_allclose(psi, svm_form(expert, others[:12]), atol=TOL)
    assert slack == pytest.approx(0, abs=TOL)


def test_no_margin_inside_the_mixtures():
    psi, margin = max_margin(*contradictory(0))
    assert margin == 0
    assert not psi.any()


def test_without_a_norm_bound_the_solver_says_unbounded():
    expert, others = separable(0)
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    problem = cp.Problem(cp.Maximize(margin), [(expert - others) @ psi >= margin])
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == cp.UNBOUNDED


def test_nearly_identical_policies_need_a_huge_psi():
    expert = np.array([1.0, 1.0])
    others = np.array([[0.0, 0.0], [1.0 - 1e-4, 1.0]])
    assert np.linalg.norm(svm_form(expert, others)) == pytest.approx(1e4, rel=1e-3)
    psi, slack = structured_margin(expert, others, [1.0, 1e-4], 1e5)
    assert np.linalg.norm(psi) == pytest.approx(1, rel=1e-3)
    assert slack == pytest.approx(0, abs=TOL)


@pytest.mark.parametrize(
    ("expert", "others", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], r"expert has shape \(2,\) and others \(2,\)"),
        ([1.0], [[1.0, 2.0]], r"others \(1, 2\)"),
        ([1.0], np.zeros((0, 1)), "at least 1"),
        ([np.nan], [[1.0]], r"expert\[0\] is nan"),
        ([1.0], [[1.0], [np.inf]], r"others\[1, 0\] is inf"),
    ],
)
def test_bad_expectations_are_named(expert, others, message):
    for program in (max_margin, svm_form, support_weights):
        with pytest.raises(ValueError, match=message):
            program(expert, others)


@pytest.mark.parametrize("C", [0.0, -1.0, np.inf, np.nan])
def test_bad_price_is_named(C):
    with pytest.raises(ValueError, match="C is"):
        soft_margin([1.0], [[0.0]], C)
    with pytest.raises(ValueError, match="C is"):
        support_weights([1.0], [[0.0]], C=C)


@pytest.mark.parametrize("asked", [[1.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_bad_dissimilarities_are_named(asked):
    with pytest.raises(ValueError, match="dissimilarities"):
        structured_margin([1.0], [[0.0], [0.5]], asked, 1.0)


def test_importing_the_module_imports_no_solver():
    code = "import sys, irl_course.inverse.max_margin; sys.exit('cvxpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Slack -------------------------------------------------------------------------------------


@pytest.mark.parametrize("C", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("make", [separable, contradictory])
@pytest.mark.parametrize("seed", range(2))
def test_slack_forms_meet_the_optimality_conditions(make, seed, C):
    expert, others = make(seed)
    rng = np.random.default_rng(seed)
    for asked in (np.ones(len(others)), rng.uniform(0, 3, len(others))):
        psi, slack = structured_margin(expert, others, asked, C)
        weights = support_weights(expert, others, asked, C)
        left = (expert - others) @ psi - asked + slack
        assert left.min() >= -TOL
        assert 0 <= slack <= asked.max() + TOL
        assert weights.min() >= 0
        assert weights.sum() <= C * (1 + TOL)
        np.testing.assert_allclose((expert - others).T @ weights, psi, atol=TOL)
        np.testing.assert_allclose(weights * left, 0, atol=TOL * max(1, C))
        assert slack * (C - weights.sum()) == pytest.approx(0, abs=TOL * max(1, C))


@pytest.mark.parametrize("C", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("make", [separable, contradictory])
@pytest.mark.parametrize("seed", range(2))
def test_soft_margin_meets_the_optimality_conditions(make, seed, C):
    expert, others = make(seed)
    expert = expert + 0.1  # a mixture other than the mean, whose weights would all be equal
    psi, slack = soft_margin(expert, others, C)
    weights = support_weights(expert, others, C=C)
    left = (expert - others) @ psi - 1 + slack
    assert left.min() >= -TOL
    assert slack.shape == (len(others),)
    assert slack.min() >= 0
    assert weights.min() >= 0
    assert weights.max() <= C * (1 + TOL)
    np.testing.assert_allclose((expert - others).T @ weights, psi, atol=TOL)
    np.testing.assert_allclose(weights * left, 0, atol=TOL * max(1, C))
    np.testing.assert_allclose(slack * (C - weights), 0, atol=TOL * max(1, C))


def test_one_slack_for_all_gives_up_on_contradictions():
    expert, others = contradictory(1)
    expert = expert + 0.1
    with pytest.raises(ValueError, match="infeasible"):
        svm_form(expert, others)
    for C in (0.1, 1.0, 100.0):
        psi, slack = structured_margin(expert, others, np.ones(len(others)), C)
        np.testing.assert_allclose(psi, 0, atol=TOL)
        assert slack == pytest.approx(1)
        psi, slacks = soft_margin(expert, others, C)
        assert np.linalg.norm(psi) > 0.01
        assert (slacks > 1).any()  # somebody earns more than the expert, whatever psi is
        np.testing.assert_array_equal(slacks > 1, (expert - others) @ psi < 0)


def test_a_higher_price_buys_less_slack():
    expert, others = separable(3)
    found = [soft_margin(expert, others, C) for C in np.geomspace(1e-3, 1e3, 13)]
    slacks = [slack.sum() for _, slack in found]
    lengths = [np.linalg.norm(psi) for psi, _ in found]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(slacks))
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(lengths))
    assert slacks[0] > 5
    assert slacks[-1] == pytest.approx(0, abs=TOL)
    np.testing.assert_allclose(found[-1][0], svm_form(expert, others), atol=TOL)


def test_slack_of_one_policy_by_hand():
    # min psi^2 / 2 + C * max(0, 1 - psi): psi = min(C, 1).
    for C in (0.25, 1.0, 4.0):
        psi, slack = soft_margin([1.0], [[0.0]], C)
        assert psi[0] == pytest.approx(min(C, 1.0))
        assert slack[0] == pytest.approx(1.0 - min(C, 1.0), abs=TOL)
        assert support_weights([1.0], [[0.0]], C=C)[0] == pytest.approx(min(C, 1.0))


# --- How different policies are ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_dissimilarity(seed):
    mdp, _, rho, _ = planning_problem(seed)
    rng = np.random.default_rng(seed)
    expert_pi, pi = rng.dirichlet(np.ones(3), (2, 6))
    rho = occupancy(mdp, expert_pi)
    assert policy_dissimilarity(expert_pi, expert_pi, rho) == 0
    average = policy_dissimilarity(expert_pi, pi, rho)
    by_hand = sum(
        rho[s].sum() / rho.sum() * np.maximum(expert_pi[s] - pi[s], 0).sum() for s in range(6)
    )
    assert average == pytest.approx(by_hand)
    assert policy_dissimilarity(expert_pi, pi, 7 * rho) == pytest.approx(average)


def test_dissimilarity_of_deterministic_policies_is_the_share_of_other_actions():
    expert_pi, other = np.eye(2)[[0, 0, 1]], np.eye(2)[[0, 1, 0]]
    rho = np.array([[3.0, 0.0], [2.0, 0.0], [0.0, 5.0]])
    assert policy_dissimilarity(expert_pi, other, rho) == pytest.approx(0.7)
    assert policy_dissimilarity(expert_pi, 1 - expert_pi, rho) == 1
    # Where the expert never goes, everything is allowed.
    assert policy_dissimilarity(expert_pi, other, rho * [[1], [0], [0]]) == 0


def test_dissimilarity_names_bad_input():
    with pytest.raises(ValueError, match="for all three"):
        policy_dissimilarity(np.eye(2), np.eye(2), np.ones(2))
    with pytest.raises(ValueError, match="visits nothing"):
        policy_dissimilarity(np.eye(2), np.eye(2), np.zeros((2, 2)))


# --- All policies ------------------------------------------------------------------------------


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_loss_is_added(seed, is_sparse):
    mdp, features, _, loss = planning_problem(seed, n_states=5, is_sparse=is_sparse)
    psi = np.random.default_rng(seed).normal(size=4) / 5
    found = most_violating_policy(mdp, features, psi, loss)
    assert set(np.unique(found)) == {0.0, 1.0}

    def violation(pi, sign=1):
        rho = occupancy(mdp, pi)
        return (rho * (features @ psi + sign * loss)).sum()

    policies = list(every_policy(5, 3))
    best = max(policies, key=violation)
    assert violation(found) == pytest.approx(violation(best), abs=1e-9)
    subtracted = max(policies, key=lambda pi: violation(pi, -1))
    assert violation(found) > violation(subtracted) + 1e-3  # the two are told apart


def test_loss_counts_next_to_large_weights():
    mdp, features, rho, loss = planning_problem(0)
    psi = 1e6 * np.ones(4)
    found = most_violating_policy(mdp, features, psi, loss)
    best = value_iteration(mdp, features @ psi / 1e6 + loss / 1e6, tol=1e-12)[1]
    reward = features @ psi + loss
    assert expected_return(mdp, reward, found) >= expected_return(mdp, reward, best) - 1e-4


@pytest.mark.parametrize("C", [0.05, 1.0, 50.0])
@pytest.mark.parametrize("seed", range(2))
def test_cutting_planes_solve_the_program_over_every_policy(seed, C):
    mdp, features, rho, loss = planning_problem(seed, n_states=5)
    psi, found = max_margin_planning(mdp, features, rho, loss, C, tol=1e-9)
    expert = np.einsum("sa,sak->k", rho, features)
    visits = [occupancy(mdp, pi) for pi in every_policy(5, 3)]
    others = np.array([np.einsum("sa,sak->k", v, features) for v in visits])
    asked = np.array([(v * loss).sum() for v in visits])
    listed, slack = structured_margin(expert, others, asked, C)
    np.testing.assert_allclose(psi, listed, atol=1e-5)
    assert found.slack == pytest.approx(slack, abs=1e-5)
    assert len(found) < len(others) / 4


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("C", [0.05, 1.0, 50.0])
@pytest.mark.parametrize("seed", [10])
def test_cutting_planes_and_the_compact_program_agree(seed, C, is_sparse):
    mdp, features, rho, loss = planning_problem(seed, 30, 4, 5, gamma=0.95, is_sparse=is_sparse)
    psi, found = max_margin_planning(mdp, features, rho, loss, C, tol=1e-9)
    same, slack = compact_program(mdp, features, rho, loss, C)
    np.testing.assert_allclose(psi, same, atol=1e-5)
    assert found.slack == pytest.approx(slack, abs=1e-5)


def test_constraints_tell_how_they_came_about():
    mdp, features, rho, loss = planning_problem(2, 20, 3, 4)
    C, tol = 5.0, 1e-7
    psi, found = max_margin_planning(mdp, features, rho, loss, C, tol)
    M = len(found)
    assert found.policies.shape == (M, 20, 3)
    assert found.lower.shape == found.upper.shape == (M + 1,)
    expert = np.einsum("sa,sak->k", rho, features)
    for pi, mu, asked in zip(found.policies, found.others, found.dissimilarities, strict=True):
        np.testing.assert_allclose(expectations(mdp, pi, features), mu)
        assert (occupancy(mdp, pi) * loss).sum() == pytest.approx(asked)
    # The duals: psi is what the support policies make of it.
    np.testing.assert_allclose((expert - found.others).T @ found.weights, psi, atol=TOL)
    assert found.weights.sum() == pytest.approx(C)
    assert found.slack > 0
    assert 1 <= (found.weights > 1e-6).sum() < M
    # The bounds enclose the optimum and meet.
    optimum = psi @ psi / 2 + C * found.slack
    assert (np.diff(found.lower) >= -1e-8).all()
    assert (np.diff(found.upper) <= 0).all()
    assert (found.lower <= optimum + 1e-8).all()
    assert (found.upper >= optimum - 1e-8).all()
    assert found.upper[-1] - found.lower[-1] <= C * tol
    assert found.upper[0] - found.lower[0] > 1


def test_looser_tolerance_needs_fewer_policies_and_keeps_its_promise():
    mdp, features, rho, loss = planning_problem(3, 20, 3, 5)
    exact, slack = compact_program(mdp, features, rho, loss, 10.0)
    optimum = exact @ exact / 2 + 10.0 * slack
    counts = []
    for tol in (1.0, 0.1, 1e-6):
        _, found = max_margin_planning(mdp, features, rho, loss, 10.0, tol)
        counts.append(len(found))
        assert optimum - 1e-6 <= found.upper[-1] <= optimum + 10.0 * tol + 1e-6
    assert counts[0] < counts[1] < counts[2]


def test_expert_is_learnt_where_features_allow_it():
    grid = gridworld("S..P\n..P.\n...G", gamma=0.9)
    kinds = np.array([(np.array(list(grid.text.replace("\n", ""))) == k) for k in "PG"], float).T
    features = np.repeat(kinds[:, None], 4, axis=1)
    truth = grid.reward({"G": 1.0, "P": -1.0})
    V, pi = value_iteration(grid.mdp, truth)
    rho = occupancy(grid.mdp, pi)
    psi, found = max_margin_planning(grid.mdp, features, rho, (rho == 0) * [1.0], 1e3)
    _, learnt = value_iteration(grid.mdp, features @ psi)
    assert expected_return(grid.mdp, truth, learnt) == pytest.approx(grid.mdp.initial_dist @ V)
    assert psi[0] < 0 < psi[1]


def test_features_of_the_state_alone():
    mdp, _, rho, loss = planning_problem(5)
    features = np.random.default_rng(5).normal(size=(6, 4))
    spread = np.repeat(features[:, None], 3, axis=1)
    one, _ = max_margin_planning(mdp, features, rho, loss, 1.0)
    np.testing.assert_allclose(one, max_margin_planning(mdp, spread, rho, loss, 1.0)[0])
    compact, _ = compact_program(mdp, features, rho, loss, 1.0)
    np.testing.assert_allclose(one, compact, atol=1e-5)


def test_nothing_to_lose_needs_no_constraint():
    mdp, features, rho, loss = planning_problem(0)
    psi, found = max_margin_planning(mdp, features, rho, 0 * loss, 1.0)
    assert not psi.any()
    assert len(found) == 0
    assert found.policies.shape == (0, 6, 3)
    assert found.others.shape == (0, 4)


def test_planning_names_bad_input():
    mdp, features, rho, loss = planning_problem(0)
    with pytest.raises(ValueError, match=r"features has shape \(6, 2, 4\)"):
        max_margin_planning(mdp, features[:, :2], rho, loss, 1.0)
    with pytest.raises(ValueError, match="tol is 0"):
        max_margin_planning(mdp, features, rho, loss, 1.0, tol=0)
    with pytest.raises(ValueError, match="C is -1"):
        max_margin_planning(mdp, features, rho, loss, -1.0)
    for program in (max_margin_planning, compact_program):
        with pytest.raises(ValueError, match=r"loss\[s=0, a=0\] is -.*, expected 0 or more"):
            program(mdp, features, rho, loss - loss.max() - 1, 1.0)
    with pytest.raises(ValueError, match="gamma is 1"):
        compact_program(mdp.replace(gamma=1.0), features, rho, loss, 1.0)


def test_cutting_planes_say_when_they_get_no_further(monkeypatch):
    problem = planning_problem(0)
    monkeypatch.setattr(module, "_MAX_CUTS", 2)
    with pytest.raises(RuntimeError, match=r"after 2 policies .* still violated by .*larger tol"):
        max_margin_planning(*problem, C=1.0)
    # A solver that does not meet the constraint it was given: the same policy comes up again.
    monkeypatch.setattr(module, "structured_margin", lambda *_: (np.zeros(4), 0.0))
    with pytest.raises(RuntimeError, match="after 1 policies"):
        max_margin_planning(*problem, C=1.0)


def test_inputs_are_left_alone():
    mdp, features, rho, loss = planning_problem(1)
    expert, others = separable(0)
    before = [x.copy() for x in (features, rho, loss, expert, others)]
    max_margin_planning(mdp, features, rho, loss, 1.0)
    compact_program(mdp, features, rho, loss, 1.0)
    for program in (max_margin, svm_form, support_weights):
        program(expert, others)
    for x, y in zip((features, rho, loss, expert, others), before, strict=True):
        np.testing.assert_array_equal(x, y)
