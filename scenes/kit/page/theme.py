"""Colours by role: a role means the same thing in every lecture and in every theme."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Theme:
    """The colours of one look, each named after what it means.

    Colours that come close to each other for a colour-blind eye are never told apart by colour
    alone: marks and lines carry the difference as well.
    """

    name: str
    ground: str
    panel: str
    ink: str
    muted: str
    grid: str
    axis: str
    data: str
    model: str
    model_text: str
    loss: str
    bias: str
    weight: str
    path: str
    minimum: str
    diverged: str
    low_rate: str
    flat: str
    steep: str
    square_opacity: float
    """Opacity of the fill of one square error among many; print carries no large fills."""

    def color(self, role: str) -> str:
        """The colour of a role.

        Raises
        ------
        KeyError
            If the theme has no such role.
        """
        if role not in ROLES:
            raise KeyError(f"role: got {role!r}; allowed {', '.join(ROLES)}")
        return str(getattr(self, role))


ROLES = tuple(f.name for f in fields(Theme) if f.name not in ("name", "square_opacity"))

PARAMETER_ROLES = ("bias", "weight")
"""Roles of the parameters, in their order."""

AXIS_ROLES = ("flat", "steep")
"""Roles of the axes of a bowl, by their curvature."""

DARK = Theme(
    name="dark",
    ground="#0F1117",
    panel="#1A1E28",
    ink="#ECEFF4",
    muted="#8B93A5",
    grid="#2A2F3A",
    axis="#5A6274",
    data="#AEB9C9",
    model="#FFD166",
    model_text="#FFD166",
    loss="#FF6B9A",
    bias="#F28C38",
    weight="#5BC0EB",
    path="#FFFFFF",
    minimum="#7BD88F",
    diverged="#FF4D4D",
    low_rate="#A583FF",
    flat="#3AA38F",
    steep="#C6DB3E",
    square_opacity=0.10,
)
LIGHT = Theme(
    name="light",
    ground="#FAF7F0",
    panel="#F0EADC",
    ink="#1B1F27",
    muted="#5C6370",
    grid="#E0DACC",
    axis="#8A8F9A",
    data="#667080",
    model="#A87900",
    model_text="#856000",
    loss="#C2185B",
    bias="#B33A00",
    weight="#0B6FA4",
    path="#1B1F27",
    minimum="#157A3C",
    diverged="#AC0425",
    low_rate="#5B2BC4",
    flat="#0B6152",
    steep="#384600",
    square_opacity=0.08,
)
PRINT = Theme(
    name="print",
    ground="#FFFFFF",
    panel="#FFFFFF",
    ink="#010101",  # pure black is recoloured by Manim's text classes
    muted="#4D4D4D",
    grid="#DEDEDE",
    axis="#7F7F7F",
    data="#666666",
    model="#9A6F00",
    model_text="#7A5800",
    loss="#B3134F",
    bias="#A63500",
    weight="#005F94",
    path="#010101",
    minimum="#006B2D",
    diverged="#8E0A1E",
    low_rate="#4B22B0",
    flat="#125441",
    steep="#60681C",
    square_opacity=0.0,
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT, PRINT)}


def rgb(color: str) -> tuple[float, float, float]:
    """Red, green and blue, each in [0, 1], of a colour written #RRGGBB."""
    return (int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255)


def blend(over: str, under: str, opacity: float) -> str:
    """The colour seen where `over` lies on `under` at an opacity."""
    mixed = (
        round(255 * (opacity * a + (1 - opacity) * b)) for a, b in zip(rgb(over), rgb(under), strict=True)
    )
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of an sRGB colour, components in [0, 1].

    Source: WCAG 2.2, definition of relative luminance.
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21.

    Source: WCAG 2.2, (L1 + 0.05) / (L2 + 0.05) with L1 the lighter luminance.
    """
    bright, dark = sorted((luminance(*rgb(one)), luminance(*rgb(other))), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
