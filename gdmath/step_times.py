"""How long a step of PyTorch takes with so many points in it, as it was measured once.

A film shows these times. Measured anew whenever one is planned, they would differ each time, and so would the
film; so they are kept in `step_times.json`, which ``python benchmarks/torch_steps.py --keep`` writes.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

KEPT: Final = Path(__file__).with_suffix(".json")
"""The file in the package that holds them."""


@dataclass(frozen=True)
class StepTimes:
    """Times of one step, and where they were measured.

    Attributes
    ----------
    seconds : mapping of int to float
        Of one step, by the number of points in it: the fastest of many.
    processor : str
        What one thread of it took.
    cores : int
        How many the machine has.
    torch : str
        Its version.
    measured_on : datetime.date
    """

    seconds: Mapping[int, float]
    processor: str
    cores: int
    torch: str
    measured_on: datetime.date

    def most_for_the_price_of_one(self, dearer: float = 0.05) -> int:
        """Return the most of the numbers of points whose step takes as long as that of one point.

        Parameters
        ----------
        dearer : float
            By such a part it may take longer.
        """
        return max(size for size, taken in self.seconds.items() if taken <= (1 + dearer) * self.seconds[1])


@cache
def measured_step_times() -> StepTimes:
    """Return the times that are kept in the package.

    Examples
    --------
    >>> times = measured_step_times()
    >>> times.seconds[16] < 1.2 * times.seconds[1]
    True
    """
    kept = json.loads(KEPT.read_text("utf-8"))
    seconds = {int(size): float(taken) for size, taken in kept["seconds"].items()}
    day = datetime.date.fromisoformat(kept["measured_on"])
    return StepTimes(seconds, kept["processor"], kept["cores"], kept["torch"], day)
