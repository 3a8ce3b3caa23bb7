"""A lesson's one source, held to the rules, and the two notebooks made of it.

Nothing here runs a cell. `read` gives a `Lesson` or raises `Faults`; its notebooks have no outputs.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CHECKED = "nbval-check-output"
NAME = re.compile(r"\d\d_[a-z0-9_]+")
STUB = ("# YOUR CODE HERE", "raise NotImplementedError")

_CELL = re.compile(r"# %%(\s|$)")
_MARKER = re.compile(r"\s*#+\s*(BEGIN|END)[ _-]*SOLUTIONS?\b", re.IGNORECASE)
_EXACT = re.compile(r"( *)### (BEGIN|END) SOLUTION\s*")
_CHECK = re.compile(r"^(\w+) *= *check\((\w+)\b", re.MULTILINE)
_OWN = ("alt", "lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")
_KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
_LANGUAGE = {  # without the version, which differs between machines
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}

Registry = Callable[[str], Mapping[str, Any]]


class Faults(Exception):
    """What is wrong with a source: pairs of line and sentence."""

    def __init__(self, found: Iterable[tuple[int, str]]):
        self.found = sorted(found)
        super().__init__("; ".join(f"line {line}: {said}" for line, said in self.found))


@dataclass
class Cell:
    """One cell of a source; `line` is where its text begins in the file."""

    kind: str
    text: str
    line: int
    metadata: dict
    answers: str = ""  # the exercise it asks for
    checks: str = ""  # the exercise it checks
    regions: list[tuple[int, int]] = field(default_factory=list)  # marker lines, both included
    id: str = ""

    @property
    def lines(self) -> list[str]:
        """Its text, a line each."""
        return self.text.split("\n")


@dataclass(frozen=True)
class Lesson:
    """A source that keeps the rules, with its cells and its exercises from the registry."""

    name: str
    cells: list[Cell]
    exercises: Mapping[str, Any]
    fingerprint: str

    def notebook(self, solved: bool) -> NotebookNode:
        """The notebook without outputs: with the answers, or with stubs in their place."""
        cells = []
        for cell in self.cells:
            cells.append(_notebook_cell(cell, self.exercises, solved))
            if cell.checks:
                cells.append(_hints_cell(cell.checks, self.exercises[cell.checks].hints))
        about = {"lesson": self.name[:2]} | ({"fingerprint": self.fingerprint} if solved else {})
        metadata = {
            "kernelspec": _KERNEL,
            "language_info": _LANGUAGE,
            "irl_course": about,
        }
        notebook = new_notebook(cells=cells, metadata=metadata)
        notebook.nbformat_minor = 5
        nbformat.validate(notebook)
        return notebook

    def line_of(self, cell_id: str) -> int:
        """Where the cell of that id begins in the source."""
        return next(cell.line for cell in self.cells if cell.id == cell_id)


def read(path: Path, registry: Registry) -> Lesson:
    """Read a source and hold it to the rules.

    Raises:
        Faults: every rule it breaks, with the line.
    """
    try:
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Faults([(1, f"the file is not UTF-8 text ({error.reason})")]) from None
    cells = _cells(text)
    exercises = registry(path.stem[:2])
    faults = [fault for cell in cells for fault in _read_cell(cell)]
    faults += _exercise_faults(cells, exercises)
    if faults:
        raise Faults(faults)
    _name_cells(cells)
    return Lesson(path.stem, cells, exercises, _fingerprint(text, exercises))


def first_text(path: Path) -> str:
    """The first cell of a source, whatever its faults."""
    cells = _parsed(path.read_text(encoding="utf-8"))
    return cells[0].source if cells else ""


def _parsed(text: str) -> list[NotebookNode]:
    import jupytext  # authors have it, learners who only run notebooks don't

    return jupytext.reads(text, fmt="py:percent").cells


def _cells(text: str) -> list[Cell]:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines, 1) if _CELL.match(line)]
    parsed = _parsed(text)
    if not starts or len(parsed) != len(starts):
        said = "every cell, the first one too, begins with `# %%`, and no string holds such a line"
        raise Faults([(starts[0] if starts else 1, said)])
    cells = []
    for start, cell in zip(starts, parsed, strict=True):
        blank = len(cell.source) - len(cell.source.lstrip("\n"))
        text = cell.source.strip("\n")
        cells.append(Cell(cell.cell_type, text, start + 1 + blank, dict(cell.metadata)))
    return cells


def _fingerprint(text: str, exercises: Mapping[str, Any]) -> str:
    """Of everything that a lesson is made from: its source and what it takes from the registry."""
    used = [[name, exercise.points, list(exercise.hints)] for name, exercise in exercises.items()]
    return hashlib.sha256(f"{text}\0{json.dumps(used)}".encode()).hexdigest()


# --- the rules -----------------------------------------------------------------------------


def _read_cell(cell: Cell) -> Iterator[tuple[int, str]]:
    """Find out what a cell is for; yield what is wrong with it."""
    yield from _find_regions(cell)
    if cell.kind != "code":
        yield from _paragraph_faults(cell)
        return
    checked = _CHECK.findall(cell.text)
    if len(checked) > 1 or any(name != given for name, given in checked):
        yield (
            cell.line,
            "a check cell holds one `name = check(name)`, with the same name twice",
        )
    elif checked:
        cell.checks = checked[0][0]
    if cell.checks and cell.regions:
        yield cell.line, "an answer and its check stand in two cells"
    elif cell.regions:
        yield from _find_answer(cell)


def _find_regions(cell: Cell) -> Iterator[tuple[int, str]]:
    begun: int | None = None
    for number, line in enumerate(cell.lines):
        if not (near := _MARKER.match(line)):
            continue
        exact, word = _EXACT.fullmatch(line), near[1].upper()
        at = cell.line + number
        if cell.kind != "code" or not exact:
            yield at, f"a marker is the comment `### {word} SOLUTION`, alone on a line of code"
        elif word == "BEGIN" and begun is not None:
            yield at, "BEGIN SOLUTION inside a region that is still open"
        elif word == "BEGIN":
            begun = number
        elif begun is None:
            yield at, "END SOLUTION without a BEGIN SOLUTION before it"
        else:
            if exact[1] != _EXACT.fullmatch(cell.lines[begun])[1]:
                yield at, "END SOLUTION is indented otherwise than its BEGIN SOLUTION"
            cell.regions.append((begun, number))
            begun = None
    if begun is not None:
        yield cell.line + begun, "BEGIN SOLUTION is never closed in its cell"


def _find_answer(cell: Cell) -> Iterator[tuple[int, str]]:
    """Name the exercise: the one function that holds all the cell's regions."""
    try:
        tree = ast.parse(cell.text)
    except SyntaxError as error:
        yield (
            cell.line + (error.lineno or 1) - 1,
            f"an answer cell is plain Python: {error.msg}",
        )
        return
    owners = {_owner(tree, begin, end) for begin, end in cell.regions}
    indented = all(cell.lines[begin].startswith(" ") for begin, _ in cell.regions)
    if not indented or len(owners) != 1 or "" in owners:
        yield cell.line + cell.regions[0][0], "a solution stands inside one function"
        return
    cell.answers = owners.pop()
    try:
        ast.parse(_without_solution(cell))
    except SyntaxError:
        yield (
            cell.line + cell.regions[0][0],
            "without the solution the cell is not Python any more",
        )


def _owner(tree: ast.Module, begin: int, end: int) -> str:
    """The function that a region stands in; line numbers of the tree count from 1."""
    above = [node for node in tree.body if node.lineno <= begin]
    straddles = any(begin < node.lineno <= end for node in tree.body)
    alone = above and isinstance(above[-1], ast.FunctionDef) and not straddles
    return above[-1].name if alone else ""


def _exercise_faults(cells: list[Cell], exercises: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Every exercise of the lesson is asked for once, and checked next."""
    asked: set[str] = set()
    waiting: Cell | None = None
    for cell in cells:
        if cell.answers:
            if waiting:
                yield waiting.line, _unchecked(waiting)
            if cell.answers in asked:
                yield cell.line, f"exercise {cell.answers!r} is asked for twice"
            asked.add(cell.answers)
            waiting = cell
        elif cell.checks:
            if cell.checks not in exercises:
                yield (
                    cell.line,
                    f"{cell.checks!r} is not a registered exercise of this lesson",
                )
            if waiting is None or waiting.answers != cell.checks:
                yield (
                    cell.line,
                    f"the check of {cell.checks!r} does not follow its answer cell",
                )
            waiting = None if waiting and waiting.answers == cell.checks else waiting
    if waiting:
        yield waiting.line, _unchecked(waiting)
    for name in exercises:
        if name not in asked:
            yield (
                1,
                f"exercise {name!r} is registered for this lesson, but no cell asks for it",
            )


def _unchecked(cell: Cell) -> str:
    name = cell.answers
    return f"the answer cell of {name!r} has no check cell `{name} = check({name})` after it"


def prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a Markdown text that stand in no fenced block, with inline code blanked."""
    fence = ""
    for number, line in enumerate(text.split("\n")):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence:
            yield number, re.sub(r"`[^`]*`", "`", line)


def _paragraph_faults(cell: Cell) -> Iterator[tuple[int, str]]:
    """Displayed mathematics is a paragraph of its own, else the web book breaks it."""
    opened: int | None = None
    before = ""  # the last line, for a formula that begins
    closed = False  # the last line ended a formula
    for number, raw in prose_lines(cell.text):
        line = raw.lstrip("> \t").rstrip()
        marks = line.count("$$")
        if closed and line:
            yield (
                cell.line + number,
                "an empty line goes after displayed mathematics ($$)",
            )
        closed = False
        if marks and opened is None:
            if before or not line.startswith("$$"):
                yield (
                    cell.line + number,
                    "displayed mathematics ($$) starts a paragraph of its own",
                )
            opened = number
            marks -= 1
        if marks and opened is not None:
            if marks > 1 or not line.endswith("$$"):
                yield cell.line + number, "displayed mathematics ($$) ends its line"
            opened, closed = None, True
        before = line
    if opened is not None:
        yield cell.line + opened, "displayed mathematics ($$) is never closed"


# --- the notebooks -------------------------------------------------------------------------


def headings(text: str) -> list[tuple[int, int, str]]:
    """Line, level and words of each heading in a Markdown text."""
    lines = text.split("\n")  # with the code that prose_lines blanks
    numbers = (number for number, _ in prose_lines(text))
    found = ((number, re.match(r"(#{1,6}) +(.+?)\s*#*$", lines[number])) for number in numbers)
    return [(number, len(match[1]), match[2].replace("`", "")) for number, match in found if match]


def _name_cells(cells: list[Cell]) -> None:
    """Ids from the text, so that a changed section leaves the cells of all others alone."""
    section, index = "top", 0
    sections: Counter[str] = Counter()
    used = {"", *(cell.answers for cell in cells)}
    for cell in cells:
        if cell.kind == "markdown" and (found := headings(cell.text)):
            words = re.sub(r"[^a-z0-9]+", "-", found[-1][2].lower())
            slug = words[:50].strip("-") or "section"
            sections[slug] += 1
            section, index = slug if sections[slug] == 1 else f"{slug}-{sections[slug]}", 0
        if cell.answers or cell.checks:
            cell.id = cell.answers or f"check-{cell.checks}"
            continue
        while cell.id in used:
            index += 1
            cell.id = f"{section}-{index}"
        used.add(cell.id)


def _notebook_cell(cell: Cell, exercises: Mapping[str, Any], solved: bool) -> NotebookNode:
    metadata = {key: value for key, value in cell.metadata.items() if key not in _OWN}
    if cell.metadata.get("alt"):
        metadata["mystnb"] = {"image": {"alt": cell.metadata["alt"]}}
    if cell.kind != "code":
        make = {"markdown": new_markdown_cell}.get(cell.kind, nbformat.v4.new_raw_cell)
        return make(cell.text, id=cell.id, metadata=metadata)
    if cell.answers:
        metadata |= {"deletable": False, "nbgrader": _nbgrader(cell.id, solution=True)}
    if cell.checks:
        points = exercises[cell.checks].points
        metadata |= _locked(_nbgrader(cell.id, grade=True, points=points, cell_type="code"))
        metadata["tags"] = [*metadata.get("tags", []), CHECKED]
    text = cell.text if solved else _without_solution(cell)
    return new_code_cell(text, id=cell.id, metadata=metadata)


def _nbgrader(grade_id: str, grade: bool = False, solution: bool = False, **more: Any) -> dict:
    """nbgrader's cell metadata, schema 3; a cell that is not for the answer is locked."""
    flags = {
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    return {"grade_id": grade_id, "schema_version": 3, **flags, **more}


def _locked(nbgrader: dict) -> dict:
    return {"deletable": False, "editable": False, "nbgrader": nbgrader}


def _hints_cell(name: str, hints: Iterable[str]) -> NotebookNode:
    # the empty lines let Markdown and mathematics inside the fold be rendered
    folds = [
        f"<details>\n<summary>Hint {number}</summary>\n\n{hint.strip()}\n\n</details>"
        for number, hint in enumerate(hints, 1)
    ]
    metadata = _locked(_nbgrader(f"hints-{name}", cell_type="markdown"))
    return new_markdown_cell("\n\n".join(folds), id=f"hints-{name}", metadata=metadata)


def _without_solution(cell: Cell) -> str:
    lines = cell.lines
    for begin, end in reversed(cell.regions):
        indent = _EXACT.fullmatch(lines[begin])[1]
        lines[begin : end + 1] = [indent + line for line in STUB]
    return "\n".join(lines)


def as_text(notebook: NotebookNode) -> str:
    """The notebook as the file holds it."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"
