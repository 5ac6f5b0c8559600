"""A film from the command to the disk: its frames, its tags, its manifest, and when it is made again."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction

import av
import pytest

import gdlectures
import gdmath
from gdlectures.asking import catalog
from gdlectures.asking.planning import asked_digest, plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.faults.errors import Fault
from gdlectures.films import reading
from gdlectures.films.manifest import read_manifest
from gdlectures.films.rendering import render_films

PREVIEW = ("--quality", "preview")


def boxes(path) -> list[str]:
    """The names of an mp4's outermost boxes, in order."""
    content, names, at = path.read_bytes(), [], 0
    while at < len(content):
        names.append(content[at + 4 : at + 8].decode())
        at += int.from_bytes(content[at : at + 4], "big")
    return names


def test_the_folder_holds_the_film_and_what_tells_of_it(rendered):
    assert sorted(each.name for each in rendered.iterdir()) == ["tiny.json", "tiny.mp4", "tiny.story"]


def test_the_film_holds_every_frame_at_its_time(rendered):
    with av.open(str(rendered / "tiny.mp4")) as film:
        stream = film.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (854, 480, 15)
        times = [frame.pts * frame.time_base for frame in film.decode(stream)]
    # one frame of the first wait, 12 of the animation, 9 of the second wait
    assert times == [Fraction(k, 15) for k in range(22)]


def test_the_film_plays_while_it_loads_and_in_its_true_colours(rendered):
    names = boxes(rendered / "tiny.mp4")
    assert names.index("moov") < names.index("mdat")
    with av.open(str(rendered / "tiny.mp4")) as film:
        codec = film.streams.video[0].codec_context
        tags = (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range)
        assert codec.pix_fmt == "yuv420p"
    assert tags == (1, 1, 6, 1)  # bt709, bt709, smpte170m, tv


def test_the_manifest_is_true(rendered):
    told = json.loads((rendered / "tiny.json").read_text())
    film = rendered / "tiny.mp4"
    assert told["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert told["story_sha256"] == hashlib.sha256((rendered / "tiny.story").read_bytes()).hexdigest()
    assert told["bytes"] == film.stat().st_size
    assert (told["frames"], told["fps"], told["width"], told["height"]) == (22, 15, 854, 480)
    assert told["seconds"] == pytest.approx(22 / 15)
    assert told["settings"] == {"dataset": "chapter-0", "learning_rate": None, "n_steps": 20, "loud": False}
    assert told["dataset_sha256"] == gdmath.preset("chapter-0").digest()
    assert [(beat["name"], beat["start_frame"]) for beat in told["beats"]] == [("first", 0), ("second", 13)]
    assert told["beats"][1]["note"] == "It ends — already."
    assert told["versions"]["manim"] == "0.22.0"


def test_what_is_there_is_not_rendered_again(run, rendered, lectures):
    before = {each.name: each.stat().st_mtime_ns for each in rendered.iterdir()}
    done = run("render", "tiny", "--scenes", lectures, *PREVIEW, "--out", rendered)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{rendered}/tiny.mp4  0:01  0.0 MB  unchanged\n"
    assert done.cpu_seconds < 1.0
    assert {each.name: each.stat().st_mtime_ns for each in rendered.iterdir()} == before


def test_the_answer_imports_neither_manim_nor_torch(rendered, lectures):
    script = (
        "import sys; from gdlectures.command.cli import main; code = main(sys.argv[1:]);"
        "assert not {'manim', 'torch'} & set(sys.modules); sys.exit(code)"
    )
    words = ["render", "tiny", "--scenes", str(lectures), *PREVIEW, "--out", str(rendered)]
    subprocess.run([sys.executable, "-c", script, *words], check=True, capture_output=True)


def test_the_same_request_in_other_words_is_not_rendered_again(main, rendered, lectures):
    words = ("--out", rendered, "--set", "n_steps=20", "--dataset", "chapter-0", "--theme", "dark")
    done = main("render", "tiny", "--scenes", lectures, *PREVIEW, *words)
    assert done.out.endswith("unchanged\n")


def test_the_python_way_gives_the_same_answer(main, rendered, lectures, monkeypatch):
    request = RenderRequest("tiny", quality="preview", knobs={"n_steps": 20}, scenes=lectures)
    (outcome,) = render_films([request], out=rendered)
    film = outcome.film()
    assert film.unchanged
    assert film == read_manifest(rendered / "tiny.json").rendered(rendered / "tiny.json", unchanged=True)
    assert film.seconds == pytest.approx(22 / 15)
    with pytest.raises(Fault, match="did you mean regression-fit"):
        gdlectures.render("regresion-fit")
    with pytest.raises(Fault, match="--learning-rate: got nan"):
        gdlectures.render("regression-fit", learning_rate=float("nan"))


@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign", "gone", "story", "manifest"])
def test_harm_is_found(rendered, tmp_path, harm):
    out = tmp_path / "out"
    shutil.copytree(rendered, out)
    film, story, manifest = (out / f"tiny.{suffix}" for suffix in ("mp4", "story", "json"))
    content = bytearray(film.read_bytes())
    if harm == "cut":
        film.write_bytes(content[:-1])
    elif harm == "flipped":
        content[-100] ^= 1
        film.write_bytes(content)
    elif harm == "foreign":
        film.write_bytes(bytes(len(content)))
    elif harm == "gone":
        film.unlink()
    elif harm == "story":
        story.write_bytes(story.read_bytes()[::-1])
    elif harm == "manifest":
        manifest.write_text(manifest.read_text().replace('"frames": 22', '"frames": "22"'))
    found = read_manifest(manifest)
    assert found is None or not found.is_true(manifest)


@pytest.mark.parametrize(
    "harm",
    [
        {"inputs": ["/etc/passwd"]},
        {"inputs": {"/etc/passwd": 3}},
        {"versions": {"python": 3}},
        {"frames": True},
        {"settings": "x"},
        {"voice": "x"},
        {"knobs": [["rate", "0.1"]]},
        {"knobs": 3},
    ],
    ids=str,
)
def test_a_manifest_that_holds_another_kind_of_value_is_none(rendered, tmp_path, harm):
    entries = json.loads((rendered / "tiny.json").read_text())
    (tmp_path / "same.json").write_text(json.dumps(entries))
    (tmp_path / "harmed.json").write_text(json.dumps(entries | harm))
    assert read_manifest(tmp_path / "same.json") == read_manifest(rendered / "tiny.json")
    assert read_manifest(tmp_path / "harmed.json") is None


def test_a_harmed_film_is_made_again_byte_for_byte(run, rendered, lectures, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(rendered, out)
    (out / "tiny.mp4").write_bytes(b"not a film")
    strange = {"LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "HOME": str(tmp_path)}
    # settings of a user's own that would break every render that read them
    (tmp_path / "manim.cfg").write_text("[CLI]\nframe_rate = 7\npixel_height = 100\nbackground_color = RED\n")
    (tmp_path / ".config" / "manim").mkdir(parents=True)
    (tmp_path / ".config" / "manim" / "manim.cfg").write_text("no configuration at all")
    words = ("render", "tiny", "--scenes", lectures, *PREVIEW, "--out", out)
    done = run(*words, env=strange, cores={min(os.sched_getaffinity(0))})
    assert (done.code, done.err) == (0, "")
    assert not done.out.endswith("unchanged\n")
    for name in ("tiny.mp4", "tiny.story", "tiny.json"):
        assert (out / name).read_bytes() == (rendered / name).read_bytes()


@pytest.mark.usefixtures("draws_here")
def test_force_renders_what_is_there(main, rendered, lectures, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(rendered, out)
    done = main("render", "tiny", "--scenes", lectures, *PREVIEW, "--out", out, "--force")
    assert (done.code, done.out) == (0, f"{out}/tiny.mp4  0:01  0.0 MB\n")
    assert (out / "tiny.mp4").stat().st_ino != (rendered / "tiny.mp4").stat().st_ino
    assert (out / "tiny.mp4").read_bytes() == (rendered / "tiny.mp4").read_bytes()


@pytest.mark.usefixtures("draws_here")
@pytest.mark.parametrize("refused", [0, 1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_manifest_never_tells_of_another_film(main, rendered, lectures, tmp_path, monkeypatch, refused):
    out = tmp_path / "out"
    shutil.copytree(rendered, out)
    moves = []

    def replace(source, target, move=os.replace):
        if target.parent == out:
            moves.append(target)
        if len(moves) > refused:
            raise OSError(errno.EIO, "Input/output error")
        move(source, target)

    monkeypatch.setattr("gdlectures.films.publishing.os.replace", replace)
    words = ("--out", out, "--n-steps", "1")
    done = main("render", "tiny", "--scenes", lectures, *PREVIEW, *words)
    assert done.code == 5
    assert "tiny.mp4: got Input/output error;" in done.err
    found = read_manifest(out / "tiny.json")
    assert found.settings["n_steps"] == 20
    assert found.is_true(out / "tiny.json") == (refused == 0)
    assert len(list(out.iterdir())) == 3


def test_a_request_answers_to_its_words_its_code_and_its_story(lectures, tmp_path):
    copy = tmp_path / "tiny.py"
    copy.write_text((lectures / "tiny.py").read_text())
    for name in ("a.story", "b.story"):
        (tmp_path / name).write_text(name)

    def digest(**words):
        return asked_digest(RenderRequest("tiny", scenes=tmp_path, **words), catalog.find("tiny", tmp_path))

    words = [
        {},
        {"theme": "light"},
        {"quality": "1080p"},
        {"fps": 25},
        {"knobs": {"n_steps": "3"}},
        {"story": tmp_path / "a.story"},
        {"story": tmp_path / "b.story"},
    ]
    digests = [digest(**each) for each in words]
    assert digests == [digest(**each) for each in words]
    assert len(set(digests)) == len(words)
    copy.write_text(copy.read_text() + "# changed\n")
    assert digest() != digests[0]


def test_other_settings_are_another_film(main, rendered, lectures, frames, tmp_path):
    words = ("--n-steps", "1", "--dataset", "chapter-2", "--theme", "light", "--fps", "30", "--loud", "true")
    done = main("render", "tiny", "--scenes", lectures, *PREVIEW, *words)
    assert (done.code, done.err) == (0, "")
    made = read_manifest(tmp_path / "build" / "tiny-chapter-2-light.json")
    assert (made.settings["n_steps"], made.fps, made.frames) == (1, 30, 43)
    assert frames(tmp_path / "build" / "tiny-chapter-2-light.mp4")[-1] != frames(rendered / "tiny.mp4")[-1]


@pytest.mark.usefixtures("draws_here")
def test_a_story_is_drawn_again_without_being_computed(main, rendered, lectures, frames, tmp_path):
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    code = (lectures / "tiny.py").read_text()
    assert "dataset = dataset_of" in code
    (scenes / "tiny.py").write_text(code.replace("dataset = dataset_of", "raise SystemExit(0)\n        _"))
    story = tmp_path / "kept.story"
    shutil.copy(rendered / "tiny.story", story)
    done = main("render", "--from", story, "--scenes", scenes, *PREVIEW)
    assert (done.code, done.err) == (0, "")
    assert frames(tmp_path / "build" / "tiny.mp4") == frames(rendered / "tiny.mp4")
    assert (tmp_path / "build" / "tiny.story").read_bytes() == story.read_bytes()
    assert main("render", "--from", story, "--scenes", scenes, *PREVIEW).out.endswith("unchanged\n")


def test_a_stored_story_brings_its_own_settings(main, rendered, lectures):
    words = ("render", "--from", rendered / "tiny.story", "--scenes", lectures)
    assert "got knobs: n_steps" in main(*words, "--n-steps", "3").err
    assert "--from: got misbehaves; allowed tiny" in main(*words, "misbehaves").err
    missing = main("render", "--from", "none.story", "--scenes", lectures)
    assert missing.code == 3
    assert "none.story: got no such file" in missing.err


def test_a_film_that_lost_frames_is_refused(rendered, tmp_path):
    film = rendered / "tiny.mp4"
    whole = reading.Frames(22, 854, 480)
    reading.verify(film, whole, 15)
    with pytest.raises(reading.BrokenFilm, match="22 frames of 854x480 where the scene drew 23"):
        reading.verify(film, reading.Frames(23, 854, 480), 15)
    with pytest.raises(reading.BrokenFilm, match="wrong time"):
        reading.verify(film, whole, 30)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film.read_bytes()[:-3000])
    with pytest.raises(reading.BrokenFilm):
        reading.verify(cut, whole, 15)
    cut.write_bytes(b"")
    with pytest.raises(reading.BrokenFilm):
        reading.verify(cut, whole, 15)


def test_what_a_rule_chooses_is_the_request_that_names_it():
    """Drawn once, whether the values are given or follow from the data."""
    named = {"learning_rates": "0.2,0.8,1.1"}
    first, second, third = plan_films(
        [
            RenderRequest("learning-rates", knobs=knobs)
            for knobs in ({}, named, {"learning_rates": "0.2,0.7,1.1"})
        ]
    )
    assert first.resolved == second.resolved != third.resolved
    assert first.asked != second.asked
    assert first.story.settings.learning_rates == (0.2, 0.8, 1.1)
