"""Numbers that fly to where they are used."""

from __future__ import annotations

from typing import Any

from manim import Animation, AnimationGroup, FadeIn, TransformFromCopy, smooth, squish_rate_func

from gdscenes.kit.type.digits import Digits


def flying(source: Digits, target: Digits, **how: Any) -> Animation:
    """A number flies to where it is used; written otherwise there, it fades in on the way.

    The number itself leaves, for nothing stands under it as it goes; once it is away it is in its old place
    again.

    What any animation takes says how, such as the angle of a bow, `path_arc`.
    """
    if source.text == target.text:
        again = FadeIn(source, rate_func=squish_rate_func(smooth, 0.5, 0.9))
        return AnimationGroup(TransformFromCopy(source, target, **how), again)
    return FadeIn(target, target_position=source, **how)
