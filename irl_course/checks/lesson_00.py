"""Checks of lesson 00: how a lesson works, on one toy exercise."""

from __future__ import annotations

import numpy as np

from irl_course.checks.core import Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Number
from irl_course.checks.quiz import Option, Quiz


def discounted_return(rewards: np.ndarray, gamma: float) -> float:
    """Sum of gamma**t * rewards[t], with t from 0 (Sutton & Barto 2018, equation 3.8)."""
    rewards = np.asarray(rewards, dtype=float)
    return float(np.sum(gamma ** np.arange(len(rewards)) * rewards))


def _problems(rng: np.random.Generator) -> list[Problem]:
    drawn = [
        (np.array([1.0, 0.0, 4.0]), 0.5),
        (np.round(rng.normal(size=4), 1), 0.9),
        (np.round(rng.normal(size=6), 1) * 100, 0.3),
        (rng.normal(size=30), 0.99),
        (rng.normal(size=5), 1.0),
        (np.array([3, -2, 5, 7]), 0.5),  # integers: what is written into a copy of it is cut off
        (rng.normal(size=4), 0.0),
    ]
    return [
        Problem(f"{len(rewards)} {_kind(rewards)}rewards, γ = {gamma}", (rewards, gamma))
        for rewards, gamma in drawn
    ]


def _kind(rewards: np.ndarray) -> str:
    return "whole-number " if rewards.dtype.kind == "i" else ""


def _terms(rewards: np.ndarray, gamma: float) -> np.ndarray:
    return gamma ** np.arange(len(rewards)) * rewards


_WHOLE = (
    "Your terms are cut to whole numbers: an array of integers keeps no fractions. Write them into a new "
    "`np.zeros(len(rewards))`, not into the rewards themselves or an array made like them."
)


EXERCISES = [
    Exercise(
        name="discounted_return",
        title="The value of a stream of rewards",
        reference=discounted_return,
        form=Number("the return"),
        problems=_problems,
        parts=(Part("the return", 1, matches("the return")),),
        misconceptions=(
            Misconception(
                "undiscounted",
                lambda rewards, gamma: sum(rewards),
                "You added the rewards up as if they all came today. How much is a reward worth that comes "
                "one step later?",
            ),
            Misconception(
                "starts_at_one",
                lambda rewards, gamma: gamma * discounted_return(rewards, gamma),
                "Your first reward is already discounted. It comes at once, at t = 0: what is γ to the power 0?",
            ),
            Misconception(
                "reversed",
                lambda rewards, gamma: discounted_return(rewards[::-1], gamma),
                "You discounted the early rewards most: the list is read from its end. The reward that is "
                "furthest away counts least.",
            ),
            Misconception(
                "reversed_from_one",
                lambda rewards, gamma: gamma * discounted_return(rewards[::-1], gamma),
                "You discounted the early rewards most: the powers of γ run backwards. The first reward counts in full, "
                "and the one furthest away least.",
            ),
            Misconception(
                "grows",
                lambda rewards, gamma: discounted_return(rewards, 1 / gamma if gamma else 1.0),
                "You divided by γ for each step: later rewards would count *more* than early ones.",
            ),
            Misconception(
                "linear",
                lambda rewards, gamma: float(np.sum(gamma * np.arange(len(rewards)) * rewards)),
                "You multiplied by γ·t. The discount compounds, like interest: γ to the *power* t.",
            ),
            Misconception(
                "once",
                lambda rewards, gamma: rewards[0] + gamma * sum(rewards[1:]),
                "You discounted every later reward by γ once. A reward two steps away is discounted twice.",
            ),
            Misconception(
                "rate",
                lambda rewards, gamma: discounted_return(rewards, 1 - gamma),
                "You used 1 − γ as the factor. γ itself is what a reward keeps for each step that it waits.",
            ),
            Misconception(
                "normalised",
                lambda rewards, gamma: (1 - gamma) * discounted_return(rewards, gamma),
                "Your sum is multiplied by 1 − γ: that would be an average. The return is the plain sum.",
            ),
            Misconception(
                "mean",
                lambda rewards, gamma: discounted_return(rewards, gamma) / len(rewards),
                "You divided by the number of rewards: the return is a sum, not a mean.",
            ),
            Misconception(
                "all_once",
                lambda rewards, gamma: gamma * sum(rewards),
                "You discounted the whole sum once. Each reward has a discount of its own: γ once for every step that "
                "it waits.",
            ),
            Misconception(
                "weighted_mean",
                lambda rewards, gamma: np.average(
                    rewards, weights=gamma ** np.arange(len(rewards))
                ),
                "You divided by the sum of the weights, which makes an average. The return is the sum itself.",
            ),
            Misconception(
                "misses_last",
                lambda rewards, gamma: discounted_return(rewards[:-1], gamma),
                "The last reward is missing. `range(n)` already stops before n.",
            ),
            Misconception(
                "misses_first",
                lambda rewards, gamma: discounted_return(rewards, gamma) - rewards[0],
                "The first reward is missing: it stands at index 0, and counts in full.",
            ),
            Misconception(
                "first_only",
                lambda rewards, gamma: rewards[0],
                "Your result is the first reward alone. Does the loop come to an end before you return?",
            ),
            Misconception(
                "last_only",
                lambda rewards, gamma: _terms(rewards, gamma)[-1],
                "Your result is the last term alone. Does the loop add to the total (`+=`), or replace it (`=`)?",
            ),
            Misconception(
                "not_summed",
                _terms,
                "You return one number per reward. The return is a single number: all terms, added up.",
            ),
            Misconception(
                "interest",
                lambda rewards, gamma: discounted_return(rewards, 1 / (1 + gamma)),
                "You divided by 1 + γ for each step, as with an interest rate. Here γ itself is the factor per step.",
            ),
            Misconception(
                "compounded",
                lambda rewards, gamma: float(
                    sum(gamma ** (t * (t + 1) / 2) * r for t, r in enumerate(rewards))
                ),
                "Your discount shrinks by γ to the power t *on top of* what it has lost before. One more step costs "
                "one more γ.",
            ),
            Misconception(
                "late",
                lambda rewards, gamma: rewards[0] + discounted_return(rewards[1:], gamma),
                "Your first two rewards both count in full. The second one waits for a step: it is worth γ of itself.",
            ),
            *(
                Misconception(
                    f"always_{fixed}",
                    lambda rewards, gamma, fixed=fixed: discounted_return(rewards, fixed),
                    f"Your result is that of γ = {fixed}, whatever γ is given. Use the argument `gamma`.",
                )
                for fixed in (0.5, 0.9, 0.95)
            ),
            Misconception(
                "integer_terms",
                lambda rewards, gamma: int(_terms(rewards, gamma).astype(int).sum()),
                _WHOLE,
            ),
            Misconception(
                "integer_copy",
                lambda rewards, gamma: float(_terms(rewards, gamma).astype(rewards.dtype).sum()),
                _WHOLE,
            ),
            Misconception(
                "integer_total",
                lambda rewards, gamma: int(discounted_return(rewards, gamma)),
                "Your result is cut to a whole number. Return it as it is.",
            ),
            Misconception(
                "rounded",
                lambda rewards, gamma: round(discounted_return(rewards, gamma), 2),
                "Your result is rounded to two digits. Round where you print, not where you compute.",
            ),
        ),
        hints=(
            "Write the weights of the first three rewards down on paper: 1, then what, then what?",
            "`np.arange(len(rewards))` is 0, 1, 2, …; a number to the power of that array is an array of weights.",
            "Multiply the weights `gamma ** np.arange(len(rewards))` by the rewards, and sum the products.",
        ),
    ),
]

QUIZZES = [
    Quiz(
        "which-reward",
        "Liking the park, and liking the park while avoiding mud, explain this drive equally well. What would tell them apart?",
        (
            Option(
                "More recordings of the same drive",
                "A second copy of the same evidence leaves both standing: each of them already expects it.",
            ),
            Option(
                "The same driver on the day the park is closed",
                "A changed world makes the two rewards disagree: one then goes straight through the mud, the other takes "
                "the bottom way.",
                right=True,
            ),
            Option(
                "A faster computer",
                "The doubt is not in the computation. Both rewards were solved exactly; the evidence does not choose.",
            ),
        ),
    ),
    Quiz(
        "after-a-cross",
        "A check shows ✗ and the next cell runs anyway. What did the next cell use?",
        (
            Option(
                "My wrong function",
                "No: one slip would then spoil everything after it. After ✗ or ○ the name stands for the course's "
                "version.",
            ),
            Option(
                "The course's version of the function",
                "That is why the lesson always goes on. Run your own cell again before you check a new attempt.",
                right=True,
            ),
            Option(
                "Nothing, the cell was skipped",
                "Nothing is skipped. `check` hands back a function in every case: yours when it is right, the "
                "course's otherwise.",
            ),
        ),
    ),
]
