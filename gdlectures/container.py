"""The mp4 itself: how it is encoded, joined and proved whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

ENCODER_OPTIONS = {
    # one thread: x264 cuts a frame into as many slices as it has threads, and the bytes would follow
    "threads": "1",
    # without tags a browser guesses the matrix by the height of the film and shows other reds and greens
    "colorspace": "smpte170m",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}
"""Options for libx264."""

_REORDERING = 2  # frames by which libx264 lets decoding run ahead of showing


class BrokenFilm(Exception):
    """A film that does not hold the frames that its scene drew."""


@dataclass(frozen=True)
class Frames:
    """What decoding a whole film counted."""

    count: int
    width: int
    height: int


def join(segments: Sequence[Path], target: Path, fps: int, title: str) -> None:
    """Join a film from the segments that Manim encoded, frame k shown at exactly k / fps.

    The packets are copied. Manim's own joined file is not used: it may show the frames after a joint a
    fraction of a frame early, and its index comes last, so that nothing plays while it loads.

    Raises
    ------
    BrokenFilm
        If the segments do not fit together.
    """
    frame_time = Fraction(1, fps)
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        film.metadata["title"] = title
        stream, written, before = None, 0, 0
        for path in segments:
            with av.open(str(path)) as segment:
                given = segment.streams.video[0]
                if stream is None:
                    stream = film.add_stream_from_template(given)
                    stream.time_base = frame_time
                elif given.codec_context.extradata != stream.codec_context.extradata:
                    raise BrokenFilm(f"{path.name} is encoded in another way than the segments before it")
                for packet in segment.demux(given):
                    # demux ends with an empty packet that only flushes decoders
                    if packet.pts is None or packet.time_base is None:
                        continue
                    shown = packet.pts * packet.time_base / frame_time
                    packet.stream, packet.time_base = stream, frame_time
                    packet.pts, packet.dts = before + int(shown), written - _REORDERING
                    packet.duration = 1
                    film.mux(packet)
                    written += 1
            before = written


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
