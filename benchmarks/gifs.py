"""How small and how true GIFs of the lectures are, beside what a lecturer would use instead.

Of each lecture one beat, at one width, frame rate and length: by `gdlectures gif`, by Manim's own
``--format gif``, and by matplotlib's PillowWriter from the same frames. Sizes in kB; PSNR in dB against the
lossless frames, scaled to that width, the mean over all frames and the worst.

    python benchmarks/gifs.py                     every lecture, its last beat
    python benchmarks/gifs.py regression-fit      one lecture
    python benchmarks/gifs.py --beat gradient gradient-slope

matplotlib is not a dependency of the project. To have it measured, install it to a folder and name that:

    pip install --target /tmp/matplotlib matplotlib
    python benchmarks/gifs.py --matplotlib /tmp/matplotlib
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gdlectures.asking import catalog
from gdlectures.asking.requests import Rendered, RenderRequest
from gdlectures.exports.gif import write_gif
from gdlectures.exports.looks import GIF_FPS, Look
from gdlectures.exports.material import stops
from gdlectures.exports.moving import CENTISECONDS, sampling
from gdlectures.films.reading import Stretch, read_frames, rgb
from gdlectures.films.rendering import draw_masters

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Measured:
    """One GIF."""

    kilobytes: float
    mean: float
    worst: float

    def cells(self) -> str:
        return f"{self.kilobytes:.0f} | {self.mean:.1f} | {self.worst:.1f}"


def lossless(stretch: Stretch, look: Look) -> Iterator[Pixels]:
    """The frames that the GIF should show, at its size."""
    wanted = [sample.index for sample in sampling(stretch, look)]
    for index, frame in enumerate(read_frames(stretch.master, stretch.start, stretch.stop), stretch.start):
        for _ in range(wanted.count(index)):
            height = 2 * round(look.width * frame.height / frame.width / 2)
            yield rgb(frame.reformat(look.width, height, "rgb24", interpolation="LANCZOS"))


def decoded(path: Path, delay: int) -> Iterator[Pixels]:
    """The frames of a GIF, one for each delay of so many centiseconds."""
    with Image.open(path) as picture:
        for index in range(picture.n_frames):
            picture.seek(index)
            picture.load()
            for _ in range(max(1, round(picture.info["duration"] / 10 / delay))):
                yield np.array(picture.convert("RGB"))


def measured(path: Path, stretch: Stretch, look: Look) -> Measured:
    """Size and PSNR of a GIF."""
    errors = [
        float(np.mean((one.astype(np.float64) - other) ** 2))
        for one, other in zip(lossless(stretch, look), decoded(path, look.delay), strict=False)
    ]
    decibels = [10 * np.log10(255**2 / max(error, 1e-9)) for error in (np.mean(errors), max(errors))]
    return Measured(path.stat().st_size / 1000, *map(float, decibels))


def by_manim(lecture: str, beat: str, stretch: Stretch, look: Look, target: Path) -> None:
    """Manim's own GIF of the beat, drawn at the GIF's size."""
    script = f"""
import os
from manim import tempconfig
from gdlectures.asking import catalog

lecture = catalog.load(catalog.find({lecture!r}))

class OneBeat(lecture):
    def next_section(self, name="", *arguments, **words):
        super().next_section(name, skip_animations=name != {beat!r})

height = 2 * round({look.width} * 9 / 16 / 2)
with tempconfig({{"format": "gif", "pixel_width": {look.width}, "pixel_height": height,
                 "frame_rate": {CENTISECONDS / look.delay}, "media_dir": os.getcwd(), "disable_caching": True,
                 "verbosity": "ERROR", "progress_bar": "none", "notify_outdated_version": False}}):
    OneBeat().render()
"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, capture_output=True)
        (made,) = Path(folder).rglob("*.gif")
        made.replace(target)


def by_matplotlib(stretch: Stretch, look: Look, target: Path) -> None:
    """matplotlib's PillowWriter, fed with the same frames."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import animation, pyplot

    height = 2 * round(look.width * 9 / 16 / 2)
    figure = pyplot.figure(figsize=(look.width / 100, height / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    writer = animation.PillowWriter(fps=CENTISECONDS / look.delay)
    with writer.saving(figure, str(target), dpi=100):
        for pixels in lossless(stretch, look):
            axes.imshow(pixels, interpolation="nearest", aspect="auto")
            writer.grab_frame()
            axes.cla()
            axes.set_axis_off()


def rows(film: Rendered, beat: str | None, look: Look, ways: dict[str, Callable[..., None]]) -> Iterator[str]:
    """Lines of the table: one a way."""
    each = film.beats[-1] if beat is None else next(b for b in film.beats if b.name == beat)
    stop = stops(film)[film.beats.index(each)]
    stretch = Stretch(film.manifest.with_name("master.mp4"), each.start_frame, stop, film.fps)
    with tempfile.TemporaryDirectory() as folder:
        for name, write in ways.items():
            target = Path(folder) / "made.gif"
            write(film.lecture, each.name, stretch, target)
            yield f"| {film.lecture} | {each.name} | {name} | {measured(target, stretch, look).cells()} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("lectures", nargs="*", default=[entry.name for entry in catalog.entries()])
    parser.add_argument("--beat")
    parser.add_argument("--width", type=int, default=854)
    parser.add_argument("--gif-fps", choices=list(GIF_FPS), default="10")
    parser.add_argument("--quality", default="preview")
    parser.add_argument("--matplotlib", metavar="DIR", help="folder that holds matplotlib")
    given = parser.parse_args()
    look = Look(given.width, GIF_FPS[given.gif_fps], hold=0)
    ways: dict[str, Callable[..., None]] = {
        "gdlectures gif": lambda _lecture, _beat, stretch, target: write_gif(stretch, look, target),
        "manim --format gif": lambda lecture, beat, stretch, target: by_manim(
            lecture, beat, stretch, look, target
        ),
    }
    if given.matplotlib:
        sys.path.append(os.path.abspath(given.matplotlib))
        ways["matplotlib PillowWriter"] = lambda _lecture, _beat, stretch, target: by_matplotlib(
            stretch, look, target
        )
    print("| lecture | beat | way | kB | mean PSNR, dB | worst PSNR, dB |")
    print("|---|---|---|---|---|---|")
    for outcome in draw_masters([RenderRequest(name, quality=given.quality) for name in given.lectures]):
        for row in rows(outcome.film(), given.beat, look, ways):
            print(row, flush=True)


if __name__ == "__main__":
    main()
