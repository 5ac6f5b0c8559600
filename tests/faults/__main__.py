"""Faults injected against faults survived, as a table; exit code 1 where anything broke.

./run faults              a little of every attack, in ten minutes on two quiet cores
./run faults --long       all of it
./run faults --long --only refusals --part 1/4   a quarter of it, as its own night or machine
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from families import FAMILIES
from trials import Scale, rows


def line(family: str, attack: str, injected: object, survived: object, broken: object, words: str) -> str:
    """A line of the table."""
    words = words.encode("unicode_escape").decode()
    return f"{family:<13} {attack:<46} {injected:>8} {survived:>8} {broken:>6}  {words}".rstrip()


def part(text: str) -> tuple[int, int]:
    """Read K/N."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed K/N, as 1/4")
    return int(found[1]), int(found[2])


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="all of it, which takes hours")
    parser.add_argument("--only", choices=FAMILIES, action="append", help="this family; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of all that chance decides")
    parser.add_argument(
        "--part", type=part, default=(1, 1), help="the K-th of N parts of each family, as 1/4"
    )
    given = parser.parse_args()
    broken = injected = 0
    begun = time.monotonic()
    print(line("family", "attack", "injected", "survived", "broken", "the first that broke"))
    with tempfile.TemporaryDirectory(prefix="gdlectures-faults-") as home:
        scale = Scale(given.long, given.seed, Path(os.path.realpath(home)), given.part)
        for family in given.only or FAMILIES:
            for row in rows(family, FAMILIES[family](scale), scale):
                told = row.injected, row.injected - row.broken, row.broken
                print(line(family, row.attack, *told, row.words), flush=True)
                injected, broken = injected + row.injected, broken + row.broken
    used = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    spent = f"{time.monotonic() - begun:.0f} s, {used:.0f} s of processors, seed {given.seed}"
    print(line("all", spent, injected, injected - broken, broken, ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
