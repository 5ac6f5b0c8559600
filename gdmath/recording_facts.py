"""What can be known of a recorded run, and how far its plane can be trusted."""

from dataclasses import dataclass

import numpy as np

from gdmath.arrays import FloatArray
from gdmath.planes import PlaneKind, PlaneSurface, random_walk_explains, step_angles, step_lengths
from gdmath.recordings import OptimizerFacts, RecordedRun


@dataclass(frozen=True, eq=False)
class SurfaceFacts:
    """A plane beside the rows that are seen in it.

    Attributes
    ----------
    kind : PlaneKind
    axes : tuple of str
    explained : float
        Share of the rows' variance that lies along the plane, from 0 to 1.
    random_walk_explained : float
        What the path's plane explains of a random walk of as many rows and parameters, by simulation, see
        `random_walk_explains`.
    coordinates : (rows, 2)
        x and y of each row's projection.
    distances : (rows,)
        How far each row lies from the plane.
    row_losses : (rows,)
        The loss in the plane at the projections: where a path on the surface is drawn.
    gaps : (rows,)
        row_losses less the true losses; 0 where the model has these two parameters and no other.
    median_gap : float
        Median of |gap| / |true loss|, over the rows whose loss is not 0.
    widest_gap : float
        The gap of the row where |gap| / |true loss| is largest.
    widest_gap_step : int
        The step of that row.
    """

    kind: PlaneKind
    axes: tuple[str, str]
    explained: float
    random_walk_explained: float
    coordinates: FloatArray
    distances: FloatArray
    row_losses: FloatArray
    gaps: FloatArray
    median_gap: float
    widest_gap: float
    widest_gap_step: int


@dataclass(frozen=True, eq=False)
class RecordingFacts:
    """A recorded run in numbers.

    Attributes
    ----------
    n_parameters, n_rows, n_steps, every : int
    type : str
        Of the parameters, float32 or float64.
    optimizers : tuple of OptimizerFacts
    n_steps_recorded : tuple of int
        Of each optimiser, the recorded rows from which it went on.
    partial : str
        Why rows are missing at the end; "" where none is.
    first_loss, last_loss, lowest_loss : float
    lowest_loss_step : int
    lowest_rate, highest_rate : float or None
        Of the updates that were recorded; None where there was none.
    way : float
        The sum of the distances between rows.
    distance : float
        From the first row to the last.
    step_lengths : (rows - 1,)
        How far each row is from the one before.
    step_angles : (rows - 2,)
        By how many degrees each step turns from the one before; nan where one goes nowhere.
    update_error : float or None
        The largest |p' - (p - rate g)| of all rows and parameters: how far the updates are from plain ones.
        None where rows lie more than one step apart.
    surfaces : tuple of SurfaceFacts
        Of each plane of the run.
    """

    n_parameters: int
    n_rows: int
    n_steps: int
    every: int
    type: str
    optimizers: tuple[OptimizerFacts, ...]
    n_steps_recorded: tuple[int, ...]
    partial: str
    first_loss: float
    last_loss: float
    lowest_loss: float
    lowest_loss_step: int
    lowest_rate: float | None
    highest_rate: float | None
    way: float
    distance: float
    step_lengths: FloatArray
    step_angles: FloatArray
    update_error: float | None
    surfaces: tuple[SurfaceFacts, ...]


def facts_of_recording(run: RecordedRun) -> RecordingFacts:
    """Return what can be known of a recorded run.

    Examples
    --------
    >>> run = RecordedRun(
    ...     parameters=np.array([[0.0, 0.0], [3.0, 4.0]]),
    ...     losses=[2.0, 1.0],
    ...     gradients=np.array([[-3.0, -4.0]]),
    ...     learning_rates=[1.0],
    ...     stepped_by=[0],
    ...     steps=[0, 1],
    ...     shapes={"weight": (2,)},
    ...     optimizers=(OptimizerFacts("SGD", ()),),
    ... )
    >>> facts = facts_of_recording(run)
    >>> facts.way, facts.update_error
    (5.0, 0.0)
    """
    rows, p = run.parameters.shape
    long = step_lengths(run.parameters)
    lowest = int(run.losses.argmin())
    rates = run.learning_rates
    return RecordingFacts(
        n_parameters=p,
        n_rows=rows,
        n_steps=int(run.steps[-1]),
        every=run.every,
        type=run.parameters.dtype.name,
        optimizers=run.optimizers,
        n_steps_recorded=tuple(int((run.stepped_by == i).sum()) for i in range(len(run.optimizers))),
        partial=run.partial,
        first_loss=float(run.losses[0]),
        last_loss=float(run.losses[-1]),
        lowest_loss=float(run.losses[lowest]),
        lowest_loss_step=int(run.steps[lowest]),
        lowest_rate=float(rates.min()) if rates.size else None,
        highest_rate=float(rates.max()) if rates.size else None,
        way=float(long.sum()),
        distance=float(step_lengths(run.parameters[[0, -1]])[0]),
        step_lengths=long,
        step_angles=step_angles(run.parameters),
        update_error=_update_error(run),
        surfaces=tuple(_surface_facts(run, seen) for seen in run.surfaces),
    )


def _update_error(run: RecordedRun) -> float | None:
    if rows_apart(run) or not len(run.gradients):
        return None
    worst = 0.0
    for k, rate in enumerate(run.learning_rates):
        before, after, gradient = (
            a.astype(np.float64) for a in (run.parameters[k], run.parameters[k + 1], run.gradients[k])
        )
        worst = max(worst, float(np.abs(after - (before - rate * gradient)).max()))
    return worst


def rows_apart(run: RecordedRun) -> bool:
    """Whether some rows lie more than one step apart."""
    return bool((np.diff(run.steps) > 1).any())


def _surface_facts(run: RecordedRun, seen: PlaneSurface) -> SurfaceFacts:
    plane, row_losses = seen.plane, seen.row_losses
    gaps = row_losses - run.losses
    sizes = np.abs(run.losses)
    relative = np.where(sizes > 0.0, np.abs(gaps) / np.where(sizes > 0.0, sizes, 1.0), np.nan)
    relative = np.where(np.isfinite(relative).any(), relative, 0.0)
    widest = int(np.nanargmax(relative))
    return SurfaceFacts(
        kind=plane.kind,
        axes=plane.axes,
        explained=plane.explains(run.parameters),
        random_walk_explained=random_walk_explains(*run.parameters.shape),
        coordinates=plane.coordinates(run.parameters),
        distances=plane.distances(run.parameters),
        row_losses=row_losses,
        gaps=gaps,
        median_gap=float(np.nanmedian(relative)),
        widest_gap=float(gaps[widest]),
        widest_gap_step=int(run.steps[widest]),
    )
