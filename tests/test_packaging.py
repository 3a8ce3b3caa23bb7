"""What `python -m build` makes, and the working copy that a learner gets from it.

The build backend is called as `build` and pip call it: a source distribution from the tree, and a
wheel from that source distribution. The wheel is unpacked as pip would, and works from there.
"""

import errno
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from irl_course import cli, course_files
from irl_course.checks import exercises
from irl_course.course_files import NotCopied, copy_course

ROOT = Path(__file__).resolve().parents[1]
TREE = ("irl_course", "lessons", "solutions", "tests", "benchmarks", "book")
LESSONS = sorted(path.stem for path in ROOT.glob("lessons/[0-9][0-9]_*.ipynb"))


def files(folder, root):
    """The course's own files in one of its folders, as they are named in the root."""
    made = {"__pycache__", ".ipynb_checkpoints", ".ruff_cache", ".DS_Store"}
    found = (path for path in (root / folder).rglob("*") if path.is_file())
    names = {
        path.relative_to(root).as_posix() for path in found if not made.intersection(path.parts)
    }
    return {name for name in names if not name.startswith("book/lessons/")}  # made by Sphinx


def call(hook, source, out):
    """One hook of the build backend, in the folder of the source."""
    code = f"import sys; from setuptools import build_meta; build_meta.{hook}(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(out)], cwd=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The names in the source distribution, and a folder with what is in the wheel."""
    place = tmp_path_factory.mktemp("built")
    tree, dist = place / "tree", place / "dist"
    top = {path.name for path in ROOT.iterdir() if path.is_file()}
    for name in top.union(*(files(folder, ROOT) for folder in (*TREE, ".ci", ".github"))):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes((ROOT / name).read_bytes())
    call("build_sdist", tree, dist)
    with tarfile.open(*dist.glob("*.tar.gz")) as archive:
        archive.extractall(place / "sdist", filter="data")
    (source,) = (place / "sdist").iterdir()
    call("build_wheel", source, dist)
    with zipfile.ZipFile(*dist.glob("*.whl")) as archive:
        archive.extractall(place / "site")
    return source, place / "site"


def test_the_source_distribution_is_the_whole_course(built):
    source, _ = built
    for folder in TREE:
        assert files(folder, source) == files(folder, ROOT)
    for name in ("course.py", "environment.yml", "requirements.lock", "LICENSE-TEXT", ".ci/run"):
        assert (source / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_wheel_carries_the_package_and_the_lessons(built):
    _, site = built
    course = {
        f"irl_course/_course/{path.relative_to(ROOT).as_posix()}"
        for pattern in ("lessons/*.ipynb", "solutions/[0-9]*.py", "LICENSE-TEXT")
        for path in ROOT.glob(pattern)
    }
    inside = files("irl_course", site)
    assert inside == files("irl_course", ROOT) | course
    for name in ("course.mplstyle", "environments/buses.json", "interactive/board.js"):
        assert f"irl_course/{name}" in inside
    (info,) = site.glob("*.dist-info")
    assert {path.name for path in site.iterdir()} == {"irl_course", info.name}
    assert "irl-course = irl_course.cli:main" in (info / "entry_points.txt").read_text()


def installed(built, *words, folder):
    """A command of the unpacked wheel; where it would start JupyterLab, it says with what."""
    code = (
        "import sys; from types import SimpleNamespace as Some; from irl_course import cli;"
        f"assert cli.__file__.startswith({str(built[1])!r}), cli.__file__;"
        "lab = Some(launch_instance=lambda argv: print(*argv, sep='\\n'));"
        "sys.modules['jupyterlab.labapp'] = Some(LabApp=lab);"
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    env = dict(os.environ, PYTHONPATH=str(built[1]), PYTHONIOENCODING="utf-8")
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *words],
        capture_output=True, encoding="utf-8", cwd=folder, env=env,
    )  # fmt: skip


def test_the_wheel_gives_a_learner_a_working_copy(built, tmp_path):
    before = installed(built, "lab", folder=tmp_path)
    assert before.returncode == 1 and "irl-course lab --copy my-course" in before.stderr
    done = installed(built, "lab", "--copy", "my course", "--no-browser", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    mine = tmp_path / "my course"
    assert f"--ServerApp.root_dir={mine}" in done.stdout
    assert "--LabApp.default_url=/lab/tree/lessons/00_start_here.ipynb" in done.stdout
    for name in LESSONS:
        lesson = f"lessons/{name}.ipynb"
        assert (mine / lesson).read_bytes() == (ROOT / lesson).read_bytes()
    again = installed(built, "lab", folder=mine / "lessons")  # from now on without the option
    assert f"--ServerApp.root_dir={mine}" in again.stdout, again.stderr


def test_checks_work_in_a_working_copy(built, tmp_path):
    assert installed(built, "lab", "--copy", ".", folder=tmp_path).returncode == 0
    path = tmp_path / "lessons" / "00_start_here.ipynb"
    lesson = json.loads(path.read_text("utf-8"))
    for cell in lesson["cells"]:
        if cell["id"] == "discounted_return":
            cell["source"] = (
                "def discounted_return(rewards, gamma):\n"
                "    return sum(r * gamma**t for t, r in enumerate(rewards))"
            )
    keep = {"00-start-here-2", "discounted_return", "check-discounted_return"}
    lesson["cells"] = [cell for cell in lesson["cells"] if cell["id"] in keep]
    path.write_text(json.dumps(lesson), "utf-8")
    judged = installed(built, "check", "lessons/00_start_here.ipynb", folder=tmp_path)
    assert judged.returncode == 0 and "1 of 1" in judged.stdout, judged.stdout + judged.stderr


def test_the_solutions_are_found_in_an_installed_course(built):
    name = next(iter(exercises()))
    code = f"from irl_course.checks import check; check.solution({name!r})"
    env = dict(os.environ, PYTHONPATH=str(built[1]), PYTHONIOENCODING="utf-8")
    shown = subprocess.run(
        [sys.executable, "-P", "-c", code], env=env, capture_output=True, encoding="utf-8"
    ).stdout
    assert shown.startswith(f"def {name}(") and "return" in shown and "SOLUTION" not in shown


# --- the working copy ------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons, as it is installed; a third may be added."""
    folder = tmp_path / "installed"
    (folder / "lessons").mkdir(parents=True)
    for name in ("00_a", "01_b"):
        (folder / "lessons" / f"{name}.ipynb").write_text(f"{name} as it comes")
    monkeypatch.setattr(course_files, "SHIPPED", folder)
    return folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_first_time_everything_is_copied(course, tmp_path):
    made = copy_course(tmp_path / "deep" / "mine")
    assert (made.added, made.kept) == (["00_a", "01_b"], [])
    assert str(made) == f"Your copy of the course, 2 lessons: {tmp_path / 'deep' / 'mine'}"
    found = contents(made.folder)
    assert set(found) == {"README.md", "lessons/00_a.ipynb", "lessons/01_b.ipynb"}
    assert found["lessons/01_b.ipynb"] == "01_b as it comes"
    assert "irl-course lab" in found["README.md"]


def test_the_second_time_nothing_of_the_learner_s_is_touched(course, tmp_path):
    mine = copy_course(tmp_path / "mine").folder
    (mine / "lessons" / "00_a.ipynb").write_text("my answers")
    (mine / "README.md").write_text("my notes")
    (course / "lessons" / "01_b.ipynb").write_text("01_b mended")
    before = contents(mine)
    assert "Nothing was changed" in str(copy_course(mine))
    assert contents(mine) == before
    (course / "lessons" / "02_c.ipynb").write_text("02_c as it comes")
    again = copy_course(mine)
    assert str(again) == f"Added to {mine}: 02_c. Yours were left as they are."
    assert contents(mine) == before | {"lessons/02_c.ipynb": "02_c as it comes"}


@pytest.mark.skipif(os.name == "nt", reason="on Windows only administrators may make links")
def test_a_link_of_the_learner_s_is_left_alone(course, tmp_path):
    (tmp_path / "mine" / "lessons").mkdir(parents=True)
    (tmp_path / "mine" / "lessons" / "00_a.ipynb").symlink_to(tmp_path / "nowhere")
    assert copy_course(tmp_path / "mine").added == ["01_b"]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "Make room and type the same again: what has arrived is kept."),
        (errno.EACCES, "Choose a folder that you may write to."),
        (errno.EROFS, "Choose a folder that you may write to."),
        (errno.ENAMETOOLONG, "Choose another folder."),
    ],
)
@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_copy_that_stops_is_explained_and_can_go_on(
    course, tmp_path, monkeypatch, capsys, number, said, step
):
    def fail(path, *rest):
        if "01_b" in str(path):
            Path(path).write_text("half of it")
            raise OSError(number, os.strerror(number))
        return work(path, *rest)

    target, name = (Path, "write_bytes") if step == "write" else (os, "replace")
    work = getattr(target, name)
    with monkeypatch.context() as broken:
        broken.setattr(target, name, fail)
        assert cli.main(["lab", "--copy", str(tmp_path / "mine")]) == 1
    assert said in (told := capsys.readouterr().err) and os.strerror(number) in told
    assert set(contents(tmp_path / "mine")) == {"lessons/00_a.ipynb"}  # whole lessons only
    assert copy_course(tmp_path / "mine").added == ["01_b"]


def test_a_file_in_the_way_is_said(course, tmp_path):
    (tmp_path / "mine").write_text("a file")
    for folder in (tmp_path / "mine", tmp_path / "mine" / "deeper"):
        with pytest.raises(NotCopied, match="There is a file of that name: choose another name"):
            copy_course(folder)
    assert (tmp_path / "mine").read_text() == "a file"


def test_an_installation_without_lessons_is_said(course, tmp_path):
    for lesson in course.glob("lessons/*"):
        lesson.unlink()
    with pytest.raises(NotCopied, match="install the course again"):
        copy_course(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
