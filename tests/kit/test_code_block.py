import numpy as np
import pytest

from gdscenes.kit.figures.code import ADVANCE, CODE, Band, CodeLine, code_column, lighting, quiet
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK, THEMES, contrast


def inks(line):
    return [str(glyph.get_fill_color().to_hex()).upper() for glyph in line.ink()]


def test_every_character_has_a_slot_of_its_own():
    line = CodeLine("mmmmmmmmmm", DARK).place(300, 500)
    lefts = np.array([sheet.box_of(glyph.points).left for glyph in line.ink()])
    np.testing.assert_allclose(np.diff(lefts), ADVANCE * CODE, rtol=1e-3)


def test_indentation_moves_a_line_by_whole_slots():
    plain, indented = (CodeLine(text, DARK).place(300, 500) for text in ("loss = e", "  loss = e"))
    assert indented.box().left - plain.box().left == pytest.approx(2 * ADVANCE * CODE, abs=1e-6)
    assert indented.text == "  loss = e"


def test_names_have_the_colours_of_what_they_name():
    assert inks(CodeLine("b = w * x", DARK)) == [DARK.bias, DARK.ink, DARK.weight, DARK.ink, DARK.muted]
    assert set(inks(CodeLine("batch", DARK))) == {DARK.ink}


def test_quotes_and_backslashes_are_shown_as_they_are():
    assert len(CodeLine('f("\\n")', DARK).ink()) == len('f("\\n")')


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_quiet_type_can_be_read(theme):
    for role in ("ink", "muted", "bias", "weight", "loss", "model_text"):
        color = quiet(theme.color(role), theme)
        assert contrast(color, theme.ground) >= 4.5
        assert contrast(color, theme.ground) <= contrast(theme.color(role), theme.ground)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_what_became_quiet_is_lit_again(theme):
    line = CodeLine("b = w * (x - yhat).mean()", theme)
    before = inks(line)
    for is_lit in (False, True):
        animation = lighting([line], theme, is_lit)
        animation.begin()
        animation.interpolate(1)
        animation.finish()
        assert (inks(line) == before) == is_lit


def test_lines_of_a_column_begin_under_one_another():
    lines = code_column(["x", "  y"], [200, 260], 100, DARK)
    np.testing.assert_allclose(
        [sheet.pixels(line.origin) for line in lines], [[100, 200], [145.76, 260]], atol=0.01
    )


def test_the_band_stands_behind_its_lines_and_glides():
    band = Band(DARK, 80, 1840).behind([300, 360])
    assert band.box.top < 270
    assert band.box.bottom > 365
    target = band.box_behind([700, 760])
    motion = band.glide(target)
    motion.begin()
    motion.interpolate(1)
    assert band.box == target
    np.testing.assert_allclose(band.field.boxes, [[80, target.top, 1760, target.height]])
