"""The road map: its rules, its two drivers, and what is learnt from one path of each."""

import functools

import numpy as np
import pytest
from scipy import ndimage

from irl_course.environments import LEFT, road_map
from irl_course.environments.road_map import DRIVERS, FEATURES, OPEN, ROAD, TREES
from irl_course.inverse.max_margin import compact_program, max_margin_planning
from irl_course.mdp import Demos
from irl_course.planning import expected_return, value_iteration

pytestmark = pytest.mark.filterwarnings("error")
ON_ROAD, IN_TREES = DRIVERS
C = 10.0
both_drivers = pytest.mark.parametrize("driver", list(DRIVERS))


@functools.cache
def learnt(seed, driver):
    """Weights learnt from one path in the training half."""
    region = road_map(seed).training
    path = region.drive(region.reward(driver))
    rho, loss = region.occupancy(path), region.loss(path)
    return max_margin_planning(region.grid.mdp, region.features, rho, loss, C, tol=1e-6)


# --- The map -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_road_leads_from_edge_to_edge(seed):
    drawn = road_map(seed)
    for part in (drawn, drawn.training, drawn.held_out):
        pieces, _ = ndimage.label(part.terrain == ROAD)
        assert np.intersect1d(pieces[:, 0], pieces[:, -1]).max() > 0
        assert set(np.unique(part.terrain)) == {ROAD, TREES, OPEN}
    for region in (drawn.training, drawn.held_out):
        for state, column in ((region.start, 0), (region.goal, 19)):
            row, col = region.grid.where(state)
            assert col == column
            assert region.terrain[row, col] == ROAD


def test_halves_make_the_whole():
    drawn = road_map(3, n_rows=12, n_cols=15)
    assert drawn.terrain.shape == (12, 30)
    halves = [drawn.training.terrain, drawn.held_out.terrain]
    np.testing.assert_array_equal(np.hstack(halves), drawn.terrain)
    picture = np.array([list(row) for row in drawn.training.grid.text.split("\n")])
    same = picture == drawn.training.terrain
    assert set(picture[~same]) == {"S", "G"}


def test_a_seed_is_a_map():
    np.testing.assert_array_equal(road_map(7).terrain, road_map(7).terrain)
    assert (road_map(7).terrain != road_map(8).terrain).any()


@pytest.mark.parametrize("smoothed", [False, True])
def test_features(smoothed):
    drawn = road_map(1, smoothed=smoothed)
    for region in (drawn.training, drawn.held_out):
        f = region.features
        assert f.shape == (400, 4, len(FEATURES) if smoothed else 3)
        assert (f == f[:, :1]).all()
        assert not f[region.goal].any()
        others = np.arange(400) != region.goal
        assert (f[others, :, :3].sum(axis=-1) == 1).all()
        for k, kind in enumerate((ROAD, TREES, OPEN)):
            np.testing.assert_array_equal(
                f[others, 0, k] == 1, region.terrain.ravel()[others] == kind
            )
        if smoothed:
            for near, kind in ((3, ROAD), (4, TREES)):
                on = region.terrain.ravel()[others] == kind
                assert (f[others, 0, near][on] == 1).all()
                assert f[others, 0, near][~on].max() == pytest.approx(np.exp(-0.5))
        with pytest.raises(ValueError, match="read-only"):
            f[0] = 1.0


def test_bad_sizes_and_drivers_are_named():
    with pytest.raises(ValueError, match="7 x 20"):
        road_map(0, n_rows=7)
    with pytest.raises(ValueError, match="n_cols is 9.5"):
        road_map(0, n_cols=9.5)
    with pytest.raises(ValueError, match="'stay on the road', 'stay in the trees'"):
        road_map(0).training.reward("fly")


def test_small_and_large_maps_can_be_driven():
    for size in (8, 26):  # dense and sparse transitions
        region = road_map(0, size, size).training
        for driver in DRIVERS:
            assert region.drive(region.reward(driver)).states[0, -1] == region.goal


# --- Paths -------------------------------------------------------------------------------------


@both_drivers
def test_a_path_goes_from_start_to_goal_and_is_optimal(driver):
    region = road_map(2).training
    mdp, reward = region.grid.mdp, region.reward(driver)
    path = region.drive(reward)
    states, actions = path.states[0], path.actions[0]
    assert (states[0], states[-1]) == (region.start, region.goal)
    assert region.goal not in states[:-1]
    assert (mdp.P[states[:-1] * mdp.n_actions + actions, states[1:]] == 1).all()
    paid = (mdp.gamma ** np.arange(path.horizon) * reward[states[:-1], actions]).sum()
    V, _ = value_iteration(mdp, reward)
    assert paid == pytest.approx(V[region.start])
    # The same by its visits, which are those of a policy.
    rho = region.occupancy(path)
    assert (rho * reward).sum() == pytest.approx(V[region.start])
    assert rho.sum() == pytest.approx(100)
    np.testing.assert_allclose(rho.sum(axis=1), mdp.initial_dist + 0.99 * mdp.flow(rho), atol=1e-12)


def test_loss_is_for_other_steps_only():
    region = road_map(2).training
    path = region.drive(region.reward(ON_ROAD))
    loss = region.loss(path)
    assert (loss * region.occupancy(path)).sum() == 0
    assert loss.sum() == 400 * 4 - path.horizon - 4
    assert not loss[region.goal].any()


def test_a_driver_who_never_arrives_is_stopped():
    region = road_map(2).training
    path = region.drive(np.eye(4)[LEFT] * np.ones((400, 1)))
    assert path.horizon == 400
    assert path.states[0, -1] == region.start
    assert region.occupancy(path).sum() == pytest.approx(100)


def test_shares_by_hand():
    region = road_map(0).training
    cells = [np.flatnonzero(region.terrain.ravel() == kind)[0] for kind in (ROAD, TREES, OPEN)]
    path = Demos([[cells[0], cells[1], cells[1], cells[2], cells[0]]], [[0, 0, 0, 0]])
    assert region.shares(path) == {ROAD: 0.25, TREES: 0.5, OPEN: 0.25}


@pytest.mark.parametrize("seed", range(5))
def test_drivers_differ(seed):
    for region in (road_map(seed).training, road_map(seed).held_out):
        on_road, in_trees = (region.shares(region.drive(region.reward(d))) for d in DRIVERS)
        assert on_road[ROAD] > 0.9
        assert in_trees[TREES] > 0.4
        assert on_road[TREES] < 0.1
        assert in_trees[ROAD] < 0.3


# --- Ratliff's experiment ----------------------------------------------------------------------


@both_drivers
@pytest.mark.parametrize("seed", range(5))
def test_one_path_is_enough_to_drive_where_nobody_has_been(seed, driver):
    psi, _ = learnt(seed, driver)
    region = road_map(seed).held_out
    mdp, truth = region.grid.mdp, region.reward(driver)
    path = region.drive(region.features @ psi)
    assert path.states[0, -1] == region.goal
    own, kind = region.shares(path), ROAD if driver == ON_ROAD else TREES
    shares = {d: region.shares(region.drive(region.reward(d)))[kind] for d in DRIVERS}
    other = IN_TREES if driver == ON_ROAD else ON_ROAD
    assert abs(own[kind] - shares[driver]) < abs(own[kind] - shares[other])
    best = value_iteration(mdp, truth)[0][region.start]
    reached = expected_return(mdp, truth, value_iteration(mdp, region.features @ psi)[1])
    assert reached >= 1.3 * best  # both are costs
    opposite = expected_return(mdp, truth, value_iteration(mdp, region.reward(other))[1])
    assert reached > opposite


def test_drivers_cost_little_more_than_the_expert_on_average():
    ratios = []
    for seed in range(5):
        region = road_map(seed).held_out
        for driver in DRIVERS:
            truth = region.reward(driver)
            _, pi = value_iteration(region.grid.mdp, region.features @ learnt(seed, driver)[0])
            best = value_iteration(region.grid.mdp, truth)[0][region.start]
            ratios.append(expected_return(region.grid.mdp, truth, pi) / best)
    assert np.mean(ratios) < 1.1
    assert np.median(ratios) < 1.05


@both_drivers
def test_cutting_planes_and_the_compact_program_agree_on_the_map(driver):
    psi, found = learnt(0, driver)
    region = road_map(0).training
    path = region.drive(region.reward(driver))
    problem = region.grid.mdp, region.features, region.occupancy(path), region.loss(path)
    same, slack = compact_program(*problem, C)
    np.testing.assert_allclose(psi, same, atol=1e-5)
    assert found.slack == pytest.approx(slack, abs=1e-5)
    assert len(found) < 40


def test_where_the_solver_circles_with_its_usual_steps():
    psi, found = learnt(10, IN_TREES)
    region = road_map(10).training
    rho = region.occupancy(region.drive(region.reward(IN_TREES)))
    expert = np.einsum("sa,sak->k", rho, region.features)
    np.testing.assert_allclose((expert - found.others).T @ found.weights, psi, atol=1e-6)


def test_taste_shows_in_the_weights():
    for seed in range(3):
        assert learnt(seed, ON_ROAD)[0].argmax() == 0
        assert learnt(seed, IN_TREES)[0].argmax() == 1
