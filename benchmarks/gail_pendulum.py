"""GAIL against behaviour cloning from ever fewer trajectories, after Ho & Ermon (2016, section 6).

    python benchmarks/gail_pendulum.py           five seeds, 1 to 100 trajectories: minutes
    python benchmarks/gail_pendulum.py --quick   one seed, 1 and 25 trajectories: half a minute
    python benchmarks/gail_pendulum.py --counts 1 --seeds 10    ten seeds, one trajectory each

It prints a table and draws `gail_pendulum.png`: mean return in Gymnasium's Pendulum-v1 against the
number of expert trajectories, of which every 20th pair is kept: 10 of 200. The expert is planned,
on a grid. All learners see the same pairs, and are judged by their mean torque from the same 100
starts. The networks, two hidden layers of 32 in NumPy, start at random; GAIL never sees a reward,
and tries things out in 640,000 steps of a pendulum of ours that moves as Gymnasium's does.

Cloning is shown twice: with 30 % of the pairs held out to choose when to stop, as in the paper, and
with all pairs and weight decay (other widths, steps, step sizes and decays were not clearly better,
some were worse). The paper's tasks are others (cartpole, acrobot, mountain car and MuJoCo's),
its experts are learnt, its trajectories are of some 50 pairs and its policy steps are TRPO's, here
PPO's: compared are orderings. Settings were chosen on other draws of demonstrations.

What reproduces, expert -137, random torques -1222, mean of five seeds (standard error):

    trajectories                   1           2           4          10           25         100
    cloning, held-out stop -1431 (73)  -1355 (58)  -1371 (54)  -1346 (55)  -1039 (196)  -316 (108)
    cloning, weight decay  -1341 (17)  -1449 (46)  -1240 (51)  -923 (122)   -328 (106)    -155 (2)
    GAIL                    -178 (11)    -180 (8)    -169 (5)    -171 (5)    -186 (19)    -166 (5)

Ten pairs are enough for GAIL, in every seed (-146 to -204), and cloning is no better than chance:
in about six of ten pairs there is next to no torque, as the pendulum is already up. With 100
trajectories the better cloning is ahead of GAIL, which hardly comes closer with more pairs. Its
worst run of thirty has -261: from half of the starts it does as the expert does, from a quarter it
takes a swing more.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one run per process is the better use of cores

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where it is not installed

import gymnasium
import numpy as np
from scipy import sparse
from scipy.special import expit, softmax
from tqdm import tqdm

from irl_course.inverse.adversarial import gail_reward
from irl_course.inverse.neural import Adam, init_mlp, mlp_gradient, mlp_reward
from irl_course.mdp import MDP
from irl_course.planning import value_iteration

HORIZON, EVERY = 200, 20  # steps of a trajectory, and of how many steps one is kept
PAIRS = HORIZON // EVERY
EPISODES, JUDGED_FROM = 100, 12345  # each policy's, and the seed of their starts, the same for all
MAX_TORQUE, MAX_SPEED = 2.0, 8.0
HIDDEN, L2 = (32, 32), 1e-4  # of every network
METHODS = {  # name: its line
    "cloning, held-out stop": "C4:^",
    "cloning, weight decay": "C2-s",
    "GAIL": "C1--o",
}


# --- The pendulum and its expert ---------------------------------------------------------------


def step(states, torques):
    """Many of Gymnasium's Pendulum-v1 at once: the next states, and the rewards.

    A state is an angle from upright, in radians, and its speed, in radians a second, shape
    (..., 2). Torques (...) are in newton metres; the motor gives 2 at most.
    """
    angles, speeds = states[..., 0], states[..., 1]
    torques = np.clip(torques, -MAX_TORQUE, MAX_TORQUE)
    tilt = (angles + np.pi) % (2 * np.pi) - np.pi
    rewards = -(tilt**2 + 0.1 * speeds**2 + 0.001 * torques**2)
    speeds = speeds + 0.05 * (15.0 * np.sin(angles) + 3.0 * torques)
    speeds = np.clip(speeds, -MAX_SPEED, MAX_SPEED)
    return np.stack([angles + 0.05 * speeds, speeds], axis=-1), rewards


def observe(states):
    """What Pendulum-v1 shows of states: cosine and sine of the angle, and the speed."""
    return np.stack([np.cos(states[..., 0]), np.sin(states[..., 0]), states[..., 1]], axis=-1)


def starts(n, rng):
    """States as Pendulum-v1 draws them at first: any angle, and slow."""
    return rng.uniform([-np.pi, -1.0], [np.pi, 1.0], size=(n, 2))


class Expert:
    """Value iteration on a grid; acting, a look one step ahead at all torques.

    Between the points of the grid values are interpolated, so that planning is that of an MDP
    which moves to the four points around where the pendulum goes. Torques are averaged in
    proportion to exp(Q / 0.05): the best one alone would jump to and fro where several are good.
    """

    shape, gamma, temperature = (120, 81), 0.99, 0.05
    torques = np.linspace(-MAX_TORQUE, MAX_TORQUE, 41)

    def __init__(self):
        angles = np.arange(self.shape[0]) * 2 * np.pi / self.shape[0]
        speeds = np.linspace(-MAX_SPEED, MAX_SPEED, self.shape[1])
        states = np.stack(np.meshgrid(angles, speeds, indexing="ij"), axis=-1).reshape(-1, 1, 2)
        ahead, rewards = step(states, self.torques[::4])
        points, shares = self.around(ahead)
        places = (shares.ravel(), points.ravel(), np.arange(0, points.size + 1, 4))
        P, n = sparse.csr_array(places, (rewards.size, len(states))), len(states)
        self.V = value_iteration(MDP(P, np.full(n, 1 / n), self.gamma), rewards, tol=0.1)[0]

    def around(self, states):
        """The points of the grid around states (..., 2), and their shares, shape (..., 4) both."""
        n_angles, n_speeds = self.shape
        x = states[..., 0] % (2 * np.pi) * n_angles / (2 * np.pi)
        y = (states[..., 1] + MAX_SPEED) * (n_speeds - 1) / (2 * MAX_SPEED)
        i, j = x.astype(int), np.minimum(y.astype(int), n_speeds - 2)
        points = [(i + di) % n_angles * n_speeds + j + dj for di in (0, 1) for dj in (0, 1)]
        x, y = x - i, y - j
        shares = [(1 - x) * (1 - y), (1 - x) * y, x * (1 - y), x * y]
        return np.stack(points, axis=-1), np.stack(shares, axis=-1)

    def __call__(self, observations):
        """Torques for observations (N, 3)."""
        cos, sin, speeds = observations.T
        states = np.stack([np.arctan2(sin, cos), speeds], axis=-1)
        ahead, rewards = step(states[:, None], self.torques)
        points, shares = self.around(ahead)
        Q = rewards + self.gamma * (self.V[points] * shares).sum(axis=-1)
        return softmax(Q / self.temperature, axis=1) @ self.torques


def rollout(policy, states):
    """Observations (HORIZON + 1, N, 3) and torques (HORIZON, N) of a policy from N states."""
    observations, torques = [observe(states)], []
    for _ in range(HORIZON):
        torques.append(policy(observations[-1]))
        states, _ = step(states, torques[-1])
        observations.append(observe(states))
    return np.array(observations), np.array(torques)


def demonstrations(expert, n, seed):
    """Every 20th pair of n trajectories, from a random one on; those of fewer are the first ones.

    Returns:
        Observations (10 n, 3) and torques (10 n,).
    """
    observations, torques = rollout(expert, starts(n, np.random.default_rng([seed, 0])))
    first = np.random.default_rng([seed, 1]).integers(EVERY, size=n)
    t, i = first[:, None] + np.arange(0, HORIZON, EVERY), np.arange(n)[:, None]
    return observations[t, i].reshape(-1, 3), torques[t, i].ravel()


def mean_return(policy):
    """Of a policy from observations to torques, in Gymnasium's own environment."""
    envs = gymnasium.make_vec("Pendulum-v1", EPISODES, vectorization_mode="sync")
    observations, _ = envs.reset(seed=JUDGED_FROM)
    total = 0.0
    for _ in range(HORIZON):
        torques = policy(observations.astype(np.float64)).clip(-MAX_TORQUE, MAX_TORQUE)
        observations, rewards, *_ = envs.step(torques[:, None].astype(np.float32))
        total += rewards.mean()
    envs.close()
    return total


# --- Two ways to learn from demonstrations -----------------------------------------------------


def inputs(observations, torques=None):
    """What networks are shown, all of about the same size."""
    x = observations * [1.0, 1.0, 0.25]
    return x if torques is None else np.concatenate([x, torques[..., None] / MAX_TORQUE], axis=-1)


def controller(network):
    """A network's policy: its output is the torque."""
    return lambda observations: mlp_reward(network, inputs(observations))


def with_decay(gradient, network, l2=L2):
    """The gradient of what is maximised less l2 / 2 (sum of squared weights)."""
    return [(dW - l2 * W, db) for (dW, db), (W, _) in zip(gradient, network, strict=True)]


def clone(observations, torques, seed, l2=L2, held_out=0.0, n_steps=3000):
    """Behaviour cloning: least squares on torques, by full-batch Adam.

    With pairs held out (a share), it is the network that was best at these; else the last one.
    """
    rng = np.random.default_rng([seed, 2])
    x = inputs(observations)
    other, own = np.split(rng.permutation(len(x)), [round(held_out * len(x))])
    network, adam = init_mlp((x.shape[1], *HIDDEN, 1), rng), Adam(0.003)
    best, least = network, np.inf
    for _ in range(n_steps):
        gap = (torques[own] - mlp_reward(network, x[own])) / len(own)
        gradient = with_decay(mlp_gradient(network, x[own], gap), network, l2)
        network, adam = adam.step(network, gradient)
        if len(other):
            error = np.mean((torques[other] - mlp_reward(network, x[other])) ** 2)
            best, least = min((best, least), (network, error), key=lambda found: found[1])
    return best if len(other) else network


def gail(observations, torques, seed, n_rounds=100, n_pendulums=32, gamma=0.97):
    """Generative adversarial imitation learning (Ho & Ermon 2016, algorithm 1).

    All networks start at random, as theirs did. A round: 32 trajectories of the policy, ten steps
    of the discriminator, and PPO for -log(1 - D) where they have TRPO.

    Returns:
        The network of the policy's mean.
    """
    rng = np.random.default_rng([seed, 3])
    expert = inputs(observations, torques)
    judge, value, mean = (init_mlp((n, *HIDDEN, 1), rng) for n in (4, 3, 3))
    W, b = mean[-1]  # at first no torque on average, and then the log standard deviation
    policy = [*mean[:-1], (0.1 * W, b), (np.zeros(()),)]
    judge_adam, adams = Adam(0.0005), (Adam(0.002), Adam(0.003))

    def act(seen):
        means = mlp_reward(policy[:-1], inputs(seen))
        return means + np.exp(policy[-1][0]) * rng.normal(size=means.shape)

    for _ in range(n_rounds):
        seen, done = rollout(act, starts(n_pendulums, rng))
        pairs = inputs(seen[:-1], done.clip(-MAX_TORQUE, MAX_TORQUE))
        for _ in range(10):
            own = rng.choice(pairs.reshape(-1, 4), size=1000)
            judge, judge_adam = judge_adam.step(judge, judge_gradient(judge, expert, own))
        V = mlp_reward(value, inputs(seen)) / (1 - gamma)  # a network of a step's average reward
        advantages = estimated_advantages(gail_reward(mlp_reward(judge, pairs)), V, gamma)
        batch = inputs(seen[:-1]), done, advantages, (1 - gamma) * (V[:-1] + advantages)
        batch = [array.reshape(done.size, *array.shape[2:]) for array in batch]
        policy, value, adams = improve(policy, value, adams, batch, rng)
    return policy[:-1]


def judge_gradient(judge, expert, own):
    """The gradient of the mean of log D over the expert's pairs and of log(1 - D) over our own."""
    pairs, is_expert = (
        np.concatenate([expert, own]),
        np.arange(len(expert) + len(own)) < len(expert),
    )
    signal = is_expert - expit(mlp_reward(judge, pairs))
    signal /= np.where(is_expert, len(expert), len(own))
    return with_decay(mlp_gradient(judge, pairs, signal), judge)


def estimated_advantages(rewards, V, gamma, decay=0.95):
    """Generalised advantage estimates (Schulman et al. 2016), shape (T, N).

    Values V have shape (T + 1, N): the clock that ends a trajectory is no end of the world.
    """
    surprises, ahead = rewards + gamma * V[1:] - V[:-1], 0.0
    advantages = np.empty_like(surprises)
    for t in reversed(range(len(surprises))):
        advantages[t] = ahead = surprises[t] + gamma * decay * ahead
    return advantages


def improve(policy, value, adams, batch, rng, n_epochs=5, n_parts=4):
    """PPO (Schulman et al. 2017): steps of the policy, and of its value network to the targets."""
    x, torques, advantages, targets = batch
    advantages = (advantages - advantages.mean()) / advantages.std()
    old, (policy_adam, value_adam) = log_density(policy, x, torques), adams
    for _ in range(n_epochs):
        for rows in np.array_split(rng.permutation(len(x)), n_parts):
            own = x[rows], torques[rows], advantages[rows], old[rows]
            policy, policy_adam = policy_adam.step(policy, policy_gradient(policy, *own))
            gap = (targets[rows] - mlp_reward(value, x[rows])) / len(rows)
            value, value_adam = value_adam.step(value, mlp_gradient(value, x[rows], gap))
    return policy, value, (policy_adam, value_adam)


def log_density(policy, x, torques):
    """log pi(torque | x) of a Gaussian policy, but for a constant."""
    log_std = policy[-1][0]
    return -0.5 * ((torques - mlp_reward(policy[:-1], x)) / np.exp(log_std)) ** 2 - log_std


def policy_gradient(policy, x, torques, advantages, old, clip=0.2):
    """The gradient of the mean of min(ratio A, clipped ratio A), ratio = pi / old pi."""
    z = (torques - mlp_reward(policy[:-1], x)) / np.exp(policy[-1][0])
    ratio = np.exp(log_density(policy, x, torques) - old)
    counts = np.where(advantages > 0, ratio < 1 + clip, ratio > 1 - clip)
    signal = counts * ratio * advantages / len(x)
    on_mean = mlp_gradient(policy[:-1], x, signal * z / np.exp(policy[-1][0]))
    return [*on_mean, (signal @ (z**2 - 1),)]


# --- The comparison ----------------------------------------------------------------------------


def main():
    """Run all learners, some at a time, then print the table and draw the figure."""
    args = parse_args()
    began, expert, rng = time.perf_counter(), Expert(), np.random.default_rng(0)
    known = {
        "expert": mean_return(expert),
        "random": mean_return(lambda seen: rng.uniform(-MAX_TORQUE, MAX_TORQUE, len(seen))),
    }
    shape = (len(args.counts), len(METHODS), args.seeds)
    found, seconds = np.empty(shape), np.empty(shape)
    with ProcessPoolExecutor(args.jobs) as pool:
        runs = {
            pool.submit(measure, expert, count, seed, args.rounds): (k, slice(None), seed)
            for seed in range(args.seeds)
            for k, count in enumerate(args.counts)
        }
        for run in tqdm(as_completed(runs), total=len(runs), unit="run"):
            found[runs[run]], seconds[runs[run]] = run.result()
    print(f"{args.seeds} seeds, {args.rounds} rounds; {time.perf_counter() - began:.0f} s in all")
    print_table(args, known, found, seconds)
    draw(args, known, found)
    print(f"\nThe figure is {args.figure}")


def parse_args():
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    whole = {"type": int, "metavar": "N"}
    parser.add_argument("--quick", action="store_true", help="one seed, 1 and 25 trajectories")
    parser.add_argument("--seeds", **whole, help="runs of each kind (5)")
    parser.add_argument("--counts", **whole, nargs="+", help="trajectories (1 2 4 10 25 100)")
    parser.add_argument("--rounds", default=100, **whole, help="of GAIL (100)")
    parser.add_argument("--jobs", default=2, **whole, help="runs at a time (2)")
    parser.add_argument("--figure", default="gail_pendulum.png", metavar="FILE")
    args = parser.parse_args()
    args.seeds = args.seeds if args.seeds is not None else 1 if args.quick else 5
    args.counts = args.counts or ([1, 25] if args.quick else [1, 2, 4, 10, 25, 100])
    args.counts = sorted(set(args.counts))
    if min(args.seeds, args.rounds, args.jobs, *args.counts) < 1:
        parser.error("every number has to be 1 or more")
    return args


def measure(expert, count, seed, n_rounds):
    """Mean returns of what the methods learn from the same pairs, and the seconds they take."""
    demos = demonstrations(expert, count, seed)
    learners = (
        lambda: clone(*demos, seed, l2=0.0, held_out=0.3),
        lambda: clone(*demos, seed),
        lambda: gail(*demos, seed, n_rounds),
    )
    found, seconds = [], []
    for learn in learners:
        began = time.process_time()
        network = learn()
        seconds.append(time.process_time() - began)
        found.append(mean_return(controller(network)))
    return found, seconds


def print_table(args, known, found, seconds):
    """Means of all seeds, standard errors, and every seed."""
    print(", ".join(f"{who} {value:.0f}" for who, value in known.items()))
    print(f"\nmean return (standard error), trajectories of {PAIRS} pairs")
    print(" " * 24 + "".join(f"{count:>13}" for count in args.counts))
    for j, method in enumerate(METHODS):
        print(f"{method:24}" + "".join(f"{cell(values):>13}" for values in found[:, j]))
    for j, method in enumerate(METHODS):
        print(f"\n{method}, seed by seed; {seconds[:, j].mean():.1f} s each on the processor")
        for seed, row in enumerate(found[:, j].T):
            print(f"{seed:>24}" + "".join(f"{value:>13.0f}" for value in row))


def cell(values):
    """A mean and its standard error."""
    error = f"{standard_error(values):.0f}" if len(values) > 1 else "-"
    return f"{values.mean():.0f} ({error})"


def standard_error(values):
    """Of the mean over the last axis; 0 where there is one value only."""
    return values.std(axis=-1) / max(1, values.shape[-1] - 1) ** 0.5


def draw(args, known, found):
    """Returns against trajectories, between those of random torques and of the expert."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from irl_course.plotting import EXPERT, use_style

    use_style()
    fig, ax = plt.subplots(figsize=(6.4, 4.4))
    ax.axhline(known["expert"], **EXPERT, label="expert")
    for j, (method, line) in enumerate(METHODS.items()):
        mean, error = found[:, j].mean(axis=-1), standard_error(found[:, j])
        ax.errorbar(args.counts, mean, error, fmt=line, capsize=3, label=method)
    ax.axhline(known["random"], color="0.6", lw=1, ls=":", label="random torques")
    ax.set_xscale("log")
    ax.set_xticks(args.counts, [str(count) for count in args.counts])
    ax.minorticks_off()
    ax.set_xlabel(f"expert trajectories, {PAIRS} state-action pairs of each")
    ax.set_ylabel(f"mean return of {HORIZON} steps, Pendulum-v1")
    few, cloned, by_gail = args.counts[0] * PAIRS, *found[0, 1:].mean(axis=-1)
    said = f"{few} pairs: GAIL {by_gail:.0f}, cloning {cloned:.0f}, expert {known['expert']:.0f}"
    ax.set_title(said.replace("-", "\N{MINUS SIGN}"))
    fig.legend(loc="outside lower center", ncols=3)
    fig.savefig(args.figure, dpi=150)


if __name__ == "__main__":
    main()
