"""What every page of a batch has: its frame and style, and texts that are safe to show.

Each page is one file without scripts that asks the network for nothing, fits a phone and a sheet
of paper, and follows the reader's choice of dark or light. Whatever comes from a submission goes
through `text` or `said`; a content policy in each page forbids scripts once more.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from irl_course.checks.report import inline
from irl_course.classroom.rows import NOTHING, PARTLY, RIGHT, WRONG, Row, clean, line

COURSE = "Inverse reinforcement learning"

MARKS = {RIGHT: "✓", PARTLY: "◐", WRONG: "✗", NOTHING: "○"}
KINDS = {RIGHT: "right", PARTLY: "partly", WRONG: "wrong", NOTHING: "none"}
_LEVELS = {
    "bubblewrap": "no network, no files but its own, bounded time and memory",
    "kernel": "no network, no files but its own, bounded time and memory",
    "limits": "bounded time and memory only",
}


def text(value: object) -> str:
    """A text from anywhere, safe between tags and inside quoted attributes."""
    return html.escape(clean(value))


def code(name: object, kind: str = "") -> str:
    """A name as code; a narrow page breaks it after an underscore."""
    shown = f' class="{kind}"' if kind else ""
    return f"<code{shown}>{text(name).replace('_', '_<wbr>')}</code>"


def said(markdown: str) -> str:
    """A sentence of the course's, with its code, stress and formulas."""
    return re.sub(r"\$([^$]+)\$", _formula, inline(clean(markdown)))


_SIGNS = {r"\gamma": "γ", r"\pi": "π", r"\Phi": "Φ", r"\psi": "ψ", r"\rho": "ρ", r"\cdot": "·"}


def _formula(match: re.Match) -> str:
    """The few formulas of the first hints need no more than letters, indices and powers."""
    tex = re.sub(r"\\[A-Za-z]+", lambda found: _SIGNS.get(found[0], found[0][1:]), match[1])
    tex = tex.replace("-", "−")
    tex = re.sub(r"\^(?:\{([^}]*)\}|(\w))", lambda m: f"<sup>{m[1] or m[2]}</sup>", tex)
    tex = re.sub(r"_(?:\{([^}]*)\}|(\w))", lambda m: f"<sub>{m[1] or m[2]}</sub>", tex)
    return f'<span class="maths">{tex}</span>'


# --- the frame of every page -----------------------------------------------------------------

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2329;--soft:#59636e;--line:#d9dfe5;--ground:#fff;
--card:#f5f7f9;--link:#1f62b3;--right:#1c7a4c;--partly:#8f5c00;--wrong:#bb4310;--none:#656e78;
--right-bar:#2e9e63;--partly-bar:#ffa90e;--wrong-bar:#d9622b;--none-bar:#c3cad1;--idea:#fff6e6}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#a2acb6;--line:#343c44;
--ground:#14181c;--card:#1c2126;--link:#82b8f5;--right:#62cf97;--partly:#f3b84a;--wrong:#ff9d6c;
--none:#a2acb6;--right-bar:#35a86d;--partly-bar:#dd9a1f;--wrong-bar:#d9622b;--none-bar:#4b555f;
--idea:#2b2418}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1.2rem 3rem;max-width:46rem;background:var(--ground);
color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
body.wide{max-width:72rem}
h1,h2,h3,p,ul,ol,figure{margin:0}
h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.2rem;margin:2.4rem 0 .8rem}
h3{font-size:1rem;line-height:1.35}
a{color:var(--link)}a:focus-visible,summary:focus-visible{outline:2px solid var(--link);
outline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
pre{margin:.5rem 0 0;padding:.7rem .8rem;background:var(--card);border:1px solid var(--line);
border-radius:6px;white-space:pre-wrap;max-height:26rem;overflow:auto}
h3 code,.rows code{display:inline-block;max-width:100%}
.soft{color:var(--soft)}.small{font-size:.875rem}.maths{font-style:italic}
.maths sub,.maths sup{font-size:.75em;line-height:0}
.right{--kind:var(--right);--bar:var(--right-bar)}.partly{--kind:var(--partly);
--bar:var(--partly-bar)}.wrong{--kind:var(--wrong);--bar:var(--wrong-bar)}
.none{--kind:var(--none);--bar:var(--none-bar)}
.mark{color:var(--kind);font-weight:700}
.bars{display:block;width:100%;height:.75rem;border-radius:4px;background:var(--card)}
rect.right,rect.partly,rect.wrong,rect.none{fill:var(--bar)}
summary{cursor:pointer;color:var(--link)}
@media print{body,body.wide{max-width:none;padding:0;font-size:11pt;background:#fff}
pre{max-height:none;overflow:visible}.screen{display:none!important}
svg,td,.chip,article{-webkit-print-color-adjust:exact;print-color-adjust:exact}
article,tr,li{break-inside:avoid}h2,h3{break-after:avoid}
details::details-content{content-visibility:visible;display:block;block-size:auto}}
@media print and (prefers-color-scheme:dark){:root{color-scheme:light;--ink:#1d2329;
--soft:#59636e;--line:#d9dfe5;--ground:#fff;--card:#f5f7f9;--link:#1f62b3;--right:#1c7a4c;
--partly:#8f5c00;--wrong:#bb4310;--none:#656e78;--right-bar:#2e9e63;--partly-bar:#ffa90e;
--wrong-bar:#d9622b;--none-bar:#c3cad1;--idea:#fff6e6}}
"""


def page(title: str, body: Iterable[str], style: str, kind: str = "") -> str:
    """A whole page around its body's parts."""
    shown = f' class="{kind}"' if kind else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{text(line(title))}</title>\n<style>{_STYLE}{style}</style>\n</head>\n"
        f"<body{shown}>\n" + "\n".join(part for part in body if part) + "\n</body>\n</html>\n"
    )


def bar(shares: Sequence[tuple[str, float]], described: str) -> str:
    """A bar of coloured pieces, in shares of the whole."""
    total, start, pieces = sum(share for _, share in shares) or 1, 0.0, []
    for kind, share in shares:
        width = 100 * share / total
        if width and kind:
            pieces.append(f'<rect class="{kind}" x="{start:.6g}" width="{width:.6g}" height="10"/>')
        start += width
    return (
        f'<svg class="bars" viewBox="0 0 100 10" preserveAspectRatio="none" role="img">'
        f"<title>{text(described)}</title>{''.join(pieces)}</svg>"
    )


def sandbox(levels: Iterable[str]) -> str:
    """Which walls learners' code ran behind."""
    levels = sorted(set(levels))
    known = " / ".join(f"{level}: {_LEVELS.get(level, '')}".rstrip(": ") for level in levels)
    return text(line(known))


def link(row: Row) -> str:
    """A learner's name, which leads to their page."""
    return f'<a href="feedback/{quote(row.stem)}.html"><bdi>{text(row.name)}</bdi></a>'
