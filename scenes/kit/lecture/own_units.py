"""A user's own units: what a teaching frame counts in, and the best line back in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

import numpy as np
from manim import VGroup

from gdmath import BIAS, Dataset, TeachingFrame
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import grouped, tr
from gdscenes.kit.type.notation import in_full, markup, rounded, shortest
from gdscenes.kit.type.typeset import Type, Words, literal, name_source

MOST_DRAWN = 200
"""Points of a dataset that a picture shows; all are computed."""

_BELOW_MIDDLE = (-190.0, -100.0, -40.0, 100.0, 200.0)
"""Baselines of the lines of a page, pixels."""
_LINE = sheet.SAFE.width / SMALL  # em


def counted(origin: float, scale: float, symbol: str, power: int = 0) -> str:
    """Typst source of what a column is in a frame, as it stands after its name: `` = 20 + 10 x``.

    Where the numbers of the column are divided by a power of ten, so is it: `` / 10^5 = 2 + 0.5 y``.
    """
    divided = f"#h(.2em)$\\/10^({power})$" if power else ""
    if (origin, scale) == (0.0, 1.0):
        return divided
    start = f"{markup(shortest(origin * 10.0**-power))} + " if origin else ""
    times = "" if scale == 10.0**power else f"{markup(shortest(scale * 10.0**-power))} thin "
    return f"{divided} $= {start}{times}{symbol}$"


def columns_of(dataset: Dataset) -> tuple[str, str]:
    """Typst source of feature and target in their frame, ``bmi = 20 + 10 x`` and ``progression = 100 y``."""
    frame = dataset.frame or TeachingFrame()
    x_counted = counted(frame.x_origin, frame.x_scale, "x")
    y_counted = counted(frame.y_origin, frame.y_scale, "y")
    return (
        name_source(dataset.x_name, dataset.x_unit, x_counted, _LINE),
        name_source(dataset.y_name, dataset.y_unit, y_counted, _LINE),
    )


def told_of(dataset: Dataset, theme: Theme) -> list[Words]:
    """What a title says of a user's data: its file and rows, and what the frame counts in.

    Of a preset nothing is said, unless it has more rows than a picture shows.
    """
    n, is_own = dataset.x.size, bool(dataset.source)
    if not is_own and n <= MOST_DRAWN:
        return []
    rows = f", {tr('{n} rows', n=grouped(n))}"
    if n > MOST_DRAWN:
        rows = f", {tr('{n} rows, up to {drawn} drawn', n=grouped(n), drawn=MOST_DRAWN)}"
    sources = [name_source(dataset.name, after=rows, room=_LINE)]
    if dataset.frame is not None:
        sources += columns_of(dataset)
    return [Words(each, SMALL, theme, "muted") for each in sources]


class OwnUnits(VGroup):
    """The best line in the frame, what the frame counts in, and the same line in the units of the table.

    In these its height is told where the frame has its origin, where it needs no more digits than the data.

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
        line = problem.minimizer
        error = problem.predict(line) - problem.y
        miss = frame.y_scale * float(np.sqrt(np.mean(error**2)))
        unit = f" {literal(dataset.y_unit)}" if dataset.y_unit else ""
        self.inside = _line(lambda _: ("$yhat$", "$x$"), line.tolist(), MEDIUM, theme)
        self.frame = VGroup(*(Words(each, SMALL, theme, "muted") for each in columns_of(dataset)))
        _, w = frame.parameters_outside(line)
        at_origin = float(frame.y_outside(line[BIAS]))

        def names(room: float) -> tuple[str, str]:
            x = name_source(dataset.x_name, room=room)
            if frame.x_origin:
                sign, size = "+" if frame.x_origin < 0 else "-", markup(shortest(abs(frame.x_origin)))
                x = f"{literal('(')}{x} ${sign} {size}$)"
            return name_source(dataset.y_name, room=room), x

        self.outside = _line(names, (at_origin, float(w)), LARGE, theme)
        self.miss = Words(f"{tr('typical miss')} ${markup(rounded(miss, 3))}${unit}", SMALL, theme, "loss")
        told = (self.inside, *self.frame, self.outside, self.miss)
        for drawn, below in zip(told, _BELOW_MIDDLE, strict=True):
            drawn.place(sheet.WIDTH / 2, sheet.HEIGHT / 2 + below, "center")
        self.add(self.inside, self.frame, self.outside, self.miss)


def _line(
    names: Callable[[float], tuple[str, str]], parameters: Sequence[float], em: float, theme: Theme
) -> Type:
    """``progression = -117.8 + 10.23 bmi``, as large as the page bears; long names are shortened.

    Parameters
    ----------
    names : callable
        Typst source of target and feature in a room, em.
    """
    b, w = parameters

    def row(size: float, room: float = inf) -> Block:
        target, feature = names(room)
        return Block(
            [
                Words(f"{target} $=$", size, theme),
                Digits(in_full(b), size, theme, "bias"),
                Words("$-$" if w < 0 else "$+$", size, theme),
                Digits(in_full(abs(w)), size, theme, "weight"),
                Words(feature, size, theme),
            ]
        )

    def width(block: Block) -> float:
        left, right = block.extent()
        return (right - left) * sheet.PIXELS_PER_UNIT

    size = fitted(sheet.SAFE.width, (em, MEDIUM, SMALL), lambda each: width(row(each)))
    if width(row(size)) <= sheet.SAFE.width:
        return row(size)
    return row(size, (sheet.SAFE.width - width(row(size, 0.0))) / 2 / size)
