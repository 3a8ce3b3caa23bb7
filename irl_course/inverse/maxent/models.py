"""Three models of an agent who prefers reward and is otherwise as random as can be.

Each is a convex function W of the reward, and the gradient of W is the agent's expected visits. The
log-likelihood of demonstrations with visits n is <n, r> - W(r): concave in the reward, with the
gradient n - visits. Maximum entropy IRL needs these two numbers and no more, whether the reward is
linear or a network.

    TrajectoryModel   p(trajectory) exp(sum of rewards) / Z, T steps (Ziebart et al. 2008)
    CausalModel       the policy of most causal entropy, T steps (Ziebart, Bagnell & Dey 2010)
    DiscountedModel   the same, discounted and without an end

Visits are counted at the T steps where an action is taken; the state reached last counts nowhere.
Rewards of any size are safe. With a horizon, a plan holds T * S * A numbers where these are few,
and about 2 * S * sqrt(T * A) in large worlds, for half as much time again.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from irl_course.mdp import MDP, _count, as_reward
from irl_course.planning import _look_ahead, _require_discount, _soft_max, soft_value_iteration
from irl_course.solvers import factor, resolution, solve

# Up to this range of values exp(V), taken relative to the middle, neither over- nor underflows.
_SAFE_RANGE = 1200.0
# The discounted planner's error, relative to the largest value that there could be.
_PLAN_TOL = 1e-12
# Factors of an old policy serve while each use of them makes the error so many times smaller.
_SERVES = 4.0
# Policies are kept for a whole horizon if they have so many numbers at most.
_ROOM = 1 << 19
# Second derivatives take K solutions of (S,) each: up to so many features and numbers.
_CURVED_FEATURES, _CURVED_NUMBERS = 200, 1 << 24


class DiscountedModel:
    """The policy of most causal entropy without an end: Q = r + gamma E[V], V = log sum_a exp Q.

    W = source . V. The planner starts from the values that it found last.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        source: where agents enter, shape (S,); by default p(s_1). A negative entry takes out.

    Raises:
        ValueError: gamma is 1.
    """

    def __init__(self, mdp: MDP, source: np.ndarray | None = None):
        _require_discount(mdp)
        self.mdp = mdp
        self.source = mdp.initial_dist if source is None else source
        self._V = self._factors = self._last = None

    def plan(self, reward: np.ndarray) -> tuple[float, np.ndarray]:
        """The value W of a reward, and its gradient.

        Args:
            reward: shape (S, A), or (S,) for all actions alike.

        Returns:
            W, and expected discounted visits, of the reward's shape; they sum to
            sum(source) / (1 - gamma).
        """
        reward = _checked(self.mdp, reward)
        self._V, pi = self._values(as_reward(self.mdp, reward))
        self._last = pi, mass = pi, self._visits(pi)
        return float(self.source @ self._V), mass if reward.ndim == 1 else mass[:, None] * pi

    def _values(self, reward):
        """Policy iteration, on factors of an earlier policy for as long as they serve.

        V + (I - gamma P_pi)^-1 (T V - V) is Newton's step to the fixed point of the soft Bellman
        operator T; with pi a little out of date it still takes most of the error away. With pi far
        out of date such steps can go round in circles for ever, so after one that made it worse
        the planner of any reward takes over.
        """
        gamma = self.mdp.gamma
        tol = _PLAN_TOL * max(1.0, np.abs(reward).max()) / (1.0 - gamma)
        V, bound = self._V, np.inf
        while self._factors is not None:
            TV, pi = _soft_max(_look_ahead(self.mdp, reward, V, gamma), 1.0)
            previous, bound = bound, gamma / (1.0 - gamma) * np.abs(TV - V).max()
            floor = resolution(TV, gamma)
            stalled = bound <= 8 * floor and bound > previous / 2  # rounding is all that is left
            if bound <= max(tol, floor) or stalled:
                return TV, pi
            if bound > previous:
                break
            if bound > previous / _SERVES:
                self._factors = factor(self.mdp.policy_matrix(pi), gamma)
            V = V + self._factors(TV - V)
        V, _, pi = soft_value_iteration(self.mdp, reward, tol=tol, V0=V)
        self._factors = factor(self.mdp.policy_matrix(pi), gamma)
        return V, pi

    def _visits(self, pi):
        """Discounted visits to states, by refining what the factors at hand say."""
        P_pi, gamma = self.mdp.policy_matrix(pi), self.mdp.gamma
        into = _transpose(P_pi)
        if self._factors is None:
            return solve(into, self.source, gamma)
        mass, error, fresh = np.zeros(len(self.source)), np.inf, False
        while True:
            residual = self.source - mass + gamma * (into @ mass)
            previous, error = error, np.abs(residual).sum()
            slow = error >= previous / _SERVES
            if error <= _PLAN_TOL * (1.0 - gamma) * np.abs(mass).sum() or (slow and fresh):
                return mass  # to within a share of _PLAN_TOL, or of rounding
            if slow:
                self._factors, fresh = factor(P_pi, gamma), True
            mass = mass + self._factors(residual, transposed=True)

    def curvature(self, features: np.ndarray | sparse.sparray) -> np.ndarray | None:
        """Second derivatives of W along features, at the reward planned for last.

        The Hessian with respect to psi is sum_s mass(s) Cov_{a ~ pi(.|s)}[dQ(s, a) / dpsi], and
        dV / dpsi = (I - gamma P_pi)^-1 f_pi.

        Args:
            features: shape (S, A, K), or (S, K), dense or sparse.

        Returns:
            Shape (K, K), symmetric, positive semidefinite if no source is negative; None where it
            would take too long.
        """
        pi, mass = self._last
        S, K = self.mdp.n_states, features.shape[-1]
        if self._factors is None or K > _CURVED_FEATURES or S * K > _CURVED_NUMBERS:
            return None
        self._factors = factor(self.mdp.policy_matrix(pi), self.mdp.gamma)
        if features.ndim == 3:
            seen = [features[:, a] for a in range(features.shape[1])]
            f_pi = np.einsum("sa,sak->sk", pi, features)
        else:
            f_pi = features.toarray() if sparse.issparse(features) else features
            seen = [f_pi] * self.mdp.n_actions
        dV, hessian = self._factors(f_pi), np.zeros((K, K))
        for a, f in enumerate(seen):
            advantage = f + self.mdp.gamma * (self.mdp._rows[a :: len(seen)] @ dV) - dV
            hessian += (advantage * (mass * pi[:, a])[:, None]).T @ advantage
        return (hessian + hessian.T) / 2


class _HorizonModel:
    """T steps without discounting, solved in one backward and one forward pass.

    Inside, actions come first, (A, S): NumPy is twice as quick that way.
    """

    def __init__(self, mdp: MDP, horizon: int):
        self.mdp, self.horizon = mdp, _count("horizon", horizon)
        S, A = mdp.n_states, mdp.n_actions
        self._rows = mdp._rows[np.arange(S * A).reshape(S, A).T.ravel()]

    def plan(self, reward: np.ndarray) -> tuple[float, np.ndarray]:
        """The value W of a reward, and its gradient.

        Args:
            reward: shape (S, A), or (S,) for all actions alike, which is quicker.

        Returns:
            W, and the expected visits in all T steps, of the reward's shape.
        """
        self._planned = _checked(self.mdp, reward)
        value, passes = self._solve(self._planned)
        total = np.zeros(self._planned.shape)
        for visits in passes:
            total += visits
        return value, total

    def visits(self, reward: np.ndarray) -> np.ndarray:
        """Expected visits at each step, shape (T, S, A)."""
        return np.stack(list(self._solve(as_reward(self.mdp, reward))[1]))

    def curvature(self, features: np.ndarray | sparse.sparray) -> np.ndarray | None:
        """Nothing quick is known about the second derivatives."""
        return None

    def _solve(self, reward) -> tuple[float, Iterator]:
        """W, and the visits step by step.

        Where there is no room for all policies the horizon is cut into segments: the values at
        their ends are kept, and on the way forward each segment is worked out once more.
        """
        S, T = self.mdp.n_states, self.horizon
        by_action = np.ascontiguousarray(reward.T)
        length = T
        if self._rows.shape[0] * T > _ROOM:
            # Room for a segment's policies is A times as large as for the values at an end.
            length = max(math.isqrt(T // self.mdp.n_actions), _ROOM // self._rows.shape[0] // 2, 1)
        # Room for many policies in one piece is quicker to have than a bit at every step.
        room = np.empty((length, self.mdp.n_actions, S))
        V, value, segments = np.zeros(S), 0.0, []
        for first in reversed(range(0, T, length)):
            segments.append((first, min(first + length, T), V))
            V, worth, steps = self._backwards(by_action, segments[-1], room)
            value += worth
        return float(value), self._forward(by_action, segments, steps, room, reward.ndim)

    def _backwards(self, reward, segment, room):
        """One segment: the values at its start, what those who enter are worth, and its steps."""
        first, end, V = segment
        value, steps = 0.0, []
        for t in reversed(range(first, end)):
            V, pi, push = self._step(reward, V, room[t - first])
            worth, entering = self._enter(t, V)
            value += worth
            steps.append((pi, push, entering))
        return V, value, steps

    def _forward(self, reward, segments, steps, room, ndim):
        mass = 0.0
        while segments:
            segment = segments.pop()
            if segment[0] > 0:  # the steps of the first are there already
                _, _, steps = self._backwards(reward, segment, room)
            while steps:
                pi, push, entering = steps.pop()
                if entering is not None:
                    mass = mass + entering
                pairs = mass if pi is None else mass * pi
                yield mass if ndim == 1 else pairs.T
                mass = push(pairs.ravel())

    def _step(self, reward, V, room) -> tuple[np.ndarray, np.ndarray | None, Callable]:
        """Values one step earlier, the policy there, and the push of mass through both."""
        raise NotImplementedError

    def _enter(self, t, V) -> tuple[float, np.ndarray | None]:
        """What the agents who enter at step t are worth, and where they are."""
        raise NotImplementedError


class CausalModel(_HorizonModel):
    """The policy of most causal entropy over T steps: Q = r + E[V], V = log sum_a exp Q.

    W = sum_t source_t . V_t.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        horizon: number of steps T.
        source: where agents enter at the first steps, shape (M, S) with M <= T; by default p(s_1)
            at the first. A negative entry takes out.
    """

    def __init__(self, mdp: MDP, horizon: int, source: np.ndarray | None = None):
        super().__init__(mdp, horizon)
        self.source = mdp.initial_dist[None] if source is None else source
        self._into, self._stationary = _transpose(self._rows), None

    def curvature(self, features: np.ndarray | sparse.sparray) -> np.ndarray | None:
        """Roughly the second derivatives of W: those of an agent who may stop at every step.

        With probability 1 / T. It takes 1 / T of the time that the exact ones would take, and
        tells as well which directions are flat and which are steep.

        Args:
            features: shape (S, A, K), or (S, K), dense or sparse.

        Returns:
            Shape (K, K), symmetric and positive semidefinite; None where it would take too long.
        """
        if self._stationary is None:
            self._stationary = DiscountedModel(self.mdp.replace(gamma=1.0 - 1.0 / self.horizon))
        self._stationary.plan(self._planned)
        return self._stationary.curvature(features)

    def _step(self, reward, V, room):
        Q = (self._rows @ V).reshape(self.mdp.n_actions, -1)
        if reward.ndim == 2:
            Q += reward
            return *_choose(Q, room), self._push
        V, pi = _choose(Q, room)
        return reward + V, pi, self._push

    def _push(self, pairs):
        return self._into @ pairs

    def _enter(self, t, V):
        return (self.source[t] @ V, self.source[t]) if t < len(self.source) else (0.0, None)


class TrajectoryModel(_HorizonModel):
    """Trajectories of T steps in proportion to p(trajectory) exp(sum of rewards); W = log Z.

    p(trajectory) = p(s_1) prod p(s'|s, a) stays in Z: Q = r + log E[exp V], V = log sum_a exp Q.
    The agent is an optimist: p(s'|s, a) exp V(s') / E[exp V] is where it believes to go.

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        horizon: number of steps T.
        start: shape (S,). With it first states are given, this is how frequent they are, and W is
            the mean of log Z(s_1). By default they are part of the trajectory, and p(s_1) of Z.
    """

    def __init__(self, mdp: MDP, horizon: int, start: np.ndarray | None = None):
        super().__init__(mdp, horizon)
        self.start = start
        self._by_action, self._of_state = _Successors(self._rows), None

    def _step(self, reward, V, room):
        if reward.ndim == 2:
            log_E, push = self._by_action.log_expect_exp(V)
            return *_choose(log_E.reshape(reward.shape) + reward, room), push
        if self._of_state is None:  # for all actions together one matrix will do
            S = self.mdp.n_states
            actions = range(self.mdp.n_actions)
            self._of_state = _Successors(sum(self._rows[a * S : (a + 1) * S] for a in actions))
        log_E, push = self._of_state.log_expect_exp(V)
        return reward + log_E, None, push

    def _enter(self, t, V):
        if t > 0:
            return 0.0, None
        if self.start is not None:
            return self.start @ V, self.start
        entering, at = np.zeros(len(V)), np.flatnonzero(self.mdp.initial_dist)
        worth = V[at] + np.log(self.mdp.initial_dist[at])
        log_Z = worth.max() + np.log(np.exp(worth - worth.max()).sum())
        entering[at] = np.exp(worth - log_Z)
        return log_Z, entering


class _Successors:
    """log E[exp V] for each row of a matrix of weights, and the push of mass that goes with it."""

    def __init__(self, rows):
        self.rows, self.into, self.edges = rows, _transpose(rows), None

    def log_expect_exp(self, V):
        low, high = V.min(), V.max()
        if high - low > _SAFE_RANGE:
            return self._edge_by_edge(V)
        middle = (low + high) / 2
        scale = np.exp(V - middle)
        E = self.rows @ scale
        log_E = np.log(E)
        log_E += middle
        return log_E, lambda mass: scale * (self.into @ (mass / E))

    def _edge_by_edge(self, V):
        """The same, every row relative to its own best successor."""
        if self.edges is None:
            self.edges = sparse.csr_array(self.rows, copy=True)
            self.edges.eliminate_zeros()
        P, first = self.edges, self.edges.indptr[:-1]  # no row is empty
        length = np.diff(P.indptr)
        ahead = V[P.indices]
        best = np.maximum.reduceat(ahead, first)
        weight = P.data * np.exp(ahead - np.repeat(best, length))
        E = np.add.reduceat(weight, first)
        believed = (weight / np.repeat(E, length), P.indices, P.indptr)
        return best + np.log(E), sparse.csr_array(believed, shape=P.shape).T.__matmul__


def _choose(Q, room):
    """log sum_a exp Q (S,), and its gradient, the softmax policy (A, S). Q is used up."""
    best = Q.max(axis=0)
    Q -= best
    pi = np.exp(Q, out=room)
    total = pi.sum(axis=0)
    pi /= total
    return best + np.log(total), pi


def _checked(mdp, reward):
    """A valid reward in the shape it came in: (S,) is quicker than (S, A)."""
    full = as_reward(mdp, reward)
    return full[:, 0] if np.ndim(reward) == 1 else full


def _transpose(matrix):
    return matrix.T.tocsr() if sparse.issparse(matrix) else matrix.T
