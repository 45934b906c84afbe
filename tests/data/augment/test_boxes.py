"""Boxes go where their pictures go: exactly under flips and shifts, and around what a turn leaves, for every augmentation."""

import numpy as np
import pytest
import torch

from data.augment.hand_drawn import random_pictures, stream
from espalier.data.augment.affine import Affine
from espalier.data.augment.augment import augmentations
from espalier.data.augment.boxes import black_outside, with_boxes, without_boxes
from espalier.data.augment.crop import Crop
from espalier.data.augment.flip import Flip
from espalier.data.augment.pipeline import Pipeline
from espalier.data.augment.resized_crop import ResizedCrop

HEIGHT, WIDTH = 24, 32


def drawn_boxes(num=64, seed=0):
    """Return boxes (N, 4) as shares, with sides between pixels."""
    random = np.random.default_rng(seed)
    low = random.uniform(0, 0.6, (num, 2))
    return torch.from_numpy(np.concatenate([low, low + random.uniform(0.15, 0.4, (num, 2))], axis=1)).float()


def moved(step, boxes, image=None):
    image = random_pictures(num=len(boxes), channels=3, height=HEIGHT, width=WIDTH) if image is None else image
    pipeline = Pipeline((step,), has_boxes=True)
    target = torch.cat([torch.arange(len(boxes))[:, None].float(), boxes], dim=1)
    return pipeline.apply_to_both(image, target, stream())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_box_survives_being_drawn_and_read_off_to_a_hundredth_of_a_pixel(channels, layout):
    image = random_pictures(num=64, channels=channels, height=HEIGHT, width=WIDTH).contiguous(memory_format=layout)
    boxes = drawn_boxes()
    plain, again = without_boxes(with_boxes(image, boxes))
    assert torch.equal(plain, image)
    assert (again - boxes).abs().max() < 0.01 / HEIGHT * 2


def test_a_flip_mirrors_the_box():
    boxes = drawn_boxes()
    _, target = moved(Flip(probability=1.0), boxes)
    expected = torch.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], dim=1)
    torch.testing.assert_close(target[:, 1:], expected, atol=1e-3, rtol=0)
    assert torch.equal(target[:, 0], torch.arange(64.0))


def test_a_shift_moves_the_box_as_it_moves_the_pixels():
    boxes = torch.tensor([[0.25, 0.25, 0.5, 0.5]]).expand(64, 4)
    image = torch.zeros(64, 3, HEIGHT, WIDTH, dtype=torch.uint8)
    image[:, :, 6:12, 8:16] = 255
    changed, target = moved(Crop(4), boxes, image)
    for picture, box in zip(changed[:, 0], target[:, 1:], strict=True):
        rows, columns = (torch.nonzero(picture.amax(dim)).flatten() for dim in (1, 0))
        seen = [columns[0] / WIDTH, rows[0] / HEIGHT, (columns[-1] + 1) / WIDTH, (rows[-1] + 1) / HEIGHT]
        assert box.tolist() == pytest.approx([float(one) for one in seen], abs=1e-3)


def test_what_is_cut_off_shortens_the_box_and_what_is_gone_is_not_a_number():
    image = torch.zeros(200, 3, 16, 16, dtype=torch.uint8)
    boxes = torch.tensor([[0.0, 0.0, 0.25, 0.25]]).expand(200, 4)
    _, target = moved(Crop(8), boxes, image)
    gone = target[:, 1:].isnan().all(dim=1)
    assert 0.2 < gone.float().mean() < 0.8
    there = target[~gone, 1:]
    assert (there[:, 2] > there[:, 0]).all() and (there >= 0).all() and (there <= 1).all()
    assert (there[:, 2] - there[:, 0]).min() < 0.25


@pytest.mark.parametrize("step", [Affine(degrees=30, scale=(0.8, 1.2)), ResizedCrop((0.5, 1.0))], ids=lambda one: one.name)
def test_a_warped_box_is_the_upright_box_around_what_is_seen(step):
    image = torch.zeros(48, 3, 48, 48, dtype=torch.uint8)
    boxes = torch.tensor([[0.3, 0.4, 0.6, 0.7]]).expand(48, 4)
    left, top, right, bottom = (round(one * 48) for one in boxes[0].tolist())
    image[:, :, top:bottom, left:right] = 255
    boxes = torch.tensor([[left, top, right, bottom]]).expand(48, 4) / 48
    changed, target = moved(step, boxes, image)
    for picture, box in zip(changed[:, 0], target[:, 1:], strict=True):
        bright = picture > 127
        rows, columns = (torch.nonzero(bright.any(dim)).flatten() for dim in (1, 0))
        seen = torch.tensor([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / 48
        assert (box - seen).abs().max() < 1.5 / 48


@pytest.mark.parametrize("name", sorted(augmentations()))
def test_every_augmentation_that_shows_nothing_twice_carries_boxes(name):
    step = augmentations()[name]()
    if not black_outside(step):
        return
    plain, target = moved(step, drawn_boxes(16))
    assert plain.shape == (16, 3, HEIGHT, WIDTH) and plain.dtype == torch.uint8
    boxes = target[:, 1:]
    assert (boxes.isnan() | ((boxes >= -1e-6) & (boxes <= 1 + 1e-6))).all()


def test_a_mirrored_border_would_show_a_box_twice():
    assert not black_outside(Crop(4, "reflect")) and black_outside(Crop(4)) and black_outside(Flip())
