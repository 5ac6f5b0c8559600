"""TrainingRun: a recorded run on a surface, and on it, as stalks, what the surface hides of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manim import Animation, FadeIn
from numpy.typing import NDArray

from gdmath import PlaneKind
from gdscenes.kit.figures.bars import Bar
from gdscenes.kit.figures.code import CODE, CodeLine
from gdscenes.kit.figures.legend import Entry, Legend
from gdscenes.kit.figures.losses import is_long
from gdscenes.kit.figures.readouts import Readout, Readouts
from gdscenes.kit.figures.row_curves import RowCurve, RowCurves, heights_of, turns
from gdscenes.kit.lecture.beats import beat, claim
from gdscenes.kit.lecture.clock import Clock, running, turning
from gdscenes.kit.lecture.recorded import RecordedSettings, RecordedStory, recording_of
from gdscenes.kit.lecture.settings import SettingError, Settings
from gdscenes.kit.page.cell import PAGE, Insets
from gdscenes.kit.page.sheet import MEDIUM, SMALL
from gdscenes.kit.plot.axis import Axis, axis_units
from gdscenes.kit.stage.lecture import StageLecture
from gdscenes.kit.stage.recorded import RecordedStage
from gdscenes.kit.stage.ruler import StageRuler
from gdscenes.kit.stage.stage import cut_above, floor_below
from gdscenes.kit.type.language import grouped, tr
from gdscenes.kit.type.notation import Notation, markup, notation_down_to, notation_for, rounded
from gdscenes.kit.type.typeset import Words, name_source

Array = NDArray[np.float64]

LAPSE = 7.0
"""Seconds in which a run is told once."""
BACK = 1.0
"""In which it goes back to its first row."""
GLASS = 0.18
"""How much is seen of the wall that is before the path."""
BESIDE_STALKS, BEHIND_STALKS, THIN = 0.55, 0.5, 0.5
"""How far the surface's colours step back beside stalks, how much of it is seen before those under it, and
how broad the path is beside them."""
DECIMALS, LARGE_LOSS = 4, 100.0
"""Of losses; larger ones have fewer."""
LONGEST_NAME = 9.0
"""Of a parameter beside its axis, em."""
FEW_DEGREES, MANY_DEGREES = 45.0, 90.0
"""Below the one, half of the steps go straight on; above the other, they turn back."""

PICTURE, MARGIN = PAGE.columns(1213, 510, gap=22)
CURVE, NUMBERS = MARGIN.rows(470, 500, gap=24)
TOLD, SHARES = MARGIN.rows(420, 500)
ROUNDING = 1e-9  # of the way of a run
BAR = Insets(top=26, bottom=90)
LENGTHS, ANGLES = PICTURE.rows(2, gap=20)
ANSWER, FACTS, CODES = PAGE.inset(Insets(left=100, top=110, right=100, bottom=60)).rows(230, 410, 180)
ENDS = FACTS.columns(660, 845, gap=40)
PITCH = 84.0
"""Of the lines and tables of the last page, pixels."""
ANSWER_WORDS = claim(
    "has_wide_gaps",
    "It hides what lies off the plane: half of its losses are wrong by over a quarter.",
    claim(
        "has_gaps",
        "It hides what lies off the plane: half of its losses are wrong by over a twentieth.",
        claim(
            "is_projected",
            "It hides what lies off the plane: here half of its losses are right within a twentieth.",
            "Here it hides nothing: the plane is the whole space.",
        ),
    ),
)
LINES = ("with gdmath.record(model, loss) as recording:", "    train(model)")


@dataclass(frozen=True)
class TrainingRunStory(RecordedStory):
    """One recorded run."""

    @cached_property
    def ceiling(self) -> float:
        """Where the surface is cut: a round loss above all rows that do not diverge, drawn and true."""
        run = self.recording
        first = float(run.losses[0])
        seen = run.losses <= first + max(first - float(run.losses.min()), abs(first))
        return cut_above(float(max(run.losses[seen].max(), run.row_losses[seen].max())))

    @property
    def floor(self) -> float:
        """From where heights count decades: a loss below all others; 0 where they count the loss itself.

        What a plane hides of a loss that falls by decades would be too small to be seen.
        """
        run = self.recording
        seen = np.concatenate([run.losses, run.row_losses, run.grid.losses.ravel()])
        return (
            floor_below(float(seen.min()))
            if self.is_projected and is_long(run.losses) and seen.min() > 0
            else 0.0
        )

    @property
    def units(self) -> Array:
        """How much of x and of y (2,) is equally long."""
        grid = self.recording.grid
        return axis_units((grid.b[0], grid.b[-1]), (grid.w[0], grid.w[-1]))

    @property
    def axis_names(self) -> tuple[str, str]:
        """Of the plane, Typst markup."""
        if self.recording.kind is PlaneKind.PARAMETERS:
            x, y = self.recording.axes
            return name_source(x, room=LONGEST_NAME), name_source(y, room=LONGEST_NAME)
        if self.recording.kind is PlaneKind.PATH:
            return tr("direction 1"), tr("direction 2")
        return tr("random direction 1"), tr("random direction 2")

    # -- what is claimed of it -----------------------------------------------------------------------------

    @property
    def comes_down(self) -> bool:
        return bool(self.recording.losses[-1] < self.recording.losses[0])

    @property
    def has_no_weight_decay(self) -> bool:
        return self.recording.weight_decay == 0

    @property
    def is_projected(self) -> bool:
        return not self.recording.is_whole

    @property
    def counts_decades(self) -> bool:
        return self.floor > 0

    @property
    def is_no_random_walk(self) -> bool:
        run = self.recording
        return self.is_projected and run.explained > run.random_walk_explained

    @property
    def has_wide_gaps(self) -> bool:
        """Whether the plane is off by more than a quarter of the loss at half of the rows."""
        return self.recording.median_gap > 0.25

    @property
    def has_gaps(self) -> bool:
        """Whether the plane is off by more than a twentieth of the loss at half of the rows."""
        return self.recording.median_gap > 0.05

    @property
    def answer(self) -> str:
        """To the question of the film: lines of the page, Typst markup."""
        return ANSWER_WORDS.of(self).replace(": ", ":\n")

    @property
    def median_turn(self) -> float:
        """Degrees; nan where no step turns."""
        angles = self.recording.step_angles
        return float(np.nanmedian(angles)) if np.isfinite(angles).any() else np.nan

    @property
    def goes_straight_on(self) -> bool:
        return self.median_turn < FEW_DEGREES

    @property
    def turns_back(self) -> bool:
        return self.median_turn > MANY_DEGREES

    # -- how numbers are written ---------------------------------------------------------------------------

    @property
    def n_parameters(self) -> str:
        return grouped(self.recording.n_parameters)

    @cached_property
    def loss_notation(self) -> Notation:
        losses = self.recording.losses
        found = notation_down_to(losses[losses > 0], 2) if (losses > 0).any() else notation_for(losses)
        is_plain = not found.power and losses.max() < LARGE_LOSS
        return replace(found, decimals=max(found.decimals, DECIMALS)) if is_plain else found

    @cached_property
    def heights(self) -> Axis:
        """The axis of losses beside steps, the same for those in the plane."""
        run = self.recording
        return heights_of(np.concatenate([run.losses, run.row_losses]), is_long(run.losses))

    def numbers(self, *quantities: str) -> list[Readout]:
        """Numbers of the run that follow its rows."""
        run, losses = self.recording, self.loss_notation
        lost = Notation(losses.decimals, losses.power, wide=True)
        # a path in its plane is off it by rounding alone
        far = run.distances if run.distances.max() > ROUNDING * run.way else np.zeros_like(run.distances)
        known = {
            "step": Readout(tr("step"), run.steps.astype(float), Notation(0), quantity="recorded step"),
            "true loss": Readout(tr("true loss"), run.losses, lost, "loss", quantity="true loss"),
            "in the plane": Readout(
                tr("in the plane"), run.row_losses, lost, "ink", quantity="loss in the plane"
            ),
            "gap": Readout(
                tr("gap $=$ plane $-$ true"), run.gaps, losses, "loss", quantity="gap", signed=True
            ),
            "distance": Readout(
                tr("distance to plane"),
                far,
                notation_for(far, 4),
                "muted",
                quantity="distance from the plane",
            ),
        }
        return [known[each] for each in quantities]


class TrainingRun(StageLecture):
    """Any recorded training run: its loss, the plane it is seen on, and what that plane hides."""

    title = "A training run and its picture"
    question = "What does the picture of a training run hide?"
    hand_over = "Two lines record a run of yours."
    chapter = 9
    seconds = 83
    settings = RecordedSettings()
    story_type = TrainingRunStory

    story: TrainingRunStory

    @staticmethod
    def prepare(settings: Settings) -> TrainingRunStory:
        assert isinstance(settings, RecordedSettings)
        story = TrainingRunStory(settings=settings, recording=recording_of(settings.recording))
        lowest = float(min(story.recording.losses.min(), story.recording.grid.losses.min()))
        if lowest < 0:
            raise SettingError(
                "--run",
                f"a loss of {rounded(lowest)} in {story.name}",
                "losses from 0: the surface stands on a loss of zero",
                "record it with a loss that has a constant added",
            )
        story.refuse_missing_glyphs()
        return story

    @beat(
        "losses",
        "What everyone plots is the loss after each step, here over all the data.",
        claim("comes_down", "It comes down.", "Here it does not come down."),
        "Of what moved it says nothing.",
    )
    def show_losses(self) -> None:
        self.title_card()
        story, theme, run = self.story, self.colors, self.story.recording
        curve = RowCurves(PICTURE, run.steps, [self.true_losses()], theme, y=story.heights)
        numbers = Readouts(NUMBERS, story.numbers("step", "true loss"), theme)
        clock = Clock(curve, numbers)
        self.show(curve, numbers, run_time=0.8)
        self.run_on(clock, to=run.last_row, seconds=LAPSE, pace="by change")
        self.wait(2)

    def percent(self, share: float, role: str = "ink", em: float = SMALL) -> Words:
        """A share of one in whole hundredths, or in two digits where it is small."""
        text = rounded(100 * share, 2) if 0 < share < 0.1 else str(round(100 * share))
        return Words(f"${markup(text)} thin %$", em, self.colors, role)

    def true_losses(self) -> RowCurve:
        return RowCurve(tr("true loss"), self.story.recording.losses, "loss", "true loss")

    def plane_losses(self) -> RowCurve:
        return RowCurve(tr("in the plane"), self.story.recording.row_losses, "path", "loss in the plane")

    @beat(
        "plane",
        claim(
            "is_projected",
            "The model is one point with a coordinate for each weight. Of its path we see the shadow on a "
            "plane.",
            "The model has two weights: it is a point of this plane, and the plane holds all of its path.",
        ),
        claim("is_no_random_walk", "It holds more of the path than of a random walk."),
    )
    def show_plane(self) -> None:
        story, theme, run = self.story, self.colors, self.story.recording
        self.make_stage()
        name = Words(tr("{n} weights", n=story.n_parameters), MEDIUM, theme)
        name.place(TOLD.left, TOLD.top + 60)
        self.turn_page(self.stage, self.ruler, name, out=0.5, seconds=0.8)
        self.wait(0.5)
        self.redraw(turning(self.path, tube=1.0, ball=1.0, start=1.0, run_time=0.6))
        self.run_on(Clock(self.stage), to=run.last_row, seconds=5.0, pace="by change")
        self.wait(0.5)
        if story.is_projected:
            self.show_shares()
        self.wait(3)

    def show_shares(self) -> None:
        """What the plane holds of the path, and what it would hold of a random walk."""
        theme, run = self.colors, self.story.recording
        shares = {
            tr("of this path"): (run.explained, "path"),
            tr("of a random walk"): (run.random_walk_explained, "muted"),
        }
        head = Words(tr("variance in the plane"), SMALL, theme, "muted").place(SHARES.left, SHARES.top)
        self.show(head, run_time=0.5)
        for cell, (name, (share, role)) in zip(SHARES.rows(3)[1:], shares.items(), strict=True):
            words = Words(name, SMALL, theme, role).place(cell.left, cell.top)
            told = self.percent(share, role).place(cell.right, cell.top, "right")
            self.show(words, told, Bar(cell.inset(BAR), share, theme, role), run_time=0.8)
            self.wait(0.4)

    def make_stage(self) -> None:
        """The stage seen from above, with the plane on it and the path not yet begun."""
        story = self.story
        self.stand_above()
        self.stage = RecordedStage(
            story.recording,
            self.colors,
            self.camera,
            cut=story.ceiling,
            floor=story.floor,
            names=story.axis_names,
            units=story.units,
        )
        self.path, self.stalks = self.stage.path, self.stage.gaps
        self.stage.empty().dial(flatten=1.0, rise=0.0, lifted=1.0, underside=GLASS)
        self.ruler = StageRuler(self.stage)

    @beat(
        "descent",
        claim(
            "counts_decades",
            "Over each point of the plane stands the loss that the model would have there; height counts "
            "decades.",
            "Over each point of the plane stands the loss that the model would have there.",
        ),
        "The path runs over this surface as the plane shows it, to where training ended.",
        cover=True,
    )
    def walk_down(self) -> None:
        story, stage, theme, run = self.story, self.stage, self.colors, self.story.recording
        self.leave_only(stage, run_time=0.6)
        with self.looking_from(stage.view):
            stage.dial(rise=1.0, flatten=0.0)
            self.ruler = stage.ruler()
        stage.dial(rise=0.0, flatten=1.0)
        self.come_down(stage, self.ruler, run_time=3.0)
        over = [
            Words(line, SMALL, theme).place(TOLD.left, TOLD.top + 60 * k)
            for k, line in enumerate(
                tr("over each point of the plane,\nthe loss of the model there").splitlines(), start=1
            )
        ]
        self.redraw(turning(stage, rise=1.0, run_time=1.8), FadeIn(*over, *self.ruler.floor, run_time=0.6))
        self.ruler.at(0)
        stage.dial(surface=1.0, lines=1.0)
        self.redraw(turning(stage, skin=1.0, run_time=2.2), FadeIn(*self.ruler.losses, run_time=0.6))
        self.hide(*over, run_time=0.4)
        self.go_back(
            Clock(stage, row=run.last_row),
            turning(stage, rim=1.0, beyond=1.0, edges=1.0, run_time=BACK),
            baseline=TOLD.top + 60,
        )
        curve = RowCurves(CURVE, run.steps, [self.plane_losses()], theme, y=story.heights)
        off = ("distance",) if story.is_projected else ()
        numbers = Readouts(NUMBERS, story.numbers("step", "in the plane", *off), theme)
        self.redraw(
            FadeIn(*self.ruler.heights, curve, numbers, run_time=0.8),
            turning(self.path, floor=1.0, run_time=0.8),
        )
        self.add(self.ruler)
        clock = Clock(stage, self.ruler, curve, numbers)
        self.redraw(self.swinging(stage, run_time=LAPSE), running(clock, run.last_row, LAPSE, "by change"))
        self.beside = [curve, numbers]
        self.wait(1.2)

    @beat(
        "gap",
        claim(
            "is_projected",
            "The run was not in the plane. From each point that is drawn a stalk leads to the loss that the "
            "model truly had.",
            "Here the plane is the whole space: what is drawn is the loss itself, and no stalk has a length.",
        ),
        claim("has_gaps", "Where stalks are long the picture is wrong."),
    )
    def show_gap(self) -> None:
        story, stage, theme, run = self.story, self.stage, self.colors, self.story.recording
        both = [self.true_losses(), self.plane_losses()]
        curve = RowCurves(CURVE, run.steps, both, theme, y=story.heights, compared=True)
        numbers = Readouts(NUMBERS, story.numbers("step", "in the plane", "true loss", "gap"), theme)
        Clock(curve, numbers, row=run.last_row)
        self.hide(*self.beside, run_time=0.6)
        self.stalks.dial(grown=0.0)
        self.redraw(
            turning(self.stalks, opacity=1.0, current=1.0, run_time=0.6),
            turning(self.path, breadth=THIN, run_time=0.6),
            turning(stage, dimmed=BESIDE_STALKS, surface=BEHIND_STALKS, run_time=0.6),
            FadeIn(curve, numbers, run_time=0.6),
        )
        self.turn(self.stalks, grown=1.0, seconds=2.0)
        self.wait(0.6)
        clock = Clock(stage, self.ruler, curve, numbers, row=run.last_row)
        self.go_back(clock)
        self.run_on(clock, to=run.last_row, seconds=LAPSE, pace="by change")
        self.wait(1.2)

    def go_back(self, clock: Clock, *along: Animation, baseline: float = NUMBERS.bottom) -> None:
        """The run that has ended goes back to its first row, which is said."""
        back = Words(tr("back to step {k}", k=self.story.recording.steps[0]), SMALL, self.colors)
        back.place(NUMBERS.left, baseline)
        self.show(back, run_time=0.3)
        self.redraw(running(clock, 0, BACK), *along)
        self.hide(back, run_time=0.3)

    @beat(
        "steps",
        claim(
            "has_no_weight_decay",
            "How far each step goes, and by how much it turns from the one before.",
            "How far each step goes, weight decay included, and by how much it turns from the one before.",
        ),
        claim(
            "goes_straight_on",
            "Half of the steps turn by less than 45 degrees.",
            claim(
                "turns_back",
                "Half of the steps turn back, by more than a right angle.",
                "Half of the steps turn by more than 45 degrees.",
            ),
        ),
    )
    def show_steps(self) -> None:
        theme, run = self.colors, self.story.recording
        long = RowCurve(tr("length of each step"), run.step_lengths, "path", "step length")
        turn = RowCurve(tr("degrees of its turn"), run.step_angles, "path", "step angle")
        lengths = RowCurves(LENGTHS, run.steps, [long], theme, dotted=True)
        angles = RowCurves(ANGLES, run.steps, [turn], theme, y=turns(), dotted=True)
        step = Readouts(NUMBERS, self.story.numbers("step", "true loss"), theme)
        self.turn_page(lengths, angles, step, out=0.5, seconds=0.8)
        clock = Clock(lengths, angles, step)
        self.run_on(clock, to=run.last_row, seconds=LAPSE)
        self.wait(4.2)

    @beat("end", ANSWER_WORDS)
    def show_end(self) -> None:
        theme, run = self.colors, self.story.recording
        written = [
            Entry(
                tr("lowest loss"), rounded(float(run.losses[run.lowest_row]), 4), value_role="loss", em=MEDIUM
            ),
            Entry(tr("at step"), f"{run.steps[run.lowest_row]}", em=MEDIUM),
            Entry(tr("way of all steps"), rounded(run.way, 4), em=MEDIUM),
            Entry(tr("from start to end"), rounded(run.distance, 4), em=MEDIUM),
        ]
        shares = [(tr("variance in the plane"), run.explained, "ink")]
        if self.story.is_projected:
            shares.append((tr("of a random walk"), run.random_walk_explained, "muted"))
        shares += [
            (tr("median gap, of the loss"), run.median_gap, "ink"),
            (tr("widest gap"), float(run.relative_gaps[run.widest_row]), "ink"),
        ]
        trusted = [
            Entry(name, self.percent(share, role, MEDIUM), role=role, em=MEDIUM)
            for name, share, role in shares
        ]
        answer = [
            Words(line, MEDIUM, theme).place(ANSWER.left, ANSWER.top + PITCH * k)
            for k, line in enumerate(self.story.answer.splitlines())
        ]
        tables = [
            Legend(cell, entries, theme, pitch=PITCH)
            for cell, entries in zip(ENDS, (written, trusted), strict=True)
        ]
        code = [
            CodeLine(line, theme).place(CODES.left, CODES.top + CODE * 1.5 * (k + 1))
            for k, line in enumerate(LINES)
        ]
        head = Words(self.hand_over, SMALL, theme).place(CODES.left, CODES.top)
        self.turn_page(*answer, out=0.5, seconds=0.8)
        self.wait(1.6)
        self.show(*tables)
        self.wait(2.2)
        self.say(head, *code)
        self.wait(3.2)
