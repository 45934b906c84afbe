"""Vision Transformer (Dosovitskiy et al. 2021, arXiv 2010.11929, figure 1).

The sizes are those of DeiT (Touvron et al. 2021, arXiv 2012.12877, table 1). Names and shapes of the weights are those of the
package timm. First weights: normal with deviation 0.02, cut at two deviations; biases are zero.
Differs: a picture must have the size that the model was built for, and its sides must be multiples of the patch's.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.encoder_block import EPSILON, STD, EncoderBlock, initialize_encoder
from espalier.models.layers.options import check_count, check_fraction, check_image, check_positive
from espalier.models.layers.patch_embedding import PatchEmbedding
from espalier.models.layers.picture_size import check_image_size, check_size_of


@dataclass(frozen=True)
class VitConfig:
    """What a Vision Transformer is built from.

    Args:
        in_channels: C, 1 for grey pictures and 3 for colour.
        num_outputs: K.
        image_size: height and width of the pictures in pixels, multiples of patch_size.
        patch_size: side of a patch in pixels.
        width: length of a token, a multiple of num_heads.
        depth: number of blocks.
        num_heads: ways in which tokens look at one another.
        hidden_factor: units inside a block's feed-forward network, as a multiple of width; above 0.
        dropout: share of tokens and of the answers in each block set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    image_size: tuple[int, int]
    patch_size: int = 16
    width: int = 384
    depth: int = 12
    num_heads: int = 6
    hidden_factor: float = 4.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_image_size(self.image_size)
        check_count("patch_size", self.patch_size)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("num_heads", self.num_heads)
        check_positive("hidden_factor", self.hidden_factor)
        check_fraction("dropout", self.dropout)
        if any(side % self.patch_size for side in self.image_size):
            raise ValueError(
                f"image_size is {self.image_size}, expected multiples of patch_size, which is {self.patch_size}; resize the "
                "pictures, or choose another patch_size"
            )


class Vit(nn.Module):
    """Vision Transformer: patches of a picture attend to one another; strong when it starts from published weights.

    Takes pictures of one size, given when it is built. From scratch it needs far more pictures than a convolutional network,
    because nothing tells it that neighbours belong together.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) of the config's size to (B, K).
    """

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.config = config
        height, width = config.image_size
        num_patches = (height // config.patch_size) * (width // config.patch_size)
        hidden_size = max(1, int(config.width * config.hidden_factor))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + num_patches, config.width))
        self.patch_embed = PatchEmbedding(config.in_channels, config.width, config.patch_size)
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.Sequential(
            *(EncoderBlock(config.width, config.num_heads, hidden_size, config.dropout) for _ in range(config.depth))
        )
        self.norm = nn.LayerNorm(config.width, eps=EPSILON)
        self.head = nn.Linear(config.width, config.num_outputs)
        initialize_encoder(self)
        nn.init.normal_(self.cls_token, std=1e-6)
        nn.init.trunc_normal_(self.pos_embed, std=STD)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_size_of(image, self.config.image_size)
        patches = self.patch_embed(image)  # (B, N, D)
        tokens = torch.cat([self.cls_token.expand(len(image), -1, -1), patches], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(self.dropout(tokens)))[:, 0])


TINY = {"patch_size": 4, "width": 48, "depth": 2, "num_heads": 4, "hidden_factor": 2.0}
MODELS = {
    "vit-tiny": Architecture(Vit, VitConfig, reads="image", sizes=TINY, least_pixels=4),
    "vit-ti-16": Architecture(
        Vit, VitConfig, reads="image", sizes={"width": 192, "num_heads": 3}, least_pixels=16, is_centred=True
    ),
    "vit-s-16": Architecture(Vit, VitConfig, reads="image", least_pixels=16, is_centred=True),
    "vit-b-16": Architecture(
        Vit, VitConfig, reads="image", sizes={"width": 768, "num_heads": 12}, least_pixels=16, is_centred=True
    ),
}
