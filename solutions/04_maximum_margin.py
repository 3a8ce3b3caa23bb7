# %% [markdown]
# # 04 Maximum margin
#
# **By the end you can** write the quadratic program that picks, out of all rewards that explain an expert, the one that sets
# the expert apart most clearly; say what goes wrong without each of its parts; and let a planner find the rivals that nobody
# could list.
#
# About 60 minutes to read and 80 to practise; the sections marked ☆ can wait for another day. It builds on
# [lesson 03](03_feature_matching.ipynb). Time is discounted and never ends. The expert is optimal at first, and errs later.

# %%
import cvxpy as cp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from irl_course import planning
from irl_course.checks import check
from irl_course.environments import gridworld
from irl_course.environments.road_map import DRIVERS, road_map
from irl_course.interactive import explore, slider
from irl_course.inverse import max_margin as package
from irl_course.inverse.feature_matching import best_mixture, feature_expectations
from irl_course.mdp import sample_demos
from irl_course.planning import bellman_backup, expected_return, greedy_policy, occupancy
from irl_course.plotting import EXPERT, LEARNER, draw_grid, draw_trajectory, use_style

use_style()

# %% [markdown]
# ## Which of many ψ?
#
# In lesson 03, many $\psi$ made one behaviour. If you had to bet on one of them, which? This lesson bets on the one under which
# *nobody else comes close*.
#
# Here is somebody to explain. From S, the goal G is six steps away, straight through a puddle of mud M. Two features count the
# time spent in mud and the time spent at the goal.


# %%
def mud_and_goal(grid):
    return np.stack([grid.reward({"M": 1.0}), grid.reward({"G": 1.0})], axis=-1)


def plan(mdp, reward):  # as in lesson 02: no tie shall be decided by rounding errors
    Q = bellman_backup(mdp, reward, planning.policy_iteration(mdp, reward)[0])
    return greedy_policy(Q.round(9))


# %%
puddle = gridworld("S.MMM.G\n...M...\n.......", gamma=0.9)
mdp, features = puddle.mdp, mud_and_goal(puddle)
true_psi = np.array([-1.0, 1.0])  # a step in mud costs what a step at the goal pays
expert_pi = plan(mdp, features @ true_psi)

# %% [markdown]
# Four other people live here, each with a taste of their own: a weight for mud and a weight for the goal. All five plan
# perfectly. Each becomes one point, their feature expectations $\mu = E_\pi[f]$.

# %%
tastes = {"straight on": (-0.3, 1), "around": (-2, 1), "stays in mud": (1, 0)}
tastes["never sets out"] = (-1, -0.5)
rivals = {name: plan(mdp, features @ np.array(taste)) for name, taste in tastes.items()}
expert = feature_expectations(mdp, expert_pi, features)
others = np.array([feature_expectations(mdp, pi, features) for pi in rivals.values()])
walkers = {"expert": expert, **dict(zip(rivals, others))}


# %%
def draw_walkers(ax, points):
    places = {"expert": ((-12, -3), "right"), "around": ((-12, -3), "right")}
    places["stays in mud"] = ((0, 14), "center")
    ax.plot(*np.array(list(points.values())).T, "o", color="0.35", markersize=7, zorder=3)
    ax.plot(*points["expert"], "o", color=EXPERT["color"], markersize=7, zorder=3)
    for name, point in points.items():
        offset, align = places.get(name, ((12, -3), "left"))
        ax.annotate(name, point, xytext=offset, textcoords="offset points", ha=align)
    ax.set(xlim=(-3.5, 10.5), ylim=(-0.7, 6.2), aspect="equal")
    ax.set(xlabel="time in mud (discounted)", ylabel="time at the goal", xticks=range(0, 11, 2))


# %% alt="Left, the grid: S and G at the two ends of the top row, three cells of mud between them and a fourth below the middle one. Three ways lead to G: straight on through three cells of mud; the expert's, one row down and through one; and around, two rows down, through none. Right, the five people as points: of the three who go to G, who is there longest has been in mud longest, too."
fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.2))
ways = [(rivals["straight on"], "0.35"), (expert_pi, EXPERT["color"]), (rivals["around"], "0.35")]
draw_grid(left, puddle)
for offset, (pi, colour) in zip((-0.1, 0.0, 0.1), ways):
    walk = sample_demos(mdp, pi, n_demos=1, horizon=10, seed=0).states[0]
    draw_trajectory(left, puddle, walk, offset=offset, color=colour)
left.set_title("Three ways to the goal; the expert's is blue")
draw_walkers(right, walkers)
right.set_title("Of the three ways, the quicker is the muddier")
plt.show()

# %% [markdown]
# Mud slows nobody down; it is only in the way. The sooner at the goal, the longer in mud.
#
# Under $\psi$, somebody earns $\psi^\top\mu$. So $\psi$ explains the expert if the expert *leads* everybody, or at least ties:
# $\psi^\top(\mu_E - \mu_i) \ge 0$ for every other $i$. Below are four candidates.
#
# **Predict:** which one does not explain the expert? And under which one does the expert lead most clearly?

# %%
print(f"{'psi':>10} " + "".join(f"{name:>16}" for name in rivals) + f"{'smallest lead':>16}")
for psi in [(0, 1), (-1, 1), (-0.7, 1), (-7, 10)]:
    leads = (expert - others) @ np.array(psi)
    print(f"{str(psi):>10} " + "".join(f"{x:16.2f}" for x in leads) + f"{leads.min():16.2f}")

# %% [markdown]
# If only the goal counts, $(0, 1)$, *straight on* leads: no explanation. Of the next two, $(-1, 1)$ has the larger
# *smallest* lead, 0.16 against 0.07, though *around* and *never sets out* come nearer to the expert than under $(-0.7, 1)$.
#
# But then comes $(-7, 10)$ with 0.68. It is $(-0.7, 1)$ ten times as long: ten times the lead, and not one decision changes.
# Who asks for the largest lead asks a silly question.

# %% [markdown]
# ## What does a solver say to a silly question?
#
# You met cvxpy in lesson 02: a `Variable`, a `Problem`, and `.value` afterwards. A problem also has a **status**, and three of
# them matter. Maximise $x$ with a limit, with none, and with two limits that contradict each other:

# %%
x = cp.Variable()
for limits in ([x <= 3], [], [x <= 3, x >= 4]):
    problem = cp.Problem(cp.Maximize(x), limits)
    problem.solve()
    print(f"{problem.status:>10}: {problem.value:.2f}")

# %% [markdown]
# *Optimal* is an answer. *Unbounded*: it gets better for ever, so something that should hold it is missing. *Infeasible*: no
# $x$ at all meets the constraints. Neither of the two raises an error; `x.value` is then `None`, or not to be trusted. So read
# the status.
#
# Now the silly question, for a single rival: how far can the expert lead who walks straight on?

# %%
psi = cp.Variable(2)
problem = cp.Problem(cp.Maximize((expert - others[0]) @ psi))
problem.solve()
print(problem.status)

# %% [markdown]
# Only the direction of $\psi$ says anything about the expert. So hold its length, and ask again (Abbeel & Ng 2004, section 3):
#
# $$\max_{\psi,\, m}\; m \qquad \text{subject to} \qquad \psi^\top(\mu_E - \mu_i) \ge m \;\text{ for all } i, \qquad \|\psi\|_2 \le 1$$
#
# Now $m$ is the smallest lead, made as large as it can be: the *margin*.

# %% [markdown]
# ### Exercise: `max_margin`
#
# Write it in cvxpy: two variables (`cp.Variable(k)` is a vector, `cp.Variable()` a number), an objective, two constraints. If
# `A` is a matrix, `A @ psi >= m` asks it of every row. A length is `cp.norm(psi, 2)`.
#
# **Predict first:** $(-1, 1)$, cut to length 1, has a smallest lead of $0.16/\sqrt 2 = 0.11$. Does the best $\psi$ mind mud
# more than that, or less?


# %%
def max_margin(expert, others):
    """The reward of length 1 that puts the expert furthest above the best of the others.

    max m subject to psi . (mu_E - mu_i) >= m for all i and |psi|_2 <= 1.

    Args:
        expert: the expert's feature expectations, shape (K,).
        others: those of the other policies, shape (M, K).

    Returns:
        psi, shape (K,), and the margin m, a float.
    """
    ### BEGIN SOLUTION
    psi, margin = cp.Variable(len(expert)), cp.Variable()
    constraints = [(expert - others) @ psi >= margin, cp.norm(psi, 2) <= 1]
    cp.Problem(cp.Maximize(margin), constraints).solve()
    return psi.value, float(margin.value)
    ### END SOLUTION


# %%
max_margin = check(max_margin)

# %% [markdown]
# At work: the margin is a width. All who earn the same under $\psi$ lie on a line across $\psi$. The expert stands on one such
# line, the best of the others on another, and between them is an empty street.


# %%
def draw_street(ax, expert, psi, margin):
    across, up = psi / np.linalg.norm(psi)
    mud = np.array([-4.0, 11.0])
    expert_line = expert[1] - (mud - expert[0]) * across / up
    ax.plot(mud, expert_line, color=EXPERT["color"], linewidth=1)
    ax.fill_between(mud, expert_line - margin / up, expert_line, color=EXPERT["color"], alpha=0.2)


# %% alt="The five points again, with the expert on the upper edge of a narrow empty street. On its lower edge lie straight on, to the right, and around, to the left; a labelled cross between these two marks their mixture nearest to the expert. The arrow psi points across the street, up and to the left: goal is good, mud is bad."
psi, margin = max_margin(expert, others)
weights = best_mixture(expert, others)  # lesson 03
nearest = weights @ others
fig, ax = plt.subplots(figsize=(6.6, 4.2))
draw_walkers(ax, walkers)
draw_street(ax, expert, psi, margin)
ax.plot(*nearest, "x", color="C2", markersize=8)
ax.annotate("nearest mixture", nearest, xytext=(10, -8), textcoords="offset points", color="C2")
ax.annotate("", expert + psi, expert, arrowprops={"arrowstyle": "->"})
ax.text(*(expert + psi), "ψ ", ha="right", va="center")
ax.set(xlim=(-1, 3.4), ylim=(3, 5.7), xticks=range(4), title=f"The widest street: {margin:.3f}")
plt.show()

# %%
print(f"psi = {psi.round(3)}: {-psi[0] / psi[1]:.2f} of goal for 1 of mud; margin {margin:.4f}")
ties = expert - others[:2]  # at which price of mud would straight on tie, and around?
print(f"ties at {(ties[:, 1] / ties[:, 0]).round(2)} of goal for 1 of mud")
distance = np.linalg.norm(expert - nearest)
print(f"nearest mixture: {weights.round(2) + 0.0}, at a distance of {distance:.4f}")


# %% [markdown]
# Less: at $(-1, 1)$ *around* came closest. Every $\psi$ for which a step of mud costs between 0.66 and 1.25 steps of goal
# explains this expert. The margin picks 0.83. The true taste was 1.00; one walker cannot tell you that.
#
# The last line asks lesson 03's question: *which mixture of the others is nearest to the expert?* It is the red cross, 36 %
# *straight on* and 64 % *around*, and its distance *is* the margin. $\psi$ points from there to the expert. The two problems
# are *dual*: one answer, seen from two sides.

# %% [markdown]
# ## Why not ask for a margin of 1?
#
# We held $\psi$ and asked for a long lead. Turn it round: hold the lead at 1, and ask for the *shortest* $\psi$.
#
# $$\min_\psi\; \tfrac12\|\psi\|_2^2 \qquad \text{subject to} \qquad \psi^\top(\mu_E - \mu_i) \ge 1 \;\text{ for all } i$$
#
# This is the form of a support vector machine (Cortes & Vapnik 1995): one variable less, a quadratic objective, linear
# constraints.

# %% [markdown]
# ### Exercise: `svm_form`
#
# Use `cp.sum_squares(psi)`. **Predict first:** the margin for length 1 is 0.2087. How long must $\psi$ be for a lead of 1?


# %%
def svm_form(expert, others):
    """The shortest reward that puts the expert above each of the others by at least 1.

    min |psi|^2 / 2 subject to psi . (mu_E - mu_i) >= 1 for all i.

    Args:
        expert: the expert's feature expectations, shape (K,).
        others: those of the other policies, shape (M, K).

    Returns:
        psi, shape (K,).
    """
    ### BEGIN SOLUTION
    psi = cp.Variable(len(expert))
    smallest = cp.Minimize(cp.sum_squares(psi) / 2)
    cp.Problem(smallest, [(expert - others) @ psi >= 1]).solve()
    return psi.value
    ### END SOLUTION


# %%
svm_form = check(svm_form)

# %%
short = svm_form(expert, others)
length = np.linalg.norm(short)
print(f"psi = {short.round(3)} = {length:.3f} times {(short / length).round(3)}")
print(f"1 / |psi| = {1 / length:.4f}")

# %% [markdown]
# The same direction, and the margin has moved into the length: $m = 1/\|\psi\|$. "A short $\psi$" and "a wide street" are one
# wish.
#
# Who makes $\psi$ as long as it is? cvxpy can say. After solving, every constraint has a **dual**, its `dual_value`: what you
# would gain by relaxing that constraint, per unit.

# %%
limits = [x <= 3, x <= 5]
cp.Problem(cp.Maximize(x), limits).solve()
print([round(float(limit.dual_value), 4) for limit in limits])

# %% [markdown]
# Relax the first limit by 0.1, and $x$ gains 0.1: its dual is 1. The second holds nothing: 0.
#
# For `svm_form` the duals $w_i$ even build the answer, $\psi = \sum_i w_i\,(\mu_E - \mu_i)$. The package has them ready, for
# all the programs of this lesson. (Or give the constraint in your own `svm_form` a name, and print its `dual_value` there.)
# **Predict:** which of the four are 0, and what is the ratio of the others?

# %%
weights = package.support_weights(expert, others)
for name, weight in zip(rivals, weights):
    print(f"{name:>14}: {weight:5.2f}")
print(f"psi from the duals: {(weights @ (expert - others)).round(3)}")
print(f"without stays in mud: {svm_form(expert, np.delete(others, 2, axis=0)).round(3)}")

# %% [markdown]
# The two on the edge of the street have it all: they are the **support policies**. Divide their duals by the sum, and you have
# the 0.36 and 0.64 of the mixture again. A policy with dual 0 can go, and $\psi$ stays where it is.

# %% [markdown]
# ## And if no ψ will do?
#
# Lists of policies come from planning, or from watching. Sooner or later one of them does just what the expert does. Is there
# still *any* $\psi$ that meets the constraints? To ask only that, leave the objective out.
#
# **Predict** the status with the expert's own point among the others.


# %%
def status(expert, others):
    anything = cp.Variable(2)
    problem = cp.Problem(cp.Minimize(0), [(expert - others) @ anything >= 1])
    problem.solve()
    return problem.status


# %%
with_twin = np.vstack([others, expert])
print(f"four others: {status(expert, others)}; and the expert, too: {status(expert, with_twin)}")
print(f"max_margin with the expert among the others: {abs(max_margin(expert, with_twin)[1]):.4f}")

# %% [markdown]
# *Infeasible*: nobody leads themselves by 1. The first program says so with a margin of 0. Never ask a margin of the expert's
# own policy.
#
# That was a slip of ours. This is not: let the expert err. One step in twenty now goes in a random direction. And one more
# person joins the others, *flawless*, who walks the same way without an error.

# %% alt="The points near the top left, enlarged. The erring expert has moved down a little from where the expert was, where now the flawless walker is. It lies inside the shape spanned by all the others."
erring_pi = 0.95 * expert_pi + 0.05 / 4
erring = feature_expectations(mdp, erring_pi, features)
listed = np.vstack([others, expert])
town = {"expert": erring, **dict(zip(rivals, others)), "flawless": expert}
fig, ax = plt.subplots(figsize=(5.4, 3.6))
ax.fill(*listed[[0, 4, 1, 3, 2]].T, color="0.9")
draw_walkers(ax, town)
ax.set(xlim=(-1, 3.8), ylim=(2.9, 5.7), xticks=range(4))
ax.set_title("One error in twenty, and the expert is inside")
plt.show()
print(status(erring, listed))

# %% [markdown]
# The grey area holds all mixtures of the others, and the expert is inside: one of them has the same feature expectations. A
# $\psi$ that led each of them would lead their mixture, too, and so the expert itself. The package says which mixture it is:

# %%
try:
    package.svm_form(erring, listed)
except ValueError as reason:
    print(reason)

# %% [markdown]
# In words: 96 % *flawless* (number 4), 4 % of *never sets out* and *stays in mud* (3 and 2): whoever errs wastes time.
#
# So let everybody fall short: the lead over policy $i$ need only be $1 - \xi_i$, with a *slack* $\xi_i \ge 0$. Slack has a
# price $C$, or it would be used for everything.
#
# $$\min_{\psi,\,\xi \ge 0}\; \tfrac12\|\psi\|_2^2 + C\sum_i \xi_i \qquad \text{subject to} \qquad \psi^\top(\mu_E - \mu_i) \ge 1 - \xi_i \;\text{ for all } i$$
#
# This always has a solution. A slack above 1 says: *this one earns more than the expert.*

# %% [markdown]
# ### Exercise: `soft_margin`
#
# One slack for each of the others. `cp.Variable(n, nonneg=True)` is a vector whose entries are not negative.
#
# **Predict first:** if you forget $\xi \ge 0$, what is $\psi$?


# %%
def soft_margin(expert, others, C):
    """The reward that sets the expert apart, where each policy may fall short at a price.

    min |psi|^2 / 2 + C * sum_i slack_i
    subject to psi . (mu_E - mu_i) >= 1 - slack_i and slack_i >= 0 for all i.

    Args:
        expert: the expert's feature expectations, shape (K,).
        others: those of the other policies, shape (M, K).
        C: the price of a unit of slack.

    Returns:
        psi, shape (K,), and the slacks, shape (M,).
    """
    ### BEGIN SOLUTION
    psi, slack = cp.Variable(len(expert)), cp.Variable(len(others), nonneg=True)
    objective = cp.sum_squares(psi) / 2 + C * cp.sum(slack)
    cp.Problem(cp.Minimize(objective), [(expert - others) @ psi >= 1 - slack]).solve()
    return psi.value, slack.value
    ### END SOLUTION


# %%
soft_margin = check(soft_margin)

# %% [markdown]
# ($C$ times the plain sum of the differences, $C \sum_i (\mu_E - \mu_i)$: with each lead beyond 1 still earning $C$ per unit,
# nobody is ever far enough behind.)
#
# At work, at three prices. `route` plans for $\psi$, without errors, and names the walker whose way it is. **Predict:** at
# which price is it the flawless one's?


# %%
def route(psi):
    pi = plan(mdp, features @ (psi / np.linalg.norm(psi)))
    mu = feature_expectations(mdp, pi, features)
    names = [*rivals, "flawless"]
    return names[np.linalg.norm(listed - mu, axis=1).argmin()]


# %%
heads = "".join(f"{name:>16}" for name in [*rivals, "flawless"])
print(f"{'slack of':>12} {heads}{'all':>8}   plan")
for C in (0.01, 0.1, 10.0):
    psi, slack = soft_margin(erring, listed, C)
    row = "".join(f"{abs(x):16.2f}" for x in slack) + f"{slack.sum():8.2f}"
    print(f"C = {C:8g} {row}   {route(psi)}")

# %% [markdown]
# There is an answer at every price, and slack shrinks as it should, from 3.86 in all to 2.48. But the plan gets **worse**:
# flawless at the lowest price, straight on at 0.1, around at 10. Watch it happen.
#
# Whoever presses harder than $C$ gets slack, so no dual exceeds $C$. A red ring is a dual as a share of $C$: none for who is
# beyond the street, a full one for who has slack, less for who stands on its far edge. The orange square is whose way is
# planned.

# %%
steps = np.linspace(-2, 2, 41).round(1)
answers = {x: soft_margin(erring, listed, 10.0**x) for x in steps}
duals = {x: package.support_weights(erring, listed, C=10.0**x) / 10.0**x for x in steps}
routes = {x: route(psi) for x, (psi, _) in answers.items()}
widths = [1 / np.linalg.norm(psi) for psi, _ in answers.values()]
totals = [slack.sum() for _, slack in answers.values()]


# %%
def draw_price(ax, x):
    psi, _ = answers[x]
    draw_walkers(ax, town)
    draw_street(ax, erring, psi, 1 / np.linalg.norm(psi))
    ax.scatter(*listed.T, s=250 * duals[x], facecolors="none", edgecolors="C2", linewidths=2)
    planned = listed[[*rivals, "flawless"].index(routes[x])]
    ax.plot(*planned, "s", color=LEARNER["color"], markersize=19, mfc="none", mew=2)
    ax.set_title(f"C = {10.0**x:.3g}: planned is {routes[x]}")


# %%
def draw_curves(ax, *marked):
    ax.plot(steps, widths, label="width of the street")
    ax.plot(steps, totals, "--", color="C2", label="all slack together")
    for x in marked:
        ax.axvline(x, color="0.4", linewidth=1)
    ax.set(xlabel="log10 of the price", ylim=(0, 13))
    ax.legend(loc="upper center")


def show_price(log_C):
    x = round(log_C, 1)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), width_ratios=(3, 2))
    draw_price(left, x)
    draw_curves(right, x)
    width, total = 1 / np.linalg.norm(answers[x][0]), answers[x][1].sum()
    hold = (duals[x] > 1e-4).sum()
    return fig, f"Street {width:.2f} wide, slack {total:.2f} in all, {hold} support policies."


# %%
def three_prices():
    prices = (-2.0, -1.0, 1.0)
    fig, axes = plt.subplots(2, 2, figsize=(10, 5.8))
    for ax, x in zip(axes.flat, prices):
        draw_price(ax, x)
    for ax in axes.flat[1:3]:
        ax.set(xlim=(-1.7, 4.4), ylim=(2.9, 6.1), xticks=range(-1, 5))
    draw_curves(axes[1, 1], *prices)
    axes[1, 1].set(xticks=range(-2, 3), title="A higher price: less slack, a narrower street")
    return fig


# %% alt="The six points and the street at three prices. At C = 0.01 the street is wider than the picture and all five others have a red ring: the flawless way is planned. At C = 0.1, enlarged, the street is nearly level: straight on lies above it and is planned. At C = 10, enlarged, it is steep and narrow: around and flawless lie above it, each with a full red ring, and around is planned. Fourth, against the price: the width falls from over 9 to below 1, all slack from 3.9 to 2.5."
explore(
    show_price,
    still=three_prices,
    caption="raise the price: when does the square leave *flawless*, and whose rings stay full?",
    log_C=slider(-2.0, 2.0, -2.0, 0.1, "log10 of the price"),
)

# %% [markdown]
# $\psi$ swings about. It plans *flawless* up to a price of 0.02, then *straight on*; passes *flawless* once more between 0.3
# and 0.5; and from 0.63 on it is *around*, at every higher price. At the lowest price all rings are full: $\psi$ is $C$ times
# the plain sum, as without $\xi \ge 0$, and right by luck of this list.
#
# At the highest, look who has all the slack: *around* and *flawless*, next to the expert. To lead a neighbour by 1 takes a
# very long $\psi$. It is cheaper to give both up, and to leave $\psi$ to those far away. To blame is neither price nor solver,
# but the 1, asked of everybody alike.

# %% [markdown]
# ## What does a near-twin do to ψ?
#
# The same happens to an expert who never errs. Take the flawless expert and the first four others again, and one more: a twin,
# who does what the expert does except for a share of steps in a random direction.
#
# To see whether it matters, carry $\psi$ to another map, where the goal is one step nearer; the best way there earns 4.13.
# **Predict:** the more alike the twin, the … the street, and the … $\psi$?

# %%
nearer = gridworld("S.MMMG\n...M..\n......", gamma=0.9)


def earned_nearer(psi):
    seen = mud_and_goal(nearer)
    pi = plan(nearer.mdp, seen @ (psi / np.linalg.norm(psi)))
    return expected_return(nearer.mdp, seen @ true_psi, pi)


# %%
shares = [0.1, 0.03, 0.01, 0.001]
twins = [(1 - share) * expert_pi + share / 4 for share in shares]
lists = [np.vstack([others, feature_expectations(mdp, twin, features)]) for twin in twins]
print(f"{'errors':>8}{'|psi|':>9}{'twin holds':>12}{'earned, goal nearer':>21}")
for share, rows in zip(shares, lists):
    psi, weights = svm_form(expert, rows), package.support_weights(expert, rows)
    length, held = np.linalg.norm(psi), weights[-1] / weights.sum()
    print(f"{share:8}{length:9.1f}{held:12.1%}{earned_nearer(psi):21.2f}")

# %% [markdown]
# The twin with 10 % errors stands beyond the street and changes nothing. One who errs in one step of a hundred takes the
# margin from 0.21 to $1 / 32.6 = 0.03$, and 99 % of the duals: $\psi$ hangs on that one. It turns until *straight on* is led
# by no more than this 0.03, per unit of $|\psi|$. One step less to go, and the plan walks through the mud: 3.71.
#
# Whoever acts almost like the expert *should* earn almost as much; only who acts quite differently should be far behind. So
# measure how differently.

# %% [markdown]
# ### Exercise: `policy_dissimilarity`
#
# In one state, two policies differ by $\tfrac12\sum_a |\pi_E(a|s) - \pi(a|s)|$: 0 for equal rows, 1 for rows with no action in
# common. Average it over the expert's visits; what somebody would do where the expert never goes shall not count.
#
# $$d(\pi) = \frac{\sum_s \rho_E(s)\; \tfrac12\sum_a |\pi_E(a|s) - \pi(a|s)|}{\sum_s \rho_E(s)}, \qquad \rho_E(s) = \sum_a \rho_E(s,a)$$
#
# **Predict first:** what is $d$ for the twin with 10 % random steps? (There are four directions, and one of them is right.)


# %%
def policy_dissimilarity(expert_pi, pi, expert_occupancy):
    """Share of the expert's visits at which another policy would act differently.

    Args:
        expert_pi: the expert's policy, shape (S, A); rows sum to 1.
        pi: the other policy, shape (S, A); rows sum to 1.
        expert_occupancy: the expert's discounted visits, shape (S, A).

    Returns:
        A float, 0 (the same wherever the expert goes) to 1 (no action in common there).
    """
    ### BEGIN SOLUTION
    visits = expert_occupancy.sum(axis=1)
    differing = np.abs(expert_pi - pi).sum(axis=1) / 2
    return float(visits @ differing / visits.sum())
    ### END SOLUTION


# %%
policy_dissimilarity = check(policy_dissimilarity)

# %%
rho = occupancy(mdp, expert_pi)
unlike = [policy_dissimilarity(expert_pi, pi, rho) for pi in rivals.values()]
for name, d in zip(rivals, unlike):
    print(f"{name:>14}: {d:.4f}")
for share, twin in zip(shares, twins):
    print(f"{share:>8} errors: {policy_dissimilarity(expert_pi, twin, rho):.4f}")

# %% [markdown]
# (Of the twin's steps a tenth is random, and three in four of those are wrong: 0.075. *Straight on* differs little: it leaves
# the expert's way in S, and would go on like the expert anywhere else on it.) Now ask *these* margins:
#
# $$\min_{\psi,\,\xi \ge 0}\; \tfrac12\|\psi\|_2^2 + C\,\xi \qquad \text{subject to} \qquad \psi^\top(\mu_E - \mu_i) \ge d_i - \xi \;\text{ for all } i$$
#
# This is the *structured margin* of Ratliff, Bagnell & Zinkevich (2006). There is only one slack left, the *largest* shortfall:
# one for the demonstration, not one for each rival. We shall soon have more rivals than anybody can count.

# %% [markdown]
# ### Exercise: `structured_margin`
#
# Write it with one slack, `cp.Variable(nonneg=True)`. **Predict first:** what is $d$ for the expert's own policy, and what does
# its constraint then say?


# %%
def structured_margin(expert, others, dissimilarities, C):
    """The reward that keeps everybody as far behind as they act unlike the expert.

    min |psi|^2 / 2 + C * slack
    subject to psi . (mu_E - mu_i) >= dissimilarity_i - slack for all i, and slack >= 0.

    Args:
        expert: the expert's feature expectations, shape (K,).
        others: those of the other policies, shape (M, K).
        dissimilarities: the margin asked of each of them, shape (M,).
        C: the price of a unit of slack.

    Returns:
        psi, shape (K,), and the slack, a float: one for all.
    """
    ### BEGIN SOLUTION
    psi, slack = cp.Variable(len(expert)), cp.Variable(nonneg=True)
    constraints = [(expert - others) @ psi >= dissimilarities - slack]
    cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2 + C * slack), constraints).solve()
    return psi.value, float(slack.value)
    ### END SOLUTION


# %%
structured_margin = check(structured_margin)

# %% [markdown]
# ($d = 0$: lead yourself by nothing. The expert may stand on this list.)
#
# At work, first on the twins. **Predict** the column $|\psi|$.

# %%
print(f"{'errors':>8}{'|psi|':>9}{'earned, goal nearer':>21}")
for share, twin, rows in zip(shares, twins, lists):
    asked = np.append(unlike, policy_dissimilarity(expert_pi, twin, rho))
    psi, slack = structured_margin(expert, rows, asked, C=100.0)
    print(f"{share:8}{np.linalg.norm(psi):9.3f}{earned_nearer(psi):21.2f}")

# %% [markdown]
# 0.922, whoever joins: a twin who differs half as much is asked for half as much. The way on the other map is the best one
# again.
#
# Now the expert who errs, at five prices, beside the program that asks 1 of everybody.

# %%
town_pis = [*rivals.values(), expert_pi]
erring_rho = occupancy(mdp, erring_pi)
asked = np.array([policy_dissimilarity(erring_pi, pi, erring_rho) for pi in town_pis])
print("margins asked:", asked.round(2))
print(f"{'C':>8}{'margin 1 for all':>20}{'structured':>14}")
for C in (0.01, 0.1, 1.0, 10.0, 100.0):
    psi, _ = structured_margin(erring, listed, asked, C)
    print(f"{C:8g}{route(soft_margin(erring, listed, C)[0]):>20}{route(psi):>14}")

# %% [markdown]
# Now a higher price is better: from 10 on, the plan is flawless. (No cure-all: at a low price it goes straight on.)
#
# Why not one slack *and* the same margin for all? **Predict** $|\psi|$ before you run it.

# %%
psi, slack = structured_margin(erring, listed, np.ones(5), C=100.0)
print(f"|psi| = {np.linalg.norm(psi):.4f}, slack = {slack:.4f}")

# %% [markdown]
# It gives up, and would at any price. The expert is a mixture of the others; average the constraints with the weights of that
# mixture. The left side is $\psi^\top(\mu_E - \mu_E) = 0$, so $0 \ge 1 - \xi$: a slack of 1 is paid anyway, and then $\psi = 0$
# is the cheapest. With $d_i$ in place of 1, the same average asks only for $0.96 \cdot 0.04 + 0.04 \cdot 0.60 \approx 0.06$:
# the mixture is mostly of somebody who acts alike.

# %% [markdown]
# ## Who is missing from the list?
#
# All of this stands on a list that we made up. Suppose that *around* had not come to our mind. **Predict:** would the margin be
# narrower or wider?

# %%
short_list = np.delete(others, 1, axis=0)
psi, margin = max_margin(expert, short_list)
print(f"margin {margin:.3f}, psi = {psi.round(3)}, planned: {route(psi)}")
print(f"the expert leads around by {psi @ (expert - others[1]):.3f}")

# %% [markdown]
# Five times as wide: the fewer rivals you can think of, the surer you are. But under this $\psi$ one does best to go around,
# and *around* beats the expert by 0.29. The planner saw at once what the list did not hold.
#
# Even this little world has $4^{21}$ deterministic policies, more than four trillion. Of all their constraints only one
# matters at a time, the one *violated most*, and to search all policies for the best is what a planner is for.

# %% [markdown]
# The planner must maximise the shortfall $d(\pi) - \psi^\top(\mu_E - \mu_\pi)$. But it weighs its reward by its *own* visits,
# and our $d$ is weighed by the expert's. So count from the other side: a *loss* $\ell(s,a)$ of 1 for each step that the expert
# never takes. What a policy collects of it is an expected return, and is the margin asked of it:
#
# $$d(\pi) = \sum_{s,a} \rho_\pi(s,a)\,\ell(s,a)$$
#
# The unit changes with it: no longer a share, but a discounted number of steps, up to 10.
#
# Leave out what does not depend on $\pi$, and the largest shortfall is plain planning:
#
# $$\max_\pi\; \sum_{s,a} \rho_\pi(s,a) \left(\psi^\top f(s,a) + \ell(s,a)\right)$$

# %%
loss = (rho < 1e-9).astype(float)
loss[puddle.cells("G")] = 0.0  # at the goal, what one presses changes nothing
for name, pi in rivals.items():
    print(f"{name:>14}: {expected_return(mdp, loss, pi):.2f}")

# %% [markdown]
# ### Exercise: `most_violating_policy`
#
# Plan for reward *plus* loss: who earns much by doing what the expert does not? Lesson 01's planners are in the package:
# `planning.value_iteration(mdp, reward)` returns $V$ and $\pi$.
#
# **Predict first:** whom does it find for $\psi = 0$? And whom, if the loss were *subtracted*?


# %%
def most_violating_policy(mdp, features, psi, loss):
    """Loss-augmented planning: the policy whose constraint is furthest from being met.

    argmax over pi of sum_{s, a} rho_pi(s, a) * (psi . f(s, a) + loss(s, a)).

    Args:
        mdp: the world.
        features: f(s, a), shape (S, A, K).
        psi: reward weights, shape (K,).
        loss: what each step adds to the margin asked, shape (S, A).

    Returns:
        A policy, shape (S, A), a 1 in each row.
    """
    ### BEGIN SOLUTION
    _, pi = planning.value_iteration(mdp, features @ psi + loss)
    return pi
    ### END SOLUTION


# %%
most_violating_policy = check(most_violating_policy)

# %% [markdown]
# At work, with nothing known: $\psi = 0$. Everybody earns 0 and the expert leads nobody, so who violates most is who is asked
# for most.

# %%
for name, sign in [("added", 1), ("subtracted", -1)]:
    pi = most_violating_policy(mdp, features, np.zeros(2), sign * loss)
    mu = feature_expectations(mdp, pi, features)
    asked, same = expected_return(mdp, loss, pi), np.allclose(mu, expert)
    print(f"{name:>10}: {asked:5.2f} is asked, 0 is led; is it the expert? {same}")


# %% [markdown]
# With the loss added, it is somebody who does nothing right and is asked for 10. With the loss subtracted, the planner avoids
# whatever the expert does not do, and hands back the expert. Nothing seems violated! A search that asks this way ends here,
# with $\psi = 0$, sure that all is well.
#
# Asked the right way, the list writes itself:
#
# 1. Start with no rivals, $\psi = 0$ and $\xi = 0$.
# 2. Let the planner find the most violating policy. If its shortfall is at most $\xi + \mathtt{tol}$, so is everybody's: $\psi$
#    is the answer for *all* policies.
# 3. Else put it on the list, solve `structured_margin` for the list, and go to 2.

# %% [markdown]
# ### Exercise: `max_margin_planning`
#
# Write the loop: *constraint generation*, or *cutting planes* (Kelley 1960; for programs like ours, Tsochantaridis et al.
# 2005). The parts are there: `most_violating_policy`, `feature_expectations(mdp, pi, features)`, `structured_margin`, and
# `expected_return(mdp, loss, pi)` for the margin asked of $\pi$.
#
# **Predict first:** of four trillion policies, how many will it need?


# %%
def max_margin_planning(mdp, features, demos_occupancy, loss, C, tol):
    """The structured margin over all policies, with a planner to find the constraints.

    Args:
        mdp: the world.
        features: f(s, a), shape (S, A, K).
        demos_occupancy: discounted visits of the demonstrations, shape (S, A).
        loss: what each step adds to the margin asked, shape (S, A).
        C: the price of a unit of slack.
        tol: the shortfall that may be left beyond the slack, above 0.

    Returns:
        psi, shape (K,), and the policies that were found, shape (M, S, A).
    """
    expert = np.einsum("sa,sak->k", demos_occupancy, features)
    psi, slack = np.zeros(features.shape[2]), 0.0
    policies, others, asked = [], [], []
    ### BEGIN SOLUTION
    while True:
        pi = most_violating_policy(mdp, features, psi, loss)
        mu, margin = feature_expectations(mdp, pi, features), expected_return(mdp, loss, pi)
        if margin - psi @ (expert - mu) <= slack + tol:
            return psi, np.array(policies).reshape(-1, *loss.shape)
        policies, others, asked = [*policies, pi], [*others, mu], [*asked, margin]
        psi, slack = structured_margin(expert, np.array(others), np.array(asked), C)
    ### END SOLUTION


# %%
max_margin_planning = check(max_margin_planning)

# %%
for C in (1.0, 10.0, 100.0):
    psi, found = max_margin_planning(mdp, features, rho, loss, C, tol=1e-3)
    print(f"C = {C:3g}: {len(found)} found, psi = {psi.round(2) + 0.0}, planned: {route(psi)}")
points = np.array([feature_expectations(mdp, pi, features) for pi in found])
print(f"{'in mud':>8}{'at goal':>9}{'asked':>8}{'led':>8}{'shortfall':>11}")
for pi, mu in zip(found, points):
    asked, led = expected_return(mdp, loss, pi), psi @ (expert - mu)
    print(f"{mu[0]:8.2f}{mu[1]:9.2f}{asked:8.2f}{led:8.2f}{max(asked - led, 0):11.2f}")

# %% alt="The five named points. Four of them carry a number, the order in which the planner found its constraints: 1 never sets out, 2 straight on, 3 around, and 4 at the point of the expert. Stays in mud has none."
fig, ax = plt.subplots(figsize=(6, 3.6))
draw_walkers(ax, walkers)
for number, mu in enumerate(points, 1):
    ax.plot(*mu, "o", color="C2", markersize=17, mfc="white", zorder=4)
    ax.text(*mu, number, ha="center", va="center", zorder=5, color="C2")
ax.set_title("C = 100: four rivals are enough, found in this order")
plt.show()

# %% [markdown]
# Four of four trillion. (Where several violate alike, your planner may pick others.) Three have the features of people we had
# named, though this *around* is another walk, asked for 6.51 and not 5.13.
#
# The fourth stands on the expert's own point: as much mud, as much goal, by other steps, turning down a cell later. It is asked
# for 2.91 and led by 0, and always will be: whom the features cannot tell from the expert, no $\psi$ can. No price buys that
# slack back.
#
# The price still matters, with a flawless expert and nobody missing: at 1 and at 10 the plan is *straight on*, for slack is
# cheaper than a $\psi$ long enough to lead them.

# %% [markdown]
# ## Does one path teach a taste?
#
# Ratliff, Bagnell & Zinkevich (2006) let a person draw *one* path on a satellite image. Drawn along a road, it made a planner
# that keeps to roads in images never seen; drawn from cover to cover, one that keeps to the trees.
#
# We do it on a map of our own, two halves of 20×20 cells. In the left half each of two drivers takes one path. The right half
# nobody has driven. The features say what a cell is: road (grey in the maps), trees (green) or open ground (pale).

# %%
country = road_map(seed=2)
for name, costs in DRIVERS.items():
    print(name, costs)


# %%
def problem_of(region, driver):
    path = region.drive(region.reward(driver))
    return region.grid.mdp, region.features, region.occupancy(path), region.loss(path)


# %% [markdown]
# R, T and `.` are what a step costs on road, among trees and on open ground: what we want to find out. The loss is as before, 1
# for each step that is not on the path. (By *cell* it would fail: to and fro on the path's own cells would cost nothing.)
#
# Your `max_margin_planning` runs on it as it is.

# %%
learnt = {}
for driver in DRIVERS:
    psi, found = max_margin_planning(*problem_of(country.training, driver), C=10.0, tol=0.01)
    learnt[driver] = psi
    print(f"{driver:>18}: road, trees, open {psi.round(2)}, from {len(found)} policies of 4^400")


# %%
def draw_drive(ax, region, *rewards):
    kinds = np.select([region.terrain == "R", region.terrain == "T"], [2, 1], 0)
    ax.imshow(kinds, cmap=ListedColormap(["#f3efe2", "#b5d3a5", "#a8a8a8"]), vmin=0, vmax=2)
    for reward, style, offset in zip(rewards, (EXPERT, LEARNER), (-0.12, 0.12)):
        path = region.drive(reward).states[0]
        draw_trajectory(ax, region.grid, path, offset=offset, **style)


# %% alt="Two rows of maps, a grey road and green trees on pale open ground. Left, the one path that was shown: above along the road, below from wood to wood. Right, the half that was held out: the learnt path, dashed, runs along the road where the expert's does, and in the lower row from wood to wood, nearly as the expert's."
fig, axes = plt.subplots(2, 2, figsize=(7.6, 7.7))
for (left, right), (driver, psi), colour in zip(axes, learnt.items(), ("grey", "green")):
    draw_drive(left, country.training, country.training.reward(driver))
    left.set_title(f"shown: {driver} ({colour})")
    new = country.held_out
    draw_drive(right, new, new.reward(driver), new.features @ psi)
    right.set_title("held out: learnt (dashed) does so, too")
plt.show()

# %% [markdown]
# One path each, and both tastes travel. On the road the learnt path is the expert's own; in the trees it keeps to the same
# woods, and leaves them once for a short cut.
#
# Now compare the weights with the true costs. Nobody said that driving costs anything, and all came out negative: the paths
# lead to the goal, where costs end. But the road driver's trees and open ground came out alike, −6.94 and −7.01, where −8 and
# −4 are true. Order and ratio are lost; the driving is not.

# %% [markdown]
# ### Was it luck?
#
# Twenty maps, now with halves of 24×24 cells. What does the way for $\psi$ cost on the held-out half, *by the driver's own
# reward*, as a multiple of the best way? Beside it, somebody who only wants to be there soon, and the other driver.

# %%
maps = [road_map(seed, n_rows=24, n_cols=24) for seed in range(20)]


def cost_ratio(country, driver, psi):
    region, mdp = country.held_out, country.held_out.grid.mdp
    pi = planning.value_iteration(mdp, region.features @ np.array(psi))[1]
    best = planning.value_iteration(mdp, region.reward(driver))[0][region.start]
    return expected_return(mdp, region.reward(driver), pi) / best


def learn(country, driver, C):  # the same psi without a search: see the next ☆
    return package.compact_program(*problem_of(country.training, driver), C)[0]


# %%
print(f"{'':>20}{'':>20}{'mean':>7}{'median':>8}{'worst':>7}{'optimal':>9}")
for driver, other in zip(DRIVERS, reversed(DRIVERS)):
    taught = {"learnt": [learn(country, driver, C=10.0) for country in maps]}
    taught["the shortest way"] = [(-1, -1, -1)] * len(maps)
    taught["the other driver"] = [tuple(DRIVERS[other].values())] * len(maps)
    for name, psis in taught.items():
        costs = np.array([cost_ratio(country, driver, psi) for country, psi in zip(maps, psis)])
        row = f"{costs.mean():7.3f}{np.median(costs):8.3f}{costs.max():7.2f}"
        print(f"{driver:>20}{name:>20}{row}{(costs < 1 + 1e-6).sum():6} / 20")

# %% [markdown]
# The learnt ways cost 0.2 % more than the best on the road, and 7 % more in the trees. The shortest way costs 2.6 and 1.6
# times the best, the other driver's four and six times.
#
# And where it falls short: in the trees only 7 ways of 20 are exactly optimal, and one is 50 % too dear. One path leaves a
# whole cone of $\psi$ open, and its middle is a guess. What is published, as far as we could see, are pictures: we reproduce a
# claim, not a number. The map, its three features, the loss, $\gamma = 0.99$ and $C = 10$ are ours.

# %% [markdown]
# ### ☆ How did the search know that it was done?
#
# With a part of the constraints, the optimum can only be too cheap: a *lower* bound. Pay for the slack that the planner's
# policy really needs, and you have an answer that holds for all: an *upper* bound. The package's `max_margin_planning` keeps
# both.

# %% alt="Two curves against the number of policies found, on a logarithmic axis: the lower bound rises from 0.5 to 220, the upper bound falls from 1000 to 240 at the third policy. From the sixth on they are hardly apart, and they meet after 10."
problem = problem_of(country.training, "stay in the trees")
psi, cuts = package.max_margin_planning(*problem, C=10.0)
fig, ax = plt.subplots(figsize=(5.8, 3.2))
number = np.arange(1, len(cuts) + 1)
ax.semilogy(number, cuts.upper[1:], "o-", color="C2", markersize=4)
ax.semilogy(number, cuts.lower[1:], "o-", color="C4", markersize=4)
ax.text(3.2, 420, "the best answer so far costs this", color="C2")
ax.text(3.3, 1.5, "no answer costs less than this", color="C4")
ax.set(xlabel="policies found", ylabel="objective", ylim=(0.3, 2000))
ax.set_title(f"After {len(cuts)} policies, both say {cuts.upper[-1]:.1f}")
plt.show()

# %% [markdown]
# Where the two bounds meet, the search is over. There is also a way without any search: put the planner *into* the program. The
# largest loss-augmented return is $\sum_s p(s_1 = s)\,V(s)$, for the smallest $V$ that no backup exceeds:
#
# $$V(s) \ge \psi^\top f(s,a) + \ell(s,a) + \gamma\, E\left[V(s')\,|\,s,a\right] \quad \text{for all } s \text{ and } a$$
#
# With $V$ as further variables, these $S \cdot A$ constraints stand for all $A^S$ policies, and one more ties them to the
# expert: $\sum_s p(s_1 = s)\,V(s) \le \psi^\top\mu_E + \xi$. The package calls it `compact_program`.

# %%
same, slack = package.compact_program(*problem, C=10.0)
print(f"cutting planes {psi.round(4)}, slack {cuts.slack:.4f}")
print(f"compact        {same.round(4)}, slack {slack:.4f}")
print(f"largest difference {np.abs(psi - same).max():.1e}")
print(f"{(cuts.weights > 1e-6).sum()} of the {len(cuts)} policies hold psi")

# %% [markdown]
# Two quite different programs, one answer, and five of the ten policies hold it. 1,600 constraints are no burden to a solver.
# Cutting planes win when the states and actions are too many to write down, or when the planner at hand looks at few of them,
# as A* does.

# %% [markdown]
# ### ☆ What do the price and the features change?
#
# **Predict:** which is worse on the held-out half, a price ten times too low or ten times too high? And would it help to have
# two more features, which fade with the distance to the road and to trees? (Means over eight maps.)

# %%
five = [road_map(seed, 24, 24, smoothed=True) for seed in range(8)]
for few, C in [(maps[:8], 0.1), (maps[:8], 1.0), (maps[:8], 10.0), (maps[:8], 100.0), (five, 10.0)]:
    means = [np.mean([cost_ratio(c, d, learn(c, d, C)) for c in few]) for d in DRIVERS]
    n_features = few[0].training.features.shape[2]
    print(f"{n_features} features, C = {C:5g}: road {means[0]:.2f}, trees {means[1]:.2f}")

# %% [markdown]
# Too low is worse. At 0.1, $\psi$ is so short that next to the loss it hardly counts, and the way is about as dear as the shortest
# one. Too high does hardly any harm here, where the expert never errs: in the trees 1.02 is better than 1.05. And two more
# features gain 0.01 in the trees and lose 0.07 on the road: one path cannot pin down five weights.

# %% [markdown]
# ## What we found
#
# - Of the many $\psi$ that explain an expert, the margin picks the one whose closest rival is furthest behind. Without a norm
#   bound: *unbounded*.
# - Maximum margin and nearest mixture are one problem. The support policies, with a dual above 0, hold $\psi$.
# - If the expert is a mixture of others: *infeasible*. Slack always gives an answer, but a higher price made the plan worse:
#   near-twins, too, were asked for 1.
# - A margin that grows with dissimilarity is not dictated by a near-twin: $|\psi|$ stayed at 0.922, where it had gone to 324.
# - A rival missing from the list makes the margin *wider*. A planner with the loss added finds those that matter: 4 of $4^{21}$,
#   ten of $4^{400}$.
# - One path taught how to drive, not what it costs: 0.2 % and 7 % above the best cost on new maps.

# %% [markdown]
# ## Quiz

# %%
check.quiz("why-unbounded")

# %%
check.quiz("what-infeasible-says")

# %%
check.quiz("higher-price")

# %%
check.quiz("why-add-the-loss")

# %% [markdown]
# ## Go further
#
# - The norm is a choice. Replace the 2-norm in `max_margin` by `cp.norm(psi, 1)` and `cp.norm(psi, "inf")`: which $\psi$, which
#   margin? What happens to each if time in mud counts double?
# - Let the expert err once in ten steps, and watch `structured_margin` fail at every price. Then try `max_margin_planning` with
#   those visits, once with this lesson's `loss` and once with `1 - expert_pi` (0 at the goal). Which one works, and why?
# - Replace the program by subgradient steps, $\psi \leftarrow \psi - \eta\,(\psi - C\,(\mu_E - \mu_\pi))$ with the $\pi$ of
#   `most_violating_policy` and a falling $\eta$. How many plans until the objective is within 1 % of the optimum?
#
# Next: [05 Acting as inference](05_acting_as_inference.ipynb)

# %% [markdown]
# ## References
#
# - Abbeel, P. & Ng, A. Y. (2004). Apprenticeship learning via inverse reinforcement learning. *ICML.* Section 3.
# - Cortes, C. & Vapnik, V. (1995). Support-vector networks. *Machine Learning* 20, 273–297.
# - Kelley, J. E. (1960). The cutting-plane method for solving convex programs. *Journal of the Society for Industrial and
#   Applied Mathematics* 8, 703–712.
# - Ratliff, N. D., Bagnell, J. A. & Zinkevich, M. A. (2006). Maximum margin planning. *ICML*, 729–736.
# - Tsochantaridis, I., Joachims, T., Hofmann, T. & Altun, Y. (2005). Large margin methods for structured and interdependent
#   output variables. *Journal of Machine Learning Research* 6, 1453–1484.
