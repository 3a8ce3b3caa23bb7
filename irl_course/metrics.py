"""How far a learnt reward is from the truth, measured by what it makes one do."""

import numpy as np

from irl_course.mdp import MDP, as_reward
from irl_course.planning import bellman_backup, expected_return, greedy_policy, value_iteration


def expected_value_difference(
    mdp: MDP, true_reward: np.ndarray, learned_reward: np.ndarray
) -> float:
    """What acting on the learnt reward costs under the true one (Levine et al. 2011).

    E_{pi*}[sum_t gamma^t r(s_t, a_t)] - E_pi[the same], with r the true reward, pi* optimal for
    it and pi optimal for the learnt reward.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        true_reward: what counts, shape (S, A) or (S,).
        learned_reward: what pi is planned for, shape (S, A) or (S,).

    Returns:
        The loss, at least 0, in units of the true return. It does not change with the scale of
        the learnt reward, a constant added to it, or potential shaping: where these leave actions
        equally good, pi takes them equally often.
    """
    best = expected_return(mdp, true_reward, _optimal_policy(mdp, true_reward))
    reached = expected_return(mdp, true_reward, _optimal_policy(mdp, learned_reward))
    return max(0.0, best - reached)


def _optimal_policy(mdp, reward):
    """Optimal at one common scale; ties are shared, or rounding would choose among them."""
    reward = as_reward(mdp, reward)
    reward = reward / (np.abs(reward).max() or 1.0)
    V, _ = value_iteration(mdp, reward, tol=1e-10)
    return greedy_policy(bellman_backup(mdp, reward, V), tol=1e-9)
