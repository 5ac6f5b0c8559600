"""Captions: what the lecturer says, cut into readable lines and timed within their beats."""

from __future__ import annotations

import html
import itertools
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from gdlectures.asking.requests import Rendered
from gdlectures.faults.errors import one_line, visible

LONGEST_LINE = 42
"""Characters of a line."""
MOST_LINES = 2
_GAP = 0.04  # seconds between two cues, so that a player shows the change


@dataclass(frozen=True)
class Cue:
    """Lines that are shown for a while; times in seconds of the film."""

    start: float
    stop: float
    lines: tuple[str, ...]


def cues(rendered: Rendered) -> list[Cue]:
    """The notes of a film's beats as cues, each inside its beat and as long as it takes to say it.

    Parameters
    ----------
    rendered : Rendered
        Its beats bring notes and times.
    """
    fps = rendered.fps
    return [
        cue
        for beat, start, stop in rendered.stretches
        for cue in of_note(beat.note, start / fps, stop / fps, beat.heard)
    ]


def of_note(note: str, start: float, stop: float, heard: tuple[float, float] | None = None) -> list[Cue]:
    """One note as cues from `start` to `stop`, each as long as it takes to say it.

    Parameters
    ----------
    note : str
    start, stop : float
        Seconds of the film.
    heard : (float, float), optional
        Seconds after `start` between which a recording of it is heard: the cues are there as long.
    """
    if heard is not None:
        start, stop = start + heard[0], min(start + heard[1], stop)
    parts = split(note) if note.strip() else []
    total = sum(len(" ".join(part)) for part in parts)
    found, spoken = [], 0
    for part in parts:
        begin = start + (stop - start) * spoken / total
        spoken += len(" ".join(part))
        end = start + (stop - start) * spoken / total
        found.append(Cue(begin, max(end - _GAP, (begin + end) / 2), part))
    return found


def split(note: str) -> list[tuple[str, ...]]:
    """A note in parts of a few lines each; a new sentence begins a new part.

    Parameters
    ----------
    note : str

    Returns
    -------
    list of tuple of str
        Each at most `MOST_LINES` lines of at most `LONGEST_LINE` characters; only a longer word is cut.
    """
    parts: list[tuple[str, ...]] = []
    for sentence in _sentences(visible(" ".join(note.split()))):
        fewest = _shares(sentence, MOST_LINES * (LONGEST_LINE + 1))
        tried = (_balanced(sentence, count) for count in itertools.count(fewest))
        pieces = next(pieces for pieces in tried if all(map(_fits, pieces)))
        parts += [tuple(_balanced(piece)) for piece in pieces]
    return parts


def srt(cues: Sequence[Cue]) -> str:
    """Captions as SubRip text."""
    blocks = [
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.stop, ',')}\n" + "\n".join(cue.lines) + "\n"
        for number, cue in enumerate(cues, start=1)
    ]
    return "\n".join(blocks)


def vtt(cues: Sequence[Cue], comment: str = "") -> str:
    """Captions as WebVTT text.

    Parameters
    ----------
    cues : sequence of Cue
    comment : str
        What no player shows, on one line; "" for none.
    """
    comments = [f"NOTE {one_line(comment).replace('-->', '→')}\n"] if comment else []
    blocks = [
        f"{_clock(cue.start, '.')} --> {_clock(cue.stop, '.')}\n"
        + "\n".join(html.escape(line, quote=False) for line in cue.lines)
        + "\n"
        for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *comments, *blocks])


def _sentences(text: str) -> list[str]:
    """Sentences; a clause after a colon or semicolon stays with the one before it where both fit."""
    found: list[str] = []
    for word in text.split(" "):
        is_new = not found or found[-1].endswith((".", "!", "?", ":", ";"))
        if is_new and not (found and word[:1].islower() and _fits(f"{found[-1]} {word}")):
            found.append(word)
        else:
            found[-1] += f" {word}"
    return found


def _fits(text: str) -> bool:
    return len(_wrapped(text, LONGEST_LINE)) <= MOST_LINES


def _balanced(text: str, count: int | None = None) -> list[str]:
    """Lines of about the same length: `count` of them, or as few as there can be."""
    most = count or len(_wrapped(text, LONGEST_LINE))
    longest = min(max(map(len, text.split())), LONGEST_LINE)
    least = max(longest, _shares(text, most) - 1)
    width = next(w for w in range(least, len(text) + 2) if len(_wrapped(text, w)) <= most)
    return _wrapped(text, width)


def _shares(text: str, size: int) -> int:
    """The least number of parts of a size, a space after each, that hold a text."""
    return -(-(len(text) + 1) // size)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"
