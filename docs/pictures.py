"""Draw the README's moving pictures, one beat of a lecture each, as `gdlectures gif` makes them.

.venv/bin/python docs/pictures.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from gdlectures.asking.requests import RenderRequest
from gdlectures.exports.export import Exported, export
from gdlectures.exports.options import ExportOptions

FOLDER = Path(__file__).parent
PICTURES = {
    "regression-fit": "loss",
    "loss-surface": "descent",
    "learning-rates": "together",
    "feature-scaling": "race",
}
WIDTH = 640
MAX_SIZE = "1.5MB"


def main() -> None:
    for lecture, beat in PICTURES.items():
        how = ExportOptions("gif", beat=beat, width=WIDTH, max_size=MAX_SIZE)
        (made,) = export([RenderRequest(lecture)], how, FOLDER)
        if not isinstance(made, Exported):
            sys.exit(str(made.fault))
        for path, words in made.files:
            print(f"{path}  {words}")


if __name__ == "__main__":
    main()
