"""Crops agree with NumPy's padding and slicing, picture by picture."""

import numpy as np
import pytest
import torch

from data.augment.hand_drawn import random_pictures, stream
from espalier.core.errors import InputError
from espalier.data.augment.crop import Crop
from espalier.data.augment.pixels import whole

MODES = {"zero": "constant", "reflect": "reflect", "replicate": "edge"}


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_each_picture_is_a_window_of_its_padded_self(fill, channels, layout):
    image = random_pictures(num=16, channels=channels, height=7, width=9).contiguous(memory_format=layout)
    draws = stream(5)
    top, left = whole(7, image, draws), whole(7, image, draws)
    result = Crop(padding=3, fill=fill).apply(image, stream(5))
    assert len(set(top.tolist())) > 3
    for index, (y, x) in enumerate(zip(top.tolist(), left.tolist(), strict=True)):
        padded = np.pad(image[index].numpy(), ((0, 0), (3, 3), (3, 3)), mode=MODES[fill])
        assert np.array_equal(result[index].numpy(), padded[:, y : y + 7, x : x + 9])


def test_every_place_is_drawn_about_equally_often():
    image = torch.zeros(5000, 1, 5, 5, dtype=torch.uint8)
    image[:, :, 2, 2] = 1
    counts = Crop(padding=1).apply(image, stream()).sum(dim=0)[0, 1:4, 1:4]
    assert counts.sum() == 5000
    assert ((counts - 5000 / 9).abs() < 90).all()


def test_no_padding_changes_nothing():
    image = random_pictures()
    assert torch.equal(Crop(padding=0).apply(image, stream()), image)


def test_padding_wider_than_the_picture_is_refused_only_for_mirrors():
    image = random_pictures(height=4, width=9)
    with pytest.raises(
        InputError, match=r"reflect 4 pixels of pictures of 4 x 9.*padding to at most 3, or its fill to replicate"
    ):
        Crop(padding=4, fill="reflect").apply(image, stream())
    assert Crop(padding=4, fill="replicate").apply(image, stream()).shape == image.shape
