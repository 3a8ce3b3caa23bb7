"""A class's work from what lies in a folder to its records: through crashes, to the same bytes."""

import errno
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import distributed
import numpy as np
import pytest

from irl_course import checks, cli
from irl_course.checks import core
from irl_course.classroom import batch, crew, handin, records, sandbox, unit
from irl_course.classroom.rows import Person
from irl_course.classroom.unit import Handed, Unit
from irl_course.classroom.worker import GraderFault

# `grade` forks a worker for each submission, and says on Windows that it cannot (below).
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork, nor grade")
ROOT = Path(batch.__file__).parents[2]


@pytest.fixture(scope="module")
def level():
    """The best level, tried out once."""
    return sandbox.best()


def notebook(number="00", solved=True, **answers):
    """A notebook as handed in, with some answers of its own, and without pictures."""
    (path,) = ROOT.glob(f"{'solutions' if solved else 'lessons'}/{number}_*.ipynb")
    content = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
        if cell["id"] in answers:
            cell["source"] = answers[cell["id"]]
    return json.dumps(content).encode()


RIGHT, UNTOUCHED = notebook(), notebook(solved=False)
(EXERCISE,) = checks.exercises("00")
WRONG = notebook(**{EXERCISE: f"def {EXERCISE}(*args):\n    return 'wrong'"})


def put(folder, files):
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def zipped(files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def everything(out):
    """All bytes of a batch that must not depend on what happened on the way."""
    return {path.name: path.read_bytes() for path in sorted(out.glob("records/*"))}


def record(out, name):
    return json.loads((out / "records" / f"{name}.json").read_bytes())


# --- who handed in what ------------------------------------------------------------------------

FORMS = {
    "a file a learner": ({"ada.ipynb": b"1", "bob.ipynb": b"2"}, ["ada", "bob"]),
    "with the lesson's name": ({"ada_03_feature_matching.ipynb": b"1"}, ["ada"]),
    "a folder a learner": (
        {"ada/03_feature_matching.ipynb": b"1", "bob/deep/er/x.ipynb": b"2", "bob/notes.txt": b""},
        ["ada", "bob"],
    ),
    "Canvas": (
        {
            "doejane_123_456_03_feature_matching.ipynb": b"1",
            "roe_LATE_7_89_my_work-1.ipynb": b"2",
        },
        ["doejane_123", "roe_7"],
    ),
    "Canvas, when names are hidden": (
        {
            "anon_x7Kp2_456_03_feature_matching.ipynb": b"1",
            "LATE_anon_12345_89_my_work_1_2_.ipynb": b"2",
        },
        ["anon_12345", "anon_x7Kp2"],
    ),
    "Moodle": (
        {
            "Jane Doe_123_assignsubmission_file_/03.ipynb": b"1",
            "Li_4_assignsubmission_file/x.ipynb": b"2",
            "Ann_5_assignsubmission_file_03.ipynb": b"3",
        },
        ["Ann_5", "Jane Doe_123", "Li_4"],
    ),
    "litter": (
        {"ada/03.ipynb": b"1", "ada/.ipynb_checkpoints/03.ipynb": b"0", "__MACOSX/ada/x": b"",
         ".DS_Store": b""},
        ["ada"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("as_zip", [False, True])
def test_learners_are_found(tmp_path, form, as_zip):
    files, learners = FORMS[form]
    place = put(tmp_path / "in", files)
    if as_zip:
        place = tmp_path / "in.zip"
        place.write_bytes(zipped(files))
    found = handin.collect(place)
    assert [who.learner for who in found] == learners
    assert all(len(who.files) == 1 and who.files[0].read()[0] for who in found)


def test_the_roster_gives_names_and_tells_who_is_missing(tmp_path):
    files = {
        "doejane_123_1_x.ipynb": b"1",
        "roerichard_9_2_x.ipynb": b"2",
        "Li Wu_4_assignsubmission_file_/x.ipynb": b"3",
        "ada@x.org.ipynb": b"4",
    }
    people = [
        Person("j.doe", canvas="123"), Person("r.roe", name="Richard Roe"),
        Person("l.wu", moodle="4"), Person("ada", email="ada@x.org"), Person("absent"),
    ]  # fmt: skip
    found = handin.collect(put(tmp_path / "in", files), people)
    assert {who.learner: len(who.files) for who in found} == {
        "ada": 1, "absent": 0, "j.doe": 1, "l.wu": 1, "r.roe": 1,
    }  # fmt: skip


def test_a_name_made_up_to_look_like_somebody_elses_is_nobodys(tmp_path):
    place = put(tmp_path, {
        "Ada_901_assignsubmission_file__555_assignsubmission_file_/00.ipynb": b"1",
        "Ada_901_assignsubmission_file_/00.ipynb": b"2",
        "eve_12_34_x_55_66_00.ipynb": b"3",
        "adaloe_12_67_hw_2024_10_00.ipynb": b"4",
        "anon_12_68_00.ipynb": b"5",
    })  # fmt: skip
    people = [Person("Ada", moodle="901", canvas="12"), Person("Eve", moodle="555", canvas="55")]
    found = {who.learner: [file.read()[0] for file in who.files]
             for who in handin.collect(place, people)}  # fmt: skip
    assert found["Ada"] == [b"2", b"4"] and found["anon_12"] == [b"5"] and found["Eve"] == []
    without = {who.learner: len(who.files) for who in handin.collect(place)}
    assert without["Ada_901"] == 1, "also without a roster"


def test_a_name_that_two_people_bear_is_nobodys(tmp_path):
    people = [Person("one", name="Jane Doe"), Person("two", name="Jane Doe")]
    found = handin.collect(put(tmp_path / "in", {"doejane_5_1_x.ipynb": b"1"}), people)
    assert {who.learner: len(who.files) for who in found} == {"doejane_5": 1, "one": 0, "two": 0}


def test_files_that_cannot_be_read_have_a_reason(tmp_path):
    place = put(tmp_path / "in", {"zip.zip": b"no zip", "ada/x.ipynb": b"1"})
    (place / "empty").mkdir()
    (place / "link.ipynb").symlink_to(place / "ada" / "x.ipynb")
    (place / "linked").symlink_to(place / "ada")
    os.mkfifo(place / "pipe.ipynb")
    refused = {who.learner: who.files[0].refused for who in handin.collect(place)}
    assert refused == {
        "ada": "", "empty": "the folder is empty", "link": "this is a link, not a file",
        "linked": "this is a link, not a file", "pipe": "this is not a file",
        "zip": "the zip cannot be opened (File is not a zip file)",
    }  # fmt: skip


def test_zips_of_odd_names_and_of_zips(tmp_path):
    place = tmp_path / "class.zip"
    inner = zipped({"../../x.ipynb": b"1", "/etc/y.txt": b"2"})
    place.write_bytes(zipped({"class/ada.zip": inner, "class/bob/../b.ipynb": b"3"}))
    found = {who.learner: [file.name for file in who.files] for who in handin.collect(place)}
    assert found == {"ada": ["ada/x.ipynb"], "bob": ["bob/b.ipynb"]}
    place.write_bytes(b"PK nothing")
    with pytest.raises(handin.NothingThere, match="neither a folder nor a readable zip"):
        handin.collect(place)


def test_an_encrypted_zip_and_a_bomb(tmp_path, monkeypatch):
    held = bytearray(zipped({"x.ipynb": b"1"}))
    for mark in (b"PK\x01\x02", b"PK\x03\x04"):
        held[held.index(mark) + (8 if mark[2] == 1 else 6)] |= 1
    place = put(tmp_path / "in", {"locked.zip": bytes(held), "bomb.zip": zipped({"b": b"0" * 999})})
    monkeypatch.setattr(handin, "MAX_BYTES", 99)
    bomb, locked = handin.collect(place)
    assert bomb.files[0].read() == (b"0" * 100, "")
    assert "encrypted" in locked.files[0].read()[1]


def test_what_one_learner_hands_in_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(handin, "_OWN_FILES", 20)
    monkeypatch.setattr(handin, "_MOST_FILES", 5)
    monkeypatch.setattr(batch, "MOST_BYTES", 2500)
    many = {f"{n}.ipynb": b" " * 1000 for n in range(20)}
    place = put(tmp_path, {"a.zip": zipped(many), "b.zip": zipped(many | {"x": b""})})
    a, b = handin.collect(place)
    read = list(batch._contents(a))
    assert [len(content) for content, _ in read] == [1000] * 3 + [0] * 2
    assert "too much" in read[-1][1] and "more than 20 files" in b.files[0].refused


def test_many_zips_are_not_all_open_at_once(tmp_path):
    inner = {f"l{i}.zip": zipped({"x.ipynb": b"%d" % i}) for i in range(40)}
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    found = handin.collect(put(tmp_path / "in", inner))
    assert sorted(int(who.files[0].read()[0]) for who in found) == list(range(40))
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_names_are_shown_on_one_line(tmp_path):
    (who,) = handin.collect(put(tmp_path / "in", {"a\x1b[31m\n\u202eb/x\n.ipynb": b"1"}))
    assert (who.learner, who.files[0].name) == ("a b", "a b/x .ipynb")


def test_a_damaged_member_of_a_zip_is_its_owners_row(tmp_path):
    held = bytearray(zipped({"ada.ipynb": b"a" * 500, "bob.ipynb": b"b" * 500}))
    held[held.index(b"aaa") + 5] ^= 1
    (tmp_path / "in.zip").write_bytes(held)
    ada, bob = handin.collect(tmp_path / "in.zip")
    assert "cannot be read" in ada.files[0].read()[1] and bob.files[0].read()[0] == b"b" * 500


def test_the_lesson_is_told_by_metadata_exercises_or_name():
    names = list(checks.exercises("03"))
    assert handin.lesson_of("x.ipynb", notebook("03")) == "03"
    assert handin.lesson_of("x.ipynb", f'"def {names[0]}("\n"def {names[1]}("'.encode()) == "03"
    assert handin.lesson_of("doe_1_2_04_maximum_margin-1.ipynb", b"") == "04"
    assert handin.lesson_of("ada/03.ipynb", b"{}") == "03"
    assert handin.lesson_of("ada.ipynb", b"{}") == handin.lesson_of("99.ipynb", b"") == ""


def test_record_names_are_safe_and_differ():
    learners = ["ada", "Ada", "ADA", "a/b", "a\\b", "../x", "", ".", "con", "é", "e", "李", "李李",
                "x" * 300, "x" * 301, "ada.sources", "ada-0123abcd"]  # fmt: skip
    names = [records.stem(learner) for learner in learners]
    assert len(set(names)) == len(names) and records.stem("ada") == "ada"
    assert all(name.isascii() and name.islower() and len(name) < 64 for name in names)
    assert not any(set(name) & set("/\\. ") for name in names)


# --- which file counts -------------------------------------------------------------------------


def unit_of(*files, lessons=("00",), level="kernel"):
    seeds = dict.fromkeys(lessons, 5)
    return Unit("ada", "ada", files, lessons, seeds, level, "key", unit.grader_version())


def test_of_several_files_the_lms_newest_counts():
    old, new = Handed("a", "00", b"1", order=5), Handed("b", "00", b"2", order=10)
    assert unit._chosen(unit_of(old, new), "00")[0] == new
    file, why = unit._chosen(unit_of(Handed("a", "00", b"1"), Handed("b", "00", b"2")), "00")
    assert file is None and why.startswith("2 different files")
    same = Handed("a", "00", b"1"), Handed("b", "00", b"1")
    assert unit._chosen(unit_of(*same), "00") == (same[0], "")


def test_lessons_that_are_not_there_are_told_in_the_reason():
    files = [Handed("x.ipynb", "", b"{}"), Handed("y.ipynb", "05", b"1")]
    record, _, _ = unit.judge(unit_of(*files, lessons=("00", "01")), None)
    assert record["status"] == "unreadable" and record["points"] == 0
    assert record["max_points"] == sum(
        exercise.points for n in ("00", "01") for exercise in checks.exercises(n).values()
    )
    for words in ("lesson 00: not handed in", "x.ipynb: the file is JSON", "05 was not asked for"):
        assert words in record["reason"]


# --- a class from end to end -------------------------------------------------------------------

CLASS = {
    "right.ipynb": RIGHT,
    "untouched.ipynb": UNTOUCHED,
    "wrong.ipynb": WRONG,
    "empty.ipynb": b"",
    "word.docx": b"PK\x03\x04 this is no notebook",
    "twice/a.ipynb": RIGHT,
    "twice/b.ipynb": WRONG,
    "doe_5_20_x-1.ipynb": RIGHT,
    "doe_5_10_x.ipynb": WRONG,
    "<script>.ipynb": b"[[[",
}
ROSTER = "learner,name\nright,Ada\nabsent,Bob\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, level):
    """The class, graded once: the folder above, and the outcome."""
    base = tmp_path_factory.mktemp("class")
    put(base / "in", CLASS)
    (base / "roster.csv").write_text(ROSTER)
    told = []
    outcome = batch.grade(
        base / "in", base / "out", roster=base / "roster.csv", jobs=2, level=level,
        progress=lambda *now: told.append(now),
    )  # fmt: skip
    assert told[-1] == ("grading", 9, 9)
    return base, outcome


def test_every_learner_has_a_record(graded):
    base, outcome = graded
    assert (outcome.total, outcome.graded, outcome.exit_code) == (9, 4, 0), outcome
    assert outcome.missing == ["absent"] and outcome.lessons == ("00",)
    assert dict(outcome.unreadable) == {
        "<script>": "the file is not a notebook: it is not JSON (line 1)",
        "empty": "the file is empty",
        "twice": "2 different files, and nothing says which one counts: "
        "twice/a.ipynb, twice/b.ipynb",
        "word": "the file is not a notebook: it is not JSON (line 1)",
    }
    assert outcome.in_part == []
    assert f"Open {base / 'out' / 'class.html'} first" in batch.summary(outcome, base / "out")
    points = {path.stem: record(base / "out", path.stem)["points"]
              for path in base.glob("out/records/*")}  # fmt: skip
    assert points.pop(records.stem("<script>")) == 0
    assert points == {"absent": 0, "doe_5": 1, "empty": 0, "right": 1, "twice": 0, "untouched": 0,
                      "word": 0, "wrong": 0}  # fmt: skip


def test_a_record_holds_what_was_agreed(graded, level):
    base, _ = graded
    held = record(base / "out", "right")
    assert set(held) == {"version", "learner", "file", "status", "reason", "lessons", "points",
                         "max_points", "sources", "key"}  # fmt: skip
    lesson = held["lessons"]["00"]
    assert set(lesson) == {"points", "max_points", "level", "exercises", "problems", "cells"}
    assert lesson["level"] == level and lesson["exercises"][0]["outcome"] == "correct"
    assert f"def {EXERCISE}" in held["sources"]["00"][EXERCISE]
    data = (base / "out/records/right.json").read_bytes()
    assert data == records.canonical(held) and data.endswith(b"}\n")
    problems = record(base / "out", "doe_5")["lessons"]["00"]["problems"]
    assert problems == ["2 files were handed in: the newest counts, doe_5_20_x-1.ipynb."]


def test_the_secret_is_private_and_not_in_what_is_shown(graded):
    base, _ = graded
    path = base / "out.seed"
    assert path.stat().st_mode & 0o777 == 0o600 and len(path.read_bytes()) == 32
    assert not any("seed" in file.name for file in base.glob("out/**/*"))


def test_jobs_and_another_run_change_no_byte(graded, tmp_path, level):
    base, _ = graded
    batch.grade(
        base / "in", tmp_path / "out", roster=base / "roster.csv", seed_file=base / "out.seed",
        jobs=1, level=level,
    )  # fmt: skip
    assert everything(tmp_path / "out") == everything(base / "out")


def test_resume_does_nothing_twice(graded, monkeypatch, level):
    base, first = graded
    monkeypatch.setattr(crew, "Servant", None)
    outcome = batch.grade(
        base / "in", base / "out", roster=base / "roster.csv", level=level, resume=True
    )
    assert (outcome.before, outcome.graded, outcome.exit_code) == (9, 4, 0)
    assert outcome.unreadable == first.unreadable and outcome.missing == first.missing


def test_who_comes_late_is_asked_other_problems(tmp_path, level):
    put(tmp_path / "in", {"ada.ipynb": RIGHT, "bob.ipynb": RIGHT, "gone.ipynb": RIGHT})

    def go():
        return batch.grade(tmp_path / "in", tmp_path / "out", level=level, resume=True, jobs=1)

    go()
    before = everything(tmp_path / "out")
    put(tmp_path / "in", {"bob.ipynb": WRONG, "cleo.ipynb": RIGHT})
    (tmp_path / "in/gone.ipynb").unlink()
    outcome = go()
    after = everything(tmp_path / "out")
    assert (outcome.before, outcome.total, outcome.superseded) == (1, 3, ["gone"])
    assert before["ada.json"] == after["ada.json"] and before["bob.json"] != after["bob.json"]
    assert (tmp_path / "out/superseded/gone.json").read_bytes() == before["gone.json"]
    assert record(tmp_path / "out", "bob")["points"] == 0


# --- the problems that are drawn ---------------------------------------------------------------


def seeds_of(place, out, level="kernel", secret=b"s" * 32, lessons=("00",)):
    with records.Folder(out) as folder:
        plan = batch._Plan(handin.collect(place), lessons, secret, level, folder,
                           lambda *now: None)  # fmt: skip
        return {task.learner: task.seeds for task in plan.units(batch.Outcome())}


def test_one_draw_for_all_that_was_there_before_it(tmp_path):
    place = put(tmp_path / "in", {"ada.ipynb": b"1", "bob.ipynb": b"2"})
    first = seeds_of(place, tmp_path / "a", lessons=("00", "01"))
    assert first["ada"] == first["bob"] and first["ada"]["00"] != first["ada"]["01"]
    assert seeds_of(place, tmp_path / "b")["ada"]["00"] != first["ada"]["00"]  # other lessons set
    alone = seeds_of(place, tmp_path / "c")
    assert seeds_of(place, tmp_path / "d") == alone
    assert seeds_of(place, tmp_path / "e", secret=b"t" * 32) != alone
    put(place, {"bob.ipynb": b"3", "cleo.ipynb": b"2"})  # as if feedback were out
    late = seeds_of(place, tmp_path / "c")
    assert late["ada"] == alone["ada"]
    assert len({str(seeds) for seeds in late.values()}) == 3
    assert seeds_of(place, tmp_path / "f")["ada"] != alone["ada"]  # another batch, another draw


def test_without_walls_each_has_problems_of_its_own(tmp_path):
    place = put(tmp_path / "in", {"ada.ipynb": b"1", "bob.ipynb": b"1"})
    seeds = seeds_of(place, tmp_path / "out", level="limits")
    assert seeds["ada"] != seeds["bob"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sheet_serves_many_answers_unchanged():
    from answers import lesson_03

    big = batch.seed(b"s" * 32, "problems", "03")
    for name, wrong in lesson_03.WRONG.items():
        core.sheet.cache_clear()
        for answer, _ in wrong[:4]:
            kept = checks.grade(name, answer, big)
            held = core.sheet(core.find(name), big)
            core.sheet.cache_clear()
            assert checks.grade(name, answer, big) == kept
        fresh = core.Sheet(core.find(name), big)
        for old, new in zip(held.problems, fresh.problems, strict=True):
            for a, b in zip(old.args, new.args, strict=True):
                assert np.array_equal(a, b) if isinstance(a, np.ndarray) else True
            assert repr(held.expected(old)) == repr(fresh.expected(new))


# --- what can go wrong --------------------------------------------------------------------------


class OneByOne:
    """A crew without processes: replies come from a function."""

    def __init__(self, reply):
        self.reply = reply

    def run(self, units):
        for task in units:
            yield task, self.reply(task)


def with_crew(monkeypatch, reply):
    monkeypatch.setattr(batch, "Local", lambda jobs: OneByOne(reply))


def judged(task):
    return {"record": unit.missing(task), "cpu": 0.1, "memory": 1}


def many(tmp_path, n=6):
    return put(tmp_path / "in", {f"l{i}.ipynb": RIGHT + b" " * i for i in range(n)})


def test_the_summary_tells_who_is_graded_in_part(tmp_path):
    outcome = batch.Outcome(total=30)
    for n in range(30):
        reason = "lesson 04: not handed in" if n else ""
        outcome.count({"status": "graded", "learner": f"l{n}", "reason": reason})
    said = batch.summary(outcome, tmp_path)
    assert said.count("graded in part: l") == batch.TOLD and "graded in part: 9 more" in said
    assert "30 learners: 30 graded." in said and "class.html" not in said  # it is not there


def test_a_title_heads_every_page(tmp_path, monkeypatch, capsys):
    with_crew(monkeypatch, judged)
    out = tmp_path / "out"
    words = ["grade", str(many(tmp_path)), str(out), "--level", "kernel", "--title", "Set <2>"]
    assert cli.main([*words, "--lessons", "0"]) == 0
    pages = [*out.glob("*.html"), *out.glob("feedback/*.html")]
    assert len(pages) == 8 and all("Set &lt;2&gt;" in page.read_text("utf-8") for page in pages)
    assert "Lessons: 00." in capsys.readouterr().out  # it may be called 0


def test_a_slip_is_told_on_a_line_of_its_own(tmp_path, capsys):
    assert cli.main(["grade", str(many(tmp_path)), str(tmp_path / "out"), "--lessons", "55"]) == 2
    assert "\r" in capsys.readouterr().err.split("There is no lesson 55;")[0][-1:]


def test_a_fault_is_no_record_and_is_tried_again(tmp_path, monkeypatch, capsys):
    place, out = many(tmp_path), tmp_path / "out"
    with_crew(monkeypatch, lambda t: {"fault": "broken"} if t.learner == "l3" else judged(t))
    words = ["grade", str(place), str(out), "--level", "kernel"]
    assert cli.main(words) == 1
    said = capsys.readouterr().out
    assert "not graded: l3: broken" in said and "--resume" in said
    assert len(everything(out)) == 5 and not (out / "records/l3.json").exists()
    faults = json.loads((out / "faults.json").read_text())["faults"]
    assert faults == [{"learner": "l3", "file": "l3.ipynb", "reason": "broken"}]
    with_crew(monkeypatch, judged)
    assert cli.main([*words, "--resume"]) == 0
    assert len(everything(out)) == 6 and not (out / "faults.json").exists()


def test_a_machine_that_does_not_work_ends_the_batch(tmp_path, monkeypatch):
    with_crew(monkeypatch, lambda task: {"fault": "no bubblewrap"})
    outcome = batch.grade(many(tmp_path, 30), tmp_path / "out", level="kernel")
    assert len(outcome.faults) == batch.ENOUGH_FAULTS and "no bubblewrap" in outcome.stopped


def test_a_full_disk_stops_with_a_sentence_and_resumes(tmp_path, monkeypatch, capsys):
    place, out = many(tmp_path), tmp_path / "out"
    with_crew(monkeypatch, judged)
    batch.grade(place, tmp_path / "all", level="kernel", seed_file=tmp_path / "s")
    fsync, left = os.fsync, [4]

    def full(descriptor):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    words = ["grade", str(place), str(out), "--level", "kernel", "--seed-file", str(tmp_path / "s")]
    with monkeypatch.context() as patch:
        patch.setattr(records.os, "fsync", full)
        assert cli.main(words) == 1
    assert (
        "Stopped: The disk is full (No space left on device). Make room." in capsys.readouterr().out
    )
    assert 0 < len(everything(out)) < 6 and not list(out.glob("**/*.part"))
    assert cli.main([*words, "--resume"]) == 0
    assert everything(out) == everything(tmp_path / "all")


def test_a_new_warm_parent_is_tried_three_times(monkeypatch, level):
    started = []

    class Warm:
        def __init__(self, level):
            self.level = level
            started.append(self)

        def close(self):
            pass

    def fails(times):
        def attempt(task, warm):
            if len(started) <= times:
                raise GraderFault("it broke")
            return {"record": 1}, 0.0, 0

        return attempt

    monkeypatch.setattr(unit, "Warm", Warm)
    for times, answer in [(0, "record"), (2, "record"), (3, "fault")]:
        started.clear()
        monkeypatch.setattr(unit, "judge", fails(times))
        assert answer in unit.Desk().reply(unit_of(Handed("x", "00", b"")))
        assert len(started) == min(times + 1, 3)


def test_a_bug_of_ours_is_a_fault_not_a_zero(monkeypatch):
    monkeypatch.setattr(unit, "read", lambda *args: 1 / 0)
    monkeypatch.setattr(unit, "Warm", lambda level: type("W", (), {"close": lambda self: None})())
    reply = unit.Desk().reply(unit_of(Handed("x", "00", b"{}")))
    assert reply["fault"].startswith("ZeroDivisionError")


def test_another_version_of_the_course_is_a_fault():
    task = Unit("a", "a", (), ("00",), {"00": 1}, "kernel", "key", "other")
    assert "another version" in unit.Desk().reply(task)["fault"]


def test_a_process_that_always_dies_is_a_fault(monkeypatch):
    class Dies(crew.Servant):
        def give(self, task):
            super().give(task)
            os.kill(self.pid, signal.SIGKILL)

    monkeypatch.setattr(crew, "Servant", Dies)
    ((task, reply),) = crew.Local(1).run([unit_of()])
    assert task.learner == "ada" and "died 3 times" in reply["fault"]


def test_processes_that_do_not_start_stop_the_batch(monkeypatch):
    real = sandbox.command
    monkeypatch.setattr(sandbox, "command", lambda level, call, *w: real(level, "unit.nobody", *w))
    with pytest.raises(crew.Stopped, match="do not start: AttributeError"):
        list(crew.Local(2).run([unit_of()]))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--lessons", "77"], "There is no lesson 77"),
        (["--roster", "nowhere.csv"], "The roster cannot be read"),
        (["--seed-file", "OUT/seed"], "must not lie in"),
        (["--seed-file", "SHORT"], "too short"),
    ],
)
def test_what_makes_no_sense_is_usage(tmp_path, capsys, more, said):
    (tmp_path / "short").write_bytes(b"1")
    out = tmp_path / "out"
    names = {"OUT/seed": str(out / "seed"), "SHORT": str(tmp_path / "short")}
    more = [names.get(word, word) for word in more]
    words = ["grade", str(many(tmp_path)), str(out), "--level", "kernel", *more]
    assert cli.main(words) == 2
    assert said in capsys.readouterr().err


def test_places_that_make_no_sense_are_usage(tmp_path, monkeypatch, capsys):
    place, out = many(tmp_path), tmp_path / "out"
    assert cli.main(["grade", str(tmp_path / "nowhere"), str(out)]) == 2
    assert cli.main(["grade", str(place), str(place / "out")]) == 2
    assert cli.main(["grade", str(place), str(tmp_path)]) == 2
    with_crew(monkeypatch, judged)
    words = ["grade", str(place), str(out), "--level", "kernel"]
    with records.Folder(out):
        assert cli.main(words) == 2
    assert "Another grader is at work" in capsys.readouterr().err
    assert cli.main(words) == 0
    assert cli.main(words) == 2
    assert "add --resume" in capsys.readouterr().err
    (tmp_path / "out.seed").unlink()
    assert cli.main([*words, "--resume"]) == 2
    assert "out.seed is gone" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        cli.main(["grade", str(place), str(out), "--jobs", "0"])
    assert ended.value.code == 2


# --- kill -9 ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def a_class(tmp_path_factory, level):
    """Twelve learners' lesson 01, and how it is graded undisturbed."""
    base = tmp_path_factory.mktemp("kills")
    wrong = "def occupancy(mdp, pi):\n    return pi * {}"
    files = {f"l{i:02}.ipynb": notebook("01", occupancy=wrong.format(i)) for i in range(12)}
    put(base / "in", files | {"empty.ipynb": b""})
    outcome = batch.grade(
        base / "in", base / "out", lessons=["01"], seed_file=base / "seed", level=level, jobs=1
    )
    assert outcome.complete
    return base, everything(base / "out")


def started(base, out, level, *more):
    words = ["grade", base / "in", out, "--lessons", "01", "--seed-file", base / "seed",
             "--level", level, "--jobs", "1", "--resume", *more]  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "irl_course", *map(str, words)], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def children(pid):
    """The processes that descend from one."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *children(child)]
    return found


def recorded(out):
    return len(list(out.glob("records/*.json")))


def wait_for(condition, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except OSError:
        return False


linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only /proc tells which processes to kill"
)


@linux
def test_the_grader_killed_at_random_moments_gives_the_same_bytes(a_class, tmp_path, level):
    base, undisturbed = a_class
    draw, out = random.Random(0), tmp_path / "out"
    for _ in range(2):
        grader = started(base, out, level)
        seen = recorded(out)
        wait_for(lambda seen=seen: recorded(out) > seen)
        time.sleep(draw.uniform(0, 0.15))
        left = children(grader.pid)
        grader.kill()
        grader.wait()
        wait_for(lambda left=left: not any(map(alive, left)), 20)
        assert 0 < recorded(out) < len(undisturbed)
    assert started(base, out, level).wait(60) == 0
    assert everything(out) == undisturbed


@linux
def test_workers_killed_at_random_moments_cost_time_not_grades(a_class, tmp_path, level):
    base, undisturbed = a_class
    draw, out = random.Random(1), tmp_path / "out"
    grader = started(base, out, level)
    for _ in range(2):
        seen = recorded(out)
        wait_for(lambda seen=seen: recorded(out) > seen or grader.poll() is not None)
        time.sleep(draw.uniform(0, 0.1))
        if grader.poll() is None and children(grader.pid):
            victim = draw.choice(children(grader.pid))  # servant, bubblewrap, warm parent, worker
            os.kill(victim, signal.SIGKILL)
    assert grader.wait(90) in (0, 1)
    if grader.returncode:
        assert started(base, out, level).wait(90) == 0
    assert everything(out) == undisturbed


# --- Dask ---------------------------------------------------------------------------------------


def test_a_cluster_gives_the_same_bytes(a_class, tmp_path, level):
    base, undisturbed = a_class
    options = {"lessons": ["01"], "seed_file": base / "seed", "level": level, "resume": True}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        killed = []

        def progress(what, done, total):
            if what == "grading" and done == 3 and not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        outcome = batch.grade(
            base / "in", tmp_path / "out", scheduler=cluster.scheduler_address, **options,
            progress=progress,
        )  # fmt: skip
    assert outcome.complete and killed, outcome
    assert everything(tmp_path / "out") == undisturbed


def test_a_scheduler_that_is_killed_loses_nothing(a_class, tmp_path, level):
    base, undisturbed = a_class
    options = {"lessons": ["01"], "seed_file": base / "seed", "level": level, "resume": True}
    found = tmp_path / "scheduler.json"
    words = ["--scheduler-file", str(found)]

    def dask(kind, *more):
        argv = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words, *more]
        return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)  # fmt: skip

    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    wait_for(found.exists)
    worker = dask("worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard")
    try:
        outcome = batch.grade(
            base / "in", tmp_path / "out", **options,
            scheduler=json.loads(found.read_text())["address"],
            progress=lambda *now: now == ("grading", 4, 13) and scheduler.kill(),
        )  # fmt: skip
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert "The scheduler is gone" in outcome.stopped and outcome.exit_code == 1
    assert 0 < recorded(tmp_path / "out") < len(undisturbed)
    assert batch.grade(base / "in", tmp_path / "out", jobs=1, **options).complete
    assert everything(tmp_path / "out") == undisturbed


def test_a_scheduler_that_is_not_there_is_a_sentence(tmp_path, monkeypatch):
    real = crew.Cluster
    monkeypatch.setattr(crew, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(batch, "Cluster", real)
    outcome = batch.grade(
        many(tmp_path), tmp_path / "out", scheduler="tcp://127.0.0.1:1", level="kernel"
    )
    assert "There is no scheduler at tcp://127.0.0.1:1" in outcome.stopped


def test_without_dask_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = batch.grade(many(tmp_path), tmp_path / "out", scheduler="tcp://x:1", level="kernel")
    assert "[teacher]" in outcome.stopped and outcome.exit_code == 1
