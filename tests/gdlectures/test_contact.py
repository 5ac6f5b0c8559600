"""A grid as a page, opened from the disk in a real browser that has no network, and as a picture."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pypdf
import pytest
from chromium import Chromium, Page
from PIL import Image
from tiny_material import FPS, FRAMES, HEIGHT, HUES, SCRIPT, WIDTH, lecture

from gdlectures.exports.contact import Contact, Tile
from gdlectures.exports.contact_page import write_contact_page
from gdlectures.exports.contact_picture import contact_picture

REFUSED = f"allowed: below 0.8 {SCRIPT}"


@pytest.fixture(scope="module")
def contact(tmp_path_factory: pytest.TempPathFactory) -> Contact:
    """Two rows of two: three stills, and a cell that was refused."""
    slides = lecture(tmp_path_factory.mktemp("material"), "tiny", "dark").slides
    tiles = [
        Tile(f"rate {number} {SCRIPT}", slide.still, slide.clip, f"A box {number}", (f"MSE {number}",))
        for number, slide in enumerate(slides)
    ]
    return Contact(
        title="A grid",
        about="Beat, by n steps and rate",
        command="gdlectures sweep tiny --rate 0.1,0.2",
        theme="dark",
        width=WIDTH,
        height=HEIGHT,
        heads=("rate 0.1", "rate 0.2"),
        sides=("n steps 1", "n steps 2"),
        tiles=(*tiles, Tile("rate 3", refused=REFUSED)),
        columns=2,
    )


@pytest.fixture(scope="module")
def stills(contact: Contact) -> Contact:
    """The same without films and without heads."""
    tiles = tuple(dataclasses.replace(tile, clip=None) for tile in contact.tiles)
    return dataclasses.replace(contact, tiles=tiles, heads=(), sides=())


@pytest.fixture
def page(chromium: Chromium, contact: Contact, tmp_path: Path) -> Iterator[Page]:
    yield from opened(chromium, write_contact_page(contact, tmp_path / "index.html"))


@pytest.fixture
def still_page(chromium: Chromium, stills: Contact, tmp_path: Path) -> Iterator[Page]:
    yield from opened(chromium, write_contact_page(stills, tmp_path / "index.html"))


def opened(chromium: Chromium, path: Path) -> Iterator[Page]:
    page = chromium.open(path.as_uri(), prefers_color_scheme="dark")
    yield page
    assert page.errors == []
    assert page.requests == [path.as_uri()]
    page.close()


def test_rows_and_columns_are_those_of_a_table(page):
    heads = "[...document.querySelectorAll('th')].map((th) => [th.scope, th.textContent])"
    assert page.run(heads) == [
        ["col", "rate 0.1"],
        ["col", "rate 0.2"],
        ["row", "n steps 1"],
        ["row", "n steps 2"],
    ]
    second = "document.querySelectorAll('tbody tr')[1].querySelectorAll('td')"
    assert page.run(f"{second}[0].querySelector('img').alt") == "A box 2"
    assert page.run(f"{second}[0].querySelector('figcaption span').textContent") == "MSE 2"
    assert page.run(f"{second}[1].querySelector('.refused').textContent") == f"not drawn {REFUSED}"


def test_users_words_stay_words(page):
    assert page.run("document.title") == "A grid Beat, by n steps and rate"
    assert page.run("document.querySelector('figcaption b').textContent") == f"rate 0 {SCRIPT}"
    assert page.run("document.querySelectorAll('main script').length") == 0


def test_films_play_together_and_begin_again_together(page):
    times = "[...document.querySelectorAll('.cell video')].map((film) => film.currentTime)"
    page.wait(f"{times}.every((time) => time > 0.2)")
    assert page.run("document.querySelectorAll('.screen.playing').length") == 3
    length = FRAMES / FPS
    page.wait(f"{times}.every((time) => time > {0.7 * length})")
    page.wait(f"{times}.every((time) => time < {0.6 * length})")
    page.run("document.querySelector('#play').click()")
    assert page.run("document.querySelector('#play').textContent") == "Play"
    assert page.run("[...document.querySelectorAll('.cell video')].every((film) => film.paused)") is True
    page.run("document.querySelector('#again').click()")
    page.wait(f"{times}.every((time) => time > 0)")
    assert page.run("document.querySelector('#play').textContent") == "Pause"


def test_a_film_opens_large_where_it_is(page):
    page.wait("document.querySelector('.cell video').currentTime > 0.3")
    page.run("document.querySelector('#play').click()")
    page.run("document.querySelector('.screen').click()")
    page.wait("document.querySelector('dialog video').readyState > 1")
    assert page.run("document.querySelector('dialog video').currentTime") > 0.3
    assert page.run("document.activeElement.tagName") == "DIALOG"


def test_reduced_motion_leaves_stills(chromium, contact, tmp_path):
    path = write_contact_page(contact, tmp_path / "index.html")
    page = chromium.open(path.as_uri(), prefers_reduced_motion="reduce")
    page.wait("[...document.querySelectorAll('.cell video')].every((film) => film.readyState > 2)")
    page.run("new Promise((done) => setTimeout(done, 200))")
    assert page.run("document.querySelectorAll('.playing').length") == 0
    assert page.run("document.querySelector('#play').textContent") == "Play"
    page.close()


def test_a_picture_opens_large_and_arrows_go_to_its_neighbours(still_page):
    page = still_page
    assert page.run("document.querySelectorAll('.controls').length") == 0
    page.run("document.querySelectorAll('.screen')[1].click()")
    page.wait("document.querySelector('dialog').open")
    alt = "document.querySelector('dialog img')?.alt"
    assert page.run(alt) == "A box 1"
    width = page.run("document.querySelector('dialog img').getBoundingClientRect().width")
    assert width > 1.5 * page.run("document.querySelector('.cell img').getBoundingClientRect().width")
    page.press("ArrowLeft")
    assert page.run(alt) == "A box 0"
    page.press("ArrowLeft")
    assert page.run(alt) == "A box 0"
    page.press("ArrowDown")
    assert page.run(alt) == "A box 2"
    page.press("ArrowRight")
    assert REFUSED in page.run("document.querySelector('dialog').textContent")
    page.press("ArrowLeft")
    page.press("Escape")
    page.wait("document.activeElement.closest('.cell')?.id == 'cell-2'")  # which comes after it has closed
    assert not page.run("document.querySelector('dialog').open")


def test_page_fits_a_small_screen_and_follows_the_scheme(still_page, chromium, contact, tmp_path):
    still_page.resize(360, 640)
    assert still_page.run("document.documentElement.scrollWidth") <= 360
    assert tuple(still_page.screenshot()[2, 2]) == (0x0F, 0x11, 0x17)
    path = write_contact_page(contact, tmp_path / "light.html")
    light = chromium.open(path.as_uri(), 360, 640, prefers_color_scheme="light")
    assert light.run("document.documentElement.scrollWidth") <= 360
    assert tuple(light.screenshot()[2, 2]) == (0xFA, 0xF7, 0xF0)
    light.close()


def test_paper_has_the_stills_and_their_words(page):
    paper = pypdf.PdfReader(io.BytesIO(page.pdf()))
    text = " ".join(sheet.extract_text() for sheet in paper.pages)
    assert "rate 0.2" in text
    assert "MSE 2" in text
    assert "From the start" not in text
    assert paper.pages[0].mediabox.width > paper.pages[0].mediabox.height


def middle_of(sheet: Image.Image, hue: tuple[int, ...]) -> tuple[float, float]:
    """Where the pixels of a hue lie, as parts of the sheet."""
    away = np.abs(np.asarray(sheet, dtype=int) - hue).max(axis=2)
    rows, columns = np.nonzero(away < 12)
    assert len(rows) > 1000
    return columns.mean() / sheet.width, rows.mean() / sheet.height


def test_sheet_is_a_slide_with_each_still_at_its_place(contact):
    sheet = contact_picture(contact)
    assert sheet.size == (1920, 1080)
    (x0, y0), (x1, y1), (x2, y2) = (middle_of(sheet, hue) for hue in HUES)
    assert x1 - x0 > 0.2
    assert y2 - y0 > 0.2
    assert abs(y1 - y0) < 0.01
    assert abs(x2 - x0) < 0.01


@pytest.mark.parametrize(("columns", "rows", "heads"), [(20, 2, True), (1, 20, True), (9, 8, False)])
def test_many_cells_make_a_larger_sheet_whose_tiles_can_be_told_apart(contact, columns, rows, heads):
    many = dataclasses.replace(
        contact,
        tiles=contact.tiles[:1] * (columns * rows),
        heads=("head",) * columns if heads else (),
        sides=("side",) * rows if heads else (),
        columns=columns,
    )
    sheet = np.asarray(contact_picture(many), dtype=int)
    boxes = (np.abs(sheet - HUES[0]).max(axis=2) < 12).sum()
    assert boxes > columns * rows * 0.2 * 140 * 140 * HEIGHT / WIDTH


def test_one_row_fills_the_width_of_the_sheet(contact):
    row = dataclasses.replace(contact, tiles=contact.tiles[:2], sides=("n steps 1",))
    (x0, _), (x1, _) = (middle_of(contact_picture(row), hue) for hue in HUES[:2])
    assert x1 - x0 > 0.4


def test_nothing_that_gets_into_it_runs_or_asks_elsewhere(chromium, contact, tmp_path):
    page = chromium.open(write_contact_page(contact, tmp_path / "index.html").as_uri())
    assert page.refused_by_its_policy() == ["connect-src", "img-src", "script-src-elem"]
    page.close()
