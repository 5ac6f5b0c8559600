"""The base of the lectures: beats in their order, layers in theirs, and no stale ink."""

from dataclasses import dataclass

import numpy as np
import pytest
from data import OWN
from manim import FadeIn, Line, UpdateFromAlphaFunc, VGroup, linear

from gdmath import preset
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.clock import in_a_bow
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.layers import LAYERS, lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import LIGHT, rgb
from gdscenes.kit.plot.marks import rectangle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Words


@dataclass(frozen=True)
class NoSettings(Settings):
    pass


class Empty(Lecture):
    """What every lecture here has in common."""

    title, seconds, settings, story_type = "Empty", 1, NoSettings(), Story
    beats = {"first": "One.", "second": "Two."}  # noqa: RUF012

    @staticmethod
    def prepare(settings):
        return Story(settings, preset("chapter-0"), {})


def area(color, left=400, right=1500):
    return rectangle(Box(left, 300, right, 800), color, fill=1)


def color_at(frame, x, y):
    """Red, green and blue of the pixel under a place on the page."""
    return frame[round(y * frame.shape[0] / 1080), round(x * frame.shape[1] / 1920)]


def is_color(pixel, color):
    return np.abs(pixel - 255 * np.array(rgb(color))).max() <= 3


# -- beats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["show", "advance", "wait", "prepare"])
def test_a_beat_cannot_take_the_place_of_a_verb(verb):
    played = beat(verb, "What the lecturer says.")(lambda self: None)
    with pytest.raises(TypeError, match=f"got the method '{verb}', which is a verb"):
        type("Mine", (Empty,), {verb: played})
    assert list(type("Mine", (Empty,), {"other": played}).beats) == [verb]


@pytest.mark.parametrize("names", [["second"], ["first", "first"], ["first", "second", "first"], ["third"]])
def test_a_beat_out_of_order_is_refused(names):
    lecture = Empty()
    lecture.setup()
    for name in names[:-1]:
        lecture.beat(name)
    with pytest.raises(ValueError, match=f"got '{names[-1]}'; allowed .*declared order"):
        lecture.beat(names[-1])


def test_beats_start_when_they_are_opened_and_end_with_the_next(film):
    ended = []

    class Two(Empty):
        def construct(self):
            self.beat("first")
            self.wait(0.5)
            self.beat("second")
            self.wait(1)

        def end_of_beat(self, name):
            ended.append((name, round(self.time, 6)))

    played = film(Two)
    assert played.lecture.beat_starts == pytest.approx({"first": 0.0, "second": 0.5})
    assert ended == [("first", 0.5), ("second", 1.5)]
    assert len(played.frames) == 15


# -- notes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted(Story):
    """It has a number and says whether it is even."""

    @property
    def count(self):
        return len(self.runs)

    @property
    def is_even(self):
        return self.count % 2 == 0


class Counting(Empty):
    """Its words depend on how many runs there are."""

    @beat(
        "first",
        "There are runs.",
        claim("is_even", "They are even.", claim(lambda story: story.count == 1, "There is {story.count}.")),
        "So it is.",
    )
    def tell(self): ...

    @beat("second", "Nothing is {claimed} here.", cover=True)
    def rest(self): ...


@pytest.mark.parametrize(
    ("count", "note"),
    [
        (0, "There are runs. They are even. So it is."),
        (1, "There are runs. There is 1. So it is."),
        (3, "There are runs. So it is."),
    ],
)
def test_a_note_says_what_is_true_of_its_story(count, note):
    story = Counted(NoSettings(), preset("chapter-0"), dict.fromkeys(range(count)))
    assert Counting.notes_of(story) == {"first": note, "second": "Nothing is {claimed} here."}


def test_what_is_told_of_a_lecture_is_the_first_words_of_every_claim():
    assert Counting.beats["first"] == "There are runs. They are even. So it is."
    assert Counting.cover == "second"


def test_a_claim_that_the_story_does_not_know_is_told():
    class Wrong(Empty):
        @beat("first", claim("is_odd", "It is odd."))
        def tell(self): ...

    with pytest.raises(AttributeError, match="'Counted' object has no attribute 'is_odd'"):
        Wrong.notes_of(Counted(NoSettings(), preset("chapter-0"), {}))


class Asking(Counting):
    question, hand_over = "How many are there?", "Next, their sum."


def test_the_question_is_said_first_and_what_leads_on_last():
    story = Counted(NoSettings(), preset("chapter-0"), {})
    assert Asking.notes_of(story) == {
        "first": "How many are there? There are runs. They are even. So it is.",
        "second": "Nothing is {claimed} here. Next, their sum.",
    }
    assert Asking.beats == Asking.notes_of(story)
    assert type("Light", (Asking,), {"theme": "light"}).beats == Asking.beats


def test_the_last_page_of_own_data_is_told_before_what_leads_on():
    story = Counted(NoSettings(), OWN["bmi"].dataset(), {})
    told = "here. And this is the best line in the units of the table. Next, their sum."
    assert Asking.notes_of(story)["second"].endswith(told)


@pytest.mark.parametrize("question", ["", "How many are there?", "Why? " * 40])
def test_the_title_stands_at_the_first_frame(film, question):
    class Titled(Empty):
        title, beats = "A title", {}

        def construct(self):
            self.title_card()

    Titled.question = question
    frames = film(Titled).frames
    inked = [int((frame != frame[0, 0]).any(axis=2).sum()) for frame in frames]
    assert inked[0] == min(inked[:-8]) > 200
    assert (inked[-10] > inked[0]) == bool(question)


def test_a_lecture_that_only_lists_its_beats_has_notes():
    assert Empty.notes_of(Story(NoSettings(), preset("chapter-0"), {})) == Empty.beats


# -- story and theme -----------------------------------------------------------------------------------------


def test_a_story_is_prepared_from_the_settings():
    lecture = Empty()
    lecture.setup()
    assert lecture.story.settings is Empty.settings


def test_a_stored_story_is_drawn_and_none_prepared():
    class Stored(Empty):
        stored = Story(NoSettings(), preset("chapter-0"), {"kept": None})

        @staticmethod
        def prepare(settings):
            raise AssertionError("computed again")

    lecture = Stored()
    lecture.setup()
    assert lecture.story is Stored.stored


def test_the_theme_is_the_ground_of_every_frame(film):
    class Light(Empty):
        theme = "light"

        def construct(self):
            self.wait(0.1)

    played = film(Light)
    assert played.lecture.colors is LIGHT
    assert is_color(color_at(played.frames[0], 960, 540), LIGHT.ground)


# -- layers --------------------------------------------------------------------------------------------------

RED, GREEN, BLUE = "#FF0000", "#00FF00", "#0000FF"


def slide(mobject):
    """Moves without going anywhere, so that it is drawn anew in each frame."""
    return UpdateFromAlphaFunc(mobject, lambda m, alpha: m, rate_func=linear)


@pytest.mark.parametrize("order", ["upward", "downward"])
@pytest.mark.parametrize("moving", [None, 0, 1, 2])
def test_layers_keep_their_order_whenever_they_are_added(film, order, moving):
    class Layered(Empty):
        def construct(self):
            areas = [area(RED), area(GREEN, 600), area(BLUE, 900)]
            for layer, mobject in zip(("grid", "lines", "text"), areas, strict=True):
                lay(layer, mobject)
            for mobject in areas if order == "upward" else areas[::-1]:
                self.add(mobject)
            if moving is None:
                self.wait(0.3)
            else:
                self.play(slide(areas[moving]), run_time=0.3)

    for frame in film(Layered).frames:
        assert is_color(color_at(frame, 500, 500), RED)
        assert is_color(color_at(frame, 750, 500), GREEN)
        assert is_color(color_at(frame, 1200, 500), BLUE)


def test_what_fades_in_later_goes_to_its_layer(film):
    class Late(Empty):
        def construct(self):
            text, grid = area(BLUE, 900), area(RED)
            lay("text", text)
            lay("grid", grid)
            self.add(text)
            self.play(FadeIn(grid), run_time=0.3)
            self.wait(0.2)

    frames = film(Late).frames
    assert all(is_color(color_at(frame, 1200, 500), BLUE) for frame in frames)
    assert is_color(color_at(frames[-1], 500, 500), RED)


def test_mobjects_of_one_layer_lie_as_they_were_added(film):
    class Same(Empty):
        def construct(self):
            first, second = area(RED), area(GREEN, 600)
            lay("lines", first, second)
            self.add(first, second)
            self.play(slide(first), run_time=0.2)

    assert all(is_color(color_at(frame, 1200, 500), GREEN) for frame in film(Same).frames)


def test_what_moves_goes_between_the_layers_of_one_group(film):
    class Mixed(Empty):
        def construct(self):
            grid, text, line = area(RED), area(BLUE, 900), area(GREEN, 600)
            for layer, mobject in zip(("grid", "lines", "text"), (grid, line, text), strict=True):
                lay(layer, mobject)
            self.add(VGroup(grid, text), line)
            self.play(slide(line), run_time=0.2)

    assert all(is_color(color_at(frame, 1200, 500), BLUE) for frame in film(Mixed).frames)


def test_an_unknown_layer_is_refused():
    with pytest.raises(ValueError, match="not in tuple"):
        lay("nowhere", Line())
    assert LAYERS.index("grid") < LAYERS.index("lines") < LAYERS.index("points") < LAYERS.index("text")


# -- ink that changes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["alone", "in a group", "beside what lies above it"])
def test_a_read_out_that_changes_leaves_no_stale_ink(film, where):
    """Each frame is the one that a scene with only that text would show."""
    texts = ["888", "88", "1", "444"]

    def readout(text):
        return Digits(text, 300, LIGHT).place(400, 700)

    class Changing(Empty):
        def construct(self):
            figures = readout(texts[0])
            bystander = Words("x", 200, self.colors).place(1500, 400)
            lay("text", figures)
            lay("moving" if where.startswith("beside") else "grid", bystander)
            self.add(VGroup(figures) if where == "in a group" else figures, bystander)

            def change(mobject, alpha):
                mobject.spell(texts[min(int(alpha * len(texts)), len(texts) - 1)])

            self.play(UpdateFromAlphaFunc(figures, change, rate_func=linear), run_time=0.8)
            self.wait(0.1)

    def fresh(text):
        class Fresh(Empty):
            def construct(self):
                self.add(readout(text), Words("x", 200, self.colors).place(1500, 400))
                self.wait(0.1)

        return film(Fresh).frames[0]

    expected = [fresh(text) for text in texts]
    frames = film(Changing).frames

    matches = [
        [i for i, still in enumerate(expected) if np.abs(frame.astype(int) - still).max() <= 1]
        for frame in frames
    ]
    assert all(len(match) == 1 for match in matches)
    assert [match[0] for match in matches] == sorted(match[0] for match in matches)
    assert {match[0] for match in matches} == {0, 1, 2, 3}


# -- figures that turn ---------------------------------------------------------------------------------------


class Bar(Figure):
    """A length, with a cap that is true only at rest."""

    def __init__(self, length):
        super().__init__()
        self.length, self.cap, self.seen = length, area("#ff0000"), []
        self.add(area("#00ff00"), self.cap)

    @property
    def dials(self):
        return {"length": self.length}

    def dial(self, **values):
        self.length = values["length"]
        self.seen.append((self.length, self.cap in self.submobjects))
        return self

    def trimmings(self, *dials):
        return [self.cap] if "length" in dials else []

    def settle(self):
        self.add(self.cap)
        return self


def test_each_figure_turns_on_the_dials_that_it_has(film):
    class Turned(Empty):
        def construct(self):
            self.bars = Bar(1.0), Bar(5.0)
            self.other = Figure()
            self.add(*self.bars, self.other)
            self.turn(*self.bars, self.other, seconds=1, length=[lambda share: 10.0**share, 7.0])

    lecture = film(Turned).lecture
    first, second = ([length for length, _ in bar.seen] for bar in lecture.bars)
    assert first[-1] == 10.0
    assert second[-1] == 7.0
    assert any(1 < length < 10 for length in first)
    assert not any(capped for bar in lecture.bars for _, capped in bar.seen), "the caps are away"
    assert all(bar.cap in bar.submobjects for bar in lecture.bars), "and come back"


def test_a_dial_that_no_figure_has_is_refused():
    lecture = Empty()
    lecture.setup()
    with pytest.raises(TypeError, match="turn: got height"):
        lecture.turn(Bar(1.0), height=2.0)


def test_one_figure_turns_into_several_each_with_its_own_end(film):
    class Parted(Empty):
        def construct(self):
            self.old, self.news = Bar(1.0), (Bar(3.0), Bar(-3.0))
            self.add(self.old)
            self.turn_into(*((self.old, new) for new in self.news), seconds=1, dials=("length",))

    lecture = film(Parted).lecture
    assert lecture.old not in lecture.mobjects
    for new, end in zip(lecture.news, (3.0, -3.0), strict=True):
        assert new in lecture.mobjects
        assert new.seen[0] == (1.0, True), "it begins where the old one stands"
        assert new.length == end
        assert new.cap in new.submobjects


def test_a_figure_that_travels_takes_leave_of_one_page_and_meets_the_other_with_its_ticks(film):
    class Travelling(Empty):
        def construct(self):
            self.old, self.new, self.before, self.after = Bar(1.0), Bar(3.0), area("#0000ff"), area("#ffff00")
            self.add(self.old, self.before)
            pages = {"leaving": [self.before], "coming": [self.after]}
            self.turn_into((self.old, self.new), seconds=1, fade=0.8, dials=("length",), **pages)

        def play(self, *animations, **timing):
            self.played = [*getattr(self, "played", []), (self.time, self.get_mobject_family_members())]
            super().play(*animations, **timing)

    lecture = film(Travelling).lecture
    (_, first), (leaves, travels), (meets, _) = lecture.played
    assert {lecture.old.cap, lecture.before} <= set(first)
    assert {lecture.old.cap, lecture.before, lecture.new.cap, lecture.after}.isdisjoint(travels)
    assert lecture.old.cap not in lecture.old.submobjects, "its ticks leave, rather than vanish"
    assert {lecture.new.cap, lecture.after} <= set(lecture.get_mobject_family_members())
    assert meets - leaves == pytest.approx(1)
    assert lecture.time - meets == pytest.approx(0.8)


@pytest.mark.parametrize(("first", "ahead"), [("across", 0), ("down", 1)])
def test_a_box_in_a_bow_is_ahead_in_one_direction_and_ends_where_it_should(first, ahead):
    start, end = Box(100, 100, 500, 900), Box(1400, 700, 1600, 1000)
    way = in_a_bow(start, end, first)
    assert (way(0.0), way(1.0)) == (start, end)
    half = way(0.5)
    shares = (half.left - 100) / 1300, (half.top - 100) / 600
    assert shares[ahead] == pytest.approx(0.75)
    assert shares[1 - ahead] == pytest.approx(0.25)
