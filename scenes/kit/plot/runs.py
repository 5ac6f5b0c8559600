"""A run in axes, row after row: its line, its marks, and the exact place where it leaves.

Runs that are compared differ in colour, mark and line, so that each is known without its colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.clipping import clip_segment
from gdscenes.kit.plot.marks import Dots, Segments, Shape, closed

Array = NDArray[np.float64]

_MARK, _HEAD = 7.0, 11.0  # radius of a row's mark, and of the last one's
MARKS_APART = 14.0
"""Rows nearer than this to an earlier one that is marked go without, pixels."""
_DISC_CORNERS = 24
_RADIUS_FACTOR = {3: 1.35, 4: 1.25}  # triangles and squares as large to the eye as discs


@dataclass(frozen=True)
class RunStyle:
    """How a run is told from the others.

    Attributes
    ----------
    role : str
        Role of its colour.
    sides : int
        Of the mark: 3, 4, or 0 for a disc.
    width : float
        Of the line, pixels.
    dash, gap : float
        Pixels; a dash of 0 is a round dot, a gap of 0 makes the line whole.
    hollow : bool
        Of the mark.
    mark : float
        How many times as large as others its marks are: those of runs that end in one place stand in each
        other.
    """

    role: str
    sides: int
    width: float
    dash: float
    gap: float
    hollow: bool = False
    mark: float = 1.0


LOW = RunStyle("low_rate", 0, 5.5, 0, 12)
"""A run that creeps: round dots."""
GOOD = RunStyle("path", 4, 3.6, 1, 0)
"""A run that arrives: a whole line, squares."""
DIVERGENT = RunStyle("diverged", 3, 4.5, 20, 11)
"""A run that leaves: dashes, triangles."""
_DISC = RunStyle("model", 0, 0, 1, 0)
REFERENCE = RunStyle("data", 4, 3.6, 14, 8, hollow=True)
"""A run that others are held against: thin dashes, hollow squares."""


class RunMarks(Shape):
    """Marks of one run, drawn as one mobject."""

    def __init__(self, style: RunStyle, theme: Theme, radius: float = _MARK) -> None:
        super().__init__()
        self.sides = style.sides or _DISC_CORNERS
        color = theme.color(style.role)
        if style.hollow:
            self.set_fill(theme.ground, 1).set_stroke(color, sheet.stroke(3), 1)
        else:
            self.set_fill(color, 1).set_stroke(theme.ground, sheet.stroke(1.5), 1)
        turn = math.pi / 2 + (math.pi / 4 if self.sides == 4 else 0)
        angles = turn + 2 * math.pi * np.arange(self.sides) / self.sides
        size = sheet.units(radius * style.mark * _RADIUS_FACTOR.get(self.sides, 1.0))
        corners = size * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
        self._outline = closed(corners)

    def stand_at(self, centers: Array) -> RunMarks:
        """Put a mark on each of the points (n, 3) of the scene."""
        self.set_points((centers[:, None] + self._outline).reshape(-1, 3))
        return self

    def centers(self) -> Array:
        """Where the marks stand, points (n, 3) of the scene."""
        return np.asarray(self.corners().reshape(-1, self.sides, 3).mean(axis=1))


class ExitCross(VGroup):
    """Where a run leaves its axes: a cross in a ring, centred on the exact crossing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.ring = Dots(theme.diverged, 17, hollow=True).set_fill(theme.ground, 1)
        self.bars = Segments(theme.diverged, 4)
        self.add(self.ring, self.bars)
        lay("marks", self)

    def stand_at(self, centers: Array) -> ExitCross:
        """Put it on a point (1, 3) of the scene, or on none (0, 3)."""
        if not len(centers):
            self.ring.clear_points()
            self.bars.clear_points()
            return self
        arms = sheet.units(8) * np.array([[-1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]])
        self.ring.stand_at(centers)
        self.bars.set_ends(centers + arms, centers - arms)
        return self

    def centers(self) -> Array:
        """Where it stands, points (n, 3) of the scene."""
        return self.ring.centers()


def draw_run_line(line: Segments | Dots, corners: Array, style: RunStyle) -> None:
    """Draw a path through corners (n, 3), points of the scene, in the dots or dashes of a style."""
    draw_run_pieces(line, [corners], style)


def draw_run_pieces(line: Segments | Dots, pieces: list[Array], style: RunStyle) -> None:
    """Draw several paths as one mobject, each from the beginning of a dash."""
    strokes = np.concatenate([np.empty((2, 0, 3)), *(_strokes(piece, style) for piece in pieces)], axis=1)
    if not strokes.size:
        line.clear_points()
    elif isinstance(line, Dots):
        line.stand_at(strokes[0])
    else:
        line.set_ends(*strokes)


def _strokes(corners: Array, style: RunStyle) -> Array:
    """Starts and ends (2, m, 3) of the dashes of a path, points of the scene; dots are where they start."""
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)]) * sheet.PIXELS_PER_UNIT
    if along[-1] == 0:
        return np.empty((2, 0, 3))
    if not style.gap:
        moves = lengths > 0
        return np.stack([corners[:-1][moves], corners[1:][moves]])

    def places(at: Array) -> Array:
        return np.stack([np.interp(at, along, corners[:, axis]) for axis in range(3)], axis=1)

    period = style.dash + style.gap
    starts = np.arange(0.0, along[-1], period)
    if not style.dash:
        return np.stack([places(starts)] * 2)
    cuts = np.unique(np.concatenate([along, starts, np.minimum(starts + style.dash, along[-1])]))
    middles, ends = (cuts[:-1] + cuts[1:]) / 2, places(cuts)
    drawn = middles % period < style.dash
    return np.stack([ends[:-1][drawn], ends[1:][drawn]])


def new_run_line(style: RunStyle, theme: Theme) -> Segments | Dots:
    """A line of a style, not yet drawn."""
    color = theme.color(style.role)
    return Segments(color, style.width) if style.dash else Dots(color, style.width / 2)


class RunArrow(VGroup):
    """One step of a run as an arrow: its line in the run's style, the tip of its head exactly on its end."""

    def __init__(self, style: RunStyle, theme: Theme) -> None:
        super().__init__()
        self.style = style
        color = theme.color(style.role)
        self.line = new_run_line(style, theme)
        self.head = Shape().set_fill(color, 1).set_stroke(color, 0, 0)
        self.add(self.line, self.head)
        lay("points", self)

    def between(self, start: Array, tip: Array) -> RunArrow:
        """Draw from `start` to `tip`, points (3,) of the scene; the head of a short arrow is small."""
        length = float(np.linalg.norm(tip - start))
        if length == 0.0:
            self.line.clear_points()
            self.head.clear_points()
            return self
        along = (tip - start) / length
        head = min(sheet.units(max(26.0, 3.6 * self.style.width)), 0.6 * length)
        across = 0.38 * head * np.array([-along[1], along[0], 0.0])
        neck = tip - head * along
        draw_run_line(self.line, np.stack([start, neck]), self.style)
        self.head.through(np.stack([tip, neck + across, neck - across]))
        return self

    @property
    def tip(self) -> Array:
        """The point of the scene that it points at."""
        return np.asarray(self.head.corners()[0])


class RunPath(VGroup):
    """Rows of a run in axes, up to one of them; it ends at the exact place where it first leaves.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        Row k of the run in the units of the axes. It ends before the first row that is not finite.
    plot : Places
    style : RunStyle
    theme : Theme
    marked : bool
        Whether rows have marks; those too near to an earlier marked one go without.
    marked_rows : sequence of int, optional
        The only rows that may have marks, rising: of batches, the ones at which an epoch begins.
    apart : float
        How near marks may be to each other, pixels.
    disc : float
        Radius of the disc, in the colour of the model, that stands for the mark of the last row drawn,
        pixels; 0 for the run's own mark.

    Attributes
    ----------
    plot : Places
    exit : ndarray, shape (2,), or None
        Where the run leaves the axes, in their units.
    exit_row : int or None
        The row that it is on the way to when it leaves.
    line : Segments or Dots
    marks, head : RunMarks
        On the rows after the first, and on the last one drawn.
    cross : ExitCross
        On the exit, once the run has come to it.
    row : int
        The last row asked for.
    """

    def __init__(
        self,
        points: ArrayLike,
        plot: Places,
        style: RunStyle,
        theme: Theme,
        *,
        marked: bool = True,
        marked_rows: ArrayLike | None = None,
        apart: float = MARKS_APART,
        disc: float = 0.0,
    ) -> None:
        super().__init__()
        self._marks_apart = apart
        self.points_given, self.style, self.marked = np.asarray(points, dtype=float), style, marked
        self._candidates = (
            np.arange(len(self.points_given)) if marked_rows is None else np.asarray(marked_rows)
        )
        self.line = new_run_line(style, theme)
        self.marks = RunMarks(style, theme)
        self.head = RunMarks(_DISC if disc else style, theme, disc or _HEAD)
        self.cross = ExitCross(theme)
        self.add(self.line, self.marks, self.head, self.cross)
        lay("lines", self.line)
        lay("points", self.marks)
        lay("moving", self.head, self.cross)
        self.row = 0
        self.lay_in(plot)

    def lay_in(self, plot: Places, first: int | None = None) -> RunPath:
        """Stand in axes, with the rows drawn before.

        Parameters
        ----------
        plot : Places
        first : int, optional
            Draw the rows from this one on, wherever in the axes they lie: cut at their edge, it may come
            back. When left out, the run is followed from its start to where it first leaves.
        """
        self.plot, self._first, self._cut = plot, first or 0, first is not None
        self.exit, self.exit_row = None, None
        finite = np.isfinite(self.points_given).all(axis=1)
        corners = self.points_given[: _first_false(finite)]
        lows, highs = np.array(plot.limits).reshape(2, 2).T
        inside = np.asarray(((lows <= corners) & (corners <= highs)).all(axis=1))
        out = _first_false(inside)
        if not self._cut:
            if 0 < out < len(inside):
                kept = clip_segment(corners[out - 1], corners[out], plot.limits)
                assert kept is not None, "the row before lies inside"
                self.exit, self.exit_row = kept[1], out
            corners = corners[:out] if self.exit is None else np.vstack([corners[:out], self.exit])
            inside = inside[:out]
        self._path, self._inside = corners, inside
        # rows far outside have no place on the page, and are never drawn where they lie
        self._corners = plot.at(*(np.clip(corners, lows, highs) if self._cut else corners).T)
        rows = self._candidates[self._candidates < len(inside)]
        self._spread = _apart(
            self._corners, [0, *rows[(rows > self._first) & inside[rows]]], self._marks_apart
        )
        return self.show_row(self.row)

    def show_row(self, row: int, towards: float = 0.0) -> RunPath:
        """Draw rows up to `row`, and a part `towards` of the way to the next one."""
        self.row = row
        here = min(row, len(self._corners) - 1)
        if here < self._first:
            for part in (self.line, self.marks, self.head, self.cross.ring, self.cross.bars):
                part.clear_points()
            return self
        path = self._path[self._first : here + 1]
        if towards and here + 1 < len(self._path):
            path = np.vstack([path, path[-1] + towards * (self._path[here + 1] - path[-1])])
        gone = here == self.exit_row
        is_whole = not self._cut or self._inside[self._first : here + 2].all()
        pieces = [self.plot.at(*path.T)] if is_whole else self.plot.clipped(*path.T)
        draw_run_pieces(self.line, pieces, self.style)
        rows = [each for each in self._spread[1:] if each <= here] if self.marked else []
        self.marks.stand_at(self._corners[rows])
        has_begun = len(path) > 1 or self._first > 0
        is_seen = has_begun and not gone and (not self._cut or self.plot.limits.contains(*path[-1]))
        end = self.plot.at(*path[-1:].T) if is_seen or gone else np.empty((0, 3))
        self.head.stand_at(end[: int(is_seen)])
        self.cross.stand_at(end[: int(gone)])
        return self

    def count_marked(self, row: int) -> int:
        """How many rows up to one may have marks."""
        rows = self._candidates
        return int(((self._first < rows) & (rows <= row)).sum())


def _first_false(flags: NDArray[np.bool_]) -> int:
    """Index of the first that is false; their number where all are true."""
    return len(flags) if flags.all() else int(flags.argmin())


def _apart(corners: Array, rows: Sequence[int], apart: float) -> list[int]:
    """Those of some rows that lie apart from all before them; the first one always."""
    kept: list[int] = []
    left = np.asarray(rows if len(corners) else [], dtype=int)
    while len(left):
        kept.append(int(left[0]))
        away = np.linalg.norm(corners[left[1:]] - corners[left[0]], axis=1)
        left = left[1:][away >= sheet.units(apart)]
    return kept
