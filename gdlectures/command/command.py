"""What a command is: its words, what it does with them, and what it was given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.asking.data import DataOptions, UserData, data_knob, user_data
from gdlectures.asking.requests import FilmOptions, RenderRequest, parsed
from gdlectures.asking.runs import run_knob, user_run
from gdlectures.asking.voice import user_voice
from gdlectures.command.words import (
    Joined,
    Parser,
    Words,
    attached,
    folder,
    options_with_values,
    single,
    split,
)
from gdlectures.exports.options import FORMATS, ExportOptions
from gdlectures.faults.errors import Exit, usage
from gdlectures.faults.progress import Watcher, watcher
from gdscenes.kit.lecture.settings import knobs

if TYPE_CHECKING:
    from gdlectures.asking.sweeps import Grid
    from gdlectures.films.sites import Site


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes
    ----------
    name, words : str
        Its name, and what follows it in the list of commands.
    about, description : str
        What it does, in the list and at the head of its own help.
    run : callable
        Does it; the exit code.
    draws : bool
        It takes names of lectures, says how they are drawn, and takes their knobs.
    knobs : tuple of str
        Those of `ExportOptions` that are options of it.
    formats : tuple of str
        What it may make.
    to : str
        What it makes unless other formats are asked for.
    speaks : bool
        What it makes can be heard: it takes a voice.
    films : bool
        It draws the lectures that it takes, and says how.
    finds : bool
        It looks for lectures, in those that come along or in another folder.
    more : callable, optional
        Adds the arguments that no other command has.
    examples : tuple of str
        Lines to try, without the name of the program.
    """

    name: str
    words: str
    about: str
    description: str
    run: Callable[[Given], int]
    draws: bool = True
    knobs: tuple[str, ...] = ()
    formats: tuple[str, ...] = tuple(FORMATS)
    to: str = ""
    speaks: bool = False
    films: bool = True
    finds: bool = True
    more: Callable[[Parser], object] | None = None
    examples: tuple[str, ...] = ()

    @property
    def takes_film_fps(self) -> bool:
        """Whether ``--fps`` is the rate of what is drawn, not that of the GIF which alone is made."""
        return self.to != "gif"

    def parser(self) -> Parser:
        """What reads its words."""
        parser = Parser(
            prog=f"gdlectures {self.name}",
            usage=" ".join(filter(None, ["gdlectures", self.name, self.words, "[OPTION ...]"])),
            description=self.description,
            allow_abbrev=False,
        )
        parser.examples = tuple(f"gdlectures {example}" for example in self.examples)
        if self.draws:
            parser.add_argument("names", metavar="NAME", nargs="*", help="names from gdlectures list")
        if self.more is not None:
            self.more(parser)
        made = parser.add_argument_group("what is made") if self.knobs else None
        for knob in knobs(ExportOptions):
            if knob.name == "to" in self.knobs:
                told = f"{knob.help}, a comma between two: {', '.join(self.formats)}"
                parser.add_knob(replace(knob, help=told), made, action=Joined)
            elif knob.name == "gif_fps" and not self.takes_film_fps:
                parser.add_knob(knob, made, also="--fps")
            elif knob.name in self.knobs:
                parser.add_knob(knob, made)
        if self.draws:
            self._add_drawing(parser)
        every = parser.add_argument_group("for every command")
        if self.finds:
            every.add_argument(
                "--scenes",
                metavar="DIR",
                type=folder,
                help="folder of other lectures than those that come along",
            )
        every.add_argument("--debug", action="store_true", help="show tracebacks and logs")
        return parser

    def _add_drawing(self, parser: Parser) -> None:
        """Add what says which lectures are drawn, how, and on which data."""
        drawn = parser.add_argument_group("how it is drawn" if self.films else "which lectures")
        add = drawn.add_argument
        add("--all", action="store_true", help="every lecture")
        add("--from", metavar="FILE", type=Path, dest="story", help="draw a stored story again")
        if self.films:
            self._add_filming(parser, drawn)
        add_data(parser)
        run = parser.add_argument_group("a run of yours")
        run.add_argument("--run", metavar="FILE", help="a training run to tell of, as gdmath.record saves it")
        run.add_argument(
            "--plane",
            metavar="PLANE",
            help="which of the planes that it was recorded with: path, random, or two parameters as in "
            "fc.weight[0, 1],fc.bias[2]; the first when left out",
        )
        parser.add_argument_group(
            "knobs of the lectures",
            "Each is an option as well, such as --dataset PRESET or --learning-rate 0.05: "
            f"gdlectures {self.name} NAME --help tells those of NAME.",
        ).add_argument("--set", metavar="KNOB=VALUE", action="append", default=[], help="set one; repeatable")

    def _add_filming(self, parser: Parser, group: argparse._ArgumentGroup) -> None:
        """Add what says how a film is drawn, and where it goes."""
        add = group.add_argument
        for knob in knobs(FilmOptions):
            if knob.name != "fps" or self.takes_film_fps:
                parser.add_knob(knob, group)
        add(
            "--out",
            metavar="DIR",
            type=folder,
            default=Path("build"),
            help="folder of what is made; build when left out",
        )
        add("--force", action="store_true", help="draw again what is there already")
        add(
            "--scheduler",
            metavar="ADDRESS",
            help="draw on the Dask cluster of this scheduler, such as tcp://10.0.0.1:8786",
        )
        if self.speaks:
            add(
                "--voice",
                metavar="VOICE",
                help="folder of your recordings, a file a beat as gdlectures script tells; or espeak-ng, or "
                "piper:MODEL, which speaks where it is installed",
            )

    def __call__(self, words: list[str]) -> int:
        """Read the words after the command's name, and do it; the exit code."""
        parser = self.parser()
        words = attached(words, parser.options)
        self._refuse_flags_of_others(parser, words)
        if self.draws and not {"-h", "--help"}.isdisjoint(words):
            self._tell_knobs(parser, words)
        taken = split(words, parser.options) if self.draws else Words(words, ())
        try:
            options = parser.parse_args(taken.plain)
        except SystemExit:  # after --help
            return Exit.DONE
        return self.run(Given(self, options, taken.knobs))

    def _refuse_flags_of_others(self, parser: Parser, words: list[str]) -> None:
        """Refuse an option without a value that another command has: it would pass for a knob."""
        unknown = [word for word in words if word.startswith("--") and word not in parser.options]
        if self.draws and unknown:
            from gdlectures.command.commands import COMMANDS

            for word in unknown:
                if having := [each.name for each in COMMANDS.values() if word in each.parser().flags]:
                    raise usage(
                        word, f"an option of {', '.join(having)}", f"those of {self.name}", "leave it out"
                    )

    def _tell_knobs(self, parser: Parser, words: list[str]) -> None:
        """Have the help tell the knobs of the lectures that are named before it."""
        from gdlectures.asking import catalog

        scenes = next(
            (Path(value) for option, value in options_with_values(words) if option == "--scenes"), None
        )
        known = {entry.name: entry for entry in catalog.entries(scenes)}
        for name in [word for word in words if word in known]:
            from gdlectures.asking.descriptions import describe, knob_table

            description = describe(name, catalog.load(known[name]))
            parser.tables.append((f"knobs of {name}", knob_table(description)))


def add_data(parser: Parser) -> None:
    """Add the options that bring a table of the user's."""
    table = parser.add_argument_group("a table of yours")
    table.add_argument(
        "--data",
        metavar="FILE",
        help="a table of yours to descend on, CSV with names in its first row or Parquet",
    )
    for knob in knobs(DataOptions):
        parser.add_knob(knob, table)


@dataclass(frozen=True)
class Given:
    """A command with the words that were given to it.

    Attributes
    ----------
    command : Command
    options : argparse.Namespace
    knobs : tuple of (name, word)
        Python names of the knobs of lectures and the words given for them, in their order.
    """

    command: Command
    options: argparse.Namespace
    knobs: tuple[tuple[str, str], ...]

    @property
    def out(self) -> Path:
        return Path(self.options.out)

    @cached_property
    def drawing(self) -> dict[str, Any]:
        """How films are drawn, as the functions that draw them take it."""
        film, told = FilmOptions(**parsed(FilmOptions, vars(self.options))), watcher(sys.stderr)
        return {
            "force": self.options.force,
            "timeout": film.timeout,
            "watcher": told,
            "site": self._site(film.jobs, told),
        }

    def requests(self) -> list[RenderRequest]:
        """The lectures that are asked for, as they are to be drawn."""
        return self._requests(single(self.knobs))

    def grid(self, most: int) -> Grid:
        """One lecture with every combination of the values that its knobs are given, up to so many."""
        from gdlectures.asking.sweeps import grid_of

        words: dict[str, list[str]] = {}
        for name, word in self.knobs:
            words.setdefault(name, []).append(word)
        requests = self._requests(words)
        if len(requests) > 1:
            raise usage(self.command.name, f"{len(requests)} lectures", "one lecture", "name one of them")
        return grid_of(requests[0], words, most)

    def _requests(self, asked: Mapping[str, Any]) -> list[RenderRequest]:
        options = self.options
        film = FilmOptions(**parsed(FilmOptions, vars(options)))
        words = (film.theme, film.quality, film.fps, asked, options.story, options.scenes)
        if options.data is not None and options.story is not None:
            raise usage("--from", "--data", "a stored story alone", "the file holds its data")
        if options.run is not None and (options.data is not None or options.story is not None):
            beside = "--data" if options.data is not None else "--from"
            raise usage("--run", f"--run beside {beside}", "one of them", "leave the other out")
        beat, data, run = getattr(options, "beat", None), self.data(), user_run(options.run, options.plane)
        voice = user_voice(getattr(options, "voice", None))
        return [
            RenderRequest(name, *words, lang=film.lang, beat=beat, data=data, run=run, voice=voice)
            for name in self._names(asked)
        ]

    def data(self) -> UserData | None:
        """The table that is brought, with what is said of it."""
        data, _ = user_data(self.options.data, vars(self.options))
        return data

    def _site(self, jobs: int | None, told: Watcher) -> Site:
        address = self.options.scheduler
        if address is not None and jobs is not None:
            raise usage("--jobs", jobs, "--jobs or --scheduler", "leave one of them out")
        if address is None:
            from gdlectures.films.sites import Here

            return Here() if jobs is None else Here(jobs)
        from gdlectures.films.cluster import Cluster

        return Cluster(address, told)

    def _names(self, asked: Mapping[str, Any]) -> list[str]:
        """The lectures that are asked for, each once, in their order."""
        options = self.options
        if options.story is not None:
            from gdlectures.asking import stories

            if asked:
                got, fix = f"knobs: {', '.join(asked)}", "the file holds every setting"
                raise usage("--from", got, "no knobs", fix)
            lecture = stories.read(options.story).lecture
            if options.all or options.names not in ([], [lecture]):
                raise usage("--from", " ".join(options.names) or "--all", lecture, "leave the names out")
            return [lecture]
        if options.all and options.names:
            raise usage("--all", " ".join(options.names), "--all or names", "leave one of them out")
        if options.names:
            return list(dict.fromkeys(options.names))
        if not options.all:
            raise usage(
                self.command.name, "no lecture", "names from gdlectures list, or --all", "name a lecture"
            )
        from gdlectures.asking import catalog

        entries = catalog.entries(options.scenes)
        if options.data is not None or options.run is not None:
            takes = run_knob if options.data is None else data_knob
            entries = tuple(each for each in entries if takes(type(catalog.load(each).settings)) is not None)
        return [entry.name for entry in entries]
