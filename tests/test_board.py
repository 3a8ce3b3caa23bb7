"""The board, driven and painted without a browser: messages in, traits out."""

import struct
from xml.etree import ElementTree

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib import pyplot as plt

from irl_course import plotting
from irl_course.environments import DOWN, KEEP, LEFT, RIGHT, UP, Highway, gridworld, highway
from irl_course.environments.highway import FAST
from irl_course.interactive import drive, grid_svg, highway_svg, paint
from irl_course.interactive.board import Board
from irl_course.mdp import Demos

GRID = gridworld("S..P\n.#..\n....", slip=0.3)
STILL = gridworld("S..\n.#.\n..G")
ROAD = highway()
SVG = "{http://www.w3.org/2000/svg}"


def press(shown, *keys):
    """What a page does for keys."""
    for key in keys:
        say(shown, does=shown.board.shortcuts[key])


def say(shown, **message):
    shown.board._handle_custom_msg(message, [])


def button(shown, does):
    return next(b for b in shown.board.buttons if b["does"] == does)


def box(svg):
    return ElementTree.fromstring(svg).get("viewBox")


# --- highway_svg


def cars(svg):
    """Left edges and heights of the cars' bodies, and their colours."""
    bodies = ElementTree.fromstring(svg).findall(f".//{SVG}rect[@rx]")
    return {(int(b.get("x")), b.get("fill")) for b in bodies}


def test_the_road_is_that_of_the_matplotlib_picture():
    state = ROAD.index("left lane", FAST, {"left lane": 2, "right lane": 4})
    svg = highway_svg(ROAD, state)
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == str(ROAD.where(state))
    own, other = plotting.EXPERT["color"], plotting.CAR
    assert cars(svg) == {(72, own), (72, other), (272, other)}
    strip = root.find(f"{SVG}rect[@fill-opacity='0.25']")
    assert strip.get("x") == "70" and float(strip.get("height")) == 2.5 * 160
    assert plotting.HIT not in svg


def test_an_action_moves_the_strip_and_crosses_what_it_hits():
    state = ROAD.index("left lane", FAST, {"left lane": 2, "middle lane": 1})
    for action, x, hit in ((KEEP, 70, True), (RIGHT, 170, True), (LEFT, -30, False)):
        svg = highway_svg(ROAD, state, action)
        strip = ElementTree.fromstring(svg).find(f"{SVG}rect[@fill-opacity='0.25']")
        assert (int(strip.get("x")), plotting.HIT in svg) == (x, hit)


@pytest.mark.parametrize("view", [2, 8])
@pytest.mark.parametrize("column", ["off-road left", "off-road right"])
def test_off_the_road_and_far_views_stay_in_the_picture(view, column):
    world = highway(view=view)
    svg = highway_svg(world, world.index(column, FAST, {"left lane": view}), LEFT)
    left, top, wide, high = map(float, box(svg).split())
    for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert left <= x and x + w <= left + wide and y + h <= top + high
        assert top <= y or rect.get("fill-opacity") == "0.25"


# --- the board


def test_scene_and_overlay_lie_on_each_other():
    for shown in (drive(GRID), drive(GRID, values=np.arange(12.0)), drive(ROAD), paint(GRID)):
        assert box(shown.board.scene) == box(shown.board.overlay)
        style = ElementTree.fromstring(shown.board.scene).get("style")
        assert style == ElementTree.fromstring(shown.board.overlay).get("style")


def test_a_message_is_answered_once_whatever_it_says():
    recorder = drive(STILL)
    seen = []
    recorder.board.observe(lambda change: seen.append(change.new), "turn")
    for message in (
        {"does": "fly"}, {"does": None}, {}, {"row": 9, "col": 0}, {"row": -1, "col": 0},
        {"row": "0", "col": 1}, {"row": 0},
    ):  # fmt: skip
        say(recorder, **message)
    assert seen == list(range(1, 8)) and recorder.n_steps == 0


def test_every_button_does_something_and_has_its_key():
    for shown in (drive(GRID), drive(ROAD), paint(GRID)):
        can = set(shown.board.shortcuts.values())
        assert {b["does"] for b in shown.board.buttons} <= can
        assert all(b["text"] and b["key"] for b in shown.board.buttons)


def test_the_page_does_not_know_the_rules():
    assert not {"walls", "mdp", "state"} & set(Board.class_traits(sync=True))


# --- drive


def test_keys_drive_and_finished_drives_are_demos():
    recorder = drive(STILL, steps=3, style="Mine")
    with pytest.raises(ValueError, match="no drive is finished yet: 0 of 3 steps"):
        recorder.demos  # noqa: B018
    press(recorder, "ArrowRight", "ArrowLeft")
    assert recorder.n_steps == 2 and "Drive 1 (Mine): step 2 of 3." in recorder.board.status
    press(recorder, "ArrowDown", "ArrowUp")
    assert isinstance(recorder.demos, Demos)
    np.testing.assert_array_equal(recorder.demos.states, [[0, 1, 0, 3]])
    np.testing.assert_array_equal(recorder.demos.actions, [[RIGHT, LEFT, DOWN]])
    assert recorder.n_steps == 4 and "1 drive kept" in recorder.board.status
    assert "The way is blocked" in recorder.board.status  # up, out of the grid


def test_highway_keys():
    recorder = drive(ROAD, steps=5)
    press(recorder, "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", " ")
    np.testing.assert_array_equal(recorder.demos.actions, [[LEFT, UP, RIGHT, DOWN, KEEP]])
    assert np.all(possible(ROAD.mdp, recorder.demos))
    assert drive(ROAD).steps == 50 and drive(GRID).steps == 20


def possible(mdp, demos):
    P = mdp.P.toarray() if mdp.is_sparse else mdp.P
    P = P.reshape(mdp.n_states, mdp.n_actions, mdp.n_states)
    return P[demos.states[:, :-1], demos.actions, demos.states[:, 1:]] > 0


def test_the_same_seed_and_keys_give_the_same_drives():
    def driven(seed):
        recorder = drive(GRID, steps=30, seed=seed)
        press(recorder, *["ArrowRight", "ArrowDown"] * 30)
        return recorder.demos.states

    np.testing.assert_array_equal(driven(1), driven(1))
    assert not np.array_equal(driven(1), driven(2))


def test_undo_takes_luck_back_too():
    recorder = drive(GRID, steps=40)
    press(recorder, *["ArrowRight"] * 10)
    before = recorder._states
    press(recorder, *["u"] * 5, "Backspace")
    assert recorder._states == before[:5] and recorder.n_steps == 4
    press(recorder, *["ArrowRight"] * 6)
    assert recorder._states == before
    press(recorder, *["u"] * 11)
    assert recorder.n_steps == 0 and "Nothing to undo" in recorder.board.status
    assert button(recorder, "undo")["off"]


def test_undo_reaches_across_the_end_of_a_drive_and_brings_back_what_was_dropped():
    recorder = drive(GRID, steps=2)
    press(recorder, *["ArrowRight"] * 5)
    kept, under_way = recorder.demos.states, recorder._states
    press(recorder, "Delete", "n")
    assert recorder.n_steps == 2
    press(recorder, "u", "u")
    np.testing.assert_array_equal(recorder.demos.states, kept)
    assert recorder._states == under_way
    press(recorder, "u", "u")
    assert len(recorder.demos) == 1 and recorder.n_steps == 3


def test_where_nothing_matters_chance_fills_the_drive():
    recorder = drive(STILL, steps=30)
    press(recorder, "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown")
    assert "Nothing you do matters here" in recorder.board.status
    assert recorder.demos.states[0, 4:].tolist() == [8] * 27
    assert set(recorder.demos.actions[0, 4:].tolist()) == {LEFT, DOWN, RIGHT, UP}
    press(recorder, "u")  # the whole of it, and the step that led there
    assert recorder.state == 5 and recorder.n_steps == 3


def test_a_start_without_a_way_out_is_driven_all_the_same():
    recorder = drive(gridworld("G"), steps=4)
    press(recorder, "ArrowUp", "ArrowUp")
    assert len(recorder.demos) == 2 and recorder.n_steps == 8


def test_a_click_on_a_neighbour_is_a_step():
    recorder = drive(STILL, steps=5)
    say(recorder, row=0, col=1, moved=False)
    assert recorder.state == 1 and recorder._actions == (RIGHT,)
    for row, col in ((2, 2), (0, 1), (1, 0)):
        say(recorder, row=row, col=col, moved=False)
        assert recorder.n_steps == 1 and "next to" in recorder.board.status
    say(recorder, row=1, col=1, moved=False)  # a wall: a step that stays, as with the key
    assert recorder.state == 1 and recorder._actions == (RIGHT, DOWN)


def test_a_slip_is_told():
    recorder = drive(gridworld("...\n.S.\n...", slip=1.0), steps=50)
    told = []
    for _ in range(40):
        recorder.act(RIGHT)
        told.append("You slipped" in recorder.board.status)
    assert any(told) and not all(told)
    assert "slipped" not in "".join(status_after(drive(STILL, steps=9), RIGHT, RIGHT, LEFT))


def status_after(recorder, *actions):
    for action in actions:
        recorder.act(action)
        yield recorder.board.status


def test_a_collision_is_told_and_crossed():
    recorder = drive(highway(traffic=1.0), steps=9)
    statuses = list(status_after(recorder, *[KEEP] * 8))
    assert any("You hit a car!" in status for status in statuses)
    recorder = drive(highway(traffic=0.0), steps=9)
    assert not any("hit" in status for status in status_after(recorder, *[KEEP] * 8))


def test_replay_sends_every_step_and_changes_nothing(monkeypatch):
    recorder, sent = drive(GRID, steps=4), []
    press(recorder, "r")
    assert "No drive is finished yet" in recorder.board.status
    press(recorder, *["ArrowRight"] * 5)
    monkeypatch.setattr(recorder.board, "send", sent.append)
    before = recorder.board.overlay, recorder.board.status, recorder._states
    press(recorder, "r")
    ((message,),) = [sent]
    assert len(message["frames"]) == 5 and message["pause"] == 350
    assert "Replay of drive 1, step 4 of 4." in message["frames"][-1][1]
    assert {box(overlay) for overlay, _ in message["frames"]} == {box(before[0])}
    assert before == (recorder.board.overlay, recorder.board.status, recorder._states)


def test_drives_are_saved_and_loaded(tmp_path):
    recorder = drive(STILL, steps=2, style="nice")
    press(recorder, *["ArrowRight"] * 4)
    recorder.save(tmp_path / "mine.json")
    other = drive(STILL, steps=2)
    other.load(tmp_path / "mine.json")
    np.testing.assert_array_equal(other.demos.states, recorder.demos.states)
    assert "2 drives loaded" in other.board.status
    other.undo()
    assert other.n_steps == 0
    with pytest.raises(ValueError, match="have 2 steps, these here 3"):
        drive(STILL, steps=3).load(tmp_path / "mine.json")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: drive("S.G"), "a Grid or a Highway, not S.G"),
        (lambda: drive(ROAD, values=np.ones(3)), "no cells"),
        (lambda: drive(GRID, values=np.ones(3)), "cannot show an array of shape"),
        (lambda: drive(GRID, steps=0), "steps is 0"),
        (lambda: drive(GRID).act(4), "action is 4, expected 0 to 3"),
    ],
)
def test_mistakes_are_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_a_large_grid_is_quick_enough():
    grid = gridworld("\n".join(["S" + "." * 19] * 20))
    recorder = drive(grid, steps=400, values=np.linspace(-1, 1, 400))
    scene = recorder.board.scene
    press(recorder, *["ArrowRight", "ArrowDown"] * 100)
    assert recorder.board.scene is scene and len(recorder.board.overlay) < 10_000


# --- what is drawn of the drives


def test_finished_drives_are_drawn_beside_the_world_whenever_they_change(tmp_path):
    drawn = []
    recorder = drive(STILL, steps=2, draw=lambda demos: drawn.append(demos) or "<b>seen</b>")
    assert drawn == [] and "Finish a drive" in recorder.board.beside
    press(recorder, "ArrowRight")
    assert drawn == []
    press(recorder, *["ArrowRight"] * 4)
    assert [len(demos) for demos in drawn] == [1, 2] and "seen" in recorder.board.beside
    np.testing.assert_array_equal(drawn[1].states, recorder.demos.states)
    recorder.save(tmp_path / "mine.json")
    press(recorder, "u", "n", "r")  # half a drive more or less
    assert len(drawn) == 2
    press(recorder, "Delete", "u")
    assert [len(demos) for demos in drawn[2:]] == [1, 2]
    press(recorder, "Delete", "Delete", "Delete")
    assert len(drawn) == 5 and "Finish a drive" in recorder.board.beside
    recorder.load(tmp_path / "mine.json")
    assert [len(demos) for demos in drawn[5:]] == [2]
    recorder.undo()
    assert "Finish a drive" in recorder.board.beside and recorder.error is None


def test_what_is_drawn_of_the_drives_may_fail():
    def draw(demos):
        if len(demos) == 2:
            raise ValueError("two are too many!")
        return plt.figure(figsize=(2, 1)), f"drives: {len(demos)}"

    figures, recorder = plt.get_fignums(), drive(STILL, steps=1, draw=draw)
    press(recorder, "ArrowRight")
    assert "drives: 1" in recorder.board.beside and "<svg" in recorder.board.beside
    press(recorder, "ArrowRight")
    assert "two are too many!" in recorder.board.beside
    assert isinstance(recorder.error, ValueError) and len(recorder.demos) == 2
    press(recorder, "u")
    assert "drives: 1" in recorder.board.beside and recorder.error is None
    assert plt.get_fignums() == figures


def test_without_draw_nothing_stands_beside():
    recorder = drive(STILL, steps=1)
    press(recorder, "ArrowRight")
    assert recorder.board.beside == ""


# --- paint


def test_keys_paint():
    painter = paint(STILL)
    press(painter, "2", "ArrowRight", "Enter", "4", "ArrowDown", "ArrowDown", " ")
    assert painter.grid.text == painter.text == "S#.\n.#.\n.GG"
    assert painter.board.status == "Row 2, column 1: goal. Brush: goal."
    press(painter, "u", "u", "u")
    assert painter.grid.text == STILL.text and button(painter, "undo")["off"]
    press(painter, "ArrowUp", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft")
    assert painter.board.status.startswith("Row 0, column 0: start.")


def test_a_drag_is_one_stroke_without_gaps_and_draws_once():
    drawn = []
    painter = paint(gridworld("....\n...."), {"#": "wall"}, lambda g: drawn.append(g) or "<b/>")
    assert len(drawn) == 1
    say(painter, row=0, col=0, moved=False)
    say(painter, row=0, col=3, moved=True)
    assert painter.text == "####\n...." and painter.grid.text == "....\n...." and len(drawn) == 1
    say(painter, does="lift")
    assert painter.grid.text == painter.text and drawn[1:] == [painter.grid]
    painter.undo()
    assert painter.grid.text == "....\n...."


def test_the_grid_keeps_its_rules():
    painter = paint(gridworld("S.G", slip=0.2, gamma=0.9, goal="pass"))
    painter.choose("#")
    painter.paint(0, 1)
    assert (painter.grid.slip, painter.grid.mdp.gamma, painter.grid.goal) == (0.2, 0.9, "pass")


def test_what_is_no_grid_is_refused_with_a_reason_and_the_last_one_stays():
    painter = paint(gridworld(".."), {"#": "wall", ".": "free"})
    painter.paint(0, 0)
    painter.paint(0, 1)
    assert painter.text == "##" and painter.grid.text == "#."
    assert "no free cell" in painter.board.status
    painter.undo()
    assert painter.text == painter.grid.text == "#."


def test_brushes_have_rewards():
    brushes = {"G": ("goal", 1.0), "L": ("lava", -5.0), ".": "free"}
    painter = paint(gridworld("S.\n.."), brushes)
    assert not painter.reward().any()
    painter.paint(1, 1)
    painter.choose("L")
    painter.paint(0, 1)
    np.testing.assert_array_equal(painter.reward()[:, 0], [0, -5, 0, 1])
    texts = [b["text"] for b in painter.board.buttons if b["group"] == "Brushes"]
    assert texts == ["goal (+1)", "lava (−5)", "free"]
    assert [b["on"] for b in painter.board.buttons[:3]] == [False, True, False]


def test_what_is_drawn_beside_may_fail():
    def draw(grid):
        if grid.walls.any():
            raise ValueError("a wall!")
        return grid_svg(grid), "all free"

    painter = paint(gridworld("..\n.."), {"#": "wall", ".": "free"}, draw)
    assert "all free" in painter.board.beside and painter.error is None
    painter.paint(0, 0)
    assert "a wall!" in painter.board.beside and isinstance(painter.error, ValueError)
    painter.undo()
    assert "all free" in painter.board.beside and painter.error is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: paint(GRID, {"?": "what"}), "a brush paints '\\?'"),
        (lambda: paint(GRID, {}), "brushes is empty"),
        (lambda: paint(GRID).choose("L"), "brush is 'L'"),
        (lambda: paint(GRID).paint(9, 0), "row is 9"),
    ],
)
def test_mistakes_at_painting_are_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


# --- both


@pytest.mark.parametrize(
    "make",
    [
        lambda: drive(GRID),
        lambda: drive(GRID, values=np.arange(-3.0, 9.0)),
        lambda: drive(ROAD),
        lambda: drive(ROAD, draw=lambda demos: "<b/>", still=lambda: plt.figure(figsize=(3, 1))),
        lambda: paint(GRID),
        lambda: paint(GRID, draw=lambda grid: plt.figure(figsize=(2, 1))),
    ],
)
def test_a_page_without_a_kernel_has_a_still_and_the_caption(make):
    figures, shown = plt.get_fignums(), make()
    data, metadata = shown._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == shown.board.model_id
    assert data["text/plain"] == shown.caption and shown.caption.endswith(".")
    width, height = struct.unpack(">II", data["image/png"][16:24])
    size = metadata["image/png"]
    # half of an odd number of pixels is rounded
    assert max(abs(width - 2 * size["width"]), abs(height - 2 * size["height"])) <= 1
    assert plt.get_fignums() == figures


def test_the_still_is_the_first_picture():
    recorder = drive(ROAD)
    first = recorder.still_png()
    press(recorder, "ArrowLeft")
    assert recorder.still_png() == first


def test_two_hundred_updates_leave_nothing_behind():
    recorder, painter = drive(GRID, steps=10), paint(GRID, draw=lambda grid: plt.figure())
    widgets, figures = len(_instances), plt.get_fignums()
    for turn in range(200):
        press(recorder, ("ArrowRight", "ArrowDown", "u", "ArrowLeft", "r")[turn % 5])
        press(painter, ("ArrowRight", "Enter", "ArrowDown", "2", "u")[turn % 5])
    assert (len(_instances), plt.get_fignums()) == (widgets, figures)
    assert recorder.board.turn == painter.board.turn == 200


def test_closing_frees_the_widget():
    before = set(_instances)
    for shown in (drive(ROAD), paint(GRID)):
        shown.close()
    assert not {type(_instances[key]) for key in set(_instances) - before} & {Board}


def test_a_world_is_not_changed():
    assert isinstance(ROAD, Highway)
    text = STILL.text
    painter = paint(STILL)
    press(painter, "2", "Enter")
    assert STILL.text == text and painter.grid is not STILL
