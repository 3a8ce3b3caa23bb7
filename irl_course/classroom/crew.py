"""Who does the grading: processes of this machine, or a Dask cluster's.

Both take units as they come and give back each with its reply, in any order. A process that dies
costs time: its unit is given to another one, up to three times.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from multiprocessing.connection import Connection, wait

from irl_course.classroom import sandbox
from irl_course.classroom.unit import ATTEMPTS, READY, Unit

HANG_SECONDS = 900.0  # for one lesson, by the clock: far beyond what the workers' own limits allow
CONNECT_SECONDS = 30  # to a scheduler
_BAD_STARTS = 3


class Stopped(Exception):
    """The batch cannot go on: why, in a sentence. What is recorded stays recorded."""


class Gone(Exception):
    """The process died."""


class Servant:
    """A process that grades units, one at a time."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        argv = sandbox.command("limits", "unit.serve", str(theirs.fileno()))  # not locked: our own
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            self._process = subprocess.Popen(
                argv, env=os.environ | one | {"MPLBACKEND": "agg"}, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
                start_new_session=True,  # Ctrl-C is the grader's affair
            )  # fmt: skip
        self.connection = Connection(ours.detach())
        self.pid = self._process.pid
        self.unit: Unit | None = None
        self.ready = False
        self.since = time.monotonic()

    def give(self, task: Unit) -> None:
        """Hand over a unit; that it is lost is noticed when the reply is read."""
        self.unit, self.since = task, time.monotonic()
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def answer(self) -> dict | bytes:
        """What it says next.

        Raises:
            Gone: nothing; it is dead.
        """
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            raise Gone(self.last_words()) from None

    def late(self) -> bool:
        """Whether it takes longer than anything can."""
        lessons = len(self.unit.lessons) if self.unit else 1
        return time.monotonic() - self.since > HANG_SECONDS * max(lessons, 1)

    def last_words(self) -> str:
        """The last line of its errors."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            self._errors.seek(0)
            return self._errors.read(100_000).decode("utf-8", "replace").strip().splitlines()[-1]
        return "it said nothing"

    def end(self) -> None:
        """End it; kill it if it is at work. Its workers die with it."""
        self.connection.close()
        if self.unit is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(3)
        self._process.kill()
        self._process.wait()
        self._errors.close()


class Local:
    """Processes of this machine."""

    def __init__(self, jobs: int):
        self.jobs = jobs
        self.servants: list[Servant] = []
        self.queue: deque[Unit] = deque()  # next ones, and those to be tried again
        self.tries: dict[str, int] = {}
        self.bad_starts = 0

    def run(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, dict]]:
        """Grade units; each comes back with its reply.

        Raises:
            Stopped: no process can be started.
        """
        waiting = iter(units)
        try:
            self._hand_out(waiting)
            while self.queue or self._at_work():
                yield from self._replies(waiting)
        finally:
            for servant in self.servants:
                servant.end()
            self.servants.clear()

    def _at_work(self) -> int:
        return sum(servant.unit is not None for servant in self.servants)

    def _hand_out(self, waiting: Iterator[Unit]) -> None:
        """Give every free process a unit, and start processes while there is work for them."""
        self.queue.extend(islice(waiting, max(self.jobs - len(self.queue), 0)))
        while len(self.servants) < min(self.jobs, len(self.queue) + self._at_work()):
            self._start()
        for servant in self.servants:
            if self.queue and servant.ready and servant.unit is None:
                servant.give(self.queue.popleft())

    def _start(self) -> None:
        try:
            self.servants.append(Servant())
        except OSError as error:
            raise Stopped(f"No process can be started to grade in: {error}.") from None

    def _replies(self, waiting: Iterator[Unit]) -> list[tuple[Unit, dict]]:
        """What became of units meanwhile; who is free gets the next one before that is recorded."""
        done = []
        busy = [servant for servant in self.servants if servant.unit or not servant.ready]
        told = wait([servant.connection for servant in busy], timeout=5.0)
        for servant in busy:
            if servant.connection in told:
                done += self._heard(servant)
            elif servant.late():
                done += self._lost(servant, "it did not come to an end")
        self._hand_out(waiting)
        return done

    def _heard(self, servant: Servant) -> list[tuple[Unit, dict]]:
        try:
            said = servant.answer()
        except Gone as why:
            return self._lost(servant, str(why))
        if said == READY:
            servant.ready, self.bad_starts = True, 0
            return []
        task, servant.unit = servant.unit, None
        return [(task, said)]

    def _lost(self, servant: Servant, why: str) -> list[tuple[Unit, dict]]:
        """A process is gone: its unit is tried again, or given up as a fault."""
        servant.end()
        self.servants.remove(servant)
        task = servant.unit
        if task is None:
            self.bad_starts += 1
            if self.bad_starts >= _BAD_STARTS:
                raise Stopped(f"The processes to grade in do not start: {why}.")
            return []
        self.tries[task.name] = self.tries.get(task.name, 0) + 1
        if self.tries[task.name] < ATTEMPTS:
            self.queue.append(task)
            return []
        return [(task, {"fault": f"the process that graded it died {ATTEMPTS} times"})]


# --- a cluster -----------------------------------------------------------------------------

_here = threading.local()


def on_cluster(task: Unit) -> dict:
    """Grade a unit in a process of this very thread: what a Dask worker is asked to do."""
    for _ in range(ATTEMPTS):
        try:
            if getattr(_here, "servant", None) is None:
                _here.servant = Servant()
                _here.servant.answer()
            _here.servant.give(task)
            return _here.servant.answer()
        except Gone:
            _here.servant.end()
            _here.servant = None
    return {"fault": f"the process that graded it died {ATTEMPTS} times"}


class Cluster:
    """The workers of a Dask scheduler, each with the same version of the course."""

    def __init__(self, address: str):
        try:
            import distributed
        except ImportError:
            raise Stopped(
                "--scheduler needs Dask. In the folder of the course type: "
                'python -m pip install -e ".[teacher]"'
            ) from None
        self.dask = distributed
        try:
            self.client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise Stopped(f"There is no scheduler at {address} ({error}).") from None

    def run(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, dict]]:
        """Grade units; each comes back with its reply.

        Raises:
            Stopped: the scheduler is gone.
        """
        waiting, tries, under_way = iter(units), {}, {}
        try:
            while True:
                room = 2 * max(sum(self.client.nthreads().values()), 1) - len(under_way)
                for task in islice(waiting, max(room, 0)):
                    under_way[self._submit(task)] = task
                if not under_way:
                    return
                for future in self._done(under_way):
                    task = under_way.pop(future)
                    said = self._said(future)
                    if said is None:
                        tries[task.name] = tries.get(task.name, 0) + 1
                        if tries[task.name] < ATTEMPTS:
                            under_way[self._submit(task)] = task
                            continue
                        said = {"fault": f"the workers that graded it died {ATTEMPTS} times"}
                    yield task, said
        except (OSError, self.dask.CancelledError) as error:
            raise Stopped(f"The scheduler is gone ({type(error).__name__}).") from None
        finally:
            with contextlib.suppress(Exception):
                self.client.close(timeout=5)

    def _submit(self, task: Unit) -> object:
        return self.client.submit(on_cluster, task, pure=False)

    def _done(self, under_way: dict) -> list:
        while True:
            if self.client.status != "running":
                raise Stopped("The scheduler is gone.")
            with contextlib.suppress(TimeoutError), self.client.as_current():
                self.dask.wait(list(under_way), timeout=1.0, return_when="FIRST_COMPLETED")
            done = [future for future in under_way if future.done()]
            if done:
                return done

    def _said(self, future: object) -> dict | None:
        """A future's reply; None if its workers died."""
        if future.cancelled():
            raise Stopped("The scheduler is gone.")
        try:
            return future.result(timeout=30)
        except self.dask.KilledWorker:
            return None


def jobs_here() -> int:
    """How many processes this machine can run at once."""
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
