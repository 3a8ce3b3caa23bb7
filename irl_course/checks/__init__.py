"""Feedback that teaches, scores that can be trusted.

A lesson uses one name, `check`; tests and graders use `grade`. Each lesson's exercises stand in
a module of their own, `lesson_NN.py`, and register themselves when it is imported.
"""

from irl_course.checks.core import (
    Exercise,
    Misconception,
    Part,
    Problem,
    exercises,
    grade,
)
from irl_course.checks.notebook import check
from irl_course.checks.report import Result

__all__ = [
    "Exercise",
    "Misconception",
    "Part",
    "Problem",
    "Result",
    "check",
    "exercises",
    "grade",
]
