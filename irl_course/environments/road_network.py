"""A town's roads and the people who drive there: the problem of Ziebart et al. (2008)."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from irl_course.environments.paths import NO_ROAD
from irl_course.mdp import MDP, _count, _indices, _read_only, _real

HIGHWAY, MAIN, LOCAL = range(3)
KINDS = ("highway", "main road", "local street")
FEATURES = (*(f"{kind} miles" for kind in KINDS), "junctions", "left turns", "right turns")
# Minus the minutes at the speed limits, 60, 35 and 20 miles an hour: all that a clock would mind.
TIME = (-1.0, -60 / 35, -3.0, 0.0, 0.0, 0.0)
# What people mind, on average: junctions and turns as well, left turns (they drive on the right)
# more than right ones, and miles on highways and in narrow streets more than their minutes.
TASTE = (-1.5, -2.0, -4.5, -0.2, -1.0, -0.5)
# Miles between neighbouring streets, and how far off its place a junction may be, in blocks.
_BLOCK, _OFF = 0.25, 0.18
# A bend at least as sharp is a turn.
_TURN = np.radians(40)
# Main roads are so many streets apart.
_SPACING = 4
# Trips drawn at a time, and how often, before there are too few long ones.
_BATCH, _ROUNDS = 128, 200


@dataclass(frozen=True)
class Drivers:
    """How much people differ, as standard deviations of logarithms: 0.2 is about 20 %.

    Attributes:
        taste: of each driver's weights, from the common `TASTE`.
        district: of the errors that drivers make about whole neighbourhoods, each their own.
        street: of the errors that they make street by street, each their own.
        hidden: of what makes a street pleasant or tedious for everyone and is in no feature.
        reach: miles over which errors about a neighbourhood are alike.
    """

    taste: float = 0.4
    district: float = 0.2
    street: float = 0.2
    hidden: float = 0.2
    reach: float = 0.5

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value, _ = _real(field.name, getattr(self, field.name))
            if value.shape or not 0.0 <= value < np.inf:
                raise ValueError(f"{field.name} is {value}, expected a number, 0 or more")
        if self.reach == 0:
            raise ValueError("reach is 0, expected miles above 0")


@dataclass(frozen=True, eq=False)
class Routes:
    """N drives, each from its first road to its goal.

    Attributes:
        states: the roads driven, shape (N, T + 1); the goal is repeated to the end of the row.
        actions: which way was taken at the end of each road, shape (N, T); 0 in the goal.
    """

    states: np.ndarray
    actions: np.ndarray

    def __post_init__(self):
        states, actions = _indices("states", self.states), _indices("actions", self.actions)
        if states.shape != (len(actions), actions.shape[1] + 1):
            raise ValueError(
                f"states has shape {states.shape} and actions {actions.shape}, expected "
                "(N, T + 1) and (N, T)"
            )
        object.__setattr__(self, "states", states)
        object.__setattr__(self, "actions", actions)

    @property
    def starts(self) -> np.ndarray:
        """The first roads, shape (N,)."""
        return self.states[:, 0]

    @property
    def goals(self) -> np.ndarray:
        """The last roads, shape (N,)."""
        return self.states[:, -1]

    @property
    def moving(self) -> np.ndarray:
        """Whether the goal is still ahead, shape (N, T)."""
        return self.states[:, :-1] != self.goals[:, None]

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, which) -> "Routes":
        """Some of the routes: `routes[3]` holds one, `routes[:5]` five."""
        return Routes(np.atleast_2d(self.states[which]), np.atleast_2d(self.actions[which]))

    def __repr__(self):
        return f"Routes({len(self)} routes, {self.moving.sum(axis=1).mean():.1f} moves on average)"


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A town: roads, what driving them is like, and people's routes. Made by `road_network`.

    A state is a road in one direction, from one junction to the next: where you are and where you
    are heading. An action is a way onwards at its end; there is no turning back. What action a
    costs at s belongs to the turn and to the whole road that follows, so a route's rewards are
    those of all its roads but the first.

    Attributes:
        junctions: x and y in miles, shape (J, 2).
        ends: the junctions from and to which a road leads, shape (S, 2).
        kinds: `HIGHWAY`, `MAIN` or `LOCAL`, shape (S,).
        miles: length of each road, shape (S,).
        successors: the road that an action leads onto, shape (S, A), from left to right; -1 where
            there are fewer than A ways onwards.
        features: f(s, a), shape (S, A, K), named by `FEATURES`: miles on three kinds of roads, and
            whether the way leads over a junction, to the left, to the right. 0 where there is none.
        hidden: how tedious a road is for reasons that no feature shows, shape (S,): standard
            normal, the same in both directions, for `Drivers.hidden` to scale.
    """

    junctions: np.ndarray
    ends: np.ndarray
    kinds: np.ndarray
    miles: np.ndarray
    successors: np.ndarray
    features: np.ndarray
    hidden: np.ndarray

    @property
    def feature_names(self) -> tuple[str, ...]:
        """K names."""
        return FEATURES

    @property
    def exists(self) -> np.ndarray:
        """Which ways there are, shape (S, A)."""
        return self.successors >= 0

    def mdp(self, goal: int, start: int | None = None) -> MDP:
        """Driving to a goal, which is never left: exact and deterministic, gamma = 1.

        Args:
            goal: a road.
            start: a road; by default every road but the goal is as likely as any other.

        Returns:
            The MDP, with sparse transitions: use it with a horizon. Ways that do not exist lead
            nowhere, you stay; `reward` makes them cost `NO_ROAD`.
        """
        S, A = self.successors.shape
        onto = np.where(self.exists, self.successors, np.arange(S)[:, None])
        onto[self._road("goal", goal)] = goal
        P = sparse.csr_array((np.ones(S * A), onto.ravel(), np.arange(S * A + 1)), shape=(S * A, S))
        if start is None:
            initial_dist = np.where(np.arange(S) == goal, 0.0, 1.0 / (S - 1))
        else:
            initial_dist = np.eye(1, S, self._road("start", start))[0]
        return MDP(P, initial_dist, 1.0)

    def reward(self, psi: np.ndarray, goal: int | None = None) -> np.ndarray:
        """r(s, a) = psi . f(s, a), and `NO_ROAD` for ways that do not exist.

        Args:
            psi: weights, shape (K,), such as `TIME` or `TASTE`.
            goal: the road where a drive is over: there action 0 costs nothing, and no other exists,
                so that a route and its weight exp(sum of rewards) count once for every horizon.

        Returns:
            Shape (S, A).
        """
        psi, _ = _real("psi", psi)
        if psi.shape != self.features.shape[2:] or not np.isfinite(psi).all():
            raise ValueError(f"psi is {psi}, expected {self.features.shape[2]} finite weights")
        reward = np.where(self.exists, self.features @ psi, NO_ROAD)
        if goal is not None:
            reward[self._road("goal", goal)] = np.where(np.arange(reward.shape[1]), NO_ROAD, 0.0)
        return reward

    def values(self, reward: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """V*(s) for some goals: what the best way there earns, by Dijkstra's algorithm.

        Args:
            reward: shape (S, A), below 0 where there is a way; or one for each goal, (N, S, A).
            goals: shape (N,).

        Returns:
            Shape (N, S), 0 in the goal. With Q*(s, a) = r(s, a) + V*(successor), the best way is
            the one of the highest Q*.
        """
        from scipy.sparse.csgraph import dijkstra

        s, a = np.nonzero(self.exists)
        onto, S = self.successors[s, a], len(self.miles)
        order = np.argsort(onto, kind="stable")  # Dijkstra starts in the goal and drives back
        s, a, first = s[order], a[order], np.searchsorted(onto[order], np.arange(S + 1))
        costs, goals = -np.asarray(reward, float)[..., s, a], self._roads("goals", goals)
        if not ((costs > 0) & (costs < np.inf)).all():
            bad = np.argwhere(~((costs > 0) & (costs < np.inf)))[0]
            at = [*bad[:-1], s[bad[-1]], a[bad[-1]]]
            raise ValueError(f"reward{[int(i) for i in at]} is {-costs[tuple(bad)]}, not below 0")
        if costs.ndim == 1:
            goals, again = np.unique(goals, return_inverse=True)
            back = sparse.csr_array((costs, s, first), shape=(S, S))
            return -dijkstra(back, indices=goals)[again]
        back = [sparse.csr_array((c, s, first), shape=(S, S)) for c in costs]
        return -np.array([dijkstra(b, indices=g) for b, g in zip(back, goals, strict=True)])

    def best_routes(self, reward: np.ndarray, starts: np.ndarray, goals: np.ndarray) -> Routes:
        """The routes of the highest reward.

        Args:
            reward: shape (S, A), below 0 where there is a way; or one for each trip, (N, S, A).
            starts: first roads, shape (N,).
            goals: last roads, shape (N,).

        Returns:
            N routes.
        """
        state, goals = self._roads("starts", starts), self._roads("goals", goals)
        if len(state) != len(goals):
            raise ValueError(f"there are {len(state)} starts and {len(goals)} goals")
        reward, trip = np.asarray(reward, float), np.arange(len(goals))
        V, states, actions = self.values(reward, goals), [state], []
        reward = np.broadcast_to(reward, (len(trip), *self.successors.shape))
        while (state != goals).any():
            if len(states) > len(self.miles):
                raise ValueError("some rewards are so near 0 that a route goes round in circles")
            onto = self.successors[state]
            Q = np.where(onto >= 0, reward[trip, state] + V[trip[:, None], onto], -np.inf)
            action = np.where(state == goals, 0, Q.argmax(axis=1))
            state = np.where(state == goals, goals, onto[trip, action])
            states.append(state)
            actions.append(action)
        shape = len(trip), len(actions)
        return Routes(np.array(states).T, np.array(actions, dtype=int).T.reshape(shape))

    def counts(self, routes: Routes) -> np.ndarray:
        """Features summed along each route, shape (N, K): its reward is psi . counts.

        Raises:
            ValueError: a route goes where no way leads.
        """
        leads = self.successors[routes.states[:, :-1], routes.actions]
        bad = np.argwhere(routes.moving & (leads != routes.states[:, 1:]))
        if len(bad):
            n, t = bad[0]
            s, a = routes.states[n, t], routes.actions[n, t]
            onto = f"to {leads[n, t]}" if leads[n, t] >= 0 else "nowhere"
            raise ValueError(
                f"routes.states[n={n}, t={t + 1}] is {routes.states[n, t + 1]}, but action {a} "
                f"leads {onto} from road {s}"
            )
        f = self.features[routes.states[:, :-1], routes.actions]
        return np.einsum("ntk,nt->nk", f, routes.moving.astype(float))

    def match(self, routes: Routes, predicted: Routes) -> np.ndarray:
        """What share of each route's miles the predicted one drives too.

        Args:
            routes: the real ones.
            predicted: as many, for the same trips. Their common first road does not count.

        Returns:
            Shape (N,), from 0 to 1.
        """
        if len(routes) != len(predicted) or (routes.goals != predicted.goals).any():
            raise ValueError("routes and predicted are not for the same trips")
        real, same = (self.driven(r) for r in (routes, predicted))
        return (real & same) @ self.miles / (real @ self.miles)

    def routes(self, n: int, seed, drivers: Drivers | None = None, min_moves: int = 10) -> Routes:
        """What people drive, everyone once: their own best route, which need not be ours.

        None of the course's models of choice draws these. From a road to another one, both drawn
        at random, drivers choose the cheapest route by their own weights and by how long each
        street seems to them: its length times a lognormal error, see `Drivers`.

        Args:
            n: number of routes.
            seed: an integer, a sequence of integers, or a generator, which is advanced.
            drivers: how much they differ; by default `Drivers()`.
            min_moves: routes of fewer roads after the first are left out.

        Returns:
            N routes; the first of them are the same for every n.

        Raises:
            ValueError: hardly a trip is long enough.
        """
        n, drivers = _count("n", n), drivers or Drivers()
        rng = np.random.default_rng(seed)
        found = []
        while sum(map(len, found)) < n:
            if len(found) == _ROUNDS:
                raise ValueError(f"hardly a route in {self} has min_moves = {min_moves} moves")
            starts, goals = rng.integers(len(self.miles), size=(2, _BATCH))
            reward = self._as_seen(_BATCH, drivers, rng)
            driven = self.best_routes(reward, starts, goals)
            found.append(driven[driven.moving.sum(axis=1) >= max(1, min_moves)])
        return _stack(found)[:n]

    def _as_seen(self, n, drivers, rng):
        """Rewards in the eyes of n drivers, shape (n, S, A)."""
        S, K = len(self.miles), self.features.shape[2]
        psi = np.array(TASTE) * np.exp(drivers.taste * rng.normal(size=(n, K)))
        far = ((self.junctions[:, None] - self.junctions) ** 2).sum(axis=-1)
        alike = np.exp(-far / (2.0 * drivers.reach**2)) + 1e-8 * np.eye(len(far))
        district = rng.normal(size=(n, len(far))) @ np.linalg.cholesky(alike).T
        _, street = np.unique(np.sort(self.ends, axis=1), axis=0, return_inverse=True)
        street = rng.normal(size=(n, S))[:, street.ravel()]
        seems = drivers.district * district[:, self.ends].mean(axis=2)
        seems = np.exp(seems + drivers.street * street + drivers.hidden * self.hidden)
        onto, f = np.maximum(self.successors, 0), self.features
        miles = (psi[:, :3] @ f[..., :3].reshape(-1, 3).T).reshape(n, *onto.shape)
        rest = (psi[:, 3:] @ f[..., 3:].reshape(-1, K - 3).T).reshape(n, *onto.shape)
        return miles * seems[:, onto] + rest

    def driven(self, routes):
        """Which roads each route takes after the first, shape (N, S)."""
        driven = np.zeros((len(routes), len(self.miles)), dtype=bool)
        driven[np.arange(len(routes))[:, None], routes.states[:, 1:]] = True
        return driven

    def _roads(self, name, roads):
        roads = np.asarray(roads)
        if roads.ndim != 1 or roads.dtype.kind not in "iu":
            raise ValueError(f"{name} has shape {roads.shape} and holds {roads.dtype}: no roads")
        bad = np.flatnonzero((roads < 0) | (roads >= len(self.miles)))
        if len(bad):
            self._road(f"{name}[{bad[0]}]", roads[bad[0]])
        return roads

    def _road(self, name, road):
        if not 0 <= road < len(self.miles):
            raise ValueError(f"{name} is {road}, but the network has {len(self.miles)} roads")
        return int(road)

    def __repr__(self):
        S, A = self.successors.shape
        return f"RoadNetwork({len(self.junctions)} junctions, {S} roads, {A} ways at most)"


def road_network(
    seed: int, n_rows: int = 16, n_cols: int = 16, missing: float = 0.15, one_way: float = 0.1
) -> RoadNetwork:
    """Draw a town: a crooked grid of streets, main roads, and two highways that cross.

    The drawing is ours. Ziebart et al. (2008) had Pittsburgh, 300,000 roads, and its taxis.
    Highways meet main roads only, and are in the way of the streets between.

    Args:
        seed: the same seed draws the same town.
        n_rows: streets from west to east, at least 8.
        n_cols: streets from south to north, at least 8.
        missing: share of local streets' blocks that were never built.
        one_way: share of local streets' blocks that are open in one direction only.

    Returns:
        The network; every road can be reached from every other one.

    Raises:
        ValueError: names the argument; or so much is missing that hardly a town is left.
    """
    n_rows, n_cols = _count("n_rows", n_rows), _count("n_cols", n_cols)
    if min(n_rows, n_cols) < 8:
        raise ValueError(f"{n_rows} x {n_cols} streets are no town: at least 8 x 8")
    for name, share in (("missing", missing), ("one_way", one_way)):
        if not 0.0 <= share < 1.0:
            raise ValueError(f"{name} is {share}, expected a share from 0 to below 1")
    rng = np.random.default_rng(seed)
    blocks, kinds = _blocks(rng, n_rows, n_cols)
    row, col = np.divmod(np.arange(n_rows * n_cols), n_cols)
    place = np.stack([col, row], axis=1) + rng.uniform(-_OFF, _OFF, (len(row), 2))
    built = (kinds != LOCAL) | (rng.random(len(kinds)) >= missing)
    single = (kinds == LOCAL) & (rng.random(len(kinds)) < one_way)
    towards = rng.random(len(kinds)) < 0.5
    there, back = built & ~(single & towards), built & ~(single & ~towards)
    ends = np.concatenate([blocks[there], blocks[back][:, ::-1]])
    kinds = np.concatenate([kinds[there], kinds[back]])
    hidden = rng.normal(size=len(blocks))
    return _connect(_BLOCK * place, ends, kinds, np.concatenate([hidden[there], hidden[back]]))


def _blocks(rng, n_rows, n_cols):
    """Every block of the grid that a street may run along, (B, 2) junctions, and its kind."""
    rows, cols = _lines(rng, n_rows), _lines(rng, n_cols)
    junction = np.arange(n_rows * n_cols).reshape(n_rows, n_cols)
    along_row = np.stack([junction[:, :-1], junction[:, 1:]], axis=-1).reshape(-1, 2)
    along_col = np.stack([junction[:-1], junction[1:]], axis=-1).reshape(-1, 2)
    kinds = np.concatenate([np.repeat(rows, n_cols - 1), np.tile(cols, n_rows - 1)])
    blocks = np.concatenate([along_row, along_col])
    one, other = np.sort(np.stack(np.broadcast_arrays(rows[:, None], cols)), axis=0)
    bridge = ((one == HIGHWAY) & (other == LOCAL)).ravel()  # the street ends at the highway
    open_ = (kinds == HIGHWAY) | ~bridge[blocks].any(axis=1)
    return blocks[open_], kinds[open_]


def _lines(rng, n):
    """What kind of street each of n parallel lines is."""
    kinds = np.full(n, LOCAL)
    kinds[rng.integers(1, _SPACING - 1) :: _SPACING] = MAIN
    kinds[rng.integers(n // 3, n - n // 3)] = HIGHWAY
    return kinds


def _connect(place, ends, kinds, hidden):
    """The network of the largest part in which every road can be reached from every other one."""
    s, onto, angle = _ways(place, ends)
    inside = _largest_part(s, onto, len(ends))
    if inside.sum() <= len(ends) / 2:
        raise ValueError(f"of {len(ends)} roads only {inside.sum()} can reach each other")
    ends, kinds, hidden = ends[inside], kinds[inside], hidden[inside]
    used, ends = np.unique(ends, return_inverse=True)
    place, ends = place[used], ends.reshape(-1, 2)
    s, onto, angle = _ways(place, ends)
    rank = np.arange(len(s)) - np.searchsorted(s, s)  # the ways of a road are in order
    miles = np.linalg.norm(place[ends[:, 1]] - place[ends[:, 0]], axis=1)
    successors = np.full((len(ends), rank.max() + 1), -1)
    successors[s, rank] = onto
    features = np.zeros((*successors.shape, len(FEATURES)))
    features[s, rank, kinds[onto]] = miles[onto]
    streets = np.unique(np.sort(ends, axis=1), axis=0)
    features[s, rank, 3] = np.bincount(streets.ravel())[ends[s, 1]] > 2
    features[s, rank, 4], features[s, rank, 5] = angle >= _TURN, angle <= -_TURN
    arrays = place, ends, kinds, miles, successors, features, hidden
    return RoadNetwork(*map(_read_only, arrays))


def _ways(place, ends):
    """All ways from a road onto another, not back, by road and from left to right.

    Returns the two roads, and the angle of the turn: above 0 to the left.
    """
    s, onto = np.nonzero((ends[:, 1:] == ends[:, 0]) & (ends[:, :1] != ends[:, 1]))
    step = place[ends[:, 1]] - place[ends[:, 0]]
    heading = np.arctan2(step[:, 1], step[:, 0])
    angle = (heading[onto] - heading[s] + np.pi) % (2.0 * np.pi) - np.pi
    order = np.lexsort((-angle, s))
    return s[order], onto[order], angle[order]


def _largest_part(s, onto, n_roads):
    from scipy.sparse.csgraph import connected_components

    ways = sparse.csr_array((np.ones(len(s)), (s, onto)), shape=(n_roads, n_roads))
    _, part = connected_components(ways, connection="strong")
    return part == np.bincount(part).argmax()


def _stack(found):
    """Several batches of routes as one, all padded to the longest."""
    T = max(r.actions.shape[1] for r in found)
    pads = [((0, 0), (0, T - r.actions.shape[1])) for r in found]
    states = [np.pad(r.states, pad, mode="edge") for r, pad in zip(found, pads, strict=True)]
    actions = [np.pad(r.actions, pad) for r, pad in zip(found, pads, strict=True)]
    return Routes(np.concatenate(states), np.concatenate(actions))
