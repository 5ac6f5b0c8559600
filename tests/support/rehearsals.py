"""Rehearsals: a lecture run without its in-between frames, looked at on the last frame of each beat."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from canvas import tiny
from drawn import on_screen
from manim import Animation, FadeIn, FadeOut, Mobject
from manim.utils.exceptions import EndSceneEarlyException

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim
from gdscenes.kit.figures.readout_line import ReadoutLine
from gdscenes.kit.figures.readouts import Readout, Readouts
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.manim_seam import picture_of
from gdscenes.kit.page import sheet
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.proof import faults as layout
from gdscenes.kit.proof.claims import claims_on

FRAME_WIDTH = 640
LONGEST_FROM_NOTHING = 1.0
"""Seconds in which what comes onto an empty screen is there, or beside a small map that is left alone."""
SMALL_PART = 0.15
"""Of the page: where a map that is alone covers less, the page looks empty."""

Look: TypeAlias = Callable[[Any], None]
_SEEN: dict[type[Lecture], list[tuple[Look, tuple[str, ...]]]] = defaultdict(list)
"""By lecture, what its tests look at in the shared rehearsal, and in which beats."""


@dataclass
class Rehearsal:
    """What a lecture did, and what was on the screen at the end of each beat.

    `faded` tells when two plots faded over each other, or nothing, or nothing but a small map, was on the
    screen for more than a second.
    """

    lecture: Lecture
    seconds: float = 0.0
    beat_starts: dict[str, float] = field(default_factory=dict)
    frames: dict[str, np.ndarray] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    readouts: dict[str, list[Readout]] = field(default_factory=dict)
    faded: list[str] = field(default_factory=list)
    failed: dict[Look, Exception] = field(default_factory=dict)


def told(lecture: type[Lecture], settings: Settings | None = None) -> Any:
    """The story of some settings, by default the lecture's own, computed once for all tests that ask."""
    return _told(lecture, settings or lecture.settings)


@cache
def _told(lecture: type[Lecture], settings: Settings) -> Any:
    return lecture.prepare(settings)


def rehearse(
    lecture: type[Lecture],
    *,
    theme: str = "dark",
    settings: Settings | None = None,
    stored: Story | None = None,
    look: Callable[[Any, str], None] | None = None,
    every_frame: Callable[[Any], None] | None = None,
    of: tuple[str, ...] = (),
    frame_rate: int = 15,
    until: str | None = None,
    but_for: Mapping[str, np.ndarray] | None = None,
) -> Rehearsal:
    """Run a lecture through and look at the last frame of each beat.

    Parameters
    ----------
    stored : Story, optional
        What is drawn; nothing is then computed.
    look : callable, optional
        Called with the lecture and the beat's name at the end of each beat.
    every_frame : callable, optional
        Called with the lecture at each of its frames, which are then all gone through.
    of : tuple of str
        The beats of which all frames are gone through, where it is not all; the last of them is played last.
    frame_rate : int
        Of these, in a second.
    until : str, optional
        The last beat that is played.
    but_for : mapping of str to array, optional
        Frames by beat: the beat after the first that ends on another is the last that is played.
    """
    if of:
        until = until or of[-1]
    is_passed = every_frame is None
    kept = Rehearsal(None)  # type: ignore[arg-type]

    class Rehearsed(lecture):  # type: ignore[misc, valid-type]
        def beat(self, name: str) -> None:
            if until in self.beat_starts:
                raise EndSceneEarlyException
            super().beat(name)

        def next_section(self, name: str = "", *arguments: Any, **words: Any) -> None:
            nonlocal is_passed
            is_passed = every_frame is None or (bool(of) and name not in of)
            super().next_section(name, *arguments, **words | {"skip_animations": is_passed})

        def end_of_beat(self, name: str) -> None:
            nonlocal until
            if every_frame is None:
                kept.frames[name] = picture_of(self)
                if but_for is not None and (kept.frames[name] != but_for[name]).any():
                    until = name
                kept.faults[name] = layout.faults(self)
                kept.claims[name] = claims_on(self)
                figures = [*on_screen(self, Readouts), *on_screen(self, ReadoutLine)]
                kept.readouts[name] = [readout for figure in figures for readout in figure.readouts]
            if look is not None:
                look(self, name)

        def play(self, *animations: Any, **timing: Any) -> None:
            kept.faded += [f"{self.time:.1f} s: {fault}" for fault in fading(animations)]
            was_empty, since = is_empty(self), self.time
            super().play(*(map(at_once, animations) if is_passed else animations), **timing)
            if was_empty and self.time - since > LONGEST_FROM_NOTHING:
                kept.faded.append(f"{since:.1f} s: from nothing in {self.time - since:.1f} s")
            if is_small(self):
                self.small_since = getattr(self, "small_since", self.time)
            elif (small := self.time - vars(self).pop("small_since", self.time)) > LONGEST_FROM_NOTHING:
                kept.faded.append(f"{self.time - small:.1f} s: nothing but a small map for {small:.1f} s")

        def wait(self, *duration: Any, **how: Any) -> None:
            if is_empty(self):
                kept.faded.append(f"{self.time:.1f} s: nothing is on the screen")
            super().wait(*duration, **how)

        def update_to_time(self, t: float) -> None:
            super().update_to_time(t)
            if every_frame is not None:
                every_frame(self)

    def refuse(_: Settings) -> Story:
        raise AssertionError("prepare was called")

    Rehearsed.theme = theme
    if settings is not None:
        Rehearsed.settings, Rehearsed.stored = settings, told(lecture, settings)
    if stored is not None:
        Rehearsed.stored = stored
        Rehearsed.prepare = staticmethod(refuse)
    with tiny(FRAME_WIDTH, FRAME_WIDTH * 9 // 16, frame_rate=frame_rate):
        kept.lecture = Rehearsed(skip_animations=every_frame is None)
        kept.lecture.skip_animation_preview = True
        kept.lecture.renderer.update_frame = lambda *_, **__: None  # who looks at a picture draws it
        kept.lecture.render()
    kept.seconds = kept.lecture.time
    kept.beat_starts = kept.lecture.beat_starts
    return kept


class Cut(Animation):
    """What is faded is there, or gone, from one frame to the next."""

    def begin(self) -> None: ...

    def finish(self) -> None: ...

    def update_mobjects(self, dt: float) -> None: ...

    def interpolate(self, alpha: float) -> None: ...


def at_once(animation: Any) -> Any:
    """An animation of which only the end is seen: a fade, which copies all that it fades, is a cut."""
    if type(animation) not in (FadeIn, FadeOut):
        return animation
    return Cut(
        animation.mobject,
        run_time=animation.run_time,
        introducer=animation.is_introducer(),
        remover=animation.is_remover(),
    )


def has_place(mobject: Mobject) -> bool:
    """Whether any member of its family has points; found where the first is met."""
    return mobject.has_points() or any(map(has_place, mobject.submobjects))


def is_empty(scene: Any) -> bool:
    """Whether nothing on the screen has a place."""
    return not any(map(has_place, scene.mobjects))


def is_small(scene: Any) -> bool:
    """Whether maps are on the screen, nothing else is, and they cover but a small part of the page."""
    if any(has_place(each) for each in scene.mobjects if not isinstance(each, ContourMap)):
        return False
    maps = [each for each in scene.mobjects if isinstance(each, ContourMap) and has_place(each)]
    if not maps:
        return False
    covered = sum(each.box.width * each.box.height for each in maps)
    return bool(covered < SMALL_PART * sheet.WIDTH * sheet.HEIGHT)


def fading(animations: Iterable[Any]) -> list[str]:
    """Plots that leave while others come in their place."""
    leaving, coming = (
        [
            plot.box
            for each in animations
            if isinstance(each, kind)
            for plot in each.mobject.get_family()
            if isinstance(plot, Plot | ContourMap)
        ]
        for kind in (FadeOut, FadeIn)
    )
    pairs = itertools.product(leaving, coming)
    return [f"a plot fades over another at {new}" for old, new in pairs if old.overlap(new) > 0]


def rehearsal(lecture: type[Lecture], theme: str = "dark", until: str | None = None) -> Rehearsal:
    """One rehearsal with default settings, shared by all tests that only look at it.

    In another theme than the dark one it draws the story that was told in that.
    """
    return _shared(lecture, theme, until)


@cache
def _shared(lecture: type[Lecture], theme: str, until: str | None) -> Rehearsal:
    failed: dict[Look, Exception] = {}

    def look(scene: Any, beat: str) -> None:
        for test, beats in _SEEN[lecture]:
            if beat in beats and test not in failed:
                try:
                    test(scene)
                except Exception as fault:  # which its own test tells
                    failed[test] = fault

    if theme != "dark":
        return rehearse(lecture, theme=theme, stored=rehearsal(lecture).lecture.story, until=until)
    kept = rehearse(lecture, look=look, until=until)
    kept.failed = failed
    return kept


def seen(lecture: type[Lecture], *beats: str) -> Callable[[Look], Callable[[], None]]:
    """Make a test of what the shared rehearsal shows at the end of these beats.

        @seen(LossSurface, "cuts")
        def test_the_cuts_hold_the_start(scene): ...

    All such tests of a lecture look at one rehearsal, of default settings in the dark theme; they read
    and change nothing.
    """

    def decorate(look: Look) -> Callable[[], None]:
        _SEEN[lecture].append((look, beats))

        def test() -> None:
            unseen = set(beats).difference(rehearsal(lecture).beat_starts)
            assert not unseen, f"{lecture.__name__} has no beat {', '.join(unseen)}"
            if fault := rehearsal(lecture).failed.get(look):
                raise fault

        test.__name__, test.__doc__ = look.__name__, look.__doc__
        return test

    return decorate
