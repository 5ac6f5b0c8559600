"""Maps, loss curves and tables on one clock show the rows of their runs, wherever they stand."""

import numpy as np
import pytest
from claims import assert_true
from data import ODD
from manim import VGroup

import gdmath
from gdscenes.kit.figures.contour_map import ContourMap, maps_in_a_row
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.readouts import Readouts, losses_of, parameters_of
from gdscenes.kit.lecture.clock import Clock, between, turning
from gdscenes.kit.lecture.runner import runners
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.sheet import SAFE, Box
from gdscenes.kit.page.theme import DARK
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
