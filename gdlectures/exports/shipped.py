"""Files that come with the package: templates, styles, scripts and the films' own type."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_HERE = Path(__file__).parent


def shipped(name: str) -> str:
    """A text file that comes with the package, such as ``"web/deck.css"``."""
    return (_HERE / name).read_text("utf-8")


def fill(template: str, **values: Any) -> str:
    """A template, such as ``"web/deck.html"``, with its values, each made safe for HTML and XML."""
    return _templates().get_template(template).render(values)


def data_uri(kind: str, content: bytes) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.globals |= {"style": _style, "script": _script, "font_face": _font_face}
    return templates


def _style(name: str) -> Markup:
    """The rules of a CSS file."""
    from markupsafe import Markup

    return Markup(shipped(name))


def _script(name: str, lean: bool = False) -> Markup:
    """JavaScript as an element of a page, ended by nothing that it says; a lean one without its margins."""
    from markupsafe import Markup

    source = shipped(name).replace("</script", r"<\/script")
    return Markup(f"<script>{_lean(source) if lean else source}</script>")


def _lean(source: str) -> str:
    """Lines without indents, and without those that are comments or empty."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// "))


def _font_face() -> Markup:
    """The CSS rule of the films' own type, as ``"GD Book"``, with its file inside."""
    from markupsafe import Markup

    font = data_uri("font/woff2", (_HERE / "vendor/font/gd-book.woff2").read_bytes())
    return Markup(f'@font-face {{ font-family: "GD Book"; src: url({font}); font-display: block; }}')
