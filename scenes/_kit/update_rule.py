"""The update rule, in symbols and in the numbers of one row of a run."""

from __future__ import annotations

from manim import VGroup

from gdmath import Trajectory
from scenes._kit import page
from scenes._kit.page import Points
from scenes._kit.readouts import Figures, in_a_row, number, significant
from scenes._kit.theme import PARAMETER_ROLES, Theme
from scenes._kit.typeset import Words

_LEFT = page.MARGIN.left + 60
_NUMBERS_BELOW = 76
_COMFORTABLE_GAP = 16.0
_LEAST_GAP = 8.0


class UpdateRule(VGroup):
    """``b <- b - eta dMSE/db`` for each parameter, and under the symbols the numbers of one row.

    Row k shows how ``parameters[k]`` came to be: ``parameters[k - 1] - learning_rate * gradients[k - 1]``.

    Parameters
    ----------
    run : Trajectory
    loss_name : str
    decimals, gradient_decimals : int
        Of the parameters and of the gradient.
    baselines : tuple of float
        Where the symbols of each parameter stand, pixels of the page.
    theme : Theme
    """

    def __init__(
        self,
        run: Trajectory,
        loss_name: str,
        decimals: int,
        gradient_decimals: int,
        baselines: tuple[float, float],
        theme: Theme,
    ) -> None:
        super().__init__()
        self.run, self.decimals, self.gradient_decimals = run, decimals, gradient_decimals
        self.symbols, self.rates = VGroup(), VGroup()
        self.slopes: list[Words] = []
        self.olds: list[Figures] = []
        self.gradients: list[Figures] = []
        for index, (role, baseline) in enumerate(zip(PARAMETER_ROLES, baselines, strict=True)):
            equals, old, rate, gradient = self._numbers(index, role, baseline + _NUMBERS_BELOW, theme)
            self.rates.add(VGroup(equals, rate))
            self.olds.append(old)
            self.gradients.append(gradient)
            for symbol, middle in (
                ("arrow.l", equals.middle),
                (role, old.middle),
                ("- thick eta", rate.middle),
            ):
                word = Words(f"${symbol}$", page.MEDIUM, theme)
                self.symbols.add(word.place(middle, baseline, "center"))
            self.symbols.add(Words(f"${role}$", page.MEDIUM, theme).place(page.MARGIN.left, baseline))
            slope = Words(f'$slope("{loss_name}", {role})$', page.SMALL, theme)
            self.slopes.append(slope.place(gradient.middle, baseline, "center"))
        self.add(self.symbols, *self.slopes, *self.olds, self.rates, *self.gradients)

    def _numbers(self, index: int, role: str, baseline: float, theme: Theme) -> list[Figures]:
        """Equals sign, old value, rate and gradient, in the smaller type where they would be crowded."""
        for em in (page.SMALL, page.SMALLEST):
            terms = [
                Figures("=", em, theme, "muted"),
                Figures(self.old_text(1, index), em, theme, role),
                Figures(f"-{significant(self.run.learning_rate)}·", em, theme),
                Figures(self.gradient_text(1, index), em, theme, role),
            ]
            gap = (page.MARGIN.right - _LEFT - sum(term.width_pixels for term in terms)) / 3
            if gap >= _LEAST_GAP:
                break
        in_a_row(terms, _LEFT, baseline, min(_COMFORTABLE_GAP, gap))
        return terms

    def old_text(self, row: int, index: int) -> str:
        """The parameter before the update that made a row."""
        return number(self.run.parameters[row - 1, index], self.decimals, signed=True)

    def gradient_text(self, row: int, index: int) -> str:
        """The gradient that made a row, in brackets."""
        return f"({number(self.run.gradients[row - 1, index], self.gradient_decimals, plus=True)})"

    def show_row(self, row: int) -> None:
        """Put in the numbers that made a row."""
        for index, (old, gradient) in enumerate(zip(self.olds, self.gradients, strict=True)):
            old.spell(self.old_text(row, index))
            gradient.spell(self.gradient_text(row, index))

    def places_of_results(self) -> list[Points]:
        """The middle of each row of numbers, where its result comes from."""
        return [VGroup(old, rate).get_center() for old, rate in zip(self.olds, self.rates, strict=True)]
