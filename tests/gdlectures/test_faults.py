"""Crashes, kills, full disks, two runs at once: what is published stays whole and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import FAULT, LECTURES
from here import run_here
from streams import without_progress

from gdlectures.films import manifest

pytestmark = pytest.mark.xdist_group("alone")

FAST = ("--quality", "preview")


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def is_drawing(folder: Path) -> bool:
    """A worker has begun to encode the film."""
    return any(folder.glob(".*.rendering/pieces/*-master.mp4"))


BAD = {
    "raises": (4, "got ZeroDivisionError: first line; "),
    "mute": (4, "has no play calls"),
    "loses": (4, "6 frames of 854x480 where the scene drew 12"),
    "has_no_graphics": (5, "misbehaves: 3D stage: got no context (libEGL.so.1); "),
    "forgets": (4, "got RuntimeError: beats declared and never opened: only; "),
}
FATAL = {
    "exits": (4, "got it called exit(0); "),
    "vanishes": (4, "got a worker that ended with code 0 and without a film, twice; "),
    "crashes": (4, "got a worker killed by SIGSEGV, twice; "),
    "killed": (6, "got a worker killed by SIGKILL, twice; "),
}


@pytest.mark.usefixtures("draws_here")
@pytest.mark.parametrize("how", BAD)
def test_a_bad_lecture_fails_in_one_line_and_leaves_nothing(main, lectures, tmp_path, how):
    assert_fails(main, lectures, tmp_path, how, *BAD[how])


@pytest.mark.slow
@pytest.mark.parametrize("how", FATAL)
def test_one_that_ends_its_process_does_too(main, lectures, tmp_path, how):
    assert_fails(main, lectures, tmp_path, how, *FATAL[how])


def assert_fails(main, lectures, tmp_path, how, code, says):
    done = main("render", "misbehaves", "--scenes", lectures, *FAST, "--how", how)
    assert done.code == code
    assert FAULT.fullmatch(done.err)
    assert says in done.err
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.parametrize(("how", "says"), [("raises", "ZeroDivisionError"), ("exits", "SystemExit: 0")])
def test_a_lecture_that_fails_before_its_film(main, lectures, tmp_path, how, says):
    done = main("render", "misbehaves", "--scenes", lectures, *FAST, "--how", how, "--in-prepare", "true")
    assert done.code == 4
    assert FAULT.fullmatch(done.err)
    assert says in done.err


@pytest.mark.usefixtures("draws_here")
def test_debug_shows_the_traceback(main, lectures):
    done = main("render", "misbehaves", "--scenes", lectures, *FAST, "--how", "raises", "--debug")
    assert done.code == 4
    assert 'raise ZeroDivisionError("first line' in done.err


def test_a_crashed_worker_is_tried_once_more(main, lectures, tmp_path):
    marker = tmp_path / "marker"
    words = ("--how", "crashes_once", "--marker", marker)
    done = main("render", "misbehaves", "--scenes", lectures, *FAST, *words)
    assert (done.code, done.err) == (0, "")
    assert marker.exists()
    assert {each.suffix for each in (tmp_path / "build").iterdir()} == {".mp4", ".json", ".story"}


def test_in_a_batch_the_others_finish(main, lectures, tmp_path):
    done = main("render", "misbehaves", "tiny", "--scenes", lectures, *FAST, "--how", "exits")
    assert done.code == 4
    assert done.out.startswith("build/tiny.mp4  0:01  ")
    first, summary = done.err.splitlines()
    assert first.startswith("gdlectures: misbehaves: got it called exit(0)")
    assert summary == "gdlectures: 1 of 2 lectures failed: misbehaves"


def test_a_lecture_that_hangs_is_ended(main, lectures, tmp_path, workers):
    done = main("render", "misbehaves", "--scenes", lectures, *FAST, "--how", "hangs", "--timeout", "3")
    assert done.code == 6
    assert FAULT.fullmatch(done.err)
    assert "misbehaves: got no film after 3 seconds" in done.err
    assert list((tmp_path / "build").iterdir()) == []
    assert workers() == []


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """The film of the lecture as it is when it behaves."""
    folder = tmp_path_factory.mktemp("published")
    words = ("render", "misbehaves", "--scenes", LECTURES, *FAST)
    done = run_here(*words, cwd=folder, cache=folder / "cache")
    assert (done.code, done.err) == (0, "")
    return folder / "build"


@pytest.fixture
def old(published, tmp_path) -> dict[str, bytes]:
    """A published film of the lecture that is then rendered another way."""
    return contents(shutil.copytree(published, tmp_path / "build"))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_ends_everything(start, old, lectures, tmp_path, workers, wait_until, number, code):
    build = tmp_path / "build"
    process = start("render", "misbehaves", "--scenes", lectures, *FAST, "--how", "is_slow")
    wait_until(lambda: is_drawing(build))
    os.killpg(process.pid, number)
    assert process.wait(30) == code
    assert workers() == []
    assert without_progress(process.stderr.read()) == ""
    assert contents(build) == old
    assert [each.name for each in build.iterdir() if each.is_dir()] == []


def test_after_a_kill_the_old_film_is_whole_and_the_next_run_sweeps(
    start, run, old, lectures, tmp_path, workers, wait_until
):
    build = tmp_path / "build"
    process = start("render", "misbehaves", "--scenes", lectures, *FAST, "--how", "is_slow")
    wait_until(lambda: is_drawing(build))
    # the worker holds the lock as well, should it outlive the command
    (worker,) = workers()
    open_files = [os.readlink(each) for each in Path(f"/proc/{worker}/fd").iterdir()]
    assert f"{build}/.misbehaves.rendering-lock" in open_files
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    wait_until(lambda: workers() == [])
    kept = contents(build)
    assert {name: kept[name] for name in old} == old
    assert any(build.glob(".*.rendering"))
    (build / ".mine").mkdir()
    done = run("render", "misbehaves", "--scenes", lectures, *FAST)
    assert done.out.endswith("unchanged\n")
    assert contents(build) == old
    assert sorted(each.name for each in build.iterdir() if each.is_dir()) == [".mine"]


@pytest.mark.slow
def test_the_second_of_two_equal_runs_waits_and_takes_the_film(start, lectures, tmp_path, wait_until):
    words = ("render", "misbehaves", "--scenes", lectures, *FAST, "--set", "marker=x")
    first = start(*words)
    wait_until(lambda: any((tmp_path / "build").glob(".*.rendering")))
    second = start(*words)
    assert first.wait(30) == 0
    assert second.wait(30) == 0
    assert not first.stdout.read().endswith("unchanged\n")
    assert second.stdout.read().endswith("unchanged\n")
    assert sorted(contents(tmp_path / "build")) == ["misbehaves.json", "misbehaves.mp4", "misbehaves.story"]


def test_a_disk_that_refuses_keeps_the_old_film(old, lectures, tmp_path):
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    words = ["render", "misbehaves", "--scenes", str(lectures), "--force", "--quality", "720p"]
    done = subprocess.run(
        [sys.executable, "-m", "gdlectures", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=small_files,
    )
    assert done.returncode == 5
    assert FAULT.fullmatch(without_progress(done.stderr))
    assert "build/misbehaves.mp4: got File too large; " in done.stderr
    assert contents(tmp_path / "build") == old


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 6 MB; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], stderr=subprocess.DEVNULL
    )
    if not mounted:
        pytest.skip("needs the right to mount")
    yield disk
    subprocess.check_call(["umount", str(disk)])


def fill(path: Path) -> None:
    """Write a file until its disk is full."""
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


@pytest.mark.slow
def test_a_full_disk_is_told_in_bytes(main, start, lectures, tiny_disk, wait_until):
    (tiny_disk / "filler").write_bytes(bytes(4_000_000))
    early = main("render", "misbehaves", "--scenes", lectures, *FAST, "--out", tiny_disk)
    assert early.code == 5
    assert re.search(r"disk: got \d+ bytes free; allowed \d+ bytes or more; fix: ", early.err)
    assert os.listdir(tiny_disk) == ["filler"]
    (tiny_disk / "filler").unlink()
    process = start(
        "render", "misbehaves", "--scenes", lectures, *FAST, "--out", tiny_disk, "--how", "is_slow"
    )
    wait_until(lambda: is_drawing(tiny_disk))
    fill(tiny_disk / "filler")
    assert process.wait(30) == 5
    late = process.stderr.read()
    assert re.search(r"misbehaves.mp4: got \d+ bytes free; allowed \d+ bytes or more; fix: ", late)
    assert os.listdir(tiny_disk) == ["filler"]


@pytest.mark.usefixtures("draws_here")
@pytest.mark.parametrize("words", [(), pytest.param(("--beat", "second"), marks=pytest.mark.slow)])
def test_a_disk_that_does_not_give_back_what_was_written(main, lectures, monkeypatch, words):
    """Each of the looks at the manifest of what stands just now finds none."""
    assert main("gif", "tiny", "--scenes", lectures, *FAST).code == 0
    monkeypatch.setattr(manifest, "read_manifest", lambda path: None)
    done = main("render", "tiny", "--scenes", lectures, *FAST, *words, "--out", "new")
    assert done.code == 5
    assert FAULT.fullmatch(done.err)
    assert "got Input/output error; " in done.err


def command_line(words):
    return shlex.join([sys.executable, "-m", "gdlectures", *map(str, words)])


@pytest.mark.parametrize("closing", [">&-", ">/dev/full", "2>&- >&- <&-", "| true"])
def test_a_closed_output_is_no_fault(rendered, lectures, tmp_path, closing):
    words = ["render", "tiny", "--scenes", lectures, "--quality", "preview", "--out", rendered]
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command_line(words)} {closing}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, without_progress(done.stderr)) == (0, "")


@pytest.mark.slow
def test_closed_streams_do_not_spoil_a_render(lectures, tmp_path):
    command = command_line(["render", "tiny", "--scenes", lectures, "--quality", "preview"])
    done = subprocess.run(["bash", "-c", f"umask 077; {command} 2>&- >&- <&-"], cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "build" / "tiny.mp4").stat().st_mode & 0o777 == 0o600
