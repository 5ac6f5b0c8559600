"""What is drawn of a stage, call by call, so that a frame can be held against the last one."""

from __future__ import annotations

from typing import Any, NamedTuple

from gdscenes.kit.stage.shapes import Batch


class Depth(NamedTuple):
    """How depths decide what is seen.

    Attributes
    ----------
    test : bool
        What is there and nearer hides it.
    write : bool
        It hides what comes later.
    behind : bool
        Only what something nearer hides is seen.
    """

    test: bool
    write: bool = False
    behind: bool = False


class Call(NamedTuple):
    """Shapes drawn by a program. Of two that are equal, all pixels are, as far as their rows go.

    Attributes
    ----------
    program : tuple of str
        Name of a program, and its flags.
    values : tuple of (str, object)
        Its uniforms, without those that all calls of a frame have in common.
    depth : Depth
    is_seen : bool
        Whether it leaves colours, and not its depth alone.
    side : str
        The side of faces that is drawn, "upper" or "lower"; "" for both.
    shapes : Batch
    turn : int
        How many calls of its frame before it are equal but for this.
    """

    program: tuple[str, ...]
    values: tuple[tuple[str, Any], ...]
    depth: Depth
    is_seen: bool
    side: str
    shapes: Batch
    turn: int = 0


class Region(NamedTuple):
    """Whole pixels of a frame, from the upper left one to before the lower right one."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return max(self.right - self.left, 0)

    @property
    def height(self) -> int:
        return max(self.bottom - self.top, 0)

    @property
    def is_empty(self) -> bool:
        return self.left >= self.right or self.top >= self.bottom

    def shared(self, other: Region) -> Region:
        """What lies in both."""
        return Region(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def joined(self, other: Region) -> Region:
        """The smallest that has both in it."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def seen_from(self, other: Region) -> Region:
        """The same pixels, counted from the upper left one of another region."""
        left, top = other[:2]
        return Region(self.left - left, self.top - top, self.right - left, self.bottom - top)


NOWHERE = Region(0, 0, 0, 0)
