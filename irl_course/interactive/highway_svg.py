"""A highway as an SVG string: the look of `plotting.draw_highway`, in the manner of `grid_svg`.

A lane is 100 units wide and a car length 160; your car drives at height 0, the others above it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from irl_course import plotting
from irl_course.environments import KEEP
from irl_course.environments.highway import ACTIONS, COLUMNS

if TYPE_CHECKING:
    from irl_course.environments import Highway

_LANE = 48  # pixels
_LONG = 100 * plotting.CAR_LENGTH


def highway_svg(world: Highway, state: int, action: int | None = None) -> str:
    """The road from above, all cars drive upwards; one step of a drive.

    Args:
        world: the highway.
        state: what the road looks like before the step.
        action: what you do; a pale strip shows where that leads and how far your car gains on the
            others, and a car that it hits is crossed. By default the strip is that of keeping
            lane and speed.

    Returns:
        An `<svg>` element, well-formed XML, as wide as its container allows.
    """
    does = "" if action is None else f" You do: {ACTIONS[action]}."
    says = escape(f"{world.where(state)}{does}", quote=True)
    return _svg(world, _road(world) + _traffic(world, state, action), says)


def road_svg(world: Highway) -> str:
    """The empty road, below a `traffic_svg`."""
    return _svg(world, _road(world), "A road of three lanes, seen from above.")


def traffic_svg(world: Highway, state: int, hit: bool = False) -> str:
    """The cars, to be put on a `road_svg`; `hit` crosses your own."""
    cross = _cross(COLUMNS.index(world.where(state).column), 0) if hit else ""
    return _svg(world, _traffic(world, state, None) + cross)


def _svg(world, parts, says=""):
    high = (world.view + 1.2) * _LONG
    name = f'role="img" aria-label="{says}"' if says else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {name} '
        f'viewBox="-50 {-(world.view + 0.6) * _LONG:g} 500 {high:g}" '
        f'style="display:block;width:100%;max-width:{5 * _LANE}px;height:auto">{parts}</svg>'
    )


def _road(world):
    top, high = -(world.view + 0.6) * _LONG, (world.view + 1.2) * _LONG
    boxes = ((-50, 100, plotting.VERGE), (50, 300, plotting.ROAD), (350, 100, plotting.VERGE))
    dashes = ' stroke-dasharray="20 20"'
    lines = "".join(
        f'<path d="M{x} {top:g}v{high:g}" stroke="{plotting.LINES}" stroke-width="4"{how}/>'
        for x, how in ((50, ""), (150, dashes), (250, dashes), (350, ""))
    )
    grass = "".join(
        f"M{x + shift} {y}h0"
        for x in (-35, 365)
        for row, y in enumerate(range(int(top) + 15, int(top + high), 30))
        for shift in range(15 * (row % 2), 80, 30)
    )
    return (
        "".join(
            f'<rect x="{x}" y="{top:g}" width="{width}" height="{high:g}" fill="{colour}"/>'
            for x, width, colour in boxes
        )
        + f'<path d="{grass}" stroke="{plotting.LINES}" stroke-width="4" stroke-linecap="round"/>'
        + lines
    )


def _traffic(world, state, action):
    """All cars; the strip and what it hits."""
    scene, colour = world.where(state), plotting.EXPERT["color"]
    own = COLUMNS.index(scene.column)
    hit, *new, fast = world.features[state, KEEP if action is None else action]
    new, reach = int(np.argmax(new)), (1.5 + fast) * _LONG
    parts = (
        f'<rect x="{100 * new - 30}" y="{-reach:g}" width="60" height="{reach:g}" fill="{colour}" '
        f'fill-opacity="0.25"/>'
    )
    if new != own:
        parts += _turn(own, new, colour)
    for lane, gap in scene.cars.items():
        parts += _car(COLUMNS.index(lane), gap, plotting.CAR)
        if action is not None and hit and COLUMNS.index(lane) == new:
            parts += _cross(new, gap)
    return parts + _car(own, 0, colour)


def _turn(own, new, colour):
    side = 1 if new > own else -1
    return (
        f'<path d="M{100 * own} 0H{100 * new - 8 * side}m{-14 * side} -12l{14 * side} 12'
        f'l{-14 * side} 12" fill="none" stroke="{colour}" stroke-width="5"/>'
    )


def _car(column, gap, colour):
    x, y = 100 * column - 28, -(gap + 0.38) * _LONG
    return (
        f'<rect x="{x}" y="{y:g}" width="56" height="{0.76 * _LONG:g}" rx="16" fill="{colour}" '
        f'stroke="#fff" stroke-width="2"/><rect x="{x + 9}" y="{y + 0.18 * _LONG:g}" width="38" '
        f'height="{0.12 * _LONG:g}" fill="#fff" fill-opacity="0.8"/>'
    )


def _cross(column, gap):
    d = f"M{100 * column - 18} {-gap * _LONG - 18:g}l36 36m0 -36l-36 36"
    return "".join(
        f'<path d="{d}" stroke="{colour}" stroke-width="{width}"/>'
        for colour, width in (("#fff", 16), (plotting.HIT, 11))
    )
