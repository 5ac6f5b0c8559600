"""A user's arrays, frames and Parquet files: the table that a CSV file of the same numbers makes."""

import contextlib
import decimal
import subprocess
import sys

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from gdmath import Table, TableError, frame_tables, read_parquet, read_table, table_from, tables

X, Y = [1.0, 2.0, 4.0, 8.0], [2.5, 3.5, 5.5, -1.0]


def frames():
    """The makers of frames that are installed here, by the names of their libraries."""
    found = {"pyarrow": pa.table}
    for name in ("pandas", "polars"):
        try:
            found[name] = __import__(name).DataFrame
        except ImportError:
            continue
    return found


@pytest.fixture(params=frames())
def frame(request):
    """Make a frame of columns by name."""
    return frames()[request.param]


@pytest.fixture
def file(tmp_path):
    """Write columns to a Parquet file and return its path."""

    def write(columns, name="my.parquet", **how):
        path = tmp_path / name
        parquet.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **how)
        return path

    return write


def refused(read, *args, **options):
    with pytest.raises(TableError) as caught:
        read(*args, **options)
    message = str(caught.value)
    assert message.isprintable(), "one line, nothing that paints a terminal"
    assert len(message) < 1000
    return caught.value


def as_csv(tmp_path, *columns):
    path = tmp_path / "same.csv"
    path.write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in zip(*columns, strict=True)))
    return read_table(path)


def same(one: Table, other: Table):
    return np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y)


class TestPair:
    @pytest.mark.parametrize("kind", [list, np.array, pa.array, lambda values: np.ma.array(values)])
    def test_is_the_table_of_the_same_file(self, kind, tmp_path):
        table = table_from((kind(X), kind(Y)))
        assert same(table, as_csv(tmp_path, X, Y))
        assert (table.name, table.x_name, table.y_column, table.n_dropped) == ("data", "x", "y", 0)
        assert len(table.source) == 64

    def test_source_follows_the_values(self):
        assert table_from((X, Y)).source != table_from((Y, X)).source
        assert table_from((X, Y)).source == table_from([np.array(X), Y]).source

    @pytest.mark.parametrize(
        "gap", [[1, np.nan, 4, 8], [1, np.inf, 4, 8], np.ma.array([1, 2, 4, 8], mask=[0, 1, 0, 0])]
    )
    def test_gaps_are_told_of_or_left_out(self, gap):
        fault = refused(table_from, (gap, Y))
        assert "at index 1, column 'x'; 1 of 4 rows lack a number" in fault.got
        table = table_from((gap, Y), drop_missing=True)
        assert (table.x.tolist(), table.n_dropped) == ([1, 4, 8], 1)

    @pytest.mark.parametrize(
        ("data", "where", "got"),
        [
            ((X,), "data", "a tuple of 1"),
            ([X, Y, Y], "data", "a list of 3"),
            ((X, Y[:3]), "data", "4 and 3 numbers"),
            ((np.ones((4, 1)), Y), "data, x", "an array of shape (4, 1)"),
            ((1.0, Y), "data, x", "an array of shape ()"),
            ((["1", "2"], Y), "data, x", "<U1 values"),
            (([True, False], Y), "data, x", "bool values"),
            (([1j, 2], Y), "data, x", "complex128 values"),
            (([1, None], Y), "data, x", "object values"),
            (([10**400, 2], Y), "data, x", "object values"),
            (([[1], [1, 2]], Y), "data, x", "'setting an array element"),
            (([], []), "data, x", "0 rows"),
            ((X[:1], Y[:1]), "data", "1 rows"),
            (([5.0] * 4, Y), "data, column 'x'", "5 in every row"),
            (([1e200, 1, 2, 3], Y), "data, column 'x'", "1e+200 as the largest size"),
        ],
    )
    def test_is_refused(self, data, where, got):
        fault = refused(table_from, data)
        assert fault.got.startswith(got)
        assert fault.where == where or got == "0 rows"

    def test_too_many_rows(self, monkeypatch):
        monkeypatch.setattr(tables, "MAX_ROWS", 3)
        assert refused(table_from, (X, Y)).got == "more than 3 rows"


class TestFrame:
    def test_is_the_table_of_the_same_file(self, frame, tmp_path):
        table = table_from(frame({"u": Y, "a b": X, "v": [1, 2, 3, 4]}), "a b", "u")
        assert same(table, as_csv(tmp_path, X, Y))
        assert (table.name, table.x_name, table.y_name) == ("data", "a b", "u")

    def test_of_two_columns_needs_no_names(self, frame):
        assert table_from(frame({"p": X, "q": Y})).y_column == "q"

    def test_which_column_is_which_is_said_by_name(self, frame):
        table = table_from(frame({"p": X, "q": Y}), y_column="p", x_column="q")
        assert (table.x.tolist(), table.y.tolist()) == (Y, X)

    def test_of_gaps_in_both_columns_the_feature_s_first_is_told(self, frame):
        data = frame({"x": [1, 2, None, None], "y": [None, 2, 3, 4]})
        assert refused(table_from, data).got == "nan at index 2, column 'x'; 3 of 4 rows lack a number"

    def test_gaps_are_told_of_or_left_out(self, frame):
        data = frame({"x": X, "y": [1, None, 3, None]})
        assert refused(table_from, data).got == "nan at index 1, column 'y'; 2 of 4 rows lack a number"
        assert table_from(data, drop_missing=True).x.size == 2
        data = frame({"x": X, "y": [1, None, None, None]})
        assert refused(table_from, data, drop_missing=True).got == "1 rows after 3 were left out"

    def test_columns_follow_the_rules_of_a_file(self, frame):
        data = frame({"height": X, "weight": Y, "age": X})
        assert refused(table_from, data).where == "--x"
        assert refused(table_from, data, "hight", "weight").fix == "did you mean 'height'?"
        assert refused(table_from, data, "age", "age").got == "'age' for both"

    @pytest.mark.parametrize("values", [["1", "2"], [True, False], [[1], [2]]])
    def test_column_of_another_type(self, frame, values):
        fault = refused(table_from, frame({"x": values, "y": [1, 2]}))
        assert (fault.where, fault.allowed) == ("data, column 'x'", "numbers")

    def test_too_many_rows(self, frame, monkeypatch):
        monkeypatch.setattr(tables, "MAX_ROWS", 3)
        assert refused(table_from, frame({"x": X, "y": Y})).got == "more than 3 rows"

    def test_two_columns_of_one_name(self):
        fault = refused(table_from, pa.table([X, Y], names=["a", "a"]))
        assert fault.got == "columns of one name"

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (5, "int"),
            (None, "NoneType"),
            ({"x": X, "y": Y}, "dict"),
            (np.ones((4, 2)), "numpy.ndarray"),
            (decimal.Decimal(5), "decimal.Decimal"),
            (pa.array(X), "pyarrow.DoubleArray"),
        ],
        ids=str,
    )
    def test_what_is_no_frame_is_refused(self, data, kind):
        fault = refused(table_from, data)
        assert (fault.where, fault.got) == ("data", kind)

    def test_rows_that_are_not_there_yet(self, frame):
        lazy = nw.from_native(frame({"x": X, "y": Y})).lazy()
        assert refused(table_from, lazy).fix == "collect it first"


NUMBERS = {
    "int8": pa.array([1, 2, 4, 8], pa.int8()),
    "uint64": pa.array([1, 2, 4, 2**60 + 2**40], pa.uint64()),
    "float16": pa.array(np.float16(X)),
    "float32": pa.array(X, pa.float32()),
    "decimal": pa.array(list(map(decimal.Decimal, ("1", "2", "4", "8")))),
}
OTHERS = {
    "text": ["a", "b", "c"],
    "bool": [True, False, True],
    "list": [[1], [2], [3]],
    "struct": [{"a": 1}, {"a": 2}, {"a": 3}],
    "dictionary": pa.array(["a", "b", "b"]).dictionary_encode(),
    "time": pa.array([1, 2, 3], pa.timestamp("us")),
    "nothing": pa.nulls(3),
    "bytes": [b"a", b"b", b"c"],
}


class TestParquet:
    @pytest.mark.parametrize("how", [{}, {"compression": "zstd", "row_group_size": 2}])
    def test_is_the_table_of_the_same_file(self, file, tmp_path, how):
        path = file({"v": ["a"] * 4, "a.b": X, "y": Y, "a": [{"b": 1}] * 4}, **how)
        table = read_parquet(path, "a.b", "y")
        assert same(table, as_csv(tmp_path, X, Y))
        assert (table.name, table.x_column) == ("my.parquet", "a.b")

    def test_which_column_is_which_is_said_by_name(self, file):
        table = read_parquet(file({"p": X, "q": Y}), y_column="p", x_column="q")
        assert (table.x.tolist(), table.y.tolist()) == (Y, X)

    def test_source_is_the_file_s(self, file):
        one, other = (read_parquet(file({"x": X, "y": Y}, compression=c)).source for c in ("snappy", "none"))
        assert len(one) == 64
        assert one != other

    @pytest.mark.parametrize("values", NUMBERS.values(), ids=NUMBERS)
    def test_numbers_of_every_type(self, file, values):
        assert read_parquet(file({"x": values, "y": Y})).x.tolist() == [float(v) for v in values.to_pylist()]

    @pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
    def test_column_of_another_type(self, file, values):
        path = file({"x": values, "y": [1, 2, 3]})
        fault = refused(read_parquet, path)
        assert (fault.where, fault.allowed) == (f"{path}, column 'x'", "numbers")

    def test_nulls_are_told_of_or_left_out(self, file):
        path = file({"x": pa.array([1, None, 4, 8]), "y": Y})
        assert "nan at index 1, column 'x'; 1 of 4" in refused(read_parquet, path).got
        assert read_parquet(path, drop_missing=True).n_dropped == 1

    def test_columns_follow_the_rules_of_a_file(self, file):
        path = file({"height": X, "weight": Y, "age": X})
        assert refused(read_parquet, path).where == "--x"
        assert refused(read_parquet, path, "hight", "weight").fix == "did you mean 'height'?"
        assert "the name of column 1" in refused(read_parquet, file(pa.table([X, Y], names=["a", "a"]))).got
        assert refused(read_parquet, file(pa.table([X, Y], names=["a", ""]))).got == "no name"

    def test_caps_are_kept_before_all_is_read(self, file, monkeypatch):
        path = file({"x": X, "y": Y})
        with monkeypatch.context() as patch:
            patch.setattr(parquet.ParquetFile, "iter_batches", None)
            patch.setattr(tables, "MAX_ROWS", 3)
            assert refused(read_parquet, path).got == "more than 3 rows"
        unpacked = parquet.read_table(path).nbytes
        with monkeypatch.context() as patch:
            patch.setattr(frame_tables, "MAX_BYTES", unpacked - 1)
            assert refused(read_parquet, path).got == f"over {unpacked - 1} bytes unpacked"
            patch.setattr(frame_tables, "MAX_BYTES", unpacked)
            assert read_parquet(path).x.tolist() == X
        with monkeypatch.context() as patch:
            patch.setattr(tables, "MAX_BYTES", 20)
            assert refused(read_parquet, path).allowed == "up to 20 bytes"

    @pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b"PAR1", b"PAR1" * 10, b"\0" * 100])
    def test_what_is_no_parquet(self, tmp_path, content):
        path = tmp_path / "my.parquet"
        path.write_bytes(content)
        assert refused(read_parquet, path).allowed == "a Parquet file"

    def test_nearest_name(self, file):
        path = file({"x": X, "y": Y})
        assert refused(read_parquet, path.with_name("mi.parquet")).fix == f"did you mean '{path}'?"


def test_no_byte_that_is_lost_ends_the_process(tmp_path):
    path = tmp_path / "my.parquet"
    parquet.write_table(pa.table({"x": X, "y": Y}), path)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + b"\0" + content[place + 1 :])
        with contextlib.suppress(TableError):
            read_parquet(path, drop_missing=True)


@given(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 10_000))
def test_any_bytes_are_a_table_or_a_fault_on_one_line(tmp_path_factory, place, value, length):
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    parquet.write_table(pa.table({"x": X, "y": Y}), path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content[: max(length, 8)])
    try:
        table = read_parquet(path, drop_missing=True)
    except TableError as fault:
        shown = str(fault)
        assert shown.isprintable()
    else:
        assert np.isfinite([table.x, table.y]).all()


WITHOUT = """
import sys
from pathlib import Path
sys.modules |= dict.fromkeys(sys.argv[1].split(","))
from gdmath import TableError, read_parquet, table_from
try:
    read_parquet(sys.argv[2]) if len(sys.argv) > 2 else table_from(object())
except TableError as fault:
    print(fault)
"""


@pytest.mark.parametrize(("missing", "parts"), [("narwhals", 1), ("pyarrow", 2), ("narwhals", 2)])
def test_without_the_extra_one_line_says_what_to_install(missing, parts, file):
    path = file({"x": X, "y": Y})
    words = [sys.executable, "-c", WITHOUT, missing, str(path)][: 3 + parts]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert "pip install 'gdlectures[data]'" in done.stdout


def test_the_package_imports_neither():
    script = "import gdmath, sys; gdmath.table_from(([1, 2, 3], [1, 2, 3])); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"narwhals", "pyarrow", "pandas"}.isdisjoint(done.stdout.split())
