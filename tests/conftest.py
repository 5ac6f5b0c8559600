"""Options of the suite, its parts for several processes, and the table of numerical gates that ends a run."""

import gc
import os
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import Any

import hypothesis
import pytest


@dataclass(frozen=True)
class Gate:
    """The worst figure one gate saw, beside the largest it may see."""

    name: str
    worst: float
    allowed: float
    problems: int


@dataclass
class Gates:
    """Collects each gate's figure for the table, then holds it to its limit."""

    seen: list[Gate] = field(default_factory=list)

    def check(self, name: str, worst: float, allowed: float, problems: int) -> None:
        self.seen.append(Gate(name, float(worst), allowed, problems))
        assert worst <= allowed, f"{name}: worst {worst:.3g}, allowed {allowed:.3g}, of {problems} problems"


# how fast an example is made and tried is a matter of how busy the machine is
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

_GATES = pytest.StashKey[Gates]()
_FILE = 500  # bytes that are not read by a person


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-frames", action="store_true", help="draw the golden frames anew")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_GATES] = Gates()
    if config.getoption("rewrite_frames"):
        config.option.markexpr = ""  # of the slow proofs as well
    if config.getoption("numprocesses", None):
        # a process for each core: threads of BLAS and of torch would wait for each other, and wait busily
        os.environ |= {
            name: os.environ.get(name, "1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        }
    else:
        import torch  # noqa: F401 - loaded before OpenGL: a CUDA build crashed when Mesa had come first


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Where two files differ, instead of both: whoever reads the log would see nothing else."""
    if op != "==" or not (isinstance(left, bytes) and isinstance(right, bytes)):
        return None
    if max(len(left), len(right)) < _FILE:
        return None
    pairs = enumerate(zip(left, right, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))
    return [f"{len(left)} bytes == {len(right)} bytes", f"the first {same} are the same"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: no search for garbage looks through it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than may run at once, as many a test waits; each has half a gigabyte.

    None where a person watches (`-s`).
    """
    if config.option.capture == "no":
        return 0
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min((usable or 1) + 1, 8)


def part(item: pytest.Item) -> str:
    """The tests of one part share what they prepare: a lecture's share its rehearsals, else a file's do."""
    folder, file = item.path.parent.name, item.path.stem.removeprefix("test_")
    if folder != "scenes":
        return f"{folder}/{file}"
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return next(
        (each.__name__ for each in parameters if isinstance(each, type)), file.title().replace("_", "")
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a part is run by one process; the part `alone` signals, kills and locks."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(part(item)))


@pytest.fixture(scope="session")
def gates(pytestconfig: pytest.Config) -> Gates:
    return pytestconfig.stash[_GATES]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process hands its figures to the one that prints the table."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["gates"] = [asdict(gate) for gate in session.config.stash[_GATES].seen]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if hasattr(node, "workeroutput"):  # a worker that crashed has none
        node.config.stash[_GATES].seen += [Gate(**gate) for gate in node.workeroutput["gates"]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    seen = config.stash[_GATES].seen
    if not seen:
        return
    width = max(len(gate.name) for gate in seen)
    terminalreporter.section("numerical gates")
    terminalreporter.line(f"{'gate':<{width}}  {'worst':>9}  {'allowed':>9}  {'problems':>8}")
    for gate in seen:
        line = f"{gate.name:<{width}}  {gate.worst:>9.2g}  {gate.allowed:>9.2g}  {gate.problems:>8}"
        terminalreporter.line(line, red=not gate.worst <= gate.allowed)
