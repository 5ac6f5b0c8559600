"""Mutants of the mathematics, and how many of them the tests kill, as a table; exit code 1 where too few are.

./run mutants                     every module, which takes hours
./run mutants gdmath/windows.py   one
./run mutants --sample 60         60 mutants of each module, drawn by --seed
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import importlib
import os
import random
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import hypothesis
import pytest

try:
    from covering import KEPT, PYTEST, ROOT, SECONDS, covering
    from mutations import Fault, Mutant, faults, mutant
except ModuleNotFoundError as lacking:
    sys.exit(f"mutants: got no {lacking.name}; fix: .venv/bin/python -m pip install cosmic-ray coverage")

KIT = {
    "plot/clipping": ("kit/test_clipping",),
    "plot/contours": ("kit/test_contours", "kit/test_contours_in_numbers"),
    "plot/labels": ("kit/test_labels", "kit/test_labels_in_numbers"),
    "lecture/clock": ("kit/test_clock",),
    "stage/camera": ("stage/test_stage_camera",),
    "stage/views": ("stage/test_stage_views",),
}
"""Modules of the kit, and the files of their tests; all tests of gdmath are those of each of its modules."""
LEAST = 0.95
"""The share of mutants that are killed, of those that are not known to be no faults."""
SURVIVORS = Path(__file__).with_name("survivors.toml")


class Chosen:
    """Runs these tests alone, the quick ones first, with few examples that are the same each time."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.failed: set[str] = set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        allow(10 + 5 * self.seconds[nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        hypothesis.settings.register_profile(
            "mutants",
            database=None,
            deadline=None,
            derandomize=True,
            max_examples=30,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        hypothesis.settings.load_profile("mutants")
        chosen = [item for item in items if item.nodeid in self.seconds]
        items[:] = sorted(chosen, key=lambda item: self.seconds[item.nodeid])


def warm(files: list[str]) -> None:
    """Import what tests need, and forget what is of the project: a mutant is imported anew."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        pytest.main([*PYTEST, "--collect-only", *files])
    importlib.import_module("torch._dynamo")  # which torch imports when it first optimises, for seconds
    kept = Path(sys.prefix), Path(__file__).parent
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        if file.is_relative_to(ROOT) and not any(map(file.is_relative_to, kept)):
            del sys.modules[name]


def allow(seconds: float) -> None:
    """Let this process keep a processor busy for so much longer, and no more: a fault may hang it."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds), hard))


def start(path: Path, code: Any, seconds: dict[str, float], failed: Path | None = None) -> int:
    """Begin to try a module's code on its examples and on tests, in a process of its own.

    It ends with the first test that fails, and with a code that is not 0; or, with a file `failed`, writes
    there which of all the tests fail.
    """
    child = os.fork()
    if child:
        return child
    allow(30)
    resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, 8 << 30))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # of one that waits, and keeps no processor busy
    signal.alarm(int(600 + 60 * sum(seconds.values())))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    whole = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> Any:
        return code if os.path.realpath(self.path) == str(path) else whole(self, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    if not failed and doctest.testmod(importlib.import_module(named(path))).failed:
        os._exit(1)
    chosen, files = Chosen(seconds), files_of(seconds)
    own = [file for file in files if Path(file).stem.startswith(f"test_{path.stem}")]
    for some in (own, [file for file in files if file not in own]):
        ended = some and pytest.main([*PYTEST, *([] if failed else ["-x"]), *some], plugins=[chosen])
        if ended and not failed:
            os._exit(1)
    if failed:
        failed.write_text("\n".join(chosen.failed))
    os._exit(0)


def named(path: Path) -> str:
    """The name a module of the project is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).replace("scenes", "gdscenes", 1)


def files_of(tests: Iterable[str]) -> list[str]:
    """The files of tests."""
    return sorted({test.partition("::")[0] for test in tests})


class Module:
    """A module of the project, and the tests that reach its lines."""

    def __init__(self, path: Path, sources: list[Path], files: list[Path]) -> None:
        self.path, self.name = path, str(path.relative_to(ROOT))
        self.source = path.read_text()
        self.seconds: dict[str, float] = {}
        self.lines: dict[int, set[str]] = {}
        for file in files:
            kept = covering(sources, file)
            quick = {test: took for test, took in kept["seconds"].items() if took <= SECONDS}
            for line, tests in kept["lines"].get(self.name, {}).items():
                named = [test for test in tests if test in quick]
                of_all = quick if any("::" not in test for test in tests) else ()
                self.lines.setdefault(int(line), set()).update(named, of_all)
            self.seconds |= quick

    def tests(self, first: int, last: int) -> dict[str, float]:
        """Return the tests that reach any of these lines, or any line where these are but imported."""
        found = set().union(*(self.lines.get(line, set()) for line in range(first, last + 1)))
        found = found or set().union(*self.lines.values())
        return {test: self.seconds[test] for test in found}

    def try_out(self, chosen: list[Fault], jobs: int, known: Mapping[str, str]) -> tuple[int, list[str]]:
        """Return how many mutants there are, and the lines of those that survived; new ones are told."""
        warm(files_of(self.tests(0, 0)))
        whole = compile(self.source, str(self.path), "exec", dont_inherit=True)
        failed = KEPT / "failed.txt"
        if os.waitpid(start(self.path, whole, self.tests(0, 0), failed), 0)[1]:
            raise SystemExit(f"{self.name}: its tests end without a verdict where it has no fault")
        for test in failed.read_text().splitlines():  # such as one that wants a fresh process
            print(f"  {self.name}: left out, for it fails without a fault: {test}", flush=True)
            for tests in self.lines.values():
                tests.discard(test)
        running: dict[int, Mutant] = {}
        survivors, count = [], 0

        def wait() -> None:
            child, status = os.wait()
            tried = running.pop(child)
            if status == 0:
                survivors.append(tried.line)
                if tried.line not in known:
                    print(f"  {self.name}:{tried.at}: {tried.line}", flush=True)

        for fault in chosen:
            tried = mutant(self.source, str(self.path), fault)
            if tried is not None:
                count += 1
                running[start(self.path, tried.code, self.tests(*tried.statement))] = tried
            while len(running) >= jobs:
                wait()
        while running:
            wait()
        return count, survivors


def line(module: str, mutants: object, killed: object, known: object, new: object, share: object) -> str:
    """A line of the table."""
    return f"{module:<34} {mutants:>12} {killed:>7} {known:>6} {new:>5} {share:>7}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="file; all when left out")
    parser.add_argument("--sample", type=int, help="so many mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    given = parser.parse_args()
    os.chdir(ROOT)
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # threads cannot be forked
    gdmath, tests = sorted(ROOT.glob("gdmath/*.py")), sorted(ROOT.glob("tests/gdmath/test_*.py"))
    modules = dict.fromkeys(gdmath, (gdmath, tests))
    for name, files in KIT.items():
        path = ROOT / f"scenes/kit/{name}.py"
        modules[path] = [path], [ROOT / f"tests/{file}.py" for file in files]
    known = tomllib.loads(SURVIVORS.read_text())
    begun, failed = time.monotonic(), False
    print(line("module", "mutants", "killed", "known", "new", "share"))
    for path in [Path(name).resolve() for name in given.modules] or modules:
        if path not in modules:
            parser.error(f"{path.name}: no tests are known of it")
        module = Module(path, *modules[path])
        possible = faults(module.source)
        chosen = possible
        if given.sample is not None and given.sample < len(possible):
            chosen = random.Random(given.seed).sample(possible, given.sample)
        if not chosen:
            continue
        listed = known.get(module.name, {})
        count, survivors = module.try_out(chosen, given.jobs, listed)
        killed, n_known = count - len(survivors), sum(each in listed for each in survivors)
        n_new = len(survivors) - n_known
        of = f"{count} of {len(possible)}" if len(chosen) < len(possible) else str(count)
        share = killed / max(count - n_known, 1)
        print(line(module.name, of, killed, n_known, n_new, f"{share:.1%}"), flush=True)
        failed |= n_new > 0 or share < LEAST
    print(f"{time.monotonic() - begun:.0f} s, seed {given.seed}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
