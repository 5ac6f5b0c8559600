"""How a hundred lectures at 4K go on 1, 10, 100 and 1,000 workers, by simulation from what is measured here.

Measured in CPU seconds, which a busy machine hardly changes: of each lecture, the start of a worker, the
story, and running each beat without drawing it; of one beat each of a few lectures, drawing it at 4K, its
bytes, and joining and checking it. Every other frame is taken to cost what those cost on the mean. The speed
of the network is stated, not measured, and so is how many cores join here.

Simulated is what `gdlectures render --scheduler` does: stories are computed here one after another; films are
begun longest first; who draws a film claims a few beats after another, starts anew for each claim and runs
what comes before without drawing; whoever is free helps the film with the most frames left; pieces come here
over one link, one after another, and who sent them waits for that; films are joined and checked here, a core
each.

    python benchmarks/cluster.py                                 the table
    python benchmarks/cluster.py --link 10 --cores 16            Gbit/s to this machine, its cores
    python benchmarks/cluster.py --lectures loss-surface         draw a beat of this one instead
"""

from __future__ import annotations

import argparse
import functools
import heapq
import itertools
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gdlectures.asking import catalog, stories
from gdlectures.asking.requests import QUALITIES
from gdlectures.films.cutting import Part, join_films
from gdlectures.films.encoding import FILM, MASTER
from gdlectures.films.messages import Drawn, Job
from gdlectures.films.processes import Process
from gdlectures.films.reading import Frames, verify

WORKERS = (1, 10, 100, 1000)
QUALITY = QUALITIES["4k"]
HELPED = 300
"""Frames that are left to a worker, or it does not help; as gdlectures.films.batch has it."""


@dataclass(frozen=True)
class Rehearsed:
    """CPU seconds of one lecture that is run without being drawn, and how long its beats are."""

    name: str
    start: float
    story: float
    beats: tuple[tuple[str, int, float], ...]
    """Name, frames, and seconds without drawing."""

    @property
    def frames(self) -> int:
        return sum(frames for _, frames, _ in self.beats)


@dataclass(frozen=True)
class Cost:
    """What one frame takes on the mean."""

    drawing: float
    joining: float
    bytes: float
    frames: int = 1

    def __add__(self, other: Cost) -> Cost:
        frames = self.frames + other.frames
        share = self.frames / frames
        return Cost(
            self.drawing * share + other.drawing * (1 - share),
            self.joining * share + other.joining * (1 - share),
            self.bytes * share + other.bytes * (1 - share),
            frames,
        )


def rehearse(name: str) -> None:
    """Run a lecture without drawing it and print what that takes, as JSON."""
    lecture = catalog.load(catalog.find(name))
    from manim import config

    from gdscenes.kit.manim_seam import hand_frames_to, skip_by_frames

    started = time.process_time()
    story = lecture.prepare(lecture.settings)
    told = time.process_time()
    marks: list[tuple[str, int, float]] = []

    class Timed(lecture):  # type: ignore[misc, valid-type]
        """The lecture, timed at each beat."""

        stored = story

        def beat(self, name: str) -> None:
            marks.append((name, round(self.time * QUALITY.fps), time.process_time()))
            super().beat(name)

        def next_section(self, *words: object, **more: object) -> None:
            super().next_section(*words, **more | {"skip_animations": True})

        def construct(self) -> None:
            self.next_section()
            super().construct()
            marks.append(("", round(self.time * QUALITY.fps), time.process_time()))

    with tempfile.TemporaryDirectory() as folder:
        config.update({"media_dir": folder, "frame_rate": QUALITY.fps, "progress_bar": "none"})
        config.update({"pixel_width": 64, "pixel_height": 36, "verbosity": "ERROR"})
        scene = Timed()
        hand_frames_to(scene, [])
        skip_by_frames(scene)
        scene.render()
    starts = [0, *(frame for _, frame, _ in marks[1:])]
    beats = [
        (mark[0], stop - start, after[2] - mark[2])
        for mark, after, (start, stop) in zip(marks, marks[1:], itertools.pairwise(starts), strict=False)
    ]
    print(json.dumps({"name": name, "start": started, "story": told - started, "beats": beats}))


def rehearsed(name: str) -> Rehearsed:
    """What `rehearse` prints, in a process of its own."""
    words = [sys.executable, __file__, "--rehearse", name]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return Rehearsed(name, told["start"], told["story"], tuple(map(tuple, told["beats"])))


def drawn(lecture: Rehearsed) -> tuple[str, Cost]:
    """The shortest beat of a lecture, drawn at 4K by a worker of its own, joined and checked."""
    beat, frames, _ = min(lecture.beats, key=lambda beat: beat[1])
    names = tuple(name for name, *_ in lecture.beats)
    before = sum(seconds for _, _, seconds in lecture.beats[: names.index(beat)])
    entry = catalog.find(lecture.name)
    found = catalog.load(entry)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        story = folder / "drawn.story"
        story.write_bytes(stories.encode(lecture.name, found.prepare(found.settings)))
        job = Job(
            name=lecture.name,
            file=str(entry.file),
            title=found.title,
            story=str(story),
            theme=found.theme,
            width=QUALITY.width,
            height=QUALITY.height,
            fps=QUALITY.fps,
            transparent=False,
            wanted=names,
            beats=(beat,),
            pieces=str(folder / "pieces"),
            media=str(folder / "media"),
            master=str(folder / "master.mp4"),
            film=str(folder / "film.mp4"),
        )
        spent = _children()
        process = Process(job, folder)
        while process.hear() is not None:
            pass
        ending = process.ending()
        spent = _children() - spent
        if not isinstance(ending.answer, Drawn):
            raise RuntimeError(f"{lecture.name} {beat}: {ending}")
        pieces = sorted((folder / "pieces").glob("*.mp4"))
        size = sum(path.stat().st_size for path in pieces)
        began = time.process_time()
        for path in pieces:
            codec = MASTER if "master" in path.name else FILM
            join_films([Part(path)], folder / "joined.mp4", QUALITY.fps, codec)
            verify(folder / "joined.mp4", Frames(frames, QUALITY.width, QUALITY.height), QUALITY.fps)
        joining = time.process_time() - began
    drawing = spent - lecture.start - before
    return beat, Cost(drawing / frames, joining / frames, size / frames, frames)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass
class Film:
    """A film while it is simulated: how many of its beats are claimed, by how many it is drawn."""

    lecture: Rehearsed
    claimed: int = 0
    drawn_by: int = 0
    complete: float = 0.0
    """When its last piece has come."""

    @property
    def frames_left(self) -> int:
        return sum(frames for _, frames, _ in self.lecture.beats[self.claimed :])


@dataclass(frozen=True)
class Ran:
    """A simulated run: how long it took, and which part of that each resource was busy."""

    seconds: float
    busy: dict[str, float]

    @property
    def bound(self) -> str:
        return max(self.busy, key=self.busy.__getitem__)


def simulate(lectures: list[Rehearsed], cost: Cost, workers: int, link: float, cores: int) -> Ran:
    """Draw lectures on so many workers; `link` in bytes a second."""
    planned = sum(lecture.story for lecture in lectures)
    films = [Film(lecture) for lecture in sorted(lectures, key=lambda each: -each.frames)]
    waiting = films[::-1]
    drawing: dict[int, tuple[Film, int]] = {}
    events = [(planned, worker, False) for worker in range(workers)]
    heapq.heapify(events)
    link_free, sent, working = planned, 0.0, 0.0
    while events:
        now, worker, has_drawn = heapq.heappop(events)
        if has_drawn:
            film, frames = drawing[worker]
            seconds = frames * cost.bytes / link
            sent += seconds
            link_free = max(link_free, now) + seconds
            film.complete = max(film.complete, link_free)
            heapq.heappush(events, (link_free, worker, False))
            continue
        film = _next(drawing.pop(worker, (None, 0))[0], waiting, films)
        if film is None:
            continue
        beats, first = film.lecture.beats, film.claimed
        film.claimed += math.ceil((len(beats) - first) / (2 * workers))
        frames = sum(count for _, count, _ in beats[first : film.claimed])
        before = sum(seconds for _, _, seconds in beats[:first])
        seconds = film.lecture.start + before + frames * cost.drawing
        working += seconds
        drawing[worker] = film, frames
        heapq.heappush(events, (now + seconds, worker, True))
    free = [0.0] * cores
    joined = sum(film.lecture.frames for film in films) * cost.joining
    for film in sorted(films, key=lambda each: each.complete):
        begun = max(heapq.heappop(free), film.complete)
        heapq.heappush(free, begun + film.lecture.frames * cost.joining)
    end = max(free)
    alone = max(
        lecture.start + frames * (cost.drawing + cost.bytes / link) + lecture.frames * cost.joining
        for lecture in lectures
        for _, frames, _ in lecture.beats
    )
    busy = {
        "workers": working / workers,
        "link": sent,
        "joining here": joined / cores,
        "stories here": planned,
        "longest beat": alone,
    }
    return Ran(end, {name: seconds / end for name, seconds in busy.items()})


def _next(film: Film | None, waiting: list[Film], films: list[Film]) -> Film | None:
    """The film that a free worker goes on with, begins or helps."""
    if film is not None:
        if film.frames_left:
            return film
        film.drawn_by -= 1
    found = waiting.pop() if waiting else _helped(films)
    if found is not None:
        found.drawn_by += 1
    return found


def _helped(films: list[Film]) -> Film | None:
    def left(film: Film) -> float:
        return film.frames_left / (film.drawn_by + 1)

    most = max(films, key=left)
    return most if left(most) >= HELPED else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rehearse", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--lectures", nargs="+", default=["gradient-slope", "learning-rates"])
    parser.add_argument("--count", type=int, default=100, help="films to draw")
    parser.add_argument("--link", type=float, default=1.0, help="Gbit/s to this machine")
    parser.add_argument("--cores", type=int, default=8, help="that join and check here")
    given = parser.parse_args()
    if given.rehearse:
        rehearse(given.rehearse)
        return
    known = [rehearsed(entry.name) for entry in catalog.entries()]
    costs = []
    for lecture in known:
        if lecture.name in given.lectures:
            beat, cost = drawn(lecture)
            costs.append(cost)
            print(f"{lecture.name} {beat}: {_words(cost)}")
    cost = functools.reduce(Cost.__add__, costs)
    lectures = list(itertools.islice(itertools.cycle(known), given.count))
    frames = sum(lecture.frames for lecture in lectures)
    starts = [lecture.start for lecture in known]
    print(f"mean: {_words(cost)}")
    print(
        f"{given.count} films: {frames} frames, {frames * cost.drawing / 3600:.0f} CPU hours of drawing, "
        f"{frames * cost.bytes / 1e9:.1f} GB; "
        f"start of a worker {min(starts):.1f} to {max(starts):.1f} CPU s; "
        f"link {given.link:g} Gbit/s, {given.cores} cores here\n"
    )
    runs = {
        workers: simulate(lectures, cost, workers, given.link * 1e9 / 8, given.cores) for workers in WORKERS
    }
    names = list(runs[1].busy)
    print(f"| workers | hours | times as fast | bounded by | {' | '.join(f'{name}, %' for name in names)} |")
    print(f"|---:|---:|---:|---|{'---:|' * len(names)}")
    for workers, ran in runs.items():
        shares = " | ".join(f"{100 * ran.busy[name]:.0f}" for name in names)
        faster = runs[1].seconds / ran.seconds
        print(f"| {workers} | {ran.seconds / 3600:.2f} | {faster:.1f} | {ran.bound} | {shares} |")


def _words(cost: Cost) -> str:
    return (
        f"{cost.drawing:.3f} CPU s of drawing, {cost.joining:.3f} of joining and checking, "
        f"{cost.bytes / 1e3:.1f} kB a frame, over {cost.frames} frames"
    )


if __name__ == "__main__":
    main()
