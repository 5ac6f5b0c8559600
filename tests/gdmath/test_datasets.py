import dataclasses

import numpy as np
import pytest

from gdmath import Dataset, TeachingFrame, curved_dataset, preset, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_whole(name):
    dataset = preset(name)
    assert dataset.name == name
    assert dataset.start.size == dataset.problem().n_parameters
    assert sorted([*dataset.train_indices, *dataset.validation_indices]) == list(range(dataset.x.size))
    assert not any(
        values.flags.writeable
        for values in (dataset.x, dataset.y, dataset.start, dataset.train_indices, dataset.validation_indices)
    )


def test_chapter_0_is_the_books_own_recipe():
    """The book's cells, with the global generator the book uses."""
    np.random.seed(42)  # noqa: NPY002
    x = np.random.rand(100, 1)  # noqa: NPY002
    y = 1 + 2 * x + 0.1 * np.random.randn(100, 1)  # noqa: NPY002
    idx = np.arange(100)
    np.random.shuffle(idx)  # noqa: NPY002
    np.random.seed(42)  # noqa: NPY002
    b, w = np.random.randn(1), np.random.randn(1)  # noqa: NPY002

    dataset = preset("chapter-0")
    assert np.array_equal(dataset.x_train, x[idx[:80], 0])
    assert np.array_equal(dataset.y_train, y[idx[:80], 0])
    assert np.array_equal(dataset.x_validation, x[idx[80:], 0])
    assert np.array_equal(dataset.y_validation, y[idx[80:], 0])
    assert dataset.start.tolist() == [b[0], w[0]]


def test_chapter_2_starts_from_uniform_numbers():
    stream = np.random.RandomState(42)
    assert preset("chapter-2").start.tolist() == [stream.rand(1)[0], stream.rand(1)[0]]


def test_chapter_2_has_chapter_0s_noise_about_another_line():
    first, second = preset("chapter-0"), preset("chapter-2")
    assert np.array_equal(second.x, first.x)
    noise = first.y - (1 + 2 * first.x)
    np.testing.assert_allclose(second.y, 0.5 - 3 * second.x + noise, rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "rates", "n_steps"),
    [
        ("chapter-0", (0.1, 0.2, 0.8, 1.1), 1000),
        ("chapter-2", (0.1,), 1000),
        ("one-weight", (0.01,), 20),
        ("fake-data", (1e-4,), 500),
        ("fake-data-1000", (1e-4,), 500),
        ("chapter-0-bad", (0.1, 0.01), 1000),
    ],
)
def test_each_preset_has_the_rates_and_the_steps_of_its_book(name, rates, n_steps):
    dataset = preset(name)
    assert ((dataset.learning_rate, *dataset.learning_rates), dataset.n_steps) == (rates, n_steps)


@pytest.mark.parametrize(("reduction", "rate"), [("mean", 0.1), ("sum", 0.002)])
def test_the_curve_is_a_cosine_with_a_tenth_of_noise(reduction, rate):
    dataset, stream = curved_dataset(reduction), np.random.RandomState(42)
    x = 2 * stream.rand(50) - 1
    np.testing.assert_allclose(dataset.x, x, rtol=1e-12)
    np.testing.assert_allclose(dataset.y - np.cos(3 * x), 0.1 * stream.randn(50), rtol=1e-9)
    assert (dataset.learning_rate, dataset.n_steps, dataset.reduction) == (rate, 1000, reduction)
    assert dataset.start.tolist() == [0.0, 0.0]
    assert dataset.train_indices.tolist() == list(range(50))


def test_bad_has_the_same_target_and_split():
    original, bad = preset("chapter-0"), preset("chapter-0-bad")
    assert np.array_equal(bad.x, 10 * original.x)
    assert np.array_equal(bad.y, original.y)
    assert np.array_equal(bad.train_indices, original.train_indices)
    noise = bad.y - (1 + 0.2 * bad.x)
    assert noise.std() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(("name", "n"), [("fake-data", 50), ("fake-data-1000", 1000)])
def test_fake_data(name, n):
    dataset = preset(name)
    assert dataset.x.size == n
    assert dataset.x.min() >= 0
    assert dataset.x.max() <= 1
    assert dataset.validation_indices.size == 0
    assert dataset.reduction == "sum"
    assert dataset.problem().minimizer == pytest.approx([8, 3], abs=0.2)
    assert dataset.start.tolist() == [1.0, -1.0]
    stream = np.random.RandomState(42)
    x = stream.rand(n)
    np.testing.assert_allclose(dataset.y, 3 * x + 8 + 0.3 * stream.randn(n), rtol=1e-13)


def test_one_weight_is_float32_through_the_origin():
    dataset = preset("one-weight")
    assert (dataset.dtype, dataset.fit_bias) == ("float32", False)
    assert dataset.problem().minimizer.tolist() == [2.0]


@pytest.mark.parametrize(
    ("asked", "nearest"), [("chapter0", "chapter-0"), ("one_weight", "one-weight"), ("", "'")]
)
def test_unknown_preset_names_the_nearest(asked, nearest):
    with pytest.raises(ValueError, match=f"preset: got '{asked}', the nearest is '?{nearest}"):
        preset(asked)


def tiny(**changes):
    fields = {
        "name": "tiny",
        "x": [0.0, 1.0, 2.0],
        "y": [1.0, 2.0, 4.0],
        "train_indices": [2, 0],
        "validation_indices": [1],
        "start": [0.0, 0.0],
        "learning_rate": 0.1,
        "n_steps": 10,
    }
    return Dataset(**(fields | changes))


def test_parts_follow_the_indices():
    dataset = tiny()
    assert dataset.x_train.tolist() == [2.0, 0.0]
    assert dataset.y_train.tolist() == [4.0, 1.0]
    assert dataset.x_validation.tolist() == [1.0]
    assert dataset.y_validation.tolist() == [2.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": [0.0, np.nan, 1.0]}, "x: got nan at index 1"),
        ({"x": [[0.0, 1.0, 2.0]]}, r"x: got shape \(1, 3\)"),
        ({"x": []}, "x: got"),
        ({"x": ["a", "b", "c"]}, "x: got values of type"),
        ({"y": [1.0, 2.0]}, "y: got 2 values for 3"),
        ({"y": [1.0, 2.0, np.inf]}, "y: got inf at index 2"),
        ({"start": [0.0]}, "start: got 1 values; allowed 2"),
        ({"start": [0.0, np.nan]}, "start: got nan"),
        ({"train_indices": [0, 3]}, "train_indices: got 0 to 3; allowed 0 to 2"),
        ({"train_indices": [-1, 0]}, "train_indices: got -1 to 0"),
        ({"train_indices": [0.0, 1.0]}, "train_indices: got type float64"),
        ({"train_indices": []}, "train_indices: got none"),
        ({"train_indices": [0, 1]}, "got a row twice"),
        ({"learning_rate": 0.0}, "learning_rate: got 0.0"),
        ({"n_steps": 3.0}, "n_steps: got 3.0; allowed a value of type int"),
        ({"learning_rates": (0.1, np.inf)}, "learning_rate: got inf"),
        ({"n_steps": 0}, "n_steps: got 0"),
        ({"dtype": "float16"}, "dtype: got 'float16'"),
        ({"reduction": "median"}, "reduction: got 'median'"),
        ({"dtype": "float32", "x": [0.1, 1.0, 2.0]}, "a value that float32 rounds"),
        ({"dtype": "float32", "x": [1e60, 1.0, 2.0]}, "a value that float32 rounds"),
    ],
)
def test_bad_values_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        tiny(**changes)


class TestSample:
    def test_of_few_points_it_is_all(self):
        data = preset("chapter-0")
        train, validation = data.sample(200)
        assert train.tolist() == list(range(80))
        assert validation.tolist() == list(range(20))

    @pytest.mark.parametrize("n_validation", [0, 1, 37, 2000])
    def test_of_many_it_is_so_many_from_end_to_end(self, n_validation):
        x = np.random.default_rng(5).normal(size=5000)
        data = Dataset(
            name="many",
            x=x,
            y=x,
            train_indices=np.arange(n_validation, 5000),
            validation_indices=np.arange(n_validation),
            start=[0.0, 0.0],
            learning_rate=0.1,
            n_steps=1,
        )
        train, validation = data.sample(200)
        assert abs(train.size + validation.size - 200) <= 2
        assert train.size == pytest.approx(200 * (1 - n_validation / 5000), abs=2)
        drawn = data.x_train[train]
        assert {drawn.min(), drawn.max()} == {data.x_train.min(), data.x_train.max()}
        assert (np.diff(train) > 0).all()
        # its deciles are those of all
        parts = np.linspace(0, 1, 11)[1:-1]
        np.testing.assert_allclose(np.quantile(drawn, parts), np.quantile(data.x_train, parts), atol=0.05)


class TestDigest:
    def test_is_the_same_for_the_same_record(self):
        assert tiny().digest() == tiny().digest()
        assert len(tiny().digest()) == 64

    def test_is_fixed(self):
        """Caches live longer than a process: a changed digest makes everything again."""
        assert preset("one-weight").digest() == (
            "3e898fbae84ecbed956e4aa7dde122f243d8917cf0273a2e6888813fa9ccbf73"
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "other"},
            {"x": [0.0, np.nextafter(1.0, 2.0), 2.0]},
            {"y": [1.0, 2.0, np.nextafter(4.0, 5.0)]},
            {"train_indices": [0, 2]},
            {"validation_indices": []},
            {"x_name": "height"},
            {"y_name": "weight"},
            {"x_unit": "cm"},
            {"y_unit": "kg"},
            {"frame": TeachingFrame(y_origin=1.0)},
            {"source": "0" * 64},
            {"x_column": "a"},
            {"y_column": "b"},
            {"n_dropped": 1},
            {"start": [0.0, 1e-300]},
            {"learning_rate": 0.2},
            {"learning_rates": (0.2,)},
            {"n_steps": 11},
            {"fit_bias": False, "start": [0.0]},
            {"reduction": "sum"},
            {"dtype": "float32"},
        ],
    )
    def test_changes_with_every_field(self, change):
        assert tiny(**change).digest() != tiny().digest()

    def test_test_above_misses_no_field(self):
        assert {field.name for field in dataclasses.fields(Dataset)} == {
            *("name", "x", "y", "train_indices", "validation_indices", "x_name", "y_name", "start"),
            *(
                "x_unit",
                "y_unit",
                "x_column",
                "y_column",
                "n_dropped",
                "frame",
                "source",
                "learning_rate",
                "learning_rates",
                "n_steps",
                "fit_bias",
                "reduction",
                "dtype",
            ),
        }
