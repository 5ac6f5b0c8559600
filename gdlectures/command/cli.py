"""The `gdlectures` command.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from gdlectures.asking.requests import (
    DEFAULT_QUALITY,
    HIGHEST_FPS,
    LOWEST_FPS,
    QUALITIES,
    Failed,
    Finished,
    RenderRequest,
    check_fps,
)
from gdlectures.faults.errors import Exit, Fault, Stopped, environment, nearest, one_line, usage
from gdscenes.kit.page.theme import THEMES

if TYPE_CHECKING:
    from gdlectures.asking.descriptions import Description
    from gdlectures.asking.requests import Outcome

_ARGPARSE = re.compile(r"argument (?P<where>[^:]+): (?P<reason>.*)", re.DOTALL)
_LONGEST_TIMEOUT = 7 * 24 * 3600
_WITH_KNOBS = ("render", "export", "gif", "slides", "stills", "gallery")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command's name; those of this process when left out.

    Returns
    -------
    int
        The exit code, see `gdlectures.faults.errors.Exit`.
    """
    _settle_standard_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = _run(words)
    except Fault as fault:
        code = _complain(fault, debug)
    except Stopped as stopped:
        code = 128 + stopped.signal_number
    except OSError as error:
        code = _complain(environment(error, str(error.filename or ".")), debug)
    except Exception as error:
        code = _complain(_bug(error), debug)
    _let_go_of_output()
    return int(code)


@dataclass(frozen=True)
class Words:
    """The words of a command line, the lectures' own options taken out.

    Every knob takes one value, so its words can be told from the others before any lecture is known.

    Attributes
    ----------
    plain : list of str
        What argparse reads.
    knobs : dict of str to str
        Words given for knobs, by their Python names.
    """

    plain: list[str]
    knobs: dict[str, str]


def split(words: Sequence[str], options: Sequence[str]) -> Words:
    """Take out every ``--option`` that the command itself does not have.

    Parameters
    ----------
    words : sequence of str
        The words after the command.
    options : sequence of str
        The command's own options.
    """
    plain: list[str] = []
    knobs: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word == "--":
            plain += [word, *rest]
        elif word.startswith("--") and word.partition("=")[0] not in options:
            option, separator, value = word.partition("=")
            given = value if separator else next(rest, None)
            if given is None or given.startswith("--"):
                raise usage(option, "no value", "one value", f"write {option} VALUE")
            _add_knob(knobs, option.removeprefix("--").replace("-", "_"), given)
        else:
            plain.append(word)
    return Words(plain, knobs)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are faults."""

    def error(self, message: str) -> NoReturn:
        found = _ARGPARSE.fullmatch(message)
        where, reason = (found["where"], found["reason"]) if found else (self.prog, message)
        raise usage(where, reason, "the words of its usage", f"see {self.prog} --help")

    @property
    def options(self) -> list[str]:
        return [option for action in self._actions for option in action.option_strings]


def _run(words: list[str]) -> int:
    commands, parsers = _commands(), _parsers()
    command = next((word for word in words if not word.startswith("-")), None)
    if not words or words[0] in ("-h", "--help"):
        _say(_overview().format_help().rstrip())
        return Exit.DONE if words else Exit.USAGE
    if words[0] == "--version":
        from importlib.metadata import version

        _say(f"gdlectures {version('gdlectures')}")
        return Exit.DONE
    if command is None or words[0] != command or command not in commands:
        near = nearest(words[0], commands)
        fix = f"did you mean {near}?" if near else "see gdlectures --help"
        raise usage("command", words[0], ", ".join(commands), fix)
    parser = parsers[command]()
    rest = words[1:]
    knobs: dict[str, str] = {}
    if command in _WITH_KNOBS:
        taken = split(rest, parser.options)
        rest, knobs = taken.plain, taken.knobs
    try:
        options = parser.parse_args(rest)
    except SystemExit:  # after --help
        return Exit.DONE
    return commands[command](options, knobs)


def _commands() -> dict[str, Callable[[argparse.Namespace, dict[str, str]], int]]:
    return {
        "list": _list,
        "show": _show,
        "render": _render,
        "export": _export,
        "gif": _export,
        "slides": _export,
        "stills": _export,
        "gallery": _gallery,
        "cache": _cache,
    }


def _parsers() -> dict[str, Callable[[], _Parser]]:
    return {
        "list": _list_parser,
        "show": _show_parser,
        "render": _render_parser,
        "export": partial(_export_parser, "export"),
        "gif": partial(_export_parser, "gif"),
        "slides": partial(_export_parser, "slides"),
        "stills": partial(_export_parser, "stills"),
        "gallery": _gallery_parser,
        "cache": _cache_parser,
    }


def _overview() -> _Parser:
    parser = _Parser(
        prog="gdlectures",
        description="Films that teach gradient descent, every frame drawn from a computed trajectory.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=(
            "commands:\n"
            "  list            the lectures, their lengths and beats\n"
            "  show NAME       one lecture: what is said, and what can be set\n"
            "  render NAME...  lectures to films\n"
            "  export NAME...  lectures to films, moving pictures, stills, slides and handouts\n"
            "  gif NAME...     export --to gif\n"
            "  slides NAME...  export --to html\n"
            "  stills NAME...  export --to png\n"
            "  gallery         films, the slides of them all, and the page that shows them\n"
            "  cache           what is kept of drawings, and how much it may take\n\n"
            "gdlectures COMMAND --help tells the options of a command."
        ),
        usage="gdlectures [--help] [--version] COMMAND ...",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    return parser


def _command_parser(command: str, description: str, epilog: str | None = None) -> _Parser:
    parser = _Parser(prog=f"gdlectures {command}", description=description, epilog=epilog, allow_abbrev=False)
    parser.add_argument(
        "--scenes", metavar="DIR", type=Path, help="folder of other lectures than those that come along"
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks and logs")
    return parser


def _list_parser() -> _Parser:
    parser = _command_parser("list", "List the lectures.")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _show_parser() -> _Parser:
    parser = _command_parser("show", "Show one lecture: beats with their notes, knobs with their limits.")
    parser.add_argument("name", metavar="NAME", help="a name from gdlectures list")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _film_parser(command: str, description: str) -> _Parser:
    """The options of every command that draws lectures."""
    parser = _command_parser(
        command,
        description,
        "Every knob of a lecture is an option as well, such as --dataset PRESET or --learning-rate 0.05; "
        "gdlectures show NAME tells them.",
    )
    parser.set_defaults(command=command)
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*", help="names from gdlectures list")
    add("--all", action="store_true", help="every lecture")
    add("--theme", metavar="THEME", help=f"{', '.join(THEMES)}; the lecture's own when left out")
    add(
        "--quality",
        metavar="QUALITY",
        default=DEFAULT_QUALITY,
        help=f"{', '.join(QUALITIES)}; {DEFAULT_QUALITY} when left out",
    )
    add(
        "--fps",
        metavar="N",
        help=f"frames per second, {LOWEST_FPS} to {HIGHEST_FPS}; the quality's own when left out",
    )
    add("--out", metavar="DIR", default="build", help="folder of what is made; build when left out")
    add("--set", metavar="KNOB=VALUE", action="append", default=[], help="set a knob; repeatable")
    add("--from", metavar="FILE", type=Path, dest="story", help="draw a stored story again")
    add("--force", action="store_true", help="draw again what is there already")
    add("--timeout", metavar="SECONDS", help="longest time for one lecture; 4 hours when left out")
    return parser


def _render_parser() -> _Parser:
    return _film_parser(
        "render",
        "Render lectures to films. Beside each film lie its manifest and the story it was drawn from.",
    )


def _gallery_parser() -> _Parser:
    parser = _film_parser(
        "gallery",
        "Render lectures, all of them when none is named, and write the slides of them all and the page that "
        "shows them.",
    )
    parser.add_argument("--title", metavar="TEXT", help="title of the slides")
    return parser


def _export_parser(command: str) -> _Parser:
    told = {
        "export": "Make films, moving pictures, stills, slides and handouts; each lecture is drawn once.",
        "gif": "Make GIFs.",
        "slides": "Make slides: one file for all the lectures named.",
        "stills": "Make a still of each beat, a poster and a contact sheet.",
    }
    parser = _film_parser(command, told[command])
    add = parser.add_argument
    if command == "export":
        add(
            "--to",
            metavar="FORMAT[,...]",
            action="append",
            help="what to make: mp4, webm and mov (no ground), gif, webp, png (stills), html, pptx, pdf",
        )
        add("--burn-captions", action="store_true", help="with mp4: a film that shows them, as well")
        add(
            "--embed",
            metavar="PLACE",
            help="instead of --to: a clip for a page or other slides, and the lines that show it there: "
            "html, quarto, jupyter, marp or beamer",
        )
    if command == "slides":
        add("--to", metavar="FORMAT[,...]", action="append", help="html, pptx or pdf; html when left out")
    if command in ("export", "gif"):
        add("--beat", metavar="BEAT", help="only this beat; whole films when left out")
        add("--width", metavar="PIXELS", help="of a gif or webp, 800 when left out; of what is embedded")
        add("--gif-fps", metavar="N", help="of a gif or webp: 10, 12.5, 20, 25 or 50; 10 when left out")
        add("--colors", metavar="N", help="of a gif, 4 to 256; 256 when left out")
        add("--loop", metavar="TIMES", default="0", help="times that a gif or webp plays; 0, for ever")
        add("--hold", metavar="SECONDS", help="how long its last frame stands; 2 when left out")
        add("--max-size", metavar="SIZE", help="such as 3MB: the best gif or webp that is no larger")
    if command in ("export", "slides"):
        add("--title", metavar="TEXT", help="title of slides and handouts")
    return parser


def _cache_parser() -> _Parser:
    parser = _command_parser(
        "cache",
        "Show what is kept of drawings, last used first. What was least recently used is dropped beyond the "
        "limit; XDG_CACHE_HOME names another place.",
    )
    parser.add_argument("--clear", action="store_true", help="drop everything")
    parser.add_argument("--limit", metavar="SIZE", help="keep no more than this, such as 10GB")
    return parser


def _list(options: argparse.Namespace, _: dict[str, str]) -> int:
    from gdlectures.asking import catalog
    from gdlectures.asking.descriptions import listing

    described, faults = [], []
    for entry in catalog.entries(options.scenes):
        try:
            described.append(_description(entry.name, options.scenes))
        except Fault as fault:
            faults.append(fault)
    _say(_json([lecture.as_json() for lecture in described]) if options.json else listing(described))
    for each in faults:
        _complain(each, options.debug)
    return faults[0].exit_code if faults else Exit.DONE


def _show(options: argparse.Namespace, _: dict[str, str]) -> int:
    from gdlectures.asking.descriptions import page

    description = _description(options.name, options.scenes)
    _say(_json(description.as_json()) if options.json else page(description))
    return Exit.DONE


def _render(options: argparse.Namespace, knobs: dict[str, str]) -> int:
    return _report(_rendered(options, knobs), options.debug)


def _rendered(options: argparse.Namespace, knobs: dict[str, str]) -> list[Outcome]:
    from gdlectures.faults.progress import watcher
    from gdlectures.films import rendering

    return rendering.render_films(
        _requests(options, knobs),
        out=options.out,
        force=options.force,
        timeout=_timeout(options.timeout),
        watcher=watcher(sys.stderr),
    )


def _requests(options: argparse.Namespace, knobs: dict[str, str]) -> list[RenderRequest]:
    for word in options.set:
        name, separator, value = word.partition("=")
        if not separator:
            raise usage("--set", word, "KNOB=VALUE", "write --set learning-rate=0.05")
        _add_knob(knobs, name.replace("-", "_"), value)
    fps = None if options.fps is None else check_fps(_whole(options.fps))
    return [
        RenderRequest(name, options.theme, options.quality, fps, knobs, options.story, options.scenes)
        for name in _names(options, knobs)
    ]


def _export(options: argparse.Namespace, knobs: dict[str, str]) -> int:
    from gdlectures.exports import export
    from gdlectures.faults.progress import watcher
    from gdlectures.films.masters import parse_size

    given = vars(options)
    if given.get("embed") is not None:
        return _embed(options, knobs)
    default = {"gif": ["gif"], "slides": ["html"], "stills": ["png"]}.get(options.command, [])
    words = [word.strip() for words in given.get("to") or default for word in words.split(",")]
    if not words:
        raise usage("--to", "nothing", ", ".join(export.FORMATS), "say what to make, such as --to gif")
    if options.command == "slides" and (other := set(words) - set(export.DECKS)):
        raise usage("--to", min(other), ", ".join(export.DECKS), "gdlectures export makes the others")
    size = given.get("max_size")
    how = export.ExportOptions(
        formats=tuple(dict.fromkeys(words)),
        beat=given.get("beat"),
        width=_number(given.get("width")),
        fps=given.get("gif_fps"),
        colors=_number(given.get("colors")),
        loop=_number(given.get("loop", "0")),
        hold=_seconds(given.get("hold")),
        max_size=None if size is None else parse_size("--max-size", size),
        burn_captions=given.get("burn_captions", False),
        title=given.get("title"),
    )
    results = export.export(
        _requests(options, knobs),
        how,
        Path(options.out),
        force=options.force,
        timeout=_timeout(options.timeout),
        watcher=watcher(sys.stderr),
    )
    for result in results:
        if isinstance(result, export.Exported):
            for path, words_of_it in result.files:
                _say(f"{path}  {words_of_it}")
    return _complain_of([result for result in results if isinstance(result, Failed)], options.debug)


def _embed(options: argparse.Namespace, knobs: dict[str, str]) -> int:
    from gdlectures.exports import embed, export
    from gdlectures.faults.progress import watcher
    from gdlectures.films import rendering

    spare = ("to", "gif_fps", "colors", "hold", "max_size", "burn_captions", "title")
    for name in spare:
        if getattr(options, name):
            option = f"--{name.replace('_', '-')}"
            raise usage("--embed", option, "--beat and --width with it", f"leave {option} out")
    width = _number(options.width)
    embed.check(options.embed, width)
    requests = _requests(options, knobs)
    for request in requests if options.beat is not None else ():
        export.check_beat(request, options.beat)
    outcomes = rendering.draw_masters(
        requests, force=options.force, timeout=_timeout(options.timeout), watcher=watcher(sys.stderr)
    )
    out = Path(options.out)
    for outcome in outcomes:
        if isinstance(outcome, Finished):
            made = embed.embed_film(outcome.rendered, options.embed, out, beat=options.beat, width=width)
            for path in made.files:
                _say(str(path))
            _say(f"\n{made.snippet}")
    return _complain_of([outcome for outcome in outcomes if isinstance(outcome, Failed)], options.debug)


def _gallery(options: argparse.Namespace, knobs: dict[str, str]) -> int:
    from gdlectures.exports import export
    from gdlectures.faults.progress import watcher

    options.all = options.all or not (options.names or options.story)
    outcomes = _rendered(options, knobs)
    code = _report(outcomes, options.debug)
    films = [outcome.rendered for outcome in outcomes if isinstance(outcome, Finished)]
    if films:
        out = Path(options.out)
        page, slides = export.write_gallery_of(films, out, options.title, watcher(sys.stderr))
        _say(f"{slides}  slides of all lectures")
        _say(f"{page}  open this to see them all")
    return code


def _cache(options: argparse.Namespace, _: dict[str, str]) -> int:
    from gdlectures.films.masters import MasterCache, parse_size, size_words

    cache = MasterCache()
    if options.limit is not None:
        cache.set_limit(parse_size("--limit", options.limit))
    if options.clear:
        _say(f"{size_words(cache.clear())} dropped")
    entries = cache.entries()
    total = sum(entry.bytes for entry in entries)
    for entry in entries:
        day = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
        _say(f"{entry.lecture}  {size_words(entry.bytes)}  used {day}")
    _say(f"{cache.root}  {size_words(total)} of {size_words(cache.limit)}")
    return Exit.DONE


def _names(options: argparse.Namespace, knobs: dict[str, str]) -> list[str]:
    """The lectures that are asked for, each once, in their order."""
    if options.story is not None:
        from gdlectures.asking import stories

        if knobs:
            raise usage("--from", f"knobs: {', '.join(knobs)}", "no knobs", "the file holds every setting")
        lecture = stories.read(options.story).lecture
        if options.all or options.names not in ([], [lecture]):
            raise usage("--from", " ".join(options.names) or "--all", lecture, "leave the names out")
        return [lecture]
    if options.all and options.names:
        raise usage("--all", " ".join(options.names), "--all or names", "leave one of them out")
    if not options.all and not options.names:
        raise usage(options.command, "no lecture", "names from gdlectures list, or --all", "name a lecture")
    if not options.all:
        return list(dict.fromkeys(options.names))
    from gdlectures.asking import catalog

    return [entry.name for entry in catalog.entries(options.scenes)]


def _report(outcomes: Sequence[Outcome], debug: bool) -> int:
    from gdlectures.faults.progress import clock

    for outcome in outcomes:
        if isinstance(outcome, Finished):
            film = outcome.rendered
            size = f"{film.mp4.stat().st_size / 1e6:.1f} MB"
            _say(f"{film.mp4}  {clock(film.seconds)}  {size}" + ("  unchanged" if film.unchanged else ""))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    code = _complain_of(failed, debug)
    if failed and len(outcomes) > 1:
        names = ", ".join(each.lecture for each in failed)
        _tell(f"gdlectures: {len(failed)} of {len(outcomes)} lectures failed: {names}")
    return code


def _complain_of(failed: Sequence[Failed], debug: bool) -> int:
    for each in failed:
        _complain(each.fault, debug)
    return failed[0].fault.exit_code if failed else Exit.DONE


def _description(name: str, scenes: Path | None) -> Description:
    from gdlectures.asking import catalog
    from gdlectures.asking.descriptions import describe

    return describe(name, catalog.load(catalog.find(name, scenes)))


def _add_knob(knobs: dict[str, str], name: str, value: str) -> None:
    if name in knobs and knobs[name] != value:
        option = "--" + name.replace("_", "-")
        raise usage(option, f"{knobs[name]} and {value}", "one value", "leave one of them out")
    knobs[name] = value


def _whole(word: str) -> int | str:
    return int(word) if re.fullmatch(r"[0-9]{1,9}", word, re.ASCII) else word


def _number(word: str | None) -> Any:
    """A whole number, or the word itself, which is then refused where its limits are known."""
    return None if word is None else _whole(word)


def _seconds(word: str | None) -> float | None:
    if word is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", word, re.ASCII):
        raise usage("--hold", word, "seconds, such as 2 or 0.5", "give --hold such a value")
    return float(word)


def _timeout(word: str | None) -> float:
    from gdlectures.films.rendering import DEFAULT_TIMEOUT

    if word is None:
        return DEFAULT_TIMEOUT
    seconds = _whole(word)
    if isinstance(seconds, str) or not 1 <= seconds <= _LONGEST_TIMEOUT:
        limit = f"a whole number from 1 to {_LONGEST_TIMEOUT}"
        raise usage("--timeout", word, limit, "give --timeout such a value")
    return float(seconds)


def _json(value: object) -> str:
    import json

    return json.dumps(value, indent=2)


def _say(text: str) -> None:
    """Print a result; a reader who has left is no fault."""
    with contextlib.suppress(OSError, ValueError):
        print(text)


def _tell(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr)


def _complain(fault: Fault, debug: bool) -> int:
    if debug and fault.details:
        _tell(fault.details.rstrip())
    _tell(f"gdlectures: {fault}")
    return fault.exit_code


def _bug(error: Exception) -> Fault:
    reason = one_line(f"{type(error).__name__}: {error}")
    return Fault(
        Exit.BUG,
        "gdlectures itself",
        reason,
        "no such error",
        "report it with --debug",
        traceback.format_exc(),
    )


def _stop(signal_number: int, _: FrameType | None) -> NoReturn:
    # the first signal ends the command; a second must not cut its cleaning short
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped(signal_number)


def _settle_standard_streams() -> None:
    """Make the standard streams safe to use, whatever the caller made of them."""
    # a closed 0, 1 or 2 is opened, or the next file opened would pass for a standard stream
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_output() -> None:
    """Flush; where the reader has left, the interpreter's own flush must not complain at the end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
