"""Labels stand where least is drawn, the same every time, and give way to one another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.labels import Ink, Label, covered, fitted, kept_apart, place, plated
from gdscenes.kit.plot.marks import Dots, Polyline, rule
from gdscenes.kit.type.typeset import Words

FRAME = Box(400, 300, 1000, 700)


def word(text="w = 2"):
    return Words(f"${text}$", SMALL, DARK)


def test_a_label_takes_the_preferred_corner_of_an_empty_box():
    label = Label(word(), FRAME, ("lower left",))
    place([label], Ink())
    box = label.text.box()
    assert FRAME.contains(box)
    assert box.center[0] < 600
    assert box.center[1] > 600


def test_a_label_leaves_the_corner_in_which_something_is_drawn():
    across = rule(sheet.at(400, 700), sheet.at(600, 600), DARK.ink, 3)
    label = Label(word(), FRAME, ("lower left",))
    ink = Ink().add(across)
    place([label], ink)
    assert label.text.box().center[1] < 500 or label.text.box().center[0] > 800


def test_a_label_beside_a_mark_covers_neither_the_mark_nor_a_line_through_it():
    mark = Dots(DARK.ink, 12).stand_at(sheet.at([700], [500]))
    line = Polyline(DARK.ink, 4).through(sheet.at([400, 700, 1000], [450, 500, 450]))
    label = Label(word(), (700, 500))
    ink = Ink().add(line, mark)
    place([label], ink)
    assert covered(label, Ink().add(line, mark)) == 0
    assert np.hypot(*np.subtract(label.text.box().center, (700, 500))) < 160


@given(st.lists(st.tuples(st.floats(450, 950), st.floats(350, 650)), min_size=2, max_size=8))
def test_labels_do_not_overlap_while_there_is_room(anchors):
    labels = [Label(word(), at, gaps=(24, 60, 110, 170, 240)) for at in anchors]
    place(labels, Ink())
    boxes = [label.text.box() for label in labels]
    for index, box in enumerate(boxes):
        assert sheet.SAFE.contains(box, slack=1)
        assert all(box.overlap(other) == 0 for other in boxes[:index])


def test_the_same_labels_on_the_same_ink_stand_in_the_same_places():
    def places():
        ink = Ink().add(Polyline(DARK.ink, 3).through(sheet.at([420, 900, 480], [320, 500, 690])))
        labels = [Label(word(text), FRAME) for text in ("a", "b", "c", "d")]
        place(labels, ink)
        return [label.text.box() for label in labels]

    assert places() == places()


def test_ink_counts_what_lies_under_a_box_and_nothing_else():
    ink = Ink().add(Box(600, 400, 700, 500))
    under = ink.under(np.array([[0, 0, 590, 1080], [610, 410, 690, 490], [600, 400, 700, 500]], dtype=float))
    assert under[0] == 0
    assert under[1] > 0
    assert under[2] == ink.sheet.sum()


def test_type_gives_way_only_where_room_is_short():
    def width(em):
        return Words("barely stable", em, DARK).box().width

    assert fitted(1000, (MEDIUM, SMALL), width) == MEDIUM
    assert fitted(width(SMALL) + 1, (MEDIUM, SMALL), width) == SMALL
    assert fitted(10, (MEDIUM, SMALL), width) == SMALL


def test_a_plate_lies_under_its_text_and_round_it():
    text = word().place(500, 500)
    plate, same = plated(text, DARK, 9)
    assert same is text
    assert sheet.box_of(plate.points).contains(text.box().grown(8.9))
    assert plate.z_index == text.z_index


@given(
    st.lists(st.floats(-50, 150), min_size=1, max_size=12),
    st.floats(0.5, 30),
)
def test_what_is_kept_apart_keeps_order_distance_and_range(places, apart):
    found = kept_apart(places, apart, 0, 100)
    apart = min(apart, 100 / max(len(places) - 1, 1))
    order = np.argsort(places, kind="stable")
    assert (np.diff(found[order]) >= apart - 1e-9).all()
    assert found.min() >= -1e-9
    assert found.max() <= 100 + 1e-9


def test_what_is_apart_already_stays_where_it_is():
    assert kept_apart([1, 5, 9], 2, 0, 10).tolist() == [1, 5, 9]
    np.testing.assert_allclose(kept_apart([5, 5, 5], 2, 0, 10), [3, 5, 7])
    np.testing.assert_allclose(kept_apart([9.5, 9.9], 2, 0, 10), [8, 10])
    assert kept_apart([], 2, 0, 10).shape == (0,)


@pytest.mark.parametrize("pad", [0, 20])
def test_a_label_keeps_its_pad_free(pad):
    wall = Box(400, 300, 520, 700)
    label = Label(word(), FRAME, ("upper left",), pad=pad, inset=(110, 40))
    place([label], Ink().add(wall, weight=50))
    assert label.text.box().left - wall.right >= pad - 4 or label.text.box().left > 800


def test_the_middle_of_a_side_is_a_place_in_a_box_only_where_it_is_named():
    text = Words("after 1 step", SMALL, DARK)
    plain, named = Label(text, FRAME), Label(text, FRAME, ("upper left", "below"))
    assert len(plain.candidates()) == 4
    assert len(named.candidates()) == 5
    left, _, right, bottom = named.candidates()[1]
    assert (left + right) / 2 == pytest.approx(FRAME.center[0])
    assert FRAME.bottom - 40 < bottom < FRAME.bottom
