"""Settings: a frozen dataclass of knobs, with one validation for the command line, Python and Manim.

A knob says its default, what it does and what it may be. A wrong value is a `SettingError` that names the
knob, the value, what is allowed and what to do.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import functools
import math
import sys
import types
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

_LONGEST_VALUE = 80
_PLAIN = (float, int, str, bool)


class SettingError(ValueError):
    """A setting that is not allowed.

    Attributes
    ----------
    where, got, allowed, fix : str
        The knob; the value as given; what it may be; what to do.
    """

    def __init__(self, where: str, got: object, allowed: str, fix: str) -> None:
        self.where, self.allowed, self.fix = where, allowed, fix
        self.got = shown(got)
        super().__init__(f"{where}: got {self.got}; allowed {allowed}; fix: {fix}")


def shown(value: object) -> str:
    """A value as a message quotes it: on one line, control characters escaped, cut at 80 characters."""
    text = value if isinstance(value, str) else repr(value)
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return escaped if len(escaped) <= _LONGEST_VALUE else escaped[: _LONGEST_VALUE - 1] + "…"


@dataclass(frozen=True)
class Knob:
    """What is known of one setting.

    Attributes
    ----------
    name : str
        As in Python, ``learning_rate``; the option is ``--learning-rate``.
    kind : type
        float, int, str or bool; of each number where there are several.
    length : int or None
        How many a value holds, at the most, a tuple in Python and ``0.2,0.8,1.1`` on the command line; None
        for a single value.
    fewest : int or None
        How many of its choices, all different, are enough; None where it holds exactly `length`.
    optional : bool
        None is allowed and means that the value follows from the data.
    default : object
    help : str
    minimum, maximum : float or None
        Limits, included unless `open_minimum`.
    open_minimum : bool
        The minimum itself is not allowed.
    choices : tuple of str
        The only values allowed; empty where any is.
    objects : tuple of type
        In Python, an object of one of these types is allowed as well.
    """

    name: str
    kind: type
    length: int | None
    optional: bool
    default: Any
    help: str
    minimum: float | None
    maximum: float | None
    open_minimum: bool
    choices: tuple[str, ...]
    fewest: int | None = None
    objects: tuple[type, ...] = ()

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def limits(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            several = f"{self.fewest} to {self.length} of " if self.fewest else ""
            return several + ", ".join(self.choices) + (", a comma between two" if several else "")
        if self.kind is bool:
            return "true, false"
        if self.length is not None:
            noun = f"{self.length} {'whole ' if self.kind is int else ''}numbers, a comma between two,"
        else:
            noun = {int: "a whole number", float: "a number"}.get(self.kind, "text")
        low, high = self.minimum, self.maximum
        if low is not None:
            noun += f" above {low:g}" if self.open_minimum else f" from {low:g}"
        if high is not None:
            noun += f" up to {high:g}"
        return noun.rstrip(",") + (", or none" if self.optional else "")

    def parse(self, text: str) -> Any:
        """The value that a word of the command line means.

        Raises
        ------
        SettingError
            If it means none that is allowed.
        """
        if self.optional and text.lower() == "none":
            return None
        if self.kind is bool:
            if text.lower() not in ("true", "false"):
                raise self.error(text)
            return text.lower() == "true"
        if self.length is not None:
            try:
                return self.checked(tuple(self._each.parse(part.strip()) for part in text.split(",")))
            except SettingError as error:
                raise self.error(text, error.fix) from None
        if self.kind is str:
            return self.checked(text)
        # Python also reads 1_000 and digits of other scripts; a lecturer did not mean them
        if "_" in text or not text.isascii():
            raise self.error(text)
        try:
            return self.checked(self.kind(text))
        except ValueError:
            raise self.error(text) from None

    def checked(self, value: Any) -> Any:
        """The value, an int widened where a float is wanted, a list made a tuple where there are several.

        Raises
        ------
        SettingError
            If it is not allowed.
        """
        if (value is None and self.optional) or isinstance(value, self.objects):
            return value
        if self.length is not None:
            fewest = self.length if self.fewest is None else self.fewest
            if not isinstance(value, (tuple, list)) or not fewest <= len(value) <= self.length:
                raise self.error(value)
            try:
                several = tuple(map(self._each.checked, value))
            except SettingError as error:
                raise self.error(value, error.fix) from None
            if self.fewest is not None and len(set(several)) < len(several):
                raise self.error(value, "name each of them once")
            return several
        if type(value) is int and abs(value) > sys.float_info.max:
            raise self.error("an integer beyond 1.8e308")
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not self.kind:
            raise self.error(value)
        if self.choices and value not in self.choices:
            near = difflib.get_close_matches(str(value), self.choices, n=1)
            raise self.error(value, f"did you mean {near[0]}?" if near else None)
        if isinstance(value, (int, float)) and not self._is_within(value):
            raise self.error(value)
        return value

    @property
    def _each(self) -> Knob:
        """The knob of one of several."""
        return dataclasses.replace(self, length=None, fewest=None, optional=False)

    def _is_within(self, value: float) -> bool:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        above = low < value if self.open_minimum else low <= value
        return math.isfinite(value) and above and value <= high

    def error(self, got: object, fix: str | None = None) -> SettingError:
        return SettingError(self.option, got, self.limits, fix or f"give {self.option} such a value")


def knob(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    open_minimum: bool = False,
    choices: tuple[str, ...] = (),
    several: tuple[int, int] | None = None,
) -> Any:
    """Declare a setting: its default, what it does, and its limits (see `Knob`).

    A ``tuple[str, ...]`` holds `several`, from so many to so many, of its choices.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "minimum": minimum,
            "maximum": maximum,
            "open_minimum": open_minimum,
            "choices": tuple(choices),
            "several": several,
        },
    )


@dataclass(frozen=True)
class Settings:
    """Base of every lecture's settings; checks each knob when it is made."""

    def __post_init__(self) -> None:
        for each in knobs(type(self)):
            # frozen: the widened value is set past the guard, before anyone has seen the record
            object.__setattr__(self, each.name, each.checked(getattr(self, each.name)))


def knobs(settings_type: type[Settings]) -> tuple[Knob, ...]:
    """The knobs of a settings class, in order of declaration."""
    kind: Any = settings_type
    return _declared(kind)


@functools.cache
def _declared(settings_type: Any) -> tuple[Knob, ...]:
    hints = typing.get_type_hints(settings_type)
    found = []
    for field in dataclasses.fields(settings_type):
        hint = hints[field.name]
        kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        (kind,) = [k for k in kinds if k in _PLAIN or typing.get_origin(k) is tuple]
        several = typing.get_args(kind) if typing.get_origin(kind) is tuple else None
        metadata = dict(field.metadata)
        fewest, most = metadata.pop("several") or (None, len(several) if several else None)
        found.append(
            Knob(
                name=field.name,
                kind=several[0] if several else kind,
                length=most,
                fewest=fewest,
                optional=types.NoneType in kinds,
                default=field.default,
                objects=tuple(k for k in kinds if k not in (kind, types.NoneType)),
                **metadata,
            )
        )
    return tuple(found)


AnySettings = TypeVar("AnySettings", bound=Settings)


def settled(settings: AnySettings, **chosen: Any) -> AnySettings:
    """Settings with what was chosen where none was given, so that equal films have equal settings.

    Parameters
    ----------
    settings : Settings
    **chosen
        Values by the names of knobs. One that its knob does not take leaves none there.
    """
    for each in knobs(type(settings)):
        if each.name in chosen and getattr(settings, each.name) is None:
            value = chosen[each.name]
            plain = each.kind(value) if each.length is None else tuple(map(each.kind, value))
            with contextlib.suppress(SettingError):
                settings = dataclasses.replace(settings, **{each.name: plain})
    return settings


def with_values(settings: Settings, values: dict[str, Any]) -> Settings:
    """Settings with some knobs set to other values.

    Raises
    ------
    SettingError
        If there is no such knob, or a value is not allowed.
    """
    known = {each.name for each in knobs(type(settings))}
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"did you mean {near[0]}?" if near else "see gdlectures show"
            raise SettingError("--set", name, ", ".join(sorted(known)), fix)
    return dataclasses.replace(settings, **values)
