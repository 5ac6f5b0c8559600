"""What a drawn number says, and the loss by its definition to hold it against."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pytest
from manim import Scene
from numpy.typing import ArrayLike

import gdmath
from gdscenes.kit.type.digits import Digits

T = TypeVar("T")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", "\N{FIGURE SPACE}\N{THIN SPACE}()+")


def _spelled(figures: Digits) -> str:
    """The characters as Python writes a number."""
    return figures.text.translate(_PLAIN).replace("×10", "e")


def shown_number(figures: Digits) -> float:
    """The value that a read-out's characters spell."""
    return float(_spelled(figures))


def assert_shows(figures: Digits, value: float, digits: int = 1) -> None:
    """A read-out is the value rounded to its own last digit, and has at least so many significant digits.

    A value too small for the read-out's decimals has none, which only ``digits=0`` allows.
    """
    mantissa, _, power = _spelled(figures).partition("e")
    last = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
    assert shown_number(figures) == pytest.approx(value, rel=1e-12, abs=0.5 * last * (1 + 1e-6)), figures.text
    assert not value or len(mantissa.replace(".", "").lstrip("-0")) >= digits, figures.text


def on_screen(scene: Scene, kind: type[T]) -> list[T]:
    """Everything of one kind that is on the screen."""
    return [part for top in scene.mobjects for part in top.get_family() if isinstance(part, kind)]


def loss_at(problem: gdmath.LeastSquares, parameters: ArrayLike) -> np.ndarray:
    """The loss at (b, w), or at (w,), by its definition, along the leading axes (...,).

    1/n sum_i (b + w x_i - y_i)^2, or the sum where the problem sums.
    """
    *b, w = np.moveaxis(np.asarray(parameters, dtype=float), -1, 0)[..., None]
    squares = (sum(b) + w * problem.x - problem.y) ** 2
    return squares.sum(axis=-1) if problem.reduction == "sum" else squares.mean(axis=-1)
