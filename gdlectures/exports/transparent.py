"""Films on no ground, to be laid over slides and other films: WebM and QuickTime with alpha.

WebM is VP9 with alpha and plays in Chrome, Edge, Firefox and OBS; QuickTime is ProRes 4444 and opens in Final
Cut, Premiere, After Effects, DaVinci Resolve and Keynote. Both carry straight alpha.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gdlectures.films.encoding import COLOR_TAGS, Codec, Encoder, Pixels
from gdlectures.films.reading import Stretch, read_frames

FORMATS = {
    "webm": Codec(
        "libvpx-vp9",
        "yuva420p",
        {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "auto-alt-ref": "0"}
        | COLOR_TAGS,
        "webm",
    ),
    "mov": Codec("prores_ks", "yuva444p10le", {"profile": "4444", "vendor": "apl0"} | COLOR_TAGS, "mov"),
}
"""How each is encoded, by the suffix of its file."""

_BLOCK = 16  # pixels that the encoders look at together


def write_transparent(stretch: Stretch, target: Path, codec: Codec, size: tuple[int, int]) -> None:
    """Encode a stretch of a master that has alpha.

    Parameters
    ----------
    stretch : Stretch
    target : Path
    codec : Codec
        One of `FORMATS`.
    size : (int, int)
        Width and height, pixels.

    Raises
    ------
    BrokenFilm
        If the master cannot be read.
    """
    encoder = Encoder(target, codec, *size, stretch.fps)
    try:
        for frame in read_frames(stretch.master, stretch.start, stretch.stop):
            encoder.put(straight(frame.to_ndarray(format="rgba").astype(np.uint8, copy=False)))
    finally:
        encoder.finish()


def straight(pixels: Pixels) -> Pixels:
    """Pixels whose colours are no longer multiplied by their alpha, as Cairo leaves them.

    A clear pixel takes the mean colour of its block, which nobody sees: next to black, an edge would be
    darkened by the encoder.

    Parameters
    ----------
    pixels : ndarray, shape (height, width, 4)
    """
    height, width = pixels.shape[:2]
    sums = np.add.reduceat(pixels, range(0, height, _BLOCK), axis=0, dtype=np.uint32)
    sums = np.add.reduceat(sums, range(0, width, _BLOCK), axis=1)
    means = (255 * sums[..., :3] // np.maximum(sums[..., 3:], 1)).astype(np.uint8)
    alpha = pixels[..., 3]
    found = pixels.copy()
    clear, partly = alpha == 0, (alpha > 0) & (alpha < 255)
    rows, columns = np.nonzero(clear)
    found[rows, columns, :3] = means[rows // _BLOCK, columns // _BLOCK]
    edge = pixels[partly].astype(np.uint16)
    share = edge[:, 3:]
    found[partly, :3] = np.minimum((edge[:, :3] * 255 + share // 2) // share, 255)
    return found
