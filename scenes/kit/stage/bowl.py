"""A stage whose bowl goes over into another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import VGroup

from gdmath import LeastSquares, LossGrid, loss_grid, window_below
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import Arrow
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.type.typeset import Words

_GLASS = 0.2  # of the near wall, that it does not hide the far one
_NODES = (41, 41)  # of the grid: a quadratic is exact between them
_LONG, _BEYOND, _SHAFT = 150.0, 34.0, 5.0  # of the longest arrow, its name beyond its tip, pixels
_TALL = 1.4  # times as long is the arrow of the loss, whose name else meets that of b behind it


class BowlStage(Stage):
    """The bowl of a loss up to a level, with no plate under it; its dial `problem` makes it another bowl.

        bowl = BowlStage(story.problem, 3.0, theme, camera)
        self.turn(bowl, kappa, problem=story.on_the_way)

    It is always as long as there is room: what changes is its shape.

    Parameters
    ----------
    problem : LeastSquares
        One with a bias and a unique minimizer.
    cut : float
        Loss at which the bowl ends.
    theme : Theme
    camera : StageCamera
    """

    def __init__(self, problem: LeastSquares, cut: float, theme: Theme, camera: StageCamera) -> None:
        self.problem = problem
        super().__init__(
            _grid(problem, cut), theme, camera, cut=cut, loss=problem.loss, minimum=problem.minimizer
        )
        self.floor = self.axes = self.floor_minimum = 0.0
        self.underside = _GLASS

    @property
    def dials(self) -> Mapping[str, Any]:
        return {**super().dials, "problem": self.problem}

    def dial(self, **values: Any) -> Self:
        if "problem" in values:
            self.problem = values.pop("problem")
            problem = self.problem
            self.lay_over(_grid(problem, self.cut), problem.loss, problem.minimizer)
        return super().dial(**values)


class StageAxes(VGroup):
    """Where b, w and the loss grow on a stage: three named arrows beside it, and room between their names.

        axes = StageAxes(bowl, (170, 900), ("$bias$", "$weight$", story.loss_markup))
        self.turn_page(bowl, axes)

    They are those of the camera as it is; their lengths say nothing of a unit.

    Parameters
    ----------
    stage : Stage
    foot : tuple of float
        Where they begin, pixels of the page.
    names : sequence of str
        Of b, w and the loss, Typst markup.

    Attributes
    ----------
    arrows : list of Arrow
    names : VGroup
    """

    def __init__(self, stage: Stage, foot: tuple[float, float], names: Sequence[str]) -> None:
        super().__init__()
        seen = stage.seen(np.vstack([np.zeros(3), np.eye(3)]))
        ways = seen[1:] - seen[0]
        ways[2] *= _TALL
        ways *= _LONG / np.linalg.norm(ways, axis=1).max()
        self.arrows, self.names = [], VGroup()
        for way, name in zip(ways, names, strict=True):
            tip = np.asarray(foot) + way
            self.arrows.append(Arrow(stage.theme.ink, _SHAFT).between(sheet.at(*foot), sheet.at(*tip)))
            x, y = tip + _BEYOND * way / np.linalg.norm(way)
            self.names.add(Words(name, MEDIUM, stage.theme).place(x, y + MEDIUM / 4, "center"))
        self.add(*self.arrows, self.names)
        lay("text", self)


def _grid(problem: LeastSquares, cut: float) -> LossGrid:
    return loss_grid(problem, window_below(problem, cut), _NODES)
