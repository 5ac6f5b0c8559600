"""LearningRates: three rates on the cuts and on the map, then every rate, and why there is a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manim import Animation, Create, FadeIn, FadeOut, Mobject, smooth, squish_rate_func
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.bars import LimitBars
from gdscenes.kit.figures.contour_map import ContourMap, map_in
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import loss_axis
from gdscenes.kit.figures.gradient import growing
from gdscenes.kit.figures.lanes import Lane, cuts_over_lanes, first_steps, is_one_scale, seen_in_lanes
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.rate_plot import RatePlot, cliff_axis, kept_axis, rate_plots_in_a_column
from gdscenes.kit.figures.rated_path import RatedPath
from gdscenes.kit.figures.readouts import Readout, Readouts, losses_of
from gdscenes.kit.figures.secant import Tangent
from gdscenes.kit.figures.shadows import Shadows
from gdscenes.kit.figures.step_sum import StepSum
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import Data, dataset_with_bias, three_learning_rates
from gdscenes.kit.lecture.clock import Clock, turning
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.live import Task, Trial
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import Settings, knob, settled
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Cell, Insets
from gdscenes.kit.page.sheet import MEDIUM, SMALL
from gdscenes.kit.page.theme import AXIS_ROLES, PARAMETER_ROLES
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, LOW
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation, fixed, markup, notation_for, rounded, shortest
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

STYLES = {"low": LOW, "good": GOOD, "divergent": DIVERGENT}
"""The runs by name, from the lowest rate to the highest."""
ANY_RATE = replace(GOOD, role="data", sides=0)
"""A run whose rate slides, as the curve of its losses: the mark of none of the three."""
LETTERS = "bw"
SINGLE_STEPS, RACE_STEPS = 4, 10
"""Steps shown one by one and held; steps of the race before its time-lapse."""
SHADOW_STEPS = 4
"""Steps whose shadows are shown."""
DONE = 0.01
"""Part of the loss that is left at the end of the race of a rate that is fast."""
LAMBDAS = ('lambda_"min"', 'lambda_"max"')
GOOD_STEP = 0.75
"""A step that leaves less of the loss over the minimum is a good one."""
NO_BETTER = 0.9
"""A step that leaves so much of the loss over the minimum is hardly better than none."""
OFF_FLOOR = 0.05
"""Part of the start's way to the minimum that lies across the valley, if a run is to be seen to cross it."""
WIDEST = 2.5
"""The divergent run's first rows are shown while they widen the window no more than so many times."""
BEYOND = 0.55
"""How much of the way from the run to the minimum the close look shows on its other side."""
TOLD_APART = 0.05
"""A rate is told from the limit if it is so much greater, a part of it."""
OVER_CROSS = 26.0
"""From axes up to words that a cross on their edge goes under, pixels."""
BESIDE_LINE = 24.0
"""From a line on the map to its name, pixels."""
DESCENT = 9.0
"""Of small type under its baseline, pixels."""
LEAST_SPAN = 1e-2
"""Least span of b and of w in a window, a part of the way on which the loss rises to the start's."""
RATES_SHOWN = (360, 420, 120)
"""How many: up to near the best rate, from there to a little beyond the limit, and on from there."""
NEAR_EDGE = 0.05
"""Part of the limit that is slid over slowly at least."""
MAP_ASPECTS = (0.8, 1.2)
"""Between these is the width of the map by its height; it shows the window, and more on two sides."""
CUTS = PAGE.rows(123, 604, 267)[1].inset(Insets(left=84))
"""Lanes included, between the heads and what is said of the cuts."""
UNDER_CUTS = 42.0
STAGE, MARGIN = PAGE.inset(Insets(top=18)).columns(960, 730, gap=76)
"""A run that leaves the map upwards has its cross on the page."""
BARS = MARGIN.inset(Insets(right=50))
UPPER, LOWER = MARGIN.rows(500, 476)
UNDER_ROWS = 74.0
"""From the last row of a table to what is said of it, pixels."""


@dataclass(frozen=True)
class LearningRatesSettings(Settings):
    """What a lecturer may change."""

    dataset: Data = knob("chapter-0", "preset that is descended on", choices=gdmath.preset_names())
    learning_rates: tuple[float, float, float] | None = knob(
        None,
        "low, good and divergent rate; none chooses them by 2 / lambda_max",
        minimum=0.0,
        open_minimum=True,
    )
    n_steps: int = knob(50, "steps after which the losses are compared", minimum=20, maximum=100)


@dataclass(frozen=True)
class LearningRatesStory(Story):
    """Three rates, each on both parameters together and on either of them alone.

    The runs are `low`, `good` and `divergent`; and `low in b`, `low in w` and so on, where the other
    parameter is held at the start.
    """

    settings: LearningRatesSettings

    @property
    def runners(self) -> list[Runner]:
        return [Runner(name, self.runs[name], style, self.label(name)) for name, style in STYLES.items()]

    @cached_property
    def cuts(self) -> tuple[gdmath.LeastSquares, gdmath.LeastSquares]:
        """The loss as a function of b alone, and of w alone."""
        b, w = self.start
        return self.problem.cut(BIAS, held=w), self.problem.cut(WEIGHT, held=b)

    def problem_of(self, run: str) -> gdmath.LeastSquares:
        _, _, letter = run.partition(" in ")
        return self.cuts[LETTERS.index(letter)] if letter else self.problem

    @property
    def start(self) -> Array:
        return np.asarray(self.runs["low"].parameters[0])

    def rate(self, name: str) -> float:
        return self.runs[name].learning_rate

    def label(self, name: str) -> str:
        return f"$eta = {markup(shortest(self.rate(name), 5))}$"

    def alone(self, name: str, moving: int) -> gdmath.Trajectory:
        """The run in which one parameter moves and the other is held."""
        return self.runs[f"{name} in {LETTERS[moving]}"]

    @property
    def alone_runners(self) -> list[list[Runner]]:
        """The runs in b alone, from the lowest rate to the highest, and those in w alone."""
        return [
            [
                Runner(f"{name} in {letter}", self.alone(name, moving), style, self.label(name))
                for name, style in STYLES.items()
            ]
            for moving, letter in enumerate(LETTERS)
        ]

    @cached_property
    def landed(self) -> list[float]:
        """The losses after one step of each rate in each parameter alone."""
        return [float(each.run.losses[1]) for runners in self.alone_runners for each in runners]

    @property
    def loss_notation(self) -> Notation:
        """Of the losses after one step."""
        return notation_for([*self.landed, float(self.runs["good"].losses[1])], 5)

    @cached_property
    def curvatures(self) -> Array:
        """Of the loss along b and along w, shape (2,)."""
        return np.array([float(cut.curvature([1.0])) for cut in self.cuts])

    @cached_property
    def least_spans(self) -> Array:
        """How much of b and of w (2,) a window always shows; see `LEAST_SPAN`."""
        reaches = [float(self.problem.reach(way, self.start_loss)) for way in np.eye(2)]
        return LEAST_SPAN * np.array(reaches)

    @cached_property
    def window(self) -> gdmath.Window:
        """What the contours show: the runs that stay, the minimum, and some rows of the one that leaves."""
        stay = np.vstack([self.problem.minimizer, *(self.runs[name].parameters for name in ("low", "good"))])
        seen = gdmath.Window.around(stay, room=0.0, least=self.least_spans)
        most = WIDEST * seen.size
        for row in self.runs["divergent"].parameters[1:3]:
            wider = seen.joined(row)
            if (wider.size > most).any():
                break
            seen = wider
        return gdmath.Window.around([seen.low, seen.high], least=self.least_spans)

    @cached_property
    def near(self) -> gdmath.Window:
        """A closer look: the first steps of the good rate, one step at the limit, and the minimum."""
        run = self.runs["good"].parameters[: SHADOW_STEPS + 1]
        at_limit = self.paths[self.row_of(self.problem.max_stable_learning_rate), 1]
        seen = np.vstack([run, self.problem.beyond(run[:1], BEYOND), at_limit])
        return gdmath.Window.around(seen, least=self.least_spans)

    # -- what may be said of the runs ----------------------------------------------------------------------

    def changes_alone(self, name: str) -> list[int]:
        """What the first step of a rate does to the loss in b alone, and in w alone; see `first_change`."""
        return [gdmath.behaviour.first_change(self.alone(name, moving)) for moving in (BIAS, WEIGHT)]

    @property
    def low_falls_alone(self) -> bool:
        return self.changes_alone("low") == [-1, -1]

    @property
    def good_falls_alone(self) -> bool:
        return self.changes_alone("good") == [-1, -1]

    @property
    def steeper(self) -> int:
        """Which of both parameters has the narrower cut."""
        return int(self.curvatures.argmax())

    @property
    def only_the_steeper_climbs(self) -> bool:
        changes = self.changes_alone("divergent")
        return changes[self.steeper] == 1 and changes[1 - self.steeper] == -1

    @property
    def both_climb(self) -> bool:
        return self.changes_alone("divergent") == [1, 1]

    @property
    def both_fall(self) -> bool:
        return self.changes_alone("divergent") == [-1, -1]

    @cached_property
    def has_one_scale(self) -> bool:
        """Whether a unit of b is as long on its cut as one of w on its own."""
        seen = (
            seen_in_lanes(cut, runners, self.start_loss)
            for cut, runners in zip(self.cuts, self.alone_runners, strict=True)
        )
        return is_one_scale([max(np.ptp(values), least) for values, least in seen])

    @property
    def sum_is_worse(self) -> bool:
        """Whether a step of both at the good rate comes less low than the better of its two parts alone."""
        return bool(self.runs["good"].losses[1] > min(self.alone_losses))

    @property
    def alone_losses(self) -> list[float]:
        """The losses after one step of the good rate in b alone, and in w alone."""
        return [float(self.alone("good", moving).losses[1]) for moving in (BIAS, WEIGHT)]

    @property
    def two_good_make_a_bad(self) -> bool:
        """Whether both parts of the good rate's step are good ones, and their sum but crosses the valley."""
        run, least = self.runs["good"].up_to(1), self.problem.minimum
        excess = self.start_loss - least
        return bool(
            max(self.alone_losses) - least < GOOD_STEP * excess
            and run.losses[1] - least > NO_BETTER * excess
            and gdmath.behaviour.jumps_to_and_fro(self.problem, run, 1, 0.5)
        )

    def leaves(self, name: str, n_steps: int) -> bool:
        """Whether a run is off the map at one of its first rows, whatever the shape of the map."""
        widest = self.window.of_aspect(MAP_ASPECTS[0]).joined(self.window.of_aspect(MAP_ASPECTS[1]).corners)
        return not widest.contains(self.runs[name].parameters[: n_steps + 1]).all()

    def manner(self, name: str) -> str:
        """How a run goes in its first steps, in words."""
        run = self.runs[name]
        if self.leaves(name, SINGLE_STEPS):
            return tr("leaves the picture")
        if gdmath.behaviour.swings_out(self.problem, run.up_to(SINGLE_STEPS)):
            return tr("swings ever wider")
        if gdmath.behaviour.jumps_to_and_fro(self.problem, run, SINGLE_STEPS, 0.5):
            return tr("jumps to and fro")
        left = gdmath.behaviour.excess_left(self.problem, run.up_to(RACE_STEPS))[-1]
        return tr("creeps") if left >= DONE else tr("is soon down")

    @property
    def manners(self) -> list[str]:
        return [self.manner(name) for name in STYLES]

    @property
    def creeps_jumps_and_leaves(self) -> bool:
        return self.manners == [tr("creeps"), tr("jumps to and fro"), tr("leaves the picture")]

    @property
    def good_hardly_falls(self) -> bool:
        """Whether the good rate leaves more than half of the excess in the race."""
        run = self.runs["good"].up_to(RACE_STEPS)
        return bool(gdmath.behaviour.excess_left(self.problem, run)[-1] > 0.5)

    @property
    def divergent_grows(self) -> bool:
        losses = self.runs["divergent"].up_to(RACE_STEPS).losses
        return bool(losses[-1] > losses[0])

    @property
    def good_still_jumps(self) -> bool:
        run = self.runs["good"]
        return gdmath.behaviour.jumps_to_and_fro(self.problem, run, run.n_steps, 0.1)

    @property
    def divergent_is_gone(self) -> bool:
        """Whether the highest rate has left the map and the axis of the loss, with a loss of many digits."""
        run = self.runs["divergent"]
        is_over = run.losses[-1] > max(1e6, 2 * run.losses[: RACE_STEPS + 2].max())
        return bool(is_over and self.leaves("divergent", run.n_steps))

    @property
    def ends(self) -> list[str]:
        """The loss at the end of each run, in words."""
        return [rounded(float(self.runs[name].losses[-1])) for name in STYLES]

    @property
    def comes_all_the_way(self) -> bool:
        """Whether at some of the rates nearly nothing is left after the last step."""
        return self.least_enough is not None

    @property
    def least_enough(self) -> float | None:
        """The least of the rates at which nearly nothing is left after the last step."""
        excess = self.losses - self.problem.minimum
        is_enough = excess < gdmath.behaviour.NEARLY_DONE * excess[0]
        return float(self.rates[is_enough.argmax()]) if is_enough.any() else None

    @property
    def left_if_too_low(self) -> str:
        """What of the loss over the minimum is left at least at each rate below those that are enough."""
        return f"{100 * gdmath.behaviour.NEARLY_DONE:g} %"

    @property
    def limit_alone(self) -> float | None:
        """The limit of the steeper parameter alone, if among the rates it is told from that of both."""
        alone = self.cuts[self.steeper].max_stable_learning_rate
        seen = (1 + TOLD_APART) * self.problem.max_stable_learning_rate < alone < 0.97 * self.rates[-1]
        return alone if seen else None

    @property
    def frays_and_flies_off(self) -> bool:
        """Whether the start lies so far off the valley's floor that high rates are seen to cross it."""
        across = self.problem.errors(self.start)
        return bool(abs(across[-1]) > OFF_FLOOR * np.linalg.norm(across) and self.ends_high)

    @property
    def good_crosses(self) -> bool:
        """Whether the good rate turns the sign of the error along the steepest axis at each step."""
        return bool(self.factors[-1] < 0.0)

    @property
    def ends_high(self) -> bool:
        """Whether the loss at the highest of the rates is above the start's."""
        return bool(self.losses[-1] > self.start_loss)

    @property
    def is_low_before_a_cliff(self) -> bool:
        rates = np.linspace(0.0, self.problem.max_stable_learning_rate, 401)[:-1]
        losses = gdmath.losses_after(self.problem, self.start, rates, self.settings.n_steps)
        return gdmath.behaviour.falls_then_stays_low(self.problem, rates, losses) and self.ends_high

    # -- every rate ----------------------------------------------------------------------------------------

    @cached_property
    def rates(self) -> Array:
        """Rates from none to beyond the divergent one, the three shown and the limit among them.

        They lie densest where most happens, so that an even pace slides slowly there.
        """
        limit, best = self.problem.max_stable_learning_rate, self.problem.best_learning_rate
        near = 0.5 * max(limit - best, NEAR_EDGE * limit)
        highest = max(1.2 * self.rate("divergent"), 1.3 * limit)
        ends = (0.0, best - near, limit + near, highest)
        ranges = [np.linspace(*each) for each in zip(ends[:-1], ends[1:], RATES_SHOWN, strict=True)]
        return np.unique(np.concatenate([*ranges, [best, limit], [self.rate(name) for name in STYLES]]))

    def row_of(self, rate: float) -> int:
        """Where one of the rates stands among them."""
        return int(np.searchsorted(self.rates, rate))

    @cached_property
    def kept(self) -> Array:
        """The part of the error that a step keeps along each axis of the bowl, at each rate (m, 2)."""
        return self.problem.errors_kept(self.rates)

    @cached_property
    def losses(self) -> Array:
        """The loss after the last step at each of the rates."""
        return gdmath.losses_after(self.problem, self.start, self.rates, self.settings.n_steps)

    @cached_property
    def paths(self) -> Array:
        """The parameters of every step at each of the rates."""
        return gdmath.paths_at(self.problem, self.start, self.rates, self.settings.n_steps)

    @cached_property
    def factors(self) -> Array:
        """What a step of the good rate multiplies the error by along each axis of the bowl (2,)."""
        return self.problem.error_factors(self.rate("good"))


class LearningRates(Lecture):
    """Three rates, on each parameter alone and on both together: two good steps can make a bad one."""

    title = "How large a step?"
    question = "Which rate is too low, and which too high?"
    hand_over = "And the curvature depends on the unit of x."
    chapter = 4
    seconds = 138
    settings = LearningRatesSettings()
    story_type = LearningRatesStory
    trials = (
        Trial("sum", run="good", one_axis=True),
        Trial("limit", run="divergent", predict=True, step=3),
    )
    tasks = (
        Task("Set the rate that needs the fewest steps.", wants={"of_best": (0.97, 1.03)}),
        Task("The limit is 2 over the largest curvature. How large is that?", asks="curvature"),
        Task("At the best rate a step keeps which part of the error? (1 is all of it)", asks="kept"),
    )

    story: LearningRatesStory

    @staticmethod
    def prepare(settings: Settings) -> LearningRatesStory:
        assert isinstance(settings, LearningRatesSettings)
        dataset = dataset_with_bias(settings.dataset)
        problem, (b, w) = dataset.problem(), dataset.start
        rates = three_learning_rates(dataset, settings.learning_rates)
        runs = {}
        for name, rate in zip(STYLES, rates, strict=True):
            runs[name] = gdmath.descend(problem, dataset.start, rate, settings.n_steps)
            for letter, moving, at, held in zip(LETTERS, (BIAS, WEIGHT), (b, w), (w, b), strict=True):
                runs[f"{name} in {letter}"] = gdmath.descend(problem.cut(moving, held), [at], rate, 1)
        settings = settled(settings, learning_rates=rates)
        return LearningRatesStory(settings=settings, dataset=dataset, runs=runs)

    # -- one axis at a time ------------------------------------------------------------------------------

    @beat(
        "cuts",
        claim(
            "has_one_scale",
            "Two cuts through the loss, to one scale: b moves, or w.",
            "Two cuts through the loss: b moves, or w.",
        ),
        "The slope says which way is down, not how far.",
    )
    def show_cuts(self) -> None:
        story = self.story
        self.title_card()
        highest = max(story.start_loss, *(loss for loss in story.landed if loss <= 2.2 * story.start_loss))
        heights = loss_axis(0.0, highest, story.loss_name)
        self.cuts = cuts_over_lanes(
            CUTS,
            story.cuts,
            story.alone_runners,
            heights,
            self.colors,
            roles=PARAMETER_ROLES,
            start_loss=story.start_loss,
        )
        held = zip(self.cuts, PARAMETER_ROLES[::-1], story.start[::-1], strict=True)
        self.moving, at = zip(*(cut.over(role, value) for cut, role, value in held), strict=True)
        self.show(*(cut.plot for cut in self.cuts), *(cut.names for cut in self.cuts), *self.moving)
        self.play(*(Create(cut.curve) for cut in self.cuts), *map(FadeIn, at), run_time=1.4)
        self.wait(0.8)
        level = [cut.level(story.start_loss) for cut in self.cuts]
        at_start = Words(tr("start {loss}", loss=rounded(story.start_loss, 5)), SMALL, self.colors, "muted")
        cut = self.cuts[WEIGHT]
        cut.label(at_start, cut.plot.x.high, story.start_loss, prefer=("upper left", "lower left"))
        self.show(*(cut.ring for cut in self.cuts), *level, at_start, run_time=0.7)
        self.add(*self.cuts)
        starts = list(zip(self.cuts, story.start, strict=True))
        tangents = [Tangent(cut, at, half=105, width=3) for cut, at in starts]
        self.play(*map(Create, tangents), run_time=0.8)
        slopes = [
            cut.label(
                Words(tr("slope ${slope}$", slope=markup(rounded(cut.slope(at)))), SMALL, self.colors), at
            )
            for cut, at in starts
        ]
        self.show(*slopes, run_time=0.7)
        self.slopes, self.tangents = slopes, tangents
        self.wait(4.9)

    @beat(
        "low",
        "New is old minus rate times slope.",
        claim(
            "low_falls_alone", "A low rate: a short step, and both losses fall.", "A low rate: a short step."
        ),
    )
    def take_a_low_rate(self) -> None:
        self.hide(*self.tangents, *self.slopes, run_time=0.3)
        for cut, slope in zip(self.cuts, self.slopes, strict=True):
            cut.let_go(slope)
        story = self.story
        self.lanes = {
            name: [
                Lane(cut, each[index], index)
                for cut, each in zip(self.cuts, story.alone_runners, strict=True)
            ]
            for index, name in enumerate(STYLES)
        }
        for lanes in self.lanes.values():
            for cut, lane in zip(self.cuts, lanes, strict=True):
                cut.keep_off(lane.riser(1))  # what is said of one step stands clear of the next ones
        drops = [cut.drop(at) for cut, at in zip(self.cuts, story.start, strict=True)]
        cells = [
            Cell(cut.plot.box.left, cut.plot.box.bottom + UNDER_CUTS, cut.plot.box.right, PAGE.bottom)
            for cut in self.cuts
        ]
        self.rules = {
            name: UpdateRule(
                cells, story.runs[name].up_to(1), story.loss_name, self.colors, name, in_a_line=True
            ).dial(told=0.0)
            for name in STYLES
        }
        self.show(*drops, self.rules["low"], run_time=0.8)
        self.landed: list[Mobject] = list(drops)
        self.first_step("low")
        self.wait(1.2)

    @beat(
        "good",
        "A higher rate, a longer step.",
        claim(
            "good_falls_alone",
            "It may jump across the valley, yet both losses fall.",
            "It may jump across the valley.",
        ),
    )
    def take_a_good_rate(self) -> None:
        self.change_rate("low", "good")
        self.first_step("good")
        self.wait(1.2)

    @beat(
        "high",
        claim(
            "only_the_steeper_climbs",
            "Higher still, and the narrower cut lands above its start: alone, a parameter bears rates up to "
            "two over its curvature.",
            claim(
                "both_climb",
                "Higher still, and both cuts land above their starts: alone, a parameter bears rates up to "
                "two over its curvature.",
                claim(
                    "both_fall",
                    "Higher still, and both losses fall even so: alone, a parameter bears rates up to two "
                    "over its curvature.",
                    "Higher still, and the steps are longer again: alone, a parameter bears rates up to two "
                    "over its curvature.",
                ),
            ),
        ),
    )
    def take_a_high_rate(self) -> None:
        self.change_rate("good", "divergent")
        self.first_step("divergent")
        limits = [
            words
            for cut, curvature in zip(self.cuts, self.story.curvatures, strict=True)
            for words in self.limit_alone(cut, float(curvature))
        ]
        self.hide(self.rules["divergent"], run_time=0.5)
        self.say(*limits)
        self.landed += limits
        self.wait(2.5)

    def limit_alone(self, cut: Cut, curvature: float) -> list[Words]:
        """The curvature of a cut, and under it the rates that it bears."""
        at, limit = (markup(fixed(each)) for each in (curvature, 2 / curvature))
        named = cut.under(tr("curvature ${curvature}$", curvature=at))
        bears = tr("stable alone if $eta < 2 \\/ {curvature} = {limit}$", curvature=at, limit=limit)
        below = Words(bears, SMALL, self.colors)
        line = cut.line_under()
        return [named, below.place(line.left, line.bottom + 1.4 * SMALL)]

    def change_rate(self, old: str, new: str) -> None:
        """The numbers of the update rule leave; its symbols stay."""
        self.turn(self.rules[old], told=0.0, seconds=0.4)
        self.remove(self.rules[old])
        self.add(self.rules[new])

    def first_step(self, name: str) -> None:
        """The step of one rate on both cuts: its numbers, along its lane, then up to where it lands."""
        runners, index = self.story.alone_runners, list(STYLES).index(name)
        lanes, rule = self.lanes[name], self.rules[name]
        key = lanes[BIAS].key()
        self.redraw(turning(rule, told=1.0, run_time=0.6))
        self.show(key, run_time=0.4)
        self.advance(Clock(*lanes), to=1, seconds=1.0, rest=0)
        lengths = [lane.length(first_steps(each)[index]) for lane, each in zip(lanes, runners, strict=True)]
        self.redraw(turning(rule, told=2.0, run_time=0.6))
        self.show(*lengths, run_time=0.4)
        notation = notation_for(self.story.landed, 5)
        landings = [lane.landing(1, notation.write(lane.runner.run.losses[1])) for lane in lanes]
        self.play(*(Create(landing.riser) for landing in landings), run_time=0.8)
        self.show(*(part for landing in landings for part in landing[1:]), run_time=0.6)
        self.landed += [*lanes, *lengths, key, *(part for each in landings for part in each)]
        self.wait(1)

    # -- both together -----------------------------------------------------------------------------------

    @beat(
        "map",
        "The middle rate once more. On the map the cuts are two straight lines through the start.",
        claim(
            "good_falls_alone",
            "The step along b lands lower, and so does the step along w.",
            "One step goes along b, one along w.",
        ),
    )
    def lie_down(self) -> None:
        story, index = self.story, list(STYLES).index("good")
        self.leave_only(*self.cuts, *self.moving, run_time=0.6)
        self.hide(*(part for cut in self.cuts for part in (cut.plot, cut.names)), run_time=0.5)
        self.redraw(*(turning(cut, rise=0.0, run_time=0.8) for cut in self.cuts))
        self.map = ContourMap(
            map_in(STAGE, story.window, story.near),
            story.problem,
            story.window,
            story.levels,
            self.colors,
            start=story.start,
            runners=story.runners,
            full=story.full_loss,
        )
        seen = self.lines_on_map()
        for cut, line in zip(self.cuts, seen, strict=True):
            cut.source = self.map.plot.at(*line.T)
        self.redraw(
            *(
                turning(cut, rise=-1.0, ends=line[:, moving], run_time=1.5)
                for moving, (cut, line) in enumerate(zip(self.cuts, seen, strict=True))
            ),
            *self.names_at_lines(seen),
            FadeIn(self.map, rate_func=squish_rate_func(smooth, 0.5, 1), run_time=1.5),
        )
        self.remove(*self.cuts)
        for line, role in zip(seen, PARAMETER_ROLES, strict=True):
            self.map.segment(line, role, 6)
        self.steps_of_good = StepSum(
            self.map,
            [runners[index] for runners in story.alone_runners],
            story.runners[index],
            story.loss_notation,
        )
        self.heights = self.map.number_levels(2, off=[*seen, *self.steps_of_good.taken()])
        self.play(FadeOut(*self.moving), FadeIn(self.heights, self.steps_of_good.at_start), run_time=0.6)
        self.bars = self.loss_bars()
        self.at_rate = Words(story.label("good"), MEDIUM, self.colors).place(
            BARS.left, self.map.box.top + SMALL
        )
        self.show(self.at_rate, self.bars.rows[0], run_time=0.6)
        self.wait(0.6)
        steps, bars = self.steps_of_good, self.bars.rows[1:]
        for arrow, landing, bar in zip(steps.arrows, steps.landings, bars, strict=False):
            self.redraw(growing(arrow, run_time=1.0))
            self.show(landing, bar, run_time=0.6)
            self.wait(2.1)
        steps.add(steps.at_start, *steps.landings[:-1])
        self.add(steps)

    def loss_bars(self) -> LimitBars:
        """The losses at the start, after the step of either parameter alone, and after that of both."""
        story = self.story
        losses = (story.start_loss, *story.alone_losses, float(story.runs["good"].losses[1]))
        names = (
            tr("{loss} at the start", loss=story.loss_markup),
            tr("only $bias$ moves"),
            tr("only $weight$ moves"),
            tr("both move"),
        )
        roles = ("muted", *PARAMETER_ROLES, "path")
        cell = BARS.level_with(self.map.box).inset(Insets(top=84))
        return LimitBars(cell, dict(zip(names, losses, strict=True)), roles, self.colors, story.loss_notation)

    def lines_on_map(self) -> list[Array]:
        """Ends (2, 2) of the lines on which the cuts lie, from edge to edge."""
        story, limits = self.story, np.reshape(self.map.plot.limits, (2, 2))
        found = []
        for moving in (BIAS, WEIGHT):
            line = np.tile(story.start, (2, 1))
            line[:, moving] = limits[moving]
            found.append(line)
        return found

    def names_at_lines(self, lines: Sequence[Array]) -> list[Animation]:
        """What moves in either cut goes with it: beyond the right end of its line, beside the upper one.

        The one line turns across the way of the other's name, which goes out and comes where it will stand.
        """
        box, (along, up) = self.map.box, self.moving
        _, y = self.map.plot.pixels(*lines[BIAS][1])
        x, _ = self.map.plot.pixels(*lines[WEIGHT][1])
        side, align = (-1, "right") if x > box.center[0] else (1, "left")
        there = along.copy().place(box.right + BESIDE_LINE, y + DESCENT, "left")
        self.moving = (there, up)
        return [
            FadeOut(along, run_time=0.4),
            FadeIn(there, rate_func=squish_rate_func(smooth, 0.7, 1), run_time=1.5),
            up.animate(run_time=1.5).place(x + side * BESIDE_LINE, box.top + MEDIUM, align),
        ]

    @beat(
        "sum",
        "But descent takes both at once, tip to tail.",
        claim(
            "two_good_make_a_bad",
            "Two good steps make a bad one: on the far wall, hardly lower.",
            claim(
                "sum_is_worse",
                "Together they do not come as low as the better one alone.",
                "Here they come lower together than either alone.",
            ),
        ),
        cover=True,
    )
    def add_steps(self) -> None:
        steps = self.steps_of_good
        self.turn(steps, tipped=1.0, seconds=2)
        self.redraw(growing(steps.sum, run_time=1.0))
        self.show(steps.landings[-1], self.bars.rows[-1], run_time=0.6)
        steps.add(steps.sum, steps.landings[-1])
        self.add(steps)
        self.wait(5.8)

    @beat(
        "together",
        "Three rates, one start:",
        claim(
            "creeps_jumps_and_leaves",
            "one creeps, one jumps to and fro, one leaves the picture.",
            "the lowest {story.manners[0]}, the middle one {story.manners[1]}, the highest "
            "{story.manners[2]}.",
        ),
    )
    def step_together(self) -> None:
        story, theme, steps = self.story, self.colors, self.steps_of_good
        lines = [line for line, _ in self.map.segments]
        self.hide(steps, self.at_rate, *self.bars.rows, self.heights, *lines, run_time=0.6)
        self.losses = LossCurves(
            UPPER,
            story.runners,
            theme,
            y="decades",
            span=RACE_STEPS + 2,
            minimum=story.problem.minimum,
            name=story.loss_markup,
        )
        self.table = Readouts(
            LOWER, losses_of(story.runners), theme, clock=tr("step"), head=story.loss_markup
        )
        self.losses.title.place(self.losses.box.left, self.losses.box.top - OVER_CROSS)
        self.map.lift("low", over="good")
        self.clock = Clock(self.map, self.losses, self.table)
        self.show(self.losses, self.table, run_time=0.8)
        self.exits: list[Mobject] = []
        for row in self.steps(self.clock, to=SINGLE_STEPS, rest=0.6):
            if self.map.has_left("divergent", row):
                left = tr("leaves in step {step}", step=row)
                self.exits.append(self.map.note(left, role="diverged", beside="divergent"))
                self.say(*self.exits, run_time=0.5)
        self.wait(1.2)

    @beat(
        "race",
        "On one clock:",
        claim(
            "good_hardly_falls",
            "the middle loss hardly falls,",
            "the middle loss is more than halfway down,",
        ),
        claim(
            "divergent_grows",
            "and the highest grows without end.",
            "and the highest does not grow yet.",
        ),
    )
    def race(self) -> None:
        self.advance(self.clock, to=RACE_STEPS, seconds=0.5, rest=0.25)
        self.wait(3.1)

    @beat(
        "lapse",
        claim(
            "good_still_jumps",
            "The middle rate still jumps to and fro;",
            "The middle rate has brought the loss to {story.ends[1]};",
        ),
        claim(
            "divergent_is_gone",
            "the highest has left both pictures.",
            "the highest has brought the loss to {story.ends[2]}.",
        ),
    )
    def lapse(self) -> None:
        """The clock of a race is not bent: the rest is evenly fast, on an axis made for it."""
        n_steps = self.story.settings.n_steps
        self.turn(self.losses, span=np.array([0.0, n_steps]), seconds=1.6)
        self.run_on(self.clock, to=n_steps, seconds=3.6)
        self.wait(2)

    # -- every rate --------------------------------------------------------------------------------------

    @beat(
        "slide",
        "Now slide the rate, and watch the whole path.",
        claim(
            "comes_all_the_way",
            "Too low at first; then it comes all the way.",
            "First it creeps; then it comes further.",
        ),
        claim("frays_and_flies_off", "Near the limit it frays into a zigzag, and flies off."),
        "The curve is the loss at its end:",
        claim("is_low_before_a_cliff", "low for long, and then a cliff.", "that is what counts."),
    )
    def slide_rate(self) -> None:
        story, theme = self.story, self.colors
        self.hide(*self.map.paths.values(), *self.exits, self.losses, self.table, run_time=0.6)
        self.map.at(0)
        self.cliff, self.fan = self.rate_plots()
        self.path = RatedPath(self.map, story.paths, ANY_RATE)
        self.slider = Readouts(LOWER, self.rate_and_loss(), theme)
        enough, seconds = story.least_enough, 9.5
        left = self.under_table(
            self.slider, tr("more than {part} of the fall is left", part=story.left_if_too_low)
        )
        self.show(self.cliff, self.slider, self.path, *([left] if enough is not None else []))
        clock = Clock(self.path, self.cliff, self.slider)
        at_limit = story.row_of(story.problem.max_stable_learning_rate)
        if enough is not None:
            last_too_low = story.row_of(enough) - 1
            slowly = max(3.5, seconds * last_too_low / at_limit)
            self.run_on(clock, to=last_too_low, seconds=slowly)
            self.show(*self.cliff.too_low(enough, story.problem.max_stable_learning_rate), run_time=0.6)
            self.wait(0.4)
            self.hide(left, run_time=0.3)
            seconds -= slowly
        self.run_on(clock, to=at_limit, seconds=seconds)
        self.telling_moment()
        self.run_on(clock, to=len(story.rates) - 1, seconds=3.6)
        self.show(*self.cliff.limit(story.problem, said="value"), run_time=0.6)
        if story.limit_alone is not None:
            role, run = PARAMETER_ROLES[story.steeper], f"low in {LETTERS[story.steeper]}"
            alone = tr("{parameter} alone", parameter=f"${role}$")
            self.show(*self.cliff.mark(story.limit_alone, alone, role, run), run_time=0.6)
        self.wait(2.2)

    def under_table(self, table: Readouts, source: str) -> Words:
        """What is said of a table in the margin, under its last row."""
        y = table.digits[-1].box().bottom + UNDER_ROWS
        return Words(source, SMALL, self.colors, "muted").place(LOWER.left, y)

    def rate_plots(self) -> list[RatePlot]:
        """The loss after the last step, and under it what a step keeps of the error along each axis."""
        story = self.story
        loss = tr("{loss} after {n} steps", loss=story.loss_markup, n=story.settings.n_steps)
        ended = {each.name: rounded(each.run.losses[-1]) for each in story.runners}
        worst = story.kept.max(axis=1)
        kept = dict.fromkeys(("low", "good"), "")
        return rate_plots_in_a_column(
            (UPPER, LOWER),
            story.rates,
            (story.losses, worst),
            (cliff_axis(story.losses, story.start_loss), kept_axis()),
            story.runners,
            (ended, kept),
            (loss, tr("$|1 - eta lambda|$ for each curvature $lambda$")),
            self.colors,
            parts=((), tuple(zip(story.kept.T, AXIS_ROLES, (f"${each}$" for each in LAMBDAS), strict=True))),
            clear=(story.problem.max_stable_learning_rate, story.problem.best_learning_rate),
        )

    def rate_and_loss(self) -> list[Readout]:
        story, digits = self.story, notation_for([self.story.start_loss], 5)
        rate = Readout("$eta$", story.rates, notation_for(story.rates, 4))
        return [rate, Readout(story.loss_markup, story.losses, replace(digits, wide=True), "loss")]

    # -- why ---------------------------------------------------------------------------------------------

    @beat(
        "shadows",
        "Why? The way to the minimum throws a shadow on each axis of the ellipse. A step multiplies it by "
        "one minus eta times the curvature, lambda:",
        claim(
            "good_crosses",
            "one turns over each time, the other shrinks.",
            "both shrink.",
        ),
    )
    def throw_shadows(self) -> None:
        story, theme = self.story, self.colors
        self.hide(self.path, self.slider, run_time=0.6)
        self.turn(self.map, window=story.near, seconds=1.6)
        names = [
            f"${name} = {markup(rounded(float(each)))}$"
            for name, each in zip(LAMBDAS, story.problem.eigenvalues, strict=True)
        ]
        shadows = self.shadows = Shadows(self.map, story.runs["good"].parameters, GOOD, names, run="good")
        self.show(*shadows.axes, *shadows.names)
        self.show(shadows.drops, shadows.point, *shadows.shadows)
        self.add(shadows)
        self.factors = Readouts(
            LOWER,
            self.shadows_said(),
            theme,
            clock=tr("step"),
            head=tr("shadow at {rate}", rate=story.label("good")),
        )
        self.lambda_is = self.under_table(self.factors, tr("$lambda$: curvature along each axis"))
        self.show(self.factors, self.lambda_is)
        self.wait(0.8)
        self.advance(Clock(shadows, self.factors), to=SHADOW_STEPS, seconds=1.0, rest=0.5)
        self.wait(2.1)

    def shadows_said(self) -> list[Readout]:
        """The shadows by their numbers, each with its factor."""
        story = self.story
        errors = story.problem.errors(story.runs["good"].parameters[: SHADOW_STEPS + 1])
        rows = [
            Readout(
                f"$1 - eta {name} = {markup(fixed(float(factor), 3))}$",
                column,
                notation_for(column, 4),
                role,
                signed=True,
            )
            for name, factor, column, role in zip(LAMBDAS, story.factors, errors.T, AXIS_ROLES, strict=True)
        ]
        return rows[::-1]

    @beat(
        "fan",
        "Slide the rate of one step, and draw the size of each factor: a V. The larger of both counts.",
    )
    def draw_fan(self) -> None:
        story, fan, old = self.story, self.fan, self.shadows
        self.hide(self.factors, self.lambda_is, *old.shadows, old.drops, old.point, run_time=0.6)
        sliding = Shadows(self.map, story.paths[:, 1], ANY_RATE, ("", ""))
        sliding.remove(*sliding.axes, *sliding.names)
        fan.remove(fan.path, fan.marks)
        self.say_rate = self.rate_of_one_step()
        self.show(fan, fan.level(1.0), *fan.part_names, sliding, *self.say_rate, run_time=0.8)
        self.run_on(Clock(fan, sliding, self.say_rate[-1]), to=len(fan.rates) - 1, seconds=6)
        self.show(fan.path, fan.whole_name, fan.marks, run_time=0.8)
        fan.add(fan.path, fan.marks)
        self.wait(0.6)
        self.sliding = Clock(fan.keep(), sliding, self.say_rate[-1], row=len(story.rates) - 1)

    def rate_of_one_step(self) -> tuple[Mobject, Readouts]:
        """A plate on the map, clear of where the step goes, and on it the rate that slides."""
        story = self.story
        said, notation = tr("after 1 step, $eta =$"), notation_for(story.rates, 4)
        longest = notation.write(float(story.rates[-1]))
        plate, words = self.map.note(
            f"{said} {longest}0",
            off=story.paths[:, 1],
            clear_of=[*self.shadows.axes, *self.shadows.names],
        )
        box = words.box()
        cell = Cell(box.left, box.bottom - DESCENT - MEDIUM, box.right, box.bottom)
        return plate, Readouts(cell, [Readout(said, story.rates, notation)], self.colors)

    @beat(
        "limit",
        "It crosses one at two over the largest curvature: the limit. Where both are equal: best in the end.",
    )
    def mark_limit(self) -> None:
        """Each mark comes when the step has slid back to its rate."""
        problem, fan = self.story.problem, self.fan
        self.step_back_to(problem.max_stable_learning_rate)
        self.show(*fan.limit(problem, said="formula"))
        self.wait(0.8)
        self.hide(fan.whole_name, run_time=0.4)
        self.step_back_to(problem.best_learning_rate)
        self.show(*fan.best(problem, said="formula"), *self.cliff.best(problem, said="value"))
        self.wait(6.8)

    def step_back_to(self, rate: float) -> None:
        self.run_on(self.sliding, to=self.story.row_of(rate), seconds=1)
