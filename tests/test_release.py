"""What a teacher hands out: whole, without answers, opened by the same commands, and nbgrader."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import peers
import pytest

from irl_course import checks, cli
from irl_course.checks import notebook
from irl_course.classroom import release as releasing
from irl_course.classroom.release import NotReleased, release

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def whole():
    """The files of a bundle of all lessons."""
    return releasing.bundle_files(ROOT, None, None)


@pytest.fixture(scope="module")
def answers():
    return list(releasing._answers(ROOT))


@pytest.fixture
def teachers(tmp_path):
    """A copy of the course with two lessons, to be spoilt."""
    root = tmp_path / "course"
    shutil.copytree(ROOT / "irl_course", root / "irl_course")
    for folder in ("lessons", "solutions"):
        (root / folder).mkdir()
        for path in (ROOT / folder).glob("0[01]_*.ipynb"):
            shutil.copy(path, root / folder)
    shutil.copy(ROOT / "lessons" / "README.md", root / "lessons")
    for name in releasing._FILES:
        shutil.copy(ROOT / name, root)
    return root


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("learner,name\nada,Ada L.\nben,Ben\n../Ünal,Ünal\n", "utf-8")
    return path


def unpacked(path, folder):
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder / releasing.FOLDER


def edited(path, change):
    """Change a notebook's cells in place."""
    content = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        change(cell)
    path.write_text(json.dumps(content), "utf-8")


# --- nothing secret inside -------------------------------------------------------------------


def test_every_exercise_has_an_answer_to_look_for(answers):
    assert {answer.exercise for answer in answers} == set(checks.exercises())
    assert all(answer.regions or answer.single for answer in answers)


def test_no_solution_is_in_a_bundle(whole, answers):
    assert list(releasing.leaking(whole, answers)) == []
    assert not [path for path in whole if "solution" in path or path.startswith("tests/answers")]
    for path, content in whole.items():
        assert b"### BEGIN SOLUTION\n" not in content, path


def test_a_solution_would_be_found(whole, answers):
    """Each in a Python file, in a lesson's code, and in a lesson with other spaces."""
    for answer in answers:
        words = " \n  ".join(answer.text.split())
        cell = {"cell_type": "code", "source": [line + "\n" for line in words.split("\n")]}
        lesson = json.dumps({"cells": [cell]}).encode()
        assert list(releasing.leaking({"a.py": words.encode()}, [answer])), answer
        assert list(releasing.leaking({"a.ipynb": lesson}, [answer])), answer


def test_a_solution_of_one_line_may_be_used_in_later_lessons(answers):
    answer = next(answer for answer in answers if answer.exercise == "linear_reward")
    cell = {"cell_type": "code", "source": f"def mine():\n    {answer.single[0]}"}
    lesson = json.dumps({"cells": [cell]}).encode()
    for name, found in (("02_a", 1), ("03_b", 1), ("04_c", 0)):
        assert len(list(releasing.leaking({f"lessons/{name}.ipynb": lesson}, [answer]))) == found


def test_only_the_course_is_in_a_bundle(teachers):
    secrets = ["grading-seed", "irl_course/seed", "irl_course/.seed.json", "irl_course/notes.txt",
               "irl_course/checks/roster.csv", "lessons/01_mine.ipynb", ".git/config",
               "irl_course/.hidden/seed.py", "irl_course/__pycache__/seed.pyc"]  # fmt: skip
    for name in secrets:
        (teachers / name).parent.mkdir(exist_ok=True)
        (teachers / name).write_text("secret-of-the-teacher")
    files = releasing.bundle_files(teachers, None, None)
    assert not any(b"secret-of-the-teacher" in content for content in files.values())


def test_the_teachers_own_answers_are_not_handed_out(teachers):
    path = teachers / "lessons" / "01_forward_rl.ipynb"

    def answer(cell):
        if cell["id"] == "occupancy":
            cell["source"] += ["\n", "    return 1"]

    edited(path, answer)
    with pytest.raises(NotReleased, match="the cell occupancy is not what its source .*build 01"):
        release(teachers / "out", root=teachers)
    assert not (teachers / "out").exists()
    release(teachers / "out", root=teachers, lessons=["00"])


def test_a_lesson_that_was_run_is_not_handed_out(teachers):
    def run(cell):
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]

    edited(teachers / "lessons" / "00_start_here.ipynb", run)
    with pytest.raises(NotReleased, match="holds an output"):
        release(teachers / "out", root=teachers)


def test_a_cell_of_the_teachers_own_is_not_handed_out(teachers):
    path = teachers / "lessons" / "01_forward_rl.ipynb"
    content = json.loads(path.read_text("utf-8"))
    mine = {"cell_type": "code", "id": "mine", "source": ["V = 1"], "metadata": {}, "outputs": []}
    content["cells"].append(mine)
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(NotReleased, match="the cell mine is not what"):
        release(teachers / "out", root=teachers)
    path.write_text("{}")
    with pytest.raises(NotReleased, match="lessons/01_forward_rl.ipynb is missing or no notebook"):
        release(teachers / "out", root=teachers)


def test_the_teachers_own_words_are_handed_out(teachers):
    def tell(cell):
        if cell["cell_type"] == "markdown":
            cell["source"] = [*cell["source"], "\n\nSee you on Monday."]

    edited(teachers / "lessons" / "01_forward_rl.ipynb", tell)
    release(teachers / "out", root=teachers)
    lesson = teachers / "out" / releasing.FOLDER / "lessons" / "01_forward_rl.ipynb"
    assert "See you on Monday" in lesson.read_text("utf-8")


def test_a_solution_left_elsewhere_in_a_lesson_is_found(teachers, answers):
    region = next(a.regions[0] for a in answers if a.exercise == "value_iteration")

    def tell(cell):
        if cell["cell_type"] == "markdown" and not cell["source"][0].startswith("# "):
            cell["source"] = region

    edited(teachers / "lessons" / "01_forward_rl.ipynb", tell)
    with pytest.raises(NotReleased, match=r"value_iteration \(lesson 01\) in lessons/01_"):
        release(teachers / "out", root=teachers)


# --- what is written -------------------------------------------------------------------------


def test_the_same_course_gives_the_same_bytes(tmp_path, roster):
    for out in ("a", "b"):
        release(tmp_path / out / "all", lessons=["01"], due="2027-03-01")
        release(tmp_path / out / "each", lessons=["01"], students=roster)
    first, second = (
        {path.relative_to(tmp_path / out): path.read_bytes()
         for path in sorted((tmp_path / out).rglob("*")) if path.is_file()}
        for out in ("a", "b")
    )  # fmt: skip
    assert first == second


def test_the_manifest_tells_what_is_inside(tmp_path):
    made = release(tmp_path / "out", lessons=["03", "01_forward_rl"], due="2027-03-01T18:00")
    folder = tmp_path / "out" / releasing.FOLDER
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest == made.manifest and manifest["release"] == made.id
    assert manifest["due"] == "2027-03-01T18:00"
    points = {name: exercise.points for name, exercise in checks.exercises("01").items()}
    assert manifest["lessons"]["01"]["exercises"] == points
    inside = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert inside == {*manifest["files"], "manifest.json"}
    for path, digest in manifest["files"].items():
        assert releasing._sha((folder / path).read_bytes()) == digest
    assert [p.name for p in sorted((folder / "lessons").glob("*.ipynb"))] == [
        "01_forward_rl.ipynb", "03_feature_matching.ipynb",
    ]  # fmt: skip
    page = (folder / "README.md").read_text("utf-8")
    assert "2027-03-01 18:00" in page and "python3 course.py lab" in page
    assert "python3 course.py test" in page
    index = (folder / "lessons" / "README.md").read_text("utf-8")
    assert re.findall(r"\((\d\d)_", index) == ["01", "03"]
    again = unpacked(made.zips[0], tmp_path / "zip")
    assert (again / "course.py").read_bytes() == (ROOT / "course.py").read_bytes()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2027-03-01", "2027-03-01"),
        ("2027-03-01T18:00:30+01:00", "2027-03-01T18:00+01:00"),
        ("2027-03-01 18:00", "2027-03-01T18:00"),
    ],
)
def test_a_due_date_is_told_as_it_was_given(given, told):
    assert releasing._due(given) == told


def test_the_id_changes_with_what_is_handed_out():
    ids = [
        json.loads(releasing.bundle_files(ROOT, lessons, due)["manifest.json"])["release"]
        for lessons, due in ((["01"], None), (["00"], None), (["01"], "2027-03-01"))
    ]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("given", [{"lessons": ["44"]}, {"lessons": []}, {"due": "tomorrow"}])
def test_a_slip_is_usage_and_writes_nothing(tmp_path, given):
    with pytest.raises(ValueError):
        release(tmp_path / "out", **given)
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(NotReleased, match="there already"):
        release(tmp_path)
    with pytest.raises(NotReleased, match="there already"):
        release(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, roster):
    def full(*_):
        raise OSError(28, "No space left on device", "x.zip")

    monkeypatch.setattr(releasing, "_unfold", full)
    with pytest.raises(NotReleased, match="It cannot be written: No space left"):
        release(tmp_path / "out", lessons=["00"])
    assert [path.name for path in tmp_path.iterdir()] == ["roster.csv"]


def test_a_bundle_is_not_released_again(tmp_path):
    release(tmp_path / "out", lessons=["00"])
    with pytest.raises(NotReleased, match="no solutions folder"):
        release(tmp_path / "again", root=tmp_path / "out" / releasing.FOLDER)


# --- learners --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "learners"),
    [
        ("learner\nada\nben\n", ["ada", "ben"]),
        ("\ufeffName,ID\r\nAda,12\r\n\r\nBen, 13 \r\n", ["12", "13"]),
        ('name,learner\n"x ""y""",q\n', ["q"]),
    ],
)
def test_a_roster_is_read(tmp_path, text, learners):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode())
    assert releasing.learners_of(path) == learners


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"learner\n", "names nobody"),
        (b"learner\nada\nada\n", "'ada' twice"),
        (b"", "cannot be read: .*no column `learner`"),
        (b"first,last\nAda,L\n", "no column `learner`"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_roster_that_is_none_is_a_sentence(tmp_path, content, said):
    path = tmp_path / "roster.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotReleased, match=said):
        releasing.learners_of(path)


def test_file_names_are_harmless_and_apart():
    odd = ["ada", "Ada", "../../etc/passwd", "a b", "a_b", "CON", "", ".", "ü", "x" * 300, "a\0b"]
    names = releasing.file_names(odd)
    assert names["ada"] == "ada"
    assert len({name.lower() for name in names.values()}) == len(odd)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,80}", n) for n in names.values())
    assert "con" not in {name.lower() for name in names.values()}


def test_each_learner_gets_a_seed_of_their_own(tmp_path, roster):
    made = release(tmp_path / "out", lessons=["00"], students=roster)
    assert [path.name for path in made.zips][:2] == ["ada.zip", "ben.zip"]
    seeds = set()
    for number, path in enumerate(made.zips):
        folder = unpacked(path, tmp_path / str(number))
        about = json.loads((folder / ".irl-course.json").read_text("utf-8"))
        assert about["seed"] == releasing.visible_seed(about["learner"]) > 0
        assert about["release"] == made.id
        seeds.add(about["seed"])
        assert zipfile.ZipFile(path).testzip() is None
    assert len(seeds) == len(made.zips) == 3
    others = b"".join((tmp_path / "0" / releasing.FOLDER / path).read_bytes()
                      for path in made.manifest["files"])  # fmt: skip
    assert b"../\xc3\x9cnal" not in others  # nobody is told who else takes part
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["bundles"]
    assert {entry["learner"] for entry in listed.values()} == {"ada", "ben", "../Ünal"}
    assert not list((tmp_path / "out").rglob("irl-course"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seed": "7"}', '{"seed": -1}',
                                  '{"seed": true}', '{"seed": 1e400}', "\x00"])  # fmt: skip
def test_a_spoilt_variant_is_the_usual_problems(tmp_path, monkeypatch, text):
    monkeypatch.setattr(notebook, "VARIANT", tmp_path / "v.json")
    assert notebook.own_seed() == 0
    (tmp_path / "v.json").write_text(text)
    assert notebook.own_seed() == 0


def test_check_draws_the_learners_own_problems(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebook, "VARIANT", tmp_path / "v.json")
    (tmp_path / "v.json").write_text('{"seed": 77}')
    seen = []

    def bellman_backup(mdp, reward, V):
        seen.append(V)
        return 0 * reward

    check = notebook.Check()
    check(bellman_backup)
    problems = checks.core.find("bellman_backup").draw(77)
    assert any((seen[-1] == problem.args[2]).all() for problem in problems
               if problem.args[2].shape == seen[-1].shape)  # fmt: skip
    args = check.problem("bellman_backup")
    assert any((args[2] == p.args[2]).all() for p in problems if p.args[2].shape == args[2].shape)


@pytest.mark.parametrize("seed", [1, 2**31 - 1])
@pytest.mark.parametrize("name", ["bellman_backup", "value_iteration", "discounted_return"])
def test_a_right_answer_is_right_for_every_learner(name, seed):
    assert checks.grade(name, checks.core.find(name).reference, seed).outcome == "correct"


# --- it opens --------------------------------------------------------------------------------


def test_an_unpacked_bundle_works(tmp_path, roster):
    """Its tests run from an empty folder, with the packages of this environment and no other."""
    made = release(tmp_path / "out", lessons=["00"], students=roster)
    folder = unpacked(made.zips[0], tmp_path / "new")
    ours = ("PYTEST", "IRL_COURSE")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env["PYTHONPATH"] = str(folder)

    def run(*words):
        return subprocess.run(
            [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True
        )

    done = run("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    code = (
        "import irl_course; print(irl_course.__file__);"
        "from irl_course.checks import check; check.solution('discounted_return')"
    )
    said = run("-c", code).stdout
    assert said.startswith(str(folder)) and "your teacher has it" in said
    assert "usage: irl-course release" in run("course.py", "release", "--help").stdout
    assert run("course.py", "--help").returncode == 0
    (folder / "irl_course" / "mdp.py").write_text("")
    assert run("-m", "pytest", "-q", "-n0", "-k", "every_file").returncode == 1


# --- the command -----------------------------------------------------------------------------


def test_the_command_says_what_to_hand_out(tmp_path, capsys, roster):
    out = tmp_path / "out"
    assert cli.main(["release", str(out), "--lessons", "00", "01"]) == 0
    assert f"Hand out {out / 'irl-course.zip'} (0." in capsys.readouterr().out
    each = str(tmp_path / "each")
    assert cli.main(["release", each, "--lessons", "00", "--students", str(roster)]) == 0
    said = capsys.readouterr().out
    assert "(3 zips of 0." in said and "one a learner" in said
    assert f"graded --lessons 00 --roster {roster}" in said


def test_the_command_explains_its_troubles(tmp_path, capsys):
    out = str(tmp_path / "out")
    assert cli.main(["release", out, "--lessons", "44"]) == 2
    assert "There is no lesson '44'" in capsys.readouterr().err
    assert cli.main(["release", out, "--due", "soon"]) == 2
    assert "soon" in capsys.readouterr().err
    assert cli.main(["release", str(tmp_path.parent)]) == 1
    assert "name a folder that is new" in capsys.readouterr().err


def test_the_samples_are_right_half_right_and_untouched(tmp_path):
    out, samples = str(tmp_path / "out"), tmp_path / "in"
    assert cli.main(["release", out, "--lessons", "01", "--samples", str(samples)]) == 0
    written = {path.parent.name: path.read_text("utf-8") for path in samples.glob("*/01_*.ipynb")}
    assert [text.count("BEGIN SOLUTION") for _, text in sorted(written.items())] == [5, 3, 0]
    assert cli.main(["release", out + "2", "--samples", str(samples)]) == 1
    for inside in ("3", "3/samples"):
        assert cli.main(["release", out + "3", "--samples", out + inside]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


# --- README ----------------------------------------------------------------------------------


def teachers_commands():
    section = (ROOT / "README.md").read_text("utf-8").split("\n## For teachers\n")[1]
    blocks = re.findall(r"^```\n(.*?)^```", section.split("\n## ")[0], re.MULTILINE | re.DOTALL)
    return blocks[0].strip().split("\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork, nor grade")
def test_the_readmes_commands_for_teachers_work(tmp_path):
    """From nothing to a graded class of three, by what README says to type."""
    words = [line.split()[2] for line in teachers_commands() if "course.py" in line]
    assert words == ["release", "grade"]
    script = "\n".join(teachers_commands())
    script = script.replace("python3 course.py", f"{sys.executable} -m irl_course")
    done = subprocess.run(
        ["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    points = {}
    for path in (tmp_path / "graded" / "records").glob("*.json"):
        record = json.loads(path.read_text("utf-8"))
        if "learner" in record:
            points[record["learner"]] = record["points"], record["max_points"]
    assert points == {"ada": (10, 10), "ben": (5, 10), "cleo": (0, 10)}


# --- nbgrader --------------------------------------------------------------------------------

_EXPORT = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({
        one.student.id: {grade.name: [grade.auto_score, grade.max_score]
                         for notebook in one.notebooks for grade in notebook.grades}
        for one in book.assignment_submissions("ps1")
    }))
"""
_NO_POLICY = """def value_iteration(mdp, reward, tol):
    V = np.zeros(mdp.n_states)
    while True:
        new_V = bellman_backup(mdp, reward, V).max(axis=1)
        if np.abs(new_V - V).max() < tol:
            return new_V, np.ones((mdp.n_states, mdp.n_actions)) / mdp.n_actions
        V = new_V
"""
_NOISY = """def occupancy(mdp, pi):
    import os
    import sys
    import warnings
    warnings.warn("a warning in a right answer")
    os.write(2, b"a solver's own")
    print("a progress bar", file=sys.stderr)
    np.zeros(1) / np.zeros(1)
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    rho = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi.T, mdp.initial_dist)
    return rho[:, None] * pi
"""


@pytest.mark.timeout(600)  # it may have to be installed first
def test_a_real_nbgrader_gives_the_same_points(tmp_path):
    nbgrader = peers.python_with("nbgrader>=0.9,<0.10", "nbgrader")
    name = "01_forward_rl.ipynb"
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / name, tmp_path / "source" / "ps1")
    tools = Path(nbgrader).parent  # nbgrader starts alembic by its name
    env = dict(os.environ, PYTHONPATH=str(ROOT), PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")

    def run(*words):
        done = subprocess.run(
            [nbgrader, *words], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "nbgrader", "generate_assignment", "ps1")
    solved = json.loads((ROOT / "solutions" / name).read_text("utf-8"))
    answers = {cell["id"]: cell["source"] for cell in solved["cells"]}
    right = {name: answers[name] for name in checks.exercises("01")}
    half = {
        "bellman_backup": right["bellman_backup"],
        "value_iteration": _NO_POLICY,  # two of its three points
        "policy_evaluation": "def policy_evaluation(mdp, reward, pi)\n    return 0",  # no Python
        "occupancy": _NOISY,
        "expected_return": "def expected_return(mdp, reward, pi):\n    print('FAILED')",
    }
    for learner, given in {"ada": right, "ben": half, "cleo": {}}.items():
        path = tmp_path / "submitted" / learner / "ps1" / name
        path.parent.mkdir(parents=True)
        shutil.copy(tmp_path / "release" / "ps1" / name, path)
        edited(path, lambda cell, given=given: cell.update(
            {"source": given[cell["id"]]} if cell["id"] in given else {}))  # fmt: skip
    run("-m", "nbgrader", "autograde", "ps1")
    points = {
        learner: {cell.removeprefix("check-"): score for cell, (score, _) in grades.items()}
        for learner, grades in json.loads(run("-c", _EXPORT)).items()
    }
    full = {name: exercise.points for name, exercise in checks.exercises("01").items()}
    assert points["ada"] == full
    assert points["cleo"] == dict.fromkeys(full, 0)
    partial = {"value_iteration": 2, "policy_evaluation": 0, "expected_return": 0}
    assert points["ben"] == full | partial


_VALIDATE = """
import json, sys
from nbgrader import nbgraderformat
from nbgrader.nbgraderformat import MetadataValidator

known = set(MetadataValidator().schema["properties"])
counts = {}
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        notebook = nbgraderformat.read(file, as_version=4)  # raises where a cell is not as it likes
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    for cell in cells:  # what it would only warn about
        assert set(cell.metadata.nbgrader) <= known, cell.id
        assert cell.metadata.nbgrader.get("cell_type", cell.cell_type) == cell.cell_type, cell.id
    counts[path] = sum(cell.metadata.nbgrader.get("points", 0) for cell in cells)
print(json.dumps(counts))
"""


def test_nbgrader_s_own_validator_accepts_every_notebook():
    nbgrader = peers.python_with("nbgrader>=0.9,<0.10", "nbgrader")
    notebooks = sorted(map(str, ROOT.glob("*s/[0-9][0-9]_*.ipynb")))
    done = subprocess.run(
        [nbgrader, "-c", _VALIDATE, *notebooks], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    points = json.loads(done.stdout)
    assert len(points) == len(notebooks) > 0
    for path, total in points.items():
        lesson = checks.exercises(Path(path).name[:2])
        assert total == sum(exercise.points for exercise in lesson.values()), path


@pytest.mark.parametrize("way", ["autograde", "validate"])
def test_under_nbgrader_a_check_cell_has_a_plain_number_first(monkeypatch, capfd, way):
    monkeypatch.setenv("NBGRADER_EXECUTION", way)
    shown = []
    monkeypatch.setattr(sys, "displayhook", shown.append)
    check = notebook.Check()

    def discounted_return(gamma, rewards):
        print("noise", file=sys.stderr)
        os.write(2, b"more of it")
        raise NotImplementedError

    going_on = check(discounted_return)
    check(going_on)  # a copied check cell: what the answer earned before
    right = check(lambda *args: going_on(*args), "discounted_return")
    check(right, "discounted_return")
    points = checks.core.find("discounted_return").points
    assert shown == [0, 0, points, points]
    assert {type(value) for value in shown} == {float}
    assert capfd.readouterr().err == ""
    os.write(2, b"as before")
    assert capfd.readouterr().err == "as before"


def test_without_nbgrader_a_check_cell_has_no_value(monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(sys, "displayhook", lambda value: pytest.fail("a value was shown"))
    notebook.Check()(checks.core.find("occupancy").reference)
    notebook.Check()(lambda mdp, pi: None, "occupancy")


def test_the_zip_of_a_variant_adds_one_file():
    base = releasing._zip({"a": b"1"})
    files = zipfile.ZipFile(io.BytesIO(releasing._zip({"b": b"2"}, base)))
    assert files.namelist() == ["irl-course/a", "irl-course/b"]
