"""Where the lessons lie, and a learner's working copy of them.

Standard library only: the command line asks it before anything else is imported.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent / "_course"  # in a wheel only: setup.py puts it there

_README = """\
# Your copy of the course

The lessons in `lessons/` are yours: work in them, add cells, save. In this folder, type

- `irl-course lab` to open the lessons in JupyterLab,
- `irl-course progress` to see how far you are,
- `irl-course check lessons/01_forward_rl.ipynb` to have a notebook checked without a browser.

`irl-course lab --copy .` adds the lessons that are new, after you have installed a newer course. It
leaves every file that is here as it is. To begin a lesson anew, rename yours and type the same: a
fresh one comes beside it.
"""

_CURES = {
    errno.ENOSPC: "Make room and type the same again: what has arrived is kept.",
    errno.EDQUOT: "Make room and type the same again: what has arrived is kept.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
    errno.EEXIST: "There is a file of that name: choose another name.",
    errno.ENOTDIR: "There is a file of that name: choose another name.",
}


class NotCopied(Exception):
    """Why there is no working copy, in a sentence for the learner."""


@dataclass(frozen=True)
class Copy:
    """What became of a working copy: the lessons that were added, and those that were there."""

    folder: Path
    added: list[str]
    kept: list[str]

    def __str__(self) -> str:
        if not self.added:
            return f"{self.folder} has every lesson already. Nothing was changed."
        if not self.kept:
            return f"Your copy of the course, {len(self.added)} lessons: {self.folder}"
        return f"Added to {self.folder}: {', '.join(self.added)}. Yours were left as they are."


def course_folder() -> Path:
    """The folder with `lessons/` and `solutions/`: inside an installed package, else around it."""
    return SHIPPED if SHIPPED.is_dir() else SHIPPED.parents[1]


def first_lesson(folder: Path) -> Path | None:
    """The lesson that a course's folder begins with; None where it has none."""
    return min(folder.glob("lessons/[0-9][0-9]_*.ipynb"), default=None)


def copy_course(folder: Path) -> Copy:
    """Make a learner's working copy of the lessons, or add to it those that it does not have.

    No file that is there is ever written to. A lesson arrives whole or not at all.

    Args:
        folder: a new folder, or an older copy.

    Raises:
        NotCopied: saying why, and what to do.
    """
    lessons = sorted(course_folder().glob("lessons/[0-9][0-9]_*.ipynb"))
    if not lessons:
        raise NotCopied("This installation has no lessons to copy: install the course again.")
    folder = folder.expanduser().resolve()
    copy = Copy(folder, [], [])
    try:
        (folder / "lessons").mkdir(parents=True, exist_ok=True)
        for lesson in lessons:
            new = _add(folder / "lessons" / lesson.name, lesson.read_bytes())
            (copy.added if new else copy.kept).append(lesson.stem)
        _add(folder / "README.md", _README.encode())
    except OSError as error:
        cure = _CURES.get(error.errno, "Choose another folder.")
        reason = error.strerror or type(error).__name__
        raise NotCopied(f"The lessons cannot be copied to {folder} ({reason}). {cure}") from error
    return copy


def _add(path: Path, content: bytes) -> bool:
    """Write a file whole, unless something of its name is there; whether it was written."""
    if os.path.lexists(path):
        return False
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return True
