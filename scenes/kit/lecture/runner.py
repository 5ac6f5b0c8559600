"""A runner: a run with all that tells it from the others on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdmath import Trajectory
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, LOW, REFERENCE, RunStyle
from gdscenes.kit.type.notation import markup, shortest

STYLES = (GOOD, LOW, DIVERGENT, REFERENCE)
"""Taken in this order by runs that are given no style."""


@dataclass(frozen=True)
class Runner:
    """A run with its style, its label and its verdict; made in the story.

    Attributes
    ----------
    name : str
        Of the run in the story.
    run : Trajectory
    style : RunStyle
        Colour, mark and line.
    label : str
        What it is called on the page, Typst markup.
    verdict : str
        What it came to, Typst markup; "" says nothing.
    fact : str
        What is known of it from the start, Typst markup; "" says nothing.
    times : ndarray, shape (n_steps + 1,), optional
        What a clock shows when each row is complete, rising; the row's own number when left out.
    """

    name: str
    run: Trajectory
    style: RunStyle
    label: str
    verdict: str = ""
    fact: str = ""
    times: NDArray[np.float64] | None = None

    @property
    def moments(self) -> NDArray[np.float64]:
        """What a clock shows when each row is complete."""
        return np.arange(self.run.n_steps + 1.0) if self.times is None else self.times

    def row(self, clock: float) -> int:
        """The last row that is complete when a clock shows a moment."""
        if self.times is None:
            return min(int(clock), self.run.n_steps)
        return int(np.searchsorted(self.times, clock + 1e-9, side="right")) - 1

    def between(self, clock: float, towards: float = 0.0) -> NDArray[np.float64]:
        """The parameters (p,), a part of the way from the row of a clock to the next one."""
        here, run = self.row(clock), self.run.parameters
        if not towards or here == self.run.n_steps:
            return np.asarray(run[here])
        return np.asarray(run[here] + towards * (run[here + 1] - run[here]))


def runners(runs: Mapping[str, Trajectory], labels: Mapping[str, str] | None = None) -> list[Runner]:
    """A runner for each of some runs, in the order of `STYLES`.

    Parameters
    ----------
    runs : mapping of str to Trajectory
        At most as many as there are styles.
    labels : mapping of str to str, optional
        Typst markup; the names where left out.
    """
    labels = labels or {}
    return [
        Runner(name, run, style, labels.get(name, name))
        for (name, run), style in zip(runs.items(), STYLES, strict=False)
    ]


def rates_of(runs: Mapping[str, Trajectory]) -> dict[str, str]:
    """The learning rate of each of some runs, as a label: Typst markup."""
    return {name: f"$eta = {markup(shortest(run.learning_rate, 3))}$" for name, run in runs.items()}
