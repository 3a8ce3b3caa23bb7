"""`check`, the one name a lesson uses: judge, hint, solution, quiz, progress."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from irl_course.checks import core, progress, report
from irl_course.checks.quiz import show_quiz
from irl_course.course_files import course_folder

_SOLUTIONS = course_folder() / "solutions"
VARIANT = Path(__file__).parents[2] / ".irl-course.json"  # in a learner's own bundle


def own_seed() -> int:
    """Which problems the checks of this copy draw: the learner's own, 0 where there are none."""
    try:
        seed = json.loads(VARIANT.read_text(encoding="utf-8"))["seed"]
    except (OSError, ValueError, TypeError, KeyError):
        return 0
    return seed if type(seed) is int and 0 <= seed < 2**63 else 0


class _Block:
    """Something to display: HTML where there is a page, the same as text everywhere else."""

    def __init__(self, text: str, html: str = "", markdown: str = ""):
        self.bundle = {"text/plain": text}
        if html:
            self.bundle["text/html"] = html
        if markdown:
            self.bundle["text/markdown"] = markdown

    def show(self) -> None:
        """Display in a notebook, print elsewhere."""
        try:
            from IPython import display, get_ipython
        except ImportError:
            get_ipython = None
        if get_ipython is None or get_ipython() is None:
            print(self.bundle["text/plain"])
        else:
            display.display(self.bundle, raw=True)


class Check:
    """Judges a learner's function in the notebook: `f = check(f)`.

    The lesson always goes on: a right answer comes back (with arrays in place of its lists), any
    other is replaced by the course's own function, and the block says so.
    """

    def __init__(self) -> None:
        self._rung: dict[str, int] = {}  # how far each exercise's hints have been read
        self._failed: dict[str, str] = {}  # the problem that each last answer failed, by its label
        self._points: dict[str, int] = {}  # that each last answer earned

    def __repr__(self) -> str:
        return "f = check(f) judges your f; check.hint, check.problem, check.solution take its name"

    def __call__(self, answer: Callable, name: str | None = None) -> Callable:
        """Judge `answer` and hand back a function that the lesson can go on with.

        Args:
            answer: your function; its own name says which exercise it is.
            name: the exercise, where the function has another name.

        Raises:
            KeyError: there is no exercise of that name.
        """
        name = name or getattr(answer, "__name__", type(answer).__name__)
        exercise = core.find(name)
        if answer is exercise.reference:
            said = (
                f"○ {name}: this is the course's version. Run your own cell again, then this one."
            )
            _tell_nbgrader(self._points.get(name, 0))
            _Block(said, html=_aside(said)).show()
            return answer
        with _no_stderr_for_nbgrader():
            result = core.grade(name, answer, own_seed())
        self._failed[name], self._points[name] = result.where, result.points
        _tell_nbgrader(result.points)
        notes = tuple(filter(None, [progress.record(result)]))
        _Block(report.text(result, notes), html=report.as_html(result, notes)).show()
        if result.outcome != "correct":
            return exercise.reference
        return core.as_arrays(exercise, answer) if result.listed else answer

    def hint(self, name: str) -> None:
        """Show the next of an exercise's three hints."""
        hints = core.find(name).hints
        rung = min(self._rung.get(name, 0), len(hints) - 1)
        self._rung[name] = rung + 1
        said = f"Hint {rung + 1} of {len(hints)}: {hints[rung]}"
        _Block(said, markdown=said.replace(":", ":**", 1).replace("Hint", "**Hint", 1)).show()

    def problem(self, name: str, seed: int | None = None) -> tuple:
        """The arguments on which your last answer failed (the first ones, if none did).

        Says what they are, and that after ✗ the name must be defined anew to be tried on them.
        """
        exercise = core.find(name)
        label = self._failed.get(name) or progress.load(name)[0].get("where", "")
        drawn = exercise.draw(own_seed() if seed is None else seed)
        problem = next((p for p in drawn if p.label == label), drawn[0])
        said = (
            f"{', '.join(exercise.parameters)} of one problem ({problem.label}). Run your own cell "
            f"again before you call {name} on them: after ✗ the name means the course's version."
        )
        _Block(said, html=_aside(said)).show()
        return copy.deepcopy(problem.args)

    def solution(self, name: str) -> None:
        """Show the course's solution cell, where the course came with its solutions."""
        source = _solution_source(core.find(name))
        if source is None:
            said = f"The solution of {name} is not in this copy of the course; your teacher has it."
            _Block(said, html=_aside(said)).show()
        else:
            _Block(source, markdown=f"```python\n{source}\n```").show()

    def quiz(self, name: str) -> None:
        """Ask one question with options; each option answers back."""
        show_quiz(name)

    def progress(self) -> None:
        """Show how far you are through the course."""
        _Block(progress.table_text(), html=progress.table_html()).show()


# --- nbgrader ------------------------------------------------------------------------------
# Its autograder and validator run the notebook and read a check cell's outputs in their order:
# an error or anything on standard error is no points, the cell's value, if a number, is the
# points, and everything else, whatever it says, is full marks.


def _nbgrader() -> bool:
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def _tell_nbgrader(points: int) -> None:
    """Give the cell a value, a plain number, before it shows anything else."""
    if _nbgrader():
        sys.displayhook(float(points))


@contextlib.contextmanager
def _no_stderr_for_nbgrader() -> Iterator[None]:
    """A warning or a progress bar in a right answer, also a solver's own, costs no points."""
    if not _nbgrader():
        yield
        return
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _aside(said: str) -> str:
    return (
        '<div role="status" style="border-left:5px solid #6b7280;padding:.5em .9em;'
        'background:var(--jp-layout-color2,#f5f5f5);color:var(--jp-ui-font-color1,#1f1f1f)">'
        f"{said}</div>"
    )


def _solution_source(exercise: core.Exercise) -> str | None:
    """The answer cell in the lesson's source, without its markers."""
    for path in sorted(_SOLUTIONS.glob(f"{exercise.lesson}_*.py")):
        for cell in path.read_text(encoding="utf-8").split("\n# %%"):
            if re.search(rf"^def {exercise.name}\(", cell, re.MULTILINE):
                lines = cell.split("\n")[1:]
                return "\n".join(line for line in lines if "### " not in line).strip()
    return None


check = Check()
