# %% [markdown]
# # 99 A template
#
# **By the end you can** average numbers that do not count alike, and say when that average rests on few of them.
#
# About 5 minutes to read and 5 to practise. Builds on lesson 00.

# %%
import matplotlib.pyplot as plt
import numpy as np

from irl_course.checks import check
from irl_course.plotting import use_style

use_style()

# %% [markdown]
# ## Which numbers count?
#
# A sentence that asks opens each part, and a picture or a few lines of code follow. Here: five routes were driven, and some of them
# are more likely than others. Which cost should you expect?
#
# **Predict** before you run the cell: above or below 6?

# %% alt="Five bars, the chance of each route over its cost 2, 4, 6, 8 and 10: 0.4, 0.3, 0.15, 0.1 and 0.05. Cheap routes are the likely ones."
costs = np.array([2.0, 4.0, 6.0, 8.0, 10.0])
chances = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
fig, ax = plt.subplots(figsize=(5, 2.6))
ax.bar(costs, chances, width=1.2)
ax.set(xlabel="cost of a route", ylabel="chance", title="Cheap routes are the likely ones")
plt.show()

# %% [markdown]
# The plain mean of the five costs is 6. The likely ones are cheap, so what you expect lies below. This is where you read the picture
# back to the reader.

# %% [markdown]
# ### Exercise: `weighted_mean`
#
# A value $x_i$ that counts $w_i$ pulls the mean towards itself:
#
# $$ \bar{x} = \frac{\sum_i w_i x_i}{\sum_i w_i} $$
#
# Only the *proportions* of the weights matter. **Predict:** what is the mean of 0 and 10 with weights 3 and 1?


# %%
def weighted_mean(values, weights):
    """The mean of values of which some count more than others.

    Args:
        values: numbers, shape (N,).
        weights: how much each counts, shape (N,); above zero, and of any sum.

    Returns:
        A float between the smallest value and the largest one.
    """
    ### BEGIN SOLUTION
    return float(np.sum(weights * values) / np.sum(weights))
    ### END SOLUTION


# %%
weighted_mean = check(weighted_mean)

# %% [markdown]
# At work: the expected cost, and what becomes of it when somebody counts the routes in place of their chances.

# %%
print(f"expected cost  {weighted_mean(costs, chances):.2f}")
print(f"40 routes seen {weighted_mean(costs, 40 * chances):.2f}")

# %% [markdown]
# Both are 4.2: forty times the weights are the same proportions.

# %% [markdown]
# ## What we found
#
# - One sentence for each part: a mean with weights depends on their proportions alone.

# %% [markdown]
# ## Quiz

# %%
check.quiz("what-weights-do")

# %% [markdown]
# ## Go further
#
# - How small may a weight become before its value can be left out?
#
# Next: the lesson that nobody has written yet

# %% [markdown]
# ## References
#
# - Owen, A. B. (2013). *Monte Carlo Theory, Methods and Examples.* Section 9.2.
