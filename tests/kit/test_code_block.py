import numpy as np
import pytest

from gdscenes.kit.figures.code import ADVANCE, CODE, CodeLine, quiet, tint
from gdscenes.kit.figures.code_block import CodeBlock, baselines
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.theme import DARK, THEMES, contrast, rgb
from gdscenes.kit.type.digits import Digits


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
def test_type_goes_from_its_quiet_colour_to_its_full_one(theme):
    for lit, color in ((0.0, quiet(theme.loss, theme)), (1.0, theme.loss)):
        np.testing.assert_allclose(tint(theme.loss, theme, lit), rgb(color), atol=1 / 255)


CELLS = dict(zip(("predict", "loss", "update"), Cell(77, 200, 1822, 800).rows(3), strict=True))
OURS = {"predict": ("  yhat = b + w * x",), "loss": ("  e = yhat - y", "  loss = (e**2).mean()")}
THEIRS = {"predict": ("  yhat = model(x)",), "update": ("  sgd.step()", "", "  sgd.zero_grad()")}


def block() -> CodeBlock:
    labels, left, right = Cell(77, 200, 1822, 800).columns(175, 500, 1070)
    return CodeBlock(CELLS, labels, [left, right], [OURS, THEIRS], DARK)


def test_lines_stand_in_the_row_of_their_step_and_the_column_of_their_program():
    code = block()
    ours, theirs = code.programs
    for program, left in ((ours, 252), (theirs, 752)):
        for step, lines in program.items():
            for line in lines:
                x, y = sheet.pixels(line.origin)
                indent = len(line.text) - len(line.text.lstrip())
                assert x == pytest.approx(left + indent * ADVANCE * line.em)
                assert CELLS[step].top < y < CELLS[step].bottom
    heights = [sheet.pixels(line.origin)[1] for line in theirs["update"]]
    np.testing.assert_allclose(heights, baselines(CELLS["update"], 3)[0::2])


def test_steps_are_called_as_they_are_named_or_by_their_keys():
    row, column = Cell(77, 200, 250, 300), Cell(260, 200, 800, 300)
    for names, label in ((None, "loss"), ({"loss": "Verlust", "update": "Update"}, "Verlust")):
        code = CodeBlock({"loss": row}, row, [column], [{"loss": OURS["loss"]}], DARK, names=names)
        assert code.labels["loss"].source == label


def test_the_band_lies_behind_the_steps_that_are_lit_and_no_other_is_in_full_colours():
    code = block()
    bright = {step: [inks(line) for line in code.lines(step)] for step in CELLS}
    for lit in (("loss",), ("predict", "loss"), ("update",)):
        code.dial(**code.on(*lit))
        _, top, _, height = code.field.boxes[0]
        for step in CELLS:
            inside = [top < sheet.pixels(line.origin)[1] < top + height for line in code.lines(step)]
            assert set(inside) == {step in lit}
            assert ([inks(line) for line in code.lines(step)] == bright[step]) == (step in lit)


def test_the_lines_of_a_step_stand_in_the_middle_of_its_band_and_off_its_edges():
    rows = dict(zip(("one", "two"), Cell(77, 200, 1822, 360).rows(58, 102), strict=True))
    program = {"one": ("  b = (g)",), "two": ("  b = (g)", "  w = (g)")}
    code = CodeBlock(rows, Cell(77, 200, 250, 360), [Cell(260, 200, 800, 360)], [program], DARK)
    for step in rows:
        band, boxes = code.box_behind(step), [line.box() for line in code.lines(step)]
        over = min(box.top for box in boxes) - band.top
        under = band.bottom - max(box.bottom for box in boxes)
        assert min(over, under) > 2
        assert abs(over - under) < 3


def test_steps_that_are_not_shown_yet_have_no_ink():
    code = block()
    code.dial(shown=code.only("predict"))
    opacity = {step: code.lines(step)[0].ink()[0].get_fill_opacity() for step in CELLS}
    assert opacity == {"predict": 1, "loss": 0, "update": 0}


def test_what_stands_beside_a_step_is_lit_with_it():
    code, beside = block(), Digits("2.742", 40, DARK, "loss")
    code.aside["loss"].append(beside)
    for lit in ("predict", "loss"):
        code.dial(**code.on(lit))
        assert (set(inks(beside)) == {DARK.loss}) == (lit == "loss")
