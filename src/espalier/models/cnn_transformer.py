"""Hybrid of convolutions and attention (Dosovitskiy et al. 2021, arXiv 2010.11929, section 3.1, "hybrid architecture").

A convolutional stem and stages, then a vision transformer. The full size is R26+S/32 of Steiner et al. 2021 (arXiv
2106.10270): a ResNet with standardized convolutions and group normalization (Kolesnikov et al. 2020, arXiv 1912.11370) gives
one token for each 32 x 32 pixels. Names and shapes of the weights are those of vit_small_r26_s32_224 in the package timm. First
weights: those of torch for convolutions, whose scale the standardization takes away; the rest as in the Vision Transformer.
Differs: no stochastic depth.
"""

from collections import OrderedDict
from dataclasses import dataclass
from math import inf

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.encoder_block import EPSILON, STD, EncoderBlock, initialize_encoder
from espalier.models.layers.options import check_count, check_fraction, check_image, check_positive
from espalier.models.layers.picture_size import check_image_size, check_size_of
from espalier.models.layers.standardized_convolution import StandardizedConv2d, pad_to_stride

STEM_STRIDE = 4  # pixels of a place behind the stem, along each side
EXPANSION = 4  # channels that leave a residual block, as a multiple of those inside


@dataclass(frozen=True)
class CnnTransformerConfig:
    """What a hybrid of convolutions and attention is built from.

    Args:
        in_channels: C, 1 for grey pictures and 3 for colour.
        num_outputs: K.
        image_size: height and width of the pictures in pixels.
        stage_depths: residual blocks of each convolutional stage; each stage but the first halves the picture.
        stem_width: channels of the stem, a multiple of num_groups; the first stage gives four times as many, each further
            one doubles them.
        num_groups: groups of channels that are normalized together.
        width: length of a token, a multiple of num_heads.
        depth: number of transformer blocks.
        num_heads: ways in which tokens look at one another.
        hidden_factor: units inside a block's feed-forward network, as a multiple of width; above 0.
        dropout: share of tokens and of the answers in each transformer block set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    image_size: tuple[int, int]
    stage_depths: tuple[int, ...] = (2, 2, 2, 2)
    stem_width: int = 64
    num_groups: int = 32
    width: int = 384
    depth: int = 12
    num_heads: int = 6
    hidden_factor: float = 4.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_image_size(self.image_size)
        for depth in self.stage_depths:
            check_count("one of stage_depths", depth)
        for name in ("stem_width", "num_groups", "width", "depth", "num_heads"):
            check_count(name, getattr(self, name))
        check_positive("hidden_factor", self.hidden_factor)
        check_fraction("dropout", self.dropout)
        if not self.stage_depths:
            raise ValueError("stage_depths is empty, expected the number of blocks of at least one stage")
        if self.stem_width % self.num_groups:
            raise ValueError(f"stem_width is {self.stem_width}, expected a multiple of num_groups, which is {self.num_groups}")

    @property
    def num_tokens(self) -> int:
        """Return the tokens of a picture: the places of the last feature map, and one for the answer."""
        stride = STEM_STRIDE * 2 ** (len(self.stage_depths) - 1)
        height, width = (-(-side // stride) for side in self.image_size)
        return 1 + height * width


class CnnTransformer(nn.Module):
    """Hybrid of convolutions and attention: a residual network finds parts of a picture, and a transformer relates them.

    Needs fewer pictures than a plain Vision Transformer. Takes pictures of one size, given when it is built.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) of the config's size to (B, K).
    """

    def __init__(self, config: CnnTransformerConfig) -> None:
        super().__init__()
        self.config = config
        hidden_size = max(1, int(config.width * config.hidden_factor))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, config.num_tokens, config.width))
        self.patch_embed = FeatureEmbedding(config)
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
        places = self.patch_embed(image)  # (B, N, D)
        tokens = torch.cat([self.cls_token.expand(len(image), -1, -1), places], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(self.dropout(tokens)))[:, 0])


class FeatureEmbedding(nn.Module):
    """A residual network whose feature map gives one token for each place.

    Args:
        config: sizes and choices of the whole model.

    Shapes: (B, C, H, W) to (B, N, D).
    """

    def __init__(self, config: CnnTransformerConfig) -> None:
        super().__init__()
        self.backbone = Backbone(config)
        self.proj = nn.Conv2d(self.backbone.out_channels, config.width, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return the tokens of each picture."""
        return self.proj(self.backbone(image)).flatten(2).transpose(1, 2)


class Backbone(nn.Module):
    """A residual network with standardized convolutions and group normalization, without an answer.

    Args:
        config: sizes and choices of the whole model.

    Shapes: (B, C, H, W) to (B, D, H / S, W / S), rounded up; S is 4 and doubles with each stage but the first.
    """

    def __init__(self, config: CnnTransformerConfig) -> None:
        super().__init__()
        convolution = StandardizedConv2d(config.in_channels, config.stem_width, kernel_size=7, stride=2)
        norm = nn.GroupNorm(config.num_groups, config.stem_width)
        self.stem = nn.Sequential(OrderedDict(conv=convolution, norm=norm, act=nn.ReLU(), pool=PoolToStride(3, 2)))
        self.stages = nn.Sequential()
        self.out_channels = config.stem_width
        for number, depth in enumerate(config.stage_depths):
            blocks = []
            for place in range(depth):
                stride = 2 if number and not place else 1
                block = Bottleneck(self.out_channels, config.stem_width * 2**number, stride, config.num_groups)
                self.out_channels = block.out_channels
                blocks.append(block)
            self.stages.append(nn.Sequential(OrderedDict(blocks=nn.Sequential(*blocks))))

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map."""
        return self.stages(self.stem(image))


class PoolToStride(nn.Module):
    """The greatest value of each window, which reaches over the edges so that no place is left out.

    Args:
        kernel_size: side of the window.
        stride: places that the window moves on.

    Shapes: (B, D, H, W) to (B, D, H / stride, W / stride), rounded up.
    """

    def __init__(self, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x: Tensor) -> Tensor:
        """Return the smaller feature map."""
        return F.max_pool2d(pad_to_stride(x, self.kernel_size, self.stride, value=-inf), self.kernel_size, self.stride)


class Bottleneck(nn.Module):
    """Three convolutions, the middle one on fewer channels, whose answer is added to the input.

    Args:
        in_channels: of the input.
        inner_channels: of the convolution in the middle; four times as many leave the block.
        stride: 2 halves the feature map, 1 keeps it.
        num_groups: groups of channels that are normalized together.

    Shapes: (B, D, H, W) to (B, 4 * inner_channels, H / stride, W / stride), rounded up.
    """

    def __init__(self, in_channels: int, inner_channels: int, stride: int, num_groups: int) -> None:
        super().__init__()
        self.out_channels = EXPANSION * inner_channels
        self.conv1 = StandardizedConv2d(in_channels, inner_channels, kernel_size=1)
        self.norm1 = nn.GroupNorm(num_groups, inner_channels)
        self.conv2 = StandardizedConv2d(inner_channels, inner_channels, kernel_size=3, stride=stride)
        self.norm2 = nn.GroupNorm(num_groups, inner_channels)
        self.conv3 = StandardizedConv2d(inner_channels, self.out_channels, kernel_size=1)
        self.norm3 = nn.GroupNorm(num_groups, self.out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or in_channels != self.out_channels:
            shortcut = StandardizedConv2d(in_channels, self.out_channels, kernel_size=1, stride=stride)
            self.downsample = nn.Sequential(OrderedDict(conv=shortcut, norm=nn.GroupNorm(num_groups, self.out_channels)))

    def forward(self, x: Tensor) -> Tensor:
        """Return the feature map, changed."""
        inner = F.relu(self.norm1(self.conv1(x)))
        inner = F.relu(self.norm2(self.conv2(inner)))
        return F.relu(self.norm3(self.conv3(inner)) + self.downsample(x))


TINY = {"stage_depths": (1,), "stem_width": 8, "num_groups": 4, "width": 32, "depth": 2, "num_heads": 4, "hidden_factor": 2.0}
MODELS = {
    "cnn-transformer": Architecture(CnnTransformer, CnnTransformerConfig, reads="image", least_pixels=32, is_centred=True),
    "cnn-transformer-tiny": Architecture(CnnTransformer, CnnTransformerConfig, reads="image", sizes=TINY, least_pixels=4),
}
