"""The head over a picture of a run: its line, its mark, its label, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from manim import VGroup

from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.runs import RunMarks, draw_run_line, new_run_line
from gdscenes.kit.type.typeset import Words

HeadSizes: TypeAlias = tuple[float, float, float]
"""Em of the label, length of the line, em of what stands at the right."""
_SIZES = ((MEDIUM, 84.0, SMALL), (SMALL, 50.0, SMALL), (SMALL, 24.0, SMALL), (SMALLEST, 24.0, SMALLEST))


class Head(VGroup):
    """The line, mark and label of a run over its picture; at the right its fact, or what it came to.

    Parameters
    ----------
    box : Box
        Of the picture.
    runner : Runner
    theme : Theme
    sizes : HeadSizes
        See `head_sizes`.

    Attributes
    ----------
    verdict : Words
        Not shown with the head: it is said when it is known.
    """

    def __init__(self, box: Box, runner: Runner, theme: Theme, sizes: HeadSizes = _SIZES[0]) -> None:
        super().__init__()
        em, sample, small = sizes
        y = box.top - 56
        line = new_run_line(runner.style, theme)
        draw_run_line(line, sheet.at([box.left, box.left + sample], [y, y]), runner.style)
        mark = RunMarks(runner.style, theme, 11).stand_at(sheet.at([box.left + sample / 2], [y]))
        label = Words(runner.label, em, theme, runner.style.role).place(box.left + sample + 16, y + 16)
        self.add(line, mark, label)
        if runner.fact:
            self.add(Words(runner.fact, small, theme).place(box.right, y + 16, "right"))
        lay("text", self)
        self.verdict = Words(runner.verdict or "#h(0pt)", small, theme, "muted")
        self.verdict.place(box.right, y + 16, "right")


def head_sizes(width: float, runners: Sequence[Runner], theme: Theme) -> HeadSizes:
    """The sizes with which the heads of all runners fit over pictures of one width."""

    def widest(sizes: HeadSizes) -> float:
        em, sample, small = sizes
        labels = max(Words(each.label, em, theme).box().width for each in runners)
        said = filter(None, (each.fact or each.verdict for each in runners))
        widths = (Words(text, small, theme).box().width for text in said)
        return sample + 32 + labels + max(widths, default=0.0)

    return fitted(width, _SIZES, widest)
