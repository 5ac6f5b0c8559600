"""A sweep drawn: the films of a grid, a picture of each, and the page and the sheet that show them all."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.asking import catalog, stories
from gdlectures.asking.requests import Beat, Failed, Rendered, RenderRequest, readable
from gdlectures.asking.sweeps import Cell, Grid, refused, value_in_words
from gdlectures.exports.contact import Contact, Tile
from gdlectures.exports.contact_page import write_contact_page
from gdlectures.exports.contact_picture import contact_picture
from gdlectures.exports.export import scratch_folder
from gdlectures.exports.material import alt_text
from gdlectures.exports.pictures import collect, save_png
from gdlectures.faults.errors import Exit, Fault, disk_error, environment, usage
from gdlectures.faults.progress import Watcher
from gdlectures.films import publishing
from gdlectures.films.cutting import name_film
from gdlectures.films.manifest import manifest_of
from gdlectures.films.masters import MASTER
from gdlectures.films.reading import BrokenFilm
from gdlectures.films.rendering import draw_masters, master_of
from gdmath import Outcome as Ending
from gdmath import steps_to_within
from gdscenes.kit.type.language import spoken, tr
from gdscenes.kit.type.notation import rounded

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture

SHEET = "sheet.png"
PAGE = "index.html"

_NEAR = 0.01  # above the minimum
_READ_OUT = re.compile(r"[^\W\d][\w/∂]* = \S+")


@dataclass(frozen=True)
class Sweep:
    """A grid that can be drawn.

    Attributes
    ----------
    grid : Grid
    films : bool
        Looping films instead of stills.
    folder : Path
        Where the page, the sheet and a file for each cell go.
    refused : dict of int to Fault
        Cells that the lecture refuses, by their numbers.
    """

    grid: Grid
    films: bool
    folder: Path
    refused: dict[int, Fault]


@dataclass(frozen=True)
class Swept:
    """What came of a sweep.

    Attributes
    ----------
    files : tuple of (Path, words)
        The page, the sheet and the folder, each with a word about it; none if no cell was drawn.
    failed : tuple of Failed
        The cells that came to nothing although the lecture took them.
    """

    files: tuple[tuple[Path, str], ...]
    failed: tuple[Failed, ...]


def plan_sweep(grid: Grid, out: Path, *, films: bool = False) -> Sweep:
    """Check what is asked for; nothing is drawn or written.

    Parameters
    ----------
    grid : Grid
    out : Path
        The folder in which that of the sweep is made.
    films : bool
        Looping films of the beat instead of stills.

    Raises
    ------
    Fault
        If there is no such beat, no cell can be drawn, or the folder cannot be used.
    """
    if "\0" in str(out):
        raise usage("--out", str(out), "a folder", "give another --out")
    request = grid.request
    lecture = catalog.load(catalog.find(request.lecture, request.scenes))
    knobs = "-and-".join(axis.knob.option.removeprefix("--") for axis in grid.axes)
    theme = () if request.theme in (None, lecture.theme) else (request.theme,)
    lang = () if request.lang in (None, lecture.language) else (request.lang,)
    folder = out / "-".join([request.lecture, *lang, *theme, str(request.beat), "by", knobs])
    publishing.check_folder(folder, [folder / PAGE, folder / SHEET])
    return Sweep(grid, films, folder, refused(grid))


def draw_sweep(sweep: Sweep, *, watcher: Watcher | None = None, **drawing: Any) -> Swept:
    """Draw the films that the cache does not have, then the page and the sheet.

    Each film is kept as soon as it is drawn, so that a sweep that was interrupted goes on where it was.

    Parameters
    ----------
    sweep : Sweep
    watcher, **drawing
        Those of `gdlectures.films.rendering.draw_masters`.

    Raises
    ------
    Fault
        If the folder or the cache cannot be written, or a film in the cache is harmed.
    """
    watcher = watcher or Watcher()
    cells = sweep.grid.cells
    numbers = [number for number in range(len(cells)) if number not in sweep.refused]
    drawn = draw_masters([cells[number].request for number in numbers], watcher=watcher, **drawing)
    outcomes = dict(zip(numbers, drawn, strict=True))
    failed = {
        number: of_cell(cells[number], outcome.fault)
        for number, outcome in outcomes.items()
        if isinstance(outcome, Failed)
    }
    faults = sweep.refused | failed
    told = tuple(Failed(cells[number].label, fault) for number, fault in failed.items())
    if len(faults) == len(cells):
        return Swept((), told)
    with scratch_folder(sweep.folder) as private, watcher.doing("page and sheet"):
        tiles = [
            Tile(cell.label, refused=_reason(faults[number]))
            if number in faults
            else _tile(sweep, number, outcomes[number].film(), private)
            for number, cell in enumerate(cells)
        ]
        contact = _contact(sweep, tiles)
        write_contact_page(contact, sweep.folder / PAGE)
        contact_picture(contact).save(private / SHEET)
        made = [path for tile in tiles for path in (tile.still, tile.clip) if path is not None]
        moves = [(path, sweep.folder / path.name) for path in (*made, private / SHEET)]
        try:
            publishing.publish(moves)
        except OSError as error:
            raise environment(error, sweep.folder) from None
    kind = "films and stills" if sweep.films else "stills"
    files = (
        (sweep.folder / PAGE, "open this to see them all"),
        (sweep.folder / SHEET, "all stills on a slide"),
        (sweep.folder, f"{len(cells) - len(faults)} {kind}"),
    )
    return Swept(files, told)


def of_cell(cell: Cell, fault: Fault) -> Fault:
    """A fault, and which cell it is of."""
    where = f"{cell.label}: {fault.where}"
    return Fault(fault.exit_code, where, fault.got, fault.allowed, fault.fix, fault.details)


def _reason(fault: Fault) -> str:
    """Why a cell is empty, as those who look at the grid read it."""
    return f"allowed: {fault.allowed}" if fault.exit_code is Exit.USAGE else fault.got


def _tile(sweep: Sweep, number: int, rendered: Rendered, private: Path) -> Tile:
    """The files of one cell, made in a private folder, and what is said of it."""
    cell = sweep.grid.cells[number]
    lecture = _lecture_of(cell.request)
    still, clip = (private / f"{_stem(sweep.grid, number)}.{suffix}" for suffix in ("png", "mp4"))
    cache, found = master_of(rendered)
    beat = next(each for each in found.beats if each.name == cell.request.beat)
    manifest = manifest_of(found)
    try:
        with cache.held(found.manifest.parent):
            master = found.manifest.with_name(f"{MASTER}.mp4")
            collect(master, {beat.still_frame - found.start: partial(save_png, path=still)})
            if sweep.films:
                name_film(found.mp4, clip, found.fps, cell.label, (), *found.stretch(beat.name))
            with lecture.speaking():
                facts = _facts(found, beat, lecture)
    except BrokenFilm as error:
        fix = "make it again with --force"
        raise Fault(Exit.SCENE, rendered.lecture, str(error), "a whole master", fix) from None
    except OSError as error:
        raise environment(disk_error(error) or error, sweep.folder) from None
    alt = f"{cell.label}: {alt_text(manifest, beat)}"
    return Tile(cell.label, still, clip if sweep.films else None, alt, facts)


def _lecture_of(request: RenderRequest) -> type[Lecture]:
    """The lecture of a request, in the language that it asks for."""
    lecture = catalog.load(catalog.find(request.lecture, request.scenes))
    return lecture.told_in(request.lang or lecture.language)


def _stem(grid: Grid, number: int) -> str:
    """Name of a cell's files: its knobs with their values."""
    parts = [
        f"{axis.knob.option.removeprefix('--')}-{value}"
        for axis, value in zip(grid.axes, grid.cells[number].values, strict=True)
    ]
    return re.sub(r"[^\w.-]+", "-", "-".join(parts))[:150]


def _facts(found: Rendered, beat: Beat, lecture: type[Lecture]) -> tuple[str, ...]:
    """The read-outs on the still that have names, and what became of each run of all parameters."""
    from gdscenes.kit.lecture.story import Story

    facts = [", ".join(number for number in beat.numbers if _READ_OUT.fullmatch(number))]
    story = stories.read(found.story).story_of(lecture)
    if not isinstance(story, Story):
        return tuple(filter(None, facts))
    runs = {
        name: run for name, run in story.runs.items() if run.parameters.shape[1] == story.dataset.start.size
    }
    ends = {
        name: tr("diverges")
        if run.outcome is Ending.DIVERGED
        else spoken().number(rounded(float(run.losses[-1]), 3))
        for name, run in runs.items()
    }
    if len(runs) > 1:
        each = "; ".join(f"{name} {end}" for name, end in ends.items())
        facts.append(tr("{loss} in the end: {each}", loss=story.loss_name, each=each))
    for name, run in runs.items() if len(runs) == 1 else ():
        steps = steps_to_within(run, story.measured_by(name).minimum, _NEAR)
        if run.outcome is Ending.DIVERGED:
            facts.append(ends[name])
        elif steps is None:
            words = tr("{loss} {end} after {n} steps", loss=story.loss_name, end=ends[name], n=run.n_steps)
            facts.append(words)
        else:
            words = tr("{loss} within {near} % of its lowest after {n} steps")
            facts.append(words.format(loss=story.loss_name, near=round(100 * _NEAR), n=steps))
    return tuple(filter(None, facts))


def _contact(sweep: Sweep, tiles: list[Tile]) -> Contact:
    """The grid as its page and its sheet show it."""
    grid, request = sweep.grid, sweep.grid.request
    size = request.frame_size
    lecture = _lecture_of(request)
    shared = [f"{name.replace('_', ' ')} {value_in_words(value)}" for name, value in request.knobs.items()]
    with lecture.speaking():
        names = tr(" and ").join(axis.name for axis in grid.axes)
        by = tr("{beat}, by {names}", beat=readable(str(request.beat)), names=names)
    about = ", ".join([by, *shared])
    is_table = len(grid.axes) > 1
    *_, across = grid.axes
    rows = grid.cells[:: grid.columns] if is_table else ()
    return Contact(
        title=lecture.title,
        about=about,
        command=_command(sweep),
        theme=request.theme or lecture.theme,
        width=size.width,
        height=size.height,
        heads=tuple(f"{across.name} {value_in_words(value)}" for value in across.values) if is_table else (),
        sides=tuple(
            "; ".join(
                f"{axis.name} {value}" for axis, value in zip(grid.axes[:-1], row.values[:-1], strict=True)
            )
            for row in rows
        ),
        tiles=tuple(tiles),
        columns=grid.columns if is_table else min(len(tiles), math.ceil(math.sqrt(len(tiles)))),
        language=lecture.language,
    )


def _command(sweep: Sweep) -> str:
    """The words that make it again."""
    request, film = sweep.grid.request, RenderRequest(sweep.grid.request.lecture)
    words = ["gdlectures", "sweep", request.lecture]
    for option, word in sweep.grid.words:
        words += [option, word]
    words += ["--beat", str(request.beat)] + ["--films"] * sweep.films
    for name in ("theme", "quality", "lang", "fps", "scenes"):
        if getattr(request, name) != getattr(film, name):
            words += [f"--{name}", str(getattr(request, name))]
    return shlex.join(words)
