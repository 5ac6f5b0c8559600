"""Files that come with the package: templates, styles, scripts and the films' own type."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.faults.errors import visible
from gdscenes.kit.type.language import ENGLISH, speaking, tr

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_HERE = Path(__file__).parent
_LEAN = ("web/live.js",)
"""Scripts that are brought into a page without their margins."""
_OWN = "data: blob: 'self' file:"  # 'self' is nothing to a page from the disk


def shipped(name: str) -> str:
    """A text file that comes with the package, such as ``"web/deck.css"``."""
    return (_HERE / name).read_text("utf-8")


def fill(template: str, speaks: str = ENGLISH, **values: Any) -> str:
    """A template, such as ``"web/deck.html"``, with its values, each made safe for HTML and XML.

    It speaks a language, whose tag it knows as ``speaks``.
    """
    with speaking(speaks):
        return _templates().get_template(template).render(values, speaks=speaks)


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
        finalize=_seen,
    )
    templates.globals |= {"tr": tr}
    templates.globals |= {"style": _style, "script": _script, "policy": _policy, "font_face": _font_face}
    return templates


def _seen(value: object) -> object:
    """A value of a template, no character of it hidden; what is markup is ours."""
    from markupsafe import Markup

    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _style(name: str) -> Markup:
    """The rules of a CSS file."""
    from markupsafe import Markup

    return Markup(shipped(name))


def _script(name: str) -> Markup:
    """JavaScript as an element of a page, ended by nothing that it says."""
    from markupsafe import Markup

    return Markup(f"<script>{_source(name)}</script>")


def _source(name: str) -> str:
    """JavaScript as a page holds it; lean is without indents, comments and empty lines."""
    source = shipped(name).replace("</script", r"<\/script")
    if name not in _LEAN:
        return source
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// "))


def _policy(*scripts: str) -> Markup:
    """The element that lets a page run these scripts and no other, and load nothing from any other place.

    Given none it may run any that it holds: a presenter's window of slides is written by a script, with
    scripts of its own.
    """
    from markupsafe import Markup

    digests = (hashlib.sha256(_source(name).encode()).digest() for name in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(each).decode('ascii')}'" for each in digests)
    rules = {
        "default-src": "'none'",
        "script-src": allowed or "'unsafe-inline'",
        "style-src": "'unsafe-inline'",
        "img-src": _OWN,
        "media-src": _OWN,
        "font-src": "data:",
        "frame-src": "'self' file:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    told = "; ".join(f"{name} {value}" for name, value in rules.items())
    return Markup(f'<meta http-equiv="Content-Security-Policy" content="{told}">')


def _font_face() -> Markup:
    """The CSS rule of the films' own type, as ``"GD Book"``, with its file inside."""
    from markupsafe import Markup

    font = data_uri("font/woff2", (_HERE / "vendor/font/gd-book.woff2").read_bytes())
    return Markup(f'@font-face {{ font-family: "GD Book"; src: url({font}); font-display: block; }}')
