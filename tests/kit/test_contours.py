"""Level lines have the loss of their level, stay in their axes, and are drawn in equal aspect."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gdmath
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import AXIS_ROLES, DARK, THEMES, contrast
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import equal_axes, round_axis
from gdscenes.kit.plot.contours import (
    QUIET_RAMPS,
    RAMPS,
    Contours,
    level_corners,
    level_line,
    loss_color,
)
from gdscenes.kit.plot.marks import Arrow, Diamond, RightAngle, current_disc, start_ring

BOX = Box(140, 138, 1196, 938)
PRESETS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def parameter_plot(problem, start, box=BOX):
    window = gdmath.window_around(problem, start)
    axes = equal_axes(box, (window.b_min, window.b_max), (window.w_min, window.w_max))
    return Plot(box, *axes, DARK, grid=False)


def levels_of(problem, plot):
    corners = np.array([[b, w] for b in (plot.x.low, plot.x.high) for w in (plot.y.low, plot.y.high)])
    return gdmath.contour_levels(problem.minimum, float(problem.loss(corners).max()))


def along(drawn, n=9):
    """Points (m, 3) of the scene on the curves of a mobject, n of each."""
    share = np.linspace(0.0, 1.0, n)[None, :, None]
    curves = drawn.points.reshape(-1, 4, 1, 3)
    weights = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
    return sum(weight * curves[:, index] for index, weight in enumerate(weights)).reshape(-1, 3)


def drawn_again(problem, plot, levels, n=1001):
    """Whether each of n x n places of axes is at most as high as each level, told by the loss itself."""
    shares = (np.arange(n) + 0.5) / n
    b, w = (axis.low + shares * (axis.high - axis.low) for axis in (plot.x, plot.y))
    losses = problem.loss(np.stack(np.meshgrid(b, w), axis=-1).reshape(-1, 2))
    return [losses <= level for level in levels]


def worst_of_spacing(problem, levels, drawn):
    """How far each drawn corner's loss is from its level, in parts of the distance to the level below."""
    spacing = np.diff([problem.minimum, *levels])
    return max(
        np.abs(problem.loss(corners) - level).max() / apart
        for corners, level, apart in zip(drawn, levels, spacing, strict=True)
        if len(corners)
    )


@pytest.mark.parametrize("name", PRESETS)
def test_a_level_line_has_the_loss_of_its_level(name):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    plot = parameter_plot(problem, dataset.start)
    levels = levels_of(problem, plot)
    contours = Contours(problem, levels, DARK).draw(plot)
    drawn = [plot.values(along(line)) for line in contours.lines]
    assert sum(map(len, drawn)) > 200
    assert worst_of_spacing(problem, levels, drawn) < 1e-3
    knots = [plot.values(line.points[0::4]) for line in contours.lines]
    assert worst_of_spacing(problem, levels, knots) < 1e-6
    # the line is what the whole level line leaves in the axes: nothing sticks out
    for corners in drawn:
        assert (corners >= np.array([plot.x.low, plot.y.low]) - 1e-9 * np.ptp(corners)).all()
        assert (corners <= np.array([plot.x.high, plot.y.high]) + 1e-9 * np.ptp(corners)).all()


@pytest.mark.parametrize("name", PRESETS)
def test_chords_stay_on_their_level(name):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    plot = parameter_plot(problem, dataset.start)
    for level in levels_of(problem, plot):
        corners = level_corners(plot, problem, float(level))
        middles = (corners[1:] + corners[:-1]) / 2
        exact = level_line(problem, float(level), 2 * (len(corners) - 1))[1::2]
        apart = np.hypot(*(plot.pixels(*middles.T) - plot.pixels(*exact.T)).T)
        inside = plot.box.grown(0)
        x, y = plot.pixels(*exact.T).T
        seen = (x > inside.left) & (x < inside.right) & (y > inside.top) & (y < inside.bottom)
        assert apart[seen].max(initial=0.0) < 0.11


@settings(max_examples=60)
@given(
    st.integers(3, 40).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(-5000, 5000), min_size=n, max_size=n, unique=True),
            st.lists(st.integers(-5000, 5000), min_size=n, max_size=n),
        )
    ),
    st.floats(1e-4, 1e3),
)
def test_any_problem_has_exact_level_lines(points, above):
    x, y = (np.array(part) / 100 for part in points)
    problem = gdmath.LeastSquares(x, y)
    level = problem.minimum + above
    corners = level_line(problem, level, 90)
    np.testing.assert_array_equal(corners[0], corners[-1])
    np.testing.assert_allclose(problem.loss(corners), level, rtol=1e-6, atol=1e-6 * above)


@pytest.mark.parametrize("seed", range(12))
def test_fills_are_what_is_not_above_their_level(seed):
    """Narrow valleys and round bowls, in axes that hold all of the ellipses, some of them or nothing."""
    random = np.random.default_rng(seed)
    x, y = random.normal(0.5, 10.0 ** random.uniform(-1, 1.5), 9), random.normal(size=9)
    problem = gdmath.LeastSquares(x, y)
    size = 10.0 ** random.uniform(-1.5, 1)
    b, w = problem.minimizer + size * random.normal(size=2)
    plot = Plot(BOX, round_axis(b - size, b + size, ""), round_axis(w - size, w + 2 * size, ""), DARK)
    corners = np.array([[b, w] for b in plot.limits[:2] for w in plot.limits[2:]])
    highest = float(problem.loss(corners).max()) - problem.minimum
    levels = problem.minimum + highest * np.array([1e-4, 0.01, 0.1, 0.4, 0.8, 1.1])
    contours = Contours(problem, levels, DARK).draw(plot)
    for fill, inside in zip(contours.fills[::-1], drawn_again(problem, plot, levels), strict=True):
        b, w = plot.values(along(fill)).T if fill.has_points() else np.zeros((2, 1))
        area = np.sum(b * np.roll(w, -1) - w * np.roll(b, -1)) / 2
        window = (plot.x.high - plot.x.low) * (plot.y.high - plot.y.low)
        assert area / window == pytest.approx(float(inside.mean()), abs=2e-3)
    assert len(contours.lines) == len(levels)


def test_of_a_level_that_is_not_above_the_minimum_nothing_is_drawn():
    problem = gdmath.preset("chapter-0").problem()
    plot = parameter_plot(problem, gdmath.preset("chapter-0").start)
    contours = Contours(problem, [0.5 * problem.minimum, problem.minimum, 2.0], DARK).draw(plot)
    assert [line.has_points() for line in contours.lines] == [False, False, True]
    assert [fill.has_points() for fill in contours.fills] == [True, False, False]


def test_axes_of_equal_aspect_have_one_scale_and_show_both_ranges():
    for b, w in (((-2, 4), (-0.3, 0.6)), ((0, 1), (-20, 25)), ((-2, 4), (-1, 5))):
        plot = Plot(BOX, *equal_axes(BOX, b, w), DARK)
        across = BOX.width / (plot.x.high - plot.x.low)
        assert across == pytest.approx(plot.y_pixels_per_unit, rel=1e-12)
        assert plot.x.low <= b[0] + 1e-9
        assert plot.x.high >= b[1] - 1e-9
        assert plot.y.low <= w[0] + 1e-9
        assert plot.y.high >= w[1] - 1e-9


def test_a_standardised_feature_is_drawn_as_circles():
    dataset = gdmath.preset("chapter-0")
    scaler = gdmath.Standardizer.fit(dataset.x_train)
    problem = gdmath.LeastSquares(scaler.transform(dataset.x_train), dataset.y_train)
    plot = parameter_plot(problem, dataset.start)
    corners = plot.pixels(*level_line(problem, 0.5).T)
    radii = np.hypot(*(corners - plot.pixels(*problem.minimizer)).T)
    assert np.ptp(radii) / radii.mean() < 1e-9


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_loss_as_colour_goes_from_one_end_of_the_ramp_to_the_other(theme):
    for ramp in (RAMPS[theme.name], QUIET_RAMPS[theme.name]):
        assert loss_color(ramp, 0.0) == ramp[0]
        assert loss_color(ramp, 1.0) == ramp[-1]
        assert loss_color(ramp, 7.0) == ramp[-1]


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_level_lines_stand_out_from_the_colours_on_both_sides(theme, quiet):
    levels = gdmath.contour_levels(0.0, 5.0, "doubling", at_most=9)
    contours = Contours(gdmath.preset("chapter-0").problem(), levels, theme, quiet=quiet)
    beyond = QUIET_RAMPS[theme.name][-1] if quiet else theme.ground
    for line, sides in zip(contours.lines, itertools.pairwise([*contours.colors, beyond]), strict=True):
        color = line.get_stroke_color().to_hex()
        assert min(contrast(color, side) for side in sides) >= 3
        assert line.get_stroke_opacity() == 1


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_what_stands_on_a_map_stands_out_from_its_colours(theme):
    """The disc in the colour of the model has a rim of the ground, as a strong level line has."""
    roles = ("ink", "path", "low_rate", "diverged", "data", "loss", "bias", "weight", "minimum", *AXIS_ROLES)
    faint = {
        (role, fill): contrast(theme.color(role), fill)
        for role in roles
        for fill in QUIET_RAMPS[theme.name]
        if contrast(theme.color(role), fill) < 3
    }
    assert faint == {}


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_low_is_near_the_ground_and_high_is_far_from_it(theme):
    """One order in every map: by contrast with the ground, and quiet is nearer to it."""
    loud, quiet = (
        [contrast(stop, theme.ground) for stop in ramps[theme.name]] for ramps in (RAMPS, QUIET_RAMPS)
    )
    assert loud == sorted(loud)
    assert quiet == sorted(quiet)
    assert all(near <= far for near, far in zip(quiet, loud, strict=False))


def test_labels_stand_on_their_level_line():
    dataset = gdmath.preset("chapter-0")
    problem = dataset.problem()
    plot = parameter_plot(problem, dataset.start)
    contours = Contours(problem, [0.5, 1, 2, 5, 10], DARK).draw(plot)
    start = plot.pixels(*dataset.start)
    found = contours.labels(plot, [1.0, 5.0, 10.0], start)
    assert [figures.text for _, figures in found] == ["1", "5", "10"]
    for (_, figures), level in zip(found, (1.0, 5.0, 10.0), strict=True):
        box = figures.box()
        spots = plot.pixels(*level_line(problem, level, 4000).T)
        assert np.hypot(*(spots - box.center).T).min() < 8
        assert plot.box.contains(box)


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_called_beyond_is_higher_than_every_level(name):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    plot = parameter_plot(problem, dataset.start)
    highest = 2 * float(problem.loss(dataset.start))
    label = Contours(problem, [highest / 2, highest], DARK).beyond(plot, "MSE")
    assert len(label)
    for text in label:
        box = text.box()
        x, y = np.meshgrid([box.left, box.right], [box.top, box.bottom])
        corners = plot.values(sheet.at(x, y))
        assert (problem.loss(corners) > highest).all()
        assert plot.box.contains(box)
    everything = Contours(problem, [1e9 * highest], DARK).beyond(plot, "MSE")
    assert len(everything) == 0


@pytest.mark.parametrize("tip", [[1.0, 2.0, 0.0], [-3.0, 0.1, 0.0], [0.02, 0.0, 0.0]])
def test_an_arrow_points_exactly_at_its_tip(tip):
    arrow = Arrow(DARK.path).between(np.zeros(3), np.array(tip))
    np.testing.assert_allclose(arrow.tip, tip, atol=1e-12)
    np.testing.assert_allclose(arrow.foot, 0, atol=1e-12)
    along = np.array(tip) / np.linalg.norm(tip)
    assert (arrow.corners() @ along).max() <= np.linalg.norm(tip) + 1e-12
    assert not Arrow(DARK.path).between(np.zeros(3), np.zeros(3)).has_points()


def test_marks_stand_where_they_are_put():
    place = np.array([[1.0, -2.0, 0.0]])
    np.testing.assert_allclose(Diamond(DARK).stand_at(place).place(), place[0])
    for mark in (start_ring(DARK), current_disc(DARK)):
        np.testing.assert_allclose(mark.stand_at(place).centers(), place)
    corner = RightAngle(DARK.ink).stand_at(place[0], np.array([3.0, 4.0, 0.0]), 27)
    first, middle, last = corner.points[0], corner.points[3], corner.points[-1]
    assert np.dot(first - middle, last - middle) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(np.linalg.norm(first - place[0]), sheet.units(27))
