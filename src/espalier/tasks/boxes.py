"""Boxes as a network gives them, and how far one is from the truth: left, top, right, bottom, as shares of the picture."""

import torch
from torch import Tensor
from torch.nn import functional as F

SIDES = 4  # numbers of a box
SMOOTH_BELOW = 0.1  # error, as a share of the picture, up to which the smooth L1 loss is a square


def boxes_of(raw: Tensor) -> Tensor:
    """Return boxes (..., 4) from four unbounded numbers each: logits of the middle's place, and of width and height.

    Paper: Carion et al. 2020, DETR, arXiv 2005.12872, section 3.2 (middle and size, both as shares of the picture).
    """
    middle, half = raw[..., :2].sigmoid(), raw[..., 2:].sigmoid() / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def smooth_l1(box: Tensor, truth: Tensor) -> Tensor:
    """Return (N,) the smooth L1 loss of each box, a mean over its four sides.

    Paper: Girshick 2015, Fast R-CNN, arXiv 1504.08083, equation 3; with its bend at a tenth of the picture.
    """
    return F.smooth_l1_loss(box, truth, reduction="none", beta=SMOOTH_BELOW).mean(dim=1)


def giou(box: Tensor, truth: Tensor) -> Tensor:
    """Return (N,) 1 less the generalised intersection over union: 0 for equal boxes, up to 2 for boxes far apart.

    Paper: Rezatofighi et al. 2019, arXiv 1902.09630, algorithm 2.

    Args:
        box: (N, 4), right not left of left.
        truth: (N, 4), of areas above 0.
    """
    common = (torch.minimum(box[:, 2:], truth[:, 2:]) - torch.maximum(box[:, :2], truth[:, :2])).clamp_min(0).prod(dim=1)
    around = (torch.maximum(box[:, 2:], truth[:, 2:]) - torch.minimum(box[:, :2], truth[:, :2])).prod(dim=1)
    union = (box[:, 2:] - box[:, :2]).prod(dim=1) + (truth[:, 2:] - truth[:, :2]).prod(dim=1) - common
    return 1 - common / union + (around - union) / around


BOX_LOSSES = {"giou": {"giou": giou}, "smooth_l1": {"smooth_l1": smooth_l1}, "both": {"giou": giou, "smooth_l1": smooth_l1}}
