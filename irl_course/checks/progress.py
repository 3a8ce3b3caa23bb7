"""What a learner has done, kept in their home: one small file an exercise, replaced whole.

A killed process or a full disk leaves the old file or the new one, never half of one. A file
that cannot be read is set aside under another name and counted as not there.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from irl_course.checks.core import exercises
from irl_course.checks.report import MARKS, Result


def folder() -> Path:
    """Where progress is kept: IRL_COURSE_HOME when set, else this user's data folder."""
    home = os.environ.get("IRL_COURSE_HOME")
    if not home:
        from platformdirs import user_data_dir

        home = user_data_dir("irl-course", appauthor=False)
    return Path(home) / "progress"


def record(result: Result) -> str:
    """Remember a result; the best points ever reached stay.

    Returns:
        An empty string, or one sentence for the learner when it could not be kept.
    """
    old, note = load(result.name)
    entry = result.as_dict() | {
        "attempts": old.get("attempts", 0) + (result.outcome != "not attempted"),
        "best_points": max(old.get("best_points", 0), result.points),
        "solved": old.get("solved", False) or result.outcome == "correct",
    }
    try:
        _write(folder() / f"{result.name}.json", json.dumps(entry, indent=1, ensure_ascii=False))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        said = f"Your progress could not be saved ({reason}: {folder()})"
        return f"{said}; the check itself is not affected."
    return note


def load(name: str) -> tuple[dict, str]:
    """What is known of one exercise, and a sentence when its file was broken."""
    path = folder() / f"{name}.json"
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        return _valid(entry), ""
    except FileNotFoundError:
        return {}, ""
    except OSError:
        return {}, ""  # not readable: writing will say why
    except ValueError:
        return {}, _set_aside(path)


def _valid(entry: object) -> dict:
    """The entry, if it has the fields that are counted with; a ValueError otherwise."""
    wanted = {"outcome": str, "points": int, "best_points": int, "attempts": int, "solved": bool}
    if not isinstance(entry, dict):
        raise ValueError("not a record")
    if any(not isinstance(entry.get(field), kind) for field, kind in wanted.items()):
        raise ValueError("a field is missing")
    return entry


def _set_aside(path: Path) -> str:
    broken = path.with_suffix(".broken")
    with contextlib.suppress(OSError):
        os.replace(path, broken)
    return f"The saved progress of this exercise was unreadable; it is kept as {broken.name}."


def _write(path: Path, content: str) -> None:
    """Replace a file whole, or leave it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _rows() -> Iterator[tuple[str, str, str, int, int]]:
    """Lesson, exercise, outcome, best points and points, for every exercise of the course."""
    for name, exercise in exercises().items():
        entry, _ = load(name)
        done = "correct" if entry.get("solved") else entry.get("outcome", "not attempted")
        yield exercise.lesson, name, done, entry.get("best_points", 0), exercise.points


def table_text() -> str:
    """Progress through the course as plain text, an exercise a line."""
    rows = list(_rows())
    width = max(len(row[1]) for row in rows)
    lines = [
        f"{lesson}  {MARKS[done]} {name:<{width}}  {best} of {points}  {done}"
        for lesson, name, done, best, points in rows
    ]
    solved, earned, total = _totals(rows)
    lines.append(f"{solved} of {len(rows)} exercises solved, {earned} of {total} points")
    return "\n".join(lines)


def table_html() -> str:
    """Progress as a table: a lesson a row, a mark an exercise."""
    rows = list(_rows())
    body = "".join(_lesson_row(lesson, rows) for lesson in dict.fromkeys(row[0] for row in rows))
    solved, earned, total = _totals(rows)
    return (
        f'<table><caption style="text-align:left">{solved} of {len(rows)} exercises solved, '
        f"{earned} of {total} points (✓ correct, ✗ not right yet, ○ not attempted)</caption>"
        '<thead><tr><th scope="col">lesson</th><th scope="col" style="text-align:left">exercises'
        f'</th><th scope="col">points</th></tr></thead><tbody>{body}</tbody></table>'
    )


def _lesson_row(lesson: str, rows: list[tuple]) -> str:
    mine = [row for row in rows if row[0] == lesson]
    cells = ", ".join(
        f'<span style="white-space:nowrap">{MARKS[done]} <code>{html.escape(name)}</code></span>'
        for _, name, done, _, _ in mine
    )
    _, earned, total = _totals(mine)
    return (
        f'<tr><th scope="row">{lesson}</th><td style="text-align:left">{cells}</td>'
        f"<td>{earned} of {total}</td></tr>"
    )


def _totals(rows: list[tuple]) -> tuple[int, int, int]:
    """How many are solved, points earned and points to be had."""
    solved = sum(row[2] == "correct" for row in rows)
    return solved, sum(row[3] for row in rows), sum(row[4] for row in rows)
