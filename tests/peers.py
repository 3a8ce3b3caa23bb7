"""Packages that the course is compared with and that do not belong into its own environment.

A test that needs one says which, and gets a Python that has it: the one that an environment
variable names or, under continuous integration (`CI=true`), one made for it. Elsewhere nothing is
installed behind anybody's back, and the test is skipped with the reason.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

SECONDS = 240.0


@functools.cache
def python_with(requirement: str, module: str, too_large: bool = False) -> str:
    """A Python beside this environment's that has a package, by its requirement; else a skip.

    One that is too large is not made under continuous integration either.
    """
    variable = f"IRL_COURSE_{module.upper()}"
    python = os.environ.get(variable, "")
    if not python:
        if too_large or os.environ.get("CI") != "true":
            pytest.skip(f"{requirement} has an environment of its own: CONTRIBUTING.md, {variable}")
        python = _made(requirement)
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return python


def _made(requirement: str) -> str:
    """A new environment that sees this one's packages, and has one more."""
    folder = Path(tempfile.mkdtemp(prefix="irl-course-peer-"))
    _run(sys.executable, "-m", "venv", folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    ours = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (Path(site) / "the-course.pth").write_text("\n".join(sorted(ours)) + "\n", "utf-8")
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement)
    return str(python)


def _run(*words: object) -> str:
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, timeout=SECONDS
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
