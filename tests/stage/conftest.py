"""A stage of the textbook's surface, and its pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from canvas import tiny
from manim import ManimColor, ThreeDCamera

import gdmath
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK, THEMES, Theme
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.parts import StagePath
from gdscenes.kit.stage.stage import Stage

WIDTH, HEIGHT = 960, 540
WINDOW = gdmath.TEXTBOOK_WINDOWS["chapter-0"]


@dataclass
class Scenery:
    """A stage with one path, the camera before it, and what it was made from."""

    problem: gdmath.LeastSquares
    run: gdmath.Trajectory
    camera: StageCamera
    stage: Stage
    path: StagePath
    theme: Theme

    def frame(self) -> np.ndarray:
        """What the camera sees, (height, width, 3), 8 bits."""
        self.camera.reset()
        self.camera.capture_mobjects([self.stage])
        return self.camera.pixel_array[..., :3].copy()

    def color_at(self, frame: np.ndarray, place: np.ndarray) -> np.ndarray:
        """The pixel of a frame that lies under a place (2,) of the page."""
        x, y = place * WIDTH / sheet.WIDTH
        return frame[int(y), int(x)].astype(int)

    def look(self, phi: float, theta: float, focal: float = 34.0, zoom: float = 0.86) -> None:
        """Turn the camera, angles in degrees."""
        self.camera.set_phi(np.radians(phi))
        self.camera.set_theta(np.radians(theta))
        self.camera.set_focal_distance(focal)
        self.camera.set_zoom(zoom)

    def look_from_above(self) -> None:
        """Make it the contour plot."""
        self.look(0, -90, 1e6, 1.06)
        self.stage.flatten = 1.0

    def bare(self) -> None:
        """Leave the sheet and nothing else."""
        stage = self.stage
        stage.floor = stage.axes = stage.rim = stage.edges = stage.lines = stage.beyond = 0.0
        stage.minimum = stage.floor_minimum = 0.0
        self.path.opacity = 0.0

    def manims_pixels(self, points: np.ndarray) -> np.ndarray:
        """Pixels (n, 2) of the page by Manim's own camera at the same place, moved to where ours stands."""
        own = ThreeDCamera(
            focal_distance=self.camera.get_focal_distance(),
            phi=self.camera.get_phi(),
            theta=self.camera.get_theta(),
            gamma=self.camera.get_gamma(),
            zoom=self.camera.get_zoom(),
        )
        projected = own.project_points(np.atleast_2d(points).astype(float))
        projected[:, :2] += self.camera.place
        return sheet.pixels(projected)


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    """Nothing is written, and a frame is half the page."""
    with tiny(WIDTH, HEIGHT):
        yield


def set_up(theme: Theme = DARK, rate: float = 0.1, row: float = 30.0, n: int = 101) -> Scenery:
    dataset = gdmath.preset("chapter-0")
    problem = dataset.problem()
    run = gdmath.descend(problem, dataset.start, rate, 100)
    camera = StageCamera()
    camera.background_color = ManimColor(theme.ground)
    stage = Stage(
        gdmath.loss_grid(problem, WINDOW, (n, n)),
        theme,
        camera,
        cut=5.0,
        loss=problem.loss,
        minimum=problem.minimizer,
    )
    return Scenery(problem, run, camera, stage, stage.add_path(run, row=row), theme)


@pytest.fixture
def scenery() -> Scenery:
    return set_up()


@pytest.fixture(params=THEMES)
def themed(request: pytest.FixtureRequest) -> Scenery:
    return set_up(THEMES[request.param])


@pytest.fixture
def make() -> Callable[..., Scenery]:
    """Another stage: theme, learning rate, row, nodes along each side."""
    return set_up
