"""The loss between the nodes of a grid: smooth, exact for a quadratic, and where it has a given value."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdmath import BIAS, WEIGHT, LossGrid, Window

Array = NDArray[np.float64]


class LossField:
    """A loss grid as a function of the plane.

        L(p) = sum_i l_i (L_i + 1/2 g_i . (p - p_i)),    l_i the bilinear weights of the cell's four nodes

    For a quadratic this is exact everywhere, not only at the nodes: what the weights leave out, half of the
    second derivative, is what the gradients put back. A loss of least squares is a quadratic.

    Parameters
    ----------
    grid : LossGrid
        Evenly spaced, at least 3 nodes along each axis.

    Attributes
    ----------
    gradients : ndarray, shape (nw, nb, 2)
        dL/db and dL/dw at the nodes, by second-order differences: exact for a quadratic, edges included.
    """

    def __init__(self, grid: LossGrid) -> None:
        self.grid = grid
        self.b, self.w, self.losses = grid.b, grid.w, grid.losses
        along_w, along_b = np.gradient(self.losses, self.w, self.b, edge_order=2)
        self.gradients: Array = np.stack([along_b, along_w], axis=-1)
        self._losses = self.losses.ravel()
        self._slopes_b, self._slopes_w = along_b.ravel(), along_w.ravel()
        self.window = Window(float(self.b[0]), float(self.b[-1]), float(self.w[0]), float(self.w[-1]))

    def loss(self, parameters: ArrayLike) -> Array:
        """Loss (...,) at parameters (..., 2); beyond the window the nearest cell goes on."""
        p = np.asarray(parameters, dtype=float)
        value = np.zeros(p.shape[:-1])
        for node, share, away_b, away_w in self._corners(p):
            rise = self._slopes_b[node] * away_b + self._slopes_w[node] * away_w
            value += share * (self._losses[node] + 0.5 * rise)
        return value

    def gradient(self, parameters: ArrayLike) -> Array:
        """Gradient (..., 2) at parameters (..., 2)."""
        p = np.asarray(parameters, dtype=float)
        slope = np.zeros(p.shape)
        for node, share, _, _ in self._corners(p):
            slope[..., BIAS] += share * self._slopes_b[node]
            slope[..., WEIGHT] += share * self._slopes_w[node]
        return slope

    def _corners(self, p: Array) -> Iterator[tuple[NDArray[np.intp], Array, Array, Array]]:
        """The four nodes round each of some parameters: number, weight, and the way from there in b and w."""
        b, w = p[..., BIAS], p[..., WEIGHT]
        n_b, n_w = len(self.b), len(self.w)
        step_b, step_w = (self.b[-1] - self.b[0]) / (n_b - 1), (self.w[-1] - self.w[0]) / (n_w - 1)
        j = np.clip(((b - self.b[0]) / step_b).astype(int), 0, n_b - 2)
        i = np.clip(((w - self.w[0]) / step_w).astype(int), 0, n_w - 2)
        first = i * n_b + j
        across, up = (b - self.b[j]) / step_b, (w - self.w[i]) / step_w
        ways_b = [(1 - across, b - self.b[j]), (across, b - self.b[j + 1])]
        for di, (weight_w, away_w) in enumerate([(1 - up, w - self.w[i]), (up, w - self.w[i + 1])]):
            for dj, (weight_b, away_b) in enumerate(ways_b):
                yield first + (di * n_b + dj), weight_w * weight_b, away_b, away_w

    def level_pieces(self, level: float) -> Array:
        """The line on which the loss has one value, as a straight piece for each cell that it crosses.

        Parameters
        ----------
        level : float

        Returns
        -------
        ndarray, shape (n, 2, 2)
            Ends (b, w) of each piece, on the edges of its cell, the loss there exact.
        """
        above = self.losses - level
        pieces = crossed_cells(above)
        nodes = np.stack(np.meshgrid(self.b, self.w), axis=-1).reshape(-1, 2)
        start, end = nodes[pieces[..., 0]], nodes[pieces[..., 1]]
        ends = above.ravel()[pieces]
        slopes = self.gradients.reshape(-1, 2)[pieces]
        bend = ((slopes[..., 0, :] - slopes[..., 1, :]) * (end - start)).sum(axis=-1)
        return start + _root(ends[..., 0], ends[..., 1], bend)[..., None] * (end - start)


def _root(start: Array, end: Array, bend: Array) -> Array:
    """Where from 0 to 1 each of the parabolas

        (1 - t) start + t end + 1/2 t (1 - t) bend

    passes through 0; one of its ends is above 0, and the other is not.
    """
    fall = np.where(start > 0, 1.0, -1.0)
    # c + b t + a t^2 from c >= 0 down to below 0, or to 0
    c, a = fall * start, fall * bend / -2
    b = fall * (end - start) - a
    root = np.sqrt(b**2 - 4 * a * c)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b < 0, 2 * c / (root - b), (b + root) / (-2 * a))


def crossed_cells(values: Array) -> NDArray[np.intp]:
    """The edges of a grid's cells between which a function passes through zero.

    Parameters
    ----------
    values : ndarray, shape (m, n)
        The function at the nodes.

    Returns
    -------
    ndarray of int, shape (k, 2, 2)
        For each piece of the zero line, the two edges that it joins, each as the numbers of its two nodes
        in the order of ``values.ravel()``. A saddle's cell gives two pieces.
    """
    n = values.shape[1]
    positive = values > 0
    corners = (positive[:-1, :-1], positive[:-1, 1:], positive[1:, 1:], positive[1:, :-1])
    code = np.sum([corner.astype(np.int8) << k for k, corner in enumerate(corners)], axis=0)
    rows, columns = np.nonzero((code > 0) & (code < 15))
    found = code[rows, columns]
    origin = rows * n + columns
    # the cell's four edges, in turn: below, right, above, left
    edges = np.stack(
        [
            np.stack([origin, origin + 1], axis=-1),
            np.stack([origin + 1, origin + n + 1], axis=-1),
            np.stack([origin + n, origin + n + 1], axis=-1),
            np.stack([origin, origin + n], axis=-1),
        ],
        axis=1,
    )
    joined = _PIECES[found]
    cell, piece = np.nonzero(joined[..., 0] >= 0)
    return np.asarray(edges[cell[:, None], joined[cell, piece]])


def _pieces_of_codes() -> NDArray[np.intp]:
    """For each of the 16 patterns of signs at a cell's corners, up to two pairs of its edges."""
    table = np.full((16, 2, 2), -1)
    for code in range(1, 15):
        sign = [(code >> k) & 1 for k in range(4)]
        crossed = [k for k in range(4) if sign[k] != sign[(k + 1) % 4]]
        for row, start in enumerate(range(0, len(crossed), 2)):
            table[code, row] = crossed[start : start + 2]
    return table


_PIECES = _pieces_of_codes()
