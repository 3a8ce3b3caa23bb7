"""Checks of lesson 99, A template: a mean with weights."""

from __future__ import annotations

import numpy as np

from irl_course.checks.core import Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Number
from irl_course.checks.quiz import Option, Quiz


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Sum of weights * values over the sum of the weights (Owen 2013, section 9.2)."""
    return float(np.sum(weights * values) / np.sum(weights))


def _weighted_mean_problems(rng: np.random.Generator) -> list[Problem]:
    # From the smallest to the hardest, and so that no two mistakes give the same answer to all.
    drawn = [
        (np.array([0.0, 10.0]), np.array([3.0, 1.0])),
        (np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.25, 0.25])),
        (rng.normal(size=4), rng.uniform(0.5, 2, size=4)),
        (rng.normal(size=30), rng.exponential(size=30) + 0.01),
    ]
    return [
        Problem(f"{len(values)} values, weights that sum to {weights.sum():.2f}", (values, weights))
        for values, weights in drawn
    ]


EXERCISES = [
    Exercise(
        name="weighted_mean",
        title="A mean with weights",
        reference=weighted_mean,
        # How an answer is read: checks/forms.py has arrays and policies, too. The label begins the
        # sentence about an answer that cannot be read: "the mean is None: is a `return` missing?"
        form=Number("the mean"),
        problems=_weighted_mean_problems,
        # A title for the list of points (shown where there are several parts), the points, a law.
        # The label of `matches` begins what it says: "the mean is 3; it should be 2.5."
        parts=(Part("the mean", 1, matches("the mean")),),
        misconceptions=(  # what learners really do wrong, each as small code and what to tell them
            Misconception(
                "not_divided",
                lambda values, weights: float(np.sum(weights * values)),
                "You summed the weighted values. Divide by what the weights sum to, unless that is 1 anyway.",
            ),
            Misconception(
                "plain",
                lambda values, weights: float(np.mean(values)),
                "Your mean counts every value alike. Where do the weights come in?",
            ),
            Misconception(
                "divided_by_number",
                lambda values, weights: float(np.mean(weights * values)),
                "You divided by how many values there are. The weights say how much there is to divide by.",
            ),
            Misconception(
                "weighs_after",
                lambda values, weights: float(np.sum(values) / np.sum(weights)),
                "You divided by the weights' sum, but the values above the line are not weighted yet.",
            ),
            Misconception(
                "inverse",
                lambda values, weights: weighted_mean(values, 1 / weights),
                "Your weights count the other way round: a larger weight pulls your mean less.",
            ),
            Misconception(
                "squared",
                lambda values, weights: weighted_mean(values, weights**2),
                "Each of your weights counts twice over, as its square.",
            ),
            Misconception(
                "heaviest",
                lambda values, weights: float(values[np.argmax(weights)]),
                "You return the value with the largest weight. The others pull, too.",
            ),
            Misconception(
                "not_summed",
                lambda values, weights: weights * values / np.sum(weights),
                "You return one number per value. The mean is their sum.",
            ),
        ),
        hints=(  # from a nudge to nearly the answer
            "What would you do if the weights were whole numbers, and each value came that many times?",
            "Two sums: the weighted values above the line, the weights alone below it.",
            "`np.sum(weights * values)` is the upper one. Divide it by `np.sum(weights)`.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "what-weights-do",
        "All weights are multiplied by ten. What becomes of the mean?",
        (
            Option(
                "It is ten times as large",
                "The sum below the line grows as much as the one above it.",
            ),
            Option(
                "It stays", "Ten above the line, ten below it: only proportions count.", right=True
            ),
            Option(
                "That depends on the values",
                "Try two values: both sums are ten times as large, always.",
            ),
        ),
    ),
]
