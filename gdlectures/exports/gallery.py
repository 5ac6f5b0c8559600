"""A page of all lectures for a folder of films: posters that play, knobs as commands, downloads."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gdlectures.exports import captions
from gdlectures.exports.live import live_page
from gdlectures.exports.material import LectureMaterial, check_some, language_of
from gdlectures.exports.options import COURSE
from gdlectures.exports.shipped import data_uri, fill
from gdlectures.exports.web_parts import colors, palette, read
from gdlectures.faults.progress import clock
from gdlectures.films.publishing import write_whole
from gdscenes.kit.page.theme import DARK, LIGHT
from gdscenes.kit.type.language import speaking, spoken, tr

_POSTERS = "gallery"
_SUFFIXES = (
    ".mp4",
    ".webm",
    ".mov",
    ".gif",
    ".webp",
    ".png",
    ".pdf",
    ".html",
    ".pptx",
    ".srt",
    ".vtt",
)
"""Of what lies in the folder and is offered, in the order of the page."""


@dataclass(frozen=True)
class _File:
    """A file that the page offers."""

    name: str
    address: str
    words: str
    size: str
    downloads: bool


@dataclass(frozen=True)
class _Film:
    """A lecture on the page: its place there, of film, poster, captions and live figure, and what made it."""

    lecture: LectureMaterial
    anchor: str
    address: str
    poster: str
    alt: str
    captions: str
    live: str
    files: list[_File]
    command: str


def write_gallery(lectures: Sequence[LectureMaterial], folder: Path) -> Path:
    """Write ``index.html`` into a folder of films.

    Films and whatever else of a lecture lies in the folder are linked, by relative addresses; a film that
    lies elsewhere is copied into it. Posters and live figures go into ``gallery``. The page asks for nothing
    outside.

    Parameters
    ----------
    lectures : sequence of LectureMaterial
    folder : Path
        It is made if need be. Files of a lecture are known by its film's name, such as ``NAME.gif`` beside
        ``NAME.mp4``; slides and handouts of any other name are offered as those of all lectures.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    Fault
        If there is no lecture, a file of one cannot be read, or the folder cannot be written.
    """
    check_some(lectures)
    language = language_of(lectures)
    films = [_placed(lecture, folder) for lecture in lectures]
    for lecture, film in zip(lectures, films, strict=True):
        write_whole(folder / _POSTERS / f"{film.stem}.png", read(lecture.poster))
        if lecture.live is not None:
            write_whole(folder / _POSTERS / f"{film.stem}-live.html", live_page(lecture.live).encode())
    with speaking(language):
        shown = [_film(lecture, film, folder) for lecture, film in zip(lectures, films, strict=True)]
        decks = [
            _file(path, folder, f"{path.stem}: {_in_words(path.suffix)}") for path in _decks(films, folder)
        ]
    page = fill(
        "web/gallery.html",
        speaks=language,
        films=shown,
        decks=decks,
        is_spoken=any(lecture.is_spoken for lecture in lectures),
        seconds=sum(lecture.seconds for lecture in lectures),
        light=LIGHT,
        dark=DARK,
        palette=palette,
        colors=colors,
        clock=clock,
        quoted=shlex.quote,
    )
    return write_whole(folder / "index.html", page.encode())


def _in_words(suffix: str) -> str:
    """What a file is, by the suffix of its name."""
    match suffix:
        case ".mp4":
            return tr("film")
        case ".webm" | ".mov":
            return tr("film, transparent")
        case ".png":
            return tr("picture")
        case ".pdf":
            return tr("handout")
        case ".html":
            return tr("slides for the browser")
        case ".pptx":
            return tr("slides for PowerPoint")
        case ".srt" | ".vtt":
            return tr("captions")
    return {".gif": "GIF", ".webp": "WebP"}[suffix]


def _placed(lecture: LectureMaterial, folder: Path) -> Path:
    """The film's place in the folder."""
    film = lecture.film.resolve()
    if film.is_relative_to(folder.resolve()):
        return folder / film.relative_to(folder.resolve())
    return write_whole(folder / film.name, read(film))


def _film(lecture: LectureMaterial, film: Path, folder: Path) -> _Film:
    beside = [film.with_suffix(suffix) for suffix in _SUFFIXES]
    return _Film(
        lecture=lecture,
        anchor=film.stem,
        address=_address(film, folder),
        poster=f"{_POSTERS}/{quote(film.stem)}.png",
        alt=lecture.slides[-1].alt if lecture.slides else lecture.title,
        captions=_captions(lecture),
        live=f"{_POSTERS}/{quote(film.stem)}-live.html" if lecture.live else "",
        files=[
            _file(path, folder, f"{_in_words(path.suffix)} ({path.suffix[1:]})")
            for path in beside
            if path.is_file()
        ],
        command=shlex.join(["gdlectures", "render", lecture.name, "--theme", lecture.theme, *lecture.flags]),
    )


def _captions(lecture: LectureMaterial) -> str:
    """The notes as captions of the whole film."""
    begun = [slide.start_frame / lecture.fps for slide in lecture.slides]
    cues = [
        cue
        for slide, start in zip(lecture.slides, begun, strict=True)
        for cue in captions.of_note(slide.note, start, start + slide.frames / lecture.fps, slide.heard)
    ]
    return data_uri("text/vtt", captions.vtt(cues).encode())


def _decks(films: Sequence[Path], folder: Path) -> list[Path]:
    """The course as one film, and slides and handouts that no lecture's name begins."""
    stems = {film.stem for film in films}
    decks = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in (".html", ".pptx", ".pdf") or path.name == f"{COURSE}.mp4"
    ]
    return [path for path in decks if path.stem not in stems and path.name != "index.html" and path.is_file()]


def _file(path: Path, folder: Path, words: str) -> _File:
    return _File(path.name, _address(path, folder), words, _size(path), downloads=path.suffix != ".html")


def _address(path: Path, folder: Path) -> str:
    return quote(os.path.relpath(path, folder).replace(os.sep, "/"))


def _size(path: Path) -> str:
    size = path.stat().st_size
    return spoken().number(f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(1, round(size / 1e3))} KB")
