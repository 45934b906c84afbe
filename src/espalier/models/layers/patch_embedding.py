"""Patches of a picture as tokens."""

from torch import Tensor, nn


class PatchEmbedding(nn.Module):
    """Cuts a picture into square patches and gives each a token, a weighted sum of its pixels.

    Paper: Dosovitskiy et al. 2021, arXiv 2010.11929, equation 1.

    Args:
        in_channels: C.
        embed_dim: D, length of a token.
        patch_size: side of a patch in pixels, P.

    Shapes: (B, C, H, W), H and W multiples of P, to (B, H * W / P ** 2, D), row by row.
    """

    def __init__(self, in_channels: int, embed_dim: int, patch_size: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, patch_size, stride=patch_size)

    def forward(self, image: Tensor) -> Tensor:
        """Return the tokens of each picture."""
        return self.proj(image).flatten(2).transpose(1, 2)
