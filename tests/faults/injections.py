"""Words that would be code elsewhere, in everything that is written from words: they stay words."""

from __future__ import annotations

import ast
import dataclasses
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pypdf
import srt
from films import TINY, is_told, run
from PIL import Image
from tiny_material import lecture, live
from trials import Broken, Scale, Trial

from gdlectures.exports import captions
from gdlectures.exports.contact import Contact, Tile
from gdlectures.exports.contact_page import write_contact_page
from gdlectures.exports.embed import KINDS, snippet
from gdlectures.exports.gallery import write_gallery
from gdlectures.exports.handout import write_handout
from gdlectures.exports.html_deck import write_deck
from gdlectures.exports.live import live_page
from gdlectures.exports.material import LectureMaterial
from gdlectures.exports.pictures import contact_sheet
from gdlectures.exports.pptx_deck import write_pptx

PLAIN = "word"
PAYLOADS = {
    "a script": "<script>alert(1)</script>",
    "out of an attribute": "\"' onload=alert(1) x=\"' >",
    "out of a script": "</script></style></title></textarea><img src=x onerror=alert(1)>",
    "out of CDATA": "]]><a xlink:href='javascript:alert(1)'/><![CDATA[",
    "an entity": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "a template": "{{ 7 * 7 }} {% raw %} ${7*7} %s %(x)s {0}",
    "Typst": '#panic("x") #read("/etc/passwd") $pi$ @x *b* _i_ `r` \\u{41} // /* ]',
    "LaTeX": "\\input{/etc/passwd} \\write18{id} $x^2$ % & ~ ^ _ { } \\end{frame}",
    "a formula of a spreadsheet": "=cmd|' /C calc'!A0",
    "Markdown": "](javascript:alert(1)) ![x](y) `code` **b** <!-- --- -->",
    "a cue": "00:00:01.000 --> 00:00:02.000 NOTE x",
    "Python": "'''\"\"\"\\'); import os; os.system('id') #",
    "colours of a terminal": "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "right to left": "a\u202egnp.exe\u2066\u200f",
    "control characters": "a\x00b\x01c\x08d\x7fe\x85f",
    "half a character": "a\ud800b",
    "no character": "a\uffff\U0010ffff\ufdd0b",
    "paths": "../../../../etc/passwd ..\\x C:\\x \\\\host\\x file:///etc/passwd",
    "lines": "one\ntwo\r\n\nthree\u2028four\tfive",
    "long": "long " * 2000,
    "one long word": "l" * 10_000,
    "stacked accents": "a" + "\u0301" * 200,  # pypdf reads no more than 255 of a glyph
}
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TEX = re.compile(r"\\(?:begin|end|includegraphics|input|write)\b")
_QUARTO = re.compile(
    r'!\[(?:\\.|[^\]\\])*\]\([\w-]+\.mp4\)\{width="\d+" height="\d+" aria-label="[^"\n]*"\}\n'
)
_WORDS = ("}p", "}r", "}t", "}br")  # of a note of more lines each line is a paragraph

Sink = Callable[[str, Path], None]


def injections(scale: Scale) -> Iterator[Trial]:
    shared = scale.home / "material"
    made = {theme: lecture(shared / theme, "first", theme) for theme in ("dark", "print")}
    sinks: dict[str, Sink] = {
        "slides in html": partial(_html, lambda words, out: write_deck([_worded(made["dark"], words)], out)),
        "the gallery": partial(_html, partial(_gallery, made["dark"])),
        "the page of a sweep": partial(_html, partial(_contact, made["dark"])),
        "a live figure": partial(_html, _live),
        "snippets": partial(_snippets, made["dark"]),
        "pptx": partial(_pptx, made["dark"]),
        "pdf": partial(_pdf, made["print"]),
        "the contact sheet": partial(_sheet, made["dark"]),
        "captions": _captions,
    }
    for sink, inject in sinks.items():
        for name in scale.some(list(PAYLOADS), 8 if sink in ("pdf", "the contact sheet") else len(PAYLOADS)):
            yield Trial(sink, name, partial(inject, PAYLOADS[name]))
    for name in scale.some(list(PAYLOADS), 5):
        yield Trial("a table's names, on the terminal", name, partial(_table, PAYLOADS[name]))
    for name in scale.some(list(PAYLOADS), 3):
        yield Trial("a lecture's title, on the terminal", name, partial(_title, PAYLOADS[name]))
    for name in scale.some(list(PAYLOADS), 2):
        yield Trial("axes of a film", name, partial(_film, PAYLOADS[name]))


def _worded(material: LectureMaterial, words: str) -> LectureMaterial:
    """The lecture, these words wherever a lecture or its data have a say."""
    slides = tuple(
        dataclasses.replace(slide, title=words, note=words, alt=words, numbers=(words,))
        for slide in material.slides
    )
    return dataclasses.replace(
        material,
        title=words,
        question=words,
        summary=words,
        dataset=words,
        slides=slides,
        knobs=((words, words, words),),
    )


class _Skeleton(HTMLParser):
    """Elements and their attributes, and what each leads to; not the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *sorted(name for name, _ in attributes)))
        for name, value in attributes:
            if name in ("href", "src", "action") and re.match(r"\s*(javascript|vbscript):", value or ""):
                raise Broken(f"{name} leads to {value!r}")

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("!", decl))

    def handle_pi(self, data: str) -> None:
        self.elements.append(("?", data))


def _same(found: object, plain: object, what: str) -> None:
    if found != plain:
        raise Broken(f"{what} are others than for a plain word")


def _shows_nothing_hidden(text: str) -> None:
    if hidden := _HIDDEN.search(text):
        raise Broken(f"{hidden[0]!r} stands there as it is")


def _html(write: Callable[[str, Path], Path], words: str, folder: Path) -> None:
    pages = [write(each, folder / name) for each, name in ((words, "it.html"), (PLAIN, "plain.html"))]
    text, plain = (page.read_text("utf-8") for page in pages)
    _same(_Skeleton(text).elements, _Skeleton(plain).elements, "elements of the page")
    _shows_nothing_hidden(text)


def _gallery(material: LectureMaterial, words: str, out: Path) -> Path:
    folder = out.with_suffix("")
    folder.mkdir()
    return write_gallery([_worded(material, words)], folder)


def _contact(material: LectureMaterial, words: str, out: Path) -> Path:
    slide = material.slides[0]
    tiles = (Tile(words, slide.still, None, words, (words,)), Tile(words, refused=words))
    size = (material.width, material.height)
    grid = Contact(words, words, words, "dark", *size, (words, words), (words,), tiles, 2)
    return write_contact_page(grid, out)


def _live(words: str, out: Path) -> Path:
    figure = live()
    told = {
        **figure.told,
        "settings": [{**each, "title": words} for each in figure.told["settings"]],
        "tasks": [{**each, "words": words} for each in figure.told["tasks"]],
    }
    told |= {name: words for name, value in figure.told.items() if isinstance(value, str)}
    figure = dataclasses.replace(figure, title=words, question=words, told=told)
    out.write_text(live_page(figure), "utf-8")
    return out


def _snippets(material: LectureMaterial, words: str, _: Path) -> None:
    worded, plain = _worded(material, words), _worded(material, PLAIN)
    for kind in KINDS:
        for beat in (None, "beat_1"):
            text, other = snippet(worded, kind, beat=beat), snippet(plain, kind, beat=beat)
            _shows_nothing_hidden(text)
            _same(len(text.splitlines()), len(other.splitlines()), f"{kind}: lines")
            if kind == "quarto":
                found, wanted = bool(_QUARTO.fullmatch(text)), True
            elif kind == "jupyter":
                found, wanted = (_code(each) for each in (text, other))
            elif kind == "beamer":
                found, wanted = (
                    re.findall(r"\\(?:begin|end|includegraphics|input|write)\b", it) for it in (text, other)
                )
            else:
                if kind == "marp":  # Markdown, in which a sign after a backslash is itself
                    text, other = (re.sub(r"\\.", "", each) for each in (text, other))
                found, wanted = _Skeleton(text).elements, _Skeleton(other).elements
            _same(found, wanted, f"{kind}: what it is made of")


def _code(text: str) -> list[str]:
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]


def _pptx(material: LectureMaterial, words: str, folder: Path) -> None:
    skeletons = []
    for each, name in ((words, "it.pptx"), (PLAIN, "plain.pptx")):
        path = write_pptx([_worded(material, each)], folder / name)
        with zipfile.ZipFile(path) as package:
            parts = {}
            for part in package.namelist():
                if part.endswith((".xml", ".rels")):
                    root = ElementTree.fromstring(package.read(part))
                    parts[part] = [
                        it.tag for it in root.iter() if not it.tag.endswith(("}p", "}r", "}t", "}br"))
                    ]
                    _shows_nothing_hidden("".join(root.itertext()))
                    if any(it.get("TargetMode") == "External" for it in root):
                        raise Broken(f"{part} leads out of the file")
        skeletons.append(parts)
    _same(*skeletons, "parts of the deck")


def _pdf(material: LectureMaterial, words: str, folder: Path) -> None:
    reader = pypdf.PdfReader(write_handout([_worded(material, words)], folder / "it.pdf"))
    raw = (folder / "it.pdf").read_bytes()
    if found := [name for name in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile") if name in raw]:
        raise Broken(f"the handout has {found[0]!r}")
    text = "".join(page.extract_text() for page in reader.pages)
    _shows_nothing_hidden(text)
    if "root:" in text:
        raise Broken("a file of the machine was read")


def _sheet(material: LectureMaterial, words: str, _: Path) -> None:
    def of(each: str) -> Image.Image:
        return contact_sheet([(each, slide.still) for slide in material.slides], each, "dark")

    _same(of(words).width, of(PLAIN).width, "pixels of its width")


def _captions(words: str, _: Path) -> None:
    cues = captions.of_note(words, 0.0, 60.0)
    text, tracks = captions.srt(cues), captions.vtt(cues, words)
    for each in (text, tracks):
        _shows_nothing_hidden(each)
    told = list(srt.parse(text))
    _same([len(told), tracks.count(" --> ")], [len(cues), len(cues)], "cues")
    if re.search(r"<[a-zA-Z/]", captions.vtt(cues)):
        raise Broken("a cue has an element")


def _table(words: str, folder: Path) -> None:
    quoted = words.replace('"', '""').encode("utf-8", "surrogatepass")
    (folder / "my.csv").write_bytes(b'"' + quoted + b'",y\n1,2\n2,3.5\n3,4.1\n4,6\n')
    for more in ((), ("--json",)):
        ran = run(folder, "facts", "--data", "my.csv", *more)
        is_told(ran)
        _shows_nothing_hidden(ran.out + ran.err)


def _title(words: str, folder: Path) -> None:
    source = Path(TINY[2], "tiny.py").read_text()
    titled = source.replace('title = "A tiny lecture"', f"title = {words!a}", 1)
    titled = titled.replace('"It begins."', f"{words!a}", 1)
    (folder / "titled.py").write_text(titled)
    for command in (("list",), ("show", "titled")):
        ran = run(folder, *command, "--scenes", ".")
        is_told(ran)
        _shows_nothing_hidden(ran.out + ran.err)


def _film(words: str, folder: Path) -> None:
    (folder / "my.csv").write_text("x,y\n1,2\n2,3.5\n3,4.1\n4,6\n5,7\n6,8.5\n")
    given = words.replace("\0", "").encode("utf-8", "replace").decode()  # what a command line can hold
    named = ("--x-name", given, "--y-unit", given[:20])
    beat = ("regression-fit", "--beat", "data", "--quality", "preview", "--out", "out")
    ran = run(folder, "render", *beat, "--data", "my.csv", *named)
    is_told(ran)
    _shows_nothing_hidden(ran.out + ran.err)
