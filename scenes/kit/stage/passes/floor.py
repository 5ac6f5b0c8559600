"""The floor of a stage: its plate, the shadows on it, the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.page.theme import rgb
from gdscenes.kit.stage.look import TICK, loss_colors, ramp_of
from gdscenes.kit.stage.shapes import Batch, segments, strip

if TYPE_CHECKING:
    from gdscenes.kit.stage.parts import StageCut
    from gdscenes.kit.stage.passes.frame import Frame
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]


def draw_plate(frame: Frame) -> None:
    stage, look, theme = frame.stage, frame.look, frame.theme
    frame.stand_on("floor")
    frame.depth(False)
    if stage.floor > 0:
        frame.draw(
            stage.static.plate,
            "surface",
            "LINED",
            "PLATE",
            highest=frame.skin,
            lowest=-1e9,
            opacity=stage.floor,
            fill=look.plate_fill,
            bare=rgb(look.plate),
            dim=0.0,
            lines=stage.lines,
            line_color=(*rgb(theme.ink), look.plate_lines),
            line_toward_loss=0.0 if theme.name == "print" else 1.0,
            line_width=(1.6 * frame.scale, 2.4 * frame.scale),
        )
        frame.lines(stage.static.frame, look.frame, 1.8, stage.floor)
    for cut in stage.cuts:
        draw_floor_line(frame, cut)
    shown = frame.round
    for path in stage.paths:
        strength = path.opacity * path.floor * shown
        if strength <= 0:
            continue
        shapes = path.shapes
        frame.lines(shapes.floor, path.line_color, 4, 0.75 * strength, last_row=path.row)
        floor_disc(frame, stage.position(path), 0.09, path.ball_color, strength * path.ball)
        if stage.is_inside(*path.first):
            frame.marks(
                frame.mark_at(path.parameters[0], 0.104),
                (theme.ground, 1.0),
                (path.line_color, 1.0),
                3.0,
                strength * path.start,
                kind="DISC",
                on_floor=True,
            )
    for point in stage.marked:
        at = (point.b, point.w, point.loss)
        floor_disc(frame, at, 0.09, point.color, point.opacity * point.floor * shown)
    if stage.minimum_at is not None:
        frame.marks(
            frame.mark_at(stage.minimum_at, 0.14),
            (theme.minimum, 1.0),
            opacity=stage.floor_minimum * shown,
            kind="DIAMOND",
            on_floor=True,
        )


def floor_disc(frame: Frame, at: tuple[float, float, float], size: float, color: str, opacity: float) -> None:
    if frame.stage.is_inside(*at):
        frame.marks(frame.mark_at(at[:2], size), (color, 1.0), opacity=opacity, kind="DISC", on_floor=True)


def draw_floor_line(frame: Frame, cut: StageCut) -> None:
    if cut.floor <= 0:
        return
    stage = frame.stage
    ends = np.zeros((2, 4))
    ends[:, cut.fixed] = (cut.at - stage.middle[cut.fixed]) * stage.units_per_step[cut.fixed]
    free = 1 - cut.fixed
    ends[:, free] = -stage.half[free], stage.half[free]
    frame.lines(strip(ends, np.ones(4)), cut.color, 3.2, 0.9 * cut.floor)


def draw_axes(frame: Frame) -> None:
    stage, theme = frame.stage, frame.theme
    if stage.axes <= 0:
        return
    frame.depth(False)
    frame.stand_on("floor")
    flat, near = frame.once(
        "ticks", lambda: (_floor_ticks(stage, -1, -1), _floor_ticks(stage, *stage.view.near))
    )
    frame.lines(flat, theme.muted, 1.8, stage.axes * frame.flat)
    frame.lines(near, theme.muted, 1.8, stage.axes * frame.round)
    if frame.round > 0:
        draw_loss_axis(frame, stage.axes * frame.round * stage.rise)


def draw_loss_axis(frame: Frame, shown: float) -> None:
    theme, look = frame.theme, frame.look
    level, height, tinted, ticks = frame.once("loss axis", lambda: _loss_axis(frame))
    frame.stand_on("surface")
    frame.lines(level, look.frame, 2.4, shown, dash=0.12)
    if theme.name == "print":
        frame.lines(height, theme.ink, 2.5, shown)
    else:
        frame.lines(tinted, theme.ink, 8, shown, own=True)
    frame.lines(ticks, theme.muted, 1.8, shown)


def _loss_axis(frame: Frame) -> tuple[Batch, ...]:
    """A level from a loss of zero to under the lowest point; the axis, plain and in colours; its ticks."""
    stage = frame.stage
    foot = stage.loss_axis_at
    height = np.zeros((61, 4))
    height[:, :2], height[:, 2] = foot, np.linspace(0, 1, 61)
    level = np.array([[*foot, 0.0, 0.0], [*stage.lowest_at, 0.0, 0.0]])
    tint = np.ones((len(height) - 1, 4))
    tint[:, :3] = loss_colors(ramp_of(stage.theme), (height[:-1, 2] + height[1:, 2]) / 2)
    ticks = np.zeros((len(stage.loss_axis.ticks), 2, 4))
    ticks[..., :2] = foot + np.array([0.04, 0.16])[:, None] * -stage.camera.right
    ticks[..., 2] = np.array(stage.loss_axis.ticks)[:, None] / stage.cut
    ones = np.ones(4)
    return tuple(
        map(Batch, (strip(level, ones), strip(height, ones), strip(height, tint), segments(ticks, ones)))
    )


def _floor_ticks(stage: Stage, b_side: float, w_side: float) -> Batch:
    """The ticks of b along the side of the plate at one end of w, and those of w at one end of b."""
    window, half = stage.window, stage.half
    b, w = (np.array(axis.ticks) for axis in (stage.b_axis, stage.w_axis))
    x = stage.plane(np.stack([b, np.full(len(b), window.y_low)], axis=-1))[:, 0]
    y = stage.plane(np.stack([np.full(len(w), window.x_low), w], axis=-1))[:, 1]
    return Batch(
        np.vstack(
            [
                _ticks(x, np.full(len(x), w_side * half[1]), (0.0, w_side * TICK)),
                _ticks(np.full(len(y), b_side * half[0]), y, (b_side * TICK, 0.0)),
            ]
        )
    )


def _ticks(x: Array, y: Array, out: tuple[float, float]) -> Array:
    """Ticks on the floor at (x, y)."""
    ends = np.zeros((len(x), 2, 4))
    ends[:, 0, 0], ends[:, 0, 1] = x, y
    ends[:, 1, 0], ends[:, 1, 1] = x + out[0], y + out[1]
    return segments(ends, np.ones(4))
