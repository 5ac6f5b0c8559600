"""Write the table of what `gdscenes.kit` offers an author, from the code, into docs/writing_lectures.md.

.venv/bin/python docs/names.py
"""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path

import gdscenes
from gdscenes import kit

PAGE = Path(__file__).with_name("writing_lectures.md")
STUB = Path(gdscenes.__path__[0]) / "kit" / "__init__.pyi"
BEGIN, END = "<!-- made by docs/names.py -->\n", "<!-- names end here -->"
ROOMS = ("lecture", "figures", "page", "plot", "type", "stage")
"""In the order in which an author meets them."""


def homes() -> dict[str, str]:
    """The module of each name, from the stub: ``figures.losses`` of ``LossCurves``."""
    imports = (node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ImportFrom))
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def sentence(name: str, module: str) -> str:
    """The first sentence that explains a name: of its docstring, or of the string under a constant."""
    thing = getattr(kit, name)
    told = inspect.getdoc(thing) if callable(thing) else constants(module)[name]
    first = " ".join((told or "").split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", first)[0].replace("``", "`").replace("|", r"\|")


def constants(module: str) -> dict[str, str]:
    """The strings under the constants of a module, by each constant's name."""
    body = ast.parse(STUB.parent.joinpath(f"{module.replace('.', '/')}.py").read_text()).body
    told = {}
    for node, below in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(below, ast.Expr):
            names = [each.id for each in ast.walk(node.targets[0]) if isinstance(each, ast.Name)]
            told |= dict.fromkeys(names, str(ast.literal_eval(below.value)))
    return told


def table() -> str:
    """A row a name: by room, then by the alphabet."""
    rows = ["| name | what it is | room |", "|---|---|---|"]
    known = homes()
    for name in sorted(known, key=lambda name: (ROOMS.index(known[name].partition(".")[0]), name.lower())):
        room = known[name].partition(".")[0]
        rows.append(f"| `{name}` | {sentence(name, known[name])} | {room} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
