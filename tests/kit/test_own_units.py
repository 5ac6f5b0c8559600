"""What a film of a user's data says of its frame, against the numbers of the table."""

from dataclasses import replace

import numpy as np
import pytest
from data import NAMES, OWN

from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.lecture.own_units import OwnUnits, counted, told_of
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.sheet import SAFE
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.type.digits import Digits

FRAMED = [name for name, table in OWN.items() if table.dataset().frame]


def numbers(row):
    return [part.value() for part in row.parts if isinstance(part, Digits)]


@pytest.mark.parametrize("name", FRAMED)
def test_last_page_has_the_best_line_of_the_tables_own_columns(name):
    table = OWN[name]
    dataset = table.dataset()
    rows, origin = dataset.train_indices, dataset.frame.x_origin
    slope, height = np.polyfit(table.x[rows] - origin, table.y[rows], 1)
    page = OwnUnits(dataset, THEMES["dark"])
    (b, b_unit), (w, w_unit) = numbers(page.outside)
    sign = -1 if "$-$" in [getattr(part, "source", "") for part in page.outside.parts] else 1
    assert b == pytest.approx(height, abs=0.51 * b_unit)
    assert sign * w == pytest.approx(slope, abs=0.51 * w_unit)


@pytest.mark.parametrize("name", FRAMED)
def test_ticks_stand_where_the_table_has_their_numbers(name):
    """A number on an axis is that of the user's units, and its place that of the frame."""
    table = OWN[name]
    dataset = table.dataset()
    plane = DataPlane(dataset, PAGE, THEMES["dark"], dataset.start)
    for axis, inside, outside in ((plane.plot.x, dataset.x, table.x), (plane.plot.y, dataset.y, table.y)):
        own = getattr(axis, "own", axis)
        scale = 10.0 ** getattr(own, "power", 0)
        told = scale * np.array([float(axis.label(tick)) for tick in axis.ticks])
        slope = np.ptp(inside) / np.ptp(outside)
        expected = inside.min() + slope * (told - outside.min())
        np.testing.assert_allclose(axis.ticks, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("origin", "scale", "power", "told"),
    [
        (0.0, 1.0, 0, "a"),
        (20.0, 10.0, 0, "a $= 20 + 10 thin x$"),
        (0.0, 50.0, 0, "a $= 50 thin x$"),
        (225.0, 1.0, 0, "a $= 225 + x$"),
        (2e5, 1e5, 5, "a#h(.2em)$\\/10^(5)$ $= 2 + x$"),
        (2e5, 5e4, 5, "a#h(.2em)$\\/10^(5)$ $= 2 + 0.5 thin x$"),
    ],
)
def test_says_what_a_column_counts(origin, scale, power, told):
    assert "a" + counted(origin, scale, "x", power) == told


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_long_names_stay_on_the_page(name):
    table = replace(OWN["bmi"], name=f"{name}.csv", x_name=name, y_name=name, y_unit="kg/m²")
    dataset = table.dataset()
    page = OwnUnits(dataset, THEMES["dark"])
    for line in (*told_of(dataset, THEMES["dark"]), *page.frame, page.outside):
        assert line.box().width <= SAFE.width
    assert page.frame[0].source.endswith(" x$")
    assert '(kg/m²)";' in page.frame[1].source
    assert told_of(dataset, THEMES["dark"])[0].source.endswith(", 442 rows, up to 200 drawn")
