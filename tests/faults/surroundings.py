"""What a command stands on: no network, little memory, a clock that jumps, libraries old or missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from films import FORMATS, NEW, OLD, TINY, cache_is_whole, contents, exports, films, is_exactly, is_told, run
from shim import shim
from trials import Broken, NotHere, Scale, Trial

from gdlectures.asking.provenance import drawing_versions
from gdlectures.faults.errors import Exit

_EXPORT = ("export", *TINY, *NEW, "--to", ",".join(FORMATS), "--out", "out")
_RENDER = ("render", *TINY, *NEW, "--jobs", "1", "--out", "out")


def network(scale: Scale) -> Iterator[Trial]:
    """Nobody tries to reach another machine, and nothing is missing where there is none."""
    yield Trial("no call that leads out", "export in every format", partial(_no_call, scale))
    yield Trial("a machine without a network", "export in every format", partial(_unshared, scale))


def _no_call(scale: Scale, folder: Path) -> None:
    log = folder / "network"
    env = {"LD_PRELOAD": shim(scale.home), "FAULT_NETWORK": str(log)}
    reached = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9), 1)"],
        env=env,
        stderr=subprocess.DEVNULL,
    )
    if reached.returncode == 0 or not log.exists():
        raise Broken("the shim sees no connection that is tried")
    log.unlink()
    is_told(run(folder, *_EXPORT, env=env), Exit.DONE)
    if log.exists():
        raise Broken(f"it called {sorted(set(log.read_text().split()))}")
    is_exactly(folder / "out", exports(scale.home))


def _unshared(scale: Scale, folder: Path) -> None:
    begin = ("unshare", "--net", "--map-root-user")
    if shutil.which("unshare") is None or subprocess.run([*begin, "true"], capture_output=True).returncode:
        raise NotHere("no right to unshare the network")
    is_told(run(folder, *_EXPORT, begin=begin), Exit.DONE)
    is_exactly(folder / "out", exports(scale.home))


def memory(scale: Scale) -> Iterator[Trial]:
    """Where memory ends the command says so, and what is there stays whole."""
    for megabytes in scale.some((300, 500, 700, 900, 1200, 1600, 2500, 4000), 3):
        yield Trial("ulimit -v", f"{megabytes} MB, render", partial(_limited, scale, megabytes))
    yield Trial("a story that claims much", "256 MiB of nothing under 2 GB", _sparse)


def _limited(scale: Scale, megabytes: int, folder: Path) -> None:
    made = films(scale.home)
    out = made.lay(folder, film=True)
    begin = ("sh", "-c", f'ulimit -v {megabytes * 1000}; exec "$@"', "sh")
    ran = run(folder, *_RENDER, begin=begin)
    is_told(ran, Exit.DONE, Exit.LIMIT, Exit.SCENE, Exit.ENVIRONMENT)
    is_exactly(out, made.new if ran.code == 0 else made.old)
    is_told(run(folder, *_RENDER), Exit.DONE)
    is_exactly(out, made.new)


def _sparse(folder: Path) -> None:
    with open(folder / "it.story", "wb") as file:
        file.truncate(256 * 1024 * 1024)
    begin = ("sh", "-c", 'ulimit -v 2000000; exec "$@"', "sh")
    is_told(run(folder, "render", "--from", "it.story", *TINY[1:], begin=begin), Exit.DATA)


def clock(scale: Scale) -> Iterator[Trial]:
    """The time of day is nobody's measure of what is done."""
    day = 24 * 3600
    for seconds in scale.some((-40 * 365 * day, -day, -3600, 3600, 400 * day, 60 * 365 * day), 2):
        yield Trial("a clock that jumps", f"by {seconds} s", partial(_jumps, scale, seconds))


def _jumps(scale: Scale, seconds: int, folder: Path) -> None:
    env = {"LD_PRELOAD": shim(scale.home), "FAULT_CLOCK": str(seconds)}
    for words, name in ((OLD, "old"), (NEW, "new")):
        ran = run(folder, "render", *TINY, *words, "--out", name, env=env)
        is_told(ran, Exit.DONE)
    is_exactly(folder / "old", films(scale.home).old)
    is_exactly(folder / "new", films(scale.home).new)
    is_told(run(folder, "cache", env=env), Exit.DONE)
    cache_is_whole(folder)


def libraries(scale: Scale) -> Iterator[Trial]:
    """A library that is missing, broken or of another version is named, and nothing is begun."""
    modules = ("av", "manim", "numpy", "PIL", "typst", "cairo", "manimpango")
    for name in scale.some(modules, 3):
        yield Trial(
            "a library that is missing", name, partial(_unimportable, scale, name, "ModuleNotFoundError")
        )
    for name in scale.some(modules, 2):
        yield Trial("a library that does not load", name, partial(_unimportable, scale, name, "ImportError"))
    drawn_with = [each for each in drawing_versions() if each not in ("python", "manim", "pillow")]
    for name in scale.some(drawn_with, 1):
        yield Trial("a library of a newer version", name, partial(_newer, scale, name))
    for name in scale.some(("av", "babel", "jinja2", "manim", "numpy", "pillow", "python-pptx"), 2):
        yield Trial("a library of an old version", name, partial(_old, scale, name))


def _unimportable(scale: Scale, name: str, error: str, folder: Path) -> None:
    made = films(scale.home)
    out = made.lay(folder, film=True)
    broken = folder / "broken"
    broken.mkdir()
    # as an interpreter meets it, in the command and in its workers
    (broken / "sitecustomize.py").write_text(
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        if name == {name!r}:\n"
        f"            raise {error}(f'no {{name}} here', name=name)\n"
        "sys.meta_path.insert(0, Missing)\n"
    )
    ran = run(folder, *_RENDER, env={"PYTHONPATH": str(broken)})
    is_told(ran, Exit.ENVIRONMENT)
    if name.lower() not in ran.err.lower():
        raise Broken(f"the line does not name it: {ran.err[-200:]!r}")
    is_exactly(out, made.old)


def _installed(name: str, version: str, folder: Path) -> dict[str, str]:
    """What makes a command find a library in another version."""
    info = folder / "others" / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return {"PYTHONPATH": str(folder / "others")}


def _old(scale: Scale, name: str, folder: Path) -> None:
    """It is named before anything is drawn."""
    made = films(scale.home)
    out = made.lay(folder, film=True)
    ran = run(folder, *_RENDER, env=_installed(name, "0.0.1", folder))
    is_told(ran, Exit.ENVIRONMENT)
    if f"{name}: got 0.0.1" not in ran.err:
        raise Broken(f"the line does not name it: {ran.err[-200:]!r}")
    is_exactly(out, made.old)


def _newer(scale: Scale, name: str, folder: Path) -> None:
    """What was drawn with an older version is drawn again."""
    made = films(scale.home)
    made.lay(folder, masters=True)
    ran = run(folder, *_RENDER, env=_installed(name, "999.0", folder))
    is_told(ran, Exit.DONE)
    if b'"999.0"' not in contents(folder / "out")["tiny.json"]:
        raise Broken("the film of the other version was given again")
