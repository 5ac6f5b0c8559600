"""Rendering: a batch of requests becomes films, each drawn by a process of its own and put in place whole."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from gdlectures import catalog, manifest, publishing, stories
from gdlectures.errors import Exit, Fault, environment, free_bytes, no_space, usage
from gdlectures.manifest import Manifest
from gdlectures.planning import Plan, asked_digest, plan_films
from gdlectures.processes import Ending, Worker
from gdlectures.progress import Silence, Watcher
from gdlectures.provenance import file_digest, versions
from gdlectures.publishing import FilmLock
from gdlectures.requests import Beat, Failed, Finished, Outcome, Rendered, RenderRequest
from gdlectures.worker import Job

DEFAULT_TIMEOUT = 4 * 3600.0
"""Seconds after which a lecture that still draws is taken to hang."""

_ATTEMPTS = 2
_LISTEN = 0.2  # seconds between two looks at deadlines and at locks that others hold
_BYTES_PER_PIXEL = 0.005  # of a frame in H.264, several times what flat drawings take
_SMALLEST_NEED = 4 * 1024 * 1024


def render_films(
    requests: Sequence[RenderRequest],
    *,
    out: str | PathLike[str] = "build",
    force: bool = False,
    timeout: float = DEFAULT_TIMEOUT,
    watcher: Watcher | None = None,
) -> list[Outcome]:
    """Render a batch of films, several side by side.

    Parameters
    ----------
    requests : sequence of RenderRequest
        All are checked before the first film is begun.
    out : path
        Folder of the films.
    force : bool
        Render what is there already as well.
    timeout : float
        Seconds that one film may take.
    watcher : Watcher, optional

    Returns
    -------
    list of Finished or Failed
        In the order of the requests: a lecture that fails does not hold up the others.

    Raises
    ------
    Fault
        If anything that was asked for is not allowed, or the folder cannot be used; nothing is written then.
    """
    folder = Path(out)
    if "\0" in str(folder):
        raise usage("--out", str(folder), "a folder", "give another --out")
    entries = [catalog.find(request.lecture, request.scenes) for request in requests]
    answers: dict[int, Outcome] = {}
    publishing.sweep(folder)
    if not force:
        for index, (request, entry) in enumerate(zip(requests, entries, strict=True)):
            rendered = manifest.find_answer(folder, asked_digest(request, entry))
            if rendered is not None:
                answers[index] = Finished(request.lecture, rendered)
    if len(answers) == len(requests):
        return [answers[index] for index in range(len(requests))]

    plans: dict[int, Plan] = {}
    for index, plan in enumerate(plan_films(requests)):
        if index in answers:
            continue
        if isinstance(plan, Failed):
            answers[index] = plan
        else:
            plans[index] = plan
    publishing.check_folder(folder, [target for plan in plans.values() for target in _targets(folder, plan)])
    _check_space(folder, list(plans.values()))
    publishing.make_folder(folder)
    batch = _Batch(folder, force, timeout, watcher or Silence())
    answers |= batch.run(plans)
    return [answers[index] for index in range(len(requests))]


@dataclass
class _Drawing:
    """One film that is being drawn: what is held for it, and since when."""

    plan: Plan
    lock: FilmLock
    private: Path
    deadline: float
    attempt: int = 0
    worker: Worker | None = None


class _Batch:
    """The films of one command, as many at a time as there are cores."""

    def __init__(self, out: Path, force: bool, timeout: float, watcher: Watcher) -> None:
        self._out, self._force, self._timeout, self._watcher = out, force, timeout, watcher
        self._drawings: dict[int, _Drawing] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._selector = selectors.DefaultSelector()

    def run(self, plans: dict[int, Plan]) -> dict[int, Outcome]:
        """Draw every plan; whatever ends this early leaves no process and no private folder behind."""
        waiting, told = dict(plans), set[int]()
        try:
            while waiting or self._drawings:
                for index, plan in list(waiting.items()):
                    if len(self._drawings) < _side_by_side() and self._begin(index, plan):
                        del waiting[index]
                        told.discard(index)
                    elif len(self._drawings) < _side_by_side() and index not in told:
                        told.add(index)
                        who = publishing.holder(self._out, plan.stem)
                        self._watcher.note(f"waiting for {who}, which renders {self._out / plan.stem}.mp4")
                self._listen()
                self._end_late_ones()
        finally:
            for drawing in self._drawings.values():
                if drawing.worker is not None:
                    drawing.worker.end()
                _put_away(drawing)
            self._selector.close()
        return self._outcomes

    def _begin(self, index: int, plan: Plan) -> bool:
        """Begin a film, or settle it without; False while another process renders it."""
        try:
            lock = FilmLock.take(self._out, plan.stem)
            if lock is None:
                return False
        except OSError as error:
            self._settle(index, plan, environment(error, self._out))
            return True
        # while this waited, the other process may have made the very film
        answer = None if self._force else manifest.answer_at(_targets(self._out, plan)[-1], plan.resolved)
        if answer is not None:
            lock.release()
            self._outcomes[index] = Finished(plan.entry.name, answer)
            return True
        try:
            private = lock.private_folder()
        except OSError as error:
            lock.release()
            self._settle(index, plan, environment(error, self._out))
            return True
        drawing = _Drawing(plan, lock, private, time.monotonic() + self._timeout)
        self._drawings[index] = drawing
        self._attempt(index, drawing)
        return True

    def _attempt(self, index: int, drawing: _Drawing) -> None:
        plan, private = drawing.plan, drawing.private
        drawing.attempt += 1
        try:
            (private / "story").write_bytes(stories.encode(plan.entry.name, plan.story))
            worker = Worker(_job(plan, private, drawing.attempt), private, drawing.lock)
        except OSError as error:
            fault = environment(error, _targets(self._out, plan)[0], _need(plan))
            self._close(index, drawing, Failed(plan.entry.name, fault))
            return
        drawing.worker = worker
        self._selector.register(worker.output, selectors.EVENT_READ, (index, worker))
        self._watcher.started(plan.entry.name, plan.lecture.seconds)

    def _listen(self) -> None:
        for key, _ in self._selector.select(_LISTEN):
            index, worker = key.data
            drawing = self._drawings[index]
            messages = worker.hear()
            if messages is None:
                self._selector.unregister(key.fileobj)
                self._ended(index, drawing, worker.ending())
                continue
            for message in messages:
                if "beat" in message:
                    self._watcher.moved(drawing.plan.entry.name, message["beat"], message["seconds"])

    def _ended(self, index: int, drawing: _Drawing, ending: Ending) -> None:
        if ending.answer is None and drawing.attempt < _ATTEMPTS:
            self._watcher.note(f"{drawing.plan.entry.name}: {ending.crash}; it is drawn once more")
            self._attempt(index, drawing)
        else:
            self._close(index, drawing, _outcome(self._out, drawing, ending))

    def _end_late_ones(self) -> None:
        now = time.monotonic()
        for index, drawing in list(self._drawings.items()):
            if now > drawing.deadline and drawing.worker is not None:
                self._selector.unregister(drawing.worker.output)
                drawing.worker.end()
                self._close(index, drawing, Failed(drawing.plan.entry.name, self._late(drawing.plan)))

    def _late(self, plan: Plan) -> Fault:
        return Fault(
            Exit.LIMIT,
            plan.entry.name,
            f"no film after {self._timeout:g} seconds",
            "a film within --timeout",
            "give a longer --timeout, or look where the lecture hangs",
        )

    def _close(self, index: int, drawing: _Drawing, outcome: Outcome) -> None:
        self._outcomes[index] = outcome
        del self._drawings[index]
        _put_away(drawing)
        self._watcher.ended(drawing.plan.entry.name)

    def _settle(self, index: int, plan: Plan, fault: Fault) -> None:
        self._outcomes[index] = Failed(plan.entry.name, fault)


def _outcome(out: Path, drawing: _Drawing, ending: Ending) -> Outcome:
    """What a worker's end means: a published film, or the fault that a person reads."""
    plan, answer = drawing.plan, ending.answer
    name, target = plan.entry.name, _targets(out, plan)[0]
    if answer is not None and "frames" in answer:
        try:
            return Finished(name, _publish(out, drawing, answer))
        except OSError as error:
            return Failed(name, environment(error, target, _need(plan)))
    if answer is None:
        # the system kills the process that takes the last memory with a signal nobody can catch
        killed = ending.code == -9
        fault = Fault(
            Exit.LIMIT if killed else Exit.SCENE,
            name,
            f"{ending.crash}, twice",
            "a worker that lives" + ("; the system kills so when memory runs out" if killed else ""),
            "give a smaller --quality" if killed else "see the log with --debug",
            ending.log,
        )
        return Failed(name, fault)
    details = f"{ending.log}\n{answer['trace']}"
    if answer["disk"] is not None:
        fault = environment(OSError(answer["disk"], os.strerror(answer["disk"])), target, _need(plan))
        return Failed(name, Fault(fault.exit_code, fault.where, fault.got, fault.allowed, fault.fix, details))
    exit_code = Exit(answer["exit"])
    if exit_code is Exit.LIMIT:
        allowed, fix = "what memory holds", "give a smaller --quality"
    else:
        allowed, fix = "a lecture that draws", "mend it; --debug shows where"
    return Failed(name, Fault(exit_code, name, answer["failure"], allowed, fix, details))


def _publish(out: Path, drawing: _Drawing, answer: dict[str, Any]) -> Rendered:
    plan, private = drawing.plan, drawing.private
    film, story, described = (private / "film.mp4", private / "story", private / "manifest")
    targets = _targets(out, plan)
    size = plan.request.frame_size
    record = Manifest(
        lecture=plan.entry.name,
        title=plan.lecture.title,
        film=targets[0].name,
        story=targets[1].name,
        settings=stories.settings_of(plan.story),
        theme=plan.theme,
        quality=plan.request.quality,
        fps=size.fps,
        width=size.width,
        height=size.height,
        frames=answer["frames"],
        seconds=answer["frames"] / size.fps,
        dataset=plan.story.dataset.name,
        dataset_sha256=plan.story.dataset.digest(),
        sha256=file_digest(film),
        story_sha256=file_digest(story),
        sources=plan.sources,
        bytes=film.stat().st_size,
        versions=versions(),
        beats=_beats(plan, answer["beats"], size.fps),
        asked=plan.asked,
        resolved=plan.resolved,
    )
    described.write_text(record.text(), "ascii")
    # the manifest last: until it stands, its hashes say that the film beside it is another
    publishing.publish(list(zip((film, story, described), targets, strict=True)))
    return record.rendered(targets[-1], unchanged=False)


def _beats(plan: Plan, starts: Sequence[tuple[str, float]], fps: int) -> tuple[Beat, ...]:
    frames = [(name, round(seconds * fps)) for name, seconds in starts]
    return tuple(Beat(name, plan.lecture.beats[name], frame, frame / fps) for name, frame in frames)


def _job(plan: Plan, private: Path, attempt: int) -> Job:
    size = plan.request.frame_size
    private = private.absolute()
    return Job(
        name=plan.entry.name,
        file=str(plan.entry.file),
        story=str(private / "story"),
        theme=plan.theme,
        width=size.width,
        height=size.height,
        fps=size.fps,
        # a folder of its own for each attempt: nothing of a crash is found by the next
        media=str(private / f"media-{attempt}"),
        film=str(private / "film.mp4"),
    )


def _targets(out: Path, plan: Plan) -> tuple[Path, Path, Path]:
    """The film, its story and its manifest."""
    return (out / f"{plan.stem}.mp4", out / f"{plan.stem}.story", out / f"{plan.stem}.json")


def _need(plan: Plan) -> int:
    """Bytes that drawing a film takes: its segments, their sum by Manim, and the film."""
    size = plan.request.frame_size
    pixels = size.width * size.height * size.fps * plan.lecture.seconds
    return _SMALLEST_NEED + 3 * int(_BYTES_PER_PIXEL * pixels)


def _check_space(out: Path, plans: Sequence[Plan]) -> None:
    need = max((_need(plan) for plan in plans), default=0)
    if free_bytes(out) < need:
        raise no_space(out, need)


def _put_away(drawing: _Drawing) -> None:
    publishing.discard(drawing.private)
    drawing.lock.release()


def _side_by_side() -> int:
    return max(1, len(os.sched_getaffinity(0)))
