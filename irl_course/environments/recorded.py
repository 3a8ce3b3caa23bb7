"""Drives on the highway that come with the course, recorded by benchmarks/recorded_drives.py."""

from importlib.resources import as_file, files

from irl_course.demo_files import load_demos
from irl_course.environments.highway import highway
from irl_course.mdp import Demos

DRIVE_STYLES = ("nice", "nasty", "middle lane")
DENSE_TRAFFIC = 0.5


def shipped_drives(style: str, dense: bool = False) -> Demos:
    """Drives of 50 steps in one of three styles: eight on `highway()`, or three in dense traffic.

    Not people's: drivers by rule of thumb, who look at the scene and now and then dream or slip.

    Args:
        style: "nice", "nasty" or "middle lane".
        dense: the three on `highway(traffic=0.5)` instead.

    Returns:
        The drives, the same at every call.

    Raises:
        ValueError: no such style.
    """
    if style not in DRIVE_STYLES:
        raise ValueError(
            f"style is {style!r}, expected one of {', '.join(map(repr, DRIVE_STYLES))}"
        )
    world = highway(traffic=DENSE_TRAFFIC) if dense else highway()
    name = f"{style.replace(' ', '_')}{'_dense' if dense else ''}.json"
    with as_file(files("irl_course.environments") / "drives" / name) as path:
        return load_demos(path, world.mdp)
