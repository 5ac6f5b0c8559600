"""A training run of one's own: asked for by the command and in Python, and where it goes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from command_line import FAULT
from recordings import recorded

import gdmath
from gdlectures.asking import catalog, stories
from gdlectures.asking.live import live_entry
from gdlectures.asking.planning import asked_digest, plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.asking.runs import run_row, user_run
from gdlectures.faults.errors import Fault


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.trajectory"
    recorded().save(path)
    return path


def planned(run, plane=None, **knobs):
    (plan,) = plan_films([RenderRequest("training-run", knobs=knobs, run=user_run(run, plane))])
    return plan


def on_planes(*planes):
    """A run that was recorded with several planes."""
    return recorded(surfaces=tuple(recorded(plane=plane).surface() for plane in planes))


def test_a_file_and_a_run_in_memory_are_told_alike(file):
    of_file, of_run = planned(file), planned(recorded())
    assert of_file.story.recording.name == "net.trajectory"
    assert of_file.stem == "training-run-net"
    np.testing.assert_array_equal(of_file.story.recording.losses, of_run.story.recording.losses)
    assert of_file.story.digest() == gdmath.project(recorded(), "net.trajectory").digest()


def test_without_a_run_it_tells_one_that_comes_along():
    (plan,) = plan_films([RenderRequest("training-run")])
    assert plan.story.name == "network"
    assert plan.stem == "training-run"
    assert planned(None, recording="two-weights").stem == "training-run-two-weights"


def test_another_file_is_another_request(file):
    entry = catalog.find("training-run")

    def asked():
        return asked_digest(RenderRequest("training-run", run=user_run(file)), entry)

    before = asked()
    assert asked() == before
    recorded(n_steps=61).save(file)
    assert asked() != before


def test_a_run_of_several_planes_is_told_on_the_first_or_on_the_one_that_is_named():
    run = on_planes("path", "random", (1, 4))
    kinds = gdmath.PlaneKind
    for name, kind in (
        (None, kinds.PATH),
        ("random", kinds.RANDOM),
        ("weight[1],weight[4]", kinds.PARAMETERS),
        ("path", kinds.PATH),
    ):
        told = planned(run, name).story.recording
        assert told.kind is kind
        alone = recorded(plane={kinds.PATH: "path", kinds.RANDOM: "random"}.get(kind, (1, 4)))
        np.testing.assert_array_equal(told.row_losses, alone.surface().row_losses)
        np.testing.assert_array_equal(told.grid.losses, alone.surface().grid.losses)


def test_another_plane_is_another_request(file):
    entry = catalog.find("training-run")
    asked = {
        asked_digest(RenderRequest("training-run", run=user_run(file, plane)), entry)
        for plane in (None, "path", "random")
    }
    assert len(asked) == 3


def test_its_story_comes_back_bit_for_bit(file, tmp_path):
    plan = planned(file)
    content = stories.encode("training-run", plan.story)
    (tmp_path / "net.story").write_bytes(content)
    again = stories.read(tmp_path / "net.story").story_of(plan.lecture)
    assert again.digest() == plan.story.digest()
    assert again.settings.recording is again.recording
    assert stories.encode("training-run", again) == content
    request = RenderRequest("training-run", story=tmp_path / "net.story")
    (planned_again,) = plan_films([request])
    assert planned_again.story.digest() == plan.story.digest()
    assert planned_again.stem == plan.stem


def test_a_story_of_a_run_is_no_story_of_data(file, tmp_path):
    (tmp_path / "net.story").write_bytes(stories.encode("training-run", planned(file).story))
    stored, other = stories.read(tmp_path / "net.story"), catalog.load(catalog.find("learning-rates"))
    with pytest.raises(Fault, match="--set: got recording"):
        stored.story_of(other)
    with pytest.raises(Fault, match=r"net.story: got a story of recording; allowed a .story file"):
        dataclasses.replace(stored, settings={}).story_of(other)


def test_what_a_manifest_says_of_it(file):
    plan = planned(file)
    option, name, told = run_row(plan.story.recording)
    assert (option, name) == ("--run", "net.trajectory")
    assert told.startswith("6 parameters, 60 steps, sha256 ")
    assert live_entry(plan.lecture, plan.story) is None


WRONG = {
    "missing": ("training-run --run nowhere.trajectory", "nowhere.trajectory: got no such file", 3),
    "another kind": ("training-run --run other", "other: got not a recording file", 3),
    "no plane": (
        "training-run --run bare.trajectory",
        "bare.trajectory: got plane: got a run without one",
        3,
    ),
    "two rows": ("training-run --run short.trajectory", "short.trajectory: got rows: got 2", 3),
    "below zero": ("training-run --run low.trajectory", "--run: got a loss of -", 2),
    "another lecture": (
        "loss-surface --run net.trajectory",
        "--run: got loss-surface; allowed training-run",
        2,
    ),
    "data": ("training-run --data other.csv", "other.csv: got no such file", 3),
    "beside data": ("training-run --run net.trajectory --data other", "--run: got --run beside --data", 2),
    "beside one that comes along": (
        "training-run --run net.trajectory --recording network",
        "--recording: got network; allowed no such run beside --run",
        2,
    ),
    "another plane": (
        "training-run --run net.trajectory --plane random",
        "--plane: got random; allowed path; fix: name such a plane, or record the run with this one",
        2,
    ),
    "a plane of nothing": ("training-run --plane path", "--plane: got path; allowed a plane of a run", 2),
    "unknown": ("training-run --recording mine", "--recording: got mine; allowed network, two-weights", 2),
}


@pytest.mark.parametrize(("words", "says", "code"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_line(main, tmp_path, file, monkeypatch, words, says, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").write_text("<html></html>" * 9)
    dataclasses.replace(recorded(), surfaces=()).save("bare.trajectory")
    recorded(n_steps=1).save("short.trajectory")
    recorded(least=-9.0).save("low.trajectory")
    done = main("render", *words.split())
    assert says in done.err
    assert done.code == code
    assert FAULT.fullmatch(done.err)
    assert done.out == ""


def test_all_lectures_of_a_run_or_of_data_are_those_that_take_it(file, tmp_path, monkeypatch):
    asked = []

    def render(requests, **_):
        asked.append([request.lecture for request in requests])
        return []

    from gdlectures.command import cli

    monkeypatch.setattr("gdlectures.films.rendering.render_films", render)
    (tmp_path / "table.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    cli.main(["render", "--all", "--run", str(file)])
    cli.main(["render", "--all", "--data", str(tmp_path / "table.csv")])
    assert asked[0] == ["training-run"]
    assert "training-run" not in asked[1]
    assert len(asked[1]) == 8
