"""A batch's folder: one record a submission, there whole or not at all.

`records/NAME.json` is the only truth; every report is made from it. A record is written beside its
place, brought to the disk, and then renamed: whatever kills the grader, it leaves no half record.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

VERSION = 1
PART = ".part"  # what a record is called while it is being written


class InUse(Exception):
    """Another grader is at work in the folder."""


def canonical(value: Any) -> bytes:
    """The one way to write something down: the same value gives the same bytes."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False)
    return (text + "\n").encode("utf-8", "backslashreplace")  # half a letter, as JSON escapes it


def stem(learner: str) -> str:
    """A file name for a learner: readable, safe everywhere, and not one for two learners."""
    folded = unicodedata.normalize("NFKD", learner.lower()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9_-]+", "_", folded).strip("_-")[:48]
    taken = re.fullmatch(r"|con|prn|aux|nul|(com|lpt)\d|.*-[0-9a-f]{8}", slug)
    if slug == learner and not taken:
        return slug
    return f"{slug or 'learner'}-{hashlib.sha256(learner.encode()).hexdigest()[:8]}"


class Folder:
    """The folder of a batch, held by one grader at a time.

    Use it as a context manager: entering makes it, and raises `InUse` if it is taken.
    """

    def __init__(self, path: Path):
        self.path = Path(path)
        self.records = self.path / "records"
        self._lock: TextIO | None = None

    def __enter__(self) -> Folder:
        import fcntl

        self.records.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / ".lock").open("w")  # the system lets go of it when we die
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise InUse(f"Another grader is at work in {self.path}.") from None
        for left in (*self.path.glob(f"*{PART}"), *self.records.glob(f"*{PART}")):
            left.unlink()
        return self

    def __exit__(self, *exception: object) -> None:
        self._lock.close()

    def has_records(self) -> bool:
        """Whether anything was graded here before."""
        return any(self.records.glob("*.json"))

    def read(self, name: str) -> dict:
        """A record; an empty one if there is none, or none that can be read."""
        return self.load(f"records/{name}.json")

    def load(self, name: str) -> dict:
        """A file of this grader's own; empty if it is not there or makes no sense."""
        with contextlib.suppress(OSError, ValueError):
            value = json.loads((self.path / name).read_bytes())
            return value if isinstance(value, dict) else {}
        return {}

    def write(self, name: str, record: dict) -> None:
        """Record one submission; an OSError if the disk cannot take it."""
        self.store(f"records/{name}.json", record)

    def store(self, name: str, value: Any) -> None:
        """Put a file in its place, whole."""
        path = self.path / name
        part = path.with_name(path.name + PART)
        try:
            with part.open("wb") as file:
                file.write(canonical(value))
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
            _to_disk(path.parent)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise

    def remove(self, name: str) -> None:
        """Take a file away, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def set_aside(self, keep: Iterable[str]) -> list[str]:
        """Move records of submissions that are not there any more into `superseded/`."""
        keep, moved = set(keep), []
        for path in sorted(self.records.glob("*.json")):
            if path.stem not in keep:
                aside = self.path / "superseded"
                aside.mkdir(exist_ok=True)
                os.replace(path, aside / path.name)
                moved.append(path.stem)
        return moved


def _to_disk(folder: Path) -> None:
    """Make a renaming last, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
