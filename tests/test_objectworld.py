"""Objectworld and Binaryworld: moves, distances and rewards against counting by hand."""

import tracemalloc

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from irl_course.environments import DOWN, LEFT, RIGHT, STAY, UP, binaryworld, objectworld
from irl_course.environments.objectworld import BinaryWorld, ObjectWorld
from irl_course.planning import value_iteration
from irl_course.plotting import draw_objects, draw_reward

pytestmark = pytest.mark.filterwarnings("error")
both_worlds = pytest.mark.parametrize("make", [objectworld, binaryworld])


def small(seed=0, **changes):
    return objectworld(**({"size": 7, "n_objects": 6, "n_colours": 3, "seed": seed} | changes))


def test_the_defaults_are_the_papers():
    world = objectworld()
    assert isinstance(world, ObjectWorld) and world.shape == (32, 32)
    assert (world.outer >= 0).sum() == 50 and world.continuous
    assert isinstance(binaryworld(), BinaryWorld) and binaryworld().shape == (32, 32)
    for mdp in (world.mdp, binaryworld().mdp):
        assert (mdp.n_states, mdp.n_actions, mdp.gamma) == (1024, 5, 0.9) and mdp.is_sparse
        np.testing.assert_allclose(mdp.initial_dist, 1 / 1024)


@both_worlds
def test_a_move_fails_into_each_of_the_other_four(make):
    P = make(size=7, seed=0, determinism=0.6, **objects(make)).mdp.P.toarray().reshape(49, 5, 49)
    middle = 3 * 7 + 2
    targets = {LEFT: middle - 1, DOWN: middle + 7, RIGHT: middle + 1, UP: middle - 7, STAY: middle}
    for action in targets:
        for other, target in targets.items():
            assert P[middle, action, target] == pytest.approx(0.6 if other == action else 0.1)
    # In the top left corner LEFT and UP stay as well.
    assert P[0, STAY, 0] == pytest.approx(0.8) and P[0, RIGHT, 0] == pytest.approx(0.3)
    assert P[0, RIGHT, 1] == pytest.approx(0.6) and P[48, UP, 41] == pytest.approx(0.6)


def objects(make):
    return {"n_objects": 6} if make is objectworld else {}


@both_worlds
def test_without_noise_a_move_has_one_target(make):
    mdp = make(size=5, determinism=1.0, **objects(make)).mdp
    assert mdp.P.nnz == 125 and (mdp.P.data == 1.0).all()
    certain_failure = make(size=5, determinism=0.0, **objects(make)).mdp
    assert certain_failure.P[12 * 5 + STAY, 12] == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_to_the_nearest_object(seed):
    world = small(seed)
    assert ((world.outer >= 0) == (world.inner >= 0)).all() and (world.outer >= 0).sum() == 6
    for k in range(6):
        colours, colour = (world.outer, k) if k < 3 else (world.inner, k - 3)
        cells = np.argwhere(colours == colour)
        for state in range(49):
            steps = cells - np.divmod(state, 7)
            nearest = np.linalg.norm(steps, axis=1).min() if len(cells) else np.hypot(7, 7)
            assert world.distances[state, k] == pytest.approx(nearest)


def test_a_colour_that_no_object_has_is_far_away():
    world = objectworld(size=4, n_objects=1, n_colours=2, seed=0)
    assert sorted(np.unique(world.outer)) in ([-1, 0], [-1, 1])
    missing = 1 - world.outer.max()
    np.testing.assert_allclose(world.distances[:, missing], np.sqrt(32))
    assert world.binary_features[:, missing * 4 : missing * 4 + 4].max() == 0


@pytest.mark.parametrize("seed", range(5))
def test_the_reward_is_a_conjunction(seed):
    world = objectworld(seed=seed)
    first, second = world.distances[:, 0], world.distances[:, 1]
    for state in range(1024):
        near = first[state] < 3
        wanted = (5 if second[state] < 2 else -10) if near else 0
        assert world.state_reward[state] == wanted
    assert set(world.state_reward) == {5, -10, 0}
    np.testing.assert_array_equal(world.reward, np.tile(world.state_reward[:, None], 5))


@pytest.mark.parametrize("seed", range(3))
def test_the_binary_features_determine_the_reward_but_not_linearly(seed):
    world = objectworld(seed=seed, continuous=False)
    rows, group = np.unique(world.state_features, axis=0, return_inverse=True)
    for g in range(len(rows)):
        assert len(set(world.state_reward[group.ravel() == g])) == 1
    with_constant = np.column_stack([world.state_features, np.ones(1024)])
    best, *_ = np.linalg.lstsq(with_constant, world.state_reward, rcond=None)
    assert np.abs(with_constant @ best - world.state_reward).max() > 2


def test_features_come_in_both_kinds_and_forms():
    world, binary = small(), small(continuous=False)
    assert world.state_features is world.continuous_features
    assert world.features.shape == (49, 5, 6) and binary.features.shape == (49, 5, 42)
    np.testing.assert_array_equal(world.binary_features, binary.state_features)
    np.testing.assert_array_equal(binary.features[:, 3], binary.state_features)
    below = binary.state_features.reshape(49, 6, 7)
    for d in range(1, 8):
        np.testing.assert_array_equal(below[:, :, d - 1], world.distances < d)


@pytest.mark.parametrize("seed", range(3))
def test_binaryworld_counts_nine_cells(seed):
    world = binaryworld(size=6, seed=seed)
    assert world.state_features.shape == (36, 9) and world.features.shape == (36, 5, 9)
    for state in range(36):
        row, col = divmod(state, 6)
        seen = [
            0 <= r < 6 and 0 <= c < 6 and world.blue[r, c]
            for r in range(row - 1, row + 2)
            for c in range(col - 1, col + 2)
        ]
        np.testing.assert_array_equal(world.state_features[state], seen)
        assert world.state_reward[state] == {4: 5, 5: -5}.get(sum(seen), 0)
    assert binaryworld(size=64, seed=seed).blue.mean() == pytest.approx(0.5, abs=0.03)


@both_worlds
def test_a_seed_fixes_the_world_and_a_generator_moves_on(make):
    def drawn(seed):
        return make(size=9, seed=seed, **objects(make)).state_features

    np.testing.assert_array_equal(drawn(3), drawn(3))
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(drawn(3), drawn(rng))
    assert not np.array_equal(drawn(3), drawn(rng))


@both_worlds
def test_it_can_be_planned_in_and_drawn_on(make):
    world = make(size=8, seed=1, **objects(make))
    V, pi = value_iteration(world.mdp, world.reward)
    assert V.shape == (64,) and pi.shape == (64, 5)
    assert world.grid.shape == world.shape and not world.grid.walls.any()


def test_objects_are_drawn_where_they_are():
    figure = Figure()
    ax, world = figure.subplots(), small()
    draw_reward(ax, world.grid, world.reward)
    dots = draw_objects(ax, world)
    np.testing.assert_array_equal(dots.get_offsets()[:, ::-1], np.argwhere(world.outer >= 0))
    colours = [to_rgba(f"C{colour}") for colour in world.inner[world.inner >= 0]]
    np.testing.assert_allclose(dots.get_facecolors(), colours)
    figure.canvas.draw()


@both_worlds
def test_what_is_held_cannot_be_changed(make):
    world = make(size=6, **objects(make))
    held = [world.reward, world.features]
    held += [world.outer, world.inner, world.distances] if make is objectworld else [world.blue]
    for array in held:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


@both_worlds
def test_a_large_world_never_holds_a_dense_tensor(make):
    tracemalloc.start()
    world = make(size=128)
    _ = world.features.shape, world.reward.shape
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert world.mdp.n_states == 16384
    assert peak < 100e6  # the dense tensor would take 11 GB


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 0}, "size is 0, expected a whole number"),
        ({"size": 3.0}, "size is 3.0, expected a whole number"),
        ({"n_objects": 50}, "n_objects is 50, but the grid has only 49 cells"),
        ({"n_objects": 0}, "n_objects is 0, expected a whole number"),
        ({"n_colours": 1}, "n_colours is 1, expected at least 2"),
        ({"determinism": 1.2}, "determinism is 1.2, expected a probability"),
        ({"determinism": float("nan")}, "determinism is nan"),
        ({"gamma": 1.1}, "gamma is 1.1"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


@pytest.mark.parametrize("changes", [{"size": 0}, {"determinism": -0.1}, {"gamma": 2.0}])
def test_bad_input_of_a_binaryworld_is_named(changes):
    name, value = next(iter(changes.items()))
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        binaryworld(**changes)
