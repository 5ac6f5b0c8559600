"""What the recorded loops promise: they are short, they run, and their runs say what their sentences say."""

import contextlib
import runpy
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import gdmath

LONG = {"network", "digits", "lightning_fit"}
SCRIPTS = sorted((Path(__file__).parents[2] / "examples" / "recording").glob("*.py"))


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    @cache
    def made(stem: str) -> gdmath.RecordedRun:
        needs = "pytorch_lightning" if stem == "lightning_fit" else "torch"
        pytest.importorskip(needs)
        folder = tmp_path_factory.mktemp(stem)
        (script,) = (each for each in SCRIPTS if each.stem == stem)
        with contextlib.chdir(folder), warnings.catch_warnings():
            if needs == "torch":
                warnings.simplefilter("error")
            runpy.run_path(str(script), run_name="__main__")
        (file,) = folder.iterdir()
        assert file.name == f"{stem.replace('_', '-')}.trajectory"
        return gdmath.load_recording(file)

    return made


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(script, id=script.stem, marks=[pytest.mark.slow] if script.stem in LONG else [])
        for script in SCRIPTS
    ],
)
def test_it_is_short_and_its_run_comes_down(script, run_of):
    assert len(script.read_text().splitlines()) <= 35
    run = run_of(script.stem)
    assert run.partial == ""
    assert run.losses[-1] < 0.5 * run.losses[0]
    assert run.surfaces


def test_two_weights_are_seen_as_they_are(run_of):
    problem, run = gdmath.preset("chapter-0").problem(), run_of("two_weights")
    facts = gdmath.facts_of_recording(run)
    assert facts.surfaces[0].axes == ("bias", "weight")
    assert not facts.surfaces[0].gaps.any()
    grid = run.surface().grid
    corners = np.array([[grid.b[0], grid.w[0]], [grid.b[-1], grid.w[-1]]])
    np.testing.assert_allclose(grid.losses[[0, -1], [0, -1]], problem.loss(corners), rtol=1e-12)
    np.testing.assert_allclose(run.losses, problem.loss(run.parameters[:, ::-1]), rtol=1e-12)


@pytest.mark.slow
def test_what_a_plane_shows_of_a_network_is_not_all_that_happened(run_of):
    facts = gdmath.facts_of_recording(run_of("network"))
    assert facts.n_parameters == 337
    assert facts.surfaces[0].explained > 0.9
    assert facts.surfaces[0].median_gap > 0.1


def test_an_own_loop_keeps_its_schedule_and_its_optimiser(run_of):
    facts = gdmath.facts_of_recording(run_of("own_loop"))
    assert [each.name for each in facts.optimizers] == ["SGD(momentum=0.9)"]
    assert (facts.n_steps, facts.every, facts.n_rows) == (240, 4, 61)
    assert facts.lowest_rate < 0.01 < facts.highest_rate == 0.1


@pytest.mark.slow
def test_the_classifier_of_digits_has_the_weights_that_are_told(run_of):
    assert gdmath.facts_of_recording(run_of("digits")).n_parameters == 1210
