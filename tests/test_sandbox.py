"""The lock around learner code: what it keeps out at each level, and that it has to.

Each attack is also run at the level "limits", where nothing but resource limits stands in its
way, to show that it is the lock that stops it elsewhere.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from irl_course.classroom import inside, sandbox, wire
from irl_course.classroom.worker import Ended, GraderFault, OutOfTime, Warm

LINUX = sys.platform.startswith("linux")
pytestmark = pytest.mark.skipif(not LINUX, reason="the walls are Linux's: a Mac has limits alone")
LOCKED = [level for level, why in sandbox.probe().items() if not why and level != "limits"]
BUBBLEWRAP, KERNEL = ([level for level in LOCKED if level == it] for it in ("bubblewrap", "kernel"))


@pytest.fixture(scope="module", params=[*LOCKED, "limits"])
def warm(request):
    with Warm(request.param) as warm:
        yield warm


@pytest.fixture
def worker(warm):
    worker = warm.worker()
    yield worker
    worker.close()


def run(worker, source, **names):
    """Run a cell; what it printed last, or the error it raised."""
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    reply = worker.ask("run", cpu=3, source=given + source, label="cell 1")
    return reply["error"] or reply["output"].strip()


@pytest.mark.skipif(not LOCKED, reason="this machine has neither bubblewrap nor Landlock")
def test_this_machine_s_level_is_proven_and_the_strongest_first():
    assert sandbox.best() == LOCKED[0]


def test_an_unproven_promise_is_missing():
    proof = dict.fromkeys(sandbox._PROMISED, True)
    assert sandbox.missing("kernel", proof) == []
    assert sandbox.missing("kernel", proof | {"sockets": False}) == ["sockets"]
    assert sandbox.missing("kernel", proof | {"sockets": 1}) == ["sockets"]
    assert set(sandbox.missing("bubblewrap", None)) == set(sandbox._PROMISED)
    assert sandbox.missing("limits", {}) == []


# --- attacks: each prints "done" where it does harm ----------------------------------------

ATTACKS = {
    "fork": "import os\npid = os.fork()\nos._exit(0) if not pid else print('done')",
    "a program": "import subprocess\nsubprocess.run(['true'], check=True)\nprint('done')",
    "a shell": "import os\nprint('done' if os.system('true') == 0 else '')",
    "a pool of processes": """
import multiprocessing
process = multiprocessing.get_context("fork").Process(target=print)
process.start()
process.join()
print("done")""",
    "clone3 by hand": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
pid = libc.syscall(435, (ctypes.c_ulong * 11)(), ctypes.c_long(88))
os._exit(0) if pid == 0 else None
print("done" if pid > 0 else "")""",
    "a socket": "import socket\nsocket.socket()\nprint('done')",
    "a Unix socket": "import socket\nsocket.socket(socket.AF_UNIX)\nprint('done')",
    "another's file": "open(secret).read()\nprint('done')",
    "another's file by a link": """
import os, tempfile
link = os.path.join(tempfile.mkdtemp(), "x")
os.symlink(secret, link)
open(link).read()
print('done')""",
    "listing the folder of submissions": "import os\nos.listdir(folder)\nprint('done')",
    "changing another's file": "open(secret, 'a').close()\nprint('done')",
    "changing another's file's mode": "import os\nos.chmod(secret, 0o600)\nprint('done')",
    "the solutions": "open(solutions).read()\nprint('done')",
    "a start-up file": """
import os, site
path = os.path.join(folder, "sitecustomize.py")
open(path, "w").close()
print("done")""",
    "a file in the course": "open(package + '/planted.py', 'w').close()\nprint('done')",
    "asking after the parent": "import os\nos.kill(os.getppid(), 0)\nprint('done')",
    "asking after everybody": "import os\nos.kill(-1, 0)\nprint('done')",
    "the parent's memory": "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb')\nprint('done')",
    "the grader's environment": "open(f'/proc/{grader}/environ').read()\nprint('done')",
    "the grader's limits": """
import resource
resource.prlimit(grader, resource.RLIMIT_CORE)
resource.prlimit(grader, resource.RLIMIT_CORE, (0, resource.prlimit(grader, 4)[1]))
print('done')""",
    "its own limits": """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
print('done')""",
    "a timer that kills": """
import ctypes
event = (ctypes.c_int * 16)(0, 0, 9, 0)
timer = ctypes.c_void_p()
libc = ctypes.CDLL(None)
print("done" if libc.timer_create(1, event, ctypes.byref(timer)) == 0 else "")""",
    "signals by a pipe": """
import fcntl, os
fcntl.fcntl(os.pipe()[0], 10, 9)
print('done')""",
    "memory that nobody counts": "import os\nos.memfd_create('x')\nprint('done')",
    "a new user space": """
import ctypes
print("done" if ctypes.CDLL(None).unshare(0x10000000) == 0 else "")""",
    "io_uring": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(425, 0, None)
print("" if ctypes.get_errno() == 38 else "done")""",
    "shared memory": """
import ctypes
print("done" if ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0 else "")""",
}
HARMLESS_HERE = {"the parent's memory", "the grader's environment"} if os.getuid() else set()
HARMLESS_HERE |= {"a new user space", "io_uring"}  # some systems refuse these to everybody


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_does_harm_only_where_nothing_is_locked(worker, attack, tmp_path):
    secret = tmp_path / "other.ipynb"
    secret.write_text("their answer")
    mode = secret.stat().st_mode
    source = Path(inside.__file__).parents[2]
    said = run(
        worker, ATTACKS[attack], secret=str(secret), folder=str(tmp_path), grader=os.getpid(),
        solutions=str(source / "solutions" / "01_forward_rl.py"), package=str(tmp_path),
    )  # fmt: skip
    if worker.warm.level != "limits":
        assert said != "done"
        assert os.listdir(tmp_path) == ["other.ipynb"] and secret.stat().st_mode == mode
        assert worker.ask("run", source="1", label="")["error"] is None, "its process lives on"
    elif attack not in HARMLESS_HERE:
        assert said == "done"


@pytest.mark.parametrize("warm", LOCKED, indirect=True)  # limits bound only each file's size
def test_there_is_nothing_to_write_on_but_a_small_folder_of_its_own(warm):
    worker = warm.worker()
    source = "import tempfile, os\nf = tempfile.NamedTemporaryFile(delete=False)\nprint('done')"
    assert (run(worker, source) == "done") == (warm.level == "bubblewrap")
    fill = """
for n in range(99):
    with open(f"file{n}", "wb") as file:
        file.write(bytes(15 << 20))"""
    assert run(worker, fill) in ("OSError", "PermissionError")
    assert run(worker, "open('big', 'wb').write(bytes(17 << 20))") in ("OSError", "PermissionError")
    worker.close()
    after = warm.worker()
    assert run(after, "import os\nprint(os.listdir(os.path.dirname(os.getcwd())) == []"
                      " or len(os.listdir()) == 0 or os.getcwd() == '/')") in (
        "True", "PermissionError",
    )  # fmt: skip
    if warm.level == "bubblewrap":
        assert run(after, "open('x', 'wb').write(bytes(9 << 20))") == "", "it was emptied"
    after.close()


LEFT = {
    "deep folders": "os.mkdir('d')\n    os.chdir('d')",
    "odd names": "open(f'-rf\\n {n}', 'w')\n    os.symlink('/', f'root{n}')",
    "folders that nobody may enter": "os.mkdir(f'd{n}', 0)",
    "folders that nobody may list": "os.mkdir(f'd{n}', 0o300)\n    open(f'd{n}/x', 'w').close()",
}


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("warm", BUBBLEWRAP, indirect=True)  # elsewhere nothing can be written
def test_whatever_is_left_behind_is_gone_for_the_next(warm, left):
    count = "import os\nprint(os.statvfs('.').f_files - os.statvfs('.').f_ffree)"
    worker = warm.worker()
    assert run(worker, f"import os\nfor n in range(2000):\n    {LEFT[left]}") == ""
    assert int(run(worker, count)) > 2000
    worker.close()
    after = warm.worker()
    assert int(run(after, count)) < 20
    after.close()


def test_what_lessons_use_works_inside(worker):
    source = """
import threading
import cvxpy as cp
import matplotlib.pyplot as plt
import numpy as np
import scipy.optimize
from irl_course import planning
x = cp.Variable(2)
cp.Problem(cp.Minimize(cp.sum_squares(x - 1)), [x >= 0]).solve()
fig, ax = plt.subplots()
ax.plot([1, 2], label="α")
fig.canvas.draw()
scipy.optimize.minimize(lambda z: (z ** 2).sum(), np.ones(3))
thread = threading.Thread(target=print, args=["done"])
thread.start()
thread.join()"""
    assert run(worker, source) == "done"


# --- using up what there is ------------------------------------------------------------------


def test_memory_is_bounded(worker):
    said = "import numpy as np\nx = np.ones(8 << 27)"
    assert "MemoryError" in run(worker, said)
    assert run(worker, "x = bytearray(1 << 20)\nprint('lives')") == "lives"


@pytest.mark.parametrize("loop", ["while True: pass", "import time\ntime.sleep(99)"])
@pytest.mark.parametrize("shield", ["", "try:\n {loop}\nexcept BaseException:\n {loop}"])
def test_time_is_bounded_by_cpu_and_by_the_clock(warm, loop, shield):
    worker = warm.worker()
    loop = "__import__('time').sleep(99)" if "sleep" in loop else loop
    source = shield.format(loop=loop.replace("\n", "\n ")) if shield else loop
    started = time.monotonic()
    with pytest.raises(OutOfTime):
        worker.ask("run", cpu=0.3, source=source, label="")
    assert time.monotonic() - started < 10
    with pytest.raises(OutOfTime):
        worker.ask("look", name="x")
    worker.close()


def descendants(pid):
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found += [child, *descendants(child)]
    return found


def test_nothing_is_left_running(warm):
    alone = descendants(warm._process.pid)
    worker = warm.worker()
    source = """
import threading, time
for _ in range(5):
    threading.Thread(target=time.sleep, args=[99]).start()"""
    run(worker, source)
    assert len(descendants(warm._process.pid)) == len(alone) + 1
    worker.close()
    assert descendants(warm._process.pid) == alone


@pytest.mark.parametrize("warm", LOCKED, indirect=True)  # limits bound memory, not threads
def test_threads_are_bounded(worker):
    source = """
import threading, time
try:
    for n in range(100_000):
        threading.Thread(target=time.sleep, args=[60], daemon=True).start()
except RuntimeError:
    print("done")"""
    assert run(worker, source) == "done"


# --- dying ----------------------------------------------------------------------------------

DEATHS = {
    "exit": "import os\nos._exit(0)",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "abort": "import os\nos.abort()",
    "alarm": """
import signal, time
signal.signal(signal.SIGALRM, signal.SIG_DFL)
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(9)""",
    "deep recursion": """
import sys
sys.setrecursionlimit(10**9)
def f(x): return [f, *map(f, [x])]
f(1)""",
    "closed pipes": "import os\nos.closerange(0, 99)",
    "no len": "import builtins\nbuiltins.isinstance = None",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_death_is_told_and_costs_nobody_else(warm, death):
    worker = warm.worker()
    with pytest.raises(Ended, match="process|sent|running"):
        worker.ask("run", cpu=5, source=DEATHS[death], label="")
        worker.ask("look", name="x")
    worker.close()
    after = warm.worker()
    assert run(after, "print('lives')") == "lives"
    after.close()


# bubblewrap hides its number, and without a lock it could have killed itself
@pytest.mark.parametrize("warm", KERNEL, indirect=True)
def test_a_kill_from_outside_is_a_fault_of_the_machine(warm):
    worker = warm.worker()
    pid = int(run(worker, "import os\nprint(os.getpid())"))
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(GraderFault, match="killed from outside"):
        worker.ask("look", name="x")


@pytest.mark.parametrize("warm", LOCKED, indirect=True)
def test_a_learner_cannot_look_like_a_fault_of_the_machine(worker):
    for way in ("os.kill(os.getpid(), 9)", "signal.raise_signal(9)", "os.killpg(0, 9)"):
        assert run(worker, f"import os, signal\n{way}") in ("PermissionError", "OSError")


@pytest.mark.parametrize("level", LOCKED[-1:])  # the one without a pid space of its own
def test_everything_ends_with_the_grader(level):
    code = """
import sys, time
from irl_course.classroom.worker import Warm
warm = Warm(sys.argv[1])
worker = warm.worker()
worker.channel.send({"do": "run", "number": 1, "source": "while True: pass", "label": ""})
print("ready", flush=True)
time.sleep(99)"""
    argv = [sys.executable, "-c", code, level]
    env = os.environ | {"PYTHONPATH": str(Path(inside.__file__).parents[2])}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=env) as grader:
        assert grader.stdout.readline() == b"ready\n"
        below = descendants(grader.pid)
        grader.kill()
    end = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in below) and time.monotonic() < end:
        time.sleep(0.02)
    assert len(below) >= 2 and not any(Path(f"/proc/{pid}").exists() for pid in below)


def test_a_dead_warm_parent_is_a_fault_of_the_machine():
    with Warm("limits") as warm:
        worker = warm.worker()
        warm._process.kill()
        warm._process.wait()
        with pytest.raises(GraderFault):
            worker.ask("look", name="x")
            worker.ask("look", name="x")
        with pytest.raises(GraderFault):
            warm.worker()


def test_a_lock_that_fails_is_a_fault_of_the_machine(warm, monkeypatch):
    monkeypatch.setattr(sandbox, "missing", lambda level, proof: ["sockets"])
    with pytest.raises(GraderFault, match="sockets"):
        warm.worker()


# --- the pipe -------------------------------------------------------------------------------

FORGE = """
import sys
session = next(f for f in [sys._getframe()] for _ in [0])
while session and "self" not in session.f_locals:
    session = session.f_back
while not hasattr(session.f_locals["self"], "channel"):
    session = session.f_back
channel = session.f_locals["self"].channel
"""
FORGERIES = {
    "an answer before its call": "channel.send({'number': 1, 'value': 1.0})",
    "a lock before its time": "channel.send({'locked': {}})",
    "no dict": "channel.send([1])",
    "a huge header": "import os, struct\nos.write(channel.writing, struct.pack('<Q', 2**62))",
    "no frame": "import os\nos.write(channel.writing, b'garbage ' * 9)",
    "deep JSON": """
import os, struct
body = struct.pack('<I', 60000) + b'[' * 60000
os.write(channel.writing, struct.pack('<Q', len(body)) + body)""",
    "half a frame": "import os, struct\nos.write(channel.writing, struct.pack('<Q', 50))",
    "a thread that answers later": """
import threading, time
def later():
    time.sleep(0.1)
    channel.send({'number': 1, 'value': 1.0})
threading.Thread(target=later).start()""",
    "a thread that floods": """
import threading, os
def flood():
    while True:
        os.write(channel.writing, bytes(99))
threading.Thread(target=flood).start()
""",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_frame_ends_its_worker(warm, forgery):
    worker = warm.worker()
    with pytest.raises(Ended):
        worker.ask("run", cpu=1, source=FORGE + FORGERIES[forgery], label="")
        time.sleep(0.3)
        worker.ask("look", cpu=1, name="x")
    worker.close()


def test_a_thread_cannot_know_the_next_call_s_number(worker):
    numbers = []
    send = worker.channel.send
    worker.channel.send = lambda value, beat: (numbers.append(value["number"]), send(value, beat))
    for _ in range(20):
        worker.ask("look", name="x")
    assert len(set(numbers)) == 20 and max(numbers) > 2**50


def test_nothing_is_imported_from_where_the_grader_stands(tmp_path, monkeypatch):
    for name in ("scipy", "cvxpy", "sitecustomize", "usercustomize", "json", "irl_course"):
        (tmp_path / f"{name}.py").write_text("open('/var/tmp/planted', 'w'); raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert sandbox.probe()["limits"] == ""
    with Warm("limits") as warm:
        worker = warm.worker()
        assert run(worker, "import scipy, sys\nprint('' in sys.path)") == "False"
    assert not Path("/var/tmp/planted").exists()


def test_a_child_has_its_two_pipes_and_no_other_descriptor(worker):
    source = """
import os
found = []
for n in range(200):
    try:
        os.fstat(n)
        found.append(n)
    except OSError:
        pass
print(len(found), all(os.path.sameopenfile(0, n) for n in (1, 2)))"""
    assert run(worker, source) == "5 True"


def test_a_child_knows_nothing_of_the_grader(worker):
    names = run(worker, "import os\nprint(*sorted(os.environ))").split()
    # the last one is set by a package, in whichever process imports it
    theirs = {"LC_CTYPE", "PWD", "PYGAME_HIDE_SUPPORT_PROMPT"}
    assert set(names) & set(os.environ) <= {*sandbox.environment(), *theirs}


# --- calls -----------------------------------------------------------------------------------


def call(worker, source, *args):
    run(worker, source)
    return worker.ask("call", name="f", args=list(args))


def test_a_call_s_output_is_dropped_and_a_cell_s_is_capped(worker):
    reply = call(worker, "def f(x):\n print('secret', x)\n return x", 1)
    assert reply == {"value": 1, "own": False}
    flood = worker.ask("run", source="for _ in range(50_000): print('x' * 1000)", label="")
    assert len(flood["output"]) == inside.OUTPUT and flood["error"] is None
    low = worker.ask("run", source="import os\nos.write(1, b'x')\nos.write(2, b'x')", label="")
    assert low["output"] == ""


def test_a_changed_argument_comes_back(worker):
    given = np.zeros(2)
    assert "args" not in call(worker, "def f(x): return x", given)
    assert np.array_equal(call(worker, "def f(x): x += 1", given)["args"][0], [1, 1])
    assert "args" not in call(worker, "def f(x): return x", given), "the next ones are fresh"


def test_what_cannot_be_sent_arrives_as_a_stand_in(worker):
    for source, said in [("object()", "an object"), ("[0] * 10**6", "items"), ("f", "function")]:
        value = call(worker, f"def f(): return {source}")["value"]
        assert isinstance(value, wire.Foreign) and said in value.said


def test_magics_are_left_out_of_cells():
    assert inside.plain_python("%matplotlib inline\nx = 1") == "pass\nx = 1"
    assert inside.plain_python("%%time\nx = 1") == "pass\nx = 1"
    assert inside.plain_python("%%bash\nls") == ""
    assert inside.plain_python("if x:\n    !ls\n") == "if x:\n    pass\n"
    assert inside.plain_python("x = (7\n% 3)") == "x = (7\n% 3)"
    assert inside.plain_python("%time x = f(1)\ny = !ls") == "x = f(1)\ny = None"
    assert inside.plain_python("%time\nx?\n%timeit f") == "pass\npass\npass"
    assert inside.plain_python("!ls\nx = [1,  # why?\n 2]") == "pass\nx = [1,  # why?\n 2]"
    assert inside.plain_python("pip install x\n\ufeff") == "pass\n\ufeff"
