"""One HTML file that plays lectures in a browser, a slide a beat, with no network.

reveal.js, the films' type, every clip and every picture are inside. Clips are base64 at the end of the file,
behind the script that plays them: the first slide stands before they are read, and only those near the
current slide are decoded.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gdlectures.exports import captions
from gdlectures.exports.live import figure_json, live_palette
from gdlectures.exports.material import LectureMaterial, Slide, check_some, heading, language_of
from gdlectures.exports.shipped import data_uri, fill
from gdlectures.exports.web_parts import colors, pictures, read
from gdlectures.films.publishing import write_whole

_PAGE_HEIGHT = 1080  # of the deck's own pixels, in which type is sized
_HOLD = 24 * 3600.0  # seconds that a last caption may stay


@dataclass(frozen=True)
class _Chapter:
    """A lecture in the deck, what it is addressed by, and the number of its first clip."""

    lecture: LectureMaterial
    name: str
    first_clip: int


def write_deck(lectures: Sequence[LectureMaterial], target: Path, *, title: str | None = None) -> Path:
    """Write one self-contained HTML deck of one or more lectures.

    Each lecture opens with its title; then every beat is a slide that plays on entering and rests on its
    last frame. Going on starts the next beat where the last one ended, going back shows the last frame of
    the beat before. A beat that says what to try is followed by a slide with the live figure, which a key (L)
    leads to and back. Notes are in the speaker view (S), captions are a key (C), ``?print-pdf`` shows stills,
    and so does a reader's wish for reduced motion.

    Parameters
    ----------
    lectures : sequence of LectureMaterial
        The first gives the deck its aspect.
    target : Path
        Equal lectures give equal bytes.
    title : str, optional
        Title of the page and of its contents; a lecture's own when left out.

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
    slides = [slide for lecture in lectures for slide in lecture.slides]
    page = fill(
        "web/deck.html",
        speaks=language_of(lectures),
        chapters=_chapters(lectures),
        heading=heading(lectures, title),
        width=round(_PAGE_HEIGHT * lectures[0].width / lectures[0].height),
        height=_PAGE_HEIGHT,
        seen=pictures(path for slide in slides for path in (slide.poster, slide.still)),
        clips=(base64.b64encode(read(slide.clip)).decode("ascii") for slide in slides),
        colors=colors,
        live_palette=live_palette,
        figure_json=figure_json,
        has_live=any(lecture.live for lecture in lectures),
        track=_track,
    )
    return write_whole(target, page.encode())


def _chapters(lectures: Sequence[LectureMaterial]) -> list[_Chapter]:
    """The lectures, each by its name, numbered where it comes again."""
    seen: Counter[str] = Counter()
    found, clips = [], 0
    for lecture in lectures:
        seen[lecture.name] += 1
        name = lecture.name if seen[lecture.name] == 1 else f"{lecture.name}-{seen[lecture.name]}"
        found.append(_Chapter(lecture, name, clips))
        clips += len(lecture.slides)
    return found


def _track(lecture: LectureMaterial, slide: Slide) -> str:
    """The note as captions of the beat's clip; the last stays as long as the last frame does."""
    cues = captions.of_note(slide.note, 0.0, slide.frames / lecture.fps, slide.heard)
    if cues:
        cues[-1] = captions.Cue(cues[-1].start, _HOLD, cues[-1].lines)
    return data_uri("text/vtt", captions.vtt(cues).encode())
