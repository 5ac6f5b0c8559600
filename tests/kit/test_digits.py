import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.type.digits import Digits, in_a_row, text_width
from gdscenes.kit.type.notation import (
    NO_SIGN,
    Notation,
    bracketed,
    change,
    decimals_for,
    markup,
    notation_for,
    notations_for,
    notations_of_run,
    number,
    rounded,
    scientific,
    shortest,
)
from gdscenes.kit.type.typeset import Words, glyphs

DARK = THEMES["dark"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 3, "0.000"),
        (-0.0, 3, "0.000"),
        (-0.0004, 3, "0.000"),
        (-0.0006, 3, "-0.001"),
        (1.5, 0, "2"),
        (-2.25, 2, "-2.25"),
        (99_999.0, 0, "99999"),
        (1e5, 0, "1.00×10⁵"),
        (-1e5, 3, "-1.00×10⁵"),
        (9.999e9, 2, "1.00×10¹⁰"),
        (1e300, 3, "1.00×10³⁰⁰"),
        (-1.7e308, 0, "-1.70×10³⁰⁸"),
        (1e-300, 2, "0.00"),
    ],
)
def test_number(value, decimals, text):
    assert number(value, decimals) == text


@pytest.mark.parametrize(("value", "decimals"), [(99_999.6, 0), (-99_999.996, 2)])
def test_what_rounds_to_a_hundred_thousand_is_scientific(value, decimals):
    assert number(value, decimals).lstrip("-") == "1.00×10⁵"


@pytest.mark.parametrize("value", [0.0, 3.25, -3.25, -0.0001, 2e7, -2e7])
def test_a_kept_place_for_the_sign_keeps_the_width(value):
    shown = number(value, 2, signed=True)
    assert shown[0] in (NO_SIGN, "-")
    assert (shown[0] == "-") == (value < -0.005)
    assert number(value, 2, plus=True)[0] == ("-" if value < -0.005 else "+" if value > 0.005 else NO_SIGN)
    assert (
        text_width(shown)
        == text_width(number(value, 2, plus=True))
        == text_width("-" + number(abs(value), 2))
    )


@given(st.floats(-99_999, 99_999), st.integers(0, 6))
def test_a_number_reads_back_to_half_a_unit_of_its_last_digit(value, decimals):
    assert abs(float(number(value, decimals)) - value) <= 0.5 * 10.0**-decimals * (1 + 1e-6)


@given(st.floats(1e-300, 1e300))
def test_scientific_reads_back(value):
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    mantissa, exponent = scientific(value).split("×10")
    assert float(f"{mantissa}e{exponent.translate(raised)}") == pytest.approx(value, rel=0.0051)
    assert len(mantissa) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (0.05, "0.05"),
        (0.25, "0.25"),
        (12.0, "12"),
        (1000.0, "1000"),
        (1e-4, "0.0001"),
        (1 / 3, "0.333333"),
        (2e-5, "2×10⁻⁵"),
        (3e6, "3×10⁶"),
        (-0.25, "-0.25"),
        (1e-7 / 3, "3.33×10⁻⁸"),
    ],
)
def test_shortest(value, text):
    assert shortest(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.80549, "0.8055"), (12.3456, "12.35"), (2.5e7, "2.50×10⁷"), (-4e-5, "-4.00×10⁻⁵"), (1e-14, "0")],
)
def test_rounded_has_its_significant_digits_and_is_scientific_where_long(value, text):
    assert rounded(value, 4, zero_below=1e-13) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "+0.25"), (-1.0, "-1.00"), (2e-4, "+2.00×10⁻⁴"), (-2e-4, "-2.00×10⁻⁴")]
)
def test_a_change_keeps_its_sign_and_is_not_lost(value, text):
    assert change(value, 2) == text


def test_a_value_too_large_for_its_notation_has_one_power_of_ten():
    assert Notation(2, 8).write(3.5e30) == "3.50×10³⁰"
    assert Notation(2, 8).write(-3.5e9) == "-35.00×10⁸"


@pytest.mark.parametrize(
    ("text", "source"), [("-0.5", "-0.5"), ("2×10⁻⁵", "2 dot 10^(-5)"), ("1.20×10¹²", "1.20 dot 10^(12)")]
)
def test_digits_become_markup(text, source):
    assert markup(text) == source


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([1.0, 0.5], 3),
        ([12.5], 2),
        ([-999.9, 1.0], 1),
        ([1000.0], 0),
        ([1e9], 0),
        ([0.02], 5),
        ([1e-9], 6),
        ([0.0], 3),
        ([], 3),
        ([np.nan, np.inf, 20.0], 2),
        ([np.nan], 3),
    ],
)
def test_decimals_show_four_digits_of_the_largest(values, decimals):
    assert decimals_for(values) == decimals


@pytest.mark.parametrize(
    ("values", "notation"),
    [
        ([1.97, -0.5], Notation(3)),
        ([0.0], Notation(3)),
        ([99_999.0, np.inf], Notation(0)),
        ([3.51e9, -2.0], Notation(2, 9)),
        ([0.00144], Notation(6)),
        ([1.44e-4], Notation(2, -4)),
    ],
)
def test_a_power_of_ten_is_taken_out_where_the_numbers_would_be_long(values, notation):
    assert notation_for(values) == notation


def test_a_running_number_keeps_its_power_and_its_width():
    notation = Notation(2, -4)
    assert [notation.write(v) for v in (1.44e-4, 0.0, 9e-7)] == ["1.44×10⁻⁴", "0.00×10⁻⁴", "0.01×10⁻⁴"]
    assert notation.write(-1.44e-4) == "-1.44×10⁻⁴"
    assert notation.unit == pytest.approx(1e-6)
    assert len({text_width(notation.write(v, signed=True)) for v in (-1e-4, 0.0, 3e-4)}) == 1


@pytest.mark.parametrize(
    ("columns", "notations"),
    [
        ([[0.5, -0.1], [1.02, 1.97]], (Notation(3), Notation(3))),
        ([[0.0, 0.0], [3e-10, 1.44e-4]], (Notation(2, -10), Notation(2, -4))),
        ([[-100.0, 12.0], [-99.8, 12.5]], (Notation(2), Notation(2))),
        ([[0.0, 0.0]], (Notation(3), Notation(3))),
    ],
)
def test_two_numbers_are_written_alike_unless_one_would_not_be_seen_to_move(columns, notations):
    assert notations_for(columns) == notations


def test_slots_are_as_wide_as_the_look_says():
    due = {"5": 0.5, ".": 0.278, "-": 0.72, "+": 0.72, NO_SIGN: 0.72, "-3.14": 2.498, "=": 0.95, "×": 0.95}
    assert {text: round(text_width(text), 3) for text in due} == due


def lefts(figures):
    """Left edge of each slot's glyph, less the glyph's own side bearing: where its slot begins, em."""
    starts = []
    for drawn, character in zip(figures.ink(), figures.text, strict=True):
        (glyph,) = glyphs(f"${character}$")
        starts.append((drawn.points[0, 0] - figures.origin[0]) * 135 / figures.em - glyph.points[0, 0])
    return np.array(starts)


@given(st.lists(st.sampled_from("0123456789"), min_size=5, max_size=5))
def test_a_digit_stands_where_it_stands_whatever_the_others_are(digits):
    """Slots of half an em, .278 for the point."""
    text = f"{digits[0]}{digits[1]}.{''.join(digits[2:])}"
    assert lefts(Digits(text, 50, DARK)) == pytest.approx([0, 0.5, 1.0, 1.278, 1.778, 2.278])


def test_the_sign_takes_its_place_whether_it_is_there_or_not():
    with_sign, without = Digits("-1.5", 40, DARK), Digits(NO_SIGN + "1.5", 40, DARK)
    assert len(with_sign.ink()) == len(without.ink()) + 1
    for one, other in zip(with_sign.ink()[1:], without.ink(), strict=True):
        np.testing.assert_allclose(one.points, other.points)
    assert with_sign.width_pixels == without.width_pixels


@pytest.mark.parametrize("text", ["0123456789", "3.14159", "(27)"])
def test_ink_is_the_glyph_that_typst_sets(text):
    """Typst sets digits at the same advances, so a number looks the same in a formula and in a read-out."""
    words = Words(f"${text}$", 60, DARK)
    figures = Digits(text, 60, DARK)
    for drawn, typeset in zip(figures.ink(), words.ink(), strict=True):
        moved = drawn.points - typeset.points
        np.testing.assert_allclose(moved, np.broadcast_to(moved[0], moved.shape), atol=1e-9)
        assert moved[0] * 135 / 60 == pytest.approx(np.zeros(3), abs=0.015)  # Typst kerns after a 7


@pytest.mark.parametrize(
    ("character", "symbol"), [("-", "minus"), ("+", "plus"), ("×", "times"), ("=", "eq")]
)
def test_signs_are_those_of_formulas_in_the_middle_of_their_slots(character, symbol):
    (drawn,), (typeset,) = Digits(character, 60, DARK).ink(), Words(f"${symbol}$", 60, DARK).ink()
    across = drawn.points - typeset.points
    np.testing.assert_allclose(across, np.broadcast_to(across[0], across.shape), atol=1e-9)
    assert across[0, 1] == pytest.approx(0, abs=1e-9)
    middle = (drawn.points[:, 0].min() + drawn.points[:, 0].max()) / 2
    assert middle * 135 == pytest.approx(text_width(character) * 60 / 2)


@pytest.mark.parametrize("character", "0123456789.-+·×=()")
def test_ink_stays_in_its_slot(character):
    (drawn,) = Digits(character, 100, DARK).ink()
    assert drawn.points[:, 0].min() * 1.35 >= 0
    assert drawn.points[:, 0].max() * 1.35 <= text_width(character)


def test_an_exponent_is_small_and_high():
    figures = Digits("8×10⁸", 100, DARK)
    base, raised = figures.ink()[0], figures.ink()[-1]
    assert raised.height == pytest.approx(0.7 * base.height)
    assert raised.get_bottom()[1] > base.get_center()[1]


@pytest.mark.parametrize("align", ["left", "right"])
def test_spell_keeps_the_aligned_end(align):
    figures = Digits("9.99", 50, DARK).place(700, 300, align)
    for text in ("-12345.00", "", "1.00×10⁵", "0.5"):
        figures.spell(text, align)
        end = figures.extent()[0 if align == "left" else 1] * 135 + 960
        assert end == pytest.approx(700, abs=1e-9)
        assert sheet.pixels(figures.origin)[1] == pytest.approx(300, abs=1e-9)
        assert figures.width_pixels == pytest.approx(text_width(text) * 50)


def test_spell_keeps_size_opacity_and_layer():
    figures = Digits("1.5", 50, DARK, "loss").place(700, 300)
    figures.set_z_index(7).set_opacity(0.4).scale(1.2)
    figures.spell("-2.5")
    fresh = Digits("-2.5", 60, DARK, "loss")
    fresh.shift(figures.origin - fresh.origin)
    for drawn, expected in zip(figures.ink(), fresh.ink(), strict=True):
        np.testing.assert_allclose(drawn.points, expected.points, atol=1e-9)
        assert drawn.get_fill_opacity() == pytest.approx(0.4)
        assert drawn.z_index == 7


def test_the_same_text_is_not_drawn_again():
    figures = Digits("1.50", 50, DARK)
    before = figures.ink()
    assert all(a is b for a, b in zip(figures.spell("1.50").ink(), before, strict=True))


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_figures_have_the_colour_of_their_role(theme):
    figures = Digits("1", 50, theme, "weight")
    figures.spell("-23.5")
    assert {g.get_fill_color().to_hex() for g in figures.ink()} == {theme.weight}


def test_a_wrong_alignment_is_named():
    with pytest.raises(ValueError, match="got 'middle'; allowed left, right"):
        Digits("1", 50, DARK).spell("2", "middle")


def test_brackets_and_rows():
    assert [bracketed(t) for t in ("-1.5", "1.5")] == ["(-1.5)", "1.5"]
    row = [Digits(t, 50, DARK) for t in ("1.5", "-", "2")]
    in_a_row(row, 300, 400, 10)
    assert [sheet.pixels(f.origin)[0] for f in row] == pytest.approx(
        [300, 300 + 63.9 + 10, 300 + 63.9 + 10 + 36 + 10]
    )
    assert {round(float(sheet.pixels(f.origin)[1]), 9) for f in row} == {400}
    assert all(a.extent()[1] < b.extent()[0] for a, b in itertools.pairwise(row))


def test_a_parameter_that_turns_is_told_with_the_decimals_of_its_other_steps():
    w = [0.5906, 0.5322, 0.4924, 0.4671, 0.4682, 0.4856, 0.5053, 0.5301, 0.5561, 0.5826, 2.5133]
    b = [1.7727, 1.6044, 1.4577, 1.3296, 1.2177, 1.1200, 1.0345, 0.9597, 0.8942, 0.8367, -0.0917]
    turning = notations_of_run(np.stack([b, w], axis=1))
    assert [notation.decimals for notation in turning] == [3, 3]
    small = notations_of_run(np.stack([b, 100 + np.array(w) / 100], axis=1))
    assert small[1].decimals > 2
