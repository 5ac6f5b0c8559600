"""A lecture bears columns of any name: long, in any script, with what others read as code."""

from __future__ import annotations

from dataclasses import replace

import pytest
from data import NAMES, takes_data

import gdmath
from gdlectures.asking import catalog
from gdmath.tables import LONGEST_NAME
from gdscenes.kit.lecture import choices
from gdscenes.kit.lecture.settings import SettingError

QUICK = {("feature-scaling", "raw"), ("regression-fit", "framed")}


def columns(x_name: str, y_name: str, kind: str, unit: str = "kg/m²") -> gdmath.Dataset | gdmath.Table:
    """Points of the textbook under other names, as they are, or as a table that is taught in a frame."""
    data = gdmath.preset("chapter-0")
    named = {"x_name": x_name, "y_name": y_name, "x_unit": unit, "y_unit": "€"}
    if kind == "raw":
        return replace(data, **named)
    return gdmath.Table(name=f"{x_name}.csv", x=20 + 30 * data.x, y=100 * data.y, source="a file", **named)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        pytest.param(entry, kind, id=f"{entry.name}-{kind}", marks=[] if quick else pytest.mark.slow)
        for entry in catalog.entries()
        if takes_data(catalog.load(entry))
        for kind in ("raw", "framed")
        for quick in [(entry.name, kind) in QUICK]
    ],
)
def test_nothing_is_wrong_with_the_layout_under_long_names(entry, kind, rehearse):
    lecture = catalog.load(entry)
    data = columns(NAMES["eighty letters"], NAMES["one word"], kind)
    rehearsed = rehearse(lecture, settings=replace(lecture.settings, dataset=data))
    assert list(rehearsed.beat_starts) == list(lecture.beats)
    assert {beat: faults for beat, faults in rehearsed.faults.items() if faults} == {}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_what_can_be_drawn_is_not_refused(name):
    kept = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    assert choices.dataset_of(columns(name, name, "framed")).x_name == kept


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("身長 in cm", "y"), r"--x-name 身長 in cm: got 身 \(U\+8EAB\), 長 \(U\+9577\); .* Noto Sans CJK"),
        (("x", "😀"), r"--y-name 😀: got 😀 \(U\+1F600\); .* give another --y-name, or install a font"),
    ],
)
@pytest.mark.parametrize("kind", ["raw", "framed"])
def test_what_no_font_has_is_refused_before_it_is_drawn(names, message, kind, monkeypatch):
    monkeypatch.setattr(choices, "missing_glyphs", lambda text: "".join(c for c in text if c in "身長😀"))
    lecture = catalog.load(catalog.find("regression-fit", None))
    with pytest.raises(SettingError, match=message) as refused:
        lecture.prepare(replace(lecture.settings, dataset=columns(*names, kind)))
    assert "\n" not in str(refused.value)
