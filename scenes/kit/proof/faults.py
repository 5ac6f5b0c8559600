"""What may be wrong with a frame, found by looking at what is on the screen.

The rules of a hall: no text over another, nothing within 4 % of the edge, no type smaller than 1/30 of the
height, and text that stands out from what really lies under it.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from manim import Scene, VMobject
from numpy.typing import NDArray

from gdscenes.kit.manim_seam import picture_of
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import contrast, rgb
from gdscenes.kit.type.typeset import Type

LEAST_CONTRAST = 4.5
"""WCAG 2.2, level AA, for text."""
_VISIBLE = 0.05
_OF_COLOR = np.array([1 << 16, 1 << 8, 1])
_READABLE_SHARE = 0.9  # of the pixels under a text; a grid line may cross the rest


def faults(scene: Scene) -> list[str]:
    """Everything that is wrong with the frame now on the screen, one sentence each."""
    drawn = [m for m in scene.get_mobject_family_members() if isinstance(m, VMobject) and is_visible(m)]
    texts = texts_on(scene)
    return [
        *overlaps(texts),
        *outside(drawn),
        *too_small(texts),
        *too_faint(texts, ground_under(scene, drawn, texts)),
    ]


def is_visible(mobject: VMobject) -> bool:
    """Whether a mobject leaves ink on the screen."""
    if not mobject.has_points() or len(mobject.points) < 4:
        return False
    filled = mobject.get_fill_opacity() > _VISIBLE
    stroked = mobject.get_stroke_opacity() > _VISIBLE and mobject.get_stroke_width() > 0
    return bool(filled or stroked)


def texts_on(scene: Scene) -> list[Type]:
    """Every piece of type that is visible; of one made of others, these."""
    found = {id(m): m for top in scene.mobjects for m in top.get_family() if isinstance(m, Type)}
    found = {key: text for key, text in found.items() if not any(id(m) in found for m in text.submobjects)}
    return [text for text in found.values() if any(is_visible(glyph) for glyph in text.ink())]


def overlaps(texts: list[Type]) -> list[str]:
    """Texts that lie over one another."""
    boxes = [text.box() for text in texts]
    return [
        f"{called(texts[i])} and {called(texts[j])} overlap by {boxes[i].overlap(boxes[j]):.0f} square pixels"
        for i, j in itertools.combinations(range(len(texts)), 2)
        if boxes[i].overlap(boxes[j]) > 0
    ]


def outside(drawn: list[VMobject]) -> list[str]:
    """Ink that leaves the safe area."""
    found = []
    for mobject in drawn:
        box = sheet.box_of(mobject.points)
        if not sheet.SAFE.contains(box, slack=1.0):
            found.append(f"{type(mobject).__name__} leaves the safe area: {_numbers(box)}")
    return found


def too_small(texts: list[Type]) -> list[str]:
    """Type that the last row cannot read."""
    return [
        f"{called(text)} has an em of {text.em:.0f} pixels, less than {sheet.SMALLEST:.0f}"
        for text in texts
        if text.em < sheet.SMALLEST - 0.5
    ]


def too_faint(texts: list[Type], under: NDArray[np.uint8]) -> list[str]:
    """Type that does not stand out from what lies under it, `under` being the frame without type."""
    scale = under.shape[1] / sheet.WIDTH
    found = []
    for text in texts:
        box = text.box()
        pixels = under[
            int(box.top * scale) : int(np.ceil(box.bottom * scale)),
            int(box.left * scale) : int(np.ceil(box.right * scale)),
        ].reshape(-1, 3)
        grounds, counts = np.unique((pixels // 8 * 8 + 4) @ _OF_COLOR, return_counts=True)
        for color, opacity in {
            (g.get_fill_color().to_hex(), float(g.get_fill_opacity())) for g in text.ink()
        }:
            if opacity <= _VISIBLE:
                continue
            readable = sum(
                count
                for ground, count in zip(grounds.tolist(), counts.tolist(), strict=True)
                if _contrast_on(color, opacity, ground) >= LEAST_CONTRAST
            )
            if readable < _READABLE_SHARE * len(pixels):
                share = readable / len(pixels)
                found.append(
                    f"{called(text)} in {color} at {opacity:.2f} stands out from {share:.0%} of its ground"
                )
    return found


def ground_under(scene: Scene, drawn: list[VMobject], texts: list[Type]) -> NDArray[np.uint8]:
    """The frame without its type, (height, width, 3)."""
    type_ink = {id(glyph) for text in texts for glyph in text.ink()}
    return picture_of(scene, [m for m in drawn if id(m) not in type_ink])


def called(text: Type) -> str:
    """A text as a message names it."""
    return repr(getattr(text, "source", None) or getattr(text, "text", type(text).__name__))


@cache
def _contrast_on(color: str, opacity: float, ground: int) -> float:
    under = f"#{ground:06X}"
    mixed = [opacity * a + (1 - opacity) * b for a, b in zip(rgb(color), rgb(under), strict=True)]
    return contrast("#{:02X}{:02X}{:02X}".format(*(round(255 * c) for c in mixed)), under)


def _numbers(box: Box) -> str:
    return f"x {box.left:.0f} to {box.right:.0f}, y {box.top:.0f} to {box.bottom:.0f}"
