"""A voice put to a film: each beat stands on its last frame until it is said, and a track holds what is said.

Nothing is drawn for it: the frames are those of the silent film in the cache.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gdlectures.asking.provenance import file_digest
from gdlectures.asking.requests import Beat, Rendered
from gdlectures.asking.sound import LOUDEST, RATE, Samples, peak_of
from gdlectures.asking.voice import Voice
from gdlectures.films import reading
from gdlectures.films.cutting import Chapter, Part, join_films
from gdlectures.films.encoding import FILM, MASTER, Codec, Encoder
from gdlectures.films.manifest import manifest_of
from gdlectures.films.masters import MASTER as MASTER_STEM
from gdlectures.films.sounding import at_frame, sound_of

REST = 0.4
"""Seconds of silence, at the least, between what is said in two beats."""
_FADE = 0.005  # seconds in which a recording comes and goes, or a cut in the middle of a wave would click


def held_frames(film: Rendered, voice: Voice) -> dict[str, int]:
    """How many frames longer each beat stands on its last one, so that it is said before the next opens."""
    return {
        beat.name: max(0, math.ceil((voice.recordings[beat.name].seconds + REST) * film.fps) - (stop - start))
        for beat, start, stop in film.stretches
        if beat.name in voice.recordings
    }


def hold(film: Rendered, held: Mapping[str, int], folder: Path) -> Rendered:
    """Have beats stand longer on their last frame; without a sound.

    Parameters
    ----------
    film : Rendered
        In the cache, beside its master.
    held : mapping of str to int
        How many frames, by beats.
    folder : Path
        Takes the new master, and the film under the name of the old one.

    Returns
    -------
    Rendered
        The new film.

    Raises
    ------
    BrokenFilm
        If the film or its master cannot be read.
    """
    master = film.manifest.with_name(f"{MASTER_STEM}.mp4")
    for source, codec in ((master, MASTER), (film.mp4, FILM)):
        parts = []
        for number, (beat, start, stop) in enumerate(film.stretches):
            parts.append(Part(source, start, stop))
            if count := held.get(beat.name, 0):
                still = folder / f"{number:03}-{codec.name}.mp4"
                _stand(film, master, stop - 1, count, still, codec)
                parts.append(Part(still))
        join_films(parts, folder / source.name, film.fps, codec)
        for each in parts:
            if each.path != source:
                each.path.unlink()
    frames, size = film.frames + sum(held.values()), (film.width, film.height)
    for name in (master.name, film.mp4.name):
        reading.verify(folder / name, reading.Frames(frames, *size), film.fps)
    before = itertools.accumulate((held.get(beat.name, 0) for beat in film.beats), initial=0)
    beats = tuple(_later(beat, frames, film.fps) for beat, frames in zip(film.beats, before, strict=False))
    return dataclasses.replace(film, mp4=folder / film.mp4.name, beats=beats, frames=frames)


def speak(film: Rendered, voice: Voice, asked: str, resolved: str, folder: Path) -> None:
    """Put a voice to a film: a master, a film with sound, its story and its manifest.

    Parameters
    ----------
    film : Rendered
        Silent, in the cache.
    voice : Voice
    asked, resolved : str
        Digests of the request, see `gdlectures.films.manifest.Manifest`.
    folder : Path
        Takes the files, under the names of the silent ones.

    Raises
    ------
    BrokenFilm
        If the film or its master cannot be read.
    """
    record = manifest_of(film)
    held = held_frames(film, voice)
    made = hold(film, held, folder)
    beats = tuple(
        dataclasses.replace(beat, heard=voice.recordings[beat.name].heard)
        if beat.name in voice.recordings
        else beat
        for beat in made.beats
    )
    chapters = [Chapter(beat.title, start, stop) for beat, start, stop in made.stretches]
    title = record.title if film.beat is None else f"{record.title}: {beats[0].title}"
    sound, spoken = _track(made, voice), folder / "spoken.mp4"
    while True:
        join_films([Part(made.mp4)], spoken, made.fps, FILM, title, chapters, sound)
        # what encoding adds to a crest must not reach full scale
        if (peak := peak_of(sound_of(spoken, made.fps))) < 1:
            break
        sound = np.rint(sound * LOUDEST).astype(np.int16)
    spoken.replace(made.mp4)
    shutil.copyfile(film.story, folder / film.story.name)
    record = dataclasses.replace(
        record,
        frames=made.frames,
        seconds=made.seconds,
        sha256=file_digest(made.mp4),
        bytes=made.mp4.stat().st_size,
        beats=beats,
        voice={
            "of": voice.told,
            "peak": round(peak, 4),
            "recordings": {
                beat: {"file": each.name, "seconds": each.seconds, "sha256": each.digest, "held": held[beat]}
                for beat, each in voice.recordings.items()
            },
        },
        asked=asked,
        resolved=resolved,
    )
    (folder / film.manifest.name).write_text(record.text(), "ascii")


def _stand(film: Rendered, master: Path, frame: int, count: int, target: Path, codec: Codec) -> None:
    """A film of one frame of a master, so many times."""
    (still,) = reading.read_frames(master, frame, frame + 1)
    encoder = Encoder(target, codec, film.width, film.height, film.fps)
    try:
        encoder.put(reading.rgb(still), count)
    finally:
        encoder.finish()


def _later(beat: Beat, frames: int, fps: int) -> Beat:
    opened = beat.start_frame + frames
    return dataclasses.replace(
        beat, start_frame=opened, start_seconds=opened / fps, still_frame=beat.still_frame + frames
    )


def _track(film: Rendered, voice: Voice) -> Samples:
    """Every recording from the first frame of its beat on."""
    track = np.zeros(at_frame(film.frames, film.fps), np.int16)
    for beat, start, stop in film.stretches:
        recording = voice.recordings.get(beat.name)
        if recording is not None:
            begin, count = at_frame(start, film.fps), len(recording.samples)
            assert begin + count <= at_frame(stop, film.fps), "the beat stands until it is said"
            ramp = np.minimum(1.0, np.arange(1, count + 1) / (_FADE * RATE))
            track[begin : begin + count] = np.rint(recording.samples * ramp * ramp[::-1])
    return track
