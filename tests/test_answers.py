"""Every check against right and wrong answers as different people write them.

A lesson's answers stand in `answers/lesson_NN.py`; a new lesson is picked up by its number.
"""

import importlib
import importlib.util
from functools import cache

import pytest
from answers.register import marker, register

from irl_course import checks

# What a wrong answer says on its way, about divisions by zero and the like, is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# Right answers are tried with all of them, wrong ones with one each, in turns: an exercise has
# dozens of these, and the seeds differ little.
SEEDS = (0, 1, 2)
EXERCISES = checks.exercises()


grade = cache(checks.grade)


def answers(kind, lesson):
    """One of a lesson's dicts of answers by exercise; empty if the lesson has none."""
    if importlib.util.find_spec(f"answers.lesson_{lesson}") is None:
        return {}
    return getattr(importlib.import_module(f"answers.lesson_{lesson}"), kind, {})


def of_exercise(kind, name):
    return answers(kind, EXERCISES[name].lesson).get(name, [])


def pairs(kind):
    """All answers of a kind as parameters: the exercise, the answer, what is said of it."""
    listed = []
    for name in EXERCISES:
        for entry in of_exercise(kind, name):
            answer, *said = entry if isinstance(entry, tuple) else (entry,)
            listed.append(pytest.param(name, answer, *said, id=f"{name}-{answer.__name__}"))
    return listed


def in_turns(parameters):
    """One seed more for each of the parameters."""
    return [
        pytest.param(*parameter.values, SEEDS[i % len(SEEDS)], id=parameter.id)
        for i, parameter in enumerate(parameters)
    ]


@pytest.mark.parametrize(("name", "answer"), pairs("RIGHT"))
def test_a_right_answer_is_correct(name, answer):
    for seed in SEEDS:
        result = grade(name, answer, seed)
        assert result.outcome == "correct", result.message
        assert (result.points, result.misconception) == (result.max_points, None)


@pytest.mark.parametrize(("name", "answer", "idea", "seed"), in_turns(pairs("WRONG")))
def test_a_wrong_answer_is_never_correct(name, answer, idea, seed):
    result = grade(name, answer, seed)
    assert result.outcome == "not right yet", idea
    assert result.points < result.max_points and result.violation


@pytest.mark.parametrize(("name", "answer", "words", "seed"), in_turns(pairs("SLIPS")))
def test_a_slip_is_named(name, answer, words, seed):
    result = grade(name, answer, seed)
    assert (result.outcome, result.points) == ("not right yet", 0)
    assert words in result.message


@pytest.mark.parametrize(("name", "answer", "idea"), pairs("ENDLESS"))
def test_an_endless_answer_is_ended(name, answer, idea):
    result = checks.grade(name, answer, seconds=0.5)
    assert (result.outcome, result.points) == ("not right yet", 0), idea
    assert "still running" in result.message


@pytest.mark.parametrize("name", EXERCISES)
def test_most_wrong_answers_get_a_hint(name):
    wrong = of_exercise("WRONG", name)
    unnamed = [
        f"{answer.__name__}: {idea}"
        for answer, idea in wrong
        if grade(name, answer, SEEDS[0]).misconception is None
    ]
    said = f"{name}: no misconception explains {len(unnamed)} of {len(wrong)} wrong answers"
    assert len(unnamed) <= len(wrong) / 3, f"{said}; at most a third may be left: {unnamed}"


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_has_enough_answers_to_be_tried_with(name):
    where = f"tests/answers/lesson_{EXERCISES[name].lesson}.py has"
    for kind, least in (("RIGHT", 6), ("WRONG", 12)):
        have = len(of_exercise(kind, name))
        assert have >= least, f"{where} {have} {kind} answers to {name}; give at least {least}"
    called = [answer.__name__ for answer, _ in of_exercise("WRONG", name)]
    twice = {word for word in called if called.count(word) > 1}
    assert not twice, f"{where} several wrong answers to {name} of one name: {twice}"


@pytest.mark.parametrize("lesson", sorted({exercise.lesson for exercise in EXERCISES.values()}))
def test_a_lessons_answers_belong_to_its_exercises(lesson):
    for kind in ("RIGHT", "WRONG", "SLIPS", "ENDLESS"):
        others = set(answers(kind, lesson)) - set(checks.exercises(lesson))
        said = f"tests/answers/lesson_{lesson}.py has {kind} answers to exercises of other lessons"
        assert not others, f"{said}: {others}"


def test_answers_to_an_unknown_exercise_are_refused():
    with pytest.raises(KeyError, match="no exercise called 'typo'"):
        marker("typo", *register())
