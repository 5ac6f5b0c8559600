"""A page of all lectures for a folder of films: posters that play, knobs as commands, downloads."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from gdlectures.exports.material import LectureMaterial
from gdlectures.exports.web_parts import attributes, check_some, colors, font_face, read, script, shipped
from gdlectures.faults.progress import clock
from gdlectures.films.publishing import write_whole
from gdscenes.kit.page.theme import DARK, LIGHT, Theme

_TITLE = "Films that teach gradient descent"
_POSTERS = "gallery"
_FORMATS = {
    ".mp4": "film",
    ".webm": "film, transparent",
    ".mov": "film, transparent",
    ".gif": "GIF",
    ".webp": "WebP",
    ".png": "picture",
    ".pdf": "handout",
    ".html": "slides for the browser",
    ".pptx": "slides for PowerPoint",
    ".srt": "captions",
    ".vtt": "captions",
}
"""What lies in the folder and is offered, in the order of the page."""


def write_gallery(lectures: Sequence[LectureMaterial], folder: Path) -> Path:
    """Write ``index.html`` into a folder of films.

    Films and whatever else of a lecture lies in the folder are linked, by relative addresses; a film that
    lies elsewhere is copied into it. The posters go into ``gallery``. The page asks for nothing outside.

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
    films = [_film(lecture, folder) for lecture in lectures]
    for lecture, film in zip(lectures, films, strict=True):
        write_whole(folder / _POSTERS / f"{film.stem}.png", read(lecture.poster))
    return write_whole(folder / "index.html", "".join(_page(lectures, films, folder)).encode())


def _film(lecture: LectureMaterial, folder: Path) -> Path:
    """The film's place in the folder."""
    film = lecture.film.resolve()
    if film.is_relative_to(folder.resolve()):
        return folder / film.relative_to(folder.resolve())
    return write_whole(folder / film.name, read(film))


def _page(lectures: Sequence[LectureMaterial], films: Sequence[Path], folder: Path) -> Iterator[str]:
    seconds = sum(lecture.seconds for lecture in lectures)
    count = "1 film" if len(lectures) == 1 else f"{len(lectures)} films"
    decks = _links(_of_all(films, folder), folder, says_name=True)
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(_TITLE)}</title>
<link rel="icon" href="data:,">
<style>{font_face()}
:root {{ {_palette(LIGHT)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_palette(DARK)} }} }}
{shipped("web/gallery.css")}</style>
</head>
<body>
<header>
<h1>{escape(_TITLE)}</h1>
<p class="muted">{count}, {clock(seconds)} minutes. Every number on the screen is computed.</p>
{decks}</header>
<main>
"""
    for lecture, film in zip(lectures, films, strict=True):
        yield _article(lecture, film, folder)
    yield f"""</main>
<dialog><video controls muted playsinline></video></dialog>
{script(shipped("web/gallery.js"))}
</body>
</html>
"""


def _palette(theme: Theme) -> str:
    roles = {
        "ground": theme.ground,
        "panel": theme.panel,
        "ink": theme.ink,
        "muted": theme.muted,
        "line": theme.grid,
        "accent": theme.weight,
    }
    return " ".join(f"--page-{role}: {color};" for role, color in roles.items())


def _article(lecture: LectureMaterial, film: Path, folder: Path) -> str:
    poster = attributes(
        src=f"{_POSTERS}/{quote(film.stem)}.png",
        alt=lecture.slides[-1].alt if lecture.slides else lecture.title,
        width=lecture.width,
        height=lecture.height,
        loading="lazy",
    )
    address = attributes(href=_address(film, folder), aria_label=f"Play {lecture.title}")
    return f"""<article{attributes(style=colors(lecture))}>
<a class="screen"{address}><img{poster}><video muted loop playsinline preload="none" tabindex="-1"></video>
<span class="progress"></span></a>
<h2>{escape(lecture.title)} <span class="muted">{clock(lecture.seconds)}</span></h2>
<p class="muted">{escape(lecture.summary)}</p>
{_links(_of_one(film), folder)}{_beats(lecture, film, folder)}{_knobs(lecture)}</article>
"""


def _beats(lecture: LectureMaterial, film: Path, folder: Path) -> str:
    rows = ""
    for slide in lecture.slides:
        seconds = slide.start_frame / lecture.fps
        link = attributes(href=f"{_address(film, folder)}#t={seconds:g}", data_seconds=f"{seconds:g}")
        rows += f"<li><a{link}><time>{clock(seconds)}</time>{escape(slide.title)}</a></li>\n"
    return f'<details><summary>Beats</summary>\n<ol class="beats">\n{rows}</ol></details>\n'


def _knobs(lecture: LectureMaterial) -> str:
    """The command that makes this very film; with JavaScript, the command for other values as well."""
    base = f"gdlectures render {shlex.quote(lecture.name)} --theme {lecture.theme}"
    words = "".join(f" \\\n    {option} {shlex.quote(value)}" for option, value, _ in lecture.knobs)
    rows = ""
    for option, value, help_ in lecture.knobs:
        name = f"{lecture.name}-{lecture.theme}{option}"
        given = attributes(id=name, name=option, value=value, autocomplete="off", spellcheck="false")
        label = f"{escape(option)}<span>{escape(help_)}</span>"
        rows += f"<label{attributes(for_=name)}>{label}</label><input{given}>\n"
    return f"""<details><summary>Make it yours</summary>
<form class="knobs">
{rows}</form>
<div class="command"><pre{attributes(data_base=base)}>{escape(base + words)}</pre>
<button type="button">Copy</button></div>
</details>
"""


def _of_one(film: Path) -> list[Path]:
    """What lies beside a film under its name, the film first."""
    beside = [film.with_suffix(suffix) for suffix in _FORMATS]
    return [path for path in beside if path.is_file()]


def _of_all(films: Sequence[Path], folder: Path) -> list[Path]:
    """Slides and handouts that no lecture's name begins."""
    stems = {film.stem for film in films}
    decks = [path for path in sorted(folder.iterdir()) if path.suffix in (".html", ".pptx", ".pdf")]
    return [path for path in decks if path.stem not in stems and path.name != "index.html" and path.is_file()]


def _links(paths: Sequence[Path], folder: Path, says_name: bool = False) -> str:
    if not paths:
        return ""
    rows = ""
    for path in paths:
        kind = _FORMATS[path.suffix]
        words = f"{path.stem}: {kind}" if says_name else f"{kind} ({path.suffix[1:]})"
        download = None if path.suffix == ".html" else True
        link = attributes(href=_address(path, folder), download=download)
        rows += f'<li><a{link}>{escape(words)} <span class="muted">{_size(path)}</span></a></li>\n'
    return f'<ul class="chips">\n{rows}</ul>\n'


def _address(path: Path, folder: Path) -> str:
    return quote(os.path.relpath(path, folder).replace(os.sep, "/"))


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(1, round(size / 1e3))} KB"
