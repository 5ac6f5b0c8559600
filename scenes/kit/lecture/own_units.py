"""A user's own units: what a teaching frame counts in, and the best line back in them."""

from __future__ import annotations

import numpy as np
from manim import VGroup

from gdmath import Dataset, TeachingFrame
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import markup, rounded, shortest
from gdscenes.kit.type.typeset import Type, Words, literal, name_source

_PITCH = 118.0


def counted(source: str, origin: float, scale: float, symbol: str) -> str:
    """Typst source of what a column is in a frame: ``bmi = 20 + 10 x``."""
    if (origin, scale) == (0.0, 1.0):
        return source
    start = f"{markup(shortest(origin))} + " if origin else ""
    times = "" if scale == 1.0 else f"{markup(shortest(scale))} thin "
    return f"{source} $= {start}{times}{symbol}$"


def columns_of(dataset: Dataset) -> tuple[str, str]:
    """Typst source of feature and target in their frame, ``bmi = 20 + 10 x`` and ``progression = 100 y``."""
    frame = dataset.frame or TeachingFrame()
    return (
        counted(name_source(dataset.x_name), frame.x_origin, frame.x_scale, "x"),
        counted(name_source(dataset.y_name), frame.y_origin, frame.y_scale, "y"),
    )


def told_of(dataset: Dataset, theme: Theme) -> list[Words]:
    """What a title says of a user's data: its file and rows, and what the frame counts in."""
    rows = f"{dataset.x.size:,} rows"
    words = [Words(f"{literal(dataset.name)}, {rows}", SMALL, theme, "muted")]
    if dataset.frame is not None:
        words += [Words(each, SMALL, theme, "muted") for each in columns_of(dataset)]
    return words


class OwnUnits(VGroup):
    """The best line in the frame, what the frame counts in, and the same line in the units of the table.

    Parameters
    ----------
    dataset : Dataset
        In a frame.
    theme : Theme

    Attributes
    ----------
    inside, frame, outside : Type
        In the order in which they are told.
    miss : Type
        The root of the mean squared error of the line, in the unit of the target.
    """

    def __init__(self, dataset: Dataset, theme: Theme) -> None:
        super().__init__()
        frame, problem = dataset.frame, dataset.problem()
        assert frame is not None, "what is in no frame has only its own units"
        x, y = (name_source(name) for name in (dataset.x_name, dataset.y_name))
        line = problem.minimizer
        error = problem.predict(line) - problem.y
        miss = frame.y_scale * float(np.sqrt(np.mean(error**2)))
        unit = f" {literal(dataset.y_unit)}" if dataset.y_unit else ""
        self.inside = _line("$yhat$", "$x$", line, MEDIUM, theme)
        self.frame = VGroup(*(Words(each, SMALL, theme, "muted") for each in columns_of(dataset)))
        self.outside = _line(y, x, frame.parameters_outside(line), LARGE, theme)
        self.miss = Words(f"typical miss ${markup(rounded(miss, 3))}${unit}", SMALL, theme, "loss")
        baseline = sheet.HEIGHT / 2 - 2 * _PITCH
        for drawn in (self.inside, *self.frame, self.outside, self.miss):
            baseline += _PITCH
            drawn.place(sheet.WIDTH / 2, baseline, "center")
        self.add(self.inside, self.frame, self.outside, self.miss)


def _line(target: str, feature: str, parameters: np.ndarray, em: float, theme: Theme) -> Type:
    """``progression = -117.8 + 10.23 bmi``, as large as the page bears."""
    b, w = parameters

    def row(size: float) -> Block:
        return Block(
            [
                Words(f"{target} $=$", size, theme),
                Digits(rounded(b), size, theme, "bias"),
                Words("$-$" if w < 0 else "$+$", size, theme),
                Digits(rounded(abs(w)), size, theme, "weight"),
                Words(feature, size, theme),
            ]
        )

    def width(size: float) -> float:
        left, right = row(size).extent()
        return (right - left) * sheet.PIXELS_PER_UNIT

    return row(fitted(sheet.SAFE.width, (em, MEDIUM, SMALL), width))
