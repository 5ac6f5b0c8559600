"""A grid of stills as one picture for a slide."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from PIL import Image, ImageDraw

from gdlectures.exports.contact import Contact, Tile
from gdlectures.exports.pictures import set_text
from gdscenes.kit.page.theme import THEMES, Theme
from gdscenes.kit.type.language import speaking, tr

WIDTH, HEIGHT = 1920, 1080
_MARGIN = 40
_TITLE, _ABOUT = 44, 28  # em
_HEADER = 126
_GAP = 0.05  # of a tile's width
_EM = 0.055
_SMALLEST_EM, _LARGEST_EM = 13, 26
_LINE = 1.45  # em
_FACT = 0.85  # em
_LETTER = 0.5  # em, about
_SMALLEST_WIDTH = 140  # of a tile
_SIDE = 190  # width of what stands beside the rows


@dataclass(frozen=True)
class _Layout:
    """Where the tiles stand: in so many columns, each so large, with so many lines of words under it."""

    columns: int
    width: int
    height: int
    em: float
    lines: float
    left: int
    top: int
    sheet_width: int
    sheet_height: int

    @property
    def gap(self) -> int:
        return max(8, round(self.width * _GAP))

    @property
    def pitch(self) -> tuple[int, int]:
        """From one tile to the next, across and down."""
        return self.width + self.gap, self.height + round(self.lines * _LINE * self.em) + self.gap


def contact_picture(contact: Contact) -> Image.Image:
    """The grid as a picture of a slide's size, its tiles as large as they can be; larger for many tiles.

    Under each tile stands what differs, unless columns and rows have heads, and what came of its runs.
    """
    theme = THEMES[contact.theme]
    place = _layout(contact)
    sheet = Image.new("RGB", (place.sheet_width, place.sheet_height), theme.ground)
    _write(sheet, contact.title, (_MARGIN, _MARGIN), _TITLE, theme.ink, WIDTH - 2 * _MARGIN)
    _write(sheet, contact.about, (_MARGIN, _MARGIN + 54), _ABOUT, theme.muted, WIDTH - 2 * _MARGIN)
    across, down = place.pitch
    for number, tile in enumerate(contact.tiles):
        row, column = divmod(number, place.columns)
        at = place.left + column * across, place.top + row * down
        with speaking(contact.language):
            _draw(sheet, tile, at, place, theme)
        below = at[1] + place.height + round(0.25 * place.em)
        if not contact.heads:
            _write(sheet, tile.label, (at[0], below), place.em, theme.ink, place.width)
            below += round(_LINE * place.em)
        for k, fact in enumerate(tile.facts):
            y = below + round(k * _LINE * _FACT * place.em)
            _write(sheet, fact, (at[0], y), _FACT * place.em, theme.muted, place.width)
    em = max(place.em, 20.0)
    for column, head in enumerate(contact.heads):
        middle = place.left + column * across + place.width // 2
        _write(sheet, head, (middle, place.top - round(1.6 * em)), em, theme.ink, place.width, 0.5)
    for row, side in enumerate(contact.sides):
        lines_beside = textwrap.wrap(side, round((_SIDE - 20) / (_LETTER * em)))
        y = place.top + row * down + place.height // 2 - round(0.5 * _LINE * em * len(lines_beside))
        for k, line in enumerate(lines_beside):
            at = (place.left - 20, y + round(k * _LINE * em))
            _write(sheet, line, at, em, theme.ink, _SIDE - 20, 1.0)
    return sheet


def _layout(contact: Contact) -> _Layout:
    """The largest tiles that fit on a slide; where they would be too small to tell apart, a larger sheet."""
    count, has_heads = len(contact.tiles), bool(contact.heads)
    lines = _FACT * max(len(tile.facts) for tile in contact.tiles) + (not has_heads)
    corner = _SIDE * has_heads, _HEADER + _MARGIN + 44 * has_heads

    def place(columns: int, width: int) -> _Layout:
        em = min(max(width * _EM, _SMALLEST_EM), _LARGEST_EM)
        height = round(width * contact.height / contact.width)
        made = _Layout(columns, width, height, em, lines, *corner, WIDTH, HEIGHT)
        across, down = made.pitch
        right = corner[0] + columns * across - made.gap + 2 * _MARGIN
        bottom = corner[1] + -(-count // columns) * down - made.gap + _MARGIN // 2
        size = max(WIDTH, right), max(HEIGHT, bottom)
        left, top = corner[0] + (size[0] - right) // 2 + _MARGIN, corner[1] + (size[1] - bottom) // 2
        return _Layout(columns, width, height, em, lines, left, top, *size)

    for width in range(WIDTH, _SMALLEST_WIDTH, -4):
        for columns in [contact.columns] if has_heads else range(1, count + 1):
            found = place(columns, width)
            if (found.sheet_width, found.sheet_height) == (WIDTH, HEIGHT):
                return found
    return place(contact.columns, _SMALLEST_WIDTH)


def _draw(sheet: Image.Image, tile: Tile, at: tuple[int, int], place: _Layout, theme: Theme) -> None:
    size = (place.width, place.height)
    if tile.still is not None:
        with Image.open(tile.still) as still:
            sheet.paste(still.convert("RGB").resize(size, Image.Resampling.LANCZOS), at)
    box = (at[0] - 1, at[1] - 1, at[0] + place.width, at[1] + place.height)
    ImageDraw.Draw(sheet).rectangle(box, outline=theme.grid)
    if tile.refused:
        em = place.em * 0.9
        words = textwrap.wrap(
            f"{tr('not drawn')}: {tile.refused}", max(8, round(0.9 * place.width / (_LETTER * em)))
        )
        fitting = words[: max(1, int(place.height / (_LINE * em)) - 1)]
        for k, line in enumerate(fitting):
            y = at[1] + round(0.5 * place.height + (k - len(fitting) / 2) * _LINE * em)
            _write(
                sheet, line, (at[0] + place.width // 2, y), em, theme.muted, round(0.95 * place.width), 0.5
            )


def _write(
    sheet: Image.Image,
    text: str,
    at: tuple[int, int],
    em: float,
    color: str,
    room: int,
    anchor: float = 0.0,
) -> None:
    """Write a line, smaller where it would be wider than its room; the anchor is the part left of `at`."""
    drawn = set_text([text], em, color)
    if drawn.width > room:
        drawn = set_text([text], em * room / drawn.width, color)
    edge = round((0.5 - anchor) * 0.2 * em)  # clear at either side
    sheet.paste(drawn, (at[0] - round(anchor * drawn.width) - edge, at[1]), drawn)
