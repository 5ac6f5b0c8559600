"""Shapes of the 3D stage as arrays that its shaders read: pieces of lines, marks, faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page.theme import rgb

Array = NDArray[np.float64]


class Batch:
    """Shapes that are drawn by one call; two of the same numbers are equal.

    Parameters
    ----------
    rows : ndarray, shape (n, k)
        A row for each instance, or for each vertex of a mesh.
    indices : ndarray of int, optional
        The corners of a mesh's triangles.
    """

    def __init__(self, rows: Array, indices: NDArray[np.int32] | None = None) -> None:
        self.rows = np.ascontiguousarray(rows, dtype=np.float32)
        self.indices = None if indices is None else np.ascontiguousarray(indices, dtype=np.int32)
        self._key = self.rows.tobytes(), None if self.indices is None else self.indices.tobytes()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_no_faces(self) -> bool:
        """Whether it is a mesh of which no triangle is wanted."""
        return self.indices is not None and not self.indices.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Batch) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def rgba(color: str, opacity: float = 1.0) -> Array:
    """Red, green, blue and opacity of a colour written #RRGGBB."""
    return np.array([*rgb(color), opacity])


def strip(
    at: ArrayLike,
    tint: ArrayLike,
    slopes: ArrayLike | None = None,
    rows: ArrayLike | None = None,
    way: ArrayLike | None = None,
    closed: bool = False,
) -> Array:
    """Pieces of one line through given corners, mitred.

    Parameters
    ----------
    at : array_like, shape (n, 4)
        x, y, loss / cut, and a height that does not depend on the loss.
    tint : array_like, shape (4,) or (n - 1, 4)
        Colour and opacity.
    slopes : array_like, shape (n, 2), optional
        Slopes of loss / cut where the line is to be lifted off the surface.
    rows : array_like, shape (n,), optional
        Rows of a trajectory, so that a line can end at one.
    way : array_like, shape (n,), optional
        Length from its beginning, which dashes follow.
    closed : bool
        The last corner is joined to the first.

    Returns
    -------
    ndarray, shape (n - 1, 32), or (n, 32) when closed
    """
    at = np.asarray(at, dtype=float)
    slopes = np.zeros((len(at), 2)) if slopes is None else np.asarray(slopes, dtype=float)
    rows = np.zeros(len(at)) if rows is None else np.asarray(rows, dtype=float)
    if way is None:
        steps = np.linalg.norm(np.diff(at, axis=0), axis=1)
        way = np.concatenate([[0.0], np.cumsum(steps)])
    way = np.asarray(way, dtype=float)
    corners = np.hstack([at, slopes])
    if closed:
        corners = np.vstack([corners[-1:], corners, corners[:2]])
        rows = np.append(rows, rows[0])
        way = np.append(way, way[-1] + np.linalg.norm(at[0] - at[-1]))
    else:
        corners = np.vstack([2 * corners[:1] - corners[1:2], corners, 2 * corners[-1:] - corners[-2:-1]])
    return _pieces(np.stack([corners[k : len(corners) - 3 + k] for k in range(4)], axis=1), way, rows, tint)


def segments(at: Array, tint: ArrayLike, slopes: Array | None = None) -> Array:
    """Straight pieces (n, 32) that nobody put in order, from ends (n, 2, 4) and slopes (n, 2, 2)."""
    slopes = np.zeros((*at.shape[:2], 2)) if slopes is None else slopes
    ends = np.concatenate([at, slopes], axis=-1)
    four = np.stack(
        [2 * ends[:, 0] - ends[:, 1], ends[:, 0], ends[:, 1], 2 * ends[:, 1] - ends[:, 0]], axis=1
    )
    out = np.zeros((len(at), 32))
    out[:, :16] = four[..., :4].reshape(len(at), 16)
    out[:, 16:24] = four[..., 4:].reshape(len(at), 8)
    out[:, 28:] = tint
    return out


def _pieces(corners: Array, way: Array, rows: Array, tint: ArrayLike) -> Array:
    n = len(corners)
    out = np.empty((n, 32))
    out[:, :16] = corners[..., :4].reshape(n, 16)
    out[:, 16:24] = corners[..., 4:].reshape(n, 8)
    out[:, 24], out[:, 25] = way[:-1], way[1:]
    out[:, 26], out[:, 27] = rows[:-1], rows[1:]
    out[:, 28:] = tint
    return out


def marks(
    at: ArrayLike, sizes: ArrayLike, slopes: ArrayLike | None = None, rows: ArrayLike | None = None
) -> Array:
    """Marks (n, 8) that stand at (n, 4) with radii in units of the scene."""
    at = np.atleast_2d(np.asarray(at, dtype=float))
    out = np.zeros((len(at), 8))
    out[:, :4] = at
    if slopes is not None:
        out[:, 4:6] = slopes
    out[:, 6] = sizes
    if rows is not None:
        out[:, 7] = rows
    return out


def quads(corners: Array, tint: ArrayLike) -> Array:
    """Faces (6 n, 8) of quadrilaterals with corners (n, 4, 3), in any place of the scene."""
    three = np.asarray(corners, dtype=float)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    return triangles(three, np.repeat(np.broadcast_to(tint, (len(corners), 4)), 6, axis=0))


def triangles(points: Array, tint: ArrayLike) -> Array:
    """Faces (n, 8) of triangles with corners (n, 3)."""
    out = np.zeros((len(points), 8))
    out[:, :2], out[:, 3] = points[:, :2], points[:, 2]
    out[:, 4:] = tint
    return out


_OCTAHEDRON = np.array(
    [
        corner
        for k in range(4)
        for here, there in [(k * np.pi / 2, (k + 1) * np.pi / 2)]
        for corner in (
            (np.cos(here), np.sin(here), 0.0),
            (np.cos(there), np.sin(there), 0.0),
            (0.0, 0.0, 1.25),
            (np.cos(there), np.sin(there), 0.0),
            (np.cos(here), np.sin(here), 0.0),
            (0.0, 0.0, -1.25),
        )
    ]
)


def octahedron(center: Array, radius: float) -> tuple[Array, Array]:
    """Corners (24, 3) of eight faces, three in turn, and their outward normals (8, 3)."""
    corners = _OCTAHEDRON.reshape(8, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return center + radius * _OCTAHEDRON, normals
