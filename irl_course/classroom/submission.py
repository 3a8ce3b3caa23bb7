"""Reading what a learner handed in: a notebook in any state, and the learner's own code in it.

Nothing here runs a cell. Whatever the file holds, the outcome is a `Submission` or an
`Unreadable` with one plain sentence; a file is never the end of a batch.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irl_course.checks import exercises
from irl_course.classroom.wire import printable
from irl_course.course_files import course_folder

MAX_BYTES = 100 << 20
MAX_LISTS = 2_000_000  # lists and objects, which take far more memory than their text
MAX_CELLS = 5_000
MAX_SOURCE = 200_000  # characters of one cell
MAX_ALL = 2_000_000  # and of all of them
# no answer needs these; they are for a person to look at, and never judged
_ODD_WORDS = re.compile(
    r"irl_course\.(?:classroom|checks\.\w+)|__code__|__globals__|__subclasses__|__import__"
    r"|sys\._getframe|gc\.get_\w+|inspect\.\w+|importlib\.\w+|FunctionType|ctypes|sys\.modules"
    r"|/proc/|\b(?!self\b|cls\b)\w+\._(?!replace|asdict|fields)[a-z]\w*|(?<![\w.])(?:exec|eval)(?=\()"
)
_DEF = re.compile(r"^[ \t]*def +(\w+)", re.MULTILINE)
_CHECK_LINE = re.compile(r"(\w+) *= *check\(\1\)")


@dataclass(frozen=True)
class Cell:
    """Code that the learner wrote; `answers` names the exercises it is the answer to."""

    source: str
    label: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """A learner's own cells in the notebook's order, and what was odd about the file."""

    learner: str
    lesson: str
    cells: tuple[Cell, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A file that holds no notebook of this lesson: why, in one sentence."""

    learner: str
    reason: str


class _Refused(Exception):
    """Why a file is unreadable."""


def read(source: Path | bytes, lesson: str, learner: str = "") -> Submission | Unreadable:
    """Read one submission.

    Args:
        source: the notebook, or where it lies.
        lesson: the lesson that was set, such as "01".
        learner: who handed it in.
    """
    problems: list[str] = []
    try:
        notebook = _parsed(_content(source), problems)
        found = list(_code_cells(_cells(notebook, problems), problems))
        course = material(lesson)
        _same_lesson(notebook, found, course)
    except _Refused as reason:
        return Unreadable(learner, str(reason))
    cells = _transplanted(found, course, problems)
    return Submission(learner, lesson, cells, tuple(dict.fromkeys(problems)))


# --- the file ------------------------------------------------------------------------------


def _content(source: Path | bytes) -> bytes:
    data = bytes(source) if isinstance(source, (bytes, bytearray)) else _file(Path(source))
    if len(data) > MAX_BYTES:
        raise _Refused(f"the file is larger than {MAX_BYTES >> 20} MB")
    if not data.strip():
        raise _Refused("the file is empty")
    if data.count(b"[") + data.count(b"{") > MAX_LISTS:
        raise _Refused(f"the file holds more than {MAX_LISTS:,} lists")
    return data


def _file(path: Path) -> bytes:
    try:
        if not path.is_file():  # a folder; also a pipe or device, which would never end
            raise _Refused("there is no file" if not path.exists() else "this is not a file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise _Refused(f"the file cannot be read ({said})") from None


def _parsed(data: bytes, problems: list[str]) -> dict:
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        problems.append("The file starts with a byte-order mark.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Refused("the file is UTF-16 text; a notebook is UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        problems.append("Some bytes of the file are not UTF-8 text.")
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise _Refused("the file is JSON nested too deep for a notebook") from None
    except ValueError as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _Refused(f"the file is not a notebook: it is not JSON{line}") from None
    if not isinstance(notebook, dict):
        raise _Refused("the file is JSON, but not a notebook")
    return notebook


def _cells(notebook: dict, problems: list[str]) -> list:
    """The cells, also of older and newer formats."""
    version, cells = notebook.get("nbformat"), notebook.get("cells")
    if version != 4:
        problems.append(f"The notebook's format is {printable(str(version), 20)}, not 4.")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        lists = [sheet.get("cells") for sheet in sheets]
        cells = [cell for some in lists if isinstance(some, list) for cell in some]
    if not isinstance(cells, list):
        raise _Refused("the file is JSON, but a notebook has cells")
    if not cells:
        raise _Refused("the notebook has no cells")
    if len(cells) > MAX_CELLS:
        problems.append(f"Only the first {MAX_CELLS:,} cells are read.")
    return cells[:MAX_CELLS]


@dataclass(frozen=True)
class _Found:
    """One cell of the notebook as it was handed in."""

    source: str
    label: str
    kind: str
    id: str  # nbgrader's name for it, else the notebook's
    is_check: bool

    @functools.cached_property
    def defines(self) -> frozenset[str]:
        """The functions and names that its top level binds."""
        return _bound(self.source)


def _code_cells(cells: list, problems: list[str]) -> Iterator[_Found]:
    room = MAX_ALL
    for number, cell in enumerate(cells, 1):
        label = f"cell {number}"
        content = _source(cell)
        room -= len(content or "")
        if content is None:
            problems.append(f"{label.capitalize()} is not a cell.")
        elif len(content) > MAX_SOURCE or room < 0:
            problems.append(f"{label.capitalize()} is too long to be read.")
        elif content.strip():
            name, is_check = _identity(cell)
            yield _Found(content, label, str(cell.get("cell_type")), name, is_check)


def _source(cell: Any) -> str | None:
    if not isinstance(cell, dict):
        return None
    content = cell.get("source", cell.get("input", ""))  # `input` in format 3
    if isinstance(content, list) and all(isinstance(line, str) for line in content):
        content = "".join(content)
    return content if isinstance(content, str) else None


def _identity(cell: dict) -> tuple[str, bool]:
    """The name that the course gave a cell, and whether it is one of its checks."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    nbgrader = nbgrader if isinstance(nbgrader, dict) else {}
    name = nbgrader.get("grade_id", cell.get("id"))
    return (name if isinstance(name, str) else ""), nbgrader.get("grade") is True


def _bound(source: str) -> frozenset[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = re.findall(r"^(?:async +)?def +(\w+)|^(\w+) *=[^=]", source, re.MULTILINE)
        return frozenset(name for pair in found for name in pair if name)
    names, ahead = set(), list(body)
    while ahead:  # also into `if`, `try` and `with`
        node = ahead.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, (ast.Lambda, ast.comprehension)):
            ahead += ast.iter_child_nodes(node)
    return frozenset(names)


# --- the course's own lesson -----------------------------------------------------------------


@dataclass(frozen=True)
class Material:
    """What the course handed out: what to run before a learner's cells, and all cells' texts."""

    lesson: str
    exercises: Mapping[str, Any]
    prelude: str
    texts: frozenset[str]  # of all its cells, without spaces at lines' ends
    ids: frozenset[str]


@functools.cache
def material(lesson: str, root: Path | None = None) -> Material:
    """The course's own lesson, from `lessons/NN_*.ipynb`."""
    root = root or course_folder()
    path = next(root.glob(f"lessons/{lesson}_*.ipynb"), None)
    if path is None:
        raise FileNotFoundError(f"the course's own lesson {lesson} is not in {root / 'lessons'}")
    cells = list(_code_cells(json.loads(path.read_text("utf-8"))["cells"], []))
    asked = exercises(lesson)
    code = [cell for cell in cells if cell.kind == "code"]
    prelude = "\n".join(line for cell in code for line in _definitions(cell.source, set(asked)))
    texts = frozenset(_text(cell.source) for cell in cells)
    return Material(lesson, asked, prelude, texts, frozenset(cell.id for cell in cells))


def _definitions(source: str, asked: set[str]) -> Iterator[str]:
    """A cell's imports, functions and constants: what stands without running anything else."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            evaluated = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
            wanted = node.name not in asked and all(map(_is_literal, evaluated))
        elif isinstance(node, ast.Assign):
            parts = [p for t in node.targets for p in (t.elts if isinstance(t, ast.Tuple) else [t])]
            wanted = all(isinstance(p, ast.Name) for p in parts) and _is_literal(node.value)
        else:
            wanted = isinstance(node, (ast.Import, ast.ImportFrom))
        if wanted:
            yield ast.unparse(node)


def _is_literal(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Call):  # KEEP, REPLACE = range(2)
        named = isinstance(node.func, ast.Name) and node.func.id == "range"
        return named and all(map(_is_literal, node.args))
    try:
        ast.literal_eval(node or ast.Constant(None))
    except ValueError:
        return False
    return True


def _text(source: str) -> str:
    """A cell's text, whatever an editor did to the ends of its lines."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


# --- the transplant ------------------------------------------------------------------------


def _same_lesson(notebook: dict, found: list[_Found], course: Material) -> None:
    """Refuse another lesson's notebook; one that cannot be told is taken for the right one."""
    about = notebook.get("metadata")
    about = about.get("irl_course") if isinstance(about, dict) else None
    said = about.get("lesson") if isinstance(about, dict) else None
    ours = any(cell.id in course.exercises or cell.defines & set(course.exercises)
               for cell in found)  # fmt: skip
    if not ours and isinstance(said, str) and said != course.lesson:
        raise _Refused(f"this is lesson {printable(said, 10)}, not lesson {course.lesson}")


def _transplanted(
    found: list[_Found], course: Material, problems: list[str]
) -> tuple[Cell, ...]:  # fmt: skip
    """The learner's own cells: the chosen answers, and all that the course did not hand out.

    An answer cell that another one was preferred to is left out.
    """
    theirs = [
        cell for cell in found
        if not (cell.is_check and course.exercises.keys().isdisjoint(_DEF.findall(cell.source)))
        and not _CHECK_LINE.fullmatch(cell.source.strip())
        and _text(cell.source) not in course.texts
    ]  # fmt: skip
    chosen: dict[_Found, list[str]] = {}
    for name in course.exercises:
        answer = _answer(name, theirs, found, problems)
        if answer:
            chosen.setdefault(answer, []).append(name)
        elif not any(cell.id == name for cell in found):
            problems.append(f"The answer cell of {name} is missing.")
    answered = {name for names in chosen.values() for name in names}
    kept = [
        cell for cell in theirs
        if cell in chosen or (cell.kind == "code" and cell.id not in answered)
    ]  # fmt: skip
    for cell in kept:
        for words in dict.fromkeys(_ODD_WORDS.findall(cell.source)):
            problems.append(f"{cell.label.capitalize()} has `{words}` in it: worth a look.")
    return tuple(Cell(c.source, c.label, tuple(chosen.get(c, ()))) for c in kept)


def _answer(
    name: str, theirs: list[_Found], found: list[_Found], problems: list[str]
) -> _Found | None:
    """The cell that answers an exercise: by the course's name for it, else by what it defines.

    Between the cell that has the name and the exercise's check the last definition counts, as it
    does in the notebook.
    """
    named = [cell for cell in theirs if cell.id == name]
    defining = [cell for cell in theirs if name in cell.defines]
    best = [cell for cell in named if cell in defining]
    last = next((at for at, cell in enumerate(found) if cell.id == f"check-{name}"), -1)
    if best and last >= 0:
        asked = found[found.index(best[-1]) + 1 : last + 1]
        best += [cell for cell in asked if cell in defining and cell.kind == "code"]
    best = best or [cell for cell in defining if cell.kind == "code"]
    if len(best) > 1:
        problems.append(f"{len(best)} cells answer {name}: the last one counts.")
    answer = (best or named or [None])[-1]
    if answer and answer.kind != "code":
        problems.append(f"The answer cell of {name} is no code cell any more; it is read as one.")
    return answer
