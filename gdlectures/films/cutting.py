"""How a film is joined from pieces, named, parted into chapters and cut without being encoded again."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from gdlectures.asking.sound import Samples
from gdlectures.films.encoding import FILM, Codec
from gdlectures.films.reading import BrokenFilm
from gdlectures.films.sounding import add_sound, encoded, has_sound, sound_of

_BEFORE = 8  # frames: a film is looked for by when it is decoded, which is some frames before it is shown
# no bit rate is told: it would be that of the film which a part was taken from
_OPTIONS = {"movflags": "+faststart", "write_btrt": "0"}


@dataclass(frozen=True)
class Chapter:
    """A named stretch of a film, from one frame to before another."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Part:
    """What is taken of a film, from a frame that opens with a cut to before another; by default the whole."""

    path: Path
    start: int = 0
    stop: int | None = None


def name_film(
    source: Path,
    target: Path,
    fps: int,
    title: str,
    chapters: Sequence[Chapter] = (),
    start: int = 0,
    stop: int | None = None,
    sound: Samples | None = None,
) -> None:
    """Copy a film, or a stretch of it that opens with a cut, with its title and chapters.

    Parameters
    ----------
    source, target : Path
    fps : int
    title : str
    chapters : sequence of Chapter
        Frames of what is copied.
    start, stop : int
        The stretch: from one frame to before another, by default the whole.
    sound : ndarray, optional
        What is heard; the source's own when left out.

    Raises
    ------
    BrokenFilm
        If the film cannot be cut before frame `start`, or cannot be read.
    """
    join_films([Part(source, start, stop)], target, fps, FILM, title, chapters, sound)


def join_films(
    parts: Sequence[Part],
    target: Path,
    fps: int,
    codec: Codec,
    title: str | None = None,
    chapters: Sequence[Chapter] = (),
    sound: Samples | None = None,
) -> None:
    """Copy parts of films, one after another, into one; no picture is encoded.

    Frame k is shown at exactly k / fps, and the index comes first, so that the film plays while it loads.

    Parameters
    ----------
    parts : sequence of Part
        All encoded the same way.
    target : Path
    fps : int
    codec : Codec
        How they are encoded.
    title : str, optional
    chapters : sequence of Chapter
    sound : ndarray, optional
        What is heard; that of the parts when left out, silence where one of several has none. It is encoded
        for the whole: joined from packets, each part's would begin and end up to 21 ms off its picture.

    Raises
    ------
    BrokenFilm
        If a film cannot be cut where it should be, cannot be read, or is encoded another way than the first.
    """
    frame_time = Fraction(1, fps)
    path = parts[0].path
    if sound is None and any(has_sound(part.path) for part in parts):
        sound = np.concatenate([sound_of(part.path, fps, part.start, part.stop) for part in parts])
    try:
        with (
            av.open(str(path)) as first,
            av.open(str(target), "w", format=codec.container, options=_OPTIONS) as film,
        ):
            stream = film.add_stream_from_template(first.streams.video[0])
            stream.time_base = frame_time
            if title is not None:
                film.metadata["title"] = title
            film.set_chapters(
                [
                    {
                        "id": index,
                        "start": chapter.start,
                        "end": chapter.stop,
                        "time_base": frame_time,
                        "metadata": {"title": chapter.title},
                    }
                    for index, chapter in enumerate(chapters)
                ]
            )
            head = first.streams.video[0].codec_context.extradata

            def pictures() -> Iterator[Packet[VideoStream]]:
                nonlocal path
                written = 0
                for part in parts:
                    path, before = part.path, written
                    with av.open(str(path)) as given:
                        if given.streams.video[0].codec_context.extradata != head:
                            raise BrokenFilm(f"{path.name} is encoded another way than {parts[0].path.name}")
                        for packet, shown in _packets(given, part, frame_time):
                            packet.stream, packet.time_base = stream, frame_time
                            packet.pts, packet.dts = before + shown, written - codec.ahead
                            packet.duration = 1
                            yield packet
                            written += 1

            heard = [] if sound is None else [encoded(add_sound(film), sound)]
            packets: Iterator[Packet[Any]] = heapq.merge(pictures(), *heard, key=_moment)
            for packet in packets:
                film.mux(packet)
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise BrokenFilm(f"{path.name} cannot be read: {error}") from error


def _moment(packet: Packet[Any]) -> Fraction:
    """When a packet is decoded, seconds."""
    assert packet.time_base is not None, "it was encoded, or timed anew"
    return (packet.dts or 0) * packet.time_base


def _packets(
    given: InputContainer, part: Part, frame_time: Fraction
) -> Iterator[tuple[Packet[VideoStream], int]]:
    """The packets of a part, each with the frame of the part that it holds."""
    is_first, stream = True, given.streams.video[0]
    if part.start > _BEFORE and stream.time_base:
        given.seek(int((part.start - _BEFORE) * frame_time / stream.time_base), stream=stream)
    for packet in given.demux(stream):
        # demux ends with an empty packet that only flushes decoders
        if packet.pts is None or packet.time_base is None:
            continue
        shown, decoded = (
            int((each or 0) * packet.time_base / frame_time) for each in (packet.pts, packet.dts)
        )
        if part.stop is not None and decoded >= part.stop:
            return  # nothing is shown before it is decoded
        if shown < part.start or (part.stop is not None and shown >= part.stop):
            continue
        if is_first and not (shown == part.start and packet.is_keyframe):
            raise BrokenFilm(f"{part.path.name} cannot be cut before frame {part.start}")
        is_first = False
        yield packet, shown - part.start
