"""What every page of ours is put together from: vendored files, pictures and text made safe for HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

from gdlectures.exports.material import LectureMaterial
from gdlectures.faults.errors import environment, usage

_HERE = Path(__file__).parent


def shipped(name: str) -> str:
    """A text file that comes with the package, such as ``"web/deck.css"``."""
    return (_HERE / name).read_text("utf-8")


def font_face() -> str:
    """The CSS rule of the films' own type, as ``"GD Book"``, with its file inside."""
    font = data_uri("font/woff2", (_HERE / "vendor/font/gd-book.woff2").read_bytes())
    return f'@font-face {{ font-family: "GD Book"; src: url({font}); font-display: block; }}'


def script(source: str) -> str:
    """JavaScript as an element of a page, ended by nothing that it says."""
    safe = source.replace("</script", r"<\/script")
    return f"<script>{safe}</script>"


def attributes(**values: object) -> str:
    """Attributes of an element, each with a space before it; None is left out, True stands by name alone."""
    parts = []
    for name, value in values.items():
        if value is not None and value is not False:
            name = name.rstrip("_").replace("_", "-")
            parts.append(f" {name}" if value is True else f' {name}="{escape(str(value))}"')
    return "".join(parts)


def colors(lecture: LectureMaterial) -> str:
    """The theme of a lecture as a style attribute's custom properties."""
    roles = ("ground", "ink", "muted", "accent")
    return "; ".join(f"--{role}: {getattr(lecture, role)}" for role in roles)


def data_uri(kind: str, content: bytes) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


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
        raise environment(error, path) from None


def check_some(lectures: object) -> None:
    """Refuse a page of no lecture."""
    if not lectures:
        raise usage("lectures", "none", "one or more", "name a lecture")
