"""Parts of a picture as sets of square tiles, each set one whole number with a bit for each tile."""

from __future__ import annotations

from math import ceil, floor

_SIDE = 16  # pixels


class Tiles:
    """The tiles of a picture, row by row from the upper left corner.

    Sets of tiles are joined and compared as whole numbers are: ``a | b``, ``a & b``, and 0 is none of them.

    Parameters
    ----------
    width, height : int
        Of the picture, pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._columns, self._rows = ceil(width / _SIDE), ceil(height / _SIDE)
        self._first_column = [
            sum(1 << self._columns * row for row in range(n)) for n in range(self._rows + 1)
        ]
        self.all = self.of(0, 0, width, height)

    def of(self, left: float, top: float, right: float, bottom: float) -> int:
        """The tiles that a box of the picture touches, pixels; 0 for a box outside."""
        first, last = max(floor(left / _SIDE), 0), min(ceil(right / _SIDE), self._columns)
        top_row, bottom_row = max(floor(top / _SIDE), 0), min(ceil(bottom / _SIDE), self._rows)
        if first >= last or top_row >= bottom_row:
            return 0
        row = ((1 << last - first) - 1) << first
        return row * self._first_column[bottom_row - top_row] << self._columns * top_row

    def boxes(self, tiles: int) -> list[tuple[int, int, int, int]]:
        """Boxes (left, top, right, bottom), pixels, that cover tiles and nothing else, each pixel once."""
        found: list[tuple[int, int, int, int]] = []
        open_runs: dict[tuple[int, int], int] = {}
        whole_row = (1 << self._columns) - 1
        for row in range(self._rows + 1):
            runs = _runs(tiles >> self._columns * row & whole_row)
            for run in [run for run in open_runs if run not in runs]:
                found.append(self._box(run, open_runs.pop(run), row))
            for run in runs:
                open_runs.setdefault(run, row)
        return found

    def _box(self, run: tuple[int, int], top: int, bottom: int) -> tuple[int, int, int, int]:
        left, right = run
        return (
            left * _SIDE,
            top * _SIDE,
            min(right * _SIDE, self._width),
            min(bottom * _SIDE, self._height),
        )


def _runs(bits: int) -> list[tuple[int, int]]:
    """Where the ones of a whole number stand together, from the lowest: first, and one after the last.

    >>> _runs(0b0110_0111)
    [(0, 3), (5, 7)]
    """
    runs, start = [], 0
    while bits:
        skipped = (bits & -bits).bit_length() - 1
        bits >>= skipped
        length = (~bits & bits + 1).bit_length() - 1
        bits >>= length
        runs.append((start + skipped, start + skipped + length))
        start += skipped + length
    return runs
