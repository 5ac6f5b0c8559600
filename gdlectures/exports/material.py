"""What decks, galleries and handouts are made of: one lecture as films, pictures and words."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gdlectures.asking.data import data_words
from gdlectures.asking.live import LiveFigure
from gdlectures.asking.requests import Beat, Rendered
from gdlectures.faults.errors import Exit, Fault, environment, usage
from gdlectures.films import publishing
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.type.language import ENGLISH, speaking, tr

if TYPE_CHECKING:
    from gdlectures.faults.progress import Watcher
    from gdlectures.films.encoding import Pixels
    from gdlectures.films.manifest import Manifest


"""Title of what is made of several."""


@dataclass(frozen=True)
class Slide:
    """One beat of one lecture.

    Attributes
    ----------
    name, title : str
        The beat's name, such as ``"time_lapse"``, and its readable form, ``"Time lapse"``.
    note : str
        What the lecturer says.
    clip : Path
        mp4 of this beat alone.
    poster : Path
        PNG that stands before the clip is played: its first frame, or the first that is not blank in the
        first beat. Play starts without a jump.
    still : Path
        PNG of the beat's most telling moment, its end unless the lecture says another.
    end : Path
        PNG of its last frame.
    alt : str
        The still in words.
    numbers : tuple of str
        Read-outs on the still.
    formulas : tuple of str
        Typst sources of the formulas on the still, as `gdscenes.kit.type.typeset` sets them.
    loop : bool
        The lecture asks that this beat be played over and over; one that is spoken is said once.
    start_frame, frames : int
        Where the beat stands in the film.
    heard : (float, float) or None
        Seconds after its start between which its recording is heard; None for a silent one.
    """

    name: str
    title: str
    note: str
    clip: Path
    poster: Path
    still: Path
    end: Path
    alt: str
    numbers: tuple[str, ...]
    formulas: tuple[str, ...]
    loop: bool
    start_frame: int
    frames: int
    heard: tuple[float, float] | None = None


@dataclass(frozen=True)
class LectureMaterial:
    """One lecture: its film, its beats and what may be said of it.

    Attributes
    ----------
    name, title, question, summary : str
        Name in the catalog, title, what it asks, "" for nothing, and the sentence that says what it shows.
    language : str
        Of its words, such as ``"en"``.
    theme : str
    dataset : str
        The name of the preset, or a user's data in one line.
    ground, ink, muted, accent : str
        Colours of the theme, ``"#RRGGBB"``.
    width, height, fps : int
    seconds : float
    film : Path
        The whole mp4.
    poster : Path
        PNG that stands for the lecture.
    slides : tuple of Slide
        The beats in order.
    knobs : tuple of (option, value, help)
        Every setting, with the value that was used.
    flags : tuple of str
        Options without a value that were used besides.
    live : LiveFigure or None
        None for a lecture that has none.
    """

    name: str
    title: str
    question: str
    summary: str
    language: str
    theme: str
    dataset: str
    ground: str
    ink: str
    muted: str
    accent: str
    width: int
    height: int
    fps: int
    seconds: float
    film: Path
    poster: Path
    slides: tuple[Slide, ...]
    knobs: tuple[tuple[str, str, str], ...]
    flags: tuple[str, ...] = ()
    live: LiveFigure | None = None

    @property
    def is_spoken(self) -> bool:
        """Whether its film has a sound."""
        return any(slide.heard is not None for slide in self.slides)


def prepare_material(
    rendered: Rendered, folder: Path, watcher: Watcher | None = None, clips: bool = True
) -> LectureMaterial:
    """Make the files of one lecture's slides, from its lossless frames.

    Parameters
    ----------
    rendered : Rendered
    folder : Path
        Made if need be. The lecture's files go there, each whole or not at all.
    watcher : Watcher, optional
        Told while a master that the cache has dropped is drawn again.
    clips : bool
        Cut the mp4 of each beat; without them, `Slide.clip` names the whole film.

    Raises
    ------
    Fault
        If the frames cannot be had, or the folder cannot be written.
    """
    from gdlectures.films.reading import BrokenFilm
    from gdlectures.films.rendering import master_of

    publishing.check_folder(folder, [])
    publishing.make_folder(folder)
    cache, found = master_of(rendered, watcher)
    try:
        with cache.held(found.manifest.parent), tempfile.TemporaryDirectory(".making", ".", folder) as made:
            material = _make(found, Path(made), folder, clips)
            files = sorted(Path(made).iterdir())
            publishing.publish([(file, folder / file.name) for file in files])
    except BrokenFilm as error:
        raise Fault(
            Exit.SCENE, rendered.lecture, str(error), "a whole film", "render it again with --force"
        ) from None
    except OSError as error:
        raise environment(error, folder) from None
    return material


def check_some(lectures: Sequence[LectureMaterial]) -> None:
    """Refuse to make anything of no lecture."""
    if not lectures:
        raise usage("lectures", "none", "one or more", "name a lecture")


def _make(rendered: Rendered, made: Path, folder: Path, clips: bool) -> LectureMaterial:
    """Make every file in one folder, and name them as they will lie in the other."""
    from gdlectures.exports.live import figure_of
    from gdlectures.exports.pictures import collect, first_with_ink, save_png
    from gdlectures.films.cutting import name_film
    from gdlectures.films.manifest import manifest_of

    manifest = manifest_of(rendered)
    master = rendered.manifest.with_name("master.mp4")
    stem = rendered.stem
    film, cover = f"{stem}.mp4", f"{stem}.png"
    shutil.copyfile(rendered.mp4, made / film)
    wanted: dict[int, list[str]] = {}
    slides = []
    for number, (beat, start, stop) in enumerate(rendered.stretches, start=1):
        name = f"{stem}-{number:02}-{beat.name}"
        clip, poster, still, end = f"{name}.mp4", f"{name}-poster.png", f"{name}.png", f"{name}-end.png"
        first = start if number > 1 else first_with_ink(master, start, stop)
        shown = beat.still_frame - rendered.start
        wanted.setdefault(first, []).append(poster)
        wanted.setdefault(shown, []).append(still)
        wanted.setdefault(stop - 1, []).append(end)
        if beat.name == manifest.cover:
            wanted[shown].append(cover)
        if clips:
            title = f"{manifest.title}: {beat.title}"
            name_film(rendered.mp4, made / clip, rendered.fps, title, (), start, stop)
        slides.append(
            Slide(
                name=beat.name,
                title=beat.title,
                note=beat.note,
                clip=folder / (clip if clips else film),
                poster=folder / poster,
                still=folder / still,
                end=folder / end,
                alt=alt_text(manifest, beat),
                numbers=beat.numbers,
                formulas=beat.formulas,
                loop=beat.loops and beat.heard is None,
                start_frame=start,
                frames=stop - start,
                heard=beat.heard,
            )
        )

    def save(names: list[str], pixels: Pixels) -> None:
        for name in names:
            save_png(pixels, made / name)

    savers: dict[int, Callable[[Pixels], None]] = {
        frame: partial(save, names) for frame, names in wanted.items()
    }
    collect(master, savers)
    theme = THEMES[manifest.theme]
    with speaking(manifest.language):
        dataset = data_words(manifest.data) if manifest.data else manifest.dataset
    return LectureMaterial(
        name=manifest.lecture,
        title=manifest.title,
        question=manifest.question,
        summary=manifest.summary,
        language=manifest.language,
        theme=manifest.theme,
        dataset=dataset,
        ground=theme.ground,
        ink=theme.ink,
        muted=theme.muted,
        accent=theme.model,
        width=manifest.width,
        height=manifest.height,
        fps=manifest.fps,
        seconds=manifest.seconds,
        film=folder / film,
        poster=folder / cover,
        slides=tuple(slides),
        knobs=manifest.knobs,
        flags=("--drop-missing",) if manifest.data and manifest.data["dropped"] else (),
        live=figure_of(rendered, manifest),
    )


def alt_text(manifest: Manifest, beat: Beat) -> str:
    """The still in sentences: what it belongs to, what is said to it, and what can be read on it."""
    between = "; " if any("," in number for number in beat.numbers) else ", "
    numbers = between.join(beat.numbers)
    words = [word for word in beat.words if word not in numbers]
    with speaking(manifest.language):
        film = tr("A picture from the film “{film}”, beat “{beat}”.", film=manifest.title, beat=beat.title)
        parts = [film, sentence(beat.note)]
        if words:
            quoted = ", ".join(tr("“{word}”", word=word) for word in words)
            parts.append(tr("On it stands {words}.", words=quoted))
        if numbers:
            parts.append(tr("It reads {numbers}.", numbers=numbers))
    return " ".join(filter(None, parts))


def sentence(text: str) -> str:
    """Text that ends as a sentence does; "" stays what it is."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def heading(lectures: Sequence[LectureMaterial], title: str | None) -> str:
    """The title of what is made of lectures: the given one, the only lecture's own, or that of many."""
    return title or (lectures[0].title if len(lectures) == 1 else title_of_many(lectures))


def title_of_many(lectures: Sequence[LectureMaterial | Manifest]) -> str:
    """What lectures are called together."""
    with speaking(language_of(lectures)):
        return tr("Lectures")


def language_of(lectures: Sequence[LectureMaterial | Manifest]) -> str:
    """The language of what is made of lectures: theirs, or English where they have several."""
    tags = {lecture.language for lecture in lectures}
    return tags.pop() if len(tags) == 1 else ENGLISH
