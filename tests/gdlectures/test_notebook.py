"""`show` in a real notebook: a kernel of its own runs the cells."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import warnings
from pathlib import Path

import av
import nbformat
import pytest

import gdlectures
from gdlectures.faults.errors import Fault

LECTURES = Path(__file__).with_name("lectures")


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory, rendered: Path) -> list[nbformat.NotebookNode]:
    """The cells of a notebook that was run, in a folder with a `gdmath.py` of its own."""
    from nbclient import NotebookClient

    folder, cache = (tmp_path_factory.mktemp(name) for name in ("notebook", "masters"))
    shutil.copytree(rendered.parent / "cache", cache, dirs_exist_ok=True)
    for name in ("gdmath", "gdscenes", "scenes"):
        (folder / f"{name}.py").write_text("raise AssertionError('a file of the user was run')\n")
    asked = f"scenes={str(LECTURES)!r}, quality='preview'"
    sources = [
        "from gdlectures import show",
        f"show('tiny', {asked})",
        f"show('tiny', beat='second', width=300, {asked})",
        f"show('tiny', live=True, width=500, {asked})",
        f"show('tiny', beat='frist', {asked})",
        f"import gdlectures\ngdlectures.render('tiny', {asked})",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.cells[4].metadata["tags"] = ["raises-exception"]
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        warnings.simplefilter("ignore")  # of the client's event loop
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
    return notebook.cells


def frames_of(cell: nbformat.NotebookNode) -> int:
    """Frames of the film that a cell's output holds."""
    (output,) = [each for each in cell.outputs if each.output_type == "display_data"]
    (film,) = re.findall(r'<video src="data:video/mp4;base64,([^"]+)"', output.data["text/html"])
    with av.open(io.BytesIO(base64.b64decode(film))) as opened:
        return sum(1 for _ in opened.decode(video=0))


def test_film_and_beat_are_in_the_notebook(cells, rendered):
    manifest = json.loads((rendered / "tiny.json").read_text())
    assert frames_of(cells[1]) == manifest["frames"]
    begun = manifest["beats"][1]["start_frame"]
    assert frames_of(cells[2]) == manifest["frames"] - begun
    assert 'width="300"' in cells[2].outputs[0].data["text/html"]


def test_live_figure_is_in_the_notebook_without_a_film(cells):
    page = cells[3].outputs[0].data["text/html"]
    assert page.startswith('<div><iframe srcdoc="&lt;!doctype html&gt;')
    assert 'title="A tiny lecture: live figure" style="width: 500px' in page
    assert "data-keeps-address" not in page
    assert "video" not in page


def test_what_python_made_shows_itself(cells, rendered):
    (output,) = [each for each in cells[5].outputs if each.output_type == "execute_result"]
    film = re.search(r'<video src="data:video/mp4;base64,([^"]+)"', output.data["text/html"])[1]
    assert base64.b64decode(film) == (rendered / "tiny.mp4").read_bytes()
    assert re.fullmatch(r"<Rendered tiny: .*build/tiny.mp4, 854 x 480, 1\.\d s>", output.data["text/plain"])


def test_unknown_beat_is_told_on_one_line(cells):
    (output,) = [each for each in cells[4].outputs if each.output_type == "error"]
    (line,) = output.traceback
    assert line.startswith("gdlectures: --beat: got frist; allowed ")
    assert "\n" not in line


def test_outside_a_notebook_one_line_says_what_to_do():
    with pytest.raises(Fault, match=r"show: got no notebook; allowed a cell .*; fix: .*gdlectures\.render"):
        gdlectures.show("tiny")
