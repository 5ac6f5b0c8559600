"""Where a point in space is seen on the page, by the equations of perspective."""

from __future__ import annotations

import numpy as np
import pytest
from canvas import tiny

from gdscenes.kit.page import sheet
from gdscenes.kit.stage import camera as looks
from gdscenes.kit.stage.camera import StageCamera

POINTS = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.5], [-1.0, 0.7, -2.0]])


@pytest.fixture
def camera():
    with tiny(384, 216):
        yield StageCamera()


@pytest.mark.parametrize("theta", [-56.0, 20.0, 200.0])
@pytest.mark.parametrize("phi", [62.0, 90.0, 0.0])
def test_a_point_is_seen_along_right_and_up_and_larger_the_nearer_it_is(camera, phi, theta):
    """From the direction n: with zoom z and focal distance d, z d / (d - n . p) times (right . p, up . p)."""
    camera.set_phi(np.radians(phi))
    camera.set_theta(np.radians(theta))
    camera.set_focal_distance(9.0)
    camera.set_zoom(1.5)
    camera.set_place(300.0, 800.0)
    p, t = np.radians(phi), np.radians(theta)
    near = np.array([np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), np.cos(p)])
    right = np.array([-np.sin(t), np.cos(t), 0.0])
    up = np.cross(near, right)
    factor = 1.5 * 9.0 / (9.0 - POINTS @ near)
    seen = sheet.at(300.0, 800.0)[:2] + factor[:, None] * (POINTS @ np.stack([right, up], axis=1))
    projected = camera.project_points(POINTS)
    np.testing.assert_allclose(projected[:, :2], seen, atol=1e-9)
    np.testing.assert_allclose(projected[:, 2], POINTS @ near, atol=1e-9)
    np.testing.assert_allclose(camera.right, right[:2], atol=1e-9)


def test_from_above_there_is_no_perspective_and_b_and_w_point_as_on_a_page(camera):
    camera.set_phi(looks.TOP_PHI)
    camera.set_theta(looks.TOP_THETA)
    camera.set_focal_distance(looks.TOP_FOCAL_DISTANCE)
    camera.set_zoom(looks.TOP_ZOOM)
    projected = camera.project_points(POINTS)[:, :2] - camera.place
    np.testing.assert_allclose(projected, looks.TOP_ZOOM * POINTS[:, :2], atol=1e-5)


def test_it_turns_with_each_of_its_angles(camera):
    seen = [camera.project_points(POINTS)]
    for turn in (camera.set_phi, camera.set_theta, camera.set_gamma):
        turn(0.3)
        seen.append(camera.project_points(POINTS))
        assert np.abs(seen[-1] - seen[-2]).max() > 1e-3


def test_its_state_tells_of_all_that_moves_it(camera):
    states = [camera.state()]
    for move in (camera.set_phi, camera.set_theta, camera.set_zoom, camera.set_focal_distance):
        move(0.4)
        states.append(camera.state())
    camera.set_place(1.0, 2.0)
    states.append(camera.state())
    camera.frame_center = np.array([0.0, 0.1, 0.0])
    states.append(camera.state())
    assert len(set(states)) == len(states)


def test_a_place_is_told_in_pixels_of_the_page(camera):
    assert StageCamera.place_value(960.0, 540.0) == 0
    camera.set_place(1420.0, 130.0)
    np.testing.assert_allclose(sheet.pixels(np.array([[*camera.place, 0.0]])), [[1420.0, 130.0]])


def test_a_lecture_looks_down_the_valley_and_from_above_as_it_was_composed(camera):
    """The page beside the stage is laid out for these two: direction, perspective, zoom and place."""
    p, t = np.radians(62.0), np.radians(-56.0)
    near = np.array([np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), np.cos(p)])
    right = np.array([-np.sin(t), np.cos(t), 0.0])
    factor = 0.86 * 34.0 / (34.0 - POINTS @ near)
    seen = sheet.at(670.0, 513.0)[:2] + factor[:, None] * (
        POINTS @ np.stack([right, np.cross(near, right)], axis=1)
    )
    np.testing.assert_allclose(camera.project_points(POINTS)[:, :2], seen, atol=1e-9)
    assert (looks.TOP_ZOOM, looks.TOP_PLACE, looks.TOP_FOCAL_DISTANCE) == (1.06, (643.0, 524.0), 1e6)


def test_right_is_a_direction_also_where_the_camera_is_rolled(camera):
    camera.set_gamma(0.5)
    rolled = camera.generate_rotation_matrix()[0, :2]
    assert np.linalg.norm(rolled) < 0.95
    assert np.linalg.norm(camera.right) == pytest.approx(1.0)
    assert camera.right[0] * rolled[1] == pytest.approx(camera.right[1] * rolled[0])
