"""The check core: what an exercise is, and how an answer to it is judged.

An exercise is a function of data. `grade` draws problems from a seed, asks the answer each of
them, reads what comes back, and holds every part's law against it. The answer may be any
callable: a learner's function in the notebook, or a proxy that asks another process.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import time
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import ModuleType
from typing import Any

import numpy as np

from irl_course.checks import guard
from irl_course.checks.forms import Readings, WrongForm, difference
from irl_course.checks.report import PartResult, Result

SECONDS = 10.0  # for all problems of one check; a right answer takes milliseconds


@dataclass(frozen=True, eq=False)
class Problem:
    """One question put to an answer: a label for people, and the arguments of the call."""

    label: str
    args: tuple


@dataclass(frozen=True, eq=False)
class Case:
    """A problem with what the answer and the reference made of it, as a law sees it."""

    problem: Problem
    out: Any
    expected: Any

    @property
    def args(self) -> tuple:
        """What the answer was called with."""
        return self.problem.args


@dataclass(frozen=True, eq=False)
class Part:
    """Points for one property: `law(case)` is None where it holds, else what fails, in words."""

    title: str
    points: int
    law: Callable[[Case], str | None]


@dataclass(frozen=True, eq=False)
class Misconception:
    """A mistake learners really make, as a small wrong implementation, and the hint it deserves."""

    key: str
    wrong: Callable
    hint: str


@dataclass(frozen=True, eq=False)
class Exercise:
    """One function of the syllabus, and all it takes to judge an answer to it.

    `problems(rng)` lists problems from the smallest to the hardest; `form` reads an answer;
    `hints` is a ladder of three, in Markdown, from a nudge to nearly the answer.
    """

    name: str
    title: str
    reference: Callable
    form: Any
    problems: Callable[[np.random.Generator], list[Problem]]
    parts: tuple[Part, ...]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str, str]
    endless: str = ""  # what to think of when an answer never returns
    # And when it raises: by the error's name, or by "Name: words of its message".
    errors: Mapping[str, str] = field(default_factory=dict)
    lesson: str = ""

    @property
    def points(self) -> int:
        """All its parts' points."""
        return sum(part.points for part in self.parts)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's arguments, in the syllabus's order."""
        return tuple(inspect.signature(self.reference).parameters)

    def draw(self, seed: int) -> list[Problem]:
        """The problems of one seed; the exercise's name keeps two exercises' draws apart."""
        return self.problems(np.random.default_rng([seed, zlib.crc32(self.name.encode())]))

    def expected(self, problem: Problem) -> Any:
        """What the reference answers, read like a learner's answer."""
        value = quietly(self.reference, guard.copy.deepcopy(problem.args))
        return self.form.read(value, value)


def matches(name: str, index: int | None = None, tol: float | None = None) -> Callable:
    """The law that result `index` (or the only one) agrees with the reference's."""

    def law(case: Case) -> str | None:
        out, expected = case.out, case.expected
        if index is not None:
            out, expected = out[index], expected[index]
        return difference(name, out, expected, **({} if tol is None else {"tol": tol}))

    return law


def quietly(function: Callable, args: tuple) -> Any:
    """Call code of the course's own without its numerical warnings."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


# --- the register --------------------------------------------------------------------------


def lesson_modules() -> dict[str, ModuleType]:
    """The modules `lesson_NN` by their lessons' numbers, in the course's order."""
    package = importlib.import_module("irl_course.checks")
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    return {
        name.removeprefix("lesson_"): importlib.import_module(f"irl_course.checks.{name}")
        for name in names
        if name.startswith("lesson_")
    }


def refuse_twins(kind: str, lessons: Mapping[str, Iterable[Any]]) -> None:
    """Raise a ValueError if one name is taken twice: the later would silently replace the earlier.

    Args:
        kind: what is named, for the message.
        lessons: what has the names, by lesson.
    """
    places: dict[str, str] = {}
    for lesson, named in lessons.items():
        for name in (item.name for item in named):
            if name in places:
                where = f"in lesson {places[name]} and in lesson {lesson}"
                raise ValueError(f"{kind} {name!r} is {where}: a name is unique in the course")
            places[name] = lesson


@functools.cache
def _lessons() -> dict[str, dict[str, Exercise]]:
    """Every lesson's exercises in their order."""
    listed = {lesson: module.EXERCISES for lesson, module in lesson_modules().items()}
    refuse_twins("exercise", listed)
    for lesson, group in listed.items():
        for exercise in group:
            object.__setattr__(exercise, "lesson", lesson)
    return {
        lesson: {exercise.name: exercise for exercise in group} for lesson, group in listed.items()
    }


def exercises(lesson: str | None = None) -> dict[str, Exercise]:
    """Registered exercises by name, of one lesson ("01") or of all, in the course's order."""
    if lesson is not None:
        return dict(_lessons().get(lesson, {}))
    return {name: exercise for group in _lessons().values() for name, exercise in group.items()}


def find(name: str) -> Exercise:
    """The exercise of that name; a KeyError that names near ones otherwise."""
    known = exercises()
    if name not in known:
        near = get_close_matches(name, known, n=2)
        tip = f" Did you mean {' or '.join(near)}?" if near else ""
        raise KeyError(f"The course has no exercise called {name!r}.{tip}")
    return known[name]


# --- judging -------------------------------------------------------------------------------


class Sheet:
    """An exercise's problems of one seed, with what the course makes of them: worked out once.

    Answers are called on copies of the problems, so that one sheet serves any number of them.
    """

    def __init__(self, exercise: Exercise, seed: int):
        self.exercise = exercise
        self.problems = tuple(exercise.draw(seed))
        self._expected: dict[Problem, Any] = {}
        self._wrong: dict[tuple[Misconception, Problem], Reply] = {}

    def expected(self, problem: Problem) -> Any:
        """What the reference answers."""
        if problem not in self._expected:
            self._expected[problem] = self.exercise.expected(problem)
        return self._expected[problem]

    def wrong(self, idea: Misconception, problem: Problem) -> Reply:
        """What somebody with that misconception answers."""
        if (idea, problem) not in self._wrong:
            reply = _wrong_reply(self.exercise, idea, problem, self.expected(problem))
            self._wrong[idea, problem] = reply
        return self._wrong[idea, problem]


@functools.lru_cache(maxsize=32)  # of a few lessons, with one seed each
def sheet(exercise: Exercise, seed: int) -> Sheet:
    """The sheet of an exercise and a seed, from memory if it was asked for lately."""
    return Sheet(exercise, seed)


@dataclass(frozen=True, eq=False)
class Reply:
    """What became of one problem: a reading, or the reason why there is none."""

    problem: Problem
    expected: Any
    out: Any = None
    refused: str = ""  # the answer's form is wrong: why
    raised: guard.AnswerFailed | None = None
    changed: str | None = None  # the argument it changed in place
    listed: bool = False  # it gave lists where arrays were meant


def grade(name: str, answer: Callable, seed: int = 0, seconds: float = SECONDS) -> Result:
    """Judge an answer to an exercise.

    Args:
        name: the exercise, by its function's name.
        answer: the learner's function.
        seed: which problems are drawn; the notebook uses 0, a grader one of its own.
        seconds: wall time for all problems together.

    Returns:
        The result: outcome, points of max_points, the misconception's key or None, a message.

    Raises:
        KeyError: there is no such exercise.
    """
    exercise = find(name)
    if not callable(answer):
        return _refusal(exercise, f"{name} is not a function, but {type(answer).__name__}.")
    deadline = time.monotonic() + seconds
    drawn = sheet(exercise, seed)
    replies: list[Reply] = []
    for problem in drawn.problems:
        try:
            replies.append(_ask(drawn, answer, problem, deadline - time.monotonic()))
        except NotImplementedError:
            if not replies:
                return _untouched(exercise)
            replies.append(_unfinished(drawn, problem))
        except guard.TimeUp:
            said = (
                f"It was still running after {seconds:.0f} seconds. Which loop never ends, and why?"
            )
            return _refusal(exercise, said, problem, idea=exercise.endless)
    return _judge(drawn, replies)


def _ask(drawn: Sheet, answer: Callable, problem: Problem, seconds: float) -> Reply:
    exercise, expected = drawn.exercise, drawn.expected(problem)
    try:
        value, changed = guard.call(answer, problem.args, seconds, exercise.parameters)
        out = exercise.form.read(value, expected)
        return Reply(problem, expected, out, changed=changed, listed=_listed(exercise, value))
    except guard.AnswerFailed as failure:
        return Reply(problem, expected, raised=failure)
    except WrongForm as reason:
        return Reply(problem, expected, refused=str(reason))


def _listed(exercise: Exercise, value: Any) -> bool:
    try:
        return exercise.form.plain(value) is not value
    except (TypeError, ValueError):  # a result that is no array; reading it has said so
        return False


def as_arrays(exercise: Exercise, answer: Callable) -> Callable:
    """A right answer that gives lists as one that gives arrays, which the lesson goes on with."""

    @functools.wraps(answer)
    def with_arrays(*args: Any, **kwargs: Any) -> Any:
        return exercise.form.plain(answer(*args, **kwargs))

    return with_arrays


def _unfinished(drawn: Sheet, problem: Problem) -> Reply:
    failure = guard.AnswerFailed("NotImplementedError", "NotImplementedError")
    return Reply(problem, drawn.expected(problem), raised=failure)


def _untouched(exercise: Exercise) -> Result:
    parts = tuple(PartResult(part.title, 0, part.points) for part in exercise.parts)
    return Result(exercise.name, exercise.title, "not attempted", parts)


def _refusal(
    exercise: Exercise, said: str, problem: Problem | None = None, idea: str = ""
) -> Result:
    parts = tuple(PartResult(part.title, 0, part.points) for part in exercise.parts)
    shown = problem.label if problem else ""
    return Result(
        exercise.name, exercise.title, "not right yet", parts, said, idea=idea, where=shown,
        misconception="endless" if idea else None,
    )  # fmt: skip


def _judge(drawn: Sheet, replies: list[Reply]) -> Result:
    exercise = drawn.exercise
    broken = [_first_violation(part, replies) for part in exercise.parts]
    parts = [
        PartResult(part.title, 0 if fault else part.points, part.points)
        for part, fault in zip(exercise.parts, broken, strict=True)
    ]
    faults = [fault for fault in broken if fault]
    if not faults:
        return _right(exercise, parts, replies)
    reply, said = min(faults, key=lambda fault: replies.index(fault[0]))
    key, hint = _idea(drawn, replies, reply)
    if reply.raised:
        said = f"{said} {_sizes(exercise, reply.problem)}".strip()
    return Result(
        exercise.name,
        exercise.title,
        "not right yet",
        tuple(parts),
        said,
        misconception=key,
        idea=hint,
        where=reply.problem.label,
        traceback=reply.raised.text if reply.raised else "",
    )


def _right(exercise: Exercise, parts: list[PartResult], replies: list[Reply]) -> Result:
    """Every law holds; an input that was changed on the way costs one point, never more."""
    spoilt = next((reply for reply in replies if reply.changed), None)
    if spoilt is None:
        listed = any(reply.listed for reply in replies)
        return Result(exercise.name, exercise.title, "correct", tuple(parts), listed=listed)
    last = parts.pop()
    title = f"{last.title}, without changing its input"
    parts.append(PartResult(title, last.points - 1, last.max_points))
    said = f"The numbers are right, but your function changed {spoilt.changed} in place: copy it."
    return Result(
        exercise.name,
        exercise.title,
        "not right yet",
        tuple(parts),
        said,
        misconception="mutates",
        where=spoilt.problem.label,
    )


def _sizes(exercise: Exercise, problem: Problem) -> str:
    """The shapes an answer was called with: most exceptions come from a size taken for granted."""
    shapes = []
    for name, arg in zip(exercise.parameters, problem.args, strict=False):
        if hasattr(arg, "initial_dist"):
            shapes.append(f"{name}.P has shape {arg.P.shape}")
        elif isinstance(arg, np.ndarray):
            shapes.append(f"{name} {arg.shape}")
    return f"In this problem {', '.join(shapes)}." if shapes else ""


def _first_violation(part: Part, replies: list[Reply]) -> tuple[Reply, str] | None:
    """The smallest problem on which a part's law fails, and how."""
    for reply in replies:
        said = _violation(part, reply)
        if said:
            return reply, said
    return None


def _violation(part: Part, reply: Reply) -> str | None:
    if reply.raised:
        return f"It raised {reply.raised.kind}."
    if reply.refused:
        return reply.refused
    try:
        return part.law(Case(reply.problem, reply.out, reply.expected))
    except WrongForm as reason:
        return str(reason)


def _idea(drawn: Sheet, replies: list[Reply], first: Reply) -> tuple[str | None, str]:
    """The key and the hint of what went wrong, as far as it is recognised."""
    found = _misconception(drawn, replies)
    if found:
        return found.key, found.hint
    if first.raised and "read-only" in first.raised.text:
        return "mutates", "The world cannot be changed. Work on a copy: `mdp.P.copy()`."
    if first.raised and "Strict inequalities" in first.raised.text:
        return "strict", (
            "cvxpy has no strict inequalities: write `>=` for `>`. Python's `max`, `min` and `abs` "
            "compare, too: use `cp.max`, `cp.pos`, `cp.min` or `cp.abs`."
        )
    return _raised(drawn.exercise, first.raised) if first.raised else (None, "")


def _raised(exercise: Exercise, failure: guard.AnswerFailed) -> tuple[str | None, str]:
    """The hint for an exception: the first whose name fits, and its words, if it has any."""
    for name, hint in exercise.errors.items():
        kind, _, words = name.partition(": ")
        if kind == failure.kind and words in failure.text:
            return kind, hint
    return None, ""


def _misconception(drawn: Sheet, replies: list[Reply]) -> Misconception | None:
    """The registered mistake that explains most of an answer's wrong results, if one does."""
    ideas = drawn.exercise.misconceptions
    scores = [(_explained(drawn, idea, replies), idea) for idea in ideas]
    best, idea = max(scores, key=lambda pair: pair[0], default=(0, None))
    return idea if best else None


def _explained(drawn: Sheet, idea: Misconception, replies: list[Reply]) -> int:
    """How many results a mistake gets wrong, if the answer agrees with it on all of them, else 0.

    Of several results only those count that the mistake gets wrong, so that a slip in one is
    recognised beside a different slip in another.
    """
    exercise = drawn.exercise
    telling: set[int] = set()
    compared = []
    for reply in replies:
        theirs, truth = (
            _results(reply),
            _results(Reply(reply.problem, reply.expected, reply.expected)),
        )
        wrong = _results(drawn.wrong(idea, reply.problem))
        for i in range(len(truth)):
            if not _agree(exercise, i, wrong, truth):
                telling.add(i)
                if not _agree(exercise, i, theirs, wrong):
                    return 0  # most mistakes part with the answer on the first problem
        compared.append((theirs, wrong))
    if _first_wrong(exercise, replies) not in telling:
        return 0  # a policy that only follows from wrong values is no idea of its own
    same = all(_agree(exercise, i, theirs, wrong) for i in telling for theirs, wrong in compared)
    return len(telling) if same else 0


def _first_wrong(exercise: Exercise, replies: list[Reply]) -> int:
    """Which of several results is the first one that is wrong on some problem."""
    wrong = set()
    for reply in replies:
        truth = _results(Reply(reply.problem, reply.expected, reply.expected))
        theirs = _results(reply)
        wrong |= {i for i in range(len(truth)) if not _agree(exercise, i, theirs, truth)}
    return min(wrong, default=0)


def _wrong_reply(
    exercise: Exercise, idea: Misconception, problem: Problem, expected: Any
) -> Reply:  # fmt: skip
    args = guard.copy.deepcopy(problem.args)
    try:
        value = quietly(idea.wrong, args)
        return Reply(problem, expected, exercise.form.read(value, expected))
    except WrongForm as reason:
        return Reply(problem, expected, refused=str(reason))
    except Exception as error:
        failed = guard.AnswerFailed(type(error).__name__, "")
        return Reply(problem, expected, raised=failed)


def _results(reply: Reply) -> tuple:
    """A reply as a tuple of results; an unreadable result is its reason as a text."""
    if reply.raised:
        return (reply.raised.kind,)
    if reply.refused:
        return (reply.refused,)
    if isinstance(reply.out, Readings):
        return tuple(
            str(item) if isinstance(item, WrongForm) else item for item in tuple.__iter__(reply.out)
        )
    return (reply.out,)


def _agree(exercise: Exercise, index: int, a: tuple, b: tuple) -> bool:
    """Whether result `index` is the same in two replies; a failure has one result, its reason."""
    x, y = a[min(index, len(a) - 1)], b[min(index, len(b) - 1)]
    if isinstance(x, str) or isinstance(y, str):
        return isinstance(x, str) and isinstance(y, str) and x == y
    form = getattr(exercise.form, "forms", (exercise.form,))[index]
    return form.same(x, y)
