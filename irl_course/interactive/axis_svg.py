"""The axes of Matplotlib figures: ticks, numbers and labels, as fast as a slider moves.

For every tick of every figure Matplotlib makes half a dozen objects. They take half of the time
that a figure under a slider needs, and make nothing but a stroke and a number.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axis import Axis

# What a new axis has: no grid, and ticks on one side, in the sizes of the style sheet.
_PLAIN = {
    side: {near: True, far: False, f"label{near}": True, f"label{far}": False, "gridOn": False}
    for side, near, far in (("x", "bottom", "top"), ("y", "left", "right"))
}
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def axis_svg(axis: Axis) -> str:
    """An axis with its label, where Matplotlib would draw it and in its style.

    Args:
        axis: the x or y axis of axes that have found their place in the figure.

    Returns:
        A `<g>` element in the coordinates of Matplotlib's SVG files: points, from the upper left
        corner. Nothing if the axis is not plain (logarithms, a grid, mathematics, ...).
    """
    if not _plain(axis):
        return ""
    ax, name = axis.axes, axis.axis_name
    place, (width, height) = ax.get_position(), 72 * ax.figure.get_size_inches()
    values = np.asarray(axis.get_majorticklocs(), dtype=float)
    formatter = axis.get_major_formatter()
    texts, label = formatter.format_ticks(values), axis.label.get_text()
    if formatter.get_offset() or any(c in text for text in (*texts, label) for c in "$\n"):
        return ""
    shares = (ax.transScale + ax.transLimits).transform(np.stack([values, values], axis=1))
    shares = shares[:, "xy".index(name)]
    ticks = [(s, t) for s, t in zip(shares.tolist(), texts, strict=True) if -1e-6 < s < 1 + 1e-6]
    left, bottom = place.x0 * width, (1 - place.y0) * height
    if name == "x":
        ticks = [(left + share * place.width * width, text) for share, text in ticks]
        return _group(axis, _across(axis, ticks, left, bottom, place.width * width))
    ticks = [(bottom - share * place.height * height, text) for share, text in ticks]
    return _group(axis, _upwards(axis, ticks, left, bottom, place.height * height))


def _plain(axis):
    """Whether it is drawn, and looks as a new axis does."""
    from matplotlib.ticker import NullLocator

    ax, name = axis.axes, axis.axis_name
    return (
        ax.name == "rectilinear" and ax.axison and ax.get_visible() and axis.get_visible()
        and axis.get_tick_params() == _PLAIN[name]
        and isinstance(axis.get_minor_locator(), NullLocator)
        and axis.get_label_position() in ("bottom", "left")
    )  # fmt: skip


def _across(axis, ticks, left, bottom, length):
    """Strokes, texts and label of an x axis; `ticks` are places in points and their texts."""
    stroke, pad, points = _sizes("x")
    _, line, below = _extent("lp", points)  # any line of text is as high as this
    marks = "".join(f"M{x:.2f} {bottom:.2f}v{stroke:g}" for x, _ in ticks)
    y = bottom + stroke + pad + line - below
    numbers = "".join(_text(x, y, text) for x, text in ticks)
    deep = stroke + pad + line if any(text for _, text in ticks) else 0
    _, line, below = _extent("lp", axis.label.get_size())
    x = left + axis.label.get_position()[0] * length
    return marks, "middle", numbers, (x, bottom + deep + axis.labelpad + line - below, "")


def _upwards(axis, ticks, left, bottom, length):
    """The same for a y axis."""
    stroke, pad, points = _sizes("y")
    _, line, below = _extent("lp", points)
    marks = "".join(f"M{left:.2f} {y:.2f}h{-stroke:g}" for y, _ in ticks)
    x = left - stroke - pad
    numbers = "".join(_text(x, y + (line - below) / 2, text) for y, text in ticks)
    widest = max((_extent(text, points)[0] for _, text in ticks if text), default=-stroke - pad)
    x -= widest + axis.labelpad + _extent("lp", axis.label.get_size())[2]
    y = bottom - axis.label.get_position()[1] * length
    return marks, "end", numbers, (x, y, f' transform="rotate(-90 {x:.2f} {y:.2f})"')


def _group(axis, parts):
    from matplotlib import rcParams
    from matplotlib.colors import to_hex

    name = f"{axis.axis_name}tick"
    (marks, anchor, numbers, (x, y, turn)), label = parts, axis.label
    ink, family = to_hex(rcParams[f"{name}.color"]), ", ".join(rcParams["font.sans-serif"])
    look = f' font-size="{label.get_size():g}" fill="{to_hex(label.get_color())}"'
    look += f' text-anchor="{_ANCHORS[label.get_ha()]}"'
    return (
        f'<g font-family="{escape(family)}, sans-serif" font-size="{_sizes(axis.axis_name)[2]:g}" '
        f'text-anchor="{anchor}" fill="{ink}"><path d="{marks}" fill="none" stroke="{ink}" '
        f'stroke-width="{rcParams[f"{name}.major.width"]:g}"/>{numbers}'
        f"{_text(x, y, label.get_text(), look + turn)}</g>"
    )


def _text(x, y, text, look=""):
    return f'<text x="{x:.2f}" y="{y:.2f}"{look}>{escape(text)}</text>' if text else ""


def _sizes(name):
    """Length of a tick's stroke, gap to its number and size of the number, in points."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    major, size = f"{name}tick.major", rcParams[f"{name}tick.labelsize"]
    points = FontProperties(size=size).get_size_in_points()
    return rcParams[f"{major}.size"], rcParams[f"{major}.pad"], points


@lru_cache(maxsize=1024)
def _extent(text, points):
    """Width, height and the part of it below the line, in points, of a text in the usual font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    return text_to_path.get_text_width_height_descent(text, FontProperties(size=points), False)
