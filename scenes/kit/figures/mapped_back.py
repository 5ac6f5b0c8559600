"""What was learned on a standardised feature goes back into the feature's unit, number by number."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import BIAS, WEIGHT, LeastSquares, Standardizer
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.table import rows_of_fit
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import rounded
from gdscenes.kit.type.typeset import Type, Words

five = partial(rounded, digits=5)
_GAP, _APART = 16.0, 90.0
_FIRST, _PITCH = 150.0, 130.0  # baselines of the formulas, pixels


class MappedBack(Figure):
    """The formulas that map (b', w') back into a feature's unit, with the numbers that go through them.

        w = w' / sigma,    b = b' - w mu

        back = MappedBack(cell, problem, scaler, learned, theme, symbol="u", runs=("changed", "scaled"))
        self.say(back.head, *back.names)
        self.play(flying(back.learned[1], back.slots["w'"]), ...)

    Parameters
    ----------
    cell : Box
        Its left and right edge; the lines stand from its top on.
    problem : LeastSquares
        Of the feature in its own unit.
    scaler : Standardizer
        Fitted on that feature.
    learned : ndarray, shape (2,)
        (b', w') on the standardised feature.
    theme : Theme
    symbol : str
        Of the feature: the index of its mean and its deviation.
    runs : tuple of str
        A run that descends on `problem`, and the one whose last row was learned; see `Claim`.
    last_row : int
        Of that run.

    Attributes
    ----------
    head : VGroup
        What was learned.
    learned : list of Digits
        b' and w'.
    names : list of VGroup
        The formula of w and that of b, with the signs between their numbers.
    slots : dict of str to Digits
        The numbers in the formulas: "w'", "sigma", "b'", "w" and "mu".
    results : list of Digits
        b and w.
    """

    def __init__(
        self,
        cell: Box,
        problem: LeastSquares,
        scaler: Standardizer,
        learned: NDArray[np.float64],
        theme: Theme,
        *,
        symbol: str,
        runs: tuple[str, str],
        last_row: int,
    ) -> None:
        super().__init__()
        self.runs, self.last_row = runs, last_row
        fit = rows_of_fit(problem, scaler.parameters_to_original(learned))
        noise = 1e-12 * float(np.abs(problem.y).max())
        primes = [five(float(each), zero_below=noise) for each in learned]
        texts = {
            "w'": primes[WEIGHT],
            "sigma": five(scaler.standard_deviation),
            "b'": primes[BIAS],
            "w": _bracketed(fit[WEIGHT].texts[0]),
            "mu": _bracketed(five(scaler.mean)),
        }

        def lines(em: float) -> list[Block]:
            words, digits = partial(Words, em=em, theme=theme), partial(Digits, em=em, theme=theme)
            roles = {"w'": "weight", "w": "weight", "b'": "bias"}
            slot = {name: digits(text, role=roles.get(name, "ink")) for name, text in texts.items()}
            ends = [digits(row.texts[0], role=row.role) for row in fit]
            first = [digits(text, role=role) for text, role in zip(primes, PARAMETER_ROLES, strict=True)]
            over, minus, dot = (words(f"${sign}$") for sign in ("\\/", "-", "dot"))
            named = [
                words(f"$weight = weight' \\/ sigma_{symbol} =$"),
                words(f"$bias = bias' - weight mu_{symbol} =$"),
            ]
            self.slots, self.results, self.learned = slot, ends, first
            parts: list[list[Type]] = [
                [words("$weight' =$"), first[WEIGHT]],
                [words("$bias' =$"), first[BIAS]],
                [named[0], slot["w'"], over, slot["sigma"], words("$=$"), ends[WEIGHT]],
                [named[1], slot["b'"], minus, slot["w"], dot, slot["mu"], words("$=$"), ends[BIAS]],
            ]
            return [Block(line, gap=_GAP) for line in parts]

        def widest(em: float) -> float:
            first, second, *formulas = (line.box().width for line in lines(em))
            return max(first, second) + _APART + max(formulas)

        em = fitted(cell.width, (MEDIUM, SMALL, SMALLEST), widest)
        rows = lines(em)
        head = Words("learned on $z$", em, theme, "muted").place(cell.left, cell.top + em)
        beyond = cell.left + max(row.box().width for row in rows[:2]) + _APART
        for index, row in enumerate(rows):
            left = cell.left if index < 2 else beyond
            row.place(left, cell.top + _FIRST + _PITCH * (index % 2))
        numbers = [*self.slots.values(), *self.results]
        self.head = VGroup(head, *rows[0].parts, *rows[1].parts)
        self.names = [VGroup(*(part for part in row.parts if part not in numbers)) for row in rows[2:]]
        self.add(self.head, *self.names, *numbers)
        lay("text", self)

    def claims(self, row: int) -> Iterator[Claim]:
        run, learned_on = self.runs
        for role, prime, result in zip(PARAMETER_ROLES, self.learned, self.results, strict=True):
            yield Claim.read(role, learned_on, self.last_row, prime)
            yield Claim.read(f"least-squares {role}", run, row, result)
        yield Claim.read("mean", run, row, self.slots["mu"])
        yield Claim.read("deviation", run, row, self.slots["sigma"])


def _bracketed(text: str) -> str:
    """A negative number as it stands after another sign."""
    return f"({text})" if text.startswith("-") else text
