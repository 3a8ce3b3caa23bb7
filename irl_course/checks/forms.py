"""What an answer must look like: every usual spelling of it is taken, everything else is named.

A form reads what a learner's function returned beside what the reference returned. Lists,
float32, integers and NumPy scalars are as good as float64 arrays; what cannot be an answer
raises `WrongForm` with a sentence for the learner.
"""

from __future__ import annotations

import operator
import types
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 1e-5


class WrongForm(Exception):
    """The answer cannot be read as what was asked for; the message says why, to the learner."""


def close(value: np.ndarray, expected: np.ndarray, tol: float = TOLERANCE) -> np.ndarray:
    """Where two arrays agree, relative to the larger of 1 and the largest expected magnitude.

    Wide enough for float32 and for a solver's last digits; the drawn problems keep every
    registered misconception far outside of it (tested).
    """
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    return np.abs(np.asarray(value) - expected) <= tol * scale


def number(x: float) -> str:
    """A number as feedback shows it: four significant digits, no NumPy type around it."""
    return f"{float(x):.4g}"


def _kind_of(value: Any) -> str:
    """Name what came back, in a learner's words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


def _to_array(name: str, value: Any) -> np.ndarray:
    if value is None:
        raise WrongForm(f"{name} is None: is a `return` missing, or did a solver find nothing?")
    if isinstance(value, (types.GeneratorType, dict, set, str, bytes)) or callable(value):
        raise WrongForm(f"{name} is {_kind_of(value)}; return numbers.")
    if isinstance(value, tuple) and any(isinstance(x, (np.ndarray, tuple, list)) for x in value):
        raise WrongForm(f"You returned {len(value)} things together; return {name} alone.")
    try:
        array = np.asarray(value)
    except Exception as error:  # ragged lists, or an object's own __array__
        raise WrongForm(f"{name} cannot be read as an array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise WrongForm(f"{name} holds {array.dtype} entries; return real numbers.")
    return array


def _no_nan(name: str, array: np.ndarray) -> None:
    bad = ~np.isfinite(array)
    if bad.any():
        at = np.unravel_index(int(np.argmax(bad)), array.shape)
        where = f"{name}[{', '.join(map(str, at))}]" if array.ndim else name
        raise WrongForm(
            f"{where} is {array[at]}: somewhere a division by 0, an overflow or a log of 0?"
        )


@dataclass(frozen=True)
class Array:
    """An array of numbers; `dims` names its axes ("S, A"), whose lengths the reference sets.

    An axis whose name starts with "?" may have any length.
    """

    name: str
    dims: str

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """The value as float64; `WrongForm` if it is no such array."""
        array = _to_array(self.name, value)
        dims = [dim.strip() for dim in self.dims.split(",")]
        fits = array.ndim == len(dims) and all(
            dim.startswith("?") or have == want
            for dim, have, want in zip(dims, array.shape, np.shape(expected), strict=False)
        )
        if not fits:
            raise WrongForm(self._shape_sentence(array, np.shape(expected)))
        array = array.astype(np.float64)
        _no_nan(self.name, array)
        return array

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it: an array, where it is a list."""
        return np.asarray(value)

    def _shape_sentence(self, array: np.ndarray, shape: tuple[int, ...]) -> str:
        axes = self.dims.replace("?", "")
        axes = f"({axes},)" if "," not in axes else f"({axes})"
        have = f"has shape {array.shape}" if array.ndim else "is one number"
        said = f"{self.name} {have}; it should be of shape {axes} = {shape}."
        if array.ndim == 2 and array.shape == shape[::-1]:
            return said + " Are the two axes swapped?"
        return said + self._lost_or_extra(array.shape, shape)

    def _lost_or_extra(self, have: tuple[int, ...], want: tuple[int, ...]) -> str:
        """What became of an axis, if that is all that is wrong; sizes may also just coincide."""
        if [n for n in have if n != 1] == [n for n in want if n != 1]:
            if len(have) > len(want):
                return " The number of entries is right: drop an extra axis of length 1."
            short = [dim for dim, n in zip(self.dims.split(","), want, strict=True) if n == 1]
            if len(short) == 1 and len(have) < len(want):
                return f" The axis {short[0].strip('? ')}, here of length 1, is missing."
            return ""
        joined = set(np.cumprod(have)) <= set(np.cumprod(want)) and np.prod(have) == np.prod(want)
        if joined and len(have) < len(want):
            return " The number of entries is right, but axes were joined: use .reshape."
        return ""

    def same(self, value: Any, other: Any) -> bool:
        """Whether two readings agree."""
        return np.shape(value) == np.shape(other) and bool(close(value, other).all())


@dataclass(frozen=True)
class Policy(Array):
    """Action probabilities: rows sum to 1 within 1e-6, nothing negative."""

    def read(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """The value as float64; `WrongForm` if it is no array of distributions."""
        array = _to_array(self.name, value)
        if array.shape == np.shape(expected)[:-1] and array.dtype.kind in "iu":
            raise WrongForm(
                f"{self.name} has one action number per state; give one *probability per action*: "
                f"shape {np.shape(expected)}, a 1 at the chosen action."
            )
        pi = super().read(array, expected)
        totals = pi.sum(axis=-1)
        if (pi < -1e-9).any():
            raise WrongForm(f"{self.name} has a negative entry ({number(pi.min())}).")
        if (np.abs(totals - 1.0) > 1e-6).any():
            at = np.unravel_index(int(np.argmax(np.abs(totals - 1.0))), totals.shape)
            row = ", ".join(map(str, at))
            raise WrongForm(
                f"{self.name}[{row}] sums to {number(totals[at])}; each row must sum to 1."
            )
        return pi


@dataclass(frozen=True)
class Number:
    """One real number, as a Python or NumPy scalar."""

    name: str

    def read(self, value: Any, expected: float) -> np.ndarray:
        """The value as a float64 without axes; `WrongForm` if it is no number."""
        if isinstance(value, (bool, np.bool_)):
            raise WrongForm(f"{self.name} is {value}; return a number.")
        array = _to_array(self.name, value)
        if array.ndim:
            raise WrongForm(f"{self.name} is {_kind_of(array)}; return one number.")
        array = array.astype(np.float64)
        _no_nan(self.name, array)
        return array

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it: as it is."""
        return value

    same = Array.same


@dataclass(frozen=True)
class Flag:
    """True or False, as Python's or NumPy's."""

    name: str

    def read(self, value: Any, expected: bool) -> bool:
        """The value as a bool; `WrongForm` if it is none."""
        if value is None:
            raise WrongForm(f"{self.name} is None: is a `return` missing?")
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, (bool, np.bool_)) or (
            isinstance(value, (int, np.integer)) and value in (0, 1)
        ):
            return bool(value)
        raise WrongForm(f"{self.name} is {_kind_of(value)}; return True or False.")

    plain = Number.plain

    def same(self, value: Any, other: Any) -> bool:
        """Whether two readings agree."""
        return bool(value) == bool(other)


class Readings(tuple):
    """Several results, of which some may be unreadable: asking for such a one raises its reason."""

    def __getitem__(self, index: int) -> Any:
        item = super().__getitem__(index)
        if isinstance(item, WrongForm):
            raise item
        return item


class Several:
    """A fixed number of results, returned as a tuple or list. A bad one spoils only itself."""

    def __init__(self, *forms: Array | Number | Flag):
        self.forms = forms
        self.name = ", ".join(form.name for form in forms)

    def read(self, value: Any, expected: tuple) -> Readings:
        """Each result read by its form; `WrongForm` if there are not as many as asked for."""
        if value is None:
            raise WrongForm("Your function returned None: is a `return` missing?")
        if not isinstance(value, (tuple, list)) or len(value) != len(self.forms):
            wanted = f"{len(self.forms)} things: {self.name}"
            raise WrongForm(f"Your function returned {_kind_of(value)}; return {wanted}.")
        return Readings(
            _read_or_reason(form, item, want)
            for form, item, want in zip(self.forms, value, expected, strict=True)
        )

    def plain(self, value: Any) -> Any:
        """An accepted value as the lesson goes on with it: arrays, where there are lists."""
        items = [form.plain(item) for form, item in zip(self.forms, value, strict=True)]
        return value if all(map(operator.is_, items, value)) else tuple(items)


def _read_or_reason(form: Any, value: Any, expected: Any) -> Any:
    try:
        return form.read(value, expected)
    except WrongForm as reason:
        return reason


def difference(
    name: str, value: np.ndarray, expected: np.ndarray, tol: float = TOLERANCE
) -> str | None:
    """A sentence on where two readings of one form differ most, or None when they agree."""
    value, expected = np.asarray(value, float), np.asarray(expected, float)
    wrong = ~close(value, expected, tol)
    if not wrong.any():
        return None
    at = np.unravel_index(int(np.argmax(np.abs(value - expected))), expected.shape)
    where = f"{name}[{', '.join(map(str, at))}]" if expected.ndim else name
    have, want = _apart(value[at], expected[at])
    said = f"{where} is {have}; it should be {want}."
    return said + _pattern(value, expected)


def _apart(value: float, expected: float) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see the difference."""
    for digits in range(4, 18):
        have, want = f"{value:.{digits}g}", f"{expected:.{digits}g}"
        if have != want:
            break
    return have, want


def _pattern(value: np.ndarray, expected: np.ndarray) -> str:
    """What is the same about every error, if anything is: it often gives the slip away."""
    if expected.size < 3 or not np.abs(expected).min() > 1e-6:
        return ""
    if not np.abs(value).max() > 1e-9:
        return " All your entries are 0."
    ratio = value / expected
    if np.ptp(ratio) < 1e-4 and abs(ratio.flat[0] - 1) > 1e-3:
        return f" Every entry is {number(ratio.flat[0])} times what it should be."
    shift = value - expected
    if np.ptp(shift) < 1e-4 * max(1.0, np.abs(shift).max()) and abs(shift.flat[0]) > 1e-3:
        return f" Every entry is off by the same {number(shift.flat[0])}."
    return ""
