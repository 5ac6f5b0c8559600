"""A table of one's own: asked for by the command and in Python, and where it goes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data import takes_data

import gdmath
from gdlectures.asking import catalog, stories
from gdlectures.asking.data import user_data
from gdlectures.asking.planning import asked_digest, plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.command import cli
from gdlectures.faults.errors import Exit, Fault
from gdscenes.kit.lecture.settings import knobs

LECTURES = [entry.name for entry in catalog.entries() if takes_data(catalog.load(entry))]
COLUMNS = {"x": "bmi", "y": "progression"}
SHORT = {"n_steps": 20}
"""Raw columns would have a hundred thousand steps."""


def text(rows=60, seed=1):
    rng = np.random.default_rng(seed)
    bmi = rng.normal(26.4, 4.4, rows).round(1)
    progression = (10.2 * bmi - 117 + rng.normal(0, 60, rows)).round()
    lines = [f"{row},{a},{b}" for row, (a, b) in enumerate(zip(bmi, progression, strict=True))]
    return "\n".join(["id,bmi,progression", *lines])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clinic.csv"
    path.write_text(text())
    return path


def request(lecture, data, knobs=(), **words):
    table, rest = user_data(data, words)
    return RenderRequest(lecture, knobs={**dict(knobs), **rest}, data=table)


def planned(lecture, data, knobs=(), **words):
    (plan,) = plan_films([request(lecture, data, knobs, **words)])
    return plan


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_lecture_takes_it(lecture, file):
    plan = planned(lecture, file, **COLUMNS)
    assert plan.story.dataset.name == "clinic.csv"
    assert (plan.story.dataset.frame is None) == (lecture == "feature-scaling"), (
        "which teaches the raw column"
    )
    assert plan.stem == f"{lecture}-clinic-bmi-progression"


def test_all_rows_are_computed_on(file):
    data = planned("regression-fit", file, **COLUMNS).story.dataset
    raw = np.genfromtxt(file, delimiter=",", skip_header=1)
    np.testing.assert_allclose(data.frame.x_outside(data.x), raw[:, 1], rtol=1e-12)
    np.testing.assert_allclose(data.frame.y_outside(data.y), raw[:, 2], rtol=1e-12)


def test_a_stored_story_of_it_is_the_same_story(file, tmp_path):
    plan = planned("regression-fit", file, **COLUMNS)
    path = tmp_path / "a.story"
    path.write_bytes(stories.encode("regression-fit", plan.story))
    again = stories.read(path).story_of(plan.lecture)
    assert again.dataset.digest() == plan.story.dataset.digest()
    assert again.dataset.frame == plan.story.dataset.frame
    assert stories.settings_of(again)["dataset"] == "clinic.csv"
    assert stories.encode("regression-fit", again) == path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"x": "id"},
        {"x_unit": "kg/m²"},
        {"x_name": "mass"},
        {"raw": True},
        {"start": (0.0, 1.0)},
        {"validation": 0.3},
        {"split_seed": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_word_about_it_makes_another_film(file, change):
    films = [planned("regression-fit", file, SHORT, **{**COLUMNS, **words}) for words in ({}, change)]
    assert films[0].asked != films[1].asked
    assert films[0].resolved != films[1].resolved


def test_what_has_no_shape_in_a_name_is_written_out(file):
    words = {**COLUMNS, "x_name": "a\u202eb", "x_unit": "k\x1b[31mg", "y_name": "bad\udcff"}
    data = planned("regression-fit", file, **words).story.dataset
    assert (data.x_name, data.x_unit, data.y_name) == (r"a\u202eb", r"k\x1b[31mg", r"bad\udcff")


def test_another_content_of_the_file_is_another_request(file):
    entry = catalog.find("regression-fit")
    first = asked_digest(request("regression-fit", file, **COLUMNS), entry)
    assert asked_digest(request("regression-fit", file, **COLUMNS), entry) == first
    file.write_text(text(seed=2))
    assert asked_digest(request("regression-fit", file, **COLUMNS), entry) != first


def test_a_table_in_python_is_the_same_film_as_its_file(file):
    of_file = planned("regression-fit", file, **COLUMNS)
    of_table = planned("regression-fit", gdmath.read_table(file, "bmi", "progression"))
    assert of_table.resolved == of_file.resolved


def test_words_are_read_as_options(file):
    words = {"validation": "0.3", "start": "-1,2", "split_seed": "7", "raw": True}
    data = planned("regression-fit", file, SHORT, **COLUMNS, **words).story.dataset
    assert data.start.tolist() == [-1.0, 2.0]
    assert data.validation_indices.size == 18
    assert data.frame is None


@pytest.mark.parametrize(
    ("words", "code", "where"),
    [
        (["--x", "bmi"], Exit.USAGE, "--x"),
        (["--data", "FILE"], Exit.USAGE, "--x"),
        (["--data", "FILE", "--x", "bm", "--y", "progression"], Exit.USAGE, "--x"),
        (["--data", "FILE", "--x", "bmi", "--y", "id", "--validation", "0.6"], Exit.USAGE, "--validation"),
        (["--data", "FILE", "--x", "bmi", "--y", "id", "--start", "1"], Exit.USAGE, "--start"),
        (["--data", "FILE", "--x", "bmi", "--y", "id", "--dataset", "chapter-0"], Exit.USAGE, "--dataset"),
        (["--data", "FILE", "--x", "bmi", "--y", "id", "--start", "-1,nan"], Exit.USAGE, "--start"),
        (["--data", "missing.csv"], Exit.DATA, "missing.csv"),
    ],
)
def test_a_mistake_is_told_on_one_line(file, tmp_path, capsys, monkeypatch, words, code, where):
    monkeypatch.chdir(tmp_path)
    words = [str(file) if word == "FILE" else word for word in words]
    assert cli.main(["render", "regression-fit", *words]) == code
    told = capsys.readouterr().err.strip()
    assert told.startswith(f"gdlectures: {where}: got ")
    assert "\n" not in told
    assert not (tmp_path / "build").exists()


def test_a_lecture_without_data_says_so(file):
    folder = Path(__file__).with_name("lectures")
    table, _ = user_data(file, COLUMNS)
    with pytest.raises(Fault, match=r"--data: got .*; allowed a lecture that takes data"):
        plan_films([RenderRequest("leaning", scenes=folder, data=table)])


def test_a_start_below_zero_is_no_option(file, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "gdlectures.films.rendering.render_films", lambda requests, **_: seen.extend(requests) or []
    )
    cli.main(["render", "regression-fit", "--data", str(file), "--x", "bmi", "--y", "id", "--start", "-1,2"])
    assert seen[0].data.options.start == (-1.0, 2.0)


def test_one_knob_of_every_lecture_takes_it():
    for entry in map(catalog.find, LECTURES):
        takes = [
            each.name for each in knobs(type(catalog.load(entry).settings)) if gdmath.Table in each.objects
        ]
        assert takes == ["dataset"], entry.name


@pytest.mark.slow
def test_manifest_names_the_file(file, tmp_path):
    words = [
        "--data",
        str(file),
        "--x",
        "bmi",
        "--y",
        "progression",
        "--quality",
        "preview",
        "--beat",
        "data",
    ]
    assert cli.main(["render", "regression-fit", *words, "--out", str(tmp_path / "out")]) == Exit.DONE
    (manifest,) = (tmp_path / "out").glob("*.json")
    assert json.loads(manifest.read_text())["dataset"] == "clinic.csv"
