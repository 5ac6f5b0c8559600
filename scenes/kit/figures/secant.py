"""The tangent of a cut, and the secant that becomes it as its step shrinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.labels import MARK, Ink, Label, place
from gdscenes.kit.plot.marks import Dots, Polyline, Segments, start_ring
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_BEHIND, _AHEAD = 130.0, 330.0  # of the line, pixels: before its point, and at least after it
_BEYOND = 60.0  # and after the second point of a secant


def _draw_line(
    line: Segments, plot: Places, point: tuple[float, float], slope: float, behind: float, ahead: float
) -> None:
    """A straight line through a point, so many pixels to the left and to the right of it, cut at the axes."""
    x, y = point
    across = np.hypot(plot.box.width / (plot.x.high - plot.x.low), slope * plot.y_pixels_per_unit)
    ends = x + np.array([-behind, ahead]) / across
    pieces = plot.clipped(ends, y + slope * (ends - x))
    if pieces:
        line.set_ends(pieces[0][:1], pieces[0][-1:])
    else:
        line.clear_points()


class Tangent(Figure):
    """A straight line that touches a cut; its slope is the derivative there.

        self.tangent = Tangent(self.cut, start)
        self.play(Create(self.tangent.line))
        self.advance(Clock(self.cut, self.tangent), to=3)

    It goes with the run that the cut follows. Its dial is `place`, the parameter of its point.

    Parameters
    ----------
    cut : Cut
    place : float
    half : float, optional
        How long it is on either side, pixels; by default it reaches farther to where the loss falls at first.
    width : float
        Of the line, pixels.
    """

    def __init__(self, cut: Cut, place: float, *, half: float | None = None, width: float = 5.0) -> None:
        super().__init__()
        self.cut = cut
        behind, ahead = (_BEHIND, _AHEAD) if half is None else (half, half)
        self.reach = (behind, ahead) if cut.slope(place) <= 0 else (ahead, behind)
        self.line = Segments(cut.theme.ink, width)
        self.add(self.line)
        self.dial(place=place)

    def at(self, row: int, towards: float = 0.0) -> Self:
        if self.cut.follows:
            self.dial(place=float(self.cut.follows.between(row, towards)[0]))
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"place": self.place}

    def dial(self, **values: Any) -> Self:
        self.place = values["place"]
        slope = self.cut.slope(self.place)
        _draw_line(self.line, self.cut.plot, (self.place, self.cut.loss(self.place)), slope, *self.reach)
        return self

    @property
    def slope(self) -> float:
        """As it is drawn."""
        (x, y), (far_x, far_y) = (self.cut.plot.values(end)[0] for end in self.line.ends())
        return float((far_y - y) / (far_x - x))

    def claims(self, row: int) -> Iterator[Claim]:
        if self.cut.follows and self.line.has_points():
            fine = 1e-6 * (self.cut.plot.y.high - self.cut.plot.y.low)
            fine /= self.cut.plot.x.high - self.cut.plot.x.low
            yield Claim("gradient", self.cut.follows.name, row, np.array([self.slope]), fine)


class Secant(Figure):
    """A step along a cut, the rise over it, and the straight line through both points.

        self.secant = Secant(self.cut, start, delta=2.0)
        self.turn(self.secant, delta=1.0)
        self.turn(self.secant, delta=0.0)        # the tangent

    Its dial is `delta`, the step; at 0 only the line, now the tangent, and its point are drawn.

    Parameters
    ----------
    cut : Cut
    place : float
        Where the step begins.
    delta : float
    plot : Places, optional
        Other axes in which the cut is seen.
    curve : Polyline, optional
        The curve in them.

    Attributes
    ----------
    line, step, rise : Segments
    first, second : Dots
        The points on the curve.
    """

    def __init__(
        self,
        cut: Cut,
        place: float,
        delta: float,
        *,
        plot: Places | None = None,
        curve: Polyline | None = None,
    ) -> None:
        super().__init__()
        self.cut, self.place, self.side = cut, place, float(np.sign(delta))
        self.plot, self.curve = plot or cut.plot, curve or cut.curve
        theme = cut.theme
        self.line = Segments(theme.ink, 5)
        self.step, self.rise = Segments(theme.color(cut.role), 5), Segments(theme.loss, 5)
        self.first = start_ring(theme, 12)
        self.second = Dots(theme.data, 11, rim=theme.ground, rim_width=3)
        lay("marks", self.second)
        lay("moving", self.first)
        self.add(self.line, self.step, self.rise, self.first, self.second)
        self.dial(delta=delta)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"delta": self.delta}

    def dial(self, **values: Any) -> Self:
        self.delta = float(values["delta"])
        x, y, slope = self.place, self.cut.loss(self.place), self.cut.slope(self.place, self.delta)
        there = x + self.delta
        first, corner, second = self.plot.at([x, there, there], [y, y, y + slope * self.delta])[:, None]
        ahead = _AHEAD
        if self.delta:
            self.step.set_ends(first, corner)
            self.rise.set_ends(corner, second)
            self.second.stand_at(second)
            ahead = max(ahead, self._length() + _BEYOND)
        else:
            for part in (self.step, self.rise, self.second):
                part.clear_points()
        behind, ahead = (_BEHIND, ahead) if self.side > 0 else (ahead, _BEHIND)
        _draw_line(self.line, self.plot, (x, y), slope, behind, ahead)
        self.first.stand_at(first)
        return self

    def _length(self) -> float:
        """From the first point to the second, pixels."""
        across = self.plot.box.width / (self.plot.x.high - self.plot.x.low)
        slope = self.cut.slope(self.place, self.delta) * self.plot.y_pixels_per_unit
        return float(abs(self.delta) * np.hypot(across, slope))

    def ghost(self) -> VGroup:
        """What stays behind of it: a thin line, and the second point."""
        line = Segments(self.cut.theme.data, 3, 0.6).set_ends(*self.line.ends())
        dot = Dots(self.cut.theme.data, 9, rim=self.cut.theme.ground, rim_width=3)
        ghost = VGroup(line, dot.stand_at(self.second.centers()))
        lay("ghosts", ghost)
        return ghost

    def legs(self, loss_name: str, step: str, rise: str) -> tuple[Block, Block]:
        """Step and rise with their numbers, beside them where they cover least.

        Parameters
        ----------
        loss_name : str
        step, rise : str
            How they are written; the `Digits` are the last of the parts of each block.
        """
        theme, role = self.cut.theme, self.cut.role
        blocks = (
            Block([Words(f"$Delta {role} =$", SMALL, theme), Digits(step, SMALL, theme, role)]),
            Block(
                [Words(f'$Delta$#loss("{loss_name}") $=$', SMALL, theme)],
                [Digits(rise, SMALL, theme, "loss")],
            ),
        )
        across, down = (sheet.pixels(np.vstack(leg.ends())) for leg in (self.step, self.rise))
        beyond = ("right", "left") if self.side > 0 else ("left", "right")
        ink = Ink().add(self.curve, self.line, self.step, self.rise)
        ink.add(self.first, self.second, weight=MARK)
        outside = "above" if down[1, 1] > down[0, 1] else "below"
        on_leg = Label(blocks[0], tuple(across.mean(axis=0)), (outside,), (16, 30), pad=6)
        at_corner = Label(blocks[0], tuple(across[1]), beyond, (22, 40, 60), pad=6)
        is_long = np.ptp(across[:, 0]) > blocks[0].box().width + 20
        beside = Label(blocks[1], tuple(down.mean(axis=0)), beyond, (22, 40, 60), pad=6)
        place([on_leg if is_long else at_corner, beside], ink, self.plot.box)
        return blocks
