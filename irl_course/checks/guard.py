"""Calling a learner's function: bounded in time, on copies, its traceback trimmed to their part."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import linecache
import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

_OURS = str(Path(__file__).parent)
_PACKAGE = str(Path(__file__).parents[1])


class TimeUp(BaseException):
    """The learner's function ran out of time.

    A BaseException, so that an `except Exception` in a learner's loop does not swallow it.
    """


class AnswerFailed(Exception):
    """The learner's function raised; carries the exception's name and the trimmed traceback."""

    def __init__(self, kind: str, text: str):
        super().__init__(text)
        self.kind = kind
        self.text = text


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeUp` in the main thread after so many seconds of wall time.

    Uses the alarm signal where there is one and the interrupt of Python's main thread elsewhere
    (Windows). In another thread nothing can be interrupted, and no limit is set.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "setitimer"):
        yield from _alarm(seconds)
    else:
        yield from _interrupt(seconds)


def _alarm(seconds: float) -> Iterator[None]:
    def ring(signum: int, frame: Any) -> None:
        raise TimeUp

    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    pending, interval = signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if pending:  # somebody else's alarm (a test runner's): give it back what is left
            left = max(pending - (time.monotonic() - started), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _interrupt(seconds: float) -> Iterator[None]:
    import _thread

    rung = threading.Event()

    def ring() -> None:
        rung.set()
        _thread.interrupt_main()

    # Python interrupts nothing where the interrupt is ignored, as in a shell's background.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, ring)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if rung.is_set():
            raise TimeUp from None
        raise  # the learner pressed stop
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def call(
    answer: Callable, args: tuple, seconds: float, names: tuple[str, ...]
) -> tuple[Any, str | None]:
    """Call a learner's function on copies of `args`.

    Args:
        answer: the learner's function, or a proxy for it in another process.
        args: what to call it with; never changed.
        seconds: how long it may run.
        names: what the arguments are called, for messages.

    Returns:
        What it returned, and the name of an argument it changed in place (or None).

    Raises:
        NotImplementedError: the exercise is untouched.
        TimeUp: it ran longer than allowed.
        AnswerFailed: it raised.
    """
    given = copy.deepcopy(args)
    try:
        with time_limit(seconds):
            value = answer(*given)
    except (TimeUp, AnswerFailed, KeyboardInterrupt):
        raise
    except NotImplementedError as error:
        if not error.args:  # the stub's own; a library says what it has not implemented
            raise
        raise AnswerFailed(type(error).__name__, trimmed_traceback(error)) from None
    except BaseException as error:  # SystemExit too: `exit()` in an answer must not end the lesson
        raise AnswerFailed(type(error).__name__, trimmed_traceback(error)) from None
    return value, _changed(args, given, names)


def _changed(before: tuple, after: tuple, names: tuple[str, ...]) -> str | None:
    """Which part of the arguments differs, named as the learner would name it."""
    for old, new, called in zip(before, after, names, strict=False):
        try:
            for name, a, b in _arrays(old, new, f"`{called}`"):
                if a.shape != b.shape or not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
                    return name
        except Exception:  # something of another kind was put in its place
            return f"`{called}`"
    return None


def _arrays(old: Any, new: Any, name: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """All pairs of arrays in two copies of one argument."""
    if isinstance(old, np.ndarray):
        yield name, old, np.asarray(new)
    elif isinstance(old, (list, tuple)):
        if len(old) != len(new):
            yield name, np.zeros(len(old)), np.zeros(len(new))
            return
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _arrays(a, b, f"{name}[{index}]")
    elif dataclasses.is_dataclass(old):
        for field in dataclasses.fields(old):
            pair = getattr(old, field.name), getattr(new, field.name)
            yield from _arrays(*pair, f"{name}'s {field.name}")


def trimmed_traceback(error: BaseException) -> str:
    """The learner's own part of a traceback, with nothing that changes from run to run."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_ours(f.filename)]
    while len(frames) > 1 and "site-packages" in frames[-1].filename:
        frames.pop()  # what a library did inside says less than the line that called it
    if isinstance(error, SyntaxError):
        frames = []
    lines: list[str] = []
    for frame in frames[:1] + ["…"] + frames[-3:] if len(frames) > 4 else frames:
        if frame == "…":
            lines.append("  …")
            continue
        source = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
        lines.append(f"  {_place(frame.filename)}, line {frame.lineno}, in {frame.name}")
        lines += [f"    {source}"] if source else []
    summary = "".join(traceback.format_exception_only(error)).strip()
    return "\n".join([*lines, re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", summary)])


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OURS)


def _place(filename: str) -> str:
    if "ipykernel_" in filename or filename.startswith("<"):
        return "your cell"
    path = Path(filename)
    if filename.startswith(_PACKAGE):
        return f"irl_course/{path.relative_to(_PACKAGE).as_posix()}"
    return path.name
