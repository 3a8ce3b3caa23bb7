"""Submissions that resemble each other, for a person to look at. Nothing here is a judgement.

Two answers are compared by what they have in common beyond the lesson's stub, the comments and
the names that learners chose: runs of tokens ("shingles"). Runs that many in the class wrote say
nothing about two of them, and are left out. Short right answers are alike by nature: so pairs
need a good many rare runs in common to be listed at all.
"""

from __future__ import annotations

import ast
import builtins
import functools
import hashlib
import io
import json
import keyword
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from irl_course.checks import exercises
from irl_course.course_files import course_folder

RUN = 6  # tokens of a run
LEAST_RUNS = 25  # rare runs in common for a pair to be listed
LEAST_SHARE = 0.6  # of the rare runs of both
COMMON_SHARE = 0.2  # of the class: what more than these wrote is common
COMMON_MOST = 12  # learners; more would make work grow with the square of the class
MOST_PAIRS = 200

_BITS = 52  # of a run's number are its tokens', those above its exercise's


@dataclass(frozen=True)
class Pair:
    """Two submissions: how much of their rare runs they share, and where most."""

    first: str
    second: str
    share: float
    runs: int
    exercises: tuple[tuple[str, str], ...]  # lesson and name, most alike first
    same_text: tuple[tuple[str, str], ...]  # those whose text is the same to the letter


@dataclass(frozen=True)
class Print:
    """What of a submission is compared: runs of its answers, and their texts, as numbers."""

    stem: str
    runs: np.ndarray  # sorted, each once
    texts: Mapping[str, int]  # by exercise


def fingerprint(stem: str, sources: Mapping[str, Mapping[str, str]]) -> Print:
    """Take the runs and texts of one submission's answers."""
    runs, texts = [], {}
    for number, (lesson, name) in enumerate(_places()):
        source = sources.get(lesson, {}).get(name, "")
        own = frozenset(_runs(source, name)) - _stub(lesson, name)
        if own:
            runs += [(number << _BITS) | run for run in own]
            texts[name] = _number(" ".join(source.split()))
    return Print(stem, np.sort(np.array(runs, dtype=np.uint64)), texts)


def pairs(prints: Iterable[Print]) -> list[Pair]:
    """The pairs worth a look, most alike first."""
    prints = sorted(prints, key=lambda each: each.stem)
    if not prints:
        return []
    rare = _rare(prints)
    found = []
    for index, other, count in _shared(rare):
        share = count / (len(rare[index]) + len(rare[other]) - count)
        if share >= LEAST_SHARE:
            common = np.intersect1d(rare[index], rare[other], assume_unique=True)
            found.append(_pair(prints[index], prints[other], share, common))
    found.sort(key=lambda pair: (-pair.share, -pair.runs, pair.first, pair.second))
    return found


def _rare(prints: list[Print]) -> list[np.ndarray]:
    """Each submission's runs, but those that are common in the class."""
    runs, written = np.unique(np.concatenate([each.runs for each in prints]), return_counts=True)
    most = max(3, min(COMMON_SHARE * len(prints), COMMON_MOST))
    shared = runs[written > most]
    return [np.setdiff1d(each.runs, shared, assume_unique=True) for each in prints]


def _shared(rare: list[np.ndarray]) -> Iterator[tuple[int, int, int]]:
    """Two submissions and how many runs they share, if these are enough."""
    runs = np.concatenate(rare)
    holders = np.repeat(np.arange(len(rare)), [len(each) for each in rare])
    order = np.lexsort((holders, runs))
    runs, holders = runs[order], holders[order]
    together = []
    for apart in range(1, COMMON_MOST):  # holders of a run lie side by side
        same = runs[apart:] == runs[:-apart]
        together.append(holders[:-apart][same] * len(rare) + holders[apart:][same])
    both, counts = np.unique(np.concatenate(together), return_counts=True)
    for code, count in zip(both, counts, strict=True):
        if count >= LEAST_RUNS:
            yield int(code // len(rare)), int(code % len(rare)), int(count)


def _pair(first: Print, second: Print, share: float, common: np.ndarray) -> Pair:
    numbers, counts = np.unique(common >> np.uint64(_BITS), return_counts=True)
    ordered = sorted(zip(-counts, numbers, strict=True))
    where = [_places()[int(number)] for _, number in ordered]
    same = [place for place in sorted(where) if first.texts[place[1]] == second.texts[place[1]]]
    return Pair(first.stem, second.stem, round(share, 3), len(common), tuple(where), tuple(same))


@functools.cache
def _places() -> list[tuple[str, str]]:
    """Every exercise of the course, with its lesson before it."""
    return [(exercise.lesson, name) for name, exercise in exercises().items()]


# --- tokens ----------------------------------------------------------------------------------

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
           tokenize.ENCODING, tokenize.ENDMARKER}  # fmt: skip
_KEPT = {*keyword.kwlist, *dir(builtins), "np", "numpy", "scipy", "cp", "cvxpy"}


def _runs(source: str, name: str) -> Iterator[int]:
    tokens = _tokens(source, _given(source, name))
    for start in range(len(tokens) - RUN + 1):
        yield _number(" ".join(tokens[start : start + RUN]))


def _tokens(source: str, given: set[str]) -> list[str]:
    """Tokens without layout, comments and strings that stand alone; own names are all alike."""
    tokens: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            text = token.string
            if token.type in _LAYOUT or (token.type == tokenize.STRING and "\n" in text):
                continue
            if token.type == tokenize.NAME and not (
                text in given or text in _KEPT or (tokens and tokens[-1] == ".")
            ):
                text = "name"
            tokens.append(text)
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        pass  # as far as it goes
    return tokens


def _given(source: str, name: str) -> set[str]:
    """The names that the lesson gives: all exercises' and this one's arguments'."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {name}
    defined = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    given = {argument.arg for function in defined for argument in function.args.args}
    return {name, *given, *_names()}


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(exercises())


@functools.cache
def _stub(lesson: str, name: str) -> frozenset[int]:
    return frozenset(_runs(_stubs(lesson).get(name, ""), name))


@functools.cache
def _stubs(lesson: str) -> dict[str, str]:
    """The answer cells of a lesson as it was handed out."""
    folder = course_folder() / "lessons"
    return {
        cell.get("id", ""): "".join(cell["source"])
        for path in sorted(folder.glob(f"{lesson}_*.ipynb"))
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    }


def _number(text: str) -> int:
    """The same number for the same text, in every process."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _BITS)
