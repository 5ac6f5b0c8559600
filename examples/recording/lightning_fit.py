"""A trainer of Lightning, unmodified: mini-batches of a noisy sine, AdamW, and gradients summed over two."""

import pytorch_lightning as lightning
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import gdmath

torch.manual_seed(4)
x = torch.rand(256, 1) * 6
y = torch.sin(x) + 0.1 * torch.randn(256, 1)


class Curve(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))

    def training_step(self, batch, _):
        return nn.functional.mse_loss(self.net(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=0.01)


model = Curve()
quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
trainer = lightning.Trainer(max_epochs=40, accelerator="cpu", accumulate_grad_batches=2, **quiet)
with gdmath.record(model, loss=lambda: nn.functional.mse_loss(model.net(x), y)) as recording:
    trainer.fit(model, DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True))
recording.save("lightning-fit.trajectory")
