"""The data plane: points, the model's line among them, and what the line misses."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import Dataset, LeastSquares
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.axes import Plot, clearest, scatter
from gdscenes.kit.plot.axis import compact, round_axis, widest_label
from gdscenes.kit.plot.marks import Segments, dashed, rectangle, rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.typeset import Type, Words, name_source

Array = NDArray[np.float64]

# the plane begins under the legend and the step counter
_STAGE = Box(sheet.STAGE.left, 168.0, sheet.STAGE.right, sheet.STAGE.bottom)
_GHOST_LABELS_APART = 34.0
_NEWEST_GHOST, _FAINTEST_GHOST = 0.75, 0.35
_SHORT = 90.0  # a height of so few pixels has its name on the line


class DataPlane:
    """Axes that hold the data and every line of a run, and the marks drawn on them.

    Parameters
    ----------
    dataset : Dataset
    problem : LeastSquares
        What the run descends on; its rows are the train points.
    rows : ndarray, shape (n, 2)
        All parameters whose line will be drawn.
    theme : Theme
    box : Box
        Where the axes stand; the left edge gives way to labels of y that need the room.

    Attributes
    ----------
    plot : Plot
    axis_names, train_dots, validation_dots : VGroup
    line : Segments
        The model, where `draw` put it.
    residuals : Segments
        From each train point to the line; empty until `draw_residuals`.
    ghosts, ghost_labels : VGroup
        Lines of earlier rows, and their numbers where there was room.
    """

    def __init__(
        self, dataset: Dataset, problem: LeastSquares, rows: Array, theme: Theme, box: Box = _STAGE
    ) -> None:
        self.dataset, self.problem, self.theme = dataset, problem, theme
        x = compact(round_axis(dataset.x.min(), dataset.x.max(), name_source(dataset.x_name), from_data=True))
        self.edges = np.array([x.low, x.high])
        ends = problem.predict(rows, self.edges)
        y = compact(
            round_axis(
                min(dataset.y.min(), ends.min()),
                max(dataset.y.max(), ends.max()),
                name_source(dataset.y_name),
                from_data=True,
            )
        )
        left = max(box.left, sheet.SAFE.left + widest_label(y) + 24)
        self.plot = Plot(Box(left, box.top, box.right, box.bottom), x, y, theme)
        self.axis_names = self.plot.name_axes()
        self.train_dots = scatter(self.plot, dataset.x_train, dataset.y_train, theme)
        self.validation_dots = scatter(
            self.plot, dataset.x_validation, dataset.y_validation, theme, hollow=True
        )
        self.line = Segments(theme.model, 8)
        self.residuals = Segments(theme.loss, 3, 0.6)
        self.ghosts, self.ghost_labels = VGroup(), VGroup()
        self._label_heights: list[float] = []
        self.dot_pixels = self.plot.pixels(dataset.x, dataset.y)

    def line_ends(self, parameters: Array) -> tuple[Array, Array]:
        """Where the line of (b, w) enters and leaves the axes, points (1, 3) of the scene each."""
        (piece,) = self.plot.clipped(self.edges, self.problem.predict(parameters, self.edges))
        return piece[:1], piece[-1:]

    def shows(self, parameters: Array) -> bool:
        """Whether the line of (b, w) crosses the axes."""
        return bool(self.plot.clipped(self.edges, self.problem.predict(parameters, self.edges)))

    def draw(self, parameters: Array) -> None:
        """Put the line, and the residuals once they are drawn, where (b, w) says."""
        self.line.set_ends(*self.line_ends(parameters))
        if self.residuals.has_points():
            self.draw_residuals(parameters)

    def draw_residuals(self, parameters: Array, grown: float = 1.0) -> None:
        """Draw from each train point a part `grown` of the way to its prediction."""
        points = self.plot.at(self.problem.x, self.problem.y)
        predictions = self.plot.at(self.problem.x, self.problem.predict(parameters))
        self.residuals.set_ends(points, points + grown * (predictions - points))

    def validation_residuals(self, parameters: Array) -> Segments:
        """From each validation point to the line of (b, w)."""
        x, y = self.dataset.x_validation, self.dataset.y_validation
        predictions = self.plot.at(x, self.problem.predict(parameters, x))
        return Segments(self.theme.loss, 3, 0.6).set_ends(self.plot.at(x, y), predictions)

    def weighted_residuals(self) -> VGroup:
        """The residuals, each as strong as its x is large: what the slope in w adds up."""
        strength = np.abs(self.problem.x) / np.abs(self.problem.x).max()
        return VGroup(
            *(
                Segments(self.theme.loss, 1 + 5 * share, 0.1 + 0.9 * share).set_ends(start[None], end[None])
                for start, end, share in zip(*self.residuals.ends(), strength, strict=True)
            )
        )

    def square_boxes(self, parameters: Array) -> Array:
        """Left, top, width and height (n, 4), pixels, of the square on each residual.

        Its side is the residual's own length on the screen, so that its area is the squared error at the
        scale of y. It leans to the left, or to where there is room.
        """
        x, y = self.plot.pixels(self.problem.x, self.problem.y).T
        predicted = self.plot.pixels(self.problem.x, self.problem.predict(parameters))[:, 1]
        side = np.abs(y - predicted)
        box = self.plot.box
        left = np.where(x - side >= box.left, x - side, x)
        left = np.clip(left, box.left, np.maximum(box.right - side, box.left))
        return np.stack([left, np.minimum(y, predicted), side, side], axis=1)

    def parameter_marks(self, parameters: Array) -> tuple[VGroup, VGroup]:
        """b as a height over zero, and w as the climb over one unit of x, each with its name.

        Returns
        -------
        tuple of VGroup
            Height, plate and name; climb, name and the level that it climbs from. Both are empty where the
            axes do not show them. The plate keeps the line off the name of a short height.
        """
        (b, w), plot = parameters, self.plot
        if not all(plot.limits.contains(*corner) for corner in ((0, 0), (0, b), (1, b + w))):
            return VGroup(), VGroup()
        height = rule(plot.at(0, 0), plot.at(0, b), self.theme.bias, 10)
        climb = rule(plot.at(1, b), plot.at(1, b + w), self.theme.weight, 10)
        level = dashed(rule(plot.at(0, b), plot.at(1, b), self.theme.muted, 2.5))
        b_name, w_name = (Words(f"${role}$", sheet.MEDIUM, self.theme) for role in PARAMETER_ROLES)
        x, y = plot.pixels(0, b / 2)
        b_name.place(x + 22, y + 14)
        x, y = plot.pixels(1, b + w / 2)
        w_name.place(x + 26, y + 12)
        covers = abs(b) * plot.y_pixels_per_unit < _SHORT
        plate = rectangle(b_name.box().grown(5), self.theme.ground, fill=float(covers))
        return VGroup(height, plate, b_name), VGroup(climb, w_name, level)

    def label_line(self, label: Type, parameters: Array) -> None:
        """Place a label under or over the line of (b, w), where it covers the fewest points."""
        start, end = sheet.pixels(np.concatenate(self.line_ends(parameters)))
        width = label.box().width
        spots = []
        for share in (0.3, 0.05, 0.6):
            x = min(start[0] + share * (end[0] - start[0]), end[0] - width - 12)
            heights = np.interp([x, x + width], [start[0], end[0]], [start[1], end[1]])
            spots.append(Box(x, heights.max() + 16, x + width, heights.max() + 60))
            spots.append(Box(x, heights.min() - 60, x + width, heights.min() - 16))
        inside = [spot for spot in spots if self.plot.box.contains(spot)]
        spot = clearest(inside or spots, self.dot_pixels)
        label.place(spot.left, spot.bottom - 10)

    def leave_ghost(self, row: int, parameters: Array) -> None:
        """The line of a row stays behind as a thin one, with its number where there is room for it."""
        start, end = self.line_ends(parameters)
        for older in self.ghosts:
            older.set_stroke(opacity=max(_FAINTEST_GHOST, 0.9 * older.get_stroke_opacity()))
        ghost = Segments(self.theme.model, 3, _NEWEST_GHOST).set_ends(start, end)
        self.ghosts.add(ghost.set_z_index(self.ghosts.z_index))
        label = Digits(str(row), sheet.SMALL, self.theme, "muted").set_z_index(self.ghost_labels.z_index)
        label.place(self.plot.box.right + 26, sheet.pixels(end)[0, 1] + 14)
        apart = sheet.units(_GHOST_LABELS_APART)
        if all(abs(label.origin[1] - taken) > apart for taken in self._label_heights):
            self.ghost_labels.add(label)
            self._label_heights.append(float(label.origin[1]))
