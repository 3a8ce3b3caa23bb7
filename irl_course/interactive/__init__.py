"""Interactive pictures: an SVG of a grid world, and explorers that redraw it from sliders."""

from irl_course.interactive.explore import Explorer, choice, explore, slider
from irl_course.interactive.figure_svg import figure_svg
from irl_course.interactive.grid_svg import grid_svg, side_by_side

__all__ = ["Explorer", "choice", "explore", "figure_svg", "grid_svg", "side_by_side", "slider"]
