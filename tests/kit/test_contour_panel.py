import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gdmath
from gdscenes.kit.figures.contour_panel import ContourPanel, panel_axes
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import THEMES

BOX = Box(162, 118, 668, 526)
DATASET = gdmath.preset("chapter-0")
PROBLEM = DATASET.problem()
WINDOW = gdmath.Window(-2.0, 4.0, -1.0, 5.0)


@pytest.fixture(params=THEMES)
def panel(request):
    return ContourPanel(BOX, PROBLEM, WINDOW, DATASET.start, [0.1, 1.0, 4.0], THEMES[request.param])


def test_level_lines_and_marks_stand_where_the_loss_says(panel):
    for line, level in zip(panel.plane.contours.lines, (0.1, 1.0, 4.0), strict=True):
        drawn = panel.plot.values(line.points[0::4])
        inside = (np.abs(drawn - [1, 2]) < 2.5).all(axis=1)
        assert inside.sum() > 10
        np.testing.assert_allclose(PROBLEM.loss(drawn[inside]), level, rtol=1e-9)
    np.testing.assert_allclose(panel.plot.values(panel.plane.ring.centers())[0], DATASET.start, atol=1e-9)
    np.testing.assert_allclose(panel.plot.values(panel.plane.diamond.place()), PROBLEM.minimizer, atol=1e-9)


def test_one_unit_of_b_is_as_long_as_one_of_w(panel):
    across, up = panel.plot.pixels([0, 1, 0], [0, 0, 1])[1:] - panel.plot.pixels(0, 0)
    assert across[0] == pytest.approx(-up[1])


def test_names_have_their_colours_and_cover_no_number(panel):
    theme = panel.plot.theme
    b, _, w = panel.names
    assert [name.ink()[0].get_color().to_hex().upper() for name in (b, w)] == [theme.bias, theme.weight]
    for name in (b, w):
        assert all(name.box().overlap(label.box()) == 0 for label in panel.plot.labels)


@pytest.mark.parametrize(("b_min", "w_min"), [(0.8, -3.8), (-4.8, -3.8), (-4.8, 1.8), (0.8, 1.8)])
def test_the_name_of_w_leaves_the_minimum_free(b_min, w_min):
    window = gdmath.Window(b_min, b_min + 6, w_min, w_min + 6)
    panel = ContourPanel(BOX, PROBLEM, window, DATASET.start, [0.1], THEMES["dark"])
    plate = sheet.box_of(panel.names[1].points)
    assert BOX.contains(plate)
    for mark in (panel.plane.diamond, panel.plane.ring):
        if mark.has_points():
            assert plate.overlap(sheet.box_of(mark.points)) == 0


def test_all_but_numbers_and_names_lies_in_the_box(panel):
    drawn = [*panel.plane.contours.family_members_with_points(), panel.plane.frame]
    assert BOX.contains(sheet.box_of(np.concatenate([m.points for m in drawn])), slack=1e-6)


@settings(deadline=None, max_examples=100)
@given(st.floats(-1e3, 1e3), st.floats(-6, 6), st.floats(-1e3, 1e3), st.floats(-6, 6))
def test_axes_hold_the_window(b_place, b_size, w_place, w_size):
    (b, b_span), (w, w_span) = (
        (p * 10**size, 10**size) for p, size in ((b_place, b_size), (w_place, w_size))
    )
    x, y = panel_axes(BOX, gdmath.Window(b, b + b_span, w, w + w_span))
    assert x.low <= b + 1e-9 * b_span
    assert x.high >= b + (1 - 1e-9) * b_span
    assert y.low <= w + 1e-9 * w_span
    assert y.high >= w + (1 - 1e-9) * w_span
    across, up = BOX.width / (x.high - x.low), BOX.height / (y.high - y.low)
    equal = across == pytest.approx(up, rel=1e-6)
    assert equal or not 0.26 < b_span / w_span * BOX.height / BOX.width < 3.9
