# %% [markdown]
# # 05 Acting as inference
#
# **By the end you can** say how probable any behaviour is under a reward, compute it for more behaviours than you could ever
# list, and tell in which worlds the answer believes in luck, and what to do about it.
#
# About 60 minutes to read and 80 to practise; the section marked ☆ can wait for another day. Builds on
# [lesson 03](03_feature_matching.ipynb). Time has a **finite horizon**: $T$ steps, $t = 0, \dots, T-1$, no discount. The model
# is one of whole **trajectories**; the last two sections replace it by the **causal** one.

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import entr, logsumexp

from irl_course import planning
from irl_course.checks import check
from irl_course.environments import DOWN, LEFT, RIGHT, UP, gridworld, risky_path
from irl_course.interactive import choice, explore, grid_svg, side_by_side, slider
from irl_course.mdp import MDP, Demos, sample_demos
from irl_course.plotting import (
    EXPERT,
    draw_grid,
    draw_policy,
    draw_values,
    draw_visits,
    use_style,
)

use_style()

# %% [markdown]
# ## How likely is this drive?
#
# The driver of lesson 00, on another day: in the park they turn back once, for one step. So they need 12 steps instead of 10,
# and spend the other 8 of $T = 20$ in the goal.

# %%
road = gridworld(
    """
#TTTTT#
#T###T#
S.MMM.G
#.###.#
#.....#
"""
)

# %%
T = 20


def drive_of(moves):
    moves = moves + [LEFT] * (T - len(moves))  # in the goal it does not matter
    way = [road.cells("S")[0]]
    for move in moves:
        way.append(road.mdp.P[way[-1], move].argmax())
    return Demos([way], [moves])


up, down = [RIGHT, UP, UP, RIGHT, RIGHT], [RIGHT, RIGHT, DOWN, DOWN, RIGHT]
drive = drive_of([*up, LEFT, RIGHT, *down])
straight = drive_of([*up, *down])

# %% alt="The road of lesson 00: from S on the left, mud straight ahead, the park above, a plain way below, G on the right. The drive leads through the park; in the middle of the top row it goes one step back and on again."
fig, ax = plt.subplots(figsize=(5, 3.2))
draw_grid(ax, road)
corners = [(0, 2), (1, 2), (1, 0), (3, 0), (3, 0.15), (2, 0.15), (2, 0.3), (5, 0.3), (5, 2), (6, 2)]
ax.plot(*np.transpose(corners), linewidth=2.5, **EXPERT)
ax.set_title("The driver turns round once")
plt.show()

# %% [markdown]
# Plan for each of lesson 00's four candidate rewards, with equally good actions sharing the probability.
#
# **Predict:** how probable is this drive under each?


# %%
CANDIDATES = {"hurry": {}, "avoids mud": {"M": -3.0}, "likes the park": {"T": -0.3}}
CANDIDATES["both"] = {"M": -3.0, "T": -0.3}


def reward_of(name):
    return road.reward({"G": 0.0, **CANDIDATES[name]}, step=-1.0)


# %%
for name in CANDIDATES:
    V = planning.policy_iteration(road.mdp, reward_of(name))[0]
    pi = planning.greedy_policy(planning.bellman_backup(road.mdp, reward_of(name), V), tol=1e-9)
    chances = pi[drive.states[0, :-1], drive.actions[0]]
    print(f"{name:>15}: probability {chances.prod()}, impossible steps {(chances == 0).sum()}")

# %% [markdown]
# Zero, four times. Three rewards explain all steps but one, *hurry* does not even explain the turn into the park, and it makes
# no difference: one careless step, and no reward is left. An optimal planner is not a model of anybody who errs.
#
# Lessons 03 and 04 could still say which reward fits the drive better. They could not say how *probable* the drive is, and so
# not how sure to be. For that we need a model in which good behaviour is likely and bad behaviour is possible.

# %% [markdown]
# ## What if every step had a lamp?
#
# Imagine that each step is judged by a lamp. The better the step, the more likely the lamp lights up:
#
# $$p(O_t = 1\,|\,s_t, a_t) = e^{r(s_t,a_t)}$$
#
# At $r = 0$ it always does, at $r = -1$ in 37 of 100 steps, at $r = -3$ in 5. The actions are drawn at random, all alike. Then
# somebody tells you: **all lamps were on.** What has probably been done?

# %% alt="A graph of three steps. Each state leads to the next state; each action leads to the next state as well; state and action of a step lead to its lamp O, which is filled: observed. States and actions are empty circles."
fig, ax = plt.subplots(figsize=(7, 2.6))
line = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 14, "shrinkB": 15}
circle = {"boxstyle": "circle,pad=0.3", "ec": "0.3"}
for t, x in enumerate((0, 2, 4)):
    names = f"s_{t}", f"a_{t}", f"O_{t}", f"s_{t + 1}"
    places = (x, 0), (x + 0.7, 1), (x, 2), (x + 2, 0)
    for start, end in itertools.product(places[:2], places[2:]):
        ax.annotate("", end, start, arrowprops=line)
    for name, (u, v), fill in zip(names, places, ("white", "white", "#ffd54f", "white")):
        box = {**circle, "fc": fill}
        ax.text(u, v, f"${name}$", size=13, ha="center", va="center", bbox=box)
ax.set(xlim=(-0.6, 6.6), ylim=(-0.5, 2.5))
ax.set_title("The lamps are seen (yellow). States and actions are inferred")
ax.axis("off")
plt.show()

# %% [markdown]
# The lamps are called *optimality variables* (Levine 2018 tells their story). It is a model in reverse: not "who wants this,
# does that", but "*given* that all went well, what happened?" Mind who knows what: the lamps are **observed**, the reward is
# known, the trajectory is **inferred**. The reward's own unknowns, the $\psi$ of lesson 03, come back in lesson 06.
#
# Take a world in which you can watch it happen. A cat in two rooms: the kitchen, where it begins, and the sunny room. It can
# stay, or go through a flap that sticks three times in ten, from either side. A step that begins in the kitchen costs 1; going
# costs 0.5 more, whether the flap opens or not.

# %%
KITCHEN, SUN = range(2)
STAY, GO = range(2)
P = np.zeros((2, 2, 2))
P[:, STAY] = np.eye(2)
P[KITCHEN, GO], P[SUN, GO] = [0.3, 0.7], [0.7, 0.3]
cat = MDP(P, [1.0, 0.0], gamma=1.0)
cat_reward = np.array([[-1.0, -1.5], [0.0, -0.5]])

# %% [markdown]
# Now a million lives of two steps: random actions, lamps by chance, and only those lives are kept in which both lamps were on.

# %%
lives = sample_demos(cat, np.full((2, 2), 0.5), n_demos=1_000_000, horizon=2, seed=0)
lamp_chance = np.exp(cat_reward[lives.states[:, :-1], lives.actions])
lit = np.random.default_rng(1).random(lamp_chance.shape) < lamp_chance
kept = lives[lit.all(axis=1)]
print(f"{lit.all(axis=1).mean():.4f} of the lives are kept")

# %% [markdown]
# ### Exercise: `trajectory_log_weight`
#
# Of a trajectory $\tau = (s_0, a_0, s_1, \dots, s_T)$, how many lives are kept? It must *happen*, and its lamps must light:
#
# $$w(\tau) = p(s_0) \prod_{t=0}^{T-1} p(s_{t+1}|s_t,a_t)\, e^{r(s_t,a_t)}$$
#
# (The random choice of actions would bring the same factor $1/A$ per step to all; we leave it out.) Return $\log w$ for $N$
# trajectories at once, as it is: nothing is normalised yet. Rewards may be of any size and sign. A product of many numbers
# ends as 0 or $\infty$, so add logarithms from the start; what cannot happen has $\log 0 = -\infty$. The helper `log` says so
# without a warning.
#
# **Predict first:** which weighs more, "stay, stay", or "go, and it opens; stay"?


# %%
def log(p):
    """The logarithm, -inf at 0."""
    with np.errstate(divide="ignore"):
        return np.log(p)


# %%
def trajectory_log_weight(mdp, reward, states, actions):
    """The logarithm of p(trajectory) times the probability that all its lamps are on.

    Args:
        mdp: the world; mdp.P has shape (S, A, S), mdp.initial_dist shape (S,).
        reward: r(s, a), shape (S, A).
        states: shape (N, T+1); in the last one nobody acts, and it brings no reward.
        actions: shape (N, T).

    Returns:
        log w of each trajectory, shape (N,); -inf for what cannot happen.
    """
    ### BEGIN SOLUTION
    before, after = states[:, :-1], states[:, 1:]
    log_steps = log(mdp.P[before, actions, after]) + reward[before, actions]
    return log(mdp.initial_dist[states[:, 0]]) + log_steps.sum(axis=1)
    ### END SOLUTION


# %%
trajectory_log_weight = check(trajectory_log_weight)

# %% [markdown]
# At work: list every life of two steps, and divide its weight by the sum of all, called $Z$. Are these the shares of the lives
# that were kept?


# %%
def all_lives(mdp, horizon):
    states = itertools.product(range(mdp.n_states), repeat=horizon + 1)
    actions = itertools.product(range(mdp.n_actions), repeat=horizon)
    pairs = list(itertools.product(states, actions))
    return np.array([s for s, _ in pairs]), np.array([a for _, a in pairs])


# %%
states, actions = all_lives(cat, 2)
log_w = trajectory_log_weight(cat, cat_reward, states, actions)
shares = np.exp(log_w - logsumexp(log_w))
print(f"{np.isfinite(log_w).sum()} lives can happen; Z = {np.exp(logsumexp(log_w)):.4f}")

# %% alt="The nine possible lives of two steps and their shares. Dots, the lives kept in the experiment, lie at the ends of the bars, the weights divided by Z. At the top, 0.31: go, into the sun, and stay. Second, 0.27: stay in the kitchen twice."
fig, ax = plt.subplots(figsize=(6.4, 3.6))
for i, life in enumerate(np.argsort(shares)[-9:]):
    (a, b), s = actions[life], ["KS"[room] for room in states[life]]
    words = f"{s[0]} {['stay', 'go'][a]} {s[1]} {['stay', 'go'][b]} {s[2]}"
    same = (kept.states == states[life]).all(axis=1) & (kept.actions == actions[life]).all(axis=1)
    ax.barh(words, shares[life], color="0.8")
    ax.plot(same.mean(), i, "o", color="C2")
ax.set(xlabel="share (bar: weight / Z, dot: lives kept)", ylabel="K kitchen, S sun")
ax.set_title("Among the lives with all lamps on, good ones prevail")
plt.show()

# %% [markdown]
# The dots lie on the bars: to condition on the lamps is to keep some lives and drop the others. With $O$ for "all lamps on",
#
# $$p(\tau\,|\,O) = \frac{w(\tau)}{Z}, \qquad Z = \sum_\tau w(\tau)$$
#
# Going leads (0.31), staying follows (0.27), and whatever can happen has a share. $Z$ itself is no share: the $1/A$ of each
# step was left out, so that the share of lives kept is $0.5079/2^2 = 0.1270$. With more steps $Z$ may well grow above 1.
#
# One thing to remember for later. The flap opens 7 times in 10. Among the lives that were *kept*:

# %%
tried = kept[kept.actions[:, 0] == GO]
print(f"the first try succeeded in {(tried.states[:, 1] == SUN).mean():.1%}")

# %% [markdown]
# ### Why must r be at most 0?
#
# Because $e^r$ is to be a probability. Our driver never earns anything, but a reward of 1 would light its lamp with probability
# 2.7. **Predict:** add a constant $c$ to every reward. What happens to $\log Z$, what to the shares?

# %%
for c in (0.0, 1.0, -5.0):
    log_w = trajectory_log_weight(cat, cat_reward + c, states, actions)
    moved = np.abs(np.exp(log_w - logsumexp(log_w)) - shares).max()
    print(f"c = {c:4.1f}: log Z = {logsumexp(log_w):8.4f}, the shares move by {moved:.1e}")

# %% [markdown]
# $\log Z$ moves by $Tc$, and no probability moves at all. So take the largest reward off all of them, or do not even bother:
# only shares count. (All trajectories have the same $T$ here. In a game that somebody can end early a constant does matter: the
# quiz of lesson 02.)

# %% [markdown]
# ## Can you list them all?
#
# The cat's possible lives: three times as many with every step. The road's: four times.

# %%
for horizon in (2, 4, 6, 8):
    log_w = trajectory_log_weight(cat, cat_reward, *all_lives(cat, horizon))
    print(f"T = {horizon}: {np.isfinite(log_w).sum():5} lives, log Z = {logsumexp(log_w):.6f}")
print(f"the road, T = 20: {4**20:,} lives")

# %% [markdown]
# A million of them a second would take 13 days. (And $Z$ does pass 1: each step adds a choice.) But two lives that are in the
# same room at the same time have the same futures before them. Sum up these futures *once*, for every state and time, from
# the end backwards. Let $\beta_t(s,a)$ be the weight of everything that can follow from $a$ in $s$ at time $t$, this step
# included:
#
# $$\begin{aligned} \beta_t(s,a) &= e^{r(s,a)} \sum_{s'} p(s'|s,a)\, \beta_{t+1}(s') \\ \beta_t(s) &= \sum_a \beta_t(s,a) \end{aligned}$$
#
# Beyond the end nothing is weighed: $\beta_T(s) = 1$. These are the *backward messages*.

# %% [markdown]
# ### Exercise: `backward_messages`
#
# Return both as logarithms: $\beta$ itself leaves the range of numbers soon ($e^{-1000}$ is 0 for a computer). What you need is
# $\log \sum_i b_i\, e^{x_i}$, and SciPy has it:

# %%
x = np.array([-1000.0, -1001.0])
b = np.array([[[0.5, 0.5]], [[1.0, 0.0]], [[0.0, 1.0]]])  # shape (3, 1, 2)
print(f"one sum: {logsumexp(x):.4f}")
print(f"three means, shape (3, 1): {logsumexp(x, b=b, axis=2).round(4).tolist()}")

# %% [markdown]
# No $e^{-1000}$ was ever computed. `x`, of shape (2,), lines up with the last axis of `b`, and `axis` says what to sum over.
#
# **Predict first:** what is $\log \beta_{T-1}(s,a)$, of the last step? And how many sums $\beta_t(s)$ are there for the
# road's 21 free cells, in place of the trillion?


# %%
def backward_messages(mdp, reward, horizon):
    """How much weight can follow from each state, and from each state and action.

    beta_t(s, a) = exp(r(s, a)) * sum_s' p(s'|s, a) beta_{t+1}(s'), beta_t(s) = sum_a beta_t(s, a),
    and beyond the end beta_T(s) = 1.

    Args:
        mdp: the world; mdp.P has shape (S, A, S).
        reward: r(s, a), shape (S, A).
        horizon: number of steps T.

    Returns:
        log_beta, shape (T, S, A), and log_beta_state, shape (T, S).
    """
    ### BEGIN SOLUTION
    log_beta = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    log_beta_state = np.zeros((horizon, mdp.n_states))
    later = np.zeros(mdp.n_states)
    for t in reversed(range(horizon)):
        log_beta[t] = reward + logsumexp(later, b=mdp.P, axis=2)
        log_beta_state[t] = later = logsumexp(log_beta[t], axis=1)
    return log_beta, log_beta_state
    ### END SOLUTION


# %%
backward_messages = check(backward_messages)

# %% [markdown]
# At work: the cat's four steps as a picture. In each circle is $\beta_t(s)$; a line is as thick as what one step along it
# weighs.

# %% alt="Two rows of circles, sun above and kitchen below, for t = 0 to 4, joined by lines. At t = 4 both circles hold 1; at t = 3 the sun 1.61 and the kitchen 0.59; towards t = 0 the numbers of the sun grow and those of the kitchen stay near 0.5."
beta = np.exp(backward_messages(cat, cat_reward, 4)[1])
fig, ax = plt.subplots(figsize=(7.5, 2.4))
for t, s, after in itertools.product(range(4), range(2), range(2)):
    weight = (np.exp(cat_reward[s]) * cat.P[s, :, after]).sum()
    ax.plot([t, t + 1], [s, after], color="0.6", linewidth=5 * weight, zorder=1)
for (t, s), value in np.ndenumerate(np.vstack([beta, np.ones(2)])):
    how = {"boxstyle": "circle,pad=0.25", "fc": "white", "ec": "0.3"}
    ax.text(t, s, f"{value:.2f}", ha="center", va="center", bbox=how)
ax.set_yticks([0, 1], ["kitchen", "sun"])
ax.set(xticks=range(5), xlabel="t", xlim=(-0.4, 4.4), ylim=(-0.5, 1.5))
ax.set_title("81 lives, 8 sums: each circle holds all that can follow")
plt.show()

# %% [markdown]
# The circle where the cat begins holds the sum of all 81 weights; at $t = 3$ there is the last step alone,
# $\log\beta_{T-1}(s,a) = r(s,a)$. In general, with the start distribution: $Z = \sum_s p(s_0 = s)\, \beta_0(s)$. Does it
# agree with the list?


# %%
def log_Z_of(mdp, reward, horizon):
    return logsumexp(backward_messages(mdp, reward, horizon)[1][0], b=mdp.initial_dist)


log_w = trajectory_log_weight(cat, cat_reward, *all_lives(cat, 8))
print(f"the cat, T = 8: {log_Z_of(cat, cat_reward, 8):.6f}, by the list {logsumexp(log_w):.6f}")

# %% [markdown]
# To the last digit. For the road it takes 20 rounds of 21 sums, 420 in place of a trillion lives. Now the question that we
# began with: $\log p(\tau|O) = \log w(\tau) - \log Z$, out of all of them.
#
# **Predict:** which of the four candidates makes the drive most probable? And what does the careless step cost: how much more
# probable is the drive without it?


# %%
def log_probability(demos, mdp, reward):
    log_w = trajectory_log_weight(mdp, reward, demos.states, demos.actions)
    return (log_w - log_Z_of(mdp, reward, demos.horizon))[0]


# %%
print(f"{'log p(. | O)':>15} {'the drive':>10} {'without turning':>16}")
for name in CANDIDATES:
    log_p = [log_probability(demo, road.mdp, reward_of(name)) for demo in (drive, straight)]
    print(f"{name:>15} {log_p[0]:10.3f} {log_p[1]:16.3f}")

# %% [markdown]
# No zeros any more. The turn costs what its two extra steps cost: 2, or 0.6 for those who like the park. (And $-20$ is not as
# bad as it looks: $8 \log 4 = 11$ of it are the 8 steps in the goal, where all four actions are alike.)
#
# But *avoids mud* wins by 2.2, a factor of $e^{2.2} = 9$, over the two that like the park, and the driver drove *through* the
# park. Is something wrong? Let us look at what the model expects such a driver to do.

# %% [markdown]
# ## How does one act, given that all goes well?
#
# You are in $s$ at time $t$, and all lamps from $t$ to the end, $O_{t:T-1}$, will be on. Of everything that can follow, what
# share begins with $a$?
#
# $$\pi_t(a|s) = p(a_t = a\,|\,s_t = s, O_{t:T-1} = 1) = \frac{\beta_t(s,a)}{\beta_t(s)}$$
#
# The past plays no part: it led to $s$, and what follows depends on $s$ alone.

# %% [markdown]
# ### Exercise: `posterior_policy`
#
# Return it for all times, from the logarithms. **Predict first:** the world does not change with time. Will the policy?


# %%
def posterior_policy(log_beta, log_beta_state):
    """The share of each action in all that can follow: p(a_t | s_t, O_t, ..., O_{T-1}).

    Args:
        log_beta: backward messages of states and actions, shape (T, S, A).
        log_beta_state: those of states, shape (T, S).

    Returns:
        pi_t(a|s), shape (T, S, A); it sums to 1 over the actions.
    """
    ### BEGIN SOLUTION
    return np.exp(log_beta - log_beta_state[:, :, None])
    ### END SOLUTION


# %%
posterior_policy = check(posterior_policy)

# %% [markdown]
# At work: the driver who likes the park. To make *good* and *bad* differ more, divide the reward by a number below 1, the
# *temperature*; here 0.4.

# %%
warm = reward_of("likes the park") / 0.4
pi = posterior_policy(*backward_messages(road.mdp, warm, T))

# %% alt="The policy at three times. With 20 steps left the arrows lead to the goal, through the park and through the mud. With 9 left the crossing leads up into the park, the first mud cell back to it, and in the park the four arrows are nearly equal. With 1 left all four arrows of every cell are equal."
fig, axes = plt.subplots(1, 3, figsize=(11, 2.9))
for ax, left, says in zip(axes, (20, 9, 1), ("on to the goal", "back to the park", "never mind")):
    draw_policy(ax, road, pi[T - left])
    ax.set_title(f"{left} left: {says}")
plt.show()

# %% [markdown]
# With 20 steps left, the first mud cell leads on to the goal. With 9 left it leads *back*: by now the goal costs as much as
# the park (4.0 against 4.1), and leaves fewer steps to spend freely (5 in the goal against 7 in the park). With one left it
# does not matter what you do, since you pay for the cell that you are *in*. So the posterior policy **depends on time**: by
# what is left of it.
#
# What if you do as planners do, and play $\pi_0$ all the time? Let 2,000 drivers follow $\pi_t$, and ask both policies how
# probable each drive is. The truth is $\log w - \log Z$.

# %%
drives = sample_demos(road.mdp, pi, n_demos=2000, horizon=T, seed=0)
log_w = trajectory_log_weight(road.mdp, warm, drives.states, drives.actions)
truth = log_w - log_Z_of(road.mdp, warm, T)

# %%
for name, played in {"pi_t": pi, "always pi_0": np.repeat(pi[:1], T, axis=0)}.items():
    log_p = log(played[np.arange(T), drives.states[:, :-1], drives.actions]).sum(axis=1)
    ends = road.mdp.flow(planning.expected_visits(road.mdp, played, T)[-1])[road.cells("G")[0]]
    error = np.abs(log_p - truth).mean()
    print(f"{name:>12}: log p is off by {error:.4f}; {ends:.0%} end in the goal")
arrived = drives.states[:, -1] == road.cells("G")[0]
print(f"best log p: in the goal {truth[arrived].max():.1f}, elsewhere {truth[~arrived].max():.1f}")

# %% [markdown]
# $\pi_t$ gives every drive its exact probability, step by step. $\pi_0$ played for ever always believes that there are 20 steps
# left: it gets nearly all drivers to the goal, but given the lamps only two in five arrive.
#
# Two in five! Most others *stay in the park*. Their best lives are 300 times less probable than the best way to the goal,
# $-24.3$ against $-18.5$. But that way leaves 10 steps to spend freely, in the goal, and the park offers 18: there are
# thousands of times as many such lives.

# %% [markdown]
# ## How greedy is the driver?
#
# The temperature says how much more probable the better life is. **Predict:** what does the driver do at temperature 0.01, and
# what at 100? Then look for the reward *and* the temperature under which our drive is most probable.


# %%
def soft_driver(name, power):
    reward = reward_of(name) / 10**power
    pi = posterior_policy(*backward_messages(road.mdp, reward, T))
    visits = planning.expected_visits(road.mdp, pi, T)
    ends = road.mdp.flow(visits[-1])
    text = (
        f"Temperature {10**power:.3g}: {ends[road.cells('G')].sum():.0%} end in the goal, "
        f"{ends[road.cells('T')].sum():.0%} in the park. "
        f"The drive has log p = {log_probability(drive, road.mdp, reward):.2f}."
    )
    return visits, pi[0], text


def soft_driver_picture(name, power):
    visits, pi, text = soft_driver(name, power)
    picture = grid_svg(road, visits, pi, vmax=6.0, label="steps spent there; arrows: first step")
    return picture, text.replace("-", "−")


# %%
def three_temperatures():
    fig, axes = plt.subplots(1, 3, figsize=(11, 3.3))
    for ax, power in zip(axes, (-1.0, -0.4, 1.0)):
        visits, pi, _ = soft_driver("likes the park", power)
        draw_visits(ax, road, visits, vmax=6.0, colorbar=False)
        draw_policy(ax, road, pi)
        ax.set_title(f"temperature {10**power:.1f}")
    fig.supxlabel(
        "colour: steps spent there, 0 (dark) to 6 or more; arrows: the first step", size=10
    )
    return fig


# %% alt="Where the driver who likes the park spends 20 steps. At temperature 0.1 on the way through the park and in the goal; at 0.4 most in the park; at 10 spread around the start, with four equal arrows in each cell."
explore(
    soft_driver_picture,
    still=three_temperatures,
    caption="cool each candidate down from 100, note where its drivers end, and find the drive's best log p.",
    name=choice(list(CANDIDATES), "likes the park", "reward"),
    power=slider(-2.0, 2.0, -0.4, 0.1, "temperature (power of 10)"),
)

# %% [markdown]
# Hot, the reward plays no part: all $4^{20}$ drives are alike, $\log p = -20 \log 4 = -27.7$. Cold, only the best lives are
# left, and a drive with an error is none of them. In between an error costs something. Here is the whole search as one picture.

# %% alt="log p of the drive against the temperature, one curve for each candidate. All meet at -27.7 on the hot side and fall steeply on the cold side. Both is highest, -17.8 at temperature 0.22; likes the park -18.5 at 0.18; avoids mud -19.9 at 0.63; hurry -24.9 at 2."
powers = np.linspace(-1.2, 1.5, 40)
fig, ax = plt.subplots(figsize=(6, 3.6))
for name in CANDIDATES:
    rewards = [reward_of(name) / 10**power for power in powers]
    curve = np.array([log_probability(drive, road.mdp, reward) for reward in rewards])
    ax.semilogx(10**powers, curve, label=f"{name}: {curve.max():.1f}".replace("-", "−"))
ax.axvline(1.0, color="0.7", linewidth=1)
ax.set(xlabel="temperature", ylabel="log p(drive | O)", ylim=(-32, -16))
ax.set_title("At its best temperature, “both” explains the drive best")
ax.legend(title="best value")
plt.show()

# %% [markdown]
# So nothing was wrong. At temperature 1 who likes the park dawdles there, and ours did not; at 0.22 *both* explains the drive
# best, and *likes the park* comes second, as lesson 00 had it.
#
# Notice what has changed since lessons 02 to 04: the **scale** of the reward is no longer free. Twice the reward is half the
# temperature, a driver who errs less. You have just done maximum likelihood by hand, over four candidates and one number.
# Lesson 06 does it over all $\psi$.

# %% [markdown]
# ## Where is the driver at step 9?
#
# $\beta$ looks forward from a state. To know how probable it is to *be* there, look back as well. Let $\alpha_t(s)$ be the
# weight of all ways to arrive in $s$ at time $t$, without the step that is taken there:
#
# $$\begin{aligned} \alpha_0(s) &= p(s_0 = s) \\ \alpha_{t+1}(s') &= \sum_{s,a} \alpha_t(s)\, e^{r(s,a)}\, p(s'|s,a) \end{aligned}$$
#
# These are the *forward messages*.

# %% [markdown]
# ### Exercise: `forward_messages`
#
# Return their logarithms, for $t = 0, \dots, T-1$. Add $\log p(s'|s,a)$ to the exponent this time, in place of `b`: now there
# are $-\infty$ among the numbers, and there SciPy's `b` can answer nan (it does, if rewards are large). `axis=(0, 1)` sums over
# two axes at once.
#
# **Predict first:** which lamps does the sum $\sum_s \alpha_t(s)$ count, and which not yet?


# %%
def forward_messages(mdp, reward, horizon):
    """How much weight arrives in each state, before the step that is taken there.

    alpha_0(s) = p(s_0 = s), alpha_{t+1}(s') = sum_{s, a} alpha_t(s) exp(r(s, a)) p(s'|s, a).

    Args:
        mdp: the world; mdp.P has shape (S, A, S), mdp.initial_dist shape (S,).
        reward: r(s, a), shape (S, A).
        horizon: number of steps T.

    Returns:
        log_alpha, shape (T, S); -inf where nobody can be at that time.
    """
    ### BEGIN SOLUTION
    log_alpha = np.zeros((horizon, mdp.n_states))
    log_alpha[0] = log(mdp.initial_dist)
    for t in range(horizon - 1):
        leaving = log_alpha[t][:, None] + reward
        arriving = leaving[:, :, None] + log(mdp.P)
        log_alpha[t + 1] = logsumexp(arriving, axis=(0, 1))
    return log_alpha
    ### END SOLUTION


# %%
forward_messages = check(forward_messages)

# %% [markdown]
# At work: the cat again. Only lamps 0 to $t - 1$ are in $\alpha_t$: divided by their sum, the $\alpha_t(s)$ say where one is,
# given the lamps *so far*. At $t = 1$ that is one lamp. So count among the million lives those whose first lamp was on:

# %%
alpha = np.exp(forward_messages(cat, cat_reward, 2)[1])
counted = (lives.states[lit[:, 0], 1] == SUN).mean()
print(f"in the sun at t = 1: {alpha[SUN] / alpha.sum():.4f}, counted {counted:.4f}")

# %% [markdown]
# That is what is known from the first lamp alone. Who is in the sun at $t = 1$ will also have the second lamp on more often,
# and nobody has asked for that yet.

# %% [markdown]
# ### Exercise: `smoothed_visits`
#
# Each way to get there goes with each thing that can follow. So all lives that are in $s$ at time $t$ weigh
# $\alpha_t(s)\,\beta_t(s)$ together, and their share is
#
# $$p(s_t = s\,|\,O) = \frac{\alpha_t(s)\, \beta_t(s)}{\sum_{s'} \alpha_t(s')\, \beta_t(s')}$$
#
# **Predict first:** the sum below the line, is it the same at every $t$?


# %%
def smoothed_visits(log_alpha, log_beta_state):
    """Where one is at each time, given all lamps: p(s_t | O).

    Args:
        log_alpha: forward messages, shape (T, S).
        log_beta_state: backward messages, shape (T, S).

    Returns:
        Probabilities, shape (T, S); each row sums to 1.
    """
    ### BEGIN SOLUTION
    log_joint = log_alpha + log_beta_state
    return np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
    ### END SOLUTION


# %%
smoothed_visits = check(smoothed_visits)

# %% [markdown]
# At work: the cat with *both* lamps on.

# %%
follow_cat = backward_messages(cat, cat_reward, 2)[1]
hindsight = smoothed_visits(forward_messages(cat, cat_reward, 2), follow_cat)[1]
print(f"in the sun at t = 1: {hindsight[SUN]:.4f}, counted {(kept.states[:, 1] == SUN).mean():.4f}")

# %% [markdown]
# The second lamp speaks for the sun. Now the driver who avoids mud, at temperature 0.3: the sum below the line, at all 20
# times.

# %%
calm = reward_of("avoids mud") / 0.3  # divided by the temperature already
get_there = forward_messages(road.mdp, calm, T)
follow = backward_messages(road.mdp, calm, T)[1]
sums = logsumexp(get_there + follow, axis=1)
print(f"log Z = {log_Z_of(road.mdp, calm, T):.4f}; sums from {sums.min():.4f} to {sums.max():.4f}")


# %%
def infer(mdp, reward, horizon):
    """The posterior policy, and where one is at each time, p(s_t | O)."""
    log_beta, log_beta_state = backward_messages(mdp, reward, horizon)
    smoothed = smoothed_visits(forward_messages(mdp, reward, horizon), log_beta_state)
    return posterior_policy(log_beta, log_beta_state), smoothed


# %% [markdown]
# Every life is *somewhere* at time $t$, so each of the 20 sums is $Z$. Now watch the two messages meet. For $\alpha$ and
# $\beta$ a cell's colour is the logarithm of its weight, the best cell being 0, cut off at $-35$. (Where nobody can be yet,
# $\alpha$ is darkest as well.) For their product it is a plain probability.

# %%
dry = infer(road.mdp, calm, T)[1]
free = ~road.walls.ravel()


def depth(log_message):
    """A message relative to its largest, cut off at -35, 0 in walls."""
    return np.where(free, np.maximum(log_message - log_message[free].max(), -35.0), 0.0)


def at_time(t):
    pictures = (
        grid_svg(road, depth(get_there[t]), vmax=(-35.0, 0.0), label="log α: how to get there"),
        grid_svg(road, depth(follow[t]), vmax=(-35.0, 0.0), label="log β: what can follow"),
        grid_svg(road, dry[t], vmax=0.5, label="p(s_t | O), yellow: ½ or more"),
    )
    rows, goal = dry[t].reshape(road.shape), dry[t, road.cells("G")[0]]
    where = f"top row {rows[0].sum():.2f}, mud {dry[t, road.cells('M')].sum():.2f}"
    text = f"t = {t}: {where}, bottom row {rows[4].sum():.2f}, goal {goal:.2f}. "
    row, col = road.where(dry[t].argmax())
    text += f"Most likely: row {row}, column {col}."
    return side_by_side(*pictures), text


# %%
def four_times():
    fig, axes = plt.subplots(3, 4, figsize=(10.5, 6.4))
    for t, (top, middle, bottom) in zip((0, 3, 6, 9), axes.T):
        for ax, log_message in ((top, get_there[t]), (middle, follow[t])):
            draw_values(ax, road, depth(log_message), vmax=(-35.0, 0.0), colorbar=False)
        draw_visits(bottom, road, dry[t], vmax=0.5, colorbar=False)
        top.set_title(f"t = {t}")
    scales = ("log α\n(−35 to 0)", "log β\n(−35 to 0)", "p(s_t | O)\n(0 to 0.5)")
    for ax, label in zip(axes[:, 0], scales):
        ax.set_ylabel(label, size=10)
    return fig


# %% alt="Twelve maps: three rows for t = 0, 3, 6, 9. Above, log alpha: bright at the start, spreading in all directions. In the middle, log beta: brightest at the goal and darker with the distance from it, hardly changing. Below, their product: one bright cell at the start, then two equal streams along the top and the bottom, which meet in the goal."
explore(
    at_time,
    still=four_times,
    caption="let time run from 0 to 19: α spreads, β hangs over the goal, their product walks above and below at once.",
    t=slider(0, 19, 5, 1, "time t"),
)

# %% [markdown]
# $\alpha$ knows nothing of the goal, $\beta$ nothing of the start. Their product is the driver: at $t = 4$ 0.44 above, 0.44
# below, and one in eight in the mud. At step 9 most are in the cell before the goal. It is not a path but a probability of
# all paths, and that is what lesson 06 will compare with an expert's visits.

# %% [markdown]
# ## What if the road is slippery?
#
# On the road, every step led where it was meant to. Now let a share of the steps slip in a random direction. **Predict:** with
# more slip, will the lives given all lamps see *more* mud, less, or the same? Beside them, those who *walk* by the posterior
# policy on the real road. (Steps in the mud; share at the goal at $t = 19$.)


# %%
def walk(mdp, pi, horizon):
    """Where a policy is at each time, in the real world."""
    return planning.expected_visits(mdp, pi, horizon).sum(axis=2)


# %%
mud, goal = road.cells("M"), road.cells("G")
print(f"{'given all lamps':>23}{'walked':>21}")
print(f"{'slip':>5}" + f"{'in the mud':>12}{'at goal':>9}" * 2)
for slip in (0.0, 0.1, 0.3, 0.6):
    wet = road.replace(slip=slip).mdp
    pi, smoothed = infer(wet, calm, T)
    row = [(x[:, mud].sum(), x[-1, goal].sum()) for x in (smoothed, walk(wet, pi, T))]
    print(f"{slip:5}" + "".join(f"{steps:12.4f}{share:9.4f}" for steps, share in row))

# %% [markdown]
# Dry, both are the same. With slip, whoever *walks* by the posterior policy slides into the mud, and at slip 0.6 one in nine
# arrives. But given all lamps, where one is does not change, to the last digit!
#
# You have seen this before. The flap opened 7 times in 10, and 86 times in 100 among the lives that were kept. **Survivors
# were lucky.** To condition on the lamps selects good actions, and it selects good luck just the same. (*Exactly* the same it
# is here only because on this road an action costs nothing and slips go all ways alike; see *Go further*.)

# %% [markdown]
# ### Exercise: `posterior_dynamics`
#
# What does a survivor believe about the step from $t$ to $t+1$? Successors count by what can follow from them:
#
# $$p(s'|s,a,O) = \frac{p(s'|s,a)\, \beta_{t+1}(s')}{\sum_{s''} p(s''|s,a)\, \beta_{t+1}(s'')}$$
#
# After the last step, $t = T-1$, no lamp follows.
#
# **Predict first:** when does this belief agree with $p(s'|s,a)$?


# %%
def posterior_dynamics(mdp, log_beta_state, t):
    """The dynamics of the step from t to t+1 among the lives whose lamps are all on.

    Args:
        mdp: the world; mdp.P has shape (S, A, S).
        log_beta_state: backward messages, shape (T, S).
        t: time of the step, 0 to T-1.

    Returns:
        p(s'|s, a, O), shape (S, A, S); it sums to 1 over s'. At t = T-1 it is mdp.P.
    """
    ### BEGIN SOLUTION
    if t == len(log_beta_state) - 1:
        return mdp.P
    log_joint = log(mdp.P) + log_beta_state[t + 1]
    return np.exp(log_joint - logsumexp(log_joint, axis=2, keepdims=True))
    ### END SOLUTION


# %%
posterior_dynamics = check(posterior_dynamics)

# %% [markdown]
# At work: every life of the cat in three steps. Multiply the posterior policy with the dynamics that it believes in, and then
# with the real ones. Which product is $w/Z$?

# %%
states, actions = all_lives(cat, 3)
log_w = trajectory_log_weight(cat, cat_reward, states, actions)
shares = np.exp(log_w - logsumexp(log_w))
pi, follow_cat = infer(cat, cat_reward, 3)[0], backward_messages(cat, cat_reward, 3)[1]
believed = np.array([posterior_dynamics(cat, follow_cat, t) for t in range(3)])

# %%
t, before, after = np.arange(3), states[:, :-1], states[:, 1:]
for name, P in {"believed": believed, "real": np.array([cat.P] * 3)}.items():
    factors = pi[t, before, actions] * P[t, before, actions, after]
    product = cat.initial_dist[states[:, 0]] * factors.prod(axis=1)
    print(f"{name:>9} dynamics: off by {np.abs(product - shares).max():.1e}")
print(f"believed: the flap opens with probability {believed[0, KITCHEN, GO, SUN]:.4f} at t = 0")

# %% [markdown]
# The posterior is a policy *and* a world to go with it: one in which the flap opens better, and the better the more lamps
# follow (0.86 with two steps, 0.91 with three). Belief and world agree where only one thing can happen, or where all that can
# happen is worth the same. In the real world, the policy alone is somebody who counts on luck: an *optimist*.

# %% [markdown]
# ## How bad can optimism be?
#
# A diagnostic world of Freire et al. (2020), the *risky path*: to the goal by a detour, or by a coin that decides between goal
# and accident. Every step in the goal pays 1, every step in the accident costs 100, start and detour pay nothing. There are
# always two actions: on the detour, to go on or to wait; in goal and accident both stay.
#
# **Predict:** how often does the optimist toss the coin at $T = 10$?

# %%
risky, risky_reward = risky_path()
DETOUR, TOSS = range(2)
belief = posterior_dynamics(risky, backward_messages(risky, risky_reward, 10)[1], 0)

# %% alt="The risky path twice: start, detour (where one may wait), goal and accident, with arrows as thick as their probability. In the world the coin leads to goal and accident with 0.50 each; as the optimist believes it leads to the goal with 1.00 and to the accident with 0.00."
fig, axes = plt.subplots(1, 2, figsize=(10, 2.9))
places = {0: (0, 0), 1: (1, 0.8), 2: (2, 0), 3: (2, -1.1)}
ways = {(0, DETOUR, 1): "C0", (1, 0, 2): "C0", (0, TOSS, 2): "C2", (0, TOSS, 3): "C2"}
style = {"arrowstyle": "-|>", "mutation_scale": 18, "shrinkA": 24, "shrinkB": 26}
for ax, P, name in zip(axes, (risky.P, belief), ("The world", "What the optimist believes")):
    for (s, a, after), color in ways.items():
        (x, y), (u, v), p = places[s], places[after], P[s, a, after]
        how = {**style, "color": color, "lw": 0.4 + 4 * p}
        ax.annotate("", (u, v), (x, y), arrowprops=how, zorder=1)
        ax.text((x + u) / 2, (y + v) / 2 + 0.12, f"{p:.2f}", ha="center", color=color)
    for s, label in enumerate(("start", "detour\n↺ wait", "goal\n+1", "accident\n−100")):
        ax.text(*places[s], label, ha="center", va="center", bbox={"fc": "white", "ec": "0.3"})
    ax.set(xlim=(-0.4, 2.5), ylim=(-1.6, 1.2))
    ax.set_title(name)
    ax.axis("off")
plt.show()

# %%
print(f"{'T':>3}{'tosses the coin':>17}{'expects to earn':>17}{'earns':>9}")
for horizon in (3, 5, 10):
    pi, smoothed = infer(risky, risky_reward, horizon)
    earned = walk(risky, pi, horizon) @ risky_reward[:, 0]
    expected = smoothed @ risky_reward[:, 0]
    print(f"{horizon:3}{pi[0, 0, TOSS]:17.4f}{expected.sum():17.2f}{earned.sum():9.2f}")

# %% [markdown]
# Two times in three, and it earns −305 where it expected 8.6. That is no fault of the computation. At $T = 3$, lives that
# begin with the coin weigh $\frac12 (2e)^2 = 14.8$ together: heads, and two steps in the goal, of two actions each. Those
# that begin with the detour weigh $2e + 2 = 7.4$: one step in the goal, or waiting. And tails? $\frac12 (2e^{-100})^2$: these
# lives are not there to be counted. So for the optimist the coin *always* lands well.
#
# It is the right answer to the wrong question. That models of trajectories fall into this trap is why Freire et al. made this
# world, following Ziebart (2010). They score methods that *learn* the reward; the digits above, for the true reward, are ours.

# %% [markdown]
# ## What can the agent choose?
#
# The actions, and nothing else. So keep the dynamics as they are, and look for the *policy* whose lives come nearest to the
# posterior. The lives of a policy in the real world have the probability $q(\tau) = p(s_0) \prod_t \pi_t(a_t|s_t)\,
# p(s_{t+1}|s_t,a_t)$. Compare:
#
# $$\log\frac{q(\tau)}{p(\tau|O)} = \sum_t \left[\log \pi_t(a_t|s_t) - r(s_t,a_t)\right] + \log Z$$
#
# The dynamics cancel. The mean of this over the policy's *own* lives is a distance, the *Kullback-Leibler divergence* from
# $q$ to $p$, and it is never negative. It is the policy's own lives that count: what it does and the posterior never does,
# like an accident, costs dearly. (The mean over the *posterior's* lives, the divergence the other way round, would lead back
# to the optimist.) To make it small, make this large:
#
# $$J(\pi) = E_\pi\Big[\sum_t r(s_t,a_t) - \log \pi_t(a_t|s_t)\Big] \le \log Z$$
#
# Reward plus *entropy*: earn much, and commit yourself no more than that takes.

# %% [markdown]
# Which policy has the largest $J$? Begin with the last step. In $s$ one choice is left, worth $\sum_a \pi(a|s)\,[r(s,a) -
# \log \pi(a|s)]$. Of all $\pi$ the best is $\pi \propto e^r$: then the bracket is $\log \sum_a e^{r(s,a)}$ for every action,
# and so is its mean; call it $V(s)$. (Any other policy has less, by its divergence from this one.) One step earlier an action
# brings $r(s,a)$, and then at best $V(s')$ of the $s'$ that the *world* draws. You do not choose $s'$, so what counts is the
# mean, $Q = r + E[V(s')]$. From there it is the same single choice again, with $Q$ in place of $r$; and so on, to the front.

# %% [markdown]
# So the best policy has a closed form (Ziebart, Bagnell & Dey 2010; Levine 2018):
#
# $$\begin{aligned} Q_t(s,a) &= r(s,a) + E\left[V_{t+1}(s')\,|\,s,a\right] \\ V_t(s) &= \log \sum_a e^{Q_t(s,a)} \\
# \pi_t(a|s) &= e^{Q_t(s,a) - V_t(s)} \end{aligned}$$
#
# Put beside it what you computed so far, with $Q = \log \beta(s,a)$ and $V = \log \beta(s)$: there it was $Q = r + \log
# E[e^V]$. One line is different. What the agent chooses is summed softly; what the world chooses is *averaged*. This is the
# **causal** model.
#
# For the coin, with one step to go after it, $V$ is $1 + \log 2$ in the goal and $-100 + \log 2$ in the accident (two actions
# each). The optimist makes $\log E[e^V] = 1.00$ of that; the mean is $-48.8$.

# %% [markdown]
# ### Exercise: `soft_value_iteration`
#
# Compute it, with a temperature. $Q = r + E[V]$ and $V_T = 0$ as above, in units of the reward, and
#
# $$V = \text{temperature} \cdot \log \sum_a e^{Q/\text{temperature}}, \qquad \pi = e^{(Q - V)/\text{temperature}}$$
#
# (`irl_course.planning` has this function too. Write your own.)
#
# **Predict first:** two actions are worth the same, $Q = 5$. What is $V$ at temperature 1, and what as it goes to 0?


# %%
def soft_value_iteration(mdp, reward, horizon, temperature):
    """Values and policy of maximum causal entropy.

    Q = r + E[V], V = temperature * log sum_a exp(Q / temperature), pi = exp((Q - V) / temperature).

    Args:
        mdp: the world; mdp.expect(x) is E[x(s') | s, a], shape (S, A). The discount plays no part.
        reward: r(s, a), shape (S, A).
        horizon: number of steps T.
        temperature: above 0; towards 0 the policy becomes greedy.

    Returns:
        V, shape (T+1, S), with V[T] = 0; Q, shape (T, S, A); and pi, shape (T, S, A), which sums to
        1 over the actions.
    """
    ### BEGIN SOLUTION
    V = np.zeros((horizon + 1, mdp.n_states))
    Q = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in reversed(range(horizon)):
        Q[t] = reward + mdp.expect(V[t + 1])
        V[t] = temperature * logsumexp(Q[t] / temperature, axis=1)
    return V, Q, np.exp((Q - V[:horizon, :, None]) / temperature)
    ### END SOLUTION


# %%
soft_value_iteration = check(soft_value_iteration)

# %% [markdown]
# At work, on the risky path:

# %%
print(f"{'T':>3}{'tosses the coin':>17}{'earns':>9}")
for horizon in (3, 5, 10):
    _, _, pi = soft_value_iteration(risky, risky_reward, horizon, temperature=1.0)
    earned = walk(risky, pi, horizon) @ risky_reward[:, 0]
    print(f"{horizon:3}{pi[0, 0, TOSS]:17.4f}{earned.sum():9.2f}")

# %% [markdown]
# Never, and it earns 7.77 where the optimist lost 305. (And two actions worth 5 each are worth $5 + \log 2$ together, or 5 at
# temperature 0.) Does the cure change anything where there is no luck to believe in?

# %%
for slip in (0.0, 0.1, 0.3):
    wet = road.replace(slip=slip).mdp
    lucky, _ = infer(wet, calm, T)
    careful = soft_value_iteration(wet, calm, T, temperature=1.0)[2]  # calm: divided already
    apart = np.abs(lucky - careful)[:, free].max()
    print(f"slip {slip}: the two policies differ by at most {apart:.1e}")

# %% [markdown]
# On a dry road both models are the same, to the last digits: one successor, and $\log E[e^V] = E[V]$. With slip they part. Here
# is the pit of lesson 01 again, with its own reward, and three pictures: where the optimist *believes* to spend 30 steps, where
# the same policy *really* spends them, and where the causal one, the careful agent, does.
#
# **Predict:** which of the three keeps its colours when you raise the slip?

# %%
pit = gridworld(
    """
.......
.......
S.PPP.G
"""
)
pit_reward = pit.reward({"G": 0.0, "P": -10.0}, step=-1.0)


def three_lives(slip, temperature):
    """Believed, real and careful visits in 30 steps, shape (S,), with the policies' first steps."""
    mdp = pit.replace(slip=slip).mdp
    lucky, believed = infer(mdp, pit_reward / temperature, 30)
    careful = soft_value_iteration(mdp, pit_reward, 30, temperature)[2]
    lives = (believed, walk(mdp, lucky, 30), walk(mdp, careful, 30))
    visits, first_steps = [x.sum(axis=0) for x in lives], (lucky[0], lucky[0], careful[0])
    return zip(("believed", "real", "careful"), visits, first_steps)


# %%
def read_out(visits):
    """Steps in the pit, and what they all earn."""
    steps, earned = visits[pit.cells("P")].sum(), visits @ pit_reward[:, 0]
    return f"{steps:.2f} steps in the pit, earns {earned:.1f}".replace("-", "−")


def pit_picture(slip, temperature):
    pictures, words = [], []
    for who, visits, pi in three_lives(slip, temperature):
        pictures.append(grid_svg(pit, visits, pi, vmax=3.0, label=f"{who}: steps spent there"))
        words.append(f"{who}: {read_out(visits)}")
    return side_by_side(*pictures), "; ".join(words) + "."


def pit_still():
    fig, axes = plt.subplots(2, 3, figsize=(11, 4.1))
    for row, slip in zip(axes, (0.0, 0.3)):
        for ax, (who, visits, pi) in zip(row, three_lives(slip, 0.5)):
            draw_visits(ax, pit, visits, vmax=3.0, colorbar=False)
            draw_policy(ax, pit, pi)
            ax.set_title(f"slip {slip}, {who}: {read_out(visits)}", size=8.5)
    fig.supxlabel(
        "colour: steps spent there, 0 (dark) to 3 or more; arrows: the first step", size=10
    )
    return fig


# %% alt="Six maps of the pit world, coloured by time spent. Without slip all three are alike: along the row beside the pit to the goal, no step in the pit. With slip 0.3 what the optimist believes has the very same colours, and less decided arrows; really its policy spends 1.10 steps in the pit. The careful policy mostly begins with a step straight up and spends more time in the top row, with 0.28 steps in the pit."
explore(
    pit_picture,
    still=pit_still,
    caption="raise the slip from 0 to 1: the colours of what is believed stand still, the real ones slide into the pit.",
    slip=slider(0.0, 1.0, 0.3, 0.05, "slip"),
    temperature=slider(0.2, 3.0, 0.5, 0.1, "temperature"),
)

# %% [markdown]
# *Where* the optimist expects to be does not change with the slip. (Not by the smallest trace: *Go further* asks why.) Its
# arrows do: the less an action decides, the less it matters which one is taken. At slip 0.3 it expects −8.2 and earns −27.2.
# The careful one mostly begins with a step straight up, is in the pit a quarter as often, and earns −15.5. And at slip 1,
# where actions do nothing at all and all arrows are equal, the optimist still expects to walk to the goal.

# %% [markdown]
# ## ☆ Is the careful policy really the best of all?
#
# The claim was: no policy has a larger $J$, reward plus entropy, than $V_0$, and none reaches $\log Z$. Test it on the risky
# path at $T = 3$ with policies of all kinds, and 2,000 random ones.


# %%
def earned_and_entropy(pi, horizon=3):
    visits = planning.expected_visits(risky, pi, horizon)
    entropy = (visits.sum(axis=2)[:, :, None] * entr(pi)).sum()
    return (visits * risky_reward).sum(), entropy


rng = np.random.default_rng(0)
random_pis = rng.dirichlet([0.3, 0.3], size=(2000, 3, 4))
V, _, careful = soft_value_iteration(risky, risky_reward, 3, temperature=1.0)

# %%
tried = {
    "the optimist's": infer(risky, risky_reward, 3)[0],
    "at random": np.full((3, 4, 2), 0.5),
    "never in doubt": np.tile([1.0, 0.0], (3, 4, 1)),
    "best of 2,000 random": max(random_pis, key=lambda pi: sum(earned_and_entropy(pi))),
    "the careful one's": careful,
}
print(f"{'policy':>21}{'earns':>9}{'entropy':>9}{'J':>9}")
for name, pi in tried.items():
    earned, entropy = earned_and_entropy(pi)
    print(f"{name:>21}{earned:9.3f}{entropy:9.3f}{earned + entropy:9.3f}")
print(f"V at the start {V[0, 0]:.3f}, log Z {log_Z_of(risky, risky_reward, 3):.3f}")

# %% [markdown]
# The careful policy has $J = V_0$, and none of the 2,000 has more. It earns less than the one that is never in doubt: it pays
# for keeping its options open, where that costs little. And $\log Z$ is out of reach for everybody. The gap, $\log Z - V_0 =
# 1.09$, is the divergence that no policy can avoid: $Z$ counts on lives that only luck can bring. Without noise it is 0.

# %% [markdown]
# ## What we found
#
# - An optimal planner gives probability 0 to any drive with an error. Lamps, $p(O_t = 1|s,a) = e^r$, all observed to be on,
#   give every trajectory a probability: $w(\tau)/Z$. A constant moves $\log Z$ by $Tc$ and nothing else.
# - Messages sum a trillion trajectories in 20 rounds, and agree with the list where there is one.
# - The posterior policy depends on the time that is left. Many mediocre lives can outweigh the best one.
# - The scale of the reward means something now: it is one over the temperature.
# - $\alpha\beta/Z$ says where one is at each time.
# - Conditioning selects luck as well: $p(s'|s,a,O) \ne p(s'|s,a)$. The optimist tosses the coin two times in
#   three and loses 305.
# - The causal model averages what the world chooses: $Q = r + E[V]$. Without noise the two are one.

# %% [markdown]
# ## Quiz

# %%
check.quiz("what-is-observed")

# %%
check.quiz("one-more-for-every-step")

# %%
check.quiz("twice-the-reward")

# %%
check.quiz("what-is-left-of-the-day")

# %%
check.quiz("whose-luck")

# %% [markdown]
# ## Go further
#
# - Why does the slip not show *at all* in what the optimist believes of the states? Sum $p(s'|s,a)\, e^{r(s)}$ over the four
#   actions. Then let the actions cost different amounts, and look again.
# - Let the cat begin in either room with probability ½. What is $p(s_0|O)$? Even the past gets luckier.
# - Give the road a fifth action that does the same as RIGHT. What happens to the soft driver at the crossing, and what to the
#   greedy one?
# - On the risky path, what must a step in the accident cost for the optimist to take the detour more often? Can any price do
#   it?
# - The *most probable* trajectory needs no sums: put a maximum where $\beta$ has a sum. For the driver who likes the park, at
#   temperature 0.4, how probable is it?
#
# Next: [06 Maximum entropy IRL](06_maximum_entropy_irl.ipynb)

# %% [markdown]
# ## References
#
# - Freire, P., Gleave, A., Toyer, S. & Russell, S. (2020). DERAIL: Diagnostic environments for reward and imitation learning.
#   arXiv:2012.01365. The risky path is part of its suite *seals*.
# - Levine, S. (2018). Reinforcement learning and control as probabilistic inference: tutorial and review. arXiv:1805.00909.
# - Todorov, E. (2008). General duality between optimal control and estimation. *IEEE Conference on Decision and Control.* Costs
#   as logarithms of probabilities.
# - Ziebart, B. D. (2010). *Modeling purposeful adaptive behavior with the principle of maximum causal entropy.* PhD thesis,
#   Carnegie Mellon University.
# - Ziebart, B. D., Bagnell, J. A. & Dey, A. K. (2010). Modeling interaction via the principle of maximum causal entropy.
#   *ICML.*
