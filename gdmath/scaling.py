"""Standardisation of a feature, and of the line that was learned on it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from gdmath.arrays import FloatArray, finite_array
from gdmath.objectives import BIAS, WEIGHT


@dataclass(frozen=True)
class Standardizer:
    """A change of unit that gives the train feature mean 0 and standard deviation 1.

        z = (x - mean) / standard_deviation

    Parameters
    ----------
    mean, standard_deviation
        Of the feature on the train rows, in its own unit; the deviation is the population's (1/n).

    Raises
    ------
    ValueError
        When the deviation is not a finite number above 0.

    Notes
    -----
    Both numbers come from the train rows alone: a scaler that has seen the validation rows leaks them.
    On a standardised feature the Hessian of the mean squared error is 2 I, the bowl is round, and a
    learning rate of 0.5 reaches the minimum in one step.

    Source: Godoy, *Deep Learning with PyTorch Step-by-Step*, chapter 0, "Scaling / Standardizing".

    Examples
    --------
    >>> scaler = Standardizer.fit([1.0, 2.0, 3.0])
    >>> scaler.transform([1.0, 2.0, 3.0]).round(4)
    array([-1.2247,  0.    ,  1.2247])
    """

    mean: float
    standard_deviation: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.mean):
            raise ValueError(f"mean: got {self.mean!r}; allowed a finite number")
        if not 0.0 < self.standard_deviation < np.inf:
            raise ValueError(
                f"standard_deviation: got {self.standard_deviation!r}; allowed a finite number above 0"
            )

    @classmethod
    def fit(cls, x_train: npt.ArrayLike) -> Self:
        """Return the scaler of a train feature (n,).

        Raises
        ------
        ValueError
            When the feature is not finite, or constant and so has no unit of its own.
        """
        x_train = finite_array(x_train, "x_train")
        if x_train.min() == x_train.max():
            raise ValueError(f"x_train: got {x_train[0]:g} in every row; allowed a feature that varies")
        return cls(float(x_train.mean()), float(x_train.std()))

    def transform(self, x: npt.ArrayLike) -> FloatArray:
        """Return z for x, whatever its shape: in standard deviations from the train mean."""
        return (np.asarray(x, dtype=np.float64) - self.mean) / self.standard_deviation

    def partway(self, share: float) -> Self:
        """Return the change of unit a part of the way: first the mean goes, then the unit.

            (x - mean min(2 t, 1)) / standard_deviation ** max(2 t - 1, 0)

        Parameters
        ----------
        share
            t from 0, the feature as it is, by 1/2, its mean at 0, to 1, this scaler.

        Raises
        ------
        ValueError
            When the share is not from 0 to 1.
        """
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share: got {share!r}; allowed 0 to 1")
        centred, scaled = min(2.0 * share, 1.0), max(2.0 * share - 1.0, 0.0)
        return type(self)(self.mean * centred, self.standard_deviation**scaled)

    def inverse(self, z: npt.ArrayLike) -> FloatArray:
        """Return x for z, whatever its shape: back in the feature's own unit."""
        return np.asarray(z, dtype=np.float64) * self.standard_deviation + self.mean

    def parameters_to_original(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return the same line in the feature's own unit.

            b' + w' z = b + w x    with    w = w' / sd,   b = b' - w mean

        Parameters
        ----------
        parameters : (..., 2)
            Ordered (b', w'), learned on the standardised feature.

        Returns
        -------
        (..., 2)
        """
        scaled = _bias_and_weight(parameters)
        weight = scaled[..., WEIGHT] / self.standard_deviation
        bias = scaled[..., BIAS] - weight * self.mean
        return np.stack([bias, weight], axis=-1)

    def parameters_to_scaled(self, parameters: npt.ArrayLike) -> FloatArray:
        """Return the same line on the standardised feature: w' = w sd, b' = b + w mean."""
        original = _bias_and_weight(parameters)
        weight = original[..., WEIGHT] * self.standard_deviation
        bias = original[..., BIAS] + original[..., WEIGHT] * self.mean
        return np.stack([bias, weight], axis=-1)


def roundest_factor(x_train: npt.ArrayLike) -> float:
    """Return what a feature must be multiplied by for its condition number to be the least.

        f = 1 / sqrt(mean(x^2)),    kappa(f) = (1 + r) / (1 - r),    r = |mean(x)| / sqrt(mean(x^2))

    Then both parameters are equally steep, H_bb = H_ww, and what still makes the bowl long is the mean alone:
    no unit of a feature makes it round whose mean is not 0.

    Parameters
    ----------
    x_train : (n,)
        The feature on the train rows, not all zero.

    Raises
    ------
    ValueError
        When the feature is not finite, or zero in every row.

    Examples
    --------
    >>> roundest_factor([3.0, 5.0, 4.0, 4.0, 3.0, 5.0]) == 1 / (50 / 3) ** 0.5
    True
    """
    x_train = finite_array(x_train, "x_train")
    largest = float(np.abs(x_train).max())
    if largest == 0.0:
        raise ValueError("x_train: got 0 in every row; allowed a feature that is not all zero")
    return float(1.0 / (largest * np.sqrt(np.mean((x_train / largest) ** 2))))


def _bias_and_weight(parameters: npt.ArrayLike) -> FloatArray:
    checked = np.asarray(parameters, dtype=np.float64)
    if checked.ndim == 0 or checked.shape[-1] != 2:
        raise ValueError(f"parameters: got shape {checked.shape}; allowed (..., 2), ordered (b, w)")
    return checked
