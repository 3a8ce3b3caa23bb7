"""How many submissions a minute does the grader grade, and what memory does it take?

    python benchmarks/grading.py                     lesson 03, 500 submissions
    python benchmarks/grading.py --lesson 04 --jobs 2
    python benchmarks/grading.py --quick             40 submissions
    python benchmarks/grading.py --nbgrader ENV/bin/nbgrader --beside 20

Submissions are made from the answers that the tests of the checks collect (tests/answers): each
exercise is answered rightly seven times in ten, wrongly two times, and left out once. All of the
lesson's exercises are there; every notebook is another one. Shown are:

- submissions a minute by the clock, from the command to the last record, start-up included;
- CPU seconds a submission, of all processes: what counts on a machine that does other work too.
  120 / CPU seconds is what two idle cores do in a minute;
- memory: a worker's peak, and what one job's processes take together, shared pages counted once;
- with --own-problems: the same with problems drawn for each submission apart, as the grader does
  it for those who come late. The difference is what one draw for a batch saves.

nbgrader has an environment of its own, and grades the first so many of the same submissions, one
at a time, as `nbgrader autograde` does; it runs whole notebooks, pictures and all:

    python -m venv ENV
    ENV/bin/python -m pip install "nbgrader>=0.9,<0.10" -e .
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import ast
import builtins
import importlib
import inspect
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where it is not installed
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # the answers

from tqdm import tqdm

from irl_course import checks
from irl_course.classroom import batch, crew

ROOT = Path(__file__).resolve().parents[1]
ANSWERED = {"right": 7, "wrong": 2, "left out": 1}


def main():
    """Make the submissions, grade them, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lesson", default="03")
    parser.add_argument("--submissions", type=int, default=500, metavar="N")
    parser.add_argument("--quick", action="store_true", help="40 submissions")
    parser.add_argument("--jobs", type=int, default=min(crew.jobs_here(), 2))
    parser.add_argument("--level", help="of the sandbox (default: the best)")
    parser.add_argument("--own-problems", action="store_true", help="grade once more without")
    parser.add_argument("--nbgrader", help="its command, if it is not on the path")
    parser.add_argument("--beside", type=int, default=5, metavar="N", help="nbgrader grades N")
    args = parser.parse_args()
    count = 40 if args.quick else args.submissions
    with tempfile.TemporaryDirectory(prefix="irl-course-grading-") as folder:
        folder = Path(folder)
        made = list(submissions(args.lesson, count))
        for i, notebook in enumerate(made):
            write(folder / "in" / f"learner{i:04}.ipynb", notebook)
        print(f"lesson {args.lesson}, {count} submissions, {args.jobs} jobs")
        head = "", "a minute", "CPU s each", "worker's peak", "memory a job", "sandbox"
        print("{:<26}{:>10}{:>12}{:>15}{:>14}  {}".format(*head))
        ours(args, folder, "one draw for the batch")
        if args.own_problems:
            batch._Plan._member = lambda self, learner, stamps=None: os.urandom(8).hex()
            ours(args, folder, "problems for each apart")
        theirs(args, folder, made[: args.beside])


# --- submissions -------------------------------------------------------------------------------


def submissions(lesson, count):
    """Notebooks as learners might hand them in, each from a seed of its own."""
    (path,) = ROOT.glob(f"lessons/{lesson}_*.ipynb")
    plain = json.loads(path.read_text("utf-8"))
    answers = importlib.import_module(f"answers.lesson_{lesson}")
    names = list(checks.exercises(lesson))
    right = {name: sources(answers, name, answers.RIGHT[name]) for name in names}
    wrong = {name: sources(answers, name, [a for a, _ in answers.WRONG[name]]) for name in names}
    for i in range(count):
        draw = random.Random(f"{lesson} {i}")
        chosen = {}
        for name in names:
            (kind,) = draw.choices(list(ANSWERED), ANSWERED.values())
            if kind != "left out":
                chosen[name] = draw.choice((right if kind == "right" else wrong)[name])
        notebook = json.loads(json.dumps(plain))
        for cell in notebook["cells"]:
            if cell["id"] in chosen:
                cell["source"] = f"{chosen[cell['id']]}\n\n# learner {i}\n"
        yield notebook


def sources(module, name, answers):
    """Answers as cells: each with the imports and helpers that it uses, under the right name."""
    tree = ast.parse(inspect.getsource(module))
    top = {}
    for node in tree.body:
        for bound in names_bound(node):
            top[bound] = node
    cells = []
    for answer in answers:
        node = top.get(getattr(answer, "__name__", ""))
        if not isinstance(node, ast.FunctionDef):
            continue  # made by another function: its text alone says nothing
        own = ast.parse(ast.unparse(node)).body[0]
        own.decorator_list = []
        needed = []
        collect(own, top, needed, {own.name})
        Rename(own.name, name).visit(own)
        own.name = name
        cells.append("\n".join(ast.unparse(part) for part in [*needed, own]))
    return cells


def names_bound(node):
    """The names that a statement of a module binds."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target)
                if isinstance(name, ast.Name)]  # fmt: skip
    return [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []


def collect(node, top, needed, seen):
    """What a function needs of its module, in an order that runs."""
    for part in ast.walk(node):
        name = part.id if isinstance(part, ast.Name) else ""
        if name in top and name not in seen and not hasattr(builtins, name):
            seen.add(name)
            source = top[name]
            if isinstance(source, ast.FunctionDef):
                source = ast.parse(ast.unparse(source)).body[0]
                source.decorator_list = []
            collect(source, top, needed, seen)
            needed.append(source)


class Rename(ast.NodeTransformer):
    """Gives an answer that calls itself its new name."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit_Name(self, node):
        """Exchange one name."""
        node.id = self.new if node.id == self.old else node.id
        return node


def write(path, notebook):
    """Put a notebook into its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), "utf-8")


# --- ours --------------------------------------------------------------------------------------


def ours(args, folder, title):
    """Grade all of them, and print a line."""
    out = Path(tempfile.mkdtemp(dir=folder))
    watch = Watch()
    with tqdm(disable=None, total=0, leave=False, unit=" submissions") as bar:

        def progress(what, done, total):
            bar.total, bar.n = total, done
            bar.refresh()

        outcome = batch.grade(
            folder / "in", out, lessons=[args.lesson], jobs=args.jobs, level=args.level,
            progress=progress,
        )  # fmt: skip
    seconds, cpu, memory = watch.stop()
    if not outcome.complete or outcome.graded != outcome.total:
        sys.exit(f"not all were graded: {outcome}")
    if outcome.level == "bubblewrap":  # which keeps its children's seconds to itself
        cpu += outcome.cpu
    line(title, outcome.total, seconds, cpu, outcome.memory / 1024, memory / args.jobs,
         outcome.level)  # fmt: skip


def line(title, count, seconds, cpu, peak, job, level):
    """One line of the table."""
    sizes = [f"{size:.0f} MB" if size else "-" for size in (peak, job)]
    print(f"{title:<26}{60 * count / seconds:>10.0f}{cpu / count:>12.3f}"
          f"{sizes[0]:>15}{sizes[1]:>14}  {level}", flush=True)  # fmt: skip


class Watch:
    """Seconds, CPU seconds and the most memory of this process's children, from now on."""

    def __init__(self):
        self.started, self.cpu = time.monotonic(), used()
        self.most, self.over = 0.0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        """Every half second."""
        while not self.over.wait(0.5):
            self.most = max(self.most, sum(map(share, descendants(os.getpid()))))

    def stop(self):
        """What it came to; megabytes."""
        self.over.set()
        self.thread.join()
        return time.monotonic() - self.started, used() - self.cpu, self.most / 1024


def used():
    """CPU seconds of this process, and of the children that have ended, with theirs."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in both)


def descendants(pid):
    """The processes that come from one."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid for child in children for pid in (child, *descendants(child))]


def share(pid):
    """Kilobytes of a process; pages that n processes share count 1 / n."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in text.splitlines() if row.startswith("Pss:")), 0)


# --- nbgrader ----------------------------------------------------------------------------------


def theirs(args, folder, made):
    """Let nbgrader grade some of them, and print a line; or say how to install it."""
    command = args.nbgrader or shutil.which("nbgrader")
    if not command:
        print("nbgrader is not installed here; how to: python benchmarks/grading.py --help")
        return
    course = folder / "course"
    (path,) = ROOT.glob(f"solutions/{args.lesson}_*.ipynb")
    write(course / "source" / "lesson" / path.name, json.loads(path.read_text("utf-8")))
    for i, notebook in enumerate(made):
        write(course / "submitted" / f"learner{i:04}" / "lesson" / path.name, notebook)
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "IRL_COURSE_HOME": str(course / "home")}
    nbgrader(command, course, environment, "generate_assignment", "lesson")
    watch = Watch()
    nbgrader(command, course, environment, "autograde", "lesson")
    seconds, cpu, memory = watch.stop()
    done = len(list((course / "autograded").glob("*/lesson/*.ipynb")))
    line(f"nbgrader ({done} of {len(made)})", max(done, 1), seconds, cpu, 0, memory, "none")


def nbgrader(command, course, environment, *words):
    """Run it; its log, if something failed."""
    done = subprocess.run(
        [command, *words, "--log-level=ERROR"], cwd=course,
        env=environment | {"PATH": f"{Path(command).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        print(f"nbgrader {words[0]}: {done.stderr.strip()[-500:]}")


if __name__ == "__main__":
    main()
