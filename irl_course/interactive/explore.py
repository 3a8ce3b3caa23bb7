"""Explorers: sliders and menus above a picture that follows them."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

import ipywidgets

from irl_course.interactive.figure_svg import figure_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Picture = str | Figure | tuple[str | Figure, str]


def slider(
    low: float, high: float, value: float, step: float, label: str
) -> ipywidgets.FloatSlider | ipywidgets.IntSlider:
    """A slider; of whole numbers if all four are `int`.

    Raises:
        ValueError: unless low <= value <= high, low < high and 0 < step <= high - low.
    """
    if not (low <= value <= high and low < high and 0 < step <= high - low):
        raise ValueError(
            f"slider {label!r}: {value} with steps of {step} does not fit in {low} to {high}"
        )
    whole = all(isinstance(x, int) for x in (low, high, value, step))
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    digits = max((len(f"{x:.6f}".rstrip("0").split(".")[1]) for x in (low, step)), default=0)
    return kind(
        value, min=low, max=high, step=step, description=label,
        readout_format="d" if whole else f".{digits}f",
    )  # fmt: skip


def choice(options: Sequence | dict, value: object, label: str) -> ipywidgets.Dropdown:
    """A menu: values, (text, value) pairs, or a dict from text to value."""
    return ipywidgets.Dropdown(options=options, value=value, description=label)


def explore(
    draw: Callable[..., Picture],
    *,
    caption: str,
    still: Callable[[], Figure] | None = None,
    **controls: ipywidgets.DOMWidget,
) -> Explorer:
    """Sliders and menus above one picture, redrawn at every change; a still where none runs.

    Args:
        draw: called with one keyword per control; returns HTML (an SVG string) or a figure, or
            one of them and a sentence that reads the picture's numbers, shown below it.
        caption: what to try and what to see, in one sentence.
        still: returns a figure that tells the same without the sliders; by default the one that
            `draw` returns for the controls' first values. Figures are closed after use.
        **controls: made by `slider` and `choice`.

    Returns:
        The explorer; as a cell's last line it shows itself.

    Example:
        >>> explore(lambda n: f"<b>{n}</b>", still=plot_n, caption="raise n: the number grows.",
        ...         n=slider(0, 9, 3, 1, "n"))  # doctest: +SKIP
    """
    return Explorer(draw, still, caption, controls)


class Explorer:
    """What `explore` returns.

    Attributes:
        controls: the widgets by name.
        picture: the `ipywidgets.HTML` that holds the picture.
        error: what `draw` raised last, None if it drew.
    """

    def __init__(self, draw, still, caption, controls):
        """See `explore`."""
        self._draw, self._still, self.caption = draw, still, caption
        self.controls, self.error, self._places = controls, None, {}
        self._first = self.values
        inspect.signature(draw).bind(**self._first)
        widest = max((_ems(c.description or name) for name, c in controls.items()), default=0)
        for name, control in controls.items():
            control.description = control.description or name
            control.tooltip = control.description
            control.style.description_width = f"{widest:.1f}em"  # never cut short
            control.layout.width, control.layout.max_width = "auto", "460px"
            # No timers here: a browser sends a control's next value only when the last one has
            # been answered, and then only the newest. So a burst costs few draws and ends right.
            control.observe(self._redraw, names="value")
        self.picture = ipywidgets.HTML(layout={"width": "auto", "margin": "8px 2px"})
        self._box = ipywidgets.VBox([*controls.values(), self.picture])
        self._redraw()

    @property
    def values(self) -> dict[str, object]:
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    def _redraw(self, change=None):
        try:
            with _figures_closed():
                picture, text = self._drawn(self.values)
                html = picture if isinstance(picture, str) else figure_svg(picture, self._places)
            self.error = None
        except Exception as error:  # whatever it is, a sentence tells and the page goes on
            self.error = error
            html, text = _apology(error), ""
        below = f'<p role="status" style="margin:6px 0 0">{escape(text)}</p>' if text else ""
        name = escape(text or self.caption, quote=True)
        self.picture.value = (
            f'<div role="group" aria-label="{name}" style="line-height:1.4">{html}{below}</div>'
        )

    def _drawn(self, values):
        """What `draw` returns as a picture and a sentence."""
        drawn = self._draw(**values)
        return drawn if isinstance(drawn, tuple) else (drawn, "")

    def still_png(self) -> tuple[bytes, dict[str, int]]:
        """The still as a PNG at twice its size, and the width and height to show it at."""
        file = io.BytesIO()
        with _figures_closed():
            figure = self._still() if self._still else self._drawn(self._first)[0]
            if isinstance(figure, str):
                raise TypeError("draw returns HTML, which is no still: give explore a `still`")
            figure.savefig(file, dpi=2 * figure.dpi, metadata={"Software": None})
            width, height = (int(x) for x in (figure.get_size_inches() * figure.dpi).round())
        return file.getvalue(), {"width": width, "height": height}

    def _repr_mimebundle_(self, include=None, exclude=None):
        """The widget for a page with a kernel, the still for any other."""
        widget = "application/vnd.jupyter.widget-view+json"
        data = {widget: self._box._repr_mimebundle_()[widget], "text/plain": self.caption}
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

    def close(self) -> None:
        """Close every widget, and with it its channel to the page."""
        for widget in (self._box, *self.controls.values(), self.picture):
            widget.close()


@contextmanager
def _figures_closed():
    """Close every figure that was opened inside."""
    from matplotlib import pyplot as plt

    before = set(plt.get_fignums())
    try:
        yield
    finally:
        for opened in set(plt.get_fignums()) - before:
            plt.close(opened)


def _ems(label):
    """How wide a label is at most, in ems: m and w are wider than the rest."""
    return 0.6 + sum(0.9 if letter in "mwMW@%" else 0.56 for letter in label)


def _apology(error):
    """One sentence in place of a picture."""
    if isinstance(error, NotImplementedError):
        says = "The picture appears here once the function it uses is written."
    else:
        lines = str(error).strip().splitlines()
        says = f"No picture for these values: {lines[0][:200] if lines else type(error).__name__}"
    return f'<p role="alert" style="margin:1em 0"><b>{escape(says)}</b></p>'
