"""The same films, pictures, slides and handouts, byte for byte, in whatever environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from films import FORMATS, NEW, TINY, exports, is_exactly, run
from trials import Broken, NotHere, Scale, Trial


@dataclass(frozen=True)
class Around:
    """What is around a command: variables, a program that starts it, the folder that it is run in."""

    env: Mapping[str, str] = field(default_factory=dict)
    begin: tuple[str, ...] = ()
    inside: str = "."


ENVIRONMENTS = {
    "LC_ALL=C": Around({"LC_ALL": "C", "LANG": "C"}),
    "LC_ALL=tr_TR.UTF-8, another language": Around({"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"}),
    "TZ=Pacific/Kiritimati": Around({"TZ": "Pacific/Kiritimati"}),
    "PYTHONHASHSEED=12345": Around({"PYTHONHASHSEED": "12345", "PYTHONUTF8": "0"}),
    "another HOME, no USER": Around({"HOME": "home", "USER": "", "LOGNAME": ""}),
    "a folder with spaces and accents": Around(inside="où  est-ce/名前"),
    "one core": Around(begin=("taskset", "-c", "0")),
    "umask 077": Around(begin=("sh", "-c", 'umask 077; exec "$@"', "sh")),
    "many threads": Around({"OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "7", "MKL_NUM_THREADS": "7"}),
    "optimised, few files, low priority": Around(
        {"PYTHONOPTIMIZE": "1", "PYTHONDONTWRITEBYTECODE": "1", "SOURCE_DATE_EPOCH": "1"},
        ("sh", "-c", 'ulimit -n 128; exec nice "$@"', "sh"),
    ),
}


def determinism(scale: Scale) -> Iterator[Trial]:
    wanted = exports(scale.home)
    for name in scale.some(list(ENVIRONMENTS), 3):
        yield Trial(f"export to {', '.join(FORMATS)}", name, partial(_same, wanted, ENVIRONMENTS[name]))


def _same(wanted: Mapping[str, bytes], around: Around, folder: Path) -> None:
    if around.begin and shutil.which(around.begin[0]) is None:
        raise NotHere(f"no {around.begin[0]}")
    inside = folder / around.inside
    inside.mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir()
    env = dict(around.env) | ({"HOME": str(folder / "home")} if "HOME" in around.env else {})
    words = ("export", *TINY, *NEW, "--to", ",".join(FORMATS), "--out", "out")
    ran = run(inside, *words, env=env, begin=around.begin)
    if (ran.code, ran.err) != (0, ""):
        raise Broken(f"exit code {ran.code}, {ran.err[-200:]!r}")
    is_exactly(inside / "out", wanted)
    if os.listdir(folder / "home"):
        raise Broken(f"HOME now has {os.listdir(folder / 'home')}")
