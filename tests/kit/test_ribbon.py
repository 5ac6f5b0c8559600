"""A ribbon lights the points that are met, and has a mark of a step where a batch is complete."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gdmath
from gdscenes.kit.figures.ribbon import Ribbon
from gdscenes.kit.lecture.runner import runners
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.theme import DARK

CELL = PAGE.rows(547, 447)[1].columns(2, 1, gap=60)[0]


def ribbon_of(n: int, sizes: dict[str, int]) -> Ribbon:
    x = np.linspace(0, 1, n)
    problem = gdmath.LeastSquares(x, 1 + x**2)
    runs = {
        name: gdmath.descend(problem, [0, 0], 0.1, 2 * -(-n // size), batch_size=size, shuffle=False)
        for name, size in sizes.items()
    }
    met = [replace(each, times=np.rint(each.run.epochs_passed(n) * n)) for each in runners(runs)]
    return Ribbon(CELL, met, n, DARK)


def claimed(ribbon: Ribbon, quantity: str) -> list:
    return [claim.drawn for claim in ribbon.claims(ribbon.row) if claim.quantity == quantity]


@pytest.mark.parametrize("met", [0, 1, 15, 16, 40, 80, 95])
def test_a_step_stands_under_the_point_that_completes_its_batch(met):
    ribbon = ribbon_of(80, {"all": 80, "some": 16, "one": 1}).at(met)
    seen = min(met, 80)
    assert claimed(ribbon, "ticks lit") == [seen] * 3
    expected = [[80] * (seen == 80), range(16, seen + 1, 16), range(1, seen + 1)]
    for drawn, steps in zip(claimed(ribbon, "points met at steps"), expected, strict=True):
        np.testing.assert_allclose(drawn, list(steps), atol=1e-6)


def test_a_bracket_lies_under_the_ticks_of_its_batch():
    ribbon = ribbon_of(7, {"three": 3}).at(7)
    starts, ends = (each[:, 0] for each in ribbon.brackets[0].ends())
    ticks = ribbon.lit[0].ends()[0][:, 0]
    np.testing.assert_allclose(starts, ticks[[0, 3, 6]], atol=1e-9)
    np.testing.assert_allclose(ends, ticks[[2, 5, 6]], atol=1e-9)


@pytest.mark.parametrize("n", [3, 80, 5_000])
def test_marks_of_steps_do_not_meet_and_stay_in_the_cell(n):
    ribbon = ribbon_of(n, {"all": n, "one": 1}).at(n)
    for marks in ribbon.marks:
        x = np.sort(marks.centers()[:, 0])
        width = np.ptp(marks.points.reshape(len(x), -1, 3)[0, :, 0])
        assert np.diff(x).min(initial=np.inf) > width
    left, right = ribbon.get_left()[0], ribbon.get_right()[0]
    assert CELL.left - 1 <= (left * 135 + 960) < (right * 135 + 960) <= CELL.right + 10
    assert claimed(ribbon, "ticks lit")[0] <= 160


def test_on_the_way_to_the_next_point_nothing_changes():
    ribbon = ribbon_of(80, {"one": 1}).at(5)
    assert claimed(ribbon.at(5, 0.7), "ticks lit") == [5]
