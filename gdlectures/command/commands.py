"""The commands: the words of each, and what it does.

Everything heavy is imported inside the functions, so that `--help` answers at once.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gdlectures.asking.requests import Failed, FilmOptions, Finished, parsed
from gdlectures.command.command import Command, Given, add_data
from gdlectures.command.new_lecture import write_lecture
from gdlectures.command.report import complain, complain_of, report, say, say_json, tell
from gdlectures.command.words import Parser, folder
from gdlectures.exports.options import COURSE, DECKS, FORMATS, ExportOptions
from gdlectures.faults.errors import Exit, Fault, nearest, usage
from gdlectures.faults.progress import watcher
from gdlectures.faults.sizes import parse_size, size_words

if TYPE_CHECKING:
    from gdlectures.asking.descriptions import Description
    from gdlectures.asking.requests import Outcome

_MOVING = ("beat", "width", "gif_fps", "colors", "loop", "hold", "max_size")


def _list(given: Given) -> int:
    from gdlectures.asking import catalog
    from gdlectures.asking.descriptions import listing

    described, faults = [], []
    for entry in catalog.entries(given.options.scenes):
        try:
            described.append(_description(entry.name, given.options.scenes))
        except Fault as fault:
            faults.append(fault)
    if given.options.json:
        say_json([lecture.as_json() for lecture in described])
    else:
        say(listing(described))
    for each in faults:
        complain(each, given.options.debug)
    return faults[0].exit_code if faults else Exit.DONE


def _show(given: Given) -> int:
    from gdlectures.asking.descriptions import page

    description = _description(given.options.name, given.options.scenes)
    if given.options.json:
        say_json(description.as_json())
    else:
        say(page(description))
    return Exit.DONE


def _description(name: str, scenes: Path | None) -> Description:
    from gdlectures.asking import catalog
    from gdlectures.asking.descriptions import describe

    return describe(name, catalog.load(catalog.find(name, scenes)))


def _facts(given: Given) -> int:
    import gdmath
    from gdlectures.asking import facts

    options, data = given.options, given.data()
    known = gdmath.preset_names()
    told = [each for each in (options.data, options.dataset, options.run) if each is not None]
    if len(told) != 1:
        allowed = "--data FILE, --dataset PRESET or --run FILE"
        raise usage("facts", " and ".join(told) or "no data", allowed, "give one of them")
    if options.run is not None:
        return _facts_of_run(Path(options.run), options.json, options.lectures)
    if data is None and options.dataset not in known:
        near = nearest(options.dataset, known)
        fix = f"did you mean {near}?" if near else "give one of them"
        raise usage("--dataset", options.dataset, ", ".join(known), fix)
    found = gdmath.facts_of(gdmath.preset(options.dataset) if data is None else data.table)
    if not options.json:
        say(facts.page(found))
    lectures = None
    if options.lectures:
        with watcher(sys.stderr).doing("asking every lecture"):
            lectures = facts.ask_lectures(data, options.dataset, options.scenes)
    if options.json:
        say_json(facts.as_json(found, lectures))
    elif lectures is not None:
        say(facts.page_of_lectures(lectures))
    return Exit.DONE


def _facts_of_run(path: Path, as_json: bool, lectures: bool) -> int:
    import gdmath
    from gdlectures.asking import run_facts, runs

    if lectures:
        raise usage("--lectures", "an option beside --run", "an option of a table", "leave it out")
    found = gdmath.facts_of_recording(runs.read_run(path))
    if as_json:
        say_json(run_facts.as_json(found))
    else:
        say(run_facts.page(path.name, found))
    return Exit.DONE


def _script(given: Given) -> int:
    from gdlectures.asking import scripts
    from gdlectures.films.publishing import write_whole

    with watcher(sys.stderr).doing("running through beats"):
        told = scripts.told(given.requests())
    failed = [each for each in told if isinstance(each, Failed)]
    pages = "\n\n".join(scripts.page(each) for each in told if not isinstance(each, Failed))
    if given.options.file is None:
        say(pages)
    else:
        say(str(write_whole(given.options.file, f"{pages}\n".encode())))
    return complain_of(failed, given.options.debug)


def _new(given: Given) -> int:
    path = write_lecture(given.options.name, given.out)
    place = shlex.quote(str(path.parent))
    say(f"{path}  to look at it: gdlectures render {given.options.name} --scenes {place} --quality preview")
    return Exit.DONE


def _render(given: Given) -> int:
    return report(_rendered(given), given.options.debug)


def _rendered(given: Given) -> list[Outcome]:
    from gdlectures.films import rendering

    return rendering.render_films(given.requests(), out=given.out, **given.drawing)


def _watch(given: Given) -> int:
    from gdlectures.command.watching import watch

    options = given.options
    if len(options.names) != 1 or options.all or options.story is not None:
        raise usage("watch", " ".join(options.names) or "no file", "one file", "name a lecture's file")
    file = Path(options.names[0])
    options.scenes, options.names = file.parent, [file.stem.replace("_", "-")]
    if "quality" not in options:
        options.quality = "preview"
    (request,) = given.requests()
    return watch(request, file, given.out, given.drawing, options.debug)


def _export(given: Given) -> int:
    from gdlectures.exports import export

    words = vars(given.options)
    if words.get("embed") is not None:
        return _embed(given)
    how = ExportOptions(**parsed(ExportOptions, {"to": given.command.to, **words}))
    if other := {*how.formats}.difference(given.command.formats):
        allowed = ", ".join(given.command.formats)
        raise usage("--to", min(other), allowed, "gdlectures export makes the others")
    course = given.options.names == [COURSE]
    if course:
        given.options.names, given.options.all = [], True
    results = export.export(given.requests(), how, given.out, course=course, **given.drawing)
    for result in results:
        if isinstance(result, export.Exported):
            for path, told in result.files:
                say(f"{path}  {told}")
    return complain_of([result for result in results if isinstance(result, Failed)], given.options.debug)


def _embed(given: Given) -> int:
    from gdlectures.exports import embed
    from gdlectures.films import rendering

    options = given.options
    values = parsed(ExportOptions, vars(options))
    beat, width = values.pop("beat", None), values.pop("width", None)
    for name in values:
        option = f"--{name.replace('_', '-')}"
        raise usage("--embed", option, "--beat and --width with it", f"leave {option} out")
    embed.check(options.embed, width)
    if options.embed == embed.LIVE:
        return _embed_live(given, beat, width)
    drawing = given.drawing
    outcomes = rendering.draw_masters(given.requests(), **drawing)
    for outcome in outcomes:
        if isinstance(outcome, Finished):
            with drawing["watcher"].doing(f"{outcome.lecture} for {options.embed}"):
                made = embed.embed_film(outcome.rendered, options.embed, given.out, beat=beat, width=width)
            for path in made.files:
                tell(str(path))
            say(made.snippet)
    return complain_of([outcome for outcome in outcomes if isinstance(outcome, Failed)], options.debug)


def _embed_live(given: Given, beat: str | None, width: int | None) -> int:
    from gdlectures.exports import live

    figures = live.planned_figures(given.requests())
    for figure in figures:
        if isinstance(figure, live.LivePage):
            snippet = live.live_snippet(figure, beat=beat, width=width)
            tell(str(live.write_live(figure, given.out)))
            say(snippet)
    return complain_of([figure for figure in figures if isinstance(figure, Failed)], given.options.debug)


def _gallery(given: Given) -> int:
    from gdlectures.exports import export

    options = given.options
    options.all = options.all or not (options.names or options.story)
    outcomes = _rendered(given)
    code = report(outcomes, options.debug)
    films = [outcome.rendered for outcome in outcomes if isinstance(outcome, Finished)]
    if films:
        title = parsed(ExportOptions, vars(options)).get("title")
        page, slides = export.write_gallery_of(films, given.out, title, given.drawing["watcher"])
        say(f"{slides}  slides of all lectures")
        say(f"{page}  open this to see them all")
    return code


def _sweep(given: Given) -> int:
    from gdlectures.asking.sweeps import MOST_FILMS, MOST_STILLS
    from gdlectures.exports import sweep

    films, debug = given.options.films, given.options.debug
    with given.drawing["watcher"].doing("computing runs"):
        planned = sweep.plan_sweep(given.grid(MOST_FILMS if films else MOST_STILLS), given.out, films=films)
    refused = [
        Failed(cell.label, sweep.of_cell(cell, planned.refused[number]))
        for number, cell in enumerate(planned.grid.cells)
        if number in planned.refused
    ]
    code = complain_of(refused, debug)
    swept = sweep.draw_sweep(planned, **given.drawing)
    for path, told in swept.files:
        say(f"{path}  {told}")
    return complain_of(swept.failed, debug) or code


def _verify(given: Given) -> int:
    from gdlectures.films.verifying import verify_film

    film = Path(given.options.file)
    with watcher(sys.stderr).doing(f"drawing {film.name} again"):
        found = verify_film(film, given.options.scenes)
    same = "drawn again it is the same file" if found.is_same_file else "packed otherwise, the same pictures"
    say(f"{found.film}  all {found.frames} frames are those of its story: {same}")
    return Exit.DONE


def _cache(given: Given) -> int:
    from datetime import datetime

    from gdlectures.films.masters import MasterCache

    cache = MasterCache()
    if given.options.limit is not None:
        cache.set_limit(parse_size("--limit", given.options.limit))
    if given.options.clear:
        say(f"{size_words(cache.clear())} dropped")
    entries = cache.entries()
    total = sum(entry.bytes for entry in entries)
    for entry in entries:
        day = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
        say(f"{entry.told}  {size_words(entry.bytes)}  used {day}")
    say(f"{cache.root}  {size_words(total)} of {size_words(cache.limit)}")
    return Exit.DONE


def _completion(given: Given) -> int:
    from gdlectures.asking import catalog
    from gdlectures.command import completion
    from gdlectures.exports.embed import PLACES
    from gdscenes.kit.lecture.settings import Knob, knobs

    shell = given.options.shell
    if shell not in completion.SHELLS:
        raise usage("completion", shell, ", ".join(completion.SHELLS), "give one of them")
    names, options = [], dict[str, list[str]]()
    values = {"--embed": PLACES}
    of_lectures: list[Knob] = []
    for entry in catalog.entries():
        names.append(entry.name)
        of_lectures += knobs(type(catalog.load(entry).settings))
    for knob in (*knobs(FilmOptions), *knobs(ExportOptions), *of_lectures):
        values |= {knob.option: knob.choices} if knob.choices else {}
    values["--to"] = tuple(FORMATS)
    for command in COMMANDS.values():
        options[command.name] = command.parser().options
        if command.draws:
            options[command.name] += [*names, *dict.fromkeys(knob.option for knob in of_lectures)]
        elif command.name == "show":
            options[command.name] += names
    say(completion.script(shell, completion.Completed(options, values)).rstrip())
    return Exit.DONE


def _shell(parser: Parser) -> None:
    parser.add_argument("shell", metavar="SHELL", help="bash, zsh or fish")


def _json_option(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _name_and_json(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="a name from gdlectures list")
    _json_option(parser)


def _data_and_json(parser: Parser) -> None:
    add_data(parser)
    parser.add_argument("--dataset", metavar="PRESET", help="a preset instead of a table of yours")
    parser.add_argument(
        "--run", metavar="FILE", help="a training run of yours instead, as gdmath.record saves it"
    )
    parser.add_argument(
        "--lectures",
        action="store_true",
        help="ask every lecture whether it fits, which takes seconds: they compute their runs",
    )
    _json_option(parser)


def _out_file(parser: Parser) -> None:
    parser.add_argument(
        "--out", metavar="FILE", type=Path, dest="file", help="where to write it, instead of printing it"
    )


def _name_and_out(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="what it is called, such as my-descent")
    parser.add_argument(
        "--out", metavar="DIR", type=folder, default=Path(), help="its folder; this one when left out"
    )


def _of_cells(parser: Parser) -> None:
    add = parser.add_argument
    add("--beat", metavar="BEAT", help="the beat that is shown; the lecture's cover when left out")
    add("--films", action="store_true", help="looping films of the beat instead of stills")


def _place(parser: Parser) -> None:
    parser.add_argument(
        "--embed",
        metavar="PLACE",
        help="instead of --to: a clip for a page or other slides, and the lines that show it there: "
        "html, quarto, jupyter, marp or beamer; or live: a page in which the descent can be played with",
    )


def _beat(parser: Parser) -> None:
    parser.add_argument("--beat", metavar="BEAT", help="only this beat; whole films when left out")


def _film(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILM", help="an mp4 with its manifest and its story beside it")


def _limits(parser: Parser) -> None:
    parser.add_argument("--clear", action="store_true", help="drop everything")
    parser.add_argument("--limit", metavar="SIZE", help="keep no more than this, such as 10GB")


_TOLD = (
    Command(
        "list",
        "",
        "the lectures, their lengths and beats",
        "List the lectures.",
        _list,
        draws=False,
        more=_json_option,
    ),
    Command(
        "show",
        "NAME",
        "one lecture: what is said, and what can be set",
        "Show one lecture: beats with their notes, knobs with their limits.",
        _show,
        draws=False,
        more=_name_and_json,
        examples=("show NAME",),
    ),
    Command(
        "facts",
        "",
        "a table or a recorded run in numbers: how descent fares on it, what to beware of",
        "Tell what can be known of a table before a film is made of it: its columns, the least-squares line, "
        "the frame in which the lectures descend and why, how descent fares in it, in the table's own units "
        "and on a standardised feature, and where a line is not the story.",
        _facts,
        draws=False,
        more=_data_and_json,
        examples=("facts --dataset chapter-0", "facts --data table.csv --x hours --y mark"),
    ),
    Command(
        "script",
        "NAME...",
        "what to say, beat by beat, for recordings of your voice",
        "Print what to say in each beat: the file that a recording of it is looked for in, how long the beat "
        "is, how long it takes to say, and the words.",
        _script,
        films=False,
        more=_out_file,
        examples=("script NAME", "script NAME --data table.csv --out words.txt"),
    ),
    Command(
        "new",
        "NAME",
        "the file of a lecture of your own, to start from",
        "Write the file of a lecture of your own, to start from; docs/writing_lectures.md explains it.",
        _new,
        draws=False,
        finds=False,
        more=_name_and_out,
        examples=("new my-descent",),
    ),
    Command(
        "render",
        "NAME...",
        "lectures to films",
        "Render lectures to films. Beside each film lie its manifest and the story it was drawn from.",
        _render,
        speaks=True,
        more=_beat,
        examples=(
            "render NAME --learning-rate 0.05 --theme light",
            "render NAME --beat BEAT --quality preview",
            "render NAME --data table.csv --x hours --y mark",
            "render --all --quality 1080p --out films",
        ),
    ),
    Command(
        "watch",
        "FILE",
        "the beat in work of your own lecture, drawn again at each save",
        "Look at a lecture's file and draw the beat whose method was changed each time that it is saved, in "
        "preview quality unless another is asked for.",
        _watch,
        more=_beat,
        examples=("watch my_descent.py",),
    ),
    Command(
        "export",
        "NAME...",
        "lectures to films, moving pictures, stills, slides and handouts",
        "Make films, moving pictures, stills, slides and handouts; each lecture is drawn once. "
        "NAME may be course: one film of every lecture, a chapter each, with its captions, or one deck.",
        _export,
        knobs=("to", *_MOVING, "burn_captions", "title"),
        speaks=True,
        more=_place,
        examples=(
            "export NAME --to mp4,pptx,pdf --out talk",
            "export NAME --embed html --beat BEAT --width 960 > film.html",
            "export course --to html",
        ),
    ),
    Command(
        "gif",
        "NAME...",
        "export --to gif",
        "Make GIFs.",
        _export,
        knobs=_MOVING,
        to="gif",
        examples=(
            "gif NAME --beat BEAT --max-size 3MB",
            "gif NAME --beat BEAT --fps 25",
        ),
    ),
    Command(
        "slides",
        "NAME...",
        "export --to html",
        "Make slides: one file for all the lectures named, of PowerPoint one for each; HTML unless other "
        "formats are asked for.",
        _export,
        knobs=("to", "title"),
        formats=DECKS,
        speaks=True,
        to="html",
        examples=('slides NAME NAME --title "Gradient descent"',),
    ),
    Command(
        "stills",
        "NAME...",
        "export --to png",
        "Make a still of each beat, a poster and a contact sheet.",
        _export,
        to="png",
        examples=("stills NAME --theme print",),
    ),
    Command(
        "gallery",
        "",
        "films, the slides of them all, and the page that shows them",
        "Render lectures, all of them when none is named, and write the slides of them all and the page that "
        "shows them.",
        _gallery,
        speaks=True,
        knobs=("title",),
        examples=("gallery", "gallery NAME NAME --out site"),
    ),
    Command(
        "sweep",
        "NAME",
        "one lecture for many values of its knobs, side by side",
        "Draw one beat of a lecture for every combination of the values that its knobs are given, and a page "
        "and a sheet that show them side by side. A knob takes a list 0.1,0.2,0.5, a range 0.1:0.5:3 (three "
        "values from 0.1 to 0.5) or 0.01:1:3:log (by equal factors), and may be given again; --set takes the "
        "same. The last knob runs across. What a lecture refuses is told in its cell.",
        _sweep,
        more=_of_cells,
        examples=(
            "sweep NAME --learning-rate 0.05:0.8:4:log --beat BEAT",
            "sweep NAME --dataset chapter-0,chapter-2 --set learning-rate=0.1:0.4:4 --films",
        ),
    ),
    Command(
        "verify",
        "FILM",
        "hold a film to its story: compute its runs and draw it again, and compare",
        "Compute the numbers of a film's story again, draw every frame of it anew, and hold the film and its "
        "manifest to that. What differs is told, with the time of the first other picture.",
        _verify,
        draws=False,
        more=_film,
        examples=("verify build/NAME.mp4",),
    ),
    Command(
        "cache",
        "",
        "what is kept of drawings, and how much it may take",
        "Show what is kept of drawings, last used first. What was least recently used is dropped beyond the "
        "limit; XDG_CACHE_HOME names another place.",
        _cache,
        draws=False,
        finds=False,
        more=_limits,
        examples=("cache --limit 2GB", "cache --clear"),
    ),
    Command(
        "completion",
        "SHELL",
        "the script by which a shell completes all this",
        "Print what completes commands, options, lectures and their knobs; each new shell reads it.",
        _completion,
        draws=False,
        finds=False,
        more=_shell,
        examples=(
            "completion bash > ~/.local/share/bash-completion/completions/gdlectures",
            "completion zsh >> ~/.zshrc",
            "completion fish > ~/.config/fish/completions/gdlectures.fish",
        ),
    ),
)
GROUPS = {
    "look": ("list", "show", "script", "facts"),
    "draw": ("render", "watch", "sweep", "new"),
    "make": ("export", "gif", "slides", "stills", "gallery"),
    "keep": ("verify", "cache", "completion"),
}
"""The commands by what they are for."""
COMMANDS = {command.name: command for command in _TOLD}
"""The commands by their names."""
