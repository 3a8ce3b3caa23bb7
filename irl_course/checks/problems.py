"""Worlds that exercises are asked about: small, noisy, lopsided, and drawn from a seed.

No two sizes of one world are equal, so that a transposed axis cannot pass; starts are spread,
rewards have both signs, discounts range from .3 to .98.
"""

from __future__ import annotations

import numpy as np

from irl_course.mdp import MDP


def noisy_world(rng: np.random.Generator, n_states: int, n_actions: int, gamma: float) -> MDP:
    """A random MDP in which every action may lead to about half of the states."""
    P = rng.dirichlet(np.full(n_states, 0.5), size=(n_states, n_actions))
    return MDP(P, rng.dirichlet(np.ones(n_states)), gamma)


def sure_world(rng: np.random.Generator, n_states: int, n_actions: int, gamma: float) -> MDP:
    """A random MDP without noise, starting mostly in its last state."""
    P = np.zeros((n_states, n_actions, n_states))
    states, actions = np.indices((n_states, n_actions))
    P[states, actions, rng.integers(n_states, size=(n_states, n_actions))] = 1.0
    start = np.full(n_states, 0.1 / (n_states - 1))
    start[-1] = 0.9
    return MDP(P, start, gamma)


def worlds(rng: np.random.Generator) -> list[tuple[str, MDP]]:
    """Labelled worlds from the smallest to the hardest."""
    drawn = [
        ("no noise", sure_world(rng, 3, 2, 0.5)),
        ("with noise", noisy_world(rng, 3, 2, 0.9)),
        ("with noise", noisy_world(rng, 5, 3, 0.3)),
        ("more actions than states", noisy_world(rng, 4, 6, 0.8)),
        ("patient", noisy_world(rng, 7, 3, 0.98)),
    ]
    return [(f"{size(mdp)}, {said}", mdp) for said, mdp in drawn]


def size(mdp: MDP) -> str:
    """A world's size in words."""
    return f"{mdp.n_states} states, {mdp.n_actions} actions, γ = {mdp.gamma:g}"


def random_policy(rng: np.random.Generator, mdp: MDP) -> np.ndarray:
    """A policy that prefers some actions but rules out none, shape (S, A)."""
    return rng.dirichlet(np.full(mdp.n_actions, 0.7), size=mdp.n_states)


def random_reward(rng: np.random.Generator, mdp: MDP, scale: float = 1.0) -> np.ndarray:
    """Rewards of both signs, shape (S, A)."""
    return scale * rng.normal(size=(mdp.n_states, mdp.n_actions))
