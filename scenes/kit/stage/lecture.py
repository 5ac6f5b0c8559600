"""The base of lectures with a 3D stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from manim import (
    Animation,
    ThreeDScene,
    UpdateFromAlphaFunc,
    VGroup,
    rate_functions,
    smooth,
    squish_rate_func,
)
from numpy.typing import ArrayLike

from gdscenes.kit.lecture.clock import Redraw, between, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.stage.camera import (
    FOCAL_DISTANCE,
    TOP_FOCAL_DISTANCE,
    TOP_PHI,
    TOP_PLACE,
    TOP_THETA,
    TOP_ZOOM,
    StageCamera,
)
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.stage.views import View

_CLOSE, _CLOSEST = Box(430, 240, 860, 780), 2.5
_WINDOW = Box(160, 104, 1196, 948)  # what is seen of a closer map: round it its axes have room
_IS_ROUND, _GOES_OVER = 0.7, 0.2  # of the way up
_SOONER = 3.0  # times as fast as the camera comes nearer, the axes of what is then seen come


class StageLecture(Lecture, ThreeDScene):
    """A lecture with a stage: its camera is a `StageCamera`, and text that it cannot touch is drawn once."""

    camera: StageCamera

    def __init__(self, **kwargs: Any) -> None:
        settings: dict[str, Any] = {"camera_class": StageCamera} | kwargs
        super().__init__(**settings)

    def move_camera(  # type: ignore[override]
        self,
        *,
        place: tuple[float, float] | None = None,
        focal_distance: float | None = None,
        added_anims: Iterable[Any] = (),
        **kwargs: Any,
    ) -> None:
        """Manim's `move_camera`, and `place`: pixels of the page to which the scene's origin goes.

        The focal distance changes evenly in what is seen, that is in its reciprocal, so that perspective can
        be left for 1e6 without a jump.
        """
        camera, animations = self.camera, list(added_anims)
        if place is not None:
            animations.append(camera.place_tracker.animate.set_value(camera.place_value(*place)))
        if focal_distance is not None:
            animations.append(self._receding(focal_distance))
        super().move_camera(added_anims=animations, **kwargs)

    def _receding(self, distance: float, **kwargs: Any) -> Animation:
        near, far = 1 / self.camera.get_focal_distance(), 1 / distance

        def recede(tracker: Any, share: float) -> None:
            tracker.set_value(distance if share == 1 else 1 / (near + share * (far - near)))

        return UpdateFromAlphaFunc(
            self.camera.focal_distance_tracker, recede, **({"rate_func": smooth} | kwargs)
        )

    def stand_above(self) -> None:
        """Have the camera above the stage, without a move."""
        self.set_camera_orientation(
            phi=TOP_PHI, theta=TOP_THETA, focal_distance=TOP_FOCAL_DISTANCE, zoom=TOP_ZOOM
        )
        self.camera.set_place(*TOP_PLACE)

    @contextmanager
    def looking_from(self, view: View) -> Iterator[None]:
        """The camera where it comes down to, and then back where it was."""
        with self._back_again():
            self.set_camera_orientation(
                phi=view.phi, theta=view.theta, focal_distance=FOCAL_DISTANCE, zoom=view.zoom
            )
            self.camera.set_place(*view.place)
            yield

    @contextmanager
    def _back_again(self) -> Iterator[None]:
        trackers = [*self.camera.get_value_trackers(), self.camera.place_tracker]
        kept = [tracker.get_value() for tracker in trackers]
        yield
        for tracker, value in zip(trackers, kept, strict=True):
            tracker.set_value(value)

    def come_down(self, stage: Stage, ruler: StageRuler | None = None, run_time: float = 3.0) -> None:
        """Move the camera to where a lecture looks from, while the contour plot gets its depth.

        The names of the ruler of that view, made by `looking_from` it, are on the screen and go along on
        their axes.
        """
        self.move_camera(
            phi=stage.view.phi,
            theta=stage.view.theta,
            focal_distance=FOCAL_DISTANCE,
            zoom=stage.view.zoom,
            place=stage.view.place,
            added_anims=[stage.animate.set(flatten=0.0), *_names_along(ruler)],
            run_time=run_time,
            rate_func=rate_functions.ease_in_out_sine,
        )

    def look_closer(self, points: ArrayLike, stage: Stage, run_time: float = 2.0) -> Plot:
        """Move the camera, which is above the stage, nearer to points (n, 2) of the plane.

        What is seen of the map then ends where its axes have room on the page: `Stage.plot` says where. The
        axes come on the way, and their ticks go along with the map.

        Returns
        -------
        Plot
            These axes, on the screen, without their names.
        """
        places = stage.plane(points)
        low, high = places.min(axis=0), places.max(axis=0)
        room = np.array([_CLOSE.width, _CLOSE.height]) / sheet.PIXELS_PER_UNIT
        zoom = float(np.clip((room / np.maximum(high - low, 1e-9)).min(), TOP_ZOOM, _CLOSEST * TOP_ZOOM))
        x, y = _CLOSE.center
        across, up = zoom * sheet.PIXELS_PER_UNIT * (low + high) / 2
        camera, place, whole, ticks = self.camera, (x - across, y + up), stage.box, stage.axes
        with self._back_again():
            camera.set_zoom(zoom)
            camera.set_place(*place)
            stage.box = _WINDOW
            over = sheet.SAFE.left - sheet.box_of(stage.plot.labels.get_all_points()).left
            stage.box = window = replace(_WINDOW, left=_WINDOW.left + max(over, 0.0))
            axes = stage.plot
        on_the_way = VGroup()

        def close_in(share: float) -> None:
            come = min(_SOONER * share, 1.0)
            stage.box, stage.axes = between(whole, window, come), ticks * (1 - come)
            now = stage.plot
            x, y = (
                replace(axis, low=seen.low, high=seen.high)
                for axis, seen in ((axes.x, now.x), (axes.y, now.y))
            )
            drawn = Plot(now.box, x, y, stage.theme, grid=False)
            on_the_way.submobjects = [drawn.set_opacity(come)]

        self.redraw(
            _moving(camera.zoom_tracker, zoom, run_time=run_time),
            _moving(camera.place_tracker, camera.place_value(*place), run_time=run_time),
            Redraw([on_the_way], close_in, run_time=run_time),
        )
        self.remove(on_the_way)
        self.add(axes)
        return axes

    def swinging(self, stage: Stage, **kwargs: Any) -> Animation:
        """The slow turn of the camera to where the view of a stage goes on to."""
        return _moving(self.camera.theta_tracker, stage.view.end_theta, **kwargs)

    def rise_to_top(self, stage: Stage, run_time: float = 3.0) -> None:
        """Move the camera above the stage while the surface becomes the contour plot, and its floor goes.

        It goes round the stage first and then over it: a turn that is seen from above is a roll of the page.
        """
        camera = self.camera

        def during(begins: float, ends: float) -> dict[str, Any]:
            ease = squish_rate_func(rate_functions.ease_in_out_sine, begins, ends)
            return {"run_time": run_time, "rate_func": ease}

        about, over, floor = during(0.0, _IS_ROUND), during(_GOES_OVER, 1.0), during(_GOES_OVER, _IS_ROUND)
        self.redraw(
            _moving(camera.theta_tracker, TOP_THETA, **about),
            _moving(camera.phi_tracker, TOP_PHI, **over),
            _moving(camera.zoom_tracker, TOP_ZOOM, **over),
            _moving(camera.place_tracker, camera.place_value(*TOP_PLACE), **over),
            self._receding(TOP_FOCAL_DISTANCE, **over),
            turning(stage, flatten=1.0, **over),
            turning(stage, floor=0.0, floor_minimum=0.0, **floor),
            *(turning(path, floor=0.0, drop=0.0, **floor) for path in stage.paths),
        )


def _moving(tracker: Any, end: complex, **kwargs: Any) -> Animation:
    start = tracker.get_value()

    def move(_: Any, share: float) -> None:
        tracker.set_value(between(start, end, share))

    return UpdateFromAlphaFunc(tracker, move, **({"rate_func": smooth} | kwargs))


def _names_along(ruler: StageRuler | None) -> list[Animation]:
    """The names of a ruler on their axes while the camera comes down."""
    if ruler is None:
        return []
    return [Redraw(ruler.names, lambda _: ruler.at(0))]
