#!/usr/bin/env python3
"""The course's front door: it makes the environment in .venv and starts what you ask for.

Standard library only. An older Python must read this file far enough to say that it is too old,
so nothing here needs syntax newer than 3.6. `python3 course.py --help` shows what can be typed.
"""

import collections
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from importlib import util
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

HELP = """\
usage: python3 course.py WORD [options]

  lab [--no-browser] [--port N]   open the lessons in JupyterLab
  test [options of pytest]        run the tests
  setup                           only make or repair the environment in .venv
  run, check, progress, build,
  release, grade                  as `irl-course` does: python3 course.py run --help
  book                            make the web book in _book/html
  lock [--upgrade]                for maintainers: renew the two lock files (needs uv)

examples:
  python3 course.py lab
  python3 course.py lab --no-browser --port 9999
  python3 course.py test -k planning
  python3 course.py progress
"""
OLDEST, NEWEST = (3, 11), (3, 14)  # a test compares them with pyproject.toml
ROOT = Path(__file__).resolve().parent
ENV = ROOT / ".venv"
PYTHON = ENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENV / "course-ready.json"  # written last: without it .venv is not complete
GUARD = ROOT / ".venv.lock"
LOCKS = {"learner": "requirements.lock", "test": "requirements-test.lock"}
NEEDED = {
    "learner": ["jupyterlab", "cvxpy"],
    "test": ["jupyterlab", "cvxpy", "xdist", "nbval", "myst_nb"],
}
BOOK = ["-m", "sphinx", "-M", "html", "book", "_book", "--fail-on-warning", "--keep-going"]
NEEDED_MB = 1200
STARTED = time.monotonic()

TROUBLES = {  # what the set-up runs into, searched in this order -> what to tell the person
    r"No space left|Errno 28|os error (28|112)|not enough space|quota exceeded": "The disk is full:"
    " the course needs about {needed} MB and {free} MB are free in {root}. Make room there"
    " (or in your home and temporary folders, where downloads go) and start again.",
    r"DO NOT MATCH THE HASHES|[Hh]ash mismatch": "A downloaded package is not the one the course"
    " was tested with, so it was refused. Start again; if that does not help, ask whoever runs"
    " your proxy or package mirror.",
    r"name resolution|getaddrinfo|dns error|new connection|error sending request|unreachable"
    r"|[Cc]onnection ?(refused|reset|aborted|[Ee]rror)|timed out|ProxyError|[Cc]ertificate": "The"
    " packages could not be downloaded. Check the network connection (and the proxy, if you need"
    " one) and start again: what has arrived is kept.",
    r"[Nn]o matching distribution|no usable wheels|not a supported wheel": "A package is not"
    " offered for this Python and this kind of computer. Use a 64-bit Python 3.11 to 3.14,"
    " or conda with environment.yml.",
    r"Permission denied|Read-only|Access is denied|not permitted|WinError (5|32)": "A file can't be"
    " written. Close whatever uses .venv, or copy the course to a folder of your own, and start"
    " again.",
    "": "The set-up stopped before the end. Start again; the last lines may say what is wrong.",
}


class Stop(Exception):
    """A sentence for the person at the keyboard, and the installer's last lines, if any."""

    def __init__(self, sentence, lines=()):
        super().__init__(sentence)
        self.lines = [line[:200] for line in list(lines)[-10:]]


def say(text):
    """Print one line with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:5.0f} s  {text}", flush=True)


def megabytes(folder):
    """Size of a folder on disk; files that vanish meanwhile count as nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size
    return round(total / 1e6)


def explain(text):
    """The sentence for the first known trouble in an error or an installer's output."""
    sentence = next(TROUBLES[pattern] for pattern in TROUBLES if re.search(pattern, text))
    free = round(shutil.disk_usage(ROOT).free / 1e6)
    return sentence.format(needed=NEEDED_MB, free=free, root=ROOT)


def works(program):
    """Whether a program is there and starts (a version manager's stand-in may not)."""
    path = shutil.which(program)
    return path and subprocess.run([path, "--version"], stdout=-3, stderr=-3).returncode == 0


def check_python():
    """Stop with a sentence when this Python is not one the packages are made for."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    others = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = next(filter(works, others), None)
    todo = f"Type {found} in place of python3." if found else "Install one and start again."
    wanted = "Python {}.{} to {}.{}".format(*OLDEST, *NEWEST)
    raise Stop(f"The course needs {wanted}; this is {sys.version.split()[0]}. {todo}")


# What state is .venv in?


def fingerprint(kind):
    """What a complete environment was made from; it is stale when any of this changes."""
    digest = hashlib.sha256()
    for name in ("course.py", "pyproject.toml", LOCKS[kind]):
        digest.update((ROOT / name).read_bytes())
    return {"kind": kind, "from": digest.hexdigest(), "folder": str(ROOT), "python": sys.version}


def contents():
    """Names of the files and folders installed in .venv."""
    place = {"base": str(ENV), "platbase": str(ENV)}
    return sorted(os.listdir(sysconfig.get_path("purelib", "venv", place)))


def read_stamp():
    """The stamp of an environment that is complete, of this Python and in place, else {}."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
        in_place = stamp["folder"] == str(ROOT) and stamp["python"] == sys.version
        whole = PYTHON.exists() and set(stamp["holds"]) <= set(contents())
        return stamp if in_place and whole else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_stamp(kind):
    """Say that the environment is complete: whole on the disk or not at all."""
    draft = STAMP.with_suffix(".draft")
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(dict(fingerprint(kind), holds=contents()), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, STAMP)


def is_ready(kind):
    """Whether .venv can be used as it is; the tests' environment serves the learner too."""
    stamp = read_stamp()
    has = stamp.get("kind")
    return has in (kind, "test") and stamp["from"] == fingerprint(has)["from"]


# Making .venv


def clean_env():
    """The variables for a program in .venv: nothing from another Python leaks in."""
    foreign = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    path = str(PYTHON.parent) + os.pathsep + env.get("PATH", "")
    return dict(env, VIRTUAL_ENV=str(ENV), PATH=path)


def run(command, beat=10):
    """Run one step of the set-up, with a sign of life every `beat` seconds."""
    lines, done = collections.deque([""], maxlen=2000), threading.Event()

    def show_life():
        while not done.wait(beat):
            say(f"    {megabytes(ENV)} MB so far; {lines[-1][:60]}")

    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=clean_env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,  # it holds the guard too, so that after a kill nobody else starts
    )
    threading.Thread(target=show_life, daemon=True).start()
    try:
        for line in process.stdout:
            lines.append(line.decode("utf-8", "replace").strip())
    finally:
        done.set()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)  # after Ctrl-C the installer tidies up first
        process.kill()
    if process.wait():
        raise Stop(explain("\n".join(lines)), lines)


def find_installer():
    """uv where it works; else a pip in .venv; else (Debian without ensurepip) this Python's pip."""
    options = ["install", "--progress-bar=off", "--no-input"]
    if works("uv"):
        return "uv", [shutil.which("uv"), "pip", "install", "--python", PYTHON]
    if util.find_spec("ensurepip"):
        run([PYTHON, "-m", "ensurepip"])
        return "pip", [PYTHON, "-m", "pip", *options]
    if util.find_spec("pip"):
        return "pip", [sys.executable, "-m", "pip", "--python", PYTHON, *options]
    raise Stop(
        "This Python has no pip. Install uv, or on Debian and Ubuntu type "
        "`sudo apt install python3-venv`, and start again."
    )


def build(kind, fresh):
    """Fill .venv, from nothing or on top of what is there, and stamp it."""
    if STAMP.exists():
        STAMP.unlink()
    if fresh:
        say(f"1/3 making .venv for Python {sys.version.split()[0]}")
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", ENV])
    name, install = find_installer()
    count = len(re.findall(r"^\S+==", (ROOT / LOCKS[kind]).read_text("utf-8"), re.MULTILINE))
    say(f"2/3 installing about {count} packages with {name} (the first time takes minutes)")
    run([*install, "--only-binary=:all:", "--require-hashes", "-r", LOCKS[kind]])
    say("3/3 adding the course itself")
    run([*install, "--no-deps", "--no-build-isolation", "-e", "."])
    write_stamp(kind)
    say(f"ready: {megabytes(ENV)} MB in .venv")


def try_lock(file):
    """Take the guard if nobody has it; the system frees it when its holder dies."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks: go on unguarded
        return True
    return True


@contextlib.contextmanager
def guard():
    """Only one start at a time works on .venv; the others say so and wait."""
    with open(GUARD, "w", encoding="utf-8") as file:
        os.set_inheritable(file.fileno(), True)
        if not try_lock(file):
            say("another start is at work on .venv: waiting for it")
            while not try_lock(file):
                time.sleep(0.5)
        yield


def serves_already(kind):
    """Whether the Python running this has the course of this folder installed (conda, say)."""
    from importlib import metadata

    for course in metadata.distributions(name="irl-course"):
        url = json.loads(course.read_text("direct_url.json") or "{}").get("url", "")
        if url and Path(url2pathname(urlsplit(url).path)).resolve() == ROOT:
            return all(map(util.find_spec, NEEDED[kind]))
    return False


def prepare(kind, words):
    """The Python to use, after making or repairing the environment where that is needed."""
    inside = Path(sys.prefix).resolve() == ENV
    if not inside and serves_already(kind):
        say(f"using the environment you are in: {sys.prefix}")
        return sys.executable
    if inside and not is_ready(kind):  # it can't rebuild itself: go on with the Python below it
        raise SystemExit(start([sys._base_executable, str(ROOT / "course.py"), *words]))
    if not is_ready(kind):
        with guard():
            if not is_ready(kind):  # nobody did it while we waited
                stamp = read_stamp()
                if stamp:
                    say(".venv is complete, but not for this: bringing it up to date")
                elif ENV.exists():
                    say(".venv is unfinished, damaged, moved or of another Python: making it anew")
                build("test" if stamp.get("kind") == "test" else kind, fresh=not stamp)
    return str(PYTHON)


def start(command):
    """Become the command; where the system can't (Windows), wait for it and leave Ctrl-C to it."""
    env = clean_env() if command[0] == str(PYTHON) else dict(os.environ)
    if os.name == "posix":
        os.execve(command[0], command, env)
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.Popen(command, env=env).wait()


def renew_locks(options):
    """Compile the lock files: one version of each package, whatever the Python."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--group=lock", "--quiet", "--universal"]
    command += ["--python-version=3.11", "--fork-strategy=fewest", "--generate-hashes"]
    command.append("--custom-compile-command=python3 course.py lock")
    if not works("uv"):
        raise Stop("Renewing the locks needs uv: type `python3 -m pip install uv` first.")
    extra = {"learner": [], "test": ["--extra=test", "--constraint=" + LOCKS["learner"]]}
    for kind, lock in LOCKS.items():
        words = [*command, *extra[kind], *options, "--output-file=" + lock]
        if subprocess.run(words, cwd=ROOT).returncode:
            raise Stop(f"{lock} was not renewed; uv says above why.")
        say(f"wrote {lock}")
    return 0


def serve(words):
    """Do what the words ask for; returns an exit code where the process was not replaced."""
    word, rest = words[0], words[1:]
    if word == "lock":
        return renew_locks(rest)
    if word not in ("setup", "test", "book"):
        from irl_course import cli

        cli.parse(words)  # a slip or --help is answered at once, before anything is installed
    python = prepare("test" if word in ("test", "build", "book") else "learner", words)
    if word == "setup":
        say(f"the environment is complete: {python}")
        return 0
    if word == "test":
        os.chdir(ROOT)
        return start([python, "-m", "pytest", *rest])
    if word == "book":
        os.chdir(ROOT)
        return start([python, *BOOK, *rest])
    return start([python, "-P", "-m", "irl_course", *words])


def main(words):
    """Serve the words; every foreseeable trouble becomes a sentence and an exit code."""
    if not words or words[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0 if words else 2
    try:
        check_python()
        return serve(words)
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: the next start repairs what is unfinished.")
        return 130
    except Stop as stop:
        sentence, lines = str(stop), stop.lines
    except OSError as error:
        sentence, lines = explain(str(error)), [str(error)]
    print("\n" + sentence, file=sys.stderr)
    if lines:
        print("\nThe last lines were:", *filter(None, lines), sep="\n  ", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):  # a folder's name need not fit the console
        sys.stdout.reconfigure(errors="backslashreplace")
    raise SystemExit(main(sys.argv[1:]))
