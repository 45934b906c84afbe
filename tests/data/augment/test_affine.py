"""Affine sampling agrees with Pillow and with a bilinear sum written out."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from data.augment.hand_drawn import difference, from_pil, random_pictures, smooth_pictures, stream, to_pil
from espalier.data.augment.affine import Affine, source_of, warp
from espalier.data.augment.pixels import uniform
from espalier.data.augment.resized_crop import ResizedCrop

STILL = {"degrees": 0.0, "scale": (1.0, 1.0), "shear_degrees": 0.0, "translate_fraction": 0.0}


def numbers(*values):
    return [torch.tensor([value]) for value in values]


def sample_by_hand(picture, source):
    """Return one picture (C, H, W) sampled bilinearly with zeros outside, pixel by pixel."""
    channels, height, width = picture.shape
    result = np.zeros(picture.shape)
    for i in range(height):
        for j in range(width):
            x, y = source @ np.array([j + 0.5 - width / 2, i + 0.5 - height / 2, 1.0])
            x, y = x + width / 2 - 0.5, y + height / 2 - 0.5
            for row in (math.floor(y), math.floor(y) + 1):
                for column in (math.floor(x), math.floor(x) + 1):
                    if 0 <= row < height and 0 <= column < width:
                        weight = (1 - abs(y - row)) * (1 - abs(x - column))
                        result[:, i, j] += weight * picture[:, row, column]
    return result


def test_sampling_agrees_with_sums_written_out():
    image = random_pictures(num=3, height=7, width=9)
    turn, size, shear = torch.tensor([0.3, -1.0, 2.0]), torch.tensor([1.2, 0.8, 1.0]), torch.tensor([0.2, 0.0, -0.4])
    source = source_of(turn, size, shear, torch.tensor([1.5, 0.0, -2.0]), torch.tensor([0.0, 2.2, 1.0]))
    result = warp(image, source, "zero")
    for picture, changed, matrix in zip(image.numpy(), result.numpy(), source.double().numpy(), strict=True):
        assert np.abs(changed - sample_by_hand(picture, matrix)).max() <= 0.51


def test_the_way_back_undoes_stretching_slanting_turning_and_moving_in_that_order():
    turn, size, shear, right, down = 0.4, 1.3, 0.25, 3.0, -2.0
    stretch = np.diag([size, size])
    slant = np.array([[1.0, -shear], [0.0, 1.0]])  # up is -y, so up goes to the right
    rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])  # y points down
    source = source_of(*numbers(turn, size, shear, right, down))[0].double().numpy()
    for point in ([0.0, 0.0], [5.0, 1.0], [-2.0, 7.0]):
        moved = rotation @ slant @ stretch @ np.array(point) + [right, down]
        assert np.allclose(source @ [*moved, 1.0], point, atol=1e-5)


@pytest.mark.parametrize("degrees", [10.0, -37.0, 90.0])
def test_turning_agrees_with_pillow(degrees):
    image = smooth_pictures(num=1)
    result = warp(image, source_of(*numbers(math.radians(degrees), 1.0, 0.0, 0.0, 0.0)), "zero")
    expected = from_pil(to_pil(image[0]).rotate(degrees, resample=Image.Resampling.BILINEAR))
    assert difference(result[0], expected)[:, 6:-6, 6:-6].max() <= 1


def test_moving_by_whole_pixels_copies_them():
    image = random_pictures(num=1, height=6, width=8)
    result = warp(image, source_of(*numbers(0.0, 1.0, 0.0, 2.0, 1.0)), "zero")
    assert torch.equal(result[:, :, 1:, 2:], image[:, :, :-1, :-2])
    assert result[:, :, 0].max() == 0
    assert result[:, :, :, :2].max() == 0


def test_what_is_outside_is_black_mirrored_or_the_border():
    image = random_pictures(num=1, height=4, width=6)
    source = source_of(*numbers(0.0, 1.0, 0.0, 2.0, 0.0))
    assert warp(image, source, "zero")[..., :2].max() == 0
    assert torch.equal(warp(image, source, "replicate")[..., :2], image[..., :1].expand(-1, -1, -1, 2))
    assert torch.equal(warp(image, source, "reflect")[..., :2], image[..., :2].flip(3))


@pytest.mark.parametrize("size", [(12, 10), (33, 32), (224, 7)])
def test_nothing_drawn_changes_no_bit(size):
    image = random_pictures(height=size[0], width=size[1])
    for fill in ("zero", "reflect", "replicate"):
        assert torch.equal(Affine(**STILL, fill=fill).apply(image, stream()), image)
    assert torch.equal(ResizedCrop(area_fraction=(1.0, 1.0), ratio=(size[1] / size[0],) * 2).apply(image, stream()), image)


def test_a_resized_crop_agrees_with_pillow():
    image = smooth_pictures(num=4, height=20, width=30)
    _, _, x, y = uniform([(0.25, 0.25), (0.0, 0.0), (-0.5, 0.5), (-0.5, 0.5)], image, stream(2))
    result = ResizedCrop(area_fraction=(0.25, 0.25), ratio=(1.5, 1.5)).apply(image, stream(2))
    for index in range(4):
        left, top = 7.5 + 15 * float(x[index]), 5 + 10 * float(y[index])  # a window of 15 x 10
        box = (left, top, left + 15, top + 10)
        expected = from_pil(to_pil(image[index]).resize((30, 20), Image.Resampling.BILINEAR, box=box))
        assert difference(result[index], expected)[:, 2:-2, 2:-2].max() <= 1


def test_a_part_never_reaches_outside_the_picture():
    image = torch.full((500, 1, 9, 9), 200, dtype=torch.uint8)
    assert (ResizedCrop(area_fraction=(0.01, 1.0), ratio=(0.2, 5.0)).apply(image, stream()) == 200).all()
