"""Twice the rate is not twice as fast: a lecture of one's own, to start from."""

import gdmath
from gdscenes.kit import PAGE, Clock, DescentSettings, Lecture, LossCurves, Readouts, Story, beat
from gdscenes.kit import dataset_with_bias, losses_of, maps_in_a_row, rates_of, runners


class TwoRates(Lecture):
    """Twice the rate is not always twice as fast: long steps cross the valley, and have to come back."""

    title, question, seconds = "Twice the rate", "Is it twice as fast?", 19
    settings = DescentSettings()

    @staticmethod
    def prepare(settings):
        data = dataset_with_bias(settings.dataset)
        rate = settings.learning_rate or float(f"{0.48 * data.problem().max_stable_learning_rate:.3g}")
        runs = {f"{k} x": gdmath.descend(data.problem(), data.start, k * rate, 40) for k in (1, 2)}
        return Story(settings, data, runs)

    @beat("start", "Two descents from one start, the second at twice the rate: half the steps?")
    def start(self):
        self.title_card()
        story, theme, pair = self.story, self.colors, runners(self.story.runs, rates_of(self.story.runs))
        top, below = PAGE.rows(547, 447)
        left, right = below.columns(2.4, 1)
        window = gdmath.window_around(story.problem, *story.runs.values())
        maps = maps_in_a_row(top, pair, story.problem, window, story.levels, theme)
        self.losses = LossCurves(left, pair, theme, y="decades", minimum=story.problem.minimum, span=12)
        table = Readouts(right, losses_of(pair), theme, clock="step", head=story.loss_markup)
        self.clock = Clock(*maps, self.losses, table)
        self.show(*self.clock.figures)
        self.advance(self.clock, to=4)

    @beat("race", "Which is first at a tenth of the loss? Long steps may cross the valley.", cover=True)
    def race(self):
        self.run_on(self.clock, to=40, seconds=6)
        self.say(self.losses.line_at(self.story.start_loss / 10, "a tenth of the loss", "muted"))
        self.wait(2.5)
