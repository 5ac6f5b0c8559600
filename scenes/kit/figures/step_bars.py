"""How long a step takes with so many points in it, as bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from manim import VGroup

from gdmath.step_times import StepTimes
from gdscenes.kit.figures.bars import Bar
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.runs import RunMarks, RunStyle
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.language import grouped, spoken, tr
from gdscenes.kit.type.notation import number, rounded
from gdscenes.kit.type.typeset import Words, literal

_BAR, _FILL, _GAP = 44.0, 0.35, 30.0
_BEFORE_COUNT, _DOWN = 44.0, 17.0
_EPOCH = 340.0
_DECIMALS = 2


class StepBars(Figure):
    """The measured time of one step for several numbers of points, on one scale from 0.

        bars = StepBars(cell, measured_step_times(), (1, 16, 80), {1: LOW, 16: GOOD}, theme, n_points=80)
        self.show(bars.head, *bars.dial(step=0.0).rows)
        self.redraw(turning(bars, step=bars.longest, run_time=4, rate_func=linear))

    Its dials are times since the start, seconds: `step`, in which all bars grow alike until their steps are
    done, and `epoch`, in which the updates of an epoch are counted. At 0 nothing is told yet; at first both
    are over.

    Parameters
    ----------
    cell : Cell
    times : StepTimes
    sizes : sequence of int
        Of those measured.
    styles : mapping of int to RunStyle
        Of the sizes that runs of the film take a step with; the others have no mark.
    theme : Theme
    n_points : int
        Of the data, in the epochs of those sizes: ceil(n_points / size) steps each.

    Attributes
    ----------
    head : VGroup
        What is measured.
    rows : list of VGroup
        One for each size.
    bars : list of Bar
    epoch_head : VGroup
    epochs : list of VGroup
        How many updates an epoch of each styled size has, and how long they take together.
    foot : Words
        Where and when it was measured.
    longest, longest_epoch : float
        When the last bar, and the last epoch, is done, seconds.
    """

    def __init__(
        self,
        cell: Cell,
        times: StepTimes,
        sizes: Sequence[int],
        styles: Mapping[int, RunStyle],
        theme: Theme,
        n_points: int,
    ) -> None:
        super().__init__()
        self.times, self.sizes, self.n_points = times, sizes, n_points
        top, middle, foot = cell.rows(120, cell.height - 360, 240)
        counts = [grouped(size) for size in sizes]
        taken = [number(1e3 * times.seconds[size], _DECIMALS) for size in sizes]
        right = cell.left + _BEFORE_COUNT + max(map(text_width, counts)) * MEDIUM
        self.longest = max(times.seconds[size] for size in sizes)
        end = cell.right - _GAP - max(map(text_width, taken)) * MEDIUM
        self.rows, self.bars, self._numbers = list[VGroup](), list[Bar](), list[Digits]()
        self.epochs, self._told = list[VGroup](), dict[int, tuple[Digits, Digits]]()
        updates_at, taking_at = cell.right - _EPOCH, cell.right
        for size, count, text, row in zip(sizes, counts, taken, middle.rows(len(sizes)), strict=True):
            y = row.center[1]
            box = Box(right + _GAP, y - _BAR / 2, end, y + _BAR / 2)
            style = styles.get(size)
            role = style.role if style else "muted"
            bar = Bar(box, times.seconds[size] / self.longest, theme, role, fill=_FILL)
            digits = Digits(text, MEDIUM, theme).place(box.left + bar.length + _GAP, y + _DOWN)
            drawn = VGroup(Digits(count, MEDIUM, theme).place(right, y + _DOWN, "right"), digits, bar)
            if style:
                drawn.add(RunMarks(style, theme, 12).stand_at(sheet.at([cell.left + 14], [y])))
                steps = -(-n_points // size)
                told = (
                    Digits(str(steps), MEDIUM, theme).place(updates_at, y + _DOWN, "right"),
                    Digits(rounded(1e3 * steps * times.seconds[size], 2), MEDIUM, theme),
                )
                told[1].place(taking_at, y + _DOWN, "right")
                self._told[size] = told
                self.epochs.append(VGroup(*told))
            self.rows.append(drawn)
            self.bars.append(bar)
            self._numbers.append(digits)
        y, says = top.center[1], tr("milliseconds for one step of PyTorch")
        self.head = VGroup(
            Words(tr("points"), MEDIUM, theme, "muted").place(right, y, "right"),
            Words(says, MEDIUM, theme, "muted").place(right + 2 * _GAP, y),
        )
        self.epoch_head = VGroup(
            Words(tr("updates"), MEDIUM, theme, "muted").place(updates_at, y, "right"),
            Words(tr("ms an epoch"), MEDIUM, theme, "muted").place(taking_at, y, "right"),
        )
        measured = literal(
            tr(
                "measured on {day}: PyTorch {version}, {processor}, {cores} cores, one thread",
                day=spoken().date(times.measured_on),
                version=times.torch,
                processor=times.processor,
                cores=times.cores,
            )
        )
        em = fitted(cell.width, (SMALL, SMALLEST), lambda em: Words(measured, em, theme).box().width)
        self.foot = Words(measured, em, theme, "muted").place(cell.left, foot.bottom - 40)
        self.add(self.head, *self.rows, self.epoch_head, *self.epochs, self.foot)
        self.longest_epoch = max(-(-n_points // size) * times.seconds[size] for size in self._told)
        self.step, self.epoch = self.longest, self.longest_epoch

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"step": self.step, "epoch": self.epoch}

    def dial(self, **values: Any) -> Self:
        if "step" in values:
            self.step = float(values["step"])
            self._grow_bars()
        if "epoch" in values:
            self.epoch = float(values["epoch"])
            self._count_updates()
        return self

    def _grow_bars(self) -> None:
        for size, bar, digits in zip(self.sizes, self.bars, self._numbers, strict=True):
            taken = min(self.step, self.times.seconds[size])
            bar.fill_to(taken / self.longest)
            digits.spell(number(1e3 * taken, _DECIMALS) if self.step else "")
            digits.place(bar.cell.left + bar.length + _GAP, bar.cell.center[1] + _DOWN)

    def _count_updates(self) -> None:
        for size, (updates, taking) in self._told.items():
            one, steps = self.times.seconds[size], -(-self.n_points // size)
            done = min(int(self.epoch / one * (1 + 1e-9)), steps)
            updates.spell(str(done) if self.epoch else "", align="right")
            whole = rounded(1e3 * steps * one, 2)
            decimals = len(whole.partition(".")[2]) if whole.replace(".", "").isdigit() else 0
            text = whole if done == steps else number(1e3 * self.epoch, decimals)
            taking.spell(text if self.epoch else "", align="right")

    def claims(self, row: int) -> Iterator[Claim]:
        for size, bar, digits in zip(self.sizes, self.bars, self._numbers, strict=True):
            if digits.text:
                yield Claim.read("milliseconds of a step", "", size, digits)
            yield Claim("length of a bar", "", size, bar.length, 3.0)
        for size, (updates, taking) in self._told.items() if self.epoch else ():
            yield Claim.read("updates of an epoch", "", size, updates)
            yield Claim.read("milliseconds of an epoch", "", size, taking)
