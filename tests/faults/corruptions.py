"""Files that were cut, flipped, swapped or forged since they were written: found, and never made a film."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import films as kitchen
from command_line import LECTURES
from films import NEW, TINY
from harm import FILE_HARM, STORY_HARM, STORY_LIES, resealed
from recordings import recorded
from trials import Broken, Scale, Trial

from gdlectures.asking import catalog, stories
from gdlectures.faults.errors import Exit
from gdlectures.films.masters import MasterCache
from gdscenes.kit.lecture.settings import with_values

_MASTER = ("master.mp4", "tiny.mp4", "tiny.story", "tiny.json", "digests.json")
_ANY_SEALED = ("empty", "cut", "added to", "flipped", "html", "pickle", "zip", "endless header")


def _entries(told: dict, **changes: object) -> bytes:
    return json.dumps(told | changes).encode()


MANIFEST_HARM: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "binary": lambda content: bytes(range(256)) * 8,
    "a list": lambda content: b"[]",
    "nested": lambda content: b"[" * 100_000,
    "another format": lambda content: _entries(json.loads(content), format=7),
    "an entry too many": lambda content: _entries(json.loads(content), more=1),
    "a film elsewhere": lambda content: _entries(json.loads(content), film="../secret.mp4"),
    "a film that is a number": lambda content: _entries(json.loads(content), film=3),
    "no frames a second": lambda content: _entries(json.loads(content), fps=0),
    "beats that are none": lambda content: _entries(json.loads(content), beats=[{"name": 1}]),
    "beats that are null": lambda content: _entries(json.loads(content), beats=None),
    "another film's digest": lambda content: _entries(json.loads(content), sha256="0" * 64),
    "another story's digest": lambda content: _entries(json.loads(content), story_sha256="0" * 64),
    "inputs that are a list": lambda content: _entries(json.loads(content), inputs=["/etc/passwd"]),
    "inputs that are numbers": lambda content: _entries(json.loads(content), inputs={"/etc/passwd": 3}),
    "versions that are numbers": lambda content: _entries(json.loads(content), versions={"python": 3}),
    "knobs that are numbers": lambda content: _entries(json.loads(content), knobs=[[1, 2, 3]]),
    "a voice that is a word": lambda content: _entries(json.loads(content), voice="x"),
    "settings that are words": lambda content: _entries(json.loads(content), settings="x"),
    "more than a mebibyte": lambda content: content + b" " * 1024 * 1024,
}


def corruptions(scale: Scale) -> Iterator[Trial]:
    masters = [(name, harm) for name in _MASTER for harm in FILE_HARM]
    for name, harm in scale.some(masters, 6):
        yield Trial("a master", f"{name} {harm}", partial(_master, scale, name, harm))
    for harm in scale.some(list(MANIFEST_HARM), 6):
        yield Trial("a manifest", harm, partial(_manifest, scale, MANIFEST_HARM[harm]))
    yield Trial("a manifest", "a pipe", partial(_strange_manifest, scale, os.mkfifo))
    yield Trial(
        "a manifest", "a link to itself", partial(_strange_manifest, scale, lambda it: it.symlink_to(it))
    )
    story = _story()
    harmed = {name: harm(story) for name, harm in STORY_HARM.items()}
    lies = {name: resealed(story, old, new) for name, (old, new) in STORY_LIES.items()}
    for attack, files, short in (("a story", harmed, 5), ("a well-formed story that lies", lies, 4)):
        for name in scale.some(list(files), short):
            yield Trial(attack, name, partial(_refused_story, files[name]))
    for name in scale.some(_ANY_SEALED, 3):
        yield Trial("a recording", name, partial(_refused_recording, STORY_HARM[name]))


def _story() -> bytes:
    tiny = catalog.load(catalog.find("tiny", LECTURES))
    story = tiny.prepare(with_values(tiny.settings, {"dataset": "chapter-2", "n_steps": 7}))
    return stories.encode("tiny", story)


def _renders_anew(scale: Scale, folder: Path) -> None:
    out = folder / "out"
    ran = kitchen.run(folder, "render", *TINY, *NEW, "--out", "out")
    if (ran.code, ran.err) != (0, ""):
        raise Broken(f"exit code {ran.code}, {ran.err[-200:]!r}")
    kitchen.is_exactly(out, kitchen.films(scale.home).new)
    kitchen.cache_is_whole(folder)


def _master(scale: Scale, name: str, harm: str, folder: Path) -> None:
    kitchen.films(scale.home).lay(folder, masters=True)
    (entry,) = (
        each
        for each in MasterCache(folder / "cache" / "gdlectures").entries()
        if each.told.startswith("tiny ") and f"{NEW[0]} {NEW[1]} " in each.told
    )
    FILE_HARM[harm](entry.folder / name)
    _renders_anew(scale, folder)


def _manifest(scale: Scale, harm: Callable[[bytes], bytes], folder: Path) -> None:
    made = kitchen.films(scale.home)
    out = made.lay(folder, masters=True)
    out.mkdir()
    for name, content in made.new.items():
        (out / name).write_bytes(harm(content) if name == "tiny.json" else content)
    told = kitchen.run(folder, "verify", "out/tiny.mp4", *TINY[1:3])
    kitchen.is_told(told)
    _renders_anew(scale, folder)


def _strange_manifest(scale: Scale, make: Callable[[Path], object], folder: Path) -> None:
    """What stands in the manifest's place is told of, and left as it is."""
    (folder / "out").mkdir()
    make(folder / "out" / "tiny.json")
    for words in (("render", *TINY, *NEW, "--out", "out"), ("verify", "out/tiny.mp4"), ("cache",)):
        ran = kitchen.run(folder, *words)
        kitchen.is_told(ran)
    if (folder / "out" / "tiny.mp4").exists():
        kitchen.is_exactly(folder / "out", kitchen.films(scale.home).new)


def _refused_story(content: bytes, folder: Path) -> None:
    (folder / "it.story").write_bytes(content)
    ran = kitchen.run(folder, "render", "--from", "it.story", *TINY[1:], "--out", "out")
    kitchen.is_told(ran, Exit.DATA)
    if kitchen.contents(folder / "out"):
        raise Broken("a film was made of it")


def _refused_recording(harm: Callable[[bytes], bytes], folder: Path) -> None:
    path = folder / "it.trajectory"
    recorded(5, 20).save(path)
    path.write_bytes(harm(path.read_bytes()))
    for words in (("facts",), ("render", "training-run", "--out", "out")):
        kitchen.is_told(kitchen.run(folder, *words, "--run", path.name), Exit.DATA)
    if kitchen.contents(folder / "out"):
        raise Broken("a film was made of it")
