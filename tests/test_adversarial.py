"""The game against closed forms: logits of any size, every trajectory listed, known rewards."""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax

from irl_course.environments import random_mdp
from irl_course.environments.changed import (
    changed_dynamics,
    gap_maze,
    random_task,
    transfer_score,
)
from irl_course.inverse import adversarial
from irl_course.inverse.adversarial import (
    airl,
    airl_logit,
    airl_reward,
    airl_rounds,
    discriminator,
    discriminator_log_Z,
    discriminator_loss,
    gail,
    gail_reward,
    gail_rounds,
    gan_gcl_gradient,
    newton_step,
    optimal_discriminator,
)
from irl_course.inverse.maxent import log_partition, maxent_gradient
from irl_course.mdp import MDP, sample_demos
from irl_course.planning import (
    expected_return,
    expected_visits,
    occupancy,
    soft_value_iteration,
    value_iteration,
)

pytestmark = pytest.mark.filterwarnings("error")
FIVE = range(5)


def expert_of(mdp, reward):
    """The soft planner's policy and its occupancy."""
    pi = soft_value_iteration(mdp, reward, tol=1e-12)[2]
    return pi, occupancy(mdp, pi)


def two_occupancies(seed, S=5, A=3):
    rng = np.random.default_rng(seed)
    mdp = random_mdp(S, A, 0.8, seed)
    policies = softmax(rng.normal(size=(2, S, A)), axis=2)
    return mdp, policies, [occupancy(mdp, pi) for pi in policies]


# The discriminator and its loss


@pytest.mark.parametrize("size", [1.0, 30.0, 1_000.0])
def test_logits_of_any_size(size):
    f, log_pi = np.array([size, -size, 0.0, size]), np.array([0.0, 0.0, -size, size])
    logit = f - log_pi
    D = discriminator(f, log_pi)
    by_hand = [1 / (1 + np.exp(-max(-700, x))) for x in logit]  # exp(-1000) is 0 in float64
    np.testing.assert_allclose(D, by_hand, rtol=1e-12, atol=1e-300)
    assert D[3] == 0.5
    np.testing.assert_array_equal(airl_reward(f, log_pi), logit)
    far = size * np.ones(1)
    softplus = size + np.log1p(np.exp(-size))  # a certainty that is wrong costs its size, not inf
    assert discriminator_loss(-far, far) == pytest.approx(2 * softplus, rel=1e-12)
    assert discriminator_loss(far, -far) == pytest.approx(2 * np.log1p(np.exp(-size)), rel=1e-12)
    assert gail_reward(far)[0] == pytest.approx(softplus, rel=1e-12)
    assert gail_reward(-far, "negative")[0] == pytest.approx(-softplus, rel=1e-12)


def test_what_is_impossible_for_the_policy_is_the_experts():
    np.testing.assert_array_equal(discriminator([-5.0, -np.inf], [-np.inf, -1.0]), [1.0, 0.0])


def test_rewards_are_logarithms_of_the_discriminator():
    logit = np.linspace(-8, 8, 33)
    D = discriminator(logit, np.zeros(33))
    np.testing.assert_allclose(gail_reward(logit), -np.log(1 - D), rtol=1e-12)
    np.testing.assert_allclose(gail_reward(logit, "negative"), np.log(D), rtol=1e-12)
    np.testing.assert_allclose(gail_reward(logit, "either"), np.log(D) - np.log(1 - D), atol=1e-11)
    assert (gail_reward(logit) > 0).all() and (gail_reward(logit, "negative") < 0).all()


@pytest.mark.parametrize("expert_ends", [False, True])
def test_the_sign_alone_can_decide_when_episodes_end(expert_ends):
    """Go on (action 0) or end (1): what the expert does is worth .5 in the logit, and no more."""
    P = np.zeros((2, 2, 2))
    P[0, 0, 0] = P[0, 1, 1] = P[1, :, 1] = 1.0
    mdp = MDP(P, [1.0, 0.0], 0.9)
    logit = np.array([-0.5, 0.5]) if expert_ends else np.array([0.5, -0.5])
    for sign, action in (("positive", 0), ("negative", 1)):
        reward = np.array([gail_reward(logit, sign), [0.0, 0.0]])  # when it is over nothing is paid
        assert value_iteration(mdp, reward)[1][0, action] == 1.0


@pytest.mark.parametrize("seed", FIVE)
def test_the_optimal_discriminator_minimises_the_loss(seed):
    _, _, (expert, policy) = two_occupancies(seed)

    def loss(logit):
        logit = logit.reshape(expert.shape)
        return discriminator_loss(logit, logit, expert, policy)

    found = minimize(loss, np.zeros(expert.size), method="BFGS", options={"gtol": 1e-7})
    D = optimal_discriminator(expert, policy)
    best = np.log(D) - np.log1p(-D)
    p, q = expert / expert.sum(), policy / policy.sum()
    js = (p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))).sum() / 2
    assert loss(best.ravel()) == pytest.approx(2 * np.log(2) - 2 * js, abs=1e-12)
    assert loss(best.ravel()) <= found.fun + 1e-13
    np.testing.assert_allclose(found.x.reshape(D.shape), best, atol=1e-3)


def test_the_loss_of_samples_is_that_of_their_shares():
    rng = np.random.default_rng(0)
    logit, drawn = rng.normal(size=6), rng.integers(6, size=(2, 40))
    counts = [np.bincount(d, minlength=6) for d in drawn]
    assert discriminator_loss(logit[drawn[0]], logit[drawn[1]]) == pytest.approx(
        discriminator_loss(logit, logit, *counts), rel=1e-13
    )


@pytest.mark.parametrize("seed", FIVE)
def test_at_the_optimum_f_is_the_experts_density_but_for_the_states(seed):
    _, (expert_pi, pi), (expert, policy) = two_occupancies(seed)
    D = optimal_discriminator(expert, policy)
    f = np.log(D / (1 - D)) + np.log(pi)
    states = np.log(expert.sum(axis=1)) - np.log(policy.sum(axis=1))
    np.testing.assert_allclose(f, np.log(expert_pi) + states[:, None], atol=1e-12)
    np.testing.assert_allclose(discriminator(f, np.log(pi)), D, rtol=1e-12)
    np.testing.assert_allclose(optimal_discriminator(expert, expert), 0.5)


def test_nobody_there_is_a_coin_toss():
    D = optimal_discriminator([[1.0, 0.0, 0.0]], [[0.0, 3.0, 0.0]])
    np.testing.assert_array_equal(D, [[1.0, 0.0, 0.5]])


# GAN-GCL


def every_trajectory(mdp, T):
    """All that are possible: states (M, T), actions (M, T), log p of the world's part (M,)."""
    S, A = mdp.n_states, mdp.n_actions
    grid = np.array(list(itertools.product(range(S), *[range(A), range(S)] * T)))
    states, actions = grid[:, ::2], grid[:, 1::2]
    p = mdp.initial_dist[states[:, 0]] * mdp.P[states[:, :-1], actions, states[:, 1:]].prod(axis=1)
    return states[p > 0, :-1], actions[p > 0], np.log(p[p > 0])


class Listed:
    """A small noisy world with features, a reward, and an expert of another kind, all listed."""

    T = 3

    def __init__(self, seed, noisy=True):
        rng = np.random.default_rng(seed)
        mdp = random_mdp(4, 2, 0.9, seed, n_successors=2 if noisy else 1)
        self.mdp, self.features = mdp, rng.normal(size=(4, 2, 3))
        self.psi = rng.normal(size=3)
        self.states, self.actions, self.log_p = every_trajectory(mdp, self.T)
        self.f = self.features[self.states, self.actions].sum(axis=1)
        self.expert_pi, self.pi = softmax(rng.normal(size=(2, self.T, 4, 2)), axis=3)
        self.log_Z = log_partition(mdp, self.features @ self.psi, self.T)
        visits = expected_visits(mdp, self.expert_pi, self.T)
        self.maxent = maxent_gradient(mdp, self.features, self.psi, visits)

    def log_density(self, pi):
        """Without the world's part, and with it."""
        log_pi = np.log(pi)[np.arange(self.T), self.states, self.actions].sum(axis=1)
        return log_pi, np.exp(log_pi + self.log_p)

    @property
    def log_model(self):
        return self.f @ self.psi - self.log_Z


@pytest.mark.parametrize("seed", FIVE)
def test_gan_gcl_is_the_gradient_of_the_loss(seed):
    world = Listed(seed)
    log_q, q = world.log_density(world.pi)
    _, p = world.log_density(world.expert_pi)

    def minus_loss(psi):
        logit = airl_reward(world.f @ psi - world.log_Z, log_q)  # psi alone moves: Z is a parameter
        return -discriminator_loss(logit, logit, p, q)

    step = 1e-5 * np.eye(3)
    slope = [(minus_loss(world.psi + h) - minus_loss(world.psi - h)) / 2e-5 for h in step]
    gradient = gan_gcl_gradient(world.f, world.log_model, log_q, p, q)
    np.testing.assert_allclose(gradient, slope, atol=1e-8)


@pytest.mark.parametrize("seed", FIVE)
@pytest.mark.parametrize("sampled", [False, True])
def test_gan_gcl_is_maximum_entropy_by_importance_sampling(seed, sampled):
    """For any generator, from all trajectories or from draws: the weights are the mixture's."""
    world, rng = Listed(seed), np.random.default_rng(seed)
    (log_q, q), (_, p) = world.log_density(world.pi), world.log_density(world.expert_pi)
    if sampled:
        p, q = rng.multinomial([7, 20], [p / p.sum(), q / q.sum()]) / np.array([[7], [20]])
    gradient = gan_gcl_gradient(world.f, world.log_model, log_q, p, q)
    density = np.exp(world.log_model)
    weights = density / (density / 2 + np.exp(log_q) / 2)
    by_hand = p @ world.f - ((p + q) / 2 * weights) @ world.f
    np.testing.assert_allclose(gradient, by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", FIVE)
def test_gan_gcl_is_maxent_with_the_experts_own_density(seed):
    """Any generator, any demonstrations, noise: the same numbers as `maxent_gradient`."""
    world = Listed(seed)
    (log_q, q), (log_e, p) = world.log_density(world.pi), world.log_density(world.expert_pi)
    gradient = gan_gcl_gradient(world.f, world.log_model, log_q, p, q, log_expert=log_e)
    np.testing.assert_allclose(gradient, world.maxent, rtol=0, atol=1e-8)
    assert np.abs(world.maxent).max() > 0.1
    naive = gan_gcl_gradient(world.f, world.log_model, log_q, p, q)
    assert np.abs(naive - world.maxent).max() > 1e-3  # p_psi is not the demonstrations' density


@pytest.mark.parametrize("seed", FIVE)
def test_with_the_best_generator_gan_gcl_is_half_of_maxent(seed):
    world = Listed(seed)
    density = np.exp(world.log_model + world.log_p)
    assert density.sum() == pytest.approx(1.0, abs=1e-12)
    _, p = world.log_density(world.expert_pi)
    gradient = gan_gcl_gradient(world.f, world.log_model, world.log_model, p, density)
    np.testing.assert_allclose(2 * gradient, world.maxent, rtol=0, atol=1e-8)


@pytest.mark.parametrize("seed", FIVE)
def test_without_noise_the_best_generator_is_a_soft_planner(seed):
    world = Listed(seed, noisy=False)
    start = np.eye(4)[seed % 4]
    world.mdp = world.mdp.replace(initial_dist=start)
    kept = world.states[:, 0] == seed % 4
    world.states, world.actions, world.f = world.states[kept], world.actions[kept], world.f[kept]
    world.log_p = np.zeros(kept.sum())
    reward = world.features @ world.psi
    world.log_Z = log_partition(world.mdp, reward, world.T)
    _, _, pi = soft_value_iteration(world.mdp, reward, world.T)
    log_q, q = world.log_density(pi)
    np.testing.assert_allclose(log_q, world.log_model, atol=1e-12)
    _, p = world.log_density(world.expert_pi)
    visits = expected_visits(world.mdp, world.expert_pi, world.T)
    maxent = maxent_gradient(world.mdp, world.features, world.psi, visits)
    gradient = gan_gcl_gradient(world.f, world.log_model, log_q, p, q)
    np.testing.assert_allclose(2 * gradient, maxent, rtol=0, atol=1e-8)


@pytest.mark.parametrize("seed", FIVE)
def test_the_discriminator_learns_Z(seed):
    world = Listed(seed)
    (log_q, q), (_, p) = world.log_density(world.pi), world.log_density(world.expert_pi)
    returns = world.f @ world.psi
    model = np.exp(world.log_model + world.log_p)
    assert discriminator_log_Z(returns, log_q, model, q) == pytest.approx(world.log_Z, abs=1e-10)
    same = discriminator_log_Z(returns, world.log_model, p, model)
    assert same == pytest.approx(world.log_Z, abs=1e-10)
    fitted = discriminator_log_Z(returns, log_q, p, q)
    assert abs(fitted - world.log_Z) > 1e-3  # between the two it is an estimate only
    weights = np.exp(returns - fitted - np.logaddexp(returns - fitted, log_q) + np.log(2))
    assert (p + q) / 2 @ weights == pytest.approx(1.0, abs=1e-10)

    def loss(log_Z):
        logit = returns - log_Z - log_q
        return discriminator_loss(logit, logit, p, q)

    assert loss(fitted) < min(loss(fitted - 1e-3), loss(fitted + 1e-3))


def test_gan_gcl_with_returns_of_a_thousand():
    f = np.array([[1.0], [0.0]])
    share = np.array([0.5, 0.5])
    gradient = gan_gcl_gradient(f, [1_000.0, -1_000.0], [-1_000.0, 1_000.0], share, share)
    np.testing.assert_allclose(gradient, [0.5 - 1.0])
    assert discriminator_log_Z([1_000.0, -1_000.0], [0.0, 0.0], share, share) == pytest.approx(0.0)


# AIRL


@pytest.mark.parametrize("is_sparse", [False, True])
def test_airl_logit_is_reward_and_shaping(is_sparse):
    mdp = random_mdp(5, 3, 0.8, 0, sparse=is_sparse)
    rng = np.random.default_rng(0)
    P = mdp.P.toarray().reshape(5, 3, 5) if is_sparse else mdp.P
    for g in (rng.normal(size=5), rng.normal(size=(5, 3))):
        h = rng.normal(size=5)
        own = g[:, None] if g.ndim == 1 else g
        expected = own + 0.8 * np.einsum("san,n->sa", P, h) - h[:, None]
        np.testing.assert_allclose(airl_logit(g, h, 0.8, mdp), expected, atol=1e-14)
        moved = airl_logit(g + 0.2 * 7, h + 7, 0.8, mdp)
        np.testing.assert_allclose(moved, expected, atol=1e-13)


def test_airl_of_the_truth_is_the_experts_log_pi():
    mdp, reward = random_task(0)
    V, _, pi = soft_value_iteration(mdp, reward, tol=1e-12)
    np.testing.assert_allclose(airl_logit(reward, V, 0.9, mdp), np.log(pi), atol=1e-11)


@pytest.mark.parametrize("seed", FIVE)
def test_a_state_only_reward_is_found_and_carries_over(seed):
    mdp, reward = random_task(seed)
    pi_E, expert = expert_of(mdp, reward)
    g, h, pi = airl(mdp, expert)
    error = (g - g.mean()) - (reward[:, 0] - reward[:, 0].mean())
    assert np.abs(error).max() < 1e-8  # asked for: .01
    assert np.abs(pi - pi_E).max() < 1e-8
    np.testing.assert_allclose(np.median(g), 0.0, atol=1e-12)
    np.testing.assert_allclose(airl_logit(g, h, mdp.gamma, mdp), np.log(pi_E), atol=1e-8)
    scores = [transfer_score(new, reward, g) for new in changed_dynamics(mdp, 20, seed + 100)]
    assert min(scores) >= 0.99


@pytest.mark.parametrize("seed", FIVE)
def test_a_state_action_reward_fits_as_well_and_does_not_carry_over(seed):
    mdp, reward = random_task(seed)
    pi_E, expert = expert_of(mdp, reward)
    g, h, pi = airl(mdp, expert, state_only=False)
    assert g.shape == reward.shape and np.abs(pi - pi_E).max() < 1e-8
    np.testing.assert_allclose(airl_logit(g, h, mdp.gamma, mdp), np.log(pi_E), atol=1e-8)
    worlds = changed_dynamics(mdp, 20, seed + 100)
    assert np.mean([transfer_score(new, reward, g) for new in worlds]) < 0.5
    best = [expected_return(new, reward, value_iteration(new, reward)[1]) for new in worlds]
    reached = [expected_return(new, reward, value_iteration(new, g)[1]) for new in worlds]
    assert np.mean(np.array(reached) / best) < 0.5  # and as a plain share of the optimal return


def test_a_state_action_reward_is_one_of_many():
    """The true one fits no better and no worse, and stays if one begins with it."""
    mdp, reward = random_task(0)
    V, _, pi_E = soft_value_iteration(mdp, reward, tol=1e-12)
    g, _, pi = airl(mdp, occupancy(mdp, pi_E), state_only=False, start=(reward, V))
    np.testing.assert_allclose(g, reward, atol=1e-9)
    np.testing.assert_allclose(pi, pi_E, atol=1e-9)


def test_answering_in_full_goes_round_in_circles(monkeypatch):
    mdp, reward = random_task(0)
    pi_E, expert = expert_of(mdp, reward)
    monkeypatch.setattr(adversarial, "_HALF", 1.0)
    late = [pi for _, _, pi in itertools.islice(airl_rounds(mdp, expert), 60, 80)]
    assert min(np.abs(pi - pi_E).max() for pi in late) > 0.01


@pytest.mark.parametrize("gap", [1, 3])
def test_the_maze_whose_gap_moves(gap):
    maze = gap_maze(gap)
    reward = maze.reward({"G": 3.0})
    pi_E, expert = expert_of(maze.mdp, reward)
    free = ~maze.walls.ravel()
    score = {}
    for state_only in (True, False):
        g, _, pi = airl(maze.mdp, expert, state_only)
        assert np.abs(pi - pi_E)[free].max() < 1e-6
        if state_only:
            assert np.abs(g - reward[:, 0]).max() < 1e-6  # median 0 is the truth here
        changed = itertools.product({1, 3, 5} - {gap}, range(4))
        worlds = [gap_maze(new, turns).mdp for new, turns in changed]
        score[state_only] = [transfer_score(new, reward, g) for new in worlds]
    assert min(score[True]) >= 0.99
    assert np.mean(score[False]) < 0.5


def test_airl_goes_on_where_it_was_interrupted():
    mdp, reward = random_task(1)
    _, expert = expert_of(mdp, reward)

    def impatient(steps):
        for step in steps:
            if step == 4:
                raise KeyboardInterrupt
            yield step

    g, h, _ = airl(mdp, expert, progress=impatient)
    rounds = list(itertools.islice(airl_rounds(mdp, expert), 5))
    np.testing.assert_array_equal(g, rounds[-1][0])
    whole, resumed = airl(mdp, expert, n_steps=10), airl(mdp, expert, n_steps=6, start=(g, h))
    np.testing.assert_allclose(resumed[0], whole[0], atol=1e-9)
    np.testing.assert_allclose(resumed[2], whole[2], atol=1e-9)


def test_airl_sparse_and_dense_agree():
    mdp, reward = random_task(2)
    _, expert = expert_of(mdp, reward)
    sparse = random_mdp(16, 4, 0.9, np.random.default_rng(2), 2, sparse=True)
    np.testing.assert_array_equal(sparse.P.toarray().reshape(mdp.P.shape), mdp.P)
    for dense, other in zip(airl(mdp, expert), airl(sparse, expert), strict=True):
        np.testing.assert_allclose(other, dense, atol=1e-9)


@pytest.mark.parametrize("state_only", [True, False])
def test_airl_from_counts_stays_finite(state_only):
    maze = gap_maze()
    pi_E, _ = expert_of(maze.mdp, maze.reward({"G": 3.0}))
    counts = discounted_counts(maze.mdp, sample_demos(maze.mdp, pi_E, 3, 10, 0))
    g, h, pi = airl(maze.mdp, counts, state_only, n_steps=40)
    assert np.isfinite(g).all() and np.isfinite(h).all()
    np.testing.assert_allclose(pi.sum(axis=1), 1.0)


@pytest.mark.parametrize("seed", FIVE)
def test_a_penalty_finds_the_reward_in_counted_demonstrations(seed):
    maze = gap_maze()
    reward = maze.reward({"G": 3.0})
    pi_E, _ = expert_of(maze.mdp, reward)
    free = ~maze.walls.ravel()
    counts = discounted_counts(maze.mdp, sample_demos(maze.mdp, pi_E, 50, 100, seed))
    changed = [gap_maze(gap, turns).mdp for gap in (3, 5) for turns in range(4)]
    error = {}
    for l2 in (0.0, 1e-3):
        g, _, pi = airl(maze.mdp, counts, l2=l2)
        error[l2] = np.abs(g - reward[:, 0])[free].mean()
    assert error[0.0] > 2.0 and error[1e-3] < 0.3
    assert np.mean([transfer_score(new, reward, g) for new in changed]) >= 0.99
    earned, wanted = (expected_return(maze.mdp, reward, one) for one in (pi, pi_E))
    assert earned > 0.95 * wanted


def test_the_penalised_step_is_newtons():
    """Against second derivatives written out."""
    mdp, _ = random_task(3, 5, 3)
    rng = np.random.default_rng(3)
    slope, curvature, l2 = rng.normal(size=(5, 3)), rng.uniform(1.0, 2.0, (5, 3)), 0.1
    for g in (rng.normal(size=5), rng.normal(size=(5, 3))):
        zeros = np.zeros((5, 3)) if g.ndim == 2 else np.zeros(5)
        units = np.eye(zeros.size + 5)
        columns = [
            airl_logit(unit[:-5].reshape(zeros.shape), unit[-5:], mdp.gamma, mdp).ravel()
            for unit in units
        ]
        design = np.transpose(columns)
        penalty = l2 * np.diag(units[:, :-5].sum(axis=1))
        hessian = design.T @ (curvature.ravel()[:, None] * design) + penalty
        ascent = slope.ravel() @ design - penalty @ np.append(g, np.zeros(5))
        step_g, step_h = newton_step(mdp, slope, curvature, g.ndim == 1, l2, g)
        step = np.append(step_g, step_h)
        newton = np.linalg.pinv(hessian) @ ascent
        # shortened alike: two nats at most
        np.testing.assert_allclose(
            step / np.linalg.norm(step), newton / np.linalg.norm(newton), atol=1e-8
        )


# GAIL


@pytest.mark.parametrize("seed", FIVE)
def test_gail_matches_the_occupancy(seed):
    mdp, reward = random_task(seed)
    pi_E, expert = expert_of(mdp, 5 * reward)
    pi = gail(mdp, expert)
    np.testing.assert_allclose(occupancy(mdp, pi), expert, atol=1e-8)
    np.testing.assert_allclose(pi, pi_E, atol=1e-6)


def test_gail_in_the_maze_and_what_its_discriminator_is_worth():
    maze = gap_maze()
    reward = maze.reward({"G": 3.0})
    _, expert = expert_of(maze.mdp, reward)
    losses = []
    for logit, pi in itertools.islice(gail_rounds(maze.mdp, expert), 200):
        losses.append(discriminator_loss(logit, logit, expert, occupancy(maze.mdp, pi)))
    np.testing.assert_allclose(occupancy(maze.mdp, pi), expert, atol=1e-8)
    assert (np.diff(losses) > -1e-12).all()  # ever harder to tell apart
    assert losses[-1] == pytest.approx(2 * np.log(2), abs=1e-12)
    np.testing.assert_allclose(logit, 0.0, atol=1e-6)  # in the end it knows nothing


def discounted_counts(mdp, demos):
    counts = np.zeros((mdp.n_states, mdp.n_actions))
    weight = np.broadcast_to(mdp.gamma ** np.arange(demos.horizon), demos.actions.shape)
    np.add.at(counts, (demos.states[:, :-1], demos.actions), weight / demos.n_demos)
    return counts


def test_gail_beats_cloning_when_demonstrations_are_few():
    maze = gap_maze()
    reward = maze.reward({"G": 3.0})
    pi_E, _ = expert_of(maze.mdp, reward)
    earned = []
    for seed in FIVE:
        counts = discounted_counts(maze.mdp, sample_demos(maze.mdp, pi_E, 2, 60, seed))
        seen = counts.sum(axis=1, keepdims=True)
        clone = np.where(seen > 0, counts / np.maximum(seen, 1e-12), 0.25)
        imitator = gail(maze.mdp, counts)
        earned.append([expected_return(maze.mdp, reward, pi) for pi in (clone, imitator)])
    clone, imitator = np.mean(earned, axis=0)
    assert imitator > 1.05 * clone
    assert imitator > 0.9 * expected_return(maze.mdp, reward, pi_E)


def test_gail_goes_on_where_it_was_interrupted():
    mdp, reward = random_task(3)
    _, expert = expert_of(mdp, reward)

    def impatient(steps):
        yield 0
        raise KeyboardInterrupt

    pi = gail(mdp, expert, progress=impatient)
    np.testing.assert_allclose(pi, gail(mdp, expert, n_steps=1))
    np.testing.assert_allclose(
        gail(mdp, expert, n_steps=3, start=pi), gail(mdp, expert, n_steps=4), atol=1e-12
    )


# Worlds


def test_a_changed_world_keeps_all_but_the_dynamics():
    mdp, reward = random_task(0)
    assert reward.sum() == 4.0 and sorted(set(reward.ravel())) == [0.0, 1.0]
    worlds = changed_dynamics(mdp, 20, 1)
    assert len(worlds) == 20
    for new in worlds:
        np.testing.assert_array_equal(new.initial_dist, mdp.initial_dist)
        assert new.gamma == mdp.gamma and np.abs(new.P - mdp.P).max() > 0.1
        assert ((new.P > 0).sum(axis=2) == 2).all()
    again = changed_dynamics(mdp, 20, 1)
    np.testing.assert_array_equal(again[19].P, worlds[19].P)


def test_quarter_turns_of_the_actions():
    plain, turned = gap_maze(slip=0.0), gap_maze(slip=0.0, turns=1)
    middle = plain.index(1, 3)
    ends = [turned.where(turned.mdp.P[middle, a].argmax()) for a in range(4)]
    assert ends == [(2, 3), (1, 4), (0, 3), (1, 2)]  # LEFT goes down, DOWN right, ...
    np.testing.assert_array_equal(gap_maze(turns=4).mdp.P, gap_maze().mdp.P)
    reward = plain.reward({"G": 1.0})
    pi, turned_pi = (value_iteration(maze.mdp, reward)[1] for maze in (plain, turned))
    np.testing.assert_array_equal(np.roll(turned_pi, 1, axis=1)[:21].sum(1), pi[:21].sum(1))
    assert expected_return(turned.mdp, reward, turned_pi) == pytest.approx(
        expected_return(plain.mdp, reward, np.roll(turned_pi, 1, axis=1))
    )


def test_the_gap_is_the_only_way_through():
    for gap in range(7):
        maze = gap_maze(gap)
        assert maze.walls.sum() == 6 and not maze.walls[3, gap] and maze.walls[3].sum() == 6


def test_transfer_scores():
    mdp, reward = random_task(4)
    assert transfer_score(mdp, reward, 3 * reward + 7) == pytest.approx(1.0)
    assert transfer_score(mdp, reward, np.zeros(16)) == pytest.approx(0.0)  # ties are shared
    assert transfer_score(mdp, reward, -reward) < 0.0
    with pytest.raises(ValueError, match="random actions are optimal"):
        transfer_score(mdp, np.ones(16), reward)


# Bad input

SMALL = random_mdp(3, 2, 0.9, 0)
UNIFORM = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: discriminator([0.0, np.nan], [0.0, 0.0]), r"f\[1\] is nan"),
        (lambda: discriminator([-np.inf], [-np.inf]), r"f\[0\] and log_pi\[0\] are both -inf"),
        (lambda: discriminator(np.zeros(2), np.zeros(3)), "log_pi has shape"),
        (lambda: discriminator_loss([np.nan], [0.0]), r"logit_expert\[0\] is nan"),
        (lambda: discriminator_loss([], [0.0]), "mean of no logits"),
        (lambda: discriminator_loss([0.0], [0.0], [1.0, 1.0]), "expert_weights has shape"),
        (lambda: optimal_discriminator([[1.0, -1.0]], [[1, 1]]), r"expert_occupancy\[s=0, a=1\]"),
        (lambda: optimal_discriminator([[1.0]], [[0.0]]), "policy_occupancy has no visits"),
        (lambda: optimal_discriminator([[1.0]], [[1.0, 2.0]]), "policy_occupancy has shape"),
        (lambda: gail_reward([0.0], "log"), "sign is 'log'"),
        (lambda: airl_logit(np.zeros(3), np.zeros(2), 0.9, SMALL), "h has shape"),
        (lambda: airl_logit(np.zeros(4), np.zeros(3), 0.9, SMALL), "reward has shape"),
        (lambda: airl(SMALL, np.ones((2, 3))), "expert_occupancy has shape"),
        (lambda: airl(SMALL.replace(gamma=1.0), UNIFORM), "gamma is 1"),
        (lambda: airl(SMALL, UNIFORM, n_steps=0), "n_steps is 0"),
        (lambda: airl(SMALL, UNIFORM, l2=-0.1), "l2 is -0.1"),
        (lambda: newton_step(SMALL, np.ones(3), UNIFORM), r"slope has shape \(3,\)"),
        (lambda: airl(SMALL, UNIFORM, start=(UNIFORM, np.zeros(3))), "start has shapes"),
        (lambda: airl(SMALL, UNIFORM, start=(np.full(3, np.inf), np.zeros(3))), r"g\[s=0\] is inf"),
        (lambda: gail(SMALL, UNIFORM, step_size=0.0), "step_size is 0.0"),
        (lambda: gail(SMALL, UNIFORM, start=np.ones((3, 2))), "sums to 2"),
        (lambda: gail(SMALL.replace(gamma=1.0), UNIFORM), "gamma is 1"),
        (lambda: gan_gcl_gradient([1.0], [0.0], [0.0], [1.0], [1.0]), "features has shape"),
        (lambda: gan_gcl_gradient([[1.0]], [0.0], [0.0], [0.5], [1.0]), "expert_share sums to 0.5"),
        (lambda: gan_gcl_gradient([[1.0]], [0, 0], [0.0], [1.0], [1.0]), "log_model has shape"),
        (lambda: gap_maze(7), "gap is 7"),
        (lambda: gap_maze(turns=0.5), "turns is 0.5"),
        (lambda: changed_dynamics(SMALL, 0, 0, 2), "n_worlds is 0"),
    ],
)
def test_errors_name_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
