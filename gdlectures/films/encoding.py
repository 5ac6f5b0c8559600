"""How frames become a video file: each file by an encoder with a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
COLOR_TAGS = {
    # without tags a browser guesses the matrix by the height of the film and shows other reds and greens
    "colorspace": "smpte170m",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}
"""Options that tell a player how colours are written."""
_LOOKS_AHEAD = 16  # frames
FILLED = 3 * _LOOKS_AHEAD
"""Frames after which an encoder has all the memory that it keeps."""
ENCODER_OPTIONS = COLOR_TAGS | {
    # one thread: x264 cuts a frame into as many slices as it has threads, and the bytes would follow
    "threads": "1",
    # chosen by benchmarks/encoders.py: most of a drawing stays, so looking far ahead, to draw well
    # what will stay, gives more than searching for motion; further takes memory. A second frame to
    # refer to spares a tenth of the bytes
    "preset": "veryfast",
    "crf": "19.7",
    "rc-lookahead": str(_LOOKS_AHEAD),
    "refs": "2",
}
"""Options for libx264."""
_WAITING = 2  # frames that may wait for an encoder; at 1080p they take 17 MB


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
    ahead : int
        Frames by which decoding runs ahead of showing.
    """

    name: str
    pixel_format: str
    options: Mapping[str, str]
    container: str
    ahead: int = 0


FILM = Codec("libx264", "yuv420p", ENCODER_OPTIONS, "mp4", ahead=2)
MASTER = Codec("libx264rgb", "bgr0", {"crf": "0", "preset": "ultrafast", "threads": "1"}, "mp4")
"""Lossless: red, green and blue come back bit for bit."""
TRANSPARENT_MASTER = Codec("qtrle", "argb", {}, "mov")
"""Lossless, with alpha."""


class Encoder:
    """Writes one video file, in a thread of its own.

    Parameters
    ----------
    path : Path
    codec : Codec
    width, height, fps : int

    Attributes
    ----------
    count : int
        Frames that it has taken from its queue.
    """

    def __init__(self, path: Path, codec: Codec, width: int, height: int, fps: int) -> None:
        self._codec, self._frame_time = codec, Fraction(1, fps)
        self._container = av.open(str(path), "w", format=codec.container)
        stream = self._container.add_stream(codec.name, rate=fps, options=dict(codec.options))
        assert isinstance(stream, VideoStream), "every codec here is a video codec"
        stream.width, stream.height, stream.pix_fmt = width, height, codec.pixel_format
        self._stream = stream
        self._converter = VideoReformatter()
        self.count = 0
        self._error: BaseException | None = None
        self._closed = False
        self._queue: queue.Queue[tuple[Pixels, int] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._encode, daemon=True)
        self._thread.start()

    def put(self, pixels: Pixels, repeat: int = 1) -> None:
        """Add a frame.

        Parameters
        ----------
        pixels : ndarray, shape (height, width, 3 or 4)
            Red, green, blue and alpha; not to be changed afterwards.
        repeat : int
            Frames that show it.

        Raises
        ------
        Exception
            What stopped the encoder earlier.
        """
        if self._error is not None:
            self.finish()
        self._queue.put((pixels, repeat))

    def close(self) -> None:
        """No frame will follow; does not wait for the file."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)

    def finish(self) -> None:
        """Wait until the file is whole.

        Raises
        ------
        Exception
            What stopped the encoder.
        """
        self.close()
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
        del self._stream, self._container  # and with them the frames that the encoder has looked at

    def _write(self, pixels: Pixels, repeat: int) -> None:
        # where it lies and by one converter: a copy and a converter for each frame would take longer
        frame = av.VideoFrame.from_numpy_buffer(pixels, format="rgb24" if pixels.shape[2] == 3 else "rgba")
        frame = self._converter.reformat(frame, format=self._codec.pixel_format, threads=1)
        for _ in range(repeat):
            frame.pts, frame.time_base = self.count, self._frame_time
            self.count += 1
            self._container.mux(self._stream.encode(frame))
