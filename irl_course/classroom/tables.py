"""Marks for other programs: CSV for a spreadsheet, Canvas and Moodle, JUnit XML, Gradescope.

A lesson that could not be read, or was not handed in, has an empty cell and never a zero.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from irl_course.checks.report import plain
from irl_course.classroom.rows import (
    FAULT,
    GRADED,
    MISSING,
    NOTHING,
    RIGHT,
    UNREADABLE,
    Class,
    Row,
    clean,
    lesson_title,
    line,
    outcome,
    results,
)

_FORMULA = "=+-@＝＋－＠\t\r"  # what a spreadsheet may take for the start of a formula

_LATE = re.compile(r"(?:^|, )[^_/]+_LATE_\d+_\d+_")


def late(row: Row) -> bool:
    """Whether Canvas calls a file of theirs late; nothing else says so."""
    return bool(_LATE.search(row.file))


def cell(value: object) -> object:
    """A value as a cell: a text that a spreadsheet would compute gets a quote mark before it."""
    if isinstance(value, int) or value is None:
        return value
    text = line(value)
    return "'" + text if text.startswith(tuple(_FORMULA)) else text


def as_csv(lines: Iterable[Iterable[object]]) -> str:
    """Lines of cells as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(map(cell, cells) for cells in lines)
    return file.getvalue()


# --- grades.csv ------------------------------------------------------------------------------


def grades(everyone: Class) -> str:
    """One line a learner: status and reason, total, their page, points by lesson and exercise."""
    head = ["learner", "name", "status", "reason", "points", "max_points"]
    head += ["late", "page", "sandbox"]
    for lesson in everyone.lessons:
        head.append(f"{lesson} (of {everyone.lesson_max(lesson)})")
        head += [
            f"{lesson} {name} (of {everyone.columns[lesson, name]})"
            for name in everyone.of_lesson(lesson)
        ]
    return as_csv([head, *(_grades_line(everyone, row) for row in everyone.rows)])


def _grades_line(everyone: Class, row: Row) -> Iterator[object]:
    yield from (row.learner, row.person.name, row.status, row.reason)
    yield from (row.points, row.max_points) if row.status == GRADED else (None, None)
    yield from ("yes" if late(row) else "", f"feedback/{row.stem}.html", ", ".join(row.levels))
    for lesson in everyone.lessons:
        yield row.lesson_points(lesson)[0] if lesson in row.lessons else None
        for name in everyone.of_lesson(lesson):
            yield row.marks[lesson, name].points if (lesson, name) in row.marks else None


# --- Canvas and Moodle -----------------------------------------------------------------------

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = (
    "Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum Grade",
    "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
    "Feedback comments",
)  # fmt: skip


def canvas(everyone: Class) -> str:
    """A file for Canvas' gradebook import: one assignment a lesson.

    Canvas finds a learner by ID, else by SIS User ID or SIS Login ID, else by name; an empty cell
    changes nothing there. Its first line names the columns, its second the points possible.
    """
    head = [*CANVAS, *map(lesson_title, everyone.lessons)]
    possible = ["    Points Possible", *[""] * 4, *map(everyone.lesson_max, everyone.lessons)]
    # Not through `cell`, which would take the spaces away that Canvas' own files have here.
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(cell, head))
    writer.writerow(possible)
    for row in everyone.rows:
        who = row.person
        points = [
            row.lesson_points(lesson)[0] if lesson in row.lessons else None
            for lesson in everyone.lessons
        ]
        known = (row.name, who.canvas, who.sis, who.login, who.section)
        writer.writerow(map(cell, (*known, *points)))
    return file.getvalue()


def moodle(everyone: Class) -> str:
    """A file in the columns of Moodle's grading worksheet, then one column a lesson.

    Moodle's worksheet import goes by the identifier, reads the grade and the comments, and skips
    a learner whose grade is empty. Its gradebook import takes the same file: map the e-mail
    address or the ID number, and each lesson's column to its grade item.
    """
    head = [*MOODLE, *map(lesson_title, everyone.lessons)]
    return as_csv([head, *(_moodle_line(everyone, row) for row in everyone.rows)])


def _moodle_line(everyone: Class, row: Row) -> Iterator[object]:
    who, graded = row.person, row.status == GRADED
    yield f"Participant {who.moodle}" if who.moodle else ""
    yield from (row.name, who.sis, who.email)
    yield "No submission" if row.status == MISSING else "Submitted for grading"
    yield from (row.points, row.max_points) if graded else (None, None)
    yield from ("Yes", "", "", html.escape(_comment(row), quote=False))
    for lesson in everyone.lessons:
        yield row.lesson_points(lesson)[0] if lesson in row.lessons else None


def _comment(row: Row) -> str:
    """A sentence or two that stand alone; nothing but a reason tells of the submission."""
    if row.status == UNREADABLE:
        return f"Not graded: {row.reason}."
    if row.status != GRADED:
        return ""
    open_ones = [
        f"{name} ({mark.outcome}, {mark.points} of {mark.max_points})"
        for (_, name), mark in row.marks.items()
        if mark.outcome != RIGHT
    ]
    said = f"{row.points} of {row.max_points} points."
    more = [f"To look at again: {', '.join(open_ones)}."] if open_ones else []
    if row.reason:
        more.append(f"Not graded: {row.reason}.")
    return " ".join([said, *(more or ["All right!"])])


# --- JUnit XML -------------------------------------------------------------------------------


def junit(records: Iterable[tuple[str, Mapping]]) -> Iterator[str]:
    """JUnit XML, in pieces: a test suite a learner, a test case an exercise."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="irl-course">\n'
    for _, record in records:
        cases = list(_cases(record))
        kinds = [kind for _, _, kind, _ in cases]
        counts = [kinds.count(kind) for kind in ("failure", "error", "skipped")]
        yield (
            f'<testsuite name={_attribute(record["learner"])} tests="{len(cases)}" '
            f'failures="{counts[0]}" errors="{counts[1]}" skipped="{counts[2]}">\n'
            f'<properties><property name="sandbox" value={_attribute(_levels(record))}/>'
            "</properties>\n"
        )
        for where, name, kind, (message, said) in cases:
            yield f'<testcase classname="{where}" name={_attribute(name)}'
            inner = f"<{kind} message={_attribute(message)}>{escape(clean(said))}</{kind}>"
            yield f">{inner}</testcase>\n" if kind else "/>\n"
        yield "</testsuite>\n"
    yield "</testsuites>\n"


def _levels(record: Mapping) -> str:
    return ", ".join(sorted({lesson["level"] for lesson in record.get("lessons", {}).values()}))


def _cases(record: Mapping) -> Iterator[tuple[str, str, str, tuple[str, str]]]:
    if record["status"] == FAULT:
        yield "irl_course", "handed in", "error", ("not graded yet: a fault of the grader", "")
    elif record["status"] == UNREADABLE:
        yield "irl_course", "handed in", "error", (f"unreadable: {record.get('reason', '')}", "")
    elif record["status"] != GRADED:
        yield "irl_course", "handed in", "skipped", ("nothing was handed in", "")
    for lesson, exercise in results(record):
        points = f"{exercise['points']} of {exercise['max_points']} points"
        kind = {RIGHT: "", NOTHING: "skipped"}.get(outcome(exercise), "failure")
        said = (f"{outcome(exercise)}, {points}", "" if kind == "skipped" else _told(exercise))
        yield f"irl_course.lesson_{lesson}", exercise["name"], kind, said


def _told(exercise: Mapping) -> str:
    """Parts, idea, what was seen, and the learner's own traceback, as plain text."""
    lines = [
        f"{'✓' if part['points'] == part['max_points'] else '✗'} {part['title']}: "
        f"{part['points']} of {part['max_points']}"
        for part in exercise["parts"]
    ]
    if exercise.get("idea"):
        lines.append(f"Idea: {plain(exercise['idea'])}")
    if exercise.get("violation"):
        where = f" ({exercise['where']})" if exercise.get("where") else ""
        lines.append(f"Seen: {plain(exercise['violation'])}{where}")
    if exercise.get("traceback"):
        lines += ["", exercise["traceback"]]
    return clean("\n".join(lines))


def _attribute(text: str) -> str:
    return quoteattr(line(text))


# --- Gradescope ------------------------------------------------------------------------------


def gradescope(record: Mapping) -> str:
    """`results.json` as Gradescope's autograder specification has it: a test an exercise.

    Every text is declared to be plain text, so that nothing in it is taken for HTML.
    """
    tests = [
        {
            "name": f"{lesson} {exercise['name']}: {exercise['title']}",
            "name_format": "text",
            "number": f"{int(lesson)}.{number}",
            "score": exercise["points"],
            "max_score": exercise["max_points"],
            "status": "passed" if outcome(exercise) == RIGHT else "failed",
            "output": _told(exercise) if outcome(exercise) != NOTHING else "Not attempted.",
            "output_format": "text",
            "tags": [f"lesson {lesson}", outcome(exercise)],
            "visibility": "visible",
            "extra_data": {"misconception": exercise.get("misconception")},
        }
        for lesson, number, exercise in _numbered(record)
    ]
    content = {
        "output": _overall(record),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"status": record["status"]},
        "tests": tests,
    }
    if not tests:  # a score is asked for somewhere; the output says that this is no zero
        content["score"] = 0
    return json.dumps(content, sort_keys=True, ensure_ascii=False) + "\n"


def _numbered(record: Mapping) -> Iterator[tuple[str, int, Mapping]]:
    count: dict[str, int] = {}
    for lesson, exercise in results(record):
        count[lesson] = count.get(lesson, 0) + 1
        yield lesson, count[lesson], exercise


def _overall(record: Mapping) -> str:
    if record["status"] == GRADED:
        total = f"{record['points']} of {record['max_points']} points."
        left_out = line(record.get("reason", ""))
        left_out = f" Not graded: {left_out}." if left_out else ""
        return f"{total}{left_out} Your code ran in a sandbox (level: {_levels(record)})."
    reason = line(record.get("reason", "")) or "there is nothing to grade"
    return f"Not graded: {reason}. This is not a mark: hand it in again, or ask your teacher."
