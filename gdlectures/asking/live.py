"""What the live figure of a lecture is told: the points, the descents of the film, what to try, tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gdmath
from gdlectures.asking.requests import readable
from gdscenes.kit.lecture.live import Trial
from gdscenes.kit.type.language import tr

if TYPE_CHECKING:
    from gdscenes.kit.lecture.lecture import Lecture
    from gdscenes.kit.lecture.story import AnyStory, Story

MOST_POINTS = 2000
"""Points that a browser draws and moves at once; a larger dataset has no live figure."""
_MOST_STEPS = 1000


def live_entry(lecture: type[Lecture], story: AnyStory) -> dict[str, Any] | None:
    """What a manifest says of a lecture's live figure; with the story's dataset it is all of it.

    Returns
    -------
    dict or None
        None where there is no map to show: without a dataset or a bias, or of more than `MOST_POINTS` points;
        and where the runs are no gradient descent, which is all that it makes.
    """
    from gdscenes.kit.lecture.story import Story

    if not isinstance(story, Story) or not story.is_plain:
        return None
    if not story.problem.fit_bias or story.problem.n_rows > MOST_POINTS:
        return None
    seed = getattr(story.settings, "seed", None)
    sizes = {run.batch_size for run in story.runs.values() if run.batch_size is not None}
    return {
        "reduction": story.problem.reduction,
        "batches": [{"size": size, "seed": seed} for size in sorted(sizes - {story.problem.n_rows})],
        "begins": _setting(Trial(""), story),
        "settings": [
            {"beat": trial.beat, "title": readable(trial.beat), **_setting(trial, story)}
            for trial in lecture.trials
        ],
        "tasks": [
            {
                "words": tr(task.words),
                "asks": task.asks,
                "within": task.within,
                "wants": dict(task.wants) or None,
            }
            for task in lecture.tasks
        ],
    }


def _setting(trial: Trial, story: Story) -> dict[str, Any]:
    run = story.runs[trial.run] if trial.run else next(iter(story.runs.values()))
    sampled = run.batch_size not in (None, story.problem.n_rows)
    return {
        "rate": trial.rate or float(run.learning_rate),
        "start": story.dataset.start.tolist() if trial.standardised else run.parameters[0].tolist(),
        "steps": trial.steps or min(run.n_steps, _MOST_STEPS),
        "step": trial.step,
        "size": run.batch_size if sampled else 0,
        "axes": trial.one_axis,
        "standardised": trial.standardised,
        "predict": trial.predict,
    }


@dataclass(frozen=True)
class LiveFigure:
    """A live figure, ready to be put into a page.

    Attributes
    ----------
    title, question, theme, language : str
        Of the lecture, the name of the theme of its film, and the language of its words.
    told : mapping
        What the script of the page is given, of numbers and words alone.
    """

    title: str
    question: str
    theme: str
    language: str
    told: Mapping[str, Any]

    @property
    def beats(self) -> tuple[str, ...]:
        """Beats that say "try this"."""
        return tuple(setting["beat"] for setting in self.told["settings"])


def live_figure(
    title: str,
    question: str,
    theme: str,
    language: str,
    entry: Mapping[str, Any],
    dataset: gdmath.Dataset,
) -> LiveFigure:
    """Put together what a manifest says and the dataset of the story beside it."""
    x, y, n = dataset.x_train, dataset.y_train, len(dataset.x_train)
    begins = entry["begins"]
    frame = dataset.frame or gdmath.TeachingFrame(0.0, 1.0, 0.0, 1.0)
    problem = gdmath.LeastSquares(x, y, reduction=entry["reduction"])
    told = {
        "x": x.tolist(),
        "y": y.tolist(),
        "xName": _counted(dataset.x_name, frame.x_origin, frame.x_scale),
        "yName": _counted(dataset.y_name, frame.y_origin, frame.y_scale),
        "reduction": entry["reduction"],
        **{name: begins[name] for name in ("start", "rate", "steps", "step")},
        "startLoss": float(problem.loss(begins["start"])),
        "batches": [{"size": each["size"], "order": _order(n, **each)} for each in entry["batches"]],
        "settings": entry["settings"],
        "tasks": entry["tasks"],
    }
    return LiveFigure(title, question, theme, language, told)


def _counted(name: str, origin: float, scale: float) -> str:
    """What an axis counts, in the units of the table, such as ``(size − 50) / 100``."""
    moved = f"({name} {'−' if origin > 0 else '+'} {abs(origin):g})" if origin else name
    return moved if scale == 1 else f"{moved} / {scale:g}"


def _order(n: int, size: int, seed: int | None) -> list[int]:
    """The points in the order in which the film's batches meet them, as many epochs as are shown."""
    an_epoch = -(-n // size)
    epochs = 1 if seed is None else -(-_MOST_STEPS // an_epoch)
    rows = gdmath.batches(n, size, epochs * an_epoch, seed, shuffle=seed is not None)
    return [int(row) for each in rows for row in each]
