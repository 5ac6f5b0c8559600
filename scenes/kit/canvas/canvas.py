"""The picture of a scene, kept from frame to frame: only what differs from the last is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cairo
import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.canvas.tiles import Tiles

Pixels = NDArray[np.uint8]
_WORTH_KEEPING = 4  # drawings that a picture of what lies below must have more, to be drawn for that


class Drawing(Protocol):
    """Something drawn; as long as it is the same object it is seen alike."""

    def tiles(self, context: cairo.Context[Any], tiles: Tiles) -> int:
        """The tiles of the picture that its ink may touch."""

    def draw(self, context: cairo.Context[Any]) -> None:
        """Draw it over what is there."""


class Canvas:
    """A picture of drawings that lie over each other on a ground.

    It remembers which drawings it shows. Of the next ones it draws what stands in tiles where anything came,
    left, or lies elsewhere in the order: what lies below all that changes is kept as a picture of its own and
    copied, what lies over it is drawn again inside these tiles. So it is always the picture that drawing
    everything anew makes.

    Parameters
    ----------
    ground : ndarray, shape (height, width, 4)
        Red, green, blue and opacity, premultiplied.
    context_of : callable
        Gives the cairo context that draws on pixels.

    Attributes
    ----------
    pixels : ndarray, shape (height, width, 4)
        The picture. Whoever changes it calls `forget`.
    """

    def __init__(self, ground: Pixels, context_of: Callable[[Pixels], cairo.Context[Any]]) -> None:
        height, width = ground.shape[:2]
        self._ground, self._tiles = ground, Tiles(width, height)
        self.pixels, self._work, self._below = ground.copy(), ground.copy(), ground.copy()
        self._context, self._below_context = context_of(self._work), context_of(self._below)
        self._shown: list[Drawing] = []
        self._n_below = self._n_steady = 0
        self._stale = 0

    def forget(self) -> None:
        """The picture is not that of the drawings any more."""
        self._stale = self._tiles.all

    def show(self, drawings: Sequence[Drawing]) -> None:
        """Have the picture show these drawings, the first one lowest."""
        last, self._shown = self._shown, list(drawings)
        n_same = _length_of_start(last, self._shown)
        stale = self._stale
        if n_same < len(last) or n_same < len(self._shown):
            for drawing in _apart(last[n_same:], self._shown[n_same:]):
                stale |= drawing.tiles(self._context, self._tiles)
        self._keep_below(n_same)
        self._stale = 0
        if stale:
            self._draw_anew(stale)

    def _keep_below(self, n_same: int) -> None:
        """Keep a picture of the lowest drawings as long as they stay, if they did for two frames."""
        if n_same < self._n_below:
            np.copyto(self._below, self._ground)
            self._n_below = 0
        steady, self._n_steady = min(self._n_steady, n_same), n_same
        if steady > self._n_below + _WORTH_KEEPING:
            for drawing in self._shown[self._n_below : steady]:
                drawing.draw(self._below_context)
            self._n_below = steady

    def _draw_anew(self, stale: int) -> None:
        boxes = self._tiles.boxes(stale)
        for left, top, right, bottom in boxes:
            self._work[top:bottom, left:right] = self._below[top:bottom, left:right]
        # without a clip: where it cuts the edge of a stroke, cairo smooths a row of pixels in another way
        for drawing in self._shown[self._n_below :]:
            if drawing.tiles(self._context, self._tiles) & stale:
                drawing.draw(self._context)
        for left, top, right, bottom in boxes:
            self.pixels[top:bottom, left:right] = self._work[top:bottom, left:right]


def _length_of_start(last: Sequence[Drawing], now: Sequence[Drawing]) -> int:
    """How many drawings at the start are the same."""
    for index, (a, b) in enumerate(zip(last, now, strict=False)):
        if a is not b:
            return index
    return min(len(last), len(now))


def _apart(last: Sequence[Drawing], now: Sequence[Drawing]) -> list[Drawing]:
    """The drawings that came or left, and of those that changed places, so many that the rest is in order."""
    places = {id(drawing): place for place, drawing in enumerate(last)}
    stay, highest = set[int](), -1
    for drawing in now:
        place = places.get(id(drawing), -1)
        if place > highest:
            stay.add(id(drawing))
            highest = place
    return [drawing for drawing in (*last, *now) if id(drawing) not in stay]
