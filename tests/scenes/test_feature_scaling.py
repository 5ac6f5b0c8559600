"""FeatureScaling's story: what it computes, what it chooses and what it refuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from claims import by_hand, loss_at
from data import ODD, OWN, odd_dataset
from drawn import on_screen
from rehearsals import seen

import gdmath
import gdscenes.feature_scaling as module
from gdmath import BIAS, WEIGHT
from gdscenes.feature_scaling import FeatureScaling, FeatureScalingSettings
from gdscenes.kit.figures.contour_map import maps_in_a_row
from gdscenes.kit.figures.reading import Reading
from gdscenes.kit.lecture.settings import SettingError
from gdscenes.kit.page.theme import DARK
from gdscenes.kit.stage.bowl import BowlStage

WITH_BIAS = [name for name in gdmath.preset_names() if gdmath.preset(name).fit_bias]


class TestStory:
    def test_the_textbook_table(self):
        story = FeatureScaling.prepare(FeatureScalingSettings())
        rates = {name: run.learning_rate for name, run in story.runs.items()}
        assert [rates[name] for name in ("original", "same rate", "changed")] == [0.1, 0.1, 0.01]
        at_best = [rates[module.AT_BEST[name]] for name in module.UNITS]
        np.testing.assert_allclose(at_best, [0.75931, 0.030582, 0.5], rtol=1e-4)
        assert [story.steps(name) for name in module.UNITS] == [43, 312, 1]
        conditions = [story.problems[name].condition_number for name in module.UNITS]
        np.testing.assert_allclose(conditions, [16.44, 112.01, 1.0], atol=0.01)
        np.testing.assert_allclose(story.runs["same rate"].losses[:3], [5.515, 163.6, 4915], rtol=2e-4)
        assert story.diverges
        bad = gdmath.preset("chapter-0-bad")
        np.testing.assert_array_equal(story.changed.x, bad.x)
        np.testing.assert_array_equal(story.changed.y, bad.y)

    @pytest.mark.parametrize("dataset", WITH_BIAS)
    def test_runs_and_their_steps_by_a_loop_of_its_own(self, dataset):
        story = FeatureScaling.prepare(FeatureScalingSettings(dataset=dataset))
        data = story.dataset
        z = (data.x_train - data.x_train.mean()) / data.x_train.std()
        features = {"original": data.x_train, "changed": 10 * data.x_train, "standardised": z}
        lowest = np.polynomial.Polynomial.fit(z, data.y_train, 1)
        squares = (data.y_train - lowest(z)) ** 2
        minimum = squares.sum() if data.reduction == "sum" else squares.mean()
        for name, x in features.items():
            problem = gdmath.LeastSquares(x, data.y_train, reduction=data.reduction)
            run = story.runs[module.AT_BEST[name]]
            low, high = np.linalg.eigvalsh(problem.hessian)
            assert run.learning_rate == pytest.approx(2 / (low + high))
            rows = by_hand(problem, run)
            losses = np.array([loss_at(problem, row) for row in rows])
            np.testing.assert_allclose(run.losses, losses, rtol=1e-8)
            np.testing.assert_allclose(run.parameters, rows, rtol=1e-6, atol=1e-9)
            over = losses <= 1.01 * minimum
            assert story.steps(name) == (over.argmax() if over.any() else None)
            raced = story.runners[module.AT_BEST[name]].run
            assert raced.n_steps == (over.argmax() if over.any() else min(run.n_steps, 1000))
            np.testing.assert_array_equal(raced.parameters, run.parameters[: raced.n_steps + 1])
        assert story.diverges
        assert story.runs["original"].learning_rate < story.problems["original"].max_stable_learning_rate
        assert story.runs["original"].learning_rate > story.problems["changed"].max_stable_learning_rate

    @pytest.mark.parametrize("dataset", [*map(gdmath.preset, WITH_BIAS), *ODD.values()], ids=lambda d: d.name)
    def test_mapped_back_it_is_the_line_of_least_squares(self, dataset, monkeypatch):
        monkeypatch.setattr(module, "dataset_with_bias", lambda _, raw=False: dataset)
        story = FeatureScaling.prepare(FeatureScalingSettings())
        # centred, so that the closed form keeps its digits where x lies far from zero
        for scaler, data in (
            (gdmath.Standardizer.fit(dataset.x_train), dataset),
            (story.scaler, story.changed),
        ):
            b, w = scaler.parameters_to_original(story.learned)
            x, y = data.x_train, data.y_train
            slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
            line = y.mean() + slope * (x - x.mean())
            np.testing.assert_allclose(b + w * x, line, rtol=1e-9, atol=1e-9)

    def test_what_is_said_of_the_valley_is_so(self):
        story = FeatureScaling.prepare(FeatureScalingSettings())
        original, changed = story.problems["original"].hessian, story.problems["changed"].hessian
        assert changed[WEIGHT, WEIGHT] == pytest.approx(100 * original[WEIGHT, WEIGHT])
        centred, circle = story.partway(0.5).hessian, story.partway(1.0).hessian
        assert abs(centred[BIAS, WEIGHT]) < 1e-9 * centred[WEIGHT, WEIGHT], "the valley lies along the axes"
        np.testing.assert_allclose(circle, 2 * np.eye(2), atol=1e-9)
        minima = [problem.minimum for problem in story.problems.values()]
        np.testing.assert_allclose(minima, minima[0], rtol=1e-9)

    def test_at_worst_a_step_points_past_the_minimum_as_the_condition_number_says(self):
        story = FeatureScaling.prepare(FeatureScalingSettings())
        assert [module.degrees_at_worst(bowl) for bowl in story.bowls] == ["62.3°", "79.2°", "53.8°", "0.0°"]
        assert [module.condition(bowl) for bowl in story.bowls] == ["16.4", "112.0", "9.4", "1.0"]

    def test_on_its_way_the_bowl_is_roundest_where_the_feature_is_of_the_size_of_one(self):
        story = FeatureScaling.prepare(FeatureScalingSettings())
        assert f"{story.roundest:.2f}" == "1.78"
        assert module.condition(story.times(story.roundest)) == "11.4"
        factors = np.geomspace(1, story.factor, 501)
        conditions = [np.linalg.cond(story.times(f).hessian) for f in factors]
        assert factors[np.argmin(conditions)] == pytest.approx(story.roundest, rel=5e-3)

    def test_what_a_step_leaves_of_the_error_is_seen_in_the_run(self):
        story = FeatureScaling.prepare(FeatureScalingSettings())
        run, problem = story.runs["changed"], story.problems["changed"]
        away = (run.parameters - problem.minimizer) @ np.linalg.eigh(problem.hessian)[1]
        kept = problem.errors_kept(run.learning_rate)
        np.testing.assert_allclose(np.abs(away[1] / away[0]), kept, rtol=1e-6)
        assert [f"{each:.3f}" for each in kept] == ["0.994", "0.352"]

    @pytest.mark.parametrize("dataset", ODD.values(), ids=ODD)
    def test_the_windows_show_the_runs_and_the_morph_the_valley(self, dataset, monkeypatch):
        monkeypatch.setattr(module, "dataset_with_bias", lambda _, raw=False: dataset)
        story = FeatureScaling.prepare(FeatureScalingSettings())
        for name in ("original", "changed", *module.AT_BEST.values()):
            window = story.window(name)
            assert window.contains(story.runners[name].run.parameters).all()
            assert np.ptp(window.size) < 1e-9 * window.size.max(), "a circle is one"
        b = story.dataset.start[BIAS]
        w = np.linspace(story.shared_window.w_min, story.shared_window.w_max, 20_001)
        lowest = story.problems["changed"].loss(np.stack([np.full_like(w, b), w], axis=1)).min()
        assert lowest <= 8 * story.start_loss, "a level line of the changed loss crosses the window"

    def test_a_small_feature_is_made_smaller_and_nothing_diverges(self, monkeypatch):
        monkeypatch.setattr(module, "dataset_with_bias", lambda _, raw=False: ODD["millionths"])
        story = FeatureScaling.prepare(FeatureScalingSettings())
        assert story.factor == 0.1
        assert not story.diverges
        assert story.steps("original") is None
        assert story.runners["same rate"].style is not module.DIVERGENT
        assert story.steps("standardised") < 40

    @pytest.mark.parametrize(
        ("change", "allowed"),
        [
            ({"dataset": "one-weight"}, "with a bias"),
            ({"factor": 1.5}, "narrows the valley"),
            ({"factor": 1.0}, "narrows the valley"),
            ({"learning_rate": 0.9}, "below 0.8055"),
        ],
    )
    def test_refuses_what_it_cannot_teach(self, change, allowed):
        settings = dataclasses.replace(FeatureScaling.settings, **change)
        with pytest.raises(SettingError, match=r"got .*; allowed .*; fix: ") as refusal:
            FeatureScaling.prepare(settings)
        assert allowed in str(refusal.value)
        assert "\n" not in str(refusal.value)

    def test_refuses_a_constant_feature(self, monkeypatch):
        dataset = odd_dataset([2, 2, 2], [1, 2, 3])
        monkeypatch.setattr(module, "dataset_with_bias", lambda _, raw=False: dataset)
        with pytest.raises(SettingError, match="a feature that varies"):
            FeatureScaling.prepare(FeatureScalingSettings())


def test_a_long_condition_number_leaves_room_for_the_label_beside_it():
    story = FeatureScaling.prepare(FeatureScalingSettings(dataset=OWN["prices"]))
    runs = [module.AT_BEST[unit] for unit in module.UNITS]
    maps = maps_in_a_row(
        module.TOP,
        [story.runners[name] for name in runs],
        [story.problems[name] for name in runs],
        [story.window(name) for name in runs],
        [story.heights(name) for name in runs],
        DARK,
    )
    for each in maps:
        *_, label, kappa = each.head
        assert kappa.box().left - label.box().right > 24


@seen(FeatureScaling, "bowl")
def test_the_step_only_falls_on_the_page(scene):
    (bowl,) = on_screen(scene, BowlStage)
    (path,) = bowl.paths
    start, end = path.parameters
    way = start + np.linspace(0, 1, 101)[:, None] * (end - start)
    _, y = bowl.on_page(*way.T, bowl.loss(way)).T
    assert (np.diff(y) > 0).all()


@seen(FeatureScaling, "crawl")
def test_the_smaller_rate_says_whose_it_is(scene):
    (rate,) = [each for each in on_screen(scene, Reading) if "rate" in each.dials]
    assert rate.caption.source.startswith(scene.story.runners["changed"].label)
