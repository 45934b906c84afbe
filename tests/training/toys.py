"""A small question that needs no other part: fit a line through random points."""

import torch
import torch.nn.functional as F
from torch import nn

from espalier.data.batches import TensorBatches


class LineTask:
    """Mean squared error."""

    def losses(self, model, batch):
        return {"mse": F.mse_loss(model(*batch.inputs).squeeze(-1), batch.target)}


def line_batches(num_rows=50, batch_size=8, seed=3):
    stream = torch.Generator().manual_seed(1)
    x = torch.randn(num_rows, 4, generator=stream)
    y = x @ torch.tensor([1.0, -2.0, 0.5, 0.0]) + 0.1 * torch.randn(num_rows, generator=stream)
    return TensorBatches((x,), y, torch.arange(num_rows), batch_size=batch_size, seed=seed)


def small_net(dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 1))
