"""Pictures of a film: stills of its lossless frames, and the contact sheet of all beats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import typst
from PIL import Image

from gdlectures.films.encoding import Pixels
from gdlectures.films.reading import read_frames, rgb
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.type.typeset import literal

_INK_AT = 60  # of 255: how far from the ground a pixel must be to be seen
_LEAST_INK = 0.0005  # of a frame's pixels, for it not to be blank
_SHEET_WIDTH = 1920
_LABEL = 0.07  # of a picture's width
_GAP = 0.03


def collect(master: Path, wanted: Mapping[int, Callable[[Pixels], None]]) -> None:
    """Hand over the frames of a master that are wanted, by their index, in their order.

    Raises
    ------
    BrokenFilm
        If the master ends before the last of them.
    """
    for index in sorted(wanted):
        for frame in read_frames(master, index, index + 1):
            wanted[index](rgb(frame))


def first_with_ink(master: Path, start: int, stop: int) -> int:
    """The first frame of a stretch on which something can be seen; its last where nothing can."""
    for index, frame in enumerate(read_frames(master, start, stop), start=start):
        pixels = rgb(frame)
        away = np.abs(pixels.astype(np.int16) - pixels[0, 0]).max(axis=2) > _INK_AT
        if away.mean() > _LEAST_INK:
            return index
    return stop - 1


def save_png(pixels: Pixels, path: Path) -> None:
    """Write a picture as PNG."""
    Image.fromarray(pixels).save(path, "PNG", compress_level=4)


def contact_sheet(stills: Sequence[tuple[str, Path]], title: str, theme: str) -> Image.Image:
    """All stills of a film on one sheet, in their order, each with its name.

    Parameters
    ----------
    stills : sequence of (name, PNG)
    title, theme : str
    """
    columns = next((n for n in (2, 3, 4, 5) if n * n >= len(stills)), 6)
    colors = THEMES[theme]
    gap = int(_SHEET_WIDTH * _GAP / columns)
    width = (_SHEET_WIDTH - gap * (columns + 1)) // columns
    with Image.open(stills[0][1]) as first:
        height = width * first.height // first.width
    label, head = int(width * _LABEL), int(_SHEET_WIDTH * 0.05)
    rows = -(-len(stills) // columns)
    size = (_SHEET_WIDTH, head + gap + rows * (height + label + gap))
    sheet = Image.new("RGB", size, colors.panel if theme == "dark" else colors.ground)
    _write(sheet, title, (gap, gap), head * 0.6, colors.ink)
    for index, (name, path) in enumerate(stills):
        x = gap + index % columns * (width + gap)
        y = head + gap + index // columns * (height + label + gap)
        with Image.open(path) as still:
            sheet.paste(still.convert("RGB").resize((width, height), Image.Resampling.LANCZOS), (x, y))
        _write(sheet, f"{index + 1}  {name}", (x, y + height + label // 5), label * 0.55, colors.muted)
    return sheet


def set_text(lines: Iterable[str], em: float, color: str) -> Image.Image:
    """Lines of words as a picture with a clear ground, set as the films set theirs.

    Parameters
    ----------
    lines : iterable of str
        Shown as they are, whatever they hold.
    em : float
        Size, pixels.
    color : str
        ``"#RRGGBB"``.
    """
    return _set_text(tuple(lines), em, color)


@lru_cache(maxsize=64)
def _set_text(lines: tuple[str, ...], em: float, color: str) -> Image.Image:
    text = " \\ ".join(map(literal, lines))
    source = (
        "#set page(width: auto, height: auto, margin: 1pt, fill: none)\n"
        '#set text(font: "New Computer Modern", top-edge: "ascender", bottom-edge: "descender")\n'
        f'#set text(size: 10pt, fill: rgb("{color}"))\n'
        f"#set align(center)\n#set par(leading: 0.3em)\n{text}"
    )
    png = typst.compile(source.encode(), format="png", ppi=72 * em / 10, ignore_system_fonts=True)
    assert isinstance(png, bytes), "one text is one page"
    return Image.open(BytesIO(png)).convert("RGBA")


def _write(sheet: Image.Image, text: str, at: tuple[int, int], em: float, color: str) -> None:
    drawn = set_text([text], em, color)
    sheet.paste(drawn, at, drawn)
