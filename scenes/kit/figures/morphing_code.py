"""A program that becomes another one line by line: what both have stays, only what differs changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from typing import Any, Self

import numpy as np
from manim import VMobject
from numpy.typing import NDArray

from gdscenes.kit.figures.code import ADVANCE, CODE, CodeLine, color_of, tint
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALLEST
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Boxes, smooth_array

Array = NDArray[np.float64]

_OUT, _MOVE, _IN = (0.0, 0.42), (0.38, 0.62), (0.58, 1.0)  # of the way: when old parts leave, and so on
_ALIKE = 0.5  # share of their words that lines must have in common for one to become the other
_LEADING = 1.48  # em, from one line to the next
_BAND = (-22.0, -41.0, 21.0)  # left of the code, over its first baseline and under its last, pixels
_BAR = 7.0
_QUIET = 0.6  # how quiet lines are that have not changed, where 1 is the quiet colour


@dataclass
class _Swap:
    """Words of a line that others take the place of, slot by slot: each glyph with its slot among them.

    The slot next to what stays behind them comes first where the new ones are longer, last where they are
    shorter: so there is never a hole as wide as a word.
    """

    olds: list[tuple[VMobject, int]]
    news: list[tuple[VMobject, int]]
    slots: int
    grows: bool
    shift: Array

    def come(self, slot: int, moved: float) -> float:
        """How far a slot has its new glyph."""
        before = slot if self.grows else self.slots - 1 - slot
        return float(np.clip(moved * self.slots - before, 0.0, 1.0))


@dataclass
class _Way:
    """From one program to the next: glyphs that stay, as where they were and where they will be."""

    stays: list[tuple[VMobject, VMobject]] = field(default_factory=list)
    swaps: list[_Swap] = field(default_factory=list)
    leaves: list[VMobject] = field(default_factory=list)
    comes: list[VMobject] = field(default_factory=list)


class MorphingCode(Figure):
    """Programs in one place, each of which becomes the next: equal lines stay, words that two share move.

        code = MorphingCode(cell, [("yhat = w * x", "w -= lr * dw"), ("yhat = w * x", "sgd.step()")], theme)
        self.show(code)
        self.turn(code, program=1.0, focus=1.0)

    Parameters
    ----------
    cell : Cell
        Its left edge and top; its width, where the longest line needs smaller type.
    programs : sequence of sequence of str
        The lines of each program, their indentation included.
    theme : Theme
    em : float
        Largest em, pixels.

    Attributes
    ----------
    lines : list of list of CodeLine
        Of each program.
    changed : list of set of int
        The lines of each program that the one before it does not have; of the first, none.
    band : Boxes
        A field behind them, with a bar at its left end.
    em : float

    Notes
    -----
    Dials: `program`, the index of the program that stands, between two on the way from one to the next;
    `focus`, 1 where lines that have not changed are quiet and the others have the band, 0 where all are lit.
    """

    def __init__(
        self, cell: Cell, programs: Sequence[Sequence[str]], theme: Theme, *, em: float = CODE
    ) -> None:
        super().__init__()
        self.cell, self.theme, self.texts = cell, theme, [tuple(lines) for lines in programs]
        longest = max(len(line) for lines in programs for line in lines)
        self.em = fitted(cell.width, (em, SMALLEST), lambda size: size * ADVANCE * longest)
        self.lines = [
            [
                CodeLine(text, theme, self.em).place(cell.left, self.baseline(row))
                for row, text in enumerate(lines)
            ]
            for lines in self.texts
        ]
        glyphs = [glyph for lines in self.lines for line in lines for glyph in line.ink()]
        self._colors = {glyph: color_of(glyph) for glyph in glyphs}
        self._at = {glyph: glyph.points.copy() for glyph in glyphs}
        self.changed: list[set[int]] = [set()]
        self._ways = [self._way(index) for index in range(len(programs) - 1)]
        self.band = Boxes(np.zeros((2, 4)), theme.panel)
        self.band[0].set_stroke(theme.grid, sheet.stroke(2))
        self.band[1].set_fill(theme.ink).set_stroke(theme.ink, 0)
        lay("ghosts", self.band)
        self.program = self.focus = 0.0
        self.dial()

    def baseline(self, row: int) -> float:
        """Of a line, pixels of the page."""
        return self.cell.top + self.em + _LEADING * self.em * row

    def source(self, program: int) -> str:
        """A program as it would run."""
        return "\n".join(self.texts[program]) + "\n"

    # -- what becomes what -------------------------------------------------------------------------------

    def _way(self, index: int) -> _Way:
        way, (before, after) = _Way(), self.lines[index : index + 2]
        partners = _partners(before, after)
        for row, other in partners.items():
            self._pair(before[row], after[other], way)
        come = set(range(len(after))) - set(partners.values())
        way.leaves += [g for row, line in enumerate(before) if row not in partners for g in line.ink()]
        way.comes += [g for row in sorted(come) for g in after[row].ink()]
        turned = {other for row, other in partners.items() if before[row].text != after[other].text}
        self.changed.append(come | turned)
        return way

    @staticmethod
    def _pair(line: CodeLine, other: CodeLine, way: _Way) -> None:
        """The glyphs of a line that becomes another: those of words that both have stay."""
        olds, news = line.words()[0], other.words()[0]
        for tag, first, last, start, end in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
            (old, old_slots, old_left), (new, new_slots, new_left) = (
                line.piece(first, last),
                other.piece(start, end),
            )
            if tag == "equal":
                way.stays += zip((glyph for glyph, _ in old), (glyph for glyph, _ in new), strict=True)
            else:
                slots, grows = max(old_slots, new_slots), new_slots >= old_slots
                way.swaps.append(_Swap(old, new, slots, grows, new_left - old_left))

    # -- dials -------------------------------------------------------------------------------------------

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"program": self.program, "focus": self.focus}

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, float(value))
        here = min(int(self.program), len(self.lines) - 1)
        share = self.program - here
        self._place_band(here, share)
        if not share:
            for row, line in enumerate(self.lines[here]):
                self._tint(line.ink(), self._lit(here, row))
                for glyph in line.ink():
                    glyph.set_points(self._at[glyph])
            self.submobjects = [self.band, *self.lines[here]]
        else:
            self.submobjects = [self.band, *self._on_the_way(self._ways[here], here, share)]
        return self

    def _lit(self, program: int, row: int) -> float:
        return 1.0 if not self.changed[program] or row in self.changed[program] else 1.0 - _QUIET * self.focus

    def _tint(self, glyphs: Sequence[VMobject], lit: float, opacity: float = 1.0) -> None:
        for glyph in glyphs:
            rgb = tint(self._colors[glyph], self.theme, lit)
            for rgbas in (glyph.fill_rgbas, glyph.stroke_rgbas):
                rgbas[:, :3], rgbas[:, 3] = rgb, opacity

    def _on_the_way(self, way: _Way, here: int, share: float) -> list[VMobject]:
        gone, moved, come = (
            float(smooth_array(np.clip((share - start) / (end - start), 0.0, 1.0)))
            for start, end in (_OUT, _MOVE, _IN)
        )
        rows = [
            {glyph: row for row, line in enumerate(lines) for glyph in line.ink()}
            for lines in self.lines[here : here + 2]
        ]
        drawn = list[VMobject]()
        for old, new in way.stays:
            lit = (1 - moved) * self._lit(here, rows[0][old]) + moved * self._lit(here + 1, rows[1][new])
            self._tint([new.set_points(self._at[old] + moved * (self._at[new] - self._at[old]))], lit)
            drawn.append(new)
        for glyph in way.leaves:
            self._tint([glyph], self._lit(here, rows[0][glyph]), 1 - gone)
        self._tint(way.comes, 1.0, come)
        for swap in way.swaps:
            for glyph, slot in swap.olds:
                shown = 1 - swap.come(slot, moved)
                glyph.set_points(self._at[glyph] + moved * swap.shift)
                self._tint([glyph], self._lit(here, rows[0][glyph]), shown)
                drawn += [glyph] * (shown > 0)
            for glyph, slot in swap.news:
                shown = swap.come(slot, moved)
                glyph.set_points(self._at[glyph] - (1 - moved) * swap.shift)
                self._tint([glyph], 1.0, shown)
                drawn += [glyph] * (shown > 0)
        return [*drawn, *(way.leaves if gone < 1 else []), *(way.comes if come > 0 else [])]

    def _place_band(self, here: int, share: float) -> None:
        """The field behind what has changed goes from the lines of one program to those of the next."""
        boxes = [self._band_of(program) for program in (here, here + 1 if share else here)]
        moved = float(smooth_array(np.asarray(share)))
        first = boxes[0] if boxes[0] is not None else boxes[1]
        last = boxes[1] if boxes[1] is not None else boxes[0]
        shown = self.focus * ((boxes[0] is not None) * (1 - moved) + (boxes[1] is not None) * moved)
        if first is None or last is None:
            self.band.set_opacity(0)
            return
        left, top, width, height = first + moved * (last - first)
        self.band.stand_at(np.array([[left, top, width, height], [left, top, _BAR, height]]))
        self.band.set_fill(opacity=shown)
        self.band[0].set_stroke(opacity=shown)

    def _band_of(self, program: int) -> Array | None:
        """Left, top, width and height of the field behind what has changed in a program."""
        rows = self.changed[program] if program < len(self.changed) else set()
        if not rows:
            return None
        left, over, under = _BAND
        top, bottom = self.baseline(min(rows)) + over, self.baseline(max(rows)) + under
        return np.array([self.cell.left + left, top, self.cell.width - left, bottom - top])


def _partners(before: Sequence[CodeLine], after: Sequence[CodeLine]) -> dict[int, int]:
    """Which line becomes which: in order, and of all ways the one that keeps most words."""
    olds, news = ([line.words()[0] for line in lines] for lines in (before, after))

    @cache
    def best(row: int, other: int) -> tuple[float, tuple[tuple[int, int], ...]]:
        if row == len(olds) or other == len(news):
            return 0.0, ()
        found = max(best(row + 1, other), best(row, other + 1), key=lambda each: each[0])
        alike = SequenceMatcher(None, olds[row], news[other], autojunk=False).ratio()
        if alike > _ALIKE:
            score, pairs = best(row + 1, other + 1)
            found = max((score + alike, ((row, other), *pairs)), found, key=lambda each: each[0])
        return found

    return dict(best(0, 0)[1])
