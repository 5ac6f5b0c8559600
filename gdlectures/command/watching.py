"""An author's file is looked at, and the beat in work is drawn again at each save."""

from __future__ import annotations

import ast
import json
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from gdlectures.asking import catalog
from gdlectures.asking.requests import Failed, RenderRequest
from gdlectures.command.report import complain, say
from gdlectures.exports.shipped import shipped
from gdlectures.faults.errors import Exit, Fault, Stopped, usage
from gdlectures.faults.progress import Watcher, clock, watcher
from gdlectures.films.publishing import write_whole

_LOOK = 0.2  # seconds between two looks at the file


def watch(request: RenderRequest, file: Path, out: Path, drawing: dict[str, Any], debug: bool) -> int:
    """Draw a beat of a file's lecture at each save, until Ctrl-C.

    Parameters
    ----------
    request : RenderRequest
        Where it names no beat, the one whose method was changed last is drawn.
    file : Path
    out : Path
        Folder of the beats' films, and of the page that shows the last one.
    drawing : dict
        How films are drawn, as `gdlectures.films.rendering.render_films` takes it.
    debug : bool
        Show tracebacks and logs.

    Raises
    ------
    Fault
        If there is no such file.
    """
    if file.suffix != ".py" or not file.is_file():
        raise usage("watch", str(file), "a lecture's file", "give the path of one, such as my_descent.py")
    page = write_whole(out / "watch.html", shipped("web/watch.html").encode())
    write_whole(out / "watch.js", b"")
    say(f"{page}  open this: it shows the beat in work; Ctrl-C ends")
    saves = _Saves(file)
    beat, before, number = request.beat, dict[str, str](), 0
    try:
        while True:
            saves.wait()
            try:
                parts = beats_of(saves.text)
                beat = request.beat or in_work(before, parts, beat)
                before = parts
                made = _draw(replace(request, beat=beat), file, out, drawing | {"watcher": saves})
            except _Saved:
                continue
            except SyntaxError as error:
                fault = Fault(Exit.SCENE, f"{file}:{error.lineno}", str(error.msg), "Python", "mend the file")
                complain(fault, debug)
            except Fault as fault:
                complain(fault, debug)
            else:
                number += 1
                shown = json.dumps([made.name, number])
                write_whole(out / "watch.js", f"show(...{shown})\n".encode())
    except Stopped as stopped:
        if stopped.signal_number != signal.SIGINT:
            raise
        return Exit.DONE


def beats_of(source: str) -> dict[str, str]:
    """The code of each beat's method by the beat's name; under "", all the rest.

    Comments and blank lines do not count.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    tree, found = ast.parse(source), dict[str, str]()
    for lecture in ast.walk(tree):
        if isinstance(lecture, ast.ClassDef):
            for method in list(lecture.body):
                name = _beat_of(method)
                if name is not None:
                    found[name] = ast.unparse(method)
                    lecture.body.remove(method)
    return found | {"": ast.unparse(tree)}


def in_work(before: dict[str, str], after: dict[str, str], beat: str | None) -> str | None:
    """The beat that was changed, the first of several; where none was, the one before, or else the last."""
    names = [name for name in after if name]
    changed = [name for name in names if before and before.get(name) != after[name]]
    if changed:
        return changed[0]
    return beat if beat in names else next(reversed(names), None)


def _beat_of(method: ast.stmt) -> str | None:
    """The name under which a method is a beat."""
    for mark in method.decorator_list if isinstance(method, ast.FunctionDef) else ():
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).split(".")[-1] == "beat" and mark.args:
            name = mark.args[0]
            return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
    return None


class _Saved(Exception):
    """The file was saved while a beat of it was drawn."""


class _Saves(Watcher):
    """Looks at a file, and stops what is drawn of it when it is saved again."""

    def __init__(self, file: Path) -> None:
        self._file, self._bars = file, watcher(sys.stderr)
        self.text = ""

    def wait(self) -> None:
        """Wait for another text than the one that was read last."""
        while not self._is_new():
            sleep(_LOOK)
        self.text = self._read()

    def _read(self) -> str:
        try:
            return self._file.read_text("utf-8", errors="replace")
        except OSError:  # an editor is putting another in its place
            return self.text

    def _is_new(self) -> bool:
        return self._read() != self.text

    def started(self, lecture: str, seconds: float) -> None:
        self._bars.started(lecture, seconds)

    def moved(self, lecture: str, beat: str, seconds: float) -> None:
        self._bars.moved(lecture, beat, seconds)
        if self._is_new():
            raise _Saved

    def ended(self, lecture: str) -> None:
        self._bars.ended(lecture)

    def note(self, text: str) -> None:
        self._bars.note(text)


def _draw(request: RenderRequest, file: Path, out: Path, drawing: dict[str, Any]) -> Path:
    """Draw the beat, say how long it took, and name its film."""
    from gdlectures.films.rendering import render_films

    begun = monotonic()
    catalog.forget(catalog.find(request.lecture, request.scenes))
    (outcome,) = render_films([request], out=out, **drawing)
    if isinstance(outcome, Failed):
        raise outcome.fault
    film, took = outcome.rendered, monotonic() - begun
    now, beat = datetime.now().strftime("%H:%M:%S"), film.beat or film.lecture
    say(f"{now}  {beat}  {clock(film.seconds)}  drawn in {took:.1f} s  {film.mp4}")
    sys.stdout.flush()
    return film.mp4
