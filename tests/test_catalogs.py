"""The catalogs: every word is translated into every language, with the same fields and formulas."""

from __future__ import annotations

import re
import runpy
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from gdscenes.kit.type.language import ENGLISH, HOUSE, languages

CATALOGS = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "catalogs.py"))
LANGUAGES = [tag for tag in languages() if tag != ENGLISH]
NAMES = sorted({path.stem for path in HOUSE.rglob("*.po")})


@cache
def words() -> dict[str, list[str]]:
    """The words of each catalog, as the sources have them."""
    return dict(CATALOGS["domains"]())


def entries(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {m.id: "" if m.fuzzy else m.string for m in read_po(file) if m.id}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
class TestEveryCatalog:
    def test_has_every_word_and_no_other(self, tag, name):
        path = HOUSE / tag / f"{name}.po"
        assert list(entries(path)) == list(dict.fromkeys(words()[name])), "run python docs/catalogs.py"

    def test_has_a_translation_of_each(self, tag, name):
        assert [word for word, told in entries(HOUSE / tag / f"{name}.po").items() if not told] == []

    def test_leaves_fields_formulas_and_marks_as_they_are(self, tag, name):
        translated = ((word, told) for word, told in entries(HOUSE / tag / f"{name}.po").items() if told)
        for word, told in translated:
            assert fields(told) == fields(word), told
            # where a comma is the decimal mark, a semicolon stands between two numbers
            told = told.replace(r"\;", r"\,")
            for mark in (r"\$[^$]*\$", r"#\w+(?:\([^)]*\))?"):
                assert sorted(re.findall(mark, told)) == sorted(re.findall(mark, word)), told


def test_there_is_a_catalog_for_each_source_of_words_and_no_other():
    assert sorted(words()) == NAMES


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_word_in_two_catalogs_says_the_same(tag):
    told: dict[str, str] = {}
    for name in NAMES:
        for word, translation in entries(HOUSE / tag / f"{name}.po").items():
            assert told.setdefault(word, translation) == translation, f"{name}: {word}"


def test_a_catalog_keeps_what_is_translated_and_marks_what_changed(tmp_path):
    path = tmp_path / "de" / "mine.po"
    assert CATALOGS["update"](path, "de", ["The line falls.", "best {rate}"]) == 2
    path.write_text(
        path.read_text("utf-8").replace('falls."\nmsgstr ""', 'falls."\nmsgstr "Sie fällt."'), "utf-8"
    )
    assert CATALOGS["update"](path, "de", ["The line falls.", "best {rate}"]) == 1
    assert CATALOGS["update"](path, "de", ["The line falls!"]) == 1
    assert "fuzzy" in path.read_text("utf-8")
    assert entries(path) == {"The line falls!": ""}


def test_the_words_of_a_file_are_found(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        'class Mine(Lecture):\n    """It falls.\n\n    More.\n    """\n\n    title = "A title"\n'
        '    question = "Why?"\n    @beat("time_lapse", "One.", claim("is", "Two.", otherwise="Three."))\n'
        '    def a(self):\n        self.say(Words(tr("four {n}", n=4)), Words("$x$"))\n',
        "utf-8",
    )
    found = ["A title", "Why?", "It falls.", "Time lapse", "One.", "Two.", "Three.", "four {n}"]
    assert list(CATALOGS["words_of"](file)) == found
