"""What is the same in every lecture: how a quantity is written, and whose the model's colour is."""

from __future__ import annotations

from gdscenes.batch_sizes import BatchSizes
from gdscenes.feature_scaling import FeatureScaling
from gdscenes.kit.lecture.runner import STYLES
from gdscenes.kit.page.theme import DARK, THEMES
from gdscenes.kit.plot.contours import Contours
from gdscenes.learning_rates import LearningRates

DECIMALS = {"loss": 4, "bias": 3, "weight": 3}
"""Of a running number on the textbook's data."""


def test_a_quantity_has_the_same_decimals_in_every_lecture(lecture, rehearsal):
    shown = rehearsal(lecture)
    if shown.lecture.story.name == "chapter-0":
        other = {
            (beat, each.quantity): each.notation.decimals
            for beat, readouts in shown.readouts.items()
            for each in readouts
            if each.quantity in DECIMALS and each.notation.decimals != DECIMALS[each.quantity]
        }
        assert other == {}


def test_the_colour_of_the_model_is_no_runs():
    """Runs that are compared have colours of their own; that of the model is a line's, and its point's."""
    for theme in THEMES.values():
        assert theme.model not in {theme.color(style.role) for style in STYLES}


def test_a_line_has_one_colour_on_the_maps_of_one_loss():
    """Wherever the run starts: the colour of a loss is the same share of the same loss."""
    stories = [each.prepare(each.settings) for each in (LearningRates, FeatureScaling, BatchSizes)]
    assert len({story.problem.loss([1.0, 1.0]).round(12) for story in stories}) == 1
    assert len({round(story.full_loss, 9) for story in stories}) == 1
    assert stories[1].full_loss_of("original") == stories[1].full_loss
    for full in (stories[0].full_loss, None):
        maps = [Contours(stories[0].problem, levels, DARK, full=full) for levels in ([1, 2], [1, 2, 4, 8])]
        assert (maps[0].colors == maps[1].colors[:2]) == (full is not None)
