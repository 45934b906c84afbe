"""Noise, blur and cutout agree with versions written out in NumPy and SciPy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from data.augment.hand_drawn import random_pictures, stream
from espalier.data.augment.blur import Blur
from espalier.data.augment.cutout import Cutout
from espalier.data.augment.noise import Noise
from espalier.data.augment.pixels import uniform, whole


def test_noise_is_the_picture_plus_scaled_normal_numbers():
    image = random_pictures()
    draws = stream(4)
    (std,) = uniform([(0.0, 0.1)], image, draws)
    drawn = torch.randn(image.shape, generator=draws)
    expected = (image + drawn * 255 * std[:, None, None, None]).clamp(0, 255)
    assert ((Noise(0.1).apply(image, stream(4)) - expected).abs() <= 0.501).all()


def test_the_deviation_of_noise_reaches_from_0_to_the_option():
    image = torch.full((200, 1, 30, 30), 128, dtype=torch.uint8)
    deviations = Noise(0.1).apply(image, stream()).float().std(dim=(1, 2, 3)) / 255
    assert deviations.min() < 0.005
    assert 0.095 < deviations.max() < 0.105
    assert abs(deviations.mean() - 0.05) < 0.005


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("size", [(20, 14), (3, 2)])
def test_blur_agrees_with_scipy(sigma, size):
    image = random_pictures(height=size[0], width=size[1])
    radius = int(np.ceil(3 * sigma))
    expected = image.double().numpy()
    for axis in (2, 3):
        expected = gaussian_filter1d(expected, sigma, axis=axis, mode="nearest", radius=radius)
    result = Blur(sigma_pixels=(sigma, sigma), probability=1.0).apply(image, stream()).numpy()
    assert np.abs(result - expected).max() <= 0.501


def test_each_picture_has_a_bell_of_its_own_and_some_stay_sharp():
    image = random_pictures(num=1).expand(30, -1, -1, -1)
    result = Blur(sigma_pixels=(0.5, 2.0)).apply(image, stream())
    sharp = (result == image).flatten(1).all(dim=1)
    assert 5 < sharp.sum() < 25
    assert len({picture.numpy().tobytes() for picture in result[~sharp]}) == int((~sharp).sum())


def test_a_bell_without_width_changes_no_bit():
    image = random_pictures()
    assert torch.equal(Blur(sigma_pixels=(0.0, 0.0), probability=1.0).apply(image, stream()), image)
    assert torch.equal(Blur(probability=0.0).apply(image, stream()), image)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("fill", ["mean", "black", "grey"])
def test_cutout_hides_a_square_cut_at_the_border(channels, fill):
    image = random_pictures(num=12, channels=channels, height=10, width=8)
    draws = stream(9)
    uniform([(0.0, 1.0)], image, draws)
    middles = zip(whole(10, image, draws).tolist(), whole(8, image, draws).tolist(), strict=True)
    result = Cutout(size_fraction=0.5, fill=fill).apply(image, stream(9)).numpy()
    light = slice(0, 3 if channels == 4 else channels)
    for before, after, (y, x) in zip(image.numpy(), result, middles, strict=True):
        expected = before.copy()
        hiding = {"mean": before[light].mean(axis=(1, 2), keepdims=True).round(), "black": 0, "grey": 128}[fill]
        expected[light, max(y - 2, 0) : y + 2, max(x - 2, 0) : x + 2] = hiding
        assert np.array_equal(after, expected)


def test_cutout_of_no_size_or_no_picture_changes_no_bit():
    image = random_pictures()
    assert torch.equal(Cutout(size_fraction=0.0).apply(image, stream()), image)
    assert torch.equal(Cutout(probability=0.0).apply(image, stream()), image)
