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
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import markup, rounded, shortest
from gdscenes.kit.type.typeset import Type, Words

_GAP, _APART = 16.0, 90.0
_SIZES = (MEDIUM, 5), (SMALL, 5), (SMALLEST, 5), (SMALLEST, 4), (SMALLEST, 3)  # em, digits
_FIRST, _PITCH = 140.0, 125.0  # baselines of the formulas, pixels


class MappedBack(Figure):
    """The formulas that map (b', w') back into a feature's unit, with the numbers that go through them.

        w = w' / sigma,    b = b' - w mu,    and in x, where u = f x,    f w and b

        back = MappedBack(cell, (in_x, in_u), 10.0, learned, theme, runs=("x", "u", "z"), last_row=1)
        self.say(back.head, *back.names)
        self.play(flying(back.learned[1], back.slots["w'"]), ...)

    Parameters
    ----------
    cell : Box
        Its left and right edge; the lines stand from its top on.
    problems : tuple of LeastSquares
        Of the feature x, and of u, the feature that was standardised.
    factor : float
        How many times x is u.
    learned : ndarray, shape (2,)
        (b', w') on the standardised feature.
    theme : Theme
    runs : tuple of str
        Runs that descend on the losses of x and of u, and the one whose last row was learned; see `Claim`.
    last_row : int
        Of that run.

    Attributes
    ----------
    head : VGroup
        What was learned.
    learned : list of Digits
        b' and w'.
    names : list of VGroup
        The formula of w, that of b and that in x, with the signs between their numbers.
    slots : dict of str to Digits
        The numbers in the formulas: "w'", "sigma", "b'", "w" and "mu".
    results : list of Digits
        b and w in u.
    in_x : list of Digits
        b and w in x.
    """

    def __init__(
        self,
        cell: Box,
        problems: tuple[LeastSquares, LeastSquares],
        factor: float,
        learned: NDArray[np.float64],
        theme: Theme,
        *,
        runs: tuple[str, str, str],
        last_row: int,
    ) -> None:
        super().__init__()
        self.runs, self.last_row = runs, last_row
        scalers = [Standardizer.fit(problem.x) for problem in problems]
        mapped = [scaler.parameters_to_original(learned) for scaler in scalers]
        problem, scaler = problems[1], scalers[1]
        noise = 1e-12 * float(np.abs(problem.y).max())

        def lines(size: tuple[float, int]) -> list[Block]:
            em, n = size
            first, fit = (rows_of_fit(*pair, digits=n) for pair in zip(problems, mapped, strict=True))
            primes = [rounded(float(each), n, zero_below=noise) for each in learned]
            texts = {
                "w'": primes[WEIGHT],
                "sigma": rounded(scaler.standard_deviation, n),
                "b'": primes[BIAS],
                "w": _bracketed(fit[WEIGHT].texts[0]),
                "mu": _bracketed(rounded(scaler.mean, n)),
            }
            words, digits = partial(Words, em=em, theme=theme), partial(Digits, em=em, theme=theme)
            roles = {"w'": "weight", "w": "weight", "b'": "bias"}
            slot = {name: digits(text, role=roles.get(name, "ink")) for name, text in texts.items()}
            ends = [digits(row.texts[0], role=row.role) for row in fit]
            self.in_x = [digits(row.texts[0], role=row.role) for row in first]
            self.learned = [
                digits(text, role=role) for text, role in zip(primes, PARAMETER_ROLES, strict=True)
            ]
            over, minus, dot = (words(f"${sign}$") for sign in ("\\/", "-", "dot"))
            named = [
                words("$weight = weight' \\/ sigma_u =$"),
                words("$bias = bias' - weight mu_u =$"),
            ]
            times, comma = markup(shortest(factor)), tr("\\,")
            self.slots, self.results = slot, ends
            last = words(tr("in $x$:")), words(f"${times} weight =$"), words(f"${comma} quad bias =$")
            parts: list[list[Type]] = [
                [words("$weight' =$"), self.learned[WEIGHT]],
                [words("$bias' =$"), self.learned[BIAS]],
                [named[0], slot["w'"], over, slot["sigma"], words("$=$"), ends[WEIGHT]],
                [named[1], slot["b'"], minus, slot["w"], dot, slot["mu"], words("$=$"), ends[BIAS]],
                [last[0], last[1], self.in_x[WEIGHT], last[2], self.in_x[BIAS]],
            ]
            return [Block(line, gap=_GAP) for line in parts]

        def widest(size: tuple[float, int]) -> float:
            first, second, *formulas = (line.box().width for line in lines(size))
            return max(first, second) + _APART + max(formulas)

        em, _ = size = fitted(cell.width, _SIZES, widest)
        rows = lines(size)
        head = Words(tr("learned on $z$"), em, theme, "muted").place(cell.left, cell.top + em)
        beyond = cell.left + max(row.box().width for row in rows[:2]) + _APART
        for index, row in enumerate(rows):
            left = cell.left if index < 2 else beyond
            row.place(left, cell.top + _FIRST + _PITCH * (index % 2 if index < 4 else 2))
        numbers = [*self.slots.values(), *self.results, *self.in_x]
        self.head = VGroup(head, *rows[0].parts, *rows[1].parts)
        self.names = [VGroup(*(part for part in row.parts if part not in numbers)) for row in rows[2:]]
        self.add(self.head, *self.names, *numbers)
        lay("text", self)

    def claims(self, row: int) -> Iterator[Claim]:
        in_x, in_u, learned_on = self.runs
        for index, role in enumerate(PARAMETER_ROLES):
            yield Claim.read(role, learned_on, self.last_row, self.learned[index])
            yield Claim.read(f"least-squares {role}", in_u, row, self.results[index])
            yield Claim.read(f"least-squares {role}", in_x, row, self.in_x[index])
        yield Claim.read("mean", in_u, row, self.slots["mu"])
        yield Claim.read("deviation", in_u, row, self.slots["sigma"])


def _bracketed(text: str) -> str:
    """A negative number as it stands after another sign."""
    return f"({text})" if text.startswith("-") else text
