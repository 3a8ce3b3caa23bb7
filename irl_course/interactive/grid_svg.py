"""A grid world as an SVG string, fast enough to redraw while a slider moves.

It has the look of `irl_course.plotting`, no ids (many can stand in one page) and no background;
what stands outside the cells takes the page's text colour, in light and dark themes. Inside the
grid a cell measures 100 units, so that nearly every number is a short integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from irl_course import plotting

if TYPE_CHECKING:
    from irl_course.environments import Grid

# Pixels: the longer side of a large grid, the largest cell, and the bar with its words.
_WIDE, _CELL, _BAR = 360, 64, 40
_THIN = 'fill="none" vector-effect="non-scaling-stroke"'  # as wide in a small cell as in a large


def grid_svg(
    grid: Grid,
    values: np.ndarray | None = None,
    pi: np.ndarray | None = None,
    signed: bool = False,
    vmax: float | tuple[float, float] | None = None,
    label: str = "",
    title: str = "",
    path: Sequence[int] | None = None,
    numbers: bool = False,
) -> str:
    """A grid world with values, a policy and a path, as text that a page shows as a picture.

    Args:
        grid: the grid world.
        values: colours of the cells, (S,); of (S, A) and (T, S, A) the sum is shown (signed: the
            mean over actions).
        pi: arrows as long as the probabilities, (S, A).
        signed: red to blue about 0 (rewards) instead of dark to bright from 0 (values, visits).
        vmax: end of the colours, or (bottom, top); it keeps their meaning while a slider moves.
        label: what the colours are, with the unit.
        title: the picture's name, for those who hear it and under the mouse.
        path: states to join by a line.
        numbers: write the values too, in grids of up to 8 x 8 cells.

    Returns:
        An `<svg>` element, well-formed XML, as wide as its container allows.

    Raises:
        ValueError: as `plotting.as_cells`, `plotting.limits` and `plotting.arrows`.
    """
    rows, cols = grid.shape
    left, size, wide, high = _layout(grid)
    cells, bound, bar, fills = None, None, "", np.full((rows, cols, 3), 255)
    if values is not None:
        cells = plotting.as_cells(grid, values, "mean" if signed else "sum")
        low, top = plotting.limits(cells, signed, vmax)
        bound = max(-low, top)
        level = np.clip((cells.data - low) / (top - low) * 256, 0, 255).astype(int)
        fills, bar = _palette(signed)[level], _bar(low, top, signed, label, wide, high + 12)
        high += _BAR
    inks = plotting.ink(fills / 255)
    parts = (
        _cells(fills, cells, bound) + _walls(grid) + _lines(rows, cols)
        + ("" if pi is None else _arrows(grid, pi, inks))
        + ("" if path is None else _path(grid, path, 100 / size))
        + _texts(grid, cells if numbers and max(rows, cols) <= 8 else None, bound, inks, size)
    )  # fmt: skip
    name = escape(title or label or "Grid world")
    says = escape(_describe(grid, cells, bound, pi, label, path))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{name}. {says}" '
        f'{_frame(wide, high)} font-family="sans-serif"><title>{name}</title><desc>{says}'
        f'</desc><g transform="translate({left:g} 0) scale({size / 100:g})">{parts}</g>{bar}</svg>'
    )


def grid_overlay(
    grid: Grid,
    path: Sequence[int] = (),
    here: int | None = None,
    cursor: int | None = None,
    bar: bool = False,
) -> str:
    """What lies on a `grid_svg` of the same grid and changes faster than it, to be put on top.

    Args:
        grid: the grid world.
        path: states to join by a line.
        here: the state with a disc.
        cursor: the state with a frame, of class "cursor".
        bar: whether the picture below has values, and so a bar.

    Returns:
        An `<svg>` element of the same size, without a name: the picture below has one.
    """
    left, size, wide, high = _layout(grid)
    pixel = 100 / size
    parts = _path(grid, path[::-1], pixel) if len(path) > 1 else ""  # its ring at the start
    if here is not None:
        (row, col), radius = grid.where(here), max(30, 8 * pixel)
        parts += (
            f'<circle cx="{col}50" cy="{row}50" r="{radius:.0f}" '
            f'fill="{plotting.EXPERT["color"]}" stroke="#fff" stroke-width="{3 * pixel:.0f}"/>'
        )
    if cursor is not None:
        row, col = grid.where(cursor)
        parts += "".join(
            f'<rect class="cursor" x="{col}00" y="{row}00" width="100" height="100" fill="none" '
            f'stroke="{colour}" stroke-width="{width * pixel:.0f}"/>'
            for colour, width in (("#fff", 6), ("#000", 3))
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true" '
        f"{_frame(wide, high + _BAR * bar)}>"
        f'<g transform="translate({left:g} 0) scale({size / 100:g})">{parts}</g></svg>'
    )


def cell_boxes(grid: Grid) -> dict[str, float]:
    """Where the cells of a `grid_svg` are: left edge, side of a cell, rows and columns."""
    left, size, _, _ = _layout(grid)
    return {"left": left, "size": size, "rows": grid.shape[0], "cols": grid.shape[1]}


def side_by_side(*pictures: str) -> str:
    """Pictures in a row, one below the other where the page is narrow."""
    boxes = "".join(f'<div style="flex:1 1 260px;max-width:364px">{p}</div>' for p in pictures)
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px 28px">{boxes}</div>'


def _layout(grid):
    """Left edge of the cells, side of a cell, width and height of the picture without its bar."""
    rows, cols = grid.shape
    size = min(_CELL, _WIDE / max(rows, cols))
    wide = max(cols * size, 200)
    return (wide - cols * size) / 2, size, wide, rows * size


def _frame(wide, high):
    return (
        f'viewBox="-1 -1 {wide + 2:g} {high + 2:g}" '
        f'style="display:block;width:100%;max-width:{wide + 2:.0f}px;height:auto"'
    )


@lru_cache
def _palette(signed):
    """The 256 colours, as RGB bytes."""
    name = plotting.SIGNED if signed else plotting.UNSIGNED
    return np.rint(255 * matplotlib.colormaps[name](np.arange(256))[:, :3]).astype(int)


def _cells(fills, cells, bound):
    """One square a cell; unless the grid is large, its number shows under the mouse."""
    squares, hover = [], cells is not None and fills.size <= 3 * 256
    for r, row in enumerate(fills.tolist()):
        for c, rgb in enumerate(row):
            tip = hover and not cells.mask[r, c]
            tip = f"row {r}, column {c}: {plotting.number(cells.data[r, c], bound)}" if tip else ""
            squares.append(
                f'<rect x="{c}00" y="{r}00" width="100" height="100" fill="#{bytes(rgb).hex()}"'
                + (f"><title>{tip}</title></rect>" if tip else "/>")
            )
    return f'<g shape-rendering="crispEdges">{"".join(squares)}</g>'


def _walls(grid):
    """Grey squares with slanted lines, written out: a pattern would need an id."""
    gap = 20 if max(grid.shape) <= 12 else 50
    slants = "".join(f"m0 {gap}l{x} {-x}m{-x} {x}" for x in range(gap, 101, gap))
    slants += "".join(f"m{gap} 0l{x} {-x}m{-x} {x}" for x in range(100 - gap, 0, -gap))
    at = [f"M{c}00 {r}00" for r, c in np.argwhere(grid.walls)]
    box, hatch = "".join(f"{m}h100v100h-100z" for m in at), "".join(m + slants for m in at)
    return (
        f'<path d="{box}" fill="{plotting.WALL}"/><path d="{hatch}" {_THIN} '
        f'stroke="{plotting.HATCH}"/>'
    )


def _lines(rows, cols):
    lines = "".join(f"M{c}00 0v{rows}00" for c in range(cols + 1))
    lines += "".join(f"M0 {r}00h{cols}00" for r in range(rows + 1))
    width = 1 if max(rows, cols) <= 12 else 0.4
    return f'<path d="{lines}" {_THIN} stroke="{plotting.LINES}" stroke-width="{width}"/>'


def _arrows(grid, pi, inks):
    """All arrows in two elements, one black and one white."""
    where, outlines = plotting.arrows(grid, pi)
    points = np.rint(100 * outlines + 50).astype(int).reshape(-1, 14).tolist()
    paths = {"#000000": [], "#ffffff": []}
    for colour, xy in zip(inks[where[:, 0], where[:, 1]].tolist(), points, strict=True):
        paths[colour].append("M{} {}L{} {} {} {} {} {} {} {} {} {} {} {}z".format(*xy))
    return "".join(
        f'<path class="arrows" fill="{colour}" d="{"".join(path)}"/>'
        for colour, path in paths.items()
        if path
    )


def _path(grid, states, pixel):
    """A line with a white rim, from a dot to a ring."""
    points = [(100 * c + 50, 100 * r + 50) for r, c in (grid.where(int(s)) for s in states)]
    joined, colour = " ".join(f"{x},{y}" for x, y in points), plotting.EXPERT["color"]
    lines = "".join(
        f'<polyline points="{joined}" fill="none" stroke-linejoin="round" '
        f'stroke="{stroke}" stroke-width="{width * pixel:.0f}"/>'
        for stroke, width in (("#fff", 6), (colour, 3))
    )
    return lines + "".join(
        f'<circle cx="{x}" cy="{y}" r="{5 * pixel:.0f}" fill="{fill}" stroke="{colour}" '
        f'stroke-width="{3 * pixel:.0f}"/>'
        for (x, y), fill in ((points[0], colour), (points[-1], "#fff"))
    )


def _texts(grid, cells, bound, inks, size):
    """Letters in the upper left corners (over cells that are small), numbers in the lower right."""
    font, small, texts = max(26, 1300 / size), size < 20, []
    x, y = (50, 50 + 0.36 * font) if small else (8, 4 + 0.8 * font)
    for r, c, kind in plotting.letters(grid):
        rim = "#ffffff" if inks[r, c] == "#000000" else "#000000"
        rim = f'text-anchor="middle" stroke="{rim}" stroke-width="20" paint-order="stroke"'
        texts.append(
            f'<text x="{100 * c + x}" y="{100 * r + y:.0f}" font-size="{font:.0f}" '
            f'font-weight="bold" fill="{inks[r, c]}" {rim if small else ""}>{escape(kind)}</text>'
        )
    for (r, c), value in np.ma.ndenumerate(cells) if cells is not None else ():
        texts.append(
            f'<text x="{100 * c + 95}" y="{100 * r + 93}" font-size="18" text-anchor="end" '
            f'fill="{inks[r, c]}">{plotting.number(value, bound)}</text>'
        )
    return "".join(texts)


def _bar(low, high, signed, label, wide, top):
    """The colours from low to high, with both numbers and the label below."""
    step, bound = wide / 64, max(-low, high)
    boxes = "".join(
        f'<rect x="{i * step:.2f}" y="{top:g}" width="{wide - i * step:.2f}" height="9" '
        f'fill="#{bytes(rgb).hex()}"/>'
        for i, rgb in enumerate(_palette(signed)[::4].tolist())
    )
    words = ((0, "start", plotting.number(low, bound)), (wide / 2, "middle", label))
    return f'<g shape-rendering="crispEdges">{boxes}</g>' + "".join(
        f'<text x="{x:g}" y="{top + 23:g}" text-anchor="{anchor}" font-size="13" '
        f'fill="currentColor">{escape(text)}</text>'
        for x, anchor, text in (*words, (wide, "end", plotting.number(high, bound)))
    )


def _describe(grid, cells, bound, pi, label, path):
    """The picture in words."""
    named = [(kind, r, c) for r, c, kind in plotting.letters(grid)]
    named = named if len(named) <= 8 else []
    if cells is not None:
        for word, at in (("smallest", cells.argmin()), ("largest", cells.argmax())):
            r, c = divmod(int(at), grid.shape[1])
            text = f"{word} {label or 'value'} {plotting.number(cells[r, c], bound)}"
            named.append((text, r, c))
    if path is not None:
        named += [(w, *grid.where(int(path[i]))) for w, i in (("path from", 0), ("path to", -1))]
    says = [f"Grid of {grid.shape[0]} rows and {grid.shape[1]} columns, row 0 on top"]
    says += [f"{text} in row {r}, column {c}" for text, r, c in named]
    says += [f"{int(grid.walls.sum())} wall cells"] if grid.walls.any() else []
    says += ["arrows as long as each action's probability"] if pi is not None else []
    return "; ".join(says) + "."
