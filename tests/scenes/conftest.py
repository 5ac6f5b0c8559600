"""Rehearsals for who asks for one, and every lecture and theme for whoever asks for `lecture` and `theme`.

The light theme has the dark one's layout and marks, in other colours, so it is tried with the slow proofs.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from data import slow_but
from rehearsals import Rehearsal, rehearsal, rehearse

from gdlectures.asking import catalog
from gdscenes.kit.page.theme import THEMES

LECTURES = [catalog.load(entry) for entry in catalog.entries()]


@pytest.fixture(name="rehearse")
def _rehearse() -> Callable[..., Rehearsal]:
    return rehearse


@pytest.fixture(name="rehearsal")
def _rehearsal() -> Callable[..., Rehearsal]:
    return rehearsal


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every lecture of the catalog, and every theme, where a test asks for one."""
    if "lecture" in metafunc.fixturenames:
        metafunc.parametrize("lecture", LECTURES, ids=lambda each: each.__name__, scope="session")
    if "theme" in metafunc.fixturenames:
        metafunc.parametrize("theme", slow_but(THEMES, "dark", "print"), scope="session")
