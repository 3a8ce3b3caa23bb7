"""The bus engines: their dynamics, and the counts of real decisions."""

import numpy as np
import pytest

from irl_course.environments.buses import KEEP, REPLACE, bus_features, bus_mdp, bus_records
from irl_course.planning import soft_value_iteration


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


def test_with_the_published_parameters_his_decisions_have_the_likelihood_published():
    records = bus_records("4")
    probs = records.increments / records.increments.sum()
    _, _, pi = soft_value_iteration(bus_mdp(probs), bus_features() @ [10.075, 2.293])
    log_pi = np.log(pi)
    choices = records.keep @ log_pi[:, KEEP] + records.replace @ log_pi[:, REPLACE]
    increments = records.increments @ np.log(probs)
    assert choices + increments == pytest.approx(-3304.155, abs=1e-3)


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
