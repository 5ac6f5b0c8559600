"""Delivery: the `gdlectures` command and what it does, from Python.

One film from Python::

    import gdlectures
    film = gdlectures.render("regression-fit", learning_rate=0.05, theme="light")
    film.mp4, film.seconds

and in a notebook::

    from gdlectures import show
    show("regression-fit", beat="gradient")

Importing the package imports neither Manim nor NumPy nor torch; rendering does.
"""

from __future__ import annotations

from gdlectures import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

    from gdlectures.asking.requests import Rendered
    from gdlectures.exports.notebook import show

__all__ = ["render", "show"]

own.claim()


def __getattr__(name: str) -> Any:
    """`show`, imported when it is first used."""
    if name != "show":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gdlectures.exports.notebook import show

    return show


def render(
    lecture: str,
    *,
    theme: str | None = None,
    quality: str = "720p",
    fps: int | None = None,
    lang: str | None = None,
    beat: str | None = None,
    out: str | PathLike[str] = "build",
    force: bool = False,
    jobs: int | None = None,
    scenes: str | PathLike[str] | None = None,
    data: Any = None,
    run: Any = None,
    plane: str | None = None,
    voice: str | PathLike[str] | None = None,
    **knobs: Any,
) -> Rendered:
    """Render one lecture to a film, or find the film that this very request made before.

    While it is drawn, a notebook's cell or the error stream says how far it is.

    Parameters
    ----------
    lecture : str
        Its name on the command line, such as ``"regression-fit"``.
    theme : str, optional
        ``"dark"``, ``"light"`` or ``"print"``; the lecture's own when left out.
    quality : str
        ``"preview"``, ``"720p"``, ``"1080p"`` or ``"4k"``.
    fps : int, optional
        Frames per second; the quality's own when left out.
    lang : str, optional
        Language of all words, such as ``"de"``; the lecture's own when left out.
    beat : str, optional
        Only this beat; the whole lecture when left out.
    out : path
        Folder of the film, its manifest and its story.
    force : bool
        Render even if the film is there already.
    jobs : int, optional
        How many processes draw; as many as there are cores when left out.
    scenes : path, optional
        Folder of other lectures than those that come along.
    data : path, pair of arrays, frame or gdmath.Table, optional
        A table of yours to descend on: a CSV or Parquet file, ``(x, y)``, or a frame of pandas, polars or
        pyarrow. What `--data` takes besides are keywords as well: ``x="bmi"``, ``y="progression"``,
        ``x_unit="kg/m²"``; see `gdlectures.asking.data.DataOptions`. Frames and Parquet come with the extra
        ``gdlectures[data]``.
    run : path or gdmath.RecordedRun, optional
        A training run of yours to tell of, as `gdmath.record` makes it.
    plane : str, optional
        Which of the planes that the run was recorded with, by `gdmath.Plane.name`: ``"path"``,
        ``"random"`` or two parameters as in ``"bias,weight"``; the first when left out.
    voice : path, optional
        A folder of your recordings, a file a beat as ``gdlectures script`` tells; or ``"espeak-ng"``, or
        ``"piper:MODEL"``, which speaks where it is installed.
    **knobs
        Settings of the lecture by their Python names, such as ``learning_rate=0.05``.

    Returns
    -------
    Rendered
        In a notebook it shows itself as a player.

    Raises
    ------
    gdlectures.faults.errors.Fault
        If the request is refused or the lecture fails.
    """
    from pathlib import Path

    from gdlectures.asking.data import user_data
    from gdlectures.asking.requests import RenderRequest
    from gdlectures.asking.runs import user_run
    from gdlectures.asking.voice import user_voice
    from gdlectures.exports.notebook import onlooker
    from gdlectures.films.rendering import render_films
    from gdlectures.films.sites import Here

    table, knobs = user_data(data, knobs)
    own = user_run(run, plane)
    folder = None if scenes is None else Path(scenes)
    request = RenderRequest(
        lecture,
        theme,
        quality,
        fps,
        knobs,
        scenes=folder,
        lang=lang,
        beat=beat,
        data=table,
        run=own,
        voice=user_voice(voice),
    )
    site = None if jobs is None else Here(jobs)
    (outcome,) = render_films([request], out=out, force=force, site=site, watcher=onlooker())
    return outcome.film()
