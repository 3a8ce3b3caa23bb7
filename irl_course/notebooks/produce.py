"""`irl-course build`: sources to lessons and solutions."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from irl_course.notebooks.execute import IGNORED, Failure, execute, normalise
from irl_course.notebooks.source import (
    NAME,
    Faults,
    Lesson,
    Registry,
    as_text,
    first_text,
    headings,
    read,
)

CELL_SECONDS = 600.0  # an author's cell may take long, but not for ever


def course_root() -> Path:
    """The course's folder: where you stand, if it holds sources, else where the package lives."""
    here = Path.cwd()
    return here if (here / "solutions").is_dir() else Path(__file__).resolve().parents[2]


def build(
    names: Iterable[str] = (),
    check: bool = False,
    root: Path | None = None,
    registry: Registry | None = None,
) -> int:
    """Make `lessons/NN_topic.ipynb` and `solutions/NN_topic.ipynb` of `solutions/NN_topic.py`.

    A lesson is written whole or not at all; faults go to stderr as `file:line: sentence`.

    Args:
        names: lessons by number, name or path; all of them when empty.
        check: compare only, write and run nothing. Executed outputs are not compared: the
            solution's metadata holds a fingerprint of what it was made from.
        root: the course's folder.
        registry: lesson number to its exercises; the course's own by default.

    Returns:
        0 when all is made (or fresh), 1 when something is not, 2 for an unknown name.
    """
    root = Path(root) if root else course_root()
    if find_spec("jupytext") is None:
        print("Building needs the author's tools: pip install -e '.[author]'", file=sys.stderr)
        return 2
    if registry is None:
        from irl_course.checks import exercises as registry
    sources = sorted(p for p in root.glob("solutions/*.py") if NAME.fullmatch(p.stem))
    chosen = _chosen(sources, names)
    if isinstance(chosen, str):
        print(chosen, file=sys.stderr)
        return 2
    faults: list[str] = []
    for path in chosen:
        try:
            lesson = read(path, registry)
            faults += _stale(lesson, root) if check else _make(lesson, root)
        except Faults as broken:
            faults += [f"solutions/{path.name}:{line}: {said}" for line, said in broken.found]
    if not faults or check:
        faults += _index(sources, root, check)
    if check:
        faults += _orphans(sources, root)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _chosen(sources: list[Path], names: Iterable[str]) -> list[Path] | str:
    """The sources that are meant, or a sentence when there is none."""
    if not sources:
        return "There is no lesson's source (solutions/NN_topic.py) here."
    chosen = []
    for name in names:
        stem = Path(name).stem
        found = [path for path in sources if stem in (path.stem, path.stem[:2])]
        if not found:
            known = ", ".join(path.stem for path in sources)
            return f"There is no lesson {name!r}. There are: {known}."
        chosen += found
    return chosen or sources


def _make(lesson: Lesson, root: Path) -> list[str]:
    """Execute and write one lesson; what went wrong."""
    source, started = f"solutions/{lesson.name}.py", time.monotonic()
    solved = lesson.notebook(solved=True)
    failures = execute(
        solved,
        root / "solutions",
        timeout=CELL_SECONDS,
        progress=_progress(lesson, solved),
    )
    if failures:
        return [_failed(failure, lesson, source, solved) for failure in failures]
    alts = {cell.id: bool(cell.metadata.get("alt")) for cell in lesson.cells}
    faults = []
    for cell in solved.cells:
        if cell.cell_type == "code":
            normalise(cell, root)
            if shows_image(cell) and not alts[cell.id]:
                said = 'this cell shows a picture: say what it shows, `# %% alt="…"`'
                faults.append(f"{source}:{lesson.line_of(cell.id)}: {said}")
    if not faults:
        nbformat.validate(solved)
        texts = {
            root / "lessons" / f"{lesson.name}.ipynb": as_text(lesson.notebook(solved=False)),
            root / "solutions" / f"{lesson.name}.ipynb": as_text(solved),
        }
        _write(texts)
        sizes = ", ".join(f"{p.parent.name} {len(text) // 1024} kB" for p, text in texts.items())
        print(f"{lesson.name}: written, {sizes}, {time.monotonic() - started:.1f} s")
    return faults


def shows_image(cell: NotebookNode) -> bool:
    """Whether a cell's outputs hold a picture."""
    kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
    return any(kind.startswith("image/") for kind in kinds)


def _progress(lesson: Lesson, notebook: NotebookNode):
    cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    print(f"{lesson.name}: running {len(cells)} cells", flush=True)

    def report(index: int) -> None:
        if sys.stdout.isatty():
            end = "\n" if index == cells[-1] else "\r"
            print(
                f"{lesson.name}: cell {cells.index(index) + 1} of {len(cells)}",
                end=end,
                flush=True,
            )

    return report


def _failed(failure: Failure, lesson: Lesson, source: str, notebook: NotebookNode) -> str:
    line = lesson.line_of(notebook.cells[failure.index].id)
    count = sum(cell.cell_type == "code" for cell in notebook.cells[: failure.index + 1])
    inside = re.findall(rf"Cell In\[{count}\], line (\d+)", failure.traceback)
    line += int(inside[-1]) - 1 if inside else 0
    return f"{source}:{line}: {failure.error}\n{failure.traceback}".rstrip()


def _write(texts: dict[Path, str]) -> None:
    """Every file whole, and none of them before all are on the disk."""
    parts = {path: path.with_name(f".{path.name}.part") for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(exist_ok=True)
            parts[path].write_text(text, encoding="utf-8", newline="\n")
        for path, part in parts.items():
            os.replace(part, path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


# --- is it fresh? --------------------------------------------------------------------------


def _stale(lesson: Lesson, root: Path) -> Iterator[str]:
    """The lesson's products that are not what its source gives."""
    name = f"{lesson.name}.ipynb"
    made = {
        "lessons": (_text, lesson.notebook(solved=False)),
        "solutions": (_without_outputs, _unignored(lesson.notebook(solved=True))),
    }
    for folder, (stored, fresh) in made.items():
        path = root / folder / name
        if not path.exists() or stored(path) != as_text(fresh):
            again = f"run `irl-course build {lesson.name[:2]}`"
            yield f"{folder}/{name}: not what its source gives; {again}"


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def _without_outputs(path: Path) -> str:
    """A solution's text as it was before it ran; empty if it never ran or cannot be read."""
    try:
        notebook = nbformat.reads(_text(path), as_version=4)
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError):
        return ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if cell.execution_count is None:
                return ""
            cell.execution_count, cell.outputs = None, []
    return as_text(_unignored(notebook))


def _unignored(notebook: NotebookNode) -> NotebookNode:
    """Without the tag that only running can tell."""
    for cell in notebook.cells:
        if IGNORED in cell.metadata.get("tags", []):
            cell.metadata.tags.remove(IGNORED)
            if not cell.metadata.tags:
                del cell.metadata["tags"]
    return notebook


def _orphans(sources: list[Path], root: Path) -> Iterator[str]:
    known = {path.stem for path in sources}
    for folder in ("lessons", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.stem not in known:
                yield f"{folder}/{path.name}: has no source in solutions; remove it"


def _index(sources: list[Path], root: Path, check: bool) -> list[str]:
    """`lessons/README.md`: each lesson's title and promise, from its first cell."""
    said = "# Lessons\n\n| lesson | what it is about |\n| --- | --- |\n"
    for source in sources:
        text = first_text(source)
        title = next((words for _, level, words in headings(text) if level == 1), source.stem)
        parts = [part for part in text.split("\n\n") if part.strip() and part[0] not in "#|<!$"]
        promise = " ".join(parts[0].split()) if parts else ""
        said += f"| [{title}]({source.stem}.ipynb) | {promise} |\n"
    said += "\nThis page is made by `irl-course build`, like the notebooks beside it.\n"
    path = root / "lessons" / "README.md"
    if not check:
        _write({path: said})
    elif not path.exists() or _text(path) != said:
        return ["lessons/README.md: not what the sources give; run `irl-course build`"]
    return []
