"""The road network: its rules, people's routes, and three models of how they choose them."""

import functools

import numpy as np
import pytest

from benchmarks import route_choice as models
from irl_course.environments.paths import NO_ROAD
from irl_course.environments.road_network import (
    FEATURES,
    HIGHWAY,
    KINDS,
    LOCAL,
    MAIN,
    TASTE,
    TIME,
    Drivers,
    RoadNetwork,
    Routes,
    _connect,
    road_network,
)
from irl_course.inverse.maxent import TrajectoryModel
from irl_course.plotting import draw_network, draw_route

pytestmark = pytest.mark.filterwarnings("error")
ALIKE = Drivers(taste=0.0, district=0.0, street=0.0, hidden=0.0)
PSI = np.array([-2.0, -3.0, -6.0, -0.4, -1.5, -0.9])
seeds = pytest.mark.parametrize("seed", range(5))


@functools.cache
def town(seed=0, **options):
    return road_network(seed, **options)


@functools.cache
def driven(seed, n=200, which=1):
    return town(seed).routes(n, [seed, which])


@functools.cache
def tiny(n_rows=2):
    """Rows of three junctions about a mile apart, streets both ways: 14 roads, or 24."""
    place = np.stack(np.divmod(np.arange(3 * n_rows), 3), axis=1)[:, ::-1].astype(float)
    place += np.random.default_rng(0).uniform(-0.1, 0.1, place.shape)
    far = np.abs(place[:, None] - place).sum(axis=-1)
    streets = np.argwhere(np.triu((far > 0) & (far < 1.5)))
    kinds = np.resize([HIGHWAY, MAIN, LOCAL, LOCAL, MAIN, LOCAL, LOCAL], len(streets))
    ends = np.concatenate([streets, streets[:, ::-1]])
    return _connect(place, ends, np.tile(kinds, 2), np.zeros(len(ends)))


@functools.cache
def fork(long_way=2.0):
    """Ziebart's figure 2: of three routes of cost 3 from road 0 to road 5, two share a way."""
    successors, features = np.full((6, 2), -1), np.zeros((6, 2, 1))
    for s, ways in enumerate([[(1, long_way), (2, 1.0)], [(5, 1.0)], [(3, 1.0), (4, 1.0)]]):
        for a, (onto, cost) in enumerate(ways):
            successors[s, a], features[s, a, 0] = onto, cost
    successors[3:5, 0], features[3:5, 0, 0] = 5, 1.0
    successors[5, 0], features[5, 0, 0] = 0, 1.0  # and round again, which is no part of a route
    ends, miles = np.zeros((6, 2), dtype=int), np.ones(6)
    return RoadNetwork(np.zeros((1, 2)), ends, ends[:, 0], miles, successors, features, miles)


def all_routes(network, start, goal, longest):
    """Every route of at most so many moves, as pairs of roads and actions."""
    if start == goal:
        return [([start], [])]
    found = []
    for a in np.flatnonzero(network.exists[start]) if longest else ():
        rest = all_routes(network, network.successors[start, a], goal, longest - 1)
        found += [([start, *states], [a, *actions]) for states, actions in rest]
    return found


def as_routes(found):
    T = max(len(actions) for _, actions in found)
    states = [[*s, *[s[-1]] * (T + 1 - len(s))] for s, _ in found]
    return Routes(np.array(states), np.array([[*a, *[0] * (T - len(a))] for _, a in found]))


# --- The town ----------------------------------------------------------------------------------


@seeds
def test_a_town_has_the_size_asked_for_and_no_way_is_missing_or_leads_back(seed):
    network = town(seed)
    S, A, K = network.features.shape
    assert (3, len(FEATURES)) == (A, K)
    assert 200 <= len(network.junctions) <= 256
    assert network.feature_names == FEATURES
    assert np.isfinite(network.values(network.reward(TASTE), [0])).all()
    assert (network.values(np.ones((S, A)) * -1, np.arange(S)) > -np.inf).all()
    for s in range(S):
        onto = network.successors[s][network.exists[s]]
        here = set(np.flatnonzero(network.ends[:, 0] == network.ends[s, 1]))
        back = set(np.flatnonzero((network.ends == network.ends[s, ::-1]).all(axis=1)))
        assert len(set(onto)) == len(onto)
        assert set(onto) == here - back
        assert network.exists[s, : len(onto)].all()


@seeds
def test_what_the_roads_are_like(seed):
    network = town(seed)
    length = np.linalg.norm(np.diff(network.junctions[network.ends], axis=1)[:, 0], axis=-1)
    np.testing.assert_allclose(network.miles, length)
    assert 0.1 < network.miles.min() < network.miles.max() < 0.45
    assert set(np.unique(network.kinds)) == {HIGHWAY, MAIN, LOCAL}
    by_kind = [set(network.ends[network.kinds == kind].ravel()) for kind in range(3)]
    assert by_kind[HIGHWAY] & by_kind[MAIN]
    assert not by_kind[HIGHWAY] & by_kind[LOCAL]
    streets, same = np.unique(np.sort(network.ends, axis=1), axis=0, return_inverse=True)
    for array in (network.hidden, network.miles, network.kinds):
        for i in range(len(streets)):
            assert len(np.unique(array[same.ravel() == i])) == 1
    assert abs(network.hidden.mean()) < 0.2
    assert 0.8 < network.hidden.std() < 1.2


@seeds
def test_features(seed):
    network = town(seed)
    s, a = np.nonzero(network.exists)
    f, onto = network.features[s, a], network.successors[s, a]
    assert not network.features[~network.exists].any()
    np.testing.assert_array_equal(
        f[:, :3], np.eye(3)[network.kinds[onto]] * network.miles[onto, None]
    )
    assert set(np.unique(f[:, 3:])) == {0.0, 1.0}
    assert (f[:, 4] * f[:, 5] == 0).all()
    streets = np.unique(np.sort(network.ends, axis=1), axis=0)
    n_streets = np.bincount(streets.ravel())
    np.testing.assert_array_equal(f[:, 3], n_streets[network.ends[s, 1]] > 2)
    # From left to right: a left turn comes first, a right turn last.
    assert (a[f[:, 4] == 1] < network.exists.sum(axis=1)[s][f[:, 4] == 1]).all()
    for road in range(len(network.miles)):
        turns = network.features[road][network.exists[road]] @ [0, 0, 0, 0, 1, -1]
        assert (np.diff(turns) <= 0).all()


def test_left_and_right_by_hand():
    place = np.array([[0, 0], [1, 0], [2, 0.1], [1, 1], [1, -1.0]])
    streets = np.array([[0, 1], [1, 2], [1, 3], [1, 4], [2, 3], [2, 4], [0, 3], [0, 4]])
    ends = np.concatenate([streets, streets[:, ::-1]])
    network = _connect(place, ends, np.full(16, MAIN), np.arange(16.0))
    east = np.flatnonzero((network.ends == [0, 1]).all(axis=1))[0]
    assert [network.ends[s, 1] for s in network.successors[east]] == [3, 2, 4]
    expected = [[0, 1, 0, 1, 1, 0], [0, np.sqrt(1.01), 0, 1, 0, 0], [0, 1, 0, 1, 0, 1]]
    np.testing.assert_allclose(network.features[east], expected)


def test_a_seed_is_a_town():
    for name in ("junctions", "ends", "successors", "features", "hidden"):
        again, other = road_network(7), road_network(8)
        np.testing.assert_array_equal(getattr(town(7), name), getattr(again, name))
        assert not np.array_equal(getattr(again, name), getattr(other, name))
        with pytest.raises(ValueError, match="read-only"):
            getattr(again, name)[0] = 0


def test_towns_of_other_kinds():
    both_ways = town(0, missing=0.0, one_way=0.0)
    ends = set(map(tuple, both_ways.ends))
    assert ends == {(v, u) for u, v in ends}
    assert len(town(0, missing=0.35).miles) < len(town(0).miles) < len(both_ways.miles)
    single = town(0, missing=0.0, one_way=0.5)
    assert len(single.miles) < len(single.junctions) * 3
    assert 350 < len(town(0, n_rows=20, n_cols=20).junctions) <= 400
    x, y = town(0, n_rows=8, n_cols=12).junctions.max(axis=0)
    assert x > y


def test_bad_towns_are_named():
    with pytest.raises(ValueError, match="7 x 16"):
        road_network(0, n_rows=7)
    with pytest.raises(ValueError, match="n_cols is 9.5"):
        road_network(0, n_cols=9.5)
    with pytest.raises(ValueError, match="missing is 1.0"):
        road_network(0, missing=1.0)
    with pytest.raises(ValueError, match="one_way is -0.1"):
        road_network(0, one_way=-0.1)
    place = np.array([[0, 0], [0, 1], [1, 0.0]])
    with pytest.raises(ValueError, match="of 2 roads only 1 can"):
        _connect(place, np.array([[0, 1], [1, 2]]), np.full(2, LOCAL), np.zeros(2))


# --- Driving -----------------------------------------------------------------------------------


def test_the_mdp_drives_where_the_network_leads():
    network = town(1)
    S, A, _ = network.features.shape
    mdp = network.mdp(goal=5)
    assert (mdp.n_states, mdp.n_actions, mdp.gamma, mdp.is_sparse) == (S, A, 1.0, True)
    assert (mdp.P.data == 1).all()
    onto = mdp.P.indices.reshape(S, A)
    others = network.exists & (np.arange(S) != 5)[:, None]
    np.testing.assert_array_equal(onto[others], network.successors[others])
    np.testing.assert_array_equal(onto[~others], np.nonzero(~others)[0])
    assert mdp.initial_dist[5] == 0
    np.testing.assert_allclose(np.delete(mdp.initial_dist, 5), 1 / (S - 1))
    assert network.mdp(5, start=3).initial_dist[3] == 1
    reward = network.reward(PSI, goal=5)
    np.testing.assert_array_equal(reward[5], [0, NO_ROAD, NO_ROAD])
    np.testing.assert_allclose(reward[others], network.features[others] @ PSI)
    no_way = ~network.exists & (np.arange(S) != 5)[:, None]
    assert (reward[no_way] == NO_ROAD).all()
    by_default = network.reward(PSI)
    np.testing.assert_allclose(by_default[network.exists], network.features[network.exists] @ PSI)
    assert (by_default[~network.exists] == NO_ROAD).all()


def test_values_solve_bellmans_equation_and_best_routes_earn_them():
    network, rng = town(2), np.random.default_rng(0)
    starts, goals = rng.integers(len(network.miles), size=(2, 30))
    reward = network.reward(PSI)
    V = network.values(reward, goals)
    for n, goal in enumerate(goals):
        Q = np.where(network.exists, reward + V[n, network.successors], -np.inf).max(axis=1)
        Q[goal] = 0.0
        np.testing.assert_allclose(V[n], Q, atol=1e-9)
    best = network.best_routes(reward, starts, goals)
    np.testing.assert_array_equal((best.starts, best.goals), (starts, goals))
    np.testing.assert_allclose(network.counts(best) @ PSI, V[np.arange(30), starts])
    # With a reward for each trip, and for the same trip the same.
    each = reward * rng.uniform(0.5, 1.5, (30, 1, 1))
    np.testing.assert_allclose(network.values(each, goals), V * (each / reward)[:, :1, 0])
    np.testing.assert_array_equal(network.best_routes(each, starts, goals).states, best.states)
    at_home = network.best_routes(reward, goals, goals)
    assert at_home.states.shape == (30, 1)
    assert not network.counts(at_home).any()


def test_best_routes_are_the_best_of_all():
    network, reward = tiny(), tiny().reward(PSI)
    for goal in range(1, 14):
        every = as_routes(all_routes(network, 0, goal, 10))
        best = network.counts(every) @ PSI
        found = network.best_routes(reward, [0], [goal])
        np.testing.assert_allclose(network.counts(found) @ PSI, best.max())


def test_bad_trips_and_rewards_are_named():
    network = town(0)
    with pytest.raises(ValueError, match=r"goal is 999, but the network has 7\d\d roads"):
        network.mdp(999)
    with pytest.raises(ValueError, match="start is -1"):
        network.mdp(0, start=-1)
    with pytest.raises(ValueError, match=r"goals\[1\] is 4000"):
        network.values(network.reward(PSI), [3, 4000])
    with pytest.raises(ValueError, match=r"starts\[0\] is -2"):
        network.best_routes(network.reward(PSI), [-2], [3])
    with pytest.raises(ValueError, match="2 starts and 1 goals"):
        network.best_routes(network.reward(PSI), [1, 2], [3])
    with pytest.raises(ValueError, match="goals has shape .* float64"):
        network.values(network.reward(PSI), [0.5])
    with pytest.raises(ValueError, match="expected 6 finite weights"):
        network.reward([1.0, 2.0])
    with pytest.raises(ValueError, match="expected 6 finite weights"):
        network.reward([np.nan] * 6)
    reward = network.reward(PSI).copy()
    reward[4, 0] = 0.5
    with pytest.raises(ValueError, match=r"reward\[4, 0\] is 0.5, not below 0"):
        network.values(reward, [3])
    each = np.stack([network.reward(PSI), reward])
    with pytest.raises(ValueError, match=r"reward\[1, 4, 0\] is 0.5, not below 0"):
        network.best_routes(each, [1, 2], [3, 4])
    with pytest.raises(ValueError, match="shape"):
        Routes(np.zeros((2, 3), dtype=int), np.zeros((2, 3), dtype=int))


def test_a_route_where_no_way_leads_is_refused():
    network = town(0)
    routes = driven(0)[:2]
    states = routes.states.copy()
    states[1, 3] = states[0, 0]
    with pytest.raises(ValueError, match=rf"routes.states\[n=1, t=3\] is {states[0, 0]}"):
        network.counts(Routes(states, routes.actions))
    actions = routes.actions.copy()
    actions[0, 2] = (actions[0, 2] + 1) % network.successors.shape[1]
    with pytest.raises(ValueError, match=r"routes.states\[n=0, t=3\] .* leads"):
        network.counts(Routes(routes.states, actions))


def test_match_by_hand():
    network = tiny()
    every = all_routes(network, 0, 8, 9)
    routes = as_routes(every)
    miles = network.miles
    for real in range(0, len(every), 3):
        for other in range(len(every)):
            a, b = set(every[real][0][1:]), set(every[other][0][1:])
            share = sum(miles[list(a & b)]) / sum(miles[list(a)])
            assert network.match(routes[real], routes[other]) == pytest.approx(share)
    np.testing.assert_allclose(network.match(routes, routes), 1.0)
    other = as_routes(all_routes(network, 0, 9, 9))[:1]
    with pytest.raises(ValueError, match="same trips"):
        network.match(routes[0], other)


# --- People ------------------------------------------------------------------------------------


@seeds
def test_routes_are_drives_from_start_to_goal(seed):
    network, routes = town(seed), driven(seed)
    assert len(routes) == 200
    network.counts(routes)  # every move is one that the network has
    moves = routes.moving.sum(axis=1)
    assert moves.min() >= 10
    assert 12 < moves.mean() < 20
    for states, actions, n in zip(routes.states, routes.actions, moves, strict=True):
        assert (states[n:] == states[-1]).all()
        assert (actions[n:] == 0).all()
        assert len(set(states[: n + 1])) == n + 1
    assert len(set(zip(routes.starts, routes.goals, strict=True))) == 200


def test_routes_are_reproducible_and_more_of_them_begin_alike():
    network, few, many = town(0), town(0).routes(30, 5), town(0).routes(300, 5)
    T = few.actions.shape[1]
    np.testing.assert_array_equal(few.states, many.states[:30, : T + 1])
    np.testing.assert_array_equal(network.routes(30, 5).actions, few.actions)
    assert not np.array_equal(network.routes(30, 6).starts, few.starts)
    rng = np.random.default_rng(5)
    np.testing.assert_array_equal(network.routes(30, rng).states, few.states)
    assert not np.array_equal(network.routes(30, rng).starts, few.starts)
    assert len(many[3]) == 1
    assert len(many[10:20]) == 10
    assert repr(many[:2]).startswith("Routes(2 routes")


def test_people_who_do_not_differ_drive_by_the_common_taste():
    network = town(3)
    routes = network.routes(100, 1, ALIKE)
    best = network.best_routes(network.reward(TASTE), routes.starts, routes.goals)
    np.testing.assert_allclose(network.counts(routes) @ TASTE, network.counts(best) @ TASTE)


def test_hidden_qualities_are_everyones():
    network = town(3)
    drivers = Drivers(taste=0.0, district=0.0, street=0.0, hidden=0.6)
    routes = network.routes(100, 1, drivers)
    onto, f = network.successors, network.features
    seems = np.exp(0.6 * network.hidden)[onto][..., None]
    reward = np.concatenate([f[..., :3] * seems, f[..., 3:]], axis=-1) @ TASTE
    reward = np.where(network.exists, reward, NO_ROAD)
    best = network.best_routes(reward, routes.starts, routes.goals)
    np.testing.assert_array_equal(network.match(routes, best), 1.0)


@pytest.mark.parametrize("what", ["taste", "district", "street", "hidden"])
def test_whatever_differs_leads_people_away_from_the_common_taste(what):
    network, shares = town(3), []
    for much in (0.1, 0.7):
        drivers = Drivers(
            **{**dict.fromkeys(("taste", "district", "street", "hidden"), 0.0), what: much}
        )
        routes = network.routes(150, 1, drivers)
        best = network.best_routes(network.reward(TASTE), routes.starts, routes.goals)
        shares.append(network.match(routes, best).mean())
    assert shares[1] < shares[0] - 0.05 < 0.96


def test_errors_about_a_neighbourhood_are_alike_there_and_both_ways():
    network, n = town(0), 400
    for drivers, nearby in ((Drivers(0, 0.3, 0, 0), 0.6), (Drivers(0, 0, 0.3, 0), 0.0)):
        reward = network._as_seen(n, drivers, np.random.default_rng(0))
        s, a = np.nonzero(network.exists)
        onto, first = np.unique(network.successors[s, a], return_index=True)
        rest = network.features[s, a, 3:] @ TASTE[3:]
        seems = np.log((reward[:, s, a] - rest) / (network.features[s, a, :3] @ TASTE[:3]))[
            :, first
        ]
        alike = np.corrcoef(seems.T)
        middle = network.junctions[network.ends[onto]].mean(axis=1)
        far = np.linalg.norm(middle[:, None] - middle, axis=-1)
        same = far < 1e-9
        assert (alike[same] > 0.999).all()
        close = alike[~same & (far < 0.4)].mean()
        assert close > 0.6 if nearby else abs(close) < 0.05
        assert abs(alike[far > 2.5].mean()) < 0.05
        assert seems.std() == pytest.approx(0.3, rel=0.15)


def test_bad_drivers_and_trips_are_named():
    with pytest.raises(ValueError, match="street is -0.1"):
        Drivers(street=-0.1)
    with pytest.raises(ValueError, match="taste holds"):
        Drivers(taste="a lot")
    with pytest.raises(ValueError, match="reach is 0"):
        Drivers(reach=0.0)
    with pytest.raises(ValueError, match="n is 0"):
        town(0).routes(0, 1)
    with pytest.raises(ValueError, match="min_moves = 15"):
        tiny().routes(3, 1, min_moves=15)


def test_time_is_not_taste():
    """What makes learning worth while: by the clock alone, routes are others."""
    routes = driven(0)
    shares = [
        town(0).match(routes, models.best_routes(town(0), psi, routes)).mean()
        for psi in (TIME, TASTE)
    ]
    assert shares[0] < shares[1] - 0.03 < 0.9
    assert len(TIME) == len(TASTE) == len(KINDS) + 3


# --- Models ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", [2, 3])
def test_log_partition_is_a_sum_over_all_routes(n_rows):
    network, psi = tiny(n_rows), 2.0 * PSI
    n_roads = len(network.miles)
    assert n_roads == {2: 14, 3: 24}[n_rows]
    log_Z = models.log_partition(network, psi, np.arange(n_roads))
    for start in (0, 7, 11):
        for goal in range(0, n_roads, n_rows - 1):
            if start == goal:
                assert log_Z[goal, start] == pytest.approx(0.0, abs=1e-12)
                continue
            every = as_routes(all_routes(network, start, goal, 18 - 2 * n_rows))
            known = np.logaddexp.reduce(network.counts(every) @ psi)
            assert log_Z[goal, start] == pytest.approx(known, abs=1e-9)


def test_log_partition_agrees_with_the_courses_trajectory_model():
    network, psi = town(0, n_rows=8, n_cols=8), 1.5 * PSI
    for start, goal in ((0, 50), (20, 90)):
        mdp, reward = network.mdp(goal, start), network.reward(psi, goal)
        log_Z, visits = TrajectoryModel(mdp, 150).plan(reward)
        ours = models.log_partition(network, psi, np.array([goal]))[0, start]
        assert ours == pytest.approx(log_Z, abs=1e-9)
        # And so do the expected counts.
        route = network.best_routes(network.reward(psi), [start], [goal])
        _, gradient = models.maxent_log_likelihood(network, psi, route)
        visits[goal] = 0.0
        counts = np.einsum("sa,sak->k", visits * network.exists, network.features)
        np.testing.assert_allclose(network.counts(route)[0] - gradient[0], counts, atol=1e-8)


def test_the_smallest_z_is_exact():
    network, psi = town(0), 14.0 * PSI
    far = network.values(network.reward(PSI), [9])[0].argmin()
    log_Z, _ = TrajectoryModel(network.mdp(9, far), 60).plan(network.reward(psi, 9))
    assert log_Z < -500
    ours = models.log_partition(network, psi, np.array([9]))[0, far]
    assert ours == pytest.approx(log_Z, rel=1e-12)


def test_where_z_is_infinite():
    network, routes, psi = town(0), driven(0)[:5], np.full(6, -1e-3)
    log_p, gradient = models.maxent_log_likelihood(network, psi, routes)
    assert (log_p == -np.inf).all()
    assert not gradient.any()
    with pytest.raises(ValueError, match="Z is infinite"):
        models.log_partition(network, psi, routes.goals)
    with pytest.raises(FloatingPointError, match="below what float64 holds"):
        models.maxent_log_likelihood(network, 100 * PSI, routes)


@pytest.mark.parametrize(
    "log_likelihood", [models.maxent_log_likelihood, models.action_log_likelihood]
)
def test_gradients_against_central_differences(log_likelihood):
    network, routes = town(1), driven(1)[:20]
    log_p, gradient = log_likelihood(network, PSI, routes)
    assert log_p.shape == (20,)
    for k in range(6):
        ahead, behind = (
            log_likelihood(network, PSI + h * np.eye(6)[k], routes)[0] for h in (1e-6, -1e-6)
        )
        np.testing.assert_allclose(gradient[:, k], (ahead - behind) / 2e-6, atol=2e-6)


def test_probabilities_of_all_routes_sum_to_one():
    network = tiny(3)
    every = as_routes(all_routes(network, 0, 8, 14))
    assert len(every) > 100
    for log_likelihood in (models.maxent_log_likelihood, models.action_log_likelihood):
        log_p, _ = log_likelihood(network, PSI, every)
        assert np.exp(log_p).sum() == pytest.approx(1.0, abs=1e-6)


def test_a_route_is_as_likely_as_its_choices():
    network, routes = town(2), driven(2)[:40]
    goals, trip = np.unique(routes.goals, return_inverse=True)
    n, t = np.nonzero(routes.moving)
    for log_likelihood, V in (
        (models.maxent_log_likelihood, models.log_partition(network, PSI, goals)),
        (models.action_log_likelihood, network.values(network.reward(PSI), goals)),
    ):
        log_pi = models.log_policy(network, PSI, V)
        chosen = log_pi[trip[n], routes.states[n, t], routes.actions[n, t]]
        log_p, _ = log_likelihood(network, PSI, routes)
        np.testing.assert_allclose(log_p, np.bincount(n, chosen), atol=1e-9)


def test_ziebarts_figure_2():
    """Three equal routes: a third each, or by action values a half and two quarters."""
    network, psi = fork(), np.array([-1.0])
    routes = as_routes(all_routes(network, 0, 5, 3))
    for log_likelihood, known in (
        (models.maxent_log_likelihood, [1 / 3, 1 / 3, 1 / 3]),
        (models.action_log_likelihood, [1 / 2, 1 / 4, 1 / 4]),
    ):
        np.testing.assert_allclose(np.exp(log_likelihood(network, psi, routes)[0]), known)


def test_the_most_likely_route_of_the_action_values_is_found():
    network = tiny()
    for psi in (PSI, 0.3 * PSI, PSI[::-1]):
        for goal in range(1, 14):
            every = as_routes(all_routes(network, 0, goal, 9))
            log_p, _ = models.action_log_likelihood(network, psi, every)
            likeliest = models.action_routes(network, psi, every[:1])
            found, _ = models.action_log_likelihood(network, psi, likeliest)
            assert found[0] == pytest.approx(log_p.max(), abs=1e-8)
    # Which is not always the best one.
    network, psi = fork(2.1), np.array([-1.0])
    every = as_routes(all_routes(network, 0, 5, 3))
    np.testing.assert_array_equal(models.best_routes(network, psi, every[:1]).actions[0, 0], 1)
    np.testing.assert_array_equal(models.action_routes(network, psi, every[:1]).actions[0, 0], 0)


def draw_maxent(network, psi, routes, rng):
    """Other routes for the same trips, drawn from the maximum entropy model."""
    pi = np.exp(models.log_policy(network, psi, models.log_partition(network, psi, routes.goals)))
    trip, state, states, actions = np.arange(len(routes)), routes.starts, [routes.starts], []
    while (state != routes.goals).any():
        p = pi[trip, state]
        action = (p.cumsum(axis=1) < rng.random((len(trip), 1))).sum(axis=1)
        action = np.where(state == routes.goals, 0, action)
        state = np.where(state == routes.goals, state, network.successors[state, action])
        states.append(state)
        actions.append(action)
    return Routes(np.array(states).T, np.array(actions).T)


def test_maximum_entropy_recovers_its_own_weights():
    network, trips = town(4), driven(4, 400)
    routes = draw_maxent(network, PSI, trips, np.random.default_rng(0))
    psi = models.fit(models.maxent_log_likelihood, network, routes)
    _, scores = models.maxent_log_likelihood(network, psi, routes)
    np.testing.assert_allclose(scores.mean(axis=0), 0.0, atol=1e-3)  # features match
    errors = np.sqrt(np.diag(np.linalg.inv(scores.T @ scores)))
    assert (np.abs(psi - PSI) < 4 * errors).all()
    assert (errors < 0.8).all()
    # Nothing near is better.
    best = models.maxent_log_likelihood(network, psi, routes)[0].mean()
    for step in np.random.default_rng(1).normal(scale=0.05, size=(10, 6)):
        assert models.maxent_log_likelihood(network, psi + step, routes)[0].mean() < best


def test_action_values_are_fitted_to_a_maximum():
    network, routes = town(0), driven(0, 100)
    psi = models.fit(models.action_log_likelihood, network, routes)
    best = models.action_log_likelihood(network, psi, routes)[0].mean()
    assert best > models.action_log_likelihood(network, 3 * np.array(TASTE), routes)[0].mean()
    for step in np.random.default_rng(1).normal(scale=0.05, size=(20, 6)):
        nearby = np.minimum(psi * np.exp(step), -1e-3)
        assert models.action_log_likelihood(network, nearby, routes)[0].mean() < best + 1e-4


def test_the_margin_is_the_optimum_over_all_routes():
    network, C = tiny(3), 10.0
    trips = [(0, 8), (3, 12), (5, 1), (9, 2), (13, 6), (20, 4)]
    every = [as_routes(all_routes(network, *trip, 12)) for trip in trips]
    real = [np.argsort(-network.counts(e) @ PSI)[i] for e, i in zip(every, [0, 1] * 3, strict=True)]
    demos = [e[int(i)] for e, i in zip(every, real, strict=True)]
    unit = np.mean([network.counts(d)[0] for d in demos], axis=0)
    assert (unit > 0).all()
    lost = [1.0 - match_all(network, d, e) for d, e in zip(demos, every, strict=True)]

    def objective(x):
        gaps = [
            (network.counts(e) - network.counts(d)) @ (x / unit)
            for d, e in zip(demos, every, strict=True)
        ]
        slack = np.mean([(g + miss).max() for g, miss in zip(gaps, lost, strict=True)])
        return x @ x / (2 * C) + max(0.0, slack)

    real = as_routes([(d.states[0], d.actions[0]) for d in demos])
    x = unit * models.max_margin_planning(network, real, C, tol=1e-4)
    best = objective(x)
    assert best < objective(np.full(6, -1e-3)) - 0.1
    for step in np.random.default_rng(0).normal(scale=0.1, size=(100, 6)):
        assert objective(np.minimum(x + step, -1e-3)) > best - 1e-4


def match_all(network, route, others):
    return np.array([network.match(route, others[i])[0] for i in range(len(others))])


# --- Ziebart's table ---------------------------------------------------------------------------


@functools.cache
def measured(seed):
    return models.measure(seed, n_training=80, n_held_out=400)


@pytest.mark.parametrize("seed", range(3))
def test_what_of_table_1_holds_in_every_town(seed):
    rows = dict(zip(models.PUBLISHED, measured(seed)["table"], strict=True))
    assert rows["maximum entropy"][2] > rows["action values"][2]
    for learner in ("maximum entropy", "action values", "maximum margin"):
        assert rows[learner][0] > rows["clock"][0] + 1
        assert rows[learner][1] > rows["clock"][1] + 1
    assert 60 < rows["maximum entropy"][0] < 90


def test_the_label_bias_shows_at_forks():
    people, by_entropy, by_action = np.mean([measured(s)["forks"] for s in range(3)], axis=0)
    assert by_action < people - 2
    assert abs(by_entropy - people) < abs(by_action - people) / 2


def test_idle_features_are_idle():
    network = models.with_idle_features(town(0), 16, 3)
    assert network.features.shape[2] == 22
    np.testing.assert_array_equal(network.features[..., :6], town(0).features)
    s, a = np.nonzero(network.exists)
    miles = network.features[s, a, 6:]
    np.testing.assert_allclose(miles.sum(axis=1), network.miles[network.successors[s, a]])
    assert ((miles > 0).sum(axis=1) == 1).all()
    assert not network.features[~network.exists].any()
    same = models.with_idle_features(town(0), 0, 3)
    np.testing.assert_array_equal(same.features, town(0).features)


# --- Pictures ----------------------------------------------------------------------------------


def test_drawing():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    network, routes = town(0), driven(0)
    lines = draw_network(ax, network)
    assert len(lines.get_paths()) == len(np.unique(np.sort(network.ends, axis=1), axis=0))
    line = draw_route(ax, network, routes.states[0], offset=0.02, label="a person")
    x, y = line.get_data()
    first, last = network.ends[routes.starts[0]], network.ends[routes.goals[0]]
    np.testing.assert_allclose([x[0], y[0]], network.junctions[first[0]] + 0.02)
    np.testing.assert_allclose([x[-1], y[-1]], network.junctions[last[1]] + 0.02)
    assert list(ax.get_legend_handles_labels()[1]) == ["a person"]
