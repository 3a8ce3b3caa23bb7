"""Macrocell worlds: what they are made of, and that large ones stay small in memory."""

import tracemalloc

import numpy as np
import pytest

from irl_course.environments import macrocell_world
from irl_course.environments.macrocell import MacrocellWorld
from irl_course.planning import value_iteration

pytestmark = pytest.mark.filterwarnings("error")


def test_the_defaults_are_the_paper_s():
    world = macrocell_world()
    assert isinstance(world, MacrocellWorld)
    assert world.grid.shape == (128, 128) and world.psi.shape == (64,)
    assert world.mdp.gamma == 0.99 and world.grid.slip == 0.3 and world.mdp.is_sparse
    np.testing.assert_allclose(world.mdp.initial_dist, 1 / 128**2)
    assert not world.grid.walls.any()


def test_regions_are_numbered_row_by_row():
    world = macrocell_world(size=6, macrocell_size=2, seed=1)
    assert world.macrocell.reshape(6, 6).tolist() == [
        [0, 0, 1, 1, 2, 2],
        [0, 0, 1, 1, 2, 2],
        [3, 3, 4, 4, 5, 5],
        [3, 3, 4, 4, 5, 5],
        [6, 6, 7, 7, 8, 8],
        [6, 6, 7, 7, 8, 8],
    ]


@pytest.mark.parametrize("seed", range(5))
def test_both_forms_of_the_features_say_the_same(seed):
    world = macrocell_world(size=12, macrocell_size=3, seed=seed)
    assert world.features.shape == (144, 4, 16) and world.state_features.shape == (144, 16)
    for action in range(4):
        np.testing.assert_array_equal(world.features[:, action], world.state_features.toarray())
    np.testing.assert_array_equal(world.features.sum(axis=2), 1)
    np.testing.assert_array_equal(world.features.sum(axis=0), 9)
    np.testing.assert_allclose(world.features @ world.psi, world.reward)
    np.testing.assert_allclose(world.state_features @ world.psi, world.reward[:, 2])


def test_weights_are_sparse_and_normalised():
    drawn = [macrocell_world(size=16, macrocell_size=2, seed=seed).psi for seed in range(200)]
    for psi in drawn:
        assert psi.min() >= 0 and psi.sum() == pytest.approx(1) and np.count_nonzero(psi) >= 2
    share = np.mean([np.count_nonzero(psi) for psi in drawn]) / 64
    assert share == pytest.approx(0.1, abs=0.01)  # a standard error is .0027
    # Uniform before they are divided by their sum: the least of many is near 0, none dominates.
    dense = macrocell_world(size=64, macrocell_size=1, seed=0, density=1.0).psi * 4096
    np.testing.assert_allclose(np.quantile(dense, [0, 0.5, 1]), [0, 1, 2], atol=0.1)


def test_a_seed_fixes_the_world_and_a_generator_moves_on():
    psi = macrocell_world(size=16, macrocell_size=4, seed=3).psi
    np.testing.assert_array_equal(psi, macrocell_world(size=16, macrocell_size=4, seed=3).psi)
    rng = np.random.default_rng(3)
    worlds = [macrocell_world(size=16, macrocell_size=4, seed=rng) for _ in range(2)]
    np.testing.assert_array_equal(psi, worlds[0].psi)
    assert not np.array_equal(worlds[0].psi, worlds[1].psi)


def test_where_there_is_one_reward_it_is_walked_to():
    world = macrocell_world(size=6, macrocell_size=3, seed=0, slip=0.0, gamma=0.9)
    V, _ = value_iteration(world.mdp, world.reward)
    assert V[world.macrocell == world.psi.argmax()] == pytest.approx(world.psi.max() / 0.1)


def test_a_large_world_never_holds_a_dense_tensor():
    tracemalloc.start()
    world = macrocell_world()
    rows = world.features
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows.shape == (16384, 4, 64) and not rows.flags.writeable
    assert peak < 32e6  # features held in full would take 34 MB alone, transitions 8.6 GB
    assert world.state_features.nnz == 16384


def test_what_is_held_cannot_be_changed():
    world = macrocell_world(size=8, macrocell_size=4)
    for array in (world.psi, world.macrocell, world.features):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"macrocell_size": 3}, "macrocell_size is 3, expected a divisor of size = 8"),
        ({"macrocell_size": 8}, "macrocell_size is 8, expected a divisor of size = 8 below it"),
        ({"macrocell_size": 16}, "macrocell_size is 16"),
        ({"size": 0}, "size is 0, expected a whole number"),
        ({"size": 8.0}, "size is 8.0, expected a whole number"),
        ({"density": 0.0}, "density is 0.0, expected a probability above 0"),
        ({"density": 1.5}, "density is 1.5"),
        ({"slip": 2.0}, "slip is 2.0"),
        ({"gamma": 1.1}, "gamma is 1.1"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        macrocell_world(**({"size": 8, "macrocell_size": 4} | changes))
