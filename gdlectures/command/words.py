"""The words of a command line: a command's own options, and those that lectures have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn

from gdlectures.faults.errors import usage
from gdscenes.kit.lecture.settings import Knob

_NEGATIVE = re.compile(r"-[0-9.]")
_ARGPARSE = re.compile(r"argument (?P<where>[^:]+): (?P<reason>.*)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are faults, whose options may be knobs, and are given once.

    Attributes
    ----------
    examples : tuple of str
        Lines to try, at the end of its help.
    tables : list of (title, lines)
        What its help tells besides, as it stands.
    """

    def __init__(self, **words: Any) -> None:
        super().__init__(**words)
        self.examples: tuple[str, ...] = ()
        self.tables: list[tuple[str, list[str]]] = []

    def format_help(self) -> str:
        told = [*self.tables, *([("examples", list(self.examples))] if self.examples else [])]
        sections = [f"{title}:\n" + "".join(f"  {line}\n" for line in lines) for title, lines in told]
        return "\n".join([super().format_help(), *sections])

    def parse_args(self, words: Sequence[str]) -> argparse.Namespace:  # type: ignore[override]
        """Read the words.

        Raises
        ------
        Fault
            If one is not allowed, or an option is given two values.
        """
        once = {
            option
            for action in self._actions
            for option in action.option_strings
            if action.nargs is None and not isinstance(action, Joined)
        }
        single([word for word in options_with_values(words) if word[0] in once])
        return super().parse_args(words)

    def error(self, message: str) -> NoReturn:
        found = _ARGPARSE.fullmatch(message)
        where, reason = (found["where"], found["reason"]) if found else (self.prog, message)
        raise usage(where, reason, "the words of its usage", f"see {self.prog} --help")

    @property
    def options(self) -> list[str]:
        return [option for action in self._actions for option in action.option_strings]

    @property
    def flags(self) -> list[str]:
        """Options that take no value."""
        return [word for each in self._actions if each.nargs == 0 for word in each.option_strings]

    def add_knob(
        self,
        knob: Knob,
        group: argparse._ArgumentGroup | None = None,
        *,
        also: str | None = None,
        **more: Any,
    ) -> None:
        """Add a knob as an option; where it is not given, the namespace does not have it.

        Parameters
        ----------
        knob : Knob
        group : optional
            The group of options that it belongs to.
        also : str, optional
            The option that stands before its own.
        **more
            Those of `argparse.ArgumentParser.add_argument`.
        """
        if knob.kind is bool:
            more |= {"action": "store_true"}
        else:
            more |= {"metavar": knob.name.upper().rpartition("_")[2]}
        limits = knob.limits.removesuffix(", or none")
        told = knob.help if knob.kind is bool or limits == "text" else f"{knob.help} ({limits})"
        options = filter(None, [also, knob.option])
        (group or self).add_argument(*options, dest=knob.name, default=argparse.SUPPRESS, help=told, **more)


class Joined(argparse.Action):
    """Lets an option be repeated: its words are joined by commas."""

    def __call__(self, _: object, namespace: argparse.Namespace, values: Any, __: object = None) -> None:
        before = getattr(namespace, self.dest, None)
        setattr(namespace, self.dest, values if before is None else f"{before},{values}")


def folder(word: str) -> Path:
    """A folder that is named; an empty name would be the one that one stands in."""
    if not word:
        raise argparse.ArgumentTypeError("got no name of a folder")
    return Path(word)


@dataclass(frozen=True)
class Words:
    """The words of a command line, the lectures' own options taken out.

    Every knob takes one value, so its words can be told from the others before any lecture is known.

    Attributes
    ----------
    plain : list of str
        What argparse reads.
    knobs : tuple of (name, word)
        Python names of knobs and the words given for them, in their order.
    """

    plain: list[str]
    knobs: tuple[tuple[str, str], ...]


def attached(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """The words, one such as ``-1,2`` joined to the option before it: argparse takes it for an option."""
    found: list[str] = []
    for word in words:
        if _NEGATIVE.match(word) and found and found[-1] in options:
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def split(words: Sequence[str], options: Sequence[str]) -> Words:
    """Take out every ``--option`` that the command itself does not have, and ``--set``.

    Parameters
    ----------
    words : sequence of str
        The words after the command.
    options : sequence of str
        The command's own options.
    """
    plain: list[str] = []
    knobs: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        option, separator, value = word.partition("=")
        if word == "--":
            plain += [word, *rest]
        elif option == "--set" or (option.startswith("--") and option not in options):
            given = value if separator else next(rest, None)
            if given is None or given.startswith("--"):
                raise usage(option, "no value", "one value", f"write {option} VALUE")
            if option == "--set":
                option, separator, given = given.partition("=")
                if not separator:
                    raise usage("--set", option, "KNOB=VALUE", "write --set learning-rate=0.05")
            knobs.append((option.removeprefix("--").replace("-", "_"), given))
        else:
            plain.append(word)
    return Words(plain, tuple(knobs))


def options_with_values(words: Sequence[str]) -> list[tuple[str, str]]:
    """Every option before a ``--`` with the word that it would take."""
    plain = words[: words.index("--")] if "--" in words else words
    return [
        (option, value if separator else following)
        for word, following in zip_longest(plain, plain[1:], fillvalue="")
        for option, separator, value in [word.partition("=")]
        if option.startswith("--")
    ]


def single(knobs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The words given for knobs or options, by their names.

    Raises
    ------
    Fault
        If one is given two.
    """
    asked: dict[str, str] = {}
    for name, word in knobs:
        if asked.setdefault(name, word) != word:
            where = name if name.startswith("--") else "--" + name.replace("_", "-")
            raise usage(where, f"{asked[name]} and {word}", "one value", "leave one of them out")
    return asked
