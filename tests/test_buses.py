"""The bus engines: their dynamics, and the counts of real decisions."""

import numpy as np
import pytest

from irl_course.environments.buses import KEEP, REPLACE, bus_features, bus_mdp, bus_records
from irl_course.inverse.maxent import (
    DiscountedModel,
    causal_gradient,
    causal_information,
    causal_maxent_irl,
)
from irl_course.planning import soft_value_iteration

# Rust (1987), table IX, 90 bins, gamma = .9999: RC, theta, their errors, log-likelihood.
TABLE_NINE = {
    "1-3": ([11.7270, 4.8259], [2.602, 1.792], -2708.366),
    "4": ([10.0750, 2.2930], [1.582, 0.639], -3304.155),
    "1-4": ([9.7558, 2.6275], [1.227, 0.618], -6055.250),
}


@pytest.mark.parametrize(
    ("groups", "months", "replaced", "probs"),
    [
        ("1-3", 3_864, 27, [0.3010, 0.6884, 0.0106]),
        ("4", 4_292, 33, [0.3919, 0.5953, 0.0128]),
        ("1-4", 8_156, 60, [0.3488, 0.6394, 0.0118]),
    ],
)
def test_the_counts_are_those_of_table_nine(groups, months, replaced, probs):
    records = bus_records(groups)
    assert records.keep.shape == records.replace.shape == (90,)
    assert records.keep.sum() + records.replace.sum() == records.increments.sum() == months
    assert records.replace.sum() == replaced
    np.testing.assert_allclose(records.increments / months, probs, atol=5e-5)


def test_an_engine_ages_or_is_new():
    mdp = bus_mdp([0.5, 0.25, 0.125, 0.125], n_bins=6, gamma=0.9)
    np.testing.assert_allclose(mdp.P[1, KEEP], [0, 0.5, 0.25, 0.125, 0.125, 0])
    np.testing.assert_allclose(mdp.P[4, KEEP], [0, 0, 0, 0, 0.5, 0.5])
    np.testing.assert_allclose(mdp.P[5, KEEP], [0, 0, 0, 0, 0, 1])
    for x in range(6):
        np.testing.assert_allclose(mdp.P[x, REPLACE], [0.5, 0.25, 0.125, 0.125, 0, 0])
    assert mdp.initial_dist.tolist() == [1, 0, 0, 0, 0, 0] and mdp.gamma == 0.9


def test_the_reward_is_rust_s_cost():
    reward = bus_features(90) @ [10.0, 2.0]
    np.testing.assert_allclose(reward[:, REPLACE], -10.0)
    np.testing.assert_allclose(reward[:, KEEP], -0.002 * np.arange(90))


def fleet(groups):
    """A sample's world and decisions (S, A), and the log-likelihood of its miles."""
    records = bus_records(groups)
    probs = records.increments / records.increments.sum()
    choices = np.stack([records.keep, records.replace], axis=1).astype(float)
    return bus_mdp(probs), choices, records.increments @ np.log(probs)


def errors_from_slopes(mdp, psi, choices):
    """Standard errors from the outer products of the single decisions' gradients."""
    products = np.zeros((2, 2))
    for x, a in np.argwhere(choices):
        one = np.zeros_like(choices)
        one[x, a] = 1.0
        slope = causal_gradient(mdp, bus_features(), psi, one, discounted=True, given="states")
        products += choices[x, a] * np.outer(slope, slope)
    return np.sqrt(np.diag(np.linalg.inv(products)))


@pytest.mark.parametrize("groups", TABLE_NINE)
def test_with_the_published_parameters_his_decisions_have_the_likelihood_published(groups):
    psi, _, published = TABLE_NINE[groups]
    mdp, choices, miles = fleet(groups)
    _, _, pi = soft_value_iteration(mdp, bus_features() @ psi)
    assert (choices * np.log(pi)).sum() + miles == pytest.approx(published, abs=1e-3)


@pytest.mark.parametrize("groups", TABLE_NINE)
def test_table_nine_is_the_maximum(groups):
    psi, errors, published = TABLE_NINE[groups]
    mdp, choices, miles = fleet(groups)
    how = {"discounted": True, "given": "states"}
    found = causal_maxent_irl(mdp, bus_features(), choices, tol=1e-8, **how)
    assert found.converged, found.message
    np.testing.assert_allclose(found.psi, psi, atol=2e-4)
    assert found.log_likelihoods[-1] + miles == pytest.approx(published, abs=1e-3)
    # Rust's errors are those from slopes; from curvature they are up to a quarter smaller.
    from_slopes = errors_from_slopes(mdp, found.psi, choices)
    np.testing.assert_allclose(from_slopes, errors, rtol=5e-3)
    information = causal_information(mdp, bus_features(), found.psi, choices, given="states")
    from_curvature = np.sqrt(np.diag(np.linalg.inv(information)))
    assert (from_curvature / from_slopes > 0.7).all() and (from_curvature < from_slopes).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="groups is '5', expected one of"):
        bus_records("5")
    for probs in ([0.5, 0.4], [1.5, -0.5], [np.nan, 1.0]):
        with pytest.raises(ValueError, match="increment_probs is .*sum to 1"):
            bus_mdp(probs)
    with pytest.raises(ValueError, match=r"increment_probs has shape \(1, 2\)"):
        bus_mdp([[0.5, 0.5]])
    with pytest.raises(ValueError, match="n_bins is 0"):
        bus_mdp([1.0], n_bins=0)


def test_planning_from_values_of_a_very_different_reward():
    """With gamma = .9999 a planner that goes on with old factors can go round in circles."""
    mdp, _, _ = fleet("1-3")
    model, rng = DiscountedModel(mdp), np.random.default_rng(0)
    psis = [[0.013, -5.63], [0.0276, -11.8], *(rng.normal(size=(30, 2)) * [20.0, 300.0])]
    for psi in psis:
        reward = bus_features() @ psi
        W, _ = model.plan(reward)
        V, _, _ = soft_value_iteration(mdp, reward)
        assert pytest.approx(V[0], rel=1e-9, abs=1e-6) == W
