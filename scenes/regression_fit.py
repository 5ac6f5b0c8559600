"""RegressionFit: points, a random line, its errors, their squares, the gradient, and the steps it drives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from manim import (
    DOWN,
    UP,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    Mobject,
    ReplacementTransform,
    Restore,
    UpdateFromAlphaFunc,
    VGroup,
    config,
    linear,
    smooth,
    there_and_back_with_pause,
)
from numpy.typing import NDArray

import gdmath
from gdscenes.kit.figures.plain_plane import DataPlane
from gdscenes.kit.figures.loss_curve import LossCurve
from gdscenes.kit.figures.tiling import shrink_factor, squarify
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.choices import dataset_with_bias, stable_learning_rate
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.pacing import change_on_screen, rows_by_change
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import LARGE, MARGIN, MEDIUM, SMALL, SMALLEST, STAGE, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, blend
from gdscenes.kit.plot.marks import Boxes, Dots, Segments, dashed, rectangle, rule
from gdscenes.kit.type.digits import Digits, in_a_row, largest_type, text_width
from gdscenes.kit.type.notation import Notation, bracketed, notation_for, notations_for
from gdscenes.kit.type.typeset import Words, literal

Array = NDArray[np.float64]

GHOST_ROWS = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100)
"""Rows whose line stays behind as a thin one."""
TIME_LAPSE_SECONDS = 11.0
SECONDS_PER_ROW = 0.25
"""A row of the time-lapse stays no longer than this while the clock runs at full speed."""
DIM = 0.35
"""Opacity of what is not being talked of."""

LEGEND_BASELINE = 98
COUNTER_BASELINE = 112
MODEL_BASELINE = 122
VALUES_BASELINE = 198
VALUE_INDENT, VALUE_GAP = 40, 18
"""Room of the name before a value, and between the two."""
FORMULA_BASELINE = 314
RULE_BASELINES = (300, 512)
GRADIENT_BASELINES = (872, 978)
SQUARE_TOP = 384
LARGEST_SQUARE = 390
PLATE_MARGIN = 20
NUDGE = 0.25
"""By how much of the loss, to first order, a parameter's nudge changes it in the steeper direction."""
CURVE_BOX = Box(MARGIN.left, 740, MARGIN.right, 948)
LOSS_BASELINE = 706
TABLE_TOP = 300
TABLE_ROW = 66
TABLE_BASELINES = tuple(TABLE_TOP + TABLE_ROW * row for row in (1, 2, 4, 5))
"""b, w, train and validation; the name of the loss stands between."""
TABLE_RIGHT = (1614, 1840)

LOSS_FORMULA = {
    "mean": '$loss("MSE") = display(1/n sum_i (y_i - yhat_i)^2)$',
    "sum": '$loss("SSE") = display(sum_i (y_i - yhat_i)^2)$',
}
SLOPE_FORMULA = {
    "mean": '$= -display(2/n) limits(sum)_i mark("loss", e_i)',
    "sum": '$= -2 limits(sum)_i mark("loss", e_i)',
}


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
    def validation(self) -> gdmath.LeastSquares | None:
        """The same loss on the validation rows, None where there are none."""
        data = self.dataset
        if not len(data.validation_indices):
            return None
        return gdmath.LeastSquares(data.x_validation, data.y_validation, reduction=data.reduction)

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
    chapter = 1
    seconds = 112
    settings = RegressionFitSettings()
    story_type = RegressionFitStory
    beats: ClassVar = {
        "data": "Each point is one observation. The filled ones train the model; hollow ones are kept aside "
        "to judge it.",
        "model": "The model is a line: b is its height at zero, w its climb over one unit. Two random "
        "numbers make a first line, and it is a bad one.",
        "residuals": "For each point the line predicts a value. What is missing is the residual: observed "
        "minus predicted.",
        "loss": "Square each residual, and every error is an area. All areas together make the loss: one "
        "number for how wrong the line is.",
        "gradient": "How does the loss change when b or w grows? In b every residual counts the same; in w "
        "each counts in proportion to its x.",
        "update": "Subtract from each parameter the learning rate times its slope. The line moves by exactly "
        "that, and the loss falls.",
        "steps": "The same again from the new line: new residuals, new slopes, another step.",
        "time_lapse": "Now let it run. The loss falls fast at first, then slowly, and nothing but the same "
        "two subtractions happens.",
        "solution": "Where both slopes are zero, least squares has its solution in closed form. Compare it "
        "with what descent has reached, on points it was fitted to and on points it never saw.",
    }

    story: RegressionFitStory

    @staticmethod
    def prepare(settings: Settings) -> RegressionFitStory:
        assert isinstance(settings, RegressionFitSettings)
        dataset = dataset_with_bias(settings.dataset)
        rate = stable_learning_rate(dataset, settings.learning_rate)
        run = gdmath.descend(dataset.problem(), dataset.start, rate, settings.n_steps or dataset.n_steps)
        return RegressionFitStory(settings=settings, dataset=dataset, runs={"descent": run})

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
        """The data plane, and how each number is written from beginning to end."""
        story = self.story
        self.plane = DataPlane(story.dataset, story.problem, story.run.parameters, self.colors)
        plane = self.plane
        self.lay("grid", plane.plot, plane.axis_names)
        self.lay("residuals", plane.residuals)
        self.lay("ghosts", plane.ghosts)
        self.lay("lines", plane.line)
        self.lay("points", plane.train_dots, plane.validation_dots)
        self.lay("text", plane.ghost_labels)
        self.parameter_notations = notations_for(story.run.parameters)
        self.gradient_notations = notations_for(story.run.gradients)
        self.loss_notation = notation_for(story.run.losses, digits=5, scaled_digits=4, most_decimals=3)

    # -- one beat after the other ------------------------------------------------------------------------

    def show_data(self) -> None:
        self.beat("data")
        plane = self.plane
        title = Words(literal(self.title), LARGE, self.colors).place(
            sheet.WIDTH / 2, sheet.HEIGHT / 2, "center"
        )
        self.lay("text", title)
        self.play(FadeIn(title, shift=0.2 * UP))
        self.wait(1)
        self.play(
            FadeOut(title, shift=0.2 * UP),
            Create(plane.plot.lines),
            FadeIn(plane.plot.labels, plane.axis_names),
        )
        x = plane.plot.box.left + 60
        for dots, word in ((plane.train_dots, "train"), (plane.validation_dots, "validation")):
            if not len(dots):
                continue
            mark = dots[0].copy().stand_at(sheet.at(x, LEGEND_BASELINE - 13)[None])
            name = Words(word, SMALL, self.colors).place(x + 26, LEGEND_BASELINE)
            self.lay("text", mark, name)
            x = name.box().right + 60
            from_the_left = VGroup(*sorted(dots, key=Mobject.get_x))
            self.play(
                FadeIn(mark, name),
                LaggedStart(*map(GrowFromCenter, from_the_left), lag_ratio=0.02),
                run_time=1.6,
            )
            self.wait(0.4)
        self.add(plane.train_dots, plane.validation_dots)
        self.wait(1.5)

    def show_model(self) -> None:
        self.beat("model")
        theme, plane, start = self.colors, self.plane, self.story.run.parameters[0]
        model = Words("$yhat = bias + weight thin x$", LARGE, theme).place(MARGIN.left, MODEL_BASELINE)
        self.lay("text", model)
        self.play(FadeIn(model, shift=0.2 * UP))
        self.wait(0.5)

        self.names = [Words(f"${role}$", MEDIUM, theme) for role in PARAMETER_ROLES]
        names = self.names
        self.values = self.value_figures(0)
        self.values[0].place(MARGIN.left + VALUE_INDENT, VALUES_BASELINE)
        self.values[1].place(MARGIN.right, VALUES_BASELINE, "right")
        names[0].place(MARGIN.left, VALUES_BASELINE)
        names[1].place(MARGIN.right - self.values[1].width_pixels - VALUE_GAP, VALUES_BASELINE, "right")
        self.lay("text", *names)

        height, climb = plane.parameter_marks(start)
        label = Words("random start", SMALL, theme, "model_text")
        plane.label_line(label, start)
        self.lay("marks", height, climb)
        self.lay("text", label)
        level = start * [1, 0]
        if not plane.shows(level):
            level = start
        plane.draw(level)
        self.play(FadeIn(names[0], self.values[0]), *map(Create, height))
        self.play(Create(plane.line))
        self.wait(0.5)
        self.play(
            FadeIn(names[1], self.values[1]),
            *map(Create, climb),
            UpdateFromAlphaFunc(
                plane.line, lambda _, share: plane.draw(level + share * (start - level)), rate_func=smooth
            ),
            run_time=1.6,
        )
        self.play(FadeIn(label))
        self.start_notes = VGroup(height, climb, label)
        self.wait(2)

    def value_figures(self, row: int) -> list[Digits]:
        """The read-outs of b and w with the numbers of a row, not yet placed."""
        texts = self.parameter_texts(row)
        taken = 2 * VALUE_INDENT + VALUE_GAP
        em = largest_type((MEDIUM, SMALL, SMALLEST), "".join(texts), MARGIN.width - taken)
        values = [
            Digits(text, em, self.colors, role) for text, role in zip(texts, PARAMETER_ROLES, strict=True)
        ]
        self.lay("text", *values)
        return values

    def parameter_texts(self, row: int) -> list[str]:
        """b and w of a row, as they are written."""
        parameters = self.story.run.parameters[row]
        return [
            notation.write(value, signed=True)
            for value, notation in zip(parameters, self.parameter_notations, strict=True)
        ]

    def show_residuals(self) -> None:
        self.beat("residuals")
        theme, plane, problem, row = self.colors, self.plane, self.story.problem, self.story.largest
        start = self.story.run.parameters[0]
        x, y, predicted = problem.x[row], problem.y[row], problem.predict(start)[row]
        point, prediction = plane.plot.at([x], [y]), plane.plot.at([x], [predicted])
        self.play(
            FadeOut(self.start_notes),
            plane.train_dots.animate.set_opacity(DIM),
            plane.validation_dots.animate.set_stroke(opacity=DIM),
            run_time=0.5,
        )
        here = Dots(theme.ink, 12).stand_at(point)
        there = Dots(theme.model, 11, hollow=True).stand_at(prediction).set_fill(theme.ground, 1)
        residual = Segments(theme.loss, 7).set_ends(point, prediction)
        self.lay("marks", here, there)
        self.lay("residuals", residual)

        formula = Words('$mark("loss", e_i) = y_i - yhat_i$', MEDIUM, theme)
        formula.place(MARGIN.left, FORMULA_BASELINE)
        notation = notation_for([y, predicted, y - predicted])
        terms = [
            Digits(notation.write(y), SMALL, theme),
            Digits("-", SMALL, theme),
            Digits(bracketed(notation.write(predicted)), SMALL, theme, "model_text"),
            Digits("=", SMALL, theme),
            Digits(notation.write(y - predicted), SMALL, theme, "loss"),
        ]
        in_a_row(terms, MARGIN.left, FORMULA_BASELINE + 78, 10)
        if terms[-1].box().right > MARGIN.right:  # in two lines
            in_a_row(terms[3:], MARGIN.left, FORMULA_BASELINE + 142, 10)
        self.lay("text", formula, *terms)
        marks = [Words("$y_i$", SMALL, theme), Words("$yhat_i$", SMALL, theme)]
        for mark, place in zip(marks, sheet.pixels(np.vstack([point, prediction])), strict=True):
            side = "left" if place[0] + 110 < sheet.SAFE.right - 500 else "right"
            mark.place(place[0] + (26 if side == "left" else -26), place[1] + 14, side)
        self.lay("text", *marks)
        self.play(FadeIn(here, marks[0]))
        self.play(FadeIn(there, marks[1]))
        self.play(FadeIn(formula, shift=0.2 * UP))
        self.play(FadeIn(terms[0], target_position=here), run_time=1.2)
        self.play(FadeIn(terms[1]), FadeIn(terms[2], target_position=there), run_time=1.2)
        self.play(Create(residual), FadeIn(*terms[3:]))
        self.wait(1)

        plane.draw_residuals(start, grown=0)
        self.add(plane.residuals)
        self.play(
            UpdateFromAlphaFunc(plane.residuals, lambda _, grown: plane.draw_residuals(start, grown)),
            plane.train_dots.animate.set_opacity(1),
            FadeOut(there, *marks),
            run_time=1.2,
        )
        self.residual_marks = VGroup(here, residual)
        self.residual_terms = VGroup(formula, *terms)
        self.wait(1.5)

    def show_loss(self) -> None:
        self.beat("loss")
        theme, story, plane = self.colors, self.story, self.plane
        boxes = plane.square_boxes(story.run.parameters[0])
        self.by_size = np.argsort(-boxes[:, 2], kind="stable")
        boxes = boxes[self.by_size]
        self.squares = Boxes(boxes, theme.loss)
        self.squares.set_fill(opacity=theme.square_opacity / 4)
        self.squares.set_stroke(width=sheet.stroke(1.5), opacity=0.12)
        for rank in np.linspace(0, len(boxes) - 1, 9)[1:].astype(int):
            self.squares[rank].set_stroke(width=sheet.stroke(2), opacity=0.6)
        self.squares[0].set_stroke(width=sheet.stroke(4), opacity=1)
        self.lay("areas", self.squares)
        folded = boxes.copy()
        folded[:, 0] = plane.plot.pixels(story.problem.x[self.by_size], 0)[:, 0]
        folded[:, 2] = 0
        largest_first = np.vstack([boxes[:1], folded[1:]])
        self.play(plane.residuals.animate.set_stroke(opacity=DIM / 2), run_time=0.4)
        self.play(self.squares.glide(folded, largest_first), run_time=1.2)
        error = story.start_residuals[story.largest]
        residual, squared = (notation_for(v, most_decimals=3).write(v) for v in (error, error**2))
        bracket = "×" in residual or error < 0
        base = f"({residual})" if bracket else residual
        area = Digits(f"{base}²={squared}", SMALL, theme, "loss")
        end = min(boxes[0, 0] + 20 + area.width_pixels, MARGIN.left - 40)
        area.place(end, boxes[0, 1] + 56, "right")
        self.formula = Words(LOSS_FORMULA[story.dataset.reduction], MEDIUM, theme)
        self.formula.place(MARGIN.left, FORMULA_BASELINE)
        self.lay("text", area, self.formula)
        self.play(FadeIn(area, target_position=self.residual_terms), FadeOut(self.residual_terms))
        self.wait(1.5)
        self.play(
            self.squares.glide(largest_first, boxes, lag=0.5),
            plane.residuals.animate.set_stroke(opacity=0.6),
            run_time=1.6,
        )
        self.play(FadeIn(self.formula, shift=0.2 * UP), FadeOut(area))
        self.pour()

    def pour(self) -> None:
        """The squares fly into one whose area is the loss: each tile is its square's share of it."""
        theme, story = self.colors, self.story
        loss = story.run.losses[0]
        scale = self.plane.plot.y_pixels_per_unit
        shrink = shrink_factor(np.sqrt(loss) * scale, LARGEST_SQUARE)
        side = np.sqrt(loss) * scale / shrink
        areas = story.start_residuals[self.by_size] ** 2
        tiles = squarify(areas / areas.sum() * side**2, side)
        square = Box(MARGIN.left + 2, SQUARE_TOP, MARGIN.left + 2 + side, SQUARE_TOP + side)
        tiles[:, :2] += square.left, square.top

        filled = 2.2 * theme.square_opacity
        value = self.number_on(square, self.loss_notation.write(loss))
        under = theme.ground if value.box().left > square.right else blend(theme.loss, theme.ground, filled)
        plate = rectangle(value.box().grown(PLATE_MARGIN), under, fill=1)
        frame = rectangle(square, theme.loss, width=4)
        self.loss_notes = VGroup()
        if shrink > 1:
            drawn = Words(f"lengths 1 : {shrink}", SMALL, theme, "muted")
            self.loss_notes.add(drawn.place(MARGIN.left, square.bottom + 52))
        self.lay("areas", plate, frame)
        self.lay("text", value, self.loss_notes)

        start = self.squares.boxes
        first_there = np.vstack([tiles[:1], start[1:]])
        self.play(self.squares.glide(start, first_there), FadeIn(self.loss_notes), run_time=1.2)
        if story.dataset.reduction == "mean":
            self.show_share(areas[0], tiles[0])
        self.play(
            self.squares.glide(first_there, tiles, lag=0.7, fill=filled),
            FadeOut(self.residual_marks),
            run_time=3.2,
        )
        edge = theme.ground if filled else theme.loss
        self.play(self.squares.animate.set_stroke(edge, sheet.stroke(2), 1), FadeIn(frame, plate, value))
        self.loss_picture = VGroup(self.squares, plate, frame)
        self.loss_number = value
        self.loss_square = square
        self.wait(2)

    def number_on(self, square: Box, text: str) -> Digits:
        """A number in the middle of a square, or beside it, as large as there is room for it."""
        for em in (LARGE, MEDIUM, SMALL):
            value, baseline = Digits(text, em, self.colors), square.center[1] + 0.34 * em
            if value.width_pixels + 2 * PLATE_MARGIN <= square.width:
                return value.place(square.center[0], baseline, "center")
            value.place(square.right + 2 * PLATE_MARGIN, baseline)
            if value.box().right <= MARGIN.right:
                break
        return value

    def show_share(self, area: float, tile: Array) -> None:
        """What one squared error adds to the mean, beside its tile, or under the square."""
        rows, notation = self.story.problem.n_rows, self.loss_notation
        text = f"{notation.write(area)}÷{rows}={notation.write(area / rows)}"
        share = Digits(text, SMALL, self.colors, "loss")
        share.place(tile[0] + tile[2] + 20, tile[1] + min(tile[3], 60) / 2 + 14)
        if share.box().right > MARGIN.right:
            share.place(MARGIN.left, SQUARE_TOP + LARGEST_SQUARE + 104)
        self.lay("text", share)
        self.play(FadeIn(share), run_time=0.6)
        self.wait(1.2)
        self.play(FadeOut(share), run_time=0.4)

    def show_gradient(self) -> None:
        self.beat("gradient")
        theme, story, plane = self.colors, self.story, self.plane
        self.slopes: list[Words] = []
        self.slope_meanings: list[Words] = []
        self.slope_signs: list[Digits] = []
        self.slope_values: list[Digits] = []
        factors = ("$", " thin x_i$")
        for value, notation, role, factor, baseline in zip(
            story.run.gradients[0],
            self.gradient_notations,
            PARAMETER_ROLES,
            factors,
            GRADIENT_BASELINES,
            strict=True,
        ):
            slope = Words(f'$slope("{story.loss_name}", {role})$', SMALL, theme)
            meaning = Words(SLOPE_FORMULA[story.dataset.reduction] + factor, SMALL, theme)
            shown = Digits(notation.write(value), SMALL, theme, role)
            sign = Digits("=", SMALL, theme, role)
            self.slopes.append(slope.place(MARGIN.left, baseline))
            self.slope_meanings.append(meaning.place(MARGIN.left + 116, baseline))
            self.slope_values.append(shown.place(MARGIN.right, baseline, "right"))
            self.slope_signs.append(sign.place(shown.box().left - 6, baseline, "right"))
        self.weighted = plane.weighted_residuals()
        self.lay("residuals", self.weighted)
        self.lay("text", *self.slopes, *self.slope_meanings, *self.slope_signs, *self.slope_values)

        self.loss_picture.save_state()
        self.loss_number.save_state()
        self.play(
            self.loss_picture.animate.fade(1 - DIM),
            self.loss_number.animate.fade(1 - DIM),
            FadeOut(self.loss_notes),
        )
        for index, heavier in enumerate((plane.residuals, self.weighted)):
            self.nudge(index)
            self.play(
                FadeIn(self.slopes[index], self.slope_meanings[index]),
                *([] if heavier is plane.residuals else [FadeOut(plane.residuals), FadeIn(heavier)]),
            )
            meaning, sign = self.slope_meanings[index], self.slope_signs[index]
            crowded = meaning.box().right > sign.box().left  # a long number takes the formula's place
            self.play(
                FadeIn(sign, self.slope_values[index], shift=0.2 * UP),
                *([FadeOut(meaning)] if crowded else []),
                run_time=0.8,
            )
            self.wait(1)
        self.play(Restore(self.loss_picture), Restore(self.loss_number), run_time=0.5)
        self.wait(2)

    def nudge(self, index: int) -> None:
        """One parameter grows a little and comes back; the square of the loss follows."""
        plane, problem, square = self.plane, self.story.problem, self.loss_square
        start, gradient = self.story.run.parameters[0], self.story.run.gradients[0]
        loss = self.story.run.losses[0]
        way = np.eye(len(start))[index] * NUDGE * loss / np.abs(gradient).max()
        self.follower = rectangle(square, self.colors.loss, fill=self.colors.square_opacity, width=6)
        follower = self.follower
        name = self.names[index]
        self.lay("lines", follower)

        def follow(_: Mobject, share: float) -> None:
            moved = start + share * way
            plane.draw(moved)
            side = square.width * np.sqrt(problem.loss(moved) / loss)
            follower.become(
                rectangle(
                    Box(square.left, square.top, square.left + side, square.top + side),
                    self.colors.loss,
                    fill=self.colors.square_opacity,
                    width=6,
                ).set_z_index(follower.z_index)
            )

        moving = VGroup(plane.line, plane.residuals, follower)
        self.play(
            FadeIn(follower), Indicate(name, scale_factor=1.5, color=name.ink()[0].get_color()), run_time=0.6
        )
        self.play(UpdateFromAlphaFunc(moving, follow, rate_func=there_and_back_with_pause), run_time=3)
        self.play(FadeOut(follower), run_time=0.3)

    def first_update(self) -> None:
        self.beat("update")
        theme, story, plane = self.colors, self.story, self.plane
        self.curve = LossCurve(story.run.losses, CURVE_BOX, theme)
        self.rule = UpdateRule(
            story.run,
            story.loss_name,
            self.parameter_notations,
            self.gradient_notations,
            RULE_BASELINES,
            theme,
        )
        loss_word, self.loss_value = self.loss_readout()
        step_word, self.step_value = self.step_counter()
        self.lay("marks", self.curve)
        self.lay("text", self.rule, loss_word, self.loss_value, step_word, self.step_value)

        height, climb = plane.parameter_marks(story.run.parameters[0])
        self.lay("marks", height, climb)
        self.play(
            FadeOut(self.weighted, self.formula, *self.slope_meanings, *self.slope_signs),
            FadeIn(plane.residuals),
        )
        self.play(
            FadeOut(self.loss_picture, target_position=self.curve.disc, scale=0.05),
            FadeIn(self.curve.disc, loss_word),
            ReplacementTransform(self.loss_number, self.loss_value),
            run_time=1.3,
        )
        self.move_slopes_into_the_rule()
        self.play(FadeIn(self.curve.plot, self.curve.word, step_word, self.step_value))
        self.add(self.curve)
        for index, (value, old) in enumerate(zip(self.values, self.rule.olds, strict=True)):
            self.play(
                Indicate(value, scale_factor=1.15, color=value.ink()[0].get_color()),
                FadeIn(old, self.rule.rates[index]),
            )
        self.wait(1)
        for sign, result in zip(self.rule.result_signs, self.rule.results, strict=True):
            self.play(FadeIn(sign, result, shift=0.1 * DOWN), run_time=0.8)
        self.add(self.rule)
        self.wait(0.5)
        self.play(FadeIn(height, climb), run_time=0.5)
        self.move_to_row(1, seconds=2, marks=(height, climb))
        self.wait(2)
        self.play(FadeOut(height, climb), run_time=0.4)

    def move_slopes_into_the_rule(self) -> None:
        """Fractions and numbers travel as they are; brackets close round each number where it arrives."""
        rule = self.rule
        arrivals, brackets = [], []
        for value, gradient in zip(self.slope_values, rule.gradients, strict=True):
            digits = gradient.ink()
            last = digits[-2].get_center() - value.ink()[-1].get_center()
            arrivals.append(value.animate.shift(last))
            brackets += [digits[-1], *digits[: -1 - len(value.ink())]]
        self.play(
            *map(ReplacementTransform, self.slopes, rule.slopes),
            *arrivals,
            FadeIn(rule.symbols),
            run_time=1.5,
        )
        self.play(*map(FadeIn, brackets), run_time=0.5)
        self.remove(*self.slope_values, *brackets)
        self.add(*rule.gradients)

    def loss_readout(self) -> tuple[Words, Digits]:
        """The loss in words and in the figures of row 0, over the loss curve."""
        value = Digits(self.loss_notation.write(self.story.run.losses[0]), MEDIUM, self.colors, "loss")
        value.place(MARGIN.right, LOSS_BASELINE, "right")
        word = Words(f'$loss("{self.story.loss_name}") =$', MEDIUM, self.colors)
        return word.place(value.box().left - 22, LOSS_BASELINE, "right"), value

    def step_counter(self) -> tuple[Words, Digits]:
        """The word and the number of the step, with room for the last one."""
        word, value = Words("step", LARGE, self.colors), Digits("0", LARGE, self.colors)
        value.place(STAGE.right - LARGE * text_width(str(self.story.run.n_steps)), COUNTER_BASELINE)
        return word.place(value.box().left - 28, COUNTER_BASELINE, "right"), value

    def next_steps(self) -> None:
        self.beat("steps")
        rule = self.rule
        for row in range(2, self.story.settings.single_steps + 1):
            gone = VGroup(*rule.olds, *rule.gradients, *rule.results, rule.result_signs)
            self.play(FadeOut(gone), run_time=0.25)
            rule.show_row(row)
            self.play(FadeIn(*rule.olds, *rule.gradients), run_time=0.6)
            self.play(FadeIn(rule.result_signs, *rule.results), run_time=0.5)
            self.add(rule)
            self.move_to_row(row, seconds=0.9)
            self.wait(0.4)
        self.wait(1)

    def move_to_row(self, row: int, seconds: float, marks: tuple[VGroup, ...] = ()) -> None:
        """One update: line, residuals and loss go from the row before to this one, on one clock.

        The read-outs change when it is complete. `marks`, if they are on the screen, follow the line.
        """
        plane, curve = self.plane, self.curve
        before, after = self.story.run.parameters[row - 1 : row + 1]
        self.leave_ghost(row - 1)

        def move(_: Mobject, share: float) -> None:
            here = before + share * (after - before) if share < 1 else after
            for mark, now in zip(marks, plane.parameter_marks(here) if marks else (), strict=True):
                mark.become(now.set_z_index(mark.z_index))
            if share < 1:
                plane.draw(here)
                curve.show_row(row - 1, towards=share)
            else:
                self.show_row(row)

        moving = VGroup(
            plane.line, plane.residuals, curve, self.loss_value, self.step_value, *self.values, *marks
        )
        self.play(UpdateFromAlphaFunc(moving, move, rate_func=smooth), run_time=seconds)

    def leave_ghost(self, row: int) -> None:
        if row in GHOST_ROWS:
            self.plane.leave_ghost(row, self.story.run.parameters[row])
            self.add(self.plane.ghosts, self.plane.ghost_labels)

    def show_counts(self, row: int) -> None:
        """The step counter and the loss of a row."""
        self.step_value.spell(str(row))
        self.loss_value.spell(self.loss_notation.write(self.story.run.losses[row]))

    def time_lapse(self) -> None:
        self.beat("time_lapse")
        story, plane, curve = self.story, self.plane, self.curve
        first, last = story.settings.single_steps, story.run.n_steps
        if curve.is_long:
            self.play(curve.bending(1.2))
            self.wait(0.6)
        heights = story.problem.predict(story.run.parameters[first:], plane.edges)
        change = change_on_screen(
            *(plane.plot.pixels(x, y) for x, y in zip(plane.edges, heights.T, strict=True)),
            curve.places(np.zeros(last + 1 - first), story.run.losses[first:]),
        )
        seconds = min(TIME_LAPSE_SECONDS, max(2.0, SECONDS_PER_ROW * (last - first)))
        n_frames = round(seconds * config.frame_rate)
        rows = first + rows_by_change(change, n_frames, longest=round(SECONDS_PER_ROW * config.frame_rate))
        shown = first

        def lapse(_: Mobject, share: float) -> None:
            nonlocal shown
            row = int(rows[min(int(share * n_frames), n_frames - 1)])
            for passed in range(shown, row):
                self.leave_ghost(passed)
            if row > shown:
                self.show_row(row)
            shown = row

        moving = VGroup(
            plane.ghosts,
            plane.ghost_labels,
            plane.line,
            plane.residuals,
            *self.values,
            self.rule,
            curve,
            self.loss_value,
            self.step_value,
        )
        self.play(UpdateFromAlphaFunc(moving, lapse, rate_func=linear), run_time=seconds)
        self.wait(1.5)

    def show_row(self, row: int) -> None:
        """Everything on the screen that belongs to one row of the run."""
        self.plane.draw(self.story.run.parameters[row])
        for figures, text in zip(self.values, self.parameter_texts(row), strict=True):
            figures.spell(text)
        self.rule.show_row(row)
        self.curve.show_row(row)
        self.show_counts(row)

    def compare_with_solution(self) -> None:
        self.beat("solution")
        plane = self.plane
        start, end = plane.line_ends(self.story.problem.minimizer)
        exact = dashed(rule(start[0], end[0], self.colors.minimum, 8), 30, 30)
        self.lay("lines", exact)
        self.play(
            FadeOut(self.rule, plane.ghosts, plane.ghost_labels),
            plane.validation_dots.animate.set_stroke(opacity=1),
            run_time=0.8,
        )
        fitted, judged = self.solution_table()
        self.play(FadeIn(fitted[0], fitted[1]))
        self.wait(0.7)
        self.play(FadeIn(fitted[2]), Create(exact))
        self.wait(2)
        if len(plane.validation_dots):
            unseen = plane.validation_residuals(self.story.run.parameters[-1])
            self.lay("residuals", unseen)
            self.play(
                FadeOut(plane.residuals),
                plane.train_dots.animate.set_opacity(DIM),
                Create(unseen),
                FadeIn(judged),
                run_time=1.2,
            )
        self.wait(3)

    def solution_table(self) -> tuple[VGroup, VGroup]:
        """Descent beside the closed form.

        Returns
        -------
        tuple of VGroup
            Names, descent and closed form of the parameters and the train loss; the row of the validation
            loss, empty where no point was kept aside.
        """
        theme, story = self.colors, self.story
        both = np.stack([story.run.parameters[-1], story.problem.minimizer])
        notations = notations_for(np.vstack([story.run.parameters, story.problem.minimizer]))
        losses = [problem.loss(both) for problem in (story.problem, story.validation) if problem]
        of_losses = notation_for(losses, digits=2, scaled_digits=2)
        unit = f"#h(.2em)$\\/10^({of_losses.power})$" if of_losses.power else ""
        heads = [Words("descent", SMALL, theme, "model_text"), Words("closed form", SMALL, theme, "minimum")]
        rows = [
            (Words(f"${role}$", MEDIUM, theme), values, notation, role)
            for values, notation, role in zip(both.T, notations, PARAMETER_ROLES, strict=True)
        ]
        for word, values in zip(("train", "validation"), losses, strict=False):
            in_unit = values / 10.0**of_losses.power
            rows.append((Words(word, SMALL, theme), in_unit, Notation(of_losses.decimals), "loss"))
        fitted, judged = VGroup(VGroup(), VGroup(), VGroup()), VGroup()
        for head, column, right in zip(heads, fitted[1:], TABLE_RIGHT, strict=True):
            column.add(head.place(right, TABLE_TOP, "right"))
        loss_word = Words(f'$loss("{story.loss_name}")${unit}', SMALL, theme)
        fitted[0].add(loss_word.place(MARGIN.left, TABLE_TOP + 3 * TABLE_ROW))
        for baseline, (name, values, notation, role) in zip(TABLE_BASELINES, rows, strict=False):
            em = SMALLEST if notation.power else SMALL
            figures = [
                Digits(notation.write(value), em, theme, role).place(right, baseline, "right")
                for value, right in zip(values, TABLE_RIGHT, strict=True)
            ]
            row = VGroup(name.place(MARGIN.left, baseline), *figures)
            if baseline == TABLE_BASELINES[-1]:
                judged.add(*row)
            else:
                for column, cell in zip(fitted, row, strict=True):
                    column.add(cell)
        self.lay("text", fitted, judged)
        return fitted, judged
