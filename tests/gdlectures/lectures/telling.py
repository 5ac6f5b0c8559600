"""A lecture whose stills are told apart by a square: it is there at the telling moment and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from manim import FadeIn, Square

import gdmath
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words, literal


@dataclass(frozen=True)
class TellingSettings(Settings):
    n_steps: int = knob(3, "number of updates", minimum=1, maximum=9)


class Telling(Lecture):
    """It has words."""

    title = "Telling <b>moments</b>"
    seconds = 2
    settings = TellingSettings()
    story_type = Story
    beats: ClassVar = {"before_it": "Nothing but words.", "flash": "A square, and it is gone."}
    loops: ClassVar = ("flash",)
    cover: ClassVar = "before_it"

    @staticmethod
    def prepare(settings: TellingSettings) -> Story:
        dataset = gdmath.preset("one-weight")
        run = gdmath.descend(dataset.problem(), dataset.start, 0.01, settings.n_steps)
        return Story(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        theme = self.colors
        self.beat("before_it")
        self.wait(0.2)
        word = Words(literal('a "word"'), 50, theme).place(200, 200)
        name = Words("$weight$", 50, theme).place(200, 400)
        value = Digits("1.969", 50, theme).place(250, 400)
        tick = Digits("7", 50, theme, "muted").place(900, 400)
        formula = Words("$yhat = bias + weight thin x$", 50, theme).place(200, 600)
        self.play(FadeIn(word, name, value, tick, formula), run_time=0.4)
        self.wait(0.2)
        self.beat("flash")
        self.remove(word, name, value, tick, formula)
        self.wait(0.2)
        square = Square(color=theme.model, fill_opacity=1)
        self.add(square)
        self.telling_moment()
        self.wait(0.2)
        self.remove(square)
        self.wait(0.4)
