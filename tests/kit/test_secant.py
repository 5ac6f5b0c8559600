"""Secants, their lens and their table, and the arrow of the gradient, against the loss by its definition."""

from itertools import pairwise

import numpy as np
import pytest
from drawn import assert_shows, loss_at

from gdmath import LeastSquares, Window, contour_levels, descend
from gdscenes.kit.figures.bars import Bar
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import loss_axis
from gdscenes.kit.figures.gradient import GradientArrow, GradientVector, growing
from gdscenes.kit.figures.legend import Entry, Legend
from gdscenes.kit.figures.lens import Lens
from gdscenes.kit.figures.secant import Secant, Tangent
from gdscenes.kit.figures.secant_table import SecantTable
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import MARGIN, Cell
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.marks import start_ring
from gdscenes.kit.plot.runs import GOOD
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation, exact_notation
from gdscenes.kit.type.typeset import Words

STAGE = Box(140, 138, 1176, 938)
PROBLEM = LeastSquares([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], fit_bias=False)
RUN = Runner("good", descend(PROBLEM, [0.0], 0.04, 8), GOOD, "$eta$")


def cut(ends=(-0.3, 3.5), **changes):
    return Cut(STAGE, PROBLEM, ends, loss_axis(0.0, 30.0, "MSE", headroom=1.7), DARK, **changes)


def slope_of(line, plot):
    (x, y), (far_x, far_y) = (plot.values(end)[0] for end in line.ends())
    return (far_y - y) / (far_x - x)


def assert_exact(secant, plot, delta):
    """Both points lie on the loss, the legs are step and rise, and the line goes through the points."""
    here, there = (0.5, float(loss_at(PROBLEM, [0.5]))), (0.5 + delta, float(loss_at(PROBLEM, [0.5 + delta])))
    np.testing.assert_allclose(plot.values(secant.first.centers())[0], here, atol=1e-9)
    np.testing.assert_allclose(plot.values(secant.second.centers())[0], there, atol=1e-8)
    step, rise = (plot.values(np.vstack(leg.ends())) for leg in (secant.step, secant.rise))
    corner = there[0], here[1]
    np.testing.assert_allclose(step, [here, corner], atol=1e-8)
    np.testing.assert_allclose(rise, [corner, there], atol=1e-8)
    assert slope_of(secant.line, plot) == pytest.approx((there[1] - here[1]) / delta, rel=1e-6)


@pytest.mark.parametrize("delta", [1.0, -0.5, 0.01])
def test_a_secant_goes_through_two_points_of_the_loss(delta):
    secant = Secant(cut(), 0.5, 1.0 if delta > 0 else -1.0).dial(delta=delta)
    assert_exact(secant, secant.plot, delta)


def test_over_no_step_it_is_the_tangent():
    secant = Secant(cut(), 0.5, 1.0).dial(delta=0.0)
    assert slope_of(secant.line, secant.plot) == pytest.approx(15 * (0.5 - 2), rel=1e-6)
    assert not any(part.has_points() for part in (secant.step, secant.rise, secant.second))


def test_a_ghost_stays_where_the_secant_was():
    secant = Secant(cut(), 0.5, 1.0)
    line, dot = secant.ghost()
    there = dot.centers().copy()
    secant.dial(delta=0.5)
    np.testing.assert_array_equal(dot.centers(), there)
    assert slope_of(line, secant.plot) == pytest.approx(7.5 * (0.5**2 - 1.5**2) / 1.0, rel=1e-6)


def test_what_is_said_of_the_legs_stands_off_them():
    secant = Secant(cut(), 0.5, 1.2)
    for block in secant.legs("MSE", "1.20", "-14.580"):
        assert secant.plot.box.contains(block.box())
        for leg in (secant.step, secant.rise, secant.line):
            x, y = sheet.pixels(np.linspace(*np.vstack(leg.ends()), 200)).T
            box = block.box()
            assert not ((x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)).any()


@pytest.mark.parametrize("delta", [0.12, -0.12])
def test_a_lens_magnifies_alike_in_both_directions(delta):
    over = Secant(cut(), 0.5, delta)
    lens = Lens(over)
    assert_exact(lens.secant, lens.view, delta)
    across = (over.plot.x.high - over.plot.x.low) / over.plot.box.width
    assert lens.view.y_pixels_per_unit == pytest.approx(lens.times * over.plot.y_pixels_per_unit, rel=1e-9)
    assert lens.view.box.width / (lens.view.x.high - lens.view.x.low) == pytest.approx(lens.times / across)
    w, loss = lens.view.values(lens.curve.points[0::4])[1:-1].T
    np.testing.assert_allclose(loss, loss_at(PROBLEM, w[:, None]), rtol=1e-9)
    assert over.plot.box.contains(lens.box, slack=1e-6)


def test_a_tangent_claims_the_gradient_of_the_row():
    drawn = cut(follows=RUN)
    tangent = Tangent(drawn, 0.0)
    for row, towards in ((0, 0.0), (3, 0.0), (3, 0.5)):
        tangent.at(row, towards)
        here = np.interp(row + towards, range(9), RUN.run.parameters[:, 0])
        assert tangent.slope == pytest.approx(15 * (here - 2), rel=1e-5)
    (claim,) = tangent.at(3).claims(3)
    np.testing.assert_allclose(claim.drawn, RUN.run.gradients[3], atol=claim.within)


def table():
    def secant(delta):
        rise = float(loss_at(PROBLEM, [0.5 + delta]) - loss_at(PROBLEM, [0.5]))
        return (rise, rise / delta) if delta else (0.0, -22.5)

    notations = (Notation(2), Notation(4), Notation(4))
    return SecantTable(Cell(1312, 43, 1822, 1037), "MSE", "weight", secant, notations, 3, 592, DARK), secant


def test_rows_of_a_table_run_until_they_are_closed():
    drawn, secant = table()
    drawn.add_row(1.0)
    drawn.dial(delta=0.5)
    first = drawn.last
    drawn.close_row()
    drawn.dial(delta=0.25)
    assert [each.text for each in first] == ["0.50", *(f"{value:.4f}" for value in secant(0.5))]
    assert_shows(drawn.ratio, secant(0.25)[1])
    drawn.add_row(0.25)
    assert [each.text for each in drawn.last] == ["0.25", *(f"{value:.4f}" for value in secant(0.25))]
    drawn.dial(delta=0.0)
    assert_shows(drawn.ratio, -22.5)


def a_map():
    problem = LeastSquares([0.1, 0.4, 0.6, 0.9], [1.2, 1.9, 2.1, 3.0])
    start = np.array([0.5, -0.1])
    window = np.array([[-1, -1], [4, 4]])
    levels = contour_levels(problem.minimum, 4 * float(problem.loss(start)), at_most=9)
    return ContourMap(STAGE, problem, Window.around(window, 0.1), levels, DARK, start=start, quiet=False)


def test_the_arrow_is_minus_the_gradient_to_its_scale():
    drawn = a_map()
    gradient = drawn.problem.gradient(drawn.start)
    arrow = GradientArrow(drawn)
    for times in (arrow.times, 0.3, 0.01):
        foot, tip = arrow.dial(times=times).ends
        np.testing.assert_allclose(foot, drawn.start, atol=1e-9)
        np.testing.assert_allclose((tip - foot) / times, -gradient, rtol=1e-6)
        np.testing.assert_allclose(drawn.plot.values(arrow.landing.centers()[0]), tip, atol=1e-9)
        assert not arrow.exit.centers().size
        level = drawn.plot.values(arrow.level.points[0::4])
        np.testing.assert_allclose(loss_at(drawn.problem, level), loss_at(drawn.problem, tip), rtol=1e-6)


def test_an_arrow_longer_than_the_map_ends_in_a_cross_on_its_edge():
    drawn = a_map()
    way = -drawn.problem.gradient(drawn.start)
    arrow = GradientArrow(drawn).dial(times=100.0)
    assert not arrow.landing.has_points()
    at = drawn.plot.values(arrow.exit.centers()[0])
    limits = drawn.plot.limits
    assert min(abs(at - np.reshape(limits, (2, 2)).T).min(axis=0)) < 1e-9
    assert (at - drawn.start) / np.linalg.norm(at - drawn.start) == pytest.approx(way / np.linalg.norm(way))


def test_an_arrow_reads_the_loss_where_it_ends():
    drawn = a_map()
    arrow, digits = GradientArrow(drawn), Digits("0", SMALL, DARK)
    arrow.read_in(digits, Notation(4).write)
    for times in (1.0, 0.1):
        arrow.dial(times=times)
        there = drawn.start - times * drawn.problem.gradient(drawn.start)
        assert_shows(digits, float(loss_at(drawn.problem, there)))


def test_an_arrow_grows_from_its_foot_to_its_tip():
    arrow = GradientArrow(a_map()).arrow
    foot, tip, grown = arrow.foot.copy(), arrow.tip.copy(), growing(arrow)
    grown.draw(0.25)
    np.testing.assert_allclose(arrow.tip, foot + 0.25 * (tip - foot), atol=1e-9)
    grown.draw(1.0)
    np.testing.assert_array_equal(arrow.tip, tip)


def test_the_minus_turns_each_sign_of_the_gradient():
    vector = GradientVector(MARGIN, "MSE", np.array([-3.04, 1.5]), (Notation(2),) * 2, DARK)
    before, after = ([digits.text for digits in line] for line in vector.numbers)
    assert before == after == ["-3.04", "+1.50"]
    opening = vector.brackets[1][0].box()
    assert vector.names[1].box().right < vector.factor.box().left < vector.factor.box().right < opening.left
    for (_, comma, _), (_, w) in zip(vector.brackets, vector.numbers, strict=True):
        assert w.box().left - comma.box().right > w.em / 3
    on_minus, on_plus = vector.landed()
    for landed, number in zip((on_minus, on_plus), vector.numbers[1], strict=True):
        np.testing.assert_allclose(
            landed.submobjects[1].get_center(), number.submobjects[1].get_center(), atol=1e-6
        )
    assert on_minus.submobjects[1].height > 5 * on_minus.submobjects[1].width  # upright, it makes a plus
    assert on_plus.submobjects[1].width > 5 * on_plus.submobjects[1].height
    vector.turn_signs()
    assert [[digits.text for digits in line] for line in vector.numbers] == [before, ["+3.04", "-1.50"]]
    assert vector.factor not in vector.submobjects


def test_a_segment_stays_on_its_parameters_while_a_map_turns():
    drawn = a_map()
    line = drawn.segment([[0.5, 0.0], [0.5, 3.0]], "weight")
    for box in (STAGE, Box(1400, 700, 1800, 980)):
        drawn.dial(box=box)
        np.testing.assert_allclose(drawn.plot.values(np.vstack(line.ends())), [[0.5, 0], [0.5, 3]], atol=1e-9)


def test_a_block_is_placed_as_one_text():
    value = Digits("0.4967", SMALL, DARK)
    block = Block([Words("$b =$", SMALL, DARK), value, Words("held", SMALL, DARK)]).place(300, 200)
    boxes = [part.box() for part in block.parts]
    assert all(one.right < other.left for one, other in pairwise(boxes))
    assert boxes[0].left == pytest.approx(300, abs=3)
    assert block.number is value
    assert block.place(900, 200, "right").box().right == pytest.approx(900, abs=3)


def test_a_legend_has_a_number_for_a_mark():
    legend = Legend(
        Box(1312, 300, 1822, 800),
        [Entry("start", mark=start_ring(DARK)), Entry("loss", "2.74"), Entry("end", "1.0", start_ring(DARK))],
        DARK,
    )
    baselines = [float(sheet.pixels(row[0].origin)[1]) for row in legend.rows]
    assert baselines == pytest.approx([300, 376, 474])
    assert all(row.get_right()[0] <= sheet.at(1823, 0)[0] for row in legend.rows)


@pytest.mark.parametrize("pieces", [1, 4, 1000])
def test_a_bar_is_as_long_as_its_share(pieces):
    bar = Bar(Box(100, 100, 900, 140), 0.25, DARK, "path", pieces=pieces)
    assert bar.length == pytest.approx(200)
    assert len(bar.pieces) == (pieces if pieces < 100 else 1)


@pytest.mark.parametrize(
    ("values", "notation"),
    [([2, 1, 0.5, 0.12], (2, 0)), ([-5, -2.5, -1.25, -0.3], (2, 0)), ([2e6, 1e6, 0.12e6], (2, 6))],
)
def test_halved_round_numbers_are_written_exactly(values, notation):
    found = exact_notation(values)
    assert (found.decimals, found.power) == notation
