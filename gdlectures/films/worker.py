"""The process that draws a film, or beats of one: reads a `Job` from its input, answers in lines of JSON.

The input stays open as long as the command lives: at its end the worker ends too, whatever it is doing.
All that Manim or a lecture prints goes to the error stream, which the command keeps as the log.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gdlectures.asking.requests import Beat, readable
from gdlectures.faults.errors import Exit, disk_error, one_line
from gdlectures.films.messages import Answer, Broken, Drawn, Job, Message, Moved, Piece, read, written

if TYPE_CHECKING:
    from gdlectures.asking.catalog import Entry
    from gdlectures.films.pieces import Pieces, Takes
    from gdscenes.kit.lecture.lecture import Lecture

_REPORT_EVERY = 0.2  # seconds
_LONGEST_TRACE = 20_000


class Channel:
    """The way back to the command: one message a line, whole lines only."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        with self._lock:
            self._stream.write(written(message))
            self._stream.flush()


class Reporter(threading.Thread):
    """Tells from the side how far a scene is, so that no frame waits for it and no scene knows of it."""

    def __init__(self, scene: Lecture, takes: Takes, fps: int, channel: Channel) -> None:
        super().__init__(daemon=True)
        self._scene, self._takes, self._fps, self._channel = scene, takes, fps, channel
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_REPORT_EVERY):
            beats = list(getattr(self._scene, "beat_starts", ()))
            self._channel.send(Moved(beats[-1] if beats else "", self._takes.frames / self._fps))

    def end(self) -> None:
        self._ended.set()
        self.join()


def main() -> None:
    """Do the job on standard input."""
    faulthandler.enable()
    # the channel takes the pipe for itself; prints of Manim and of the lecture go to the log
    channel = Channel(os.fdopen(os.dup(1), "w", encoding="ascii"))
    os.dup2(2, 1)
    job = read(sys.stdin.readline())
    assert isinstance(job, Job), "the command says what to draw"
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    last = answer(job, channel)
    channel.send(last)
    if isinstance(last, Broken):
        sys.exit(1)
    gc.freeze()  # what is left ends with the process


def answer(job: Job, channel: Channel) -> Answer:
    """Do a job; the last word on it, whatever becomes of it."""
    try:
        return draw(job, channel)
    # SystemExit too: a lecture that calls exit(0) has drawn no film
    except BaseException as error:
        return _failure(error)


def draw(job: Job, channel: Channel) -> Drawn:
    """Draw those beats of a film that nobody else draws, and join and verify it once all are there."""
    from gdlectures.asking.catalog import Entry
    from gdlectures.asking.inputs import heard
    from gdlectures.films.pieces import Pieces

    pieces = Pieces(job)
    first, entry = pieces.claim(job.beats), Entry(job.name, Path(job.file))
    with heard(entry, pieces.folder.parent) as inputs:
        drawn = () if first is None else _draw(job, entry, inputs, pieces, first, channel)
    joined = pieces.join()
    if joined is None and not job.beats:
        raise RuntimeError("pieces are missing that nobody is to draw")
    return Drawn(drawn, False) if joined is None else Drawn(joined, True)


def _draw(
    job: Job, entry: Entry, inputs: Mapping[str, str], pieces: Pieces, first: str, channel: Channel
) -> tuple[Piece, ...]:
    from gdlectures.asking import catalog, stories
    from gdlectures.films.pieces import Takes

    lecture = catalog.load(entry).told_in(job.language)
    # only now: the catalog imports Manim without looking for garbage meanwhile
    from manim import config

    from gdscenes.kit.manim_seam import hand_frames_to, skip_by_frames

    gc.freeze()  # what is imported stays: no search for garbage looks through it
    story = stories.read(Path(job.story)).story_of(lecture)
    config.update(
        {
            "media_dir": job.media,
            "format": "mov" if job.transparent else "mp4",
            "pixel_width": job.width,
            "pixel_height": job.height,
            "frame_rate": job.fps,
            "background_opacity": 0.0 if job.transparent else 1.0,
            "disable_caching": True,
            "max_files_cached": -1,
            "notify_outdated_version": False,
            "progress_bar": "none",
            "verbosity": "WARNING",
            "seed": 0,
        }
    )
    takes = Takes(pieces, job)
    body = {"settings": story.settings, "theme": job.theme, "stored": story, "__module__": lecture.__module__}
    told = _told(lecture, job, inputs, pieces, takes, first)
    scene: Lecture = type(lecture.__name__, (told,), body)()
    hand_frames_to(scene, [takes])
    skip_by_frames(scene)
    reporter = Reporter(scene, takes, job.fps, channel)
    reporter.start()
    try:
        scene.render()
    finally:
        reporter.end()
    return tuple(takes.drawn)


class _NothingMore(Exception):
    """No beat is left to this worker; the scene need not go on."""


def _told(
    lecture: type[Lecture],
    job: Job,
    inputs: Mapping[str, str],
    pieces: Pieces,
    takes: Takes,
    first: str,
) -> type[Lecture]:
    """The lecture, drawing the beats that are left to this worker and writing down what their stills say."""
    from manim import BLACK, Camera

    from gdlectures.films.page_words import PageWords, read_page
    from gdscenes.kit.manim_seam import CanvasCamera

    class Told(lecture):  # type: ignore[misc, valid-type]
        """The lecture, and of each beat the moment of its still and what can be read there."""

        def setup(self) -> None:
            super().setup()
            if job.transparent:
                # a clear pixel has no colour: Cairo adds to it what it draws
                assert isinstance(self.camera, Camera)
                self.camera.background_color = BLACK
            self.spoken = self.notes_of(self.story)
            self.still: tuple[float, bool, PageWords] | None = None
            self.drawn_next: str | None = first
            # what a lecture shows before it opens a beat belongs to the first
            self.draws = first == next(iter(self.beats))
            if self.draws:
                takes.begin(first)
            self.next_section()

        def construct(self) -> None:
            with contextlib.suppress(_NothingMore):
                super().construct()
                if missing := [name for name in self.beats if name not in self.beat_starts]:
                    raise RuntimeError(f"beats declared and never opened: {', '.join(missing)}")

        def beat(self, name: str) -> None:
            if self.drawn_next is None:
                raise _NothingMore
            super().beat(name)

        def next_section(self, name: str = "unnamed", *arguments: Any, **words: Any) -> None:
            if name == self.drawn_next and not self.draws:
                self.draws = True
                takes.begin(name)
            if isinstance(self.camera, CanvasCamera):
                self.camera.forget()  # so that the beats before leave nothing in this one's frames
            super().next_section(name, *arguments, **words | {"skip_animations": not self.draws})

        def telling_moment(self) -> None:
            super().telling_moment()
            if self.draws:
                self.still = (float(self.time), True, read_page(self))

        def end_of_beat(self, name: str) -> None:
            super().end_of_beat(name)
            if not self.draws:
                return
            seconds, is_next, words = self.still or (float(self.time), False, read_page(self))
            names = list(self.beats)
            opened = round(self.beat_starts[name] * job.fps)
            start = 0 if name == names[0] else opened
            told = Beat(
                name=name,
                title=readable(name),
                note=self.spoken[name],
                start_frame=opened,
                start_seconds=opened / job.fps,
                # what stands on the page at the end of a beat was drawn by the frame before it, and what a
                # lecture calls a telling moment by the frame that comes
                still_frame=round(seconds * job.fps) - (0 if is_next else 1),
                loops=name in self.loops,
                **asdict(words),
            )
            takes.end(Piece(told, start, round(self.time * job.fps) - start, dict(inputs)))
            self.still, self.draws = None, False
            later = names[names.index(name) + 1 :]
            self.drawn_next = pieces.claim([each for each in later if each in job.beats])

    return Told


def _failure(error: BaseException) -> Broken:
    from gdscenes.kit.stage.drawing import GraphicsError

    disk = disk_error(error)
    if disk is not None:
        exit_code = Exit.ENVIRONMENT
    elif isinstance(error, MemoryError):
        exit_code = Exit.LIMIT
    else:
        exit_code = Exit.SCENE
    if isinstance(error, SystemExit):
        reason = f"it called exit({error.code!r})"
    else:
        module = f"{type(error).__module__}."  # where an error is defined tells a lecturer nothing
        reason = traceback.format_exception_only(error)[-1].strip().removeprefix(module)
    told = None
    if isinstance(error, GraphicsError):
        exit_code, told = Exit.ENVIRONMENT, (error.where, error.got, error.allowed, error.fix)
    trace = "".join(traceback.format_exception(error))[-_LONGEST_TRACE:]
    return Broken(
        reason=one_line(reason.splitlines()[0]),
        exit_code=exit_code,
        disk=None if disk is None else disk.errno,
        told=told,
        trace=trace,
    )


def _end_with_the_command() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
