"""Views agree with NumPy line by line, and are those that training made likely."""

import numpy as np
import pytest
import torch

from data.augment.hand_drawn import random_pictures
from espalier.data.augment.colour import Colour
from espalier.data.augment.crop import Crop
from espalier.data.augment.flip import Flip
from espalier.data.augment.views import View, views_of

FILLS = {"zero": {"mode": "constant"}, "reflect": {"mode": "reflect"}, "replicate": {"mode": "edge"}}


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, -3), (-1, 2)])
def test_a_shifted_picture_is_a_window_of_the_padded_one(fill, layout, down, right):
    image = random_pictures(num=3, height=9, width=7).contiguous(memory_format=layout)
    height, width = image.shape[2:]
    padded = np.pad(image.numpy(), [(0, 0), (0, 0), (4, 4), (4, 4)], **FILLS[fill])
    expected = padded[:, :, 4 - down : 4 - down + height, 4 - right : 4 - right + width]
    seen = View(down, right, fill).apply(image)
    np.testing.assert_array_equal(seen.numpy(), expected)
    assert seen.is_contiguous(memory_format=layout)


def test_a_mirrored_view_is_the_mirror_image():
    image = random_pictures()
    np.testing.assert_array_equal(View(mirrored=("horizontal",)).apply(image).numpy(), image.numpy()[..., ::-1])
    np.testing.assert_array_equal(View(mirrored=("vertical",)).apply(image).numpy(), image.numpy()[:, :, ::-1])


def test_the_picture_as_it_is_comes_first():
    image = random_pictures()
    assert views_of([Flip(), Crop(4, "reflect")])[0].apply(image) is image


def test_pictures_are_mirrored_only_where_training_mirrored_them():
    assert not any(view.mirrored for view in views_of([Crop(4), Colour()]))
    assert not any(view.mirrored for view in views_of([Flip(probability=0), Crop(4)]))
    assert {view.mirrored for view in views_of([Flip(), Flip("vertical")])} == {(), ("horizontal",), ("vertical",)}


def test_views_lie_half_as_far_out_as_training_shifted():
    assert {(view.down, view.right) for view in views_of([Crop(5)])} == {(0, 0), (-3, -3), (-3, 3), (3, -3), (3, 3)}
