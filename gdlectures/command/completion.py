"""Completion in a shell: commands, options with the values that they take, lectures and their knobs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BASH = """\
_gdlectures() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
    local command="${{COMP_WORDS[1]}}"
    local words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words={commands}
    else
        case "$before" in
{values}
            --out|--scenes|--data|--from|--run|--voice) COMPREPLY=($(compgen -f -- "$word")); return ;;
            *) case "$command" in
{words}
            esac ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -F _gdlectures gdlectures
"""
_ZSH = "autoload -U +X bashcompinit && bashcompinit\n" + _BASH


@dataclass(frozen=True)
class Completed:
    """What can follow.

    Attributes
    ----------
    words : mapping of str to sequence of str
        By command: its options, and the names that it takes.
    values : mapping of str to sequence of str
        By option: the only values that it takes.
    """

    words: Mapping[str, Sequence[str]]
    values: Mapping[str, Sequence[str]]


def _bash(known: Completed, shell: str = _BASH) -> str:
    def cases(found: Mapping[str, Sequence[str]], indent: int) -> str:
        return "\n".join(
            f"{' ' * indent}{name}) words={shlex.quote(' '.join(words))} ;;" for name, words in found.items()
        )

    return shell.format(
        commands=shlex.quote(" ".join(known.words)),
        values=cases(known.values, 12),
        words=cases(known.words, 16),
    )


def _zsh(known: Completed) -> str:
    return _bash(known, _ZSH)


def _fish(known: Completed) -> str:
    is_first = "not __fish_seen_subcommand_from " + " ".join(known.words)
    lines = [f"complete -c gdlectures -f -n '{is_first}' -a '{' '.join(known.words)}'"]
    for command, words in known.words.items():
        here = f"complete -c gdlectures -n '__fish_seen_subcommand_from {command}'"
        for word in words:
            if not word.startswith("-"):
                lines.append(f"{here} -a {word}")
            elif values := known.values.get(word):
                lines.append(f"{here} -x -l {word[2:]} -a '{' '.join(values)}'")
            else:
                lines.append(f"{here} -l {word[2:]}")
    return "\n".join(lines) + "\n"


_SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
SHELLS = tuple(_SHELLS)


def script(shell: str, known: Completed) -> str:
    """The words that a shell reads to complete the command.

    Parameters
    ----------
    shell : str
        One of `SHELLS`.
    known : Completed
        Only what is a plain word is offered.
    """
    is_plain = re.compile(r"[\w.-]+").fullmatch

    def plain(found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        return {name: [word for word in words if is_plain(word)] for name, words in found.items()}

    return _SHELLS[shell](Completed(plain(known.words), plain(known.values)))
