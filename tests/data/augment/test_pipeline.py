"""A pipeline does its steps in order, and draws the same for the same seed, epoch and batch."""

import json

import pytest
import torch

from data.augment.hand_drawn import random_pictures, stream
from espalier.core.errors import UnknownNameError
from espalier.data.augment.crop import Crop
from espalier.data.augment.flip import Flip
from espalier.data.augment.mixup import Mixup
from espalier.data.augment.pipeline import Pipeline, stream_of

PIPELINE = Pipeline((Flip(), Crop(padding=2, fill="reflect")), Mixup(), num_classes=3)


def test_steps_act_one_after_another_on_one_stream():
    image, draws = random_pictures(), stream(1)
    expected = Crop(padding=2, fill="reflect").apply(Flip().apply(image, draws), draws)
    assert torch.equal(PIPELINE.apply(image, stream(1)), expected)


def test_an_empty_pipeline_changes_nothing():
    image, target = random_pictures(), torch.arange(6)
    assert Pipeline().apply(image, stream()) is image
    assert Pipeline().mix(image, target, stream()) == (image, target)


def test_mixing_blends_pictures_and_answers():
    image, target = PIPELINE.mix(random_pictures().float(), torch.tensor([0, 1, 2, 0, 1, 2]), stream())
    assert image.shape == (6, 3, 12, 10)
    assert target.shape == (6, 3)
    assert torch.allclose(target.sum(dim=1), torch.ones(6))


def test_chance_follows_from_seed_epoch_and_batch():
    image = random_pictures()
    one = PIPELINE.apply(image, stream_of(7, 1, 2))
    assert torch.equal(one, PIPELINE.apply(image, stream_of(7, 1, 2)))
    for other in ((8, 1, 2), (7, 2, 2), (7, 1, 3), (7, 2, 1)):
        assert not torch.equal(one, PIPELINE.apply(image, stream_of(*other)))


def test_a_pipeline_survives_json():
    assert Pipeline.from_mapping(json.loads(json.dumps(PIPELINE.to_mapping())), num_classes=3) == PIPELINE
    assert Pipeline.from_mapping({}) == Pipeline()
    assert Pipeline.from_mapping(Pipeline().to_mapping()) == Pipeline()


def test_a_wrong_step_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="no augmentation 'flp'. Did you mean 'flip'"):
        Pipeline.from_mapping({"steps": [{"name": "flp"}]})
