"""The palette against the table it was taken from, WCAG's contrast, and eyes that miss a cone."""

import itertools

import numpy as np
import pytest

from gdscenes.kit.page.theme import AXIS_ROLES, PRINT, ROLES, THEMES, Theme, blend, contrast, luminance, rgb

# dark, light, print; print's black is #010101 because Manim recolours pure black
TABLE = {
    "ground": ("#0F1117", "#FAF7F0", "#FFFFFF"),
    "ink": ("#ECEFF4", "#1B1F27", "#010101"),
    "muted": ("#8B93A5", "#5C6370", "#4D4D4D"),
    "grid": ("#2A2F3A", "#E0DACC", "#DEDEDE"),
    "axis": ("#5A6274", "#8A8F9A", "#7F7F7F"),
    "data": ("#AEB9C9", "#667080", "#666666"),
    "model": ("#FFD166", "#A87900", "#9A6F00"),
    "model_text": ("#FFD166", "#856000", "#7A5800"),
    "loss": ("#FF6B9A", "#C2185B", "#B3134F"),
    "bias": ("#F28C38", "#B33A00", "#A63500"),
    "weight": ("#5BC0EB", "#0B6FA4", "#005F94"),
    "path": ("#FFFFFF", "#1B1F27", "#010101"),
    "minimum": ("#7BD88F", "#157A3C", "#006B2D"),
    "diverged": ("#FF4D4D", "#AC0425", "#8E0A1E"),
    "low_rate": ("#A583FF", "#5B2BC4", "#4B22B0"),
    "flat": ("#3AA38F", "#0B6152", "#125441"),
    "steep": ("#C6DB3E", "#384600", "#60681C"),
}
SERIES = ("data", "model", "loss", "bias", "weight", "path", "minimum", "diverged", "low_rate", *AXIS_ROLES)
TEXT = ("ink", "muted", "model_text", *(role for role in SERIES if role not in ("model", "path")))
MARKS = (*SERIES, "axis")
every_theme = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))


@pytest.mark.parametrize("role", TABLE)
def test_palette_is_the_tables(role):
    assert tuple(THEMES[name].color(role) for name in ("dark", "light", "print")) == TABLE[role]


def test_the_table_holds_every_role_but_the_panel():
    assert set(ROLES) == {*TABLE, "panel"}
    assert PRINT.panel == PRINT.ground


@every_theme
def test_text_and_marks_stand_out_from_the_ground(theme: Theme):
    assert {r: c for r in TEXT if (c := contrast(theme.color(r), theme.ground)) < 4.5} == {}
    assert {r: c for r in MARKS if (c := contrast(theme.color(r), theme.ground)) < 3.0} == {}


@every_theme
def test_the_grid_is_quieter_than_the_axis(theme: Theme):
    assert 1.15 < contrast(theme.grid, theme.ground) < contrast(theme.axis, theme.ground)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#777777", "#FFFFFF", 4.48),
        ("#767676", "#FFFFFF", 4.54),
        ("#FF0000", "#FFFFFF", 4.00),
        ("#0000FF", "#FFFFFF", 8.59),
        ("#00FF00", "#FFFFFF", 1.37),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_of_known_pairs(one, other, ratio):
    assert round(contrast(one, other), 2) == ratio
    assert contrast(other, one) == contrast(one, other)


def test_luminance_of_the_ends():
    assert luminance(0, 0, 0) == 0.0
    assert luminance(1, 1, 1) == pytest.approx(1.0)


def test_blend():
    assert blend("#FF8000", "#000000", 0.0) == "#000000"
    assert blend("#FF8000", "#000000", 1.0) == "#FF8000"
    assert blend("#FFFFFF", "#000000", 0.2) == "#333333"
    assert blend("#FF0000", "#0000FF", 0.6) == "#990066"


def test_an_unknown_role_is_named():
    with pytest.raises(KeyError, match=r"got 'colour'; allowed .*ink"):
        THEMES["dark"].color("colour")
    with pytest.raises(KeyError, match="square_opacity"):
        THEMES["dark"].color("square_opacity")


# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency",
# IEEE TVCG 15 (2009): severity 1, on linear components
MACHADO = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
CLOSE = {("bias", "diverged"), ("model", "minimum"), ("loss", "minimum"), ("data", "weight")}
CLOSE_IN = {"dark": set(), "light": {("loss", "weight")}, "print": {("model", "bias")}}
APART = 4 * 2.3
"""Least CIE 1976 colour difference: four times what is just seen side by side."""


def lab(color, cones):
    """CIELAB (D65) of a colour as the eye without one cone sees it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(color)]
    seen = np.clip(np.array(cones) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    f = [np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in xyz / [0.9505, 1, 1.089]]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", MACHADO)
@every_theme
def test_roles_stay_apart_for_a_colour_blind_eye_unless_listed(theme: Theme, eye):
    seen = {role: lab(theme.color(role), MACHADO[eye]) for role in SERIES}
    too_close = {
        (one, other): round(float(distance), 1)
        for one, other in itertools.combinations(SERIES, 2)
        if (one, other) not in CLOSE | CLOSE_IN[theme.name]
        and (distance := np.linalg.norm(seen[one] - seen[other])) < APART
    }
    assert too_close == {}
