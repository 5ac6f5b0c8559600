"""A line of two weights, trained by Adam and recorded: its surface is the loss itself, and hides nothing."""

import torch
import gdmath

data = gdmath.preset("chapter-0").problem()
x, y = (torch.tensor(values)[:, None] for values in (data.x, data.y))
torch.manual_seed(42)
model = torch.nn.Linear(1, 1, dtype=torch.float64)


def loss():
    return ((model(x) - y) ** 2).mean()


with gdmath.record(model, loss, plane=("bias", "weight")) as recording:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

recording.save("two-weights.trajectory")
