"""The stage as a mobject: its places, its paths, its states, and the lecture that holds it."""

import subprocess
import sys
from dataclasses import dataclass
from dataclasses import replace as replaced

import numpy as np
import pytest
from manim import DEGREES, FadeIn, FadeOut, UpdateFromAlphaFunc

import gdmath
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.stage import drawing as stage_drawing
from gdscenes.kit.stage.drawing import GraphicsError
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.look import HEIGHT
from gdscenes.kit.stage.stage import Stage, cut_above
from gdscenes.kit.type.typeset import Words


@dataclass(frozen=True)
class NoSettings(Settings):
    pass


class Empty(StageLecture):
    title, seconds, settings, story_type, beats = "Empty", 1, NoSettings(), Story, {}

    @staticmethod
    def prepare(settings):
        return Story(settings, gdmath.preset("chapter-0"), {})

    def build(self):
        dataset = gdmath.preset("chapter-0")
        problem = dataset.problem()
        grid = gdmath.loss_grid(problem, gdmath.TEXTBOOK_WINDOWS["chapter-0"])
        self.stage = Stage(grid, self.colors, self.camera, cut=5.0, loss=problem.loss)
        self.path = self.stage.add_path(gdmath.descend(problem, dataset.start, 0.1, 20))
        lay("grid", self.stage)
        return self.stage


@pytest.mark.parametrize(
    ("loss", "cut"), [(2.7422, 3), (0.9, 1), (1.0, 1.5), (5.0, 6), (0.013, 0.015), (700, 800), (980, 1500)]
)
def test_the_cut_is_the_first_round_loss_well_above(loss, cut):
    assert cut_above(loss) == pytest.approx(cut)


def rows_of(path):
    """Rows, parameters' places and losses / cut (n, ...) of the corners of a path's line."""
    rows = path.shapes.line.rows.astype(float)
    starts = np.column_stack([rows[:, 26], rows[:, 4:7]])
    ends = np.column_stack([rows[:, 27], rows[:, 8:11]])
    return np.vstack([starts, ends])


def test_every_row_is_drawn_at_its_own_loss(scenery):
    corners = rows_of(scenery.path)
    for row, (parameters, loss) in enumerate(zip(scenery.run.parameters, scenery.run.losses, strict=True)):
        here = corners[corners[:, 0] == row]
        if not len(here):  # closer than a quarter of a pixel to the row before
            gap = np.linalg.norm(scenery.run.parameters[row] - scenery.run.parameters[row - 1])
            assert gap < 0.002
            continue
        np.testing.assert_allclose(here[:, 1:3], [scenery.stage.plane(parameters)] * len(here), atol=1e-6)
        np.testing.assert_allclose(5 * here[:, 3], loss, rtol=1e-6)


def test_stored_losses_rule_over_the_surface(scenery):
    """A row whose loss is not the surface's, as of a mini-batch, stands at its own."""
    losses = scenery.run.losses.copy()
    losses[[0, 3]] += 0.25
    path = scenery.stage.add_path(replaced(scenery.run, losses=losses), row=10)
    corners = rows_of(path)
    for row in (0, 3):
        np.testing.assert_allclose(5 * corners[corners[:, 0] == row][:, 3], losses[row], rtol=1e-6)
    path.row = 3.0
    assert scenery.stage.position(path)[2] == losses[3]


def test_between_rows_the_line_follows_the_surface(scenery):
    corners = rows_of(scenery.path)
    between = corners[corners[:, 0] % 1 != 0]
    parameters = between[:, 1:3] + [1.0, 2.0]
    assert len(between) > 50
    np.testing.assert_allclose(5 * between[:, 3], scenery.problem.loss(parameters), rtol=1e-5)


def test_a_path_that_leaves_is_cut_off_exactly_there(make):
    scenery = make(rate=1.1, row=100)
    corners = rows_of(scenery.path)
    window = np.abs(corners[:, 1:3]).max()
    assert window == pytest.approx(3.0, abs=1e-6) or corners[:, 3].max() == pytest.approx(1.0, abs=1e-6)
    assert window <= 3 + 1e-6
    assert corners[:, 3].max() <= 1 + 1e-6
    scenery.frame()


def test_heights_are_linear_in_the_loss(scenery):
    stage = scenery.stage
    assert stage.over(1, 2, 5.0)[2] == pytest.approx(HEIGHT)
    assert stage.over(1, 2, 0.0)[2] == 0.0
    np.testing.assert_allclose(stage.over(1, 2, 2.5), [0, 0, HEIGHT / 2])
    stage.rise = 0.0
    np.testing.assert_allclose(stage.over([1, 4], [2, 5], [0.0, 5.0])[:, 2], stage.on_floor(1, 2)[2])
    stage.rise, stage.flatten = 1.0, 1.0
    assert stage.over(1, 2, 5.0)[2] == stage.on_floor(1, 2)[2] == 0.0


def test_every_path_is_drawn_at_a_row_of_its_own_run(scenery):
    short = scenery.stage.add_path(gdmath.descend(scenery.problem, [4.0, 4.0], 0.1, 7))
    assert scenery.stage.at(5, 0.25) is scenery.stage
    assert (scenery.path.row, short.row) == (5.25, 5.25)
    scenery.stage.at(9)
    assert (scenery.path.row, short.row) == (9.0, 7.0)
    assert scenery.stage.position(short)[2] == short.losses[-1]


def test_a_copy_is_another_state_of_the_same_surface(scenery):
    copy = scenery.stage.copy()
    assert copy.static is scenery.stage.static
    copy.rise, copy.paths[0].row = 0.3, 4.0
    assert (scenery.stage.rise, scenery.path.row) == (1.0, 30.0)


def test_a_state_between_two_others(scenery):
    stage = scenery.stage
    start, end = stage.copy(), stage.copy()
    end.rise, end.paths[0].row, end.cuts[1].plane = 0.5, 40.0, 1.0
    stage.interpolate(start, end, 0.5)
    assert (stage.rise, stage.paths[0].row, stage.cuts[1].plane) == (0.75, 35.0, 0.5)
    assert stage.paths[0] is scenery.path


def test_states_are_animated(scenery):
    seen = []

    class Lecture(Empty):
        def construct(self):
            stage = self.build()
            stage.rise = 0.0
            self.play(FadeIn(stage), run_time=0.3)
            assert stage.opacity == 1.0
            self.play(stage.animate.set(rise=1.0), run_time=0.3)
            assert stage.rise == 1.0
            self.play(
                UpdateFromAlphaFunc(stage, lambda s, a: setattr(s.paths[0], "row", 20 * a)), run_time=0.3
            )
            assert self.path.row == 20.0
            seen.append(self.camera.pixel_array.copy())
            self.rise_to_top(stage, run_time=0.5)
            assert stage.flatten == 1.0
            assert self.camera.get_focal_distance() == 1e6
            seen.append(self.camera.pixel_array.copy())
            self.come_down(stage, run_time=0.5)
            assert stage.flatten == 0.0
            assert self.camera.get_focal_distance() < 100
            came_down = self.camera.project_points(stage.over(1, 2, 5.0)[None])
            self.stand_above()
            assert np.abs(self.camera.project_points(stage.over(1, 2, 5.0)[None]) - came_down).max() > 0.1
            self.play(FadeOut(stage), run_time=0.3)

    Lecture().render()
    assert (seen[0] != seen[1]).any()


def test_text_beside_the_stage_stays_where_it_is():
    class Lecture(Empty):
        def construct(self):
            stage = self.build()
            beside = Words("beside", sheet.MEDIUM, self.colors).place(1400, 500)
            over = Words("over", sheet.MEDIUM, self.colors).place(700, 500)
            lay("text", beside, over)
            self.add(stage, over, beside)
            self.move_camera(theta=-20 * DEGREES, run_time=0.2)
            self.play(UpdateFromAlphaFunc(over, lambda m, a: None), run_time=0.2)
            right = self.camera.pixel_array[:, 660:, :3].astype(int)
            ys, xs = np.nonzero(np.abs(right - right[0, 0]).max(axis=2) > 100)
            box = beside.box()
            assert box.left - 4 < (xs.min() + 660) * 2 < box.left + 8
            assert box.bottom - 8 < ys.max() * 2 < box.bottom + 4

    Lecture().render()


def test_importing_draws_nothing():
    code = (
        "import gdscenes.kit.stage.drawing as d; import gdscenes.kit.stage.stage; assert d._drawing is None"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_opengl_one_line_says_what_to_install(monkeypatch):
    import moderngl

    def fail(**_):
        raise Exception("libEGL.so.1 not loaded\nat all")

    monkeypatch.setattr(moderngl, "create_context", fail)
    monkeypatch.setattr(stage_drawing, "_drawing", None)
    with pytest.raises(GraphicsError) as caught:
        stage_drawing.drawing()
    error = caught.value
    assert "\n" not in str(error)
    assert "libEGL.so.1" in error.got
    assert "libegl1" in error.fix
    assert error.where == "3D stage"
