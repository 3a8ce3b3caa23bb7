"""What pyproject.toml cannot say: the lessons go into a wheel, inside the package.

They lie beside the package, where a reader looks for them. A wheel holds nothing but packages, so
it gets copies in `irl_course/_course`: the lessons to copy from, and the solutions' sources for
`check.solution`. An editable installation needs none: it finds the folders themselves.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
COURSE = ("lessons/[0-9][0-9]_*.ipynb", "solutions/[0-9][0-9]_*.py", "LICENSE-TEXT")


class BuildWithLessons(build_py):
    """Setuptools' own step, and the lessons after it."""

    def run(self):
        """Copy the package, then the lessons and the solutions' sources."""
        super().run()
        if self.editable_mode:
            return
        course = Path(self.build_lib, "irl_course", "_course")
        for path in (found for pattern in COURSE for found in sorted(ROOT.glob(pattern))):
            copy = course / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


setup(cmdclass={"build_py": BuildWithLessons})
