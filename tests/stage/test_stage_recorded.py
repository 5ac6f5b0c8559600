"""What is drawn of a recorded run, against torch: heights, stalks and gaps at random steps."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from canvas import tiny
from recordings import recorded
from rehearsals import told
from torch import nn

import gdmath
from gdscenes.kit.figures.readouts import Readouts
from gdscenes.kit.figures.row_curves import RowCurve, RowCurves
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import PAGE
from gdscenes.kit.page.theme import DARK, THEMES
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.recorded import RecordedStage
from gdscenes.kit.stage.stage import cut_above, floor_below
from gdscenes.training_run import TrainingRun

N_STEPS = 120


class Trained:
    """A small network, trained and recorded, with copies of the model that the loop itself has made."""

    def __init__(self, plane: object) -> None:
        torch.manual_seed(7)
        self.x = torch.linspace(-2, 2, 64, dtype=torch.float64)[:, None]
        self.y = torch.sin(2 * self.x)
        self.model = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1)).double()
        self.seen = [copy.deepcopy(self.model)]
        optimizer = torch.optim.Adam(self.model.parameters(), lr=0.05)
        with gdmath.record(self.model, lambda: self.loss(self.model), plane=plane, grid=41) as recording:
            for _ in range(N_STEPS):
                optimizer.zero_grad()
                self.loss(self.model).backward()
                optimizer.step()
                self.seen.append(copy.deepcopy(self.model))
        self.run = recording.run
        self.projected = gdmath.project(self.run, "net.trajectory")

    def loss(self, model: nn.Module) -> torch.Tensor:
        return ((model(self.x) - self.y) ** 2).mean()

    def true_loss(self, row: int) -> float:
        """Of the copy that the loop made after so many steps."""
        with torch.no_grad():
            return float(self.loss(self.seen[row]))

    def weights(self, row: int) -> np.ndarray:
        return torch.cat([each.detach().ravel() for each in self.seen[row].parameters()]).numpy()

    def nearest(self, row: int) -> np.ndarray:
        """x and y of the point of the plane that is nearest to a row, by least squares."""
        plane = self.run.surface().plane
        return np.linalg.lstsq(plane.directions.T, self.weights(row) - plane.origin, rcond=None)[0]

    def loss_in_plane(self, x: float, y: float) -> float:
        """Of a fresh copy of the model whose weights are a point of the plane."""
        plane, model = self.run.surface().plane, copy.deepcopy(self.model)
        point = torch.tensor(plane.origin + x * plane.directions[0] + y * plane.directions[1])
        with torch.no_grad():
            for each in model.parameters():
                each.copy_(point[: each.numel()].reshape(each.shape))
                point = point[each.numel() :]
            return float(self.loss(model))


@pytest.fixture(scope="module", params=["path", "random", ("0.weight[0, 0]", "2.bias")], ids=str)
def trained(request):
    return Trained(request.param)


@pytest.fixture(scope="module", params=["linear", "decades"])
def stage(request, trained):
    with tiny(640, 360):
        run = trained.projected
        highest = float(max(run.losses.max(), run.row_losses.max()))
        lowest = float(min(run.losses.min(), run.row_losses.min(), run.grid.losses.min()))
        floor = floor_below(lowest) if request.param == "decades" else 0.0
        yield RecordedStage(
            run, DARK, StageCamera(), cut=cut_above(highest), floor=floor, names=("$x$", "$y$")
        )


ROWS = np.random.default_rng(3).choice(N_STEPS + 1, 6, replace=False)


@pytest.mark.parametrize("row", ROWS)
def test_the_ball_is_as_high_as_the_loss_in_the_plane(trained, stage, row):
    stage.at(int(row))
    place, height = stage.claims(int(row))
    assert place.drawn == pytest.approx(trained.nearest(row), abs=1e-8)
    assert height.quantity == "loss in the plane"
    assert height.drawn == pytest.approx(trained.loss_in_plane(*trained.nearest(row)), rel=1e-9)


@pytest.mark.parametrize("row", ROWS)
def test_a_stalk_ends_at_the_loss_that_the_model_had(trained, stage, row):
    foot, tip = stage.losses_at(stage.gaps.ends(np.array([row]))[0])
    assert foot == pytest.approx(trained.loss_in_plane(*trained.nearest(row)), rel=1e-9)
    assert tip == pytest.approx(trained.true_loss(row), rel=1e-9)


def test_the_surface_is_the_loss_between_the_nodes_of_its_grid(trained, stage):
    grid = trained.projected.grid
    rng = np.random.default_rng(4)
    x, y = rng.uniform(grid.b[0], grid.b[-1], 500), rng.uniform(grid.w[0], grid.w[-1], 500)
    true = np.array([trained.loss_in_plane(*point) for point in zip(x, y, strict=True)])
    seen = true < 0.95 * float(stage.losses_at(stage.cut))
    drawn = stage.loss(np.stack([x, y], axis=-1))
    off = np.abs(drawn - stage.heights(true))[seen] / stage.cut
    assert seen.sum() > 10
    # in decades a valley is a cusp, which a grid rounds off
    assert np.median(off) < 0.005


@pytest.mark.parametrize("row", ROWS)
def test_numbers_and_curves_are_those_of_the_model(trained, row):
    run = trained.projected
    story = told(TrainingRun, type(TrainingRun.settings)(recording=run))
    names = ("step", "in the plane", "true loss", "gap", "distance")
    true, drawn = trained.true_loss(row), trained.loss_in_plane(*trained.nearest(row))
    plane = trained.run.surface().plane
    off = trained.weights(row) - plane.origin - trained.nearest(row) @ plane.directions
    expected = {
        "recorded step": row,
        "loss in the plane": drawn,
        "true loss": true,
        "gap": drawn - true,
        "distance from the plane": np.sqrt(np.sum(off**2)),
    }
    with tiny(640, 360):
        table = Readouts(PAGE, story.numbers(*names), THEMES["dark"]).at(int(row))
        curves = [
            RowCurve("true loss", run.losses, "loss", "true loss"),
            RowCurve("in the plane", run.row_losses, "path", "loss in the plane"),
        ]
        plot = RowCurves(PAGE, run.steps, curves, THEMES["dark"], y=story.heights).at(int(row))
    claims = [*table.claims(int(row)), *plot.claims(int(row))]
    assert len(claims) == 7
    for claim in claims:
        assert abs(claim.drawn - expected[claim.quantity]) <= claim.within + 1e-9


def looked_at(camera, view):
    """The azimuths of a camera's turn, of one that stands where a view has it."""
    camera.set_phi(view.phi)
    camera.set_zoom(view.zoom)
    camera.set_place(*view.place)
    for theta in np.linspace(view.theta, view.end_theta, 7):
        camera.set_theta(theta)
        yield theta


@pytest.mark.parametrize("names", [("direction 1", "direction 2"), ("$b$", "a parameter of a long name")])
@pytest.mark.parametrize("plane", ["path", "random"])
def test_names_of_axes_keep_to_the_picture_beside_which_numbers_stand(names, plane):
    run, camera = gdmath.project(recorded(steep=40.0, n_parameters=30, plane=plane)), StageCamera()
    stage = RecordedStage(run, DARK, camera, cut=cut_above(run.losses.max()), floor=0.0, names=names)
    (_, ruler) = (next(looked_at(camera, stage.view)), stage.ruler())
    for _ in looked_at(camera, stage.view):
        ruler.at(0)
        for name in ruler.names:
            assert name.box().right <= stage.box.right - 20
            assert not any(name.box().overlap(number.box()) for number in ruler.floor)


def test_no_number_of_the_loss_touches_a_tick_of_its_axis():
    camera = StageCamera()
    story = TrainingRun.prepare(dataclasses.replace(TrainingRun.settings, recording="network"))
    stage = RecordedStage(
        story.recording, DARK, camera, cut=story.ceiling, floor=story.floor, names=story.axis_names,
        units=story.units,
    )  # fmt: skip
    next(looked_at(camera, stage.view))
    ruler, ticks = stage.ruler(), stage.loss_axis.ticks
    for _ in looked_at(camera, stage.view):
        ruler.at(0)
        for number, tick in zip(ruler.losses, (ticks[0], ticks[-1]), strict=False):
            assert number.box().right < ruler.place_of("loss", tick, away=0.16)[0] - 5
            assert sheet.SAFE.contains(number.box())


@pytest.mark.parametrize("name", gdmath.RECORDED_RUNS)
def test_no_number_of_a_level_line_lies_where_the_ball_goes(name):
    run, camera = gdmath.recorded_run(name), StageCamera()
    settings = dataclasses.replace(TrainingRun.settings, recording=name)
    story = TrainingRun.prepare(settings)
    stage = RecordedStage(
        run, DARK, camera, cut=story.ceiling, floor=story.floor, names=("x", "y"), units=story.units
    )
    next(looked_at(camera, stage.view))
    ruler, path = stage.ruler(), stage.path
    assert len(ruler.heights) > 0
    for _ in looked_at(camera, stage.view):
        ruler.at(0)
        ball = stage.on_page(*path.parameters.T, path.losses)
        for number in ruler.heights:
            box = number.box()
            nearest = np.clip(ball, [box.left, box.top], [box.right, box.bottom])
            assert np.linalg.norm(ball - nearest, axis=1).min() > 30
