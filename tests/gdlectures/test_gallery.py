"""The gallery, opened from the disk in a real browser that has no network."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from chromium import Chromium, Page
from tiny_material import FPS, FRAMES, SCRIPT, lecture, live

from gdlectures.exports.gallery import write_gallery
from gdlectures.exports.material import LectureMaterial
from gdlectures.faults.errors import Fault


@pytest.fixture(scope="module")
def lectures(tmp_path_factory: pytest.TempPathFactory) -> list[LectureMaterial]:
    folder = tmp_path_factory.mktemp("material")
    first = lecture(folder, "first", "dark", title=f"First {SCRIPT}")
    return [dataclasses.replace(first, live=live()), lecture(folder, "second", "light")]


@pytest.fixture(scope="module")
def folder(lectures: list[LectureMaterial], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films #1")
    for name in (
        "first.gif",
        "first.srt",
        "all.html",
        "all.pptx",
        "course.mp4",
        "first.json",
        "second-light.gif",
    ):
        (folder / name).write_bytes(b"0" * 150_000)
    write_gallery(lectures, folder)
    return folder


@pytest.fixture
def page(chromium: Chromium, folder: Path) -> Iterator[Page]:
    page = chromium.open((folder / "index.html").as_uri(), prefers_color_scheme="dark")
    yield page
    assert page.errors == []
    assert all(address.startswith(folder.as_uri() + "/") for address in page.requests)
    page.close()


class Links(HTMLParser):
    """Every address that a page names."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "poster")]


def test_every_address_leads_to_a_file_of_the_folder(folder):
    addresses = (each.partition("#")[0] for each in Links(folder / "index.html").found if each != "data:,")
    found = [unquote(each) for each in addresses if each]
    assert all((folder / each).is_file() and not Path(each).is_absolute() for each in found)
    wanted = {
        "first.mp4",
        "second.mp4",
        "first.gif",
        "first.srt",
        "all.html",
        "all.pptx",
        "course.mp4",
        "gallery/first.png",
        "gallery/first-live.html",
    }
    assert wanted <= set(found)
    assert "first.json" not in found
    assert "second-light.gif" not in found  # another film's


def test_films_and_posters_are_the_lectures_own(folder, lectures):
    for each in lectures:
        assert (folder / each.film.name).read_bytes() == each.film.read_bytes()
        assert (folder / "gallery" / f"{each.name}.png").read_bytes() == each.poster.read_bytes()


def test_film_that_lies_in_the_folder_is_not_copied(tmp_path):
    material = lecture(tmp_path / "made", "first", "dark")
    write_gallery([material], tmp_path)
    assert "made/first.mp4" in Links(tmp_path / "index.html").found
    assert not (tmp_path / "first.mp4").exists()


def test_poster_plays_while_it_is_pointed_at_or_has_the_focus(page):
    film = "document.querySelector('.screen video')"
    assert page.run(f"{film}.hasAttribute('src')") is False
    x, y = page.run(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        "(document.querySelector('.screen').getBoundingClientRect())"
    )
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.wait(f"{film}.currentTime > 0.3 && getComputedStyle({film}).opacity === '1'")
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    page.wait(f"{film}.paused && getComputedStyle({film}).opacity === '0'")
    page.run("document.querySelector('.screen').focus()")
    page.wait(f"!{film}.paused")


def test_beat_opens_the_film_where_it_begins(page):
    page.run("document.querySelectorAll('.beats a[data-seconds]')[2].click()")
    page.wait("document.querySelector('dialog').open")
    begun = 2 * FRAMES / FPS
    page.wait(f"document.querySelector('dialog video').currentTime >= {begun}")
    assert page.run("document.querySelector('dialog video').currentTime") < begun + 0.7
    page.run("document.querySelector('dialog').close()")
    page.wait("!document.querySelector('dialog video').hasAttribute('src')")


def test_captions_stand_under_the_picture_and_notes_beside_the_beats(page, lectures):
    page.run("document.querySelectorAll('.beats a[data-seconds]')[2].click()")
    said = "document.querySelector('dialog .caption').textContent"
    page.wait(f"window.said = window.said || {said}")  # it passes
    assert " ".join(page.run("window.said").split()) in lectures[0].slides[2].note
    box = "(({top, bottom}) => [top, bottom])(document.querySelector('dialog %s').getBoundingClientRect())"
    assert page.run(box % "video")[1] <= page.run(box % ".caption")[0]
    assert page.run(box % ".caption")[1] <= 720
    page.run("document.querySelector('dialog').close()")
    notes = (
        "[...document.querySelector('article').querySelectorAll('.beats p')].map((each) => each.textContent)"
    )
    assert page.run(notes) == [slide.note for slide in lectures[0].slides]


def test_words_of_a_lecture_have_its_language(chromium, lectures, tmp_path):
    page = chromium.open(write_gallery([dataclasses.replace(lectures[1], language="de")], tmp_path).as_uri())
    assert page.run("document.documentElement.lang") == "de"
    assert page.run("document.querySelector('h1').textContent") == "Filme, die den Gradientenabstieg zeigen"
    told = "['h2', '.question', '.beats p'].map((each) => document.querySelector('article ' + each).lang)"
    assert page.run(told) == ["de"] * 3
    page.close()


def test_a_link_to_a_file_names_it(page):
    assert page.run("document.querySelector('.chips a[href=\"first.gif\"]').title") == "first.gif"


def test_live_figure_is_a_link_and_beats_lead_to_their_settings(page):
    links = "[...document.querySelectorAll('a[href*=live]')].map((each) => each.getAttribute('href'))"
    found = page.run(links)
    assert found == [f"gallery/first-live.html{beat}" for beat in ("", "#beat=beat_1", "#beat=beat_2")]
    page.run("document.querySelector('.beats .try').click()")
    page.wait("window.live && document.readyState === 'complete'")
    assert page.run("live.state.rate") == 1.1


def test_command_makes_the_film_and_follows_the_knobs(page):
    told = "document.querySelector('pre').textContent.replaceAll('\\\\\\n', '')"
    words = ["gdlectures", "render", "first", "--theme", "dark", "--dataset", "chapter-0", "--learning-rate"]
    assert shlex.split(page.run(told)) == [*words, "0.1"]
    for value in ("0.5", "it's 2 > 1", ""):
        page.run(
            "(({value}) => { const input = document.querySelector('[name=\"--learning-rate\"]');"
            "input.value = value; input.dispatchEvent(new Event('input', {bubbles: true})); })"
            f"({{value: {value!r}}})"
        )
        assert shlex.split(page.run(told)) == [*words, value]


def test_the_course_is_told_as_questions_that_lead_to_the_films(page, lectures):
    asked = "[...document.querySelectorAll('.course a')]"
    assert page.run(f"{asked}.map((each) => each.textContent)") == [each.question for each in lectures]
    assert page.run(f"{asked}.map((each) => document.querySelector(each.hash).tagName)") == ["ARTICLE"] * 2
    told = "[...document.querySelectorAll('article .question')].map((each) => each.textContent)"
    assert page.run(told) == [each.question for each in lectures]


def test_users_words_stay_words(page):
    assert page.run("document.title") == "Films that teach gradient descent"
    assert page.run("document.querySelector('h2').firstChild.data.trim()") == f"First {SCRIPT}"
    assert page.run("document.querySelector('label + input + label span').textContent") == f"rate {SCRIPT}"
    assert page.run("document.querySelectorAll('main script').length") == 0


def test_page_fits_a_small_screen_and_follows_the_scheme(page, chromium, folder):
    page.resize(360, 640)
    assert page.run("document.documentElement.scrollWidth") <= 360
    dark = page.screenshot()[2, 2]
    light = chromium.open((folder / "index.html").as_uri(), prefers_color_scheme="light")
    assert tuple(dark) == (0x0F, 0x11, 0x17)
    assert tuple(light.screenshot()[2, 2]) == (0xFA, 0xF7, 0xF0)
    light.close()


def test_reduced_motion_keeps_posters_still(chromium, folder):
    page = chromium.open((folder / "index.html").as_uri(), prefers_reduced_motion="reduce")
    page.run("document.querySelector('.screen').focus()")
    page.run("new Promise((done) => setTimeout(done, 200))")
    assert page.run("document.querySelector('.screen video').hasAttribute('src')") is False
    page.close()


def test_no_lecture_is_refused(tmp_path):
    with pytest.raises(Fault, match="lectures: got none"):
        write_gallery([], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_gets_into_it_runs_or_asks_elsewhere(chromium, folder):
    page = chromium.open((folder / "index.html").as_uri())
    assert page.refused_by_its_policy() == ["connect-src", "img-src", "script-src-elem"]
    page.close()
