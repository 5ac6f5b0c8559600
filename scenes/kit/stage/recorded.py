"""A stage for a recorded run: the loss over its plane, its path, and the stalks to its true losses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdmath import LossGrid, ProjectedRun, contour_levels
from gdscenes.kit.figures.figure import Claim
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axis import Decades
from gdscenes.kit.plot.contours import shortest_level
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.stage.views import clearest_view
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import power_of_ten

Array = NDArray[np.float64]

_BEYOND_CUT = 2.0  # times the cut: what is higher is nowhere seen, and would ring in the cells beside it
_NUMBERED = 3
_LEVELS = {False: 6, True: 10}  # at most, on linear heights and on those of decades


@dataclass(frozen=True)
class _Rows:
    parameters: Array
    losses: Array


@dataclass(frozen=True)
class RaisedDecades(Decades):
    """An axis of decimal logarithms above that of a floor."""

    floor: float = 1.0

    def label(self, tick: float) -> str:
        return power_of_ten(round(tick + math.log10(self.floor)))


class RecordedStage(Stage):
    """The loss over the plane of a recorded run, with its path on it and the stalks of its rows.

        stage = RecordedStage(story.recording, theme, camera, cut=story.ceiling, floor=story.floor)
        self.show(stage.empty())
        self.turn(stage.gaps, opacity=1.0, grown=1.0)

    The path lies at the loss of the plane; see `StageStalks` for what that hides.

    Parameters
    ----------
    run : ProjectedRun
    theme : Theme
    camera : StageCamera
    cut : float
        Loss at which the surface is cut.
    floor : float
        A loss below all others from which heights count decades; 0 has them count the loss itself.
    names : tuple of str
        Of the axes of the plane, Typst markup.
    units : array_like, shape (2,)
        See `Stage`.

    Attributes
    ----------
    path : StagePath
    gaps : StageStalks
    """

    def __init__(
        self,
        run: ProjectedRun,
        theme: Theme,
        camera: StageCamera,
        *,
        cut: float,
        floor: float,
        names: tuple[str, str],
        units: ArrayLike = (1.0, 1.0),
    ) -> None:
        self.floor_loss = floor
        lowest = floor or float(run.grid.losses.min())
        levels = contour_levels(lowest, cut, at_most=_LEVELS[floor > 0])
        heights = self.heights(np.minimum(run.grid.losses, _BEYOND_CUT * cut))
        super().__init__(
            LossGrid(run.grid.b, run.grid.w, heights),
            theme,
            camera,
            cut=float(self.heights(cut)),
            levels=self.heights(levels),
            units=units,
            names=names,
        )
        if floor:
            powers = range(math.ceil(math.log10(floor)), math.floor(math.log10(cut)) + 1)
            ticks = tuple(power - math.log10(floor) for power in powers)
            self.loss_axis = RaisedDecades(0.0, self.cut, ticks, 0, "", floor)
        self.path = self.add_path(_Rows(run.coordinates, self.heights(run.row_losses)), "recording")
        self.gaps = self.add_stalks(self.path, self.heights(run.losses))
        self.view = clearest_view(self, self.path)

    def heights(self, losses: ArrayLike) -> Array:
        """How high losses are drawn, in the units of the stage."""
        losses = np.asarray(losses, dtype=float)
        return np.log10(np.maximum(losses, self.floor_loss) / self.floor_loss) if self.floor_loss else losses

    def losses_at(self, heights: ArrayLike) -> Array:
        """The losses at some heights: the inverse of `heights`."""
        heights = np.asarray(heights, dtype=float)
        return self.floor_loss * 10.0**heights if self.floor_loss else heights

    def ruler(self) -> StageRuler:
        """What its axes say, with the losses of some level lines beside their ends."""
        levels = (*self.levels, self.cut)
        if self.floor_loss:
            round_ones = [each for each in levels[:-1] if _is_power_of_ten(float(self.losses_at(each)))]
            levels = (*round_ones, self.cut)
        shown = levels[-_NUMBERED:]
        return StageRuler(self, tr("loss"), self.grid, shown, written=self._written, off=[self.path])

    def _written(self, height: float) -> str:
        return shortest_level(float(f"{float(self.losses_at(height)):.9g}"))

    def claims(self, row: int) -> Iterator[Claim]:
        """Where the ball and the tip of its stalk are drawn, in losses."""
        for claim in super().claims(row):
            if claim.quantity == "loss":
                drawn = float(self.losses_at(claim.drawn))
                within = abs(float(self.losses_at(claim.drawn + claim.within)) - drawn) + 1e-12 * drawn
                yield Claim("loss in the plane", claim.run, claim.row, drawn, within)
            else:
                yield Claim("coordinates", claim.run, claim.row, claim.drawn, claim.within)


def _is_power_of_ten(value: float) -> bool:
    return abs(math.remainder(math.log10(value), 1.0)) < 1e-9
