"""Draw the README's moving picture: the end of RegressionFit, from lossless frames.

.venv/bin/python docs/pictures.py
"""

from __future__ import annotations

import os
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import av.filter
from manim import tempconfig
from PIL import Image

from scenes.regression_fit import RegressionFit

FOLDER = Path(__file__).parent
WIDTH = 800
FPS = 10
BEATS = ("loss", "solution")
"""The picture begins with the first of these beats and ends with the last frame of the second."""


class Frames(RegressionFit):
    """The lecture, its frames before the first beat left out."""

    def next_section(self, name: str = "", *args: object, **kwargs: object) -> None:
        beats = list(self.beats)
        skipped = name in beats[: beats.index(BEATS[0])]
        super().next_section(name, skip_animations=skipped)


def draw(folder: Path) -> list[Path]:
    """Every frame as a PNG."""
    with tempconfig(
        {
            "pixel_width": WIDTH,
            "pixel_height": WIDTH * 9 // 16,
            "frame_rate": FPS,
            "media_dir": str(folder),
            "format": "png-sequence",
            "disable_caching": True,
            "verbosity": "ERROR",
            "progress_bar": "none",
            "notify_outdated_version": False,
        }
    ):
        Frames().render()
    return sorted(folder.rglob("*.png"))


def encode(frames: list[Path], target: Path) -> None:
    """One GIF, its palette made from all frames."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=WIDTH, height=WIDTH * 9 // 16, format="rgb24", time_base=Fraction(1, FPS))
    split = graph.add("split")
    palette = graph.add("palettegen", "max_colors=128:stats_mode=full")
    use = graph.add("paletteuse", "dither=none:diff_mode=rectangle")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for index, path in enumerate(frames):
        frame = av.VideoFrame.from_image(Image.open(path).convert("RGB"))
        frame.pts, frame.time_base, frame.duration = index, Fraction(1, FPS), 1
        source.push(frame)
    source.push(None)
    temporary = target.with_suffix(".part.gif")
    with av.open(str(temporary), "w", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, WIDTH * 9 // 16, "pal8"
        while True:
            try:
                shown = graph.pull()
            except (EOFError, BlockingIOError):
                break
            container.mux(stream.encode(shown))
        container.mux(stream.encode(None))
    os.replace(temporary, target)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        encode(draw(Path(scratch)), FOLDER / "regression-fit.gif")
