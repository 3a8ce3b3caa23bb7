"""The tests of a bundle: it is whole, its checks work, and its lessons run.

In a bundle this file is `tests/test_bundle.py`: `python3 course.py test` runs it.
"""

import hashlib
import json
from pathlib import Path

import pytest

from irl_course import checks, notebooks
from irl_course.checks.notebook import own_seed

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = json.loads((ROOT / "manifest.json").read_text("utf-8"))
LESSONS = [lesson["file"] for lesson in MANIFEST["lessons"].values()]
EXERCISES = [name for lesson in MANIFEST["lessons"].values() for name in lesson["exercises"]]


def as_handed_out(path):
    """Whether a file is as the teacher handed it out."""
    file = ROOT / path
    there = file.is_file()
    return there and hashlib.sha256(file.read_bytes()).hexdigest() == MANIFEST["files"][path]


def test_every_file_is_as_it_was_handed_out():
    """Lessons are yours to change."""
    assert not [path for path in MANIFEST["files"] if path not in LESSONS + ["README.md"]
                and not as_handed_out(path)]  # fmt: skip


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_accepts_a_right_answer(name):
    """On the problems that this copy's checks draw."""
    result = checks.grade(name, checks.core.find(name).reference, own_seed())
    assert result.outcome == "correct", result.message


@pytest.mark.parametrize("path", filter(as_handed_out, LESSONS))
def test_a_lesson_runs_from_top_to_bottom(path):
    """As it was handed out; what you write in it is judged by its checks."""
    assert notebooks.run([ROOT / path]) == 0
