"""Sweeps: words become grids, grids become films that are drawn once, a page and a sheet."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest
from command_line import FAULT, LECTURES
from here import drawing_here, run_here
from PIL import Image

from gdlectures.asking import sweeps
from gdlectures.asking.requests import RenderRequest
from gdlectures.faults.errors import Fault
from gdlectures.faults.progress import Lines
from gdlectures.films.batch import Batch
from gdlectures.films.masters import MasterCache
from gdscenes.kit.lecture.settings import SettingError


def grid(lectures, most=100, **given):
    request = RenderRequest("tiny", scenes=lectures)
    words = {name: [word] if isinstance(word, str) else word for name, word in given.items()}
    return sweeps.grid_of(request, words, most)


def asked(lectures, **given) -> list[dict[str, object]]:
    return [dict(cell.request.knobs) for cell in grid(lectures, **given).cells]


# -- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("0.1,0.2", [0.1, 0.2]),
        ("0.1, none", [0.1, None]),
        ("0.1:0.5:3", [0.1, 0.3, 0.5]),
        ("0.5:0.1:3", [0.5, 0.3, 0.1]),
        ("0.1:1:4", [0.1, 0.4, 0.7, 1.0]),
        ("0.1:0.2:4", [0.1, 0.133, 0.167, 0.2]),
        ("0.8:0.81:5", [0.8, 0.8025, 0.805, 0.8075, 0.81]),
        ("0.01:1:3:log", [0.01, 0.1, 1.0]),
        ("0.01:1:4:log", [0.01, 0.0464, 0.215, 1.0]),
        ("0.1:0.2:2,0.5", [0.1, 0.2, 0.5]),
        (["0.1", "0.2", "0.1"], [0.1, 0.2]),
        ("1.00001:1.00003:3", [1.00001, 1.00002, 1.00003]),
    ],
)
def test_a_word_holds_several_values(lectures, word, values):
    assert [each["learning_rate"] for each in asked(lectures, learning_rate=word)] == values


def test_whole_numbers_stay_whole_and_come_once(lectures):
    assert [each["n_steps"] for each in asked(lectures, n_steps="10:1000:3:log")] == [10, 100, 1000]
    assert [each["n_steps"] for each in asked(lectures, n_steps="1:3:5")] == [1, 2, 3]


def test_a_value_of_several_numbers_has_ranges_inside():
    words = {"learning_rates": ["0.1:0.3:3,0.8,1.1:1.3:2"]}
    cells = sweeps.grid_of(RenderRequest("learning-rates"), words, 100).cells
    assert [cell.request.knobs["learning_rates"] for cell in cells] == [
        (low, 0.8, high) for low in (0.1, 0.2, 0.3) for high in (1.1, 1.3)
    ]
    assert cells[0].label == "learning rates 0.1, 0.8, 1.1"
    again = {"learning_rates": ["none", "0.1,0.8,1.1"]}
    assert len(sweeps.grid_of(RenderRequest("learning-rates"), again, 100).cells) == 2


def test_knobs_make_a_grid_whose_last_runs_across(lectures):
    made = grid(lectures, dataset="chapter-0,chapter-2", n_steps="5", learning_rate="0.1:0.3:3")
    assert (made.columns, len(made.cells)) == (3, 6)
    assert made.request.knobs == {"n_steps": 5}
    assert made.request.beat == "second"  # the lecture's cover
    assert [cell.label for cell in made.cells[:4]] == [
        "dataset chapter-0; learning rate 0.1",
        "dataset chapter-0; learning rate 0.2",
        "dataset chapter-0; learning rate 0.3",
        "dataset chapter-2; learning rate 0.1",
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"learning_rate": "0.1:0.5"}, "--learning-rate: got 0.1:0.5; allowed FROM:TO:N"),
        ({"learning_rate": "0.1:0.5:1"}, "got 0.1:0.5:1"),
        ({"learning_rate": "0.1:0.5:2.5"}, "got 0.1:0.5:2.5"),
        ({"learning_rate": "0.1:0.5:3:lin"}, "got 0.1:0.5:3:lin"),
        ({"learning_rate": "0.5:0.5:3"}, "between two different ones"),
        ({"learning_rate": "0:1:3"}, "--learning-rate: got 0; allowed a number above 0"),
        ({"learning_rate": "0.1,,0.2"}, "--learning-rate: got ;"),
        ({"learning_rate": "none:1:3"}, "--learning-rate: got none"),
        ({"n_steps": "0:100:3"}, "--n-steps: got 0"),
        ({"n_steps": "1:100:3:log:log"}, "got 1:100:3:log:log"),
        ({"dataset": "chapter-0,chapter-1"}, "did you mean chapter-"),
        ({"learnin_rate": "0.1,0.2"}, "did you mean --learning-rate?"),
        ({"learning_rate": "0.1"}, "sweep: got one film; allowed several values of a knob"),
        ({}, "sweep: got one film"),
        ({"n_steps": "1:1000:101"}, "sweep: got 101 cells; allowed up to 100"),
        ({"n_steps": "1:20:20", "learning_rate": "0.1:0.6:6"}, "sweep: got 120 cells; allowed up to 100"),
        ({"n_steps": "1:2:999999999999"}, "got 1:2:999999999999"),
    ],
)
def test_what_is_no_grid_is_one_line(lectures, given, says):
    with pytest.raises((Fault, SettingError), match=re.escape(says)):
        grid(lectures, **given)


def test_what_the_lecture_refuses_is_told_of_its_cell(lectures):
    told = sweeps.refused(grid(lectures, learning_rate="0.5,0.9,0.1"))
    assert list(told) == [1]
    assert told[1].allowed == "below 0.8055"
    with pytest.raises(Fault, match=re.escape("--learning-rate: got 0.9; allowed below 0.8055")):
        sweeps.refused(grid(lectures, learning_rate="0.9,1"))


# -- the command -----------------------------------------------------------------------------------------

TINY = ("sweep", "tiny", "--scenes", LECTURES, "--quality", "preview")
GRID = ("--dataset", "chapter-0,chapter-2", "--set", "learning-rate=0.1,0.9", "--beat", "first")
FOLDER = "build/tiny-first-by-dataset-and-learning-rate"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """Where a sweep of two rates was drawn, the higher of which is refused, and the cache that it filled."""
    place = tmp_path_factory.mktemp("drawn")
    done = run_here(*TINY, *GRID, cwd=place, cache=place / "cache")
    assert done.out.splitlines() == [
        f"{FOLDER}/index.html  open this to see them all",
        f"{FOLDER}/sheet.png  all stills on a slide",
        f"{FOLDER}  2 stills",
    ]
    assert done.code == 2
    assert all(FAULT.fullmatch(f"{line}\n") for line in done.err.splitlines())
    assert [line.partition(": --")[0] for line in done.err.splitlines()] == [
        "gdlectures: dataset chapter-0; learning rate 0.9",
        "gdlectures: dataset chapter-2; learning rate 0.9",
    ]
    return place


@pytest.fixture
def known(drawn, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(drawn / "cache"))


@pytest.fixture
def kept(monkeypatch) -> list[str]:
    """The keys of the films that are drawn, as they come into the cache."""
    keys: list[str] = []
    store = MasterCache.store

    def noted(cache, key, files):
        keys.append(key)
        return store(cache, key, files)

    monkeypatch.setattr(MasterCache, "store", noted)
    return keys


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_sweep_is_a_page_a_sheet_and_a_still_a_cell(drawn):
    folder = drawn / FOLDER
    assert sorted(files_of(folder)) == [
        "dataset-chapter-0-learning-rate-0.1.png",
        "dataset-chapter-2-learning-rate-0.1.png",
        "index.html",
        "sheet.png",
    ]
    stills = [np.array(Image.open(path)) for path in sorted(folder.glob("dataset*"))]
    assert not np.array_equal(*stills)
    assert all(still[..., 0].max() > 240 for still in stills)  # the square has come
    page = (folder / "index.html").read_text("utf-8")
    assert page.count("allowed: below 0.8055") == 2
    assert "dataset chapter-2; learning rate 0.1" in page
    assert re.search(r"MSE 0[.]\d+ after 20 steps", page)
    assert "gdlectures sweep tiny --dataset chapter-0,chapter-2 --learning-rate 0.1,0.9 --beat first" in page


def test_what_was_drawn_is_found_however_it_was_asked_for(main, known, kept, drawn, tmp_path):
    assert main(*TINY, *GRID).code == 2
    assert files_of(tmp_path / FOLDER) == files_of(drawn / FOLDER)
    words = ("--learning-rate", "0.10,0.9", "--dataset", "chapter-2", "--n-steps", "20", "--beat", "first")
    assert main(*TINY, *words).code == 2
    still = "build/tiny-first-by-learning-rate/learning-rate-0.1.png"
    assert (tmp_path / still).read_bytes() == files_of(drawn / FOLDER)[
        "dataset-chapter-2-learning-rate-0.1.png"
    ]
    assert kept == []


def test_films_of_a_beat_are_cut_out(main, known, tmp_path):
    words = ("--learning-rate", "0.1", "--dataset", "chapter-0,chapter-2", "--films", "--beat", "first")
    assert main(*TINY, *words).code == 0
    folder = tmp_path / "build" / "tiny-first-by-dataset"
    for name in ("chapter-0", "chapter-2"):
        with av.open(str(folder / f"dataset-{name}.mp4")) as film:
            assert len(list(film.decode(video=0))) == 13
            assert film.metadata["title"] == f"dataset {name}"
    assert "clip-1" in (folder / "index.html").read_text("utf-8")


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on_and_a_cell_that_fails_takes_no_other_along(
    main, kept, tmp_path, monkeypatch
):
    begun, start = [], Lines.started

    def started(lines, work, seconds):
        begun.extend([work] if seconds else [])  # a film has a length
        start(lines, work, seconds)

    monkeypatch.setattr(Lines, "started", started)
    words = ("sweep", "misbehaves", "--scenes", LECTURES, "--quality", "preview", "--how")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Batch, "_listen", interrupted_once_kept(kept))
        with pytest.raises(KeyboardInterrupt):
            main(*words, "well,hangs")
    assert len(kept) == 1
    assert begun == ["misbehaves-only, how well", "misbehaves-only, how hangs"]
    assert not (tmp_path / "build").exists()
    with drawing_here():
        done = main(*words, "well,raises")
    assert len(kept) == 1
    assert done.code == 4
    assert FAULT.fullmatch(done.err)
    assert done.err.startswith("gdlectures: how raises: misbehaves: got ZeroDivisionError: first line")
    folder = tmp_path / "build" / "misbehaves-only-by-how"
    assert sorted(files_of(folder)) == ["how-well.png", "index.html", "sheet.png"]
    assert "ZeroDivisionError: first line" in (folder / "index.html").read_text("utf-8")


def interrupted_once_kept(kept):
    """What listens to the workers, until the first film has come."""
    listen = Batch._listen

    def heard(batch):
        if kept:
            raise KeyboardInterrupt
        listen(batch)

    return heard


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("tiny --learning-rate 0.1", "sweep: got one film"),
        ("tiny misbehaves --learning-rate 0.1,0.2", "sweep: got 2 lectures; allowed one lecture"),
        ("--learning-rate 0.1,0.2", "name a lecture"),
        ("tiny --learning-rate 0.1,0.2 --beat secnd", "did you mean second?"),
        ("tiny --learning-rate 0.1:0.2:26 --films", "sweep: got 26 cells; allowed up to 25"),
        ("tiny --learning-rate 0.9,1", "--learning-rate: got 0.9; allowed below 0.8055"),
        ("tiny --set learning-rate", "KNOB=VALUE"),
        ("tiny --learning-rate 0.1:0.2", "FROM:TO:N"),
    ],
)
def test_a_wrong_sweep_is_one_line_and_writes_nothing(main, lectures, tmp_path, words, says):
    done = main("sweep", *words.split(" "), "--scenes", lectures)
    assert done.code == 2
    assert FAULT.fullmatch(done.err)
    assert says in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []
