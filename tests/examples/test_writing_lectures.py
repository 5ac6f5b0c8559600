"""The page on writing a lecture: its steps are put together as it says, and played."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from claims import assert_true, by_hand
from rehearsals import Rehearsal, rehearse

import gdmath
from gdlectures.command.new_lecture import lecture_source
from gdscenes import kit
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import with_values
from gdscenes.kit.page.theme import THEMES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "writing_lectures.md").read_text()
STEPS = re.findall(r"^## (\d)\..*?^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
BLOCKS = [block for _, block in STEPS]
PRESETS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


def put_together(so_far: ast.Module, block: ast.Module) -> ast.Module:
    """What is new before the lecture; in a class that is known, a method replaces its namesake."""
    body = list(so_far.body)
    known = {node.name: index for index, node in enumerate(body) if isinstance(node, ast.ClassDef)}
    for node in block.body:
        if isinstance(node, ast.ClassDef) and node.name in known:
            index = known[node.name]
            body[index] = continued(body[index], node)
        else:
            body.insert(len(body) - 1, node)
            known = {each.name: index for index, each in enumerate(body) if isinstance(each, ast.ClassDef)}
    return ast.Module(body, [])


def continued(known: ast.stmt, more: ast.ClassDef) -> ast.ClassDef:
    assert isinstance(known, ast.ClassDef)
    assert ast.unparse(more.body[0]) == "...", "a block that goes on with a class says so"
    members = {named(member): member for member in known.body}
    members |= {named(member): member for member in more.body[1:]}
    return ast.ClassDef(known.name, known.bases, [], list(members.values()), [], type_params=[])


def named(member: ast.stmt) -> str:
    return member.name if isinstance(member, ast.FunctionDef) else ast.unparse(member).partition(" = ")[0]


def after(step: int) -> ast.Module:
    """The file as it is when a step is done."""
    file = ast.parse(BLOCKS[0])
    for block in BLOCKS[1:step]:
        file = put_together(file, ast.parse(block))
    return file


def module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@cache
def lecture(step: int, folder: Path) -> type[Lecture]:
    file = folder / f"my_descent_{step}.py"
    file.write_text(ast.unparse(ast.fix_missing_locations(after(step))))
    return module(file).MyDescent


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("steps")


@cache
def played(step: int, folder: Path, preset: str = "chapter-0", theme: str = "dark") -> Rehearsal:
    mine = lecture(step, folder)
    return rehearse(mine, theme=theme, settings=with_values(mine.settings, {"dataset": preset}))


def test_there_are_five_steps():
    assert [number for number, _ in STEPS] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("step", range(1, 6))
def test_after_each_step_the_lecture_is_whole(step, folder):
    shown = played(step, folder)
    assert list(shown.beat_starts) == list(lecture(step, folder).beats)
    assert [fault for faults in shown.faults.values() for fault in faults] == []


@pytest.mark.parametrize("step", [4, 5])
def test_it_is_as_long_as_it_says(step, folder):
    assert played(step, folder).seconds == pytest.approx(lecture(step, folder).seconds, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("preset", PRESETS)
def test_it_teaches_on_every_preset_in_every_theme(preset, theme, folder):
    faults = played(5, folder, preset, theme).faults
    assert {beat: found for beat, found in faults.items() if found} == {}


@pytest.mark.parametrize("step", range(2, 6))
def test_each_step_adds_something_to_see(step, folder):
    before, after = played(step - 1, folder).frames, played(step, folder).frames
    assert any(beat not in before or (frame != before[beat]).any() for beat, frame in after.items())


def test_what_it_shows_is_true(folder):
    """The figure of one's own among the others: its errors are those of the lines told by hand."""
    shown, counts = played(5, folder), []
    story = shown.lecture.story
    problem = story.problem
    for claims in shown.claims.values():
        counts.append(assert_true(claims, story.runs, lambda run: problem))
        for claim in (each for each in claims if each.quantity == "errors"):
            b, w = by_hand(problem, story.runs["descent"])[claim.row]
            assert (np.abs(claim.drawn - (b + w * problem.x - problem.y)) <= claim.within).all()
            counts.append(claim.quantity)

    assert counts[-1] == "errors"
    assert min(counts[:-1]) >= 3


# -- the names -----------------------------------------------------------------------------------------


def test_the_table_has_every_name_of_the_kit_as_the_code_explains_it():
    names = module(DOCS / "names.py")
    assert names.BEGIN + names.table() + names.END in PAGE
    assert set(names.homes()) == set(kit.__all__)


def test_a_name_is_explained_in_one_sentence():
    rows = [row.split(" | ") for row in module(DOCS / "names.py").table().splitlines()[2:]]
    assert all(told.endswith(".") and len(told) < 110 for _, told, _ in rows)


def test_the_verbs_that_it_tells_are_there():
    table = PAGE.partition("## Verbs")[2].partition("## Names")[0]
    verbs = re.findall(r"`self\.(\w+)\(", table)
    assert len(verbs) > 10
    assert [verb for verb in verbs if not hasattr(Lecture, verb)] == []


# -- the file to start from ----------------------------------------------------------------------------


def meaning(file: ast.Module) -> tuple[set[str], list[str]]:
    """What a file imports, in any order, and all else that stands in it."""
    imports = [node for node in file.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {f"{getattr(node, 'module', '')} {each.name}" for node in imports for each in node.names}
    return names, [ast.unparse(node) for node in file.body if node not in imports]


def test_the_command_writes_the_file_as_it_is_after_the_fourth_step():
    assert meaning(ast.parse(lecture_source("my-descent"))) == meaning(after(4))
