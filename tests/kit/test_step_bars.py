"""The bars of measured times have one scale, and their numbers are the ones measured."""

from __future__ import annotations

import datetime
from dataclasses import astuple

import pytest

from gdmath.step_times import StepTimes
from gdscenes.kit.figures.step_bars import StepBars
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.sheet import SAFE
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.runs import GOOD, LOW

DAY = datetime.date(2026, 11, 30)
TIMES = StepTimes({1: 2.5e-4, 16: 3e-4, 1_000_000: 4e-3}, "a machine", 2, "2.13.0", DAY)


def bars(times: StepTimes = TIMES) -> StepBars:
    return StepBars(PAGE, times, (1, 16, 1_000_000), {1: LOW, 16: GOOD}, DARK, n_points=90)


def test_bars_are_as_long_as_their_times_on_one_scale():
    claims = list(bars().claims(0))
    told = {claim.row: claim for claim in claims if claim.quantity == "milliseconds of a step"}
    lengths = {claim.row: claim.drawn for claim in claims if claim.quantity == "length of a bar"}
    for size, seconds in TIMES.seconds.items():
        assert abs(told[size].drawn - 1e3 * seconds) <= told[size].within
        assert lengths[size] / lengths[1_000_000] == pytest.approx(seconds / 4e-3, rel=1e-6)


def test_an_epoch_takes_its_updates_times_the_time_of_one_step():
    told = {(claim.quantity, claim.row): claim for claim in bars().claims(0)}
    for size, updates, milliseconds in ((1, 90, 22.5), (16, 6, 1.8)):
        assert told["updates of an epoch", size].drawn == updates
        taking = told["milliseconds of an epoch", size]
        assert abs(taking.drawn - milliseconds) <= taking.within
    assert len(bars().epochs) == 2


@pytest.mark.parametrize("elapsed", [1e-5, 2.4e-4, 3.5e-4, 4e-3])
def test_on_the_way_each_bar_is_as_long_as_the_time_that_its_step_has_taken(elapsed):
    drawn = bars().dial(step=elapsed)
    full = bars().bars[-1].length
    for size, bar, row in zip((1, 16, 1_000_000), drawn.bars, drawn.rows, strict=True):
        taken = min(elapsed, TIMES.seconds[size])
        assert bar.length == pytest.approx(full * taken / 4e-3, abs=1e-6)
        shown, unit = row[1].value()
        assert abs(shown - 1e3 * taken) <= 0.51 * unit
        assert row[1].box().left == pytest.approx(sheet.box_of(bar.get_all_points()).right + 30, abs=8)


@pytest.mark.parametrize("elapsed", [1e-4, 1e-3, 1.7e-3, 1.8e-3, 2.25e-2])
def test_on_the_way_the_updates_of_an_epoch_are_those_that_are_done(elapsed):
    drawn = bars().dial(epoch=elapsed)
    for one, steps, (updates, taking) in zip((2.5e-4, 3e-4), (90, 6), drawn.epochs, strict=True):
        done, unit = min(elapsed, steps * one), taking.value()[1]
        assert updates.value()[0] == min(int(elapsed / one + 1e-6), steps)
        assert abs(taking.value()[0] - 1e3 * done) <= 0.51 * unit


def test_before_a_clock_has_begun_no_number_is_told_and_each_comes_back_where_it_was():
    drawn, whole = bars(), bars()
    drawn.dial(step=0.0, epoch=0.0)
    told = [row[1] for row in drawn.rows] + [digits for epoch in drawn.epochs for digits in epoch]
    assert [digits.text for digits in told] == [""] * 7
    assert {claim.quantity for claim in drawn.claims(0)} == {"length of a bar"}
    drawn.dial(step=drawn.longest, epoch=drawn.longest_epoch)
    again = [row[1] for row in whole.rows] + [digits for epoch in whole.epochs for digits in epoch]
    for digits, same in zip(told, again, strict=True):
        assert digits.text == same.text
        assert astuple(digits.box()) == pytest.approx(astuple(same.box()))


def test_only_the_sizes_of_runs_have_marks():
    assert [len(row) for row in bars().rows] == [4, 4, 3]


@pytest.mark.parametrize(("processor", "cores"), [("x", 1), ("Imaginary Processor 1234 at 3.2 GHz", 64)])
def test_all_stays_on_the_page_and_says_where_it_was_measured(processor, cores):
    drawn = bars(StepTimes(TIMES.seconds, processor, cores, "2.13.0", DAY))
    assert f"2026-11-30: PyTorch 2.13.0, {processor}, {cores} cores" in drawn.foot.source
    assert SAFE.contains(drawn.foot.box(), slack=1)
    for row in drawn.rows:
        assert row.get_right()[0] * 135 + 960 <= SAFE.right
