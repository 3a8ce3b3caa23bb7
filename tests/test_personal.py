"""Worlds of one's own: the same everywhere, different for everybody, worth driving in."""

import numpy as np
import pytest

from irl_course.environments import personal_world
from irl_course.environments.personal import COUNTS, VALUES
from irl_course.metrics import expected_value_difference

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def worlds():
    return [personal_world(f"student{i:04d}") for i in range(60)]


def test_it_is_the_same_on_every_machine():
    grid = personal_world("student0000")
    assert grid.text == "....#.\n..#.S.\n.B...#\nGB.AAB\n.###A.\n..B.A#"
    assert (grid.slip, grid.mdp.gamma, grid.goal) == (0.1, 0.9, "stay")


def test_how_the_identifier_is_written_does_not_matter():
    names = ("Zo\u00eb  Blanc", " zoe\u0308 blanc ", "ZO\u00cb BLANC\n")
    assert len({personal_world(name).text for name in names}) == 1
    assert personal_world("zoe blanc").text != personal_world(names[0]).text


def test_nobody_has_anothers(worlds):
    def turns(grid):
        cells = np.array([list(row) for row in grid.text.split("\n")])
        return ["".join(np.rot90(c, k).ravel()) for c in (cells, cells.T) for k in range(4)]

    assert len({min(turns(grid)) for grid in worlds}) == len(worlds)


def test_all_have_the_same_cells_and_something_to_decide(worlds):
    for grid in worlds:
        assert {kind: grid.text.count(kind) for kind in COUNTS} == COUNTS
        true = grid.reward(VALUES)
        for seen in ("G", "AB"):
            learned = grid.reward({kind: VALUES[kind] for kind in seen})
            assert expected_value_difference(grid.mdp, true, learned) > 0.29


@pytest.mark.parametrize("identifier", ["", "  ", "\n\t"])
def test_an_empty_identifier_is_refused(identifier):
    with pytest.raises(ValueError, match="identifier is empty"):
        personal_world(identifier)
