"""The mathematics of the films: datasets, objectives, descents and landscapes, in NumPy.

Every film is drawn from a `Trajectory` that was computed before its first frame:

    Dataset -> LeastSquares -> Trajectory, LossGrid

Anyone's training loop in PyTorch is recorded by `record` as a `RecordedRun`, and seen over a `Plane` as a
`ProjectedRun`.

`gdmath.torch_loops`, the same runs by PyTorch, is imported only by who asks for it, and by `record`; nothing
else needs torch.

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
from gdmath.datasets import Dataset, curved_dataset, preset, preset_names
from gdmath.descent import (
    batches,
    descend,
    descend_on_summed_gradient,
    landings,
    losses_after,
    paths_at,
    sgd_path,
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
    level_lines,
    loss_grid,
    steepest_angle,
    window_around,
    zoom_of_runs,
)
from gdmath.networks import network_predictions
from gdmath.objectives import BIAS, WEIGHT, LeastSquares
from gdmath.optimizers import OPTIMIZERS, Optimizer, descend_by
from gdmath.planes import (
    Plane,
    PlaneKind,
    PlaneSurface,
    random_walk_explains,
    step_angles,
    step_lengths,
)
from gdmath.projections import (
    RECORDED_RUNS,
    ProjectedRun,
    decode_projection,
    encode_projection,
    project,
    recorded_run,
)
from gdmath.recording_facts import RecordingFacts, SurfaceFacts, facts_of_recording
from gdmath.recordings import (
    OptimizerFacts,
    RecordedRun,
    RecordingFileError,
    load_recording,
    record,
)
from gdmath.runs import check_run
from gdmath.scaling import Standardizer, roundest_factor
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
    "OPTIMIZERS",
    "RECORDED_RUNS",
    "TEXTBOOK_WINDOWS",
    "WEIGHT",
    "Caution",
    "Dataset",
    "Facts",
    "FiniteDifference",
    "LeastSquares",
    "LossGrid",
    "Optimizer",
    "OptimizerFacts",
    "Outcome",
    "Plane",
    "PlaneKind",
    "PlaneSurface",
    "ProjectedRun",
    "RecordedRun",
    "RecordingFacts",
    "RecordingFileError",
    "RowFacts",
    "Standardizer",
    "SurfaceFacts",
    "Table",
    "TableError",
    "TeachingFrame",
    "Trajectory",
    "TrajectoryFileError",
    "Window",
    "batches",
    "check_run",
    "contour_levels",
    "cross_section",
    "curved_dataset",
    "decode_projection",
    "decode_trajectory",
    "descend",
    "descend_by",
    "descend_on_summed_gradient",
    "direction",
    "encode_projection",
    "encode_trajectory",
    "facts_of",
    "facts_of_recording",
    "finite_difference",
    "landings",
    "level_lines",
    "load_recording",
    "load_trajectory",
    "loss_grid",
    "losses_after",
    "network_predictions",
    "paths_at",
    "preset",
    "preset_names",
    "project",
    "random_walk_explains",
    "read_parquet",
    "read_table",
    "record",
    "recorded_run",
    "roundest_factor",
    "sgd_path",
    "steepest_angle",
    "step_angles",
    "step_lengths",
    "steps_needed",
    "steps_to_within",
    "table_from",
    "window_around",
    "window_below",
    "zoom_of_runs",
]
