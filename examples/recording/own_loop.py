"""A script as one has it, batches and scheduler and all; two lines record it, and `train` is as it was."""

import torch
import gdmath
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def train(model, x, y, epochs):
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for x_batch, y_batch in loader:
            optimizer.zero_grad(set_to_none=True)
            nn.functional.mse_loss(model(x_batch), y_batch).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        scheduler.step()


torch.manual_seed(1)
x = torch.linspace(-3, 3, 128)[:, None]
y = torch.sin(2 * x) + 0.1 * torch.randn_like(x)
model = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Dropout(0.1), nn.Linear(20, 1))

with gdmath.record(model, loss=lambda: nn.functional.mse_loss(model(x), y), every=4, grid=41) as recording:
    train(model, x, y, epochs=30)
recording.save("own-loop.trajectory")
