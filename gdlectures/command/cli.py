"""The `gdlectures` command: from the words of a command line to an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from gdlectures.command.commands import COMMANDS, GROUPS
from gdlectures.command.report import complain, say
from gdlectures.command.words import Parser
from gdlectures.faults.errors import (
    EXIT_WORDS,
    Exit,
    Fault,
    Stopped,
    environment,
    nearest,
    one_line,
    setting_fault,
    usage,
)
from gdlectures.faults.stopping import heed_signals
from gdscenes.kit.lecture.settings import SettingError


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
    heed_signals()
    try:
        code = _run(words)
    except Fault as fault:
        code = complain(fault, debug)
    except SettingError as error:
        code = complain(setting_fault(error), debug)
    except Stopped as stopped:
        code = 128 + stopped.signal_number
    except OSError as error:
        code = complain(environment(error, str(error.filename or ".")), debug)
    except MemoryError:
        code = complain(_no_memory(), debug)
    except ImportError as error:
        code = complain(_unimportable(error), debug)
    except Exception as error:
        code = complain(_bug(error), debug)
    _let_go_of_output()
    return int(code)


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        say(_overview().format_help().rstrip())
        return Exit.DONE if words else Exit.USAGE
    if words[0] == "--version":
        from importlib.metadata import version

        say(f"gdlectures {version('gdlectures')}")
        return Exit.DONE
    if words[0] == "help":
        return _run([*words[1:], "--help"])
    if words[0] not in COMMANDS:
        near = nearest(words[0], COMMANDS)
        fix = f"did you mean {near}?" if near else "see gdlectures --help"
        raise usage("command", words[0], ", ".join(COMMANDS), fix)
    return COMMANDS[words[0]](words[1:])


def _overview() -> Parser:
    width = max(len(f"{command.name} {command.words}") for command in COMMANDS.values())
    rows = "\n\n".join(
        f"{group}:\n"
        + "\n".join(
            f"  {f'{each.name} {each.words}':{width}}  {each.about}"
            for each in map(COMMANDS.__getitem__, names)
        )
        for group, names in GROUPS.items()
    )
    codes = "\n".join(f"  {code:<{width}}  {words}" for code, words in EXIT_WORDS.items())
    codes += f"\n  {'128 + n':<{width}}  signal n ended it: 130 is Ctrl-C"
    parser = Parser(
        prog="gdlectures",
        description="Films that teach gradient descent, every frame drawn from a computed trajectory.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"{rows}\n\nexit codes:\n{codes}\n\n"
        "gdlectures help COMMAND tells the options of a command, with examples; after the name of a lecture "
        "its knobs too.",
        usage="gdlectures [--help] [--version] COMMAND ...",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    return parser


def _bug(error: Exception) -> Fault:
    import traceback

    reason = one_line(f"{type(error).__name__}: {error}")
    return Fault(
        Exit.BUG,
        "gdlectures itself",
        reason,
        "no such error",
        "report it with --debug",
        traceback.format_exc(),
    )


def _no_memory() -> Fault:
    allowed, fix = "as much as the work takes", "end other programs, or raise the limit that is set"
    return Fault(Exit.LIMIT, "memory", "no more of it", allowed, fix)


def _unimportable(error: ImportError) -> Fault:
    """A library that is missing, or does not load; a module of ours is always there."""
    import traceback

    if (error.name or "").partition(".")[0] in ("gdmath", "gdscenes", "gdlectures"):
        return _bug(error)
    allowed, fix = "the libraries that gdlectures needs", "install it again, by ./run or pip"
    return Fault(
        Exit.ENVIRONMENT, error.name or "a library", str(error), allowed, fix, traceback.format_exc()
    )


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
