"""Many commands at a time on one cache, some into one folder, while the cache drops what is too much."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import films as kitchen
from films import TINY
from trials import Broken, Scale, Trial

_AT_A_TIME = 8


def concurrency(scale: Scale) -> Iterator[Trial]:
    """One trial holds all commands, for it is their number at a time that is the attack."""
    renders, films = (1000, 40) if scale.long else (24, 4)
    for limit in ("10GB", "200KB"):

        def crowd(folder: Path, limit: str = limit) -> None:
            _crowd(scale, folder, limit, renders // 2, films)

        yield Trial(f"renders, 8 at a time, a cache of {limit}", f"of {films} films", crowd, renders // 2)


def _crowd(scale: Scale, folder: Path, limit: str, renders: int, films: int) -> None:
    chance = scale.chance("crowd", limit)
    kitchen.is_told(kitchen.run(folder, "cache", "--limit", limit), 0)
    asked = [(chance.randrange(films), chance.randrange(3)) for _ in range(renders)]

    def render(job: tuple[int, int]) -> tuple[int, Path]:
        steps, place = job
        # the same film into one folder, or others into folders of their own
        out = folder / f"out-{steps}-{place}"
        words = ("--n-steps", str(steps + 1), "--jobs", "1", "--out", out)
        ran = kitchen.run(folder, "render", *TINY, *words)
        if ran.code != 0:
            raise Broken(f"{steps + 1} steps: exit code {ran.code}, {ran.err[-200:]!r}")
        kitchen.is_told(ran)
        return steps, out

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        made = list(pool.map(render, asked))
    first: dict[int, kitchen.Files] = {}
    for steps, out in made:
        kitchen.is_exactly(out, first.setdefault(steps, kitchen.contents(out)))
        if sorted(os.listdir(out)) != ["tiny.json", "tiny.mp4", "tiny.story"]:
            raise Broken(f"{sorted(os.listdir(out))} stand in a folder of one film")
        kitchen.is_old_or_new(out, first[steps])
    if len({films["tiny.mp4"] for films in first.values()}) != len(first):
        raise Broken("films of different runs are the same")
    kitchen.cache_is_whole(folder)
