"""Maximum causal entropy IRL beside the `imitation` library: the same answers, in what time?

    python benchmarks/maxent.py           agreement and times, up to 24 x 24 cells: a minute
    python benchmarks/maxent.py --quick   up to 12 x 12 cells: seconds
    python benchmarks/maxent.py --large   the course alone, up to 128 x 128 cells: half a minute

`imitation` needs versions of its own and is no dependency of the course. An environment for it:

    python -m venv ENV
    ENV/bin/python -m pip install imitation==1.0.1 "numpy<2" "setuptools<81"
    ENV/bin/python benchmarks/maxent.py

(It brings PyTorch along: install a CPU build first, unless you want several GB.)

Compared are its planner (`mce_partition_fh`, `mce_occupancy_measures`) and its learner (`MCEIRL`,
with a linear reward in double precision and Adam) to `CausalModel` and `causal_maxent_irl`.

One convention differs. `MCEIRL` counts visits in T + 1 states, the last one included, while its
planner pays for T: its gradient is then not that of its likelihood. Where the demonstrations'
visits are those of some reward both fits still find it (first world). With sampled demonstrations
they agree if the state reached last is always the same (second world: steps are part of the state,
and the last leads into a sink).
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where it is not installed

import numpy as np

from benchmarks.imitation_peer import mce_irl
from irl_course.environments import macrocell_world
from irl_course.inverse.maxent import (
    CausalModel,
    causal_log_likelihood,
    causal_maxent_irl,
    maxent_irl,
)
from irl_course.mdp import MDP, Demos, sample_demos
from irl_course.planning import soft_value_iteration

TOL = 1e-7


def main():
    """Print agreement, then times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small worlds only")
    parser.add_argument("--large", action="store_true", help="without imitation, larger worlds")
    args = parser.parse_args()
    if args.large:
        print_large()
        return
    try:
        import imitation  # noqa: F401
    except ImportError:
        parser.exit(2, "imitation is not installed here: --help says how to have it\n")
    print(
        f"{'largest difference in':34}{'visits':>11}{'log-lik.':>11}{'reward':>11}{'its gap':>11}"
    )
    for name, problem in (
        ("exact visits", exact_world()),
        ("sampled, last state a sink", sampled_world()),
    ):
        differences = compare(*problem)
        print(f"{name:34}" + "".join(f"{number:11.1e}" for number in differences))
    print(f"\n{'seconds':16}{'one gradient':>26}{'fit to a gap of 1e-3':>30}")
    print(f"{'cells':16}{'imitation':>13}{'course':>13}{'imitation':>15}{'course':>15}{'ratio':>8}")
    for size in (6, 12) if args.quick else (6, 12, 24):
        gradient, fit = measure(size)
        print(
            f"{f'{size} x {size}':16}{gradient[0]:13.5f}{gradient[1]:13.5f}"
            f"{fit[0]:15.3f}{fit[1]:15.3f}{fit[0] / fit[1]:8.0f}"
        )


def print_large(n_demos=200):
    """Whole fits to sampled demonstrations of T = 2 N steps, starts given, l2 = .01.

    Seconds of CPU: nothing here runs beside anything else.
    """
    models = {"trajectory": maxent_irl, "causal": causal_maxent_irl}
    print(f"{'cells':12}{'features':>9}{'T':>5}  {'model':12}{'iterations':>11}{'CPU s':>9}")
    for size, n_regions in ((32, 16), (128, 16), (128, 64)):
        world, T = macrocell_world(size, size // math.isqrt(n_regions), slip=0.3), 2 * size
        features = world.state_features
        psi = world.psi / np.abs(world.psi).max()
        _, _, pi = soft_value_iteration(world.mdp, features @ psi, T)
        demos = sample_demos(world.mdp, pi, n_demos, T, seed=0)
        for name, learn in models.items():
            began = time.process_time()
            fit = learn(world.mdp, features, demos, l2=0.01, tol=1e-3, given="start")
            seconds = time.process_time() - began
            done = f"{fit.n_iterations:11}{seconds:9.2f}" if fit.converged else fit.message
            print(f"{f'{size} x {size}':12}{n_regions:9}{T:5}  {name:12}{done}", flush=True)


def grid(size, n_regions=3):
    """A slippery grid with dense transitions, regions as features, and a reward for each."""
    world = macrocell_world(size, size // n_regions, slip=0.3)
    P = world.mdp.P
    if world.mdp.is_sparse:
        P = P.toarray().reshape(world.mdp.n_states, world.mdp.n_actions, -1)
    features = world.state_features.toarray()[:, 1:]  # the first is 1 less the others
    psi = np.random.default_rng(0).normal(scale=0.5, size=features.shape[1])
    return world.mdp.replace(P=P), features, psi


def exact_world():
    """A grid, and the visits of the expert themselves."""
    mdp, features, psi = grid(6)
    return mdp, features, psi, 15, None


def sampled_world():
    """A grid unrolled in time, and 200 demonstrations."""
    flat, features, psi = grid(3)
    T, S, A = 8, flat.n_states, flat.n_actions
    P = np.zeros((T * S + 1, A, T * S + 1))
    for t in range(T - 1):
        P[t * S : (t + 1) * S, :, (t + 1) * S : (t + 2) * S] = flat.P
    P[(T - 1) * S :, :, T * S] = 1.0
    start = np.zeros(T * S + 1)
    start[:S] = flat.initial_dist
    features = np.vstack([np.tile(features, (T, 1)), np.zeros(features.shape[1])])
    mdp = MDP(P, start, 0.9)
    return mdp, features, psi, T, 200


def compare(mdp, features, psi, horizon, n_demos):
    """Differences in visits and log-likelihood at psi, in fitted rewards, and imitation's gap."""
    from imitation.algorithms.mce_irl import mce_occupancy_measures, mce_partition_fh

    env = environment(mdp, features, horizon)
    _, _, pi = mce_partition_fh(env, reward=features @ psi)
    seen, _ = mce_occupancy_measures(env, pi=pi)  # (T + 1, S)
    visits = CausalModel(mdp, horizon).visits(features @ psi)
    demos = sample_demos(mdp, pi, n_demos or 200, horizon, seed=0)
    log_pi = np.log(pi[np.arange(horizon), demos.states[:, :-1], demos.actions])
    likelihood = causal_log_likelihood(mdp, features, psi, demos, given="states")

    counted = seen.sum(axis=0) if n_demos is None else count(mdp, demos)
    found, gap, _ = fit_imitation(env, counted, TOL, n_steps=20_000)
    fit = causal_maxent_irl(
        mdp, features, visits if n_demos is None else demos, tol=TOL, given="nothing"
    )
    return (
        np.abs(seen[:-1] - visits.sum(axis=2)).max(),
        abs(log_pi.sum(axis=1).mean() - likelihood),
        np.abs(features @ (found - fit.psi)).max(),
        gap,
    )


def count(mdp: MDP, demos: Demos):
    """Visits of demonstrations, the last state included."""
    return np.bincount(demos.states.ravel(), minlength=mdp.n_states) / demos.n_demos


def measure(size, horizon=30):
    """Seconds of one gradient and of a whole fit, for both."""
    from imitation.algorithms.mce_irl import mce_occupancy_measures

    mdp, features, psi = grid(size)
    env, reward = environment(mdp, features, horizon), features @ psi
    model = CausalModel(mdp, horizon)
    gradient = [
        best_of(lambda: mce_occupancy_measures(env, reward=reward)),
        best_of(lambda: model.plan(reward)),
    ]
    visits, _ = mce_occupancy_measures(env, reward=reward)
    seconds = [fit_imitation(env, visits.sum(axis=0), 1e-3, n_steps=5_000)[2]]
    exact = model.visits(reward)
    seconds.append(best_of(lambda: causal_maxent_irl(mdp, features, exact, tol=1e-3)))
    return gradient, seconds


def best_of(function, repeats=3):
    """Seconds of the quickest of some calls."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def environment(mdp, features, horizon):
    """The same world for imitation."""
    from seals.base_envs import TabularModelPOMDP

    return TabularModelPOMDP(
        transition_matrix=np.array(mdp.P),
        observation_matrix=features,
        reward_matrix=np.zeros(mdp.n_states),
        horizon=horizon,
        initial_state_dist=np.array(mdp.initial_dist),
    )


def fit_imitation(env, visits, tol, n_steps):
    """psi of a linear reward, the gap that is left, and the seconds it took."""
    learner, net = mce_irl(env, visits, 0.05, tol)
    began = time.perf_counter()
    learner.train(n_steps)
    seconds = time.perf_counter() - began
    return net.psi.detach().numpy(), float(net.psi.grad.norm()), seconds


if __name__ == "__main__":
    main()
