"""A recording's file: what comes back, what is refused; and the facts of a run."""

import dataclasses
import hashlib
import io
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from gdmath import (
    LossGrid,
    OptimizerFacts,
    PlaneSurface,
    RecordedRun,
    RecordingFileError,
    facts_of_recording,
    load_recording,
)
from gdmath.planes import parameter_plane, path_plane

SHAPES = {"0.weight": (2, 1), "scale": ()}
ARRAYS = ("parameters", "gradients", "losses", "learning_rates", "stepped_by", "steps")


ONE_ROW = {
    "parameters": np.zeros((1, 3)),
    "losses": [0.0],
    "gradients": np.zeros((0, 3)),
    "learning_rates": [],
    "stepped_by": np.zeros(0, int),
    "steps": [0],
    "optimizers": (),
}


def short_run(dtype="f8", **changes):
    rows = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [1.0, 2.0, 0.5]], dtype)
    fields = {
        "parameters": rows,
        "losses": [4.0, 2.0, 1.0, 1.5],
        "gradients": (rows[:-1] - rows[1:]) / 0.5,
        "learning_rates": [0.5, 0.5, 0.5],
        "stepped_by": [0, 1, 0],
        "steps": [0, 1, 2, 3],
        "shapes": SHAPES,
        "optimizers": (OptimizerFacts("SGD", ({"lr": 0.5},)), OptimizerFacts("Adam", ({"betas": [0.9, 1]},))),
    }  # fmt: skip
    return RecordedRun(**(fields | changes))


def seen_run(**changes):
    run = short_run()
    grid = LossGrid([-2.0, 0.0], [-1.0, 0.0, 1.0], np.arange(6.0).reshape(3, 2))
    surface = PlaneSurface(plane=path_plane(run.parameters), grid=grid, row_losses=[4.5, 2.0, 0.5, 1.5])
    return short_run(**{"surfaces": (surface,)} | changes)


LONG_GRID = LossGrid(np.arange(501.0), np.arange(2.0), np.ones((2, 501)))


def surface_of(parameters):
    """The loss over two parameters of the short run, on a grid of another shape than its path's."""
    run = short_run()
    grid = LossGrid([0.0, 1.0, 2.0], [-1.0, 1.0], np.arange(6.0).reshape(2, 3))
    plane = parameter_plane(parameters, run.parameters[-1], run.shapes)
    return PlaneSurface(plane=plane, grid=grid, row_losses=[1.0, 2.0, 3.0, 4.0])


def same(one, other):
    seen, others = [
        [(s.plane.kind, s.plane.axes, *(a.tobytes() for a in (s.plane.origin, s.plane.directions, s.grid.b)),
         s.grid.w.tobytes(), s.grid.losses.tobytes(), s.row_losses.tobytes())
        for s in run.surfaces]
        for run in (one, other)
    ]  # fmt: skip
    return (
        all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ARRAYS)
        and one.parameters.dtype == other.parameters.dtype
        and all(getattr(one, n) == getattr(other, n) for n in ("shapes", "optimizers", "every", "partial"))
        and seen == others
    )


class TestRecord:
    def test_holds_copies_that_nobody_can_write_to(self):
        live = np.zeros((2, 3))
        run = short_run(parameters=live, losses=[1, 1], gradients=np.zeros((1, 3)), learning_rates=[1],
                        stepped_by=[0], steps=[0, 1])  # fmt: skip
        live[:] = 9.0
        assert not run.parameters.any()
        for name in ARRAYS:
            with pytest.raises(ValueError, match="read-only"):
                getattr(run, name)[0] = 1

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"parameters": np.full((4, 3), np.nan)}, "parameters: got nan or inf in row 0"),
            ({"parameters": np.zeros((4, 3), int)}, "parameters: got values of type int64; allowed float32"),
            ({"parameters": np.zeros(4)}, r"parameters: got shape \(4,\)"),
            (
                {"gradients": np.zeros((4, 3))},
                r"gradients: got shape \(4, 3\); allowed \(3, 3\) beside 4 rows",
            ),
            ({"gradients": np.full((3, 3), np.inf)}, "gradients: got nan or inf in row 0"),
            ({"losses": [1.0, 2.0, np.nan, 1.0]}, "losses: got nan at index 2"),
            ({"learning_rates": [0.1, np.nan, 0.1]}, "learning_rates: got nan or inf"),
            ({"learning_rates": [0.1]}, r"learning_rates: got shape \(1,\)"),
            ({"steps": [0, 2, 1, 3]}, "steps: got rows out of order"),
            ({"steps": [0, 1, 1, 3]}, "steps: got rows out of order"),
            ({"steps": [1, 2, 3, 4]}, "steps: got rows out of order"),
            ({"steps": [0, 1, 2, 2**53]}, "steps: got 0 to 9007199254740992; allowed 0 to 9007199254740991"),
            ({"stepped_by": [0, 2, 0]}, "stepped_by: got 0 to 2; allowed 0 to 1"),
            ({"shapes": {"w": (2,)}}, "shapes: got others than those of 3 parameters"),
            ({"shapes": {"\x1b[2J": (3,)}}, "names: got"),
            ({"partial": "a\nb"}, "names: got"),
            ({"every": 0}, "every: got 0"),
        ],
    )
    def test_refuses_what_does_not_fit(self, changes, message):
        with pytest.raises(ValueError, match=message):
            short_run(**changes)

    def test_a_run_may_not_know_its_optimiser(self):
        assert short_run(optimizers=(), stepped_by=[0, 0, 0]).method == "no optimiser"
        with pytest.raises(ValueError, match="stepped_by: got 0 to 1; allowed 0 to 0"):
            short_run(optimizers=(), stepped_by=[0, 1, 0])

    def test_a_surface_is_found_by_its_plane(self):
        run = short_run(surfaces=[seen_run().surface(), surface_of((0, 2))])
        first, second = run.surfaces
        assert run.surface() is run.surface("path") is first
        assert run.surface(second.plane.name) is second
        with pytest.raises(ValueError, match=f"got 'paths'; allowed path or {re.escape(second.plane.name)}"):
            run.surface("paths")
        with pytest.raises(ValueError, match="plane: got a run without one"):
            short_run().surface()

    def test_a_plane_stands_once(self):
        surface = seen_run().surface()
        with pytest.raises(ValueError, match="surfaces: got path, path; allowed 16 different planes"):
            short_run(surfaces=[surface, surface])

    def test_a_surface_of_another_run_is_refused(self):
        surface = seen_run().surface()
        with pytest.raises(
            ValueError, match="surfaces: got one of another run; allowed 3 parameters and 2 rows"
        ):
            short_run(
                parameters=np.zeros((2, 3)), losses=[1, 1], gradients=np.zeros((1, 3)), learning_rates=[1],
                stepped_by=[0], steps=[0, 1], surfaces=(surface,),
            )  # fmt: skip


class TestRoundTrip:
    @pytest.mark.parametrize(
        "run",
        [
            short_run(),
            short_run("f4"),
            seen_run(),
            seen_run(partial="stopped after step 3 by KeyError", every=7),
            short_run(**ONE_ROW),
            seen_run(surfaces=[seen_run().surface(), surface_of((0, 2))]),
            short_run(steps=[0, 1, 2, 2**53 - 1], every=2**53, partial="p" * 500),
            short_run(shapes={"deep": (3, *[1] * 15), "none": (0,)}),
            seen_run(surfaces=[dataclasses.replace(seen_run().surface(), grid=LONG_GRID)]),
        ],
        ids=["float64", "float32", "surface", "partial", "one row", "two surfaces", "counts", "shapes",
             "grid"],
    )  # fmt: skip
    def test_bit_for_bit(self, tmp_path, run):
        run.save(tmp_path / "run")
        back = load_recording(tmp_path / "run")
        assert same(run, back)
        back.save(tmp_path / "again")
        assert (tmp_path / "run").read_bytes() == (tmp_path / "again").read_bytes()

    def test_reading_needs_no_torch(self, tmp_path):
        seen_run().save(tmp_path / "run")
        code = (
            "import sys, gdmath; f = gdmath.facts_of_recording(gdmath.load_recording(sys.argv[1]));"
            "print('torch' in sys.modules, f.n_rows)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "run"], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["False", "4"]

    def test_a_failed_write_leaves_the_earlier_file(self, tmp_path, monkeypatch):
        path = tmp_path / "run"
        short_run().save(path)
        before = path.read_bytes()

        def no_space(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", no_space)
        with pytest.raises(OSError, match="No space left"):
            seen_run().save(path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["run"]


def refused(path, content, reason):
    path.write_bytes(content)
    with pytest.raises(RecordingFileError, match=reason) as caught:
        load_recording(path)
    assert str(path) in str(caught.value)
    assert caught.value.path == path


HEADER = {
    "every": 1,
    "grids": [],
    "names": ["w"],
    "optimizers": [["SGD", [{"lr": 0.1}]]],
    "partial": "",
    "planes": [],
    "rows": 1,
    "shapes": [[1]],
    "type": "float64",
}
PAYLOAD = struct.pack("<ddq", 2.0, 3.0, 0)


def forged(header=HEADER, payload=PAYLOAD, version=2, text=None):
    """A file whose marker and hash are right, whatever else it claims."""
    text = json.dumps(header).encode() if text is None else text
    body = struct.pack("<8sII", b"\x89GDRECO\n", version, len(text)) + text + payload
    return body + hashlib.sha256(body).digest()


class TestDamage:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "run.trajectory"

    @pytest.fixture
    def content(self, path):
        seen_run().save(path)
        return path.read_bytes()

    def test_the_forger_is_right_about_the_format(self, path):
        path.write_bytes(forged())
        run = load_recording(path)
        assert (run.parameters.tolist(), run.losses.tolist(), run.shapes) == ([[2.0]], [3.0], {"w": (1,)})

    def test_cut_anywhere_or_any_bit_flipped(self, path, content):
        for size in range(0, len(content), 7):
            refused(path, content[:size], ".")
        for bit in range(0, 8 * len(content), 5):
            altered = bytearray(content)
            altered[bit // 8] ^= 1 << bit % 8
            refused(path, bytes(altered), ".")
        refused(path, content + b"\0", "sha256 does not match: it was cut short, added to")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<!DOCTYPE html><html>404</html>" * 9,
            b"\x80\x04K\x01.",
            b"\x93NUMPY\x01\0",
            b"\x89GDTRAJ\n" * 9,
        ],
        ids=["empty", "HTML", "pickle", "npy", "a trajectory"],
    )
    def test_another_kind_of_file(self, path, content):
        refused(path, content, "not a recording file: it starts with")

    def test_a_pickle_is_not_run(self, path, tmp_path):
        class Trap:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "sprung"),)

        refused(path, pickle.dumps(Trap()), "not a recording file")
        refused(path, forged(payload=pickle.dumps(Trap())), "its header claims")
        refused(path, forged(text=pickle.dumps(Trap())), "not JSON")
        assert not (tmp_path / "sprung").exists()

    def test_a_zip_bomb_is_not_opened(self, path):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("parameters.npy", bytes(50_000_000))
        self.refused_without_allocation(path, packed.getvalue(), "not a recording file")

    @pytest.mark.parametrize(
        ("claim", "reason"),
        [
            ({"rows": 10**11}, "its header claims"),
            ({"rows": 2**40}, "its header claims"),
            ({"rows": 2**40 + 1}, "its header has rows"),
            ({"rows": 10**400}, "its header has rows"),
            ({"shapes": [[2**20, 2**9]]}, "its header claims"),
            ({"shapes": [[2**30]]}, "bytes of numbers where its header claims"),
            ({"shapes": [[2**30], [1]], "names": ["w", "v"]}, "claims 1073741825 parameters; allowed 1 to"),
            ({"shapes": [[2**30] * 16]}, "its header claims .* parameters; allowed 1 to"),
            ({"shapes": [[10**18]]}, "its header has shapes"),
            ({"grids": [[501, 501]], "planes": [["PATH", "x", "y"]]}, "its header claims"),
            ({"grids": [[10**9, 2]], "planes": [["PATH", "x", "y"]]}, "its header has grids"),
        ],
    )
    def test_a_claim_of_terabytes_takes_no_memory(self, path, claim, reason):
        self.refused_without_allocation(path, forged(HEADER | claim), reason)

    def test_a_file_of_terabytes_is_not_read(self, path):
        with open(path, "wb") as file:
            file.write(b"\x89GDRECO\n")
            file.truncate(2**40)
        with pytest.raises(RecordingFileError, match="got 1099511627776 bytes; allowed"):
            load_recording(path)

    @staticmethod
    def refused_without_allocation(path, content, reason):
        tracemalloc.start()
        try:
            refused(path, content, reason)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 1_000_000

    def test_a_later_version_is_named(self, path):
        refused(
            path, forged(version=3), "got format version 3; allowed 2, read it with the release that wrote"
        )

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"rows": True}, "rows = 'True'"),
            ({"rows": 0}, "rows = '0'"),
            ({"rows": 2}, "its header claims"),
            ({"every": 1.0}, "every = '1.0'"),
            ({"every": 2**53 + 1}, "every = "),
            ({"names": "w"}, "names = 'w'"),
            ({"names": ["a\nb"]}, "names = "),
            ({"names": ["a" * 501]}, "names = "),
            ({"names": ["w", "w"], "shapes": [[1], [0]]}, "names without shapes"),
            ({"names": ["w", "v"]}, "names without shapes"),
            ({"names": ["w", "w"]}, "names without shapes"),
            ({"shapes": [[0]]}, "its header claims 0 parameters"),
            ({"shapes": [1]}, "shapes = "),
            ({"shapes": [[-1]]}, "shapes = "),
            ({"shapes": [[1.0]]}, "shapes = "),
            ({"shapes": [[1] * 17]}, "shapes = "),
            ({"type": "object"}, "type = 'object'"),
            ({"type": ["float64"]}, "type = "),
            ({"partial": 5}, "partial = '5'"),
            ({"optimizers": {}}, "optimizers = "),
            ({"optimizers": [["SGD", 5]]}, "optimizers = "),
            ({"optimizers": [[5, []]]}, "optimizers = "),
            ({"optimizers": [["SGD"]]}, "optimizers = "),
            ({"planes": [["PATH", "x", "y"]]}, "a plane without a grid"),
            ({"planes": [["LIES", "x", "y"]], "grids": [[2, 2]]}, "planes = "),
            ({"planes": [["PATH", "x"]], "grids": [[2, 2]]}, "planes = "),
            ({"planes": [[[], "x", "y"]], "grids": [[2, 2]]}, "planes = "),
            ({"grids": [[2, 2]]}, "a plane without a grid"),
            ({"grids": [5]}, "grids = '\\[5\\]'"),
            ({"grids": [[502, 2]], "planes": [["PATH", "x", "y"]]}, "grids = "),
            ({"grids": [[2, 1]], "planes": [["PATH", "x", "y"]]}, "grids = "),
            ({"extra": 1}, "other entries than"),
        ],
    )
    def test_a_header_with_a_right_hash_and_a_wrong_value(self, path, change, reason):
        refused(path, forged(HEADER | change), reason)

    @pytest.mark.parametrize(
        ("numbers", "reason"),
        [
            ((float("nan"), 3.0, 0), "parameters: got nan or inf in row 0"),
            ((2.0, float("inf"), 0), "losses: got inf"),
            ((2.0, 3.0, 1), "steps: got rows out of order"),
            ((2.0, 3.0, -1), "steps: got -1"),
        ],
    )
    def test_numbers_with_a_right_hash_that_are_no_run(self, path, numbers, reason):
        refused(path, forged(payload=struct.pack("<ddq", *numbers)), reason)

    def test_what_is_no_file(self, path, tmp_path):
        with pytest.raises(RecordingFileError, match="no regular file"):
            load_recording(tmp_path)
        os.mkfifo(path)
        with pytest.raises(RecordingFileError, match="no regular file"):
            load_recording(path)
        with pytest.raises(FileNotFoundError):
            load_recording(tmp_path / "missing")


class TestFacts:
    def test_of_a_run_that_can_be_reckoned_by_hand(self):
        facts = facts_of_recording(seen_run())
        assert (facts.n_parameters, facts.n_rows, facts.n_steps, facts.type) == (3, 4, 3, "float64")
        assert (facts.first_loss, facts.last_loss, facts.lowest_loss, facts.lowest_loss_step) == (
            4,
            1.5,
            1,
            2,
        )
        assert facts.n_steps_recorded == (2, 1)
        assert (facts.lowest_rate, facts.highest_rate, facts.update_error) == (0.5, 0.5, 0.0)
        assert facts.step_lengths.tolist() == [1.0, 2.0, 0.5]
        assert facts.step_angles.round(9).tolist() == [90.0, 90.0]
        assert (facts.way, facts.distance) == (3.5, pytest.approx(5.25**0.5))
        seen = facts.surfaces[0]
        assert seen.gaps.tolist() == [0.5, 0.0, -0.5, 0.0]
        assert seen.median_gap == 0.0625  # of 1/8, 0, 1/2 and 0
        assert (seen.widest_gap, seen.widest_gap_step) == (-0.5, 2)
        assert 0.9 < seen.explained < 1.0
        assert seen.distances[-1] < 1e-12
        assert seen.distances.max() > 0.01

    def test_updates_that_are_not_plain_are_far_from_it(self):
        run = short_run(gradients=np.ones((3, 3)))
        assert facts_of_recording(run).update_error == 2.5
        assert facts_of_recording(short_run(steps=[0, 2, 4, 6], every=2)).update_error is None

    def test_of_a_single_row_there_is_little(self):
        facts = facts_of_recording(short_run(**ONE_ROW))
        assert (facts.way, facts.distance, facts.lowest_rate, facts.update_error) == (0.0, 0.0, None, None)

    def test_a_loss_of_nothing_has_no_share_of_a_gap(self):
        run = seen_run(losses=[0.0, 0.0, 0.0, 0.0])
        assert facts_of_recording(run).surfaces[0].median_gap == 0.0
