"""Code on the page: lines in fixed-width type, coloured by what they name; lit or quiet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from manim import Animation, ApplyFunction, Mobject, VGroup, VMobject

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme, blend, contrast
from gdscenes.kit.plot.runs import RunMarks, RunStyle
from gdscenes.kit.type.typeset import Type, Words, literal

CODE = 38.0
"""Em of code, pixels."""
ADVANCE = 0.6021
"""Width of every character of DejaVu Sans Mono, em."""

_ROLES = {
    **dict.fromkeys(("b", "gb", "bias"), "bias"),
    **dict.fromkeys(("w", "dw", "gw", "weight"), "weight"),
    **dict.fromkeys(("e", "loss"), "loss"),
    **dict.fromkeys(("x", "y"), "muted"),
    "yhat": "model_text",
}
"""Role of each name that stands for what the films draw."""
_TYPE_ROLES = ("ink", "muted", "bias", "weight", "loss", "model_text")
_TOKEN = re.compile(r"\w+|\W+")
_LEAST_CONTRAST = 4.6  # of a quiet line with the ground, a little above what the last row can read
_LEAST_STRENGTH = 0.55
_UNDER_NAME, _LEADING = 80.0, 56.0


class CodeLine(Words):
    """One line of code, each character in a slot of its own.

    Parameters
    ----------
    text : str
        As it would run, its indentation included.
    theme : Theme
    em : float
        Size, pixels of the page.

    Attributes
    ----------
    text : str
    """

    def __init__(self, text: str, theme: Theme, em: float = CODE) -> None:
        self.text, self.theme = text, theme
        super().__init__("".join(map(_source, enumerate(_TOKEN.findall(text.strip())))), em, theme)

    def extent(self) -> tuple[float, float]:
        """Left and right end of the slots, scene units, the indentation included."""
        slot = sheet.units(ADVANCE * self.em)
        indent = len(self.text) - len(self.text.lstrip())
        left = float(self.origin[0]) - indent * slot
        return left, left + len(self.text) * slot


def _source(numbered: tuple[int, str]) -> str:
    """Typst source of one word of code, marked if its name has a role."""
    index, word = numbered
    raw = '#raw("{}")'.format(word.replace("\\", "\\\\").replace('"', '\\"'))
    role = _ROLES.get(word)
    return f'#mark("{role}.t{index}", {raw[1:]})' if role else raw


def quiet(color: str, theme: Theme) -> str:
    """A colour as near to the ground as type may come, for what is not being talked of."""
    strengths = np.arange(_LEAST_STRENGTH, 1.0, 0.05)
    mixed = (blend(color, theme.ground, float(strength)) for strength in strengths)
    return next((each for each in mixed if contrast(each, theme.ground) >= _LEAST_CONTRAST), color)


def lighting(texts: Iterable[Type], theme: Theme, is_lit: bool = True) -> Animation:
    """Bring type into its full colours, or into quiet ones that can still be read."""
    bright = [theme.color(role) for role in _TYPE_ROLES]
    dim = [quiet(color, theme) for color in bright]
    become = dict(zip(dim, bright, strict=True) if is_lit else zip(bright, dim, strict=True))

    def light(drawn: Mobject) -> Mobject:
        for glyph in drawn.family_members_with_points():
            assert isinstance(glyph, VMobject)
            color = str(glyph.get_fill_color().to_hex()).upper()
            if color in become:
                glyph.set_color(become[color])
        return drawn

    return ApplyFunction(light, VGroup(*texts))  # type: ignore[arg-type]


def code_column(
    texts: Sequence[str], baselines: Sequence[float], left: float, theme: Theme, em: float = CODE
) -> list[CodeLine]:
    """Lines of code, each on its baseline, from pixel `left` of the page."""
    return [
        CodeLine(text, theme, em).place(left, baseline)
        for text, baseline in zip(texts, baselines, strict=True)
    ]


def marked_code(text: str, style: RunStyle, left: float, baseline: float, theme: Theme) -> VGroup:
    """A line of code behind the mark of the run that it makes."""
    mark = RunMarks(style, theme, 12).stand_at(sheet.at([left + 16], [baseline - 12]))
    return VGroup(mark, CodeLine(text, theme).place(left + 48, baseline))


class Program(Figure):
    """A program's name, and under it its lines.

        program = Program(cell, "autograd", ("yhat = w * x", "loss.backward()", "w -= lr * w.grad"), theme)
        self.play(lighting(program.repeated(before), theme, False))

    Parameters
    ----------
    cell : Box
        Its left edge, and the baseline of the name.
    name : str
    texts : sequence of str
    theme : Theme

    Attributes
    ----------
    lines : list of CodeLine
    """

    def __init__(self, cell: Box, name: str, texts: Sequence[str], theme: Theme) -> None:
        super().__init__()
        baselines = [cell.top + _UNDER_NAME + _LEADING * index for index in range(len(texts))]
        self.lines = code_column(texts, baselines, cell.left, theme, sheet.SMALLEST)
        self.add(Words(literal(name), sheet.MEDIUM, theme).place(cell.left, cell.top), *self.lines)

    def repeated(self, before: Program) -> list[CodeLine]:
        """The lines that another program has in the same place."""
        return [line for line, old in zip(self.lines, before.lines, strict=True) if line.text == old.text]
