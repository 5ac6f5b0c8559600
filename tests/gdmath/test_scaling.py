import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdmath import LeastSquares, Standardizer, descend, preset, roundest_factor

parameters = st.tuples(st.floats(-100, 100), st.floats(-100, 100))


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30).filter(lambda x: len(set(x)) > 1))
def test_gives_mean_0_and_deviation_1_and_goes_back(x):
    scaler = Standardizer.fit(x)
    z = scaler.transform(x)
    assert z.mean() == pytest.approx(0.0, abs=1e-12)
    assert z.std() == pytest.approx(1.0, rel=1e-12)
    assert scaler.inverse(z) == pytest.approx(np.array(x), abs=1e-9)


@given(parameters, st.floats(-10, 10), st.floats(0.1, 10))
def test_mapped_parameters_draw_the_same_line(line, mean, deviation):
    scaler = Standardizer(mean, deviation)
    x = np.linspace(-5, 5, 11)
    on_x = LeastSquares(x, x)
    on_z = LeastSquares(scaler.transform(x), x)
    np.testing.assert_allclose(
        on_x.predict(scaler.parameters_to_original(line)), on_z.predict(line), atol=1e-9
    )
    np.testing.assert_allclose(on_z.predict(scaler.parameters_to_scaled(line)), on_x.predict(line), atol=1e-9)


def test_by_hand():
    """z = (x - 4) / 2; the line 1 + 6 z is -11 + 3 x."""
    scaler = Standardizer.fit([2.0, 6.0])
    assert scaler == Standardizer(mean=4.0, standard_deviation=2.0)
    assert scaler.transform([2.0, 4.0, 8.0]).tolist() == [-1.0, 0.0, 2.0]
    assert scaler.parameters_to_original([1.0, 6.0]).tolist() == [-11.0, 3.0]
    assert scaler.parameters_to_scaled([-11.0, 3.0]).tolist() == [1.0, 6.0]


def test_maps_a_whole_path_at_once():
    scaler = Standardizer(4.0, 2.0)
    path = np.arange(24.0).reshape(3, 4, 2)
    mapped = scaler.parameters_to_original(path)
    assert mapped.shape == path.shape
    assert mapped[1, 2].tolist() == scaler.parameters_to_original(path[1, 2]).tolist()


def test_partway_the_mean_goes_first_and_then_the_unit():
    scaler = Standardizer.fit([2.0, 6.0])
    assert scaler.partway(0.0).transform([2.0, 6.0]).tolist() == [2.0, 6.0]
    assert scaler.partway(0.25).transform([2.0, 6.0]).tolist() == [0.0, 4.0]
    assert scaler.partway(0.5).transform([2.0, 6.0]).tolist() == [-2.0, 2.0]
    assert scaler.partway(0.75).transform([2.0, 6.0]) == pytest.approx([-(2**0.5), 2**0.5])
    assert scaler.partway(1.0) == scaler


def test_the_condition_number_falls_all_the_way_to_1():
    """Centred, the Hessian is 2 diag(1, sd^2): the valley lies along its axes; then it becomes round."""
    problem = preset("chapter-0-bad").problem()
    scaler = Standardizer.fit(problem.x)
    conditions = [
        LeastSquares(scaler.partway(share).transform(problem.x), problem.y).condition_number
        for share in np.linspace(0, 1, 21)
    ]
    assert conditions[0] == problem.condition_number
    assert conditions[10] == pytest.approx(scaler.standard_deviation**2, rel=1e-12)
    assert conditions[-1] == pytest.approx(1.0, rel=1e-12)
    assert (np.diff(conditions) < 0).all()


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_there_is_nothing_beyond_the_whole_way(share):
    with pytest.raises(ValueError, match="share: got"):
        Standardizer(4.0, 2.0).partway(share)


def test_validation_is_measured_by_the_train_rows():
    dataset = preset("chapter-0")
    scaler = Standardizer.fit(dataset.x_train)
    assert abs(scaler.transform(dataset.x_validation).mean()) > 0.01


def test_a_descent_on_the_scaled_feature_ends_at_the_original_minimizer():
    dataset = preset("chapter-0-bad")
    problem, scaler = dataset.problem(), Standardizer.fit(dataset.x_train)
    scaled = LeastSquares(scaler.transform(problem.x), problem.y)
    end = descend(scaled, dataset.start, 0.1, 500).parameters[-1]
    assert scaler.parameters_to_original(end) == pytest.approx(problem.minimizer, rel=1e-12)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([0.1] * 7, "x_train: got 0.1 in every row; allowed a feature that varies"),
        ([3.0], "x_train: got 3 in every row"),
        ([], "x_train: got"),
        ([1.0, np.nan], "x_train: got nan at index 1"),
    ],
)
def test_a_feature_without_a_unit_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        Standardizer.fit(x)


@pytest.mark.parametrize(("mean", "deviation"), [(np.nan, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, np.inf)])
def test_impossible_units_are_refused(mean, deviation):
    with pytest.raises(ValueError, match=r"mean: got nan|standard_deviation: got"):
        Standardizer(mean, deviation)


@pytest.mark.parametrize("line", [1.0, [1.0], [1.0, 2.0, 3.0]])
def test_only_a_bias_and_a_weight_can_be_mapped(line):
    with pytest.raises(ValueError, match=r"ordered \(b, w\)"):
        Standardizer(0.0, 1.0).parameters_to_original(line)


@pytest.mark.parametrize("x", [[0.1, 0.4, 0.6, 0.9], [-3.0, 1.0, 7.0], [1990.0, 2024.0], [2e-60, 3e-60]])
def test_no_factor_makes_a_bowl_rounder_than_the_roundest(x):
    x = np.array(x)
    best = roundest_factor(x)

    def condition(factor):
        return LeastSquares(factor * x, x).condition_number

    assert all(condition(best) <= condition(best * other) for other in np.geomspace(0.5, 2, 41))
    assert condition(0.9 * best) > condition(best) < condition(1.1 * best)
    leaning = abs(x.mean()) / np.sqrt(np.mean(x**2))
    assert condition(best) == pytest.approx((1 + leaning) / (1 - leaning), rel=1e-6)


def test_a_feature_that_is_zero_has_no_roundest_factor():
    with pytest.raises(ValueError, match="x_train: got 0 in every row; allowed"):
        roundest_factor([0.0, 0.0])
