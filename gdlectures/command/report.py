"""What the command says: results on its output, faults and summaries on its error stream."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence

from gdlectures.asking.requests import Failed, Outcome
from gdlectures.faults.errors import Exit, Fault, visible


def say(text: str) -> None:
    """Print a result; a reader who has left is no fault."""
    with contextlib.suppress(OSError, ValueError):
        print(visible(text))


def say_json(value: object) -> None:
    """Print a result as JSON."""
    say(json.dumps(value, indent=2))


def tell(text: str) -> None:
    """Say on the error stream what is no result."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr)


def complain(fault: Fault, debug: bool) -> int:
    """Print a fault; its exit code."""
    if debug and fault.details:
        tell(fault.details.rstrip())
    tell(f"gdlectures: {fault}")
    return fault.exit_code


def complain_of(failed: Sequence[Failed], debug: bool) -> int:
    """Print why lectures failed; the exit code of the first."""
    for each in failed:
        complain(each.fault, debug)
    return failed[0].fault.exit_code if failed else Exit.DONE


def report(outcomes: Sequence[Outcome], debug: bool) -> int:
    """Print what failed of a batch, whose films were told of as they stood; the exit code."""
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    code = complain_of(failed, debug)
    if failed and len(outcomes) > 1:
        names = ", ".join(each.lecture for each in failed)
        tell(f"gdlectures: {len(failed)} of {len(outcomes)} lectures failed: {names}")
    return code
