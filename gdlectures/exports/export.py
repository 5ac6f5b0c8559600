"""Export: films, moving pictures, stills, slides and handouts, all made from a lecture's one drawing."""

from __future__ import annotations

import dataclasses
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gdlectures.asking.data import data_words
from gdlectures.asking.libraries import check_libraries
from gdlectures.asking.requests import Failed, FilmOptions, Finished, Outcome, Rendered, RenderRequest
from gdlectures.exports import captions, looks, moving
from gdlectures.exports.gif import write_gif
from gdlectures.exports.looks import GIF_FPS, MOST_COLORS
from gdlectures.exports.material import LectureMaterial, prepare_material, title_of_many
from gdlectures.exports.options import COURSE, COURSE_FORMATS, DECKS, ExportOptions
from gdlectures.exports.resizing import smaller
from gdlectures.exports.webp import write_webp
from gdlectures.faults.errors import Exit, Fault, usage
from gdlectures.faults.progress import Watcher
from gdlectures.faults.sizes import size_words
from gdlectures.films import publishing
from gdlectures.films.cutting import Chapter, name_film
from gdlectures.films.manifest import manifest_of
from gdlectures.films.masters import MASTER, MasterCache
from gdlectures.films.places import unmade
from gdlectures.films.reading import BrokenFilm, Stretch
from gdlectures.films.rendering import draw_masters
from gdlectures.films.sites import Site
from gdlectures.films.sounding import sound_of
from gdscenes.kit.page.theme import THEMES

HANDOUT_THEME = "print"

_DECK_OF_MANY = "lectures"
_SMALL_DECK = 720  # pixels of height: a PowerPoint file of larger films has such a variant beside it


@dataclass(frozen=True)
class Exported:
    """What was made of one lecture, or of several: files, each with a word about it."""

    files: tuple[tuple[Path, str], ...]


Result = Exported | Failed


def export(
    requests: Sequence[RenderRequest],
    options: ExportOptions,
    out: Path,
    *,
    course: bool = False,
    force: bool = False,
    timeout: float = FilmOptions.timeout,
    watcher: Watcher | None = None,
    site: Site | None = None,
) -> list[Result]:
    """Make what is asked for of every lecture; each is drawn once, or not at all where the cache has it.

    Parameters
    ----------
    requests : sequence of RenderRequest
    options : ExportOptions
    out : Path
        Folder of what is made.
    course : bool
        Make one of each of them all, in their order: one film, one deck; `COURSE_FORMATS` alone.
    force, timeout, watcher, site
        See `gdlectures.films.rendering.render_films`.

    Returns
    -------
    list of Exported or Failed
        One for each lecture, unless they are a course, and one for each file of them all.

    Raises
    ------
    Fault
        If anything that was asked for is not allowed; nothing is drawn or written then.
    """
    watcher = watcher or Watcher()
    if "\0" in str(out):
        raise usage("--out", str(out), "a folder", "give another --out")
    if course and (other := set(options.formats).difference(COURSE_FORMATS)):
        raise usage("--to", min(other), ", ".join(COURSE_FORMATS), f"name lectures instead of {COURSE}")
    check_libraries()
    publishing.check_folder(out, [])
    if options.beat is not None:
        requests = [dataclasses.replace(request, beat=options.beat) for request in requests]
    wanted = _wanted(requests, options)
    unique: list[RenderRequest] = []
    for request in itertools.chain.from_iterable(wanted.values()):
        if request not in unique:
            unique.append(request)
    outcomes = draw_masters(unique, force=force, timeout=timeout, watcher=watcher, site=site)
    publishing.make_folder(out)
    publishing.sweep(out)

    def drawn(request: RenderRequest) -> Outcome:
        return outcomes[unique.index(request)]

    results: list[Result] = []
    for index, request in enumerate(requests):
        grounds = {ground: drawn(each[index]) for ground, each in wanted.items()}
        failed = next((outcome for outcome in grounds.values() if isinstance(outcome, Failed)), None)
        if failed or not course:
            results.append(failed or _made(request.lecture, _of_lecture, grounds, options, watcher, out))
    for word in options.formats:
        if word not in (COURSE_FORMATS if course else DECKS):
            continue
        each = map(drawn, wanted[_ground(word)])
        films = [outcome.rendered for outcome in each if isinstance(outcome, Finished)]
        if word in DECKS and films:
            # PowerPoint plays no media beyond about thirty in a file
            decks = [[film] for film in films] if word == "pptx" and not course else [films]
            for each_deck in decks:
                name = COURSE if course else each_deck[0].lecture if len(each_deck) == 1 else word
                with watcher.doing(f"{name} {word}"):
                    results.append(_made(name, _deck, each_deck, word, options, course, out))
        elif len(films) == len(requests):
            with watcher.doing(f"{COURSE} {word}"):
                results.append(_made(COURSE, _course, films, options, out))
    return results


def write_gallery_of(
    films: Sequence[Rendered], out: Path, title: str | None = None, watcher: Watcher | None = None
) -> tuple[Path, Path]:
    """Write the page that shows films which lie in a folder, and the slides of them all.

    Returns
    -------
    page, slides : Path

    Raises
    ------
    Fault
        If their frames cannot be had, or the folder cannot be written.
    """
    from gdlectures.exports.gallery import write_gallery

    watcher = watcher or Watcher()
    with scratch_folder(out) as scratch, watcher.doing("the gallery"):
        lectures = [prepare_material(film, scratch / film.mp4.stem, watcher) for film in films]
        slides = _write_deck("html", lectures, out / f"{_DECK_OF_MANY}.html", title)
        shown = [
            dataclasses.replace(lecture, film=film.mp4) for lecture, film in zip(lectures, films, strict=True)
        ]
        return write_gallery(shown, out), slides


def _ground(word: str) -> str:
    """Which drawing of a lecture a format is made from."""
    return {"webm": "clear", "mov": "clear", "pdf": "paper"}.get(word, "own")


def _wanted(requests: Sequence[RenderRequest], options: ExportOptions) -> dict[str, list[RenderRequest]]:
    """The drawings that the formats need: on the theme's ground, on none, and on paper."""
    drawings = {
        "own": lambda request: request,
        "clear": lambda request: dataclasses.replace(request, transparent=True, voice=None),
        "paper": lambda request: dataclasses.replace(
            request, theme=request.theme or HANDOUT_THEME, voice=None
        ),
    }
    grounds = dict.fromkeys(_ground(word) for word in options.formats)
    return {ground: [drawings[ground](request) for request in requests] for ground in grounds}


def _made(name: str, make: Callable[..., list[tuple[Path, str]]], *arguments: object) -> Result:
    """What a maker made, or why it could not."""
    out = arguments[-1]
    assert isinstance(out, Path)
    try:
        return Exported(tuple(make(*arguments)))
    except (Fault, BrokenFilm, OSError) as error:
        return unmade(name, error, out)


def _of_lecture(
    outcomes: dict[str, Outcome], options: ExportOptions, watcher: Watcher, out: Path
) -> list[tuple[Path, str]]:
    """Everything that is made of one lecture alone."""
    made: list[tuple[Path, str]] = []
    for ground, outcome in outcomes.items():
        rendered = outcome.film()
        words = [word for word in options.formats if _ground(word) == ground and word not in DECKS]
        if not words:
            continue
        stem = rendered.story.stem
        with publishing.writing(out, stem) as private, MasterCache().held(rendered.manifest.parent):
            for word in words:
                with watcher.doing(f"{stem} {word}"):
                    made += _MAKERS[word](rendered, options, private, out)
    return made


def _film(rendered: Rendered, options: ExportOptions, private: Path, out: Path) -> list[tuple[Path, str]]:
    """The mp4 with its captions, and one of each beat."""
    stem = rendered.mp4.stem
    if rendered.beat is not None:
        shutil.copyfile(rendered.mp4, private / rendered.mp4.name)
        return _put([(private / rendered.mp4.name, out / rendered.mp4.name)])
    cues = captions.cues(rendered)
    (private / "srt").write_text(captions.srt(cues), "utf-8")
    (private / "vtt").write_text(captions.vtt(cues, _data_words(rendered)), "utf-8")
    moves = [(private / suffix, out / f"{stem}.{suffix}") for suffix in ("srt", "vtt")]
    for number, (beat, start, stop) in enumerate(rendered.stretches, start=1):
        name = f"{number:02}-{beat.name}.mp4"
        name_film(rendered.mp4, private / name, rendered.fps, beat.title, (), start, stop)
        moves.append((private / name, out / f"{stem}-beats" / name))
    if options.burn_captions:
        moves.append((_burnt(rendered, private), out / f"{stem}-captions.mp4"))
    for path in (rendered.mp4, rendered.story, rendered.manifest):
        shutil.copyfile(path, private / path.name)
        moves.append((private / path.name, out / path.name))
    _put(moves)
    made = [(out / rendered.mp4.name, _size(out / rendered.mp4.name))]
    made.append((out / f"{stem}.srt", f"captions, and {stem}.vtt"))
    made.append((out / f"{stem}-beats", f"{len(rendered.beats)} films"))
    if options.burn_captions:
        burnt = out / f"{stem}-captions.mp4"
        made.append((burnt, _size(burnt)))
    return made


def _data_words(rendered: Rendered) -> str:
    data = manifest_of(rendered).data
    return data_words(data) if data else ""


def _burnt(rendered: Rendered, private: Path) -> Path:
    from gdlectures.exports.burning import burn

    manifest = manifest_of(rendered)
    raw, burnt = private / "raw.mp4", private / "burnt.mp4"
    size = (rendered.width, rendered.height)
    burn(_master(rendered), raw, captions.cues(rendered), THEMES[manifest.theme], size, rendered.fps)
    chapters = [Chapter(beat.title, start, stop) for beat, start, stop in rendered.stretches]
    sound = sound_of(rendered.mp4, rendered.fps) if rendered.is_spoken else None
    name_film(raw, burnt, rendered.fps, manifest.title, chapters, sound=sound)
    return burnt


def _clear_film(
    rendered: Rendered, options: ExportOptions, private: Path, out: Path, suffix: str
) -> list[tuple[Path, str]]:
    from gdlectures.exports.transparent import FORMATS as CODECS
    from gdlectures.exports.transparent import write_transparent

    name, stretch = f"{rendered.story.stem}.{suffix}", Stretch(rendered.mp4, 0, rendered.frames, rendered.fps)
    write_transparent(stretch, private / name, CODECS[suffix], (rendered.width, rendered.height))
    return _put([(private / name, out / name)])


def _moving(
    rendered: Rendered, options: ExportOptions, private: Path, out: Path, suffix: str
) -> list[tuple[Path, str]]:
    name = f"{rendered.mp4.stem}.{suffix}"
    stretch = Stretch(_master(rendered), 0, rendered.frames, rendered.fps)
    look = looks.Look(
        width=options.width or min(looks.DEFAULT_WIDTH, rendered.width),
        delay=GIF_FPS[options.gif_fps or looks.DEFAULT_FPS],
        colors=options.colors or MOST_COLORS,
        loop=options.loop,
        hold=looks.DEFAULT_HOLD if options.hold is None else options.hold,
    )
    write = write_gif if suffix == "gif" else write_webp
    if options.most_bytes is None:
        write(stretch, look, private / name, None)
    else:
        given = {"width": options.width, "delay": options.gif_fps, "colors": options.colors}
        free = {"quality", *(field for field, value in given.items() if value is None)}
        largest = looks.largest_look(look, rendered.width, rendered.fps, free)
        tried = looks.smaller_looks(largest, suffix, free)
        found = moving.write_within(write, stretch, tried, private / name, options.most_bytes)
        if isinstance(found, int):
            raise Fault(
                Exit.LIMIT,
                str(out / name),
                f"{size_words(found)} at the least, {tried[-1].words(suffix)}",
                f"--max-size {size_words(options.most_bytes)}",
                "give a larger --max-size, or one --beat",
            )
        look = found.look
    ((target, size),) = _put([(private / name, out / name)])
    return [(target, f"{look.words(suffix)}  {size}")]


def _stills(rendered: Rendered, options: ExportOptions, private: Path, out: Path) -> list[tuple[Path, str]]:
    from gdlectures.exports.pictures import contact_sheet

    material = prepare_material(rendered, private / "material", clips=False)
    stem = rendered.mp4.stem
    sheet = private / "sheet.png"
    stills = [(slide.title, slide.still) for slide in material.slides]
    contact_sheet(stills, material.title, material.theme).save(sheet)
    moves = [(material.poster, out / f"{stem}.png"), (sheet, out / f"{stem}-sheet.png")]
    for number, slide in enumerate(material.slides, start=1):
        moves.append((slide.still, out / f"{stem}-stills" / f"{number:02}-{slide.name}.png"))
    _put(moves)
    return [
        (out / f"{stem}-stills", f"{len(stills)} stills"),
        (out / f"{stem}.png", "the poster"),
        (out / f"{stem}-sheet.png", "the contact sheet"),
    ]


_MAKERS: dict[str, Callable[[Rendered, ExportOptions, Path, Path], list[tuple[Path, str]]]] = {
    "mp4": _film,
    "webm": partial(_clear_film, suffix="webm"),
    "mov": partial(_clear_film, suffix="mov"),
    "gif": partial(_moving, suffix="gif"),
    "webp": partial(_moving, suffix="webp"),
    "png": _stills,
}


def _course(films: Sequence[Rendered], options: ExportOptions, out: Path) -> list[tuple[Path, str]]:
    """One mp4 of several lectures, a chapter each, with its captions."""
    from gdlectures.exports.course import Lesson, course_cues, join_course

    targets = {suffix: out / f"{COURSE}.{suffix}" for suffix in ("mp4", "srt", "vtt")}
    with scratch_folder(out) as scratch:
        records = [manifest_of(film) for film in films]
        lessons = [Lesson(each.title, film.mp4, film) for each, film in zip(records, films, strict=True)]
        made = {suffix: scratch / suffix for suffix in targets}
        title = options.title or title_of_many(records)
        chapters = join_course(lessons, made["mp4"], title)
        cues = course_cues(lessons)
        made["srt"].write_text(captions.srt(cues), "utf-8")
        made["vtt"].write_text(captions.vtt(cues, _data_words(films[0])), "utf-8")
        if options.burn_captions:
            burnt = []
            for number, lesson in enumerate(lessons):
                folder = scratch / str(number)
                folder.mkdir()
                burnt.append(dataclasses.replace(lesson, film=_burnt(lesson.rendered, folder)))
            targets["burnt"], made["burnt"] = out / f"{COURSE}-captions.mp4", scratch / "burnt.mp4"
            join_course(burnt, made["burnt"], title)
        sizes = dict(_put([(made[each], targets[each]) for each in targets]))
    told = [(targets["mp4"], f"{len(chapters)} chapters  {sizes[targets['mp4']]}")]
    told.append((targets["srt"], f"captions, and {targets['vtt'].name}"))
    if options.burn_captions:
        told.append((targets["burnt"], sizes[targets["burnt"]]))
    return told


def _deck(
    films: Sequence[Rendered], word: str, options: ExportOptions, course: bool, out: Path
) -> list[tuple[Path, str]]:
    """Slides or a handout of several lectures together."""
    name = COURSE if course else films[0].mp4.stem if len(films) == 1 else _DECK_OF_MANY
    if word == "pdf":
        name = name.removesuffix(f"-{HANDOUT_THEME}")  # paper is white unless somebody asks otherwise
    with scratch_folder(out) as scratch:
        lectures = [prepare_material(film, scratch / film.mp4.stem, clips=word != "pdf") for film in films]
        made = [_write_deck(word, lectures, out / f"{name}.{word}", options.title)]
        if word == "pptx" and any(lecture.height > _SMALL_DECK for lecture in lectures):
            small = [
                smaller(lecture, scratch / str(number), _SMALL_DECK)
                for number, lecture in enumerate(lectures)
            ]
            target = out / f"{name}-{_SMALL_DECK}p.{word}"
            made.append(_write_deck(word, small, target, options.title))
    beats = sum(len(lecture.slides) for lecture in lectures)
    return [(target, f"{beats} beats  {_size(target)}") for target in made]


def _write_deck(word: str, lectures: list[LectureMaterial], target: Path, title: str | None) -> Path:
    if word == "html":
        from gdlectures.exports.html_deck import write_deck as write
    elif word == "pptx":
        from gdlectures.exports.pptx_deck import write_pptx as write
    else:
        from gdlectures.exports.handout import write_handout as write
    return write(lectures, target, title=title)


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """A private folder inside the one of what is made; that of a killed run is swept by the next."""
    publishing.check_folder(out, [])
    publishing.make_folder(out)
    with publishing.writing(out, f"slides-{os.getpid()}") as private:
        yield private


def _put(moves: Sequence[tuple[Path, Path]]) -> list[tuple[Path, str]]:
    """Put whole files in place, and say how large each is."""
    for folder in {target.parent for _, target in moves}:
        publishing.check_folder(folder, [target for _, target in moves if target.parent == folder])
        publishing.make_folder(folder)
    publishing.publish(moves)
    return [(target, _size(target)) for _, target in moves]


def _master(rendered: Rendered) -> Path:
    return rendered.manifest.with_name(f"{MASTER}.mp4")


def _size(path: Path) -> str:
    return size_words(path.stat().st_size)
