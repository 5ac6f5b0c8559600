"""Projected runs: what a film is drawn from is what the recording says, row by row, and comes back whole."""

import dataclasses
import hashlib

import numpy as np
import pytest
from recordings import ADAMW, recorded

import gdmath
from gdmath import projections
from gdmath.projections import MOST_ROWS

SEEN = gdmath.project(recorded(), "net")


def test_rows_are_those_of_the_facts():
    run = recorded(noise=0.5)
    seen, facts = gdmath.project(run, "net"), gdmath.facts_of_recording(run)
    for name in ("coordinates", "distances", "row_losses", "gaps"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(facts.surfaces[0], name))
    np.testing.assert_array_equal(seen.losses, run.losses)
    np.testing.assert_array_equal(seen.step_lengths[1:], facts.step_lengths)
    np.testing.assert_array_equal(seen.step_angles[2:], facts.step_angles)
    assert np.isnan(seen.step_lengths[0])
    assert np.isnan(seen.step_angles[:2]).all()
    assert seen.steps[seen.widest_row] == facts.surfaces[0].widest_gap_step
    assert (seen.last_row, seen.is_whole) == (len(run.losses) - 1, False)
    assert (seen.way, seen.explained, seen.median_gap) == (
        facts.way,
        facts.surfaces[0].explained,
        facts.surfaces[0].median_gap,
    )


def test_weight_decay_is_that_of_the_optimisers_wherever_one_has_any():
    plain = gdmath.OptimizerFacts("LBFGS", ({"lr": 0.1},))
    for optimizers, decay in (((plain,), 0.0), ((ADAMW,), 0.01), ((plain, ADAMW), 0.01)):
        assert gdmath.project(recorded(optimizers=optimizers), "net").weight_decay == decay


def test_of_a_long_run_every_kth_row_is_kept_and_what_is_told():
    run = recorded(3, 3 * MOST_ROWS, noise=0.5)
    seen = gdmath.project(run, "long")
    assert seen.is_thinned
    assert MOST_ROWS / 2 < len(seen.losses) <= MOST_ROWS + 3
    assert seen.steps[-1] == run.steps[-1]
    assert seen.losses[seen.lowest_row] == run.losses.min()
    gaps = np.abs(run.surface().row_losses - run.losses) / np.abs(run.losses)
    assert seen.steps[seen.widest_row] == run.steps[gaps.argmax()]
    kept = np.searchsorted(run.steps, seen.steps)
    np.testing.assert_array_equal(seen.losses, run.losses[kept])
    assert seen.step_lengths[5] == np.linalg.norm(run.parameters[kept[5]] - run.parameters[kept[5] - 1])


def test_it_comes_back_bit_for_bit_and_nothing_else_does():
    seen = gdmath.project(recorded(), "net")
    content = gdmath.encode_projection(seen)
    again = gdmath.decode_projection(content)
    assert gdmath.encode_projection(again) == content
    assert again.digest() == seen.digest() == hashlib.sha256(content[:-32]).hexdigest()
    assert dataclasses.replace(seen, name="other").digest() != seen.digest()
    for wrong in (content[:-1], content[:200] + b"x" + content[201:], b"GIF89a" + content):
        with pytest.raises(ValueError, match=r"sha256|not a projected run"):
            gdmath.decode_projection(wrong)


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (dataclasses.replace(recorded(), surfaces=()), "plane: got a run without one"),
        (recorded(n_steps=1), "rows: got 2"),
        (recorded(nodes=2), "grid: got shape"),
    ],
    ids=["no plane", "two rows", "two nodes"],
)
def test_what_cannot_be_seen_is_refused(run, says):
    with pytest.raises(ValueError, match=says):
        gdmath.project(run)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"coordinates": np.ones((2, 2))}, r"rows: got 2; allowed 3 or more"),
        ({"distances": np.ones(4)}, r"distances: got shape \(4,\)"),
        ({"coordinates": np.ones((SEEN.losses.size, 3))}, r"coordinates: got shape \(\d+, 3\)"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(SEEN, **changes)


def test_a_payload_of_another_size_than_its_header_claims_is_refused():
    header, payload = projections._FORMAT.open(gdmath.encode_projection(SEEN))
    forged = projections._FORMAT.seal(header, bytes(payload), bytes(8))
    with pytest.raises(ValueError, match=r"bytes of numbers where its header claims"):
        gdmath.decode_projection(forged)


@pytest.mark.parametrize("name", gdmath.RECORDED_RUNS)
def test_a_run_that_comes_along_is_that_of_its_example(name):
    seen = gdmath.recorded_run(name)
    assert (seen.n_parameters, seen.steps[-1]) == {"network": (337, 400), "two-weights": (2, 200)}[name]
    assert seen.is_whole == (name == "two-weights")
    if name == "two-weights":
        problem = gdmath.preset("chapter-0").problem()
        np.testing.assert_allclose(seen.losses, problem.loss(seen.coordinates[:, [0, 1]]), rtol=1e-12)
        assert not seen.gaps.any()
    else:
        assert seen.median_gap > 0.1


def test_another_name_is_refused():
    with pytest.raises(ValueError, match=r"recorded run: got 'mine'; allowed network, two-weights"):
        gdmath.recorded_run("mine")
