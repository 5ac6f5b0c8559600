"""Where a descent is looked at from: the ball goes down on the page as long as the loss falls."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from data import OWN, slow_but
from manim import config

import gdmath
from gdscenes.kit.lecture.clock import Clock, running
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axis import axis_units
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.look import BALL
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.stage.stage import Stage, cut_above
from gdscenes.kit.stage.views import View, across_valley, clearest_view
from gdscenes.kit.type.digits import text_width
from gdscenes.kit.type.typeset import source_width
from gdscenes.loss_surface import SINGLE_STEPS, TIME_LAPSE_SECONDS, LossSurface, LossSurfaceSettings

QUICK = ("chapter-0", "fake-data-1000", "own bmi", "own falling", "own outlier")
PRESETS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]
RATES = {"too fast": 0.8, "slow": 1e-3}
FRAME_RATE = 15
PIXEL = 0.05
AXIS = np.linspace(-1.0, 1.0, 41)
ALONG = np.linspace(-0.7, 0.7, 30)


def stage_of(name: str) -> tuple[Stage, gdmath.LeastSquares, gdmath.Trajectory]:
    """The stage of LossSurface on a preset, a table of a user's, or the textbook's data at another rate."""
    settings = LossSurfaceSettings(dataset="chapter-0", learning_rate=RATES.get(name))
    if name not in RATES:
        data = OWN[name.removeprefix("own ")].dataset() if name.startswith("own ") else name
        settings = LossSurfaceSettings(dataset=data)
    story = LossSurface.prepare(settings)
    problem, window = story.problem, story.window
    units = axis_units(*zip(window.low, window.high, strict=True))
    grid = gdmath.loss_grid(problem, window)
    cut = cut_above(story.start_loss)
    stage = Stage(
        grid, DARK, StageCamera(), cut=cut, loss=problem.loss, minimum=problem.minimizer, units=units
    )
    stage.add_path(story.run, "descent")
    look_at(stage, across_valley(stage, problem, story.run))
    return stage, problem, story.run


def look_at(stage: Stage, view: View) -> None:
    """Have the stage and its camera take a view."""
    stage.view = view
    stage.camera.set_phi(view.phi)
    stage.camera.set_theta(view.theta)
    stage.camera.set_zoom(view.zoom)
    stage.camera.set_place(*view.place)


@pytest.fixture(params=slow_but([*PRESETS, *(f"own {name}" for name in OWN), *RATES], *QUICK, *RATES))
def seen(request):
    return stage_of(request.param)


def turns(stage: Stage) -> np.ndarray:
    return np.linspace(stage.view.theta, stage.view.end_theta, 7)


def heights(stage: Stage, parameters: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """How low each place is on the page, pixels from its top."""
    return stage.on_page(*parameters.T, losses)[:, 1]


def test_at_every_turn_of_the_camera_each_row_is_lower_on_the_page_than_the_last(seen):
    stage, _, run = seen
    falls = np.diff(run.losses) < 0
    for theta in turns(stage):
        stage.camera.set_theta(theta)
        down = np.diff(heights(stage, run.parameters, run.losses))
        assert (down[falls] > -PIXEL).all()


def test_in_no_frame_of_the_time_lapse_the_ball_climbs(seen, monkeypatch):
    """Clock and camera as in the film: rows and azimuths of each frame."""
    stage, _, run = seen
    monkeypatch.setitem(config, "frame_rate", FRAME_RATE)
    clock = Clock(stage, row=min(SINGLE_STEPS, run.n_steps))
    lapse = running(clock, to=run.n_steps, seconds=TIME_LAPSE_SECONDS, pace="by change")
    swing = StageLecture.swinging(SimpleNamespace(camera=stage.camera), stage)
    places, last = [], round(TIME_LAPSE_SECONDS * FRAME_RATE)
    for frame in range(last + 1):
        swing.interpolate(frame / last)
        lapse.interpolate_mobject(frame / last)
        places.append(stage.on_page(*stage.position(stage.paths[0]))[1])
    assert stage.camera.get_theta() == pytest.approx(stage.view.end_theta)
    assert np.diff(places).min() > -0.5


def test_the_minimum_is_the_lowest_of_path_and_rim_and_of_the_surface_but_for_a_ball(seen):
    stage, problem, run = seen
    least, pixels = problem.minimizer[None], 135.0 * stage.view.zoom
    angles = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ np.linalg.inv(
        np.linalg.cholesky(problem.hessian)
    )
    for theta in turns(stage):
        stage.camera.set_theta(theta)
        (lowest,) = heights(stage, least, np.array([problem.minimum]))
        assert (heights(stage, run.parameters, run.losses) < lowest + PIXEL).all()
        for level in np.linspace(problem.minimum, stage.cut, 12):
            line = least + np.sqrt(2 * (level - problem.minimum)) * circle
            beneath = heights(stage, line, np.full(len(line), level)) - lowest
            assert beneath.max() < (PIXEL if level == stage.cut else 1.2 * BALL * pixels)


def test_the_scale_reads_the_loss_of_the_minimum_level_with_it_wherever_the_camera_turns(seen):
    stage, problem, _ = seen
    ruler = StageRuler(stage, "loss")
    for theta in turns(stage):
        stage.camera.set_theta(theta)
        (lowest,) = heights(stage, problem.minimizer[None], np.array([problem.minimum]))
        assert ruler.place_of("loss", problem.minimum)[1] == pytest.approx(lowest, abs=PIXEL)


def off_axes(theta: float) -> float:
    """Degrees from an azimuth to the nearest of the axes of the parameters."""
    return abs((np.degrees(theta) + 45) % 90 - 45)


def test_the_camera_turns_one_way_by_twenty_degrees_or_as_far_as_both_cuts_are_seen_unless_steps_leap(seen):
    stage, problem, run = seen
    view = stage.view
    turn = np.degrees(abs(view.end_theta - view.theta))
    if run.learning_rate * problem.eigenvalues[1] > 1:
        assert turn == 0
    elif off_axes(view.end_theta) >= 15:
        assert 20 <= turn <= 25 or off_axes(view.theta) == pytest.approx(15)
        assert off_axes(view.theta) >= 14.9


def test_the_valley_lies_across_the_page_at_last(seen):
    stage, problem, run = seen
    if run.learning_rate * problem.eigenvalues[1] > 1:
        return
    stage.camera.set_theta(stage.view.end_theta)
    along = stage.units_per_step * problem.eigenvectors[:, 0]
    right = stage.to_the_right()[:2]
    assert abs(along @ right) == pytest.approx(np.linalg.norm(along))


def box_of(stage: Stage, rim: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of plate, rim (n, 3) and axis of the loss, wherever the camera turns."""
    hx, hy = stage.half
    corners = np.array([(x, y, stage.lowest) for x in (-hx, hx) for y in (-hy, hy)])
    seen = []
    for theta in np.linspace(stage.view.theta, stage.view.end_theta, 5):
        stage.camera.set_theta(theta)
        top = [*stage.view.loss_axis_at(stage, stage.camera), stage.highest]
        seen.append(stage.seen(np.vstack([corners, rim, top])))
    return (*np.min(seen, axis=(0, 1)), *np.max(seen, axis=(0, 1)))


def test_all_of_it_stands_between_what_is_written_above_and_below(seen):
    stage, problem, _ = seen
    angles = np.linspace(0, 2 * np.pi, 721)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    size = np.sqrt(2 * (stage.cut - problem.minimum))
    line = problem.minimizer + size * circle @ np.linalg.inv(np.linalg.cholesky(problem.hessian))
    rim = line[stage.field.window.contains(line)]
    left, top, right, bottom = box_of(stage, stage.over(*rim.T, stage.cut))
    assert (top, bottom) == pytest.approx((130, 980), abs=0.2)
    assert 120 < left < right < 1175


def test_numbers_stand_on_the_sides_that_are_near(seen):
    stage, _, _ = seen
    b_side, w_side = stage.view.near
    stage.camera.set_theta((stage.view.theta + stage.view.end_theta) / 2)
    hx, hy = stage.half
    sides = [(sign * hx, 0.0, stage.lowest) for sign in (b_side, -b_side)]
    sides += [(0.0, sign * hy, stage.lowest) for sign in (w_side, -w_side)]
    near_b, far_b, near_w, far_w = stage.seen(np.array(sides))[:, 1]
    assert near_b > far_b
    assert near_w > far_w
    assert (abs(b_side), abs(w_side)) == (1, 1)
    corners = np.array([(x * hx, y * hy, stage.lowest) for x in (-1, 1) for y in (-1, 1)])
    left = np.array([*(stage.view.left * stage.half), stage.lowest])
    assert stage.seen(left)[0] == pytest.approx(stage.seen(corners)[:, 0].min())


@pytest.mark.parametrize("cut", [10.0, 0.0125])
def test_a_long_name_and_wide_numbers_leave_a_smaller_stage_between_them(cut):
    """From 20 pixels beside the widest number of the loss; 40 pixels of a name have room as it is."""
    name = "a parameter of a long name"
    grid = gdmath.LossGrid(AXIS, AXIS / 5, np.full((41, 41), cut / 10))
    stage = Stage(grid, DARK, StageCamera(), cut=cut, names=("b", name))
    path = SimpleNamespace(parameters=np.array([[-0.8, 0.0], [0.8, 0.0]]), losses=np.full(2, cut / 10))
    look_at(stage, clearest_view(stage, stage.add_path(path)))
    left, top, right, bottom = box_of(stage, np.empty((0, 3)))
    widest = max(text_width(stage.loss_axis.label(tick)) for tick in stage.loss_axis.ticks) * sheet.SMALL
    assert left == pytest.approx(sheet.SAFE.left + widest + 20)
    assert right == pytest.approx(1175 - (source_width(name) * sheet.MEDIUM - 40))
    assert (top + bottom) / 2 == pytest.approx((130 + 980) / 2)


Losses = Callable[[np.ndarray, np.ndarray], np.ndarray]


def plain(b: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.ones_like(b + w)


def clearest(places: np.ndarray, losses: Losses = plain, at: float = 1.0) -> View:
    """The view of a path at one loss over a surface that is cut at 10."""
    b, w = np.meshgrid(AXIS, AXIS)
    grid = gdmath.LossGrid(AXIS, AXIS, losses(b, w))
    stage = Stage(grid, DARK, StageCamera(), cut=10.0)
    path = SimpleNamespace(parameters=np.array(places), losses=np.full(len(places), at))
    return clearest_view(stage, stage.add_path(path))


def towards_the_eye(view: View) -> np.ndarray:
    middle = (view.theta + view.end_theta) / 2
    return np.array([np.cos(middle), np.sin(middle)])


@pytest.mark.parametrize("loss", [1.0, 20.0], ids=["below the cut", "above it"])
@pytest.mark.parametrize("angle", [0.0, 33.0, 110.0, 251.0])
def test_a_straight_path_is_seen_from_its_side_and_comes_no_farther_away(angle, loss):
    way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    view = clearest(ALONG[:, None] * way, at=loss)
    assert -1e-9 <= way @ towards_the_eye(view) <= np.sin(np.radians(7.5))
    assert np.degrees(view.end_theta - view.theta) == pytest.approx(22.0)


@pytest.mark.parametrize("angle", [0.0, 100.0, 200.0, 290.0])
def test_a_path_that_is_as_wide_from_everywhere_ends_before_its_start(angle):
    round_it = np.radians(angle + np.arange(0.0, 361.0, 5.0))
    circle = 0.8 * np.stack([np.cos(round_it), np.sin(round_it)], axis=1)
    view = clearest([*circle, [0.0, 0.0]])
    assert -circle[0] @ towards_the_eye(view) > -0.01


@pytest.mark.parametrize("side", [(1, 0), (0, 1), (-1, 0), (0, -1)])
def test_what_hides_a_path_is_looked_at_from_the_other_side(side):
    side = np.array(side, dtype=float)
    path = 0.3 * side + ALONG[:, None] * side[::-1]
    view = clearest(path, lambda b, w: np.where(np.abs(b * side[0] + w * side[1] - 0.6) < 0.1, 4.0, 1.0))
    assert side @ towards_the_eye(view) < -0.9


def test_a_hill_that_hides_a_part_is_better_than_a_wall_that_hides_all():
    def losses(b: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.where((np.abs(w - 0.5) < 0.06) | ((np.abs(w + 0.6) < 0.3) & (np.abs(b) < 0.1)), 6.0, 1.0)

    view = clearest(np.stack([ALONG, 0.0 * ALONG], axis=1), losses)
    assert towards_the_eye(view)[1] < -0.9


def test_where_a_surface_ends_it_hides_nothing():
    """It rises at its edge, and what would go on from there lies in the way; on the other side is a hill."""

    def losses(b: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.where(w == 1.0, 2.0, np.where((np.abs(w + 0.4) < 0.2) & (np.abs(b) < 0.2), 6.0, 1.0))

    view = clearest(np.stack([ALONG, 0.0 * ALONG + 0.3], axis=1), losses)
    assert towards_the_eye(view)[1] > 0.9


@pytest.mark.parametrize("angle", np.arange(15.0, 360.0, 45.0))
def test_from_whichever_side_descent_comes_the_turn_keeps_it_going_down(angle):
    dataset = gdmath.preset("chapter-0")
    problem = dataset.problem()
    start = problem.minimizer + 1.5 * gdmath.direction(angle)
    run = gdmath.descend(problem, start, 0.3 / problem.eigenvalues.max(), 200)
    grid = gdmath.loss_grid(problem, gdmath.window_around(problem, run), (21, 21))
    stage = Stage(grid, DARK, StageCamera(), cut=cut_above(run.losses[0]), loss=problem.loss)
    look_at(stage, across_valley(stage, problem, run))
    assert abs(stage.view.end_theta - stage.view.theta) > 0.1
    for theta in turns(stage):
        stage.camera.set_theta(theta)
        assert np.diff(heights(stage, run.parameters, run.losses)).min() > -PIXEL


def test_between_short_names_and_numbers_it_stands_in_the_middle():
    grid = gdmath.LossGrid(AXIS, AXIS / 5, np.ones((41, 41)))
    stage = Stage(grid, DARK, StageCamera(), cut=5.0, names=("b", "w"))
    path = SimpleNamespace(parameters=np.array([[-0.8, 0.0], [0.8, 0.0]]), losses=np.ones(2))
    look_at(stage, clearest_view(stage, stage.add_path(path)))
    left, top, right, bottom = box_of(stage, np.empty((0, 3)))
    assert (left + right) / 2 == pytest.approx((120 + 1175) / 2, abs=0.01)
    assert (top, bottom) == pytest.approx((130, 980), abs=0.01)
