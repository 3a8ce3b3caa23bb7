"""A hands-on course in inverse reinforcement learning.

The lessons are the notebooks in `lessons/`; this package holds what they stand on. Importing it
alone imports nothing heavy: ask for the module you need, `from irl_course.planning import …`.
"""

__version__ = "0.1.0"
