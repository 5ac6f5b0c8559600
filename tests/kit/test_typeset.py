import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import typst
from data import NAMES, slow_but
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK, THEMES
from gdscenes.kit.type import typeset
from gdscenes.kit.type.typeset import (
    LONGEST,
    Words,
    glyphs,
    literal,
    missing_glyphs,
    name_source,
    source_width,
)

TALL = "$x = display(sum_(i = 1)^n 1 / (y_i^2))$"


def ink_of(source):
    return np.concatenate([glyph.points for glyph in glyphs(source)])


# -- baseline and parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["$x$", TALL, "$x + hat(y)$", "$x_1^2$", '$mark("loss", x) + bias$'])
def test_the_first_letter_stands_on_the_baseline_at_the_origin(source):
    """An x is .42 to .46 em high, goes a hair under the line, and its side bearing is small."""
    alone, first = glyphs("$x$")[0].points, glyphs(source)[0].points
    np.testing.assert_allclose(first, alone, atol=2e-3)
    assert -0.03 < alone[:, 1].min() <= 0.0
    assert 0.40 < alone[:, 1].max() < 0.48
    assert 0.0 <= alone[:, 0].min() < 0.06


def test_descenders_hang_and_a_fraction_is_tall():
    assert ink_of("g")[:, 1].min() < -0.15
    assert ink_of(TALL)[:, 1].max() > 1.0
    assert ink_of(TALL)[:, 1].min() < -0.8


def test_a_fraction_bar_is_a_line_half_way_up():
    (bar,) = [g for g in glyphs("$display(1 / 2)$") if g.line_width]
    assert 0.02 < bar.line_width < 0.08
    assert np.ptp(bar.points[:, 1]) == pytest.approx(0, abs=1e-6)
    assert 0.2 < bar.points[0, 1] < 0.3


def test_parts_are_the_marked_glyphs_in_order():
    words = Words('$mark("bias.old", b) - mark("bias.step", 12) x$', 50, DARK)
    assert len(words.part("bias.old")) == 1
    assert len(words.part("bias.step")) == 2
    assert len(words.part("")) == 2  # minus and x
    one, two = words.part("bias.step")
    assert one.get_x() < two.get_x()
    with pytest.raises(KeyError, match=r"got 'bias.new'; allowed bias.old, bias.step"):
        words.part("bias.new")


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_glyphs_have_the_colour_of_their_role(theme):
    words = Words('$yhat = bias + weight x + loss("MSE") + mark("minimum.w_star", w)$', 50, theme, "muted")
    for part, color in {
        "model_text": theme.model_text,
        "bias": theme.bias,
        "weight": theme.weight,
        "loss": theme.loss,
        "minimum.w_star": theme.minimum,
        "": theme.muted,
    }.items():
        drawn = words.part(part)
        assert {g.get_fill_color().to_hex() for g in drawn} == {color}
        assert {g.get_stroke_color().to_hex() for g in drawn} == {color}
    assert [len(words.part(p)) for p in ("model_text", "bias", "weight", "loss")] == [2, 1, 1, 3]


def test_marks_leave_the_layout_alone():
    for marked, bare in zip(glyphs("$yhat = bias + weight x$"), glyphs("$hat(y) = b + w x$"), strict=True):
        np.testing.assert_allclose(marked.points, bare.points, atol=1e-9)


def test_a_nested_mark_wins():
    parts = [g.part for g in glyphs('$mark("loss", a + mark("bias", b))$')]
    assert parts == ["loss", "loss", "bias"]


# -- size and place ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("em", [36.0, 50.0, 76.0])
def test_type_is_as_large_as_its_em(em):
    words = Words("$x$", em, DARK)
    assert words.em == pytest.approx(em)
    assert words.box().height == pytest.approx(np.ptp(ink_of("$x$")[:, 1]) * em)
    assert words.scale(0.5).em == pytest.approx(em / 2)
    assert words.box().height == pytest.approx(np.ptp(ink_of("$x$")[:, 1]) * em / 2)


@pytest.mark.parametrize("source", ["$x$", TALL, "step", "g"])
@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_place_puts_the_baseline_and_the_end_on_the_pixel(source, scale):
    words = Words(source, 50, DARK).scale(scale)
    for align, end in {
        "left": lambda b: b.left,
        "right": lambda b: b.right,
        "center": lambda b: b.center[0],
    }.items():
        words.place(611.25, 333.5, align)
        assert end(words.box()) == pytest.approx(611.25, abs=1e-9)
        assert sheet.pixels(words.origin)[1] == pytest.approx(333.5, abs=1e-9)
    lowest = ink_of(source)[:, 1].min() * 50 * scale
    assert words.box().bottom == pytest.approx(333.5 - lowest, abs=1e-9)


def test_two_words_placed_on_a_line_share_it():
    one, other = Words("$x$", 50, DARK).place(300, 400), Words(TALL, 76, DARK).place(500, 400)
    assert one.ink()[0].points[:, 1].min() / 50 == pytest.approx(
        other.ink()[0].points[:, 1].min() / 76, abs=1e-2
    )
    assert one.origin[1] == other.origin[1]


def test_the_outline_is_of_its_own_colour_and_thin():
    """One pixel at 1080 lines: bare New Computer Modern is too thin for the last row."""
    (x,) = Words("$x$", 50, DARK).ink()
    assert 0.9 <= x.get_stroke_width() * 1.35 <= 1.0
    (bar,) = [g for g in Words("$display(1 / 2)$", 50, DARK).ink() if g.get_fill_opacity() == 0]
    assert bar.get_stroke_width() * 1.35 > 2.0


# -- a user's words ------------------------------------------------------------------------------------------

HOSTILE = [
    '#read("/etc/passwd")',
    '"#read("/etc/passwd")',
    '\\" + read("/etc/passwd") + "',
    '\\"); #panic("out") //',
    "$x^2$",
    "@cite <label> *bold* _it_ `raw` = heading",
    "<script>alert(1)</script>",
    '#import "@preview/x:1.0.0"',
    "\\u{41}\\n",
    'mark("nonsense", b)',
    "// comment",
    "/* open",
    "]]}})))",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_letter_by_letter(text):
    """As many glyphs as there are characters to see: nothing was run, styled, joined or dropped."""
    set_glyphs = glyphs(literal(text))
    assert len(set_glyphs) == sum(not c.isspace() for c in text)
    assert {g.part for g in set_glyphs} == {""}
    lefts = [g.points[:, 0].min() for g in set_glyphs]
    assert lefts == sorted(lefts)


@settings(max_examples=60)
@given(st.text(max_size=40))
@example("\x00\x1b[31m\n\r\t\u2028")
@example("\u202egnirts\u2066\u200f")
@example("\ud800")
@example("\U0001f600 e\u0301 日本 עברית")
def test_any_text_is_set_on_one_line(text):
    source = literal(text)
    assert source.isprintable()
    for glyph in glyphs(source):
        assert np.isfinite(glyph.points).all()
        assert glyph.points[:, 1].max() < 2.0
        assert glyph.points[:, 1].min() > -1.0


def string_of(source):
    """The characters that Typst reads in a literal."""
    document = f"#metadata({source.removeprefix('#').removesuffix(';')}) <it>"
    return json.loads(typst.query(document.encode(), "<it>", field="value", one=True))


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60))
@example('\\"#$@')
@example('\\\\"')
def test_typst_reads_back_the_same_string(text):
    assert string_of(literal(text)) == "".join(" " if c.isspace() else c for c in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\u00a0d", "a b c d"),
        ("\x00abc", r"\x00abc"),
        ("\u202eabc\u200f", r"\u202eabc\u200f"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_has_no_shape_is_a_space_or_escaped(text, shown):
    assert string_of(literal(text)) == shown


def test_long_text_is_cut():
    assert string_of(literal("x" * 10_000)) == "x" * (LONGEST - 1) + "…"
    assert string_of(literal("x" * LONGEST)) == "x" * LONGEST


@pytest.mark.parametrize("after", [".len()", "(x)", "[x]"])
def test_what_follows_a_literal_is_text(after):
    alone = len(glyphs(literal("abc")))
    assert len(glyphs(literal("abc") + after)) == alone + len(after)


@pytest.mark.parametrize("text", ["", "   "])
def test_a_title_without_ink_can_be_placed(text):
    words = Words(literal(text), 50, DARK).place(100, 200)
    assert sheet.pixels(words.origin) == pytest.approx([100, 200])


# -- names of columns ----------------------------------------------------------------------------------------


def test_a_single_letter_is_a_symbol_and_a_name_is_words():
    assert name_source("x") == "$x$"
    for name in ("size", "#", "é", "$", "1", ""):
        assert name_source(name) == literal(name)
    assert name_source("x", "kg/m²") == '$x$#" (kg/m²)";'
    assert name_source("size", "€") == literal("size (€)")


@pytest.mark.parametrize("unit", slow_but(["", "kg/m²", "€"], "kg/m²"))
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_as_long_as_its_room_and_its_unit_is_whole(name, unit):
    for room in (16.0, 8.0):
        source = name_source(name, unit, room=room)
        assert room - 3.5 < source_width(source) <= room
        shown = string_of(source)
        start, _, tail = shown.partition("…")
        assert string_of(literal(name)).startswith(start)
        assert tail == (f" ({unit})" if unit else "")
    assert string_of(name_source(name, unit)) == string_of(literal(name)) + (f" ({unit})" if unit else "")


def test_a_name_that_fits_is_not_cut():
    wide = source_width(name_source("Größe", "cm"))
    assert name_source("Größe", "cm", room=wide) == literal("Größe (cm)")
    assert name_source("Größe", "cm", room=wide - 0.01) == literal("Grö… (cm)")


def test_a_unit_in_the_name_is_kept_as_one():
    shown = string_of(name_source("Average Body Mass Index of all patients [kg/m²]", room=12.0))
    assert shown.startswith("Average")
    assert shown.endswith("… [kg/m²]")


@pytest.mark.parametrize("name", ["x", "size"])
def test_of_a_unit_wider_than_its_room_the_beginning_is_left(name):
    source = name_source(name, "thousands of millions of people", room=8.0)
    assert source_width(source) <= 8.0
    assert string_of(source).startswith({"x": "x (th", "size": "s… (th"}[name])


# -- fonts ---------------------------------------------------------------------------------------------------


@pytest.fixture
def only_own_fonts(monkeypatch):
    """A machine with no font installed."""
    caches = (typeset.glyphs, typeset._set, typeset._is_drawn)

    def forget():
        for cache in caches:
            cache.cache_clear()

    forget()
    monkeypatch.setattr(typeset, "_compiler", lambda _: typst.Compiler(b"", ignore_system_fonts=True))
    yield
    forget()


@pytest.mark.parametrize(
    "text",
    [
        *NAMES.values(),
        "ÄÖÜäöüß ÀÉÎÕÅÆŒŁŽđğ ¿¡ «»",
        "ΑΒΓΔΩαβγδω άέήίόύώ ϊΐ",
        "АБВГЯабвгя Ёё Її Ђћ",
        "kg/m² m·s⁻¹ CO₂ µg/m³ °C Ω Å ‰ € £ ½ ≤ ≥ ± × − – → ∞",
        "e\u0301 \u00a0 \u200d \ufeff",
    ],
)
def test_what_ships_draws_latin_greek_cyrillic_and_units(text, only_own_fonts):
    assert missing_glyphs(text) == ""


def test_what_no_font_draws_is_named_once(only_own_fonts):
    assert missing_glyphs("日本語日 x 😀 é") == "日本語😀"


def test_an_installed_font_draws_what_the_others_lack():
    """Whatever this machine has: such a character is not the box of those that no font has."""
    drawn = [c for c in "日กႠ😀𝄞" if not missing_glyphs(c)]
    if not drawn:
        pytest.skip("no font is installed that has more than those that ship")
    box = glyphs(typeset._NO_CHARACTER)
    for character in drawn:
        assert [g.points.tolist() for g in glyphs(literal(character))] != [g.points.tolist() for g in box]
        (before,) = glyphs("$x$")
        np.testing.assert_allclose(glyphs(f"$x${literal(character)}")[0].points, before.points, atol=1e-9)


# -- Typst ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["$x", "#panic()", "#undefined", '#read("/etc/passwd")', "$hat(y$"])
def test_what_typst_refuses_is_a_value_error(source):
    with pytest.raises(ValueError, match="typst refused"):
        glyphs(source)


def test_no_font_of_the_system_is_used_for_what_ships(monkeypatch):
    asked = []
    monkeypatch.setattr(typst, "Compiler", lambda *args, **kwargs: asked.append((args, kwargs)))
    typeset._compiler.__wrapped__(False)
    ((_, options),) = asked
    assert options["ignore_system_fonts"] is True
    assert not options.get("font_paths")


def test_installed_fonts_are_looked_into_only_for_what_the_others_lack(monkeypatch, only_own_fonts):
    own, asked = typst.Compiler(b"", ignore_system_fonts=True), []
    monkeypatch.setattr(typeset, "_compiler", lambda with_installed: asked.append(with_installed) or own)
    glyphs(TALL + literal("Größe Ελλάς CO₂"))
    assert set(asked) == {False}
    glyphs(literal("日"))
    assert True in asked


PRINT_POINTS = """
import hashlib
from gdscenes.kit.type.typeset import glyphs
points = b"".join(g.points.tobytes() + g.part.encode() for s in {sources!r} for g in glyphs(s))
print(hashlib.sha256(points).hexdigest())
"""


def test_the_same_source_gives_the_same_points_in_every_process():
    sources = [TALL, '$mark("loss", x) = yhat + bias + weight$', literal("café #1"), TALL]
    command = [sys.executable, "-c", PRINT_POINTS.format(sources=sources)]
    other = {"PYTHONHASHSEED": "2", "LANG": "C", "TZ": "Asia/Tokyo", "HOME": "/nowhere"}
    there = subprocess.run(command, env=os.environ | other, capture_output=True, text=True, check=True)
    here = hashlib.sha256(b"".join(g.points.tobytes() + g.part.encode() for s in sources for g in glyphs(s)))
    assert there.stdout.strip() == here.hexdigest()
