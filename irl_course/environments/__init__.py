"""Worlds to plan in: grids drawn as text, a highway, bus engines, random decision processes.

`irl_course.environments.playing`, imported on its own, makes them playable with Gymnasium.
"""

from irl_course.environments.buses import BusRecords, bus_features, bus_mdp, bus_records
from irl_course.environments.gridworld import DOWN, LEFT, RIGHT, UP, Grid, gridworld
from irl_course.environments.highway import FASTER, KEEP, SLOWER, Highway, highway
from irl_course.environments.macrocell import MacrocellWorld, macrocell_world
from irl_course.environments.objectworld import (
    STAY,
    BinaryWorld,
    ObjectWorld,
    binaryworld,
    objectworld,
)
from irl_course.environments.paths import risky_path, three_paths
from irl_course.environments.personal import personal_world
from irl_course.environments.point_mass import PointMass, point_mass
from irl_course.environments.random import random_mdp
from irl_course.environments.recorded import shipped_drives
from irl_course.environments.road_map import RoadMap, road_map
from irl_course.environments.road_network import RoadNetwork, road_network

__all__ = [
    "DOWN",
    "FASTER",
    "KEEP",
    "LEFT",
    "RIGHT",
    "SLOWER",
    "STAY",
    "UP",
    "BinaryWorld",
    "BusRecords",
    "Grid",
    "Highway",
    "MacrocellWorld",
    "ObjectWorld",
    "PointMass",
    "RoadMap",
    "RoadNetwork",
    "binaryworld",
    "bus_features",
    "bus_mdp",
    "bus_records",
    "gridworld",
    "highway",
    "macrocell_world",
    "objectworld",
    "personal_world",
    "point_mass",
    "random_mdp",
    "risky_path",
    "road_map",
    "road_network",
    "shipped_drives",
    "three_paths",
]
