"""What axe-core finds on the pages: nothing serious, in any theme."""

from __future__ import annotations

import dataclasses
from importlib.resources import files

import pytest
from tiny_material import lecture, live

from gdlectures.exports.gallery import write_gallery
from gdlectures.exports.html_deck import write_deck
from gdlectures.exports.live import LivePage, write_live
from gdscenes.kit.page.theme import THEMES

AXE = files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")


@pytest.fixture
def material(tmp_path, theme):
    return dataclasses.replace(lecture(tmp_path / "lectures", "one", theme), live=live(theme))


def found_on(page):
    """Each serious or critical fault, with what it was found on."""
    page.run(f"{AXE}; undefined")
    told = page.run("axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)")
    page.close()
    return {
        each["id"]: [node["html"] for node in each["nodes"]]
        for each in told
        if each["impact"] in ("serious", "critical")
    }


@pytest.mark.parametrize("theme", THEMES)
def test_live_figure(chromium, tmp_path, theme):
    page = chromium.open(write_live(LivePage("tiny-live.html", live(theme)), tmp_path).as_uri())
    page.wait("document.querySelector('.said').textContent")
    assert found_on(page) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_slides(chromium, tmp_path, material):
    page = chromium.open(write_deck([material], tmp_path / "deck.html").as_uri())
    page.wait("window.deck && deck.isReady()")
    assert found_on(page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_gallery(chromium, tmp_path, scheme):
    films = [lecture(tmp_path / name, name, name) for name in THEMES]
    page = chromium.open(write_gallery(films, tmp_path).as_uri(), prefers_color_scheme=scheme)
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert found_on(page) == {}


def test_a_picture_without_words_would_be_found(chromium, tmp_path):
    films = [lecture(tmp_path / "one", "one", "dark")]
    page = chromium.open(write_gallery(films, tmp_path).as_uri())
    page.run("document.querySelector('.screen').removeAttribute('aria-label')")
    page.run("document.querySelector('.screen img').removeAttribute('alt')")
    assert {"image-alt", "link-name"} <= set(found_on(page))
