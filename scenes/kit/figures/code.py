"""Code on the page: lines in fixed-width type, coloured by what they name; lit or quiet."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from manim import ManimColor, VGroup, VMobject, interpolate_color
from numpy.typing import NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import Theme, blend, contrast
from gdscenes.kit.plot.runs import RunMarks, RunStyle
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

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
_TOKEN = re.compile(r"\w+|\W+")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_LEAST_CONTRAST = 4.6  # of a quiet line with the ground, a little above what the last row can read
_LEAST_STRENGTH = 0.55


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

    def words(self) -> tuple[list[str], list[list[VMobject]]]:
        """Its words, signs and spaces, and the glyphs of each."""
        words, glyphs = _WORD.findall(self.text.strip()), iter(self.ink())
        return words, [[next(glyphs) for character in word if not character.isspace()] for word in words]

    def piece(self, first: int, last: int) -> tuple[list[tuple[VMobject, int]], int, Array]:
        """Glyphs of some of its words with their slots among them; the number of slots; where they begin."""
        words, glyphs = self.words()
        starts = np.cumsum([0, *map(len, words)])
        slots = [
            (glyph, int(starts[word] - starts[first]) + place)
            for word in range(first, last)
            for place, glyph in enumerate(glyphs[word])
        ]
        across = sheet.units(ADVANCE * self.em) * starts[first]
        return slots, int(starts[last] - starts[first]), self.origin + np.array([across, 0.0, 0.0])


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


def tint(bright: str, theme: Theme, lit: float) -> Array:
    """Red, green and blue of type on the way from its quiet colour, at 0, to its full one, at 1."""
    return _tint(bright, theme, round(lit, 4))


@lru_cache(256)
def _tint(bright: str, theme: Theme, lit: float) -> Array:
    return interpolate_color(ManimColor(quiet(bright, theme)), ManimColor(bright), lit).to_rgb()


def color_of(glyph: VMobject) -> str:
    """The colour of a glyph as it is drawn, #RRGGBB."""
    return str(glyph.get_fill_color().to_hex()).upper()


def marked_code(text: str, style: RunStyle, left: float, baseline: float, theme: Theme) -> VGroup:
    """A line of code behind the mark of the run that it makes."""
    mark = RunMarks(style, theme, 12).stand_at(sheet.at([left + 16], [baseline - 12]))
    return VGroup(mark, CodeLine(text, theme, sheet.SMALLEST).place(left + 48, baseline))
