"""GIF and animated WebP, made from lossless frames, of which only a few are in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gdlectures.films.container import Stretch, read_frames, rgb

CENTISECONDS = 100
GIF_FPS = {"10": 10, "12.5": 8, "20": 5, "25": 4, "50": 2}
"""Frame rates that a GIF can have, with their delays in centiseconds."""
DEFAULT_FPS = "10"
DEFAULT_WIDTH = 800
DEFAULT_HOLD = 2.0
LEAST_COLORS, MOST_COLORS = 4, 256
LEAST_WIDTH = 64
LONGEST_HOLD = 600.0

_SHARES = tuple(0.92**n for n in range(18))  # of the width that is asked for, down to a quarter
_FEWER_COLORS = (256, 128, 64, 32)
_UNSEEN = 1  # step down in colors or quality that few see; the others come last
_WEBP_QUALITIES = (90, 80, 65, 50, 35, 20)


class TooLarge(Exception):
    """A file that outgrew its limit before it was whole."""


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


Writer = Callable[[Stretch, Look, Path, int | None], None]
"""Writes a moving picture to a path; the last argument limits its bytes."""


@dataclass(frozen=True)
class Made:
    """A moving picture that was made: how it looks, and its size in bytes."""

    look: Look
    bytes: int


def write_gif(stretch: Stretch, look: Look, target: Path, limit: int | None = None) -> None:
    """Write a GIF: one palette for all its frames, and no dithering, which would shimmer.

    Raises
    ------
    TooLarge
        If it outgrows `limit` bytes.
    BrokenFilm
        If the master cannot be read.
    """
    size = _size(stretch, look)
    palette, last = _palette(stretch, look, size)
    graph = Graph()
    source = _source(graph, stretch)
    given = _buffer(graph, 16, 16, palette.format)
    use, sink = graph.add("paletteuse", "dither=none:diff_mode=rectangle"), graph.add("buffersink")
    _scaled(graph, source, size).link_to(use, 0, 0)
    given.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    palette.pts, palette.time_base = 0, Fraction(1, CENTISECONDS)
    given.push(palette)
    given.push(None)

    samples = sampling(stretch, look)
    repeats = {0: 0, 1: -1}.get(look.loop, look.loop - 1)
    options = {"loop": str(repeats), "final_delay": str(last + round(look.hold * CENTISECONDS))}
    with av.open(str(target), "w", format="gif", options=options) as picture:
        stream = _stream(picture, "gif", size, "pal8", CENTISECONDS)
        for frame in _filtered(source, sink, _moments(stretch, samples)):
            frame.time_base = Fraction(1, CENTISECONDS)
            picture.mux(stream.encode(frame))
            _check(target, limit)
        picture.mux(stream.encode(None))
    _check(target, limit)


def write_webp(stretch: Stretch, look: Look, target: Path, limit: int | None = None) -> None:
    """Write an animated WebP.

    Raises
    ------
    TooLarge
        If it outgrows `limit` bytes.
    BrokenFilm
        If the master cannot be read.
    """
    width, height = _size(stretch, look)
    with av.open(str(target), "w", format="webp", options={"loop": str(look.loop)}) as picture:
        options = {"quality": str(look.quality)}
        stream = _stream(picture, "libwebp_anim", (width, height), "bgra", 1000, options)
        for frame, moment in _ended(stretch, look):
            shown = frame.reformat(width, height, "bgra", interpolation="LANCZOS")
            shown.pts, shown.time_base = moment, Fraction(1, 1000)
            picture.mux(stream.encode(shown))
        picture.mux(stream.encode(None))
    _check(target, limit)


def write_within(
    write: Writer, stretch: Stretch, looks: Sequence[Look], target: Path, limit: int
) -> Made | int:
    """Write a moving picture with the best look that keeps it within a limit.

    Parameters
    ----------
    write : Writer
    stretch : Stretch
    looks : sequence of Look
        From the best to the smallest, each smaller than the one before.
    target : Path
        Holds the result, or nothing.
    limit : int
        Bytes.

    Returns
    -------
    Made or int
        What was made; where even the smallest is too large, its bytes.
    """
    best: Made | None = None
    trial = target.with_name(f"trial-{target.name}")
    low, high = 0, len(looks)
    while low < high:
        middle = (low + high) // 2
        try:
            write(stretch, looks[middle], trial, limit)
            best = Made(looks[middle], trial.stat().st_size)
            trial.replace(target)
            high = middle
        except TooLarge:
            low = middle + 1
    trial.unlink(missing_ok=True)
    if best is not None:
        return best
    write(stretch, looks[-1], target, None)
    smallest = target.stat().st_size
    target.unlink()
    return smallest


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
    widths = [_even(look.width * share) for share in _SHARES] if "width" in free else [look.width]
    wide = slow = 0
    while (wide, slow) != (len(widths) - 1, len(delays) - 1):
        if wide < len(widths) - 1 and (wide <= 4 * slow or slow == len(delays) - 1):
            wide += 1
        else:
            slow += 1
        found.append(replace(found[-1], width=widths[wide], delay=delays[slow]))
    smallest = found[-1]
    return found + [replace(smallest, colors=c.colors, quality=c.quality) for c in coarser[_UNSEEN:]]


@dataclass(frozen=True)
class Sample:
    """A frame of the master, when it is shown and for how long, in centiseconds."""

    index: int
    moment: int
    delay: int


_Moment = tuple[av.VideoFrame, int, int]
"""A frame, when it is shown and for how long, in centiseconds."""


def sampling(stretch: Stretch, look: Look) -> list[Sample]:
    """Which frames are shown: at each moment the one that the film shows then, and at the end the last."""
    length = stretch.stop - stretch.start
    count = max(1, -(-length * CENTISECONDS // (look.delay * stretch.fps)))
    indices = [stretch.start + k * look.delay * stretch.fps // CENTISECONDS for k in range(count)]
    indices[-1] = stretch.stop - 1
    return [Sample(index, k * look.delay, look.delay) for k, index in enumerate(indices)]


def _sampled(stretch: Stretch, samples: Sequence[Sample]) -> Iterator[tuple[av.VideoFrame, Sample]]:
    wanted = iter(samples)
    sample: Sample | None = next(wanted)
    for index, frame in enumerate(read_frames(stretch.master, stretch.start, stretch.stop), stretch.start):
        while sample is not None and sample.index == index:
            yield frame, sample
            sample = next(wanted, None)


def _moments(stretch: Stretch, samples: Sequence[Sample]) -> Iterator[_Moment]:
    """The frames that differ from the one before."""
    waiting: tuple[av.VideoFrame, int] | None = None
    before: NDArray[np.uint8] | None = None
    for frame, sample in _sampled(stretch, samples):
        pixels = rgb(frame)
        if before is None or not np.array_equal(pixels, before):
            if waiting is not None:
                yield *waiting, sample.moment - waiting[1]
            waiting, before = (frame, sample.moment), pixels
    assert waiting is not None, "a stretch has a frame"
    yield *waiting, samples[-1].moment + samples[-1].delay - waiting[1]


def _ended(stretch: Stretch, look: Look) -> Iterator[tuple[av.VideoFrame, int]]:
    """Every frame that is shown, with its moment in milliseconds; the last comes twice if it is held.

    The encoder gives the last of n frames the mean length of those before it. So that a film of length T ends
    in time, it stands at T (n - 1) / n.
    """
    samples = sampling(stretch, look)
    for frame, sample in _sampled(stretch, samples):
        yield frame, 10 * sample.moment
    if look.hold:
        count = len(samples) + 1
        end = 10 * (samples[-1].moment + look.delay) + 1000 * look.hold
        yield frame, round(end * (count - 1) / count)


def _palette(stretch: Stretch, look: Look, size: tuple[int, int]) -> tuple[av.VideoFrame, int]:
    """The colours of all frames together, and for how long the last frame stands."""
    graph = Graph()
    source, sink = _source(graph, stretch), graph.add("buffersink")
    generate = graph.add("palettegen", f"max_colors={look.colors}:stats_mode=full")
    _scaled(graph, source, size).link_to(generate)
    generate.link_to(sink)
    graph.configure()
    last = 0

    def moments() -> Iterator[_Moment]:
        nonlocal last
        for each in _moments(stretch, sampling(stretch, look)):
            last = each[2]
            yield each

    (palette,) = _filtered(source, sink, moments())
    return palette, last


def _filtered(
    source: FilterContext, sink: FilterContext, moments: Iterable[_Moment]
) -> Iterator[av.VideoFrame]:
    """What a graph makes of frames, pulled after each so that none of them wait in it."""
    for frame, moment, delay in moments:
        given = frame.reformat(format="rgb24")
        given.pts, given.time_base, given.duration = moment, Fraction(1, CENTISECONDS), delay
        source.push(given)
        yield from _ready(sink)
    source.push(None)
    yield from _ready(sink)


def _ready(sink: FilterContext) -> Iterator[av.VideoFrame]:
    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            frame = sink.pull()
            assert isinstance(frame, av.VideoFrame), "the graph holds video"
            yield frame


def _source(graph: Graph, stretch: Stretch) -> FilterContext:
    with av.open(str(stretch.master)) as film:
        video = film.streams.video[0]
        return _buffer(graph, video.width, video.height, av.VideoFormat("rgb24"))


def _buffer(graph: Graph, width: int, height: int, pixels: av.VideoFormat) -> FilterContext:
    return graph.add_buffer(width=width, height=height, format=pixels, time_base=Fraction(1, CENTISECONDS))


def _scaled(graph: Graph, source: FilterContext, size: tuple[int, int]) -> FilterContext:
    scale = graph.add("scale", f"{size[0]}:{size[1]}:flags=lanczos")
    source.link_to(scale)
    return scale


def _stream(
    picture: OutputContainer,
    codec: str,
    size: tuple[int, int],
    pixel_format: str,
    ticks: int,
    options: dict[str, str] | None = None,
) -> VideoStream:
    stream = picture.add_stream(codec, rate=Fraction(ticks, 1), options=options)
    assert isinstance(stream, VideoStream), "every codec here is a video codec"
    stream.width, stream.height = size
    stream.pix_fmt = pixel_format
    stream.time_base = stream.codec_context.time_base = Fraction(1, ticks)
    return stream


def _size(stretch: Stretch, look: Look) -> tuple[int, int]:
    with av.open(str(stretch.master)) as film:
        video = film.streams.video[0]
        return look.width, _even(look.width * video.height / video.width)


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))


def _check(target: Path, limit: int | None) -> None:
    if limit is not None and target.stat().st_size > limit:
        raise TooLarge
