"""A descent as shapes: its line on the surface, the dots at its steps, its shadow on the floor."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.plot.clipping import clip_segment
from gdscenes.kit.stage.look import HEIGHT, TUBE
from gdscenes.kit.stage.shapes import Batch, marks, strip
from gdscenes.kit.stage.ways import under_cut

if TYPE_CHECKING:
    from gdscenes.kit.stage.parts import StagePath
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]

_SPACING = 0.03  # of the corners of a path between two rows
_NEAREST_ROWS = 0.002  # rows closer than this, a quarter of a pixel, share a corner
_SHARP = 0.4  # cosine of the turn beyond which a path is not mitred


class PathShapes:
    """One path: its line, the dots at its steps, and its shadow on the floor."""

    def __init__(self, stage: Stage, path: StagePath) -> None:
        lines, floor, dots, dot_rows, sizes = [], [], [], [], []
        for way, losses in self._pieces(stage, path.parameters, path.losses):
            rows = way[:, 2]
            at = np.zeros((len(way), 4))
            at[:, :2], at[:, 2] = stage.plane(way[:, :2]), losses / stage.cut
            slopes = stage.slopes(way[:, :2])
            space = at[:, :3] * np.array([1, 1, HEIGHT])
            length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(space, axis=0), axis=1))])
            for part in _gentle_parts(space):
                lines.append(strip(at[part], np.ones(4), slopes[part], rows[part], length[part]))
            for part in _gentle_parts(space[:, :2]):
                flat = at[part] * np.array([1, 1, 0, 0])
                floor.append(strip(flat, np.ones(4), rows=rows[part], way=length[part]))
            whole = np.flatnonzero((rows == np.round(rows)) & (rows > 0))
            before = np.concatenate([[0], whole[:-1]]) if len(whole) else whole
            gaps = np.linalg.norm(space[whole] - space[before], axis=1)
            dots.append(np.hstack([at[whole], slopes[whole]]))
            dot_rows.append(rows[whole])
            sizes.append(np.clip(gaps / 2, TUBE, 1.75 * TUBE))
        self.line = Batch(np.vstack(lines) if lines else np.zeros((0, 32)))
        self.floor = Batch(np.vstack(floor) if floor else np.zeros((0, 32)))
        all_dots = np.vstack(dots) if dots else np.zeros((0, 6))
        self.dots = Batch(
            marks(
                all_dots[:, :4],
                np.concatenate([*sizes, []]),
                all_dots[:, 4:],
                np.concatenate([*dot_rows, []]),
            )
        )

    @staticmethod
    def _pieces(stage: Stage, parameters: Array, losses: Array) -> list[tuple[Array, Array]]:
        """Runs of (b, w, row) with their losses, in the window and under the cut."""
        kept = _apart(stage.plane(parameters), _NEAREST_ROWS)
        runs: list[tuple[list[Array], list[Array]]] = []
        open_at = -1
        for k, following in pairwise(kept):
            start, end = parameters[k], parameters[following]
            clipped = clip_segment(start, end, stage.window)
            if clipped is None or np.array_equal(*clipped):
                open_at = -1
                continue
            share = _shares(start, end, clipped)
            n = max(1, math.ceil(float(np.linalg.norm(np.diff(stage.plane(clipped), axis=0))) / _SPACING))
            between = np.linspace(0.0, 1.0, n + 1)[:, None]
            way = np.hstack(
                [
                    clipped[0] + between * (clipped[1] - clipped[0]),
                    k + (following - k) * (share[0] + between * (share[1] - share[0])),
                ]
            )
            heights = np.array(stage.loss(way[:, :2]))
            # what is stored rules at the rows themselves
            if share[0] == 0.0:
                way[0, :2], way[0, 2], heights[0] = start, k, losses[k]
            if share[1] == 1.0:
                way[-1, :2], way[-1, 2], heights[-1] = end, following, losses[following]
            if open_at == k and share[0] == 0.0:
                runs[-1][0].append(way[1:])
                runs[-1][1].append(heights[1:])
            else:
                runs.append(([way], [heights]))
            open_at = int(following) if share[1] == 1.0 else -1
        return [
            run
            for ways, heights in runs
            for run in under_cut(stage, np.vstack(ways), np.concatenate(heights))
            if len(run[0]) > 1
        ]


def _shares(start: Array, end: Array, clipped: tuple[Array, Array]) -> tuple[float, float]:
    """How far along a segment its clipped ends lie."""
    along = end - start
    axis = int(np.argmax(np.abs(along)))
    first, last = ((point[axis] - start[axis]) / along[axis] for point in clipped)
    return float(first), float(last)


def _apart(places: Array, distance: float) -> list[int]:
    """Rows of places (n, 2) that are further apart than a distance, the first and the last among them."""
    kept = [0]
    here = places[0]
    for k in range(1, len(places) - 1):
        if math.dist(here, places[k]) > distance:
            kept.append(k)
            here = places[k]
    return [*kept, len(places) - 1] if len(places) > 1 else kept


def _gentle_parts(places: Array) -> list[slice]:
    """Parts of a line (n, k) without a sharp turn, each a slice that includes both its ends."""
    steps = np.diff(places, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    lengths[lengths == 0] = 1.0
    turn = (steps[:-1] * steps[1:]).sum(axis=1) / lengths[:-1] / lengths[1:]
    breaks = np.flatnonzero(turn < _SHARP) + 1
    ends = [0, *breaks, len(places) - 1]
    return [slice(a, b + 1) for a, b in pairwise(ends)]
