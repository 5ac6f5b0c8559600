"""How long one step of PyTorch takes with 1, 16, 80 ... points in it: what BatchSizes shows.

A step is `zero_grad`, the prediction of `nn.Linear(1, 1)`, `MSELoss`, `backward` and the step of `SGD`, in
float32 on one thread. Told is the fastest of many, which what else the machine does changes least.

    python benchmarks/torch_steps.py            print the times
    python benchmarks/torch_steps.py --keep     and write them to gdmath/step_times.json, for the film
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from gdmath.step_times import KEPT

SIZES = (1, 16, 80, 1_000, 10_000, 100_000, 1_000_000)
_SECONDS = 4.0  # for each size
_WARM_UP = 50


def step_with(n_points: int) -> Callable[[], None]:
    """One step of a line on so many points."""
    torch.manual_seed(42)
    x = torch.rand(n_points, 1)
    y = 1 + 2 * x + 0.1 * torch.randn(n_points, 1)
    model, loss_of = nn.Linear(1, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step() -> None:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()

    return step


def fastest(step: Callable[[], None], seconds: float = _SECONDS) -> float:
    """The shortest time that one of many steps took."""
    for _ in range(_WARM_UP):
        step()
    best, end = float("inf"), time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        step()
        best = min(best, time.perf_counter() - start)
    return best


def processor() -> str:
    """What the machine calls its processor."""
    info = Path("/proc/cpuinfo")
    names = (line.partition(":")[2].strip() for line in info.open() if line.startswith("model name"))
    return next(names, "") if info.exists() else platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", action="store_true", help=f"write them to {KEPT.name} in the package")
    keep = parser.parse_args().keep
    torch.set_num_threads(1)
    seconds = {}
    for size in SIZES:
        seconds[size] = fastest(step_with(size))
        print(
            f"{size:>9,} points  {1e3 * seconds[size]:8.3f} ms  {1e9 * seconds[size] / size:12.1f} ns a point"
        )
    if keep:
        kept = {
            "processor": processor(),
            "cores": os.cpu_count(),
            "torch": torch.__version__,
            "measured_on": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "seconds": {str(size): float(f"{taken:.4g}") for size, taken in seconds.items()},
        }
        KEPT.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
