"""What does not change looks the same while something plays, in a hold, and in the next animation."""

import numpy as np
import pytest
from manim import Rectangle, UpdateFromAlphaFunc, VGroup

import gdmath
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.stage import Stage
from gdscenes.kit.type.typeset import Words


def idle(mobject):
    """An animation that changes nothing."""
    return UpdateFromAlphaFunc(mobject, lambda *_: None)


def glass(color, x):
    """A transparent area of the page."""
    area = Rectangle(width=5, height=5, stroke_width=0).set_fill(color, 0.3)
    return area.move_to(sheet.at(x, 540))


def holds(lecture):
    """Play, hold and play again with each part of the page as the one that might change."""
    for part in lecture.parts():
        lecture.play(idle(part), run_time=0.2)
        lecture.wait(0.2)
        lecture.play(idle(part), run_time=0.2)
    lecture.wait(0.2)


class Told(Lecture):
    settings, beats = Settings(), {}

    @staticmethod
    def prepare(settings):
        return None

    def construct(self):
        self.build()
        holds(self)


class Page(Told):
    """Glass over glass, half-seen type, and a group that lies in two layers."""

    def build(self):
        low, high, ground = glass("#FF4040", 700), glass("#40FF40", 900), glass("#4040FF", 1100)
        words = Words("half seen", sheet.LARGE, self.colors).place(800, 560).set_opacity(0.5)
        label = Words("label", sheet.LARGE, self.colors).place(900, 640).set_opacity(0.5)
        for layer, mobject in (("grid", ground), ("areas", low), ("lines", high), ("text", words)):
            lay(layer, mobject)
        lay("text", label)
        self.group = VGroup(ground, label)
        self.add(self.group, low, high, words)
        self.low, self.high, self.words = low, high, words

    def parts(self):
        return [self.low, self.high, self.words, self.group]


class Space(Told, StageLecture):
    """A glass sheet with two planes that cut it, and on the page, before it and beside it, glass and type."""

    def build(self):
        dataset = gdmath.preset("chapter-0")
        problem = dataset.problem()
        grid = gdmath.loss_grid(problem, gdmath.TEXTBOOK_WINDOWS["chapter-0"])
        stage = Stage(grid, self.colors, self.camera, cut=5.0, loss=problem.loss)
        stage.surface = 0.6
        for cut in stage.cuts:
            cut.plane = cut.curve = cut.floor = 1.0
        before, beside = glass("#FF4040", 700), glass("#40FF40", 1500)
        words = Words("half seen", sheet.LARGE, self.colors).place(650, 560).set_opacity(0.5)
        label = Words("label", sheet.LARGE, self.colors).place(600, 640).set_opacity(0.5)
        lay("areas", stage)
        lay("lines", before, beside)
        lay("text", words, label)
        self.group = VGroup(beside, label)
        self.add(stage, self.group, before, words)
        self.stage, self.before, self.words = stage, before, words

    def parts(self):
        return [self.stage, self.camera.theta_tracker, self.before, self.words, self.group]


class NoStage(Told, StageLecture):
    """A page on which nothing is in space, before a camera that might move."""

    def build(self):
        self.add(glass("#FF4040", 700), glass("#40FF40", 900))

    def parts(self):
        return [self.camera.theta_tracker, self.camera.place_tracker]


@pytest.mark.parametrize("lecture", [Page, Space, NoStage])
def test_what_does_not_change_is_the_same_in_every_frame(film, lecture):
    frames = film(lecture).frames
    apart = [k for k, frame in enumerate(frames) if not np.array_equal(frame, frames[0])]
    assert len(frames) >= 14
    assert apart == []
