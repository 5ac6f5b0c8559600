"""A recorded training run as what a film is made of."""

from __future__ import annotations

from dataclasses import dataclass

import gdmath
from gdscenes.kit.lecture.choices import refuse_undrawable
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import AnyStory
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.type.language import grouped, tr
from gdscenes.kit.type.typeset import Words, name_source

_LINE = sheet.SAFE.width / SMALL  # em


@dataclass(frozen=True)
class RecordedSettings(Settings):
    """What a lecturer may change of any film of a recorded run."""

    recording: str | gdmath.ProjectedRun = knob(
        "network",
        "recorded run that comes along; --run FILE brings yours",
        choices=gdmath.RECORDED_RUNS,
    )


@dataclass(frozen=True)
class RecordedStory(AnyStory):
    """A story of a training run that was recorded.

    Attributes
    ----------
    recording : ProjectedRun
    """

    recording: gdmath.ProjectedRun

    @property
    def name(self) -> str:
        return self.recording.name

    def digest(self) -> str:
        return self.recording.digest()

    def told(self, theme: Theme) -> list[Words]:
        run = self.recording
        n, steps = grouped(run.n_parameters), grouped(int(run.steps[-1]))
        numbers = f": {tr('{n} parameters, {steps} steps', n=n, steps=steps)}"
        lines = [name_source(run.name, after=numbers, room=_LINE), name_source(run.method, room=_LINE)]
        return [Words(each, SMALL, theme, "muted") for each in lines]

    def refuse_missing_glyphs(self) -> None:
        run = self.recording
        refuse_undrawable({"the file's name": run.name, "a parameter's name": "".join(run.axes)})


def recording_of(chosen: str | gdmath.ProjectedRun) -> gdmath.ProjectedRun:
    """The recorded run that a lecturer chose."""
    return gdmath.recorded_run(chosen) if isinstance(chosen, str) else chosen
