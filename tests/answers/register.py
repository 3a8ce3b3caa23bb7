"""How a lesson's module collects its answers: each is marked where it is written."""

from collections.abc import Callable

from irl_course.checks.core import find

RightAnswers = dict[str, list[Callable]]
WrongAnswers = dict[str, list[tuple[Callable, str]]]


def register() -> tuple[RightAnswers, WrongAnswers, WrongAnswers, WrongAnswers]:
    """Empty dicts by exercise: right answers, wrong ideas, slips of the pen, endless answers."""
    return {}, {}, {}, {}


def marker(
    exercise: str,
    right: RightAnswers,
    wrong: WrongAnswers,
    slips: WrongAnswers,
    endless: WrongAnswers,
) -> tuple[Callable, ...]:
    """Decorators that file an answer under one exercise.

    Returns:
        `right`, `wrong(idea)` and `endless(idea)`, which say in a line what went wrong, and
        `slip(words)`: an answer without a wrong idea, such as a missing return, with words that
        its feedback must hold.

    Raises:
        KeyError: there is no such exercise; near names are said.
    """
    find(exercise)

    def file_right(answer: Callable) -> Callable:
        right.setdefault(exercise, []).append(answer)
        return answer

    def file_in(kind: WrongAnswers) -> Callable[[str], Callable]:
        def explained(words: str) -> Callable[[Callable], Callable]:
            def file(answer: Callable) -> Callable:
                kind.setdefault(exercise, []).append((answer, words))
                return answer

            return file

        return explained

    return file_right, file_in(wrong), file_in(slips), file_in(endless)
