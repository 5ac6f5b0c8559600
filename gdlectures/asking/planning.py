"""From a request to a plan: the lecture found, every setting filled in and checked, the story computed."""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gdmath
from gdlectures.asking import catalog, stories
from gdlectures.asking.catalog import Entry
from gdlectures.asking.data import data_knob
from gdlectures.asking.inputs import heard
from gdlectures.asking.libraries import check_libraries
from gdlectures.asking.provenance import (
    file_digest,
    names_torch,
    request_digest,
    source_digest,
    versions,
)
from gdlectures.asking.requests import Failed, RenderRequest, parsed, readable
from gdlectures.asking.runs import run_knob
from gdlectures.asking.voice import Voice
from gdlectures.faults.errors import Exit, Fault, nearest, setting_fault, usage
from gdlectures.faults.stopping import check_stopped
from gdscenes.kit.lecture.settings import SettingError, Settings, knobs, with_values

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture
    from gdscenes.kit.lecture.story import AnyStory


@dataclass(frozen=True)
class Plan:
    """A film that can be drawn: nothing about it is open any more.

    Attributes
    ----------
    request : RenderRequest
    entry : Entry
    lecture : type
    theme : str
    story : AnyStory
        Settings and what is drawn with them, as the film will show it.
    beats : tuple of str
        Those that the film shows.
    stem : str
        Name of the film's files without their suffix.
    sources : str
        Digest of the code.
    asked, resolved : str
        Digests of the request, see `gdlectures.films.manifest.Manifest`.
    whole : str
        The second of the whole lecture, from whose film a beat can be cut.
    drawn : str
        The second of the same film without a voice, from which that with one is made.
    voice : Voice or None
        What is said in it.
    inputs : mapping of str to str
        What the lecture read while it was imported and prepared, see `gdlectures.asking.inputs`.
    """

    request: RenderRequest
    entry: Entry
    lecture: type[Lecture]
    theme: str
    story: AnyStory
    beats: tuple[str, ...]
    stem: str
    sources: str
    asked: str
    resolved: str
    whole: str
    drawn: str
    voice: Voice | None
    inputs: Mapping[str, str]

    @property
    def title(self) -> str:
        """Of the film."""
        beat, title = self.request.beat, self.lecture.title
        with self.lecture.speaking():
            return title if beat is None else f"{title}: {readable(beat)}"

    @property
    def silent(self) -> Plan:
        """The same film without a voice."""
        request = dataclasses.replace(self.request, voice=None)
        asked = asked_digest(request, self.entry)
        return dataclasses.replace(self, request=request, voice=None, asked=asked, resolved=self.drawn)

    @property
    def seconds(self) -> float:
        """About how long the film is."""
        return self.lecture.seconds * len(self.beats) / len(self.lecture.beats)


def asked_digest(request: RenderRequest, entry: Entry) -> str:
    """Digest of a request in the words it was made in; needs no lecture to be imported."""
    parts = {
        "asked": dataclasses.asdict(dataclasses.replace(request, data=None, run=None, voice=None)),
        "data": request.data.digest if request.data is not None else None,
        "run": request.run.digest if request.run is not None else None,
        "voice": request.voice.digest(request.lecture) if request.voice is not None else None,
        "file": str(entry.file),
        "story": file_digest(request.story) if request.story is not None else None,
    }
    return request_digest(parts | _code(entry))


def plan_films(requests: Sequence[RenderRequest]) -> list[Plan | Failed]:
    """Plan every film of a batch before the first is drawn.

    A knob applies to the lectures that have it.

    Returns
    -------
    list
        In the order of the requests; `Failed` for a lecture whose own code failed.

    Raises
    ------
    Fault
        If anything that was asked for is not allowed: then no film of the batch is drawn.
    """
    entries = [catalog.find(request.lecture, request.scenes) for request in requests]
    check_libraries(*(["torch"] if any(map(names_torch, entries)) else []))
    read_data(requests)
    lectures: list[type[Lecture] | Failed] = []
    read: list[Mapping[str, str]] = []
    for request, entry in zip(requests, entries, strict=True):
        with heard(entry) as inputs:
            lectures.append(_loaded(request, entry))
        read.append(inputs)
    loaded = [each for each in lectures if not isinstance(each, Failed)]
    for request, lecture in zip(requests, lectures, strict=True):
        if not isinstance(lecture, Failed):
            _check_beat(request, lecture)
    if loaded:
        check_known([name for request in requests for name in request.knobs], loaded)
    plans: list[Plan | Failed] = []
    for request, entry, lecture, inputs in zip(requests, entries, lectures, read, strict=True):
        check_stopped()
        plans.append(lecture if isinstance(lecture, Failed) else _plan(request, entry, lecture, inputs))
    return plans


def read_data(requests: Sequence[RenderRequest]) -> None:
    """Read the tables and runs that are asked for; needs no lecture to be imported.

    Raises
    ------
    Fault
        If one cannot be read or taught.
    """
    for data in {request.data for request in requests if request.data is not None}:
        _ = data.table
    for run in {request.run for request in requests if request.run is not None}:
        _ = run.projected


def _loaded(request: RenderRequest, entry: Entry) -> type[Lecture] | Failed:
    try:
        lecture = catalog.load(entry)
    except Fault as fault:
        if fault.exit_code is not Exit.SCENE:
            raise
        return Failed(request.lecture, fault)
    if request.lang in (None, lecture.language):
        return lecture
    catalogs = lecture.locale()
    name = f"{entry.file.stem}.po"
    if not (catalogs / request.lang / name).is_file():
        its = {lecture.language, *(each.parent.name for each in catalogs.glob(f"*/{name}"))}
        fix = f"translate its words in {catalogs / request.lang / name}"
        raise usage("--lang", request.lang, ", ".join(sorted(its)), fix)
    return lecture.told_in(request.lang)


def check_known(names: Sequence[str], lectures: Sequence[type[Lecture]]) -> None:
    """Refuse a knob that no lecture has.

    Raises
    ------
    Fault
        If there is one; the nearest is named.
    """
    known = {knob.name for lecture in lectures for knob in knobs(type(lecture.settings))}
    for name in names:
        if name not in known:
            near = nearest(name, known)
            fix = f"did you mean {_option(near)}?" if near else "see gdlectures show"
            raise usage(_option(name), "an unknown option", ", ".join(map(_option, sorted(known))), fix)


def _check_beat(request: RenderRequest, lecture: type[Lecture]) -> None:
    beat = request.beat
    if beat is not None and beat not in lecture.beats:
        near = nearest(beat, lecture.beats)
        fix = f"did you mean {near}?" if near else f"see gdlectures show {request.lecture}"
        raise usage("--beat", beat, ", ".join(lecture.beats), fix)


def _plan(
    request: RenderRequest, entry: Entry, lecture: type[Lecture], inputs: Mapping[str, str]
) -> Plan | Failed:
    with heard(entry) as read:
        story = _stored(request.story, lecture) if request.story else _prepared(request, lecture)
    if isinstance(story, Failed):
        return story
    theme = request.theme or lecture.theme
    sources = source_digest(entry)
    size = request.frame_size
    resolved = {
        "resolved": [entry.name, str(entry.file), theme, lecture.language, size.width, size.height, size.fps],
        "transparent": request.transparent,
        "settings": stories.settings_of(story),
        "dataset": story.digest(),
        "story": file_digest(request.story) if request.story is not None else None,
    }
    whole = request_digest(resolved | _code(entry))
    beat, beats = request.beat, tuple(lecture.beats) if request.beat is None else (request.beat,)
    drawn, voice = whole if beat is None else request_digest({"beat": beat, "whole": whole}), None
    if request.voice is not None:
        voice = request.voice.of(entry.name, lecture.language, lecture.notes_of(story), beats)
    lang = None if lecture.language == catalog.load(entry).language else lecture.language
    stem = _stem(entry.name, lecture, story.settings, theme, lang)
    return Plan(
        request=request,
        entry=entry,
        lecture=lecture,
        theme=theme,
        story=story,
        beats=beats,
        stem=stem if beat is None else f"{stem}-{beat}",
        sources=sources,
        asked=asked_digest(request, entry),
        resolved=drawn if voice is None else request_digest({"voice": voice.digest, "drawn": drawn}),
        whole=whole,
        drawn=drawn,
        voice=voice,
        inputs={**inputs, **read},
    )


def _stored(path: Path, lecture: type[Lecture]) -> AnyStory:
    story = stories.read(path).story_of(lecture)
    try:
        story.check()
    except ValueError as error:
        raise stories.refused(path, str(error)) from None
    try:
        story.refuse_missing_glyphs()
    except SettingError as error:
        raise setting_fault(error, Exit.DATA, inside=str(path)) from None
    return story


def _prepared(request: RenderRequest, lecture: type[Lecture]) -> AnyStory | Failed:
    data = _data_of(request, lecture) | _run_of(request, lecture)
    try:
        values = parsed(type(lecture.settings), request.knobs) | data
        return lecture.prepare(with_values(lecture.settings, values))
    except SettingError as error:
        raise setting_fault(error) from None
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "torch":
            return Failed(request.lecture, _no_torch(request.lecture))
        fault = Fault(
            Exit.SCENE,
            request.lecture,
            f"{type(error).__name__}: {error}",
            "a story to draw",
            "mend the lecture's prepare; --debug shows where",
            traceback.format_exc(),
        )
        return Failed(request.lecture, fault)


def _data_of(request: RenderRequest, lecture: type[Lecture]) -> dict[str, gdmath.Table]:
    """The knob that takes the user's data, and the data."""
    if request.data is None:
        return {}
    takes = data_knob(type(lecture.settings))
    if takes is None:
        raise usage("--data", request.lecture, "a lecture that takes data", "leave it out, or --data")
    if takes.name in request.knobs:
        raise usage(
            takes.option, request.knobs[takes.name], "no preset beside --data", "leave one of them out"
        )
    return {takes.name: request.data.table}


def _run_of(request: RenderRequest, lecture: type[Lecture]) -> dict[str, gdmath.ProjectedRun]:
    """The knob that takes the user's run, and the run."""
    if request.run is None:
        return {}
    takes = run_knob(type(lecture.settings))
    if takes is None:
        fit = ", ".join(_that_take_a_run(request.scenes)) or "a lecture that takes a recorded run"
        raise usage("--run", request.lecture, fit, "name such a lecture, or leave out --run")
    if takes.name in request.knobs:
        raise usage(
            takes.option, request.knobs[takes.name], "no such run beside --run", "leave one of them out"
        )
    return {takes.name: request.run.projected}


def _that_take_a_run(scenes: Path | None) -> list[str]:
    """The lectures of a folder that tell of a recorded run."""
    entries = catalog.entries(scenes)
    return [each.name for each in entries if run_knob(type(catalog.load(each).settings)) is not None]


def _no_torch(lecture: str) -> Fault:
    return Fault(
        Exit.ENVIRONMENT,
        lecture,
        "no torch, which computes its runs",
        "torch 2.13 or newer",
        "pip install 'torch>=2.13'",
    )


def _stem(name: str, lecture: type[Lecture], settings: Settings, theme: str, lang: str | None) -> str:
    """Name of the files; a dataset, a run, a language or a theme that is not its own is part of it."""
    dataset, parts = getattr(settings, "dataset", None), [name]
    run = getattr(settings, "recording", None)
    if run != getattr(lecture.settings, "recording", None):
        parts.append(_part(Path(run.name).stem if isinstance(run, gdmath.ProjectedRun) else str(run)))
    if isinstance(dataset, gdmath.Table | gdmath.Dataset):
        columns = (dataset.x_column or dataset.x_name, dataset.y_column or dataset.y_name)
        parts += map(_part, (Path(dataset.name).stem, *columns))
    elif isinstance(dataset, str) and dataset != getattr(lecture.settings, "dataset", None):
        parts.append(_part(dataset))
    if lang is not None:
        parts.append(lang)
    if theme != lecture.theme:
        parts.append(theme)
    return "-".join(parts)


def _part(word: str) -> str:
    """A word as a part of a file's name: letters and digits of any script, 40 bytes at most."""
    plain = "-".join(re.findall(r"[\w-]+", word)) or "-"
    return plain.encode()[:40].decode(errors="ignore")


def _code(entry: Entry) -> dict[str, Any]:
    return {"sources": source_digest(entry), "versions": versions(entry)}


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
