"""Input scale: numbers go into the first layer that are large, next to nothing, of very different sizes, or far from zero.

Source of the thresholds: Espalier's fault catalogue C2 (99.5th percentile of |x| above 30, deviations of columns that differ
more than 30-fold, |mean| above 30 deviations) and A21: where no input is beyond a twentieth, first weights as torch draws them
give less than the first bias does, and the answers hardly depend on the inputs. What counts is what the first matrix reads, so
that a model that scales its inputs itself, or begins with a norm or an embedding, is left alone; columns that are mostly the
same, such as flags and counts of words, are too.
"""

import torch
from torch import Tensor

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W21-input-scale"
EXPLAINED_BY = ("W02-non-finite",)
MAX_SIZE = 30.0  # 99.5th percentile of |x|
MIN_SIZE = 0.05  # largest |x| of inputs that a matrix reads as they are
MAX_RATIO = 30.0  # largest to smallest deviation of the columns of a table
MAX_OFFSET = 30.0  # |mean| in deviations
FAR_QUANTILE = 0.995
MIN_MOVING = 0.5  # share of the rows in which a column differs from its median, for it to count
FEWEST_ROWS = 8
MAX_VALUES = 100_000  # looked at, evenly spread


def check(wiring: Wiring) -> Finding | None:
    """Fire when what the first matrix reads is large, tiny, uneven or far from zero. Needs: inputs of numbers, eight rows."""
    for read in wiring.read:
        values = read.float()
        if len(values) < FEWEST_ROWS or not torch.isfinite(values).all():
            continue
        is_raw = any(read.data_ptr() == one.data_ptr() for one in wiring.inputs)
        found = (
            (_small(values) if is_raw else None)
            or _large(values)
            or (_uneven(values) if values.ndim == 2 else _far(values.flatten().unsqueeze(1)))
        )
        if found is not None:
            sentence, evidence = found
            return Finding(
                id=ID,
                sentence=sentence,
                severity=Severity.WARN,
                evidence=evidence,
                advice="Bring inputs to mean 0 and deviation 1 by the training rows, or divide images by 255.",
            )
    return None


def _large(values: Tensor) -> tuple[str, dict[str, float]] | None:
    sizes = values.abs().flatten()
    size = float(sizes[:: max(len(sizes) // MAX_VALUES, 1)].quantile(FAR_QUANTILE))
    if size <= MAX_SIZE:
        return None
    return f"The inputs are large: 0.5 % of them lie beyond {size:.4g}, and sound first weights expect about 1.", {"size": size}


def _small(values: Tensor) -> tuple[str, dict[str, float]] | None:
    size = float(values.abs().max())
    if size >= MIN_SIZE:
        return None
    return f"The inputs are next to nothing: none is beyond {size:.2g}, and sound first weights expect about 1.", {"size": size}


def _uneven(values: Tensor) -> tuple[str, dict[str, float]] | None:
    moving = values[:, (values != values.median(dim=0).values).float().mean(dim=0) > MIN_MOVING]
    if moving.numel() == 0:
        return None
    deviations = moving.std(dim=0)
    if float(deviations.max()) > MAX_RATIO * float(deviations.min()):
        low, high = float(deviations.min()), float(deviations.max())
        sentence = (
            f"The columns of the inputs differ {high / low:,.0f}-fold in size: deviations go from {low:.3g} to {high:.3g}."
        )
        return sentence, {"smallest_deviation": low, "largest_deviation": high}
    return _far(moving)


def _far(values: Tensor) -> tuple[str, dict[str, float]] | None:
    """Tell whether a column lies far from zero."""
    deviations, means = values.std(dim=0), values.mean(dim=0)
    offsets = (means.abs() / deviations)[deviations > 0]
    if not len(offsets) or float(offsets.max()) <= MAX_OFFSET:
        return None
    worst = float(offsets.max())
    return f"The inputs lie far from zero: up to {worst:,.0f} of their deviations away.", {"offset": worst}
