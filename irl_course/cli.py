"""The command `irl-course`: open the lessons, run and check notebooks, see progress, grade, build.

Each command imports what it needs only when it is called: `--help` answers at once, and from the
standard library alone (course.py reads the command line with it before anything is installed).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from irl_course import __version__, course_files

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
    learner = (_add_lab, _add_run, _add_check, _add_progress)
    for add in (*learner, _add_release, _add_grade, _add_build):
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
        epilog="\n  ".join(["examples:", *examples]).replace("\n  \n", "\n\n"),
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
        "irl-course lab --copy my-course     in a working copy of your own, made if need be",
    )
    parser.add_argument(
        "--copy",
        type=Path,
        metavar="FOLDER",
        help="copy there the lessons that it does not have yet, and open that copy",
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


def _add_release(commands):
    parser = _add(
        commands,
        "release",
        _release,
        "For teachers: write a bundle that learners can open, without the answers.",
        "irl-course release spring",
        "irl-course release spring --lessons 03 04 --due 2027-03-01T18:00",
        "irl-course release spring --students roster.csv     a variant for each learner",
    )
    add = parser.add_argument
    add("out", metavar="OUT", help="a new folder")
    add("--lessons", nargs="+", type=_lesson, metavar="NN",
        help="such as 03 04; all of them if not given")  # fmt: skip
    add("--students", metavar="CSV",
        help="one bundle for each learner of this roster (a column `learner`, or what Canvas or "
        "Moodle exports): their checks draw problems of their own")  # fmt: skip
    add("--due", metavar="TIME",
        help="such as 2027-03-01T18:00: the bundle tells it, nothing enforces it")  # fmt: skip
    add("--samples", metavar="FOLDER",
        help="write there what three made-up learners hand in, to try `grade` with")  # fmt: skip


def _add_grade(commands):
    parser = _add(
        commands,
        "grade",
        _grade,
        "For teachers: grade what a class handed in, each in a sandbox, and write the reports.",
        "irl-course grade submissions/ graded",
        "irl-course grade submissions.zip graded --lessons 03 04 --roster roster.csv",
        "irl-course grade submissions.zip graded --lessons 03 04 --roster roster.csv --resume",
        "irl-course grade submissions/ graded --scheduler tcp://10.0.0.5:8786",
        "",
        "SUBMISSIONS holds a notebook or a folder for each learner, or is the zip that Canvas or",
        "Moodle gives you for 'download all submissions'. Of two assignments, unpack both zips",
        "into one folder. With --resume, after a crash or when late work has come in, too, only",
        "what is new or changed is graded: say all else as before.",
        "",
        "OUT/class.html is the class at a glance, OUT/feedback has a page for each learner,",
        "OUT/grades.csv, canvas.csv and moodle.csv are tables, OUT/similar.html lists answers that",
        "resemble each other. OUT.seed, beside it, is secret: --resume needs it.",
        "",
        "exit status: 0 every learner has a record (graded, unreadable with a reason, or missing);",
        "1 not all have one, try --resume; 2 typed wrongly",
    )
    add = parser.add_argument
    add("submissions", type=Path, metavar="SUBMISSIONS", help="a folder or a zip")
    add("out", type=Path, metavar="OUT", help="folder for records and reports")
    add("--lessons", nargs="+", type=_lesson, metavar="NN",
        help="those that were set, such as 03 04 (default: those found)")  # fmt: skip
    add("--roster", type=Path, metavar="CSV",
        help="who is in the class, as `release` takes it: to tell who is missing")  # fmt: skip
    add("--title", default="", metavar="TEXT",
        help="heading of every page, such as 'IRL 2027, problem set 2'")  # fmt: skip
    add("--seed-file", type=Path, metavar="FILE",
        help="secret behind the hidden problems; made if missing (OUT.seed)")  # fmt: skip
    add("--jobs", type=_count, metavar="N", help="processes (default: one a processor)")
    add("--resume", action="store_true", help="go on: keep the records in OUT that still hold")
    add("--scheduler", metavar="ADDRESS", help="grade on the workers of this Dask scheduler")
    add("--level", choices=("bubblewrap", "kernel", "limits"),
        help="of the sandbox (default: the best that works here)")  # fmt: skip


def _lesson(word):
    """A lesson's number, however it is named: 3, 03, or its notebook."""
    name = Path(word).name
    return name[:2] if re.match(r"\d\d_", name) else name.zfill(2) if name.isdigit() else word


def _count(word):
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


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
    if args.copy is not None:
        try:
            print(course_files.copy_course(args.copy))
        except course_files.NotCopied as reason:
            return _fail(str(reason))
    lesson = _first_lesson(args.copy)
    if lesson is None:
        return _fail(
            f"There is no {FIRST_LESSON.as_posix()} here. For a copy of your own type "
            "`irl-course lab --copy my-course`; as an author, `irl-course build`."
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

    LabApp.launch_instance(argv=[*_lab_options(args, lesson), *args.rest])
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


def _lab_options(args, lesson):
    """JupyterLab in the course's folder, on the first lesson, with nothing fetched from outside."""
    root = lesson.parents[1]
    options = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{lesson.relative_to(root).as_posix()}",
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


def _first_lesson(copy=None):
    """The first lesson in a copy, or in the course's folder: around this package, here or above.

    A teacher's bundle need not begin with FIRST_LESSON.
    """
    here = Path.cwd()
    around = [Path(__file__).resolve().parents[1], here, *here.parents]
    places = around if copy is None else [copy.expanduser().resolve()]
    return next(filter(None, map(course_files.first_lesson, places)), None)


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


def _release(args):
    from irl_course.classroom.release import NotReleased, release

    wanted = {key: getattr(args, key) for key in ("lessons", "students", "due", "samples")}
    try:
        made = release(args.out, **wanted)
    except NotReleased as reason:
        return _fail(str(reason))
    except ValueError as slip:
        print(slip, file=sys.stderr)
        return 2
    lessons = list(made.manifest["lessons"])
    size = f"{made.zips[0].stat().st_size / 1e6:.1f} MB"
    print(f"Release {made.id}: lessons {', '.join(lessons)}.")
    if args.students:
        print(f"Hand out {made.zips[0].parent} ({len(made.zips)} zips of {size}, one a learner; "
              f"{Path(args.out, 'manifest.json')} says whose each is).")  # fmt: skip
    else:
        print(f"Hand out {made.zips[0]} ({size}).")
    if args.samples:
        print(f"What three made-up learners hand in, answers and all, is in {args.samples}.")
    roster = f" --roster {args.students}" if args.students and not args.samples else ""
    print(f"When work has come in: irl-course grade {args.samples or 'SUBMISSIONS'} graded "
          f"--lessons {' '.join(lessons)}{roster}")  # fmt: skip
    return 0


def _grade(args):
    from tqdm import tqdm

    from irl_course.classroom import batch

    bars = {}
    often = 0.2 if sys.stderr.isatty() else 30  # seconds; a log is no screen
    shape = "{desc}: {n_fmt} of {total_fmt} learners |{bar:20}| {elapsed}, {remaining} to go"

    def close():
        for bar in bars.values():
            bar.close()

    def progress(what, done, total):
        if what not in bars:
            close()
            bars[what] = tqdm(desc=what, total=total, bar_format=shape, mininterval=often,
                              maxinterval=often, leave=what == "grading")  # fmt: skip
        bars[what].update(done - bars[what].n)

    names = ("lessons", "roster", "title", "seed_file", "jobs", "resume", "scheduler", "level")
    options = {name: getattr(args, name) for name in names}
    try:
        outcome = batch.grade(args.submissions, args.out, **options, progress=progress)
    except batch.Usage as reason:
        close()  # a sentence must not stand at the end of a bar
        return _fail(str(reason), 2)
    finally:
        close()
    print(batch.summary(outcome, args.out))
    return outcome.exit_code


def _build(args):
    from irl_course import notebooks

    return notebooks.build(args.names, check=args.check)


def _say_missing(package):
    extra = "[author]" if package in ("jupytext", "nbclient", "nbformat") else ""
    return _fail(
        f"{package} is not installed in this environment. In the folder of the course type: "
        f'python -m pip install -e ".{extra}"'
    )


def _fail(sentence, code=1):
    print(sentence, file=sys.stderr)
    return code
