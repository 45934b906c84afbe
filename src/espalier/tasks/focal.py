"""Focal loss: rows that are already answered well count less, so that rare and hard ones are heard.

Paper: Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv 1708.02002, equation 4.
"""

from torch import Tensor

LEAST = 1e-12  # keeps the gradient of a power finite where a row is answered perfectly


def focal(cross_entropy: Tensor, gamma: float) -> Tensor:
    """Return (1 - p)^gamma times the cross-entropy, where p is the probability given to the truth.

    Args:
        cross_entropy: minus the logarithm of p, any shape, unweighted.
        gamma: 0 or more; 0 leaves the cross-entropy as it is.
    """
    missing = (-(-cross_entropy).expm1()).clamp_min(LEAST)  # 1 - p
    return missing.pow(gamma) * cross_entropy
