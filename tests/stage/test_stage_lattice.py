"""The surface grows: lines on pins as tall as their losses, then a skin over them; its near wall is glass."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import gdmath
from gdscenes.kit.stage.look import BALL, GAP, HEIGHT

STEEPNESS = 0.3
WINDOW = gdmath.TEXTBOOK_WINDOWS["chapter-0"]


@pytest.fixture
def lattice(scenery):
    return scenery.stage.add_lattice(STEEPNESS)


def ends_of(batch) -> np.ndarray:
    """Ends (n, 2, 4) of the pieces of a batch: x, y, loss / cut, height."""
    return batch.rows.astype(float)[:, 4:12].reshape(-1, 2, 4)


def parameters_at(stage, places: np.ndarray) -> np.ndarray:
    return places / stage.units_per_step + stage.middle


def test_every_pin_is_as_tall_as_the_loss_of_its_line(scenery, lattice):
    stage, ends = scenery.stage, ends_of(lattice.shapes.pins)
    assert len(ends) > 30
    np.testing.assert_allclose(ends[:, 0, :2], ends[:, 1, :2])
    assert (ends[:, 0, 2:] == 0).all()
    x, y = scenery.problem.x, scenery.problem.y
    for (b, w), tall in zip(parameters_at(stage, ends[:, 1, :2]), ends[:, 1, 2], strict=True):
        assert 5 * tall == pytest.approx(((b + w * x - y) ** 2).mean(), rel=1e-5)


def test_every_small_line_rides_on_its_pin_and_has_the_slope_of_its_w(scenery, lattice):
    ends = ends_of(lattice.shapes.lines)
    middle, way = ends.mean(axis=1), ends[:, 1] - ends[:, 0]
    np.testing.assert_allclose(middle[:, :3], ends_of(lattice.shapes.pins)[:, 1, :3], atol=1e-6)
    w = parameters_at(scenery.stage, middle[:, :2])[:, 1]
    np.testing.assert_allclose(way[:, 1] / way[:, 0], STEEPNESS * w, atol=1e-4)
    assert np.ptp(np.hypot(*way[:, :2].T)) < 1e-6


def test_what_is_above_the_cut_has_a_line_and_no_pin(scenery, lattice):
    low, high = (ends_of(each).mean(axis=1) for each in (lattice.shapes.lines, lattice.shapes.beyond))
    losses = [scenery.problem.loss(parameters_at(scenery.stage, each[:, :2])) for each in (low, high)]
    assert losses[0].max() <= 5 < losses[1].min()
    assert len(low) + len(high) == 15 * 15


def test_the_floor_sinks_under_a_surface_that_stays_where_it_is(scenery):
    stage = scenery.stage.dial(lifted=0.0)
    assert (stage.base, stage.floor_height, stage.height_per_loss * 5) == pytest.approx((0, 0, HEIGHT))
    stage.dial(lifted=1.0)
    assert (stage.base, stage.floor_height, stage.height_per_loss * 5) == pytest.approx((0, -GAP, HEIGHT))
    assert stage.dial(rise=0.0).base == stage.floor_height, "a flat sheet lies on it"


def test_the_skin_ends_at_its_loss(scenery):
    """Inside of its edge pixels are those of the whole skin, outside those of none."""
    scenery.bare()
    scenery.look_from_above()
    frames = []
    for skin in (0.0, 0.4, 1.0):
        scenery.stage.dial(skin=skin)
        frames.append(scenery.frame())
    none, part, whole = frames
    least = scenery.problem.minimum
    edge, checked = least + 0.4 * (5 - least), []
    for line in np.random.default_rng(4).uniform([-1.9, -0.9], [3.9, 4.9], (60, 2)):
        loss = float(scenery.problem.loss(line))
        if abs(loss - edge) > 0.3 and loss < 4.7:
            place = scenery.stage.on_page(*line)
            expected = scenery.color_at(whole if loss < edge else none, place)
            assert (scenery.color_at(part, place) == expected).all()
            checked.append(loss < edge)
    assert len(set(checked)) == 2


def test_the_map_on_the_floor_grows_with_the_skin(scenery):
    scenery.bare()
    scenery.look(20, -56)
    scenery.stage.dial(floor=1.0, surface=0.0)
    pixels = []
    for skin in (0.0, 0.3, 0.6, 1.0):
        scenery.stage.dial(skin=skin)
        frame = scenery.frame().astype(int)
        pixels.append(int((np.abs(frame - frame_of_bare_plate(scenery)).max(axis=2) > 8).sum()))
    assert pixels[0] < 50
    assert pixels[1] > 2000
    assert (np.diff(pixels) > 2000).all()


def frame_of_bare_plate(scenery) -> np.ndarray:
    skin, scenery.stage.skin = scenery.stage.skin, 0.0
    frame = scenery.frame().astype(int)
    scenery.stage.skin = skin
    return frame


def test_a_ball_behind_the_near_wall_is_seen_where_that_is_glass(make):
    scenery = make(row=12)
    stage, ball = scenery.stage, np.array([int(scenery.theme.model[k : k + 2], 16) for k in (1, 3, 5)])
    scenery.look(62, 27)
    at = stage.over(*stage.position(scenery.path)) + np.array([0.0, 0.0, BALL])
    apart = []
    for underside in (1.0, 0.15):
        stage.dial(underside=underside)
        apart.append(np.abs(scenery.color_at(scenery.frame(), stage.seen(at)) - ball).max())
    assert apart[0] > 100
    assert apart[1] < 60


def test_the_rim_of_a_near_wall_of_glass_lies_over_the_path_behind_it(make):
    frames = []
    for opacity in (0.0, 1.0):
        scenery = make(row=12)
        stage = scenery.stage.dial(underside=0.3, beyond=0.0)
        scenery.path.dial(opacity=opacity, ball=0.0, drop=0.0)
        scenery.look(50, 20)
        frames.append(scenery.frame())
    problem, way = scenery.problem, scenery.run.parameters[:13]
    angles = np.linspace(0, 2 * np.pi, 3000)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    bend = np.einsum("ij,jk,ik->i", ways, problem.hessian, ways) / 2
    rim = problem.minimizer + np.sqrt((5 - problem.minimum) / bend)[:, None] * ways
    rim = stage.on_page(*rim[WINDOW.contains(rim)].T, 5.0)
    way = np.vstack([np.linspace(*ends, 60) for ends in itertools.pairwise(way)])
    path = stage.on_page(*way.T, problem.loss(way))
    apart = np.linalg.norm(rim[:, None] - path[None], axis=2)
    crossing = rim[apart.min(axis=1).argmin()]
    assert apart.min() < 1
    assert np.abs(np.subtract(*(scenery.color_at(each, crossing) for each in frames))).max() < 30
