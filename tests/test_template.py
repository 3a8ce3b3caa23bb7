"""The template of a lesson, put in its place as CONTRIBUTING.md says: built, and tested."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACES = {
    "lesson.py": "solutions/99_template.py",
    "checks.py": "irl_course/checks/lesson_99.py",
    "answers.py": "tests/answers/lesson_99.py",
}
USED = ("test_checks.py", "test_answers.py", "test_lessons.py")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with no lesson but the template's, so that building and testing it is quick."""
    root = tmp_path_factory.mktemp("course")
    other = shutil.ignore_patterns("__pycache__", "lesson_*.py")
    shutil.copytree(ROOT / "irl_course", root / "irl_course", ignore=other)
    shutil.copytree(ROOT / "tests" / "answers", root / "tests" / "answers", ignore=other)
    for name in ("pyproject.toml", "conftest.py", *(f"tests/{used}" for used in USED)):
        shutil.copy(ROOT / name, root / name)
    (root / "solutions").mkdir()
    for name, place in PLACES.items():
        shutil.copy(ROOT / "solutions" / "_template" / name, root / place)
    return root


def run(course, *words):
    done = subprocess.run(
        [sys.executable, "-P", "-m", *words],
        capture_output=True,
        encoding="utf-8",
        cwd=course,
        env=dict(os.environ, PYTHONPATH=str(course), PYTHONIOENCODING="utf-8"),
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_the_template_is_a_lesson_that_passes_the_tests_of_lessons(course):
    assert "99_template: written" in run(course, "irl_course", "build", "99")
    listed = (course / "lessons" / "README.md").read_text("utf-8")
    assert "[99 A template](99_template.ipynb)" in listed
    chosen = "weighted_mean or 99_template or 99"
    said = run(course, "pytest", "-n0", "-q", "-p", "no:cacheprovider", "-k", chosen)
    assert int(re.search(r"(\d+) passed", said)[1]) > 40 and "skipped" not in said


def test_the_template_is_no_lesson_where_it_lies():
    from irl_course import checks
    from irl_course.notebooks.source import NAME

    assert not checks.exercises("99")
    assert not any(NAME.fullmatch(path.stem) for path in ROOT.glob("solutions/_template/*"))
    assert {path.name for path in ROOT.glob("solutions/_template/*.*")} == set(PLACES)


def sentences(source):
    """A lesson's sentences of five words and more above its references, however lines break."""
    said = []
    for cell in source.read_text("utf-8").split("# ## References")[0].split("\n# %%"):
        kind, _, text = cell.partition("\n")
        if kind.endswith("[markdown]"):
            for block in re.sub(r"^#[ #]*", "", text, flags=re.M).split("\n\n"):
                said += re.split(r"(?<=[.?!])\s+|\n- ", block)
    kept = ("$$", "Next:")  # a formula is nobody's; there may be no lesson to go to
    said = [" ".join(words.split()) for words in said if not words.startswith(kept)]
    return {words for words in said if words.count(" ") >= 4}


def test_no_lesson_keeps_a_sentence_of_the_template():
    ours = sentences(ROOT / "solutions" / "_template" / "lesson.py")
    assert len(ours) > 15
    for source in ROOT.glob("solutions/[0-9]*.py"):
        left = ours & sentences(source)
        assert not left, f"{source.name} still has the template's own text: {left}"


def test_the_recipe_names_every_place():
    recipe = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for name, place in PLACES.items():
        assert f"solutions/_template/{name}" in recipe
        assert place.replace("99_template", "NN_topic").replace("99", "NN") in recipe
