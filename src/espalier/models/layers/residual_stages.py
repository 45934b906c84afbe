"""What the residual networks are put together from: the stem, and stages of blocks of which each halves the picture."""

from collections.abc import Callable, Mapping

from torch import nn

from espalier.models.layers.bottleneck_block import BottleneckBlock
from espalier.models.layers.options import check_choice, check_count
from espalier.models.layers.projection_shortcut import projection_shortcut
from espalier.models.layers.residual_block import ResidualBlock

BLOCKS: Mapping[str, type[ResidualBlock] | type[BottleneckBlock]] = {"basic": ResidualBlock, "bottleneck": BottleneckBlock}
STEMS = ("imagenet", "small")
NUM_STAGES = 4


def check_residual(block: str, num_blocks: tuple[int, ...], width: int, stem: str) -> None:
    """Refuse a residual network that cannot be built.

    Args:
        block: one of BLOCKS.
        num_blocks: blocks of each of the four stages, 1 or more.
        width: channels of the stem, 1 or more.
        stem: one of STEMS.

    Raises:
        ValueError: with a sentence about the option.
    """
    check_choice("block", block, BLOCKS)
    check_choice("stem", stem, STEMS)
    check_count("width", width)
    if len(num_blocks) != NUM_STAGES:
        raise ValueError(f"num_blocks is {num_blocks}, expected {NUM_STAGES} whole numbers, one for each stage")
    for count in num_blocks:
        check_count("a stage of num_blocks", count)


def build_stem(stem: str, in_channels: int, width: int) -> tuple[nn.Conv2d, nn.Module]:
    """Return the first convolution, and the pooling that follows its normalization.

    Args:
        stem: "imagenet" makes a quarter of height and width (He et al. 2015, arXiv 1512.03385, table 1); "small" keeps them,
            for pictures of some 32 pixels (section 4.2 there).
        in_channels: C.
        width: channels of the convolution.
    """
    if stem == "small":
        return nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=False), nn.Identity()
    first = nn.Conv2d(in_channels, width, kernel_size=7, stride=2, padding=3, bias=False)
    return first, nn.MaxPool2d(kernel_size=3, stride=2, padding=1)


def build_stages(
    block: str,
    num_blocks: tuple[int, ...],
    width: int,
    attention: Callable[[int], nn.Module] = nn.Identity,
    shortcut: Callable[[int, int, int], nn.Module] = projection_shortcut,
) -> list[nn.Sequential]:
    """Return the stages; each but the first halves height and width in its first block and doubles the channels.

    Args:
        block: one of BLOCKS.
        num_blocks: blocks of each stage.
        width: channels that come in, and those inside the blocks of the first stage.
        attention: called with a block's output channels; gives the module that weighs its correction.
        shortcut: called with a block's input channels, output channels and stride; gives the module around it.
    """
    build = BLOCKS[block]
    stages, in_channels = [], width
    for stage, count in enumerate(num_blocks):
        channels = width * 2**stage
        out_channels = build.expansion * channels
        blocks = nn.Sequential()
        for place in range(count):
            stride = 2 if stage > 0 and place == 0 else 1
            around = shortcut(in_channels, out_channels, stride)
            blocks.append(build(in_channels, channels, stride, attention(out_channels), around))
            in_channels = out_channels
        stages.append(blocks)
    return stages


def width_after(block: str, num_blocks: tuple[int, ...], width: int) -> int:
    """Return the channels that the last stage gives.

    Args:
        block: one of BLOCKS.
        num_blocks: blocks of each stage.
        width: channels inside the blocks of the first stage.
    """
    return BLOCKS[block].expansion * width * 2 ** (len(num_blocks) - 1)


def silence_corrections(module: nn.Module) -> None:
    """Set the gain of the last normalization of every block to zero, so that at first each block passes its input through.

    Paper: Goyal et al. 2017, arXiv 1706.02677, section 5.1.

    Args:
        module: changed in place.
    """
    for block in module.modules():
        if isinstance(block, ResidualBlock | BottleneckBlock):
            nn.init.zeros_(block.last_norm.weight)
