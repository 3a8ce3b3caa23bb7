# %% [markdown]
# # 01 Forward reinforcement learning
#
# **By the end you can** take a world and a reward, and say what to do in it, what that is worth, and where it takes you.
#
# About 35 minutes to read and 50 to practise. Builds on [lesson 00](00_start_here.ipynb).
# Time is discounted and never ends. Here you plan; learning from behaviour starts in lesson 02.

# %%
import matplotlib.pyplot as plt
import numpy as np

from irl_course import planning
from irl_course.checks import check
from irl_course.environments import UP, gridworld
from irl_course.interactive import explore, grid_svg, paint, side_by_side, slider
from irl_course.mdp import sample_demos
from irl_course.plotting import (
    draw_grid,
    draw_policy,
    draw_reward,
    draw_trajectory,
    draw_values,
    draw_visits,
    use_style,
)

use_style()

# %% [markdown]
# ## Where can one step take you?
#
# Inverse RL asks which reward a behaviour serves. To answer, you must first be able to go the other way, from a reward
# to a behaviour. Here is a world to do it in: walk from S to G; the three cells marked P are a pit.

# %% alt="A grid of 3 rows and 7 columns. S is at the bottom left, G at the bottom right, and the three cells P between them are the pit."
grid = gridworld(
    """
.......
.......
S.PPP.G
""",
    slip=0.3,
    gamma=0.95,
)
fig, ax = plt.subplots(figsize=(5, 2.4))
draw_grid(ax, grid)
ax.set_title("The short way from S to G leads past the pit")
plt.show()

# %% [markdown]
# The world is a *Markov decision process* (MDP): 21 states, one per cell, counted row by row from the top; four actions;
# a start distribution; a discount $\gamma$; and the probability $p(s'|s,a)$ of landing in $s'$, kept in `mdp.P[s, a, next]`.
# Actions 0 to 3 are left, down, right, up. With probability `slip` a step goes in a random one of these directions. A step into
# the edge leaves you where you are.
#
# **Predict:** in S you choose UP. Where may you land, and how likely is each?

# %%
mdp = grid.mdp
start = grid.cells("S")[0]
for next_state in np.flatnonzero(mdp.P[start, UP]):
    print(grid.where(next_state), mdp.P[start, UP, next_state].round(3))

# %% [markdown]
# Up succeeds with $0.7 + 0.3/4 = 0.775$. A slip to the right is $0.075$; slips to the left and down run into the edge, and
# you stay where you are: $0.15$.
#
# Now the reward $r(s,a)$. You pay for the cell that you are in, whatever you do there: 10 in the pit, 1 elsewhere. The goal is
# free and is never left.

# %% alt="The same grid coloured by reward: the pit is deep red at -10, all other cells are pale red at -1, the goal is grey at 0."
reward = grid.reward({"G": 0.0, "P": -10.0}, step=-1.0)
fig, ax = plt.subplots(figsize=(6, 2.4))
draw_reward(ax, grid, reward, numbers=True)
ax.set_title("A reward is a number for every state and action")
plt.show()
print("reward has shape", reward.shape, "and P has shape", mdp.P.shape)

# %% [markdown]
# ## Is the best reward the best action?
#
# A *policy* says what to do in each state: `pi[s, a]` is the probability of action $a$ in state $s$. Try this one: in each state
# take the action with the largest reward; where actions tie, take the first.
#
# **Predict:** of 200 walks of 50 steps, how many end at the goal?

# %%
greedy_for_reward = np.eye(4)[reward.argmax(axis=1)]  # a row per state, a 1 at its action
walks = sample_demos(mdp, greedy_for_reward, n_demos=200, horizon=50, seed=0)
print("walks that reach the goal:", (walks.states[:, -1] == grid.cells("G")[0]).sum())

# %% [markdown]
# None. Within a cell all actions pay the same, so the policy has no opinion and always goes left. What an action is worth lies
# mostly in *where it takes you*. Suppose somebody told us the *value* $V(s)$ of each state, the discounted return that you can
# expect from $s$ on. Then add to the reward what the next state is worth:
#
# $$Q(s,a) = r(s,a) + \gamma \sum_{s'} p(s'|s,a)\, V(s')$$
#
# This is one *Bellman backup* (Bellman 1957).

# %% [markdown]
# ### Exercise: `bellman_backup`
#
# Return $Q$ for all states and actions at once. **Predict first:** if $V$ is 0 everywhere, what is $Q$?


# %%
def bellman_backup(mdp, reward, V):
    """What each action is worth if the next state is worth V.

    Args:
        mdp: the world; mdp.P has shape (S, A, S), mdp.gamma is the discount.
        reward: r(s, a), shape (S, A).
        V: value of each state, shape (S,).

    Returns:
        Q, shape (S, A).
    """
    ### BEGIN SOLUTION
    return reward + mdp.gamma * (mdp.P @ V)
    ### END SOLUTION


# %%
bellman_backup = check(bellman_backup)

# %% [markdown]
# At work: suppose that only the goal is known, and everything else is worth −20 (a cost of 1 for ever: $-1/(1-\gamma)$).
# What does each action look like in the cell above the goal?

# %%
V_guess = np.full(mdp.n_states, -20.0)
V_guess[grid.cells("G")] = 0.0
above_goal = grid.index(1, 6)
for name, q in zip(
    ["left", "down", "right", "up"], bellman_backup(mdp, reward, V_guess)[above_goal]
):
    print(f"{name:>5} {q:7.2f}")

# %% [markdown]
# Down is worth far more than the others: it is the action that lands on the goal most often. The other three are not
# equal to −20 either, since each of them may *slip* into the goal.

# %% [markdown]
# ## What if nobody tells you the values?
#
# Then start with $V = 0$, and let the backup produce the next $V$ by taking the best action: $V(s) \leftarrow \max_a Q(s,a)$.
# One backup of all states is a *sweep*. Sweep again and again. **Predict:** how does the picture of $V$ change?

# %% alt="Four panels with the values after 1, 3, 10 and 100 sweeps, on one colour scale. After one sweep only the pit stands out; then cells far from the goal darken, until after 100 sweeps every cell holds the expected discounted cost of the way that remains."
V, shown = np.zeros(mdp.n_states), {}
for sweep in range(1, 101):
    V = bellman_backup(mdp, reward, V).max(axis=1)
    if sweep in (1, 3, 10, 100):
        shown[sweep] = V
fig, axes = plt.subplots(2, 2, figsize=(11, 5.4))
for ax, (sweep, values) in zip(axes.flat, shown.items()):
    draw_values(ax, grid, values, vmax=(-20.0, 0.0), numbers=True, colorbar=False)
    ax.set_title(f"after {sweep} sweep{'s' * (sweep > 1)}")
plt.show()

# %% [markdown]
# After one sweep each cell knows its own cost. Each sweep then carries the news one step further: after three, cells
# that cannot reach the goal in three steps are still too optimistic. At the end, $V$ is minus the cost of the way that remains.
# The picture stops changing, and that is the moment to stop.

# %% [markdown]
# ### Exercise: `value_iteration`
#
# Repeat the sweep until *no* state's value changes by `tol` or more. Return the values, and the policy that takes the best
# action in each state: `pi[s, a]` is 1 for it and 0 for the others.
#
# **Predict:** which needs more sweeps, $\gamma = 0.5$ or $\gamma = 0.95$?


# %%
def value_iteration(mdp, reward, tol):
    """The optimal values, and a policy that reaches them.

    Args:
        mdp: the world.
        reward: r(s, a), shape (S, A).
        tol: stop when the largest change of a value in one sweep is below this.

    Returns:
        V, shape (S,), and pi, shape (S, A): a 1 in each row, at a best action (any, if several tie).
    """
    ### BEGIN SOLUTION
    V = np.zeros(mdp.n_states)
    while True:
        Q = bellman_backup(mdp, reward, V)
        new_V = Q.max(axis=1)
        if np.abs(new_V - V).max() < tol:
            return new_V, np.eye(mdp.n_actions)[Q.argmax(axis=1)]
        V = new_V
    ### END SOLUTION


# %%
value_iteration = check(value_iteration)

# %% [markdown]
# At work: the optimal values, and the action that reaches them in each cell. Your function plans anew after every stroke.


# %%
V, pi = value_iteration(mdp, reward, tol=1e-8)


def best_plan():
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    draw_values(ax, grid, V, label="optimal value")
    draw_policy(ax, grid, pi)
    ax.set_title("The best way leaves one row free beside the pit")
    return fig


def plan_in(world):
    costs = {kind: cost for kind, cost in {"G": 0.0, "P": -10.0}.items() if kind in world.text}
    V, pi = value_iteration(world.mdp, world.reward(costs, step=-1.0), tol=1e-8)
    picture = grid_svg(world, V, pi, vmax=(-25.0, 0.0), label="optimal value")
    return picture, f"Value of the start: {world.mdp.initial_dist @ V:.2f}.".replace("-", "−")


# %% alt="Optimal values with an arrow in each cell. From S the arrows go up two rows, along the top row to the right, and down to the goal. Above the pit they run to the right, inside it up or out."
paint(
    grid,
    {"#": "wall", "P": "pit", ".": "free"},
    draw=plan_in,
    still=best_plan,
    caption="wall up the middle cell of the top row, then the one below it: "
    "see the arrows first take the risk, then give up the goal.",
)

# %% [markdown]
# Nobody told the agent to leave a row free. It follows from the reward, the slips, and adding up. With both walls the only way leads
# through the pit, and to pay 1 for ever, −20, is better than that: the arrows run to a corner. That is what makes a reward worth
# knowing: it says what to do in *every* cell, and in every world that you paint.

# %% [markdown]
# ## Why does it stop?
#
# One sweep multiplies the largest error by $\gamma$ or less (Puterman 1994, section 6.3):
#
# $$\max_s |V_{k+1}(s) - V^*(s)| \le \gamma \max_s |V_k(s) - V^*(s)|$$
#
# So after $k$ sweeps at most $\gamma^k$ of the first error is left. Measure it.

# %% alt="The largest error of V against the number of sweeps on a logarithmic scale, for discounts 0.5 and 0.95. Each measured curve stays below its dashed bound, the power of the discount."
fig, ax = plt.subplots(figsize=(6, 3))
for colour, gamma in enumerate([0.5, 0.95]):
    world = mdp.replace(gamma=gamma)
    best, V, errors = value_iteration(world, reward, tol=1e-12)[0], np.zeros(mdp.n_states), []
    for _ in range(120):
        errors.append(np.abs(V - best).max())
        V = bellman_backup(world, reward, V).max(axis=1)
    ax.semilogy(errors, f"C{colour}", label=f"γ = {gamma}")
    bound = errors[0] * gamma ** np.arange(120)
    ax.semilogy(bound, f"C{colour}--", label=f"bound, γ = {gamma}")
ax.set(xlabel="sweep k", ylabel="largest error", ylim=(1e-8, None))
ax.set_title("The error stays below its bound")
ax.legend()
plt.show()

# %% [markdown]
# The patient agent needs more sweeps: it looks further ahead. With $\gamma = 0.5$ the error falls about as fast as promised. With
# $\gamma = 0.95$ it falls far faster: most walks end at the goal soon, so that there is little future to be wrong about. A bound
# speaks for the worst world.

# %% [markdown]
# **What goes wrong at $\gamma = 1$?** The bound then promises nothing. Let the goal pay 1 in every step that you spend
# there, and count.

# %%
goal_pays = grid.reward({"G": 1.0, "P": -10.0}, step=-1.0)
for gamma in (0.95, 1.0):
    V = np.zeros(mdp.n_states)
    for sweep in range(1, 1001):
        V = bellman_backup(mdp.replace(gamma=gamma), goal_pays, V).max(axis=1)
        if sweep in (10, 100, 1000):
            print(f"γ = {gamma}, sweep {sweep:4}: V(goal) = {V[grid.cells('G')[0]]:.2f}")

# %% [markdown]
# With $\gamma = 0.95$ the goal settles at $1/(1-\gamma) = 20$. With $\gamma = 1$ it grows by 1 in every sweep, for ever: your
# loop would never end. A discount below 1 is what makes an endless life comparable.

# %% [markdown]
# ## How much does noise change the plan?
#
# **Predict:** without slips, which way will the agent go? Then move the sliders.


# %%
def without_and_with_slip():
    fig, axes = plt.subplots(1, 2, figsize=(9, 2.3))
    for ax, slip in zip(axes, (0.0, 0.3)):
        world = grid.replace(slip=slip)
        plan = planning.policy_iteration(world.mdp, reward)[1]
        calm = sample_demos(grid.replace(slip=0.0).mdp, plan, n_demos=1, horizon=10, seed=0)
        draw_grid(ax, world)
        draw_trajectory(ax, world, calm.states[0])
        steps = len(set(calm.states[0])) - 1
        ax.set_title(f"planned for slip {slip}: {steps} steps if nothing slips")
    return fig


# %%
def plan_for(slip, gamma, goal):
    world = grid.replace(slip=slip, gamma=gamma)
    pays = world.reward({"G": goal, "P": -10.0}, step=-1.0)
    V, plan = planning.policy_iteration(world.mdp, pays)
    visits = planning.occupancy(world.mdp, plan)
    scale = ((min(goal, 0.0) / 2 - 1.5) / (1 - gamma), max(goal, 0.0) / (1 - gamma))
    pictures = (
        grid_svg(world, V, plan, vmax=scale, label="value"),
        grid_svg(world, visits, vmax=2.0, label="time spent there"),
    )
    share = visits[world.cells("P")].sum() * (1 - gamma)
    at = f"Slip {slip:.2f}, γ {gamma:.2f}, goal {goal:.1f}"
    text = f"{at}: V(S) is {V[start]:.2f}; {share:.1%} of the time goes to the pit."
    return side_by_side(*pictures), text.replace("-", "−")


# %% alt="Two policies side by side. Without slip the path runs along the row next to the pit, 8 steps; with slip 0.3 it runs along the top row, 10 steps."
explore(
    plan_for,
    still=without_and_with_slip,
    caption="raise the slip from 0, and see where the route leaves the pit's side; "
    "then make the goal cost more than a step.",
    slip=slider(0.0, 1.0, 0.3, 0.05, "slip"),
    gamma=slider(0.5, 0.99, 0.95, 0.01, "discount γ"),
    goal=slider(-2.0, 2.0, 0.0, 0.1, "goal reward"),
)

# %% [markdown]
# Without slips the agent walks along the pit's edge, 8 steps; with slip 0.3 it prefers 10 safe steps to 8 risky ones. The route
# changes between 0.2 and 0.25. At slip 1 the actions do nothing and all are equally good (the arrows show the first). And with a
# goal that costs more than a step, the agent walks away from it: *goal* is only a name, the reward decides.

# %% [markdown]
# ## What is any policy worth?
#
# The agents we will learn from are not optimal. So ask for the value of *any* policy $\pi(a|s)$. Average over its choices, and no
# decision is left: each state has one reward, and one row of probabilities for the next state.
#
# $$\begin{aligned} V &= r_\pi + \gamma P_\pi V \\ r_\pi(s) &= \sum_a \pi(a|s)\, r(s,a) \\
# P_\pi(s,s') &= \sum_a \pi(a|s)\, p(s'|s,a) \end{aligned}$$
#
# There is no max any more: these are as many linear equations as there are states.

# %% [markdown]
# ### Exercise: `policy_evaluation`
#
# Solve them with one call of `np.linalg.solve`. **Predict:** in S, is acting at random worth more or less than −20, the value of
# never arriving and never falling?


# %%
def policy_evaluation(mdp, reward, pi):
    """The value of following a policy for ever.

    Args:
        mdp: the world.
        reward: r(s, a), shape (S, A).
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        V, shape (S,).
    """
    ### BEGIN SOLUTION
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    reward_pi = (pi * reward).sum(axis=1)
    return np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, reward_pi)
    ### END SOLUTION


# %%
policy_evaluation = check(policy_evaluation)

# %%
at_random = np.full((mdp.n_states, mdp.n_actions), 0.25)
for name, policy in [("at random", at_random), ("always left", greedy_for_reward), ("optimal", pi)]:
    print(f"{name:>12}: V(S) = {policy_evaluation(mdp, reward, policy)[start]:7.2f}")

# %% [markdown]
# Acting at random is worse than never arriving: it also falls into the pit. "Always left" costs a little more than 20
# because even it slips to the pit now and then.

# %% [markdown]
# ### Does it give the published numbers?
#
# Sutton & Barto (2018, example 3.5) print the values of a 5×5 grid to one decimal. Every action in the second cell of the
# top row pays 10 and leads to the bottom; the fourth cell pays 5 and leads to the middle; bumping into the edge costs 1;
# $\gamma = 0.9$.

# %% alt="Two 5 by 5 grids of values. Left, the random policy, with 8.8 in the second cell of the top row; right, the optimal values, with 24.4 there."
open_grid = gridworld("\n".join(["....."] * 5), gamma=0.9)
P = open_grid.mdp.P.copy()
sb_reward = -np.einsum("sas->sa", P)  # an action that leaves you where you are has hit the edge
for cell, target, pays in [((0, 1), (4, 1), 10.0), ((0, 3), (2, 3), 5.0)]:
    P[open_grid.index(*cell)] = np.eye(25)[open_grid.index(*target)]
    sb_reward[open_grid.index(*cell)] = pays
sb = open_grid.mdp.replace(P=P)
V_random = policy_evaluation(sb, sb_reward, np.full((25, 4), 0.25))
V_best, _ = value_iteration(sb, sb_reward, tol=1e-8)
fig, axes = plt.subplots(1, 2, figsize=(8, 3.6))
for ax, values, title in [(axes[0], V_random, "random policy"), (axes[1], V_best, "optimal")]:
    draw_values(ax, open_grid, values, numbers=True, colorbar=False)
    ax.set_title(title)
plt.show()

# %%
print(V_random.reshape(5, 5)[0].round(1), " figure 3.2 prints 3.3 8.8 4.4 5.3 1.5")
print(V_best.reshape(5, 5)[0].round(1), " figure 3.5 prints 22.0 24.4 22.0 19.4 17.5")

# %% [markdown]
# Both top rows agree to the printed digit. Notice that the random value of the 10-cell is *below* 10: it leads to the bottom
# edge, where a random walker bumps. The 5-cell is above 5: it leads to the middle.

# %% [markdown]
# ## Where does a policy spend its time?
#
# You cannot see an expert's values. You see where they go. So count: the *occupancy* $\rho_\pi(s,a)$ is the expected number of
# visits, where the start counts 1, the state after one step $\gamma$, after two steps $\gamma^2$, and so on. Think of a crowd that
# follows $\pi$. What is in a cell either started there, or came in from some other cell $s'$ a step ago:
#
# $$\begin{aligned} \rho(s) &= p(s_1 = s) + \gamma \sum_{s'} P_\pi(s', s)\, \rho(s') \\
# \rho_\pi(s,a) &= \rho(s)\, \pi(a|s) \end{aligned}$$
#
# Here $p(s_1 = s)$ is `mdp.initial_dist`, and $s'$ is where the crowd comes *from*.

# %% [markdown]
# ### Exercise: `occupancy`
#
# One linear solve again. **Predict:** what do all entries of $\rho_\pi$ sum to?


# %%
def occupancy(mdp, pi):
    """Expected discounted visits to every state and action under a policy.

    Args:
        mdp: the world; mdp.initial_dist, shape (S,), says where it starts.
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        Visits, shape (S, A).
    """
    ### BEGIN SOLUTION
    P_pi = np.einsum("sa,sat->st", pi, mdp.P)
    rho = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi.T, mdp.initial_dist)
    return rho[:, None] * pi
    ### END SOLUTION


# %%
occupancy = check(occupancy)

# %% alt="Expected visits of the optimal policy: bright along the left edge and the top row with about one visit a cell, dark in and beside the pit; the goal, where it stays, has 10."
visits = occupancy(mdp, pi)
fig, ax = plt.subplots(figsize=(6.4, 2.8))
draw_visits(ax, grid, visits, label="discounted visits", vmax=1.5, numbers=True)
ax.set_title("The crowd takes the top row, and stays at the goal")
plt.show()
print(f"all visits: {visits.sum():.2f}, in the pit: {visits[grid.cells('P')].sum():.3f}")

# %% [markdown]
# Time sums to $1 + \gamma + \gamma^2 + \dots = 1/(1-\gamma) = 20$. Half of it is spent at the goal, which is never left, and almost
# none in the pit. Along the route the numbers fall, because a later visit counts less.

# %% [markdown]
# ## One number for a policy
#
# What does a policy earn, on average, from the start? You can look forward from the start with $V$, or add up what every
# visit pays:
#
# $$J(\pi) = \sum_s p(s_1 = s)\, V_\pi(s) = \sum_{s,a} \rho_\pi(s,a)\, r(s,a)$$

# %% [markdown]
# ### Exercise: `expected_return`
#
# Use either side. It is exact: no sampling.


# %%
def expected_return(mdp, reward, pi):
    """What a policy earns on average, discounted, from the start distribution.

    Args:
        mdp: the world.
        reward: r(s, a), shape (S, A).
        pi: action probabilities, shape (S, A); rows sum to 1.

    Returns:
        A float.
    """
    ### BEGIN SOLUTION
    return float(mdp.initial_dist @ policy_evaluation(mdp, reward, pi))
    ### END SOLUTION


# %%
expected_return = check(expected_return)

# %% [markdown]
# At work, three ways: values, visits, and the plain average over walks that you can watch.

# %%
walks = sample_demos(mdp, pi, n_demos=2000, horizon=200, seed=1)
paid = reward[walks.states[:, :-1], walks.actions]  # a walk has one more state than actions
returns = paid @ mdp.gamma ** np.arange(200)
print(f"values {expected_return(mdp, reward, pi):.3f}   visits {(visits * reward).sum():.3f}")
print(f"2,000 walks {returns.mean():.3f} ± {returns.std() / np.sqrt(2000):.3f}")

# %% [markdown]
# The first two are equal to the last digit, and the walks agree within their standard error. Keep the middle one in mind:
# **the return is linear in the reward**, and the visits are all that it needs to know about a policy. Everything that
# follows in this course stands on that line: if you match an expert's visits, you match their return *under every reward*.

# %% [markdown]
# ## What we found
#
# - The best reward now is not the best action: what counts is $Q$, the reward and everything after it.
# - Backing values up shrinks the error by $\gamma$ a sweep; at $\gamma = 1$ nothing needs to settle.
# - Noise changes the best plan, not only its value.
# - Any policy is evaluated by one linear solve; the values of Sutton & Barto's grid come out to the printed digit.
# - Values look forward from a state, visits from the start; with either one, a policy's return is a single product.

# %% [markdown]
# ## Quiz

# %%
check.quiz("noise-and-walls")

# %%
check.quiz("occupancy-and-value")

# %%
check.quiz("discount-one")

# %% [markdown]
# ## Go further
#
# - Policy iteration alternates your two tools: evaluate, then be greedy. How many rounds does this world need?
#   (`planning.policy_iteration` does it.)
# - Update `V` in place, one state after the other, in place of a whole sweep. Does it arrive sooner? Does the order matter?
# - The package's planner stops by a bound on the *error*, not on the change. How far can the two be apart at $\gamma = 0.99$?
#
# Next: [02 Why learn rewards?](02_why_learn_rewards.ipynb)
#
# ## References
#
# - Bellman, R. (1957). *Dynamic Programming.* Princeton University Press.
# - Puterman, M. L. (1994). *Markov Decision Processes.* Wiley. Sections 6.1 to 6.3 (values, contraction), 6.9 (occupancy).
# - Sutton, R. S. & Barto, A. G. (2018). *Reinforcement Learning: An Introduction*, second edition. MIT Press. Example 3.5,
#   figures 3.2 and 3.5.
