"""GIF and WebP, decoded by Pillow: which frame stands when, how true its colours are, how large it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gdlectures.exports.gif import write_gif
from gdlectures.exports.looks import GIF_FPS, Look, largest_look, smaller_looks
from gdlectures.exports.moving import TooLarge, write_within
from gdlectures.exports.webp import write_webp
from gdlectures.films.encoding import MASTER, Encoder
from gdlectures.films.reading import Stretch

FPS, FRAMES, WIDTH, HEIGHT = 30, 60, 320, 180


def drawn(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A disc with a soft edge that crosses the page, and stands still for the last third."""
    y, x = np.mgrid[:height, :width]
    centre = width * (0.1 + 0.8 * min(index, 2 * FRAMES // 3) / FRAMES)
    inside = np.clip(height / 6 - np.hypot(x - centre, y - height / 2), 0, 1)[..., None]
    return np.rint(inside * [255, 209, 102] + (1 - inside) * [15, 17, 23]).astype(np.uint8)


@pytest.fixture(scope="module")
def stretch(tmp_path_factory) -> Stretch:
    path = tmp_path_factory.mktemp("master") / "master.mp4"
    encoder = Encoder(path, MASTER, WIDTH, HEIGHT, FPS)
    for index in range(FRAMES):
        encoder.put(drawn(index))
    encoder.finish()
    return Stretch(path, 0, FRAMES, FPS)


def shown(path: Path) -> list[tuple[int, np.ndarray]]:
    """Each frame with its length in milliseconds."""
    with Image.open(path) as picture:
        found = []
        for index in range(picture.n_frames):
            picture.seek(index)
            picture.load()
            found.append((picture.info["duration"], np.array(picture.convert("RGB"))))
        return found


def at(frames: list[tuple[int, np.ndarray]], milliseconds: int) -> np.ndarray:
    """What stands on the screen at a moment."""
    for length, picture in frames:
        if milliseconds < length:
            return picture
        milliseconds -= length
    return frames[-1][1]


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(((one.astype(float) - other) ** 2).mean(), 1e-9)))


def scaled(index: int, width: int) -> np.ndarray:
    frame = av.VideoFrame.from_ndarray(drawn(index), format="rgb24")
    return frame.reformat(width, width * HEIGHT // WIDTH, "rgb24", interpolation="LANCZOS").to_ndarray()


@pytest.mark.parametrize("fps", GIF_FPS)
def test_a_gif_shows_the_film_s_frame_at_each_moment(stretch, tmp_path, fps):
    write_gif(stretch, Look(WIDTH, GIF_FPS[fps], hold=0.5), tmp_path / "a.gif")
    frames, delay = shown(tmp_path / "a.gif"), 10 * GIF_FPS[fps]
    count = -(-2000 // delay)
    assert sum(length for length, _ in frames) == count * delay + 500
    for k in range(count - 1):
        assert psnr(at(frames, k * delay), drawn(k * delay * FPS // 1000)) > 40
    assert psnr(frames[-1][1], drawn(FRAMES - 1)) > 40


def test_a_scaled_gif_is_true(stretch, tmp_path):
    write_gif(stretch, Look(160, 10), tmp_path / "a.gif")
    frames = shown(tmp_path / "a.gif")
    assert frames[0][1].shape == (90, 160, 3)
    assert min(psnr(at(frames, 100 * k), scaled(3 * k, 160)) for k in range(20)) > 40


def test_a_gif_has_no_more_colors_than_asked_for(stretch, tmp_path):
    write_gif(stretch, Look(WIDTH, 10, colors=8), tmp_path / "a.gif")
    pixels = np.concatenate([picture.reshape(-1, 3) for _, picture in shown(tmp_path / "a.gif")])
    assert len(np.unique(pixels, axis=0)) <= 8


@pytest.mark.parametrize(("loop", "told"), [(0, 0), (1, None), (2, 1), (5, 4)])
def test_a_gif_plays_as_often_as_asked_for(stretch, tmp_path, loop, told):
    write_gif(stretch, Look(64, 10, loop=loop), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.info.get("loop") == told


def test_a_stretch_begins_and_ends_where_it_says(stretch, tmp_path):
    part = Stretch(stretch.master, 10, 21, FPS)
    write_gif(part, Look(WIDTH, 10, hold=0), tmp_path / "a.gif")
    frames = shown(tmp_path / "a.gif")
    assert sum(length for length, _ in frames) == 400
    assert psnr(frames[0][1], drawn(10)) > 40
    assert psnr(frames[-1][1], drawn(20)) > 40


def test_a_webp_shows_the_film_and_holds_its_end(stretch, tmp_path):
    write_webp(stretch, Look(WIDTH, 10, loop=3, hold=1.5), tmp_path / "a.webp")
    frames = shown(tmp_path / "a.webp")
    assert abs(sum(length for length, _ in frames) - 3500) <= 5
    assert min(psnr(at(frames, 100 * k), drawn(3 * k)) for k in range(19)) > 40
    with Image.open(tmp_path / "a.webp") as picture:
        assert picture.info["loop"] == 3


@pytest.mark.parametrize(("suffix", "write"), [("gif", write_gif), ("webp", write_webp)])
def test_the_best_that_fits_is_found(stretch, tmp_path, suffix, write):
    looks = smaller_looks(Look(WIDTH, 2), suffix, {"width", "delay", "colors", "quality"})[::4]
    sizes = []
    for look in looks:
        write(stretch, look, tmp_path / "each")
        sizes.append((tmp_path / "each").stat().st_size)
    limit = (max(sizes) + min(sizes)) // 2
    made = write_within(write, stretch, looks, tmp_path / f"a.{suffix}", limit)
    assert made.bytes == (tmp_path / f"a.{suffix}").stat().st_size <= limit
    index = looks.index(made.look)
    assert sizes[index] == made.bytes
    assert index == 0 or sizes[index - 1] > limit
    assert write_within(write, stretch, looks, tmp_path / "none", 100) == sizes[-1]
    assert not (tmp_path / "none").exists()


def test_what_was_asked_for_is_not_made_smaller():
    looks = smaller_looks(Look(500, 2, colors=64), "gif", {"delay"})
    assert {(look.width, look.colors) for look in looks} == {(500, 64)}
    assert [look.delay for look in looks] == [2, 4, 5, 8, 10]
    assert smaller_looks(Look(500, 10), "gif", set()) == [Look(500, 10)]


@pytest.mark.parametrize(
    ("width", "fps", "free", "first"),
    [
        (1920, 30, {"width", "delay"}, (1920, 4)),
        (854, 15, {"width", "delay"}, (854, 8)),
        (1280, 60, {"delay"}, (800, 2)),
        (1280, 5, {"width"}, (1280, 10)),
    ],
)
def test_a_limit_leaves_the_room_that_the_film_has(width, fps, free, first):
    largest = largest_look(Look(800, 10), width, fps, free)
    assert (largest.width, largest.delay) == first
    looks = smaller_looks(largest, "gif", free | {"colors"})
    assert looks[-1].width == (194 if "width" in free else 800)
    assert len(set(looks)) == len(looks)


def test_a_file_that_outgrows_its_limit_is_given_up(stretch, tmp_path):
    with pytest.raises(TooLarge):
        write_gif(stretch, Look(WIDTH, 2), tmp_path / "a.gif", 1000)
    assert (tmp_path / "a.gif").stat().st_size < 40_000


MEASURE = """
import sys
from pathlib import Path
from gdlectures.exports.gif import write_gif
from gdlectures.exports.looks import Look
from gdlectures.exports.webp import write_webp
from gdlectures.films.reading import Stretch
write = write_gif if sys.argv[2].endswith("gif") else write_webp
write(Stretch(Path(sys.argv[1]), 0, 45, 30), Look(1920, 5), Path(sys.argv[2]))
(peak,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak that Linux tells")
@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_memory_stays_small_at_1080p(tmp_path, suffix):
    encoder = Encoder(tmp_path / "master.mp4", MASTER, 1920, 1080, 30)
    for index in range(15):
        encoder.put(drawn(2 * index, 1920, 1080), repeat=3)
    encoder.finish()
    words = [sys.executable, "-c", MEASURE, str(tmp_path / "master.mp4"), str(tmp_path / f"a.{suffix}")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300
