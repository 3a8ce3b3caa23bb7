"""The point mass, and its exact solution against dense Gaussian integrals and Monte Carlo."""

import copy
import pickle

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from irl_course.environments.point_mass import (
    GaussianPolicy,
    Paths,
    PointMass,
    QuadraticCost,
    point_mass,
    rollout,
    soft_lqr,
)

pytestmark = pytest.mark.filterwarnings("error")
# D, M, T: all unequal in each of them.
SIZES = [(3, 2, 4), (2, 1, 5), (1, 3, 2), (4, 2, 1), (2, 3, 6)]


def system(D, M, T, seed=0, singular=False):
    """A random system with noise, and a random cost that keeps everything in bounds."""
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(D, D)) / np.sqrt(D), rng.normal(size=(D, M))
    square = rng.normal(size=(D, D - 1 if singular else D))
    root, action = rng.normal(size=(D, D)), rng.normal(size=(M, M))
    cost = QuadraticCost(root @ root.T, action @ action.T + np.eye(M), rng.normal(size=D))
    return A, B, cost, 0.3 * square @ square.T, rng.normal(size=D)


def random_policy(D, M, T, seed=0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(T, M, M))
    covariances = root @ np.swapaxes(root, 1, 2) + 0.5 * np.eye(M)
    return GaussianPolicy(0.3 * rng.normal(size=(T, M, D)), rng.normal(size=(T, M)), covariances)


def returns(paths, cost):
    s, a = paths.states[:, :-1], paths.actions
    linear = np.zeros(s.shape[2]) if cost.linear is None else cost.linear
    total = 0.5 * np.einsum("nti,ij,ntj->n", s, cost.state, s) + (s @ linear).sum(axis=1)
    return -total - 0.5 * np.einsum("nti,ij,ntj->n", a, cost.action, a)


def integral(curvature, slope, constant):
    """Log of the integral of exp(x' curvature x / 2 + slope . x + constant) dx."""
    n = len(slope)
    sign, log_det = np.linalg.slogdet(-curvature)
    assert sign > 0
    peak = 0.5 * slope @ np.linalg.solve(-curvature, slope)
    return constant + peak + 0.5 * n * np.log(2 * np.pi) - 0.5 * log_det


def dense_form(function, n):
    """Curvature, slope and constant of a quadratic function of n numbers, by differences."""
    zero, eye = function(np.zeros((1, n)))[0], np.eye(n)
    up, down = function(eye), function(-eye)
    pairs = function((eye[:, None] + eye).reshape(-1, n)).reshape(n, n)
    curvature = pairs - up[:, None] - up + zero
    return curvature, 0.5 * (up - down), zero


def dense_log_Z(A, B, cost, noise_root, start, T):
    """One integral over all actions and all (standard normal) noise at once."""
    (D, M), E = B.shape, noise_root.shape[1]

    def log_weight(x):
        actions = x[:, : T * M].reshape(len(x), T, M)
        shocks = x[:, T * M :].reshape(len(x), T, E)
        states = np.empty((len(x), T + 1, D))
        states[:, 0] = start
        for t in range(T):
            states[:, t + 1] = (
                states[:, t] @ A.T + actions[:, t] @ B.T + shocks[:, t] @ noise_root.T
            )
        normal = -0.5 * (shocks**2).sum(axis=(1, 2)) - 0.5 * T * E * np.log(2 * np.pi)
        return returns(Paths(states, actions), cost) + normal

    return integral(*dense_form(log_weight, T * (M + E)))


# --- soft_lqr ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("D", "M", "T"), SIZES)
@pytest.mark.parametrize("model", ["trajectory", "causal"])
def test_without_noise_log_Z_is_one_dense_integral(D, M, T, model):
    A, B, cost, _, start = system(D, M, T)
    found = soft_lqr(A, B, cost, 0.0, T, model)
    assert found.log_Z(start) == pytest.approx(
        dense_log_Z(A, B, cost, np.zeros((D, 0)), start, T), abs=1e-8
    )
    assert found.gains.shape == (T, M, D) and found.offsets.shape == (T, M)
    assert found.covariances.shape == (T, M, M) and found.horizon == T


@pytest.mark.parametrize(("D", "M", "T"), SIZES)
@pytest.mark.parametrize("singular", [False, True])
def test_with_noise_the_trajectory_models_log_Z_is_one_dense_integral(D, M, T, singular):
    A, B, cost, noise, start = system(D, M, T, seed=1, singular=singular)
    values, vectors = np.linalg.eigh(noise)
    root = vectors * np.sqrt(np.maximum(values, 0))
    truth = dense_log_Z(A, B, cost, root, start, T)
    assert soft_lqr(A, B, cost, noise, T).log_Z(start) == pytest.approx(truth, abs=1e-8)


def test_log_Z_by_monte_carlo():
    A, B, cost, noise, start = system(3, 2, 4, seed=2)
    found = soft_lqr(A, B, cost, noise, 4)
    paths = rollout(A, B, noise, found, np.tile(start, (40_000, 1)), 0)
    weights = returns(paths, cost) - found.log_density(paths)
    assert logsumexp(weights) - np.log(40_000) == pytest.approx(found.log_Z(start), abs=0.05)


def test_without_noise_every_draw_knows_log_Z():
    A, B, cost, _, start = system(2, 3, 6)
    found = soft_lqr(A, B, cost, 0.0, 6)
    paths = rollout(A, B, 0.0, found, np.tile(start, (50, 1)), 0)
    np.testing.assert_allclose(
        returns(paths, cost) - found.log_density(paths), found.log_Z(start), atol=1e-8
    )


def test_the_causal_value_is_return_plus_entropy_and_the_best_there_is():
    A, B, cost, noise, start = system(2, 1, 5, seed=3)
    found = soft_lqr(A, B, cost, noise, 5, "causal")
    starts = np.tile(start, (40_000, 1))
    paths = rollout(A, B, noise, found, starts, 0)
    own = returns(paths, cost)
    error = own.std() / np.sqrt(len(own))
    assert own.mean() + found.entropy == pytest.approx(found.log_Z(start), abs=4 * error)
    assert found.log_Z(start) < soft_lqr(A, B, cost, noise, 5).log_Z(start)  # luck is not chosen
    changed = [
        GaussianPolicy(found.gains * 1.1, found.offsets, found.covariances),
        GaussianPolicy(found.gains, found.offsets + 0.3, found.covariances),
        GaussianPolicy(found.gains, found.offsets, found.covariances * 1.5),
        GaussianPolicy(found.gains, found.offsets, found.covariances / 1.5),
    ]
    for other in changed:
        value = returns(rollout(A, B, noise, other, starts, 0), cost).mean() + other.entropy
        assert value < own.mean() + found.entropy


def test_the_mean_is_the_optimal_controller():
    """The gains of the discrete-time Riccati recursion, as in any textbook."""
    A, B, cost, noise, _ = system(3, 2, 4, seed=4)
    plain = cost._replace(linear=None)
    P, gains = np.zeros((3, 3)), []
    for _ in range(4):
        gains.insert(0, -np.linalg.solve(cost.action + B.T @ P @ B, B.T @ P @ A))
        P = cost.state + A.T @ P @ A + A.T @ P @ B @ gains[0]
    found = soft_lqr(A, B, plain, noise, 4, "causal")
    np.testing.assert_allclose(found.gains, gains, atol=1e-10)
    np.testing.assert_allclose(found.offsets, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.covariances[-1], np.linalg.inv(cost.action), atol=1e-12)


def test_values_are_soft_values_at_every_step():
    A, B, cost, noise, _ = system(2, 1, 5, seed=5)
    found = soft_lqr(A, B, cost, noise, 5)
    states = np.random.default_rng(0).normal(size=(7, 3, 2))
    for t in range(6):
        rest = soft_lqr(A, B, cost, noise, 5 - t).V(states) if t < 5 else np.zeros((7, 3))
        np.testing.assert_allclose(found.V(states, t), rest, atol=1e-9)
    assert found.log_Z(states[0]) == pytest.approx(found.V(states[0]).mean())


def test_a_form_for_each_step_instead_of_a_cost():
    A, B, cost, noise, start = system(3, 2, 4)
    H = np.zeros((6, 6))
    H[:3, :3], H[:3, 3], H[3, :3], H[4:, 4:] = -cost.state, -cost.linear, -cost.linear, -cost.action
    same = soft_lqr(A, B, np.tile(H, (4, 1, 1)), noise, 4)
    assert same.log_Z(start) == pytest.approx(soft_lqr(A, B, cost, noise, 4).log_Z(start))
    H[3, 3] = 2.0 * 1000.0  # 1000 nats a step
    big = soft_lqr(A, B, np.tile(H, (4, 1, 1)), noise, 4)
    assert big.log_Z(start) - same.log_Z(start) == pytest.approx(4000.0)
    np.testing.assert_allclose(big.gains, same.gains)


@pytest.mark.parametrize(("D", "M", "T"), SIZES)
def test_a_policy_as_a_reward_leads_to_itself(D, M, T):
    A, B, _, noise, start = system(D, M, T)
    policy = random_policy(D, M, T)
    again = soft_lqr(A, B, policy.quadratics(), noise, T)
    for name in ("gains", "offsets", "covariances"):
        np.testing.assert_allclose(getattr(again, name), getattr(policy, name), atol=1e-8)
    assert again.log_Z(start) == pytest.approx(0.0, abs=1e-8)  # a density integrates to 1


def test_what_has_no_log_Z():
    A, B, cost, noise, _ = system(3, 2, 4)
    with pytest.raises(ValueError, match="infinite: at t=3 the cost does not grow"):
        soft_lqr(A, B, cost._replace(action=np.diag([1.0, 0.0])), noise, 4)
    with pytest.raises(ValueError, match="infinite: at t=2 the cost does not grow"):
        soft_lqr(A, B, cost._replace(state=-100 * np.eye(3)), 0.0, 4)
    lucky = QuadraticCost(-np.eye(1), np.eye(1))
    with pytest.raises(ValueError, match="infinite: at t=0 luck pays more"):
        soft_lqr(np.eye(1), 0.1 * np.eye(1), lucky, 2.0, 2)
    assert np.isfinite(soft_lqr(np.eye(1), 0.1 * np.eye(1), lucky, 2.0, 2, "causal").values).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"A": np.ones((3, 2))}, r"A has shape \(3, 2\), expected \(D, D\)"),
        ({"B": np.ones((2, 2))}, r"B has shape \(2, 2\), expected \(3, M\)"),
        ({"B": np.full((3, 2), np.nan)}, r"B\[0, 0\] is not finite"),
        ({"noise": -1.0}, "noise has the eigenvalue -1"),
        ({"noise": np.triu(np.ones((3, 3)))}, "noise is not symmetric"),
        ({"noise": np.eye(2)}, r"noise has shape \(2, 2\), expected \(3, 3\)"),
        ({"cost": QuadraticCost(np.eye(2), np.eye(2))}, r"cost.state has shape \(2, 2\)"),
        ({"cost": QuadraticCost(np.eye(3), np.eye(3))}, r"cost.action has shape \(3, 3\)"),
        ({"cost": QuadraticCost(np.eye(3), np.eye(2), 1.0)}, r"cost.linear has shape \(\)"),
        ({"cost": np.eye(6)}, r"cost has shape \(6, 6\), expected \(4, 6, 6\)"),
        ({"horizon": 0}, "horizon is 0"),
        ({"model": "luck"}, "model is 'luck', expected one of 'trajectory', 'causal'"),
    ],
)
def test_bad_systems(changes, message):
    A, B, cost, noise, _ = system(3, 2, 4)
    given = {"A": A, "B": B, "cost": cost, "noise": noise, "horizon": 4} | changes
    with pytest.raises(ValueError, match=message):
        soft_lqr(**given)


# --- Gaussian policies -------------------------------------------------------------------------


@pytest.mark.parametrize(("D", "M", "T"), SIZES)
def test_log_density_is_that_of_scipy(D, M, T):
    A, B, _, noise, start = system(D, M, T)
    policy = random_policy(D, M, T)
    paths = rollout(A, B, noise, policy, np.tile(start, (5, 1)), 0)
    assert paths.states.shape == (5, T + 1, D) and paths.actions.shape == (5, T, M)
    expected = np.zeros(5)
    for n, t in np.ndindex(5, T):
        mean = policy.gains[t] @ paths.states[n, t] + policy.offsets[t]
        expected[n] += multivariate_normal(mean, policy.covariances[t]).logpdf(paths.actions[n, t])
    np.testing.assert_allclose(policy.log_density(paths), expected, atol=1e-9)
    z = np.concatenate([paths.states[:, :-1], np.ones((5, T, 1)), paths.actions], axis=2)
    forms = 0.5 * np.einsum("nti,tij,ntj->n", z, policy.quadratics(), z)
    np.testing.assert_allclose(forms, expected, atol=1e-9)
    entropies = [multivariate_normal(cov=cov).entropy() for cov in policy.covariances]
    assert policy.entropy == pytest.approx(np.sum(entropies))


def test_draws_have_the_right_moments():
    A, B, _, noise, start = system(3, 2, 4, singular=True)
    policy = random_policy(3, 2, 4)
    paths = rollout(A, B, noise, policy, np.tile(start, (40_000, 1)), 0)
    for t in range(4):
        mean = paths.states[:, t] @ policy.gains[t].T + policy.offsets[t]
        noises = paths.states[:, t + 1] - paths.states[:, t] @ A.T - paths.actions[:, t] @ B.T
        for miss, covariance in (
            (paths.actions[:, t] - mean, policy.covariances[t]),
            (noises, noise),
        ):
            np.testing.assert_allclose(miss.mean(axis=0), 0.0, atol=0.05)
            np.testing.assert_allclose(np.cov(miss.T), covariance, atol=0.05 * covariance.max())


def test_policies_are_checked_and_copied():
    policy = random_policy(3, 2, 4)
    good = (policy.gains, policy.offsets, policy.covariances)
    for twin in (copy.deepcopy(policy), pickle.loads(pickle.dumps(policy))):
        np.testing.assert_array_equal(twin.covariances, policy.covariances)
    with pytest.raises(ValueError, match="read-only"):
        policy.gains[0] = 0.0
    with pytest.raises(ValueError, match=r"gains has shape \(2, 3\)"):
        GaussianPolicy(good[0][0], *good[1:])
    with pytest.raises(ValueError, match=r"offsets has shape \(3, 2\), expected \(4, 2\)"):
        GaussianPolicy(good[0], good[1][1:], good[2])
    bad = good[2].copy()
    bad[2] = -np.eye(2)
    with pytest.raises(ValueError, match=r"covariances\[t=2\] has the eigenvalue -1"):
        GaussianPolicy(*good[:2], bad)
    with pytest.raises(ValueError, match=r"states has shape \(5, 4, 3\), expected \(5, 5, 3\)"):
        policy.log_density(Paths(np.zeros((5, 4, 3)), np.zeros((5, 4, 2))))


# --- The point mass ----------------------------------------------------------------------------


def test_how_it_moves():
    world = point_mass(horizon=3, dt=0.5)
    assert isinstance(world, PointMass)
    assert world.starts.shape == (6, 4)
    np.testing.assert_allclose(np.hypot(*world.starts[:, :2].T), 2.0)
    state, push = np.array([1.0, 2.0, 3.0, -1.0]), np.array([4.0, 8.0])
    after = world.A @ state + world.B @ push
    np.testing.assert_allclose(after, [1 + 1.5 + 0.5, 2 - 0.5 + 1.0, 5.0, 3.0])
    # Two half steps are one step.
    half = point_mass(dt=0.25)
    np.testing.assert_allclose(half.A @ half.A, world.A)
    np.testing.assert_allclose(half.A @ half.B + half.B, world.B)


def test_its_reward_is_what_soft_lqr_solves():
    world = point_mass(horizon=5, noise=0.4)
    psi = np.array([0.7, 0.3, 1.2, 0.5, -0.4])
    policy = random_policy(4, 2, 5)
    paths = world.sample(policy, world.starts, 0)
    features = world.features(paths)
    assert features.shape == (6, 5, len(world.feature_names))
    np.testing.assert_allclose(features.sum(axis=1) @ psi, returns(paths, world.cost(psi)))
    found = world.solve(psi)
    root = np.diag([0.0, 0.0, 0.4, 0.4])
    truth = dense_log_Z(world.A, world.B, world.cost(psi), root, world.starts[0], 5)
    assert found.log_Z(world.starts[0]) == pytest.approx(truth, abs=1e-8)
    assert world.solve(psi, "causal").log_Z(world.starts[0]) < truth


def test_the_goal_is_where_it_goes():
    world = point_mass(horizon=40)
    psi = world.psi(goal=(1.0, -0.5), nearness=20.0, slowness=10.0, ease=5.0)
    paths = world.sample(world.solve(psi), np.repeat(world.starts, 50, axis=0), 0)
    np.testing.assert_allclose(paths.states[:, 25:35, :2].mean(axis=(0, 1)), [1.0, -0.5], atol=0.05)


def test_features_are_the_gradient_of_log_Z():
    world = point_mass(horizon=6)
    psi = world.psi(goal=(0.5, 0.2))
    paths = world.sample(world.solve(psi), np.tile(world.starts[1], (40_000, 1)), 0)
    features = world.features(paths).sum(axis=1)
    error = features.std(axis=0) / np.sqrt(len(features))
    for k, step in enumerate(1e-4 * np.eye(5)):
        up, down = (world.solve(psi + sign * step).log_Z(world.starts[1]) for sign in (1, -1))
        assert features[:, k].mean() == pytest.approx((up - down) / 2e-4, abs=4 * error[k])


def test_seeds_decide():
    world = point_mass(noise=0.1)
    policy = world.solve(world.psi())
    first, second = (world.sample(policy, world.starts, 3) for _ in range(2))
    np.testing.assert_array_equal(first.states, second.states)
    rng = np.random.default_rng(3)
    one, two = (world.sample(policy, world.starts, rng) for _ in range(2))
    np.testing.assert_array_equal(one.actions, first.actions)
    assert not np.allclose(one.actions, two.actions)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dt": 0.0}, "dt is 0.0"),
        ({"noise": -0.1}, "noise is -0.1"),
        ({"noise": np.nan}, "noise is nan"),
        ({"horizon": 1.5}, "horizon is 1.5"),
        ({"starts": np.zeros((3, 2))}, r"starts has shape \(3, 2\), expected \(3, 4\)"),
        ({"starts": np.zeros(4)}, r"starts has shape \(4,\)"),
    ],
)
def test_bad_worlds(arguments, message):
    with pytest.raises(ValueError, match=message):
        point_mass(**arguments)


def test_bad_arguments():
    world = point_mass()
    policy = world.solve(world.psi())
    with pytest.raises(ValueError, match=r"psi has shape \(4,\), expected \(5,\)"):
        world.cost(np.ones(4))
    with pytest.raises(ValueError, match=r"goal has shape \(3,\)"):
        world.psi(goal=(1, 2, 3))
    for bad in (Paths(np.zeros((2, 4)), np.zeros(2)), Paths(np.zeros((2, 4, 4)), np.zeros((2, 3)))):
        with pytest.raises(ValueError, match=r"(states|actions) has shape \(2, "):
            world.features(bad)
    with pytest.raises(ValueError, match=r"start has shape \(4,\)"):
        world.sample(policy, np.zeros(4), 0)
    with pytest.raises(ValueError, match=r"gains has shape \(4, 2, 3\)"):
        world.sample(random_policy(3, 2, 4), world.starts, 0)
