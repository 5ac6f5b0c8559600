"""The mathematics of the films: datasets, objectives, descents and landscapes, in NumPy.

Every film is drawn from a `Trajectory` that was computed before its first frame:

    Dataset -> LeastSquares -> Trajectory, LossGrid

`gdmath.torch_loops`, the same runs by PyTorch, is imported only by who asks for it; nothing else needs torch.

Examples
--------
>>> import gdmath
>>> dataset = gdmath.preset("chapter-0")
>>> problem = dataset.problem()
>>> trajectory = gdmath.descend(problem, dataset.start, dataset.learning_rate, dataset.n_steps)
>>> trajectory.parameters[-1].round(4), problem.minimizer.round(4)
(array([1.0235, 1.969 ]), array([1.0235, 1.969 ]))
"""

from gdmath import behaviour as behaviour
from gdmath.datasets import Dataset, preset, preset_names
from gdmath.descent import (
    batches,
    descend,
    descend_on_summed_gradient,
    landings,
    losses_after,
    steps_needed,
)
from gdmath.facts import Caution, Facts, RowFacts, facts_of
from gdmath.frame_tables import read_parquet, table_from
from gdmath.frames import TeachingFrame
from gdmath.landscape import (
    FiniteDifference,
    LossGrid,
    contour_levels,
    cross_section,
    direction,
    finite_difference,
    loss_grid,
    steepest_angle,
    window_around,
    zoom_of_runs,
)
from gdmath.objectives import BIAS, WEIGHT, LeastSquares
from gdmath.scaling import Standardizer
from gdmath.tables import Table, TableError, read_table
from gdmath.trajectory import (
    Outcome,
    Trajectory,
    TrajectoryFileError,
    decode_trajectory,
    encode_trajectory,
    load_trajectory,
    steps_to_within,
)
from gdmath.windows import TEXTBOOK_WINDOWS, Window, window_below

__all__ = [
    "BIAS",
    "TEXTBOOK_WINDOWS",
    "WEIGHT",
    "Caution",
    "Dataset",
    "Facts",
    "FiniteDifference",
    "LeastSquares",
    "LossGrid",
    "Outcome",
    "RowFacts",
    "Standardizer",
    "Table",
    "TableError",
    "TeachingFrame",
    "Trajectory",
    "TrajectoryFileError",
    "Window",
    "batches",
    "contour_levels",
    "cross_section",
    "decode_trajectory",
    "descend",
    "descend_on_summed_gradient",
    "direction",
    "encode_trajectory",
    "facts_of",
    "finite_difference",
    "landings",
    "load_trajectory",
    "loss_grid",
    "losses_after",
    "preset",
    "preset_names",
    "read_parquet",
    "read_table",
    "steepest_angle",
    "steps_needed",
    "steps_to_within",
    "table_from",
    "window_around",
    "window_below",
    "zoom_of_runs",
]
