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
from gdlectures.command.words import Joined, Parser, Words, attached, folder, single, split
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
    finds : bool
        It looks for lectures, in those that come along or in another folder.
    more : callable, optional
        Adds the arguments that no other command has.
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
    finds: bool = True
    more: Callable[[Parser], object] | None = None

    def parser(self) -> Parser:
        """What reads its words."""
        parser = Parser(prog=f"gdlectures {self.name}", description=self.description, allow_abbrev=False)
        add = parser.add_argument
        if self.finds:
            add(
                "--scenes",
                metavar="DIR",
                type=folder,
                help="folder of other lectures than those that come along",
            )
        add("--debug", action="store_true", help="show tracebacks and logs")
        if self.draws:
            parser.epilog = (
                "Every knob of a lecture is an option as well, such as --dataset PRESET or "
                "--learning-rate 0.05; gdlectures show NAME tells them."
            )
            add("names", metavar="NAME", nargs="*", help="names from gdlectures list")
            add("--all", action="store_true", help="every lecture")
            for knob in knobs(FilmOptions):
                parser.add_knob(knob)
            add_data(parser)
            add("--run", metavar="FILE", help="a training run of yours to tell of, as gdmath.record saves it")
            add(
                "--out",
                metavar="DIR",
                type=folder,
                default=Path("build"),
                help="folder of what is made; build when left out",
            )
            add("--set", metavar="KNOB=VALUE", action="append", default=[], help="set a knob; repeatable")
            add("--from", metavar="FILE", type=Path, dest="story", help="draw a stored story again")
            add("--force", action="store_true", help="draw again what is there already")
            add(
                "--scheduler",
                metavar="ADDRESS",
                help="draw on the Dask cluster of this scheduler, such as tcp://10.0.0.1:8786",
            )
        if self.more is not None:
            self.more(parser)
        for knob in knobs(ExportOptions):
            if knob.name == "to" in self.knobs:
                told = f"{knob.help}, a comma between two: {', '.join(self.formats)}"
                parser.add_knob(replace(knob, help=told), action=Joined)
            elif knob.name in self.knobs:
                parser.add_knob(knob)
        return parser

    def __call__(self, words: list[str]) -> int:
        """Read the words after the command's name, and do it; the exit code."""
        parser = self.parser()
        words = attached(words, parser.options)
        taken = split(words, parser.options) if self.draws else Words(words, ())
        try:
            options = parser.parse_args(taken.plain)
        except SystemExit:  # after --help
            return Exit.DONE
        return self.run(Given(self, options, taken.knobs))


def add_data(parser: Parser) -> None:
    """Add the options that bring a table of the user's."""
    parser.add_argument(
        "--data",
        metavar="FILE",
        help="a table of yours to descend on, CSV with names in its first row or Parquet",
    )
    for knob in knobs(DataOptions):
        parser.add_knob(knob)


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
        beat, data, run = getattr(options, "beat", None), self.data(), user_run(options.run)
        return [RenderRequest(name, *words, beat=beat, data=data, run=run) for name in self._names(asked)]

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
