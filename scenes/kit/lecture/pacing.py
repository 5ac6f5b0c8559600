"""Which row of a trajectory a frame shows: the clock of a time-lapse follows what changes on the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def change_on_screen(*places: Array) -> Array:
    """How far the picture moves in each step, pixels.

    Parameters
    ----------
    *places : ndarray, each (n, 2)
        Where each drawn thing stands in each of n rows, pixels of the page.

    Returns
    -------
    ndarray, shape (n - 1,)
        The longest way that any of them goes.
    """
    return np.asarray(np.max([np.hypot(*np.diff(place, axis=0).T) for place in places], axis=0))


def rows_by_change(
    change: Array, n_frames: int, floor: float = 0.1, longest: int | None = None
) -> NDArray[np.intp]:
    """Rows that show equal change in equal time, slowing down towards the last.

    Parameters
    ----------
    change : ndarray, shape (n,)
        Change in each step, not negative.
    n_frames : int
        Frames to fill.
    floor : float
        Share of the time that is spread evenly over the steps, so that the counter never stands still.
    longest : int, optional
        Frames that a row may stay at full speed, where there are steps enough; what a large step then
        lacks is spread over the others.

    Returns
    -------
    ndarray of int, shape (n_frames,)
        Rows 0 to n, never falling, ending at n.
    """
    n = len(change)
    share = change / total if (total := float(change.sum())) > 0 else np.full(n, 1 / n)
    share = (1 - floor) * share + floor / n
    if longest is not None:
        share = _capped(share, longest / n_frames)
    clock = np.concatenate([[0.0], np.cumsum(share)])
    clock /= clock[-1]
    time = np.linspace(0, 1, n_frames + 1)[1:]
    eased = 1 - (1 - time) ** 1.5
    rows = np.searchsorted(clock, eased, side="right") - 1
    rows[-1] = n
    return np.asarray(rows)


def _capped(share: Array, cap: float) -> Array:
    """Shares of one with none above a cap, the excess spread over the others in proportion."""
    if cap * len(share) <= 1:
        return np.full(len(share), 1 / len(share))
    capped = np.zeros(len(share), dtype=bool)
    while (share[~capped] > cap).any():
        capped |= share > cap
        left = float(share[~capped].sum())
        share = np.where(capped, cap, share * (1 - cap * capped.sum()) / (left or 1.0))
    return share
