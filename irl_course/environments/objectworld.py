"""Objectworld and Binaryworld: grids whose reward is a conjunction, which no linear one equals."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.ndimage import distance_transform_edt

from irl_course.environments.gridworld import _STEPS, Grid, gridworld
from irl_course.mdp import MDP, _count, _read_only

# The arrow keys have the numbers that they have on any grid.
STAY = 4
_MOVES = (*_STEPS, (0, 0))
# Objectworld: distances to the first two outer colours below which there is a reward.
NEAR, NEARER = 3, 2
GOOD, BAD = 5.0, -10.0
# Binaryworld: how many of a cell's nine are blue where there is a reward, and how large it is.
GOOD_COUNT, BAD_COUNT = 4, 5
BINARY_GOOD, BINARY_BAD = 5.0, -5.0


class _World:
    """What both worlds share: a reward and features of the state alone, seen as f(s, a)."""

    @property
    def reward(self) -> np.ndarray:
        """The true reward r(s, a), the same for every action, shape (S, A); a read-only view."""
        shape = (self.mdp.n_states, self.mdp.n_actions)
        return np.broadcast_to(self.state_reward[:, None], shape)

    @property
    def features(self) -> np.ndarray:
        """The features f(s, a), shape (S, A, K).

        A read-only view that holds each state's row once. Arithmetic on it still costs S * A * K:
        hand `state_features` to what takes features of the state alone.
        """
        S, K = self.state_features.shape
        return np.broadcast_to(self.state_features[:, None], (S, self.mdp.n_actions, K))

    @property
    def grid(self) -> Grid:
        """The empty grid, to draw on; its own moves are not this world's."""
        rows, cols = self.shape
        return gridworld("\n".join(["." * cols] * rows))


@dataclass(frozen=True, eq=False)
class ObjectWorld(_World):
    """A grid with coloured objects. Made by `objectworld`.

    Attributes:
        mdp: dynamics, uniform start distribution and discount; the transitions are sparse.
        outer: outer colour of the object in each cell, shape (rows, cols); -1 where there is none.
        inner: inner colour, likewise.
        distances: Euclidean distance from each state to the nearest object of each outer, then of
            each inner colour, in cells, shape (S, 2C). To a colour that no object has, it is
            sqrt(rows^2 + cols^2), farther than any.
        continuous: whether `features` are the distances or the indicators.
    """

    mdp: MDP
    outer: np.ndarray
    inner: np.ndarray
    distances: np.ndarray
    continuous: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.outer.shape

    @property
    def state_reward(self) -> np.ndarray:
        """r(s), shape (S,): near the first outer colour, +5 if near the second too, else -10.

        Near is closer than 3 cells to the first, than 2 to the second; elsewhere it is 0. All
        other colours are distraction.
        """
        near, nearer = self.distances[:, 0] < NEAR, self.distances[:, 1] < NEARER
        return np.where(near & nearer, GOOD, np.where(near, BAD, 0.0))

    @property
    def state_features(self) -> np.ndarray:
        """Features of the state alone, shape (S, K): the continuous or the binary ones."""
        return self.continuous_features if self.continuous else self.binary_features

    @property
    def continuous_features(self) -> np.ndarray:
        """The `distances`, shape (S, 2C), in cells."""
        return self.distances

    @property
    def binary_features(self) -> np.ndarray:
        """Whether each distance is below 1, 2, ..., N cells, shape (S, 2C * N), 0 or 1.

        N is the number of rows; the N features of a distance stand together.
        """
        bounds = np.arange(1, self.shape[0] + 1)
        below = self.distances[:, :, None] < bounds
        return below.reshape(len(below), -1).astype(np.float64)


def objectworld(
    size: int = 32,
    n_objects: int = 50,
    n_colours: int = 2,
    seed: int | np.random.Generator = 0,
    determinism: float = 0.7,
    gamma: float = 0.9,
    continuous: bool = True,
) -> ObjectWorld:
    """Draw an objectworld after Levine, Popovic & Koltun (2011).

    Objects lie in different cells chosen at random, each with an outer and an inner colour drawn
    uniformly. Five actions move LEFT, DOWN, RIGHT, UP or STAY; when one fails, another of the five
    is taken, each of these four as often. Against the edge one stays.

    Theirs are N = 32, C = 2, the moves, what is rewarded, Euclidean distances and the indicators
    that these are less than d = 1, ..., N; their code puts an object on each cell with probability
    .05 and discounts by .9. A fixed number of objects, the sizes +5 and -10 and the uniform start
    are ours, and so is reading "within 3 cells" as less than 3: the reward then is a function of
    the indicators too. A fresh world is the same call with another seed.

    Args:
        size: rows and columns N.
        n_objects: number of objects; of few, none may have the colours that make a reward.
        n_colours: number of outer colours, and of inner ones, C; at least 2.
        seed: an integer, or a generator, which is advanced.
        determinism: probability that an action does what it should.
        gamma: discount factor.
        continuous: whether `features` are distances (K = 2C) or indicators (K = 2C * N).

    Returns:
        The world; its transitions have at most 5 successors each.

    Raises:
        ValueError: more objects than cells, fewer than two colours, or a determinism that is not
            a probability.
    """
    size, n_objects = _count("size", size), _count("n_objects", n_objects)
    n_colours = _count("n_colours", n_colours)
    if n_objects > size**2:
        raise ValueError(f"n_objects is {n_objects}, but the grid has only {size**2} cells")
    if n_colours < 2:
        raise ValueError(f"n_colours is {n_colours}, expected at least 2: two make the reward")
    mdp = _moving(size, determinism, gamma)
    rng = np.random.default_rng(seed)
    cells = rng.choice(size**2, n_objects, replace=False)
    outer, inner = np.full((2, size, size), -1)
    outer.flat[cells] = rng.integers(n_colours, size=n_objects)
    inner.flat[cells] = rng.integers(n_colours, size=n_objects)
    held = [outer == colour for colour in range(n_colours)]
    held += [inner == colour for colour in range(n_colours)]
    distances = np.stack([_distance_to(cells).ravel() for cells in held], axis=1)
    parts = map(_read_only, (outer, inner, distances))
    return ObjectWorld(mdp, *parts, bool(continuous))


@dataclass(frozen=True, eq=False)
class BinaryWorld(_World):
    """A grid of blue and red cells. Made by `binaryworld`.

    Attributes:
        mdp: dynamics, uniform start distribution and discount; the transitions are sparse.
        blue: which cells are blue, shape (rows, cols), bool; the others are red.
    """

    mdp: MDP
    blue: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.blue.shape

    @property
    def state_reward(self) -> np.ndarray:
        """r(s), shape (S,): +5 if exactly 4 of the nine cells are blue, -5 if 5 are, else 0."""
        count = self.state_features.sum(axis=1)
        good, bad = count == GOOD_COUNT, count == BAD_COUNT
        return np.where(good, BINARY_GOOD, np.where(bad, BINARY_BAD, 0.0))

    @property
    def state_features(self) -> np.ndarray:
        """Which of the 3 x 3 cells around are blue, row by row, shape (S, 9), 0 or 1.

        Beyond the edge nothing is blue.
        """
        rows, cols = self.shape
        padded = np.pad(self.blue, 1)
        near = [padded[i : i + rows, j : j + cols].ravel() for i in range(3) for j in range(3)]
        return np.stack(near, axis=1).astype(np.float64)


def binaryworld(
    size: int = 32,
    seed: int | np.random.Generator = 0,
    determinism: float = 0.7,
    gamma: float = 0.9,
) -> BinaryWorld:
    """Draw a Binaryworld after Wulfmeier, Ondruska & Posner (2015).

    Every cell is blue or red with probability 1/2. The features are the nine cells that one sees,
    the reward depends on how many of them are blue: each alone says next to nothing. Actions and
    noise are those of `objectworld`. The sizes +5 and -5, the discount, the uniform start and what
    is seen beyond the edge are ours. A fresh world is the same call with another seed.

    Args:
        size: rows and columns.
        seed: an integer, or a generator, which is advanced.
        determinism: probability that an action does what it should.
        gamma: discount factor.

    Returns:
        The world, with K = 9 features.

    Raises:
        ValueError: a determinism that is not a probability.
    """
    size = _count("size", size)
    mdp = _moving(size, determinism, gamma)
    blue = np.random.default_rng(seed).random((size, size)) < 0.5
    return BinaryWorld(mdp, _read_only(blue))


def _moving(size, determinism, gamma):
    """Five actions on an empty grid, as CSR, those of equal target merged; a uniform start."""
    if not 0.0 <= determinism <= 1.0:
        raise ValueError(f"determinism is {determinism}, expected a probability from 0 to 1")
    row, col = np.indices((size, size))
    target = [
        np.clip(row + down, 0, size - 1) * size + np.clip(col + right, 0, size - 1)
        for down, right in _MOVES
    ]
    target = np.stack(target, axis=-1).reshape(-1, len(_MOVES))
    # Row (s, a) leads to s's five targets: to that of a, and by mistake to each of the others.
    n_states, n_actions = target.shape
    mistake = (1.0 - determinism) / (n_actions - 1)
    weights = mistake + (determinism - mistake) * np.eye(n_actions)
    entries = np.repeat(target, n_actions, axis=0).ravel()
    row_start = np.arange(n_states * n_actions + 1) * n_actions
    P = sp.csr_array(
        (np.tile(weights.ravel(), n_states), entries, row_start),
        shape=(n_states * n_actions, n_states),
    )
    P.sum_duplicates()
    P.eliminate_zeros()
    return MDP(P, np.full(n_states, 1.0 / n_states), gamma)


def _distance_to(cells):
    """Euclidean distance from everywhere to the nearest of some cells, both (rows, cols)."""
    if not cells.any():
        return np.full(cells.shape, np.hypot(*cells.shape))
    return distance_transform_edt(~cells)
