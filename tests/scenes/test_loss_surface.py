"""What LossSurface tells is true: of its examples, its cuts, and on every preset."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true, by_torch, loss_at
from data import OWN, slow_but
from drawn import on_screen
from pace import lengths, spoken
from rehearsals import seen, told

import gdmath
from gdlectures.asking.live import live_entry
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.manim_seam import picture_of
from gdscenes.kit.page import sheet
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.stage.camera import TOP_THETA, TOP_ZOOM
from gdscenes.kit.stage.ways import cut_curve
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words
from gdscenes.loss_surface import LossSurface, LossSurfaceSettings

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


STAGE_ENDS = 425  # pixels of 640: right of it stand numbers, which change at once
THREE_OWN = ["bmi", "falling", "outlier"]


@pytest.fixture(params=[*WITH_BIAS, *OWN])
def story(request):
    return told(LossSurface, LossSurfaceSettings(dataset=OWN.get(request.param, request.param)))


def test_the_rim_is_closed_inside_of_the_window(story):
    """The cut is round and above the start; an ellipse of that loss does not reach the window's edges."""
    mantissa = story.ceiling / 10 ** np.floor(np.log10(story.ceiling))
    assert any(mantissa == pytest.approx(each) for each in (1, 1.5, 2, 3, 4, 5, 6, 8))
    assert story.start_loss < story.ceiling < 1.7 * story.start_loss
    window = story.window
    for axis, edges in enumerate(([window.b_min, window.b_max], [window.w_min, window.w_max])):
        for edge in edges:
            along = np.linspace(window.low[1 - axis], window.high[1 - axis], 2001)
            line = np.full((len(along), 2), edge)
            line[:, 1 - axis] = along
            assert story.problem.loss(line).min() > story.ceiling


def test_every_example_lies_under_the_cut_and_in_the_window(story):
    losses = [loss_at(story.problem, line) for line in story.examples]
    assert story.window.contains(story.examples).all()
    assert max(losses) < story.ceiling
    assert losses[0] == pytest.approx(story.start_loss)


def test_two_lines_are_equally_wrong_and_none_is_better_than_the_best(story):
    _, one, other, best = (loss_at(story.problem, line) for line in story.examples)
    assert one == pytest.approx(other)
    assert best <= one
    assert best == pytest.approx(story.problem.minimum)


def test_a_picture_of_a_cut_holds_its_start_and_most_of_a_needle(story):
    for moving, cut in zip((BIAS, WEIGHT), story.cuts, strict=True):
        low, high = story.ends(moving)
        assert story.window.low[moving] <= low < high <= story.window.high[moving]
        assert low <= story.start[moving] <= high
        seen = np.linspace(low, high, 1001)
        assert (cut.loss(seen[:, None]) < story.ceiling).mean() > 0.25
        here = cut.loss(story.start[moving : moving + 1])
        assert here == pytest.approx(story.start_loss)


@seen(LossSurface, "cuts")
def test_the_cuts_hold_the_start_and_have_the_exact_loss(lecture):
    story, stage = lecture.story, lecture.stage
    for fixed, cut in zip((BIAS, WEIGHT), stage.cuts, strict=True):
        assert (cut.fixed, cut.at) == (fixed, story.start[fixed])
        for points, losses in cut_curve(cut):
            np.testing.assert_allclose(points[:, fixed], story.start[fixed])
            np.testing.assert_allclose(losses, story.problem.loss(points), rtol=1e-9)


@seen(LossSurface, "cuts")
def test_each_wire_is_the_curve_that_is_seen_on_the_surface_at_the_values_of_its_axes(lecture):
    story, stage = lecture.story, lecture.stage
    for fixed, picture in zip((BIAS, WEIGHT), lecture.pictures[::2], strict=True):
        line = np.full((len(picture.values), 2), story.start[fixed])
        line[:, 1 - fixed] = picture.values
        losses = [loss_at(story.problem, each) for each in line]
        assert max(losses) <= story.ceiling * (1 + 1e-9)
        np.testing.assert_allclose(sheet.pixels(picture.wire), stage.on_page(*line.T, losses), atol=1e-6)
        assert picture.flown == 1


@seen(LossSurface, "cuts")
def test_each_curve_keeps_its_width_as_it_flies_to_its_axes(lecture):
    """One that is seen from behind would else fold to an upright line half way."""
    for picture in lecture.pictures[::2]:
        widths = []
        for flown in (0.0, 0.25, 0.5, 0.75, 1.0):
            picture.dial(flown=flown)
            widths.append(np.ptp(picture.curve.points[:, 0]))
        assert min(widths[1:-1]) > 0.9 * min(widths[0], widths[-1])


@seen(LossSurface, "arrows")
def test_the_closer_map_and_its_ruler_stay_inside_of_the_margins_of_the_page(lecture):
    plot = lecture.stage.plot
    assert sheet.SAFE.contains(plot.box)
    assert [path.start for path in lecture.stage.paths] == [0], "a disc under the foot of the arrow"
    assert lecture.stage.box.contains(plot.box, slack=1e-6)
    assert sheet.SAFE.contains(sheet.box_of(plot.labels.get_all_points()))
    assert min(len(plot.x.ticks), len(plot.y.ticks)) >= 2


@seen(LossSurface, "cuts")
def test_the_surface_steps_back_beside_its_cuts(lecture):
    assert lecture.stage.dimmed > 0


@seen(LossSurface, "descent", "top")
def test_the_surface_is_whole_again_and_the_path_has_come_to_its_end(lecture):
    assert lecture.stage.dimmed == 0
    assert [path.row for path in lecture.stage.paths] == [lecture.story.run.n_steps]


@pytest.mark.parametrize("dataset", slow_but([*WITH_BIAS, *THREE_OWN], "fake-data", "bmi"))
def test_ball_line_numbers_and_arrows_are_true_on_every_dataset(dataset, rehearse):
    settings = LossSurfaceSettings(dataset=OWN.get(dataset, dataset))
    rehearsed = rehearse(LossSurface, settings=settings)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    story, claims = rehearsed.lecture.story, rehearsed.claims
    told = {beat: {claim.quantity for claim in claims[beat]} for beat in claims}
    assert told["descent"] >= {"step", "parameters", "bias", "weight", "loss"}
    stand = [claim for claim in claims["descent"] if claim.quantity == "parameters"]
    assert len(stand) == 2, "the ball on the surface and the line in the margin"
    if story.dataset.frame is None:  # else the film ends on a page in the units of the table
        assert told["arrows"] >= {"start", "gradient", "minimizer"}
    for beat in claims:
        assert_true(claims[beat], story.runs, story.problem_of)


@pytest.mark.slow
@pytest.mark.parametrize("look", ["light", "print"])
@pytest.mark.parametrize("dataset", THREE_OWN)
def test_nothing_is_wrong_with_the_layout_of_a_user_s_table_in_any_theme(dataset, look, rehearse):
    rehearsed = rehearse(LossSurface, theme=look, settings=LossSurfaceSettings(dataset=OWN[dataset]))
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


RACE = ("sgd", "momentum", "adam", "rmsprop")


@pytest.mark.parametrize("name", gdmath.OPTIMIZERS)
def test_the_run_of_an_optimiser_is_that_of_torch_optim(name):
    story = told(LossSurface, LossSurfaceSettings(optimizer=name, n_steps=30))
    np.testing.assert_allclose(story.run.parameters, by_torch(story.problem, story.run), rtol=1e-9)
    assert name not in ("sgd", "adam") or story.run.method == {"sgd": "SGD", "adam": "Adam"}[name]


def test_runs_of_a_race_are_those_alone_and_it_ends_soon_after_the_last_that_arrives():
    names = ("sgd", "momentum", "adam")
    race = told(LossSurface, LossSurfaceSettings(optimizers=names))
    assert list(race.runs) == list(names)
    (n_steps,) = {run.n_steps for run in race.runs.values()}
    assert max(race.done.values()) < n_steps < 2 * max(race.done.values())
    for name, run in race.runs.items():
        alone = told(LossSurface, LossSurfaceSettings(optimizer=name, n_steps=n_steps)).run
        np.testing.assert_array_equal(run.parameters, alone.parameters)


@pytest.mark.parametrize(
    ("knobs", "look"),
    [
        ({"optimizers": ("momentum", "adam"), "n_steps": 60}, "dark"),
        pytest.param({"optimizers": RACE}, "dark", marks=pytest.mark.slow),
        pytest.param(
            {"optimizers": ("sgd", "momentum"), "learning_rate": 0.81}, "print", marks=pytest.mark.slow
        ),
        ({"optimizer": "nesterov", "n_steps": 60}, "dark"),
    ],
)
def test_optimisers_are_laid_out_and_true(knobs, look, rehearse):
    rehearsed = rehearse(LossSurface, theme=look, settings=LossSurfaceSettings(**knobs))
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}
    story, claims = rehearsed.lecture.story, rehearsed.claims
    for beat in claims:
        assert_true(claims[beat], story.runs, story.problem_of)
    on_surface = {claim.run for claim in claims["descent"] if claim.quantity == "parameters"}
    read = {claim.run for claim in claims["descent"] if claim.quantity == "loss"}
    assert on_surface == read == set(story.runs)
    seconds = lengths(rehearsed)
    late = {beat for beat, note in LossSurface.notes_of(story).items() if spoken(note) > seconds[beat]}
    assert late == set()


@seen(LossSurface, "descent")
def test_plain_descent_names_no_optimiser(lecture):
    assert lecture.story.method == ""
    assert not any("torch" in each.source for each in on_screen(lecture, Words))


@pytest.mark.parametrize(
    ("knobs", "where", "allowed"),
    [
        ({"optimizer": "adam", "optimizers": RACE}, "--optimizers", "no --optimizer beside it"),
        ({"optimizer": "sgd", "learning_rate": 0.9}, "--learning-rate", "below 0.8055"),
        ({"optimizer": "rmsprop", "learning_rate": 1.0}, "--learning-rate", "first step of RMSprop stays"),
        ({"optimizers": RACE, "learning_rate": 1e300}, "--learning-rate", "stays on the surface"),
    ],
)
def test_what_cannot_be_taught_is_refused(knobs, where, allowed):
    with pytest.raises(SettingError) as caught:
        LossSurface.prepare(LossSurfaceSettings(**knobs))
    assert caught.value.where == where
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(("knob", "value"), [("optimizer", "adm"), ("optimizers", ("sgd", "adm"))])
def test_a_name_that_torch_has_not_is_refused_with_those_it_has(knob, value):
    with pytest.raises(SettingError, match=r"sgd, momentum, .*adamw.*did you mean adam\?"):
        LossSurfaceSettings(**{knob: value})


def test_the_live_figure_makes_gradient_descent_alone():
    for knobs, has_one in (({}, True), ({"optimizer": "sgd"}, True), ({"optimizers": RACE}, False)):
        story = told(LossSurface, LossSurfaceSettings(n_steps=30, **knobs))
        assert (live_entry(LossSurface, story) is not None) == has_one


@seen(LossSurface, "surface", "landmarks", "descent")
def test_level_lines_have_their_numbers(lecture):
    shown = set(lecture.get_mobject_family_members())
    texts = [each.text for each in lecture.ruler.heights if set(each.ink()) <= shown and each.ink()]
    assert texts == ["1", "2", "3"]


def test_a_curve_that_flies_from_the_bowl_crosses_no_number(rehearse):
    crossed, flights = set(), []

    def look(lecture):
        if list(lecture.beat_starts)[-1] != "cuts":
            return
        for cut in (m for m in lecture.get_mobject_family_members() if isinstance(m, Cut)):
            if 0.05 < cut.flown < 1:
                flights.append(cut.flown)
                shown = [m for m in lecture.get_mobject_family_members() if isinstance(m, Digits)]
                x, y = sheet.pixels(cut.curve.points).T
                for box, text in ((each.box(), each.text) for each in shown):
                    if ((box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)).any():
                        crossed.add(text)

    settings = LossSurfaceSettings(n_steps=10)
    rehearse(LossSurface, settings=settings, every_frame=look, of=("cuts",), frame_rate=10)
    assert len(flights) > 20
    assert crossed == set()


MOVES, AT_REST = 2.5, 0.3  # how many times as much as in its neighbours may change in a frame, and more


@pytest.mark.slow
def test_there_is_no_cut_in_the_picture(rehearse):
    """A frame that differs from both its neighbours' changes by far is a jump: nothing moved there."""
    frames, changes = [], []

    def look(scene):
        frame = picture_of(scene)[:, :STAGE_ENDS, :3].astype(np.int16)
        if frames:
            changes.append(np.abs(frame - frames.pop()).max(axis=2).mean())
        frames.append(frame)

    rehearse(LossSurface, every_frame=look, frame_rate=10)
    before, here, after = changes[:-2], changes[1:-1], changes[2:]
    jumps = [
        each
        for each in zip(before, here, after, strict=True)
        if each[1] > MOVES * max(each[0], each[2]) + AT_REST
    ]
    assert jumps == []


def test_what_is_cut_goes_slowly_with_its_name_and_formula_and_names_are_there_as_the_camera_turns(rehearse):
    beyond, named, turned = [], [], []

    def look(lecture):
        if list(lecture.beat_starts)[-1] != "surface":
            return
        shown = lecture.get_mobject_family_members()
        if 0 < lecture.lattice.beyond < 1:
            beyond.append(lecture.lattice.beyond)
            named.append(any(isinstance(m, Words) and m.source.endswith("$>$") for m in shown))
        if 0 < lecture.stage.flatten < 1:
            names = [glyph for name in lecture.ruler.names for glyph in name.ink()]
            are_seen = set(names) <= set(shown) and all(each.get_fill_opacity() == 1 for each in names)
            turned.append(lecture.formula in lecture.mobjects and are_seen)

    settings = LossSurfaceSettings(n_steps=10)
    rehearse(LossSurface, settings=settings, every_frame=look, of=("surface",), frame_rate=10)
    assert len(beyond) > 12
    assert np.all(np.diff(beyond) < 0)
    assert all(named)
    assert len(turned) > 20
    assert all(turned)


def test_the_camera_is_round_the_stage_before_it_is_over_it_and_the_map_turns_one_way(rehearse):
    azimuths, tilts, leans = [], [], []

    def look(lecture):
        if list(lecture.beat_starts)[-1] != "top":
            return
        stage, camera, problem = lecture.stage, lecture.camera, lecture.story.problem
        azimuths.append(camera.get_theta())
        tilts.append(camera.get_phi())
        valley = problem.minimizer + np.outer([0.0, 0.1], problem.eigenvectors[:, 0])
        (x, y) = np.diff(stage.on_page(*valley.T), axis=0)[0]
        leans.append(np.arctan2(y, x))

    settings = LossSurfaceSettings(n_steps=10)
    rehearse(LossSurface, settings=settings, every_frame=look, of=("top",), frame_rate=10)
    lean = np.degrees(np.unwrap(leans))
    assert abs(lean[-1] - lean[0]) > 90
    back = np.diff(lean) * np.sign(lean[0] - lean[-1])
    assert back.clip(min=0).sum() < 10
    is_round = np.isclose(azimuths, TOP_THETA, atol=1e-3)
    assert tilts[is_round.argmax()] > 0.2 * tilts[0]


def test_ticks_go_along_with_the_map_while_the_camera_comes_nearer(rehearse):
    """Their numbers stand under the places that they name, on the page, and the same ones to the end."""
    named = {}

    def look(lecture):
        zoom = lecture.camera.get_zoom()
        if list(lecture.beat_starts)[-1] != "arrows" or zoom < 1.01 * TOP_ZOOM:
            return
        stage, (axes,) = lecture.stage, on_screen(lecture, Plot)
        across = [each.box().center[0] for each in axes.labels[: len(axes.x.ticks)]]
        seen = stage.on_page(np.array(axes.x.ticks), np.full(len(axes.x.ticks), stage.middle[1]))[:, 0]
        np.testing.assert_allclose(across, seen, atol=2)
        named[zoom] = axes.x.ticks, axes.y.ticks

    settings = LossSurfaceSettings(n_steps=10)
    rehearse(LossSurface, settings=settings, every_frame=look, of=("arrows",), frame_rate=10)
    assert len(named) > 15
    assert len(set(named.values())) == 1
