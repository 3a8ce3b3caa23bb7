"""A three-lane highway with traffic: the driving styles of Abbeel & Ng (2004), small and exact."""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse as sp

from irl_course.environments.gridworld import DOWN, LEFT, RIGHT, UP
from irl_course.mdp import MDP, _count, _read_only, _real

# The arrow keys have the numbers that they have on a grid.
SLOWER, FASTER, KEEP = DOWN, UP, 4
ACTIONS = ("left", "slower", "right", "faster", "keep")
COLUMNS = ("off-road left", "left lane", "middle lane", "right lane", "off-road right")
LANES = COLUMNS[1:4]
SLOW, FAST = 1, 2  # car lengths that you gain on the other cars in a step
FEATURES = ("collision", *COLUMNS, "speed")
# Weights of FEATURES. All like speed equally: whoever shows a style at another speed, as a person
# may, is equally far from all five by that.
STYLES = {
    "nice": (-20, 0, 2, 3, 4, 0, 1),
    "nasty": (10, -2, 0, 0, 0, -2, 1),
    "right lane nice": (-20, 0, 0, 0, 4, 2, 1),
    "right lane nasty": (4, 0, 0, 0, 2, 4, 1),
    "middle lane": (0, 0, 0, 4, 0, 0, 1),
}


class Scene(NamedTuple):
    """What a state means; as text, a sentence.

    Attributes:
        column: where you are, one of `COLUMNS`.
        speed: `SLOW` or `FAST`, the car lengths that you gain on the others in a step.
        cars: car lengths to the next car, for those of `LANES` that have one in view.
    """

    column: str
    speed: int
    cars: dict[str, int]

    def __str__(self):
        cars = ", ".join(f"{lane} {gap} ahead" for lane, gap in self.cars.items())
        where = f"{self.column.capitalize()}, {'fast' if self.speed == FAST else 'slow'}."
        return f"{where} Cars: {cars}." if cars else f"{where} No cars in view."


@dataclass(frozen=True, eq=False)
class Highway:
    """A highway: its decision process, features and drivers. Made by `highway`.

    Attributes:
        mdp: dynamics, start distribution and discount; the transitions are sparse.
        features: f(s, a), shape (S, A, K), what happens in the step that action a begins: whether
            you hit a car, which column you drive in (five, one of them 1), whether you are fast.
        view: how many car lengths you see ahead.
        traffic: probability of a car on each car length of the left, middle and right lane.
    """

    mdp: MDP
    features: np.ndarray
    view: int
    traffic: tuple[float, float, float]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """K names: collision, off-road left, the lanes, off-road right, speed."""
        return FEATURES

    @property
    def styles(self) -> dict[str, np.ndarray]:
        """What five drivers really want, weights psi of shape (K,) each.

        The drivers are those of Abbeel & Ng (2004), section 5.2. The numbers are not: theirs were
        people at the wheel, who never wrote a reward down.
        """
        return {style: np.array(psi, dtype=float) for style, psi in STYLES.items()}

    def reward(self, style: str | np.ndarray) -> np.ndarray:
        """The reward of a style, or of any weights, r(s, a) = psi . f(s, a).

        Args:
            style: one of `styles`, or weights psi, shape (K,).

        Returns:
            Reward, shape (S, A).
        """
        if isinstance(style, str):
            if style not in STYLES:
                raise ValueError(
                    f"style is {style!r}, expected one of {', '.join(map(repr, STYLES))}"
                )
            return self.features @ self.styles[style]
        psi, _ = _real("psi", style)
        if psi.shape != (len(FEATURES),) or not np.isfinite(psi).all():
            raise ValueError(f"psi is {psi}, expected {len(FEATURES)} finite weights")
        return self.features @ psi

    def where(self, state: int) -> Scene:
        """Read a state: your column and speed, and how far ahead the other cars are."""
        if not 0 <= state < self.mdp.n_states:
            raise ValueError(f"state is {state}, but the highway has {self.mdp.n_states} states")
        column, speed, *gaps = np.unravel_index(int(state), _shape(self.view))
        cars = {lane: int(gap) for lane, gap in zip(LANES, gaps, strict=True) if gap}
        return Scene(COLUMNS[column], (SLOW, FAST)[speed], cars)

    def index(self, column: str, speed: int = SLOW, cars: dict[str, int] | None = None) -> int:
        """Find a state, the inverse of `where`: `world.index("left lane", FAST, {"left lane": 3})`.

        Raises:
            ValueError: no such column, speed, lane or distance.
        """
        cars = {} if cars is None else cars
        _one_of("column", column, COLUMNS)
        _one_of("speed", speed, (SLOW, FAST))
        for lane, gap in cars.items():
            _one_of("a lane in cars", lane, LANES)
            _one_of(f"cars[{lane!r}]", gap, range(1, self.view + 1))
        own = (COLUMNS.index(column), (SLOW, FAST).index(speed))
        return int(
            np.ravel_multi_index((*own, *map(cars.get, LANES, (0, 0, 0))), _shape(self.view))
        )

    def picture(self, state: int) -> str:
        """A state as a sentence and a text picture, seen from above: @ is you, # another car."""
        scene = self.where(state)
        rows = [str(scene)]
        for gap in range(self.view, -1, -1):
            cells = ["#" if scene.cars.get(column) == gap else " " for column in COLUMNS]
            if gap == 0:
                cells[COLUMNS.index(scene.column)] = "@"
            rows.append(f"{gap:2} .{cells[0]}|" + ":".join(cells[1:4]) + f"|{cells[4]}.")
        return "\n".join(rows)


def highway(
    traffic: float | tuple[float, float, float] = (0.1, 0.15, 0.2),
    view: int = 4,
    gamma: float = 0.95,
) -> Highway:
    """Build a highway after Abbeel & Ng (2004), section 5.2: you are faster than everyone else.

    In a step you steer one column LEFT or RIGHT, drive on FASTER or SLOWER, or KEEP column and
    speed; then you gain one car length on all other cars, or two if you are fast. You hit a car
    that stands in your new column within that distance; those that you pass are gone. Only what
    comes into view is random: a car on each new car length of a lane with a probability, but no
    second one in a lane. So (s, a) decides about collisions, and from a view of 4 on luck never
    decides whether one can still be avoided. As you cannot go as slowly as the others, it takes
    another column to spare a car.

    Their driver had one speed, and five actions: to steer to a lane or to a side of the road. That
    speed is a choice here, the grid and all numbers are ours.

    You start slow, in any of the lanes, with no car in view.

    Args:
        traffic: probability of a car on each car length, one for all lanes or three (left, middle
            and right).
        view: how many car lengths you see ahead, at least 2.
        gamma: discount factor.

    Returns:
        The highway, with 10 * (view + 1)^3 states, 5 actions and K = 7 features.

    Raises:
        ValueError: names the argument and its value.
    """
    traffic, view = _probabilities(traffic), _count("view", view)
    if view < FAST:
        raise ValueError(f"view is {view}, expected at least {FAST}: as far as a fast step goes")
    column, speed, *gaps = np.indices(_shape(view)).reshape(5, -1)
    new_column, new_speed = _drive(column, speed)
    features = _features(new_column, new_speed, np.array(gaps))
    P = _transitions(new_column, new_speed, traffic, view)
    start = np.zeros(_shape(view))
    start[1:4, 0, 0, 0, 0] = 1.0 / 3.0
    return Highway(MDP(P, start.ravel(), gamma), _read_only(features), view, traffic)


def _shape(view):
    """Values of column, speed, and of the distance in each lane, where 0 is no car in view."""
    return len(COLUMNS), 2, view + 1, view + 1, view + 1


def _drive(column, speed):
    """Own column and speed (0 or 1) in the step that each action begins, shape (S, A) each."""
    new_column = np.repeat(column[:, None], len(ACTIONS), axis=1)
    new_column[:, LEFT] = np.maximum(column - 1, 0)
    new_column[:, RIGHT] = np.minimum(column + 1, len(COLUMNS) - 1)
    new_speed = np.repeat(speed[:, None], len(ACTIONS), axis=1)
    new_speed[:, SLOWER], new_speed[:, FASTER] = 0, 1
    return new_column, new_speed


def _features(new_column, new_speed, gaps):
    gaps = np.pad(gaps, [(1, 1), (0, 0)])  # no cars off the road
    gap = gaps[new_column, np.arange(gaps.shape[1])[:, None]]
    hit = (gap > 0) & (gap <= new_speed + SLOW)
    in_column = np.eye(len(COLUMNS))[new_column]
    return np.concatenate([hit[..., None], in_column, new_speed[..., None]], axis=-1)


def _transitions(new_column, new_speed, traffic, view):
    """CSR, row s * A + a: the lanes move on independently, you move for certain."""
    n_states, n_scenes = len(new_column), (view + 1) ** 3
    flows = [
        functools.reduce(sp.kron, [_lane(p, view, stride) for p in traffic])
        for stride in (SLOW, FAST)
    ]
    scene = np.arange(n_states)[:, None] % n_scenes
    P = sp.vstack(flows, format="csr")[(new_speed * n_scenes + scene).ravel()]
    # The lanes are the last axes of a state, and what is your own says where their block begins.
    block = (new_column * 2 + new_speed) * n_scenes
    successors = P.indices + np.repeat(block.ravel(), np.diff(P.indptr))
    return sp.csr_array((P.data, successors, P.indptr), shape=(P.shape[0], n_states))


def _lane(p, view, stride):
    """How the distance to one lane's next car changes in a step, shape (view + 1, view + 1)."""
    gap = np.arange(view + 1)
    ahead = gap[gap > stride]
    T = np.zeros((view + 1, view + 1))
    T[ahead, ahead - stride] = 1.0
    # The lane is or becomes clear: the nearest car is the first on the new car lengths, if any.
    T[: stride + 1, view - stride + 1 :] = p * (1.0 - p) ** np.arange(stride)
    T[: stride + 1, 0] = (1.0 - p) ** stride
    return sp.csr_array(T)


def _probabilities(traffic):
    given, _ = _real("traffic", traffic)
    if given.shape not in ((), (len(LANES),)) or not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"traffic is {traffic}, expected a probability, or three of them")
    return tuple(np.broadcast_to(given, len(LANES)).tolist())


def _one_of(name, value, known):
    if value not in known:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(map(repr, known))}")
