"""Which steps of a series are its own, and which only fill the batch up: what a model for series does first with its input."""

import torch
from torch import Tensor


def check_series(series: Tensor, lengths: Tensor | None, in_channels: int, length: int | None = None) -> None:
    """Refuse a batch that a model was not built for.

    Args:
        series: (B, C, T).
        lengths: steps of each row (B,), or None when all of them are the row's own.
        in_channels: C that is expected.
        length: T that is expected; None for a model that takes any.

    Raises:
        ValueError: with both shapes.
    """
    fits = series.ndim == 3 and series.shape[1] == in_channels and series.shape[2] >= 1
    if not fits or (length is not None and series.shape[2] != length):
        expected = f"(B, {in_channels}, {'T' if length is None else length})"
        raise ValueError(
            f"the series have shape {tuple(series.shape)}, expected {expected}: rows x channels x steps, as the model was built"
        )
    if lengths is not None and lengths.shape != series.shape[:1]:
        raise ValueError(f"lengths have shape {tuple(lengths.shape)}, expected ({series.shape[0]},): one for each series")


def valid_steps(series: Tensor, lengths: Tensor | None) -> Tensor | None:
    """Return which steps are a row's own, or None when all are, so that nothing need be masked.

    Args:
        series: (B, C, T).
        lengths: steps of each row (B,), 1 to T, or None.

    Returns:
        Truth values (B, T).

    Raises:
        ValueError: a series without a step, or with more than there are.
    """
    if lengths is None:
        return None
    shortest, longest = torch.stack(lengths.aminmax()).tolist()  # together: one wait for a graphics card
    if shortest < 1:
        raise ValueError(f"the shortest series has {shortest} steps, expected at least 1: leave such rows out")
    if longest > series.shape[2]:
        raise ValueError(f"the longest series has {longest} steps, expected at most the {series.shape[2]} that are given")
    if shortest >= series.shape[2]:
        return None
    return torch.arange(series.shape[2], device=series.device) < lengths[:, None]


def without_padding(x: Tensor, valid: Tensor | None) -> Tensor:
    """Return (B, C, T) with zeros where a step is not the row's own.

    Args:
        x: (B, C, T).
        valid: as returned by `valid_steps`.
    """
    return x if valid is None else x.masked_fill(~valid[:, None], 0.0)
