"""One deliberate fault a scene: each is found, and nothing else is."""

import numpy as np
import pytest
from manim import Line, VGroup

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK, LIGHT, THEMES, blend
from gdscenes.kit.plot.marks import Dots, rectangle
from gdscenes.kit.proof.faults import faults, is_visible, texts_on
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words


def clean(theme=DARK):
    return VGroup(
        Words("$yhat = bias + weight x$", sheet.LARGE, theme).place(200, 200),
        Digits("-12.50", sheet.MEDIUM, theme, "loss").place(1400, 400),
        Line(sheet.at(300, 800), sheet.at(1200, 600)).set_stroke(theme.model, sheet.stroke(8)),
        Dots(theme.data, 9).stand_at(sheet.at([500, 600], [500, 700])),
    )


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_a_clean_frame_has_no_fault(still, theme):
    assert faults(still(clean(theme), ground=theme.ground)) == []


def test_two_texts_over_one_another(still):
    one, other = Words("step", 50, DARK).place(200, 500), Digits("12", 50, DARK).place(250, 510)
    (fault,) = faults(still(clean(), one, other))
    shared = one.box().overlap(other.box())
    assert fault == f"'step' and '12' overlap by {shared:.0f} square pixels"


def test_texts_that_only_touch_are_no_fault(still):
    one = Words("step", 50, DARK).place(200, 500)
    other = Words("step", 50, DARK).place(one.box().right + 3, 500)
    assert faults(still(one, other)) == []


@pytest.mark.parametrize(
    ("start", "end", "where"),
    [
        ((300, 500), (1900, 500), "x 300 to 1900"),
        ((40, 500), (300, 500), "x 40 to 300"),
        ((300, 20), (300, 500), "y 20 to 500"),
        ((300, 500), (300, 1075), "y 500 to 1075"),
    ],
)
def test_a_line_outside_the_safe_area(still, start, end, where):
    line = Line(sheet.at(*start), sheet.at(*end)).set_stroke(DARK.ink, 4)
    (fault,) = faults(still(line))
    assert fault.startswith("Line leaves the safe area")
    assert where in fault


@pytest.mark.parametrize("x", [-400, -30, 1900, 2500])
def test_a_text_off_the_frame(still, x):
    found = faults(still(Words("step", 50, DARK).place(x, 500)))
    assert found
    assert all("leaves the safe area" in fault for fault in found)


def test_type_too_small_once_it_is_scaled(still):
    text = Words("too small", 50, DARK).scale(0.6).place(200, 900)
    assert faults(still(clean(), text)) == ["'too small' has an em of 30 pixels, less than 36"]


def test_the_smallest_type_is_not_too_small(still):
    assert faults(still(Words("small", sheet.SMALLEST, DARK).place(200, 900))) == []


def test_faint_text(still):
    (fault,) = faults(still(clean(), Words("faint", 50, DARK, "grid").place(200, 900)))
    assert fault == f"'faint' in {DARK.grid} at 1.00 stands out from 0% of its ground"


def test_text_faded_too_far(still):
    text = Words("faded", 50, DARK).place(200, 900)
    assert faults(still(text.set_opacity(0.8))) == []
    (fault,) = faults(still(text.set_opacity(0.3)))
    assert "at 0.30 stands out" in fault


def test_text_on_an_area_of_a_similar_colour(still):
    area = rectangle(Box(150, 820, 700, 950), DARK.loss, fill=1)
    (fault,) = faults(still(area, Words("on it", 50, DARK, "loss").place(200, 900)))
    assert "stands out from 0%" in fault
    assert faults(still(area, Words("on it", 50, DARK).place(200, 900))) != []  # ink on pink is too faint too
    dim = rectangle(Box(150, 820, 700, 950), blend(DARK.loss, DARK.ground, 0.2), fill=1)
    assert faults(still(dim, Words("on it", 50, DARK).place(200, 900))) == []


def test_text_half_on_an_area(still):
    text = Words("half on it", 50, DARK).place(200, 900)
    area = rectangle(Box(text.box().center[0], 820, 900, 950), DARK.ink, fill=1)
    (fault,) = faults(still(area, text))
    share = float(fault.split("from ")[1].split("%")[0])
    assert share == pytest.approx(50, abs=5)


def test_a_thin_line_under_a_text_is_no_fault(still):
    line = Line(sheet.at(150, 885), sheet.at(700, 885)).set_stroke(DARK.grid, sheet.stroke(1.5))
    assert faults(still(line, Words("over a grid line", 50, DARK).place(200, 900))) == []


def test_what_is_invisible_is_ignored(still):
    unseen = [
        Words("faint", 10, DARK).place(210, 200).set_opacity(0),
        Line(sheet.at(0, 0), sheet.at(1900, 0)).set_stroke(opacity=0),
        Line(sheet.at(0, 0), sheet.at(1900, 0)).set_stroke(DARK.ink, 0),
        rectangle(Box(0, 0, 1920, 1080), DARK.ink, fill=0.0),
        Digits("", 10, DARK),
    ]
    assert faults(still(clean(), *unseen)) == []
    assert not any(is_visible(m) for top in unseen for m in top.family_members_with_points())


def test_every_text_in_a_group_is_found(still):
    assert [type(t).__name__ for t in texts_on(still(clean()))] == ["Words", "Digits"]


def test_the_ground_is_the_scenes(still):
    """Dark type on a light page is read; the same on the dark page is not."""
    text = Words("ink", 50, LIGHT).place(200, 900)
    assert faults(still(text, ground=LIGHT.ground)) == []
    assert len(faults(still(text, ground=DARK.ground))) == 1


def test_looking_changes_nothing(still):
    group = clean()
    before = [m.points.copy() for m in group.family_members_with_points()]
    faults(still(group))
    for old, mobject in zip(before, group.family_members_with_points(), strict=True):
        assert np.array_equal(old, mobject.points)
