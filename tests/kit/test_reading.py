"""A reading follows its dial, in type that fits its cell."""

from claims import assert_true

import gdmath
from gdscenes.kit.figures.reading import Reading
from gdscenes.kit.page.cell import PAGE, Cell
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.type.notation import number, shortest

DARK = THEMES["dark"]
DATASET = gdmath.preset("chapter-0")


def kappa(problem: gdmath.LeastSquares) -> str:
    return number(problem.condition_number, 1)


def test_it_claims_what_its_dial_says():
    problem = DATASET.problem()
    wider = gdmath.LeastSquares(3 * problem.x, problem.y)
    reading = Reading(PAGE, "kappa", DARK, kappa, claim=("condition number", ""), problem=problem)
    for each in (problem, wider):
        reading.dial(problem=each)
        assert reading.dials == {"problem": each}
        assert assert_true(reading.claims(0), {}, lambda _, each=each: each) == 1


def test_a_long_number_gives_way_and_stays_in_its_cell():
    cell = Cell(100, 100, 480, 300)
    short = Reading(cell, "rate", DARK, shortest, symbol="$eta =$", rate=0.1)
    long = Reading(cell, "rate", DARK, shortest, symbol="$eta =$", rate=1.23e-12)
    assert long.number.em < short.number.em
    assert max(long.number.box().right, short.number.box().right) <= cell.right
    assert long.number.box().left > cell.left + 30, "the symbol stands before it"


def test_one_that_claims_nothing_is_asked_in_vain():
    assert not list(Reading(PAGE, "feature", DARK, shortest, factor=1.0).claims(0))
