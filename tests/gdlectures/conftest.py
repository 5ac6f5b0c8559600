"""The real command, run in temporary folders on small lectures."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from chromium import Chromium
from command_line import COMMAND, LECTURES, Ran, processes_in
from here import command_here, drawing_here, import_manim
from PIL import Image

from gdlectures.exports.material import LectureMaterial, Slide

Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of masters for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "gdlectures"


def run_command(
    *words: str | Path, cwd: Path, env: dict[str, str] | None = None, cores: set[int] | None = None
) -> Ran:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(done.returncode, done.stdout, done.stderr, cpu_seconds)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command in a temporary folder."""

    def run(*words: str | Path, env: dict[str, str] | None = None, cores: set[int] | None = None) -> Ran:
        return run_command(*words, cwd=tmp_path, env=env, cores=cores)

    return run


@pytest.fixture
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process, where Manim is imported once for many tests."""
    import_manim()
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> Ran:
        capsys.readouterr()
        code = command_here(*words)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def draws_here() -> Iterator[None]:
    """For tests of what becomes of a film, not of who draws it."""
    with drawing_here():
        yield


@pytest.fixture
def lectures() -> Path:
    """Folder of the small lectures."""
    return LECTURES


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the film of the tiny lecture, for tests that only look."""
    folder = tmp_path_factory.mktemp("rendered")
    words = ("render", "tiny", "--scenes", LECTURES, "--quality", "preview", "--out", folder / "out")
    done = run_command(*words, cwd=folder, env={"XDG_CACHE_HOME": str(folder / "cache")})
    assert (done.code, done.err) == (0, "")
    return folder / "out"


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser for the pages of all tests."""
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def chromium(browser: Chromium) -> Iterator[Chromium]:
    """The browser, in which the pages of other files of tests are closed."""
    yield browser
    browser.close_pages()


def frame_hashes(path: Path) -> list[str]:
    """A hash of every decoded frame."""
    with av.open(str(path)) as film:
        return [hashlib.sha256(f.to_ndarray().tobytes()).hexdigest() for f in film.decode(video=0)]


@pytest.fixture
def frames() -> Callable[[Path], list[str]]:
    return frame_hashes


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command and go on; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # a process group of its own: a signal to it is what a terminal sends on Ctrl-C
            process_group=0,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def wait_until() -> Callable[..., None]:
    def wait(claim: Callable[[], object], seconds: float = 40.0) -> None:
        limit = time.monotonic() + seconds
        while not claim():
            assert time.monotonic() < limit, "waited in vain"
            time.sleep(0.05)

    return wait


@pytest.fixture
def workers(tmp_path: Path) -> Callable[[], list[int]]:
    """The worker processes that live in the temporary folder."""

    return lambda: processes_in(tmp_path, ".rendering")


def _picture(number: int) -> Image.Image:
    """160 x 90, one colour left and another right, other ones for each number."""
    pixels = np.empty((90, 160, 3), np.uint8)
    pixels[:, :80] = (40 * number % 256, 200, 80)
    pixels[:, 80:] = (15, 40 * number % 256, 120)
    return Image.fromarray(pixels)


def _clip(path: Path, picture: Image.Image, frames: int) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *picture.size, "yuv420p"
        for _ in range(frames):
            film.mux(stream.encode(av.VideoFrame.from_image(picture)))
        film.mux(stream.encode(None))


@pytest.fixture
def material(tmp_path: Path) -> Callable[..., LectureMaterial]:
    """Make the material of a small lecture, a clip of 8 frames for each beat."""

    def make(name: str = "tiny", beats: tuple[str, ...] = ("first", "second"), **changes) -> LectureMaterial:
        folder = tmp_path / f"material-{name}"
        folder.mkdir()
        slides = []
        for number, beat in enumerate(beats, start=1):
            picture = _picture(number)
            clip, poster = folder / f"{beat}.mp4", folder / f"{beat}.png"
            picture.save(poster)
            end = folder / f"{beat}-end.png"
            picture.rotate(180).save(end)
            _clip(clip, picture, frames=8)
            slides.append(
                Slide(
                    name=beat,
                    title=beat.capitalize(),
                    note=f"What is said of {beat}.",
                    clip=clip,
                    poster=poster,
                    still=poster,
                    end=end,
                    alt=f"A picture of {beat}.",
                    numbers=(f"b = {number}.25",),
                    formulas=("$yhat = bias + weight x$",),
                    loop=False,
                    start_frame=8 * (number - 1),
                    frames=8,
                )
            )
        fields = {
            "name": name,
            "title": "A tiny lecture",
            "question": "Which colors?",
            "summary": "It shows two colours.",
            "language": "en",
            "theme": "dark",
            "dataset": "chapter-0",
            "ground": "#0F1117",
            "ink": "#ECEFF4",
            "muted": "#8B93A5",
            "accent": "#FFD166",
            "width": 160,
            "height": 90,
            "fps": 10,
            "seconds": 0.8 * len(beats),
            "film": slides[0].clip,
            "poster": slides[-1].poster,
            "slides": tuple(slides),
            "knobs": (("--learning-rate", "0.1", "step multiplier"),),
        }
        return LectureMaterial(**fields | changes)

    return make
