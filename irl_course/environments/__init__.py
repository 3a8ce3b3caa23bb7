"""Worlds to plan in: grid worlds drawn as text, and random decision processes."""

from irl_course.environments.gridworld import DOWN, LEFT, RIGHT, UP, Grid, gridworld
from irl_course.environments.macrocell import MacrocellWorld, macrocell_world
from irl_course.environments.random import random_mdp
from irl_course.environments.road_map import RoadMap, road_map

__all__ = [
    "DOWN",
    "LEFT",
    "RIGHT",
    "UP",
    "Grid",
    "MacrocellWorld",
    "RoadMap",
    "gridworld",
    "macrocell_world",
    "random_mdp",
    "road_map",
]
