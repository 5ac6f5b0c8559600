"""A run in axes: what is drawn lies inside, and the cross on the exact crossing."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gdmath
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis
from gdscenes.kit.plot.clipping import Limits, clip_path
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, LOW, REFERENCE, RunArrow, RunPath

BOX = Box(200, 100, 1000, 700)
UNIT = Plot(BOX, Axis(0, 1, (), 0, ""), Axis(0, 1, (), 0, ""), DARK)
STYLES = {"low": LOW, "good": GOOD, "divergent": DIVERGENT, "reference": REFERENCE}


def exact_exit(path):
    """First crossing of the unit square's edge, in fractions, and the row that the run was on its way to."""
    for row, (start, end) in enumerate(itertools.pairwise(path), start=1):
        if not np.isfinite(end).all():
            return None
        if all(0 <= v <= 1 for v in end):
            continue
        shares = [Fraction(1)]
        for a, b in zip(map(Fraction, start), map(Fraction, end), strict=True):
            if not 0 <= b <= 1:
                shares.append(((1 if b > 1 else 0) - a) / (b - a))
        t = min(shares)
        return row, [
            float(Fraction(a) + t * (Fraction(b) - Fraction(a))) for a, b in zip(start, end, strict=True)
        ]
    return None


def inked(path, part):
    return sheet.pixels(part.points) if part.has_points() else np.empty((0, 2))


coordinate = (
    st.floats(-0.5, 1.5) | st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, 1e300])
)
inside = st.tuples(st.floats(0, 1), st.floats(0, 1))
paths = st.tuples(inside, st.lists(st.tuples(coordinate, coordinate), max_size=8)).map(
    lambda p: [p[0], *p[1]]
)


@settings(max_examples=200)
@given(paths, st.sampled_from(list(STYLES)), st.integers(0, 9), st.floats(0, 1))
@example([(0.25, 0.5), (1e300, 5e299)], "divergent", 1, 0.0)
@example([(0.25, 0.5), (math.nan, 0.5), (0.75, 0.5)], "good", 2, 0.0)
def test_any_path_is_drawn_inside_and_leaves_where_it_crosses(points, name, row, towards):
    path = RunPath(points, UNIT, STYLES[name], DARK).show_row(row, towards)
    spots = inked(path, path.line)
    radius = STYLES[name].width / 2 if name == "low" else 0.0
    frame = BOX.grown(radius + 1e-6)
    assert ((frame.left <= spots[:, 0]) & (spots[:, 0] <= frame.right)).all()
    assert ((frame.top <= spots[:, 1]) & (spots[:, 1] <= frame.bottom)).all()
    leaves = exact_exit(points)
    assert (path.exit is None) == (leaves is None)
    if leaves is not None:
        assert path.exit_row == leaves[0]
        np.testing.assert_allclose(path.exit, leaves[1], atol=1e-9)
    has_left = leaves is not None and row >= leaves[0]
    assert bool(path.cross.ring.has_points()) == has_left
    if has_left:
        np.testing.assert_allclose(UNIT.values(path.cross.centers())[0], leaves[1], atol=1e-9)
        assert not path.head.has_points()


def test_marks_and_head_stand_on_the_rows():
    run = gdmath.descend(*_textbook(), learning_rate=0.2, n_steps=10)
    plot = Plot(BOX, Axis(0, 2.5, (), 0, ""), Axis(-1, 3, (), 0, ""), DARK)
    path = RunPath(run.parameters, plot, LOW, DARK)
    for row in (1, 4, 10, 3):
        path.show_row(row)
        np.testing.assert_allclose(plot.values(path.head.centers())[0], run.parameters[row], atol=1e-9)
        marked = plot.values(path.marks.centers())
        apart = np.linalg.norm(marked[:, None] - run.parameters[1 : row + 1], axis=2).min(axis=1)
        assert apart.max() < 1e-9
        assert 1 <= len(marked) <= row


@pytest.mark.parametrize(("name", "sides"), [("low", 24), ("good", 4), ("divergent", 3), ("reference", 4)])
def test_each_role_has_its_mark(name, sides):
    path = RunPath([(0.1, 0.1), (0.5, 0.5), (0.9, 0.1)], UNIT, STYLES[name], DARK).show_row(2)
    assert len(path.marks.corners()) == 2 * sides
    hollow = path.marks.get_fill_color().to_hex().upper() == DARK.ground
    assert hollow == (name == "reference")


def test_lines_are_whole_dashed_or_dotted():
    def drawn(name):
        return RunPath([(0, 0.5), (1, 0.5)], UNIT, STYLES[name], DARK).show_row(1).line

    def share(line):
        starts, ends = line.ends()
        return np.linalg.norm(ends - starts, axis=1).sum() * sheet.PIXELS_PER_UNIT / BOX.width

    assert share(drawn("good")) == pytest.approx(1)
    assert share(drawn("divergent")) == pytest.approx(20 / 31, abs=0.03)
    assert share(drawn("reference")) == pytest.approx(14 / 22, abs=0.03)
    dots = sheet.pixels(drawn("low").centers())
    np.testing.assert_allclose(np.diff(dots[:, 0]), 12, atol=1e-6)


def test_between_two_rows_the_head_is_part_of_the_way():
    path = RunPath([(0, 0), (1, 0.5), (0, 1)], UNIT, GOOD, DARK).show_row(1, towards=0.25)
    np.testing.assert_allclose(UNIT.values(path.head.centers())[0], [0.75, 0.625])


def test_a_frame_depends_on_its_row_alone():
    points = np.random.default_rng(0).uniform(0, 1, (20, 2))
    again = RunPath(points, UNIT, DIVERGENT, DARK).show_row(19).show_row(7)
    fresh = RunPath(points, UNIT, DIVERGENT, DARK).show_row(7)
    for one, other in zip(
        again.family_members_with_points(), fresh.family_members_with_points(), strict=True
    ):
        np.testing.assert_array_equal(one.points, other.points)


eighths = st.integers(-4, 12).map(lambda k: k / 8)
far = eighths | st.sampled_from([math.nan, math.inf, -3.0, 1e300])


@settings(max_examples=100)
@given(
    st.lists(st.tuples(far, far), min_size=1, max_size=8),
    st.integers(0, 4),
    st.integers(0, 9),
    st.integers(0, 8).map(lambda k: k / 8),
)
@example([(0.5, 0.5), (2.0, 0.5), (0.5, 0.25)], 0, 2, 0.0)
def test_from_a_later_row_on_a_path_is_cut_at_the_edge_and_comes_back(points, first, row, towards):
    path = RunPath(points, UNIT, GOOD, DARK).lay_in(UNIT, first).show_row(row, towards)
    finite = list(itertools.takewhile(lambda each: np.isfinite(each).all(), points))
    rows = np.array(finite[: row + 1][first:]).reshape(-1, 2)
    if towards and row + 1 < len(finite) and len(rows):
        rows = np.vstack([rows, rows[-1] + towards * (np.array(finite[row + 1]) - rows[-1])])
    expected = clip_path(rows, Limits(0, 1, 0, 1)) if len(rows) > 1 else []
    corners = UNIT.values(np.stack(path.line.ends(), axis=1).reshape(-1, 3)) if path.line.has_points() else []
    legs = [leg for piece in expected for leg in itertools.pairwise(piece) if np.ptp(leg, axis=0).any()]
    np.testing.assert_allclose(np.reshape(corners, (-1, 2)), np.reshape(legs, (-1, 2)), atol=1e-9)
    assert not path.cross.ring.has_points()


def test_only_the_rows_that_may_have_marks_have_them():
    points = np.stack([np.linspace(0, 1, 11), np.full(11, 0.5)], axis=1)
    path = RunPath(points, UNIT, GOOD, DARK, marked_rows=[0, 4, 8]).show_row(9)
    np.testing.assert_allclose(UNIT.values(path.marks.centers())[:, 0], [0.4, 0.8])


def test_a_run_that_starts_outside_is_not_drawn():
    path = RunPath([(2, 2), (0.5, 0.5)], UNIT, GOOD, DARK).show_row(1)
    assert not path.family_members_with_points()


def _textbook():
    dataset = gdmath.preset("chapter-0")
    return dataset.problem(), dataset.start


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("length", [600, 40, 3, -250])
def test_an_arrow_ends_on_its_point(name, length):
    start, tip = sheet.at(900, 300), sheet.at(900 + length, 300)
    arrow = RunArrow(STYLES[name], DARK).between(start, tip)
    np.testing.assert_array_equal(arrow.tip, tip)
    spots = sheet.pixels(np.concatenate([m.points for m in arrow.family_members_with_points()]))[:, 0]
    beyond = (spots - (900 + length)) * np.sign(length)
    assert beyond.max() <= 1e-6 + (STYLES[name].width / 2 if abs(length) < 10 else 0)
    assert not arrow.between(tip, tip).family_members_with_points()
