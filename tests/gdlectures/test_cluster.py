"""Films drawn on a Dask cluster: a real scheduler and its workers, whatever becomes of them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from command_line import FAULT
from dask_cluster import DaskCluster
from streams import without_progress

from gdlectures.asking import provenance
from gdlectures.asking.requests import RenderRequest
from gdlectures.films import cluster as clusters
from gdlectures.films import rendering

pytestmark = pytest.mark.xdist_group("alone")

FAST = ("--quality", "preview")


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    cluster = DaskCluster(tmp_path_factory.mktemp("dask"))
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def cluster(dask: DaskCluster) -> DaskCluster:
    """The cluster, a worker of it alive."""
    dask.start_workers("one")
    return dask


@pytest.fixture
def two_workers(cluster: DaskCluster) -> None:
    cluster.start_workers("one", "two")


def test_a_film_drawn_there_is_the_film_drawn_here(main, cluster, rendered, lectures, tmp_path):
    done = main("render", "tiny", "--scenes", lectures, *FAST, "--scheduler", cluster.address)
    assert (done.code, without_progress(done.err)) == (0, "")
    for each in rendered.iterdir():
        assert (tmp_path / "build" / each.name).read_bytes() == each.read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_a_film_is_drawn_whole_though_a_worker_dies(
    start, run, cluster, rendered, lectures, tmp_path, wait_until
):
    """Of two films at once the first waits, until who draws it is dead; the other worker draws it again."""
    build, marker = tmp_path / "build", tmp_path / "marker"
    words = ("misbehaves", "tiny", "--scenes", lectures, *FAST, "--how", "waits", "--marker", marker)
    process = start("render", *words, "--scheduler", cluster.address)
    wait_until(lambda: (build / "tiny.mp4").exists(), 600)
    (name,) = cluster.drawn_by()
    cluster.workers[name].kill()
    marker.touch()
    assert process.wait(600) == 0, process.stderr.read()
    assert without_progress(process.stderr.read()) == ""
    assert run("render", "misbehaves", *words[2:], "--out", "here", "--force").code == 0
    assert (build / "tiny.mp4").read_bytes() == (rendered / "tiny.mp4").read_bytes()
    assert (build / "misbehaves.mp4").read_bytes() == (tmp_path / "here" / "misbehaves.mp4").read_bytes()
    assert {each.suffix for each in build.iterdir()} == {".json", ".mp4", ".story"}
    wait_until(lambda: cluster.drawers() == [])


def test_a_signal_ends_what_goes_on_there(start, cluster, lectures, tmp_path, wait_until):
    words = ("misbehaves", "--scenes", lectures, *FAST, "--how", "hangs")
    process = start("render", *words, "--scheduler", cluster.address)
    wait_until(cluster.drawn_by, 600)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 130
    assert without_progress(process.stderr.read()) == ""
    wait_until(lambda: cluster.drawers() == [])
    wait_until(lambda: cluster.films() == [])
    assert list((tmp_path / "build").iterdir()) == []


OTHER = {
    "versions": (
        {"drawing_versions": lambda known=provenance.drawing_versions: {**known(), "numpy": "9.9"}},
        r"numpy \d.+; allowed numpy 9.9, as here;",
    ),
    "sources": (
        {"source_digest": lambda entry: "another"},
        r"sources of tiny \w+; allowed sources of tiny \w+, as here;",
    ),
}


@pytest.mark.parametrize(("here", "says"), OTHER.values(), ids=OTHER)
def test_a_worker_that_would_draw_otherwise_is_named(
    main, cluster, lectures, tmp_path, monkeypatch, here, says
):
    for name, found in here.items():
        monkeypatch.setattr(provenance, name, found)
    done = main("render", "tiny", "--scenes", lectures, *FAST, "--scheduler", cluster.address)
    assert done.code == 5
    assert FAULT.fullmatch(done.err)
    assert re.search(rf"worker tcp://127.0.0.1:\d+: got {says} fix: install there", done.err)
    assert not list((tmp_path / "build").glob("*"))


@pytest.mark.slow
def test_what_comes_back_harmed_is_no_film(cluster, lectures, tmp_path, monkeypatch):
    """A digest that is not that of the piece: one line, and nothing is published."""
    monkeypatch.setattr(clusters, "file_digest", lambda path: "0")
    request = RenderRequest("tiny", quality="preview", scenes=lectures)
    (outcome,) = rendering.render_films(
        [request], out=tmp_path / "out", site=clusters.Cluster(cluster.address)
    )
    assert "got a harmed 000" in str(outcome.fault)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_a_film_that_kills_its_workers_is_given_up(main, cluster, lectures, tmp_path):
    words = ("misbehaves", "--scenes", lectures, *FAST, "--how", "kills_who_draws")
    done = main("render", *words, "--scheduler", cluster.address)
    assert done.code == 5
    assert FAULT.fullmatch(done.err)
    assert "got 2 workers that died while they drew it; " in done.err
    assert list((tmp_path / "build").iterdir()) == []


def test_an_address_that_nobody_answers_is_one_line(main, lectures, monkeypatch):
    monkeypatch.setattr(clusters, "_ANSWERS_WITHIN", 0.2)
    with socket.socket() as mute:  # somebody listens there, and says nothing
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        addresses = (f"tcp://127.0.0.1:{mute.getsockname()[1]}", "tcp://127.0.0.1:1")
        for address in addresses:
            done = main("render", "tiny", "--scenes", lectures, *FAST, "--scheduler", address)
            assert done.code == 5
            assert FAULT.fullmatch(done.err)
            assert f"--scheduler: got {address}; allowed a Dask scheduler that answers" in done.err


@pytest.mark.parametrize("address", ["nobody", "bla://x:1", "tls://127.0.0.1:1", ""])
def test_an_address_that_is_none_is_one_line(main, lectures, address):
    done = main("render", "tiny", "--scenes", lectures, *FAST, "--scheduler", address)
    assert done.code == 2
    assert FAULT.fullmatch(done.err)
    assert done.err.startswith(f"gdlectures: --scheduler: got {address}; ")


def test_jobs_are_those_of_one_machine(main, lectures):
    done = main("render", "tiny", "--scenes", lectures, "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2")
    assert done.code == 2
    assert "--jobs: got 2; allowed --jobs or --scheduler; " in done.err


def test_without_a_scheduler_dask_is_not_imported(rendered, lectures):
    script = (
        "import sys; from gdlectures.command.cli import main; main(sys.argv[1:]);"
        "sys.exit(bool({'dask', 'distributed'} & set(sys.modules)))"
    )
    words = ["render", "tiny", "--scenes", str(lectures), *FAST, "--out", str(rendered)]
    subprocess.run([sys.executable, "-c", script, *words], check=True, capture_output=True)


def test_without_dask_it_says_what_to_install(main, lectures, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    done = main("render", "tiny", "--scenes", lectures, *FAST, "--scheduler", "tcp://127.0.0.1:1")
    assert done.code == 5
    assert FAULT.fullmatch(done.err)
    assert "pip install 'gdlectures[cluster]'" in done.err
