"""Drive on the highway by rules of thumb: where irl_course/environments/drives/*.json come from.

    python benchmarks/recorded_drives.py FOLDER        one file a style, in the format of demo_files

Nobody plans here. A driver looks at the scene, as a person does, and takes the first rule that
applies; now and then attention slips for some steps, in which nothing is done, or a hand slips.
"""

import argparse
from pathlib import Path

import numpy as np

from irl_course.demo_files import save_demos
from irl_course.environments.gridworld import LEFT, RIGHT
from irl_course.environments.highway import (
    COLUMNS,
    FAST,
    FASTER,
    KEEP,
    LANES,
    SLOWER,
    Highway,
    Scene,
    highway,
)
from irl_course.environments.playing import TabularEnv
from irl_course.environments.recorded import DENSE_TRAFFIC
from irl_course.mdp import Demos

N_DRIVES, N_DENSE, N_STEPS, SEED = 8, 3, 50, 11
# Probabilities, a step: to begin to dream, to wake up again, to press any key at all.
DREAM, WAKE, SLIP = 0.04, 0.5, 0.02
NO_CAR = 99


def main():
    """Write all styles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the files go")
    folder, dense = parser.parse_args().folder, highway(traffic=DENSE_TRAFFIC)
    for style in DRIVERS:
        record(folder, style, "", highway(), "highway()", N_DRIVES)
        record(folder, style, "_dense", dense, f"highway(traffic={DENSE_TRAFFIC})", N_DENSE)


def record(folder, style, ending, world, world_name, n_drives):
    """Write drives of a style to a file."""
    path = folder / f"{style.replace(' ', '_')}{ending}.json"
    notes = f"{n_drives} drives by rule: benchmarks/recorded_drives.py, seed {SEED}"
    recorded = drives(world, style, SEED, n_drives)
    save_demos(path, recorded, f"{world_name}, {style}", notes, world.mdp)
    print(f"{path}: {path.stat().st_size} bytes")


def drives(world: Highway, style: str, seed: int, n_drives=N_DRIVES, n_steps=N_STEPS) -> Demos:
    """Record drives of a style; the same for the same seed."""
    rng = np.random.default_rng([seed, sorted(DRIVERS).index(style)])
    road = TabularEnv(world.mdp)
    road.reset(seed=int(rng.integers(2**31)))
    states = np.empty((n_drives, n_steps + 1), dtype=int)
    actions = np.empty((n_drives, n_steps), dtype=int)
    for drive in range(n_drives):
        states[drive, 0], dreaming = road.reset()[0], False
        for t in range(n_steps):
            dreaming = rng.random() < (1 - WAKE if dreaming else DREAM)
            action = KEEP if dreaming else DRIVERS[style](world.where(states[drive, t]))
            action = rng.integers(5) if rng.random() < SLIP else action
            actions[drive, t], states[drive, t + 1] = action, road.step(action)[0]
    return Demos(states, actions)


def nice(scene: Scene) -> int:
    """Never hits anyone; as far right as the traffic lets; overtakes on the left."""
    here = COLUMNS.index(scene.column)
    reach = scene.speed + 1  # with a car length to spare
    if off_road(scene):
        return back(scene) if ahead(scene, inwards(scene)) > reach else KEEP
    if ahead(scene, here) <= reach:
        for there, steer in ((here - 1, LEFT), (here + 1, RIGHT)):
            if COLUMNS[there] in LANES and ahead(scene, there) > scene.speed:
                return steer
        if scene.speed == FAST and ahead(scene, here) > 1:
            return SLOWER
        return LEFT if here == 1 else RIGHT  # the verge is better than a crash
    if here < 3 and ahead(scene, here + 1) > reach:
        return RIGHT
    if scene.speed == FAST:
        return KEEP if ahead(scene, here) > 3 else SLOWER
    return FASTER if ahead(scene, here) > 3 else KEEP


def nasty(scene: Scene) -> int:
    """Fast, and goes for whoever is in reach."""
    here = COLUMNS.index(scene.column)
    if off_road(scene):
        return back(scene)
    if ahead(scene, here) <= scene.speed:
        return KEEP
    for there, steer in ((here + 1, RIGHT), (here - 1, LEFT)):
        if ahead(scene, there) <= scene.speed:
            return steer
    if scene.speed != FAST:
        return FASTER
    nearest = min((here, here + 1, here - 1), key=lambda column: ahead(scene, column))
    # Somebody in the next lane who will be in reach: wait; two lanes away: get closer.
    if ahead(scene, nearest) == NO_CAR and scene.cars:
        return RIGHT if here == 1 else LEFT if here == 3 else KEEP
    return KEEP


def middle_lane(scene: Scene) -> int:
    """Sits in the middle lane, whoever is in the way; brakes, but does not steer."""
    here = COLUMNS.index(scene.column)
    if here != 2:
        return RIGHT if here < 2 else LEFT
    if ahead(scene, here) <= 3:
        return SLOWER if scene.speed == FAST else KEEP
    return KEEP if scene.speed == FAST else FASTER


def right_lane_nice(scene: Scene) -> int:
    """Sits in the right lane, and passes on the verge."""
    here = COLUMNS.index(scene.column)
    if here < 3:
        return RIGHT if ahead(scene, here + 1) > scene.speed else KEEP
    if here == 4:
        return LEFT if ahead(scene, 3) > scene.speed else KEEP
    if ahead(scene, 3) <= scene.speed:
        return RIGHT
    return KEEP if scene.speed == FAST else FASTER


DRIVERS = {
    "nice": nice,
    "nasty": nasty,
    "middle lane": middle_lane,
    "right lane nice": right_lane_nice,
}


def ahead(scene, column):
    """Car lengths to the next car of a column."""
    return scene.cars.get(COLUMNS[column], NO_CAR) if 0 <= column < len(COLUMNS) else NO_CAR


def off_road(scene):
    """Whether the driver is on the verge."""
    return scene.column not in LANES


def inwards(scene):
    """The lane beside the verge."""
    return 1 if scene.column == COLUMNS[0] else 3


def back(scene):
    """How one steers there."""
    return RIGHT if scene.column == COLUMNS[0] else LEFT


if __name__ == "__main__":
    main()
