"""Importance weights and guided cost learning, against sums, closed forms and the truth."""

import functools
import itertools

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from irl_course.environments import gridworld, random_mdp
from irl_course.environments.point_mass import GaussianPolicy, Paths, point_mass
from irl_course.inverse.maxent import log_partition, maxent_gradient
from irl_course.inverse.sampling import (
    LinearReward,
    NetworkReward,
    adapted_sampler,
    effective_sample_size,
    fit_policy,
    fit_quadratics,
    guided_cost_learning,
    importance_log_Z,
    log_Z_error,
    mixture_log_density,
    normalised_weights,
    sampled_gradient,
)
from irl_course.mdp import Demos, sample_demos
from irl_course.planning import soft_value_iteration

pytestmark = pytest.mark.filterwarnings("error")
estimators = pytest.mark.parametrize(
    "estimator", [importance_log_Z, log_Z_error, normalised_weights]
)


# --- Weights -----------------------------------------------------------------------------------


def test_by_hand():
    returns, log_q, log_p = np.log([1.0, 2.0, 6.0]), np.log([0.5, 0.5, 1.0]), np.log([1, 1, 0.5])
    np.testing.assert_allclose(normalised_weights(returns, log_q, log_p), [2 / 9, 4 / 9, 3 / 9])
    assert importance_log_Z(returns, log_q, log_p) == pytest.approx(np.log(3.0))
    spread = np.std([2.0, 4.0, 3.0], ddof=1)
    assert log_Z_error(returns, log_q, log_p) == pytest.approx(spread / 3.0 / np.sqrt(3))
    assert effective_sample_size([2.0, 4.0, 3.0]) == pytest.approx(81 / 29)
    assert type(importance_log_Z(returns, log_q)) is float


@pytest.mark.parametrize("shift", [-1000.0, 0.0, 1000.0, 1e6])
def test_returns_of_any_size(shift):
    rng = np.random.default_rng(0)
    returns, log_q = rng.normal(size=50), rng.normal(size=50)
    moved = importance_log_Z(returns + shift, log_q)
    assert moved - shift == pytest.approx(importance_log_Z(returns, log_q), abs=1e-9)
    weights = normalised_weights(returns + shift, log_q)
    np.testing.assert_allclose(weights, normalised_weights(returns, log_q), rtol=1e-8)
    assert weights.sum() == pytest.approx(1.0)
    assert np.isfinite(log_Z_error(returns + shift, log_q))


def test_returns_of_very_different_size():
    weights = normalised_weights(np.array([-1000.0, 1000.0, 0.0]), np.zeros(3))
    np.testing.assert_allclose(weights, [0.0, 1.0, 0.0])
    assert importance_log_Z(np.array([-1000.0, 1000.0]), np.zeros(2)) == pytest.approx(
        1000.0 - np.log(2)
    )


def test_samples_that_the_model_cannot_have():
    returns = np.array([0.0, -np.inf])
    np.testing.assert_array_equal(normalised_weights(returns, np.zeros(2)), [1.0, 0.0])
    np.testing.assert_array_equal(
        normalised_weights(np.zeros(2), np.zeros(2), [-np.inf, 0]), [0, 1]
    )
    assert importance_log_Z(returns, np.zeros(2)) == pytest.approx(-np.log(2))
    nothing = np.full(3, -np.inf)
    assert importance_log_Z(nothing, np.zeros(3)) == -np.inf
    with pytest.raises(ValueError, match="no sample has a weight"):
        normalised_weights(nothing, np.zeros(3))


@estimators
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(3), np.zeros(2)), r"returns has shape \(3,\), log_q \(2,\) and log_p \(\)"),
        ((np.zeros(3), np.zeros(3), np.zeros(2)), r"log_p \(2,\): expected"),
        ((np.zeros((3, 1)), np.zeros(3)), r"returns has shape \(3, 1\)"),
        ((np.zeros(0), np.zeros(0)), "returns has shape"),
        ((np.array([0, np.nan]), np.zeros(2)), r"returns\[1\] is nan"),
        ((np.array([0, np.inf]), np.zeros(2)), r"returns\[1\] is inf"),
        ((np.zeros(2), np.array([-np.inf, 0])), r"log_q\[0\] is -inf: could q draw"),
        ((np.zeros(2), np.zeros(2), np.array([0, np.nan])), r"log_p\[1\] is nan"),
        ((np.zeros(2), np.zeros(2), np.inf), r"log_p\[0\] is inf"),
        ((np.array(["a"]), np.zeros(1)), "returns holds"),
    ],
)
def test_bad_samples(estimator, arguments, message):
    with pytest.raises(ValueError, match=message):
        estimator(*arguments)


def test_one_sample_has_no_standard_error():
    with pytest.raises(ValueError, match="at least 2 samples"):
        log_Z_error(np.zeros(1), np.zeros(1))


def test_effective_sample_size_at_its_ends():
    assert effective_sample_size(np.full(7, 1e-300)) == pytest.approx(7.0)
    assert effective_sample_size(np.eye(5)[2] * 1e300) == pytest.approx(1.0)
    for bad, message in (
        ([0.5, -0.1], r"weights\[1\] is -0.1"),
        ([np.nan, 1], r"weights\[0\] is nan"),
        ([np.inf, 1], r"weights\[0\] is inf"),
        ([0, 0], "all 0"),
        ([], "weights has shape"),
        ([[1.0]], r"weights has shape \(1, 1\)"),
    ):
        with pytest.raises(ValueError, match=message):
            effective_sample_size(bad)


def test_the_mixture():
    each = np.random.default_rng(0).normal(size=(3, 7))
    np.testing.assert_allclose(mixture_log_density(each), np.log(np.exp(each).mean(axis=0)))
    np.testing.assert_allclose(mixture_log_density(each - 5000), mixture_log_density(each) - 5000)
    np.testing.assert_allclose(mixture_log_density(each[:1]), each[0])
    each[0] = -np.inf  # a sampler that never comes there
    np.testing.assert_allclose(
        mixture_log_density(each), logsumexp(each[1:], axis=0) - np.log(3), atol=1e-12
    )
    for bad, message in (
        (np.zeros(3), r"log_q_each has shape \(3,\), expected \(M, N\)"),
        (np.zeros((0, 3)), r"log_q_each has shape \(0, 3\)"),
        (np.array([[0, np.nan]]), r"log_q_each\[m=0, n=1\] is nan"),
        (np.array([[0], [np.inf]]), r"log_q_each\[m=1, n=0\] is inf"),
    ):
        with pytest.raises(ValueError, match=message):
            mixture_log_density(bad)


def test_a_mixture_is_as_safe_as_its_widest_sampler():
    """Alone the narrow sampler's weights have no variance to speak of; under the mixture, 2 q/q."""
    rng = np.random.default_rng(1)
    x = np.concatenate([0.2 * rng.normal(size=2000), 3.0 * rng.normal(size=2000)])
    log_q_each = np.array([norm(scale=0.2).logpdf(x), norm(scale=3.0).logpdf(x)])
    log_q, returns = mixture_log_density(log_q_each), -0.5 * x**2
    truth, error = 0.5 * np.log(2 * np.pi), log_Z_error(returns, log_q)
    assert error < 0.03
    assert importance_log_Z(returns, log_q) == pytest.approx(truth, abs=3 * error)
    assert importance_log_Z(returns[:2000], log_q_each[0, :2000]) < truth - 0.3  # too narrow
    # No sample weighs more than 2 / N of the most that the wide sampler would give to any.
    widest = np.exp(returns - log_q_each[1]).max() / np.exp(truth)
    assert normalised_weights(returns, log_q).max() < 1.1 * 2 * widest / 4000


def every_trajectory(S, A, T):
    grid = np.array(list(itertools.product(range(S), *[range(A), range(S)] * T)))
    return grid[:, ::2], grid[:, 1::2]


def test_sampled_gradient_is_that_of_maxent_when_the_samples_are_all_there_is():
    S, A, K, T = 3, 2, 4, 3
    mdp, rng = random_mdp(S, A, 0.9, seed=0), np.random.default_rng(0)
    features, psi = rng.normal(size=(S, A, K)), rng.normal(size=K)
    states, actions = every_trajectory(S, A, T)
    log_p = np.log(mdp.initial_dist[states[:, 0]])
    log_p += np.log(mdp.P[states[:, :-1], actions, states[:, 1:]]).sum(axis=1)
    of_each = features[states[:, :-1], actions].sum(axis=1)
    log_q = np.full(len(states), -np.log(len(states)))
    assert importance_log_Z(of_each @ psi, log_q, log_p) == pytest.approx(
        log_partition(mdp, features @ psi, T)
    )
    demos = Demos(states[[5, 77, 300]], actions[[5, 77, 300]])
    weights = normalised_weights(of_each @ psi, log_q, log_p)
    np.testing.assert_allclose(
        sampled_gradient(of_each[[5, 77, 300]], of_each, weights),
        maxent_gradient(mdp, features, psi, demos),
        atol=1e-10,
    )


def test_bad_gradients():
    good = np.zeros((2, 3)), np.zeros((4, 3)), np.full(4, 0.25)
    for place, bad, message in (
        (0, np.zeros(3), r"demo_features has shape \(3,\)"),
        (0, np.zeros((0, 3)), r"demo_features has shape \(0, 3\)"),
        (1, np.zeros((4, 2)), r"sample_features has shape \(4, 2\), expected \(4, 3\)"),
        (2, np.full(5, 0.2), r"sample_features has shape \(4, 3\), expected \(5, 3\)"),
        (2, np.ones(4), "weights sums to 4, not 1"),
        (2, np.full(4, np.nan), "weights sums to nan, not 1"),
    ):
        arguments = [*good[:place], bad, *good[place + 1 :]]
        with pytest.raises(ValueError, match=message):
            sampled_gradient(*arguments)


# --- Samplers ----------------------------------------------------------------------------------

PUDDLES = """
    S..p....
    ..p..p..
    p....p..
    ...p....
    .p....p.
    ...p....
    .p...p..
    .......G
"""


def test_the_sampler_that_looks_perfect_and_is_wrong_by_nats():
    """8 x 8, T = 20: off by -4.9 nats, with 199 of 200 samples effective. No one met the goal."""
    grid = gridworld(PUDDLES)
    reward, T = grid.reward({"G": 2.68, "p": -0.035}), 20
    truth = log_partition(grid.mdp, reward, T)

    def draw(pi, seed):
        demos = sample_demos(grid.mdp, pi, 200, T, seed)
        log_pi = np.log(np.broadcast_to(pi, (T, 64, 4)))
        log_q = log_pi[np.arange(T), demos.states[:, :-1], demos.actions].sum(axis=1)
        returns = reward[demos.states[:, :-1], demos.actions].sum(axis=1)
        arrived = (demos.states == grid.cells("G")[0]).any()
        return returns, log_q, arrived

    returns, log_q, arrived = draw(np.full((64, 4), 0.25), seed=0)
    assert not arrived
    assert effective_sample_size(normalised_weights(returns, log_q)) == pytest.approx(199, abs=0.5)
    assert importance_log_Z(returns, log_q) - truth == pytest.approx(-4.9, abs=0.1)
    assert log_Z_error(returns, log_q) < 0.01
    # The sampler of the model itself: every weight is Z.
    returns, log_q, arrived = draw(soft_value_iteration(grid.mdp, reward, T)[2], seed=0)
    assert arrived
    assert importance_log_Z(returns, log_q) == pytest.approx(truth, abs=1e-9)
    assert log_Z_error(returns, log_q) < 1e-9


def test_log_Z_is_within_its_standard_error_when_the_sampler_is_adapted():
    """Noise keeps even the best sampler from being the model: 200 estimates and their errors."""
    world = point_mass(noise=0.1)
    psi = world.psi(goal=(0.5, 0.3))
    policy, start = world.solve(psi), world.starts[0]
    misses = []
    for seed in range(200):
        paths = world.sample(policy, np.tile(start, (500, 1)), seed)
        returns, log_q = world.features(paths).sum(axis=1) @ psi, policy.log_density(paths)
        assert effective_sample_size(normalised_weights(returns, log_q)) > 200
        miss = importance_log_Z(returns, log_q) - policy.log_Z(start)
        misses.append(miss / log_Z_error(returns, log_q))
    assert np.std(misses) == pytest.approx(1.0, abs=0.15)
    assert abs(np.mean(misses)) < 0.2
    assert np.mean(np.abs(misses) < 1.0) > 0.6  # 68 % of a normal distribution


def test_the_fit_is_exact_for_a_quadratic_reward():
    world = point_mass(horizon=5)
    psi = world.psi(goal=(0.5, 0.3))
    sampler = GaussianPolicy(np.zeros((5, 2, 4)), np.zeros((5, 2)), np.tile(np.eye(2), (5, 1, 1)))
    paths = world.sample(sampler, np.tile(world.starts[0], (60, 1)), 0)
    rewards = world.features(paths) @ psi
    H = fit_quadratics(paths, rewards)
    new = world.sample(sampler, np.tile(world.starts[0], (20, 1)), 1)
    z = np.concatenate([new.states[:, :-1], np.ones((20, 5, 1)), new.actions], axis=2)
    np.testing.assert_allclose(
        0.5 * np.einsum("nti,tij,ntj->nt", z, H, z), world.features(new) @ psi, atol=1e-8
    )
    np.testing.assert_allclose(H, np.swapaxes(H, 1, 2), atol=1e-10)
    bowl = fit_quadratics(paths, -rewards)  # curved upwards: only the plane is left
    curvature = bowl[:, [0, 1, 2, 3, 5, 6]][:, :, [0, 1, 2, 3, 5, 6]]
    assert np.linalg.eigvalsh(curvature).max() < 1e-8
    with pytest.raises(ValueError, match=r"rewards has shape \(60, 4\), expected \(60, 5\)"):
        fit_quadratics(paths, rewards[:, 1:])


def test_an_adapted_sampler_becomes_the_model():
    world = point_mass(horizon=6)
    psi, start = world.psi(goal=(0.5, 0.3)), world.starts[2]
    sampler = adapted_sampler(world, LinearReward(world.features), psi, start, 40, 100)
    truth = world.solve(psi)
    paths = world.sample(sampler, np.tile(start, (200, 1)), 1)
    np.testing.assert_allclose(sampler.log_density(paths), truth.log_density(paths), atol=1e-6)
    with pytest.raises(ValueError, match="damping is 0, expected a positive number"):
        adapted_sampler(world, LinearReward(world.features), psi, start, damping=0)


def obstacle(world, where, size=0.4):
    """The features of the point mass, and a bump to keep away from: not quadratic."""

    def features(paths):
        away = paths.states[:, :-1, :2] - where
        bump = -np.exp(-0.5 * (away**2).sum(axis=2) / size**2)
        return np.concatenate([world.features(paths), bump[..., None]], axis=2)

    return LinearReward(features)


def test_an_adapted_sampler_around_an_obstacle():
    world = point_mass()
    reward, psi = obstacle(world, (0.3, 0.2)), np.append(world.psi(ease=1.0), 3.0)
    start = np.tile(world.starts[1], (4000, 1))
    wide = GaussianPolicy(np.zeros((12, 2, 4)), np.zeros((12, 2)), np.tile(np.eye(2), (12, 1, 1)))

    def estimate(sampler, seed):
        paths = world.sample(sampler, start, seed)
        given = reward.steps(psi, paths).sum(axis=1), sampler.log_density(paths)
        size = effective_sample_size(normalised_weights(*given)) / 4000
        return importance_log_Z(*given), log_Z_error(*given), size

    one, two = (adapted_sampler(world, reward, psi, world.starts[1], seed=seed) for seed in (0, 1))
    (log_Z, error, size), other = estimate(one, 2), estimate(two, 3)
    assert size > 0.1 and estimate(wide, 4)[2] < 0.05
    assert log_Z == pytest.approx(other[0], abs=3 * np.hypot(error, other[1]))


# --- Guided cost learning ----------------------------------------------------------------------

# Starts matter: demonstrations of three of them.
WORLD = point_mass(horizon=6, starts=point_mass().starts[::2])
TRUE_PSI = WORLD.psi(goal=(0.5, 0.3), ease=1.0)
PSI0 = np.array([0.3, 0.3, 0.6, 0.0, 0.0])
REWARD = LinearReward(WORLD.features)


@functools.cache
def demos():
    starts = np.repeat(WORLD.starts, 400, axis=0)
    return WORLD.sample(WORLD.solve(TRUE_PSI), starts, 7)


@functools.cache
def learnt(**changes):
    return guided_cost_learning(WORLD, demos(), REWARD, PSI0, **changes)


def spread(policy):
    """Mean and standard deviation of the last position, from the first start."""
    paths = WORLD.sample(policy, np.tile(WORLD.starts[0], (4000, 1)), 0)
    return paths.states[:, -1, :2].mean(axis=0), paths.states[:, -1, :2].std(axis=0).mean()


def likelihood(psi):
    """The exact L(psi), but for a constant: demonstrations' mean return less log Z."""
    returns = WORLD.features(demos()).sum(axis=1) @ psi
    return returns.mean() - WORLD.solve(psi).log_Z(WORLD.starts)


@pytest.mark.parametrize("entropy", [1.0, 0.7])
def test_with_weights_the_truth_is_found_whatever_the_sampler(entropy):
    psi, history = learnt(entropy=entropy)
    policy, truth = WORLD.solve(psi), WORLD.solve(TRUE_PSI)
    np.testing.assert_allclose(policy.covariances, truth.covariances, atol=0.1)
    for found, expected in zip(spread(policy), spread(truth), strict=True):
        np.testing.assert_allclose(found, expected, atol=0.06)
    assert likelihood(psi) > likelihood(TRUE_PSI) - 0.01
    assert history.sample_sizes[-10:].mean() > (0.95 if entropy == 1.0 else 0.3)
    assert history.log_likelihoods[-1] == pytest.approx(likelihood(psi), abs=0.1)


def test_without_weights_the_mean_is_right_and_the_variance_too_large():
    """The sampler is narrower than the model, and is made to match the demonstrations itself."""
    psi, history = learnt(entropy=0.7, importance=False, n_rounds=100)
    psi = history.path[-60:].mean(axis=0)  # it goes around its fixed point
    policy, truth = WORLD.solve(psi), WORLD.solve(TRUE_PSI)
    np.testing.assert_allclose(spread(policy)[0], spread(truth)[0], atol=0.1)
    ratio = policy.covariances[:, 0, 0] / truth.covariances[:, 0, 0]
    assert ratio.mean() == pytest.approx(1 / 0.7, abs=0.15)
    assert spread(policy)[1] > 1.1 * spread(truth)[1]
    assert likelihood(psi) < likelihood(TRUE_PSI) - 0.1


def test_without_weights_all_is_well_if_the_sampler_becomes_the_model():
    psi = learnt(importance=False)[0]
    policy, truth = WORLD.solve(psi), WORLD.solve(TRUE_PSI)
    np.testing.assert_allclose(policy.covariances, truth.covariances, atol=0.2)


def test_without_entropy_the_variance_collapses():
    _, history = learnt(entropy=0.0)
    (_, found), (_, expected) = spread(history.samplers[0]), spread(WORLD.solve(TRUE_PSI))
    assert found < 0.3 * expected
    assert history.samplers[0].covariances.max() < 0.1  # the model's: from 0.8 to 1
    assert history.entropies[-1] < history.entropies[0] - 10
    assert history.sample_sizes[-10:].mean() < 0.1


def test_it_goes_past_an_obstacle():
    """A reward that is not quadratic, with demonstrations resampled from an adapted sampler."""
    reward, true_psi = obstacle(WORLD, (0.9, 0.3)), np.append(TRUE_PSI, 3.0)
    picks = []
    for i, start in enumerate(WORLD.starts):
        sampler = adapted_sampler(WORLD, reward, true_psi, start, seed=i)
        paths = WORLD.sample(sampler, np.tile(start, (3000, 1)), 10 + i)
        returns = reward.steps(true_psi, paths).sum(axis=1)
        weights = normalised_weights(returns, sampler.log_density(paths))
        which = np.random.default_rng(i).choice(3000, 300, p=weights)
        picks.append((paths.states[which], paths.actions[which]))
    given = Paths(*map(np.concatenate, zip(*picks, strict=True)))
    psi, _ = guided_cost_learning(WORLD, given, reward, np.append(PSI0, 0.0), 80)
    np.testing.assert_allclose(psi, true_psi, atol=0.5)
    assert psi[-1] > 2.0


def test_a_neural_reward_explains_the_demonstrations_as_well_as_the_true_one():
    net, psi0 = NetworkReward(16), np.append(0.5, 0.5 * np.random.default_rng(0).normal(size=96))
    signal = np.random.default_rng(1).normal(size=len(demos().states))
    gradient = net.gradient(psi0, demos(), signal)
    for k in (0, 1, 40, 80, 81, 96):
        step = 1e-5 * np.eye(97)[k]
        change = net.steps(psi0 + step, demos()) - net.steps(psi0 - step, demos())
        assert gradient[k] == pytest.approx(change.sum(axis=1) @ signal / 2e-5, rel=1e-5)

    psi, history = guided_cost_learning(WORLD, demos(), net, psi0, 40, damping=1.0)
    log_Z, errors = [], []
    for start, sampler in zip(history.starts, history.samplers, strict=True):
        paths = WORLD.sample(sampler, np.tile(start, (2000, 1)), 5)
        given = net.steps(psi, paths).sum(axis=1), sampler.log_density(paths)
        log_Z.append(importance_log_Z(*given))
        errors.append(log_Z_error(*given))
    assert max(errors) < 0.1
    found = net.steps(psi, demos()).sum(axis=1).mean() - np.mean(log_Z)
    assert found == pytest.approx(likelihood(TRUE_PSI), abs=0.15)
    assert history.log_likelihoods[0] < likelihood(TRUE_PSI) - 1.0
    assert psi[0] == pytest.approx(1.0, abs=0.15)


def test_a_fitted_policy_is_the_one_that_drew():
    true = WORLD.solve(TRUE_PSI)
    paths = WORLD.sample(true, np.tile(WORLD.starts[0], (20_000, 1)), 3)
    found = fit_policy(paths)
    np.testing.assert_allclose(found.covariances, true.covariances, atol=0.03)
    np.testing.assert_allclose(
        found.log_density(paths).mean(), true.log_density(paths).mean(), atol=0.01
    )
    few = fit_policy(Paths(paths.states[:7], paths.actions[:7]))
    assert np.isfinite(few.log_density(paths)).all()
    with pytest.raises(ValueError, match="6 trajectories from a start are too few"):
        fit_policy(Paths(paths.states[:6], paths.actions[:6]))


def test_demonstrations_in_the_mixture_hold_a_price_that_the_sampler_cannot_see():
    """Demonstrations on both sides of a post, and a sampler that settles on one of them."""
    world, true_psi = point_mass(), np.append(point_mass().psi(nearness=2.0, ease=1.0), 10.0)
    reward, start = obstacle(world, (1.0, 0.0)), np.tile(world.starts[0], (1000, 1))
    samplers = [adapted_sampler(world, reward, true_psi, start[0], seed=seed) for seed in (1, 7)]
    drawn = [world.sample(sampler, start, 100 + k) for k, sampler in enumerate(samplers)]
    both = Paths(*map(np.concatenate, zip(*drawn, strict=True)))
    log_q = mixture_log_density(np.array([sampler.log_density(both) for sampler in samplers]))
    weights = normalised_weights(reward.steps(true_psi, both).sum(axis=1), log_q)
    keep = np.random.default_rng(0).choice(2000, 200, p=weights)
    given = Paths(both.states[keep], both.actions[keep])
    how = {"n_rounds": 80, "step_size": 0.1, "damping": 1.0}
    price = {}
    for name, joined in (
        ("none", {}),
        ("fused", {"fusion": True}),
        ("drawn", {"fusion": True, "fresh": True}),
    ):
        _, history = guided_cost_learning(
            world, given, reward, np.append(PSI0, 1.0), **joined, **how
        )
        price[name] = history.path[-30:].mean(axis=0)
    assert abs(price["fused"] - true_psi).max() < 1.6
    assert abs(price["fused"] - true_psi)[:5].max() < 0.25
    assert price["none"][5] > 15.0
    # Draws of the same Gaussian, whose density is no guess, are right.
    assert abs(price["drawn"] - true_psi).max() < 0.9
    assert abs(price["drawn"] - true_psi)[:5].max() < 0.25
    assert abs(price["drawn"][4]) < 0.05 < abs(price["fused"][4])


def test_fusion_changes_little_where_the_sampler_is_the_model():
    psi, history = learnt(n_rounds=40, fusion=True)
    assert likelihood(psi) > likelihood(TRUE_PSI) - 0.02
    assert history.sample_sizes[-1] > 0.9


def test_it_stops_and_goes_on():
    whole, history = learnt(n_rounds=6)
    assert history.path.shape == (7, 5) and history.n_rounds == 6
    assert all(
        len(record) == 6
        for record in (history.log_likelihoods, history.sample_sizes, history.entropies)
    )
    np.testing.assert_array_equal(history.path[0], PSI0)
    np.testing.assert_array_equal(history.path[-1], whole)

    def interrupt(rounds):
        for m in rounds:
            if m == 2:
                raise KeyboardInterrupt
            yield m

    early, half = guided_cost_learning(WORLD, demos(), REWARD, PSI0, 6, progress=interrupt)
    assert half.n_rounds == 2
    np.testing.assert_array_equal(early, history.path[2])
    again, rest = guided_cost_learning(WORLD, demos(), REWARD, PSI0, 4, history=half)
    np.testing.assert_array_equal(again, whole)
    np.testing.assert_array_equal(rest.path, history.path)
    np.testing.assert_array_equal(rest.sample_sizes, history.sample_sizes)


def test_an_interrupt_amid_a_round_leaves_whole_rounds():
    calls = itertools.count()

    def features(paths):
        if next(calls) == 30:
            raise KeyboardInterrupt
        return WORLD.features(paths)

    psi, half = guided_cost_learning(WORLD, demos(), LinearReward(features), PSI0, 6)
    assert half.n_rounds == 1 and np.array_equal(psi, learnt(n_rounds=6)[1].path[1])


def test_seeds_decide():
    one, same, other = (learnt(n_rounds=3, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"damping": 0.0}, "damping is 0.0"),
        ({"width": -1.0}, "width is -1.0"),
        ({"step_size": np.nan}, "step_size is nan"),
        ({"entropy": -0.5}, "entropy is -0.5"),
        ({"fusion": True, "importance": False}, "fusion goes with importance"),
        ({"fresh": True}, "fresh goes with fusion"),
        ({"n_rounds": 0}, "n_rounds is 0"),
        ({"n_samples": 0}, "n_samples is 0"),
        ({"n_steps": 1.5}, "n_steps is 1.5"),
        ({"memory": 0}, "memory is 0"),
        ({"psi0": np.zeros((5, 1))}, r"psi0 has shape \(5, 1\)"),
        ({"demos": Paths(np.zeros((2, 5, 4)), np.zeros((2, 4, 2)))}, r"states has shape \(2, 5, 4"),
        ({"demos": Paths(np.zeros((2, 7, 4)), np.zeros((3, 6, 2)))}, r"actions has shape \(3, 6"),
        ({"step_size": 1e308, "n_steps": 50}, "is step_size too large"),
    ],
)
def test_bad_arguments(changes, message):
    given = {"world": WORLD, "demos": demos(), "reward": REWARD, "psi0": PSI0, "n_rounds": 1}
    with pytest.raises(ValueError, match=message), np.errstate(all="ignore"):
        guided_cost_learning(**(given | changes))


def test_a_history_of_other_starts():
    _, history = learnt(n_rounds=3)
    moved = Paths(demos().states + 1.0, demos().actions)
    with pytest.raises(ValueError, match="demos has a start that history does not know"):
        guided_cost_learning(WORLD, moved, REWARD, PSI0, 1, history=history)
