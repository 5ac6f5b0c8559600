"""Tell every lecture on presets and tables for the README's table: each length is that of a film, not drawn.

.venv/bin/python docs/presets.py
"""

from __future__ import annotations

from pathlib import Path

from gdlectures.asking import catalog, scripts
from gdlectures.asking.data import data_knob, user_data
from gdlectures.asking.requests import RenderRequest
from gdlectures.faults.errors import Exit, Fault
from gdlectures.faults.progress import clock
from gdmath import preset_names

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- made by docs/presets.py -->\n", "<!-- presets end here -->"
REFUSED = "–"
PENGUINS = README.with_name("examples") / "data" / "penguins.csv"
COLUMNS = (
    ("flipper_length_mm", "body_mass_g"),
    ("bill_length_mm", "bill_depth_mm"),
    ("year", "flipper_length_mm"),
)
"""Of the penguins, feature and target: a clear rise, a weak fall, and a feature with three values."""


def requests() -> dict[tuple[str, str], RenderRequest]:
    """Every film, by the name of its data and its lecture."""
    entries = [each for each in catalog.entries() if data_knob(type(catalog.load(each).settings)) is not None]
    lectures = [entry.name for entry in entries]
    asked = {
        (f"`{preset}`", lecture): RenderRequest(lecture, quality="preview", knobs={"dataset": preset})
        for preset in preset_names()
        for lecture in lectures
    }
    for x, y in COLUMNS:
        data, _ = user_data(PENGUINS, {"x": x, "y": y, "drop_missing": True})
        told = f"penguins, `{y}` by `{x}`"
        asked |= {(told, each): RenderRequest(each, quality="preview", data=data) for each in lectures}
    return asked


def length(request: RenderRequest) -> str:
    """How long a lecture is on a dataset, or that it says that it does not fit."""
    try:
        (script,) = scripts.told([request])
    except Fault as fault:
        if fault.exit_code is not Exit.USAGE:
            raise
        return REFUSED
    assert isinstance(script, scripts.Script)
    return clock(sum(line.seconds for line in script.lines))


def table(lengths: dict[tuple[str, str], str]) -> str:
    """A row a dataset, a column a lecture."""
    names, lectures = (list(dict.fromkeys(each)) for each in zip(*lengths, strict=True))
    rows = [["data", *(f"`{lecture}`" for lecture in lectures)], ["---", *["---:"] * len(lectures)]]
    rows += [[name, *(lengths[name, lecture] for lecture in lectures)] for name in names]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    lengths = {place: length(request) for place, request in requests().items()}
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{table(lengths)}{END}{after}")


if __name__ == "__main__":
    main()
