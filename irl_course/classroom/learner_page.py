"""A learner's page: what is right at once, which idea is wrong, what to try next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from irl_course.checks import exercises
from irl_course.classroom.pages import COURSE, KINDS, MARKS, bar, code, page, said, sandbox, text
from irl_course.classroom.rows import (
    FAULT,
    FOR_THE_TEACHER,
    GRADED,
    MISSING,
    NOTHING,
    PARTLY,
    RIGHT,
    UNREADABLE,
    WRONG,
    Person,
    lesson_title,
    line,
    outcome,
    plural,
    results,
)  # fmt: skip

_LEARNER = """
header{border-bottom:1px solid var(--line);padding-bottom:1.3rem}
.score{margin:.9rem 0 .5rem;font-size:1.15rem}.score b{font-size:2.1rem;line-height:1}
.bars{height:.9rem;max-width:26rem}.lead{margin-top:.8rem}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;padding:0;margin:.8rem 0 0}
.chip{display:block;padding:.15rem .6rem;border:1px solid var(--line);border-left:4px solid
var(--bar);border-radius:6px;background:var(--card);color:var(--ink);text-decoration:none;
font-size:.9rem}.chip:hover{border-color:var(--bar)}
article{border:1px solid var(--line);border-left:5px solid var(--bar);border-radius:8px;
padding:.8rem 1rem;margin:.7rem 0}
article.right{padding:.5rem 1rem}
article>div:first-child{display:flex;gap:.2rem .8rem;align-items:baseline;flex-wrap:wrap}
article h3{flex:1 1 14rem}article h3 code{font-weight:400}
.parts{list-style:none;padding:0;margin:.5rem 0 0;font-size:.94rem}
.parts li{padding-left:1.4em;text-indent:-1.4em}.parts .mark{display:inline-block;width:1.4em;
text-indent:0}
.idea{margin-top:.7rem;padding:.6rem .8rem;border-radius:6px;background:var(--idea)}
.label{display:block;font-size:.8rem;font-weight:700;letter-spacing:.02em;color:var(--soft)}
.seen,.next{margin-top:.7rem}details{margin-top:.7rem}
.total{white-space:nowrap;font-weight:400}.plain{padding-left:1.2rem}
footer{margin-top:2.6rem;padding-top:1rem;border-top:1px solid var(--line)}
footer p+p{margin-top:.4rem}
"""


def learner_page(record: Mapping, person: Person, title: str = "") -> str:
    """One learner's feedback: what is right, which idea is wrong, what to try next."""
    name = line(person.name or record["learner"])
    body = {GRADED: _graded, UNREADABLE: _unreadable, MISSING: _nothing_came, FAULT: _fault}[
        record["status"]
    ]
    head = f'<p class="soft">{text(line(title or COURSE))}</p>\n<h1><bdi>{text(name)}</bdi></h1>'
    return page(f"{name}: {title or COURSE}", body(record, head), _LEARNER)


def _unreadable(record: Mapping, head: str) -> Iterator[str]:
    yield f"<header>{head}</header>"
    yield (
        '<article class="partly"><h3>What you handed in could not be read</h3>'
        f"{_reasons(record)}{_hand_in('Open your notebook in JupyterLab, save it, and hand')}"
        "</article>"
    )
    yield _closing(record)


def _nothing_came(record: Mapping, head: str) -> Iterator[str]:
    said = "This is not a mark. If you did hand something in, tell your teacher when and how."
    yield from _notice(head, "Nothing has arrived from you yet", said)


def _fault(record: Mapping, head: str) -> Iterator[str]:
    said = "The grader failed; that has nothing to do with you. There is nothing for you to do."
    yield from _notice(head, "Your work is not graded yet", said)
    yield _closing(record)


def _notice(head: str, title: str, said: str) -> Iterator[str]:
    yield f"<header>{head}</header>"
    yield f'<article class="none"><h3>{title}</h3><p class="next">{said}</p></article>'


def _reasons(record: Mapping) -> str:
    """A record's reason, each of its parts as a sentence; what never came is the last."""
    parts = line(record.get("reason", "")).split("; ")
    parts.sort(key=lambda part: part.endswith("not handed in"))
    return "".join(f'<p class="seen">{said(_sentence(part))}</p>' for part in parts)


def _sentence(part: str) -> str:
    if part.partition(" ")[0].isalpha():  # not a file's name
        part = part[:1].upper() + part[1:]
    return part + ("" if part.endswith(".") else ".")


def _hand_in(how: str) -> str:
    return (
        f'<p class="next">This is not a mark. {how} in that file: its name ends in '
        "<code>.ipynb</code>.</p>"
    )


def _graded(record: Mapping, head: str) -> Iterator[str]:
    found = list(results(record))
    points, most = record["points"], record["max_points"]
    shares = [
        (KINDS[kind], sum(e["points"] for _, e in found if outcome(e) == kind))
        for kind in (RIGHT, PARTLY)
    ]
    shares.append(("none", most - points))
    yield (
        f'<header>{head}\n<p class="score"><b>{points}</b> of {most} points</p>'
        f"{bar(shares, f'{points} of {most} points')}"
        f'<p class="lead">{_lead(found, record.get("reason", ""))}</p></header>'
    )
    yield _left_out(record)
    for lesson in sorted(record["lessons"]):
        yield from _lesson(lesson, record["lessons"][lesson], most)
    yield _noticed(record)
    yield _closing(record)


def _left_out(record: Mapping) -> str:
    """Why one of several lessons is not graded, and what to do."""
    if not record.get("reason"):
        return ""
    return (
        '<article class="partly"><h3>Not graded</h3>'
        f"{_reasons(record)}{_hand_in('If you have done it, save it in JupyterLab and hand')}"
        "</article>"
    )


def _lead(found: Sequence[tuple[str, Mapping]], left_out: str = "") -> str:
    """How it went, in a sentence, and where to go on."""
    count = Counter(outcome(exercise) for _, exercise in found)
    if count[RIGHT] == len(found) and left_out:
        return f"All {plural(len(found), 'exercise')} that could be read are right."
    if count[RIGHT] == len(found):
        return f"All {plural(len(found), 'exercise')} are right. Well done!"
    told = [f"{count[RIGHT]} of {plural(len(found), 'exercise')} "
            f"{'is' if count[RIGHT] == 1 else 'are'} right"]  # fmt: skip
    told += [f"{count[kind]} {kind}" for kind in (PARTLY, WRONG, NOTHING) if count[kind]]
    if count[NOTHING] == len(found):
        told = ["No exercise is attempted yet"]
    open_ones = [(lesson, exercise) for lesson, exercise in found if outcome(exercise) != RIGHT]
    lesson, first = min(open_ones, key=lambda one: (one[0], outcome(one[1]) == NOTHING))
    name = text(first["name"])
    return (
        f"{', '.join(told)}. {'Go on' if len(told) > 1 else 'Start'} with "
        f'<a href="#{lesson}-{name}"><code>{name}</code></a>: {_why(first)}.'
    )


def _why(exercise: Mapping) -> str:
    if outcome(exercise) == NOTHING:
        return "it waits for your answer"
    if exercise.get("idea"):
        return "we think we know which idea is in the way"
    parts = exercise["parts"]
    right = sum(part["points"] == part["max_points"] for part in parts)
    if right:
        return f"{right} of its {len(parts)} parts {'is' if right == 1 else 'are'} right already"
    if exercise.get("traceback"):
        return "your code stopped there with an error"
    return "see below what happened"


def _lesson(lesson: str, judged: Mapping, of_all: int) -> Iterator[str]:
    found = judged["exercises"]
    points, most = (sum(e[key] for e in found) for key in ("points", "max_points"))
    total = ""
    if most != of_all:
        total = f' <span class="soft small total">{points} of {most} points</span>'
    yield f"<h2>{text(lesson_title(lesson))}{total}</h2>"
    if len(found) > 1:
        chips = "".join(
            f'<li><a class="chip {KINDS[outcome(e)]}" href="#{lesson}-{text(e["name"])}" '
            f'aria-label="{text(e["name"])}: {outcome(e)}">'
            f'<span class="mark" aria-hidden="true">{MARKS[outcome(e)]}</span> '
            f"{text(e['name'])}</a></li>"
            for e in found
        )
        yield (
            f'<nav class="screen" aria-label="Exercises of lesson {lesson}">'
            f'<ul class="chips">{chips}</ul></nav>'
        )
    yield from (_exercise(lesson, exercise) for exercise in found)
    yield _cells(judged.get("cells", ()), {line(e.get("traceback", "")) for e in found})


def _exercise(lesson: str, exercise: Mapping) -> str:
    kind, name = outcome(exercise), text(exercise["name"])
    got, most = exercise["points"], exercise["max_points"]
    inner = [
        f'<div><h3><span class="mark" aria-hidden="true">{MARKS[kind]}</span> '
        f"{said(exercise['title'])} {code(exercise['name'], 'soft')}</h3>"
        f'<p class="small"><span class="mark">{kind}</span>, {got} of {plural(most, "point")}'
        "</p></div>"
    ]
    if kind in (PARTLY, WRONG):
        inner += _what_is_wrong(exercise)
    if kind != RIGHT:
        inner.append(_what_next(exercise))
    return f'<article class="{KINDS[kind]}" id="{lesson}-{name}">{"".join(inner)}</article>'


def _what_is_wrong(exercise: Mapping) -> Iterator[str]:
    parts = exercise["parts"]
    if len(parts) > 1:
        items = "".join(_part(part) for part in parts)
        yield f'<ul class="parts" aria-label="Parts">{items}</ul>'
    if exercise.get("idea"):
        yield (
            '<p class="idea"><span class="label">The idea to look at</span>'
            f"{said(exercise['idea'])}</p>"
        )
    if exercise.get("violation"):
        where = f' <span class="soft">({text(exercise["where"])})</span>'
        yield (
            '<p class="seen"><span class="label">What we saw</span>'
            f"{said(exercise['violation'])}{where if exercise.get('where') else ''}</p>"
        )
    if exercise.get("traceback"):
        yield (
            '<div class="seen"><span class="label">Where your code stopped</span>'
            f"<pre>{text(exercise['traceback'])}</pre></div>"
        )


def _part(part: Mapping) -> str:
    right = part["points"] == part["max_points"]
    kind = RIGHT if right else PARTLY if part["points"] else WRONG
    return (
        f'<li class="{KINDS[kind]}"><span class="mark" aria-hidden="true">{MARKS[kind]}</span>'
        f'{said(part["title"])} <span class="soft">({part["points"]} of {part["max_points"]})'
        "</span></li>"
    )


def _what_next(exercise: Mapping) -> str:
    known = exercises().get(exercise["name"])
    nudge = f"{said(known.hints[0])}" if known and known.hints else ""
    words = ["hint"] if outcome(exercise) == NOTHING else ["problem", "hint"]
    calls = [code(f'check.{word}("{exercise["name"]}")') for word in words]
    return (
        f'<div class="next"><span class="label">Try next</span><p>{nudge}</p>'
        f'<p class="soft small">In your notebook: {" or ".join(calls)}</p></div>'
    )


def _cells(cells: Sequence[Mapping], shown: set[str]) -> str:
    """What the learner's own cells printed, and where they stopped, but for what is shown above."""
    items = []
    for cell in cells:
        error = cell.get("error", "") if line(cell.get("error", "")) not in shown else ""
        output = cell.get("output", "")
        if error or output.strip():
            both = "\n".join(part for part in (output.rstrip(), error) if part)
            items.append(
                f"<details><summary>{text(line(cell['label']))}: "
                f"{'stopped with an error' if error else 'what it printed'}</summary>"
                f"<pre>{text(both)}</pre></details>"
            )
    if not items:
        return ""
    return f'<section class="small"><h3>Your own cells</h3>{"".join(items)}</section>'


def _noticed(record: Mapping) -> str:
    found = [
        f"<li>{said(line(problem))}</li>"
        for _, judged in sorted(record["lessons"].items())
        for problem in judged.get("problems", ())
        if FOR_THE_TEACHER not in problem
    ]
    if not found:
        return ""
    return f'<h2>What we noticed about your file</h2><ul class="plain">{"".join(found)}</ul>'


def _closing(record: Mapping) -> str:
    levels = [judged["level"] for judged in record.get("lessons", {}).values()]
    costs = ran = ""
    if levels:
        costs = "A wrong exercise costs its own points alone: what builds on it was judged with "
        costs += "the course’s version in its place. "
        ran = f" Your code ran in a sandbox of its own, level {sandbox(levels)}."
    files = [name for name in line(record.get("file", "")).split(", ") if name]
    handed_in = f"Handed in as {', '.join(map(code, files))}." if files else ""
    return (
        f'<footer class="soft small"><p>{costs}If something here looks unfair, show this page to '
        f"your teacher.</p><p>{handed_in}{ran}</p></footer>"
    )
