"""The shim that stands between a process and its libc: built here, set by the environment.

A patch of `os` would see what Python calls; films are written by FFmpeg and text by Typst, whose calls only
libc sees.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from trials import Broken, NotHere, once

_SOURCE = Path(__file__).with_name("shim.c")


@once
def shim(home: Path) -> str:
    """The shared library, compiled once.

    Raises
    ------
    NotHere
        If there is no compiler, or no way to preload.
    """
    if sys.platform != "linux":
        raise NotHere("calls are intercepted on Linux alone")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NotHere("no C compiler (cc or gcc) for the shim that has calls fail")
    home.mkdir(parents=True, exist_ok=True)
    library = home / "shim.so"
    words = ["-shared", "-fPIC", "-O1", "-D_LARGEFILE64_SOURCE", "-o", str(library), str(_SOURCE), "-ldl"]
    done = subprocess.run([compiler, *words], capture_output=True, text=True)
    if done.returncode:
        raise Broken(f"the shim does not compile: {done.stderr[:200]}")
    return str(library)


def counting(home: Path, folder: Path, log: Path | None = None) -> dict[str, str]:
    """Variables under which every call that touches a trial's folder is counted, and none fails."""
    counter = folder.with_name(f"{folder.name}.counter")
    counter.write_bytes(bytes(8))
    told = {} if log is None else {"FAULT_LOG": str(log)}
    return {
        "LD_PRELOAD": shim(home),
        "FAULT_ROOT": str(folder),
        "FAULT_COUNTER": str(counter),
        **told,
    }


def hitting(home: Path, folder: Path, call: int, deed: int, *, stays: bool = False) -> dict[str, str]:
    """Variables under which one of the calls is hit: by an error number, or a signal as a negative one."""
    told = {"FAULT_AT": str(call), "FAULT_DO": str(deed)} | ({"FAULT_STAYS": "1"} if stays else {})
    return counting(home, folder) | told


def calls(log: Path) -> list[str]:
    """The calls that were counted: what each is, and of which file."""
    return [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
