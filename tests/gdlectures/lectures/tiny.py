"""A lecture of a second and a half that draws what its run says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from manim import FadeIn, Line, Square

import gdmath
from gdscenes.kit.lecture.choices import Data, dataset_of
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import SettingError, Settings, knob
from gdscenes.kit.lecture.story import Story


@dataclass(frozen=True)
class TinySettings(Settings):
    dataset: Data = knob("chapter-0", "preset that is fitted", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier; none takes the dataset's own", minimum=0.0, open_minimum=True
    )
    n_steps: int = knob(20, "number of updates", minimum=1, maximum=1000)
    loud: bool = knob(False, "print a lot")


@dataclass(frozen=True)
class TinyStory(Story):
    settings: TinySettings


class Tiny(Lecture):
    """A line as long as the last weight. And a second sentence."""

    title = "A tiny lecture"
    seconds = 2
    settings = TinySettings()
    story_type = TinyStory
    beats: ClassVar = {"first": "It begins.", "second": "It ends — already."}

    @staticmethod
    def prepare(settings: TinySettings) -> TinyStory:
        dataset = dataset_of(settings.dataset)
        problem = dataset.problem()
        rate = settings.learning_rate or dataset.learning_rate
        if rate >= problem.max_stable_learning_rate:
            limit = problem.max_stable_learning_rate
            raise SettingError("--learning-rate", rate, f"below {limit:.4g}", "give a smaller rate")
        run = gdmath.descend(problem, dataset.start, rate, settings.n_steps)
        return TinyStory(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        if self.story.settings.loud:
            print('{"frames": 1, "beats": []}\n' * 1000)
        length = float(self.story.runs["descent"].parameters[-1, -1])
        self.beat("first")
        self.add(Line([0, 0, 0], [length, 0, 0], color=self.colors.data))
        self.wait(1 / self.camera.frame_rate)
        self.play(FadeIn(Square(color=self.colors.model)), run_time=0.8)
        self.beat("second")
        self.wait(0.6)
