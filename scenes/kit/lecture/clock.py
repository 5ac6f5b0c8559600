"""The clock that figures share, and the animations that move it: a frame is drawn anew from its row.

Nothing is copied or blended, so what is seen on the way is as true as what is seen at rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from manim import Animation, Mobject, VGroup, config, linear, smooth, there_and_back_with_pause
from numpy.typing import NDArray

from gdscenes.kit.lecture.pacing import rows_by_change
from gdscenes.kit.page.sheet import Box

Pace = Literal["even", "slow at first", "by change"]
_SECONDS_PER_ROW = 0.25  # a row of a time-lapse by change stays no longer at full speed


class Clock:
    """Figures that show the same row.

        clock = Clock(self.map, self.losses, self.table)
        self.advance(clock, to=4)          # one update after another
        self.run_on(clock, to=50, seconds=5)

    Parameters
    ----------
    *figures
        They are drawn at `row` at once.
    row : int
    """

    def __init__(self, *figures: Any, row: int = 0) -> None:
        self.figures = list(figures)
        self.at(row)

    def at(self, row: int, towards: float = 0.0) -> None:
        """Draw every figure at a row, or a part of the way to the next."""
        self.row = row
        for figure in self.figures:
            figure.at(row, towards)
            figure.row = row

    @property
    def change(self) -> NDArray[np.float64]:
        """How far the picture moves in each step, pixels: the longest way of any figure that tells it."""
        changes = [each for figure in self.figures if (each := getattr(figure, "change", None)) is not None]
        shortest = min(map(len, changes))
        return np.asarray(np.max([each[:shortest] for each in changes], axis=0))


class Redraw(Animation):
    """Mobjects are drawn anew at each frame by a function of the share of the time that has passed.

    Parameters
    ----------
    mobjects : sequence of Mobject
        What the function draws; they are on the screen already.
    draw : callable
        Called with the share, 0 to 1, at every frame; with exactly 1 at the last.
    """

    def __init__(self, mobjects: Sequence[Mobject], draw: Callable[[float], object], **kwargs: Any) -> None:
        self.draw = draw
        kwargs.setdefault("rate_func", smooth)
        self.group = VGroup()
        super().__init__(self.group, introducer=True, **kwargs)
        self.drawn = list(mobjects)

    def create_starting_mobject(self) -> Mobject:
        return Mobject()

    def get_all_mobjects(self) -> Sequence[Mobject]:
        return self.drawn

    def get_all_mobjects_to_update(self) -> list[Mobject]:
        return []

    def get_all_families_zipped(self) -> Any:
        return ()

    def interpolate_mobject(self, alpha: float) -> None:
        self.draw(1.0 if alpha >= 1 else float(self.rate_func(alpha)))

    def finish(self) -> None:
        self.draw(1.0)


def advancing(clock: Clock, **kwargs: Any) -> Redraw:
    """The update from the clock's row to the next."""
    here = clock.row

    def draw(share: float) -> None:
        clock.at(here + (share == 1), share if share < 1 else 0.0)

    return Redraw(clock.figures, draw, **kwargs)


def running(clock: Clock, to: int, seconds: float, pace: Pace = "even") -> Redraw:
    """The updates from the clock's row to another as a time-lapse: each frame shows one whole row.

    Parameters
    ----------
    clock : Clock
    to : int
    seconds : float
    pace : {"even", "slow at first", "by change"}
        "by change" takes the more time the further the picture moves.
    """
    n = max(1, round(seconds * config.frame_rate))
    here, way = clock.row, to - clock.row
    if pace == "by change":
        longest = max(1, round(_SECONDS_PER_ROW * config.frame_rate))
        rows = here + rows_by_change(clock.change[here:to], n, longest=longest)
    else:
        shares = np.arange(1, n + 1) / n
        rows = here + np.floor(way * (shares if pace == "even" else shares**2) + 1e-9).astype(int)

    def draw(share: float) -> None:
        clock.at(int(rows[min(int(share * n), n - 1)]))

    return Redraw(clock.figures, draw, rate_func=linear, run_time=seconds)


def turning(figure: Any, along: Sequence[Any] = (), back: bool = False, **kwargs: Any) -> Redraw:
    """A figure goes over to other values of its dials.

    Parameters
    ----------
    figure : Figure
    along : sequence of Mobject
        What the figure redraws besides itself.
    back : bool
        It comes back to the values that it has now.
    **kwargs
        Dials by their names (`window`, `box`, `factor` ...), and what any animation takes. A dial given as a
        function of the share, 0 to 1, goes the way that it says.
    """
    dials = {name: kwargs.pop(name) for name in list(kwargs) if name in figure.dials}
    starts = {name: figure.dials[name] for name in dials}

    def draw(share: float) -> None:
        if back:
            share = there_and_back_with_pause(share) if share < 1 else 0.0
        figure.dial(**{name: between(starts[name], end, share) for name, end in dials.items()})

    if back:
        kwargs["rate_func"] = linear
    return Redraw([getattr(figure, "mobject", figure), *along], draw, **kwargs)


def in_a_bow(start: Box, end: Box, first: Literal["across", "down"]) -> Callable[[float], Box]:
    """The way of a box from one place to another, round what lies between them: a dial for `turning`.

        self.turn(self.map, box=in_a_bow(self.map.box, corner, "down"))

    Parameters
    ----------
    start, end : Box
    first : {"across", "down"}
        The direction in which it is ahead.
    """

    def way(share: float) -> Box:
        ahead, behind = 1 - (1 - share) ** 2, share**2
        across, down = (ahead, behind) if first == "across" else (behind, ahead)
        level, upright = between(start, end, across), between(start, end, down)
        return Box(level.left, upright.top, level.right, upright.bottom)

    return way


def between(start: Any, end: Any, share: float) -> Any:
    """A dial on the way from one value to another.

    Numbers, arrays and boxes go evenly; what knows its own way (`gdmath.Window.between`) goes that one. A
    function of the share says the way itself, whatever the start.
    """
    if callable(end):
        return end(share)
    if share >= 1 or start is end:
        return end
    if hasattr(start, "between"):
        return start.between(end, share)
    if isinstance(start, Box):
        ends = np.array([[box.left, box.top, box.right, box.bottom] for box in (start, end)])
        return Box(*(ends[0] + share * (ends[1] - ends[0])))
    return start + share * (end - start)
