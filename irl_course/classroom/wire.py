"""Data, and only data, between the grader and a learner's process.

A frame is eight bytes of length, four bytes of header length, the header in JSON, and the bytes
of all arrays one after the other. Nothing in it names code: no pickle, no object arrays. What is
read from a learner's process may be forged, so kind, shape and length are checked before anything
is allocated, and every fault is a `WireError`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import select
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy import sparse

from irl_course.environments.gridworld import Grid
from irl_course.environments.point_mass import GaussianPolicy, Paths, PointMass, SoftLQR
from irl_course.mdp import MDP, Demos


class WireError(Exception):
    """A value that cannot be sent, or bytes that are no frame; the message says why."""


class Closed(WireError):
    """The other end is gone."""


class Late(Exception):
    """No whole frame came in time."""


@dataclass(frozen=True)
class Limits:
    """How much one frame may hold, in both directions."""

    size: int = 64 << 20  # bytes, all together
    header: int = 8 << 20  # bytes of JSON
    items: int = 100_000  # numbers, texts and lists; an array is one
    depth: int = 16


LIMITS = Limits()
_LENGTH = struct.Struct("<Q")
_HEADER = struct.Struct("<I")
_DTYPES = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", *(f"<{kind}{n}" for kind in "iu" for n in (1, 2, 4, 8)), "<f2", "<f4", "<f8")
}


class Foreign:
    """Stands for a value that is not data; reading it as an array says what came back."""

    said = "an object"

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError(f"your function returned {self.said}")


# A terminal's colours and commands: the sign Escape with all that belongs to it.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])?")


def printable(text: str, length: int) -> str:
    """A text from somebody else's process, fit to be kept: no control characters, not too long."""
    text = ESCAPES.sub("", text[:length]).encode("utf-8", "replace").decode("utf-8")
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")


def foreign(name: str, said: str = "") -> Foreign:
    """A stand-in for a value of the class `name`, whose own class carries that name."""
    name = re.sub(r"\W", "_", name)[:60] or "_"
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    return type(name, (Foreign,), {"said": printable(said, 200) or f"{article} {name}"})()


# --- writing -------------------------------------------------------------------------------


def encode(value: Any, limits: Limits = LIMITS) -> bytes:
    """A value as a frame's body.

    Subclasses of numbers, texts, lists and arrays are sent as what they hold. A value of any
    other class is sent as its class's name, for the other side to refuse.

    Raises:
        WireError: it is too large, too deep or has too many items.
    """
    writer = _Writer(limits)
    tree = writer.put(value, 0)
    try:
        header = json.dumps(tree, separators=(",", ":")).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise WireError(f"cannot be sent ({error})") from None
    if len(header) > limits.header or writer.size + len(header) > limits.size:
        raise WireError("too large to be sent")
    return b"".join([_HEADER.pack(len(header)), header, *writer.buffers])


class _Writer:
    """Turns a value into a tree that JSON can hold, and collects the arrays' bytes.

    A tree is null, a boolean, a number, a text, a list, or an object with one key: its kind.
    """

    def __init__(self, limits: Limits):
        self.limits = limits
        self.items = self.size = 0
        self.buffers: list[bytes] = []

    def put(self, value: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.limits.items:
            raise WireError(f"more than {self.limits.items:,} items")
        if depth > self.limits.depth:
            raise WireError(f"nested more than {self.limits.depth} deep")
        if value is None or type(value) in (bool, float):
            return value
        for kind, write in _WRITERS:
            if isinstance(value, kind):
                return write(self, value, depth + 1)
        return self.like_array(value, depth + 1)

    def like_array(self, value: Any, depth: int) -> dict:
        """What NumPy can read is sent as it reads it, as the notebook takes it, too."""
        with contextlib.suppress(Exception):  # its own `__array__`, or items of all kinds
            if hasattr(type(value), "__array__") or isinstance(value, (Sequence, memoryview)):
                array = np.asarray(value)
                if array.dtype.kind in "biuf":
                    return self.array(array, depth)
        return {"?": [type(value).__name__, ""]}

    def number(self, value: int, depth: int) -> Any:
        return int(value) if abs(value) < 2**63 else {"?": ["int", "an integer beyond 64 bits"]}

    def text(self, value: str, depth: int) -> str:
        self.size += len(value)
        if self.size > self.limits.size:
            raise WireError("a text too large to be sent")
        return str.__str__(value)

    def array(self, value: np.ndarray, depth: int) -> dict:
        array = np.asarray(value)
        self.size += array.size * array.dtype.itemsize
        if self.size > self.limits.size:
            raise WireError(f"an array of shape {array.shape} is too large to be sent")
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            array = array.astype(np.float64)
        plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if plain.dtype.str not in _DTYPES:
            return {"?": ["ndarray", f"an array of {array.dtype} entries"]}
        self.buffers.append(plain.tobytes())
        return {"a": [plain.dtype.str, list(plain.shape)]}

    def scalar(self, value: np.generic, depth: int) -> dict:
        tree = self.array(np.asarray(value), depth)
        return {"s": tree["a"]} if "a" in tree else {"?": [str(value.dtype), ""]}

    def many(self, values: Any, depth: int) -> list:
        return [self.put(value, depth) for value in values]

    def dict(self, value: dict, depth: int) -> dict:
        if not all(isinstance(key, str) for key in value):
            return {"?": ["dict", "a dict whose keys are not all texts"]}
        return {"d": [[self.text(key, depth), self.put(value[key], depth)] for key in value]}


# The package's own kinds, sent as their fields and built anew, and so validated, from them.
_OURS: dict[str, type] = {
    "mdp": MDP,
    "demos": Demos,
    "grid": Grid,
    "point_mass": PointMass,
    "paths": Paths,
    "soft_lqr": SoftLQR,  # a GaussianPolicy, too: the narrower class first
    "gaussian_policy": GaussianPolicy,
}


def _write_ours(kind: str) -> Callable[[_Writer, Any, int], dict]:
    its_class = _OURS[kind]
    named = getattr(its_class, "_fields", ())  # a NamedTuple's
    names = named or [field.name for field in fields(its_class)]
    return lambda self, value, depth: {
        kind: self.many([getattr(value, name) for name in names], depth)
    }


def _read_ours(kind: str) -> Callable[[_Reader, list, int], Any]:
    return lambda self, content, depth: _OURS[kind](*self.many(content, depth))


_WRITERS: list[tuple[type, Callable[[_Writer, Any, int], Any]]] = [
    *((its_class, _write_ours(kind)) for kind, its_class in _OURS.items()),
    (np.ndarray, _Writer.array),
    (np.generic, _Writer.scalar),
    (int, _Writer.number),
    (float, lambda self, value, depth: float(value)),
    (str, _Writer.text),
    (list, _Writer.many),
    (tuple, lambda self, value, depth: {"t": self.many(value, depth)}),
    (dict, _Writer.dict),
    (Foreign, lambda self, value, depth: {"?": [type(value).__name__, value.said]}),
    (
        sparse.csr_array,
        lambda self, v, depth: {"csr": self.many((v.data, v.indices, v.indptr, v.shape), depth)},
    ),
]


# --- reading -------------------------------------------------------------------------------


def decode(body: bytes, limits: Limits = LIMITS) -> Any:
    """The value in a frame's body.

    Raises:
        WireError: whatever is wrong with it; never an exception of another kind.
    """
    try:
        return _decoded(memoryview(body), limits)
    except WireError:
        raise
    except RecursionError:
        raise WireError("nested too deep") from None
    except Exception as error:  # a forged MDP, a CSR array that points outside of itself …
        raise WireError(f"not a frame of ours ({type(error).__name__}: {error})"[:300]) from None


def _decoded(body: memoryview, limits: Limits) -> Any:
    if not _HEADER.size <= len(body) <= limits.size + _HEADER.size:
        raise WireError("a frame too short or too long")
    (length,) = _HEADER.unpack_from(body)
    if length > min(limits.header, len(body) - _HEADER.size):
        raise WireError("a header longer than its frame")
    header = bytes(body[_HEADER.size : _HEADER.size + length])
    # every item but the first is preceded by one of these
    if sum(map(header.count, (b",", b"[", b":"))) > 4 * limits.items:
        raise WireError("too many items")
    reader = _Reader(body[_HEADER.size + length :], limits)
    value = reader.get(json.loads(header), 0)
    if reader.at != len(reader.data):
        raise WireError("bytes left over behind the last array")
    return value


class _Reader:
    """Turns a tree back into a value; the arrays' bytes are used up in order, all of them."""

    def __init__(self, data: memoryview, limits: Limits):
        self.data, self.limits = data, limits
        self.at = self.items = 0

    def get(self, tree: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.limits.items or depth > self.limits.depth:
            raise WireError("too many items, or nested too deep")
        if tree is None or type(tree) in (bool, float, str):
            return tree
        if type(tree) is int:
            if abs(tree) >= 2**63:
                raise WireError("an integer beyond 64 bits")
            return tree
        if type(tree) is list:
            return [self.get(item, depth + 1) for item in tree]
        if len(tree) != 1:
            raise WireError("an object of no known kind")
        ((kind, content),) = tree.items()
        if kind not in _READERS or type(content) is not list:
            raise WireError("an object of no known kind")
        return _READERS[kind](self, content, depth + 1)

    def many(self, content: list, depth: int) -> tuple:
        return tuple([self.get(item, depth) for item in content])

    def array(self, content: list, depth: int) -> np.ndarray:
        code, shape = content
        sizes_fit = type(shape) is list and len(shape) <= 16
        if type(code) is not str or code not in _DTYPES or not sizes_fit:
            raise WireError("an array of no known kind")
        if not all(type(n) is int and 0 <= n <= self.limits.size for n in shape):
            raise WireError("an array of no possible shape")
        dtype = _DTYPES[code]
        length = math.prod(shape) * dtype.itemsize
        if length > len(self.data) - self.at:
            raise WireError("an array longer than its frame")
        part = self.data[self.at : self.at + length]
        self.at += length
        return np.frombuffer(part, dtype).reshape(shape).copy()

    def dict(self, content: list, depth: int) -> dict:
        if not all(type(p) is list and len(p) == 2 and type(p[0]) is str for p in content):
            raise WireError("a dict of no known kind")
        return {key: self.get(item, depth) for key, item in content}

    def csr(self, content: list, depth: int) -> sparse.csr_array:
        data, indices, indptr, shape = self.many(content, depth)
        matrix = sparse.csr_array((data, indices, indptr), shape=shape)
        matrix.check_format(full_check=True)
        return matrix

    def foreign(self, content: list, depth: int) -> Foreign:
        name, said = content
        if not (type(name) is str and type(said) is str):
            raise WireError("a stand-in of no known kind")
        return foreign(name, said)


_READERS: dict[str, Callable[[_Reader, list, int], Any]] = {
    "a": _Reader.array,
    "s": lambda self, content, depth: self.array(content, depth)[()],
    "t": _Reader.many,
    "d": _Reader.dict,
    **{kind: _read_ours(kind) for kind in _OURS},
    "csr": _Reader.csr,
    "?": _Reader.foreign,
}


# --- frames over a pair of pipes -----------------------------------------------------------


class Channel:
    """Frames over two pipes, one each way. `beat` is called while a frame is waited for."""

    def __init__(self, reading: int, writing: int, limits: Limits = LIMITS):
        self.reading, self.writing, self.limits = reading, writing, limits

    def send(self, value: Any, beat: Callable[[], float] | None = None) -> None:
        """Write one frame; a `WireError` before anything is written if it cannot be sent.

        With a `beat` the writing end must not block: the other side may have stopped to read.
        """
        body = encode(value, self.limits)
        data = memoryview(_LENGTH.pack(len(body)) + body)
        try:
            while data:
                if not beat or select.select([], [self.writing], [], beat())[1]:
                    with contextlib.suppress(BlockingIOError):
                        data = data[os.write(self.writing, data) :]
        except OSError:
            raise Closed("the other end is gone") from None

    def receive(self, beat: Callable[[], float] | None = None) -> Any:
        """Read one frame.

        Args:
            beat: asked before every wait; gives the seconds to wait at most, or raises.

        Raises:
            WireError: it is no frame of ours, or (Closed) the other end is gone.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, beat))
        if length > self.limits.size + _HEADER.size:
            raise WireError("a frame too long")
        return decode(self._read(length, beat), self.limits)

    def idle(self) -> bool:
        """Whether nothing waits to be read: between two calls nothing may."""
        return not select.select([self.reading], [], [], 0)[0]

    def close(self) -> None:
        """Close both ends here."""
        for end in (self.reading, self.writing):
            os.close(end)

    def _read(self, length: int, beat: Callable[[], float] | None) -> bytes:
        """So many bytes; memory grows with what has come, not with what was announced."""
        parts: list[bytes] = []
        while length:
            if beat and not select.select([self.reading], [], [], beat())[0]:
                continue
            try:
                part = os.read(self.reading, min(length, 1 << 20))
            except OSError:
                part = b""
            if not part:
                raise Closed("the other end is gone")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


def deadline(seconds: float) -> Callable[[], float]:
    """A `beat` that raises `Late` when so many seconds of wall time are over."""
    end = time.monotonic() + seconds

    def beat() -> float:
        left = end - time.monotonic()
        if left <= 0:
            raise Late
        return left

    return beat
