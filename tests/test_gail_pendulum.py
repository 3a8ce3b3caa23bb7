"""The benchmark of GAIL: its pendulum is Gymnasium's, its gradients are slopes, seeds decide."""

import gymnasium
import numpy as np
import pytest

from benchmarks import gail_pendulum as bench
from irl_course.inverse.adversarial import discriminator_loss
from irl_course.inverse.neural import init_mlp, mlp_reward

pytestmark = pytest.mark.filterwarnings("error")


def slopes(function, params, size=1e-6):
    """Central differences, entry by entry, in the shapes of params."""
    layers = [[np.array(array, dtype=float) for array in layer] for layer in params]
    found = [[np.zeros_like(array) for array in layer] for layer in layers]
    for layer, slope in zip(layers, found, strict=True):
        for array, out in zip(layer, slope, strict=True):
            for at in np.ndindex(array.shape):
                middle, ends = array[at], []
                for moved in (middle + size, middle - size):
                    array[at] = moved
                    ends.append(function(layers))
                array[at], out[at] = middle, (ends[0] - ends[1]) / (2 * size)
    return found


def assert_same(gradient, expected):
    for layer, other in zip(gradient, expected, strict=True):
        for array, right in zip(layer, other, strict=True):
            np.testing.assert_allclose(array, right, rtol=1e-5, atol=1e-8)


def test_a_step_is_that_of_gymnasium():
    env, rng = gymnasium.make("Pendulum-v1").unwrapped, np.random.default_rng(0)
    env.reset(seed=0)
    states = rng.uniform([-12, -8], [12, 8], size=(500, 2))
    torques = rng.uniform(-3, 3, size=500)  # some are too strong
    ahead, rewards = bench.step(states, torques)
    for i, state in enumerate(states):
        env.state = state
        seen, reward, *_ = env.step(torques[i : i + 1])
        np.testing.assert_allclose(ahead[i], env.state, rtol=0, atol=1e-12)
        assert rewards[i] == pytest.approx(reward, abs=1e-12)
        np.testing.assert_array_equal(seen, bench.observe(ahead[i]).astype(np.float32))


def test_starts_are_gymnasiums_own():
    env = gymnasium.make("Pendulum-v1").unwrapped
    env.reset(seed=7)
    (state,) = bench.starts(1, np.random.default_rng(7))
    np.testing.assert_array_equal(state, env.state)


def test_between_grid_points_the_expert_interpolates():
    expert = object.__new__(bench.Expert)  # no need to plan
    states = bench.starts(200, np.random.default_rng(0)) * [3, 8]
    points, shares = expert.around(states)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=-1), 1)
    i, j = np.divmod(points, expert.shape[1])
    speeds = np.linspace(-bench.MAX_SPEED, bench.MAX_SPEED, expert.shape[1])[j]
    np.testing.assert_allclose((shares * speeds).sum(axis=-1), states[:, 1], atol=1e-12)
    off = 2 * np.pi * i / expert.shape[0] - states[:, :1]
    off = (off + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose((shares * off).sum(axis=-1), 0, atol=1e-12)


def test_the_expert_swings_up_and_demonstrates_it():
    expert = bench.Expert()
    states = bench.starts(50, np.random.default_rng(1))
    seen, _ = bench.rollout(expert, states)
    assert (seen[-1, :, 0] > 0.999).all()
    observations, torques = bench.demonstrations(expert, 4, seed=3)
    assert observations.shape == (40, 3) and torques.shape == (40,)
    np.testing.assert_allclose(expert(observations), torques, atol=1e-9)
    fewer = bench.demonstrations(expert, 2, seed=3)[1]
    np.testing.assert_allclose(fewer, torques[:20], atol=1e-9)


def test_the_policys_gradient_is_the_slope_of_what_ppo_maximises():
    rng = np.random.default_rng(2)
    policy = [*init_mlp((3, 4, 1), rng), (np.array(-0.3),)]
    x, torques, advantages = rng.normal(size=(30, 3)), rng.normal(size=30), rng.normal(size=30)
    old = bench.log_density(policy, x, torques) + rng.normal(scale=0.3, size=30)

    def objective(params):
        ratio = np.exp(bench.log_density(params, x, torques) - old)
        return np.minimum(ratio * advantages, ratio.clip(0.8, 1.2) * advantages).mean()

    gradient = bench.policy_gradient(policy, x, torques, advantages, old)
    assert_same(gradient, slopes(objective, policy))


def test_the_discriminators_gradient_is_the_slope_of_its_loss():
    rng = np.random.default_rng(3)
    judge, expert, own = init_mlp((4, 5, 1), rng), rng.normal(size=(7, 4)), rng.normal(size=(20, 4))

    def objective(params):
        loss = discriminator_loss(mlp_reward(params, expert), mlp_reward(params, own))
        return -loss - bench.L2 / 2 * sum((W**2).sum() for W, _ in params)

    assert_same(bench.judge_gradient(judge, expert, own), slopes(objective, judge))


def test_advantages_without_forgetting_are_returns_less_values():
    rewards, V = np.random.default_rng(4).normal(size=(2, 6, 3))
    V = np.concatenate([V, V[:1]])
    discounts = 0.9 ** np.arange(6)[:, None]
    expected = (discounts * rewards).sum(axis=0) + 0.9**6 * V[-1] - V[0]
    found = bench.estimated_advantages(rewards, V, 0.9, decay=1.0)
    np.testing.assert_allclose(found[0], expected)


def test_a_seed_decides_everything():
    rng = np.random.default_rng(5)
    demos = bench.observe(bench.starts(10, rng)), rng.uniform(-2, 2, size=10)
    for learn in (
        lambda seed: bench.gail(*demos, seed, n_rounds=2, n_pendulums=4),
        lambda seed: bench.clone(*demos, seed, held_out=0.3, n_steps=20),
    ):
        first, again, other = (np.concatenate([W.ravel() for W, _ in learn(s)]) for s in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert np.isfinite(first).all() and not np.allclose(first, other)
