"""Numbers that fly to where they are used."""

from __future__ import annotations

from typing import Any

from manim import Animation, FadeIn, TransformFromCopy

from gdscenes.kit.type.digits import Digits


def flying(source: Digits, target: Digits, **how: Any) -> Animation:
    """A number flies to where it is used; written otherwise there, it fades in on the way.

    What any animation takes says how, such as the angle of a bow, `path_arc`.
    """
    if source.text == target.text:
        return TransformFromCopy(source, target, **how)
    return FadeIn(target, target_position=source, **how)
