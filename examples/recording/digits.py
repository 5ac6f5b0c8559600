"""The handwritten digits of scikit-learn and a small classifier: 1,210 weights on the plane of their path."""

import torch
import gdmath
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
images, labels = load_digits(return_X_y=True)
x, y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))


def loss():
    return nn.functional.cross_entropy(model(x), y)


with gdmath.record(model, loss, every=2, grid=31) as recording:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(120):
        batch = torch.randint(len(x), (128,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()

recording.save("digits.trajectory")
