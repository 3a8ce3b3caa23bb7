"""One solver on one problem, each time a line comes in: the other side of `planning.py`.

    PYTHON benchmarks/planning_worker.py SOLVER PROBLEM.npz RESULT.npz

PYTHON is any interpreter with NumPy, SciPy and the solver's package, and need not have the course.
The problem is raw arrays. Each solver has two parts: `build` makes its package's own model of
them, `solve` is the work. Both are timed, after a small problem has had everything imported,
compiled and warmed up. Each answer is a line of JSON; arrays go to RESULT.npz.
"""

import contextlib
import gc
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where it is not installed

from benchmarks.imitation_peer import mce_irl

TOL = 1e-8
# imitation's fit takes minutes: by default so many of its steps are timed.
FEW_STEPS = 20
# A process may not have more than this, with room for what the libraries themselves reserve.
ADDRESS_SPACE = int(float(os.environ.get("BENCH_GB", 16)) * 2**30)


def main():
    """Warm up, say "ready", then run once for every line that comes in."""
    name, problem_file, result_file = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")  # what packages print goes elsewhere
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, resource.RLIM_INFINITY))
    build, solve = SOLVERS[name]
    for _ in range(2):
        run_once(build, solve, tiny_problem())
    with np.load(problem_file) as stored:
        problem = dict(stored)
    say(answers, {"ready": name})
    for _ in sys.stdin:
        try:
            result, record = run_once(build, solve, problem)
        except MemoryError as error:
            say(answers, {"failed": "out of memory", "why": str(error)})
            return
        except Exception as error:
            say(answers, {"failed": f"{type(error).__name__}: {error}"})
            return
        np.savez(result_file, **result)
        del result
        say(answers, record)


def say(answers, record):
    """One line of JSON."""
    print(json.dumps(record), file=answers, flush=True)


def run_once(build, solve, problem):
    """The result, and what it took: seconds of clock and processor, and bytes beyond the start."""
    gc.collect()
    before, times = resident(), [clock()]
    with contextlib.redirect_stdout(sys.stderr):
        model = build(problem)
        times.append(clock())
        result = solve(model, problem)
        times.append(clock())
    building, solving = np.diff(times, axis=0)
    record = {
        "build": building.tolist(),
        "solve": solving.tolist(),
        "memory": max(peak() - before, 0),
        "extra": result.pop("extra", {}),
    }
    return {key: np.asarray(value) for key, value in result.items()}, record


def clock():
    """Seconds of clock and of processor, those of finished children not counted."""
    return time.perf_counter(), time.process_time()


def resident():
    """Bytes in memory now, from where `peak` counts; without a /proc, the most there have been."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return peak()


def peak():
    """The most bytes in memory since then."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def tiny_problem():
    """A ring of 12 states with two actions, and everything that any solver asks for."""
    S, A = 12, 2
    ring = np.arange(S)
    P = np.zeros((S, A, S))
    for a, step in enumerate((-1, 1)):
        P[ring, a, (ring + step) % S] += 0.8
        P[ring, a, ring] += 0.2
    rows = sparse.csr_array(P.reshape(S * A, S))
    return {
        "data": rows.data,
        "indices": rows.indices,
        "indptr": rows.indptr,
        "start": np.full(S, 1.0 / S),
        "reward": np.tile(np.eye(S)[0][:, None], (1, A)),
        "gamma": 0.9,
        "pi": np.full((S, A), 1.0 / A),
        "horizon": 4,
        "region": ring // 4,
        "state_reward": np.eye(S)[0],
        "visits": np.full((4, S, A), 1.0 / (S * A)),
        "visits_with_last": np.full(S, 5.0 / S),
        "tol": 1e-1,
        "steps": 3,
        "step_size": 0.05,
    }


def transitions(problem):
    """The raw arrays as SciPy's matrix, (S * A, S)."""
    S = len(problem["start"])
    parts = problem["data"], problem["indices"], problem["indptr"]
    return sparse.csr_matrix(parts, shape=(len(parts[2]) - 1, S))


# The course


def course(problem):
    """Our MDP, validated."""
    from irl_course.mdp import MDP

    return MDP(transitions(problem), problem["start"], float(problem["gamma"]))


def course_optimal(mdp, problem):
    """`value_iteration`."""
    from irl_course.planning import value_iteration

    return {"V": value_iteration(mdp, problem["reward"], tol=TOL)[0]}


def course_evaluate(mdp, problem):
    """`policy_evaluation`."""
    from irl_course.planning import policy_evaluation

    return {"V": policy_evaluation(mdp, problem["reward"], problem["pi"])}


def course_occupancy(mdp, problem):
    """`occupancy`."""
    from irl_course.planning import occupancy

    return {"visits": occupancy(mdp, problem["pi"]).sum(axis=1)}


def course_tables(mdp, problem):
    """`soft_value_iteration` and `expected_visits`, with all their tables."""
    from irl_course.planning import expected_visits, soft_value_iteration

    horizon = int(problem["horizon"])
    V, _, pi = soft_value_iteration(mdp, problem["state_reward"], horizon)
    return {"V": V[0], "visits": expected_visits(mdp, pi, horizon).sum(axis=(0, 2))}


def course_gradient(mdp, problem):
    """`CausalModel`, which keeps no tables in large worlds."""
    from irl_course.inverse.maxent import CausalModel

    _, visits = CausalModel(mdp, int(problem["horizon"])).plan(problem["state_reward"])
    return {"visits": visits}


def course_trajectory(mdp, problem):
    """`TrajectoryModel`."""
    from irl_course.inverse.maxent import TrajectoryModel

    _, visits = TrajectoryModel(mdp, int(problem["horizon"])).plan(problem["state_reward"])
    return {"visits": visits}


def course_discounted(mdp, problem):
    """`DiscountedModel`."""
    from irl_course.inverse.maxent import DiscountedModel

    _, visits = DiscountedModel(mdp).plan(problem["state_reward"])
    return {"visits": visits}


def one_hot(problem):
    """Features of the state, (S, K): which region it lies in."""
    region = problem["region"]
    rows = np.ones(len(region)), region, np.arange(len(region) + 1)
    return sparse.csr_array(rows, shape=(len(region), region.max() + 1))


def course_fit(mdp, problem):
    """`causal_maxent_irl` to exact visits."""
    from irl_course.inverse.maxent import causal_maxent_irl

    features, tol = one_hot(problem), float(problem["tol"])
    fit = causal_maxent_irl(mdp, features, problem["visits"], tol=tol, given="nothing")
    return {"psi": fit.psi, "gap": fit.gradient_norms[-1], "steps": fit.n_iterations}


def course_projection(mdp, problem):
    """`apprenticeship_learning` of the optimal policy's feature expectations."""
    from irl_course.inverse.feature_matching import apprenticeship_learning, feature_expectations
    from irl_course.planning import value_iteration

    features = one_hot(problem)
    expert = feature_expectations(mdp, value_iteration(mdp, problem["reward"])[1], features)
    tol = 1e-3 / (1.0 - mdp.gamma)
    policies, weights, distances = apprenticeship_learning(mdp, features, expert, tol)
    return {"distances": distances}


SWEEPS = 20


def course_blocks(problem):
    """Our MDP, and how `value_iteration` goes through it."""
    from irl_course.planning import _Maximisation

    mdp = course(problem)
    return mdp, _Maximisation(mdp, problem["reward"])


def course_sweep(model, problem):
    """The sweep of `value_iteration`, a few times; the least number of bytes that it can move."""
    mdp, maximisation = model
    V = np.zeros(mdp.n_states)
    for _ in range(SWEEPS):
        V = maximisation.backup(V)
    stored = mdp.P.data, mdp.P.indices, mdp.P.indptr
    moved = sum(part.nbytes for part in (*stored, problem["reward"], V, V))
    return {"V": V, "extra": {"bytes": moved, "times": SWEEPS}}


def numpy_copy(source, problem):
    """A copy of 256 MB: bytes read and bytes written."""
    for _ in range(SWEEPS):
        np.copyto(*source)
    return {"extra": {"bytes": 2 * source[0].nbytes, "times": SWEEPS}}


def two_arrays(problem):
    """A source and a target of 256 MB."""
    return np.ones(1 << 25), np.ones(1 << 25)


# SciPy, as one would write it oneself


def scipy_evaluate(P, problem):
    """Set up the system and solve it."""
    from scipy.sparse.linalg import spsolve

    system, payoff = _policy_system(P, problem)
    return {"V": spsolve(system.tocsc(), payoff)}


def scipy_occupancy(P, problem):
    """The same, transposed."""
    from scipy.sparse.linalg import spsolve

    system, _ = _policy_system(P, problem)
    return {"visits": spsolve(system.T.tocsc(), problem["start"])}


def _policy_system(P, problem):
    pi, S = problem["pi"], P.shape[1]
    A = P.shape[0] // S
    mix = sparse.csr_matrix((pi.ravel(), np.arange(S * A), np.arange(S + 1) * A))
    payoff = (pi * problem["reward"]).sum(axis=1)
    return sparse.identity(S, format="csr") - float(problem["gamma"]) * (mix @ P), payoff


# QuantEcon


def quantecon(problem):
    """State-action pairs, sparse."""
    from quantecon.markov import DiscreteDP

    P, (S, A) = transitions(problem), problem["reward"].shape
    pairs = np.repeat(np.arange(S), A), np.tile(np.arange(A), S)
    return DiscreteDP(problem["reward"].ravel(), P, float(problem["gamma"]), *pairs)


def quantecon_optimal(method, epsilon):
    """One of its methods, with as many iterations as it takes."""

    def solve(model, problem):
        found = model.solve(method=method, epsilon=epsilon, max_iter=100_000)
        return {"V": found.v}

    return solve


def quantecon_evaluate(model, problem):
    """Its evaluation of a deterministic policy."""
    return {"V": model.evaluate_policy(problem["pi"].argmax(axis=1))}


# pymdptoolbox


def mdptoolbox(method, **options):
    """One of its classes, with a sparse matrix for each action."""

    def build(problem):
        import mdptoolbox.mdp

        P, (_, A) = transitions(problem), problem["reward"].shape
        by_action = [P[a::A].tocsr() for a in range(A)]
        make = getattr(mdptoolbox.mdp, method)
        return make(by_action, problem["reward"], float(problem["gamma"]), **options)

    return build


def mdptoolbox_optimal(model, problem):
    """Run it."""
    model.run()
    V = np.array(model.V)
    # It stops on the span of its last step, with values off by a constant: that we add.
    Q = np.stack([model.R[a] + model.discount * (P @ V) for a, P in enumerate(model.P)])
    change = Q.max(axis=0) - V
    scale = model.discount / (1.0 - model.discount)
    return {"V": Q.max(axis=0) + scale * (change.min() + change.max()) / 2}


# mdpsolver


def mdpsolver(problem):
    """Nested lists of what is not zero, the form that it asks for."""
    import mdpsolver

    P, (S, A) = transitions(problem), problem["reward"].shape
    data, columns, ends = P.data.tolist(), P.indices.tolist(), P.indptr.tolist()
    probabilities, successors = (
        [[part[ends[row] : ends[row + 1]] for row in range(s * A, s * A + A)] for s in range(S)]
        for part in (data, columns)
    )
    model = mdpsolver.model()
    model.mdp(
        discount=float(problem["gamma"]),
        rewards=problem["reward"].tolist(),
        tranMatProbs=probabilities,
        tranMatColumns=successors,
    )
    return model


def mdpsolver_optimal(**options):
    """One of its methods."""

    def solve(model, problem):
        model.solve(**options)
        return {"V": model.getValueVector()}

    return solve


# imitation


def imitation(problem):
    """Dense transitions, the form that it asks for."""
    from seals.base_envs import TabularModelPOMDP

    P, S = transitions(problem), len(problem["start"])
    # Every number is written: pages of zeros that nobody has written to yet take no memory, and
    # are read faster than any table that was computed, loaded or copied.
    dense = np.empty(P.shape)
    dense[:] = 0.0
    dense[np.repeat(np.arange(P.shape[0]), np.diff(P.indptr)), P.indices] = P.data
    return TabularModelPOMDP(
        transition_matrix=dense.reshape(S, -1, S),
        observation_matrix=one_hot(problem).toarray(),
        reward_matrix=np.zeros(S),
        horizon=int(problem["horizon"]),
        initial_state_dist=problem["start"],
    )


def imitation_tables(env, problem):
    """Its backward and its forward pass."""
    from imitation.algorithms.mce_irl import mce_occupancy_measures, mce_partition_fh

    V, _, pi = mce_partition_fh(env, reward=problem["state_reward"])
    visits, _ = mce_occupancy_measures(env, pi=pi)
    return {"V": V[0], "visits": visits[:-1].sum(axis=0), "last": visits[-1]}


def imitation_fit(env, problem):
    """At most so many steps of Adam, to the gap asked for."""
    visits, tol = problem["visits_with_last"], float(problem["tol"])
    learner, net = mce_irl(env, visits, float(problem["step_size"]), tol)
    needed, whole = int(problem["steps"]), os.environ.get("BENCH_WHOLE_FIT") == "1"
    steps = needed + 10 if whole else min(needed, FEW_STEPS)
    learner.train(steps)
    found = {"psi": net.psi.detach().numpy(), "gap": float(net.psi.grad.norm())}
    return found if steps > needed else found | {"steps_done": steps, "cut": True}


def _matrix(problem):
    return transitions(problem)


SOLVERS = {
    "course optimal": (course, course_optimal),
    "course evaluate": (course, course_evaluate),
    "course occupancy": (course, course_occupancy),
    "course tables": (course, course_tables),
    "course gradient": (course, course_gradient),
    "course trajectory": (course, course_trajectory),
    "course discounted": (course, course_discounted),
    "course fit": (course, course_fit),
    "course projection": (course, course_projection),
    "course sweep": (course_blocks, course_sweep),
    "numpy copy": (two_arrays, numpy_copy),
    "scipy evaluate": (_matrix, scipy_evaluate),
    "scipy occupancy": (_matrix, scipy_occupancy),
    "quantecon pi": (quantecon, quantecon_optimal("policy_iteration", None)),
    "quantecon mpi": (quantecon, quantecon_optimal("modified_policy_iteration", TOL)),
    "quantecon vi": (quantecon, quantecon_optimal("value_iteration", TOL)),
    "quantecon evaluate": (quantecon, quantecon_evaluate),
    "mdptoolbox mpi": (mdptoolbox("PolicyIterationModified", epsilon=TOL), mdptoolbox_optimal),
    "mdptoolbox vi": (mdptoolbox("ValueIteration", epsilon=TOL), mdptoolbox_optimal),
    "imitation tables": (imitation, imitation_tables),
    "imitation fit": (imitation, imitation_fit),
}
for _algorithm, _update in (("mpi", "gs"), ("pi", "gs"), ("mpi", "standard"), ("vi", "standard")):
    _options = {"algorithm": _algorithm, "update": _update, "tolerance": TOL}
    SOLVERS[f"mdpsolver {_algorithm} {_update}"] = mdpsolver, mdpsolver_optimal(**_options)


if __name__ == "__main__":
    main()
