"""Interactive pictures: explorers redrawn from sliders, and a board that is driven and painted."""

from irl_course.interactive.explore import Explorer, choice, explore, slider
from irl_course.interactive.figure_svg import figure_svg
from irl_course.interactive.grid_svg import grid_svg, side_by_side
from irl_course.interactive.highway_svg import highway_svg
from irl_course.interactive.painter import Painter, paint
from irl_course.interactive.recorder import Recorder, drive

__all__ = [
    "Explorer",
    "Painter",
    "Recorder",
    "choice",
    "drive",
    "explore",
    "figure_svg",
    "grid_svg",
    "highway_svg",
    "paint",
    "side_by_side",
    "slider",
]
