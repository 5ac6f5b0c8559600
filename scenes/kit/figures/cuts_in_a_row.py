"""What cuts share: a scale of losses, a row on the page, what is seen of each and what is held."""

from __future__ import annotations

from collections.abc import Sequence

from gdmath import LeastSquares
from gdscenes.kit.figures.cut import Cut, heights_up_to
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axis import Axis, left_of_axes
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words


def loss_axis(
    lowest: float, highest: float, loss_name: str, *, headroom: float = 1.15, most: int = 5
) -> Axis:
    """The axis of a loss, from zero, or from a little under its minimum where that is far above zero.

    Cuts that share it show their losses to one scale.

    Parameters
    ----------
    lowest, highest : float
        The lowest minimum, and the loss that must be seen.
    loss_name : str
    headroom : float
        The axis ends where a loss would be so many times as high over its foot as the highest.
    most : int
        Most pieces between ticks.
    """
    drop = highest - lowest
    low = 0.0 if lowest < 1.5 * drop else lowest - 0.2 * drop
    return heights_up_to(low, low + headroom * (highest - low), f'$loss("{loss_name}")$', most)


def seen_about_minimum(
    problem: LeastSquares, start: float, behind: float, ahead: float
) -> tuple[float, float]:
    """What a cut shows on either side of its lowest point, in ways from the start to there.

    Parameters
    ----------
    problem : LeastSquares
        Of one parameter.
    start : float
    behind, ahead : float
        On the side of the start, and on the other.
    """
    lowest = float(problem.minimizer[0])
    low, high = sorted((lowest - behind * (lowest - start), lowest + ahead * (lowest - start)))
    return low, high


def cuts_in_a_row(
    cell: Box,
    problems: Sequence[LeastSquares],
    ends: Sequence[tuple[float, float]],
    heights: Axis,
    theme: Theme,
    *,
    roles: Sequence[str],
    starts: Sequence[float],
    lanes: int = 0,
    gap: float = 71.0,
) -> list[Cut]:
    """Cuts side by side, of one width, their losses to one scale that is numbered once; see `Cut`."""
    return [
        Cut(
            box,
            problem,
            seen,
            heights,
            theme,
            role=role,
            start=start,
            lanes=lanes,
            most=6,
            in_a_row=True,
            has_heights=index == 0,
        )
        for index, (box, problem, seen, role, start) in enumerate(
            zip(
                columns_of_cuts(cell, len(problems), heights, gap), problems, ends, roles, starts, strict=True
            )
        )
    ]


def columns_of_cuts(cell: Box, n: int, heights: Axis, gap: float = 71.0) -> list[Cell]:
    """Where the axes of cuts in a row stand: the losses' numbers have room at the left."""
    left = left_of_axes(cell.left, heights)
    return Cell(left, cell.top, cell.right, cell.bottom).columns(n, gap=gap)


def held_at(role: str, text: str, theme: Theme, em: float = MEDIUM) -> Block:
    """Which parameter is held, and at what; its number is the second of the parts."""
    return Block(
        [
            Words(f"${role} =$", em, theme),
            Digits(text, em, theme, role),
            Words(tr("held"), SMALL, theme, "muted"),
        ],
        gap=16,
    )
