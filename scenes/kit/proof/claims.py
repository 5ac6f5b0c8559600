"""What the figures on the screen claim."""

from __future__ import annotations

from manim import Scene

from gdscenes.kit.figures.figure import AnyFigure, Claim


def claims_on(scene: Scene) -> list[Claim]:
    """Every claim of every figure on the screen, each at the row that it shows."""
    figures = {
        id(part): part for top in scene.mobjects for part in top.get_family() if isinstance(part, AnyFigure)
    }
    return [claim for figure in figures.values() for claim in figure.claims(figure.row)]
