"""The normal equations of a line: where both slopes are zero, in symbols and in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from manim import VGroup

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, SMALLEST
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import rounded
from gdscenes.kit.type.typeset import Words

_SYMBOLS = (
    "$bias + overline(x) thin weight = overline(y)$",
    "$overline(x) thin bias + overline(x^2) thin weight = overline(x y)$",
)
_BASELINE = 78.0  # from the top of the cell
_GAP, _BESIDE = 10.0, 90.0  # between terms, and from the symbols to the numbers


class NormalEquations(Figure):
    """In each of two cells one equation, and beside it the same with the numbers of the points.

    Where a cell has no room for both, the numbers stand in the place of the symbols.

        b + mean(x) w = mean(y),    mean(x) b + mean(x^2) w = mean(x y)

    Parameters
    ----------
    cells : sequence of Cell
    problem : LeastSquares
        With a bias.
    theme : Theme

    Attributes
    ----------
    symbols : list of Words
    numbers : list of VGroup
        None where one of them is too long for its cell.
    are_beside : bool
        Whether the numbers stand beside the symbols.
    """

    def __init__(self, cells: Sequence[Cell], problem: LeastSquares, theme: Theme) -> None:
        super().__init__()
        self.symbols = [
            Words(source, MEDIUM, theme).place(cell.left, cell.top + _BASELINE)
            for source, cell in zip(_SYMBOLS, cells, strict=True)
        ]
        self.numbers = list[VGroup]()
        self._claimed: list[Digits] = []
        texts, beside = _texts(problem), max(words.box().width for words in self.symbols) + _BESIDE
        for indent, em in product((beside, 0.0), (MEDIUM, SMALL, SMALLEST)):
            terms = [_terms(each, em, theme) for each in texts]
            fit = all(indent + _width(each) <= cell.width for each, cell in zip(terms, cells, strict=True))
            if fit:
                break
        self.are_beside = indent > 0
        for cell, line in zip(cells, terms, strict=True):
            x = cell.left + indent
            for term in line if fit else []:
                term.place(x, cell.top + _BASELINE)
                x += _advance(term) + _GAP
        if fit:
            self.numbers = [VGroup(*each) for each in terms]
            self._claimed = [
                term for each in terms for term in each if isinstance(term, Digits) and term.text not in "+="
            ]
        self.add(*self.symbols, *self.numbers)
        lay("text", self)

    def claims(self, row: int) -> Iterator[Claim]:
        """The numbers, in the order in which they are read."""
        for place, digits in enumerate(self._claimed):
            yield Claim.read(f"normal equations {place}", "", row, digits)


def _texts(problem: LeastSquares) -> list[list[str]]:
    """The coefficients of b and w and the right side, as they are written; the first b has none.

    What is rounding noise beside the points is a zero.
    """
    (_, (mean, mean_square)), (y_mean, product) = problem.normal_equations
    x, y = (1e-12 * float(np.abs(each).max()) for each in (problem.x, problem.y))
    noise = x, y, 1e12 * x * y
    in_w, right, turned = (
        rounded(value, 4, below) for value, below in zip((mean, y_mean, product), noise, strict=True)
    )
    return [["", in_w, right], [in_w, rounded(mean_square, 4), turned]]


def _terms(texts: list[str], em: float, theme: Theme) -> list[Words | Digits]:
    """Coefficients and unknowns in a row."""
    bias, weight = (Words(f"${role}$", em, theme) for role in PARAMETER_ROLES)
    in_b, in_w, right = (Digits(text, em, theme) for text in texts)
    plus = [] if texts[1].startswith("-") else [Digits("+", em, theme)]
    return [*[in_b] * bool(texts[0]), bias, *plus, in_w, weight, Digits("=", em, theme), right]


def _advance(term: Words | Digits) -> float:
    return term.width_pixels if isinstance(term, Digits) else term.box().width


def _width(terms: Sequence[Words | Digits]) -> float:
    return sum(map(_advance, terms)) + _GAP * (len(terms) - 1)
