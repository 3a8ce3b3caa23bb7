"""Grading all that a class handed in: what a teacher starts, stops and starts again.

Each learner's work is one unit and becomes one record (see `records`), which is written as soon as
it is known. A batch that is killed goes on where it was, and gives the same bytes.

**Which problems a learner is asked.** A lesson's problems are drawn once for a batch, from a secret
and from the batch itself: the seed is HMAC(secret, lesson, digest of every file handed in). So
all are asked the same, and each process works out problems, the course's answers to them and what
every known mistake would answer once, not once a submission. Nobody can have written an answer
with knowledge of these problems: any other set of files has other ones, and workers are
fresh and mute, so that nothing passes from one submission to another. What comes in after the draw
(more files for a `--resume`, when feedback may be out) is asked problems of its own:
HMAC(secret, lesson, learner, content). So is everything at the sandbox level "limits", where
learner code could leave notes for the next one.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from irl_course.classroom import handin, reports, rows, sandbox, unit
from irl_course.classroom.crew import Cluster, Local, Stopped, jobs_here
from irl_course.classroom.handin import HandIn
from irl_course.classroom.records import VERSION, Folder, InUse, stem
from irl_course.classroom.unit import Handed, Unit

SECRET_BYTES = 32
MOST_BYTES = 150 << 20  # of one learner's files together
ENOUGH_FAULTS = 20  # one after another: it is the machine, not the submissions
TOLD = 20  # of a kind listed on the screen
ABOUT, FAULTS = "batch.json", "faults.json"


class Usage(Exception):
    """What was asked for makes no sense: why, in a sentence."""


@dataclass
class Outcome:
    """What became of a batch."""

    total: int = 0
    graded: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)  # learner, reason
    missing: list[str] = field(default_factory=list)
    in_part: list[tuple[str, str]] = field(default_factory=list)  # graded, but not every lesson
    faults: list[dict] = field(default_factory=list)
    before: int = 0  # recorded by an earlier run
    superseded: list[str] = field(default_factory=list)  # records of files that are not there now
    lessons: tuple[str, ...] = ()
    level: str = ""
    stopped: str = ""  # why it did not come to its end
    cpu: float = 0.0  # seconds used by learners' code in this run
    memory: int = 0  # kilobytes, the most that a worker used

    @property
    def complete(self) -> bool:
        """Whether every learner has a record: graded, unreadable with a reason, or missing."""
        done = self.graded + len(self.unreadable) + len(self.missing)
        return not self.stopped and not self.faults and done == self.total

    @property
    def exit_code(self) -> int:
        """0 if complete, else 1."""
        return 0 if self.complete else 1

    def count(self, record: dict) -> None:
        """Take in one record."""
        if record["status"] == "graded":
            self.graded += 1
            if record["reason"]:
                self.in_part.append((record["learner"], record["reason"]))
        elif record["status"] == "missing":
            self.missing.append(record["learner"])
        else:
            self.unreadable.append((record["learner"], record["reason"]))


def grade(
    submissions: Path,
    out: Path,
    *,
    lessons: Sequence[str] | None = None,
    roster: Path | None = None,
    title: str = "",
    seed_file: Path | None = None,
    jobs: int | None = None,
    resume: bool = False,
    scheduler: str | None = None,
    level: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Outcome:
    """Grade everything that was handed in, and write the reports.

    Args:
        submissions: a folder, a zip, or a download from Canvas or Moodle.
        out: the folder for records and reports.
        lessons: the lessons that were set, such as "03"; those that are found if not given.
        roster: a CSV file of the class.
        title: what the reports' pages are headed with.
        seed_file: the secret that hidden problems are drawn from; made if it is not there. Beside
            `out`, with the ending `.seed`, if not given.
        jobs: processes; one for each processor if not given.
        resume: go on with what an earlier run left in `out`.
        scheduler: a Dask scheduler's address, to grade on its workers.
        level: of the sandbox; the best one of this machine if not given.
        progress: told what is going on ("reading", "grading"), how many are done, of how many.

    Raises:
        Usage: something that was asked for makes no sense. Nothing was graded.
    """
    submissions, out = Path(submissions), Path(out)
    progress = progress or (lambda what, done, total: None)
    outcome = Outcome()
    try:
        _check_places(submissions, out)
        people = _people(roster)
        found = handin.collect(submissions, people)
        with Folder(out) as folder:
            if folder.has_records() and not resume:
                raise Usage(
                    f"{out} holds grades already. To go on with them add --resume; to start anew "
                    "name another folder."
                )
            secret = _secret(seed_file or out.with_name(out.name + ".seed"), folder)
            outcome.level = level or sandbox.best()
            plan = _Plan(found, lessons, secret, outcome.level, folder, progress)
            outcome.lessons = plan.lessons
            outcome.superseded = folder.set_aside(plan.names.values())
            try:
                crew = Cluster(scheduler) if scheduler else Local(jobs or jobs_here())
                _grade(plan, crew, outcome, progress)
            finally:
                _write_faults(folder, outcome)
            reports.write_reports(out, title, people or None)
    except (handin.NothingThere, InUse) as reason:
        raise Usage(str(reason)) from None
    except Stopped as reason:
        outcome.stopped = str(reason)
    except OSError as error:
        what = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        outcome.stopped = f"The disk is full ({what}). Make room." if full else f"{what}."
    return outcome


def _check_places(submissions: Path, out: Path) -> None:
    here, there = submissions.resolve(), out.resolve()
    if there == here or here in there.parents or there in here.parents:
        raise Usage(f"{out} and {submissions} must not lie one in the other.")
    if out.exists() and not out.is_dir():
        raise Usage(f"{out} is not a folder.")
    if not hasattr(os, "fork"):
        raise Usage("Learner code cannot be run safely on this system; grade on Linux.")


def _people(roster: Path | None) -> list[rows.Person]:
    if roster is None:
        return []
    try:
        people = rows.read_roster(roster)
    except (OSError, ValueError) as error:
        raise Usage(f"The roster cannot be read: {error}") from None
    if not people:
        raise Usage(f"There is nobody in the roster {roster}.")
    return people


# --- the secret ----------------------------------------------------------------------------


def _secret(path: Path, folder: Folder) -> bytes:
    """The secret of a seed file, which is made if it is not there."""
    path = Path(path)
    if folder.path.resolve() in path.resolve().parents:
        raise Usage(f"The seed file must not lie in {folder.path}, which is for others to see.")
    if not path.exists():
        if folder.has_records():
            raise Usage(
                f"The seed file {path} is gone: without it this batch cannot go on. Name another "
                "folder to start anew."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise Usage(f"The seed file {path} is too short: {SECRET_BYTES} random bytes are needed.")
    return secret


def seed(secret: bytes, *words: str) -> int:
    """A seed that only the secret's owner can work out."""
    said = json.dumps(words).encode()
    return int.from_bytes(hmac.digest(secret, said, "sha256")[:16], "big")


# --- what to tell -------------------------------------------------------------------------


def summary(outcome: Outcome, out: Path) -> str:
    """What became of a batch, for the teacher."""
    lines = [
        f"Sandbox: {outcome.level or 'none'}. Lessons: {', '.join(outcome.lessons) or 'none'}."
    ]
    if outcome.level == "limits":
        lines.append("Its walls are low: learner code could read what you can read.")
    lines += _some("unreadable", outcome.unreadable)
    lines += _some("graded in part", outcome.in_part)
    lines += _some("not graded", [(f["learner"], f["reason"]) for f in outcome.faults])
    if outcome.superseded:
        lines.append(f"  moved to superseded/: {len(outcome.superseded)} that are not there now")
    counts = {
        "graded": outcome.graded, "unreadable": len(outcome.unreadable),
        "missing": len(outcome.missing), "not graded by a fault of ours": len(outcome.faults),
    }  # fmt: skip
    told = ", ".join(f"{n:,} {what}" for what, n in counts.items() if n or what == "graded")
    lines.append(f"{outcome.total:,} learners: {told}.")
    if outcome.stopped:
        lines.append(f"Stopped: {outcome.stopped}")
    if (out / "class.html").exists():
        lines.append(f"Open {out / 'class.html'} first: it leads to the page of each learner.")
    if not outcome.complete:
        lines.append("Type the same command with --resume to go on.")
    return "\n".join(lines)


def _some(what: str, told: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each of the first, and one for how many more there are."""
    lines = [f"  {what}: {who}: {why}" for who, why in told[:TOLD]]
    return lines + [f"  {what}: {len(told) - TOLD:,} more"] * (len(told) > TOLD)


# --- the plan ------------------------------------------------------------------------------


def _sha(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class _Plan:
    """Who is to be graded in which lessons, on which problems, and what is done already."""

    def __init__(
        self, found: list[HandIn], lessons: Sequence[str] | None, secret: bytes, level: str,
        folder: Folder, progress: Callable[[str, int, int], None],
    ):  # fmt: skip
        self.found, self.secret, self.level, self.folder = found, secret, level, folder
        self.names = _names(found)
        self.stamps: dict[str, list[tuple[str, str]]] = {}  # by learner: digest, lesson of each
        for done, who in enumerate(found, 1):
            self.stamps[who.learner] = [
                _stamp(file.name, *content)
                for file, content in zip(who.files, _contents(who), strict=True)
            ]
            progress("reading", done, len(found))
        self.lessons = self._lessons(lessons)
        about = folder.load(ABOUT)
        if not isinstance(about.get("members"), list) or "draw" not in about:
            members = sorted(self._member(learner) for learner in self.stamps)
            about = {"version": VERSION, "draw": _sha([self.lessons, members]), "members": members}
            folder.store(ABOUT, about)
        self.draw, self.members = about["draw"], frozenset(about["members"])

    def _lessons(self, asked: Sequence[str] | None) -> tuple[str, ...]:
        known = unit.known_lessons()
        wrong = [lesson for lesson in asked or () if lesson not in known]
        if wrong:
            raise Usage(f"There is no lesson {wrong[0]}; there are {', '.join(known)}.")
        told = asked or {lesson for stamps in self.stamps.values() for _, lesson in stamps}
        lessons = tuple(sorted(set(told) - {""}))
        if not lessons:
            raise Usage("No file says which lesson it is. Say it: --lessons 03")
        return lessons

    def _member(self, learner: str, stamps: list[tuple[str, str]] | None = None) -> str:
        return _sha([learner, sorted(self.stamps[learner] if stamps is None else stamps)])

    def units(self, outcome: Outcome) -> Iterator[Unit]:
        """What is still to be done; what is recorded already is counted."""
        for who in self.found:
            task = self._unit(who, [(b"", "")] * len(who.files), self.stamps[who.learner])
            recorded = self.folder.read(task.name)
            if recorded.get("key") == task.key:
                outcome.before += 1
                outcome.count(recorded)
                continue
            contents = list(_contents(who))
            stamps = [_stamp(f.name, *c) for f, c in zip(who.files, contents, strict=True)]
            yield self._unit(who, contents, stamps)

    def _unit(
        self, who: HandIn, contents: list[tuple[bytes, str]], stamps: list[tuple[str, str]]
    ) -> Unit:  # fmt: skip
        member = self._member(who.learner, stamps)
        shared = member in self.members and self.level != "limits"
        drawn = [self.draw] if shared else [self.draw, member]
        files = tuple(
            Handed(file.name, lesson, content, why, file.order)
            for file, (content, why), (_, lesson) in zip(who.files, contents, stamps, strict=True)
        )
        seeds = {lesson: seed(self.secret, "problems", lesson, *drawn) for lesson in self.lessons}
        said = [
            unit.grader_version(), who.learner, [file.name for file in files], stamps, self.lessons,
            seed(self.secret, "name of the draw", *drawn),
        ]  # fmt: skip
        return Unit(
            who.learner, self.names[who.learner], files, self.lessons, seeds, self.level,
            _sha(said), unit.grader_version(),
        )  # fmt: skip


def _contents(who: HandIn) -> Iterator[tuple[bytes, str]]:
    """Somebody's files, as `File.read` gives them; a zip can hold more than any memory does."""
    room = MOST_BYTES
    for file in who.files:
        content, why = file.read() if room > 0 else (b"", "too much was handed in before it")
        room -= len(content)
        yield content, why


def _stamp(name: str, content: bytes, refused: str) -> tuple[str, str]:
    return handin.digest(content, refused), handin.lesson_of(name, content)


def _names(found: Iterable[HandIn]) -> dict[str, str]:
    """The name of each learner's record."""
    names = {who.learner: stem(who.learner) for who in found}
    if len(set(names.values())) < len(names):
        raise Usage("Two learners' names cannot be told apart as file names.")
    return names


# --- the work ------------------------------------------------------------------------------


def _grade(
    plan: _Plan, crew: Local | Cluster, outcome: Outcome,
    progress: Callable[[str, int, int], None],
) -> None:  # fmt: skip
    """Record each unit as soon as its reply is there."""
    outcome.total = len(plan.found)
    progress("grading", 0, outcome.total)
    in_a_row = 0
    for task, reply in crew.run(plan.units(outcome)):
        if "record" in reply:
            plan.folder.write(task.name, reply["record"])
            outcome.count(reply["record"])
            outcome.cpu += reply["cpu"]
            outcome.memory = max(outcome.memory, reply["memory"])
            in_a_row = 0
        else:
            files = ", ".join(file.name for file in task.files)
            fault = {"learner": task.learner, "file": files, "reason": reply["fault"]}
            outcome.faults.append(fault)
            in_a_row += 1
            if reply.get("full") or in_a_row >= ENOUGH_FAULTS:
                raise Stopped(f"The grader itself does not work here: {reply['fault']}.")
        done = outcome.graded + len(outcome.unreadable) + len(outcome.missing)
        progress("grading", done + len(outcome.faults), outcome.total)
    for told in (outcome.unreadable, outcome.missing, outcome.in_part):
        told.sort()


def _write_faults(folder: Folder, outcome: Outcome) -> None:
    faults = sorted(outcome.faults, key=lambda fault: fault["learner"])
    if faults:
        folder.store(FAULTS, {"version": VERSION, "faults": faults})
    else:
        folder.remove(FAULTS)
