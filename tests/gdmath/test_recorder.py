"""`gdmath.record`: rows are those of the loop, the loop is as an unrecorded one, the grid is the loss."""

import random
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.optimizer import _global_optimizer_post_hooks

from gdmath import PlaneKind, load_recording, record
from gdmath.torch_recorder import _Objective

X = torch.linspace(-1.0, 1.0, 40, dtype=torch.float64)[:, None]
Y = torch.sin(3.0 * X)
EPSILON = 2.3e-16


@pytest.fixture(autouse=True)
def nothing_stays_behind():
    yield
    assert not _global_optimizer_post_hooks


def network(seed=1, dtype=torch.float64):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 1)).to(dtype)


def loss_of(model, x=X, y=Y):
    return lambda: ((model(x) - y) ** 2).mean()


def train(model, optimizer, steps=12, x=X, y=Y):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(model, x, y)().backward()
        optimizer.step()


def row_of(model):
    return torch.cat([each.detach().reshape(-1) for each in model.parameters()]).numpy().copy()


def recorded(model, loop, plane=None, **options):
    with record(model, loss_of(model), plane=plane, **options) as recording:
        loop(model)
    return recording.run


def by(kind, **options):
    return lambda model: train(model, kind(model.parameters(), **options))


def error_of_plain_updates(run):
    step = run.learning_rates[:, None] * run.gradients
    return np.abs(run.parameters[1:] - (run.parameters[:-1] - step)).max()


def closures(model, kind=torch.optim.SGD, steps=12, **options):
    optimizer, calls = kind(model.parameters(), **options), []

    def closure():
        calls.append(1)
        optimizer.zero_grad()
        loss = loss_of(model)()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return len(calls)


def accumulating(model, of=3):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in range(4 * of):
        (loss_of(model, X[batch::12], Y[batch::12])() / of).backward()
        if (batch + 1) % of == 0:
            optimizer.step()
            optimizer.zero_grad()


def zeroing_after(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(12):
        loss_of(model)().backward()
        optimizer.step()
        optimizer.zero_grad()


def scheduled(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)
    for _ in range(12):
        train(model, optimizer, 1)
        scheduler.step()


def scaled(model):
    optimizer, scaler = torch.optim.SGD(model.parameters(), lr=0.1), torch.amp.GradScaler("cpu")
    for _ in range(12):
        optimizer.zero_grad()
        scaler.scale(loss_of(model)()).backward()
        scaler.step(optimizer)
        scaler.update()


PLAIN = {
    "SGD": (by(torch.optim.SGD, lr=0.1), 12),
    "closure": (partial(closures, lr=0.1), 12),
    "accumulation": (accumulating, 4),
    "zero_grad after the step": (zeroing_after, 12),
    "scheduler": (scheduled, 12),
    "GradScaler": (scaled, 12),
}


class TestRows:
    @pytest.mark.parametrize("name", PLAIN)
    def test_a_plain_update_is_what_was_recorded(self, name, gates):
        loop, n_steps = PLAIN[name]
        run = recorded(network(), loop)
        assert run.parameters.shape == (n_steps + 1, 16)
        assert run.parameters.dtype == np.float64
        assert run.steps.tolist() == list(range(n_steps + 1))
        assert (run.partial, run.method) == ("", "SGD")
        assert run.optimizers[0].is_plain
        gates.check(f"p' = p - rate g, {name}", error_of_plain_updates(run), EPSILON, n_steps)

    OTHERS = pytest.mark.parametrize(
        ("loop", "method"),
        [
            (by(torch.optim.SGD, lr=0.1, momentum=0.9), "SGD(momentum=0.9)"),
            (by(torch.optim.SGD, lr=0.1, weight_decay=0.01), "SGD(weight_decay=0.01)"),
            (by(torch.optim.Adam, lr=0.01), "Adam"),
            (by(torch.optim.Adam, lr=torch.tensor(0.01), fused=True), "Adam"),
            (by(torch.optim.AdamW, lr=0.01, betas=(0.8, 0.9)), "AdamW(betas=(0.8, 0.9))"),
            (partial(closures, kind=torch.optim.LBFGS, lr=0.1, max_iter=5), "LBFGS(max_eval=6, max_iter=5)"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )

    @OTHERS
    def test_rows_are_those_of_a_second_run(self, loop, method):
        run, again = recorded(network(), loop), recorded(network(), loop)
        for name in ("parameters", "gradients", "losses", "learning_rates"):
            assert np.array_equal(getattr(run, name), getattr(again, name))

    @OTHERS
    def test_the_loop_is_that_of_an_unrecorded_run(self, loop, method):
        plain, model = network(), network()
        loop(plain)
        run = recorded(model, loop)
        assert np.array_equal(row_of(plain), row_of(model))
        assert np.array_equal(run.parameters[-1], row_of(model))

    @OTHERS
    def test_what_is_no_plain_update_is_not_called_one(self, loop, method):
        run = recorded(network(), loop)
        assert run.method == method
        assert not run.optimizers[0].is_plain
        assert error_of_plain_updates(run) > 1e-6
        assert run.optimizers[0].evaluates_often == ("LBFGS" in method)

    def test_a_step_of_lbfgs_is_one_row_of_many_evaluations(self):
        calls = []
        run = recorded(
            network(), lambda m: calls.append(closures(m, torch.optim.LBFGS, steps=4, lr=0.1, max_iter=5))
        )
        assert len(run.losses) == 5
        assert calls[0] > 10

    def test_row_zero_is_the_model_on_entry_and_rows_are_copies(self):
        model = network()
        before = row_of(model)
        run = recorded(model, by(torch.optim.SGD, lr=0.1))
        with torch.no_grad():
            for each in model.parameters():
                each.zero_()
        assert np.array_equal(run.parameters[0], before)
        assert run.parameters.any(axis=1).all()

    def test_losses_are_those_of_their_rows(self, gates):
        model = network()
        run = recorded(model, by(torch.optim.Adam, lr=0.05))
        for row, loss in zip(run.parameters, run.losses, strict=True):
            nn.utils.vector_to_parameters(torch.tensor(row), model.parameters())
            gates.check("loss of a recorded row", abs(loss_of(model)().item() - loss), 0.0, 1)

    def test_loss_is_evaluated_in_eval_mode_without_moving_what_is_random(self):
        def with_dropout():
            model = network()
            model.insert(2, nn.Dropout(0.5))
            model[1].eval()  # a mode that one module keeps
            return model

        def loop(model):
            assert [each.training for each in model] == [True, False, True, True]
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 5)

        def loss():
            order = torch.randperm(40)  # draws, as a shuffling loader does
            random.random(), np.random.random()  # noqa: NPY002
            assert not torch.is_grad_enabled()
            return ((model(X[order]) - Y[order]) ** 2).mean()

        plain, model = with_dropout(), with_dropout()
        torch.manual_seed(7), random.seed(7), np.random.seed(7)  # noqa: NPY002
        loop(plain)
        drawn = (torch.rand(1).item(), random.random(), np.random.random())  # noqa: NPY002
        torch.manual_seed(7), random.seed(7), np.random.seed(7)  # noqa: NPY002
        with record(model, loss, grid=3) as recording:
            loop(model)
        assert np.array_equal(row_of(plain), row_of(model))
        assert (torch.rand(1).item(), random.random(), np.random.random()) == drawn  # noqa: NPY002
        model.eval()
        assert recording.run.losses[-1] == pytest.approx(loss_of(model)().item(), rel=1e-14)
        assert recording.run.surfaces

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
    def test_parameters_keep_their_type(self, dtype):
        model = network(dtype=dtype)
        with record(model, loss_of(model, X.to(dtype), Y.to(dtype)), plane=None) as recording:
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 3, X.to(dtype), Y.to(dtype))
        run = recording.run
        assert (
            run.parameters.dtype == run.gradients.dtype == (np.float64 if dtype.itemsize == 8 else np.float32)
        )
        back = torch.tensor(run.parameters[-1]).to(dtype)
        assert torch.equal(back, torch.cat([each.detach().reshape(-1) for each in model.parameters()]))

    def test_frozen_parameters_are_left_out_and_shared_ones_stand_once(self):
        model = nn.Sequential(nn.Linear(1, 3), nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1)).double()
        model[2].weight = model[1].weight
        model[0].bias.requires_grad_(False)
        run = recorded(model, by(torch.optim.SGD, lr=0.05), plane="path", grid=3)
        assert list(run.shapes) == [
            "0.weight", "1.weight", "1.bias", "2.bias", "3.weight", "3.bias",
        ]  # fmt: skip
        assert run.parameters.shape == (13, 3 + 9 + 3 + 3 + 3 + 1)
        assert error_of_plain_updates(run) <= EPSILON
        again = model[1].weight.detach().clone()
        model[1].weight.data.copy_(torch.tensor(run.parameters[0, 3:12].reshape(3, 3)))
        assert not torch.equal(again, model[2].weight)

    def test_several_optimisers_step_in_turn_and_each_has_its_own_gradient(self):
        def loop(model):
            first = torch.optim.SGD(model[0].parameters(), lr=0.1)
            second = torch.optim.SGD(model[2].parameters(), lr=0.01, momentum=0.0)
            elsewhere = torch.optim.SGD(network().parameters(), lr=0.1)
            for _ in range(3):
                model.zero_grad()
                loss_of(model)().backward()
                first.step()
                elsewhere.step()
                second.step()

        run = recorded(network(), loop)
        assert run.stepped_by.tolist() == [0, 1] * 3
        assert run.learning_rates.tolist() == [0.1, 0.01] * 3
        assert len(run.optimizers) == 2
        assert not run.gradients[0, 10:].any()
        assert not run.gradients[1, :10].any()
        assert error_of_plain_updates(run) <= EPSILON

    def test_settings_are_those_of_each_group(self):
        def loop(model):
            groups = [{"params": model[0].parameters(), "lr": 0.3}, {"params": model[2].parameters()}]
            train(model, torch.optim.SGD(groups, lr=0.1, momentum=0.5), 2)

        run = recorded(network(), loop)
        (facts,) = run.optimizers
        assert run.learning_rates.tolist() == [0.3, 0.3]
        assert [group["lr"] for group in facts.groups] == [0.3, 0.1]
        assert [group["momentum"] for group in facts.groups] == [0.5, 0.5]

    def test_of_an_optimiser_s_name_two_hundred_letters_are_kept(self):
        kind = type("A" * 300, (torch.optim.SGD,), {})
        assert recorded(network(), by(kind, lr=0.1)).method == "A" * 200

    def test_settings_that_are_no_plain_values_are_told_in_words(self):
        def loop(model):
            group = {"params": model.parameters(), "note": {"long": "x" * 100}, "pair": (1, None)}
            train(model, torch.optim.Adam([group], lr=torch.tensor(0.25)), 2)

        ((facts,), rates) = (run := recorded(network(), loop)).optimizers, run.learning_rates
        (group,) = facts.groups
        assert (group["lr"], group["pair"], rates.tolist()) == (0.25, [1, None], [0.25, 0.25])
        assert group["note"] == str({"long": "x" * 100})[:80]

    @pytest.mark.parametrize("fused", [False, True])
    def test_a_step_that_a_scaler_skips_is_none(self, fused):
        def loop(model):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=fused)
            scaler = torch.amp.GradScaler("cpu")
            for step in range(6):
                optimizer.zero_grad()
                loss = loss_of(model)()
                scaler.scale(loss * torch.inf if step in (0, 3) else loss).backward()
                scaler.step(optimizer)
                scaler.update()

        run = recorded(network(), loop)
        assert run.steps.tolist() == [0, 1, 2, 3, 4]
        assert error_of_plain_updates(run) <= EPSILON

    def test_sparse_gradients_are_gradients(self):
        model = nn.Sequential(nn.Embedding(5, 2, sparse=True), nn.Flatten(), nn.Linear(2, 1)).double()
        rows = torch.tensor([0, 3, 3])
        with record(model, lambda: (model(rows) ** 2).mean(), grid=3) as recording:
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 4, rows, torch.zeros(3, 1))
        assert error_of_plain_updates(recording.run) <= EPSILON


class TestStrideAndCap:
    def test_a_stride_takes_every_kth_row_of_the_same_run_and_the_last(self):
        full = recorded(network(), by(torch.optim.Adam, lr=0.05))
        run = recorded(network(), by(torch.optim.Adam, lr=0.05), every=5)
        assert run.steps.tolist() == [0, 5, 10, 12]
        assert np.array_equal(run.parameters, full.parameters[run.steps])
        assert np.array_equal(run.losses, full.losses[run.steps])
        assert np.array_equal(run.gradients, full.gradients[run.steps[:-1]])
        assert run.every == 5

    @pytest.mark.parametrize("n_steps", range(1, 40, 3))
    def test_when_full_every_second_row_goes(self, n_steps):
        row_bytes = 2 * 16 * 8

        def loop(model):
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), n_steps)

        run = recorded(network(), loop, max_bytes=6 * row_bytes)
        full = recorded(network(), loop)
        assert run.steps[0] == 0
        assert run.steps[-1] == n_steps
        assert len(run.steps) <= 6
        assert (np.diff(run.steps)[:-1] == run.every).all()
        assert np.array_equal(run.parameters, full.parameters[run.steps])
        assert np.array_equal(run.gradients, full.gradients[run.steps[:-1]])
        assert run.partial == ""

    def test_a_model_of_which_four_rows_are_too_much_is_refused(self):
        with pytest.raises(ValueError, match=r"max_bytes: got 1000; allowed 1024 or more .*16 parameters"):
            recorded(network(), by(torch.optim.SGD, lr=0.1), max_bytes=1000)


class TestPartial:
    def test_an_exception_goes_through_and_what_was_recorded_is_kept(self, tmp_path):
        model, kept = network(), []

        def fail():
            with record(model, loss_of(model), every=5, grid=3, path=tmp_path / "run") as recording:
                kept.append(recording)
                train(model, torch.optim.SGD(model.parameters(), lr=0.1), 12)
                raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            fail()
        full = recorded(network(), by(torch.optim.SGD, lr=0.1))
        for run in (kept[0].run, load_recording(tmp_path / "run")):
            assert run.partial == "stopped after step 12 by KeyError"
            assert np.array_equal(run.parameters, full.parameters[[0, 5, 10]])
            assert run.gradients.shape == (2, 16)
            assert run.surfaces

    def test_an_interrupt_is_an_exception_like_others(self):
        model = network()
        with pytest.raises(KeyboardInterrupt), record(model, loss_of(model), plane=None) as recording:
            raise KeyboardInterrupt
        assert recording.run.partial == "stopped after step 0 by KeyboardInterrupt"
        assert recording.run.parameters.shape == (1, 16)

    def test_what_cannot_be_saved_does_not_hide_the_exception(self, tmp_path):
        model, folder = network(), tmp_path / "gone"
        folder.mkdir()

        def fail():
            with record(model, loss_of(model), plane=None, path=folder / "run"):
                folder.rmdir()
                raise KeyError

        with pytest.warns(RuntimeWarning, match="No such file"), pytest.raises(KeyError):
            fail()

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda m: m[0].bias.data.fill_(torch.nan), "step 5: the parameter '0.bias' is nan"),
            (lambda m: m[2].weight.data.fill_(1e200), "step 5: the loss is inf"),
            (lambda m: m[0].weight.grad.fill_(-torch.inf), "step 5: the gradient of '0.weight' is -inf"),
        ],
        ids=["parameter", "loss", "gradient"],
    )
    def test_what_is_not_finite_is_named_by_its_step_and_the_finite_rows_are_kept(self, spoil, reason):
        def loop(model):
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 4)
            loss_of(model)().backward()
            spoil(model)
            torch.optim.SGD(model.parameters(), lr=1e-300).step()
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 3)

        with pytest.warns(RuntimeWarning, match=f"{reason}; recording ended at step 4"):
            run = recorded(network(), loop)
        assert run.partial == reason
        assert run.steps.tolist() == [0, 1, 2, 3, 4]

    def test_divergence_keeps_the_finite_rows_and_its_plane_shows_the_start(self):
        model = nn.Linear(1, 1).double()
        with pytest.warns(RuntimeWarning, match=r"step \d+: the (loss|gradient of 'weight') is (inf|nan)"):
            run = recorded(model, lambda m: train(m, torch.optim.SGD(m.parameters(), lr=5.0), 2000), "path")
        assert run.losses[-1] > 1e250
        assert run.surface().grid.losses.max() < 100 * run.losses[0]
        assert np.array_equal(run.surface().row_losses, run.losses)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (
                lambda m: setattr(m[0].bias, "data", torch.zeros(1).double()),
                r"'0.bias' changed its shape from \(5,\)",
            ),
            (lambda m: m.float(), "'0.weight' changed its type from torch.float64 to torch.float32"),
            (lambda m: m.__setitem__(2, nn.Linear(5, 1).double()), "the parameter '2.weight' was replaced"),
            (
                lambda m: m.append(nn.Identity(1)).append(nn.Linear(1, 1)),
                "the parameter '4.weight' was replaced",
            ),
        ],
        ids=["shape", "type", "replaced", "added"],
    )
    def test_another_model_than_on_entry_ends_the_recording(self, change, reason):
        def loop(model):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            train(model, optimizer, 2)
            change(model)
            optimizer.zero_grad()
            optimizer.step()

        with pytest.warns(RuntimeWarning, match=f"step 3: {reason}"):
            run = recorded(network(), loop)
        assert len(run.losses) == 3

    @pytest.mark.parametrize(("after", "seen_at"), [(0, 1), (2, 5), (5, 6)])
    def test_of_every_fifth_row_the_model_is_looked_at_where_an_update_is_taken_and_a_row(
        self, after, seen_at
    ):
        def loop(model):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            train(model, optimizer, after)
            model[2] = nn.Linear(5, 1).double()
            for _ in range(10):
                optimizer.step()

        with pytest.warns(RuntimeWarning, match=f"step {seen_at}: the parameter '2.weight' was replaced"):
            run = recorded(network(), loop, every=5)
        assert run.steps.tolist() == [0, 5][: 1 + (after == 5)]

    def test_a_parameter_that_thaws_ends_the_recording(self):
        model = network()
        model[0].bias.requires_grad_(False)

        def loop(model):
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 2)
            model.requires_grad_(True)
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 2)

        with pytest.warns(RuntimeWarning, match="step 3: '0.bias' was frozen at the start and is no longer"):
            recorded(model, loop)

    def test_a_block_without_a_step_says_so(self):
        with pytest.warns(RuntimeWarning, match="step 0: no optimiser of torch moved a parameter"):
            run = recorded(network(), lambda model: None)
        assert run.partial == "step 0: no optimiser of torch moved a parameter of the model"
        assert (run.method, len(run.losses)) == ("no optimiser", 1)

    def test_a_run_is_read_after_its_block(self):
        model = network()
        with record(model, loss_of(model), plane=None) as recording:
            with pytest.raises(RuntimeError, match="recording: got a block that is not over"):
                recording.save("nowhere")
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 1)
        assert len(recording.run.losses) == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"every": 0}, "every: got 0; allowed a whole number from 1"),
            ({"every": 2.0}, "every: got 2.0"),
            (
                {"every": 2**53 + 1},
                "every: got 9007199254740993; allowed a whole number from 1 to 90071992547409",
            ),
            ({"grid": 1}, "grid: got 1; allowed a whole number from 2 to 501"),
            ({"chunk_size": 0}, "chunk_size: got 0"),
            (
                {"max_bytes": 10**12},
                "max_bytes: got 1000000000000; allowed a whole number from 1 to 2147483648",
            ),
            ({"plane": "paths"}, "plane: got 'paths'; allowed 'path', 'random', two parameters or None"),
            ({"plane": ("0.bias", "2.bias")}, "plane: got parameter '0.bias'; allowed one number of it"),
            ({"plane": (0, 0)}, r"plane: got \(0, 0\); allowed two different"),
            ({"path": "nowhere/run"}, "path: got 'nowhere/run'; allowed a file in a folder that there is"),
        ],
    )
    def test_a_bad_option_is_refused_on_entry(self, options, message):
        with pytest.raises(ValueError, match=message):
            recorded(network(), lambda model: pytest.fail("the loop was begun"), **options)

    @pytest.mark.parametrize(
        ("model", "message"),
        [
            (nn.Linear(1, 1).requires_grad_(False), "model: got no parameter that can move"),
            (nn.LazyLinear(1), "model: got 'weight' without a shape; allowed initialised ones; fix: call"),
            (nn.Linear(1, 1, device="meta"), "model: got 'weight', a Tensor of torch.float32 on meta"),
            (nn.Linear(1, 1, dtype=torch.complex64), "model: got 'weight', a Tensor of torch.complex64"),
            (torch.nn.functional.linear, "model: got builtin_function_or_method; allowed a torch.nn.Module"),
        ],
    )
    def test_a_model_that_cannot_be_recorded_is_refused_by_name(self, model, message):
        with pytest.raises(ValueError, match=message), record(model, lambda: 0.0):
            pytest.fail("the loop was begun")

    @pytest.mark.parametrize(
        ("loss", "message"),
        [
            (lambda: torch.zeros(40, 1), r"loss: got values of shape \(40, 1\); allowed one number"),
            (lambda: torch.rand(()), r"loss: got 0\.\d+ and 0\.\d+ at the same parameters; allowed"),
            (random.random, "at the same parameters"),
            (
                lambda: torch.tensor(torch.nan),
                "model: got one that cannot be recorded: the loss is nan",
            ),
        ],
        ids=["a column", "random", "Python's random", "nan"],
    )
    def test_a_loss_that_is_none_of_the_parameters_is_refused(self, loss, message):
        with pytest.raises(ValueError, match=message), record(network(), loss):
            pytest.fail("the loop was begun")

    def test_batch_normalisation_is_recorded_but_has_no_plane(self):
        model = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
        with pytest.raises(
            ValueError, match="plane: got BatchNorm1d '1', whose running statistics belong to"
        ):
            recorded(model, lambda model: pytest.fail("the loop was begun"), "path")
        run = recorded(model, by(torch.optim.SGD, lr=0.1))
        assert run.losses[-1] == pytest.approx(loss_of(model.eval())().item())
        assert len(set(run.losses)) == 13

    def test_batch_normalisation_without_running_statistics_has_one(self):
        layers = nn.Linear(1, 4), nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 1)
        run = recorded(nn.Sequential(*layers).double(), by(torch.optim.SGD, lr=0.1), "path", grid=3)
        assert run.surfaces


def grid_one_by_one(model, run):
    """The stored nodes, each by a model of its own parameters and a plain call."""
    seen = run.surface()
    for i, y in enumerate(seen.grid.w):
        for j, x in enumerate(seen.grid.b):
            nn.utils.vector_to_parameters(torch.tensor(seen.plane.point([x, y])), model.parameters())
            yield (i, j), loss_of(model)().item()


class Unmapped(nn.Module):
    """A model that vmap refuses: it asks a tensor for its number."""

    def __init__(self):
        super().__init__()
        self.inside = network()

    def forward(self, x):
        return self.inside(x) if self.inside[0].weight.sum().item() < 1e9 else x


class TestSurface:
    @pytest.mark.parametrize(
        ("plane", "kind"),
        [
            ("path", PlaneKind.PATH),
            ("random", PlaneKind.RANDOM),
            ((1, 15), PlaneKind.PARAMETERS),
        ],
    )
    @pytest.mark.parametrize("make", [network, Unmapped], ids=["vmap", "one by one"])
    def test_the_grid_is_a_loop_of_single_evaluations(self, plane, kind, make, gates):
        model = make()
        run = recorded(model, by(torch.optim.Adam, lr=0.05), plane, grid=5)
        end = row_of(model)
        assert np.array_equal(end, run.parameters[-1])
        assert run.surface().plane.kind is kind
        worst = max(abs(run.surface().grid.losses[at] - loss) for at, loss in grid_one_by_one(model, run))
        gates.check("grid of a plane beside a loop", worst, 1e-12, 25)

    @pytest.mark.parametrize("plane", ["path", "random", (0, 15)])
    def test_row_losses_are_those_of_the_projections(self, plane):
        model = network()
        run = recorded(model, by(torch.optim.Adam, lr=0.05), plane, grid=3)
        seen = run.surface().plane
        for k in (0, 3, 7, -1):
            projection = seen.point(seen.coordinates(run.parameters[[k]])[0])
            nn.utils.vector_to_parameters(torch.tensor(projection), model.parameters())
            assert run.surface().row_losses[k] == pytest.approx(loss_of(model)().item(), rel=1e-12)
        assert run.surface().row_losses[-1] == pytest.approx(run.losses[-1], rel=1e-12)
        assert np.abs(run.surface().row_losses - run.losses).max() > 1e-6

    def test_of_two_parameters_the_plane_is_these_and_its_gap_is_nothing(self):
        run = recorded(nn.Linear(1, 1).double(), by(torch.optim.Adam, lr=0.05), "path", grid=5)
        seen = run.surface()
        assert seen.plane.axes == ("weight", "bias")
        assert np.array_equal(seen.plane.coordinates(run.parameters), run.parameters)
        assert np.array_equal(seen.row_losses, run.losses)
        x, y = X.numpy(), Y.numpy()
        for (i, w), (j, b) in [
            ((i, w), (j, b)) for j, b in enumerate(seen.grid.w) for i, w in enumerate(seen.grid.b)
        ]:
            assert seen.grid.losses[j, i] == pytest.approx(np.mean((w * x + b - y) ** 2), rel=1e-12)

    def test_of_two_parameters_rounding_is_no_gap(self, monkeypatch):
        exact = _Objective.at_once
        monkeypatch.setattr(_Objective, "at_once", lambda *given: exact(*given) * (1 + 1e-12))
        run = recorded(nn.Linear(1, 1).double(), by(torch.optim.Adam, lr=0.05), "path", grid=3)
        assert np.array_equal(run.surface().row_losses, run.losses)

    def test_one_parameter_has_no_plane(self):
        run = recorded(nn.Linear(1, 1, bias=False).double(), by(torch.optim.SGD, lr=0.1), ["path", "random"])
        assert run.surfaces == ()

    def test_several_planes_are_each_what_it_is_alone(self):
        choices = ["random", (1, 15), "path"]
        run = recorded(network(), by(torch.optim.Adam, lr=0.05), choices, grid=3)
        assert [seen.plane.name for seen in run.surfaces] == ["random", "0.weight[1, 0],2.bias", "path"]
        for choice, seen in zip(choices, run.surfaces, strict=True):
            alone = recorded(network(), by(torch.optim.Adam, lr=0.05), choice, grid=3).surface()
            np.testing.assert_array_equal(seen.grid.losses, alone.grid.losses)
            np.testing.assert_array_equal(seen.row_losses, alone.row_losses)

    def test_of_two_parameters_several_planes_are_one(self):
        run = recorded(
            nn.Linear(1, 1).double(), by(torch.optim.SGD, lr=0.1), ["path", "random", (1, 0)], grid=3
        )
        assert [seen.plane.name for seen in run.surfaces] == ["weight,bias", "bias,weight"]

    @pytest.mark.parametrize(
        ("plane", "reason"),
        [
            (["path", "paths"], "got 'paths'"),
            (["path", (0, 99)], "got parameter 99"),
            ([], "got 0 of them; allowed 1 to 16"),
            ([(0, i) for i in range(1, 18)], "got 17 of them; allowed 1 to 16"),
        ],
    )
    def test_a_plane_that_cannot_be_laid_is_refused_before_the_loop(self, plane, reason):
        with pytest.raises(ValueError, match=reason):
            recorded(network(), lambda *_: pytest.fail("the loop ran"), plane)

    def test_chunks_change_nothing(self):
        losses = [
            recorded(network(), by(torch.optim.SGD, lr=0.1), "path", grid=4, chunk_size=size)
            .surface()
            .grid.losses
            for size in (None, 1, 3, 1000)
        ]
        for each in losses[1:]:
            np.testing.assert_allclose(each, losses[0], rtol=1e-13)

    def test_as_many_are_evaluated_at_once_as_take_a_quarter_of_a_gib(self, monkeypatch):
        """A layer of 16 parameters gives 5 + 5 + 1 numbers a row, of 8 bytes each."""
        mapped, sizes = torch.func.vmap, []

        def vmap(function, *, chunk_size):
            sizes.append(chunk_size)
            return mapped(function, chunk_size=chunk_size)

        monkeypatch.setattr(torch.func, "vmap", vmap)
        monkeypatch.setattr(_Objective, "one_by_one", lambda *_: pytest.fail("one by one"))
        x = torch.linspace(-1.0, 1.0, 8000, dtype=torch.float64)[:, None]
        for rows, expected in ((x[:40], 1024), (x, 2**28 / (8 * 11 * 8000))):
            model = network()
            with record(model, loss_of(model, rows, rows), grid=2):
                train(model, torch.optim.SGD(model.parameters(), lr=0.1), 1, rows, rows)
            assert sizes.pop() == pytest.approx(expected, abs=1)

    @pytest.mark.parametrize(("large", "nodes"), [(2, 101), (0.2, 41), (0.19, 21)])
    def test_a_large_model_is_evaluated_one_by_one_at_fewer_nodes(self, large, nodes, monkeypatch):
        """Of two parameters, where this many are no longer few."""
        monkeypatch.setattr("gdmath.torch_recorder._LARGE", large)
        other = "one_by_one" if large == 2 else "at_once"
        monkeypatch.setattr(_Objective, other, lambda *_: pytest.fail(other))
        model = nn.Linear(1, 1).double()
        with record(model, lambda: (model(X[:1]) ** 2).sum()) as recording:
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), 1)
        assert recording.run.surface().grid.losses.shape == (nodes, nodes)

    def test_a_recurrent_network_is_not_fooled_by_what_it_holds_beside_its_parameters(self):
        class Recurrent(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell, self.last = nn.LSTM(1, 2, batch_first=True), nn.Linear(2, 1)

            def forward(self, x):
                return self.last(self.cell(x[:, :, None])[0][:, -1])

        model = Recurrent().double()
        run = recorded(model, by(torch.optim.SGD, lr=0.1), "path", grid=3)
        for at, loss in grid_one_by_one(model, run):
            assert run.surface().grid.losses[at] == pytest.approx(loss, rel=1e-12)

    @pytest.mark.parametrize("scales", [(1.0, 1.0, 2.0), (1.0, 2.0, 1.0)], ids=["all rows", "the last row"])
    def test_a_loss_that_something_else_changed_has_no_plane(self, scales):
        scale = [1.0]
        model = network()

        def loop(model):
            for scale[0], steps in zip(scales, (2, 1, 0), strict=True):
                train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps)

        with (
            pytest.warns(
                RuntimeWarning, match="loss: got another value of a recorded row when the block ended"
            ),
            record(model, lambda: scale[0] * loss_of(model)(), grid=3) as recording,
        ):
            loop(model)
        assert not recording.run.surfaces
        assert len(recording.run.losses) == 4

    def test_a_loss_that_has_no_number_in_the_window_has_no_plane(self):
        """Of a slope of 0 or less it has none; the path comes near."""
        model = nn.Linear(1, 1, dtype=torch.float64)
        nn.init.ones_(model.weight)

        def loss():
            return loss_of(model, y=0.01 * X)() + 0 * torch.log(model.weight).sum()

        with (
            pytest.warns(RuntimeWarning, match="plane: got a loss that is not finite in its window"),
            record(model, loss, plane="path", grid=9) as recording,
        ):
            train(model, torch.optim.SGD(model.parameters(), lr=0.5), 20, y=0.01 * X)
        assert model.weight > 0
        assert not recording.run.surfaces

    def test_the_model_is_left_as_it_was_also_where_its_loss_fails(self):
        model, calls, end = Unmapped(), [], []

        def loss():
            calls.append(1)
            if len(calls) > 20:
                raise ArithmeticError("mine")
            return loss_of(model)()

        def fail():
            with record(model, loss, grid=9):
                train(model, torch.optim.SGD(model.parameters(), lr=0.1), 3)
                end.append(row_of(model))

        with pytest.raises(ArithmeticError, match="mine"):
            fail()
        assert np.array_equal(row_of(model), end[0])
        assert model.training


class TestWrappers:
    def test_a_compiled_model(self):
        model = network()
        compiled = torch.compile(model, backend="eager")
        with record(compiled, loss_of(compiled), grid=3) as recording:
            train(compiled, torch.optim.SGD(compiled.parameters(), lr=0.1), 3)
        plain = recorded(network(), lambda m: train(m, torch.optim.SGD(m.parameters(), lr=0.1), 3))
        assert list(recording.run.shapes) == ["0.weight", "0.bias", "2.weight", "2.bias"]
        np.testing.assert_allclose(recording.run.parameters, plain.parameters, rtol=1e-12)
        assert recording.run.surfaces

    def test_a_model_for_several_processes(self):
        distributed = torch.distributed
        distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
        try:
            model = nn.parallel.DistributedDataParallel(network())
            run = recorded(model, by(torch.optim.SGD, lr=0.1), "path", grid=3)
        finally:
            distributed.destroy_process_group()
        assert list(run.shapes) == ["0.weight", "0.bias", "2.weight", "2.bias"]
        assert error_of_plain_updates(run) <= EPSILON
        assert run.surfaces

    @pytest.mark.slow
    @pytest.mark.parametrize("accumulation", [1, 3])
    @pytest.mark.filterwarnings("ignore")
    def test_a_trainer_of_lightning_as_it_is(self, accumulation, tmp_path):
        lightning = pytest.importorskip("pytorch_lightning")

        class Line(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.net = network()

            def forward(self, x):
                return self.net(x)

            def training_step(self, batch, _):
                return loss_of(self.net, *batch)()

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.1)

        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=8)
        trainer = lightning.Trainer(
            max_epochs=3,
            accelerator="cpu",
            accumulate_grad_batches=accumulation,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
        )
        run = recorded(Line(), lambda model: trainer.fit(model, loader), "path", grid=3)
        assert len(run.losses) == 1 + 3 * -(-5 // accumulation)
        assert error_of_plain_updates(run) <= EPSILON


def test_two_recordings_at_once_each_see_their_own_model():
    one, other = network(1), network(2)
    with record(one, loss_of(one), plane=None) as first, record(other, loss_of(other), plane=None) as second:
        train(one, torch.optim.SGD(one.parameters(), lr=0.1), 3)
        train(other, torch.optim.SGD(other.parameters(), lr=0.1), 5)
    assert (len(first.run.losses), len(second.run.losses)) == (4, 6)


def test_nothing_is_said_where_nothing_is_wrong():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorded(network(), by(torch.optim.SGD, lr=0.1), "path", grid=3)
