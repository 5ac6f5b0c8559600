"""Anything at all, given to whatever reads it: taken or refused by its own kind of error, and in time.

Run as a program, ``fuzz.py HOW READER TIMES SEED`` tries one reader in a process of its own and prints what
broke it; the family starts these. ``drawn`` are inputs that hypothesis draws, something like what the reader
takes, and makes small where one breaks it. ``led`` are the bytes of a good input, changed by atheris towards
lines that none has reached.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harm import Sealed
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

SUPPORT = Path(__file__).parents[1] / "support"
_LONGEST = 4 * 3600.0  # seconds for all inputs of a reader
_HANGS = 60  # seconds of processor time for one


def fuzz(scale: Any) -> Iterator[Any]:
    from films import films
    from trials import Trial

    known = films(scale.home).new["tiny.json"]
    for reader, (drawn, led) in READERS.items():
        counts = {"drawn": 50 * drawn, "led": led} if scale.long else {"drawn": drawn}
        for how, count in counts.items():
            yield Trial(
                f"fuzz {reader}, {how}",
                f"seed {scale.seed}",
                partial(_tried, known, how, reader, count, scale.seed),
                count,
            )


def _tried(known: bytes, how: str, reader: str, times: int, seed: int, folder: Path) -> None:
    from trials import Broken, NotHere

    if how == "led" and importlib.util.find_spec("atheris") is None:
        raise NotHere("got no atheris; fix: .venv/bin/python -m pip install atheris")
    (folder / "tiny.json").write_bytes(known)
    words = [sys.executable, __file__, how, reader, str(times), str(seed)]
    env = os.environ | {"PYTHONPATH": str(SUPPORT)}
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, errors="replace", timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        raise Broken(f"it hangs: no end after {_LONGEST:g} s") from None
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        marks = ("Falsifying", "Error", "content=", "Exception", "ERROR: libFuzzer")
        examples_of = [line for line in told if any(mark in line for mark in marks)]
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


def _sealed(good: Sealed) -> st.SearchStrategy[bytes]:
    """A file with its bytes harmed, or with a header that says something else."""
    headers = _entries(json.loads(good.header)).map(
        lambda it: json.dumps(it, sort_keys=True, separators=(",", ":")).encode()
    )
    payloads = st.just(good.payload) | (_mutated(good.payload) if good.payload else st.just(b""))
    made = st.builds(lambda header, payload: Sealed(good.kind, header, payload).content(), headers, payloads)
    return _mutated(good.content()) | made


# -- who reads it --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Something that reads, and what it is given.

    Attributes
    ----------
    read : callable
        Reads one input, and raises if that broke it.
    drawn : strategy
        Inputs that hypothesis draws.
    good : bytes
        What atheris begins with.
    of : callable
        The input that some bytes of atheris are.
    """

    read: Callable[[Any], None]
    drawn: st.SearchStrategy[Any]
    good: bytes
    of: Callable[[bytes], Any] = bytes


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


def table(folder: Path) -> Reader:
    from gdlectures.asking.data import DataOptions, UserData
    from gdlectures.faults.errors import Fault

    read = _read(folder, lambda path: UserData(path, DataOptions()).table, (Fault,))
    return Reader(read, _tables, b"x,y\n1,2.5\n-3e1,4\n,NA\n")


def _reader_of_sealed(read: Callable[[bytes], None], content: bytes) -> Reader:
    """What atheris changes is header and payload, a zero between them; the rest is made to fit."""
    good = Sealed.of(content)

    def of(parts: bytes) -> bytes:
        header, _, payload = parts.partition(b"\0")
        return Sealed(good.kind, header, payload).content()

    return Reader(read, _sealed(good), good.header + b"\0" + good.payload, of)


def story(folder: Path) -> Reader:
    from command_line import LECTURES

    from gdlectures.asking import catalog, stories
    from gdlectures.faults.errors import Fault

    tiny = catalog.load(catalog.find("tiny", LECTURES))
    read = _read(folder, lambda path: stories.read(path).story_of(tiny), (Fault,))
    return _reader_of_sealed(read, stories.encode("tiny", tiny.prepare(tiny.settings)))


def recording(folder: Path) -> Reader:
    from recordings import recorded

    from gdmath import RecordingFileError, facts_of_recording, load_recording

    recorded(5, 20).save(folder / "run")
    read = _read(folder, lambda path: facts_of_recording(load_recording(path)), (RecordingFileError,))
    return _reader_of_sealed(read, (folder / "run").read_bytes())


def manifest(folder: Path) -> Reader:
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

    good = json.dumps(known).encode()
    contents = _entries(known).map(lambda it: json.dumps(it).encode())
    return Reader(_read(folder, reads, ()), st.one_of(contents, _mutated(good)), good)


def values(folder: Path) -> Reader:
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
        # beside the fault: how far it is, and what atheris tells
        told = said.getvalue().splitlines(keepends=True)
        lines = [it for it in told if not it.startswith(("...", "INFO: Instrumenting "))]
        assert len(lines) == 1 and FAULT.fullmatch(lines[0]), lines  # noqa: PT018 - told together

    def of(content: bytes) -> list[str]:
        """A byte for each option, its value up to the next zero."""
        pairs = [each for each in content.split(b"\0") if each]
        texts = ((options[each[0] % len(options)], each[1:].decode("utf-8", "replace")) for each in pairs)
        return [word for pair in texts for word in pair]

    return Reader(runs, words, b"\x003\0\x01.5\0\x09n-steps=3", of)


READERS = {
    "table": (300, 1_000_000),
    "story": (300, 1_000_000),
    "manifest": (300, 1_000_000),
    "recording": (200, 1_000_000),
    "values": (60, 20_000),  # each of them builds a command line's parser
}
"""How often each is tried: drawn in the short form, a fiftieth of the long one's, and led in that."""


def drawn(reader: str, times: int, seed: int, folder: Path) -> None:
    """Try a reader; an input that breaks it is told by hypothesis, as small as it can be made."""
    attacked = globals()[reader](folder)

    @seeded(seed)
    @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(attacked.drawn)
    def attack(content: Any) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS)  # its default is to end the process
        attacked.read(content)

    attack()


def led(reader: str, times: int, seed: int, folder: Path) -> None:
    """Try a reader; an input that breaks it, or that it takes too long for, ends the process."""
    import atheris

    good = folder / "good"
    good.mkdir()
    # whatever is imported only as it reads is led by as well
    with atheris.instrument_imports(include=["gdmath", "gdlectures"]):
        attacked = globals()[reader](folder)
        (good / "one").write_bytes(attacked.good)
        # of seed 0 libFuzzer takes another each time
        words = (f"-runs={times}", f"-seed={seed + 1}", f"-timeout={_HANGS}", f"-artifact_prefix={folder}/")
        atheris.Setup([sys.argv[0], *words, str(good)], lambda content: attacked.read(attacked.of(content)))
        atheris.Fuzz()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    how, reader, times, seed = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        {"drawn": drawn, "led": led}[how](reader, int(times), int(seed), Path(home))
