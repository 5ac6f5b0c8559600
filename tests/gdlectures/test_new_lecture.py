"""`gdlectures new`: a file to start from, and every name that it cannot have."""

from __future__ import annotations

import re

import pytest

from gdlectures.asking import catalog
from gdlectures.command.new_lecture import lecture_source

FAULT = re.compile(r"gdlectures: new: got .*; allowed .+; fix: .+\n")


def test_it_writes_a_lecture_and_says_how_to_look_at_it(main, tmp_path):
    told = main("new", "two-hills")
    command = "gdlectures render two-hills --scenes . --quality preview"
    assert (told.code, told.out, told.err) == (0, f"two_hills.py  to look at it: {command}\n", "")
    lecture = catalog.load(catalog.find("two-hills", tmp_path))
    assert (lecture.__name__, lecture.title) == ("TwoHills", "Two hills")
    assert main(*command.split()[1:2], "--help").code == 0
    assert main("show", "two-hills", "--scenes", ".").code == 0


def test_it_makes_the_folder_that_it_is_given(main, tmp_path):
    told = main("new", "a-walk", "--out", "my talks/spring")
    assert told.code == 0
    assert "--scenes 'my talks/spring' " in told.out
    assert (tmp_path / "my talks" / "spring" / "a_walk.py").read_text() == lecture_source("a-walk")


def test_a_file_that_is_there_stays(main, tmp_path):
    (tmp_path / "my_descent.py").write_text("mine")
    told = main("new", "my-descent")
    assert told.code == 2
    assert FAULT.fullmatch(told.err)
    assert "my_descent.py" in told.err
    assert (tmp_path / "my_descent.py").read_text() == "mine"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "My-Descent",
        "my_descent",
        "my descent",
        "-",
        "my--descent",
        "my-",
        "2-hills",
        "größe",
        "../up",
        "a\nb",
    ],
)
@pytest.mark.parametrize("out", [".", "deep/er"])
def test_a_name_that_is_none_is_refused_in_one_line(name, out, main, tmp_path):
    told = main("new", "--out", out, "--", name)
    assert told.code == 2
    assert FAULT.fullmatch(told.err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["none", "lecture", "clock", "numpy", "gdmath", "random", "data-plane"])
def test_a_name_that_something_else_has_is_refused(name, main, tmp_path):
    told = main("new", name)
    assert told.code == 2
    assert FAULT.fullmatch(told.err)
    assert f"call it my-{name}" in told.err
    assert list(tmp_path.iterdir()) == []
    assert main("new", f"my-{name}").code == 0


def test_a_folder_that_cannot_be_made_is_told_in_one_line(main, tmp_path):
    (tmp_path / "file").write_text("")
    told = main("new", "my-descent", "--out", "file")
    assert told.code == 5
    assert told.err.count("\n") == 1


def test_without_a_name_it_says_what_is_missing(main):
    told = main("new")
    assert told.code == 2
    assert told.err.count("\n") == 1
