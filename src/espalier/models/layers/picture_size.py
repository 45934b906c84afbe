"""Checks of a model that is built for pictures of one size."""

from torch import Tensor

from espalier.models.layers.options import check_count


def check_image_size(image_size: tuple[int, int]) -> None:
    """Refuse what is no height and width.

    Args:
        image_size: height and width in pixels, each 1 or more.

    Raises:
        ValueError: with a sentence about the option.
    """
    if not isinstance(image_size, tuple) or len(image_size) != 2:
        raise ValueError(f"image_size is {image_size!r}, expected height and width in pixels, for example [32, 32]")
    for name, side in zip(("height", "width"), image_size, strict=True):
        check_count(f"the {name} in image_size", side)


def check_size_of(image: Tensor, image_size: tuple[int, int]) -> None:
    """Refuse pictures of another size than a model was built for.

    Args:
        image: (B, C, H, W).
        image_size: H and W that are expected.

    Raises:
        ValueError: with both sizes.
    """
    if tuple(image.shape[-2:]) != tuple(image_size):
        given, wanted = ("x".join(map(str, size)) for size in (image.shape[-2:], image_size))
        raise ValueError(
            f"the pictures are {given} pixels (height x width), this model was built for {wanted}: resize them, or build it "
            "for their size"
        )
