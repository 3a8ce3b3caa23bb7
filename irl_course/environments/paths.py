"""Worlds of a few states in which probabilistic models of behaviour part company."""

import numpy as np

from irl_course.mdp import MDP

NO_ROAD = -1_000.0  # the reward of an action that is not there: exp(-1000) is 0 in float64


def risky_path() -> tuple[MDP, np.ndarray]:
    """A safe detour to the goal, and a short cut that ends badly half of the time.

    State 0 is the start, 1 the detour, 2 the goal, 3 the accident; the last two are never left. At
    the start action 0 goes to the detour and action 1 tosses a coin between goal and accident; on
    the detour action 0 goes to the goal and action 1 waits. The world is RiskyPath of the suite
    `seals` (Freire, Gleave, Toyer & Russell 2020).

    Returns:
        The MDP, S = 4, A = 2, gamma = 1: use it with a horizon; and its reward, shape (S, A): 1 for
        a step in the goal, -100 for one in the accident, 0 elsewhere.
    """
    P = np.zeros((4, 2, 4))
    P[0, 0, 1] = 1.0
    P[0, 1, [2, 3]] = 0.5
    P[1, 0, 2] = P[1, 1, 1] = 1.0
    P[[2, 3], :, [2, 3]] = 1.0
    reward = np.repeat([[0.0], [0.0], [1.0], [-100.0]], 2, axis=1)
    return MDP(P, np.eye(4)[0], 1.0), reward


def three_paths() -> tuple[MDP, np.ndarray]:
    """Three paths of the same cost, two of which begin with the same action.

    From state 0, action 0 is the long road to the goal, state 2; action 1 leads to the fork, state
    1, from where two roads go there. So of two choices one holds two paths: the case of Ziebart et
    al. (2008), figure 2. In the goal only action 0 is there, and costs nothing.

    Returns:
        The MDP, S = 3, A = 2, gamma = 1: use it with horizon 2; and its reward, shape (S, A): the
        long road costs 2, all others 1.
    """
    P = np.zeros((3, 2, 3))
    P[0, 0, 2] = P[0, 1, 1] = 1.0
    P[1:, :, 2] = 1.0
    reward = np.array([[-2.0, -1.0], [-1.0, -1.0], [0.0, NO_ROAD]])
    return MDP(P, np.eye(3)[0], 1.0), reward
