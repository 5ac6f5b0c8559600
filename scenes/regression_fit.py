"""RegressionFit: the line fits itself."""

from __future__ import annotations

from dataclasses import dataclass

from manim import FadeIn

import gdmath
from scenes._kit import page
from scenes._kit.lecture import Lecture
from scenes._kit.settings import Settings, SettingError, knob
from scenes._kit.story import Story
from scenes._kit.typeset import Words


@dataclass(frozen=True)
class RegressionFitSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset that the line is fitted to", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier; none takes the dataset's own", minimum=0.0, open_minimum=True
    )
    n_steps: int | None = knob(None, "number of updates; none takes the dataset's own", minimum=10, maximum=100_000)
    single_steps: int = knob(5, "steps that are shown one by one before the time-lapse", minimum=1, maximum=9)


@dataclass(frozen=True)
class RegressionFitStory(Story):
    """What is drawn."""

    settings: RegressionFitSettings


class RegressionFit(Lecture):
    """The line fits itself, one exact step of gradient descent after another."""

    title = "Gradient descent fits a line"
    seconds = 2
    settings = RegressionFitSettings()
    story_type = RegressionFitStory
    beats = {"data": "Here are the data.", "model": "Here is the model."}

    @staticmethod
    def prepare(settings: RegressionFitSettings) -> RegressionFitStory:
        dataset = gdmath.preset(settings.dataset)
        problem = dataset.problem()
        rate = settings.learning_rate or dataset.learning_rate
        if rate >= problem.max_stable_learning_rate:
            raise SettingError(
                "--learning-rate",
                rate,
                f"below {problem.max_stable_learning_rate:.4g}, 2 / lambda_max of {dataset.name}",
                "give a smaller rate",
            )
        run = gdmath.descend(problem, dataset.start, rate, settings.n_steps or dataset.n_steps)
        return RegressionFitStory(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        self.beat("data")
        self.play(FadeIn(Words("data", page.LARGE, self.colors).place(200, 500)), run_time=1)
        self.beat("model")
        self.play(FadeIn(Words("$yhat = bias + weight thin x$", page.LARGE, self.colors).place(200, 700)), run_time=1)
