"""The walls of the house: who imports whom, what is public is explained, and the README is true."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import inspect
import os
import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from here import command_here
from PIL import Image

import gdmath
from gdlectures.asking import catalog
from gdlectures.asking.planning import plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.command import cli
from gdlectures.exports import export, sweep
from gdlectures.faults.errors import Fault
from gdlectures.films import rendering
from gdscenes.kit.lecture.settings import knobs

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()

ROOMS = (
    "gdmath",
    "gdscenes.kit.canvas",
    "gdscenes.kit.manim_seam",
    "gdscenes.kit.page",
    "gdscenes.kit.type",
    "gdscenes.kit.plot",
    "gdscenes.kit.lecture",
    "gdscenes.kit.figures",
    "gdscenes.kit.stage",
    "gdscenes.kit.proof",
    "gdscenes.kit",
    "gdscenes",
    "gdlectures.faults",
    "gdlectures.asking",
    "gdlectures.films",
    "gdlectures.exports",
    "gdlectures",
    "gdlectures.command",
    "gdlectures.__main__",
)
"""From left to right: a room imports itself and what stands left of it."""

HIDDEN_IN_MANIM = {
    "SceneFileWriter",
    "_frame_center",
    "_original_skipping_status",
    "_SceneFileWriterSettings",
    "add_frame",
    "begin_animation",
    "capture_mobjects",
    "display_funcs",
    "end_animation",
    "file_writer",
    "file_writer_settings",
    "freeze_current_frame",
    "get_cairo_context",
    "get_frame",
    "get_mobjects_to_display",
    "get_moving_and_static_mobjects",
    "get_moving_mobjects",
    "moving_mobjects",
    "pixel_array",
    "play_internal",
    "renderer",
    "save_static_frame_data",
    "set_frame_to_background",
    "static_image",
    "static_mobjects",
    "string_to_mob_map",
    "transform_points_pre_display",
    "type_or_raise",
    "update_frame",
    "update_to_time",
    "write_frame",
}
"""Names inside Manim that it may change in any version; the seam alone knows them."""

PACKAGES = ("gdmath", "gdscenes", "gdlectures")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The longest room that a module's name begins with."""
    inside = [room for room in ROOMS if module == room or module.startswith(room + ".")]
    return max(inside, key=len)


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """What a source is made of, its module first; read once for all tests, which change nothing in it."""
    return tuple(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> set[str]:
    """Modules of ours that a file imports, at its head or inside a function."""
    found: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in PACKAGES}


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_room_imports_only_what_stands_left_of_it(path):
    here = room_of(module_name(path))
    for name in imports(path):
        assert ROOMS.index(room_of(name)) <= ROOMS.index(here), f"{module_name(path)} imports {name}"


def test_contributing_tells_every_room_in_its_order():
    told = re.findall(r"^\| `([a-z_/]+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE)
    rooms = [room for room in told if room.count("/") or room in PACKAGES or room == "scenes"]
    known = [each.replace("gdscenes", "scenes").replace(".", "/") for each in ROOMS]
    facades = {"scenes/kit", "gdlectures", "gdlectures/__main__"}
    assert rooms == [each for each in known if each not in facades]


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if room_of(module_name(p)) == "gdscenes"], ids=module_name
)
def test_scenes_do_not_import_each_other(path):
    others = {name for name in imports(path) if room_of(name) == "gdscenes" and name != "gdscenes"}
    assert others - {module_name(path)} == set()


def reaches_into_manim(nodes: Iterable[ast.AST]) -> list[str]:
    """What a source takes from inside Manim: modules behind `manim`, and the names above."""
    found = []
    for node in nodes:
        match node:
            case ast.Import(names=names):
                found += [each.name for each in names if each.name.startswith("manim.")]
            case ast.ImportFrom(module=str(module), names=names):
                if module.startswith("manim."):
                    found.append(module)
                if module == "manim":
                    found += [each.name for each in names if each.name in HIDDEN_IN_MANIM]
            case (
                ast.Attribute(attr=name)
                | ast.Name(id=name)
                | ast.FunctionDef(name=name)
                | ast.Constant(value=str(name))
            ) if name in HIDDEN_IN_MANIM:
                found.append(name)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_only_the_seam_reaches_into_manim(path):
    found = reaches_into_manim(nodes_of(path))
    assert bool(found) == (module_name(path) == "gdscenes.kit.manim_seam"), found


@pytest.mark.parametrize(
    "code",
    [
        "from manim.scene.scene import Scene",
        "import manim.camera.camera as c",
        "from manim import SceneFileWriter",
        "self.camera._frame_center",
        "setattr(scene.camera, 'pixel_array', None)",
        "class A:\n    def type_or_raise(self, mobject): ...",
    ],
)
def test_a_reach_into_manim_is_seen(code):
    assert reaches_into_manim(ast.walk(ast.parse(code)))
    harmless = "from manim import Scene\nfrom pathlib import Path\nself.camera.get_phi()"
    assert not reaches_into_manim(ast.walk(ast.parse(harmless)))


@cache
def names_of_lectures() -> tuple[str, ...]:
    return tuple(entry.name for entry in catalog.entries())


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if module_name(p).startswith("gdlectures")], ids=module_name
)
def test_delivery_knows_no_lecture_by_name(path):
    words = {word for name in names_of_lectures() for word in (name, name.replace("-", "_"))}
    docstrings = {  # an example in one may name a lecture
        id(node.body[0].value)  # type: ignore[attr-defined]
        for node in nodes_of(path)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, False)
    }
    said = "\n".join(
        str(value)
        for node in nodes_of(path)
        if id(node) not in docstrings
        for _, values in ast.iter_fields(node)
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, str | bytes)
    )
    assert [word for word in words if word in said] == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[-2] == "gdmath"], ids=module_name)
def test_mathematics_draws_nothing(path):
    modules = {
        alias.name.split(".")[0]
        for node in nodes_of(path)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not modules & {"manim", "matplotlib", "PIL", "cairo"}
    assert ("torch" in modules) == (path.stem == "torch_loops")


def test_everything_public_is_explained():
    public = {name: getattr(gdmath, name) for name in gdmath.__all__}
    unexplained = [name for name, it in public.items() if callable(it) and not inspect.getdoc(it)]
    for path in SOURCES:
        for node in nodes_of(path):
            name = getattr(node, "name", "")
            counts = isinstance(node, ast.Module | ast.ClassDef) and not name.startswith("_")
            if counts and not ast.get_docstring(node):
                unexplained.append(f"{module_name(path)}: {name or 'module'}")
    assert unexplained == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[-2] == "gdmath"], ids=module_name)
def test_examples_in_docstrings_are_true(path):
    __import__(module_name(path))
    assert doctest.testmod(sys.modules[module_name(path)]).failed == 0


# -- README --------------------------------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def table_of_lectures() -> str:
    """The README's table as the catalog would have it."""
    rows = ["| lecture | what it shows | beats | length | knobs |", "|---|---|---|---|---|"]
    for entry in catalog.entries():
        lecture = catalog.load(entry)
        options = ", ".join(f"`{knob.option}`" for knob in knobs(type(lecture.settings)))
        sentence = inspect.getdoc(lecture).splitlines()[0]
        length = f"{lecture.seconds // 60}:{lecture.seconds % 60:02d}"
        rows.append(f"| `{entry.name}` | {sentence} | {len(lecture.beats)} | {length} | {options} |")
    return "\n".join(rows)


def story_of_the_course() -> str:
    """The README's list of what each lecture asks, as the catalog would have it."""
    lectures = map(catalog.load, catalog.entries())
    return "\n".join(
        f"{number}. **{lecture.title}** {lecture.question} *{lecture.hand_over}*"
        for number, lecture in enumerate(lectures, start=1)
    )


def test_readme_lists_the_lectures():
    assert table_of_lectures() in README
    assert story_of_the_course() in README


def test_lectures_come_in_the_order_of_their_chapters():
    chapters = [catalog.load(entry).chapter for entry in catalog.entries()]
    assert chapters == list(range(1, len(chapters) + 1))


def test_readme_lists_the_presets():
    for name in gdmath.preset_names():
        assert f"`{name}`" in README


def presets_table():
    """Its cells, by data and lecture, and the films that are asked for it."""
    made = re.search(r"<!-- made by docs/presets.py -->\n(.*?)<!--", README, flags=re.DOTALL)
    head, _, *rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in made[1].splitlines()]
    lectures = [name.strip("`") for name in head[1:]]
    cells = {(row[0], name): cell for row in rows for name, cell in zip(lectures, row[1:], strict=True)}
    return cells, runpy.run_path(str(ROOT / "docs" / "presets.py"))["requests"]()


def test_readme_table_of_data_has_every_film_and_no_other():
    cells, asked = presets_table()
    assert list(cells) == list(asked)


@pytest.mark.slow
def test_readme_table_of_data_is_what_lectures_make_of_it():
    """A cell is a film's length, unless the lecture refuses the data."""
    cells, asked = presets_table()
    for place, request in asked.items():
        try:
            (plan,) = plan_films([request])
        except Fault:
            assert cells[place] == "–", place
        else:
            minutes, seconds = cells[place].split(":")
            if request.data is None and request.knobs["dataset"] == plan.lecture.settings.dataset:
                assert abs(60 * int(minutes) + int(seconds) - plan.lecture.seconds) <= 3


@cache
def planned() -> set[str]:
    """The batches that were planned, but for the size of their films, on which no plan depends."""
    return set()


def plan(requests: Sequence[RenderRequest], *_: object, **__: object) -> list[Any]:
    """Plan a batch as the command does, once, and draw nothing."""
    assert all(request.frame_size for request in requests)
    batch = repr([dataclasses.replace(request, quality="preview", fps=None) for request in requests])
    if batch not in planned():
        plan_films(requests)
        planned().add(batch)
    return []


@pytest.mark.parametrize("command", commands())
def test_readme_commands_are_understood(command, monkeypatch):
    """Each is read and planned as the command does it; only the drawing is left out."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(rendering, "render_films", plan)
    monkeypatch.setattr(rendering, "draw_masters", plan)
    monkeypatch.setattr(sweep, "draw_sweep", lambda *_, **__: sweep.Swept((), ()))
    monkeypatch.setattr(export, "export", plan)
    words = shlex.split(command)
    if words[0] == "manim":
        assert (ROOT / words[-2]).is_file()
        assert words[-1] in (ROOT / words[-2]).read_text()
        return
    if words[0] == "python3" or words[0].startswith("films/"):  # tests/setup/test_wheel.py runs them
        return
    assert words[0] in ("./run", "gdlectures")
    if words[:2] == ["./run", "test"]:
        paths = [word for word in words[2:] if word.startswith("tests/")]
        assert all((ROOT / path).exists() for path in paths)
        return
    if words in (["./run", "faults"], ["./run", "mutants"]):  # tests/setup/test_run.py sees where it leads
        return
    if words[1:]:
        assert cli.main(words[1:]) == 0


def test_readme_output_is_true(monkeypatch, capsys):
    """The block under a command that begins with $ is what the command prints."""
    shown = blocks("console")
    assert shown
    monkeypatch.chdir(ROOT)
    for block in shown:
        command, _, output = block.partition("\n")
        words = shlex.split(command.removeprefix("$ "))
        assert words[0] == "gdlectures"
        capsys.readouterr()
        assert command_here(*words[1:]) == 0
        assert capsys.readouterr().out.rstrip() == output.rstrip()


def test_readme_examples_in_python_are_true():
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for number, block in enumerate(blocks("pycon")):
        runner.run(parser.get_doctest(block, {}, f"README block {number}", "README.md", 0))
    assert runner.tries > 0
    assert runner.failures == 0


def test_readme_pictures_are_there_and_small():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
        assert (ROOT / picture).stat().st_size < 3_000_000


def test_readme_pictures_are_asked_for_with_options_that_there_are(tmp_path):
    """docs/pictures.py as it runs, but for the drawing."""
    script, asked = runpy.run_path(str(ROOT / "docs" / "pictures.py")), []

    def ask(requests, options, folder):
        plan_films(requests)
        asked.append(f"docs/{requests[0].lecture}-{options.beat}.gif")
        return [export.Exported(())]

    def ask_for_sheet(planned):
        planned.folder.mkdir()
        Image.new("RGB", (16, 9)).save(planned.folder / sweep.SHEET)
        asked.append(f"docs/{planned.folder.name}.png")

    script["main"].__globals__.update(export=ask, draw_sweep=ask_for_sheet, FOLDER=tmp_path)
    script["main"]()
    assert asked == re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert [f"docs/{made.name}" for made in tmp_path.iterdir()] == asked[-1:]


def test_changelog_has_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (
        f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()
        or "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()
    )


# -- lectures are storyboards ----------------------------------------------------------------------------

NOT_OF_A_SCENE = {
    "lay": "a kind of mark knows its layer",
    "set_z_index": "a kind of mark knows its layer",
    "hessian": "curvatures are gdmath's: LeastSquares.curvature, .reach, .rise",
    "eigvalsh": "curvatures are gdmath's",
    "clearest": "labels find their places by kit.plot.labels",
    "UpdateFromAlphaFunc": "a frame is drawn from its row: Clock, turn",
}
DRAWN_THINGS = {"VGroup", "VMobject", "Mobject", "Figure"}
_FORMAT = re.compile(r"[.]\d*[efg]$")


LECTURE_FILES = [p for p in SOURCES if room_of(module_name(p)) == "gdscenes" and p.stem != "__init__"]


@pytest.mark.parametrize("path", LECTURE_FILES, ids=module_name)
def test_a_scene_has_no_drawing_of_its_own(path):
    """No layer, number format, label search, Hessian, mobject class or pixel: the kit has one of each."""
    found = []
    for node in nodes_of(path):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name in NOT_OF_A_SCENE:
            found.append(f"line {node.lineno}: {name}; {NOT_OF_A_SCENE[name]}")
        if isinstance(node, ast.ClassDef):
            drawn = {base.id for base in node.bases if isinstance(base, ast.Name)} & DRAWN_THINGS
            found += [f"line {node.lineno}: class {node.name}; figures are the kit's"] if drawn else []
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            parts = node.format_spec.values  # type: ignore[attr-defined]
            spec = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            if _FORMAT.search(spec):
                found.append(f"line {node.lineno}: :{spec}; numbers are written by kit.type.notation")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Box":
            found.append(f"line {node.lineno}: Box; the page is cut into cells")
        if isinstance(node, ast.ImportFrom) and node.module == "gdscenes.kit.page":
            found.append(f"line {node.lineno}: the page's pixels; cells and figures know them")
    assert found == []


def test_tests_that_share_what_they_prepare_run_in_one_process(request):
    """pytest-xdist keeps a group together by the end of its tests' names."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@tests/house")
