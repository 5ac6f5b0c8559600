"""Maps, loss curves and tables on one clock show the rows of their runs, wherever they stand."""

from dataclasses import replace

import numpy as np
import pytest
from claims import assert_true
from data import ODD
from manim import VGroup

import gdmath
from gdscenes.kit.figures.contour_map import ContourMap, map_axes, map_in, maps_in_a_row
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.readouts import Readouts, losses_of, parameters_of, steps_of
from gdscenes.kit.lecture.clock import Clock, between, turning
from gdscenes.kit.lecture.runner import Runner, runners
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import PAGE, Cell
from gdscenes.kit.page.sheet import SAFE, Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axis import Decades, decades, widest_label
from gdscenes.kit.plot.runs import GOOD
from gdscenes.kit.type.typeset import Type

MSE = '$loss("MSE")$'
DATA = {name: gdmath.preset(name) for name in ("chapter-0", "fake-data", "chapter-0-bad")} | {
    name: ODD[name] for name in ("millions", "three points", "falling")
}


def race(dataset, n_steps=30):
    problem = dataset.problem()
    limit = problem.max_stable_learning_rate
    runs = {
        name: gdmath.descend(problem, dataset.start, rate * limit, n_steps)
        for name, rate in (("low", 0.2), ("high", 0.9), ("out", 1.2))
    }
    return problem, runs


@pytest.fixture(params=DATA, scope="module")
def told(request):
    """A race on one dataset: problem, runs and its figures."""
    problem, runs = race(DATA[request.param])
    racers = runners(runs)
    top, below = PAGE.rows(547, 447)
    left, right = below.columns(2.4, 1)
    window = gdmath.Window.around(np.vstack([runs["low"].parameters, problem.minimizer]), room=0.5)
    levels = gdmath.contour_levels(problem.minimum, 4 * float(runs["low"].losses[0]), "doubling", at_most=9)
    maps = maps_in_a_row(top, racers, problem, window, levels, DARK)
    losses = LossCurves(
        left, racers, DARK, y="decades", span=12, minimum=problem.minimum, name='$loss("MSE")$'
    )
    table = Readouts(right, losses_of(racers), DARK, clock="step", head='$loss("MSE")$')
    return problem, runs, [*maps, losses, table]


@pytest.mark.parametrize("row", [0, 1, 7, 30])
def test_every_figure_claims_what_a_loop_by_hand_computes(told, row):
    problem, runs, figures = told
    Clock(*figures, row=row)
    claims = [claim for figure in figures for claim in figure.claims(row)]
    assert assert_true(claims, runs, lambda _: problem) >= 8


def test_on_the_way_a_head_stands_between_its_rows(told):
    _, runs, figures = told
    first = figures[0]
    first.at(2, 0.25)
    head = first.plot.values(first.paths["low"].head.centers()[0])
    here, there = runs["low"].parameters[2:4]
    np.testing.assert_allclose(head, here + 0.25 * (there - here), rtol=1e-6, atol=1e-9 * np.ptp(here) + 1e-9)


def test_nothing_of_a_race_overlaps_or_leaves_the_page(told):
    _, _, figures = told
    Clock(*figures, row=12)
    texts = [
        part for figure in figures for part in figure.get_family() if isinstance(part, Type) and part.ink()
    ]
    boxes = [text.box() for text in texts]
    for index, box in enumerate(boxes):
        assert SAFE.contains(box, slack=1), texts[index]
        assert all(box.overlap(other) == 0 for other in boxes[:index]), texts[index]


def test_a_map_that_turns_stays_true_all_the_way():
    problem, runs = race(DATA["chapter-0"])
    racers = runners(runs)[:1]
    window = gdmath.Window(-2.0, 4.0, -1.0, 5.0)
    drawn = ContourMap(Box(200, 200, 900, 800), problem, window, [0.5, 1, 2], DARK, runners=racers).at(20)
    near, box = gdmath.Window(0.5, 1.5, 1.5, 2.5), Box(400, 300, 1000, 900)
    turn = turning(drawn, window=near, box=box)
    for share in (0.0, 0.3, 0.7, 1.0):
        turn.interpolate_mobject(share)
        assert assert_true(drawn.claims(20), runs, lambda _: problem) >= 1
        for line, level in zip(drawn.contours.lines, [0.5, 1, 2], strict=True):
            if line.has_points():
                np.testing.assert_allclose(
                    problem.loss(drawn.plot.values(line.points[0::4])), level, rtol=1e-3
                )
    assert drawn.box == box
    assert near.contains([[1.0, 2.0]]).all()


def test_a_part_of_a_figure_can_be_renewed_in_its_place():
    _, runs = race(DATA["chapter-0"])
    curves = LossCurves(PAGE, runners(runs)[:1], DARK)
    before, place = curves.plot, curves.submobjects.index(curves.plot)
    curves.at(25)
    assert curves.plot is not before
    assert curves.submobjects[place] is curves.plot
    assert curves.plot.z_index == before.z_index


@pytest.mark.parametrize("bent", [0.0, 1.0])
def test_loss_curves_claim_the_loss_in_linear_and_in_bent_axes(bent):
    dataset = DATA["fake-data"]
    problem = dataset.problem()
    run = gdmath.descend(problem, dataset.start, 0.3 * problem.max_stable_learning_rate, 400)
    curves = LossCurves(PAGE.columns(2, 1)[1], runners({"run": run}), DARK)
    assert curves.is_long
    curves.dial(bent=bent)
    for row in (1, 3, 400):
        curves.at(row)
        assert assert_true(curves.claims(row), {"run": run}, lambda _: problem) == 1


def test_axes_that_turn_logarithmic_say_so():
    dataset = DATA["fake-data"]
    problem = dataset.problem()
    run = gdmath.descend(problem, dataset.start, 0.3 * problem.max_stable_learning_rate, 400)
    curves = LossCurves(PAGE.columns(2, 1)[1], runners({"run": run}), DARK)
    said = {}
    for bent in (0.0, 0.25, 0.75, 1.0):
        curves.dial(bent=bent)
        said[bent] = curves.log_scale.ink()[0].get_fill_opacity()
        assert (said[bent] > 0) == isinstance(curves.plot.y, Decades)
    assert said[1.0] == 1
    assert curves.log_scale.source == "log scale"


def test_a_column_is_as_high_as_the_loss_on_linear_axes():
    dataset = DATA["fake-data"]
    run = gdmath.descend(dataset.problem(), dataset.start, 1e-4, 40)
    curves = LossCurves(PAGE.columns(2, 1)[1], runners({"run": run}), DARK)
    for row in (0, 1, 7):
        column, axis = curves.at(row).column("run", row, 10), curves.plot.y
        height = column.height / curves.box.height * (axis.high - axis.low) + axis.low
        assert height == pytest.approx(run.losses[row])
        assert column.width == 10
        places = sheet.pixels(curves.mark_at("run", row).centers())
        np.testing.assert_allclose(places, [[column.center[0], column.top]])


def test_a_run_beyond_its_axes_has_no_head_and_claims_nothing():
    problem, runs = race(DATA["chapter-0"])
    drawn = ContourMap(
        Box(200, 200, 900, 800),
        problem,
        gdmath.Window(-2.0, 4.0, -1.0, 5.0),
        [1],
        DARK,
        runners=runners(runs),
    )
    drawn.at(30)
    assert {claim.run for claim in drawn.claims(30) if claim.quantity == "parameters"} == {"low", "high"}
    assert drawn.has_left("out", drawn.paths["out"].exit_row)


def test_parameters_are_read_off_as_they_are():
    problem, runs = race(DATA["chapter-0"])
    table = Readouts(PAGE.columns(2, 1)[1], parameters_of(runs["low"], "low"), DARK).at(17)
    assert assert_true(table.claims(17), runs, lambda _: problem) == 2


def test_a_dial_goes_evenly_and_arrives_exactly():
    assert between(2.0, 4.0, 0.25) == 2.5
    assert between(Box(0, 0, 1, 1), Box(2, 4, 6, 8), 0.5) == Box(1, 2, 3.5, 4.5)
    end = gdmath.Window(0.0, 1.0, 0.0, 1.0)
    assert between(gdmath.Window(-1.0, 1.0, -1.0, 1.0), end, 1.0) is end
    assert isinstance(between(np.zeros(2), np.ones(2), 0.5), np.ndarray)


def test_a_figure_is_a_group_that_can_be_faded():
    _, runs = race(DATA["chapter-0"])
    assert isinstance(Readouts(PAGE, losses_of(runners(runs)), DARK), VGroup)


def test_a_function_says_the_way_of_a_dial():
    assert [between(None, lambda share: 10.0**share, share) for share in (0.0, 0.5, 1.0)] == [1, 10**0.5, 10]


def test_a_count_stops_with_its_run_and_says_whether_it_has_arrived():
    _, runs = race(DATA["chapter-0"])
    racers = runners({"low": runs["low"], "high": runs["high"].up_to(12)})
    table = Readouts(PAGE, steps_of(racers, unfinished=["low"]), DARK)
    for row, texts in ((0, ["0", "0"]), (12, ["12", "12"]), (29, ["29", "12"]), (30, ["30+", "12"])):
        table.at(row)
        assert [digits.text for digits in table.digits] == texts
        assert assert_true(table.claims(row), runs, lambda _: None) == 2


def test_losses_above_the_minimum_are_claimed_as_losses_and_rounding_is_not():
    problem, runs = race(DATA["chapter-0"], 2000)
    racers = runners({"high": runs["high"]})
    axis = decades(1e-6, 10.0, "")
    curves = LossCurves(PAGE.rows(2)[1], racers, DARK, y=axis, span=2000, above=problem.minimum)
    for row, claimed in ((0, 0), (1, 1), (20, 1), (2000, 0)):  # at the start a ring stands for the head
        curves.at(row)
        assert assert_true(curves.claims(row), runs, lambda _: problem) == claimed
    assert curves.paths["high"].exit is None


def test_the_name_of_losses_keeps_off_the_runs():
    _, runs = race(DATA["chapter-0"])
    racers = runners({"low": runs["low"]})
    start = float(np.log10(runs["low"].losses[0]))
    below, within = (
        LossCurves(
            PAGE.rows(2)[1], racers, DARK, y=Decades(-2.0, start + above, (-2, -1, 0), 0, ""), name="loss"
        )
        for above in (2.0, 0.01)
    )
    assert below.title.box().top > below.box.top - 60
    assert below.title.box().left < below.box.left + 30
    assert within.title.box().bottom < within.box.top


def test_the_number_beside_a_row_is_its_loss():
    _, runs = race(DATA["chapter-0"])
    racers = runners({"low": runs["low"], "out": runs["out"]})
    curves = LossCurves(PAGE, racers, DARK, y=decades(1e-1, 10.0, ""), span=30)
    leaves = curves.paths["out"].exit_row
    for row in (0, 3):
        drawn, unit = curves.number_at("low", row)[1].value()
        assert drawn == pytest.approx(runs["low"].losses[row], abs=0.5 * unit * (1 + 1e-9))
    assert len(curves.number_at("out", leaves - 1))
    assert not len(curves.number_at("out", leaves))


def test_what_is_known_of_a_run_stands_in_its_head():
    problem, runs = race(DATA["chapter-0"])
    told = Runner("low", runs["low"], GOOD, "feature", fact="$kappa = 16.4$")
    window = gdmath.window_around(problem, runs["low"])
    (drawn,) = maps_in_a_row(PAGE, [told], problem, window, np.array([1.0]), DARK)
    fact = drawn.head[-1].box()
    assert fact.right == pytest.approx(drawn.box.right, abs=1)
    assert drawn.trimmings("box") == [drawn.ruler, drawn.head]
    assert drawn.trimmings("window") == [drawn.ruler]
    assert drawn.trimmings("problem") == []


@pytest.mark.parametrize("middle", [(0, 0), (-100, 12), (-1000, 3), (2e7, 1e-4)])
@pytest.mark.parametrize("span", [2.2, 8.4, 40.0])
def test_the_numbers_of_a_map_keep_apart_and_are_two_at_least(middle, span):
    box, b = Box(184, 120, 684, 516), middle[0]
    window = gdmath.Window.around([middle], least=span).of_aspect(1)
    x, _ = map_axes(box, window)
    assert len(x.ticks) >= 2 or b > 1e7
    assert x.name.count("10") <= 1, "the power is said once"
    places = (np.array(x.ticks) - x.low) / (x.high - x.low) * box.width
    assert np.diff(places).min(initial=box.width) > max(widest_label(x) - 30, 40)


def test_a_map_in_a_cell_has_room_for_the_numbers_of_all_its_windows():
    near, far = gdmath.Window(0, 1, 0, 1), gdmath.Window(-5e3, 5e3, -5e3, 5e3)
    cell = PAGE.columns(2, gap=80)[0]
    box = map_in(cell, near, far)
    drawn = ContourMap(box, DATA["chapter-0"].problem(), near, [1], DARK)
    for window in (near, far):
        drawn.dial(window=window).settle()
        labels = [each.box() for each in drawn.ruler.get_family() if isinstance(each, Type)]
        assert min(label.left for label in labels) >= cell.left
        assert max(label.bottom for label in labels) <= cell.bottom


# -- runs that meet the points in batches --------------------------------------------------------------


@pytest.fixture(scope="module")
def batches():
    """Two runs of five epochs over 80 points, on a clock that counts the points met."""
    dataset = DATA["chapter-0"]
    problem, n = dataset.problem(), 80
    runs = {
        name: gdmath.descend(problem, dataset.start, 0.1, 5 * updates, batch_size=size, shuffle=False)
        for name, size, updates in (("all", None, 1), ("some", 16, 5))
    }
    racers = [replace(each, style=GOOD, times=each.run.epochs_passed(n) * n) for each in runners(runs)]
    return problem, runs, racers


def test_a_clock_in_points_met_shows_each_run_at_its_last_complete_update(batches):
    problem, runs, racers = batches
    curves = LossCurves(PAGE, racers, DARK, unit="epoch", per=80, span=2)
    table = Readouts(PAGE, losses_of(racers), DARK, clock="epoch", per=80)
    for clock, rows in ((0, (0, 0)), (79, (0, 4)), (80, (1, 5)), (250, (3, 15)), (400, (5, 25))):
        Clock(curves, table, row=clock)
        claims = [*curves.claims(clock), *table.claims(clock)]
        assert {claim.run: claim.row for claim in claims} == dict(zip(runs, rows, strict=True))
        assert assert_true(claims, runs, lambda _: problem) >= 2
        assert table.counter.value.text == str(clock // 80)
        for name, row in zip(runs, rows, strict=True):
            if row:
                moment = curves.plot.values(curves.paths[name].head.centers()[0])[0]
                assert moment == pytest.approx({"all": row, "some": row / 5}[name])
    assert curves.plot.x.high == 5


def test_an_axis_that_grows_no_more_ends_on_its_last_tick_and_the_unit_stands_before_it(batches):
    _, _, racers = batches
    for width in (1100, 800):
        curves = LossCurves(Cell(77, 43, 77 + width, 500), racers, DARK, unit="epoch", per=80, span=2)
        for clock, is_at_its_end in ((120, False), (200, False), (400, True)):
            plot = curves.at(clock).plot
            labels = [label.box() for label in plot.labels[: len(plot.x.ticks)]]
            assert len(labels) > 1
            assert (plot.x.ticks[-1] == plot.x.high == 5) is is_at_its_end
            assert (curves.unit.box().right < labels[-1].left) is is_at_its_end
            assert all(label.overlap(curves.unit.box().grown(8)) == 0 for label in labels)


def test_counted_in_updates_each_run_stands_at_its_row_and_the_unit_says_so(batches):
    _, runs, racers = batches
    curves = LossCurves(PAGE, racers, DARK, unit="epoch", per=80, span=5).at(400)
    assert curves.unit.source == "epoch"
    curves.dial(counted=1.0)
    assert curves.unit.source == "update"
    for name, path in curves.paths.items():
        drawn = curves.plot.values(np.vstack([path.line.ends()[0], path.line.ends()[1][-1:]]))
        np.testing.assert_allclose(drawn[:, 0], np.arange(6), atol=1e-9)
        head = curves.plot.values(path.head.centers()[0])
        np.testing.assert_allclose(head, [5, runs[name].losses[5]], rtol=1e-9)
        np.testing.assert_allclose(drawn[:, 1], runs[name].losses[:6], rtol=1e-9)
        assert not path.cross.ring.has_points()


def test_the_axis_says_updates_before_the_curves_go_there(batches):
    _, _, racers = batches
    curves = LossCurves(PAGE, racers, DARK, unit="epoch", per=80, span=5).at(400)
    before = {name: path.points_given.copy() for name, path in curves.paths.items()}
    curves.dial(counted=0.25)
    assert curves.unit.source == "update"
    for name, path in curves.paths.items():
        np.testing.assert_array_equal(path.points_given, before[name])


def test_a_curve_is_drawn_out_evenly_to_its_updates(batches):
    """Halfway it is as much longer than at first as in the end it is longer than there."""
    _, _, racers = batches
    curves = LossCurves(PAGE, racers, DARK, unit="epoch", per=80, span=5).at(400)
    first, halfway, last = (
        {name: path.points_given[1:, 0] for name, path in curves.dial(counted=counted).paths.items()}
        for counted in (0.25, 0.625, 1.0)
    )
    for name, moments in halfway.items():
        np.testing.assert_allclose(moments / first[name], last[name] / moments, rtol=1e-9)


@pytest.mark.parametrize("counted", [0.0, 0.3, 0.8])
def test_on_the_way_to_updates_the_heads_stay_in_the_axes_on_their_rows(batches, counted):
    problem, runs, racers = batches
    curves = LossCurves(PAGE, racers, DARK, unit="epoch", per=80, span=5).at(400)
    curves.dial(counted=counted)
    for path in curves.paths.values():
        assert path.head.has_points()
        assert curves.plot.limits.contains(*curves.plot.values(path.head.centers()[0]))
    assert assert_true(list(curves.claims(400)), runs, lambda _: problem) == len(runs)


def test_an_axis_that_grows_with_the_clock_is_left_by_no_run(batches):
    """Epochs of 80 points in updates by one are fractions that rounding could put beyond its end."""
    problem, runs, racers = batches
    n = 80
    run = gdmath.descend(problem, runs["all"].parameters[0], 0.1, 15 * n, batch_size=1, seed=1)
    runner = replace(racers[0], run=run, times=np.rint(run.epochs_passed(n) * n))
    curves = LossCurves(PAGE, [runner], DARK, y="decades", unit="epoch", per=n, minimum=problem.minimum)
    curves.dial(span=(0.0, 1.0))
    rows = range(n + 1, 15 * n)
    assert [row for row in rows if curves.at(row).paths["all"].cross.ring.has_points()] == []


def test_marks_stand_at_epochs_as_long_as_they_are_few(batches):
    problem, runs, racers = batches
    curves = LossCurves(PAGE, racers, DARK, unit="epoch", per=80, span=3).at(240)
    marks = curves.plot.values(curves.paths["some"].marks.centers())
    np.testing.assert_allclose(marks, np.stack([[1, 2, 3], runs["some"].losses[[5, 10, 15]]], axis=1))
    long = gdmath.descend(problem, runs["some"].parameters[0], 0.1, 500, batch_size=16, shuffle=False)
    runner = replace(racers[1], run=long, times=long.epochs_passed(80) * 80)
    curves = LossCurves(PAGE, [runner], DARK, unit="epoch", per=80)
    assert curves.at(60 * 80).paths["some"].marks.has_points()
    assert not curves.at(61 * 80).paths["some"].marks.has_points()
    close = LossCurves(PAGE, [runner], DARK, unit="epoch", per=80, span=(97, 100)).at(8000)
    np.testing.assert_allclose(close.plot.values(close.paths["some"].marks.centers())[:, 0], [98, 99, 100])


def test_a_close_look_begins_at_its_moment_and_is_cut_at_the_frame(batches):
    problem, runs, racers = batches
    window = gdmath.Window(-2.0, 4.0, -1.0, 5.0)
    drawn = ContourMap(Box(200, 200, 900, 800), problem, window, [1], DARK, runners=racers[1:]).at(400)
    drawn.dial(since=160.0)
    starts, ends = drawn.paths["some"].line.ends()
    path = drawn.plot.values(np.vstack([starts, ends[-1:]]))
    np.testing.assert_allclose(path, runs["some"].parameters[10:], atol=1e-9)
    first, last = runs["some"].parameters[[12, 25]]
    drawn.dial(window=gdmath.Window.around([last], least=1.5 * np.abs(last - first)))
    starts, ends = drawn.paths["some"].line.ends()
    path = drawn.plot.values(np.vstack([starts, ends[-1:]]))
    assert drawn.plot.limits.contains(*path[0])
    np.testing.assert_allclose(path[-1], last, atol=1e-9)
    assert len(path) < 16
    assert not drawn.paths["some"].cross.ring.has_points()
    assert assert_true(drawn.claims(400), runs, lambda _: problem) >= 1
