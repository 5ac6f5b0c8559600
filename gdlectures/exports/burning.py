"""Captions burnt into a film, for rooms and players that show no caption file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gdlectures.exports.captions import Cue
from gdlectures.exports.pictures import set_text
from gdlectures.films.encoding import FILM, Encoder, Pixels
from gdlectures.films.reading import read_frames
from gdscenes.kit.page.theme import Theme, rgb

_SHARE = 0.88  # of the film's size that is left to the picture: captions stand under it and hide nothing
_EM = 1 / 26  # of the film's height


def burn(
    master: Path, target: Path, cues: Sequence[Cue], theme: Theme, size: tuple[int, int], fps: int
) -> None:
    """Encode a film again, its picture a little smaller and the captions under it.

    Parameters
    ----------
    master, target : Path
    cues : sequence of Cue
    theme : Theme
        Its ground surrounds the picture.
    size : (int, int)
        Width and height, pixels.
    fps : int

    Raises
    ------
    BrokenFilm
        If the master cannot be read.
    """
    width, height = size
    smaller = 2 * round(width * _SHARE / 2), 2 * round(height * _SHARE / 2)
    left = (width - smaller[0]) // 2
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = np.array(rgb(theme.ground)) * 255
    encoder = Encoder(target, FILM, width, height, fps)
    shown: Cue | None = None
    try:
        for index, frame in enumerate(read_frames(master)):
            now = next((cue for cue in cues if cue.start <= index / fps < cue.stop), None)
            if now is not shown:
                shown = now
                sheet[smaller[1] :] = np.array(rgb(theme.ground)) * 255
                if now is not None:
                    _write(sheet[smaller[1] :], now.lines, height * _EM, theme)
            sheet[: smaller[1], left : left + smaller[0]] = frame.reformat(
                *smaller, "rgb24", interpolation="LANCZOS"
            ).to_ndarray()
            encoder.put(sheet.copy())
    finally:
        encoder.finish()


def _write(band: Pixels, lines: tuple[str, ...], em: float, theme: Theme) -> None:
    drawn = np.array(set_text(lines, em, theme.ink))[: band.shape[0]]
    top, left = (band.shape[0] - drawn.shape[0]) // 2, (band.shape[1] - drawn.shape[1]) // 2
    place = band[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    share = drawn[..., 3:] / 255
    place[:] = np.rint(drawn[..., :3] * share + place * (1 - share))
