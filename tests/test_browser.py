"""A person works through lesson 01 in a real browser, at the keyboard.

One server, one browser and one window for all of it. Where there is no Chromium the tests are
skipped, except on CI, where that is a failure.
"""

import functools
import json
import os
import re

import browser
import pytest


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The page that the course's door opens."""
    if reason := browser.obstacle():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("browser")
    course = browser.copy_course(folder)
    with (
        browser.serving(course, folder) as address,
        browser.browsing(address, folder) as lab,
        lab.photographed(),
    ):
        lab.open()
        lab.wait_for("lessons/00_start_here.ipynb")
        yield lab


@pytest.fixture(scope="module")
def lesson(lab):
    """Lesson 01 as it comes, reached by the link at the end of lesson 00, after Run All."""
    with lab.photographed():
        last = lab.cell(lab.cells()[-1]["id"])
        last.get_by_role("link", name="01 Forward reinforcement learning").click()
        lab.wait_for("lessons/01_forward_rl.ipynb")
        lab.run_all()
    return lab


def photographed(test):
    """The message of a test that fails names a screenshot."""

    @functools.wraps(test)
    def watched(**fixtures):
        (lab,) = fixtures.values()
        with lab.photographed():
            test(**fixtures)

    return watched


def see(place, *words):
    """Wait until all the words stand there; what stands there then."""
    for word in words:
        place.get_by_text(word).first.wait_for()
    return place.inner_text()


@photographed
def test_the_door_opens_lesson_00(lab):
    lab.page.get_by_role("heading", name="00 Start here").wait_for()
    lab.page.get_by_role("heading", name="What is this course about?").wait_for()
    assert [cell["cell_type"] for cell in lab.cells()[:2]] == ["markdown", "code"]


@photographed
def test_an_untouched_lesson_runs_to_its_end(lesson):
    code = [cell for cell in lesson.cells() if cell["cell_type"] == "code"]
    assert [cell["id"] for cell in code if not cell["execution_count"]] == []
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    checks = {cell["id"]: cell["outputs"] for cell in code if cell["id"].startswith("check-")}
    assert len(checks) == 5
    said = {name: "".join(shown[0]["data"]["text/plain"]) for name, shown in checks.items()}
    assert [name for name in said if ": not attempted, 0 of" not in said[name]] == []
    see(lesson.output("check-bellman_backup"), "not attempted", "0 of 2 points")


@photographed
def test_a_wrong_answer_gets_its_idea_and_the_right_one_a_tick(lesson):
    shown = lesson.run("bellman_backup", "return mdp.gamma * (reward + mdp.P @ V)")
    said = see(shown, "not right yet", "γ multiplies the reward too", "course's version")
    assert "✗" in said and "0 of 2 points" in said

    shown = lesson.run("bellman_backup", "return reward + mdp.gamma * (mdp.P @ V)", "return mdp")
    assert re.search(r"✓\s*bellman_backup\s*: correct, 2 of 2 points", see(shown, "correct"))

    kept = lesson.folder / "home" / "progress" / "bellman_backup.json"
    assert json.loads(kept.read_text("utf-8"))["outcome"] == "correct"


@photographed
def test_an_answer_that_raises_shows_the_learners_own_lines(lesson):
    shown = lesson.run("policy_evaluation", "return np.linalg.solve(mdp.P, reward_pi)")
    said = see(shown, "not right yet", "It raised NameError", "name 'reward_pi' is not defined")
    assert "in policy_evaluation" in said and "return np.linalg.solve(mdp.P, reward_pi)" in said
    assert "irl_course" not in said and "Traceback" not in said


@photographed
def test_an_endless_loop_is_stopped_and_named(lesson):
    shown = lesson.run("value_iteration", "while True: V = 0")
    see(shown, "still running after 10 seconds", "not right yet")


@photographed
def test_a_slider_moved_by_keys_moves_the_picture(lesson):
    shown = lesson.output("how-much-does-noise-change-the-plan-4")
    before, picture = see(shown, "V(S) is"), shown.locator("svg").first.inner_html()
    (value,) = re.findall(r"V\(S\) is −(\d+\.\d\d)", before)
    handle = shown.get_by_role("slider").first
    handle.focus()
    for _ in range(2):
        handle.press("ArrowLeft")
    shown.get_by_text(f"V(S) is −{value}").wait_for(state="hidden")
    after = see(shown, "Slip 0.20", "V(S) is")
    (new_value,) = re.findall(r"V\(S\) is −(\d+\.\d\d)", after)
    assert float(new_value) < float(value)  # less noise, a cheaper way
    assert shown.locator("svg").first.inner_html() != picture


@photographed
def test_a_quiz_option_answers_back(lesson):
    shown = lesson.output("quiz-2")
    shown.get_by_role("button", name="The policy is random").click()
    see(shown, "Not quite.", "The world is what is random")
    shown.get_by_role("button", name="Two more steps cost less").click()
    see(shown, "Yes.", "the pit is large")


@photographed
def test_a_hint_unfolds_with_its_mathematics(lesson):
    hints = lesson.cell("hints-bellman_backup")
    second = hints.locator("details", has_text="Hint 2")
    assert "sums over the last axis" not in second.inner_text()
    second.locator("summary").click()
    see(second, "sums over the last axis")
    second.locator("mjx-container").first.wait_for()
    assert "Which numbers" not in hints.locator("details", has_text="Hint 1").inner_text()


@photographed
def test_nothing_pops_up_or_breaks_or_leaves_this_machine(lesson):
    assert lesson.foreign == []
    assert lesson.errors == []
    assert lesson.page.locator(".Toastify__toast, .jp-Dialog").all_inner_texts() == []
