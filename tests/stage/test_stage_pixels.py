"""What the stage draws stands where the numbers say: read back from its pixels."""

from itertools import pairwise

import numpy as np
import pytest
from data import slow_but
from manim import Square

from gdmath import BIAS, WEIGHT
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK, THEMES, rgb
from gdscenes.kit.plot.contours import RAMPS, loss_color
from gdscenes.kit.stage.drawing import drawing
from gdscenes.kit.stage.look import BALL, LOOKS
from gdscenes.kit.stage.ways import cut_curve

PIXEL = 2.0  # of the page, in a frame of half its size


def centroid(before, after):
    """Middle (2,) of what changed between two frames, pixels of the page, each pixel by how much it did."""
    change = np.abs(after.astype(float) - before).sum(axis=2)
    y, x = np.mgrid[: change.shape[0], : change.shape[1]] + 0.5
    return np.array([(x * change).sum(), (y * change).sum()]) / change.sum() * PIXEL


def drawn_ball(scenery):
    """Where the ball of the path is drawn: nothing else is there."""
    scenery.bare()
    scenery.stage.surface = 0.0
    without = scenery.frame()
    path = scenery.path
    path.opacity, path.tube, path.beads, path.start, path.floor, path.drop, path.hidden = 1, 0, 0, 0, 0, 0, 0
    return centroid(without, scenery.frame())


def ball_over(scenery, row):
    """Where Manim's own camera sees the middle of a ball that stands on a row, from the row alone."""
    b, w = scenery.run.parameters[row]
    per_loss = 2.8 / 5.0
    slope = per_loss * scenery.problem.gradient([b, w])
    upright = np.array([-slope[0], -slope[1], 1.0])
    foot = np.array([b - 1.0, w - 2.0, per_loss * scenery.run.losses[row]])
    return scenery.manims_pixels(foot + BALL * upright / np.linalg.norm(upright))[0]


@pytest.mark.parametrize("row", [0, 1, 2, 7, 100])
def test_the_ball_stands_on_its_row(scenery, row):
    scenery.path.row = row
    drawn, told = drawn_ball(scenery), ball_over(scenery, row)
    assert np.hypot(*(drawn - told)) < 0.5 * PIXEL


@pytest.mark.parametrize("seed", range(8))
def test_the_projection_is_manims(scenery, seed):
    """At any camera, turned about its own axis too, to half a pixel of the frame."""
    random = np.random.default_rng(seed)
    scenery.look(*random.uniform((0, -180, 15, 0.5), (88, 180, 60, 0.9)))
    scenery.camera.set_gamma(random.uniform(-0.3, 0.3))
    scenery.stage.box = sheet.Box(0, 0, sheet.WIDTH, sheet.HEIGHT)
    scenery.camera.set_place(960, 540)
    scenery.path.row = 30
    drawn, told = drawn_ball(scenery), ball_over(scenery, 30)
    assert np.hypot(*(drawn - told)) < 0.5 * PIXEL


def test_a_row_on_the_way_lies_on_the_surface(scenery):
    scenery.path.row = 1.5
    b, w, loss = scenery.stage.position(scenery.path)
    np.testing.assert_allclose([b, w], scenery.run.parameters[1:3].mean(axis=0))
    assert loss == scenery.problem.loss([b, w])


def is_hidden(scenery, point):
    """Whether the surface lies between a point of the scene and the eye: by marching along the way."""
    camera = scenery.camera
    rotation = camera.generate_rotation_matrix()
    eye = rotation.T @ [0, 0, camera.get_focal_distance()]
    share = np.linspace(0.002, 0.5, 6000)[:, None]
    way = point + share * (eye - point)
    parameters = way[:, :2] + [1.0, 2.0]
    loss = scenery.problem.loss(parameters)
    there = (np.abs(way[:, :2]) <= 3).all(axis=1) & (loss <= 5)
    above = way[:, 2] - 2.8 / 5 * loss
    crossing = (np.sign(above[1:]) != np.sign(above[:-1])) & there[1:] & there[:-1]
    return bool(crossing.any()), float(np.abs(above[there]).min(initial=1.0))


@pytest.mark.parametrize("seed", range(10))
def test_what_is_behind_the_surface_is_dimmed_and_what_is_before_it_is_not(scenery, seed):
    random = np.random.default_rng(seed)
    scenery.bare()
    scenery.look(random.uniform(55, 80), random.uniform(-180, 180))
    found = 0
    for _ in range(8):
        b, w = random.uniform((-1.5, -0.5), (3.5, 4.5))
        loss = float(scenery.problem.loss([b, w]))
        if not 0.1 < loss < 4.5:
            continue
        point = scenery.stage.add_point(b, w, "#FFD166", drop=0.0, floor=0.0)
        slope = 2.8 / 5 * scenery.problem.gradient([b, w])
        upright = np.array([-slope[0], -slope[1], 1.0]) / np.linalg.norm([*slope, 1.0])
        center = np.array([b - 1, w - 2, 2.8 / 5 * loss]) + point.size * upright
        ring = [center + 0.9 * point.size * across for across in across_view(scenery)]
        hidden = [is_hidden(scenery, place)[0] for place in [center, *ring]]
        frame = scenery.frame()
        scenery.stage.marked.clear()
        if len(set(hidden)) == 2:  # half hidden
            continue
        seen = scenery.color_at(frame, scenery.manims_pixels(center)[0])
        is_yellow = seen[0] > 180 and seen[1] > 130 and seen[2] < 160
        assert is_yellow != hidden[0], (b, w, hidden, seen)
        found += 1
    assert found


def across_view(scenery):
    right, up, _ = scenery.camera.generate_rotation_matrix()
    return [right, -right, up, -up]


def test_some_of_these_are_hidden_and_some_are_not(scenery):
    """Else the test above would show nothing: the cameras of the style frames."""
    scenery.look(66, -14)
    b, w = scenery.run.parameters[100]
    low = np.array([b - 1, w - 2, 2.8 / 5 * scenery.run.losses[100] + 0.1])
    assert is_hidden(scenery, low)[0]
    scenery.look(62, -56)
    assert not is_hidden(scenery, low)[0]


def test_a_hidden_path_is_dashed_and_its_ball_a_ring(scenery):
    scenery.look(66, -14)
    scenery.path.row = 100
    scenery.stage.lines = 0.0
    with_path = scenery.frame()
    scenery.path.hidden = 0.0
    without = scenery.frame()
    center = ball_over(scenery, 100)
    np.testing.assert_array_equal(scenery.color_at(with_path, center), scenery.color_at(without, center))
    radius = BALL * 0.86 * sheet.PIXELS_PER_UNIT
    edges = [center + radius * np.array([np.cos(a), np.sin(a)]) for a in np.linspace(0.3, 6, 9)]
    assert all(
        np.abs(scenery.color_at(with_path, edge) - scenery.color_at(without, edge)).max() > 20
        for edge in edges
    )
    way = scenery.run.parameters[3:60]
    on_page = scenery.stage.on_page(way[:, 0], way[:, 1], scenery.run.losses[3:60])
    change = [
        np.abs(scenery.color_at(with_path, p) - scenery.color_at(without, p)).max() > 20 for p in on_page
    ]
    assert 0.2 < np.mean(change) < 0.9  # dashes and gaps


def test_drawn_twice_it_is_the_same(scenery):
    first = scenery.frame()
    scenery.look(70, 10)
    scenery.frame()
    scenery.look(62, -56)
    assert first.any()
    np.testing.assert_array_equal(scenery.frame(), first)


@pytest.mark.parametrize("themed", slow_but(THEMES, "dark"), indirect=True)
def test_a_frame_that_follows_another_is_as_drawn_anew(themed):
    """Where only a box is drawn, and where nothing but what is common to all has changed."""
    stage, path = themed.stage, themed.path
    point = stage.add_point(2.0, 1.0, "#FFD166")
    changes = [
        *((path, {"row": row}) for row in (0.0, 0.4, 1.0, 7.3, 29.0, 100.0, 31.5, 2.0)),
        (path, {"ball": 0.5}),
        (path, {"tube": 0.0, "drop": 0.3}),
        (point, {"opacity": 0.4}),
        (stage.cuts[0], {"plane": 0.7, "curve": 1.0, "floor": 1.0}),
        (stage.cuts[1], {"curve": 0.5, "drawn": 0.6, "at": 1.5}),
        (stage, {"minimum": 0.3, "floor_minimum": 0.6}),
        (stage, {"surface": 0.6}),
        (stage, {"surface": 1.0, "dimmed": 0.3}),
        (stage, {"rise": 0.8}),
        (stage, {"axes": 0.0}),
    ]
    for of, values in changes:
        for name, value in values.items():
            setattr(of, name, value)
        follows = drawing().draw(stage, themed.camera).pixels.copy()
        drawing().forget()
        anew = drawing().draw(stage, themed.camera).pixels
        np.testing.assert_array_equal(follows, anew, err_msg=str(values))
        on_canvas = themed.frame()
        themed.camera.background_color = themed.camera.background_color
        np.testing.assert_array_equal(on_canvas, themed.frame(), err_msg=str(values))


def test_of_a_step_only_what_is_round_it_is_drawn(scenery, monkeypatch):
    """Else the test above would show nothing."""
    drawn = []
    scenery.frame()
    draw_in = drawing()._draw_in
    monkeypatch.setattr(
        drawing(), "_draw_in", lambda stale, *rest: drawn.append(stale) or draw_in(stale, *rest)
    )
    scenery.path.row += 0.5
    scenery.frame()
    (stale,) = drawn
    assert 0 < stale.width * stale.height < 0.05 * (sheet.WIDTH / PIXEL) * (sheet.HEIGHT / PIXEL)


def test_another_stage_of_the_same_numbers_is_the_same(scenery, make):
    np.testing.assert_array_equal(scenery.frame(), make().frame())


def test_a_finer_grid_is_the_same_picture(scenery, make):
    difference = np.abs(scenery.frame().astype(int) - make(n=201).frame())
    assert (difference > 2).mean() < 1e-3


def test_the_flattened_stage_is_a_plot_in_equal_aspect(scenery):
    """Every place is linear in (b, w), to half a pixel of the page, and one step of b is one of w."""
    scenery.look_from_above()
    stage = scenery.stage
    b, w = np.random.default_rng(5).uniform((-2, -1), (4, 5), (40, 2)).T
    places = stage.on_page(b, w, scenery.problem.loss(np.stack([b, w], axis=1)))
    corner, one_b, one_w = stage.on_page([-2, -1, -2], [-1, -1, 0], [0, 0, 0])
    across, up = one_b - corner, one_w - corner
    told = corner + (b[:, None] + 2) * across + (w[:, None] + 1) * up
    assert np.abs(places - told).max() < 0.5
    np.testing.assert_allclose(across[0], -up[1], rtol=1e-4)
    np.testing.assert_allclose([across[1], up[0]], 0, atol=1e-2)


def test_its_pixels_are_that_plot(scenery):
    scenery.look_from_above()
    scenery.path.row = 2
    told = scenery.stage.on_page(*scenery.run.parameters[2], scenery.run.losses[2])
    assert np.hypot(*(drawn_ball(scenery) - told)) < 0.5 * PIXEL


@pytest.mark.parametrize("w", [-0.5, 2.0, 4.3])
def test_the_surface_ends_exactly_at_its_cut(scenery, w):
    """Along a row of pixels the sheet covers what lies between the two exact roots of loss = cut."""
    scenery.look_from_above()
    scenery.bare()
    without = None
    shares = []
    for opacity in (0.0, 1.0):
        scenery.stage.surface = opacity
        frame = scenery.frame().astype(float)
        _, y = scenery.stage.on_page(0.0, w, 0.0)
        row = frame[int(y / PIXEL)]
        without = row if opacity == 0 else without
        shares.append(row)
    covered = np.flatnonzero(np.abs(shares[1] - shares[0]).max(axis=1) > 20)
    exact_w = w_of_row(scenery, int(y / PIXEL))
    roots = roots_of(scenery.problem, exact_w)
    left, right = scenery.stage.on_page(np.clip(roots, -2, 4), exact_w, 0.0)[:, 0] / PIXEL
    assert abs(covered[0] - left) < 1.6
    assert abs(covered[-1] + 1 - right) < 1.6


def w_of_row(scenery, row):
    """The value of w in the middle of a row of pixels of the contour plot."""
    (_, low), (_, high) = scenery.stage.on_page([0, 0], [0, 1], [0, 0])
    return float(((row + 0.5) * PIXEL - low) / (high - low))


def roots_of(problem, w):
    """The two b at which the loss is 5 for a w, by the quadratic's own formula."""
    at = [float(problem.loss([b, w])) for b in (-1.0, 0.0, 1.0)]
    a, slope, c = (at[0] + at[2]) / 2 - at[1], (at[2] - at[0]) / 2, at[1] - 5.0
    half = np.sqrt(slope**2 - 4 * a * c) / (2 * a)
    return np.array([-slope / (2 * a) - half, -slope / (2 * a) + half])


@pytest.mark.parametrize("fixed", [BIAS, WEIGHT])
def test_a_cut_curve_has_the_exact_loss_at_the_exact_cut(scenery, fixed):
    cut = scenery.stage.cuts[fixed]
    cut.at = 0.4967141 if fixed == BIAS else -0.1382643  # on no node
    runs = cut_curve(cut)
    for way, losses in runs:
        assert (way[:, fixed] == cut.at).all()
        np.testing.assert_allclose(losses, scenery.problem.loss(way), rtol=1e-12, atol=1e-12)
    ends = np.concatenate([losses[[0, -1]] for _, losses in runs])
    window_ends = np.concatenate([way[[0, -1], 1 - fixed] for way, _ in runs])
    low, high = ((-2, 4), (-1, 5))[1 - fixed]
    at_edge = np.isclose(window_ends, low) | np.isclose(window_ends, high)
    np.testing.assert_allclose(ends[~at_edge], 5.0, rtol=1e-11)


def test_a_cut_curve_is_drawn_where_it_is(scenery):
    cut = scenery.stage.cuts[BIAS]
    cut.at, cut.curve = float(scenery.run.parameters[0, BIAS]), 1.0
    scenery.path.opacity = 0.0
    frame = scenery.frame()
    way, losses = cut_curve(cut)[0]
    blue = np.array(rgb(scenery.theme.weight)) * 255
    for k in (20, 60, 100, 140):
        lifted = scenery.stage.over(*way[k], losses[k]) + lift(scenery, way[k], 0.03)
        seen = scenery.color_at(frame, scenery.stage.seen(lifted))
        assert np.abs(seen - blue).max() < 60, k


def lift(scenery, parameters, by):
    slope = 2.8 / 5 * scenery.problem.gradient(parameters)
    upright = np.array([-slope[0], -slope[1], 1.0])
    return by * upright / np.linalg.norm(upright)


def test_the_contour_plot_has_the_colours_of_the_theme(themed):
    """In the middle of each band the colour is that of the kit's contour plot; beyond the cut the plate's."""
    themed.look_from_above()
    themed.bare()
    themed.stage.floor = 1.0
    frame = themed.frame()
    levels = [themed.problem.minimum, *themed.stage.levels, 5.0]
    direction = np.array([1.0, 0.35])
    for low, high in pairwise(levels[2:]):
        middle = (low + high) / 2
        place = themed.problem.minimizer - direction * distance(themed.problem, direction, middle)
        seen = themed.color_at(frame, themed.stage.on_page(*place, middle))
        ramp = ("#FFFFFF", "#FFFFFF") if themed.theme.name == "print" else RAMPS[themed.theme.name]
        told = 255 * np.array(rgb(loss_color(ramp, middle / 5)))
        assert np.abs(seen - told).max() <= 2, (low, high)
    beyond = themed.color_at(frame, themed.stage.on_page(3.8, 4.8, 0.0))
    assert np.abs(beyond - 255 * np.array(rgb(LOOKS[themed.theme.name].plate))).max() <= 2


def test_the_plate_has_the_ramp_of_the_theme(themed):
    themed.bare()
    themed.stage.floor, themed.stage.surface = 1.0, 0.0
    frame = themed.frame()
    look = LOOKS[themed.theme.name]
    ramp = ("#FFFFFF", "#FFFFFF") if themed.theme.name == "print" else RAMPS[themed.theme.name]
    for b, w in ((0.0, 0.0), (1.0, 2.0), (1.5, 3.0), (2.4, 1.0)):
        share = float(themed.problem.loss([b, w])) / 5
        over, under = (np.array(rgb(color)) for color in (loss_color(ramp, share), look.plate))
        told = 255 * (look.plate_fill * over + (1 - look.plate_fill) * under)
        seen = themed.color_at(frame, themed.stage.on_page(b, w))
        assert np.abs(seen - told).max() <= 1.2, (b, w)


def distance(problem, direction, level):
    """How far from the minimum, in a direction, the loss is a level."""
    bend = 0.5 * direction @ problem.hessian @ direction
    return np.sqrt((level - problem.minimum) / bend)


def test_the_ball_and_the_tube_have_the_colours_of_the_theme(themed):
    themed.look_from_above()
    frame = themed.frame()
    seen = themed.color_at(frame, themed.stage.on_page(*themed.run.parameters[30], themed.run.losses[30]))
    assert np.abs(seen - 255 * np.array(rgb(themed.theme.model))).max() <= 2
    between = themed.run.parameters[:2].mean(axis=0)
    seen = themed.color_at(frame, themed.stage.on_page(*between, float(themed.problem.loss(between))))
    assert np.abs(seen - 255 * np.array(rgb(themed.theme.path))).max() <= 2


def test_a_level_line_is_drawn_at_its_level(scenery):
    """In the contour plot the line of a level covers the pixels round that level's exact place."""
    scenery.look_from_above()
    scenery.path.opacity = 0.0
    with_lines = scenery.frame().astype(int)
    scenery.stage.lines = 0.0
    change = np.abs(with_lines - scenery.frame()).max(axis=2)
    direction = np.array([1.0, 0.35])
    for level in scenery.stage.levels[2:]:  # the lowest lie too close together for a window of 17 pixels
        place = scenery.problem.minimizer - direction * distance(scenery.problem, direction, level)
        x, y = scenery.stage.on_page(*place, level) / PIXEL
        row = change[int(y), int(x) - 8 : int(x) + 9].astype(float)
        middle = (row * np.arange(-8, 9)).sum() / row.sum()
        assert abs(middle) < 1.2, level


def test_frames_keep_nothing_behind(scenery):
    """A cut that moves makes new shapes in each frame; none of them stays."""
    scenery.stage.cuts[0].curve = scenery.stage.cuts[0].plane = 1.0
    scenery.frame()
    kept = len(drawing().kept)
    for k in range(10):
        scenery.stage.cuts[0].at = 0.1 * k
        scenery.frame()
    assert len(drawing().kept) <= kept + 1


@pytest.mark.parametrize("size", [(854, 480), (3840, 2160)])
def test_other_sizes_of_film_show_the_same(scenery, size):
    told = scenery.stage.on_page(*scenery.run.parameters[30], scenery.run.losses[30])
    picture = sized(scenery, size)
    left, top, pixels = picture
    frame = pixels
    x, y = told * size[0] / sheet.WIDTH - [left, top]
    red, green, blue, opacity = frame[int(y) - int(8 * size[1] / 1080), int(x)].astype(int)
    assert opacity == 255
    assert red > 200 > 150 > blue
    assert green > 130


def sized(scenery, size):
    scenery.camera.pixel_width, scenery.camera.pixel_height = size
    return drawing().draw(scenery.stage, scenery.camera)


@pytest.mark.parametrize("way_round", [1, -1])
def test_what_was_drawn_before_leaves_no_hole(scenery, way_round):
    """Cairo keeps the outline of what it drew last."""
    alone = scenery.frame()
    area = Square(2).stretch(way_round, 0).move_to(sheet.at(600, 600))
    scenery.camera.capture_mobjects([area.set_fill(DARK.ink, 1)])
    np.testing.assert_array_equal(scenery.frame(), alone)
