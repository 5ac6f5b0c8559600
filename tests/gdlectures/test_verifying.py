"""A film is held to its story: what was changed in either is found, and no true film is accused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from data import slow_but

from gdlectures.asking import catalog, stories
from gdlectures.faults.errors import Exit
from gdlectures.films import verifying
from gdlectures.films.reading import read_frames, rgb
from gdlectures.films.rendering import render_films
from gdlectures.films.verifying import first_other_frame


def encoded(frames, path: Path, crf: int = 23) -> Path:
    """Frames (height, width, 3) as a film of another encoder than ours."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=15, options={"crf": str(crf), "preset": "veryfast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = number
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def frames(rendered):
    return [rgb(frame) for frame in read_frames(rendered / "tiny.mp4")]


@pytest.mark.parametrize("crf", slow_but([12, 18, 23, 28], 12, 28))
def test_another_encoding_of_the_same_frames_is_the_same_film(rendered, frames, tmp_path, crf):
    assert first_other_frame(encoded(frames, tmp_path / "again.mp4", crf), rendered / "tiny.mp4") is None


def painted(frames, at, color=255):
    """A mark as large as a stroke of a small digit on one frame."""
    changed = [each.copy() for each in frames]
    changed[at][100:110, 301:307] = color
    return changed


CHANGED = {
    "a mark on the first": (0, lambda frames: painted(frames, 0)),
    "a mark on one": (9, lambda frames: painted(frames, 9)),
    "a dim mark": (5, lambda frames: painted(frames, 5, 90)),
    "a mark on the last": (21, lambda frames: painted(frames, 21)),
    "a red mark": (7, lambda frames: painted(frames, 7, (255, 0, 0))),
    "one left out": (None, lambda frames: frames[:12] + frames[13:]),
    "the last left out": (21, lambda frames: frames[:-1]),
    "one more": (22, lambda frames: [*frames, frames[-1]]),
    "backwards": (None, lambda frames: frames[::-1]),
    "moved by two pixels": (None, lambda frames: [np.roll(each, 2, axis=1) for each in frames]),
    "moved down": (None, lambda frames: [np.roll(each, 2, axis=0) for each in frames]),
    "mirrored": (None, lambda frames: [each[:, ::-1] for each in frames]),
    "another ground": (0, lambda frames: [np.maximum(each, 60) for each in frames]),
    "black and white": (None, lambda frames: [each[..., :1].repeat(3, axis=2) for each in frames]),
    "inverted": (0, lambda frames: [255 - each for each in frames]),
    "channels swapped": (None, lambda frames: [each[..., ::-1] for each in frames]),
}  # fmt: skip


@pytest.mark.parametrize(("first", "change"), CHANGED.values(), ids=CHANGED)
def test_what_was_changed_in_its_frames_is_found(rendered, frames, tmp_path, first, change):
    film = encoded(change(frames), tmp_path / "changed.mp4", crf=12)
    found = first_other_frame(film, rendered / "tiny.mp4")
    assert found is not None
    assert first in (None, found)


@pytest.fixture
def film(rendered, tmp_path):
    for name in ("tiny.mp4", "tiny.json", "tiny.story"):
        shutil.copy(rendered / name, tmp_path / name)
    return tmp_path / "tiny.mp4"


def sealed_again(film: Path, **changes) -> None:
    """Let the manifest beside a film agree with what lies there, and with whatever else is claimed."""
    path = film.with_suffix(".json")
    entries = json.loads(path.read_text()) | changes
    entries |= {"bytes": film.stat().st_size, "sha256": hashlib.sha256(film.read_bytes()).hexdigest()}
    entries["story_sha256"] = hashlib.sha256(film.with_suffix(".story").read_bytes()).hexdigest()
    path.write_text(json.dumps(entries))


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("redrawn")


@pytest.fixture
def drawn_once(redrawn, draws_here, monkeypatch) -> None:
    """The film of a story, which is the same again and again, is drawn for the first test that needs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(redrawn))
    monkeypatch.setattr(
        verifying, "render_films", lambda requests, out, force: render_films(requests, out=out)
    )


@pytest.mark.usefixtures("draws_here")
def test_a_film_as_it_was_rendered_is_true(main, cache, film, lectures):
    done = main("verify", film, "--scenes", lectures)
    assert done.code == 0
    assert done.out == f"{film}  all 22 frames are those of its story: drawn again it is the same file\n"


@pytest.mark.usefixtures("drawn_once")
def test_one_that_was_packed_anew_is_true(main, film, frames, lectures):
    encoded(frames, film, crf=18)
    sealed_again(film)
    done = main("verify", film, "--scenes", lectures)
    assert done.code == 0
    assert "packed otherwise, the same pictures" in done.out


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("sealed", [False, True], ids=["", "with a manifest that agrees"])
def test_one_with_another_picture_is_found(main, film, frames, lectures, sealed):
    encoded(painted(frames, 16), film, crf=18)
    if sealed:
        sealed_again(film)
    done = main("verify", film, "--scenes", lectures)
    assert done.code == Exit.DATA
    says = "another picture at 0:01.1, in 'Second'; allowed that of its story" if sealed else "sha256 "
    assert f"{film}: got {says}" in done.err


@pytest.mark.usefixtures("draws_here")
def test_one_beside_the_story_of_another_is_found(main, cache, film, lectures):
    """Whose claims are made to agree with that story: the picture is still another."""
    story = stories.read(film.with_suffix(".story")).story_of(catalog.load(catalog.find("tiny", lectures)))
    longer = dataclasses.replace(story, runs={"descent": story.runs["descent"].up_to(9)})
    film.with_suffix(".story").write_bytes(stories.encode("tiny", longer))
    done = main(
        "render",
        "--from",
        film.with_suffix(".story"),
        "--scenes",
        lectures,
        "--quality",
        "preview",
        "--out",
        "other",
    )
    assert done.code == 0
    sealed_again(film, live=json.loads((Path("other") / "tiny.json").read_text())["live"])
    done = main("verify", film, "--scenes", lectures)
    assert done.code == Exit.DATA
    assert "got another picture at 0:" in done.err


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ({"settings": {"dataset": "chapter-0"}}, "settings {"),
        ({"frames": 20}, "frames 20"),
    ],
)
def test_a_manifest_that_claims_something_else_is_found(main, film, lectures, claim, says):
    sealed_again(film, **claim)
    done = main("verify", film, "--scenes", lectures)
    assert done.code == Exit.DATA
    assert f"{film.with_suffix('.json')}: got {says}" in done.err


@pytest.mark.usefixtures("drawn_once")
def test_of_one_that_other_code_drew_it_is_said(main, film, lectures):
    sealed_again(film, question="Another?")
    done = main("verify", film, "--scenes", lectures)
    assert (done.code, "other sources" in done.err) == (Exit.DATA, False)
    sealed_again(film, question="Another?", sources="0" * 64)
    done = main("verify", film, "--scenes", lectures)
    assert done.code == Exit.DATA
    assert "fix: it says that other sources drew it: verify it by those, or render it again" in done.err


def test_a_film_alone_is_no_film_that_can_be_held_to_anything(main, film):
    film.with_suffix(".json").unlink()
    done = main("verify", film)
    assert done.code == Exit.DATA
    assert f"{film}: got no manifest of it; allowed a film with its manifest and story beside it" in done.err
