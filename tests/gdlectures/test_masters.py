"""The cache of masters: bit for bit what was drawn, drawn once, and never believed when harmed."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from harm import FILE_HARM

from gdlectures.asking.requests import RenderRequest
from gdlectures.faults.progress import Watcher
from gdlectures.faults.sizes import parse_size, size_words
from gdlectures.films import sites
from gdlectures.films.encoding import FILM, MASTER, TRANSPARENT_MASTER, Encoder
from gdlectures.films.masters import MasterCache
from gdlectures.films.reading import BrokenFilm, Frames, read_frames, rgb, verify
from gdlectures.films.rendering import draw_masters, render_films
from gdscenes.kit.lecture.settings import SettingError

NOISE = np.random.default_rng(0).integers(0, 256, (5, 90, 160, 4), np.uint8)


@pytest.mark.parametrize(("codec", "kind"), [(MASTER, "rgb24"), (TRANSPARENT_MASTER, "rgba")])
def test_masters_are_lossless(tmp_path, codec, kind):
    path = tmp_path / f"master.{codec.container}"
    encoder = Encoder(path, codec, 160, 90, 30)
    for index, pixels in enumerate(NOISE):
        encoder.put(pixels, repeat=index + 1)
    encoder.finish()
    expected = np.repeat(NOISE[..., : 3 if kind == "rgb24" else 4], range(1, 6), axis=0)
    found = np.stack([frame.to_ndarray(format=kind) for frame in read_frames(path)])
    np.testing.assert_array_equal(found, expected)
    (third,) = read_frames(path, 3, 4)
    np.testing.assert_array_equal(third.to_ndarray(format=kind), expected[3])
    with pytest.raises(BrokenFilm, match="ends after 15 frames"):
        list(read_frames(path, 0, 16))


@pytest.mark.parametrize("codec", [MASTER, TRANSPARENT_MASTER, FILM])
def test_any_stretch_of_a_film_is_read_by_itself(tmp_path, codec):
    path = tmp_path / f"film.{codec.container}"
    encoder = Encoder(path, codec, 160, 90, 30)
    for level in range(600):  # more than a stretch between two frames that are whole by themselves
        encoder.put(np.full((90, 160, 4), level % 251, np.uint8))
    encoder.finish()
    verify(path, Frames(600, 160, 90), 30)
    for start, stop in [(0, 1), (1, 3), (249, 252), (250, 251), (401, 403), (599, 600)]:
        levels = [rgb(frame)[45, 80, 0] for frame in read_frames(path, start, stop)]
        np.testing.assert_allclose(levels, np.arange(start, stop) % 251, atol=3 if codec is FILM else 0)
    with pytest.raises(BrokenFilm, match="ends after 600 frames"):
        list(read_frames(path, 590, 601))


@pytest.mark.parametrize(
    ("expected", "fps"), [(Frames(4, 160, 90), 30), (Frames(5, 160, 92), 30), (Frames(5, 160, 90), 15)]
)
def test_a_film_of_other_frames_is_no_film(tmp_path, expected, fps):
    encoder = Encoder(tmp_path / "film.mp4", FILM, 160, 90, 30)
    for pixels in NOISE:
        encoder.put(pixels)
    encoder.finish()
    verify(tmp_path / "film.mp4", Frames(5, 160, 90), 30)
    with pytest.raises(BrokenFilm):
        verify(tmp_path / "film.mp4", expected, fps)


def test_a_film_whose_frames_cannot_be_decoded_is_no_film(tmp_path):
    path = tmp_path / "film.mp4"
    encoder = Encoder(path, MASTER, 160, 90, 30)
    encoder.put(NOISE[0])
    encoder.finish()
    content = path.read_bytes()
    start = content.index(b"mdat") + 4
    path.write_bytes(content[:start] + bytes(4000) + content[start + 4000 :])
    with pytest.raises(BrokenFilm):
        verify(path, Frames(1, 160, 90), 30)


def test_an_encoder_that_fails_says_so(tmp_path):
    encoder = Encoder(tmp_path / "none" / "master.mp4", MASTER, 160, 90, 30)
    encoder.put(NOISE[0], repeat=100)
    with pytest.raises(FileNotFoundError):
        encoder.finish()


@pytest.fixture
def kept(rendered) -> Path:
    """A folder with the cache that has the master of the tiny lecture, and with the films."""
    return rendered.parent


def request(**words) -> RenderRequest:
    lectures = Path(__file__).with_name("lectures")
    return RenderRequest("tiny", quality="preview", scenes=lectures, **words)


@pytest.fixture
def filled(kept, cache) -> MasterCache:
    """A copy of that cache."""
    shutil.copytree(kept / "cache" / "gdlectures", cache)
    return MasterCache()


@pytest.fixture
def nothing_is_drawn(monkeypatch):
    def begin(*_: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(sites, "Process", begin)


def test_what_was_rendered_is_not_drawn_again(filled, nothing_is_drawn, kept, tmp_path):
    (outcome,) = draw_masters([request()])
    assert outcome.film().manifest.parent.parent == filled.root
    (outcome,) = render_films([request(knobs={"n_steps": 20})], out=tmp_path / "out")
    assert not outcome.film().unchanged
    for name in ("tiny.mp4", "tiny.story", "tiny.json"):
        assert (tmp_path / "out" / name).read_bytes() == (kept / "out" / name).read_bytes()


@pytest.mark.usefixtures("draws_here")
def test_a_film_is_told_of_as_soon_as_it_is_published(tmp_path):
    told = []

    class Told(Watcher):
        def stands(self, film, seconds, unchanged):
            assert film.is_file()
            told.append((film.name, unchanged))

        def ended(self, lecture):
            if lecture != "computing runs":
                told.append(lecture)

    for _ in range(2):
        render_films([request()], out=tmp_path, watcher=Told())
    assert told == [("tiny.mp4", False), "tiny", ("tiny.mp4", True)]


@pytest.mark.usefixtures("draws_here")
def test_other_settings_and_no_ground_are_other_masters(filled):
    (entry,) = filled.entries()
    drawn = draw_masters([request(knobs={"n_steps": 1}), request(transparent=True), request()])
    keys = {outcome.film().key for outcome in drawn}
    assert len(keys) == 3
    assert entry.folder.name in keys
    assert {each.folder.name for each in filled.entries()} == keys


@pytest.mark.parametrize("harm", FILE_HARM)
@pytest.mark.parametrize("name", ["master.mp4", "tiny.mp4", "tiny.json", "digests.json"])
def test_a_harmed_entry_is_set_aside(filled, harm, name):
    (entry,) = filled.entries()
    FILE_HARM[harm](entry.folder / name)
    assert filled.entry(entry.folder.name) is None
    assert filled.entries() == []
    assert (filled.root / "set-aside" / entry.folder.name).is_dir()


@pytest.mark.usefixtures("draws_here")
def test_a_harmed_entry_is_made_again(filled, kept, tmp_path):
    (entry,) = filled.entries()
    before = (entry.folder / "master.mp4").read_bytes()
    FILE_HARM["flipped"](entry.folder / "master.mp4")
    (outcome,) = draw_masters([request()])
    assert not outcome.film().unchanged
    assert (entry.folder / "master.mp4").read_bytes() == before
    assert (entry.folder / "tiny.mp4").read_bytes() == (kept / "out" / "tiny.mp4").read_bytes()


def test_an_entry_under_another_name_is_not_believed(filled):
    (entry,) = filled.entries()
    other = "0" * 64
    shutil.copytree(entry.folder, filled.root / other)
    assert filled.find(other) is None
    assert filled.entry(entry.folder.name) is not None


def entries_of(cache: MasterCache, tmp_path: Path, sizes: dict[str, int]) -> None:
    """Entries of so many bytes, the first used longest ago."""
    for age, (letter, size) in enumerate(reversed(sizes.items())):
        (tmp_path / "file").write_bytes(bytes(size))
        folder = cache.store(64 * letter, [tmp_path / "file"])
        os.utime(folder / "digests.json", (10**9 - age, 10**9 - age))


def left(cache: MasterCache) -> set[str]:
    return {each.folder.name[0] for each in cache.entries()}


def test_what_was_least_recently_used_is_dropped_first(cache, tmp_path):
    masters = MasterCache()
    entries_of(masters, tmp_path, {"a": 40_000, "b": 30_000, "c": 20_000})
    assert masters.find(64 * "a") is not None  # and now it was used last
    masters.set_limit(65_000)
    assert left(masters) == {"a", "c"}
    (tmp_path / "file").write_bytes(bytes(30_000))
    masters.store(64 * "d", [tmp_path / "file"])
    assert left(masters) == {"d"}
    assert MasterCache().limit == 65_000


def test_what_a_killed_run_was_storing_is_dropped_and_counted(cache, tmp_path):
    masters = MasterCache()
    entries_of(masters, tmp_path, {"a": 4000})
    left_behind, living = (masters.root / f".{64 * letter}.x.storing" for letter in "bc")
    for folder in (left_behind, living):
        folder.mkdir()
        (folder / "master.mp4").write_bytes(bytes(7000))
        os.utime(folder, (10**9, 10**9))
    descriptor = os.open(living, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # as whoever stores does
        assert 11_000 < masters.clear() < 14_000
        assert (left_behind.exists(), living.exists()) == (False, True)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("told", [{}, {"files": {}}, {"files": {}, "key": 64 * "a"}])
def test_an_entry_that_names_no_files_is_not_believed(cache, tmp_path, told):
    masters = MasterCache()
    entries_of(masters, tmp_path, {"a": 4000})
    (masters.root / (64 * "a") / "digests.json").write_text(json.dumps(told))
    assert masters.find(64 * "a") is None


def test_what_is_read_is_not_dropped(cache, tmp_path):
    masters = MasterCache()
    entries_of(masters, tmp_path, {"a": 4000, "b": 4000})
    with masters.held(masters.root / (64 * "a")):
        assert 4000 < masters.clear() < 8000
        assert left(masters) == {"a"}
    masters.clear()
    assert left(masters) == set()


def test_the_command_shows_clears_and_limits(filled, main):
    shown = main("cache").out.splitlines()
    assert shown[0].startswith("tiny  854 x 480, 15 frames a second  --dataset chapter-0  --learning-rate ")
    assert shown[-1].startswith(f"{filled.root}  ")
    assert shown[-1].endswith(" of 10.0 GB")
    assert main("cache", "--limit", "1.5 GB").out.endswith(" of 1.5 GB\n")
    assert main("cache", "--clear").out.splitlines()[-1] == f"{filled.root}  0 bytes of 1.5 GB"
    refused = main("cache", "--limit", "much")
    assert (refused.code, refused.out) == (2, "")
    assert "--limit: got much; allowed a size such as 500KB" in refused.err


@pytest.mark.parametrize(
    ("word", "size"),
    [("3MB", 3_000_000), ("500 kb", 500_000), ("1.5GB", 1_500_000_000), ("7 B", 7), ("2M", 2_000_000)],
)
def test_sizes_are_read(word, size):
    assert parse_size("--max-size", word) == size


@pytest.mark.parametrize("word", ["", "MB", "0", "0MB", "7", "-3MB", "3 MiB", "1e6", "nan", "٣MB", "3MB3"])
def test_what_is_no_size_is_refused(word):
    with pytest.raises(SettingError, match="--max-size: got"):
        parse_size("--max-size", word)


def test_sizes_are_told():
    assert [size_words(n) for n in (999, 1000, 3_140_000, 10**10)] == [
        "999 bytes",
        "1.0 KB",
        "3.1 MB",
        "10.0 GB",
    ]


@pytest.mark.usefixtures("draws_here")
def test_a_cache_that_cannot_be_written_holds_up_no_film(main, lectures, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    done = main("render", "tiny", "--scenes", lectures, "--quality", "preview")
    assert (done.code, done.err) == (0, "")
    refused = main("gif", "tiny", "--scenes", lectures, "--quality", "preview", "--out", "new")
    assert refused.code == 5
    assert "the cache of masters: got" in refused.err
    assert not (tmp_path / "new").exists()
