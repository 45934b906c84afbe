"""Overfitting: the network goes on to learn its training rows by heart while it gets worse on others.

Two things must be seen. The validation loss rises while the training loss falls: by more than 5 % above its lowest value
(the criterion GL of Prechelt 1998, Automatic early stopping using cross validation, Neural Networks 11), or in three strips
of five epochs running (his UP; here by 1 % in all, for a loss that stands still rises and falls by chance). And the weights
that were kept are better on the training rows than on the validation part, by more than chance in the choice of rows.

Both are seen in many a healthy training, for the weights of the best epoch are kept: then it is a note. It is a warning when
the network also comes out clearly worse than the best simple model.
"""

import numpy as np

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.generalisation import Epochs, Generalisation

ID = "G01-overfitting"
EXPLAINED_BY = ()
MAX_RISE = 0.05  # of the validation loss above its lowest: GL > 5 %
STRIP_EPOCHS = 5
MAX_RISING_STRIPS = 3
MIN_RISE = 0.01  # of the validation loss above its lowest, where it rises in strips: UP
DECAY_FACTOR = 10.0  # of the weight decay proposed


def check(evidence: Generalisation) -> Finding | None:
    """Fire when the validation loss rises while the training loss falls, and training rows are scored clearly better."""
    standing = evidence.standing
    overfit = [one for one in evidence.epochs if _turns_up(one)]
    if standing is None or not overfit or 2 * len(overfit) < len(evidence.epochs) or standing.gap.low <= 0:
        return None
    first, versus = overfit[0], standing.comparison
    rise = _rise(first)
    is_worse = versus is not None and versus.high < 0
    kept = f"The weights of epoch {first.kept} were kept, so that rise does not touch the model."
    lost = f"The network is worse than the {standing.rival} beyond chance."
    return Finding(
        id=ID,
        sentence=f"After epoch {first.kept} the validation loss rose by {rise:.0%} while the training loss went on falling: "
        f"rows were learnt by heart. {standing.name} is {standing.train.value:.4g} on the training rows and "
        f"{standing.valid.value:.4g} on the validation part (a difference of {standing.gap.low:.2g} to "
        f"{standing.gap.high:.2g}). {lost if is_worse else kept}",
        severity=Severity.WARN if is_worse else Severity.NOTE,
        evidence={
            "rise": rise,
            "kept_epoch": first.kept,
            "train": standing.train.value,
            "valid": standing.valid.value,
            "gap": standing.gap.value,
            "gap_low": standing.gap.low,
            "gap_high": standing.gap.high,
        },
        repairs=_repairs(evidence),
        advice="More rows, more weight decay or dropout, or a smaller model narrow the gap; whether more rows do, "
        "`espalier diagnose RUN --curves` measures.",
    )


def _turns_up(epochs: Epochs) -> bool:
    after = epochs.valid_loss[epochs.kept :]
    if len(after) < STRIP_EPOCHS or not np.isfinite(after).all():
        return False
    is_learnt = epochs.train_loss[-STRIP_EPOCHS:].mean() < epochs.train_loss[epochs.kept - 1]
    strips = epochs.valid_loss[epochs.kept - 1 :: STRIP_EPOCHS]
    rising = bool(len(strips) > MAX_RISING_STRIPS and (np.diff(strips[: MAX_RISING_STRIPS + 1]) > 0).all())
    return bool(is_learnt) and _rise(epochs) > (MIN_RISE if rising else MAX_RISE)


def _rise(epochs: Epochs) -> float:
    """Return by which share the validation loss of the last strip lies above its lowest; 0 where that has no meaning."""
    best = float(epochs.valid_loss[epochs.kept - 1])
    return float(epochs.valid_loss[-STRIP_EPOCHS:].mean()) / best - 1 if best > 0 else 0.0


def _repairs(evidence: Generalisation) -> tuple[Repair, ...]:
    if evidence.plan is None or evidence.plan.learning.weight_decay <= 0:
        return ()
    decay = evidence.plan.learning.weight_decay * DECAY_FACTOR
    return (Repair("more weight decay", {"learning.weight_decay": decay}),)
