from itertools import pairwise

import pytest

import gdmath
from gdscenes.kit.figures.moving_map import MovingMap
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.plot.contours import Contours

DATASET = gdmath.preset("chapter-0")
PROBLEM = DATASET.problem()
BOX = Box(184, 120, 654, 560)


@pytest.mark.parametrize("middle", [(0, 0), (-100, 12), (-1000, 3), (2e7, 1e-4)])
@pytest.mark.parametrize("span", [2.2, 40.0])
def test_the_numbers_of_a_ruler_keep_apart(middle, span):
    (b, w), half = middle, span / 2
    window = gdmath.Window(b - half, b + half, w - half, w + half)
    drawn = MovingMap(DATASET.start, Contours(PROBLEM, [1.0], THEMES["dark"])).draw(PROBLEM, BOX, window)
    (_, labels), _ = drawn.ruler()
    boxes = [label.box() for label in labels]
    under = sorted((box for box in boxes if box.top > BOX.bottom), key=lambda box: box.left)
    assert under
    assert all(one.right + 5 < other.left for one, other in pairwise(under))
