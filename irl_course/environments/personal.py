"""A world of one's own, drawn from an identifier: the same on every machine."""

import hashlib
import itertools
import unicodedata

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from irl_course.environments.gridworld import Grid, gridworld
from irl_course.planning import policy_evaluation, value_iteration

SIZE = 6
COUNTS = {"#": 7, "A": 4, "B": 4, "S": 1, "G": 1}  # cells of each kind; all others are free
VALUES = {"G": 4.0, "A": 1.0, "B": -3.0}  # what makes a world worth driving; nobody has to want it
APART = 6  # steps from start to goal, at least
AT_STAKE = 0.3  # what is lost at the start by overlooking A and B, or G


def personal_world(identifier: str) -> Grid:
    """A grid of 6x6 cells with a start S, a goal G, walls, and cells of two kinds, A and B.

    The cells are put in the order of their SHA-256, so no version of a random generator has a say.
    Orders that make no good world are skipped: in a good one all free cells are connected, the
    goal is far, every shortest way to it crosses a B while another way does not, and A, B and G
    matter to somebody who wants `VALUES`.

    Args:
        identifier: a name or number that is yours alone. Capitals, spaces around it and how
            accents are encoded make no difference.

    Returns:
        The grid, with slip 0.1 and gamma 0.9; a drive that reaches G stays there.

    Raises:
        ValueError: nothing is left of the identifier.
    """
    name = " ".join(unicodedata.normalize("NFKC", identifier).casefold().split())
    if not name:
        raise ValueError("identifier is empty, expected a name or number that is yours alone")
    drawn = (_drawn(name, attempt) for attempt in itertools.count())
    return next(grid for grid in drawn if _is_good(grid))


def _drawn(name, attempt):
    def digest(cell):
        return hashlib.sha256(f"{name}\0{attempt}\0{cell}".encode()).digest()

    order, cells = iter(sorted(range(SIZE**2), key=digest)), np.full(SIZE**2, ".")
    for kind, count in COUNTS.items():
        cells[list(itertools.islice(order, count))] = kind
    text = "\n".join(map("".join, cells.reshape(SIZE, SIZE)))
    return gridworld(text, slip=0.1, gamma=0.9)


def _is_good(grid):
    start, goal = (int(grid.cells(kind)[0]) for kind in "SG")
    free = ~grid.walls.ravel()
    steps = _distances(free, start)
    if not np.isfinite(steps[free]).all() or steps[goal] < APART:
        return False
    free[grid.cells("B")] = False
    around = _distances(free, start)[goal]
    return steps[goal] < around < np.inf and _matters(grid, start)


def _distances(free, start):
    """Steps from the start to each cell, over free ones."""
    cells = np.arange(SIZE**2).reshape(SIZE, SIZE)
    pairs = [(cells[:, :-1], cells[:, 1:]), (cells[:-1], cells[1:])]
    a, b = (np.concatenate([side.ravel() for side in sides]) for sides in zip(*pairs, strict=True))
    open_ = free[a] & free[b]
    edges = coo_array((np.ones(open_.sum()), (a[open_], b[open_])), shape=(SIZE**2, SIZE**2))
    return shortest_path(edges.tocsr(), directed=False, unweighted=True, indices=start)


def _matters(grid, start):
    """Whoever overlooks A and B loses something, and so does whoever overlooks the goal."""
    reward = grid.reward(VALUES)
    best = value_iteration(grid.mdp, reward)[0][start]
    for seen in ("G", "AB"):
        pi = value_iteration(grid.mdp, grid.reward({kind: VALUES[kind] for kind in seen}))[1]
        if best - policy_evaluation(grid.mdp, reward, pi)[start] < AT_STAKE:
            return False
    return True
