"""A voice: what is said in a beat is heard while it is seen, in all that is made of a film."""

from __future__ import annotations

import base64
import io
import itertools
import json
import math
import os
import re
import shutil
import stat
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import srt

from gdlectures.asking.sound import LONGEST, LOUDEST, RATE
from gdlectures.films.voicing import REST

from .conftest import LECTURES, run_command

FAULT = re.compile(r"gdlectures: .+: got .*; allowed .+; fix: .+\n")
TINY = ("tiny", "--scenes", LECTURES, "--quality", "preview")
FPS = 15
FRAMES = {"first": 13, "second": 9}
"""Of the silent film."""
TONES = {"first": (440, 2.0), "second": (880, 0.15)}
"""What is recorded for a beat, in hertz, and seconds: more than the beat is long, and less."""
NEAR = 0.025  # seconds


def tone(hertz: float, seconds: float, peak: float = 0.5, rate: int = RATE) -> np.ndarray:
    """A sine of 16 bits."""
    return np.rint(32767 * peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate))


def floats(*samples: float) -> bytes:
    """A WAV file of numbers that may be none."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as sound:
        stream = sound.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.array([samples], np.float32), "flt", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        sound.mux(stream.encode(frame))
        sound.mux(stream.encode(None))
    return file.getvalue()


def wav(samples: np.ndarray, rate: int = RATE, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.repeat(samples.astype("<i2"), channels).tobytes())
    return file.getvalue()


def coded(samples: np.ndarray, codec: str, container: str, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as sound:
        stream = sound.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.astype(np.int16)[None], "s16", "mono")
        frame.sample_rate, frame.pts = rate, 0
        fitting = av.AudioResampler(stream.format, "mono", rate, stream.codec_context.frame_size or None)
        for each in (*fitting.resample(frame), *fitting.resample(None), None):
            sound.mux(stream.encode(each))
    return file.getvalue()


def record(folder: Path, tones: dict[str, tuple[float, float]] = TONES) -> Path:
    folder.mkdir(parents=True)
    for number, (beat, (hertz, seconds)) in enumerate(tones.items(), start=1):
        (folder / f"{number:02}-{beat}.wav").write_bytes(wav(tone(hertz, seconds)))
    return folder


def heard(film: Path | bytes) -> np.ndarray:
    with av.open(io.BytesIO(film) if isinstance(film, bytes) else str(film)) as opened:
        return np.concatenate([each.to_ndarray()[0] for each in opened.decode(audio=0)])


def sounds(samples: np.ndarray) -> list[tuple[float, float, float]]:
    """Every stretch of sound between silences: begin and end in seconds, and its strongest frequency."""
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    pauses = np.flatnonzero(np.diff(loud) > NEAR * RATE)
    begins, ends = loud[np.r_[0, pauses + 1]], loud[np.r_[pauses, -1]]
    return [
        (
            begin / RATE,
            end / RATE,
            float(np.abs(np.fft.rfft(samples[begin:end])).argmax() * RATE / (end - begin)),
        )
        for begin, end in zip(begins, ends, strict=True)
    ]


def assert_heard(film: Path | bytes, *wanted: tuple[float, str]) -> None:
    """A film in which the tones of beats are heard, each from a moment on, and nothing else."""
    found = sounds(heard(film))
    assert len(found) == len(wanted)
    for (begin, end, hertz), (moment, beat) in zip(found, wanted, strict=True):
        assert begin == pytest.approx(moment, abs=NEAR)
        assert end - begin == pytest.approx(TONES[beat][1], abs=NEAR)
        assert hertz == pytest.approx(TONES[beat][0], abs=7)


def lengths(film: Path | bytes) -> tuple[float, float]:
    """Seconds of picture and of sound."""
    with av.open(io.BytesIO(film) if isinstance(film, bytes) else str(film)) as opened:
        streams = (opened.streams.video[0], opened.streams.audio[0])
        return tuple(float(each.duration * each.time_base) for each in streams)


def pictures(film: Path) -> list[np.ndarray]:
    with av.open(str(film)) as opened:
        return [each.to_ndarray(format="rgb24").astype(int) for each in opened.decode(video=0)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, rendered: Path) -> Path:
    """Films and slides of the tiny lecture with a voice, and the cache that they came from."""
    folder = tmp_path_factory.mktemp("spoken")
    shutil.copytree(rendered.parent / "cache", folder / "cache")
    record(folder / "voice")
    words = ("export", *TINY, "--voice", "voice", "--to", "mp4,html", "--burn-captions", "--jobs", "2")
    env = {"XDG_CACHE_HOME": str(folder / "cache")}
    done = run_command(*words, "--out", "out", cwd=folder, env=env)
    assert (done.code, done.err) == (0, "")
    return folder


@pytest.fixture
def spoken(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, its cache in use."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(made / "cache"))
    return made / "out"


STAND = -(-int((TONES["first"][1] + REST) * FPS * 1000) // 1000)
"""Frames of the first beat, which stands until it is said."""


@pytest.mark.parametrize("name", ["tiny.mp4", "tiny-captions.mp4"])
def test_each_beat_is_heard_while_it_is_seen(spoken, name):
    film = spoken / name
    assert_heard(film, (0.0, "first"), (STAND / FPS, "second"))
    assert np.abs(heard(film)).max() < 1
    assert lengths(film) == pytest.approx(((STAND + FRAMES["second"]) / FPS,) * 2, abs=NEAR)


def test_a_beat_stands_on_its_last_frame_until_it_is_said(spoken, rendered):
    told = json.loads((spoken / "tiny.json").read_text())
    assert [beat["start_frame"] for beat in told["beats"]] == [0, STAND]
    assert told["beats"][0]["still_frame"] == FRAMES["first"] - 1
    assert told["beats"][1]["still_frame"] == STAND + FRAMES["second"] - 1
    assert told["frames"] == STAND + FRAMES["second"]
    shown, silent = pictures(spoken / "tiny.mp4"), pictures(rendered / "tiny.mp4")
    assert len(shown) == told["frames"]
    of_the_film = [*shown[: FRAMES["first"]], *shown[STAND:]]
    assert all(np.array_equal(a, b) for a, b in zip(of_the_film, silent, strict=True))
    last = silent[FRAMES["first"] - 1]
    assert all(np.abs(frame - last).mean() < 1 for frame in shown[FRAMES["first"] : STAND])


def test_captions_are_there_while_it_is_said(spoken):
    cues = list(srt.parse((spoken / "tiny.srt").read_text()))
    found = sounds(heard(spoken / "tiny.mp4"))
    assert len(cues) == len(found)
    for cue, (begin, end, _) in zip(cues, found, strict=True):
        assert cue.start.total_seconds() == pytest.approx(begin, abs=NEAR)
        assert cue.end.total_seconds() == pytest.approx(end, abs=0.04 + NEAR)


def test_each_slide_has_the_sound_of_its_beat(spoken):
    page = (spoken / "tiny.html").read_text()
    clips = re.findall(r'<script type="application/octet-stream" id="clip-\d">([^<]+)</script>', page)
    for clip, beat, frames in zip(clips, TONES, (STAND, FRAMES["second"]), strict=True):
        film = base64.b64decode(clip)
        assert_heard(film, (0.0, beat))
        assert lengths(film) == pytest.approx((frames / FPS,) * 2, abs=NEAR)
    films = re.findall(r"<video data-clip[^>]*>", page)
    assert len(films) == len(TONES)
    assert not any(" muted" in film for film in films)
    assert_heard(spoken / "tiny-beats" / "02-second.mp4", (0.0, "second"))


def test_the_film_without_a_voice_is_what_it_was(spoken, rendered, main):
    assert main("render", *TINY, "--out", "silent").code == 0
    assert Path("silent/tiny.mp4").read_bytes() == (rendered / "tiny.mp4").read_bytes()
    assert json.loads(Path("silent/tiny.json").read_text())["voice"] is None


def test_no_voice_is_taken_for_another(spoken, main):
    voice = record(Path("voice"))
    films = {}
    for name, hertz in (("low", 440), ("high", 660), ("low again", 440)):
        (voice / "01-first.wav").write_bytes(wav(tone(hertz, 1.0)))
        done = main("render", *TINY, "--voice", "voice", "--out", "out")
        assert (done.code, done.out.endswith("unchanged\n")) == (0, False)
        films[name] = Path("out/tiny.mp4").read_bytes()
        assert sounds(heard(Path("out/tiny.mp4")))[0][2] == pytest.approx(hertz, abs=5)
    assert films["low"] == films["low again"]
    assert main("render", *TINY, "--voice", "voice", "--out", "out").out.endswith("unchanged\n")
    assert not main("render", *TINY, "--out", "out").out.endswith("unchanged\n")


def test_one_beat_needs_its_own_recording_alone(spoken, main):
    record(Path("voice"))
    Path("voice/01-first.wav").unlink()
    assert main("render", *TINY, "--voice", "voice", "--beat", "second").code == 0
    assert_heard(Path("build/tiny-second.mp4"), (0.0, "second"))
    assert lengths(Path("build/tiny-second.mp4")) == pytest.approx((0.6, 0.6), abs=NEAR)


def test_what_is_embedded_has_the_sound_in_any_size(spoken, main):
    words = ("--embed", "html", "--width", "320", "--out", "page", "--voice", spoken.parent / "voice")
    done = main("export", *TINY, *words)
    assert (done.code, " muted" in done.out) == (0, False)
    assert_heard(Path("page/tiny-320.mp4"), (0.0, "first"), (STAND / FPS, "second"))


@pytest.mark.usefixtures("draws_here")
def test_a_course_is_heard_lecture_by_lecture(spoken, main):
    for name in ("one", "two"):
        Path("own").mkdir(exist_ok=True)
        shutil.copyfile(LECTURES / "tiny.py", f"own/{name}.py")
        record(Path("voice") / name)
    words = ("--scenes", "own", "--quality", "preview", "--voice", "voice", "--to", "mp4", "--out", "out")
    assert main("export", "course", *words).code == 0
    length = STAND + FRAMES["second"]
    assert_heard(
        Path("out/course.mp4"),
        *((start / FPS, beat) for start, beat in zip((0, STAND), TONES, strict=True)),
        *(((length + start) / FPS, beat) for start, beat in zip((0, STAND), TONES, strict=True)),
    )
    assert lengths(Path("out/course.mp4")) == pytest.approx((2 * length / FPS,) * 2, abs=NEAR)
    cues = list(srt.parse(Path("out/course.srt").read_text()))
    for cue, (begin, *_) in zip(cues, sounds(heard(Path("out/course.mp4"))), strict=True):
        assert cue.start.total_seconds() == pytest.approx(begin, abs=NEAR)


@pytest.mark.usefixtures("draws_here")
def test_a_spoken_film_is_verified_and_another_hold_is_not(spoken, main):
    folder = Path("out")
    shutil.copytree(spoken, folder)
    done = main("verify", folder / "tiny.mp4", "--scenes", LECTURES)
    assert (done.code, f"all {STAND + FRAMES['second']} frames" in done.out) == (0, True)
    told = json.loads((folder / "tiny.json").read_text())
    told["voice"]["recordings"]["first"]["held"] -= 1
    (folder / "tiny.json").write_text(json.dumps(told))
    done = main("verify", folder / "tiny.mp4", "--scenes", LECTURES)
    assert done.code == 3
    assert FAULT.fullmatch(done.err)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("01-first.wav", lambda: wav(tone(440, 2.0, rate=22_050), 22_050, channels=2)),
        ("first.WAV", lambda: wav(tone(440, 2.0))),
        pytest.param("1 First.flac", lambda: coded(tone(440, 2.0), "flac", "flac"), marks=pytest.mark.slow),
        ("7-first.m4a", lambda: coded(tone(440, 2.0), "aac", "ipod")),
        pytest.param("first.ogg", lambda: coded(tone(440, 2.0), "libopus", "ogg"), marks=pytest.mark.slow),
        pytest.param("first.opus", lambda: coded(tone(440, 2.0), "libopus", "ogg"), marks=pytest.mark.slow),
        ("first.mp3", lambda: coded(tone(440, 2.0), "libmp3lame", "mp3")),
    ],
)
def test_recordings_of_every_kind_are_taken(spoken, main, name, content):
    voice = record(Path("voice"))
    (voice / "01-first.wav").unlink()
    (voice / name).write_bytes(content())
    (voice / "notes.txt").write_text("what a lecturer keeps beside them")
    assert main("render", *TINY, "--voice", voice, "--beat", "first").code == 0
    ((begin, end, hertz),) = sounds(heard(Path("build/tiny-first.mp4")))
    # a coder of MP3 puts silence before what it codes
    assert begin == pytest.approx(0.0, abs=0.06)
    assert end - begin == pytest.approx(2.0, abs=NEAR)
    assert hertz == pytest.approx(440, abs=5)


def test_a_loud_recording_is_lowered_and_told_of(spoken, main):
    voice = record(Path("voice"))
    (voice / "01-first.wav").write_bytes(wav(tone(440, 1.0, peak=1.0)))
    done = main("render", *TINY, "--voice", voice)
    assert (done.code, f"lowered to a peak of {LOUDEST:g}: 01-first.wav" in done.said) == (0, True)
    assert np.abs(heard(Path("build/tiny.mp4"))).max() == pytest.approx(LOUDEST, abs=0.1)


def test_what_encoding_adds_to_crests_does_not_reach_full_scale(spoken, main):
    voice = record(Path("voice"))
    square = 30_000 * np.sign(tone(300, 2.0))
    (voice / "01-first.wav").write_bytes(wav(square))
    assert main("render", *TINY, "--voice", voice).code == 0
    peak = np.abs(heard(Path("build/tiny.mp4"))).max()
    assert LOUDEST < peak < 1
    assert json.loads(Path("build/tiny.json").read_text())["voice"]["peak"] == pytest.approx(peak, abs=1e-3)


def refuse(main, voice: Path | str, code: int, *told: str) -> None:
    done = main("render", *TINY, "--voice", voice)
    assert (done.code, done.out) == (code, "")
    assert FAULT.fullmatch(done.err)
    assert all(each in done.err for each in told), done.err
    assert not Path("build").exists()


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        ("01-fist.wav", lambda: wav(tone(440, 1.0)), 2, "01-fist.wav: got a recording of no beat"),
        ("first.flac", lambda: b"", 2, "got another recording of first"),
        ("01-first.wav", None, 2, "got no 01-first.wav"),
        ("01-first.wav", lambda: b"", 3, "got no sound that can be read"),
        ("01-first.wav", lambda: b"RIFF of something else", 3, "got no sound that can be read"),
        ("01-first.wav", lambda: coded(tone(440, 1.0), "flac", "flac"), 3, "got no sound that can be read"),
        (
            "01-first.wav",
            lambda: b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nx.ts\n",
            3,
            "no sound that can be",
        ),
        ("01-first.wav", lambda: floats(0.0, math.inf, 0.5), 3, "got values that are no numbers"),
        ("01-first.wav", lambda: wav(np.zeros(RATE)), 3, "01-first.wav: got silence"),
        ("01-first.wav", lambda: wav(np.clip(tone(440, 1.0) * 3, -32768, 32767)), 3, "got clipping"),
        (
            "01-first.wav",
            lambda: wav(tone(440, LONGEST + 1, rate=1000), 1000),
            3,
            f"more than {LONGEST} seconds",
        ),
    ],
)
def test_a_recording_that_cannot_be_taken_is_named(spoken, main, name, content, code, told):
    voice = record(Path("voice"))
    (voice / name).unlink(missing_ok=True)
    if content is not None:
        (voice / name).write_bytes(content())
    refuse(main, voice, code, told)


def test_a_folder_that_is_none_is_refused(spoken, main):
    refuse(main, "nowhere", 2, "--voice: got nowhere", "gdlectures script tiny")


def test_a_pipe_in_the_folder_is_not_waited_for(spoken, main):
    voice = record(Path("voice"))
    (voice / "01-first.wav").unlink()
    os.mkfifo(voice / "01-first.wav")
    refuse(main, voice, 5, "01-first.wav")


# what interprets a script cannot have a space in its path
PROGRAM = """#!/bin/sh
''':'
exec "{python}" "$0" "$@"
'''
import sys, wave
words = sys.stdin.read().split()
with open({log!r}, "a") as log:
    print(*sys.argv[1:-1], "|", *words, file=log)
target = sys.argv[sys.argv.index("{option}") + 1]
if "fail" in sys.argv[1:]:
    sys.exit("no such voice")
with open(target, "wb") as file:
    file.write(open({sound!r}, "rb").read())
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a program that says one tone, whatever it is given."""

    def install(name: str, option: str) -> Path:
        folder, log, sound = tmp_path / "programs", tmp_path / "log", tmp_path / "sound"
        folder.mkdir()
        sound.write_bytes(wav(tone(440, 2.0, rate=22_050), 22_050))
        text = PROGRAM.format(python=sys.executable, log=str(log), option=option, sound=str(sound))
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return log

    return install


@pytest.mark.parametrize(
    ("voice", "option", "given"),
    [("espeak-ng", "-w", "-v en "), ("espeak-ng:de", "-w", "-v de "), ("piper:a.onnx", "-f", "-m a.onnx ")],
)
def test_a_program_speaks_the_notes(spoken, main, program, voice, option, given):
    log = program(voice.partition(":")[0], option)
    assert main("render", *TINY, "--voice", voice).code == 0
    found = sounds(heard(Path("build/tiny.mp4")))
    assert [begin for begin, _, _ in found] == pytest.approx([0, STAND / FPS], abs=NEAR)
    said = log.read_text().splitlines()
    assert [line.partition(" | ")[2] for line in said] == ["It begins.", "It ends — already."]
    assert all(line.startswith(given) for line in said)
    assert main("render", *TINY, "--voice", voice).out.endswith("unchanged\n")


def test_a_program_that_does_not_speak_is_told_of(spoken, main, program):
    program("espeak-ng", "-w")
    refuse(main, "espeak-ng:fail", 5, "--voice espeak-ng: got exit code 1: no such voice")


@pytest.mark.parametrize(
    ("voice", "code", "told"),
    [
        ("espeak-ng", 5, "got no espeak-ng here; allowed a program that is installed; fix: apt-get install"),
        ("piper:a.onnx", 5, "got no piper here"),
    ],
)
def test_a_program_that_is_missing_is_named(spoken, main, monkeypatch, voice, code, told):
    monkeypatch.setenv("PATH", "/nowhere")
    refuse(main, voice, code, told)


def test_piper_needs_a_model(spoken, main, program):
    program("piper", "-f")
    refuse(main, "piper", 2, "--voice: got piper; allowed piper:MODEL")


def test_the_script_tells_what_to_read_and_where_to_put_it(main):
    done = main("script", "tiny", "--scenes", LECTURES)
    assert done.code == 0
    said = re.findall(r"^(\S+\.wav)  ([0-9.]+) s long, about (\d+) s to say\n  (.+)$", done.out, re.MULTILINE)
    assert said == [
        ("01-first.wav", "0.9", "1", "It begins."),
        ("02-second.wav", "0.6", "2", "It ends — already."),
    ]
    assert main("script", "tiny", "--scenes", LECTURES, "--out", "words.txt").out == "words.txt\n"
    assert Path("words.txt").read_text() == done.out
    for (name, *_), beat in itertools.zip_longest(said, TONES):
        assert name.endswith(f"-{beat}.wav")


def test_a_slide_is_heard_in_the_browser_when_it_plays(spoken, chromium):
    page = chromium.open((spoken / "tiny.html").as_uri())
    page.wait("window.deck && deck.isReady()")
    for beat in TONES:
        page.press("PageDown")
        page.wait(f"deck.getCurrentSlide().id === 'tiny-{beat}'")
        film = "deck.getCurrentSlide().querySelector('video')"
        page.wait(f"{film}.currentTime > 0.05")
        assert page.run(f"[{film}.muted, {film}.loop]") == [False, False]
        page.wait(f"{film}.webkitAudioDecodedByteCount > 0")
    assert page.errors == []
