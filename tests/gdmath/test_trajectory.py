import hashlib
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdmath import (
    LeastSquares,
    Outcome,
    Trajectory,
    TrajectoryFileError,
    descend,
    load_trajectory,
    steps_to_within,
)

FIELDS = ("parameters", "losses", "gradients", "epoch_starts")
SCALARS = ("learning_rate", "outcome", "batch_size", "method")


def short_path(**changes):
    fields = {
        "parameters": [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]],
        "losses": [3.0, 2.0, 1.0],
        "gradients": [[-1.0, -1.0]] * 3,
        "learning_rate": 2.0,
        "outcome": Outcome.OUT_OF_STEPS,
    }
    return Trajectory(**(fields | changes))


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in FIELDS) and all(
        getattr(one, name) == getattr(other, name) for name in SCALARS
    )


class TestRecord:
    def test_knows_its_steps_and_epochs(self):
        assert short_path().n_steps == 2
        assert short_path().epoch_starts.tolist() == [0, 1, 2]

    def test_counts_the_points_met_in_epochs(self):
        """Seven points in threes: 3, 6 and, the last batch holding one, 7 of 7; then anew."""
        problem = LeastSquares(np.arange(7.0), np.ones(7))
        run = descend(problem, [0.0, 0.0], 0.01, 5, batch_size=3, seed=1)
        assert run.epochs_passed(7).tolist() == [0, 3 / 7, 6 / 7, 1, 1 + 3 / 7, 1 + 6 / 7]
        whole = descend(problem, [0.0, 0.0], 0.01, 3)
        assert whole.epochs_passed(7).tolist() == [0, 1, 2, 3]

    def test_its_beginning_is_the_shorter_run(self):
        problem = LeastSquares([1.0, 2.0, 4.0], [3.0, 1.0, 2.0])
        long, short = (descend(problem, [0.5, -1.0], 0.05, n_steps) for n_steps in (40, 7))
        begun = long.up_to(7)
        assert same(begun, short)
        assert begun.epoch_starts.tolist() == list(range(8))
        assert long.up_to(40) is long.up_to(99) is long
        assert long.up_to(0).n_steps == 0
        with pytest.raises(ValueError, match="n_steps: got -1"):
            long.up_to(-1)

    def test_holds_copies_that_nobody_can_write_to(self):
        live = np.zeros((3, 2))
        run = short_path(parameters=live)
        live[:] = 9.0
        assert run.parameters.tolist() == [[0.0, 0.0]] * 3
        for name in FIELDS:
            with pytest.raises(ValueError, match="read-only"):
                getattr(run, name)[0] = 1

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"parameters": [[0.0, np.nan], [2.0, 3.0], [4.0, 5.0]]},
                r"parameters: got nan at index \(0, 1\)",
            ),
            ({"parameters": [0.0, 1.0, 2.0]}, r"parameters: got shape \(3,\)"),
            ({"parameters": [[0.0] * 65] * 3}, "parameters: got 65 columns"),
            ({"losses": [3.0, 2.0]}, r"losses, gradients: got shapes \(2,\)"),
            ({"losses": [3.0, 2.0, np.inf]}, "losses: got inf at index 2"),
            ({"gradients": [[-1.0]] * 3}, "losses, gradients: got shapes"),
            ({"learning_rate": np.nan}, "learning_rate: got nan"),
            ({"learning_rate": 0.0}, "learning_rate: got 0.0"),
            ({"batch_size": 0}, "batch_size: got 0"),
            ({"method": ""}, "method: got ''"),
            ({"method": "a\x1b[31m"}, "method: got"),
            ({"method": "a" * 300}, "method: got"),
            ({"epoch_starts": [1, 2]}, "epoch_starts: got rows out of order"),
            ({"epoch_starts": [0, 2, 1]}, "epoch_starts: got rows out of order"),
            ({"epoch_starts": [0, 3]}, "epoch_starts: got 0 to 3; allowed 0 to 2"),
            ({"outcome": "went home"}, "went home"),
        ],
    )
    def test_refuses_what_does_not_fit(self, changes, message):
        with pytest.raises(ValueError, match=message):
            short_path(**changes)


class TestStepsToWithin:
    def test_first_row_at_or_under(self):
        run = short_path(losses=[3.0, 1.01, 1.0])
        assert steps_to_within(run, 1.0) == 1
        assert steps_to_within(run, 1.0, fraction=2.0) == 0
        assert steps_to_within(run, 1.0, fraction=0.001) == 2

    def test_none_when_never(self):
        assert steps_to_within(short_path(), 0.5) is None


finite = st.floats(allow_nan=False, allow_infinity=False)


class TestRoundTrip:
    @given(st.data())
    @settings(max_examples=60)
    def test_bit_for_bit(self, tmp_path_factory, data):
        rows, p = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 2))

        def table(n):
            return np.array(data.draw(st.lists(finite, min_size=n, max_size=n)))

        run = Trajectory(
            parameters=table(rows * p).reshape(rows, p),
            losses=table(rows),
            gradients=table(rows * p).reshape(rows, p),
            learning_rate=data.draw(st.floats(min_value=0, exclude_min=True, allow_infinity=False)),
            outcome=data.draw(st.sampled_from(Outcome)),
            epoch_starts=np.array([0, *sorted(data.draw(st.sets(st.integers(1, rows - 1))))])
            if rows > 1
            else [0],
            batch_size=data.draw(st.none() | st.integers(1, 1000)),
            method=data.draw(st.text(min_size=1, max_size=200).filter(str.isprintable)),
        )
        path = tmp_path_factory.mktemp("round") / "run"
        run.save(path)
        assert same(run, load_trajectory(path))

    def test_bytes_depend_on_the_values_only(self, chapter_0, tmp_path):
        for name in ("first", "again"):
            descend(chapter_0.problem(), chapter_0.start, 0.1, 20).save(tmp_path / name)
        assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()

    def test_overwrites_whole_and_leaves_nothing_else(self, tmp_path):
        path = tmp_path / "run"
        short_path().save(path)
        short_path(losses=[9.0, 8.0, 7.0]).save(str(path))
        assert load_trajectory(path).losses[0] == 9.0
        assert os.listdir(tmp_path) == ["run"]

    @pytest.mark.parametrize("failing", ["fsync", "replace"])
    def test_a_failed_write_leaves_the_earlier_file(self, tmp_path, monkeypatch, failing):
        path = tmp_path / "run"
        short_path().save(path)
        before = path.read_bytes()

        def no_space(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, failing, no_space)
        with pytest.raises(OSError, match="No space left"):
            short_path(losses=[9.0, 8.0, 7.0]).save(path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["run"]

    def test_an_interrupt_leaves_no_temporary_file(self, tmp_path, monkeypatch):
        def interrupted(_):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            short_path().save(tmp_path / "run")
        assert os.listdir(tmp_path) == []

    def test_a_folder_in_the_way_is_not_replaced(self, tmp_path):
        (tmp_path / "run").mkdir()
        with pytest.raises(OSError, match="run"):
            short_path().save(tmp_path / "run")
        assert os.listdir(tmp_path) == ["run"]


def refused(path, content, reason):
    path.write_bytes(content)
    with pytest.raises(TrajectoryFileError, match=reason) as caught:
        load_trajectory(path)
    assert str(path) in str(caught.value)
    return caught.value


def forged(header=None, payload=b"", version=1, header_text=None):
    """A file whose marker and hash are right, whatever else it claims."""
    text = json.dumps(header).encode() if header_text is None else header_text
    body = struct.pack("<8sII", b"\x89GDTRAJ\n", version, len(text)) + text + payload
    return body + hashlib.sha256(body).digest()


HEADER = {
    "batch_size": None,
    "epochs": 1,
    "learning_rate": 0.1,
    "method": "gradient descent",
    "outcome": "OUT_OF_STEPS",
    "p": 1,
    "rows": 1,
}
PAYLOAD = struct.pack("<dddq", 1.0, 2.0, 3.0, 0)


class TestDamage:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "run.gdtraj"

    @pytest.fixture
    def content(self, path):
        short_path().save(path)
        return path.read_bytes()

    def test_the_forger_is_right_about_the_format(self, path):
        """Else every refusal below could be for a reason that is not the one meant."""
        path.write_bytes(forged(HEADER, PAYLOAD))
        run = load_trajectory(path)
        assert (run.parameters.tolist(), run.gradients.tolist(), run.losses.tolist()) == (
            [[1.0]],
            [[2.0]],
            [3.0],
        )

    def test_cut_anywhere(self, path, content):
        for size in range(len(content)):
            refused(path, content[:size], ".")

    def test_any_bit_flipped(self, path, content):
        for bit in range(8 * len(content)):
            altered = bytearray(content)
            altered[bit // 8] ^= 1 << bit % 8
            refused(path, bytes(altered), ".")

    def test_added_to(self, path, content):
        refused(path, content + b"\0", "sha256 does not match: it was cut short, added to")

    def test_altered_number(self, path, content):
        altered = bytearray(content)
        altered[-40] ^= 1
        refused(path, bytes(altered), "sha256 does not match")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0",
            b"<!DOCTYPE html><html><body>404</body></html>" * 9,
            b"\x80\x04K\x01.",
            b"\x93NUMPY\x01\0",
        ],
        ids=["empty", "one byte", "HTML", "pickle", "npy"],
    )
    def test_another_kind_of_file(self, path, content):
        refused(path, content, "not a trajectory file: it starts with")

    def test_a_pickle_is_not_run(self, path, tmp_path):
        class Trap:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "sprung"),)

        refused(path, pickle.dumps(Trap()), "not a trajectory file")
        refused(path, forged(HEADER, pickle.dumps(Trap())), "its header claims")
        refused(path, forged(header_text=pickle.dumps(Trap())), "not JSON")
        assert not (tmp_path / "sprung").exists()

    def test_a_zip_bomb_is_not_opened(self, path):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("parameters.npy", bytes(50_000_000))
        self.refused_without_allocation(path, packed.getvalue(), "not a trajectory file")

    def test_a_later_version_is_named(self, path):
        refused(path, forged(HEADER, PAYLOAD, version=2), "got format version 2; allowed 1")

    @pytest.mark.parametrize(
        ("claim", "reason"),
        [
            ({"rows": 1_000_001, "epochs": 1}, "its header claims"),
            ({"rows": 10**15}, "its header has rows = "),
            ({"rows": 10**400}, "its header has rows = "),
            ({"epochs": 10**15}, "its header has epochs = "),
            ({"p": 10**12}, "its header has p = "),
        ],
    )
    def test_a_claim_of_terabytes_takes_no_memory(self, path, claim, reason):
        self.refused_without_allocation(path, forged(HEADER | claim, PAYLOAD), reason)

    def test_a_header_of_gigabytes_takes_no_memory(self, path):
        prefix = struct.pack("<8sII", b"\x89GDTRAJ\n", 1, 2**32 - 1)
        self.refused_without_allocation(
            path, prefix + bytes(100), "got a header of 4294967295 bytes; allowed"
        )

    def test_a_file_of_terabytes_is_not_read(self, path):
        with open(path, "wb") as file:
            file.write(b"\x89GDTRAJ\n")
            file.truncate(2**40)
        with pytest.raises(TrajectoryFileError, match="got 1099511627776 bytes; allowed"):
            load_trajectory(path)

    @staticmethod
    def refused_without_allocation(path, content, reason):
        tracemalloc.start()
        try:
            refused(path, content, reason)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 1_000_000

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"rows": True}, "rows = 'True'"),
            ({"rows": 1.0}, "rows = '1.0'"),
            ({"rows": 0}, "rows = '0'"),
            ({"rows": -1}, "rows = '-1'"),
            ({"rows": "1"}, "rows = '1'"),
            ({"p": 65}, "p = '65'"),
            ({"learning_rate": 1}, "learning_rate = '1'"),
            ({"learning_rate": -0.5}, "learning_rate: got -0.5"),
            ({"learning_rate": float("nan")}, "not JSON"),
            ({"learning_rate": float("inf")}, "not JSON"),
            ({"batch_size": 0}, "batch_size = '0'"),
            ({"batch_size": [1]}, "batch_size = "),
            ({"outcome": "ESCAPED"}, "outcome = 'ESCAPED'"),
            ({"outcome": None}, "outcome = 'None'"),
            ({"method": 7}, "method = '7'"),
            ({"method": "\x1b[2J"}, "method: got"),
            ({"extra": 1}, "other entries than"),
        ],
    )
    def test_a_header_with_a_right_hash_and_a_wrong_value(self, path, change, reason):
        refused(path, forged(HEADER | change, PAYLOAD), reason)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"", "not JSON"),
            (b"{", "not JSON"),
            (b"[" * 4096, "not JSON"),
            (b"\xff\xfe", "not JSON"),
            (b"[]", "other entries than"),
            (b"null", "other entries than"),
            (json.dumps(HEADER).replace("0.1", "1e999").encode(), "learning_rate: got inf"),
            (json.dumps({k: v for k, v in HEADER.items() if k != "p"}).encode(), "other entries than"),
        ],
    )
    def test_a_header_that_is_no_header(self, path, text, reason):
        refused(path, forged(header_text=text, payload=PAYLOAD), reason)

    @pytest.mark.parametrize(
        ("numbers", "reason"),
        [
            ((float("nan"), 2.0, 3.0, 0), "parameters: got nan"),
            ((1.0, float("inf"), 3.0, 0), "gradients: got inf"),
            ((1.0, 2.0, float("-inf"), 0), "losses: got -inf"),
            ((1.0, 2.0, 3.0, 1), "epoch_starts: got 1 to 1; allowed 0 to 0"),
            ((1.0, 2.0, 3.0, -1), "epoch_starts: got -1"),
        ],
    )
    def test_numbers_with_a_right_hash_that_are_no_path(self, path, numbers, reason):
        refused(path, forged(HEADER, struct.pack("<dddq", *numbers)), reason)

    def test_what_is_no_file(self, path, tmp_path):
        with pytest.raises(TrajectoryFileError, match="no regular file"):
            load_trajectory(tmp_path)
        os.mkfifo(path)
        with pytest.raises(TrajectoryFileError, match="no regular file"):
            load_trajectory(path)
        with pytest.raises(FileNotFoundError):
            load_trajectory(tmp_path / "missing")

    def test_is_a_value_error_with_path_and_reason(self, path):
        error = refused(path, b"", "not a trajectory")
        assert isinstance(error, ValueError)
        assert error.path == path
        assert error.reason.startswith("not a trajectory file")
