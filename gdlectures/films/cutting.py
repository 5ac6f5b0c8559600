"""How a film is named, parted into chapters and cut without being encoded again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from gdlectures.films.reading import BrokenFilm

_REORDERING = 2  # frames by which libx264 lets decoding run ahead of showing


@dataclass(frozen=True)
class Chapter:
    """A named stretch of a film, from one frame to before another."""

    title: str
    start: int
    stop: int


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
