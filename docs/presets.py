"""Render every lecture on every preset and write the README's table of them: each length is that of a film.

.venv/bin/python docs/presets.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from gdlectures.asking import catalog
from gdlectures.asking.planning import plan_films
from gdlectures.asking.requests import RenderRequest
from gdlectures.faults.errors import Exit, Fault
from gdlectures.faults.progress import clock
from gdlectures.films.rendering import render_films
from gdmath import preset_names

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- made by docs/presets.py -->\n", "<!-- presets end here -->"
REFUSED = "–"


def is_refused(request: RenderRequest) -> bool:
    """Whether a lecture says that it does not fit the dataset."""
    try:
        plan_films([request])
    except Fault as fault:
        if fault.exit_code is not Exit.USAGE:
            raise
        return True
    return False


def table(lengths: dict[tuple[str, str], str]) -> str:
    """A row a preset, a column a lecture."""
    lectures = list(dict.fromkeys(lecture for _, lecture in lengths))
    rows = [["preset", *(f"`{lecture}`" for lecture in lectures)], ["---", *["---:"] * len(lectures)]]
    for preset in preset_names():
        rows.append([f"`{preset}`", *(lengths[preset, lecture] for lecture in lectures)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    asked = [
        RenderRequest(entry.name, quality="preview", knobs={"dataset": preset})
        for entry in catalog.entries()
        for preset in preset_names()
    ]
    lengths = {(str(request.knobs["dataset"]), request.lecture): REFUSED for request in asked}
    allowed = [request for request in asked if not is_refused(request)]
    with tempfile.TemporaryDirectory() as scratch:
        for request, outcome in zip(allowed, render_films(allowed, out=scratch), strict=True):
            film = outcome.film()
            lengths[str(request.knobs["dataset"]), request.lecture] = clock(film.seconds)
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{table(lengths)}{END}{after}")


if __name__ == "__main__":
    main()
