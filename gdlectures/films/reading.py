"""How the frames of a video file are read again, and a file is proved whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from gdlectures.films.encoding import Pixels


class BrokenFilm(Exception):
    """A film that does not hold the frames that its scene drew."""


@dataclass(frozen=True)
class Frames:
    """What decoding a whole film counted."""

    count: int
    width: int
    height: int


@dataclass(frozen=True)
class Stretch:
    """Frames of a master: from one to before another, at so many a second."""

    master: Path
    start: int
    stop: int
    fps: int


def read_frames(path: Path, start: int = 0, stop: int | None = None) -> Iterator[av.VideoFrame]:
    """The frames of a lossless film, from one to before another, decoded one at a time.

    Raises
    ------
    BrokenFilm
        If one cannot be decoded.
    """
    index = 0
    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in film.decode(stream):
                if stop is not None and index >= stop:
                    return
                if index >= start:
                    yield frame
                index += 1
    except (av.FFmpegError, IndexError) as error:
        raise BrokenFilm(f"frame {index} of {path.name} cannot be decoded: {error}") from error
    if stop is not None and index < stop:
        raise BrokenFilm(f"{path.name} ends after {index} frames")


def rgb(frame: av.VideoFrame) -> Pixels:
    """The pixels of a frame, (height, width, 3)."""
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def decode(path: Path, fps: int) -> Frames:
    """Decode a film from the first frame to the last.

    Raises
    ------
    BrokenFilm
        If a frame cannot be decoded, or frame k is not shown at exactly k / fps.
    """
    count = width = height = 0
    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in film.decode(stream):
                if _shown_at(frame) != Fraction(count, fps):
                    raise BrokenFilm(f"frame {count} is shown at the wrong time")
                count, width, height = count + 1, frame.width, frame.height
    except (av.FFmpegError, IndexError) as error:
        raise BrokenFilm(f"frame {count} cannot be decoded: {error}") from error
    return Frames(count, width, height)


def verify(path: Path, expected: Frames, fps: int) -> None:
    """Prove that a film holds exactly the frames that were drawn.

    Raises
    ------
    BrokenFilm
        If it does not.
    """
    found = decode(path, fps)
    if found != expected:
        raise BrokenFilm(
            f"{found.count} frames of {found.width}x{found.height} where the scene drew "
            f"{expected.count} of {expected.width}x{expected.height}"
        )


def _shown_at(frame: av.VideoFrame) -> Fraction | None:
    """Seconds from the start at which a frame is shown, exactly."""
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
