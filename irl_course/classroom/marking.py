"""Judging one submission: a learner's cells in a worker, the checks here.

Checks and answers are interleaved: an exercise is judged as soon as its answer cell has run, so
that no later cell can spoil it. An exercise that is not right is then replaced in the worker by
the course's function, as the notebook does, so that one slip costs one exercise.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from irl_course.checks import Result, grade
from irl_course.checks.core import Exercise
from irl_course.checks.guard import AnswerFailed, TimeUp
from irl_course.checks.report import PartResult
from irl_course.classroom import inside
from irl_course.classroom.submission import Cell, Submission, material
from irl_course.classroom.wire import printable
from irl_course.classroom.worker import WALL, Ended, GraderFault, OutOfTime, Warm, Worker

CALL_SECONDS = 10.0  # CPU seconds of all calls of one exercise
CELL_SECONDS = 10.0  # and of one cell
ALL_SECONDS = 90.0  # and of the whole submission, with all that is run again after a death
_NO_ALARM = 86_400.0  # the checks' own alarm, which goes by the clock, is not wanted here
_OWN = "It calls the course's own {name}: write this one yourself."
_TIME_UP = f"It was still running after {CALL_SECONDS:.0f} seconds."
_WHICH_LOOP = "Which loop never ends, and why?"


@dataclass(frozen=True)
class CellReport:
    """What became of one of the learner's cells."""

    label: str
    output: str = ""
    error: str = ""  # with its traceback


@dataclass(frozen=True)
class Marks:
    """One submission, judged."""

    learner: str
    lesson: str
    results: tuple[Result, ...]
    cells: tuple[CellReport, ...]
    problems: tuple[str, ...]
    level: str
    cpu: float  # seconds used by the learner's code
    memory: int  # kilobytes, at most

    @property
    def points(self) -> int:
        """Points earned."""
        return sum(result.points for result in self.results)

    @property
    def max_points(self) -> int:
        """Points to be had."""
        return sum(result.max_points for result in self.results)


def mark(submission: Submission, warm: Warm, seed: int) -> Marks:
    """Judge a submission.

    Args:
        submission: the learner's cells.
        warm: where workers come from.
        seed: which problems are drawn. Never sent to a worker.

    Raises:
        GraderFault: the machinery failed; nothing is known about the submission.
    """
    marking = _Marking(submission, warm, seed)
    try:
        marking.go()
    finally:
        marking.close()
    return Marks(
        submission.learner, submission.lesson,
        tuple(marking.results[name] for name in marking.exercises),
        tuple(marking.reports[cell] for cell in submission.cells if cell in marking.reports),
        submission.problems, warm.level, round(marking.cpu, 2), marking.memory,
    )  # fmt: skip


class _Marking:
    """One submission on its way through as many workers as it wears out."""

    def __init__(self, submission: Submission, warm: Warm, seed: int):
        self.cells, self.warm, self.seed = submission.cells, warm, seed
        self.material = material(submission.lesson)
        self.exercises: dict[str, Exercise] = dict(self.material.exercises)
        self.results: dict[str, Result] = {}
        self.reports: dict[Cell, CellReport] = {}
        self.replaced: dict[str, bool] = {}  # by the course's; whether the learner's can be called
        self.listed: list[str] = []  # right, but with lists for arrays
        self.deadly: set[Cell] = set()  # cells that end their process: never run again
        self.judged = False  # hidden problems have been seen: output may tell of them
        self.started = time.monotonic()
        self.cpu, self.memory = 0.0, 0
        self.worker: Worker | None = None

    def go(self) -> None:
        """Run the cells in order; judge each exercise after its answer."""
        answered = {name for cell in self.cells for name in cell.answers}
        for name, exercise in self.exercises.items():
            if name not in answered:
                self._settle(name, _no_points(exercise, "not attempted"), usable=False)
        for index, cell in enumerate(self.cells):
            self._run(index)
            for name in cell.answers:
                self._judge(name, index)

    def close(self) -> None:
        """End the worker, and add up what it used."""
        if self.worker:
            cpu, memory = self.worker.close()
            self.cpu += cpu
            self.memory = max(self.memory, memory)
            self.worker = None

    # --- cells ---

    def _run(self, index: int) -> None:
        """Run a cell; one that ends its process, also a fresh one, costs itself alone."""
        cell = self.cells[index]
        try:
            reply = self._twice(lambda: self._ready(index).ask("run", **_as_sent(cell)))
        except Ended as why:
            self.deadly.add(cell)
            self.reports[cell] = CellReport(cell.label, error=f"It did not run to its end: {why}.")
            return
        output = "" if self.judged else _text(reply, "output")
        error = _text(reply, "text") if reply.get("error") else ""
        self.reports[cell] = CellReport(cell.label, output, error)

    def _twice(self, attempt: Callable[[], Any]) -> Any:
        """Try again in a fresh worker: the first may have died of what an earlier cell left."""
        try:
            return attempt()
        except OutOfTime:
            self.close()
            raise
        except Ended:
            self.close()
        try:
            return attempt()
        except Ended:
            self.close()
            raise

    def _ready(self, count: int) -> Worker:
        """A worker in which the first so many cells have run, with the course's functions in it.

        Raises:
            OutOfTime: the whole submission has used up its seconds.
        """
        slept = time.monotonic() - self.started > WALL * ALL_SECONDS
        if slept or (self.worker is None and self.cpu > ALL_SECONDS):
            raise OutOfTime(f"the whole notebook has used up its {ALL_SECONDS:g} seconds")
        while self.worker is None:
            self._start(count)
        for name in self.replaced:
            self.worker.ask("stand_in", name=name)
        return self.worker

    def _tell(self, do: str, names: Iterable[str]) -> None:
        """Ask for something that has no result; a worker that dies of it is replaced later."""
        try:
            for name in names:
                if self.worker:
                    self.worker.ask(do, name=name)
        except Ended:
            self.close()

    def _start(self, count: int) -> None:
        """Start a worker and run cells again; none is left if a cell ends it this time."""
        self.worker = self.warm.worker()
        try:
            lesson = _as_sent(Cell(self.material.prelude, "the lesson"))
            failed = _text(self.worker.ask("run", **lesson), "text")
        except Ended as why:
            failed = str(why)
        if failed:
            raise GraderFault(f"the lesson's own definitions fail: {failed}")
        for cell in self.cells[:count]:
            if cell in self.deadly:
                continue
            try:
                self.worker.ask("run", **_as_sent(cell))
            except Ended:
                self.deadly.add(cell)
                self.close()
                return
        self._tell("as_arrays", self.listed)

    # --- exercises ---

    def _judge(self, name: str, index: int) -> None:
        """Settle an exercise, with the course's versions of earlier ones, or else with their own.

        The learner's own may be wrong in a way that the answer makes up for.
        """
        exercise, cell = self.exercises[name], self.cells[index]
        if calls_the_courses(name, [self.material.prelude, *(c.source for c in self.cells)]):
            self._settle(name, _no_points(exercise, "not right yet", _OWN.format(name=name)))
            return
        result, ended = self._graded(exercise, cell, index)
        if ended and not isinstance(ended, OutOfTime):  # of what an earlier answer left, perhaps
            result, ended = self._graded(exercise, cell, index)
        again = [other for other, usable in self.replaced.items() if usable]
        if result.outcome == "not right yet" and again and not ended:
            self._tell("give_back", again)
            second, _ = self._graded(exercise, cell, index, stand_in=False)
            result = second if second.points > result.points else result
        self._settle(name, result, usable=not ended)

    def _graded(
        self, exercise: Exercise, cell: Cell, index: int, stand_in: bool = True
    ) -> tuple[Result, Ended | None]:
        """The checks' verdict, and how the process ended, if it did."""
        try:
            worker = self._ready(index + 1) if stand_in or not self.worker else self.worker
            kind = worker.ask("look", name=exercise.name).get("kind")
        except Ended as why:
            self.close()
            return self._unrun(exercise, cell, f"It could not be called: {why}."), why
        if kind != "callable" or cell in self.deadly:
            return self._no_function(exercise, cell, kind), None
        proxy = Proxy(exercise.name, worker)
        self.judged = True
        result = _grade(exercise, proxy, self.seed)
        if proxy.ended:
            self.close()
        return result, proxy.ended

    def _no_function(self, exercise: Exercise, cell: Cell, kind: Any) -> Result:
        if self.reports[cell].error:
            return self._unrun(exercise, cell, "Its cell did not run to its end.")
        said = f"{exercise.name} is not a function, but {str(kind)[:60]}."
        if kind == "absent":
            said = f"Its cell does not define {exercise.name}."
        return _no_points(exercise, "not right yet", said)

    def _unrun(self, exercise: Exercise, cell: Cell, said: str) -> Result:
        error = self.reports[cell].error
        return _no_points(exercise, "not right yet", said, traceback=error)

    def _settle(self, name: str, result: Result, usable: bool = True) -> None:
        self.results[name] = result
        if result.outcome != "correct":
            self.replaced[name] = usable and result.outcome == "not right yet"
        elif result.listed:
            self.listed.append(name)
            self._tell("as_arrays", [name])


class Proxy:
    """A learner's function as the checks call it: here it is data that goes and comes."""

    def __init__(self, name: str, worker: Worker):
        self.name, self.worker = name, worker
        self.left = CALL_SECONDS
        self.ended: Ended | None = None
        self.fault: GraderFault | None = None
        self.own = False  # it called the course's own implementation

    def __call__(self, *args: Any) -> Any:
        """Call it.

        Raises:
            NotImplementedError: the exercise is untouched.
            TimeUp: its seconds are used up.
            AnswerFailed: it raised, or its process is gone.
        """
        if self.ended:
            raise AnswerFailed("Ended", f"its process is gone: {self.ended}")
        try:
            reply = self.worker.ask("call", max(self.left, 0.5), name=self.name, args=list(args))
        except OutOfTime as why:
            self.ended = why
            raise TimeUp from None
        except Ended as why:
            self.ended = why
            raise AnswerFailed("Ended", str(why)) from None
        except GraderFault as fault:  # told apart by whoever called the checks
            self.fault = fault
            raise AnswerFailed("GraderFault", str(fault)) from None
        self.left -= self.worker.spent
        return self._value(reply, args)

    def _value(self, reply: dict, args: tuple) -> Any:
        if reply.get("own") is True:
            self.own = True
        if "raised" in reply:
            if reply.get("untouched") is True:
                raise NotImplementedError
            raise AnswerFailed(_text(reply, "raised")[:60] or "Error", _text(reply, "text"))
        if type(reply.get("args")) is list:
            for given, changed in zip(args, reply["args"], strict=False):
                _write_back(given, changed)
        return reply.get("value")


def _write_back(given: Any, changed: Any) -> None:
    """Make a change that the learner's function made to an argument visible to the checks."""
    if type(given) is not type(changed):
        return
    if isinstance(given, np.ndarray):
        if given.shape == changed.shape and given.flags.writeable:
            np.copyto(given, changed, casting="unsafe")
    elif isinstance(given, list):
        given[:] = changed
    elif isinstance(given, tuple):
        for old, new in zip(given, changed, strict=False):
            _write_back(old, new)
    elif dataclasses.is_dataclass(given):
        for field in dataclasses.fields(given):
            object.__setattr__(given, field.name, getattr(changed, field.name))


def _grade(exercise: Exercise, proxy: Proxy, seed: int) -> Result:
    """The checks' verdict; what is ours to answer for becomes a `GraderFault`."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = grade(exercise.name, proxy, seed, _NO_ALARM)
    except Exception as error:
        raise GraderFault(f"the check of {exercise.name} failed: {error!r}") from error
    if proxy.fault:
        raise proxy.fault
    if proxy.own:
        return _no_points(exercise, "not right yet", _OWN.format(name=exercise.name))
    if isinstance(proxy.ended, OutOfTime):
        return dataclasses.replace(result, violation=f"{_TIME_UP} {_WHICH_LOOP}")
    if proxy.ended:
        return dataclasses.replace(result, violation=f"When called, {proxy.ended}.", traceback="")
    return result


def _no_points(exercise: Exercise, outcome: str, said: str = "", traceback: str = "") -> Result:
    parts = tuple(PartResult(part.title, 0, part.points) for part in exercise.parts)
    return Result(exercise.name, exercise.title, outcome, parts, said, traceback=traceback)


def _as_sent(cell: Cell) -> dict:
    return {"cpu": CELL_SECONDS, "source": cell.source, "label": cell.label}


def _text(reply: dict, key: str) -> str:
    """A text of a worker's reply, whatever it sent in its place."""
    value = reply.get(key)
    return printable(value, inside.OUTPUT) if isinstance(value, str) else ""


# --- whose implementation is it? -----------------------------------------------------------


def calls_the_courses(name: str, sources: Iterable[str]) -> bool:
    """Whether a function of that name, as the sources write it, calls the package's own.

    The worker refuses such calls, too; this sees also those that an answer would hide from it.
    """
    sources = list(sources)
    if not any(re.search(rf"\.\s*{name}\b|\b{name}\s+as\b", source) for source in sources):
        return False  # the usual case, at little cost
    trees = [tree for tree in map(_tree, sources) if tree]
    modules, functions = set(), set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            modules |= {(a.asname or a.name).split(".")[0] for a in node.names if _ours(a.name)}
        elif isinstance(node, ast.ImportFrom) and _ours(node.module or ""):
            modules |= {a.asname or a.name for a in node.names}
            functions |= {a.asname or a.name for a in node.names if a.name == name}
    bodies = [
        node for tree in trees for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]  # fmt: skip
    functions.discard(name)  # inside of it, its own name is itself
    return any(
        (isinstance(node, ast.Name) and node.id in functions)
        or (isinstance(node, ast.Attribute) and node.attr == name and _root(node) in modules)
        for body in bodies
        for node in ast.walk(body)
    )


@functools.lru_cache(64)
def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _ours(module: str) -> bool:
    return module.split(".")[0] == "irl_course"


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
