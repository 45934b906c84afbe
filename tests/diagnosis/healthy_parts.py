"""Data, losses and networks of the healthy loops: small, and each with something that a doctor could take for a fault."""

import torch
from torch import nn
from torch.nn import functional as F


def made_classes(num_rows=256, num_columns=8, num_classes=3):
    x = torch.randn(num_rows, num_columns)
    return x, (x @ torch.randn(num_columns, num_classes) + 0.3 * torch.randn(num_rows, num_classes)).argmax(dim=1)


def made_stripes():
    """Return images of horizontal, vertical and diagonal stripes."""
    row, column = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    patterns = torch.stack([row % 2, column % 2, (row + column) % 2]).float()
    y = torch.randint(3, (192,))
    return patterns[y].unsqueeze(1) + 0.3 * torch.randn(192, 1, 8, 8), y


def drawn(*tensors, size=32):
    index = torch.randint(len(tensors[0]), (size,))
    return tuple(tensor[index] for tensor in tensors)


def negative_elbo(output, x):
    reconstruction, mean, log_variance = output
    divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
    return F.binary_cross_entropy(reconstruction, x, reduction="sum") + divergence


def fooled(judgement, truth):
    return F.binary_cross_entropy_with_logits(judgement, truth)


def log_cosh(output, target):
    return (output.squeeze(1) - target).cosh().log().mean()


def agreement(first, second):
    """Each row shall be nearest to its own other view: a loss over pairs of rows."""
    likeness = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T
    return F.cross_entropy(likeness / 0.2, torch.arange(len(first)))


def mlp(num_inputs=8, num_outputs=3, width=32):
    return nn.Sequential(nn.Linear(num_inputs, width), nn.ReLU(), nn.Linear(width, num_outputs))


class LastOutput(nn.Module):
    def __init__(self, recurrent, num_outputs):
        super().__init__()
        self.recurrent, self.head = recurrent, nn.Linear(recurrent.hidden_size, num_outputs)

    def forward(self, x):
        return self.head(self.recurrent(x)[0][:, -1])


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        return F.relu(x + self.body(x))


class SmallResNet(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), Residual(8), Residual(8))
        self.head = nn.Linear(8, num_classes)

    def forward(self, image):
        return self.head(self.backbone(image).mean(dim=(2, 3)))


class Variational(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.mean, self.log_variance = nn.Linear(16, 32), nn.Linear(32, 2), nn.Linear(32, 2)
        self.decoder = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 16), nn.Sigmoid())

    def forward(self, x):
        hidden = F.relu(self.encoder(x))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)  # also in eval mode, as in PyTorch's own example
        return self.decoder(code), mean, log_variance


class TiedLanguageModel(nn.Module):
    def __init__(self, num_tokens=12, width=16):
        super().__init__()
        self.embedding, self.places = nn.Embedding(num_tokens, width), nn.Parameter(0.02 * torch.randn(8, width))
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.qkv, self.out, self.norm = nn.Linear(width, 3 * width), nn.Linear(width, width), nn.LayerNorm(width)
        self.head = nn.Linear(width, num_tokens, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        x = self.embedding(tokens) + self.places
        query, key, value = self.qkv(self.norm(x)).chunk(3, dim=-1)
        return self.head(x + self.out(F.scaled_dot_product_attention(query, key, value, is_causal=True)))


class LowRank(nn.Module):
    def __init__(self, base, rank=4):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + x @ self.down.T @ self.up.T


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.kind, self.size = nn.Sequential(nn.Linear(8, 32), nn.ReLU()), nn.Linear(32, 3), nn.Linear(32, 2)

    def forward(self, x):
        hidden = self.trunk(x)
        return {"kind": self.kind(hidden), "size": self.size(hidden)}


class TextAndNumber(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.head = nn.Embedding(20, 8, padding_idx=0), nn.Linear(9, 2)

    def forward(self, tokens, mask, number):
        mean = (self.words(tokens) * mask.unsqueeze(-1)).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return self.head(torch.cat([mean, number], dim=1))


class WithItsLoss(nn.Module):
    """Returns its loss, as language models of the larger libraries do."""

    def __init__(self):
        super().__init__()
        self.gate, self.body, self.head = nn.Parameter(torch.zeros(1)), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x, labels):
        logits = self.head(x + self.gate * self.body(x).relu())
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}
