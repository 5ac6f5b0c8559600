"""Rendering: what was asked for becomes films; what is there already is found instead of drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

from gdlectures.asking import catalog
from gdlectures.asking.planning import Plan, asked_digest, plan_films, read_data
from gdlectures.asking.requests import Failed, FilmOptions, Finished, Outcome, Rendered, RenderRequest
from gdlectures.faults.errors import Fault, usage
from gdlectures.faults.progress import Watcher
from gdlectures.films import publishing, voicing
from gdlectures.films.batch import Batch
from gdlectures.films.masters import MasterCache
from gdlectures.films.places import Films, Masters, Place, need, unmade
from gdlectures.films.reading import BrokenFilm
from gdlectures.films.sites import Here, Site


def render_films(
    requests: Sequence[RenderRequest],
    *,
    out: str | PathLike[str] = "build",
    force: bool = False,
    timeout: float = FilmOptions.timeout,
    watcher: Watcher | None = None,
    site: Site | None = None,
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
    site : Site, optional
        Where the films are drawn; this machine when left out.

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
    watcher = watcher or Watcher()
    place = Films(folder, MasterCache(), watcher)
    return _outcomes(requests, place, site or Here(), force, timeout, watcher)


def draw_masters(
    requests: Sequence[RenderRequest],
    *,
    force: bool = False,
    timeout: float = FilmOptions.timeout,
    watcher: Watcher | None = None,
    site: Site | None = None,
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
    return _outcomes(requests, Masters(MasterCache()), site or Here(), force, timeout, watcher)


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
        request = rendered.request or RenderRequest(
            rendered.lecture, story=rendered.story, beat=rendered.beat
        )
        (outcome,) = draw_masters([request], watcher=watcher)
        found = outcome.film()
    return cache, found


def _outcomes(
    requests: Sequence[RenderRequest],
    place: Place,
    site: Site,
    force: bool,
    timeout: float,
    watcher: Watcher,
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
        read_data(requests)
        with site.opened([entry for index, entry in enumerate(entries) if index not in answers]):
            plans: dict[int, Plan] = {}
            with watcher.doing("computing runs"):
                planned = plan_films(requests)
            for note in (*_passed_over(planned), *_of_voices(planned)):
                watcher.note(note)
            for index, plan in enumerate(planned):
                if index in answers:
                    continue
                if isinstance(plan, Failed):
                    answers[index] = plan
                else:
                    plans[index] = plan
            place.check(list(plans.values()))
            silent = {index: plan for index, plan in plans.items() if plan.voice is None}
            answers |= Batch(place, site, force, timeout, watcher).run(silent)
            spoken = {index: plan for index, plan in plans.items() if plan.voice is not None}
            if spoken:
                masters = Masters(MasterCache())
                drawn_from = {index: plan.silent for index, plan in spoken.items()}
                masters.check(list(drawn_from.values()))
                drawn = Batch(masters, site, force, timeout, watcher).run(drawn_from)
                answers |= {
                    index: _spoken(plan, drawn[index], place, force, watcher)
                    for index, plan in spoken.items()
                }
    return [_with_request(answers[index], request) for index, request in enumerate(requests)]


def _spoken(plan: Plan, drawn: Outcome, place: Place, force: bool, watcher: Watcher) -> Outcome:
    """A film with its voice, made from the silent one."""
    if isinstance(drawn, Failed):
        return drawn
    name, target, silent = plan.entry.name, place.target(plan), plan.silent.request
    assert plan.voice is not None, "a silent film is made by its batch"
    try:
        with publishing.writing(place.folder, place.stem(plan)) as private:
            answer = None if force else place.find(plan, None) or place.find(plan, private)
            if answer is None:
                cache, film = master_of(dataclasses.replace(drawn.rendered, request=silent), watcher)
                with watcher.doing(f"the voice of {plan.stem}"), cache.held(film.manifest.parent):
                    voicing.speak(film, plan.voice, plan.asked, plan.resolved, private)
                answer = place.publish(plan, private)
            return Finished(name, answer)
    except (Fault, BrokenFilm, OSError) as error:
        return unmade(name, error, target, need(plan))


def _of_voices(plans: Sequence[Plan | Failed]) -> Iterator[str]:
    """What a person should know of the recordings."""
    for plan in plans:
        if isinstance(plan, Plan) and plan.voice is not None:
            yield from (f"{plan.entry.name}: {note}" for note in plan.voice.notes)


def _passed_over(plans: Sequence[Plan | Failed]) -> Iterator[str]:
    """Which knobs of a batch go to some of its lectures alone."""
    planned = [plan for plan in plans if not isinstance(plan, Failed)]
    for name in dict.fromkeys(name for plan in planned for name in plan.request.knobs):
        without = [plan.entry.name for plan in planned if not hasattr(plan.story.settings, name)]
        if without:
            yield f"--{name.replace('_', '-')} is no knob of {', '.join(without)}"


def _with_request(outcome: Outcome, request: RenderRequest) -> Outcome:
    if isinstance(outcome, Failed):
        return outcome
    return Finished(outcome.lecture, dataclasses.replace(outcome.rendered, request=request))
