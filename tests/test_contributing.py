"""What greets a contributor: the workflow, the hooks and the forms say what the project says.

They are read here as the hosting service, pre-commit and Binder read them.
"""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import course

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FORMS = sorted(ROOT.glob(".github/ISSUE_TEMPLATE/*.yml"))


def parsed(name):
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


WORKFLOW = parsed(".github/workflows/test.yml")
JOBS = WORKFLOW["jobs"]


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


# --- the workflow ----------------------------------------------------------------------------


def test_the_workflow_runs_the_readme_s_test_command():
    shown = re.findall(r"^python3 course\.py test$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert shown
    # setup-python calls it python on every system
    assert commands("course") == [shown[0].replace("python3", "python")]
    assert "exec python3 course.py test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_workflow_has_every_system_and_both_ends_of_the_pythons():
    matrix = JOBS["course"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    ends = (course.OLDEST, course.NEWEST)
    assert matrix["python"] == [".".join(map(str, end)) for end in ends]
    assert JOBS["wheel"]["strategy"]["matrix"]["os"] == matrix["os"]
    offered = SpecifierSet(PROJECT["project"]["requires-python"])
    for job in JOBS.values():
        asked = [step["with"]["python-version"] for step in job["steps"] if "with" in step]
        assert len(asked) == 1 and (asked[0].startswith("${{") or asked[0] in offered)


def test_the_workflow_starts_on_pushes_and_pull_requests_and_may_only_read():
    started = WORKFLOW[True]  # YAML takes the key `on` for a truth value
    assert {"push", "pull_request"} <= set(started)
    assert WORKFLOW["permissions"] == {"contents": "read"}
    for job in JOBS.values():
        actions = [step["uses"] for step in job["steps"] if "uses" in step]
        assert [re.fullmatch(r"(actions/[a-z-]+)@v\d+", action)[1] for action in actions] == [
            "actions/checkout",
            "actions/setup-python",
        ]


def test_the_workflow_tests_files_that_are_there():
    words = " ".join(" ".join(commands(job)) for job in JOBS).split()
    for word in words:
        if word.startswith(("tests/", "solutions/")):
            assert (ROOT / word).exists(), word
    variables = JOBS["imitation"]["steps"][-1]["env"]
    used = "".join(path.read_text("utf-8") for path in ROOT.glob("tests/test_*.py"))
    modules = re.findall(r'python_with\("[^"]+", "(\w+)"', used)
    assert variables and set(variables) <= {f"IRL_COURSE_{name.upper()}" for name in modules}
    recipe = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    installs = [line.split(" -m ")[1] for line in commands("imitation") if "install" in line]
    assert all(line in recipe for line in installs)


def test_nothing_names_a_place_to_fetch_from():
    for path in [*FORMS, *(ROOT / name for name in (
        ".github/workflows/test.yml", ".pre-commit-config.yaml", "environment.yml", "setup.py",
    ))]:  # fmt: skip
        text = path.read_text("utf-8")
        assert "://" not in text and "-index" not in text, path


# --- the hooks -------------------------------------------------------------------------------


def test_the_hooks_use_the_environment_s_own_tools():
    (repo,) = parsed(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"  # so there is no version to disagree with pyproject.toml's
    extras = PROJECT["project"]["optional-dependencies"]
    tools = {Requirement(line).name for line in extras["author"]} | {"irl_course"}
    for hook in repo["hooks"]:
        assert hook["language"] == "system" and "additional_dependencies" not in hook
        python, option, module, *_ = hook["entry"].split()
        assert (python, option) == ("python", "-m") and module in tools
        assert importlib.util.find_spec(module)


def test_the_hooks_are_content_with_the_course():
    (repo,) = parsed(".pre-commit-config.yaml")["repos"]
    entries = {hook["id"]: hook["entry"].split()[1:] for hook in repo["hooks"]}
    assert set(entries) == {"ruff-check", "ruff-format", "fresh-notebooks"}
    for name in ("ruff-check", "ruff-format"):  # fresh-notebooks is test_lessons' own question
        words = [word for word in entries[name] if word != "--fix"]
        words += ["--check"] if name == "ruff-format" else []
        done = subprocess.run(
            [sys.executable, *words, "setup.py", "solutions/_template/checks.py"],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    hook = next(hook for hook in repo["hooks"] if hook["id"] == "fresh-notebooks")
    for name in (
        "lessons/README.md",
        "solutions/01_forward_rl.py",
        "irl_course/checks/lesson_01.py",
    ):
        assert re.search(hook["files"], name) and (ROOT / name).exists()


# --- the forms -------------------------------------------------------------------------------


def test_there_is_a_form_for_each_kind_of_issue():
    assert [path.stem for path in FORMS] == ["config", "idea", "stuck", "wrong_check"]
    assert parsed(FORMS[0].relative_to(ROOT)) == {"blank_issues_enabled": True}


@pytest.mark.parametrize("path", [path for path in FORMS if path.stem != "config"], ids=str)
def test_a_form_asks_in_fields_that_exist(path):
    form = yaml.safe_load(path.read_text("utf-8"))
    assert set(form) == {"name", "description", "labels", "body"}
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in asked]
    assert len(names) == len(set(names)) > 0
    for field in form["body"]:
        assert field["type"] in {"markdown", "input", "textarea", "checkboxes"}
        assert ("value" if field["type"] == "markdown" else "label") in field["attributes"]
    assert any(field.get("validations", {}).get("required") for field in asked)


# --- Binder ----------------------------------------------------------------------------------


def test_binder_takes_the_environment_file():
    """Nothing that repo2docker would take before, or beside, environment.yml."""
    assert (ROOT / "environment.yml").is_file()
    others = ["binder", ".binder", "Dockerfile", "default.nix", "Project.toml", "JuliaProject.toml"]
    others += ["REQUIRE", "install.R", "DESCRIPTION", "runtime.txt", "requirements.txt"]
    others += ["Pipfile", "Pipfile.lock", "postBuild", "start", "apt.txt"]
    assert not [name for name in others if (ROOT / name).exists()]
