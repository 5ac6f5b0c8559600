"""A grid of pictures that differ in some values, as a page and as a sheet show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gdscenes.kit.type.language import ENGLISH


@dataclass(frozen=True)
class Tile:
    """One cell of the grid.

    Attributes
    ----------
    label : str
        What differs, such as "learning rate 0.05".
    still, clip : Path or None
        PNG; mp4 that plays over and over. A cell that came to nothing has neither.
    alt : str
        The still in words.
    facts : tuple of str
        What came of its runs, in words.
    refused : str
        Why there is no picture, "" where there is one.
    """

    label: str
    still: Path | None = None
    clip: Path | None = None
    alt: str = ""
    facts: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Contact:
    """A grid of tiles and what is said over it.

    Attributes
    ----------
    title, about : str
    command : str
        What makes it again.
    theme : str
        Name of the pictures' theme.
    width, height : int
        Size of the pictures.
    heads : tuple of str
        Over the columns; empty for tiles that only follow each other.
    sides : tuple of str
        Beside the rows, as many as there are rows; empty without heads.
    tiles : tuple of Tile
        Row after row.
    columns : int
    language : str
        Of its words.
    """

    title: str
    about: str
    command: str
    theme: str
    width: int
    height: int
    heads: tuple[str, ...]
    sides: tuple[str, ...]
    tiles: tuple[Tile, ...]
    columns: int
    language: str = ENGLISH

    @property
    def rows(self) -> list[tuple[Tile, ...]]:
        return [self.tiles[k : k + self.columns] for k in range(0, len(self.tiles), self.columns)]
