"""One HTML file that plays lectures in a browser, a slide a beat, with no network.

reveal.js, the films' type, every clip and every picture are inside. Clips are base64 at the end of the file,
behind the script that plays them: the first slide stands before they are read, and only those near the
current slide are decoded.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from gdlectures.exports import captions
from gdlectures.exports.material import LectureMaterial, Slide
from gdlectures.exports.web_parts import (
    attributes,
    check_some,
    colors,
    data_uri,
    font_face,
    pictures,
    read,
    script,
    shipped,
)
from gdlectures.films.publishing import write_whole

_PAGE_HEIGHT = 1080  # of the deck's own pixels, in which type is sized
_HOLD = 24 * 3600.0  # seconds that a last caption may stay
_KEYS = (("→", "next"), ("←", "back"), ("C", "captions"), ("S", "speaker"), ("?", "all keys"))


def write_deck(lectures: Sequence[LectureMaterial], target: Path, *, title: str | None = None) -> Path:
    """Write one self-contained HTML deck of one or more lectures.

    Each lecture opens with its title; then every beat is a slide that plays on entering and rests on its
    last frame. Going on starts the next beat where the last one ended, going back shows the last frame of
    the beat before. Notes are in the speaker view (S), captions are a key (C), ``?print-pdf`` shows stills,
    and so does a reader's wish for reduced motion.

    Parameters
    ----------
    lectures : sequence of LectureMaterial
        The first gives the deck its aspect.
    target : Path
        Equal lectures give equal bytes.
    title : str, optional
        Title of the page; the lectures' own when left out.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    Fault
        If there is no lecture, a file of one cannot be read, or the deck cannot be written there.
    """
    check_some(lectures)
    return write_whole(target, "".join(_page(lectures, title)).encode())


def _page(lectures: Sequence[LectureMaterial], title: str | None) -> Iterator[str]:
    look = lectures[0]
    heading = title or ", ".join(lecture.title for lecture in lectures)
    width = round(_PAGE_HEIGHT * look.width / look.height)
    names = _ids(lectures)
    slides = [slide for lecture in lectures for slide in lecture.slides]
    seen = pictures(path for slide in slides for path in (slide.poster, slide.still))
    yield f"""<!doctype html>
<html lang="en"{attributes(style=colors(look))}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(heading)}</title>
<link rel="icon" href="data:,">
<style>{shipped("vendor/reveal/reveal.css")}</style>
<style>{font_face()}
{shipped("web/deck.css")}</style>
</head>
<body>
<div class="reveal"{attributes(data_width=width, data_height=_PAGE_HEIGHT)}><div class="slides">
"""
    if len(lectures) > 1:
        yield _contents(lectures, names, title or "Lectures")
    number = 0
    for lecture, name in zip(lectures, names, strict=True):
        yield "<section>\n" + _cover(lecture, name)
        for slide in lecture.slides:
            yield _beat(lecture, slide, f"{name}-{slide.name}", f"clip-{number}", seen)
            number += 1
        yield "</section>\n"
    yield "</div></div>\n"
    for source in ("vendor/reveal/reveal.js", "vendor/reveal/notes.js", "web/deck.js"):
        yield script(shipped(source)) + "\n"
    for index, slide in enumerate(slides):
        content = base64.b64encode(read(slide.clip)).decode("ascii")
        yield f'<script type="application/octet-stream" id="clip-{index}">{content}</script>\n'
    yield "</body>\n</html>\n"


def _ids(lectures: Sequence[LectureMaterial]) -> list[str]:
    """What a lecture's slides are addressed by: its name, numbered where it comes again."""
    seen: Counter[str] = Counter()
    found = []
    for lecture in lectures:
        seen[lecture.name] += 1
        found.append(lecture.name if seen[lecture.name] == 1 else f"{lecture.name}-{seen[lecture.name]}")
    return found


def _section(lecture: LectureMaterial, name: str, kind: str, label: str) -> str:
    given = attributes(
        id=name,
        class_=kind,
        style=colors(lecture),
        data_background_color=lecture.ground,
        aria_label=label,
    )
    return f"<section{given}>\n"


def _contents(lectures: Sequence[LectureMaterial], names: Sequence[str], heading: str) -> str:
    rows = "".join(
        f'<li><a href="#/{escape(name)}">{escape(lecture.title)}</a></li>\n'
        for lecture, name in zip(lectures, names, strict=True)
    )
    return (
        _section(lectures[0], "contents", "cover", heading)
        + f"<h1>{escape(heading)}</h1>\n<ol>\n{rows}</ol>\n{_keys()}</section>\n"
    )


def _cover(lecture: LectureMaterial, name: str) -> str:
    return (
        _section(lecture, name, "cover", lecture.title)
        + f'<h1>{escape(lecture.title)}</h1>\n<p class="summary">{escape(lecture.summary)}</p>\n{_keys()}'
        + f'<aside class="notes">{escape(lecture.summary)}</aside>\n</section>\n'
    )


def _keys() -> str:
    keys = "".join(f"<span><kbd>{key}</kbd> {word}</span>" for key, word in _KEYS)
    return f'<p class="keys" aria-hidden="true">{keys}</p>\n'


def _beat(lecture: LectureMaterial, slide: Slide, name: str, clip: str, seen: Mapping[Path, str]) -> str:
    film = attributes(
        data_clip=clip,
        data_frames=slide.frames,
        data_fps=lecture.fps,
        loop=slide.loop,
        muted=True,
        playsinline=True,
        preload="auto",
        aria_label=slide.alt,
    )
    track = attributes(kind="captions", srclang="en", label="Captions", src=_track(lecture, slide))
    return f"""{_section(lecture, name, "beat", slide.title)}<figure class="screen">
<img class="poster" alt=""{attributes(src=seen[slide.poster])}>
<img class="still"{attributes(alt=slide.alt, src=seen[slide.still])}>
<video{film}><track{track}></video>
</figure>
<aside class="notes">{escape(slide.note)}</aside>
</section>
"""


def _track(lecture: LectureMaterial, slide: Slide) -> str:
    """The note as captions of the beat's clip; the last stays as long as the last frame does."""
    cues = captions.of_note(slide.note, 0.0, slide.frames / lecture.fps)
    if cues:
        cues[-1] = captions.Cue(cues[-1].start, _HOLD, cues[-1].lines)
    return data_uri("text/vtt", captions.vtt(cues).encode())
