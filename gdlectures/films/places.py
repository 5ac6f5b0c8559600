"""Where films are put: a folder of films, whose masters go to the cache, or the cache itself."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gdlectures.asking.planning import Plan
from gdlectures.asking.provenance import file_digest
from gdlectures.asking.requests import Failed, Rendered
from gdlectures.faults.errors import Exit, Fault, disk_error, environment, free_bytes, no_space
from gdlectures.faults.progress import Watcher
from gdlectures.films import manifest, publishing
from gdlectures.films.cutting import Chapter, Part, join_films, name_film
from gdlectures.films.encoding import MASTER as MASTER_CODEC
from gdlectures.films.encoding import TRANSPARENT_MASTER
from gdlectures.films.masters import MASTER, MasterCache, cache_folder
from gdlectures.films.reading import BrokenFilm

_BYTES_PER_PIXEL = 0.05  # of a frame, lossless and in H.264, several times what flat drawings take
_SMALLEST_NEED = 4 * 1024 * 1024


class Place(Protocol):
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


class Films:
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
        return self._tell(manifest.find_answer(self.folder, asked))

    def find(self, plan: Plan, private: Path | None) -> Rendered | None:
        if private is None:
            return self._tell(manifest.answer_at(self.folder / f"{plan.stem}.json", plan.resolved))
        cached = self._cache.entry(plan.resolved)
        if cached is None:
            return self.publish(plan, private) if _cut_beat(self._cache, plan, private) else None
        for path in (cached.mp4, cached.story, cached.manifest):
            shutil.copyfile(path, private / path.name)
        return self._move(plan, private)

    def publish(self, plan: Plan, private: Path) -> Rendered:
        files = [private / master_name(plan), *(private / name for name in _names(plan))]
        try:
            self._cache.store(plan.resolved, files)
        except OSError as error:
            self._watcher.note(f"the master of {plan.entry.name} is not kept: {error.strerror}")
        return self._move(plan, private)

    def _move(self, plan: Plan, private: Path) -> Rendered:
        # the manifest last: until it stands, its hashes say that the film beside it is another
        publishing.publish([(private / name, self.folder / name) for name in _names(plan)])
        path = self.folder / f"{plan.stem}.json"
        rendered = manifest.answer_at(path, plan.resolved)
        if rendered is None:
            raise manifest.unreadable_now(path)
        made = dataclasses.replace(rendered, unchanged=False)
        self._tell(made)
        return made

    def _tell(self, film: Rendered | None) -> Rendered | None:
        if film is not None:
            self._watcher.stands(film.mp4, film.seconds, film.unchanged)
        return film


class Masters:
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
        cached = self._cache.entry(plan.resolved)
        if cached is not None or private is None or not _cut_beat(self._cache, plan, private):
            return cached
        return self.publish(plan, private)

    def publish(self, plan: Plan, private: Path) -> Rendered:
        names = [f"{plan.stem}.story", f"{plan.stem}.json"] if plan.request.transparent else _names(plan)
        self._cache.store(plan.resolved, [private / master_name(plan), *(private / name for name in names)])
        stored = self._cache.entry(plan.resolved)
        if stored is None:
            raise manifest.unreadable_now(self.folder)
        return dataclasses.replace(stored, unchanged=False)


def _cut_beat(cache: MasterCache, plan: Plan, private: Path) -> bool:
    """Cut a beat from the whole lecture's entry, if that is what is asked for and there is one."""
    beat = plan.request.beat
    whole = None if beat is None or plan.voice is not None else cache.entry(plan.whole)
    if beat is None or whole is None:
        return False
    record = manifest.manifest_of(whole)
    start, stop = whole.stretch(beat)
    master, codec = master_name(plan), TRANSPARENT_MASTER if plan.request.transparent else MASTER_CODEC
    with cache.held(whole.manifest.parent):
        part = Part(whole.manifest.with_name(master), start, stop)
        join_films([part], private / master, whole.fps, codec)
        film = private / master
        if not plan.request.transparent:
            film = private / f"{plan.stem}.mp4"
            (told,) = (each for each in whole.beats if each.name == beat)
            chapter = Chapter(told.title, 0, stop - start)
            name_film(whole.mp4, film, whole.fps, plan.title, [chapter], start, stop)
        shutil.copyfile(whole.story, private / f"{plan.stem}.story")
    record = dataclasses.replace(
        record,
        film=film.name,
        story=f"{plan.stem}.story",
        cover=beat,
        frames=stop - start,
        seconds=(stop - start) / whole.fps,
        sha256=file_digest(film),
        bytes=film.stat().st_size,
        beats=tuple(each for each in whole.beats if each.name == beat),
        beat=beat,
        start=start,
        asked=plan.asked,
        resolved=plan.resolved,
    )
    (private / f"{plan.stem}.json").write_text(record.text(), "ascii")
    return True


def _names(plan: Plan) -> tuple[str, str, str]:
    """The film, its story and its manifest."""
    return (f"{plan.stem}.mp4", f"{plan.stem}.story", f"{plan.stem}.json")


def master_name(plan: Plan) -> str:
    """Name of the lossless film in its folder."""
    return f"{MASTER}.mov" if plan.request.transparent else f"{MASTER}.mp4"


def need(plan: Plan) -> int:
    """Bytes that drawing a film takes: its master and the film, both twice."""
    size = plan.request.frame_size
    pixels = size.width * size.height * size.fps * plan.seconds
    return _SMALLEST_NEED + int(_BYTES_PER_PIXEL * pixels)


def _check_space(out: Path, plans: Sequence[Plan]) -> None:
    needed = max(map(need, plans), default=0)
    if free_bytes(out) < needed:
        raise no_space(out, needed)


def unmade(name: str, error: Exception, path: str | os.PathLike[str], needed: int = 0) -> Failed:
    """What failed while a film, or what is made of it, was put to a path.

    Parameters
    ----------
    name : str
        What it was to be, as it is told.
    error : Fault, BrokenFilm or OSError
    path : path
    needed : int
        Bytes that it takes, as in `gdlectures.faults.errors.environment`.
    """
    if isinstance(error, Fault):
        return Failed(name, error)
    if isinstance(error, BrokenFilm):
        fix = "make it again with --force"
        return Failed(name, Fault(Exit.SCENE, name, str(error), "a whole master", fix))
    refused = disk_error(error) or error
    assert isinstance(refused, OSError), "nothing else is expected"
    return Failed(name, environment(refused, path, needed))
