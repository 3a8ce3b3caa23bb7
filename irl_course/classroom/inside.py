"""What runs inside the sandbox: the warm parent, and the child that serves one submission.

The warm parent never sees learner code, a seed or a hidden problem. It imports what the lessons
import, and then forks, one child at a time, on the word of the grader. A child locks itself down,
says so, and only then is sent a learner's cells; from there on it belongs to the learner, and
what it answers is a claim, not a fact.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import dataclasses
import functools
import gc
import importlib
import io
import linecache
import os
import pkgutil
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from irl_course.classroom import sandbox, wire

FORK, CPU, END = b"F", b"C", b"E"  # the grader's words to the warm parent
READY, PID, SECONDS, ENDED = b"R", struct.Struct("<q"), struct.Struct("<d"), struct.Struct("<qdq")
ALIVE = -1
OUTPUT = 20_000  # characters kept of one cell's output
TEXT = 4_000  # and of one error's


# --- the warm parent -----------------------------------------------------------------------


def main(control: str, level: str) -> None:
    """Warm up, say so, and serve the grader until it is gone."""
    sandbox.hide()
    warm_up()
    if level == "bubblewrap":
        _wipe(sandbox.TMP)
    with socket.socket(fileno=int(control)) as grader:
        grader.sendall(READY)
        parent = _Parent(grader, level)
        try:
            parent.serve()
        finally:
            parent.end()
            if level != "bubblewrap":  # where the home goes away with the mount space
                shutil.rmtree(os.environ["HOME"], ignore_errors=True)


def warm_up() -> None:
    """Import all that lessons import, and make the checks inert: the grader alone judges."""
    warnings.simplefilter("ignore")
    for name in ("scipy.optimize", "scipy.special", "scipy.stats", "cvxpy", "matplotlib.pyplot"):
        importlib.import_module(name)
    package = importlib.import_module("irl_course")
    for found in pkgutil.walk_packages(package.__path__, "irl_course."):
        if found.name.split(".")[1] not in ("__main__", "classroom", "cli", "jupyter", "notebooks"):
            importlib.import_module(found.name)
    _disarm(sys.modules["irl_course.checks"])
    gc.collect()
    gc.freeze()


def _disarm(checks: types.ModuleType) -> None:
    """Leave of the checks what stands in for answers; answers have no use for the rest of them."""
    checks.check = sys.modules["irl_course.checks.notebook"].check = _Inert()
    checks.exercises()
    for exercises in sys.modules["irl_course.checks.core"]._lessons().values():
        for name, exercise in exercises.items():
            exercises[name] = dataclasses.replace(
                exercise, problems=_nothing, parts=(), misconceptions=()
            )
    for name in [name for name in vars(checks) if name.startswith("lesson_")]:
        delattr(checks, name)
        sys.modules[f"irl_course.checks.{name}"] = None  # cannot be imported again


class _Inert:
    """`check` in the sandbox, and IPython's shell: it hands every answer back, and says nothing."""

    def __call__(self, answer: Any, name: str | None = None) -> Any:
        return answer

    def __getattr__(self, name: str) -> Callable:
        return lambda *args, **kwargs: None


class _Parent:
    """Forks one child at a time for the grader, tells its CPU seconds, and ends it."""

    def __init__(self, grader: socket.socket, level: str):
        self.grader, self.level = grader, level
        self.child = 0
        self.folder: str | None = None

    def serve(self) -> None:
        """Do what the grader says until it hangs up."""
        while True:
            word, descriptors, _, _ = socket.recv_fds(self.grader, 1, 2)
            if word == FORK:
                self.fork(*descriptors)
                self.grader.sendall(PID.pack(self.child))
            elif word == CPU:
                self.grader.sendall(SECONDS.pack(cpu_seconds(self.child)))
            elif word == END:
                self.grader.sendall(ENDED.pack(*self.end()))
            else:
                return

    def fork(self, reading: int, writing: int) -> None:
        """A child that serves one submission over two pipes."""
        self.end()
        if self.level == "bubblewrap":
            self.folder = tempfile.mkdtemp(prefix="learner-", dir=sandbox.TMP)
        self.child = os.fork()
        if not self.child:
            try:
                _child(reading, writing, self.level, self.folder)
            finally:
                os._exit(0)
        os.close(reading)
        os.close(writing)

    def end(self) -> tuple[int, float, int]:
        """Bury the child with all its threads; kill it if it does not end by itself at once.

        Returns:
            Its wait status (ALIVE if it had to be killed), CPU seconds, peak memory in kilobytes.
        """
        if not self.child:
            return 0, 0.0, 0
        for _ in range(100):
            pid, status, used = os.wait4(self.child, os.WNOHANG)
            if pid:
                break
            time.sleep(5e-4)
        else:
            os.kill(self.child, signal.SIGKILL)
            status, used = ALIVE, os.wait4(self.child, 0)[2]
        self.child = 0
        if self.folder:
            _wipe(sandbox.TMP)
        return status, used.ru_utime + used.ru_stime, used.ru_maxrss


def _wipe(folder: str) -> None:
    """Empty a folder, however deep and odd what somebody left there; an OSError if it cannot be."""
    for left in os.scandir(folder):
        try:
            os.rmdir(left) if left.is_dir(follow_symlinks=False) else os.unlink(left)
        except OSError:  # not empty; or its folders may be entered, but not listed
            for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
                subprocess.run([*command, left.path], stderr=subprocess.DEVNULL)
            if os.path.lexists(left.path):
                raise


def cpu_seconds(pid: int) -> float:
    """What a process and its threads have used; 0 where the system cannot tell."""
    if not pid or not sys.platform.startswith("linux"):
        return 0.0
    clock = ~pid << 3 | 2  # a process's own, as the C library makes its number
    with contextlib.suppress(OSError):
        return time.clock_gettime(clock)
    return 0.0


# --- the child ------------------------------------------------------------------------------


def _child(reading: int, writing: int, level: str, folder: str | None) -> None:
    channel = wire.Channel(reading, writing)
    if folder:
        os.chdir(folder)
        tempfile.tempdir = folder
    try:
        sandbox.lock_down(level, [reading, writing], sandbox.Limits(), folder)
        said = {"locked": sandbox.evidence() if level != "limits" else {}}
    except sandbox.NotLocked as error:
        said = {"fault": str(error)}
    channel.send(said)
    if "locked" in said:
        Session(channel).serve()


class CourseOwn(BaseException):
    """The answer called the package's own implementation of the exercise under way."""

    raised = False  # in this call; an answer may have caught it

    def __init__(self):
        CourseOwn.raised = True


class Session:
    """A learner's names, and what the grader may ask of them: run a cell, call a function.

    Every request is a dict whose `do` names a method, and gets one reply with its number.
    """

    def __init__(self, channel: wire.Channel):
        self.channel = channel
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        self.names |= {"display": _nothing, "get_ipython": _Inert, "In": [], "Out": {}}
        self.future = 0  # what cells imported from __future__, as IPython keeps it
        random.seed(0)  # what an answer draws without a seed is the same in every run
        np.random.seed(0)  # noqa: NPY002
        self.own: dict[str, Any] = {}  # the learner's functions where the course's stand in
        self.judged = ""  # the exercise whose calls are under way
        self.refusal = contextlib.ExitStack()  # of the course's own function, for so long

    def serve(self) -> None:
        """Answer requests until the grader hangs up."""
        while True:
            request = self.channel.receive()
            number, do = request.pop("number"), request.pop("do")
            reply = getattr(self, do)(**request)
            self.channel.send({"number": number} | reply)

    def run(self, source: str, label: str) -> dict:
        """Run one cell; its output and its error, if any."""
        self.refusal.close()
        self.judged = ""
        kept = _Kept()
        try:
            with contextlib.redirect_stdout(kept), contextlib.redirect_stderr(kept):
                self._execute(source, f"<{label}>")
            reply = {"error": None}
        except BaseException as error:
            reply = {"error": type(error).__name__, "text": _traceback(error)}
        return reply | {"output": "".join(kept.parts)}

    def _execute(self, source: str, filename: str) -> None:
        source = plain_python(source)
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        code = compile(source, filename, "exec", self.future, dont_inherit=True)
        self.future |= code.co_flags & _FUTURE
        try:
            exec(code, self.names)
        except Exception as error:
            for rest in _definitions_after(error, source, filename):
                with contextlib.suppress(Exception):
                    exec(compile(rest, filename, "exec", self.future, True), self.names)
            raise

    def look(self, name: str) -> dict:
        """What stands under a name: "callable", "absent", or its class."""
        if name not in self.names:
            return {"kind": "absent"}
        value = self.names[name]
        return {"kind": "callable" if callable(value) else type(value).__name__}

    def call(self, name: str, args: list) -> dict:
        """Call a function on fresh arguments; what it printed is dropped."""
        if name != self.judged:
            self.refusal.close()
            self.refusal.enter_context(_without_the_courses(name))
            self.judged = name
        before = wire.encode(args)
        CourseOwn.raised = False
        silent = _Kept(0)
        try:
            with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
                value = _as_data(self.names[name](*args))
        except BaseException as error:
            untouched = isinstance(error, NotImplementedError) and not error.args
            reply = {"raised": type(error).__name__, "text": _traceback(error)}
            return reply | {"untouched": untouched, "own": CourseOwn.raised}
        reply = {"value": value, "own": CourseOwn.raised}
        after = _as_data(args)
        return reply if wire.encode(after) == before else reply | {"args": after}

    def stand_in(self, name: str) -> dict:
        """Put the course's function in the place of the learner's."""
        self.own.setdefault(name, self.names.get(name, _nothing))
        self.names[name] = _find(name).reference
        return {}

    def give_back(self, name: str) -> dict:
        """Put the learner's function back in its place."""
        self.names[name] = self.own.pop(name)
        return {}

    def as_arrays(self, name: str) -> dict:
        """Let a right function that returns lists return arrays, as the notebook does."""
        core = sys.modules["irl_course.checks.core"]
        self.names[name] = core.as_arrays(_find(name), self.names[name])
        return {}


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stands for IPython's display and get_ipython."""


def _find(name: str) -> Any:
    return sys.modules["irl_course.checks.core"].find(name)


class _Kept(io.TextIOBase):
    """Output up to a length; the rest is counted as written and forgotten."""

    def __init__(self, room: int = OUTPUT):
        self.room = room
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(self.parts[-1])
        return len(text)


def _as_data(value: Any) -> Any:
    """The value as it will arrive, or a stand-in that says why it cannot be sent.

    From here on it is plain data: no method of the learner's runs when it is sent.
    """
    try:
        return wire.decode(wire.encode(value))
    except wire.WireError as error:
        return wire.foreign(type(value).__name__, f"a result that cannot be sent: {error}")


def _traceback(error: BaseException) -> str:
    """The learner's own part of a traceback."""
    guard = sys.modules["irl_course.checks.guard"]
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next  # our own frames above theirs
    with contextlib.suppress(BaseException):
        return guard.trimmed_traceback(error.with_traceback(frames))[:TEXT]
    return type(error).__name__


# What is left out of a cell: magics and shell lines, and questions after a name. `%time` runs
# what follows it, and the result of a magic is not to be had.
_MAGICS = {
    r"^([ \t]*)%time[ \t]+(?!-)(.*)$": r"\1\2",
    r"^([ \t]*[\w, \t]+=[ \t]*)[%!].*$": r"\1None",
    r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??|(?:pip|conda) install .*)$": r"\1pass",
}


def plain_python(source: str) -> str:
    """A cell without IPython's magics and shell lines, if it is not Python as it stands."""
    source = source.removeprefix("\ufeff")
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        first = source.lstrip()
        if first.startswith("%%") and not re.match(r"%%(time|timeit|capture|prun)\b", first):
            return ""
        for magic, python in _MAGICS.items():
            source = re.sub(magic, python, source, flags=re.MULTILINE)
    return source


_FUTURE = functools.reduce(
    int.__or__, [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
)
_DEFINITIONS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom,
    ast.Assign, ast.AnnAssign,
)  # fmt: skip


def _definitions_after(error: Exception, source: str, filename: str) -> list[ast.Module]:
    """What a cell would have defined below the statement that failed.

    That statement may have needed the lesson's own worlds, a file, a package or somebody to type:
    things that the learner has and the grader has not, and no reason not to judge a function.
    """
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != filename:
        frames = frames.tb_next
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        rest = [
            node for node in ast.parse(source).body if frames and node.lineno > frames.tb_lineno
        ]
        return [ast.Module([node], []) for node in rest if isinstance(node, _DEFINITIONS)]
    return []


# --- the package's own implementations -----------------------------------------------------

_SAME = {"value_iteration": "policy_iteration"}  # gives the same, by another name


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise __import__("sys").modules["irl_course.classroom.inside"].CourseOwn()


@contextlib.contextmanager
def _without_the_courses(name: str) -> Iterator[None]:
    """While answers to an exercise are called, the package's functions of its name refuse.

    Their code is exchanged, not their names, so that no alias escapes. Somebody who copies the
    code could as well have pasted the source: what counts is that the plain way is closed.
    """
    functions = _courses(name)
    codes = [function.__code__ for function in functions]
    try:
        for function in functions:
            function.__code__ = _refuse.__code__
        yield
    finally:
        for function, code in zip(functions, codes, strict=True):
            function.__code__ = code


def _courses(name: str) -> list[types.FunctionType]:
    """The package's functions of one name, wherever they stand, and what does the same."""
    found = [
        vars(module).get(its)
        for key, module in list(sys.modules.items())
        for its in (name, _SAME.get(name))
        if key.startswith("irl_course.") and module is not None
    ]
    with contextlib.suppress(KeyError):
        found.append(_find(name).reference)
    plain = [f for f in found if isinstance(f, types.FunctionType) and not f.__closure__]
    return list({id(function): function for function in plain}.values())
