"""Small worlds with known answers, here by listing every trajectory."""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp

from irl_course.environments.paths import risky_path, three_paths
from irl_course.planning import expected_visits, soft_value_iteration


def trajectories(mdp, horizon):
    """Every (states, actions, probability of the dynamics) that can happen."""
    S, A = mdp.n_states, mdp.n_actions
    for states in itertools.product(range(S), repeat=horizon + 1):
        for actions in itertools.product(range(A), repeat=horizon):
            chance = mdp.initial_dist[states[0]]
            for s, a, after in zip(states, actions, states[1:], strict=False):
                chance *= mdp.P[s, a, after]
            if chance > 0:
                yield states, actions, chance


@pytest.mark.parametrize(
    ("horizon", "risky", "earns"), [(3, 0.665, -66), (5, 0.688, -135), (10, 0.689, -305)]
)
def test_who_believes_in_luck_takes_the_risk(horizon, risky, earns):
    mdp, reward = risky_path()
    V, policies = np.zeros(4), []
    for _ in range(horizon):  # the trajectory model: the next state is chosen, as it were
        Q = reward + logsumexp(V, b=mdp.P, axis=2)
        V = np.logaddexp(*Q.T)
        policies.insert(0, np.exp(Q - V[:, None]))
    assert policies[0][0, 1] == pytest.approx(risky, abs=5e-4)
    visits = expected_visits(mdp, np.array(policies), horizon)
    assert (visits * reward).sum() == pytest.approx(earns, abs=0.5)


def test_the_trajectory_model_by_listing_all():
    mdp, reward = risky_path()
    weight = {0: 0.0, 1: 0.0}
    for states, actions, chance in trajectories(mdp, 3):
        total = sum(reward[s, a] for s, a in zip(states, actions, strict=False))
        weight[actions[0]] += chance * np.exp(total)
    assert weight[1] / sum(weight.values()) == pytest.approx(0.6652, abs=1e-4)


@pytest.mark.parametrize(("horizon", "earns"), [(3, 0.731), (5, 2.765), (10, 7.775)])
def test_who_cannot_choose_the_coin_takes_the_detour(horizon, earns):
    mdp, reward = risky_path()
    _, _, pi = soft_value_iteration(mdp, reward, horizon)
    assert pi[0, 0, 1] < 1e-20
    visits = expected_visits(mdp, pi, horizon)
    assert (visits * reward).sum() == pytest.approx(earns, abs=1e-3)


def test_three_paths_cost_the_same():
    mdp, reward = three_paths()
    costs = [
        sum(reward[s, a] for s, a in zip(states, actions, strict=False))
        for states, actions, _ in trajectories(mdp, 2)
    ]
    assert sorted(costs)[-3:] == [-2.0, -2.0, -2.0] and sorted(costs)[-4] < -900
    _, _, pi = soft_value_iteration(mdp, reward, 2)
    assert pi[0, 0].tolist() == pytest.approx([1 / 3, 2 / 3])  # a third for each path
    assert pi[1, 1].tolist() == pytest.approx([1 / 2, 1 / 2])
