# %% [markdown]
# # 00 Start here
#
# **By the end you can** work through a lesson of this course: run a cell, predict, write, check, take a hint. And you will
# have seen the whole game once, in one picture.
#
# About 15 minutes to read and 10 to practise. Builds on nothing but a little Python with NumPy.
#
# Click into the cell below and press Shift + Enter. It loads what the lesson uses, which takes a few seconds.

# %%
import matplotlib.pyplot as plt
import numpy as np

from irl_course import planning
from irl_course.checks import check
from irl_course.environments import DOWN, LEFT, RIGHT, UP, gridworld
from irl_course.interactive import drive, explore, grid_svg, slider
from irl_course.mdp import Demos, sample_demos
from irl_course.plotting import EXPERT, LEARNER, draw_grid, draw_reward, draw_trajectory, use_style

use_style()

# %% [markdown]
# ## What is this course about?
#
# You watch somebody drive. You do not know what they want, only what they do. *Inverse reinforcement learning* (IRL) asks:
# **which reward explains this behaviour?** With the reward you could predict them on a road they have never seen.
#
# Run the next cell, and so on down the page.

# %% alt="A map with three ways from S on the left to the goal G on the right: straight on through three mud cells M, along the top through seven park cells T, or along the bottom. The driver's line takes the top way."
road = gridworld(
    """
#TTTTT#
#T###T#
S.MMM.G
#.###.#
#.....#
"""
)
park = road.cells("T")[[5, 0, 1, 2, 3, 4, 6]]  # the seven park cells in driving order
route = [road.index(2, 0), road.index(2, 1), *park, road.index(2, 5), road.index(2, 6)]
fig, ax = plt.subplots(figsize=(5, 3.4))
draw_grid(ax, road)
draw_trajectory(ax, road, route, **EXPERT)
ax.set_title("The driver takes the way through the park")
plt.show()

# %% [markdown]
# S is the start, G the goal, M is mud, T are the trees of a park. Hatched cells are walls. The straight way is
# 6 steps; this driver took 10. There was a plain way along the bottom, also 10 steps.
#
# **Predict** before you read on: what does this driver want? Name two different answers that fit.

# %% [markdown]
# ## Four candidate rewards
#
# Perhaps the driver is in a *hurry*: every step costs 1. Perhaps they *avoid mud*: to step out of a mud cell costs 3. Perhaps
# they *like the park*: a park cell costs only 0.3. Or both. Each of these is a **reward**: a number for every cell, below zero
# where it costs. You pay for the cell that you leave.

# %% [markdown]
# A *planner* finds the best way for a given reward. Let it drive for each candidate, and ask three questions. Each is the seed of
# a method that you will build:
#
# - **Park cells** (lesson 03, *feature matching*): does the planner see as much park as the driver?
# - **Margin** (lesson 04, *maximum margin*): all is decided at the crossing, the second cell. How much better is the driver's turn
#   than the best other one, if you drive as well as you can afterwards?
# - **Chance** (lessons 05 and 06, *maximum entropy*): if the driver chooses well but not perfectly, how likely is that turn?
#
# **Predict:** which candidate fails, and which two look alike? Run the next cell; do not read it yet. You will write most of these
# functions yourself.

# %% alt="Four maps coloured by the candidate rewards, the driver's way solid and the planner's dashed. Hurry: straight through the mud, no park cells, margin -1.51, chance 0.04. Avoids mud: top and bottom alike, 3.5 park cells, margin 0, chance 0.38. Likes the park: the driver's own way, margin 1.14, chance 0.75. Both: the driver's own way, margin 1.62, chance 0.93."
candidates = {"hurry": {}, "avoids mud": {"M": -3.0}, "likes the park": {"T": -0.3}}
candidates["both"] = {"M": -3.0, "T": -0.3}
crossing = road.index(2, 1)
fig, axes = plt.subplots(2, 2, figsize=(9, 7.6))
for ax, (name, costs) in zip(axes.flat, candidates.items()):
    reward = road.reward({"G": 0.0, **costs}, step=-1.0)
    Q = planning.bellman_backup(road.mdp, reward, planning.policy_iteration(road.mdp, reward)[0])
    plan = planning.greedy_policy(Q, tol=1e-9)  # equally good actions share the probability
    seen = planning.expected_visits(road.mdp, plan, horizon=10)[:, park].sum()
    margin = Q[crossing, UP] - max(Q[crossing, RIGHT], Q[crossing, DOWN])
    chance = planning.soft_value_iteration(road.mdp, reward)[2][crossing, UP]
    draw_reward(ax, road, reward, limit=3.0, colorbar=False)
    draw_trajectory(ax, road, route, offset=-0.1, **EXPERT)
    for path in sample_demos(road.mdp, plan, n_demos=6, horizon=10, seed=0).states:
        draw_trajectory(ax, road, path, offset=0.1, **LEARNER)
    ax.set_title(name)
    ax.set_xlabel(f"park cells {seen:.1f}, driver 7\nmargin {margin:.3f}, chance {chance:.2f}")
plt.show()

# %% [markdown]
# The driver's way is solid, the planner's dashed; a darker red costs more.
#
# - *Hurry* fails: who is in a hurry loses by turning up (and would turn round at once, which is why the margin is two lost steps
#   and not four).
# - *Avoids mud* cannot be excluded: top and bottom are the same to it, so it takes the top half of the time. The chance is below
#   one half, because a driver who is not perfect also goes straight on or back now and then.
# - *Likes the park* and *both* drive just as the driver did. Nothing in this drive tells them apart.

# %% [markdown]
# **Many rewards explain one behaviour.** That doubt never quite goes away; lesson 02 makes it precise, and the methods of this
# course differ in how they live with it.
#
# Now bend the reward yourself.


# %%
def best_way(mud, park):
    reward = road.reward({"G": 0.0, "M": -mud, "T": -park}, step=-1.0)
    plan = planning.policy_iteration(road.mdp, reward)[1]
    return reward, sample_demos(road.mdp, plan, n_demos=1, horizon=10, seed=0).states[0]


def three_ways():
    fig, axes = plt.subplots(1, 3, figsize=(11, 2.9))
    for ax, (mud, park) in zip(axes, [(1.0, 1.0), (3.0, 1.1), (3.0, 0.5)]):
        reward, path = best_way(mud, park)
        draw_reward(ax, road, reward, limit=3.0, colorbar=False)
        draw_trajectory(ax, road, path, **LEARNER)
        ax.set_title(f"mud costs {mud}, park {park}")
    return fig


# %% alt="Three maps. When mud and park cost 1 the best way is straight on through the mud; when mud costs 3 and park 1.1 it is the bottom way; when park costs 0.5 it is the top way through the park."
def show_way(mud, park):
    reward, path = best_way(mud, park)
    chances = planning.soft_value_iteration(road.mdp, reward)[2][crossing]
    turns = [("up", UP), ("straight on", RIGHT), ("down", DOWN), ("back", LEFT)]
    ways = ", ".join(f"{name} {chances[action]:.0%}" for name, action in turns)
    text = f"Mud {mud:.1f}, park {park:.1f}: at the crossing, {ways}."
    picture = grid_svg(road, reward, signed=True, vmax=5.0, label="reward", path=path)
    return f'<div style="max-width:520px">{picture}</div>', text


explore(
    show_way,
    still=three_ways,
    caption="make the mud costlier until the way leaves it, "
    "then the park cheaper until the way enters it.",
    mud=slider(0.1, 5.0, 1.0, 0.1, "cost of mud"),
    park=slider(0.1, 2.0, 1.0, 0.1, "cost of park"),
)

# %% [markdown]
# Whole regions of the two sliders give the same way, and inside such a region the drive says nothing about the numbers.

# %% [markdown]
# ## Now you drive
#
# Become one of the four drivers, and tell nobody which. Under each candidate a careful driver takes each of your steps with some
# chance: multiply these chances over all of your steps. Divide by the sum of the four products, and you know how likely each
# candidate is, if all four were equally likely before.


# %%
log_pi = []
for costs in candidates.values():
    reward = road.reward({"G": 0.0, **costs}, step=-1.0)
    log_pi.append(np.log(planning.soft_value_iteration(road.mdp, reward, temperature=0.05)[2]))


def how_likely(demos):
    log_p = np.array([steps[demos.states[:, :-1], demos.actions].sum() for steps in log_pi])
    products = np.exp(log_p - log_p.max())
    return products / products.sum()


# %%
def draw_likely(demos, ax=None):
    ax = ax or plt.subplots(figsize=(4.8, 2.4))[1]
    likely = how_likely(demos)
    bars = ax.barh(list(candidates), likely, color="C0")
    ax.bar_label(bars, [f"{p:.0%}" for p in likely], padding=4)
    best = [name for name, p in zip(candidates, likely) if p > likely.max() - 0.005]
    ax.set(xlim=(0, 1.15), xlabel="how likely", title=f"Most likely: {' or '.join(best)}")
    ax.invert_yaxis()
    said = ", ".join(f"{name} {p:.0%}" for name, p in zip(candidates, likely))
    return ax.figure, f"After {len(demos)} drive{'s' * (len(demos) > 1)}: {said}."


def the_drivers_own():
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3))
    draw_trajectory(left, road, route, **EXPERT)
    actions = [RIGHT, UP, UP, RIGHT, RIGHT, RIGHT, RIGHT, DOWN, DOWN, RIGHT]
    return draw_likely(Demos([route], [actions]), right)[0]


# %% alt="The driver's own way through the park, and beside it how likely the four candidates are: hurry 0 %, avoids mud 22 %, likes the park 39 %, both 39 %."
drive(
    road,
    steps=10,
    draw=draw_likely,
    still=the_drivers_own,
    caption="drive from S to G as one of the four would, with the arrow keys or the buttons, "
    "and see whom the bars take you for.",
)

# %% [markdown]
# The driver's own drive leaves *hurry* no chance. *Avoids mud* keeps 22 %: it would have taken the top only half of the time. Drive
# through the park three times, and it falls to 8 %; once along the bottom, and it is certain. *Likes the park* and *both* stay
# level, at 39 % each. You were the expert here; in lesson 11 all methods of the course try to explain you.

# %% [markdown]
# ## How a lesson works
#
# 1. **Read and run** each cell from the top: Shift + Enter.
# 2. **Predict** where a line says so. A wrong prediction is worth more than a right one: it shows you where to look.
# 3. **Write** your answer into the exercise's cell, in place of the line that raises an error. Run it.
# 4. **Check**: the next cell says ✓, or which idea is wrong, and on which small problem it shows.
# 5. **Hint**: three folds below the check, from a nudge to nearly the answer. `check.solution("…")` shows ours, when you ask.
#
# Whatever the check says, the lesson goes on: after ○ or ✗ the function's name stands for the course's version.

# %% [markdown]
# ### Exercise: `discounted_return`
#
# A reward now is worth more than the same reward later: one that comes $t$ steps from now counts $\gamma^t$ of it, with a
# discount $\gamma$ between 0 and 1. A whole stream of rewards $r_0, r_1, r_2, \dots$ is worth
#
# $$r_0 + \gamma r_1 + \gamma^2 r_2 + \dots$$
#
# First run both cells as they are, then write `return sum(rewards)` and see what the check says; then do it right.
# **Predict:** what are the rewards 1, 0, 4 worth with $\gamma = 0.5$?


# %%
def discounted_return(rewards, gamma):
    """What a stream of rewards is worth today.

    Args:
        rewards: an array of numbers; the first one comes now.
        gamma: the discount factor, 0 to 1.

    Returns:
        A float, the sum of gamma**t * rewards[t] over t = 0, 1, 2, ...
    """
    ### BEGIN SOLUTION
    return float(np.sum(gamma ** np.arange(len(rewards)) * rewards))
    ### END SOLUTION


# %%
discounted_return = check(discounted_return)

# %% [markdown]
# At work: what are the straight way, the bottom way and the driver's way worth to somebody who likes the park ($\gamma = 0.95$)?

# %%
ways = {"straight": [-1] * 6, "bottom": [-1] * 10, "park": [-1] * 2 + [-0.3] * 7 + [-1]}
for name, costs in ways.items():
    print(f"{name:>9}: {discounted_return(np.array(costs), 0.95):.3f}")

# %% [markdown]
# The park way is as long as the bottom way and costs least, to this driver. From S it leads the straight way by 1.084. The margin
# under the third map, 1.141, is the same lead seen from the crossing; S is one step earlier, and $0.95 \cdot 1.141 = 1.084$.

# %% [markdown]
# ### Does it give the published number?
#
# A reward of 1 in every step, for ever, is worth $1/(1-\gamma)$ (Sutton & Barto 2018, equation 3.10): 10 for $\gamma = 0.9$.
# And what goes wrong if nothing is discounted? **Predict** both columns.

# %%
print(f"{'steps':>6}{'γ = 0.9':>10}{'γ = 1':>8}")
for n_steps in (1, 10, 100, 1000):
    ones = np.ones(n_steps)
    print(f"{n_steps:6}{discounted_return(ones, 0.9):10.4f}{discounted_return(ones, 1.0):8.0f}")

# %% [markdown]
# With a discount the sum settles at 10. Without one it grows for ever, and "which way is better?" has no answer for a life
# that does not end. Lesson 01 meets this again.

# %% [markdown]
# ## Your progress
#
# The course keeps what you have solved on this computer, and nowhere else. Run this cell whenever you like to know.

# %% tags=["nbval-ignore-output"]
check.progress()

# %% [markdown]
# ## What we found
#
# - IRL turns behaviour into a reward, and a reward predicts behaviour where nobody has driven yet.
# - A candidate reward is judged by planning with it: what it visits, by how much it prefers what was done, how likely it makes it.
# - Many rewards explain one behaviour.
# - Later rewards are discounted; without a discount an endless sum need not settle.

# %% [markdown]
# ## Quiz

# %%
check.quiz("which-reward")

# %%
check.quiz("after-a-cross")

# %% [markdown]
# ## Go further
#
# - Compute a cost of mud and a cost of park for which all three ways are equally good. How many such pairs are there?
# - `check.problem("discounted_return")` hands you the problem on which your last answer failed. Break your function and check it.
#   Then run your own cell again (after ✗ the name means the course's version), and try
#   `discounted_return(*check.problem("discounted_return"))`.
#
# Next: [01 Forward reinforcement learning](01_forward_rl.ipynb)
#
# ## References
#
# - Ng, A. Y. & Russell, S. (2000). Algorithms for inverse reinforcement learning. *ICML.*
# - Sutton, R. S. & Barto, A. G. (2018). *Reinforcement Learning: An Introduction*, second edition. MIT Press. Section 3.3.
