"""Worlds to play in: Gymnasium's own checks, and that what is played is the MDP."""

import importlib
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.seeding import np_random
from scipy import stats

from irl_course.environments import (
    FASTER,
    KEEP,
    LEFT,
    RIGHT,
    gridworld,
    highway,
    macrocell_world,
    objectworld,
    personal_world,
    playing,
    random_mdp,
    three_paths,
)
from irl_course.environments.playing import TabularEnv, gridworld_env, highway_env

pytestmark = pytest.mark.filterwarnings("error")
IDS = ("irl_course/Highway-v0", "irl_course/Gridworld-v0")


def play(env, seed, actions):
    """States, rewards and features of one episode."""
    states, rewards, features = [env.reset(seed=seed)[0]], [], []
    for action in actions:
        state, reward, terminated, _, info = env.step(action)
        assert not terminated
        states.append(state)
        rewards.append(reward)
        features.append(info.get("features"))
    return states, rewards, features


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("render_mode", [None, "ansi", "rgb_array"])
def test_gymnasium_s_own_check(name, render_mode):
    check_env(gymnasium.make(name, render_mode=render_mode).unwrapped)


def test_every_world_that_is_registered_is_checked():
    assert {name for name in gymnasium.registry if name.startswith("irl_course/")} == set(IDS)


@pytest.mark.parametrize(
    "mdp",
    [
        random_mdp(6, 3, 0.9, seed=0),
        random_mdp(6, 3, 0.9, seed=0, sparse=True),
        three_paths()[0],
        macrocell_world(8, 2, seed=0).mdp,
        objectworld(8, seed=0).mdp,
        personal_world("ada").mdp,
    ],
    ids=["dense", "sparse", "paths", "macrocells", "objects", "personal"],
)
def test_gymnasium_s_own_check_of_other_worlds(mdp):
    check_env(TabularEnv(mdp), skip_render_check=True)  # it would make them anew, by name


@pytest.mark.parametrize("name", IDS)
def test_made_by_name(name):
    env = gymnasium.make(name)
    assert isinstance(env.unwrapped, TabularEnv)
    (state, info), steps, truncated = env.reset(seed=3), 0, False
    assert state in env.observation_space and info == {}
    while not truncated:
        _, _, _, truncated, _ = env.step(env.action_space.sample())
        steps += 1
    assert steps == 100
    env.close()


def test_made_by_name_with_a_world_of_one_s_own():
    world = highway(view=2)
    env = gymnasium.make(IDS[0], world=world, style="nasty", max_steps=7)
    assert env.observation_space.n == world.mdp.n_states
    np.testing.assert_array_equal(env.unwrapped.reward, world.reward("nasty"))
    grid = gridworld("S.G")
    env = gymnasium.make(IDS[1], grid=grid, reward=grid.reward({"G": 5.0}))
    assert play(env, 0, [RIGHT] * 4)[1] == [0, 0, 5, 5]


@pytest.mark.parametrize("sparse", [False, True])
def test_a_seed_draws_what_it_draws_from_the_mdp(sparse):
    mdp = random_mdp(12, 3, 0.9, seed=5, n_successors=4, sparse=sparse)
    dense = mdp.P.toarray().reshape(12, 3, 12) if sparse else mdp.P
    actions = np.random.default_rng(0).integers(3, size=200)
    states, _, _ = play(TabularEnv(mdp), 7, actions)
    rng, _ = np_random(7)
    state = rng.choice(12, p=mdp.initial_dist)
    for t, action in enumerate(actions):
        assert states[t] == state
        state = rng.choice(12, p=dense[state, action])
    assert states[-1] == state


@pytest.mark.parametrize(
    ("env", "state", "action"),
    [
        (highway_env(), highway().index("middle lane", 2, {"left lane": 3}), KEEP),
        (highway_env(), highway().index("left lane", 1), FASTER),
        (gridworld_env(gridworld("...\n.S.\n..G", slip=0.4)), 4, LEFT),
    ],
)
def test_frequencies_are_the_mdp_s(env, state, action):
    mdp, n = env.mdp, 4000
    P = (
        mdp.P[[state * mdp.n_actions + action]].toarray()[0]
        if mdp.is_sparse
        else mdp.P[state, action]
    )
    env.reset(seed=1)
    found = np.zeros(mdp.n_states)
    for _ in range(n):
        env.state = state
        found[env.step(action)[0]] += 1
    possible = P > 0
    assert not found[~possible].any()
    assert stats.chisquare(found[possible], n * P[possible]).pvalue > 1e-3


def test_starts_are_drawn_from_the_start_distribution():
    env = highway_env()
    starts = [env.reset(seed=1)[0]] + [env.reset()[0] for _ in range(1500)]
    counts = np.bincount(starts, minlength=1250)
    possible = env.mdp.initial_dist > 0
    assert counts[~possible].sum() == 0
    assert stats.chisquare(counts[possible]).pvalue > 1e-3
    assert env.reset(options={"state": 77}) == (77, {})
    assert env.reset(seed=2) == env.reset(seed=2)


def test_it_pays_and_reports_the_pair_that_was_left():
    world = highway()
    env = highway_env("nasty")
    actions = np.random.default_rng(1).integers(5, size=60)
    states, rewards, features = play(env, 4, actions)
    np.testing.assert_array_equal(rewards, world.reward("nasty")[states[:-1], actions])
    np.testing.assert_array_equal(features, world.features[states[:-1], actions])
    features[0][:] = 9  # one's own copy
    assert world.features.max() == 1
    assert play(highway_env(), 4, actions)[1] == [0.0] * 60
    psi = np.arange(7.0)
    np.testing.assert_array_equal(highway_env(psi).reward, world.features @ psi)
    assert play(gridworld_env(), 0, [RIGHT])[2] == [None]


def test_episodes_end_after_max_steps_and_only_then():
    env = TabularEnv(random_mdp(3, 2, 0.9, seed=0), max_steps=3)
    for _ in range(2):
        env.reset(seed=0)
        assert [env.step(0)[2:4] for _ in range(3)] == [(False, False)] * 2 + [(False, True)]
    endless = TabularEnv(random_mdp(3, 2, 0.9, seed=0))
    endless.reset(seed=0)
    assert not any(endless.step(1)[3] for _ in range(500))


def test_text_of_a_state():
    env = gymnasium.make(IDS[0], render_mode="ansi")
    state, _ = env.reset(seed=0)
    assert env.render() == highway().picture(state)
    env = gridworld_env(gridworld("S.#\n..G"), render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "Row 0, column 0, on S.\n@.#\n..G"
    env.reset(options={"state": 4})
    assert env.render() == "Row 1, column 1.\nS.#\n.@G"
    bare = TabularEnv(random_mdp(3, 2, 0.9, seed=0), render_mode="ansi")
    assert bare.reset(options={"state": 2}) == (2, {})
    assert bare.render() == "State 2."
    assert TabularEnv(random_mdp(3, 2, 0.9, seed=0)).render() is None


@pytest.mark.parametrize("make", [highway_env, gridworld_env])
def test_pixels_of_a_state(make):
    env = make(render_mode="rgb_array")
    env.reset(options={"state": 0})
    first = env.render()
    assert first.dtype == np.uint8 and first.ndim == 3 and first.shape[2] == 3
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 3
    np.testing.assert_array_equal(first, env.render())
    env.reset(options={"state": 3})
    assert (env.render() != first).any()


def test_gymnasium_is_imported_only_to_play():
    code = "import sys, irl_course.environments; print('gymnasium' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_importing_again_says_nothing():
    importlib.reload(playing)
    assert all(name in gymnasium.registry for name in IDS)


def test_what_goes_wrong_is_named():
    mdp = random_mdp(4, 2, 0.9, seed=0)
    env = TabularEnv(mdp, render_mode="ansi")
    with pytest.raises(ResetNeeded, match="call reset first"):
        env.step(0)
    with pytest.raises(ResetNeeded, match="call reset first"):
        env.render()
    env.reset(seed=0)
    for call, message in [
        (lambda: env.step(2), "action is 2, expected 0 to 1"),
        (lambda: env.step(0.5), "action is 0.5"),
        (lambda: env.reset(options={"state": 4}), "state is 4, expected 0 to 3"),
        (lambda: TabularEnv(mdp, render_mode="rgb_array"), "render_mode is 'rgb_array'"),
        (lambda: TabularEnv(mdp, render_mode="human"), r"expected None or one of \['ansi'\]"),
        (lambda: TabularEnv(mdp, np.ones(3)), r"reward has shape \(3,\)"),
        (lambda: TabularEnv(mdp, features=np.ones((4, 3, 2))), r"expected \(4, 2, 'K'\)"),
        (lambda: TabularEnv(mdp, max_steps=0), "max_steps is 0"),
        (lambda: highway_env("kind"), "style is 'kind'"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
