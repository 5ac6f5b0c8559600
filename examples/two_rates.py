"""Twice the rate is not twice as fast: a lecture of one's own, to start from."""

import gdmath
from gdscenes.kit import PAGE, Clock, DescentSettings, Lecture, LossCurves, Readouts, Story, beat
from gdscenes.kit import dataset_with_bias, losses_of, maps_in_a_row, runners


class TwoRates(Lecture):
    """Twice the rate is not twice as fast: what helps along the valley hurts across it."""

    title, seconds = "Twice the rate", 18
    settings = DescentSettings()

    @staticmethod
    def prepare(settings):
        data = dataset_with_bias(settings.dataset)
        rate = settings.learning_rate or 0.48 * data.problem().max_stable_learning_rate
        runs = {f"{k} x": gdmath.descend(data.problem(), data.start, k * rate, 40) for k in (1, 2)}
        return Story(settings, data, runs)

    @beat("start", "Two descents from one start. The second takes steps twice as long, and looks bold.")
    def start(self):
        self.title_card()
        story, theme, pair = self.story, self.colors, runners(self.story.runs)
        top, below = PAGE.rows(547, 447)
        left, right = below.columns(2.4, 1)
        window = gdmath.window_around(story.problem, *story.runs.values())
        maps = maps_in_a_row(top, pair, story.problem, window, story.levels, theme)
        losses = LossCurves(left, pair, theme, y="decades", minimum=story.problem.minimum, span=12)
        table = Readouts(right, losses_of(pair), theme, clock="step", head=story.loss_markup)
        self.clock = Clock(*maps, losses, table)
        self.show(*maps, losses, table)
        self.advance(self.clock, to=4)

    @beat("finish", "Across the valley the long steps overshoot. The loss falls no faster.", cover=True)
    def finish(self):
        self.run_on(self.clock, to=40, seconds=6)
        self.wait(3)
