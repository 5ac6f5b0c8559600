"""What all frames of a stage have in common: meshes and lines that only the shaders raise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdmath import LossGrid
from gdscenes.kit.stage.field import LossField
from gdscenes.kit.stage.look import FADE, HEIGHT
from gdscenes.kit.stage.shapes import Batch, segments, strip
from gdscenes.kit.stage.ways import under_cut

if TYPE_CHECKING:
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]

_SAG = 0.0007  # how far the mesh may leave the surface, a tenth of a pixel


class StaticShapes:
    """What a stage's frames have in common: meshes and lines that only the shaders raise."""

    def __init__(self, stage: Stage) -> None:
        known, cut = stage.field, stage.cut
        counts, rising = _finest(known, cut)
        rows, v = _mesh(stage, *counts)
        cells = np.stack([v[:-1, :-1], v[1:, :-1], v[:-1, 1:], v[1:, 1:]])
        low, high = cells.min(axis=0), cells.max(axis=0)
        self.sheet = Batch(rows, _triangles(v.shape, low <= 1, rising))
        self.above = Batch(rows, _triangles(v.shape, (high >= 1) & (low <= 1 + FADE), rising))
        self.nodes = rows
        self.shape = v.shape
        n = _n_nodes_of_plate(known, cut)
        rows, v = _mesh(stage, n, n)
        cells = np.stack([v[:-1, :-1], v[1:, :-1], v[:-1, 1:], v[1:, 1:]])
        self.plate = Batch(rows, _triangles(v.shape, cells.min(axis=0) < math.inf))

        hx, hy = stage.half
        corners = np.array([[-hx, -hy, 0, 0], [hx, -hy, 0, 0], [hx, hy, 0, 0], [-hx, hy, 0, 0]])
        self.frame = Batch(strip(corners, np.ones(4), closed=True))
        window = stage.window
        edges = []
        for start, end, n in (
            ((window.x_low, window.y_low), (window.x_high, window.y_low), self.shape[1]),
            ((window.x_low, window.y_high), (window.x_high, window.y_high), self.shape[1]),
            ((window.x_low, window.y_low), (window.x_low, window.y_high), self.shape[0]),
            ((window.x_high, window.y_low), (window.x_high, window.y_high), self.shape[0]),
        ):
            way = np.linspace(start, end, n)
            for run, losses in under_cut(stage, way, known.loss(way)):
                if len(run) > 1:
                    edges.append(_line_on(stage, run, losses))
        self.edges = Batch(np.vstack(edges) if edges else np.zeros((0, 32)))
        pieces = known.level_pieces(cut)
        rim = np.zeros((*pieces.shape[:2], 4))
        rim[..., :2], rim[..., 2] = stage.plane(pieces), 1.0
        self.rim = Batch(segments(rim, np.ones(4), stage.slopes(pieces)))


def _mesh(stage: Stage, n_b: int, n_w: int) -> tuple[Array, Array]:
    """Nodes (n_w * n_b, 5) of an even mesh, x, y, loss / cut and its slopes; and loss / cut (n_w, n_b)."""
    window, known = stage.window, stage.field
    b, w = np.linspace(window.x_low, window.x_high, n_b), np.linspace(window.y_low, window.y_high, n_w)
    nodes = np.stack(np.meshgrid(b, w), axis=-1)
    v = known.loss(nodes) / stage.cut
    rows = np.concatenate([stage.plane(nodes), v[..., None], stage.slopes(nodes)], axis=-1)
    return rows.reshape(-1, 5), v


def _finest(known: LossField, cut: float) -> tuple[tuple[int, int], bool]:
    """Nodes along b and along w of the drawn mesh, and whether its cells' rising diagonals halve them.

    So many that its flat faces leave the surface by a tenth of a pixel at most, 26 to 201: more would cost
    time and change no pixel. Steps h along the axes that bend alike, L_bb h_b^2 = L_ww h_w^2 = e, and the
    diagonal along which L bends less, make triangles that leave a quadratic by

        e / (4 (1 + |r|)),    r = L_bw / sqrt(L_bb L_ww)
    """
    steps_w, steps_b = (size - 1 for size in known.losses.shape)
    low = known.losses < cut
    twice = [np.abs(np.diff(known.losses, n=2, axis=axis)) for axis in (1, 0)]
    bend_b = float(twice[0][low[:, 1:-1]].max(initial=0.0)) * steps_b**2
    bend_w = float(twice[1][low[1:-1]].max(initial=0.0)) * steps_w**2
    mixed = np.diff(np.diff(known.losses, axis=0), axis=1)[low[:-1, :-1]] * steps_b * steps_w
    rising = bool(mixed.sum() < 0)
    least = float((-mixed if rising else mixed).min(initial=math.inf))
    turned = max(least / math.sqrt(bend_b * bend_w), 0.0) if low.any() and bend_b * bend_w > 0 else 0.0
    n_b, n_w = (
        int(
            np.clip(
                math.ceil(math.sqrt(HEIGHT * bend / cut / 4 / (1 + min(turned, 1.0)) / _SAG)) + 1, 26, 201
            )
        )
        for bend in (bend_b, bend_w)
    )
    return (n_b, n_w), rising


def _n_nodes_of_plate(known: LossField, cut: float) -> int:
    """Nodes along each side from which the shaders, exact for a quadratic, make every loss of the grid."""
    nodes = np.stack(np.meshgrid(known.b, known.w), axis=-1)
    near = known.losses < 2 * cut
    for n in (3, 11, 26, 51):
        b, w = (np.linspace(side[0], side[-1], n) for side in (known.b, known.w))
        coarse = np.stack(np.meshgrid(b, w), axis=-1)
        trial = LossField(LossGrid(b, w, known.loss(coarse)))
        if np.abs(trial.loss(nodes) - known.losses)[near].max(initial=0.0) < 1e-6 * cut:
            return n
    return 101


def _triangles(shape: tuple[int, ...], wanted: NDArray[np.bool_], rising: bool = True) -> NDArray[np.int32]:
    """Corners of two triangles for each wanted cell (m - 1, n - 1) of a grid (m, n), halved by a diagonal."""
    at = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    halves = [a, b, c, a, c, d] if rising else [b, c, d, b, d, a]
    return np.stack(halves, axis=-1)[wanted].reshape(-1)


def _line_on(stage: Stage, way: Array, losses: Array) -> Array:
    at = np.zeros((len(way), 4))
    at[:, :2], at[:, 2] = stage.plane(way), losses / stage.cut
    return strip(at, np.ones(4), stage.slopes(way))
