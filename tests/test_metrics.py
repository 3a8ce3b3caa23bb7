"""Value difference, EPIC, held-out likelihood: what they measure, and what they must not notice."""

import numpy as np
import pytest

from irl_course.environments import RIGHT, gridworld, random_mdp
from irl_course.mdp import MDP, Demos, sample_demos
from irl_course.metrics import epic_distance, expected_value_difference, held_out_log_likelihood
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


# Rewards of Gleave et al. 2021, from github.com/HumanCompatibleAI/evaluating-rewards at 7b99ec9,
# analysis/gridworld_rewards.py: r(s) of a 3x3 grid, and a potential that shapes it.
GOAL = np.eye(9)[8]
MANHATTAN = np.add.outer(np.arange(3)[::-1], np.arange(3)[::-1]).ravel().astype(float)
EQUIVALENT = {
    "sparse goal": (GOAL, 0 * GOAL),
    "shifted": (GOAL + 1, 0 * GOAL),
    "scaled": (10 * GOAL, 0 * GOAL),
    "dense": (GOAL, -MANHATTAN),
    "antidense": (GOAL, MANHATTAN),
    "transformed": (4 * GOAL - 1, -3 * MANHATTAN),
}
DIRT_PATH = np.array([0.0, -1, -1, 0, 0, 0, -1, -1, 4])
CLIFF_WALK = np.array([0.0, -1, -1, 0, 0, 0, -4, -4, 4])


@pytest.fixture(scope="module")
def small_grid():
    return gridworld("...\n...\n...", gamma=0.99, goal="pass").mdp


def shaped(mdp, reward, potential):
    """r(s, a, s') + gamma h(s') - h(s) of a reward of any shape."""
    reward = np.reshape(reward, (mdp.n_states, -1, mdp.n_states if np.ndim(reward) == 3 else 1))
    reward = reward + mdp.gamma * potential - potential[:, None, None]
    return np.broadcast_to(reward, (mdp.n_states, mdp.n_actions, mdp.n_states))


def epic_by_the_book(mdp, reward_a, reward_b, states, actions):
    """Every expectation as a sum over all that is drawn."""
    S, A = range(mdp.n_states), range(mdp.n_actions)
    canonical, weights = [], []
    for reward in (reward_a, reward_b):
        mean = [sum(actions[a] * states[n] * reward[s, a, n] for a in A for n in S) for s in S]
        overall = sum(states[s] * mean[s] for s in S)
        canonical.append(
            [
                reward[s, a, n] + mdp.gamma * mean[n] - mean[s] - mdp.gamma * overall
                for s, a, n in np.ndindex(reward.shape)
            ]
        )
    weights = [states[s] * actions[a] * states[n] for s, a, n in np.ndindex(reward_a.shape)]
    covariance = np.cov(canonical, aweights=weights)
    rho = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    return np.sqrt((1 - rho) / 2)


@pytest.mark.parametrize("seed", range(4))
def test_epic_is_the_double_sum(seed):
    rng = np.random.default_rng(seed)
    mdp = random_mdp(5, 3, 0.9, seed)
    states, actions = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(3))
    reward = rng.normal(size=(5, 3, 5))
    for other in (rng.normal(size=(5, 3, 5)), rng.normal(size=(5, 3)), rng.normal(size=5)):
        full = np.broadcast_to(other.reshape(5, -1, 5 if other.ndim == 3 else 1), (5, 3, 5))
        uniform = epic_by_the_book(mdp, reward, full, np.full(5, 1 / 5), np.full(3, 1 / 3))
        assert epic_distance(mdp, reward, other) == pytest.approx(uniform, abs=1e-12)
        expected = epic_by_the_book(mdp, reward, full, states, actions)
        for pair in ((reward, other), (other, reward), (full, reward)):
            assert epic_distance(mdp, *pair, states, actions) == pytest.approx(expected, abs=1e-12)
    pair = rng.normal(size=(2, 5, 3))  # neither depends on s'
    full = np.broadcast_to(pair[..., None], (2, 5, 3, 5))
    expected = epic_by_the_book(mdp, *full, states, actions)
    assert epic_distance(mdp, *pair, states, actions) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", EQUIVALENT)
def test_epic_sees_through_the_disguises_of_a_goal(small_grid, name):
    disguised = shaped(small_grid, *EQUIVALENT[name])
    assert f"{epic_distance(small_grid, GOAL, disguised):.3f}" == "0.000"
    assert epic_distance(small_grid, GOAL, disguised) < 1e-12
    for other, known in ((np.eye(9)[4], 0.75), (-GOAL, 1.0)):
        assert epic_distance(small_grid, disguised, other) == pytest.approx(known, abs=1e-12)


def test_epic_tells_a_path_from_a_cliff(small_grid):
    """The same optimal policy as long as nothing slips, and no longer."""
    assert f"{epic_distance(small_grid, DIRT_PATH, CLIFF_WALK):.2f}" == "0.27"


def test_mean_squared_error_prefers_a_wrong_reward(small_grid):
    truth = shaped(small_grid, GOAL, 0 * GOAL)
    right = shaped(small_grid, *EQUIVALENT["transformed"])
    wrong = shaped(small_grid, np.eye(9)[4], 0 * GOAL)
    in_expectation = np.einsum("san,san->sa", small_grid.P, right)  # the same to a planner
    assert expected_value_difference(small_grid, GOAL, in_expectation) == pytest.approx(0, abs=1e-9)
    assert expected_value_difference(small_grid, GOAL, np.eye(9)[4]) > 10
    error = [np.mean((truth - learned) ** 2) for learned in (right, wrong)]
    assert error[1] == pytest.approx(2 / 9) and error[0] > 20 * error[1]
    assert epic_distance(small_grid, truth, right) < 1e-12
    assert epic_distance(small_grid, truth, wrong) == pytest.approx(0.75)


def test_epic_has_its_closed_form_for_rewards_of_states():
    """What is left of r(s) is gamma r(s'): the correlation of two vectors."""
    mdp, rng = random_mdp(12, 2, 0.8, 0), np.random.default_rng(1)
    a, b = rng.normal(size=(2, 12))
    expected = np.sqrt((1 - np.corrcoef(a, b)[0, 1]) / 2)
    assert epic_distance(mdp, a, b) == pytest.approx(expected, abs=1e-12)
    n = 12  # two goals in different cells: correlation -1 / (n - 1)
    goals = np.eye(n)[:2]
    assert epic_distance(mdp, *goals) == pytest.approx(np.sqrt(n / (n - 1) / 2), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_epic_does_not_notice_scale_constants_and_shaping(seed):
    rng = np.random.default_rng(seed)
    mdp = random_mdp(7, 3, rng.choice([0.0, 0.5, 0.99, 1.0]), seed, sparse=bool(seed % 2))
    a, b, h = rng.normal(size=(7, 3, 7)), rng.normal(size=(7, 3)), rng.normal(size=7)
    distance = epic_distance(mdp, a, b)
    assert 0.1 < distance < 0.99
    for like_a in (1e-6 * a, 1e6 * a, a + 100, shaped(mdp, a, h), shaped(mdp, 7 * a - 3, 50 * h)):
        assert epic_distance(mdp, a, like_a) < 1e-9
        assert epic_distance(mdp, like_a, b) == pytest.approx(distance, abs=1e-9)
        assert epic_distance(mdp, a, -like_a) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_epic_is_a_distance(seed):
    rng = np.random.default_rng(seed)
    mdp = random_mdp(4, 2, 0.9, seed)
    rewards = [rng.normal(size=(4, 2, 4)), rng.normal(size=(4, 2)), rng.normal(size=4), np.ones(4)]
    a, b, c = (rewards[i] for i in rng.choice(4, 3, replace=False))
    ab, bc, ac = (epic_distance(mdp, *pair) for pair in ((a, b), (b, c), (a, c)))
    assert ab == pytest.approx(epic_distance(mdp, b, a), abs=1e-12) and 0 <= ab <= 1
    assert ac <= ab + bc + 1e-12
    assert isinstance(ab, float)


def test_epic_of_a_reward_that_says_nothing():
    mdp, h = random_mdp(6, 3, 0.9, 0), np.random.default_rng(0).normal(size=6)
    nothing = [np.zeros(6), np.full((6, 3), -7.3), shaped(mdp, np.zeros(6), 1e3 * h)]
    for empty in nothing:
        assert epic_distance(mdp, empty, h) == pytest.approx(0.5, abs=1e-12)
        assert epic_distance(mdp, h, empty) == pytest.approx(0.5, abs=1e-12)
        assert [epic_distance(mdp, empty, other) for other in nothing] == [0.0, 0.0, 0.0]
    # Seen from one state alone nothing differs, of whatever size.
    assert epic_distance(mdp, h, 5 * h**2, coverage_states=np.eye(6)[2]) == 0.0


def test_epic_does_see_expected_shaping():
    """It is invisible in a world only, and EPIC knows of none."""
    mdp, h = random_mdp(6, 3, 0.9, 0, n_successors=2), np.random.default_rng(0).normal(size=6)
    reward = np.random.default_rng(1).normal(size=(6, 3))
    in_expectation = reward + 0.9 * mdp.expect(h) - h[:, None]
    assert expected_value_difference(mdp, reward, in_expectation) == pytest.approx(0, abs=1e-9)
    assert epic_distance(mdp, reward, in_expectation) > 0.05
    assert epic_distance(mdp, reward, shaped(mdp, reward, h)) < 1e-12


def test_epic_names_bad_input():
    mdp, reward = world(8)
    for bad, message in (
        (np.zeros((8, 8)), r"reward has shape \(8, 8\)"),
        (np.zeros((8, 3, 3)), r"expected \(8,\), \(8, 3\) or \(8, 3, 8\)"),
        (np.full((8, 3, 8), np.nan), r"reward\[s=0, a=0, next=0\] is nan"),
        (np.full(8, np.inf), r"reward\[s=0\] is inf"),
    ):
        with pytest.raises(ValueError, match=message):
            epic_distance(mdp, reward, bad)
    with pytest.raises(ValueError, match=r"coverage_states has shape \(3,\), expected \(8,\)"):
        epic_distance(mdp, reward, reward, coverage_states=np.ones(3) / 3)
    with pytest.raises(ValueError, match="coverage_actions.* sums to 3, not 1"):
        epic_distance(mdp, reward, reward, coverage_actions=np.ones(3))
    with pytest.raises(ValueError, match=r"coverage_actions\[a=1\] is -1"):
        epic_distance(mdp, reward, reward, coverage_actions=[1.0, -1.0, 1.0])


def test_held_out_log_likelihood_counts_decisions():
    pi = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    demos = Demos([[0, 1, 2], [1, 0, 1]], [[0, 1], [0, 1]])
    expected = np.mean(np.log([0.5, 0.1, 0.9, 0.5]))
    assert held_out_log_likelihood(pi, demos) == pytest.approx(expected, abs=1e-15)
    assert isinstance(held_out_log_likelihood(pi, demos), float)
    assert held_out_log_likelihood(np.full((3, 2), 0.5), demos) == pytest.approx(-np.log(2))
    assert held_out_log_likelihood(pi, Demos([[2, 2]], [[1]])) == -np.inf
    assert held_out_log_likelihood(pi, Demos([[2, 2]], [[0]])) == 0.0


def test_held_out_log_likelihood_of_a_policy_that_changes():
    rng = np.random.default_rng(0)
    pi, mdp = rng.dirichlet(np.ones(3), size=(4, 8)), world(0)[0]
    demos = sample_demos(mdp, pi, 5, 4, 0)
    steps = [np.log(pi[t, s, a]) for t, s, a in zip(*_decisions(demos), strict=True)]
    assert held_out_log_likelihood(pi, demos) == pytest.approx(np.mean(steps), abs=1e-14)


def _decisions(demos):
    t = np.broadcast_to(np.arange(demos.horizon), demos.actions.shape)
    return t.ravel(), demos.states[:, :-1].ravel(), demos.actions.ravel()


def test_the_demonstrator_foretells_itself_best():
    mdp = world(1)[0]
    mine, other = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 8))
    demos = sample_demos(mdp, mine, 300, 20, 0)
    entropy = -(occupancy_shares(demos, 8) @ (mine * np.log(mine)).sum(axis=1))
    assert held_out_log_likelihood(mine, demos) == pytest.approx(-entropy, abs=0.03)
    assert held_out_log_likelihood(other, demos) < -entropy - 0.2


def occupancy_shares(demos, n_states):
    return np.bincount(demos.states[:, :-1].ravel(), minlength=n_states) / demos.actions.size


def test_held_out_log_likelihood_names_bad_input():
    demos = Demos([[0, 3]], [[1]])
    with pytest.raises(ValueError, match=r"states\[n=0, t=1\] is 3, but pi has 3 states"):
        held_out_log_likelihood(np.full((3, 2), 0.5), demos)
    with pytest.raises(ValueError, match=r"actions\[n=0, t=0\] is 1, but pi has 1 actions"):
        held_out_log_likelihood(np.ones((4, 1)), demos)
    with pytest.raises(ValueError, match=r"pi\[s=2\] sums to 0.9, not 1"):
        held_out_log_likelihood([[0.5, 0.5], [0.5, 0.5], [0.4, 0.5], [0.5, 0.5]], demos)
    with pytest.raises(ValueError, match=r"pi\[t=0, s=1\] sums to 2"):
        held_out_log_likelihood([[[1, 0], [1, 1], [1, 0], [1, 0]]], demos)
    with pytest.raises(ValueError, match=r"expected \(S, A\), or \(T, S, A\) with T = 1"):
        held_out_log_likelihood(np.full((2, 4, 2), 0.5), demos)
