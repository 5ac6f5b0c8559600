"""Two small lectures of three beats, each a plain colour that a picture can be told by."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from gdlectures.asking.live import LiveFigure, live_figure
from gdlectures.exports.material import LectureMaterial, Slide
from gdlectures.films.encoding import ENCODER_OPTIONS
from gdmath import preset
from gdscenes.kit.page.theme import THEMES, rgb

WIDTH, HEIGHT, FPS, FRAMES = 320, 180, 10, 8
SCRIPT = "<script>document.title = 'taken over'</script>"
NOTE = f'Say: "a < b & c". {SCRIPT}'
HUES = ((200, 61, 60), (60, 160, 60), (60, 91, 220))
"""What fills the middle of each beat's last frame; it comes in over the beat."""


def picture(ground: str, hue: tuple[int, ...], part: float) -> np.ndarray:
    """A frame with a box in the middle, `part` of the way from the ground to its hue."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = under = np.rint(255 * np.array(rgb(ground)))
    pixels[HEIGHT // 4 : -HEIGHT // 4, WIDTH // 4 : -WIDTH // 4] = under + part * (np.array(hue) - under)
    return pixels


def write_film(path: Path, pictures: list[np.ndarray]) -> None:
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream("libx264", rate=FPS, options=ENCODER_OPTIONS | {"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


def lecture(
    folder: Path, name: str, theme: str, *, title: str = "A lecture", loop: bool = False
) -> LectureMaterial:
    """A lecture's material, its files in a folder; its last beat may loop."""
    folder.mkdir(parents=True, exist_ok=True)
    look = THEMES[theme]
    slides, film = [], []
    for number, hue in enumerate(HUES):
        # a beat begins where the one before it ended
        before = picture(look.ground, HUES[number - 1], 1.0) if number else picture(look.ground, hue, 0.0)
        pictures = [before, *(picture(look.ground, hue, (k + 1) / (FRAMES - 1)) for k in range(FRAMES - 1))]
        stem = folder / f"{name}-{number}"
        write_film(stem.with_suffix(".mp4"), pictures)
        Image.fromarray(pictures[0]).save(f"{stem}-poster.png")
        Image.fromarray(pictures[-1]).save(f"{stem}-still.png")
        slides.append(
            Slide(
                name=f"beat_{number}",
                title=f"Beat {number} {SCRIPT}",
                note=f"{NOTE} ({number})",
                clip=stem.with_suffix(".mp4"),
                poster=Path(f"{stem}-poster.png"),
                still=Path(f"{stem}-still.png"),
                end=Path(f"{stem}-still.png"),
                alt=f'A box, "{number}" <b>',
                numbers=(),
                formulas=(),
                loop=loop and number == len(HUES) - 1,
                start_frame=number * FRAMES,
                frames=FRAMES,
            )
        )
        film += pictures
    write_film(folder / f"{name}.mp4", film)
    return LectureMaterial(
        name=name,
        title=title,
        question=f"Why {name}? {SCRIPT}",
        summary=f"It shows {SCRIPT}.",
        language="en",
        theme=theme,
        dataset="chapter-0",
        ground=look.ground,
        ink=look.ink,
        muted=look.muted,
        accent=look.weight,
        width=WIDTH,
        height=HEIGHT,
        fps=FPS,
        seconds=len(film) / FPS,
        film=folder / f"{name}.mp4",
        poster=slides[-1].still,
        slides=tuple(slides),
        knobs=(("--dataset", "chapter-0", "data"), ("--learning-rate", "0.1", f"rate {SCRIPT}")),
    )


def live(theme: str = "dark") -> LiveFigure:
    """A live figure of chapter 0 with everything: two beats to try, batches, a task of either kind."""
    dataset = preset("chapter-0")
    begins = {"rate": 0.2, "start": dataset.start.tolist(), "steps": 50, "step": 10, "size": 0}
    begins |= {"axes": False, "standardised": False, "predict": False}
    entry = {
        "reduction": "mean",
        "batches": [{"size": 16, "seed": None}, {"size": 1, "seed": 3}],
        "begins": begins,
        "settings": [
            {"beat": "beat_1", "title": f"One {SCRIPT}", **begins, "rate": 1.1, "step": 5},
            {"beat": "beat_2", "title": "Two", **begins, "standardised": True, "rate": "best", "step": 1},
        ],
        "tasks": [
            {"words": f"Which curvature? {SCRIPT}", "asks": "curvature", "within": 0.02, "wants": None},
            {"words": "Take the best rate.", "asks": None, "within": 0, "wants": {"of_best": [0.97, 1.03]}},
        ],
    }
    return live_figure(f"A lecture {SCRIPT}", "Why?", theme, "en", entry, dataset)
