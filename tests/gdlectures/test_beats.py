"""One beat alone, and one film drawn by many: frame for frame, byte for byte what is drawn at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import av
import manim
import pytest
from here import drawing_here

from gdlectures.asking import catalog, stories
from gdlectures.asking.planning import Plan, plan_films
from gdlectures.asking.requests import Rendered, RenderRequest
from gdlectures.films import batch, worker
from gdlectures.films.masters import MasterCache
from gdlectures.films.messages import Drawn, Job, read, written
from gdlectures.films.pieces import Pieces
from gdlectures.films.reading import BrokenFilm
from gdlectures.films.rendering import draw_masters, render_films
from gdlectures.films.sites import Here

LECTURES = Path(__file__).with_name("lectures")
BEATS = ("drift", "wait", "jump", "blink")
WORKER = [sys.executable, "-m", "gdlectures.films.worker"]


def job(
    plan: Plan,
    folder: Path,
    beats: Sequence[str],
    wanted: Sequence[str] = (),
    size: tuple[int, ...] = (160, 90, 10),
) -> Job:
    folder.mkdir(parents=True, exist_ok=True)
    story = folder / "a.story"
    story.write_bytes(stories.encode(plan.entry.name, plan.story))
    return Job(
        name=plan.entry.name,
        file=str(plan.entry.file),
        title=plan.title,
        story=str(story),
        theme=plan.theme,
        language=plan.lecture.language,
        width=size[0],
        height=size[1],
        fps=size[2],
        transparent=plan.request.transparent,
        wanted=tuple(wanted or beats),
        beats=tuple(beats),
        pieces=str(folder / "pieces"),
        media=str(folder / "media"),
        master=str(folder / ("master.mov" if plan.request.transparent else "master.mp4")),
        film=str(folder / "film.mp4"),
    )


def draw(job: Job) -> Drawn:
    """What is answered to a job that is done in this process, where Manim is imported once."""
    with manim.tempconfig({}):
        return worker.draw(job, worker.Channel(StringIO()))


def side_by_side(*jobs: Job) -> list[Drawn]:
    """What workers answer that are set to work at once."""
    workers = [
        subprocess.Popen(WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in jobs
    ]
    for process, each in zip(workers, jobs, strict=True):
        process.stdin.write(written(each).encode())
        process.stdin.flush()
    answers = []
    for process in workers:
        answer = [read(line) for line in process.stdout][-1]
        process.communicate()
        assert isinstance(answer, Drawn), answer
        answers.append(answer)
    return answers


def files(folder: Path, number: int) -> dict[str, bytes]:
    """The files of a piece."""
    return {each.name[3:]: each.read_bytes() for each in folder.glob(f"pieces/{number:03}*.m*")}


@pytest.fixture(scope="module")
def plan() -> Plan:
    (plan,) = plan_films([RenderRequest("leaning", scenes=LECTURES)])
    return plan


@pytest.fixture(scope="module")
def at_once(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Drawn]:
    """The folder of the lecture drawn by one worker, and what it told."""
    folder = tmp_path_factory.mktemp("whole")
    answer = draw(job(plan, folder, plan.beats))
    assert answer.whole
    return folder, answer


@pytest.mark.parametrize("number", range(len(BEATS)), ids=BEATS)
def test_a_beat_alone_is_what_it_is_in_the_whole_film(plan, at_once, tmp_path, number):
    folder, whole = at_once
    alone = draw(job(plan, tmp_path, [BEATS[number]]))
    assert alone.pieces == (whole.pieces[number],)
    assert files(tmp_path, 0) == files(folder, number)
    assert set(files(folder, number)) == {".mp4", "-master.mp4"}


def test_a_note_is_true_of_the_story_that_is_drawn(at_once):
    """`show`, which knows no story, tells what is true with settings in general."""
    _, whole = at_once
    notes = {piece.beat.name: piece.beat.note for piece in whole.pieces}
    assert notes["drift"] == "A dot drifts by itself."
    assert notes["jump"] == "It goes on from there. It has made 2."
    assert catalog.load(catalog.find("leaning", LECTURES)).beats["jump"].endswith("It has made three steps.")


@pytest.mark.slow
def test_two_workers_make_the_film_that_one_makes(plan, at_once, tmp_path):
    folder, whole = at_once
    each = job(plan, tmp_path, plan.beats)
    answers = side_by_side(each, replace(each, media=str(tmp_path / "other")))
    (joined,) = [answer for answer in answers if answer.whole]
    assert joined == whole
    for name in ("master.mp4", "film.mp4"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_what_another_has_drawn_is_not_drawn_again(plan, at_once, tmp_path):
    folder, whole = at_once
    first = draw(job(plan, tmp_path, plan.beats[::2], plan.beats))
    assert not first.whole
    assert first.pieces == whole.pieces[::2]
    before = {each.name: each.stat().st_mtime_ns for each in tmp_path.glob("pieces/*.mp4")}
    assert draw(job(plan, tmp_path, plan.beats)) == whole
    after = {each.name: each.stat().st_mtime_ns for each in tmp_path.glob("pieces/*.mp4")}
    assert {name: after[name] for name in before} == before
    assert (tmp_path / "master.mp4").read_bytes() == (folder / "master.mp4").read_bytes()


def test_what_was_joined_stays_whole_though_who_joined_it_has_ended_and_another_joins(
    plan, at_once, tmp_path
):
    shutil.copytree(at_once[0] / "pieces", tmp_path / "pieces")
    each = job(plan, tmp_path, plan.beats)
    first = Pieces(each)
    assert first.join() is not None
    first.release()
    films = {name: (tmp_path / name).read_bytes() for name in ("master.mp4", "film.mp4")}
    for piece in tmp_path.glob("pieces/003*.mp4"):
        piece.write_bytes(piece.read_bytes()[:-200])
    with pytest.raises(BrokenFilm):
        Pieces(each).join()
    assert {name: (tmp_path / name).read_bytes() for name in films} == films


def test_what_is_missing_fails_and_does_not_wait(plan, tmp_path):
    with pytest.raises(RuntimeError, match="pieces are missing"):
        draw(job(plan, tmp_path, (), plan.beats))


def request(**words) -> RenderRequest:
    return RenderRequest("leaning", quality="preview", scenes=LECTURES, **words)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rendered, Rendered]:
    """A cache with the whole lecture, drawn by two, and one beat of it; the folder with the films of both."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(batch, "_WORTH", 1)
        with drawing_here():
            (beat,) = render_films([request(beat="jump")], out=folder / "out")
        (whole,) = render_films([request()], out=folder / "out", site=Here(2))
    return folder, whole.film(), beat.film()


@pytest.fixture
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(*_: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(Here, "begin", begin)


def decoded(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in film.decode(video=0)]


def test_the_manifest_of_a_beat_tells_its_place_in_the_lecture(kept):
    folder, whole, beat = kept
    assert sorted(each.name for each in (folder / "out").iterdir()) == [
        *(f"leaning-jump.{suffix}" for suffix in ("json", "mp4", "story")),
        *(f"leaning.{suffix}" for suffix in ("json", "mp4", "story")),
    ]
    (told,) = beat.beats
    assert told == whole.beats[2]
    start, stop = whole.stretch("jump")
    assert (beat.beat, beat.start, beat.frames) == ("jump", start, stop - start)
    assert beat.stretches == ((told, 0, stop - start),)
    assert decoded(beat.mp4) == decoded(whole.mp4)[start:stop]
    with av.open(str(beat.mp4)) as film:
        assert film.metadata["title"] == "Leaning beats: Jump"
        (chapter,) = film.chapters()
    assert chapter["metadata"] == {"title": "Jump"}


def test_a_master_of_the_whole_answers_for_a_beat(kept, cache, nothing_is_drawn, tmp_path):
    """And what is cut from it is, byte for byte, what is drawn alone."""
    folder, whole, beat = kept
    masters, alone = MasterCache(folder / "cache" / "gdlectures"), MasterCache()
    found = masters.entry(whole.key).manifest.parent
    alone.store(whole.key, [each for each in found.iterdir() if each.name != "digests.json"])
    (outcome,) = draw_masters([request(beat="jump")])
    made = outcome.film().manifest.parent
    (outcome,) = render_films([request(beat="jump")], out=tmp_path)
    assert outcome.film().digest == beat.digest
    drawn_alone = masters.entry(beat.key).manifest.parent
    names = sorted(each.name for each in drawn_alone.iterdir())
    assert names == [
        "digests.json",
        "leaning-jump.json",
        "leaning-jump.mp4",
        "leaning-jump.story",
        "master.mp4",
    ]
    for name in names:
        assert (made / name).read_bytes() == (drawn_alone / name).read_bytes()


@pytest.mark.usefixtures("draws_here")
def test_what_two_drew_is_what_one_draws(kept, cache, tmp_path):
    folder, whole, _ = kept
    (outcome,) = render_films([request()], out=tmp_path, site=Here(1))
    assert outcome.film().digest == whole.digest
    masters = [MasterCache(folder / "cache" / "gdlectures"), MasterCache()]
    one, two = (each.entry(whole.key).manifest.with_name("master.mp4").read_bytes() for each in masters)
    assert one == two


def test_a_beat_that_is_not_there_is_refused_before_anything_is_drawn(main, tmp_path, nothing_is_drawn):
    done = main("render", "leaning", "--scenes", LECTURES, "--beat", "jmup")
    assert done.code == 2
    assert "--beat: got jmup; allowed drift, wait, jump, blink; fix: did you mean jump?" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("entry", catalog.entries(), ids=lambda entry: entry.name)
def test_every_beat_of_every_lecture_alone_is_what_it_is_in_the_film(entry, tmp_path):
    (plan,) = plan_films([RenderRequest(entry.name)])
    size = (160, 90, 5)
    whole = draw(job(plan, tmp_path / "whole", plan.beats, size=size))
    for number, beat in enumerate(plan.beats):
        alone = draw(job(plan, tmp_path / f"beat-{beat}", [beat], size=size))
        assert alone.pieces == (whole.pieces[number],)
        assert files(tmp_path / f"beat-{beat}", 0) == files(tmp_path / "whole", number)
