"""Chords of one level line through the minimum: the shorter one is, the sooner the loss rises along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.contours import draw_level
from gdscenes.kit.plot.labels import MARK, Ink, Label, place, plated
from gdscenes.kit.plot.marks import Polyline, Segments
from gdscenes.kit.type.notation import fixed, number
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_FILLED = 0.86  # of the room from the minimum to the edge


class Directions(Figure):
    """A level line on a contour map, and what it cuts off several directions, each with its name.

    Parameters
    ----------
    map : ContourMap
    ways : sequence of ndarray, each (2,)
        Directions in (b, w).
    names : sequence of str
        Typst markup.
    roles : sequence of str

    Attributes
    ----------
    level : Polyline
    chords : list of VGroup
        Line and label of each direction.
    """

    def __init__(
        self, map: ContourMap, ways: Sequence[Array], names: Sequence[str], roles: Sequence[str]
    ) -> None:
        super().__init__()
        problem, plot, theme = map.problem, map.plot, map.theme
        center, limits = problem.minimizer, plot.limits
        room = np.minimum(center - limits[0::2], np.array(limits[1::2]) - center)
        free = [
            min(at / abs(part) for at, part in zip(room, way, strict=True) if abs(part) > 1e-6)
            for way in ways
        ]
        height = min(float(problem.rise(_FILLED * far * way)) for far, way in zip(free, ways, strict=True))
        self.level = draw_level(Polyline(theme.ink, 3.5), plot, problem, problem.minimum + height)
        lay("ghosts", self.level)
        lines, labels = [], []
        for way, name, role in zip(ways, names, roles, strict=True):
            ends = plot.at(*(center + np.outer([-1, 1], float(problem.reach(way, height)) * way)).T)
            line = Segments(theme.color(role), 7).set_ends(ends[:1], ends[1:])
            lay("points", line)
            lines.append((line, sheet.pixels(ends)))
            labels.append(Words(name, SMALL, theme, role))
        ink = Ink().add(self.level, *(line for line, _ in lines), map.frame)
        ink.add(map.ring, map.diamond, *(path.marks for path in map.paths.values()), weight=MARK)
        wanted = []
        for label, (_, (foot, tip)) in zip(labels, lines, strict=True):
            beyond = 26 + label.box().height / 2
            spots = [end + beyond * np.array(way) for end in (tip, foot) for way in _AROUND]
            wanted.append(Label(label, np.array(spots), pad=8))
        place(wanted, ink, inside=plot.box)
        self.chords = [
            VGroup(line, plated(label, theme)) for (line, _), label in zip(lines, labels, strict=True)
        ]
        self.add(self.level, *self.chords)

    def taken(self, plot: Places) -> list[Array]:
        """Ends (b, w) of lines over the chords and their names, for other labels to keep away from."""
        return [
            plot.values(ends)
            for line, label in self.chords
            for ends in (np.concatenate(line.ends()), np.array([label.get_left(), label.get_right()]))
        ]


def curvatures_along(
    cell: Box, curvatures: Array, names: Sequence[str], roles: Sequence[str], theme: Theme, *, rate: float
) -> Table:
    """Of each direction the curvature, the limit of the rate, and the part of the error that a step keeps."""
    kept = np.abs(1.0 - rate * curvatures)
    rows = [
        Row(name, (fixed(curvature), fixed(2.0 / curvature), number(part, 3)), role, role)
        for name, role, curvature, part in zip(names, roles, curvatures, kept, strict=True)
    ]
    return Table(cell, rows, theme, heads=("curvature", "limit", "kept"), em=SMALL)


_AROUND = ((1.4, 0), (-1.4, 0), (0, -1), (0, 1), (1.2, -0.8), (-1.2, -0.8), (1.2, 0.8), (-1.2, 0.8))
