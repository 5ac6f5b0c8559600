"""The lectures on paper: every beat's picture with its note, its numbers and its formulas, as a PDF."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.exports.material import LectureMaterial, check_some, heading
from gdlectures.exports.shipped import shipped
from gdlectures.faults.errors import Exit, Fault, one_line, unreadable
from gdlectures.films.publishing import write_whole
from gdscenes.kit.type.language import speaking, tr

if TYPE_CHECKING:
    from typst import PDFStandard

_SPOKEN = (
    (r'mark\("[^"]*", *', "("),
    (r'loss\("([^"]*)"\)', r"\1"),
    (r'slope\("([^"]*)", *(\w+)\)', r"the partial derivative of \1 by \2"),
    (r"\bbias(?![a-z])", "b"),
    (r"\bweight(?![a-z])", "w"),
    (r"\byhat(?![a-z])", "y hat"),
    (r"#h\([^)]*\)|\b(display|upright|thin|quad)\b|[$#\\]", " "),
    (r"\s+", " "),
)
"""What turns the source of a formula into words, in order."""
_SAYS_SOMETHING = re.compile(r"\S\s*=\s*\S|^[^=]*(/|derivative)")
_TORN = re.compile(r"[=<>≤≥/+*−-]$")  # the rest stands on the page as a text of its own
_HYPHEN = re.compile(r"(?<![\w.])-(?=[\d.])")  # in front of a number it is a minus sign
_LACKS_GLYPH = "could not be displayed"
_ATTEMPTS: tuple[tuple[bool, list[PDFStandard]], ...] = ((False, ["ua-1"]), (True, ["ua-1"]), (True, []))
"""Whether the system's fonts are looked into, and the standard. PDF/UA-1 demands a glyph for every character,
and the fonts that come with Typst have none for some scripts."""


def write_handout(lectures: Sequence[LectureMaterial], target: Path, *, title: str | None = None) -> Path:
    """Write the handout of one or more lectures: A4, about two beats a page.

    It is a tagged PDF (PDF/UA-1 where a font has every character) with alt texts, set in the films' own
    fonts. Stills of the print theme suit the paper best.

    Parameters
    ----------
    lectures : sequence of LectureMaterial
        Their words are shown as they are; only `Slide.formulas` are Typst source.
    target : Path
        Equal lectures give equal bytes.
    title : str, optional
        Title of the document; a lecture's own when left out.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    Fault
        If there is no lecture, a formula cannot be set, or the file cannot be written there.
    """
    check_some(lectures)
    try:
        content = _compile(lectures, heading(lectures, title))
    except OSError as error:
        raise unreadable(error, error.filename or target) from None
    return write_whole(target, content)


def _compile(lectures: Sequence[LectureMaterial], title: str) -> bytes:
    import typst

    from gdscenes.kit.page.theme import PRINT, ROLES
    from gdscenes.kit.type.typeset import PREAMBLE

    roles = ", ".join(f'"{role}": "{PRINT.color(role)}"' for role in ROLES)
    calls = "".join(
        f"#lecture(handout.lectures.at({number}), {_formulas(lecture)})\n"
        for number, lecture in enumerate(lectures)
    )
    # a mark inside a formula may have a longer name than its role: bias.old
    mark = '#let mark(name, body) = text(fill: rgb(marks.at(name.split(".").first())), body)\n'
    source = f"#let marks = ({roles})\n{PREAMBLE}{mark}{shipped('templates/handout.typ')}{calls}"
    # Typst sees this folder and nothing else
    with tempfile.TemporaryDirectory() as folder:
        words = {
            "title": one_line(title),
            "ink": PRINT.ink,
            "muted": PRINT.muted,
            "hairline": PRINT.grid,
            "lectures": [_words(lecture, Path(folder), str(n)) for n, lecture in enumerate(lectures)],
        }
        document = Path(folder, "handout.typ")
        document.write_text(source, "utf-8")
        inputs = {"handout": json.dumps(words)}
        for more_fonts, standards in _ATTEMPTS:
            try:
                return typst.compile(
                    document,
                    root=document.parent,
                    format="pdf",
                    sys_inputs=inputs,
                    ignore_system_fonts=not more_fonts,
                    pdf_standards=standards,
                )
            except typst.TypstError as error:
                failure = error.message
                if _LACKS_GLYPH not in failure:
                    break
    raise Fault(Exit.SCENE, "formulas", failure, "what Typst sets", "mend the lecture's formula")


def _words(lecture: LectureMaterial, folder: Path, prefix: str) -> dict[str, Any]:
    """What the page says of a lecture, its pictures copied to where Typst finds them."""
    slides = []
    for number, slide in enumerate(lecture.slides):
        picture = f"{prefix}-{number}.png"
        shutil.copyfile(slide.still, folder / picture)
        slides.append(
            {
                "title": one_line(slide.title),
                "note": one_line(slide.note),
                "alt": one_line(slide.alt),
                "picture": picture,
                "numbers": [_HYPHEN.sub("−", one_line(number)) for number in slide.numbers],
            }
        )
    with speaking(lecture.language):
        heads, read = [tr("Setting"), tr("Value"), ""], tr("On the picture:")
    return {
        "title": one_line(lecture.title),
        "language": lecture.language,
        "heads": heads,
        "read": read,
        "summary": one_line(lecture.summary),
        "knobs": [[one_line(word) for word in knob] for knob in lecture.knobs],
        "slides": slides,
    }


def _formulas(lecture: LectureMaterial) -> str:
    """Typst source of an array: of each beat, the array of the whole formulas that no beat before it had."""
    seen: set[str] = set()
    beats = ""
    for slide in lecture.slides:
        formulas: list[tuple[str, str]] = []
        for formula in slide.formulas:
            words = _spoken(formula)
            if words.startswith("= ") and formulas and "=" not in formulas[-1][1]:
                name, name_words = formulas.pop()
                formula, words = f"{name} {formula}", f"{name_words} {words}"
            formulas.append((formula, words))
        new = {formula: words for formula, words in formulas if formula not in seen and _is_whole(words)}
        seen.update(new)
        calls = "".join(f"formula({json.dumps(words)}, [{formula}])," for formula, words in new.items())
        beats += f"({calls}),"
    return f"({beats})"


def _is_whole(words: str) -> bool:
    """Whether it is more than a name or a piece, such as "b =" before its value."""
    return (
        bool(_SAYS_SOMETHING.search(words))
        and words.count("(") == words.count(")")
        and not _TORN.search(words)
    )


def _spoken(formula: str) -> str:
    for pattern, words in _SPOKEN:
        formula = re.sub(pattern, words, formula)
    return formula.strip()
