"""Neural rewards: gradients against differences, a linear net against its fit, stop and go on."""

import numpy as np
import pytest

from irl_course.environments import objectworld, random_mdp
from irl_course.inverse import neural
from irl_course.inverse.maxent import causal_log_likelihood, causal_maxent_irl
from irl_course.inverse.neural import Adam, deep_maxent_irl, init_mlp, mlp_gradient, mlp_reward
from irl_course.mdp import sample_demos
from irl_course.metrics import expected_value_difference
from irl_course.planning import occupancy, soft_value_iteration

pytestmark = pytest.mark.filterwarnings("error")
# The last offset adds a constant to the reward, which changes nothing: rounding moves it.
DRIFT = 1e-6
HIDDEN = [(), (4,), (3, 5), (2, 3, 4)]


def world(S=6, A=3, K=4, seed=0, is_sparse=False):
    """A process, features, and the exact visits of an expert with a nonlinear reward."""
    mdp = random_mdp(S, A, 0.8, seed, sparse=is_sparse)
    features = np.random.default_rng(seed).normal(size=(S, A, K))
    pi = soft_value_iteration(mdp, 3 * features[..., 0] * features[..., 1])[2]
    return mdp, features, occupancy(mdp, pi), pi


def network(K, hidden, seed):
    """All entries random, offsets too."""
    rng = np.random.default_rng(seed)
    return [(W, rng.normal(size=b.shape)) for W, b in init_mlp((K, *hidden, 1), rng)]


def entries(params):
    return np.concatenate([array.ravel() for layer in params for array in layer])


def with_entries(params, flat):
    layers, at = [], 0
    for layer in params:
        arrays = []
        for array in layer:
            arrays.append(flat[at : at + array.size].reshape(array.shape))
            at += array.size
        layers.append(tuple(arrays))
    return layers


def central_differences(function, params, step=1e-5):
    flat = entries(params)
    return np.array(
        [
            (function(with_entries(params, flat + e)) - function(with_entries(params, flat - e)))
            / (2 * step)
            for e in step * np.eye(len(flat))
        ]
    )


def test_a_network_is_drawn_layer_by_layer():
    params = init_mlp((7, 300, 200, 1), seed=1)
    assert [W.shape for W, _ in params] == [(7, 300), (300, 200), (200, 1)]
    assert [b.shape for _, b in params] == [(300,), (200,), (1,)]
    assert all((b == 0).all() for _, b in params)
    for W, _ in params[:2]:
        assert W.var() * len(W) == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(entries(params), entries(init_mlp((7, 300, 200, 1), seed=1)))
    assert not np.array_equal(entries(params), entries(init_mlp((7, 300, 200, 1), seed=2)))


def test_the_reward_is_the_formula():
    (W1, b1), (W2, b2) = params = network(4, (3,), seed=0)
    features = np.random.default_rng(1).normal(size=(5, 2, 4))
    reward = mlp_reward(params, features)
    assert reward.shape == (5, 2)
    for s in range(5):
        for a in range(2):
            hidden = np.tanh(features[s, a] @ W1 + b1)
            assert reward[s, a] == pytest.approx((hidden @ W2 + b2).item())
    np.testing.assert_allclose(mlp_reward(params, features[:, 1]), reward[:, 1])


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("shape", [(5, 2, 4), (6, 3)])
def test_the_gradient_is_that_of_differences(hidden, shape):
    rng = np.random.default_rng(len(hidden))
    params, features = network(shape[-1], hidden, seed=2), rng.normal(size=shape)
    signal = rng.normal(size=shape[:-1])
    gradient = mlp_gradient(params, features, signal)
    assert [(W.shape, b.shape) for W, b in gradient] == [(W.shape, b.shape) for W, b in params]
    wanted = central_differences(lambda p: (signal * mlp_reward(p, features)).sum(), params)
    np.testing.assert_allclose(entries(gradient), wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("given", ["nothing", "start", "states"])
@pytest.mark.parametrize("state_only", [False, True])
def test_a_step_climbs_the_penalised_log_likelihood(given, state_only):
    mdp, features, _, pi = world(seed=3)
    features = features[:, 0] if state_only else features
    demos, l2, params = sample_demos(mdp, pi, 4, 5, seed=3), 0.3, network(4, (3, 2), seed=3)

    def objective(params):
        one = mlp_reward(params, features)[..., None]  # a linear reward with one known feature
        weights = sum((W**2).sum() for W, _ in params)
        return causal_log_likelihood(mdp, one, np.ones(1), demos, True, given) - l2 / 2 * weights

    set_up = neural._set_up(mdp, features, demos, given)
    gradient, (likelihood, _) = neural._ascend(params, *set_up, l2)
    np.testing.assert_allclose(
        entries(gradient), central_differences(objective, params), rtol=1e-5, atol=1e-7
    )
    assert likelihood - l2 / 2 * sum((W**2).sum() for W, _ in params) == pytest.approx(
        objective(params)
    )


def test_adam_is_the_algorithm():
    rng = np.random.default_rng(0)
    params, adam = network(3, (2,), seed=0), Adam(0.1)
    x, m, v = entries(params), 0.0, 0.0
    for t in range(1, 6):
        gradient = with_entries(params, rng.normal(size=len(x)))
        g = entries(gradient)
        params, adam = adam.step(params, gradient)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        x = x + 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(entries(params), x, rtol=1e-12)
    assert adam.n_steps == 5


def test_the_first_step_has_the_step_size_whatever_the_gradient():
    params = init_mlp((2, 1), seed=0)
    gradient = [(np.array([[1e-3], [-1e4]]), np.array([0.0]))]
    later, _ = Adam(0.01).step(params, gradient)
    np.testing.assert_allclose(later[0][0] - params[0][0], [[0.01], [-0.01]], rtol=1e-4)
    assert later[0][1] == params[0][1]


def test_a_step_leaves_what_it_was_given_alone():
    params = init_mlp((2, 3, 1), seed=0)
    before = entries(params).copy()
    adam = Adam()
    adam.step(params, params)
    np.testing.assert_array_equal(entries(params), before)
    assert adam.n_steps == 0 and adam.mean is None


@pytest.mark.parametrize("is_sparse", [False, True])
def test_a_network_without_hidden_layers_finds_the_linear_fit(is_sparse):
    mdp, features, expert, _ = world(seed=1, is_sparse=is_sparse)
    fit = causal_maxent_irl(mdp, features, expert, l2=0.1, discounted=True, given="states")
    params, history = deep_maxent_irl(
        mdp, features, expert, hidden=(), n_steps=600, step_size=0.02, l2=0.1
    )
    np.testing.assert_allclose(params[0][0][:, 0], fit.psi, atol=1e-3)
    assert history.log_likelihoods[-1] == pytest.approx(fit.log_likelihoods[-1], abs=1e-3)


def test_a_network_explains_what_no_linear_reward_does():
    mdp, features, expert, pi = world(seed=2)
    fit = causal_maxent_irl(mdp, features, expert, discounted=True, l2=1e-6)
    params, history = deep_maxent_irl(mdp, features, expert, l2=0.0, n_steps=500)
    found = soft_value_iteration(mdp, mlp_reward(params, features))[2]
    assert np.abs(found - pi).max() < 0.02
    assert np.abs(soft_value_iteration(mdp, features @ fit.psi)[2] - pi).max() > 0.2
    assert history.visit_gaps[-1] < 0.05 < history.visit_gaps[0]
    assert history.log_likelihoods[-1] > fit.log_likelihoods[-1] + 0.1


CHOICES = ("nothing", "start", "states")


def test_with_exact_visits_it_does_not_matter_what_is_given():
    mdp, features, expert, _ = world()
    runs = [deep_maxent_irl(mdp, features, expert, n_steps=5, given=given)[1] for given in CHOICES]
    for history in runs[1:]:
        np.testing.assert_allclose(history.log_likelihoods, runs[0].log_likelihoods)


def test_features_of_the_state_alone_give_the_same_in_both_forms():
    mdp, features, expert, _ = world()
    alone = features[:, 0]
    shown = np.broadcast_to(alone[:, None], features.shape)
    runs = [deep_maxent_irl(mdp, f, expert, n_steps=20) for f in (alone, shown)]
    np.testing.assert_allclose(entries(runs[0][0]), entries(runs[1][0]), atol=DRIFT)


def test_a_seed_fixes_everything():
    mdp, features, expert, _ = world()
    runs = [deep_maxent_irl(mdp, features, expert, n_steps=20, seed=seed) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(entries(runs[0][0]), entries(runs[1][0]))
    np.testing.assert_array_equal(runs[0][1].log_likelihoods, runs[1][1].log_likelihoods)
    assert not np.allclose(entries(runs[0][0]), entries(runs[2][0]))


def test_l2_keeps_the_scale_from_running_away():
    mdp, features, _, _ = world()
    pi = np.eye(3)[np.argmax(features[..., 0], axis=1)]  # never a mistake
    expert = occupancy(mdp, pi)
    sizes = [
        np.ptp(mlp_reward(deep_maxent_irl(mdp, features, expert, l2=l2)[0], features))
        for l2 in (0.0, 1.0)
    ]
    assert sizes[0] > 2 * sizes[1]


def stops_after(n):
    """A progress bar at which someone presses stop."""

    def wrap(steps):
        for step in steps:
            if step == n:
                raise KeyboardInterrupt
            yield step

    return wrap


def test_an_interruption_leaves_what_there_is_and_it_goes_on():
    mdp, features, expert, _ = world()
    whole, record = deep_maxent_irl(mdp, features, expert, n_steps=40, seed=4)
    params, history = deep_maxent_irl(
        mdp, features, expert, n_steps=40, seed=4, progress=stops_after(15)
    )
    assert history.interrupted and history.n_steps == 15 == history.optimiser.n_steps
    assert not record.interrupted and record.n_steps == 40
    params, history = deep_maxent_irl(
        mdp, features, expert, n_steps=25, params=params, history=history
    )
    assert not history.interrupted and history.n_steps == 40
    np.testing.assert_allclose(entries(params), entries(whole), atol=DRIFT)
    np.testing.assert_allclose(history.log_likelihoods, record.log_likelihoods, rtol=1e-8)


@pytest.mark.parametrize("where", ["plan", "step"])
def test_an_interruption_in_the_middle_of_a_step_undoes_it(monkeypatch, where):
    mdp, features, expert, _ = world()
    whole = deep_maxent_irl(mdp, features, expert, n_steps=7)
    holder = neural.DiscountedModel if where == "plan" else Adam
    original, calls = getattr(holder, where), []

    def interrupted(self, *args):
        calls.append(None)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return original(self, *args)

    monkeypatch.setattr(holder, where, interrupted)
    params, history = deep_maxent_irl(mdp, features, expert, n_steps=20)
    np.testing.assert_array_equal(entries(params), entries(whole[0]))
    assert history.interrupted
    assert len(history.visit_gaps) == history.n_steps == history.optimiser.n_steps == 7


def test_an_interruption_before_the_first_step_returns_the_start():
    mdp, features, expert, _ = world()
    params, history = deep_maxent_irl(mdp, features, expert, seed=1, progress=stops_after(0))
    np.testing.assert_array_equal(entries(params), entries(init_mlp((4, 32, 32, 1), 1)))
    assert history.interrupted and history.n_steps == 0
    params, history = deep_maxent_irl(
        mdp, features, expert, n_steps=2, params=params, history=history
    )
    assert history.n_steps == 2


def test_progress_sees_every_step():
    mdp, features, expert, _ = world()
    seen = []
    deep_maxent_irl(
        mdp,
        features,
        expert,
        n_steps=6,
        progress=lambda steps: (seen.append(s) or s for s in steps),
    )
    assert seen == list(range(6))


@pytest.mark.parametrize(("continuous", "ratios"), [(False, (10, 3)), (True, (10,))])
def test_deep_beats_linear_where_the_reward_is_a_conjunction(continuous, ratios):
    train, fresh = (objectworld(16, 12, seed=seed, continuous=continuous) for seed in (0, 1000))
    pi = soft_value_iteration(train.mdp, train.reward)[2]
    demos = sample_demos(train.mdp, pi, 128, 8, seed=0)
    seen = train.state_features
    psi = causal_maxent_irl(train.mdp, seen, demos, l2=0.01, discounted=True, given="states").psi
    params, _ = deep_maxent_irl(train.mdp, seen, demos)
    for there, ratio in zip((train, fresh), ratios, strict=False):  # so few objects: luck decides
        linear, deep = (
            expected_value_difference(there.mdp, there.reward, reward)
            for reward in (there.state_features @ psi, mlp_reward(params, there.state_features))
        )
        assert linear > ratio * deep


@pytest.mark.parametrize("sizes", [(), (3,), (3, 2), (3, 0, 1), (3, 2.5, 1), (True, 1)])
def test_bad_sizes_are_named(sizes):
    with pytest.raises(ValueError, match="sizes"):
        init_mlp(sizes, seed=0)


def test_what_does_not_fit_together_is_named():
    params, features = network(4, (3,), seed=0), np.zeros((5, 2, 4))
    with pytest.raises(ValueError, match=r"layer 0 has W of shape \(4, 3\).*expected \(3, n\)"):
        mlp_reward(params, features[..., :3])
    with pytest.raises(ValueError, match="layer 1 has W"):
        mlp_reward([params[0], (np.zeros((2, 1)), np.zeros(1))], features)
    with pytest.raises(ValueError, match="expected one output"):
        mlp_reward(params[:1], features)
    with pytest.raises(ValueError, match="0 layers"):
        mlp_reward([], features)
    with pytest.raises(ValueError, match=r"features has shape \(4,\)"):
        mlp_reward(params, np.zeros(4))
    with pytest.raises(ValueError, match=r"features\[s=1, a=0, k=2\] is nan"):
        mlp_reward(params, np.where(np.arange(40).reshape(5, 2, 4) == 10, np.nan, 0.0))
    with pytest.raises(ValueError, match=r"signal has shape \(5,\), expected \(5, 2\)"):
        mlp_gradient(params, features, np.zeros(5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": np.zeros((5, 3, 4))}, r"features has shape \(5, 3, 4\)"),
        ({"expert_occupancy": np.ones((6, 2))}, r"demos has shape \(6, 2\)"),
        ({"expert_occupancy": np.ones((6, 3)), "given": "start"}, "discounted visits sum to"),
        ({"expert_occupancy": -np.ones((6, 3))}, "below 0"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"step_size": 0.0}, "step_size is 0.0"),
        ({"step_size": float("nan")}, "step_size is nan"),
        ({"l2": -1.0}, "l2 is -1.0"),
        ({"given": "luck"}, "given is 'luck'"),
        ({"hidden": (0,)}, r"sizes\[1\] is 0"),
        ({"params": network(5, (), 0)}, "layer 0 has W"),
    ],
)
def test_bad_input_is_named(changes, message):
    mdp, features, expert, _ = world()
    with pytest.raises(ValueError, match=message):
        deep_maxent_irl(mdp, **({"features": features, "expert_occupancy": expert} | changes))


def test_a_history_goes_on_with_its_own_parameters_only():
    mdp, features, expert, _ = world()
    _, history = deep_maxent_irl(mdp, features, expert, n_steps=2)
    with pytest.raises(ValueError, match="history is given without params"):
        deep_maxent_irl(mdp, features, expert, history=history)
    with pytest.raises(ValueError, match="other shapes"):
        deep_maxent_irl(mdp, features, expert, params=network(4, (3,), 0), history=history)


def test_discounting_is_needed():
    mdp, features, expert, _ = world()
    with pytest.raises(ValueError, match="gamma is 1"):
        deep_maxent_irl(mdp.replace(gamma=1.0), features, expert)
