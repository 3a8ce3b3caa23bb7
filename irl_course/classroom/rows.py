"""What every report is made of: the records of a batch, one row a learner, and the roster.

A record is trusted in its shape, for the grader wrote it, and in none of its texts: names, file
names, outputs and tracebacks come from submissions.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from irl_course.checks import exercises
from irl_course.classroom.wire import ESCAPES
from irl_course.course_files import course_folder

GRADED, UNREADABLE, MISSING = "graded", "unreadable", "missing"
FAULT = "not graded yet"  # the grader failed; no record, and no word about the submission
RIGHT, PARTLY, WRONG, NOTHING = "right", "partly right", "not right yet", "not attempted"
OUTCOMES = (RIGHT, PARTLY, WRONG, NOTHING)
FOR_THE_TEACHER = "worth a look"  # how a remark ends that is no business of the learner's

# Signs that no page, table or XML file may hold, and those that turn the direction of what follows.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
# How an LMS calls what it lets teachers download; what a learner called it comes after this.
_MOODLE_FILE = re.compile(r"[^/]*?_(\d+)_assignsubmission_[a-z]+_?/")
_CANVAS_FILE = re.compile(r"(?!(?:LATE_)?anon_)[^_/]+(?:_LATE)?_(\d+)_\d+_")


def clean(text: object) -> str:
    """A text from a submission, without colour codes, control signs and halves of letters."""
    text = str(text).encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNFIT.sub("", ESCAPES.sub("", text))


def line(text: object) -> str:
    """The same, on one line."""
    return " ".join(clean(text).split())


class Mark(NamedTuple):
    """What one exercise came to."""

    points: int
    max_points: int
    outcome: str
    misconception: str | None


@dataclass(frozen=True)
class Person:
    """One line of the roster; what it does not say is empty."""

    learner: str
    name: str = ""
    email: str = ""
    section: str = ""
    login: str = ""  # Canvas: SIS Login ID
    sis: str = ""  # Canvas: SIS User ID; Moodle: ID number
    canvas: str = ""  # Canvas' own number
    moodle: str = ""  # Moodle's number of a participant


@dataclass(frozen=True)
class Row:
    """One learner: what the tables and the class page need of a record."""

    stem: str  # of the record's file, and of all that is written for this learner
    learner: str
    file: str
    status: str
    reason: str
    points: int
    max_points: int
    marks: Mapping[tuple[str, str], Mark]  # by lesson and exercise
    lessons: tuple[str, ...]
    levels: tuple[str, ...]
    problems: tuple[str, ...]
    person: Person

    @property
    def name(self) -> str:
        """What to call the learner."""
        return self.person.name or self.learner

    def lesson_points(self, lesson: str) -> tuple[int, int]:
        """Points earned and to be had in one lesson."""
        marks = [mark for (its, _), mark in self.marks.items() if its == lesson]
        return sum(mark.points for mark in marks), sum(mark.max_points for mark in marks)


@dataclass
class Class:
    """All rows, in the order of the learners' names, and what they have in common."""

    rows: list[Row] = field(default_factory=list)
    columns: dict[tuple[str, str], int] = field(default_factory=dict)  # exercise: its points
    titles: dict[str, str] = field(default_factory=dict)  # of exercises
    ideas: dict[tuple[str, str], str] = field(default_factory=dict)  # exercise, misconception

    @property
    def lessons(self) -> list[str]:
        """The lessons that anybody handed in."""
        return list(dict.fromkeys(lesson for lesson, _ in self.columns))

    def of_lesson(self, lesson: str) -> list[str]:
        """A lesson's exercises, in its order."""
        return [name for its, name in self.columns if its == lesson]

    def lesson_max(self, lesson: str) -> int:
        """The points of a lesson."""
        return sum(points for (its, _), points in self.columns.items() if its == lesson)

    def add(self, stem: str, record: Mapping, person: Person) -> Row:
        """Take in one record."""
        marks = {}
        for lesson, exercise in results(record):
            where = (lesson, exercise["name"])
            marks[where] = Mark(exercise["points"], exercise["max_points"], outcome(exercise),
                                exercise.get("misconception"))  # fmt: skip
            self.columns[where] = max(exercise["max_points"], self.columns.get(where, 0))
            self.titles[exercise["name"]] = exercise.get("title", "")
            if exercise.get("misconception"):
                idea = (exercise["name"], exercise["misconception"])
                self.ideas[idea] = exercise.get("idea", "")
        lessons = record.get("lessons", {})
        row = Row(
            stem, line(record["learner"]), line(record.get("file", "")), record["status"],
            line(record.get("reason", "")), record.get("points", 0), record.get("max_points", 0),
            marks, tuple(sorted(lessons)),
            tuple(sorted({lesson["level"] for lesson in lessons.values()})),
            tuple(_problems(lessons)),
            person,
        )  # fmt: skip
        self.rows.append(row)
        return row

    def settle(self) -> None:
        """Put rows and exercises in their order, whatever order they came in."""
        self.rows.sort(key=lambda row: (row.name.casefold(), row.stem))
        self.columns = dict(sorted(self.columns.items(), key=lambda item: _place(*item[0])))


def _problems(lessons: Mapping[str, Mapping]) -> Iterator[str]:
    for lesson, judged in sorted(lessons.items()):
        where = f"lesson {lesson}: " if len(lessons) > 1 else ""
        yield from (where + line(problem) for problem in judged.get("problems", ()))


def _place(lesson: str, exercise: str) -> tuple:
    names = list(exercises(lesson))
    return lesson, names.index(exercise) if exercise in names else len(names), exercise


def results(record: Mapping) -> Iterator[tuple[str, Mapping]]:
    """A record's exercises, each with its lesson."""
    for lesson, judged in sorted(record.get("lessons", {}).items()):
        for exercise in judged["exercises"]:
            yield lesson, exercise


def outcome(exercise: Mapping) -> str:
    """One of OUTCOMES."""
    if exercise["outcome"] == "correct":
        return RIGHT
    if exercise["outcome"] == "not attempted":
        return NOTHING
    return PARTLY if exercise["points"] else WRONG


@functools.cache
def lesson_title(lesson: str) -> str:
    """A lesson's title, as its notebook has it."""
    folder = course_folder() / "lessons"
    for path in sorted(folder.glob(f"{lesson}_*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            heading = re.match(r"# +(?:\d+ +)?(.+)", "".join(cell["source"]))
            if heading:
                return f"Lesson {lesson}: {heading[1].strip()}"
    return f"Lesson {lesson}"


def plural(n: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


# --- records and roster ----------------------------------------------------------------------


def read_records(out: Path) -> Iterator[tuple[str, dict]]:
    """The records of a batch, in the order of their file names, one at a time.

    Raises:
        ValueError: a file there is no record.
    """
    for path in sorted((Path(out) / "records").glob("*.json")):
        try:
            record = json.loads(path.read_bytes())
            learner, status = record["learner"], record["status"]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} is no record of this grader: {error!r}") from None
        if not isinstance(learner, str) or status not in (GRADED, UNREADABLE, MISSING):
            raise ValueError(f"{path} is no record of this grader: status {status!r}")
        yield path.stem, record


def read_faults(out: Path) -> list[dict]:
    """Those whom the grader failed, in the shape of records."""
    path = Path(out) / "faults.json"
    faults = json.loads(path.read_bytes())["faults"] if path.exists() else []
    return [
        {"learner": fault["learner"], "file": fault.get("file", ""), "status": FAULT,
         "reason": fault["reason"], "lessons": {}}
        for fault in faults
    ]  # fmt: skip


# The columns of a roster, each under all the names that it is known by, also those of a Canvas
# gradebook and of a Moodle grading worksheet, either of which can serve as the roster.
_COLUMNS = {
    "learner": ("learner", "identifier", "username", "user", "student"),
    "name": ("name", "fullname", "student"),
    "email": ("email", "emailaddress", "mail"),
    "section": ("section", "group", "class"),
    "login": ("sisloginid", "login", "loginid"),
    "sis": ("sisuserid", "sis", "idnumber", "studentid"),
    "canvas": ("id", "canvasid", "canvas"),
    "moodle": ("moodleid", "moodle", "participant"),
}


def read_roster(roster: Path | str | Iterable[Mapping | Person] | None) -> list[Person]:
    """The people of a course.

    Args:
        roster: a CSV file with a column `learner`, and where it is known `name`, `email`,
            `section`, `login`, `sis`, `canvas`, `moodle`; or an export of Canvas' gradebook or of
            Moodle's grading worksheet; or such lines as dicts.

    Raises:
        ValueError: no column says who a line is about.
    """
    if roster is None:
        return []
    if isinstance(roster, (str, Path)):
        text = Path(roster).read_bytes().decode("utf-8-sig", "replace")
        between = max(",;\t", key=text.partition("\n")[0].count)  # as this country's Excel has it
        lines = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=between, restkey="", restval=""
        )
        columns = {_plain(name) for name in lines.fieldnames or ()}
        if not columns & {"id", *_COLUMNS["learner"], *_COLUMNS["name"]}:
            raise ValueError(f"{roster} has no column `learner`; it has {sorted(columns)}")
        roster = list(lines)
    people = [entry if isinstance(entry, Person) else _person(entry) for entry in roster]
    return [person for person in people if person.learner]


def _person(entry: Mapping) -> Person:
    told = {_plain(key): line(value or "") for key, value in entry.items() if key}
    found = {
        column: next((told[name] for name in names if told.get(name)), "")
        for column, names in _COLUMNS.items()
    }
    participant = re.fullmatch(r"Participant (\d+)", told.get("identifier", ""))
    if participant:  # Moodle's worksheet: the number is Moodle's, and the learner has a name
        found |= {"moodle": participant[1], "learner": found["name"]}
    if told.get("student", "").startswith("Points Possible"):  # Canvas' second line
        return Person("")
    found["learner"] = found["learner"] or found["canvas"] or found["name"]
    return Person(**found)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", str(name).casefold())


class People:
    """The roster, to find a record's person in."""

    def __init__(self, people: Iterable[Person]):
        self.people = list(people)
        self.by = {
            key: _those_of_one(self.people, key)
            for key in ("learner", "canvas", "moodle", "email", "login", "name")
        }
        self.seen: set[Person] = set()

    def find(self, record: Mapping) -> Person:
        """Who handed it in; with the numbers that the name of a downloaded file tells."""
        learner, file = line(record["learner"]), str(record.get("file", ""))
        canvas, moodle = _CANVAS_FILE.match(file), _MOODLE_FILE.match(file)
        numbers = {
            "moodle": moodle[1] if moodle else "",
            "canvas": canvas[1] if canvas and not moodle else "",
        }
        clues = {"learner": learner, **numbers, "email": learner, "login": learner, "name": learner}
        person = next(
            (self.by[key][clue] for key, clue in clues.items() if clue and clue in self.by[key]),
            None,
        )
        if person is None:
            return Person(learner, **numbers)
        self.seen.add(person)
        told = {key: getattr(person, key) or number for key, number in numbers.items()}
        return replace(person, **told)

    def unseen(self) -> list[Person]:
        """Those of whom there is no record."""
        return [person for person in self.people if person not in self.seen]


def _those_of_one(people: Iterable[Person], key: str) -> dict[str, Person]:
    """People by what one column says of them, where it says so of one alone."""
    found: dict[str, list[Person]] = {}
    for person in people:
        found.setdefault(getattr(person, key), []).append(person)
    return {value: some[0] for value, some in found.items() if value and len(some) == 1}
