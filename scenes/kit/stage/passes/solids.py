"""What stands on the surface, and what it hides of it: paths, balls, marks, the minimum."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import blend, rgb
from gdscenes.kit.stage.look import BALL, LIGHT, TUBE
from gdscenes.kit.stage.shapes import Batch, octahedron, segments, strip, triangles

if TYPE_CHECKING:
    from gdscenes.kit.stage.parts import StageLattice, StagePath, StageStalks
    from gdscenes.kit.stage.passes.frame import Frame
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]

_SMALL_LINE, _PIN = 4.6, 2.4  # pixels
_STALK, _TIPS, _CURRENT_STALK = 3.0, 7.0, 7.0  # pixels
_HIDDEN_STALK = 0.9
_TIP = 0.12


def draw_lattice(frame: Frame, lattice: StageLattice) -> None:
    """Small lines on the plate, and those that ride on pins."""
    theme, shapes = frame.theme, lattice.shapes
    frame.depth(False)
    frame.stand_on("floor")
    frame.lines(shapes.beyond, theme.model, _SMALL_LINE, lattice.beyond)
    frame.depth(True, write=True)
    frame.stand_on("surface")
    frame.lines(shapes.pins, theme.loss, _PIN, lattice.pins)
    frame.lines(shapes.lines, theme.model, _SMALL_LINE, lattice.lines, nearer=0.05)


def draw_contact(frame: Frame, path: StagePath) -> None:
    """What sets a path off from the surface: a shadow, or in the contour plot a rim of the ground."""
    strength = path.opacity * path.tube
    if strength <= 0:
        return
    look, flat = frame.look, frame.flat
    shapes = path.shapes
    frame.stand_on("surface")
    frame.depth(True)
    broad = 2.4 * 2 * TUBE * path.breadth * sheet.PIXELS_PER_UNIT
    frame.lines(
        shapes.line,
        blend(frame.theme.ground, look.halo, flat),
        broad + flat * (14.0 - broad),
        strength * (look.halo_opacity + flat * (1 - look.halo_opacity)),
        lift=0.01,
        nearer=0.1,
        last_row=path.row,
    )


def draw_hidden(frame: Frame, path: StagePath) -> None:
    """What the surface hides of a path: dashes, and a ring for the ball."""
    stage, strength = frame.stage, path.opacity * path.hidden
    if strength <= 0 or frame.round <= 0:
        return
    shapes = path.shapes
    frame.stand_on("surface")
    frame.depth(True, behind=True)
    frame.lines(
        shapes.line,
        path.line_color,
        1.6 * TUBE * path.breadth * sheet.PIXELS_PER_UNIT * frame.camera.get_zoom(),
        strength * path.tube,
        lift=0.9 * TUBE,
        nearer=TUBE,
        dash=0.15,
        filled=0.52,
        last_row=path.row,
    )
    start = path.first
    if stage.is_inside(*start):
        frame.marks(
            frame.mark_on(start, 0.13),
            (frame.theme.ground, 0.0),
            (path.line_color, 1.0),
            3.6,
            strength * path.start,
            kind="DISC",
            lift=0.05,
            nearer=0.5,
        )
    here = stage.position(path)
    if stage.is_inside(*here):
        frame.marks(
            frame.mark_on(here, BALL * path.breadth),
            (path.ball_color, 0.0),
            (path.ball_color, 1.0),
            3.4,
            min(strength * path.ball / 0.42 * 0.75, 1.0),
            kind="DISC",
            lift=BALL * path.breadth,
            nearer=BALL * path.breadth,
        )


def draw_solids(frame: Frame) -> None:
    stage, theme = frame.stage, frame.theme
    draw_drops(frame)
    for path in stage.paths:
        strength = path.opacity
        if strength <= 0:
            continue
        shapes = path.shapes
        frame.stand_on("surface")
        frame.depth(True, write=True)
        frame.lines(
            shapes.line,
            path.line_color,
            0,
            strength * path.tube,
            radius=TUBE * path.breadth * frame.fine,
            lift=0.9 * TUBE * path.breadth,
            kind="TUBE",
            last_row=path.row,
            nearer=0.05 * frame.flat,
        )
        frame.marks(
            shapes.dots,
            (path.line_color, 1.0),
            opacity=strength * path.beads * path.tube,
            lift=0.9 * TUBE,
            last_row=path.row,
            nearer=0.05 * frame.flat,
        )
    for path in stage.paths:
        start = path.first
        if stage.is_inside(*start):
            frame.depth(True, write=False)
            frame.marks(
                frame.mark_on(start, 0.13),
                (theme.ground, 1.0),
                (path.line_color, 1.0),
                3.6 + 0.6 * frame.flat,
                path.opacity * path.start,
                kind="DISC",
                lift=0.05,
                nearer=0.5,
            )
    for stalks in stage.stalks:
        draw_stalks(frame, stalks)
    draw_minimum(frame)
    for point in stage.marked:
        at = (point.b, point.w, point.loss)
        if stage.is_inside(*at):
            frame.stand_on("surface")
            frame.depth(True, behind=True)
            ring = (point.color, 1.0)
            shape = frame.mark_on(at, point.size)
            frame.marks(
                shape,
                (point.color, 0.0),
                ring,
                3.0,
                0.75 * point.opacity,
                kind="DISC",
                lift=point.size,
                nearer=point.size,
            )
            frame.depth(True, write=True)
            frame.marks(
                shape,
                (point.color, 1.0),
                (theme.ground, frame.flat),
                3.0,
                point.opacity,
                lift=point.size,
            )
    for path in stage.paths:
        here = stage.position(path)
        if stage.is_inside(*here):
            frame.stand_on("surface")
            frame.depth(True, write=True)
            frame.marks(
                frame.mark_on(here, BALL * path.breadth),
                (path.ball_color, 1.0),
                (theme.ground, frame.flat),
                4.0,
                path.opacity * path.ball,
                lift=BALL * path.breadth,
                nearer=0.3 * frame.flat,
            )


def draw_stalks(frame: Frame, stalks: StageStalks) -> None:
    """Lines from the rows of a path to their true losses, and a ball on the end of the current one."""
    stage, path = frame.stage, stalks.path
    row = min(int(path.row), path.last_row)
    here = np.array([row])
    frame.stand_on("surface")
    for kind, rows, opacity, width in (
        (_upright, stalks.rows, stalks.opacity, _STALK),
        (_along_tips, np.arange(path.last_row + 1), stalks.opacity, _TIPS),
        (_upright, here, stalks.current, _CURRENT_STALK),
    ):
        if opacity <= 0 or frame.round <= 0:
            continue
        made = partial(kind, stage, stalks, rows)
        lines = frame.once((kind, rows.tobytes(), stalks.grown), made)
        for behind, seen in ((True, _HIDDEN_STALK), (False, 1.0)):
            frame.depth(True, behind=behind)
            frame.lines(
                lines, stalks.color, width, opacity * seen * frame.round, nearer=0.04, last_row=path.row
            )
    (b, w), (_, tip) = path.parameters[row], stalks.ends(here)[0]
    if stalks.current > 0 and stage.is_inside(float(b), float(w), float(tip)):
        for behind in (True, False):
            frame.depth(True, write=not behind, behind=behind)
            frame.marks(
                frame.mark_on((float(b), float(w), float(tip)), _TIP),
                (stalks.color, float(not behind)),
                (stalks.color, 1.0),
                3.0,
                stalks.current * frame.round,
                kind="DISC" if behind else "BALL",
            )


def _upright(stage: Stage, stalks: StageStalks, rows: NDArray[np.intp]) -> Batch:
    at = np.zeros((len(rows), 2, 4))
    at[..., :2] = stage.plane(stalks.path.parameters[rows])[:, None]
    at[..., 2] = stalks.ends(rows) / stage.cut
    lines = segments(at, np.ones(4))
    lines[:, 26:28] = rows[:, None]
    return Batch(lines)


def _along_tips(stage: Stage, stalks: StageStalks, rows: NDArray[np.intp]) -> Batch:
    at = np.zeros((len(rows), 4))
    at[:, :2] = stage.plane(stalks.path.parameters[rows])
    at[:, 2] = stalks.ends(rows)[:, 1] / stage.cut
    return Batch(strip(at, np.ones(4), rows=rows))


def draw_drops(frame: Frame) -> None:
    """Dashed lines from balls to their places on the floor."""
    stage = frame.stage
    frame.stand_on("scene")
    frame.depth(True)
    ends = [(stage.position(path), path.opacity * path.ball * path.drop) for path in stage.paths]
    ends += [((point.b, point.w, point.loss), point.opacity * point.drop) for point in stage.marked]
    for at, opacity in ends:
        if opacity <= 0 or frame.round <= 0 or not stage.is_inside(*at):
            continue
        line = np.zeros((2, 4))
        line[:, [0, 1, 3]] = stage.on_floor(*at[:2]), stage.over(*at)
        frame.lines(strip(line, np.ones(4)), frame.theme.muted, 2.0, opacity * frame.round, dash=0.14)


def draw_minimum(frame: Frame) -> None:
    stage, theme = frame.stage, frame.theme
    if stage.minimum_at is None or stage.minimum <= 0:
        return
    b, w = stage.minimum_at
    at = (float(b), float(w), float(stage.loss(stage.minimum_at)))
    if not stage.is_inside(*at):
        return
    flat_mark = float(np.clip((frame.flat - 0.6) / 0.3, 0.0, 1.0))
    if flat_mark < 1:
        faces, smooth = frame.once(("minimum", at), lambda: _octahedron(frame, at))
        frame.stand_on("scene")
        for behind, opacity in ((True, 0.42), (False, 1.0)):
            frame.depth(True, write=not behind, behind=behind)
            seen = stage.minimum * opacity
            frame.faces(faces, seen)
            if not behind:
                frame.depth(True)
                frame.lines(smooth, theme.minimum, 1.0, seen, own=True, nearer=0.01)
    if flat_mark > 0:
        frame.stand_on("surface")
        frame.depth(True)
        frame.marks(
            frame.mark_on(at, 0.145),
            (theme.minimum, 1.0),
            (theme.ground, 1.0),
            3.0,
            stage.minimum * flat_mark,
            kind="DIAMOND",
            nearer=0.25,
        )


def _octahedron(frame: Frame, at: tuple[float, float, float]) -> tuple[Batch, Batch]:
    """The faces over a minimum (b, w, loss) that are seen, and the lines that smooth their edges."""
    center = frame.stage.over(*at) + np.array([0.0, 0.0, 0.15])
    corners, normals = octahedron(center, 0.12)
    soft = np.maximum(0.0, (normals @ frame.rotation.T) @ LIGHT * 0.5 + 0.5)
    tints = np.ones((8, 4))
    tints[:, :3] = np.minimum(np.array(rgb(frame.theme.minimum)) * (0.72 + 0.42 * soft**2)[:, None], 1.0)
    toward = frame.eye - corners.reshape(8, 3, 3).mean(axis=1)
    front = (normals * toward).sum(axis=1) > 0
    faces = triangles(corners.reshape(8, 3, 3)[front].reshape(-1, 3), np.repeat(tints[front], 3, axis=0))
    edges = np.zeros((8, 3, 2, 4))
    edges[..., 0, [0, 1, 3]] = corners.reshape(8, 3, 3)
    edges[..., 1, [0, 1, 3]] = np.roll(corners.reshape(8, 3, 3), -1, axis=1)
    smooth = segments(edges[front].reshape(-1, 2, 4), np.repeat(tints[front], 3, axis=0))
    return Batch(faces), Batch(smooth)
