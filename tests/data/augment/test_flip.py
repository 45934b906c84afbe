"""Flips agree with NumPy, picture by picture."""

import numpy as np
import pytest
import torch

from data.augment.hand_drawn import random_pictures, stream
from espalier.data.augment.flip import Flip
from espalier.data.augment.pixels import uniform


@pytest.mark.parametrize(("direction", "turned"), [("horizontal", np.fliplr), ("vertical", np.flipud)])
def test_chosen_pictures_are_mirrored_and_the_others_stay(direction, turned):
    image = random_pictures(num=20)
    (drawn,) = uniform([(0.0, 1.0)], image, stream(3))
    result = Flip(direction, probability=0.4).apply(image, stream(3))
    assert 0 < (drawn < 0.4).sum() < 20
    for before, after, number in zip(image, result, drawn.tolist(), strict=True):
        plain = before.permute(1, 2, 0).numpy()
        expected = turned(plain) if number < 0.4 else plain
        assert np.array_equal(after.permute(1, 2, 0).numpy(), expected)


def test_all_or_none_are_mirrored_at_the_ends_of_the_range():
    image = random_pictures()
    assert torch.equal(Flip(probability=1.0).apply(image, stream()), image.flip(3))
    assert torch.equal(Flip(probability=0.0).apply(image, stream()), image)


def test_about_half_are_mirrored():
    image = torch.zeros(2000, 1, 1, 2, dtype=torch.uint8)
    image[..., 0] = 1
    mirrored = Flip().apply(image, stream())[:, 0, 0, 1].float().mean()
    assert 0.46 < mirrored < 0.54
