"""What driving and painting share: a board, and a picture beside it that follows what is done."""

from __future__ import annotations

from html import escape

from irl_course.interactive.captioned import Captioned, picture_html


class Played(Captioned):
    """A board under its caption, and beside it what `draw` makes of what was done.

    Subclasses give `_own_still()`, the picture for pages without a kernel if they are given none.

    Attributes:
        board: the widget.
        error: what `draw` raised last, None if it drew.
    """

    def __init__(self, board, draw, still, caption):
        """Show nothing beside the board yet."""
        self.board = self.widget = board
        self.caption, self.error = caption, None
        self._draw, self._still, self._places = draw, still, {}

    def close(self) -> None:
        """Close the widget, and with it its channel to the page."""
        self.board.close()

    def _draw_beside(self, done, else_says=""):
        """What `draw(done)` returns, or a sentence while nothing is done."""
        if self._draw is None:
            return
        if done is None:
            self.board.beside, self.error = f"<p>{escape(else_says)}</p>", None
        else:
            self.board.beside, self.error = picture_html(
                lambda: self._draw(done), self.caption, self._places
            )

    def _still_figure(self):
        return self._still() if self._still else self._own_still()
