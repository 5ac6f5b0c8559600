"""A lecture whose line is as long as a number in a file, which it holds in many ways."""

from __future__ import annotations

import array
import dataclasses
import functools
import json
import pickle
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from manim import Line, Mobject

import gdmath
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story

HELD = Path(__file__).with_name("held")


def number() -> float:
    return float(HELD.read_text())


@dataclass(slots=True)
class Slots:
    length: float


class Bound:
    def __init__(self) -> None:
        self.length = number()

    def told(self) -> float:
        return self.length


def _memmap() -> Callable[[], float]:
    held = np.memmap(HELD, np.uint8, "r")
    return lambda: float(bytes(held))


def _torch() -> Callable[[], float]:
    import torch

    held = torch.tensor(number())
    return lambda: float(held)


def _sqlite() -> Callable[[], float]:
    base = sqlite3.connect(":memory:")
    base.execute("create table held (length real)")
    base.execute("insert into held values (?)", (number(),))
    return lambda: base.execute("select length from held").fetchone()[0]


WAYS: dict[str, Callable[[], Callable[[], float]]] = {
    "an array": lambda: functools.partial(float, np.array(number())),
    "a memory map": _memmap,
    "a masked array": lambda: functools.partial(
        float, np.ma.masked_array([number(), 9.0], [False, True]).sum()
    ),
    "a dataclass with slots": lambda: functools.partial(getattr, Slots(number()), "length"),
    "array.array": lambda: functools.partial(array.array("d", [number()]).__getitem__, 0),
    "bytes": lambda: functools.partial(float, HELD.read_bytes()),
    "a bound method": lambda: Bound().told,
    "a file read in an updater": lambda: number,
    "a torch tensor": _torch,
    "an argument of a function": lambda: functools.partial(lambda length: length, number()),
    "a database": _sqlite,
    "a pickle": lambda: functools.partial(float, pickle.loads(pickle.dumps(number()))),
    "JSON in a frozen dataclass": lambda: functools.partial(
        float, dataclasses.astuple(Slots(json.loads(HELD.read_text())))[0]
    ),
}


@dataclass(frozen=True)
class HoldsSettings(Settings):
    way: str = knob("an array", "how it holds the number", choices=tuple(WAYS))
    early: bool = knob(False, "when it is prepared, and no later")


class Holds(Lecture):
    """A line as long as a number in a file."""

    title = "What is held"
    seconds = 1
    settings = HoldsSettings()
    story_type = Story
    beats: ClassVar = {"only": "It is this long."}

    @staticmethod
    def prepare(settings: HoldsSettings) -> Story:
        dataset = gdmath.preset("one-weight")
        length = WAYS[settings.way]()() if settings.early else 1.0
        run = gdmath.descend(dataset.problem(), dataset.start, 0.01 * length, 5)
        return Story(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        self.beat("only")
        told = WAYS[self.story.settings.way]()
        scale = float(self.story.runs["descent"].parameters[-1, -1])
        line = Line([0, 0, 0], [1, 0, 0], color=self.colors.data)

        def lengthen(it: Mobject) -> None:
            it.put_start_and_end_on(np.zeros(3), np.array([told() * scale, 0, 0]))

        line.add_updater(lengthen, call_updater=True)
        self.add(line)
        self.wait(0.4)
