"""Everything that is made of a lecture, from the real command, opened and decoded."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import srt
from command_line import FAULT, LECTURES
from here import drawing_here, run_here
from PIL import Image, ImageSequence

from gdlectures.asking.requests import RenderRequest
from gdlectures.exports import gallery, html_deck
from gdlectures.films.rendering import draw_masters

FAST = ("--quality", "preview")
BEATS = {"first": (0, 13), "second": (13, 22)}


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """All that is made of the tiny lecture alone."""
    folder = tmp_path_factory.mktemp("exported")
    words = ("export", "tiny", "--scenes", LECTURES, *FAST, "--to", "mp4,webm,mov,gif,webp,png")
    done = run_here(*words, "--burn-captions", "--out", "out", cwd=folder, cache=folder / "cache")
    assert (done.code, done.err) == (0, "")
    assert [line.split("  ")[0] for line in done.out.splitlines()] == [
        f"out/{name}"
        for name in (
            "tiny.mp4",
            "tiny.srt",
            "tiny-beats",
            "tiny-captions.mp4",
            "tiny.gif",
            "tiny.webp",
            "tiny-stills",
            "tiny.png",
            "tiny-sheet.png",
            "tiny.webm",
            "tiny.mov",
        )
    ]
    return folder / "out"


@pytest.fixture(scope="module")
def masters(exported) -> Path:
    """A cache with the masters of the tiny and the telling lecture."""
    cache = exported.parent / "cache"
    with pytest.MonkeyPatch.context() as patch, drawing_here():
        patch.setenv("XDG_CACHE_HOME", str(cache))
        (outcome,) = draw_masters([RenderRequest("telling", quality="preview", scenes=LECTURES)])
        assert outcome.film().mp4.is_file()
    return cache / "gdlectures"


@pytest.fixture
def drawn(masters, cache, draws_here) -> None:
    """These masters are in the cache, for tests of what is made of them."""
    shutil.copytree(masters, cache)


def pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


def test_nothing_else_is_left(exported):
    assert sorted(each.name for each in exported.iterdir() if each.name.startswith(".")) == []


def test_the_film_is_that_of_render(exported, main, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(exported.parent / "cache"))
    told = json.loads((exported / "tiny.json").read_text())
    assert told["sha256"] == hashlib.sha256((exported / "tiny.mp4").read_bytes()).hexdigest()
    done = main("render", "tiny", "--scenes", LECTURES, *FAST, "--out", exported)
    assert done.out.endswith("unchanged\n")


@pytest.mark.parametrize("name", ["tiny.mp4", "tiny-captions.mp4"])
def test_beats_are_chapters(exported, name):
    with av.open(str(exported / name)) as film:
        assert film.metadata["title"] == "A tiny lecture"
        chapters = [
            (each["metadata"]["title"], float(each["start"] * each["time_base"])) for each in film.chapters()
        ]
        codec = film.streams.video[0].codec_context
        assert (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range) == (1, 1, 6, 1)
    assert [title for title, _ in chapters] == ["First", "Second"]
    assert [start for _, start in chapters] == pytest.approx([0, 13 / 15], abs=1e-3)


def test_each_beat_is_a_film_cut_without_loss(exported):
    whole = pictures(exported / "tiny.mp4")
    assert sorted(each.name for each in (exported / "tiny-beats").iterdir()) == [
        "01-first.mp4",
        "02-second.mp4",
    ]
    for number, (beat, (start, stop)) in enumerate(BEATS.items(), start=1):
        clip = exported / "tiny-beats" / f"{number:02}-{beat}.mp4"
        np.testing.assert_array_equal(pictures(clip), whole[start:stop])


def test_captions_lie_inside_their_beats(exported):
    cues = list(srt.parse((exported / "tiny.srt").read_text("utf-8")))
    assert [cue.content for cue in cues] == ["It begins.", "It ends — already."]
    limits = [(start / 15, stop / 15) for start, stop in BEATS.values()]
    for cue, (start, stop) in zip(cues, limits, strict=True):
        assert start - 1e-3 <= cue.start.total_seconds() < cue.end.total_seconds() <= stop
    assert (exported / "tiny.vtt").read_text("utf-8").startswith("WEBVTT")


def test_burnt_captions_stand_under_the_picture(exported):
    burnt = pictures(exported / "tiny-captions.mp4").astype(int)
    assert len(burnt) == 22
    band = burnt[:, 430:]
    bright = (band.min(axis=3) > 180).sum(axis=(1, 2))
    assert (bright > 50).all()
    # the note changes with the beat
    assert np.abs(band[5] - band[12]).max() < 30
    assert np.abs(band[12] - band[13]).max() > 150


def decoded_with_alpha(path: Path, codec: str | None) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        if codec is None:
            return [frame.to_ndarray(format="rgba") for frame in film.decode(video=0)]
        decoder = av.CodecContext.create(codec, "r")
        return [f.to_ndarray(format="rgba") for p in film.demux(video=0) for f in decoder.decode(p)]


# FFmpeg's own VP9 decoder does not look at the alpha
@pytest.mark.parametrize(("suffix", "codec"), [("webm", "libvpx-vp9"), ("mov", None)])
def test_the_ground_is_clear_and_edges_keep_their_colors(exported, suffix, codec):
    frames = decoded_with_alpha(exported / f"tiny.{suffix}", codec)
    assert len(frames) == 22
    last = frames[-1].astype(int)
    alpha = last[..., 3]
    assert (alpha[:100] == 0).all()
    assert 500 < (alpha > 250).sum() < 20_000
    # half faded in, the square has its own colour and half its alpha; multiplied, it would be half as bright
    fading = frames[7].astype(int)
    half = fading[(fading[..., 3] > 90) & (fading[..., 3] < 200)][:, :3]
    assert len(half) > 300
    away = np.abs(half - [0xFF, 0xD1, 0x66]).max(axis=1)
    assert np.median(away) < 40


def test_a_gif_and_a_webp_are_there(exported):
    for suffix in ("gif", "webp"):
        with Image.open(exported / f"tiny.{suffix}") as picture:
            assert picture.size == (800, 450)
            assert picture.n_frames > 5


def test_stills_a_poster_and_a_sheet(exported):
    assert sorted(each.name for each in (exported / "tiny-stills").iterdir()) == [
        "01-first.png",
        "02-second.png",
    ]
    stills = [np.array(Image.open(exported / "tiny-stills" / n)) for n in ("01-first.png", "02-second.png")]
    whole = pictures(exported / "tiny.mp4").astype(float)
    for still, frame in zip(stills, (12, 21), strict=True):
        assert np.abs(still - whole[frame]).mean() < 1.5
        assert tuple(still[0, 0]) == (0x0F, 0x11, 0x17)
    np.testing.assert_array_equal(np.array(Image.open(exported / "tiny.png")), stills[1])
    with Image.open(exported / "tiny-sheet.png") as sheet:
        assert sheet.width == 1920
        assert len(sheet.getcolors(1 << 24) or []) > 50


WRONG = {
    "no format": ("export tiny", "--to: got nothing; allowed mp4, webm"),
    "unknown format": ("export tiny --to giff", "did you mean gif?"),
    "one unknown format": ("export tiny --to mp4,avi", "--to: got avi"),
    "a course in pieces": ("export course --to mp4,png", "--to: got png; allowed mp4, html, pptx, pdf"),
    "a course and more": ("export course tiny --to mp4", "lecture: got course"),
    "slides that are none": ("slides tiny --to gif", "--to: got gif; allowed html, pptx, pdf"),
    "unknown beat": ("gif tiny --beat secnd", "did you mean second?"),
    "a title without end": ("slides tiny --title " + "x" * 300, "--title: got xxx"),
    "a title of no text": ("slides tiny --title bad\udcff", r"--title: got bad\udcff; allowed 200 printable"),
    "a title that turns the line around": ("slides tiny --title a\u202eb", r"--title: got a\u202eb; allowed"),
    "beat of stills": ("export tiny --to png --beat first", "--beat: got --to png"),
    "width zero": ("gif tiny --width 0", "--width: got 0; allowed a whole number from 64 up to 3840"),
    "width no number": ("gif tiny --width wide", "--width: got wide"),
    "width huge": ("gif tiny --width 1000000000000", "--width"),
    "gif fps": ("gif tiny --gif-fps 15", "--gif-fps: got 15; allowed 10, 12.5, 20, 25, 50"),
    "colors": ("gif tiny --colors 257", "--colors: got 257; allowed a whole number from 4 up to 256"),
    "colors of a webp": ("export tiny --to webp --colors 8", "--colors: got --to webp; allowed --to gif"),
    "loop": ("gif tiny --loop -1", "--loop"),
    "hold": ("gif tiny --hold nan", "--hold: got nan"),
    "hold too long": ("gif tiny --hold 601", "--hold: got 601; allowed a number from 0 up to 600"),
    "max size": ("gif tiny --max-size big", "--max-size: got big"),
    "max size zero": ("gif tiny --max-size 0", "--max-size: got 0"),
    "max size of a film": ("export tiny --to mp4 --max-size 3MB", "--max-size: got --to mp4"),
    "captions in a gif": ("export tiny --to gif --burn-captions", "--burn-captions: got --to gif"),
    "no lecture": ("gif", "gif: got no lecture"),
    "unknown lecture": ("gif tiyn", "did you mean tiny?"),
    "unknown knob": ("gif tiny --n-step 3", "did you mean --n-steps?"),
    "given twice": ("gif tiny --width 200 --width=300", "--width: got 200 and 300; allowed one value"),
    "no folder": ("gif tiny --out=", "--out: got"),
    "out with NUL": ("gif tiny --out a\0b", "--out"),
}


@pytest.mark.parametrize(("words", "says"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_one_line_and_nothing_is_drawn(main, cache, lectures, tmp_path, words, says):
    done = main(*words.split(" "), "--scenes", lectures)
    assert done.code == 2
    assert FAULT.fullmatch(done.err)
    assert says in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []
    assert not cache.exists()


@pytest.mark.usefixtures("drawn")
def test_one_beat_alone(main, lectures, tmp_path, exported):
    words = (
        "--scenes",
        lectures,
        *FAST,
        "--to",
        "mp4,gif",
        "--beat",
        "second",
        "--hold",
        "0",
        "--width",
        "854",
    )
    done = main("export", "tiny", *words)
    assert (done.code, done.err) == (0, "")
    assert sorted(each.name for each in (tmp_path / "build").iterdir()) == [
        "tiny-second.gif",
        "tiny-second.mp4",
    ]
    np.testing.assert_array_equal(
        pictures(tmp_path / "build" / "tiny-second.mp4"), pictures(exported / "tiny.mp4")[13:]
    )
    with Image.open(tmp_path / "build" / "tiny-second.gif") as picture:
        assert picture.size == (854, 480)


@pytest.mark.usefixtures("drawn")
def test_a_limit_is_kept_or_nothing_is_written(main, lectures, tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "tiny.gif").write_bytes(b"mine")
    words = ("gif", "tiny", "--scenes", lectures, *FAST)
    refused = main(*words, "--max-size", "300 B")
    assert refused.code == 6
    assert FAULT.fullmatch(refused.err)
    assert re.search(r"tiny.gif: got .* at the least, 194 pixels wide, 10 frames", refused.err)
    assert (tmp_path / "build" / "tiny.gif").read_bytes() == b"mine"
    done = main(*words, "--max-size", "5KB")
    assert done.code == 0
    told = r"build/tiny.gif  (\d+) pixels wide, ([\d.]+) frames a second, \d+ colors  \d\.\d KB\n"
    assert re.fullmatch(told, done.out)
    assert (tmp_path / "build" / "tiny.gif").stat().st_size <= 5000
    chosen = main(*words, "--width", "300", "--fps", "5", "--max-size", "5MB")
    assert (chosen.code, chosen.out) == (2, "")
    assert "-fps: got 5; allowed 10, 12.5, 20, 25, 50" in chosen.err
    roomy = main(*words, "--max-size", "5MB")
    assert re.fullmatch(told.replace(" KB", " .B"), roomy.out).groups() == ("854", "12.5")
    with Image.open(tmp_path / "build" / "tiny.gif") as picture:
        shown = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
        assert (picture.width, math.gcd(*shown)) == (854, 80), "equal frames are one, shown for longer"


@pytest.mark.usefixtures("drawn")
def test_a_lecture_that_fails_does_not_hold_up_the_others(main, lectures, tmp_path):
    words = ("--scenes", lectures, *FAST, "--to", "html", "--how", "raises")
    done = main("export", "misbehaves", "tiny", *words)
    assert done.code == 4
    assert done.err.count("\n") == 1
    assert "misbehaves: got ZeroDivisionError" in done.err
    assert [each.name for each in (tmp_path / "build").iterdir()] == ["tiny.html"]


@pytest.mark.usefixtures("drawn")
def test_several_lectures_are_one_deck(main, lectures, tmp_path, monkeypatch):
    given = []

    def write(lectures, target, *, title):
        assert all(
            slide.clip.is_file() and slide.still.is_file() for lecture in lectures for slide in lecture.slides
        )
        given.append(([lecture.name for lecture in lectures], target, title))
        target.write_text("deck")
        return target

    monkeypatch.setattr(html_deck, "write_deck", write)
    done = main("slides", "telling", "tiny", "--scenes", lectures, *FAST, "--title", "Two")
    assert (done.code, done.err) == (0, "")
    assert given == [(["telling", "tiny"], Path("build/lectures.html"), "Two")]
    assert done.out == "build/lectures.html  4 beats  4 bytes\n"
    assert [each.name for each in (tmp_path / "build").iterdir()] == ["lectures.html"]


@pytest.mark.usefixtures("drawn")
def test_powerpoint_has_a_file_a_lecture(main, lectures, tmp_path):
    words = ("--scenes", lectures, "--quality", "preview", "--to", "pptx")
    done = main("export", "tiny", "telling", *words)
    assert (done.code, done.err) == (0, "")
    assert sorted(each.name for each in (tmp_path / "build").iterdir()) == ["telling.pptx", "tiny.pptx"]


@pytest.mark.slow
def test_powerpoint_has_of_large_films_a_smaller_one(main, lectures, tmp_path):
    words = ("--scenes", lectures, "--quality", "1080p", "--fps", "5", "--to", "pptx", "--out", "large")
    assert main("export", "tiny", *words).code == 0
    for name, height in (("tiny.pptx", 1080), ("tiny-720p.pptx", 720)):
        with zipfile.ZipFile(tmp_path / "large" / name) as package:
            (clip, *_) = [each for each in package.namelist() if each.endswith(".mp4")]
            with av.open(io.BytesIO(package.read(clip))) as film:
                assert film.streams.video[0].height == height
                assert float(film.streams.video[0].average_rate) == 5
            for each in package.namelist():
                if each.endswith(".png"):
                    assert Image.open(io.BytesIO(package.read(each))).height == height


@pytest.fixture
def course(lectures, tmp_path) -> Callable[..., Path]:
    """Make a folder of some lectures."""

    def make(*names: str) -> Path:
        folder = tmp_path / "lectures"
        folder.mkdir()
        for name in names:
            shutil.copy(lectures / f"{name}.py", folder)
        return folder

    return make


@pytest.mark.usefixtures("drawn")
def test_a_course_is_one_film_with_a_chapter_a_lecture(main, course, tmp_path):
    words = ("--scenes", course("telling", "tiny"), *FAST, "--to", "mp4")
    assert main("export", "--all", *words, "--out", "alone").code == 0
    done = main("export", "course", *words, "--title", "Two", "--burn-captions")
    assert (done.code, done.err) == (0, "")
    assert [line.split("  ")[0] for line in done.out.splitlines()] == [
        "build/course.mp4",
        "build/course.srt",
        "build/course-captions.mp4",
    ]
    telling, tiny = (pictures(tmp_path / "alone" / f"{name}.mp4") for name in ("telling", "tiny"))
    np.testing.assert_array_equal(pictures(tmp_path / "build/course.mp4"), np.concatenate([telling, tiny]))
    assert len(pictures(tmp_path / "build/course-captions.mp4")) == len(telling) + len(tiny)
    for name in ("course.mp4", "course-captions.mp4"):
        with av.open(str(tmp_path / "build" / name)) as film:
            assert film.metadata["title"] == "Two"
            told = [
                (each["metadata"]["title"], float(each["start"] * each["time_base"]))
                for each in film.chapters()
            ]
        assert [title for title, _ in told] == ["Telling <b>moments</b>", "A tiny lecture"]
        assert [start for _, start in told] == pytest.approx([0, len(telling) / 15], abs=1e-3)
    cues = {
        folder: list(srt.parse((tmp_path / folder).read_text("utf-8")))
        for folder in ("alone/telling.srt", "alone/tiny.srt", "build/course.srt")
    }
    alone, others, joined = cues.values()
    later = [len(telling) / 15 + each.start.total_seconds() for each in others]
    assert [each.content for each in joined] == [each.content for each in [*alone, *others]]
    starts = [each.start.total_seconds() for each in joined]
    assert starts == pytest.approx([*(each.start.total_seconds() for each in alone), *later], abs=2e-3)


@pytest.mark.usefixtures("draws_here")
def test_a_course_that_lacks_a_lecture_is_not_joined(main, course, tmp_path):
    words = ("--scenes", course("misbehaves", "tiny"), *FAST, "--to", "mp4", "--how", "raises")
    done = main("export", "course", *words)
    assert done.code == 4
    assert "misbehaves: got ZeroDivisionError" in done.err
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.usefixtures("draws_here")
def test_a_handout_is_drawn_for_paper(main, lectures, tmp_path, monkeypatch):
    themes = []

    def write(lectures, target, *, title):
        themes.append([lecture.theme for lecture in lectures])
        target.write_text("handout")
        return target

    monkeypatch.setattr("gdlectures.exports.handout.write_handout", write)
    words = ("--scenes", lectures, *FAST, "--to", "pdf")
    assert main("export", "tiny", *words).out == "build/tiny.pdf  2 beats  7 bytes\n"
    assert main("export", "tiny", *words, "--theme", "light").code == 0
    assert themes == [["print"], ["light"]]


@pytest.mark.usefixtures("drawn")
def test_the_gallery_shows_films_and_slides(main, lectures, tmp_path, monkeypatch):
    shown = []

    def write(lectures, folder):
        shown.extend(lecture.film for lecture in lectures)
        (folder / "index.html").write_text("page")
        return folder / "index.html"

    monkeypatch.setattr(gallery, "write_gallery", write)
    done = main("gallery", "tiny", "telling", "--scenes", lectures, *FAST)
    assert (done.code, done.err) == (0, "")
    assert shown == [Path("build/tiny.mp4"), Path("build/telling.mp4")]
    *films, slides, page = [line.split("  ")[0] for line in done.out.splitlines()]
    assert set(films) == {"build/tiny.mp4", "build/telling.mp4"}, "each as it stands"
    assert (slides, page) == ("build/lectures.html", "build/index.html")
    again = main("gallery", "tiny", "telling", "--scenes", lectures, *FAST)
    assert again.out.count("unchanged") == 2


@pytest.mark.usefixtures("drawn")
def test_a_file_where_a_folder_shall_go(main, lectures, tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "tiny-stills").write_text("mine")
    done = main("stills", "tiny", "--scenes", lectures, *FAST)
    assert done.code == 5
    assert FAULT.fullmatch(done.err)
    assert [each.name for each in (tmp_path / "build").iterdir()] == ["tiny-stills"]
