"""Rendering: a batch of requests becomes films, each drawn by a process of its own and put in place whole.

A film's lossless master goes to the cache, where `masters` finds it again.
"""

from __future__ import annotations

import dataclasses
import os
import selectors
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Protocol

from gdlectures.asking import catalog, stories
from gdlectures.asking.descriptions import describe, written
from gdlectures.asking.planning import Plan, asked_digest, plan_films
from gdlectures.asking.provenance import file_digest, versions
from gdlectures.asking.requests import Failed, FilmOptions, Finished, Outcome, Rendered, RenderRequest
from gdlectures.faults.errors import Exit, Fault, environment, free_bytes, no_space, usage
from gdlectures.faults.progress import Watcher
from gdlectures.films import manifest, publishing
from gdlectures.films.manifest import Manifest
from gdlectures.films.masters import MASTER, MasterCache, cache_folder
from gdlectures.films.messages import Drawn, Job, Moved
from gdlectures.films.processes import Ending, Worker
from gdlectures.films.publishing import FilmLock

_ATTEMPTS = 2
_LISTEN = 0.2  # seconds between two looks at deadlines and at locks that others hold
_BYTES_PER_PIXEL = 0.05  # of a frame, lossless and in H.264, several times what flat drawings take
_SMALLEST_NEED = 4 * 1024 * 1024


def render_films(
    requests: Sequence[RenderRequest],
    *,
    out: str | PathLike[str] = "build",
    force: bool = False,
    timeout: float = FilmOptions.timeout,
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
    place = _Films(folder, MasterCache(), watcher or Watcher())
    return _outcomes(requests, place, force, timeout, watcher or Watcher())


def draw_masters(
    requests: Sequence[RenderRequest],
    *,
    force: bool = False,
    timeout: float = FilmOptions.timeout,
    watcher: Watcher | None = None,
) -> list[Outcome]:
    """Find the masters of a batch of requests in the cache, and draw those that are not there.

    Parameters are those of `render_films`.

    Returns
    -------
    list of Finished or Failed
        In the order of the requests; what is finished lies in the cache, beside its master.

    Raises
    ------
    Fault
        If anything that was asked for is not allowed, or the cache cannot be written.
    """
    watcher = watcher or Watcher()
    return _outcomes(requests, _Masters(MasterCache()), force, timeout, watcher)


def master_of(rendered: Rendered, watcher: Watcher | None = None) -> tuple[MasterCache, Rendered]:
    """The cache, and in it the lossless frames of a film; they are drawn again if the cache has dropped them.

    Raises
    ------
    Fault
        If they cannot be.
    """
    cache = MasterCache()
    found = cache.entry(rendered.key)
    if found is None:
        request = rendered.request or RenderRequest(rendered.lecture, story=rendered.story)
        (outcome,) = draw_masters([request], watcher=watcher)
        found = outcome.film()
    return cache, found


def _outcomes(
    requests: Sequence[RenderRequest], place: _Place, force: bool, timeout: float, watcher: Watcher
) -> list[Outcome]:
    entries = [catalog.find(request.lecture, request.scenes) for request in requests]
    answers: dict[int, Outcome] = {}
    publishing.sweep(place.folder)
    if not force:
        for index, (request, entry) in enumerate(zip(requests, entries, strict=True)):
            rendered = place.answer(asked_digest(request, entry))
            if rendered is not None:
                answers[index] = Finished(request.lecture, rendered)
    if len(answers) < len(requests):
        plans: dict[int, Plan] = {}
        for index, plan in enumerate(plan_films(requests)):
            if index in answers:
                continue
            if isinstance(plan, Failed):
                answers[index] = plan
            else:
                plans[index] = plan
        place.check(list(plans.values()))
        answers |= _Batch(place, force, timeout, watcher).run(plans)
    return [_with_request(answers[index], request) for index, request in enumerate(requests)]


def _with_request(outcome: Outcome, request: RenderRequest) -> Outcome:
    if isinstance(outcome, Failed):
        return outcome
    return Finished(outcome.lecture, dataclasses.replace(outcome.rendered, request=request))


class _Place(Protocol):
    """Where the films of a batch go, and where they may be already."""

    folder: Path

    def check(self, plans: Sequence[Plan]) -> None:
        """Make the folder.

        Raises
        ------
        Fault
            If the plans' films cannot be written there.
        """

    def stem(self, plan: Plan) -> str:
        """What tells the plan's lock and private folder from others."""

    def target(self, plan: Plan) -> Path:
        """What is made, as messages name it."""

    def answer(self, asked: str) -> Rendered | None:
        """What is there and answers a request made in these words."""

    def find(self, plan: Plan, private: Path | None) -> Rendered | None:
        """What answers a plan, brought here through the private folder if need be."""

    def publish(self, plan: Plan, private: Path) -> Rendered:
        """Put in place what a private folder holds whole."""


class _Films:
    """A folder of films; their masters go to the cache."""

    def __init__(self, folder: Path, cache: MasterCache, watcher: Watcher) -> None:
        self.folder, self._cache, self._watcher = folder, cache, watcher

    def check(self, plans: Sequence[Plan]) -> None:
        targets = [self.folder / name for plan in plans for name in _names(plan)]
        publishing.check_folder(self.folder, targets)
        _check_space(self.folder, plans)
        publishing.make_folder(self.folder)

    def stem(self, plan: Plan) -> str:
        return plan.stem

    def target(self, plan: Plan) -> Path:
        return self.folder / f"{plan.stem}.mp4"

    def answer(self, asked: str) -> Rendered | None:
        return manifest.find_answer(self.folder, asked)

    def find(self, plan: Plan, private: Path | None) -> Rendered | None:
        if private is None:
            return manifest.answer_at(self.folder / f"{plan.stem}.json", plan.resolved)
        cached = self._cache.entry(plan.resolved)
        if cached is None:
            return None
        for path in (cached.mp4, cached.story, cached.manifest):
            shutil.copyfile(path, private / path.name)
        return self._move(plan, private)

    def publish(self, plan: Plan, private: Path) -> Rendered:
        files = [private / f"{MASTER}.mp4", *(private / name for name in _names(plan))]
        try:
            self._cache.store(plan.resolved, files)
        except OSError as error:
            self._watcher.note(f"the master of {plan.entry.name} is not kept: {error.strerror}")
        return self._move(plan, private)

    def _move(self, plan: Plan, private: Path) -> Rendered:
        # the manifest last: until it stands, its hashes say that the film beside it is another
        publishing.publish([(private / name, self.folder / name) for name in _names(plan)])
        rendered = manifest.answer_at(self.folder / f"{plan.stem}.json", plan.resolved)
        assert rendered is not None, "it was published by its digests"
        return dataclasses.replace(rendered, unchanged=False)


class _Masters:
    """The cache itself."""

    def __init__(self, cache: MasterCache) -> None:
        self.folder, self._cache = cache.root, cache

    def check(self, plans: Sequence[Plan]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            refused = not os.access(self.folder, os.W_OK | os.X_OK)
        except OSError:
            refused = True
        if refused:
            raise Fault(
                Exit.ENVIRONMENT,
                "the cache of masters",
                str(cache_folder()),
                "a folder that may be written",
                "name one in XDG_CACHE_HOME",
            )
        _check_space(self.folder, plans)

    def stem(self, plan: Plan) -> str:
        return plan.resolved

    def target(self, plan: Plan) -> Path:
        return self.folder / plan.stem

    def answer(self, asked: str) -> Rendered | None:
        return self._cache.answer(asked)

    def find(self, plan: Plan, private: Path | None) -> Rendered | None:
        return self._cache.entry(plan.resolved)

    def publish(self, plan: Plan, private: Path) -> Rendered:
        names = [f"{plan.stem}.story", f"{plan.stem}.json"] if plan.request.transparent else _names(plan)
        self._cache.store(plan.resolved, [private / _master_name(plan), *(private / name for name in names)])
        stored = self._cache.entry(plan.resolved)
        if stored is None:
            raise OSError(5, os.strerror(5), str(self.folder))
        return dataclasses.replace(stored, unchanged=False)


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

    def __init__(self, place: _Place, force: bool, timeout: float, watcher: Watcher) -> None:
        self._place, self._force, self._timeout, self._watcher = place, force, timeout, watcher
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
                        who = publishing.holder(self._place.folder, self._place.stem(plan))
                        self._watcher.note(f"waiting for {who}, which renders {self._place.target(plan)}")
                self._listen()
                self._end_late_ones()
        finally:
            for drawing in self._drawings.values():
                if drawing.worker is not None:
                    drawing.worker.end()
                _put_away(drawing)
                self._watcher.ended(_called(drawing.plan))
            self._selector.close()
        return self._outcomes

    def _begin(self, index: int, plan: Plan) -> bool:
        """Begin a film, or settle it without; False while another process renders it."""
        place = self._place
        try:
            lock = FilmLock.take(place.folder, place.stem(plan))
            if lock is None:
                return False
        except OSError as error:
            self._settle(index, plan, environment(error, place.folder))
            return True
        private, answer = None, None
        try:
            # while this waited, the other process may have made the very film
            answer = None if self._force else place.find(plan, None)
            if answer is None:
                private = lock.private_folder()
                answer = None if self._force else place.find(plan, private)
        except OSError as error:
            self._settle(index, plan, environment(error, place.folder))
        if private is None or answer is not None or index in self._outcomes:
            if private is not None:
                publishing.discard(private)
            lock.release()
            if answer is not None:
                self._outcomes[index] = Finished(plan.entry.name, answer)
            return True
        drawing = _Drawing(plan, lock, private, time.monotonic() + self._timeout)
        self._drawings[index] = drawing
        self._attempt(index, drawing)
        return True

    def _attempt(self, index: int, drawing: _Drawing) -> None:
        plan, private = drawing.plan, drawing.private
        drawing.attempt += 1
        try:
            (private / f"{plan.stem}.story").write_bytes(stories.encode(plan.entry.name, plan.story))
            worker = Worker(_job(plan, private, drawing.attempt), private, drawing.lock)
        except OSError as error:
            fault = environment(error, self._place.target(plan), _need(plan))
            self._close(index, drawing, Failed(plan.entry.name, fault))
            return
        drawing.worker = worker
        self._selector.register(worker.output, selectors.EVENT_READ, (index, worker))
        self._watcher.started(_called(plan), plan.lecture.seconds)

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
                if isinstance(message, Moved):
                    self._watcher.moved(_called(drawing.plan), message.beat, message.seconds)

    def _ended(self, index: int, drawing: _Drawing, ending: Ending) -> None:
        if ending.answer is None and drawing.attempt < _ATTEMPTS:
            self._watcher.note(f"{drawing.plan.entry.name}: {ending.crash}; it is drawn once more")
            self._attempt(index, drawing)
        else:
            self._close(index, drawing, _outcome(self._place, drawing, ending))

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
        self._watcher.ended(_called(drawing.plan))

    def _settle(self, index: int, plan: Plan, fault: Fault) -> None:
        self._outcomes[index] = Failed(plan.entry.name, fault)


def _outcome(place: _Place, drawing: _Drawing, ending: Ending) -> Outcome:
    """What a worker's end means: a published film, or the fault that a person reads."""
    plan, answer = drawing.plan, ending.answer
    name, target = plan.entry.name, place.target(plan)
    if isinstance(answer, Drawn):
        try:
            _describe(plan, drawing.private, answer)
            return Finished(name, place.publish(plan, drawing.private))
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
    details = f"{ending.log}\n{answer.trace}"
    if answer.disk is not None:
        fault = environment(OSError(answer.disk, os.strerror(answer.disk)), target, _need(plan))
        return Failed(name, Fault(fault.exit_code, fault.where, fault.got, fault.allowed, fault.fix, details))
    if answer.told is not None:
        where, got, allowed, fix = answer.told
        return Failed(name, Fault(answer.exit_code, f"{name}: {where}", got, allowed, fix, details))
    if answer.exit_code is Exit.LIMIT:
        allowed, fix = "what memory holds", "give a smaller --quality"
    else:
        allowed, fix = "a lecture that draws", "mend it; --debug shows where"
    return Failed(name, Fault(answer.exit_code, name, answer.reason, allowed, fix, details))


def _describe(plan: Plan, private: Path, answer: Drawn) -> None:
    """Write the manifest of a film beside it."""
    film = private / (_master_name(plan) if plan.request.transparent else f"{plan.stem}.mp4")
    story = private / f"{plan.stem}.story"
    size, told = plan.request.frame_size, describe(plan.entry.name, plan.lecture)
    settings = stories.settings_of(plan.story)
    record = Manifest(
        lecture=plan.entry.name,
        title=plan.lecture.title,
        summary=told.about,
        film=film.name,
        story=story.name,
        settings=settings,
        knobs=tuple((knob.option, written(settings[knob.name]), knob.help) for knob in told.knobs),
        cover=plan.lecture.cover or answer.beats[-1].name,
        theme=plan.theme,
        quality=plan.request.quality,
        fps=size.fps,
        width=size.width,
        height=size.height,
        frames=answer.frames,
        seconds=answer.frames / size.fps,
        dataset=plan.story.dataset.name,
        dataset_sha256=plan.story.dataset.digest(),
        sha256=file_digest(film),
        story_sha256=file_digest(story),
        sources=plan.sources,
        bytes=film.stat().st_size,
        versions=versions(),
        beats=answer.beats,
        asked=plan.asked,
        resolved=plan.resolved,
    )
    (private / f"{plan.stem}.json").write_text(record.text(), "ascii")


def _job(plan: Plan, private: Path, attempt: int) -> Job:
    size = plan.request.frame_size
    private = private.absolute()
    return Job(
        name=plan.entry.name,
        file=str(plan.entry.file),
        story=str(private / f"{plan.stem}.story"),
        theme=plan.theme,
        width=size.width,
        height=size.height,
        fps=size.fps,
        transparent=plan.request.transparent,
        # a folder of its own for each attempt: nothing of a crash is found by the next
        media=str(private / f"media-{attempt}"),
        master=str(private / _master_name(plan)),
        film=str(private / f"{plan.stem}.mp4"),
    )


def _called(plan: Plan) -> str:
    """The film as progress tells of it; one lecture may be drawn several times at once."""
    return f"{plan.stem}, no ground" if plan.request.transparent else plan.stem


def _names(plan: Plan) -> tuple[str, str, str]:
    """The film, its story and its manifest."""
    return (f"{plan.stem}.mp4", f"{plan.stem}.story", f"{plan.stem}.json")


def _master_name(plan: Plan) -> str:
    return f"{MASTER}.mov" if plan.request.transparent else f"{MASTER}.mp4"


def _need(plan: Plan) -> int:
    """Bytes that drawing a film takes: its master, and the film twice."""
    size = plan.request.frame_size
    pixels = size.width * size.height * size.fps * plan.lecture.seconds
    return _SMALLEST_NEED + int(_BYTES_PER_PIXEL * pixels)


def _check_space(out: Path, plans: Sequence[Plan]) -> None:
    need = max((_need(plan) for plan in plans), default=0)
    if free_bytes(out) < need:
        raise no_space(out, need)


def _put_away(drawing: _Drawing) -> None:
    publishing.discard(drawing.private)
    drawing.lock.release()


def _side_by_side() -> int:
    return max(1, len(os.sched_getaffinity(0)))
