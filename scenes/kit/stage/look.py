"""How a stage looks: its measures, and what each theme has beside the colours by role."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.page.theme import Theme, rgb
from gdscenes.kit.plot.contours import EXPONENT, RAMPS

Array = NDArray[np.float64]

HEIGHT = 2.8
"""Height of the surface where it is cut, units of the scene."""
GAP = 2.2
"""How far the floor plate lies below a loss of zero."""
SIDE = 6.0
"""The longer side of the plate."""
FADE = 0.16
"""How far the surface goes on, fading, above its cut: a part of the loss at the cut."""
TUBE = 0.038
BALL = 0.135
TICK = 0.14
CLOSE_ZOOM = 1.2
"""From here on a closer look shows the same marks."""

LIGHT = np.array([-0.38, 0.58, 0.72]) / np.linalg.norm([-0.38, 0.58, 0.72])
HALF_WAY = np.add(LIGHT, (0, 0, 1)) / np.linalg.norm(np.add(LIGHT, (0, 0, 1)))
"""Where light comes from, and half way between it and the eye."""


@dataclass(frozen=True)
class Look:
    """What a theme's stage has beside the colours by role."""

    plate: str
    frame: str
    plate_fill: float
    plate_lines: float
    lines: str
    line_opacity: float
    flat_lines: str
    flat_line_opacity: float
    under: tuple[float, float, float]
    ambient: float
    key: float
    gloss: float
    outline: float
    outline_width: float
    halo: str
    halo_opacity: float
    body: tuple[float, float, float, float]
    """Ambient and key light, gloss and dark edge of tubes and balls."""


LOOKS = {
    "dark": Look(
        plate="#141821",
        frame="#4A5263",
        plate_fill=0.25,
        plate_lines=0.8,
        lines="#FFFFFF",
        line_opacity=0.85,
        flat_lines="#ECEFF4",
        flat_line_opacity=0.85,
        under=(0.41, 0.44, 0.61),
        ambient=0.58,
        key=0.56,
        gloss=0.05,
        outline=0.6,
        outline_width=1.8,
        halo="#000000",
        halo_opacity=0.3,
        body=(0.78, 0.34, 0.2, 0.4),
    ),
    "light": Look(
        plate="#F4F0E6",
        frame="#A79F8F",
        plate_fill=0.25,
        plate_lines=0.8,
        lines="#2A1748",
        line_opacity=0.85,
        flat_lines="#1B1F27",
        flat_line_opacity=0.85,
        under=(0.86, 0.86, 0.9),
        ambient=0.74,
        key=0.34,
        gloss=0.03,
        outline=0.6,
        outline_width=1.8,
        halo="#FAF7F0",
        halo_opacity=0.75,
        body=(0.9, 0.5, 0.35, 0.0),
    ),
    "print": Look(
        plate="#FFFFFF",
        frame="#777777",
        plate_fill=0.0,
        plate_lines=0.6,
        lines="#010101",
        line_opacity=0.75,
        flat_lines="#010101",
        flat_line_opacity=0.8,
        under=(0.9, 0.9, 0.9),
        ambient=1.0,
        key=0.0,
        gloss=0.0,
        outline=1.0,
        outline_width=2.2,
        halo="#FFFFFF",
        halo_opacity=0.75,
        body=(0.9, 0.5, 0.35, 0.0),
    ),
}


def ramp_of(theme: Theme) -> tuple[str, ...]:
    """The loss as colour; white in print, where only the shading tells."""
    return ("#FFFFFF", "#FFFFFF") if theme.name == "print" else RAMPS[theme.name]


def loss_colors(ramp: tuple[str, ...], shares: Array) -> Array:
    """Colours (n, 3) of losses (n,) given as parts of the highest: `contours.loss_color`, unrounded."""
    stops = np.array([rgb(color) for color in ramp])
    t = np.clip(shares, 0.0, 1.0) ** EXPONENT * (len(ramp) - 1)
    return np.stack([np.interp(t, np.arange(len(ramp)), stops[:, k]) for k in range(3)], axis=-1)
