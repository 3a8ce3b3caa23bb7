"""The highway: its rules, its five drivers, and that each of them is recognised."""

import copy
import functools
import itertools
import pickle

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from irl_course.environments import FASTER, KEEP, LEFT, RIGHT, SLOWER, Highway, highway
from irl_course.environments.highway import COLUMNS, FAST, FEATURES, LANES, SLOW, STYLES, Scene
from irl_course.inverse.feature_matching import (
    apprenticeship_learning,
    empirical_feature_expectations,
    feature_expectations,
)
from irl_course.mdp import sample_demos
from irl_course.planning import occupancy, value_iteration
from irl_course.plotting import EXPERT, draw_highway

pytestmark = pytest.mark.filterwarnings("error")
OFF_LEFT, LEFT_LANE, MIDDLE, RIGHT_LANE, OFF_RIGHT = COLUMNS
ACTIONS = (LEFT, SLOWER, RIGHT, FASTER, KEEP)
COLLISION, SPEED = FEATURES.index("collision"), FEATURES.index("speed")


@functools.cache
def world():
    return highway()


@functools.cache
def expert(style):
    """A driver's policy (S, A) and feature expectations (K,)."""
    _, pi = value_iteration(world().mdp, world().reward(style))
    return pi, feature_expectations(world().mdp, pi, world().features)


def per_step(expectations):
    return dict(zip(FEATURES, (1 - world().mdp.gamma) * expectations, strict=True))


def outcomes(road, state, action):
    """What may follow, as a dictionary from states to probabilities."""
    row = road.mdp.P[[state * 5 + action]]
    return dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))


# --- The rules ---------------------------------------------------------------------------------


def test_what_it_is_made_of():
    road = world()
    assert isinstance(road, Highway)
    assert (road.mdp.n_states, road.mdp.n_actions, road.mdp.gamma) == (1250, 5, 0.95)
    assert road.mdp.is_sparse
    assert road.features.shape == (1250, 5, 7)
    assert road.feature_names == FEATURES == ("collision", *COLUMNS, "speed")
    assert (road.view, road.traffic) == (4, (0.1, 0.15, 0.2))
    starts = [road.where(s) for s in np.flatnonzero(road.mdp.initial_dist)]
    assert starts == [Scene(lane, SLOW, {}) for lane in LANES]
    np.testing.assert_allclose(road.mdp.initial_dist[road.mdp.initial_dist > 0], 1 / 3)


def test_every_state_is_read_and_found():
    road = world()
    scenes = [road.where(state) for state in range(1250)]
    assert [road.index(*scene) for scene in scenes] == list(range(1250))
    assert len({str(scene) for scene in scenes}) == 1250
    scene = Scene(RIGHT_LANE, FAST, {LEFT_LANE: 1, RIGHT_LANE: 4})
    assert road.where(road.index(*scene)) == scene
    assert road.where(np.int64(0)) == (OFF_LEFT, SLOW, {})


def test_steering_and_speed():
    road = highway(traffic=0.0)
    for column, speed in itertools.product(COLUMNS, (SLOW, FAST)):
        state, at = road.index(column, speed), COLUMNS.index(column)
        to = {
            LEFT: (COLUMNS[max(at - 1, 0)], speed),
            RIGHT: (COLUMNS[min(at + 1, 4)], speed),
            SLOWER: (column, SLOW),
            FASTER: (column, FAST),
            KEEP: (column, speed),
        }
        for action in ACTIONS:
            assert outcomes(road, state, action) == {road.index(*to[action]): 1.0}


def test_cars_come_nearer_and_fall_behind():
    road = highway(traffic=0.0)
    before = {LEFT_LANE: 1, MIDDLE: 2, RIGHT_LANE: 4}
    slow, fast = road.index(OFF_LEFT, SLOW, before), road.index(OFF_LEFT, FAST, before)
    one, two = {MIDDLE: 1, RIGHT_LANE: 3}, {RIGHT_LANE: 2}
    assert outcomes(road, slow, KEEP) == {road.index(OFF_LEFT, SLOW, one): 1.0}
    assert outcomes(road, fast, KEEP) == {road.index(OFF_LEFT, FAST, two): 1.0}
    assert outcomes(road, slow, FASTER) == {road.index(OFF_LEFT, FAST, two): 1.0}
    assert outcomes(road, fast, SLOWER) == {road.index(OFF_LEFT, SLOW, one): 1.0}


def test_cars_appear_by_chance():
    road = world()
    found = outcomes(road, road.index(MIDDLE, SLOW), KEEP)
    assert len(found) == 8
    assert found[road.index(MIDDLE, SLOW)] == pytest.approx(0.9 * 0.85 * 0.8)
    assert found[road.index(MIDDLE, SLOW, {RIGHT_LANE: 4})] == pytest.approx(0.9 * 0.85 * 0.2)
    # Fast: two new car lengths, and the nearer car hides the farther. One lane is taken.
    found = outcomes(road, road.index(MIDDLE, SLOW, {LEFT_LANE: 3, MIDDLE: 1}), FASTER)
    assert len(found) == 9
    here = {LEFT_LANE: 1}
    assert found[road.index(MIDDLE, FAST, here)] == pytest.approx(0.85**2 * 0.8**2)
    near = road.index(MIDDLE, FAST, here | {MIDDLE: 3, RIGHT_LANE: 4})
    assert found[near] == pytest.approx(0.15 * 0.8 * 0.2)


@pytest.mark.parametrize("traffic", [(0.3, 0.0, 1.0), (0.5, 0.2, 0.9)])
@pytest.mark.parametrize("view", [2, 3, 5])
def test_transitions_by_brute_force(view, traffic):
    road = highway(traffic, view)
    assert road.mdp.n_states == 10 * (view + 1) ** 3
    rng = np.random.default_rng(view)
    for state, action in zip(
        rng.integers(road.mdp.n_states, size=200), rng.integers(5, size=200), strict=True
    ):
        column, speed, cars = road.where(state)
        at = COLUMNS.index(column) + {LEFT: -1, RIGHT: 1}.get(action, 0)
        speed = {SLOWER: SLOW, FASTER: FAST}.get(action, speed)
        expected = np.zeros(road.mdp.n_states)
        # Every pattern of cars on the new car lengths of all lanes, one by one.
        for pattern in itertools.product([0, 1], repeat=3 * speed):
            chance, seen = 1.0, {}
            for lane, p, new in zip(LANES, traffic, np.reshape(pattern, (3, speed)), strict=True):
                chance *= np.prod(np.where(new, p, 1 - p))
                gap = cars.get(lane, 0) - speed
                if gap > 0:
                    seen[lane] = gap
                elif new.any():
                    seen[lane] = view - speed + 1 + int(new.argmax())
            expected[road.index(COLUMNS[min(max(at, 0), 4)], speed, seen)] += chance
        row = road.mdp.P[[state * 5 + action]].toarray()[0]
        np.testing.assert_allclose(row, expected, atol=1e-12)


def test_features_say_what_the_step_does():
    road = world()
    for state, action in itertools.product(range(1250), ACTIONS):
        column, speed, cars = road.where(state)
        at = min(max(COLUMNS.index(column) + {LEFT: -1, RIGHT: 1}.get(action, 0), 0), 4)
        speed = {SLOWER: SLOW, FASTER: FAST}.get(action, speed)
        collision, *in_column, fast = road.features[state, action]
        assert collision == (cars.get(COLUMNS[at], 9) <= speed)
        assert in_column == [float(k == at) for k in range(5)]
        assert fast == (speed == FAST)


def test_collisions_by_hand():
    road = world()
    ahead = {MIDDLE: 2, RIGHT_LANE: 1}
    hits = road.features[road.index(MIDDLE, FAST, ahead), :, COLLISION]
    assert dict(zip(ACTIONS, hits, strict=True)) == {
        LEFT: 0,  # a gap
        SLOWER: 0,  # one car length remains
        RIGHT: 1,  # the car beside the gap
        FASTER: 1,
        KEEP: 1,
    }
    assert not road.features[road.index(OFF_RIGHT, FAST, {RIGHT_LANE: 1}), KEEP, COLLISION]


def test_luck_never_decides_whether_a_collision_can_be_avoided():
    road = world()
    hits = road.features[..., COLLISION] > 0
    possible = road.mdp.P.copy()
    possible.data[:] = 1.0
    safe = np.ones(1250, dtype=bool)  # states from which one can drive on for ever unharmed
    while True:
        leads_astray = (possible @ ~safe).reshape(hits.shape) > 0
        stays = safe & (~hits & ~leads_astray).any(axis=1)
        if (stays == safe).all():
            break
        safe = stays
    assert safe[road.mdp.initial_dist > 0].all()
    assert (~safe).sum() == 6
    leads_on = (possible @ safe).reshape(hits.shape) > 0
    assert not (leads_astray & leads_on & ~hits)[safe].any()


def test_rewards():
    road = world()
    for style, psi in road.styles.items():
        assert psi.shape == (7,)
        np.testing.assert_array_equal(psi, STYLES[style])
        np.testing.assert_allclose(road.reward(style), road.features @ psi)
        np.testing.assert_allclose(road.reward(psi), road.reward(style))
    assert list(road.styles) == [
        "nice",
        "nasty",
        "right lane nice",
        "right lane nasty",
        "middle lane",
    ]
    road.styles["nice"][:] = 0
    assert road.styles["nice"].any()


def test_text():
    road = world()
    state = road.index(MIDDLE, FAST, {LEFT_LANE: 1, RIGHT_LANE: 4})
    assert road.picture(state).split("\n") == [
        "Middle lane, fast. Cars: left lane 1 ahead, right lane 4 ahead.",
        " 4 . | : :#| .",
        " 3 . | : : | .",
        " 2 . | : : | .",
        " 1 . |#: : | .",
        " 0 . | :@: | .",
    ]
    assert str(road.where(0)) == "Off-road left, slow. No cars in view."


def test_what_is_held_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        world().features[0] = 1.0
    for other in (copy.deepcopy(world()), pickle.loads(pickle.dumps(world()))):
        assert (other.mdp.P != world().mdp.P).nnz == 0
        np.testing.assert_array_equal(other.features, world().features)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: highway(1.5), r"traffic is 1\.5, expected a probability"),
        (lambda: highway((0.1, 0.2)), r"traffic is \(0\.1, 0\.2\), expected .* three"),
        (lambda: highway((0.1, -0.2, 0.1)), r"traffic is \(0\.1, -0\.2, 0\.1\)"),
        (lambda: highway(float("nan")), "traffic is nan"),
        (lambda: highway("dense"), "traffic holds"),
        (lambda: highway(view=1), "view is 1, expected at least 2"),
        (lambda: highway(view=2.5), "view is 2.5, expected a whole number"),
        (lambda: highway(gamma=1.1), r"gamma is 1\.1"),
        (lambda: world().where(1250), "state is 1250, but the highway has 1250 states"),
        (lambda: world().where(-1), "state is -1"),
        (lambda: world().index("left"), "column is 'left', expected one of 'off-road left'"),
        (lambda: world().index(MIDDLE, 0), "speed is 0, expected one of 1, 2"),
        (lambda: world().index(MIDDLE, SLOW, {MIDDLE: 5}), r"cars\['middle lane'\] is 5"),
        (lambda: world().index(MIDDLE, SLOW, {OFF_LEFT: 1}), "lane in cars is 'off-road left'"),
        (lambda: world().reward("kind"), "style is 'kind', expected one of 'nice', 'nasty'"),
        (lambda: world().reward(np.ones(6)), "psi is .*, expected 7 finite weights"),
        (lambda: world().reward(np.full(7, np.inf)), "expected 7 finite weights"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- The drivers -------------------------------------------------------------------------------


def test_nice():
    pi, expectations = expert("nice")
    seen = per_step(expectations)
    assert seen["collision"] == 0
    off_road = seen[OFF_LEFT] + seen[OFF_RIGHT]
    assert seen[RIGHT_LANE] > 0.6 > seen[MIDDLE] > 0.2 > seen[LEFT_LANE] > off_road
    assert off_road < 0.01


def test_nasty():
    pi, expectations = expert("nasty")
    seen = per_step(expectations)
    # As many as anybody could hit.
    most, _ = value_iteration(world().mdp, world().features[..., COLLISION])
    assert expectations[COLLISION] > 0.99 * world().mdp.initial_dist @ most
    assert seen["collision"] > 0.4
    assert min(seen[lane] for lane in LANES) > 0.1
    assert seen[OFF_LEFT] + seen[OFF_RIGHT] == 0


def test_right_lane_nice():
    pi, expectations = expert("right lane nice")
    seen = per_step(expectations)
    assert seen["collision"] == 0
    assert seen[RIGHT_LANE] > 0.7
    assert seen[OFF_RIGHT] > 0.2
    # Off the road only for the sake of a car in the right lane.
    for state in np.flatnonzero(occupancy(world().mdp, pi).sum(axis=1) > 0):
        if world().features[state, pi[state].argmax(), FEATURES.index(OFF_RIGHT)]:
            assert world().where(state).cars.get(RIGHT_LANE, 9) <= FAST


def test_right_lane_nasty():
    pi, expectations = expert("right lane nasty")
    seen = per_step(expectations)
    assert seen[OFF_RIGHT] > 0.6
    assert seen["collision"] > 0.2
    # On the way to the verge, or hitting something: never in a lane for another reason.
    rho = occupancy(world().mdp, pi)
    idle = 1 - world().features[..., [COLLISION, FEATURES.index(OFF_RIGHT)]].max(axis=-1)
    assert 0.05 * (rho * idle).sum() < 0.08


def test_middle_lane():
    pi, expectations = expert("middle lane")
    seen = per_step(expectations)
    assert seen[MIDDLE] == pytest.approx(1)
    assert seen["collision"] > 0.15
    in_middle = [s for s in range(1250) if world().where(s).column == MIDDLE]
    np.testing.assert_array_equal(pi[in_middle], np.eye(5)[[FASTER] * len(in_middle)])


def test_styles_are_recognised_from_five_short_drives():
    known = 0.05 * np.array([expert(style)[1] for style in STYLES])
    for seed, (true, style) in itertools.product(range(20), enumerate(STYLES)):
        demos = sample_demos(world().mdp, expert(style)[0], 5, 20, seed=(seed, true))
        shown = world().features[demos.states[:, :-1], demos.actions].mean(axis=(0, 1))
        assert np.linalg.norm(known - shown, axis=1).argmin() == true


@pytest.mark.parametrize("seed", [None, 0, 1, 2], ids=["exact", "seed 0", "seed 1", "seed 2"])
def test_each_learner_is_nearest_to_its_own_expert(seed):
    """As in Abbeel & Ng (2004), section 5.2: at most thirty iterations for each style."""
    mdp, features = world().mdp, world().features
    experts = np.array([expert(style)[1] for style in STYLES])
    for true, style in enumerate(STYLES):
        shown = experts[true]
        if seed is not None:
            demos = sample_demos(mdp, expert(style)[0], 10, 100, seed=(seed, true))
            shown = empirical_feature_expectations(demos, features, mdp.gamma)
        policies, weights, _ = apprenticeship_learning(mdp, features, shown, 0.15, max_iter=30)
        learner = weights @ [feature_expectations(mdp, pi, features) for pi in policies]
        away = 0.05 * np.linalg.norm(experts - learner, axis=1)
        assert away.argmin() == true
        assert away[true] < (0.01 if seed is None else 0.1)
        assert np.delete(away, true).min() > 0.25


# --- The picture -------------------------------------------------------------------------------


def test_picture_of_the_road():
    ax = Figure().add_subplot()
    state = world().index(MIDDLE, FAST, {LEFT_LANE: 1, RIGHT_LANE: 4})
    car = draw_highway(ax, world(), state)
    assert to_hex(car.get_facecolor()) == EXPERT["color"]
    box = car.get_bbox()
    assert (box.x0 + box.x1, box.y0 + box.y1) == (pytest.approx(4), pytest.approx(0))
    boxes = [patch.get_bbox() for patch in ax.patches if type(patch) is type(car)]
    centres = {((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2) for b in boxes}
    assert {(round(x), round(y)) for x, y in centres} == {(2, 0), (1, 1), (3, 4)}
    assert not ax.lines and not ax.get_title() and not ax.get_xticks().size


@pytest.mark.parametrize(
    ("action", "hit"), [(LEFT, [(1, 1)]), (SLOWER, []), (RIGHT, []), (FASTER, [(2, 2)])]
)
def test_picture_of_a_step(action, hit):
    ax = Figure().add_subplot()
    state = world().index(MIDDLE, FAST, {LEFT_LANE: 1, MIDDLE: 2, RIGHT_LANE: 4})
    car = draw_highway(ax, world(), state, action, color="#123456")
    assert to_hex(car.get_facecolor()) == "#123456"
    crosses = [(*line.get_xdata(), *line.get_ydata()) for line in ax.lines]
    assert crosses == hit
    assert len(ax.texts) == (action in (LEFT, RIGHT))  # the arrow
