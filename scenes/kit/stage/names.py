"""What the paths on a stage are called, each beside its path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from manim import VMobject
from numpy.typing import NDArray

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.plot.labels import MARK, Ink, Label, place, plated
from gdscenes.kit.stage.parts import StagePath
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_BETWEEN = 12  # places from one row to the next
_CELL = 4.0  # places that share one are one, pixels


class PathNames(Figure):
    """Names beside the paths of a stage as it is seen now, each where its path is furthest from the others.

        self.say(PathNames(stage, story.runners))

    Parameters
    ----------
    stage : Stage
    runners : sequence of Runner
        With the names of their paths on it.
    off : iterable of VMobject
        What else they keep away from.
    """

    def __init__(self, stage: Stage, runners: Sequence[Runner], off: Iterable[VMobject] = ()) -> None:
        super().__init__()
        paths = {path.name: path for path in stage.paths}
        ways = [way_on_page(stage, path, int(path.row)) for path in (paths[each.name] for each in runners)]
        ink = Ink().add(*ways, *off, weight=MARK)
        labels = []
        for index, (each, way) in enumerate(zip(runners, ways, strict=True)):
            others = np.vstack([*ways[:index], *ways[index + 1 :]])
            apart = np.linalg.norm(way[:, None] - others[None], axis=2).min(axis=1)
            x, y = way[int(apart.argmax())]
            words = Words(each.label, SMALL, stage.theme, each.style.role)
            labels.append(Label(words, (float(x), float(y)), pad=12, gaps=(30, 60, 110)))
        place(labels, ink, stage.box)
        self.add(*(plated(label.text, stage.theme, 6, 0.8) for label in labels))
        lay("text", self)


def way_on_page(stage: Stage, path: StagePath, last_row: int) -> Array:
    """Pixels (n, 2) along what is seen of a path up to a row, in no order."""
    rows = path.parameters[: last_row + 1]
    shares = np.linspace(0, 1, _BETWEEN, endpoint=False)[:, None]
    between = (rows[:-1, None] + shares * np.diff(rows, axis=0)[:, None]).reshape(-1, 2)
    points = np.vstack([rows[:1], between[1:], rows[-1:]])
    losses = np.asarray(stage.loss(points))
    (b, w), limits = points.T, stage.window
    is_seen = (limits.x_low <= b) & (b <= limits.x_high) & (limits.y_low <= w) & (w <= limits.y_high)
    is_seen &= losses <= stage.cut
    pixels = stage.on_page(b[is_seen], w[is_seen], losses[is_seen])
    return np.asarray(np.unique(np.round(pixels / _CELL), axis=0) * _CELL)
