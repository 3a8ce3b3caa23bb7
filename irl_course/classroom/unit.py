"""One learner's work, from the bytes handed in to the record: what a batch hands out to processes.

A process that grades is a plain Python of the grader's own. It keeps a warm parent for workers,
and tries again with a new one when the machinery fails; learner code never runs in it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import re
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from irl_course.checks import exercises
from irl_course.classroom import records, sandbox
from irl_course.classroom.handin import digest
from irl_course.classroom.marking import Marks, mark
from irl_course.classroom.submission import Submission, Unreadable, read
from irl_course.classroom.worker import GraderFault, Warm
from irl_course.course_files import course_folder

ATTEMPTS = 3  # of one unit, each with a new warm parent
READY = b"ready"


@dataclass(frozen=True)
class Handed:
    """One file as it is sent to the process that grades it."""

    name: str
    lesson: str  # what it says it is; empty if it cannot be told
    content: bytes
    refused: str = ""  # why it could not even be read
    order: int = -1  # as in `handin.File`


@dataclass(frozen=True)
class Unit:
    """One learner's work, and all it takes to judge it."""

    learner: str
    name: str  # of the record
    files: tuple[Handed, ...]
    lessons: tuple[str, ...]  # that were set
    seeds: dict[str, int]  # by lesson
    level: str  # of the sandbox
    key: str
    grader: str  # version


@functools.cache
def grader_version() -> str:
    """What tells two graders apart: the text of the package and of its lessons."""
    package = Path(__file__).resolve().parents[1]
    sources = sorted(path for kind in ("*.py", "*.json") for path in package.rglob(kind))
    sources += sorted(course_folder().glob("lessons/*.ipynb"))
    found = hashlib.sha256()
    for path in sources:
        found.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


# --- the record ----------------------------------------------------------------------------


def missing(unit: Unit) -> dict:
    """The record of a learner who handed nothing in."""
    return _record(unit, "missing", "nothing was handed in", {})


def judge(unit: Unit, warm: Warm) -> tuple[dict, float, int]:
    """One learner's record, the CPU seconds their code used, and its peak memory in kilobytes.

    Raises:
        GraderFault: the machinery failed; nothing is known about the submission.
    """
    lessons: dict[str, dict] = {}
    reasons: dict[str, str] = {}
    cpu, memory = 0.0, 0
    for lesson in unit.lessons:
        file, said = _chosen(unit, lesson)
        handed_in = _read(file, lesson, unit.learner) if file else Unreadable("", said)
        if isinstance(handed_in, Unreadable):
            reasons[lesson] = handed_in.reason
            continue
        marks = mark(handed_in, warm, unit.seeds[lesson])
        lessons[lesson] = _lesson(marks, handed_in, said)
        cpu, memory = cpu + marks.cpu, max(memory, marks.memory)
    reason = _reason(unit, reasons)
    return _record(unit, "graded" if lessons else "unreadable", reason, lessons), cpu, memory


def _chosen(unit: Unit, lesson: str) -> tuple[Handed | None, str]:
    """The file that counts for a lesson, and a remark; or none, and why."""
    files = [file for file in unit.files if file.lesson == lesson]
    if not files and len(unit.lessons) == 1:  # whatever it says it is
        files = list(unit.files)
    if not files:
        return None, "not handed in"
    different = {digest(file.content, file.refused): file for file in reversed(files)}
    if len(different) == 1:
        return files[0], ""
    newest = max(files, key=lambda file: file.order)
    if newest.order >= 0 and sum(file.order == newest.order for file in files) == 1:
        return newest, f"{len(files)} files were handed in: the newest counts, {newest.name}."
    names = ", ".join(sorted(file.name for file in files)[:5])
    return None, f"{len(files)} different files, and nothing says which one counts: {names}"


def _read(file: Handed, lesson: str, learner: str) -> Submission | Unreadable:
    return Unreadable(learner, file.refused) if file.refused else read(
        file.content, lesson, learner
    )  # fmt: skip


def _reason(unit: Unit, reasons: dict[str, str]) -> str:
    """Why some of the lessons are not graded, in one line."""
    said = [f"lesson {lesson}: {why}" for lesson, why in reasons.items()]
    if len(unit.lessons) == 1:
        return next(iter(reasons.values()), "")
    for file in unit.files:
        if not file.lesson:
            bad = _read(file, unit.lessons[0], "")
            why = bad.reason if isinstance(bad, Unreadable) else "its lesson cannot be told"
            said.append(f"{file.name}: {why}")
        elif file.lesson not in unit.lessons:
            said.append(f"{file.name}: lesson {file.lesson} was not asked for")
    return "; ".join(said)


def known_lessons() -> list[str]:
    """All lessons that have exercises."""
    return sorted({exercise.lesson for exercise in exercises().values()})


def _lesson(marks: Marks, handed_in: Submission, said: str) -> dict:
    return {
        "points": marks.points,
        "max_points": marks.max_points,
        "level": marks.level,
        "exercises": [result.as_dict() for result in marks.results],
        "problems": [*([said] if said else []), *marks.problems],
        "cells": [
            {"label": cell.label, "output": _steady(cell.output), "error": _steady(cell.error)}
            for cell in marks.cells
        ],
        "sources": {name: cell.source for cell in handed_in.cells for name in cell.answers},
    }


def _steady(text: str) -> str:
    """A text without the addresses that change from run to run."""
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", text)


def _record(unit: Unit, status: str, reason: str, lessons: dict[str, dict]) -> dict:
    set_points = {
        lesson: sum(exercise.points for exercise in exercises(lesson).values())
        for lesson in unit.lessons
    }
    sources = {lesson: judged.pop("sources") for lesson, judged in lessons.items()}
    return {
        "version": records.VERSION,
        "learner": unit.learner,
        "file": ", ".join(file.name for file in unit.files[:10]),
        "status": status,
        "reason": reason,
        "lessons": lessons,
        "points": sum(judged["points"] for judged in lessons.values()),
        "max_points": sum(set_points.values()),
        "sources": sources,
        "key": unit.key,
    }


# --- the process ---------------------------------------------------------------------------


class Desk:
    """Where units are graded one after another, with a warm parent that is replaced when it fails.

    A warm parent ends with the thread that started it: a desk stays in one thread.
    """

    def __init__(self):
        self.warm: Warm | None = None

    def reply(self, unit: Unit) -> dict:
        """A record, or the fault that kept it from being made; with what it cost."""
        if unit.grader != grader_version():
            return {"fault": "this process has another version of the course"}
        try:
            if not unit.files:
                return {"record": missing(unit), "cpu": 0.0, "memory": 0}
            return self._judged(unit)
        except Exception as error:  # ours to answer for: never a zero, and never the batch's end
            self.close()
            full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
            return {"fault": f"{type(error).__name__}: {error}"[:500], "full": full}

    def _judged(self, unit: Unit) -> dict:
        for left in reversed(range(ATTEMPTS)):
            try:
                if self.warm is None or self.warm.level != unit.level:
                    self.close()
                    self.warm = Warm(unit.level)
                record, cpu, memory = judge(unit, self.warm)
                break
            except GraderFault:
                self.close()
                if not left:
                    raise
        return {"record": record, "cpu": cpu, "memory": memory}

    def close(self) -> None:
        """End the warm parent."""
        warm, self.warm = self.warm, None
        if warm:
            with contextlib.suppress(OSError):
                warm.close()


def serve(descriptor: str) -> None:
    """Grade what comes over a socket until it is closed. Ends with whoever started it."""
    sandbox.die_with_parent()
    desk = Desk()
    with Connection(int(descriptor)) as grader, contextlib.suppress(EOFError, ConnectionError):
        try:
            grader.send(READY)
            while True:
                grader.send(desk.reply(grader.recv()))
        finally:
            desk.close()
