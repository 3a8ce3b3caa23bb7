"""The command `irl-course`: open the lessons, run and check notebooks, see progress, build.

Each command imports what it needs only when it is called: `--help` answers at once, and from the
standard library alone (course.py reads the command line with it before anything is installed).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from irl_course import __version__

FIRST_LESSON = Path("lessons", "00_start_here.ipynb")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `irl-course`; those of the process when None.

    Returns:
        The exit code: 0 fine, 1 something is not right, 2 typed wrongly, 130 stopped by Ctrl-C.
    """
    args = parse(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a tick need not exist in the console's alphabet
            stream.reconfigure(errors="replace")
    try:
        code = args.act(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): nothing more to say, nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as missing:
        if (missing.name or "irl_course").startswith("irl_course"):
            raise
        return _say_missing(missing.name)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a slip or a call for help ends the program with a message."""
    parser = argparse.ArgumentParser(
        prog="irl-course",
        description="A hands-on course in inverse reinforcement learning.",
        epilog="Each command has its own help with examples: irl-course run --help",
    )
    parser.add_argument("--version", action="version", version=f"irl-course {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_lab, _add_run, _add_check, _add_progress, _add_build):
        add(commands)
    args, rest = parser.parse_known_args(argv)
    if rest and args.act is not _lab:
        parser.error(f"unknown: {' '.join(rest)}")
    args.rest = rest
    return args


def _add(commands, name, act, about, *examples):
    """Add a command with its help: one sentence and examples to type."""
    parser = commands.add_parser(
        name,
        help=about[0].lower() + about[1:].rstrip("."),
        description=about,
        epilog="\n  ".join(["examples:", *examples]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(act=act)
    return parser


def _add_lab(commands):
    parser = _add(
        commands,
        "lab",
        _lab,
        "Open the lessons in JupyterLab. Words it does not know are passed on to JupyterLab.",
        "irl-course lab",
        "irl-course lab --no-browser --port 9999",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, help="8888 if not given; the next free one if taken")


def _add_run(commands):
    parser = _add(
        commands,
        "run",
        _run,
        "Run notebooks from top to bottom, without a browser and without changing them.",
        "irl-course run lessons/01_forward_rl.ipynb",
        "irl-course run lessons/*.ipynb",
    )
    _add_notebooks(parser, 600.0)


def _add_check(commands):
    parser = _add(
        commands,
        "check",
        _check,
        "Check the answers in notebooks and say what each is worth.",
        "irl-course check lessons/01_forward_rl.ipynb",
        "irl-course check --timeout 10 mine.ipynb",
    )
    _add_notebooks(parser, 60.0)


def _add_notebooks(parser, seconds):
    parser.add_argument("paths", nargs="+", metavar="NOTEBOOK")
    parser.add_argument(
        "--timeout",
        type=float,
        default=seconds,
        metavar="SECONDS",
        help="stop a cell that runs longer (default: %(default)g)",
    )


def _add_progress(commands):
    _add(
        commands,
        "progress",
        _progress,
        "Show which exercises are done. It is kept on this computer only.",
        "irl-course progress",
    )


def _add_build(commands):
    parser = _add(
        commands,
        "build",
        _build,
        "For authors: make the notebooks in lessons/ and solutions/ from solutions/NN_topic.py.",
        "irl-course build",
        "irl-course build 01_forward_rl",
        "irl-course build --check     say what is stale, write nothing",
    )
    parser.add_argument("names", nargs="*", metavar="LESSON", help="all of them if not given")
    parser.add_argument("--check", action="store_true", help="only say what is stale")


def _lab(args):
    root = _folder_of(FIRST_LESSON)
    if root is None:
        return _fail(
            f"There is no {FIRST_LESSON.as_posix()} here: the folder of the course is not "
            "complete. Get it anew, or, as an author, type: irl-course build"
        )
    if find_spec("jupyterlab") is None:
        return _say_missing("jupyterlab")
    print("JupyterLab is starting. To end it, press Ctrl-C here.", flush=True)
    # A user's own kernel called python3 must not run the lessons, and nothing asks about news.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    ours = str(Path(__file__).resolve().parent / "jupyter")
    theirs = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [ours, theirs]))
    _need_home()
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(argv=[*_lab_options(args, root), *args.rest])
    return 0


def _need_home():
    """Give Jupyter a folder for its settings where this user's home cannot be written."""
    from jupyter_core import paths

    try:
        for folder in (paths.jupyter_config_dir(), paths.jupyter_runtime_dir()):
            os.makedirs(folder, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        instead = tempfile.mkdtemp(prefix="irl-course-")
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            os.environ[f"JUPYTER_{name}"] = os.path.join(instead, name.lower())
        for name in ("IPYTHONDIR", "MPLCONFIGDIR"):
            os.environ[name] = os.path.join(instead, name.lower())
        print(
            f"Your home folder cannot be written ({error.strerror}: {folder}). The lessons "
            "work, but JupyterLab's settings and your progress will not be kept.",
            flush=True,
        )


def _lab_options(args, root):
    """JupyterLab in the course's folder, on the first lesson, with nothing fetched from outside."""
    options = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON.as_posix()}",
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
        "--LabApp.extension_manager=readonly",
    ]
    if args.port is not None:
        options.append(f"--port={args.port}")
    if args.no_browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # containers; it serves this machine only, with a token
    return options


def _folder_of(path):
    """The course's folder: the one this package lies in, else here or above."""
    here = Path.cwd()
    places = [Path(__file__).resolve().parents[1], here, *here.parents]
    return next((place for place in places if (place / path).is_file()), None)


def _run(args):
    from irl_course import notebooks

    return notebooks.run(args.paths, timeout=args.timeout)


def _check(args):
    from irl_course import notebooks

    return notebooks.check(args.paths, timeout=args.timeout)


def _progress(args):
    from irl_course.checks import progress

    print(progress.table_text())
    return 0


def _build(args):
    from irl_course import notebooks

    return notebooks.build(args.names, check=args.check)


def _say_missing(package):
    extra = "[author]" if package in ("jupytext", "nbclient", "nbformat") else ""
    return _fail(
        f"{package} is not installed in this environment. In the folder of the course type: "
        f'python -m pip install -e ".{extra}"'
    )


def _fail(sentence):
    print(sentence, file=sys.stderr)
    return 1
