"""A network of 337 weights, trained by Adam and recorded: what its plane shows is not all that happened."""

import torch
import gdmath
from torch import nn

torch.manual_seed(0)
x = torch.randn(200, 2)
y = torch.sin(3 * x[:, :1]) * x[:, 1:]
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))


def loss():
    return nn.functional.mse_loss(model(x), y)


with gdmath.record(model, loss, grid=61) as recording:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

recording.save("network.trajectory")
