"""The wheel, unpacked as pip unpacks it, beside a user's files of our names; and Python without torch."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from streams import without_progress

ROOT = Path(__file__).parents[2]
LECTURES = ROOT / "tests" / "gdlectures" / "lectures"
RENDER = ["render", "tiny", "--scenes", str(LECTURES), "--quality", "preview"]


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A copy of the repository, in which a build may leave what it likes."""
    copy = tmp_path_factory.mktemp("source") / "copy"
    ignored = shutil.ignore_patterns(".*", "build", "tests", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    return copy


@pytest.fixture(scope="module")
def installed(source, tmp_path_factory) -> Path:
    """The wheel, built as pip builds it and unpacked."""
    made, folder = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site-packages")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, made], cwd=source, check=True, capture_output=True)
    (wheel,) = made.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


@pytest.fixture
def hostile(tmp_path) -> Path:
    """A user's folder with files that bear the names of our packages, each of which tells that it was run."""
    for name in ("gdmath", "gdscenes", "scenes"):
        (tmp_path / f"{name}.py").write_text(f"MINE = {name!r}\nprint('ran', MINE)\n")
    return tmp_path


def python(
    folder: Path, installed: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python as a user does, in a folder that it looks for modules in first."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    kept |= {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(folder / "cache")} | environment
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=kept, capture_output=True, text=True, timeout=300
    )


def test_the_wheel_holds_three_packages_and_all_their_files(installed):
    tops = {each.name for each in installed.iterdir() if not each.name.endswith(".dist-info")}
    assert tops == {"gdmath", "gdscenes", "gdlectures"}
    for package in tops:
        source = (ROOT / package).resolve()
        ours = {f.relative_to(source) for f in source.rglob("*") if f.is_file() and f.suffix != ".pyc"}
        packed = {f.relative_to(installed / package) for f in (installed / package).rglob("*") if f.is_file()}
        assert packed == ours


@pytest.mark.parametrize(
    ("before", "asked", "refused"),
    [
        ("", "'regresion-fit'", "lecture: got regresion-fit"),
        (
            "import gdmath; theirs = gdmath\n",
            "'regression-fit', learning_rate=0.9",
            "--learning-rate: got 0.9; allowed below 0.8055",
        ),
    ],
    ids=["first", "after a foreign one"],
)
def test_a_script_beside_files_of_our_names_gets_our_packages(hostile, installed, before, asked, refused):
    script = hostile / "talk.py"
    script.write_text(
        before + "import sys\nfrom gdlectures import render\n"
        "assert not {'numpy', 'manim', 'torch'} & set(sys.modules)\n"
        f"try:\n    render({asked})\n"
        "except Exception as refusal:\n    print(refusal)\n"
        "import gdmath, gdscenes, scenes\n"
        "print(gdmath.__file__, gdscenes.__file__, scenes.MINE, sep='\\n')\n"
        + ("assert theirs.MINE == 'gdmath'\n" if before else "")
    )
    done = python(hostile, installed, "talk.py")
    assert done.returncode == 0, done.stderr
    *told, mathematics, lectures, own = done.stdout.splitlines()
    assert mathematics == str(installed / "gdmath" / "__init__.py")
    assert lectures == str(installed / "gdscenes" / "__init__.py")
    assert own == "scenes"
    assert told[-2].startswith(refused)
    assert told[:-2] == (["ran gdmath"] if before else [])


@pytest.mark.slow
def test_the_command_runs_beside_files_of_any_name(hostile, installed):
    for name in ("manim", "numpy", "av", "argparse"):
        (hostile / f"{name}.py").write_text("raise SystemExit('a file of the user was run')\n")
    done = python(hostile, installed, "-m", "gdlectures", *RENDER)
    assert (done.returncode, without_progress(done.stderr)) == (0, "")
    assert done.stdout.startswith("build/tiny.mp4  0:01  ")
    assert "ran" not in done.stdout


WITHOUT_TORCH = """
import sys

class Refused:
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if fullname == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, Refused)
"""


@pytest.fixture
def no_torch(tmp_path) -> Path:
    """What stands first on the path of a Python that has no torch."""
    folder = tmp_path / "no torch"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WITHOUT_TORCH)
    return folder


COMPUTE_WITH_TORCH = ("one-weight", "training-loop")
ALL_ELSE = f"""
import gdmath
import gdlectures.films.pieces
import gdlectures.films.worker
from gdlectures.asking.catalog import entries, load
from gdlectures.asking.planning import plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.command import cli

assert cli.main(["list"]) == 0
for entry in entries():
    load(entry)
for plan in plan_films(
    [RenderRequest(entry.name) for entry in entries() if entry.name not in {COMPUTE_WITH_TORCH}]
):
    plan.story
try:
    import gdmath.torch_loops
except ModuleNotFoundError as error:
    print(error)
for name in {COMPUTE_WITH_TORCH}:
    assert cli.main(["render", name]) == 5
"""


def test_without_torch_two_lectures_say_what_to_install_and_all_else_goes_on(no_torch, tmp_path):
    done = python(tmp_path, no_torch, "-c", ALL_ELSE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(
        "\ntorch: got no such package; allowed 2.13 or newer; fix: pip install 'torch>=2.13'\n"
    )
    assert without_progress(done.stderr) == "".join(
        f"gdlectures: {name}: got no torch, which computes its runs; allowed torch 2.13 or newer; "
        "fix: pip install 'torch>=2.13'\n"
        for name in COMPUTE_WITH_TORCH
    )


@pytest.mark.slow
def test_pip_installs_it_as_the_readme_says(source, hostile, tmp_path):
    (block,) = re.findall(r"```sh\n(python3 -m venv .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    *install, render = block.splitlines()
    assert render.startswith("films/bin/gdlectures render ")
    assert "films/bin/pip install ." in install
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    environment |= {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def run(*words, cwd):
        done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("bash", "-ec", "\n".join(install), cwd=source)
    python = source / "films" / "bin" / "python"
    run(python, "-m", "gdlectures", *RENDER, cwd=hostile)
    assert (hostile / "build" / "tiny.mp4").exists()
    packages = run(python, "-m", "pip", "list", cwd=source)
    assert "gdlectures" in packages
    assert "torch" not in packages
