"""A check's result, and the one short block that shows it: as text, and as HTML in JupyterLab."""

from __future__ import annotations

import html
import re
from dataclasses import asdict, dataclass

MARKS = {"correct": "✓", "not right yet": "✗", "not attempted": "○"}


@dataclass(frozen=True)
class PartResult:
    """Points earned for one property of an answer."""

    title: str
    points: int
    max_points: int


@dataclass(frozen=True)
class Result:
    """The outcome of one check: "correct", "not right yet" or "not attempted"."""

    name: str
    title: str
    outcome: str
    parts: tuple[PartResult, ...]
    violation: str = ""  # the first property that fails, in words
    misconception: str | None = None  # the key of the mistake that was recognised
    idea: str = ""  # that mistake's hint
    where: str = ""  # the smallest problem that shows it
    traceback: str = ""  # the learner's own part of it
    listed: bool = False  # right, but lists where the lesson goes on with arrays

    @property
    def points(self) -> int:
        """Points earned, over all parts."""
        return sum(part.points for part in self.parts)

    @property
    def max_points(self) -> int:
        """Points to be had."""
        return sum(part.max_points for part in self.parts)

    @property
    def message(self) -> str:
        """The feedback as plain text; the same for the same answer."""
        return text(self)

    def as_dict(self) -> dict:
        """Everything, ready for JSON."""
        return asdict(self) | {
            "points": self.points,
            "max_points": self.max_points,
            "message": self.message,
        }


def headline(result: Result) -> str:
    """Mark, name, outcome and points in one line."""
    mark = MARKS[result.outcome]
    return (
        f"{mark} {result.name}: {result.outcome}, {result.points} of {_points(result.max_points)}"
    )


def _points(n: int) -> str:
    return f"{n} point" if n == 1 else f"{n} points"


def _next_step(result: Result) -> str:
    if result.outcome == "correct":
        return ""
    if result.outcome == "not attempted":
        return "Write your answer in the cell above, run it, then run this cell again."
    return (
        "Stuck? Open a hint below, or take the failing problem apart in a new cell: "
        f'check.problem("{result.name}")'
    )


def _going_on(result: Result) -> str:
    if result.outcome == "correct":
        return ""
    return f"Until then the name {result.name} means the course's version, and the lesson goes on."


def text(result: Result, notes: tuple[str, ...] = ()) -> str:
    """The block as plain text."""
    lines = [headline(result)]
    if result.outcome == "not right yet" and len(result.parts) > 1:
        lines += [
            f"  {'✓' if part.points == part.max_points else '✗'} {part.title}: "
            f"{part.points} of {part.max_points}"
            for part in result.parts
        ]  # fmt: skip
    if result.idea:
        lines.append(f"  Idea: {plain(result.idea)}")
    if result.violation:
        shown = f" ({result.where})" if result.where else ""
        lines.append(f"  Seen: {plain(result.violation)}{shown}")
    lines += [f"  | {line}" for line in result.traceback.splitlines()]
    lines += [f"  {line}" for line in (*notes, _going_on(result), _next_step(result)) if line]
    return "\n".join(lines)


def plain(markdown: str) -> str:
    """A sentence without its code and stress marks."""
    return re.sub(r"`([^`]+)`|(?<!\*)\*([^*`]+)\*(?!\*)", lambda m: m[1] or m[2], markdown)


_COLOURS = {"correct": "#2e9e63", "not right yet": "#d9622b", "not attempted": "#7d8490"}
_CODE = '<code style="padding:0;background:none">'  # JupyterLab pads code and greys it


def as_html(result: Result, notes: tuple[str, ...] = ()) -> str:
    """The block as HTML: a mark, a word and a bar, so that nothing hangs on colour alone."""
    colour = _COLOURS[result.outcome]
    body = [f'<div><strong><span aria-hidden="true">{MARKS[result.outcome]}</span> '
            f"{_CODE}{html.escape(result.name)}</code>: {result.outcome}</strong>, "
            f"{result.points} of {_points(result.max_points)}</div>"]  # fmt: skip
    if result.outcome == "not right yet" and len(result.parts) > 1:
        body.append(_parts_html(result))
    if result.idea:
        body.append(f'<div style="margin-top:.4em">{inline(result.idea)}</div>')
    if result.violation:
        shown = f" <span>({html.escape(result.where)})</span>" if result.where else ""
        body.append(f'<div style="margin-top:.4em">{inline(result.violation)}{shown}</div>')
    if result.traceback:
        body.append(
            '<pre style="margin:.4em 0;white-space:pre-wrap;overflow-x:auto">'
            f"{html.escape(result.traceback)}</pre>"
        )
    small = [line for line in (*notes, _going_on(result), _next_step(result)) if line]
    if small:
        said = "<br>".join(_calls(html.escape(line, quote=False)) for line in small)
        body.append(f'<div style="margin-top:.4em;font-size:90%">{said}</div>')
    return (
        f'<div role="status" style="border-left:5px solid {colour};padding:.5em .9em;margin:.2em 0;'
        "background:var(--jp-layout-color2,#f5f5f5);color:var(--jp-ui-font-color1,#1f1f1f);"
        f'line-height:1.45;max-width:60em">{"".join(body)}</div>'
    )


def _parts_html(result: Result) -> str:
    items = "".join(
        f"<li>{'✓' if part.points == part.max_points else '✗'} {html.escape(part.title)}: "
        f"{part.points} of {part.max_points}</li>"
        for part in result.parts
    )
    return f'<ul style="list-style:none;margin:.3em 0;padding-left:.5em">{items}</ul>'


def inline(markdown: str) -> str:
    """A sentence with its code and stress marks as HTML; everything else escaped."""

    def tag(match: re.Match) -> str:
        return f"{_CODE}{match[1]}</code>" if match[1] else f"<em>{match[2]}</em>"

    marks = r"`([^`]+)`|(?<!\*)\*([^*`]+)\*(?!\*)"
    return re.sub(marks, tag, html.escape(markdown, quote=False))


def _calls(line: str) -> str:
    return re.sub(r'(check\.\w+\("[^"]*"\))', _CODE + r"\1</code>", line)
