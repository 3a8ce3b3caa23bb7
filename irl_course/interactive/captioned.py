"""What every interactive picture of the course is besides its widget: a caption and a still."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable
from contextlib import contextmanager
from html import escape

from irl_course.interactive.figure_svg import figure_svg


class Captioned:
    """A widget under its caption, with a still for pages where no kernel runs.

    Subclasses give `widget` and `_still_figure()`.

    Attributes:
        caption: what to try and what to see, in one sentence.
        widget: the outermost of the widgets, what a cell shows.
    """

    def still_png(self) -> tuple[bytes, dict[str, int]]:
        """The still as a PNG at twice its size, and the width and height to show it at."""
        file = io.BytesIO()
        with figures_closed():
            figure = self._still_figure()
            figure.savefig(file, dpi=2 * figure.dpi, metadata={"Software": None})
            width, height = (int(x) for x in (figure.get_size_inches() * figure.dpi).round())
        return file.getvalue(), {"width": width, "height": height}

    def _repr_mimebundle_(self, include=None, exclude=None):
        """The widget for a page with a kernel, the still for any other."""
        view = "application/vnd.jupyter.widget-view+json"
        shown = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        data = {view: shown, "text/plain": self.caption}
        try:
            data["image/png"], size = self.still_png()
        except NotImplementedError:  # the still needs what the learner has not written yet
            return data, {}
        return data, {"image/png": size}

    def _ipython_display_(self):
        """The caption is an output of its own, since a page shows one form only of each output."""
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        says = {"text/markdown": f"**Try:** {self.caption}", "text/plain": f"Try: {self.caption}"}
        display(says, raw=True)
        display(data, raw=True, metadata=metadata)


@contextmanager
def figures_closed():
    """Close every figure that was opened inside."""
    from matplotlib import pyplot as plt

    before = set(plt.get_fignums())
    try:
        yield
    finally:
        for opened in set(plt.get_fignums()) - before:
            plt.close(opened)


def picture_html(draw: Callable, name: str, places: dict) -> tuple[str, Exception | None]:
    """What `draw()` returns as HTML, whatever happens.

    Args:
        draw: returns HTML or a figure, or one of them and a sentence, shown below it.
        name: says what the picture is, where no sentence does.
        places: see `figure_svg`.

    Returns:
        HTML, and what was raised; a sentence tells then in place of the picture.
    """
    error = None
    try:
        with _swept(), figures_closed():
            html, text = _as_html(draw(), places)
    except Exception as raised:  # whatever it is, a sentence tells and the page goes on
        error, html, text = raised, _apology(raised), ""
    below = f'<p role="status" style="margin:6px 0 0">{escape(text)}</p>' if text else ""
    name = escape(text or name, quote=True)
    return (
        f'<div role="group" aria-label="{name}" style="line-height:1.4">{html}{below}</div>',
        error,
    )


@contextmanager
def _swept():
    """Free what is made inside, once it is of no use, and look at nothing older.

    Figures are full of cycles. Left lying, every dozen or so of them cost a search of all that the
    notebook holds, and the slider sticks for a third of a second.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
            gc.collect(0)


def _as_html(drawn, places):
    """HTML, and the sentence below it; of a figure nothing is kept, so that it can be freed."""
    picture, text = with_text(drawn)
    return (picture if isinstance(picture, str) else figure_svg(picture, places)), text


def with_text(drawn) -> tuple:
    """A picture and its sentence, which may be missing."""
    return drawn if isinstance(drawn, tuple) else (drawn, "")


def _apology(error):
    """One sentence in place of a picture."""
    if isinstance(error, NotImplementedError):
        says = "The picture appears here once the function it uses is written."
    else:
        lines = str(error).strip().splitlines()
        says = f"No picture for these values: {lines[0][:200] if lines else type(error).__name__}"
    return f'<p role="alert" style="margin:1em 0"><b>{escape(says)}</b></p>'
