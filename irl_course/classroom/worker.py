"""The grader's side of the sandbox: a warm parent, and a worker of it for each submission.

All that a worker says is a claim of the learner's code. It can only be an answer to the call
under way: it carries that call's number, comes before the next call is sent, and is data. A
worker that breaks this, dies or runs out of time has `Ended`, which is the learner's affair; what
is not the learner's affair is a `GraderFault`, and no mark may follow from it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from typing import Any

from irl_course.classroom import inside, sandbox, wire

START_SECONDS = 120.0  # for importing everything, on a busy machine
WIPE_SECONDS = 300.0  # for a worker's end: it may leave millions of files
WALL = 3.0  # seconds of the clock allowed for each CPU second: sleeping is not free
_BRIEF = 0.1  # seconds: what takes less is not measured


class GraderFault(Exception):
    """The grader's machinery failed: this says nothing about the submission."""


class Ended(Exception):
    """The worker is gone, by the doing of the code that ran in it; the message says how."""


class OutOfTime(Ended):
    """The code under way used up its seconds."""


class Warm:
    """The warm parent: a process that has everything imported, and forks workers.

    Use it as a context manager, in a thread that lives as long: the system ends what a thread
    has started with the thread. One worker lives at a time.
    """

    def __init__(self, level: str | None = None):
        self.level = level or sandbox.best()
        inside_only = self.level == "bubblewrap"
        self._home = "" if inside_only else tempfile.mkdtemp(prefix="irl-course-warm-")
        ours, theirs = socket.socketpair()
        self._control = ours
        argv = sandbox.command(self.level, "inside.main", str(theirs.fileno()), self.level)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            self._process = subprocess.Popen(
                argv, env=sandbox.environment(self._home or sandbox.TMP), cwd="/",
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self._errors,
            )  # fmt: skip
        try:
            self._heard(len(inside.READY), START_SECONDS)
        except GraderFault:
            self.close()
            raise

    def worker(self) -> Worker:
        """A fresh worker, which has said that it is locked down."""
        to_child, our_end = os.pipe()
        our_start, from_child = os.pipe()
        os.set_blocking(our_end, False)
        try:
            socket.send_fds(self._control, [inside.FORK], [to_child, from_child])
            self._heard(inside.PID.size)
        except (OSError, GraderFault) as error:
            os.close(our_end)
            os.close(our_start)
            raise GraderFault(f"there is no worker: {error}") from None
        finally:
            os.close(to_child)
            os.close(from_child)
        return Worker(self, wire.Channel(our_start, our_end))

    def cpu_seconds(self) -> float:
        """What the worker has used so far."""
        self._say(inside.CPU)
        return inside.SECONDS.unpack(self._heard(inside.SECONDS.size))[0]

    def end(self) -> tuple[int, float, int]:
        """End the worker; its wait status, its CPU seconds, its peak memory in kilobytes."""
        self._say(inside.END)
        return inside.ENDED.unpack(self._heard(inside.ENDED.size, WIPE_SECONDS))

    def close(self) -> None:
        """End everything. The worker dies with the warm parent."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _say(self, word: bytes) -> None:
        try:
            self._control.sendall(word)
        except OSError as error:
            raise GraderFault(f"the warm parent is gone ({error})") from None

    def _heard(self, length: int, seconds: float = 60.0) -> bytes:
        heard = b""
        try:
            self._control.settimeout(seconds)
            while len(heard) < length:
                part = self._control.recv(length - len(heard))
                if not part:
                    raise OSError(f"it is gone, {self._last_words()}")
                heard += part
        except OSError as error:
            self._control.close()  # what comes late must not be taken for another answer
            raise GraderFault(f"the warm parent does not answer: {error}") from None
        return heard

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError, IndexError):
            self._errors.seek(0)
            text = self._errors.read(100_000).decode("utf-8", "replace")
            return "saying " + text.strip().splitlines()[-1][:300]
        return "saying nothing"


class Worker:
    """One locked-down child, from "locked" to its end."""

    def __init__(self, warm: Warm, channel: wire.Channel):
        self.warm, self.channel = warm, channel
        self.ended: Ended | None = None
        self.spent = 0.0  # CPU seconds of the last request, or a little more
        self.used: tuple[float, int] = (0.0, 0)  # CPU seconds and peak kilobytes, at its end
        try:
            said = channel.receive(wire.deadline(60.0))
        except (wire.WireError, wire.Late) as error:
            said = {"fault": f"it never said that it is locked ({error})"}
        lacking = sandbox.missing(warm.level, said.get("locked"))
        if "fault" in said or lacking:
            self.close()
            reason = said.get("fault") or f"still possible: {', '.join(lacking)}"
            raise GraderFault(f"a worker could not be locked down: {reason}")

    def ask(self, do: str, cpu: float = 10.0, **fields: Any) -> dict:
        """Send one request, and wait for its reply.

        Args:
            do: a method of `inside.Session`.
            cpu: CPU seconds that it may take; three times as many seconds by the clock.
            fields: the method's arguments.

        Raises:
            Ended: there is no reply, and there will be no other.
            GraderFault: the machinery failed.
        """
        if self.ended:
            raise self.ended
        number = secrets.randbits(62)  # no thread left running can know the next one
        meter = _Meter(self.warm, cpu)
        try:
            if not self.channel.idle():
                raise wire.WireError("something was written between two calls")
            self.channel.send({"do": do, "number": number, **fields}, meter)
            reply = self.channel.receive(meter)
            if type(reply) is not dict or reply.pop("number", None) != number:
                raise wire.WireError("not an answer to the call under way")
            self.spent = meter.spent()
            return reply
        except wire.Late:
            self._end(OutOfTime(f"still running after {cpu:g} seconds"))
        except wire.Closed:
            self._end(None)
        except wire.WireError as error:
            self._end(Ended(f"its process sent what is no answer: {error}"))
        raise self.ended

    def close(self) -> tuple[float, int]:
        """End it; CPU seconds and peak kilobytes that it used."""
        self._end(Ended("closed"))
        return self.used

    def _end(self, why: Ended | None) -> None:
        if self.ended:
            return
        self.ended = why or Ended("its process is gone")
        self.channel.close()
        status, *used = self.warm.end()
        self.used = tuple(used)
        if why is None:
            self.ended = self._how(status, self.used[0])

    def _how(self, status: int, cpu: float) -> Ended:
        """What became of a process whose pipe is closed."""
        if status == inside.ALIVE or not os.WIFSIGNALED(status):
            return Ended("its process ended itself")
        number = os.WTERMSIG(status)
        known = number in set(signal.Signals)
        name = signal.Signals(number).name if known else f"signal {number}"
        if name == "SIGKILL" and cpu >= 0.9 * sandbox.Limits.cpu:
            return OutOfTime("all its CPU seconds used up")
        if name in ("SIGKILL", "SIGTERM") and self.warm.level != "limits":
            # the lock keeps it from sending itself one: somebody else did, or memory was short
            raise GraderFault(f"a worker was killed from outside ({name})")
        return Ended(f"its process crashed ({name})")


class _Meter:
    """Watches one request: raises `Late` once its CPU or clock seconds are used up."""

    def __init__(self, warm: Warm, cpu: float):
        self.warm, self.cpu = warm, cpu
        self.started = time.monotonic()
        self.before: float | None = None

    def __call__(self) -> float:
        """Seconds until it wants to look again."""
        passed = time.monotonic() - self.started
        if passed >= WALL * self.cpu:
            raise wire.Late
        if passed > _BRIEF:  # nearly every call is over by then, and costs no question
            used = self.warm.cpu_seconds()
            self.before = used - _BRIEF if self.before is None else self.before
            if used - self.before >= self.cpu:
                raise wire.Late
        return min(_BRIEF, WALL * self.cpu - passed)

    def spent(self) -> float:
        """CPU seconds of the request, or a little more."""
        if self.before is None:
            return min(time.monotonic() - self.started, 2 * _BRIEF)
        return self.warm.cpu_seconds() - self.before
