"""A recorded run in numbers, as a page and as JSON: what `gdlectures facts --run` prints."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

import gdmath
from gdlectures.asking.facts import cut, hanging, plain, table_of, wrapped, written

_LONGEST = 50
"""Columns that a name may take."""


def as_json(facts: gdmath.RecordingFacts) -> dict[str, Any]:
    """The facts as plain values.

    The keys are the attributes of `gdmath.RecordingFacts` and of the records in it; kinds are objects with
    ``kind`` and ``text``. What there is not, and what is not finite, is null.
    """
    return {key: plain(value) for key, value in dataclasses.asdict(facts).items()}


def page(name: str, facts: gdmath.RecordingFacts) -> str:
    """The facts in at most 80 columns.

    Parameters
    ----------
    name : str
        What the run is called, such as its file.
    facts : RecordingFacts
    """
    parts = [_rows(name, facts), _optimizers(facts), _loss(facts), _path(facts)]
    parts += [_plane(seen, facts.n_parameters) for seen in facts.surfaces]
    if not facts.surfaces:
        parts.append("No plane: the loss over it was not recorded.")
    return "\n\n".join(parts)


def _rows(name: str, facts: gdmath.RecordingFacts) -> str:
    stride = "each" if facts.every == 1 else f"{facts.every:,} of them"
    told = f"{facts.n_rows:,} rows, {facts.n_steps:,} steps, one row after {stride}"
    lines = wrapped(f"{cut(name, _LONGEST)}: {told}; {facts.n_parameters:,} parameters, {facts.type}")
    if facts.partial:
        lines += wrapped(f"Partial: {cut(facts.partial, 300)}.")
    return "\n".join(lines)


def _optimizers(facts: gdmath.RecordingFacts) -> str:
    lines = ["Optimisers" if len(facts.optimizers) > 1 else "Optimiser"]
    for each, n_steps in zip(facts.optimizers, facts.n_steps_recorded, strict=True):
        often = "; a step is many evaluations, its gradient that of the last" if each.evaluates_often else ""
        lines += hanging("", f"{cut(each.name, 200)}: {n_steps:,} steps from recorded rows{often}")
    if facts.lowest_rate is None or facts.highest_rate is None:
        return "\n".join([*lines, "  None made a step."])
    rates = written(facts.lowest_rate)
    if facts.highest_rate > facts.lowest_rate:
        rates += f" to {written(facts.highest_rate)}"
    entries = [("rate", rates)]
    if facts.update_error is not None:
        entries.append(("off p - rate g", f"at most {written(facts.update_error, 2)}"))
    return "\n".join([*lines, *table_of(entries)])


def _loss(facts: gdmath.RecordingFacts) -> str:
    entries = [
        ("first", written(facts.first_loss)),
        ("last", written(facts.last_loss)),
        ("lowest", f"{written(facts.lowest_loss)} at step {facts.lowest_loss_step:,}"),
    ]
    return "\n".join(["Loss at each row's parameters, over all data", *table_of(entries)])


def _path(facts: gdmath.RecordingFacts) -> str:
    entries = [("way", written(facts.way)), ("from start to end", written(facts.distance))]
    if facts.step_lengths.size:
        entries.append(("longest step", written(float(facts.step_lengths.max()))))
    if np.isfinite(facts.step_angles).any():
        entries.append(("median turn", f"{written(float(np.nanmedian(facts.step_angles)), 3)} degrees"))
    return "\n".join(["Path between rows", *table_of(entries)])


def _plane(seen: gdmath.SurfaceFacts, n_parameters: int) -> str:
    lines = ["Plane", *hanging("", str(seen.kind))]
    lines += [
        line for letter, axis in zip("xy", seen.axes, strict=True) for line in hanging(f"{letter}  ", axis)
    ]
    if not seen.gaps.any() and n_parameters == 2:
        return "\n".join([*lines, "  It holds every point of the path: no row has a gap."])
    chance = f"{100 * seen.random_walk_explained:.0f} % of a random walk as long"
    farthest = int(seen.distances.argmax())
    at = int(np.flatnonzero(seen.gaps == seen.widest_gap)[0])
    true = float(seen.row_losses[at] - seen.gaps[at])
    entries = [
        ("explains", f"{100 * seen.explained:.1f} % of the variance; {chance}"),
        ("farthest row", f"{written(float(seen.distances[farthest]))} from it"),
        ("median gap", f"{_percent(seen.median_gap)} of the loss"),
        (
            "widest gap",
            f"{_percent(abs(seen.widest_gap / true) if true else 0.0)} at step {seen.widest_gap_step:,}: "
            f"{written(float(seen.row_losses[at]))} in the plane, {written(true)} in truth",
        ),
    ]
    note = "A path on this surface is drawn at the loss of its projections, not at its own."
    return "\n".join([*lines, *table_of(entries), *wrapped(note, "  ")])


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
