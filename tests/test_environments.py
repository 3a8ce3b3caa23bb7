"""Grid worlds against a plain reading of their picture, and random processes."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from irl_course.environments import DOWN, LEFT, RIGHT, UP, Grid, gridworld, random_mdp
from irl_course.planning import expected_visits, occupancy, policy_evaluation, value_iteration

pytestmark = pytest.mark.filterwarnings("error")

MAZE = """
    S..P
    .#.G
    w..#
"""


def transitions(grid):
    mdp = grid.mdp
    P = mdp.P.toarray() if mdp.is_sparse else mdp.P
    return P.reshape(mdp.n_states, 4, mdp.n_states)


def random_picture(seed, rows=5, cols=6):
    """A picture with every kind of cell, each free cell a matter of chance."""
    rng = np.random.default_rng(seed)
    cells = rng.choice(list(".....##GSP"), size=rows * cols)
    cells[rng.choice(rows * cols, 3, replace=False)] = list(".SG")
    return "\n".join("".join(row) for row in cells.reshape(rows, cols))


def picture_transitions(text, slip, goal):
    """The rules read cell by cell, without any of the package's arithmetic."""
    lines = text.split("\n")
    rows, cols = len(lines), len(lines[0])
    steps = {LEFT: (0, -1), DOWN: (1, 0), RIGHT: (0, 1), UP: (-1, 0)}
    P = np.zeros((rows * cols, 4, rows * cols))
    for r, c, a, slipped in itertools.product(range(rows), range(cols), range(4), range(5)):
        direction, p = (a, 1 - slip) if slipped == 4 else (slipped, slip / 4)
        down, right = steps[direction]
        to = r + down, c + right
        inside = 0 <= to[0] < rows and 0 <= to[1] < cols
        stuck = lines[r][c] == "#" or (lines[r][c] == "G" and goal == "stay")
        if stuck or not inside or lines[to[0]][to[1]] == "#":
            to = r, c
        P[r * cols + c, a, to[0] * cols + to[1]] += p
    return P


# --- The picture -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("slip", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("goal", ["stay", "pass"])
@pytest.mark.parametrize("kind", [False, True])
def test_transitions_follow_the_picture(seed, slip, goal, kind):
    text = random_picture(seed)
    grid = gridworld(text, slip=slip, goal=goal, sparse=kind)
    expected = picture_transitions(text, slip, goal)
    assert grid.mdp.is_sparse == kind
    np.testing.assert_allclose(transitions(grid), expected, atol=1e-15)
    if kind:
        assert grid.mdp.P.nnz == np.count_nonzero(expected)


def test_actions_are_numbered_as_in_frozen_lake():
    assert (LEFT, DOWN, RIGHT, UP) == (0, 1, 2, 3)
    grid = gridworld("...\n...\n...")
    P = transitions(grid)
    for action, to in ((LEFT, (1, 0)), (DOWN, (2, 1)), (RIGHT, (1, 2)), (UP, (0, 1))):
        assert P[grid.index(1, 1), action, grid.index(*to)] == 1


def test_where_everything_is():
    grid = gridworld(MAZE, slip=0.2, gamma=0.9)
    assert isinstance(grid, Grid) and grid.shape == (3, 4) and grid.slip == 0.2
    assert grid.text == "S..P\n.#.G\nw..#" and grid.goal == "stay"
    assert grid.mdp.n_states == 12 and grid.mdp.n_actions == 4 and grid.mdp.gamma == 0.9
    assert grid.index(1, 3) == 7 and grid.where(7) == (1, 3)
    assert [grid.where(grid.index(r, c)) for r, c in [(0, 0), (2, 1)]] == [(0, 0), (2, 1)]
    np.testing.assert_array_equal(grid.cells("#"), [5, 11])
    np.testing.assert_array_equal(grid.cells("G"), [7])
    np.testing.assert_array_equal(grid.cells("w"), [8])
    assert len(grid.cells("Z")) == 0 and len(grid.cells("\n")) == 0
    np.testing.assert_array_equal(np.flatnonzero(grid.walls), [5, 11])
    with pytest.raises(ValueError, match="read-only"):
        grid.walls[0, 0] = True
    with pytest.raises(AttributeError):
        grid.slip = 0.5


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("S.S\n..G", [0, 2]),  # several starts
        ("...\n.#G", [0, 1, 2, 3]),  # free cells that are not goals
        ("P.w\n#GG", [0, 1, 2]),
        ("G#", [0]),  # nowhere else to be
    ],
)
def test_start_is_uniform_over_the_right_cells(text, where):
    start = gridworld(text).mdp.initial_dist
    expected = np.zeros(start.size)
    expected[where] = 1 / len(where)
    np.testing.assert_allclose(start, expected, rtol=1e-15)


def test_rewards_go_to_the_cells_named():
    grid = gridworld(MAZE)
    reward = grid.reward({"G": 1.0, "P": -2.0}, step=-0.04)
    assert reward.shape == (12, 4)
    expected = np.full(12, -0.04)
    expected[7], expected[3] = 1.0, -2.0
    np.testing.assert_array_equal(reward, np.repeat(expected[:, None], 4, axis=1))
    assert (grid.reward({}) == 0).all() and (grid.reward({".": 3})[[1, 2, 4]] == 3).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("...\n..\n...", r"row 1 of the picture has 2 columns, row 0 has 3"),
        ("..\n.7", r"row 1, column 1 of the picture is '7'"),
        (". .", r"row 0, column 1 of the picture is ' '"),
        ("###\n###", r"the picture has no free cell: all 6 are walls"),
        ("", r"the picture is empty"),
        ("   \n  ", r"the picture is empty"),
        (None, r"text is None"),
        ("..\n\n..", r"row 1 of the picture has 0 columns, row 0 has 2"),
    ],
)
def test_bad_pictures_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        gridworld(text)


def test_bad_settings_are_named():
    for slip in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match=f"slip is {slip}, expected a probability"):
            gridworld("..", slip=slip)
    with pytest.raises(ValueError, match="goal is 'end', expected 'stay' or 'pass'"):
        gridworld("..", goal="end")
    with pytest.raises(ValueError, match="gamma is 1.5"):
        gridworld("..", gamma=1.5)
    grid = gridworld(MAZE)
    with pytest.raises(ValueError, match="reward names 'Q', but the picture has only # . G P S w"):
        grid.reward({"Q": 1.0})
    with pytest.raises(ValueError, match="reward names '..', but"):
        grid.reward({"..": 1.0})
    with pytest.raises(ValueError, match="row is 3, but the grid has 3 of them"):
        grid.index(3, 0)
    with pytest.raises(ValueError, match="col is -1"):
        grid.index(0, -1)
    with pytest.raises(ValueError, match="state is 12, but the grid has 12 states"):
        grid.where(12)


def test_replace_rebuilds_with_the_rest_as_it_was():
    grid = gridworld(MAZE, slip=0.2, gamma=0.9, goal="pass", sparse=True)
    other = grid.replace(slip=0.0)
    assert other.mdp.is_sparse and other.goal == "pass" and other.mdp.gamma == 0.9
    np.testing.assert_array_equal(transitions(other), picture_transitions(grid.text, 0.0, "pass"))
    assert grid.replace(gamma=0.5).mdp.gamma == 0.5
    np.testing.assert_array_equal(transitions(grid.replace(sparse=False)), transitions(grid))
    moved = grid.replace(text=grid.text.replace("#", "."), goal="stay")
    assert not moved.walls.any() and moved.slip == 0.2 and moved.goal == "stay"


# --- What follows from it --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_ever_inside_a_wall(seed):
    grid = gridworld(random_picture(seed), slip=0.4)
    visits = expected_visits(grid.mdp, np.full((30, 4), 0.25), 25)
    assert visits[:, grid.walls.ravel()].sum() == 0
    P = transitions(grid)
    wall = np.flatnonzero(grid.walls)
    assert (P[wall, :, wall] == 1).all()
    assert P[np.flatnonzero(~grid.walls.ravel())][:, :, wall].sum() == 0


def test_slip_is_a_mixture_of_the_two_extremes():
    text = random_picture(7)
    still, mixed, wild = (transitions(gridworld(text, slip=slip)) for slip in (0.0, 0.3, 1.0))
    np.testing.assert_allclose(mixed, 0.7 * still + 0.3 * wild, atol=1e-15)
    np.testing.assert_allclose(wild, np.repeat(wild[:, :1], 4, axis=1))
    np.testing.assert_allclose(wild[:, 0], still.mean(axis=1))


def test_goals_keep_or_pass_on():
    text = "S.G."
    stay, passing = gridworld(text, gamma=0.9), gridworld(text, gamma=0.9, goal="pass")
    reward = stay.reward({"G": 1.0})
    right = np.eye(4)[np.full(4, RIGHT)]
    # Paid for ever from the third cell on, or once on the way through.
    np.testing.assert_allclose(policy_evaluation(stay.mdp, reward, right)[0], 0.81 / 0.1)
    np.testing.assert_allclose(policy_evaluation(passing.mdp, reward, right)[0], 0.81)


def test_a_mirrored_world_has_mirrored_values():
    grid = gridworld(random_picture(11), slip=0.25)
    mirrored = grid.replace(text="\n".join(line[::-1] for line in grid.text.split("\n")))
    V, _ = value_iteration(grid.mdp, grid.reward({"G": 1.0, "P": -1.0}))
    V_mirrored, _ = value_iteration(mirrored.mdp, mirrored.reward({"G": 1.0, "P": -1.0}))
    reflected = V_mirrored.reshape(grid.shape)[:, ::-1]
    np.testing.assert_allclose(V.reshape(grid.shape), reflected, rtol=0, atol=2e-8)


def test_large_worlds_are_sparse_by_default():
    assert not gridworld("\n".join(["." * 25] * 20)).mdp.is_sparse
    assert gridworld("\n".join(["." * 23] * 22)).mdp.is_sparse
    assert gridworld("..", sparse=True).mdp.is_sparse


def test_a_world_of_65536_states_is_built_and_planned_in_little_memory():
    text = "\n".join(["S" + "." * 255] + ["." * 256] * 254 + ["." * 255 + "G"])
    tracemalloc.start()
    grid = gridworld(text, slip=0.3, gamma=0.99)
    _, peak_build = tracemalloc.get_traced_memory()
    assert sparse.issparse(grid.mdp.P) and grid.mdp.P.shape == (4 * 65_536, 65_536)
    assert grid.mdp.P.nnz <= 4 * 4 * 65_536
    assert not np.any(grid.mdp.P.data == 0)
    V, pi = value_iteration(grid.mdp, grid.reward({"G": 1.0}))
    rho = occupancy(grid.mdp, pi)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Dense transitions are 137 GB, one state-to-state matrix 34 GB; the sparse ones are 14 MB.
    assert peak_build < 150e6 and peak < 400e6
    assert rho.sum() == pytest.approx(100, rel=1e-10)
    assert V.max() == V[-1] == pytest.approx(100) and V.argmin() == 0
    assert (np.diff(V.reshape(256, 256), axis=0) > 0).all()  # nearer is better


# --- Random processes ------------------------------------------------------------------------


@pytest.mark.parametrize("n_successors", [None, 1, 2, 5, 12])
def test_random_processes_have_the_successors_asked_for(n_successors):
    mdp = random_mdp(12, 3, 0.8, seed=0, n_successors=n_successors)
    assert mdp.P.shape == (12, 3, 12) and mdp.gamma == 0.8
    assert ((mdp.P > 0).sum(axis=2) == (n_successors or 12)).all()
    assert (mdp.initial_dist > 0).all()
    twin = random_mdp(12, 3, 0.8, seed=0, n_successors=n_successors, sparse=True)
    assert twin.P.nnz == 36 * (n_successors or 12)
    np.testing.assert_array_equal(twin.P.toarray().reshape(12, 3, 12), mdp.P)
    np.testing.assert_array_equal(twin.initial_dist, mdp.initial_dist)


def test_random_processes_follow_their_seed():
    one, same, other = (random_mdp(6, 2, 0.9, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.P, same.P)
    assert (one.P != other.P).any()
    rng = np.random.default_rng(1)
    assert (random_mdp(6, 2, 0.9, rng).P == one.P).all()
    assert (random_mdp(6, 2, 0.9, rng).P != one.P).any()


@pytest.mark.parametrize(("n_states", "n_successors"), [(40, 3), (6, 3)])
def test_successors_and_probabilities_are_spread_evenly(n_states, n_successors):
    mdp = random_mdp(n_states, 2_000, 0.9, seed=3, n_successors=n_successors, sparse=True)
    n_rows = n_states * 2_000
    chosen = np.bincount(mdp.P.indices, minlength=n_states) / n_rows
    share = n_successors / n_states
    assert np.abs(chosen - share).max() < 5 * np.sqrt(share * (1 - share) / n_rows)
    # A flat Dirichlet over k has variance (k - 1) / (k^2 (k + 1)).
    k = n_successors
    assert mdp.P.data.var() == pytest.approx((k - 1) / (k**2 * (k + 1)), rel=0.02)


def test_large_random_processes_stay_sparse():
    tracemalloc.start()
    mdp = random_mdp(50_000, 4, 0.95, seed=0, n_successors=5, sparse=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert mdp.P.nnz == 1_000_000 and peak < 150e6


@pytest.mark.parametrize("n_successors", [0, 7])
def test_impossible_successors_are_named(n_successors):
    with pytest.raises(ValueError, match=f"n_successors is {n_successors}, expected 1 to 6"):
        random_mdp(6, 2, 0.9, seed=0, n_successors=n_successors)
