"""The live figure as a page by itself: one HTML file in which a descent can be played with, no network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gdlectures.asking.live import MOST_POINTS, LiveFigure, live_entry, live_figure
from gdlectures.asking.planning import plan_films
from gdlectures.asking.requests import Failed, Rendered, RenderRequest
from gdlectures.exports.shipped import fill, shipped
from gdlectures.faults.errors import Exit, Fault, usage
from gdlectures.films import publishing
from gdscenes.kit.page.theme import THEMES, luminance, rgb
from gdscenes.kit.type.language import speaking, tr

if TYPE_CHECKING:
    from gdlectures.asking.planning import Plan
    from gdlectures.films.manifest import Manifest

_ROLES = {
    **{role: role for role in ("ground", "panel", "ink", "muted", "grid", "axis", "data", "loss", "bias")},
    **{role: role for role in ("weight", "model", "path", "minimum", "diverged")},
    "low": "low_rate",
}
"""Custom properties of the page, and the roles of the theme whose colours they are."""


@dataclass(frozen=True)
class LivePage:
    """A live figure that was asked for: the name of its file and what it says."""

    name: str
    figure: LiveFigure


def planned_figures(requests: Sequence[RenderRequest]) -> list[LivePage | Failed]:
    """The live figures of lectures of which no frame is drawn: only their runs are computed.

    Raises
    ------
    Fault
        As `gdlectures.asking.planning.plan_films`.
    """
    return [plan if isinstance(plan, Failed) else _page_of(plan) for plan in plan_films(requests)]


def _page_of(plan: Plan) -> LivePage | Failed:
    from gdscenes.kit.lecture.story import Story

    with plan.lecture.speaking():
        entry = live_entry(plan.lecture, plan.story)
    if entry is None:
        allowed = f"a lecture of a bias and a weight by gradient descent, on up to {MOST_POINTS} points"
        fix = "give another lecture or dataset, and no optimiser"
        fault = Fault(Exit.USAGE, plan.entry.name, "no map of b and w", allowed, fix)
        return Failed(plan.entry.name, fault)
    assert isinstance(plan.story, Story), "what has a live figure has a dataset"
    lecture, dataset = plan.lecture, plan.story.dataset
    figure = live_figure(lecture.title, lecture.question, plan.theme, lecture.language, entry, dataset)
    stem = plan.stem.removesuffix(f"-{plan.request.beat}")
    return LivePage(f"{stem}-live.html", figure)


def figure_of(film: Rendered, manifest: Manifest) -> LiveFigure | None:
    """The live figure of a film that was drawn; None for a lecture that has none."""
    from gdlectures.asking.stories import read

    if manifest.live is None:
        return None
    dataset = read(film.story).drawn_from["dataset"]
    words = manifest.title, manifest.question, manifest.theme, manifest.language
    return live_figure(*words, manifest.live, dataset)


def live_page(figure: LiveFigure, *, beat: str | None = None, keeps_address: bool = True) -> str:
    """A page that shows a live figure, whole in itself.

    Parameters
    ----------
    figure : LiveFigure
    beat : str, optional
        Begin with what this beat says to try.
    keeps_address : bool
        Have the page's address follow what is shown, so that it can be shared.

    Raises
    ------
    Fault
        If the beat has nothing to try.
    """
    _check_beat(figure, beat)
    return fill(
        "web/live.html",
        speaks=figure.language,
        title=figure.title,
        question=figure.question,
        figure=figure_json(figure, beat),
        palette=live_palette(figure.theme),
        keeps_address=keeps_address,
    )


def live_palette(theme: str) -> str:
    """A theme's colours as the custom properties that a live figure is coloured by."""
    look = THEMES[theme]
    scheme = "dark" if luminance(*rgb(look.ground)) < 0.5 else "light"
    colors = "; ".join(f"--{name}: {look.color(role)}" for name, role in _ROLES.items())
    return f"color-scheme: {scheme}; {colors}"


def figure_json(figure: LiveFigure, beat: str | None = None) -> str:
    """What the script is given, as JSON that ends no element of the page that it stands in."""
    from markupsafe import Markup

    with speaking(figure.language) as language:
        words = {word: told for word in _words() if (told := tr(word)) != word}
    given = {**figure.told, "beat": beat or "", "words": words, "decimal": language.decimal}
    return Markup(json.dumps(given).replace("<", r"\u003c"))


@cache
def _words() -> tuple[str, ...]:
    """What the script says, ``say`in ${n} steps` `` as "in {0} steps"."""
    return tuple(spoken_by(shipped("web/live.js")))


def spoken_by(script: str) -> Iterator[str]:
    """The words of a script: what its `say` is given, a number in braces for each value in them."""
    for found in re.finditer(r"\bsay`([^`]*)`", script):
        first, *others = re.split(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", found[1])
        yield first + "".join(f"{{{k}}}{part}" for k, part in enumerate(others))


def live_frame(figure: LiveFigure, *, beat: str | None = None, width: int | None = None) -> str:
    """A frame that holds the page of a live figure, for a place whose own page is another's."""
    return _frame(figure, width, srcdoc=live_page(figure, beat=beat, keeps_address=False))


def live_snippet(page: LivePage, *, beat: str | None = None, width: int | None = None) -> str:
    """The element that shows the page in another one that lies beside it. Raises as `live_page` does."""
    _check_beat(page.figure, beat)
    return _frame(page.figure, width, src=quote(page.name) + (f"#beat={quote(beat)}" if beat else "")) + "\n"


def _check_beat(figure: LiveFigure, beat: str | None) -> None:
    if beat is not None and beat not in figure.beats:
        some = ", ".join(figure.beats) or "no beat of this lecture"
        raise usage("--beat", beat, some, "give --beat one of these, or leave it out")


def _frame(figure: LiveFigure, width: int | None, **holds: str) -> str:
    style = f"width: {f'{width}px' if width else '100%'}; max-width: 100%; height: 46rem; border: 0"
    with speaking(figure.language):
        title = tr("{title}: live figure", title=figure.title)
    given = {**holds, "title": title, "style": style}
    words = " ".join(f'{name}="{escape(value)}"' for name, value in given.items())
    return f"<iframe {words}></iframe>"


def write_live(page: LivePage, folder: Path) -> Path:
    """Write the page into a folder, which is made if need be.

    Raises
    ------
    Fault
        If the folder cannot be written.
    """
    words = live_page(page.figure)
    publishing.check_folder(folder, [folder / page.name])
    publishing.make_folder(folder)
    return publishing.write_whole(folder / page.name, words.encode())
