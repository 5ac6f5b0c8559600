"""The HTML deck, opened in a real browser that has no network."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import Chromium, Page
from PIL import Image
from pypdf import PdfReader
from tiny_material import FRAMES, HUES, NOTE, SCRIPT, lecture, live

from gdlectures.exports.html_deck import write_deck
from gdlectures.exports.material import LectureMaterial
from gdlectures.faults.errors import Exit, Fault

FILM = "deck.getCurrentSlide().querySelector('video')"


@pytest.fixture(scope="module")
def lectures(tmp_path_factory: pytest.TempPathFactory) -> list[LectureMaterial]:
    folder = tmp_path_factory.mktemp("material")
    return [
        lecture(folder, "first", "dark", title=f"First {SCRIPT}"),
        lecture(folder, "second", "light", loop=True),
    ]


@pytest.fixture(scope="module")
def deck(lectures: list[LectureMaterial], tmp_path_factory: pytest.TempPathFactory) -> str:
    # alone in its folder, whose name needs quoting
    folder = tmp_path_factory.mktemp("a deck")
    return write_deck(lectures, folder / "deck #1.html").as_uri()


@pytest.fixture
def page(chromium: Chromium, deck: str) -> Iterator[Page]:
    page = chromium.open(deck)
    page.wait("window.deck && deck.isReady()")
    yield page
    assert page.errors == []
    assert [address.partition("#")[0] for address in page.requests] == [deck.replace("#", "%23")]
    page.close()


def go(page: Page, slide: str, key: str = "PageDown") -> None:
    page.press(key)
    page.wait(f"deck.getCurrentSlide().id === '{slide}'")


def jump(page: Page, slide: str) -> None:
    page.run(f"location.hash = '/{slide}'")
    page.wait(f"deck.getCurrentSlide().id === '{slide}'")


def assert_shows(page: Page, path: Path, tolerance: int = 2) -> None:
    """What is on the screen is a picture of the material, looked at in the middles of its flat places."""
    wanted = np.asarray(Image.open(path).convert("RGB")).astype(int)
    shown = page.screenshot().astype(int)
    for down, right in [(0.5, 0.5), (0.35, 0.4), (0.6, 0.65), (0.1, 0.1), (0.9, 0.5)]:
        there = wanted[int(down * wanted.shape[0]), int(right * wanted.shape[1])]
        here = shown[int(down * shown.shape[0]), int(right * shown.shape[1])]
        assert abs(here - there).max() <= tolerance, (path.name, (down, right), here, there)


def test_every_beat_plays_to_its_end_and_rests_on_its_last_frame(page, lectures):
    go(page, "first")
    for number, slide in enumerate(lectures[0].slides):
        go(page, f"first-beat_{number}", "ArrowRight" if number % 2 else "PageDown")
        page.wait(f"{FILM}.ended")
        page.run("new Promise(requestAnimationFrame)")
        assert_shows(page, slide.still)
        assert page.run(f"{FILM}.currentTime") == pytest.approx(FRAMES / lectures[0].fps, abs=0.02)
    go(page, "second")


def test_beat_begins_where_the_last_one_ended(page, lectures):
    """Held at its first frame, the next beat stands on the screen before it plays."""
    jump(page, "first-beat_0")
    page.wait(f"{FILM}.ended")
    page.wait("document.querySelector('#first-beat_1 video').readyState === 4")
    page.run("HTMLMediaElement.prototype.play = async () => {}")
    go(page, "first-beat_1")
    assert_shows(page, lectures[0].slides[1].poster)
    assert_shows(page, lectures[0].slides[0].still)


def test_nothing_flashes_between_two_beats(page, lectures):
    """The box is never seen without its hue: it passes from one beat's to the next one's."""
    jump(page, "first-beat_0")
    page.wait(f"{FILM}.ended")
    shown = page.watch(1.2, lambda: go(page, "first-beat_1"))
    middles = np.array([frame[frame.shape[0] // 2, frame.shape[1] // 2] for frame in shown]).astype(int)
    assert len(middles) > 3
    ground = [int(lectures[0].ground[i : i + 2], 16) for i in (1, 3, 5)]
    first, second = (np.array(hue) for hue in HUES[:2])
    # a beat's frames run from its ground to its hue, so only the first of the next is the hue before it
    assert abs(middles[0] - first).max() <= 2
    began = next(k for k, middle in enumerate(middles) if abs(middle - first).max() > 2)
    along = (middles[began:] - ground) @ (second - ground) / ((second - ground) @ (second - ground))
    assert all(np.diff(along) >= -0.02)
    assert abs(middles[-1] - second).max() <= 2


def test_poster_stands_while_a_clip_is_not_decoded(page, lectures):
    page.run("URL.createObjectURL = () => 'data:,'")
    page.run(
        "document.querySelectorAll('video').forEach((film) => { film.removeAttribute('src'); film.load(); })"
    )
    jump(page, "first-beat_2")
    page.run(f"{FILM}.removeAttribute('src'), {FILM}.load()")
    assert_shows(page, lectures[0].slides[2].poster)


def test_back_shows_the_last_frame_of_the_beat_before(page, lectures):
    jump(page, "first-beat_1")
    go(page, "first-beat_2")
    go(page, "first-beat_1", "PageUp")
    page.wait(f"!{FILM}.seeking")
    page.run("new Promise((done) => setTimeout(done, 150))")
    assert page.run(f"{FILM}.paused")
    assert_shows(page, lectures[0].slides[1].still)
    page.press("r")
    page.wait(f"{FILM}.currentTime < 0.6 && !{FILM}.paused")
    page.wait(f"{FILM}.ended")


def test_beat_that_asks_for_it_loops(page):
    jump(page, "second-beat_2")
    page.wait(f"{FILM}.currentTime > 0.5")
    page.wait(f"{FILM}.currentTime < 0.4")
    assert not page.run(f"{FILM}.ended")


def test_only_clips_near_the_slide_are_decoded(page):
    filled = (
        "[...document.querySelectorAll('video')].map((film) => Number(film.hasAttribute('src'))).join('')"
    )
    page.wait(f"{filled} === '100000'")  # from the contents, two slides ahead
    jump(page, "first-beat_0")
    page.wait(f"{filled} === '111000'")
    jump(page, "second-beat_2")
    page.wait(f"{filled} === '000011'")


def test_ground_of_the_film_fills_the_screen(page, lectures):
    page.resize(800, 600)
    for each in lectures:
        jump(page, f"{each.name}-beat_0")
        page.run("new Promise((done) => setTimeout(done, 150))")
        shown = page.screenshot().astype(int)
        ground = [int(each.ground[i : i + 2], 16) for i in (1, 3, 5)]
        assert (
            np.abs(shown[:, [2, 40, 400, 797]][[2, 60, 74, 76, 85, 520, 524, 527, 597]] - ground).max() <= 2
        )


def test_users_words_stay_words(page):
    assert page.run("document.title") == "Lectures"
    assert page.run("document.querySelector('#first h1').textContent") == f"First {SCRIPT}"
    assert page.run("document.querySelector('#first-beat_1').ariaLabel") == f"Beat 1 {SCRIPT}"
    assert page.run("document.querySelector('#first-beat_1 video').ariaLabel") == 'A box, "1" <b>'
    assert page.run("document.querySelector('#first-beat_1 .still').alt") == 'A box, "1" <b>'


def test_notes_are_shown_to_the_speaker(page, chromium):
    assert page.run("deck.getSlideNotes(document.querySelector('#first-beat_1'))")
    jump(page, "first-beat_1")
    page.press("s")
    found = []

    def speaker() -> bool:
        targets = chromium.send("Target.getTargets")["targetInfos"]
        found[:] = [
            each
            for each in targets
            if each["type"] == "page" and each["targetId"] != page.target and each.get("openerId")
        ]
        return bool(found)

    page.wait(speaker)
    session = chromium.send("Target.attachToTarget", targetId=found[0]["targetId"], flatten=True)["sessionId"]
    view = Page(chromium, found[0]["targetId"], session)
    view.wait("document.querySelector('.speaker-controls-notes .value')?.textContent.includes('(1)')")
    assert view.run("document.querySelector('.speaker-controls-notes .value').textContent") == f"{NOTE} (1)"
    assert view.run("document.title") == "reveal.js - Speaker View"
    go(page, "first-beat_2")
    view.wait("document.querySelector('.speaker-controls-notes .value').textContent.includes('(2)')")
    view.close()


def test_captions_come_by_key(page):
    jump(page, "first-beat_1")
    page.wait(f"{FILM}.readyState === 4")
    assert page.run(f"{FILM}.textTracks[0].mode") == "disabled"
    page.press("c")
    page.wait("deck.getCurrentSlide().querySelector('.caption').textContent !== ''")
    text = page.run(f"[...{FILM}.textTracks[0].cues].map((cue) => cue.getCueAsHTML().textContent).join(' ')")
    assert " ".join(text.split()) == f"{NOTE} (1)"
    page.wait(f"{FILM}.ended")
    said = page.run("deck.getCurrentSlide().querySelector('.caption').textContent")
    assert said
    assert said.split() == text.split()[-len(said.split()) :]  # the last stays
    box = (
        "(({top, bottom}) => [top, bottom])"
        "(deck.getCurrentSlide().querySelector('%s').getBoundingClientRect())"
    )
    (picture_top, picture_bottom), (caption_top, caption_bottom) = (
        page.run(box % part) for part in (".screen", ".caption")
    )
    assert -3 < picture_top < picture_bottom < caption_top + 1
    assert caption_top < caption_bottom < 723
    page.press("c")
    assert page.run(box % ".screen") == pytest.approx([0, 720], abs=3)
    assert page.run(f"{FILM}.textTracks[0].mode") == "disabled"


def test_reduced_motion_shows_stills_until_play_is_asked_for(chromium, deck, lectures):
    page = chromium.open(deck + "#/first-beat_1", prefers_reduced_motion="reduce")
    page.wait("window.deck && deck.isReady()")
    assert_shows(page, lectures[0].slides[1].still)
    assert page.run(f"{FILM}.paused && {FILM}.currentTime === 0")
    page.press("c")
    said = "deck.getCurrentSlide().querySelector('.caption').textContent"
    assert page.run(said) == f"{NOTE} (1)"  # a still has the whole note
    page.press("r")
    page.wait(f"{FILM}.currentTime > 0.3")
    page.wait(f"{said}.length < {len(NOTE)}")
    page.close()


def test_print_view_holds_a_page_a_slide_with_its_still(chromium, deck, lectures):
    page = chromium.open(deck + "?print-pdf")
    page.wait("document.querySelectorAll('.pdf-page').length > 0")
    pages = PdfReader(io.BytesIO(page.pdf())).pages
    assert len(pages) == 1 + 2 * (1 + 3)
    assert "A lecture" in pages[5].extract_text()
    for number, slide in zip((2, 3, 4), lectures[0].slides, strict=True):
        still = np.asarray(Image.open(slide.still).convert("RGB")).astype(int)
        images = [np.asarray(each.image.convert("RGB")).astype(int) for each in pages[number].images]
        assert any(image.shape == still.shape and abs(image - still).max() <= 2 for image in images)
    page.close()


def test_printed_covers_and_contents_keep_their_margins(chromium, deck):
    """No word of a page stands in its outer twentieth, where printers and eyes lose it."""
    page = chromium.open(deck + "?print-pdf")
    page.wait("document.querySelectorAll('.pdf-page').length > 0")
    lefts = page.run(
        "[...document.querySelectorAll('.pdf-page section.cover')].map((cover) => {"
        "const walk = document.createTreeWalker(cover, NodeFilter.SHOW_TEXT), lefts = [];"
        "while (walk.nextNode()) {"
        "const range = document.createRange(); range.selectNodeContents(walk.currentNode);"
        "const box = range.getBoundingClientRect(); if (box.width) lefts.push(box.left); }"
        "return Math.min(...lefts) - cover.closest('.pdf-page').getBoundingClientRect().left; })"
    )
    assert len(lefts) == 3
    assert min(lefts) >= 0.05 * 1920
    page.close()


def test_contents_numbers_stand_under_the_title(page):
    """The digits' own ink begins where the title's does, on the screen."""
    page.resize(1920, 1080)
    shown = page.screenshot().astype(int)
    box = "(({top, bottom}) => [top, bottom])(document.querySelector('%s').getBoundingClientRect())"
    ink = np.abs(shown - shown[2, 2]).max(axis=2) > 40
    title, numbers = (
        np.flatnonzero(ink[round(top) : round(bottom)].any(axis=0))[0]
        for top, bottom in (page.run(box % "#contents h1"), page.run(box % "#contents ol"))
    )
    assert abs(int(title) - int(numbers)) < 12


def test_screen_readers_keep_their_keys_and_hear_the_language(chromium, lectures, tmp_path):
    own = [dataclasses.replace(lectures[0], language="de"), lectures[1]]
    page = chromium.open(write_deck(own, tmp_path / "deck.html").as_uri())
    page.wait("window.deck && deck.isReady()")
    roles = page.run("[...document.querySelectorAll('[role]')].map((each) => each.getAttribute('role'))")
    assert "application" not in roles
    assert page.run("document.querySelector('.reveal').getAttribute('aria-label')") == "Lectures"
    assert page.run("document.documentElement.lang") == "en", "that of its own words, as the films' differ"
    slides = page.run("deck.getSlides().map((slide) => slide.closest('[lang]').lang)")
    assert slides == ["de"] * 5 + ["en"] * 4
    assert (
        page.run("[...document.querySelectorAll('track')].map((each) => each.srclang)")
        == ["de"] * 3 + ["en"] * 3
    )
    page.close()


def test_deck_is_one_file_of_the_same_bytes(lectures, tmp_path):
    one = write_deck(lectures, tmp_path / "one" / "deck.html", title="A <b>term</b>")
    two = write_deck(lectures, tmp_path / "two" / "deck.html", title="A <b>term</b>")
    assert one.read_bytes() == two.read_bytes()
    assert [path.name for path in one.parent.iterdir()] == ["deck.html"]
    head = one.read_text().partition("</head>")[0]
    assert "<title>A &lt;b&gt;term&lt;/b&gt;</title>" in head
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)([^"']+)""", one.read_text().split("<script>")[0]) == []


def test_no_lecture_and_no_clip_are_refused(lectures, tmp_path):
    with pytest.raises(Fault, match=r"lectures: got none; allowed one or more; fix: name a lecture"):
        write_deck([], tmp_path / "deck.html")
    lost = dataclasses.replace(lectures[0].slides[0], clip=tmp_path / "lost.mp4")
    with pytest.raises(Fault, match=r"lost\.mp4: got No such file") as refused:
        write_deck([dataclasses.replace(lectures[0], slides=(lost,))], tmp_path / "deck.html")
    assert refused.value.exit_code is Exit.ENVIRONMENT
    assert list(tmp_path.iterdir()) == []


# -- live figures ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live_deck(lectures: list[LectureMaterial], tmp_path_factory: pytest.TempPathFactory) -> str:
    own = [dataclasses.replace(lectures[0], live=live()), lectures[1]]
    return write_deck(own, tmp_path_factory.mktemp("live") / "deck.html").as_uri()


@pytest.fixture
def live_page(chromium: Chromium, live_deck: str) -> Iterator[Page]:
    page = chromium.open(live_deck)
    page.wait("window.deck && deck.isReady()")
    yield page
    assert page.errors == []
    assert {address.partition("#")[0] for address in page.requests} == {live_deck}
    page.close()


def test_live_figure_follows_its_beat_with_the_beats_setting(live_page):
    ids = live_page.run("deck.getSlides().map((slide) => slide.id)")
    for beat in ("first-beat_1", "first-beat_2"):
        assert ids[ids.index(beat) + 1] == f"{beat}-live"
    assert sum(each.endswith("-live") for each in ids) == 2
    jump(live_page, "first-beat_1")
    go(live_page, "first-beat_1-live")
    assert live_page.run("document.querySelector('.present .live .i-exact').value") == "1.1"
    assert live_page.run("document.querySelector('#first-beat_2-live .live').childElementCount") == 0
    go(live_page, "first-beat_2")
    go(live_page, "first-beat_2-live")
    assert live_page.run("document.querySelector('#first-beat_2-live .i-scaled').checked")


def test_key_leads_to_the_live_figure_and_back(live_page):
    jump(live_page, "first-beat_0")
    go(live_page, "first-beat_1-live", "l")
    go(live_page, "first-beat_0", "l")
    jump(live_page, "second-beat_1")
    live_page.press("l")
    live_page.run("new Promise((done) => setTimeout(done, 100))")
    assert live_page.run("deck.getCurrentSlide().id") == "second-beat_1"


def test_keys_of_the_figure_are_its_own_and_a_clicker_goes_on(live_page):
    jump(live_page, "first-beat_1-live")
    at = "document.querySelector('.present .live .start').getAttribute('aria-valuenow')"
    live_page.run("document.querySelector('.present .live .start').focus()")
    before = live_page.run(at)
    live_page.press("ArrowRight")
    live_page.wait(f"{at} !== '{before}'")
    assert live_page.run("deck.getCurrentSlide().id") == "first-beat_1-live"
    live_page.run("document.querySelector('.present .live .i-rate').focus()")
    go(live_page, "first-beat_2")
    assert live_page.run(
        "document.querySelector('#first-beat_1-live .live').hasAttribute('data-prevent-swipe')"
    )


def test_live_figure_fits_its_slide(live_page):
    live_page.resize(1920, 1080)
    jump(live_page, "first-beat_1-live")
    live_page.wait("document.querySelectorAll('.present .live .tasks').length === 1")
    live_page.run("document.querySelector('.present .live .i-axes').click()")
    live_page.wait("document.querySelectorAll('.present .live .marks button').length === 4")
    live_page.run(
        "document.querySelectorAll('.present .live details').forEach((each) => { each.open = true; })"
    )
    parts = "[...document.querySelectorAll('.present .live *')].filter((each) => each.checkVisibility())"
    assert live_page.run(f"Math.max(...{parts}.map((each) => each.getBoundingClientRect().bottom))") <= 1080


def test_nothing_that_gets_into_it_asks_elsewhere(chromium, deck):
    page = chromium.open(deck)
    assert page.refused_by_its_policy() == ["a script ran", "connect-src", "img-src"]
    page.close()
