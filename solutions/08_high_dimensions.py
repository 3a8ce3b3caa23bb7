# %% [markdown]
# # 08 Approximations in high dimensions
#
# **By the end you can** estimate $\log Z$ and its gradient from samples where no sum is possible, judge whether to believe the
# estimate, and let a sampler and a cost teach each other.
#
# About 55 minutes to read and 45 to practise. Builds on [lesson 06](06_maximum_entropy_irl.ipynb); the section on a network also
# on [lesson 07](07_neural_rewards.ipynb). Time has a **finite horizon**: $T$ steps, no discount. The model is that of whole
# **trajectories**. (Both worlds here are deterministic, and the causal model is the same one.)

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from tqdm.auto import tqdm

from irl_course.checks import check
from irl_course.environments import gridworld
from irl_course.environments.point_mass import GaussianPolicy, Paths, point_mass, soft_lqr
from irl_course.interactive import explore, slider
from irl_course.inverse import sampling
from irl_course.inverse.maxent import log_partition
from irl_course.inverse.sampling import adapted_sampler, fit_policy, fit_quadratics
from irl_course.mdp import sample_demos
from irl_course.planning import expected_visits, soft_value_iteration
from irl_course.plotting import EXPERT, LEARNER, draw_visits, use_style

use_style()
bar = partial(tqdm, leave=False)

# %% [markdown]
# ## What is there to sum over?
#
# A puck on a smooth table. You push it twelve times, a quarter of a second each; it keeps its speed in between. A **state** is
# its position and velocity, four numbers; an **action** is your push, two accelerations. Somebody likes it near the middle, slow,
# and without much effort:
#
# $$r(s,a) = -\tfrac12\psi_1 |\text{position}|^2 - \tfrac12\psi_2 |\text{velocity}|^2 - \tfrac12\psi_3 |\text{push}|^2$$
#
# (Two more features, the position itself, move the goal elsewhere; their $\psi$ is 0 for now. The state reached last earns
# nothing.)

# %%
table = point_mass()
START = table.starts[0]  # 2 m to the right of the middle, at rest
PSI = table.psi(goal=(0, 0), nearness=1.0, slowness=0.5, ease=0.5)
print("psi:", dict(zip(table.feature_names, PSI.tolist())))
print(f"trajectories with ten values for each of {12 * 2} numbers: {10.0 ** (12 * 2):.0e}")
print(f"states with 50 values for each of 4 numbers: {50**4:,}; of an arm's 14: {50.0**14:.0e}")

# %% [markdown]
# Lesson 06 had a table of states, and its messages went from row to row. Here is no table. All that you can do is **draw**
# trajectories, and look at their rewards. Is that enough for
#
# $$Z = \int p(\tau)\, e^{\psi^\top f(\tau)}\, d\tau \;?$$
#
# ($p(\tau)$ is the world's part, and 1 for the puck: a push has one outcome. So $d\tau$ stands for the 24 numbers of the
# pushes. In other units of a push $\log Z$ is another number, and it may have any sign.)
#
# Let a **sampler** $q$ push at random, whatever the puck does:


# %%
def blind(width, horizon=12):
    """Pushes around 0, of that standard deviation, whatever the state."""
    covariances = np.tile(width**2 * np.eye(2), (horizon, 1, 1))
    return GaussianPolicy(np.zeros((horizon, 2, 4)), np.zeros((horizon, 2)), covariances)


def draw(sampler, n, seed, world=table, psi=PSI):
    """n trajectories from START, their returns, and their log-densities under the sampler."""
    paths = world.sample(sampler, np.tile(START, (n, 1)), seed)
    return paths, world.features(paths).sum(axis=1) @ psi, sampler.log_density(paths)


# %% [markdown]
# Every trajectory comes up with density $q(\tau)$. So divide by it, and the mean over the draws is the integral:
#
# $$Z = \int q(\tau)\, w(\tau)\, d\tau = E_q[w(\tau)], \qquad w(\tau) = \frac{p(\tau)\, e^{\psi^\top f(\tau)}}{q(\tau)}$$
#
# $w$ is the **importance weight**. If the sampler acts in the same world, its $q$ contains $p$, too, and $p$ cancels.
#
# As it stands; and for somebody who cares a hundred times as much:

# %%
_, returns, log_q = draw(blind(1.0), 200, seed=0)
with np.errstate(divide="ignore"):
    print("psi:      ", np.log(np.mean(np.exp(returns) / np.exp(log_q))))
    print("100 * psi:", np.log(np.mean(np.exp(100 * returns) / np.exp(log_q))))

# %% [markdown]
# All 200 weights are 0 to the computer. You know the cure from lesson 05.
#
# ### Exercise: `importance_log_Z`
#
# $$\log Z \approx \log \frac{1}{N} \sum_{i=1}^{N} \exp\big(\text{return}_i + \log p_i - \log q_i\big)$$
#
# Stay with logarithms. A return may be $-\infty$, for what must not happen: such a sample has weight 0, and still counts in
# $N$.
#
# **Predict first:** if all weights were the same number, how many samples would you need?


# %%
def importance_log_Z(returns, log_q, log_p):
    """Estimate log Z, the logarithm of the mean importance weight.

    Args:
        returns: sums of rewards of N trajectories drawn from q, shape (N,).
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,), or 0.0 where sampler and world share it.

    Returns:
        The estimate, a float, in nats.
    """
    ### BEGIN SOLUTION
    log_weights = returns + log_p - log_q
    return float(logsumexp(log_weights) - np.log(len(returns)))
    ### END SOLUTION


# %%
importance_log_Z = check(importance_log_Z)

# %% [markdown]
# At work: four experiments with the blind sampler, each with more and more samples.

# %%
for n in (200, 2000, 20_000):
    found = [importance_log_Z(*draw(blind(1.0), n, seed)[1:], 0.0) for seed in range(4)]
    print(f"{n:6} samples: log Z =", *(f"{log_Z:6.2f}" for log_Z in found))

# %% [markdown]
# 16.29 against 12.23 is a factor of 58 in $Z$. With a hundred times the samples the four are within 0.7. Had you had only the
# first, how would you have known?
#
# ## Which samples count?
#
# Look at the weights themselves, as shares of their sum.
#
# ### Exercise: `normalised_weights`
#
# $$\bar w_i = \frac{w_i}{\sum_j w_j}$$
#
# They must be right at returns of $\pm 1000$, too. Only differences between the $\log w_i$ matter: which number may you
# subtract from all of them first?


# %%
def normalised_weights(returns, log_q, log_p):
    """Importance weights, divided by their sum.

    Args:
        returns: sums of rewards of N trajectories drawn from q, shape (N,).
        log_q: their log-densities under the sampler, shape (N,).
        log_p: what the world contributes, shape (N,), or 0.0 where sampler and world share it.

    Returns:
        Shape (N,); not negative, sums to 1.
    """
    ### BEGIN SOLUTION
    log_weights = returns + log_p - log_q
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()
    ### END SOLUTION


# %%
normalised_weights = check(normalised_weights)

# %% alt="Left: 200 random paths of the puck from the start on the right, in grey, most of which stray; one is drawn thick, and leads to the left, towards the middle. Right: the six largest weights. The first sample holds 99 percent."
paths, returns, log_q = draw(blind(1.0), 200, seed=0)
weights = normalised_weights(returns, log_q, 0.0)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4))
for states, weight in zip(paths.states, weights):
    left.plot(*states[:, :2].T, color="0.8", linewidth=0.6, zorder=1)
    left.plot(*states[:, :2].T, color="C2", linewidth=5 * weight, zorder=2)
left.plot(*START[:2], "o", color="0.3")
left.plot(0, 0, "*", color="0.3", markersize=12)
left.set(xlabel="x, m", ylabel="y, m", aspect="equal", title="Thick: much weight. Star: the goal")
right.bar(np.arange(1, 7), np.sort(weights)[::-1][:6], color="C2")
right.set(xlabel="the largest weights", ylabel="share", title="One sample speaks for all 200")
plt.show()

# %% [markdown]
# 200 drawn, one counts. How many samples are there, *in effect*?
#
# ### Exercise: `effective_sample_size`
#
# If $n$ of the $N$ weights share everything evenly, each is $1/n$, and $\sum \bar w_i^2 = n \cdot 1/n^2 = 1/n$. So take that
# for a definition (Kong 1992), even or not:
#
# $$\text{ESS} = \frac{1}{\sum_i \bar w_i^2}$$
#
# **Predict first:** between what and what does it lie?


# %%
def effective_sample_size(weights):
    """How many equal weights are worth as much as these.

    Args:
        weights: normalised, shape (N,); they sum to 1.

    Returns:
        From 1, all on one sample, to N, all the same; a float.
    """
    ### BEGIN SOLUTION
    return float(1.0 / (weights**2).sum())
    ### END SOLUTION


# %%
effective_sample_size = check(effective_sample_size)

# %% [markdown]
# At work, next to a **stated error**: the standard error of $\log Z$ as far as these samples can tell. It is the spread of the
# importance weights in units of their mean, over $\sqrt N$. Work that out, and it is nothing new:
#
# $$\text{stated error} = \sqrt{\frac{1}{\text{ESS}} - \frac1N}$$


# %%
def stated_error(size, n):
    return np.sqrt(max(1 / size - 1 / n, 0.0))  # rounding may lead below 0


def report(returns, log_q, truth=0.0):
    size = effective_sample_size(normalised_weights(returns, log_q, 0.0))
    log_Z, error = importance_log_Z(returns, log_q, 0.0), stated_error(size, len(log_q))
    print(f"{log_Z - truth:7.2f}, stated error {error:.3f}, effective {size:8.1f} of {len(log_q)}")


for n in (200, 20_000):
    for seed in range(4):
        report(*draw(blind(1.0), n, seed)[1:])

# %% [markdown]
# The first experiment now warns you: one effective sample, error 0.99. ESS is at least 1, so the error is never more than 1,
# *whatever the miss*. Near 1 it means "I do not know".
#
# Good: a small effective sample size gives a bad estimate away. Does a large one vouch for a good one?

# %% [markdown]
# ## A perfect score
#
# Eight by eight cells, 20 steps. Puddles (p) cost 0.035 a step; in the goal, 14 steps away, each step earns 2.68. Here lesson
# 06 has the exact $\log Z$. The sampler takes all four actions alike.
#
# **Predict:** how many of 200 samples will be effective?

# %%
meadow = gridworld(
    """
S..p....
..p..p..
p....p..
...p....
.p....p.
...p....
.p...p..
.......G
"""
)
meadow_reward = meadow.reward({"G": 2.68, "p": -0.035})
truth = log_partition(meadow.mdp, meadow_reward, horizon=20)
soft = soft_value_iteration(meadow.mdp, meadow_reward, 20)[2]  # the model's policy


# %%
def walk(pi, n, seed):
    """n walks of 20 steps, their returns, and their log-probabilities under the policy."""
    walks = sample_demos(meadow.mdp, pi, n, 20, seed)
    s, a = walks.states[:, :-1], walks.actions
    log_pi = np.log(np.broadcast_to(pi, (20, 64, 4)))
    return walks, meadow_reward[s, a].sum(axis=1), log_pi[np.arange(20), s, a].sum(axis=1)


uniform = np.full((64, 4), 0.25)
_, returns, log_q = walk(uniform, 200, seed=0)
report(returns, log_q)

# %% [markdown]
# 199 of 200, and a stated error below 0.01. Now the truth:

# %%
GOAL = meadow.cells("G")[0]
for n in (200, 2000, 20_000):
    for seed in (0, 1):
        walks, returns, log_q = walk(uniform, n, seed)
        print(
            f"{(walks.states[:, :-1] == GOAL).any(axis=1).sum():3} earn it; log Z off by", end=" "
        )
        report(returns, log_q, truth)

# %% alt="The meadow twice, start on the upper left, goal on the lower right. Left: 200 uniform walks stay in the upper left half, and the goal's corner is dark. Right: the model goes down to the right in a broad band and stays in the goal."
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4.2))
walks, _, _ = walk(uniform, 200, seed=0)
seen = np.bincount(walks.states[:, :-1].ravel(), minlength=64) / 200
expected = expected_visits(meadow.mdp, soft, 20).sum(axis=(0, 2))
draw_visits(axes[0], meadow, seen, vmax=1.5, colorbar=False)
draw_visits(axes[1], meadow, expected, vmax=1.5, label="steps spent there, up to 1.5 and more")
axes[0].set_title("Where the samples went")
axes[1].set_title("Where the model goes")
plt.show()

# %% [markdown]
# Off by $-4.96$ nats, a factor of 143, about a thousand times its stated error. Nobody met the goal, so nobody could report it:
# all that the 200 saw is meadow, all alike. In the second experiment one walk earns it, and the score falls from 199 to 1
# *because the estimate got better*.
#
# But the mean importance weight is right on average! Make the experiment a thousand times:

# %%
_, returns, log_q = walk(uniform, 1000 * 200, seed=0)
misses = logsumexp((returns - log_q).reshape(1000, 200), axis=1) - np.log(200) - truth
print(f"too low {np.mean(misses < 0):.1%}, by over 4.5 nats {np.mean(misses < -4.5):.1%}", end="; ")
print(f"too high by over 2 {np.mean(misses > 2):.1%}")
ratio = np.exp(misses)  # Z found / Z
print(f"Z found / Z: mean {ratio.mean():.2f} ± {ratio.std() / np.sqrt(1000):.2f}")

# %% [markdown]
# That is how: nearly always far too low, one time in ninety far too high, and the mean hangs on those few. Its *logarithm* is too
# low on average, always, as a logarithm is concave (Jensen).
#
# **Effective sample size and stated error, one number in two forms, know the samples there are. They do not know what no sample
# met.**

# %% [markdown]
# Is there no way to notice? In inverse reinforcement learning there is: **you have demonstrations**, and they know where the
# goal is. Give them the importance weights that they would have had as samples.

# %%
expert_walks, expert_returns, _ = walk(soft, 20, seed=1)
_, returns, log_q = walk(uniform, 200, seed=0)
print(f"log weights of the samples: {(returns - log_q).min():.1f} to {(returns - log_q).max():.1f}")
expert_log_w = expert_returns + 20 * np.log(4)  # the uniform sampler has q = 4^-20
print(f"of the demonstrations: {expert_log_w.min():.1f} to {expert_log_w.max():.1f}")

# %% [markdown]
# The demonstrations lie 13 to 16 nats above everything sampled: an alarm. If the sampler were any good, they would look like
# its samples.

# %% [markdown]
# ## What is the best sampler?
#
# You answered it in your first prediction: if all weights are the same, one sample is enough. $w = e^{\text{return}}/q$ is
# constant for $q \propto e^{\text{return}}$. The best sampler is **the model itself**, and its constant weight is $Z$:

# %%
_, returns, log_q = walk(soft, 5, seed=0)
print("five log weights:", returns - log_q, "\nlog Z:           ", truth)

# %% [markdown]
# *Every* trajectory has that weight then, whoever made it. So the check above is fair for demonstrations of anybody, and while
# $\psi$ is still a guess.
#
# Whoever has that sampler has $Z$ already. But something *near* it will do, and the puck has even the exact one.
#
# Soft value iteration (lesson 05) went backwards: $Q_t = r + V_{t+1}$, $V_t = \log\int e^{Q_t} da$. The world is linear, $s' =
# As + Ba$, and the reward quadratic, $r = -\frac12 (s^\top C_s s + a^\top C_a a)$, with $C_s = \text{diag}(\psi_1, \psi_1,
# \psi_2, \psi_2)$ and $C_a = \psi_3 I$ (goal at 0). Quadratics stay quadratics: let $V_{t+1}(s) = \frac12 s^\top W s$, plus a
# constant. Then
#
# $$Q_t(s,a) = -\tfrac12 s^\top C_s s - \tfrac12 a^\top C_a a + \tfrac12 (As + Ba)^\top W (As + Ba)$$
#
# In $a$ this is a parabola, and $e^{Q}$ a **Gaussian**: the most probable push is linear in the state, and the rest is spread.

# %% [markdown]
# ### Exercise: `soft_lqr_step`
#
# One step backwards. Collect $a$ in $Q_t$, with $\Lambda = C_a - B^\top W B$:
#
# $$Q_t = -\tfrac12 a^\top \Lambda a + a^\top B^\top W A s + \dots$$
#
# Complete the square. The action is $N(Gs, \Sigma)$ with
#
# $$\Sigma = \Lambda^{-1}, \qquad G = \Sigma B^\top W A$$
#
# and integrating it out leaves $\frac12 s^\top W_{new}\, s + c$, with
#
# $$W_{new} = A^\top W A - C_s + A^\top W B\, \Sigma\, B^\top W A$$
#
# $$c = \tfrac12 \big( M \log 2\pi - \log\det \Lambda \big)$$
#
# $M$ is the length of an action. $W$ is a *value*, negative or 0, and no importance weight.
#
# **Predict first:** in the last step $W = 0$. How does somebody push who has nothing left to gain?


# %%
def soft_lqr_step(A, B, state_cost, action_cost, value_matrix):
    """One backward step of soft value iteration for a linear system and a quadratic cost.

    Args:
        A: how a state goes on by itself, shape (D, D).
        B: what an action adds, shape (D, M).
        state_cost: C_s, shape (D, D); the reward is -(s' C_s s + a' C_a a) / 2.
        action_cost: C_a, positive definite, shape (M, M).
        value_matrix: W of the next value s' W s / 2, symmetric, shape (D, D).

    Returns:
        gain (M, D), covariance (M, M), W of this step (D, D), and the constant that it adds.
    """
    ### BEGIN SOLUTION
    precision = action_cost - B.T @ value_matrix @ B
    covariance, cross = np.linalg.inv(precision), B.T @ value_matrix @ A
    new = A.T @ value_matrix @ A - state_cost + cross.T @ covariance @ cross
    constant = 0.5 * (len(precision) * np.log(2 * np.pi) - np.linalg.slogdet(precision)[1])
    return covariance @ cross, covariance, new, float(constant)
    ### END SOLUTION


# %%
soft_lqr_step = check(soft_lqr_step)

# %% [markdown]
# At work: twelve steps back from $W = 0$, which is all of planning for this puck.

# %%
cost = table.cost(PSI)
W, log_Z, gains, covariances = np.zeros((4, 4)), 0.0, [], []
for _ in range(12):
    gain, covariance, W, constant = soft_lqr_step(table.A, table.B, cost.state, cost.action, W)
    gains, covariances, log_Z = [gain, *gains], [covariance, *covariances], log_Z + constant
TRUTH = log_Z + 0.5 * START @ W @ START
model = GaussianPolicy(gains, np.zeros((12, 2)), covariances)
print(f"log Z = {TRUTH:.4f}")
_, returns, log_q = draw(model, 5, seed=0)
print("five log weights:", (returns - log_q).round(4))

# %% alt="Fifty paths of the model, from the start on the right towards the middle on the left, spread around it."
fig, ax = plt.subplots(figsize=(5, 3))
for states in draw(model, 50, seed=1)[0].states:
    ax.plot(*states[:, :2].T, color="C4", linewidth=0.8, alpha=0.6)
ax.plot(*START[:2], "o", color="0.3")
ax.plot(0, 0, "*", color="0.3", markersize=12)
ax.set(xlabel="x, m", ylabel="y, m", aspect="equal", title="The model, sampled exactly")
plt.show()

# %% [markdown]
# $\log Z = 14.61$, to the last digit from a single sample. So the blind sampler's first try was 1.7 too high, and all four of
# its tries with 20,000 samples are too low. In the last step $G = 0$: a push changes only the state reached last, which earns
# nothing. Effort is left, with mean 0 and variance $1/0.5 = 2$.
#
# ## How near is near enough?
#
# With a truth to compare with: make the model's own sampler wider or narrower. Thirty estimates at each width, of 200 samples
# each.
#
# **Predict:** which is worse, half as wide or twice as wide? Which of them will *warn* you?

# %%
WIDTHS, by_width = np.round(np.arange(0.3, 2.25, 0.1), 1), {}
for width in WIDTHS:
    sampler = GaussianPolicy(model.gains, model.offsets, width**2 * model.covariances)
    runs = [draw(sampler, 200, seed)[1:] for seed in range(30)]
    weights = [normalised_weights(*run, 0.0) for run in runs]
    log_Z = np.array([importance_log_Z(*run, 0.0) for run in runs])
    error = np.mean([stated_error(effective_sample_size(share), 200) for share in weights])
    by_width[width] = weights[0], log_Z, error
for width in (0.5, 0.7, 1.0, 1.3, 2.0):
    weights, log_Z, error = by_width[width]
    miss, size = log_Z.mean() - TRUTH, effective_sample_size(weights)
    print(f"{width}: off by {miss:6.2f}, spread {log_Z.std():.2f}, stated {error:.2f};", end=" ")
    print(f"{size:.0f} effective the first time")


# %%
def width_picture(width):
    weights, log_Z, error = by_width[np.round(width, 1)]
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
    left.plot(np.arange(201), np.append(0, np.sort(weights)[::-1].cumsum()), color="C2")
    left.plot([0, 200], [0, 1], color="0.8", linewidth=1, zorder=0)
    left.set(ylim=(0, 1.02), xlabel="the largest weights, how many", ylabel="their share")
    left.set(xticks=[0, 100, 200], yticks=[0, 0.5, 1])
    misses = np.array([by_width[other][1] - TRUTH for other in WIDTHS])
    right.fill_between(WIDTHS, misses.min(axis=1), misses.max(axis=1), color="0.85")
    right.plot(np.full(30, width), log_Z - TRUTH, ".", color="C2")
    right.axhline(0.0, color="0.3", linewidth=1)
    right.set(ylim=(-16, 6), xlabel="width, 1 = the model's", ylabel="estimate − log Z")
    right.set(xticks=[0.5, 1, 1.5, 2], yticks=[-15, -10, -5, 0, 5])
    size = effective_sample_size(weights)
    words = f"{size:.0f} of 200 effective; mean miss {log_Z.mean() - TRUTH:.2f}, stated {error:.2f}"
    left.set_title(f"width {width:.1f}: {size:.0f} effective")
    right.set_title("Thirty estimates at each width")
    return fig, words.replace("-", "−") + "."


# %% alt="Left: the share of the largest weights against how many of the 200 they are, at width 1.3: the largest 25 have nearly two thirds; a diagonal would be all alike. Right: estimates less the truth, thirty dots at width 1.3 close to 0, and the range of thirty at each width from 0.3 to 2.2 as a grey band: it has no breadth at 1, reaches from 2 to -5 at 0.5, mostly below 0, and from 2.5 to -9 at 2.2."
explore(
    width_picture,
    caption="from 1.0 go down to 0.5 and up to 2.0: on both sides the estimates sink, at the ends by "
    "more than the stated error, which never exceeds 1.",
    width=slider(0.3, 2.2, 1.3, 0.1, "width"),
)

# %% [markdown]
# A tenth too wide or too narrow hardly matters. At half the width the estimates are too low, by 3.01 on average with a stated
# error of 0.57; at twice the width by 2.22 with 0.73. Both warn by their few effective samples, and neither says how far off it
# is. Why is a factor in width so touchy? It is made 24 times.

# %% [markdown]
# ## Why are many dimensions hard?
#
# $\log w$ is a sum over the steps. Each number of each push adds its bit of spread, and the effective share shrinks by a *factor*
# for each.
#
# **Predict:** at 1.2 times the width one number keeps 95 %. What do 24 keep, and 60?

# %%
horizons, sizes = np.arange(1, 31), {0.8: [], 1.2: [], 1.5: []}
for horizon in horizons:
    world = point_mass(horizon=horizon)
    exact = world.solve(PSI)
    for sigma in sizes:
        sampler = GaussianPolicy(exact.gains, exact.offsets, sigma**2 * exact.covariances)
        _, returns, log_q = draw(sampler, 500, seed=0, world=world)
        sizes[sigma].append(effective_sample_size(normalised_weights(returns, log_q, 0.0)))

# %% alt="The effective share against the numbers in a trajectory, on a logarithmic scale. Straight lines fall from nearly 1: for 1.2 times the width to 0.05 at 60 numbers, for 0.8 and 1.5, close together, to 0.00001. Dots, found with 500 samples, follow the lines at first and then stay above, far above for 1.5 and farther for 0.8."
fig, ax = plt.subplots(figsize=(6, 3.2))
for (sigma, found), color in zip(sizes.items(), ("C2", "C4", "C3")):
    share = (np.sqrt(2 * sigma**2 - 1) / sigma**2) ** (2 * horizons)
    ax.semilogy(2 * horizons, share, color=color, linewidth=1)
    ax.semilogy(
        2 * horizons, np.array(found) / 500, ".", color=color, label=f"{sigma} times the width"
    )
    print(f"{sigma}: 24 numbers {share[11]:.3f}, found {found[11] / 500:.3f};", end=" ")
    print(f"60 numbers {share[29]:.1e}, found {found[29] / 500:.1e}")
ax.set(xlabel="numbers in a trajectory", ylabel="effective share", ylim=(1e-5, 1.5))
ax.set_title("Straight lines on a logarithmic scale (dots: 500 samples)")
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# Exponential in the number of dimensions: what helps is a better sampler, not more samples. The lines are $(\sqrt{2\sigma^2 -
# 1} / \sigma^2)^d$, for $d$ Gaussian numbers drawn $\sigma$ times too wide. Below $\sigma = 0.71$ the root is of a negative
# number: the true variance of the importance weights is *infinite*. Samples never show it, as the rare huge weight was not
# drawn.
#
# The dots flatter. For 0.8 and 1.5 the lines are nearly the same: at 24 numbers about 0.01 is due, and found are 0.091 and 0.032.
# **The score flatters most where the sampler is too narrow.**
#
# So to trust an estimate: many effective samples, **and** a reason to think that the sampler goes where the model goes.
# Demonstrations with importance weights like the samples' are a reason, not a proof: they know of the places where *they* go.

# %% [markdown]
# ## Which way is up, from samples?
#
# Lesson 06's slope was what they did minus what the model expects. An expectation is a sum over trajectories: importance
# weights again. And since $Z$ divides itself out, the normalised ones:
#
# $$E_\psi[f] = \frac{E_q[w f]}{E_q[w]} \approx \sum_j \bar w_j f(\tau_j)$$
#
# ### Exercise: `sampled_gradient`
#
# $$\nabla L \approx \frac1N \sum_{i=1}^N f(\tau_i) - \sum_{j=1}^S \bar w_j f(\tau_j)$$
#
# $\tau_i$ are $N$ demonstrations, $\tau_j$ are $S$ samples; features are already summed over the steps.


# %%
def sampled_gradient(demo_features, sample_features, weights):
    """Estimate the gradient of L(psi): the demonstrations' features minus the model's.

    Args:
        demo_features: features of each demonstration, shape (N, K).
        sample_features: features of each sample, shape (S, K).
        weights: of the samples, normalised, shape (S,).

    Returns:
        Shape (K,).
    """
    ### BEGIN SOLUTION
    return demo_features.mean(axis=0) - weights @ sample_features
    ### END SOLUTION


# %%
sampled_gradient = check(sampled_gradient)

# %% [markdown]
# At work. A new person plays: 200 demonstrations from the same start, towards another goal. Your guess so far is `psi0`. The
# exact slope comes from moving each entry of $\psi$ a little in the closed form.

# %%
TRUE = table.psi(goal=(-0.5, 0.3))  # to compare with; nobody else would have it
demos = draw(table.solve(TRUE), 200, seed=7)[0]
demo_features = table.features(demos).sum(axis=1)
psi0 = np.array([0.3, 0.3, 0.6, 0.0, 0.0])


def L(psi):
    """Mean log-likelihood of the demonstrations, exact."""
    return demo_features.mean(axis=0) @ psi - table.solve(psi).log_Z(START)


exact = np.array([(L(psi0 + e) - L(psi0 - e)) / 2e-4 for e in 1e-4 * np.eye(5)])
print("exact:              ", exact.round(2))

# %%
lagging = table.solve(psi0 + [0.2, 0.0, -0.1, 0.0, 0.0])  # fits a psi from a while ago
for name, sampler in (("blind", blind(1.0)), ("lagging", lagging)):
    paths, returns, log_q = draw(sampler, 500, seed=0, psi=psi0)
    f, weights = table.features(paths).sum(axis=1), normalised_weights(returns, log_q, 0.0)
    print(f"{name:>7}, weighted:  ", sampled_gradient(demo_features, f, weights).round(2), end="")
    print(f"   effective: {effective_sample_size(weights):.0f}")
    print(f"{name:>7}, plain mean:", (demo_features.mean(axis=0) - f.mean(axis=0)).round(2))

# %% [markdown]
# The plain means are off by whole factors: 20.55 for 5.34 from the blind sampler, and half of the slope or more is missing
# from the lagging one. Importance weights bring both near, to within 0.7 with 223 effective samples, and 1.9 with 18.
#
# Each step moves $\psi$, and the best sampler with it. Must all old samples be thrown away?

# %% [markdown]
# ## Two samplers, one blind spot each
#
# Put a post between the start and the goal, and a price on coming near. The reward is no longer quadratic. `adapted_sampler`
# does the next best: draw, fit a quadratic to the rewards of its samples, solve that as you did, draw from the solution, and so
# on. Two runs, two seeds.


# %%
def with_post(where):
    """The puck's features and a sixth: minus 1 at a post, fading within 0.4 m."""

    def features(paths):
        away = paths.states[:, :-1, :2] - where
        near = -np.exp(-0.5 * (away**2).sum(axis=2) / 0.4**2)
        return np.concatenate([table.features(paths), near[..., None]], axis=2)

    return sampling.LinearReward(features)


# %%
post, POST = with_post((1.0, 0.0)), np.append(table.psi(nearness=2.0, ease=1.0), 10.0)
samplers = [adapted_sampler(table, post, POST, START, seed=seed) for seed in (1, 7)]
drawn = [table.sample(q, np.tile(START, (1000, 1)), seed=100 + k) for k, q in enumerate(samplers)]
for q, paths in zip(samplers, drawn):
    report(post.steps(POST, paths).sum(axis=1), q.log_density(paths))

# %% alt="Sixty paths of each sampler. A dark patch, the post, lies between the start on the right and the goal. All paths of the first sampler pass above it, all of the second below."
fig, ax = plt.subplots(figsize=(5.5, 3.4))
ax.add_patch(plt.Circle((1, 0), 0.4, color="0.75"))
ax.text(1, 0, "post", ha="center", va="center")
for k, paths in enumerate(drawn):
    for states in paths.states[:60]:
        ax.plot(*states[:, :2].T, color=("C2", "C4")[k], linewidth=0.6)
ax.plot(*START[:2], "o", color="0.3")
ax.plot(0, 0, "*", color="0.3", markersize=12)
ax.set(xlabel="x, m", ylabel="y, m", aspect="equal", title="One sampler goes above, one below")
plt.show()

# %% [markdown]
# They agree, about half of the samples are effective, and both are wrong by the same amount: each has seen one side only. The
# mean of two good reports is no better. Throw them together instead, and ask for each sample, whoever drew it, how probable it
# was to come up **at all**.
#
# ### Exercise: `mixture_log_density`
#
# With as many samples from each of $J$ samplers, a sample comes up with the density of the mixture:
#
# $$\log q(\tau) = \log \frac1J \sum_{j=1}^{J} q_j(\tau)$$
#
# **Predict first:** by how much will $\log Z$ change?


# %%
def mixture_log_density(log_q_each):
    """Log-density of trajectories under a mixture of J samplers, all with the same share.

    Args:
        log_q_each: log-density of each of N trajectories under each sampler, shape (J, N); -inf
            where a sampler cannot come.

    Returns:
        Shape (N,).
    """
    ### BEGIN SOLUTION
    return logsumexp(log_q_each, axis=0) - np.log(len(log_q_each))
    ### END SOLUTION


# %%
mixture_log_density = check(mixture_log_density)

# %%
both = Paths(*map(np.concatenate, zip(*drawn)))
post_returns = post.steps(POST, both).sum(axis=1)
each = np.array([q.log_density(both) for q in samplers])
report(post_returns, mixture_log_density(each))
above = post_returns - each[0]
own, other = above[:1000].max(), above[1000:].max()
print(
    f"log weights under the sampler above: its own up to {own:.0f}, the other's up to {other:.0f}"
)

# %% [markdown]
# Up by 0.70: $\log 2 = 0.69$, twice as many trajectories as either could see. And no importance weight can explode as long as
# *one* sampler likes the sample. So old samples need not be thrown away.
#
# That two reports agree proves nothing. What tests a sampler is the *other's* samples: under the sampler above they have log
# weights up to 178, and its own at most $-21$.

# %% [markdown]
# ## Can sampler and cost teach each other?
#
# For the slope you need a good sampler, for a good sampler the right $\psi$. **Guided cost learning** starts with neither (Finn,
# Levine & Abbeel 2016): samples with importance weights, a gradient step of the cost, a step of the sampler, in turn.
#
# Where should the sampler go? To the model, which maximises $E_q[\psi^\top f] + H(q)$, with the entropy $H(q) = -E_q[\log q]$
# (lesson 05). But the reward is known near the samples only, so stay near the old sampler. With a weight $e$ on the entropy, and
# $d$, the **damping**, on the Kullback–Leibler distance:
#
# $$E_q[r] + e H(q) - d\, \mathrm{KL}(q, q_{old}) = E_q[r + d \log q_{old}] + (e + d) H(q)$$
#
# The same problem again: $q \propto e^{(r + d \log q_{old}) / (e + d)}$. Fit $r$ by a quadratic around the samples; `soft_lqr`
# solves that as you did, and lets goals move.


# %%
def improve_sampler(world, sampler, paths, psi, entropy=1.0, damping=0.3):
    """The sampler's step: maximise E_q[return] + entropy * H(q) - damping * KL(q, old q)."""
    forms = fit_quadratics(paths, world.features(paths) @ psi)
    forms = (forms + damping * sampler.quadratics()) / (entropy + damping)
    return soft_lqr(world.A, world.B, forms, world.noise, world.horizon)


# %% [markdown]
# ### Exercise: `guided_cost_learning`
#
# In each round, in this order:
#
# 1. draw `n_samples` trajectories: `world.sample(sampler, starts, rng)`;
# 2. find their importance weights, under the current `psi` and the sampler that drew them (`sampler.log_density(paths)`);
# 3. one gradient step up, `step_size` times the sampled gradient;
# 4. improve the sampler with the *new* `psi`, from the same paths.
#
# Collect $\psi$ after every round, and do not change `psi` in place.
#
# **Predict first:** the blind sampler begins with a few effective samples and a rough slope. How many rounds does it cost?


# %%
def guided_cost_learning(world, demos, psi, sampler, n_rounds, n_samples, step_size, seed):
    """Find psi and a sampler for it, each with the other's help.

    Args:
        world: a PointMass without noise; the reward is psi . world.features.
        demos: Paths, all from one start.
        psi: to begin with, shape (K,).
        sampler: a GaussianPolicy to begin with.
        n_rounds: number of rounds.
        n_samples: trajectories drawn in a round.
        step_size: of the gradient step; a number, or one for each entry of psi, shape (K,).
        seed: decides all draws.

    Returns:
        psi before the first and after each round, shape (n_rounds + 1, K), and the last sampler.
    """
    rng, starts = np.random.default_rng(seed), np.tile(demos.states[0, 0], (n_samples, 1))
    demo_features, path = world.features(demos).sum(axis=1), [psi]
    ### BEGIN SOLUTION
    for _ in range(n_rounds):
        paths = world.sample(sampler, starts, rng)
        features = world.features(paths).sum(axis=1)
        weights = normalised_weights(features @ psi, sampler.log_density(paths), 0.0)
        psi = psi + step_size * sampled_gradient(demo_features, features, weights)
        sampler = improve_sampler(world, sampler, paths, psi)
        path.append(psi)
    return np.array(path), sampler
    ### END SOLUTION


# %%
guided_cost_learning = check(guided_cost_learning)

# %% [markdown]
# At work, from `psi0` and the blind sampler. Features differ in size, so each entry of $\psi$ has its own step: 0.4 over the
# variance of its feature in the demonstrations. For the standard errors nobody needs the truth: lesson 06's covariance, from
# the learnt $\psi$ and its model.

# %%
step_size = 0.4 / demo_features.var(axis=0)
path, sampler = guided_cost_learning(table, demos, psi0, blind(1.0), 60, 200, step_size, seed=0)
psi = path[-1]
print(f"{'':>10}", *(f"{name:>9}" for name in table.feature_names))
f = table.features(draw(table.solve(psi), 5000, seed=3)[0]).sum(axis=1)
error = np.sqrt(np.diag(np.linalg.inv(np.cov(f.T))) / 200)
for name, row in (("start", psi0), ("learnt", psi), ("true", TRUE), ("std. error", error)):
    print(f"{name:>10}", *(f"{x:9.2f}" for x in row))
print("L after each round:", *(f"{L(psi):.2f}" for psi in path[:7]), f"... {L(psi):.3f}", end="; ")
print(f"true psi: {L(TRUE):.3f}")
report(*draw(sampler, 200, seed=9, psi=psi)[1:], table.solve(psi).log_Z(START))

# %% alt="Fifty paths of the demonstrator and of the last sampler, which spread alike around the goal to the left of the middle."
fig, ax = plt.subplots(figsize=(5, 3))
for states, other in zip(demos.states[:50], draw(sampler, 50, seed=9)[0].states):
    ax.plot(*states[:, :2].T, color=EXPERT["color"], linewidth=0.7)
    ax.plot(*other[:, :2].T, color=LEARNER["color"], linewidth=0.7)
ax.plot(-0.5, 0.3, "*", color="0.3", markersize=12)
ax.set(xlabel="x, m", ylabel="y, m", aspect="equal")
ax.set_title("Demonstrations (blue), sampler (orange)")
plt.show()

# %% [markdown]
# About five: then $L$ is that of the true $\psi$, and soon above it, as a best fit explains *these* demonstrations better than
# the truth. $\psi$ is within about two standard errors of it. And the sampler has become the model: 199.9 of 200 effective,
# this time with a reason to trust it.
#
# The rough start does no harm: the sampler needs no slope, only the rewards of its own samples, whose quadratic fit is exact here
# from the first round on.

# %% [markdown]
# ## What is each part good for?
#
# Two parts seem dispensable: importance weights, if the sampler becomes the model anyway; and the entropy, if you only want good
# trajectories. Take them out, or half out, with the package's version. An entropy weight below 1 stands for any sampler that is
# *too narrow*.
#
# **Predict:** what comes out of "0.7, none"? Does the goal suffer, or the spread? Will importance weights save 0.3?

# %%
two = point_mass(starts=table.starts[::3])  # right and left
two_demos = two.sample(two.solve(TRUE), np.repeat(two.starts, 200, axis=0), seed=7)
linear, variance = sampling.LinearReward(two.features), two.solve(TRUE).covariances[:, 0, 0]
print("entropy, weights", *(f"{x:5.2f}" for x in TRUE), "   share, and variance of the pushes")
for e, weigh in ((1.0, True), (1.0, False), (0.7, True), (0.7, False), (0.3, True), (0.0, True)):
    _, history = sampling.guided_cost_learning(
        two, two_demos, linear, psi0, 60, 200, 3, memory=1, entropy=e, importance=weigh
    )
    found = history.path[-30:].mean(axis=0)
    print(f"{e:>9}, {'with' if weigh else 'none':>5}", *(f"{x:5.2f}" for x in found), end="  ")
    ratio = np.mean(history.samplers[0].covariances[:, 0, 0] / variance)
    print(f"{history.sample_sizes[-1]:6.2f}  {ratio:.2f} of the true one")
    if (e, weigh) == (0.7, False):
        wild = np.mean(two.solve(found).covariances[:, 0, 0] / variance)
print(f"who believes the psi of '0.7, none' pushes with {wild:.2f} of the true variance")

# %% [markdown]
# Undamped, $q \propto e^{\text{return} / e}$: pushes spread $\sqrt e$ times as wide.
#
# - **0.7, with importance weights:** $\psi$ is as good as with 1. But $\sqrt{0.7}$ is 0.84 of the width, and an eighth of the
#   samples does the work.
# - **0.3, with them:** 0.55 of the width, below 0.71: infinite variance, one sample in a hundred counts, and $\psi$
#   is off by about 40 %. Importance weights correct a sampler that is *somewhat* off.
# - **Without them** it is the *sampler* that matches. At just the right width that does no harm. At 0.7 it matches with
#   $0.7\,\psi$: the goal is right, but $\psi$ about 30 % smaller than in the first row, and its model has 1.41 times the
#   variance. The sampler's own paths do not show it.
# - **Without entropy** the sampler collapses to one path per start, and $\psi$ has lost its hold.

# %% [markdown]
# ## What if only the demonstrations know?
#
# Around the post a sampler settles on one side. Let somebody demonstrate who passes on *both*. In the meadow you compared two
# ranges by eye; now make a number of the alarm.
#
# ### Exercise: `demo_shares`
#
# Had this demonstration been one sample more, how large a share of all importance weight would it hold?
#
# $$\text{share}_i = \frac{w_i}{w_i + \sum_{j=1}^S w_j}$$
#
# $w_i$ belongs to one of $N$ demonstrations, $w_j$ to the $S$ samples; given are the logarithms. Each demonstration joins alone.
#
# **Predict first:** what is it if the sampler is the model? And where the demonstration goes and no sample does?


# %%
def demo_shares(demo_log_weights, sample_log_weights):
    """Share of all importance weight that each demonstration would hold as one sample more.

    Args:
        demo_log_weights: return + log_p - log_q of each demonstration, shape (N,).
        sample_log_weights: those of the samples, shape (S,); -inf for what must not happen.

    Returns:
        From 0 to 1, shape (N,); 1 / (S + 1) if all weights are the same.
    """
    ### BEGIN SOLUTION
    total = np.logaddexp(demo_log_weights, logsumexp(sample_log_weights))
    return np.exp(demo_log_weights - total)
    ### END SOLUTION


# %%
demo_shares = check(demo_shares)

# %% [markdown]
# At work. Demonstrations come from the two samplers' pool by **resampling**, in proportion to the importance weights. Then the
# alarm, twice: among samples of the sampler that goes above, and of both.


# %%
def resample(paths, weights, n, rng):
    keep = rng.choice(len(weights), n, p=weights)
    return Paths(paths.states[keep], paths.actions[keep])


def alarm(demos, reward, psi, samplers):
    """demo_shares among 1000 samples of each sampler, under their mixture."""
    starts = np.tile(demos.states[0, 0], (1000, 1))
    pools = [table.sample(q, starts, seed=100 + k) for k, q in enumerate(samplers)]
    log_w = []
    for paths in (demos, Paths(*map(np.concatenate, zip(*pools)))):
        log_q = mixture_log_density(np.array([q.log_density(paths) for q in samplers]))
        log_w.append(reward.steps(psi, paths).sum(axis=1) - log_q)
    return demo_shares(*log_w)


shares = normalised_weights(post_returns, mixture_log_density(each), 0.0)
both_ways = resample(both, shares, 200, np.random.default_rng(0))
goes_above = both_ways.states[:, 6, 1] > 0
for name, asked in (("the one above", samplers[:1]), ("both", samplers)):
    held = alarm(both_ways, post, POST, asked)
    print(f"{name:>13}: {np.mean(held > 0.5):.0%} of them would hold more than half", end="; ")
    print(f"those who go above at most {held[goes_above].max():.3f}")

# %% [markdown]
# 56 % of the demonstrations would each hold more than half of all weight: they go below. Under both samplers there is no alarm.
#
# But had nobody shown you the way below? Those who go above hold at most 0.03 under the first sampler: no alarm, and its $\log Z$
# is still 0.70 too low. The alarm finds places where *demonstrations* go. A high reward where neither they nor the samples go
# stays unseen.
#
# Learn the price of the post from `both_ways`, in three ways: with the sampler's **samples only**; **fused**, with the
# demonstrations among the samples, as if drawn from a Gaussian policy fitted to them, `fit_policy` (in the spirit of Finn et
# al.); and **drawn**, with fresh samples of that policy in their place. **Predict:** which price will be right?

# %%
guess, runs = fit_policy(both_ways), {}
options = {"samples only": {}, "fused": {"fusion": True}, "drawn": {"fusion": True, "fresh": True}}
for name, how in options.items():
    _, runs[name] = sampling.guided_cost_learning(
        table, both_ways, post, np.append(psi0, 1.0), 120, step_size=0.1, damping=1.0, **how
    )
f = post.features(both_ways).sum(axis=1)
error = np.sqrt(np.diag(np.linalg.inv(np.cov(f.T))) / 200)
print(f"{'':>12}", *(f"{name:>9}" for name in (*table.feature_names, "post")))
rows = {name: history.path[-60:].mean(axis=0) for name, history in runs.items()}
for name, row in ({"true": POST} | rows | {"std. error": error}).items():
    print(f"{name:>12}", *(f"{x:9.2f}" for x in row))
for name, history in runs.items():
    asked = [history.samplers[0]] if name == "samples only" else [history.samplers[0], guess]
    held = alarm(both_ways, post, history.path[-1], asked)
    print(f"{name:>12}: {np.mean(held > 0.5):.0%} would hold more than half")

# %% alt="The price of the post against the round. True: a line at 10. With samples only it crosses the line after about 20 rounds and rises beyond 40. Fused, it stays at about 9; drawn, it reaches the line in about 80 rounds and stays there."
fig, ax = plt.subplots(figsize=(6, 3))
for (name, history), color in zip(runs.items(), ("C2", LEARNER["color"], "C4")):
    ax.plot(history.path[:, 5], color=color, label=name)
ax.axhline(POST[5], **EXPERT, label="true")
ax.set(xlabel="round", ylabel="price of the post")
ax.set_title("The sampler alone never sees the other side")
ax.legend()
plt.show()

# %% [markdown]
# **Samples only:** the slope hears that somebody goes where the model never does, raises the price, and no sample can ever tell it
# to stop. The alarm rings for two demonstrations in three.
#
# **Fused:** the sampler still goes one way, but $Z$ counts both. The price is nearly three standard errors too low, and *north*
# is off by twelve. We *say* that the demonstrations were drawn from a Gaussian, and they were not. A wrong density is a wrong
# weight, and no alarm hears it.
#
# **Drawn:** the same Gaussian, but now the samples *are* its own. All of $\psi$ is within 1.5 standard errors. A sampler may be
# crude; its density may not be a guess.

# %% [markdown]
# ## A cost that nobody wrote down
#
# Nothing above asked for a linear reward: only for rewards of samples, and for a gradient in $\psi$. So take lesson 07's network:
# 16 tanh units of position and velocity, plus a price of effort. The truth has a post near two of six ways to the middle, which
# no feature mentions.


# %%
def model_paths(reward, psi, n, seed):
    """n trajectories of the model from each of six starts, resampled, and the mean log Z."""
    picks, log_Z, rng = [], [], np.random.default_rng(seed)
    for start in table.starts:
        q = adapted_sampler(table, reward, psi, start, seed=rng)
        paths = table.sample(q, np.tile(start, (3000, 1)), rng)
        given = reward.steps(psi, paths).sum(axis=1), q.log_density(paths)
        picks.append(resample(paths, normalised_weights(*given, 0.0), n, rng))
        log_Z.append(importance_log_Z(*given, 0.0))
    return Paths(*map(np.concatenate, zip(*picks))), np.mean(log_Z)


# %%
aside, ASIDE = with_post((0.9, 0.35)), np.append(table.psi(ease=1.0), 6.0)
train, _ = model_paths(aside, ASIDE, 100, seed=0)
test, true_log_Z = model_paths(aside, ASIDE, 100, seed=1)
net, net_psi0 = sampling.NetworkReward(16), 0.5 * np.random.default_rng(0).normal(size=97)
net_psi0[0] = 0.5
net_psi, history = sampling.guided_cost_learning(
    table, train, net, net_psi0, 60, damping=1.0, memory=1, progress=bar
)
blunt, _ = sampling.guided_cost_learning(table, train, linear, psi0, 60, memory=1)

# %% [markdown]
# (You may stop it, and go on with `history=history`.) `blunt` is the best quadratic without a post. Ask new demonstrations for
# their log-likelihood, each reward with a $\log Z$ of its own, and for an alarm.

# %%
_, net_log_Z = model_paths(net, net_psi, 1, seed=2)
scores = {
    "true reward": aside.steps(ASIDE, test).sum(axis=1).mean() - true_log_Z,
    "network": net.steps(net_psi, test).sum(axis=1).mean() - net_log_Z,
    "quadratic": linear.steps(blunt, test).sum(axis=1).mean()
    - table.solve(blunt).log_Z(table.starts),
}
for name, score in scores.items():
    print(f"{name:>12}: L = {score:.2f} on new demonstrations")
print(f"price of effort: {net_psi[0]:.2f} (true: {ASIDE[2]})")
worst = []
for start, q in zip(history.starts, history.samplers):
    mine = (test.states[:, 0] == start).all(axis=1)
    worst.append(alarm(Paths(test.states[mine], test.actions[mine]), net, net_psi, [q]).max())
print("largest share of a demonstration, start by start:", *np.round(worst, 3))

# %% alt="Two maps of the reward at rest, with the paths of demonstrations, a star of six arms. True: best in the middle, worse outwards, and a deep red hole, the post, which the paths avoid. Network: best in the middle, worse outwards, worst on the upper right, around and beyond the post, but no hole."
side = np.linspace(-2.4, 2.4, 61)
x, y = np.meshgrid(side, side)
still = np.stack([x, y, 0 * x, 0 * x], axis=2).reshape(-1, 1, 4).repeat(2, axis=1)
resting = Paths(still, np.zeros((len(still), 1, 2)))
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.9), sharey=True)
maps = {"true reward": aside.steps(ASIDE, resting), "network": net.steps(net_psi, resting)}
for ax, (name, rewards) in zip(axes, maps.items()):
    values = rewards[:, 0].reshape(x.shape)
    values = values - values[30, 30]  # a reward is known up to a constant
    image = ax.pcolormesh(x, y, values, cmap="coolwarm_r", vmin=-6, vmax=6)
    for states in train.states[::10]:
        ax.plot(*states[:, :2].T, color="0.2", linewidth=0.4)
    ax.set(xlabel="x, m", aspect="equal", title=name, xlim=(-2.4, 2.4), ylim=(-2.4, 2.4))
axes[0].set_ylabel("y, m")
fig.colorbar(image, ax=axes, label="reward at rest, less that in the middle")
plt.show()

# %% [markdown]
# On new demonstrations the network makes up 70 % of what the quadratic lacks (with three other first networks, 80 to 84 %). It
# found the price of effort, a best place near the middle, and that the side of the post is bad. It did **not** find the post:
# nobody ever stood there, so no demonstration says how deep the hole is, and no alarm rings. Where there is no data, the reward is
# the network's fancy, and nobody should plan there with it.
#
# (One sampler per start, after all that? We checked: mixtures of twelve give both $\log Z$ to within 0.01.)

# %% [markdown]
# ## What we found
#
# - Where no sum is possible, $Z$ is a mean over samples of $e^{\text{return}}/q$. In logarithms, always.
# - Few effective samples give a bad estimate away. Many do not vouch for a good one: 199 of 200, and 5 nats off.
# - The stated error is the same number again. Demonstrations know of other places, though not of all: weigh them, too.
# - The best sampler is the model itself. Linear dynamics and quadratic rewards give it exactly, one parabola at a time.
# - The effective share falls exponentially with the dimension.
# - A mixture of samplers sees what any of them sees, if each sample was drawn from what you say.
# - Sampler and cost can teach each other. Importance weights correct a sampler that is somewhat off, and entropy keeps it from
#   collapsing.

# %% [markdown]
# ## Quiz

# %%
check.quiz("what-a-good-score-says")

# %%
check.quiz("which-sampler-first")

# %%
check.quiz("cost-without-weights")

# %%
check.quiz("two-good-reports")

# %% [markdown]
# ## Go further
#
# - Draw the blind sampler's pushes with widths 1 to 3. At which width is the estimate from 2000 samples best, and would the
#   effective sample size have told you?
# - Add the 20 demonstrations of the meadow to the 200 walks, as draws of a second sampler with `soft` as its policy, under a
#   mixture with shares 200/220 and 20/220. How far off is $\log Z$ now? What changes if you only guess the demonstrators'
#   policy?
# - Give the puck some wind, `point_mass(noise=0.1)`: no sampler of pushes is exactly the model now, which would choose the wind,
#   too (lesson 06). In 200 experiments of 500 samples of `solve(PSI)`, divide each miss by its stated error. Is the spread 1? And
#   for the blind sampler?
#
# Next: [09 Inverse RL and GANs](09_irl_and_gans.ipynb)

# %% [markdown]
# ## References
#
# - Finn, C., Levine, S. & Abbeel, P. (2016). Guided cost learning: deep inverse optimal control via policy optimization.
#   *ICML*, 49–58. Its appendix B was not open to us: the details of the sampler's step and all settings here are ours.
# - Kong, A. (1992). A note on importance sampling using standardized weights. Technical report 348, Department of Statistics,
#   University of Chicago.
# - Levine, S. & Koltun, V. (2012). Continuous inverse optimal control with locally optimal examples. *ICML.* Quadratics around
#   trajectories, with the same Gaussian $\log Z$.
# - Owen, A. B. (2013). *Monte Carlo theory, methods and examples.* Chapter 9.
# - Veach, E. & Guibas, L. J. (1995). Optimally combining sampling techniques for Monte Carlo rendering. *SIGGRAPH*, 419–428.
#   The mixture, as the balance heuristic.
