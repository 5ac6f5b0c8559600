"""Anything at all, given to whatever reads it: taken or refused by its own kind of error, and in time.

Run as a program, ``fuzz.py READER EXAMPLES SEED`` tries one reader in a process of its own and prints the
smallest input that broke it; the family starts these.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SUPPORT = Path(__file__).parents[1] / "support"
_LONGEST = 1800.0  # seconds for all examples of a reader
_HANGS = 60  # seconds of processor time for one


def fuzz(scale: Any) -> Iterator[Any]:
    from films import films
    from trials import Trial

    known = films(scale.home).new["tiny.json"]
    for reader, examples in READERS.items():
        # those that import what draws take longest to begin
        count = 50 * examples if scale.long else examples
        yield Trial(
            f"fuzz {reader}", f"seed {scale.seed}", partial(_tried, known, reader, count, scale.seed), count
        )


def _tried(known: bytes, reader: str, examples: int, seed: int, folder: Path) -> None:
    from trials import Broken

    (folder / "tiny.json").write_bytes(known)
    words = [sys.executable, __file__, reader, str(examples), str(seed)]
    env = os.environ | {"PYTHONPATH": str(SUPPORT)}
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, errors="replace", timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        raise Broken(f"it hangs: no end after {_LONGEST:g} s") from None
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        examples_of = [line for line in told if "Falsifying" in line or "Error" in line or "content=" in line]
        raise Broken(" ".join(examples_of[-3:] or told[-3:])[:400])


# -- what is given -------------------------------------------------------------------------------------

_cells = st.one_of(
    st.text(max_size=12),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(
        ["", " ", "NA", "nan", "inf", "1e400", "0x10", "1_0", "1,5", '"', "'", "\0", "\ufeff", "=1"]
    ),
)
_rows = st.lists(st.lists(_cells, max_size=4), max_size=8)
_tables = st.one_of(
    st.binary(max_size=200),
    st.tuples(_rows, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n", "\r"])).map(
        lambda it: it[2].join(it[1].join(row) for row in it[0]).encode("utf-8", "surrogatepass")
    ),
    st.lists(st.tuples(st.floats(), st.floats()), max_size=20).map(
        lambda pairs: ("x,y\n" + "".join(f"{x},{y}\n" for x, y in pairs)).encode()
    ),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _mutated(content: bytes) -> st.SearchStrategy[bytes]:
    """A file, some of its bytes others, cut or doubled."""
    places = st.integers(0, len(content) - 1)

    def change(it: tuple[int, bytes, int]) -> bytes:
        at, put, drop = it
        return content[:at] + put + content[at + drop :]

    return st.tuples(places, st.binary(max_size=8), st.integers(0, 40)).map(change)


def _entries(known: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with one value, at any depth, that is another."""
    paths: list[tuple[str | int, ...]] = []

    def walk(value: Any, path: tuple[str | int, ...]) -> None:
        if path:
            paths.append(path)
        for key, inner in value.items() if isinstance(value, dict) else ():
            walk(inner, (*path, key))
        for index, inner in enumerate(value[:3]) if isinstance(value, list) else ():
            walk(inner, (*path, index))

    walk(known, ())

    def change(it: tuple[tuple[str | int, ...], Any]) -> dict[str, Any]:
        path, value = it
        made = inner = json.loads(json.dumps(known))
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        return made

    return st.tuples(st.sampled_from(paths), _json).map(change)


def _sealed(content: bytes) -> st.SearchStrategy[bytes]:
    """A sealed file whose bytes are harmed, or whose header says something else under a hash that fits."""
    import hashlib
    import struct

    size = struct.unpack_from("<I", content, 12)[0]
    header, payload = json.loads(content[16 : 16 + size]), content[16 + size : -32]

    def seal(it: tuple[dict[str, Any], bytes]) -> bytes:
        text = json.dumps(it[0], sort_keys=True, separators=(",", ":")).encode()
        body = content[:12] + struct.pack("<I", len(text)) + text + it[1]
        return body + hashlib.sha256(body).digest()

    payloads = st.just(payload) | (_mutated(payload) if payload else st.just(b""))
    return st.one_of(_mutated(content), st.tuples(_entries(header), payloads).map(seal))


# -- who reads it --------------------------------------------------------------------------------------


def _read(folder: Path, reads: Callable[[Path], object], refusals: tuple[type[Exception], ...]):
    """Have a file be read; only these errors may come of it, in one line."""
    path = folder / "file"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        try:
            reads(path)
        except refusals as error:
            if len(str(error).splitlines()) != 1:
                raise AssertionError(f"{error!r} is not one line") from None

    return read


def table(folder: Path) -> tuple[Any, Callable[[bytes], None]]:
    from gdlectures.asking.data import DataOptions, UserData
    from gdlectures.faults.errors import Fault

    return _tables, _read(folder, lambda path: UserData(path, DataOptions()).table, (Fault,))


def story(folder: Path) -> tuple[Any, Callable[[bytes], None]]:
    from command_line import LECTURES

    from gdlectures.asking import catalog, stories
    from gdlectures.faults.errors import Fault

    tiny = catalog.load(catalog.find("tiny", LECTURES))
    content = stories.encode("tiny", tiny.prepare(tiny.settings))
    return _sealed(content), _read(folder, lambda path: stories.read(path).story_of(tiny), (Fault,))


def recording(folder: Path) -> tuple[Any, Callable[[bytes], None]]:
    from recordings import recorded

    from gdmath import RecordingFileError, facts_of_recording, load_recording

    recorded(5, 20).save(folder / "run")
    content = (folder / "run").read_bytes()
    reads = lambda path: facts_of_recording(load_recording(path))  # noqa: E731 - read and understood
    return _sealed(content), _read(folder, reads, (RecordingFileError,))


def manifest(folder: Path) -> tuple[Any, Callable[[bytes], None]]:
    from gdlectures.films.manifest import find_answer, read_manifest

    known = json.loads(Path("tiny.json").read_text())  # a film's own, which the family put here
    (folder / known["film"]).write_bytes(b"film")
    (folder / known["story"]).write_bytes(b"story")

    def reads(path: Path) -> None:
        path = path.rename(path.with_name("tiny.json"))
        read = read_manifest(path)
        assert find_answer(path.parent, known["asked"]) is None
        if read is not None:
            read.rendered(path, unchanged=True)
            json.loads(read.text())

    contents = _entries(known).map(lambda it: json.dumps(it).encode())
    return st.one_of(contents, _mutated(json.dumps(known).encode())), _read(folder, reads, ())


def values(folder: Path) -> tuple[Any, Callable[[list[str]], None]]:
    """The words of a command line; the folder of films is none, so that nothing is drawn."""
    from command_line import FAULT, LECTURES

    from gdlectures.command import cli

    (folder / "in the way").touch()
    os.chdir(folder)
    options = [
        "--n-steps",
        "--learning-rate",
        "--dataset",
        "--theme",
        "--quality",
        "--fps",
        "--jobs",
        "--timeout",
        "--beat",
        "--set",
        "--loud",
        "--data",
        "--x",
        "--y",
        "--x-name",
        "--delimiter",
        "--decimal",
        "--encoding",
        "--validation",
        "--split-seed",
        "--start",
        "--run",
        "--plane",
        "--from",
    ]
    value = st.one_of(
        st.text(st.characters(exclude_characters="\0"), max_size=10),
        st.floats().map(repr),
        st.integers().map(str),
        st.sampled_from(
            ["", "1e400", "-0", "nan", "n-steps=3", "1,2", "tiny", "/", "..", "\x1b[31m", "٣", "1_0"]
        ),
    )
    pairs = st.lists(st.tuples(st.sampled_from(options), value), max_size=4)
    words = pairs.map(lambda given: [word for pair in given for word in pair])

    def runs(content: list[str]) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            try:
                code = cli.main(
                    [
                        "render",
                        "tiny",
                        "--scenes",
                        str(LECTURES),
                        "--out",
                        str(folder / "in the way"),
                        *content,
                    ]
                )
            except SystemExit as end:
                code = int(end.code or 0)
        assert code in (2, 3, 5, 6), (code, said.getvalue())
        lines = [it for it in said.getvalue().splitlines(keepends=True) if not it.startswith("...")]
        assert len(lines) == 1 and FAULT.fullmatch(lines[0]), lines  # noqa: PT018 - told together

    return words, runs


READERS = {"table": 300, "story": 300, "manifest": 300, "recording": 200, "values": 60}
"""Examples of each in the short form."""


def main(reader: str, examples: int, seed: int) -> None:
    """Try a reader; an input that breaks it is told by hypothesis, as small as it can be made."""
    from hypothesis import seed as seeded

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        contents, read = globals()[reader](Path(folder))

        @seeded(seed)
        @settings(
            max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(contents)
        def attack(content: Any) -> None:
            signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS)  # its default is to end the process
            read(content)

        attack()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
