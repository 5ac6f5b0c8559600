"""Which faults are made, where cosmic-ray is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = '''
from __future__ import annotations


def half(x: int | None = 3, *rest: int) -> float | None:
    """Not -1 < 0 and True."""
    if x is None or x < 0:
        raise ValueError(f"x: got {x - 1}")
    return -x / 2
'''


@pytest.fixture
def mutations(monkeypatch):
    pytest.importorskip("cosmic_ray")
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return __import__("mutations")


def test_each_fault_is_one_and_none_is_in_words_or_annotations(mutations):
    made = [mutations.mutant(SOURCE, "half.py", fault) for fault in mutations.faults(SOURCE)]
    assert [each.line for each in made if each.at == 5] == [
        f"def half(x: int | None = {default}, *rest: int) -> float | None:" for default in (4, 2)
    ]
    conditions = {each.line for each in made if each.at == 7}
    assert conditions == {
        "if not x is None or x < 0:",
        "if x is not None or x < 0:",
        "if x is None and x < 0:",
        "if x is None or x <= 0:",
        "if x is None or x >= 0:",
        "if x is None or x < 1:",
        "if x is None or x < -1:",
    }
    assert {each.line for each in made if each.at == 9} == {
        "return x / 2",
        "return -x * 2",
        "return -x / 3",
        "return -x / 1",
    }
    assert {each.at for each in made} == {5, 7, 9}


def test_a_fault_is_in_the_code_and_in_its_statement(mutations):
    last = mutations.mutant(SOURCE, "half.py", mutations.faults(SOURCE)[-1])
    assert last.statement == (9, 9)
    names: dict[str, object] = {}
    exec(last.code, names)
    assert names["half"](8) != -4.0
