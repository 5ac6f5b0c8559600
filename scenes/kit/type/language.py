"""The language of all that is read: English as it is written, or what a catalog of translations makes of it.

    with speaking("de"):
        tr("best {rate}", rate="0.5")  # am besten 0,5

A catalog is a gettext file, ``locale/de/one_weight.po``, for each file of words; `docs/catalogs.py` gathers
the words. Those of the films and of the pages lie in this package, a lecture of one's own has its own
beside it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

ENGLISH = "en"
LOCALE = "locale"
"""The folder of catalogs, beside the files whose words they translate."""
HOUSE = Path(__file__).parents[2] / LOCALE
_NUMBER = re.compile(r"(?<!\w)(?<!\d\.)(\d+)\.(\d+)(?!\w|\.\d)")
"""A number with a point; none that is part of a name or a version."""


@dataclass(frozen=True)
class Language:
    """What is spoken.

    Attributes
    ----------
    tag : str
        Of the language, as in a page's ``lang``.
    words : mapping of str to str
        Translations of English words; what is not there stays as it is.
    decimal : str
        What stands between the whole and the parts of a number.
    """

    tag: str = ENGLISH
    words: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."

    def number(self, text: str) -> str:
        """A text, and the numbers in it as the language writes them."""
        return text if self.decimal == "." else _NUMBER.sub(rf"\1{self.decimal}\2", text)

    def date(self, day: datetime.date) -> str:
        """A day as the language writes it; in English, which has two ways, as ISO 8601 does."""
        if self.tag == ENGLISH or (locale := _locale(self.tag)) is None:
            return day.isoformat()
        from babel.dates import format_date

        return format_date(day, "medium", locale)


_ENGLISH = Language()
_spoken: ContextVar[Language] = ContextVar("_spoken", default=_ENGLISH)


class _Filled(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return spoken().number(super().format_field(value, format_spec))


_filled = _Filled()


def tr(message: str, **fields: object) -> str:
    """Words in the language that is spoken.

    Parameters
    ----------
    message : str
        In English, with the names of `fields` in braces; written as a literal, so that it is found for the
        catalogs.
    **fields
        What stands in it; numbers as `gdscenes.kit.type.notation` writes them get the language's decimal
        mark.
    """
    words = spoken().words.get(message, message)
    return _filled.format(words, **fields) if fields else words


def grouped(count: int) -> str:
    """A count with its digits in groups of three."""
    return f"{count:,}".replace(",", "\N{THIN SPACE}")


def spoken() -> Language:
    """The language that is spoken now."""
    return _spoken.get()


def languages(folder: Path = HOUSE) -> tuple[str, ...]:
    """Tags of the languages that a folder of catalogs has, and English."""
    return tuple(sorted({ENGLISH, *(catalog.parent.name for catalog in folder.glob("*/*.po"))}))


@contextmanager
def speaking(tag: str, folder: Path = HOUSE) -> Iterator[Language]:
    """Speak a language for a while.

    Parameters
    ----------
    tag : str
        One without a catalog has English words, and its own decimal mark.
    folder : Path, optional
        Catalogs beside those of the house, which they go before.
    """
    token = _spoken.set(language(tag, folder))
    try:
        yield spoken()
    finally:
        _spoken.reset(token)


def language(tag: str, folder: Path = HOUSE) -> Language:
    """A language, with the words of the house and of a folder as they are now."""
    if tag == ENGLISH and folder == HOUSE:
        return _ENGLISH
    catalogs = [path for each in dict.fromkeys((HOUSE, folder)) for path in sorted(each.glob(f"{tag}/*.po"))]
    return _read(tag, tuple((path, path.stat().st_mtime_ns) for path in catalogs))


@lru_cache(maxsize=16)
def _read(tag: str, catalogs: tuple[tuple[Path, int], ...]) -> Language:
    """A language with the words of catalogs, each with the time at which it was saved."""
    from babel.numbers import get_decimal_symbol

    words: dict[str, str] = {}
    for path, _ in catalogs:
        words |= translations(path)
    locale = _locale(tag)
    return Language(tag, words, "." if locale is None else get_decimal_symbol(locale))


def _locale(tag: str) -> Locale | None:
    """What Babel knows of a language; None where it knows none of this name."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return None


def translations(path: Path) -> dict[str, str]:
    """The words of a catalog that are translated; one marked fuzzy is not."""
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalog = read_po(file)
    return {
        str(message.id): str(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }
