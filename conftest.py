"""What every test and every notebook under nbval stands on: a home of its own.

All of it is set when pytest starts, before anything reads it, and is inherited by the workers,
kernels and browsers that tests start. Nothing is written into the real home.
"""

import os
import shutil
import tempfile
from pathlib import Path

_OURS = "IRL_COURSE_TESTS"  # where the workers find the folder of this run


def pytest_configure(config):
    """Move into a home that goes away with this run."""
    if _OURS not in os.environ:
        os.environ[_OURS] = tempfile.mkdtemp(prefix="irl-course-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(_OURS), ignore_errors=True))
    base = Path(os.environ[_OURS])
    os.environ.update({name: str(folder) for name, folder in _folders(base).items()})
    for name in ("HOME", "MPLCONFIGDIR", "IRL_COURSE_HOME"):
        Path(os.environ[name]).mkdir(parents=True, exist_ok=True)
    # No windows. Not by MPLBACKEND, which would keep figures out of the notebooks too.
    Path(os.environ["MPLCONFIGDIR"], "matplotlibrc").write_text("backend: agg\n")
    # Two workers on two cores: more threads would only wait for each other.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _folders(base: Path) -> dict[str, Path]:
    """Where programs keep their things, on every system."""
    home = base / "home"
    return {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "appdata",
        "LOCALAPPDATA": home / "appdata",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "IPYTHONDIR": home / ".ipython",
        "JUPYTER_CONFIG_DIR": home / ".jupyter",
        "JUPYTER_DATA_DIR": home / "jupyter",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "MPLCONFIGDIR": home / "matplotlib",
        # progress: one a worker
        "IRL_COURSE_HOME": base / ("course-" + os.environ.get("PYTEST_XDIST_WORKER", "main")),
    }
