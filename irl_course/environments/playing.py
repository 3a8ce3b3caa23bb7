"""Worlds to play in, through Gymnasium's interface.

Importing this module registers `irl_course/Highway-v0` and `irl_course/Gridworld-v0`, so that
`gymnasium.make` knows them. No other module of the course imports Gymnasium.
"""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded

from irl_course.environments.gridworld import Grid, gridworld
from irl_course.environments.highway import Highway, highway
from irl_course.mdp import MDP, _count, _read_only, _real, as_reward

_MAZE = """
    S....
    .###.
    ...#.
    .#...
    ...#G
"""


class TabularEnv(gymnasium.Env):
    """Any decision process as a Gymnasium environment: observations and actions are its indices.

    It pays r(s, a) for the pair that a step leaves. No state is terminal, for a decision process
    goes on for ever: an episode is truncated after `max_steps`. All that is random is drawn from
    `np_random`, which the seed given to `reset` fixes.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        reward: shape (S, A) or (S,); by default 0.
        features: f(s, a), shape (S, A, K); `step` reports those of the pair that it leaves as
            `info["features"]`, shape (K,).
        max_steps: steps in an episode; by default without end.
        describe: gives the text of a state for `render_mode="ansi"`; by default its number.
        draw: called with axes and a state, draws for `render_mode="rgb_array"`.
        render_mode: what `render` returns: "ansi" for text, "rgb_array" for pixels.

    Raises:
        ValueError: a shape that does not belong to the MDP, or a render mode that is not there.
    """

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}

    def __init__(
        self,
        mdp: MDP,
        reward: np.ndarray | None = None,
        features: np.ndarray | None = None,
        max_steps: int | None = None,
        describe: Callable[[int], str] | None = None,
        draw: Callable[[Any, int], Any] | None = None,
        render_mode: str | None = None,
    ):
        modes = ["ansi", "rgb_array"] if draw else ["ansi"]
        if render_mode not in (None, *modes):
            raise ValueError(f"render_mode is {render_mode!r}, expected None or one of {modes}")
        self.metadata = {**self.metadata, "render_modes": modes}
        self.render_mode = render_mode
        self.mdp = mdp
        self.reward = as_reward(mdp, np.zeros(mdp.n_states) if reward is None else reward)
        self.features = None if features is None else _as_features(mdp, features)
        self.max_steps = None if max_steps is None else _count("max_steps", max_steps)
        self.observation_space = spaces.Discrete(mdp.n_states)
        self.action_space = spaces.Discrete(mdp.n_actions)
        self.state = None
        self._describe, self._draw = describe or "State {}.".format, draw

    def reset(
        self, *, seed: int | None = None, options: dict | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Begin an episode in a state drawn from the start distribution.

        Args:
            seed: fixes all that is drawn from now on.
            options: {"state": s} begins in state s instead.

        Returns:
            The state, and an empty `info`.
        """
        super().reset(seed=seed)
        start = (options or {}).get("state")
        if start is None:
            start = self.np_random.choice(self.mdp.n_states, p=self.mdp.initial_dist)
        elif start not in self.observation_space:
            raise ValueError(f"state is {start!r}, expected 0 to {self.mdp.n_states - 1}")
        self.state, self._n_steps = int(start), 0
        return self.state, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Act once, s' ~ p(.|s, a).

        Args:
            action: 0 to A - 1.

        Returns:
            The next state, r(s, a), terminated (never), truncated (after `max_steps`), and `info`.
        """
        if self.state is None:
            raise ResetNeeded("there is no state to act in: call reset first")
        if action not in self.action_space:
            raise ValueError(f"action is {action!r}, expected 0 to {self.mdp.n_actions - 1}")
        state, action = self.state, int(action)
        info = {} if self.features is None else {"features": self.features[state, action].copy()}
        successors, probabilities = self._successors(state, action)
        self.state = int(self.np_random.choice(successors, p=probabilities))
        self._n_steps += 1
        truncated = self.max_steps is not None and self._n_steps >= self.max_steps
        return self.state, float(self.reward[state, action]), False, truncated, info

    def render(self) -> str | np.ndarray | None:
        """The state as text, or as pixels of shape (height, width, 3)."""
        if self.render_mode is None:
            return None
        if self.state is None:
            raise ResetNeeded("there is no state to show: call reset first")
        if self.render_mode == "ansi":
            return self._describe(self.state)
        return _pixels(self._draw, self.state)

    def _successors(self, state, action):
        """States that may come next, and their probabilities."""
        P = self.mdp.P
        if not self.mdp.is_sparse:
            return self.mdp.n_states, P[state, action]
        row = state * self.mdp.n_actions + action
        entries = slice(P.indptr[row], P.indptr[row + 1])
        return P.indices[entries], P.data[entries]


def highway_env(
    style: str | np.ndarray | None = None,
    world: Highway | None = None,
    max_steps: int | None = 100,
    render_mode: str | None = None,
) -> TabularEnv:
    """A highway to drive on: `gymnasium.make("irl_course/Highway-v0", style="nasty")`.

    Args:
        style: whose reward is paid, one of `Highway.styles`, or weights psi, shape (K,); by
            default nobody's, and only the features tell how one drives.
        world: by default `highway()`.
        max_steps: steps in an episode.
        render_mode: "ansi" or "rgb_array".
    """
    world = highway() if world is None else world

    def draw(ax, state):
        from irl_course.plotting import draw_highway  # slow to import

        return draw_highway(ax, world, state)

    reward = None if style is None else world.reward(style)
    return TabularEnv(
        world.mdp, reward, world.features, max_steps, world.picture, draw, render_mode
    )


def gridworld_env(
    grid: Grid | None = None,
    reward: np.ndarray | None = None,
    features: np.ndarray | None = None,
    max_steps: int | None = 100,
    render_mode: str | None = None,
) -> TabularEnv:
    """A grid world to walk in: `gymnasium.make("irl_course/Gridworld-v0", grid=grid)`.

    Args:
        grid: by default a small maze.
        reward: shape (S, A) or (S,); by default 1 for every step that begins in a goal.
        features: shape (S, A, K), for `info`.
        max_steps: steps in an episode.
        render_mode: "ansi" or "rgb_array".
    """
    grid = gridworld(_MAZE) if grid is None else grid

    def draw(ax, state):
        from irl_course.plotting import draw_trajectory  # slow to import

        return draw_trajectory(ax, grid, [state], markersize=14)

    reward = grid.reward({"G": 1.0} if "G" in grid.text else {}) if reward is None else reward
    return TabularEnv(
        grid.mdp, reward, features, max_steps, lambda s: _picture(grid, s), draw, render_mode
    )


def _picture(grid, state):
    """A sentence, and the grid's own picture with an @ where one is."""
    row, col = grid.where(state)
    cells = [list(line) for line in grid.text.split("\n")]
    kind = "" if cells[row][col] == "." else f", on {cells[row][col]}"
    cells[row][col] = "@"
    return "\n".join([f"Row {row}, column {col}{kind}.", *map("".join, cells)])


def _pixels(draw, state):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    canvas = FigureCanvasAgg(Figure(figsize=(3, 4), dpi=96, layout="constrained"))
    draw(canvas.figure.add_subplot(), state)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _as_features(mdp, features):
    features, _ = _real("features", features)
    shape = (mdp.n_states, mdp.n_actions)
    if features.ndim != 3 or features.shape[:2] != shape:
        raise ValueError(f"features has shape {features.shape}, expected {(*shape, 'K')}")
    return _read_only(features)


for _id, _maker in (("Highway", highway_env), ("Gridworld", gridworld_env)):
    if f"irl_course/{_id}-v0" not in gymnasium.registry:  # a reload would be warned about
        gymnasium.register(f"irl_course/{_id}-v0", f"{__name__}:{_maker.__name__}")
