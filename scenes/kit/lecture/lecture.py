"""The base of every lecture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from manim import Animation, Camera, ManimColor, Mobject, Scene
from manim.mobject.opengl.opengl_mobject import OpenGLMobject

from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.theme import THEMES, Theme

LAYERS = (
    "grid",
    "areas",
    "residuals",
    "ghosts",
    "lines",
    "points",
    "marks",
    "text",
    "moving",
)
"""What lies on what, from the bottom up."""


class Lecture(Scene):
    """A storyboard: a list of beats, drawn from a story that was computed before the first frame.

    A lecture declares the class attributes below, `prepare` and `construct`; the catalog and the tests find
    it by them. Settings and theme are set on a subclass::

        class Slower(RegressionFit):
            settings = RegressionFitSettings(learning_rate=0.05)
            theme = "light"

    Attributes
    ----------
    title : str
    chapter : int
        Its place among the lectures; one without comes last. A plain number, which the catalog reads off the
        file.
    seconds : int
        Length of the film with default settings; a test holds it true.
    settings : Settings
    theme : str
        Name of one of `gdscenes.kit.page.theme.THEMES`.
    beats : dict of str to str
        The beats in order, each with what the lecturer says.
    loops : tuple of str
        Beats that are worth playing over and over where a film is cut into slides.
    cover : str or None
        The beat whose still stands for the lecture; None takes the last.
    stored : Story or None
        A story to draw instead of preparing one.
    """

    title: ClassVar[str]
    chapter: ClassVar[int]
    seconds: ClassVar[int]
    settings: ClassVar[Settings]
    theme: ClassVar[str] = "dark"
    beats: ClassVar[dict[str, str]]
    loops: ClassVar[tuple[str, ...]] = ()
    cover: ClassVar[str | None] = None
    story_type: ClassVar[type[Story]]
    stored: ClassVar[Story | None] = None

    story: Story
    colors: Theme

    @staticmethod
    def prepare(settings: Settings) -> Story:
        """Compute what the film draws; composes calls to gdmath and draws nothing."""
        raise NotImplementedError

    def setup(self) -> None:
        super().setup()
        self.colors = THEMES[self.theme]
        assert isinstance(self.camera, Camera), "lectures are drawn by Cairo"
        self.camera.background_color = ManimColor(self.colors.ground)
        self.story = self.stored if self.stored is not None else self.prepare(self.settings)
        self.beat_starts: dict[str, float] = {}

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

    def lay(self, layer: str, *mobjects: Mobject) -> None:
        """Assign mobjects to a layer, whenever they come onto the screen."""
        for mobject in mobjects:
            mobject.set_z_index(LAYERS.index(layer))

    def add(self, *mobjects: Mobject | OpenGLMobject) -> Self:
        """Add mobjects and keep the scene's list in the order of the layers.

        Manim draws once what stands before the first moving mobject of this list, and everything after it in
        each frame. Kept in the order of the layers, what is drawn once is also what lies below.
        """
        super().add(*mobjects)
        self.mobjects.sort(key=_lowest_layer)
        return self

    def get_moving_and_static_mobjects(
        self, animations: Iterable[Animation]
    ) -> tuple[list[Mobject], list[Mobject]]:
        """What is drawn in each frame, and what is drawn once: whole mobjects of the scene's list.

        Manim's own answer lists every glyph, so that one taken out of a read-out in the course of an
        animation would go on being drawn.
        """
        moving = set(self.get_moving_mobjects(*animations))
        first = next(
            (i for i, mobject in enumerate(self.mobjects) if not moving.isdisjoint(mobject.get_family())),
            len(self.mobjects),
        )
        return self.mobjects[first:], self.mobjects[:first]


def _lowest_layer(mobject: Mobject) -> float:
    family = mobject.family_members_with_points() or [mobject]
    return min(member.z_index for member in family)
