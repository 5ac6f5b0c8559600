"""What can be known of a feature and a target before a film is made of them."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from gdmath.arrays import FloatArray, IndexArray
from gdmath.datasets import Dataset
from gdmath.descent import steps_needed
from gdmath.frames import FrameChoice, TeachingFrame
from gdmath.objectives import WEIGHT, LeastSquares
from gdmath.scaling import Standardizer
from gdmath.tables import Table

FEW_ROWS: Final = 10
"""Fewer train rows tell little of a line."""
FEW_DISTINCT: Final = 20
"""So few values of the feature, each met three times or more on the mean, stand in columns."""
SIGNIFICANCE: Final = 0.05
MOST_TOLD: Final = 10
"""Rows that are named, the worst first."""
_MOST_LEVERAGE = 0.5
_MOST_DISTANCE = 1.0
_ROUNDING = 1e-20


class RowReason(StrEnum):
    """What is wrong with a row; a member reads as what is said of it."""

    OUTLIER = "far off the line that the other rows have"
    INFLUENCE = "draws the line to itself"
    LEVERAGE = "holds the line almost alone, so far out is its x"


class Caution(StrEnum):
    """Why a line may not be the story of a table; a member reads as the sentence."""

    FEW_ROWS = f"Fewer than {FEW_ROWS} rows train the line: it may be chance."
    FEW_DISTINCT = "The feature has few distinct values: the points stand in columns."
    CONSTANT_TARGET = "The target is the same in every train row: the line is flat and explains nothing."
    NO_SLOPE = "The slope cannot be told from zero: a t-test at 5 % finds no line in these rows."
    SUSPECT_ROWS = "Some rows are not like the others: look at them before you show the line."


@dataclass(frozen=True)
class ColumnFacts:
    """One column over all rows, in its own unit.

    Attributes
    ----------
    name, unit : str
    smallest, largest, mean, standard_deviation : float
        The deviation is the population's (1/n).
    n_distinct : int
        Different values.
    """

    name: str
    unit: str
    smallest: float
    largest: float
    mean: float
    standard_deviation: float
    n_distinct: int


@dataclass(frozen=True)
class LineFacts:
    """The least-squares line of the train rows, y = b + w x.

    Attributes
    ----------
    bias, weight : float
        In the units of the table; the bias is None where the line goes through the origin.
    bias_inside, weight_inside : float
        The same line in the teaching frame; as above where there is none.
    typical_miss : float
        sqrt(1/n sum e^2), e = b + w x - y, in the unit of the target.
    is_exact : bool
        The line passes through every train row, to rounding.
    r_squared : float or None
        1 - sum e^2 / sum (y - ybar)^2, without a bias 1 - sum e^2 / sum y^2; None of a constant target.
    correlation : float or None
        Pearson's r; None where the target is constant or there is no bias.
    p_value : float or None
        How often rows without any slope have an r as large, see `p_value`; None where there is no r, or
        fewer than three rows. True to about 1e-12.
    """

    bias: float | None
    weight: float
    bias_inside: float | None
    weight_inside: float
    typical_miss: float
    is_exact: bool
    r_squared: float | None
    correlation: float | None
    p_value: float | None


@dataclass(frozen=True)
class DescentFacts:
    """What the Hessian of the loss on the train rows says of descent, in one choice of units.

    Attributes
    ----------
    eigenvalues : tuple of float
        Ascending.
    condition_number : float
        lambda_max / lambda_min.
    max_stable_learning_rate, best_learning_rate : float
        2 / lambda_max and 2 / (lambda_min + lambda_max).
    n_steps : int or None
        At the best rate, from the dataset's start, until the loss is at most 1.01 times its minimum, see
        `gdmath.steps_needed`.
    """

    eigenvalues: tuple[float, ...]
    condition_number: float
    max_stable_learning_rate: float
    best_learning_rate: float
    n_steps: int | None


@dataclass(frozen=True)
class RowFacts:
    """A row that is not like the others, measured by the line of the train rows.

    Attributes
    ----------
    row : int
        As a spreadsheet counts; of a preset, from 1.
    x, y : float
        In the units of the table.
    is_train : bool
        Whether the line was fitted to it.
    leverage : float
        How much the line's height at x follows this y, see `influence`.
    studentized_residual : float
        How far it is off the line of the other train rows, in standard deviations of such a miss.
    cooks_distance : float
        How far the line moves without it; 0 of a row that is kept aside.
    reasons : tuple of RowReason
    """

    row: int
    x: float
    y: float
    is_train: bool
    leverage: float
    studentized_residual: float
    cooks_distance: float
    reasons: tuple[RowReason, ...]


@dataclass(frozen=True)
class Facts:
    """A feature and a target in numbers: the columns, their line, how descent fares, and what to beware of.

    Attributes
    ----------
    name : str
        Of the table or preset.
    n_rows, n_dropped : int
        Rows, and those that were left out before for they lacked a number.
    n_repeated : int
        Rows whose x and y are those of an earlier row.
    n_train, n_validation : int
        Rows that the line is fitted to and descended on, and rows kept aside.
    x, y : ColumnFacts
    line : LineFacts
    frame : TeachingFrame or None
        In which the lectures descend; None where that is in the units of the table.
    choices : (FrameChoice, FrameChoice) or None
        What the rule of the frame says of feature and target; None where it is not asked, for a preset or
        a table that is raw.
    own_units, in_frame, standardized : DescentFacts
        In the units of the table; in the teaching frame, None where there is none; with the feature
        standardised, None without a bias.
    learning_rate : float
        That a lecture descends at unless another is asked for, where it converges.
    n_steps : int or None
        At this rate, as `DescentFacts.n_steps`.
    rows : tuple of RowFacts
        Those that are not like the others, the worst first, at most 10.
    n_suspect : int
        How many there are.
    cautions : tuple of Caution
    """

    name: str
    n_rows: int
    n_dropped: int
    n_repeated: int
    n_train: int
    n_validation: int
    x: ColumnFacts
    y: ColumnFacts
    line: LineFacts
    frame: TeachingFrame | None
    choices: tuple[FrameChoice, FrameChoice] | None
    own_units: DescentFacts
    in_frame: DescentFacts | None
    standardized: DescentFacts | None
    learning_rate: float
    n_steps: int | None
    rows: tuple[RowFacts, ...]
    n_suspect: int
    cautions: tuple[Caution, ...]


def facts_of(data: Table | Dataset) -> Facts:
    """Return the facts of a table, with the split, start and frame that its films have, or of a preset.

    Raises
    ------
    TableError
        When the table cannot teach a line.

    Examples
    --------
    >>> from gdmath import preset
    >>> facts = facts_of(preset("chapter-0"))
    >>> round(facts.line.weight, 4), round(facts.line.r_squared, 4), facts.cautions
    (1.969, 0.9784, ())
    >>> facts.n_steps, facts.own_units.n_steps, facts.standardized.n_steps
    (258, 43, 1)
    """
    dataset = data.dataset() if isinstance(data, Table) else data
    frame = dataset.frame or TeachingFrame()
    if isinstance(data, Table):
        x, y, numbers, n_dropped = data.x, data.y, data.row_numbers, data.n_dropped
    else:
        x, y = frame.x_outside(dataset.x), frame.y_outside(dataset.y)
        numbers, n_dropped = np.arange(1, dataset.x.size + 1), 0
    train, inside = dataset.train_indices, dataset.problem()
    own = LeastSquares(x[train], y[train], dataset.fit_bias, dataset.reduction)
    start = frame.parameters_outside(dataset.start) if dataset.fit_bias else dataset.start
    standardized = None
    if dataset.fit_bias and np.ptp(own.x):
        scaler = Standardizer.fit(own.x)
        scaled = LeastSquares(scaler.transform(own.x), own.y, reduction=dataset.reduction)
        standardized = _descent(scaled, scaler.parameters_to_scaled(start))
    line = _line(own, inside)
    suspects = _suspects(own, x, y, train, numbers)
    is_asked = isinstance(data, Table) and not data.raw
    column_x = _column(dataset.x_name, dataset.x_unit, x)
    return Facts(
        name=dataset.name,
        n_rows=x.size,
        n_dropped=n_dropped,
        n_repeated=_n_repeated(x, y),
        n_train=train.size,
        n_validation=dataset.validation_indices.size,
        x=column_x,
        y=_column(dataset.y_name, dataset.y_unit, y),
        line=line,
        frame=dataset.frame,
        choices=TeachingFrame.choices(own.x, own.y) if is_asked else None,
        own_units=_descent(own, start),
        in_frame=_descent(inside, dataset.start) if dataset.frame else None,
        standardized=standardized,
        learning_rate=dataset.learning_rate,
        n_steps=steps_needed(inside, dataset.start, dataset.learning_rate),
        rows=tuple(suspects[:MOST_TOLD]),
        n_suspect=len(suspects),
        cautions=_cautions(own, column_x, line, bool(suspects)),
    )


def p_value(correlation: float, n_freedom: int) -> float:
    """Return the probability that an r at least so large comes of rows without any slope, Student's t.

        P(|T| > t),    t = r sqrt(nu / (1 - r^2))

    As a finite sum in sin a = r, cos a = sqrt(1 - r^2), where nu is odd and where it is even,

        1 - 2/pi (a + sin a (cos a + 2/3 cos^3 a + ... + (2 4 ... nu - 3) / (3 5 ... nu - 2) cos^(nu-2) a))
        1 - sin a (1 + 1/2 cos^2 a + ... + (1 3 ... nu - 3) / (2 4 ... nu - 2) cos^(nu-2) a)

    Parameters
    ----------
    correlation
        r, from -1 to 1.
    n_freedom
        nu, from 1: n - 2 for a line through n points.

    Notes
    -----
    Source: Abramowitz and Stegun (1964), *Handbook of Mathematical Functions*, 26.7.3 and 26.7.4.

    Examples
    --------
    >>> round(p_value(0.632, 8), 3)  # the critical value that tables have for ten points at 5 %
    0.05
    """
    sine = min(abs(correlation), 1.0)
    square = (1.0 - sine) * (1.0 + sine)
    is_odd = n_freedom % 2
    k = np.arange(1, (n_freedom - 1) // 2 if is_odd else n_freedom // 2)
    ratios = 2.0 * k / (2.0 * k + 1.0) if is_odd else (2.0 * k - 1.0) / (2.0 * k)
    terms = 1.0 + float(np.cumprod(square * ratios).sum())
    if not is_odd:
        return max(1.0 - sine * terms, 0.0)
    beyond = sine * math.sqrt(square) * terms if n_freedom > 1 else 0.0
    return max(1.0 - 2.0 / math.pi * (math.asin(sine) + beyond), 0.0)


def critical_t(n_freedom: int, significance: float) -> float:
    """Return the t that Student's abs(T) exceeds so rarely: `p_value` solved by halving.

    Examples
    --------
    >>> round(critical_t(10, 0.05), 3)
    2.228
    """
    low, high = 0.0, 0.5 * math.pi
    for _ in range(40):
        angle = 0.5 * (low + high)
        low, high = (angle, high) if p_value(math.sin(angle), n_freedom) > significance else (low, angle)
    return math.sqrt(n_freedom) * math.tan(low)


def influence(
    problem: LeastSquares, x: FloatArray, y: FloatArray, train: IndexArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return leverages, studentised residuals and Cook's distances of all rows, by the line of some.

    With the rows a_i of the design matrix A of the n train rows, p parameters, r_i = y_i - yhat_i, as
    the diagnostics have it, positive above the line, and s^2 = sum r_i^2 / (n - p),

        h_i = a_i^T (A^T A)^-1 a_i    (with a bias 1/n + (x_i - xbar)^2 / sum (x - xbar)^2)
        t_i = r_i / (s_(i) sqrt(1 - h_i))    (s_(i) is s without row i)
        D_i = r_i^2 h_i / (p s^2 (1 - h_i)^2)

    A row that is kept aside is compared with the same line: t_i = r_i / (s sqrt(1 + h_i)), and D_i = 0. So
    t_i is, of every row, its distance from the line of the train rows other than itself, in standard
    deviations of such a distance.

    Parameters
    ----------
    problem
        The train rows, n > p + 1 of them.
    x, y : (m,)
        All rows.
    train : (n,)
        Which of them are the problem's.

    Returns
    -------
    leverages, studentized, distances : (m,)
        A row whose leverage is 1 is alone with its part of the line: t_i and D_i are 0.

    Notes
    -----
    Source: Belsley, Kuh and Welsch (1980), *Regression Diagnostics*, 2.1; Cook (1977), *Detection of
    Influential Observation in Linear Regression*, equation 5.
    """
    n, p = problem.n_rows, problem.n_parameters
    if problem.fit_bias:
        away = x - problem.x.mean()
        leverages = 1.0 / n + away**2 / (away[train] ** 2).sum()
    else:
        leverages = x**2 / (problem.x**2).sum()
    missed = y - problem.predict(problem.minimizer, x)
    squares = float((missed[train] ** 2).sum())
    # what rounding leaves of zero must not pass for a spread
    least = _ROUNDING * float(np.mean(problem.y**2)) or 1.0
    variance = max(squares / (n - p), least)
    studentized = missed / np.sqrt(variance * (1.0 + leverages))
    distances = np.zeros_like(studentized)
    left = 1.0 - leverages[train]
    is_held = left > 1e-9
    left = np.where(is_held, left, 1.0)
    r, h = missed[train], leverages[train]
    without = np.maximum((squares - r**2 / left) / (n - p - 1), least)
    studentized[train] = np.where(is_held, r / np.sqrt(without * left), 0.0)
    distances[train] = np.where(is_held, r**2 * h / (p * variance * left**2), 0.0)
    return leverages, studentized, distances


def _suspects(
    problem: LeastSquares,
    x: FloatArray,
    y: FloatArray,
    train: IndexArray,
    numbers: IndexArray,
) -> list[RowFacts]:
    """Rows that are not like the others, the worst first.

    - Outlier: abs(t) beyond what one of m rows reaches in 5 % of tables, Student's t with n - p - 1 degrees
      of freedom at 0.05 / m.
    - Influence: Cook's distance above 1.
    - Leverage: above 1/2, and three times the mean p / n.

    Source: Cook and Weisberg (1982), *Residuals and Influence in Regression*, 2.2.2 (outliers) and 3.5.2
    (distances); Huber (1981), *Robust Statistics*, 7.2, and Belsley, Kuh and Welsch, 2.1 (leverages).
    """
    n, p = problem.n_rows, problem.n_parameters
    if n <= p + 1:
        return []
    leverages, studentized, distances = influence(problem, x, y, train)
    is_train = np.zeros(x.size, dtype=bool)
    is_train[train] = True
    limit = critical_t(n - p - 1, SIGNIFICANCE / x.size)
    tests = {
        RowReason.OUTLIER: np.abs(studentized) > limit,
        RowReason.INFLUENCE: distances > _MOST_DISTANCE,
        RowReason.LEVERAGE: (leverages > max(_MOST_LEVERAGE, 3.0 * p / n)) & is_train,
    }
    found = np.flatnonzero(np.logical_or.reduce(list(tests.values())))
    found = found[np.lexsort([-np.abs(studentized[found]), -distances[found]])]
    return [
        RowFacts(
            row=int(numbers[i]),
            x=float(x[i]),
            y=float(y[i]),
            is_train=bool(is_train[i]),
            leverage=float(leverages[i]),
            studentized_residual=float(studentized[i]),
            cooks_distance=float(distances[i]),
            reasons=tuple(reason for reason, is_such in tests.items() if is_such[i]),
        )
        for i in found
    ]


def _cautions(
    problem: LeastSquares, x: ColumnFacts, line: LineFacts, has_suspects: bool
) -> tuple[Caution, ...]:
    told = {
        Caution.FEW_ROWS: problem.n_rows < FEW_ROWS,
        Caution.FEW_DISTINCT: x.n_distinct <= min(FEW_DISTINCT, problem.n_rows // 3),
        Caution.CONSTANT_TARGET: line.r_squared is None,
        Caution.NO_SLOPE: line.p_value is not None and line.p_value > SIGNIFICANCE,
        Caution.SUSPECT_ROWS: has_suspects,
    }
    return tuple(caution for caution, holds in told.items() if holds)


def _line(own: LeastSquares, inside: LeastSquares) -> LineFacts:
    parameters, parameters_inside = own.minimizer, inside.minimizer
    squares = float((own.residuals(parameters) ** 2).sum())
    y = own.y - own.y.mean() if own.fit_bias else own.y
    around = float((y**2).sum())
    is_constant = own.y.min() == own.y.max() if own.fit_bias else around == 0.0
    correlation = None
    if own.fit_bias and not is_constant:
        x = own.x - own.x.mean()
        correlation = float((x * y).sum() / math.sqrt(float((x**2).sum())) / math.sqrt(around))
        correlation = min(max(correlation, -1.0), 1.0)
    n_freedom = own.n_rows - own.n_parameters
    return LineFacts(
        bias=float(parameters[0]) if own.fit_bias else None,
        weight=float(parameters[WEIGHT if own.fit_bias else 0]),
        bias_inside=float(parameters_inside[0]) if own.fit_bias else None,
        weight_inside=float(parameters_inside[WEIGHT if own.fit_bias else 0]),
        typical_miss=math.sqrt(squares / own.n_rows),
        is_exact=squares <= _ROUNDING * float((own.y**2).sum()),
        r_squared=None if is_constant else 1.0 - squares / around,
        correlation=correlation,
        p_value=None if correlation is None or n_freedom < 1 else p_value(correlation, n_freedom),
    )


def _descent(problem: LeastSquares, start: FloatArray) -> DescentFacts:
    rate = problem.best_learning_rate
    return DescentFacts(
        eigenvalues=tuple(map(float, problem.eigenvalues)),
        condition_number=problem.condition_number,
        max_stable_learning_rate=problem.max_stable_learning_rate,
        best_learning_rate=rate,
        n_steps=steps_needed(problem, start, rate),
    )


def _column(name: str, unit: str, values: FloatArray) -> ColumnFacts:
    return ColumnFacts(
        name=name,
        unit=unit,
        smallest=float(values.min()),
        largest=float(values.max()),
        mean=float(values.mean()),
        standard_deviation=float(values.std()),
        n_distinct=int(np.unique(values).size),
    )


def _n_repeated(x: FloatArray, y: FloatArray) -> int:
    order = np.lexsort([y, x])
    return int(((np.diff(x[order]) == 0.0) & (np.diff(y[order]) == 0.0)).sum())
