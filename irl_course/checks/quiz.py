"""Quiz questions: pick an option, read what it says back.

In a live notebook a question is a set of buttons; in a page without a kernel every option is a
fold that opens on its answer, so that nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from irl_course.checks.core import lesson_modules, refuse_twins
from irl_course.checks.report import inline, plain


@dataclass(frozen=True)
class Option:
    """One answer to choose: its text, what to say when it is chosen, whether it is right."""

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Quiz:
    """A question with one right option."""

    name: str
    question: str
    options: tuple[Option, ...]


@cache
def quizzes() -> dict[str, Quiz]:
    """Every lesson's questions, by name."""
    listed = {lesson: module.QUIZZES for lesson, module in lesson_modules().items()}
    refuse_twins("quiz", listed)
    return {quiz.name: quiz for group in listed.values() for quiz in group}


def show_quiz(name: str) -> None:
    """Display a question; a KeyError names the known ones when there is none of that name."""
    if name not in quizzes():
        raise KeyError(f"The course has no quiz called {name!r}; it has {', '.join(quizzes())}.")
    quiz = quizzes()[name]
    still = {"text/plain": _text(quiz), "text/html": _folds(quiz)}
    try:
        from IPython import display, get_ipython
    except ImportError:
        print(still["text/plain"])
        return
    if get_ipython() is None:
        print(still["text/plain"])
        return
    display.display(_widget(quiz)._repr_mimebundle_() | still, raw=True)


def _text(quiz: Quiz) -> str:
    options = [
        f"  {letter}) {plain(option.text)}"
        for letter, option in zip("abcdefgh", quiz.options, strict=False)
    ]
    return "\n".join([plain(quiz.question), *options])


def _answer(option: Option) -> str:
    mark, word = ("✓", "Yes.") if option.right else ("✗", "Not quite.")
    return f"{mark} <strong>{word}</strong> {inline(option.feedback)}"


def _folds(quiz: Quiz) -> str:
    folds = "".join(
        f"<details><summary>{inline(option.text)}</summary><p>{_answer(option)}</p></details>"
        for option in quiz.options
    )
    return f"<div><p><strong>{inline(quiz.question)}</strong></p>{folds}</div>"


# JupyterLab cuts a button's text off; here it wraps, and reads like the prose around it.
_STYLE = (
    "<style>.irl-quiz .jupyter-button{white-space:normal;height:auto;text-align:left;"
    "line-height:1.4;padding:6px 10px;max-width:50em;font-size:14px}</style>"
)


def _said(content: str) -> str:
    return (
        f'<div role="status" style="max-width:50em;line-height:1.45;font-size:14px">{content}</div>'
    )


def _widget(quiz: Quiz) -> Any:
    """One button an option (reachable by keyboard) and a line that answers."""
    import ipywidgets as widgets

    said = widgets.HTML(_said(""))
    layout = widgets.Layout(width="auto", margin="2px 0")
    buttons = [
        widgets.Button(description=plain(option.text), layout=layout) for option in quiz.options
    ]

    def choose(button: Any) -> None:
        chosen = quiz.options[buttons.index(button)]
        for other in buttons:
            other.icon = ("check" if chosen.right else "times") if other is button else ""
        said.value = _said(_answer(chosen))

    for button in buttons:
        button.on_click(choose)
    question = widgets.HTML(_STYLE + _said(f"<strong>{inline(quiz.question)}</strong>"))
    box = widgets.VBox([question, *buttons, said])
    box.add_class("irl-quiz")
    return box
