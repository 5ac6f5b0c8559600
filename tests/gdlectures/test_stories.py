"""Stories on the disk: the same bits come back, and nothing else is believed."""

from __future__ import annotations

import dataclasses
import errno
import os
import tracemalloc

import numpy as np
import pytest
from harm import STORY_HARM, STORY_LIES, resealed

from gdlectures.asking import catalog, stories
from gdlectures.faults.errors import Exit, Fault
from gdscenes.kit.lecture.settings import with_values


@pytest.fixture
def tiny(main, lectures):
    return catalog.load(catalog.find("tiny", lectures))


@pytest.fixture
def story(tiny):
    return tiny.prepare(with_values(tiny.settings, {"dataset": "chapter-2", "n_steps": 7}))


@pytest.fixture
def path(tiny, story, tmp_path):
    file = tmp_path / "kept.story"
    file.write_bytes(stories.encode("tiny", story))
    return file


def test_a_story_comes_back_bit_for_bit(tiny, story, path):
    stored = stories.read(path)
    again = stored.story_of(tiny)
    assert stored.lecture == "tiny"
    assert again.settings == story.settings
    assert type(again) is tiny.story_type
    assert again.dataset.digest() == story.dataset.digest()
    assert list(again.runs) == ["descent"]
    for field in ("parameters", "losses", "gradients", "epoch_starts"):
        got, given = (getattr(each.runs["descent"], field) for each in (again, story))
        np.testing.assert_array_equal(got, given)
    assert stories.encode("tiny", again) == path.read_bytes()


@pytest.mark.parametrize("name", ["one-weight", "fake-data"])
def test_every_kind_of_dataset_comes_back(tiny, tmp_path, name):
    rate = {"one-weight": 0.01, "fake-data": 1e-4}[name]
    story = tiny.prepare(with_values(tiny.settings, {"dataset": name, "learning_rate": rate}))
    (tmp_path / "s").write_bytes(stories.encode("tiny", story))
    assert stories.read(tmp_path / "s").drawn_from["dataset"].digest() == story.dataset.digest()


@pytest.mark.parametrize(("old", "new"), STORY_LIES.values(), ids=STORY_LIES)
def test_a_story_of_the_right_form_that_no_dataset_has_is_refused(path, old, new):
    path.write_bytes(resealed(path.read_bytes(), old, new))
    with pytest.raises(Fault) as refused:
        stories.read(path)
    assert refused.value.exit_code is Exit.DATA
    assert refused.value.where == str(path)


def test_a_run_that_its_data_do_not_give_is_not_drawn(tiny, story, tmp_path, main, lectures):
    run = story.runs["descent"]
    for name, told in {
        "losses": dataclasses.replace(run, losses=run.losses * (1 + 1e-9)),
        "parameters": dataclasses.replace(run, learning_rate=0.2),
        "gradients": dataclasses.replace(run, gradients=run.gradients[::-1]),
    }.items():
        path = tmp_path / f"{name}.story"
        path.write_bytes(stories.encode("tiny", dataclasses.replace(story, runs={"descent": told})))
        out = tmp_path / "out"
        done = main("render", "--from", str(path), "--scenes", str(lectures), "--out", str(out))
        assert done.code == Exit.DATA
        assert f"{path}: got run 'descent': {name}: got" in done.err
        assert not list(out.glob("*.mp4"))


@pytest.mark.parametrize("harm", STORY_HARM.values(), ids=STORY_HARM)
def test_a_harmed_story_is_refused_with_path_and_reason(path, harm):
    path.write_bytes(harm(path.read_bytes()))
    tracemalloc.start()
    with pytest.raises(Fault) as refused:
        stories.read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.exit_code is Exit.DATA
    assert refused.value.where == str(path)
    assert peak < 20_000_000


def test_every_flipped_byte_is_found(path):
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(Fault):
            stories.read(path)


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", "/dev/zero"):
        with pytest.raises(Fault, match="no regular file"):
            stories.read(stories.Path(path))


def test_a_story_that_may_not_be_read_says_so_and_advises_no_place_for_films(path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("gdmath.sealed.SealedFormat.read", refuse)
    with pytest.raises(
        Fault, match=r"Permission denied; allowed a file that may be read; fix: give another,"
    ):
        stories.read(path)


def test_settings_of_another_lecture_are_refused(tiny, story, path, main, lectures):
    path.write_bytes(resealed(path.read_bytes(), b'"n_steps":7}', b'"n_steps":0}'))
    with pytest.raises(Fault, match="--n-steps: got 0") as refused:
        stories.read(path).story_of(tiny)
    assert refused.value.exit_code is Exit.DATA
