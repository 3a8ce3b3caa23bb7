# %% [markdown]
# # 02 Why learn rewards?
#
# **By the end you can** say what a copy of an expert cannot do, which rewards explain a behaviour, and what it would take to
# know the right one.
#
# About 45 minutes to read and 45 to practise; the sections marked ☆ can wait for another day. Builds on [lesson 01](01_forward_rl.ipynb).
# Time is discounted and never ends. The expert is optimal; only in the last section it is *soft*.

# %%
import cvxpy as cp
import matplotlib.pyplot as plt
import numpy as np

from irl_course import planning
from irl_course.checks import check
from irl_course.environments import gridworld, random_mdp
from irl_course.interactive import choice, explore, grid_svg, side_by_side, slider
from irl_course.mdp import MDP, sample_demos
from irl_course.planning import bellman_backup, expected_return, greedy_policy, policy_evaluation
from irl_course.plotting import EXPERT, LEARNER, draw_policy, draw_reward, use_style

use_style()

# %% [markdown]
# The planners are those you wrote in lesson 01. One more line makes them repeatable: among equally good actions, `plan` takes
# the first, on every machine.


# %%
def plan(mdp, reward):
    best_values = planning.policy_iteration(mdp, reward)[0]
    Q = bellman_backup(mdp, reward, best_values)
    return greedy_policy(Q.round(9))  # no tie shall be decided by rounding errors


# %% [markdown]
# ## Is it enough to copy?
#
# An expert walks from S through a door to G, and is paid 1 for every step in G. You watch the walks; nobody tells you about
# the payment. One step in ten, the move goes in a random direction.

# %%
home = gridworld(
    """
S...#....
....#....
.........
....#....
....#...G
""",
    slip=0.1,
)
reward = home.reward({"G": 1.0})
expert_pi = plan(home.mdp, reward)

# %% alt="A house of two rooms, 5 rows and 9 columns, with a wall between them and a door in its middle row. Arrows lead from S at the top left through the door to G at the bottom right."
fig, ax = plt.subplots(figsize=(4.6, 2.8))
draw_policy(ax, home, expert_pi)
ax.set_title("From everywhere, the expert finds the door")
plt.show()

# %%
demos = sample_demos(home.mdp, expert_pi, n_demos=100, horizon=40, seed=0)
print(f"states {demos.states.shape}, actions {demos.actions.shape}")

# %% [markdown]
# That is all you get: 100 walks of 40 steps. Action $t$ was chosen in state $t$, so `states` has one column more: nobody
# acts in the last one.
#
# The quickest way to act like the expert is to copy. Count $n(s,a)$, how often the expert took $a$ in $s$, and give every
# action a head start $c$, the *smoothing*:
#
# $$\pi(a|s) = \frac{n(s,a) + c}{\sum_{a'} \left(n(s,a') + c\right)}$$
#
# This is *behaviour cloning* of the plainest kind.

# %% [markdown]
# ### Exercise: `clone_behaviour`
#
# Return these shares. Where the expert never acted and $c = 0$, all that is left is to guess: every action alike.
#
# **Predict first:** in how many of the 41 free cells will the clone have to guess?


# %%
def clone_behaviour(demos, n_states, n_actions, smoothing):
    """Copy how often the expert took each action in each state.

    Args:
        demos: the demonstrations; demos.states has shape (N, T+1), demos.actions (N, T).
        n_states: how many states the world has; not all of them need to occur.
        n_actions: how many actions it has; not all of them need to occur.
        smoothing: the count c that every action starts with.

    Returns:
        pi(a|s), shape (S, A); rows sum to 1, and are uniform where there is nothing to count.
    """
    ### BEGIN SOLUTION
    counts = np.full((n_states, n_actions), float(smoothing))
    np.add.at(counts, (demos.states[:, :-1], demos.actions), 1)
    counts[counts.sum(axis=1) == 0] = 1  # nothing known: a uniform row
    return counts / counts.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
clone_behaviour = check(clone_behaviour)

# %% [markdown]
# At work: where does the clone guess, how often is it there, and what does it earn?

# %%
clone_pi = clone_behaviour(demos, home.mdp.n_states, home.mdp.n_actions, smoothing=0.0)
guesses = ~home.walls.ravel() & ~np.isin(np.arange(home.mdp.n_states), demos.states[:, :-1])
lost_steps = planning.expected_visits(home.mdp, clone_pi, horizon=40)[:, guesses].sum()
print(f"it guesses in {guesses.sum()} cells, and spends {lost_steps:.2f} of 40 steps there")
for name, pi in [("expert", expert_pi), ("clone", clone_pi)]:
    print(f"{name:>6} earns {expected_return(home.mdp, reward, pi):.2f}")

# %% [markdown]
# The clone earns 10.12 of 10.14, though it guesses in 17 cells: they are the ones it hardly ever enters. As a copy, it is
# a full success.

# %% [markdown]
# ## What if a wall moves?
#
# Tonight the door is walled up, and another one opens at the bottom. The goal is where it was, the way is as long as before:
# the expert would shrug.

# %% [markdown]
# ### Exercise: `transfer_return`
#
# What does a policy, made anywhere, earn in a *new* world? Its values there, weighted by where the new world starts:
#
# $$J_{\mathrm{new}}(\pi) = \sum_s p_{\mathrm{new}}(s_1 = s)\, V_{\pi,\mathrm{new}}(s)$$
#
# **Predict first:** at home the clone earned 10.12. After the move: about 10, about 5, or about 0?


# %%
def transfer_return(mdp_new, reward, pi):
    """What a policy earns, on average and discounted, in a world it was not made for.

    Args:
        mdp_new: the new world.
        reward: r(s, a) in the new world, shape (S, A).
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        A float.
    """
    ### BEGIN SOLUTION
    V = policy_evaluation(mdp_new, reward, pi)
    return float(mdp_new.initial_dist @ V)
    ### END SOLUTION


# %%
transfer_return = check(transfer_return)

# %%
moved = home.replace(
    text="""
S...#....
....#....
....#....
....#....
........G
"""
)
replanned = plan(moved.mdp, reward)

# %% alt="Three drawings of the house. Left, the clone at home earns 10.12; in the middle, with the door moved, it earns 0.03: its arrows still lead to where the door was; right, planned again, 10.12: the arrows lead to the new door."
fig, axes = plt.subplots(1, 3, figsize=(11, 2.5))
names = ["the clone, at home", "the clone, door moved", "planned again"]
shown = [(home, clone_pi), (moved, clone_pi), (moved, replanned)]
for ax, name, (world, pi) in zip(axes, names, shown):
    draw_policy(ax, world, pi)
    ax.set_title(f"{name}: earns {transfer_return(world.mdp, reward, pi):.2f}")
plt.show()

# %% [markdown]
# The clone walks to where the door was, and pushes against the wall. Four short arrows in a cell are a guess. Whoever knows
# the *reward* plans again, and loses next to nothing.
#
# Perhaps the clone needs more data? The next ones are smoothed by 1: each of them tries every action now and then, which
# already helps a little behind the moved door. With more walks the smoothing counts for less.
# **Predict:** 2,000 walks in place of 20: better or worse after the move?


# %%
def report(name, pi):
    earned = [transfer_return(world.mdp, reward, pi) for world in (home, moved)]
    print(f"{name:>13}{earned[0]:9.2f}{earned[1]:11.4f}")


# %%
print(f"{'':>13}{'at home':>9}{'door moved':>11}")
for n_demos in (20, 100, 500, 2000):
    walks = sample_demos(home.mdp, expert_pi, n_demos, horizon=40, seed=1)
    report(f"{n_demos:,} walks", clone_behaviour(walks, home.mdp.n_states, 4, smoothing=1.0))
report("the expert's", expert_pi)
report("all guesses", np.full_like(expert_pi, 0.25))

# %% [markdown]
# The better the copy, the worse it travels: 0.50, then 0.04, and the expert's own complete policy earns 0.0001, less than
# guessing. A poor clone at least stumbles through the new door. The expert's *actions* belong to one house. What the expert
# *wants* belongs to all of them, and that is the case for learning the reward (Ng & Russell 2000).

# %% [markdown]
# ## Does one error in a thousand steps matter?
#
# Even in a world that never changes, copying has a second weakness. Here is a road with a ditch beside it. One of the four
# actions keeps you on the road; any other one lands you at the bottom of the ditch, five levels down. There the right
# action climbs one level, and any other one slides to the bottom again. The expert drives perfectly, so nobody ever shows the
# way out.


# %%
def ditch_world(depth):
    """State 0 is the road, the others are levels of the ditch; action 0 is right everywhere."""
    P = np.zeros((depth + 1, 4, depth + 1))
    P[:, 1:, depth] = 1.0
    for level in range(depth + 1):
        P[level, 0, max(level - 1, 0)] = 1.0
    return MDP(P, np.eye(depth + 1)[0], gamma=0.99)


# %%
road, driver = ditch_world(5), np.eye(4)[np.zeros(6, dtype=int)]
trips = sample_demos(road, driver, n_demos=100, horizon=30, seed=0)
clone = clone_behaviour(trips, 6, 4, smoothing=1.0)
print(f"on the road the clone errs with probability {1 - clone[0, 0]:.4f} a step")

# %% [markdown]
# One error in a thousand steps: an excellent copy. (The error comes from the smoothing; it stands for any small error that a
# real copy makes.) Compare it with a driver who makes the *same* errors, but knows what to do in the ditch. How many steps does
# each lose there? A trip has $T$ steps, and all of them count in full.
#
# **Predict,** for the clone and for the other driver: if the trip is twice as long, how much larger is the loss?


# %%
def steps_lost(pi, horizon):
    return np.cumsum(1 - planning.expected_visits(road, pi, horizon)[:, 0].sum(axis=1))


# %%
knows_way_out = np.vstack([clone[:1], driver[1:]])
lost = {"clone": steps_lost(clone, 400), "knows the way out": steps_lost(knows_way_out, 400)}
print(f"{'length of trip':>18}" + "".join(f"{T:8}" for T in (25, 50, 100, 200, 400)))
for name, steps in lost.items():
    print(f"{name:>18}" + "".join(f"{steps[T - 1]:8.2f}" for T in (25, 50, 100, 200, 400)))

# %% alt="Steps lost against the length of the trip, both axes logarithmic. The clone's dashed line rises with slope 2, from 0.3 of 25 steps to 64 of 400; the line of the driver who knows the way out rises with slope 1, to 2 of 400."
fig, ax = plt.subplots(figsize=(5.5, 3.4))
length = np.arange(20, 401)
for (name, curve), style in zip(lost.items(), (LEARNER, EXPERT)):
    ax.loglog(length, curve[length - 1], **style)
    ax.text(420, curve[-1], name, va="center")
ax.loglog(length, (1 - clone[0, 0]) * length**2 / 2, ":", color="0.4")
ax.text(95, 7, "ε T² / 2", color="0.4", ha="right")
ax.set_xticks([25, 50, 100, 200, 400], [25, 50, 100, 200, 400])
ax.minorticks_off()
ax.set(xlabel="length of the trip T", ylabel="steps lost")
ax.set_title("Twice the trip, four times the loss")
plt.show()

# %% [markdown]
# Twice the trip costs the clone four times as much, as long as the loss is a small part of the trip. The
# reason: an error at time $t$ spoils all the $T - t$ steps that are left, and $\sum_t \varepsilon\,(T - t) \approx \varepsilon T^2/2$.
# With a way back, an error costs a fixed number of steps, and the loss grows like $\varepsilon T$.
#
# Ross & Bagnell (2010) prove that copying can lose as much as the order of $T^2\varepsilon$; Ross, Gordon & Bagnell
# (2011, theorem 3.2) get $T\varepsilon$ where one can recover, by asking the expert in the states where the *learner* goes.
# This course takes the other way out: learn what the expert wants, and plan.

# %% [markdown]
# ## How many rewards have one behaviour?
#
# So let us look for the reward. For the rest of the lesson the world is that of Ng & Russell (2000): 5×5 cells, start at the
# bottom left, and three moves in ten go in a random direction. The goal at the top right pays 1 in every step.

# %%
grid = gridworld("\n".join(["....G", *["....."] * 3, "S...."]), slip=0.3, gamma=0.9)
mdp, true_reward = grid.mdp, grid.reward({"G": 1.0})
expert_pi = plan(mdp, true_reward)
print(f"the expert earns {expected_return(mdp, true_reward, expert_pi):.2f}")

# %% alt="The 5 by 5 grid: the goal at the top right is blue for reward 1, all other cells are grey for 0. The arrows lead right and up, along a diagonal to the goal."
fig, ax = plt.subplots(figsize=(4.6, 3.2))
draw_reward(ax, grid, true_reward)
draw_policy(ax, grid, expert_pi)
ax.set_title("The reward, and the expert it makes")
plt.show()

# %% [markdown]
# Imagine deposits. Give every state a *potential* $\Phi(s)$, any number. Leaving $s$ costs $\Phi(s)$; arriving in $s'$ brings
# $\gamma\,\Phi(s')$:
#
# $$r'(s,a) = r(s,a) + \gamma\, E\left[\Phi(s')\,|\,s,a\right] - \Phi(s)$$
#
# Arriving in $s'$ brings $\gamma\,\Phi(s')$ now. Leaving it one step later costs $\Phi(s')$, which is worth $\gamma\,\Phi(s')$ now:
# the two cancel. All that remains along a path is the first payment, $-\Phi(s_1)$.

# %% [markdown]
# ### Exercise: `shape_reward`
#
# Return $r'$ (Ng, Harada & Russell 1999). **Predict first:** if $\Phi$ is pure noise, how many arrows of the best policy turn?


# %%
def shape_reward(mdp, reward, potential):
    """Pay the change of a potential on top of a reward.

    Args:
        mdp: the world; mdp.expect(x) is E[x(s') | s, a], shape (S, A).
        reward: r(s, a), shape (S, A).
        potential: Phi(s), shape (S,).

    Returns:
        The shaped reward, shape (S, A).
    """
    ### BEGIN SOLUTION
    return reward + mdp.gamma * mdp.expect(potential) - potential[:, None]
    ### END SOLUTION


# %%
shape_reward = check(shape_reward)

# %% [markdown]
# At work: three potentials. The first column plans for the shaped reward. The second one does not plan at all, and takes in
# each state the action that pays most *at once*: the mistake of lesson 01.

# %%
V_true = policy_evaluation(mdp, true_reward, expert_pi)
noise = np.random.default_rng(0).normal(size=25)
print(f"{'potential':>12}{'same policy':>13}{'without planning':>18}")
for name, potential in {"0": 0 * noise, "noise": noise, "V itself": V_true}.items():
    shaped = shape_reward(mdp, true_reward, potential)
    same, hasty = (plan(mdp, shaped) == expert_pi).all(), greedy_policy(shaped.round(9))
    print(f"{name:>12}{str(same):>13}{expected_return(mdp, true_reward, hasty):18.2f}")

# %% [markdown]
# Not one arrow turns: $V'_\pi = V_\pi - \Phi$ for *every* policy, so that none gains on another. But look at the last row: shaped by the expert's own values, the reward needs *no planning*: its
# largest entry is the best action, and that earns all of 3.28. For $r + \gamma E[V(s')] - V(s) = Q - V$ is 0 for a best
# action, and negative for any other. How far an expert looks ahead cannot be seen in what the expert does.

# %% [markdown]
# **What goes wrong with other bonuses?** Agents that were paid for progress and never charged for going back have been seen to
# ride in circles (Randløv & Alstrøm 1998). Turn the potential, then pay a bonus in the centre that nobody pays back. The
# colours are means over the four actions.

# %%
steps_to_goal = np.abs(np.subtract([grid.where(s) for s in range(25)], grid.where(4))).sum(axis=1)
POTENTIALS = {"none": 0 * noise, "noise": 2 * noise, "nearness": -steps_to_goal, "V": V_true}
Q_true = bellman_backup(mdp, true_reward, V_true)
best_actions = greedy_policy(Q_true, tol=1e-9) > 0  # all of them, where several are equally good


# %%
def family(potential, strength=1.0, scale=1.0, constant=0.0, bonus=0.0):
    shaped = scale * shape_reward(mdp, true_reward, strength * POTENTIALS[potential]) + constant
    shaped[grid.index(2, 2)] += bonus
    pi = plan(mdp, shaped)
    turned = (~best_actions & (pi > 0)).any(axis=1).sum()
    return shaped, pi, turned, expected_return(mdp, true_reward, pi)


# %%
def show_family(**choices):
    shaped, pi, turned, earned = family(**choices)
    hasty = expected_return(mdp, true_reward, greedy_policy(shaped.round(9)))
    text = f"{turned} of 25 arrows turned: earns {earned:.2f}, and {hasty:.2f} without planning."
    return grid_svg(grid, shaped, pi, signed=True, vmax=3.0, label="reward"), text


# %%
def three_rewards():
    fig, axes = plt.subplots(1, 3, figsize=(11, 3.2))
    for ax, potential, bonus in zip(axes, ["noise", "V", "none"], [0.0, 0.0, 1.75]):
        shaped, pi, turned, earned = family(potential, bonus=bonus)
        draw_reward(ax, grid, shaped, limit=3.0, colorbar=list(axes) if ax is axes[-1] else False)
        draw_policy(ax, grid, pi)
        name = "a bonus in the centre" if bonus else f"shaped by {potential}"
        ax.set_title(f"{name}: {turned} turned, earns {earned:.2f}", fontsize=10)
    return fig


# %% alt="Three rewards on the grid, on one colour scale. Shaped by noise, many colours, no arrow turned, the plan earns 3.28 by the true reward. Shaped by V, all cells pale red, no arrow turned, 3.28. With a bonus of 1.75 in the centre, 6 arrows turned, and only 1.44."
explore(
    show_family,
    still=three_rewards,
    caption="turn potential, strength, scale, constant: colours change, no arrow does; the bonus alone turns arrows.",
    potential=choice(list(POTENTIALS), "noise", "potential"),
    strength=slider(-1.0, 1.0, 1.0, 0.1, "strength"),
    scale=slider(0.1, 3.0, 1.0, 0.1, "scale"),
    constant=slider(-1.0, 1.0, 0.0, 0.1, "constant"),
    bonus=slider(0.0, 3.0, 0.0, 0.25, "bonus in the centre"),
)

# %% [markdown]
# A whole family of rewards has this one policy: 25 numbers of a potential (a constant is one of them: take the same $\Phi$
# everywhere) and a positive scale. A bonus of 1.75 turns six arrows, and the plan earns 1.44 by the true reward. Ng, Harada &
# Russell prove that potentials are the only bonuses that are safe whatever the dynamics are, if $E[\Phi(s')]$ is computed
# afresh in each world.
#
# One warning. A constant is harmless because this world never ends. Where the goal ends the game, being paid 1 a step is a
# reason not to arrive.

# %% [markdown]
# ## Does this reward explain that policy?
#
# Somebody hands you a reward. Is the expert optimal under it? You need not plan to find out: a policy is optimal exactly
# if no *single* change of action, in any state, gains anything (Ng & Russell 2000, theorem 3):
#
# $$Q_\pi(s,a) \le V_\pi(s) \qquad \text{for all } s \text{ and } a$$

# %% [markdown]
# ### Exercise: `is_reward_consistent`
#
# Return True or False. Every state counts, visited or not. Compare with $V_\pi$, not with the $Q$ of the most likely action: a
# policy that is wrong one time in ten is not optimal. Computers round: leave room for $10^{-8}$.
#
# **Predict first:** after the check you will ask about six rewards: the true one; shaped by noise; 10 times it minus 5; its
# opposite; 1 in the start cell, too; nothing at all. Which ones explain the expert?


# %%
def is_reward_consistent(mdp, reward, pi):
    """Whether a policy is optimal under a reward.

    Args:
        mdp: the world.
        reward: r(s, a), shape (S, A).
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        True if no single change of action in any state gains more than rounding, else False.
    """
    ### BEGIN SOLUTION
    V = policy_evaluation(mdp, reward, pi)
    Q = bellman_backup(mdp, reward, V)
    return bool((Q.max(axis=1) <= V + 1e-8).all())
    ### END SOLUTION


# %%
is_reward_consistent = check(is_reward_consistent)

# %%
in_start = np.zeros_like(true_reward)
in_start[grid.cells("S")] = 1.0
nothing = 0 * true_reward
candidates = {
    "the true reward": true_reward,
    "shaped by noise": shape_reward(mdp, true_reward, noise),
    "10 times it, minus 5": 10 * true_reward - 5,
    "its opposite": -true_reward,
    "1 in the start, too": true_reward + in_start,
    "nothing at all": nothing,
}

# %%
for name, candidate in candidates.items():
    print(f"{name:>20}: {is_reward_consistent(mdp, candidate, expert_pi)}")
at_random = np.full_like(expert_pi, 0.25)
print("nothing explains a random walker:", is_reward_consistent(mdp, nothing, at_random))

# %% [markdown]
# **What goes wrong:** *nothing at all* explains the expert. If nothing is paid, no action can be improved. The emptiest reward
# passes the test, for this policy and for any other one. To be an explanation is not enough; we need to say which of all the
# explanations is a *good* one.

# %% [markdown]
# ## Which of all the explanations?
#
# Ng & Russell (2000, section 3.2) ask three things of a reward $R(s)$, paid for being in a state.
#
# 1. The expert's action should *stand out*: in each state, beat the second best by as much as possible.
# 2. $|R(s)|$ has a bound, or twice the reward would always be twice as good.
# 3. It should be *simple*: every unit of $|R(s)|$ has a price, `l1`.

# %% [markdown]
# Let $\pi(s)$ be the expert's one action in $s$, and $P_a$ the moves of somebody who takes action $a$ in every state. The expert's
# *edge* over $a$ is $e_a = (P_\pi - P_a) V$: how much better the next state is, on average. Since $R(s)$ is paid whatever you do,
# $Q(s,\pi(s)) - Q(s,a) = \gamma\, e_a(s)$. And $V = (I - \gamma P_\pi)^{-1} R$, so that every edge is linear in the unknown $R$:
#
# $$e_a = (P_\pi - P_a)\,(I - \gamma P_\pi)^{-1} R$$

# %% [markdown]
# The three wishes together are a *linear program*, the smallest edge and the absolute value included:
#
# $$\max_R\; \sum_s \min_{a \ne \pi(s)} e_a(s) \;-\; \mathtt{l1} \sum_s |R(s)|$$
#
# subject to $e_a(s) \ge 0$ for every other action $a$ in every state, and $|R(s)| \le \mathtt{reward\_max}$.
#
# *cvxpy* solves a program that you write down. Its first use: maximise $x_0 + x_1 - 2|x_0|$, with $|x| \le 1$.

# %%
x = cp.Variable(2)
problem = cp.Problem(cp.Maximize(cp.sum(x) - 2 * cp.abs(x[0])), [cp.abs(x) <= 1])
problem.solve()
print("x =", x.value.round(4) + 0.0)

# %% [markdown]
# A variable, an objective, a list of constraints; afterwards `x.value` holds the answer. Here $x_0$ costs more than it brings.
# Two more words that you will need: `cp.norm1(x)` is $\sum |x_i|$, and `cp.minimum(a, b, c)` takes the smallest of several
# expressions, entry by entry. NumPy's own `minimum` and `abs` do not work on a variable.

# %% [markdown]
# ### Exercise: `ng_russell`
#
# Write it in cvxpy: a variable, the edges, an objective, constraints. The stub gives you `others`: `others[s]` lists the
# actions that the expert does *not* take in $s$, so `mdp.P[states, others[:, k]]` holds, for each state, the row of
# its $k$-th other action, shape (S, S). Build $P_\pi$ from the policy, with `mdp.policy_matrix(pi)`.
#
# `reward_max` may be one number or one per state. **Predict first:** what is $R$ when `l1` is very large?


# %%
def ng_russell(mdp, pi, l1, reward_max):
    """The reward under which the expert's actions stand out most, at a price for its size.

    The linear program of Ng & Russell (2000, section 3.2).

    Args:
        mdp: the world.
        pi: the expert's policy, shape (S, A), a single 1 in each row.
        l1: the price of each unit of |R(s)|.
        reward_max: bound on |R(s)|, one number or shape (S,).

    Returns:
        R(s), shape (S,).
    """
    n_states, n_actions = pi.shape
    states = np.arange(n_states)
    others = np.argsort(pi, axis=1, kind="stable")[:, :-1]  # shape (S, A-1)
    ### BEGIN SOLUTION
    P_pi = mdp.policy_matrix(pi)
    to_values = np.linalg.inv(np.eye(n_states) - mdp.gamma * P_pi)
    R = cp.Variable(n_states)
    edges = [(P_pi - mdp.P[states, others[:, k]]) @ to_values @ R for k in range(n_actions - 1)]
    margin = cp.sum(cp.minimum(*edges))
    constraints = [edge >= 0 for edge in edges] + [cp.abs(R) <= reward_max]
    cp.Problem(cp.Maximize(margin - l1 * cp.norm1(R)), constraints).solve()
    return R.value
    ### END SOLUTION


# %%
ng_russell = check(ng_russell)

# %% [markdown]
# At work, first without a price. Does the program find the goal? And since a reward should travel: a wall with one gap
# appears below the top row. Plan for the recovered $R$ there, and count by the *true* reward.

# %%
walled = grid.replace(
    text="""
....G
##.##
.....
.....
S....
"""
)


# %%
def explain(l1):
    R = ng_russell(mdp, expert_pi, l1, reward_max=1.0)
    R = np.where(np.abs(R) < 1e-3, 0.0, R)  # a planner would follow even a solver's last digits
    return np.repeat(R[:, None], 4, axis=1)


# %%
def judge(R):
    V = policy_evaluation(mdp, R, expert_pi)
    gain = (bellman_backup(mdp, R, V) - V[:, None]).max()
    return gain, transfer_return(walled.mdp, true_reward, plan(walled.mdp, R))


# %%
print(f"{'':>20}{'best deviation gains':>22}{'earns with the wall':>21}")
for name, R in [("R without a price", explain(0.0)), ("the true reward", true_reward)]:
    print(f"{name:>20}{judge(R)[0]:22.4f}{judge(R)[1]:21.2f}")
copied = transfer_return(walled.mdp, true_reward, expert_pi)
print(f"{'copy of the expert':>20}{'':22}{copied:21.2f}")

# %% [markdown]
# **What goes wrong:** no deviation gains anything under this $R$, so it explains the expert perfectly. With the wall it earns
# 0.19 where 3.09 is possible: hardly better than a copy of the expert's arrows, 0.05. Now raise the price, and watch
# the reward and the plan behind the wall.


# %%
def show_price(l1):
    R = explain(l1)
    gain, earned = judge(R)
    at_home = grid_svg(grid, R, expert_pi, signed=True, vmax=1.0, label="R, at home")
    pi = plan(walled.mdp, R)
    behind = grid_svg(walled, R, pi, signed=True, vmax=1.0, label="R, planned with the wall")
    text = f"Cells that pay: {(R[:, 0] != 0).sum()}. The best deviation gains {gain:.4f}. "
    return side_by_side(at_home, behind), text + f"With the wall R earns {earned:.2f}."


# %%
def four_prices():
    fig, axes = plt.subplots(2, 4, figsize=(11, 5.4))
    for (above, below), l1 in zip(axes.T, (0.0, 1.0, 4.0, 7.1)):
        R = explain(l1)
        draw_reward(above, grid, R, limit=1.0, colorbar=False)
        bar = axes.ravel() if l1 == 7.1 else False
        draw_reward(below, walled, R, limit=1.0, colorbar=bar)
        draw_policy(below, walled, plan(walled.mdp, R))
        above.set_title(f"at home, l1 = {l1:g}: {(R[:, 0] != 0).sum()} pay")
        below.set_title(f"with the wall: {judge(R)[1]:.2f}")
    return fig


# %% alt="The recovered reward at four prices, on one colour scale, and below it the plan it makes behind the wall. At l1 = 0 all 25 cells pay or punish, and the plan earns 0.19; at l1 = 1, 13 cells and 3.01; at l1 = 4 only the goal pays, 3.09; at l1 = 7.1 nothing pays, 0.00."
explore(
    show_price,
    still=four_prices,
    caption="raise the price in steps: cell by cell R falls silent, is the true reward for a while, and vanishes.",
    l1=slider(0.0, 9.0, 0.0, 0.1, "price l1"),
)

# %% [markdown]
# The price clears the picture. From about 3 on, only the goal pays, exactly 1: the true reward, though nothing in your program
# knew it. And somewhere above 7 all is gone.
#
# **Predict** which numbers you would add up to know where. A hint: `l1` is the price of one unit of $|R|$. What does one unit,
# in the goal, *buy*? (`cliff` halves an interval of prices until it has the place.)


# %%
def cliff(mdp, pi, reward_max):
    low, high = 0.0, 20.0
    for _ in range(20):
        l1 = (low + high) / 2
        gone = np.abs(ng_russell(mdp, pi, l1, reward_max)).max() < 1e-3
        low, high = (low, l1) if gone else (l1, high)
    return low


# %%
best_first = np.sort(Q_true, axis=1)[:, ::-1]
print(f"R vanishes at l1 = {cliff(mdp, expert_pi, reward_max=1.0):.3f}")
print(f"one unit in the goal buys {(best_first[:, 0] - best_first[:, 1]).sum() / mdp.gamma:.3f}")

# %% [markdown]
# At 7.033 a unit of reward costs what it buys: under the true reward the expert's edges over the second best action add up
# to just that. (The division by $\gamma$ is there because $e_a$ compares the states one step later.)

# %% [markdown]
# ### ☆ Does it give the published number?
#
# Ng & Russell found the same cliff in this world, and showed $R$ just below it, at 1.05. Why not 7.03? It depends on what
# *goal* means. Ours is never left and pays for ever. Let it pay *once*: it then leads to a 26th state, the end, where
# nothing is paid (`reward_max` 0).


# %%
def ends_at(mdp, state):
    """The same world with one more state, the end, to which `state` leads."""
    P = np.pad(mdp.P, ((0, 1), (0, 0), (0, 1)))
    P[state] = 0.0
    P[[state, -1], :, -1] = 1.0
    return MDP(P, np.append(mdp.initial_dist, 0.0), mdp.gamma)


# %%
goal = grid.cells("G")[0]
once, once_pi = ends_at(mdp, goal), np.vstack([expert_pi, expert_pi[:1]])
bounds = np.append(np.ones(25), 0.0)
R = ng_russell(once, once_pi, 1.05, bounds)
elsewhere = np.abs(np.delete(R, goal)).max()
print(f"l1 = 1.05: the goal pays {R[goal]:.2f}, any other cell at most {elsewhere:.2f} in size")
print(f"R vanishes at l1 = {cliff(once, once_pi, bounds):.3f}")

# %% [markdown]
# Paid once, the cliff stands at 1.055; just below it the goal pays 1, and what is left elsewhere is small: as in their figure 2.
# So we reproduce the cliff, its place, and the shape of $R$ there. Two choices in this are ours: that an *absorbing* goal
# pays once, and $\gamma = 0.9$; we did not find a discount in the paper.
#
# How much must you know to set the price? Look along all of them.

# %%
prices = np.round(np.arange(0.0, 8.01, 0.25), 2)
found = [explain(l1) for l1 in prices]

# %% alt="Two curves over the price l1, one above the other. Above, the number of cells that pay falls from 25 at l1 = 0 to 1 at l1 = 3, stays at 1, and drops to 0 at 7.03. Below, what the plan earns with the wall rises from 0.19 at 0 to 3.0 at 0.5, is 3.09 from 3 to 7.03, and drops to 0."
fig, (top, below) = plt.subplots(2, 1, figsize=(6, 4), sharex=True)
top.plot(prices, [(R[:, 0] != 0).sum() for R in found], "o-", markersize=4)
below.plot(prices, [judge(R)[1] for R in found], "o-", markersize=4, color="C1")
for ax in (top, below):
    ax.axvline(cliff(mdp, expert_pi, 1.0), color="0.4", linestyle=":")
top.set(ylabel="cells that pay")
top.set_title("From 3 to the cliff, the simplest explanation is the true one")
below.set(xlabel="price l1", ylabel="earned with the wall")
plt.show()

# %% [markdown]
# All the rewards left of the cliff explain the expert without fault. Without a price the explanation does not travel; a small
# price already helps, though many cells still pay; from 3 on it is the true reward. The window is wide: you need not know the best
# price. But *simple* was our wish, not the expert's. In a world whose true reward is everywhere, the same price would be a
# prejudice.

# %% [markdown]
# ## ☆ What would it take to know the reward?
#
# Suppose that you know the expert's policy without error. How much of the reward is then still open? Count it for a *soft*
# expert, who takes better actions more often (lesson 06): $\pi = e^{Q - V}$. Take the logarithm, and write out $Q$:
#
# $$\log \pi(a|s) = r(s,a) + \gamma\, E\left[V(s')\,|\,s,a\right] - V(s)$$
#
# This $V$ is not $V_\pi$: it is the number that makes the probabilities of each state sum to 1.
# `planning.soft_value_iteration` computes it.
#
# You have met this line: $\log\pi$ is the true reward, *shaped* by the expert's own soft values. Shape it by $-V$, and you have
# the reward back. Only, nobody tells you $V$.

# %%
small, rng = random_mdp(6, 3, gamma=0.9, seed=0), np.random.default_rng(0)
hidden = rng.normal(size=(6, 3))
V_soft, _, soft_pi = planning.soft_value_iteration(small, hidden, tol=1e-12)

# %%
tried = {"the true V": V_soft, "V = 0": 0 * V_soft, "a random V": 3 * rng.normal(size=6)}
for name, V in tried.items():
    explanation = shape_reward(small, np.log(soft_pi), -V)
    pi = planning.soft_value_iteration(small, explanation, tol=1e-12)[2]
    off = [np.abs(pi - soft_pi).max(), np.abs(explanation - hidden).max()]
    print(f"{name:>10}: policy off by {off[0]:.6f}, reward off by {off[1]:.2f}")

# %% [markdown]
# Any $V$ will do: each makes another reward, and all of them have exactly this policy. One number per state stays open,
# whatever you observe in this world (Cao, Cohen & Szpruch 2021). Does it matter? Carry 300 such rewards into another world.

# %%
new = random_mdp(6, 3, gamma=0.9, seed=1)
idle = expected_return(new, hidden, np.full((6, 3), 1 / 3))
best = expected_return(new, hidden, plan(new, hidden))


def share(reward):
    return (expected_return(new, hidden, plan(new, reward)) - idle) / (best - idle)


# %%
others = [V_soft + 3 * rng.normal(size=6) for _ in range(300)]
shares = np.array([share(shape_reward(small, np.log(soft_pi), -V)) for V in others])
print(f"half of them earn less than {np.median(shares):.2f}, {np.mean(shares < 0):.0%} less than 0")

# %% alt="A histogram of what 300 rewards earn in a new world, on a scale where acting at random is 0 and the best plan is 1. They spread from below 0 to 1, with most between 0.4 and 0.8; a vertical line marks the true reward at 1."
fig, ax = plt.subplots(figsize=(5.5, 3))
ax.hist(shares, bins=np.linspace(-1, 1, 41))
ax.axvline(share(hidden), color="C2")
ax.text(0.97, 52, "the true reward", color="C2", ha="right")
ax.set(
    xlabel="earned in a new world (0: acting at random, 1: best)", ylabel="rewards", ylim=(0, 58)
)
ax.set_title("300 rewards, equal at home, differ elsewhere")
plt.show()

# %% [markdown]
# At home, nobody could tell these rewards apart. But each was computed with the old world's $E[\Phi(s')]$ and carried over as fixed
# numbers: in the new world it is no longer a potential, only a reward, and a wrong one.
#
# So watch the same expert in a *second* world. The reward must then explain both policies:
#
# $$r = \log\pi_1 + V_1 - \gamma_1 E_1[V_1(s')] = \log\pi_2 + V_2 - \gamma_2 E_2[V_2(s')]$$
#
# One policy leaves any $V$, and different $V$ give different rewards: a number per state is open. Two policies leave the pairs
# $V_1, V_2$ that agree on $r$. With $T$ for the matrix that takes $V$ to $V - \gamma E[V(s')]$, they are open along the solutions of
# $T_1 V_1 = T_2 V_2$: as many as $(T_1, -T_2)$ has columns beyond its rank.
# **Predict:** which second world tells more about the 5×5 grid: one with a wall, or the same one with another discount?


# %%
def tolls(mdp):
    """The matrix that takes V to V(s) - gamma E[V(s') | s, a], shape (S * A, S)."""
    stay = np.repeat(np.eye(mdp.n_states), mdp.n_actions, axis=0)
    return stay - mdp.gamma * mdp.P.reshape(-1, mdp.n_states)


def left_open(first, second, free=None):
    """How many numbers two policies leave open; where nobody can be (not free), nobody acts."""
    T1, T2 = tolls(first), tolls(second)
    if free is not None:
        T1, T2 = T1[np.repeat(free, 4)], T2[np.repeat(free, 4)][:, free]
    both = np.hstack([T1, -T2])
    return both.shape[1] - np.linalg.matrix_rank(both)


# %%
pairs = {
    "grid, the same world twice": (mdp, mdp),
    "grid, a wall with a gap": (mdp, walled.mdp, ~walled.walls.ravel()),
    "grid, discount 0.5": (mdp, mdp.replace(gamma=0.5)),
    "grid, slip 0.6": (mdp, grid.replace(slip=0.6).mdp),
    "random world, the same twice": (small, small),
    "random world, discount 0.5": (small, small.replace(gamma=0.5)),
    "random world, other dynamics": (small, new),
}
for name, pair in pairs.items():
    numbers = pair[0].n_states * pair[0].n_actions
    print(f"{name:>30}: {left_open(*pair):2} of {numbers} numbers stay open")

# %% [markdown]
# Of 100 numbers, one policy leaves 25 open, one per state, and watching the same world again does not help. The wall changes
# the dynamics only beside it: 16 stay open. Another discount, or a slip that changes everywhere, leaves a single number, and that
# one is the constant. These are the conditions of Cao, Cohen & Szpruch (2021): two discounts, or two *sufficiently different*
# worlds. Try it:

# %%
impatient = small.replace(gamma=0.5)
policies = [
    planning.soft_value_iteration(world, hidden, tol=1e-12)[2] for world in (small, impatient)
]
log_pi = [np.log(pi).ravel() for pi in policies]
both = np.hstack([tolls(small), -tolls(impatient)])
V_found = np.linalg.lstsq(both, log_pi[1] - log_pi[0], rcond=None)[0][:6]
found = log_pi[0] + tolls(small) @ V_found
error = found - hidden.ravel()
print(f"found minus true: from {error.min():.6f} to {error.max():.6f}")

# %% [markdown]
# All 18 entries are off by the same −0.989719: the reward is found, up to a constant. You will rarely be so lucky. Experts
# are not watched in two worlds, and their policies are estimates. So the lessons to come choose among explanations, as the
# price `l1` did: by features (03), by margin (04), by entropy (05 and 06). Keep asking what each choice takes for granted.

# %% [markdown]
# ## What we found
#
# - A copy of an expert is worth what it is worth in one world; the better the copy, the worse it travelled.
# - A clone's errors compound where nobody has shown the way back: twice the trip, four times the loss.
# - A potential, a positive scale and, in an endless world, a constant change the reward and not one arrow.
# - A reward explains a policy if no single deviation gains anything; a reward of nothing explains every policy.
# - Ng & Russell's program finds the true reward for prices from 3 to 7.033, and the published 1.05 when the goal pays once.
# - One soft policy leaves one number per state open; a second discount, or dynamics that differ everywhere, leaves one.

# %% [markdown]
# ## Quiz

# %%
check.quiz("why-not-copy")

# %%
check.quiz("constant-in-an-episode")

# %%
check.quiz("what-fixes-a-reward")

# %% [markdown]
# ## Go further
#
# - Ask the expert: let the clone drive, note what the expert *would* do in the states it reached, add it to the
#   demonstrations, clone again (DAgger, Ross, Gordon & Bagnell 2011). How many rounds does the ditch take?
# - Write a strict `is_reward_consistent`, under which the expert is the *only* optimal policy. Does $R$ without a price pass
#   it? How little can a policy earn at home that is optimal for this $R$?
# - How does the cliff move with $\gamma$ and with the slip? Four cells on the diagonal have two best actions: break these ties
#   otherwise. Which of the two cliffs moves?
# - Rank is not everything. Compare the smallest non-zero singular values of the matrix in `left_open` for the grid with
#   discounts 0.9 and 0.5, and with slips 0.3 and 0.31. Where would you rather use estimated policies?
#
# Next: [03 Feature matching](03_feature_matching.ipynb)

# %% [markdown]
# ## References
#
# - Cao, H., Cohen, S. N. & Szpruch, Ł. (2021). Identifiability in inverse reinforcement learning. *NeurIPS 34.*
# - Ng, A. Y., Harada, D. & Russell, S. (1999). Policy invariance under reward transformations: theory and application to reward
#   shaping. *ICML*, 278–287.
# - Ng, A. Y. & Russell, S. (2000). Algorithms for inverse reinforcement learning. *ICML.* Theorem 3, section 3.2, figure 2.
# - Randløv, J. & Alstrøm, P. (1998). Learning to drive a bicycle using reinforcement learning and shaping. *ICML*, 463–471.
# - Ross, S. & Bagnell, J. A. (2010). Efficient reductions for imitation learning. *AISTATS*, PMLR 9, 661–668.
# - Ross, S., Gordon, G. J. & Bagnell, J. A. (2011). A reduction of imitation learning and structured prediction to no-regret
#   online learning. *AISTATS.* Theorem 3.2.
