"""One residual: its ends in the data plane, and its numbers as a subtraction."""

from __future__ import annotations

from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL
from gdscenes.kit.plot.marks import Dots, Segments
from gdscenes.kit.type.digits import Digits, in_a_row
from gdscenes.kit.type.notation import bracketed, notation_for
from gdscenes.kit.type.typeset import Words

_FORMULA, _TERMS, _SECOND = 92.0, 78.0, 136.0  # baselines: from the top of the cell, then from the formula


class OneResidual(Figure):
    """Predicted minus observed for one train point, on the line that a plane shows now.

        one = OneResidual(self.plane, story.largest, cell)
        self.show(one.prediction, one.predicted)
        self.say(one.formula)
        self.say(one.terms[0])

    Parameters
    ----------
    plane : DataPlane
    row : int
        Of the train points.
    cell : Cell
        Room for the formula and the numbers.

    Attributes
    ----------
    point, prediction : Dots
    residual : Segments
    observed, predicted : Words
        Names of the two ends.
    formula : Words
    terms : list of Digits
        Predicted, minus, observed, equals, residual.
    error : float
    """

    def __init__(self, plane: DataPlane, row: int, cell: Cell) -> None:
        super().__init__()
        theme, problem = plane.theme, plane.problem
        x, y = float(problem.x[row]), float(problem.y[row])
        predicted = float(problem.predict(plane.parameters)[row])
        self.error = predicted - y
        here, there = plane.where([x], [y]), plane.where([x], [predicted])
        self.point = Dots(theme.ink, 12).stand_at(here)
        self.prediction = Dots(theme.model, 11, hollow=True).stand_at(there).set_fill(theme.ground, 1)
        self.residual = Segments(theme.loss, 7).set_ends(here, there)
        lay("marks", self.point, self.prediction)
        lay("residuals", self.residual)

        self.observed, self.predicted = Words("$y_i$", SMALL, theme), Words("$yhat_i$", SMALL, theme)
        for name, end in ((self.observed, here), (self.predicted, there)):
            left, baseline = sheet.pixels(end)[0] + (26, 14)
            name.place(left, baseline)
            if name.box().right > sheet.MARGIN.left - 40:
                name.place(left - 52, baseline, "right")

        self.formula = Words('$mark("loss", e_i) = yhat_i - y_i$', MEDIUM, theme)
        baseline = cell.top + _FORMULA
        self.formula.place(cell.left, baseline)
        notation = notation_for([y, predicted, self.error])
        self.terms = [
            Digits(notation.write(predicted), SMALL, theme, "model_text"),
            Digits("-", SMALL, theme),
            Digits(bracketed(notation.write(y)), SMALL, theme),
            Digits("=", SMALL, theme),
            Digits(notation.write(self.error), SMALL, theme, "loss"),
        ]
        in_a_row(self.terms, cell.left, baseline + _TERMS, 10)
        if self.terms[-1].box().right > cell.right:
            in_a_row(self.terms[3:], cell.left, baseline + _SECOND, 10)
        self.add(self.residual, self.point, self.prediction, self.observed, self.predicted)
        self.add(self.formula, *self.terms)
