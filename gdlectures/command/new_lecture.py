"""A lecture's file to start from, named as its author likes."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path
from string import Template

from gdlectures.faults.errors import usage

_TEMPLATE = Path(__file__).with_name("templates") / "lecture.txt"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_IMPORTED = ("gdlectures", "gdmath", "gdscenes", "manim", "numpy", "torch")


def lecture_source(name: str) -> str:
    """The file of a lecture of some name.

    Raises
    ------
    Fault
        If a lecture, its file or its class cannot be called so.
    """
    if not _NAME.fullmatch(name):
        allowed = "small letters a to z and digits, a letter first, words joined by -"
        raise usage("new", name, allowed, "call it for example my-descent")
    template, class_name = _TEMPLATE.read_text("utf-8"), "".join(map(str.capitalize, name.split("-")))
    module = _module(name)
    if module in _IMPORTED or module in sys.stdlib_module_names:
        raise usage("new", name, "a name that no module of Python has", f"call it my-{name}")
    if keyword.iskeyword(class_name) or f"\n    {class_name},\n" in template:
        raise usage("new", name, "a name that no class of the kit has", f"call it my-{name}")
    title = name.replace("-", " ").capitalize()
    return Template(template).substitute(title=title, class_name=class_name)


def write_lecture(name: str, folder: Path) -> Path:
    """Write the file of a new lecture; one that is there stays as it is.

    Raises
    ------
    Fault
        If the name is not allowed, or there is such a file.
    """
    source, path = lecture_source(name), folder / f"{_module(name)}.py"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(source)
    except FileExistsError:
        allowed, fix = "a name that is still free there", "give another name, or another folder with --out"
        raise usage("new", str(path), allowed, fix) from None
    return path


def _module(name: str) -> str:
    return name.replace("-", "_")
