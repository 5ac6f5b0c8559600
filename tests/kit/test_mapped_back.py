"""What was learned on a standardised feature: the numbers of the formulas give the line of least squares."""

import numpy as np
import pytest
from claims import assert_true
from data import ODD

import gdmath
from gdscenes.kit.figures.mapped_back import MappedBack
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

CELL = Cell(80, 600, 1800, 1034)
DATA = {name: gdmath.preset(name) for name in ("chapter-0", "chapter-0-bad")} | {
    name: ODD[name] for name in ("millions", "millionths", "falling", "three points")
}


def back_of(dataset, factor=10.0):
    x, y = dataset.x_train, dataset.y_train
    features = {"x": x, "u": factor * x, "z": gdmath.Standardizer.fit(x).transform(x)}
    problems = {name: gdmath.LeastSquares(each, y) for name, each in features.items()}
    run = gdmath.descend(problems["z"], dataset.start, problems["z"].best_learning_rate, 1)
    args = CELL, (problems["x"], problems["u"]), factor, run.parameters[-1], DARK
    return MappedBack(*args, runs=("x", "u", "z"), last_row=1), problems, run


@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_its_numbers_are_true_and_make_each_other(dataset):
    back, problems, run = back_of(dataset)
    assert assert_true(back.claims(0), {"z": run}, problems.get) == 8
    value = {name: digits.value()[0] for name, digits in back.slots.items()}
    b, w = (digits.value()[0] for digits in back.results)
    assert w == pytest.approx(value["w'"] / value["sigma"], rel=5e-3)
    assert value["w"] == w
    assert b == pytest.approx(
        value["b'"] - w * value["mu"], abs=5e-3 * (abs(value["b'"]) + abs(w * value["mu"]))
    )
    in_x = [digits.value()[0] for digits in back.in_x]
    np.testing.assert_allclose(in_x, [b, 10 * w], rtol=5e-3)
    assert [each.text for each in back.learned] == [back.slots["b'"].text, back.slots["w'"].text]


@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_it_keeps_to_its_cell_and_nothing_covers_another(dataset):
    back, _, _ = back_of(dataset)
    texts = [*back.head, *(part for name in back.names for part in name), *back.slots.values()]
    texts += [*back.results, *back.in_x]
    boxes = [text.box() for text in texts]
    assert max(box.right for box in boxes) <= CELL.right
    assert max(box.bottom for box in boxes) <= CELL.bottom
    assert not any(a.overlap(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_negative_number_after_a_sign_stands_in_brackets():
    x = np.array([-4.0, -3.0, -1.0])
    back, _, _ = back_of(gdmath.Dataset(**{**vars(ODD["three points"]), "x": x}))
    assert back.slots["mu"].text == "(-26.667)"
    assert back.slots["mu"].value()[0] == -26.667
