"""course.py without the network, and the files that must agree about the environment."""

import errno
import json
import os
import re
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import course
import irl_course

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONDA_NAMES = {"matplotlib-base": "matplotlib"}


def wanted(kind):
    """The requirements that a lock file must meet: name -> range."""
    project = PROJECT["project"]
    lines = list(project["dependencies"])
    if kind == "test":
        for extra in ("author", "book", "teacher", "test"):
            lines += project["optional-dependencies"][extra]
    found = map(Requirement, lines + PROJECT["dependency-groups"]["lock"])
    return {item.name: item.specifier for item in found if item.name != "irl-course"}


def locked(kind):
    """The entries of a lock file: name -> (version, number of hashes)."""
    text = (ROOT / course.LOCKS[kind]).read_text("utf-8")
    entries = re.split(r"^(?=[a-zA-Z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.M), flags=re.M)
    found = {}
    for entry in filter(str.strip, entries):
        name, version = re.match(r"([\w.-]+)==([^\s;]+)", entry).groups()
        found[name] = version, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
    return found


# The files agree


@pytest.mark.parametrize("kind", ["learner", "test"])
def test_the_lock_meets_every_range(kind):
    lock = locked(kind)
    for name, allowed in wanted(kind).items():
        assert lock[name][0] in allowed, name


@pytest.mark.parametrize("kind", ["learner", "test"])
def test_every_entry_of_the_lock_has_hashes_and_no_place(kind):
    assert all(hashes for _, hashes in locked(kind).values())
    text = (ROOT / course.LOCKS[kind]).read_text("utf-8")
    assert not re.search(r"://|^-|@|file:|\b(tmp|home|Users)\b", text, re.M)


def test_the_tests_use_the_learners_versions():
    assert locked("learner").items() <= locked("test").items()


def test_the_build_backend_is_locked():
    backend = set(PROJECT["build-system"]["requires"])
    assert backend <= set(PROJECT["dependency-groups"]["lock"])


def test_every_bound_has_a_floor_and_a_ceiling():
    for line in PROJECT["project"]["dependencies"]:
        operators = {part.operator for part in Requirement(line).specifier}
        assert operators == {">=", "<"}, line


def test_conda_and_pip_ask_for_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    names = [item for item in environment["dependencies"] if isinstance(item, str)]
    conda = {item.name: item.specifier for item in map(Requirement, names[2:])}
    pip = map(Requirement, PROJECT["project"]["dependencies"])
    assert {CONDA_NAMES.get(n, n): s for n, s in conda.items()} == {
        i.name: i.specifier for i in pip
    }
    assert environment["dependencies"][-1] == {"pip": ["-e ."]}
    # Binder reads the version of Python in this form only.
    version = re.fullmatch(r"python=(3\.\d+)", names[0])[1]
    assert version in SpecifierSet(PROJECT["project"]["requires-python"])
    assert names[1] == "pip"


def test_course_py_and_pyproject_name_the_same_pythons():
    oldest, newest = course.OLDEST, course.NEWEST
    range_ = f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
    assert SpecifierSet(PROJECT["project"]["requires-python"]) == SpecifierSet(range_)


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == irl_course.__version__


@pytest.mark.parametrize("command", [["check"], ["format", "--check", "--diff"]])
def test_ruff_is_content(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


# course.py


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A course in a folder whose name has a space and accents, with an empty lock file."""
    root = tmp_path / "Élève n° 1"
    root.mkdir()
    for name in ("course.py", "pyproject.toml", *course.LOCKS.values()):
        (root / name).write_text(f"{name}\n")
    env = root / ".venv"
    monkeypatch.setattr(course, "ROOT", root)
    monkeypatch.setattr(course, "ENV", env)
    monkeypatch.setattr(course, "PYTHON", env / course.PYTHON.relative_to(course.PYTHON.parents[1]))
    monkeypatch.setattr(course, "STAMP", env / course.STAMP.name)
    monkeypatch.setattr(course, "GUARD", root / course.GUARD.name)
    monkeypatch.setattr(course, "serves_already", lambda kind: False)
    return root


@pytest.fixture
def installer(folder, monkeypatch):
    """An installer that only notes what it was asked for, in a list; a test may make it fail."""
    calls = []
    script = folder / "fake installer.py"
    script.write_text("")

    def find_installer():
        return "fake", [sys.executable, script]

    real = course.run

    def run(command):
        if script in command:
            calls.append([str(word) for word in command[2:]])
            Path(course.sysconfig.get_path("purelib", "venv", place()), "numpy").mkdir(
                exist_ok=True
            )
        real(command)

    monkeypatch.setattr(course, "find_installer", find_installer)
    monkeypatch.setattr(course, "run", run)
    calls_and_script = type("Fake", (), {"calls": calls, "script": script})
    return calls_and_script


def place():
    return {"base": str(course.ENV), "platbase": str(course.ENV)}


def set_up(kind="learner"):
    return course.prepare(kind, ["setup"])


def test_a_second_start_does_nothing(installer, capsys):
    python = set_up()
    assert subprocess.run([python, "-c", ""]).returncode == 0
    assert [call[-3:] for call in installer.calls] == [
        ["--require-hashes", "-r", "requirements.lock"],
        ["--no-build-isolation", "-e", "."],
    ]
    capsys.readouterr()
    assert set_up() == python
    assert len(installer.calls) == 2
    assert capsys.readouterr().out == ""


def test_the_tests_environment_serves_the_learner_and_not_the_reverse(installer):
    set_up("learner")
    set_up("test")
    assert "requirements-test.lock" in installer.calls[2]
    set_up("learner")
    assert len(installer.calls) == 4


def test_what_was_installed_for_tests_stays_so_when_a_file_changes(installer, folder):
    set_up("test")
    (folder / "pyproject.toml").write_text("changed")
    set_up("learner")
    assert "requirements-test.lock" in installer.calls[2]


@pytest.mark.parametrize("name", ["course.py", "pyproject.toml", "requirements.lock"])
def test_a_changed_file_is_installed_on_top(installer, folder, name, capsys):
    set_up()
    kept = course.ENV / "kept"
    kept.touch()
    (folder / name).write_text("changed")
    set_up()
    assert len(installer.calls) == 4
    assert kept.exists()
    assert "anew" not in capsys.readouterr().out


def test_a_moved_folder_is_made_anew(installer, folder, monkeypatch):
    set_up()
    stamp = json.loads(course.STAMP.read_text())
    course.STAMP.write_text(json.dumps(dict(stamp, folder=str(folder.parent / "before"))))
    assert_made_anew(installer)


def test_an_upgraded_python_is_made_anew(installer, monkeypatch):
    set_up()
    monkeypatch.setattr(sys, "version", "3.11.99 (tomorrow)")
    assert_made_anew(installer)


def test_a_removed_python_is_made_anew(installer):
    set_up()
    course.PYTHON.unlink()
    course.PYTHON.symlink_to("/gone/python3")
    assert_made_anew(installer)


def test_a_missing_package_is_made_anew(installer):
    set_up()
    Path(course.sysconfig.get_path("purelib", "venv", place()), "numpy").rmdir()
    assert_made_anew(installer)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"kind": "other"}', "\x00"])
def test_a_spoilt_stamp_is_made_anew(installer, text):
    set_up()
    course.STAMP.write_text(text)
    assert_made_anew(installer)


def test_an_interrupted_installation_is_made_anew(installer):
    installer.script.write_text("raise KeyboardInterrupt")
    with pytest.raises(course.Stop):
        set_up()
    assert not course.STAMP.exists()
    installer.script.write_text("")
    assert_made_anew(installer)


def assert_made_anew(installer):
    left = course.ENV / "left over"
    left.touch()
    del installer.calls[:]
    assert not course.is_ready("learner")
    set_up()
    assert not left.exists()
    assert len(installer.calls) == 2
    assert course.is_ready("learner")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
        ("error: failed to write: No space left on device (os error 28)", "disk is full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "disk is full"),
        ("Retrying after: [Errno -3] Temporary failure in name resolution\nERROR: No matching"
         " distribution found for numpy", "network"),
        ("error: Failed to fetch: `numpy`\n  Caused by: dns error", "network"),
        ("NewConnectionError: Failed to establish a new connection", "network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "refused"),
        ("error: Hash mismatch for `numpy==2.4.6`", "refused"),
        ("ERROR: No matching distribution found for scs==3.2.8", "not offered"),
        ("segmentation fault", "before the end"),
    ],
)  # fmt: skip
def test_a_failing_installer_is_explained(installer, capsys, output, said):
    installer.script.write_text(f"print({output!r}); raise SystemExit(1)")
    assert course.main(["setup"]) == 1
    told = capsys.readouterr().err.strip()
    sentence, _, rest = told.partition("\n\n")
    assert said in sentence and "\n" not in sentence
    assert output.splitlines()[-1] in rest
    assert "Traceback" not in told
    assert not course.is_ready("learner")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "can't be written"),
        (errno.EIO, "Start again"),
    ],
)
def test_trouble_of_our_own_is_explained(installer, monkeypatch, capsys, number, said):
    def fsync(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    assert course.main(["setup"]) == 1
    assert said in capsys.readouterr().err
    assert not course.STAMP.exists()


def test_ctrl_c_says_that_nothing_is_lost(installer, monkeypatch, capsys):
    def interrupted(command):
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "run", interrupted)
    assert course.main(["setup"]) == 130
    assert "repairs" in capsys.readouterr().out
    assert not course.STAMP.exists()


def test_ctrl_c_ends_the_installer(folder):
    course.ENV.mkdir()
    script = "import time; print('started', flush=True); time.sleep(60)"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import course, signal, threading, os;"
        "threading.Timer(1, os.kill, [os.getpid(), signal.SIGINT]).start();"
        f"course.run([sys.executable, '-c', {script!r}])"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "KeyboardInterrupt" in done.stderr
    assert time.monotonic() - began < 30


def test_a_long_installation_shows_signs_of_life(folder, capsys):
    course.ENV.mkdir()
    script = "import time; print('Downloading numpy', flush=True); time.sleep(1)"
    course.run([sys.executable, "-c", script], beat=0.2)
    out = capsys.readouterr().out
    assert re.search(r"\d s +\d+ MB so far; Downloading numpy\n", out)


def test_a_second_start_waits_for_the_first(installer, capsys):
    pytest.importorskip("fcntl", reason="Windows locks files in another way")
    with course.guard():
        other = threading.Thread(target=set_up)
        other.start()
        other.join(timeout=1.5)
        assert other.is_alive() and not installer.calls
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", course.ENV], check=True)
        course.write_stamp("learner")
    other.join(timeout=30)
    assert not installer.calls  # it found the work done
    assert "waiting" in capsys.readouterr().out


def test_nothing_of_another_python_leaks_in(folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    env = course.clean_env()
    assert not {"PYTHONPATH", "PYTHONHOME", "PIP_USER"} & set(env)
    assert env["PATH"].split(os.pathsep)[0] == str(course.PYTHON.parent)


def test_pip_is_used_where_uv_is_missing_or_broken(folder, monkeypatch):
    monkeypatch.setattr(course, "run", lambda command: None)
    monkeypatch.setattr(course, "works", lambda program: False)
    name, command = course.find_installer()
    assert (name, command[0]) == ("pip", course.PYTHON)
    monkeypatch.setattr(course.util, "find_spec", lambda name: name == "pip")
    assert "--python" in course.find_installer()[1]  # Debian without ensurepip
    monkeypatch.setattr(course.util, "find_spec", lambda name: None)
    with pytest.raises(course.Stop, match="python3-venv"):
        course.find_installer()


def test_a_program_that_does_not_start_does_not_count(tmp_path, monkeypatch):
    assert course.works(sys.executable)
    assert not course.works("no-such-program")
    if os.name == "posix":
        shim = tmp_path / "uv"
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
        assert not course.works(str(shim))


def test_an_environment_with_the_course_is_used_as_it_is(folder, monkeypatch, capsys):
    monkeypatch.setattr(course, "serves_already", lambda kind: True)
    assert set_up() == sys.executable
    assert not course.ENV.exists()
    assert sys.prefix in capsys.readouterr().out


def test_an_environment_serves_only_its_own_folder(folder, tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(course, "ROOT", folder)
    info = tmp_path / "irl_course-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: irl-course\nVersion: 0.1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    url = info / "direct_url.json"
    url.write_text(json.dumps({"url": (tmp_path / "another clone").as_uri()}))
    assert not course.serves_already("learner")
    url.write_text(json.dumps({"url": folder.as_uri()}))
    assert course.serves_already("learner")


def test_help_and_slips_are_answered_before_anything_is_installed(folder, capsys):
    assert course.main(["--help"]) == 0
    assert "python3 course.py lab" in capsys.readouterr().out
    assert course.main([]) == 2
    for words, code in ((["lba"], 2), (["lab", "--port", "many"], 2), (["run", "--help"], 0)):
        with pytest.raises(SystemExit) as ended:
            course.main(words)
        assert ended.value.code == code
    assert not course.ENV.exists()


def test_another_python_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    monkeypatch.setattr(sys, "version", "3.8.18 (old)")
    monkeypatch.setattr(course, "works", lambda program: program == "python3.12")
    assert course.main(["lab"]) == 1
    assert "3.11 to 3.14; this is 3.8.18. Type python3.12" in capsys.readouterr().err


def test_an_old_python_can_read_course_py():
    import ast

    ast.parse((ROOT / "course.py").read_text("utf-8"), feature_version=(3, 6))
