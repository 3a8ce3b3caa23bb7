"""Road and trees: a map on which two drivers show their tastes, after Ratliff et al. (2006)."""

from dataclasses import dataclass

import numpy as np

from irl_course.environments.gridworld import Grid, gridworld
from irl_course.mdp import Demos, _count, _read_only, sample_demos
from irl_course.planning import value_iteration

ROAD, TREES, OPEN = "R", "T", "."
FEATURES = ("road", "trees", "open ground", "near the road", "near trees")  # 3, or all smoothed
# What a step costs each driver, on the road, among trees and on open ground.
DRIVERS = {
    "stay on the road": {ROAD: -1.0, TREES: -8.0, OPEN: -4.0},
    "stay in the trees": {ROAD: -8.0, TREES: -1.0, OPEN: -4.0},
}
# How much of the map is trees before the road is built, and how wide a patch is, in cells.
_TREE_SHARE, _PATCH = 0.45, 1.5
# Cells after which a smoothed feature has faded to a third.
_FADE = 2.0


@dataclass(frozen=True, eq=False)
class Region:
    """One part of the map: a journey from its left edge to its right edge.

    Attributes:
        grid: the world; letters R (road) and T (trees), start and goal on the road. The goal is
            absorbing and the dynamics are deterministic.
        terrain: R, T or . for every cell, start and goal included, shape (rows, cols).
        features: f(s, a), shape (S, A, K), named by the first K of `FEATURES`: the first three say
            what a cell is and sum to 1. All are 0 in the goal, where the journey is over.
    """

    grid: Grid
    terrain: np.ndarray
    features: np.ndarray

    @property
    def start(self) -> int:
        """The state in which the journey begins."""
        return int(self.grid.cells("S")[0])

    @property
    def goal(self) -> int:
        """The state in which it ends."""
        return int(self.grid.cells("G")[0])

    def reward(self, driver: str) -> np.ndarray:
        """What a driver really wants, shape (S, A): a cost for each step, none in the goal."""
        if driver not in DRIVERS:
            raise ValueError(
                f"driver is {driver!r}, expected one of {', '.join(map(repr, DRIVERS))}"
            )
        return self.features[..., :3] @ np.array([DRIVERS[driver][k] for k in (ROAD, TREES, OPEN)])

    def drive(self, reward: np.ndarray) -> Demos:
        """The one path that an optimal driver takes.

        Args:
            reward: shape (S, A) or (S,).

        Returns:
            One demonstration, which ends in the goal; or after as many steps as there are cells,
            if it never gets there.
        """
        _, pi = value_iteration(self.grid.mdp, reward)
        demos = sample_demos(self.grid.mdp, pi, 1, self.grid.mdp.n_states, seed=0)
        arrived = np.append(np.flatnonzero(demos.states[0] == self.goal), demos.horizon)[0]
        return Demos(demos.states[:, : arrived + 1], demos.actions[:, :arrived])

    def occupancy(self, demos: Demos) -> np.ndarray:
        """Discounted visits along one path; the driver stays where it ends.

        Args:
            demos: one demonstration.

        Returns:
            Visits, shape (S, A); they sum to 1 / (1 - gamma).
        """
        mdp, T = self.grid.mdp, demos.horizon
        visits = np.zeros((mdp.n_states, mdp.n_actions))
        np.add.at(visits, (demos.states[0, :-1], demos.actions[0]), mdp.gamma ** np.arange(T))
        visits[demos.states[0, -1], 0] += mdp.gamma**T / (1.0 - mdp.gamma)
        return visits

    def loss(self, demos: Demos) -> np.ndarray:
        """1 for each step that the demonstrations never take, 0 for theirs and in the goal.

        Args:
            demos: demonstrations in this region.

        Returns:
            Shape (S, A).
        """
        loss = np.ones((self.grid.mdp.n_states, self.grid.mdp.n_actions))
        loss[demos.states[:, :-1], demos.actions] = 0.0
        loss[self.goal] = 0.0
        return loss

    def shares(self, demos: Demos) -> dict[str, float]:
        """Which share of the cells that a path leaves is road, trees and open ground."""
        cells = self.terrain.ravel()[demos.states[:, :-1]]
        return {kind: float((cells == kind).mean()) for kind in (ROAD, TREES, OPEN)}


@dataclass(frozen=True, eq=False)
class RoadMap:
    """A map cut in two: one half to learn in, one half that nobody has driven.

    Attributes:
        terrain: R, T or . for every cell of the whole map, shape (rows, 2 * cols).
        training: the left half.
        held_out: the right half.
    """

    terrain: np.ndarray
    training: Region
    held_out: Region


def road_map(
    seed: int, n_rows: int = 20, n_cols: int = 20, gamma: float = 0.99, smoothed: bool = False
) -> RoadMap:
    """Draw a map of a winding road through patches of trees.

    The setting of Ratliff, Bagnell & Zinkevich (2006): who draws one path on a satellite image,
    along a road or from cover to cover, gets a planner that does the same in an image it has not
    seen. Their features came from the image; here they are what a cell is.

    Args:
        seed: the same seed draws the same map.
        n_rows: rows of the map, at least 8.
        n_cols: columns of each half, at least 8.
        gamma: discount factor, below 1.
        smoothed: add two features that fade with the distance to the road and to trees.

    Returns:
        The map; there is road all the way from its left edge to its right edge.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter  # slow to import

    n_rows, n_cols = _count("n_rows", n_rows), _count("n_cols", n_cols)
    if min(n_rows, n_cols) < 8:
        raise ValueError(f"a half of {n_rows} x {n_cols} cells has no room: at least 8 x 8")
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.normal(size=(n_rows, 2 * n_cols)), _PATCH, mode="nearest")
    terrain = np.where(noise > np.quantile(noise, 1.0 - _TREE_SHARE), TREES, OPEN)
    height = _road(rng, n_rows, 2 * n_cols)
    for col, row in enumerate(height):
        low, high = sorted((row, height[max(col - 1, 0)]))
        terrain[low : high + 1, col] = ROAD
    features = [terrain == kind for kind in (ROAD, TREES, OPEN)]
    if smoothed:
        features += [np.exp(-distance_transform_edt(terrain != k) / _FADE) for k in (ROAD, TREES)]
    features = np.stack(features, axis=-1).astype(float)
    halves = slice(0, n_cols), slice(n_cols, None)
    return RoadMap(
        _read_only(terrain),
        *(_region(terrain[:, h], features[:, h], height[h], gamma) for h in halves),
    )


def _road(rng, n_rows, n_cols):
    """The row of the road in each column: two waves, kept off the edges."""
    phase, col = rng.uniform(0, 2 * np.pi, 2), np.arange(n_cols) / n_cols
    wave = np.sin(4 * np.pi * col + phase[0]) + 0.5 * np.sin(10 * np.pi * col + phase[1])
    return np.rint((n_rows - 1) * (0.5 + 0.27 * wave)).astype(int)


def _region(terrain, features, height, gamma):
    letters = terrain.copy()
    letters[height[0], 0], letters[height[-1], -1] = "S", "G"
    grid = gridworld("\n".join(map("".join, letters)), gamma=gamma, sparse=True)
    features = features.reshape(grid.mdp.n_states, -1).copy()
    features[grid.cells("G")] = 0.0
    features = np.repeat(features[:, None], grid.mdp.n_actions, axis=1)
    return Region(grid, _read_only(terrain), _read_only(features))
