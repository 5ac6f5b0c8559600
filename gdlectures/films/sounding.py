"""How the sound of a film is encoded, and read again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from gdlectures.asking.sound import FULL, RATE, Samples
from gdlectures.faults.stopping import check_stopped
from gdlectures.films.reading import BrokenFilm

_BITS = 192_000  # a second: with fewer a loud voice comes out louder than it went in, and beyond full scale
_AT_ONCE = 1024  # samples of a packet of AAC


def add_sound(film: OutputContainer) -> AudioStream:
    """A stream that takes the packets of `encoded`."""
    stream = film.add_stream("aac", rate=RATE, layout="mono")
    stream.bit_rate = _BITS
    return stream


def encoded(stream: AudioStream, samples: Samples) -> Iterator[Packet[AudioStream]]:
    """The packets of a sound."""
    plain = samples.astype(np.float32) / FULL
    for start in range(0, len(plain), _AT_ONCE):
        frame = av.AudioFrame.from_ndarray(plain[None, start : start + _AT_ONCE], "fltp", "mono")
        frame.sample_rate, frame.pts = RATE, start
        yield from stream.encode(frame)
    yield from stream.encode(None)


def has_sound(film: Path) -> bool:
    """Whether there is anything to be heard in a film.

    Raises
    ------
    BrokenFilm
        If it cannot be read.
    """
    with _opened(film) as opened:
        return bool(opened.streams.audio)


def sound_of(film: Path, fps: int, start: int = 0, stop: int | None = None) -> Samples:
    """The sound of a film from one frame to before another, by default the whole; silence where it has none.

    Raises
    ------
    BrokenFilm
        If it cannot be decoded.
    """
    with _opened(film) as opened:
        frames = opened.streams.video[0].frames
        begin, end = (at_frame(each, fps) for each in (start, frames if stop is None else stop))
        sound, at = np.zeros(end - begin, np.float32), 0
        for frame in opened.decode(opened.streams.audio[0]) if opened.streams.audio else ():
            check_stopped()
            heard = frame.to_ndarray()[0][max(0, begin - at) : max(0, end - at)]
            here = max(0, at - begin)
            sound[here : here + len(heard)] = heard
            at += frame.samples
    return np.rint(np.clip(sound, -1, 1) * FULL).astype(np.int16)


@contextmanager
def _opened(film: Path) -> Iterator[InputContainer]:
    try:
        with av.open(str(film)) as opened:
            yield opened
    except (av.error.InvalidDataError, av.error.EOFError, IndexError) as error:
        raise BrokenFilm(f"{film.name} cannot be read: {error}") from error


def at_frame(frame: int, fps: int) -> int:
    """The sample that is heard when a frame begins to be seen."""
    return round(frame * RATE / fps)
