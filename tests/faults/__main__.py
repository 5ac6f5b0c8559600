"""Faults injected against faults survived, as a table; exit code 1 where anything broke.

./run faults              a little of every attack, in ten minutes on two quiet cores
./run faults --long       all of it
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from families import FAMILIES
from trials import Scale, rows

COLUMNS = "{:<14} {:<44} {:>8} {:>8} {:>7}  {}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="all of it, which takes hours")
    parser.add_argument("--only", choices=FAMILIES, action="append", help="this family; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of all that chance decides")
    given = parser.parse_args()
    broken = injected = 0
    begun = time.monotonic()
    print(COLUMNS.format("family", "attack", "injected", "survived", "broken", "first that broke").rstrip())
    with tempfile.TemporaryDirectory(prefix="gdlectures-faults-") as home:
        scale = Scale(given.long, given.seed, Path(os.path.realpath(home)))
        for family in given.only or FAMILIES:
            for row in rows(family, FAMILIES[family](scale), scale):
                survived = row.injected - row.broken
                words = row.words.encode("unicode_escape").decode()
                line = COLUMNS.format(family, row.attack, row.injected, survived, row.broken, words)
                print(line.rstrip(), flush=True)
                injected, broken = injected + row.injected, broken + row.broken
    seconds = round(time.monotonic() - begun)
    print(
        COLUMNS.format(
            "all", f"{seconds} s, seed {given.seed}", injected, injected - broken, broken, ""
        ).rstrip()
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
