"""The update rule, in symbols and in the numbers of one row of a run."""

from __future__ import annotations

from manim import VGroup

from gdmath import Trajectory
from scenes._kit import page
from scenes._kit.readouts import Figures, in_a_row, number, significant
from scenes._kit.theme import PARAMETER_ROLES, Theme
from scenes._kit.typeset import Words

_LEFT = page.MARGIN.left + 60
_NUMBERS_BELOW = 76
_RESULT_BELOW = 136
_COMFORTABLE_GAP = 16.0
_LEAST_GAP = 8.0


class UpdateRule(VGroup):
    """``b <- b - eta dMSE/db`` for each parameter, the numbers of one row, and what they make.

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
        self.symbols, self.rates, self.result_signs = VGroup(), VGroup(), VGroup()
        self.slopes: list[Words] = []
        self.olds: list[Figures] = []
        self.gradients: list[Figures] = []
        self.results: list[Figures] = []
        for index, (role, baseline) in enumerate(zip(PARAMETER_ROLES, baselines, strict=True)):
            equals, old, rate, gradient = self._numbers(index, role, baseline + _NUMBERS_BELOW, theme)
            self.rates.add(VGroup(equals, rate))
            self.olds.append(old)
            self.gradients.append(gradient)
            result = Figures(self.result_text(1, index), old.em, theme, role)
            result.place(page.pixels(old.origin)[0], baseline + _RESULT_BELOW)
            self.results.append(result)
            self.result_signs.add(equals.copy().place(equals.middle, baseline + _RESULT_BELOW, "center"))
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
        self.add(self.result_signs, *self.results)

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

    def result_text(self, row: int, index: int) -> str:
        """The parameter of a row."""
        return number(self.run.parameters[row, index], self.decimals, signed=True)

    def show_row(self, row: int) -> None:
        """Put in the numbers that made a row, and the row."""
        for index in range(len(PARAMETER_ROLES)):
            self.olds[index].spell(self.old_text(row, index))
            self.gradients[index].spell(self.gradient_text(row, index))
            self.results[index].spell(self.result_text(row, index))
