"""A batch of plans becomes films, as many at a time as the site takes, each by a worker of its own."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gdmath
from gdlectures.asking import stories
from gdlectures.asking.data import data_entry, data_rows
from gdlectures.asking.descriptions import Description, describe, written
from gdlectures.asking.live import live_entry
from gdlectures.asking.planning import Plan
from gdlectures.asking.provenance import file_digest, versions
from gdlectures.asking.requests import Failed, Finished, Outcome
from gdlectures.asking.runs import run_row
from gdlectures.faults.errors import Exit, Fault, environment
from gdlectures.faults.progress import Watcher
from gdlectures.faults.stopping import check_stopped
from gdlectures.films import publishing
from gdlectures.films.manifest import Manifest
from gdlectures.films.messages import Drawn, Job, Moved
from gdlectures.films.places import Place, master_name, need
from gdlectures.films.processes import Ending
from gdlectures.films.publishing import FilmLock
from gdlectures.films.sites import Site, Worker
from gdscenes.kit.type.language import tr

if TYPE_CHECKING:
    from gdscenes.kit.lecture.story import AnyStory

_ATTEMPTS = 2
_LISTEN = 0.2  # seconds between two looks at deadlines and at locks that others hold
_WORTH = 300  # frames that are left to a worker, or it costs more than it helps


@dataclass
class _Drawing:
    """One film that is being drawn: what is held for it, by whom it is drawn, and since when."""

    plan: Plan
    lock: FilmLock
    private: Path
    deadline: float
    begun: int = 0
    crashes: int = 0
    drawn: dict[Worker, float] = field(default_factory=dict)
    """Seconds of film that each worker has drawn."""
    workers: list[Worker] = field(default_factory=list)
    is_given_out: bool = False
    """No beat is left for another worker."""

    @property
    def frames_left(self) -> float:
        """About how many frames nobody has drawn yet."""
        seconds = self.plan.seconds - sum(self.drawn.values())
        return max(0.0, seconds) * self.plan.request.frame_size.fps


class Batch:
    """The films of one command, drawn by as many workers at a time as the site takes.

    The longest are begun first. Once all are begun, whoever is free draws beats of those that are not done.
    """

    def __init__(self, place: Place, site: Site, force: bool, timeout: float, watcher: Watcher) -> None:
        self._place, self._site = place, site
        self._force, self._timeout, self._watcher = force, timeout, watcher
        self._drawings: dict[int, _Drawing] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._selector = selectors.DefaultSelector()

    def run(self, plans: dict[int, Plan]) -> dict[int, Outcome]:
        """Draw every plan; whatever ends this early leaves no process and no private folder behind."""
        waiting = dict(sorted(plans.items(), key=lambda item: -item[1].seconds))
        told = set[int]()
        try:
            while waiting or self._drawings:
                check_stopped()
                for index, plan in list(waiting.items()):
                    if self._has_room and self._begin(index, plan):
                        del waiting[index]
                        told.discard(index)
                    elif self._has_room and index not in told:
                        told.add(index)
                        who = publishing.holder(self._place.folder, self._place.stem(plan))
                        self._watcher.note(f"waiting for {who}, which renders {self._place.target(plan)}")
                self._help()
                self._listen()
                self._end_late_ones()
        finally:
            for drawing in self._drawings.values():
                for worker in drawing.workers:
                    worker.end()
                _put_away(drawing)
                self._watcher.ended(_called(drawing.plan))
            self._selector.close()
        return self._outcomes

    @property
    def _has_room(self) -> bool:
        return sum(len(drawing.workers) for drawing in self._drawings.values()) < self._site.slots

    def _help(self) -> None:
        """Have whoever is free draw beats of the films that are not done."""
        while self._has_room:
            worth = {
                index: left
                for index, drawing in self._drawings.items()
                if not drawing.is_given_out
                and len(drawing.workers) < len(drawing.plan.beats)
                and (left := drawing.frames_left / (len(drawing.workers) + 1)) >= _WORTH
            }
            if not worth:
                return
            index = max(worth, key=worth.__getitem__)
            self._add_worker(index, self._drawings[index])

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
        self._watcher.started(_called(plan), plan.seconds)
        try:
            (private / f"{plan.stem}.story").write_bytes(stories.encode(plan.entry.name, plan.story))
        except OSError as error:
            self._close(index, drawing, self._refused(plan, error))
            return True
        self._add_worker(index, drawing)
        return True

    def _add_worker(self, index: int, drawing: _Drawing) -> None:
        drawing.begun += 1
        try:
            job = _job(drawing.plan, drawing.private, drawing.begun)
            worker = self._site.begin(job, drawing.private, drawing.lock)
        except OSError as error:
            self._close(index, drawing, self._refused(drawing.plan, error))
            return
        drawing.workers.append(worker)
        self._selector.register(worker.output, selectors.EVENT_READ, (index, worker))

    def _listen(self) -> None:
        for key, _ in self._selector.select(_LISTEN):
            index, worker = key.data
            drawing = self._drawings.get(index)
            if drawing is None or worker not in drawing.workers:
                continue  # ended with another worker of its film, just now
            messages = worker.hear()
            if messages is None:
                self._selector.unregister(key.fileobj)
                drawing.workers.remove(worker)
                self._ended(index, drawing, worker.ending())
                continue
            for message in messages:
                if isinstance(message, Moved):
                    drawing.drawn[worker] = message.seconds
                    called, seconds = _called(drawing.plan), sum(drawing.drawn.values())
                    self._watcher.moved(called, message.beat, seconds)

    def _ended(self, index: int, drawing: _Drawing, ending: Ending) -> None:
        answer = ending.answer
        if isinstance(answer, Drawn) and not answer.whole:
            drawing.is_given_out = True
            if not drawing.workers:  # every piece is there, or another died with what it had begun
                self._add_worker(index, drawing)
        elif answer is None and drawing.crashes + 1 < _ATTEMPTS:
            drawing.crashes += 1
            self._watcher.note(f"{drawing.plan.entry.name}: {ending.crash}; it is drawn once more")
            self._add_worker(index, drawing)
        else:
            self._end_workers(drawing)
            self._close(index, drawing, _outcome(self._place, drawing, ending))

    def _end_late_ones(self) -> None:
        now = time.monotonic()
        for index, drawing in list(self._drawings.items()):
            if now > drawing.deadline:
                self._close(index, drawing, Failed(drawing.plan.entry.name, self._late(drawing.plan)))

    def _refused(self, plan: Plan, error: OSError) -> Failed:
        return Failed(plan.entry.name, environment(error, self._place.target(plan), need(plan)))

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
        self._end_workers(drawing)
        _put_away(drawing)
        self._watcher.ended(_called(drawing.plan))

    def _end_workers(self, drawing: _Drawing) -> None:
        while drawing.workers:
            worker = drawing.workers.pop()
            self._selector.unregister(worker.output)
            worker.end()

    def _settle(self, index: int, plan: Plan, fault: Fault) -> None:
        self._outcomes[index] = Failed(plan.entry.name, fault)


def _outcome(place: Place, drawing: _Drawing, ending: Ending) -> Outcome:
    """What a worker's end means: a published film, or the fault that a person reads."""
    plan, answer = drawing.plan, ending.answer
    name, target = plan.entry.name, place.target(plan)
    if isinstance(answer, Drawn):
        try:
            _describe(plan, drawing.private, answer)
            return Finished(name, place.publish(plan, drawing.private))
        except OSError as error:
            return Failed(name, environment(error, target, need(plan)))
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
        fault = environment(OSError(answer.disk, os.strerror(answer.disk)), target, need(plan))
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
    film = private / (master_name(plan) if plan.request.transparent else f"{plan.stem}.mp4")
    story = private / f"{plan.stem}.story"
    size, told = plan.request.frame_size, describe(plan.entry.name, plan.lecture)
    settings, data = stories.settings_of(plan.story), _data(plan.story)
    beats, frames = tuple(piece.beat for piece in answer.pieces), sum(piece.frames for piece in answer.pieces)
    beat, cover = plan.request.beat, plan.lecture.cover or beats[-1].name
    with plan.lecture.speaking():
        about, live = tr(told.about), live_entry(plan.lecture, plan.story)
        in_words = tuple(_knobs(plan, told, data))
    record = Manifest(
        lecture=plan.entry.name,
        title=plan.lecture.title,
        question=plan.lecture.question,
        summary=about,
        language=plan.lecture.language,
        film=film.name,
        story=story.name,
        settings=settings,
        knobs=in_words,
        cover=cover if beat is None else beat,
        theme=plan.theme,
        quality=plan.request.quality,
        fps=size.fps,
        width=size.width,
        height=size.height,
        frames=frames,
        seconds=frames / size.fps,
        dataset=plan.story.name,
        data=data,
        dataset_sha256=plan.story.digest(),
        sha256=file_digest(film),
        story_sha256=file_digest(story),
        sources=plan.sources,
        bytes=film.stat().st_size,
        versions=versions(plan.entry),
        inputs=dict(plan.inputs) | {path: it for piece in answer.pieces for path, it in piece.inputs.items()},
        live=live,
        voice=None,
        beats=beats,
        beat=beat,
        start=answer.pieces[0].start,
        asked=plan.asked,
        resolved=plan.resolved,
    )
    (private / f"{plan.stem}.json").write_text(record.text(), "ascii")


def _data(story: AnyStory) -> dict[str, Any] | None:
    """What the manifest says of a user's data."""
    from gdscenes.kit.lecture.story import Story

    return data_entry(story.dataset) if isinstance(story, Story) else None


def _knobs(plan: Plan, told: Description, data: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """Every knob in words; what is a user's own as the options that name it."""
    settings = stories.settings_of(plan.story)
    for knob in told.knobs:
        given = getattr(plan.story.settings, knob.name)
        if data is not None and isinstance(given, gdmath.Table | gdmath.Dataset):
            yield from data_rows(data)
        elif isinstance(given, gdmath.ProjectedRun):
            yield run_row(given)
        else:
            yield knob.option, written(settings[knob.name]), tr(knob.help)


def _job(plan: Plan, private: Path, number: int) -> Job:
    size = plan.request.frame_size
    private = private.absolute()
    return Job(
        name=plan.entry.name,
        file=str(plan.entry.file),
        title=plan.title,
        story=str(private / f"{plan.stem}.story"),
        theme=plan.theme,
        language=plan.lecture.language,
        width=size.width,
        height=size.height,
        fps=size.fps,
        transparent=plan.request.transparent,
        wanted=plan.beats,
        beats=plan.beats,
        pieces=str(private / "pieces"),
        # a folder of its own for each worker: nothing of a crash is found by the next
        media=str(private / f"media-{number}"),
        master=str(private / master_name(plan)),
        film=str(private / f"{plan.stem}.mp4"),
    )


def _called(plan: Plan) -> str:
    """The film as progress tells of it; one lecture may be drawn several times at once."""
    own = stories.settings_of(plan.story).keys() & plan.request.knobs.keys()
    knobs = [f"{name.replace('_', ' ')} {written(plan.request.knobs[name])}" for name in sorted(own)]
    return ", ".join([plan.stem, *knobs, *["no ground"] * plan.request.transparent])


def _put_away(drawing: _Drawing) -> None:
    publishing.discard(drawing.private)
    drawing.lock.release()
