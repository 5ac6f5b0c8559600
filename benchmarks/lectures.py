"""What a lecture takes to draw, beside encoding its frames, stock Manim, and another checkout.

Of each lecture at each quality, in turn, each in a process of its own:

    render      `gdlectures render`, as a user has it: CPU seconds, and peak memory of the worker
    shorter     the same at half the frames a second: how much of that memory grows with the length
    drawing     what the worker draws, its frames counted and dropped
    encoding    the frames of that film through the worker's encoders, lossless and film; reading not counted
    manim       the lecture by Manim's own camera and writer, as `manim scenes/x.py X` is without this project
    against     `gdlectures render` of another checkout

    python benchmarks/lectures.py                                  all lectures, 720p30 and 1080p60
    python benchmarks/lectures.py batch-sizes --qualities 720p30   one lecture at one quality
    python benchmarks/lectures.py --ways drawing encoding          without the others
    python benchmarks/lectures.py --against ../older               another checkout that has its .venv, too
    python benchmarks/lectures.py --against ../older --readme      into the tables of benchmarks/README.md
    python benchmarks/lectures.py --profile batch-sizes            where the CPU seconds of drawing go, 720p30

Seconds are those of processors, so that a second core or what else the machine does changes little; but for
encoding they are those of the whole process with its start. Of several rounds the least counts.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from gdlectures.asking import catalog
from gdlectures.asking.requests import QUALITIES

WAYS = ("render", "shorter", "drawing", "encoding", "manim")
NEEDS = {"shorter": {"render"}, "encoding": {"render", "drawing"}}
"""What a way is set beside, or has its frames from."""
README = Path(__file__).with_name("README.md")
MARKS = "<!-- made by lectures.py -->\n", "<!-- to here -->\n"
"""Between these lines of the README stand the tables."""
_LOOK = 0.05  # seconds between two looks at a worker's memory
_LINES = 35  # of a profile


@dataclass(frozen=True)
class Size:
    """A quality and its frames a second, as in 720p30."""

    quality: str
    fps: int

    @classmethod
    def parse(cls, text: str) -> Size:
        found = re.fullmatch(r"(.*\D)(\d+)", text)
        if found is None or found[1] not in QUALITIES:
            allowed = f"{', '.join(QUALITIES)}, and then frames a second"
            raise argparse.ArgumentTypeError(f"got {text!r}; allowed {allowed}")
        return cls(found[1], int(found[2]))

    def __str__(self) -> str:
        return f"{self.quality}{self.fps}"


@dataclass(frozen=True)
class Spent:
    """What one way took.

    Attributes
    ----------
    cpu : float
        Seconds.
    frames : int
        That it made; 0 where it does not count them.
    megabytes : float
        Peak memory of the process that did the work.
    start : float
        CPU seconds before the first frame.
    torch : bool
        Whether torch was imported.
    """

    cpu: float
    frames: int = 0
    megabytes: float = 0.0
    start: float = 0.0
    torch: bool = False


# -- in a process of their own ---------------------------------------------------------------------------


class Dropped:
    """Counts the frames of a scene, writes down how they came, and drops them."""

    def __init__(self) -> None:
        self.puts: list[tuple[int, bool]] = []
        self.start = 0.0

    def put(self, pixels: Any, repeat: int = 1, opens: bool = False) -> None:
        self.start = self.start or _cpu()
        self.puts.append((repeat, opens))

    def finish(self) -> None:
        """Nothing was kept."""

    @property
    def frames(self) -> int:
        return sum(repeat for repeat, _ in self.puts)


def story(name: str, size: Size, folder: Path) -> Spent:
    """Compute what the lecture draws, as the command does before a worker begins."""
    from gdlectures.asking import stories
    from gdlectures.asking.planning import Plan, plan_films
    from gdlectures.asking.requests import RenderRequest

    (plan,) = plan_films([RenderRequest(name)])
    assert isinstance(plan, Plan)
    (folder / "story").write_bytes(stories.encode(name, plan.story))
    return Spent(_cpu())


def drawing(name: str, size: Size, folder: Path) -> Spent:
    """The lecture as the worker draws it."""
    from gdscenes.kit.manim_seam import hand_frames_to

    scene, dropped = told(name, size, folder)(), Dropped()
    hand_frames_to(scene, [dropped])
    scene.render()
    (folder / "puts").write_text(json.dumps(dropped.puts))
    return Spent(_cpu(), dropped.frames, _peak(), dropped.start, "torch" in sys.modules)


def encoding(name: str, size: Size, folder: Path) -> Spent:
    """The lossless frames of the rendered film through the worker's encoders, put as they were when drawn."""
    from gdlectures.films import encoding as worker

    quality = QUALITIES[size.quality]
    encoders: list[worker.Encoder] = []
    frames = 0
    began, reading = time.process_time(), time.thread_time()
    for pixels, (repeat, opens) in zip(_read(folder), _puts(folder), strict=True):
        if opens:  # each beat has encoders of its own
            _finish(encoders)
            encoders = [
                worker.Encoder(folder / f"{frames}-{index}", codec, quality.width, quality.height, size.fps)
                for index, codec in enumerate((worker.MASTER, worker.FILM))
            ]
        for encoder in encoders:
            encoder.put(pixels, repeat)
        frames += repeat
    _finish(encoders)
    # the encoders have threads of their own, and this one reads
    spent = (time.process_time() - began) - (time.thread_time() - reading)
    return Spent(spent, frames, _peak())


def manim(name: str, size: Size, folder: Path) -> Spent:
    """The lecture by Manim's own camera and writer."""
    from stock_manim import by_stock_manim

    scene = by_stock_manim(told(name, size, folder))
    scene.render()
    with av.open(str(scene.renderer.file_writer.movie_file_path)) as film:
        frames = film.streams.video[0].frames
    return Spent(_cpu(), frames, _peak())


def told(name: str, size: Size, folder: Path) -> type[Any]:
    """The lecture with its stored story, and Manim set as for a film of this size."""
    lecture = catalog.load(catalog.find(name))
    from manim import config

    from gdlectures.asking import stories

    stored, quality = stories.read(folder / "story").story_of(lecture), QUALITIES[size.quality]
    config.update(
        {
            "media_dir": str(folder / "media"),
            "format": "mp4",
            "pixel_width": quality.width,
            "pixel_height": quality.height,
            "frame_rate": size.fps,
            "disable_caching": True,
            "max_files_cached": -1,
            "notify_outdated_version": False,
            "progress_bar": "none",
            "verbosity": "WARNING",
            "seed": 0,
        }
    )
    body = {"settings": stored.settings, "stored": stored, "__module__": lecture.__module__}
    return type(lecture.__name__, (lecture,), body)


def _finish(encoders: Sequence[Any]) -> None:
    for encoder in encoders:
        encoder.finish()


def _read(folder: Path) -> Iterator[np.ndarray]:
    """Red, green, blue and alpha of the first of each run of equal frames, as they were put."""
    puts, index, wanted = iter(_puts(folder)), 0, 0
    (master,) = (folder / "render" / "cache").rglob("master.mp4")
    with av.open(str(master)) as film:
        stream = film.streams.video[0]
        stream.thread_type = "NONE"  # so that reading is all in this thread
        for frame in film.decode(stream):
            if index == wanted:
                wanted += next(puts)[0]
                yield frame.to_ndarray(format="rgba")
            index += 1


def _puts(folder: Path) -> list[tuple[int, bool]]:
    return [tuple(put) for put in json.loads((folder / "puts").read_text())]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    return _memory(os.getpid())


APART: dict[str, Callable[[str, Size, Path], Spent]] = {
    "story": story,
    "drawing": drawing,
    "encoding": encoding,
    "manim": manim,
}


# -- seen from outside -----------------------------------------------------------------------------------


def apart(way: str, name: str, size: Size, folder: Path) -> Spent:
    """One way in a process of its own."""
    here = [sys.executable, os.path.abspath(__file__)]
    arguments = [*here, name, "--apart", way, "--qualities", str(size), "--folder", str(folder)]
    return Spent(**json.loads(run(arguments, folder)[0].splitlines()[-1]))


def render(python: str | Path, name: str, size: Size, folder: Path) -> Spent:
    """`gdlectures render` of the checkout that a Python belongs to, with a cache of its own."""
    render = [str(python), "-m", "gdlectures", "render"]
    words = [
        name,
        "--quality",
        size.quality,
        "--fps",
        str(size.fps),
        "--out",
        str(folder / "films"),
        "--force",
    ]
    if "--jobs" in run([*render, "--help"], folder)[0]:
        words += ["--jobs", "1"]
    return run([*render, *words], folder)[1]


def run(arguments: Sequence[str], folder: Path) -> tuple[str, Spent]:
    """What a command printed; its CPU seconds with those of its children, and the peak of its workers."""
    surroundings = os.environ | {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONDONTWRITEBYTECODE": "",  # or all that is imported is compiled each time
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    folder.mkdir(exist_ok=True)
    with open(folder / "out", "w+") as out, open(folder / "err", "w+") as err:
        process = subprocess.Popen(arguments, stdout=out, stderr=err, cwd=folder, env=surroundings)
        megabytes = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            megabytes = max(megabytes, *map(_memory, _workers(process.pid)), 0.0)
            time.sleep(_LOOK)
        _, status, used = ended
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            told = f"exit code {process.returncode}\n{err.read()[-2000:]}"
            raise RuntimeError(f"{' '.join(arguments)}: {told}")
        return out.read(), Spent(used.ru_utime + used.ru_stime, megabytes=megabytes)


def _workers(pid: int) -> list[int]:
    """The children of a process that draw: one that has just been forked still is its parent by name."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(each) for each in children if b"worker" in Path(f"/proc/{each}/cmdline").read_bytes()]
    except OSError:
        return []


def _memory(pid: int) -> float:
    """The most memory that a process ever held, MB."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


# -- the table -------------------------------------------------------------------------------------------


def measured(name: str, size: Size, ways: Sequence[str], rounds: int) -> dict[str, Spent]:
    """The least that each way took of some rounds; a way is one of `WAYS`, or the folder of a checkout."""
    found: dict[str, Spent] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        apart("story", name, size, folder)
        for turn in range(rounds):
            for way in ways:
                print(f"{name} at {size}, round {turn + 1}: {way} ...", file=sys.stderr)
                try:
                    spent = one(way, name, size, folder)
                except RuntimeError as error:
                    print(error, file=sys.stderr)
                    continue
                if way not in found or spent.cpu < found[way].cpu:
                    found[way] = spent
    return found


def one(way: str, name: str, size: Size, folder: Path) -> Spent:
    """One way, measured once."""
    if way in APART:
        return apart(way, name, size, folder)
    if way == "shorter":
        size = Size(size.quality, max(1, size.fps // 2))
    is_ours = way in WAYS
    python = Path(sys.executable) if is_ours else Path(way, ".venv", "bin", "python")
    return render(python, name, size, folder / (way if is_ours else "against"))


def warm_up(name: str, checkouts: Sequence[str]) -> None:
    """Have each checkout import all that it will, so that it is compiled before anything is measured."""
    for way in ("render", *checkouts):
        print(f"warm-up: {way} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory() as scratch:
            one(way, name, Size("preview", 1), Path(scratch))


HEAD = (
    "| lecture | at | frames | drawing, CPU s | before its first frame | encoding, CPU s "
    "| encoding / (drawing + encoding) | whole render, CPU s | peak of its worker, MB "
    "| beside half the length | torch | stock Manim, CPU s | stock / (drawing + encoding) |\n"
    "|---|---|" + "---:|" * 11
)


def row(name: str, size: Size, found: dict[str, Spent]) -> str:
    """A line of the table; what was not measured is left out."""

    def told(wanted: Sequence[str], text: Callable[..., str]) -> str:
        return text(*(found[way] for way in wanted)) if all(way in found for way in wanted) else ""

    cells = [
        name,
        str(size),
        told(["drawing"], lambda drawing: str(drawing.frames)),
        told(["drawing"], lambda drawing: f"{drawing.cpu:.1f}"),
        told(["drawing"], lambda drawing: f"{drawing.start:.1f}"),
        told(["encoding"], lambda encoding: f"{encoding.cpu:.1f}"),
        told(["drawing", "encoding"], lambda *both: f"{both[1].cpu / sum(each.cpu for each in both):.2f}"),
        told(["render"], lambda whole: f"{whole.cpu:.1f}"),
        told(["render"], lambda whole: f"{whole.megabytes:.0f}"),
        told(["render", "shorter"], lambda whole, shorter: f"{whole.megabytes / shorter.megabytes:.2f}"),
        told(["drawing"], lambda drawing: "yes" if drawing.torch else "no"),
        told(["manim"], lambda manim: f"{manim.cpu:.1f}"),
        told(
            ["drawing", "encoding", "manim"],
            lambda drawing, encoding, manim: f"{manim.cpu / (drawing.cpu + encoding.cpu):.2f}",
        ),
    ]
    return f"| {' | '.join(cells)} |"


def beside(results: dict[tuple[str, Size], dict[str, Spent]], other: str) -> str:
    """Whole renders of two checkouts, lecture by lecture and all together."""
    lines = [
        f"| lecture | at | `gdlectures render`, CPU s | of {Path(other).name}, CPU s | of it |",
        "|---|---|---:|---:|---:|",
    ]
    sums: dict[Size, list[float]] = {}
    for (name, size), found in results.items():
        if "render" in found and other in found:
            ours, theirs = found["render"].cpu, found[other].cpu
            lines.append(f"| {name} | {size} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")
            sums[size] = [a + b for a, b in zip(sums.get(size, [0.0, 0.0]), (ours, theirs), strict=True)]
    for size, (ours, theirs) in sums.items():
        lines.append(f"| together | {size} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")
    return "\n".join(lines)


def profile(name: str, size: Size) -> None:
    """Print where drawing spends its time: by files, by functions, by functions with what they call."""
    with tempfile.TemporaryDirectory() as scratch:
        apart("story", name, size, Path(scratch))
        profiler = cProfile.Profile()
        spent = profiler.runcall(drawing, name, size, Path(scratch))
    print(f"{name} at {size}: {spent.frames} frames in {spent.cpu:.1f} CPU s, profiling included")
    files: dict[str, tuple[float, int]] = {}
    functions: list[tuple[float, int, str]] = []
    with_calls: list[tuple[float, int, str]] = []
    told: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    for (path, line, function), (_, calls, own, whole, _) in told.items():
        file = re.sub(r".*/site-packages/|.*/(?=gdscenes/|gdmath/|gdlectures/|python3)", "", path)
        functions.append((own, calls, f"{file}:{line} {function}"))
        with_calls.append((whole, calls, f"{file}:{line} {function}"))
        so_far = files.get(file, (0.0, 0))
        files[file] = so_far[0] + own, so_far[1] + calls
    tables = {
        "files": [(seconds, calls, file) for file, (seconds, calls) in files.items()],
        "functions": functions,
        "functions with what they call": with_calls,
    }
    for title, rows in tables.items():
        print(f"\n{title}\n{'seconds':>8} {'ms a frame':>11} {'calls':>10}")
        for seconds, calls, where in sorted(rows, reverse=True)[:_LINES]:
            print(f"{seconds:8.2f} {1000 * seconds / spent.frames:11.2f} {calls:10}  {where}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    names = [entry.name for entry in catalog.entries()]
    parser.add_argument("lectures", nargs="*", default=names, metavar="LECTURE", help=", ".join(names))
    parser.add_argument(
        "--qualities",
        nargs="+",
        type=Size.parse,
        default=[Size("720p", 30), Size("1080p", 60)],
        metavar="QUALITY",
        help="a quality and its frames a second, such as 720p30",
    )
    parser.add_argument("--rounds", type=int, default=1, help="of which the one that took least counts")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="without the others")
    parser.add_argument("--against", metavar="FOLDER", help="another checkout, with a .venv of its own")
    parser.add_argument("--readme", action="store_true", help="put the tables into benchmarks/README.md, too")
    parser.add_argument("--profile", choices=names, metavar="LECTURE", help="where its drawing spends time")
    parser.add_argument("--apart", choices=list(APART), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.apart:
        print(json.dumps(asdict(APART[given.apart](given.lectures[0], given.qualities[0], given.folder))))
        return
    if given.profile:
        profile(given.profile, given.qualities[0])
        return
    if strange := [name for name in given.lectures if name not in names]:
        parser.error(f"LECTURE: got {strange[0]}; allowed {', '.join(names)}")
    if given.against and not Path(given.against, ".venv", "bin", "python").exists():
        parser.error(
            f"--against: got {given.against}; allowed a checkout with a .venv; set it up by its ./run list"
        )
    chosen = set(given.ways).union(*(NEEDS.get(way, set()) for way in given.ways))
    ways, other = [way for way in WAYS if way in chosen], None
    if given.against:
        other = os.path.abspath(given.against)
        ways = list(dict.fromkeys(["render", other, *ways]))
    results: dict[tuple[str, Size], dict[str, Spent]] = {}
    warm_up(given.lectures[0], [other] if other else [])
    tables = [HEAD]
    print(HEAD)
    for size in given.qualities:
        for name in given.lectures:
            results[name, size] = measured(name, size, ways, given.rounds)
            tables.append(row(name, size, results[name, size]))
            print(tables[-1], flush=True)
    if other:
        tables.append(f"\n{beside(results, other)}")
        print(tables[-1])
    if given.readme:
        text = "\n".join([*tables, ""])
        before, rest = README.read_text().split(MARKS[0])
        README.write_text(f"{before}{MARKS[0]}{text}{MARKS[1]}{rest.split(MARKS[1])[1]}")


if __name__ == "__main__":
    main()
