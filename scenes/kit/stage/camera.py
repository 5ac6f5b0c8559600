"""The camera of lectures with a 3D stage: Manim's ThreeDCamera, moved off the middle of the page."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import DEGREES, ComplexValueTracker
from numpy.typing import NDArray

from gdscenes.kit.manim_seam import PictureCamera
from gdscenes.kit.page import sheet

Array = NDArray[np.float64]

PHI, THETA, FOCAL_DISTANCE, ZOOM = 62 * DEGREES, -56 * DEGREES, 34.0, 0.86
"""Where a lecture looks from: down the valley, so that bowl, path and floor all show."""
PLACE = (670.0, 513.0)
"""Pixels of the page on which the origin of the scene lies: the middle of the left two thirds."""
TOP_PHI, TOP_THETA, TOP_FOCAL_DISTANCE, TOP_ZOOM = 0.0, -90 * DEGREES, 1e6, 1.06
"""From above, without perspective: the contour plot."""
TOP_PLACE = (643.0, 524.0)


class StageCamera(PictureCamera):
    """Draws stages, and everything else as a page that lies before them.

    What is in space is a `Stage`, or a mobject of Manim's own that is shaded in 3D; both are projected alike
    and land on the same pixels. All other mobjects stand where they are on the page, however the camera
    moves.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.place_tracker = ComplexValueTracker()
        self.set_place(*PLACE)
        self._angles: tuple[float, float, float] | None = None
        settings = {"phi": PHI, "theta": THETA, "focal_distance": FOCAL_DISTANCE, "zoom": ZOOM}
        super().__init__(**(settings | kwargs))

    @property
    def place(self) -> Array:
        """Where on the page, in units of the scene (2,), the centre of the projection lies."""
        return np.asarray(self.place_tracker.points[0, :2], dtype=float)

    def state(self) -> tuple[object, ...]:
        """All that decides where it looks and how large its frame is."""
        return (
            *(float(tracker.get_value()) for tracker in self.get_value_trackers()),
            self.place.tobytes(),
            np.asarray(self.frame_center).tobytes(),
            (self.pixel_width, self.pixel_height, self.frame_width, self.frame_height),
        )

    @staticmethod
    def place_value(x: float, y: float) -> complex:
        """What `place_tracker` holds of pixels (x, y) of the page."""
        across, up, _ = sheet.at(x, y)
        return complex(across, up)

    def set_place(self, x: float, y: float) -> None:
        """Put the centre of the projection on pixels (x, y) of the page."""
        self.place_tracker.set_value(self.place_value(x, y))

    def generate_rotation_matrix(self) -> Array:
        """Manim's matrix (3, 3), made once for a direction: a frame asks for it five times."""
        angles = (self.get_phi(), self.get_theta(), self.get_gamma())
        if angles != self._angles:
            self._angles, self._rotation = angles, np.array(super().generate_rotation_matrix(), dtype=float)
        return self._rotation

    @property
    def right(self) -> Array:
        """The level direction (2,) in the scene that points to the right of the page."""
        right = self.generate_rotation_matrix()[0, :2]
        return np.asarray(right / max(float(np.linalg.norm(right)), 1e-12))

    def project_points(self, points: Array) -> Array:
        """Where points (n, 3) of the scene are seen, (n, 3), x and y on the page."""
        self.reset_rotation_matrix()
        projected = np.array(super().project_points(points), dtype=float)
        projected[:, :2] += self.place
        return projected
