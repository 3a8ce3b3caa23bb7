"""A Matplotlib figure as text that a page shows as a picture."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Letters stay letters: half the bytes, and sharp at any size.
_STYLE = {"svg.fonttype": "none"}
# A figure whose layout is known has no engine at all: with one, even one that does nothing,
# Matplotlib draws twice.
_NO_ENGINE = {"figure.autolayout": False, "figure.constrained_layout.use": False}


def figure_svg(figure: Figure, places: dict | None = None) -> str:
    """The figure as SVG, named by its titles and axis labels; the figure stays open.

    Args:
        figure: any Matplotlib figure, drawn in its own size.
        places: where the axes of earlier figures went, to be filled and used: a figure made up like
            one of them is not laid out anew. That saves nearly half of the time, and a picture
            under a slider does not jump.

    Returns:
        An `<svg>` element, well-formed XML, as wide as its container allows and at most as wide
        as the figure. Ids in it are its own: several can share a page.
    """
    from matplotlib import rc_context

    file = io.StringIO()
    known = None if places is None else places.get(_make_up(figure))
    if known:
        with rc_context(_NO_ENGINE):
            figure.set_layout_engine(None)
        for ax, place in zip(figure.axes, known, strict=True):
            ax.set_position(place, which="original")
    with rc_context(_STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None})
    if places is not None and not known:
        places[_make_up(figure)] = [ax.get_position(original=True) for ax in figure.axes]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", file.getvalue(), flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # "axes_1" in every picture, and nothing uses them
    width = figure.get_size_inches()[0] * figure.dpi
    head = (
        f'<svg role="img" aria-label="{escape(_name(figure), quote=True)}" '
        f'style="display:block;width:100%;max-width:{width:.0f}px;height:auto" '
    )
    # What comes before the element is for files; width and height are those of paper.
    svg = svg[svg.index("<svg ") + len("<svg ") :]
    return head + re.sub(r'\b(width|height)="[\d.]+pt" ?', "", svg, count=2)


def _make_up(figure):
    """What the places of a figure's axes depend on, but for the numbers along them."""
    axes = [
        (ax.get_subplotspec() and ax.get_subplotspec().get_geometry(), ax.axison, *_lines(ax))
        for ax in figure.axes
    ]
    return tuple(figure.get_size_inches()), figure.get_suptitle().count("\n"), *axes


def _lines(ax):
    """How many lines its title and labels take."""
    return [len(t.splitlines()) for t in (ax.get_title(), ax.get_xlabel(), ax.get_ylabel())]


def _name(figure):
    """What a figure says of itself: its titles, and what is on its axes."""
    parts = [figure.get_suptitle()]
    for ax in figure.axes:
        parts += [
            ax.get_title(),
            " against ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel()))),
        ]
    return ". ".join(part.replace("$", "") for part in parts if part) or "Figure"
