"""Pictures and films of a lecture in another size."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from gdlectures.exports.material import LectureMaterial, Slide


def resize_picture(source: Path, target: Path, size: tuple[int, int]) -> None:
    """Write a picture as a PNG of a size (width, height)."""
    from PIL import Image

    with Image.open(source) as image:
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(target)


def resize_film(source: Path, target: Path, size: tuple[int, int], fps: int, title: str) -> None:
    """Write a film of so many frames a second in a size (width, height)."""
    from gdlectures.films.cutting import name_film
    from gdlectures.films.encoding import FILM, Encoder
    from gdlectures.films.reading import read_frames, rgb
    from gdlectures.films.sounding import has_sound, sound_of

    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        encoded = Path(folder) / "encoded.mp4"
        encoder = Encoder(encoded, FILM, *size, fps)
        try:
            for frame in read_frames(source):
                encoder.put(rgb(frame.reformat(*size, interpolation="LANCZOS")))
        finally:
            encoder.finish()
        sound = sound_of(source, fps) if has_sound(source) else None
        name_film(encoded, target, fps, title, sound=sound)


def smaller(lecture: LectureMaterial, folder: Path, height: int) -> LectureMaterial:
    """A lecture whose clips and pictures have another height; its whole film stays as it is.

    Parameters
    ----------
    lecture : LectureMaterial
    folder : Path
        Made; it takes the files.
    height : int
        Pixels, an even number.
    """
    folder.mkdir()
    size = (2 * round(lecture.width * height / lecture.height / 2), height)

    def resized(path: Path) -> Path:
        target = folder / path.name
        if not target.exists():
            resize_picture(path, target, size)
        return target

    def of(slide: Slide) -> Slide:
        clip = folder / slide.clip.name
        resize_film(slide.clip, clip, size, lecture.fps, f"{lecture.title}: {slide.title}")
        poster, still, end = map(resized, (slide.poster, slide.still, slide.end))
        return dataclasses.replace(slide, clip=clip, poster=poster, still=still, end=end)

    return dataclasses.replace(
        lecture,
        width=size[0],
        height=height,
        poster=resized(lecture.poster),
        slides=tuple(map(of, lecture.slides)),
    )
