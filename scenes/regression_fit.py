"""RegressionFit: points, a random line, its errors, their squares, the gradient, and the steps it drives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from manim import (
    UP,
    Animation,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    LaggedStart,
    Line,
    Mobject,
    ReplacementTransform,
    TransformFromCopy,
    UpdateFromAlphaFunc,
    VGroup,
    config,
    linear,
    smooth,
)
from numpy.typing import NDArray

import gdmath
from scenes._kit import page
from scenes._kit.lecture import Lecture
from scenes._kit.loss_curve import LossCurve
from scenes._kit.pacing import change_on_screen, rows_by_change
from scenes._kit.page import LARGE, MARGIN, MEDIUM, SMALL, STAGE, Box
from scenes._kit.plots import (
    Boxes,
    Dots,
    Plot,
    Segments,
    clearest,
    dashed,
    rectangle,
    round_axis,
    scatter,
    widest_label,
)
from scenes._kit.readouts import Figures, bracketed, decimals_for, in_a_row, number, text_width
from scenes._kit.settings import SettingError, Settings, knob
from scenes._kit.story import Story
from scenes._kit.theme import Theme, blend
from scenes._kit.tiling import shrink_factor, squarify
from scenes._kit.typeset import Words, literal, name_source

Array = NDArray[np.float64]

GHOST_ROWS = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100)
"""Rows whose line stays behind as a thin one."""
TIME_LAPSE_SECONDS = 11.0
DIM = 0.35
"""Opacity of what is not being talked of."""
PARAMETER_ROLES = ("bias", "weight")
LEGEND_BASELINE = 98
VALUES_BASELINE = 198
GRADIENT_BASELINES = (872, 978)
RULE_BASELINES = (318, 500)
RULE_LEFT = MARGIN.left + 60
READOUT_BASELINE = 748
CURVE_BOX = Box(MARGIN.left, 698, MARGIN.right, 948)
SQUARE_TOP = 384
LARGEST_SQUARE = 390
TABLE_RIGHT = (1610, 1840)
LOSS_FORMULA = {
    "mean": '$loss("MSE") = display(1/n sum_i (y_i - yhat_i)^2)$',
    "sum": '$loss("SSE") = display(sum_i (y_i - yhat_i)^2)$',
}
"""Where the weight's name stands, pixels of the page."""


@dataclass(frozen=True)
class RegressionFitSettings(Settings):
    """What a lecturer may change."""

    dataset: str = knob("chapter-0", "preset that the line is fitted to", choices=gdmath.preset_names())
    learning_rate: float | None = knob(
        None, "step multiplier; none takes the dataset's own", minimum=0.0, open_minimum=True
    )
    n_steps: int | None = knob(
        None, "number of updates; none takes the dataset's own", minimum=10, maximum=100_000
    )
    single_steps: int = knob(5, "steps shown one by one before the time-lapse", minimum=1, maximum=9)


@dataclass(frozen=True)
class RegressionFitStory(Story):
    """One descent, and what the film says of it."""

    settings: RegressionFitSettings

    @property
    def run(self) -> gdmath.Trajectory:
        return self.runs["descent"]

    @cached_property
    def problem(self) -> gdmath.LeastSquares:
        return self.dataset.problem()

    @cached_property
    def validation(self) -> gdmath.LeastSquares | None:
        """The same loss on the validation rows, None where there are none."""
        data = self.dataset
        if not len(data.validation_indices):
            return None
        return gdmath.LeastSquares(data.x_validation, data.y_validation, reduction=data.reduction)

    @property
    def loss_name(self) -> str:
        return {"mean": "MSE", "sum": "SSE"}[self.dataset.reduction]

    @cached_property
    def start_residuals(self) -> Array:
        return self.problem.residuals(self.run.parameters[0])

    @property
    def largest(self) -> int:
        """Train row with the largest error of the start: the one that is shown with its numbers."""
        return int(np.argmax(np.abs(self.start_residuals)))


class RegressionFit(Lecture):
    """The line fits itself, one exact step of gradient descent after another."""

    title = "Gradient descent fits a line"
    seconds = 90
    settings = RegressionFitSettings()
    story_type = RegressionFitStory
    beats = {
        "data": "Each point is one observation. The filled ones train the model; the hollow ones are kept aside "
        "to judge it.",
        "model": "The model is a line: b says where it starts, w how fast it climbs. Two random numbers make a "
        "first line, and it is a bad one.",
        "residuals": "For each point the line predicts a value. What is missing is the residual, observed minus "
        "predicted.",
        "loss": "Square each residual: now every error is an area. The mean of these areas is the loss, one "
        "number for how wrong the line is.",
        "gradient": "How does the loss change when b or w grows? In b every residual counts the same; in w each "
        "counts in proportion to its x.",
        "update": "Both slopes are negative, so both parameters must grow: subtract the learning rate times the "
        "slope. The line moves by exactly that.",
        "steps": "The same again with the new line: new residuals, new slopes, a smaller step each time.",
        "time_lapse": "Now let it run. The loss falls fast at first, then slowly; nothing but the same two "
        "subtractions happens.",
        "solution": "Least squares has a closed form. Descent has arrived at the same line, and it does as well on "
        "points that it has never seen.",
    }

    story: RegressionFitStory

    @staticmethod
    def prepare(settings: Settings) -> RegressionFitStory:
        assert isinstance(settings, RegressionFitSettings)
        dataset = gdmath.preset(settings.dataset)
        if not dataset.fit_bias:
            raise SettingError(
                "--dataset",
                dataset.name,
                "a preset with a bias",
                "this lecture fits a line b + w x; take another",
            )
        problem = dataset.problem()
        limit = problem.max_stable_learning_rate
        rate = settings.learning_rate
        if rate is None:
            own = (dataset.learning_rate, *dataset.learning_rates)
            rate = next((each for each in own if each < limit), problem.best_learning_rate)
        if rate >= limit:
            raise SettingError(
                "--learning-rate",
                rate,
                f"below {limit:.4g}, 2 / lambda_max of {dataset.name}, or the descent diverges",
                "give a smaller rate",
            )
        run = gdmath.descend(problem, dataset.start, rate, settings.n_steps or dataset.n_steps)
        return RegressionFitStory(dataset=dataset, settings=settings, runs={"descent": run})

    def construct(self) -> None:
        self.lay_out()
        self.show_data()
        self.show_model()
        self.show_residuals()
        self.show_loss()
        self.show_gradient()
        self.first_update()
        self.next_steps()
        self.time_lapse()
        self.compare_with_solution()

    def lay_out(self) -> None:
        """Axes that hold the data and every line of the run, and the figures that stay on the screen."""
        story, theme = self.story, self.colors
        data, rows = story.dataset, story.run.parameters
        x_axis = round_axis(data.x.min(), data.x.max(), name_source(data.x_name), from_data=True)
        ends = story.problem.predict(rows, np.array([x_axis.low, x_axis.high]))
        y_axis = round_axis(
            min(data.y.min(), ends.min()),
            max(data.y.max(), ends.max()),
            name_source(data.y_name),
            from_data=True,
        )
        left = max(STAGE.left, page.SAFE.left + widest_label(y_axis) + 24)
        self.plot = Plot(Box(left, 168, STAGE.right, STAGE.bottom), x_axis, y_axis, theme)
        self.axis_names = self.plot.name_axes()
        self.parameter_decimals = decimals_for(rows.ravel())
        self.gradient_decimals = decimals_for(story.run.gradients.ravel())
        self.loss_decimals = decimals_for(story.run.losses)
        self.line = Segments(theme.model, 8)
        self.residuals = Segments(theme.loss, 3, 0.6)
        self.ghosts, self.ghost_labels = VGroup(), VGroup()
        self.lay("grid", self.plot, self.axis_names)
        self.lay("lines", self.line)
        self.lay("residuals", self.residuals)

    # -- what a row of the run looks like ----------------------------------------------------------------

    def line_ends(self, parameters: Array) -> tuple[Array, Array]:
        """Where the model's line enters and leaves the axes, points of the scene."""
        across = np.array([self.plot.x.low, self.plot.x.high])
        (piece,) = self.plot.clipped(across, self.story.problem.predict(parameters, across))
        return piece[:1], piece[-1:]

    def draw_fit(self, parameters: Array) -> None:
        """Put the line and the residuals where (b, w) says."""
        problem = self.story.problem
        self.line.set_ends(*self.line_ends(parameters))
        if self.residuals.has_points():
            self.residuals.set_ends(
                self.plot.at(problem.x, problem.y),
                self.plot.at(problem.x, problem.predict(parameters)),
            )

    def show_parameters(self, row: int) -> None:
        for value, parameter in zip(self.values, self.story.run.parameters[row], strict=True):
            value.show_number(parameter, self.parameter_decimals, signed=True)

    # -- beats -------------------------------------------------------------------------------------------

    def show_data(self) -> None:
        self.beat("data")
        theme, data, plot = self.colors, self.story.dataset, self.plot
        title = Words(literal(self.title), LARGE, theme).place(page.WIDTH / 2, page.HEIGHT / 2, "center")
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP), run_time=1)
        self.wait(1)
        self.play(FadeOut(title, shift=0.2 * UP), Create(plot.lines), FadeIn(plot.labels, self.axis_names))

        self.train_dots = scatter(plot, data.x_train, data.y_train, theme)
        self.validation_dots = scatter(plot, data.x_validation, data.y_validation, theme, hollow=True)
        self.lay("points", self.train_dots, self.validation_dots)
        self.legend = VGroup()
        for dots, word in ((self.train_dots, "train"), (self.validation_dots, "validation")):
            if not len(dots):
                continue
            mark = dots[0].copy().stand_at(page.at(self.legend_end, LEGEND_BASELINE - 13)[None])
            name = Words(word, SMALL, theme).place(self.legend_end + 26, LEGEND_BASELINE)
            entry = VGroup(mark, name)
            self.legend.add(entry)
            self.lay("text", entry)
            by_x = VGroup(*sorted(dots, key=lambda dot: dot.get_x()))
            self.play(
                FadeIn(entry),
                LaggedStart(*(GrowFromCenter(dot) for dot in by_x), lag_ratio=0.02),
                run_time=1.6,
            )
            self.wait(0.4)
        self.add(self.train_dots, self.validation_dots)
        self.wait(1.5)

    @property
    def legend_end(self) -> float:
        """Where the next entry of the legend begins, pixels of the page."""
        if not len(self.legend):
            return self.plot.box.left + 60
        return page.box_of(self.legend[-1][1].get_all_points()).right + 60

    def show_model(self) -> None:
        self.beat("model")
        theme, start = self.colors, self.story.run.parameters[0]
        self.model = Words("$yhat = bias + weight thin x$", LARGE, theme).place(MARGIN.left, 122)
        self.lay("text", self.model)
        self.play(FadeIn(self.model, shift=0.2 * UP))
        self.wait(0.5)

        self.names = VGroup(
            Words("$bias$", MEDIUM, theme).place(MARGIN.left, VALUES_BASELINE),
            Words("$weight$", MEDIUM, theme),
        )
        self.values = VGroup(
            *(
                Figures(number(value, self.parameter_decimals, signed=True), MEDIUM, theme, role)
                for value, role in zip(start, PARAMETER_ROLES, strict=True)
            )
        )
        self.values[0].place(MARGIN.left + 40, VALUES_BASELINE)
        self.values[1].place(MARGIN.right, VALUES_BASELINE, "right")
        self.names[1].place(MARGIN.right - self.values[1].width_pixels - 18, VALUES_BASELINE, "right")
        self.lay("text", self.names, self.values)
        self.draw_fit(start)
        label = self.start_label()
        parts = self.parameter_marks(start)
        self.play(FadeIn(self.names[0], self.values[0]), *map(Create, parts[:1]))
        self.play(FadeIn(self.names[1], self.values[1]), *map(Create, parts[1:]))
        self.play(Create(self.line), FadeIn(label))
        self.wait(2)
        self.start_notes = VGroup(parts, label)

    def parameter_marks(self, parameters: Array) -> VGroup:
        """b as a height over zero and w as the climb over one unit of x, where the axes show both."""
        (b, w), plot = parameters, self.plot
        marks = VGroup()
        if not (plot.limits.contains(0, b) and plot.limits.contains(1, b + w) and plot.limits.contains(0, 0)):
            return marks
        level = Line(plot.at(0, b), plot.at(1, b)).set_stroke(self.colors.muted, page.stroke(2.5))
        for foot, top, role in (((0, 0), (0, b), "bias"), ((1, b), (1, b + w), "weight")):
            riser = Line(plot.at(*foot), plot.at(*top))
            marks.add(riser.set_stroke(self.colors.color(role), page.stroke(10)))
        marks.add(dashed(level))
        self.lay("marks", marks)
        return marks

    def start_label(self) -> Words:
        """ "random start", under or over the line where it covers the fewest points."""
        label = Words("random start", SMALL, self.colors, "model_text")
        start, end = page.pixels(np.concatenate(self.line_ends(self.story.run.parameters[0])))
        width = label.box().width
        spots = []
        for share in (0.05, 0.4, 0.9):
            x = min(start[0] + share * (end[0] - start[0]), end[0] - width - 12)
            heights = [np.interp(v, [start[0], end[0]], [start[1], end[1]]) for v in (x, x + width)]
            spots.append(Box(x, max(heights) + 16, x + width, max(heights) + 60))
            spots.append(Box(x, min(heights) - 60, x + width, min(heights) - 16))
        inside = [spot for spot in spots if self.plot.box.contains(spot)] or spots
        data = self.story.dataset
        spot = clearest(inside, self.plot.pixels(data.x, data.y))
        label.place(spot.left, spot.bottom - 10)
        self.lay("text", label)
        return label

    def show_residuals(self) -> None:
        self.beat("residuals")
        theme, story, plot = self.colors, self.story, self.plot
        problem, row = story.problem, story.largest
        x, y = problem.x[row], problem.y[row]
        predicted = problem.predict(story.run.parameters[0])[row]
        self.play(
            FadeOut(self.start_notes),
            self.train_dots.animate.set_opacity(DIM),
            self.validation_dots.animate.set_stroke(opacity=DIM),
            run_time=0.5,
        )

        here = Dots(theme.ink, 12).stand_at(plot.at([x], [y]))
        there = Dots(theme.model, 11, hollow=True).stand_at(plot.at([x], [predicted]))
        there.set_fill(theme.ground, 1)
        largest = Segments(theme.loss, 7).set_ends(plot.at([x], [y]), plot.at([x], [predicted]))
        self.lay("marks", here, there)
        self.lay("residuals", largest)
        rule = Words('$mark("loss", e_i) = y_i - yhat_i$', MEDIUM, theme).place(MARGIN.left, 314)
        decimals = decimals_for([y, predicted, y - predicted])
        terms = [
            Figures(number(y, decimals), SMALL, theme, "ink"),
            Figures("-", SMALL, theme, "ink"),
            Figures(bracketed(number(predicted, decimals)), SMALL, theme, "model_text"),
            Figures("=", SMALL, theme, "ink"),
            Figures(number(y - predicted, decimals), SMALL, theme, "loss"),
        ]
        in_a_row(terms, MARGIN.left, 392, 10)
        self.lay("text", rule, *terms)
        self.play(FadeIn(here), FadeIn(there))
        self.play(FadeIn(rule, shift=0.2 * UP))
        self.play(TransformFromCopy(here, terms[0]), FadeIn(terms[1]), TransformFromCopy(there, terms[2]))
        self.play(Create(largest), FadeIn(*terms[3:]))
        self.wait(1)

        self.residuals.set_ends(plot.at(problem.x, problem.y), plot.at(problem.x, problem.y))
        self.add(self.residuals)
        self.play(
            self.grow_residuals(),
            *(dot.animate.set_opacity(1) for dot in self.train_dots),
            run_time=1.2,
        )
        self.wait(1.5)
        self.residual_marks = VGroup(here, largest)
        self.residual_rule = VGroup(rule, *terms)
        self.play(FadeOut(there), run_time=0.3)

    def grow_residuals(self) -> Animation:
        """All residuals grow from their points to the line on one clock."""
        problem, plot = self.story.problem, self.plot
        starts = plot.at(problem.x, problem.y)
        ends = plot.at(problem.x, problem.predict(self.story.run.parameters[0]))

        def grow(segments: Mobject, share: float) -> None:
            segments.set_ends(starts, starts + share * (ends - starts))

        return UpdateFromAlphaFunc(self.residuals, grow, rate_func=smooth)

    def show_loss(self) -> None:
        self.beat("loss")
        theme, story = self.colors, self.story
        problem, start = story.problem, story.run.parameters[0]
        squares = self.square_boxes(start)
        order = np.argsort(-(squares[:, 2] * squares[:, 3]), kind="stable")
        self.squares = Boxes(squares[order], theme.loss)
        self.squares.set_fill(opacity=theme.square_opacity / 4).set_stroke(
            width=page.stroke(1.5), opacity=0.12
        )
        for rank in np.linspace(0, len(order) - 1, 9)[1:].astype(int):
            self.squares[rank].set_stroke(width=page.stroke(2), opacity=0.6)
        self.squares[0].set_stroke(width=page.stroke(4), opacity=1)
        self.lay("areas", self.squares)
        flat = squares[order].copy()
        flat[:, 0] = self.plot.pixels(problem.x[order], 0)[:, 0]
        flat[:, 2] = 0
        self.play(FadeOut(self.residual_rule), self.squares.glide(flat, squares[order]), run_time=1.4)

        biggest = squares[order[0]]
        error = story.start_residuals[story.largest]
        square_words = Words('$mark("loss", e^2) = $', SMALL, theme, "loss")
        square_words.place(biggest[0] + 20, biggest[1] + 56)
        square_value = Figures(number(error**2, self.loss_decimals), SMALL, theme, "loss")
        square_value.place(square_words.box().right + 8, biggest[1] + 56)
        self.lay("text", square_words, square_value)
        self.play(FadeIn(square_words, square_value), run_time=0.8)
        self.wait(1.2)

        self.formula = Words(LOSS_FORMULA[story.dataset.reduction], MEDIUM, theme).place(MARGIN.left, 314)
        self.lay("text", self.formula)
        self.play(FadeIn(self.formula, shift=0.2 * UP))
        self.pour(order, VGroup(square_words, square_value))

    def square_boxes(self, parameters: Array) -> Array:
        """Left, top, width and height (n, 4), pixels, of the square on each residual.

        Its side is the residual's own length on the screen, so that its area is the squared error at the
        scale of y. It leans to the left, or to where there is room.
        """
        problem, plot = self.story.problem, self.plot
        x, y = plot.pixels(problem.x, problem.y).T
        predicted = plot.pixels(problem.x, problem.predict(parameters))[:, 1]
        side = np.abs(y - predicted)
        left = np.where(x - side >= plot.box.left, x - side, x)
        left = np.clip(left, plot.box.left, np.maximum(plot.box.right - side, plot.box.left))
        return np.stack([left, np.minimum(y, predicted), side, side], axis=1)

    def pour(self, order: NDArray[np.intp], square_label: VGroup) -> None:
        """The squares fly into one whose area is the loss: each tile is its square's share of it."""
        theme, story = self.colors, self.story
        loss = story.run.losses[0]
        share = 1 / story.problem.n_rows if story.dataset.reduction == "mean" else 1.0
        pixels_per_unit = self.plot.y_pixels_per_unit
        shrink = shrink_factor(np.sqrt(loss) * pixels_per_unit, LARGEST_SQUARE)
        side = np.sqrt(loss) * pixels_per_unit / shrink
        areas = story.start_residuals[order] ** 2 * share * (pixels_per_unit / shrink) ** 2
        tiles = squarify(areas, side) + [MARGIN.left + 2, SQUARE_TOP, 0, 0]
        self.loss_square = Box(MARGIN.left + 2, SQUARE_TOP, MARGIN.left + 2 + side, SQUARE_TOP + side)

        middle = self.loss_square.center
        value = Figures(number(loss, self.loss_decimals), LARGE, theme)
        value.place(middle[0], middle[1] + 26, "center")
        plate = rectangle(
            value.box().grown(20), blend(theme.loss, theme.ground, 2.2 * theme.square_opacity), fill=1
        )
        notes = VGroup()
        if story.dataset.reduction == "mean":
            divided = Words(f"$div {story.problem.n_rows}$", SMALL, theme)
            notes.add(divided.place((STAGE.right + MARGIN.left) / 2, 640, "center"))
        if shrink > 1:
            scale = Words(f"lengths 1 : {shrink}", SMALL, theme, "muted")
            notes.add(scale.place(MARGIN.left, self.loss_square.bottom + 52))
        self.lay("text", value, notes)
        self.lay("areas", plate)

        starts = self.squares.boxes.copy()
        self.play(FadeOut(square_label), FadeIn(notes), run_time=0.5)
        first = starts.copy()
        first[0] = tiles[0]
        self.play(self.squares.glide(starts, first), run_time=1.2)
        self.play(
            self.squares.glide(first, tiles, lag=0.5, fill=2.2 * theme.square_opacity),
            FadeOut(self.residual_marks),
            run_time=2.4,
        )
        edge = theme.ground if theme.square_opacity else theme.loss
        frame = rectangle(self.loss_square, theme.loss, width=4)
        self.lay("areas", frame)
        self.play(
            self.squares.animate.set_stroke(edge, page.stroke(2), 1),
            FadeIn(frame),
            FadeIn(plate),
            FadeIn(value),
        )
        self.loss_picture = VGroup(self.squares, plate, frame, value)
        self.loss_notes = notes
        self.wait(2)

    def show_gradient(self) -> None:
        self.beat("gradient")
        theme, story = self.colors, self.story
        gradient = story.run.gradients[0]
        factor = {"mean": "display(2/n)", "sum": "2"}[story.dataset.reduction]
        self.slopes = VGroup()
        self.slope_values = VGroup()
        self.slope_meanings = VGroup()
        for value, role, each, baseline in zip(
            gradient, PARAMETER_ROLES, ("", "thin x_i"), GRADIENT_BASELINES, strict=True
        ):
            slope = Words(f'$slope("{story.loss_name}", {role})$', SMALL, theme)
            slope.place(MARGIN.left, baseline)
            meaning = Words(f'$= -{factor} limits(sum)_i mark("loss", e_i){each}$', SMALL, theme)
            meaning.place(MARGIN.left + 122, baseline)
            shown = Figures(
                "=\N{THIN SPACE}" + number(value, self.gradient_decimals, signed=True), SMALL, theme, role
            )
            shown.place(MARGIN.right, baseline, "right")
            self.slopes.add(slope)
            self.slope_meanings.add(meaning)
            self.slope_values.add(shown)
        self.lay("text", self.slopes, self.slope_meanings, self.slope_values)

        self.play(
            FadeIn(self.slopes[0], self.slope_meanings[0]),
            self.residuals.animate.set_stroke(opacity=1),
            self.loss_notes.animate.set_opacity(0),
        )
        self.remove(self.loss_notes)
        self.play(FadeIn(self.slope_values[0], shift=0.2 * UP), run_time=0.8)
        self.wait(1.5)
        weighted = self.weighted_residuals()
        self.play(
            FadeIn(self.slopes[1], self.slope_meanings[1]),
            FadeOut(self.residuals),
            FadeIn(weighted),
            run_time=1.2,
        )
        self.play(FadeIn(self.slope_values[1], shift=0.2 * UP), run_time=0.8)
        self.wait(2)
        self.weighted = weighted

    def weighted_residuals(self) -> VGroup:
        """The residuals, each as strong as its x: what the slope in w adds up."""
        problem, plot = self.story.problem, self.plot
        strength = np.abs(problem.x) / np.abs(problem.x).max()
        starts, ends = self.residuals.ends()
        weighted = VGroup()
        for start, end, share in zip(starts, ends, strength, strict=True):
            weighted.add(
                Segments(self.colors.loss, 1 + 5 * share, 0.1 + 0.9 * share).set_ends(start[None], end[None])
            )
        self.lay("residuals", weighted)
        return weighted

    def first_update(self) -> None:
        self.beat("update")
        theme, story = self.colors, self.story
        self.curve = LossCurve(story.run.losses, CURVE_BOX, theme)
        self.lay("marks", self.curve)
        self.loss_readout = VGroup(
            Words(f'$loss("{story.loss_name}") =$', MEDIUM, theme),
            Figures(number(story.run.losses[0], self.loss_decimals), MEDIUM, theme, "loss"),
        )
        self.loss_readout[1].place(MARGIN.right, READOUT_BASELINE, "right")
        self.loss_readout[0].place(self.loss_readout[1].box().left - 14, READOUT_BASELINE, "right")
        self.rule = UpdateRule(
            story.loss_name, story.run, self.parameter_decimals, self.gradient_decimals, theme
        )
        self.counter = VGroup(Words("step", LARGE, theme), Figures("0", LARGE, theme))
        word_width = self.counter[0].box().width
        self.counter[0].place(STAGE.right - self.widest_step - 28 - word_width, 112)
        self.counter[1].place(STAGE.right - self.widest_step, 112)
        self.lay("text", self.loss_readout, self.rule, self.counter)

        self.residuals.set_stroke(opacity=0.6)
        self.play(
            FadeOut(self.weighted),
            FadeIn(self.residuals),
            FadeOut(self.formula),
            FadeOut(self.loss_picture, target_position=self.curve.disc, scale=0.05),
            FadeIn(self.curve.disc),
            run_time=1.3,
        )
        self.play(
            *(ReplacementTransform(old, new) for old, new in zip(self.slopes, self.rule.slopes, strict=True)),
            *(
                ReplacementTransform(old, new)
                for old, new in zip(self.slope_values, self.rule.gradients, strict=True)
            ),
            FadeOut(self.slope_meanings),
            FadeIn(self.rule.symbols),
            run_time=1.3,
        )
        self.play(
            FadeIn(self.curve.plot, self.curve.word, self.loss_readout, self.counter),
        )
        self.add(self.curve)
        self.play(
            *(TransformFromCopy(value, old) for value, old in zip(self.values, self.rule.olds, strict=True)),
            FadeIn(self.rule.rates),
            run_time=1,
        )
        self.add(self.rule)
        self.wait(1)
        self.move_to_row(1, seconds=1.5)
        self.wait(1.5)

    @property
    def widest_step(self) -> float:
        """Width of the last step's number in the counter, pixels."""
        return LARGE * text_width(str(self.story.run.n_steps))

    def leave_ghost(self, row: int) -> None:
        """The line of a row stays behind as a thin one, with its number where there is room for it."""
        if row not in GHOST_ROWS:
            return
        start, end = self.line_ends(self.story.run.parameters[row])
        ghost = Segments(self.colors.model, 3, 0.5).set_ends(start, end)
        self.lay("ghosts", ghost)
        label = Figures(str(row), SMALL, self.colors, "muted")
        height = float(page.pixels(end)[0, 1]) + 14
        label.place(self.plot.box.right + 26, height)
        self.lay("text", label)
        self.add(ghost)
        self.ghosts.add(ghost)
        taken = [other.origin[1] for other in self.ghost_labels]
        if all(abs(label.origin[1] - other) > page.units(34) for other in taken):
            self.ghost_labels.add(label)
            self.add(label)

    def move_to_row(self, row: int, seconds: float) -> None:
        """One update: the line, the residuals and the loss go from the row before to this one."""
        before, after = self.story.run.parameters[row - 1 : row + 1]
        self.leave_ghost(row - 1)
        moving = VGroup(self.line, self.residuals, self.curve, self.loss_readout[1], self.counter[1])

        def move(_: Mobject, share: float) -> None:
            arrived = share == 1
            self.draw_fit(after if arrived else before + share * (after - before))
            self.curve.show(row if arrived else row - 1, 0.0 if arrived else share)
            if arrived:
                self.show_counts(row)

        results = VGroup()
        for value, parameter in zip(self.values, self.story.run.parameters[row], strict=True):
            text = number(parameter, self.parameter_decimals, signed=True)
            result = Figures(text, MEDIUM, self.colors, value.role)
            results.add(result.shift(value.origin - result.origin))
        self.lay("text", results)
        self.play(
            UpdateFromAlphaFunc(moving, move, rate_func=smooth),
            *(FadeOut(value) for value in self.values),
            *(
                FadeIn(result, target_position=place)
                for result, place in zip(results, self.rule.results_from(), strict=True)
            ),
            run_time=seconds,
        )
        self.values = results

    def show_counts(self, row: int) -> None:
        self.counter[1].show(str(row))
        loss = self.story.run.losses[row]
        self.loss_readout[1].show_number(loss, self.loss_decimals, align="right")

    def next_steps(self) -> None:
        self.beat("steps")
        for row in range(2, self.story.settings.single_steps + 1):
            old = VGroup(self.rule.olds, self.rule.gradients)
            gone = old.copy()
            self.rule.show(row)
            self.add(gone)
            self.play(
                FadeOut(gone, run_time=0.3),
                *(
                    TransformFromCopy(value, new)
                    for value, new in zip(self.values, self.rule.olds, strict=True)
                ),
                FadeIn(self.rule.gradients),
                run_time=0.8,
            )
            self.add(self.rule)
            self.wait(0.3)
            self.move_to_row(row, seconds=0.9)
            self.wait(0.4)
        self.wait(1)

    def time_lapse(self) -> None:
        self.beat("time_lapse")
        run, first = self.story.run, self.story.settings.single_steps
        rest = run.parameters[first:]
        edges = np.array([self.plot.x.low, self.plot.x.high])
        heights = self.story.problem.predict(rest, edges)
        change = change_on_screen(
            *(self.plot.pixels(edge, heights[:, i]) for i, edge in enumerate(edges)),
        )
        n_frames = round(TIME_LAPSE_SECONDS * config.frame_rate)
        rows = first + rows_by_change(change, n_frames)
        shown = first

        def lapse(_: Mobject, share: float) -> None:
            nonlocal shown
            row = int(rows[min(int(share * n_frames), n_frames - 1)])
            if row == shown:
                return
            for passed in range(shown, row):
                self.leave_ghost(passed)
            shown = row
            self.draw_fit(run.parameters[row])
            self.show_parameters(row)
            self.rule.show(row)
            self.curve.show(row)
            self.show_counts(row)

        moving = VGroup(
            self.ghosts,
            self.ghost_labels,
            self.line,
            self.residuals,
            self.values,
            self.rule,
            self.curve,
            self.loss_readout[1],
            self.counter[1],
        )
        self.play(UpdateFromAlphaFunc(moving, lapse, rate_func=linear), run_time=TIME_LAPSE_SECONDS)
        self.wait(1.5)

    def compare_with_solution(self) -> None:
        self.beat("solution")
        theme, story = self.colors, self.story
        start, end = self.line_ends(story.problem.minimizer)
        exact = dashed(Line(start[0], end[0]).set_stroke(theme.minimum, page.stroke(4)), 26, 22)
        self.lay("lines", exact)
        self.play(
            FadeOut(self.rule, self.ghosts, self.ghost_labels),
            self.validation_dots.animate.set_stroke(opacity=1),
            run_time=0.8,
        )
        table = self.solution_table()
        for columns in table:
            self.play(FadeIn(columns), *([Create(exact)] if columns is table[1] else []))
            self.wait(0.7)
        self.wait(3)

    def solution_table(self) -> VGroup:
        """Descent beside the closed form: parameters, and the loss on train and on validation rows."""
        theme, story = self.colors, self.story
        last, best = story.run.parameters[-1], story.problem.minimizer
        losses = [
            problem.loss(np.stack([last, best])) for problem in (story.problem, story.validation) if problem
        ]
        decimals = decimals_for(np.ravel(losses), digits=2)
        rows = [
            (Words("$bias$", MEDIUM, theme), "bias", (last[0], best[0]), self.parameter_decimals),
            (Words("$weight$", MEDIUM, theme), "weight", (last[1], best[1]), self.parameter_decimals),
        ]
        for pair, dots in zip(losses, (self.train_dots, self.validation_dots), strict=False):
            word = Words(f'$loss("{story.loss_name}")$', SMALL, theme)
            rows.append((word, "loss", tuple(pair), decimals))
            word.mark = dots[0].copy().set_stroke(opacity=1)
        names, descent, exact = VGroup(), VGroup(), VGroup()
        descent.add(Words("descent", SMALL, theme, "model_text").place(TABLE_RIGHT[0], 300, "right"))
        exact.add(Words("closed form", SMALL, theme, "minimum").place(TABLE_RIGHT[1], 300, "right"))
        for index, (word, role, pair, digits) in enumerate(rows):
            baseline = 372 + 68 * index
            word.place(MARGIN.left, baseline)
            names.add(word)
            if hasattr(word, "mark"):
                names.add(word.mark.stand_at(page.at(word.box().right + 28, baseline - 13)[None]))
            for column, value, right in zip((descent, exact), pair, TABLE_RIGHT, strict=True):
                figures = Figures(number(value, digits, signed=True), SMALL, theme, role)
                column.add(figures.place(right, baseline, "right"))
        table = VGroup(VGroup(names, descent), exact)
        self.lay("text", table)
        return table


class UpdateRule(VGroup):
    """The update of each parameter, in symbols and under them in the numbers of one row.

    Row k shows how parameters[k] came to be: parameters[k - 1] - learning_rate * gradients[k - 1].
    """

    def __init__(
        self, loss_name: str, run: gdmath.Trajectory, decimals: int, gradient_decimals: int, theme: Theme
    ) -> None:
        super().__init__()
        self.run, self.decimals, self.gradient_decimals = run, decimals, gradient_decimals
        self.symbols, self.slopes = VGroup(), VGroup()
        self.olds, self.rates, self.gradients = VGroup(), VGroup(), VGroup()
        for index, role in enumerate(PARAMETER_ROLES):
            baseline = RULE_BASELINES[index]
            equals = Figures("=", SMALL, theme, "muted")
            rate = Figures(f"-{run.learning_rate:.6g}·", SMALL, theme)
            old, gradient = Figures("0", SMALL, theme, role), Figures("0", SMALL, theme, role)
            self.olds.add(old)
            self.gradients.add(gradient)
            self.rates.add(VGroup(equals, rate))
            self._show_parameter(index, 1)
            terms = [equals, old, rate, gradient]
            room = MARGIN.right - RULE_LEFT - sum(term.width_pixels for term in terms)
            in_a_row(terms, RULE_LEFT, baseline + 76, min(16.0, room / 3))
            target = Words(f"${role}$", MEDIUM, theme).place(MARGIN.left, baseline)
            columns = [term.middle for term in terms]
            arrow = Words("$arrow.l$", MEDIUM, theme, "muted").place(columns[0], baseline, "center")
            before = Words(f"${role}$", MEDIUM, theme).place(columns[1], baseline, "center")
            minus = Words("$- thick eta$", MEDIUM, theme).place(columns[2], baseline, "center")
            slope = Words(f'$slope("{loss_name}", {role})$', SMALL, theme)
            self.slopes.add(slope.place(columns[3], baseline, "center"))
            self.symbols.add(target, arrow, before, minus)
        self.add(self.symbols, self.slopes, self.olds, self.rates, self.gradients)

    def _show_parameter(self, index: int, row: int) -> None:
        old = number(self.run.parameters[row - 1, index], self.decimals, signed=True)
        gradient = number(self.run.gradients[row - 1, index], self.gradient_decimals, plus=True)
        self.olds[index].show(old)
        self.gradients[index].show(f"({gradient})")

    def show(self, row: int) -> None:
        """Put in the numbers that made a row."""
        for index in range(len(PARAMETER_ROLES)):
            self._show_parameter(index, row)

    def results_from(self) -> list[Array]:
        """Where each result comes from: the middle of its row of numbers."""
        return [VGroup(old, rate).get_center() for old, rate in zip(self.olds, self.rates, strict=True)]
