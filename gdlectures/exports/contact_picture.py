"""A grid of stills as one picture that fills a slide."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from gdlectures.exports.contact import Contact, Tile
from gdlectures.exports.pictures import set_text
from gdscenes.kit.page.theme import THEMES, Theme

WIDTH, HEIGHT = 1920, 1080
_MARGIN = 40
_TITLE, _ABOUT = 44, 28  # em
_HEADER = 126
_GAP = 0.05  # of a tile's width
_EM = 0.055
_SMALLEST_EM, _LARGEST_EM = 13, 26
_LINE = 1.45  # em
_LETTER = 0.5  # em, about
_SIDE = 190  # width of what stands beside the rows


@dataclass(frozen=True)
class _Layout:
    """Where the tiles stand: in so many columns, each so large, with their words."""

    columns: int
    width: int
    height: int
    em: float
    lines: int
    left: int
    top: int

    @property
    def gap(self) -> int:
        return max(8, round(self.width * _GAP))

    @property
    def pitch(self) -> tuple[int, int]:
        """From one tile to the next, across and down."""
        return self.width + self.gap, self.height + round(self.lines * _LINE * self.em) + self.gap


def contact_picture(contact: Contact) -> Image.Image:
    """The grid as a picture of a slide's size, its tiles as large as they can be.

    Under each tile stands what differs, unless columns and rows have heads, and what came of its runs.
    """
    theme = THEMES[contact.theme]
    sheet = Image.new("RGB", (WIDTH, HEIGHT), theme.ground)
    _write(sheet, contact.title, (_MARGIN, _MARGIN), _TITLE, theme.ink, WIDTH - 2 * _MARGIN)
    _write(sheet, contact.about, (_MARGIN, _MARGIN + 54), _ABOUT, theme.muted, WIDTH - 2 * _MARGIN)
    place = _layout(contact)
    across, down = place.pitch
    for number, tile in enumerate(contact.tiles):
        row, column = divmod(number, place.columns)
        at = place.left + column * across, place.top + row * down
        _draw(sheet, tile, at, place, theme)
        lines = ([] if contact.heads else [(tile.label, theme.ink)]) + [
            (fact, theme.muted) for fact in tile.facts
        ]
        for k, (line, color) in enumerate(lines):
            y = at[1] + place.height + round((0.25 + k * _LINE) * place.em)
            _write(sheet, line, (at[0], y), place.em, color, place.width)
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
    """The largest tiles that fit."""
    lines = max(len(tile.facts) for tile in contact.tiles) + (not contact.heads)
    side = _SIDE if contact.heads else 0
    top = _HEADER + _MARGIN + (44 if contact.heads else 0)
    count = len(contact.tiles)
    fitting = []
    for columns in [contact.columns] if contact.heads else range(1, count + 1):
        for width in range(WIDTH, 20, -4):
            em = min(max(width * _EM, _SMALLEST_EM), _LARGEST_EM)
            place = _Layout(columns, width, round(width * contact.height / contact.width), em, lines, 0, top)
            across, down = place.pitch
            is_in = (
                side + columns * across - place.gap <= WIDTH - 2 * _MARGIN
                and top + -(-count // columns) * down - place.gap <= HEIGHT - _MARGIN // 2
            )
            if is_in:
                left = side + (WIDTH - side - columns * across + place.gap) // 2
                fitting.append(_Layout(columns, width, place.height, em, lines, left, top))
                break
    return max(fitting, key=lambda place: place.width)


def _draw(sheet: Image.Image, tile: Tile, at: tuple[int, int], place: _Layout, theme: Theme) -> None:
    size = (place.width, place.height)
    if tile.still is not None:
        with Image.open(tile.still) as still:
            sheet.paste(still.convert("RGB").resize(size, Image.Resampling.LANCZOS), at)
    box = (at[0] - 1, at[1] - 1, at[0] + place.width, at[1] + place.height)
    ImageDraw.Draw(sheet).rectangle(box, outline=theme.grid)
    if tile.refused:
        em = place.em * 0.9
        words = textwrap.wrap(f"not drawn: {tile.refused}", max(8, round(0.9 * place.width / (_LETTER * em))))
        fitting: Sequence[str] = words[: max(1, int(place.height / (_LINE * em)) - 1)]
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
    sheet.paste(drawn, (at[0] - round(anchor * drawn.width), at[1]), drawn)
