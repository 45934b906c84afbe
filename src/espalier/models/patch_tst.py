"""PatchTST (Nie et al. 2023, "A Time Series is Worth 64 Words", arXiv 2211.14730, figure 1 and section 3.1).

Each channel goes by itself through one transformer: its window is cut into overlapping patches of P steps, one every S steps,
after the last value has been repeated S times; a patch is a token, z = W_p x + W_pos; blocks of attention and feed-forward
network, each followed by batch normalization; one linear layer from all tokens of a channel to its forecast.
Sizes are those of the paper's runs (appendix A.1.4): 16 heads, width 128 and 256 hidden units, and for small data 4, 16, 128.
Differs: scores of attention are not passed on to the next block, as the authors' code does; channels that are not forecast add
a linear function of their windows, zero at first; steps may hold several numbers; the reversible normalization has no learnt
gain and shift, as in the authors' runs.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.covariates import Covariates
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.encoder_block import FeedForward
from espalier.models.layers.norms import BatchNorm
from espalier.models.layers.options import check_count, check_forecast, check_fraction
from espalier.models.layers.self_attention import SelfAttention
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm

POSITION_LIMIT = 0.02  # of the first position embeddings, as in the authors' code


@dataclass(frozen=True)
class PatchTstConfig:
    """What a PatchTST is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = V * H * Q.
        out_channels: V, the first channels, which are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        patch_size: P, steps of a patch, at most T.
        stride: S, steps from one patch to the next.
        width: length of a token, a multiple of num_heads.
        depth: blocks.
        num_heads: ways in which patches look at one another.
        hidden_size: units inside a block's feed-forward network.
        dropout: share of tokens and of the answers in each block set to zero in training, 0 to below 1.
        head_dropout: share of what the last layer reads set to zero in training, 0 to below 1.
        normalize: what is taken away from each window, and given back to the forecast: "none", "last" (its last value) or
            "window" (its mean and deviation).
        output_roles: of the Q numbers, for `normalize`: "level", "log_scale" or "shape"; empty when all are levels.
    """

    in_channels: int
    length: int
    num_outputs: int
    out_channels: int
    horizon: int
    outputs_per_step: int
    patch_size: int = 16
    stride: int = 8
    width: int = 128
    depth: int = 3
    num_heads: int = 16
    hidden_size: int = 256
    dropout: float = 0.2
    head_dropout: float = 0.0
    normalize: str = "window"
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_forecast(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        for option in ("length", "patch_size", "stride", "width", "depth", "num_heads", "hidden_size"):
            check_count(option, getattr(self, option))
        check_fraction("dropout", self.dropout)
        check_fraction("head_dropout", self.head_dropout)
        if self.patch_size > self.length:
            raise ValueError(f"patch_size is {self.patch_size}, expected at most the {self.length} steps of the window")


class PatchTst(nn.Module):
    """Transformer over patches of a series: the strongest of the usual networks for long horizons, at many times the cost.

    For windows of hundreds of steps with patterns that return; on short or few series a linear network is as good.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, V * H * Q).
    """

    def __init__(self, config: PatchTstConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        num_patches = (config.length - config.patch_size) // config.stride + 2
        self.embed = nn.Linear(config.patch_size, config.width)
        self.position = nn.Parameter(torch.empty(num_patches, config.width).uniform_(-POSITION_LIMIT, POSITION_LIMIT))
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.Sequential(
            *(PatchBlock(config.width, config.num_heads, config.hidden_size, config.dropout) for _ in range(config.depth))
        )
        self.head_dropout = Dropout(config.head_dropout)
        num_further = config.in_channels - config.out_channels
        self.covariates = Covariates(num_further, config.length, config.num_outputs) if num_further else None
        self.head = nn.Linear(num_patches * config.width, config.horizon * config.outputs_per_step)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the forecast, laid out as (V, H, Q)."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        padded = F.pad(series[:, : self.config.out_channels], (0, self.config.stride), mode="replicate")
        patches = padded.flatten(0, 1).unfold(1, self.config.patch_size, self.config.stride)  # (B * V, N, P)
        tokens = self.blocks(self.dropout(self.embed(patches) + self.position))  # (B * V, N, D)
        forecast = self.head(self.head_dropout(tokens.flatten(1))).view(len(series), -1)  # (B, V * H * Q)
        if self.covariates is not None:
            forecast = self.covariates(series[:, self.config.out_channels :], forecast)
        return self.norm.give_back(forecast, level)


class PatchBlock(nn.Module):
    """Attention, then a feed-forward network; each answer is added, and the sum goes through a batch normalization.

    Args:
        embed_dim: D, length of a token.
        num_heads: ways in which tokens look at one another.
        hidden_size: units of the feed-forward network.
        dropout: share of each answer and of the hidden units set to zero in training, 0 to below 1.

    Shapes: (B, N, D) to the same.
    """

    def __init__(self, embed_dim: int, num_heads: int, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.attention = SelfAttention(embed_dim, num_heads, dropout)
        self.attention_norm = BatchNorm(embed_dim)
        self.feed_forward = FeedForward(embed_dim, hidden_size, dropout)
        self.feed_forward_norm = BatchNorm(embed_dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens, changed."""
        mixed = (tokens + self.attention(tokens)).flatten(0, 1)  # (B * N, D)
        mixed = self.attention_norm(mixed)
        return self.feed_forward_norm(mixed + self.feed_forward(mixed)).view_as(tokens)


FORECASTING = ("forecasting",)
SMALL = {"width": 16, "num_heads": 4, "hidden_size": 128, "dropout": 0.3}
TINY = {"width": 16, "num_heads": 4, "hidden_size": 32, "depth": 2, "patch_size": 4, "stride": 2}
MODELS = {
    "patch-tst": Architecture(PatchTst, PatchTstConfig, reads="series", only=FORECASTING),
    "patch-tst-small": Architecture(PatchTst, PatchTstConfig, reads="series", sizes=SMALL, only=FORECASTING),
    "patch-tst-tiny": Architecture(PatchTst, PatchTstConfig, reads="series", sizes=TINY, only=FORECASTING),
}
