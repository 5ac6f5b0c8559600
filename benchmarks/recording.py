"""What it costs to record a training loop: a step, a row, and the loss over a plane.

    python benchmarks/recording.py

Each model is a net of three layers on 64 rows, trained by SGD; bare and recorded runs take turns, and the
fastest of some rounds counts. The grid by vmap is timed beside single evaluations, both by some of its nodes.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

import gdmath
from gdmath.planes import Plane
from gdmath.torch_recorder import _Objective, _Parameters

WIDTHS = {"1e3": 21, "1e4": 90, "1e5": 305, "1e6": 990, "1e7": 3152}
"""Widths of the hidden layers, by about how many parameters they make."""


def network(width: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A model, and 64 rows for it."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(20, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
    )
    return model, torch.randn(64, 20), torch.randn(64, 1)


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, n_steps: int) -> float:
    """Seconds a step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    began = time.perf_counter()
    for _ in range(n_steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return (time.perf_counter() - began) / n_steps


def measure(width: int, n_steps: int, rounds: int, grid: int) -> list[str]:
    """A row of the table."""
    model, x, y = network(width)
    size = sum(each.numel() for each in model.parameters())

    def loss() -> torch.Tensor:
        return nn.functional.mse_loss(model(x), y)

    train(model, x, y, 3)
    bare, forward, recorded = [], [], []
    for _ in range(rounds):
        bare.append(train(model, x, y, n_steps))
        began = time.perf_counter()
        with torch.no_grad():
            for _ in range(n_steps):
                loss()
        forward.append((time.perf_counter() - began) / n_steps)
        with gdmath.record(model, loss, max_bytes=2**31, plane=None) as recording:
            recorded.append(train(model, x, y, n_steps))
    run = recording.run
    with tempfile.TemporaryDirectory() as folder:
        recording.save(Path(folder, "run"))
        row_bytes = Path(folder, "run").stat().st_size / len(run.losses)
    laid = gdmath.planes.path_plane(run.parameters)
    at_once, one_by_one = seconds_of_nodes(model, loss, laid, grid)
    times = [1000 * min(each) for each in (bare, forward, recorded)]
    numbers = [f"{each:.2f}" for each in times]
    return [
        f"{size:,}", *numbers, f"{times[2] / times[0]:.2f}", f"{row_bytes:,.0f}",
        f"{at_once:.2f}", f"{one_by_one:.2f}", f"{one_by_one / at_once:.1f}",
    ]  # fmt: skip


def seconds_of_nodes(model: nn.Module, loss: object, plane: Plane, grid: int) -> tuple[float, float]:
    """What a grid takes by vmap and one by one, both reckoned from some of its nodes."""
    objective = _Objective(model, _Parameters(model), loss, None)  # type: ignore[arg-type]
    n_nodes = grid * grid if plane.origin.size < 2e4 else 64
    nodes = torch.linspace(-1.0, 1.0, 2 * n_nodes, dtype=torch.float64).reshape(-1, 2).numpy()
    seconds = []
    for evaluate, n in ((objective.at_once, n_nodes), (objective.one_by_one, min(n_nodes, 400))):
        evaluate(plane.origin, plane.directions, nodes[:2])
        began = time.perf_counter()
        evaluate(plane.origin, plane.directions, nodes[:n])
        seconds.append((time.perf_counter() - began) / n * grid * grid)
    return seconds[0], seconds[1]


def main() -> None:
    parser = argparse.ArgumentParser(description="What it costs to record a training loop.")
    parser.add_argument("--only", choices=list(WIDTHS), nargs="+", help="models of these sizes")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the fastest counts")
    parser.add_argument("--grid", type=int, default=101, help="nodes along each axis")
    chosen = parser.parse_args()
    print(
        "| parameters | bare step, ms | evaluation, ms | recorded step, ms | recorded / bare | bytes a row "
        f"| {chosen.grid} x {chosen.grid} grid, s | one by one, s | times |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in chosen.only or WIDTHS:
        print(f"{name} ...", file=sys.stderr)
        n_steps = 8 if name == "1e7" else 50
        print("|", " | ".join(measure(WIDTHS[name], n_steps, chosen.rounds, chosen.grid)), "|", flush=True)


if __name__ == "__main__":
    main()
