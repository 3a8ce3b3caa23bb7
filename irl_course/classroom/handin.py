"""What was handed in, by whom: a folder, a zip, or a download from Canvas or Moodle.

Nothing is unpacked and nothing is run. A file that cannot be read is still somebody's file: it
comes out with its reason, and becomes that learner's row.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from irl_course.checks import exercises
from irl_course.classroom.rows import Person
from irl_course.classroom.submission import MAX_BYTES
from irl_course.classroom.wire import printable
from irl_course.course_files import course_folder

# doejane_LATE_123_456_03_feature_matching-1.ipynb: the learner's number, then the file's
_CANVAS = re.compile(r"(?P<who>.+?)(?:_(?P<late>LATE))?_(?P<id>\d+)_(?P<file>\d+)_(?P<rest>[^/]+)")
# LATE_anon_x7Kp2_456_03_feature_matching.ipynb: where graders are not told who it is
_CANVAS_ANON = re.compile(r"(?:LATE_)?(?P<who>anon)_(?P<id>\w+?)_(?P<file>\d+)_(?P<rest>[^/]+)")
# Jane Doe_123_assignsubmission_file_/03_feature_matching.ipynb, or all of it in one name
_MOODLE = re.compile(r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<rest>.*)")
_SAID = re.compile(rb'"irl_course"\s*:\s*\{[^{}]{0,2000}?"lesson"\s*:\s*"(\w{1,8})"')
_LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")
_ZIPS_FILES = 200_000  # in a class's archive
_OWN_FILES = 5_000  # and in a learner's
_MOST_FILES = 200  # that are looked at of one learner


# what reading a damaged, encrypted or strangely packed zip raises, or a file
_BAD_ZIP = (OSError, ValueError, RuntimeError, EOFError, zipfile.error, zlib.error, lzma.LZMAError)


class NothingThere(Exception):
    """There is nothing to grade where the teacher said."""


@dataclass(frozen=True)
class File:
    """One file that was handed in."""

    name: str  # where it lies, with "/" between folders
    load: Callable[[], bytes]  # its first MAX_BYTES + 1 bytes
    order: int = -1  # of two files of one learner the LMS put the higher one in later; -1 unknown
    refused: str = ""  # why it is not even opened

    def read(self) -> tuple[bytes, str]:
        """Its content, or the reason why there is none."""
        if self.refused:
            return b"", self.refused
        try:
            return self.load(), ""
        except _BAD_ZIP as error:
            return b"", f"the file cannot be read ({_why(error)})"


@dataclass(frozen=True)
class HandIn:
    """All files of one learner; none, where somebody of the roster handed nothing in."""

    learner: str
    files: tuple[File, ...]


def collect(submissions: Path, people: Iterable[Person] | None = None) -> list[HandIn]:
    """Everything that was handed in, by learner, in the order of their names.

    Args:
        submissions: a folder or a zip with a file or a folder for each learner, or what Canvas or
            Moodle calls "download all submissions".
        people: the roster; who of it handed nothing in is there without files.

    Raises:
        NothingThere: there is no such folder, or no readable zip.
    """
    submissions = Path(submissions)
    if submissions.is_dir():
        found = list(_in_folder(submissions))
    elif submissions.is_file():
        found = list(_in_zip(submissions))
    else:
        raise NothingThere(f"There is no folder or zip called {submissions}.")
    roster = _Roster(people or ())
    files: dict[str, list[File]] = {}
    for file in found:
        who, kept = _owner(dataclasses.replace(file, name=shown(file.name)), roster)
        files.setdefault(who, []).append(kept)
    for person in roster.people:
        files.setdefault(shown(person.learner), [])
    if not files:
        raise NothingThere(f"There is nothing in {submissions}.")
    return [HandIn(who, _notebooks(some)) for who, some in sorted(files.items())]


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return shown(said)


def shown(name: str) -> str:
    """A name from somebody else's disk, fit to be shown: on one line, without control signs."""
    return " ".join(printable(name, 300).split())


# --- the places ----------------------------------------------------------------------------


def _in_folder(root: Path, inside: str = "") -> Iterator[File]:
    """The files below a folder; a learner's empty folder is a file that cannot be read."""
    try:
        entries = sorted(root.iterdir())
    except OSError as error:
        if not inside:
            raise NothingThere(f"{root} cannot be read ({error.strerror}).") from None
        yield File(inside, bytes, refused=f"the folder cannot be read ({error.strerror})")
        return
    entries = [entry for entry in entries if not _is_litter(entry.name)]
    if inside and not entries:
        yield File(inside + "/", bytes, refused="the folder is empty")
    for entry in entries:
        name = inside + "/" + entry.name if inside else entry.name
        if entry.is_symlink():  # it may lead to another learner's file
            yield File(name, bytes, refused="this is a link, not a file")
        elif entry.is_dir():
            yield from _in_folder(entry, name)
        elif not entry.is_file():
            yield File(name, bytes, refused="this is not a file")
        elif entry.suffix.lower() == ".zip":
            yield from _unzipped(name, functools.partial(Path, entry))
        else:
            yield File(name, functools.partial(_load, entry))


def _load(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _unzipped(name: str, source: Callable[[], Path | io.BytesIO]) -> list[File]:
    """A learner's own zip, as if it were a folder; one file that cannot be read, if it is none.

    It is opened anew for each reading: a class has more zips than a process may have files.
    """

    def opened() -> zipfile.ZipFile:
        return zipfile.ZipFile(source())

    try:
        with opened() as archive:
            members = list(_members(archive, _OWN_FILES))
    except _BAD_ZIP as error:
        return [File(name, bytes, refused=f"the zip cannot be opened ({_why(error)})")]
    own = name[: -len(".zip")]
    files = [File(f"{own}/{within}", _Member(opened, info)) for within, info in members]
    return files or [File(name, bytes, refused="the zip is empty")]


def _in_zip(path: Path) -> Iterator[File]:
    """The files of a whole class's zip, which stays open."""
    try:
        archive = zipfile.ZipFile(path)
        members = list(_members(archive))
    except _BAD_ZIP as error:
        raise NothingThere(f"{path} is neither a folder nor a readable zip ({error}).") from None
    tops = {name.split("/")[0] for name, _ in members if "/" in name}
    alone = len(tops) == 1 and all("/" in name for name, _ in members)
    strip = alone and next(iter(tops)).casefold() in (path.stem.casefold(), "submissions")
    for name, info in members:
        load = _Member(lambda: contextlib.nullcontext(archive), info)
        name = name.split("/", 1)[1] if strip else name
        if name.lower().endswith(".zip"):
            yield from _unzipped(name, functools.partial(_whole, load))
        else:
            yield File(name, load)


def _members(
    archive: zipfile.ZipFile, most: int = _ZIPS_FILES
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """A zip's files with their names, which lead nowhere outside."""
    infos = archive.infolist()
    if len(infos) > most:
        raise ValueError(f"it holds more than {most:,} files")
    for info in sorted(infos, key=lambda info: info.filename):
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        parts = [part for part in parts if part not in ("/", ".", "..")]
        if not info.is_dir() and parts and not any(map(_is_litter, parts)):
            yield "/".join(parts), info


@dataclass(frozen=True)
class _Member:
    """Reads one file of a zip; a bomb is cut off at the size of a notebook."""

    opened: Callable[[], contextlib.AbstractContextManager]
    info: zipfile.ZipInfo

    def __call__(self) -> bytes:
        with self.opened() as archive, archive.open(self.info) as file:
            return file.read(MAX_BYTES + 1)


def _whole(load: Callable[[], bytes]) -> io.BytesIO:
    content = load()
    if len(content) > MAX_BYTES:
        raise ValueError("too large")
    return io.BytesIO(content)


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name in _LITTER


# --- whose it is ---------------------------------------------------------------------------


class _Roster:
    """The people of a course, by all that an LMS may call them."""

    def __init__(self, people: Iterable[Person]):
        self.people = list(people)
        self.ids: dict[tuple[str, str], str] = {}
        names: dict[str, set[str]] = {}
        for person in self.people:
            learner = shown(person.learner)
            self.ids |= {("canvas", person.canvas): learner, ("moodle", person.moodle): learner}
            spelled = (person.learner, person.name, person.email, person.login, person.sis)
            for name in spelled:
                names.setdefault(_plain(name), set()).add(learner)
            first, _, last = person.name.rpartition(" ")  # Canvas writes doejane
            names.setdefault(_plain(last + first), set()).add(learner)
        self.names = {name: who.copy().pop() for name, who in names.items() if len(who) == 1}

    def find(self, kind: str, number: str, name: str) -> str:
        """The roster's own name for somebody; empty if it has none, or several."""
        by_number = self.ids.get((kind, number)) if number else None
        return by_number or (self.names.get(_plain(name), "") if name else "")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


# How an LMS names files, and where in such a name a learner's number could stand.
_NAMES = {
    "moodle": (_MOODLE, re.compile(r"_(\d+)(?=_assignsubmission_)")),
    "anonymous": (_CANVAS_ANON, re.compile(r"(?!)")),
    "canvas": (_CANVAS, re.compile(r"_(\d+)(?=_\d+_)")),
}


def _owner(file: File, roster: _Roster) -> tuple[str, File]:
    """Whose file it is, and the file with its place in the LMS's own order."""
    top, _, below = file.name.partition("/")
    for kind, (pattern, number) in _NAMES.items():
        match = pattern.fullmatch(top)
        if match:
            if kind != "moodle":
                file = dataclasses.replace(file, order=int(match["file"][:18]))
            numbers = set(number.findall(top))
            if kind == "moodle" and len(numbers) > 1:
                return top, file  # somebody's name, or file, that looks like somebody else's
            several = len({roster.find(kind, its, "") for its in numbers} - {""}) > 1
            known = "" if several else roster.find(kind, match["id"], match["who"])
            return known or f"{match['who']}_{match['id']}", file
    who = top if below else _without_lesson(PurePosixPath(top).stem or top)
    return roster.find("", "", who) or who or "?", file


@functools.cache
def _stems() -> tuple[str, ...]:
    """The names of the course's notebooks, without `.ipynb`."""
    lessons = course_folder() / "lessons"
    return tuple(path.stem for path in sorted(lessons.glob("[0-9][0-9]_*.ipynb")))


def _without_lesson(stem: str) -> str:
    """`ada_03_feature_matching` is ada's."""
    endings = (re.search(rf"(.+?)[ _-]+{re.escape(name)}$", stem) for name in _stems())
    return next((match[1] for match in endings if match), stem)


def _notebooks(files: list[File]) -> tuple[File, ...]:
    """The notebooks among somebody's files, or all of them if there is none: each has a reason."""
    files = sorted(files, key=lambda file: file.name)
    notebooks = [file for file in files if file.name.lower().endswith(".ipynb")]
    return tuple((notebooks or files)[:_MOST_FILES])


# --- what it is ----------------------------------------------------------------------------


def digest(content: bytes, refused: str = "") -> str:
    """What tells two contents apart."""
    return hashlib.sha256(content + b"\0" + refused.encode("utf-8", "replace")).hexdigest()


def lesson_of(name: str, content: bytes) -> str:
    """The lesson that a file says it is: by its metadata, its exercises, its name; else empty."""
    known = _exercises()
    said = [match.decode() for match in _SAID.findall(content)]
    if said and said[-1] in known:  # metadata stands at a notebook's end
        return said[-1]
    count = {
        lesson: sum(f'"{its}"'.encode() in content or f"def {its}(".encode() in content
                    for its in names)
        for lesson, names in known.items()
    }  # fmt: skip
    best = max(count, key=lambda lesson: count[lesson])
    if count[best] > 1 or (count[best] and sorted(count.values())[-2] == 0):
        return best
    for stem in _stems():
        if stem in name and stem[:2] in known:
            return stem[:2]
    number = re.match(r"(?:lesson[ _-]*)?(\d\d)(?!\d)", PurePosixPath(name).name)
    return number[1] if number and number[1] in known else ""


@functools.cache
def _exercises() -> dict[str, tuple[str, ...]]:
    lessons: dict[str, list[str]] = {}
    for name, exercise in exercises().items():
        lessons.setdefault(exercise.lesson, []).append(name)
    return {lesson: tuple(names) for lesson, names in lessons.items()}
