"""How fast the 3D stage is, beside what a lecturer would use instead.

One camera move, 1920 x 1080 at 60 frames a second: a surface of 101 x 101 points, three lines for axes, a
descent path. Each way of drawing runs in a process of its own and encodes its frames as Manim does; none is
timed while it starts up.

    python benchmarks/surface.py                   all ways, three minutes a round
    python benchmarks/surface.py --only stage      one way

The ways take turns for a few rounds, and of each the fastest round counts: what else the machine does then
falls on none of them alone.

matplotlib is not a dependency of the project. To have it measured, install it to a folder and name that:

    pip install --target /tmp/matplotlib matplotlib
    python benchmarks/surface.py --matplotlib /tmp/matplotlib
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np

FRAMES = {
    "stage": 360,
    "stage, 201 x 201 points": 360,
    "stage, four times as long": 1440,
    "encoding alone": 360,
    "matplotlib plot_surface": 180,
    "Manim Surface, Cairo": 4,
    "Manim Surface, OpenGL": 180,
}
"""Frames that each way draws: the encoder holds back some fifty to look ahead, few where it hardly counts."""
WARM_UP = 3
TURN = math.radians(40)
N_POINTS = 101
WINDOW = (-2.0, 4.0, -1.0, 5.0)


def content(n: int = N_POINTS) -> tuple[Any, Any, Any]:
    """A least-squares problem, its loss on a grid and a descent of 100 steps."""
    import gdmath

    dataset = gdmath.preset("chapter-0")
    problem = dataset.problem()
    grid = gdmath.loss_grid(problem, gdmath.Window(*WINDOW), (n, n))
    return problem, grid, gdmath.descend(problem, dataset.start, 0.1, 100)


def configure(folder: str, renderer: str = "cairo") -> Any:
    """Manim's settings for every way that is drawn by Manim."""
    from manim import config

    from gdlectures.films.encoding import ENCODER_OPTIONS

    config.update(
        {
            "media_dir": folder,
            "renderer": renderer,
            "pixel_width": 1920,
            "pixel_height": 1080,
            "frame_rate": 60,
            "format": "mp4",
            "video_encoder_options": dict(ENCODER_OPTIONS),
            "verbosity": "ERROR",
            "progress_bar": "none",
            "disable_caching": True,
            "notify_outdated_version": False,
        }
    )
    return config


def timed_scene(base: type, build: Callable[[Any], list[Any]], n_frames: int) -> Any:
    """A scene that plays a few frames untimed, then the move, to its last encoded frame."""

    class Timed(base):  # type: ignore[misc]
        seconds_taken = 0.0

        def construct(self) -> None:
            self.play(*build(self), run_time=WARM_UP / 60)
            began = time.perf_counter()
            self.play(*build(self), run_time=n_frames / 60)
            self.renderer.file_writer.join_all_encode_jobs()
            self.seconds_taken = time.perf_counter() - began

    return Timed


def draw_in_manim(scene_class: type) -> float:
    """Seconds of the timed move, its last frame encoded."""
    scene = scene_class()
    scene.render()
    return float(scene.seconds_taken)


def draw_stage(n_frames: int, folder: str, n: int = N_POINTS) -> float:
    """Our stage with its level lines, floor, ticks and path, by Manim's Cairo pipeline."""
    configure(folder)
    from manim import linear

    from gdscenes.kit.page.layers import lay
    from gdscenes.kit.stage.lecture import StageLecture
    from gdscenes.kit.stage.stage import Stage, cut_above

    problem, grid, run = content(n)

    def build(scene: Any) -> list[Any]:
        if not scene.mobjects:
            stage = Stage(
                grid,
                scene.colors,
                scene.camera,
                cut=cut_above(float(run.losses[0])),
                loss=problem.loss,
                minimum=problem.minimizer,
            )
            stage.add_path(run, row=30)
            lay("grid", stage)
            scene.add(stage)
        tracker = scene.camera.theta_tracker
        return [tracker.animate(rate_func=linear).set_value(tracker.get_value() + TURN)]

    scene_class = timed_scene(StageLecture, build, n_frames)
    scene_class.prepare = staticmethod(lambda settings: None)
    scene_class.settings, scene_class.beats = None, {}
    return draw_in_manim(scene_class)


def draw_manim(n_frames: int, folder: str, renderer: str = "cairo") -> float:
    """Manim's own surface with three lines and a path."""
    config = configure(folder, renderer)
    from manim import DEGREES, Line, Surface, ThreeDScene, VMobject, linear
    from manim.mobject.opengl.opengl_mobject import OpenGLMobject
    from manim.mobject.opengl.opengl_surface import OpenGLSurface
    from manim.mobject.opengl.opengl_vectorized_mobject import OpenGLVMobject

    problem, _, run = content()

    def place(b: float, w: float) -> np.ndarray:
        return np.array([b - 1, w - 2, 2.8 / 5 * min(float(problem.loss([b, w])), 5.0)])

    def build(scene: Any) -> list[Any]:
        if not scene.mobjects:
            b_low, b_high, w_low, w_high = WINDOW
            if renderer == "opengl":
                surface: Any = OpenGLSurface(
                    place, u_range=(b_low, b_high), v_range=(w_low, w_high), resolution=(N_POINTS, N_POINTS)
                )
                path: Any = OpenGLVMobject()
            else:
                surface = Surface(
                    place,
                    u_range=(b_low, b_high),
                    v_range=(w_low, w_high),
                    resolution=(N_POINTS - 1, N_POINTS - 1),
                )
                path = VMobject()
            path.set_points_as_corners([place(*p) for p in run.parameters[:31]])
            axes = [Line([-3, -3, 0], end) for end in ([3, -3, 0], [-3, 3, 0], [-3, -3, 2.8])]
            scene.set_camera_orientation(phi=62 * DEGREES, theta=-56 * DEGREES)
            scene.add(surface, *axes, path)
        if renderer == "opengl":
            camera: OpenGLMobject = scene.camera
            return [camera.animate(rate_func=linear).increment_theta(TURN)]
        tracker = scene.camera.theta_tracker
        return [tracker.animate(rate_func=linear).set_value(tracker.get_value() + TURN)]

    assert config.renderer.value == renderer
    return draw_in_manim(timed_scene(ThreeDScene, build, n_frames))


def encode(frames: Iterator[np.ndarray], folder: str) -> float:
    """Seconds to draw and encode frames, the encoder in a thread of its own as in Manim."""
    config = configure(folder)
    from manim import Scene
    from manim.scene.video_segment_encoder import VideoSegmentEncoder

    spec = Scene().renderer.file_writer.video_encoder
    assert config.frame_rate == 60
    encoder = VideoSegmentEncoder(target=Path(folder, "film.mp4"), spec=spec)
    queue: Queue[np.ndarray | None] = Queue(maxsize=8)

    def work() -> None:
        while (frame := queue.get()) is not None:
            encoder.write_frame(frame)
        encoder.finish()

    began = time.perf_counter()
    thread = threading.Thread(target=work)
    thread.start()
    for frame in frames:
        queue.put(frame)
    queue.put(None)
    thread.join()
    return time.perf_counter() - began


def draw_matplotlib(n_frames: int, folder: str) -> float:
    """matplotlib's plot_surface with every row and column, by its Agg canvas."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    _, grid, run = content()
    figure = pyplot.figure(figsize=(19.2, 10.8), dpi=100)
    axes: Any = figure.add_subplot(projection="3d")
    axes.set_axis_off()
    b, w = np.meshgrid(grid.b, grid.w)
    axes.plot_surface(b, w, np.minimum(grid.losses, 5.0), rcount=N_POINTS, ccount=N_POINTS, cmap="viridis")
    for end in ((4, -1, 0), (-2, 5, 0), (-2, -1, 5)):
        axes.plot(*zip((-2, -1, 0), end, strict=True))
    axes.plot(*run.parameters[:31].T, run.losses[:31])

    def frames(n: int) -> Iterator[np.ndarray]:
        for k in range(n):
            axes.view_init(28, -56 + 40 * k / n)
            figure.canvas.draw()
            yield np.array(figure.canvas.buffer_rgba())

    for _ in frames(WARM_UP):
        pass
    return encode(frames(n_frames), folder)


def encode_alone(n_frames: int, folder: str) -> float:
    """The frames of our stage, drawn beforehand, through the encoder and nothing else."""
    configure(folder)
    from manim import ManimColor

    from gdscenes.kit.page.theme import DARK
    from gdscenes.kit.stage.camera import THETA, StageCamera
    from gdscenes.kit.stage.stage import Stage, cut_above

    problem, grid, run = content()
    camera = StageCamera()
    camera.background_color = ManimColor(DARK.ground)
    stage = Stage(grid, DARK, camera, cut=cut_above(float(run.losses[0])), minimum=problem.minimizer)
    stage.add_path(run, row=30)
    drawn = []
    for k in range(60):  # a quarter of the move, forth and back: what memory holds
        camera.set_theta(THETA + TURN * k / n_frames)
        camera.reset()
        camera.capture_mobjects([stage])
        drawn.append(camera.pixel_array.copy())
    forth_and_back = drawn + drawn[::-1]
    return encode((forth_and_back[k % len(forth_and_back)] for k in range(n_frames)), folder)


WAYS: dict[str, Callable[[int, str], float]] = {
    "stage": draw_stage,
    "stage, 201 x 201 points": lambda n, folder: draw_stage(n, folder, 201),
    "stage, four times as long": draw_stage,
    "encoding alone": encode_alone,
    "matplotlib plot_surface": draw_matplotlib,
    "Manim Surface, Cairo": draw_manim,
    "Manim Surface, OpenGL": lambda n, folder: draw_manim(n, folder, "opengl"),
}


def measure(way: str) -> dict[str, float]:
    """One way, in this process."""
    n_frames = FRAMES[way]
    with tempfile.TemporaryDirectory() as folder:
        seconds = WAYS[way](n_frames, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"frames": n_frames, "seconds": seconds, "megabytes": peak}


def measure_apart(way: str, matplotlib: str | None) -> dict[str, float] | str:
    """One way in a process of its own, or the last line that it says why it could not."""
    others = matplotlib if way.startswith("matplotlib") else None
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), others]))
    done = subprocess.run(
        [sys.executable, __file__, "--only", way, "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
    )
    if done.returncode:
        lines = [line.strip("│ ") for line in done.stderr.splitlines() if line.strip("│╰─╯ ")]
        return lines[-1] if lines else f"exit code {done.returncode}"
    return dict(json.loads(done.stdout.splitlines()[-1]))


def report(results: dict[str, dict[str, float] | str]) -> str:
    """The table: frames a second, a frame's time, how many times as fast the stage is, peak memory."""
    stage = results.get("stage")
    lines = [
        "| way of drawing | frames a second | a frame, ms | stage is faster by | peak memory, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for way, result in results.items():
        if isinstance(result, str):
            lines.append(f"| {way} | did not run: {result} | | | |")
            continue
        rate = result["frames"] / result["seconds"]
        ratio = f"{stage['frames'] / stage['seconds'] / rate:.2f}" if isinstance(stage, dict) else ""
        lines.append(f"| {way} | {rate:.1f} | {1000 / rate:.1f} | {ratio} | {result['megabytes']:.0f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Frames a second of a turning loss surface.")
    parser.add_argument("--only", choices=list(WAYS), help="one way of drawing")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the best counts")
    parser.add_argument("--json", action="store_true", help="measure in this process and print figures")
    parser.add_argument("--matplotlib", help="folder that matplotlib is installed to")
    chosen = parser.parse_args()
    if chosen.json:
        print(json.dumps(measure(chosen.only)))
        return
    ways = [chosen.only] if chosen.only else list(WAYS)
    results: dict[str, dict[str, float] | str] = {}
    for turn in range(chosen.rounds):
        for way in ways:
            print(f"round {turn + 1}: {way} ...", file=sys.stderr)
            result, best = measure_apart(way, chosen.matplotlib), results.get(way)
            if not isinstance(best, dict) or (isinstance(result, dict) and faster(result, best)):
                results[way] = result
    print(report(results))


def faster(one: dict[str, float], other: dict[str, float]) -> bool:
    return one["seconds"] / one["frames"] < other["seconds"] / other["frames"]


if __name__ == "__main__":
    main()
