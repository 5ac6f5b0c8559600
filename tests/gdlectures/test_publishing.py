"""The output folder: locks, sweeping, and files put in place."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys

import pytest

from gdlectures.asking.inputs import are_unchanged
from gdlectures.faults.errors import Exit, Fault, environment
from gdlectures.films import publishing
from gdlectures.films.manifest import find_answer, read_manifest
from gdlectures.films.publishing import FilmLock, holder, publish, sweep, write_whole

pytestmark = pytest.mark.xdist_group("alone")


def test_a_lock_is_taken_once(tmp_path):
    lock = FilmLock.take(tmp_path, "film")
    assert FilmLock.take(tmp_path, "film") is None
    assert holder(tmp_path, "film") == f"process {os.getpid()}"
    other = FilmLock.take(tmp_path, "film-light")
    other.release()
    lock.release()
    again = FilmLock.take(tmp_path, "film")
    again.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_lock_that_leads_to_a_users_file_is_refused(tmp_path, link):
    mine = tmp_path / "mine"
    mine.write_text("my work")
    link(mine, tmp_path / ".film.rendering-lock")
    with pytest.raises(OSError, match=r"symbolic links|no regular file|No such device"):
        FilmLock.take(tmp_path, "film")
    with pytest.raises(Fault, match=r"film: got .*; fix: give another --out"):
        write_whole(tmp_path / "film", b"new")
    sweep(tmp_path)
    assert mine.read_text() == "my work"


def test_a_pipe_in_place_of_a_file_of_ours_holds_nothing_up(tmp_path):
    os.mkfifo(tmp_path / "film.json")
    os.mkfifo(tmp_path / ".film.rendering-lock")
    assert read_manifest(tmp_path / "film.json") is None
    assert find_answer(tmp_path, "0" * 64) is None
    assert holder(tmp_path, "film") == "another process"
    with pytest.raises(OSError, match=r"symbolic links|no regular file|No such device"):
        FilmLock.take(tmp_path, "film")


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/b", "../tiny.mp4", "tiny\0.mp4", "\ud800.mp4"])
@pytest.mark.parametrize("entry", ["film", "story"])
def test_a_manifest_that_names_no_file_beside_it_is_none(rendered, tmp_path, entry, name):
    known = json.loads((rendered / "tiny.json").read_text())
    assert find_answer(rendered, known["asked"]) is not None
    (tmp_path / "tiny.json").write_text(json.dumps(known | {entry: name}))
    assert read_manifest(tmp_path / "tiny.json") is None
    assert find_answer(tmp_path, known["asked"]) is None


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "/no/such/file"])
def test_what_can_be_no_file_is_none_that_stayed(path):
    assert not are_unchanged({path: "0" * 64})


def test_a_stale_lock_is_taken_over(tmp_path):
    script = "import sys, os, pathlib; from gdlectures.films.publishing import FilmLock;"
    script += "FilmLock.take(pathlib.Path(sys.argv[1]), 'film').private_folder(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sweeping_leaves_the_living_and_the_unknown(tmp_path):
    lock = FilmLock.take(tmp_path, "film")
    private = lock.private_folder()
    (tmp_path / ".mine.rendering.txt").write_text("")
    (tmp_path / ".other.lock").write_text("")
    before = sorted(tmp_path.iterdir())
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == before
    assert private.is_dir()
    lock.release()


def test_a_worker_that_outlives_its_command_keeps_the_film_locked(tmp_path):
    lock = FilmLock.take(tmp_path, "film")
    orphan = subprocess.Popen(["sleep", "60"], pass_fds=(lock.descriptor,))
    os.close(lock.descriptor)
    try:
        assert FilmLock.take(tmp_path, "film") is None
    finally:
        orphan.kill()
        orphan.wait()
    FilmLock.take(tmp_path, "film").release()


def test_publishing_stops_at_the_first_refusal(tmp_path):
    for name in ("new-a", "new-b"):
        (tmp_path / name).write_text(name)
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "in the way").touch()
    with pytest.raises(OSError, match="b"):
        publish([(tmp_path / "new-b", tmp_path / "b"), (tmp_path / "new-a", tmp_path / "a")])
    assert (tmp_path / "a").read_text() == "old"
    publish([(tmp_path / "new-a", tmp_path / "a")])
    assert (tmp_path / "a").read_text() == "new-a"


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path):
    target = tmp_path / "new" / "deck.pptx"
    assert write_whole(target, b"one") == target
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_another_process_writes_is_left_alone(tmp_path):
    target = write_whole(tmp_path / "deck.pptx", b"old")
    lock = FilmLock.take(tmp_path, target.name)
    with pytest.raises(Fault, match="one writer at a time") as fault:
        write_whole(target, b"new")
    lock.release()
    assert fault.value.exit_code is Exit.ENVIRONMENT
    assert target.read_bytes() == b"old"


def test_a_disk_that_refuses_leaves_the_old_file(tmp_path, monkeypatch):
    target = write_whole(tmp_path / "deck.pptx", b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(publishing, "publish", full)
    with pytest.raises(Fault, match="bytes free; allowed 3 bytes or more"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_disk_that_is_full_of_what_nobody_measured_is_not_said_to_need_nothing(tmp_path):
    fault = environment(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    assert re.search(r"got \d+ bytes free; allowed as many as it takes; fix: free space there", str(fault))
