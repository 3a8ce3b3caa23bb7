"""Files of demonstrations: whole or not at all, and every bad one refused in a sentence."""

import errno
import json
import os
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import peers
import pytest

from irl_course import demo_files
from irl_course.demo_files import from_imitation, load_demos, save_demos, to_imitation
from irl_course.environments import gridworld, highway
from irl_course.mdp import Demos, sample_demos

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def mdp():
    return gridworld("S..\n.#.\n..G").mdp


@pytest.fixture
def demos(mdp):
    return sample_demos(mdp, np.full((9, 4), 0.25), 3, 5, 0)


def same(a, b):
    return np.array_equal(a.states, b.states) and np.array_equal(a.actions, b.actions)


def refused(path, mdp=None, error=ValueError):
    """The sentence with which a file is refused; it is one, and names the file."""
    with pytest.raises(error) as raised:
        load_demos(path, mdp)
    sentence = str(raised.value)
    assert type(raised.value) is error and str(path) in sentence
    assert "\n" not in sentence and len(sentence) < 400
    return sentence.replace(str(path), "FILE")


def write(path, **changes):
    """A small file of demonstrations with some fields changed, or left out when None."""
    fields = {
        "format": "irl-course demonstrations",
        "version": 1,
        "world": "",
        "notes": "",
        "n_states": 9,
        "n_actions": 4,
        "states": [[0, 1, 2], [0, 3, 6]],
        "actions": [[2, 2], [1, 1]],
    }
    fields = {k: v for k, v in (fields | changes).items() if v is not ...}
    path.write_text(json.dumps(fields))
    return path


def test_what_is_saved_is_loaded(tmp_path, mdp, demos):
    path = tmp_path / "drives.json"
    save_demos(path, demos)
    assert same(load_demos(path), demos) and same(load_demos(str(path), mdp), demos)
    again = sample_demos(mdp, np.full((9, 4), 0.25), 1, 1, 1)
    save_demos(str(path), again, world="a grid · 3×3", notes='"quoted"\nand broken', mdp=mdp)
    assert same(load_demos(path, mdp), again)
    fields = json.loads(path.read_text("utf-8"))
    assert fields["world"] == "a grid · 3×3" and fields["notes"] == '"quoted"\nand broken'
    assert (fields["n_states"], fields["n_actions"], fields["version"]) == (9, 4, 1)
    assert os.listdir(tmp_path) == ["drives.json"]


def test_a_sparse_world_checks_steps_too(tmp_path):
    world = highway()
    demos = sample_demos(world.mdp, np.full((1250, 5), 0.2), 8, 50, 0)
    save_demos(tmp_path / "drives", demos, mdp=world.mdp)
    assert same(load_demos(tmp_path / "drives", world.mdp), demos)
    moved = demos.states.copy()
    moved[3, 7] = (moved[3, 7] + 625) % 1250
    save_demos(tmp_path / "drives", Demos(moved, demos.actions))
    assert "states[n=3, t=7]" in refused(tmp_path / "drives", world.mdp)


def test_a_demonstration_is_a_line(tmp_path, demos):
    save_demos(tmp_path / "a", demos)
    lines = (tmp_path / "a").read_text().splitlines()
    assert lines[8] == f"  {demos.states[0].tolist()}," and len(lines) == 6 + 2 * 5 + 2
    assert (tmp_path / "a").read_bytes().count(b"\r") == 0


def test_a_link_stays_a_link_and_others_may_read(tmp_path, demos):
    save_demos(tmp_path / "a", demos)
    if os.name == "posix":
        umask = os.umask(0)
        os.umask(umask)
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~umask
        (tmp_path / "link").symlink_to(tmp_path / "a")
        save_demos(tmp_path / "link", demos[1])
        assert (tmp_path / "link").is_symlink() and same(load_demos(tmp_path / "a"), demos[1])


def test_missing_empty_and_cut_off_files(tmp_path, demos):
    path = tmp_path / "drives.json"
    sentence = refused(path, error=FileNotFoundError)
    assert sentence == "FILE cannot be read: No such file or directory"
    path.touch()
    assert refused(path) == "FILE is empty"
    save_demos(tmp_path / "whole", demos, world="é")
    whole = (tmp_path / "whole").read_bytes()
    for length in range(1, len(whole) - 2):  # without its last line break it still is whole
        path.write_bytes(whole[:length])
        refused(path)
    assert refused(path).startswith("FILE is cut off, or no file of demonstrations: it is not JSON")
    if os.name == "posix":
        refused(tmp_path, error=IsADirectoryError)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\xff",
        b"\x00" * 2000,
        "{'format': 1}".encode("utf-16"),
        b"a,b\n1,2\n",
        b"[]",
        b"null",
        b"{}",
        b'{"cells": [], "metadata": {}, "nbformat": 4}',
        b'{"format": "something else", "version": 1}',
        b'{"format": ["irl-course demonstrations"]}',
        b"[" * 100_000,
        b"9" * 10_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_foreign_files(tmp_path, content, demos):
    path = tmp_path / "other"
    path.write_bytes(content)
    assert "no file of demonstrations" in refused(path)
    with pytest.raises(ValueError, match="it is not overwritten") as raised:
        save_demos(path, demos)
    assert str(path) in str(raised.value)
    assert path.read_bytes() == content and os.listdir(tmp_path) == ["other"]


def test_newer_files_are_neither_read_nor_overwritten(tmp_path, demos):
    path = write(tmp_path / "new", version=2, states={"something": "else"})
    assert refused(path) == (
        "FILE comes from a newer course: it has version 2, and this one reads 1"
    )
    with pytest.raises(ValueError, match="it is not overwritten"):
        save_demos(path, demos)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"version": ...}, "version is None, expected 1"),
        ({"version": True}, "version is True, expected 1"),
        ({"version": "1"}, "version is '1', expected 1"),
        ({"world": 3}, "world is 3, expected a text"),
        ({"notes": ["x"]}, "notes is ['x'], expected a text"),
        ({"states": ...}, "states is None, expected a list of lists"),
        ({"actions": []}, "actions is [], expected a list of lists"),
        ({"states": {"0": [1]}}, "states is {'0': [1]}, expected a list of lists"),
        ({"states": [0, 1, 2]}, "states[n=0] is 0, expected a list"),
        ({"states": [[0, 1, 2]]}, "states has 1 lists, but actions 2"),
        ({"actions": [[], []]}, "actions[n=0] is empty, expected a step at least"),
        (
            {"actions": [[2, 2], [1]]},
            "actions[n=1] has 1 entries, expected 2: actions[n=0] has 2",
        ),
        (
            {"states": [[0, 1, 2], [0, 3]]},
            "states[n=1] has 2 entries, expected 3: actions[n=0] has 2",
        ),
        (
            {"states": [[0, 1, 2], [0, float("nan"), 6]]},
            "states[n=1, t=1] is nan, expected a whole number from 0",
        ),
        ({"actions": [[2, 2.0], [1, 1]]}, "actions[n=0, t=1] is 2.0, expected a whole number"),
        ({"actions": [[2, True], [1, 1]]}, "actions[n=0, t=1] is True, expected a whole number"),
        ({"actions": [[2, "2"], [1, 1]]}, "actions[n=0, t=1] is '2', expected a whole number"),
        ({"actions": [[2, None], [1, 1]]}, "actions[n=0, t=1] is None, expected a whole number"),
        ({"actions": [[2, [2]], [1, 1]]}, "actions[n=0, t=1] is [2], expected a whole number"),
        ({"actions": [[2, -1], [1, 1]]}, "actions[n=0, t=1] is -1, expected a whole number"),
        ({"actions": [[2, 2**63], [1, 1]]}, "actions[n=0, t=1] is 9223372036854775808, expected"),
    ],
    ids=lambda case: str(case)[:50],
)
def test_files_with_something_in_them_that_cannot_be(tmp_path, changes, sentence):
    path = write(tmp_path / "file", **changes)
    assert refused(path).startswith("FILE: " + sentence)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"n_states": 25}, "n_states is 25, but the MDP has 9"),
        ({"n_actions": "four"}, "n_actions is 'four', but the MDP has 4"),
        ({"states": [[0, 1, 9], [0, 3, 6]]}, "states[n=0, t=2] is 9, but the MDP has 9 states"),
        ({"actions": [[2, 2], [1, 4]]}, "actions[n=1, t=1] is 4, but the MDP has 4 actions"),
        (
            {"states": [[0, 1, 2], [0, 3, 8]]},
            "states[n=1, t=2] is 8, where action 1 in state 3 never leads",
        ),
    ],
    ids=lambda case: str(case)[:50],
)
def test_files_of_another_world(tmp_path, mdp, changes, sentence):
    path = write(tmp_path / "file", **changes)
    assert refused(path, mdp).startswith("FILE: " + sentence)
    assert isinstance(load_demos(path), Demos)  # whose it is, nobody can tell without the world


def test_fields_that_are_not_known_are_skipped(tmp_path, mdp):
    path = write(tmp_path / "file", n_states=None, n_actions=..., world=..., colour="blue")
    assert load_demos(path, mdp).n_demos == 2
    save_demos(path, load_demos(path))  # and such a file may be replaced


def test_impossible_demonstrations_are_not_saved(tmp_path, mdp):
    with pytest.raises(ValueError, match=r"states\[n=0, t=1\] is 8, where action 2 in state 0"):
        save_demos(tmp_path / "file", Demos([[0, 8]], [[2]]), mdp=mdp)
    with pytest.raises(ValueError, match="world is 7, expected a text"):
        save_demos(tmp_path / "file", Demos([[0, 1]], [[2]]), world=7)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_the_old_file(tmp_path, demos, monkeypatch):
    path = tmp_path / "drives.json"
    save_demos(path, demos)
    before = path.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, text):
            self.file.write(text[:20])
            self.file.flush()
            full()

    for patch in ("write", "fsync", "replace"):
        with monkeypatch.context() as patched:
            if patch == "write":
                opened = lambda *args, **kwargs: Full(open(*args, **kwargs))  # noqa: E731, SIM115
                patched.setattr(demo_files, "open", opened, raising=False)
            else:
                patched.setattr(os, patch, full)
            with pytest.raises(OSError) as raised:
                save_demos(path, demos[0])
        assert str(raised.value) == f"{path} cannot be written: No space left on device"
        assert path.read_bytes() == before and os.listdir(tmp_path) == ["drives.json"]


def test_no_folder_is_said(tmp_path, demos):
    with pytest.raises(FileNotFoundError, match="cannot be written: No such file or directory"):
        save_demos(tmp_path / "nowhere" / "drives.json", demos)


def test_an_interrupt_leaves_the_old_file(tmp_path, demos, monkeypatch):
    save_demos(tmp_path / "drives.json", demos)

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_demos(tmp_path / "drives.json", demos[0])
    assert same(load_demos(tmp_path / "drives.json"), demos)
    assert os.listdir(tmp_path) == ["drives.json"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_killed_writer_leaves_the_old_file(tmp_path, demos, moment):
    path = tmp_path / "drives.json"
    save_demos(path, demos)
    program = f"""
import os
from irl_course.demo_files import load_demos, save_demos
os.{moment} = lambda *args: os._exit(9)  # at once, and nothing is cleaned up: as if killed
save_demos({str(path)!r}, load_demos({str(path)!r})[0])
"""
    killed = subprocess.run([sys.executable, "-c", program], timeout=60)
    assert killed.returncode == 9
    assert same(load_demos(path), demos)
    left = [name for name in os.listdir(tmp_path) if name != "drives.json"]
    assert len(left) == 1 and left[0].startswith(".drives.json.") and left[0].endswith(".part")
    save_demos(path, demos[0])  # what is left behind is in nobody's way
    assert same(load_demos(path), demos[0])


@dataclass(frozen=True)
class Trajectory:
    """What imitation 1.0.1's Trajectory holds and insists on."""

    obs: np.ndarray
    acts: np.ndarray
    infos: np.ndarray | None
    terminal: bool

    def __post_init__(self):
        assert len(self.obs) == len(self.acts) + 1 and len(self.acts) > 0


@pytest.fixture
def stand_in(monkeypatch):
    """A package called imitation, with nothing but the one class that is used."""
    modules = {name: types.ModuleType(name) for name in ("imitation", "imitation.data")}
    modules["imitation.data.types"] = types.SimpleNamespace(Trajectory=Trajectory)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


def check_there_and_back(mdp, demos):
    trajectories = to_imitation(demos, mdp)
    assert len(trajectories) == 3 and not any(each.terminal for each in trajectories)
    assert trajectories[1].obs.tolist() == demos.states[1].tolist()
    assert trajectories[1].acts.tolist() == demos.actions[1].tolist()
    assert trajectories[1].obs.flags.writeable  # torch takes no others
    assert same(from_imitation(trajectories), demos)


def test_there_and_back_with_a_stand_in_for_imitation(stand_in, mdp, demos):
    check_there_and_back(mdp, demos)
    with pytest.raises(ValueError, match="never leads"):
        to_imitation(Demos([[0, 8]], [[2]]), mdp)


_CLONE = """
import json
import numpy as np
from imitation.algorithms.bc import BC
from imitation.data import rollout
from imitation.data.wrappers import RolloutInfoWrapper
from stable_baselines3.common.vec_env import DummyVecEnv

from irl_course import planning
from irl_course.demo_files import from_imitation, to_imitation
from irl_course.environments.playing import gridworld_env
from irl_course.mdp import sample_demos

env, rng = gridworld_env(max_steps=15), np.random.default_rng(0)
expert = planning.policy_iteration(env.mdp, env.reward)[1]
demos = sample_demos(env.mdp, expert, n_demos=30, horizon=15, seed=0)
given = to_imitation(demos, env.mdp)
back = from_imitation(given)
same = (back.states == demos.states).all() and (back.actions == demos.actions).all()

spaces = {"observation_space": env.observation_space, "action_space": env.action_space}
cloning = BC(**spaces, demonstrations=given, rng=rng, batch_size=32)

def worth():
    many = DummyVecEnv([lambda: RolloutInfoWrapper(gridworld_env(max_steps=15))])
    enough = rollout.make_sample_until(min_episodes=20)
    played = rollout.rollout(cloning.policy, many, enough, rng=rng)
    to_imitation(from_imitation(played), env.mdp)  # what it plays is possible in the MDP
    return float(np.mean([episode.rews.sum() for episode in played]))

before = worth()
cloning.train(n_epochs=40, progress_bar=False, log_interval=10**6)
best = float(np.mean(env.reward[demos.states[:, :-1], demos.actions].sum(axis=1)))
print(json.dumps({"same": bool(same), "before": before, "after": worth(), "expert": best}))
"""


def test_imitation_clones_demonstrations_of_the_course():
    python = peers.python_with("imitation", "imitation", too_large=True)  # torch: 2 GB
    done = subprocess.run(
        [python, "-c", _CLONE],
        capture_output=True,
        encoding="utf-8",
        env=dict(os.environ, PYTHONPATH=str(Path(__file__).parents[1])),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.strip().split("\n")[-1])
    assert found["same"]  # there and back
    assert found["before"] < found["expert"] / 2 < 0.9 * found["expert"] < found["after"], found


def test_a_missing_imitation_is_said(monkeypatch, demos):
    monkeypatch.setitem(sys.modules, "imitation", None)
    with pytest.raises(ImportError, match="pip install imitation"):
        to_imitation(demos)


def test_trajectories_that_are_no_demonstrations(demos):
    def one(obs, acts):
        return Trajectory(np.asarray(obs), np.asarray(acts), None, True)

    for trajectories, message in (
        ([], "states is .*, expected a list of lists"),
        ([one([0, 1], [2]), one([0, 1, 2], [2, 2])], r"states\[n=1\] has 3 entries, expected 2"),
        ([one([[0.5, 1], [1, 1]], [2])], r"trajectory 0 has states of shape \(2, 2\)"),
        ([one([0.0, 1.0], [2])], "trajectory 0 has states of shape .* and type float64"),
        ([one([0, 1], [[2]])], "trajectory 0 has actions of shape"),
        ([one([0, -1], [2])], r"states\[n=0, t=1\] is -1"),
    ):
        with pytest.raises(ValueError, match=message):
            from_imitation(trajectories)
    loose = one(demos.states[0].astype(np.int32), demos.actions[0].astype(np.uint8))
    assert same(from_imitation([loose]), demos[0])
