"""Bytes in words: as a person writes a limit, and as a size is told."""

from __future__ import annotations

import re

from gdscenes.kit.lecture.settings import SettingError

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(B|[KMGT]B?)", re.ASCII | re.IGNORECASE)


def parse_size(option: str, word: str) -> int:
    """Bytes that a word such as ``3MB`` or ``10 GB`` means.

    Raises
    ------
    SettingError
        If it is no such word, such as a number without its unit, or less than one byte.
    """
    found = _SIZE.fullmatch(word.strip())
    size = int(float(found[1]) * _UNITS[found[2].upper().removesuffix("B") + "B"]) if found else 0
    if size < 1:
        raise SettingError(option, word, "a size such as 500KB, 3MB or 10GB", f"give {option} such a size")
    return size


def size_words(size: int) -> str:
    """Bytes as a person reads them."""
    for unit in ("GB", "MB", "KB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f} {unit}"
    return f"{size} bytes"
