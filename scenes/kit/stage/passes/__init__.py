"""The passes in which a stage is drawn, from the floor up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gdscenes.kit.stage.passes.cuts import draw_cut_curve, draw_cut_planes
from gdscenes.kit.stage.passes.floor import draw_axes, draw_plate
from gdscenes.kit.stage.passes.solids import draw_contact, draw_hidden, draw_lattice, draw_solids
from gdscenes.kit.stage.passes.surface import draw_outline, draw_surface, draw_underside

if TYPE_CHECKING:
    from gdscenes.kit.stage.passes.frame import Frame


def draw(frame: Frame) -> None:
    """Draw all of a stage."""
    stage = frame.stage
    draw_plate(frame)
    draw_axes(frame)
    if stage.surface > 0:
        if stage.surface < 1:
            # what stands behind a glass sheet is there before it
            draw_solids(frame)
        draw_surface(frame)
    if stage.lattice is not None:
        draw_lattice(frame, stage.lattice)
    draw_outline(frame)
    draw_cut_planes(frame)
    for cut in stage.cuts:
        draw_cut_curve(frame, cut)
    for path in stage.paths:
        draw_contact(frame, path)
        draw_hidden(frame, path)
    draw_solids(frame)
    draw_underside(frame)
