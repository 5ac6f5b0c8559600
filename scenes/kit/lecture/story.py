"""What a film is made of: settings, a dataset and named runs; everything else that it shows follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gdmath import Dataset, LeastSquares, TeachingFrame, Trajectory, check_run, contour_levels
from gdscenes.kit.lecture.choices import refuse_missing_glyphs
from gdscenes.kit.lecture.own_units import told_of
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.type.typeset import Words

UP_TO = 4.0
"""So many times the loss of the start is high on a map."""
LOSS_NAME = {"mean": "MSE", "sum": "SSE"}
"""What a loss is called on the screen, by how a dataset reduces its squared errors."""


@dataclass(frozen=True)
class AnyStory:
    """All that a lecture draws from, computed before its first frame.

    A lecture's own story adds properties, each a function of its fields. A film can therefore be drawn again
    from what was stored, without computing a step.

    Attributes
    ----------
    settings : Settings
    """

    settings: Settings

    @property
    def name(self) -> str:
        """What it is drawn from."""
        raise NotImplementedError

    def digest(self) -> str:
        """The sha256, in hex, of what it is drawn from."""
        raise NotImplementedError

    @property
    def frame(self) -> TeachingFrame | None:
        """The teaching frame that the film ends with leaving."""
        return None

    def told(self, theme: Theme) -> list[Words]:
        """What a title says of it."""
        raise NotImplementedError

    def check(self) -> None:
        """Look at every number that a film would show, as a story from a file needs.

        Raises
        ------
        ValueError
            If one does not follow from the others.
        """

    def refuse_missing_glyphs(self) -> None:
        """Let names of a user's be drawn, or nothing.

        Raises
        ------
        SettingError
            If no font of this machine has one of their characters.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Story(AnyStory):
    """A story of a dataset and the descents on it.

    Attributes
    ----------
    dataset : Dataset
    runs : mapping of str to Trajectory
        The runs by the name that the lecture gives them.
    """

    dataset: Dataset
    runs: Mapping[str, Trajectory]

    @property
    def name(self) -> str:
        return self.dataset.name

    def digest(self) -> str:
        return self.dataset.digest()

    @property
    def frame(self) -> TeachingFrame | None:
        return self.dataset.frame

    def told(self, theme: Theme) -> list[Words]:
        return told_of(self.dataset, theme)

    def refuse_missing_glyphs(self) -> None:
        refuse_missing_glyphs(self.dataset)

    @cached_property
    def problem(self) -> LeastSquares:
        """The loss that is descended on: the dataset's own, unless a lecture says otherwise."""
        return self.dataset.problem()

    def problem_of(self, run: str) -> LeastSquares:
        """The loss that a run descends on."""
        return self.problem

    def measured_by(self, run: str) -> LeastSquares:
        """The loss that the losses of a run are of: the one that it descends on, but for a mistake."""
        return self.problem_of(run)

    def predicted_by(self, run: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
        """What a model that is no line predicts from a row of its run: (p,) -> (n,); None for a line."""
        return None

    def dtype_of(self, run: str) -> Literal["float64", "float32"]:
        """What a run was computed in, the dataset's own unless a lecture says otherwise."""
        return self.dataset.dtype

    def check(self) -> None:
        for name, run in self.runs.items():
            try:
                check_run(
                    run,
                    self.problem_of(name),
                    measured_by=self.measured_by(name),
                    predict=self.predicted_by(name),
                    dtype=self.dtype_of(name),
                )
            except ValueError as error:
                raise ValueError(f"run {name!r}: {error}") from None

    @property
    def is_plain(self) -> bool:
        """Whether its runs are gradient descent, on all points or some, as the live figure makes them."""
        return True

    @property
    def has_validation(self) -> bool:
        """Whether some points are kept aside."""
        return len(self.dataset.validation_indices) > 0

    @property
    def loss_name(self) -> str:
        return LOSS_NAME[self.dataset.reduction]

    @property
    def loss_markup(self) -> str:
        """The loss's name in a formula, Typst markup."""
        return f'$loss("{self.loss_name}")$'

    @property
    def start_loss(self) -> float:
        """The loss at the start of the first run."""
        return float(next(iter(self.runs.values())).losses[0])

    @property
    def full_loss(self) -> float:
        """The loss from which on a map has its highest colour: four times the start's, in every lecture."""
        return UP_TO * self.start_loss

    def full_loss_of(self, run: str) -> float:
        """The same on the map of one run, where their losses differ."""
        return UP_TO * float(self.runs[run].losses[0])

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """Losses for level lines: doubling above the minimum, to four times the start's."""
        return contour_levels(self.problem.minimum, self.full_loss, "doubling", at_most=9)
