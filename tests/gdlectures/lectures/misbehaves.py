"""A lecture that does what it is told, however bad."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import gdmath
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.stage.drawing import GraphicsError

HOW = (
    "well",
    "raises",
    "exits",
    "vanishes",
    "crashes",
    "killed",
    "crashes_once",
    "hangs",
    "waits",
    "kills_who_draws",
    "is_slow",
    "mute",
    "forgets",
    "loses",
    "has_no_graphics",
)


@dataclass(frozen=True)
class MisbehavesSettings(Settings):
    how: str = knob("well", "what it does", choices=HOW)
    in_prepare: bool = knob(False, "do it in prepare")
    marker: str = knob("", "file that tells a second attempt from a first, or that is waited for")


class Misbehaves(Lecture):
    """Behaves badly."""

    title = "Bad manners"
    seconds = 1
    settings = MisbehavesSettings()
    story_type = Story
    beats: ClassVar = {"only": "Watch this."}

    @staticmethod
    def prepare(settings: MisbehavesSettings) -> Story:
        if settings.in_prepare:
            misbehave(settings)
        dataset = gdmath.preset("one-weight")
        run = gdmath.descend(dataset.problem(), dataset.start, 0.01, 5)
        return Story(settings=settings, dataset=dataset, runs={"descent": run})

    def construct(self) -> None:
        how = self.story.settings.how
        if how == "mute":
            self.beat("only")
            return
        if how != "forgets":
            self.beat("only")
        self.wait(0.4)
        if how == "loses":
            self.renderer.file_writer.write_frame = lambda *_, **__: None
        misbehave(self.story.settings)
        if how == "is_slow":
            for _ in range(300):
                self.wait(1 / self.camera.frame_rate)
                time.sleep(0.1)
        self.wait(0.4)


def misbehave(settings: MisbehavesSettings) -> None:
    how = settings.how
    if how == "raises":
        raise ZeroDivisionError("first line\nsecond line \x1b[31m")
    if how == "exits":
        sys.exit(0)
    if how == "has_no_graphics":
        raise GraphicsError("no context (libEGL.so.1)")
    if how == "vanishes":
        os._exit(0)
    if how == "crashes" or (how == "crashes_once" and not Path(settings.marker).exists()):
        if settings.marker:
            Path(settings.marker).touch()
        ctypes.string_at(0)
    if how == "killed":
        os.kill(os.getpid(), 9)
    if how == "hangs":
        time.sleep(3600)
    if how == "waits":
        while not Path(settings.marker).exists():
            time.sleep(0.05)
    if how == "kills_who_draws":
        os.kill(os.getppid(), 9)
