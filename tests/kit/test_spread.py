"""The ruler of a standardised feature counts its deviations from its mean, whatever the feature."""

from dataclasses import replace

import numpy as np
import pytest
from claims import assert_true
from data import NAMES, ODD

import gdmath
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.spread import Spread
from gdscenes.kit.page.cell import STAGE, Insets
from gdscenes.kit.page.sheet import SAFE, box_of
from gdscenes.kit.page.theme import THEMES

DARK = THEMES["dark"]
DATA = {"chapter-0": gdmath.preset("chapter-0")} | {
    name: ODD[name] for name in ("millions", "millionths", "three points", "far from zero")
}


@pytest.mark.parametrize("dataset", DATA.values(), ids=DATA)
def test_mean_and_deviation_are_read_off_its_ticks(dataset):
    problem = dataset.problem()
    cell = STAGE.inset(Insets(top=30, bottom=Spread.ROOM))
    plane = DataPlane(dataset, cell, DARK, problem.minimizer)
    spread = Spread(plane, gdmath.Standardizer.fit(dataset.x_train), DARK)
    assert assert_true(spread.claims(0), {}, lambda _: problem) >= 3
    assert max(digits.box().bottom for _, digits in spread.ticks) < SAFE.bottom
    feet = plane.plot.values(spread.drops.ends()[1])
    np.testing.assert_allclose(feet[:, 0], dataset.x_train, rtol=1e-9)
    middles = [abs(digits.value()[0]) for _, digits in spread.ticks]
    assert middles == sorted(middles), "they come from the middle outwards"


def test_the_ruler_is_clear_of_a_long_name():
    dataset = replace(gdmath.preset("chapter-0"), x_name=NAMES["eighty letters"], x_unit="kg/m²")
    plane = DataPlane(dataset, STAGE.inset(Insets(bottom=Spread.ROOM)), DARK, dataset.start, heading="above")
    spread = Spread(plane, gdmath.Standardizer.fit(dataset.x_train), DARK)
    name = plane.names[0].box()
    for line in (*spread.mean, *spread.deviation, spread.zero[0]):
        assert not name.overlap(box_of(line.get_all_points()).grown(2)), line
    assert max(digits.box().bottom for _, digits in spread.ticks) < SAFE.bottom
