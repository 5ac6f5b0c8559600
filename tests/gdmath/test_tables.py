"""A user's CSV file: read exactly, or refused on one line that says where and what to do."""

import os
import resource
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from data import OWN
from hypothesis import given
from hypothesis import strategies as st

from gdmath import descend, tables
from gdmath.tables import Table, TableError, read_table

GOOD = "x,y\n1,2\n2,3.5\n-3e-1,.5\n"


@pytest.fixture
def file(tmp_path):
    """Write a file and return its path."""

    def write(content, name="my.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(path, *args, **options):
    with pytest.raises(TableError) as caught:
        read_table(path, *args, **options)
    message = str(caught.value)
    assert message.isprintable(), "one line, nothing that paints a terminal"
    assert len(message) < 1000
    fault = caught.value
    assert message == f"{fault.where}: got {fault.got}; allowed {fault.allowed}; fix: {fault.fix}"
    return fault


class TestRead:
    def test_numbers_as_python_reads_them(self, file):
        table = read_table(file(GOOD))
        assert table.x.tolist() == [1.0, 2.0, -0.3]
        assert table.y.tolist() == [2.0, 3.5, 0.5]
        assert (table.name, table.x_name, table.y_name, table.n_dropped) == ("my.csv", "x", "y", 0)

    def test_as_numpy_reads_it(self, file):
        values = np.random.default_rng(1).normal(size=(500, 3)) * [1, 1e9, 1e-9]
        path = file("a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in values.tolist()))
        table = read_table(path, "c", "a")
        expected = np.genfromtxt(path, delimiter=",", skip_header=1)
        assert np.array_equal(table.x, expected[:, 2])
        assert np.array_equal(table.y, expected[:, 0])

    @pytest.mark.parametrize(
        ("content", "options"),
        [
            ("\ufeff" + GOOD, {}),
            (GOOD.replace("\n", "\r\n"), {}),
            (GOOD.replace("\n", "\r"), {}),
            (GOOD.replace("\n", "\n\n \n"), {}),
            (GOOD.rstrip("\n"), {}),
            (GOOD.replace("2,3.5", '"2",\t3.5 '), {}),
            (GOOD.replace(",", ";"), {"delimiter": ";"}),
            (GOOD.replace(",", "\t"), {"delimiter": "tab"}),
            (GOOD.replace(",", ";").replace(".", ","), {"delimiter": ";", "decimal": ","}),
            ('x,y\n1,2\n2,"3,5"\n"-,3",",5"\n', {"decimal": ","}),
            (GOOD.encode("utf-16"), {"encoding": "utf-16"}),
            (GOOD.encode("utf-16-be"), {"encoding": "utf-16-be"}),
            (GOOD.encode("cp1252"), {"encoding": "cp1252"}),
        ],
    )
    def test_same_numbers_in_another_writing(self, file, content, options):
        table = read_table(file(content), **options)
        assert (table.x_name, table.y_name) == ("x", "y")
        assert table.x.tolist() == [1.0, 2.0, -0.3]
        assert table.y.tolist() == [2.0, 3.5, 0.5]

    def test_two_rows_are_enough_and_columns_are_said_by_name(self, file):
        table = read_table(file("p,q\n1,2\n2,3.5\n"), y_column="p", x_column="q")
        assert (table.x.tolist(), table.y.tolist()) == ([2.0, 3.5], [1.0, 2.0])
        assert table.row_numbers.tolist() == [2, 3]

    def test_latin_1_names(self, file):
        path = file("Größe,y\n1,2\n2,3\n3,4\n".encode("latin-1"))
        assert read_table(path, encoding="latin-1").x_name == "Größe"

    def test_rows_without_a_number_are_left_out_and_counted(self, file):
        missing = ["", "NA", "n/a", "NaN", "inf", "-Infinity", "1e400", "-1e400", "1e-400", "null"]
        rows = "".join(f"{word},1\n" for word in missing)
        table = read_table(file(f"x,y\n1,2\n{rows}2,3\n0,0e-400\n"), drop_missing=True)
        assert table.x.tolist() == [1.0, 2.0, 0.0]
        assert table.y.tolist() == [2.0, 3.0, 0.0]
        assert table.n_dropped == len(missing)

    def test_other_columns_may_hold_anything(self, file):
        table = read_table(file('id,x,y\n"a,\n""b""",1,2\n,2,3\nNA,3,4\n'), "x", "y")
        assert table.x.tolist() == [1.0, 2.0, 3.0]

    @pytest.mark.parametrize(
        "name", ["#panic()", "<b>x</b>", "$x$", r"\frac{1}{2}", "=1+1", "\x1b[31mred", "\u202egnp", "名前"]
    )
    def test_names_are_kept_as_they_are(self, file, name):
        table = read_table(file(f"{name},y\n1,2\n2,3\n3,4\n"))
        assert table.x_name == name
        assert table.dataset().x_name == name

    def test_long_names_are_cut(self, file):
        name = "n" * 10_000
        table = read_table(file(f"{name},y\n1,2\n2,3\n3,4\n"), name, "y")
        assert table.x_name == "n" * 79 + "…"


class TestFiles:
    def test_missing_names_the_nearest(self, file):
        path = file(GOOD, "plants.csv")
        fault = refused(path.with_name("plant.csv"))
        assert (fault.got, fault.where) == ("no such file", str(path.with_name("plant.csv")))
        assert fault.fix == f"did you mean '{path}'?"
        assert refused(path.parent / "nowhere" / "a.csv").fix == "give the path of a file"
        long = path.parent / ("d" * 200)
        long.mkdir()
        (long / "plants.csv").touch()
        assert refused(long / "plant.csv").fix == f"did you mean '{str(long)[:199]}…'?"

    def test_folder(self, tmp_path):
        assert refused(tmp_path).got == "a folder"

    def test_fifo_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.csv")
        assert refused(tmp_path / "pipe.csv").got == "no regular file"

    def test_device(self):
        assert refused("/dev/zero").got == "no regular file"

    @pytest.mark.parametrize("name", ["a\0b", "x" * 300])
    def test_name_that_no_file_has(self, tmp_path, name):
        assert refused(tmp_path / name).allowed == "a file that can be read"

    def test_unreadable(self, file):
        path = file(GOOD)
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read every file")
        assert refused(path).got == "Permission denied"

    def test_too_many_bytes_are_not_read(self, tmp_path):
        """A sparse file of a terabyte, in a process that may not take a gigabyte."""
        path = tmp_path / "big.csv"
        with open(path, "wb") as sparse:
            sparse.truncate(1 << 40)
        script = "import sys; from gdmath.tables import read_table; read_table(sys.argv[1])"
        done = subprocess.run(
            [sys.executable, "-c", script, path],
            capture_output=True,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
        )
        assert f"got {1 << 40} bytes; allowed up to {64 * 2**20} bytes" in done.stderr

    def test_too_many_rows(self, file, monkeypatch):
        monkeypatch.setattr(tables, "MAX_ROWS", 4)
        assert read_table(file("x,y\n" + "1,2\n3,4\n" * 2)).x.size == 4
        assert refused(file("x,y\n" + "1,2\n3,4\n" * 2 + "oh,no\n")).got == "more than 4 rows"


class TestText:
    def test_latin_1_is_named_by_its_byte(self, file):
        fault = refused(file("x,y\n1,2\nGröße,3\n".encode("latin-1")))
        assert fault.got == "byte 0xF6 at byte offset 10, row 3"
        assert fault.fix.endswith("--encoding latin-1")

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
    def test_utf_16(self, file, encoding):
        content = GOOD.encode(encoding)
        fault = refused(file(content))
        assert f"byte offset {0 if encoding == 'utf-16' else content.index(0)}" in fault.got
        assert "--encoding utf-16" in fault.fix

    def test_nul(self, file):
        assert refused(file("x,y\n1,2\n3,\x004\n")).got == "a NUL at byte offset 10"

    @pytest.mark.parametrize("encoding", ["utf-99", "zip", "", "a\0b"])
    def test_unknown_encoding(self, file, encoding):
        assert refused(file(GOOD), encoding=encoding).where == "--encoding"

    @pytest.mark.parametrize("delimiter", ["", "ab", "1", "a", ".", "-", '"', "\n", "\0"])
    def test_delimiter_that_none_can_be(self, file, delimiter):
        assert refused(file(GOOD), delimiter=delimiter).where == "--delimiter"

    def test_decimal_that_none_can_be(self, file):
        assert refused(file(GOOD), decimal=";").where == "--decimal"


class TestTable:
    @pytest.mark.parametrize(
        ("content", "got", "fix"),
        [
            (b"PAR1....", "a Parquet file", "let its name end in .parquet"),
            (b"PK\x03\x04...", "a workbook or an archive", "save the sheet as CSV"),
        ],
    )
    def test_a_file_of_another_kind_is_told_by_its_first_bytes(self, tmp_path, content, got, fix):
        (tmp_path / "t.csv").write_bytes(content)
        fault = refused(tmp_path / "t.csv")
        assert (fault.got, fault.fix) == (got, fix)

    @pytest.mark.parametrize(
        ("content", "where", "got", "fix"),
        [
            ("", "", "nothing in it", "another file"),
            ("\n \n", "", "nothing in it", "another file"),
            ("x,y\n", "", "0 rows", "more data"),
            ("x,y\n1,2\n\n", "", "1 rows", "more data"),
            (GOOD.replace(",", ";"), ", row 1", "';' between the names", "--delimiter ';'"),
            (GOOD.replace(",", "\t"), ", row 1", "tab between the names", "--delimiter tab"),
            ("x;y\tz\n1;2\t3\n", ", row 1", "';' between the names", "--delimiter ';'"),
            ("x\n1\n2\n3\n", ", row 1", "one column", "two columns or more"),
            ("1,2\n3,4\n5,6\n", ", row 1", "numbers, '1, 2'", "a row of names"),
            ("0,1\n3,4\n5,6\n", ", row 1", "numbers, '0, 1'", "a row of names"),
            ("x,\n1,2\n", ", row 1, column 2", "no name", "name it"),
            ("x,x\n1,2\n", ", row 1, column 2", "'x', the name of column 1", "rename"),
            ("x,y\n1,2\n\n1,2,3\n", ", row 4", "3 cells", "quotes"),
            ("x,y\n1\n", ", row 2", "1 cells", "mend the row"),
            ('x,y\n1,2\n"1,2\n3,4\n', ", row 3", "a quote that is never closed", "mend the quotes"),
            ('x,y\n1,"2"3\n', ", row 2", "',' expected after '\"'", "mend the quotes"),
            ("x,y\n1,2\n1,two\n", ", row 3, column 'y'", "'two'", "digits 0 to 9"),
            ("x,y\n0x10,2\n", ", row 2, column 'x'", "'0x10'", "digits 0 to 9"),
            ("x,y\n1_000,2\n", ", row 2, column 'x'", "'1_000'", "digits 0 to 9"),
            ("x,y\n١٢,2\n", ", row 2, column 'x'", "'١٢'", "digits 0 to 9"),
            ("x,y\n１,2\n", ", row 2, column 'x'", "'１'", "digits 0 to 9"),
            ("x,y\n1\u00a0000,2\n", ", row 2, column 'x'", r"'1\xa0000'", "digits 0 to 9"),
            ('x,y\n"1,5",2\n', ", row 2, column 'x'", "'1,5'", "--decimal ','"),
            ("x,y\n\x1b[31m,2\n", ", row 2, column 'x'", r"'\x1b[31m'", "digits 0 to 9"),
            ("x,y\n5,1\n5.0,2\n5,3\n", ", column 'x'", "5 in every row", "another column"),
            ("x,y\n0,1\n0,2\n", ", column 'x'", "0 in every row", "another column"),
            (
                "x,y\n1048576,1\n1048576.0625,2\n1048576,3\n",
                ", column 'x'",
                "values that differ by 0.0625 at most",
                "another column",
            ),
            ("x,y\n1e200,1\n2,2\n3,3\n", ", column 'x'", "1e+200 as the largest size", "another unit"),
            ("x,y\n1,1e-200\n2,0\n3,0\n", ", column 'y'", "1e-200 as the largest size", "another unit"),
        ],
    )
    def test_is_refused(self, file, content, where, got, fix):
        path = file(content)
        fault = refused(path)
        assert fault.where == f"{path}{where}"
        assert fault.got == got
        assert fix in fault.fix

    def test_dots_where_commas_were_said(self, file):
        fault = refused(file("x;y\n1.5;2\n"), delimiter=";", decimal=",")
        assert fault.fix.endswith("say --decimal '.'")

    @pytest.mark.parametrize("word", ["nan", "NA", "inf", "1e400", ""])
    def test_rows_without_a_number_are_told_of(self, file, word):
        fault = refused(file(f"x,y\n1,2\n2,{word}\n3,4\n{word},5\n"))
        assert fault.got == f"'{word}' in row 3, column 'y'; 2 of 4 rows lack a number"
        assert "--drop-missing" in fault.fix

    def test_too_few_are_left(self, file):
        fault = refused(file("x,y\n1,2\n2,NA\n"), drop_missing=True)
        assert fault.got == "1 rows after 1 were left out"

    def test_columns_must_be_named_among_three(self, file):
        path = file("a,b,c\n1,2,3\n")
        fault = refused(path)
        assert (fault.where, fault.allowed) == ("--x", "'a', 'b', 'c'")
        assert refused(path, "a").where == "--y"

    def test_of_many_columns_two_hundred_letters_are_told(self, file):
        names = [f"column {n}" for n in range(60)]
        known = refused(file(",".join(names))).allowed
        assert known == ", ".join(map(repr, names))[:199] + "…"

    def test_column_that_is_not_there_names_the_nearest(self, file):
        path = file("height,weight\n1,2\n")
        assert refused(path, "hight", "weight").fix == "did you mean 'height'?"
        assert refused(path, "height", "wight").where == "--y"
        assert refused(path, "qqq").fix == "name one of them"

    def test_column_for_both(self, file):
        assert refused(file(GOOD), "x", "x").got == "'x' for both"

    def test_too_many_columns(self, file):
        assert refused(file(",".join(f"c{n}" for n in range(1001)))).got == "1001 columns"
        assert refused(file(",".join(f"c{n}" for n in range(1000)))).where == "--x"

    def test_cell_that_is_too_long(self, file):
        assert "field larger than field limit" in refused(file(f"x,y\n1,2\n1,{'1' * 200_000}\n")).got

    @pytest.mark.parametrize("name", ["n" * 10_000, "\x1b[31m\u202e"])
    def test_message_of_a_bad_name_is_one_short_line(self, file, name):
        assert "column '" in refused(file(f"{name},y\nno,2\n")).where


BITS = st.sampled_from(["x", ",", ";", "\n", "\r", '"', "1", "-", ".", "e5", "NA", "\0", "\ufeff", " ", "é"])


@given(st.lists(BITS, max_size=40).map("".join).map(str.encode) | st.binary(max_size=40), st.booleans())
def test_any_bytes_are_a_table_or_a_fault_on_one_line(tmp_path_factory, content, drop_missing):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"x,y\n1,2\n3,4\n" + content)
    try:
        table = read_table(path, drop_missing=drop_missing)
    except TableError as fault:
        shown = str(fault)
        assert shown.isprintable()
    else:
        assert np.isfinite([table.x, table.y]).all()
        assert table.x[:2].tolist() == [1.0, 3.0]
        assert table.dataset().problem().n_parameters == 2


@given(st.lists(st.floats(-1e90, 1e90), min_size=3, max_size=30, unique=True))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "bits.csv"
    lines = [f"{number},{value!r}" for number, value in enumerate(values)]
    path.write_text("\n".join(["x,y", *lines]))
    if max(map(abs, values)) > 1e-100:
        assert read_table(path).y.tolist() == values


class TestDataset:
    @pytest.fixture
    def table(self):
        x = np.random.default_rng(3).uniform(10, 30, 50)
        y = 4 + 2.5 * x + np.random.default_rng(4).normal(size=50)
        return Table(name="t.csv", x_name="light", y_name="growth", x=x, y=y, raw=True)

    def test_has_every_row_once(self, table):
        dataset = table.dataset()
        assert dataset.train_indices.size == 40
        assert sorted([*dataset.train_indices, *dataset.validation_indices]) == list(range(50))
        assert np.array_equal(dataset.x, table.x)
        assert np.array_equal(dataset.y, table.y)
        assert (dataset.name, dataset.x_name, dataset.y_name) == ("t.csv", "light", "growth")

    @pytest.mark.parametrize(
        "change",
        [{"name": "u.csv"}, {"seed": 43}, {"raw": False}, {"validation_share": 0.5}]
        + [{name: np.arange(50.0)} for name in ("x", "y")],
    )
    def test_its_digest_changes_with_what_is_in_it(self, table, change):
        assert replace(table).digest() == table.digest()
        assert replace(table, **change).digest() != table.digest()

    def test_where_no_start_falls_well_along_both_it_is_the_best_of_those_drawn(self, table, monkeypatch):
        monkeypatch.setattr(tables, "_FALL", 2.0)
        dataset = table.dataset()
        assert dataset.problem().falls_alone(dataset.start).min() > 0

    def test_is_the_same_for_a_seed_and_another_for_another(self, table):
        assert table.dataset().digest() == replace(table, seed=42).dataset().digest()
        assert table.dataset().digest() != replace(table, seed=43).dataset().digest()

    def test_split_is_random(self, table):
        assert table.dataset().train_indices.tolist() != sorted(table.dataset().train_indices)

    @pytest.mark.parametrize(("share", "n_train"), [(0, 50), (0.5, 25)])
    def test_share(self, table, share, n_train):
        assert replace(table, validation_share=share).dataset().train_indices.size == n_train

    def test_train_rows_too_small_to_square_are_named(self, table):
        """Also where a row that is kept aside is large enough for the table."""
        tiny = np.full(table.x.size, 1e-110)
        largest = int(table.dataset().validation_indices[0])
        tiny[largest] = 1.0
        for column, name in (("x", "light"), ("y", "growth")):
            small = replace(table, **{column: tiny * np.arange(1.0, 51.0)})
            with pytest.raises(TableError, match=f"'{name}', train rows: got .*e-109 as the largest size"):
                small.dataset()

    def test_neighbouring_seeds_split_otherwise(self, table):
        splits = {tuple(replace(table, seed=seed).dataset().train_indices) for seed in range(6)}
        assert len(splits) == 6

    @pytest.mark.parametrize("share", [-0.1, 0.51, float("nan")])
    def test_share_out_of_its_limits(self, table, share):
        with pytest.raises(TableError, match="--validation"):
            replace(table, validation_share=share).dataset()

    def test_train_rows_of_one_feature_are_refused(self):
        table = Table(name="t", x_name="x", y_name="y", x=np.array([1.0, 1, 2, 1]), y=np.arange(4.0))
        lonely = [seed for seed in range(20) if 2 in np.random.default_rng(seed).permutation(4)[2:]]
        assert lonely
        for seed in lonely:
            with pytest.raises(TableError, match="'x', train rows: got 1 in every row"):
                replace(table, validation_share=0.5, seed=seed).dataset()

    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    def test_descent_is_stable_at_a_round_rate(self, table, scale):
        scaled = replace(table, x=table.x * scale, y=table.y / scale)
        dataset = scaled.dataset()
        limit = 2 / np.linalg.eigvalsh(dataset.problem().hessian).max()
        assert limit / 10 < dataset.learning_rate <= limit / 4
        mantissa = f"{dataset.learning_rate:.0e}"[0]
        assert mantissa in "125"

    @pytest.mark.parametrize("seed", range(20))
    def test_start_lies_among_the_points_heights(self, table, seed):
        """From x = 0, where b is seen, to the farthest point."""
        dataset = replace(table, seed=seed).dataset()
        b, w = dataset.start
        seen = b + w * np.array([0.0, *dataset.x_train])
        assert dataset.y_train.min() < seen.min()
        assert seen.max() < dataset.y_train.max()

    def test_start_falls_along_either_parameter(self):
        """Both slopes are worth a picture: each takes a tenth of what descent has to do away."""
        for name, own in OWN.items():
            dataset = own.dataset()
            problem = dataset.problem()
            loss, least = problem.loss(dataset.start), problem.loss(problem.minimizer)
            for way in np.eye(2):
                before, after = problem.loss(dataset.start - way), problem.loss(dataset.start + way)
                slope, curvature = (after - before) / 2, after - 2 * loss + before
                assert slope**2 / (2 * curvature) >= 0.099 * (loss - least), name

    def test_start_follows_the_units(self, table):
        here, there = (
            replace(table, x=c * table.x, y=table.y * d + 7).dataset().start
            for c, d in [(1.0, 1.0), (1e3, 0.02)]
        )
        assert there == pytest.approx([(here[0] - 7) * 0.02 + 7, here[1] * 0.02 / 1e3])

    @pytest.mark.parametrize("spread", [0.05, 0.2, 0.4])
    def test_descent_leaves_a_ten_thousandth_of_the_excess(self, table, spread):
        dataset = replace(table, x=1 + spread * (table.x - 20)).dataset()
        problem = dataset.problem()
        run = descend(problem, dataset.start, dataset.learning_rate, dataset.n_steps)
        excess = run.losses - problem.minimum
        assert excess[-1] <= 1e-4 * excess[0] < excess[run.n_steps // 20]
        assert str(dataset.n_steps).rstrip("0") in ("1", "2", "5")

    @pytest.mark.parametrize(("middle", "n_steps"), [(0.0, 100), (1e5, 100_000)])
    def test_steps_have_limits(self, middle, n_steps):
        x = np.linspace(-1, 1, 50)
        table = Table(name="t", x_name="x", y_name="y", x=x + middle, y=x, raw=True)
        assert table.dataset().n_steps == n_steps

    def test_rate_follows_from_the_train_rows_alone(self, table):
        kept_aside = table.dataset().validation_indices[0]
        x = table.x.copy()
        x[kept_aside] = 1e6
        far = replace(table, x=x)
        assert far.dataset().learning_rate == table.dataset().learning_rate

    @pytest.mark.parametrize(("target", "lowest", "height"), [(0.0, 0.0, 1.0), (-3.0, -3.0, 3.0)])
    def test_constant_target_is_a_lesson_too(self, target, lowest, height):
        """Descent starts as it would where the points were as high as the target, or one where that is 0."""
        x = np.arange(5.0)
        table = Table(name="t", x_name="x", y_name="y", x=x, y=np.full(5, target), raw=True)
        starts = np.array([replace(table, seed=seed).dataset().start for seed in range(12)])
        shares = (starts - [lowest, 0.0]) / [height, height / 4]
        assert shares[:, 0].min() >= 0.25
        assert 0.6 < shares[:, 0].max() <= 0.75
        assert 0.1 < np.abs(shares[:, 1]).max() <= 0.25 * 4 / 3

    def test_rows_are_counted_from_one_where_no_file_counts_them(self, table):
        assert table.row_numbers.tolist() == list(range(1, 51))
