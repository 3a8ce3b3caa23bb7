"""Answers to the exercises of lesson 04, each independent of the lesson's other exercises."""

import itertools
import warnings

import cvxpy as cp
import numpy as np
import scipy.optimize
import scipy.spatial.distance

from answers.register import marker, register
from irl_course.environments import gridworld
from irl_course.inverse.max_margin import most_violating_policy, structured_margin
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
grid = gridworld("S..P\n..P.\n...G", gamma=0.9)
expert_home = np.array([0.0, 5.905, 4.095])
others_home = np.array([[0.0, 0.0, 10.0], [7.29, 0.0, 2.71]])
price_home = 10.0


def minimise(cost, constraints, **how):
    return cp.Problem(cp.Minimize(cost), constraints).solve(**how)


def maximise(score, constraints, **how):
    return cp.Problem(cp.Maximize(score), constraints).solve(**how)


def quietly(solve, *args, **how):
    """The loosest of cvxpy's solvers say so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return solve(*args, **how)


def halved(psi):
    return cp.sum_squares(psi) / 2


# --- max_margin -----------------------------------------------------------------------------

right, wrong, slip, endless = marker("max_margin", RIGHT, WRONG, SLIPS, ENDLESS)


def no_reward(expert):
    return np.zeros(len(expert)), 0.0


def pointing(direction, differences):
    """A direction as an answer: what no reward sets apart gets none."""
    length = np.linalg.norm(direction)
    if length < 1e-6 or (differences @ direction).min() <= 0:
        return np.zeros(len(direction)), 0.0
    return direction / length, (differences @ direction).min() / length


@right
def margin_as_written(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin, cp.norm(psi, 2) <= 1])
    return psi.value, margin.value


@right
def margin_rival_by_rival(expert, others):
    psi, margin = cp.Variable(expert.shape[0]), cp.Variable()
    constraints = [cp.norm(psi) <= 1]
    for other in others:
        constraints.append(psi @ (expert - other) >= margin)
    problem = cp.Problem(cp.Maximize(margin), constraints)
    problem.solve()
    return psi.value.tolist(), float(problem.value)


@right
def margin_smallest_of_all(expert, others):
    psi = cp.Variable(len(expert))
    maximise(cp.min((expert - others) @ psi), [cp.sum_squares(psi) <= 1])
    return psi.value, np.min((expert - others) @ psi.value)


@right
def margin_returns_compared(expert, others):
    """Each policy's return is an expression; the margin is one return less the best of others."""
    psi = cp.Variable(len(expert))
    score = expert @ psi - cp.max(others @ psi)
    value = maximise(score, [cp.pnorm(psi, 2) <= 1.0])
    return np.array(psi.value), value


@right
def margin_cone(expert, others):
    psi, minus = cp.Variable(len(expert)), cp.Variable()
    minimise(minus, [others @ psi - expert @ psi <= minus, cp.SOC(cp.Constant(1.0), psi)])
    return [psi.value, -minus.value]


@right
def margin_quadratic_form(expert, others):
    K = len(expert)
    psi, margin = cp.Variable(K), cp.Variable(nonneg=True)
    ball = cp.quad_form(psi, np.eye(K)) <= 1
    maximise(margin, [ball] + [cp.sum(cp.multiply(expert - mu, psi)) >= margin for mu in others])
    return psi.value, margin.value.item()


@right
def margin_scs(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    ball = cp.norm(psi, 2) <= 1
    maximise(margin, [(expert[None] - others) @ psi >= margin, ball], solver=cp.SCS)
    return psi.value, margin.value


@right
def margin_in_one_vector(expert, others):
    """The margin is the last entry of the unknown."""
    M, K = others.shape
    x = cp.Variable(K + 1)
    system = np.hstack([expert - others, -np.ones((M, 1))])
    maximise(x[-1], [system @ x >= 0, cp.norm(x[:K]) <= 1])
    return x.value[:-1], x.value[-1]


@right
def margin_rescaled_from_the_smallest(expert, others):
    psi = cp.Variable(len(expert))
    problem = cp.Problem(cp.Minimize(halved(psi)), [(expert - others) @ psi >= 1])
    problem.solve()
    if psi.value is None:
        return no_reward(expert)
    return psi.value / np.linalg.norm(psi.value), 1 / np.linalg.norm(psi.value)


@right
def margin_nearest_mixture(expert, others):
    weights = cp.Variable(len(others), nonneg=True)
    gap = expert - weights @ others
    minimise(cp.sum_squares(gap), [cp.sum(weights) == 1])
    return pointing(gap.value, expert - others)


@right
def margin_least_squares_without_negatives(expert, others):
    """Non-negative least squares: the residual points from the nearest mixture to the expert."""
    differences = expert - others
    scale = np.abs(differences).max()
    system = np.vstack([differences.T / scale, np.ones(len(others))])
    weights, _ = scipy.optimize.nnls(system, np.append(np.zeros(len(expert)), 1.0))
    return pointing(differences.T @ weights, differences)


@right
def margin_slsqp(expert, others):
    differences = expert - others
    start = np.append(differences.mean(axis=0), 0.0)
    start /= np.linalg.norm(start) + 1.0
    found = scipy.optimize.minimize(
        lambda x: -x[-1],
        start,
        jac=lambda x: -np.eye(len(x))[-1],
        method="SLSQP",
        constraints=[
            {"type": "ineq", "fun": lambda x: differences @ x[:-1] - x[-1]},
            {"type": "ineq", "fun": lambda x: 1 - x[:-1] @ x[:-1]},
        ],
        options={"ftol": 1e-13, "maxiter": 500},
    )
    return found.x[:-1], np.float64(found.x[-1])


def ball_program(differences, bound):
    psi, margin = cp.Variable(differences.shape[1]), cp.Variable()
    maximise(margin, [differences @ psi >= margin, bound(psi)])
    return psi.value, margin.value


@wrong("no norm bound: unbounded")
def margin_no_bound(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin])
    return psi.value, margin.value


@wrong("no norm bound, and the infinite value of the program")
def margin_infinite(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    value = maximise(margin, [(expert - others) @ psi >= margin])
    return psi.value, value


@wrong("each entry bounded, not the norm")
def margin_in_a_box(expert, others):
    return ball_program(expert - others, lambda psi: cp.abs(psi) <= 1)


@wrong("the sum of sizes bounded")
def margin_in_a_diamond(expert, others):
    return ball_program(expert - others, lambda psi: cp.norm(psi, 1) <= 1)


@wrong("weights not negative")
def margin_nonnegative(expert, others):
    psi, margin = cp.Variable(len(expert), nonneg=True), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin, cp.norm(psi) <= 1])
    return psi.value, margin.value


@wrong("weights that are shares")
def margin_shares(expert, others):
    psi, margin = cp.Variable(len(expert), nonneg=True), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin, cp.sum(psi) == 1])
    return psi.value, margin.value


@wrong("the bound on the signed sum of the weights: unbounded")
def margin_bounded_sum(expert, others):
    return ball_program(expert - others, lambda psi: cp.sum(psi) <= 1)


@wrong("others less the expert")
def margin_turned(expert, others):
    return ball_program(others - expert, lambda psi: cp.norm(psi) <= 1)


@wrong("the average margin")
def margin_average(expert, others):
    psi = cp.Variable(len(expert))
    value = maximise(cp.mean((expert - others) @ psi), [cp.norm(psi) <= 1])
    return psi.value, value


@wrong("psi for the average margin, then its smallest margin")
def margin_of_the_average(expert, others):
    psi = cp.Variable(len(expert))
    maximise(cp.sum((expert - others) @ psi), [cp.norm(psi) <= 1])
    return psi.value, ((expert - others) @ psi.value).min()


@wrong("one margin for each rival")
def margin_for_each(expert, others):
    psi, margins = cp.Variable(len(expert)), cp.Variable(len(others))
    maximise(cp.sum(margins), [(expert - others) @ psi >= margins, cp.norm(psi) <= 1])
    return psi.value, margins.value.min()


@wrong("the largest margin, which cvxpy refuses to maximise")
def margin_largest(expert, others):
    psi = cp.Variable(len(expert))
    value = maximise(cp.max((expert - others) @ psi), [cp.norm(psi) <= 1])
    return psi.value, value


@wrong("norm equal to 1, which is not convex")
def margin_on_the_sphere(expert, others):
    return ball_program(expert - others, lambda psi: cp.norm(psi) == 1)


@wrong("the norm charged, not bounded")
def margin_charged(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin - halved(psi), [(expert - others) @ psi >= margin])
    return psi.value, margin.value


def smallest(expert, others):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [(expert - others) @ psi >= 1])
    return psi.value


@wrong("the other form, not rescaled")
def margin_unnormalised(expert, others):
    psi = smallest(expert, others)
    return psi, 1 / np.linalg.norm(psi)


@wrong("the other form, and its margin of 1")
def margin_one(expert, others):
    return smallest(expert, others), 1.0


@wrong("the norm for the margin")
def margin_norm(expert, others):
    psi = smallest(expert, others)
    return psi / np.linalg.norm(psi), np.linalg.norm(psi)


@wrong("the norm of the unit psi for the margin")
def margin_norm_of_unit(expert, others):
    psi, _ = ball_program(expert - others, lambda psi: cp.norm(psi) <= 1)
    return psi, np.linalg.norm(psi)


@wrong("the width of the street, 2 / |psi|")
def margin_both_sides(expert, others):
    psi = smallest(expert, others)
    return psi / np.linalg.norm(psi), 2 / np.linalg.norm(psi)


@wrong("the margin over the average rival")
def margin_over_the_average_rival(expert, others):
    gap = expert - np.mean(others, axis=0)
    return gap / np.linalg.norm(gap), np.linalg.norm(gap)


@wrong("the margin of the nearest rival only")
def margin_nearest_rival(expert, others):
    gaps = expert - others
    gap = gaps[np.argmin(np.linalg.norm(gaps, axis=1))]
    return gap / np.linalg.norm(gap), np.linalg.norm(gap)


@wrong("the first rival only")
def margin_first_rival(expert, others):
    return ball_program((expert - others)[:1], lambda psi: cp.norm(psi) <= 1)


@wrong("a loop that keeps the last constraint only")
def margin_last_rival(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    for other in others:
        constraints = [psi @ (expert - other) >= margin, cp.norm(psi) <= 1]
    maximise(margin, constraints)
    return psi.value, margin.value


@wrong("the expert's own return, without the others")
def margin_expert_alone(expert, others):
    return ball_program(expert[None], lambda psi: cp.norm(psi) <= 1)


@wrong("the margin over 0 and not over each rival")
def margin_for_nothing(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    constraints = [(expert - others) @ psi >= 0, expert @ psi >= margin, cp.norm(psi) <= 1]
    maximise(margin, constraints)
    return psi.value, margin.value


@wrong("returns scaled to length 1 first")
def margin_scaled_features(expert, others):
    others = others / np.linalg.norm(others, axis=1, keepdims=True)
    return ball_program(expert / np.linalg.norm(expert) - others, lambda psi: cp.norm(psi) <= 1)


@wrong("the margin of the notebook's expert")
def margin_at_home(expert, others):
    return ball_program(expert_home - others_home, lambda psi: cp.norm(psi) <= 1)


@wrong("subtracts in place")
def margin_changes_others(expert, others):
    others -= expert
    return ball_program(-others, lambda psi: cp.norm(psi) <= 1)


@slip(".value")
def margin_variables(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin, cp.norm(psi) <= 1])
    return psi, margin


@slip("return 2 things")
def margin_psi_only(expert, others):
    return ball_program(expert - others, lambda psi: cp.norm(psi) <= 1)[0]


@slip("return 2 things")
def margin_value_only(expert, others):
    psi = cp.Variable(len(expert))
    return maximise(cp.min((expert - others) @ psi), [cp.norm(psi) <= 1])


@slip("psi is one number")
def margin_swapped(expert, others):
    psi, margin = ball_program(expert - others, lambda psi: cp.norm(psi) <= 1)
    return margin, psi


@slip("is None")
def margin_not_solved(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    cp.Problem(cp.Maximize(margin), [(expert - others) @ psi >= margin, cp.norm(psi) <= 1])
    return psi.value, margin.value


@slip("is a return missing")
def margin_printed(expert, others):
    psi, margin = ball_program(expert - others, lambda psi: cp.norm(psi) <= 1)
    str((psi, margin))  # a learner prints it


@slip("Strict inequalities")
def margin_strict(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin, [(expert - others) @ psi > margin, cp.norm(psi) <= 1])
    return psi.value, margin.value


@slip("chain constraints")
def margin_chained(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin, -1 <= psi <= 1])
    return psi.value, margin.value


@slip("NumPy function on a CVXPY expression")
def margin_numpy_norm(expert, others):
    return ball_program(expert - others, lambda psi: np.linalg.norm(psi) <= 1)


@slip("'Problem' object has no attribute 'margin'")
def margin_misspelt(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    problem = cp.Problem(cp.Maximize(margin), [cp.norm(psi) <= 1, expert @ psi >= margin])
    return psi.value, problem.margin


@slip("nan")
def margin_not_a_number(expert, others):
    psi = np.zeros(len(expert))
    psi = psi / np.linalg.norm(psi)
    return psi, ((expert - others) @ psi).min()


@endless("halves an interval until its ends are equal")
def margin_never_ends(expert, others):
    reach = np.linalg.norm(expert - others, axis=1).min()
    low, high = 0.0, 2 * reach
    while low != high:
        middle = (low + high) / 2
        low, high = (middle, high) if middle <= reach else (low, middle)
    return no_reward(expert)[0], low


# --- svm_form -------------------------------------------------------------------------------

right, wrong, slip, endless = marker("svm_form", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def svm_as_written(expert, others):
    psi = cp.Variable(len(expert))
    cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2), [(expert - others) @ psi >= 1]).solve()
    return psi.value


@right
def svm_norm(expert, others):
    """The smallest norm has the smallest square."""
    psi = cp.Variable(len(expert))
    minimise(cp.norm(psi, 2), [(expert - others) @ psi >= 1])
    return psi.value


@right
def svm_norm_squared(expert, others):
    psi = cp.Variable(len(expert))
    minimise(0.5 * cp.norm(psi) ** 2, [expert @ psi - others @ psi >= 1])
    return psi.value.tolist()


@right
def svm_rival_by_rival(expert, others):
    psi = cp.Variable(len(expert))
    constraints = []
    for i in range(len(others)):
        constraints += [psi @ expert >= psi @ others[i] + 1]
    problem = cp.Problem(cp.Minimize(cp.sum(psi**2)), constraints)
    problem.solve()
    return psi.value


@right
def svm_smallest_edge(expert, others):
    psi = cp.Variable(len(expert))
    minimise(cp.sum(cp.square(psi)), [cp.min((expert - others) @ psi) >= 1.0])
    return np.asarray(psi.value)


@right
def svm_quadratic_form(expert, others):
    psi = cp.Variable(len(expert))
    minimise(cp.quad_form(psi, np.eye(len(expert))) / 2, [(others - expert) @ psi <= -1])
    return psi.value.astype(np.float32)


@right
def svm_under_a_lid(expert, others):
    psi, lid = cp.Variable(len(expert)), cp.Variable()
    minimise(lid, [cp.SOC(lid, psi), (expert - others) @ psi >= np.ones(len(others))])
    return psi.value


@right
def svm_osqp(expert, others):
    psi = cp.Variable(len(expert))
    quietly(minimise, halved(psi), [(expert - others) @ psi >= 1], solver=cp.OSQP)
    return psi.value


@right
def svm_scs(expert, others):
    psi = cp.Variable(len(expert))
    quietly(minimise, halved(psi), [(expert - others) @ psi >= 1], solver=cp.SCS)
    return psi.value


@right
def svm_rescaled(expert, others):
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    maximise(margin, [(expert - others) @ psi >= margin, cp.norm(psi) <= 1])
    return psi.value / margin.value


@right
def svm_dual(expert, others):
    differences = expert - others
    w = cp.Variable(len(others), nonneg=True)
    maximise(cp.sum(w) - halved(differences.T @ w), [])
    return differences.T @ w.value


@right
def svm_prices_of_constraints(expert, others):
    """The multipliers of the constraints hold psi in place."""
    psi = cp.Variable(len(expert))
    asked = (expert - others) @ psi >= 1
    minimise(halved(psi), [asked])
    return asked.dual_value @ (expert - others)


@right
def svm_slsqp(expert, others):
    differences = expert - others
    found = scipy.optimize.minimize(
        lambda psi: psi @ psi / 2,
        np.linalg.lstsq(differences, np.ones(len(others)), rcond=None)[0],
        jac=lambda psi: psi,
        method="SLSQP",
        constraints={
            "type": "ineq",
            "fun": lambda psi: differences @ psi - 1,
            "jac": lambda psi: differences,
        },
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x


@right
def svm_least_distance(expert, others):
    """Lawson and Hanson's least distance programming by non-negative least squares."""
    differences = expert - others
    system = np.vstack([differences.T, np.ones(len(others))])
    weights, _ = scipy.optimize.nnls(system, np.append(np.zeros(len(expert)), 1.0))
    direction = differences.T @ weights
    return direction / (differences @ direction).min()


def smallest_with(cost, constraints, K):
    """The smallest psi with a different cost, or different constraints."""
    psi = cp.Variable(K)
    minimise(cost(psi), constraints(psi))
    return psi.value


@wrong("at most 1 in place of at least 1")
def svm_at_most_one(expert, others):
    return smallest_with(halved, lambda psi: [(expert - others) @ psi <= 1], len(expert))


@wrong("at least 0: psi = 0 will do")
def svm_at_least_zero(expert, others):
    return smallest_with(halved, lambda psi: [(expert - others) @ psi >= 0], len(expert))


@wrong("exactly 1, for every rival")
def svm_exactly_one(expert, others):
    return smallest_with(halved, lambda psi: [(expert - others) @ psi == 1], len(expert))


@wrong("others less the expert")
def svm_turned(expert, others):
    return smallest_with(halved, lambda psi: [(others - expert) @ psi >= 1], len(expert))


@wrong("an average margin of 1")
def svm_average(expert, others):
    return smallest_with(halved, lambda psi: [cp.mean((expert - others) @ psi) >= 1], len(expert))


@wrong("margins that sum to 1")
def svm_summed(expert, others):
    return smallest_with(halved, lambda psi: [cp.sum((expert - others) @ psi) >= 1], len(expert))


@wrong("some margin of 1: cvxpy refuses")
def svm_largest(expert, others):
    return smallest_with(halved, lambda psi: [cp.max((expert - others) @ psi) >= 1], len(expert))


@wrong("the sum of sizes")
def svm_sizes(expert, others):
    return smallest_with(cp.norm1, lambda psi: [(expert - others) @ psi >= 1], len(expert))


@wrong("the largest size")
def svm_largest_size(expert, others):
    return smallest_with(cp.norm_inf, lambda psi: [(expert - others) @ psi >= 1], len(expert))


@wrong("the signed sum of the weights: unbounded")
def svm_signed_sum(expert, others):
    return smallest_with(cp.sum, lambda psi: [(expert - others) @ psi >= 1], len(expert))


@wrong("the norm maximised, which cvxpy refuses")
def svm_largest_norm(expert, others):
    psi = cp.Variable(len(expert))
    maximise(halved(psi), [(expert - others) @ psi >= 1])
    return psi.value


@wrong("the norm bound kept from the first form")
def svm_bound_kept(expert, others):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [(expert - others) @ psi >= 1, cp.norm(psi, 2) <= 1])
    return psi.value


@wrong("the bound and no cost: any psi that will do")
def svm_no_cost(expert, others):
    return smallest_with(
        lambda psi: 0 * cp.sum(psi), lambda psi: [(expert - others) @ psi >= 1], len(expert)
    )


@wrong("scaled to length 1")
def svm_unit(expert, others):
    psi = smallest(expert, others)
    return psi / np.linalg.norm(psi)


@wrong("the first form's psi, not rescaled")
def svm_first_form(expert, others):
    return ball_program(expert - others, lambda psi: cp.norm(psi) <= 1)[0]


@wrong("the first form's psi times its margin")
def svm_rescaled_the_wrong_way(expert, others):
    psi, margin = ball_program(expert - others, lambda psi: cp.norm(psi) <= 1)
    return psi * margin


@wrong("the expert at +1 and the others at -1, as if there were an offset")
def svm_two_classes(expert, others):
    psi, offset = cp.Variable(len(expert)), cp.Variable()
    minimise(halved(psi), [expert @ psi + offset >= 1, others @ psi + offset <= -1])
    return psi.value


@wrong("the expert at +1 and the others at -1, without an offset")
def svm_two_classes_through_zero(expert, others):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [expert @ psi >= 1, others @ psi <= -1])
    return psi.value


@wrong("the expert's return at least 1")
def svm_expert_alone(expert, others):
    return smallest_with(halved, lambda psi: [expert @ psi >= 1], len(expert))


@wrong("weights not negative")
def svm_nonnegative(expert, others):
    return smallest_with(halved, lambda psi: [(expert - others) @ psi >= 1, psi >= 0], len(expert))


@wrong("slack that nobody asked for")
def svm_with_slack(expert, others):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    minimise(halved(psi) + 0.01 * cp.sum(slack), [(expert - others) @ psi >= 1 - slack])
    return psi.value


@wrong("the first rival only")
def svm_first_rival(expert, others):
    gap = expert - others[0]
    return gap / (gap @ gap)


@wrong("the nearest rival only")
def svm_nearest_rival(expert, others):
    gap = min(expert - others, key=np.linalg.norm)
    return gap / (gap @ gap)


@wrong("the last rival only, a list begun anew in each round of a loop")
def svm_last_rival(expert, others):
    psi = cp.Variable(len(expert))
    for other in others:
        constraints = []
        constraints.append(psi @ (expert - other) >= 1)
    minimise(halved(psi), constraints)
    return psi.value


@wrong("an average of one psi per rival")
def svm_averaged_answers(expert, others):
    gaps = expert - others
    return np.mean(gaps / np.sum(gaps**2, axis=1, keepdims=True), axis=0)


@wrong("least squares: margins near 1")
def svm_least_squares(expert, others):
    return np.linalg.lstsq(expert - others, np.ones(len(others)), rcond=None)[0]


@wrong("the multipliers of the constraints add up to a mixture, which is not psi")
def svm_mixture(expert, others):
    psi = cp.Variable(len(expert))
    asked = (expert - others) @ psi >= 1
    minimise(halved(psi), [asked])
    weights = asked.dual_value / asked.dual_value.sum()
    return weights @ (expert - others)


@wrong("moves the origin in place")
def svm_changes_expert(expert, others):
    others -= expert
    expert -= expert
    return smallest_with(halved, lambda psi: [others @ psi <= -1], len(expert))


@slip(".value")
def svm_variable(expert, others):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [(expert - others) @ psi >= 1])
    return psi


@slip("is one number")
def svm_score(expert, others):
    psi = cp.Variable(len(expert))
    return minimise(halved(psi), [(expert - others) @ psi >= 1])


@slip("is one number")
def svm_margin(expert, others):
    return 1 / np.linalg.norm(smallest(expert, others))


@slip("2 things together")
def svm_with_margin(expert, others):
    psi = smallest(expert, others)
    return psi, 1 / np.linalg.norm(psi)


@slip("The number of entries is right")
def svm_column(expert, others):
    psi = cp.Variable((len(expert), 1))
    minimise(halved(psi), [(expert - others) @ psi >= 1])
    return psi.value


@slip("is None")
def svm_not_solved(expert, others):
    psi = cp.Variable(len(expert))
    cp.Problem(cp.Minimize(halved(psi)), [(expert - others) @ psi >= 1])
    return psi.value


@slip("is a return missing")
def svm_no_return(expert, others):
    smallest(expert, others)


@slip("name 'mu_expert' is not defined")
def svm_misspelt(expert, others):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [(mu_expert - others) @ psi >= 1])  # noqa: F821
    return psi.value


@slip("has shape")
def svm_too_long(expert, others):
    psi = cp.Variable(len(expert) + 1)
    minimise(halved(psi), [(expert - others) @ psi[:-1] >= 1])
    return psi.value


@slip("Incompatible dimensions")
def svm_transposed(expert, others):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [(expert - others).T @ psi >= 1])
    return psi.value


@endless("stretches a psi of length 0")
def svm_never_ends(expert, others):
    psi = np.zeros(len(expert))
    while ((expert - others) @ psi).min() < 1:
        psi = psi * 2
    return psi


# --- soft_margin ----------------------------------------------------------------------------

right, wrong, slip, endless = marker("soft_margin", RIGHT, WRONG, SLIPS, ENDLESS)


def missing(differences, psi, asked=1.0):
    """What each rival falls short of its margin."""
    return np.maximum(0.0, asked - differences @ psi)


@right
def soft_as_written(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others))
    cost = cp.sum_squares(psi) / 2 + C * cp.sum(slack)
    cp.Problem(cp.Minimize(cost), [(expert - others) @ psi >= 1 - slack, slack >= 0]).solve()
    return psi.value, slack.value


@right
def soft_sign_declared(expert, others, C):
    M, K = others.shape
    psi, slack = cp.Variable(K), cp.Variable(M, nonneg=True)
    cost = 0.5 * cp.norm(psi) ** 2 + C * cp.norm1(slack)
    minimise(cost, [(expert - others) @ psi + slack >= 1])
    return [psi.value.tolist(), slack.value.tolist()]


@right
def soft_rival_by_rival(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others))
    cost, constraints = halved(psi), []
    for i, other in enumerate(others):
        cost += C * slack[i]
        constraints += [psi @ (expert - other) >= 1 - slack[i], slack[i] >= 0]
    minimise(cost, constraints)
    return psi.value, np.array([slack[i].value for i in range(len(others))])


@right
def soft_hinge(expert, others, C):
    """Without a slack variable: the slack is the positive part of what is missing."""
    psi = cp.Variable(len(expert))
    short = cp.pos(1 - (expert - others) @ psi)
    minimise(halved(psi) + C * cp.sum(short), [])
    return psi.value, short.value


@right
def soft_maximum_with_zero(expert, others, C):
    psi = cp.Variable(len(expert))
    hinges = [cp.maximum(0, 1 - (expert - other) @ psi) for other in others]
    minimise(cp.quad_form(psi, np.eye(len(expert))) / 2 + C * sum(hinges), [])
    return psi.value, np.array([float(hinge.value) for hinge in hinges])


@right
def soft_regularised(expert, others, C):
    """Everything divided by C."""
    psi = cp.Variable(len(expert))
    short = cp.pos(1 - (expert - others) @ psi)
    minimise(cp.sum(short) + cp.sum_squares(psi) / (2 * C), [])
    return psi.value, missing(expert - others, psi.value)


@right
def soft_maximised(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    price = np.full(len(others), C)
    maximise(-halved(psi) - price @ slack, [expert @ psi >= others @ psi + 1 - slack])
    return psi.value, np.clip(slack.value, 0, None)


@right
def soft_osqp(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    quietly(
        minimise, halved(psi) + C * cp.sum(slack), [(expert - others) @ psi >= 1 - slack],
        solver=cp.OSQP,
    )  # fmt: skip
    return psi.value, slack.value


@right
def soft_scs(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    quietly(
        minimise, halved(psi) + C * cp.sum(slack), [(expert - others) @ psi >= 1 - slack],
        solver=cp.SCS,
    )  # fmt: skip
    return psi.value, slack.value


@right
def soft_dual(expert, others, C):
    differences = expert - others
    w = cp.Variable(len(others))
    maximise(cp.sum(w) - halved(differences.T @ w), [w >= 0, w <= C])
    psi = differences.T @ w.value
    return psi, missing(differences, psi)


@right
def soft_dual_in_a_box(expert, others, C):
    """Weights as shares of C."""
    differences = expert - others
    gram = C * differences @ differences.T
    found = scipy.optimize.minimize(
        lambda w: (w @ gram @ w / 2 - w.sum(), gram @ w - 1),
        np.full(len(others), 0.5),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1)] * len(others),
        options={"ftol": 1e-15, "gtol": 1e-12, "maxiter": 20000, "maxfun": 20000},
    )
    psi = C * found.x @ differences
    return psi, missing(differences, psi)


@right
def soft_slsqp(expert, others, C):
    (M, K), differences = others.shape, expert - others
    price = np.append(np.zeros(K), np.full(M, C))
    scale = max(1.0, C)
    found = scipy.optimize.minimize(
        lambda x: (x[:K] @ x[:K] / 2 + price @ x) / scale,
        np.append(np.zeros(K), np.ones(M)),
        jac=lambda x: (np.append(x[:K], np.zeros(M)) + price) / scale,
        method="SLSQP",
        bounds=[(None, None)] * K + [(0, None)] * M,
        constraints={
            "type": "ineq",
            "fun": lambda x: differences @ x[:K] + x[K:] - 1,
            "jac": lambda x: np.hstack([differences, np.eye(M)]),
        },
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return found.x[:K], found.x[K:]


def softened(expert, others, cost, asked=lambda slack: 1 - slack, **declared):
    """The program with another cost, another margin or other slacks."""
    declared = {"nonneg": True} | declared
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), **declared)
    minimise(cost(psi, slack), [(expert - others) @ psi >= asked(slack)])
    return psi.value, slack.value


def priced(C):
    return lambda psi, slack: halved(psi) + C * cp.sum(slack)


@wrong("nothing keeps the slack from being negative: a lead is sold at the price of slack")
def soft_slack_below_zero(expert, others, C):
    return softened(expert, others, priced(C), nonneg=False)


@wrong("slack squared")
def soft_squared(expert, others, C):
    return softened(expert, others, lambda psi, slack: halved(psi) + C * cp.sum_squares(slack))


@wrong("slack squared, which also keeps it finite without a sign")
def soft_squared_without_sign(expert, others, C):
    return softened(
        expert, others, lambda psi, slack: halved(psi) + C / 2 * cp.sum_squares(slack), nonneg=False
    )


@wrong("one slack for all rivals, returned as it is")
def soft_shared(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    minimise(halved(psi) + C * slack, [(expert - others) @ psi >= 1 - slack])
    return psi.value, slack.value


@wrong("one slack for all rivals, repeated for each")
def soft_shared_repeated(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    minimise(halved(psi) + C * slack, [(expert - others) @ psi >= 1 - slack])
    return psi.value, np.full(len(others), slack.value)


@wrong("only the largest slack is charged")
def soft_largest(expert, others, C):
    return softened(expert, others, lambda psi, slack: halved(psi) + C * cp.max(slack))


@wrong("the average slack is charged")
def soft_average(expert, others, C):
    return softened(expert, others, lambda psi, slack: halved(psi) + C * cp.mean(slack))


@wrong("C in front of the wrong term")
def soft_price_on_psi(expert, others, C):
    return softened(expert, others, lambda psi, slack: C * halved(psi) + cp.sum(slack))


@wrong("divides the slack by C")
def soft_price_inverted(expert, others, C):
    return softened(expert, others, priced(1 / C))


@wrong("C left out")
def soft_no_price(expert, others, C):
    return softened(expert, others, priced(1.0))


@wrong("the notebook's C")
def soft_price_at_home(expert, others, C):
    return softened(expert, others, priced(price_home))


@wrong("slack for free: psi = 0")
def soft_free(expert, others, C):
    return softened(expert, others, lambda psi, slack: halved(psi))


@wrong("slack is paid out: unbounded")
def soft_slack_earns(expert, others, C):
    return softened(expert, others, priced(-C))


@wrong("slack added to the margin asked")
def soft_tightened(expert, others, C):
    return softened(expert, others, priced(C), asked=lambda slack: 1 + slack)


@wrong("no half in front of the square")
def soft_no_half(expert, others, C):
    return softened(expert, others, lambda psi, slack: cp.sum_squares(psi) + C * cp.sum(slack))


@wrong("the norm, not its square")
def soft_unsquared(expert, others, C):
    return softened(expert, others, lambda psi, slack: cp.norm(psi) / 2 + C * cp.sum(slack))


@wrong("the sum of sizes of psi")
def soft_sizes(expert, others, C):
    return softened(expert, others, lambda psi, slack: cp.norm1(psi) + C * cp.sum(slack))


@wrong("no margin: at least minus the slack, so that psi = 0 will do")
def soft_no_margin(expert, others, C):
    return softened(expert, others, priced(C), asked=lambda slack: -slack)


@wrong("others less the expert")
def soft_turned(expert, others, C):
    return softened(-expert, -others, priced(C))


@wrong("the norm bound kept beside the square")
def soft_bound_kept(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    constraints = [(expert - others) @ psi >= 1 - slack, cp.norm(psi) <= 1]
    minimise(C * cp.sum(slack), constraints)
    return psi.value, slack.value


@wrong("slack of at most 1")
def soft_capped(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others))
    constraints = [(expert - others) @ psi >= 1 - slack, slack >= 0, slack <= 1]
    minimise(halved(psi) + C * cp.sum(slack), constraints)
    return psi.value, slack.value


@wrong("weights not negative")
def soft_nonnegative(expert, others, C):
    psi = cp.Variable(len(expert), nonneg=True)
    short = cp.pos(1 - (expert - others) @ psi)
    minimise(halved(psi) + C * cp.sum(short), [])
    return psi.value, short.value


@wrong("an average margin, with slack")
def soft_average_margin(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    minimise(halved(psi) + C * cp.sum(slack), [cp.mean((expert - others) @ psi + slack) >= 1])
    return psi.value, slack.value


@wrong("the last rival only")
def soft_last_rival(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    for i in range(len(others)):
        asked = psi @ (expert - others[i]) >= 1 - slack[i]
    minimise(halved(psi) + C * cp.sum(slack), [asked])
    return psi.value, slack.value


@wrong("what is missing without the positive part")
def soft_signed_shortfall(expert, others, C):
    psi, _ = softened(expert, others, priced(C))
    return psi, 1 - (expert - others) @ psi


@wrong("the margins for the slacks")
def soft_margins(expert, others, C):
    psi, _ = softened(expert, others, priced(C))
    return psi, (expert - others) @ psi


@wrong("C times the slack")
def soft_bill(expert, others, C):
    psi, slack = softened(expert, others, priced(C))
    return psi, C * slack


@wrong("psi scaled to length 1")
def soft_unit(expert, others, C):
    psi, slack = softened(expert, others, priced(C))
    return psi / np.linalg.norm(psi), slack


@wrong("halves the square twice")
def soft_quarter(expert, others, C):
    return softened(expert, others, lambda psi, slack: halved(psi) / 2 + C * cp.sum(slack))


@wrong("changes the rivals in place")
def soft_changes_others(expert, others, C):
    others *= -1.0
    others += expert
    psi = cp.Variable(len(expert))
    short = cp.pos(1 - others @ psi)
    minimise(halved(psi) + C * cp.sum(short), [])
    return psi.value, short.value


@slip(".value")
def soft_variables(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    minimise(halved(psi) + C * cp.sum(slack), [(expert - others) @ psi >= 1 - slack])
    return psi, slack


@slip("return 2 things")
def soft_psi_only(expert, others, C):
    return softened(expert, others, priced(C))[0]


@slip("return 2 things")
def soft_with_score(expert, others, C):
    psi, slack = softened(expert, others, priced(C))
    return psi, slack, psi @ psi / 2 + C * slack.sum()


@slip("has shape")
def soft_swapped(expert, others, C):
    psi, slack = softened(expert, others, priced(C))
    return slack, psi


@slip("is None")
def soft_not_solved(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    cp.Problem(cp.Minimize(priced(C)(psi, slack)), [(expert - others) @ psi >= 1 - slack])
    return psi.value, slack.value


@slip("is a return missing")
def soft_no_return(expert, others, C):
    softened(expert, others, priced(C))


@slip("mismatch")
def soft_slack_per_feature(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(expert), nonneg=True)
    minimise(halved(psi) + C * cp.sum(slack), [(expert - others) @ psi >= 1 - slack])
    return psi.value, slack.value


@slip("Strict inequalities")
def soft_python_max(expert, others, C):
    """Python's own max compares, and cvxpy refuses a strict comparison."""
    psi = cp.Variable(len(expert))
    short = [max(0, 1 - (expert - other) @ psi) for other in others]
    minimise(halved(psi) + C * sum(short), [])
    return psi.value, np.array(short)


@slip("NumPy function on a CVXPY expression")
def soft_numpy_maximum(expert, others, C):
    psi = cp.Variable(len(expert))
    short = np.maximum(0, 1 - (expert - others) @ psi)
    minimise(halved(psi) + C * cp.sum(short), [])
    return psi.value, short.value


@slip("scalar")
def soft_cost_per_rival(expert, others, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    minimise(halved(psi) + C * slack, [(expert - others) @ psi >= 1 - slack])
    return psi.value, slack.value


@endless("steps of one size until the gradient is exactly 0")
def soft_never_ends(expert, others, C):
    psi, gradient = np.ones(len(expert)), np.ones(len(expert))
    while np.any(gradient != 0):
        short = (expert - others) @ psi < 1
        gradient = psi - C * (expert - others)[short].sum(axis=0)
        psi = psi - 0.01 * gradient
    return psi, missing(expert - others, psi)


# --- policy_dissimilarity -------------------------------------------------------------------

right, wrong, slip, endless = marker("policy_dissimilarity", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def dissimilarity_as_written(expert_pi, pi, expert_occupancy):
    visits = expert_occupancy.sum(axis=1)
    differing = np.abs(expert_pi - pi).sum(axis=1) / 2
    return visits @ differing / visits.sum()


@right
def dissimilarity_loops(expert_pi, pi, expert_occupancy):
    total, weight = 0.0, 0.0
    for s in range(len(pi)):
        visits = sum(expert_occupancy[s])
        differing = 0.0
        for a in range(pi.shape[1]):
            differing += abs(expert_pi[s, a] - pi[s, a])
        total += visits * differing / 2
        weight += visits
    return float(total / weight)


@right
def dissimilarity_average(expert_pi, pi, expert_occupancy):
    variation = 0.5 * np.linalg.norm(expert_pi - pi, ord=1, axis=1)
    return np.average(variation, weights=expert_occupancy.sum(axis=1))


@right
def dissimilarity_overlap(expert_pi, pi, expert_occupancy):
    """What two policies do not have in common."""
    share = expert_occupancy.sum(axis=1) / expert_occupancy.sum()
    return 1 - np.dot(share, np.minimum(expert_pi, pi).sum(axis=1))


@right
def dissimilarity_positive_part(expert_pi, pi, expert_occupancy):
    more = np.clip(expert_pi - pi, 0, None).sum(axis=-1)
    return (expert_occupancy.sum(axis=-1) * more).sum() / expert_occupancy.sum()


@right
def dissimilarity_einsum(expert_pi, pi, expert_occupancy):
    weighted = np.einsum("sa,sb->", expert_occupancy, np.abs(expert_pi - pi))
    return np.float32(weighted / (2 * expert_occupancy.sum()))


@right
def dissimilarity_best_event(expert_pi, pi, expert_occupancy):
    """Total variation as it is defined: the event on which two distributions differ most."""
    n_actions = pi.shape[1]
    events = np.array(list(itertools.product([0, 1], repeat=n_actions)))
    differing = ((expert_pi - pi) @ events.T).max(axis=1)
    return np.average(differing, weights=expert_occupancy.sum(axis=1)).item()


@right
def dissimilarity_weighted_pairs(expert_pi, pi, expert_occupancy):
    visits = expert_occupancy.sum(axis=1, keepdims=True)
    return 0.5 * np.sum(visits * np.abs(pi - expert_pi)) / np.sum(visits)


@right
def dissimilarity_city_blocks(expert_pi, pi, expert_occupancy):
    blocks = [scipy.spatial.distance.cityblock(p, q) for p, q in zip(expert_pi, pi, strict=True)]
    visits = expert_occupancy.sum(axis=1)
    return sum(b * v for b, v in zip(blocks, visits, strict=True)) / visits.sum() / 2


@right
def dissimilarity_visited_only(expert_pi, pi, expert_occupancy):
    visited = expert_occupancy.sum(axis=1) > 0
    visits = expert_occupancy[visited].sum(axis=1)
    differing = np.abs(expert_pi[visited] - pi[visited]).sum(axis=1) / 2
    return np.sum(visits / visits.sum() * differing)


@right
def dissimilarity_diagonal(expert_pi, pi, expert_occupancy):
    weights = np.diag(expert_occupancy.sum(axis=1))
    return np.array((weights @ np.abs(expert_pi - pi)).sum() / np.trace(weights) / 2)


def variation(expert_pi, pi):
    return np.abs(expert_pi - pi).sum(axis=1) / 2


def shares(expert_occupancy):
    return expert_occupancy.sum(axis=1) / expert_occupancy.sum()


@wrong("all states count the same")
def dissimilarity_all_states(expert_pi, pi, expert_occupancy):
    return variation(expert_pi, pi).mean()


@wrong("all states that the expert visits count the same")
def dissimilarity_visited_alike(expert_pi, pi, expert_occupancy):
    return variation(expert_pi, pi)[expert_occupancy.sum(axis=1) > 1e-12].mean()


@wrong("no half")
def dissimilarity_no_half(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ np.abs(expert_pi - pi).sum(axis=1)


@wrong("halved twice")
def dissimilarity_quarter(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ variation(expert_pi, pi) / 2


@wrong("not divided by the visits")
def dissimilarity_unnormalised(expert_pi, pi, expert_occupancy):
    return expert_occupancy.sum(axis=1) @ variation(expert_pi, pi)


@wrong("divided by the number of states")
def dissimilarity_mean_of_weighted(expert_pi, pi, expert_occupancy):
    return (expert_occupancy.sum(axis=1) * variation(expert_pi, pi)).mean()


@wrong("weighted pair by pair: only the expert's own actions are compared")
def dissimilarity_pair_by_pair(expert_pi, pi, expert_occupancy):
    return (expert_occupancy * np.abs(expert_pi - pi)).sum() / expert_occupancy.sum()


@wrong("weighted pair by pair, and halved")
def dissimilarity_pair_by_pair_halved(expert_pi, pi, expert_occupancy):
    return (expert_occupancy * np.abs(expert_pi - pi)).sum() / expert_occupancy.sum() / 2


@wrong("a mean over the actions, not a sum")
def dissimilarity_mean_over_actions(expert_pi, pi, expert_occupancy):
    return np.average(np.abs(expert_pi - pi).mean(axis=1), weights=expert_occupancy.sum(axis=1))


@wrong("the largest difference of an action: right for two actions only")
def dissimilarity_largest_action(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ np.abs(expert_pi - pi).max(axis=1)


@wrong("compares the likeliest actions: right for deterministic policies only")
def dissimilarity_likeliest(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ (expert_pi.argmax(axis=1) != pi.argmax(axis=1))


@wrong("counts every state in which anything differs")
def dissimilarity_any_difference(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ np.any(~np.isclose(expert_pi, pi), axis=1)


@wrong("the chance that two draws differ: right for deterministic policies only")
def dissimilarity_two_draws(expert_pi, pi, expert_occupancy):
    return 1 - shares(expert_occupancy) @ (expert_pi * pi).sum(axis=1)


@wrong("the expert's visits to actions that the other never takes")
def dissimilarity_never_taken(expert_pi, pi, expert_occupancy):
    return expert_occupancy[pi == 0].sum() / expert_occupancy.sum()


@wrong("squared differences")
def dissimilarity_squared(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ ((expert_pi - pi) ** 2).sum(axis=1) / 2


@wrong("Euclidean distances")
def dissimilarity_euclidean(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ np.linalg.norm(expert_pi - pi, axis=1)


@wrong("signed differences, which cancel")
def dissimilarity_signed(expert_pi, pi, expert_occupancy):
    return shares(expert_occupancy) @ (expert_pi - pi).sum(axis=1) / 2


@wrong("how alike they are")
def dissimilarity_similarity(expert_pi, pi, expert_occupancy):
    return 1 - shares(expert_occupancy) @ variation(expert_pi, pi)


@wrong("the state that differs most")
def dissimilarity_worst_state(expert_pi, pi, expert_occupancy):
    return variation(expert_pi, pi)[expert_occupancy.sum(axis=1) > 0].max()


@wrong("the expert's most visited state only")
def dissimilarity_most_visited(expert_pi, pi, expert_occupancy):
    return variation(expert_pi, pi)[expert_occupancy.sum(axis=1).argmax()]


@wrong("sums over the states first")
def dissimilarity_columns(expert_pi, pi, expert_occupancy):
    apart = np.abs(expert_pi - pi).sum(axis=0) / 2
    return apart @ expert_occupancy.sum(axis=0) / expert_occupancy.sum()


@wrong("occupancy ignored, an overall sum")
def dissimilarity_sum(expert_pi, pi, expert_occupancy):
    return variation(expert_pi, pi).sum()


@wrong("divided by the visits state by state: every state counts the same, added up")
def dissimilarity_rows(expert_pi, pi, expert_occupancy):
    visits = expert_occupancy / expert_occupancy.sum(axis=1, keepdims=True)
    return (visits.sum(axis=1) * variation(expert_pi, pi)).mean()


@wrong("made a share with the discount of the notebook's world")
def dissimilarity_fixed_discount(expert_pi, pi, expert_occupancy):
    return (1 - grid.mdp.gamma) * expert_occupancy.sum(axis=1) @ variation(expert_pi, pi)


@wrong("scales the visits in place")
def dissimilarity_changes_visits(expert_pi, pi, expert_occupancy):
    expert_occupancy /= expert_occupancy.sum()
    return expert_occupancy.sum(axis=1) @ variation(expert_pi, pi)


@slip("return one number")
def dissimilarity_per_state(expert_pi, pi, expert_occupancy):
    return variation(expert_pi, pi)


@slip("return one number")
def dissimilarity_per_pair(expert_pi, pi, expert_occupancy):
    return expert_occupancy * np.abs(expert_pi - pi) / expert_occupancy.sum() / 2


@slip("is a return missing")
def dissimilarity_no_return(expert_pi, pi, expert_occupancy):
    str(shares(expert_occupancy) @ variation(expert_pi, pi))  # a learner prints it


@slip("is a str")
def dissimilarity_as_text(expert_pi, pi, expert_occupancy):
    return f"{shares(expert_occupancy) @ variation(expert_pi, pi):.3f}"


@slip("mismatch")
def dissimilarity_wrong_axis(expert_pi, pi, expert_occupancy):
    return expert_occupancy.sum(axis=0) @ variation(expert_pi, pi)


@slip("is not defined")
def dissimilarity_misspelt(expert_pi, pi, expert_occupancy):
    return np.abs(expert_policy - pi).sum() / 2  # noqa: F821


@slip("True")
def dissimilarity_verdict(expert_pi, pi, expert_occupancy):
    return bool(np.any(expert_pi != pi)) or True


@endless("the state is never counted up")
def dissimilarity_never_ends(expert_pi, pi, expert_occupancy):
    s, total = 0, 0.0
    while s < len(pi):
        total += np.abs(expert_pi[s] - pi[s]).sum() / 2
    return total


# --- structured_margin ----------------------------------------------------------------------

right, wrong, slip, endless = marker("structured_margin", RIGHT, WRONG, SLIPS, ENDLESS)


@right
def structured_as_written(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable()
    constraints = [(expert - others) @ psi >= dissimilarities - slack, slack >= 0]
    cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2 + C * slack), constraints).solve()
    return psi.value, slack.value


@right
def structured_sign_declared(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    minimise(
        0.5 * cp.norm(psi) ** 2 + C * slack,
        [expert @ psi + slack >= others @ psi + dissimilarities],
    )
    return psi.value.tolist(), float(slack.value)


@right
def structured_rival_by_rival(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable()
    constraints = [slack >= 0]
    for other, asked in zip(others, dissimilarities, strict=True):
        constraints.append(psi @ (expert - other) >= asked - slack)
    minimise(halved(psi) + C * slack, constraints)
    return np.array(psi.value), slack.value.item()


@right
def structured_hinge(expert, others, dissimilarities, C):
    """Without a slack variable: what the worst rival misses, or 0."""
    psi = cp.Variable(len(expert))
    short = cp.pos(cp.max(dissimilarities - (expert - others) @ psi))
    minimise(cp.quad_form(psi, np.eye(len(expert))) / 2 + C * short, [])
    return psi.value, short.value


@right
def structured_augmented_returns(expert, others, dissimilarities, C):
    """The best of the loss-augmented returns, the expert's among them, less the expert's."""
    psi = cp.Variable(len(expert))
    augmented = cp.hstack([others @ psi + dissimilarities, expert @ psi])
    minimise(halved(psi) + C * (cp.max(augmented) - expert @ psi), [])
    short = dissimilarities - (expert - others) @ psi.value
    return psi.value, max(0.0, short.max())


@right
def structured_expert_among_rivals(expert, others, dissimilarities, C):
    """The expert as one more rival, of which nothing is asked, keeps the slack from below 0."""
    rivals, asked = np.vstack([others, expert]), np.append(dissimilarities, 0.0)
    psi, slack = cp.Variable(len(expert)), cp.Variable()
    minimise(halved(psi) + C * slack, [(expert - rivals) @ psi >= asked - slack])
    return psi.value, slack.value


@right
def structured_per_price(expert, others, dissimilarities, C):
    """Everything divided by C, and maximised."""
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    maximise(
        -slack - cp.sum(psi**2) / (2 * C), [(expert - others) @ psi + slack >= dissimilarities]
    )
    return psi.value, np.float64(slack.value)


@right
def structured_osqp(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    asked = (expert - others) @ psi >= dissimilarities - slack
    quietly(minimise, halved(psi) + C * slack, [asked], solver=cp.OSQP)
    return psi.value, slack.value


@right
def structured_scs(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    asked = (expert - others) @ psi >= dissimilarities - slack
    quietly(minimise, halved(psi) + C * slack, [asked], solver=cp.SCS)
    return psi.value, slack.value


@right
def structured_dual(expert, others, dissimilarities, C):
    differences = expert - others
    w = cp.Variable(len(others), nonneg=True)
    maximise(dissimilarities @ w - halved(differences.T @ w), [cp.sum(w) <= C])
    psi = differences.T @ w.value
    return psi, np.max(missing(differences, psi, dissimilarities))


@right
def structured_slsqp(expert, others, dissimilarities, C):
    differences, scale = expert - others, max(1.0, C)
    found = scipy.optimize.minimize(
        lambda x: (x[:-1] @ x[:-1] / 2 + C * x[-1]) / scale,
        np.append(np.zeros(len(expert)), np.max(dissimilarities)),
        jac=lambda x: np.append(x[:-1], C) / scale,
        method="SLSQP",
        bounds=[(None, None)] * len(expert) + [(0, None)],
        constraints={
            "type": "ineq",
            "fun": lambda x: differences @ x[:-1] + x[-1] - dissimilarities,
            "jac": lambda x: np.column_stack([differences, np.ones(len(others))]),
        },
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return found.x[:-1], found.x[-1]


@right
def structured_one_long_vector(expert, others, dissimilarities, C):
    K = len(expert)
    x = cp.Variable(K + 1)
    system = np.column_stack([expert - others, np.ones(len(others))])
    cost = cp.quad_form(x, np.diag(np.append(np.ones(K), 0.0))) / 2 + C * x[K]
    minimise(cost, [system @ x >= dissimilarities, x[K] >= 0])
    return x.value[:K], x.value[K]


def structured(expert, others, dissimilarities, C, cost=None, asked=None, **declared):
    """The program with another cost or another margin."""
    psi, slack = cp.Variable(len(expert)), cp.Variable(**(declared or {"nonneg": True}))
    cost = cost or (lambda psi, slack: halved(psi) + C * slack)
    asked = asked or (lambda slack: dissimilarities - slack)
    minimise(cost(psi, slack), [(expert - others) @ psi >= asked(slack)])
    return psi.value, slack.value


@wrong("a margin of 1 for all")
def structured_ones(expert, others, dissimilarities, C):
    return structured(expert, others, np.ones(len(others)), C)


@wrong("a margin of 1 beside the dissimilarity")
def structured_one_more(expert, others, dissimilarities, C):
    return structured(expert, others, 1 + dissimilarities, C)


@wrong("the more alike, the more is asked")
def structured_similarities(expert, others, dissimilarities, C):
    return structured(expert, others, 1 - dissimilarities, C)


@wrong("dissimilarity subtracted: nothing is asked")
def structured_subtracted(expert, others, dissimilarities, C):
    return structured(expert, others, -dissimilarities, C)


@wrong("dissimilarity multiplies the slack")
def structured_times_slack(expert, others, dissimilarities, C):
    return structured(
        expert, others, dissimilarities, C, asked=lambda slack: 1 - dissimilarities * slack
    )


@wrong("dissimilarity multiplies the whole of margin and slack")
def structured_times_all(expert, others, dissimilarities, C):
    return structured(
        expert, others, dissimilarities, C, asked=lambda slack: dissimilarities * (1 - slack)
    )


@wrong("dissimilarities scaled to a largest of 1")
def structured_scaled(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities / np.max(dissimilarities), C)


@wrong("dissimilarities scaled to a sum of 1")
def structured_shares(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities / np.sum(dissimilarities), C)


@wrong("the average dissimilarity asked of all")
def structured_average_asked(expert, others, dissimilarities, C):
    return structured(expert, others, np.full(len(others), np.mean(dissimilarities)), C)


@wrong("the largest dissimilarity asked of all")
def structured_largest_asked(expert, others, dissimilarities, C):
    return structured(expert, others, np.full(len(others), np.max(dissimilarities)), C)


def slack_for_each(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    minimise(halved(psi) + C * cp.sum(slack), [(expert - others) @ psi >= dissimilarities - slack])
    return psi.value, slack.value


@wrong("a slack for each rival, and their sum")
def structured_slack_for_each(expert, others, dissimilarities, C):
    psi, slack = slack_for_each(expert, others, dissimilarities, C)
    return psi, slack.sum()


@wrong("a slack for each rival, and the largest")
def structured_largest_of_slacks(expert, others, dissimilarities, C):
    psi, slack = slack_for_each(expert, others, dissimilarities, C)
    return psi, slack.max()


@wrong("a slack for each rival, returned as they are")
def structured_vector_of_slacks(expert, others, dissimilarities, C):
    return slack_for_each(expert, others, dissimilarities, C)


@wrong("the average of the slacks is charged")
def structured_average_slack(expert, others, dissimilarities, C):
    psi = cp.Variable(len(expert))
    short = cp.mean(cp.pos(dissimilarities - (expert - others) @ psi))
    minimise(halved(psi) + C * short, [])
    return psi.value, short.value


@wrong("one slack, charged once per rival")
def structured_charged_often(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, C * len(others))


@wrong("nothing keeps the slack from being negative")
def structured_slack_below_zero(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, C, nonneg=False)


@wrong("slack squared")
def structured_squared(expert, others, dissimilarities, C):
    return structured(
        expert, others, dissimilarities, C, cost=lambda psi, slack: halved(psi) + C * slack**2
    )


@wrong("C in front of the wrong term")
def structured_price_on_psi(expert, others, dissimilarities, C):
    return structured(
        expert, others, dissimilarities, C, cost=lambda psi, slack: C * halved(psi) + slack
    )


@wrong("C left out")
def structured_no_price(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, 1.0)


@wrong("the notebook's C")
def structured_price_at_home(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, price_home)


@wrong("slack for free: psi = 0")
def structured_free(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, 0.0)


@wrong("no slack at all")
def structured_hard(expert, others, dissimilarities, C):
    psi = cp.Variable(len(expert))
    minimise(halved(psi), [(expert - others) @ psi >= dissimilarities])
    return psi.value, 0.0


@wrong("no half in front of the square")
def structured_no_half(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, C / 2)


@wrong("the norm, not its square")
def structured_unsquared(expert, others, dissimilarities, C):
    return structured(
        expert, others, dissimilarities, C, cost=lambda psi, slack: cp.norm(psi) / 2 + C * slack
    )


@wrong("slack added to the margin asked")
def structured_tightened(expert, others, dissimilarities, C):
    return structured(
        expert, others, dissimilarities, C, asked=lambda slack: dissimilarities + slack
    )


@wrong("others less the expert")
def structured_turned(expert, others, dissimilarities, C):
    return structured(-expert, -others, dissimilarities, C)


@wrong("an average of the constraints")
def structured_one_constraint(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    asked = cp.mean((expert - others) @ psi) >= np.mean(dissimilarities) - slack
    minimise(halved(psi) + C * slack, [asked])
    return psi.value, slack.value


@wrong("the rival that is most unlike only")
def structured_most_unlike(expert, others, dissimilarities, C):
    i = np.argmax(dissimilarities)
    return structured(expert, others[[i]], dissimilarities[[i]], C)


@wrong("the last rival only")
def structured_last_rival(expert, others, dissimilarities, C):
    return structured(expert, others[-1:], dissimilarities[-1:], C)


@wrong("C times the slack")
def structured_bill(expert, others, dissimilarities, C):
    psi, slack = structured(expert, others, dissimilarities, C)
    return psi, C * slack


@wrong("psi scaled to length 1")
def structured_unit(expert, others, dissimilarities, C):
    psi, slack = structured(expert, others, dissimilarities, C)
    return psi / np.linalg.norm(psi), slack


@wrong("the dissimilarity weighs the slack of each rival")
def structured_weighted_slacks(expert, others, dissimilarities, C):
    psi = cp.Variable(len(expert))
    short = cp.pos(1 - (expert - others) @ psi)
    minimise(halved(psi) + C * (dissimilarities @ short), [])
    return psi.value, np.max(short.value)


@wrong("changes the dissimilarities in place")
def structured_changes_dissimilarities(expert, others, dissimilarities, C):
    dissimilarities *= -1
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    minimise(halved(psi) + C * slack, [(others - expert) @ psi <= dissimilarities + slack])
    return psi.value, slack.value


@slip(".value")
def structured_variables(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    minimise(halved(psi) + C * slack, [(expert - others) @ psi >= dissimilarities - slack])
    return psi, slack


@slip("return 2 things")
def structured_psi_only(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarities, C)[0]


@slip("return 2 things")
def structured_score(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    cost = halved(psi) + C * slack
    return minimise(cost, [(expert - others) @ psi >= dissimilarities - slack])


@slip("is one number")
def structured_swapped(expert, others, dissimilarities, C):
    psi, slack = structured(expert, others, dissimilarities, C)
    return slack, psi


@slip("is None")
def structured_not_solved(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    cp.Problem(cp.Minimize(halved(psi) + C * slack), [expert @ psi >= 1 - slack])
    return psi.value, slack.value


@slip("is a return missing")
def structured_no_return(expert, others, dissimilarities, C):
    structured(expert, others, dissimilarities, C)


@slip("is not defined")
def structured_misspelt(expert, others, dissimilarities, C):
    return structured(expert, others, dissimilarity, C)  # noqa: F821


@slip("positional argument")
def structured_argument_missing(expert, others, dissimilarities, C):
    return structured(expert, others, C)


@slip("Strict inequalities")
def structured_strict(expert, others, dissimilarities, C):
    psi, slack = cp.Variable(len(expert)), cp.Variable()
    constraints = [(expert - others) @ psi >= dissimilarities - slack, slack > 0]
    minimise(halved(psi) + C * slack, constraints)
    return psi.value, slack.value


@endless("lowers the slack to the limit of floats and beyond")
def structured_never_ends(expert, others, dissimilarities, C):
    psi, slack = np.zeros(len(expert)), 1.0 + float(np.max(dissimilarities))
    while slack > 0:
        slack = max(slack / 2, 1e-300)
    return psi, slack


# --- most_violating_policy ------------------------------------------------------------------

right, wrong, slip, endless = marker("most_violating_policy", RIGHT, WRONG, SLIPS, ENDLESS)


def one_hot(actions, n_actions):
    return np.eye(n_actions)[actions]


def best_by_sweeps(mdp, reward, sweeps=4000):
    """Greedy for values found by plain value iteration."""
    V = np.zeros(mdp.n_states)
    for _ in range(sweeps):
        V, before = (reward + mdp.gamma * mdp.P @ V).max(axis=1), V
        if np.abs(V - before).max() < 1e-13:
            break
    return (reward + mdp.gamma * mdp.P @ V).argmax(axis=1)


@right
def violating_value_iteration(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss)[1]


@right
def violating_policy_iteration(mdp, features, psi, loss):
    V, pi = policy_iteration(mdp, loss + np.einsum("sak,k->sa", features, psi))
    return pi


@right
def violating_reward_by_loops(mdp, features, psi, loss):
    S, A, K = features.shape
    reward = np.zeros((S, A))
    for s in range(S):
        for a in range(A):
            reward[s, a] = loss[s, a] + sum(psi[k] * features[s, a, k] for k in range(K))
    _, pi = value_iteration(mdp, reward, tol=1e-6)
    return pi.tolist()


@right
def violating_one_more_feature(mdp, features, psi, loss):
    """The loss is a feature of weight 1."""
    augmented = np.concatenate([features, loss[:, :, None]], axis=2)
    return policy_iteration(mdp, np.tensordot(augmented, np.append(psi, 1.0), axes=1))[1]


@right
def violating_sweeps(mdp, features, psi, loss):
    actions = best_by_sweeps(mdp, np.dot(features, psi) + loss)
    pi = np.zeros((mdp.n_states, mdp.n_actions), dtype=int)
    pi[range(mdp.n_states), actions] = 1
    return pi


@right
def violating_greedy_for_values(mdp, features, psi, loss):
    reward = features @ psi + loss
    V, _ = value_iteration(mdp, reward, tol=1e-10)
    return greedy_policy(bellman_backup(mdp, reward, V))


@right
def violating_own_policy_iteration(mdp, features, psi, loss):
    reward, actions, before = features @ psi + loss, np.zeros(mdp.n_states, dtype=int), None
    states = np.arange(mdp.n_states)
    while not np.array_equal(actions, before):
        system = np.eye(mdp.n_states) - mdp.gamma * mdp.P[states, actions]
        V, before = np.linalg.solve(system, reward[states, actions]), actions
        actions = np.round(reward + mdp.gamma * mdp.P @ V, 10).argmax(axis=1)
    return one_hot(actions, mdp.n_actions)


@right
def violating_linear_program(mdp, features, psi, loss):
    """The smallest V above its own backup."""
    S, A = loss.shape
    reward = features @ psi + loss
    system = np.repeat(np.eye(S), A, axis=0) - mdp.gamma * mdp.P.reshape(S * A, S)
    found = scipy.optimize.linprog(
        np.ones(S), A_ub=-system, b_ub=-reward.ravel(), bounds=(None, None)
    )
    Q = reward + mdp.gamma * mdp.P @ found.x
    return (Q.argmax(axis=1)[:, None] == np.arange(A)).astype(float)


@right
def violating_best_visits(mdp, features, psi, loss):
    """The dual: the visits that collect most."""
    rho = cp.Variable(loss.shape, nonneg=True)
    arriving = sum(mdp.P[:, a].T @ rho[:, a] for a in range(mdp.n_actions))
    flow = cp.sum(rho, axis=1) == mdp.initial_dist + mdp.gamma * arriving
    maximise(cp.sum(cp.multiply(rho, features @ psi + loss)), [flow])
    return one_hot(rho.value.argmax(axis=1), mdp.n_actions)


@right
def violating_every_policy(mdp, features, psi, loss):
    """All of them in tiny worlds, the planner in others."""
    S, A = loss.shape
    reward = features @ psi + loss
    if A**S > 3000:
        return policy_iteration(mdp, reward)[1]
    every = [one_hot(list(actions), A) for actions in itertools.product(range(A), repeat=S)]
    return max(every, key=lambda pi: policy_evaluation(mdp, reward, pi).sum())


@right
def violating_long_horizon(mdp, features, psi, loss):
    """Backwards in time from far away."""
    reward, V = features @ psi + loss, np.zeros(mdp.n_states)
    horizon = int(np.ceil(-30 / np.log(mdp.gamma))) if mdp.gamma > 0 else 1
    for _ in range(horizon):
        Q = bellman_backup(mdp, reward, V)
        V = Q.max(axis=1)
    pi = np.zeros(Q.shape)
    for s in range(mdp.n_states):
        pi[s, np.argmax(Q[s])] = 1.0
    return pi


@right
def violating_scaled_reward(mdp, features, psi, loss):
    """Twice the reward and something more everywhere: the same plan."""
    return value_iteration(mdp, 2 * (features @ psi + loss) + 1.0, tol=1e-9)[1].astype(np.float32)


@wrong("the loss subtracted")
def violating_loss_subtracted(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi - loss)[1]


@wrong("the loss left out")
def violating_no_loss(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi)[1]


@wrong("the loss multiplies the reward")
def violating_loss_multiplied(mdp, features, psi, loss):
    return value_iteration(mdp, (features @ psi) * loss)[1]


@wrong("the reward of actions without loss only")
def violating_loss_as_mask(mdp, features, psi, loss):
    return value_iteration(mdp, (features @ psi) * (1 - loss))[1]


@wrong("the loss alone")
def violating_loss_alone(mdp, features, psi, loss):
    return value_iteration(mdp, loss)[1]


@wrong("psi subtracted: the reward turned round")
def violating_reward_turned(mdp, features, psi, loss):
    return value_iteration(mdp, loss - features @ psi)[1]


@wrong("the loss for acting as the expert does")
def violating_loss_inverted(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + (1 - loss))[1]


@wrong("the least violating policy")
def violating_least(mdp, features, psi, loss):
    return value_iteration(mdp, -(features @ psi + loss))[1]


@wrong("the best next reward only")
def violating_greedy_for_reward(mdp, features, psi, loss):
    return greedy_policy(features @ psi + loss)


@wrong("the loss added to values that were planned without it")
def violating_loss_afterwards(mdp, features, psi, loss):
    reward = features @ psi
    V, _ = value_iteration(mdp, reward)
    return greedy_policy(bellman_backup(mdp, reward, V) + loss)


@wrong("one step ahead")
def violating_one_step_ahead(mdp, features, psi, loss):
    reward = features @ psi + loss
    return greedy_policy(bellman_backup(mdp, reward, reward.max(axis=1)))


@wrong("one improvement of the uniform policy")
def violating_one_improvement(mdp, features, psi, loss):
    reward = features @ psi + loss
    uniform = np.full(loss.shape, 1 / mdp.n_actions)
    return greedy_policy(bellman_backup(mdp, reward, policy_evaluation(mdp, reward, uniform)))


@wrong("a softmax of Q")
def violating_soft(mdp, features, psi, loss):
    return soft_value_iteration(mdp, features @ psi + loss)[2]


@wrong("psi scaled to length 1")
def violating_unit_psi(mdp, features, psi, loss):
    return value_iteration(mdp, features @ (psi / np.linalg.norm(psi)) + loss)[1]


@wrong("the loss scaled down to a share of the visits")
def violating_discounted_loss(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + (1 - mdp.gamma) * loss)[1]


@wrong("rewards without psi")
def violating_no_psi(mdp, features, psi, loss):
    return value_iteration(mdp, features.sum(axis=2) + loss)[1]


@wrong("features averaged over the actions")
def violating_state_features(mdp, features, psi, loss):
    return value_iteration(mdp, (features.mean(axis=1) @ psi)[:, None] + loss)[1]


@wrong("the loss averaged over the actions")
def violating_state_loss(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss.mean(axis=1, keepdims=True))[1]


@wrong("one average of the loss for all")
def violating_average_loss(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss.mean())[1]


@wrong("the discount of the lesson's world")
def violating_fixed_discount(mdp, features, psi, loss):
    return value_iteration(mdp.replace(gamma=grid.mdp.gamma), features @ psi + loss)[1]


@wrong("the likeliest next state, as if there were no noise")
def violating_no_noise(mdp, features, psi, loss):
    P = np.eye(mdp.n_states)[mdp.P.argmax(axis=2)]
    return value_iteration(mdp.replace(P=P), features @ psi + loss)[1]


@wrong("the values, not the policy")
def violating_values(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss)[0]


@wrong("the action values, not the policy")
def violating_action_values(mdp, features, psi, loss):
    reward = features @ psi + loss
    return bellman_backup(mdp, reward, value_iteration(mdp, reward)[0])


@wrong("the reward, not the policy")
def violating_reward(mdp, features, psi, loss):
    return features @ psi + loss


@wrong("its visits, not the policy")
def violating_visits(mdp, features, psi, loss):
    return occupancy(mdp, value_iteration(mdp, features @ psi + loss)[1])


@wrong("value iteration on the loss, evaluated with the reward")
def violating_wrong_order(mdp, features, psi, loss):
    V = policy_evaluation(mdp, features @ psi, value_iteration(mdp, loss)[1])
    return greedy_policy(bellman_backup(mdp, features @ psi, V))


@wrong("adds to the loss in place")
def violating_changes_loss(mdp, features, psi, loss):
    loss += features @ psi
    return value_iteration(mdp, loss)[1]


@slip("one action number per state")
def violating_actions(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss)[1].argmax(axis=1)


@slip("2 things together")
def violating_with_values(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss)


@slip("Are the two axes swapped")
def violating_transposed(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss)[1].T


@slip("is a return missing")
def violating_no_return(mdp, features, psi, loss):
    value_iteration(mdp, features @ psi + loss)


@slip("mismatch")
def violating_psi_first(mdp, features, psi, loss):
    return value_iteration(mdp, psi @ features + loss)[1]


@slip("reward has shape")
def violating_features_as_reward(mdp, features, psi, loss):
    return value_iteration(mdp, features * psi + loss[:, :, None])[1]


@slip("has no attribute")
def violating_misspelt(mdp, features, psi, loss):
    return value_iteration(mdp, features.dott(psi) + loss)[1]


@slip("nan")
def violating_not_a_number(mdp, features, psi, loss):
    best = value_iteration(mdp, features @ psi + loss)[1]
    return np.where(best > 0, best, np.log(-1.0 - best))


@slip("read-only")
def violating_changes_world(mdp, features, psi, loss):
    mdp.P[0] = 1 / mdp.n_states
    return value_iteration(mdp, features @ psi + loss)[1]


@endless("sweeps without a discount until V stands still")
def violating_never_ends(mdp, features, psi, loss):
    V, before = np.zeros(mdp.n_states), None
    while not np.array_equal(V, before):
        V, before = (features @ psi + loss + mdp.P @ V).max(axis=1), V
    return greedy_policy(bellman_backup(mdp, features @ psi + loss, V))


# --- max_margin_planning --------------------------------------------------------------------

right, wrong, slip, endless = marker("max_margin_planning", RIGHT, WRONG, SLIPS, ENDLESS)


def collected(visits, features):
    """Feature expectations of visits."""
    return np.einsum("sa,sak->k", visits, features)


def program(expert, others, asked, C):
    """One slack, however many constraints."""
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    differences = expert - np.array(others)
    minimise(halved(psi) + C * slack, [differences @ psi >= np.array(asked) - slack])
    return psi.value, float(slack.value)


@right
def cuts_as_written(mdp, features, demos_occupancy, loss, C, tol):
    expert = np.tensordot(demos_occupancy, features, axes=2)
    psi, slack = np.zeros(len(expert)), 0.0
    policies, others, asked = [], [], []
    while True:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        rho = occupancy(mdp, pi)
        mu, margin = np.tensordot(rho, features, axes=2), (rho * loss).sum()
        if margin - psi @ (expert - mu) - slack <= tol:
            return psi, np.array(policies)
        policies.append(pi)
        others.append(mu)
        asked.append(margin)
        psi, slack = program(expert, others, asked, C)


@right
def cuts_augmented_returns(mdp, features, demos_occupancy, loss, C, tol):
    """Returns, not constraints: the planner's best against the expert's, plus slack."""
    expert = collected(demos_occupancy, features)
    psi, slack, policies, rhos = 0 * expert, 0.0, [], []
    for _ in range(500):
        V, pi = policy_iteration(mdp, features @ psi + loss)
        if mdp.initial_dist @ V <= expert @ psi + slack + tol:
            break
        policies += [pi]
        rhos += [occupancy(mdp, pi)]
        others = [collected(rho, features) for rho in rhos]
        psi, slack = program(expert, others, [np.sum(rho * loss) for rho in rhos], C)
    return psi, policies


@right
def cuts_growing_list(mdp, features, demos_occupancy, loss, C, tol):
    """cvxpy's own list of constraints grows by one a round."""
    expert = collected(demos_occupancy, features)
    psi, slack = cp.Variable(len(expert)), cp.Variable()
    constraints, policies = [slack >= 0], []
    problem = cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2 + C * slack), constraints)
    problem.solve()
    while True:
        pi = value_iteration(mdp, features @ psi.value + loss)[1]
        rho = occupancy(mdp, pi)
        edge, asked = expert - collected(rho, features), np.sum(rho * loss)
        if asked - psi.value @ edge <= slack.value + tol:
            return psi.value.tolist(), [pi.tolist() for pi in policies]
        policies.append(pi)
        constraints.append(psi @ edge >= asked - slack)
        problem = cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2 + C * slack), constraints)
        problem.solve()


@right
def cuts_hinge(mdp, features, demos_occupancy, loss, C, tol):
    """The slack is no variable, but what the worst of the policies so far misses."""
    expert = collected(demos_occupancy, features)
    value, short, edges, asked, policies = np.zeros(len(expert)), 0.0, [], [], []
    while True:
        pi = value_iteration(mdp, features @ value + loss)[1]
        rho = occupancy(mdp, pi)
        edge = collected(demos_occupancy - rho, features)
        if (rho * loss).sum() - edge @ value <= max(0.0, short) + tol:
            return value, np.stack(policies)
        edges, asked = [*edges, edge], [*asked, (rho * loss).sum()]
        policies.append(pi)
        psi = cp.Variable(len(expert))
        minimise(halved(psi) + C * cp.pos(cp.max(np.array(asked) - np.array(edges) @ psi)), [])
        value = psi.value
        short = max(a - e @ value for a, e in zip(asked, edges, strict=True))


@right
def cuts_from_the_uniform_policy(mdp, features, demos_occupancy, loss, C, tol):
    """Any policy may be the first constraint."""
    expert = collected(demos_occupancy, features)
    policies = [np.full(loss.shape, 1 / mdp.n_actions)]
    while True:
        rhos = [occupancy(mdp, pi) for pi in policies]
        others = [collected(rho, features) for rho in rhos]
        psi, slack = program(expert, others, [(rho * loss).sum() for rho in rhos], C)
        pi = value_iteration(mdp, features @ psi + loss)[1]
        rho = occupancy(mdp, pi)
        if (rho * (features @ psi + loss)).sum() - psi @ expert <= slack + tol:
            return psi, np.array(policies)
        policies.append(pi)


@right
def cuts_until_nothing_is_new(mdp, features, demos_occupancy, loss, C, tol):
    """A policy that is a constraint already cannot be violated."""
    expert = collected(demos_occupancy, features)
    psi, policies, others, asked = np.zeros(len(expert)), [], [], []
    for _ in range(300):
        pi = policy_iteration(mdp, features @ psi + loss)[1]
        if any(np.array_equal(pi, known) for known in policies):
            break
        rho = occupancy(mdp, pi)
        policies.append(pi)
        others.append(collected(rho, features))
        asked.append((rho * loss).sum())
        psi, _ = program(expert, others, asked, C)
    return psi, np.array(policies)


@right
def cuts_two_a_round(mdp, features, demos_occupancy, loss, C, tol):
    """The best policy without the loss makes a constraint as well."""
    expert = collected(demos_occupancy, features)
    psi, slack, policies, others, asked = np.zeros(len(expert)), 0.0, [], [], []
    while True:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        if expected_return(mdp, features @ psi + loss, pi) - expert @ psi - slack <= tol:
            return psi, np.array(policies)
        for found in (pi, value_iteration(mdp, features @ psi)[1]):
            rho = occupancy(mdp, found)
            policies.append(found)
            others.append(collected(rho, features))
            asked.append((rho * loss).sum())
        psi, slack = program(expert, others, asked, C)


@right
def cuts_dual(mdp, features, demos_occupancy, loss, C, tol):
    """psi from the weights of the constraints."""
    expert = collected(demos_occupancy, features)
    psi, slack, policies, edges, asked = np.zeros(len(expert)), 0.0, [], [], []
    while True:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        rho = occupancy(mdp, pi)
        edge, margin = collected(demos_occupancy - rho, features), (rho * loss).sum()
        if margin - psi @ edge <= slack + tol:
            return psi, np.array(policies)
        policies, edges, asked = [*policies, pi], [*edges, edge], [*asked, margin]
        w = cp.Variable(len(edges), nonneg=True)
        system = np.array(edges)
        maximise(np.array(asked) @ w - halved(system.T @ w), [cp.sum(w) <= C])
        psi = w.value @ system
        slack = missing(system, psi, np.array(asked)).max()


@right
def cuts_slsqp(mdp, features, demos_occupancy, loss, C, tol):
    expert = collected(demos_occupancy, features)
    K = len(expert)
    x, policies, rows, asked = np.zeros(K + 1), [], [], []
    while True:
        pi = policy_iteration(mdp, features @ x[:K] + loss)[1]
        rho = occupancy(mdp, pi)
        row = np.append(collected(demos_occupancy - rho, features), 1.0)
        if np.sum(rho * loss) - row @ x <= tol or len(policies) == 100:
            return x[:K], policies
        policies.append(pi)
        rows.append(row)
        asked.append(np.sum(rho * loss))
        system, margins = np.array(rows), np.array(asked)
        x = scipy.optimize.minimize(
            lambda x: (x[:K] @ x[:K] / 2 + C * x[K]) / max(1.0, C),
            np.append(np.zeros(K), margins.max()),
            jac=lambda x: np.append(x[:K], C) / max(1.0, C),
            method="SLSQP",
            bounds=[(None, None)] * K + [(0, None)],
            constraints={
                "type": "ineq",
                "fun": lambda x, system=system, margins=margins: system @ x - margins,
                "jac": lambda x, system=system: system,
            },
            options={"ftol": 1e-14, "maxiter": 1000},
        ).x


@right
def cuts_with_the_courses_steps(mdp, features, demos_occupancy, loss, C, tol):
    expert = collected(demos_occupancy, features)
    psi, slack, policies, others, asked = np.zeros(len(expert)), 0.0, [], [], []
    while True:
        pi = most_violating_policy(mdp, features, psi, loss)
        rho = occupancy(mdp, pi)
        mu, margin = collected(rho, features), float((rho * loss).sum())
        if margin - psi @ (expert - mu) <= slack + tol:
            return psi, np.array(policies)
        policies.append(pi)
        others.append(mu)
        asked.append(margin)
        psi, slack = structured_margin(expert, np.array(others), np.array(asked), C)


@right
def cuts_once_more(mdp, features, demos_occupancy, loss, C, tol):
    """Looks at the violation after the policy has become a constraint."""
    expert = collected(demos_occupancy, features)
    psi, slack, policies, others, asked = np.zeros(len(expert)), 0.0, [], [], []
    violation = np.inf
    while violation > tol:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        rho = occupancy(mdp, pi)
        policies.append(pi)
        others.append(collected(rho, features))
        asked.append(np.sum(rho * loss))
        violation = asked[-1] - psi @ (expert - others[-1]) - slack
        psi, slack = program(expert, others, asked, C)
    return psi, np.array(policies)


@right
def cuts_stricter_than_asked(mdp, features, demos_occupancy, loss, C, tol):
    """Half of tol, on the bounds of the objective."""
    expert = collected(demos_occupancy, features)
    psi, slack, policies, others, asked = np.zeros(len(expert)), 0.0, [], [], []
    while True:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        rho = occupancy(mdp, pi)
        needed = np.sum(rho * (features @ psi + loss)) - psi @ expert
        lower, upper = psi @ psi / 2 + C * slack, psi @ psi / 2 + C * needed
        if upper - lower <= C * tol / 2:
            return psi, np.array(policies)
        policies.append(pi)
        others.append(collected(rho, features))
        asked.append(np.sum(rho * loss))
        psi, slack = program(expert, others, asked, C)


def plan(mdp, features, psi, loss):
    return value_iteration(mdp, features @ psi + loss)[1]


def met(violation, slack, tol):
    return violation - slack <= tol


def cuts(
    mdp, features, visits, loss, C, tol, *,
    plan=plan, solve=program, met=met, expert=None, mu=collected,
    margin=lambda rho, loss: (rho * loss).sum(), rounds=25,
):  # fmt: skip
    """Cutting planes of which one step can be exchanged: the psis, and the policies."""
    expert = collected(visits, features) if expert is None else expert
    psi, slack, policies, others, asked = np.zeros(len(expert)), 0.0, [], [], []
    psis = [psi]
    for _ in range(rounds):
        pi = plan(mdp, features, psi, loss)
        rho = occupancy(mdp, pi)
        other, wanted = mu(rho, features), margin(rho, loss)
        if met(wanted - psi @ (expert - other), slack, tol):
            break
        policies.append(pi)
        others.append(other)
        asked.append(wanted)
        psi, slack = solve(expert, others, asked, C)
        psis.append(psi)
    return psis, policies


def last(found):
    psis, policies = found
    return psis[-1], np.array(policies)


@wrong("the planner subtracts the loss: all seems well at once")
def cuts_loss_subtracted(mdp, features, demos_occupancy, loss, C, tol):
    def subtracting(mdp, features, psi, loss):
        return value_iteration(mdp, features @ psi - loss)[1]

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, plan=subtracting))


@wrong("the planner does without the loss")
def cuts_planned_without_loss(mdp, features, demos_occupancy, loss, C, tol):
    def without(mdp, features, psi, loss):
        return value_iteration(mdp, features @ psi)[1]

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, plan=without))


@wrong("the planner knows the loss alone")
def cuts_planned_for_loss(mdp, features, demos_occupancy, loss, C, tol):
    def loss_alone(mdp, features, psi, loss):
        return value_iteration(mdp, loss)[1]

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, plan=loss_alone, rounds=3))


@wrong("a planner that looks at the next reward only")
def cuts_short_sighted(mdp, features, demos_occupancy, loss, C, tol):
    def short_sighted(mdp, features, psi, loss):
        return greedy_policy(features @ psi + loss)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, plan=short_sighted))


@wrong("a margin of 1 asked of every policy")
def cuts_margin_one(mdp, features, demos_occupancy, loss, C, tol):
    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, margin=lambda rho, loss: 1.0))


@wrong("no margin asked of any policy")
def cuts_no_margin(mdp, features, demos_occupancy, loss, C, tol):
    return last(
        cuts(mdp, features, demos_occupancy, loss, C, tol, margin=lambda rho, loss: 0.0, rounds=5)
    )


@wrong("the margin counted over states and actions, not over visits")
def cuts_unvisited_loss(mdp, features, demos_occupancy, loss, C, tol):
    def counted(rho, loss):
        return loss[rho > 0].sum()

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, margin=counted))


@wrong("the margin a share of the visits")
def cuts_share_of_loss(mdp, features, demos_occupancy, loss, C, tol):
    def share(rho, loss):
        return (rho * loss).sum() / rho.sum()

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, margin=share))


@wrong("the loss of the expert's visits: nothing is asked")
def cuts_loss_of_the_expert(mdp, features, demos_occupancy, loss, C, tol):
    def of_the_expert(rho, loss):
        return (demos_occupancy * loss).sum()

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, margin=of_the_expert, rounds=5))


@wrong("features of the policies scaled to a share of the visits, the expert's not")
def cuts_scaled_rivals(mdp, features, demos_occupancy, loss, C, tol):
    def shared(rho, features):
        return collected(rho / rho.sum(), features)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, mu=shared, rounds=8))


@wrong("features of the expert scaled to a share of the visits, the policies' not")
def cuts_scaled_expert(mdp, features, demos_occupancy, loss, C, tol):
    expert = collected(demos_occupancy / demos_occupancy.sum(), features)
    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, expert=expert, rounds=8))


@wrong("features of the expert summed over the pairs that are visited, without their weights")
def cuts_unweighted_expert(mdp, features, demos_occupancy, loss, C, tol):
    expert = features[demos_occupancy > 0].sum(axis=0)
    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, expert=expert, rounds=8))


@wrong("only the last constraint is kept")
def cuts_last_only(mdp, features, demos_occupancy, loss, C, tol):
    def forgetful(expert, others, asked, C):
        return program(expert, others[-1:], asked[-1:], C)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=forgetful))


@wrong("only the first constraint is kept")
def cuts_first_only(mdp, features, demos_occupancy, loss, C, tol):
    def stubborn(expert, others, asked, C):
        return program(expert, others[:1], asked[:1], C)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=stubborn, rounds=5))


@wrong("a slack for each policy")
def cuts_slack_for_each(mdp, features, demos_occupancy, loss, C, tol):
    def slack_each(expert, others, asked, C):
        psi, slack = slack_for_each(expert, np.array(others), np.array(asked), C)
        return psi, slack.max()

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=slack_each))


@wrong("C in front of the wrong term")
def cuts_price_on_psi(mdp, features, demos_occupancy, loss, C, tol):
    def dear_psi(expert, others, asked, C):
        return program(expert, others, asked, 1 / C)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=dear_psi))


@wrong("C left out")
def cuts_no_price(mdp, features, demos_occupancy, loss, C, tol):
    return last(cuts(mdp, features, demos_occupancy, loss, 1.0, tol))


@wrong("no half in front of the square")
def cuts_no_half(mdp, features, demos_occupancy, loss, C, tol):
    def whole_square(expert, others, asked, C):
        return program(expert, others, asked, C / 2)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=whole_square))


@wrong("the average of what is missing is charged")
def cuts_average_slack(mdp, features, demos_occupancy, loss, C, tol):
    def average(expert, others, asked, C):
        psi = cp.Variable(len(expert))
        short = cp.pos(np.array(asked) - (expert - np.array(others)) @ psi)
        minimise(halved(psi) + C * cp.mean(short), [])
        return psi.value, short.value.max()

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=average))


@wrong("others less the expert")
def cuts_turned(mdp, features, demos_occupancy, loss, C, tol):
    def turned(expert, others, asked, C):
        return program(-expert, -np.array(others), asked, C)

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=turned, rounds=8))


@wrong("no slack: the hard program, or psi as it was where there is none")
def cuts_hard(mdp, features, demos_occupancy, loss, C, tol):
    def hard(expert, others, asked, C):
        psi = cp.Variable(len(expert))
        minimise(halved(psi), [(expert - np.array(others)) @ psi >= np.array(asked)])
        return (np.zeros(len(expert)) if psi.value is None else psi.value), 0.0

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, solve=hard, rounds=12))


@wrong("psi scaled to length 1 at the end")
def cuts_unit(mdp, features, demos_occupancy, loss, C, tol):
    psi, policies = last(cuts(mdp, features, demos_occupancy, loss, C, tol))
    return psi / np.linalg.norm(psi), policies


@wrong("one constraint, and psi for it")
def cuts_one_round(mdp, features, demos_occupancy, loss, C, tol):
    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, rounds=1))


@wrong("two rounds, whatever is left")
def cuts_two_rounds(mdp, features, demos_occupancy, loss, C, tol):
    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, rounds=2))


@wrong("return inside the loop, before the first constraint")
def cuts_no_round(mdp, features, demos_occupancy, loss, C, tol):
    expert = collected(demos_occupancy, features)
    psi = np.zeros(len(expert))
    while True:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        return psi, np.array([pi])


@wrong("the psi before the last one")
def cuts_last_but_one(mdp, features, demos_occupancy, loss, C, tol):
    psis, policies = cuts(mdp, features, demos_occupancy, loss, C, tol)
    return psis[-2], np.array(policies)


@wrong("the psi of the first constraint, with all policies")
def cuts_first_psi(mdp, features, demos_occupancy, loss, C, tol):
    psis, policies = cuts(mdp, features, demos_occupancy, loss, C, tol)
    return psis[1], np.array(policies)


@wrong("an average of all psis on the way")
def cuts_average_psi(mdp, features, demos_occupancy, loss, C, tol):
    psis, policies = cuts(mdp, features, demos_occupancy, loss, C, tol)
    return np.mean(psis, axis=0), np.array(policies)


@wrong("stops when the slack is small enough")
def cuts_stops_at_slack(mdp, features, demos_occupancy, loss, C, tol):
    def small_slack(violation, slack, tol):
        return slack <= tol

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, met=small_slack))


@wrong("slack counts twice in favour of stopping")
def cuts_stops_at_twice_the_slack(mdp, features, demos_occupancy, loss, C, tol):
    def generous(violation, slack, tol):
        return violation - 2 * slack <= tol

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, met=generous))


@wrong("a tolerance of 1, whatever is given")
def cuts_fixed_tolerance(mdp, features, demos_occupancy, loss, C, tol):
    return last(cuts(mdp, features, demos_occupancy, loss, C, 1.0))


@wrong("stops while something is violated, goes on when nothing is")
def cuts_stops_when_violated(mdp, features, demos_occupancy, loss, C, tol):
    def violated(violation, slack, tol):
        return violation - slack > tol

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, met=violated))


@wrong("stops as soon as the planned policy is not the one before")
def cuts_stops_at_change(mdp, features, demos_occupancy, loss, C, tol):
    expert = collected(demos_occupancy, features)
    psi, policies, others, asked = np.zeros(len(expert)), [], [], []
    for _ in range(20):
        pi = value_iteration(mdp, features @ psi + loss)[1]
        rho = occupancy(mdp, pi)
        if policies and not np.array_equal(pi, policies[-1]):
            break
        policies.append(pi)
        others.append(collected(rho, features))
        asked.append((rho * loss).sum())
        psi, _ = program(expert, others, asked, C)
    return psi, np.array(policies)


@wrong("adds to the loss in place, round after round")
def cuts_changes_loss(mdp, features, demos_occupancy, loss, C, tol):
    def adding(mdp, features, psi, loss):
        loss += features @ psi
        return value_iteration(mdp, loss)[1]

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, plan=adding, rounds=12))


@slip("return 2 things")
def cuts_psi_only(mdp, features, demos_occupancy, loss, C, tol):
    return last(cuts(mdp, features, demos_occupancy, loss, C, tol))[0]


@slip("return 2 things")
def cuts_with_slack(mdp, features, demos_occupancy, loss, C, tol):
    psi, policies = last(cuts(mdp, features, demos_occupancy, loss, C, tol))
    return psi, policies, 0.0


@slip("is a return missing")
def cuts_no_return(mdp, features, demos_occupancy, loss, C, tol):
    last(cuts(mdp, features, demos_occupancy, loss, C, tol, rounds=2))


@slip("has shape")
def cuts_swapped(mdp, features, demos_occupancy, loss, C, tol):
    psi, policies = last(cuts(mdp, features, demos_occupancy, loss, C, tol))
    return policies, psi


@slip("is not defined")
def cuts_misspelt(mdp, features, demos_occupancy, loss, C, tol):
    expert = collected(demo_occupancy, features)  # noqa: F821
    return expert, np.zeros((1, *loss.shape))


@slip("truth value of an array")
def cuts_compares_arrays(mdp, features, demos_occupancy, loss, C, tol):
    psi, policies = np.zeros(features.shape[2]), []
    while True:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        if pi in policies or occupancy(mdp, pi) * loss <= tol:
            return psi, policies
        policies.append(pi)


@slip("mismatch")
def cuts_flat_visits(mdp, features, demos_occupancy, loss, C, tol):
    expert = demos_occupancy.ravel() @ features
    return expert, np.zeros((1, *loss.shape))


@slip("is None")
def cuts_not_solved(mdp, features, demos_occupancy, loss, C, tol):
    psi = cp.Variable(features.shape[2])
    cp.Problem(cp.Minimize(halved(psi)), [psi >= 1])
    return psi.value, None


@endless("stops when the violation is small, and forgets the slack, which stays")
def cuts_never_end_with_slack(mdp, features, demos_occupancy, loss, C, tol):
    def without_slack(violation, slack, tol):
        return violation <= tol

    return last(cuts(mdp, features, demos_occupancy, loss, C, tol, met=without_slack, rounds=10**6))


@endless("never solves again: the same policy is found for ever")
def cuts_never_solve(mdp, features, demos_occupancy, loss, C, tol):
    psi, policies = np.zeros(features.shape[2]), []
    pi = value_iteration(mdp, features @ psi + loss)[1]
    while (occupancy(mdp, pi) * loss).sum() > tol:
        pi = value_iteration(mdp, features @ psi + loss)[1]
        policies.append(pi)
    return psi, np.array(policies)
