"""Draw the README's pictures: a beat of some lectures as `gdlectures gif` makes it, and the sheet of a sweep.

.venv/bin/python docs/pictures.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from gdlectures.asking.requests import RenderRequest
from gdlectures.asking.sweeps import MOST_STILLS, grid_of
from gdlectures.exports.export import Exported, export
from gdlectures.exports.options import ExportOptions
from gdlectures.exports.sweep import SHEET, draw_sweep, plan_sweep

FOLDER = Path(__file__).parent
PICTURES = {
    "regression-fit": "loss",
    "loss-surface": "descent",
    "learning-rates": "together",
    "feature-scaling": "race",
}
WIDTH = 640
MAX_SIZE = "1.5MB"
SWEPT = RenderRequest("regression-fit", beat="steps")
VALUES = {"learning_rate": ["0.05:0.8:4:log"]}
SHEET_SIZE = (1280, 720)


def main() -> None:
    draw_gifs()
    draw_sheet()


def draw_gifs() -> None:
    """A moving picture of one beat of some lectures."""
    for lecture, beat in PICTURES.items():
        how = ExportOptions("gif", beat=beat, width=WIDTH, max_size=MAX_SIZE)
        (made,) = export([RenderRequest(lecture)], how, FOLDER)
        if not isinstance(made, Exported):
            sys.exit(str(made.fault))
        for path, words in made.files:
            print(f"{path}  {words}")


def draw_sheet() -> None:
    """The sheet of a sweep, small."""
    with tempfile.TemporaryDirectory() as folder:
        planned = plan_sweep(grid_of(SWEPT, VALUES, MOST_STILLS), Path(folder))
        draw_sweep(planned)
        target = FOLDER / f"{planned.folder.name}.png"
        with Image.open(planned.folder / SHEET) as sheet:
            sheet.resize(SHEET_SIZE, Image.Resampling.LANCZOS).save(target, optimize=True)
    print(f"{target}  the sheet of a sweep")


if __name__ == "__main__":
    main()
