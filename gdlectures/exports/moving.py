"""What every moving picture is made by, frame after frame; only a few are in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from gdlectures.exports.looks import Look, even
from gdlectures.films.reading import Stretch, read_frames

CENTISECONDS = 100


class TooLarge(Exception):
    """A file that outgrew its limit before it was whole."""


Writer = Callable[[Stretch, Look, Path, int | None], None]
"""Writes a moving picture to a path; the last argument limits its bytes."""


@dataclass(frozen=True)
class Made:
    """A moving picture that was made: how it looks, and its size in bytes."""

    look: Look
    bytes: int


def write_within(
    write: Writer, stretch: Stretch, looks: Sequence[Look], target: Path, limit: int
) -> Made | int:
    """Write a moving picture with the best look that keeps it within a limit.

    Parameters
    ----------
    write : Writer
    stretch : Stretch
    looks : sequence of Look
        From the best to the smallest, each smaller than the one before.
    target : Path
        Holds the result, or nothing.
    limit : int
        Bytes.

    Returns
    -------
    Made or int
        What was made; where even the smallest is too large, its bytes.
    """
    best: Made | None = None
    trial = target.with_name(f"trial-{target.name}")
    low, high = 0, len(looks)
    while low < high:
        middle = (low + high) // 2
        try:
            write(stretch, looks[middle], trial, limit)
            best = Made(looks[middle], trial.stat().st_size)
            trial.replace(target)
            high = middle
        except TooLarge:
            low = middle + 1
    trial.unlink(missing_ok=True)
    if best is not None:
        return best
    write(stretch, looks[-1], target, None)
    smallest = target.stat().st_size
    target.unlink()
    return smallest


@dataclass(frozen=True)
class Sample:
    """A frame of the master, when it is shown and for how long, in centiseconds."""

    index: int
    moment: int
    delay: int


def sampling(stretch: Stretch, look: Look) -> list[Sample]:
    """Which frames are shown: at each moment the one that the film shows then, and at the end the last."""
    length = stretch.stop - stretch.start
    count = max(1, -(-length * CENTISECONDS // (look.delay * stretch.fps)))
    indices = [stretch.start + k * look.delay * stretch.fps // CENTISECONDS for k in range(count)]
    indices[-1] = stretch.stop - 1
    return [Sample(index, k * look.delay, look.delay) for k, index in enumerate(indices)]


def sampled(stretch: Stretch, samples: Sequence[Sample]) -> Iterator[tuple[av.VideoFrame, Sample]]:
    """The frames that are shown, each with its sample, decoded one at a time."""
    wanted = iter(samples)
    sample: Sample | None = next(wanted)
    for index, frame in enumerate(read_frames(stretch.master, stretch.start, stretch.stop), stretch.start):
        while sample is not None and sample.index == index:
            yield frame, sample
            sample = next(wanted, None)


def add_stream(
    picture: OutputContainer,
    codec: str,
    size: tuple[int, int],
    pixel_format: str,
    ticks: int,
    options: dict[str, str] | None = None,
) -> VideoStream:
    """A stream of pictures whose moments are counted in so many ticks a second."""
    stream = picture.add_stream(codec, rate=Fraction(ticks, 1), options=options)
    assert isinstance(stream, VideoStream), "every codec here is a video codec"
    stream.width, stream.height = size
    stream.pix_fmt = pixel_format
    stream.time_base = stream.codec_context.time_base = Fraction(1, ticks)
    return stream


def frame_size(stretch: Stretch, look: Look) -> tuple[int, int]:
    """Width and height of the moving picture; the height is even."""
    with av.open(str(stretch.master)) as film:
        video = film.streams.video[0]
        return look.width, even(look.width * video.height / video.width)


def check_size(target: Path, limit: int | None) -> None:
    """Refuse a file that has outgrown its limit."""
    if limit is not None and target.stat().st_size > limit:
        raise TooLarge
