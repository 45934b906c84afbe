"""Losses of yes-or-no answers, also where the truth lies between: blended pictures are partly one answer, partly the other.

The loss of a blend is the same blend of the losses of its answers, each with the weight of its answer:
t w1 l(yes) + (1 - t) w0 l(no), where t is the share of yes.

Paper: Zhang et al. 2018, mixup, arXiv 1710.09412, section 2, and the authors' code, which blends the losses of both answers.
For cross-entropy without weights that is the cross-entropy of the blended answer; for focal and hinge losses it is not.
"""

from torch import Tensor
from torch.nn import functional as F

from espalier.tasks.focal import focal


def share_of_yes(target: Tensor) -> Tensor:
    """Return (B,) how much of each answer is a yes.

    Args:
        target: (B,) or (B, 1) 0 or 1; or (B, 2) the probability of a no and of a yes, as blending gives it.
    """
    return target[:, 1] if target.shape[1:] == (2,) else target.reshape(-1)


def cross_entropies(logit: Tensor, smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return the cross-entropy of a yes and of a no.

    Args:
        logit: any shape.
        smoothing: share of probability spread over both answers, 0 to 1.
    """
    yes, no = F.softplus(-logit), F.softplus(logit)
    other = smoothing / 2
    return (yes, no) if smoothing == 0 else (yes + other * (no - yes), no + other * (yes - no))


def focal_losses(logit: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    """Return the focal loss of a yes and of a no; see `focal`."""
    return focal(F.softplus(-logit), gamma), focal(F.softplus(logit), gamma)


def hinge_losses(logit: Tensor) -> tuple[Tensor, Tensor]:
    """Return the hinge loss of a yes and of a no."""
    return (1 - logit).clamp_min(0), (1 + logit).clamp_min(0)


def blended(losses: tuple[Tensor, Tensor], positive: Tensor, weights: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Return the mean loss over rows and labels.

    Args:
        losses: of a yes and of a no.
        positive: 1 for yes, 0 for no, between for a blend; in the shape of the losses.
        weights: how much a no and a yes count.
    """
    (yes, no), (of_no, of_yes) = losses, weights
    return (positive * (of_yes * yes) + (1 - positive) * (of_no * no)).mean()
