"""A descent by an optimiser's name is the one that torch.optim makes; without a name it needs no torch."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from gdmath import OPTIMIZERS, descend, descend_by

DIRECTLY = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.1),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_named_descent_is_the_loop_of_torch_optim(chapter_0, name):
    x, y = torch.tensor(chapter_0.x_train), torch.tensor(chapter_0.y_train)
    parameters = torch.tensor(chapter_0.start, requires_grad=True)
    optimizer = DIRECTLY[name]([parameters])
    run = descend_by(chapter_0.problem(), chapter_0.start, 0.1, 40, name)
    for row, loss in zip(run.parameters, run.losses, strict=True):
        there = ((parameters[0] + parameters[1] * x - y) ** 2).mean()
        np.testing.assert_allclose(row, parameters.detach(), rtol=1e-12)
        assert loss == pytest.approx(there.item())
        optimizer.zero_grad()
        there.backward()
        optimizer.step()


def test_without_a_name_it_is_descend(chapter_0):
    plain = descend(chapter_0.problem(), chapter_0.start, 0.1, 20)
    run = descend_by(chapter_0.problem(), chapter_0.start, 0.1, 20)
    assert run.method == "gradient descent"
    np.testing.assert_array_equal(run.parameters, plain.parameters)


def test_without_a_name_torch_is_not_imported():
    code = (
        "import gdmath, sys; d = gdmath.preset('chapter-0');"
        "gdmath.descend_by(d.problem(), d.start, 0.1, 3); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_name_is_refused(chapter_0):
    with pytest.raises(ValueError, match=r"optimizer: got 'adm'; allowed sgd, momentum"):
        descend_by(chapter_0.problem(), chapter_0.start, 0.1, 3, "adm")
