"""Macrocell worlds: grids whose reward is constant over square regions (Abbeel & Ng 2004)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from irl_course.environments.gridworld import Grid, gridworld
from irl_course.mdp import MDP, _count


@dataclass(frozen=True, eq=False)
class MacrocellWorld:
    """A grid in square regions, one indicator feature each. Made by `macrocell_world`.

    Attributes:
        grid: the grid and its decision process.
        macrocell: the region of each state, shape (S,), numbered row by row from the top left.
        psi: true reward weights, shape (K,); not negative, mostly zero, and they sum to 1.
    """

    grid: Grid
    macrocell: np.ndarray
    psi: np.ndarray

    @property
    def mdp(self) -> MDP:
        """Dynamics, uniform start distribution and discount."""
        return self.grid.mdp

    @property
    def reward(self) -> np.ndarray:
        """The true reward, r(s, a) = psi[region of s], shape (S, A)."""
        return np.repeat(self.psi[self.macrocell][:, None], self.mdp.n_actions, axis=1)

    @property
    def features(self) -> np.ndarray:
        """Which region one is in, f(s, a) one-hot, shape (S, A, K).

        A read-only view that holds each state's row once. Arithmetic on all of it still costs
        S * A * K: in large worlds hand `state_features` to what takes features instead.
        """
        rows = np.eye(len(self.psi))[self.macrocell]
        shape = (self.mdp.n_states, self.mdp.n_actions, len(self.psi))
        return np.broadcast_to(rows[:, None, :], shape)

    @property
    def state_features(self) -> sp.csr_array:
        """The same features of the state alone, CSR of shape (S, K), one entry a row."""
        S = self.mdp.n_states
        rows = (np.ones(S), self.macrocell, np.arange(S + 1))
        return sp.csr_array(rows, shape=(S, len(self.psi)))


def macrocell_world(
    size: int = 128,
    macrocell_size: int = 16,
    seed: int | np.random.Generator = 0,
    slip: float = 0.3,
    gamma: float = 0.99,
    density: float = 0.1,
) -> MacrocellWorld:
    """Draw a world as in Abbeel & Ng (2004), section 5.1; the defaults are theirs.

    The grid has no walls and the start is uniform over its cells. Each region's weight is zero,
    or with probability `density` uniform on [0, 1]; weights with fewer than two that are not zero
    are drawn again; in the end they are divided by their sum.

    Args:
        size: rows and columns of the grid.
        macrocell_size: rows and columns of a region; divides size.
        seed: an integer, or a generator, which is advanced.
        slip: probability that a move goes in a direction chosen uniformly.
        gamma: discount factor.
        density: probability that a region has a reward.

    Returns:
        The world, with K = (size / macrocell_size)^2 features; sparse above 500 states.

    Raises:
        ValueError: regions that do not tile the grid, fewer than two of them, or a density that
            is not a probability above 0.
    """
    size, macrocell_size = _count("size", size), _count("macrocell_size", macrocell_size)
    if size % macrocell_size or size == macrocell_size:
        raise ValueError(
            f"macrocell_size is {macrocell_size}, expected a divisor of size = {size} below it"
        )
    if not 0.0 < density <= 1.0:
        raise ValueError(f"density is {density}, expected a probability above 0")
    grid = gridworld("\n".join(["." * size] * size), slip=slip, gamma=gamma)
    region, n_regions = np.arange(size) // macrocell_size, size // macrocell_size
    macrocell = (region[:, None] * n_regions + region).ravel()
    macrocell.flags.writeable = False
    psi = _sparse_weights(n_regions**2, density, np.random.default_rng(seed))
    psi.flags.writeable = False
    return MacrocellWorld(grid, macrocell, psi)


def _sparse_weights(n_features, density, rng):
    while True:
        psi = np.where(rng.random(n_features) < density, rng.random(n_features), 0.0)
        if np.count_nonzero(psi) >= 2:
            return psi / psi.sum()
