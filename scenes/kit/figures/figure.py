"""The protocol of every picture: it stands in a box, and is drawn at any row of the runs it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from manim import Mobject, VGroup, VMobject
from numpy.typing import NDArray

from gdscenes.kit.page.cell import Cell, Insets
from gdscenes.kit.type.digits import Digits

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Claim:
    """What a figure asserts by a mark's place or a number's digits.

    The figure only reads back what it has drawn; what would be true is computed by the test.

    Attributes
    ----------
    quantity : str
        "parameters", "loss", "gradient", "step" or what else the figure shows.
    run : str
        Name of the run in the story, "" for what belongs to none.
    row : int
    drawn : float or ndarray
        Read back from the page, in the units of the quantity.
    within : float or ndarray
        How finely it can be drawn: half of a last digit, or what rounding leaves of a place.
    """

    quantity: str
    run: str
    row: int
    drawn: float | Array
    within: float | Array

    @classmethod
    def read(cls, quantity: str, run: str, row: int, digits: Digits) -> Self:
        """What a written number says, to half a unit of its last digit."""
        drawn, unit = digits.value()
        return cls(quantity, run, row, drawn, 0.5 * unit * (1 + 1e-6))


class Turnable:
    """What has dials: `Lecture.turn` moves them, whatever kind of mobject it is drawn by.

    Dials (`window`, `box`, `factor` ...) are keyword arguments of `dial`; their values now are in `dials`.
    """

    @property
    def mobject(self) -> Mobject:
        """What is drawn anew when a dial moves: itself, or what it is a part of."""
        assert isinstance(self, Mobject)
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        """What can be turned, as it is now."""
        return {}

    def dial(self, **values: Any) -> Self:
        """Draw with some dials set."""
        raise NotImplementedError(f"{type(self).__name__} has no dials")

    def trimmings(self, *dials: str) -> list[VMobject]:
        """Parts that are not true while some dials turn, such as ticks: they are away meanwhile."""
        return []

    def settle(self) -> Self:
        """Make its trimmings anew, for the dials as they are."""
        return self


class AnyFigure(Turnable):
    """What every figure answers, be it made of vector shapes or, as the stage, of pixels."""

    row: int = 0
    """The row that it shows; a clock sets it."""

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Draw rows 0 to `row`, and a part `towards` of the way to the next one."""
        return self

    def insets(self) -> Insets:
        """Room that its ticks, names and head need round its axes."""
        return Insets()

    def ink(self) -> list[VMobject]:
        """What labels keep off."""
        return []

    def claims(self, row: int) -> Iterator[Claim]:
        """What it asserts when it shows a row."""
        return iter(())


class Figure(AnyFigure, VGroup):
    """A picture that can stand in any box and show any row.

    A figure of one's own says how it is drawn at a row::

        class Crumbs(Figure):
            def at(self, row, towards=0.0):
                self.dots.stand_at(self.plot.at(*self.run.parameters[: row + 1].T))
                return self
    """

    def ink(self) -> list[VMobject]:
        return [part for part in self.family_members_with_points() if isinstance(part, VMobject)]

    def bare(self, *dials: str) -> Self:
        """Take away what is not true while some dials turn."""
        self.remove(*self.trimmings(*dials))
        return self

    def renew(self, name: str, part: VMobject) -> None:
        """Put a new part in the place, and on the layer, of the one that an attribute names."""
        old = getattr(self, name)
        part.set_z_index(old.z_index)
        self.submobjects[self.submobjects.index(old)] = part
        setattr(self, name, part)


def stand_in_a_row(cells: Sequence[Cell], figures: Sequence[Figure]) -> None:
    """Stand each figure in its cell, the room round their axes alike, so that they align."""
    room = shared_insets(figures)
    for cell, figure in zip(cells, figures, strict=True):
        figure.dial(box=cell.inset(room)).settle()


def shared_insets(figures: Sequence[Figure]) -> Insets:
    """The room that figures in a row need, so that their axes align."""
    found = Insets()
    for figure in figures:
        found = found.joined(figure.insets())
    return found
