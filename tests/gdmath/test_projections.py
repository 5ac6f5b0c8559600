"""Projected runs: what a film is drawn from is what the recording says, row by row, and comes back whole."""

import dataclasses
import hashlib
import json
import struct

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
    run = recorded(3, 3 * MOST_ROWS + 1, noise=0.5)
    seen = gdmath.project(run, "long")
    assert seen.is_thinned
    assert MOST_ROWS / 2 < len(seen.losses) <= MOST_ROWS + 3
    assert seen.steps[-1] == run.steps[-1]
    assert seen.losses[seen.lowest_row] == run.losses.min()
    gaps = np.abs(run.surface().row_losses - run.losses) / np.abs(run.losses)
    assert seen.steps[seen.widest_row] == run.steps[gaps.argmax()]
    kept = np.searchsorted(run.steps, seen.steps)
    told = {len(run.steps) - 1, int(run.losses.argmin()), int(gaps.argmax())}
    assert set(kept) == {*range(0, len(run.steps), 4), *told}
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


def of_rows(n: int) -> dict[str, np.ndarray]:
    """What there is by row, of so many rows."""
    by_row = {
        name: np.ones(n) for name in ("losses", "row_losses", "distances", "step_lengths", "step_angles")
    }
    return by_row | {"steps": np.arange(n), "coordinates": np.ones((n, 2))}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "n" * 500, "method": "m" * 5000, "partial": "", "axes": ("a" * 500, "")},
        {"n_parameters": 2**53, "n_rows": 0, "every": 0},
        of_rows(3),
        of_rows(2 * MOST_ROWS),
        {"grid": gdmath.LossGrid(np.arange(2001.0), np.arange(3.0), np.ones((3, 2001)))},
    ],
    ids=["long texts", "counts", "three rows", "many rows", "a long grid"],
)
def test_what_is_just_allowed_comes_back(changes):
    run = dataclasses.replace(SEEN, **changes)
    again = gdmath.decode_projection(gdmath.encode_projection(run))
    assert again.digest() == run.digest()
    assert all(np.array_equal(getattr(again, each), getattr(run, each)) for each in changes if each != "grid")
    assert np.array_equal(again.grid.losses, run.grid.losses)


def test_a_header_may_be_64_kib_long():
    def size(run):
        return struct.unpack_from("<8sII", gdmath.encode_projection(run))[2]

    long = dataclasses.replace(SEEN, name="😀" * 500, method="😀" * 4900)
    full = dataclasses.replace(long, partial="p" * (64 * 1024 - size(long)))
    assert size(full) == 64 * 1024
    assert gdmath.decode_projection(gdmath.encode_projection(full)).digest() == full.digest()
    with pytest.raises(ValueError, match="got a header of 65537 bytes; allowed 65536"):
        gdmath.encode_projection(dataclasses.replace(full, partial=full.partial + "p"))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "n" * 501},
        {"partial": 5},
        {"method": "m" * 5001},
        {"kind": "LIES"},
        {"axes": "xy"},
        {"axes": ["x"]},
        {"axes": ["x", 5]},
        {"n_rows": -1},
        {"every": 2**53 + 1},
        {"n_parameters": 6.0},
        {"way": "far"},
        {"explained": True},
        {"rows": 2},
        {"rows": 2 * MOST_ROWS + 1},
        {"rows": 61.0},
        {"grid": 21},
        {"grid": [21]},
        {"grid": [2, 21]},
        {"grid": [21, 2002]},
        {"grid": [21, 21.0]},
    ],
    ids=str,
)
def test_a_header_with_a_right_hash_and_a_wrong_value_is_refused(change):
    content = gdmath.encode_projection(SEEN)
    marker, version, size = struct.unpack_from("<8sII", content)
    text = json.dumps(json.loads(content[16 : 16 + size]) | change).encode()
    body = struct.pack("<8sII", marker, version, len(text)) + text + content[16 + size : -32]
    with pytest.raises(ValueError, match=f"its header has {next(iter(change))} = "):
        gdmath.decode_projection(body + hashlib.sha256(body).digest())


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


def test_two_parameters_of_many_are_not_the_whole_space():
    seen = gdmath.project(recorded(9, plane=(0, 8)))
    assert (seen.kind, seen.is_whole) == (gdmath.PlaneKind.PARAMETERS, False)


def test_another_name_is_refused():
    with pytest.raises(ValueError, match=r"recorded run: got 'mine'; allowed network, two-weights"):
        gdmath.recorded_run("mine")
