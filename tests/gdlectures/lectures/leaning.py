"""A lecture whose beats lean on what moved before them: what is updated, awaited, drawn at random."""

from __future__ import annotations

import numpy as np
from manim import RIGHT, Dot, FadeIn, Square, ValueTracker

import gdmath
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story


class LeaningStory(Story):
    """Its run."""

    @property
    def has_three_steps(self) -> bool:
        return self.runs["descent"].n_steps == 3


class Leaning(Lecture):
    """It leans."""

    title = "Leaning beats"
    seconds = 3
    settings = Settings()
    story_type = LeaningStory

    @staticmethod
    def prepare(settings: Settings) -> LeaningStory:
        dataset = gdmath.preset("one-weight")
        run = gdmath.descend(dataset.problem(), dataset.start, 0.01, 2)
        return LeaningStory(settings=settings, dataset=dataset, runs={"descent": run})

    @beat("drift", "A dot drifts by itself.")
    def drift(self) -> None:
        self.wait(0.25)
        self.dot = Dot(color=self.colors.model)
        # the steps of a random walk: another number of them ends elsewhere
        self.dot.add_updater(lambda dot, dt: dot.shift(RIGHT * dt * np.random.normal(1, 0.5)))  # noqa: NPY002
        self.add(self.dot)
        self.wait(0.5)
        self.play(FadeIn(Square(color=self.colors.data)), run_time=0.37)

    @beat("wait", "Until it has come far enough.", cover=True)
    def wait_for_it(self) -> None:
        self.wait(3, stop_condition=lambda: self.dot.get_x() > 1)
        self.dot.clear_updaters()
        self.telling_moment()
        self.wait(0.33)

    @beat(
        "jump",
        "It goes on from there.",
        claim("has_three_steps", "It has made three steps.", "It has made {story.runs[descent].n_steps}."),
        loop=True,
    )
    def jump(self) -> None:
        tracker = ValueTracker(self.dot.get_x())
        self.play(tracker.animate.set_value(-2), run_time=0.3)
        self.play(self.dot.animate.set_x(tracker.get_value()), run_time=0.4)
        self.wait(0.2)

    @beat("blink", "One frame.")
    def blink(self) -> None:
        self.remove(self.dot)
        self.wait(1 / self.camera.frame_rate)
