"""Expected value difference: what it measures, and what it must not notice."""

import numpy as np
import pytest

from irl_course.environments import RIGHT, gridworld, random_mdp
from irl_course.mdp import MDP
from irl_course.metrics import expected_value_difference
from irl_course.planning import expected_return, value_iteration

pytestmark = pytest.mark.filterwarnings("error")


def world(seed, is_sparse=False):
    mdp = random_mdp(8, 3, 0.9, seed, n_successors=3, sparse=is_sparse)
    return mdp, np.random.default_rng(seed + 50).normal(size=(8, 3))


@pytest.mark.parametrize("is_sparse", [False, True])
def test_it_is_the_return_lost(is_sparse):
    mdp, reward = world(0, is_sparse)
    learned = np.random.default_rng(9).normal(size=(8, 3))
    best = mdp.initial_dist @ value_iteration(mdp, reward)[0]
    reached = expected_return(mdp, reward, value_iteration(mdp, learned)[1])
    difference = expected_value_difference(mdp, reward, learned)
    assert difference > 0.1 and isinstance(difference, float)
    assert difference == pytest.approx(best - reached, abs=1e-7)


def test_a_choice_between_two_arms_has_its_closed_form():
    mdp = MDP(np.ones((1, 2, 1)), [1.0], 0.75)
    assert expected_value_difference(mdp, [[1.0, 0.0]], [[0.0, 1.0]]) == pytest.approx(4.0)
    assert expected_value_difference(mdp, [[1.0, 0.0]], [[7.0, 1.0]]) == 0.0
    # A reward that says nothing is acted on at random: half of what there is to lose.
    assert expected_value_difference(mdp, [[1.0, 0.0]], [[3.0, 3.0]]) == pytest.approx(2.0)
    assert expected_value_difference(mdp, [[1.0, 0.0]], [[0.0, 0.0]]) == pytest.approx(2.0)


@pytest.mark.parametrize("seed", range(5))
def test_equivalent_rewards_lose_nothing(seed):
    mdp, reward = world(seed)
    potential = np.random.default_rng(seed).normal(size=8)
    shaped = reward + mdp.gamma * mdp.expect(potential) - potential[:, None]
    assert expected_value_difference(mdp, reward, reward) == 0.0
    for learned in (1e-9 * reward, 1e6 * reward, reward + 5, shaped):
        assert expected_value_difference(mdp, reward, learned) == pytest.approx(0, abs=1e-9)
    assert expected_value_difference(mdp, reward, -reward) > 0.5


def test_nothing_is_worse_than_the_opposite():
    mdp, reward = world(7)
    worst = mdp.initial_dist @ (value_iteration(mdp, reward)[0] + value_iteration(mdp, -reward)[0])
    assert expected_value_difference(mdp, reward, -reward) == pytest.approx(worst, abs=1e-7)
    for seed in range(20):
        learned = np.random.default_rng(seed).normal(size=(8, 3))
        assert 0 <= expected_value_difference(mdp, reward, learned) <= worst + 1e-7


def test_rewards_of_states_are_welcome():
    grid = gridworld("S.G", gamma=0.9)
    true = np.array([0.0, 0.0, 1.0])
    assert expected_value_difference(grid.mdp, true, 2 * true) == 0.0
    left = expected_value_difference(grid.mdp, true, np.array([1.0, 0.0, 0.0]))
    assert left == pytest.approx(0.81 / 0.1)  # stays at home for ever
    assert value_iteration(grid.mdp, true)[1][0].argmax() == RIGHT


def test_bad_input_is_named():
    mdp, reward = world(8)
    with pytest.raises(ValueError, match=r"reward has shape \(3,\)"):
        expected_value_difference(mdp, reward, np.zeros(3))
    with pytest.raises(ValueError, match="gamma is 1"):
        expected_value_difference(mdp.replace(gamma=1.0), reward, reward)
