"""Snippets and sized clips: what they name is there, has their size, and shows what it should."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tiny_material import FRAMES, HEIGHT, SCRIPT, WIDTH, lecture

from gdlectures.exports.embed import KINDS, embed, embed_film, snippet
from gdlectures.exports.material import LectureMaterial
from gdlectures.faults.errors import Fault
from gdlectures.films.manifest import read_manifest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> LectureMaterial:
    return lecture(tmp_path_factory.mktemp("material"), "first", "dark", title=f"50 % & {SCRIPT}", loop=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("beat", "width"), [(None, None), ("beat_1", 200), ("beat_2", 161)])
def test_snippet_names_the_files_that_are_made(material, tmp_path, kind, beat, width):
    made = embed(material, kind, tmp_path, beat=beat, width=width)
    named = set(re.findall(r"[\w-]+\.(?:mp4|png)", made.snippet))
    assert named <= {path.name for path in made.files}
    assert named
    assert sorted(tmp_path.iterdir()) == sorted(made.files)
    wide = WIDTH if width is None else width - width % 2
    for path in made.files:
        size = (wide, 2 * round(HEIGHT * wide / WIDTH / 2))
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert picture.size == size
            continue
        with av.open(str(path)) as film:
            frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
        assert len(frames) == FRAMES * (len(material.slides) if beat is None else 1)
        assert (frames[0].shape[1], frames[0].shape[0]) == size
        last = next(slide for slide in reversed(material.slides) if beat in (None, slide.name))
        wanted = np.asarray(Image.open(last.still).convert("RGB")).astype(int)
        middle = frames[-1][size[1] // 2, size[0] // 2]
        assert abs(middle - wanted[HEIGHT // 2, WIDTH // 2]).max() <= 4


def test_rendered_film_is_embedded_and_leaves_nothing_else(rendered, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(rendered.parent / "cache"))
    film = read_manifest(rendered / "tiny.json").rendered(rendered / "tiny.json", unchanged=True)
    made = embed_film(film, "marp", tmp_path, beat="second", width=160)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "tiny-second-160.mp4",
        "tiny-second-160.png",
    ]
    with av.open(str(made.files[0])) as clip:
        assert sum(1 for _ in clip.decode(video=0)) == film.frames - film.beats[1].start_frame


def test_html_is_one_element_whose_words_are_escaped(material):
    elements = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            elements.append((tag, dict(attrs)))

    Parser().feed(snippet(material, "html"))
    ((tag, given),) = elements
    assert tag == "video"
    assert SCRIPT in given["aria-label"]
    assert {"controls", "muted", "playsinline"} <= set(given)
    assert "loop" not in given
    assert {"autoplay", "loop"} <= set(re.findall(r"\w+", snippet(material, "html", beat="beat_2")))


def test_marp_fits_the_slide_and_quarto_takes_the_film_along(material):
    assert "max-height: 450px" in snippet(material, "marp")
    assert "max-height" not in snippet(material, "html")
    quarto = snippet(material, "quarto")
    assert re.fullmatch(
        r'!\[.*\]\(first\.mp4\)\{width="\d+" height="\d+" aria-label="[^"]*"\}\n'.replace(
            "first", r"first-\d+"
        ),
        quarto,
    )
    assert "](" not in quarto.partition("](")[2]


def test_jupyter_is_python_and_beamer_has_no_bare_sign(material):
    compile(snippet(material, "jupyter"), "snippet", "exec")
    tex = snippet(material, "beamer")
    assert tex.count(r"\begin{frame}") == tex.count(r"\end{frame}") == 3
    assert not re.search(r"(?<!\\)[&%$#_]", tex.replace("beat_", ""))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "quatro"}, r"--embed: got quatro; allowed html, .*; fix: did you mean quarto\?"),
        ({"beat": "beat_7"}, r"--beat: got beat_7; allowed beat_0, beat_1, beat_2; fix: did you mean"),
        ({"width": 100}, r"--width: got 100; allowed a whole number from 160 to 3840"),
        ({"width": 200.5}, r"--width: got 200\.5; allowed"),
    ],
)
def test_wrong_words_make_no_file(material, tmp_path, given, message):
    with pytest.raises(Fault, match=message):
        embed(material, **{"kind": "html", "folder": tmp_path / "out", **given})
    assert not (tmp_path / "out").exists()


def test_guide_tells_of_every_kind():
    guide = (ROOT / "docs" / "embedding.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in guide] == []
