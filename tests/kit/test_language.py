"""What is spoken: words from catalogs, numbers with the language's decimal mark, on screen as in notes."""

from __future__ import annotations

import datetime
from dataclasses import astuple, dataclass

import numpy as np
import pytest

from gdscenes.kit.lecture.beats import Beat, claim
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import languages, speaking, spoken, tr
from gdscenes.kit.type.notation import markup
from gdscenes.kit.type.typeset import glyphs

CATALOG = """
msgid "The line falls."
msgstr "Die Gerade fällt."

msgid "best {rate} of {n}"
msgstr "von {n} am besten {rate}"

#, fuzzy
msgid "It rises."
msgstr "Sie fällt."

msgid "A question?"
msgstr "Eine Frage?"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "mine.po").write_text(CATALOG, "utf-8")
    return tmp_path


def test_words_are_those_of_the_catalog_while_it_is_spoken(folder):
    with speaking("de", folder):
        assert tr("The line falls.") == "Die Gerade fällt."
        assert spoken().tag == "de"
    assert tr("The line falls.") == "The line falls."
    assert spoken().tag == "en"


def test_what_no_catalog_has_stays_english_and_so_does_what_is_marked_fuzzy(folder):
    with speaking("de", folder):
        assert tr("It rises.") == "It rises."
        assert tr("It rests.") == "It rests."


def test_numbers_that_fill_words_have_the_decimal_mark_of_the_language(folder):
    with speaking("de", folder):
        assert tr("best {rate} of {n}", rate="0.25", n=12) == "von 12 am besten 0,25"
        assert tr("Not known: {rate}.", rate="-1.5×10⁻³") == "Not known: -1,5×10⁻³."
    assert tr("best {rate} of {n}", rate="0.25", n=12) == "best 0.25 of 12"


@pytest.mark.parametrize(
    ("tag", "written"),
    [("en", "2026-11-30"), ("de", "30.11.2026"), ("es", "30 nov 2026"), ("x", "2026-11-30")],
)
def test_a_day_is_written_as_the_language_does_and_in_english_without_doubt(tag, written):
    with speaking(tag) as spoken:
        assert spoken.date(datetime.date(2026, 11, 30)) == written


def test_a_number_in_a_formula_has_it_without_the_space_behind_a_comma():
    with speaking("de"):
        german = glyphs(f"${markup('0.25')}$")
    loose = glyphs("$0, 25$")
    assert len(german) == len(glyphs("$0.25$")) == len(loose)
    assert german[-1].points[:, 0].max() < loose[-1].points[:, 0].max() - 0.1


def test_digits_draw_it_in_the_place_of_the_point_and_say_what_they_said():
    english = Digits("0.25", 100, DARK)
    with speaking("de"):
        german, printed = Digits("0.25", 100, DARK), Digits("0.25", 100, DARK, printed=True)
    assert (german.text, german.value()) == (english.text, english.value())
    (comma,) = glyphs("$,$")
    drawn = german.ink()[1].points
    assert np.ptp(drawn[:, 1]) / np.ptp(comma.points[:, 1]) == pytest.approx(
        np.ptp(drawn[:, 0]) / np.ptp(comma.points[:, 0])
    )
    assert drawn[:, 1].min() < english.ink()[1].points[:, 1].min(), "a comma goes under the baseline"
    assert np.allclose(printed.ink()[1].points, english.ink()[1].points)
    for one, other in zip(german.ink()[2:], english.ink()[2:], strict=True):
        assert np.allclose(one.points, other.points), "the other digits stay where they were"


def test_a_number_takes_the_same_place_whatever_its_decimal_mark(folder):
    for text in ("1.2588", "-0.1", "6×10⁻⁵", "(-3.045)", "1.14"):
        with speaking("de", folder):
            comma = astuple(Digits(text, 40, DARK).box())
        assert comma == pytest.approx(astuple(Digits(text, 40, DARK).box()), abs=0.9), text


def test_a_claim_is_filled_in_its_language(folder):
    @dataclass
    class Run:
        rate: str = "0.5"

    said = claim(lambda run: run.rate == "0.5", "best {story.rate} of 3", "It rises.")
    with speaking("de", folder):
        assert Beat("one", ("The line falls.", said)).note_of(Run()) == "Die Gerade fällt. best 0,5 of 3"
        assert Beat("one", (said,)).note_of(Run("1")) == "It rises."


def test_a_lecture_is_told_in_another_language_beside_the_first(folder):
    from gdscenes.kit.lecture.beats import beat

    class Mine(Lecture):
        title = "A question?"
        question = "A question?"

        @beat("one", "The line falls.")
        def one(self) -> None: ...

        @classmethod
        def locale(cls):
            return folder

    german = Mine.told_in("de")
    assert german.title == german.question == "Eine Frage?"
    assert german.beats == {"one": "Eine Frage? Die Gerade fällt."}
    assert Mine.beats == {"one": "A question? The line falls."}
    assert (german.language, Mine.language) == ("de", "en")


def test_english_needs_no_catalog_and_the_others_are_found(folder):
    assert languages(folder) == ("de", "en")
    assert {"de", "en", "es"} <= set(languages())
