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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from gdlectures.errors import Exit, Fault, Stopped, environment, nearest, one_line, usage
from gdlectures.requests import DEFAULT_QUALITY, HIGHEST_FPS, LOWEST_FPS, QUALITIES, RenderRequest, check_fps
from scenes._kit.theme import THEMES

if TYPE_CHECKING:
    from gdlectures.descriptions import Description
    from gdlectures.requests import Outcome

_ARGPARSE = re.compile(r"argument (?P<where>[^:]+): (?P<reason>.*)", re.DOTALL)
_LONGEST_TIMEOUT = 7 * 24 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command's name; those of this process when left out.

    Returns
    -------
    int
        The exit code, see `gdlectures.errors.Exit`.
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
    commands = {"list": _list, "show": _show, "render": _render}
    parsers = {"list": _list_parser, "show": _show_parser, "render": _render_parser}
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
    if command == "render":
        taken = split(rest, parser.options)
        rest, knobs = taken.plain, taken.knobs
    try:
        options = parser.parse_args(rest)
    except SystemExit:  # after --help
        return Exit.DONE
    return commands[command](options, knobs)


def _overview() -> _Parser:
    parser = _Parser(
        prog="gdlectures",
        description="Films that teach gradient descent, every frame drawn from a computed trajectory.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=(
            "commands:\n"
            "  list            the lectures, their lengths and beats\n"
            "  show NAME       one lecture: what is said, and what can be set\n"
            "  render NAME...  lectures to films\n\n"
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


def _render_parser() -> _Parser:
    parser = _command_parser(
        "render",
        "Render lectures to films. Beside each film lie its manifest and the story it was drawn from.",
        "Every knob of a lecture is an option as well, such as --dataset PRESET or --learning-rate 0.05; "
        "gdlectures show NAME tells them.",
    )
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
    add("--out", metavar="DIR", default="build", help="folder of the films; build when left out")
    add("--set", metavar="KNOB=VALUE", action="append", default=[], help="set a knob; repeatable")
    add("--from", metavar="FILE", type=Path, dest="story", help="draw a stored story again")
    add("--force", action="store_true", help="render even what is there already")
    add("--timeout", metavar="SECONDS", help="longest time for one lecture; 4 hours when left out")
    return parser


def _list(options: argparse.Namespace, _: dict[str, str]) -> int:
    from gdlectures import catalog
    from gdlectures.descriptions import listing

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
    from gdlectures.descriptions import page

    description = _description(options.name, options.scenes)
    _say(_json(description.as_json()) if options.json else page(description))
    return Exit.DONE


def _render(options: argparse.Namespace, knobs: dict[str, str]) -> int:
    from gdlectures import rendering
    from gdlectures.progress import watcher

    for word in options.set:
        name, separator, value = word.partition("=")
        if not separator:
            raise usage("--set", word, "KNOB=VALUE", "write --set learning-rate=0.05")
        _add_knob(knobs, name.replace("-", "_"), value)
    fps = None if options.fps is None else check_fps(_whole(options.fps))
    story = options.story
    requests = [
        RenderRequest(name, options.theme, options.quality, fps, knobs, story, options.scenes)
        for name in _names(options, knobs)
    ]
    outcomes = rendering.render_films(
        requests,
        out=options.out,
        force=options.force,
        timeout=rendering.DEFAULT_TIMEOUT if options.timeout is None else _timeout(options.timeout),
        watcher=watcher(sys.stderr),
    )
    return _report(outcomes, options.debug)


def _names(options: argparse.Namespace, knobs: dict[str, str]) -> list[str]:
    """The lectures that are asked for, each once, in their order."""
    if options.story is not None:
        from gdlectures import stories

        if knobs:
            raise usage("--from", f"knobs: {', '.join(knobs)}", "no knobs", "the file holds every setting")
        lecture = stories.read(options.story).lecture
        if options.all or options.names not in ([], [lecture]):
            raise usage("--from", " ".join(options.names) or "--all", lecture, "leave the names out")
        return [lecture]
    if options.all and options.names:
        raise usage("--all", " ".join(options.names), "--all or names", "leave one of them out")
    if not options.all and not options.names:
        raise usage("render", "no lecture", "names from gdlectures list, or --all", "name a lecture")
    if not options.all:
        return list(dict.fromkeys(options.names))
    from gdlectures import catalog

    return [entry.name for entry in catalog.entries(options.scenes)]


def _report(outcomes: Sequence[Outcome], debug: bool) -> int:
    from gdlectures.progress import clock
    from gdlectures.requests import Failed, Finished

    for outcome in outcomes:
        if isinstance(outcome, Finished):
            film = outcome.rendered
            size = f"{film.mp4.stat().st_size / 1e6:.1f} MB"
            _say(f"{film.mp4}  {clock(film.seconds)}  {size}" + ("  unchanged" if film.unchanged else ""))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    for each in failed:
        _complain(each.fault, debug)
    if failed and len(outcomes) > 1:
        names = ", ".join(each.lecture for each in failed)
        _tell(f"gdlectures: {len(failed)} of {len(outcomes)} lectures failed: {names}")
    return failed[0].fault.exit_code if failed else Exit.DONE


def _description(name: str, scenes: Path | None) -> Description:
    from gdlectures import catalog
    from gdlectures.descriptions import describe

    return describe(name, catalog.load(catalog.find(name, scenes)))


def _add_knob(knobs: dict[str, str], name: str, value: str) -> None:
    if name in knobs and knobs[name] != value:
        option = "--" + name.replace("_", "-")
        raise usage(option, f"{knobs[name]} and {value}", "one value", "leave one of them out")
    knobs[name] = value


def _whole(word: str) -> int | str:
    return int(word) if re.fullmatch(r"[0-9]{1,9}", word, re.ASCII) else word


def _timeout(word: str) -> float:
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
