"""The planners beside their peers: optimal values, policy evaluation, soft passes, whole fits.

    python benchmarks/planning.py --make-peers PEERS   once: environments for the peers
    python benchmarks/planning.py --peers PEERS        everything: some twenty minutes
    python benchmarks/planning.py                      the course alone
    python benchmarks/planning.py --quick              small worlds, seconds

It prints the tables of `benchmarks/README.md`, ready to paste, and draws `planning.png`.
`--save FILE` keeps all measurements, `--load FILE` prints and draws them again.

The worlds are slippery grids of N x N cells in macrocells (Abbeel & Ng 2004), at a discount of .99.
Every solver gets the same raw arrays and a process of its own (`planning_worker.py`), warmed up
before; the solvers of a size take turns, and medians count. Answers are checked before any speed is
reported: values against bounds on their error, visits against the equation that defines them.
Where a package has several methods the quickest correct one counts. A run that is expected to pass
the limit, from the size before, is not started; that, a limit passed, memory that did not suffice,
and a wrong answer are all said in the table.

What reproduces is the order of the packages and, on a quiet machine, their ratios within a fifth or
so. `--clock cpu` compares seconds of processor instead: the fair figure on a busy machine.
"""

import argparse
import json
import os
import platform
import select
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where it is not installed

import numpy as np
from scipy import sparse

from irl_course.environments import macrocell_world, random_mdp
from irl_course.inverse.maxent import CausalModel
from irl_course.planning import value_iteration

WORKER = Path(__file__).with_name("planning_worker.py")
PINS = {  # environment: what is installed there
    "planners": ["quantecon==0.11.4", "mdpsolver==0.10.2", "pymdptoolbox==4.0b3"],
    "imitation": ["imitation==1.0.1", "numpy<2", "setuptools<81"],
}
HOME = {"quantecon": "planners", "mdpsolver": "planners", "mdptoolbox": "planners"}
NAMES = {
    "course": "this course",
    "quantecon": "QuantEcon",
    "mdpsolver": "mdpsolver",
    "mdptoolbox": "pymdptoolbox",
    "imitation": "imitation",
    "scipy": "SciPy's spsolve",
}
GAMMA, TOL = 0.99, 1e-8
# A method this much slower than the best of its package is not tried at the next size.
HOPELESS = 2.0
# Where a size has four times the states of the one before, time is expected to grow by this.
GROWTH = 5.0

ITEMS = {  # item: (title, course solver, peers, sizes)
    "optimal": (
        "Optimal values to 1e-8",
        ["quantecon pi", "quantecon mpi", "quantecon vi"]
        # Not its value iteration with Gauss-Seidel: after two minutes it had not solved 12 states.
        + ["mdpsolver mpi gs", "mdpsolver pi gs", "mdpsolver mpi standard", "mdpsolver vi standard"]
        + ["mdptoolbox vi", "mdptoolbox mpi"],
        (32, 64, 128, 256, 512, 1024),
    ),
    "evaluate": (
        "Value of the optimal policy",
        ["quantecon evaluate", "scipy evaluate"],
        (32, 64, 128, 256, 512),
    ),
    "occupancy": ("Discounted occupancy", ["scipy occupancy"], (32, 64, 128, 256, 512)),
    "tables": ("Soft passes, whole tables", ["imitation tables"], (8, 16, 32, 64, 128)),
    "gradient": (
        "Causal gradient, T = 2 N",
        ["imitation tables"],
        (8, 16, 32, 64, 128, 256, 512),
    ),
    "trajectory": ("Gradient over trajectories, T = 2 N", [], (32, 64, 128)),
    "discounted": ("Discounted causal gradient", [], (32, 64, 128, 256)),
    "fit": ("Causal fit to a gap of 1e-3", ["imitation fit"], (32,)),
    "projection": ("Projection to 1e-3, 64 features", [], (32, 64, 128)),
    "sweep": ("One sweep, all states", ["numpy copy"], (128, 256, 512, 1024)),
}


def main():
    """Measure or load, then print and draw."""
    args = parse_args()
    if args.make_peers:
        make_peers(Path(args.make_peers))
        return
    found = json.loads(Path(args.load).read_text()) if args.load else measure(args)
    if args.save:
        Path(args.save).write_text(json.dumps(found, indent=1))
    report(found, args.clock)
    if args.figure:
        draw(found, args.clock, args.figure)


def parse_args(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--make-peers", metavar="FOLDER", help="make the peers' environments there")
    parser.add_argument("--peers", metavar="FOLDER", help="where --make-peers made them")
    for name in PINS:
        parser.add_argument(f"--{name}", metavar="PYTHON", help=f"an interpreter with {name}")
    parser.add_argument("--items", nargs="+", choices=ITEMS, default=list(ITEMS), metavar="ITEM")
    parser.add_argument("--quick", action="store_true", help="two small sizes, once each")
    parser.add_argument("--largest", type=int, default=1024, help="largest N (1024)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each solver (3)")
    parser.add_argument("--limit", type=float, default=60, help="seconds for one run (60)")
    parser.add_argument("--memory", type=float, default=16, help="GB for one run (16)")
    parser.add_argument("--whole-fit", action="store_true", help="let imitation fit to the end")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--save", metavar="FILE", help="keep the measurements as JSON")
    parser.add_argument("--load", metavar="FILE", help="measure nothing, show these")
    parser.add_argument("--figure", default="planning.png", metavar="FILE")
    args = parser.parse_args(arguments)
    if args.repeats < 1 or args.limit <= 0:
        parser.error("--repeats and --limit have to be positive")
    return args


def make_peers(folder):
    """One environment for the planners, one for imitation, which needs old versions of much."""
    for name, packages in PINS.items():
        venv.create(folder / name, with_pip=True)
        subprocess.run([interpreter(folder, name), "-m", "pip", "install", *packages], check=True)


def interpreter(folder, name):
    """The Python of an environment that --make-peers made."""
    return str(Path(folder) / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


# Problems and their checks


def problem_of(item, size):
    """The raw arrays of a problem."""
    if item == "fit":
        world = macrocell_world(size, size // 4, slip=0.3, gamma=GAMMA)
    else:
        world = macrocell_world(size, max(1, size // 8), slip=0.3, gamma=GAMMA)
    problem = raw(world.mdp, world.reward)
    state_reward = world.psi[world.macrocell] / world.psi.max()
    problem |= {"region": world.macrocell, "state_reward": state_reward, "horizon": 2 * size}
    if item in ("evaluate", "occupancy"):
        problem["pi"] = value_iteration(world.mdp, world.reward)[1]
    if item == "optimal":
        problem["exact"] = value_iteration(world.mdp, world.reward, tol=1e-11)[0]
    if item == "fit":
        problem |= fit_data(world, problem["horizon"])
    return problem


def raw(mdp, reward):
    """An MDP as arrays that every package can start from."""
    rows = sparse.csr_array(mdp._rows)
    parts = {name: getattr(rows, name) for name in ("data", "indices", "indptr")}
    return {**parts, "start": mdp.initial_dist, "gamma": mdp.gamma, "reward": np.array(reward)}


def fit_data(world, horizon, step_size=0.05, tol=1e-3):
    """Exact visits of an expert, and how many steps Adam needs to come near them.

    imitation counts visits in T + 1 states, the last one included, and this course in T.
    Steps are counted by taking them with our gradients, which are the same and quicker.
    """
    features = world.state_features
    psi = np.random.default_rng(0).normal(scale=0.5, size=features.shape[1])
    model = CausalModel(world.mdp, horizon)

    def with_last(every):
        return every.sum(axis=(0, 2)) + world.mdp.flow(every[-1])

    expert = model.visits(features @ psi)
    both = with_last(expert)
    found, mean, square = np.zeros_like(psi), 0.0, 0.0
    for steps in range(1, 5001):
        gradient = features.T @ (with_last(model.visits(features @ found)) - both)
        if np.linalg.norm(gradient) <= tol:
            break
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        unbiased = mean / (1 - 0.9**steps), square / (1 - 0.999**steps)
        found = found - step_size * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
    return {
        "visits": expert,
        "visits_with_last": both,
        "tol": tol,
        "step_size": step_size,
        "steps": steps,
    }


def wrong(item, problem, result):
    """How far the answer is off, in words; empty if it is right."""
    gamma, P = float(problem["gamma"]), matrix(problem)
    if item == "optimal":
        V, exact = result["V"], problem["exact"]
        error = np.abs(V - exact).max() + uncertainty(P, problem["reward"], exact, gamma)
        return "" if error <= TOL else f"off by {error:.1e}"
    if item == "evaluate":
        payoff = (problem["pi"] * problem["reward"]).sum(axis=1)
        residual = np.abs(payoff + gamma * under(P, problem["pi"]) @ result["V"] - result["V"])
        error = residual.max() / (1 - gamma)
        return "" if error <= TOL else f"off by {error:.1e}"
    if item == "occupancy":
        mass = result["visits"]
        flow = problem["start"] + gamma * (under(P, problem["pi"]).T @ mass)
        error = np.abs(flow - mass).sum() / (1 - gamma)
        return "" if error <= TOL else f"off by {error:.1e}"
    if item in ("tables", "gradient"):
        if "check" not in problem:  # the first is the course: what a plain loop says is compared
            problem["check"] = plain_visits(P, problem)
        error = np.abs(result["visits"] - problem["check"]).max()
        return "" if error <= TOL else f"off by {error:.1e}"
    if item == "fit" and not bool(result.get("cut", False)):
        return "" if result["gap"] <= 1.01 * problem["tol"] else f"gap {float(result['gap']):.1e}"
    return ""


def matrix(problem):
    """The transitions, (S * A, S)."""
    S, parts = len(problem["start"]), [problem[k] for k in ("data", "indices", "indptr")]
    return sparse.csr_array(tuple(parts), shape=(len(parts[2]) - 1, S))


def under(P, pi):
    """State to state under a policy."""
    S, A = pi.shape
    mix = sparse.csr_array((pi.ravel(), np.arange(S * A), np.arange(S + 1) * A))
    return mix @ P


def uncertainty(P, reward, V, gamma):
    """No optimal value is farther than this from V."""
    change = (reward + gamma * (P @ V).reshape(reward.shape)).max(axis=1) - V
    return np.abs(change).max() / (1 - gamma)


def plain_visits(P, problem):
    """Visits to states in all T steps, by the plainest code that there is."""
    S, T = P.shape[1], int(problem["horizon"])
    reward, V = problem["state_reward"][:, None], np.zeros((T + 1, S))
    for t in reversed(range(T)):
        V[t] = np.logaddexp.reduce(reward + (P @ V[t + 1]).reshape(S, -1), axis=1)
    mass, total = problem["start"], 0.0
    for t in range(T):
        total = total + mass
        pi = np.exp(reward + (P @ V[t + 1]).reshape(S, -1) - V[t][:, None])
        mass = P.T @ (mass[:, None] * pi).ravel()
    return total


# Running


def measure(args):
    """Everything asked for: a record for every item, size and solver."""
    pythons = {name: getattr(args, name) for name in PINS}
    if args.peers:
        pythons = {name: given or interpreter(args.peers, name) for name, given in pythons.items()}
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for item in args.items:
            _, peers, sizes = ITEMS[item]
            sizes = [N for N in sizes if args.largest >= N]
            if args.quick:
                sizes = [8, 16] if item != "fit" else [16]
            solvers, expected = [f"course {item}", *peers], {}
            for size in sizes:
                problem = problem_of(item, size)
                found = compare(args, item, size, problem, solvers, expected, pythons, folder)
                records += found
                if args.save:  # in case that something ends it
                    Path(args.save).write_text(json.dumps({"records": records} | about({})))
                expected = expect(found, args.clock)
        if "optimal" in args.items and not args.quick:
            records += growth(args, pythons, folder)
    return {"records": records, **about(pythons)}


def expect(found, clock):
    """For each solver the seconds to expect at the next size, or why it will not be run there."""
    expected = {}
    for record in found:
        solver, package = record["solver"], record["solver"].split()[0]
        done = [total(r, clock) for r in found if r["solver"].split()[0] == package and ok(r)]
        if not ok(record) and not done:
            why = record["failed"]
            expected[solver] = why if " at N = " in why else f"{why} at N = {record['size']}"
        elif not ok(record) or total(record, clock) > HOPELESS * min(done):
            expected[solver] = "beaten"
        else:
            expected[solver] = GROWTH * total(record, clock)
    return expected


def ok(record):
    """Whether a record has a time."""
    return "failed" not in record


def total(record, clock, part="both"):
    """Median seconds: of the build, of the solution, or of both together."""
    i = ("wall", "cpu").index(clock)
    parts = ("build", "solve") if part == "both" else (part,)
    runs = [sum(run[p][i] for p in parts) for run in record["runs"]]
    return statistics.median(runs) * record.get("times", 1.0)


def compare(args, item, size, problem, solvers, expected, pythons, folder):
    """All solvers on one problem, in turn."""
    path = Path(folder) / "problem.npz"
    np.savez(path, **problem)
    records, workers = [], []
    for solver in solvers:
        record = {"item": item, "size": size, "states": len(problem["start"]), "solver": solver}
        package = solver.split()[0]
        home = HOME.get(package, "imitation" if package == "imitation" else None)
        python = pythons[home] if home else sys.executable
        hope = expected.get(solver, 0.0)
        if python is None or hope == "beaten":
            continue
        records.append(record | {"runs": []})
        if isinstance(hope, str) and package != "course":
            records[-1]["failed"] = hope
        elif package == "course":
            workers.append((records[-1], Worker(python, solver, path, folder, args)))
        elif hope > args.limit:
            records[-1]["failed"] = f"> {args.limit:g} s expected"
        elif too_large(package, problem, args.memory):
            records[-1]["failed"] = too_large(package, problem, args.memory)
        else:
            workers.append((records[-1], Worker(python, solver, path, folder, args)))
    for _, worker in workers:  # imports and compilers would disturb the first turn
        worker.warm()
    for turn in range(1 if args.quick else args.repeats):
        for record, worker in workers:
            spent = sum(run["build"][0] + run["solve"][0] for run in record["runs"])
            if not ok(record) or (turn and spent > args.limit / 4):
                continue
            run = worker.run()
            if "failed" in run:
                record["failed"] = run["failed"]
                worker.stop()  # it may be running still
                continue
            record["runs"].append(run)
            if turn == 0:
                why = wrong(item, problem, worker.result())
                if why:
                    record["failed"] = why
                extrapolate(record, problem, worker.result())
    for record, worker in workers:
        worker.stop()
        say(record)
    return records


def extrapolate(record, problem, result):
    """A fit that was cut short counts for as many times the steps as it needs."""
    if "steps_done" in result:
        record["times"] = float(problem["steps"] / result["steps_done"])


def too_large(package, problem, memory):
    """Whether dense transitions alone pass the memory allowed, in words."""
    bytes_needed = 8 * len(problem["start"]) * (len(problem["indptr"]) - 1)
    if package == "imitation" and bytes_needed > memory * 2**30:
        return f"needs {bytes_needed / 2**30:.0f} GB"
    return ""


def say(record):
    """A line while one waits."""
    text = record.get("failed") or f"{total(record, 'wall'):.4f} s, {total(record, 'cpu'):.4f} cpu"
    print(f"{record['item']:12}{record['size']:6}  {record['solver']:24}{text}", file=sys.stderr)


class Worker:
    """A process with one solver and one problem."""

    def __init__(self, python, solver, problem, folder, args):
        self.output = Path(folder) / f"{solver.replace(' ', '_')}.npz"
        self.limit = args.limit if not solver.startswith("course") else 10 * args.limit
        self.by_processor = args.clock == "cpu" and Path("/proc").exists()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        settings = {"BENCH_GB": str(args.memory), "BENCH_WHOLE_FIT": str(int(args.whole_fit))}
        self.process = subprocess.Popen(
            [python, WORKER, solver, problem, self.output],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=os.environ | settings,
            bufsize=0,
        )

    def warm(self):
        """Wait until it has imported its package and tried it on a small problem."""
        self.ready = self._answer(120)

    def run(self):
        """One run's record."""
        if "failed" in self.ready:
            return self.ready
        self.process.stdin.write(b"go\n")
        return self._answer(self.limit)

    def _answer(self, limit):
        began = self._spent()
        while not select.select([self.process.stdout], [], [], 0.2)[0]:
            if self._spent() - began > limit:
                return {"failed": f"> {limit:g} s"}
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.log.seek(0)
        last = self.log.read().decode(errors="replace").strip().splitlines()[-1:]
        return {"failed": f"died: {''.join(last)}"[:80]}

    def _spent(self):
        """Seconds of the clock, or of the worker's processor where that is what counts."""
        if not self.by_processor:
            return time.perf_counter()
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def result(self):
        """The arrays of the last run."""
        with np.load(self.output) as stored:
            return dict(stored)

    def stop(self):
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.log):
            pipe.close()


def growth(args, pythons, folder):
    """Our cost alone against A, K and T."""
    records = []
    for A in (2, 4, 8, 16):
        mdp = random_mdp(4096, A, GAMMA, seed=0, n_successors=4, sparse=True)
        reward = np.random.default_rng(0).normal(size=(4096, A))
        problem = raw(mdp, reward)
        problem["exact"] = value_iteration(mdp, reward, tol=1e-11)[0]
        records += [("A", A, "optimal", problem)]
    for T in (32, 64, 128, 256, 512):
        records += [("T", T, "gradient", problem_of("gradient", 64) | {"horizon": T})]
    for K in (4, 16, 64, 256):
        side = 32 // round(K**0.5)
        world = macrocell_world(32, side, slip=0.3, gamma=GAMMA)
        problem = problem_of("gradient", 32)
        psi = np.random.default_rng(0).normal(scale=0.5, size=K)
        visits = CausalModel(world.mdp, 64).visits(world.state_features @ psi)
        extra = {"region": world.macrocell, "visits": visits, "tol": 1e-3}
        records += [("K", K, "fit", problem | extra)]
    found = []
    for axis, value, item, problem in records:
        made = compare(args, item, 0, problem, [f"course {item}"], {}, pythons, folder)
        found += [record | {"item": f"growth {axis}", "size": value} for record in made]
    return found


def about(pythons):
    """Date, machine and versions."""
    versions = {"course": versions_of(sys.executable, ["numpy", "scipy"])}
    for name, python in pythons.items():
        if python:
            wanted = [pin.split("=")[0].split("<")[0] for pin in PINS[name]]
            versions[name] = versions_of(
                python, sorted({*wanted, "numpy", "scipy"} - {"setuptools"})
            )
    return {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {processor()}, Python {platform.python_version()}",
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }


def processor():
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def versions_of(python, packages):
    """Versions installed in an environment."""
    code = (
        "import sys, importlib.metadata as m\n"
        "for name in sys.argv[1:]: print(name, m.version(name))"
    )
    run = subprocess.run([python, "-c", code, *packages], capture_output=True, text=True)
    return ", ".join(run.stdout.split("\n")[:-1])


# Showing


def best_of(records, item, size, package, clock):
    """The quickest correct record of a package, else one that says why there is none."""
    mine = [
        r
        for r in records
        if (r["item"], r["size"]) == (item, size) and r["solver"].split()[0] == package
    ]
    right = [r for r in mine if ok(r)]
    if right:
        return min(right, key=lambda r: total(r, clock))
    return mine[0] if mine else None


def report(found, clock):
    """The README's tables."""
    records = found["records"]
    print(f"Measured on {found['date']}, {found['machine']}; seconds of {clock}.")
    for name, versions in found["versions"].items():
        print(f"{name}: {versions}")
    for item, (title, _, _) in ITEMS.items():
        mine = [r for r in records if r["item"] == item]
        if mine:
            print(f"\n**{title}**\n")
            print_table(item, mine, clock)
    print_growth(records, clock)
    print("\n**What had to hold**\n")
    for promise, least, value in promises(records, clock):
        print(f"- {promise}: {value:.3g}, at least {least:g}{'' if value >= least else ': MISSED'}")


def promises(records, clock):
    """What was promised, with the number promised and the number measured; nothing unmeasured."""
    wanted = [("optimal", N, "quantecon", "both", 5) for N in (128, 256)]
    wanted += [("optimal", N, "mdptoolbox", "both", 50) for N in (128, 256)]
    wanted += [("optimal", N, "mdpsolver", "both", 1) for N in (128, 256)]
    wanted += [("gradient", 64, "imitation", part, 100) for part in ("both", "memory")]
    wanted += [("fit", 32, "imitation", "both", 100)]
    for item, size, package, part, least in wanted:
        pair = [best_of(records, item, size, p, clock) for p in (package, "course")]
        if any(r is None or not ok(r) for r in pair):
            continue
        theirs, ours = (memory_of(r) if part == "memory" else total(r, clock) for r in pair)
        what = "memory" if part == "memory" else "time"
        yield (
            f"{ITEMS[item][0]}, N = {size}, {what} of {NAMES[package]} / ours",
            least,
            theirs / ours,
        )
    for size, _, speed, copy in sweeps(records, clock):
        if size < 128:
            continue  # nothing to speak of is moved
        yield f"A sweep, N = {size}, share of the copy's bandwidth", 1 / 3, speed / copy


def print_table(item, records, clock):
    """One row for each size: our cost, and for each peer its time and multiples of ours."""
    if item == "sweep":
        print_sweep(records, clock)
        return
    packages = list(dict.fromkeys(r["solver"].split()[0] for r in records))
    heads = ["N", "this course, s", "MB"]
    for package in packages[1:]:
        heads += [f"{NAMES[package]}, s", "times ours", "memory"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for size in dict.fromkeys(r["size"] for r in records):
        ours, *others = [best_of(records, item, size, package, clock) for package in packages]
        cells = [str(size), cell(ours, clock), f"{memory_of(ours) / 1e6:.3g}" if ok(ours) else ""]
        for record in others:
            cells += [cell(record, clock), *multiples(record, ours, clock)]
        print(f"| {' | '.join(cells)} |")


def multiples(record, ours, clock):
    """Time, in brackets without building a model, and memory of a record as multiples of ours."""
    if record is None or not ok(record) or not ok(ours):
        return ["", ""]
    both, solving = (
        total(record, clock, part) / total(ours, clock, part) for part in ("both", "solve")
    )
    memory = memory_of(record) / memory_of(ours)
    return [f"{both:.3g} ({solving:.3g})", f"{memory:.2g}"]


def memory_of(record):
    """The most bytes that any run took; what is less than half a megabyte counts as that."""
    return max(5e5, *(run["memory"] for run in record["runs"]))


def cell(record, clock):
    """Seconds, and by which method, or why there are none."""
    if record is None:
        return ""
    if not ok(record):
        return record["failed"]
    package, method = record["solver"].split(maxsplit=1)
    named = f", {method}" if record["item"] == "optimal" and package != "course" else ""
    cut = ", extrapolated" if record.get("times", 1.0) > 1.0 else ""
    return f"{total(record, clock):.3g}{named}{cut}"


def sweeps(records, clock):
    """For every size: seconds of a sweep, its bytes a second, and a copy's."""
    for size in dict.fromkeys(r["size"] for r in records if r["item"] == "sweep"):
        pair = [best_of(records, "sweep", size, p, clock) for p in ("course", "numpy")]
        if all(r is not None and ok(r) for r in pair):
            extras = [r["runs"][0]["extra"] for r in pair]
            seconds = [
                total(r, clock, "solve") / extra["times"]
                for r, extra in zip(pair, extras, strict=True)
            ]
            speeds = [extra["bytes"] / s for extra, s in zip(extras, seconds, strict=True)]
            yield size, seconds[0], *speeds


def print_sweep(records, clock):
    """Bytes a second of a sweep and of a copy."""
    print("| N | ms | GB/s | copy, GB/s | share |\n|---|---|---|---|---|")
    for size, seconds, speed, copy in sweeps(records, clock):
        row = f"{1e3 * seconds:.3g} | {speed / 1e9:.3g} | {copy / 1e9:.3g} | {speed / copy:.2f}"
        print(f"| {size} | {row} |")


def exponent(x, y):
    """Slope of a straight line through logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def print_growth(records, clock):
    """Fitted exponents of our time and memory."""
    print("\n**How cost grows**\n\n| | against | range | time | memory |\n|---|---|---|---|---|")
    axes = [(item, "states") for item in ITEMS if item != "sweep"]
    axes += [(f"growth {axis}", "size") for axis in "ATK"]
    for item, key in axes:
        mine = [
            r for r in records if r["item"] == item and r["solver"].startswith("course") and ok(r)
        ]
        mine = [r for r in mine if r[key] >= 1024 or key == "size"]
        if len(mine) < 3:
            continue
        x = [r[key] for r in mine]
        slopes = [
            exponent(x, [total(r, clock) for r in mine]),
            exponent(x, [memory_of(r) for r in mine]),
        ]
        against = "S" if key == "states" else item.split()[1]
        title = (
            ITEMS[item][0]
            if key == "states"
            else {"A": "optimal", "T": "gradient", "K": "fit"}[against]
        )
        print(f"| {title} | {against} | {x[0]} to {x[-1]} | {slopes[0]:.2f} | {slopes[1]:.2f} |")


def draw(found, clock, path):
    """Seconds against states: optimal values, and soft passes."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from irl_course.plotting import use_style

    use_style()
    records = found["records"]
    items = [i for i in ("optimal", "gradient") if any(r["item"] == i for r in records)]
    if not items:
        return
    speed = next((copy for *_, copy in sweeps(records, clock)), None)
    fig, axes = plt.subplots(1, len(items), figsize=(5 * len(items), 5), squeeze=False)
    for ax, item in zip(axes[0], items, strict=True):
        draw_item(ax, [r for r in records if r["item"] == item], clock)
        if speed:
            draw_reading(ax, item, speed)
        ax.set(xscale="log", yscale="log", xlabel="states", ylabel=f"seconds ({clock})")
        ax.set_title(ITEMS[item][0])
        ax.xaxis.set_minor_formatter("")
        ax.grid(True)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18))
    fig.savefig(path, dpi=150)


def draw_item(ax, records, clock):
    """A line for each package, as far as it came."""
    colours = dict(zip(NAMES, (1, 0, 2, 3, 4), strict=False))  # ours is that of a learner
    for package in dict.fromkeys(r["solver"].split()[0] for r in records):
        item, sizes = records[0]["item"], dict.fromkeys(r["size"] for r in records)
        best = [best_of(records, item, size, package, clock) for size in sizes]
        best = [r for r in best if r is not None and ok(r)]
        if best:
            line = "-" if package == "course" else "--"
            ax.plot(
                [r["states"] for r in best],
                [total(r, clock) for r in best],
                f"C{colours[package]}{line}o",
                ms=4,
                label=NAMES[package],
            )


def draw_reading(ax, item, speed):
    """The time that it takes to read the transitions once, or in T = 2 N steps there and back."""
    states = np.array(ax.get_lines()[0].get_xdata(), dtype=float)
    passes = 1.0 if item == "optimal" else 4.0 * np.sqrt(states)
    once = "once" if item == "optimal" else "2 T times"
    label = f"transitions read {once}, as fast as a copy"
    ax.plot(states, passes * 16 * 12 * states / speed, "0.4", ls=":", label=label)


if __name__ == "__main__":
    main()
