"""How the frames of a video file are read again, and a file is proved whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from gdlectures.faults.stopping import check_stopped
from gdlectures.films.encoding import Pixels


class BrokenFilm(Exception):
    """A film that does not hold the frames that its scene drew."""


@dataclass(frozen=True)
class Frames:
    """What a look through a whole film counted."""

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
    count = 0
    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            rate = stream.guessed_rate
            if start > 0 and rate and stream.time_base:
                # to the last frame before it that can be decoded by itself
                film.seek(int(start / rate / stream.time_base), stream=stream)
            for frame in film.decode(stream):
                check_stopped()
                shown = _shown_at(frame)
                index = count if shown is None or not rate else round(shown * rate)
                if stop is not None and index >= stop:
                    return
                if index >= start:
                    yield frame
                count = index + 1
    except (av.FFmpegError, IndexError) as error:
        raise BrokenFilm(f"frame {count} of {path.name} cannot be decoded: {error}") from error
    if stop is not None and count < stop:
        raise BrokenFilm(f"{path.name} ends after {count} frames")


def rgb(frame: av.VideoFrame) -> Pixels:
    """The pixels of a frame, (height, width, 3)."""
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def survey(path: Path, fps: int) -> Frames:
    """Look through a film: each frame by when it is shown, those that open a stretch decoded.

    Raises
    ------
    BrokenFilm
        If frame k is not shown at exactly k / fps, or one that is decoded cannot be.
    """
    shown: list[Fraction] = []
    keys = decoded = width = height = 0
    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.skip_frame = "NONKEY"
            for packet in film.demux(stream):
                # demux ends with an empty packet that only flushes decoders
                if packet.pts is not None and packet.time_base is not None:
                    shown.append(packet.pts * packet.time_base)
                    keys += packet.is_keyframe
                for frame in packet.decode():
                    decoded, width, height = decoded + 1, frame.width, frame.height
    except (av.FFmpegError, IndexError) as error:
        raise BrokenFilm(f"{path.name} cannot be decoded after {len(shown)} frames: {error}") from error
    for count, moment in enumerate(sorted(shown)):
        if moment != Fraction(count, fps):
            raise BrokenFilm(f"frame {count} is shown at the wrong time")
    if decoded < keys:
        raise BrokenFilm(f"{keys - decoded} of {keys} stretches of {path.name} cannot be decoded")
    return Frames(len(shown), width, height)


def verify(path: Path, expected: Frames, fps: int) -> None:
    """Hold a film to the frames that were drawn: as many, each shown when it should be, of that size.

    Raises
    ------
    BrokenFilm
        If it does not.
    """
    found = survey(path, fps)
    if found != expected:
        raise BrokenFilm(
            f"{found.count} frames of {found.width}x{found.height} where the scene drew "
            f"{expected.count} of {expected.width}x{expected.height}"
        )


def _shown_at(frame: av.VideoFrame) -> Fraction | None:
    """Seconds from the start at which a frame is shown, exactly."""
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
