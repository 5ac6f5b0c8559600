"""The least-squares objective of a line, with everything its Hessian tells about descent."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, IndexArray, finite_array, read_only

BIAS: Final = 0
WEIGHT: Final = 1
"""The parameter order (b, w), as on the textbook's axes; without a bias the weight is the only one."""

Reduction: TypeAlias = Literal["mean", "sum"]

# Squares of numbers inside these bounds, and sums of a billion of them, stay within float64.
SMALLEST_MAGNITUDE: Final = 1e-100
LARGEST_MAGNITUDE: Final = 1e100


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The squared error of the line y = b + w x on n points.

        L(b, w) = 1/n sum_i e_i^2,    e_i = b + w x_i - y_i

    with 1/n and no 1/2, so that the Hessian is 2/n A^T A for the design matrix A = [1, x] and
    plain gradient descent is stable below 2 / lambda_max. With ``reduction="sum"`` the 1/n falls away;
    without a bias, A = [x].

    Parameters
    ----------
    x, y : (n,)
        Feature and target, in their own units.
    fit_bias
        Whether b is learned; else the line passes through the origin and p = 1.
    reduction
        ``"mean"`` or ``"sum"`` of the squared residuals.

    Raises
    ------
    ValueError
        When x and y are not finite vectors of one length, or are so large or small that their
        squares would leave float64.

    Notes
    -----
    Every method takes parameters (..., p), ordered (b, w), and works along the leading axes; a row of
    a stack gives bit for bit what it gives alone.

    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 0 (loss and gradients);
    Boyd and Vandenberghe, *Convex Optimization*, 9.3 (condition number).

    Examples
    --------
    >>> problem = LeastSquares([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], fit_bias=False)
    >>> problem.loss([0.0]), problem.gradient([0.0])
    (np.float64(30.0), array([-30.]))
    >>> problem.minimizer, round(problem.max_stable_learning_rate, 4)
    (array([2.]), 0.1333)
    """

    x: FloatArray
    y: FloatArray
    fit_bias: bool = True
    reduction: Reduction = "mean"

    def __post_init__(self) -> None:
        x, y = finite_array(self.x, "x"), finite_array(self.y, "y")
        if x.shape != y.shape:
            raise ValueError(f"y: got {y.size} values for {x.size} values of x; allowed as many as x has")
        if self.reduction not in ("mean", "sum"):
            raise ValueError(f"reduction: got {self.reduction!r}; allowed 'mean' or 'sum'")
        for name, values in (("x", x), ("y", y)):
            largest = float(np.abs(values).max())
            if largest and not SMALLEST_MAGNITUDE <= largest <= LARGEST_MAGNITUDE:
                raise ValueError(
                    f"{name}: got a largest magnitude of {largest:g}; allowed "
                    f"{SMALLEST_MAGNITUDE:g} to {LARGEST_MAGNITUDE:g}, rescale it so that its square fits"
                )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    @property
    def n_rows(self) -> int:
        """The number of points, n."""
        return self.x.size

    @property
    def n_parameters(self) -> int:
        """The number of parameters, p: 2 with a bias, else 1."""
        return 2 if self.fit_bias else 1

    def predict(self, parameters: npt.ArrayLike, x: npt.ArrayLike | None = None) -> FloatArray:
        """Return the line's heights, yhat = b + w x.

        Parameters
        ----------
        parameters : (..., p)
        x : (m,), optional
            Where to read the line; by default the problem's own x.

        Returns
        -------
        (..., m)
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        if parameters.ndim == 0 or parameters.shape[-1] != self.n_parameters:
            raise ValueError(
                f"parameters: got shape {parameters.shape}; allowed (..., {self.n_parameters}), "
                f"ordered {'(b, w)' if self.fit_bias else '(w,)'}"
            )
        x = self.x if x is None else np.asarray(x, dtype=np.float64)
        if not self.fit_bias:
            return parameters * x
        b, w = parameters[..., BIAS, None], parameters[..., WEIGHT, None]
        return b + w * x

    def residuals(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return e = yhat - y, how far the line is above each point, of shape (..., n)."""
        return self.predict(parameters) - self.y

    def reduced(self, values: FloatArray) -> FloatArray:
        """Return the mean, or the sum, of one value for each point (..., n), of shape (...,)."""
        # np.mean is the same, and the slowest part of a step
        total: FloatArray = np.add.reduce(values, axis=-1)
        return total / values.shape[-1] if self.reduction == "mean" else total

    def loss(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return L = mean e^2, or the sum, of shape (...,) and in squared units of y."""
        return self.reduced(self.residuals(parameters) ** 2)

    def gradient(self, parameters: npt.ArrayLike, rows: IndexArray | None = None) -> FloatArray:
        """Return the partial derivatives of the loss.

            dL/db = 2/n sum_i e_i,    dL/dw = 2/n sum_i e_i x_i

        Parameters
        ----------
        parameters : (..., p)
        rows : (batch_size,), optional
            The points to take it over, a mini-batch; by default all.

        Returns
        -------
        (..., p)
        """
        x, y = (self.x, self.y) if rows is None else (self.x[rows], self.y[rows])
        return self._slopes(x, self.predict(parameters, x) - y)

    def loss_and_gradient(self, parameters: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the loss and its partial derivatives, from residuals that are computed once."""
        residuals = self.residuals(parameters)
        return self.reduced(residuals**2), self._slopes(self.x, residuals)

    def _slopes(self, x: FloatArray, residuals: FloatArray) -> FloatArray:
        slope_w = 2.0 * self.reduced(x * residuals)
        if not self.fit_bias:
            return slope_w[..., None]
        slopes = np.empty((*slope_w.shape, 2))
        slopes[..., BIAS], slopes[..., WEIGHT] = 2.0 * self.reduced(residuals), slope_w
        return slopes

    def pulls(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return what each point adds to the negative gradient: its pull on b, and its torque about x = 0.

            -2/n e_i,    -2/n e_i x_i,    e_i = yhat_i - y_i

        With ``reduction="sum"`` the 1/n falls away. A point above the line pulls it up.

        Parameters
        ----------
        parameters : (p,)

        Returns
        -------
        (n, p)

        Examples
        --------
        >>> problem = LeastSquares([1.0, 2.0], [1.0, 4.0])
        >>> problem.pulls([0.0, 0.0]), -problem.gradient([0.0, 0.0])
        (array([[1., 1.],
               [4., 8.]]), array([5., 9.]))
        """
        share = 2.0 * self._weight_of_sum / self.n_rows
        return np.asarray(-share * self.residuals(parameters)[:, None] * self.columns)

    @cached_property
    def normal_equations(self) -> tuple[FloatArray, FloatArray]:
        """The matrix A^T A / n, of shape (p, p), and the right side A^T y / n, of shape (p,).

        They say where both slopes are zero, and the minimizer solves them:

            b + mean(x) w = mean(y),    mean(x) b + mean(x^2) w = mean(x y)

        Source: Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, equation 3.6.
        """
        share = 2.0 * self._weight_of_sum
        return read_only(self.hessian / share), read_only(-self.gradient(np.zeros(self.n_parameters)) / share)

    @property
    def columns(self) -> FloatArray:
        """The design matrix A, of shape (n, p)."""
        x = self.x[:, None]
        return np.hstack([np.ones_like(x), x]) if self.fit_bias else x

    @cached_property
    def hessian(self) -> FloatArray:
        """The matrix of second derivatives, 2/n A^T A, of shape (p, p): constant, the loss is a bowl."""
        mean, variance = self._moments
        mean_square = mean**2 + variance
        moments = [[1.0, mean], [mean, mean_square]] if self.fit_bias else [[mean_square]]
        return read_only(2.0 * self._weight_of_sum * np.array(moments))

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """The curvatures of the bowl along its axes, of shape (p,), ascending.

        For 2 [[1, m], [m, m^2 + v]], with mean m and variance v of x, they are s -+ d where
        s = 1 + m^2 + v and d = hypot(1 + m^2 - v, 2 m sqrt(v)). Their product is 4 v: the smaller is
        had by division, because s - d loses every digit when x lies far from zero.
        """
        mean, variance = self._moments
        if not self.fit_bias:
            return read_only([2.0 * self._weight_of_sum * (mean**2 + variance)])
        total = 1.0 + mean**2 + variance
        largest = total + math.hypot(1.0 + mean**2 - variance, 2.0 * mean * math.sqrt(variance))
        # The two can cross by one rounding when the bowl is round.
        smallest = min(4.0 * variance / largest, largest)
        return read_only(self._weight_of_sum * np.array([smallest, largest]))

    @cached_property
    def eigenvectors(self) -> FloatArray:
        """The directions of the bowl's axes, of shape (p, p): column i, of length 1, goes with eigenvalue i.

        The steepest one stands at the angle theta to the axis of b, tan(2 theta) = 2 m / (1 - m^2 - v).
        """
        mean, variance = self._moments
        if not self.fit_bias:
            return read_only([[1.0]])
        theta = math.atan2(2.0 * mean, 1.0 - mean**2 - variance) / 2.0
        b, w = math.cos(theta), math.sin(theta)
        return read_only([[-w, b], [b, w]])

    def cut(self, moving: int, held: float) -> Self:
        """Return the loss as a function of one parameter, the other held: a line through the origin again.

            b moves: y - w x = b 1,    w moves: y - b = w x

        Its curvature is H_bb or H_ww, so its stability limit is that of the parameter alone.

        Parameters
        ----------
        moving
            `BIAS` or `WEIGHT`.
        held
            The value of the other.

        Raises
        ------
        ValueError
            When there is no bias, and so nothing to hold.

        Examples
        --------
        >>> from gdmath import preset
        >>> dataset = preset("chapter-0")
        >>> in_b = dataset.problem().cut(BIAS, held=dataset.start[WEIGHT])
        >>> in_b.max_stable_learning_rate, in_b.loss(dataset.start[:1]).round(6)
        (1.0, np.float64(2.742158))
        """
        if not self.fit_bias or moving not in (BIAS, WEIGHT):
            raise ValueError(f"moving: got {moving!r}; allowed BIAS or WEIGHT of a problem with a bias")
        way = np.zeros(2)
        way[moving] = 1.0
        return self.along(held * way[::-1], way)

    def along(self, through: npt.ArrayLike, way: npt.ArrayLike) -> Self:
        """Return the loss on a straight line of the parameter plane, as a function of the way gone.

            t -> L(through + t way) = 1/n sum_i (t a_i + e_i)^2,    e = A through - y, a = A way

        This is the objective of a line through the origin again: its `minimizer` says where the parabola
        has its vertex, its `minimum` how low that is, its `reach` how wide it is at a height.

        Parameters
        ----------
        through, way : (p,)
            The point at t = 0, and how far t = 1 is from it.

        Examples
        --------
        >>> problem = LeastSquares([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
        >>> downhill = problem.along([0.0, 0.0], -problem.gradient([0.0, 0.0]))
        >>> downhill.minimizer.round(4), round(downhill.minimum, 4)
        (array([0.0902]), 0.0746)
        """
        through, way = finite_array(through, "through"), finite_array(way, "way")
        return type(self)(
            self.predict(way), -self.residuals(through), fit_bias=False, reduction=self.reduction
        )

    def slope(self, parameters: npt.ArrayLike, way: npt.ArrayLike) -> FloatArray:
        """Return the derivative of the loss at some parameters along a direction, of shape (...,).

            d/dt L(p + t v) at t = 0,    which is g(p) . v

        Parameters
        ----------
        parameters, way : (..., p)
            Where, and the direction v; along one twice as long the loss changes twice as fast.

        Examples
        --------
        >>> problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
        >>> problem.gradient([0.0, 0.0]), problem.slope([0.0, 0.0], [[1.0, 0.0], [0.6, 0.8]])
        (array([-10., -17.]), array([-10. , -19.6]))
        """
        return np.asarray((np.asarray(way, dtype=np.float64) * self.gradient(parameters)).sum(axis=-1))

    def curvature(self, way: npt.ArrayLike) -> FloatArray:
        """Return the second derivative of the loss along a direction, v^T H v, of shape (...,).

            v^T H v = 2/n |A v|^2

        The same everywhere on the bowl: the eigenvalues are those of its axes, H_bb and H_ww those of
        b and w. The squared length loses no digits in a narrow valley, where the products of v^T H v cancel.

        Parameters
        ----------
        way : (..., p)
            The direction v; one twice as long has four times the curvature.

        Examples
        --------
        >>> problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
        >>> problem.curvature([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]), problem.hessian
        (array([2., 5., 1.]), array([[2., 3.],
               [3., 5.]]))
        """
        return 2.0 * self.reduced(self.predict(way) ** 2)

    def falls_alone(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return how far the loss falls when each parameter alone moves to where it is best.

            (dL/dp_i)^2 / (2 d^2L/dp_i^2)

        Parameters
        ----------
        parameters : (..., p)

        Returns
        -------
        (..., p)

        Examples
        --------
        >>> problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
        >>> float(problem.falls_alone([0.0, 0.0])[BIAS])  # b goes to 5, and 29 becomes 4
        25.0
        """
        return np.asarray(self.gradient(parameters) ** 2 / (2.0 * self.curvature(np.eye(self.n_parameters))))

    def rise(self, offset: npt.ArrayLike) -> FloatArray:
        """Return how much higher than the minimum the loss is at an offset from the minimizer, shape (...,).

            L(p* + v) - L(p*) = 1/2 v^T H v

        Parameters
        ----------
        offset : (..., p)
        """
        return 0.5 * self.curvature(offset)

    def errors(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return how far parameters lie from the minimizer along each axis of the bowl, the flattest first.

            c = V^T (p - p*)

        Parameters
        ----------
        parameters : (..., p)

        Returns
        -------
        (..., p)
            In the order of `eigenvalues`. Raises as `minimizer` does.
        """
        return np.asarray((np.asarray(parameters, dtype=np.float64) - self.minimizer) @ self.eigenvectors)

    def rises(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return what each axis of the bowl adds to the loss above its minimum, the flattest first.

            L(p) - L(p*) = sum_i 1/2 lambda_i c_i^2

        Parameters
        ----------
        parameters : (..., p)

        Returns
        -------
        (..., p)
            In the order of `eigenvalues`; their sum is `rise` of the offset. Raises as `minimizer` does.
        """
        return np.asarray(0.5 * self.eigenvalues * self.errors(parameters) ** 2)

    def reach(self, way: npt.ArrayLike, rise: npt.ArrayLike) -> FloatArray:
        """Return how far from the minimizer, along a direction, the loss has risen by so much.

            t = sqrt(2 rise / v^T H v),    L(p* + t v) = L(p*) + rise

        Parameters
        ----------
        way : (..., p)
            The direction v; the answer counts how many times it fits.
        rise : (...,)
            From 0, in the units of the loss.

        Returns
        -------
        (...,)

        Raises
        ------
        ValueError
            When the rise is negative, the loss does not change along the direction, or as `minimizer` does.

        Examples
        --------
        >>> problem = LeastSquares([1.0, 2.0], [3.0, 7.0])
        >>> problem.reach([[1.0, 0.0], [0.0, 1.0]], rise=1.0).round(4)
        array([1.    , 0.6325])
        """
        self._require_unique_minimizer()
        rise, curvature = np.asarray(rise, dtype=np.float64), self.curvature(way)
        if not (rise >= 0.0).all():
            raise ValueError(f"rise: got {rise.min():g}; allowed numbers from 0")
        if not (curvature > 0.0).all():
            raise ValueError(f"way: got {way!r}; allowed directions along which the loss changes")
        return np.asarray(np.sqrt(2.0 * rise / curvature))

    def angle_to_minimizer(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return the angle from minus the gradient to the way to the minimizer, shape (...,).

        In degrees, counterclockwise where b goes to the right and w up:

            cos(angle) = -g . (p* - p) / (|g| |p* - p|)

        On a round bowl it is 0 wherever one stands; on another it is so only on the bowl's axes. It lies
        between -90 and 90, for -g . (p* - p) is twice the excess of the loss. At the minimizer it is 0.

        Parameters
        ----------
        parameters : (..., 2)

        Raises
        ------
        ValueError
            When there is no bias, and so no angle, or as `minimizer` does.

        Examples
        --------
        >>> problem = LeastSquares([0.0, 2.0], [1.0, 5.0])
        >>> problem.minimizer, problem.angle_to_minimizer([[0.0, 1.0], [-1.0, 2.0]]).round(2)
        (array([1., 2.]), array([-11.31, -45.  ]))
        """
        if not self.fit_bias:
            raise ValueError("problem: got one without a bias; allowed one with two parameters, (b, w)")
        parameters = np.asarray(parameters, dtype=np.float64)
        ways = np.stack([-self.gradient(parameters), self.minimizer - parameters])
        largest = np.abs(ways).max(axis=-1, keepdims=True)
        (b, to_b), (w, to_w) = np.moveaxis(ways / np.where(largest > 0.0, largest, 1.0), -1, 0)
        return np.asarray(np.degrees(np.arctan2(b * to_w - w * to_b, b * to_b + w * to_w + 0.0)))

    def beyond(self, parameters: npt.ArrayLike, share: float) -> FloatArray:
        """Return where one comes to from each point by way of the minimizer, of the parameters' shape.

            p* + share (p* - p)

        A share of 0 is the minimizer, 1 the point opposite, -1 the point itself.

        Parameters
        ----------
        parameters : (..., p)
        share
            How far beyond the minimizer, in parts of the way to it.

        Examples
        --------
        >>> LeastSquares([0.0, 1.0], [1.0, 3.0]).beyond([0.0, 0.0], 0.5)
        array([1.5, 3. ])
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        return np.asarray(self.minimizer + share * (self.minimizer - parameters))

    def error_factors(self, learning_rates: npt.ArrayLike) -> FloatArray:
        """Return what a step multiplies the error by along each axis of the bowl, the flattest first.

            c[k + 1] = (1 - learning_rate lambda_i) c[k]

        Parameters
        ----------
        learning_rates : (...,)

        Returns
        -------
        (..., p)
            Negative where the step crosses the minimum.

        Examples
        --------
        >>> from gdmath import preset
        >>> preset("chapter-0").problem().error_factors(0.8).round(3)
        array([ 0.879, -0.986])
        """
        rates = np.asarray(learning_rates, dtype=np.float64)
        return np.asarray(1.0 - rates[..., None] * self.eigenvalues)

    def errors_kept(self, learning_rates: npt.ArrayLike) -> FloatArray:
        """Return the part of the error that a step keeps along each axis of the bowl, the flattest first.

            |1 - learning_rate lambda_i|

        Parameters
        ----------
        learning_rates : (...,)

        Returns
        -------
        (..., p)
        """
        return np.abs(self.error_factors(learning_rates))

    def error_kept(self, learning_rates: npt.ArrayLike) -> FloatArray:
        """Return the part of the error that a step keeps in the worst direction, of the rates' shape.

            max_i |1 - learning_rate lambda_i|

        Below 1 descent converges; least at `best_learning_rate`.

        Source: Goh (2017), *Why Momentum Really Works*, "The Dynamics of Gradient Descent".
        """
        return np.asarray(self.errors_kept(learning_rates).max(axis=-1))

    @property
    def condition_number(self) -> float:
        """lambda_max / lambda_min: 1 for a round bowl, large for a narrow valley, inf for a trough."""
        smallest, largest = self.eigenvalues[0], self.eigenvalues[-1]
        return math.inf if smallest == 0.0 else float(largest / smallest)

    @property
    def widest_angle_to_minimizer(self) -> float:
        """The largest `angle_to_minimizer` of all parameters, degrees: the condition number alone decides.

            cos(angle) = 2 sqrt(kappa) / (kappa + 1),    tan(angle) = (kappa - 1) / (2 sqrt(kappa))

        Where the way to the minimizer has the components (sqrt(kappa), 1) along the flattest axis of the
        bowl and the steepest one. It is 0 on a round bowl and comes near 90 in a narrow valley.

        Notes
        -----
        Kantorovich's inequality, Horn and Johnson, *Matrix Analysis*, 7.4.12.

        Examples
        --------
        >>> problem = LeastSquares([0.0, 2.0], [1.0, 5.0])
        >>> round(problem.condition_number, 3), round(problem.widest_angle_to_minimizer, 2)
        (6.854, 48.19)
        """
        root = math.sqrt(self.condition_number)
        return math.degrees(math.atan2(root - 1.0 / root, 2.0)) if math.isfinite(root) else 90.0

    @cached_property
    def minimizer(self) -> FloatArray:
        """The closed-form solution, of shape (p,).

            w = sum (x - xbar)(y - ybar) / sum (x - xbar)^2,    b = ybar - w xbar

        Raises
        ------
        ValueError
            When the feature is constant (without a bias: zero), so that many lines fit equally well.
        """
        self._require_unique_minimizer()
        # Sums rather than dot products: how BLAS adds, and so the last digit, depends on the processor.
        if not self.fit_bias:
            return read_only([(self.x * self.y).sum() / (self.x**2).sum()])
        x, y = self.x - self.x.mean(), self.y - self.y.mean()
        weight = (x * y).sum() / (x**2).sum()
        bias = (self.y - weight * self.x).mean()
        return read_only([bias, weight])

    @cached_property
    def minimum(self) -> float:
        """The loss at the minimizer: what no line can go below. Raises as `minimizer` does."""
        return float(self.loss(self.minimizer))

    @cached_property
    def mean_loss(self) -> float:
        """The loss of who knows no x and always predicts the mean of y: a line above it is a bad one.

        There the coefficient of determination R^2 = 1 - L / mean_loss is negative.
        """
        return float(self.reduced((self.y - self.y.mean()) ** 2))

    @property
    def max_stable_learning_rate(self) -> float:
        """2 / lambda_max: descent converges below, oscillates at and diverges above it.

        Raises
        ------
        ValueError
            When the loss is flat: the feature is zero and there is no bias.
        """
        largest = float(self.eigenvalues[-1])
        if largest == 0.0:
            raise ValueError("x: got only zeros without a bias; allowed a feature that is not all zero")
        return 2.0 / largest

    @property
    def best_learning_rate(self) -> float:
        """2 / (lambda_min + lambda_max): the fixed rate whose slower axis is fastest.

        Raises as `minimizer` does: where there is no unique minimum there is no speed towards it.
        """
        self._require_unique_minimizer()
        return float(2.0 / (self.eigenvalues[0] + self.eigenvalues[-1]))

    @property
    def _weight_of_sum(self) -> float:
        """How much larger than the mean's the second derivatives are."""
        return 1.0 if self.reduction == "mean" else float(self.n_rows)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Mean and variance of x; the variance is exactly 0 when, and only when, x is constant."""
        if self.x.min() == self.x.max():
            return float(self.x[0]), 0.0
        return float(self.x.mean()), float(self.x.var())

    def _require_unique_minimizer(self) -> None:
        if self.eigenvalues[0] == 0.0:
            allowed = "a feature that varies" if self.fit_bias else "a feature that is not all zero"
            raise ValueError(
                f"x: got {self.x[0]:g} in every row, many lines fit equally well; allowed {allowed}"
            )
