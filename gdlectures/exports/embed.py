"""A film, or one beat of it, for somebody else's page or slides: a sized clip and the words that show it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gdlectures.asking.requests import Rendered
from gdlectures.exports.material import LectureMaterial, Slide, prepare_material, sentence
from gdlectures.exports.resizing import resize_film, resize_picture
from gdlectures.exports.shipped import fill
from gdlectures.faults.errors import environment, nearest, usage, visible
from gdlectures.films import publishing

SMALLEST_WIDTH, LARGEST_WIDTH = 160, 3840
_MARP_HEIGHT = 450  # pixels that a slide of Marp's own 720 leaves under a title
_TEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


@dataclass(frozen=True)
class Embedding:
    """What was made for one place to embed in.

    Attributes
    ----------
    snippet : str
        To be pasted; it names the files by their names alone.
    files : tuple of Path
        To lie beside the page or slides.
    """

    snippet: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class _Shown:
    """What is embedded, as a snippet speaks of it."""

    stem: str
    title: str
    alt: str
    width: int
    height: int
    loop: bool
    is_spoken: bool
    stills: tuple[tuple[str, Slide], ...]

    def player(self, most_height: int | None = None) -> str:
        """The HTML that plays it, no higher on the page than so many pixels; what loops starts by itself."""
        return fill(
            "web/player.html",
            src=f"{self.stem}.mp4",
            poster=f"{self.stem}.png",
            width=self.width,
            height=self.height,
            most_height=most_height,
            controls=not self.loop,
            loop=self.loop,
            is_spoken=self.is_spoken,
            label=self.alt,
        )


def snippet(
    material: LectureMaterial, kind: str, *, beat: str | None = None, width: int | None = None
) -> str:
    """The words that show a lecture, or one beat of it, in a page or in slides.

    Parameters
    ----------
    material : LectureMaterial
    kind : str
        One of `KINDS`.
    beat : str, optional
        The whole lecture when left out.
    width : int, optional
        Pixels; the film's own when left out.

    Raises
    ------
    Fault
        If the kind, the beat or the width is not allowed.
    """
    check(kind, width)
    return _WRITERS[kind](_shown(material, beat, width))


def embed_film(
    film: Rendered, kind: str, folder: Path, *, beat: str | None = None, width: int | None = None
) -> Embedding:
    """`embed` for a rendered film, whose material is made for the while and put away again."""
    publishing.check_folder(folder, [])
    publishing.make_folder(folder)
    with tempfile.TemporaryDirectory(".making", ".", folder) as scratch:
        clips = kind != "beamer" and beat is not None
        return embed(prepare_material(film, Path(scratch), clips=clips), kind, folder, beat=beat, width=width)


def embed(
    material: LectureMaterial,
    kind: str,
    folder: Path,
    *,
    beat: str | None = None,
    width: int | None = None,
) -> Embedding:
    """Make a snippet and the files that it names.

    Parameters
    ----------
    material, kind, beat, width
        See `snippet`.
    folder : Path
        Made if need be. Beamer takes a still of every beat, the others an mp4 of that width and its poster.

    Raises
    ------
    Fault
        As `snippet`, and if the files cannot be read or written.
    """
    words = snippet(material, kind, beat=beat, width=width)
    shown = _shown(material, beat, width)
    publishing.check_folder(folder, [])
    publishing.make_folder(folder)
    slide, size = _slide(material, beat), (shown.width, shown.height)
    try:
        with tempfile.TemporaryDirectory(".making", ".", folder) as name:
            made = Path(name)
            if kind == "beamer":
                for stem, still in shown.stills:
                    resize_picture(still.still, made / f"{stem}.png", size)
            else:
                poster, clip = (slide.poster, slide.clip) if slide else (material.poster, material.film)
                resize_picture(poster, made / f"{shown.stem}.png", size)
                film = made / f"{shown.stem}.mp4"
                if size == (material.width, material.height):
                    film.write_bytes(clip.read_bytes())
                else:
                    resize_film(clip, film, size, material.fps, shown.title)
            files = sorted(made.iterdir())
            publishing.publish([(file, folder / file.name) for file in files])
    except OSError as error:
        raise environment(error, folder) from None
    return Embedding(words, tuple(folder / file.name for file in files))


def _html(shown: _Shown) -> str:
    return shown.player()


def _quarto(shown: _Shown) -> str:
    # as a picture, which embed-resources takes along; Quarto's video shortcode stays outside
    label = shown.alt.replace("\\", "").replace('"', "'")
    size = f'width="{shown.width}" height="{shown.height}"'
    return f'![{_plain(shown.title)}]({shown.stem}.mp4){{{size} aria-label="{label}"}}\n'


def _jupyter(shown: _Shown) -> str:
    start, sound = "autoplay loop" if shown.loop else "controls", "" if shown.is_spoken else "muted "
    html_attributes = f"{start} {sound}playsinline"
    name = f"{shown.stem}.mp4"
    return (
        "from IPython.display import Video\n\n"
        f"Video({name!r}, embed=True, width={shown.width}, html_attributes={html_attributes!r})\n"
    )


def _marp(shown: _Shown) -> str:
    return f"---\nmarp: true\n---\n\n# {_plain(shown.title)}\n\n{shown.player(_MARP_HEIGHT)}"


def _beamer(shown: _Shown) -> str:
    return "\n".join(
        f"\\begin{{frame}}{{{_tex(slide.title)}}}\n"
        "  \\centering\n"
        f"  \\includegraphics[width=\\linewidth,height=.82\\textheight,keepaspectratio]{{{stem}.png}}\n"
        f"  \\note{{{_tex(slide.note)}}}\n"
        "\\end{frame}\n"
        for stem, slide in shown.stills
    )


_WRITERS: dict[str, Callable[[_Shown], str]] = {
    "html": _html,
    "quarto": _quarto,
    "jupyter": _jupyter,
    "marp": _marp,
    "beamer": _beamer,
}
KINDS = tuple(_WRITERS)
"""Where a film can be embedded: a page, Quarto, a Jupyter notebook, Marp, LaTeX Beamer (as stills)."""
LIVE = "live"
"""Instead of a film, the live figure of a lecture, see `gdlectures.exports.live`."""
PLACES = (*KINDS, LIVE)


def check(kind: str, width: int | None) -> None:
    """Refuse a place or a width that there is not."""
    if kind not in PLACES:
        near = nearest(kind, PLACES)
        fix = f"did you mean {near}?" if near else "give --embed one of these"
        raise usage("--embed", kind, ", ".join(PLACES), fix)
    if width is not None and (type(width) is not int or not SMALLEST_WIDTH <= width <= LARGEST_WIDTH):
        limit = f"a whole number from {SMALLEST_WIDTH} to {LARGEST_WIDTH}"
        raise usage("--width", width, limit, "give --width such a value")


def _slide(material: LectureMaterial, beat: str | None) -> Slide | None:
    """The slide of a beat, or None for the whole lecture."""
    if beat is None:
        return None
    beats = {slide.name: slide for slide in material.slides}
    if beat not in beats:
        near = nearest(beat, beats)
        fix = f"did you mean {near}?" if near else "give --beat one of these"
        raise usage("--beat", beat, ", ".join(beats), fix)
    return beats[beat]


def _shown(material: LectureMaterial, beat: str | None, width: int | None) -> _Shown:
    slide = _slide(material, beat)
    wide = material.width if width is None else width - width % 2
    parts = [material.film.stem, *([slide.name] if slide else []), str(wide)]
    slides = material.slides if slide is None else (slide,)
    alt = slide.alt if slide else f"{sentence(material.title)} {material.summary}"
    return _Shown(
        stem="-".join(parts),
        title=visible(f"{material.title}: {slide.title}" if slide else material.title),
        # an empty line would end the element in Markdown
        alt=visible(" ".join(alt.split())),
        width=wide,
        height=2 * round(material.height * wide / material.width / 2),
        loop=slide.loop if slide else False,
        is_spoken=material.is_spoken if slide is None else slide.heard is not None,
        stills=tuple((f"{material.film.stem}-{each.name}-{wide}", each) for each in slides),
    )


def _plain(text: str) -> str:
    """Text that Markdown takes for nothing but text."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$&-])", r"\\\1", " ".join(text.split()))


def _tex(text: str) -> str:
    # an empty line would end the argument that it stands in
    return "".join(_TEX.get(sign, sign) for sign in visible(" ".join(text.split())))
