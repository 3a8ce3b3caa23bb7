"""`irl-course run` and `irl-course check`: a notebook from top to bottom, without a browser.

Neither writes to the notebook, and both keep their progress in a folder that goes away.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from irl_course.checks.report import plain
from irl_course.notebooks.execute import Failure, execute
from irl_course.notebooks.source import Registry, headings

# answers whose check cell is gone, or did not run
_LATE_CHECKS = """
def _late_checks(known):
    from irl_course.checks import check
    from irl_course.checks.progress import folder
    for name in {names!r}:
        if name in known and not (folder() / (name + ".json")).exists():
            check(known[name], name)
_late_checks(globals())
"""


class Unreadable(Exception):
    """Why a file is not a notebook that can be run, in one sentence."""


@dataclass(frozen=True)
class Report:
    """What a learner's notebook came to: an entry an exercise, and the cells that failed."""

    entries: list[dict]
    failures: list[Failure]
    notebook: NotebookNode


def load(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises:
        Unreadable: saying in one sentence what is wrong with the file.
    """
    if path.is_dir():
        raise Unreadable("there is no notebook in this folder")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"the file cannot be read ({error.strerror})") from None
    if not data.strip():
        raise Unreadable("the file is empty")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(
            "the file starts with a byte-order mark, which JupyterLab cannot read either; "
            "save it as UTF-8 without one"
        )
    try:
        content = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"the file is not JSON{where}, so it is not a notebook") from None
    return _as_notebook(content)


def _as_notebook(content: Any) -> NotebookNode:
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise Unreadable("the file is JSON, but not a notebook")
    if content["nbformat"] != 4:
        raise Unreadable("the notebook has an old format; open and save it in JupyterLab first")
    try:
        notebook = nbformat.from_dict(content)
        for cell in notebook.cells:  # old minor versions have no ids, and may repeat them
            cell.pop("id", None)
            if isinstance(cell.source, list):
                cell.source = "".join(cell.source)
        notebook.nbformat_minor = 4
        nbformat.validate(notebook)
        json.dumps([cell.source for cell in notebook.cells], ensure_ascii=False).encode("utf-8")
    except (AttributeError, TypeError, ValueError, nbformat.ValidationError):
        raise Unreadable("the notebook is damaged: a cell is not as it should be") from None
    return notebook


def run(paths: Iterable[str | Path], timeout: float = 600.0) -> int:
    """Run notebooks from top to bottom, leaving the files as they are.

    Args:
        paths: notebooks, or folders of notebooks.
        timeout: seconds that one cell may take.

    Returns:
        0 when every cell ran, 1 when one failed, 2 when a file is no notebook.
    """
    worst = 0
    for path in _expanded(paths):
        started = time.monotonic()
        try:
            notebook = load(path)
        except Unreadable as reason:
            print(f"{path}: {reason}", file=sys.stderr)
            worst = 2
            continue
        failures = execute(notebook, path.resolve().parent, timeout=timeout, keep_outputs=False)
        seconds = time.monotonic() - started
        print(f"{path}: {'failed' if failures else 'fine'}, {seconds:.1f} s", flush=True)
        for failure in failures:
            print(
                f"  {_said(notebook, failure)}\n{failure.traceback}".rstrip(),
                file=sys.stderr,
            )
            worst = max(worst, 1)
    return worst


def check(
    paths: Iterable[str | Path], timeout: float = 60.0, registry: Registry | None = None
) -> int:
    """Run learners' lessons, and print for each exercise its outcome and points.

    A cell that fails does not stop the ones below it; a cell that takes too long is stopped.

    Args:
        paths: notebooks, or folders of notebooks.
        timeout: seconds that one cell may take.
        registry: lesson number to its exercises; the course's own by default.

    Returns:
        0 when every exercise is correct, 1 when one is not, 2 when a file is no lesson.
    """
    worst = 0
    for path in _expanded(paths):
        try:
            report = judge(path, timeout, registry)
        except Unreadable as reason:
            print(f"{path}: {reason}", file=sys.stderr)
            worst = 2
            continue
        print(f"{path}\n{table(report)}", flush=True)
        if any(entry["outcome"] != "correct" for entry in report.entries):
            worst = max(worst, 1)
    return worst


def judge(path: Path, timeout: float = 60.0, registry: Registry | None = None) -> Report:
    """Run one learner's lesson and collect what its checks said.

    Raises:
        Unreadable: the file is no notebook, or no lesson of this course.
    """
    notebook = load(path)
    if registry is None:
        from irl_course.checks import exercises as registry
    exercises = _exercises_of(path, notebook, registry)
    notebook.cells.append(new_code_cell(_LATE_CHECKS.format(names=list(exercises))))
    notebook.cells[-1].pop("id")
    with tempfile.TemporaryDirectory(prefix="irl-course-", ignore_cleanup_errors=True) as home:
        failures = execute(
            notebook, path.resolve().parent, home=Path(home), timeout=timeout,
            keep_going=True, keep_outputs=False,
        )  # fmt: skip
        entries = [_entry(name, exercises[name], Path(home)) for name in exercises]
    notebook.cells.pop()
    failures = [failure for failure in failures if failure.index < len(notebook.cells)]
    for entry in entries:
        _blame(entry, notebook, failures)
    return Report(entries, failures, notebook)


def _exercises_of(path: Path, notebook: NotebookNode, registry: Registry) -> Mapping[str, Any]:
    named = re.match(r"\d\d", path.name)
    lesson = notebook.metadata.get("irl_course", {}).get("lesson") or (named and named[0])
    found = registry(lesson) if isinstance(lesson, str) else {}
    if not found:
        raise Unreadable("the notebook is not a lesson of this course with exercises")
    return found


def _entry(name: str, exercise: Any, home: Path) -> dict:
    """What the check recorded; "not attempted" where it recorded nothing."""
    nothing = {"name": name, "outcome": "not attempted", "points": 0, "recorded": False}
    nothing["max_points"] = exercise.points
    try:
        kept = json.loads((home / "progress" / f"{name}.json").read_text(encoding="utf-8"))
        return nothing | kept | {"recorded": True}
    except (OSError, ValueError, TypeError):
        return nothing


def _blame(entry: dict, notebook: NotebookNode, failures: list[Failure]) -> None:
    """Say why an exercise has no result; an answer whose own cell failed was an attempt."""
    if entry["recorded"]:
        return
    name = entry["name"]
    for failure in failures:
        source = notebook.cells[failure.index].source
        if re.search(rf"^def {name}\b", source, re.MULTILINE):
            said = f"Its cell did not run: {failure.error}"
            entry |= {"outcome": "not right yet", "violation": said}
            return
        if failure.ended or f"check({name}" in source:
            entry["violation"] = "Not judged: its check did not run to the end."


def table(report: Report) -> str:
    """The report as text: a line an exercise, the total, and what stopped."""
    width = max([len(entry["name"]) for entry in report.entries] + [8])
    lines = [f"  {'exercise':<{width}}  {'outcome':<13}  points"]
    for entry in report.entries:
        points = f"{entry['points']} of {entry['max_points']}"
        lines.append(f"  {entry['name']:<{width}}  {entry['outcome']:<13}  {points}")
        said = entry.get("idea") or entry.get("violation")
        lines += [f"    {plain(said)}"] if said else []
    earned, whole = (
        sum(entry[key] for entry in report.entries) for key in ("points", "max_points")
    )
    lines.append(f"  {'total':<{width}}  {'':<13}  {earned} of {whole}")
    lines += [f"  {_said(report.notebook, failure)}" for failure in report.failures[:3]]
    if len(report.failures) > 3:
        lines.append(f"  … and {len(report.failures) - 3} more cells after it")
    return "\n".join(lines)


def _said(notebook: NotebookNode, failure: Failure) -> str:
    """Which cell failed, so that a person finds it, and how."""
    above = [
        cell.source for cell in notebook.cells[: failure.index] if cell.cell_type == "markdown"
    ]
    titles = [words for text in above for _, _, words in headings(text)]
    place = f" (below “{titles[-1]}”)" if titles else ""
    first = notebook.cells[failure.index].source.strip().split("\n")[0]
    rest = "; the cells below it did not run" if failure.ended else ""
    return f"cell {failure.index + 1}{place}, `{first}`: {failure.error}{rest}"


def _expanded(paths: Iterable[str | Path]) -> list[Path]:
    """Folders as the notebooks they hold."""
    found: list[Path] = []
    for path in map(Path, paths):
        found += sorted(path.glob("*.ipynb")) or [path]
    return found
