"""Options of the suite, and the table of numerical gates that ends a run of it."""

from dataclasses import dataclass, field

import pytest
import torch  # noqa: F401 - loaded before OpenGL: a CUDA build crashed when Mesa had come first


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


_GATES = pytest.StashKey[Gates]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-frames", action="store_true", help="draw the golden frames anew")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_GATES] = Gates()


@pytest.fixture(scope="session")
def gates(pytestconfig: pytest.Config) -> Gates:
    return pytestconfig.stash[_GATES]


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
