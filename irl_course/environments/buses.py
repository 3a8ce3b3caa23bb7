"""Harold Zurcher's buses: when to replace an engine (Rust 1987), with his real decisions."""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from scipy import sparse

from irl_course.mdp import MDP, _count, _real

KEEP, REPLACE = range(2)
MILES_PER_BIN = 5_000


@dataclass(frozen=True, eq=False)
class BusRecords:
    """What was decided, month by month, counted. Read by `bus_records`.

    Attributes:
        keep: months in which an engine of so many miles was kept, shape (90,); bin i holds engines
            that have run between i and i + 1 times `MILES_PER_BIN`.
        replace: months in which one was replaced, shape (90,).
        increments: months in which an engine moved on by 0, 1 or 2 bins, shape (3,).
    """

    keep: np.ndarray
    replace: np.ndarray
    increments: np.ndarray

    def __add__(self, other: "BusRecords") -> "BusRecords":
        """The records of two fleets together."""
        return BusRecords(
            self.keep + other.keep,
            self.replace + other.replace,
            self.increments + other.increments,
        )


def bus_records(groups: str = "1-4") -> BusRecords:
    """Decisions at the Madison Metropolitan Bus Company, 1974 to 1985, counted as Rust did.

    The counts come from the odometer readings in github.com/OpenSourceEconomics/zurcher-data (MIT
    licence), which are those of Rust's own distribution; `buses.json` beside this module says how
    they were counted.

    Args:
        groups: "1-3", "4" or "1-4": the three samples of Rust (1987), table IX.

    Returns:
        The counts of 3,864, 4,292 or 8,156 months, with 27, 33 or 60 replacements.
    """
    if groups == "1-4":
        return bus_records("1-3") + bus_records("4")
    known = json.loads(files(__package__).joinpath("buses.json").read_text("utf-8"))["groups"]
    if groups not in known:
        raise ValueError(f"groups is {groups!r}, expected one of {[*known, '1-4']}")
    return BusRecords(**{name: np.array(counts) for name, counts in known[groups].items()})


def bus_mdp(increment_probs: np.ndarray, n_bins: int = 90, gamma: float = 0.9999) -> MDP:
    """The world of a bus engine: it ages at random, or starts anew.

    p(x + j | x, KEEP) = increment_probs[j]; REPLACE does the same from x = 0. What would go beyond
    the last bin stays in it (Rust 1987, section 4).

    Args:
        increment_probs: probability to move on by 0, 1, 2, ... bins in a month, shape (J,); sums
            to 1.
        n_bins: number of bins of miles, the states.
        gamma: discount factor a month.

    Returns:
        The MDP, states (n_bins,), actions KEEP and REPLACE; it starts with a new engine.
    """
    probs, _ = _real("increment_probs", increment_probs)
    if probs.ndim != 1 or not len(probs):
        raise ValueError(f"increment_probs has shape {probs.shape}, expected (J,)")
    if not (probs >= 0).all() or abs(probs.sum() - 1.0) > 1e-6:
        raise ValueError(f"increment_probs is {probs}, expected probabilities that sum to 1")
    n_bins = _count("n_bins", n_bins)
    start = np.repeat(np.arange(n_bins), 2) * (np.arange(2 * n_bins) % 2 == KEEP)
    end = np.minimum(start[:, None] + np.arange(len(probs)), n_bins - 1)
    row = np.broadcast_to(np.arange(2 * n_bins)[:, None], end.shape)
    prob = np.broadcast_to(probs / probs.sum(), end.shape)
    rows = sparse.coo_array((prob.ravel(), (row.ravel(), end.ravel())), shape=(2 * n_bins, n_bins))
    return MDP(rows.toarray().reshape(n_bins, 2, n_bins), np.eye(n_bins)[0], gamma)


def bus_features(n_bins: int = 90) -> np.ndarray:
    """What a month costs: a replacement, or running an engine of x bins.

    With psi = (RC, theta) the reward is -RC to replace and -0.001 theta x to keep, Rust's linear
    cost in his own units (Rust 1987, table IX).

    Args:
        n_bins: number of bins of miles, the states.

    Returns:
        Shape (n_bins, 2, 2): features of state and action.
    """
    features = np.zeros((_count("n_bins", n_bins), 2, 2))
    features[:, REPLACE, 0] = -1.0
    features[:, KEEP, 1] = -0.001 * np.arange(n_bins)
    return features
