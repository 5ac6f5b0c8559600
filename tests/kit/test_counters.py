import pytest

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.counter import Counter


def shown_color(counter):
    return counter.value.ink()[0].get_fill_color().to_hex().upper()


def test_it_counts_and_stops_at_its_finish():
    counter = Counter("steps", 258, DARK, largest=576)
    seen = []
    for step in (0, 1, 257, 258, 259, 1000):
        counter.count(step)
        seen.append((counter.value.text, shown_color(counter)))
    ink, done = DARK.ink, DARK.minimum
    assert seen == [("0", ink), ("1", ink), ("257", ink), ("258", done), ("258", done), ("258", done)]
    assert (counter.count(3).value.text, shown_color(counter)) == ("3", ink)


def test_it_counts_down_to_its_finish():
    counter = Counter("$kappa$", 1.0, DARK, largest=112.0, decimals=1, start=112.0)
    assert [counter.count(v).value.text for v in (112.01, 16.44, 1.0, 0.5)] == ["112.0", "16.4", "1.0", "1.0"]
    assert shown_color(counter) == DARK.minimum


def test_without_a_finish_it_only_counts():
    counter = Counter("step", None, DARK, largest=10)
    assert counter.count(12).value.text == "12"
    assert shown_color(counter) == DARK.ink


def test_beside_values_that_run_it_says_the_way():
    counter = Counter("step", None, DARK, largest=10, tells_way=True)
    rows = [(0, 0.0), (0, 0.5), (1, 0.0), (9, 0.2), (10, 0.0)]
    assert [counter.at(*row).value.text for row in rows] == ["0", "0→1", "1", "9→10", "10"]
    quiet = Counter("step", None, DARK, largest=10)
    assert [quiet.at(*row).value.text for row in rows[:3]] == ["0", "0", "1"]


@pytest.mark.parametrize("align", ["left", "right"])
def test_the_largest_number_keeps_to_its_room(align):
    counter = Counter("steps", None, DARK, largest=1000).place(900, 500, align)
    before = counter.value.origin.copy()
    counter.count(1000)
    assert (counter.value.origin == before).all()
    right = sheet.pixels(before)[0] + counter.value.width_pixels
    if align == "right":
        assert right == pytest.approx(900)
    assert right - counter.word.box().left == pytest.approx(counter.width_pixels)
