"""A table in numbers, as a page and as JSON: what `gdlectures facts` prints."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from rich.cells import cell_len, set_cell_size

import gdmath
from gdlectures.asking import catalog
from gdlectures.asking.data import UserData
from gdlectures.asking.requests import Failed, RenderRequest
from gdlectures.faults.errors import Fault, one_line
from gdmath.facts import ColumnFacts, RowFacts
from gdmath.frames import FrameChoice
from gdscenes.kit.type.notation import rounded, scientific, shortest

WIDTH = 80
"""Columns of the page."""
_NAME, _FILE = 60, 50
"""Columns that a name may take."""
_UNIT = 16


@dataclass(frozen=True)
class LectureFit:
    """Whether a lecture can be made of the data.

    Attributes
    ----------
    lecture : str
    refusal : Fault or None
        What the lecture says against it.
    """

    lecture: str
    refusal: Fault | None


def ask_lectures(data: UserData | None, preset: str | None, scenes: Path | None) -> list[LectureFit]:
    """Ask every lecture of a folder for its story on a table or a preset.

    Raises
    ------
    Fault
        If there is no such folder.
    """
    from gdlectures.asking.planning import plan_films

    knobs = {} if preset is None else {"dataset": preset}
    found = []
    for entry in catalog.entries(scenes):
        request = RenderRequest(entry.name, knobs=knobs, scenes=scenes, data=data)
        try:
            (planned,) = plan_films([request])
        except Fault as fault:
            found.append(LectureFit(entry.name, fault))
        else:
            found.append(LectureFit(entry.name, planned.fault if isinstance(planned, Failed) else None))
    return found


def as_json(facts: gdmath.Facts, lectures: Sequence[LectureFit] | None = None) -> dict[str, Any]:
    """The facts as plain values.

    The keys are the attributes of `gdmath.Facts` and of the records in it, in the units of the table but
    where their names end in ``_inside``; ``lectures``, when they were asked, is a list of objects with
    ``lecture``, ``fits`` and ``reason``. Reasons and cautions are objects with ``kind`` and ``text``. What
    there is not, and what is not finite, is null.
    """
    told = dataclasses.asdict(facts)
    if lectures is not None:
        told["lectures"] = [
            {
                "lecture": each.lecture,
                "fits": each.refusal is None,
                "reason": each.refusal and str(each.refusal),
            }
            for each in lectures
        ]
    return {key: plain(value) for key, value in told.items()}


def plain(value: Any) -> Any:
    """A value as JSON knows it; what is not finite is null."""
    if isinstance(value, Enum):
        return {"kind": value.name.lower(), "text": value.value}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def page(facts: gdmath.Facts) -> str:
    """The facts in at most 80 columns."""
    parts = [_rows(facts), _columns(facts), _line(facts), _frame(facts), _descent(facts), _cautions(facts)]
    return "\n\n".join(parts)


def page_of_lectures(lectures: Sequence[LectureFit]) -> str:
    """Which lectures can be made of the data, and what the others say against it."""
    longest = max((len(each.lecture) for each in lectures), default=0)
    lines = ["", "Lectures"]
    for each in lectures:
        reason = "fits" if each.refusal is None else str(each.refusal)
        lines += hanging(f"{each.lecture:{longest}}  ", reason)
    return "\n".join(lines)


def _rows(facts: gdmath.Facts) -> str:
    told = [f"{facts.n_rows:,} rows"]
    if facts.n_dropped:
        told.append(f"{facts.n_dropped:,} left out for want of a number")
    told.append(f"{facts.n_repeated:,} the same as an earlier one" if facts.n_repeated else "all different")
    aside = f", {facts.n_validation:,} kept aside" if facts.n_validation else ""
    return "\n".join(
        [
            *wrapped(f"{cut(facts.name, _FILE)}: {', '.join(told)}"),
            *wrapped(f"{facts.n_train:,} rows train the line{aside}"),
        ]
    )


def _columns(facts: gdmath.Facts) -> str:
    names = [f"  {symbol}  {_named(column)}" for symbol, column in (("x", facts.x), ("y", facts.y))]
    attributes = ("smallest", "largest", "mean", "standard_deviation")
    rows: list[tuple[str, ...]] = [("", "x", "y")]
    rows += [
        (name.replace("_", " "), *(written(getattr(column, name)) for column in (facts.x, facts.y)))
        for name in attributes
    ]
    rows.append(("different values", f"{facts.x.n_distinct:,}", f"{facts.y.n_distinct:,}"))
    return "\n".join(["Columns", *names, *_aligned(rows)])


def _line(facts: gdmath.Facts) -> str:
    line, y_unit, x_unit = facts.line, _unit(facts.y), _unit(facts.x)
    slope_unit = f"{y_unit} / {x_unit}" if x_unit else y_unit
    entries = [("y =", _equation(line.bias, line.weight, "x"))]
    if facts.frame is not None:
        entries.append(("y' =", _equation(line.bias_inside, line.weight_inside, "x'")))
    if line.bias is not None:
        entries.append(("b", f"{written(line.bias)} {y_unit}"))
    entries.append(("w", f"{written(line.weight)} {slope_unit}"))
    if line.r_squared is not None:
        entries.append(("R squared", written(line.r_squared)))
    if line.correlation is not None:
        entries.append(("r", f"{written(line.correlation)}{_chance(line.p_value)}"))
    miss = "none" if line.is_exact else f"{written(line.typical_miss)} {y_unit}"
    entries.append(("typical miss", miss))
    return "\n".join(["Least-squares line of the train rows", *table_of(entries)])


def _frame(facts: gdmath.Facts) -> str:
    if facts.choices is None:
        told = ["  None: descent runs in the units of the table."]
    else:
        told = [
            line
            for symbol, choice in zip("xy", facts.choices, strict=True)
            for line in hanging("", f"{_counted(symbol, choice)}: {choice.reason}")
        ]
    return "\n".join(["Teaching frame", *told])


def _descent(facts: gdmath.Facts) -> str:
    spaces = {
        "own units": facts.own_units,
        "in the frame": facts.in_frame,
        "standardised": facts.standardized,
    }
    present = {name: each for name, each in spaces.items() if each is not None}
    rows: list[tuple[str, ...]] = [("", *present)]
    if len(facts.own_units.eigenvalues) > 1:
        rows.append(("lambda_min", *(written(each.eigenvalues[0]) for each in present.values())))
    rows.append(("lambda_max", *(written(each.eigenvalues[-1]) for each in present.values())))
    told = {
        "condition number": "condition_number",
        "2 / lambda_max": "max_stable_learning_rate",
        "best rate": "best_learning_rate",
    }
    rows += [
        (words, *(written(getattr(each, name)) for each in present.values())) for words, name in told.items()
    ]
    rows.append(("steps at best rate", *(_steps(facts, each.n_steps) for each in present.values())))
    limit = (facts.in_frame or facts.own_units).max_stable_learning_rate
    at_own = _steps(facts, facts.n_steps) if facts.learning_rate < limit else "none, it diverges"
    note = (
        "Steps from the start until the loss is at most 1.01 times its minimum; at "
        f"{shortest(facts.learning_rate)}, the data's own rate: {at_own}."
    )
    return "\n".join(["Descent", *_aligned(rows), *wrapped(note, "  ")])


def _steps(facts: gdmath.Facts, n_steps: int | None) -> str:
    if n_steps is None:
        return "never" if facts.line.is_exact else "more than 10¹⁵"
    return f"{n_steps:,}" if n_steps < 1_000_000 else scientific(n_steps)


def _cautions(facts: gdmath.Facts) -> str:
    if not facts.cautions:
        return "No row stands out, and the slope is not zero."
    lines = ["Beware"]
    for caution in facts.cautions:
        lines += hanging("", str(caution))
    for row in facts.rows:
        lines += hanging("  ", _row(row))
    if facts.n_suspect > len(facts.rows):
        lines.append(f"    and {facts.n_suspect - len(facts.rows):,} more")
    return "\n".join(lines)


def _row(row: RowFacts) -> str:
    aside = "" if row.is_train else ", kept aside"
    size = abs(row.studentized_residual)
    told = [f"leverage {written(row.leverage, 2)}", f"{written(size, 3)} standard deviations off"]
    if row.is_train:
        told.append(f"Cook's distance {written(row.cooks_distance, 2)}")
    reasons = "; ".join(map(str, row.reasons))
    return f"row {row.row}{aside} (x {written(row.x)}, y {written(row.y)}): {reasons}; {', '.join(told)}"


def written(value: float, digits: int = 4) -> str:
    """A number, what rounding has left beyond its ninth digit let go: 0.9999999999 is 1."""
    return rounded(float(f"{value:.9g}"), digits)


def _equation(bias: float | None, weight: float, symbol: str) -> str:
    if bias is None:
        return f"{written(weight)} {symbol}"
    return f"{written(bias)} {'-' if weight < 0 else '+'} {written(abs(weight))} {symbol}"


def _counted(symbol: str, choice: FrameChoice) -> str:
    """A column as the frame counts it, ``x = 20 + 10 x'``."""
    origin = f"{shortest(choice.origin)} + " if choice.origin else ""
    scale = "" if choice.scale == 1.0 else f"{shortest(choice.scale)} "
    return f"{symbol} = {origin}{scale}{symbol}'"


def _chance(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return ", p below 0.001" if p_value < 0.001 else f", p = {written(p_value, 2)}"


def _unit(column: ColumnFacts) -> str:
    return cut(column.unit, _UNIT)


def _named(column: ColumnFacts) -> str:
    unit = f" ({_unit(column)})" if column.unit else ""
    return cut(column.name, _NAME) + unit


def cut(text: str, longest: int) -> str:
    """Text without what could paint a terminal, in at most so many columns."""
    text = one_line(text)
    return text if cell_len(text) <= longest else set_cell_size(text, longest - 1).rstrip() + "…"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of numbers, the first column left, the others right."""
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths = [max(width, 12) for width in others]
    return ["  ".join([f"  {head:{first}}", *map(str.rjust, cells, widths)]) for head, *cells in rows]


def table_of(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Names and what stands behind them, a line each."""
    longest = max(len(name) for name, _ in entries)
    return [f"  {name:{longest}}  {text}".rstrip() for name, text in entries]


def wrapped(text: str, indent: str = "") -> list[str]:
    """A paragraph in the columns of a page."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def hanging(head: str, text: str) -> list[str]:
    """A paragraph behind its head, the lines after the first set in."""
    return textwrap.wrap(
        f"  {head}{text}", WIDTH, subsequent_indent=" " * (4 + len(head)), drop_whitespace=True
    )
