"""The curve is what the recorded network predicts, wherever the axes hold it."""

from __future__ import annotations

import numpy as np
import pytest
from claims import assert_true

import gdmath
from gdmath.torch_loops import network_loop
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.network_curve import NetworkCurve
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK

DATA = gdmath.curved_dataset()


@pytest.fixture(scope="module")
def run() -> gdmath.Trajectory:
    return network_loop(DATA.problem(), 0.1, 200, seed=2)


def curve_of(run: gdmath.Trajectory) -> NetworkCurve:
    plane = DataPlane(DATA, Cell(900, 140, 1800, 640), DARK, DATA.start)
    return NetworkCurve(plane, run, "network")


def test_each_row_is_drawn_as_the_network_predicts(run):
    curve = curve_of(run)
    for row in (0, 1, 50, 200):
        claims = list(curve.at(row).claims(row))
        assert assert_true(claims, {"network": run}, lambda _: DATA.problem()) == 1
        assert len(claims[0].drawn[0]) > 100


def test_another_row_is_not_true(run):
    claims = list(curve_of(run).at(3).claims(150))
    with pytest.raises(AssertionError, match="the truth is"):
        assert_true(claims, {"network": run}, lambda _: DATA.problem())


def test_change_is_the_way_of_the_place_that_goes_furthest(run):
    curve = curve_of(run)
    heights = np.array([curve.at(row).curve.points[[*range(0, 480, 4), -1], 1] for row in (20, 21)])
    longest = np.abs(np.diff(heights, axis=0)).max() * 135
    assert curve.change[20] == pytest.approx(longest, rel=1e-6)
