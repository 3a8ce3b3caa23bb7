"""`irl-course release`: what a teacher hands out, one bundle for all or a variant for each learner.

A bundle is the course without its answers, and opens by the same two commands. The same course,
lessons and learners give the same bytes. A release is written whole or not at all.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from irl_course import __version__
from irl_course.checks import exercises
from irl_course.checks.notebook import VARIANT
from irl_course.classroom.rows import read_roster
from irl_course.notebooks.produce import course_root
from irl_course.notebooks.source import NAME, STUB, headings

FOLDER = "irl-course"  # what a bundle unpacks to
_FILES = (
    "course.py", "conftest.py", "pyproject.toml", "environment.yml", "requirements.lock",
    "requirements-test.lock", "LICENSE", "LICENSE-TEXT", "CITATION.cff",
)  # fmt: skip
_REGION = re.compile(
    r"^( *)### BEGIN SOLUTION *\n(.*?)\n *### END SOLUTION *$", re.DOTALL | re.MULTILINE
)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows
_DATE = (1980, 1, 1, 0, 0, 0)  # a zip's first day: the same bytes on every day


class NotReleased(Exception):
    """Why nothing was written, in one sentence."""


@dataclass(frozen=True)
class Release:
    """What was written: the release's id, its manifest, and the zip files to hand out."""

    id: str
    manifest: dict
    zips: tuple[Path, ...]


@dataclass(frozen=True)
class _Answer:
    """A solution cell's text and its regions, which no bundle may hold; runs of space are one."""

    lesson: str
    exercise: str
    text: str
    regions: tuple[str, ...]
    single: tuple[str, ...]  # of one line: the package and a last hint may say the same


def release(
    out: Path | str,
    *,
    lessons: Iterable[str] | None = None,
    students: Path | str | None = None,
    due: str | None = None,
    samples: Path | str | None = None,
    root: Path | None = None,
) -> Release:
    """Write what learners get into a new folder.

    Args:
        out: a folder that is not there yet, or empty.
        lessons: their numbers, such as "03"; all of them when None.
        students: a roster (CSV): each learner gets a zip of their own, whose checks draw their
            problems from the learner's identifier.
        due: a date, or a date and time, in ISO's form, which the bundle tells.
        samples: another new folder, for what three made-up learners hand in: it holds answers.
        root: the course's folder.

    Raises:
        ValueError: there is no such lesson, or `due` is no date.
        NotReleased: something else stands in the way.
    """
    root, out = Path(root) if root else course_root(), Path(out)
    due = _due(due) if due else None
    lessons = None if lessons is None else list(lessons)
    folders = [out] if samples is None else [out, Path(samples)]
    for folder in folders:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NotReleased(f"{folder} is there already: name a folder that is new.")
    if samples is not None and _one_in_the_other(*folders):
        raise NotReleased("The samples hold answers: give them a folder outside the release.")
    learners = learners_of(students) if students else None
    files = bundle_files(root, lessons, due)
    manifest = json.loads(files["manifest.json"])
    try:
        written = _write(out, files, learners, manifest["release"])
        if samples is not None:
            _write_samples(Path(samples), root, lessons)
    except OSError as error:
        raise NotReleased(f"It cannot be written: {error.strerror} ({error.filename}).") from None
    return Release(manifest["release"], manifest, tuple(out / name for name in written))


def _due(told: str) -> str:
    """A date stays one: it would else be due as the day begins."""
    try:
        return date.fromisoformat(told).isoformat()
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(told).isoformat(timespec="minutes")
    except ValueError:
        said = f"{told!r} is no date: write it like 2027-03-01 or 2027-03-01T18:00."
        raise ValueError(said) from None


def _one_in_the_other(one: Path, other: Path) -> bool:
    one, other = one.resolve(), other.resolve()
    return one == other or one in other.parents or other in one.parents


# --- what goes in --------------------------------------------------------------------------


def bundle_files(root: Path, lessons: Iterable[str] | None, due: str | None) -> dict[str, bytes]:
    """A bundle's files by their path, all but a learner's own seed; the manifest is the last."""
    chosen = _chosen(root, lessons)
    answers = list(_answers(root))
    for name in chosen:
        _refuse_changed(root, name)
    missing = [path for path in (*_FILES, "lessons/README.md") if not (root / path).is_file()]
    if missing:
        raise NotReleased(f"The course's folder is not complete: {', '.join(missing)} is missing.")
    files = {name: (root / name).read_bytes() for name in _FILES}
    files |= {path: (root / path).read_bytes() for path in _package(root)}
    files |= {path: (root / path).read_bytes() for path in map(_lesson_path, chosen)}
    files["lessons/README.md"] = _index(root, chosen)
    files["tests/test_bundle.py"] = files["irl_course/classroom/bundle_tests.py"]
    about = {name[:2]: _about(root, name) for name in chosen}
    files["README.md"] = _readme(about, due)
    leaks = list(leaking(files, answers))
    if leaks:
        raise NotReleased(f"An answer would be handed out: {leaks[0]}.")
    manifest: dict[str, Any] = {"version": 1, "course": __version__, "due": due, "lessons": about}
    manifest["files"] = {path: _sha(files[path]) for path in sorted(files)}
    manifest["release"] = _sha(_json(manifest))[:12]
    return dict(sorted(files.items())) | {"manifest.json": _json(manifest)}


def _chosen(root: Path, lessons: Iterable[str] | None) -> list[str]:
    """The lessons' names, from what has a solution here."""
    known = sorted(p.stem for p in root.glob("solutions/*.ipynb") if NAME.fullmatch(p.stem))
    if not known:
        said = "There is no solutions folder: a bundle is made from the teacher's copy."
        raise NotReleased(said)
    if lessons is None:
        return known
    chosen = set()
    for wanted in lessons:
        stem = Path(wanted).stem
        found = {name for name in known if stem in (name, name[:2])}
        if not found:
            numbers = ", ".join(name[:2] for name in known)
            raise ValueError(f"There is no lesson {wanted!r}. There are: {numbers}.")
        chosen |= found
    if not chosen:
        raise ValueError("Name at least one lesson.")
    return sorted(chosen)


def _lesson_path(name: str) -> str:
    return f"lessons/{name}.ipynb"


def _package(root: Path) -> Iterator[str]:
    """The package's files, and nothing else that may lie in its folder."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["irl_course"]
    for pattern in ("**/*.py", *patterns):
        for path in (root / "irl_course").glob(pattern):
            parts = path.relative_to(root).parts
            if path.is_file() and not any(part.startswith(".") for part in parts):
                yield "/".join(parts)


def _answers(root: Path) -> Iterator[_Answer]:
    for path in sorted(root.glob("solutions/*.ipynb")):
        for name, source in _code(path).items():
            regions = [inside for _, inside in _REGION.findall(source)]
            if regions:
                lines = [line for line in source.split("\n") if "### " not in line]
                yield _Answer(
                    path.stem[:2],
                    name,
                    _run_together("\n".join(lines)),
                    tuple(_run_together(region) for region in regions if "\n" in region),
                    tuple(_run_together(region) for region in regions if "\n" not in region),
                )


def _cells(notebook: bytes) -> list[dict]:
    return json.loads(notebook)["cells"]


def _code(path: Path) -> dict[str, str]:
    """A notebook's code cells by their ids."""
    try:
        cells = [cell for cell in _cells(path.read_bytes()) if cell["cell_type"] == "code"]
        return {cell["id"]: "".join(cell["source"]) for cell in cells}
    except (OSError, ValueError, KeyError, TypeError):
        place = f"{path.parent.name}/{path.name}"
        raise NotReleased(f"{place} is missing or no notebook of the course.") from None


def _run_together(text: str) -> str:
    return " ".join(text.split())


def _refuse_changed(root: Path, name: str) -> None:
    """A lesson in which somebody has worked is not handed out; its words may be the teacher's."""
    path = root / _lesson_path(name)
    solved, given = _code(root / f"solutions/{name}.ipynb"), _code(path)
    made = {key: _REGION.sub(_stub, source).rstrip() for key, source in solved.items()}
    there = {key: source.rstrip() for key, source in given.items()}
    odd = [key for key in {**made, **there} if made.get(key) != there.get(key)]
    ran = [cell["id"] for cell in _cells(path.read_bytes()) if cell.get("outputs")]
    for key, said in ((odd, "is not what its source gives"), (ran, "holds an output")):
        if key:
            again = f"Make the lesson anew: irl-course build {name[:2]}"
            raise NotReleased(f"In {_lesson_path(name)} the cell {key[0]} {said}. {again}")


def _stub(region: re.Match) -> str:
    return "\n".join(region[1] + line for line in STUB)


def leaking(files: Mapping[str, bytes], answers: Iterable[_Answer]) -> Iterator[str]:
    """Which solution stands where in a bundle's files.

    Searched everywhere: a solution cell's text, and every solution region of several lines.
    One of a single line is searched in the code of lessons up to its own: the package, a last
    hint and a later lesson may say the same.
    """
    texts = {path: _text(path, content) for path, content in files.items()}
    code = {path: _text(path, files[path], "code") for path in files if path.endswith(".ipynb")}
    for answer in answers:
        upto = f"lessons/{answer.lesson}_~"  # after every name of this lesson
        for path, text in texts.items():
            early = code[path] if path in code and path < upto else ""
            found = any(words in text for words in (answer.text, *answer.regions))
            if found or any(words in early for words in answer.single):
                yield f"{answer.exercise} (lesson {answer.lesson}) in {path}"


def _text(path: str, content: bytes, kind: str = "") -> str:
    """A file's text as it is read by people; of a notebook its cells."""
    if path.endswith(".ipynb"):
        cells = [cell for cell in _cells(content) if kind in ("", cell["cell_type"])]
        return _run_together("\n".join("".join(cell["source"]) for cell in cells))
    return _run_together(content.decode("utf-8", "replace"))


def _about(root: Path, name: str) -> dict:
    first = "".join(_cells((root / _lesson_path(name)).read_bytes())[0]["source"])
    title = next((words for _, level, words in headings(first) if level == 1), name)
    points = {key: exercise.points for key, exercise in exercises(name[:2]).items()}
    return {"file": _lesson_path(name), "title": title, "exercises": points}


def _index(root: Path, chosen: list[str]) -> bytes:
    """The page beside the lessons, with the rows of those that are handed out."""
    lines = (root / "lessons/README.md").read_text("utf-8").split("\n")
    kept = [
        line for line in lines
        if not (row := re.search(r"\]\((\d\d_\w+)\.ipynb\)", line)) or row[1] in chosen
    ]  # fmt: skip
    return "\n".join(kept).encode()


def _readme(about: Mapping[str, dict], due: str | None) -> bytes:
    points = {number: sum(lesson["exercises"].values()) for number, lesson in about.items()}
    rows = [
        f"| [{lesson['title']}]({lesson['file']}) | {points[number]} |"
        for number, lesson in about.items()
    ]
    dated = [f"**Due:** {due.replace('T', ' ')}", ""] if due else []
    lines = [
        "# Inverse reinforcement learning, hands on", "", *dated,
        "You need Python 3.11 or newer, and nothing else. In this folder:", "",
        "```", "python3 course.py lab", "```", "",
        "makes an environment in `.venv` and opens JupyterLab on the first lesson. (On Windows: "
        "`py course.py lab`.) To see that everything works on your computer:", "",
        "```", "python3 course.py test", "```", "",
        "| lesson | points |", "|---|---|", *rows, "",
        "Write your answers in the notebooks in `lessons/`; a check below each says what it is "
        "worth. Save them, and hand in the notebooks themselves.", "",
        "Code: [MIT](LICENSE). Text and pictures of the lessons: [CC BY 4.0](LICENSE-TEXT).", "",
    ]  # fmt: skip
    return "\n".join(lines).encode()


def _json(value: Any) -> bytes:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- learners ------------------------------------------------------------------------------


def learners_of(roster: Path | str) -> list[str]:
    """The learners' identifiers in a roster, as `irl-course grade` reads it.

    Raises:
        NotReleased: there is none, it names nobody, or somebody twice.
    """
    try:
        learners = [person.learner for person in read_roster(Path(roster))]
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotReleased(f"The roster {roster} cannot be read: {reason}.") from None
    if not learners:
        raise NotReleased(f"The roster {roster} names nobody.")
    twice = [learner for learner, count in Counter(learners).items() if count > 1]
    if twice:
        raise NotReleased(f"The roster {roster} names {twice[0]!r} twice.")
    return learners


def visible_seed(learner: str) -> int:
    """The seed of a learner's own checks. It is no secret, and no grading seed."""
    digest = hashlib.sha256(f"irl-course variant\0{learner}".encode()).digest()
    return 1 + int.from_bytes(digest[:4], "big") % (2**31 - 1)


def file_names(learners: Iterable[str]) -> dict[str, str]:
    """A file name for each learner: harmless on every system, and nobody else's."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for learner in learners:
        plain = re.sub(r"[^A-Za-z0-9._@+-]+", "_", learner).strip("._-")[:60] or "learner"
        if plain != learner or plain.lower() in taken or _RESERVED.fullmatch(plain):
            plain = f"{plain}-{_sha(learner.encode())[:8]}"
        taken.add(plain.lower())
        names[learner] = plain
    return names


# --- a class to try it with ------------------------------------------------------------------


def _write_samples(folder: Path, root: Path, lessons: Iterable[str] | None) -> None:
    """Write what three made-up learners hand in: all right, every second answer, untouched."""
    for name in _chosen(root, lessons):
        solved = _cells((root / f"solutions/{name}.ipynb").read_bytes())
        answers = {
            cell["id"]: cell["source"] for cell in solved
            if _REGION.search("".join(cell["source"]))
        }  # fmt: skip
        given = {"ada": list(answers), "ben": list(answers)[::2], "cleo": []}
        for learner, chosen in given.items():
            notebook = json.loads((root / _lesson_path(name)).read_bytes())
            for cell in notebook["cells"]:
                if cell["id"] in chosen:
                    cell["source"] = answers[cell["id"]]
            path = folder / learner / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(json.dumps(notebook, indent=1, ensure_ascii=False).encode())


# --- writing -------------------------------------------------------------------------------


def _write(
    out: Path, files: Mapping[str, bytes], learners: list[str] | None, release_id: str
) -> list[str]:  # fmt: skip
    """Write the release beside its place and move it there; the zips' names in it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        zipped = _zip(files)
        if learners is None:
            bundles = {f"{FOLDER}.zip": {"sha256": _sha(zipped)}}
            (draft / f"{FOLDER}.zip").write_bytes(zipped)
            _unfold(files, draft / FOLDER)
        else:
            bundles = dict(_variants(draft / "learners", zipped, learners, release_id))
        listed = json.loads(files["manifest.json"]) | {"bundles": bundles}
        (draft / "manifest.json").write_bytes(_json(listed))
        draft.chmod(0o755)
        if out.is_dir():
            out.rmdir()
        os.replace(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return list(bundles)


def _variants(
    folder: Path, zipped: bytes, learners: list[str], release_id: str
) -> Iterator[tuple[str, dict]]:
    """The same bundle with each learner's own seed in it."""
    from tqdm import tqdm

    folder.mkdir()
    names = file_names(learners)
    for learner in tqdm(learners, desc="release", unit="learner", disable=None):
        about = {"learner": learner, "release": release_id, "seed": visible_seed(learner)}
        content = _zip({VARIANT.name: _json(about)}, zipped)
        path = folder / f"{names[learner]}.zip"
        path.write_bytes(content)
        yield f"learners/{path.name}", {"learner": learner, "sha256": _sha(content)}


def _zip(files: Mapping[str, bytes], base: bytes = b"") -> bytes:
    """A zip of the files, after those of another; nothing in it tells when it was made."""
    buffer = io.BytesIO(base)
    with zipfile.ZipFile(buffer, "a" if base else "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{path}", _DATE)
            entry.create_system = 3  # the same on Windows
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def _unfold(files: Mapping[str, bytes], folder: Path) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
