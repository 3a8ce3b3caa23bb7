"""A mass on a table that you push about: continuous states, and still an exact solution.

States and actions are vectors here, D and M numbers long, so that nothing can be listed or summed
over. With linear dynamics and a quadratic reward the maximum entropy distribution is Gaussian and
log Z has a closed form (Levine & Koltun 2012 use it as an approximation of other rewards).

Time: T steps without discounting, rewards at the T steps where an action is taken; the state
reached last counts nowhere. Densities: of actions, per unit of each of their M components.
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from irl_course.mdp import _count, _read_only, _real

FEATURES = ("nearness", "slowness", "ease", "east", "north")
MODELS = ("trajectory", "causal")
_LOG_2PI = float(np.log(2.0 * np.pi))


class Paths(NamedTuple):
    """N trajectories of T steps in a continuous world.

    Attributes:
        states: shape (N, T + 1, D).
        actions: shape (N, T, M).
    """

    states: np.ndarray
    actions: np.ndarray


class QuadraticCost(NamedTuple):
    """A cost c(s, a) = s' state s / 2 + linear . s + a' action a / 2; the reward is -c.

    Attributes:
        state: shape (D, D), symmetric.
        action: shape (M, M), symmetric and positive definite.
        linear: shape (D,), or None for 0. The cost is least where state s = -linear.
    """

    state: np.ndarray
    action: np.ndarray
    linear: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class GaussianPolicy:
    """Actions around a linear feedback, a_t ~ N(gains[t] s_t + offsets[t], covariances[t]).

    Attributes:
        gains: shape (T, M, D); with 0 the policy is blind to where it is.
        offsets: shape (T, M).
        covariances: shape (T, M, M), positive definite.
    """

    gains: np.ndarray
    offsets: np.ndarray
    covariances: np.ndarray

    def __post_init__(self):
        gains, _ = _real("gains", self.gains)
        if gains.ndim != 3:
            raise ValueError(f"gains has shape {gains.shape}, expected (T, M, D)")
        T, M, _ = gains.shape
        offsets = _array("offsets", self.offsets, (T, M))
        covariances = _symmetric("covariances", self.covariances, (T, M, M))
        for name, array in (("gains", gains), ("offsets", offsets), ("covariances", covariances)):
            object.__setattr__(self, name, _read_only(array))
        _ = self._factors

    @functools.cached_property
    def _factors(self):
        """Lower triangles L with covariances = L L', shape (T, M, M)."""
        return _cholesky("covariances", self.covariances)

    @property
    def horizon(self) -> int:
        """T."""
        return len(self.gains)

    @property
    def entropy(self) -> float:
        """Entropy of the T actions given the states, in nats; it does not depend on the states."""
        T, M = self.offsets.shape
        return float(_log_diagonals(self._factors).sum() + 0.5 * T * M * (1.0 + _LOG_2PI))

    def log_density(self, paths: Paths) -> np.ndarray:
        """log q = sum_t log q(a_t|s_t), without what the world contributes.

        Args:
            paths: N trajectories of T steps.

        Returns:
            Shape (N,), in nats.
        """
        states, actions = _paths(paths, *self.gains.shape)
        miss = actions - np.einsum("tmd,ntd->ntm", self.gains, states[:, :-1]) - self.offsets
        units = np.linalg.solve(self._factors, miss[..., None])[..., 0]
        T, M = self.offsets.shape
        constant = _log_diagonals(self._factors).sum() + 0.5 * T * M * _LOG_2PI
        return -0.5 * (units**2).sum(axis=(1, 2)) - constant

    def quadratics(self) -> np.ndarray:
        """log q(a_t|s_t) as forms z' H_t z / 2 in z = (s, 1, a), shape (T, D + 1 + M, same)."""
        T, M, _ = self.gains.shape
        identity = np.broadcast_to(np.eye(M), (T, M, M))
        miss = np.concatenate([-self.gains, -self.offsets[..., None], identity], axis=2)
        units = np.linalg.solve(self._factors, miss)
        H = -np.swapaxes(units, 1, 2) @ units
        one = self.gains.shape[2]
        H[:, one, one] -= M * _LOG_2PI + 2.0 * _log_diagonals(self._factors)
        return H


@dataclass(frozen=True, eq=False)
class SoftLQR(GaussianPolicy):
    """What `soft_lqr` found: the policy, and its soft values.

    Attributes:
        gains: shape (T, M, D).
        offsets: shape (T, M).
        covariances: shape (T, M, M).
        values: soft values as forms V_t(s) = x' values[t] x / 2 in x = (s, 1), shape
            (T + 1, D + 1, D + 1); the last is 0.
    """

    values: np.ndarray

    def V(self, states: np.ndarray, t: int = 0) -> np.ndarray:
        """Soft value of states at step t, shape (...) for states of shape (..., D)."""
        states, _ = _real("states", states)
        x = np.concatenate([states, np.ones((*states.shape[:-1], 1))], axis=-1)
        return 0.5 * np.einsum("...i,ij,...j->...", x, self.values[t], x)

    def log_Z(self, start: np.ndarray) -> float:
        """log Z of the trajectories from a start, shape (D,); the mean if there are several."""
        return float(np.mean(self.V(start)))


def soft_lqr(
    A: np.ndarray,
    B: np.ndarray,
    cost: QuadraticCost | np.ndarray,
    noise: np.ndarray | float,
    horizon: int,
    model: str = "trajectory",
) -> SoftLQR:
    """The maximum entropy policy of a linear system with a quadratic cost, and its log Z.

    s_{t+1} = A s_t + B a_t + e_t, e_t ~ N(0, noise). Backwards from V_T = 0,
    Q_t(s, a) = -c(s, a) + next value, V_t(s) = log integral exp Q_t(s, a) da. Q is a quadratic
    form, so that pi = exp(Q - V) is Gaussian: the optimal controller, with its own uncertainty
    around it. The next value is log E[exp V(s')] of the model "trajectory" (p(trajectory)
    exp(sum of rewards) / Z, which takes luck for choice) and E[V(s')] of the model "causal".
    Without noise the two are one.

    Args:
        A: how a state goes on by itself, shape (D, D).
        B: what an action adds, shape (D, M).
        cost: a `QuadraticCost`; or any quadratic reward, one for each step, as symmetric forms
            r_t = z' H_t z / 2 in z = (s, 1, a), shape (T, D + 1 + M, D + 1 + M).
        noise: covariance of the noise, shape (D, D), or one number for all components.
        horizon: number of steps T.
        model: "trajectory" or "causal".

    Returns:
        gains, offsets, covariances, and `log_Z(start)`, in nats. In the causal model the latter is
        the expected return plus the entropy of the policy.

    Raises:
        ValueError: a shape; or an integral is infinite: not every action costs in the end, or,
            "trajectory" only, luck pays more than it is rare.
    """
    A, B, noise = _system(A, B, noise)
    horizon, (D, M) = _count("horizon", horizon), B.shape
    if model not in MODELS:
        raise ValueError(f"model is {model!r}, expected one of {', '.join(map(repr, MODELS))}")
    H = _forms(cost, horizon, D, M)
    step = np.block([[A, np.zeros((D, 1)), B], [np.zeros((1, D)), 1.0, np.zeros((1, M))]])
    values = np.zeros((horizon + 1, D + 1, D + 1))
    feedback, covariances = np.empty((horizon, M, D + 1)), np.empty((horizon, M, M))
    for t in reversed(range(horizon)):
        Q = H[t] + step.T @ _before_noise(values[t + 1], noise, model, t) @ step
        values[t], feedback[t], covariances[t] = _integrate_actions(Q, D + 1, t)
    return SoftLQR(feedback[..., :D], feedback[..., D], covariances, _read_only(values))


@dataclass(frozen=True, eq=False)
class PointMass:
    """A mass that you push about on a table. Made by `point_mass`.

    Attributes:
        A: shape (4, 4); states are (x, y, velocity in x, velocity in y), in m and m/s.
        B: shape (4, 2); actions are accelerations, in m/s^2.
        noise: covariance of what chance adds to a state in a step, shape (4, 4).
        horizon: number of steps T.
        starts: shape (N, 4), six by default.
    """

    A: np.ndarray
    B: np.ndarray
    noise: np.ndarray
    horizon: int
    starts: np.ndarray

    @property
    def feature_names(self) -> tuple[str, ...]:
        """K = 5 names: nearness, slowness, ease, east, north."""
        return FEATURES

    def features(self, paths: Paths) -> np.ndarray:
        """f(s, a) = (-|position|^2 / 2, -|velocity|^2 / 2, -|action|^2 / 2, x, y).

        With weights psi the reward is quadratic; it is largest at rest in psi[3:] / psi[0].

        Args:
            paths: N trajectories of T steps.

        Returns:
            Shape (N, T, K); sum over the second axis for a trajectory's features.
        """
        states, actions = _paths(paths, None, *self.B.shape[::-1])
        position, velocity = states[:, :-1, :2], states[:, :-1, 2:]
        squares = [-0.5 * (part**2).sum(axis=2) for part in (position, velocity, actions)]
        return np.concatenate([np.stack(squares, axis=2), position], axis=2)

    def psi(
        self,
        goal: tuple[float, float] = (0.0, 0.0),
        nearness: float = 1.0,
        slowness: float = 0.5,
        ease: float = 0.5,
    ) -> np.ndarray:
        """Weights of who wants to be near a goal, slow, and without effort, shape (5,)."""
        goal = _array("goal", goal, (2,))
        return np.array([nearness, slowness, ease, *(nearness * goal)], dtype=float)

    def cost(self, psi: np.ndarray) -> QuadraticCost:
        """The cost c(s, a) = -psi . f(s, a), for `soft_lqr`.

        Args:
            psi: reward weights, shape (5,).
        """
        psi = _array("psi", psi, (len(FEATURES),))
        linear = np.array([-psi[3], -psi[4], 0.0, 0.0])
        return QuadraticCost(np.diag(psi[[0, 0, 1, 1]]), psi[2] * np.eye(2), linear)

    def solve(self, psi: np.ndarray, model: str = "trajectory") -> SoftLQR:
        """The maximum entropy policy of reward psi . f(s, a), by `soft_lqr`."""
        return soft_lqr(self.A, self.B, self.cost(psi), self.noise, self.horizon, model)

    def sample(
        self, policy: GaussianPolicy, start: np.ndarray, seed: int | np.random.Generator
    ) -> Paths:
        """Draw one trajectory from each start: a_t ~ policy, s_{t+1} ~ N(A s_t + B a_t, noise).

        Args:
            policy: for T steps.
            start: shape (N, 4); repeat a start for several trajectories from it.
            seed: an integer, or a generator, which is advanced.

        Returns:
            N trajectories of T steps.
        """
        return rollout(self.A, self.B, self.noise, policy, start, seed)


def point_mass(
    horizon: int = 12,
    dt: float = 0.25,
    noise: float = 0.0,
    starts: np.ndarray | None = None,
) -> PointMass:
    """Build a double integrator in the plane: your push changes the velocity, that the position.

    The push is constant over a step: x' = x + dt v + dt^2 a / 2, v' = v + dt a.

    Args:
        horizon: number of steps T; T times 2 numbers make a trajectory.
        dt: length of a step, in s.
        noise: standard deviation of what chance adds to each velocity in a step, in m/s.
        starts: states to start from, shape (N, 4); by default at rest in six places on a circle
            of 2 m around the origin.

    Returns:
        The world.

    Raises:
        ValueError: names the argument and its value.
    """
    if not 0.0 < dt < np.inf:
        raise ValueError(f"dt is {dt}, expected a positive number of seconds")
    if not 0.0 <= noise < np.inf:
        raise ValueError(f"noise is {noise}, expected a standard deviation, 0 or more")
    if starts is None:
        angle = np.arange(6) * np.pi / 3.0
        starts = 2.0 * np.stack([np.cos(angle), np.sin(angle), 0 * angle, 0 * angle], axis=1)
    starts = _array("starts", starts, (len(np.atleast_1d(starts)), 4))
    one, none = np.eye(2), np.zeros((2, 2))
    A = np.block([[one, dt * one], [none, one]])
    B = np.concatenate([0.5 * dt**2 * one, dt * one])
    covariance = np.diag([0.0, 0.0, noise**2, noise**2])
    held = map(_read_only, (A, B, covariance))
    return PointMass(*held, _count("horizon", horizon), _read_only(starts))


def rollout(
    A: np.ndarray,
    B: np.ndarray,
    noise: np.ndarray | float,
    policy: GaussianPolicy,
    start: np.ndarray,
    seed: int | np.random.Generator,
) -> Paths:
    """Draw one trajectory of a linear-Gaussian system from each start.

    Args:
        A: shape (D, D).
        B: shape (D, M).
        noise: covariance of the noise, shape (D, D), or one number for all components.
        policy: for T steps.
        start: shape (N, D).
        seed: an integer, or a generator, which is advanced.

    Returns:
        N trajectories of T steps.
    """
    A, B, noise = _system(A, B, noise)
    (T, M, D), rng = policy.gains.shape, np.random.default_rng(seed)
    if B.shape != (D, M):
        raise ValueError(f"gains has shape {policy.gains.shape}, expected (T, {M}, {B.shape[0]})")
    start = _array("start", start, (len(np.atleast_1d(start)), D))
    states, actions = np.empty((len(start), T + 1, D)), np.empty((len(start), T, M))
    values, vectors = np.linalg.eigh(noise)
    shake = vectors * np.sqrt(np.maximum(values, 0.0))  # a square root also of singular noise
    states[:, 0] = start
    for t in range(T):
        mean = states[:, t] @ policy.gains[t].T + policy.offsets[t]
        actions[:, t] = mean + rng.normal(size=(len(start), M)) @ policy._factors[t].T
        states[:, t + 1] = states[:, t] @ A.T + actions[:, t] @ B.T
        states[:, t + 1] += rng.normal(size=(len(start), D)) @ shake.T
    return Paths(states, actions)


def _before_noise(V, noise, model, t):
    """The form of log E[exp V(m + e)], or of E[V(m + e)], in the mean m; e ~ N(0, noise)."""
    D = len(noise)
    curved, before = V[:D, :D], V.copy()
    if model == "causal":
        before[D, D] += np.trace(curved @ noise)
        return before
    # Eigenvalues of a product of a covariance and a symmetric matrix are real.
    rarity = 1.0 - np.linalg.eigvals(noise @ curved).real
    if rarity.min() <= 0.0:
        raise ValueError(
            f"log Z is infinite: at t={t} luck pays more than it is rare. Is the cost negative?"
        )
    before += V[:, :D] @ noise @ np.linalg.solve(np.eye(D) - curved @ noise, V[:D])
    before[D, D] -= np.log(rarity).sum()
    return before


def _integrate_actions(Q, n, t):
    """V = log integral exp Q da, as a form in the first n components; with mean and covariance."""
    try:
        L = np.linalg.cholesky(-Q[n:, n:])
    except np.linalg.LinAlgError:
        raise ValueError(
            f"log Z is infinite: at t={t} the cost does not grow with every action"
        ) from None
    half = np.linalg.solve(L, Q[n:, :n])
    inverse = np.linalg.inv(L)
    V = Q[:n, :n] + half.T @ half
    V[-1, -1] += len(L) * _LOG_2PI - 2.0 * np.log(np.diagonal(L)).sum()
    return 0.5 * (V + V.T), inverse.T @ half, inverse.T @ inverse


def _forms(cost, T, D, M):
    """Rewards as forms z' H_t z / 2 in z = (s, 1, a), shape (T, D + 1 + M, D + 1 + M)."""
    if not isinstance(cost, QuadraticCost):
        return _symmetric("cost", cost, (T, D + 1 + M, D + 1 + M))
    H = np.zeros((D + 1 + M, D + 1 + M))
    H[:D, :D] = -_symmetric("cost.state", cost.state, (D, D))
    H[D + 1 :, D + 1 :] = -_symmetric("cost.action", cost.action, (M, M))
    if cost.linear is not None:
        H[:D, D] = H[D, :D] = -_array("cost.linear", cost.linear, (D,))
    return np.broadcast_to(H, (T, *H.shape))


def _system(A, B, noise):
    A, _ = _real("A", A)
    B, _ = _real("B", B)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not A.size:
        raise ValueError(f"A has shape {A.shape}, expected (D, D)")
    if B.ndim != 2 or B.shape[0] != len(A) or not B.size:
        raise ValueError(f"B has shape {B.shape}, expected ({len(A)}, M)")
    noise, _ = _real("noise", noise)
    if noise.ndim == 0:
        noise = noise * np.eye(len(A))
    noise = _symmetric("noise", noise, A.shape)
    least = np.linalg.eigvalsh(noise).min()
    if least < -1e-12 * np.abs(noise).max():
        raise ValueError(f"noise has the eigenvalue {least:g}, but a covariance none below 0")
    return _array("A", A, A.shape), _array("B", B, B.shape), noise


def _array(name, array, shape):
    array, _ = _real(name, array)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        index = ", ".join(map(str, np.argwhere(~np.isfinite(array))[0]))
        raise ValueError(f"{name}[{index}] is not finite")
    return array


def _symmetric(name, array, shape):
    array = _array(name, array, shape)
    flipped = np.swapaxes(array, -1, -2)
    if np.abs(array - flipped).max() > 1e-8 * np.abs(array).max():
        raise ValueError(f"{name} is not symmetric")
    return 0.5 * (array + flipped)


def _paths(paths, T, M, D):
    """States and actions of N trajectories, of the shapes (N, T + 1, D) and (N, T, M)."""
    states, actions = paths
    N = len(np.atleast_1d(states))
    if T is None:  # any number of steps
        T = max([1, *np.shape(actions)[1:2]])
    return _array("states", states, (N, T + 1, D)), _array("actions", actions, (N, T, M))


def _cholesky(name, matrices):
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(matrices)[:, 0]
        t = int(least.argmin())
        raise ValueError(
            f"{name}[t={t}] has the eigenvalue {least[t]:g}, expected positive ones"
        ) from None


def _log_diagonals(factors):
    return np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
