"""Random decision processes, for tests and for experiments without any geometry."""

import numpy as np
from scipy import sparse as sp

from irl_course.mdp import MDP


def random_mdp(
    n_states: int,
    n_actions: int,
    gamma: float,
    seed: int | np.random.Generator,
    n_successors: int | None = None,
    sparse: bool = False,
) -> MDP:
    """Draw a decision process: uniform successors, flat Dirichlet probabilities.

    Args:
        n_states: number of states S.
        n_actions: number of actions A.
        gamma: discount factor.
        seed: an integer, or a generator, which is advanced.
        n_successors: how many distinct states each (s, a) can lead to; by default all of them.
        sparse: hold the transitions as CSR; the numbers are the same either way.

    Returns:
        A process whose start distribution, flat Dirichlet as well, reaches every state.
    """
    rng = np.random.default_rng(seed)
    n_successors = n_states if n_successors is None else n_successors
    if not 1 <= n_successors <= n_states:
        raise ValueError(f"n_successors is {n_successors}, expected 1 to {n_states} (n_states)")
    n_rows = n_states * n_actions
    successors = np.sort(_distinct(rng, n_rows, n_successors, n_states), axis=1)
    weights = rng.exponential(size=successors.shape)
    weights /= weights.sum(axis=1, keepdims=True)
    start = rng.dirichlet(np.ones(n_states))

    indptr = np.arange(n_rows + 1) * n_successors
    P = sp.csr_array((weights.ravel(), successors.ravel(), indptr), shape=(n_rows, n_states))
    return MDP(P if sparse else P.toarray().reshape(n_states, n_actions, n_states), start, gamma)


def _distinct(rng, n_rows, n_chosen, n_items):
    """Rows of distinct items, all choices equally likely."""
    if 4 * n_chosen >= n_items:  # ranking all items costs little more than the answer's size
        return np.argpartition(rng.random((n_rows, n_items)), n_chosen - 1)[:, :n_chosen]
    chosen = rng.integers(n_items, size=(n_rows, n_chosen))
    while True:  # a row with a repeat is drawn again as a whole, or the choice would be biased
        ordered = np.sort(chosen, axis=1)
        repeated = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(repeated):
            return chosen
        chosen[repeated] = rng.integers(n_items, size=(len(repeated), n_chosen))
