"""The teacher's pages: the class at a glance, and submissions that resemble each other."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from irl_course.classroom.pages import (
    COURSE,
    KINDS,
    MARKS,
    bar,
    code,
    link,
    page,
    said,
    sandbox,
    text,
)  # fmt: skip
from irl_course.classroom.rows import (
    FAULT,
    GRADED,
    MISSING,
    OUTCOMES,
    RIGHT,
    UNREADABLE,
    Class,
    Mark,
    Row,
    lesson_title,
    line,
    plural,
)  # fmt: skip
from irl_course.classroom.similar import Pair
from irl_course.classroom.tables import late

MOST_ROWS = 2_000  # learners in the class page's table; grades.csv has them all
ENOUGH = 8  # learners whose points have quarters
MOST_IDEAS = 12  # misconceptions shown at once; the others are folded away
MOST_SIGNS = 10_000  # of an answer that is shown beside another

_CLASS = """
.numbers{display:flex;flex-wrap:wrap;gap:.6rem 2.4rem;list-style:none;padding:0;margin:1.1rem 0 0}
.numbers b{display:block;font-size:1.8rem;line-height:1.15}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:0 0 .6rem}
.rows{list-style:none;padding:0;margin:0}
.rows+h3{margin-top:1.2rem}.lead{margin-top:1.1rem}
.rows>li{display:grid;grid-template-columns:minmax(0,17rem) minmax(0,1fr) 8.5rem;gap:.1rem 1rem;
align-items:center;padding:.3rem 0}
.rows .bars{height:1.05rem}.rows p:last-child{text-align:right;white-space:nowrap}
.ideas>li{grid-template-columns:3.2rem minmax(0,1fr);align-items:start;padding:.55rem 0;
border-top:1px solid var(--line)}
.ideas b{font-size:1.35rem;line-height:1.2;text-align:right}
.ideas .bars{height:.35rem;margin-top:.4rem;max-width:22rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;font-size:.9rem;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .55rem;border-bottom:1px solid var(--line);text-align:center}
tr:last-child>*{border-bottom:0}
.who{text-align:left;position:sticky;left:0;background:var(--ground);min-width:8rem;
max-width:14rem;font-weight:400;z-index:1}td{white-space:nowrap}td.status{text-align:left;
white-space:normal}
thead th{vertical-align:bottom;font-weight:600;font-size:.82rem}
thead .turned{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;
text-align:left;font-weight:400;margin:0 auto}
td .mark{margin-right:.15em}td.first{border-left:2px solid var(--line)}
.plain{padding-left:1.2rem}.plain li{margin:.25rem 0}footer{margin-top:2.6rem;padding-top:1rem;
border-top:1px solid var(--line)}
@media (max-width:40rem){.rows:not(.ideas)>li{grid-template-columns:minmax(0,1fr) auto}
.rows:not(.ideas)>li>:first-child{grid-column:1}.rows:not(.ideas)>li>.bars{grid-column:1/-1;
grid-row:2}th,td{padding:.3rem .4rem}.who{min-width:6.5rem;max-width:9rem}}
@media print{@page{size:A4 landscape;margin:12mm}.scroll{overflow:visible;border:0}
table{font-size:8pt}thead{display:table-header-group}.who{position:static}}
"""


def class_page(everyone: Class, alike: Sequence[Pair], title: str = "") -> str:
    """The class at a glance: which exercises, which misconceptions, then everybody."""
    return page(f"{title or COURSE}: the class", _class_body(everyone, alike, title), _CLASS,
                 "wide")  # fmt: skip


def _class_body(everyone: Class, alike: Sequence[Pair], title: str) -> Iterator[str]:
    yield f'<header><p class="soft">{text(line(title or COURSE))}</p>\n<h1>The class</h1>'
    yield _numbers(everyone)
    yield f"{_first_glance(everyone)}</header>"
    yield from _which_exercises(everyone)
    yield from _which_ideas(everyone)
    yield from _to_look_at(everyone, alike)
    yield from _table(everyone)
    levels = {level for row in everyone.rows for level in row.levels}
    ran = f"Learners’ code ran in a sandbox, level {sandbox(levels)}. " if levels else ""
    yield (
        f'<footer class="soft small"><p>{ran}The same as tables: <a href="grades.csv">grades.csv'
        '</a>, <a href="canvas.csv">canvas.csv</a>, <a href="moodle.csv">moodle.csv</a>. '
        "The learners’ pages, to hand back, are in <code>feedback/</code>: "
        "grades.csv says which is whose.</p>"
        "</footer>"
    )


def _numbers(everyone: Class) -> str:
    by = Counter(row.status for row in everyone.rows)
    shown = [(len(everyone.rows), "learner" if len(everyone.rows) == 1 else "learners")]
    shown += [(by[status], status) for status in (GRADED, UNREADABLE, MISSING, FAULT)
              if by[status] or status == GRADED]  # fmt: skip
    shares = [100 * row.points / row.max_points for row in everyone.rows
              if row.status == GRADED and row.max_points]  # fmt: skip
    if shares:
        shown.append((f"{statistics.median(shares):.0f} %", "of the points (median)"))
    if len(shares) >= ENOUGH:
        low, _, high = statistics.quantiles(shares, n=4, method="inclusive")
        shown.append((f"{low:.0f}–{high:.0f} %", "the middle half"))
    items = "".join(f"<li><b>{n}</b>{word}</li>" for n, word in shown)
    return f'<ul class="numbers">{items}</ul>'


def _first_glance(everyone: Class) -> str:
    """Which exercise to go over again in class, and which misconception to speak about."""
    count: dict[tuple[str, str], list[int]] = {}
    for row in everyone.rows:
        for where, mark in row.marks.items():
            right, of = count.get(where, (0, 0))
            count[where] = [right + (mark.outcome == RIGHT), of + 1]
    hardest = min(count, key=lambda where: count[where][0] / count[where][1], default=None)
    if hardest is None or count[hardest][0] == count[hardest][1]:
        return ""
    right, of = count[hardest]
    lead = f"Least often right: {code(hardest[1])}, {right} of {of}."
    who = _who_thinks(everyone)
    if who:
        name, key = next(iter(who))
        lead += (
            f" The most frequent misconception, {plural(len(who[name, key]), 'learner')}: "
            f"{code(name)}, <q>{said(everyone.ideas.get((name, key)) or key)}</q>"
        )
    return f'<p class="lead">{lead}</p>'


def _which_exercises(everyone: Class) -> Iterator[str]:
    if not everyone.columns:
        return
    yield "<section><h2>Which exercises</h2>"
    yield '<ul class="key small">' + "".join(
        f'<li class="{KINDS[kind]}"><svg width="12" height="12" aria-hidden="true">'
        f'<rect class="{KINDS[kind]}" width="12" height="12" rx="2"/></svg> {kind}</li>'
        for kind in OUTCOMES
    ) + "</ul>"  # fmt: skip
    for lesson in everyone.lessons:
        yield f"<h3>{text(lesson_title(lesson))}</h3>"
        yield '<ul class="rows">'
        for name in everyone.of_lesson(lesson):
            yield _exercise_bar(everyone, lesson, name)
        yield "</ul>"
    yield "</section>"


def _exercise_bar(everyone: Class, lesson: str, name: str) -> str:
    where = (lesson, name)
    count = Counter(row.marks[where].outcome for row in everyone.rows if where in row.marks)
    handed_in = sum(count.values())
    described = f"{name}: " + ", ".join(f"{count[kind]} {kind}" for kind in OUTCOMES)
    picture = bar([(KINDS[kind], count[kind]) for kind in OUTCOMES], described)
    return (
        f"<li><p>{code(name)}</p>{picture}"
        f'<p class="small soft">{count[RIGHT]} of {handed_in} right</p></li>'
    )


def _which_ideas(everyone: Class) -> Iterator[str]:
    """Misconceptions, the most frequent first: each with its hint and who has it."""
    who = _who_thinks(everyone)
    yield "<section><h2>Which misconceptions</h2>"
    if not who:
        yield '<p class="soft">None was recognised.</p></section>'
        return
    most = len(next(iter(who.values())))
    items = [_idea(everyone, idea, rows, most) for idea, rows in who.items()]
    yield f'<ul class="rows ideas">{"".join(items[:MOST_IDEAS])}</ul>'
    if items[MOST_IDEAS:]:
        yield (
            f"<details><summary>{plural(len(items) - MOST_IDEAS, 'rarer one')}</summary>"
            f'<ul class="rows ideas">{"".join(items[MOST_IDEAS:])}</ul></details>'
        )
    yield "</section>"


def _who_thinks(everyone: Class) -> dict[tuple[str, str], list[Row]]:
    """Who has which misconception (exercise and key), the most frequent first."""
    who = defaultdict(list)
    for row in everyone.rows:
        for (_, name), mark in row.marks.items():
            if mark.misconception:
                who[name, mark.misconception].append(row)
    return dict(sorted(who.items(), key=lambda item: (-len(item[1]), item[0])))


def _idea(everyone: Class, idea: tuple[str, str], rows: Sequence[Row], most: int) -> str:
    name, key = idea
    count = plural(len(rows), "learner")
    picture = bar([("wrong", len(rows)), ("", most - len(rows))], f"{name}, {key}: {count}")
    return (
        f'<li><b aria-label="{count}">{len(rows)}</b><div><p>{code(name)} '
        f"{said(everyone.ideas.get(idea) or key)}</p>"
        f'<p class="small soft">{_people(rows, 8)}</p>{picture}</div></li>'
    )


def _people(rows: Sequence[Row], most: int) -> str:
    """The first of them, by their names."""
    between = "; " if any("," in row.name for row in rows[:most]) else ", "
    others = f" and {len(rows) - most:,} more" if len(rows) > most else ""
    return between.join(link(row) for row in rows[:most]) + others


def _to_look_at(everyone: Class, alike: Sequence[Pair]) -> Iterator[str]:
    items = []
    for what, rows in (
        ("Late, says Canvas", [row for row in everyone.rows if late(row)]),
        ("Nothing handed in", [row for row in everyone.rows if row.status == MISSING]),
    ):
        if rows:
            items.append(f"<li>{what}: {_people(rows, 30)}.</li>")
    for row in everyone.rows:
        if row.status in (UNREADABLE, FAULT):
            items.append(f"<li>{link(row)}: {row.status}, {text(row.reason)}.</li>")
        elif row.status == GRADED and row.reason:
            items.append(f"<li>{link(row)}: {text(row.reason)}.</li>")
        items += [f"<li>{link(row)}: {said(problem)}</li>" for problem in row.problems]
    if alike:
        items.append(
            f'<li><a href="similar.html">{plural(len(alike), "pair")} of similar submissions</a>'
            ", to be judged by you alone.</li>"
        )
    if items:
        yield f"<section><h2>Worth a look</h2>{_folded(items, 10)}</section>"


def _folded(items: Sequence[str], most: int) -> str:
    first = f'<ul class="plain">{"".join(items[:most])}</ul>'
    if len(items) <= most:
        return first
    rest = "".join(items[most:])
    return (
        f"{first}<details><summary>{len(items) - most:,} more</summary>"
        f'<ul class="plain">{rest}</ul></details>'
    )


def _table(everyone: Class) -> Iterator[str]:
    yield (
        "<section><h2>Everybody</h2>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Everybody"><table>'
    )
    groups = "".join(
        f'<th colspan="{len(everyone.of_lesson(lesson))}" scope="colgroup">'
        f"{text(lesson_title(lesson) if len(everyone.of_lesson(lesson)) > 2 else lesson)}</th>"
        for lesson in everyone.lessons
    )
    names = "".join(
        f'<th scope="col"><div class="turned">{text(name)}</div></th>'
        for _, name in everyone.columns
    )
    yield (
        f'<thead><tr><th rowspan="2" scope="col" class="who">Learner</th>'
        f'<th rowspan="2" scope="col">Points</th>{groups}</tr><tr>{names}</tr></thead><tbody>'
    )
    yield from (_table_row(everyone, row) for row in everyone.rows[:MOST_ROWS])
    yield "</tbody></table></div>"
    if everyone.rows[MOST_ROWS:]:
        more = len(everyone.rows) - MOST_ROWS
        yield f'<p class="soft small">{more:,} more are in <a href="grades.csv">grades.csv</a>.</p>'
    yield "</section>"


def _table_row(everyone: Class, row: Row) -> str:
    who = f'<th scope="row" class="who">{link(row)}</th>'
    if row.status != GRADED:
        span = len(everyone.columns) + 1
        return f'<tr>{who}<td colspan="{span}" class="soft status">{row.status}</td></tr>'
    previous, cells = "", []
    for lesson, name in everyone.columns:
        first = lesson != previous
        cells.append(_table_cell(row.marks.get((lesson, name)), first))
        previous = lesson
    return f"<tr>{who}<td>{row.points} of {row.max_points}</td>{''.join(cells)}</tr>"


def _table_cell(mark: Mark | None, first: bool) -> str:
    place = ' class="first"' if first else ""
    if mark is None:
        return f'<td{place}><span class="soft" title="not handed in">–</span></td>'
    kind = KINDS[mark.outcome]
    return (
        f'<td{place}><span class="{kind}"><span class="mark" role="img" title="{mark.outcome}" '
        f'aria-label="{mark.outcome}">{MARKS[mark.outcome]}</span></span>{mark.points}</td>'
    )


# --- similar submissions ---------------------------------------------------------------------

_SIMILAR = """
h1+p{margin-top:.6rem;max-width:46rem}header{margin-bottom:1.6rem}
article{border-top:1px solid var(--line);padding:1rem 0}article h3{margin-bottom:.2rem}
details{margin-top:.4rem}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 1rem}
@media (max-width:40rem){.two{grid-template-columns:minmax(0,1fr)}}
"""


def similar_page(
    shown: Sequence[tuple[Pair, Row, Row, str, str]], total: int, title: str = ""
) -> str:
    """Pairs with the answers in which they are most alike, side by side."""
    return page(f"{title or COURSE}: similar submissions",
                 _similar_body(shown, total, title), _SIMILAR, "wide")  # fmt: skip


def _similar_body(
    shown: Sequence[tuple[Pair, Row, Row, str, str]], total: int, title: str
) -> Iterator[str]:
    yield f'<header><p class="soft">{text(line(title or COURSE))}</p><h1>Similar submissions</h1>'
    yield (
        '<p class="soft">A list for a person to look at; no mark depends on it. Answers are '
        "compared without the lesson’s own lines, comments and the names of variables, and without "
        "what many in the class wrote. Right answers to a short exercise are alike by nature, and "
        "learners may have been told to work together.</p></header>"
    )
    if not shown:
        yield "<p>No two submissions are alike enough to be listed.</p>"
    for pair, first, second, one, other in shown:
        yield _pair(pair, first, second, one, other)
    if total > len(shown):
        yield (
            f"<p>{total - len(shown):,} more pairs are in "
            '<a href="similar.csv">similar.csv</a>.</p>'
        )


def _pair(pair: Pair, first: Row, second: Row, one: str, other: str) -> str:
    where = ", ".join(code(name) for _, name in pair.exercises)
    same = ", ".join(code(name) for _, name in pair.same_text)
    letter = f" The same to the letter: {same}." if same else ""
    name = text(pair.exercises[0][1])
    return (
        f"<article><h3>{link(first)} and {link(second)}</h3>"
        f"<p>{100 * pair.share:.0f} % of what is particular to them is in both: {where}.{letter}"
        f"</p><details open><summary>{name}, side by side</summary>"
        f'<div class="two"><pre>{_answer(one)}</pre><pre>{_answer(other)}</pre></div>'
        "</details></article>"
    )


def _answer(source: str) -> str:
    return text(source[:MOST_SIGNS]) + ("…" if len(source) > MOST_SIGNS else "")
