"""Grid worlds drawn as text pictures."""

import textwrap
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from irl_course.mdp import MDP

LEFT, DOWN, RIGHT, UP = range(4)
# (row, column) step of each action, in the order above.
_STEPS = ((0, -1), (1, 0), (0, 1), (-1, 0))
# Above this many states the dense tensor (8 MB here, growing with the square) stops being handy.
_DENSE_STATES = 500


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid world: its decision process and what is where. Made by `gridworld`.

    States are numbered row by row, `state = row * n_cols + col`, row 0 on top.

    Attributes:
        mdp: dynamics, start distribution and discount.
        text: the picture, one line per row.
        walls: where nobody can be, shape (rows, cols), bool.
        slip: probability that a move goes in a direction chosen uniformly.
        goal: "stay" if goals are absorbing, "pass" if they are ordinary cells.
    """

    mdp: MDP
    text: str
    walls: np.ndarray
    slip: float
    goal: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.walls.shape

    def index(self, row: int, col: int) -> int:
        """The state in a row and column."""
        for name, value, size in (("row", row, self.shape[0]), ("col", col, self.shape[1])):
            if not 0 <= value < size:
                raise ValueError(f"{name} is {value}, but the grid has {size} of them")
        return int(row * self.shape[1] + col)

    def where(self, state: int) -> tuple[int, int]:
        """The row and column of a state."""
        if not 0 <= state < self.mdp.n_states:
            raise ValueError(f"state is {state}, but the grid has {self.mdp.n_states} states")
        row, col = divmod(int(state), self.shape[1])
        return row, col

    def cells(self, kind: str) -> np.ndarray:
        """The states drawn with a letter, in rising order; none if there are none."""
        return np.flatnonzero(_letters(self.text) == kind)

    def reward(self, values: dict[str, float], step: float = 0.0) -> np.ndarray:
        """A reward for being in cells of a kind, r(s, a) = values[kind of s].

        Args:
            values: reward for each letter of the picture.
            step: reward everywhere else.

        Returns:
            Reward, shape (S, A), the same for every action.

        Raises:
            ValueError: a letter that the picture does not have.
        """
        letters, known = _letters(self.text), set(self.text) - {"\n"}
        reward = np.full(self.mdp.n_states, float(step))
        for kind, value in values.items():
            if kind not in known:
                only = " ".join(sorted(known))
                raise ValueError(f"reward names {kind!r}, but the picture has only {only}")
            reward[letters.ravel() == kind] = value
        return np.repeat(reward[:, None], self.mdp.n_actions, axis=1)

    def replace(self, **changes) -> "Grid":
        """The same world with some of text, slip, gamma, goal and sparse exchanged."""
        kept = {
            "text": self.text,
            "slip": self.slip,
            "gamma": self.mdp.gamma,
            "goal": self.goal,
            "sparse": self.mdp.is_sparse if "text" not in changes else None,
        }
        return gridworld(**(kept | changes))


def gridworld(
    text: str,
    slip: float = 0.0,
    gamma: float = 0.95,
    goal: str = "stay",
    sparse: bool | None = None,
) -> Grid:
    """Build a grid world from a text picture.

    `.` is a free cell, `#` a wall, `S` a start (several: uniform), `G` a goal, and any other
    letter a named kind of free cell. Without an `S` the start is uniform over the free cells that
    are not goals. The actions are LEFT, DOWN, RIGHT, UP; a move into a wall or off the edge stays.
    Wall cells are states as well, which nobody can enter and which lead to themselves.

    Args:
        text: the picture; common indentation and blank lines around it are dropped.
        slip: probability that a move goes in one of the four directions, chosen uniformly (the
            intended one included), instead of the intended one.
        gamma: discount factor.
        goal: "stay" makes goals absorbing, "pass" makes them ordinary cells.
        sparse: hold the transitions as CSR; by default above 500 states.

    Returns:
        The grid; its transitions have at most 4 successors each.

    Raises:
        ValueError: ragged rows, an unknown character (naming row and column), no free cell, or a
            slip or goal that makes no sense.
    """
    if not isinstance(text, str):
        raise ValueError(f"text is {text!r}, expected a picture, one line per row")
    lines = textwrap.dedent(text).strip("\n").rstrip().split("\n")
    text = "\n".join(line.rstrip() for line in lines)
    letters = _letters(text)
    if not 0.0 <= slip <= 1.0:
        raise ValueError(f"slip is {slip}, expected a probability from 0 to 1")
    if goal not in ("stay", "pass"):
        raise ValueError(f"goal is {goal!r}, expected 'stay' or 'pass'")
    walls = letters == "#"
    if walls.all():
        raise ValueError(f"the picture has no free cell: all {walls.size} are walls")

    fixed = walls | ((letters == "G") & (goal == "stay"))
    P = _transitions(walls, fixed, slip)
    if not (letters.size > _DENSE_STATES if sparse is None else sparse):
        P = P.toarray().reshape(letters.size, 4, letters.size)
    walls.flags.writeable = False
    return Grid(MDP(P, _start(letters), gamma), text, walls, float(slip), goal)


def _letters(text):
    """The picture as a (rows, cols) array of characters, validated."""
    lines = text.split("\n")
    if not text:
        raise ValueError("the picture is empty")
    for row, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise ValueError(
                f"row {row} of the picture has {len(line)} columns, row 0 has {len(lines[0])}"
            )
    letters = np.array([list(line) for line in lines])
    for character in sorted(set(text) - {"\n", ".", "#"}):
        if not character.isalpha():
            row, col = np.argwhere(letters == character)[0]
            raise ValueError(f"row {row}, column {col} of the picture is {character!r}")
    return letters


def _start(letters):
    """Uniform over S, or over the free cells that are not goals, or over what is free."""
    free = letters != "#"
    for candidates in (letters == "S", free & (letters != "G"), free):
        if candidates.any():
            return candidates.ravel() / candidates.sum()


def _transitions(walls, fixed, slip):
    """CSR transitions, row s * 4 + a: four directions each, those of equal target merged."""
    n_rows, n_cols = walls.shape
    row, col = np.indices(walls.shape)
    state = row * n_cols + col
    target = np.empty((*walls.shape, 4), dtype=np.int32)
    for action, (down, right) in enumerate(_STEPS):
        to_row = np.clip(row + down, 0, n_rows - 1)
        to_col = np.clip(col + right, 0, n_cols - 1)
        blocked = fixed | walls[to_row, to_col]
        target[..., action] = np.where(blocked, state, to_row * n_cols + to_col)

    # Row (s, a) slips to each of s's four targets, and adds the rest to that of action a.
    weights = slip / 4 + (1 - slip) * np.eye(4)
    data = np.tile(weights.ravel(), walls.size)
    successors = np.repeat(target.reshape(-1, 4), 4, axis=0).ravel()
    indptr = np.arange(walls.size * 4 + 1, dtype=np.int32) * 4
    P = sp.csr_array((data, successors, indptr), shape=(walls.size * 4, walls.size))
    P.sum_duplicates()
    P.eliminate_zeros()
    alone = np.flatnonzero(np.diff(P.indptr) == 1)
    P.data[P.indptr[alone]] = 1.0  # four times a quarter and the rest may miss it by rounding
    return P
