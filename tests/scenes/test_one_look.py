"""What is the same in every lecture: how a quantity is written, and whose the model's colour is."""

from __future__ import annotations

from gdscenes.kit.lecture.runner import STYLES
from gdscenes.kit.page.theme import THEMES

DECIMALS = {"loss": 4, "bias": 3, "weight": 3}
"""Of a running number on the textbook's data."""
CLOSER = {("BatchSizes", "settle", "loss"): 5}
"""Looks so close that the last of these decimals would stand still."""


def test_a_quantity_has_the_same_decimals_in_every_lecture(lecture, rehearsal):
    shown = rehearsal(lecture)
    if shown.lecture.story.dataset.name == "chapter-0":
        other = {
            (beat, each.quantity): each.notation.decimals
            for beat, readouts in shown.readouts.items()
            for each in readouts
            if each.quantity in DECIMALS
            and each.notation.decimals
            != CLOSER.get((lecture.__name__, beat, each.quantity), DECIMALS[each.quantity])
        }
        assert other == {}


def test_the_colour_of_the_model_is_no_runs():
    """Runs that are compared have colours of their own; that of the model is a line's, and its point's."""
    for theme in THEMES.values():
        assert theme.model not in {theme.color(style.role) for style in STYLES}
