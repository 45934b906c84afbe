"""TrivialAugment and RandAugment: each operation, alone, is the tensor operation of its name."""

import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from data.augment.hand_drawn import difference, from_pil, random_pictures, smooth_pictures, stream, to_pil
from espalier.data.augment.operations import FAMILIES, OPERATIONS, Drawn, operate
from espalier.data.augment.rand_augment import RandAugment
from espalier.data.augment.trivial_augment import NUM_STRENGTHS, SPACES, TrivialAugment

NARROW, WIDE = SPACES["narrow"], SPACES["wide"]


def moved(one, *matrix):
    """Return Pillow's picture sampled at x' = a x + b y + c, y' = d x + e y + f about its middle."""
    a, b, c, d, e, f = matrix
    x, y = one.width / 2, one.height / 2
    about = (a, b, c + x - a * x - b * y, d, e, f + y - d * x - e * y)
    return one.transform(one.size, Image.Transform.AFFINE, about, resample=Image.Resampling.BILINEAR)


BY_PILLOW = {
    "identity": lambda one, s: one,
    "autocontrast": lambda one, s: ImageOps.autocontrast(one),
    "equalize": lambda one, s: ImageOps.equalize(one),
    "rotate": lambda one, s: one.rotate(30 * s, resample=Image.Resampling.BILINEAR),
    "solarize": lambda one, s: ImageOps.solarize(one, math.ceil(256 * (1 - abs(s)))),
    "saturation": lambda one, s: ImageEnhance.Color(one).enhance(1 + 0.9 * s),
    "posterize": lambda one, s: ImageOps.posterize(one, 8 - round(4 * abs(s))),
    "contrast": lambda one, s: ImageEnhance.Contrast(one).enhance(1 + 0.9 * s),
    "brightness": lambda one, s: ImageEnhance.Brightness(one).enhance(1 + 0.9 * s),
    "sharpness": lambda one, s: ImageEnhance.Sharpness(one).enhance(1 + 0.9 * s),
    "shear-x": lambda one, s: moved(one, 1, 0.3 * s, 0, 0, 1, 0),
    "shear-y": lambda one, s: moved(one, 1, 0, 0, 0.3 * s, 1, 0),
    "translate-x": lambda one, s: moved(one, 1, 0, -10 * s, 0, 1, 0),
    "translate-y": lambda one, s: moved(one, 1, 0, 0, 0, 1, -10 * s),
}


def drawn(image, name, strength, ranges):
    return Drawn(torch.full((len(image),), OPERATIONS.index(name)), torch.full((len(image),), strength), ranges)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("strength", [1.0, -0.6])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_operation_agrees_with_pillow(name, strength, channels):
    image = smooth_pictures(channels=channels, height=40, width=36)
    result = operate(image, drawn(image, name, strength, NARROW))
    for before, after in zip(image, result, strict=True):
        expected = from_pil(BY_PILLOW[name](to_pil(before), strength))
        assert difference(after, expected)[:, 12:-12, 12:-12].max() <= 2


def test_every_operation_belongs_to_one_family():
    assert sorted(["identity", *(name for names, _ in FAMILIES for name in names)]) == sorted(OPERATIONS)


def test_a_batch_of_many_operations_is_each_picture_on_its_own():
    image = random_pictures(num=60, height=16, width=16)
    operation = torch.randint(len(OPERATIONS), (60,), generator=stream(1))
    strength = torch.rand(60, generator=stream(2)) * 2 - 1
    whole = operate(image, Drawn(operation, strength, WIDE))
    for index in range(60):
        part = slice(index, index + 1)
        alone = operate(image[part], Drawn(operation[part], strength[part], WIDE))
        assert difference(alone, whole[part]).max() <= 1


def test_strength_0_changes_nothing_but_what_has_no_strength():
    image = random_pictures()
    for name in OPERATIONS:
        same = torch.equal(operate(image, drawn(image, name, 0.0, WIDE)), image)
        assert same or name in ("autocontrast", "equalize")


def test_no_operation_changes_nothing():
    image = random_pictures()
    assert torch.equal(RandAugment(num_operations=0).apply(image, stream()), image)


def test_trivial_augment_draws_every_operation_and_strength_evenly(monkeypatch):
    seen = {}

    def spy(image, drawn):
        seen["drawn"] = drawn
        return image

    monkeypatch.setattr("espalier.data.augment.trivial_augment.operate", spy)
    TrivialAugment().apply(torch.zeros(14_000, 1, 1, 1, dtype=torch.uint8), stream())
    counts = np.bincount(seen["drawn"].operation.numpy(), minlength=14)
    assert counts.min() > 850
    levels = (seen["drawn"].strength.abs() * (NUM_STRENGTHS - 1)).round().long()
    assert torch.bincount(levels).min() > 350
    assert 0.48 < (seen["drawn"].strength > 0).float().mean() < 0.52


def test_rand_augment_does_as_many_operations_as_it_is_told(monkeypatch):
    strengths = []

    def spy(image, drawn):
        strengths.append(set(drawn.strength.abs().tolist()))
        return image

    monkeypatch.setattr("espalier.data.augment.rand_augment.operate", spy)
    RandAugment(num_operations=3, magnitude=15).apply(random_pictures(), stream())
    assert strengths == [{0.5}] * 3


def test_wide_moves_are_never_more_than_the_picture():
    image = torch.full((1, 1, 20, 20), 255, dtype=torch.uint8)
    assert operate(image, drawn(image, "translate-x", 1.0, WIDE)).max() == 0
    assert operate(image, drawn(image, "translate-x", 0.5, WIDE))[..., 10:].min() == 255
