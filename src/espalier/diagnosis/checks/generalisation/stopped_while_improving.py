"""Stopped while improving: a limit ended the learning at a time when the validation loss was still falling.

Source of the threshold: Espalier's fault catalogue B11 (at the end the loss still falls by more than 1 % of its whole range
in each epoch). The lowest loss must be among the last two epochs, and the mean of the last five epochs must lie below
that of the five before, by more than twice its standard error: a single lucky epoch is no slope.

Fewer than ten epochs show no slope. Where the last of them was the best, nothing says that learning was done, whatever the
schedule of the rate: that is told too.
"""

from collections.abc import Mapping

import numpy as np

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.generalisation import Epochs, Generalisation
from espalier.diagnosis.wording import counted

ID = "G03-stopped-while-improving"
EXPLAINED_BY = ("T05-learning-rate-too-low", "T10-rate-decayed-early")
STRIP_EPOCHS = 5
MIN_FALL = 0.01  # of the range of the validation loss, in each epoch
MIN_ERRORS = 2.0  # standard errors by which the last strip lies below the one before
LAST_EPOCHS = 2  # the best epoch is one of them
MORE_EPOCHS = 2  # times as many are proposed


def check(evidence: Generalisation) -> Finding | None:
    """Fire when a limit ended the learning while the validation loss fell, or so early that nobody can tell."""
    falling = [(one, fall) for one in evidence.epochs if (fall := _fall(one)) is not None]
    hasty = [one for one in evidence.epochs if _is_hasty(one)]
    if falling and 2 * len(falling) >= len(evidence.epochs):
        epochs, fall = falling[0]
        said = (
            f"Learning was ended by a limit after {len(epochs.valid_loss):,} epochs while the validation loss was still "
            f"falling, by {fall:.1%} of its whole range in each epoch: the network was not done."
        )
        return _finding(evidence, said, epochs, {"fall": fall})
    if hasty and 2 * len(hasty) >= len(evidence.epochs):
        num = counted(len(hasty[0].valid_loss), "epoch")
        return _finding(
            evidence,
            f"Learning was ended by a limit after {num}, the last the best: nothing says that it was done.",
            hasty[0],
            {},
        )
    return None


def _finding(evidence: Generalisation, said: str, epochs: Epochs, found: Mapping[str, float]) -> Finding:
    num = len(epochs.valid_loss)
    return Finding(
        id=ID,
        sentence=said,
        severity=Severity.NOTE,
        evidence={"epochs": num, "kept_epoch": epochs.kept, **found},
        repairs=(Repair("learn longer", {"learning.epochs": _planned(evidence, num) * MORE_EPOCHS}),),
        advice="Give it more epochs, and more time if there is a budget (--budget).",
    )


def _is_hasty(epochs: Epochs) -> bool:
    """Return whether there were too few epochs to see a slope, and the last was the best; patience would not end there."""
    losses = epochs.valid_loss
    return len(losses) < 2 * STRIP_EPOCHS and epochs.kept == len(losses) and bool(np.isfinite(losses).all())


def _fall(epochs: Epochs) -> float | None:
    """Return the fall in each epoch as a share of the range; None where learning was done."""
    losses = epochs.valid_loss
    if not epochs.is_cut_short or len(losses) < 2 * STRIP_EPOCHS or not np.isfinite(losses).all():
        return None
    last, before = losses[-STRIP_EPOCHS:], losses[-2 * STRIP_EPOCHS : -STRIP_EPOCHS]
    spread = float(losses.max() - losses.min())
    fall = float(before.mean() - last.mean())
    ends = _scatter(last) ** 2 + _scatter(before) ** 2
    is_sure = fall > MIN_ERRORS * np.sqrt(ends / STRIP_EPOCHS)
    is_best_last = epochs.kept > len(losses) - LAST_EPOCHS
    share = fall / STRIP_EPOCHS / spread if spread > 0 else 0.0
    return share if is_best_last and is_sure and share > MIN_FALL else None


def _scatter(losses: np.ndarray) -> float:
    """Return the standard deviation around a straight line."""
    places = np.arange(len(losses), dtype=np.float64)
    return float((losses - np.polyval(np.polyfit(places, losses, 1), places)).std(ddof=2))


def _planned(evidence: Generalisation, num_epochs: int) -> int:
    return num_epochs if evidence.plan is None else max(evidence.plan.learning.epochs, num_epochs)
