"""Demonstrations as files, to keep and to hand in; and as those of the package `imitation`.

A file is JSON text in UTF-8, a demonstration a line:

    {
     "format": "irl-course demonstrations",
     "version": 1,
     "world": "what they were recorded in, in words",
     "notes": "anything else",
     "n_states": 1250,              or null where nobody said
     "n_actions": 5,                or null
     "states": [[s_1, ..., s_T, s_{T+1}], ...],    N lists of T + 1 whole numbers from 0
     "actions": [[a_1, ..., a_T], ...]             N lists of T
    }

Fields that are not known are skipped. A file is read whole or refused; it is replaced whole or
stays as it was, whatever happens to the process or the disk meanwhile.
"""

import contextlib
import json
import os
import reprlib
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from irl_course.mdp import MDP, Demos, _entry

FORMAT, VERSION = "irl-course demonstrations", 1
_LARGEST = np.iinfo(np.int64).max


def save_demos(
    path: str | os.PathLike,
    demos: Demos,
    world: str = "",
    notes: str = "",
    mdp: MDP | None = None,
) -> None:
    """Write demonstrations to a file, in place of those that may be there.

    A killed process leaves the old file, and at most a hidden one that ends in `.part`.

    Args:
        path: the file; its folder exists. Of what is there already only a file of demonstrations is
            replaced.
        demos: N trajectories of T steps.
        world: what they were recorded in, in words.
        notes: anything else, in words.
        mdp: the demonstrations must be possible in it, and its size is written down.

    Raises:
        ValueError: what is there is no such file, or the demonstrations do not belong to the MDP.
        OSError: no such folder, no space left, ...; the old file is as it was.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    if mdp is not None:
        _require_possible(mdp, demos)
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "world": world,
        "notes": notes,
        "n_states": None if mdp is None else mdp.n_states,
        "n_actions": None if mdp is None else mdp.n_actions,
    }
    for name in ("world", "notes"):
        if not isinstance(fields[name], str):
            raise ValueError(f"{name} is {reprlib.repr(fields[name])}, expected a text")
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    for name in ("states", "actions"):
        rows = ",\n  ".join(map(json.dumps, getattr(demos, name).tolist()))
        lines.append(f' "{name}": [\n  {rows}\n ]')
    if os.path.lexists(path):
        _require_ours(path)
    _replace(path, "{\n" + ",\n".join(lines) + "\n}\n")


def load_demos(path: str | os.PathLike, mdp: MDP | None = None) -> Demos:
    """Read a file of demonstrations.

    Args:
        path: the file.
        mdp: where they must be possible: of the size in the file, if it has one, every state and
            action in range, and p(s'|s, a) > 0 in every step.

    Returns:
        The demonstrations.

    Raises:
        FileNotFoundError: no such file.
        ValueError: empty, cut off, no such file, from a newer course, or with something in it that
            cannot be; one sentence names the file and the place.
        OSError: it cannot be read.
    """
    path = Path(path)
    fields = _fields(path)
    try:
        demos = _demos(fields)
        if mdp is not None:
            _require_size(mdp, fields)
            _require_possible(mdp, demos)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return demos


def to_imitation(demos: Demos, mdp: MDP | None = None) -> list:
    """Demonstrations for the package `imitation`: a `data.types.Trajectory` each.

    Their observations are the states and their acts the actions, shapes (T + 1,) and (T,), as in an
    environment with spaces `Discrete(S)` and `Discrete(A)`, such as `environments.playing` makes.
    None of them is terminal.

    Args:
        demos: N trajectories of T steps.
        mdp: the demonstrations must be possible in it.

    Returns:
        N trajectories.

    Raises:
        ImportError: `imitation` is not installed. The course does not need it.
        ValueError: the demonstrations do not belong to the MDP.
    """
    try:
        from imitation.data.types import Trajectory
    except ImportError as error:
        raise ImportError(
            f"the package imitation is not there ({error}): pip install imitation, in an "
            "environment of its own, as it needs old versions of others"
        ) from error
    if mdp is not None:
        _require_possible(mdp, demos)
    return [
        Trajectory(obs=states.copy(), acts=actions.copy(), infos=None, terminal=False)
        for states, actions in zip(demos.states, demos.actions, strict=True)
    ]


def from_imitation(trajectories: Sequence) -> Demos:
    """Demonstrations from trajectories of the package `imitation`, of one length.

    Args:
        trajectories: objects with `obs`, whole numbers of shape (T + 1,), and `acts`, (T,).

    Returns:
        The demonstrations; rewards, infos and whether they were terminal are left behind.

    Raises:
        ValueError: none, of several lengths, or observations that are no states' numbers.
    """
    rows = {"states": [], "actions": []}
    for i, trajectory in enumerate(trajectories):
        for name, row in (("states", trajectory.obs), ("actions", trajectory.acts)):
            row = np.asarray(row)
            if row.ndim != 1 or row.dtype.kind not in "iu":
                raise ValueError(
                    f"trajectory {i} has {name} of shape {row.shape} and type {row.dtype}, "
                    "expected one whole number a step"
                )
            rows[name].append(row.tolist())
    return _demos(rows)


def _fields(path):
    """What a file of ours says, as a dictionary; only format and version have been looked at."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise _explained(error, f"{path} cannot be read") from error
    if not text.strip():
        raise ValueError(f"{path} is empty")
    try:
        fields = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no file of demonstrations: it is not text") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path} is cut off, or no file of demonstrations: it is not JSON from line "
            f"{error.lineno}, column {error.colno} on"
        ) from None
    except (ValueError, RecursionError):  # numbers of thousands of digits; brackets in brackets
        raise ValueError(f"{path} is no file of demonstrations: it cannot be parsed") from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ValueError(f'{path} is no file of demonstrations: it lacks "format": "{FORMAT}"')
    version = fields.get("version")
    if not _is_count(version) or version < 1:
        raise ValueError(f"{path}: version is {reprlib.repr(version)}, expected {VERSION}")
    if version > VERSION:
        raise ValueError(
            f"{path} comes from a newer course: it has version {version}, and this one reads "
            f"{VERSION}"
        )
    return fields


def _demos(fields):
    """The demonstrations, every entry checked."""
    for name in ("world", "notes"):
        if not isinstance(fields.get(name, ""), str):
            raise ValueError(f"{name} is {reprlib.repr(fields[name])}, expected a text")
    states, actions = (_rows(name, fields.get(name)) for name in ("states", "actions"))
    if len(states) != len(actions):
        raise ValueError(f"states has {len(states)} lists, but actions {len(actions)}")
    horizon = len(actions[0])
    if not horizon:
        raise ValueError("actions[n=0] is empty, expected a step at least")
    for name, rows, length in (("states", states, horizon + 1), ("actions", actions, horizon)):
        for n, row in enumerate(rows):
            if len(row) != length:
                raise ValueError(
                    f"{name}[n={n}] has {len(row)} entries, expected {length}: actions[n=0] has "
                    f"{horizon}"
                )
    return Demos(np.array(states, dtype=np.int64), np.array(actions, dtype=np.int64))


def _rows(name, rows):
    """A list of lists of whole numbers from 0."""
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{name} is {reprlib.repr(rows)}, expected a list of lists")
    for n, row in enumerate(rows):
        if not isinstance(row, list):
            raise ValueError(f"{name}[n={n}] is {reprlib.repr(row)}, expected a list")
        for t, entry in enumerate(row):
            if not _is_count(entry):
                raise ValueError(
                    f"{name}[n={n}, t={t}] is {reprlib.repr(entry)}, expected a whole number from 0"
                )
    return rows


def _is_count(value):
    return type(value) is int and 0 <= value <= _LARGEST  # True is an int, too


def _require_size(mdp, fields):
    for name in ("n_states", "n_actions"):
        said, size = fields.get(name), getattr(mdp, name)
        if said is not None and (not _is_count(said) or said != size):
            raise ValueError(f"{name} is {reprlib.repr(said)}, but the MDP has {size}")


def _require_possible(mdp, demos):
    """A ValueError that names the first step which cannot be."""
    demos.validate_for(mdp)
    pairs = demos.states[:, :-1] * mdp.n_actions + demos.actions
    rows, arrived = mdp._rows, demos.states[:, 1:]
    chance = rows[pairs.ravel(), arrived.ravel()]
    if sparse.issparse(chance):  # SciPy's versions differ in this
        chance = chance.toarray()
    bad = np.argwhere(chance.reshape(pairs.shape) <= 0)
    if len(bad):
        n, t = bad[0]
        raise ValueError(
            f"{_entry('states', (n, t + 1), 'nt')} is {arrived[n, t]}, where action "
            f"{demos.actions[n, t]} in state {demos.states[n, t]} never leads"
        )


def _require_ours(path):
    """A ValueError if something else than demonstrations would be overwritten."""
    with contextlib.suppress(ValueError):
        _fields(path)
        return
    raise ValueError(
        f"{path} is there already, and no file of demonstrations that this course can read: it is "
        "not overwritten"
    )


def _replace(path, text):
    """Replace a file whole, or leave it as it was."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with open(part, "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(part)
            raise
    except OSError as error:
        raise _explained(error, f"{path} cannot be written") from error


def _explained(error, what):
    """The same kind of error with a sentence that names the file."""
    return type(error)(f"{what}: {error.strerror or type(error).__name__}")
