"""Frames between the grader and a learner's process: data goes through, nothing else does."""

import array
import dataclasses
import json
import os
import random
import struct
import threading
from collections import deque

import numpy as np
import pytest
from scipy import sparse

from irl_course import checks
from irl_course.classroom import wire
from irl_course.environments import gridworld
from irl_course.mdp import MDP, Demos

EXERCISES = checks.exercises()


def same(a, b):
    """Equal in kind, shape and content, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if sparse.issparse(a):
        return a.shape == b.shape and (a != b).nnz == 0
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    return a == b or a != a


def there_and_back(value):
    return wire.decode(wire.encode(value))


@pytest.mark.parametrize("name", EXERCISES)
def test_every_problem_and_every_right_answer_goes_through(name):
    exercise = EXERCISES[name]
    for problem in exercise.draw(3):
        args = list(problem.args)
        assert same(there_and_back(args), args)
        result = checks.core.quietly(exercise.reference, there_and_back(args))
        assert same(there_and_back(result), result)


GRID = gridworld("..#\nS.G", slip=0.2)
SPARSE = sparse.csr_array(np.array([[0.0, 1.0], [0.5, 0.5]]))


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**63) + 1, 1.5, float("nan"), float("inf"), -0.0, "", "α\n\x00", [], (),
        [1, (2.0, [None])], {"a": {"b": [1]}}, np.float64(2), np.float32(1.5), np.int8(3),
        np.bool_(True), np.zeros((0, 3)), np.array(4.0), np.array([np.nan, -np.inf]),
        np.arange(6, dtype=np.uint16).reshape(2, 3), np.array([[True], [False]]),
        MDP(np.eye(2)[:, None], [0.5, 0.5], 0.9), MDP(SPARSE, [0.5, 0.5], 0.9), SPARSE, GRID,
        Demos(np.array([[0, 1]]), np.array([[2]])),
    ],
    ids=repr,
)  # fmt: skip
def test_data_goes_through(value):
    assert same(there_and_back(value), value)


def test_arrays_come_back_whole_and_one_s_own():
    turned = np.arange(6.0).reshape(2, 3).T[::-1]
    back = there_and_back(turned)
    assert np.array_equal(back, turned) and back.flags.writeable
    swapped = np.arange(3, dtype=">f8")
    assert np.array_equal(there_and_back(swapped), swapped)


class Sub(np.ndarray):
    pass


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.zeros(2).view(Sub), np.ndarray), (np.matrix([[1.0]]), np.ndarray),
        (np.ma.array([1.0], mask=[True]), np.ndarray), (np.longdouble(1), np.float64),
        (type("MyList", (list,), {})([1]), list), (type("MyInt", (int,), {})(3), int),
        (type("MyText", (str,), {"__str__": lambda self: "other"})("x"), str),
    ],
    ids=repr,
)  # fmt: skip
def test_subclasses_are_sent_as_what_they_hold(value, kind):
    assert type(there_and_back(value)) is kind


class Duck:
    def __init__(self, *rows):
        self.rows = rows

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows)


@pytest.mark.parametrize(
    "value",
    [Duck(1.0, 2.0), deque([1.0, 2.0]), array.array("d", [1, 2]), memoryview(np.array([1.0, 2.0]))],
    ids=lambda value: type(value).__name__,
)
def test_what_numpy_reads_is_sent_as_it_reads_it(value):
    assert np.array_equal(there_and_back(value), [1.0, 2.0])
    assert np.array_equal(np.array(there_and_back([value, value])), [[1.0, 2.0]] * 2)


def test_an_array_of_its_own_kind_that_fails_or_holds_no_numbers_is_a_stand_in():
    for duck in (Duck("a"), Duck([1], [1, 2]), Duck(1j)):
        assert type(there_and_back(duck)).__name__ == "Duck"


def test_a_text_is_shown_without_a_terminals_colours():
    said = "\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[1;38;5;4mblue\x1b[K\x1bM\x1b"
    assert wire.printable(said, 99) == "red blue"
    assert wire.printable("x[31m\x00", 99) == "x[31m"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "an object"), (lambda: 0, "a function"), ((x for x in []), "a generator"),
        (1j, "a complex"), (np.array([1j]), "complex128"), (np.array(["a"]), "<U1"),
        (np.array([object()]), "object"), ({1, 2}, "a set"), ({1: 2}, "keys"), (b"x", "a bytes"),
        (10**30, "64 bits"), (np.zeros(1, dtype=[("a", "f8")]), "entries"), (type, "a type"),
        (wire.foreign("Foo", "one of mine"), "one of mine"),
    ],
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,  # repr may hold an address
)  # fmt: skip
def test_anything_else_arrives_as_a_stand_in_that_says_so(value, said):
    back = there_and_back(value)
    assert isinstance(back, wire.Foreign)
    with pytest.raises(TypeError, match=said):
        np.asarray(back)


def test_a_stand_in_has_a_clean_name():
    stand_in = wire.foreign("Foo\n<script>\ud800" * 9, "\x1b[31m\ud800x")
    assert type(stand_in).__name__.isidentifier() and len(type(stand_in).__name__) <= 60
    assert stand_in.said.isprintable() and stand_in.said.encode("utf-8")


def endless():
    many = []
    many.append(many)
    return many


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([0.0] * 1_000_000, "items"), (endless(), "deep"),
        (np.broadcast_to(0.0, (10**6, 10**6)), "too large"), ("x" * (65 << 20), "too large"),
        ([np.zeros(5 << 20)] * 2, "too large"),
    ],
    ids=["a million numbers", "a loop", "a huge array of no memory", "a long text", "two halves"],
)  # fmt: skip
def test_what_is_too_much_is_not_sent(value, said):
    with pytest.raises(wire.WireError, match=said):
        wire.encode(value)


def body(tree, data=b""):
    header = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return struct.pack("<I", len(header)) + header + data


FORGED = {
    "nothing": b"",
    "no header": struct.pack("<I", 99),
    "a header of 4 GB": struct.pack("<I", 2**32 - 1) + b"1",
    "no JSON": body(b"{'a'}"),
    "two values": body(b"1 2"),
    "bytes left over": body(b"1", b"x"),
    "deep JSON": body(b"[" * 50_000),
    "deep and closed JSON": body(b"[" * 50_000 + b"]" * 50_000),
    "a million items": body([0] * 1_000_000),
    "a long integer": body(b"9" * 5000),
    "an integer": body(2**70),
    "no known kind": body({"x": []}),
    "two kinds": body({"a": ["<f8", [0]], "s": ["<f8", []]}),
    "no kind": body({}),
    "an object array": body({"a": ["|O", [1]]}, bytes(8)),
    "a text array": body({"a": ["<U9", [1]]}, bytes(36)),
    "a record array": body({"a": ["f8,f8", [1]]}, bytes(16)),
    "an array of lists": body({"a": [["<f8"], [1]]}, bytes(8)),
    "a shape of texts": body({"a": ["<f8", ["1"]]}, bytes(8)),
    "a shape of booleans": body({"a": ["<f8", [True]]}, bytes(8)),
    "a negative shape": body({"a": ["<f8", [-1, -1]]}, bytes(8)),
    "a shape beyond 64 bits": body({"a": ["<f8", [2**40, 2**40]]}),
    "an empty shape beyond 64 bits": body({"a": ["<f8", [0, 2**62, 2**62]]}),
    "an empty shape that overflows": body({"a": ["<f8", [0] + [2**26] * 12]}),
    "an array longer than its frame": body({"a": ["<f8", [3]]}, bytes(16)),
    "an array's shape missing": body({"a": ["<f8"]}, bytes(8)),
    "a hundred axes": body({"a": ["<f8", [1] * 100]}, bytes(8)),
    "a dict of numbers": body({"d": [[1, 2]]}),
    "a dict of texts": body({"d": ["ab"]}),
    "an MDP of nothing": body({"mdp": []}),
    "an MDP of texts": body({"mdp": ["a", "b", "c"]}),
    "an MDP that leaks": body({"mdp": [{"a": ["<f8", [1, 1, 1]]}, [1.0], 0.9]}, bytes(8)),
    "demos of nowhere": body({"demos": [{"a": ["<f8", [1]]}, 3]}, bytes(8)),
    "a grid of nothing": body({"grid": [1, 2]}),
    "a sparse array that points outside": body(
        {"csr": [*[{"a": ["<i8", [n]]} for n in (1, 1, 2)], {"t": [1, 1]}]},
        np.array([1, 7, 0, 1]).tobytes(),
    ),
    "a stand-in without a name": body({"?": [1, 2]}),
    "a stand-in of a stand-in": body({"?": ["a"]}),
    "no UTF-8": body(b'"\xff"'),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_frame_is_a_wire_error(forged):
    with pytest.raises(wire.WireError):
        wire.decode(forged)


def test_a_frame_with_any_bytes_changed_is_data_or_a_wire_error():
    rng = random.Random(0)
    whole = wire.encode({"value": [MDP(SPARSE, [0.5, 0.5], 0.9), GRID, (np.arange(3), 1.5)]})
    for _ in range(2000):
        bad = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
        for _ in range(rng.randrange(4)):
            if bad:
                bad[rng.randrange(len(bad))] = rng.choice([*b'[]{}",:0e9-', rng.randrange(256)])
        try:
            wire.decode(bytes(bad))
        except wire.WireError:
            continue


@pytest.fixture
def pipes():
    """A channel, and the other side's two ends."""
    reading, their_end = os.pipe()
    their_start, writing = os.pipe()
    os.set_blocking(writing, False)
    channel = wire.Channel(reading, writing)
    ends = {"in": their_start, "out": their_end}
    yield channel, ends
    for end in (reading, writing, *ends.values()):
        try:
            os.close(end)
        except OSError:
            continue


def test_frames_go_both_ways(pipes):
    channel, ends = pipes
    other = wire.Channel(ends["in"], ends["out"])
    large = np.random.default_rng(0).random(1 << 20)
    echo = threading.Thread(target=lambda: other.send(other.receive()))
    echo.start()
    channel.send({"x": large}, wire.deadline(10))
    back = channel.receive(wire.deadline(10))
    echo.join()
    assert np.array_equal(back["x"], large) and channel.idle()


def test_an_announced_length_allocates_nothing(pipes):
    channel, ends = pipes
    os.write(ends["out"], struct.pack("<Q", 2**63))
    with pytest.raises(wire.WireError, match="too long"):
        channel.receive(wire.deadline(1))


def test_a_frame_that_never_ends_is_late(pipes):
    channel, ends = pipes
    os.write(ends["out"], struct.pack("<Q", 100) + b"x")
    with pytest.raises(wire.Late):
        channel.receive(wire.deadline(0.05))


def test_somebody_who_does_not_read_is_late(pipes):
    channel, _ = pipes
    with pytest.raises(wire.Late):
        channel.send(np.zeros(1 << 20), wire.deadline(0.05))


def test_a_closed_pipe_is_told_apart(pipes):
    channel, ends = pipes
    os.write(ends["out"], struct.pack("<Q", 100) + b"x")
    os.close(ends["out"])
    os.close(ends["in"])
    with pytest.raises(wire.Closed):
        channel.receive(wire.deadline(1))
    with pytest.raises(wire.Closed):
        channel.send(1, wire.deadline(1))
