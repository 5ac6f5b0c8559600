"""A user's table by the real command: every fault of a file, and what a film says of its data."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from command_line import FAULT
from pyarrow import parquet

import gdlectures
import gdmath
from gdlectures.asking.data import user_data
from gdlectures.exports.gallery import write_gallery
from gdlectures.exports.material import prepare_material
from gdlectures.faults.errors import Fault

GOOD = "x,y\n1,2\n2,3.5\n-3e-1,.5\n"


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def columns(**values) -> bytes:
    written = pa.BufferOutputStream()
    parquet.write_table(pa.table(values), written)
    return written.getvalue().to_pybytes()


# content of my.csv (None: no such file), words after `--data my.csv`, exit code, where, and what else is said
TABLES = {
    "empty": ("", "", 3, "my.csv", "got nothing in it"),
    "blank lines": ("\n\n \n", "", 3, "my.csv", "got nothing in it"),
    "header only": ("x,y\n", "", 3, "my.csv", "got 0 rows"),
    "too few rows": ("x,y\n1,2\n\n", "", 3, "my.csv", "got 1 rows; allowed 2 rows or more"),
    "too many rows": ("x,y\n" + "1,2\n" * 1001, "", 3, "my.csv", "got more than 1000 rows"),
    "utf-16": (GOOD.encode("utf-16"), "", 3, "my.csv", "byte offset 0, row 1; .*--encoding utf-16"),
    "utf-16 without a mark": (
        GOOD.encode("utf-16-le"),
        "",
        3,
        "my.csv",
        "a NUL at byte offset 1;.*utf-16-le",
    ),
    "latin-1": ("Größe,y\n1,2\n".encode("latin-1"), "", 3, "my.csv", "0xF6 at byte offset 2, .*latin-1"),
    "other encoding": (GOOD, "--encoding utf-99", 2, "--encoding", "got 'utf-99'"),
    "NUL": ("x,y\n1,2\n3,\0004\n", "", 3, "my.csv", "got a NUL at byte offset 10"),
    "semicolons": (GOOD.replace(",", ";"), "", 3, "my.csv, row 1", "--delimiter ';'"),
    "tabs": (GOOD.replace(",", "\t"), "", 3, "my.csv, row 1", "--delimiter tab"),
    "decimal commas": ("x;y\n1,5;2\n", "--delimiter ;", 3, "my.csv, row 2, column 'x'", "--decimal ','"),
    "delimiter": (GOOD, "--delimiter ab", 2, "--delimiter", "got 'ab'; allowed one character"),
    "decimal": (GOOD, "--decimal ;", 2, "--decimal", "allowed ., ,"),
    "long row": ("x,y\n1,2\n1,2,3\n", "", 3, "my.csv, row 3", "got 3 cells; allowed 2"),
    "short row": ("x,y\n1\n", "", 3, "my.csv, row 2", "got 1 cells"),
    "open quote": ('x,y\n1,2\n"3,4\n', "", 3, "my.csv, row 3", "a quote that is never closed"),
    "text": ("x,y\n1,2\n1,two\n", "", 3, "my.csv, row 3, column 'y'", "got 'two'; .*digits 0 to 9"),
    "hexadecimal": ("x,y\n0x10,2\n", "", 3, "my.csv, row 2, column 'x'", "got '0x10'"),
    "underscore": ("x,y\n1_000,2\n", "", 3, "my.csv, row 2, column 'x'", "got '1_000'"),
    "other digits": ("x,y\n٣٠,2\n", "", 3, "my.csv, row 2, column 'x'", "got '٣٠'"),
    "escapes": ("x,y\n\x1b[31m,2\n", "", 3, "my.csv, row 2, column 'x'", r"got '\\x1b\[31m'"),
    "nan": ("x,y\n1,nan\n2,3\n", "", 3, "my.csv", "'nan' in row 2, column 'y'; 1 of 2 .*--drop-missing"),
    "NA": ("x,y\n1,2\nNA,3\n", "", 3, "my.csv", "'NA' in row 3, column 'x'"),
    "inf": ("x,y\n1,-inf\n2,3\n", "", 3, "my.csv", "'-inf' in row 2"),
    "1e400": ("x,y\n1,1e400\n2,\n", "", 3, "my.csv", "'1e400' in row 2, column 'y'; 2 of 2 rows"),
    "too few are left": ("x,y\n1,2\n2,NA\n", "--drop-missing", 3, "my.csv", "1 rows after 1 were left"),
    "no names": ("1,2\n3,4\n5,6\n", "", 3, "my.csv, row 1", "got numbers, '1, 2'; .*row of names"),
    "name twice": ("x,x\n1,2\n", "", 3, "my.csv, row 1, column 2", "'x', the name of column 1"),
    "empty name": ("x,\n1,2\n", "", 3, "my.csv, row 1, column 2", "got no name"),
    "one column": ("x\n1\n2\n3\n", "", 3, "my.csv, row 1", "got one column"),
    "column to name": ("a,b,c\n1,2,3\n", "", 2, "--x", "my.csv has 3 columns; allowed 'a', 'b', 'c'"),
    "absent column": ("age,bmi\n1,2\n", "--x age --y bim", 2, "--y", "got 'bim'; .*did you mean 'bmi'"),
    "column for both": (GOOD, "--x x --y x", 2, "--x, --y", "got 'x' for both"),
    "constant": ("x,y\n5,1\n5.0,2\n5,3\n", "", 3, "my.csv, column 'x'", "got 5 in every row"),
    "far too large": ("x,y\n1e200,1\n2,2\n3,3\n", "", 3, "my.csv, column 'x'", r"1e\+200 as the largest"),
    "far too small": ("x,y\n1,1e-200\n2,0\n3,0\n", "", 3, "my.csv, column 'y'", "1e-200 as the largest"),
    "typst": ("#panic(),y\n5,1\n5,2\n5,3\n", "", 3, "my.csv, column '#panic()'", "every row"),
    "html": ("<b>&,y\n5,1\n5,2\n5,3\n", "", 3, "my.csv, column '<b>&'", "every row"),
    "formula": ("=1+1,y\n5,1\n5,2\n5,3\n", "", 3, "my.csv, column '=1+1'", "every row"),
    "ansi": ("\x1b[31m,y\n5,1\n5,2\n5,3\n", "", 3, r"my.csv, column '\x1b[31m'", "every row"),
    "right to left": ("a\u202eb,y\n5,1\n5,2\n5,3\n", "", 3, r"my.csv, column 'a\u202eb'", "every row"),
    "endless name": (
        "n" * 10_000 + ",y\n5,1\n5,2\n5,3\n",
        "",
        3,
        f"my.csv, column '{'n' * 79}…'",
        "every row",
    ),
    "workbook": (archive(), "", 3, "my.csv", "a workbook or an archive; .*save the sheet as CSV"),
    "parquet as csv": (columns(x=[1], y=[2]), "", 3, "my.csv", "a Parquet file; .*end in .parquet"),
    "share": (GOOD, "--validation 0.9", 2, "--validation", "got 0.9; allowed a number from 0 up to 0.5"),
    "seed": (GOOD, "--split-seed -1", 2, "--split-seed", "got -1"),
    "start": (GOOD, "--start 1", 2, "--start", "got 1; allowed 2 numbers"),
    "start nan": (GOOD, "--start nan,1", 2, "--start", "got nan,1"),
}
# the path, words after it, exit code, where, and what else is said
PATHS = {
    "missing": ("mi.csv", "", 3, "mi.csv", "no such file; allowed a CSV file; fix: did you mean 'my.csv'"),
    "missing folder": ("no/my.csv", "", 3, "no/my.csv", "no such file"),
    "folder": ("folder", "", 3, "folder", "got a folder; .*name a file in it"),
    "under a file": ("my.csv/my.csv", "", 3, "my.csv/my.csv", "Not a directory"),
    "NUL in the name": ("my\0.csv", "", 3, r"my\x00.csv", "a file that can be read"),
    "endless name": ("m" * 300, "", 3, "m" * 199 + "…", "File name too long"),
    "escapes in the name": ("\x1b[31m.csv", "", 3, r"\x1b[31m.csv", "no such file"),
    "pipe": ("pipe", "", 3, "pipe", "got no regular file"),
    "device": ("/dev/zero", "", 3, "/dev/zero", "got no regular file"),
    "too many bytes": ("large.csv", "", 3, "large.csv", "got 67108865 bytes; allowed up to 67108864 bytes"),
    "no parquet": ("text.parquet", "", 3, "text.parquet", "allowed a Parquet file"),
    "parquet, missing": ("tex.parquet", "", 3, "tex.parquet", "did you mean 'text.parquet'"),
    "parquet, text": ("kinds.parquet", "--x word --y y", 3, "kinds.parquet, column 'word'", "got 'String'"),
    "parquet, nested": ("kinds.parquet", "--x nest --y y", 3, "kinds.parquet, column 'nest'", "List"),
    "parquet, gaps": (
        "kinds.parquet",
        "--x gap --y y",
        3,
        "kinds.parquet",
        "nan at index 1, .*--drop-missing",
    ),
    "parquet, absent": ("kinds.parquet", "--x gep --y y", 2, "--x", "did you mean 'gap'"),
    "parquet, delimiter": ("kinds.parquet", "--delimiter ;", 2, "--delimiter", "beside a Parquet file"),
    "no data": (None, "--x-unit mm", 2, "--x-unit", "got no --data; .*--data FILE"),
    "stored story": ("my.csv", "--from my.story", 2, "--from", "got --data; allowed a stored story alone"),
}
WRONG = TABLES | {f"path: {name}": row for name, row in PATHS.items()}

SCRIPT = """
import contextlib, io, json, os, sys
from gdlectures.command import cli
from gdmath import tables

tables.MAX_ROWS = 1000
told = {}
for name, words in json.load(sys.stdin).items():
    if name in sys.argv[1:]:
        os.chdir(name)
    before = sorted(os.listdir())
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = cli.main(words)
    told[name] = code, out.getvalue(), err.getvalue(), sorted(os.listdir()) == before, "manim" in sys.modules
    if name in sys.argv[1:]:
        os.chdir("..")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the command answers to each, told in one process that has never drawn."""
    folder = tmp_path_factory.mktemp("data")
    asked = {}
    for number, (name, (content, words, *_)) in enumerate(TABLES.items()):
        own = folder / str(number)
        own.mkdir()
        (own / "my.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        asked[str(number)] = name, ["--data", "my.csv", *words.split()]
    (folder / "folder").mkdir()
    (folder / "my.csv").write_text(GOOD)
    os.mkfifo(folder / "pipe")
    with open(folder / "large.csv", "wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    (folder / "text.parquet").write_text(GOOD)
    kinds = columns(word=["a", "b", "c"], nest=[[1], [2], [3]], gap=[1, None, 3], y=[1, 2, 3])
    (folder / "kinds.parquet").write_bytes(kinds)
    for name, (path, words, *_) in PATHS.items():
        asked[f"path: {name}"] = f"path: {name}", [*(["--data", path] if path else []), *words.split()]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, range(len(TABLES)))],
        input=json.dumps({key: ["render", "regression-fit", *words] for key, (_, words) in asked.items()}),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answers = json.loads(done.stdout)
    return {name: answers[key] for key, (name, _) in asked.items()}


@pytest.mark.parametrize("name", WRONG)
def test_fault_of_a_file_is_one_line_before_anything_is_drawn(told, name):
    *_, expected, where, says = WRONG[name]
    code, out, err, is_as_it_was, imported_manim = told[name]
    assert FAULT.fullmatch(err)
    assert err[:-1].isprintable()
    assert len(err) < 1000
    assert err.startswith(f"gdlectures: {where}: got ")
    assert re.search(says, err)
    assert (code, out) == (expected, "")
    assert is_as_it_was
    assert not imported_manim


def test_preset_beside_data_is_refused(main, lectures, tmp_path):
    (tmp_path / "my.csv").write_text(GOOD)
    done = main("render", "tiny", "--scenes", lectures, "--data", "my.csv", "--dataset", "chapter-0")
    assert done.code == 2
    assert "--dataset: got chapter-0; allowed no preset beside --data" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["my.csv"]


PAIR = ([1.0, 2.0, 4.0], [1.0, 3.0, 2.0])


@pytest.mark.parametrize(
    ("data", "words", "where"),
    [
        (PAIR, {"x": "a"}, "--x"),
        (PAIR, {"delimiter": ";"}, "--delimiter"),
        (gdmath.table_from(PAIR), {"y": "a"}, "--y"),
        (gdmath.table_from(PAIR), {"drop_missing": True}, "--drop-missing"),
        (pa.table({"a": [1]}), {"encoding": "latin-1"}, "--encoding"),
        (PAIR, {"validation": 0.9}, "--validation"),
        (PAIR, {"start": "1"}, "--start"),
        (5, {}, "data"),
        (PAIR[:1], {}, "data"),
    ],
)
def test_python_is_told_the_same(data, words, where):
    with pytest.raises(Fault) as caught:
        gdlectures.render("regression-fit", data=data, **words)
    assert caught.value.where == where


def test_what_a_table_says_of_itself_stands():
    told = replace(gdmath.table_from(PAIR), validation_share=0.0, seed=3, raw=True)
    table = user_data(told, {"x_unit": "mm"})[0].table
    assert (table.validation_share, table.seed, table.raw, table.x_unit) == (0.0, 3, True, "mm")
    table = user_data(told, {"validation": 0.25, "split_seed": 0})[0].table
    assert (table.validation_share, table.seed) == (0.25, 0)


@pytest.fixture
def penguins(tmp_path) -> Path:
    path = tmp_path / "penguins.csv"
    rows = "".join(f"{180 + 3 * n},{3000 + 90 * n + n % 3},{n % 4}\n" for n in range(20))
    path.write_text(f"flipper (mm),mass,sex\n{rows}200,NA,1\n")
    return path


FLIPPER = ("--x", "flipper (mm)", "--x-name", "flipper", "--x-unit", "mm", "--drop-missing")


@pytest.mark.usefixtures("draws_here")
def test_film_names_its_file_and_columns(main, lectures, penguins, tmp_path):
    words = ("render", "tiny", "--scenes", lectures, "--data", penguins.name, "--quality", "preview")
    assert main(*words, *FLIPPER, "--y", "mass").code == 0
    path = tmp_path / "build" / "tiny-penguins-flipper-mm-mass.json"
    manifest = json.loads(path.read_text())
    assert manifest["settings"]["dataset"] == "penguins.csv"
    assert manifest["data"] == {
        "file": "penguins.csv",
        "sha256": gdmath.read_table(penguins, "flipper (mm)", "mass", drop_missing=True).source,
        "rows": 20,
        "dropped": 1,
        "train": 16,
        "validation": 4,
        "x": {"column": "flipper (mm)", "name": "flipper", "unit": "mm"},
        "y": {"column": "mass", "name": "mass", "unit": ""},
        "frame": manifest["data"]["frame"],
    }
    frame = gdmath.TeachingFrame(**manifest["data"]["frame"])
    assert not frame.is_identity
    rows = {option: (value, told) for option, value, told in manifest["knobs"]}
    assert "--dataset" not in rows
    assert rows["--data"][0] == "penguins.csv"
    assert "20 rows, 1 more left out" in rows["--data"][1]
    assert rows["--x"][0] == "flipper (mm)"
    assert f"{frame.x_origin:g} + {frame.x_scale:g} x" in rows["--x"][1]
    assert (rows["--y"][0], rows["--x-unit"][0], rows["--x-name"][0]) == ("mass", "mm", "flipper")

    again = main("render", "tiny", "--scenes", lectures, "--from", path.with_suffix(".story"), "--out", "two")
    assert again.code == 0
    redrawn = json.loads((tmp_path / "two" / path.name).read_text())
    assert (redrawn["data"], redrawn["knobs"]) == (manifest["data"], manifest["knobs"])


@pytest.mark.usefixtures("draws_here")
def test_captions_name_the_file(main, lectures, penguins, tmp_path):
    words = ("export", "tiny", "--scenes", lectures, "--data", penguins.name, "--quality", "preview")
    assert main(*words, *FLIPPER, "--y", "mass", "--to", "mp4").code == 0
    (path,) = (tmp_path / "build").glob("*.vtt")
    assert path.read_text().startswith("WEBVTT\n\nNOTE penguins.csv: mass by flipper (mm), 20 rows\n\n00:")


def test_names_of_a_pair_are_those_of_its_columns():
    table = user_data(PAIR, {"x_name": "hours"})[0].table
    assert (table.x_column, table.x_name, table.y_column) == ("hours", "hours", "y")


@pytest.mark.usefixtures("draws_here")
def test_two_choices_of_columns_are_two_films(main, lectures, penguins, tmp_path):
    words = ("render", "tiny", "--scenes", lectures, "--data", penguins.name, "--quality", "preview")
    for target in ("mass", "sex"):
        assert main(*words, *FLIPPER, "--y", target, "--y-name", "target", "--beat", "first").code == 0
    films = sorted(path.name for path in (tmp_path / "build").glob("*.mp4"))
    assert films == ["tiny-penguins-flipper-mm-mass-first.mp4", "tiny-penguins-flipper-mm-sex-first.mp4"]


@pytest.mark.usefixtures("draws_here")
def test_gallery_and_deck_name_the_file(lectures, penguins, tmp_path):
    from gdlectures.asking.requests import RenderRequest
    from gdlectures.films.rendering import draw_masters

    data, _ = user_data(penguins, {"x": "flipper (mm)", "x_unit": "mm", "y": "mass", "drop_missing": True})
    (outcome,) = draw_masters([RenderRequest("tiny", quality="preview", scenes=lectures, data=data)])
    material = prepare_material(outcome.film(), tmp_path / "material", clips=False)
    assert material.dataset == "penguins.csv: mass by flipper (mm) (mm), 20 rows"
    page = write_gallery([material], tmp_path / "page").read_text()
    assert "gdlectures render tiny --theme dark --drop-missing" in page
    assert "--data penguins.csv" in page
