"""Worlds to plan in: grid worlds drawn as text, and random decision processes."""

from irl_course.environments.gridworld import DOWN, LEFT, RIGHT, UP, Grid, gridworld
from irl_course.environments.random import random_mdp

__all__ = ["DOWN", "LEFT", "RIGHT", "UP", "Grid", "gridworld", "random_mdp"]
