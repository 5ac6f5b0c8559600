"""The helpers that judge what is drawn can say no."""

import numpy as np
import pytest
from data import ODD, odd_dataset
from drawn import assert_shows, loss_at, shown_number
from manim import FadeIn, FadeOut
from rehearsals import rehearse, seen

import gdmath
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import round_axis
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import number, scientific


def figures(text: str) -> Digits:
    return Digits(text, 40, DARK)


@pytest.mark.parametrize("value", [0.0, -3.25, 1.5e7, -2e-9])
def test_a_read_out_is_read_as_it_was_written(value):
    for text in (number(value, 4, signed=True), number(value, 4, plus=True), f"({scientific(value)})"):
        assert shown_number(figures(text)) == pytest.approx(value, abs=5e-5)


def test_a_read_out_is_held_to_its_last_digit():
    assert_shows(figures("1.25"), 1.2549)
    assert_shows(figures("1.25×10⁴"), 12549)
    for text, value in (("1.25", 1.2551), ("1.25", -1.25), ("1.25×10⁴", 12551), ("1.25×10⁻⁴", 1.25e-5)):
        with pytest.raises(AssertionError):
            assert_shows(figures(text), value)


def test_a_read_out_that_lost_its_digits_is_not_the_value():
    assert_shows(figures("0.00"), 0.004, digits=0)
    for digits, text, value in ((1, "0.00", 0.004), (3, "0.25", 0.2512)):
        with pytest.raises(AssertionError):
            assert_shows(figures(text), value, digits)


@pytest.mark.parametrize("name", ["chapter-0", "one-weight", "fake-data-1000"])
def test_the_loss_by_its_definition_is_the_products(name):
    problem = gdmath.preset(name).problem()
    parameters = np.random.default_rng(0).normal(size=(3, 5, problem.n_parameters))
    np.testing.assert_allclose(loss_at(problem, parameters), problem.loss(parameters), rtol=1e-12)


def test_odd_data_keep_their_last_points_for_validation():
    data = odd_dataset([1, 2, 3, 4], [2, 4, 6, 9], n_validation=1)
    assert (data.x_train.tolist(), data.x[data.validation_indices].tolist()) == ([1, 2, 3], [4])
    assert len(ODD) == len({each.digest() for each in ODD.values()})


class Talk(Lecture):
    """Two beats with nothing on them."""

    title, seconds, settings, story_type = "Talk", 1, Settings(), Story
    beats = {"first": "One.", "second": "Two."}  # noqa: RUF012

    @staticmethod
    def prepare(settings):
        return Story(settings, gdmath.preset("chapter-0"), {})

    def construct(self):
        for name in self.beats:
            self.beat(name)
            self.wait(0.5)


LOOKED: list[tuple[str, int]] = []


@seen(Talk, "first", "second")
def test_a_shared_rehearsal_is_seen_in_each_beat_that_was_asked_for(scene):
    LOOKED.append((list(scene.beat_starts)[-1], id(scene)))


@seen(Talk, "second")
def finds_a_mistake(scene):
    raise AssertionError("a mistake")


@seen(Talk, "third")
def looks_at_no_beat(scene):
    pass


def test_what_one_look_finds_its_own_test_tells():
    test_a_shared_rehearsal_is_seen_in_each_beat_that_was_asked_for()
    assert [beat for beat, _ in LOOKED] == ["first", "second"]
    assert len({scene for _, scene in LOOKED}) == 1
    with pytest.raises(AssertionError, match="a mistake"):
        finds_a_mistake()
    with pytest.raises(AssertionError, match="third"):
        looks_at_no_beat()


def axes(left):
    return Plot(Box(left, 200, left + 600, 800), *[round_axis(0, 1, "$x$")] * 2, DARK)


def test_a_rehearsal_tells_of_pages_that_fade_over_each_other_and_of_an_empty_one():
    class Hasty(Talk):
        def construct(self):
            self.beat("first")
            one, over, beside = axes(200), axes(700), axes(900)
            self.add(one)
            self.play(FadeOut(one), FadeIn(beside))
            self.play(FadeOut(beside), FadeIn(over))
            self.clear()
            self.wait(0.5)
            self.play(FadeIn(one), run_time=2)

    over, empty, slow = rehearse(Hasty).faded
    assert over.startswith("1.0 s: a plot fades over another")
    assert (empty, slow) == ("2.0 s: nothing is on the screen", "2.5 s: from nothing in 2.0 s")
