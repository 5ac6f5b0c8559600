"""The data that a lecturer brings: a file or an object of theirs, and the words about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.asking.provenance import file_digest, request_digest
from gdlectures.faults.errors import Exit, Fault, usage
from gdscenes.kit.lecture.settings import Settings, knob, knobs

if TYPE_CHECKING:
    import gdmath

_READ = ("delimiter", "decimal", "encoding", "drop_missing")


@dataclass(frozen=True)
class DataOptions(Settings):
    """What is said of a table: its columns, how it is written, how it is taught."""

    x: str | None = knob(None, "column of the feature; of a file of two columns the first")
    y: str | None = knob(None, "column of the target; of a file of two columns the second")
    x_name: str | None = knob(None, "what the feature is called; as its column when left out")
    y_name: str | None = knob(None, "what the target is called; as its column when left out")
    x_unit: str = knob("", "unit of the feature, such as kg/m²")
    y_unit: str = knob("", "unit of the target")
    delimiter: str = knob(",", "what stands between columns, one character or tab; a comma when left out")
    decimal: str = knob(".", "the decimal mark; a point when left out", choices=(".", ","))
    encoding: str = knob("utf-8", "encoding of the file, such as latin-1; utf-8 when left out")
    drop_missing: bool = knob(False, "leave out rows that lack a number")
    validation: float = knob(0.2, "share of the rows kept aside; 0.2 when left out", minimum=0.0, maximum=0.5)
    split_seed: int = knob(42, "seed of the split and of the random start", minimum=0, maximum=2**32 - 1)
    start: tuple[float, float] | None = knob(
        None, "where descent starts, b,w in the units of the table; a random line when left out"
    )
    raw: bool = knob(False, "descend in the units of the table, in no teaching frame")


@dataclass(frozen=True, eq=False)
class UserData:
    """A table that a lecturer brings.

    Attributes
    ----------
    given : Path or Table
        A file, or a table that was read already.
    options : DataOptions
    """

    given: Path | gdmath.Table
    options: DataOptions

    @cached_property
    def digest(self) -> str:
        """sha256, in hex, of all that decides the table; a file is read, and not understood.

        Raises
        ------
        Fault
            If the file cannot be read.
        """
        if not isinstance(self.given, Path):
            return request_digest({"table": self.given.digest(), "options": dataclasses.asdict(self.options)})
        try:
            content = file_digest(self.given) if self.given.is_file() else ""
        except (OSError, ValueError):
            content = ""
        name, options = str(self.given), dataclasses.asdict(self.options)
        return request_digest({"file": content or self.table.source, "name": name, "options": options})

    @cached_property
    def table(self) -> gdmath.Table:
        """The table, with what is said of it.

        Raises
        ------
        Fault
            If it cannot be read, or cannot teach a line.
        """
        import gdmath

        told, table = self.options, self.given
        try:
            if isinstance(table, Path):
                how = {name: getattr(told, name) for name in _READ}
                table = gdmath.read_table(table, told.x, told.y, **how)
            table = dataclasses.replace(
                table,
                x_name=told.x_name or table.x_name,
                y_name=told.y_name or table.y_name,
                x_unit=told.x_unit or table.x_unit,
                y_unit=told.y_unit or table.y_unit,
                validation_share=told.validation,
                seed=told.split_seed,
                start=told.start,
                raw=told.raw,
                source=table.source or table.digest(),
            )
            table.dataset()
        except gdmath.TableError as error:
            exit_code = Exit.USAGE if error.where.startswith("--") else Exit.DATA
            raise Fault(exit_code, error.where, error.got, error.allowed, error.fix) from None
        return table


def user_data(data: Any, words: Mapping[str, Any]) -> tuple[UserData | None, dict[str, Any]]:
    """The data that was given, and the words that are not about it.

    Parameters
    ----------
    data : path, Table, or None
        None where the lecture takes a preset.
    words : mapping of str to object
        Options of data and knobs of lectures by their Python names, as values or as words of the command
        line.

    Raises
    ------
    Fault
        If there are options of data and no data.
    """
    known = {each.name: each for each in knobs(DataOptions)}
    about = {name: value for name, value in words.items() if name in known}
    rest = {name: value for name, value in words.items() if name not in known}
    if data is None:
        if about:
            option = known[next(iter(about))].option
            raise usage(option, "no --data", "an option of --data", "name the table: --data FILE")
        return None, rest
    values = {
        name: known[name].parse(value) if isinstance(value, str) else value for name, value in about.items()
    }
    options = DataOptions(**values)
    return UserData(Path(data) if isinstance(data, str | PathLike) else data, options), rest
