"""The check core: every exercise against untouched, right, mistaken and cheating answers."""

import html.parser
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from irl_course import checks
from irl_course.checks import check, core, guard, progress, quiz, report
from irl_course.checks.forms import (
    Array,
    Flag,
    Number,
    Policy,
    Several,
    WrongForm,
    difference,
)

EXERCISES = checks.exercises()
MISTAKES = [
    (name, idea.key) for name, exercise in EXERCISES.items() for idea in exercise.misconceptions
]


def stub(*args):
    raise NotImplementedError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("IRL_COURSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "progress"


# --- every exercise ------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXERCISES)
def test_an_untouched_exercise_is_not_attempted(name):
    result = checks.grade(name, stub)
    assert (result.outcome, result.points, result.misconception) == ("not attempted", 0, None)
    assert result.max_points == EXERCISES[name].points > 0


@pytest.mark.parametrize("seed", [0, 1, 2, 12345])
@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_is_correct(name, seed):
    result = checks.grade(name, EXERCISES[name].reference, seed)
    assert (result.outcome, result.points) == ("correct", EXERCISES[name].points), result.message


# What a mistake says on its way, about divisions by zero and the like, is its own affair.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "key"), MISTAKES)
def test_every_misconception_is_rejected_by_its_own_hint(name, key):
    seed = MISTAKES.index((name, key)) % 3  # of dozens each exercise sees every seed
    idea = next(idea for idea in EXERCISES[name].misconceptions if idea.key == key)
    result = checks.grade(name, idea.wrong, seed)
    assert result.outcome == "not right yet", f"{name}: misconception {key!r} is a right answer"
    assert result.misconception == key, (
        f"{name}: what misconception {key!r} answers is told as {result.misconception!r}; "
        "no two of them may give the same answers to all problems"
    )
    assert result.points < result.max_points
    assert result.idea == idea.hint and result.violation


def cheats(name):
    """Answers that look at the question as little as they can."""
    exercise = EXERCISES[name]

    def like(change):
        def answer(*args):
            value = exercise.reference(*args)
            several = isinstance(value, tuple)
            changed = [change(np.asarray(item, float)) for item in (value if several else [value])]
            return tuple(changed) if several else changed[0]

        return answer

    stored = [exercise.reference(*problem.args) for problem in exercise.draw(0)]
    return {
        "zeros": like(np.zeros_like),
        "ones": like(np.ones_like),
        "not a number": like(lambda a: np.full_like(a, np.nan)),
        "infinite": like(lambda a: np.full_like(a, np.inf)),
        "an extra axis": like(lambda a: a[None]),
        "a text": like(lambda a: "correct"),
        "an object": like(lambda a: object()),
        "complex": like(lambda a: a + 1j),
        "a million": like(lambda a: [0.0] * 1_000_000),
        "a generator": lambda *args: (x for x in [exercise.reference(*args)]),
        "nothing": lambda *args: None,
        "the first answer for all": lambda *args: stored[0],
        "exit": lambda *args: sys.exit(0),
        "the question": lambda *args: args,
        "itself": lambda *args: cheats,
    }


@pytest.mark.parametrize(
    ("name", "cheat"), [(name, cheat) for name in EXERCISES for cheat in cheats(name)]
)
def test_cheats_earn_nothing(name, cheat):
    result = checks.grade(name, cheats(name)[cheat])
    assert (result.outcome, result.points) == ("not right yet", 0), result.message
    assert result.violation


@pytest.mark.parametrize("name", EXERCISES)
def test_answers_stored_for_the_notebook_fail_elsewhere(name):
    exercise = EXERCISES[name]
    stored = iter([exercise.reference(*problem.args) for problem in exercise.draw(0)])
    assert checks.grade(name, lambda *args: next(stored), seed=0).outcome == "correct"
    stored = iter([exercise.reference(*problem.args) for problem in exercise.draw(0)])
    assert checks.grade(name, lambda *args: next(stored), seed=1).outcome == "not right yet"


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_complete(name):
    exercise = EXERCISES[name]
    labels = [problem.label for problem in exercise.draw(0)]
    assert len(labels) >= 4, f"{name} has {len(labels)} problems; give at least 4"
    same = f"{name}: each problem has a label of its own, by which it is found again: {labels}"
    assert len(labels) == len(set(labels)), same
    said = f"{name} has {len(exercise.hints)} hints; give 3, none of them empty"
    assert len(exercise.hints) == 3 and all(exercise.hints), said
    keys = [idea.key for idea in exercise.misconceptions]
    assert len(keys) >= 5, f"{name} has {len(keys)} misconceptions; give at least 5"
    assert len(keys) == len(set(keys)), f"{name}: each misconception has a key of its own: {keys}"
    short = [idea.key for idea in exercise.misconceptions if len(idea.hint) <= 30]
    assert not short, f"{name}: what these misconceptions tell the learner is too short: {short}"
    for problem in exercise.draw(0):
        for arg in problem.args:
            if hasattr(arg, "n_states"):
                assert arg.n_states != arg.n_actions, "a transposed axis could pass"


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_never_changes_its_problems_and_always_says_the_same(name):
    exercise = EXERCISES[name]

    def spoils(*args):
        for arg in args:
            if isinstance(arg, np.ndarray):
                arg[...] = 7
        return exercise.reference(*args)

    first = checks.grade(name, spoils)
    assert first.message == checks.grade(name, spoils).message
    assert checks.grade(name, exercise.reference).outcome == "correct"


# --- judging -------------------------------------------------------------------------------


def test_partial_credit_for_values_without_a_policy():
    def half(mdp, reward, tol):
        V, pi = EXERCISES["value_iteration"].reference(mdp, reward, tol)
        return V, None

    result = checks.grade("value_iteration", half)
    assert (result.points, result.max_points) == (2, 3)
    assert "pi is None" in result.message


def test_changing_the_input_in_place_is_noticed_and_costs_a_point():
    def in_place(mdp, reward, V):
        V *= mdp.gamma
        return reward + mdp.P @ V

    result = checks.grade("bellman_backup", in_place)
    assert (result.outcome, result.points, result.misconception) == ("not right yet", 1, "mutates")
    assert "changed `V` in place" in result.violation
    assert result.parts[-1].title.endswith("without changing its input")


def test_worlds_cannot_be_changed_in_place():
    def spoils(mdp, reward, V):
        mdp.P[:] = 0
        return reward

    result = checks.grade("bellman_backup", spoils)
    assert "read-only" in result.traceback and result.points == 0


def test_an_exception_shows_only_the_learners_lines():
    def helper(V):
        return V[99]

    def bellman_backup(mdp, reward, V):
        return helper(V)

    result = checks.grade("bellman_backup", bellman_backup)
    lines = result.traceback.splitlines()
    assert lines[0].strip().startswith("test_checks.py, line")
    assert "in bellman_backup" in lines[0] and "in helper" in lines[2]
    assert lines[-1].startswith("IndexError: index 99")
    assert "guard.py" not in result.traceback and "core.py" not in result.traceback


def test_addresses_do_not_reach_the_feedback():
    def bad(mdp, reward, V):
        raise ValueError(f"what is {object()}?")

    assert "0x…" in checks.grade("bellman_backup", bad).message


def test_a_deep_recursion_is_cut_short():
    def forever(mdp, reward, V):
        return forever(mdp, reward, V)

    result = checks.grade("bellman_backup", forever)
    assert "RecursionError" in result.traceback and len(result.traceback.splitlines()) < 12


def test_something_that_is_no_function():
    result = checks.grade("bellman_backup", np.zeros(3))
    assert result.outcome == "not right yet" and "not a function" in result.violation


def test_an_unknown_exercise_is_refused_with_near_names():
    with pytest.raises(KeyError, match="bellman_backup"):
        checks.grade("belman_backup", stub)


def test_half_written_answers_are_an_attempt():
    calls = []

    def half(mdp, reward, V):
        calls.append(1)
        if len(calls) > 2:
            raise NotImplementedError
        return EXERCISES["bellman_backup"].reference(mdp, reward, V)

    assert checks.grade("bellman_backup", half).outcome == "not right yet"


# --- time ----------------------------------------------------------------------------------


def endless(mdp, reward, tol):
    while True:
        pass


def test_an_endless_loop_is_interrupted_and_says_so():
    result = checks.grade("value_iteration", endless, seconds=0.3)
    assert result.outcome == "not right yet" and result.misconception == "endless"
    assert "still running" in result.violation and "γ" in result.idea


def test_catching_every_exception_does_not_outlive_the_limit():
    def stubborn(mdp, reward, tol):
        while True:
            try:
                while True:
                    pass
            except Exception:
                continue

    assert "still running" in checks.grade("value_iteration", stubborn, seconds=0.3).violation


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_an_endless_loop_is_interrupted_where_there_is_no_alarm(monkeypatch, handler):
    monkeypatch.delattr(signal, "setitimer")
    before = signal.signal(signal.SIGINT, handler)  # a shell's background ignores interrupts
    try:
        result = checks.grade("value_iteration", endless, seconds=0.3)
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert "still running" in result.violation


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms on Windows to lose")
def test_somebody_elses_alarm_survives():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    old = signal.setitimer(signal.ITIMER_REAL, 0.4)
    try:
        checks.grade("value_iteration", endless, seconds=0.1)
        assert not rung
        time.sleep(0.5)
        assert rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, *old)
        signal.signal(signal.SIGALRM, before)


def test_the_learners_own_stop_is_passed_on():
    def stopped(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.grade("bellman_backup", stopped)


def test_grading_works_outside_the_main_thread():
    seen = []
    ask = lambda: seen.append(checks.grade("bellman_backup", EXERCISES["bellman_backup"].reference))  # noqa: E731
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen[0].outcome == "correct"


# --- forms ---------------------------------------------------------------------------------

V = np.array([1.0, 2.0, 3.0])
PI = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("value", [V, V.tolist(), tuple(V), V.astype(np.float32), [1, 2, 3]])
def test_usual_spellings_of_an_array_are_read(value):
    assert np.allclose(Array("V", "n_states").read(value, V), V)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "None"),
        (V[:2], r"shape \(2,\)"),
        (V[:, None], "extra axis"),
        ([1.0, np.nan, 2.0], r"V\[1\] is nan"),
        ("abc", "str"),
        (iter([1]), "object"),
        ((x for x in V), "generator"),
        ([[1.0], [2.0, 3.0]], "cannot be read"),
        ({"a": 1}, "dict"),
        (V + 1j, "complex"),
        (np.array([None, 1, 2]), "object"),
    ],
)
def test_what_is_no_array_is_named(value, said):
    with pytest.raises(WrongForm, match=said):
        Array("V", "n_states").read(value, V)


@pytest.mark.parametrize(
    ("have", "said"),
    [
        ((3, 2), "The axis horizon, here of length 1, is missing"),
        ((6,), "axes were joined: use .reshape"),
        ((1, 1, 3, 2), "an extra axis of length 1"),
        ((2, 3), r"= \(1, 3, 2\)\.$"),  # as many entries, by chance
        ((3,), r"= \(1, 3, 2\)\.$"),
    ],
)
def test_a_lost_an_extra_and_a_joined_axis_are_named_and_nothing_else(have, said):
    with pytest.raises(WrongForm, match=said):
        Array("pi", "horizon, n_states, n_actions").read(np.zeros(have), np.zeros((1, 3, 2)))


def test_what_all_errors_have_in_common_is_said():
    want = np.array([1.0, 2.0, 4.0])
    assert difference("V", want * 0.9, want).endswith("Every entry is 0.9 times what it should be.")
    assert difference("V", want + 2, want).endswith("Every entry is off by the same 2.")
    one = np.array([1.0, 2.0, 4.00008])  # the others agree: nothing is the same about the errors
    assert difference("V", one, want).endswith("it should be 4.")
    assert difference("V", want, want) is None


def test_swapped_axes_are_suspected():
    with pytest.raises(WrongForm, match="swapped"):
        Array("Q", "n_states, n_actions").read(np.zeros((2, 3)), np.zeros((3, 2)))


def test_a_free_axis_may_have_any_length():
    form = Array("policies", "?M, n_states")
    assert form.read(np.zeros((7, 3)), np.zeros((2, 3))).shape == (7, 3)
    with pytest.raises(WrongForm):
        form.read(np.zeros((7, 4)), np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.array([0, 1, 0]), "one action number"),
        (PI * 0.9, "sums to"),
        (PI - [[1.5, -1.5]] * np.array([[1], [0], [0]]), "negative"),
    ],
)
def test_what_is_no_policy_is_named(value, said):
    with pytest.raises(WrongForm, match=said):
        Policy("pi", "n_states, n_actions").read(value, PI)


def test_policies_may_be_a_little_off():
    Policy("pi", "n_states, n_actions").read((PI + 1e-7).astype(np.float32), PI)


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.float32(1.5), np.array(1.5)])
def test_numbers_are_read(value):
    assert float(Number("J").read(value, 1.5)) == 1.5


@pytest.mark.parametrize("value", [True, [1.5], np.array([1.5]), None, "1.5", np.nan, 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(WrongForm):
        Number("J").read(value, 1.5)


@pytest.mark.parametrize("value", [True, np.True_, np.array(True), 1])
def test_flags_are_read(value):
    assert Flag("it").read(value, True) is True


@pytest.mark.parametrize("value", [None, "True", 2, np.array([True]), 1.0])
def test_what_is_no_flag_is_refused(value):
    with pytest.raises(WrongForm):
        Flag("it").read(value, True)


def test_one_bad_result_leaves_the_others_readable():
    both = Several(Array("V", "n_states"), Policy("pi", "n_states, n_actions"))
    out = both.read([V, "?"], (V, PI))
    assert np.allclose(out[0], V)
    with pytest.raises(WrongForm):
        out[1]
    with pytest.raises(WrongForm, match="2 things"):
        both.read(V, (V, PI))


# --- in the notebook -----------------------------------------------------------------------


def discounted_return(rewards, gamma):
    return sum(gamma**t * r for t, r in enumerate(rewards))


def test_what_a_library_has_not_implemented_is_no_untouched_stub():
    import cvxpy as cp

    def strict(*args):
        return cp.Problem(cp.Minimize(0), [cp.Variable() > 1])

    result = checks.grade("ng_russell", strict)
    assert (result.outcome, result.misconception) == ("not right yet", "strict")
    assert "write `>=`" in result.idea and "NotImplementedError" in result.violation


def test_a_right_answer_in_lists_comes_back_with_arrays():
    def bellman_backup(mdp, reward, V):
        """Mine."""
        return EXERCISES["bellman_backup"].reference(mdp, reward, V).tolist()

    args = EXERCISES["bellman_backup"].draw(7)[0].args
    mine = check(bellman_backup)
    assert isinstance(mine(*args), np.ndarray) and mine.__doc__ == "Mine."
    np.testing.assert_array_equal(mine(*args), bellman_backup(*args))
    assert check(mine) is mine  # nothing left to do


def test_of_several_results_only_lists_are_changed():
    form = Several(Array("V", "S"), Number("margin"), Policy("pi", "S, A"))
    lists = ([1.0, 2.0], 3.0, np.eye(2))
    V, margin, pi = form.plain(lists)
    assert isinstance(V, np.ndarray) and margin == 3.0 and pi is lists[2]
    arrays = (V, margin, pi)
    assert form.plain(arrays) is arrays


def test_a_right_answer_comes_back_and_is_remembered(capsys, home):
    assert check(discounted_return) is discounted_return
    assert "✓ discounted_return: correct, 1 of 1 point" in capsys.readouterr().out
    assert json.loads((home / "discounted_return.json").read_text())["solved"]


def test_any_other_answer_is_replaced_and_says_so(capsys):
    ours = EXERCISES["discounted_return"].reference
    assert check(stub, "discounted_return") is ours
    assert "○" in capsys.readouterr().out
    assert check(lambda rewards, gamma: 0.0, "discounted_return") is ours
    said = capsys.readouterr().out
    assert "✗" in said and "course's version" in said


def test_the_courses_version_does_not_count_as_an_answer(capsys, home):
    ours = check(stub, "discounted_return")
    assert check(ours) is ours
    assert "Run your own cell again" in capsys.readouterr().out
    assert not json.loads((home / "discounted_return.json").read_text())["solved"]


def test_hints_climb_and_stay_at_the_top(capsys):
    own = type(check)()
    for rung in (1, 2, 3, 3):
        own.hint("bellman_backup")
        assert f"Hint {rung} of 3" in capsys.readouterr().out


def test_the_failing_problem_can_be_taken_apart(capsys):
    def wrong_when_patient(mdp, reward, V):
        return EXERCISES["bellman_backup"].reference(mdp, reward, V) + (mdp.gamma > 0.95)

    check(wrong_when_patient, "bellman_backup")
    mdp, reward, V = check.problem("bellman_backup")
    assert mdp.gamma > 0.95 and reward.shape == (mdp.n_states, mdp.n_actions)


def test_the_failing_problem_is_known_where_progress_cannot_be_kept(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("IRL_COURSE_HOME", str(tmp_path / "file"))

    def wrong_when_patient(mdp, reward, V):
        return EXERCISES["bellman_backup"].reference(mdp, reward, V) + (mdp.gamma > 0.95)

    own = type(check)()
    own(wrong_when_patient, "bellman_backup")
    assert own.problem("bellman_backup")[0].gamma > 0.95


def test_the_solution_is_shown_only_where_it_is(capsys, monkeypatch, tmp_path):
    check.solution("bellman_backup")
    said = capsys.readouterr().out
    assert "mdp.P @ V" in said and "###" not in said
    monkeypatch.setattr("irl_course.checks.notebook._SOLUTIONS", tmp_path)
    check.solution("bellman_backup")
    assert "teacher" in capsys.readouterr().out


class Tags(html.parser.HTMLParser):
    """Collects tags and insists that they are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen = [], set()
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_feedback_is_sound_html_and_nothing_in_it_is_executed():
    def nasty(mdp, reward, V):
        raise ValueError("<script>alert(1)</script>")

    page = report.as_html(checks.grade("bellman_backup", nasty), ("<b>note</b>",))
    assert "script" not in Tags(page).seen and "b" not in Tags(page).seen
    half = checks.grade("value_iteration", lambda *args: (None, None))
    assert {"ul", "li", "code"} <= Tags(report.as_html(half)).seen


def test_a_result_is_plain_data():
    result = checks.grade("value_iteration", lambda *args: (None, None))
    again = json.loads(json.dumps(result.as_dict()))
    assert again["outcome"] == "not right yet" and again["message"] == result.message
    assert {"points", "max_points", "misconception"} <= set(again)


# --- progress ------------------------------------------------------------------------------


def solved():
    return checks.grade("discounted_return", discounted_return)


def test_the_best_result_stays():
    progress.record(solved())
    progress.record(checks.grade("discounted_return", lambda *args: 0.0))
    entry, _ = progress.load("discounted_return")
    assert (entry["solved"], entry["best_points"], entry["points"], entry["attempts"]) == (
        True,
        1,
        0,
        2,
    )
    assert "✓ discounted_return" in progress.table_text()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"outcome": 3}', b"\xff\xfe", b'{"points": "many"}']
)
def test_a_corrupt_file_is_set_aside_with_a_sentence(home, content):
    home.mkdir(parents=True)
    (home / "discounted_return.json").write_bytes(content)
    assert "1 of" not in progress.table_text().splitlines()[0], "reading must not fail"
    (home / "discounted_return.json").write_bytes(content)
    note = progress.record(solved())
    assert "unreadable" in note
    assert (home / "discounted_return.broken").read_bytes() == content
    assert progress.load("discounted_return")[0]["solved"]


def test_a_full_disk_leaves_the_old_file(home, monkeypatch, capsys):
    progress.record(solved())
    before = (home / "discounted_return.json").read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    check(lambda rewards, gamma: 0.0, "discounted_return")
    assert "could not be saved (No space left on device" in capsys.readouterr().out
    assert (home / "discounted_return.json").read_bytes() == before
    assert [path.name for path in home.iterdir()] == ["discounted_return.json"]


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("IRL_COURSE_HOME", str(tmp_path / "file"))
    assert check(discounted_return) is discounted_return
    assert "could not be saved" in capsys.readouterr().out
    assert "0 of" in progress.table_text()


def test_two_notebooks_at_once_lose_nothing():
    script = (
        "from irl_course.checks import grade, progress\n"
        "for _ in range(20): progress.record(grade('{0}', __import__('irl_course.checks')"
        ".checks.exercises()['{0}'].reference))"
    )
    names = ["discounted_return", "bellman_backup", "discounted_return"]
    running = [subprocess.Popen([sys.executable, "-c", script.format(name)]) for name in names]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert all(progress.load(name)[0]["solved"] for name in names)


# --- quiz ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", quiz.quizzes())
def test_every_quiz_has_one_right_option_and_answers_to_all(name, capsys):
    asked = quiz.quizzes()[name]
    assert sum(option.right for option in asked.options) == 1
    assert all(len(option.feedback) > 20 for option in asked.options)
    check.quiz(name)
    assert "b)" in capsys.readouterr().out


@pytest.mark.parametrize("name", quiz.quizzes())
def test_a_click_on_an_option_answers(name):
    box = quiz._widget(quiz.quizzes()[name])
    *buttons, said = box.children[1:]
    for button, option in zip(buttons, quiz.quizzes()[name].options, strict=True):
        button.click()
        assert ("✓" in said.value) == option.right and ("✗" in said.value) != option.right


@pytest.mark.parametrize(("kind", "collect"), [("exercise", core._lessons), ("quiz", quiz.quizzes)])
def test_a_name_that_another_lesson_has_is_refused(kind, collect, monkeypatch):
    lesson = core.lesson_modules()["00"]
    for module in (core, quiz):
        monkeypatch.setattr(module, "lesson_modules", lambda: {"08": lesson, "12": lesson})
    with pytest.raises(ValueError, match=rf"^{kind} '.+' is in lesson 08 and in lesson 12"):
        collect.__wrapped__()  # not from memory


def test_an_unknown_quiz_names_the_known_ones():
    with pytest.raises(KeyError, match="after-a-cross"):
        check.quiz("nothing")


def test_a_problem_set_depends_on_seed_and_name():
    exercise = core.find("bellman_backup")
    first, again, other = (exercise.draw(seed)[0].args[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_calls_get_copies():
    args = (np.zeros(3),)

    def spoil(a):
        a[0] = 1

    assert guard.call(spoil, args, 1.0, ("a",))[1] == "`a`"
    assert args[0][0] == 0
