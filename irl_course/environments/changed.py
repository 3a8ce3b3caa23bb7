"""Families of worlds that share states, actions and reward, and differ in their dynamics.

What was learnt in one of them is tried in the others: a reward that carries over says what the
expert wants, and one that does not has only described what the expert did.
"""

import dataclasses

import numpy as np

from irl_course.environments.gridworld import Grid, gridworld
from irl_course.environments.random import random_mdp
from irl_course.mdp import MDP, _count
from irl_course.metrics import expected_value_difference
from irl_course.planning import expected_return, policy_iteration

MAZE_SIZE = 7
# Returns that differ by less than this share of the larger are equal: nothing is to be won.
_NO_GAIN = 1e-9


def random_task(
    seed: int | np.random.Generator,
    n_states: int = 16,
    n_actions: int = 4,
    gamma: float = 0.9,
    n_successors: int = 2,
) -> tuple[MDP, np.ndarray]:
    """A random process, and a reward of 1 in one of its states, chosen uniformly.

    16 states, 4 actions and gamma = .9 are those of Fu, Luo & Levine (2018), section 7.1; the rest
    is ours. Few successors make actions matter: among all 16 every action does nearly the same.

    Args:
        seed: an integer, or a generator, which is advanced.
        n_states: number of states S.
        n_actions: number of actions A.
        gamma: discount factor.
        n_successors: how many distinct states each (s, a) can lead to.

    Returns:
        The MDP, and its reward, shape (S, A), the same for every action.
    """
    rng = np.random.default_rng(seed)
    mdp = random_mdp(n_states, n_actions, gamma, rng, n_successors)
    reward = np.zeros((n_states, n_actions))
    reward[rng.integers(n_states)] = 1.0
    return mdp, reward


def changed_dynamics(
    mdp: MDP, n_worlds: int, seed: int | np.random.Generator, n_successors: int = 2
) -> list[MDP]:
    """Worlds with the start and the discount of a given one, and transitions drawn anew.

    Args:
        mdp: gives S, A, p(s_1) and gamma.
        n_worlds: how many to draw.
        seed: an integer, or a generator, which is advanced.
        n_successors: how many distinct states each (s, a) can lead to.

    Returns:
        The worlds, transitions as in `random_mdp`, dense or sparse as those of mdp.
    """
    rng = np.random.default_rng(seed)
    sizes = (mdp.n_states, mdp.n_actions, mdp.gamma)
    draws = [
        random_mdp(*sizes, rng, n_successors, mdp.is_sparse)
        for _ in range(_count("n_worlds", n_worlds))
    ]
    return [mdp.replace(P=draw.P) for draw in draws]


def gap_maze(gap: int = 1, turns: int = 0, slip: float = 0.1, gamma: float = 0.95) -> Grid:
    """A 7x7 maze: a wall across the middle with one gap, the goal below, starts everywhere.

    Another `gap` moves the way through; `turns` rotates what the actions do, so that action a
    moves as (a + turns) % 4 did: one quarter-turn makes LEFT go down, DOWN right, RIGHT up and UP
    left. It is the shifting maze of Fu, Luo & Levine (2018) on a grid.

    Args:
        gap: column of the gap, 0 to 6.
        turns: quarter-turns of the actions, counterclockwise.
        slip: probability that a move goes in a direction chosen uniformly.
        gamma: discount factor.

    Returns:
        The grid, 49 states. Its `replace` forgets the turns. Directions on the page, for
        `draw_policy`, are `np.roll(pi, turns, axis=1)`.

    Raises:
        ValueError: a gap outside the wall, or turns that are not a whole number.
    """
    for name, value in (("gap", gap), ("turns", turns)):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise ValueError(f"{name} is {value!r}, expected a whole number")
    if not 0 <= gap < MAZE_SIZE:
        raise ValueError(f"gap is {gap}, expected a column, 0 to {MAZE_SIZE - 1}")
    rows = ["." * MAZE_SIZE] * MAZE_SIZE
    rows[MAZE_SIZE // 2] = "#" * gap + "." + "#" * (MAZE_SIZE - 1 - gap)
    rows[-1] = "...G..."
    grid = gridworld("\n".join(rows), slip=slip, gamma=gamma, sparse=False)
    turned = np.roll(grid.mdp.P, -turns, axis=1)
    return dataclasses.replace(grid, mdp=grid.mdp.replace(P=turned))


def transfer_score(mdp: MDP, true_reward: np.ndarray, learned_reward: np.ndarray) -> float:
    """What planning for a learnt reward earns of what there is to earn, in any world.

    (J(pi) - J(uniform)) / (J(pi*) - J(uniform)), where J is the return under the true reward, pi
    is optimal for the learnt one, pi* for the true one, and uniform acts at random.

    Args:
        mdp: the world to act in, gamma < 1.
        true_reward: what counts, shape (S, A) or (S,).
        learned_reward: what pi is planned for, shape (S, A) or (S,).

    Returns:
        1 if nothing is lost, 0 if random actions earn as much, and less than 0 if they earn more.
        It does not change with the scale of either reward, nor with constants added to them.

    Raises:
        ValueError: random actions are optimal, so that there is nothing to carry over.
    """
    uniform = np.full((mdp.n_states, mdp.n_actions), 1.0 / mdp.n_actions)
    best = expected_return(mdp, true_reward, policy_iteration(mdp, true_reward)[1])
    room = best - expected_return(mdp, true_reward, uniform)
    if room <= _NO_GAIN * max(abs(best), abs(best - room)):
        raise ValueError(f"random actions are optimal in {mdp}: no reward can be told from another")
    return 1.0 - expected_value_difference(mdp, true_reward, learned_reward) / room
