"""SVG pictures and explorers, without a browser."""

import gc
import re
import struct
import sys
import time
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from irl_course import plotting
from irl_course.environments import gridworld
from irl_course.interactive import choice, explore, figure_svg, grid_svg, side_by_side, slider
from irl_course.interactive.axis_svg import axis_svg

GRID = gridworld("S..P\n.#..\n...G", slip=0.2)
N = 12
SVG = "{http://www.w3.org/2000/svg}"
WIDGET = "application/vnd.jupyter.widget-view+json"


def rectangles(svg):
    return ElementTree.fromstring(svg).findall(f".//{SVG}rect[@width='100']")


def still():
    figure, ax = plt.subplots(figsize=(3, 2))
    plotting.draw_grid(ax, GRID)
    return figure


def show(draw=lambda n: f"<b>{n}</b>", caption="raise n.", **controls):
    controls = controls or {"n": slider(0, 9, 3, 1, "how many")}
    return explore(draw, still=still, caption=caption, **controls)


# --- grid_svg


def test_the_picture_is_well_formed_and_says_what_it_shows():
    svg = grid_svg(GRID, np.arange(N), np.full((N, 4), 0.25), label="value", path=[0, 4, 8])
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.find(f"{SVG}title").text == "value"
    says = root.find(f"{SVG}desc").text
    parts = ["3 rows and 4 columns", "S in row 0, column 0", "G in row 2, column 3"]
    parts += ["largest value 11.0 in row 2, column 3", "path to in row 2", "1 wall cells"]
    assert [part for part in parts if part not in says] == []
    assert not re.search(r"\b(id|href)=", svg)  # nothing that two pictures could share


def test_texts_are_escaped():
    root = ElementTree.fromstring(grid_svg(GRID, np.ones(N), label='<b> & "r"', title="a<b'\""))
    assert root.find(f"{SVG}title").text == "a<b'\""
    assert '<b> & "r"' in [text.text for text in root.iter(f"{SVG}text")]


def test_colours_are_those_of_the_matplotlib_picture():
    values = np.linspace(-3, 5, N)
    for signed, name, low in ((True, "coolwarm_r", -5), (False, "cividis", -3)):
        scale = matplotlib.colormaps[name]
        expected = [matplotlib.colors.to_hex(scale((v - low) / (5 - low))) for v in values]
        drawn = [r.get("fill") for r in rectangles(grid_svg(GRID, values, signed=signed))]
        wall = GRID.index(1, 1)
        assert drawn[:wall] + drawn[wall + 1 :] == expected[:wall] + expected[wall + 1 :]


def test_vmax_holds_the_colours_still():
    one, other = (rectangles(grid_svg(GRID, np.full(N, v), vmax=4.0)) for v in (1.0, 2.0))
    same = rectangles(grid_svg(GRID, np.r_[1.0, np.full(N - 1, 2.0)], vmax=4.0))
    assert (same[0].get("fill"), same[1].get("fill")) == (one[0].get("fill"), other[0].get("fill"))


def test_arrows_are_those_of_the_matplotlib_picture():
    pi = np.tile([0.7, 0.02, 0.28, 0.0], (N, 1))
    values = np.where(np.arange(N) < 6, 0.0, 1.0)
    paths = ElementTree.fromstring(grid_svg(GRID, values, pi)).findall(
        f".//{SVG}path[@class='arrows']"
    )
    assert {path.get("fill") for path in paths} == {"#000000", "#ffffff"}
    _, outlines = plotting.arrows(GRID, pi)
    assert sum(path.get("d").count("z") for path in paths) == len(outlines) == 2 * (N - 2)
    first = re.match(r"M([-\d ]+)L([-\d ]+)z", paths[1].get("d"))
    points = np.array(" ".join(first.groups()).split(), dtype=int).reshape(-1, 2)
    assert points == pytest.approx(100 * outlines[0] + 50, abs=0.51)


def test_the_page_shows_through_and_lends_its_text_colour():
    svg = grid_svg(GRID, np.ones(N), label="value")
    bar = [t for t in ElementTree.fromstring(svg).iter(f"{SVG}text") if t.get("font-size") == "13"]
    assert [t.text for t in bar] == ["0.00", "value", "1.00"]
    assert {t.get("fill") for t in bar} == {"currentColor"}
    assert len(rectangles(svg)) == N and "background" not in svg
    assert "width:100%" in svg and 'viewBox="' in svg


def test_numbers_stand_under_the_mouse_and_on_small_grids_in_the_cells():
    svg = grid_svg(GRID, np.arange(N) / 10, numbers=True)
    assert "<title>row 0, column 1: 0.10</title>" in svg and ">0.10</text>" in svg
    assert "row 1, column 1" not in svg.split("</desc>")[1]  # the wall


@pytest.mark.parametrize("text", ["S", "S.", "##\n.#", "\n".join(["." * 32] * 32)])
@pytest.mark.parametrize("level", [0.0, 7.0, -7.0])
@pytest.mark.parametrize("signed", [False, True])
def test_extremes_are_drawn(text, level, signed):
    grid = gridworld(text, slip=0.1)
    n = grid.walls.size
    svg = grid_svg(
        grid, np.full(n, level), np.full((n, 4), 0.25), signed, path=[n // 2], numbers=True
    )
    assert len(rectangles(svg)) == n and "nan" not in svg and "inf" not in svg


def test_bad_numbers_are_refused():
    with pytest.raises(ValueError, match=r"state 2 \(row 0, column 2\) is nan"):
        grid_svg(GRID, np.where(np.arange(N) == 2, np.nan, 0))
    with pytest.raises(ValueError, match="shape"):
        grid_svg(GRID, pi=np.ones((N, 3)))
    with pytest.raises(ValueError, match="limit"):
        grid_svg(GRID, np.ones(N), vmax=0)


def test_it_is_fast_enough_for_a_slider():
    grid, pi = gridworld("\n".join(["." * 10] * 10)), np.full((100, 4), 0.25)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        grid_svg(grid, np.arange(100), pi, label="value")
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.01  # 1 ms where this was written


def test_pictures_stand_side_by_side():
    root = ElementTree.fromstring(side_by_side(grid_svg(GRID), grid_svg(GRID)))
    assert len(root) == 2 and len(root.findall(f".//{SVG}svg")) == 2


# --- controls


def test_sliders_are_whole_or_not_and_show_their_step():
    assert type(slider(0, 9, 3, 1, "n")).__name__ == "IntSlider"
    assert slider(0.0, 1.0, 0.25, 0.05, "slip").readout_format == ".2f"
    assert slider(0, 5, 1.0, 0.5, "reward").readout_format == ".1f"
    assert slider(0.0, 1.0, 0.25, 0.05, "slip").continuous_update


@pytest.mark.parametrize("numbers", [(0, 1, 2, 0.1), (1, 0, 0.5, 0.1), (0, 1, 0, 0), (0, 1, 0, 2)])
def test_a_slider_that_cannot_move_is_refused(numbers):
    with pytest.raises(ValueError, match="slider 'slip'"):
        slider(*numbers, "slip")


def test_a_menu_takes_values_or_names():
    assert choice(["a", "b"], "b", "which").value == "b"
    assert choice({"one": 1, "two": 2}, 2, "which").label == "two"


# --- figure_svg


def curve(n=3):
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.plot(range(n), label="a < b")
    ax.set(title=f"{n} points & more", xlabel="$x$", ylabel="y")
    ax.legend()
    return figure


def test_a_figure_becomes_one_well_formed_picture_with_a_name():
    before = plt.rcParams["svg.fonttype"]
    figure = curve()
    root = ElementTree.fromstring(figure_svg(figure))
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    assert root.get("aria-label") == "3 points & more. y against x"
    assert "a < b" in [text.text for text in root.iter(f"{SVG}text")]  # letters stay letters
    assert not {"width", "height"} & set(root.attrib) and "max-width:300px" in root.get("style")
    assert figure.number in plt.get_fignums() and plt.rcParams["svg.fonttype"] == before
    plt.close(figure)


def test_the_name_has_the_titles_wherever_they_stand():
    figure = curve()
    figure.axes[0].set_title("to the left", loc="left")
    name = ElementTree.fromstring(figure_svg(figure)).get("aria-label")
    assert name.startswith("to the left") and "3 points" in name
    plt.close(figure)


def test_two_figures_share_no_id():
    def ids(svg):
        return set(re.findall(r'\bid="([^"]*)"', svg))

    one, two = curve(), curve(4)
    assert ids(figure_svg(one)) and not ids(figure_svg(one)) & ids(figure_svg(two))


def two_panels(last, title):
    """A figure as explorers draw it: one panel with a colour bar, one with numbers that grow."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    figure.colorbar(left.imshow(np.eye(3)), label="visits")
    right.plot([0, 1], [0, last])
    right.set(title=title, ylabel="return")
    return figure


def where(figure):
    """Shares of the figure, after it was drawn."""
    figure_svg(figure)
    return [ax.get_position().bounds for ax in figure.axes]


def test_a_figure_like_an_earlier_one_keeps_its_places():
    fresh, places = where(two_panels(1, "one line")), {}
    for last in (1, 1, 100):
        again = two_panels(last, "one line")
        figure_svg(again, places)
        np.testing.assert_allclose(where(again), fresh, atol=1e-3)
    longer = where(two_panels(1_000, "one line"))
    for last in (1_000, 1):  # more room for longer numbers, and it is not taken back
        again = two_panels(last, "one line")
        figure_svg(again, places)
        np.testing.assert_allclose(where(again), longer, atol=1e-3)
    assert longer[1][0] > fresh[1][0]
    higher = two_panels(1, "a title\nof two lines")
    figure_svg(higher, places)
    np.testing.assert_allclose(
        where(higher), where(two_panels(1, "a title\nof two lines")), atol=1e-3
    )
    assert where(higher)[1][3] < fresh[1][3] and len(places) == 2
    plt.close("all")


# --- axis_svg


def two_axes(kind="numbers"):
    figure, ax = plt.subplots(figsize=(4, 3), layout="constrained")
    if kind == "names":
        ax.barh(["hurry", "likes < the park", ""], [0.2, 0.5, 0.1])
        ax.invert_yaxis()
    else:
        ax.plot([-3, 250], [0.5, -0.25])
        ax.set_xticks([0, 50, 100, 900], ["0", "fifty", "", "outside"])
    ax.set_xlabel("along & more", loc="right")
    ax.set_ylabel("up", fontsize=13, color="C2")
    if kind == "equal":
        ax.set(aspect="equal", ylim=(-40, 70))
    return figure


def texts(svg):
    """Every text with its place, turn, size, colour and anchor, as a browser would take them."""
    found = []
    parents = {child: parent for parent in svg.iter() for child in parent}
    for text in svg.iter(f"{SVG}text"):
        chain = [text]
        while chain[-1] in parents:
            chain.append(parents[chain[-1]])

        def look(name, default, chain=chain):
            for element in chain:
                style = dict(re.findall(r"([\w-]+): ([^;]+)", element.get("style", "")))
                if name in style or element.get(name):
                    return style.get(name) or element.get(name)
            return default

        x, y, turn = float(text.get("x")), float(text.get("y")), text.get("transform", "rotate(-0")
        size = float(look("font-size", "").removesuffix("px"))
        colour, anchor = look("fill", "#000000"), look("text-anchor", "start")
        found.append((text.text, "rotate(-90" in turn, size, colour, anchor, x, y))
    return sorted(found)


@pytest.mark.parametrize("kind", ["numbers", "names", "equal"])
def test_axes_are_written_as_matplotlib_draws_them(kind, monkeypatch):
    plotting.use_style()
    module = sys.modules[figure_svg.__module__]
    ours = ElementTree.fromstring(figure_svg(two_axes(kind)))
    monkeypatch.setattr(module, "axis_svg", lambda axis: "")
    theirs = ElementTree.fromstring(figure_svg(two_axes(kind)))
    for one, other in zip(texts(ours), texts(theirs), strict=True):
        assert one[:5] == other[:5]
        assert one[5:] == pytest.approx(other[5:], abs=0.5), one  # points
    ticks = ours.findall(f"{SVG}g")[-2].find(f"{SVG}path").get("d")
    drawn = [use for use in theirs.iter(f"{SVG}use") if "stroke-width: 0.8" in use.get("style")]
    below = [float(use.get("x")) for use in drawn][: ticks.count("M")]
    assert [float(x) for x in re.findall(r"M([\d.]+)", ticks)] == pytest.approx(below, abs=0.01)
    plt.close("all")


def test_other_axes_are_left_to_matplotlib():
    plotting.use_style()
    figure, axes = plt.subplots(3, 3)
    ways = [
        lambda ax: ax.set_xscale("log"),
        lambda ax: ax.grid(True),
        lambda ax: ax.set_xlabel("$x$"),
        lambda ax: ax.set_xlabel("two\nlines"),
        lambda ax: ax.tick_params("x", rotation=90),
        lambda ax: ax.xaxis.tick_top(),
        lambda ax: ax.xaxis.set_visible(False),
        lambda ax: ax.axis("off"),
        lambda ax: ax.plot([0, 1e-9], [0, 1]),  # times ten to the minus nine
    ]
    for ax, way in zip(axes.flat, ways, strict=True):
        ax.plot([1, 2], [1, 2]) if way is not ways[-1] else None
        way(ax)
        assert axis_svg(ax.xaxis) == ""
    polar = plt.figure().add_subplot(projection="polar")
    assert not axis_svg(polar.xaxis) and not axis_svg(polar.yaxis)
    assert "10" in figure_svg(figure) and axes[0, 0].xaxis.get_visible()
    plt.close("all")


# --- explore


def test_draw_may_return_a_figure_and_the_still_is_its_first():
    figures = plt.get_fignums()
    shown = explore(lambda n: (curve(n), f"{n} in all"), caption="c", n=slider(2, 9, 3, 1, "n"))
    assert "<svg " in shown.picture.value and "3 in all" in shown.picture.value
    first = shown.still_png()
    shown.controls["n"].value = 9
    assert "9 points" in shown.picture.value and shown.still_png() == first
    assert plt.get_fignums() == figures


def test_the_numbers_on_the_axes_follow():
    def draw(top):
        figure, ax = plt.subplots(figsize=(3, 2), layout="constrained")
        ax.set(xlim=(0, top), title=f"up to {top}")
        return figure

    shown = explore(draw, caption="c", top=slider(5, 500, 5, 5, "top"))
    seen = [re.findall(r">(\d+)</text>", shown.picture.value)]
    for top in (500, 5):
        shown.controls["top"].value = top
        assert shown.error is None and f'aria-label="up to {top}' in shown.picture.value
        seen.append(re.findall(r">(\d+)</text>", shown.picture.value))
    assert "500" in seen[1] and seen[0] == seen[2] != seen[1]


def test_html_alone_is_no_still():
    with pytest.raises(TypeError, match="give explore a `still`"):
        explore(lambda: "<b>x</b>", caption="c").still_png()


def test_two_hundred_figures_leave_nothing_behind():
    """No figure is left, and none waits for a search of everything that the notebook holds."""

    def figures():
        return plt.get_fignums(), sum(isinstance(thing, Figure) for thing in gc.get_objects())

    searches = []
    shown = explore(curve, caption="c", n=slider(2, 300, 3, 1, "n"))
    gc.collect()
    widgets, before = len(_instances), figures()
    gc.callbacks.append(count := lambda phase, about: searches.append(about["generation"]))
    try:
        for n in range(4, 204):
            shown.controls["n"].value = n
    finally:
        gc.callbacks.remove(count)
    assert (len(_instances), figures()) == (widgets, before)
    assert gc.isenabled() and 2 not in searches


def test_the_picture_follows_the_controls():
    shown = show(lambda n, kind: f"<b>{n}{kind}</b>", n=slider(0, 9, 3, 1, "n"),
                 kind=choice(["x", "y"], "x", "kind"))  # fmt: skip
    assert "<b>3x</b>" in shown.picture.value
    shown.controls["n"].value = 7
    shown.controls["kind"].value = "y"
    assert "<b>7y</b>" in shown.picture.value and shown.values == {"n": 7, "kind": "y"}


def test_labels_are_whole_and_named_after_the_control_at_worst():
    shown = show(lambda a, b: "", a=slider(0, 9, 3, 1, ""), b=slider(0, 9, 3, 1, "a long label"))
    assert [c.description for c in shown.controls.values()] == ["a", "a long label"]
    assert all(c.tooltip == c.description for c in shown.controls.values())
    assert float(shown.controls["a"].style.description_width.removesuffix("em")) > 6


def test_a_sentence_reads_the_numbers_back():
    shown = show(lambda n: (f"<b>{n}</b>", f'V < {n} & "so"'))
    root = ElementTree.fromstring(shown.picture.value)
    assert root.get("aria-label") == root.find("p").text == 'V < 3 & "so"'
    shown.controls["n"].value = 4
    assert ElementTree.fromstring(shown.picture.value).get("aria-label") == 'V < 4 & "so"'


def test_an_error_becomes_a_sentence_and_the_next_value_recovers():
    def draw(n):
        if n == 4:
            raise ValueError("<four> is too many\nsecond line")
        if n == 5:
            raise NotImplementedError
        if n == 6:
            return 1 / 0, ""
        return f"<b>{n}</b>"

    shown = show(draw)
    for n, says in ((4, "&lt;four&gt; is too many"), (5, "is written"), (6, "division by zero")):
        shown.controls["n"].value = n
        assert says in shown.picture.value and "Traceback" not in shown.picture.value
        assert "second line" not in shown.picture.value and shown.error is not None
    shown.controls["n"].value = 7
    assert "<b>7</b>" in shown.picture.value and shown.error is None


def test_a_control_that_draw_does_not_know_is_the_authors_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'm'"):
        show(lambda n=1: "", m=slider(0, 9, 3, 1, "m"))


def test_two_hundred_updates_leave_nothing_behind():
    shown = show(lambda n: grid_svg(GRID, np.full(N, n)), n=slider(0, 300, 3, 1, "n"))
    widgets, figures, picture = len(_instances), plt.get_fignums(), shown.picture
    for n in range(4, 204):
        shown.controls["n"].value = n
    assert (len(_instances), plt.get_fignums()) == (widgets, figures)
    assert shown.picture is picture and "203" in picture.value


def test_closing_frees_the_widgets():
    before = set(_instances)
    shown = show()
    shown.close()
    left = {type(_instances[key]).__name__ for key in set(_instances) - before}
    assert not left & {"IntSlider", "HTML", "VBox"}


def test_a_page_without_a_kernel_has_the_still_and_the_caption():
    figures = plt.get_fignums()
    shown = show(caption="raise n.")
    data, metadata = shown._repr_mimebundle_()
    assert set(data) == {WIDGET, "image/png", "text/plain"} and data["text/plain"] == "raise n."
    width, height = struct.unpack(">II", data["image/png"][16:24])
    size = metadata["image/png"]
    assert (width, height) == (2 * size["width"], 2 * size["height"])
    assert plt.get_fignums() == figures
    assert b"Software" not in data["image/png"]
    assert data["image/png"] == shown.still_png()[0]


def test_a_still_that_fails_leaves_no_figure_open():
    def broken(error):
        plt.figure()
        raise error

    figures = plt.get_fignums()
    shown = explore(lambda: "", still=lambda: broken(KeyError("x")), caption="c")
    with pytest.raises(KeyError):
        shown.still_png()
    unwritten = explore(lambda: "", still=lambda: broken(NotImplementedError()), caption="c")
    assert set(unwritten._repr_mimebundle_()[0]) == {WIDGET, "text/plain"}
    assert plt.get_fignums() == figures


def test_the_caption_is_shown_above(monkeypatch):
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, **how: outputs.append((data, how)))
    show(caption="raise n.")._ipython_display_()
    (caption, _), (picture, how) = outputs
    assert caption == {"text/markdown": "**Try:** raise n.", "text/plain": "Try: raise n."}
    assert WIDGET in picture and set(how["metadata"]["image/png"]) == {"width", "height"}
