"""Whose `gdmath` and `gdscenes` are meant: those that stand beside this package, whatever the path says.

A user's folder comes first on Python's path, and may hold a `gdmath.py` of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

NAMES = ("gdmath", "gdscenes")
_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Beside:
    """Finds our packages, and nothing else, in the folder of this one."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, [_HOME]) if fullname in NAMES else None


def claim() -> None:
    """See to it that from now on these names import our packages; nothing is imported yet.

    A foreign module of that name that was imported before stays with who holds it.
    """
    if Beside not in sys.meta_path:
        sys.meta_path.insert(0, Beside)
    for name in NAMES:
        if name in sys.modules and not _is_ours(name):
            for known in [each for each in sys.modules if each.partition(".")[0] == name]:
                del sys.modules[known]


def _is_ours(name: str) -> bool:
    file = getattr(sys.modules[name], "__file__", None) or ""
    return os.path.realpath(file) == os.path.realpath(os.path.join(_HOME, name, "__init__.py"))
