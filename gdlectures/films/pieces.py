"""The pieces of a film: each beat is encoded by itself, so that it is the same whoever draws it, and when.

They lie in a folder that all workers of the film share. Whoever comes first to a beat draws it; what the
system locks for a worker is free again when the worker dies.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gdlectures.films import memory, reading
from gdlectures.films.cutting import Chapter, Part, join_films
from gdlectures.films.encoding import FILLED, FILM, MASTER, TRANSPARENT_MASTER, Codec, Encoder, Pixels
from gdlectures.films.messages import Job, Piece


class Pieces:
    """The folder of a film's pieces.

    Parameters
    ----------
    job : Job
    """

    def __init__(self, job: Job) -> None:
        self.folder = Path(job.pieces)
        self._job = job
        self._locks: dict[str, int] = {}

    @property
    def codecs(self) -> dict[str, Codec]:
        """How a beat is encoded, by the ending of its files' names."""
        if self._job.transparent:
            return {"-master.mov": TRANSPARENT_MASTER}
        return {"-master.mp4": MASTER, ".mp4": FILM}

    def claim(self, beats: Sequence[str]) -> str | None:
        """The first of some beats that nobody has drawn or draws; from now on this process does."""
        self.folder.mkdir(exist_ok=True)
        for beat in beats:
            told = self.path(beat, ".json")
            # whoever held the lock may have told of the piece between the two looks
            if not told.exists() and self._lock(told.stem) and not told.exists():
                return beat
        return None

    def path(self, beat: str, ending: str) -> Path:
        """A file of a piece."""
        return self.folder / f"{self._job.wanted.index(beat):03}{ending}"

    def tell(self, piece: Piece) -> None:
        """Say that the files of a piece are whole."""
        told = self.path(piece.beat.name, ".json")
        fresh = told.with_suffix(".telling")
        fresh.write_text(json.dumps(asdict(piece)), "ascii")
        os.replace(fresh, told)

    def all_told(self) -> tuple[Piece, ...] | None:
        """Every piece of the film, once all are whole."""
        told = [self.path(beat, ".json") for beat in self._job.wanted]
        if not all(map(Path.exists, told)):
            return None
        return tuple(Piece.read(json.loads(each.read_text("ascii"))) for each in told)

    def join(self) -> tuple[Piece, ...] | None:
        """Join the pieces once all are there, and verify what they make; None where others have to do it.

        What was joined before stays whole: who joined it may have ended, and be believed.

        Raises
        ------
        BrokenFilm
            If the master or the film does not hold exactly the frames that the scene went through.
        """
        job, pieces = self._job, self.all_told()
        if pieces is None or not self._lock("joined"):
            return None
        frames = sum(piece.frames for piece in pieces)
        start = pieces[0].start
        chapters = [
            Chapter(piece.beat.title, piece.start - start, piece.start + piece.frames - start)
            for piece in pieces
        ]
        for ending, codec in self.codecs.items():
            parts = [Part(self.path(piece.beat.name, ending)) for piece in pieces if piece.frames]
            fresh = self.folder / f"joined{ending}"
            if codec is FILM:
                target = Path(job.film)
                join_films(parts, fresh, job.fps, codec, job.title, chapters)
            else:
                target = Path(job.master)
                join_films(parts, fresh, job.fps, codec)
            reading.verify(fresh, reading.Frames(frames, job.width, job.height), job.fps)
            os.replace(fresh, target)
        return pieces

    def release(self) -> None:
        """Give back what was claimed; what is told of stays drawn."""
        while self._locks:
            os.close(self._locks.popitem()[1])

    def _lock(self, name: str) -> bool:
        """Whether this process holds a lock now, until `release` or as long as it lives."""
        if name in self._locks:
            return True
        descriptor = os.open(self.folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._locks[name] = descriptor
        return True


class Takes:
    """Takes the frames of a scene, those of each beat that is drawn into a piece of its own.

    Parameters
    ----------
    pieces : Pieces
    job : Job
    """

    def __init__(self, pieces: Pieces, job: Job) -> None:
        self._pieces, self._job = pieces, job
        self._open: list[Encoder] = []
        self._ended: list[tuple[list[Encoder], Piece]] = []
        self.drawn: list[Piece] = []
        self.frames = 0
        self._maps = False

    def begin(self, beat: str) -> None:
        """Frames of this beat follow; the files of the last are whole then, or two would take memory."""
        self.finish()
        memory.give_back()
        self._map_frames(True)
        size = (self._job.width, self._job.height, self._job.fps)
        self._open = [
            Encoder(self._pieces.path(beat, ending), codec, *size)
            for ending, codec in self._pieces.codecs.items()
        ]

    def put(self, pixels: Pixels, repeat: int = 1, opens: bool = False) -> None:
        """Take one frame, shown so many times."""
        self.frames += repeat
        for encoder in self._open:
            encoder.put(pixels, repeat)
        if self._maps and all(encoder.count >= FILLED for encoder in self._open):
            self._map_frames(False)

    def end(self, piece: Piece) -> None:
        """The beat has ended; its files become whole while the next is prepared."""
        for encoder in self._open:
            encoder.close()
        self._ended.append((self._open, piece))
        self._open = []

    def finish(self) -> None:
        """Wait until all files are whole."""
        for encoders, piece in self._ended:
            for encoder in encoders:
                encoder.finish()
            self._pieces.tell(piece)
            self.drawn.append(piece)
        self._ended = []

    def _map_frames(self, apart: bool) -> None:
        memory.map_frames(apart)
        self._maps = apart
