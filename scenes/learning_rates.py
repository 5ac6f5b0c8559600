"""LearningRates: a low, a good and a divergent rate, on each parameter's cut, together, and on the cliff."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manim import Create, FadeIn, Mobject
from numpy.typing import NDArray

import gdmath
from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.contour_map import maps_in_a_row
from gdscenes.kit.figures.cuts_in_a_row import loss_axis
from gdscenes.kit.figures.directions import Directions, curvatures_along
from gdscenes.kit.figures.lanes import Lane, cuts_over_lanes, first_steps
from gdscenes.kit.figures.losses import LossCurves
from gdscenes.kit.figures.rate_plot import RatePlot, cliff_axis, kept_axis, rate_plots_in_a_column
from gdscenes.kit.figures.readout_line import ReadoutLine
from gdscenes.kit.figures.readouts import Readout, Readouts, loss_beside_lowest, losses_of
from gdscenes.kit.figures.secant import Tangent
from gdscenes.kit.figures.table import Row, Table
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.choices import Data, dataset_with_bias, three_learning_rates
from gdscenes.kit.lecture.clock import Clock
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.lecture.settings import Settings, knob
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import PAGE, Insets
from gdscenes.kit.page.sheet import MEDIUM, SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.runs import DIVERGENT, GOOD, LOW
from gdscenes.kit.type.notation import (
    fixed,
    markup,
    notation_for,
    rounded,
    shortest,
)
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

STYLES = {"low": LOW, "good": GOOD, "divergent": DIVERGENT}
"""The runs by name, from the lowest rate to the highest."""
LETTERS = "bw"
ALONE_STEPS = 6
"""Steps of the runs in which one parameter moves alone."""
SINGLE_STEPS, RACE_STEPS = 4, 10
"""Steps shown one by one and held; steps of the race before its time-lapse."""
NEAR_LIMIT = 0.9
"""From this part of 2 / lambda_max on a rate is only just stable."""
DONE = 0.01
"""Part of the loss that is left at the end of the race of a rate that is fast."""
WIDEST = 2.5
"""The divergent run's first rows are shown while they widen the window no more than so many times."""
BEYOND = 0.55
"""How much of the way from the run to the minimum the close look shows on its other side."""
LEAST_SPAN = 1e-2
"""Least span of b and of w in a window, a part of the way on which the loss rises to the start's."""
RATES_SHOWN = 1200
MAP_ASPECTS = (1.0, 1.5)
"""Between these is the width of a map by its height; it shows the window, and more on two sides."""
DIRECTION_ROLES = (*PARAMETER_ROLES, "loss")
CUTS = PAGE.rows(123, 692, 179)[1].inset(Insets(left=84))
"""Lanes included, between the heads and what is said of the cuts."""
STAGE, MARGIN = PAGE.columns(1030, 640, gap=75)
CURVATURES, LIMITS = MARGIN.inset(Insets(top=100)).rows(330, 564)
RATES, FACTS = PAGE.columns(1219, 506, gap=20)


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

    @cached_property
    def runners(self) -> list[Runner]:
        return [
            Runner(name, self.runs[name], style, self.label(name), self.verdict(name))
            for name, style in STYLES.items()
        ]

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

    @cached_property
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

    def verdict(self, name: str) -> str:
        """What a rate is worth, in a word or three."""
        limit, minimum = self.problem.max_stable_learning_rate, self.problem.minimum
        if self.rate(name) > NEAR_LIMIT * limit:
            return "diverges" if self.rate(name) >= limit else "barely stable"
        left = float(self.runs[name].losses[RACE_STEPS]) - minimum
        return "fast" if left < DONE * (self.start_loss - minimum) else "slow"

    @cached_property
    def directions(self) -> tuple[Array, Array, Array]:
        """Along b, along w, and along the steepest axis of the bowl."""
        return np.array([1.0, 0.0]), np.array([0.0, 1.0]), self.problem.eigenvectors[:, -1]

    @cached_property
    def curvatures(self) -> Array:
        """Of the loss along each of the directions, shape (3,)."""
        return np.array([float(self.problem.curvature(way)) for way in self.directions])

    @cached_property
    def least_spans(self) -> Array:
        """How much of b and of w (2,) a window always shows; see `LEAST_SPAN`."""
        reaches = [float(self.problem.reach(way, self.start_loss)) for way in self.directions[:2]]
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
        """A closer look: the race of the good rate, and the minimum."""
        run = self.runs["good"].parameters[: RACE_STEPS + 1]
        seen = np.vstack([run, self.problem.beyond(run, BEYOND)])
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
    def only_the_steeper_climbs(self) -> bool:
        changes = self.changes_alone("divergent")
        steeper = int(self.curvatures[:2].argmax())
        return changes[steeper] == 1 and changes[1 - steeper] == -1

    @property
    def both_climb(self) -> bool:
        return self.changes_alone("divergent") == [1, 1]

    @property
    def both_fall(self) -> bool:
        return self.changes_alone("divergent") == [-1, -1]

    @property
    def closes_in_alone(self) -> bool:
        """Whether the good rate takes nearly all of the excess off both cuts."""
        runs = (self.alone("good", moving) for moving in (BIAS, WEIGHT))
        left = (
            float(gdmath.behaviour.excess_left(cut, run)[-1])
            for cut, run in zip(self.cuts, runs, strict=True)
        )
        return max(left) < gdmath.behaviour.NEARLY_DONE

    def leaves(self, name: str, n_steps: int) -> bool:
        """Whether a run is off the map at one of its first rows, whatever the shape of the map."""
        widest = self.window.of_aspect(MAP_ASPECTS[0]).joined(self.window.of_aspect(MAP_ASPECTS[1]).corners)
        return not widest.contains(self.runs[name].parameters[: n_steps + 1]).all()

    def manner(self, name: str) -> str:
        """How a run goes in its first steps."""
        run = self.runs[name]
        if self.leaves(name, SINGLE_STEPS):
            return "leaves the picture"
        if gdmath.behaviour.swings_out(self.problem, run.up_to(SINGLE_STEPS)):
            return "swings ever wider"
        if gdmath.behaviour.jumps_to_and_fro(self.problem, run, SINGLE_STEPS, 0.5):
            return "jumps to and fro"
        left = gdmath.behaviour.excess_left(self.problem, run.up_to(RACE_STEPS))[-1]
        return "creeps" if left >= DONE else "is soon down"

    @cached_property
    def manners(self) -> list[str]:
        return [self.manner(name) for name in STYLES]

    @property
    def creeps_jumps_and_leaves(self) -> bool:
        return self.manners == ["creeps", "jumps to and fro", "leaves the picture"]

    @property
    def good_hardly_falls(self) -> bool:
        """Whether the good rate leaves more than half of the excess in the race."""
        run = self.runs["good"].up_to(RACE_STEPS)
        return bool(gdmath.behaviour.excess_left(self.problem, run)[-1] > 0.5)

    @property
    def only_together_hardly_falls(self) -> bool:
        return self.good_hardly_falls and self.closes_in_alone

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
    def steeper(self) -> str:
        """The parameter along which the bowl curves more."""
        return LETTERS[int(self.curvatures[:2].argmax())]

    @property
    def curves_more_across(self) -> bool:
        """Whether the steepest axis curves more than b and w, by more than a hundredth."""
        return bool(self.curvatures[2] > 1.01 * self.curvatures[:2].max())

    @property
    def ends_high(self) -> bool:
        """Whether the loss at the highest of the rates is above the start's."""
        return bool(self.losses[-1] > self.start_loss)

    @property
    def is_low_before_a_cliff(self) -> bool:
        is_low = gdmath.behaviour.falls_then_stays_low(self.problem, self.rates, self.losses)
        return is_low and self.ends_high

    # -- every rate ----------------------------------------------------------------------------------------

    @cached_property
    def rates(self) -> Array:
        """Rates from none to beyond the divergent one, the three shown and the limit among them."""
        limit = self.problem.max_stable_learning_rate
        marked = [self.problem.best_learning_rate, limit, *map(self.rate, STYLES)]
        highest = max(1.08 * self.rate("divergent"), 1.3 * limit)
        return np.unique([*np.linspace(0.0, highest, RATES_SHOWN), *marked])

    @cached_property
    def kept(self) -> Array:
        """The part of the error that a step keeps in the worst direction, at each of the rates."""
        return self.problem.error_kept(self.rates)

    @cached_property
    def losses(self) -> Array:
        """The loss after the last step at each of the rates."""
        return gdmath.losses_after(self.problem, self.start, self.rates, self.settings.n_steps)


class LearningRates(Lecture):
    """Three rates, on each parameter alone and on both together: what a cut bears, the bowl may not."""

    title = "How large a step?"
    question = "Which rate is too low, and which too high?"
    hand_over = "And the curvature depends on the unit of x."
    chapter = 4
    seconds = 119
    settings = LearningRatesSettings()
    story_type = LearningRatesStory

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
                cut = problem.cut(moving, held)
                runs[f"{name} in {letter}"] = gdmath.descend(cut, [at], rate, ALONE_STEPS)
        return LearningRatesStory(settings=settings, dataset=dataset, runs=runs)

    # -- one axis at a time ------------------------------------------------------------------------------

    @beat(
        "cuts",
        "Two cuts through the loss: on the left b moves, on the right w. The slope says which way is down, "
        "not how far.",
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
        moving, at = zip(*(cut.over(role, value) for cut, role, value in held), strict=True)
        self.show(*(cut.plot for cut in self.cuts), *(cut.names for cut in self.cuts), *moving)
        self.play(*(Create(cut.curve) for cut in self.cuts), *map(FadeIn, at), run_time=1.4)
        self.wait(0.8)
        level = [cut.level(story.start_loss) for cut in self.cuts]
        at_start = Words(f"start {markup(rounded(story.start_loss, 5))}", SMALL, self.colors, "muted")
        last = self.cuts[-1]
        last.label(
            at_start, last.plot.x.high, story.start_loss, prefer=("upper left", "lower left"), gaps=(12,)
        )
        self.show(*(cut.ring for cut in self.cuts), *level, at_start, run_time=0.7)
        self.add(*self.cuts)
        starts = list(zip(self.cuts, story.start, strict=True))
        tangents = [Tangent(cut, at, half=105, width=3) for cut, at in starts]
        self.play(*map(Create, tangents), run_time=0.8)
        slopes = [
            cut.label(Words(f"slope ${markup(rounded(cut.slope(at)))}$", SMALL, self.colors), at)
            for cut, at in starts
        ]
        self.show(*slopes, run_time=0.7)
        self.slopes = [*tangents, *slopes]
        self.wait(5.3)

    @beat(
        "low",
        "A step is the rate times the slope.",
        claim(
            "low_falls_alone", "A low rate: a short step, and both losses fall.", "A low rate: a short step."
        ),
    )
    def take_a_low_rate(self) -> None:
        self.hide(*self.slopes, run_time=0.3)
        runners = self.story.alone_runners
        self.lanes = {
            name: [Lane(cut, each[index], index) for cut, each in zip(self.cuts, runners, strict=True)]
            for index, name in enumerate(STYLES)
        }
        for lanes in self.lanes.values():
            for cut, lane in zip(self.cuts, lanes, strict=True):
                cut.keep_off(lane.riser(1))  # what is said of one step stands clear of the next ones
        drops = [cut.drop(at) for cut, at in zip(self.cuts, self.story.start, strict=True)]
        self.show(*drops, run_time=0.3)
        self.landed: list[Mobject] = list(drops)
        self.first_step("low")
        self.wait(1.9)

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
        self.first_step("good")
        self.wait(1.7)

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
        self.first_step("divergent")
        limits = [
            cut.under(f"stable alone if $eta < 2 \\/ {fixed(curvature)} = {fixed(2 / curvature)}$")
            for cut, curvature in zip(self.cuts, self.story.curvatures, strict=False)
        ]
        self.say(*limits)
        self.landed += limits
        self.wait(3)

    def first_step(self, name: str) -> None:
        """The step of one rate on both cuts: along its lane, then up to where it lands."""
        runners, index = self.story.alone_runners, list(STYLES).index(name)
        lanes = self.lanes[name]
        key = lanes[BIAS].key()
        self.show(key, run_time=0.6)
        self.advance(Clock(*lanes), to=1, seconds=1.2, rest=0)
        lengths = [lane.length(first_steps(each)[index]) for lane, each in zip(lanes, runners, strict=True)]
        self.show(*lengths, run_time=0.6)
        notation = notation_for(self.story.landed, 5)
        landings = [lane.landing(1, notation.write(lane.runner.run.losses[1])) for lane in lanes]
        self.play(*(Create(landing.riser) for landing in landings), run_time=0.8)
        self.show(*(part for landing in landings for part in landing[1:]), run_time=0.6)
        self.landed += [*lanes, *lengths, *(part for each in landings for part in each)]
        if name != "good":
            self.landed.append(key)
        self.wait(1.4)

    @beat(
        "alone",
        "Now the middle rate, one parameter at a time.",
        claim(
            "closes_in_alone",
            "Each closes in on its lowest point: the rate looks good.",
            "Neither diverges, as the rate is below both limits: it looks harmless.",
        ),
    )
    def go_on_alone(self) -> None:
        self.hide(*self.landed, run_time=0.8)
        story = self.story
        index, tables, lanes = list(STYLES).index("good"), [], []
        for cut, runners in zip(self.cuts, story.alone_runners, strict=True):
            cut.add_path(runners[index])
            lanes.append(Lane(cut, runners[index], index, keeps=False))
            losses = loss_beside_lowest(runners[index], cut.problem, f"{story.loss_markup} $=$")
            tables.append(ReadoutLine(cut.line_under(), losses, self.colors))
        self.show(*tables, run_time=0.5)
        clock = Clock(*self.cuts, *lanes, *tables)
        self.advance(clock, to=2, seconds=0.9)
        self.advance(clock, to=ALONE_STEPS, seconds=0.55, rest=0.15)
        self.wait(2.2)

    # -- both together -----------------------------------------------------------------------------------

    @beat(
        "together",
        "But descent moves both at once, from the same start:",
        claim(
            "creeps_jumps_and_leaves",
            "one creeps, one jumps to and fro, one leaves the picture.",
            "the lowest {story.manners[0]}, the middle one {story.manners[1]}, the highest "
            "{story.manners[2]}.",
        ),
    )
    def step_together(self) -> None:
        story, theme = self.story, self.colors
        top, below = PAGE.rows(547, 447)
        left, right = below.columns(1219, 506, gap=20)
        self.maps = maps_in_a_row(
            top,
            story.runners,
            story.problem,
            story.window,
            story.levels,
            theme,
            full=story.full_loss,
            least_left=85,
        )
        self.losses = LossCurves(
            left,
            story.runners,
            theme,
            y="decades",
            span=RACE_STEPS + 2,
            minimum=story.problem.minimum,
            name=story.loss_markup,
        )
        self.table = Readouts(right, losses_of(story.runners), theme, clock="step", head=story.loss_markup)
        self.clock = Clock(*self.maps, self.losses, self.table)
        self.turn_page(*self.maps)
        self.show(self.losses, self.table)
        self.wait(0.6)
        for row in self.steps(self.clock, to=SINGLE_STEPS, rest=0.7):
            if self.maps[-1].has_left("divergent", row):
                self.say(self.maps[-1].note(f"leaves in step {row}"), run_time=0.5)
        self.wait(1.4)

    @beat(
        "race",
        "On one clock:",
        claim(
            "only_together_hardly_falls",
            "the middle loss hardly falls, which neither cut could show,",
            claim(
                "good_hardly_falls",
                "the middle loss hardly falls,",
                "the middle loss is more than half of the way down,",
            ),
        ),
        claim(
            "divergent_grows",
            "and the highest grows without end.",
            "and the highest does not grow yet.",
        ),
        cover=True,
    )
    def race(self) -> None:
        self.advance(self.clock, to=RACE_STEPS, seconds=0.5, rest=0.25)
        self.ends = self.losses.end_labels()
        self.show(*(each.head.verdict for each in self.maps if each.head), self.ends)
        self.wait(3.5)

    @beat(
        "lapse",
        claim(
            "good_still_jumps",
            "The middle rate still jumps to and fro;",
            "The middle rate has brought the loss to {story.ends[1]};",
        ),
        claim(
            "divergent_is_gone",
            "the highest has left both plots, and its loss has many digits.",
            "the highest has brought the loss to {story.ends[2]}.",
        ),
    )
    def lapse(self) -> None:
        """The clock of a race is not bent: the rest of the steps are evenly fast."""
        self.hide(self.ends, run_time=0.4)
        self.run_on(self.clock, to=self.story.settings.n_steps, seconds=5)
        self.wait(4)

    # -- why ---------------------------------------------------------------------------------------------

    @beat(
        "steepest",
        claim(
            "curves_more_across",
            "Why? The bowl curves most along neither axis. Across the valley it curves more than along b or "
            "w alone, and this curvature sets the limit for the rate.",
            "Why? Along {story.steeper} the bowl curves as much as in any direction, to within a hundredth, "
            "and this curvature sets the limit for the rate.",
        ),
    )
    def find_steepest(self) -> None:
        story, close = self.story, self.maps[1]
        self.leave_only(close, run_time=0.8)
        close.at(RACE_STEPS)
        self.turn(
            close,
            window=story.near,
            box=STAGE.inset(close.insets(story.near)).shaped(close.box),
            seconds=1.8,
            fade=0.4,
        )
        letters = [f"${role}$" for role in PARAMETER_ROLES]
        chords = Directions(close, story.directions, (*letters, "most curved"), DIRECTION_ROLES)
        names = (*(f"{letter} alone" for letter in letters), "most curved")
        table = curvatures_along(
            CURVATURES, story.curvatures, names, DIRECTION_ROLES, self.colors, rate=story.rate("good")
        )
        heights = close.number_levels(2, off=chords.taken(close.plot))
        self.show(heights, chords.level, table.columns[0], run_time=0.6)
        for chord in chords.chords:
            self.play(Create(chord[0]), FadeIn(chord[1]), run_time=0.8)
        self.wait(0.6)
        for column in table.columns[1:]:
            self.show(column, run_time=0.8)
            self.wait(0.9)
        self.say(*self.limits_said(), run_time=0.8)
        self.wait(2)

    def limits_said(self) -> list[Words]:
        """What limit and kept are, and that the good rate is only just below the limit."""
        story = self.story
        limit = markup(fixed(story.problem.max_stable_learning_rate))
        sources = (
            ("limit $= 2$/curvature", SMALL),
            ('kept $= |1 - eta thin "curvature"|$ by a step', SMALL),
            (f'$eta = {markup(shortest(story.rate("good"), 5))} < mark("loss", {limit})$', MEDIUM),
        )
        return [
            Words(source, em, self.colors).place(row.left, row.bottom)
            for (source, em), row in zip(sources, LIMITS.rows(110, 70, 120, 264), strict=False)
        ]

    # -- every rate --------------------------------------------------------------------------------------

    @beat(
        "cliff",
        "Try every rate, and look at the loss after as many steps.",
        claim(
            "is_low_before_a_cliff",
            "It falls, stays low for long, and then there is a cliff.",
            claim("ends_high", "Beyond the limit there is a cliff."),
        ),
    )
    def draw_cliff(self) -> None:
        story = self.story
        self.cliff, self.kept = self.rate_plots()
        self.slider = Readouts(FACTS.rows(1, 3)[0], self.rate_and_loss(), self.colors)
        self.turn_page(self.cliff, self.slider, self.table)
        self.run_on(Clock(self.cliff, self.slider), to=len(story.rates) - 1, seconds=8)
        self.show(*self.cliff.limit(story.problem, is_named=True))
        self.wait(2.5)

    def rate_plots(self) -> list[RatePlot]:
        """The loss after the last step, as high as the page, and room for what a step keeps under it."""
        story = self.story
        loss = f"{story.loss_markup} after {story.settings.n_steps} steps"
        ended = {each.name: rounded(each.run.losses[-1]) for each in story.runners}
        kept = {name: fixed(float(story.problem.error_kept(story.rate(name)))) for name in STYLES}
        return rate_plots_in_a_column(
            (RATES, RATES.rows(540, 454)[1]),
            story.rates,
            (story.losses, story.kept),
            (cliff_axis(story.losses, story.start_loss), kept_axis(story.kept)),
            story.runners,
            (ended, kept),
            (loss, "error kept by a step, worst direction"),
            self.colors,
        )

    def rate_and_loss(self) -> list[Readout]:
        story, digits = self.story, notation_for([self.story.start_loss], 5)
        rate = Readout("$eta$", story.rates, notation_for(story.rates, 4))
        return [rate, Readout(story.loss_markup, story.losses, replace(digits, wide=True), "loss")]

    @beat(
        "limit",
        "Each step keeps a part of the error. The best rate keeps least; at two over the largest curvature "
        "all is kept, and beyond it grows.",
    )
    def mark_limit(self) -> None:
        problem, kept = self.story.problem, self.kept
        limit, best = problem.max_stable_learning_rate, problem.best_learning_rate
        rows = [
            Row('$lambda_"max"$', (fixed(problem.eigenvalues[-1]),)),
            Row('$lambda_"min"$', (fixed(problem.eigenvalues[0]),)),
            Row("best", (fixed(best),), "minimum", note='$2 \\/ (lambda_"min" + lambda_"max")$'),
            Row("limit", (fixed(limit),), "diverged", note='$2 \\/ lambda_"max"$'),
        ]
        facts = Table(FACTS.rows(1, 1)[0], rows, self.colors)
        self.hide(self.slider, *self.cliff.without_rates(), run_time=0.5)
        self.turn(self.cliff, box=RATES.rows(540, 454)[0].inset(self.cliff.insets()))
        self.show(kept, kept.level(1.0), *facts.rows[:2])
        self.run_on(Clock(kept), to=len(kept.rates) - 1, seconds=2.5)
        self.wait(0.8)
        self.show(*self.cliff.best(problem, is_named=True), *kept.best(problem), facts.rows[2])
        self.wait(1.2)
        self.show(*kept.limit(problem), facts.rows[3])
        self.wait(5.3)
