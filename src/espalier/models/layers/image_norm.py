"""Batch normalization of feature maps."""

import torch.nn.functional as F
from torch import Tensor, nn


class ImageBatchNorm(nn.BatchNorm2d):
    """Batch normalization of feature maps that also bears a single map of one pixel, as deep layers make of small pictures.

    One value per channel has no deviation, and torch refuses it in training. Here it is normalized with the running mean and
    variance, which it leaves as they are, so that a last batch of one picture does not end a training.

    Paper: Ioffe, Szegedy 2015, arXiv 1502.03167, section 3.2.

    Shapes: (B, C, H, W) to (B, C, H, W).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalized maps."""
        if self.training and input.shape[0] * input.shape[2] * input.shape[3] == 1:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(input)
