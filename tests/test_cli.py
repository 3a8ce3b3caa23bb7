"""The command `irl-course`: it parses, starts JupyterLab with the right words, and stays calm."""

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from irl_course import cli

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ["lab", "run", "check", "progress", "release", "grade", "build"]


def command(*words, **options):
    done = [sys.executable, "-m", "irl_course", *words]
    return subprocess.run(done, capture_output=True, text=True, cwd=ROOT, **options)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"examples:\n  irl-course {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["lba"], ["run"], ["progress", "--fast"], ["lab", "--port"]])
def test_a_slip_is_usage(words, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert "usage: irl-course" in capsys.readouterr().err


def test_help_needs_nothing_installed():
    code = "import sys; from irl_course import cli; cli.parse(['lab']); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.split()
    assert not {"numpy", "matplotlib", "jupyterlab", "nbformat", "IPython"} & set(loaded)


@pytest.mark.parametrize(
    ("words", "called", "with_"),
    [
        (["run", "a.ipynb", "b.ipynb"], "run", (["a.ipynb", "b.ipynb"], 600.0)),
        (["check", "a.ipynb"], "check", (["a.ipynb"], 60.0)),
        (["check", "--timeout", "5", "a.ipynb"], "check", (["a.ipynb"], 5.0)),
        (["build"], "build", ([], False)),
        (["build", "--check", "01"], "build", (["01"], True)),
    ],
)
def test_the_work_is_left_to_the_notebooks(monkeypatch, words, called, with_):
    notebooks = importlib.import_module("irl_course.notebooks")
    calls = []

    def work(*given, **named):
        calls.append((*given, *named.values()))
        return 1

    monkeypatch.setattr(notebooks, called, work)
    assert cli.main(words) == 1
    assert calls == [with_]


def test_progress_prints_the_table(capsys):
    progress = importlib.import_module("irl_course.checks.progress")
    assert cli.main(["progress"]) == 0
    assert capsys.readouterr().out == progress.table_text() + "\n"


def test_progress_survives_a_console_without_ticks():
    done = command("progress", env=dict(os.environ, PYTHONIOENCODING="ascii"))
    assert done.returncode == 0, done.stderr


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """The words that JupyterLab is started with, in a course in tmp_path."""
    from jupyterlab.labapp import LabApp

    lesson = tmp_path / cli.FIRST_LESSON
    lesson.parent.mkdir()
    lesson.touch()
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "irl_course" / "cli.py"))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "theirs")
    words = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda argv: words.extend(argv))
    return words


def test_lab_opens_the_first_lesson(lab, tmp_path, capsys):
    assert cli.main(["lab", "--no-browser", "--port", "9999", "--ServerApp.ip=127.0.0.1"]) == 0
    assert f"--ServerApp.root_dir={tmp_path}" in lab
    assert "--LabApp.default_url=/lab/tree/lessons/00_start_here.ipynb" in lab
    assert {"--no-browser", "--port=9999"} < set(lab)
    assert lab[-1] == "--ServerApp.ip=127.0.0.1"
    ours = str(tmp_path / "irl_course" / "jupyter")
    assert os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [ours, "theirs"]
    assert "Ctrl-C" in capsys.readouterr().out


def test_lab_opens_the_first_lesson_of_a_bundle_without_00(lab, tmp_path):
    (tmp_path / cli.FIRST_LESSON).unlink()
    for name in ("04_maximum_margin.ipynb", "03_feature_matching.ipynb", "README.md"):
        (tmp_path / "lessons" / name).touch()
    assert cli.main(["lab"]) == 0
    assert "--LabApp.default_url=/lab/tree/lessons/03_feature_matching.ipynb" in lab


def test_lab_without_lessons_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "irl_course" / "cli.py"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab"]) == 1
    assert "no lessons/00_start_here.ipynb" in capsys.readouterr().err


def test_lab_without_jupyterlab_says_what_to_type(lab, monkeypatch, capsys):
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    assert cli.main(["lab"]) == 1
    assert 'python -m pip install -e "."' in capsys.readouterr().err


def test_a_missing_package_is_one_sentence(monkeypatch, capsys):
    def missing(args):
        raise ModuleNotFoundError("No module named 'jupytext'", name="jupytext")

    monkeypatch.setattr(cli, "_progress", missing)
    assert cli.main(["progress"]) == 1
    said = capsys.readouterr().err
    assert "jupytext is not installed" in said and '-e ".[author]"' in said


def test_ctrl_c_leaves_no_traceback(monkeypatch, capsys):
    def stopped(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_progress", stopped)
    assert cli.main(["progress"]) == 130
    assert "Stopped" in capsys.readouterr().err


def test_a_broken_pipe_leaves_no_traceback():
    code = (
        "import sys; from irl_course import cli;"
        "cli._progress = lambda args: print('x' * 10**6) or 0;"
        "sys.exit(cli.main(['progress']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == b""


def test_every_file_that_is_not_python_is_part_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    package = ROOT / "irl_course"
    shipped = project["tool"]["setuptools"]["package-data"]["irl_course"]
    covered = {path for pattern in shipped for path in package.glob(pattern)}
    files = {path for path in package.glob("**/*.*") if path.suffix not in ("", ".py", ".pyc")}
    hidden = {path for path in files if "/." in path.relative_to(package.parent).as_posix()}
    assert files - hidden == covered


def test_a_home_that_cannot_be_written_is_replaced_for_this_time(monkeypatch, tmp_path, capsys):
    home = tmp_path / "home"
    home.write_text("a file: no folder can be made in it, whoever asks")
    names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]
    for name in names:
        monkeypatch.setenv(name, str(home / name))
    monkeypatch.setenv("MPLCONFIGDIR", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cli._need_home()
    assert "home folder cannot be written" in capsys.readouterr().out
    assert not any(os.environ[name].startswith(str(home)) for name in names)
    cli._need_home()
    assert capsys.readouterr().out == ""
