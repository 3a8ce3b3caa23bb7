"""Pictures of worlds with Matplotlib: one look for every lesson.

Each `draw_*` takes the axes first, returns the artist it drew and never shows the figure. Draw a
field (`draw_values`, `draw_visits`, `draw_reward`) before what lies on it (`draw_policy`,
`draw_trajectory`): arrows and letters take black or white from the colour below them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.patheffects import withStroke

from irl_course.environments import DOWN, KEEP, LEFT, RIGHT, UP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D

    from irl_course.environments import Grid, Highway, ObjectWorld
    from irl_course.environments.road_network import RoadNetwork

    Limit = float | tuple[float, float] | None

# Line styles, the same everywhere: `ax.plot(x, y, **EXPERT, label="expert")`.
EXPERT = {"color": "#3f90da", "linestyle": "-"}
LEARNER = {"color": "#ffa90e", "linestyle": "--"}
UNSIGNED, SIGNED = "cividis", "coolwarm_r"
LINES, WALL, HATCH = "#9e9e9e", "#c4c4c4", "#6e6e6e"
HIDDEN_BELOW = 0.05  # the arrow of a smaller probability says nothing and clutters the cell
FULL_ARROW, TAIL = 0.4, 0.05  # in cells: length at probability 1, distance from the centre
MOVES = {LEFT: (-1, 0), DOWN: (0, 1), RIGHT: (1, 0), UP: (0, -1)}  # x, y; row 0 on top
VERGE, ROAD, CAR, HIT = "#d9d5c5", "#f0f0f0", "#6e6e6e", "#bd1f01"
CAR_LENGTH = 1.6  # in widths of a lane
# Colour and width of highways, main roads and local streets.
ROAD_COLOURS, ROAD_WIDTHS = ("#4d4d4d", "#8c8c8c", "#c9c9c9"), (4.0, 2.4, 1.2)
_PART = "irl-course grid"  # marks what draw_grid drew, which is drawn anew on a field


def use_style() -> None:
    """Use the course's style sheet from here on; in a notebook, also draw figures at 2x."""
    with as_file(files("irl_course") / "course.mplstyle") as path:
        matplotlib.style.use(path)
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    if hasattr(shell, "kernel"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats
        from matplotlib_inline.config import InlineBackend

        set_matplotlib_formats("retina")
        # The backend reads its own setting again when pyplot first starts it.
        InlineBackend.instance(parent=shell).figure_formats = {"retina"}


def as_cells(grid: Grid, values: np.ndarray, over_actions: str = "sum") -> np.ma.MaskedArray:
    """Numbers per state, (S,), (S, A) or (T, S, A), as one per cell, (rows, cols), walls masked.

    Time is summed; actions are put together by "sum" (visits) or "mean" (rewards).

    Raises:
        ValueError: on another shape, or a NaN or infinity in a cell that is not a wall.
    """
    values = np.asarray(values, dtype=float)
    shape, walls = values.shape, np.asarray(grid.walls, dtype=bool).ravel()
    values = values.sum(axis=0) if values.ndim == 3 else values
    values = getattr(values, over_actions)(axis=1) if values.ndim == 2 else values
    if values.shape != walls.shape:
        raise ValueError(f"a picture of {walls.size} states cannot show an array of shape {shape}")
    for state in np.flatnonzero(~np.isfinite(values) & ~walls):
        where = "row {}, column {}".format(*grid.where(int(state)))
        raise ValueError(f"the value of state {state} ({where}) is {values[state]}, not finite")
    return np.ma.array(np.where(walls, 0.0, values), mask=walls).reshape(grid.shape)


def limits(cells: np.ma.MaskedArray, signed: bool, vmax: Limit) -> tuple[float, float]:
    """Colour limits: symmetric about 0 if `signed`, else from 0, or from a negative smallest.

    A pair as `vmax` is taken as it is, so that several pictures can share their colours.
    """
    if isinstance(vmax, tuple):
        if not (np.isfinite(vmax).all() and vmax[0] < vmax[1]):
            raise ValueError(f"the colour limits must rise, from low to high, unlike {vmax}")
        return float(vmax[0]), float(vmax[1])
    low, high = min(0.0, float(cells.min())), max(0.0, float(cells.max()))
    if vmax is not None and not (np.isfinite(vmax) and vmax > (0.0 if signed else low)):
        raise ValueError(f"the colour limit must lie above {0.0 if signed else low:g}, not {vmax}")
    if signed:
        bound = float(vmax or max(-low, high) or 1.0)
        return -bound, bound
    high = high if vmax is None else float(vmax)
    return low, high if high > low else low + 1.0


def ink(colours: np.ndarray) -> np.ndarray:
    """Black or white, whichever stands out more (at least 4.5 to 1) on each RGB colour."""
    rgb = np.asarray(colours, dtype=float)[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]  # WCAG 2; .179 is equally far from both
    return np.where(luminance > 0.179, "#000000", "#ffffff")


def arrows(grid: Grid, pi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The arrows of a policy (S, A): none below 0.05, at walls, or at goals that are never left.

    Returns:
        Row and column of each arrow, (N, 2), and its outline in cells, (N, 7, 2): x and y, the
        tip at index 3. From tail to tip it is `FULL_ARROW` times the probability.
    """
    pi, shape = np.asarray(pi, dtype=float), (grid.walls.size, len(MOVES))
    if pi.shape != shape or not np.isfinite(pi).all():
        raise ValueError(f"pi must be finite probabilities of shape {shape}, not {pi.shape}")
    shown = (pi >= HIDDEN_BELOW) & ~np.asarray(grid.walls, dtype=bool).reshape(-1, 1)
    if grid.goal == "stay":
        shown[grid.cells("G")] = False
    states, actions = np.nonzero(shown)
    where = np.stack(np.divmod(states, grid.shape[1]), axis=1)
    length = FULL_ARROW * pi[states, actions]
    head, half, none = np.minimum(0.18, 0.6 * length), np.minimum(0.03, 0.2 * length), 0 * length
    barb, neck = 0.6 * head, length - head
    along = TAIL + np.stack([none, neck, neck, length, neck, neck, none], axis=1)[..., None]
    across = np.stack([half, half, barb, none, -barb, -half, -half], axis=1)[..., None]
    step = np.array([MOVES[a] for a in range(len(MOVES))])[actions][:, None, :]
    return where, where[:, None, ::-1] + along * step + across * step[..., ::-1]


def letters(grid: Grid) -> list[tuple[int, int, str]]:
    """Cells that carry a letter, as (row, column, letter); in a large grid only S and G."""
    kinds = {kind for kind in grid.text if kind.isalpha()}
    kinds = kinds if max(grid.shape) <= 12 else kinds & {"S", "G"}
    return [(*grid.where(int(s)), kind) for kind in sorted(kinds) for s in grid.cells(kind)]


def number(value: float, bound: float) -> str:
    """A value as it is written on a picture whose largest number is `bound`."""
    if bound < 0.1 or bound >= 1e5:
        return f"{value:.0e}".replace("-", "\N{MINUS SIGN}") if value else "0"
    digits = 0 if bound >= 100 else 1 if bound >= 10 else 2
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def draw_grid(ax: Axes, grid: Grid) -> LineCollection:
    """Walls hatched, S, G and other named cells lettered, thin lines; row 0 on top."""
    rows, cols = grid.shape
    for old in [artist for artist in ax.get_children() if artist.get_gid() == _PART]:
        old.remove()
    ax.set(xlim=(-0.5, cols - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    hatch, width = ("//////", 0.8) if max(rows, cols) <= 12 else ("/" * 12, 0.3)
    walls = [Rectangle((c - 0.5, r - 0.5), 1, 1) for r, c in np.argwhere(grid.walls)]
    filled = PatchCollection(walls, fc=WALL, ec=HATCH, lw=0, hatch=hatch, gid=_PART, zorder=1.5)
    ends = [[(x, -0.5), (x, rows - 0.5)] for x in np.arange(cols + 1) - 0.5]
    ends += [[(-0.5, y), (cols - 0.5, y)] for y in np.arange(rows + 1) - 0.5]
    width = width if max(rows, cols) <= 64 else 0  # more lines would hide the cells
    lines = LineCollection(ends, colors=LINES, lw=width, gid=_PART, zorder=1.6, clip_on=False)
    ax.add_collection(filled)
    ax.add_collection(lines)
    _draw_letters(ax, grid)
    return lines


def draw_values(
    ax: Axes, grid: Grid, V: np.ndarray, label: str = "value", vmax: Limit = None, **how
) -> AxesImage:
    """Colour every cell by its value (cividis, from 0).

    Args:
        ax: where to draw.
        grid: the grid world.
        V: shape (S,); what stands at a wall is not shown.
        label: text of the colour bar, with the unit.
        vmax: top of the colours, the largest value if not given; or (bottom, top).
        how: `colorbar=False` leaves the bar out, a list of axes gives them one bar together;
            `numbers=True` writes the numbers too, in grids of up to 8 x 8 cells.
    """
    return _draw_field(ax, grid, as_cells(grid, V), UNSIGNED, vmax, label, **how)


def draw_visits(
    ax: Axes, grid: Grid, visits: np.ndarray, label: str = "visits", vmax: Limit = None, **how
) -> AxesImage:
    """As `draw_values`, for visits of shape (S,), (S, A) or (T, S, A), summed to one a cell."""
    return draw_values(ax, grid, visits, label, vmax, **how)


def draw_reward(
    ax: Axes, grid: Grid, reward: np.ndarray, limit: Limit = None, label: str = "reward", **how
) -> AxesImage:
    """As `draw_values`, from -limit to limit: blue is rewarded, red punished; (S, A) averaged."""
    return _draw_field(ax, grid, as_cells(grid, reward, "mean"), SIGNED, limit, label, **how)


def draw_policy(ax: Axes, grid: Grid, pi: np.ndarray) -> PolyCollection:
    """One arrow per action, as long as its probability; see `arrows` for which are hidden."""
    where, outlines = arrows(grid, pi)
    _need_grid(ax, grid)
    colours = _inks(ax, grid)[where[:, 0], where[:, 1]]
    return ax.add_collection(PolyCollection(outlines, facecolors=colours, lw=0, zorder=3))


def draw_trajectory(
    ax: Axes, grid: Grid, states: Sequence[int], offset: float = 0.0, **style
) -> Line2D:
    """The path through `states`, from a dot to an arrow head; `offset` (cells) parts two paths."""
    _need_grid(ax, grid)
    y, x = np.array([grid.where(int(s)) for s in states]).T + offset
    style = {**EXPERT, "linewidth": 2.5, "zorder": 3.5, **style}
    style["path_effects"] = [withStroke(linewidth=style["linewidth"] + 2, foreground="white")]
    (line,) = ax.plot(x, y, marker="o", markevery=[0], **style)
    moved = np.flatnonzero(np.diff(x) ** 2 + np.diff(y) ** 2)
    if moved.size:
        turn = np.degrees(np.arctan2(-np.diff(x)[moved[-1]], -np.diff(y)[moved[-1]]))
        style |= {"label": None, "linestyle": "", "marker": (3, 0, turn), "markersize": 10}
        ax.plot(x[-1:], y[-1:], **style)
    return line


def draw_objects(ax: Axes, world: ObjectWorld) -> PathCollection:
    """The objects of an objectworld: a ring in the outer colour, a dot in the inner one.

    Colours are those of the cycle, in their order; the first two outer ones make the reward.
    """
    _need_grid(ax, world.grid)
    y, x = np.nonzero(world.outer >= 0)
    width = 0.9 * _cell_points(ax, world)
    outer, inner = ([f"C{colour}" for colour in part[y, x]] for part in (world.outer, world.inner))
    # White between ring, dot and field: each is seen on every colour, its own included.
    for color, share in (("white", 1.0), (outer, 0.85), ("white", 0.55)):
        ax.scatter(x, y, s=(share * width) ** 2, c=color, lw=0, zorder=3)
    return ax.scatter(x, y, s=(0.4 * width) ** 2, c=inner, lw=0, zorder=3)


def draw_highway(
    ax: Axes,
    world: Highway,
    state: int,
    action: int | None = None,
    color: str = EXPERT["color"],
) -> FancyBboxPatch:
    """The road from above, all cars drive upwards; one step of a drive.

    A pale strip shows how far your car gains on the others in this step, and so what it will hit.

    Args:
        ax: where to draw.
        world: the highway.
        state: what the road looks like before the step.
        action: what you do; the strip then lies where that leads, and a car that it hits is
            crossed. By default the strip is that of keeping lane and speed.
        color: colour of your car.

    Returns:
        Your car.
    """
    scene = world.where(state)
    columns = world.feature_names[1:-1]
    own = columns.index(scene.column)
    hit, *new, fast = world.features[state, KEEP if action is None else action]
    new, reach = int(np.argmax(new)), 1.5 + fast
    _draw_road(ax, world.view)
    strip = Rectangle((new - 0.3, 0), 0.6, reach, fc=color, alpha=0.25, lw=0, zorder=2)
    ax.add_patch(strip)
    if new != own:
        how = {"arrowstyle": "->", "color": color, "lw": 1.5}
        ax.annotate("", (new + 0.1 * np.sign(own - new), 0), (own, 0), arrowprops=how, zorder=2)
    for lane, gap in scene.cars.items():
        _draw_car(ax, columns.index(lane), gap, CAR)
        if action is not None and hit and columns.index(lane) == new:
            ax.plot(new, gap, "X", ms=12, color=HIT, mec="white", mew=1, zorder=4)
    return _draw_car(ax, own, 0, color)


def _draw_road(ax, view):
    low, high = -0.6, view + 0.6
    ax.set(xlim=(-0.5, 4.5), ylim=(low, high), aspect=CAR_LENGTH, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    for x in (-0.5, 3.5):
        verge = Rectangle((x, low), 1, high - low, fc=VERGE, ec=LINES, hatch="..", lw=0, zorder=1)
        ax.add_patch(verge)
    ax.add_patch(Rectangle((0.5, low), 3, high - low, fc=ROAD, lw=0, zorder=1))
    ax.vlines([0.5, 3.5], low, high, colors=LINES, lw=1.5, zorder=1.5)
    ax.vlines([1.5, 2.5], low, high, colors=LINES, lw=1, linestyles=(0, (5, 5)), zorder=1.5)


def _draw_car(ax, x, y, color):
    shape = {"boxstyle": "round,pad=0,rounding_size=0.16", "mutation_aspect": 1 / CAR_LENGTH}
    car = FancyBboxPatch((x - 0.28, y - 0.38), 0.56, 0.76, fc=color, ec="white", lw=1, **shape)
    car.set_zorder(3)
    window = Rectangle((x - 0.19, y + 0.08), 0.38, 0.12, fc="white", alpha=0.8, lw=0, zorder=3.1)
    ax.add_patch(window)
    return ax.add_patch(car)


def draw_network(ax: Axes, network: RoadNetwork) -> LineCollection:
    """A town's roads from above: the wider and darker, the faster."""
    streets, first = np.unique(np.sort(network.ends, axis=1), axis=0, return_index=True)
    kinds = network.kinds[first]
    order = np.argsort(-kinds, kind="stable")  # highways on top
    lines = LineCollection(
        network.junctions[streets[order]],
        colors=[ROAD_COLOURS[kind] for kind in kinds[order]],
        linewidths=[ROAD_WIDTHS[kind] for kind in kinds[order]],
        capstyle="round",
        zorder=1,
    )
    ax.set(aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.add_collection(lines)
    ax.autoscale_view()
    return lines


def draw_route(
    ax: Axes, network: RoadNetwork, roads: Sequence[int], offset: float = 0.0, **style
) -> Line2D:
    """A route such as `routes.states[3]`, from a dot to a square; `offset` (miles) parts two."""
    ends = network.ends[np.asarray(roads)]
    x, y = network.junctions[[ends[0, 0], *ends[:, 1]]].T + offset
    style = {**EXPERT, "linewidth": 2.5, "zorder": 3.5, **style}
    style["path_effects"] = [withStroke(linewidth=style["linewidth"] + 2, foreground="white")]
    (line,) = ax.plot(x, y, marker="o", markevery=[0], **style)
    style |= {"label": None, "linestyle": ""}
    ax.plot(x[-1:], y[-1:], marker="s", **style)
    return line


def _draw_field(ax, grid, cells, cmap, vmax, label, colorbar=True, numbers=False):
    """What values, visits and rewards share: the image, its bar, the grid and the numbers."""
    low, high = limits(cells, cmap == SIGNED, vmax)
    image = ax.imshow(cells, cmap=cmap, vmin=low, vmax=high, zorder=1)
    draw_grid(ax, grid)
    if colorbar is True:  # an inset is as high as the grid, whatever the grid's shape
        place = {"cax": ax.inset_axes([1.03, 0, 0.04, 1])}
    elif colorbar is not False:
        place = {"ax": list(colorbar), "pad": 0.02, "aspect": 24}
    if colorbar is not False:
        ax.figure.colorbar(image, label=label, **place).outline.set_visible(False)
    if numbers and max(grid.shape) <= 8:
        inks, size = _inks(ax, grid), np.clip(0.19 * _cell_points(ax, grid), 6, 10)
        for (r, c), value in np.ma.ndenumerate(cells):
            text = number(value, max(-low, high))
            ax.text(c + 0.45, r + 0.42, text, ha="right", size=size, color=inks[r, c], zorder=4)
    return image


def _draw_letters(ax, grid):
    """A letter in its cell's upper left corner, clear of arrows; on a small cell, over it."""
    points, inks = _cell_points(ax, grid), _inks(ax, grid)
    small, size = points < 18, np.clip(0.3 * points, 8, 13)
    style = {"weight": "bold", "size": size, "gid": _PART, "zorder": 4}
    for r, c, kind in letters(grid):
        text = ax.text(c - 0.4, r - 0.38, kind, va="top", color=inks[r, c], **style)
        if small:
            other = "#ffffff" if inks[r, c] == "#000000" else "#000000"
            text.set(position=(c, r), ha="center", va="center")
            text.set_path_effects([withStroke(linewidth=2, foreground=other)])


def _need_grid(ax, grid):
    if not any(artist.get_gid() == _PART for artist in ax.get_children()):
        draw_grid(ax, grid)


def _inks(ax, grid):
    """Black or white for each cell, from the field below; black on an empty grid."""
    if not ax.images:
        return np.full(grid.shape, "#000000")
    return ink(ax.images[-1].to_rgba(ax.images[-1].get_array()))


def _cell_points(ax, grid):
    """About how wide a cell is, in points, before the layout is settled."""
    width, height = ax.get_position().size * ax.figure.get_size_inches() * 72
    return min(width / grid.shape[1], height / grid.shape[0])
