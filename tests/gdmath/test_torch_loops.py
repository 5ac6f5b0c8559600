import numpy as np
import pytest
import torch
from torch import nn

from gdmath import (
    OPTIMIZERS,
    LeastSquares,
    Outcome,
    curved_dataset,
    descend,
    load_trajectory,
    network_predictions,
    preset,
)
from gdmath.torch_loops import (
    autograd_loop,
    descend_with,
    hand_loop,
    linear_loop,
    network_loop,
    optimizer_loop,
    sgd_loop,
)

LOOPS = pytest.mark.parametrize("loop", [hand_loop, autograd_loop, sgd_loop, linear_loop])

WALKS = {
    "sgd": lambda m, v, g, k: g,
    "momentum": lambda m, v, g, k: m,
    "nesterov": lambda m, v, g, k: g + 0.9 * m,
    "adagrad": lambda m, v, g, k: g / (np.sqrt(v) + 1e-10),
    "rmsprop": lambda m, v, g, k: g / (np.sqrt(v) + 1e-8),
    "adam": lambda m, v, g, k: m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8),
}
"""What the rate is a multiple of, by the first and second moments that `MOMENTS` leads."""
MOMENTS = {
    "sgd": (0, 0, 0, 0),
    "momentum": (0.9, 1, 0, 0),
    "nesterov": (0.9, 1, 0, 0),
    "adagrad": (0, 0, 1, 1),
    "rmsprop": (0, 0, 0.99, 0.01),
    "adam": (0.9, 0.1, 0.999, 0.001),
}


@LOOPS
class TestLoops:
    def test_rows_are_those_of_descend(self, chapter_0, loop):
        ours = descend(chapter_0.problem(), chapter_0.start, 0.1, 300)
        theirs = loop(chapter_0.problem(), chapter_0.start, 0.1, 300)
        for name in ("parameters", "losses", "gradients"):
            np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), rtol=1e-11, atol=1e-13)
        assert theirs.outcome is ours.outcome

    @pytest.mark.parametrize("fit_bias", [True, False])
    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_every_kind_of_objective(self, loop, fit_bias, reduction):
        problem = LeastSquares([1.0, 2.0, 4.0], [1.0, 0.0, 3.0], fit_bias, reduction)
        start = [0.5, -1.0][: problem.n_parameters]
        ours, theirs = descend(problem, start, 0.01, 20), loop(problem, start, 0.01, 20)
        np.testing.assert_allclose(theirs.parameters, ours.parameters, rtol=1e-12)
        np.testing.assert_allclose(theirs.losses, ours.losses, rtol=1e-12)

    def test_divergence_is_an_outcome(self, chapter_0, loop):
        run = loop(chapter_0.problem(), chapter_0.start, 1.1, 1000)
        assert run.outcome is Outcome.DIVERGED
        assert run.n_steps < 1000
        ours = descend(chapter_0.problem(), chapter_0.start, 1.1, 1000)
        assert abs(run.n_steps - ours.n_steps) <= 1

    def test_at_the_largest_stable_rate_it_oscillates(self, chapter_0, loop):
        problem = chapter_0.problem()
        run = loop(problem, chapter_0.start, problem.max_stable_learning_rate, 40)
        assert run.outcome is Outcome.OSCILLATES

    def test_float32_overflows_earlier(self, chapter_0, loop):
        short = loop(chapter_0.problem(), chapter_0.start, 1.1, 1000, dtype="float32")
        assert short.outcome is Outcome.DIVERGED
        assert short.n_steps < 100

    def test_float32_preset_runs_in_float32(self, loop):
        dataset = preset("one-weight")
        run = loop(dataset.problem(), dataset.start, 0.01, 20, dtype=dataset.dtype)
        assert np.array_equal(run.parameters, run.parameters.astype(np.float32))
        assert np.array_equal(run.losses, run.losses.astype(np.float32))
        in_float64 = loop(dataset.problem(), dataset.start, 0.01, 20)
        assert not np.array_equal(run.losses, in_float64.losses)

    def test_neither_reads_nor_moves_the_global_stream(self, chapter_0, loop):
        before = torch.random.get_rng_state()
        loop(chapter_0.problem(), chapter_0.start, 0.1, 3)
        assert torch.equal(before, torch.random.get_rng_state())

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"start": [0.0]}, "start: got 1 values"),
            ({"learning_rate": -1.0}, "learning_rate: got -1.0"),
            ({"n_steps": 0}, "n_steps: got 0"),
            ({"dtype": "float16"}, "dtype: got 'float16'"),
            ({"start": [1e200, 0.0]}, r"start: got \[1e\+200, 0.0\], whose loss is beyond"),
        ],
    )
    def test_bad_arguments_are_refused(self, chapter_0, loop, change, message):
        arguments = {"start": chapter_0.start, "learning_rate": 0.1, "n_steps": 5} | change
        with pytest.raises(ValueError, match=message):
            loop(chapter_0.problem(), **arguments)

    def test_can_be_saved(self, chapter_0, loop, tmp_path):
        run = loop(chapter_0.problem(), chapter_0.start, 0.1, 5)
        run.save(tmp_path / "run")
        assert load_trajectory(tmp_path / "run").method == run.method


def test_methods_say_who_walked(chapter_0):
    problem, start = chapter_0.problem(), chapter_0.start
    loops = (hand_loop, autograd_loop, sgd_loop, linear_loop)
    assert [loop(problem, start, 0.1, 1).method for loop in loops] == [
        "gradient descent, by hand",
        "gradient descent, autograd",
        "gradient descent, torch.optim.SGD",
        "gradient descent, nn.Linear",
    ]


class TestDescendWith:
    @pytest.mark.parametrize(
        ("optimizer", "n_steps", "options"),
        [
            (torch.optim.Adam, 300, {"lr": 0.05}),
            (torch.optim.AdamW, 300, {"lr": 0.05, "weight_decay": 0.0}),
            (torch.optim.SGD, 150, {"lr": 0.1, "momentum": 0.9}),
            (torch.optim.SGD, 150, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
            (torch.optim.RMSprop, 1500, {"lr": 0.002}),
            (torch.optim.Adagrad, 200, {"lr": 0.5}),
            (torch.optim.Rprop, 100, {"lr": 0.01}),
            (torch.optim.LBFGS, 20, {"lr": 1.0}),
        ],
    )
    def test_comes_down_to_the_minimum(self, chapter_0, optimizer, n_steps, options):
        problem = chapter_0.problem()
        run = descend_with(problem, chapter_0.start, optimizer, n_steps, **options)
        assert run.losses[-1] < 1.01 * problem.minimum
        assert run.learning_rate == options["lr"]
        assert "descent" not in run.method

    def test_rows_hold_loss_and_gradient_at_the_parameters(self, chapter_0):
        problem = chapter_0.problem()
        run = descend_with(problem, chapter_0.start, torch.optim.Adam, 50, lr=0.1)
        assert np.array_equal(run.parameters[0], chapter_0.start)
        np.testing.assert_allclose(run.losses, problem.loss(run.parameters), rtol=1e-13)
        np.testing.assert_allclose(run.gradients, problem.gradient(run.parameters), rtol=1e-9, atol=1e-13)

    def test_momentum_is_the_heavy_ball(self, chapter_0):
        """v <- 0.9 v + g, p <- p - rate v."""
        problem = chapter_0.problem()
        run = descend_with(problem, chapter_0.start, torch.optim.SGD, 40, lr=0.1, momentum=0.9)
        p, velocity = chapter_0.start, np.zeros(2)
        for row in run.parameters:
            np.testing.assert_allclose(row, p, rtol=1e-11, atol=1e-13)
            velocity = 0.9 * velocity + problem.gradient(p)
            p = p - 0.1 * velocity

    def test_plain_sgd_is_the_loop(self, chapter_0):
        problem = chapter_0.problem()
        plain = descend_with(problem, chapter_0.start, torch.optim.SGD, 40, lr=0.1)
        assert np.array_equal(plain.parameters, sgd_loop(problem, chapter_0.start, 0.1, 40).parameters)

    def test_the_method_names_the_optimiser(self, chapter_0):
        problem, start = chapter_0.problem(), chapter_0.start
        assert descend_with(problem, start, torch.optim.Adam, 1, lr=0.1).method == "Adam"
        heavy = descend_with(problem, start, torch.optim.SGD, 1, lr=0.1, nesterov=True, momentum=0.9)
        assert heavy.method == "SGD(momentum=0.9, nesterov=True)"

    def test_takes_a_function(self, chapter_0):
        def made(parameters):
            return torch.optim.Adam(parameters, lr=0.25)

        run = descend_with(chapter_0.problem(), chapter_0.start, made, 2)
        assert (run.method, run.learning_rate) == ("Adam", 0.25)

    def test_its_rate_is_that_of_the_first_parameter(self, chapter_0):
        def made(parameters):
            groups = [
                {"params": each, "lr": rate} for each, rate in zip(parameters, (0.2, 0.05), strict=True)
            ]
            return torch.optim.SGD(groups)

        problem = chapter_0.problem()
        run = descend_with(problem, chapter_0.start, made, 1)
        assert run.learning_rate == 0.2
        stepped = chapter_0.start - [0.2, 0.05] * problem.gradient(chapter_0.start)
        np.testing.assert_allclose(run.parameters[1], stepped, rtol=1e-12)

    def test_no_rate_of_descent_judges_it(self, chapter_0):
        problem = chapter_0.problem()
        limit = problem.max_stable_learning_rate
        run = descend_with(problem, chapter_0.start, torch.optim.Adam, 20, lr=limit)
        assert run.outcome is Outcome.OUT_OF_STEPS

    def test_divergence_is_an_outcome_after_which_no_step_is_made(self, chapter_0):
        made = []

        class Counted(torch.optim.SGD):
            def step(self, closure=None):
                made.append(1)
                return super().step(closure)

        run = descend_with(chapter_0.problem(), chapter_0.start, Counted, 5000, lr=3.0, momentum=0.5)
        assert run.outcome is Outcome.DIVERGED
        assert np.isfinite(run.losses).all()
        assert len(made) == len(run.losses)

    def test_a_rate_of_zero_is_refused(self, chapter_0):
        with pytest.raises(ValueError, match=r"learning_rate: got 0\.0"):
            descend_with(chapter_0.problem(), chapter_0.start, torch.optim.Adam, 5, lr=0.0)


class TestOptimizerLoop:
    @pytest.mark.parametrize("name", [*WALKS, "adamw"])
    def test_its_rows_are_those_of_the_formula(self, chapter_0, name):
        problem, rate = chapter_0.problem(), 0.05
        run = optimizer_loop(problem, chapter_0.start, rate, 30, optimizer=name)
        kind = "adam" if name == "adamw" else name
        keep_m, add_m, keep_v, add_v = MOMENTS[kind]
        p, m, v = chapter_0.start, np.zeros(2), np.zeros(2)
        for k, row in enumerate(run.parameters, start=1):
            np.testing.assert_allclose(row, p, rtol=1e-9, atol=1e-12)
            g = problem.gradient(p)
            m, v = keep_m * m + add_m * g, keep_v * v + add_v * g**2
            decay = 1 - 0.01 * rate if name == "adamw" else 1.0
            p = decay * p - rate * WALKS[kind](m, v, g, k)

    def test_each_name_is_tried(self):
        assert set(OPTIMIZERS) == {*WALKS, "adamw"}

    def test_its_method_names_the_optimiser(self, chapter_0):
        runs = [optimizer_loop(chapter_0.problem(), chapter_0.start, 0.1, 1, optimizer=n) for n in OPTIMIZERS]
        methods = [run.method for run in runs]
        assert len(set(methods)) == len(methods)
        assert not any("descent" in method for method in methods)

    def test_another_name_is_refused(self, chapter_0):
        with pytest.raises(
            ValueError, match="optimizer: got 'Adam'; allowed sgd, momentum, nesterov, adagrad"
        ):
            optimizer_loop(chapter_0.problem(), chapter_0.start, 0.1, 1, optimizer="Adam")


class TestWithoutZeroGrad:
    def test_each_update_uses_the_sum_of_all_gradients_so_far(self, chapter_0):
        problem = chapter_0.problem()
        run = linear_loop(problem, chapter_0.start, 0.1, 5, zero_grad=False)
        p, total = np.array(chapter_0.start), np.zeros(2)
        for row, gradient in zip(run.parameters, run.gradients, strict=True):
            total = total + problem.gradient(p)
            np.testing.assert_allclose(row, p, rtol=1e-12)
            np.testing.assert_allclose(gradient, total, rtol=1e-12)
            p = p - 0.1 * total

    def test_is_not_called_gradient_descent(self, chapter_0):
        run = linear_loop(chapter_0.problem(), chapter_0.start, 0.1, 2, zero_grad=False)
        assert "descent" not in run.method


class TestNetworkLoop:
    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_is_the_textbook_loop(self, reduction):
        """Written out with nothing of ours; the same rows, losses and gradients."""
        dataset = curved_dataset(reduction)
        x, y = (torch.tensor(values)[:, None] for values in (dataset.x_train, dataset.y_train))
        torch.manual_seed(3)
        model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1)).double()
        loss_function = nn.MSELoss(reduction=reduction)
        optimizer = torch.optim.SGD(model.parameters(), lr=dataset.learning_rate)
        run = network_loop(dataset.problem(), dataset.learning_rate, 30, seed=3)
        for row in range(31):
            np.testing.assert_array_equal(
                run.parameters[row], nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
            )
            prediction = model(x)
            loss = loss_function(prediction, y)
            loss.backward()
            ours = network_predictions(run.parameters[row], dataset.x_train)
            np.testing.assert_allclose(ours, prediction.detach().numpy()[:, 0], rtol=1e-12, atol=1e-14)
            assert run.losses[row] == loss.item()
            gradients = torch.cat([each.grad.flatten() for each in model.parameters()])
            np.testing.assert_array_equal(run.gradients[row], gradients.numpy())
            optimizer.step()
            optimizer.zero_grad()

    def test_neither_reads_nor_moves_the_global_stream(self):
        dataset = curved_dataset()
        before = torch.random.get_rng_state()
        first = network_loop(dataset.problem(), 0.1, 3)
        assert torch.equal(before, torch.random.get_rng_state())
        torch.manual_seed(99)
        assert np.array_equal(network_loop(dataset.problem(), 0.1, 3).losses, first.losses)

    def test_has_sixteen_units_and_the_seed_0_unless_told_and_is_judged_by_no_rate(self):
        problem = curved_dataset().problem()
        limit = problem.max_stable_learning_rate
        run = network_loop(problem, limit, 3)
        assert np.array_equal(run.parameters, network_loop(problem, limit, 3, width=16, seed=0).parameters)
        assert (run.method, run.outcome) == ("network of 16, SGD on all", Outcome.OUT_OF_STEPS)

    def test_fits_what_no_line_fits(self):
        dataset = curved_dataset()
        run = network_loop(dataset.problem(), dataset.learning_rate, dataset.n_steps)
        assert run.losses[-1] < 0.03 * dataset.problem().minimum

    def test_ends_where_it_diverges(self):
        run = network_loop(curved_dataset().problem(), 1e6, 300)
        assert run.outcome is Outcome.DIVERGED
        assert run.n_steps < 300
        assert np.isfinite(run.losses).all()

    def test_can_be_saved(self, tmp_path):
        run = network_loop(curved_dataset().problem(), 0.1, 5)
        run.save(tmp_path / "run")
        assert np.array_equal(load_trajectory(tmp_path / "run").parameters, run.parameters)


def test_a_network_has_three_parameters_a_unit_and_one():
    with pytest.raises(ValueError, match="parameters: got 48; allowed 3 width"):
        network_predictions(np.zeros(48), [0.0])
