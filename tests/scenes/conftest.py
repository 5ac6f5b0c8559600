"""Rehearsals for who asks for one, and every lecture and theme for whoever asks for `lecture` and `theme`.

The light theme has the dark one's layout and marks, in other colours, so it is tried with the slow proofs; on
paper some lectures are tried always, the others with these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rehearsals import Rehearsal, rehearsal, rehearse

from gdlectures.asking import catalog
from gdscenes.kit.page.theme import THEMES

ON_PAPER = ("RegressionFit", "LossSurface")
LECTURES = [catalog.load(entry) for entry in catalog.entries()]


@pytest.fixture(name="rehearse")
def _rehearse() -> Callable[..., Rehearsal]:
    return rehearse


@pytest.fixture(name="rehearsal")
def _rehearsal() -> Callable[..., Rehearsal]:
    return rehearsal


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every lecture of the catalog, and in every theme, where a test asks for one."""
    if "theme" in metafunc.fixturenames:
        looks = [
            pytest.param(lecture, theme, id=f"{lecture.__name__}-{theme}", marks=marks_of(lecture, theme))
            for lecture in LECTURES
            for theme in THEMES
        ]
        metafunc.parametrize(("lecture", "theme"), looks, scope="session")
    elif "lecture" in metafunc.fixturenames:
        metafunc.parametrize("lecture", LECTURES, ids=lambda each: each.__name__, scope="session")


def marks_of(lecture: Any, theme: str) -> list[pytest.MarkDecorator]:
    is_quick = theme == "dark" or (theme == "print" and lecture.__name__ in ON_PAPER)
    return [] if is_quick else [pytest.mark.slow]
