"""How a moving picture may look, and which look is tried when a larger one takes too many bytes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

GIF_FPS = {"10": 10, "12.5": 8, "20": 5, "25": 4, "50": 2}
"""Frame rates that a GIF can have, with their delays in centiseconds."""
DEFAULT_FPS = "10"
DEFAULT_WIDTH = 800
DEFAULT_HOLD = 2.0
LEAST_COLORS, MOST_COLORS = 4, 256
SMALLEST_WIDTH = 194
_NARROWER = 0.92
_FEWER_COLORS = (256, 128, 64, 32)
_UNSEEN = 1  # step down in colors or quality that few see; the others come last
_WEBP_QUALITIES = (90, 80, 65, 50, 35, 20)


@dataclass(frozen=True)
class Look:
    """How a moving picture is made.

    Attributes
    ----------
    width : int
        Pixels; the height follows.
    delay : int
        Centiseconds between frames.
    colors : int
        Of a GIF's palette.
    quality : int
        Of a WebP, 0 to 100.
    loop : int
        Times that it plays; 0 goes on for ever.
    hold : float
        Seconds for which the last frame stands longer.
    """

    width: int
    delay: int
    colors: int = MOST_COLORS
    quality: int = _WEBP_QUALITIES[0]
    loop: int = 0
    hold: float = DEFAULT_HOLD

    def words(self, suffix: str) -> str:
        """The look as a person reads it."""
        rate = next((fps for fps, delay in GIF_FPS.items() if delay == self.delay), "")
        last = f"{self.colors} colors" if suffix == "gif" else f"quality {self.quality}"
        return f"{self.width} pixels wide, {rate} frames a second, {last}"


def largest_look(look: Look, width: int, fps: int, free: Collection[str]) -> Look:
    """A look as large and as fast as the film that it is made of, in what may be changed of it.

    Parameters
    ----------
    look : Look
    width, fps : int
        Of the film.
    free : collection of str
        Fields of `Look` that may be changed.
    """
    fastest = min(delay for delay in GIF_FPS.values() if 100 / delay <= max(fps, 10))
    return replace(
        look,
        width=width if "width" in free else look.width,
        delay=fastest if "delay" in free else look.delay,
    )


def smaller_looks(look: Look, suffix: str, free: Collection[str]) -> list[Look]:
    """A look, and smaller ones in the order in which they are to be tried.

    A little of the colors or the quality goes first, then width and frame rate in turn, then the rest of
    the colors or the quality.

    Parameters
    ----------
    look : Look
    suffix : {"gif", "webp"}
    free : collection of str
        Fields of `Look` that may be changed: what a person asked for is not.
    """
    coarser: list[Look] = []
    if suffix == "gif" and "colors" in free:
        coarser = [replace(look, colors=n) for n in _FEWER_COLORS if n < look.colors]
    if suffix == "webp" and "quality" in free:
        coarser = [replace(look, quality=n) for n in _WEBP_QUALITIES if n < look.quality]
    found = [look, *coarser[:_UNSEEN]]
    delays = [d for d in sorted(GIF_FPS.values()) if d >= look.delay] if "delay" in free else [look.delay]
    widths = [look.width]
    while "width" in free and widths[-1] > SMALLEST_WIDTH:
        widths.append(max(SMALLEST_WIDTH, even(look.width * _NARROWER ** len(widths))))
    wide = slow = 0
    while (wide, slow) != (len(widths) - 1, len(delays) - 1):
        if wide < len(widths) - 1 and (wide <= 4 * slow or slow == len(delays) - 1):
            wide += 1
        else:
            slow += 1
        found.append(replace(found[-1], width=widths[wide], delay=delays[slow]))
    smallest = found[-1]
    return found + [replace(smallest, colors=c.colors, quality=c.quality) for c in coarser[_UNSEEN:]]


def even(length: float) -> int:
    """The even whole number that is nearest to a length, 2 or more."""
    return max(2, 2 * round(length / 2))
