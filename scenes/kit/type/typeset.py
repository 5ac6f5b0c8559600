"""Words and formulas set by Typst with the fonts that it carries.

No LaTeX, no network, no font of the system but for characters that those lack: every machine draws the same.
Typst is called in the process and its SVG is read here, because that gives what a film needs of type and
`manim.Typst` does not: the baseline, the origin of every glyph, the parts of a formula by name, and two
milliseconds instead of seventy-five.

A part is marked in the source by ``mark("bias.old", b)``; the name's first word is its colour's role. Marks
travel through Typst as fill colours, so they leave the layout alone.
"""

from __future__ import annotations

import math
import re
import unicodedata
import xml.etree.ElementTree as ET
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import svgelements
import typst
from manim import VGroup, VMobject, VMobjectFromSVGPath

from gdscenes.kit.manim_seam import another
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.theme import Theme

OUTLINE = 0.95
"""Width, pixels, of the outline in its own colour that makes New Computer Modern bear the last row."""
LONGEST = 200
"""Longest text of a user that is set, in characters; more is cut with an ellipsis."""

_NO_CHARACTER = '#"\\u{10ffff}";'  # in no font: what stands for it stands for all that is missing
_UNIT_IN_NAME = re.compile(r"\s*(\([^()]{1,16}\)|\[[^][]{1,16}\])$")

_EM = 10.0  # points: Typst sets at this size and the glyphs are scaled
_ON_BASELINE = "strut"  # name of the mark on the glyph whose origin is the text's, and that is not drawn
_XLINK = "{http://www.w3.org/1999/xlink}href"
_MARK = re.compile(r'mark\("([a-z_]+(?:\.[a-z0-9_]+)*)"')

PREAMBLE = """
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#set text(
  font: ("New Computer Modern", "New Computer Modern Math", "Libertinus Serif", "DejaVu Sans Mono"),
  size: 10pt,
  fallback: false,
)
#show math.equation: set text(font: "New Computer Modern Math", weight: 450, fallback: false)
#show raw: set text(font: "DejaVu Sans Mono", size: 10pt, fallback: false)
#let mark(name, body) = text(fill: rgb(marks.at(name)), body)
#let bias = mark("bias", $b$)
#let weight = mark("weight", $w$)
#let yhat = mark("model_text", $hat(y)$)
#let loss(name) = mark("loss", $upright(#name)$)
#let slope(name, of) = $display((partial #h(-.05em) #loss(name)) / (partial #of))$
"""
"""What every source is set with: fonts and the names in formulas; `marks` gives each mark its colour."""
_ALWAYS = ("bias", "weight", "model_text", "loss")


@dataclass(frozen=True)
class Glyph:
    """One outline of a set text.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        Bézier points in em, y up, from the origin of the text on its baseline.
    part : str
        Name of the innermost mark round it, "" for none.
    line_width : float
        Width in em of a stroked line such as a fraction bar, 0 for a filled outline.
    """

    points: sheet.Points
    part: str
    line_width: float


def literal(text: str) -> str:
    """Typst source that shows a user's text as it is, whatever it holds.

    Typst source is code; a user's words enter it only through this. What has no shape is escaped, or a space.
    """
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    visible = "".join(" " if c.isspace() else c if c.isprintable() else _escape(c) for c in text)
    return '#"{}";'.format(visible.replace("\\", "\\\\").replace('"', '\\"'))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def name_source(name: str, unit: str = "", after: str = "", room: float = math.inf) -> str:
    """Typst source of a variable's or column's name, and its unit in parentheses.

    A single letter is a symbol, all else literal. Of a name too long for its room the end gives way to an
    ellipsis, of the unit nothing, also where it stands in brackets at the end of the name itself.

    Parameters
    ----------
    name, unit : str
        Whatever they hold; no unit is "".
    after : str
        Markup that stands behind, and is never cut.
    room : float
        For all of it, em.
    """
    is_symbol = len(name) == 1 and name.isascii() and name.isalpha()
    tail = f" ({unit})" if unit else ""
    whole = f"${name}$" + (literal(tail) if tail else "") if is_symbol else literal(name + tail)
    if source_width(whole + after) <= room:
        return whole + after
    if not unit and (bracket := _UNIT_IN_NAME.search(name)):
        name, tail = name[: bracket.start()], f" {bracket[1]}"
    return _shortened(name, tail, after, room)


def _shortened(text: str, tail: str, after: str, room: float) -> str:
    """As much of a text's beginning as fits before an ellipsis and a tail; of the tail where none does."""

    def cut(length: int) -> str:
        return literal(text[:length].rstrip(" -_,;/([") + "…" + tail) + after

    ends = [k for k in range(1, len(text)) if not unicodedata.combining(text[k])]
    fitting = bisect_right(ends, room, key=lambda end: source_width(cut(end)))
    if tail and not fitting:
        return _shortened(text[:1] + "…"[: len(text) - 1] + tail, "", after, room)
    return cut(ends[max(fitting, 1) - 1] if ends else 1)


def source_width(source: str) -> float:
    """How wide the ink of a source is, em."""
    ink = [glyph.points[:, 0] for glyph in glyphs(source)]
    return float(np.ptp(np.concatenate(ink))) if ink else 0.0


def missing_glyphs(text: str) -> str:
    """The characters of a user's text that no font can draw, each once.

    Fonts that are installed count for what those that ship with Typst lack. An emoji in colours has no
    outline, and is missing whatever is installed.
    """
    return "".join(c for c in dict.fromkeys(text) if not (_is_drawn(c, False) or _is_drawn(c, True)))


@lru_cache(maxsize=4096)
def _is_drawn(character: str, with_installed: bool) -> bool:
    if character.isascii() or unicodedata.category(character)[0] not in "LMNPS":
        return True
    alone = _set(literal(character), with_installed)
    if not alone:
        return unicodedata.category(character) == "Mn"  # says how the one before it is drawn
    (box,) = _set(_NO_CHARACTER, with_installed)
    return any(
        each.points.shape != box.points.shape or not np.allclose(each.points, box.points) for each in alone
    )


@lru_cache(maxsize=2)
def _compiler(with_installed: bool) -> typst.Compiler:
    return typst.Compiler(b"", ignore_system_fonts=not with_installed)


@lru_cache(maxsize=1024)
def _outline(path: str) -> sheet.Points:
    """Bézier points of an SVG path in Manim's layout, read-only."""
    points = np.array(VMobjectFromSVGPath(svgelements.Path(path)).points)
    points.setflags(write=False)
    return points


def _matrix(element: ET.Element) -> svgelements.Matrix:
    return svgelements.Matrix(element.get("transform", ""))


@lru_cache(maxsize=4096)
def glyphs(source: str) -> tuple[Glyph, ...]:
    """Set one line of Typst markup.

    Parameters
    ----------
    source : str
        Typst markup of one line; formulas inline, ``$...$``, with ``display(...)`` where they should be tall.

    Raises
    ------
    ValueError
        If Typst does not accept the source.
    """
    return _set(source, not all(_is_drawn(character, False) for character in source))


@lru_cache(maxsize=4096)
def _set(source: str, with_installed: bool) -> tuple[Glyph, ...]:
    """Set one line; installed fonts are looked into for what the others lack."""
    names = list(dict.fromkeys([_ON_BASELINE, *_ALWAYS, *_MARK.findall(source)]))
    by_fill = {f"#{index + 1:06x}": name for index, name in enumerate(names)}
    marks = ", ".join(f'"{name}": "{fill}"' for fill, name in by_fill.items())
    fonts = f"#set text(fallback: {str(with_installed).lower()})"
    strut = f'#box(width: 0pt, mark("{_ON_BASELINE}", [x]))'
    document = f"#let marks = ({marks})\n{PREAMBLE}{fonts}\n{strut}{source}"
    try:
        svg = _compiler(with_installed).compile(input=document.encode(), format="svg")
    except typst.TypstError as error:
        raise ValueError(f"typst refused {source!r}: {error}") from None
    assert isinstance(svg, bytes), "one line is one page"
    root = ET.fromstring(svg)
    symbols = {
        f"#{symbol.get('id')}": next(iter(symbol)).get("d", "")
        for symbol in root.iter()
        if symbol.tag.endswith("symbol")
    }
    found: list[Glyph] = []
    origin: tuple[float, float] = (0.0, 0.0)

    def place(path: str, to_page: svgelements.Matrix, fill: str, width: float) -> None:
        nonlocal origin
        part = by_fill.get(fill.lower(), "")
        if part == _ON_BASELINE:
            origin = to_page.e, to_page.f
            return
        points = _outline(path)
        placed = np.zeros_like(points)
        placed[:, 0] = (to_page.a * points[:, 0] + to_page.c * points[:, 1] + to_page.e - origin[0]) / _EM
        placed[:, 1] = (origin[1] - (to_page.b * points[:, 0] + to_page.d * points[:, 1] + to_page.f)) / _EM
        placed.setflags(write=False)
        found.append(Glyph(placed, part, width / _EM))

    def walk(element: ET.Element, to_page: svgelements.Matrix) -> None:
        tag = element.tag.rsplit("}", 1)[-1]
        if tag == "defs":
            return
        here = _matrix(element) * to_page
        if tag == "use":
            offset = svgelements.Matrix.translate(float(element.get("x", 0)), float(element.get("y", 0)))
            path = symbols[element.get(_XLINK, "")]
            if len(_outline(path)):
                place(path, offset * here, element.get("fill", ""), 0.0)
        elif tag == "path" and element.get("stroke", "none") != "none":
            place(
                element.get("d", ""), here, element.get("stroke", ""), float(element.get("stroke-width", 1))
            )
        for child in element:
            walk(child, here)

    walk(root, svgelements.Matrix())
    return tuple(found)


def outline(glyph: Glyph, em: float, color: str) -> VMobject:
    """A glyph as a mobject, its text's origin at the origin of the scene."""
    is_line = bool(glyph.line_width)
    width = sheet.stroke(glyph.line_width * em + OUTLINE if is_line else OUTLINE)
    drawn = another(_ink(color, width, is_line))
    drawn.set_points(glyph.points * sheet.units(em))
    return drawn


@lru_cache(1024)
def _ink(color: str, width: float, is_line: bool) -> VMobject:
    """What a glyph is drawn with."""
    drawn = VMobject().set_fill(opacity=0) if is_line else VMobject().set_fill(color, 1)
    return drawn.set_stroke(color, width, 1)


@lru_cache(256)
def _em(length: float) -> VMobject:
    """An invisible em on the baseline."""
    return (
        VMobject()
        .set_points(np.linspace([0.0, 0.0, 0.0], [length, 0.0, 0.0], 4))
        .set_stroke(width=0, opacity=0)
    )


class Type(VGroup):
    """A piece of type: it has an em, and a baseline on which it is placed.

    Parameters
    ----------
    em : float
        Size, pixels of the page.
    """

    def __init__(self, em: float) -> None:
        super().__init__()
        # it moves and is scaled with the text
        self._em = another(_em(sheet.units(em)))
        lay("text", self, self._em)

    @property
    def origin(self) -> sheet.Points:
        """Where the text begins on its baseline, a point of the scene."""
        return np.asarray(self._em.points[0])

    @property
    def em(self) -> float:
        """Size as it is drawn now, pixels of the page."""
        return float(np.linalg.norm(self._em.points[-1] - self._em.points[0])) * sheet.PIXELS_PER_UNIT

    def ink(self) -> list[VMobject]:
        """The glyphs that are drawn."""
        members = self.family_members_with_points()
        return [m for m in members if isinstance(m, VMobject) and m is not self._em]

    def box(self) -> sheet.Box:
        """The box round the ink, pixels of the page."""
        return sheet.box_of(np.concatenate([m.points for m in self.ink()] or [self._em.points[:1]]))

    def extent(self) -> tuple[float, float]:
        """Left and right end, scene units, by which the text is aligned."""
        ink = np.concatenate([m.points for m in self.ink()] or [self._em.points[:1]])
        return float(ink[:, 0].min()), float(ink[:, 0].max())

    @property
    def middle(self) -> float:
        """Half way between the ends by which the text is aligned, pixels of the page."""
        return sum(self.extent()) / 2 * sheet.PIXELS_PER_UNIT + sheet.WIDTH / 2

    def place(self, x: float, y: float, align: str = "left") -> Self:
        """Put the text on a baseline.

        Parameters
        ----------
        x, y : float
            Pixel of the page: the aligned end, and the baseline.
        align : {"left", "center", "right"}
        """
        left, right = self.extent()
        end = {"left": left, "center": (left + right) / 2, "right": right}[align]
        target = sheet.at(x, y)
        self.shift(np.array([target[0] - end, target[1] - self.origin[1], 0.0]))
        return self


class Words(Type):
    """Words and formulas, coloured by role.

    Parameters
    ----------
    source : str
        Typst markup of one line.
    em : float
        Size, pixels of the page.
    theme : Theme
    role : str
        Role of what carries no mark.
    """

    def __init__(self, source: str, em: float, theme: Theme, role: str = "ink") -> None:
        super().__init__(em)
        self.source = source
        self._parts: dict[str, list[VMobject]] = {}
        for glyph in glyphs(source):
            color = theme.color(glyph.part.split(".")[0] if glyph.part else role)
            drawn = outline(glyph, em, color)
            self._parts.setdefault(glyph.part, []).append(drawn)
            self.add(drawn)
        self.add(self._em)
        lay("text", self)

    def part(self, name: str) -> VGroup:
        """The glyphs of one mark, in order.

        Raises
        ------
        KeyError
            If the source has no such mark.
        """
        if name not in self._parts:
            raise KeyError(f"part: got {name!r}; allowed {', '.join(sorted(filter(None, self._parts)))}")
        return VGroup(*self._parts[name])
