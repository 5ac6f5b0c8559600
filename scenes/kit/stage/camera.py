"""The camera of lectures with a 3D stage: Manim's ThreeDCamera, moved off the middle of the page."""

from __future__ import annotations

from typing import Any

import cairo
import numpy as np
from manim import DEGREES, Mobject, ThreeDCamera, VMobject
from manim.mobject.types.point_cloud_mobject import Point
from numpy.typing import NDArray

from gdscenes.kit.page import sheet

Array = NDArray[np.float64]

PHI, THETA, FOCAL_DISTANCE, ZOOM = 62 * DEGREES, -56 * DEGREES, 34.0, 0.86
"""Where a lecture looks from: down the valley, so that bowl, path and floor all show."""
PLACE = (670.0, 513.0)
"""Pixels of the page on which the origin of the scene lies: the middle of the left two thirds."""
TOP_PHI, TOP_THETA, TOP_FOCAL_DISTANCE, TOP_ZOOM = 0.0, -90 * DEGREES, 1e6, 1.06
"""From above, without perspective: the contour plot."""
TOP_PLACE = (643.0, 524.0)


class StageCamera(ThreeDCamera):
    """Draws stages, and everything else as a page that lies before them.

    What is in space is a `Stage`, or a mobject of Manim's own that is shaded in 3D; both are projected alike
    and land on the same pixels. All other mobjects stand where they are on the page, however the camera
    moves.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.place_point = Point(sheet.at(*PLACE), stroke_width=0)
        self._angles: tuple[float, float, float] | None = None
        settings = {"phi": PHI, "theta": THETA, "focal_distance": FOCAL_DISTANCE, "zoom": ZOOM}
        super().__init__(**(settings | kwargs))

    @property
    def place(self) -> Array:
        """Where on the page, in units of the scene (2,), the centre of the projection lies."""
        return np.asarray(self.place_point.points[0, :2], dtype=float)

    def set_place(self, x: float, y: float) -> None:
        """Put the centre of the projection on pixels (x, y) of the page."""
        self.place_point.move_to(sheet.at(x, y))

    def generate_rotation_matrix(self) -> Array:
        """Manim's matrix (3, 3), made once for a direction: a frame asks for it five times."""
        angles = (self.get_phi(), self.get_theta(), self.get_gamma())
        if angles != self._angles:
            self._angles, self._rotation = angles, np.array(super().generate_rotation_matrix(), dtype=float)
        return self._rotation

    def project_points(self, points: Array) -> Array:
        """Where points (n, 3) of the scene are seen, (n, 3), x and y on the page."""
        self.reset_rotation_matrix()
        projected = np.array(super().project_points(points), dtype=float)
        projected[:, :2] += self.place
        return projected

    def transform_points_pre_display(self, mobject: Mobject, points: Array) -> Array:
        if getattr(mobject, "shade_in_3d", False):
            return super().transform_points_pre_display(mobject, points)
        if not np.all(np.isfinite(points)):
            return np.zeros((1, 3))
        return points

    def type_or_raise(self, mobject: Mobject) -> Any:
        # here and not at the top: the stage knows its camera
        from gdscenes.kit.stage.stage import Stage

        if isinstance(mobject, Stage):
            super().type_or_raise(VMobject())  # makes the table
            self.display_funcs[Stage] = self.display_stages
            return Stage
        return super().type_or_raise(mobject)

    def display_stages(self, stages: list[Any], pixel_array: Any) -> None:
        """Draw stages into the frame, only where they are."""
        from gdscenes.kit.stage.drawing import drawing

        context = self.get_cairo_context(pixel_array)
        for stage in stages:
            picture = drawing().draw(stage, self)
            if picture is None:
                continue
            left, top, width, height, pixels = picture
            # Manim keeps its channels in the order red, green, blue, as OpenGL does
            surface = cairo.ImageSurface.create_for_data(pixels, cairo.FORMAT_ARGB32, width, height)
            context.save()
            context.identity_matrix()
            context.set_source_surface(surface, left, top)
            context.rectangle(left, top, width, height)
            context.clip()
            context.paint_with_alpha(min(max(stage.opacity, 0.0), 1.0))
            context.restore()
            surface.finish()
