"""Planes that cut the surface, and the curves in which they meet it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.stage.shapes import Batch, quads, rgba, strip
from gdscenes.kit.stage.ways import cut_curve

if TYPE_CHECKING:
    from gdscenes.kit.stage.parts import StageCut
    from gdscenes.kit.stage.passes.frame import Frame

Array = NDArray[np.float64]
_HIDDEN_CURVE = 0.5
_CURVE_BODY = (0.8, 0.3, 0.1, 0.3)
_PLANE = {"dark": 0.11, "light": 0.11, "print": 0.07}


def draw_cut_planes(frame: Frame) -> None:
    stage = frame.stage
    shown = [cut for cut in stage.cuts if cut.plane > 0]
    if not shown:
        return
    frame.stand_on("scene")
    frame.depth(True)
    low, high = stage.floor_height, frame.base + frame.height
    parts = []
    for cut in shown:
        fixed = (cut.at - stage.middle[cut.fixed]) * stage.units_per_step[cut.fixed]
        free = 1 - cut.fixed
        ends = [-stage.half[free], stage.half[free]]
        other = next((each for each in shown if each is not cut), None)
        if other is not None:  # two planes that cross are drawn in four parts, the furthest first
            crossing = (other.at - stage.middle[free]) * stage.units_per_step[free]
            ends.insert(1, float(np.clip(crossing, *ends)))
        for start, end in pairwise(ends):
            corners = np.zeros((4, 3))
            corners[:, cut.fixed] = fixed
            corners[:, free] = start, end, end, start
            corners[:, 2] = low, low, high, high
            parts.append((float(corners.mean(axis=0) @ frame.rotation[2]), corners, cut))
    for _, corners, cut in sorted(parts, key=lambda part: part[0]):
        strength = _PLANE[frame.theme.name] * cut.plane
        frame.faces(quads(corners[None], rgba(cut.color, strength)))
    for cut in shown:
        fixed = (cut.at - stage.middle[cut.fixed]) * stage.units_per_step[cut.fixed]
        free = 1 - cut.fixed
        outline = np.zeros((4, 4))
        outline[:, cut.fixed] = fixed
        outline[:, free] = np.array([-1, 1, 1, -1]) * stage.half[free]
        outline[:, 3] = low, low, high, high
        frame.lines(strip(outline, np.ones(4), closed=True), cut.color, 2.0, 0.75 * min(cut.plane, 1.0))


def draw_cut_curve(frame: Frame, cut: StageCut) -> None:
    if cut.curve <= 0 or cut.drawn <= 0:
        return
    stage = frame.stage
    frame.stand_on("surface")
    pieces = []
    for way, losses in cut_curve(cut):
        at = np.zeros((len(way), 4))
        at[:, :2], at[:, 2] = stage.plane(way), losses / stage.cut
        pieces.append(strip(at, np.ones(4), stage.slopes(way)))
    if not pieces:
        return
    shapes = Batch(np.vstack(pieces))
    frame.depth(True, behind=True)
    frame.lines(
        shapes, cut.color, 6, _HIDDEN_CURVE * cut.curve, lift=0.03, nearer=0.042, dash=0.15, filled=0.5
    )
    frame.depth(True, write=True)
    frame.lines(shapes, cut.color, 0, cut.curve, radius=0.042, lift=0.03, kind="TUBE", body=_CURVE_BODY)
