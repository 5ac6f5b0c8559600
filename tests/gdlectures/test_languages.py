"""A film in another language: what is asked for and refused, and what film, pages and slides say."""

from __future__ import annotations

import dataclasses
import json
import warnings

import pypdf
import pytest
from pptx import Presentation
from tiny_material import lecture, live

from gdlectures.exports.handout import write_handout
from gdlectures.exports.html_deck import write_deck
from gdlectures.exports.live import LivePage, write_live
from gdlectures.exports.material import alt_text
from gdlectures.exports.pptx_deck import write_pptx
from gdlectures.films.manifest import read_manifest

LECTURE = '''"""A lecture of one number."""

from dataclasses import dataclass

import gdmath
from gdscenes.kit.lecture.beats import beat
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.sheet import MEDIUM
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words


class Spoken(Lecture):
    """A number, and what it is."""

    title = "A number"
    question = "Which one?"
    seconds = 2
    settings = Settings()

    @staticmethod
    def prepare(settings):
        dataset = gdmath.preset("chapter-0")
        run = gdmath.descend(dataset.problem(), dataset.start, dataset.learning_rate, 1)
        return Story(settings=settings, dataset=dataset, runs={"descent": run})

    @beat("only_one", "It is the half.")
    def show_it(self):
        self.add(
            Words(tr("the half is {value}", value="0.5"), MEDIUM, self.colors).place(300, 300),
            Digits("0.5", MEDIUM, self.colors).place(300, 500),
        )
        self.wait(1)
'''
CATALOG = """
msgid "A number"
msgstr "Eine Zahl"

msgid "Which one?"
msgstr "Welche?"

msgid "A number, and what it is."
msgstr "Eine Zahl und was sie ist."

msgid "Only one"
msgstr "Nur eine"

msgid "It is the half."
msgstr "Es ist die Hälfte."

msgid "the half is {value}"
msgstr "die Hälfte ist {value}"
"""


@pytest.fixture
def own(tmp_path):
    """A folder of one lecture, with a German catalog."""
    folder = tmp_path / "own"
    (folder / "locale" / "de").mkdir(parents=True)
    (folder / "spoken.py").write_text(LECTURE, "utf-8")
    (folder / "locale" / "de" / "spoken.po").write_text(CATALOG, "utf-8")
    return folder


@pytest.mark.usefixtures("draws_here")
def test_a_film_of_its_own_beside_the_english_one(main, own, tmp_path):
    words = ("render", "spoken", "--scenes", own, "--quality", "preview", "--out", "out")
    assert main(*words).code == 0
    assert main(*words, "--lang", "de").code == 0
    english, german = (read_manifest(tmp_path / "out" / name) for name in ("spoken.json", "spoken-de.json"))
    assert (german.title, german.question, german.language) == ("Eine Zahl", "Welche?", "de")
    assert german.summary == "Eine Zahl und was sie ist."
    (beat,) = german.beats
    assert (beat.name, beat.title, beat.note) == ("only_one", "Nur eine", "Welche? Es ist die Hälfte.")
    assert (beat.words, beat.numbers) == (("die Hälfte ist 0,5",), ("die Hälfte ist 0,5", "0,5"))
    assert alt_text(german, beat) == (
        "Ein Bild aus dem Film „Eine Zahl“, Abschnitt „Nur eine“. Welche? Es ist die Hälfte. "
        "Zu lesen ist die Hälfte ist 0,5; 0,5."
    )
    (beat,) = english.beats
    assert (beat.title, beat.words, beat.numbers) == (
        "Only one",
        ("the half is 0.5",),
        ("the half is 0.5", "0.5"),
    )
    assert english.sha256 != german.sha256
    story = [
        json.loads((tmp_path / "out" / name).read_text())["story_sha256"]
        for name in ("spoken.json", "spoken-de.json")
    ]
    assert story[0] == story[1], "a run has no language"


@pytest.mark.usefixtures("draws_here")
def test_a_film_is_held_to_its_story_in_its_language(main, own, tmp_path):
    words = ("render", "spoken", "--scenes", own, "--quality", "preview", "--out", "out", "--lang", "de")
    assert main(*words).code == 0
    film = tmp_path / "out" / "spoken-de.mp4"
    assert main("verify", film, "--scenes", own).code == 0
    record = film.with_suffix(".json")
    record.write_text(record.read_text().replace('"language": "de"', '"language": "en"'))
    done = main("verify", film, "--scenes", own)
    assert done.code == 3
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("draws_here")
def test_its_own_language_is_no_other(main, own, tmp_path):
    words = ("render", "spoken", "--scenes", own, "--quality", "preview", "--out", "out")
    assert main(*words, "--lang", "en").code == 0
    assert (tmp_path / "out" / "spoken.mp4").is_file()


def test_a_language_without_a_catalog_is_refused_before_anything_is_drawn(main, own):
    done = main("render", "spoken", "--scenes", own, "--lang", "es")
    assert done.code == 2
    place = own / "locale" / "es" / "spoken.po"
    assert done.err == f"gdlectures: --lang: got es; allowed de, en; fix: translate its words in {place}\n"
    done = main("render", "spoken", "--scenes", own, "--lang", "klingon")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("gdlectures: --lang: got klingon; allowed de, en, es")


@pytest.mark.usefixtures("draws_here")
def test_a_catalog_that_changed_makes_another_film(main, own):
    words = ("render", "spoken", "--scenes", own, "--quality", "preview", "--out", "out", "--lang", "de")
    assert main(*words).code == 0
    catalog = own / "locale" / "de" / "spoken.po"
    changed = CATALOG.replace("Nur eine", "Nur die eine").replace('"Eine Zahl"', '"Die Zahl"')
    catalog.write_text(changed, "utf-8")
    assert main(*words).code == 0
    record = read_manifest(own.parent / "out" / "spoken-de.json")
    assert (record.title, record.beats[0].title) == ("Die Zahl", "Nur die eine")


@pytest.fixture
def german(tmp_path):
    material = lecture(tmp_path / "material", "tiny", "dark")
    slides = tuple(dataclasses.replace(slide, numbers=("w = 0,5",)) for slide in material.slides)
    figure = dataclasses.replace(live(), language="de")
    return dataclasses.replace(material, language="de", slides=slides, live=figure)


def test_the_live_figure_speaks_it(chromium, tmp_path):
    figure = dataclasses.replace(live(), language="de")
    page = chromium.open(write_live(LivePage("tiny-live.html", figure), tmp_path).as_uri())
    assert page.run("document.documentElement.lang") == "de"
    assert page.run("document.querySelector('.d-play').textContent") == "Abspielen"
    assert page.run("document.querySelector('.rate label').firstChild.data.trim()") == "Lernrate"
    said = "document.querySelector('.said').textContent"
    page.wait(rf"/^Nach \d+ Schritten mit Rate \d+,\d+: b /.test({said})")
    ticks = page.run("[...document.querySelectorAll('.axes text')].map((each) => each.textContent)")
    assert not [tick for tick in ticks if "." in tick]
    assert "Schritt" in ticks
    page.close()


def test_slides_speak_it(chromium, german, tmp_path):
    page = chromium.open(write_deck([german], tmp_path / "deck.html").as_uri())
    page.wait("window.deck && deck.isReady()")
    assert page.run("document.documentElement.lang") == "de"
    told = page.run("document.querySelector('.keys').textContent")
    assert "weiter" in told
    assert "alle Tasten" in told
    assert page.run("document.querySelector('.dataset').textContent").startswith("Datensatz ")
    assert page.run("document.querySelector('track').label") == "Untertitel"
    page.close()


def test_slides_for_powerpoint_and_the_handout_speak_it(german, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        deck = Presentation(str(write_pptx([german], tmp_path / "deck.pptx")))
        handout = pypdf.PdfReader(write_handout([german], tmp_path / "handout.pdf"))
    first = [shape.text_frame.text for shape in deck.slides[0].shapes if shape.has_text_frame]
    assert any("\nDatensatz " in words for words in first)
    words = " ".join(" ".join(page.extract_text() for page in handout.pages).split())
    assert "Einstellung Wert" in words
    assert "Auf dem Bild:" in words
