"""What lies on what: every kind of mark knows its layer, so that no scene has to say it."""

from __future__ import annotations

from typing import Protocol, Self, TypeVar

LAYERS = (
    "grid",
    "areas",
    "residuals",
    "ghosts",
    "lines",
    "points",
    "marks",
    "text",
    "moving",
)
"""From the bottom up: axes; areas of colour; what a model misses; earlier states; curves and paths; data and
the rows of a run; start, minimum and the parts that are pointed at; type; what moves now."""


class _Layered(Protocol):
    def set_z_index(self, z_index_value: float) -> object: ...

    def copy(self) -> Self: ...


Lifted = TypeVar("Lifted", bound=_Layered)


def lay(layer: str, *mobjects: _Layered) -> None:
    """Put mobjects, with all that is in them, on a layer.

    Kinds do this when they are made; a composite does it again for a part that lies elsewhere in it::

        lay("grid", self.ticks)
    """
    for mobject in mobjects:
        mobject.set_z_index(LAYERS.index(layer))


def lifted(mobject: Lifted) -> Lifted:
    """A copy that moves over everything else."""
    copy = mobject.copy()
    lay("moving", copy)
    return copy
