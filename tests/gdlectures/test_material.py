"""What decks are made of: stills at the moments that a lecture names, words read from the page, clips."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from here import drawing_here
from PIL import Image

from gdlectures.asking.requests import RenderRequest
from gdlectures.exports.material import LectureMaterial, prepare_material
from gdlectures.films.masters import MasterCache
from gdlectures.films.page_words import plain
from gdlectures.films.rendering import render_films
from gdscenes.kit.page.theme import LIGHT
from gdscenes.kit.type.typeset import literal

LECTURES = Path(__file__).with_name("lectures")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[LectureMaterial, LectureMaterial]:
    """The material of the telling lecture, and again after the cache has dropped its master."""
    folder = tmp_path_factory.mktemp("material")
    request = RenderRequest("telling", theme="light", quality="preview", scenes=LECTURES)
    with pytest.MonkeyPatch.context() as patch, drawing_here():
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        (outcome,) = render_films([request], out=folder / "out")
        first = prepare_material(outcome.film(), folder / "first")
        MasterCache().clear()
        (outcome,) = render_films([request], out=folder / "out")
        assert outcome.film().unchanged
        return first, prepare_material(outcome.film(), folder / "second")


def picture(path: Path) -> np.ndarray:
    return np.array(Image.open(path))


def has_square(path: Path) -> bool:
    """Whether the model's colour fills the middle."""
    middle = picture(path)[240, 427]
    return tuple(middle) == tuple(bytes.fromhex(LIGHT.model[1:]))


def test_it_tells_of_the_lecture(made):
    material, _ = made
    assert (material.name, material.title, material.summary) == (
        "telling",
        "Telling <b>moments</b>",
        "It has words.",
    )
    assert (material.theme, material.dataset) == ("light", "one-weight")
    assert (material.ground, material.ink, material.accent) == (LIGHT.ground, LIGHT.ink, LIGHT.model)
    assert (material.width, material.height, material.fps) == (854, 480, 15)
    assert material.knobs == (("--n-steps", "3", "number of updates"),)
    assert [(s.name, s.title, s.loop) for s in material.slides] == [
        ("before_it", "Before it", False),
        ("flash", "Flash", True),
    ]


def test_frames_add_up(made):
    material, _ = made
    assert [s.start_frame for s in material.slides] == [0, material.slides[0].frames]
    assert sum(s.frames for s in material.slides) == round(material.seconds * material.fps)
    for slide in material.slides:
        with av.open(str(slide.clip)) as clip:
            assert sum(1 for _ in clip.decode(video=0)) == slide.frames


def test_the_still_is_the_telling_moment_or_the_end(made):
    material, _ = made
    before, flash = material.slides
    assert has_square(flash.still)
    assert not has_square(flash.poster)
    assert not has_square(before.still)
    np.testing.assert_array_equal(picture(material.poster), picture(before.still))


def test_the_end_is_the_last_frame(made):
    material, _ = made
    for slide in material.slides:
        with av.open(str(slide.clip)) as clip:
            *_, last = clip.decode(video=0)
        shown = last.to_ndarray(format="rgb24").astype(float)
        assert np.abs(picture(slide.end) - shown).mean() < 4
    assert not has_square(material.slides[1].end)


def test_posters_begin_where_the_clips_do_and_are_not_blank(made):
    material, _ = made
    before, flash = material.slides
    ground = np.array(bytearray.fromhex(LIGHT.ground[1:]), np.uint8)
    assert (picture(before.poster) != ground).any()
    with av.open(str(flash.clip)) as clip:
        first = next(clip.decode(video=0)).to_ndarray(format="rgb24").astype(float)
    assert np.abs(picture(flash.poster) - first).max() < 5


def test_words_numbers_and_formulas_are_read_from_the_page(made):
    material, _ = made
    before, flash = material.slides
    assert before.numbers == ("w = 1.969",)
    assert before.formulas == ("$yhat = bias + weight thin x$",)
    assert before.alt == (
        "A picture from the film “Telling <b>moments</b>”, beat “Before it”. Nothing but words. "
        'On it stands “a "word"”. It reads w = 1.969.'
    )
    assert (flash.numbers, flash.formulas) == ((), ())


def test_a_dropped_master_is_drawn_again(made):
    first, second = made
    for one, other in zip(first.slides, second.slides, strict=True):
        for name in ("clip", "poster", "still"):
            assert getattr(one, name).read_bytes() == getattr(other, name).read_bytes()
            assert getattr(one, name).parent != getattr(other, name).parent


@pytest.mark.parametrize("text", ["plain", 'quo"ted', "back\\slash", '#"x";', "ünï — €"])
def test_literal_words_are_read_as_they_are(text):
    assert plain(literal(text)) == text


def test_marked_words_lose_their_marks():
    assert plain('the #mark("loss", [error]) of #loss("MSE")') == "the error of MSE"
