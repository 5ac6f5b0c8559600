"""Animated WebP."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from gdlectures.exports.looks import Look
from gdlectures.exports.moving import add_stream, check_size, frame_size, sampled, sampling
from gdlectures.films.reading import Stretch


def write_webp(stretch: Stretch, look: Look, target: Path, limit: int | None = None) -> None:
    """Write an animated WebP.

    Raises
    ------
    TooLarge
        If it outgrows `limit` bytes.
    BrokenFilm
        If the master cannot be read.
    """
    width, height = frame_size(stretch, look)
    with av.open(str(target), "w", format="webp", options={"loop": str(look.loop)}) as picture:
        options = {"quality": str(look.quality)}
        stream = add_stream(picture, "libwebp_anim", (width, height), "bgra", 1000, options)
        for frame, moment in _ended(stretch, look):
            shown = frame.reformat(width, height, "bgra", interpolation="LANCZOS")
            shown.pts, shown.time_base = moment, Fraction(1, 1000)
            picture.mux(stream.encode(shown))
        picture.mux(stream.encode(None))
    check_size(target, limit)


def _ended(stretch: Stretch, look: Look) -> Iterator[tuple[av.VideoFrame, int]]:
    """Every frame that is shown, with its moment in milliseconds; the last comes twice if it is held.

    The encoder gives the last of n frames the mean length of those before it. So that a film of length T ends
    in time, it stands at T (n - 1) / n.
    """
    samples = sampling(stretch, look)
    for frame, sample in sampled(stretch, samples):
        yield frame, 10 * sample.moment
    if look.hold:
        count = len(samples) + 1
        end = 10 * (samples[-1].moment + look.delay) + 1000 * look.hold
        yield frame, round(end * (count - 1) / count)
