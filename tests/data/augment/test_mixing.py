"""Mixing: pictures and answers are blended by the same share."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import beta, kstest

from data.augment.hand_drawn import random_pictures, stream
from espalier.core.errors import InputError, PlanError, UnknownNameError
from espalier.data.augment.augment import to_mapping
from espalier.data.augment.cutmix import CutMix
from espalier.data.augment.mixing import Mixing, beta_shares, mixing_from_mapping, mixings
from espalier.data.augment.mixup import Mixup

NAMES = sorted(mixings())
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def test_the_catalogue_holds_both():
    assert NAMES == ["cutmix", "mixup"]
    assert all(isinstance(kind(), Mixing) for kind in mixings().values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_mixed_pictures_keep_shape_type_and_layout_and_the_given_ones_stay(name, layout, kind, channels):
    image = random_pictures(channels=channels).to(kind).contiguous(memory_format=layout)
    before = image.clone()
    mixed = mixings()[name]().mix(image, stream())
    again = mixings()[name]().mix(image, stream())
    assert mixed.image.shape == image.shape
    assert mixed.image.dtype == kind
    assert mixed.image.is_contiguous(memory_format=layout)
    assert torch.equal(image, before)
    assert torch.equal(mixed.image, again.image)
    assert sorted(mixed.partner.tolist()) == list(range(len(image)))


@pytest.mark.parametrize("name", NAMES)
def test_blended_classes_are_probabilities(name):
    target = torch.tensor([0, 1, 2, 3, 1, 0])
    mixed = mixings()[name](alpha=1.0).mix(random_pictures(), stream())
    soft = mixed.target(target, num_classes=4)
    assert torch.allclose(soft.sum(dim=1), torch.ones(6))
    for row, own, partner, share in zip(soft, target, mixed.partner, mixed.share, strict=True):
        expected = np.zeros(4)
        expected[own] += float(share)
        expected[target[partner]] += 1 - float(share)
        assert np.allclose(row.numpy(), expected, atol=1e-6)


def test_numbers_and_labels_are_blended_as_they_are():
    mixed = Mixup(alpha=1.0).mix(random_pictures(), stream())
    numbers, labels = torch.arange(6.0), torch.eye(6)
    expected = mixed.share * numbers + (1 - mixed.share) * numbers[mixed.partner]
    assert torch.allclose(mixed.target(numbers), expected)
    assert torch.allclose(mixed.target(labels) @ numbers, expected)


def test_classes_without_their_number_are_refused():
    with pytest.raises(InputError, match="num_classes"):
        Mixup().mix(random_pictures(), stream()).target(torch.zeros(6, dtype=torch.int64))


def test_mixup_is_the_weighted_sum():
    image = random_pictures().float()
    mixed = Mixup(alpha=1.0).mix(image, stream())
    share = mixed.share[:, None, None, None]
    assert len(set(mixed.share.tolist())) == 6
    assert torch.allclose(mixed.image, share * image + (1 - share) * image[mixed.partner], atol=1e-3)


def test_cutmix_takes_a_rectangle_whose_area_is_the_share():
    image = torch.arange(200, dtype=torch.uint8)[:, None, None, None].expand(200, 1, 12, 9).contiguous()
    mixed = CutMix().mix(image, stream())
    for index, (picture, partner, share) in enumerate(zip(mixed.image[:, 0], mixed.partner, mixed.share, strict=True)):
        foreign = (picture != index).numpy()
        if int(partner) == index:
            continue
        assert abs((1 - foreign.mean()) - float(share)) < 1e-6
        rows, columns = np.flatnonzero(foreign.any(axis=1)), np.flatnonzero(foreign.any(axis=0))
        assert foreign.sum() == len(rows) * len(columns)
        assert (picture.numpy()[foreign] == int(partner)).all()


@pytest.mark.parametrize("alpha", [0.4, 1.0, 3.0])
def test_shares_follow_the_beta_distribution(alpha):
    shares = beta_shares(alpha, torch.zeros(4000, 1, 1, 1), stream()).numpy()
    assert kstest(shares, beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_a_mixing_survives_json(name):
    mixing = mixings()[name](alpha=0.7)
    assert mixing_from_mapping(json.loads(json.dumps(to_mapping(mixing)))) == mixing


def test_unknown_names_and_wrong_values_are_answered():
    with pytest.raises(UnknownNameError, match="no mixing 'mixupp'. Did you mean 'mixup'"):
        mixing_from_mapping({"name": "mixupp"})
    with pytest.raises(UnknownNameError, match="no mixup option 'alfa'. Did you mean 'alpha'"):
        mixing_from_mapping({"name": "mixup", "alfa": 1})
    with pytest.raises(PlanError, match="'cutmix': alpha is 0: .*greater than 0"):
        mixing_from_mapping({"name": "cutmix", "alpha": 0})
