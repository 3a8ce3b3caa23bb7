"""Explorers: sliders and menus above a picture that follows them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets

from irl_course.interactive.captioned import Captioned, picture_html, with_text

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


class Explorer(Captioned):
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
        self.widget = ipywidgets.VBox([*controls.values(), self.picture])
        self._redraw()

    @property
    def values(self) -> dict[str, object]:
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    def _redraw(self, change=None):
        self.picture.value, self.error = picture_html(
            lambda: self._draw(**self.values), self.caption, self._places
        )

    def _still_figure(self):
        figure = self._still() if self._still else with_text(self._draw(**self._first))[0]
        if isinstance(figure, str):
            raise TypeError("draw returns HTML, which is no still: give explore a `still`")
        return figure

    def close(self) -> None:
        """Close every widget, and with it its channel to the page."""
        for widget in (self.widget, *self.controls.values(), self.picture):
            widget.close()


def _ems(label):
    """How wide a label is at most, in ems: m and w are wider than the rest."""
    return 0.6 + sum(0.9 if letter in "mwMW@%" else 0.56 for letter in label)
