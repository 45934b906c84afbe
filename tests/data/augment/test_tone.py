"""Maps of values agree with Pillow."""

import pytest
import torch
from PIL import ImageEnhance, ImageOps

from data.augment.hand_drawn import difference, from_pil, random_pictures, smooth_pictures, to_pil
from espalier.data.augment.tone import autocontrast, equalize, posterize, sharpen, solarize

PICTURES = {
    "random": random_pictures(height=40, width=30),
    "grey": random_pictures(channels=1, height=40, width=30),
    "smooth": smooth_pictures(height=64, width=48),
    "dark": random_pictures(height=40, width=30) // 5 + 20,
    "even": torch.full((2, 3, 8, 8), 93, dtype=torch.uint8),
    "small": random_pictures(height=3, width=4),
}


def by_pillow(image, change):
    return torch.stack([from_pil(change(to_pil(picture))) for picture in image])


def every(image, number):
    return torch.full((len(image),), number)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("bits", [1, 3, 8])
def test_posterize_agrees_with_pillow(name, bits):
    image = PICTURES[name]
    assert torch.equal(posterize(image, every(image, bits)), by_pillow(image, lambda one: ImageOps.posterize(one, bits)))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("threshold", [0, 100, 255, 256])
def test_solarize_agrees_with_pillow(name, threshold):
    image = PICTURES[name]
    assert torch.equal(
        solarize(image, every(image, threshold)), by_pillow(image, lambda one: ImageOps.solarize(one, threshold))
    )


@pytest.mark.parametrize("name", PICTURES)
def test_autocontrast_agrees_with_pillow(name):
    image = PICTURES[name]
    assert difference(autocontrast(image), by_pillow(image, ImageOps.autocontrast)).max() <= 1  # Pillow cuts off 254.999...


@pytest.mark.parametrize("name", PICTURES)
def test_equalize_agrees_with_pillow(name):
    image = PICTURES[name]
    assert torch.equal(equalize(image), by_pillow(image, ImageOps.equalize))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.9])
def test_sharpen_agrees_with_pillow(name, factor):
    image = PICTURES[name]
    result = sharpen(image.float(), every(image, factor)).round().clamp(0, 255).to(torch.uint8)
    assert difference(result, by_pillow(image, lambda one: ImageEnhance.Sharpness(one).enhance(factor))).max() <= 1


def test_each_picture_has_its_own_number():
    image = PICTURES["random"][:2]
    assert torch.equal(posterize(image, torch.tensor([8, 2])), torch.stack([image[0], image[1] & 0b11000000]))
    assert torch.equal(solarize(image, torch.tensor([256, 0])), torch.stack([image[0], 255 - image[1]]))
