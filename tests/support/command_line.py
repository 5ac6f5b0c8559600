"""The real command on small lectures: how it is started, what it leaves behind, who still works for it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from streams import without_progress

LECTURES = Path(__file__).parents[1] / "gdlectures" / "lectures"
COMMAND = [sys.executable, "-m", "gdlectures"]
FAULT = re.compile(r"gdlectures: .+: got .*; allowed .+; fix: .+\n")
"""The one line that a mistake gets."""


@dataclass(frozen=True)
class Ran:
    """What a command left behind; `said` is all of its error stream."""

    code: int
    out: str
    said: str
    cpu_seconds: float = 0.0

    @property
    def err(self) -> str:
        """The same without what is said every few seconds, which a busy machine makes more of."""
        return without_progress(self.said)


def processes_in(folder: Path, part: str) -> list[int]:
    """The processes whose own folder lies in this one and has a part of its name."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                home = os.readlink(process / "cwd")
            except OSError:
                continue
            if home.startswith(f"{folder}/") and part in home:
                found.append(int(process.name))
    return found
