"""GIF: one palette for all frames, and of those only what changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

from gdlectures.exports.looks import Look
from gdlectures.exports.moving import (
    CENTISECONDS,
    Sample,
    add_stream,
    check_size,
    frame_size,
    sampled,
    sampling,
)
from gdlectures.films.reading import Stretch, rgb


def write_gif(stretch: Stretch, look: Look, target: Path, limit: int | None = None) -> None:
    """Write a GIF: one palette for all its frames, and no dithering, which would shimmer.

    Raises
    ------
    TooLarge
        If it outgrows `limit` bytes.
    BrokenFilm
        If the master cannot be read.
    """
    size = frame_size(stretch, look)
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
        stream = add_stream(picture, "gif", size, "pal8", CENTISECONDS)
        for frame in _filtered(source, sink, _moments(stretch, samples)):
            frame.time_base = Fraction(1, CENTISECONDS)
            picture.mux(stream.encode(frame))
            check_size(target, limit)
        picture.mux(stream.encode(None))
    check_size(target, limit)


_Moment = tuple[av.VideoFrame, int, int]
"""A frame, when it is shown and for how long, in centiseconds."""


def _moments(stretch: Stretch, samples: Sequence[Sample]) -> Iterator[_Moment]:
    """The frames that differ from the one before."""
    waiting: tuple[av.VideoFrame, int] | None = None
    before: NDArray[np.uint8] | None = None
    for frame, sample in sampled(stretch, samples):
        pixels = rgb(frame)
        if before is None or not np.array_equal(pixels, before):
            if waiting is not None:
                yield *waiting, sample.moment - waiting[1]
            waiting, before = (frame, sample.moment), pixels
    assert waiting is not None, "a stretch has a frame"
    yield *waiting, samples[-1].moment + samples[-1].delay - waiting[1]


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
