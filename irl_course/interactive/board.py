"""The board: a picture that is driven or painted, and says every key and click to Python.

The page decides nothing. It shows what Python says (`Board`'s traits) and sends one message per
key or click, in order and never throttled, so that none is lost while Python is busy; Python
alone knows what is allowed and what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import anywidget
import traitlets

_HERE = files("irl_course.interactive")


class Board(anywidget.AnyWidget):
    """A picture in two layers, with buttons beside it and a sentence below.

    Attributes:
        scene: an SVG, what changes rarely.
        overlay: an SVG with the same view box, what changes at every step.
        status: the picture's state in words, read out by screen readers when it changes.
        label: name of the picture, and which keys it listens to.
        buttons: one dict each: `does` (what is sent), `text`, `key` (its key, as it is shown),
            `group`; optionally `off` (cannot be pressed) and `on` (of radio buttons, which it is).
        shortcuts: what is sent, by the page's name of a key.
        cells: of a grid, where its cells are (`grid_svg.cell_boxes`); a click there is sent.
        draws: whether the cells under a finger or mouse that moves are sent as well.
        beside: HTML to the right, such as a second picture.
        turn: how many messages were answered; the page shows when it waits for the next.
    """

    _esm = _HERE.joinpath("board.js").read_text("utf-8")
    _css = _HERE.joinpath("board.css").read_text("utf-8")

    scene = traitlets.Unicode().tag(sync=True)
    overlay = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    buttons = traitlets.List(traitlets.Dict()).tag(sync=True)
    shortcuts = traitlets.Dict().tag(sync=True)
    cells = traitlets.Dict().tag(sync=True)
    draws = traitlets.Bool(False).tag(sync=True)
    beside = traitlets.Unicode().tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)

    def listen(self, handlers: dict[str, Callable], at: Callable | None = None) -> None:
        """Call `handlers[does]()` for a button or key, `at(row, col, moved)` for a cell.

        Whatever else a page sends is answered and does nothing.
        """

        def receive(widget, message, buffers):
            with self.hold_sync():  # one message back, however much changes
                self.turn += 1
                if (cell := _cell(message, self.cells)) and at:
                    at(*cell, bool(message.get("moved")))
                elif handler := handlers.get(message.get("does")):
                    handler()

        self.on_msg(receive)

    def play(self, frames: list[tuple[str, str]], pause: float) -> None:
        """Let the page show overlays with their sentences, one after the other.

        The page's clock does it, in every view, and any key ends it: Python stays free.
        """
        self.send({"frames": frames, "pause": round(1000 * pause)})


def _cell(message, cells):
    """Row and column that a message names, if the board has them."""
    match message:
        case {"row": int(row), "col": int(col)} if (
            cells and 0 <= row < cells["rows"] and 0 <= col < cells["cols"]
        ):
            return row, col
    return None
