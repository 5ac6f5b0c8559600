"""A stage whose bowl goes over into another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from gdmath import LeastSquares, LossGrid, loss_grid, window_below
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.stage import Stage

_GLASS = 0.2  # of the near wall, that it does not hide the far one
_NODES = (41, 41)  # of the grid: a quadratic is exact between them


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


def _grid(problem: LeastSquares, cut: float) -> LossGrid:
    return loss_grid(problem, window_below(problem, cut), _NODES)
