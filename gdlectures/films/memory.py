"""What a worker holds of memory: with glibc as it comes, it would grow from beat to beat."""

from __future__ import annotations

import ctypes

_TRIMMED_FROM, _MAPPED_FROM = -1, -3  # the numbers by which mallopt knows them
_KEPT_FRAME = 4 << 20  # bytes, less than an encoder keeps of a frame at 1080p
_HEAP = 32 << 20  # the most that glibc takes from its heap


def give_back() -> None:
    """Give the system what encoders have freed; glibc would keep it, in pieces too small for the next."""
    _ask_glibc("malloc_trim", 0)


def map_frames(apart: bool) -> None:
    """Have memory as large as a frame be mapped by itself from now on, or come from the heap.

    What is mapped by itself is given back as soon as it is free. glibc raises the size from which it does
    that to the largest that was ever freed: the frames that an encoder keeps then lie in the heap with other
    things between them. What comes and goes with each frame is faster from there.
    """
    _ask_glibc("mallopt", _MAPPED_FROM, _KEPT_FRAME if apart else _HEAP)
    _ask_glibc("mallopt", _TRIMMED_FROM, _HEAP)


def _ask_glibc(name: str, *numbers: int) -> None:
    if asked := getattr(ctypes.CDLL(None), name, None):  # another library has none of these
        asked(*numbers)
