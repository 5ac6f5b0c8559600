"""The loss between the nodes of a grid: smooth, exact for a quadratic, and where it has a given value."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdmath import BIAS, WEIGHT, LossGrid, Window

Array = NDArray[np.float64]

_ROOT_STEPS = 44  # of bisection: from a cell to the last bits of a double


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
        self.window = Window(float(self.b[0]), float(self.b[-1]), float(self.w[0]), float(self.w[-1]))

    def loss(self, parameters: ArrayLike) -> Array:
        """Loss (...,) at parameters (..., 2); beyond the window the nearest cell goes on."""
        value, _ = self._blend(np.asarray(parameters, dtype=float))
        return value

    def gradient(self, parameters: ArrayLike) -> Array:
        """Gradient (..., 2) at parameters (..., 2)."""
        _, slope = self._blend(np.asarray(parameters, dtype=float))
        return slope

    def _blend(self, p: Array) -> tuple[Array, Array]:
        b, w = p[..., BIAS], p[..., WEIGHT]
        step_b = (self.b[-1] - self.b[0]) / (len(self.b) - 1)
        step_w = (self.w[-1] - self.w[0]) / (len(self.w) - 1)
        j = np.clip(((b - self.b[0]) / step_b).astype(int), 0, len(self.b) - 2)
        i = np.clip(((w - self.w[0]) / step_w).astype(int), 0, len(self.w) - 2)
        across, up = (b - self.b[j]) / step_b, (w - self.w[i]) / step_w
        value, slope = np.zeros(b.shape), np.zeros(p.shape)
        for di, weight_w in ((0, 1 - up), (1, up)):
            for dj, weight_b in ((0, 1 - across), (1, across)):
                node = (i + di, j + dj)
                away = np.stack([b - self.b[j + dj], w - self.w[i + di]], axis=-1)
                share = weight_w * weight_b
                value += share * (self.losses[node] + 0.5 * (self.gradients[node] * away).sum(axis=-1))
                slope += share[..., None] * self.gradients[node]
        return value, slope

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
        ends = np.empty((*pieces.shape[:2], 2))
        nodes = np.stack(np.meshgrid(self.b, self.w), axis=-1).reshape(-1, 2)
        start, end = nodes[pieces[..., 0]], nodes[pieces[..., 1]]
        low, high = np.zeros(pieces.shape[:2]), np.ones(pieces.shape[:2])
        is_above = above.ravel()[pieces[..., 0]] > 0
        for _ in range(_ROOT_STEPS):
            middle = (low + high) / 2
            same = (self.loss(start + middle[..., None] * (end - start)) > level) == is_above
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        ends[:] = start + ((low + high) / 2)[..., None] * (end - start)
        return ends


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
