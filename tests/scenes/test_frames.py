"""Golden frames: a few pictures that must not change unseen.

``./run test tests/scenes/test_frames.py --rewrite-frames`` draws them anew; look at each before it is
committed. A frame that differs is left beside the golden one, with the difference, in ``build/frames/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gdscenes.batch_sizes import BatchSizes
from gdscenes.feature_scaling import FeatureScaling
from gdscenes.gradient_slope import GradientSlope
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.learning_rates import LearningRates
from gdscenes.loss_surface import LossSurface
from gdscenes.one_weight import OneWeight
from gdscenes.regression_fit import RegressionFit
from gdscenes.training_loop import TrainingLoop
from gdscenes.training_run import TrainingRun

from .conftest import marks_of

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "frames"

FRAMES = [
    (RegressionFit, "dark", "loss"),
    (RegressionFit, "dark", "gradient"),
    (RegressionFit, "dark", "time_lapse"),
    (RegressionFit, "light", "steps"),
    (RegressionFit, "print", "solution"),
    (GradientSlope, "dark", "gradient"),
    (GradientSlope, "light", "lens"),
    (LossSurface, "dark", "descent"),
    (LossSurface, "print", "cuts"),
    (LossSurface, "light", "arrows"),
    (LearningRates, "dark", "race"),
    (LearningRates, "dark", "limit"),
    (LearningRates, "light", "high"),
    (LearningRates, "print", "shadows"),
    (BatchSizes, "dark", "race"),
    (BatchSizes, "light", "mini"),
    (BatchSizes, "print", "cloud"),
    (FeatureScaling, "dark", "race"),
    (FeatureScaling, "light", "morph"),
    (FeatureScaling, "print", "crawl"),
    (OneWeight, "dark", "shrink"),
    (OneWeight, "light", "programs"),
    (OneWeight, "print", "limits"),
    (TrainingLoop, "dark", "update"),
    (TrainingLoop, "light", "time_lapse"),
    (TrainingRun, "dark", "gap"),
    (TrainingRun, "light", "descent"),
    (TrainingRun, "print", "steps"),
]

TOLERANCE = 24
"""Levels of 255 by which the antialiasing of another cairo may differ."""
SHARE = 0.002
"""Share of the pixels that may differ by more; ten times as many where OpenGL, whose makers differ, draws."""


def marks(of, look: str) -> list[pytest.MarkDecorator]:
    """Frames in a theme in which the lecture is a slow proof are slow ones; of one lecture all are drawn."""
    return [] if of is RegressionFit else marks_of(of, look)


@pytest.mark.parametrize(
    ("of", "look", "beat"),
    [pytest.param(*frame, marks=marks(*frame[:2])) for frame in FRAMES],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_frame_is_as_it_was(of, look, beat, rehearsal, request):
    until = beat if look == "light" else None  # a theme that no other test asks for
    frame = rehearsal(of, look, until).frames[beat]
    path = GOLDEN / f"{of.__name__}-{beat}-{look}.png"
    if request.config.getoption("--rewrite-frames"):
        Image.fromarray(frame).save(path, optimize=True)
        pytest.skip(f"rewritten: {path.name}")
    golden = np.asarray(Image.open(path).convert("RGB"))
    assert frame.shape == golden.shape
    apart = np.abs(frame.astype(int) - golden).max(axis=2)
    if (apart > TOLERANCE).mean() > (10 * SHARE if issubclass(of, StageLecture) else SHARE):
        folder = ROOT / "build" / "frames"
        folder.mkdir(parents=True, exist_ok=True)
        difference = np.repeat(np.minimum(apart * 4, 255)[..., None], 3, axis=2).astype(np.uint8)
        Image.fromarray(np.hstack([golden, frame, difference])).save(folder / path.name)
        pytest.fail(f"{path.name} has changed: golden, drawn and difference in {folder / path.name}")
