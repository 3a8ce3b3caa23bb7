"""Sources to lessons and solutions, and notebooks run without a browser.

Authors write `solutions/NN_topic.py` in the percent format; `build` makes the two notebooks of it.
Nothing in a lesson imports this package.
"""

from irl_course.notebooks.learner import check, run
from irl_course.notebooks.produce import build

__all__ = ["build", "check", "run"]
