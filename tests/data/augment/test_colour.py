"""Changes of light agree with Pillow and with the colour spaces written out."""

import colorsys

import numpy as np
import pytest
import torch
from PIL import ImageEnhance

from data.augment.hand_drawn import difference, from_pil, random_pictures, stream, to_pil
from espalier.data.augment.colour import LUMA, YIQ, Colour, recolour

ENHANCERS = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}


def changed(image, brightness=1.0, contrast=1.0, saturation=1.0, hue=0.0):
    return recolour(image, *(torch.full((len(image),), value) for value in (brightness, contrast, saturation, hue)))


@pytest.mark.parametrize("option", ENHANCERS)
@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0, 1.7])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_factor_agrees_with_pillow(option, factor, channels):
    image = random_pictures(channels=channels)
    result = changed(image, **{option: factor})
    for before, after in zip(image, result, strict=True):
        expected = from_pil(ENHANCERS[option](to_pil(before)).enhance(factor))
        assert difference(after, expected).max() <= 2  # Pillow rounds luma and its mean, and cuts fractions off


def test_the_steps_follow_one_another_and_are_clipped_at_the_end():
    image = random_pictures(num=5)
    factors = torch.tensor([[0.5, 1.5, 0.2, 0.1], [1.2, 0.4, 1.9, -0.3], [1, 1, 1, 0.5], [1, 1, 0, 0], [2, 0.1, 1, 0.25]])
    result = recolour(image, *factors.T)
    to_yiq = np.array(YIQ)
    for picture, after, (brightness, contrast, saturation, hue) in zip(
        image.double().numpy(), result.numpy(), factors.double().numpy(), strict=True
    ):
        values = picture.reshape(3, -1) * brightness
        values = contrast * values + (1 - contrast) * (np.array(LUMA) @ values).mean()
        values = saturation * values + (1 - saturation) * (np.array(LUMA) @ values)
        luma, i, q = to_yiq @ values
        chroma = (i + 1j * q) * np.exp(2j * np.pi * hue)
        values = np.linalg.inv(to_yiq) @ np.stack([luma, chroma.real, chroma.imag])
        assert np.abs(after.reshape(3, -1) - values.clip(0, 255)).max() <= 0.51


def test_the_luma_is_that_of_the_standard_library():
    for red, green, blue in ((1.0, 0.0, 0.0), (0.2, 0.7, 0.1), (0.3, 0.3, 0.9)):
        assert np.allclose(np.array(YIQ) @ [red, green, blue], colorsys.rgb_to_yiq(red, green, blue), atol=0.02)


def test_hue_keeps_grey_and_turns_red_towards_green_and_on_to_blue():
    grey = torch.full((1, 3, 2, 2), 77, dtype=torch.uint8)
    assert torch.equal(changed(grey, hue=0.37), grey)
    red = torch.tensor([120, 60, 60], dtype=torch.uint8).view(1, 3, 1, 1)
    assert sorted(int(changed(red, hue=turn).argmax(dim=1)) for turn in (-1 / 3, 0.0, 1 / 3)) == [0, 1, 2]


def test_a_whole_turn_of_the_hue_changes_nothing():
    image = random_pictures()
    assert difference(changed(image, hue=1.0), image).max() <= 1


def test_no_change_changes_no_bit():
    image = random_pictures()
    assert torch.equal(Colour(0.0, 0.0, 0.0, 0.0).apply(image, stream()), image)


def test_brightness_is_drawn_evenly_from_its_range():
    image = torch.full((2000, 1, 1, 1), 100, dtype=torch.uint8)
    values = Colour(brightness=0.5, contrast=0.0).apply(image, stream()).float()
    assert values.min() >= 50
    assert values.max() <= 150
    assert abs(values.mean() - 100) < 2
    assert abs(values.std() - 100 / 12**0.5) < 1


def test_saturation_and_hue_leave_grey_pictures_as_they_are():
    image = random_pictures(channels=1)
    assert torch.equal(Colour(brightness=0.0, contrast=0.0, saturation=1.0, hue=0.5).apply(image, stream()), image)
