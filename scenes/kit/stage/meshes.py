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

_SAG = 0.0008  # how far the mesh may leave the surface, a tenth of a pixel


class StaticShapes:
    """What a stage's frames have in common: meshes and lines that only the shaders raise."""

    def __init__(self, stage: Stage) -> None:
        known, cut = stage.field, stage.cut
        rows, v = _mesh(stage, _n_nodes(known, cut))
        cells = np.stack([v[:-1, :-1], v[1:, :-1], v[:-1, 1:], v[1:, 1:]])
        low, high = cells.min(axis=0), cells.max(axis=0)
        self.sheet = Batch(rows, _triangles(v.shape, low <= 1))
        self.above = Batch(rows, _triangles(v.shape, (high >= 1) & (low <= 1 + FADE)))
        self.nodes = rows
        self.shape = v.shape
        rows, v = _mesh(stage, _n_nodes_of_plate(known, cut))
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

        height = np.zeros((61, 4))
        height[:, :2], height[:, 2] = -stage.half, np.linspace(0, 1, 61)
        self.height_axis = height


def _mesh(stage: Stage, n: int) -> tuple[Array, Array]:
    """Nodes (n * n, 5) of an even mesh, x, y, loss / cut and its slopes; and loss / cut (n, n)."""
    window, known = stage.window, stage.field
    b, w = np.linspace(window.x_low, window.x_high, n), np.linspace(window.y_low, window.y_high, n)
    nodes = np.stack(np.meshgrid(b, w), axis=-1)
    own = n == len(known.b) == len(known.w)
    v = (known.losses if own else known.loss(nodes)) / stage.cut
    rows = np.concatenate([stage.plane(nodes), v[..., None], stage.slopes(nodes)], axis=-1)
    return rows.reshape(-1, 5), v


def _n_nodes(known: LossField, cut: float) -> int:
    """Nodes along each side of the drawn mesh: so many that its flat faces leave the surface by a tenth of a
    pixel at most, 101 to 201. A finer grid would cost time and change no pixel."""
    low = known.losses < cut
    bend = 0.0
    for axis in (0, 1):
        second = np.abs(np.diff(known.losses, n=2, axis=axis))
        inner = low[1:-1] if axis == 0 else low[:, 1:-1]
        bend += float(second[inner].max(initial=0.0)) * (known.losses.shape[axis] - 1) ** 2
    return int(np.clip(math.ceil(math.sqrt(HEIGHT * bend / cut / 8 / _SAG)) + 1, 101, 201))


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


def _triangles(shape: tuple[int, ...], wanted: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Corners of two triangles for each wanted cell (m - 1, n - 1) of a grid (m, n)."""
    at = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    return np.stack([a, b, c, a, c, d], axis=-1)[wanted].reshape(-1)


def _line_on(stage: Stage, way: Array, losses: Array) -> Array:
    at = np.zeros((len(way), 4))
    at[:, :2], at[:, 2] = stage.plane(way), losses / stage.cut
    return strip(at, np.ones(4), stage.slopes(way))
