"""A network of one hidden layer, from recorded parameters: what it predicts needs no PyTorch."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gdmath.arrays import FloatArray


def network_predictions(parameters: ArrayLike, x: ArrayLike) -> FloatArray:
    """Return what a network of one hidden layer predicts.

        yhat = c + sum_j v_j tanh(a_j x + h_j),    j = 1 ... width

    Parameters
    ----------
    parameters : (..., 3 width + 1)
        (a, h, v, c), the order of ``model.parameters()`` of
        ``nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))``.
    x : (n,)
        Feature.

    Returns
    -------
    (..., n)

    Raises
    ------
    ValueError
        When there are not 3 width + 1 parameters.

    Examples
    --------
    >>> network_predictions([1.0, 0.0, 2.0, 0.5], [0.0, 1.0]).round(4)
    array([0.5   , 2.0232])
    """
    parameters, x = np.asarray(parameters, dtype=np.float64), np.asarray(x, dtype=np.float64)
    width, rest = divmod(parameters.shape[-1] - 1, 3)
    if rest or not width:
        raise ValueError(f"parameters: got {parameters.shape[-1]}; allowed 3 width + 1, as 4 or 49")
    a, h, v = np.split(parameters[..., :-1], 3, axis=-1)
    hidden = np.tanh(a[..., None, :] * x[:, None] + h[..., None, :])
    return np.asarray((hidden * v[..., None, :]).sum(axis=-1) + parameters[..., -1:])
