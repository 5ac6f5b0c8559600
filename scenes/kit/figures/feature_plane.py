"""The points of a feature in some unit, with a line among them, in axes whose numbers stay short."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import Dataset, Standardizer
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, PowerAxis, compact, round_axis
from gdscenes.kit.plot.marks import Dots, Segments
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]


def names_of(plot: Plot) -> VGroup:
    """The axes' names, those that hold a power of ten where there is room for them."""
    names = plot.name_axes()
    x, y = names
    assert isinstance(x, Words)
    assert isinstance(y, Words)
    if isinstance(plot.x, PowerAxis):
        x.place(plot.box.right + 20, sheet.pixels(x.origin)[1] + 56, "right")
    if isinstance(plot.y, PowerAxis):
        y.place(plot.box.left - 60, sheet.pixels(y.origin)[1])
    return names


def rescaled(axis: Axis, scaler: Standardizer, name: str) -> Axis:
    """The same stretch of an axis in another unit, with ticks of its own."""
    low, high = sorted(scaler.transform([axis.low, axis.high]))
    return compact(round_axis(low, high, name))


class FeaturePlane:
    """The points and one line in the unit of a feature.

    Parameters
    ----------
    dataset : Dataset
    box : Box
    x, y : Axis
    theme : Theme

    Attributes
    ----------
    plot : Plot
    names : VGroup
        Of the axes.
    train, validation : Dots
    line : Segments
    """

    def __init__(self, dataset: Dataset, box: Box, x: Axis, y: Axis, theme: Theme) -> None:
        self.dataset, self.problem = dataset, dataset.problem()
        self.plot = Plot(box, x, y, theme)
        self.names = names_of(self.plot)
        self.train = Dots(theme.data, 9, rim=theme.ground)
        self.validation = Dots(theme.data, 8, hollow=True)
        self.line = Segments(theme.model, 8)
        self.stand(dataset)

    def stand(self, dataset: Dataset) -> None:
        """Put the points where a dataset has them."""
        self.train.stand_at(self.plot.at(dataset.x_train, dataset.y_train))
        self.validation.stand_at(self.plot.at(dataset.x_validation, dataset.y_validation))

    def draw(self, parameters: Array, x: Array) -> Segments:
        """Draw the line of (b, w) over a stretch of the feature."""
        pieces = self.plot.clipped(x, self.problem.predict(parameters, x))
        ends = [points for piece in pieces for points in (piece[0], piece[-1])]
        return self.line.set_ends(np.array(ends[0::2]), np.array(ends[1::2]))

    def everything(self) -> VGroup:
        return VGroup(self.plot, self.names, self.train, self.validation)
