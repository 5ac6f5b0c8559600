"""Signals that end the command: raised where they arrive, and kept until somebody has acted on them.

Python drops what a handler raises while it runs a finaliser or a callback of an import; the flag does not.
"""

from __future__ import annotations

import signal
from types import FrameType

from gdlectures.faults.errors import Stopped

_asked: int | None = None


def heed_signals() -> None:
    """From now on SIGINT and SIGTERM raise `Stopped`, the first of them once."""
    global _asked
    _asked = None
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)


def check_stopped() -> None:
    """A safe point of work that goes on for long.

    Raises
    ------
    Stopped
        If a signal has come and what it raised was lost.
    """
    if _asked is not None:
        raise Stopped(_asked)


def _stop(signal_number: int, _: FrameType | None) -> None:
    global _asked
    # the first ends the command; a later one must not cut its cleaning short
    if _asked is None:
        _asked = signal_number
        raise Stopped(signal_number)
