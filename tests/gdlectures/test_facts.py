"""`gdlectures facts`: page and JSON say what gdmath found, in 80 columns, and a mistake is one line."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import FAULT
from rich.cells import cell_len

import gdmath
from gdlectures.asking import facts as told

EXAMPLES = Path(__file__).parents[2] / "examples"
LONG = "Körpergröße der Teilnehmerinnen im Frühjahr"


def written(path, x, y, x_name="x", y_name="y"):
    rows = "".join(f"{a!r},{b!r}\n" for a, b in np.stack([x, y], axis=1).tolist())
    path.write_text(f'"{x_name}","{y_name}"\n{rows}', "utf-8")


@pytest.fixture
def bmi(tmp_path):
    """A table like that of the diabetes data."""
    rng = np.random.default_rng(7)
    x = rng.normal(26.4, 4.4, 442).round(1)
    written(tmp_path / "bmi.csv", x, (10.2 * x - 117 + rng.normal(0, 62, 442)).round(), "bmi", "progression")
    return tmp_path / "bmi.csv"


def value_of(page, entry):
    """What stands behind the name of an entry, and nothing else on its line."""
    return re.search(rf"^  {re.escape(entry)}  +(.*)$", page, re.MULTILINE)[1].split()


def test_page_says_what_gdmath_found(main, bmi):
    done = main("facts", "--data", bmi, "--y-unit", "points")
    assert (done.code, done.err) == (0, "")
    facts = gdmath.facts_of(gdmath.read_table(bmi))
    page = done.out
    assert page.startswith("bmi.csv: 442 rows")
    assert "354 rows train the line, 88 kept aside" in page
    assert "  x  bmi\n  y  progression (points)\n" in page
    w, unit = value_of(page, "w")
    assert (float(w), unit) == (pytest.approx(facts.line.weight, rel=1e-3), "points")
    assert float(value_of(page, "R squared")[0]) == pytest.approx(facts.line.r_squared, rel=1e-3)
    assert "x = 20 + 10 x': it lies far from zero" in page
    assert "y = 100 y': a round unit" in page
    spaces = (facts.own_units, facts.in_frame, facts.standardized)
    for entry, seen in (
        ("condition number", [each.condition_number for each in spaces]),
        ("best rate", [each.best_learning_rate for each in spaces]),
        ("steps at best rate", [each.n_steps for each in spaces]),
    ):
        numbers = [float(number.replace(",", "")) for number in value_of(page, entry)]
        assert numbers == pytest.approx(seen, rel=1e-3)
    assert f"the data's own rate: {facts.n_steps}." in page
    assert page.endswith("No row stands out, and the slope is not zero.\n")


def test_json_has_every_fact_by_its_name(main, bmi):
    told = json.loads(main("facts", "--data", bmi, "--json").out)
    facts = gdmath.facts_of(gdmath.read_table(bmi))
    assert told.keys() == {field.name for field in dataclasses.fields(facts)}
    for name in ("x", "y", "line", "own_units", "in_frame", "standardized", "frame"):
        expected = dataclasses.asdict(getattr(facts, name))
        assert told[name] == json.loads(json.dumps(expected)), name
    assert told["choices"][0]["reason"]["kind"] == "feature_moved"
    assert (told["n_steps"], told["rows"], told["cautions"]) == (facts.n_steps, [], [])


def test_json_is_json_whatever_there_is_not(main, tmp_path):
    written(tmp_path / "exact.csv", np.arange(12.0), np.full(12, 3.0))
    told = json.loads(
        main("facts", "--data", "exact.csv", "--json").out,
        parse_constant=lambda word: pytest.fail(f"{word} is no JSON"),
    )
    assert told["line"]["r_squared"] is None
    assert told["own_units"]["n_steps"] is None
    assert [each["kind"] for each in told["cautions"]] == ["constant_target"]
    infinite = dataclasses.replace(gdmath.facts_of(gdmath.preset("chapter-0")), learning_rate=float("inf"))
    assert facts_json(infinite)["learning_rate"] is None


def facts_json(facts):
    return json.loads(json.dumps(told.as_json(facts), allow_nan=False))


def test_an_odd_row_is_named_as_a_spreadsheet_counts_it(main, tmp_path):
    x = np.arange(30.0)
    y = 1 + 2 * x + np.sin(x)
    y[17] += 40
    written(tmp_path / "odd.csv", x, y)
    text = (tmp_path / "odd.csv").read_text().splitlines()
    text.insert(4, "NA,3")
    (tmp_path / "odd.csv").write_text("\n".join(text))
    page = main("facts", "--data", "odd.csv", "--drop-missing").out
    assert "1 left out for want of a number" in page
    number = int(re.search(r"^    row (\d+)", page, re.MULTILINE)[1])
    assert text[number - 1].startswith("17.0,")


def drawn(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(5, 1, n), rng.normal(5, 1, n)


SETS = {
    "long names": (*drawn(50), LONG, "身高" * 40),
    "far from zero": (np.arange(1e6, 1e6 + 30), 1e-5 * drawn(30)[1], "year", "share"),
    "huge": (1e60 * drawn(30)[0], 1e-60 * drawn(30)[1], "x", "y"),
    "many odd rows": (np.r_[drawn(300)[0], [5.0] * 12], np.r_[drawn(300)[1], [1e9] * 12], LONG, LONG + "!"),
    "three rows": ([1, 2, 3], [1, 3, 2], "x", "y"),
    "escapes": (*drawn(30), "x\x1b[31m", "y"),
}


@pytest.mark.parametrize("name", SETS)
def test_page_fits_80_columns(main, tmp_path, name):
    written(tmp_path / "my.csv", *SETS[name])
    done = main("facts", "--data", "my.csv", "--x-unit", "Zentimeter im Stehen gemessen", "--y-unit", "kg/m²")
    assert (done.code, done.err) == (0, "")
    assert max(map(cell_len, done.out.splitlines())) <= 80
    assert done.out.replace("\n", "").isprintable()
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_lectures_that_fit(main, lectures, bmi):
    section = main("facts", "--data", bmi, "--lectures", "--scenes", EXAMPLES).out.partition("\nLectures\n")[
        2
    ]
    assert section == "  two-rates  fits\n"
    section = main("facts", "--data", bmi, "--lectures", "--scenes", lectures).out.partition("\nLectures\n")[
        2
    ]
    assert re.search(
        r"^  leaning +--data: got leaning; allowed a lecture that takes data;", section, re.MULTILINE
    )
    words = ("facts", "--dataset", "one-weight", "--lectures", "--json", "--scenes", lectures)
    by_name = {each["lecture"]: each for each in json.loads(main(*words).out)["lectures"]}
    assert by_name.keys() == {"leaning", "misbehaves", "telling", "tiny"}
    assert by_name["leaning"]["reason"].startswith("--dataset: got an unknown option")
    assert all((each["reason"] is None) == each["fits"] for each in by_name.values())


def test_preset_and_table_with_bias_through_the_options(main, bmi):
    page = main("facts", "--dataset", "chapter-0").out
    assert "the data's own rate: 258." in page
    assert "None: descent runs in the units of the table." in page
    raw = main("facts", "--data", bmi, "--raw", "--start", "-100,5", "--validation", "0").out
    assert "in the frame" not in raw
    assert "442 rows train the line\n" in raw


WRONG = {
    "nothing": ("", "facts: got no data; allowed --data FILE, --dataset PRESET or --run FILE", 2),
    "both": ("--data bmi.csv --dataset chapter-0", "facts: got bmi.csv and chapter-0", 2),
    "preset": ("--dataset chapter-1", "did you mean chapter-", 2),
    "no such file": ("--data bim.csv", "did you mean 'bmi.csv'?", 3),
    "no such column": ("--data bmi.csv --x bim --y progression", "--x: got 'bim'", 2),
    "option without data": ("--dataset chapter-0 --x bmi", "--x: got no --data", 2),
    "unknown option": ("--data bmi.csv --learning-rate 3", "--learning-rate", 2),
    "share": ("--data bmi.csv --validation 0.9", "--validation: got 0.9", 2),
    "start": ("--data bmi.csv --start -1", "--start: got -1", 2),
    "scenes": ("--data bmi.csv --lectures --scenes nowhere --json", "--scenes: got nowhere", 2),
}


@pytest.mark.parametrize(("words", "says", "code"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_line(main, bmi, words, says, code):
    done = main("facts", *words.split())
    assert done.code == code
    assert FAULT.fullmatch(done.err)
    assert says in done.err
    assert done.out == ""


def test_nothing_that_draws_is_imported(bmi):
    script = (
        "import sys; from gdlectures.command.cli import main; main(sys.argv[1:]);"
        "print('IMPORTED', *{name.partition('.')[0] for name in sys.modules})"
    )
    words = [sys.executable, "-c", script, "facts", "--data", str(bmi)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert {"manim", "torch", "av", "scipy"}.isdisjoint(done.stdout.rpartition("IMPORTED ")[2].split())
