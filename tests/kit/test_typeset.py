import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import typst
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import DARK, THEMES
from gdscenes.kit.type import typeset
from gdscenes.kit.type.typeset import LONGEST, Words, glyphs, literal, name_source

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


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60))
@example('\\"#$@')
@example('\\\\"')
def test_typst_reads_back_the_same_string(text):
    visible = "".join(c if c.isprintable() else "\ufffd" for c in text)
    assert string_of(literal(text)) == visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\x00c", "a\ufffdb\ufffdc"),
        ("\u202eabc", "\ufffdabc"),
        ("\x1b[31m", "\ufffd[31m"),
        ("\ud800", "\ufffd"),
    ],
)
def test_control_characters_are_replaced(text, shown):
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


def test_a_single_letter_is_a_symbol_and_a_name_is_words():
    assert name_source("x") == "$x$"
    for name in ("size", "#", "é", "$", "1", ""):
        assert name_source(name) == literal(name)


# -- Typst ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["$x", "#panic()", "#undefined", '#read("/etc/passwd")', "$hat(y$"])
def test_what_typst_refuses_is_a_value_error(source):
    with pytest.raises(ValueError, match="typst refused"):
        glyphs(source)


def test_no_font_of_the_system_is_used(monkeypatch):
    asked = []
    monkeypatch.setattr(typst, "Compiler", lambda *args, **kwargs: asked.append((args, kwargs)))
    typeset._compiler.__wrapped__()
    ((_, options),) = asked
    assert options["ignore_system_fonts"] is True
    assert not options.get("font_paths")


PRINT_POINTS = """
import hashlib
from gdscenes.kit.type.typeset import glyphs
points = b"".join(g.points.tobytes() + g.part.encode() for s in {sources!r} for g in glyphs(s))
print(hashlib.sha256(points).hexdigest())
"""


def test_the_same_source_gives_the_same_points_in_every_process():
    sources = [TALL, '$mark("loss", x) = yhat + bias + weight$', literal("café #1"), TALL]
    command = [sys.executable, "-c", PRINT_POINTS.format(sources=sources)]
    environments = [
        {**os.environ, "PYTHONHASHSEED": "1", "LANG": "C"},
        {**os.environ, "PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "HOME": "/nowhere"},
    ]
    running = [subprocess.Popen(command, env=e, stdout=subprocess.PIPE, text=True) for e in environments]
    here = hashlib.sha256(b"".join(g.points.tobytes() + g.part.encode() for s in sources for g in glyphs(s)))
    assert {p.communicate()[0].strip() for p in running} == {here.hexdigest()}
