# %% [markdown]
# # 09 Inverse RL and GANs
#
# **By the end you can** read a discriminator as a reward, say why training it is maximum entropy IRL, and choose the form of
# discriminator whose reward still holds in another world.
#
# About 55 minutes to read and 45 to practise; the sections marked ☆ can wait for another day. Builds on [lesson 06](06_maximum_entropy_irl.ipynb); the reward's shaping is from
# [lesson 02](02_why_learn_rewards.ipynb). Time is **discounted** and the model is the **causal** one, temperature 1. (One section
# lists whole **trajectories** of five steps.) The worlds are small and nothing is sampled, unless the text says so.

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import expit, log_expit, logsumexp, softmax

from irl_course import planning, plotting
from irl_course.checks import check
from irl_course.environments import gridworld
from irl_course.environments.changed import changed_dynamics, gap_maze, random_task, transfer_score
from irl_course.interactive import explore, grid_svg, side_by_side, slider
from irl_course.inverse import adversarial
from irl_course.inverse.adversarial import newton_step
from irl_course.mdp import MDP, sample_demos
from irl_course.planning import expected_return, occupancy, soft_value_iteration
from irl_course.plotting import EXPERT, LEARNER, draw_policy, draw_reward, use_style

use_style()

# %% [markdown]
# ## Who did that?
#
# In [lesson 08](08_high_dimensions.ipynb) a sampler went where the reward of the day is high, and the reward changed where sampler and demonstrations differed.
# Let us make a game of it, as in a *generative adversarial network* (GAN; Goodfellow et al. 2014), where one network makes pictures
# and the other tells them from photographs. Here one player, the **policy**, acts. The other, the **discriminator**, is shown one
# pair of state and action and has to say who did that: the expert, or the policy?
#
# A maze of 7×7 cells with a wall and one gap. A life begins anywhere; every step in the goal pays 3, and nobody leaves the goal. The
# expert is a soft planner (lesson 05's: the better an action, the likelier it is). The policy acts at random.

# %%
maze = gap_maze(gap=1)
reward = maze.reward({"G": 3.0})
free = ~maze.walls.ravel()
expert_pi = soft_value_iteration(maze.mdp, reward, tol=1e-12)[2]
random_pi = np.full(expert_pi.shape, 0.25)


def shares(pi, mdp=maze.mdp):
    """Discounted visits as shares: they sum to 1."""
    return (1.0 - mdp.gamma) * occupancy(mdp, pi)


expert, policy = shares(expert_pi), shares(random_pi)

# %% alt="The maze twice. A wall crosses the middle row, with a gap in its second column; the goal is in the middle of the bottom row. Left, the expert: arrows lead through the gap to the goal, and the goal cell alone is bright. Right, the random policy: visits are spread thinly over all cells, and the goal is bright as well, though less."
fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.8))
for ax, pi, name in zip(axes, (expert_pi, random_pi), ("the expert", "a policy at random")):
    plotting.draw_visits(ax, maze, shares(pi), label="share of the time", vmax=0.2)
    draw_policy(ax, maze, pi)
    ax.set_title(name)
plt.show()

# %% [markdown]
# (The colours end at 0.2; the expert's goal has more.) A coin decides whose
# pair you are shown. If the policy acts so with probability $\pi$ and the expert with $e^f$, then it was the expert with probability
#
# $$D = \frac{e^f}{e^f + \pi}$$
#
# You know $\pi$: it is your own. Only $f$ must be learnt. (How often the two come to that state counts, too; $f$ has to
# make up for it.) What matters is one number, the **logit** $\log D - \log(1-D) = f - \log \pi$: how many nats speak for the expert.

# %% [markdown]
# ### Exercise: `discriminator`
#
# Return $D$, given $f$ and $\log\pi$. Both may be large, and $\log\pi$ may be $-\infty$ for what the policy never does, so do not
# compute $e^f$. Look at what is left if you divide above and below by $e^f$. SciPy's `expit(x)` is $1/(1+e^{-x})$, for any $x$.
#
# **Predict first:** what is $D$ where $f = \log\pi$?


# %%
def discriminator(logit_reward, log_pi):
    """The probability that the expert did it: D = exp(f) / (exp(f) + pi).

    Args:
        logit_reward: f, any shape; may be as large as 1000, or as small as -1000.
        log_pi: logarithm of the policy's probability, of the same shape; may be -inf.

    Returns:
        D, of that shape, from 0 to 1.
    """
    ### BEGIN SOLUTION
    return expit(logit_reward - log_pi)
    ### END SOLUTION


# %%
discriminator = check(discriminator)

# %%
f = np.array([np.log(0.9), np.log(0.25), np.log(0.1), 1000.0, -1000.0])
for value, D in zip(f, discriminator(f, np.full(5, np.log(0.25)))):
    print(f"f = {value:8.2f}, pi = 0.25: D = {D:.4f}")

# %% [markdown]
# An action that the expert takes 9 times in 10, and you 1 time in 4, speaks for the expert: 0.78. Where both do the same, the
# coin remains.

# %% [markdown]
# ### Exercise: `discriminator_loss`
#
# How good is a discriminator? Score each pair by the logarithm of the probability it gave to the truth, and take the means:
#
# $$\ell = -\operatorname{mean}_{\text{expert}} \log D \;-\; \operatorname{mean}_{\text{policy}} \log (1 - D)$$
#
# You are given the *logits* $x$ of $D$ at pairs of the expert and at pairs of the policy; there may be more of one than of the other.
# `log_expit(x)` is $\log \frac{1}{1+e^{-x}}$, and $1-D$ has the logit $-x$.
#
# **Predict first:** what is the loss of someone who always says $\frac12$?


# %%
def discriminator_loss(logit_expert, logit_policy):
    """The logistic loss: mean of -log D at the expert's, plus mean of -log(1 - D) at the policy's.

    Args:
        logit_expert: logits of D at pairs of the expert, shape (N,).
        logit_policy: logits of D at pairs of the policy, shape (M,).

    Returns:
        The loss, a float, 0 or more; finite for every finite logit.
    """
    ### BEGIN SOLUTION
    return float(-log_expit(logit_expert).mean() - log_expit(-logit_policy).mean())
    ### END SOLUTION


# %%
discriminator_loss = check(discriminator_loss)

# %%
for name, x in {"a coin": 0.0, "sure, and right": 1000.0, "sure, and wrong": -1000.0}.items():
    loss = discriminator_loss(np.array([x]), np.array([-x]))
    print(f"{name:>16}: loss {loss + 0.0:9.4f}")

# %% [markdown]
# $2 \log 2 = 1.3863$ for a coin; remember it, it is where this game ends. Being sure and wrong costs 1000 nats for either half.

# %% [markdown]
# ### Exercise: `optimal_discriminator`
#
# Which $D$ is best? Look at one pair. The expert is there with share $p$, the policy with share $q$: the pair contributes $-p \log D
# - q \log (1-D)$. Set the slope to 0:
#
# $$D = \frac{p}{p + q}, \qquad \log D - \log (1 - D) = \log p - \log q$$
#
# (Goodfellow et al. 2014.) The best logit is the logarithm of the **density ratio**. Occupancies may come in any unit, so turn each into shares of
# its own sum first. Where nobody ever is, answer $\frac12$.
#
# **Predict first:** on the maze, where is the logit highest, and where is it about 0?


# %%
def optimal_discriminator(expert_occupancy, policy_occupancy):
    """The discriminator of the least loss: share of the expert over the sum of both shares.

    Args:
        expert_occupancy: visits of the expert, shape (S, A), of any sum above 0.
        policy_occupancy: visits of the policy, shape (S, A), of any sum above 0.

    Returns:
        D, shape (S, A); 1/2 where neither of them ever is.
    """
    ### BEGIN SOLUTION
    p = expert_occupancy / expert_occupancy.sum()
    q = policy_occupancy / policy_occupancy.sum()
    seen = p + q > 0
    return np.where(seen, p / np.where(seen, p + q, 1.0), 0.5)
    ### END SOLUTION


# %%
optimal_discriminator = check(optimal_discriminator)


# %% [markdown]
# At work: the best logit of somebody who sees the states only, so that it fits into a picture. Then with actions: is it the
# best? Draw 5,000 pairs of each and multiply the logit by some $c$.


# %%
def logit_of(D):
    """log D - log(1 - D), and 50 nats for certain."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log(D) - np.log1p(-D), -50.0, 50.0)


# %% alt="The maze coloured by the logit of the states: blue at the goal, 1.5, pale blue along a way from the gap to it, nearly white above the gap, and red elsewhere, darkest in the corners far from the way."
states = (visits.sum(axis=1, keepdims=True) for visits in (expert, policy))
logit = logit_of(optimal_discriminator(*states))
fig, ax = plt.subplots(figsize=(4.4, 3.6))
draw_reward(ax, maze, logit[:, 0], label="logit of the state")
ax.set_title("Blue: it was the expert")
plt.show()

# %%
best = logit_of(optimal_discriminator(expert, policy)).ravel()
rng = np.random.default_rng(0)
p, q = (rng.choice(best.size, 5000, p=visits.ravel()) for visits in (expert, policy))
for c in (0.0, 0.5, 0.9, 1.0, 1.1, 2.0):
    print(f"logit times {c}: loss {discriminator_loss(c * best[p], c * best[q]):.3f}")

# %% [markdown]
# Blue is the goal and the way to it, red where the expert hardly ever is: the map looks like a *reward*. And neither a bolder nor a shyer
# logit does better. The least loss measures how different the two are: it is $2 \log 2 - 2\,\mathrm{JS}$, with the Jensen-Shannon divergence JS. So here is an idea.

# %% [markdown]
# ## Can you be paid for being mistaken for the expert?
#
# Let the discriminator's verdict be the policy's reward (Ho & Ermon 2016: *generative adversarial imitation learning*, GAIL):
#
# $$r(s,a) = -\log (1 - D(s,a))$$

# %% [markdown]
# ### Exercise: `gail_reward`
#
# Compute it from the logit of $D$, without $D$. **Predict first:** which sign does it have? What is it where $D = \frac12$?


# %%
def gail_reward(logit):
    """GAIL's reward -log(1 - D), for a D with this logit.

    Args:
        logit: log D - log(1 - D), any shape, of any size.

    Returns:
        The reward, of the same shape; finite for every finite logit.
    """
    ### BEGIN SOLUTION
    return -log_expit(-logit)
    ### END SOLUTION


# %%
gail_reward = check(gail_reward)

# %% [markdown]
# It is never negative, and $\log 2$ for a coin.
#
# Now play. The discriminator gives its best answer, the policy *plans* for the reward, lesson 01's way, the discriminator answers
# again, and so on. (The package's loss takes the shares as weights.) **Predict:** what do the returns do?

# %%
pi = random_pi
for round_ in range(7):
    logit = logit_of(optimal_discriminator(expert, shares(pi)))
    loss = adversarial.discriminator_loss(logit, logit, expert, shares(pi))
    earned = expected_return(maze.mdp, reward, pi)
    print(f"round {round_}: loss {loss:.4f}, the policy earns {earned:5.2f}")
    pi = planning.value_iteration(maze.mdp, gail_reward(logit))[1]
print(f"the expert earns {expected_return(maze.mdp, reward, expert_pi):.2f}, a coin loses 1.3863")

# %% [markdown]
# The first answer earns even more than the expert, who is soft and not always at his best. But it is an optimal policy, and that gives
# it away: the expert does other things, too. The verdict turns around, and the policy runs to whatever it did not do. The two chase each
# other and never meet. GANs are known for it (Mescheder, Geiger & Nowozin 2018).
#
# The cure: **one** of the two holds back. In the package's `gail_rounds` the discriminator still gives its best answer, but the
# policy moves only a little towards what pays,
#
# $$\pi(a|s) \leftarrow \pi(a|s)\, e^{0.3\, (Q(s,a) - V(s))}, \quad \text{normalised,}$$
#
# with the $Q$ and $V$ of the policy it has.


# %%
def game(step_size, n_rounds):
    """The loss round by round."""
    rounds = adversarial.gail_rounds(maze.mdp, expert, step_size)
    return [
        adversarial.discriminator_loss(logit, logit, expert, shares(pi))
        for logit, pi in itertools.islice(rounds, n_rounds)
    ]


# %% alt="The discriminator's loss over 60 rounds. With steps of 0.3 it rises from 0.80 and is at 2 log 2, a dotted line, from about round 15. With steps of 3 it jumps up and down to the end, at first between 0.2 and 1.4, later between 0.2 and 0.7."
fig, ax = plt.subplots(figsize=(6.2, 3.3))
for step_size, color in ((0.3, "C1"), (3.0, "C2")):
    ax.plot(game(step_size, 60), color=color, label=f"steps of {step_size}")
ax.axhline(2 * np.log(2), color="0.6", linestyle=":")
ax.set(xlabel="round", ylabel="the discriminator's loss", ylim=(0, 1.5))
ax.legend(loc="center right")
ax.set_title("Small steps end at a coin, large steps nowhere")
plt.show()

# %% [markdown]
# With small steps the loss *rises* to $2 \log 2$. In this game that is success: JS is 0, the occupancies are **equal**. GAIL is
# lesson 03's feature matching, with every pair of state and action as its own feature.

# %% [markdown]
# ### Does it beat cloning?
#
# A clone copies *actions* where it has seen some, and elsewhere guesses. GAIL wants to *be* where the expert was, and so must
# come back after every slip. Give both few demonstrations of 60 steps, five times over. **Predict:** who needs fewer?


# %%
def discounted_counts(mdp, demos):
    counts = np.zeros((mdp.n_states, mdp.n_actions))
    weights = np.tile(mdp.gamma ** np.arange(demos.horizon), (demos.n_demos, 1))
    np.add.at(counts, (demos.states[:, :-1], demos.actions), weights / demos.n_demos)
    return counts


def clone_of(counts):
    """Lesson 02's clone, and a guess where nothing was seen."""
    seen = counts.sum(axis=1, keepdims=True)
    return np.where(seen > 0, counts / np.where(seen > 0, seen, 1.0), 0.25)


# %%
NUMBERS, earned = (1, 2, 5, 20), np.zeros((4, 5, 2))
for (i, n_demos), seed in itertools.product(enumerate(NUMBERS), range(5)):
    demos = sample_demos(maze.mdp, expert_pi, n_demos, horizon=60, seed=seed)
    counts = discounted_counts(maze.mdp, demos)
    pis = clone_of(counts), adversarial.gail(maze.mdp, counts)
    earned[i, seed] = [expected_return(maze.mdp, reward, pi) for pi in pis]
mean, error = earned.mean(axis=1), earned.std(axis=1, ddof=1) / np.sqrt(5)

# %% alt="Return against 1, 2, 5 and 20 demonstrations. GAIL is level with the expert's line, 42.6, from the first demonstration on. The clone rises from 22 with one to 41 with twenty."
fig, ax = plt.subplots(figsize=(6.2, 3.4))
for k, (name, color) in enumerate((("clone", "C2"), ("GAIL", LEARNER["color"]))):
    ax.errorbar(NUMBERS, mean[:, k], error[:, k], fmt="o-", color=color, capsize=3)
    ax.text(2.2, mean[1, k] - 3, name, color=color)
ax.axhline(expected_return(maze.mdp, reward, expert_pi), **EXPERT)
ax.text(1, 43.3, "the expert", color=EXPERT["color"])
ax.set(xscale="log", xlim=(0.9, 32), ylim=(15, 47), xlabel="demonstrations", ylabel="return")
ax.set_xticks(NUMBERS, NUMBERS)
ax.set_title("On average one demonstration is nearly enough for GAIL", loc="left")
plt.show()

# %% [markdown]
# (Means of five draws, with standard errors.) One drive shows the way from *one* cell; elsewhere the clone guesses. GAIL seeks the
# way to where the expert was. It is not a gift: GAIL may act in the world to find out, the clone may not.

# %% [markdown]
# Ho & Ermon (2016) found the same on much larger tasks, with networks in place of tables. Ours is Gymnasium's pendulum, which a weak
# motor has to swing up. Both learners are networks, and see 10 pairs of each trajectory:
#
# | trajectories | 1 | 2 | 4 | 10 | 25 | 100 |
# |---|---|---|---|---|---|---|
# | clone | −1341 | −1449 | −1240 | −923 | −328 | −155 |
# | GAIL | −178 | −180 | −169 | −171 | −186 | −166 |
#
# (Mean return of five seeds, from `python benchmarks/gail_pendulum.py`; the expert has −137, random torques −1222. The clone is the
# better of two, the one with weight decay.) Ten pairs are enough for GAIL; a clone of them is no better than chance. With 100
# trajectories cloning is ahead: GAIL hardly comes closer with more pairs.

# %% [markdown]
# ## What is your reward now?
#
# GAIL has a reward inside, so can we keep it? Lesson 02's test: take it to mazes whose gap has moved to the fourth or the sixth column
# and whose actions are turned (after one quarter-turn LEFT moves down), and plan for it there. The **transfer score** is the share
# of what there is to earn: 1 for the optimal return, 0 for that of random actions. Try the logit of pairs, and that of states alone.
#
# **Predict:** at which round of the game is the logit most useful elsewhere?

# %%
changed = [gap_maze(gap, turns).mdp for gap in (3, 5) for turns in range(4)]


def transfer(learnt, worlds=changed, true=reward):
    return np.mean([transfer_score(world, true, learnt) for world in worlds])


rounds = list(itertools.islice(adversarial.gail_rounds(maze.mdp, expert), 101))
print("       largest         of pairs            of states")
print(" round  |logit|  at home  elsewhere  at home  elsewhere")
for n in (0, 3, 10, 30, 100):
    pairs, pi = rounds[n]
    pairs = pairs * free[:, None]  # nobody is in the walls, and 0 counts as the unknown there
    by_state = (visits.sum(axis=1, keepdims=True) for visits in (expert, shares(pi)))
    states = logit_of(optimal_discriminator(*by_state))[:, 0]
    scores = [transfer(x, w) for x in (pairs, states) for w in ([maze.mdp], changed)]
    print(f"{n:6}{np.abs(pairs).max():9.0e}" + "{:9.2f}{:11.2f}{:9.2f}{:11.2f}".format(*scores))

# %% [markdown]
# The better the policy, the less is left. After 100 rounds the logit is two millionths of a nat: the reward is $\log 2$ for everything,
# and a planner for the rest does badly even at home. Elsewhere the logit of pairs earns less than random actions from round 3 on: it says
# what *this* policy should do more often, in *this* world. It is the **actions** that do not carry over. The logit of states praises
# the way through the old gap, too, but does no harm here in the first rounds; a table below has worlds where it does.
#
# GAIL leaves a policy and no reward. Before we cure that, one more trap.

# %% [markdown]
# ## What if somebody can leave?
#
# A hall of four cells and an exit. At the exit the episode is over: nothing is recorded and nothing paid, as in many programs. Two
# experts: one hurries out, one lingers. And three rewards that all rise with $D$:
#
# $$-\log (1 - D) > 0, \qquad \log D < 0, \qquad \log D - \log (1-D)$$
#
# **Predict:** $D = \frac12$, the policy is perfect. What does each reward pay for one more step in the hall?

# %%
hall = gridworld("S...G", gamma=0.9)
INSIDE = np.array([1.0, 1.0, 1.0, 1.0, 0.0])[:, None]
SIGNS = {"positive": gail_reward, "negative": lambda x: -gail_reward(-x), "either": lambda x: x}


def steps_inside(expert_visits, pay, recorded=INSIDE, n_rounds=400):
    """The length of the policy's episodes when the game is over."""
    log_pi = np.zeros((5, 4))
    for _ in range(n_rounds):
        pi = softmax(log_pi, axis=1)
        visits = occupancy(hall.mdp, pi)
        D = optimal_discriminator(expert_visits * recorded, visits * recorded)
        paid = pay(logit_of(D)) * recorded
        V = planning.policy_evaluation(hall.mdp, paid, pi)
        log_pi += 0.1 * (planning.bellman_backup(hall.mdp, paid, V) - V[:, None])
    return (visits * INSIDE).sum()


# %%
stays, experts = {}, {}
for name, price in {"hurries": -2.0, "lingers": 0.3}.items():
    wish = hall.reward({"G": 0.0}, step=price)
    visits = experts[name] = occupancy(hall.mdp, soft_value_iteration(hall.mdp, wish)[2])
    stays[name] = [(visits * INSIDE).sum()] + [steps_inside(visits, SIGNS[sign]) for sign in SIGNS]
exits = hall.reward({"G": 0.0}, step=-1.0)
limits = {
    "at random": np.full((5, 4), 0.25),
    "fastest": planning.value_iteration(hall.mdp, exits)[1],
}
limits = {name: (occupancy(hall.mdp, pi) * INSIDE).sum() for name, pi in limits.items()}
for name, n in limits.items():
    print(f"{name}: {n:.2f} discounted steps inside")

# %% alt="Bars of the discounted steps inside the hall, for an expert who hurries and one who lingers. The expert: 4.0 and 9.9. Positive: 9.7 and 10.0. Negative: 3.6 and 5.7. Either: 4.0 and 9.9, as the expert. Dotted lines: random actions at 8.9, the fastest exit at 3.4."
fig, ax = plt.subplots(figsize=(6.8, 3.4))
for k, (name, color) in enumerate(zip(("expert", *SIGNS), (EXPERT["color"], "C2", "C4", "C1"))):
    heights = [n[k] for n in stays.values()]
    bars = ax.bar(np.arange(2) + 0.2 * k, heights, width=0.18, color=color, label=name)
    ax.bar_label(bars, fmt="%.1f", size=9)
for name, n in limits.items():
    ax.axhline(n, color="0.5", linewidth=1, linestyle=":", zorder=0)
    ax.text(1.75, n + 0.1, name, color="0.4", size=9)
ax.set_xticks([0.3, 1.3], [f"the expert {name}" for name in stays])
ax.set(ylabel="discounted steps inside", xlim=(-0.2, 2.2), ylim=(0, 11))
ax.set_title("The sign pulls, whatever the expert does")
ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
plt.show()

# %% [markdown]
# A reward that is always positive pays for staying: whatever the expert does, the game hardly ever ends (10 steps would be for ever).
# One that is always negative punishes every step and pulls towards the exit: 3.6 is nearly the fastest way out, and the imitator of
# one who lingers stays 5.7 steps instead of 9.9, fewer than at random. Only the logit pays 0 where the two agree.
#
# With $D = \frac12$ the three pay $0.69$, $-0.69$ and $0$ a step, and the end pays 0: with the first two a perfect
# imitation is paid for becoming worse. Where falling over ends the episode, a positive reward alone
# teaches not to fall (Kostrikov et al. 2019). The cure: record the time after the end, too, and let $D$ judge it.

# %%
for name, visits in experts.items():
    judged = [steps_inside(visits, pay, recorded=1.0) for pay in SIGNS.values()]
    print(f"the expert {name}, {stays[name][0]:.2f}; all time judged:", np.round(judged, 2))

# %% [markdown]
# Now all three agree with the expert. Back to the reward that was lost.

# %% [markdown]
# ## What does the slope of a discriminator know?
#
# GAIL's $D$ was any function of $(s,a)$. What if you prescribe its form? Take whole trajectories. The policy, the **generator** in a
# GAN's words, draws $\tau$ with the known probability $q(\tau)$. For the expert put lesson 06's model:
#
# $$D(\tau) = \frac{p_\psi(\tau)}{p_\psi(\tau) + q(\tau)}, \qquad p_\psi(\tau) = \frac{1}{Z} e^{\psi^\top f(\tau)}$$
#
# The logit is $\psi^\top f(\tau) - \log Z - \log q(\tau)$, and only $\psi$ is to be learnt. (What the world contributes is in both,
# and cancels.) Move $\psi$ so that the loss falls, with $Z$ held fixed. The derivative of $\log D$ is $1-D$ times that of the logit, of
# $\log(1-D)$ it is $-D$ times:
#
# $$-\nabla \ell = E_{\text{expert}}[(1 - D) f] - E_q[D f]$$
#
# Collect the terms with $D$. Half expert, half generator is a *mixture* $\mu$:
#
# $$-\nabla \ell = E_{\text{expert}}[f] - E_\mu[w f], \qquad w = 2D = \frac{p_\psi}{\frac12 p_\psi + \frac12 q}$$
#
# What they did, minus an importance-sampled estimate of what the model expects: the gradient of lesson 06 by the sampling of lesson 08
# (Finn, Christiano, Abbeel & Levine 2016).

# %% [markdown]
# ### Exercise: `gan_gcl_gradient`
#
# Return $-\nabla\ell$. You get $N$ trajectories and two shares for each: how much of the demonstrations it is, and how much of the
# generator's draws. Stay with logarithms until $D$, or $w$, is a harmless number.
#
# **Predict first:** what is left of it if $q = p_\psi$, the best generator there is?


# %%
def gan_gcl_gradient(features, log_model, log_generator, expert_share, generator_share):
    """The slope of minus the loss of D = p / (p + q), in psi.

    Args:
        features: f of each trajectory, shape (N, K).
        log_model: log p of each, psi . f - log Z, shape (N,).
        log_generator: log q of each, shape (N,).
        expert_share: how much of the demonstrations each is, shape (N,); sums to 1.
        generator_share: how much of the generator's draws each is, shape (N,); sums to 1.

    Returns:
        The direction in which to move psi, shape (K,).
    """
    ### BEGIN SOLUTION
    D = expit(log_model - log_generator)
    return (expert_share * (1.0 - D) - generator_share * D) @ features
    ### END SOLUTION


# %%
gan_gcl_gradient = check(gan_gcl_gradient)

# %% [markdown]
# At work: lesson 06's cat with its 1,024 lives of five steps. It likes sun and company, $(2, 1.5)$; you are at $\psi = (1, 0)$. All
# lives are listed, so lesson 06's gradient is known exactly. Four generators, from bad to best.

# %%
flat = gridworld("...\n.S.").mdp
sun, company = [1.0, 0.4, 0.0, 0.8, 0.5, 0.2], [0.3, 0.0, 0.4, 0.9, 0.5, 1.0]
room, seen = np.full(4**5, 4), np.zeros((4**5, 2))
for action in np.array(list(itertools.product(range(4), repeat=5))).T:
    seen += np.stack([sun, company], axis=1)[room]
    room = flat.P[room, action].argmax(axis=1)


def log_model(psi):
    return seen @ psi - logsumexp(seen @ psi)


cat, psi = np.exp(log_model(np.array([2.0, 1.5]))), np.array([1.0, 0.0])

# %%
generators = {"shy": [-2.0, 2.0], "at random": [0.0, 0.0], "half way": [0.5, 0.0], "model": psi}
maxent = cat @ seen - np.exp(log_model(psi)) @ seen


def cosine(slope):
    return slope @ maxent / np.linalg.norm(slope) / np.linalg.norm(maxent)


print("                    true Z                 Z learnt, too")
print("generator            slope    cosine       cosine   log Z")
for name, generator in generators.items():
    log_q = log_model(np.array(generator))
    given = log_q, cat, np.exp(log_q)
    slope = gan_gcl_gradient(seen, log_model(psi), *given)
    log_Z = adversarial.discriminator_log_Z(seen @ psi, *given)
    other = cosine(gan_gcl_gradient(seen, seen @ psi - log_Z, *given))
    print(f"{name:>9}{str(slope.round(3)):>17}{cosine(slope):10.3f}{other:13.3f}{log_Z:8.3f}")
print(f"lesson 06{str(maxent.round(3)):>17}     1.000{logsumexp(seen @ psi):21.3f}")
print("twice the last slope is lesson 06's to 8 digits:", np.abs(2 * slope - maxent).max() < 1e-8)

# %% [markdown]
# (The cosine is between the slope and lesson 06's gradient: 1 for the same direction.)
#
# With the best generator it is **exactly half** of lesson 06's gradient: half of the mixture is the demonstrations, and they cancel
# half of the first term. A discriminator of this form climbs the likelihood.
#
# With another generator even the sign can be wrong. The reason is $Z$: the weights take $p_\psi$ for the density of the
# demonstrations, which it is not yet, and so do not average to 1. Let the discriminator learn $\log Z$ as one more parameter, and they
# do: the directions are about right. (At this $\psi$ it learns the true 9.817 only from the best generator.)

# %% [markdown]
# ### ☆ A generator that never learns
#
# Leave the generator at random for ever. **Predict:** where does $\psi$ end?

# %% alt="Two paths of psi in the plane of the worth of sun and of company, from (1, 0), with a generator that stays at random. With Z learnt, too, the path leads to the true (2, 1.5), marked by a cross. With the true Z at every step it turns away at once and ends at (0.65, 0.04)."
log_q = log_model(np.zeros(2))
given = log_q, cat, np.exp(log_q)


def with_learnt_Z(psi):
    return seen @ psi - adversarial.discriminator_log_Z(seen @ psi, *given)


fig, ax = plt.subplots(figsize=(5, 3.4))
for name, log_p, color in (("Z learnt, too", with_learnt_Z, "C1"), ("the true Z", log_model, "C2")):
    path = [psi]
    for _ in range(60):
        path.append(path[-1] + 2.0 * gan_gcl_gradient(seen, log_p(path[-1]), *given))
    ax.plot(*np.transpose(path), marker="o", markersize=3, color=color, label=name)
    print(f"{name:>13}: after 60 steps {path[-1].round(3)}")
ax.plot(2.0, 1.5, "x", color=EXPERT["color"], markersize=10)
ax.set(xlabel="worth of sun", ylabel="worth of company", xlim=(0.5, 2.2), ylim=(-0.1, 1.7))
ax.set_title("With Z learnt, the discriminator finds the cat", loc="left")
ax.legend()
plt.show()

# %% [markdown]
# At the truth: this is *noise-contrastive estimation* (Gutmann & Hyvärinen 2010), and $Z$ was never computed. So any generator that
# reaches everything will do, *here*, where all lives are listed. From a few draws of a poor generator a handful of weights
# decides, lesson 08's trouble; that is why the generator should keep up.

# %% [markdown]
# ## Which discriminator leaves a reward?
#
# From samples, discriminators of whole trajectories are noisy (Fu, Luo & Levine 2018). Go back to single pairs, but keep the form
# $D = e^f / (e^f + \pi)$. The best $f$ is the best logit plus $\log\pi$. What is it after GAIL's 100 rounds?

# %%
logit, pi = rounds[-1]
f = logit + np.log(pi)
print(f"f is off log pi_E by {np.abs(f - np.log(expert_pi))[free].max():.1e}")
f = f * free[:, None]  # as above: 0 in the walls
print(f"planning for it: {transfer(f, [maze.mdp]):.2f} at home, {transfer(f):.2f} elsewhere")

# %% [markdown]
# $f = \log \pi_E(a|s)$: nothing is lost, but it is the clone as a reward, which explains everything at home and is worth
# nothing elsewhere (lesson 02). Look at it as a soft planner does:
#
# $$\log \pi_E(a|s) = Q - V = r(s,a) + \gamma E[V(s')\,|\,s,a] - V(s)$$
#
# The reward is *inside*, under lesson 02's shaping with the potential $V$. And $V$ belongs to this world. So let $f$ have two parts, and
# keep one (Fu, Luo & Levine 2018: *adversarial inverse reinforcement learning*, AIRL):
#
# $$f(s,a) = g(s) + \gamma E[h(s')\,|\,s,a] - h(s)$$

# %% [markdown]
# ### Exercise: `airl_logit`
#
# Return $f$ for all pairs. Your $g$ may have shape $(S,)$, a reward of the state alone, or $(S, A)$. **Predict first:** add a constant $c$ to $h$. What must be added to $g$, so that $f$ stays the same?


# %%
def airl_logit(g, h, gamma, mdp):
    """AIRL's f(s, a) = g + gamma E[h(s')] - h(s).

    Args:
        g: the reward, shape (S,) or (S, A).
        h: the shaping potential, shape (S,).
        gamma: discount factor.
        mdp: the world; mdp.P has shape (S, A, S).

    Returns:
        f, shape (S, A).
    """
    ### BEGIN SOLUTION
    own = g[:, None] if g.ndim == 1 else g
    return own + gamma * mdp.P @ h - h[:, None]
    ### END SOLUTION


# %%
airl_logit = check(airl_logit)

# %%
V, Q, _ = soft_value_iteration(maze.mdp, reward, tol=1e-12)
f = airl_logit(reward[:, 0], V, maze.mdp.gamma, maze.mdp)
print(f"g = r and h = V give log pi_E, but for {np.abs(f - np.log(expert_pi)).max():.0e}")

# %% [markdown]
# The truth is among the answers. And a constant is free, as always: $c$ in $h$ costs $(1-\gamma)\,c$ in $g$.

# %% [markdown]
# ### Exercise: `airl_reward`
#
# Pay the policy the fair sign, $\log D - \log (1-D)$, computed from $f$ and $\log\pi$. **Predict first:** the policy collects
# this from its own actions. Which two things does it collect in all?


# %%
def airl_reward(f, log_pi):
    """What AIRL's policy is paid: log D - log(1 - D), where D = exp(f) / (exp(f) + pi).

    Args:
        f: airl_logit, shape (S, A), of any size.
        log_pi: logarithm of the policy's probabilities, shape (S, A).

    Returns:
        The reward, shape (S, A).
    """
    ### BEGIN SOLUTION
    return f - log_pi
    ### END SOLUTION


# %%
airl_reward = check(airl_reward)

# %%
f = np.random.default_rng(1).normal(size=(49, 4))
V, _, best_pi = soft_value_iteration(maze.mdp, f, tol=1e-12)
print(f"soft planning for f promises    {maze.mdp.initial_dist @ V:.6f}")
for name, pi in {"its policy collects": best_pi, "the expert's collects": expert_pi}.items():
    paid = airl_reward(f, np.log(pi))
    print(f"{name:>31} {expected_return(maze.mdp, paid, pi):.6f}")

# %% [markdown]
# $f$ and its own entropy, $E[-\log\pi]$: being paid $f - \log\pi$ *is* maximum entropy planning for $f$. So one round of the game
# is: plan softly for $f$; compare with the expert; move $g$ and $h$ so that the loss falls. Which way? At each pair, with the shares
# $\rho$ and the policy of the round held fixed:
#
# $$-\frac{\partial \ell}{\partial f(s,a)} = \rho_E (1 - D) - \rho_\pi D$$
#
# (Near $D = \frac12$ it is $\frac12 (\rho_E - \rho_\pi)$, half of lesson 07's signal, in shares; use the full form.)
#
# The second derivative, the loss's curvature, is $(\rho_E + \rho_\pi)\, D\,(1-D)$, as the slope of $D$ in the logit is $D(1-D)$. The
# package's `newton_step(mdp, slope, curvature, state_only)` turns both into steps of $g$ and $h$: to the bottom of the parabola that
# has this slope and curvature, shortened if some $f$ would move by more than 2.

# %% [markdown]
# ### Exercise: `airl`
#
# Begin with $g = 0$ and $h = 0$. In each round:
#
# 1. $f$ by `airl_logit`; the policy by `soft_value_iteration(mdp, f)`, which returns $V, Q, \pi$; $\log\pi = Q - V$ cannot be $\log 0$;
# 2. $\rho_\pi$, the shares of that policy, and $D$;
# 3. slope and curvature, and **half** of `newton_step` for $g$ and for $h$.
#
# Return $g$, $h$ and the soft policy for the last $f$. The expert's occupancy may come in any unit. **Predict first:** at the end, which of $g$ and $h$ should be the expert's reward?


# %%
def airl(mdp, expert_occupancy, state_only, n_steps):
    """Adversarial inverse reinforcement learning.

    Args:
        mdp: the world, gamma < 1; mdp.P has shape (S, A, S).
        expert_occupancy: the expert's discounted visits, shape (S, A), in any unit.
        state_only: True for g(s), False for g(s, a).
        n_steps: number of rounds, 1 or more.

    Returns:
        g, shape (S,) or (S, A); h, shape (S,); pi, shape (S, A), the soft planner's for f.
    """
    ### BEGIN SOLUTION
    expert = expert_occupancy / expert_occupancy.sum()
    g, h = np.zeros(expert.shape[0] if state_only else expert.shape), np.zeros(mdp.n_states)
    for _ in range(n_steps):
        f = airl_logit(g, h, mdp.gamma, mdp)
        V, Q, pi = soft_value_iteration(mdp, f)
        policy = (1.0 - mdp.gamma) * occupancy(mdp, pi)
        D = discriminator(f, Q - V[:, None])
        slope = expert * (1.0 - D) - policy * D
        curvature = (expert + policy) * D * (1.0 - D)
        step_g, step_h = newton_step(mdp, slope, curvature, state_only)
        g, h = g + step_g / 2, h + step_h / 2
    return g, h, soft_value_iteration(mdp, airl_logit(g, h, mdp.gamma, mdp))[2]
    ### END SOLUTION


# %%
airl = check(airl)

# %% [markdown]
# At work: the test of Fu, Luo & Levine (2018). A random world of 16 states and 4 actions, $\gamma = 0.9$, and a reward of 1 in one
# state. (Each action leads to two states; that number is ours.) AIRL sees the expert's occupancy, no reward. Medians are put to 0: a
# constant is free. **Predict:** which of the two forms finds the policy, and which the reward?

# %%
world, true = random_task(seed=0)
their_V, _, their_pi = soft_value_iteration(world, true, tol=1e-12)
for state_only, name in ((True, "g(s)"), (False, "g(s, a)")):
    g, h, pi = airl(world, occupancy(world, their_pi), state_only, 40)
    g = g - np.median(g)
    print(f"{name:>8}: the policy is off by {np.abs(pi - their_pi).max():.0e}", end=", ")
    mean_g = g if state_only else g.mean(axis=1)
    print(f"the reward by {np.abs(mean_g - true[:, 0]).max():.3f}")

# %% [markdown]
# Both policies *are* the expert's. But $g(s)$ is the true reward, up to that constant, and $g(s,a)$ is something else. Why? The advantage
# $Q - V$ depends on the action through the world: through $\gamma E[V(s')]$. A $g(s)$ cannot imitate that, so $h$ has to, and becomes
# $V$. A $g(s,a)$ can take it over, and does.
#
# The package's `airl` plays the same rounds. In larger worlds they take time: press ■ and it returns what it has; `start=(g, h)`
# goes on from there.

# %% [markdown]
# ## Does it survive in another world?
#
# The wall again, and the gap moves to the sixth column. **Predict:** you plan for $g(s)$, and for $g(s,a)$. Who arrives?

# %%
FORMS, rewards = ("g(s)", "g(s, a)"), {}
for name in FORMS:
    rewards[name], _, pi = adversarial.airl(maze.mdp, expert, state_only=name == "g(s)")
    print(f"{name:>8}: at home the policy is off by {np.abs(pi - expert_pi)[free].max():.0e}")


# %%
def walk(new, pi, start=13, n_steps=16):
    """The cells met from the end of the second row, if no move slips."""
    states = [start]
    for _ in range(n_steps):
        states.append(new.mdp.P[states[-1], pi[states[-1]].argmax()].argmax())
    return states


# %%
def replanned(gap, turns):
    pictures, words = [], []
    for name in FORMS:
        new = gap_maze(gap, turns)
        pi = planning.value_iteration(new.mdp, rewards[name])[1]
        how = {"signed": True, "vmax": 3.0, "path": walk(new, pi), "label": f"reward {name}"}
        pictures.append(grid_svg(new, rewards[name], np.roll(pi, turns, axis=1), **how))
        words.append(f"{name} {transfer(rewards[name], [new.mdp]):.2f}")
    text = f"Of what there is to earn: {' and '.join(words)}."
    return side_by_side(*pictures), text.replace("-", "−")


# %%
def replanned_still():
    fig, axes = plt.subplots(2, 2, figsize=(8, 8.2))
    for ax, (name, gap) in zip(axes.flat, itertools.product(FORMS, (1, 5))):
        new, g = gap_maze(gap), rewards[name]
        pi = planning.value_iteration(new.mdp, g)[1]
        draw_reward(ax, new, g, limit=3.0, colorbar=False)
        draw_policy(ax, new, pi)
        plotting.draw_trajectory(ax, new, walk(new, pi), color="black", linewidth=1)
        score = f"{transfer(g, [new.mdp]):.2f}".replace("-", "−")
        ax.set_title(f"{name}, gap in column {gap + 1}: {score}")
    return fig


# %% alt="Four mazes, coloured by the learnt reward, with the arrows of the plan for it and a walk from the end of the second row. Top, g(s): only the goal is blue; at home and with the gap in column 6 the walk leads through the gap to the goal, scores 1.00 and 1.00. Bottom, g(s, a): pale blue above the wall, pale red below; at home the walk leads through the gap to the goal, score 1.00; with the gap in column 6 the arrows still lead to column 2, and the walk ends at the wall there, score -0.28. Sliders move the gap and turn the actions."
explore(
    replanned,
    still=replanned_still,
    caption="move the gap, turn the actions: the plan for g(s) adapts, that for g(s, a) does not.",
    gap=slider(0, 6, 5, 1, "columns before the gap"),
    turns=slider(0, 3, 0, 1, "quarter-turns of the actions"),
)

# %% [markdown]
# (Red to blue: the learnt reward from −3 to 3, mean over the actions. The numbers are transfer scores.)
#
# The picture to remember. $g(s)$ says *the goal is good*, so a planner finds the new gap. The planner for $g(s,a)$ marches to where
# the gap was, and into the wall: below random actions. Its colours make little sense, red beside the goal and blue far from it: the
# means over actions are what the shaping left there. What does it say of the actions?

# %%
g, cell = rewards["g(s, a)"], maze.index(2, 2)
print("above the wall, right of the old gap: left, down, right, up", g[cell].round(2))
cells = np.flatnonzero(free & (np.arange(49) != maze.cells("G")[0]))
same = g[cells].argmax(axis=1) == expert_pi[cells].argmax(axis=1)
print(f"in {same.mean():.0%} of the cells it pays most for what the expert does most")

# %% [markdown]
# It pays for *going left in this cell*. It has taken over what the expert does, not what the expert wants.
#
# Now in numbers: five random tasks as above, and for each 20 worlds with the same states, start and reward, but with new
# dynamics. The clone as a reward takes part, GAIL's logit after 20 rounds, and the logit of states, without actions, of round 0.
# **Predict:** whose soft plan at home is the expert's?


# %%
def learnt_rewards(world, pi, action_cost):
    """By name, from the expert's policy alone; and what one gets who knows the action's cost."""
    visits = occupancy(world, pi)
    forms = {name: adversarial.airl(world, visits, name == "g(s)")[0] for name in FORMS}
    forms["log pi_E"] = np.log(pi)
    game = adversarial.gail_rounds(world, visits)
    forms["GAIL, round 20"] = next(itertools.islice(game, 20, None))[0]
    random = occupancy(world, np.full((16, 4), 0.25))
    forms["of states, round 0"] = np.log(visits.sum(axis=1)) - np.log(random.sum(axis=1))
    if action_cost:
        forms["only the cost"] = np.tile(-action_cost * np.eye(4)[3], (16, 1))
    return forms


# %%
def compare(action_cost):
    """Each learnt reward's soft policy at home, and transfer scores: means of five random tasks."""
    table = {}
    for seed in range(5):
        world, true = random_task(seed)
        true = true - action_cost * np.eye(4)[3]
        pi = soft_value_iteration(world, true, tol=1e-12)[2]
        news = changed_dynamics(world, 20, seed + 100)
        for name, x in learnt_rewards(world, pi, action_cost).items():
            off = np.abs(soft_value_iteration(world, x)[2] - pi).max()
            at_home, elsewhere = transfer(x, [world], true), transfer(x, news, true)
            table.setdefault(name, []).append([off, at_home, elsewhere])
    print(f"{'':>18}  policy off by  at home  elsewhere")
    for name, rows in table.items():
        print("{:>18}{:15.2f}{:9.2f}{:11.2f}".format(name, *np.mean(rows, axis=0)))


compare(action_cost=0.0)

# %% [markdown]
# Reproduced: $g(s)$ is the true reward, and all of it carries over. $g(s,a)$ and the clone describe the same policy at home, and are
# worth next to nothing elsewhere. GAIL's logit does not even describe the policy. The logit of states praises the *way*, too, and here,
# unlike in the maze, that costs something.

# %% [markdown]
# ### Is g(s) always right?
#
# The expert may mind the *action*. Let the last of the four cost 1. **Predict:** who is off now?

# %%
compare(action_cost=1.0)

# %% [markdown]
# $g(s)$ cannot fit. (Do not praise the others for the last column: who knows *nothing but the cost* gets 0.54.) Does AIRL's
# discriminator tell? **Predict** its loss at the end.

# %%
world, true = random_task(0)
pi = soft_value_iteration(world, true - np.eye(4)[3], tol=1e-12)[2]
g, h, found = adversarial.airl(world, occupancy(world, pi))
f = adversarial.airl_logit(g, h, world.gamma, world)
own = f - np.log(soft_value_iteration(world, f, tol=1e-12)[2])
free_D = logit_of(optimal_discriminator(occupancy(world, pi), occupancy(world, found)))
for name, x in {"a coin": 0 * own, "AIRL's D": own, "the best D": free_D}.items():
    loss = adversarial.discriminator_loss(x, x, shares(pi, world), shares(found, world))
    print(f"{name:>11}: loss {loss:.4f}")

# %% [markdown]
# It does not: a coin, though the policy is wrong. With this form of $D$ a coin asks only that each *state* is visited as often as by
# the expert. So put a free one, your `optimal_discriminator`, on the two occupancies: if it gets below $2 \log 2$, $g(s)$ does not fit.

# %% [markdown]
# ### ☆ A ring
#
# And $g(s)$ may fit, be of the true form, and still be wrong. A ring of 8 cells, a step to either side, a reward of 1 in cell 2:

# %%
steps = np.stack([np.roll(np.eye(8), k, axis=1) for k in (-1, 1)], axis=1)
ring = MDP(steps, np.full(8, 1 / 8), 0.9)
pi = soft_value_iteration(ring, np.eye(8)[2], tol=1e-12)[2]
g, _, found = adversarial.airl(ring, occupancy(ring, pi))
print(f"policy off by {np.abs(found - pi).max():.0e}, g = {g.round(2)}")

# %% [markdown]
# Every step leads from an even cell to an odd one or back, so $h$ can hide a reward of all even cells. (Fu, Luo & Levine 2018 say when
# $g$ and $h$ can be told apart.)

# %% [markdown]
# ## What goes wrong
#
# ### Nowhere to be seen
#
# In the maze at home, column 6 of the wall is solid: nobody was there, and no data say what that cell is worth. The package puts
# the median of $g$ at 0, and such cells at 0. But a constant is free at home. **Predict:** subtract 2, 3 or 4 from $g$ wherever
# somebody was.

# %%
for c in (0.0, -2.0, -3.0, -4.0):
    g = rewards["g(s)"] + c * free
    print(f"c = {c:4}: at home {transfer(g, [maze.mdp]):.2f}, elsewhere {transfer(g):.2f}")

# %% [markdown]
# At home all four are one reward. Elsewhere, near $-3$, the unseen cell in the gap becomes as good as the goal, or better, and
# the planner settles there. A reward for what nobody has seen is a guess; choose it knowingly.
#
# And where somebody was seen once or twice? So far AIRL knew the expert's occupancy to the last digit. Count it in demonstrations,
# with four seeds. **Predict:** which suffers more, the policy or the reward?


# %%
def counted(n_demos, l2, seed):
    """The error of g(s) from counted demonstrations, g at the goal, transfer, the return at home."""
    drives = sample_demos(maze.mdp, expert_pi, n_demos, horizon=100, seed=seed)
    g, _, pi = adversarial.airl(maze.mdp, discounted_counts(maze.mdp, drives), l2=l2)
    error = np.abs(g - reward[:, 0])[free].mean()
    return error, g[maze.cells("G")[0]], transfer(g), expected_return(maze.mdp, reward, pi)


def print_counted(l2):
    print("demonstrations    g(s) off by    g at the goal    elsewhere    return at home")
    for n_demos in (50, 500, 5000):
        runs = np.array([counted(n_demos, l2, seed) for seed in range(4)])
        ranges = "{:9.2f} -{:5.2f}{:9.1f} -{:5.1f}{:7.2f} -{:5.2f}{:10.1f} -{:5.1f}"
        print(f"{n_demos:14}" + ranges.format(*np.stack([runs.min(0), runs.max(0)], 1).ravel()))


print_counted(l2=0.0)
print("\nwith a penalty on g, l2 = 0.001")
print_counted(l2=1e-3)

# %% [markdown]
# (From the least to the largest of four.) All policies are about as good as the expert's (42.6). The rewards from 50 or 500
# demonstrations are wild: a pair seen in one drive, or missed by all, asks for a logit without end. Lesson 06's cure helps: add
# $\frac{\lambda}{2} \sum_s g(s)^2$ to the loss. The price: the goal's 3 shrinks, even with 5,000, and the imitator earns a little less. A good
# imitation proves nothing about the reward; what is known beforehand (rewards are small) can help.

# %% [markdown]
# ### ☆ Two full answers, and labels flipped
#
# In AIRL the soft plan is a full answer, and the discriminator holds back by half a step. **Predict:** what if it takes the whole one?
# And what if somebody swaps the labels, 1 for the policy?


# %%
def play(part=0.5, flipped=False):
    """Twelve rounds of your `airl`; then the verdict of its D, and of a fresh one."""
    world, true = random_task(0)
    pi_E = soft_value_iteration(world, true, tol=1e-12)[2]
    expert, g, h = shares(pi_E, world), np.zeros(16), np.zeros(16)
    for _ in range(12):
        f = airl_logit(g, h, world.gamma, world)
        V, Q, pi = soft_value_iteration(world, f, tol=1e-12)
        policy, D = shares(pi, world), discriminator(f, Q - V[:, None])
        ones, zeros = (policy, expert) if flipped else (expert, policy)
        slope, curvature = ones * (1.0 - D) - zeros * D, (ones + zeros) * D * (1.0 - D)
        step_g, step_h = newton_step(world, slope, curvature, state_only=True)
        g, h = g + part * step_g, h + part * step_h
    fresh = optimal_discriminator(expert, policy)
    verdicts = [(expert * D).sum(), (policy * D).sum(), (expert * fresh).sum()]
    return np.abs(pi - pi_E).max(), expected_return(world, true, pi), *verdicts


# %%
print("                 policy   earns      its own D, mean over       a fresh D,")
print("                 off by            expert     policy       over expert")
for name, how in {"half": {}, "full": {"part": 1.0}, "flipped": {"flipped": True}}.items():
    row = "{:10.0e}{:8.2f}{:10.3f}{:11.3f}{:14.3f}".format(*play(**how))
    print(f"{name:>7}, 12 rounds{row}")

# %% [markdown]
# A whole step is right *for the policy of the day*, and the policy then moves by as much again: together they overshoot. It is enough
# that **one** holds back: in GAIL the policy, here the discriminator.
#
# With flipped labels nothing crashes: the policy is paid for what the expert does *not* do. Its own $D$ says 0.61 for the
# demonstrations, which looks *better* than the 0.50 of the right run; but it says more for the policy, 0.62. Best ask a fresh $D$: 0.50 if
# the policy has become the expert, 0.69 here.

# %% [markdown]
# ## What we found
#
# - The best discriminator is a density ratio, its logit $\log\rho_E - \log\rho_\pi$; its loss ends at $2 \log 2$ when the policy has
#   won. To get there, one of the two has to hold back.
# - GAIL matches occupancies, from fewer demonstrations than a clone. It leaves no reward: $D = \frac12$.
# - Where episodes end, a reward's sign pulls at their length.
# - With the generator's density put into $D$, its slope is half of maximum entropy's, if the generator is the model.
# - AIRL: $f = g + \gamma E[h(s')] - h(s)$. If the reward is of states, and $g$ and $h$ can be told apart, $g(s)$ plans anew in a changed
#   world; with $g(s,a)$ only the policy is right. A free discriminator tells whether $g(s)$ fits; AIRL's own does not.
# - From counted demonstrations $g(s)$ is wild, until a penalty holds it.

# %% [markdown]
# ## Quiz

# %%
check.quiz("a-coin-everywhere")

# %%
check.quiz("the-robot-that-never-falls")

# %%
check.quiz("same-policy-two-rewards")

# %%
check.quiz("a-loss-that-rises")

# %% [markdown]
# ## Go further
#
# - Begin $g(s,a)$ at the truth, `adversarial.airl(maze.mdp, expert, False, start=(reward, V))` with the $V$ of soft planning for it.
#   Where does it end? And from a random start?
# - Start the hall's game from the expert's own policy in place of a random one. In which direction does each sign pull?
# - Put a penalty of 0.00001 on $g$ *and* $h$, even with the expert's exact occupancy. (`newton_step??` shows the package's, for a copy of your
#   own.) At home little is lost. And elsewhere? What has $g$ taken over?
# - Let the expert be optimal in place of soft: `planning.value_iteration`. What becomes of $g$ and $h$ with more and more rounds?
# - Two random worlds, one reward, two experts: share one $g(s,a)$ between two $h$. Which rank has the matrix of all unknowns? (Lesson
#   02 says what two worlds can do.)
#
# Next: [10 Real decisions](10_real_decisions.ipynb)

# %% [markdown]
# ## References
#
# - Finn, C., Christiano, P., Abbeel, P. & Levine, S. (2016). A connection between generative adversarial networks, inverse
#   reinforcement learning, and energy-based models. arXiv:1611.03852.
# - Fu, J., Luo, K. & Levine, S. (2018). Learning robust rewards with adversarial inverse reinforcement learning. *ICLR.*
# - Goodfellow, I. et al. (2014). Generative adversarial nets. *NeurIPS.*
# - Gutmann, M. & Hyvärinen, A. (2010). Noise-contrastive estimation: a new estimation principle for unnormalized statistical
#   models. *AISTATS.*
# - Ho, J. & Ermon, S. (2016). Generative adversarial imitation learning. *NeurIPS.*
# - Kostrikov, I. et al. (2019). Discriminator-actor-critic: addressing sample inefficiency and reward bias in adversarial
#   imitation learning. *ICLR.*
# - Mescheder, L., Geiger, A. & Nowozin, S. (2018). Which training methods for GANs do actually converge? *ICML.*
