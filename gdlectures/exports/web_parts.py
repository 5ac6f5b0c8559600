"""What of a lecture goes into a page of HTML: its colours, and its pictures as addresses that hold them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gdlectures.exports.material import LectureMaterial
from gdlectures.exports.shipped import data_uri
from gdlectures.faults.errors import unreadable
from gdscenes.kit.page.theme import Theme


def colors(lecture: LectureMaterial) -> str:
    """The theme of a lecture as a style attribute's custom properties."""
    roles = ("ground", "ink", "muted", "accent")
    return "; ".join(f"--{role}: {getattr(lecture, role)}" for role in roles)


def palette(theme: Theme) -> str:
    """A theme as the custom properties that a page is coloured by."""
    roles = {
        "ground": theme.ground,
        "panel": theme.panel,
        "ink": theme.ink,
        "muted": theme.muted,
        "line": theme.grid,
        "accent": theme.weight,
    }
    return " ".join(f"--page-{role}: {color};" for role, color in roles.items())


def pictures(paths: Iterable[Path]) -> dict[Path, str]:
    """PNG files as data URIs, their pixels kept, in the format that takes least.

    Raises
    ------
    Fault
        If one cannot be read.
    """
    unique = list(dict.fromkeys(paths))
    with ThreadPoolExecutor() as pool:  # the encoder lets other threads run
        return dict(zip(unique, pool.map(_picture, unique), strict=True))


def _picture(path: Path) -> str:
    from PIL import Image

    packed = io.BytesIO()
    content = read(path)
    with Image.open(io.BytesIO(content)) as image:
        image.convert("RGB").save(packed, "WEBP", lossless=True, method=1, quality=0)
    if len(content) <= packed.tell():
        return data_uri("image/png", content)
    return data_uri("image/webp", packed.getvalue())


def read(path: Path) -> bytes:
    """The bytes of a lecture's file.

    Raises
    ------
    Fault
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(error, path) from None
