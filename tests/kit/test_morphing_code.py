"""A program becomes another: what both have stays in its words and colours, the rest leaves and comes."""

import numpy as np
import pytest

from gdscenes.kit.figures.code import ADVANCE, color_of, quiet
from gdscenes.kit.figures.morphing_code import MorphingCode
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.typeset import Type

CELL = Cell(907, 105, 1822, 585)
PROGRAMS = [
    ("for k in range(20):", "    e = yhat - y", "    dw = (2*x*e).mean()", "    w -= lr * dw"),
    (
        "for k in range(20):",
        "    e = yhat - y",
        "    loss.backward()",
        "    with torch.no_grad():",
        "        w -= lr * w.grad",
        "    w.grad.zero_()",
    ),
    (
        "for k in range(20):",
        "    e = yhat - y",
        "    loss.backward()",
        "    sgd.step()",
        "    sgd.zero_grad()",
    ),
]


def code(focus=1.0):
    return MorphingCode(CELL, PROGRAMS, DARK).dial(focus=focus)


def glyphs(drawn):
    return [
        each for part in drawn.submobjects[1:] for each in (part.ink() if isinstance(part, Type) else [part])
    ]


def visible(drawn):
    return [each for each in glyphs(drawn) if each.get_fill_opacity() > 0]


def test_a_program_at_rest_is_its_text():
    drawn = code()
    for index in (0, 2, 1):
        drawn.dial(program=index)
        assert [line.text for line in drawn.submobjects[1:]] == list(PROGRAMS[index])
        for row, line in enumerate(drawn.submobjects[1:]):
            x, y = sheet.pixels(line.origin)
            indent = len(line.text) - len(line.text.lstrip())
            assert x == pytest.approx(CELL.left + indent * ADVANCE * drawn.em, abs=1e-3)
            assert y == pytest.approx(drawn.baseline(row))
    assert drawn.source(1) == "\n".join(PROGRAMS[1]) + "\n"


def test_lines_that_both_have_do_not_move():
    drawn = code().dial(program=0.0)
    before = [glyph.get_center() for line in drawn.lines[0][:2] for glyph in line.ink()]
    for share in (0.2, 0.5, 0.8):
        drawn.dial(program=share)
        after = [glyph.get_center() for line in drawn.lines[1][:2] for glyph in line.ink()]
        np.testing.assert_allclose(after, before, atol=1e-9)
        shown = set(visible(drawn))
        assert shown >= {glyph for line in drawn.lines[1][:2] for glyph in line.ink()}


def test_words_that_both_have_move_and_the_rest_leaves_before_the_new_comes():
    drawn = code()
    old, new = drawn.lines[0][3], drawn.lines[1][4]
    kept = len("w-=lr*")
    start, end = (np.array([g.get_center() for g in line.ink()[:kept]]) for line in (old, new))
    gone = {g for line in drawn.lines[0] for g in line.ink()}
    come = set(drawn.lines[1][5].ink())
    for share, moved in ((0.1, 0.0), (0.5, 0.5), (0.9, 1.0)):
        drawn.dial(program=share)
        here = np.array([glyph.get_center() for glyph in new.ink()[:kept]])
        np.testing.assert_allclose(here, start + moved * (end - start), atol=1e-9)
        shown = set(visible(drawn))
        assert not (shown & gone and shown & come), "no new word lies over an old one"
    drawn.dial(program=1.0)
    np.testing.assert_allclose([g.get_center() for g in new.ink()[:kept]], end, atol=1e-9)


def test_a_line_that_becomes_another_has_no_hole_and_nothing_lies_over_another():
    """yhat = w * x becomes yhat = model(x): the slots between are rewritten while x moves on."""
    one, other = ("yhat = w * x", "dw = (2*x*e).mean()"), ("yhat = model(x)", "dw = np.dot(2*x, e).mean()")
    drawn = MorphingCode(CELL, (one, other, one), DARK)
    slot = sheet.units(ADVANCE * drawn.em)
    for program in np.arange(0.0, 2.0, 0.02):
        shown = [each for each in visible(drawn.dial(program=program)) if each.get_fill_opacity() > 0.5]
        for row in (0, 1):
            level = sheet.at(0, drawn.baseline(row))[1]
            line = [each.get_center()[0] for each in shown if abs(each.get_center()[1] - level) < slot]
            apart = np.diff(np.sort(line)) / slot
            assert len(line) >= 8
            assert apart.min() > 0.3
            assert apart.max() < 3.5, program


def test_only_what_has_changed_is_in_full_colours_and_lies_on_the_band():
    drawn = code().dial(program=2.0)
    assert drawn.changed == [set(), {2, 3, 4, 5}, {3, 4}]
    _, top, _, height = drawn.band.boxes[0]
    for row, line in enumerate(drawn.lines[2]):
        is_changed = row in {3, 4}
        assert (top < drawn.baseline(row) < top + height) == is_changed
        assert (color_of(line.ink()[0]) in (DARK.ink, DARK.loss, DARK.weight)) == is_changed
    assert drawn.band[0].get_fill_opacity() == 1
    drawn.dial(focus=0.0)
    assert drawn.band[0].get_fill_opacity() == 0
    assert color_of(drawn.lines[2][0].ink()[0]) == DARK.ink != quiet(DARK.ink, DARK)


def test_a_long_line_is_set_in_smaller_type():
    narrow = Cell(907, 105, 907 + 37 * ADVANCE * len(PROGRAMS[0][2]), 585)
    assert MorphingCode(narrow, PROGRAMS[:1], DARK).em == sheet.SMALLEST
