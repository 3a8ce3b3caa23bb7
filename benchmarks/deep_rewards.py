"""Linear against deep rewards from few demonstrations, after Wulfmeier et al. (2015).

    python benchmarks/deep_rewards.py           ten worlds of 32 x 32 of each kind: minutes
    python benchmarks/deep_rewards.py --quick   three worlds of 16 x 16 of each kind: seconds

It prints a table and draws `deep_rewards.png`: the expected value difference against the number of
demonstrations, in the world of the demonstrations and in a fresh one with other objects (or cells),
for an Objectworld seen through binary and through continuous features, and for a Binaryworld. A
world, its demonstrations and the network's first parameters are one seed.

The demonstrations have 8 steps and are by an expert of the model's own kind, soft-optimal for the
true reward (`--expert optimal` never errs). Both rewards are fitted by maximum causal entropy IRL,
discounted, given the states, with the same penalty: the linear one to its maximum, the network (two
hidden layers of 32) by 300 steps of Adam. What counts afterwards is the policy optimal for the
learnt reward. The published curves are in other units: compared are orderings and ratios.

What reproduces, over ten worlds: the linear reward stays about where it is however many
demonstrations there are (in the Binaryworld, near what random actions lose), the deep one falls
towards 0. With 128 it loses 19 times less through binary features (14 in a fresh world), 7 (3.5)
through continuous ones and 26 (18) in the Binaryworld; by an optimal expert's 47 (11), 8 (2.6) and
19 (10).
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one world per process is the better use of cores

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where it is not installed

import numpy as np
from tqdm import tqdm

from irl_course.environments import binaryworld, objectworld
from irl_course.inverse.maxent import causal_maxent_irl
from irl_course.inverse.neural import deep_maxent_irl, mlp_reward
from irl_course.mdp import sample_demos
from irl_course.metrics import expected_value_difference
from irl_course.planning import soft_value_iteration, value_iteration

HORIZON, L2 = 8, 0.01
FRESH = 10_000  # added to a seed, that of its fresh world
OBJECTS = 0.05  # of the cells
METHODS, PLACES = ("linear", "deep"), ("training world", "fresh world")
KINDS = {  # name: by how much deep has to win, in the training world and in a fresh one
    "objectworld, binary features": (10, 5),
    "objectworld, continuous features": (3, 2),
    "binaryworld": None,
}


def main():
    """Run all worlds, some at a time, then print the table and draw the figure."""
    args = parse_args()
    began, found = time.perf_counter(), {kind: [] for kind in args.kinds}
    with ProcessPoolExecutor(args.jobs) as pool:
        runs = {
            pool.submit(measure, args, kind, seed): kind
            for seed in range(args.seeds)
            for kind in args.kinds
        }
        for run in tqdm(as_completed(runs), total=len(runs), unit="world"):
            found[runs[run]].append(run.result())
    print(
        f"{args.seeds} worlds of {args.size} x {args.size} cells of each kind, expert: "
        f"{args.expert}, {args.steps} steps; {time.perf_counter() - began:.0f} s in all"
    )
    for kind, runs in found.items():
        print_table(args, kind, runs)
    draw(args, found)
    print(f"\nThe figure is {args.figure}")


def parse_args():
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    whole = {"type": int, "metavar": "N"}
    parser.add_argument("--quick", action="store_true", help="three worlds of 16 x 16 cells a kind")
    parser.add_argument("--seeds", **whole, help="worlds of each kind (10)")
    parser.add_argument("--size", **whole, help="rows and columns of a world (32)")
    parser.add_argument("--counts", **whole, nargs="+", help="demonstrations (8 16 32 64 128)")
    parser.add_argument("--steps", default=300, **whole, help="steps of the network (300)")
    parser.add_argument("--jobs", default=2, **whole, help="worlds at a time (2)")
    parser.add_argument("--expert", default="soft", choices=("soft", "optimal"))
    parser.add_argument("--kinds", default=list(KINDS), choices=KINDS, nargs="+", metavar="KIND")
    parser.add_argument("--figure", default="deep_rewards.png", metavar="FILE")
    args = parser.parse_args()
    full, quick = (10, 32, [8, 16, 32, 64, 128]), (3, 16, [8, 32, 128])
    for name, value in zip(("seeds", "size", "counts"), quick if args.quick else full, strict=True):
        if getattr(args, name) is None:
            setattr(args, name, value)
    if min(args.seeds, args.size, args.steps, args.jobs, *args.counts) < 1:
        parser.error("every number has to be 1 or more")
    args.counts = sorted(set(args.counts))
    return args


def measure(args, kind, seed):
    """One world and a fresh one of its kind: differences, and the seconds of each method."""
    worlds = [make(kind, args.size, number) for number in (seed, FRESH + seed)]
    here, differences, seconds = worlds[0], [], []
    plan = soft_value_iteration if args.expert == "soft" else value_iteration
    demos = sample_demos(here.mdp, plan(here.mdp, here.reward)[-1], args.counts[-1], HORIZON, seed)
    for count in args.counts:
        for method in (fit_linear, fit_deep):
            began = time.process_time()
            reward = method(args, here, demos[:count], seed)
            seconds.append(time.process_time() - began)
            differences.append([difference(world, reward(world)) for world in worlds])
    shape = (len(args.counts), len(METHODS))
    return {
        "differences": np.reshape(differences, (*shape, len(PLACES))),
        "seconds": np.reshape(seconds, shape),
        "random": [difference(world, np.zeros(world.mdp.n_states)) for world in worlds],
    }


def make(kind, size, seed):
    """A world of a kind; its objects are as dense at any size."""
    if kind == "binaryworld":
        return binaryworld(size, seed)
    n_objects = max(2, round(OBJECTS * size**2))
    return objectworld(size, n_objects, seed=seed, continuous="continuous" in kind)


def fit_linear(args, world, demos, seed):
    """The linear reward, as a function of a world."""
    features = world.state_features
    fit = causal_maxent_irl(world.mdp, features, demos, L2, discounted=True, given="states")
    return lambda there: there.state_features @ fit.psi


def fit_deep(args, world, demos, seed):
    """The network's reward, as a function of a world."""
    params, _ = deep_maxent_irl(
        world.mdp, world.state_features, demos, n_steps=args.steps, l2=L2, seed=seed
    )
    return lambda there: mlp_reward(params, there.state_features)


def difference(world, reward):
    """The expected value difference of a learnt reward in a world."""
    return expected_value_difference(world.mdp, world.reward, reward)


def print_table(args, kind, runs):
    """Means over the worlds of a kind, and how much better deep is with most demonstrations."""
    differences = np.array([run["differences"] for run in runs])
    random = np.mean([run["random"] for run in runs], axis=0)
    print(f"\n{kind}: expected value difference, mean of all worlds (standard error)")
    print(f"{'demonstrations':24}" + "".join(f"{count:>14}" for count in args.counts))
    for j, place in enumerate(PLACES):
        for i, method in enumerate(METHODS):
            cells = [cell(differences[:, k, i, j]) for k in range(len(args.counts))]
            print(f"{f'{method}, {place}':24}" + "".join(cells))
    print(f"actions at random: {random[0]:.2f}, in a fresh world {random[1]:.2f}")
    means = differences.mean(axis=0)
    ratios = means[-1, 0] / np.maximum(means[-1, 1], 1e-12)
    full = args.size == 32 and args.counts[-1] == 128
    wanted = KINDS[kind] if full else None
    for j, place in enumerate(PLACES):
        goal = f", at least {wanted[j]} expected" if wanted else ""
        print(f"{place}: with {args.counts[-1]}, linear / deep is {ratios[j]:.1f}{goal}")
    linear, deep = np.mean([run["seconds"] for run in runs], axis=(0, 1))
    print(f"a fit takes {linear:.2f} s on the processor, linear, and {deep:.2f} s, deep")


def cell(values):
    """A mean and its standard error, 14 characters wide."""
    error = f"{standard_error(values):.2f}" if len(values) > 1 else "-"
    return f"{f'{np.mean(values):.2f} ({error})':>14}"


def draw(args, found):
    """A column for each kind of world, a row for each place."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from irl_course.plotting import use_style

    use_style()
    size = (4 * len(found), 6.4)
    fig, axes = plt.subplots(2, len(found), figsize=size, sharex=True, sharey="col", squeeze=False)
    for column, (kind, runs) in zip(axes.T, found.items(), strict=True):
        differences = np.array([run["differences"] for run in runs])
        column[0].set_ylim(0, top(differences))
        for j, (ax, place) in enumerate(zip(column, PLACES, strict=True)):
            draw_panel(ax, args.counts, differences[..., j], [run["random"][j] for run in runs])
            linear, deep = differences[:, -1, :, j].mean(axis=0)
            ax.set_title(f"{kind}\n{place}: deep loses {linear / max(deep, 1e-12):.1f} times less")
        column[-1].set_xlabel(f"demonstrations of {HORIZON} steps")
    for row in axes:
        row[0].set_ylabel("expected value difference")
    lines = axes[0, -1].get_legend_handles_labels()
    fig.legend(*lines, loc="outside lower center", ncols=3)
    fig.savefig(args.figure, dpi=150)


def draw_panel(ax, counts, differences, random):
    """Means and standard errors, (worlds, counts, methods)."""
    mean, error = differences.mean(axis=0), standard_error(differences)
    for i, (method, line) in enumerate(zip(METHODS, ("C1--o", "C2-o"), strict=True)):
        ax.errorbar(counts, mean[:, i], error[:, i], fmt=line, capsize=3, label=method)
    if np.mean(random) < ax.get_ylim()[1]:  # where it is easy to do better, it is far off
        ax.axhline(np.mean(random), color="0.6", lw=1, ls=":", label="actions at random")
    ax.set_xscale("log", base=2)
    ax.set_xticks(counts, [str(count) for count in counts])


def top(differences):
    """A little above the highest mean with its error."""
    return 1.05 * (differences.mean(axis=0) + standard_error(differences)).max()


def standard_error(values):
    """Of the mean over the first axis; 0 where there is one value only."""
    return np.std(values, axis=0) / max(1, len(values) - 1) ** 0.5


if __name__ == "__main__":
    main()
