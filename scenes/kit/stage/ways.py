"""Ways over the surface of a stage: what of them is not above its cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gdscenes.kit.stage.parts import StageCut
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]

_ROOT_STEPS = 50


def under_cut(stage: Stage, way: Array, losses: Array) -> list[tuple[Array, Array]]:
    """The runs of a way (n, k), parameters first, whose losses (n,) are not above the cut; ends exact."""
    inside = losses <= stage.cut
    if inside.all():
        return [(way, losses)]
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    low, high = np.zeros(len(changes)), np.ones(len(changes))
    start, end = way[changes], way[changes + 1]
    for _ in range(_ROOT_STEPS if len(changes) else 0):
        middle = (low + high) / 2
        points = start + middle[:, None] * (end - start)
        same = (stage.loss(points[:, :2]) <= stage.cut) == inside[changes]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    crossings = start + ((low + high) / 2)[:, None] * (end - start)
    runs, first = [], 0
    for piece in range(len(changes) + 1):
        last = changes[piece] + 1 if piece < len(changes) else len(way)
        if inside[first]:
            parts, heights = [way[first:last]], [losses[first:last]]
            if piece > 0:
                parts.insert(0, crossings[piece - 1 : piece])
                heights.insert(0, np.array([stage.cut]))
            if piece < len(changes):
                parts.append(crossings[piece : piece + 1])
                heights.append(np.array([stage.cut]))
            runs.append((np.vstack(parts), np.concatenate(heights)))
        first = last
    return runs


def cut_curve(cut: StageCut, n: int = 181) -> list[tuple[Array, Array]]:
    """Where a cut plane meets the surface: runs of parameters (n, 2) with exact losses (n,)."""
    stage, free = cut.stage, 1 - cut.fixed
    low, high = stage.window[2 * free : 2 * free + 2]
    way = np.full((n, 2), cut.at)
    way[:, free] = np.linspace(low, low + cut.drawn * (high - low), n)
    return [run for run in under_cut(stage, way, stage.loss(way)) if len(run[0]) > 1]
