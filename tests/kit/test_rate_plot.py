"""Rate plots: marks stand where a descent by hand ends, lines where the eigenvalues say."""

from __future__ import annotations

import copy
import itertools
from functools import cache

import numpy as np
import pytest
from data import ODD, OWN, slow_but

import gdmath
from gdscenes.kit.figures.rate_plot import RatePlot, cliff_axis, kept_axis, rate_plots_in_a_column
from gdscenes.kit.lecture.runner import Runner, runners
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.sheet import pixels
from gdscenes.kit.page.theme import AXIS_ROLES, DARK, THEMES, blend, contrast
from gdscenes.kit.plot.runs import RunArrow, RunMarks
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import fixed, rounded

STEPS = 30
PART_NAMES = ("$lambda_1$", "$lambda_2$")
DATA = {
    "chapter-0": gdmath.preset("chapter-0"),
    "fake-data": gdmath.preset("fake-data"),
    "millions": ODD["millions"],
    **{name: OWN[name].dataset() for name in ("prices", "bmi")},
}


def eigenvalues(data: gdmath.Dataset) -> np.ndarray:
    """Of the Hessian, rising, from the points."""
    columns = np.stack([np.ones_like(data.x_train), data.x_train], axis=1)
    share = 2.0 if data.reduction == "sum" else 2.0 / len(data.x_train)
    return np.linalg.eigvalsh(share * columns.T @ columns)


def final_loss(data: gdmath.Dataset, rate: float) -> float:
    """Of full-batch descent as a textbook writes it."""
    (b, w), x, y = data.start, data.x_train, data.y_train
    share = 1.0 if data.reduction == "sum" else 1.0 / len(x)
    for _ in range(STEPS):
        error = b + w * x - y
        b, w = b - rate * 2 * share * error.sum(), w - rate * 2 * share * (error * x).sum()
    return float(share * ((b + w * x - y) ** 2).sum())


@pytest.fixture(params=slow_but(DATA, "chapter-0", "millions", "bmi"))
def drawn(request) -> tuple[gdmath.Dataset, list[Runner], list[RatePlot]]:
    return DATA[request.param], *copy.deepcopy(plots_of(request.param))


@cache
def plots_of(name: str) -> tuple[list[Runner], list[RatePlot]]:
    data = DATA[name]
    problem = data.problem()
    limit = problem.max_stable_learning_rate
    runs = {
        name: gdmath.descend(problem, data.start, share * limit, STEPS)
        for name, share in (("low", 0.3), ("high", 0.9), ("out", 1.4))
    }
    rates = np.unique(
        [*np.linspace(0, 1.6 * limit, 300), limit, problem.best_learning_rate]
        + [run.learning_rate for run in runs.values()]
    )
    losses, kept = gdmath.losses_after(problem, data.start, rates, STEPS), problem.errors_kept(rates)
    racers = runners(runs)
    texts = [
        {each.name: rounded(each.run.losses[-1]) for each in racers},
        {each.name: fixed(float(problem.error_kept(each.run.learning_rate))) for each in racers},
    ]
    plots = rate_plots_in_a_column(
        PAGE.rows(2),
        rates,
        (losses, kept.max(axis=1)),
        (cliff_axis(losses, float(runs["low"].losses[0])), kept_axis()),
        racers,
        texts,
        ("loss", "kept"),
        DARK,
        clear=(limit, problem.best_learning_rate),
        parts=(
            (),
            [(part, role, name) for part, role, name in zip(kept.T, AXIS_ROLES, PART_NAMES, strict=True)],
        ),
    )
    for plot in plots:
        plot.at(len(rates) - 1)
    return racers, plots


def marks_of(plot: RatePlot) -> list[tuple[RunMarks, RunArrow, Digits]]:
    return [tuple(group) for group in plot.marks]


def assert_marks_are_true(data: gdmath.Dataset, racers: list[Runner], plots: list[RatePlot]) -> None:
    """Each mark is at its rate, on what a descent and the eigenvalues have there; else an arrow leaves."""
    for plot, value_at in zip(
        plots,
        (
            lambda rate: np.log10(final_loss(data, rate)),
            lambda rate: np.abs(1 - rate * eigenvalues(data)).max(),
        ),
        strict=True,
    ):
        for each, (mark, arrow, digits) in zip(racers, marks_of(plot), strict=True):
            rate = each.run.learning_rate
            (at, height), expected = plot.plot.values(mark.centers())[0], value_at(rate)
            assert at == pytest.approx(rate, rel=1e-6)
            if expected <= plot.y.high:
                assert height == pytest.approx(expected, rel=1e-6, abs=1e-6 * (plot.y.high - plot.y.low))
                assert not arrow.family_members_with_points()
                continue
            assert mark.centers()[0, 1] < plot.plot.at(rate, plot.y.high)[1]
            (_, tip), (_, foot) = pixels(arrow.tip[None])[0], pixels(mark.centers())[0]
            assert plot.box.top <= tip < foot
            assert any(part.get_fill_opacity() == 1 for part in digits.family_members_with_points())
            drawn, unit = digits.value()
            shown = 10**expected if plot is plots[0] else expected
            assert drawn == pytest.approx(shown, abs=0.51 * unit)


def test_marks_stand_on_what_a_descent_by_hand_comes_to(drawn):
    assert_marks_are_true(*drawn)


def test_a_mark_comes_when_the_curve_passes_its_rate(drawn):
    _, racers, plots = drawn
    for row in (0, 100, 200, len(plots[0].rates) - 1):
        passed = sum(each.run.learning_rate <= plots[0].rates[row] for each in racers)
        assert [len(plot.at(row).marks) for plot in plots] == [passed, passed]


def assert_lines_are_true(data: gdmath.Dataset, plot: RatePlot, limit, best) -> None:
    smallest, largest = eigenvalues(data)
    region, line = limit
    ends = plot.plot.values(np.concatenate(line.ends()))
    np.testing.assert_allclose(ends[:, 0], 2 / largest, rtol=1e-6)
    np.testing.assert_allclose(ends[:, 1], [plot.y.low, plot.y.high], rtol=1e-6, atol=1e-9)
    edges = plot.plot.values(np.stack([region.get_corner([-1, -1, 0]), region.get_corner([1, 1, 0])]))
    np.testing.assert_allclose(edges[:, 0], [2 / largest, plot.x.high], rtol=1e-6)
    dashes, diamond = best
    (rate, height) = plot.plot.values(diamond.get_center())
    assert rate == pytest.approx(2 / (smallest + largest), rel=1e-6)
    assert plot.plot.values(dashes.get_center())[0] == pytest.approx(rate, rel=1e-6)
    on_curve = np.interp(rate, plot.rates, plot.heights)
    assert height == pytest.approx(on_curve, abs=1e-6 * (plot.y.high - plot.y.low))


def test_limit_and_best_rate_stand_where_the_eigenvalues_say(drawn):
    data, _, plots = drawn
    problem = data.problem()
    for plot in plots:
        assert_lines_are_true(data, plot, plot.limit(problem)[0], plot.best(problem)[0])


def test_names_of_both_rates_stand_apart_with_their_values(drawn):
    data, _, (cliff, _) = drawn
    problem, (smallest, largest) = data.problem(), eigenvalues(data)
    (_, (limit, at_limit)), (_, (best, at_best)) = (
        cliff.limit(problem, said="value"),
        cliff.best(problem, said="value"),
    )
    assert best.box().right < at_best.box().left < at_best.box().right < limit.box().left
    for digits, expected in ((at_limit, 2 / largest), (at_best, 2 / (smallest + largest))):
        shown, unit = digits.value()
        assert shown == pytest.approx(expected, abs=0.51 * unit)


def test_what_is_said_of_both_rates_ends_on_the_page(drawn):
    data, _, (cliff, _) = drawn
    problem = data.problem()
    (_, best), (_, limit) = cliff.best(problem, said="formula"), cliff.limit(problem, said="formula")
    boxes = [best[0].box(), limit[-1].box()]
    assert boxes[0].right < boxes[1].left
    assert all(PAGE.contains(box) for box in boxes)


def test_each_part_is_the_factor_of_its_axis(drawn):
    """The V of an axis is |1 - rate lambda|, and the curve over all is the higher of both."""
    data, _, (cliff, kept) = drawn
    assert cliff.parts == []
    for part, eigenvalue in zip(kept.parts, eigenvalues(data), strict=True):
        rates, values = kept.plot.values(part.line.ends()[1]).T
        np.testing.assert_allclose(
            values, np.abs(1 - rates * eigenvalue), atol=2e-2 * part.points_given[:, 1].max()
        )
        np.testing.assert_allclose(
            part.points_given[:, 1], np.abs(1 - kept.rates * eigenvalue), rtol=1e-9, atol=1e-12
        )
    np.testing.assert_allclose(kept.heights, np.max([each.points_given[:, 1] for each in kept.parts], axis=0))


def test_names_of_the_parts_stand_clear_of_them(drawn):
    _, _, (_, kept) = drawn
    for name in kept.part_names:
        box = name.box()
        assert kept.box.contains(box)
        for part in kept.parts:
            x, y = kept.plot.pixels(*part.points_given.T).T
            inside = (box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)
            assert not inside.any()


def test_all_stays_true_in_another_box(drawn):
    data, racers, plots = drawn
    problem, (cliff, kept) = data.problem(), plots
    limits = [(plot, plot.limit(problem)[0], plot.best(problem)[0]) for plot in plots]
    level = kept.level(1.0)
    _, (name, _) = cliff.limit(problem, said="value")
    for plot in plots:
        box = plot.box
        plot.dial(box=PAGE.rows(340, 654)[1].inset(plot.insets()))
        assert plot.box != box
    assert_marks_are_true(data, racers, plots)
    for plot, limit, best in limits:
        assert_lines_are_true(data, plot, limit, best)
    assert kept.plot.values(level.get_center())[1] == pytest.approx(1.0, rel=1e-6)
    assert 0 < cliff.box.top - name.box().bottom < 40


def test_too_low_is_told_up_to_its_rate_and_a_mark_stands_on_its_own(drawn):
    data, _, (cliff, _) = drawn
    low, alone = 0.2 / eigenvalues(data)[1], 2.6 / eigenvalues(data)[1]
    region, words = cliff.too_low(low, 2 / eigenvalues(data)[1])
    line, name = cliff.mark(alone, "$bias$ alone", "bias")
    for box in (cliff.box, PAGE.rows(340, 654)[1].inset(cliff.insets())):
        cliff.dial(box=box)
        edges = cliff.plot.values(np.stack([region.get_corner([-1, -1, 0]), region.get_corner([1, 1, 0])]))
        np.testing.assert_allclose(edges[:, 0], [0, low], rtol=1e-6, atol=1e-9)
        assert box.contains(words.box())
        assert words.source == "$arrow.l$ too low"
        assert words.box().right < cliff.plot.pixels(2 / eigenvalues(data)[1], cliff.y.low)[0]
        assert 0 < words.box().left - pixels(region.get_corner([1, 1, 0])[None])[0, 0] < 30
        ends = cliff.plot.values(np.concatenate(line[0].ends()))
        np.testing.assert_allclose(ends[:, 0], alone, rtol=1e-6)
        assert box.contains(name[-1].box())


def test_too_low_stands_in_a_ground_that_is_wide(drawn):
    data, _, (cliff, _) = drawn
    region, words = cliff.too_low(1.2 / eigenvalues(data)[1], 2 / eigenvalues(data)[1])
    (left, _), (right, _) = pixels(np.stack([region.get_corner([-1, -1, 0]), region.get_corner([1, 1, 0])]))
    assert words.source == "too low"
    assert left < words.box().left < words.box().right < right


def test_the_larger_part_is_a_band_that_is_named_clear_of_them(drawn):
    _, _, (cliff, kept) = drawn
    assert kept.path.line.z_index < kept.parts[0].line.z_index
    assert cliff.path.line.z_index == kept.parts[0].line.z_index
    box = kept.whole_name.box()
    assert kept.box.contains(box)
    for path in (*kept.parts, kept.path):
        x, y = kept.plot.pixels(*path.points_given.T).T
        assert not ((box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)).any()


def test_names_of_parts_stand_clear_of_each_other_and_of_all_that_is_or_will_be_marked(drawn):
    data, _, (_, kept) = drawn
    level, problem = kept.level(1.0), data.problem()
    (_, line), (dashes, diamond) = kept.limit(problem)[0], kept.best(problem)[0]
    names = [*(name.box() for name in kept.part_names), kept.whole_name.box()]
    assert all(one.overlap(other) == 0 for one, other in itertools.combinations(names, 2))
    drawn_there = [
        *level.get_family(),
        line,
        *dashes.get_family(),
        diamond,
        *(mark for mark, *_ in kept.marks),
    ]
    x, y = pixels(np.concatenate([part.points for part in drawn_there])).T
    for box in (name.grown(6) for name in names):
        assert not ((box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)).any()


def test_names_of_parts_are_nearest_to_their_own_curves(drawn):
    _, _, (_, kept) = drawn
    curves = [kept.plot.pixels(*part.points_given.T) for part in kept.parts]
    for own, name in enumerate(kept.part_names):
        away = [np.hypot(*(curve - name.box().center).T).min() for curve in curves]
        assert int(np.argmin(away)) == own


def test_the_name_of_a_value_stands_over_what_is_said_of_rates(drawn):
    """On the ground of rates that are unstable it would be too faint."""
    data, _, (cliff, _) = drawn
    _, limit = cliff.limit(data.problem(), said="value")
    for said in limit:
        assert cliff.title.box().bottom < said.box().top < said.box().bottom < cliff.box.top


@pytest.mark.parametrize("role", ["bias", "weight"])
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_the_name_of_a_mark_stands_out_from_the_ground_of_rates_that_are_unstable(theme, role):
    problem = DATA["chapter-0"].problem()
    rates = np.linspace(0, 2 * problem.max_stable_learning_rate, 200)
    losses = gdmath.losses_after(problem, DATA["chapter-0"].start, rates, STEPS)
    plot = RatePlot(PAGE.rows(2)[0], rates, losses, cliff_axis(losses, losses[0]), [], {}, theme)
    (region, _), *_ = plot.limit(problem)
    _, (plate, name) = plot.mark(rates[150], "$b$ alone", role)
    under = blend(theme.diverged, theme.ground, region.get_fill_opacity())
    under = blend(plate.get_fill_color().to_hex(), under, plate.get_fill_opacity())
    assert plate.get_fill_opacity() > 0
    assert all(contrast(glyph.get_fill_color().to_hex(), under) >= 4.5 for glyph in name.ink())


def test_no_curve_at_rest_ends_in_a_mark(drawn):
    _, _, plots = drawn
    for plot in plots:
        curves = (*plot.parts, plot.path)
        assert not any(each.head.has_points() for each in curves)
        plot.at(40)
        assert all(each.head.has_points() for each in curves)


def test_a_kept_curve_stays_whole_and_only_the_line_at_a_rate_goes_back(drawn):
    data, racers, (_, kept) = drawn
    kept.keep()
    _, largest = eigenvalues(data)
    row = int(0.7 * len(kept.rates))
    kept.at(row)
    assert len(kept.marks) == len(racers)
    assert kept.parts[1].line.ends()[1][-1, 0] > kept.plot.at(kept.rates[row], 0)[0]
    foot, tip = (kept.plot.values(end)[0] for end in kept.pointer.ends())
    np.testing.assert_allclose([foot[0], tip[0]], kept.rates[row])
    at = kept.plot.values(kept.parts[1].head.centers())[0]
    np.testing.assert_allclose(at, [kept.rates[row], abs(1 - kept.rates[row] * largest)], atol=1e-6)
    limit = int(np.searchsorted(kept.rates, data.problem().max_stable_learning_rate))
    assert kept.at(limit).pointer.has_points()
    kept.limit(data.problem())
    assert not kept.pointer.has_points(), "the line of the limit stands for it"


def test_the_formula_of_the_limit_stands_beside_its_line_and_clear_of_all_names(drawn):
    data, _, (_, kept) = drawn
    line, label = kept.limit(data.problem(), said="formula")
    _, (best,) = kept.best(data.problem(), said="formula")
    kept.dial(box=PAGE.rows(340, 654)[1].inset(kept.insets()))
    box = label[-1].box()
    assert kept.box.contains(box)
    assert pixels(line[1].get_center())[0] < box.left
    for name in (*kept.part_names, kept.title, best):
        assert name.box().overlap(box) == 0
