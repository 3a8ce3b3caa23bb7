"""MDP, Demos and sampling: what is refused, what is kept, and that draws follow the numbers."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from scipy import sparse, stats

from irl_course.environments import random_mdp
from irl_course.mdp import MDP, Demos, _row_sampler, as_policy, as_reward, sample_demos
from irl_course.planning import expected_visits

pytestmark = pytest.mark.filterwarnings("error")

S, A = 4, 3


def dense():
    return random_mdp(S, A, 0.9, seed=0)


def parts():
    """Writable copies of an MDP's numbers, dense and as rows."""
    mdp = dense()
    return mdp.P.copy(), mdp.initial_dist.copy()


def random_policy(n_states, n_actions, seed, horizon=None):
    shape = (n_states, n_actions) if horizon is None else (horizon, n_states, n_actions)
    weights = np.random.default_rng(seed).exponential(size=shape)
    return weights / weights.sum(axis=-1, keepdims=True)


# --- What is refused -------------------------------------------------------------------------


def with_entry(index, value):
    P, _ = parts()
    P[index] = value
    return P


@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize(
    ("P", "message"),
    [
        (with_entry((2, 1, 3), -0.25), r"P\[s=2, a=1, next=3\] is -0\.25, not a probability"),
        (with_entry((0, 2, 1), np.nan), r"P\[s=0, a=2, next=1\] is nan, not a probability"),
        (with_entry((3, 0, 0), np.inf), r"P\[s=3, a=0, next=0\] is inf, not a probability"),
        (with_entry((2, 1), [0.2, 0.3, 0.4, 0]), r"P\[s=2, a=1\] sums to 0\.9, not 1"),
        (with_entry((1, 2), 0.0), r"P\[s=1, a=2\] sums to 0, not 1"),
        (with_entry((3, 1), [0.5, 0.5 + 3e-8, 0, 0]), r"P\[s=3, a=1\] sums to 1\.00000003"),
    ],
)
def test_bad_transitions_are_named(kind, P, message):
    P = sparse.csr_array(P.reshape(S * A, S)) if kind == "sparse" else P
    with pytest.raises(ValueError, match=message):
        MDP(P, np.full(S, 1 / S), 0.9)


@pytest.mark.parametrize(
    ("P", "message"),
    [
        (np.eye(3), r"P has shape \(3, 3\), expected \(S, A, S\)"),
        (np.ones((2, 3, 4)) / 4, r"P has shape \(2, 3, 4\)"),
        (np.ones((0, 2, 0)), r"P has shape \(0, 2, 0\)"),
        ([[[1.0], [0.5, 0.5]]], r"P is not a rectangular array"),
        (np.ones((1, 1, 1), dtype=complex), r"P holds complex128 entries"),
        (np.array([[["x"]]]), r"P holds <U1 entries"),
        (sparse.csr_array(np.ones((5, 4)) / 4), r"P is sparse of shape \(5, 4\), expected \(S \*"),
    ],
)
def test_transitions_of_the_wrong_form_are_refused(P, message):
    with pytest.raises(ValueError, match=message):
        MDP(P, np.ones(1), 0.9)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (np.full(S + 1, 1 / (S + 1)), r"initial_dist has shape \(5,\), expected \(4,\)"),
        (np.full((1, S), 1 / S), r"initial_dist has shape \(1, 4\)"),
        ([0.5, 0.5, 0.5, -0.5], r"initial_dist\[s=3\] is -0\.5, not a probability"),
        ([0.5, np.nan, 0.5, 0.0], r"initial_dist\[s=1\] is nan"),
        ([0.5, 0.0, 0.4, 0.0], r"initial_dist sums to 0\.9, not 1"),
    ],
)
def test_bad_start_is_named(start, message):
    with pytest.raises(ValueError, match=message):
        MDP(parts()[0], start, 0.9)


@pytest.mark.parametrize("gamma", [-0.1, 1.0001, np.nan, np.inf, "high", None, [0.9, 0.8]])
def test_bad_gamma_is_named(gamma):
    with pytest.raises(ValueError, match="gamma is .*expected a number from 0 to 1"):
        MDP(*parts(), gamma)


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (np.zeros(A), r"reward has shape \(3,\), expected \(4,\) or \(4, 3\)"),
        (np.zeros((A, S)), r"reward has shape \(3, 4\)"),
        (0.0, r"reward has shape \(\)"),
        ([[0, 0, 0], [0, 0, np.nan], [0, 0, 0], [0, 0, 0]], r"reward\[s=1, a=2\] is nan"),
        ([0, 0, 0, -np.inf], r"reward\[s=3\] is -inf, not finite"),
        ([0, 0, 0, None], r"reward holds object entries"),
    ],
)
def test_bad_reward_is_named(reward, message):
    with pytest.raises(ValueError, match=message):
        as_reward(dense(), reward)


def test_bad_policy_is_named():
    mdp, pi = dense(), random_policy(S, A, 0)
    with pytest.raises(ValueError, match=r"pi has shape \(3, 4\), expected \(4, 3\)$"):
        as_policy(mdp, pi.T)
    with pytest.raises(ValueError, match=r"pi has shape \(5, 4, 3\).*or \(6, 4, 3\)"):
        as_policy(mdp, random_policy(S, A, 0, horizon=5), horizon=6)
    with pytest.raises(ValueError, match=r"pi\[s=0\] sums to 2, not 1"):
        as_policy(mdp, 2 * pi)
    many = random_policy(S, A, 0, horizon=6)
    many[4, 2, 1] = -0.125
    with pytest.raises(ValueError, match=r"pi\[t=4, s=2, a=1\] is -0\.125, not a probability"):
        as_policy(mdp, many, horizon=6)
    many[4, 2] = [0.5, 0.25, 0.5]
    with pytest.raises(ValueError, match=r"pi\[t=4, s=2\] sums to 1\.25, not 1"):
        as_policy(mdp, many, horizon=6)


@pytest.mark.parametrize(
    ("states", "actions", "message"),
    [
        ([[0.0, 1.0]], [[0]], r"states holds float64 entries, not integers: states\[n=0, t=0\] is"),
        ([[0, 1]], [[True]], r"actions holds bool entries"),
        ([[0, 1]], [[0, 1]], r"states has shape \(1, 2\) and actions \(1, 2\): expected \(N, T"),
        ([[0, 1], [1, 0]], [[0]], r"states has shape \(2, 2\) and actions \(1, 1\)"),
        ([0, 1], [0], r"states has shape \(2,\), expected two axes"),
        ([[0, 1], [-1, 0]], [[0], [0]], r"states\[n=1, t=0\] is -1, below 0"),
        (np.zeros((0, 2), int), np.zeros((0, 1), int), r"N and T at least 1"),
        (np.zeros((2, 1), int), np.zeros((2, 0), int), r"N and T at least 1"),
    ],
)
def test_bad_demos_are_named(states, actions, message):
    with pytest.raises(ValueError, match=message):
        Demos(states, actions)


def test_demos_outside_the_mdp_are_named():
    mdp = dense()
    good = Demos([[0, 1, 3]], [[2, 0]])
    assert good.validate_for(mdp) is good
    with pytest.raises(
        ValueError, match=r"states\[n=0, t=2\] is 4, but the MDP has 4 states \(0 t"
    ):
        Demos([[0, 1, 4]], [[2, 0]]).validate_for(mdp)
    with pytest.raises(ValueError, match=r"actions\[n=0, t=1\] is 3, but the MDP has 3 actions"):
        Demos([[0, 1, 3]], [[2, 3]]).validate_for(mdp)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "3"])
def test_bad_counts_are_named(count):
    with pytest.raises(ValueError, match="n_demos is .*expected a whole number, at least 1"):
        sample_demos(dense(), random_policy(S, A, 0), count, 3, seed=0)
    with pytest.raises(ValueError, match="horizon is .*expected a whole number, at least 1"):
        sample_demos(dense(), random_policy(S, A, 0), 3, count, seed=0)


# --- What is kept ----------------------------------------------------------------------------


def test_the_callers_arrays_stay_as_they_were():
    P, start = parts()
    rows = sparse.csr_array(P.reshape(S * A, S))
    before = P.copy(), start.copy(), rows.data.copy()
    for mdp in (MDP(P, start, 0.9), MDP(rows, start, 0.9)):
        held = mdp.P.data if mdp.is_sparse else mdp.P
        for array in (held, mdp.initial_dist):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    assert P.flags.writeable and start.flags.writeable and rows.data.flags.writeable
    assert np.shares_memory(P, MDP(P, start, 0.9).P)
    np.testing.assert_array_equal(P, before[0])
    np.testing.assert_array_equal(start, before[1])
    np.testing.assert_array_equal(rows.data, before[2])
    pi = random_policy(S, A, 0)
    assert as_policy(dense(), pi).base is pi and pi.flags.writeable


def test_demos_are_read_only_views():
    states = np.array([[0, 1, 2]])
    demos = Demos(states, np.array([[1, 0]], dtype=np.int8))
    with pytest.raises(ValueError, match="read-only"):
        demos.states[0, 0] = 3
    assert states.flags.writeable and demos.actions.dtype == np.int64


def test_any_sparse_layout_gives_the_same_process():
    P, start = parts()
    rows = P.reshape(S * A, S)
    half = sparse.coo_array(rows / 2)
    index = [np.concatenate([i, i[::-1]]) for i in half.coords]
    twice = sparse.coo_array((np.concatenate([half.data, half.data[::-1]]), index), half.shape)
    unsorted = sparse.csr_array(rows)
    unsorted = sparse.csr_array(
        (unsorted.data[::-1], unsorted.indices[::-1], unsorted.indptr), unsorted.shape
    )
    flipped = rows[::-1]
    for layout in (twice, sparse.csc_array(rows), sparse.csr_matrix(rows), sparse.lil_array(rows)):
        mdp = MDP(layout, start, 0.9)
        assert isinstance(mdp.P, sparse.csr_array) and mdp.P.has_canonical_format
        np.testing.assert_allclose(mdp.P.toarray(), rows, rtol=1e-15)
    indices = unsorted.indices.copy()
    np.testing.assert_allclose(MDP(unsorted, start, 0.9).P.toarray(), flipped, rtol=1e-15)
    np.testing.assert_array_equal(unsorted.indices, indices)  # sorted in a copy
    assert not unsorted.has_sorted_indices


def test_single_precision_is_accepted_and_rescaled():
    weights = np.random.default_rng(0).exponential(size=(50, 3, 50))
    P = (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)
    start = np.full(50, 1 / 50, dtype=np.float32)
    for given in (P, sparse.csr_array(P.reshape(150, 50))):
        mdp = MDP(given, start, 0.9)
        assert mdp.P.dtype == np.float64
        np.testing.assert_allclose(mdp.expect(np.ones(50)), 1.0, rtol=1e-14)
        assert mdp.initial_dist.sum() == pytest.approx(1, abs=1e-14)
        assert given.dtype == np.float32
    with pytest.raises(ValueError, match="sums to 1.0000"):
        MDP(P * np.float32(1 + 1e-5), start, 0.9)


def test_rows_a_little_off_are_rescaled_in_a_copy():
    P, start = parts()
    P *= 1 + 5e-9
    for mdp in (MDP(P, start, 0.9), MDP(sparse.csr_array(P.reshape(S * A, S)), start, 0.9)):
        np.testing.assert_allclose(mdp.expect(np.ones(S)), 1.0, rtol=1e-15)
    assert P.sum() == pytest.approx(S * A * (1 + 5e-9), rel=1e-12)
    pi = random_policy(S, A, 0) * (1 + 5e-7)
    np.testing.assert_allclose(as_policy(dense(), pi).sum(axis=1), 1.0, rtol=1e-15)


def test_integers_and_lists_are_fine():
    mdp = MDP([[[0, 1]], [[1, 0]]], [1, 0], 1)
    assert (mdp.n_states, mdp.n_actions, mdp.gamma) == (2, 1, 1.0)
    assert mdp.P.dtype == mdp.initial_dist.dtype == np.float64
    assert repr(mdp) == "MDP(2 states, 1 actions, gamma=1, dense)"


@pytest.mark.parametrize("is_sparse", [False, True])
def test_copies_are_equal_and_read_only(is_sparse):
    mdp = random_mdp(S, A, 0.9, seed=0, sparse=is_sparse)
    demos = sample_demos(mdp, random_policy(S, A, 0), 3, 4, seed=0)
    for twin in (copy.deepcopy(mdp), pickle.loads(pickle.dumps(mdp))):
        assert twin is not mdp and twin.is_sparse == is_sparse and twin.gamma == mdp.gamma
        assert abs(twin.P - mdp.P).max() == 0
        assert not (twin.P.data if is_sparse else twin.P).flags.writeable
    for twin in (copy.deepcopy(demos), pickle.loads(pickle.dumps(demos))):
        np.testing.assert_array_equal(twin.states, demos.states)
        assert not twin.actions.flags.writeable


def test_replace_keeps_the_rest_and_validates():
    mdp = dense()
    other = mdp.replace(gamma=0.5)
    assert other.gamma == 0.5 and mdp.gamma == 0.9 and other.P is not None
    np.testing.assert_array_equal(other.P, mdp.P)
    with pytest.raises(ValueError, match="gamma is 2"):
        mdp.replace(gamma=2)
    with pytest.raises(AttributeError):
        mdp.gamma = 0.5


def test_rewards_of_states_are_broadcast():
    reward = as_reward(dense(), [1, 2, 3, 4])
    assert reward.shape == (S, A) and reward.dtype == np.float64
    np.testing.assert_array_equal(reward, np.repeat([[1], [2], [3], [4]], A, axis=1))
    square = random_mdp(3, 3, 0.9, seed=0)
    given = np.arange(9.0).reshape(3, 3)
    assert as_reward(square, given) is given


def test_demos_can_be_sliced_counted_and_looped_over():
    demos = sample_demos(dense(), random_policy(S, A, 0), 5, 7, seed=0)
    assert (demos.n_demos, demos.horizon, len(demos)) == (5, 7, 5)
    assert demos.states.shape == (5, 8) and demos.actions.shape == (5, 7)
    assert demos[:2].n_demos == 2 and demos[3].states.shape == (1, 8)
    np.testing.assert_array_equal(demos[[4, 0]].actions, demos.actions[[4, 0]])
    assert [len(one) for one in demos] == [1] * 5
    assert repr(demos) == "Demos(n_demos=5, horizon=7)"


# --- What is computed ------------------------------------------------------------------------


@pytest.mark.parametrize("is_sparse", [False, True])
def test_expect_flow_and_policy_matrix_are_what_loops_say(is_sparse):
    mdp = random_mdp(5, 2, 0.9, seed=3, n_successors=2, sparse=is_sparse)
    P = random_mdp(5, 2, 0.9, seed=3, n_successors=2).P
    rng = np.random.default_rng(0)
    V, visits, pi = rng.normal(size=5), rng.random((5, 2)), random_policy(5, 2, 1)
    expected, flow, P_pi = np.zeros((5, 2)), np.zeros(5), np.zeros((5, 5))
    for s, a, n in itertools.product(range(5), range(2), range(5)):
        expected[s, a] += P[s, a, n] * V[n]
        flow[n] += visits[s, a] * P[s, a, n]
        P_pi[s, n] += pi[s, a] * P[s, a, n]
    np.testing.assert_allclose(mdp.expect(V), expected, rtol=1e-13)
    np.testing.assert_allclose(mdp.flow(visits), flow, rtol=1e-13)
    result = mdp.policy_matrix(pi)
    assert sparse.issparse(result) == is_sparse
    np.testing.assert_allclose(result.toarray() if is_sparse else result, P_pi, rtol=1e-13)
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-13)
    assert mdp.flow(visits).sum() == pytest.approx(visits.sum())
    several = np.stack([V, 2 * V], axis=1)
    np.testing.assert_allclose(mdp.expect(several)[..., 1], 2 * expected, rtol=1e-13)


def test_wrong_shapes_of_values_and_visits_are_refused():
    with pytest.raises(ValueError, match=r"V has shape \(5,\), expected \(4,\)"):
        dense().expect(np.zeros(5))
    with pytest.raises(ValueError, match=r"visits has shape \(3, 4\), expected \(4, 3\)"):
        dense().flow(np.zeros((3, 4)))


def test_a_deterministic_policy_picks_rows():
    mdp = random_mdp(5, 2, 0.9, seed=3, n_successors=2, sparse=True)
    picked = mdp.policy_matrix(np.eye(2)[[0, 1, 1, 0, 1]])
    assert picked.nnz == 10
    rows = mdp.P.toarray()[[0, 3, 5, 6, 9]]
    np.testing.assert_array_equal(picked.toarray(), rows)


# --- Sampling --------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_draw_dense_or_sparse():
    pi = random_policy(6, 2, 0)
    draws = [
        sample_demos(random_mdp(6, 2, 0.9, seed=1, sparse=kind), pi, 20, 9, seed=5)
        for kind in (False, True)
    ]
    np.testing.assert_array_equal(draws[0].states, draws[1].states)
    np.testing.assert_array_equal(draws[0].actions, draws[1].actions)
    other = sample_demos(random_mdp(6, 2, 0.9, seed=1), pi, 20, 9, seed=6)
    assert (other.states != draws[0].states).any()
    rng = np.random.default_rng(5)
    first = sample_demos(random_mdp(6, 2, 0.9, seed=1), pi, 20, 9, seed=rng)
    second = sample_demos(random_mdp(6, 2, 0.9, seed=1), pi, 20, 9, seed=rng)
    np.testing.assert_array_equal(first.states, draws[0].states)
    assert (first.states != second.states).any()


def test_what_has_no_probability_never_happens():
    mdp = random_mdp(30, 3, 0.9, seed=2, n_successors=2)
    pi = random_policy(30, 3, 3)
    pi[:, 1] = 0
    pi /= pi.sum(axis=1, keepdims=True)
    start = np.zeros(30)
    start[7] = 1.0
    demos = sample_demos(mdp.replace(initial_dist=start), pi, 300, 40, seed=0)
    demos.validate_for(mdp)
    assert (demos.states[:, 0] == 7).all() and (demos.actions != 1).all()
    assert (mdp.P[demos.states[:, :-1], demos.actions, demos.states[:, 1:]] > 0).all()


class Always:
    """A generator that only ever draws one number."""

    def __init__(self, number):
        self.number = number

    def random(self, size):
        return np.full(size, self.number)


@pytest.mark.parametrize(("number", "column"), [(0.0, 1), (0.5, 2), (np.nextafter(1, 0), 2)])
def test_the_ends_of_a_row_stay_in_the_row(number, column):
    rows = np.tile([0.0, 0.25, 0.75, 0.0], (1000, 1))
    stored = sparse.csr_array((rows.ravel(), np.tile(range(4), 1000), range(0, 4001, 4)))
    for given in (rows, stored):  # the second one stores its zeros
        drawn = _row_sampler(given, Always(number))(np.arange(1000))
        np.testing.assert_array_equal(drawn, column)


def test_transition_counts_pass_a_chi_square_test():
    mdp, pi = dense(), random_policy(S, A, 4)
    demos = sample_demos(mdp, pi, 2_000, 30, seed=11)
    before, action, after = demos.states[:, :-1], demos.actions, demos.states[:, 1:]
    counts = np.zeros((S, A, S))
    np.add.at(counts, (before, action, after), 1)
    for s, a in np.ndindex(S, A):
        expected = counts[s, a].sum() * mdp.P[s, a]
        assert stats.chisquare(counts[s, a], expected).pvalue > 1e-4, (s, a)
    for s in range(S):
        taken = counts[s].sum(axis=1)
        assert stats.chisquare(taken, taken.sum() * pi[s]).pvalue > 1e-4, s
    starts = np.bincount(demos.states[:, 0], minlength=S)
    assert stats.chisquare(starts, 2_000 * mdp.initial_dist).pvalue > 1e-4


@pytest.mark.parametrize("horizon", [None, 6])
def test_sampled_visits_agree_with_expected_ones(horizon):
    mdp, pi = dense(), random_policy(S, A, 8, horizon)
    n_demos = 20_000
    demos = sample_demos(mdp, pi, n_demos, 6, seed=12)
    visits = np.zeros((6, S, A))
    np.add.at(visits, (np.arange(6), demos.states[:, :-1], demos.actions), 1 / n_demos)
    expected = expected_visits(mdp, pi, 6)
    error = np.sqrt(expected * (1 - expected) / n_demos)
    assert (np.abs(visits - expected) < 5 * error).all()  # 72 cells: one in 24,000 runs by chance


@pytest.mark.parametrize("as_given", [np.asarray, lambda P: sparse.csr_array(P.reshape(-1, 3))])
def test_what_rounding_took_below_zero_is_zero(as_given):
    P = np.zeros((3, 1, 3))
    P[:, 0, 0], P[:, 0, 1], P[:, 0, 2] = 0.9, 0.1, 1 - 0.9 - 0.1
    assert P.min() < 0
    before = P.copy()
    mdp = MDP(as_given(P), [0.9, 0.1, 1 - 0.9 - 0.1], 0.9)
    assert mdp.P.min() == 0 and mdp.initial_dist.min() == 0
    assert mdp.policy_matrix(np.ones((3, 1))).min() == 0
    np.testing.assert_array_equal(P, before)
    P[1, 0, 2] = -1e-9
    with pytest.raises(ValueError, match="not a probability"):
        MDP(as_given(P), [1, 0, 0], 0.9)
