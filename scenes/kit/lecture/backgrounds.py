"""What of a page is drawn in each frame of an animation, and what is drawn once, as its background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from manim import Mobject, ValueTracker

from gdscenes.kit.manim_seam import Pictured
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box


def is_never_seen(mobject: Mobject) -> bool:
    """Whether a mobject leaves no ink, whatever becomes of it: a value tracker, or what a hold plays."""
    return type(mobject) is Mobject or isinstance(mobject, ValueTracker)


def split(
    mobjects: Sequence[Mobject], changes: Callable[[Mobject], bool]
) -> tuple[list[Mobject], list[Mobject]]:
    """Whole mobjects of a scene's list: those that are drawn in each frame, and those that are drawn once.

    A background lies below all else. So what does not change is drawn in each frame too where any part of it
    lies over what is: anywhere on the page, or over a picture, that leaves its box no more than what stands
    still, on the same spot.
    """
    still = [_Lying(mobject, turn, changes(mobject)) for turn, mobject in enumerate(mobjects)]
    moving: list[_Lying] = []
    found = [each for each in still if each.changes]
    while found:
        moving += found
        still = [each for each in still if each not in found]
        found = [each for each in still if any(each.is_over(lower) for lower in found)]
    moving.sort(key=lambda each: each.turn)
    return [each.mobject for each in moving], [each.mobject for each in still]


class _Lying:
    """A mobject where it lies: in its turn in the scene's list, in its layers, in a box of the page."""

    def __init__(self, mobject: Mobject, turn: int, changes: bool) -> None:
        self.mobject, self.turn, self.changes = mobject, turn, changes
        self.layers = [each.z_index for each in mobject.family_members_with_points()] or [mobject.z_index]
        self.stays = isinstance(mobject, Pictured) or not changes

    @cached_property
    def box(self) -> Box:
        if isinstance(self.mobject, Pictured):
            box: Box = self.mobject.box
            return box
        points = self.mobject.get_all_points()
        return sheet.box_of(points).grown(4) if len(points) else Box(0, 0, 0, 0)

    def is_over(self, lower: _Lying) -> bool:
        if lower.turn > self.turn and min(lower.layers) >= max(self.layers):
            return False
        return not lower.stays or self.box.overlap(lower.box) > 0
