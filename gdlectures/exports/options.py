"""How things are made: the options of the exports, each with its limits and its help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gdlectures.exports.looks import GIF_FPS, LEAST_COLORS, MOST_COLORS
from gdlectures.faults.errors import nearest, one_line
from gdlectures.faults.sizes import parse_size
from gdscenes.kit.lecture.settings import SettingError, Settings, knob, knobs

FORMATS = {
    "mp4": "the film, its captions and a film of each beat",
    "webm": "the film on no ground, for browsers",
    "mov": "the film on no ground, for video editors",
    "gif": "a GIF",
    "webp": "an animated WebP",
    "png": "a still of each beat, a poster and a contact sheet",
    "html": "slides for a browser",
    "pptx": "slides for PowerPoint",
    "pdf": "a handout",
}
"""What can be made, by the word that asks for it."""
DECKS = ("html", "pptx", "pdf")
COURSE = "course"
"""Names all lectures, in their order, made into one of each: the stem of the files."""
COURSE_FORMATS = ("mp4", *DECKS)
"""What a course is made into."""

_MOVING = ("gif", "webp")
_MADE_WITH = {
    "beat": (*_MOVING, "mp4", "webm", "mov"),
    "width": _MOVING,
    "gif_fps": _MOVING,
    "colors": ("gif",),
    "loop": _MOVING,
    "hold": _MOVING,
    "max_size": _MOVING,
    "burn_captions": ("mp4",),
}
"""The formats that follow an option; a title does no harm anywhere."""

_LONGEST_TITLE = 200


@dataclass(frozen=True)
class ExportOptions(Settings):
    """How things are made; what is not said follows from the film.

    Raises
    ------
    SettingError
        If a value is not allowed, or an option is given that nothing asked for would follow.
    """

    to: str = knob("", "what to make")
    beat: str | None = knob(None, "only this beat; whole films when left out")
    width: int | None = knob(
        None, "pixels of a gif or webp, 800 when left out; of what is embedded", minimum=64, maximum=3840
    )
    gif_fps: str | None = knob(
        None, "frames a second of a gif or webp, 10 when left out", choices=tuple(GIF_FPS)
    )
    colors: int | None = knob(None, "of a gif, 256 when left out", minimum=LEAST_COLORS, maximum=MOST_COLORS)
    loop: int = knob(0, "times that a gif or webp plays; 0, for ever", minimum=0, maximum=1000)
    hold: float | None = knob(
        None, "seconds for which its last frame stands, 2 when left out", minimum=0, maximum=600
    )
    max_size: str | None = knob(None, "the best gif or webp that is no larger, such as 3MB")
    burn_captions: bool = knob(False, "with mp4: a film that shows them, as well")
    title: str | None = knob(None, "title of slides and handouts")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.to:
            raise SettingError("--to", "nothing", ", ".join(FORMATS), "say what to make, such as --to gif")
        for word in self.formats:
            if word not in FORMATS:
                near = nearest(word, FORMATS)
                fix = f"did you mean {near}?" if near else "give --to one or more of these"
                raise SettingError("--to", word, ", ".join(FORMATS), fix)
        for each in knobs(type(self)):
            used = {*self.formats} & {*_MADE_WITH.get(each.name, FORMATS)}
            if not used and getattr(self, each.name) != each.default:
                allowed, fix = f"--to {_or(_MADE_WITH[each.name])}", f"leave {each.option} out"
                raise SettingError(each.option, f"--to {','.join(self.formats)}", allowed, fix)
        title = self.title or ""
        if not title.isprintable() or len(title) > _LONGEST_TITLE:
            allowed = f"{_LONGEST_TITLE} printable characters"
            raise SettingError("--title", one_line(title), allowed, "give a shorter or plainer one")
        if self.max_size is not None:
            parse_size("--max-size", self.max_size)

    @property
    def formats(self) -> tuple[str, ...]:
        """The words of `to`, each once."""
        return tuple(dict.fromkeys(word.strip() for word in self.to.split(",")))

    @property
    def most_bytes(self) -> int | None:
        """Bytes that a moving picture may have, if there is a limit."""
        return parse_size("--max-size", self.max_size) if self.max_size is not None else None


def _or(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
