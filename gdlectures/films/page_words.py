"""What can be read on the page at one moment: the words of stills, slides and alt texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gdscenes.kit.page import sheet
from gdscenes.kit.proof.faults import texts_on
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import spoken
from gdscenes.kit.type.typeset import Type, Words

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture

_LITERAL = re.compile(r'#"((?:[^"\\]|\\.)*)";')
_MARKED = re.compile(r'#(?:mark\("[^"]*", *\[([^\]]*)\]\)|loss\("([^"]*)"\))')
_LONE = re.compile(r"\$\s*(\\?\W|[\w.]+)\s*\$")
_SYMBOLS = {"bias": "b", "weight": "w"}
_NAME = re.compile(r"[#$]*(?:(bias|weight)|loss\(\"(\w+)\"\)|slope\(\"(\w+)\", (bias|weight)\))[$ ]*=?\$?")
_AXIS_ROLE = "muted"  # of tick labels, which are no read-outs
_SAME_LINE = 8.0  # pixels of the page between baselines
_SAME_PHRASE = 0.9  # em between the end of a text and the beginning of the next


@dataclass(frozen=True)
class PageWords:
    """The texts of a page, each kind from the top down and from left to right.

    Attributes
    ----------
    words : tuple of str
        Plain words.
    numbers : tuple of str
        Read-outs with what stands beside them, such as "w = 1.969"; the labels of axes are none.
    formulas : tuple of str
        Typst sources with mathematics in them, as `gdscenes.kit.type.typeset` sets them; a lone name is none.
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    formulas: tuple[str, ...]


def read_page(scene: Lecture) -> PageWords:
    """Read what is on the screen now."""
    lines = _lines(texts_on(scene))
    sources = [text.source for line in lines for text in line if isinstance(text, Words)]
    words = [plain(source) for source in sources if "$" not in source]
    formulas = [source for source in sources if "$" in source and not _LONE.fullmatch(source)]
    numbers = [number for line in lines for number in _numbers(line)]
    return PageWords(*(tuple(dict.fromkeys(each)) for each in (words, numbers, formulas)))


def plain(source: str) -> str:
    """The words of Typst source that holds no mathematics."""
    text = _LITERAL.sub(lambda found: re.sub(r"\\(.)", r"\1", found[1]), source)
    return _MARKED.sub(lambda found: found[1] or found[2] or "", text)


def _lines(texts: Iterable[Type]) -> list[list[Type]]:
    """Texts by their baselines."""
    lines: list[list[Type]] = []
    for text in sorted(texts, key=_baseline):
        if lines and _baseline(text) - _baseline(lines[-1][-1]) < _SAME_LINE:
            lines[-1].append(text)
        else:
            lines.append([text])
    return [sorted(line, key=lambda text: text.box().left) for line in lines]


def _numbers(line: list[Type]) -> list[str]:
    """What stands close together on a line and has digits in it."""
    phrases: list[str] = []
    end = -sheet.WIDTH
    for text in line:
        left, right = (end / sheet.units(1) for end in text.extent())
        said = _said(text)
        if not said:
            end = -sheet.WIDTH
            continue
        if said == "=" and phrases and phrases[-1].endswith("="):
            pass  # a name, the formula for it, and now its value
        elif left - end < _SAME_PHRASE * text.em:
            phrases[-1] += f" {said}"
        else:
            phrases.append(said)
        end = right
    return [_tidy(phrase) for phrase in phrases if re.search(r"\d", phrase)]


def _tidy(phrase: str) -> str:
    return re.sub(r"(?<=·) | (?=[,)])", "", phrase).removeprefix("= ").removesuffix(" =")


def _said(text: Type) -> str:
    """A read-out or its name as plain text, "" for what is neither."""
    if isinstance(text, Digits):
        is_tick = text.role == _AXIS_ROLE and any(character.isdigit() for character in text.text)
        return "" if is_tick else spoken().number(re.sub(r"\s", "", text.text))
    if not isinstance(text, Words):
        return ""
    if "$" not in text.source and "#loss" not in text.source:
        return plain(text.source)
    found = _NAME.fullmatch(text.source)
    if found is None:
        return ""
    symbol, loss, of, by = found.groups()
    return f"{_SYMBOLS.get(symbol or '') or loss or f'∂{of}/∂{_SYMBOLS[by]}'} ="


def _baseline(text: Type) -> float:
    return float(sheet.pixels(text.origin)[1])
