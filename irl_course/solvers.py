"""The two numerical problems behind planning: a Bellman fixed point, and a policy's linear system.

Both say how close they are by a bound on the error, never by a small step. `planning` is the door;
what is chosen here (sweeps, a factorisation, a Krylov method) changes the time and nothing else.
"""

import itertools
from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.linalg import lu_factor, lu_solve
from scipy.sparse.linalg import bicgstab, splu

from irl_course.mdp import MDP

_EPS = np.finfo(np.float64).eps
# Dense systems up to this size are solved outright; beyond, sweeps are tried first: so many of
# them, on dense and on sparse transitions, before a solve is the cheaper way.
_DIRECT_STATES, _DENSE_SWEEPS, _SPARSE_SWEEPS = 200, 100, 1_000
# Sweeps come in runs, the last few of which are extrapolated from. A policy still far from the
# best, by this share of the range of values, is given one run only.
_RUN, _LOOK_BACK, _FAR = 20, 5, 0.05
# Weights beyond this would magnify rounding.
_LARGEST_WEIGHT = 1e4
# Such a policy is worth this many backups more before its run: a backup costs five sweeps.
_FURTHER = 3
# A policy's rows are kept in slots of equal length unless that takes so many times the room.
_ROOM = 2.0
# Extrapolation has always needed far fewer improvements. Without it there is proof of convergence.
_BOLD = 300
# A banded sparse system costs about S * bandwidth^2 to factor: a quarter of a second at this.
_DIRECT_WORK = 5e9


def resolution(V: np.ndarray, gamma: float) -> float:
    """How closely float64 can pin down values of this size: rounding, summed over the future."""
    return 8 * _EPS * np.abs(V).max() / (1.0 - gamma)


def fixed_point(
    mdp: MDP,
    improve: Callable,
    V0: np.ndarray,
    tol: float,
    max_iter: int | None = None,
    backup: Callable | None = None,
) -> np.ndarray:
    """The fixed point of a Bellman operator to within tol, by modified policy iteration.

    `improve(V)` returns T V, the policy that attains it (actions (S,) or probabilities (S, A))
    and that policy's payoff per step (S,). T must be monotone, with T(V + c) = T V + gamma c:
    then V* - T V lies between gamma / (1 - gamma) times the least and the largest of T V - V,
    and the middle is off by half their distance at most.

    V0 (S,) is where to start; `backup(V)` is T V alone, if that is cheaper.
    """
    if not tol > 0:
        raise ValueError(f"tol is {tol}, expected a positive number")
    gamma, scale = mdp.gamma, mdp.gamma / (1.0 - mdp.gamma)
    V, transitions = V0, _PolicyTransitions(mdp)
    bound = np.inf
    for iteration in itertools.count(1):
        TV, policy, payoff = improve(V)
        step = TV - V
        low, high = scale * step.min(), scale * step.max()
        previous, bound, floor = bound, (high - low) / 2, resolution(TV, gamma)
        stalled = bound <= 8 * floor and bound > previous / 2  # rounding is all that is left
        if bound <= tol or stalled:
            return TV + (low + high) / 2
        if iteration == max_iter:
            raise RuntimeError(
                f"V is known to within {bound:.3g} after {iteration} iterations, not to within "
                f"tol = {tol:.3g}: allow more iterations or a larger tol"
            )
        # Sweeping beyond a tenth of the present error is wasted on a policy about to change.
        goal = max(bound / 10, tol / 2, floor)
        if bound > _FAR * np.ptp(TV):
            goal = np.inf
            if backup is not None:
                # What draws a policy spreads by a state an improvement: it spreads further first.
                for _ in range(_FURTHER):
                    TV = backup(TV)
                TV, policy, payoff = improve(TV)
        V = _sweep(transitions.under(policy), payoff, gamma, TV, goal, iteration <= _BOLD)


class _PolicyTransitions:
    """gamma P_pi for one policy after the other; where few actions change, few rows are copied."""

    def __init__(self, mdp):
        self.mdp, self.first_row = mdp, np.arange(mdp.n_states) * mdp.n_actions
        self.action = None
        if mdp.is_sparse:
            self.length = np.diff(mdp.P.indptr)
            self.width = int(self.length.max())

    def under(self, policy):
        """The matrix for actions (S,) or probabilities (S, A); it is good until the next call."""
        gamma, P = self.mdp.gamma, self.mdp.P
        if policy.ndim == 2:
            return gamma * self.mdp.policy_matrix(policy)
        rows = self.first_row + policy
        if not self.mdp.is_sparse or self.width * P.shape[0] > _ROOM * P.nnz:
            return gamma * self.mdp._rows[rows]
        if self.action is None:
            self._make_room(P)
            changed = slice(None)
        else:
            changed = np.flatnonzero(policy != self.action)
        rows, slots = rows[changed], np.arange(self.width)
        entry = P.indptr[rows][:, None] + slots
        self.successors[changed] = P.indices.take(entry, mode="clip")
        filled = slots < self.length[rows][:, None]
        self.weights[changed] = np.where(filled, gamma * P.data.take(entry, mode="clip"), 0.0)
        self.action = policy.copy()
        return self.matrix

    def _make_room(self, P):
        S = self.mdp.n_states
        self.weights = np.empty((S, self.width))
        self.successors = np.empty((S, self.width), dtype=P.indices.dtype)
        ends = np.arange(0, S * self.width + 1, self.width, dtype=P.indices.dtype)
        parts = (self.weights.reshape(-1), self.successors.reshape(-1), ends)
        self.matrix = sparse.csr_array(parts, shape=(S, S))


def _sweep(discounted, payoff, gamma, V, bound, bold):
    """The value of a policy, up to a constant: to within bound by sweeps, or else solved for.

    With an infinite bound it is one run of sweeps. Bold ones are extrapolated in between.
    """
    max_sweeps = _SPARSE_SWEEPS
    if not sparse.issparse(discounted):
        max_sweeps = 0 if len(V) <= _DIRECT_STATES else _DENSE_SWEEPS
    values, steps = np.empty((2, _LOOK_BACK, len(V)))
    for _ in range(0, max_sweeps, _RUN):
        for _ in range(_RUN - _LOOK_BACK):
            V = payoff + discounted @ V
        for i in range(_LOOK_BACK):
            np.add(payoff, discounted @ V, out=values[i])
            np.subtract(values[i], V, out=steps[i])
            V = values[i]
        if gamma / (1.0 - gamma) * np.ptp(steps[-1]) / 2 <= bound < np.inf:
            return V.copy()
        V = _extrapolate(values, steps) if bold else V.copy()
        if bound == np.inf:
            return V
    return solve(discounted / gamma, payoff, gamma)


def _extrapolate(values, steps):
    """The affine combination of values whose step is least, but for a constant.

    Reduced rank extrapolation (Sidi 2017). A sweep is affine: it makes of the
    combination of values that of the steps, and so a few slow modes are gone at once.
    """
    for step in steps:
        step -= step.mean()
    size = np.abs(steps[0]).max()  # none is larger: a sweep contracts
    if size <= 8 * _EPS * np.abs(values[-1]).max():  # that is rounding
        return values[-1].copy()
    steps /= size  # their squares neither over- nor underflow
    gram = steps @ steps.T
    gram[np.diag_indices(len(gram))] += _EPS * np.trace(gram)
    try:
        weights = np.linalg.solve(gram, np.ones(len(gram)))
    except np.linalg.LinAlgError:  # the steps are alike, or nothing but rounding
        return values[-1].copy()
    weights /= weights.sum()
    if np.abs(weights).max() <= _LARGEST_WEIGHT:  # a NaN fails as well
        return np.einsum("i,is->s", weights, values)  # BLAS would keep all cores busy for this
    return values[-1].copy()


def solve(P_pi: np.ndarray | sparse.csr_array, b: np.ndarray, gamma: float) -> np.ndarray:
    """The solution of (I - gamma P_pi) x = b; P_pi is stochastic, or the transpose of such."""
    factors = factor(P_pi, gamma)
    if factors is not None:
        return factors(b)
    return _solve_iteratively(_system(P_pi, gamma), b, gamma)


def factor(P_pi: np.ndarray | sparse.csr_array, gamma: float) -> Callable | None:
    """Factors of I - gamma P_pi as a function: b (S,) or (S, K) to x; `transposed` on request.

    None where a sparse world's moves are not local: its factors would not be sparse.
    """
    system = _system(P_pi, gamma)
    if not sparse.issparse(system):
        dense = lu_factor(system)
        return lambda b, transposed=False: lu_solve(dense, b, trans=int(transposed))
    rows = np.repeat(np.arange(system.shape[0]), np.diff(system.indptr))
    bandwidth = float(np.abs(rows - system.indices).max())
    if system.shape[0] * bandwidth**2 > _DIRECT_WORK:
        return None
    # The diagonal dominates: without pivoting the factors stay as thin as the pattern allows.
    thin = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0}
    lu = splu(system.tocsc(), **thin, options={"SymmetricMode": True})
    return lambda b, transposed=False: lu.solve(b, trans="T" if transposed else "N")


def _system(P_pi, gamma):
    if not sparse.issparse(P_pi):
        return np.eye(len(P_pi)) - gamma * P_pi
    return (sparse.eye_array(P_pi.shape[0], format="csr") - gamma * P_pi).tocsr()


# The error is at most 1 / (1 - gamma) times the residual: of values in the largest entry, of
# visits in the sum.
_NORMS = (lambda x: np.abs(x).max(), lambda x: np.abs(x).sum())


def _solve_iteratively(system, b, gamma):
    """BiCGSTAB with sweeps in between, which spread out a residual that sits in a few states."""
    x = b / (1.0 - gamma)
    while True:
        for _ in range(100):
            residual = b - system @ x
            if all(norm(residual) <= 64 * _EPS * norm(x) for norm in _NORMS):
                return x
            x = x + residual
        residual = b - system @ x
        step, _ = bicgstab(system, residual, rtol=1e-8, maxiter=500)
        if not np.linalg.norm(residual - system @ step) < np.linalg.norm(residual) / 2:
            return splu(system.tocsc()).solve(b)  # where it fails (long cycles) factors are thin
        x = x + step
