"""Datasets unlike any preset's: of other scales, of few points, flat, falling, far from zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

import gdmath
from gdscenes.kit.lecture.settings import knobs


def odd_dataset(
    x: ArrayLike,
    y: ArrayLike,
    name: str = "odd",
    *,
    start: ArrayLike = (0.0, 0.0),
    learning_rate: float | None = None,
    n_steps: int = 200,
    n_validation: int = 0,
) -> gdmath.Dataset:
    """A dataset of these points, the last of them kept for validation.

    Parameters
    ----------
    x, y : (n,)
        Feature and target.
    start : (2,)
        (b, w) before the first step.
    learning_rate
        By default half of the largest stable one on all points, to one digit.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if learning_rate is None:
        learning_rate = float(f"{gdmath.LeastSquares(x, y).max_stable_learning_rate / 2:.0e}")
    n_train = x.size - n_validation
    return gdmath.Dataset(
        name=name,
        x=x,
        y=y,
        train_indices=np.arange(n_train),
        validation_indices=np.arange(n_train, x.size),
        start=np.asarray(start, dtype=float),
        learning_rate=learning_rate,
        n_steps=n_steps,
    )


_RANDOM = np.random.default_rng(3)
_X, _NOISE = _RANDOM.random(30), _RANDOM.normal(size=30)

ODD = {
    data.name: data
    for data in (
        odd_dataset(3e6 + 1e6 * _X, 1e3 * _X + 5 + 20 * _NOISE, "millions", n_validation=6),
        odd_dataset(1e-6 * _X, 3e-3 * _X + 1e-4 * _NOISE, "millionths", n_validation=6),
        odd_dataset([0.1, 0.4, 0.6, 0.9, 0.5], [4.7, 3.3, 2.7, 1.4, 3.1], "falling", n_validation=1),
        odd_dataset(
            10 + _X, 3 * (10 + _X) + 0.1 * _NOISE, "far from zero", start=(-100.0, 12.0), n_validation=6
        ),
        odd_dataset(_X, 1 + 0.1 * _NOISE, "slope zero", start=(0.5, -0.7)),
        odd_dataset([1, 2, 4], [3, -1, -9], "three points"),
        odd_dataset([0, 1, 2, 3], [1, 3, 5, 7], "on a line"),
        odd_dataset(3 * _X, 1e6 * (1 + _X) + 1e5 * _NOISE, "large target", n_validation=6),
    )
}
"""By name, what every lecture teaches on or refuses in one line."""

NAMES = {
    "forty letters": "Mittlere Körpergröße von tausend Schülern",
    "eighty letters": "Durchschnittliche Bevölkerungsdichte im Landkreis ohne die kreisfreien Städte 2020",
    "one word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter",
    "umlauts": "Größe der Übungsfläche je Schülerin, gemessen am Äquator",
    "greek": "Μέση θερμοκρασία του αέρα στην επιφάνεια της θάλασσας",
    "cyrillic": "Средняя температура воздуха у поверхности моря в Москве",
    "typst": "#box[$x^2$] #panic() ] } ) and so on, and on, and on, and on",
    "html": "<b>bold</b> &amp; <script>alert(1)</script> and so on, and on",
    "spreadsheet": '=1+2 =HYPERLINK("https://example.org/", "and so on, and on")',
    "bidi": "\u202egnirts\u2066 and so on, and on, and on, and on, and on \u200f",
    "combining": "o\u0308" * 60,
}
"""What columns are called; each is too long to stand beside an axis."""

WITH_BIAS = tuple(name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias)
"""The presets on which b is learned."""


def takes_data(lecture: Any) -> bool:
    """Whether a lecture descends on a dataset that can be chosen."""
    return any(knob.name == "dataset" for knob in knobs(type(lecture.settings)))


def slow_but(cases: Iterable[Any], *quick: Any) -> list[Any]:
    """What a long test is made of: these datasets or other cases always, the rest with the slow proofs."""
    return [case if case in quick else pytest.param(case, marks=pytest.mark.slow) for case in cases]


def _own_tables() -> dict[str, gdmath.Table]:
    rng = np.random.default_rng(12)

    def table(name: str, x: ArrayLike, y: ArrayLike, x_name: str, y_name: str, **words: str) -> gdmath.Table:
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        return gdmath.Table(name=f"{name}.csv", x=x, y=y, x_name=x_name, y_name=y_name, source=name, **words)

    bmi = rng.normal(26.4, 4.4, 442).round(1)
    years = np.arange(1990.0, 2025.0)
    shoes = rng.integers(36, 46, 60).astype(float)
    tens = np.arange(1.0, 11.0)
    lights = rng.uniform(0, 90, 40)
    many = rng.uniform(0, 30, 5000)
    found = (
        table("bmi", bmi, 10.2 * bmi - 117 + rng.normal(0, 62, 442), "bmi", "progression", x_unit="kg/m²"),
        table(
            "prices",
            years,
            2.1e5 * 1.03 ** (years - 1990) + rng.normal(0, 9e3, 35),
            "year",
            "price",
            y_unit="€",
        ),
        table(
            "shoes", shoes, 1180 + 14.0 * shoes + rng.normal(0, 35, 60), "shoe size", "height", y_unit="mm"
        ),
        table("falling", lights, 95 - 0.8 * lights + rng.normal(0, 6, 40), "shade", "growth", x_unit="%"),
        table("flat", lights, 12 + 0.002 * lights + rng.normal(0, 1.5, 40), "noise", "score"),
        table("outlier", tens, [2.1, 3.9, 6.2, 8.1, 9.8, 12.2, 13.9, 16.1, 18.0, 55.0], "dose", "response"),
        table(
            "long names",
            lights,
            3 + 0.1 * lights + rng.normal(0, 1, 40),
            "Durchschnittliche Körpergröße im Schuljahr",
            "Größe der Fläche über dem Meeresspiegel",
            x_unit="cm",
            y_unit="m²",
        ),
        table("two rows", [1.5, 4.0], [3.0, -1.0], "dose", "response"),
        table("many", many, 4 + 0.6 * many + rng.normal(0, 3, 5000), "temperature", "sales", x_unit="°C"),
    )
    return {each.name.removesuffix(".csv"): each for each in found}


OWN = _own_tables()
"""By name, tables such as lecturers bring."""
