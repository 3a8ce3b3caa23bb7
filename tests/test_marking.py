"""One submission from its bytes to its marks, through a real sandbox."""

import copy
import json
import os
import re
from pathlib import Path

import pytest

from irl_course import checks
from irl_course.classroom import marking, sandbox, submission
from irl_course.classroom.submission import Submission, Unreadable
from irl_course.classroom.worker import GraderFault, Warm

# `grade` forks a worker for each submission, and says on Windows that it cannot (test_batch.py).
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork, nor grade")
ROOT = Path(submission.__file__).parents[2]
SEED = 20_26
EXERCISES = checks.exercises("01")
NAMES = list(EXERCISES)


@pytest.fixture(scope="module")
def warm():
    with Warm() as warm:
        yield warm


def lesson(number="01", solved=True):
    """A notebook as handed in: all right, or untouched."""
    (path,) = ROOT.glob(f"{'solutions' if solved else 'lessons'}/{number}_*.ipynb")
    return json.loads(path.read_text("utf-8"))


def cell_of(notebook, name):
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def with_answers(answers, solved=True):
    """A notebook in which some answer cells hold another text."""
    notebook = lesson(solved=solved)
    for name, source in answers.items():
        cell_of(notebook, name)["source"] = source
    return notebook


def new_cell(source, kind="code", **more):
    return {"cell_type": kind, "metadata": {}, "source": source} | more


def read(notebook):
    data = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    return submission.read(data, "01", "ada")


def judged(warm, notebook, seed=SEED):
    """Points by exercise, and the marks."""
    handed_in = read(notebook)
    assert isinstance(handed_in, Submission), handed_in
    marks = marking.mark(handed_in, warm, seed)
    return {result.name: result.points for result in marks.results}, marks


FULL = {name: exercise.points for name, exercise in EXERCISES.items()}


def result_of(marks, name):
    return next(result for result in marks.results if result.name == name)


# --- right, untouched, half right ------------------------------------------------------------


@pytest.mark.parametrize("number", sorted({e.lesson for e in checks.exercises().values()}))
def test_a_right_submission_has_full_marks(warm, number):
    handed_in = submission.read(json.dumps(lesson(number)).encode(), number)
    marks = marking.mark(handed_in, warm, SEED)
    assert marks.points == marks.max_points > 0, [r.message for r in marks.results]
    assert [result.name for result in marks.results] == list(checks.exercises(number))
    assert {result.outcome for result in marks.results} == {"correct"}
    assert handed_in.problems == () and not any(cell.error for cell in marks.cells)


@pytest.mark.parametrize("number", sorted({e.lesson for e in checks.exercises().values()}))
def test_an_untouched_submission_is_not_attempted_throughout(warm, number):
    handed_in = submission.read(json.dumps(lesson(number, solved=False)).encode(), number)
    marks = marking.mark(handed_in, warm, SEED)
    assert marks.points == 0 and handed_in.problems == ()
    assert {result.outcome for result in marks.results} == {"not attempted"}


def test_the_same_seed_gives_the_same_marks_and_the_level_is_in_them(warm):
    notebook = with_answers({"occupancy": "def occupancy(mdp, pi): return pi"})
    first, second = (judged(warm, notebook)[1] for _ in range(2))
    assert first.results == second.results
    assert first.level == warm.level == sandbox.best() and first.memory > 0


def test_every_level_gives_the_same_marks(warm):
    notebook = with_answers({"occupancy": "def occupancy(mdp, pi): return pi", **USES})
    others = [level for level, why in sandbox.probe().items() if not why and level != warm.level]
    expected = judged(warm, notebook)[1].results
    for level in others:
        with Warm(level) as other:
            assert judged(other, notebook)[1].results == expected


def test_one_wrong_answer_costs_one_exercise(warm):
    for name in NAMES:
        wrong = f"def {name}(*args):\n    return 7"
        points, marks = judged(warm, with_answers({name: wrong}))
        assert points == FULL | {name: 0}, [r.message for r in marks.results]


def test_partial_credit(warm):
    source = "".join(cell_of(lesson(), "value_iteration")["source"])
    no_policy = source.replace("np.eye(mdp.n_actions)[Q.argmax(axis=1)]", "Q * 0")
    points, marks = judged(warm, with_answers({"value_iteration": no_policy}))
    assert 0 < points["value_iteration"] < FULL["value_iteration"]
    assert marks.points == marks.max_points - FULL["value_iteration"] + points["value_iteration"]


# --- broken code: what it costs ----------------------------------------------------------------

BROKEN = {
    "a syntax error": "def occupancy(mdp, pi:\n    return 1",
    "an indentation error": "def occupancy(mdp, pi):\nreturn 1",
    "a name error at top level": "undefined\ndef occupancy(mdp, pi): return 1",
    "an exception": "def occupancy(mdp, pi): return 1 / 0",
    "exit": "def occupancy(mdp, pi): exit()",
    "sys.exit": "import sys\ndef occupancy(mdp, pi): sys.exit(0)",
    "sys.exit at top level": "import sys\nsys.exit(0)",
    "os._exit": "import os\ndef occupancy(mdp, pi): os._exit(0)",
    "os._exit at top level": "import os\nos._exit(0)",
    "a segfault": "import ctypes\ndef occupancy(mdp, pi): ctypes.string_at(0)",
    "a segfault at top level": "import ctypes\nctypes.string_at(0)",
    "closed descriptors": "import os\ndef occupancy(mdp, pi): os.closerange(0, 99)",
    "8 GB": "def occupancy(mdp, pi): return np.ones(1 << 30)",
    "8 GB at top level": "x = np.ones(1 << 30)",
    "no memory at all": "def occupancy(mdp, pi): return np.broadcast_to(1.0, (10**7, 10**7))",
    "a flood": "def occupancy(mdp, pi):\n    print('x' * 50_000_000)\n    return 1",
    "a flood at top level": "for _ in range(20_000): print('x' * 999)\ndef occupancy(m, p): pass",
    "a million numbers": "def occupancy(mdp, pi): return [0.0] * 10**6",
    "nan": "def occupancy(mdp, pi): return pi * np.nan",
    "a generator": "def occupancy(mdp, pi): yield 1",
    "itself": "def occupancy(mdp, pi): return occupancy",
    "np = None inside": "def occupancy(mdp, pi):\n    np = None\n    return np.eye(2)",
    "a class": "class occupancy: pass",
    "a number": "occupancy = 3",
    "nothing": "pass",
    "deleted": "",
    "an emoji": "🙂",
    "a null byte": "def occupancy(mdp, pi): return '\x00'\x00",
    "half a surrogate": "def occupancy(mdp, pi):\n    raise ValueError('\\ud800')\n# \ud800",
    "brackets": "(" * 5000,
    "recursion": "def occupancy(mdp, pi): return occupancy(mdp, pi)",
    "deep recursion": """
import sys
def occupancy(mdp, pi):
    sys.setrecursionlimit(10**9)
    return occupancy(mdp, pi)""",
    "a thread that exits": """
import os, threading
def occupancy(mdp, pi):
    threading.Thread(target=os._exit, args=[0]).start()
    while True: pass""",
    "a stopped pipe": "import os, signal\ndef occupancy(mdp, pi): signal.raise_signal(11)",
    "patched builtins": "import builtins\ndef occupancy(mdp, pi): builtins.isinstance = None",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer_costs_its_exercise_alone(warm, kind, monkeypatch):
    monkeypatch.setattr(marking, "CALL_SECONDS", 2.0)
    points, marks = judged(warm, with_answers({"occupancy": BROKEN[kind]}))
    assert points == FULL | {"occupancy": 0}, [r.message for r in marks.results]
    result = result_of(marks, "occupancy")
    nothing = kind == "deleted"
    assert result.outcome == ("not attempted" if nothing else "not right yet")
    assert nothing or result.violation
    json.dumps(result.as_dict()).encode("utf-8")


def test_an_answer_s_own_error_is_shown(warm):
    syntax = result_of(judged(warm, with_answers({"occupancy": BROKEN["a syntax error"]}))[1],
                       "occupancy")  # fmt: skip
    assert "SyntaxError" in syntax.traceback and "did not run" in syntax.violation
    raised = result_of(judged(warm, with_answers({"occupancy": BROKEN["an exception"]}))[1],
                       "occupancy")  # fmt: skip
    assert "return 1 / 0" in raised.traceback and "irl_course" not in raised.traceback


ENDLESS = {
    "in the function": "def occupancy(mdp, pi):\n    while True: pass",
    "at top level": "while True: pass",
    "asleep": "import time\ndef occupancy(mdp, pi): time.sleep(99)",
    "swallowing interrupts": """
def occupancy(mdp, pi):
    while True:
        try:
            while True: pass
        except BaseException: pass""",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_answer_costs_its_exercise_alone(warm, kind, monkeypatch):
    monkeypatch.setattr(marking, "CALL_SECONDS", 0.8)
    monkeypatch.setattr(marking, "CELL_SECONDS", 0.8)
    points, marks = judged(warm, with_answers({"occupancy": ENDLESS[kind]}))
    assert points == FULL | {"occupancy": 0}
    said = result_of(marks, "occupancy")
    assert "still running" in said.violation + said.traceback


def test_a_death_that_comes_late_costs_no_other_exercise(warm):
    late = """
import os, threading
def policy_evaluation(mdp, reward, pi):
    threading.Timer(0.03, os._exit, [0]).start()
    return 1"""
    slow = """
import time
def expected_return(mdp, reward, pi):
    time.sleep(0.01)
    return float((planning.occupancy(mdp, pi) * reward).sum())"""
    points, marks = judged(warm, with_answers({"policy_evaluation": late, "expected_return": slow}))
    assert points == FULL | {"policy_evaluation": 0}


def test_a_notebook_that_uses_up_its_seconds_is_ended(warm, monkeypatch):
    monkeypatch.setattr(marking, "CELL_SECONDS", 0.3)
    monkeypatch.setattr(marking, "ALL_SECONDS", 0.8)
    notebook = lesson()
    notebook["cells"][3:3] = [new_cell(f"while {n}: pass") for n in range(1, 30)]
    points, marks = judged(warm, notebook)
    assert marks.points == 0 and marks.cpu < 3
    assert "used up its" in result_of(marks, "occupancy").violation


def test_broken_cells_of_one_s_own_cost_nothing(warm):
    notebook = lesson()
    bad = ["1 / 0", "import os; os._exit(1)", "np = None", "del np", "%matplotlib inline", "!ls"]
    notebook["cells"][2:2] = [new_cell(source) for source in bad[:2]]
    notebook["cells"] += [new_cell(source) for source in bad]
    points, marks = judged(warm, notebook)
    assert points == FULL
    assert any("ended itself" in cell.error for cell in marks.cells)


def test_np_set_to_none_is_the_learner_s_own_affair(warm):
    notebook = lesson()
    notebook["cells"].insert(3, new_cell("np = None"))
    assert judged(warm, notebook)[1].points < 10


def test_helpers_of_one_s_own_are_there(warm):
    notebook = with_answers({"occupancy": "def occupancy(mdp, pi):\n    return solve(mdp, pi)"})
    body = "".join(cell_of(lesson(), "occupancy")["source"]).replace("def occupancy", "def solve")
    notebook["cells"].insert(20, new_cell(body))
    assert judged(warm, notebook)[0] == FULL
    notebook["cells"].insert(60, new_cell("occupancy = solve = None"))
    assert judged(warm, notebook)[0] == FULL, "a later cell spoils nothing"


# What a right answer may look like, or have above it in its cell: `ANSWER` is its text, `mine` the
# same function under another name.
INNOCENT = {
    "a look at the lesson's world": "print(mdp.n_states)\nANSWER",
    "a package that is not here": "import google.colab\nANSWER",
    "a file that is not here": "notes = open('notes.txt').read()\nTOL = 1\nANSWER",
    "somebody to type": "name = input('Who are you? ')\nANSWER",
    "IPython's shell": "get_ipython().run_line_magic('matplotlib', 'inline')\nANSWER",
    "IPython's history": "print(In, Out)\nANSWER",
    "cell magic, and a question": "%%time\nx = [1,  # why?\n     2]\nANSWER",
    "shell lines with results": "files = !ls\nhere = %pwd\n%time TEN = 10\nTEN + 1\nANSWER",
    "a byte-order mark": "\ufeffANSWER",
    "help below": "ANSWER\nnp.linalg.solve?\n?np.eye\nhelp(np.eye)",
    "a test that fails below": "ANSWER\nassert False\nexit()",
    "a plot below": "ANSWER\nplt.plot([1])\nplt.savefig('x.png')\nplt.show()",
    "a lambda": "MINE\noccupancy = lambda mdp, pi: mine(mdp, pi)",
    "a partial": "MINE\nimport functools\noccupancy = functools.partial(mine)",
    "a method": "MINE\nclass Solver:\n    def __call__(self, *a): return mine(*a)\n"
                "occupancy = Solver()",
    "more arguments": "MINE\ndef occupancy(mdp, pi=None, seen=[], *more, tol=1e-9, **others):\n"
                      "    seen.append(pi)\n    return mine(mdp, pi)",
    "a decorator": "def noisy(f):\n    def g(*args):\n        print('x' * 99_999)\n"
                   "        return f(*args)\n    return g\n@check\n@noisy\nANSWER",
    "a memory": "MINE\nknown = {}\ndef occupancy(mdp, pi):\n    global last\n    last = mdp\n"
                "    key = *map(bytes, (mdp.P, pi, mdp.initial_dist)), mdp.gamma\n"
                "    return known.setdefault(key, mine(mdp, pi))",
    "a thread": "MINE\nfrom concurrent.futures import ThreadPoolExecutor\ndef occupancy(mdp, pi):\n"
                "    with ThreadPoolExecutor(2) as pool:\n"
                "        return pool.submit(mine, mdp, pi).result()",
    "a coroutine": "MINE\ndef occupancy(mdp, pi):\n    async def go(): return mine(mdp, pi)\n"
                   "    try: go().send(None)\n    except StopIteration as done: return done.value",
    "a matrix": "MINE\ndef occupancy(mdp, pi): return np.asmatrix(mine(mdp, pi))",
    "rows in a deque": "MINE\nimport collections\n"
                       "def occupancy(*a): return collections.deque(mine(*a))",
    "an array of its own kind": (
        "MINE\nclass Table:\n    def __init__(self, rows): self.rows = rows\n"
        "    def __array__(self, dtype=None, copy=None): return self.rows\n"
        "def occupancy(*a): return Table(mine(*a))"
    ),
    "strict warnings":
        "import warnings\nwarnings.simplefilter('error')\nnp.seterr('raise')\nANSWER",
    "Windows' and Apple's line ends": "x = 1\r\nANSWER\ry = 2",
    "letters that Python reads alike": "MINE\n\uff4fccupancy = mine",
}  # fmt: skip


@pytest.mark.parametrize("oddity", INNOCENT)
def test_an_innocent_oddity_costs_nothing(warm, oddity):
    answer = "".join(cell_of(lesson(), "occupancy")["source"])
    mine = answer.replace("def occupancy", "def mine")
    source = INNOCENT[oddity].replace("ANSWER", answer).replace("MINE", mine)
    points, marks = judged(warm, with_answers({"occupancy": source}))
    assert points == FULL, result_of(marks, "occupancy").message


def test_what_a_cell_imports_from_the_future_holds_for_later_ones(warm):
    answer = "".join(cell_of(lesson(), "occupancy")["source"])
    notebook = with_answers({"occupancy": answer.replace("(mdp, pi)", "(mdp: World, pi: Rows)", 1)})
    assert judged(warm, notebook)[0] == FULL | {"occupancy": 0}
    notebook["cells"].insert(1, new_cell("from __future__ import annotations"))
    assert judged(warm, notebook)[0] == FULL


def test_what_fails_below_what_failed_is_left_out(warm):
    cell = "undefined\nx = 1 / 0\ny = 2\nprint('seen')\ndef occupancy(mdp, pi): return pi * y"
    points, marks = judged(warm, with_answers({"occupancy": cell}))
    assert "should be" in result_of(marks, "occupancy").violation, "it could be called"
    said = next(report for report in marks.cells if report.error)
    assert "undefined" in said.error and said.output == ""


# --- follow-through ------------------------------------------------------------------------------

USES = {
    "bellman_backup": "def bellman_backup(mdp, reward, V): return reward.T",
    "policy_evaluation": "def policy_evaluation(mdp, reward, pi): return None",
    "expected_return": """
def expected_return(mdp, reward, pi):
    return mdp.initial_dist @ policy_evaluation(mdp, reward, pi)""",
}


def test_a_slip_is_followed_through(warm):
    points, _ = judged(warm, with_answers(USES))
    assert points == FULL | {"bellman_backup": 0, "policy_evaluation": 0}


def test_an_exercise_left_out_is_followed_through(warm):
    source = "".join(cell_of(lesson(), "value_iteration")["source"])
    points, marks = judged(warm, with_answers({"value_iteration": source}, solved=False))
    assert points == dict.fromkeys(FULL, 0) | {"value_iteration": FULL["value_iteration"]}


def test_an_answer_that_makes_up_for_one_s_own_slip_is_right(warm):
    both = USES | {
        "policy_evaluation": """
def policy_evaluation(mdp, reward, pi):
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    return -np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, (pi * reward).sum(axis=1))
""",
        "expected_return": """
def expected_return(mdp, reward, pi):
    return -float(mdp.initial_dist @ policy_evaluation(mdp, reward, pi))""",
    }
    points, _ = judged(warm, with_answers(both))
    assert points == FULL | {"bellman_backup": 0, "policy_evaluation": 0}


def test_following_through_gives_nothing_away(warm):
    lazy = {name: f"def {name}(*args):\n    return {NAMES[0]}(*args)" for name in NAMES[1:]}
    assert judged(warm, with_answers(lazy))[1].points == FULL[NAMES[0]]
    recursive = {name: f"def {name}(*args):\n    return {name}(*args)" for name in NAMES}
    assert judged(warm, with_answers(recursive))[1].points == 0


def test_lists_are_as_good_as_arrays_and_later_answers_see_arrays(warm):
    source = "".join(cell_of(lesson(), "policy_evaluation")["source"])
    listed = source.replace("reward_pi)", "reward_pi).tolist()")
    assert listed != source
    needs_an_array = """
def expected_return(mdp, reward, pi):
    return (mdp.initial_dist * policy_evaluation(mdp, reward, pi).reshape(-1)).sum()"""
    answers = {"policy_evaluation": listed, "expected_return": needs_an_array}
    points, _ = judged(warm, with_answers(answers))
    assert points == FULL


def test_a_changed_input_costs_a_point(warm):
    source = "".join(cell_of(lesson(), "bellman_backup")["source"])
    changes = source.replace("return reward", "reward += 0.5\n    return reward - 0.5")
    points, marks = judged(warm, with_answers({"bellman_backup": changes}))
    assert result_of(marks, "bellman_backup").misconception == "mutates"
    assert points == FULL | {"bellman_backup": FULL["bellman_backup"] - 1}


# --- the course's own implementation --------------------------------------------------------------

OWN = {
    "a call": """
from irl_course import planning
def occupancy(mdp, pi): return planning.occupancy(mdp, pi)""",
    "an import": "from irl_course.planning import occupancy",
    "an alias": """
from irl_course.planning import occupancy as course
def occupancy(mdp, pi): return course(mdp, pi)""",
    "a search": """
import sys
def occupancy(mdp, pi):
    return getattr(sys.modules["irl_course.planning"], "occu" + "pancy")(mdp, pi)""",
    "a dodge": """
from irl_course import planning
def occupancy(mdp, pi):
    try:
        return planning.occupancy(mdp, pi)
    except BaseException:
        return pi""",
    "the register": """
from irl_course.checks import core
def occupancy(mdp, pi): return core.find("occupancy").reference(mdp, pi)""",
    "the garbage collector": """
import gc, types
found = [o for o in gc.get_objects() if isinstance(o, types.FunctionType)
         and o.__name__ == "occupancy"]
gc.unfreeze()
found += [o for o in gc.get_objects() if isinstance(o, types.FunctionType)
          and o.__name__ == "occupancy"]
def occupancy(mdp, pi): return found[0](mdp, pi)""",
    "a list that fills itself when it is sent": """
from irl_course import planning
class Late(list):
    def __iter__(self): yield from vars(planning)["occupancy"](*self.args)
def occupancy(mdp, pi):
    late = Late()
    late.args = mdp, pi
    return late""",
    "an array that is made when it is sent": """
from irl_course import planning
class Late:
    def __array__(self, *args, **kwargs): return vars(planning)["occupancy"](*self.args)
def occupancy(mdp, pi):
    late = Late()
    late.args = mdp, pi
    return late""",
    "the check, which gives the course's": """
from irl_course.checks import check
from irl_course.checks.core import find
def occupancy(mdp, pi): return pi
occupancy = find("occupancy").reference""",
}


@pytest.mark.parametrize("way", OWN)
def test_calling_the_course_s_own_implementation_is_refused(warm, way):
    points, marks = judged(warm, with_answers({"occupancy": OWN[way]}))
    assert points == FULL | {"occupancy": 0}
    assert "course's own occupancy" in result_of(marks, "occupancy").violation


ALIKE = {
    "another name for it": ("value_iteration", """
from irl_course import planning
def value_iteration(mdp, reward, tol): return planning.policy_iteration(mdp, reward)"""),
    "a helper of the checks": ("bellman_backup", """
from irl_course import checks
def bellman_backup(mdp, reward, V):
    from irl_course.checks.lesson_01 import _backup
    return _backup(mdp, reward, V)"""),
    "an attribute of the checks": ("bellman_backup", """
from irl_course import checks
def bellman_backup(mdp, reward, V): return checks.lesson_01._backup(mdp, reward, V)"""),
    "a mistake that is half right": ("value_iteration", """
from irl_course.checks import exercises
def value_iteration(*args):
    return exercises()["value_iteration"].misconceptions[0].wrong(*args)"""),
}  # fmt: skip


@pytest.mark.parametrize("way", ALIKE)
def test_what_does_the_same_is_no_answer_either(warm, way):
    name, source = ALIKE[way]
    points, _ = judged(warm, with_answers({name: source}))
    assert points == FULL | {name: 0}


def test_without_the_refusal_such_an_answer_would_be_right():
    from irl_course import planning

    assert checks.grade("occupancy", lambda m, p: planning.occupancy(m, p)).outcome == "correct"


def test_other_parts_of_the_package_may_be_called(warm):
    uses = """
from irl_course import planning
def expected_return(mdp, reward, pi):
    return float((planning.occupancy(mdp, pi) * reward).sum())"""
    assert judged(warm, with_answers({"expected_return": uses}))[0] == FULL
    compares = "from irl_course import planning\nprint(planning.occupancy)"
    notebook = lesson()
    notebook["cells"].append(new_cell(compares))
    assert judged(warm, notebook)[0] == FULL


# --- attacks on the marks -------------------------------------------------------------------------

CHEATS = {
    "check in the answer's cell": "occupancy = check(lambda mdp, pi: pi, 'occupancy')",
    "a duck": """
class Duck:
    def __array__(self, *a, **k): return np.zeros(1)
    def __eq__(self, other): return True
    shape = property(lambda self: self)
    __le__ = __lt__ = __ge__ = __gt__ = __ne__ = __sub__ = __rsub__ = __eq__
    def __getattr__(self, name): return lambda *a, **k: True
def occupancy(mdp, pi): return Duck()""",
    "an array that is equal to all": """
class Same(np.ndarray):
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def __array_ufunc__(self, *a, **k): return 0.0
    def __array_function__(self, *a, **k): return True
def occupancy(mdp, pi): return np.zeros(np.shape(pi)).view(Same)""",
    "patched numpy": """
import numpy
for name in ("abs", "max", "allclose", "array_equal", "isfinite", "asarray"):
    setattr(numpy, name, lambda *a, **k: np.zeros(1, bool))
def occupancy(mdp, pi): return pi""",
    "patched checks": """
from irl_course.checks import core, forms, guard, report
core.grade = forms.close = forms.difference = lambda *a, **k: None
core._judge = core._first_violation = lambda *a, **k: None
for exercise in core.exercises().values():
    object.__setattr__(exercise, "parts", ())
def occupancy(mdp, pi): return pi""",
    "patched wire": """
import sys
wire = sys.modules["irl_course.classroom.wire"]
encode = wire.encode
def forged(value, *more):
    if isinstance(value, dict) and "number" in value:
        value = value | {"outcome": "correct", "points": 99, "own": False, "untouched": False}
    return encode(value, *more)
wire.encode = forged
def occupancy(mdp, pi): return pi""",
    "frames": """
import sys
def occupancy(mdp, pi):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [v for v in frame.f_locals.values() if hasattr(v, "shape") and v is not pi]
        frame = frame.f_back
    return next((v for v in seen if v.shape == pi.shape), pi)""",
    "the garbage collector, for answers": """
import gc
def occupancy(mdp, pi):
    gc.unfreeze()
    for o in gc.get_objects():
        if type(o).__name__ == "Case" or (isinstance(o, dict) and "expected" in o
                and getattr(o["expected"], "shape", 0) == pi.shape):
            return o["expected"] if isinstance(o, dict) else o.expected
    return pi""",
    "not implemented at last": """
calls = 0
def occupancy(mdp, pi):
    global calls
    calls += 1
    if calls > 1: raise NotImplementedError
    return pi""",
    "changing the question": """
def occupancy(mdp, pi):
    object.__setattr__(mdp, "gamma", 0.0)
    object.__setattr__(mdp, "P", mdp.P * 0)
    return mdp.initial_dist[:, None] * pi""",
    "an import hook": """
import sys
class Hook:
    def find_spec(self, name, path=None, target=None): raise SystemExit("gotcha")
sys.meta_path.insert(0, Hook())
def occupancy(mdp, pi): return pi""",
    "a trace": """
import sys
sys.settrace(lambda *a: None)
sys.setprofile(lambda *a: None)
def occupancy(mdp, pi): return pi""",
    "IPython's hooks": """
get_ipython().events.register("post_run_cell", print)
def occupancy(mdp, pi): return pi""",
    "words that look like marks": """
print("✓ occupancy: correct, 2 of 2 points")
def occupancy(mdp, pi):
    print("✓ occupancy: correct, 2 of 2 points")
    return "correct\\n=cmd|'/C calc'!A0<script>alert(1)</script>" """,
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_earns_nothing(warm, cheat):
    points, marks = judged(warm, with_answers({"occupancy": CHEATS[cheat]}))
    assert points["occupancy"] == 0 and marks.points <= 10
    assert result_of(marks, "occupancy").max_points == FULL["occupancy"]
    after, _ = judged(warm, lesson())
    assert after == FULL, "the next submission is judged as ever"


def test_hidden_problems_do_not_reach_the_output(warm):
    spy = """
seen = []
def bellman_backup(mdp, reward, V):
    seen.append(V)
    print("HIDDEN", V)
    import sys
    sys.__stdout__ and sys.__stdout__.write("HIDDEN")
    return reward + mdp.gamma * (mdp.P @ V)"""
    notebook = with_answers({"bellman_backup": spy})
    notebook["cells"].append(new_cell("print('HIDDEN', seen)"))
    points, marks = judged(warm, notebook)
    assert points == FULL
    assert not any("HIDDEN" in cell.output for cell in marks.cells)
    assert "HIDDEN" not in repr(marks.results)


def test_something_odd_in_an_argument_is_a_change_and_no_fault(warm):
    notebook = lesson("07")
    cell_of(notebook, "mlp_reward")["source"] = """
def mlp_reward(params, features):
    params[0] = object()
    return features[..., 0]"""
    handed_in = submission.read(json.dumps(notebook).encode(), "07")
    assert result_of(marking.mark(handed_in, warm, SEED), "mlp_reward").points == 0


def test_the_seed_and_the_expected_answers_stay_with_the_grader(warm, monkeypatch):
    sent = []
    from irl_course.classroom.worker import Worker

    ask = Worker.ask
    monkeypatch.setattr(Worker, "ask", lambda s, do, cpu=10.0, **f: sent.append((do, f)) or
                        ask(s, do, cpu, **f))  # fmt: skip
    judged(warm, lesson(), seed=987654321)
    assert {do for do, _ in sent} <= {"run", "look", "call", "stand_in", "give_back", "as_arrays"}
    calls = [fields for do, fields in sent if do == "call"]
    assert all(set(fields) == {"name", "args"} for fields in calls)
    assert "987654321" not in repr([fields for do, fields in sent if do != "call"])


def test_a_fault_of_the_machine_is_never_a_zero(warm, monkeypatch):
    monkeypatch.setattr(marking, "grade", lambda *a: 1 / 0)
    with pytest.raises(GraderFault, match="the check of bellman_backup failed"):
        judged(warm, lesson())
    monkeypatch.undo()

    def broken(self, *args, **kwargs):
        raise GraderFault("no worker")

    monkeypatch.setattr(Warm, "cpu_seconds", broken)
    slow = "import time\ndef occupancy(mdp, pi): time.sleep(0.3)"
    with pytest.raises(GraderFault):
        judged(warm, with_answers({"occupancy": slow}))


# --- files in any state --------------------------------------------------------------------------


def as_bytes(notebook):
    return json.dumps(notebook).encode()


UNREADABLE = {
    "empty": (b"", "empty"),
    "blank": (b" \n", "empty"),
    "not JSON": (b"%PDF-1.4", "not JSON"),
    "cut off": (as_bytes(lesson())[:5000], "not JSON"),
    "a list": (b"[]", "not a notebook"),
    "a number": (b"3", "not a notebook"),
    "deep": (b"[" * 100_000, "nested"),
    "UTF-16": ("{}".encode("utf-16"), "UTF-16"),
    "zeros": (bytes(100), "not JSON"),
    "millions of lists": (b"[" + b"[]," * 2_000_001 + b"1]", "lists"),
    "no cells": (b'{"nbformat": 4}', "has cells"),
    "no cells in the list": (b'{"nbformat": 4, "cells": []}', "no cells"),
    "cells of another kind": (b'{"nbformat": 4, "cells": {"a": 1}}', "has cells"),
    "another lesson": (as_bytes(lesson("02")), "lesson 02, not lesson 01"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_file_is_a_row_with_a_reason(kind):
    data, words = UNREADABLE[kind]
    found = submission.read(data, "01", "ada")
    assert isinstance(found, Unreadable) and words in found.reason and found.learner == "ada"
    assert "\n" not in found.reason


def test_what_is_no_file_is_a_row_with_a_reason(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(submission, "MAX_BYTES", 1 << 20)
    (tmp_path / "huge").write_bytes(b" " * (2 << 20))
    (tmp_path / "loop").symlink_to("loop")
    expected = {"missing": "no file", ".": "not a file", "pipe": "not a file", "huge": "larger",
                "loop": "no file", "a\0b": ""}  # fmt: skip
    for name, words in expected.items():
        found = submission.read(tmp_path / name, "01")
        assert isinstance(found, Unreadable) and words in found.reason


def changed(change):
    notebook = lesson()
    return change(notebook) or notebook


def as_format_3(notebook):
    cells = [
        {"cell_type": c["cell_type"], "metadata": c["metadata"], "outputs": []}
        | {"input" if c["cell_type"] == "code" else "source": c["source"]}
        for c in notebook["cells"]
    ]
    return {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}, None]}


def each(notebook, change):
    for cell in notebook["cells"]:
        change(cell)


def into_the_check(notebook):
    answer, check = cell_of(notebook, "occupancy"), cell_of(notebook, "check-occupancy")
    check["source"] = [*answer["source"], "\n", *check["source"]]
    answer["source"] = cell_of(lesson(solved=False), "occupancy")["source"]


READABLE = {
    "a byte-order mark": b"\xef\xbb\xbf" + as_bytes(lesson()),
    "bad bytes": as_bytes(changed(lambda n: n["metadata"].update(x="@@"))).replace(b"@@", b"\xff"),
    "format 3": as_format_3(lesson()),
    "format 5": changed(lambda n: n.update(nbformat=5)),
    "format of another kind": changed(lambda n: n.update(nbformat="\ud800" * 99)),
    "an unknown kernel": changed(lambda n: n["metadata"].update(kernelspec={"name": "cobol"})),
    "no metadata": changed(lambda n: n.pop("metadata") and None),
    "metadata of another kind": changed(lambda n: n.update(metadata=[1])),
    "no cell metadata": changed(lambda n: each(n, lambda c: c.pop("metadata") and None)),
    "no ids": changed(lambda n: each(n, lambda c: c.pop("id") and None)),
    "neither": changed(
        lambda n: each(n, lambda c: c.update(id=None, metadata=None))
    ),
    "cells of another kind": changed(
        lambda n: n["cells"].extend([None, 3, [], {}, {"cell_type": "code", "source": 3},
                                     {"cell_type": "code", "source": [1]}])
    ),
    "markdown for code": changed(
        lambda n: each(n, lambda c: c.update(cell_type="markdown") if c["id"] in NAMES else None)
    ),
    "no checks": changed(
        lambda n: n.update(cells=[c for c in n["cells"] if not c["id"].startswith("check")])
    ),
    "edited checks": changed(
        lambda n: each(n, lambda c: c.update(source="while True: pass")
                       if c["id"].startswith("check") else None)
    ),
    "answers alone": changed(lambda n: n.update(cells=[c for c in n["cells"] if c["id"] in NAMES])),
    "a stub left behind": changed(
        lambda n: n["cells"].extend(c for c in lesson(solved=False)["cells"] if c["id"] in NAMES)
    ),
    "a copy before": changed(
        lambda n: n["cells"].insert(5, new_cell("def occupancy(mdp, pi): return 1", id="mine"))
    ),
    "a worse copy under the same name": changed(
        lambda n: n["cells"].insert(
            5, cell_of(n, "occupancy") | {"source": "def occupancy(mdp, pi): return 1"})
    ),
    "an answer in the check's cell": changed(into_the_check),
    "an answer below a first try": changed(
        lambda n: n["cells"].insert(
            n["cells"].index(cell_of(n, "check-occupancy")),
            new_cell(cell_of(lesson(), "occupancy")["source"], id="mine"),
        ) or cell_of(n, "occupancy").update(source="def occupancy(mdp, pi): return None")
    ),
    "answers inside of `if`, without names": changed(
        lambda n: each(n, lambda c: c.update(
            source=["if True:\n", *("    " + line for line in c["source"])],
            metadata={}, id="x") if c["id"] in NAMES else None)
    ),
    "an answer with a type, without a name": changed(
        lambda n: cell_of(n, "occupancy").update(
            source="".join(cell_of(n, "occupancy")["source"]).replace("def occ", "def my_occ")
            + "\noccupancy: object = my_occupancy", metadata={}, id="x")
    ),
    "a scratch copy at the end": changed(
        lambda n: n["cells"].append(new_cell("def occupancy(mdp, pi): return 1", id="mine"))
    ),
    "all answers in one cell": changed(
        lambda n: n.update(cells=[new_cell(
            "import numpy as np\n" + "\n".join("".join(cell_of(n, x)["source"]) for x in NAMES))])
    ),
    "answers in cells of one's own": changed(
        lambda n: n.update(cells=lesson(solved=False)["cells"] + [
            new_cell(cell_of(n, x)["source"]) for x in NAMES])
    ),
    "50 MB of output": changed(
        lambda n: n["cells"][3].update(outputs=[{"text": "x" * (50 << 20)}])
    ),
    "20,000 outputs": changed(
        lambda n: n["cells"][3].update(outputs=[{"output_type": "stream", "text": "x"}] * 20_000)
    ),
    "Windows' line ends": as_bytes(lesson()).replace(b"\\n", b"\\r\\n"),
    "sources in one piece": changed(
        lambda n: each(n, lambda c: c.update(source="".join(c["source"])))
    ),
    "much code of one's own": changed(
        lambda n: n["cells"].extend(new_cell(f"x = {i}\n" * 20_000) for i in range(20))
    ),
    "a long cell": changed(lambda n: n["cells"].append(new_cell("#" * 10**6))),
    "hundreds of cells": changed(lambda n: n["cells"].extend(new_cell(f"{i}") for i in range(300))),
}  # fmt: skip


@pytest.mark.parametrize("kind", READABLE)
def test_a_right_notebook_in_a_sorry_state_has_full_marks(warm, kind):
    points, marks = judged(warm, READABLE[kind])
    assert points == FULL, [result.message for result in marks.results]
    assert all(said.isprintable() for said in marks.problems)


def test_what_was_odd_is_said():
    notebook = copy.deepcopy(READABLE["a stub left behind"])
    notebook["nbformat"] = 5
    cell_of(notebook, "occupancy")["cell_type"] = "raw"
    notebook["cells"] += [None, cell_of(notebook, "bellman_backup")]
    notebook["cells"] = [c for c in notebook["cells"] if not c or c["id"] != "expected_return"]
    found = read(notebook)
    said = "\n".join(found.problems)
    for words in ("format is 5", "is not a cell", "2 cells answer bellman_backup",
                  "answer cell of occupancy is no code cell",
                  "answer cell of expected_return is missing"):  # fmt: skip
        assert words in said


def test_what_no_answer_needs_is_pointed_out_and_not_judged(warm):
    source = "".join(cell_of(lesson(), "occupancy")["source"])
    odd = "from irl_course.classroom import inside\nimport ctypes\n" + source
    points, marks = judged(warm, with_answers({"occupancy": odd}))
    assert points == FULL
    assert [said for said in marks.problems if "`irl_course.classroom`" in said]
    assert [said for said in marks.problems if "`ctypes`" in said]


def test_only_the_learner_s_own_cells_are_taken():
    found = read(lesson())
    assert [cell.answers for cell in found.cells] == [(name,) for name in NAMES]
    assert read(lesson(solved=False)).cells == ()
    numbers = [int(re.search(r"\d+", cell.label)[0]) for cell in found.cells]
    assert [lesson()["cells"][n - 1]["id"] for n in numbers] == NAMES
