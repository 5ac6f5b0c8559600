"""Which tests reach which line, so that a mutant meets those alone."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "mutants"
SECONDS = 1.0
"""A test that keeps a processor busy for longer is no part of it."""
PYTEST = ("-qq", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""How it is called, several times in one process."""


class Watch:
    """Has coverage know which test runs, and how long each took."""

    def __init__(self, watched: coverage.Coverage) -> None:
        self.watched, self.test = watched, ""
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.test, self.seconds[nodeid] = nodeid, -time.process_time()
        self.watched.switch_context(nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        self.watched.switch_context(self.test.partition("::")[0])
        try:
            return (yield)
        finally:
            self.watched.switch_context(self.test)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] += time.process_time()


def covering(sources: list[Path], file: Path) -> dict[str, Any]:
    """Return how long each test of a file takes, and of each source by line which tests reach it.

    Where a fixture of many tests does, the file is named in their place.
    It is kept until the file, what tests share, or a source is another one.
    """
    shared = [*ROOT.glob("tests/support/*.py"), *file.parent.glob("conftest.py")]
    read = [*sources, file, *sorted(shared)]
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in read)).hexdigest()
    kept = KEPT / f"{file.parent.name}-{file.stem}.json"
    if not kept.exists() or json.loads(kept.read_text())["digest"] != digest:
        KEPT.mkdir(parents=True, exist_ok=True)
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            watch(sources, file, kept, digest)
            os._exit(0)
        os.waitpid(child, 0)
    return json.loads(kept.read_text())


def watch(sources: list[Path], file: Path, kept: Path, digest: str) -> None:
    """Run the tests of a file, and keep what they reach."""
    watched = coverage.Coverage(data_file=None, include=[str(each) for each in sources], config_file=False)
    watched.set_option("run:core", "ctrace")
    watched.start()
    plugin = Watch(watched)
    pytest.main([*PYTEST, str(file)], plugins=[plugin])
    watched.stop()
    data = watched.get_data()
    lines: dict[str, dict[int, list[str]]] = {}
    for source in sources:
        reached = data.contexts_by_lineno(str(source))
        lines[str(source.relative_to(ROOT))] = {at: list(filter(None, by)) for at, by in reached.items()}
    kept.write_text(json.dumps({"digest": digest, "seconds": plugin.seconds, "lines": lines}))
