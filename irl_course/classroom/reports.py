"""All reports of a batch, from its records alone.

OUT/records/NAME.json gives

- grades.csv, canvas.csv, moodle.csv: points, in each program's own columns;
- feedback/NAME.html: a page for each learner;
- class.html: which exercises, which misconceptions, everybody;
- junit.xml, gradescope/NAME/results.json;
- similar.html, similar.csv: submissions that resemble each other.

Who stands in OUT/faults.json was failed by the grader, and is "not graded yet" everywhere.

The same records and roster give the same bytes. Records are read one at a time and twice, so
that a class of any size fits into memory.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from irl_course.classroom import similar, tables
from irl_course.classroom.class_page import class_page, similar_page
from irl_course.classroom.learner_page import learner_page
from irl_course.classroom.rows import (
    GRADED,
    MISSING,
    Class,
    People,
    Person,
    Row,
    read_faults,
    read_records,
    read_roster,
)

_BOM = "\ufeff"  # tells a spreadsheet that a CSV file is UTF-8; the LMS need none


def write_reports(
    out: Path | str,
    title: str = "",
    roster: Path | str | Iterable[Mapping | Person] | None = None,
) -> Class:
    """Write every report of a batch; those already there are replaced.

    Args:
        out: the batch's folder, which holds `records`.
        title: what the pages are headed with, such as "IRL, spring 2027".
        roster: the people of the course, as `read_roster` takes them; who has no record is
            reported as missing.

    Returns:
        All rows, as the tables have them.

    Raises:
        ValueError: a record or the roster is none.
    """
    out = Path(out)
    people = People(read_roster(roster))
    everyone, prints = Class(), []
    for stem, record in read_records(out):
        person = people.find(record)
        everyone.add(stem, record, person)
        _write(out / "feedback" / f"{stem}.html", learner_page(record, person, title))
        if record["status"] != MISSING:
            _write(out / "gradescope" / stem / "results.json", tables.gradescope(record))
        if record["status"] == GRADED and record.get("sources"):
            prints.append(similar.fingerprint(stem, record["sources"]))
    absent = _absent(out, people, {row.stem for row in everyone.rows})
    for stem, record in absent:
        person = people.find(record)
        everyone.add(stem, record, person)
        _write(out / "feedback" / f"{stem}.html", learner_page(record, person, title))
    everyone.settle()
    _forget(out, {row.stem for row in everyone.rows})
    alike = similar.pairs(prints)
    _write(out / "grades.csv", _BOM + tables.grades(everyone))
    _write(out / "canvas.csv", tables.canvas(everyone))
    _write(out / "moodle.csv", tables.moodle(everyone))
    _write(out / "class.html", class_page(everyone, alike, title))
    _write(out / "junit.xml", tables.junit(_all(out, absent)))
    _write(out / "similar.csv", _BOM + tables.as_csv(_similar_lines(everyone, alike)))
    _write(out / "similar.html", similar_page(_shown(out, everyone, alike), len(alike), title))
    return everyone


def _all(out: Path, absent: Sequence[tuple[str, dict]]) -> Iterator[tuple[str, Mapping]]:
    yield from read_records(out)
    yield from absent


def _absent(out: Path, people: People, taken: set[str]) -> list[tuple[str, dict]]:
    """Those without a record, in the shape of one: failed by the grader, or in the roster alone."""
    made = read_faults(out)
    for record in made:
        people.find(record)
    made += [
        {"learner": person.learner, "file": "", "status": MISSING,
         "reason": "nothing was handed in", "lessons": {}}
        for person in people.unseen()
    ]  # fmt: skip
    return [(_stem(record["learner"], taken), record) for record in made]


def _stem(learner: str, taken: set[str]) -> str:
    """A new file name for a learner without a record."""
    safe = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in learner)[:60]
    numbers = itertools.count(2)
    stem = safe = safe or "learner"
    while stem in taken:
        stem = f"{safe}-{next(numbers)}"
    taken.add(stem)
    return stem


def _similar_lines(everyone: Class, alike: Sequence[similar.Pair]) -> Iterator[Sequence[object]]:
    rows = {row.stem: row for row in everyone.rows}
    yield ("first", "second", "percent", "runs in common", "exercises", "same text")
    for pair in alike:
        yield (
            rows[pair.first].name, rows[pair.second].name, round(100 * pair.share), pair.runs,
            " ".join(name for _, name in pair.exercises),
            " ".join(name for _, name in pair.same_text),
        )  # fmt: skip


def _shown(
    out: Path, everyone: Class, alike: Sequence[similar.Pair]
) -> list[tuple[similar.Pair, Row, Row, str, str]]:
    """The first pairs, with the answers in which they are most alike."""
    alike = alike[: similar.MOST_PAIRS]
    wanted = {stem for pair in alike for stem in (pair.first, pair.second)}
    sources = {stem: record["sources"] for stem, record in read_records(out) if stem in wanted}
    rows = {row.stem: row for row in everyone.rows}

    def answer(stem: str, pair: similar.Pair) -> str:
        lesson, name = pair.exercises[0]
        return sources[stem][lesson][name]

    return [
        (pair, rows[pair.first], rows[pair.second], answer(pair.first, pair),
         answer(pair.second, pair))
        for pair in alike
    ]  # fmt: skip


def _forget(out: Path, stems: set[str]) -> None:
    """Take away what an earlier run wrote for learners who are not there any more."""
    for path in sorted((out / "feedback").glob("*.html")):
        if path.stem not in stems:
            path.unlink()
    for path in sorted((out / "gradescope").glob("*/results.json")):
        if path.parent.name not in stems:
            path.unlink()
            path.parent.rmdir()


def _write(path: Path, content: str | Iterable[str]) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:200]}.part")
    try:
        with part.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines([content] if isinstance(content, str) else content)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
