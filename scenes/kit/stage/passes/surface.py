"""The loss surface, its outline, and where it folds away from the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.page.theme import blend, rgb
from gdscenes.kit.stage.field import crossed_cells
from gdscenes.kit.stage.look import FADE, ramp_of
from gdscenes.kit.stage.shapes import Batch, segments

if TYPE_CHECKING:
    from gdscenes.kit.stage.passes.frame import Frame

Array = NDArray[np.float64]

_LINES_ON_GLASS = 0.6  # opacity of level lines on what is seen from below


def draw_surface(frame: Frame) -> None:
    """The surface; what of it is seen from below only where that hides what lies behind."""
    stage = frame.stage
    frame.stand_on("surface")
    is_glass = stage.underside < 1 and frame.round > 0
    frame.depth(True, write=True)
    # of a glass sheet only what is nearest is seen, else the order of the triangles would show
    for is_seen in (False, True) if stage.surface < 1 else (True,):
        _draw_sheet(frame, stage.surface, "upper" if is_glass else "", is_seen)
    if stage.beyond > 0 and frame.round > 0:
        frame.depth(True)
        frame.draw(
            stage.static.above,
            "surface",
            "LIT",
            "FADING",
            highest=1.0 + FADE,
            lowest=1.0,
            opacity=0.4 * stage.surface * stage.beyond * frame.round * (stage.underside if is_glass else 1.0),
            fade=FADE,
        )


def draw_underside(frame: Frame) -> None:
    """What is seen of the surface from below as glass with its rim, before all that stands on it."""
    stage = frame.stage
    if stage.surface > 0 and stage.underside < 1 and frame.round > 0:
        frame.stand_on("surface")
        frame.depth(True)
        _draw_sheet(
            frame, stage.surface * stage.underside, "lower", lines_seen=_LINES_ON_GLASS * stage.surface
        )
        _draw_rim(frame, frame.once("near rim", lambda: Batch(_near_rim(frame))))


def _draw_sheet(
    frame: Frame, opacity: float, side: str = "", is_seen: bool = True, lines_seen: float = 0.0
) -> None:
    stage, look, theme, flat = frame.stage, frame.look, frame.theme, frame.flat
    line = (
        *rgb(blend(look.flat_lines, look.lines, flat)),
        look.line_opacity + flat * (look.flat_line_opacity - look.line_opacity),
    )
    lit = ("LIT",) if frame.round > 0 else ()
    banded = ("BANDED",) if flat > 0 and theme.name != "print" else ()
    frame.draw(
        stage.static.sheet,
        "surface",
        *lit,
        *banded,
        "LINED",
        side=side,
        is_seen=is_seen,
        highest=frame.skin,
        lowest=-1e9,
        opacity=opacity,
        lines=stage.lines,
        lines_seen=lines_seen,
        line_color=line,
        line_width=((1.7 + 0.3 * flat) * frame.scale, -1.0),
    )


def draw_outline(frame: Frame) -> None:
    stage, theme, look = frame.stage, frame.theme, frame.look
    frame.stand_on("surface")
    frame.depth(True)
    folded = frame.once(
        ("folds", frame.skin), lambda: Batch(folds(frame) if frame.round > 0.02 else np.zeros((0, 32)))
    )
    if stage.surface > 0:
        frame.lines(folded, theme.ink, 2.0, stage.surface, kind="FOLD", nearer=0.06, own=True)
        for shapes in (stage.static.edges, stage.static.rim) if stage.skin >= 1 else ():
            frame.lines(shapes, theme.ink, 1.0, stage.surface, kind="EDGE", nearer=0.06)
    outline = look.outline * stage.edges * (1 - 0.4 * min(stage.dimmed / 0.42, 1.0))
    if frame.round > 0:
        width = look.outline_width
        frame.lines(stage.static.edges, theme.ink, width, outline * frame.round, nearer=0.03)
        if theme.name == "print":
            frame.lines(folded, theme.ink, width, outline * frame.round, nearer=0.03)
    _draw_rim(frame, stage.static.rim)
    if frame.flat > 0:
        frame.stand_on("floor")
        frame.lines(stage.static.frame, look.frame, 2.0, frame.flat * stage.floor, nearer=0.1)


def _draw_rim(frame: Frame, shapes: Batch) -> None:
    stage, theme = frame.stage, frame.theme
    color = theme.ink if theme.name == "print" else blend(theme.ink, ramp_of(theme)[-1], 0.45)
    width = (3.0 if theme.name == "print" else 2.8) - 0.8 * min(stage.dimmed / 0.42, 1.0)
    frame.lines(shapes, color, width, stage.rim, nearer=0.1)


def _near_rim(frame: Frame) -> Array:
    """Pieces (n, 32) of the rim at which the surface is seen from below."""
    rim = frame.stage.static.rim.rows.astype(float)
    return rim[_facing(frame, rim[:, 4:7], rim[:, 18:20]) < 0]


def folds(frame: Frame) -> Array:
    """Where the surface turns away from the eye: pieces (n, 32) of the curve where it is seen edge on."""
    stage = frame.stage
    nodes = stage.static.nodes
    facing = _facing(frame, nodes[:, :3], nodes[:, 3:5])
    found = crossed_cells(facing.reshape(stage.static.shape))
    if not len(found):
        return np.zeros((0, 32))
    share = facing[found[..., 0]] / (facing[found[..., 0]] - facing[found[..., 1]])
    ends = nodes[found[..., 0]] + share[..., None] * (nodes[found[..., 1]] - nodes[found[..., 0]])
    # the nearer of the two sheets that meet there is seen: its upper side, or its lower one
    along_w, along_b = np.gradient(facing.reshape(stage.static.shape))
    growing = np.stack([along_b.ravel(), along_w.ravel()], axis=-1)[found[:, 0, 0]]
    seen_from_below = (growing * (frame.eye[:2] - ends[:, 0, :2])).sum(axis=1) < 0
    below = (ends[..., 2] <= frame.skin).all(axis=1)
    ends, seen_from_below = ends[below], seen_from_below[below]
    at = np.zeros((*ends.shape[:2], 4))
    at[..., :3] = ends[..., :3]
    tint = np.ones((len(at), 4))
    tint[:, 0] = seen_from_below
    return segments(at, tint, ends[..., 3:5])


def _facing(frame: Frame, points: Array, slopes: Array) -> Array:
    """Of points (n, 3) of the surface with their slopes (n, 2): positive where its upper side is seen."""
    upright = np.column_stack([-frame.height * slopes, np.ones(len(points))])
    place = np.column_stack([points[:, :2], frame.base + frame.height * points[:, 2]])
    return np.asarray(np.einsum("ij,ij->i", upright, frame.eye - place))
