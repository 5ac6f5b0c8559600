"""Terms keep their slots while their numbers run."""

from __future__ import annotations

import numpy as np
import pytest

from gdscenes.kit.figures.readouts import Readout
from gdscenes.kit.figures.terms import Terms
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.notation import Notation

CELL = Cell(1266, 200, 1822, 600)
VALUES = np.array([0.5, -9.25, 120.125, 3.0])


def readout(values=VALUES, name: str = "", quantity: str = "") -> Readout:
    return Readout(name, values, Notation(2), "bias", None, quantity, "descent", True)


def test_numbers_of_a_row_end_where_their_slots_end():
    terms = Terms(CELL, [300], [[readout(), readout(-VALUES)]], DARK, gap=20)
    ends = []
    for row in range(4):
        terms.at(row)
        assert [digits.value()[0] for digits in terms.digits] == pytest.approx(
            [VALUES[row], -VALUES[row]], abs=0.006
        )
        ends.append([digits.extent()[1] for digits in terms.digits])
    np.testing.assert_allclose(ends, ends[:1] * 4)


def test_a_result_ends_under_the_value_that_it_replaces():
    terms = Terms(
        CELL, [300, 360], [[readout(), "-0.1·(", ")"], [readout(VALUES[:1])]], DARK, signs=("", "=")
    )
    old, new = terms.digits
    assert old.extent()[1] == pytest.approx(new.extent()[1])
    equals, result = terms.lines[1]
    assert equals.box().right <= result.box().left


@pytest.mark.parametrize("scale", [1, 1e3, 1e12])
def test_lines_stay_inside_of_their_cell(scale):
    terms = Terms(CELL, [300], [[readout(scale * VALUES), "-0.1·(", readout(VALUES), ")"]], DARK, signs=("",))
    for row in range(4):
        terms.at(row)
        assert all(CELL.grown(4).contains(part.box()) for part in terms.lines[0])


def test_claims_those_numbers_that_are_a_runs_own():
    terms = Terms(CELL, [300], [[readout(quantity="bias"), readout()]], DARK).at(2)
    (claim,) = terms.claims(2)
    assert (claim.quantity, claim.run, claim.row) == ("bias", "descent", 2)
    assert abs(claim.drawn - VALUES[2]) <= claim.within
