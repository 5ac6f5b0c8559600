"""What a lecture leaves to its audience: settings of the live figure to try after a beat, and tasks in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

QUANTITIES = (
    "limit",
    "best",
    "lowest",
    "best_b",
    "best_w",
    "curvature",
    "condition",
    "kept",
    "slope_b",
    "slope_w",
    "steps",
    "updates",
    "gain",
    "of_limit",
    "of_best",
    "of_lowest",
    "start_of_lowest",
    "start_of_film",
    "flat_b",
    "flat_w",
    "moved",
    "step",
    "size",
    "standardised",
)
"""What the live figure knows of itself; docs/live.md says what each is."""


@dataclass(frozen=True)
class Trial:
    """What the live figure is set to where a beat says "try this".

    Attributes
    ----------
    beat : str
        One of the lecture's.
    run : str
        The run of the story whose rate, start, batches and number of steps are taken; "" for the first.
    rate : {"best", "limit"}, optional
        Another rate than the run's.
    steps, step : int, optional
        How many steps there are, those of the run but a thousand at the most when left out, and how many are
        shown at first.
    one_axis : bool
        Show descent along b alone and along w alone beside it.
    standardised : bool
        On a standardised feature.
    predict : bool
        Hide the path until a guess is placed.
    """

    beat: str
    run: str = ""
    rate: Literal["best", "limit"] | None = None
    steps: int | None = None
    step: int = 10
    one_axis: bool = False
    standardised: bool = False
    predict: bool = False


@dataclass(frozen=True)
class Task:
    """Something to find out in the live figure, whose answer is checked there on the data that it shows.

    Attributes
    ----------
    words : str
    asks : str, optional
        The quantity whose value is to be typed, one of `QUANTITIES`.
    within : float
        Part of the value by which an answer may be off; 0 for what is counted.
    wants : mapping of str to (low, high)
        Instead, what the figure is to be brought to: limits for one or more of the quantities.

    Raises
    ------
    TypeError
        If neither or both are given, or a quantity is not known.
    """

    words: str
    asks: str | None = None
    within: float = 0.02
    wants: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.asks is None) == (not self.wants):
            raise TypeError(f"Task({self.words!r}): got asks and wants or neither; allowed one of them")
        for name in (self.asks, *self.wants):
            if name is not None and name not in QUANTITIES:
                raise TypeError(f"Task({self.words!r}): got {name!r}; allowed {', '.join(QUANTITIES)}")
