"""Video files themselves: how frames are encoded, named, cut, read again and proved whole."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType
from av.video.stream import VideoStream
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

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

_WAITING = 8  # frames that may wait for an encoder; at 1080p they take 66 MB
_REORDERING = 2  # frames by which libx264 lets decoding run ahead of showing


class BrokenFilm(Exception):
    """A film that does not hold the frames that its scene drew."""


@dataclass(frozen=True)
class Codec:
    """One way to encode frames.

    Attributes
    ----------
    name, pixel_format : str
        As FFmpeg knows them.
    options : mapping of str to str
    container : str
        Suffix of the file, without its dot.
    """

    name: str
    pixel_format: str
    options: Mapping[str, str]
    container: str


# forced-idr: a film can be cut where a beat begins without being encoded again
FILM = Codec("libx264", "yuv420p", ENCODER_OPTIONS | {"forced-idr": "1"}, "mp4")
MASTER = Codec(
    "libx264rgb", "rgb24", {"crf": "0", "preset": "ultrafast", "threads": "1", "forced-idr": "1"}, "mp4"
)
"""Lossless: red, green and blue come back bit for bit."""
TRANSPARENT_MASTER = Codec("qtrle", "argb", {}, "mov")
"""Lossless, with alpha."""


@dataclass(frozen=True)
class Frames:
    """What decoding a whole film counted."""

    count: int
    width: int
    height: int


@dataclass(frozen=True)
class Chapter:
    """A named stretch of a film, from one frame to before another."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Stretch:
    """Frames of a master: from one to before another, at so many a second."""

    master: Path
    start: int
    stop: int
    fps: int


class Encoder:
    """Writes one video file, in a thread of its own.

    Parameters
    ----------
    path : Path
    codec : Codec
    width, height, fps : int
    """

    def __init__(self, path: Path, codec: Codec, width: int, height: int, fps: int) -> None:
        self._codec, self._frame_time = codec, Fraction(1, fps)
        self._container = av.open(str(path), "w", format=codec.container)
        stream = self._container.add_stream(codec.name, rate=fps, options=dict(codec.options))
        assert isinstance(stream, VideoStream), "every codec here is a video codec"
        stream.width, stream.height, stream.pix_fmt = width, height, codec.pixel_format
        self._stream = stream
        self._count = 0
        self._error: BaseException | None = None
        self._queue: queue.Queue[tuple[Pixels, int, bool] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._encode, daemon=True)
        self._thread.start()

    def put(self, pixels: Pixels, repeat: int = 1, opens: bool = False) -> None:
        """Add a frame.

        Parameters
        ----------
        pixels : ndarray, shape (height, width, 3 or 4)
            Red, green, blue and alpha; not to be changed afterwards.
        repeat : int
            Frames that show it.
        opens : bool
            The film may be cut before it.

        Raises
        ------
        Exception
            What stopped the encoder earlier.
        """
        if self._error is not None:
            self.finish()
        self._queue.put((pixels, repeat, opens))

    def finish(self) -> None:
        """Wait until the file is whole.

        Raises
        ------
        Exception
            What stopped the encoder.
        """
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _encode(self) -> None:
        while (given := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._write(*given)
                except BaseException as error:
                    self._error = error
        try:
            if self._error is None:
                self._container.mux(self._stream.encode(None))
        except BaseException as error:
            self._error = error
        try:
            self._container.close()
        except BaseException as error:
            self._error = self._error or error

    def _write(self, pixels: Pixels, repeat: int, opens: bool) -> None:
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24" if pixels.shape[2] == 3 else "rgba")
        frame = frame.reformat(format=self._codec.pixel_format)
        for index in range(repeat):
            frame.pts, frame.time_base = self._count, self._frame_time
            frame.pict_type = PictureType.I if opens and index == 0 else PictureType.NONE
            self._count += 1
            self._container.mux(self._stream.encode(frame))


def name_film(
    source: Path,
    target: Path,
    fps: int,
    title: str,
    chapters: Sequence[Chapter] = (),
    start: int = 0,
    stop: int | None = None,
) -> None:
    """Copy a film, or a stretch of it that opens with a cut, with its title and chapters; nothing is encoded.

    Frame k of the stretch is shown at exactly k / fps, and the index comes first, so that the film plays
    while it loads.

    Parameters
    ----------
    source, target : Path
    fps : int
    title : str
    chapters : sequence of Chapter
    start, stop : int
        The stretch: from one frame to before another, by default the whole.

    Raises
    ------
    BrokenFilm
        If the film cannot be cut before frame `start`, or cannot be read.
    """
    frame_time = Fraction(1, fps)
    try:
        with (
            av.open(str(source)) as given,
            av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as film,
        ):
            before = given.streams.video[0]
            stream = film.add_stream_from_template(before)
            stream.time_base = frame_time
            film.metadata["title"] = title
            film.set_chapters(
                [
                    {
                        "id": index,
                        "start": chapter.start - start,
                        "end": chapter.stop - start,
                        "time_base": frame_time,
                        "metadata": {"title": chapter.title},
                    }
                    for index, chapter in enumerate(chapters)
                ]
            )
            written = 0
            for packet in given.demux(before):
                # demux ends with an empty packet that only flushes decoders
                if packet.pts is None or packet.time_base is None:
                    continue
                shown = int(packet.pts * packet.time_base / frame_time)
                if shown < start or (stop is not None and shown >= stop):
                    continue
                if written == 0 and not (shown == start and packet.is_keyframe):
                    raise BrokenFilm(f"{source.name} cannot be cut before frame {start}")
                packet.stream, packet.time_base = stream, frame_time
                packet.pts, packet.dts, packet.duration = shown - start, written - _REORDERING, 1
                film.mux(packet)
                written += 1
    except av.error.InvalidDataError as error:
        raise BrokenFilm(f"{source.name} cannot be read: {error}") from error


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
