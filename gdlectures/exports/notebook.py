"""Films in a Jupyter notebook."""

from __future__ import annotations

import sys
import tempfile
import time
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn

from gdlectures.asking.data import user_data
from gdlectures.asking.requests import Beat, Rendered, RenderRequest
from gdlectures.asking.runs import user_run
from gdlectures.asking.voice import user_voice
from gdlectures.exports.shipped import data_uri, fill
from gdlectures.exports.web_parts import read
from gdlectures.faults.errors import usage
from gdlectures.faults.progress import Watcher, watcher

_PACE = 1.0  # seconds between two looks at a film in the making


def show(
    lecture: str,
    *,
    beat: str | None = None,
    live: bool = False,
    width: int | None = None,
    theme: str | None = None,
    quality: str = "720p",
    fps: int | None = None,
    lang: str | None = None,
    out: str | PathLike[str] = "build",
    scenes: str | PathLike[str] | None = None,
    data: Any = None,
    run: Any = None,
    plane: str | None = None,
    voice: str | PathLike[str] | None = None,
    **knobs: Any,
) -> None:
    """Display a lecture, or one beat of it, in the output of a notebook's cell.

    The film is inside the notebook: it plays wherever the notebook is opened, and takes as many bytes. It is
    rendered once; the same call again finds it in `out`.

    Parameters
    ----------
    lecture : str
        Its name on the command line, such as ``"regression-fit"``.
    beat : str, optional
        The whole film when left out.
    live : bool
        Instead of the film, the live figure: no frame is drawn. `beat` is one that says what to try.
    width : int, optional
        Of the player, in pixels of the page; the film's own, but no wider than the cell, when left out.
    theme, quality, fps, lang, out, data, run, plane, voice, **knobs
        See `gdlectures.render`.
    scenes : path, optional
        Folder of other lectures than those that come along.

    Raises
    ------
    gdlectures.faults.errors.Fault
        If there is no notebook, the request is refused or the lecture fails.
    """
    _, display, html = _notebook() or _refuse()
    table, knobs = user_data(data, knobs)
    folder = None if scenes is None else Path(scenes)
    own = user_run(run, plane)
    words = (lecture, theme, quality, fps, knobs)
    request = RenderRequest(
        *words, scenes=folder, lang=lang, beat=beat, data=table, run=own, voice=user_voice(voice)
    )
    if live:
        from gdlectures.exports.live import LivePage, live_frame, planned_figures

        (figure,) = planned_figures([request])
        if not isinstance(figure, LivePage):
            raise figure.fault
        # a bare frame is warned of
        display(html(f"<div>{live_frame(figure.figure, beat=beat, width=width)}</div>"))
        return
    from gdlectures.films.rendering import render_films

    told = _Cell(display, html)
    (outcome,) = render_films([request], out=out, watcher=told)
    told.show(player(outcome.film(), beat, width))


def onlooker() -> Watcher:
    """Who is told how far a film is that Python asked for: a notebook's cell, or the error stream."""
    notebook = _notebook()
    if notebook is None:
        return watcher(sys.stderr, names_films=False)
    shell, display, html = notebook
    # what Python made is seen where a cell ends on it
    shell.display_formatter.formatters["text/html"].for_type(Rendered, player)
    return _Cell(display, html)


class _Cell(Watcher):
    """Says how far a film is in the output of a notebook's cell, in one line that is written over."""

    def __init__(self, display: Any, html: Any) -> None:
        self._display, self._html, self._output = display, html, None
        self._length, self._told = 0.0, 0.0

    def show(self, page: str) -> None:
        """Put something else where the line stood."""
        if self._output is None:
            self._output = self._display(self._html(page), display_id=True)
        else:
            self._output.update(self._html(page))

    def started(self, lecture: str, seconds: float) -> None:
        self._length = seconds
        self.show(f"<p>{escape(lecture)}</p>")

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        if time.monotonic() - self._told > _PACE:
            self._told = time.monotonic()
            share = min(0.99, seconds / self._length)
            self.show(f"<p>{escape(lecture)} {share:.0%}, {escape(beat)}</p>")

    def ended(self, lecture: str) -> None:
        self.show("")


def player(film: Rendered, beat: str | None = None, width: int | None = None) -> str:
    """HTML that plays a film, or one beat of it, with the film inside.

    Parameters
    ----------
    film : Rendered
    beat : str, optional
        One of the film's.
    width : int, optional
        Pixels of the page.
    """
    told = next((each for each in film.beats if each.name == beat), None)
    return fill(
        "web/player.html",
        src=data_uri("video/mp4", read(film.mp4) if told is None or beat == film.beat else _cut(film, told)),
        poster=None,
        width=width or film.width,
        height=None,
        most_height=None,
        controls=True,
        loop=told is not None and told.loops and told.heard is None,
        is_spoken=film.is_spoken if told is None else told.heard is not None,
        label=film.lecture if told is None else f"{film.lecture}, {told.title}: {told.note}",
    )


def _cut(film: Rendered, beat: Beat) -> bytes:
    from gdlectures.films.cutting import name_film

    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        name_film(film.mp4, clip, film.fps, beat.title, (), *film.stretch(beat.name))
        return clip.read_bytes()


def _notebook() -> tuple[Any, Any, Any] | None:
    """IPython's shell, `display` and `HTML`, if a notebook is there to use them."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython
    from IPython.display import HTML, display

    shell = get_ipython()
    return (shell, display, HTML) if hasattr(shell, "kernel") else None


def _refuse() -> NoReturn:
    raise usage("show", "no notebook", "a cell of a Jupyter notebook", "in a script use gdlectures.render")
