"""A Matplotlib figure as text that a page shows as a picture."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

from irl_course.interactive.axis_svg import axis_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Letters stay letters: half the bytes, and sharp at any size. And a figure that is laid out loses
# its engine: with one, even one that does nothing, Matplotlib draws twice.
_STYLE = {
    "svg.fonttype": "none",
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
}


def figure_svg(figure: Figure, places: dict | None = None) -> str:
    """The figure as SVG, named by its titles and axis labels; the figure stays open.

    Matplotlib draws all but plain axes: `axis_svg` writes these, in a fraction of the time.

    Args:
        figure: any Matplotlib figure, drawn in its own size.
        places: where the axes of earlier figures went, to be filled and used: a figure made up like
            one of them is not laid out anew, unless the numbers on its y axes grew longer. That
            saves nearly half of the time, and a picture under a slider does not jump.

    Returns:
        An `<svg>` element, well-formed XML, as wide as its container allows and at most as wide
        as the figure. Ids in it are its own: several can share a page.
    """
    from matplotlib import rc_context

    with rc_context(_STYLE):
        _lay_out(figure, {} if places is None else places)
        written = {axis: axis_svg(axis) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)}
        svg = _drawn(figure, [axis for axis, parts in written.items() if parts])
    svg = svg.replace("</svg>", "".join(written.values()) + "</svg>")
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # "axes_1" in every picture, and nothing uses them
    width = figure.get_size_inches()[0] * figure.dpi
    head = (
        f'<svg role="img" aria-label="{escape(_name(figure), quote=True)}" '
        f'style="display:block;width:100%;max-width:{width:.0f}px;height:auto" '
    )
    # What comes before the element is for files; width and height are those of paper.
    svg = svg[svg.index("<svg ") + len("<svg ") :]
    return head + re.sub(r'\b(width|height)="[\d.]+pt" ?', "", svg, count=2)


def _lay_out(figure, places):
    """Put the axes where those of a figure made up alike are, or find and note their places."""
    letters = [_longest(ax.yaxis) for ax in figure.axes]
    known, room = places.get(_make_up(figure), (None, letters))
    if known is None or any(n > fits for n, fits in zip(letters, room, strict=True)):
        figure.draw_without_rendering()
        known = [ax.get_position(original=True) for ax in figure.axes]
        places[_make_up(figure)] = known, letters
    figure.set_layout_engine(None)
    for ax, place in zip(figure.axes, known, strict=True):
        ax.set_position(place, which="original")


def _longest(axis):
    """How many letters the longest of its numbers has."""
    values, (low, high) = axis.get_majorticklocs(), sorted(axis.get_view_interval())
    texts = axis.get_major_formatter().format_ticks(values)
    return max((len(t) for v, t in zip(values, texts, strict=True) if low <= v <= high), default=0)


def _drawn(figure, without):
    """The file that Matplotlib writes, with some axes left out."""
    file = io.StringIO()
    for axis in without:
        axis.set_visible(False)
    try:
        figure.savefig(file, format="svg", metadata={"Date": None})
    finally:
        for axis in without:
            axis.set_visible(True)
    return file.getvalue()


def _make_up(figure):
    """What the places of a figure's axes depend on, but for the numbers along them."""
    axes = [
        (ax.get_subplotspec() and ax.get_subplotspec().get_geometry(), ax.axison, *_lines(ax))
        for ax in figure.axes
    ]
    return tuple(figure.get_size_inches()), figure.get_suptitle().count("\n"), *axes


def _lines(ax):
    """How many lines its title and labels take."""
    return [len(t.splitlines()) for t in (_title(ax), ax.get_xlabel(), ax.get_ylabel())]


def _title(ax):
    """Its title, wherever it stands."""
    return "".join(ax.get_title(loc) for loc in ("left", "center", "right"))


def _name(figure):
    """What a figure says of itself: its titles, and what is on its axes."""
    parts = [figure.get_suptitle()]
    for ax in figure.axes:
        parts += [
            _title(ax),
            " against ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel()))),
        ]
    return ". ".join(part.replace("$", "") for part in parts if part) or "Figure"
