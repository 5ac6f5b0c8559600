"""A number that flies is one number: it leaves its place, which has it again once it is away."""

import numpy as np

from gdscenes.kit.lecture.flight import flying
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.digits import Digits


def test_nothing_stands_under_a_number_that_leaves():
    source = Digits("-30.00", sheet.SMALL, DARK).place(300, 300)
    target = Digits("-30.00", sheet.MEDIUM, DARK).place(1400, 700)
    place = source.box()
    flight = flying(source, target)
    flight.begin()
    (flown, _), doubled, again = flight.animations, [], []
    for share in np.linspace(0, 1, 61):
        flight.interpolate(share)
        doubled.append(bool(flown.mobject.box().overlap(place)))
        again.append(source.ink()[0].get_fill_opacity())
        assert flown.mobject.ink()[0].get_fill_opacity() == 1
    assert doubled[0]
    assert not any(shown for over, shown in zip(doubled, again, strict=True) if over)
    assert again[-1] == 1
