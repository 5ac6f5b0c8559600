"""What the encoders of films and masters cost: processor time, bytes and likeness, beside other settings.

Of each lecture two beats that follow one another, as they are drawn; every way encodes the same frames, each
beat by an encoder of its own, as in a film. Processor time is that of the encoder's thread: the conversion of
colours and the encoding. PSNR is against the drawn frames, red, green and blue.

    python benchmarks/encoders.py                   720p at 30 frames/s and 1080p at 60
    python benchmarks/encoders.py --quality 720p    one of them
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from manim import tempconfig
from numpy.typing import NDArray

from gdlectures.asking import catalog
from gdlectures.asking.requests import Quality
from gdlectures.films.encoding import COLOR_TAGS, FILM, MASTER, Codec, Encoder
from gdlectures.films.reading import read_frames, rgb
from gdscenes.kit.manim_seam import hand_frames_to

Pixels = NDArray[np.uint8]
BEATS = {
    "loss-surface": ("descent", "top"),
    "learning-rates": ("race", "lapse"),
    "batch-sizes": ("mini", "epoch"),
}
"""Much that moves, long curves that grow, many marks."""
SIZES = {"720p": Quality(1280, 720), "1080p60": Quality(1920, 1080, 60)}


def film(preset: str, crf: int, **options: str) -> Codec:
    """A way to encode the film."""
    return replace(FILM, options=COLOR_TAGS | {"threads": "1", "preset": preset, "crf": str(crf)} | options)


FILMS = {
    "medium, 23 (x264's own)": film("medium", 23),
    "faster, 21": film("faster", 21),
    "veryfast, 18": film("veryfast", 18),
    "veryfast, 21, looks 40 ahead": film("veryfast", 21, **{"rc-lookahead": "40"}),
    "superfast, 21": film("superfast", 21),
    "superfast, 21, looks 20 ahead": film("superfast", 21, mbtree="1", **{"rc-lookahead": "20"}),
    "superfast, 21, looks 40 ahead": film("superfast", 21, mbtree="1", **{"rc-lookahead": "40"}),
    "the film's": FILM,
}
MASTERS = {
    "x264 from rgb24": replace(MASTER, pixel_format="rgb24"),
    "qtrle": Codec("qtrle", "rgb24", {}, "mov"),
    "ffv1": Codec("ffv1", "bgr0", {"level": "3", "threads": "1"}, "matroska"),
    "the master's": MASTER,
}


@dataclass(frozen=True)
class Measured:
    """What one way makes of the frames of one lecture."""

    milliseconds: float
    bytes: int
    mean: float
    worst: float


class Kept:
    """Keeps the frames of a scene, those of each beat apart."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.beats: list[list[Pixels]] = []

    def put(self, pixels: Pixels, repeat: int = 1, opens: bool = False) -> None:
        if opens:
            self.beats.append([])
        if len(self.beats[-1]) < self._most:
            self.beats[-1] += [pixels.copy()] * min(repeat, self._most - len(self.beats[-1]))

    def finish(self) -> None:
        """Nothing is left to do."""


def drawn(name: str, size: Quality, most: int) -> list[list[Pixels]]:
    """The first frames of two beats of a lecture."""
    lecture, beats = catalog.load(catalog.find(name)), BEATS[name]

    class TwoBeats(lecture):  # type: ignore[misc, valid-type]
        """The lecture, drawing two beats."""

        def next_section(self, name: str = "", *arguments: object, **words: object) -> None:
            super().next_section(name, *arguments, **words | {"skip_animations": name not in beats})

    kept = Kept(most)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempconfig(
            {
                "media_dir": folder,
                "pixel_width": size.width,
                "pixel_height": size.height,
                "frame_rate": size.fps,
                "disable_caching": True,
                "progress_bar": "none",
                "verbosity": "ERROR",
                "notify_outdated_version": False,
            }
        ),
    ):
        scene = TwoBeats()
        hand_frames_to(scene, [kept])
        scene.render()
    return [beat for beat in kept.beats if beat]


def measured(beats: Sequence[Sequence[Pixels]], codec: Codec, size: Quality, folder: Path) -> Measured:
    """Encode the frames of some beats and compare what comes back."""
    seconds, written, errors = 0.0, 0, []
    path = folder / f"piece.{codec.container}"
    for frames in beats:
        started = time.process_time() - time.thread_time()
        encoder = Encoder(path, codec, size.width, size.height, size.fps)
        for pixels in frames:
            encoder.put(pixels)
        encoder.finish()
        seconds += time.process_time() - time.thread_time() - started
        written += path.stat().st_size
        for pixels, found in zip(frames, read_frames(path), strict=True):
            difference = np.subtract(rgb(found), pixels[..., :3], dtype=np.float32).ravel()
            errors.append(float(difference @ difference) / difference.size)
    mean, worst = (10 * np.log10(255**2 / max(error, 1e-9)) for error in (np.mean(errors), max(errors)))
    return Measured(1000 * seconds / len(errors), written, float(mean), float(worst))


def row(way: str, found: Sequence[Measured], first: Sequence[Measured]) -> str:
    """A line of the table: the mean time, and of the rest what is worst for any lecture."""
    milliseconds = np.mean([each.milliseconds for each in found])
    size = max(each.bytes / other.bytes for each, other in zip(found, first, strict=True))
    if all(each.worst > 100 for each in found):
        likeness = "exact | exact"
    else:
        mean = min(each.mean - other.mean for each, other in zip(found, first, strict=True))
        worst = min(each.worst - other.worst for each, other in zip(found, first, strict=True))
        likeness = f"{mean:+.2f} | {worst:+.2f}"
    return f"| {way} | {milliseconds:.1f} | {size:.2f} | {likeness} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quality", action="append", choices=list(SIZES))
    parser.add_argument("--frames", type=int, default=60, help="of each beat at the most")
    given = parser.parse_args()
    for quality in given.quality or SIZES:
        size = SIZES[quality]
        lectures = [drawn(name, size, given.frames) for name in BEATS]
        count = sum(len(beat) for beats in lectures for beat in beats)
        print(f"\n{quality}, {count} frames\n")
        print("| way | a frame, ms | bytes, times | mean PSNR, dB | worst frame's, dB |")
        print("|---|---:|---:|---:|---:|")
        with tempfile.TemporaryDirectory() as folder:
            for ways in (FILMS, MASTERS):
                first: list[Measured] = []
                for way, codec in ways.items():
                    found = [measured(beats, codec, size, Path(folder)) for beats in lectures]
                    first = first or found
                    print(row(way, found, first), flush=True)


if __name__ == "__main__":
    main()
