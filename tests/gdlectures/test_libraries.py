"""A library that is missing, or of a version that the package was not made for, is named before any work."""

from __future__ import annotations

from importlib import metadata

import pytest
from command_line import FAULT

from gdlectures.asking.libraries import check_libraries
from gdlectures.faults.errors import Exit, Fault


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Have a library installed in another version."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, version: str) -> None:
        info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    return install


@pytest.mark.parametrize(
    ("name", "version", "allowed"),
    [("manim", "0.19.0", "==0.22.*"), ("python-pptx", "0.6.23", ">=1"), ("pillow", "13.0", "<13,>=12")],
)
def test_another_version_is_refused_before_anything_is_drawn(
    main, lectures, tmp_path, installed, name, version, allowed
):
    installed(name, version)
    for words in (["render"], ["export", "--to", "pptx"]):
        done = main(words[0], "tiny", *words[1:], "--scenes", lectures, "--out", tmp_path / "out")
        assert done.code == Exit.ENVIRONMENT
        assert f"{name}: got {version}; allowed version {allowed}; fix: install" in done.err
        assert FAULT.fullmatch(done.err)
        assert not (tmp_path / "out").exists()


def test_a_newer_version_is_taken_where_it_is_allowed(installed):
    installed("numpy", "999.0")
    installed("av", "999.0rc1")
    check_libraries()


def test_one_that_is_missing_is_refused_though_only_a_deck_needs_it(main, lectures, tmp_path, monkeypatch):
    version = metadata.version

    def lacking(name: str) -> str:
        if name == "python-pptx":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", lacking)
    done = main("export", "tiny", "--to", "pptx", "--scenes", lectures, "--out", tmp_path / "out")
    assert (done.code, done.out) == (Exit.ENVIRONMENT, "")
    assert "python-pptx: got none; allowed version >=1; " in done.err
    assert not (tmp_path / "out").exists()


def test_a_library_of_an_extra_is_held_to_it_only_where_it_is_used(installed):
    installed("torch", "1.13.1")
    check_libraries()
    check_libraries("cluster")
    with pytest.raises(Fault, match=r"torch: got 1\.13\.1; allowed version >=2\.13"):
        check_libraries("torch")
