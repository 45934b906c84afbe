"""Batches of pictures: the same ones whenever the same epoch is asked for, augmented, normalised and channels_last."""

import numpy as np
import pytest
import torch

from data.augment.hand_drawn import random_pictures
from espalier.core.batch import Batches
from espalier.core.errors import InputError
from espalier.data.augment.crop import Crop
from espalier.data.augment.flip import Flip
from espalier.data.augment.mixup import Mixup
from espalier.data.augment.pipeline import Pipeline, stream_of
from espalier.data.batches import TensorBatches
from espalier.data.image_batches import ImageBatches, Normalize

NORMALIZE = Normalize((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
AUGMENTED = Pipeline((Flip(), Crop(padding=2)))


def some_batches(num=11, batch_size=4, seed=3, pipeline=AUGMENTED, rows=True):
    image, target = random_pictures(num=num), torch.arange(num) % 3
    row = torch.arange(num) + 100 if rows else None
    return ImageBatches(image, target, row, batch_size=batch_size, seed=seed, normalize=NORMALIZE, pipeline=pipeline)


def same(one, other):
    parts = [(one.inputs[0], other.inputs[0]), (one.target, other.target), (one.rows, other.rows)]
    return all(torch.equal(a, b) for a, b in parts)


def test_they_are_batches():
    assert isinstance(some_batches(), Batches)


def test_the_order_is_that_of_tensor_batches():
    image, target, rows = random_pictures(num=11), torch.arange(11), torch.arange(11)
    plain = TensorBatches((image,), target, rows, batch_size=4, seed=5)
    ours = ImageBatches(image, target, rows, batch_size=4, seed=5, normalize=NORMALIZE)
    for one, other in zip(plain.epoch(2), ours.epoch(2), strict=True):
        assert torch.equal(one.rows, other.rows)
        assert torch.equal(one.target, other.target)
        assert torch.equal(NORMALIZE.apply(one.inputs[0]), other.inputs[0])


def test_an_epoch_repeats_and_another_differs():
    batches = some_batches()
    assert all(map(same, batches.epoch(1), batches.epoch(1)))
    assert all(map(same, batches.epoch(1), some_batches().epoch(1)))
    assert not any(map(same, batches.epoch(1), batches.epoch(2)))


@pytest.mark.parametrize("start", [0, 1, 2, 3])
@pytest.mark.parametrize("mixing", [None, Mixup(alpha=1.0)])
def test_an_epoch_goes_on_in_the_middle_with_the_same_bits(start, mixing):
    pipeline = Pipeline(AUGMENTED.steps, mixing, num_classes=3)
    whole = list(some_batches(pipeline=pipeline).epoch(4))
    rest = list(some_batches(pipeline=pipeline).epoch(4, start=start))
    assert len(rest) == len(whole) - start
    assert all(map(same, whole[start:], rest))


def test_each_picture_goes_with_its_target_and_row_through_the_pipeline():
    batches = some_batches()
    for number, batch in enumerate(batches.epoch(1)):
        places = batch.rows - 100
        image = AUGMENTED.apply(batches.image[places], stream_of(3, 1, number))
        assert torch.equal(batch.target, places % 3)
        assert torch.equal(batch.inputs[0], NORMALIZE.apply(image))


def test_every_row_is_seen_once_but_a_last_single_one():
    for num, counts in ((11, [4, 4, 3]), (9, [4, 4]), (8, [4, 4]), (1, [1])):
        batches = some_batches(num=num)
        seen = [len(batch.rows) for batch in batches.epoch(0)]
        assert seen == counts
        assert len(batches) == len(counts)
    rows = torch.cat([batch.rows for batch in some_batches().epoch(0)])
    assert sorted(rows.tolist()) == list(range(100, 111))


def test_without_a_seed_the_order_is_kept_and_nothing_is_augmented():
    batches = some_batches(seed=None, pipeline=Pipeline())
    inputs = torch.cat([batch.inputs[0] for batch in batches.epoch(0)])
    assert torch.equal(inputs, NORMALIZE.apply(batches.image))
    assert [batch.rows.tolist() for batch in batches.epoch(0)][0] == [100, 101, 102, 103]


def test_without_rows_none_are_given():
    assert next(some_batches(rows=False).epoch(0)).rows is None


def test_mixed_targets_are_probabilities():
    batches = some_batches(pipeline=Pipeline((), Mixup(alpha=1.0), num_classes=3))
    for batch in batches.epoch(0):
        assert batch.target.shape == (len(batch.rows), 3)
        assert torch.allclose(batch.target.sum(dim=1), torch.ones(len(batch.rows)))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_normalizing_agrees_with_numpy_and_is_channels_last(channels, layout):
    image = random_pictures(channels=channels).contiguous(memory_format=layout)
    mean, std = (0.1, 0.5, 0.7, 0.9)[:channels], (0.3, 0.05, 0.25, 1.0)[:channels]
    result = Normalize(mean, std).apply(image)
    expected = (image.numpy() / 255 - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))
    assert result.dtype == torch.float32
    assert result.is_contiguous(memory_format=torch.channels_last)
    assert np.allclose(result.numpy(), expected, atol=1e-5)


def test_wrong_inputs_are_refused():
    image, target = random_pictures(), torch.arange(6)
    with pytest.raises(InputError, match=r"one length above 0, got lengths \[5, 6\]"):
        ImageBatches(image, target[:5], batch_size=2, seed=0, normalize=NORMALIZE)
    with pytest.raises(InputError, match="the seed is None"):
        ImageBatches(image, target, batch_size=2, seed=None, normalize=NORMALIZE, pipeline=AUGMENTED)
    with pytest.raises(InputError, match="uint8 pictures"):
        ImageBatches(image.float(), target, batch_size=2, seed=0, normalize=NORMALIZE)
    with pytest.raises(InputError, match="Pictures of 3 channels cannot be normalised with 1 mean"):
        next(ImageBatches(image, target, batch_size=2, seed=0, normalize=Normalize((0.5,), (0.5,))).epoch(0))
    with pytest.raises(InputError, match="one mean and one std above 0"):
        Normalize((0.5,), (0.0,))
