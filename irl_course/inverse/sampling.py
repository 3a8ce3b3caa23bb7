"""Maximum entropy IRL where Z can only be sampled: importance weights, guided cost learning.

Trajectories come from a sampler q that you can draw from, and stand for those of the model,
p(trajectory) exp(return) / Z, each with a weight:

    weight = p(trajectory) exp(return) / q(trajectory),    Z = E_q[weight].

All in logarithms, in nats: returns of +-1000 are no danger. What p and q share cancels. If q draws
actions in the same world, log_p is 0 and log_q the log-density of the actions given the states.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import logsumexp, softmax

from irl_course.environments.point_mass import (
    GaussianPolicy,
    Paths,
    PointMass,
    _paths,
    soft_lqr,
)
from irl_course.mdp import _count, _real

# Adam's averages (Kingma & Ba 2015).
_MEAN, _SQUARE, _TINY = 0.9, 0.999, 1e-8
# Directions in which samples differ by less than this share of the widest are taken as not there.
_FLAT = 1e-7


def importance_log_Z(
    returns: np.ndarray, log_q: np.ndarray, log_p: np.ndarray | float = 0.0
) -> float:
    """Estimate log Z = log mean_i exp(return_i + log_p_i - log_q_i).

    The estimate of Z is right on average, that of log Z too low on average, by about half its
    `log_Z_error` squared; and without limit if q never comes to where p exp(return) is large.

    Args:
        returns: sums of rewards of N trajectories drawn from q, shape (N,); -inf is possible.
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,); 0 where sampler and world share it.

    Returns:
        The estimate, in nats; -inf if no sample has a weight.

    Raises:
        ValueError: a shape, or a value that is nan or inf; log_q must be finite.
    """
    log_weights = _log_weights(returns, log_q, log_p)
    return float(logsumexp(log_weights) - np.log(len(log_weights)))


def log_Z_error(returns: np.ndarray, log_q: np.ndarray, log_p: np.ndarray | float = 0.0) -> float:
    """Standard error of `importance_log_Z`, as far as these samples can tell.

    The standard deviation of the weights, in units of their mean, over the root of N (Owen 2013,
    chapter 9, with the delta method for the logarithm). What no sample has met is not in it.

    Args:
        returns: sums of rewards of N trajectories drawn from q, N at least 2, shape (N,).
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,); 0 where sampler and world share it.

    Returns:
        The standard error, in nats; 0 for weights that are all the same.
    """
    weights = normalised_weights(returns, log_q, log_p)
    N = len(weights)
    if N < 2:
        raise ValueError("a standard error takes at least 2 samples")
    return float(np.std(N * weights, ddof=1) / np.sqrt(N))


def normalised_weights(
    returns: np.ndarray, log_q: np.ndarray, log_p: np.ndarray | float = 0.0
) -> np.ndarray:
    """Weights exp(return_i + log_p_i - log_q_i), divided by their sum.

    Args:
        returns: sums of rewards of N trajectories drawn from q, shape (N,).
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,); 0 where sampler and world share it.

    Returns:
        Shape (N,); not negative, sums to 1.

    Raises:
        ValueError: a shape, a value that is nan or inf, or no sample with a weight above 0.
    """
    log_weights = _log_weights(returns, log_q, log_p)
    if log_weights.max() == -np.inf:
        raise ValueError("no sample has a weight: return + log_p is -inf for all of them")
    return softmax(log_weights)


def effective_sample_size(weights: np.ndarray) -> float:
    """How many equal weights are worth as much, (sum_i w_i)^2 / sum_i w_i^2 (Kong 1992).

    It knows of the samples that there are and of no others: where q never comes it looks perfect.

    Args:
        weights: shape (N,), not negative, normalised or not.

    Returns:
        From 1, all on one sample, to N, all the same.

    Raises:
        ValueError: a negative weight, one that is not finite, or none above 0.
    """
    weights = _vector("weights", weights)
    bad = np.flatnonzero(~((weights >= 0) & (weights < np.inf)))
    if len(bad):
        raise ValueError(f"weights[{bad[0]}] is {weights[bad[0]]}, not a weight")
    if not weights.max() > 0:
        raise ValueError("weights are all 0")
    shares = weights / weights.max()
    return float(shares.sum() ** 2 / (shares**2).sum())


def sampled_gradient(
    demo_features: np.ndarray, sample_features: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Estimate the gradient of L(psi): mean_i f(demo i) - sum_j weights_j f(sample j).

    Args:
        demo_features: features of each demonstration, summed over its steps, shape (N, K).
        sample_features: those of the samples, shape (J, K).
        weights: of the samples, normalised, shape (J,).

    Returns:
        Shape (K,); 0 where the features match.

    Raises:
        ValueError: shapes that do not belong together, or weights that do not sum to 1.
    """
    demo_features, _ = _real("demo_features", demo_features)
    sample_features, _ = _real("sample_features", sample_features)
    weights = _vector("weights", weights)
    if demo_features.ndim != 2 or not len(demo_features):
        raise ValueError(f"demo_features has shape {demo_features.shape}, expected (N, K)")
    expected = (len(weights), demo_features.shape[1])
    if sample_features.shape != expected:
        raise ValueError(f"sample_features has shape {sample_features.shape}, expected {expected}")
    if not abs(weights.sum() - 1.0) <= 1e-6:
        raise ValueError(f"weights sums to {weights.sum():.10g}, not 1")
    return demo_features.mean(axis=0) - weights @ sample_features


def mixture_log_density(log_q_each: np.ndarray) -> np.ndarray:
    """Log-density of drawing from one of M samplers by chance, log mean_m q_m(trajectory).

    Samples of M samplers, as many from each, go together under it whoever drew them: a weight is
    then never larger than M times the smallest that a single sampler would give it (the balance
    heuristic of Veach & Guibas 1995; the fusion of Finn, Levine & Abbeel 2016).

    Args:
        log_q_each: log-density of each of N trajectories under each of M samplers, shape (M, N);
            -inf where a sampler cannot come.

    Returns:
        Shape (N,), at most the largest and at least the mean over the samplers.

    Raises:
        ValueError: a shape, or an entry that is nan or inf.
    """
    log_q_each, _ = _real("log_q_each", log_q_each)
    if log_q_each.ndim != 2 or not log_q_each.size:
        raise ValueError(f"log_q_each has shape {log_q_each.shape}, expected (M, N)")
    bad = np.argwhere(~(log_q_each < np.inf))
    if len(bad):
        value = log_q_each[tuple(bad[0])]
        raise ValueError(f"log_q_each[m={bad[0][0]}, n={bad[0][1]}] is {value}")
    return logsumexp(log_q_each, axis=0) - np.log(len(log_q_each))


class Reward(Protocol):
    """What `guided_cost_learning` asks of a reward with parameters psi, one vector."""

    def steps(self, psi: np.ndarray, paths: Paths) -> np.ndarray:
        """Rewards of N trajectories of T steps, shape (N, T)."""

    def gradient(self, psi: np.ndarray, paths: Paths, signal: np.ndarray) -> np.ndarray:
        """Gradient of sum_i signal_i return_i with respect to psi, shape of psi."""


@dataclass(frozen=True)
class LinearReward:
    """Reward psi . f(s, a).

    Args:
        features: a function from `Paths` to features, shape (N, T, K).
    """

    features: Callable[[Paths], np.ndarray]

    def steps(self, psi: np.ndarray, paths: Paths) -> np.ndarray:
        """Rewards of N trajectories of T steps, shape (N, T)."""
        return self.features(paths) @ psi

    def gradient(self, psi: np.ndarray, paths: Paths, signal: np.ndarray) -> np.ndarray:
        """Gradient of sum_i signal_i return_i, which is sum_i signal_i f_i: shape (K,)."""
        return np.einsum("n,ntk->k", signal, self.features(paths))


@dataclass(frozen=True)
class NetworkReward:
    """Reward of tanh units of the state, less psi[0] times half the squared action.

    psi is the price of an action; then the units' weights and biases, shape (D + 1, n_units),
    flattened; then what each unit adds: 1 + (D + 2) * n_units numbers.

    Args:
        n_units: how many tanh units.
    """

    n_units: int

    def steps(self, psi: np.ndarray, paths: Paths) -> np.ndarray:
        """Rewards of N trajectories of T steps, shape (N, T)."""
        _, hidden, out = self._forward(psi, paths)
        return hidden @ out - 0.5 * psi[0] * (paths.actions**2).sum(axis=2)

    def gradient(self, psi: np.ndarray, paths: Paths, signal: np.ndarray) -> np.ndarray:
        """Gradient of sum_i signal_i return_i, shape of psi."""
        inputs, hidden, out = self._forward(psi, paths)
        back = signal[:, None, None] * out * (1.0 - hidden**2)
        first = np.tensordot(inputs, back, axes=([0, 1], [0, 1]))
        effort = -0.5 * signal @ (paths.actions**2).sum(axis=(1, 2))
        return np.concatenate([[effort], first.ravel(), signal @ hidden.sum(axis=1)])

    def _forward(self, psi, paths):
        states, n = paths.states[:, :-1], self.n_units
        inputs = np.concatenate([states, np.ones((*states.shape[:2], 1))], axis=2)
        if psi.shape != (1 + (inputs.shape[2] + 1) * n,):
            raise ValueError(
                f"psi has shape {psi.shape}, expected ({1 + (inputs.shape[2] + 1) * n},)"
            )
        return inputs, np.tanh(inputs @ psi[1:-n].reshape(-1, n)), psi[-n:]


@dataclass(frozen=True, eq=False)
class GuidedHistory:
    """How guided cost learning went, in M rounds so far. Give it back to go on from there.

    Attributes:
        path: parameters before the first and after each round, shape (M + 1, K).
        log_likelihoods: sampled estimate of L at the start of each round, shape (M,).
        sample_sizes: effective sample size of each round's samples, as a share of their number,
            mean over the starts, shape (M,).
        entropies: entropy of the samplers at the start of each round, mean, shape (M,).
        starts: shape (G, D).
        samplers: the G samplers, one a start, after the last round.
        pools: for each start, the (sampler, paths) of the last rounds.
        moments: of Adam: its two averages and how many steps it took.
    """

    path: np.ndarray
    log_likelihoods: np.ndarray
    sample_sizes: np.ndarray
    entropies: np.ndarray
    starts: np.ndarray
    samplers: tuple[GaussianPolicy, ...]
    pools: tuple[tuple[tuple[GaussianPolicy, Paths], ...], ...]
    moments: tuple[np.ndarray, np.ndarray, int]

    @property
    def n_rounds(self) -> int:
        """M."""
        return len(self.path) - 1


def guided_cost_learning(
    world: PointMass,
    demos: Paths,
    reward: Reward,
    psi0: np.ndarray,
    n_rounds: int = 60,
    n_samples: int = 100,
    n_steps: int = 5,
    step_size: float = 0.02,
    damping: float = 0.3,
    memory: int = 3,
    width: float = 1.0,
    importance: bool = True,
    entropy: float = 1.0,
    fusion: bool = False,
    fresh: bool = False,
    seed: int = 0,
    history: GuidedHistory | None = None,
    progress: Callable | None = None,
) -> tuple[np.ndarray, GuidedHistory]:
    """Guided cost learning (Finn, Levine & Abbeel 2016): sampler and reward improve in turn.

    In a round each start's sampler draws trajectories; the reward takes gradient steps (Adam) up
    the likelihood of the demonstrations, with log Z sampled; and the sampler moves towards the
    model, to the q with the largest E_q[return] + entropy * H(q) - damping * KL(q, old q). That is
    `soft_lqr`, for a quadratic fitted to the rewards of the samples; no gradient of the reward with
    respect to states is needed. For a quadratic reward the fit is exact, and without noise the
    sampler becomes the model. With noise no sampler can: the model is p(trajectory) exp(return) / Z
    given the starts, which takes luck for choice, and the samplers follow its actions.

    Args:
        world: dynamics, which the samplers plan in.
        demos: demonstrations; they may share starts, and each start gets a sampler.
        reward: with parameters, such as `LinearReward(world.features)`.
        psi0: parameters to start from, shape (K,); a history goes on from its own.
        n_rounds: number of rounds M, after those of history.
        n_samples: trajectories drawn a round and start.
        n_steps: steps of the reward a round.
        step_size: of the reward's steps.
        damping: weight of staying near the old sampler, above 0.
        memory: how many rounds' samples serve together, under the samplers' mixture.
        width: standard deviation of the first samplers' actions, around 0.
        importance: weigh the samples; False takes the newest ones for the model's own.
        entropy: weight of the samplers' entropy. With 1 they aim at the model, with less at
            exp(return / entropy), which is narrower; with 0 at the best single trajectory.
        fusion: count demonstrations among the samples, too, as draws of `fit_policy`, so that the
            sampled Z knows where they go and the samplers do not. The density is a guess, and so
            is what becomes of their weights.
        fresh: with fusion, join new draws of `fit_policy` in place of the demonstrations. Their
            density is no guess, so that the weights are right, whatever the fit.
        seed: an integer; it and the number of the round decide all draws.
        history: of an earlier call with the same arguments, to go on from.
        progress: wraps the rounds, such as `tqdm`.

    Returns:
        psi, shape (K,), and the history. An interrupt ends it after the last whole round, and
        resuming leads to the same numbers as never having stopped.

    Raises:
        ValueError: names the argument; or the parameters are no longer finite.
    """
    _positive(damping=damping, width=width, step_size=step_size)
    if not 0.0 <= entropy < np.inf:
        raise ValueError(f"entropy is {entropy}, expected a weight, 0 or more")
    n_samples, memory = _count("n_samples", n_samples), _count("memory", memory)
    n_steps = _count("n_steps", n_steps)
    demos = Paths(*_paths(demos, world.horizon, *world.B.shape[::-1]))
    if history is None:
        history = _begin(world, demos, _vector("psi0", psi0), width)
    shares = _shares(demos, history.starts)
    if fusion and not importance:
        raise ValueError("fusion goes with importance: demonstrations count by their weights")
    if fresh and not fusion:
        raise ValueError("fresh goes with fusion: it says what is joined")
    known = [_from(demos, start) for start in history.starts] if fusion else []
    known = [(fit_policy(paths), paths) for paths in known]
    rounds = range(history.n_rounds, history.n_rounds + _count("n_rounds", n_rounds))
    try:
        for m in rounds if progress is None else progress(rounds):
            rng = np.random.default_rng([seed, m])
            pools = _draw(world, history, n_samples, memory, rng)
            joined = [
                (
                    q,
                    _again(world, q, paths, n_samples, rng)
                    if fresh
                    else _some(paths, n_samples, rng),
                )
                for q, paths in known
            ]
            batch = _Batch(reward, demos, shares, pools, importance, joined)
            psi, moments = batch.climb(history.path[-1], history.moments, n_steps, step_size)
            samplers = tuple(_adapt(world, reward, psi, pool, damping, entropy) for pool in pools)
            history = batch.record(history, psi, moments, samplers)
    except KeyboardInterrupt:
        pass
    return history.path[-1].copy(), history


def adapted_sampler(
    world: PointMass,
    reward: Reward,
    psi: np.ndarray,
    start: np.ndarray,
    n_rounds: int = 20,
    n_samples: int = 200,
    damping: float = 1.0,
    width: float = 1.0,
    seed: int | np.random.Generator = 0,
) -> GaussianPolicy:
    """A Gaussian sampler near the maximum entropy distribution of any reward, from one start.

    The sampler's half of `guided_cost_learning`, for a reward that is given. It settles in one way
    around an obstacle, although the model may take several.

    Args:
        world: dynamics.
        reward: with parameters.
        psi: the parameters, shape (K,).
        start: shape (D,).
        n_rounds: how often it is fitted anew to samples of itself.
        n_samples: trajectories drawn for that.
        damping: weight of staying near the old sampler, above 0.
        width: standard deviation of the first sampler's actions, around 0.
        seed: an integer, or a generator, which is advanced.

    Returns:
        The sampler; for a quadratic reward and many rounds that of `soft_lqr`, along the
        trajectories that it draws.
    """
    _positive(damping=damping, width=width)
    starts, rng = np.tile(start, (_count("n_samples", n_samples), 1)), np.random.default_rng(seed)
    sampler = _wide(world, width)
    for _ in range(_count("n_rounds", n_rounds)):
        pool = ((sampler, world.sample(sampler, starts, rng)),)
        sampler = _adapt(world, reward, psi, pool, damping, 1.0)
    return sampler


def fit_quadratics(paths: Paths, rewards: np.ndarray) -> np.ndarray:
    """Concave quadratics near the rewards of sampled steps, one for each t, by least squares.

    Where all samples agree, as in the first state, the fit is flat. Curvature upwards is dropped:
    there the fit is only as good as a plane.

    Args:
        paths: N trajectories of T steps.
        rewards: shape (N, T).

    Returns:
        Symmetric forms H_t, r = z' H_t z / 2 in z = (s, 1, a), as `soft_lqr` takes them: shape
        (T, D + 1 + M, D + 1 + M).
    """
    states, actions = paths
    z = np.concatenate([states[:, :-1], actions], axis=2)
    if np.shape(rewards) != z.shape[:2]:
        raise ValueError(f"rewards has shape {np.shape(rewards)}, expected {z.shape[:2]}")
    forms = [_fit_quadratic(z[:, t], rewards[:, t]) for t in range(z.shape[1])]
    D = states.shape[2]
    order = [*range(D), z.shape[2], *range(D, z.shape[2])]  # the constant goes in the middle
    return np.array(forms)[:, order][:, :, order]


def fit_policy(paths: Paths) -> GaussianPolicy:
    """The Gaussian policy that trajectories seem to follow, a least-squares fit for each step.

    Args:
        paths: N trajectories of T steps; N at least D + 1 + M.

    Returns:
        Gains (0 where states do not differ), offsets, and the covariances of what is left, over
        N - D - 1.

    Raises:
        ValueError: too few trajectories, or actions that states foretell without any spread.
    """
    states, actions = paths
    (N, T, M), D = actions.shape, states.shape[2]
    if N < D + 1 + M:
        raise ValueError(f"{N} trajectories from a start are too few: a fit takes {D + 1 + M}")
    gains, covariances = np.empty((T, M, D)), np.empty((T, M, M))
    middle, mean = states[:, :-1].mean(axis=0), actions.mean(axis=0)
    for t in range(T):
        away, miss = states[:, t] - middle[t], actions[:, t] - mean[t]
        if np.ptp(states[:, t], axis=0).max() == 0.0:
            away = np.zeros_like(away)  # a mean of equal numbers may differ in the last digit
        gains[t] = np.linalg.lstsq(away, miss, rcond=_FLAT)[0].T
        left = miss - away @ gains[t].T
        covariances[t] = left.T @ left / (N - D - 1)
    offsets = mean - np.einsum("tmd,td->tm", gains, middle)
    return GaussianPolicy(gains, offsets, covariances)


class _Batch:
    """The samples of a round, of G starts with n samples each, and what they say about psi."""

    def __init__(self, reward, demos, shares, pools, importance, joined):
        self.reward, self.demos, self.shares, self.importance = reward, demos, shares, importance
        self.pools, self.start = pools, None
        if not importance:  # what other samplers drew can stand for the model with weights only
            pools = [pool[-1:] for pool in pools]
        if joined:
            pools = [
                (*pool, demonstrators) for pool, demonstrators in zip(pools, joined, strict=True)
            ]
        self.samples = _join([paths for pool in pools for _, paths in pool])
        self.log_q = np.array([_pool_density(pool) for pool in pools])

    def log_weights(self, psi):
        returns = self.reward.steps(psi, self.samples).sum(axis=1)
        return returns.reshape(self.log_q.shape) - self.log_q

    def gradient(self, psi):
        even = np.zeros_like(self.log_q)
        weights = softmax(self.log_weights(psi) if self.importance else even, axis=1)
        mass = (self.shares[:, None] * weights).ravel()
        share = np.full(len(self.demos.states), 1.0 / len(self.demos.states))
        own = self.reward.gradient(psi, self.demos, share)
        return own - self.reward.gradient(psi, self.samples, mass)

    def climb(self, psi, moments, n_steps, step_size):
        mean, square, done = moments
        self.start = psi
        for k in range(done + 1, done + n_steps + 1):
            gradient = self.gradient(psi)
            mean = _MEAN * mean + (1.0 - _MEAN) * gradient
            square = _SQUARE * square + (1.0 - _SQUARE) * gradient**2
            scale = np.sqrt(square / (1.0 - _SQUARE**k)) + _TINY
            psi = psi + step_size * mean / (1.0 - _MEAN**k) / scale
        if not np.isfinite(psi).all():
            raise ValueError(
                f"psi is no longer finite after {done + n_steps} steps: is step_size too large?"
            )
        return psi, (mean, square, done + n_steps)

    def record(self, history, psi, moments, samplers):
        log_weights = self.log_weights(self.start)
        n = log_weights.shape[1]
        log_Z = self.shares @ (logsumexp(log_weights, axis=1) - np.log(n))
        likelihood = self.reward.steps(self.start, self.demos).sum(axis=1).mean() - log_Z
        sizes = 1.0 / (softmax(log_weights, axis=1) ** 2).sum(axis=1)
        entropy = np.mean([sampler.entropy for sampler in history.samplers])
        return dataclasses.replace(
            history,
            path=np.vstack([history.path, psi]),
            log_likelihoods=np.append(history.log_likelihoods, likelihood),
            sample_sizes=np.append(history.sample_sizes, sizes.mean() / n),
            entropies=np.append(history.entropies, entropy),
            samplers=samplers,
            pools=self.pools,
            moments=moments,
        )


def _begin(world, demos, psi0, width):
    starts = np.unique(demos.states[:, 0], axis=0)
    none = np.empty(0)
    moments = (np.zeros_like(psi0), np.zeros_like(psi0), 0)
    samplers, pools = (_wide(world, width),) * len(starts), ((),) * len(starts)
    return GuidedHistory(psi0[None].copy(), none, none, none, starts, samplers, pools, moments)


def _wide(world, width):
    """Actions around 0, whatever the state."""
    (D, M), T = world.B.shape, world.horizon
    covariances = np.tile(width**2 * np.eye(M), (T, 1, 1))
    return GaussianPolicy(np.zeros((T, M, D)), np.zeros((T, M)), covariances)


def _shares(demos, starts):
    """Share of the demonstrations that each start has, shape (G,)."""
    same = (demos.states[:, 0][:, None] == starts).all(axis=2)
    if not same.any(axis=1).all():
        raise ValueError("demos has a start that history does not know")
    return same.mean(axis=0)


def _draw(world, history, n_samples, memory, rng):
    """Each start's pool with new samples, and without those of too long ago."""
    pools = []
    for start, sampler, pool in zip(history.starts, history.samplers, history.pools, strict=True):
        paths = world.sample(sampler, np.tile(start, (n_samples, 1)), rng)
        pools.append((*pool, (sampler, paths))[-memory:])
    return tuple(pools)


def _from(demos, start):
    mine = (demos.states[:, 0] == start).all(axis=1)
    return Paths(demos.states[mine], demos.actions[mine])


def _some(paths, n, rng):
    """n of them, with repetitions: as many as each sampler's, as its share of the mixture asks."""
    chosen = rng.integers(len(paths.states), size=n)
    return Paths(paths.states[chosen], paths.actions[chosen])


def _again(world, q, paths, n, rng):
    """n new trajectories of q from where these begin."""
    return world.sample(q, np.tile(paths.states[0, 0], (n, 1)), rng)


def _join(paths):
    return Paths(*map(np.concatenate, zip(*paths, strict=True)))


def _pool_density(pool):
    samples = _join([paths for _, paths in pool])
    return mixture_log_density(np.array([q.log_density(samples) for q, _ in pool]))


def _adapt(world, reward, psi, pool, damping, entropy):
    """The q with the largest E_q[return] + entropy * H(q) - damping * KL(q, old q)."""
    samples, old = _join([paths for _, paths in pool]), pool[-1][0]
    H = fit_quadratics(samples, reward.steps(psi, samples))
    H = (H + damping * old.quadratics()) / (entropy + damping)
    return soft_lqr(world.A, world.B, H, world.noise, world.horizon)


def _fit_quadratic(z, values):
    """Symmetric H with values = (z, 1)' H (z, 1) / 2, in coordinates of the samples' own spread."""
    n = z.shape[1]
    middle = z.mean(axis=0)
    _, spread, axes = np.linalg.svd((z - middle) / np.sqrt(len(z)), full_matrices=False)
    kept = spread > _FLAT * max(spread[0], np.finfo(float).tiny)
    units = axes[kept] / spread[kept, None]  # from z - middle to coordinates of variance 1
    u = (z - middle) @ units.T
    i, j = np.triu_indices(u.shape[1])
    columns = np.column_stack([np.ones(len(u)), u, u[:, i] * u[:, j]])
    found = np.linalg.lstsq(columns, values, rcond=None)[0]
    d = u.shape[1]
    curved = np.zeros((d, d))
    curved[i, j] = found[1 + d :]
    root, vectors = np.linalg.eigh(curved + curved.T)
    H = np.zeros((d + 1, d + 1))
    H[:d, :d] = (vectors * np.minimum(root, 0.0)) @ vectors.T
    H[:d, d] = H[d, :d] = found[1 : 1 + d]
    H[d, d] = 2.0 * found[0]
    back = np.zeros((d + 1, n + 1))
    back[:d, :n], back[:d, n], back[d, n] = units, -units @ middle, 1.0
    return back.T @ H @ back


def _log_weights(returns, log_q, log_p):
    returns, log_q = _vector("returns", returns), _vector("log_q", log_q)
    log_p, _ = _real("log_p", log_p)
    if log_q.shape != returns.shape or log_p.shape not in ((), returns.shape):
        raise ValueError(
            f"returns has shape {returns.shape}, log_q {log_q.shape} and log_p {log_p.shape}: "
            "expected (N,), (N,) and (N,) or one number"
        )
    bad = np.flatnonzero(~np.isfinite(log_q))
    if len(bad):
        raise ValueError(f"log_q[{bad[0]}] is {log_q[bad[0]]}: could q draw this sample?")
    for name, array in (("returns", returns), ("log_p", np.broadcast_to(log_p, returns.shape))):
        bad = np.flatnonzero(~(array < np.inf))
        if len(bad):
            raise ValueError(f"{name}[{bad[0]}] is {array[bad[0]]}")
    return returns + log_p - log_q


def _positive(**numbers):
    for name, value in numbers.items():
        if not 0.0 < value < np.inf:
            raise ValueError(f"{name} is {value}, expected a positive number")


def _vector(name, array):
    array, _ = _real(name, array)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} has shape {array.shape}, expected one axis, not empty")
    return array
