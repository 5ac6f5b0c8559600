"""What the data plane draws stands where the data and the row say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from data import NAMES, slow_but

import gdmath
from gdmath import Standardizer
from gdscenes.kit.figures.data_plane import DataPlane, rescaled
from gdscenes.kit.lecture.choices import with_feature_times
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.proof.faults import overlaps
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import speaking
from gdscenes.kit.type.typeset import Words

CELL = Cell(77, 114, 1246, 1018)
START, END = (1.5, -0.5), (1.0, 2.0)


@pytest.fixture
def data() -> gdmath.Dataset:
    return gdmath.preset("chapter-0")


def millions(n: int = 30) -> gdmath.Dataset:
    x = np.linspace(3e6, 4e6, n)
    return gdmath.Dataset(
        name="millions",
        x=x,
        y=1e-3 * x + 5,
        train_indices=np.arange(n),
        start=np.zeros(2),
        learning_rate=1e-15,
        n_steps=10,
        x_name="population",
        y_name="income",
    )


def drawn_line(plane: DataPlane) -> np.ndarray:
    """b and w of the line on the page."""
    (x0, y0), (x1, y1) = plane.plot.values(np.vstack(plane.line.ends()))
    w = (y1 - y0) / (x1 - x0)
    return np.array([y0 - w * x0, w])


def test_points_stand_on_the_data(data):
    plane = DataPlane(data, CELL, DARK, [START])
    for dots, x, y in (
        (plane.train, data.x_train, data.y_train),
        (plane.validation, data.x_validation, data.y_validation),
    ):
        centers = plane.plot.values(np.vstack([dot.centers() for dot in dots]))
        np.testing.assert_allclose(centers, np.stack([x, y], axis=1), rtol=1e-9, atol=1e-9)


def test_the_line_and_its_residuals_go_from_row_to_row(data):
    plane = DataPlane(data, CELL, DARK, [START, END])
    assert not plane.line.has_points()
    for row, towards, share in ((0, 0.0, 0.0), (0, 0.25, 0.25), (1, 0.0, 1.0)):
        b, w = np.array(START) + share * (np.array(END) - START)
        np.testing.assert_allclose(drawn_line(plane.at(row, towards)), [b, w], rtol=1e-9)
        assert plane.residuals.has_points() == (plane.grown > 0)
        plane.dial(grown=1.0)
        tops, feet = (plane.plot.values(points) for points in plane.residuals.ends())
        np.testing.assert_allclose(tops[:, 1], data.y_train, rtol=1e-9)
        np.testing.assert_allclose(feet[:, 1], b + w * data.x_train, rtol=1e-9)


def test_half_grown_residuals_go_half_the_way(data):
    plane = DataPlane(data, CELL, DARK, [START]).at(0).dial(grown=0.5)
    tops, feet = (plane.plot.values(points)[:, 1] for points in plane.residuals.ends())
    whole = data.y_train - (START[0] + START[1] * data.x_train)
    np.testing.assert_allclose(tops - feet, whole / 2, rtol=1e-9)


def test_claims_what_it_draws(data):
    plane = DataPlane(data, CELL, DARK, [START, END], run="descent").dial(grown=1.0).at(1)
    claims = {claim.quantity: claim for claim in plane.claims(1)}
    assert (claims["parameters"].run, claims["parameters"].row) == ("descent", 1)
    assert (np.abs(claims["parameters"].drawn - END) <= claims["parameters"].within).all()
    missed = END[0] + END[1] * data.x_train - data.y_train
    np.testing.assert_allclose(claims["residuals"].drawn, missed, atol=1e-8)
    plane.line.shift([0, 0.01, 0])
    wrong = next(iter(plane.claims(1)))
    assert (np.abs(wrong.drawn - END) > wrong.within).any()


def test_looks_at_some_points_alone(data):
    plane = DataPlane(data, CELL, DARK, [START]).dial(grown=1.0).at(0).look_at([3, 5])
    for points in (plane.lit.centers(), plane.residuals.ends()[0]):
        np.testing.assert_allclose(plane.plot.values(points)[:, 0], data.x_train[[3, 5]], rtol=1e-9)


def test_a_factor_takes_the_points_and_the_line_along(data):
    plane = DataPlane(data, CELL, DARK, [END], stretch=10.0).at(0)
    before = plane.line.points.copy()
    plane.dial(factor=10.0)
    centers = plane.plot.values(np.vstack([dot.centers() for dot in plane.train]))
    np.testing.assert_allclose(centers[:, 0], 10 * data.x_train, rtol=1e-9)
    np.testing.assert_allclose(drawn_line(plane), [END[0], END[1] / 10], rtol=1e-9)
    np.testing.assert_allclose(plane.dial(factor=1.0).line.points, before)


def test_the_same_points_in_another_unit_are_the_same_picture(data):
    one = DataPlane(data, CELL, DARK, [END]).at(0)
    changed = with_feature_times(data, 10.0)
    axis = rescaled(one.plot.x, Standardizer(0.0, 0.1))
    other = DataPlane(changed, CELL, DARK, [(END[0], END[1] / 10)], x=axis, y=one.plot.y).at(0)
    for mine, theirs in ((one.line, other.line), (one.train[0], other.train[0])):
        np.testing.assert_allclose(mine.points, theirs.points, atol=1e-9)


def test_another_box_moves_everything(data):
    plane = DataPlane(data, CELL, DARK, [START]).dial(grown=1.0).at(0)
    plane.dial(box=Cell(300, 300, 700, 600))
    np.testing.assert_allclose(drawn_line(plane), START, rtol=1e-9)
    assert sheet.box_of(np.vstack([dot.centers() for dot in plane.train])).right <= 700


@pytest.mark.parametrize("cell", [CELL, Cell(1266, 240, 1838, 740)], ids=["stage", "small"])
@pytest.mark.parametrize("odd", [False, True], ids=["chapter-0", "millions"])
def test_numbers_and_names_stay_inside_of_the_cell(cell, odd):
    plane = DataPlane(millions() if odd else gdmath.preset("chapter-0"), cell, DARK, [(1.0, 0.0)])
    for text in (*plane.plot.labels, *plane.names):
        assert cell.grown(6).contains(text.box()), text
    x_name, y_name = (name.source for name in plane.names if isinstance(name, Words))
    assert ("10^(6)" in x_name, "10^(3)" in y_name) == (odd, False)


CELLS = {"stage": CELL, "small": Cell(1266, 240, 1838, 740), "right of another": Cell(700, 53, 1260, 743)}


@pytest.mark.parametrize("unit", ["", "kg/m²"])
@pytest.mark.parametrize("kind", slow_but(NAMES, "eighty letters", "combining"))
def test_long_names_stay_clear_of_all_else(kind, unit, data):
    name = NAMES[kind]
    named = replace(data, x_name=name, y_name=name, x_unit=unit, y_unit=unit)
    for (place, cell), heading in product(CELLS.items(), ("", "feature $times 10$")):
        plane = DataPlane(named, cell, DARK, [START], heading=heading)
        texts = [*plane.plot.labels, *plane.names, *[plane.heading] * bool(heading)]
        assert overlaps(texts) == []
        for text in (*plane.names, *plane.plot.labels):
            assert cell.grown(1).contains(text.box()), (place, text)
        assert plane.heading.box().top > cell.top - 1
        x_name, y_name = plane.names
        assert x_name.box().top > plane.plot.labels[0].box().bottom
        assert y_name.box().left == pytest.approx(cell.left, abs=6)
        assert y_name.box().bottom < plane.box.top
        if unit:
            assert all(each.source.endswith(f' ({unit})";') for each in plane.names)


def test_short_names_stand_at_the_ends_of_their_axes(data):
    """As in the textbook's films, with a unit or without."""
    for unit in ("", "m"):
        plane = DataPlane(replace(data, x_unit=unit, y_unit=unit), CELL, DARK, [START])
        x_name, y_name = (name.box() for name in plane.names)
        assert x_name.left > max(plane.box.right + 20, plane.plot.labels[-1].box().right)
        assert x_name.right <= CELL.right
        assert y_name.center[0] == pytest.approx(plane.box.left, abs=3)
    assert plane.insets() == replace(
        DataPlane(data, CELL, DARK, [START]).insets(), right=plane.insets().right
    )


def test_a_stretched_feature_counts_no_unit(data):
    plane = DataPlane(replace(data, x_unit="m"), CELL, DARK, [END], stretch=10.0)
    assert plane.names[0].source == "$x$"
    changed = with_feature_times(replace(data, x_unit="m"), 10.0)
    assert changed.x_unit == "0.1 m"
    assert with_feature_times(data, 10.0).x_unit == ""


@pytest.mark.parametrize(("name", "ends"), [("eighty letters", '(€)";'), ("short", " x$")])
def test_a_frame_stands_after_a_name_that_leaves_it_room(data, name, ends):
    table = gdmath.Table(
        name="plants.csv",
        x_name=NAMES.get(name, "light"),
        y_name="growth",
        x_unit="€",
        x=20_000 + 4e4 * data.x,
        y=data.y,
    )
    plane = DataPlane(table.dataset(), CELLS["small"], DARK, [(0.0, 0.0)])
    x_name = plane.names[0]
    assert x_name.source.endswith(ends)
    assert ("… (€)" in x_name.source) == (name in NAMES)
    assert CELLS["small"].grown(6).contains(x_name.box())


def test_ghosts_stay_behind_and_grow_faint(data):
    rows = np.linspace(START, END, 6)
    plane = DataPlane(data, CELL, DARK, rows, ghosts=(0, 1, 4)).at(4)
    numbers = [label for label in plane.ghost_labels if isinstance(label, Digits)]
    assert [label.text for label in numbers] == ["0", "1"]
    (name,) = (label for label in plane.ghost_labels if label not in numbers)
    assert name.source == "step"
    assert all(name.box().overlap(each.box()) == 0 for each in (*numbers, *plane.names, *plane.plot.labels))
    faint, newer = (ghost.get_stroke_opacity() for ghost in plane.ghosts)
    assert faint < newer
    plane.at(4, towards=0.5)
    assert len(plane.ghosts) == 3
    np.testing.assert_allclose(plane.ghosts[2].points, plane.at(4).line.points)


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_what_counts_the_ghosts_keeps_to_its_room_in_every_language(data, language):
    """Right behind it begins another column of the page."""
    with speaking(language):
        plane = DataPlane(data, CELL, DARK, np.linspace(START, END, 6), ghosts=(0, 1, 4)).at(4)
    (name,) = (label for label in plane.ghost_labels if not isinstance(label, Digits))
    assert name.box().right - plane.plot.box.right < 103


def test_a_line_that_is_left_stays_where_it_was(data):
    plane = DataPlane(data, CELL, DARK, [(1.0, 2.0), (0.5, 1.0)]).dial(parameters=(1.0, 2.0))
    before = plane.line.points.copy()
    plane.leave_line()
    plane.dial(parameters=(0.5, 1.0))
    np.testing.assert_array_equal(plane.ghosts[0].points, before)
    assert (plane.line.points != before).any()


def test_a_line_beyond_the_axes_is_not_drawn(data):
    plane = DataPlane(data, CELL, DARK, [START]).dial(parameters=np.array([1e4, 0.0]))
    assert not plane.line.has_points()


def covered_points(label: Words, plane: DataPlane) -> int:
    """How many points of the data stand under a label."""
    centers = sheet.pixels(np.vstack([dot.centers() for dot in plane.train]))
    box = label.box().grown(4)
    return int(((centers > (box.left, box.top)) & (centers < (box.right, box.bottom))).all(axis=1).sum())


def test_the_label_of_a_line_covers_no_point(data):
    plane = DataPlane(data, CELL, DARK, [START]).at(0)
    label = Words("random start", 40, DARK)
    plane.label_line(label)
    assert plane.plot.box.contains(label.box())
    assert covered_points(label, plane) == 0


def test_the_label_of_a_line_through_a_wide_cloud_stands_off_it():
    rng = np.random.default_rng(42)
    x = rng.uniform(0, 1, 300)
    cloud = replace(
        gdmath.preset("chapter-0"),
        x=x,
        y=x + np.clip(rng.normal(0, 0.12, 300), -0.3, 0.3),
        train_indices=np.arange(300),
        validation_indices=np.empty(0, dtype=int),
    )
    plane = DataPlane(cloud, CELL, DARK, [cloud.problem().minimizer])
    label = Words("lowest loss", 40, DARK)
    plane.label_line(label, cloud.problem().minimizer)
    assert plane.plot.box.contains(label.box())
    assert covered_points(label, plane) == 0


def test_the_label_of_a_line_keeps_off_another(data):
    plane = DataPlane(data, CELL, DARK, [START]).at(0)
    first, second = (Words("random start", 40, DARK) for _ in range(2))
    plane.label_line(first)
    plane.label_line(second, clear_of=[first])
    assert first.box().overlap(second.box()) == 0


@pytest.mark.parametrize("order", [1, -1])
def test_labels_beside_ends_that_are_near_each_other_stand_apart_in_their_order(data, order):
    lines = [(3.0, -0.1), (3.0, 0.1)][::order]
    plane = DataPlane(data, CELL, DARK, lines).dial(box=Cell(121, 653, 645, 966))
    labels = [Block([Words("sum of all", 40, DARK)], [Words("gradients", 40, DARK)]) for _ in lines]
    plane.label_ends(labels, lines)
    boxes = [label.box() for label in labels]
    ends = [sheet.pixels(plane.line_of(line)[1])[0, 1] for line in lines]
    assert abs(ends[0] - ends[1]) < boxes[0].height / 2
    upper, lower = boxes[::-order]
    assert upper.bottom + 20 < lower.top
    assert all(plane.box.right + 20 < box.left for box in boxes)
    assert plane.box.top < upper.top
    assert lower.bottom < plane.box.bottom


def test_a_label_alone_stands_at_the_height_of_the_end(data):
    plane, label = DataPlane(data, CELL, DARK, [START]), Words("random start", 40, DARK)
    plane.label_ends([label], [START])
    assert label.box().center[1] == pytest.approx(sheet.pixels(plane.line_of(START)[1])[0, 1])


@pytest.mark.parametrize("name", ["one-weight", "chapter-0"])
def test_lines_turn_about_a_pin_that_the_axes_hold(name):
    data = gdmath.preset(name)
    b = 0.7
    plane = DataPlane(data, CELL, DARK, [[b, 0.0], [b, 3.0]], pivot=(0.0, b))
    assert not plane.pin.has_points()
    assert plane.x.low <= 0 <= plane.x.high
    for w in (0.0, 3.0):
        plane.dial(parameters=np.array([b, w]))
        np.testing.assert_allclose(plane.plot.values(plane.pin.centers())[0], [0.0, b], atol=1e-9)
        np.testing.assert_allclose(drawn_line(plane), [b, w], atol=1e-9)
