"""Every call that opens, writes, syncs, moves or makes a file is refused in its turn."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import films as kitchen
from kills import CACHE, EXPORT, RENDERS, Work, calls_of, survives
from shim import hitting
from trials import NotHere, Scale, Trial, not_run

from gdlectures.faults.errors import Exit

REFUSALS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT)
_STAY = {errno.ENOSPC, errno.EDQUOT}
"""Where one call finds no room the next finds none either."""
_WORKS = ((RENDERS[1], 16), (RENDERS[2], 10), (EXPORT, 6), (CACHE[0], 4))


def refused(scale: Scale, work: Work, call: int, number: int, folder: Path) -> None:
    """Have one call of a command be refused; the same command then does its work."""
    work.lay(scale, folder)
    ran = kitchen.run(
        folder, *work.words, env=hitting(scale.home, folder, call, number, stays=number in _STAY)
    )
    # a lecture's own file may be refused as well as the disk's, and then it is the lecture that fails
    kitchen.is_told(ran, Exit.DONE, Exit.DATA, Exit.SCENE, Exit.ENVIRONMENT, Exit.LIMIT)
    survives(work, scale, folder)


def refusals(scale: Scale) -> Iterator[Trial]:
    for work, short in _WORKS:
        try:
            told = calls_of(scale, work)
        except NotHere as error:
            yield not_run("calls that are refused", error)
            return
        for index, call in enumerate(scale.some(range(1, len(told) + 1), short)):
            for number in REFUSALS if scale.long else [REFUSALS[(index + scale.seed) % len(REFUSALS)]]:
                yield Trial(
                    f"{errno.errorcode[number]} in {work.name}",
                    f"call {call}, {told[call - 1]}",
                    partial(refused, scale, work, call, number),
                )
