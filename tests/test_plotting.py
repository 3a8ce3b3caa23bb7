"""Pictures of grid worlds: what is drawn, where, in which colours, and what is refused."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from irl_course import plotting
from irl_course.environments import DOWN, LEFT, RIGHT, UP, gridworld

GRID = gridworld("S..P\n.#..\n...G", slip=0.2)
N = 12
WALL, GOAL = GRID.index(1, 1), GRID.index(2, 3)


@pytest.fixture
def ax():
    """Axes that pyplot does not know, drawn at the end; no figure may be opened behind our back."""
    before = plt.get_fignums()
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    yield figure.add_subplot()
    figure.canvas.draw()
    assert plt.get_fignums() == before


def bars(ax):
    """Labels of the colour bars beside the axes."""
    return [child.get_ylabel() for child in ax.child_axes]


def contrast(one, other):
    """WCAG 2 contrast of two RGB colours."""
    rgb = np.array([matplotlib.colors.to_rgb(c) for c in (one, other)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


def test_style_sheet_sets_the_cycle_and_the_line_styles_follow_it():
    with matplotlib.rc_context():
        plotting.use_style()
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
        assert matplotlib.rcParams["font.size"] == 11
        assert matplotlib.rcParams["figure.constrained_layout.use"]
        assert not matplotlib.rcParams["axes.spines.top"]
    petroff10 = matplotlib.style.library["petroff10"]["axes.prop_cycle"].by_key()["color"]
    assert [c.strip("#") for c in cycle] == [c.strip("#") for c in petroff10]
    assert [*plotting.EXPERT.values()] == [petroff10[0], "-"]
    assert [*plotting.LEARNER.values()] == [petroff10[1], "--"]


@pytest.mark.parametrize("name", [plotting.UNSIGNED, plotting.SIGNED])
def test_ink_is_legible_on_every_colour_of_the_scales(name):
    colours = matplotlib.colormaps[name](np.linspace(0, 1, 256))
    for colour, ink in zip(colours, plotting.ink(colours), strict=True):
        assert contrast(colour, ink) >= 4.5


def test_grid_has_row_0_on_top_hatched_walls_and_letters(ax):
    lines = plotting.draw_grid(ax, GRID)
    assert ax.get_ylim() == (2.5, -0.5) and ax.get_xlim() == (-0.5, 3.5)
    assert ax.get_aspect() == 1 and not len(ax.get_xticks()) and not len(ax.get_yticks())
    assert len(lines.get_segments()) == 5 + 4
    (walls,) = (c for c in ax.collections if c.get_hatch())
    assert [path.vertices.min(axis=0).tolist() for path in walls.get_paths()] == [[0.5, 0.5]]
    at = {t.get_text(): np.rint(t.get_position()).tolist() for t in ax.texts}
    assert at == {"S": [0, 0], "P": [3, 0], "G": [3, 2]}


def test_a_second_layer_does_not_repeat_the_grid(ax):
    plotting.draw_grid(ax, GRID)
    plotting.draw_values(ax, GRID, np.arange(N))
    plotting.draw_policy(ax, GRID, np.full((N, 4), 0.25))
    plotting.draw_trajectory(ax, GRID, [0, 4, 8])
    assert sorted(t.get_text() for t in ax.texts) == ["G", "P", "S"]
    assert sum(c.get_hatch() is not None for c in ax.collections) == 1


def test_letters_take_the_colour_that_shows_on_their_cell(ax):
    V = np.zeros(N)
    V[GOAL] = 1
    image = plotting.draw_values(ax, GRID, V)
    assert {t.get_text(): t.get_color() for t in ax.texts} == {
        "S": "#ffffff", "P": "#ffffff", "G": "#000000",
    }  # fmt: skip
    for text in ax.texts:
        x, y = np.rint(text.get_position()).astype(int)
        assert contrast(image.to_rgba(image.get_array())[y, x], text.get_color()) >= 4.5


def test_an_arrow_is_as_long_as_its_probability_and_points_its_way(ax):
    pi = np.tile([0.5, 0.03, 0.3, 0.17], (N, 1))
    drawn = plotting.draw_policy(ax, GRID, pi)
    where, outlines = plotting.arrows(GRID, pi)
    assert len(drawn.get_paths()) == len(outlines) == 3 * (N - 2)
    assert not {WALL, GOAL} & {GRID.index(*map(int, cell)) for cell in where}
    tails = (outlines[:, 0] + outlines[:, 6]) / 2
    reach = (outlines[:, 3] - tails) / plotting.FULL_ARROW
    assert reach[:3] == pytest.approx(np.array([[-0.5, 0], [0.3, 0], [0, -0.17]]))
    assert np.abs(outlines - where[:, None, ::-1]).max() < 0.5  # inside its cell


@pytest.mark.parametrize(
    ("action", "step"), [(LEFT, (-1, 0)), (DOWN, (0, 1)), (RIGHT, (1, 0)), (UP, (0, -1))]
)
def test_every_action_points_where_it_leads(action, step):
    where, outlines = plotting.arrows(GRID, np.eye(4)[np.full(N, action)])
    assert np.sign(np.rint(4 * (outlines[0, 3] - where[0, ::-1]))).tolist() == list(step)


def test_goals_that_can_be_left_have_arrows():
    where, _ = plotting.arrows(GRID.replace(goal="pass"), np.eye(4)[np.zeros(N, int)])
    assert len(where) == N - 1


@pytest.mark.parametrize("pi", [np.ones((N, 3)), np.ones((5, N, 4)), np.full((N, 4), np.nan)])
def test_a_policy_that_does_not_fit_is_refused(ax, pi):
    with pytest.raises(ValueError, match="pi must be finite probabilities of shape"):
        plotting.draw_policy(ax, GRID, pi)


def test_values_are_coloured_from_zero(ax):
    image = plotting.draw_values(ax, GRID, np.linspace(2, 5, N), label="value (steps)")
    assert image.get_clim() == (0, 5) and image.get_cmap().name == "cividis"
    assert image.get_array().mask.sum() == 1
    assert bars(ax) == ["value (steps)"]


def test_limits_can_be_shared_and_reach_below_zero_when_values_do(ax):
    assert plotting.draw_values(ax, GRID, np.arange(N), vmax=40).get_clim() == (0, 40)
    assert plotting.draw_values(ax, GRID, -np.arange(N)).get_clim() == (-11, 0)


def test_rewards_are_symmetric_about_zero(ax):
    reward = np.zeros((N, 4))
    reward[3] = [-4, 0, 0, 0]
    image = plotting.draw_reward(ax, GRID, reward)
    assert image.get_clim() == (-1, 1) and image.get_array()[0, 3] == -1
    assert image.get_cmap().name == "coolwarm_r" and bars(ax) == ["reward"]
    assert plotting.draw_reward(ax, GRID, reward, limit=3).get_clim() == (-3, 3)


def test_visits_are_summed(ax):
    assert plotting.draw_visits(ax, GRID, np.ones((5, N, 4))).get_array()[0, 0] == 20
    assert plotting.draw_visits(ax, GRID, np.ones((N, 4))).get_array()[0, 0] == 4


def test_the_bar_can_be_left_out_or_shared(ax):
    plotting.draw_values(ax, GRID, np.ones(N), colorbar=False)
    assert len(ax.figure.axes) == 1 and not bars(ax)
    plotting.draw_values(ax, GRID, np.ones(N), colorbar=[ax])
    assert [other.get_ylabel() for other in ax.figure.axes[1:]] == ["value"]


def test_numbers_are_written_in_small_grids_only(ax):
    plotting.draw_reward(ax, GRID, np.full(N, -0.001) + 0.5 * np.eye(N)[0], numbers=True)
    texts = [t.get_text() for t in ax.texts if not t.get_text().isalpha()]
    assert len(texts) == N - 1 and texts[:2] == ["0.50", "0.00"]
    large = gridworld("\n".join(["." * 9] * 9))
    figure = Figure()
    plotting.draw_values(figure.add_subplot(), large, np.ones(81), numbers=True)
    assert not figure.axes[0].texts


@pytest.mark.parametrize(
    ("value", "bound", "text"),
    [(-0.04, 1, "−0.04"), (-1e-9, 1, "0.00"), (13.52, 20, "13.5"), (999, 1e3, "999"),
     (2e-3, 4e-3, "2e−03"), (0, 1e-9, "0"), (3e7, 3e7, "3e+07")],
)  # fmt: skip
def test_numbers_are_short(value, bound, text):
    assert plotting.number(value, bound) == text


def test_a_trajectory_passes_its_cells(ax):
    line = plotting.draw_trajectory(ax, GRID, [0, 1, 2, 2, 6], label="expert")
    assert line.get_xydata().tolist() == [[0, 0], [1, 0], [2, 0], [2, 0], [2, 1]]
    assert (line.get_color(), line.get_linestyle()) == ("#3f90da", "-")
    other = plotting.draw_trajectory(ax, GRID, [4, 4], offset=0.1, **plotting.LEARNER)
    assert other.get_xydata().tolist() == [[0.1, 1.1]] * 2 and other.get_linestyle() == "--"
    assert ax.get_legend_handles_labels()[1] == ["expert"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_by_its_place(ax, bad):
    values = np.zeros(N)
    values[6] = bad
    for draw in (plotting.draw_values, plotting.draw_reward, plotting.draw_visits):
        with pytest.raises(ValueError, match=rf"state 6 \(row 1, column 2\) is {bad}"):
            draw(ax, GRID, values)


def test_what_stands_at_a_wall_is_not_drawn(ax):
    values = np.zeros(N)
    values[WALL] = np.nan
    assert plotting.draw_values(ax, GRID, values).get_clim() == (0, 1)


def test_wrong_shapes_and_limits_are_refused(ax):
    with pytest.raises(ValueError, match=r"12 states cannot show an array of shape \(13,\)"):
        plotting.draw_values(ax, GRID, np.ones(13))
    for limit in (0, -1, np.inf, np.nan):
        with pytest.raises(ValueError, match="the colour limit must lie above 0"):
            plotting.draw_reward(ax, GRID, np.ones(N), limit=limit)


@pytest.mark.parametrize("text", ["..", "##\n.#", "\n".join(["." * 32] * 32)])
@pytest.mark.parametrize("level", [0.0, 7.0, -7.0])
def test_extremes_are_drawn(ax, text, level):
    grid = gridworld(text, slip=0.1)
    values = np.full(grid.walls.size, level)
    low, high = plotting.draw_values(ax, grid, values, numbers=True).get_clim()
    assert low <= level <= high and low < high
    low, high = plotting.draw_reward(ax, grid, values, numbers=True).get_clim()
    assert low == -high < 0
    plotting.draw_policy(ax, grid, np.full((grid.walls.size, 4), 0.25))


def test_a_single_cell_is_drawn(ax):
    plotting.draw_values(ax, gridworld("S", slip=0.1), [1.0], numbers=True)
    plotting.draw_policy(ax, gridworld("S", slip=0.1), [[1, 0, 0, 0]])
