"""Markov decision processes, demonstrations, and the sampling that leads from one to the other.

Everything is validated where it enters: an error names the array, the index and the value.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy import sparse

# Rows may miss 1 by this much before they are refused; single precision cannot do much better.
_TOL_DOUBLE, _TOL_SINGLE = 1e-8, 1e-6
# Rows that miss 1 by more than this are rescaled, so that every sum downstream is exact.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class MDP:
    """A Markov decision process without its reward: p(s'|s, a), p(s_1) and gamma.

    Arrays are held in float64 as read-only views, copied only where that is needed. Rows within
    1e-8 of one (1e-6 in single precision) are accepted, and rescaled in a copy if they miss one
    by more than rounding.

    Args:
        P: transition probabilities, `P[s, a, next]` dense of shape (S, A, S), or any scipy sparse
            array of shape (S * A, S) whose row is `s * n_actions + a`, held as CSR.
        initial_dist: start distribution, shape (S,).
        gamma: discount factor, 0 <= gamma <= 1.

    Raises:
        ValueError: a shape, a probability, a row sum or the discount is wrong.
    """

    P: np.ndarray | sparse.csr_array
    initial_dist: np.ndarray
    gamma: float

    def __post_init__(self):
        P = _sparse_transitions(self.P) if sparse.issparse(self.P) else _dense_transitions(self.P)
        start, tol = _real("initial_dist", self.initial_dist)
        if start.shape != (P.shape[-1],):
            raise ValueError(
                f"initial_dist has shape {start.shape}, expected ({P.shape[-1]},): "
                f"P has {P.shape[-1]} states"
            )
        start = _distributions("initial_dist", start[None], {}, "s", tol)[0]
        object.__setattr__(self, "P", P)
        object.__setattr__(self, "initial_dist", _read_only(start))
        object.__setattr__(self, "gamma", _discount(self.gamma))

    @property
    def n_states(self) -> int:
        """S."""
        return self.P.shape[-1]

    @property
    def n_actions(self) -> int:
        """A."""
        return self._rows.shape[0] // self.n_states

    @property
    def is_sparse(self) -> bool:
        """Whether P is held as CSR."""
        return sparse.issparse(self.P)

    @property
    def _rows(self):
        """The transitions as one (S * A, S) matrix: one product with it is one pass over memory."""
        return self.P if self.is_sparse else self.P.reshape(-1, self.P.shape[-1])

    def expect(self, V: np.ndarray) -> np.ndarray:
        """Expected value of the next state, E[V(s') | s, a] = sum_s' p(s'|s, a) V(s').

        Args:
            V: one number per state, shape (S,); or several, shape (S, K).

        Returns:
            Expectations, shape (S, A) or (S, A, K), within the range of V.
        """
        V = np.asarray(V)
        if V.ndim not in (1, 2) or V.shape[0] != self.n_states:
            raise ValueError(f"V has shape {V.shape}, expected ({self.n_states},)")
        return (self._rows @ V).reshape(self.n_states, self.n_actions, *V.shape[1:])

    def policy_matrix(self, pi: np.ndarray) -> np.ndarray | sparse.csr_array:
        """State-to-state transitions under a policy, P_pi[s, s'] = sum_a pi(a|s) p(s'|s, a).

        Args:
            pi: action probabilities, shape (S, A).

        Returns:
            A matrix of shape (S, S), dense or CSR as P is; rows sum to 1.
        """
        pi = as_policy(self, pi)
        if not self.is_sparse:
            return np.matmul(pi[:, None, :], self.P)[:, 0]
        state, action = np.nonzero(pi)
        row_start = np.searchsorted(state, np.arange(self.n_states + 1))
        mix = (pi[state, action], state * self.n_actions + action, row_start)
        return sparse.csr_array(mix, shape=(self.n_states, self.P.shape[0])) @ self.P

    def flow(self, visits: np.ndarray) -> np.ndarray:
        """Mass pushed into each next state, sum_{s, a} visits(s, a) p(s'|s, a).

        Args:
            visits: mass on state-action pairs, shape (S, A).

        Returns:
            Mass on states, shape (S,); it sums to what visits sum to.
        """
        visits = np.asarray(visits)
        if visits.shape != (self.n_states, self.n_actions):
            raise ValueError(
                f"visits has shape {visits.shape}, expected ({self.n_states}, {self.n_actions})"
            )
        return self._rows.T @ visits.ravel()

    def replace(self, **changes) -> "MDP":
        """The same process with some of P, initial_dist and gamma exchanged."""
        return dataclasses.replace(self, **changes)

    def __reduce__(self):  # copies of an array forget its read-only flag: construct anew instead
        return MDP, (self.P, self.initial_dist, self.gamma)

    def __repr__(self):
        kind = f"{self.P.nnz} stored transitions" if self.is_sparse else "dense"
        return (
            f"MDP({self.n_states} states, {self.n_actions} actions, gamma={self.gamma:g}, {kind})"
        )


@dataclass(frozen=True, eq=False)
class Demos:
    """Demonstrations: N trajectories of T steps, (s_1, a_1, ..., s_T, a_T, s_{T+1}).

    Args:
        states: integers, shape (N, T + 1).
        actions: integers, shape (N, T).

    Raises:
        ValueError: not integers, a negative entry, or shapes that do not belong together.
    """

    states: np.ndarray
    actions: np.ndarray

    def __post_init__(self):
        states, actions = _indices("states", self.states), _indices("actions", self.actions)
        if states.shape != (actions.shape[0], actions.shape[1] + 1) or actions.size == 0:
            raise ValueError(
                f"states has shape {states.shape} and actions {actions.shape}: expected "
                "(N, T + 1) and (N, T) with N and T at least 1"
            )
        object.__setattr__(self, "states", states)
        object.__setattr__(self, "actions", actions)

    @property
    def n_demos(self) -> int:
        """N."""
        return self.actions.shape[0]

    @property
    def horizon(self) -> int:
        """T."""
        return self.actions.shape[1]

    def __len__(self) -> int:
        return self.n_demos

    def __getitem__(self, which) -> "Demos":
        """Some of the trajectories, always as Demos: `demos[3]` holds one, `demos[:5]` five."""
        return Demos(np.atleast_2d(self.states[which]), np.atleast_2d(self.actions[which]))

    def validate_for(self, mdp: MDP) -> "Demos":
        """Check that every state and action exists in an MDP.

        Args:
            mdp: gives S and A.

        Returns:
            The demonstrations themselves, so that calls can be chained.

        Raises:
            ValueError: names the first entry out of range.
        """
        for name, size in (("states", mdp.n_states), ("actions", mdp.n_actions)):
            array = getattr(self, name)
            bad = np.argwhere(array >= size)
            if len(bad):
                raise ValueError(
                    f"{_entry(name, bad[0], 'nt')} is {array[tuple(bad[0])]}, "
                    f"but the MDP has {size} {name} (0 to {size - 1})"
                )
        return self

    def __reduce__(self):
        return Demos, (self.states, self.actions)

    def __repr__(self):
        return f"Demos(n_demos={self.n_demos}, horizon={self.horizon})"


def as_reward(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """A reward in its one shape: r(s) is broadcast over the actions, r(s, a) passed on.

    Args:
        mdp: gives S and A.
        reward: shape (S,) or (S, A).

    Returns:
        The reward, shape (S, A), finite float64; a view of what came in where possible.

    Raises:
        ValueError: another shape, or a value that is not finite.
    """
    reward, _ = _real("reward", reward)
    S, A = mdp.n_states, mdp.n_actions
    if reward.shape not in ((S,), (S, A)):
        raise ValueError(f"reward has shape {reward.shape}, expected ({S},) or ({S}, {A})")
    finite = np.isfinite(reward)
    if not finite.all():
        bad = tuple(np.argwhere(~finite)[0])
        raise ValueError(f"{_entry('reward', bad, 'sa')} is {reward[bad]}, not finite")
    return reward if reward.ndim == 2 else np.broadcast_to(reward[:, None], (S, A))


def as_policy(mdp: MDP, pi: np.ndarray, horizon: int | None = None) -> np.ndarray:
    """A policy, or with a horizon a sequence of policies, validated.

    Args:
        mdp: gives S and A.
        pi: action probabilities, shape (S, A), or also (T, S, A) when a horizon is given.
        horizon: number of steps T; a single policy then serves at every one of them.

    Returns:
        Shape (S, A), or (T, S, A) with a horizon; rows sum to 1 (rows within 1e-6 of one are
        accepted, and rescaled in a copy).

    Raises:
        ValueError: another shape, or a row that is not a distribution.
    """
    pi, _ = _real("pi", pi)
    S, A = mdp.n_states, mdp.n_actions
    shapes = [(S, A)] if horizon is None else [(S, A), (horizon, S, A)]
    if pi.shape not in shapes:
        raise ValueError(f"pi has shape {pi.shape}, expected " + " or ".join(map(str, shapes)))
    lead = {"t": horizon, "s": S} if pi.ndim == 3 else {"s": S}
    pi = _distributions("pi", pi.reshape(-1, A), lead, "a", _TOL_SINGLE).reshape(pi.shape)
    return pi if horizon is None else np.broadcast_to(pi, (horizon, S, A))


def sample_demos(
    mdp: MDP, pi: np.ndarray, n_demos: int, horizon: int, seed: int | np.random.Generator
) -> Demos:
    """Draw trajectories: s_1 ~ p(s_1), a_t ~ pi(.|s_t), s_{t+1} ~ p(.|s_t, a_t).

    Args:
        mdp: dynamics and start distribution; the discount plays no part.
        pi: action probabilities, shape (S, A) or (T, S, A).
        n_demos: number of trajectories N.
        horizon: number of steps T.
        seed: an integer, or a generator, which is advanced.

    Returns:
        Demonstrations with states (N, T + 1) and actions (N, T), the same for dense and for
        sparse transitions.
    """
    n_demos, horizon = _count("n_demos", n_demos), _count("horizon", horizon)
    pi = as_policy(mdp, pi, horizon if np.ndim(pi) == 3 else None)
    step = mdp.n_states if pi.ndim == 3 else 0  # how far pi's rows move on from one t to the next
    rng = np.random.default_rng(seed)
    draw_start = _row_sampler(mdp.initial_dist[None], rng)
    draw_action = _row_sampler(pi.reshape(-1, mdp.n_actions), rng)
    draw_next = _row_sampler(mdp._rows, rng)

    states = np.empty((n_demos, horizon + 1), dtype=np.int64)
    actions = np.empty((n_demos, horizon), dtype=np.int64)
    states[:, 0] = draw_start(np.zeros(n_demos, dtype=np.int64))
    for t in range(horizon):
        actions[:, t] = draw_action(t * step + states[:, t])
        states[:, t + 1] = draw_next(states[:, t] * mdp.n_actions + actions[:, t])
    return Demos(states, actions)


def _row_sampler(rows, rng):
    """A function that draws one column from each of the given rows of a stochastic matrix.

    One running sum over all entries: a draw is one binary search, and zeros, which are not
    stored, cannot come up.
    """
    rows = sparse.csr_array(rows, copy=True)
    rows.eliminate_zeros()
    total = np.concatenate([[0.0], np.cumsum(rows.data)])
    first, end = rows.indptr[:-1], rows.indptr[1:]

    def draw(row):
        low, high = total[first[row]], total[end[row]]
        entry = np.searchsorted(total, low + (high - low) * rng.random(len(row)), "right") - 1
        return rows.indices[np.clip(entry, first[row], end[row] - 1)]

    return draw


def _dense_transitions(P):
    P, tol = _real("P", P)
    if P.ndim != 3 or P.shape[0] != P.shape[2] or P.size == 0:
        raise ValueError(
            f"P has shape {P.shape}, expected (S, A, S), or a sparse array of shape (S * A, S)"
        )
    S, A, _ = P.shape
    rows = np.ascontiguousarray(P).reshape(S * A, S)  # contiguous, so that later reshapes are free
    rows = _distributions("P", rows, {"s": S, "a": A}, "next", tol)
    return _read_only(rows.reshape(S, A, S))


def _sparse_transitions(P):
    if P.ndim != 2 or 0 in P.shape or P.shape[0] % P.shape[1]:
        raise ValueError(f"P is sparse of shape {P.shape}, expected (S * A, S) with row s * A + a")
    S, A = P.shape[1], P.shape[0] // P.shape[1]
    rows = P.tocsr()
    data, tol = _real("P", rows.data)
    # A matrix of our own around the caller's numbers, so that sorting cannot reach the caller.
    rows = sparse.csr_array((data, rows.indices, rows.indptr), shape=P.shape)
    rows.check_format(full_check=True)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    rows = _distributions("P", rows, {"s": S, "a": A}, "next", tol)
    held = [_read_only(part) for part in (rows.data, rows.indices, rows.indptr)]
    rows = sparse.csr_array(tuple(held), shape=P.shape)
    rows.has_canonical_format = True
    return rows


def _distributions(name, rows, lead, column, tol):
    """Check that every row of a dense or CSR matrix is a distribution, to within tol.

    `lead` gives the names and sizes of the axes that the rows stand for, `column` that of the
    columns. Rows that miss 1 by more than rounding come back rescaled, and entries that rounding
    took below 0 (1 - .9 - .1 is -2.8e-17) as 0, in a copy.
    """
    is_sparse = sparse.issparse(rows)
    values = rows.data if is_sparse else rows
    if values.size and -_ROUNDING <= values.min() < 0:
        rows = rows.copy()
        values = rows.data if is_sparse else rows
        np.maximum(values, 0.0, out=values)
    sizes = tuple(lead.values()) or (1,)
    if values.size and not (values.min() >= 0 and values.max() < np.inf):  # a NaN fails as well
        bad = tuple(np.argwhere(~((values >= 0) & (values < np.inf)))[0])
        row, col = bad if values.ndim == 2 else _csr_entry(rows, bad[0])
        index = (*np.unravel_index(row, sizes), col)[-len(lead) - 1 :]
        raise ValueError(
            f"{_entry(name, index, [*lead, column])} is {values[bad]}, not a probability"
        )
    # Either is several times quicker than .sum(axis=1).
    sums = rows @ np.ones(rows.shape[1]) if is_sparse else np.einsum("rc->r", rows)
    error = np.abs(sums - 1.0)
    if error.max() > tol:
        row = int(np.argmax(error > tol))
        index = np.unravel_index(row, sizes)[: len(lead)]
        raise ValueError(f"{_entry(name, index, lead)} sums to {sums[row]:.10g}, not 1")
    if error.max() <= _ROUNDING:
        return rows
    if not is_sparse:
        return rows / sums[:, None]
    return sparse.diags_array(1.0 / sums).tocsr() @ rows


def _csr_entry(rows, position):
    """Row and column of the entry stored at a position of a CSR matrix."""
    return np.searchsorted(rows.indptr, position, "right") - 1, rows.indices[position]


def _entry(name, index, axes):
    """An array entry for a message: _entry("P", (2, 1), "sa") is 'P[s=2, a=1]'."""
    inside = ", ".join(f"{axis}={int(i)}" for axis, i in zip(axes, index, strict=False))
    return f"{name}[{inside}]" if inside else name


def _real(name, array):
    """An array of real numbers as float64, and how far its rows may be from one."""
    try:
        array = np.asarray(array)
    except ValueError as error:
        raise ValueError(f"{name} is not a rectangular array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {array.dtype} entries, expected real numbers")
    single = array.dtype.kind == "f" and array.dtype.itemsize < 8
    return array.astype(np.float64, copy=False), _TOL_SINGLE if single else _TOL_DOUBLE


def _indices(name, array):
    """A two-dimensional array of indices as a read-only int64 view."""
    array = np.asarray(array)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, expected two axes (n, t)")
    if array.dtype.kind not in "iu":
        first = f": {name}[n=0, t=0] is {array.flat[0]}" if array.size else ""
        raise ValueError(f"{name} holds {array.dtype} entries, not integers{first}")
    bad = np.argwhere(array < 0)
    if len(bad):
        raise ValueError(f"{_entry(name, bad[0], 'nt')} is {array[tuple(bad[0])]}, below 0")
    return _read_only(array.astype(np.int64, copy=False))


def _count(name, value):
    """A whole number, at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ValueError(f"{name} is {value!r}, expected a whole number, at least 1")
    return int(value)


def _discount(gamma):
    try:
        value = float(gamma)
    except (TypeError, ValueError):
        raise ValueError(f"gamma is {gamma!r}, expected a number from 0 to 1") from None
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"gamma is {value}, expected a number from 0 to 1")
    return value


def _read_only(array):
    """A view that refuses writing; the array itself keeps its flags."""
    view = array.view()
    view.flags.writeable = False
    return view
