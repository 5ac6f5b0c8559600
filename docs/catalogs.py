"""Gather the words of lectures, kit and pages into the catalogs that translate them.

    python docs/catalogs.py                 every language that there is
    python docs/catalogs.py fr              the catalogs of another, empty
    python docs/catalogs.py de FOLDER       those of your own lectures, into FOLDER/locale/de

Translations that are there stay; one whose English changed is marked fuzzy, and is not spoken until the mark
is gone. Words are what stands in `tr`, `beat`, `claim`, `Task` and `knob`, the title, question, hand-over and
first paragraph of a lecture, and `say` in the scripts of pages.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from gdlectures.exports.live import spoken_by
from gdscenes.kit.type.language import ENGLISH, LOCALE, languages

ROOT = Path(__file__).resolve().parents[1]
SCENES = ROOT / "scenes"
_SAID = {
    "tr": slice(0, 1),
    "beat": slice(1, None),
    "claim": slice(1, 3),
    "Task": slice(0, 1),
    "knob": slice(1, 2),
}
"""Which arguments of a call are words."""
_OF_LECTURE = ("title", "question", "hand_over")
_OF_THE_COMMAND = {ROOT / "gdlectures" / name for name in ("asking/requests.py", "exports/options.py")}
"""What only the command says, which speaks English."""
_WIDTH = 110
_HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {tag}\\n"

"""


def words_of(path: Path) -> Iterator[str]:
    """The words in a file, in order."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.ClassDef)]
    for node in sorted(nodes, key=lambda each: (each.lineno, each.col_offset)):
        if isinstance(node, ast.ClassDef):
            yield from _words_of_lecture(node)
        elif isinstance(node.func, ast.Name) and node.func.id in _SAID:
            if node.func.id == "beat" and (name := _text(node.args[0])):
                yield name.replace("_", " ").capitalize()
            otherwise = (each.value for each in node.keywords if each.arg == "otherwise")
            yield from filter(None, map(_text, [*node.args[_SAID[node.func.id]], *otherwise]))


def _words_of_lecture(node: ast.ClassDef) -> Iterator[str]:
    own = {
        target.id: text
        for each in node.body
        if isinstance(each, ast.Assign) and (text := _text(each.value))
        for target in each.targets
        if isinstance(target, ast.Name) and target.id in _OF_LECTURE
    }
    if "title" in own:
        yield from own.values()
        yield inspect.cleandoc(ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def words_of_page(path: Path) -> Iterator[str]:
    """The words in a template of a page."""
    from jinja2 import Environment

    environment = Environment(extensions=["jinja2.ext.i18n"])
    for _, _, message in environment.extract_translations(path.read_text("utf-8"), ["tr"]):
        words = message[0] if isinstance(message, tuple) else message  # before what fills it
        assert words is not None, "words are written as literals"
        yield words


def domains() -> dict[str, list[str]]:
    """The words of the house by the catalog that they stand in."""
    kit = [word for path in sorted((SCENES / "kit").rglob("*.py")) for word in words_of(path)]
    web = sorted((ROOT / "gdlectures/exports/web").glob("*.html"))
    python = (path for path in sorted((ROOT / "gdlectures").rglob("*.py")) if path not in _OF_THE_COMMAND)
    pages = [word for path in python for word in words_of(path)]
    script = spoken_by((ROOT / "gdlectures/exports/web/live.js").read_text("utf-8"))
    return {
        **domains_of(SCENES),
        "kit": kit,
        "pages": [*pages, *(word for path in web for word in words_of_page(path)), *script],
    }


def domains_of(folder: Path) -> dict[str, list[str]]:
    """The words of each lecture of a folder."""
    found = {path.stem: list(words_of(path)) for path in sorted(folder.glob("*.py"))}
    return {stem: words for stem, words in found.items() if words}


def update(path: Path, tag: str, words: list[str]) -> int:
    """Bring a catalog to the words of now; how many of them have no translation."""
    template = Catalog(domain=path.stem, charset="utf-8", fuzzy=False)
    for word in words:
        template.add(word)
    catalog = Catalog(locale=tag.replace("-", "_"), domain=path.stem, fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=tag.replace("-", "_"), domain=path.stem)
    catalog.update(template, no_fuzzy_matching=not path.exists(), update_header_comment=False)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_HEAD.format(tag=tag).encode())
        write_po(file, catalog, width=_WIDTH, omit_header=True, no_location=True)
    return sum(not message.string or message.fuzzy for message in catalog if message.id)


def main(tags: list[str]) -> None:
    folder = Path(tags.pop()) if tags and Path(tags[-1]).is_dir() else None
    for tag in tags or [each for each in languages() if each != ENGLISH]:
        for name, words in (domains() if folder is None else domains_of(folder)).items():
            path = (folder or SCENES) / LOCALE / tag / f"{name}.po"
            print(f"{path}: {update(path, tag, words)} to translate")


if __name__ == "__main__":
    main(sys.argv[1:])
