"""Numbers that fly to where they are used."""

from __future__ import annotations

from manim import Animation, FadeIn, TransformFromCopy

from gdscenes.kit.type.digits import Digits


def flying(source: Digits, target: Digits) -> Animation:
    """A number flies to where it is used; written otherwise there, it fades in on the way."""
    if source.text == target.text:
        return TransformFromCopy(source, target)
    return FadeIn(target, target_position=source)
