"""How high the level lines of a stage are, where it is a map."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import VMobject

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.plot.contours import Contours
from gdscenes.kit.stage.stage import Stage


class LevelNumbers(Figure):
    """A number on some level lines of a stage that is seen from above, and what lies beyond its cut.

        self.show(LevelNumbers(stage, story.problem, (1, 2, 3), story.loss_name))

    They keep off the paths on it, off its minimum, and off what else is named.

    Parameters
    ----------
    stage : Stage
    problem : LeastSquares
        Whose loss it shows.
    levels : iterable of float
    loss_name : str
    off : iterable of VMobject
    """

    def __init__(
        self,
        stage: Stage,
        problem: LeastSquares,
        levels: Iterable[float],
        loss_name: str,
        off: Iterable[VMobject] = (),
    ) -> None:
        super().__init__()
        plot, contours = stage.plot, Contours(problem, (*stage.levels, stage.cut), stage.theme)
        marks = np.vstack([problem.minimizer, *(path.parameters for path in stage.paths)])
        taken = np.vstack(
            [plot.pixels(marks[:, 0], marks[:, 1]), *(sheet.pixels(each.points) for each in off)]
        )
        self.add(*contours.labels(plot, levels, taken), contours.beyond(plot, loss_name))
        lay("text", self)
