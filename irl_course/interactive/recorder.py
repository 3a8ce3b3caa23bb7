"""The recorder: you drive a grid or a highway, and what you do becomes demonstrations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from irl_course import plotting
from irl_course.environments import FASTER, KEEP, SLOWER, Grid, Highway
from irl_course.environments.gridworld import DOWN, LEFT, RIGHT, UP
from irl_course.interactive.board import Board
from irl_course.interactive.grid_svg import cell_boxes, grid_overlay, grid_svg
from irl_course.interactive.highway_svg import road_svg, traffic_svg
from irl_course.interactive.played import Played
from irl_course.mdp import Demos, _count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from irl_course.interactive.explore import Picture

_ARROWS = {"left": "←", "up": "↑", "right": "→", "down": "↓", "faster": "↑", "slower": "↓"}
_KEYS = {"←": "ArrowLeft", "↑": "ArrowUp", "→": "ArrowRight", "↓": "ArrowDown", "Space": " "}
_UNDONE = 2_000  # steps that can be taken back; each keeps the luck of its moment


def drive(
    world: Grid | Highway,
    steps: int | None = None,
    style: str | None = None,
    seed: int = 0,
    values: np.ndarray | None = None,
    caption: str | None = None,
    draw: Callable[[Demos], Picture] | None = None,
    still: Callable[[], Figure] | None = None,
) -> Recorder:
    r"""A world that you drive with arrow keys, buttons or clicks, and that records what you do.

    Args:
        world: a grid or a highway.
        steps: length of a drive; by default 20 on a grid, 50 on a highway.
        style: name of what you are about to show, for the sentence below the picture.
        seed: fixes all luck: the same keys give the same drives.
        values: a reward to colour a grid's cells by, shape (S,) or (S, A).
        caption: what to try and what to see, in one sentence.
        draw: called with the finished drives whenever they change, if there are any; returns what
            stands beside the world, as for `explore`.
        still: returns a figure for pages without a kernel; by default the world at its start.

    Returns:
        The recorder; as a cell's last line it shows itself.

    Raises:
        ValueError: no world to drive in, no step, or values that the world cannot show.

    Example:
        >>> recorder = drive(gridworld("S..\n.#G"), steps=5)  # doctest: +SKIP
        >>> recorder.demos  # after five arrow keys  # doctest: +SKIP
        Demos(n_demos=1, horizon=5)
    """
    if isinstance(world, Grid):
        scenery = _GridScenery(world, values)
    elif isinstance(world, Highway) and values is None:
        scenery = _HighwayScenery(world)
    else:
        what = "values for a highway, which has no cells" if isinstance(world, Highway) else world
        raise ValueError(f"drive wants a Grid or a Highway, not {what}")
    steps = scenery.steps if steps is None else _count("steps", steps)
    caption = caption or scenery.caption
    return Recorder(world, scenery, steps, style, seed, caption, draw, still)


class _Moment(NamedTuple):
    """All there is to a recorder at one time: it can be gone back to."""

    kept: tuple[tuple, ...]  # finished drives: states and actions of each
    states: tuple[int, ...]
    actions: tuple[int, ...]
    luck: dict


class Recorder(Played):
    """What `drive` returns: a world at the wheel, and the drives that were finished.

    Attributes:
        world: the grid or highway.
        steps: length of a drive.
        style: what the drives show, or None.
        board: the widget.
        error: what `draw` raised last, None if it drew.
    """

    def __init__(self, world, scenery, steps, style, seed, caption, draw, still):
        """See `drive`."""
        from irl_course.environments.playing import TabularEnv  # imports Gymnasium

        board = Board(
            scene=scenery.scene, cells=scenery.cells, shortcuts=_keys(scenery), label=scenery.label
        )
        super().__init__(board, draw, still, caption)
        self.world, self.steps, self.style = world, steps, style
        self._scenery, self._env = scenery, TabularEnv(world.mdp)
        self._kept, self._drawn, self._past = (), None, deque(maxlen=_UNDONE)
        self._begin(seed)
        self._first = self.state
        moves = {name: partial(self.act, a) for name, a in scenery.moves.items()}
        tools = {"undo": self.undo, "over": self.start_over, "delete": self.delete_last}
        board.listen(moves | tools | {"replay": self.replay}, self._go_to)
        self._show()

    # --- what was recorded

    @property
    def state(self) -> int:
        """Where you are."""
        return self._states[-1]

    @property
    def demos(self) -> Demos:
        """The finished drives.

        Raises:
            ValueError: there is none yet.
        """
        if not self._kept:
            raise ValueError(
                f"no drive is finished yet: {len(self._actions)} of {self.steps} steps are driven"
            )
        states, actions = zip(*self._kept, strict=True)
        return Demos(np.array(states), np.array(actions))

    @property
    def n_steps(self) -> int:
        """Steps recorded so far, those of the drive under way included."""
        return len(self._kept) * self.steps + len(self._actions)

    def save(self, path: str | PathLike) -> None:
        """Write the finished drives to a file, as `irl_course.demo_files.save_demos`."""
        from irl_course.demo_files import save_demos

        world, notes = self._scenery.name, self.style or ""
        save_demos(path, self.demos, world, notes, self.world.mdp)

    def load(self, path: str | PathLike) -> None:
        """Put the drives of a file in place of the finished ones; `undo` brings those back.

        Raises:
            ValueError: as `irl_course.demo_files.load_demos`, or drives of another length.
        """
        from irl_course.demo_files import load_demos

        demos = load_demos(path, self.world.mdp)
        if demos.horizon != self.steps:
            raise ValueError(
                f"the drives in {path} have {demos.horizon} steps, these here {self.steps}"
            )
        self._remember()
        pairs = zip(demos.states.tolist(), demos.actions.tolist(), strict=True)
        self._kept = tuple((tuple(states), tuple(actions)) for states, actions in pairs)
        self._show(f"{_drives(len(self._kept))} loaded.")

    # --- what you do

    def act(self, action: int) -> None:
        """Take a step of the world.

        Raises:
            ValueError: no such action.
        """
        if action not in self._env.action_space:
            raise ValueError(f"action is {action!r}, expected 0 to {self.world.mdp.n_actions - 1}")
        self._remember()
        before = self.state
        self._step(action)
        news = self._scenery.news(before, action, self.state)
        if _absorbing(self.world.mdp, self.state) and len(self._actions) < self.steps:
            news += " Nothing you do matters here: chance does the rest of this drive."
            while len(self._actions) < self.steps:
                self._step(self._env.np_random.integers(self.world.mdp.n_actions))
        if len(self._actions) == self.steps:
            self._kept += ((self._states, self._actions),)
            self._begin()
            news += f" Drive {len(self._kept)} is kept, the next one begins."
        self._show(news)

    def undo(self) -> None:
        """Take back the last thing done; redoing the same step has the same outcome."""
        if not self._past:
            return self._show("Nothing to undo.")
        self._kept, self._states, self._actions, luck = self._past.pop()
        self._env.np_random.bit_generator.state, self._env.state = luck, self.state
        self._show("Taken back.")

    def start_over(self) -> None:
        """Drop the drive under way, and begin another."""
        self._remember()
        self._begin()
        self._show("A fresh start.")

    def delete_last(self) -> None:
        """Drop the last finished drive."""
        if not self._kept:
            return self._show("No drive is finished yet.")
        self._remember()
        self._kept = self._kept[:-1]
        self._show(f"Drive {len(self._kept) + 1} is deleted.")

    def replay(self) -> None:
        """Show the last finished drive in the page, step by step; any key ends that."""
        if not self._kept:
            return self._show("No drive is finished yet.")
        states, actions = self._kept[-1]
        self.board.play(
            [
                (
                    self._scenery.overlay(states[: t + 1], actions[:t]),
                    f"Replay of drive {len(self._kept)}, step {t} of {self.steps}. "
                    f"{self._scenery.says(states[t])}",
                )
                for t in range(self.steps + 1)
            ],
            pause=0.35,
        )

    # --- how

    def _begin(self, seed=None):
        state, _ = self._env.reset(seed=seed)
        self._states, self._actions = (state,), ()

    def _step(self, action):
        state, *_ = self._env.step(action)
        self._states += (state,)
        self._actions += (int(action),)

    def _remember(self):
        luck = self._env.np_random.bit_generator.state
        self._past.append(_Moment(self._kept, self._states, self._actions, luck))

    def _go_to(self, row, col, moved):
        """A step towards a cell that was clicked."""
        action = self._scenery.towards(self.state, row, col)
        if action is None:
            self._show("Click a cell next to where you are.")
        else:
            self.act(action)

    def _show(self, news=""):
        board, done, t = self.board, len(self._kept), len(self._actions)
        style = f" ({self.style})" if self.style else ""
        with board.hold_sync():
            board.overlay = self._scenery.overlay(self._states, self._actions)
            board.status = (
                f"{news} {self._scenery.says(self.state)} Drive {done + 1}{style}: step {t} of "
                f"{self.steps}. {_drives(done)} kept."
            ).strip()
            board.buttons = _buttons(self._scenery, bool(self._past), t > 0, done > 0)
            if self._drawn is not self._kept:  # never changed in place
                self._drawn = self._kept
                self._draw_beside(self.demos if done else None, "Finish a drive to see it here.")

    def _own_still(self):
        return self._scenery.figure(self._first)


class _GridScenery:
    """How a grid is driven and looks."""

    steps = 20
    caption = (
        "click the picture, then drive with the arrow keys; every finished drive is a "
        "demonstration."
    )
    label = "Grid world to drive in. Arrow keys move, Backspace takes back, r replays."
    moves = {"left": LEFT, "up": UP, "right": RIGHT, "down": DOWN}

    def __init__(self, grid, values):
        self.grid, self.values, self.cells = grid, values, cell_boxes(grid)
        self.name = grid.text
        self.scene = grid_svg(grid, values, signed=True, label="reward")

    def overlay(self, states, actions):
        return grid_overlay(self.grid, states, states[-1], bar=self.values is not None)

    def says(self, state):
        row, col = self.grid.where(state)
        kind = self.grid.text.split("\n")[row][col]
        return f"Row {row}, column {col}{'' if kind == '.' else f', on {kind}'}."

    def news(self, state, action, next_state):
        row, col = self.grid.where(state)
        x, y = plotting.MOVES[action]
        inside = 0 <= row + y < self.grid.shape[0] and 0 <= col + x < self.grid.shape[1]
        if not inside or self.grid.walls[row + y, col + x]:
            meant, stopped = state, "The way is blocked."
        else:
            meant, stopped = self.grid.index(row + y, col + x), ""
        return stopped if meant == next_state else "You slipped."

    def towards(self, state, row, col):
        own_row, own_col = self.grid.where(state)
        step = (col - own_col, row - own_row)
        return next((action for action, xy in plotting.MOVES.items() if xy == step), None)

    def figure(self, state):
        from matplotlib import pyplot as plt

        fig, ax = plt.subplots(figsize=(3.6, 3.6), layout="constrained")
        if self.values is not None:
            plotting.draw_reward(ax, self.grid, self.values)
        plotting.draw_trajectory(ax, self.grid, [state], markersize=14)
        return fig


class _HighwayScenery:
    """How a highway is driven and looks."""

    steps, cells = 50, {}
    caption = (
        "click the road, then drive: ← → change lane, ↑ ↓ set the speed, Space keeps both; "
        "every finished drive is a demonstration."
    )
    label = (
        "Highway to drive on. Left and right change lane, up drives faster, down slower, Space "
        "keeps lane and speed, Backspace takes back, r replays."
    )
    moves = {"left": LEFT, "faster": FASTER, "right": RIGHT, "slower": SLOWER, "keep": KEEP}

    def __init__(self, world):
        self.world, self.scene = world, road_svg(world)
        self.name = f"highway of view {world.view}, traffic {world.traffic}"

    def overlay(self, states, actions):
        hit = bool(actions) and self._hits(states[-2], actions[-1])
        return traffic_svg(self.world, states[-1], hit)

    def says(self, state):
        return str(self.world.where(state))

    def news(self, state, action, next_state):
        return "You hit a car!" if self._hits(state, action) else ""

    def _hits(self, state, action):
        return bool(self.world.features[state, action, 0])

    def figure(self, state):
        from matplotlib import pyplot as plt

        fig, ax = plt.subplots(figsize=(2.6, 4.2), layout="constrained")
        plotting.draw_highway(ax, self.world, state)
        return fig


def _buttons(scenery, past, under_way, done):
    moves = [
        {"does": name, "text": name, "key": _ARROWS.get(name, "Space"), "group": "Moves"}
        for name in scenery.moves
    ]
    tools = (
        ("undo", "Undo", "u", past), ("over", "Start over", "n", under_way),
        ("replay", "Replay", "r", done), ("delete", "Delete last drive", "Del", done),
    )  # fmt: skip
    return moves + [
        {"does": does, "text": text, "key": key, "group": "Drives", "off": not can}
        for does, text, key, can in tools
    ]


def _keys(scenery):
    moves = {_KEYS[_ARROWS.get(name, "Space")]: name for name in scenery.moves}
    return moves | {
        "Backspace": "undo", "u": "undo", "n": "over", "r": "replay", "Delete": "delete",
        "Escape": "stop",
    }  # fmt: skip


def _absorbing(mdp, state):
    """Whether every action stays in a state for good."""
    rows = slice(state * mdp.n_actions, (state + 1) * mdp.n_actions)
    stays = mdp.P[rows, state].toarray() if mdp.is_sparse else mdp.P[state, :, state]
    return bool(np.all(stays == 1.0))


def _drives(n):
    return f"{n} drive{'' if n == 1 else 's'}"
