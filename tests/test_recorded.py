"""The drives that come with the course."""

import numpy as np
import pytest

from irl_course.environments import highway, shipped_drives
from irl_course.environments.recorded import DRIVE_STYLES
from irl_course.inverse.adversarial import gail
from irl_course.inverse.maxent import causal_maxent_irl
from irl_course.inverse.neural import deep_maxent_irl, mlp_reward
from irl_course.metrics import held_out_log_likelihood
from irl_course.planning import soft_value_iteration

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("style", DRIVE_STYLES)
def test_eight_drives_of_each_style_and_three_in_dense_traffic(style):
    drives, dense = shipped_drives(style), shipped_drives(style, dense=True)
    assert (drives.n_demos, drives.horizon) == (8, 50)
    assert (dense.n_demos, dense.horizon) == (3, 50)


def test_they_drive_as_their_names_say():
    features = highway().features

    def shares(style, **how):
        drives = shipped_drives(style, **how)
        return features[drives.states[:, :-1], drives.actions].mean(axis=(0, 1))

    for dense in (False, True):
        hits = {style: shares(style, dense=dense)[0] for style in DRIVE_STYLES}
        assert hits["nice"] < 0.1 < hits["middle lane"] < hits["nasty"]
    assert shares("middle lane")[3] > 0.9  # the middle lane


def test_another_style_is_refused_and_the_styles_are_listed():
    with pytest.raises(ValueError, match="style is 'rude', expected one of 'nice', 'nasty', 'midd"):
        shipped_drives("rude")


def test_every_probabilistic_method_recognises_the_styles_from_five_drives_each():
    """The drives held out, three of each style, fit best to the model of their own style."""
    world = highway()
    shipped = [shipped_drives(style) for style in DRIVE_STYLES]
    held_out = [drives[5:] for drives in shipped]
    for name, fit in METHODS.items():
        models = [fit(world.mdp, world.features, drives[:5]) for drives in shipped]
        scores = np.array([[held_out_log_likelihood(pi, d) for d in held_out] for pi in models])
        assert (scores.argmax(axis=0) == np.arange(len(shipped))).all(), (name, scores)


def counted(mdp, demos, gamma=1.0):
    counts = np.zeros((mdp.n_states, mdp.n_actions))
    weights = np.tile(gamma ** np.arange(demos.horizon), (demos.n_demos, 1))
    np.add.at(counts, (demos.states[:, :-1], demos.actions), weights)
    return counts


def clone(mdp, features, demos):
    counts = counted(mdp, demos) + 0.1
    return counts / counts.sum(axis=1, keepdims=True)


def soft_plan(mdp, reward):
    return soft_value_iteration(mdp, reward)[2]


def myopic(mdp, features, demos):
    """A regression on the features of the step: the causal model with gamma = 0.

    It is given counts, since with that discount demonstrations would be their first steps alone.
    """
    return maxent(mdp.replace(gamma=0.0), features, counted(mdp, demos), l2=1.0)


def maxent(mdp, features, demos, l2=0.01):
    fit = causal_maxent_irl(mdp, features, demos, l2=l2, discounted=True, given="states")
    return soft_plan(mdp, features @ fit.psi)


def deep(mdp, features, demos):
    how = {"hidden": (16, 16), "n_steps": 60, "step_size": 0.02, "l2": 0.01}
    return soft_plan(mdp, mlp_reward(deep_maxent_irl(mdp, features, demos, **how)[0], features))


def gail_policy(mdp, features, demos):
    """Five steps in a hundred at random, or one decision it never takes is minus infinity."""
    return 0.95 * gail(mdp, counted(mdp, demos, mdp.gamma), n_steps=20) + 0.05 / mdp.n_actions


METHODS = {
    "counts": clone,
    "regression": myopic,
    "maximum entropy": maxent,
    "deep maximum entropy": deep,
    "GAIL": gail_policy,
}
