"""A grid of stills or looping films as one page for a browser: nothing outside it is asked for."""

from __future__ import annotations

import base64
from pathlib import Path

from gdlectures.exports.contact import Contact
from gdlectures.exports.shipped import fill
from gdlectures.exports.web_parts import palette, pictures, read
from gdlectures.films.publishing import write_whole
from gdscenes.kit.page.theme import DARK, LIGHT, PRINT, THEMES


def write_contact_page(contact: Contact, target: Path) -> Path:
    """Write the page of a grid, its pictures and films inside.

    A picture opens large, and the arrow keys go on to its neighbours. Films play together and begin together
    again; where a reader wishes for less motion, and on paper, there are the stills.

    Parameters
    ----------
    contact : Contact
        Its words are shown as they are.
    target : Path
        Equal grids give equal bytes.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    Fault
        If a picture cannot be read, or the page cannot be written there.
    """
    page = fill(
        "web/contact.html",
        speaks=contact.language,
        contact=contact,
        seen=pictures(tile.still for tile in contact.tiles if tile.still is not None),
        clips=[
            (number, base64.b64encode(read(tile.clip)).decode("ascii"))
            for number, tile in enumerate(contact.tiles)
            if tile.clip is not None
        ],
        ground=THEMES[contact.theme].ground,
        light=LIGHT,
        dark=DARK,
        paper=PRINT,
        palette=palette,
    )
    return write_whole(target, page.encode())
