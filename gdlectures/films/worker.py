"""The process that draws one film: reads a `Job` from its standard input, answers in lines of JSON.

The input stays open as long as the command lives: at its end the worker ends too, whatever it is doing.
All that Manim or a lecture prints goes to the error stream, which the command keeps as the log.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gdlectures.asking.requests import Beat
from gdlectures.faults.errors import Exit, disk_error, one_line
from gdlectures.films.messages import Broken, Drawn, Job, Message, Moved, read, written

if TYPE_CHECKING:
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

    def __init__(self, scene: Lecture, channel: Channel) -> None:
        super().__init__(daemon=True)
        self._scene, self._channel = scene, channel
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_REPORT_EVERY):
            beats = list(getattr(self._scene, "beat_starts", ()))
            self._channel.send(Moved(beats[-1] if beats else "", float(self._scene.time)))

    def end(self) -> None:
        self._ended.set()
        self.join()


def main() -> None:
    """Draw the film of the job on standard input."""
    faulthandler.enable()
    # the channel takes the pipe for itself; prints of Manim and of the lecture go to the log
    channel = Channel(os.fdopen(os.dup(1), "w", encoding="ascii"))
    os.dup2(2, 1)
    job = read(sys.stdin.readline())
    assert isinstance(job, Job), "the command says what to draw"
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    try:
        answer = draw(job, channel)
    # SystemExit too: a lecture that calls exit(0) has drawn no film
    except BaseException as error:
        channel.send(_failure(error))
        sys.exit(1)
    channel.send(answer)


def draw(job: Job, channel: Channel) -> Drawn:
    """Draw, encode and verify one film."""
    from manim import config

    from gdlectures.asking import catalog, stories
    from gdlectures.films import encoding, reading
    from gdlectures.films.cutting import Chapter, name_film
    from gdscenes.kit.manim_seam import hand_frames_to

    lecture = catalog.load(catalog.Entry(job.name, Path(job.file)))
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
    body = {"settings": story.settings, "theme": job.theme, "stored": story, "__module__": lecture.__module__}
    scene: Lecture = type(lecture.__name__, (_told(lecture, job.transparent),), body)()
    size = (job.width, job.height, job.fps)
    master, encoded = Path(job.master), Path(f"{job.media}.mp4")
    codec = encoding.TRANSPARENT_MASTER if job.transparent else encoding.MASTER
    encoders = [encoding.Encoder(master, codec, *size)]
    if not job.transparent:
        encoders.append(encoding.Encoder(encoded, encoding.FILM, *size))
    hand_frames_to(scene, encoders)
    reporter = Reporter(scene, channel)
    reporter.start()
    try:
        scene.render()
    finally:
        reporter.end()
    if list(scene.beat_starts) != list(lecture.beats):
        missing = [name for name in lecture.beats if name not in scene.beat_starts]
        raise RuntimeError(f"beats declared and never opened: {', '.join(missing)}")
    frames = round(scene.time * job.fps)
    reading.verify(master, reading.Frames(frames, job.width, job.height), job.fps)
    beats = _beats(scene, job.fps)
    if not job.transparent:
        starts = [beat.start_frame for beat in beats]
        chapters = [
            Chapter(beat.title, start, stop)
            for beat, start, stop in zip(beats, starts, [*starts[1:], frames], strict=True)
        ]
        name_film(encoded, Path(job.film), job.fps, lecture.title, chapters)
        reading.verify(Path(job.film), reading.Frames(frames, job.width, job.height), job.fps)
    return Drawn(frames, beats)


def _told(lecture: type[Lecture], transparent: bool) -> type[Lecture]:
    """The lecture, writing down what stands on the page at the still of each beat."""
    from manim import BLACK, Camera

    from gdlectures.films.page_words import PageWords, read_page

    class Told(lecture):  # type: ignore[misc, valid-type]
        """The lecture, and of each beat the moment of its still and what can be read there."""

        def setup(self) -> None:
            super().setup()
            if transparent:
                # a clear pixel has no colour: Cairo adds to it what it draws
                assert isinstance(self.camera, Camera)
                self.camera.background_color = BLACK
            self.stills: dict[str, tuple[float, bool, PageWords]] = {}

        def telling_moment(self) -> None:
            super().telling_moment()
            name = list(self.beat_starts)[-1]
            self.stills[name] = (float(self.time), True, read_page(self))

        def end_of_beat(self, name: str) -> None:
            super().end_of_beat(name)
            if name not in self.stills:
                self.stills[name] = (float(self.time), False, read_page(self))

    return Told


def _beats(scene: Any, fps: int) -> tuple[Beat, ...]:
    """What the manifest says of each beat."""
    told = []
    for name, start in scene.beat_starts.items():
        seconds, is_next, words = scene.stills[name]
        # what stands on the page at the end of a beat was drawn by the frame before it, and what a lecture
        # calls a telling moment by the frame that comes
        still = round(seconds * fps) - (0 if is_next else 1)
        told.append(
            Beat(
                name=name,
                note=scene.beats[name],
                start_frame=round(start * fps),
                start_seconds=round(start * fps) / fps,
                still_frame=still,
                loops=name in scene.loops,
                **asdict(words),
            )
        )
    return tuple(told)


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
