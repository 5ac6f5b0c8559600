"""Manim's settings for pictures that only tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from manim import config


@contextmanager
def tiny(width: int, height: int, frame_rate: int = 10) -> Iterator[None]:
    """Nothing is kept, nothing is said, and a frame has as few pixels as the tests can read."""
    settings: dict[str, Any] = {
        "pixel_width": width,
        "pixel_height": height,
        "frame_rate": frame_rate,
        "dry_run": True,
        "disable_caching": True,
        "verbosity": "ERROR",
        "progress_bar": "none",
        "notify_outdated_version": False,
    }
    # Manim makes its folders even for a dry run
    with TemporaryDirectory() as media:
        settings["media_dir"] = media
        # what `tempconfig` puts back is the renderer as well, which takes as long as many a test
        before = {name: config[name] for name in settings}
        config.update(settings)
        try:
            yield
        finally:
            config.update(before)
