"""The painter: you draw a grid world, cell by cell, and see at once what becomes of it."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from irl_course import plotting
from irl_course.environments import Grid
from irl_course.interactive.board import Board
from irl_course.interactive.captioned import with_text
from irl_course.interactive.grid_svg import cell_boxes, grid_overlay, grid_svg
from irl_course.interactive.played import Played

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from irl_course.interactive.explore import Picture

    Brush = str | tuple[str, float]

_BRUSHES = {".": "free", "#": "wall", "S": "start", "G": "goal"}
_STEPS = {"ArrowLeft": (0, -1), "ArrowDown": (1, 0), "ArrowRight": (0, 1), "ArrowUp": (-1, 0)}


def paint(
    grid: Grid,
    brushes: dict[str, Brush] | None = None,
    draw: Callable[[Grid], Picture] | None = None,
    caption: str = "choose a brush, then click or drag over cells.",
    still: Callable[[], Figure] | None = None,
) -> Painter:
    r"""A grid that you paint with the mouse, a finger or the keyboard.

    Args:
        grid: what it looks like at first; slip, gamma and goal stay as they are.
        brushes: name of each kind of cell ('.', '#', 'S', 'G' or a letter), or its name and its
            reward; by default free, wall, start, goal and the grid's other letters.
        draw: called with the grid after each stroke; returns what stands beside it, as for
            `explore`.
        caption: what to try and what to see, in one sentence.
        still: returns a figure for pages without a kernel; by default what `draw` returns if that
            is a figure, or the grid.

    Returns:
        The painter; as a cell's last line it shows itself.

    Raises:
        ValueError: a brush that is no kind of cell.

    Example:
        >>> painter = paint(gridworld("S..\n..G"), {"#": "wall", ".": "free", "G": ("goal", 1.0)},
        ...                 draw=lambda grid: grid_svg(grid, steps_to_goal(grid)))  # doctest: +SKIP
    """
    letters = sorted({kind for kind in grid.text if kind.isalpha()} - set(_BRUSHES))
    brushes = _BRUSHES | {kind: f"kind {kind}" for kind in letters} if brushes is None else brushes
    for kind in brushes:
        if not (isinstance(kind, str) and len(kind) == 1 and (kind in ".#" or kind.isalpha())):
            raise ValueError(f"a brush paints {kind!r}, expected '.', '#' or a letter")
    if not brushes:
        raise ValueError("brushes is empty: give at least one")
    return Painter(grid, brushes, draw, caption, still)


class Painter(Played):
    """What `paint` returns: a grid under the brush.

    Attributes:
        grid: the last valid grid.
        brush: the kind of cell that is painted.
        board: the widget.
        error: what `draw` raised last, None if it drew.
    """

    def __init__(self, grid, brushes, draw, caption, still):
        """See `paint`."""
        self.grid = self._first = grid
        self._names = {k: b if isinstance(b, str) else b[0] for k, b in brushes.items()}
        self._rewards = {k: b[1] for k, b in brushes.items() if not isinstance(b, str)}
        self.brush = next(iter(brushes))
        self._cells = [list(line) for line in grid.text.split("\n")]
        self._past, self._cursor = deque(maxlen=200), (0, 0)
        board = Board(
            cells=cell_boxes(grid),
            draws=True,
            label="Grid world to paint. Arrow keys move the cursor, Enter or Space paints, "
            "numbers choose a brush, Backspace takes back.",
            shortcuts=dict.fromkeys(("Enter", " "), "paint")
            | {key: key for key in _STEPS}
            | {str(n): f"brush {kind}" for n, kind in zip(range(1, 10), brushes, strict=False)}
            | dict.fromkeys(("Backspace", "u"), "undo"),
        )
        super().__init__(board, draw, still, caption)
        handlers = {key: partial(self._move, *step) for key, step in _STEPS.items()}
        handlers |= {f"brush {kind}": partial(self.choose, kind) for kind in brushes}
        handlers |= {"undo": self.undo, "lift": self._settle}
        handlers["paint"] = lambda: self.paint(*self._cursor)
        self.board.listen(handlers, self._touch)
        self._settle()

    # --- what was painted

    @property
    def text(self) -> str:
        """The painting, one line per row, valid as a grid or not."""
        return "\n".join(map("".join, self._cells))

    def reward(self) -> np.ndarray:
        """Reward of `grid` by the brushes that have one, 0 elsewhere, shape (S, A)."""
        return self.grid.reward({k: v for k, v in self._rewards.items() if k in self.grid.text})

    # --- what you do

    def choose(self, kind: str) -> None:
        """Take another brush.

        Raises:
            ValueError: there is no such brush.
        """
        if kind not in self._names:
            raise ValueError(f"brush is {kind!r}, expected one of {', '.join(self._names)}")
        self.brush = kind
        self._show()

    def paint(self, row: int, col: int) -> None:
        """Paint one cell with the brush.

        Raises:
            ValueError: no such cell.
        """
        self.grid.index(row, col)
        self._touch(row, col, moved=False)
        self._settle()

    def undo(self) -> None:
        """Take back the last stroke."""
        if self._past:
            self._cells = [list(line) for line in self._past.pop().split("\n")]
        self._settle()

    # --- how

    def _move(self, down, right):
        rows, cols = self.grid.shape
        row, col = self._cursor
        self._cursor = min(max(row + down, 0), rows - 1), min(max(col + right, 0), cols - 1)
        self._show()

    def _touch(self, row, col, moved):
        """Begin a stroke, or draw it on: a fast finger leaves out cells, which lie on a line."""
        if not moved:
            self._past.append(self.text)
            self._cursor = row, col
        n = max(abs(row - self._cursor[0]), abs(col - self._cursor[1])) + 1
        for r, c in np.rint(np.linspace(self._cursor, (row, col), n)).astype(int):
            self._cells[r][c] = self.brush
        self._cursor = row, col
        self._show()

    def _settle(self):
        """After a stroke: the grid, and what is drawn of it."""
        try:
            if self.text != self.grid.text:
                self.grid = self.grid.replace(text=self.text)
        except ValueError as error:
            return self._show(f"The grid stays as it was before: {error}.")
        with self.board.hold_sync():
            self._show()
            self._draw_beside(self.grid)

    def _show(self, news=""):
        row, col = self._cursor
        kind = self._cells[row][col]
        walls = np.array(self._cells) == "#"
        picture = dataclasses.replace(self.grid, text=self.text, walls=walls)
        with self.board.hold_sync():
            self.board.scene = grid_svg(picture)
            self.board.overlay = grid_overlay(picture, cursor=self.grid.index(row, col))
            self.board.status = (
                f"{news} Row {row}, column {col}: {self._names.get(kind, kind)}. "
                f"Brush: {self._names[self.brush]}."
            ).strip()
            self.board.buttons = self._buttons()

    def _buttons(self):
        brushes = [
            {"does": f"brush {kind}", "text": self._says(kind), "key": str(n) if n < 10 else "",
             "group": "Brushes", "on": kind == self.brush}
            for n, kind in enumerate(self._names, 1)
        ]  # fmt: skip
        undo = {"does": "undo", "text": "Undo", "key": "u", "group": "Strokes"}
        return [*brushes, undo | {"off": not self._past}]

    def _says(self, kind):
        reward = f" ({self._rewards[kind]:+g})" if kind in self._rewards else ""
        return f"{self._names[kind]}{reward}".replace("-", "\N{MINUS SIGN}")

    def _own_still(self):
        from matplotlib import pyplot as plt

        drawn = with_text(self._draw(self._first))[0] if self._draw else ""
        if not isinstance(drawn, str):
            return drawn
        fig, ax = plt.subplots(figsize=(3.6, 3.6), layout="constrained")
        plotting.draw_grid(ax, self._first)
        return fig
