"""The base of every lecture: its beats, and the verbs that they are told with."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Self

from manim import (
    UP,
    Animation,
    Camera,
    FadeIn,
    FadeOut,
    ManimColor,
    Mobject,
    ReplacementTransform,
)

from gdscenes.kit.lecture.beats import Beat, beats_of, joined
from gdscenes.kit.lecture.clock import Clock, Pace, Redraw, advancing, running, turning
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.own_units import OwnUnits
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import AnyStory, Story
from gdscenes.kit.manim_seam import CanvasScene, has_any
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import THEMES, Theme
from gdscenes.kit.type.language import ENGLISH, HOUSE, LOCALE, Language, speaking, tr
from gdscenes.kit.type.typeset import Words, literal

_QUESTION_LINE = 64  # characters of a line of the title card


class Lecture(CanvasScene):
    """A storyboard: a list of beats, drawn from a story that was computed before the first frame.

    A lecture declares the class attributes below, `prepare`, and a method for each beat; the catalog and the
    tests find it by them. Settings and theme are set on a subclass::

        class Slower(RegressionFit):
            settings = RegressionFitSettings(learning_rate=0.05)
            theme = "light"

    Attributes
    ----------
    title : str
    language : str
        Of its words, as a language tag: screen readers and captions follow it. On a subclass another one
        than the lecture was written in is spoken from its catalogs, see `told_in`.
    question : str
        What the lecture asks: it stands under the title, and the first beat's note begins with it.
    hand_over : str
        What leads on to the next lecture: the last beat's note ends with it.
    chapter : int
        Its place among the lectures; one without comes last. A plain number, which the catalog reads off the
        file.
    seconds : int
        Length of the film with default settings; a test holds it true.
    settings : Settings
    theme : str
        Name of one of `gdscenes.kit.page.theme.THEMES`.
    beats : dict of str to str
        The beats in order, each with what the lecturer says with the lecture's own settings (see `notes_of`);
        gathered from the methods marked by `@beat`.
    loops : tuple of str
        Beats that are worth playing over and over where a film is cut into slides.
    cover : str or None
        The beat whose still stands for the lecture; None takes the last.
    trials : tuple of Trial
        What to try in the live figure after beats.
    tasks : tuple of Task
        What to find out there.
    stored : AnyStory or None
        A story to draw instead of preparing one.
    """

    title: ClassVar[str]
    language: ClassVar[str] = ENGLISH
    question: ClassVar[str] = ""
    hand_over: ClassVar[str] = ""
    chapter: ClassVar[int]
    seconds: ClassVar[int]
    settings: ClassVar[Settings]
    theme: ClassVar[str] = "dark"
    beats: ClassVar[dict[str, str]]
    loops: ClassVar[tuple[str, ...]] = ()
    cover: ClassVar[str | None] = None
    trials: ClassVar[tuple[Trial, ...]] = ()
    tasks: ClassVar[tuple[Task, ...]] = ()
    story_type: ClassVar[type[AnyStory]] = Story
    stored: ClassVar[AnyStory | None] = None
    _methods: ClassVar[dict[str, Beat]] = {}

    story: AnyStory
    colors: Theme

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = beats_of(vars(cls))
        if own:
            if taken := [attribute for attribute in own if hasattr(Lecture, attribute)]:
                fix = "give the method another name; the beat's own name may stay"
                raise TypeError(
                    f"@beat: got the method {taken[0]!r}, which is a verb; allowed a new one; fix: {fix}"
                )
            cls._methods = own
            cls.loops = tuple(each.name for each in own.values() if each.loop)
            cls.cover = next((each.name for each in own.values() if each.cover), None)
        with cls.speaking():
            if not own and cls.language != getattr(super(cls, cls), "language", None):
                for name in ("title", "question", "hand_over"):
                    setattr(cls, name, tr(getattr(cls, name)))
            if cls._methods:
                cls.beats = cls._told(lambda each: each.note)

    @classmethod
    def told_in(cls, tag: str) -> type[Self]:
        """The lecture in a language, as far as its catalogs and those of the house have its words."""
        if tag == cls.language:
            return cls
        return type(cls.__name__, (cls,), {"language": tag, "__module__": cls.__module__})

    @classmethod
    def locale(cls) -> Path:
        """The folder of the lecture's own catalogs."""
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        return Path(file).parent / LOCALE if file else HOUSE

    @classmethod
    def speaking(cls) -> AbstractContextManager[Language]:
        """Its language is spoken for a while: what its figures write, its notes, and pages about it."""
        return speaking(cls.language, cls.locale())

    @staticmethod
    def prepare(settings: Settings) -> AnyStory:
        """Compute what the film draws; composes calls to gdmath and draws nothing."""
        raise NotImplementedError

    @classmethod
    def notes_of(cls, story: AnyStory) -> dict[str, str]:
        """The beats in order, each with what the lecturer says of a story."""
        if not cls._methods:
            return dict(cls.beats)
        with cls.speaking():
            own_units = tr("And this is the best line in the units of the table.")
            last_page = own_units if story.frame is not None else ""
            return cls._told(lambda each: each.note_of(story), last_page)

    @classmethod
    def _told(cls, note: Callable[[Beat], str], last_page: str = "") -> dict[str, str]:
        """The notes of the beats, from the question to what leads on."""
        notes = {each.name: note(each) for each in cls._methods.values()}
        names = list(notes)
        notes[names[0]] = joined([cls.question, notes[names[0]]])
        notes[names[-1]] = joined([notes[names[-1]], last_page, cls.hand_over])
        return notes

    def render(self, *arguments: Any, **words: Any) -> Any:
        with self.speaking():
            return super().render(*arguments, **words)

    def setup(self) -> None:
        super().setup()
        self.colors = THEMES[self.theme]
        assert isinstance(self.camera, Camera), "lectures are drawn by Cairo"
        self.camera.background_color = ManimColor(self.colors.ground)
        self.story = self.stored if self.stored is not None else self.prepare(self.settings)
        self.beat_starts: dict[str, float] = {}

    # -- beats -------------------------------------------------------------------------------------------

    def construct(self) -> None:
        for method, each in self._methods.items():
            self.beat(each.name)
            getattr(self, method)()
        if self.story.frame is not None:
            self.go_back_to_own_units()

    def beat(self, name: str) -> None:
        """Open a beat: a Manim section, and with it a slide, a chapter and a caption.

        Raises
        ------
        ValueError
            If the name is not declared, or its turn has not come.
        """
        turn = list(self.beats)[len(self.beat_starts)] if len(self.beat_starts) < len(self.beats) else None
        if name != turn:
            raise ValueError(
                f"beat: got {name!r}; allowed {turn!r}; fix: open the beats in the declared order"
            )
        if self.beat_starts:
            self.end_of_beat(list(self.beat_starts)[-1])
        self.next_section(name)
        self.beat_starts[name] = float(self.time)

    def tear_down(self) -> None:
        if self.beat_starts:
            self.end_of_beat(list(self.beat_starts)[-1])
        super().tear_down()

    def end_of_beat(self, name: str) -> None:
        """Called with the last frame of each beat on the screen; the tests look at it here."""

    def telling_moment(self) -> None:
        """Say that the picture now on the screen tells the beat best: stills show it instead of the end."""

    # -- verbs -------------------------------------------------------------------------------------------

    def title_card(self) -> None:
        """The title stands from the first frame; the question and what the data are come, and all leave."""
        middle = sheet.WIDTH / 2
        title = Words(literal(self.title), sheet.LARGE, self.colors)
        title.place(middle, sheet.HEIGHT / 2, "center")
        asked = textwrap.wrap(self.question, _QUESTION_LINE)
        question = [Words(literal(line), sheet.MEDIUM, self.colors) for line in asked]
        told = self.story.told(self.colors)
        for row, words in enumerate([*question, *told]):
            below = 100 + 66 * row + 50 * (row >= len(question) > 0)
            words.place(middle, sheet.HEIGHT / 2 + below, "center")
        self.add(title)
        if question or told:
            self.say(*question, *told)
        self.wait(1.5 + len(question) / 2 + len(told))
        self.play(FadeOut(title, *question, *told, shift=0.2 * UP), run_time=0.5)

    def go_back_to_own_units(self) -> None:
        """The last page of a film of a user's data: the best line, in the units of the table."""
        self.telling_moment()
        assert isinstance(self.story, Story), "a frame is that of a dataset"
        page = OwnUnits(self.story.dataset, self.colors)
        self.turn_page(page.inside, page.frame)
        self.wait(1.2)
        self.say(page.outside)
        self.wait(1)
        self.say(page.miss)
        self.wait(2.5)

    def show(self, *drawn: Mobject, run_time: float = 1.0) -> None:
        """Mobjects appear together."""
        self.play(FadeIn(*drawn), run_time=run_time)
        self._stand_alone(drawn)

    def hide(self, *drawn: Mobject, run_time: float = 0.7) -> None:
        """Mobjects disappear together; a part of a figure is taken out of it."""
        self.play(FadeOut(*drawn), run_time=run_time)

    def leave_only(self, *kept: Mobject, run_time: float = 0.7) -> None:
        """Everything else on the screen leaves."""
        self.hide(*_without(self.mobjects, kept), run_time=run_time)
        self.add(*kept)

    def say(self, *words: Mobject, run_time: float = 0.8) -> None:
        """Words and numbers rise into their places."""
        self.play(FadeIn(*words, shift=0.2 * UP), run_time=run_time)
        self._stand_alone(words)

    def steps(self, clock: Clock, to: int, seconds: float = 0.9, rest: float = 0.4) -> Iterator[int]:
        """One update after another; each row is told when it is reached, before the rest that follows."""
        while clock.row < to:
            self.redraw(advancing(clock, run_time=seconds))
            yield clock.row
            if rest:
                self.wait(rest)

    def advance(self, clock: Clock, to: int, seconds: float = 0.9, rest: float = 0.4) -> None:
        """One update after another, each with a rest after it."""
        for _ in self.steps(clock, to, seconds, rest):
            pass

    def run_on(self, clock: Clock, to: int, seconds: float, pace: Pace = "even") -> None:
        """The updates up to a row as a time-lapse."""
        self.redraw(running(clock, to, seconds, pace))

    def turn(
        self,
        *figures: Any,
        seconds: float = 1.5,
        fade: float = 0.4,
        along: Sequence[Mobject] = (),
        back: bool = False,
        coming: Sequence[Mobject] = (),
        **dials: Any,
    ) -> None:
        """Figures go over to other values of their dials: `window`, `box`, `factor` and so on.

        Parameters
        ----------
        *figures : Figure
        seconds : float
            How long they turn.
        fade : float
            How long what is not true on the way, such as ticks, takes to leave before and to come back.
        along : sequence of Mobject
            What the figures redraw besides themselves.
        back : bool
            They come back to the values that they have now.
        coming : sequence of Mobject
            What else appears when they are there, together with their ticks.
        **dials
            By their names; each figure takes those that it has. A list has a value for each of the figures, a
            function of the share, 0 to 1, says the way.
        """
        if strange := [name for name in dials if not any(name in figure.dials for figure in figures)]:
            raise TypeError(f"turn: got {', '.join(strange)}; allowed dials of the figures")
        own = [
            {
                name: values[index] if isinstance(values, list) else values
                for name, values in dials.items()
                if name in figure.dials
            }
            for index, figure in enumerate(figures)
        ]

        def trimmings() -> list[Mobject]:
            return [
                part
                for figure, turned in zip(figures, own, strict=True)
                for part in figure.trimmings(*turned)
                if part in figure.submobjects
            ]

        if leaving := trimmings():
            self.hide(*leaving, run_time=fade)
        self.redraw(
            *(
                turning(figure, along, back, run_time=seconds, **turned)
                for figure, turned in zip(figures, own, strict=True)
                if turned
            )
        )
        for figure in figures:
            figure.settle()
        if appearing := [*trimmings(), *coming]:
            self.show(*appearing, run_time=fade)

    def turn_into(
        self,
        *pairs: tuple[Any, Any],
        dials: Sequence[str] = ("box", "window"),
        leaving: Sequence[Mobject] = (),
        **turn: Any,
    ) -> None:
        """Figures go over into others of their kind: each from where the old one stands to where it will.

        Where they leave a page and come onto another, what is on either goes and comes with their ticks, so
        that they are not alone for longer than they travel.

        Parameters
        ----------
        *pairs : tuple of Figure
            An old one, on the screen, and a new one as it will be in the end. One may become several.
        dials : sequence of str
            Those on which it goes its way.
        leaving : sequence of Mobject
            What else disappears before they go, together with the ticks of the old ones.
        **turn
            As `turn` takes it: how long, and dials that go another way than evenly.
        """
        olds, news = zip(*pairs, strict=True)
        ticks = [
            part for old in dict.fromkeys(olds) for part in old.trimmings(*dials) if part in old.submobjects
        ]
        if gone := [*ticks, *leaving]:
            self.hide(*gone, run_time=0.5)
        ends = {name: [new.dials[name] for new in news] for name in dials} | turn
        for old, new in pairs:
            here = {name: value for name, value in old.dials.items() if name in ends}
            new.dial(**here).bare(*here)
        self.remove(*olds)
        self.add(*news)
        self.turn(*news, **ends)

    def redraw(self, *animations: Animation) -> None:
        """Play animations that draw anew what they move; what is not on the screen comes onto it."""
        here = set(self.get_mobject_family_members())
        self.add(
            *(
                drawn
                for animation in animations
                if isinstance(animation, Redraw)
                for drawn in animation.drawn
                if drawn not in here
            )
        )
        self.play(*animations)
        for animation in animations:
            if isinstance(animation, Redraw):
                self.remove(animation.group)

    def turn_page(
        self,
        *to: Mobject,
        carry: Iterable[tuple[Mobject, Mobject]] = (),
        out: float = 0.6,
        seconds: float = 1.0,
    ) -> None:
        """What is on the screen leaves, then another page comes; some things are carried over.

        Parameters
        ----------
        *to : Mobject
            What the new page shows.
        carry : iterable of pairs of Mobject
            What of the old page becomes what of the new one. One old thing may become several.
        out, seconds : float
            How long the old page takes to leave, and the new one to come.
        """
        pairs = list(carry)
        olds, news = [old for old, _ in pairs], [new for _, new in pairs]
        leaving = _without(self.mobjects, olds)
        if leaving:
            self.play(FadeOut(*leaving), run_time=out)
        self.clear()
        moves: list[Animation] = []
        for index, (old, new) in enumerate(pairs):
            source = old.copy() if old in olds[:index] else old
            moves.append(ReplacementTransform(source, new))
        coming = _without(to, news)
        self.play(*moves, *([FadeIn(*coming)] if coming else []), run_time=seconds)
        self.clear()
        self.add(*to, *(new for new in news if not any(new in each.get_family() for each in to)))

    # -- whole figures ------------------------------------------------------------------------------------

    def play(self, *args: Any, **kwargs: Any) -> None:
        """Play animations; a figure of which only a part was animated is whole again after them."""
        before = self._figures()
        super().play(*args, **kwargs)
        self._keep_whole(before)

    def _figures(self) -> list[Mobject]:
        """What can be turned, on the screen."""
        return [each for each in self.mobjects if hasattr(type(each), "dial")]

    def _stand_alone(self, mobjects: Iterable[Mobject]) -> None:
        """Keep mobjects whole that are no parts of a figure on the screen."""
        held = {part for figure in self._figures() for part in figure.get_family()[1:]}
        self._keep_whole(each for each in mobjects if each not in held)

    def _keep_whole(self, mobjects: Iterable[Mobject]) -> None:
        """Have mobjects stand in the scene's list themselves, without those of their parts that have left.

        Manim takes a group apart when a part of it is animated; a figure must stay one, or what is turned or
        hidden later is not what is on the screen.
        """
        here = set(self.get_mobject_family_members())
        for mobject in mobjects:
            if mobject in self.mobjects or not has_any(mobject, here):
                continue
            for member in mobject.get_family():
                member.submobjects = [part for part in member.submobjects if has_any(part, here)]
            self.add(mobject)


def _without(mobjects: Iterable[Mobject], parts: Sequence[Mobject]) -> list[Mobject]:
    """Mobjects, those that hold one of some parts replaced by what else they hold."""
    found: list[Mobject] = []
    for mobject in mobjects:
        if any(mobject is part for part in parts):
            continue
        if any(part in mobject.get_family() for part in parts):
            found += _without(mobject.submobjects, parts)
        else:
            found.append(mobject)
    return found
