"""Encoder-decoder LSTM (Sutskever, Vinyals, Le 2014, arXiv 1409.3215, equation 1; Cho et al. 2014, arXiv 1406.1078).

One LSTM reads the window; a second begins with its state and says the forecast step by step. It reads its own last value
(recursive), or in training the true one (teacher forcing, Williams, Zipser 1989), drawn for each row and step with a share that
may fall to 0 as training goes on (scheduled sampling, Bengio et al. 2015, arXiv 1506.03099, section 2.4, linear decay). Or it
reads the last known value and its place as waves at every step (direct): no error is fed back, and all steps are one call.
Differs: the window is read in its own order; values are numbers instead of words.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_choice, check_count, check_forecast, check_fraction
from espalier.models.layers.positions import sinusoids
from espalier.models.layers.recurrent import GATES, initialize_recurrent
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm

DECODINGS = ("recursive", "direct")
NUM_WAVES = 8  # sines and cosines that say which step is due, where no value says it


@dataclass(frozen=True)
class LstmSeq2seqConfig:
    """What an encoder-decoder LSTM is built from.

    Args:
        in_channels: C.
        num_outputs: K = V * H * Q.
        out_channels: V, the first channels, which are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast; the decoder reads its first level, or the middle one.
        width: units of each layer of both LSTMs.
        depth: layers of both.
        decoding: "recursive" (each step reads the value said before) or "direct" (each reads the last known value).
        teacher_share: share of steps at which the decoder reads the true value in training, 0 to 1, when it is shown.
        teacher_steps: calls in training after which that share has fallen to 0; 0: it stays.
        dropout: share of units set to zero in training between layers and before the outputs, 0 to below 1.
        normalize: what is taken away from each window, and given back to the forecast: "none", "last" (its last value) or
            "window" (its mean and deviation).
        output_roles: of the Q numbers: "level", "log_scale" or "shape"; empty when all are levels.
    """

    in_channels: int
    num_outputs: int
    out_channels: int
    horizon: int
    outputs_per_step: int
    width: int = 128
    depth: int = 1
    decoding: str = "recursive"
    teacher_share: float = 1.0
    teacher_steps: int = 0
    dropout: float = 0.0
    normalize: str = "none"
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_forecast(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_choice("decoding", self.decoding, DECODINGS)
        if self.teacher_share != 1:
            check_fraction("teacher_share", self.teacher_share)
        check_count("teacher_steps", self.teacher_steps, least=0)
        check_fraction("dropout", self.dropout)


class LstmSeq2seq(nn.Module):
    """Encoder-decoder: one LSTM reads the window, another says the forecast step by step.

    For forecasts in which each step follows from the one before. Recursive decoding takes H calls, so that far horizons take
    long; there `decoding` "direct" is quicker.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) and in training the true future (B, V, H) to (B, V * H * Q). Where the true future
    is NaN, the decoder reads its own value.
    """

    calls: Tensor
    reads_answers: ClassVar[bool] = True  # a task shows it the true future in training

    def __init__(self, config: LstmSeq2seqConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        between = config.dropout if config.depth > 1 else 0.0
        self.encoder = nn.LSTM(config.in_channels, config.width, config.depth, dropout=between)
        num_waves = NUM_WAVES if config.decoding == "direct" else 0
        self.decoder = nn.LSTM(config.out_channels + num_waves, config.width, config.depth, dropout=between)
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(config.width, config.out_channels * config.outputs_per_step)
        for layer in (self.encoder, self.decoder):
            initialize_recurrent(layer, GATES["lstm"])
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))  # in training, for the share; part of the weights
        roles = config.output_roles
        self.read_back = roles.index("level") if "level" in roles else config.outputs_per_step // 2

    def forward(self, series: Tensor, lengths: Tensor | None = None, shown: Tensor | None = None) -> Tensor:
        """Return the forecast, laid out as (V, H, Q); what is shown is looked at in training only."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        last, state = self._read(series, None if valid is None else lengths)
        if self.config.decoding == "direct":
            places = sinusoids(self.config.horizon, NUM_WAVES, last)[:, None].expand(-1, len(series), -1)
            steps = self._say_all(torch.cat([last.expand(self.config.horizon, -1, -1), places], dim=2), state)
        elif shown is None or not self.training:
            steps = self._say_one_by_one(last, state)
        else:
            steps = self._say_with_teacher(last, state, self.norm.alike(shown, level).permute(2, 0, 1))
        forecast = steps.view(*steps.shape[:2], self.config.out_channels, -1).permute(1, 2, 0, 3)  # (B, V, H, Q)
        return self.norm.give_back(forecast.flatten(1), level)

    def teacher_share(self) -> float:
        """Return the share of steps at which the next call in training reads the true value."""
        if not self.config.teacher_steps:
            return self.config.teacher_share
        return self.config.teacher_share * max(0.0, 1.0 - self.calls.item() / self.config.teacher_steps)

    def _read(self, series: Tensor, lengths: Tensor | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the last known values (1, B, V) and the encoder's state."""
        steps, num_forecast = series.permute(2, 0, 1), self.config.out_channels  # (T, B, C)
        if lengths is None:
            return steps[-1:, :, :num_forecast], self.encoder(steps)[1]
        packed = nn.utils.rnn.pack_padded_sequence(steps, lengths.cpu(), enforce_sorted=False)
        last = steps.gather(0, (lengths - 1)[None, :, None].expand(1, -1, steps.shape[2]))
        return last[:, :, :num_forecast], self.encoder(packed)[1]

    def _say_all(self, read: Tensor, state: tuple[Tensor, Tensor]) -> Tensor:
        """Return the numbers of all steps (H, B, V * Q), given what the decoder reads at each (H, B, V)."""
        said, _ = self.decoder(read, state)
        return self.head(self.dropout(said))

    def _say_one_by_one(
        self, last: Tensor, state: tuple[Tensor, Tensor], true: Tensor | None = None, is_shown: Tensor | None = None
    ) -> Tensor:
        """Return the numbers of all steps; each reads the value before it, the true one (H, B, V) where that is shown."""
        steps, read = [], last
        for number in range(self.config.horizon):
            said, state = self.decoder(read, state)
            steps.append(self.head(self.dropout(said)))
            read = steps[-1].unflatten(2, (self.config.out_channels, -1))[..., self.read_back]
            if true is not None and is_shown is not None:
                read = torch.where(is_shown[number], true[number], read)
        return torch.cat(steps)

    def _say_with_teacher(self, last: Tensor, state: tuple[Tensor, Tensor], true: Tensor) -> Tensor:
        """Return the numbers of all steps; at a share of them the decoder reads the true value before, (H, B, V)."""
        share = self.teacher_share()
        self.calls += 1
        known = ~true.isnan()
        if share == 1 and bool(known[:-1].all()):
            return self._say_all(torch.cat([last, true[:-1]]), state)
        is_shown = torch.rand(true.shape[:2], device=true.device) < share  # (H, B)
        return self._say_one_by_one(last, state, true, known & is_shown[:, :, None])


FORECASTING = ("forecasting",)
MODELS = {
    "lstm-seq2seq": Architecture(LstmSeq2seq, LstmSeq2seqConfig, reads="series", only=FORECASTING),
    "lstm-seq2seq-tiny": Architecture(LstmSeq2seq, LstmSeq2seqConfig, reads="series", sizes={"width": 16}, only=FORECASTING),
}
