"""Every augmentation: what it keeps, what it draws from, and that plain values describe it."""

import dataclasses
import json

import pytest
import torch

from data.augment.hand_drawn import difference, random_pictures, stream
from espalier.core.errors import InputError, PlanError, UnknownNameError
from espalier.data.augment.augment import Augmentation, augmentation_from_mapping, augmentations, to_mapping

NAMES = sorted(augmentations())
MOVING = ("affine", "crop", "flip", "rand-augment", "resized-crop", "trivial-augment")  # alpha goes with the picture
LAYOUTS = {"planes": torch.contiguous_format, "channels last": torch.channels_last}
SIZES = [(12, 10), (5, 9), (32, 32)]


def made(name):
    return augmentations()[name]()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_frozen_dataclass_under_its_name_with_defaults(name):
    kind = augmentations()[name]
    assert kind.name == name
    assert isinstance(kind(), Augmentation)
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().name = "other"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_shape_type_and_layout_are_kept_and_the_given_pictures_stay(name, channels, layout):
    image = random_pictures(channels=channels).contiguous(memory_format=LAYOUTS[layout])
    before = image.clone()
    result = made(name).apply(image, stream())
    assert result.shape == image.shape
    assert result.dtype == torch.uint8
    assert result.is_contiguous(memory_format=LAYOUTS[layout])
    assert torch.equal(image, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name, size):
    image = random_pictures(num=16, height=size[0], width=size[1])
    one, same, other = (made(name).apply(image, stream(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_it_draws_from_the_given_stream_alone_and_whatever_the_pictures_hold_as_much(name):
    before = torch.get_rng_state()
    first, second = stream(), stream()
    made(name).apply(random_pictures(seed=1), first)
    made(name).apply(torch.zeros_like(random_pictures()), second)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.get_state(), second.get_state())
    assert not torch.equal(first.get_state(), stream().get_state())


@pytest.mark.parametrize("name", NAMES)
def test_each_picture_draws_for_itself(name):
    image = random_pictures(num=1).expand(48, -1, -1, -1).contiguous()
    results = made(name).apply(image, stream())
    least = 2 if name == "flip" else 8
    assert len({picture.numpy().tobytes() for picture in results}) >= least


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [3, 4])
def test_the_layout_of_the_memory_does_not_matter(name, channels):
    image = random_pictures(num=16, channels=channels)
    plain, last, strided = (
        made(name).apply(one, stream())
        for one in (
            image,
            image.contiguous(memory_format=torch.channels_last),
            image.repeat_interleave(2, dim=3)[..., ::2],
        )
    )
    assert difference(plain, last).max() <= 1
    assert difference(plain, strided).max() <= 1


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MOVING])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_untouched_by_what_changes_light(name, channels):
    image = random_pictures(channels=channels)
    result = made(name).apply(image, stream())
    assert torch.equal(result[:, -1], image[:, -1])
    assert not torch.equal(result, image)


@pytest.mark.parametrize("name", NAMES)
def test_colours_beside_alpha_change_as_without_it(name):
    image = random_pictures(channels=4)
    if name != "noise":  # which draws for each value, and there are more of them
        assert difference(made(name).apply(image, stream())[:, :3], made(name).apply(image[:, :3], stream())).max() <= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3)])
def test_tiny_pictures_and_a_single_one_are_taken(name, size):
    image = random_pictures(num=1, height=size[0], width=size[1])
    assert made(name).apply(image, stream()).shape == image.shape


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_batch_of_bytes_is_refused(name):
    with pytest.raises(InputError, match=r"uint8 pictures \(B, C, H, W\), got float32 of shape \(6, 3, 12, 10\)"):
        made(name).apply(random_pictures().float(), stream())
    with pytest.raises(InputError, match=r"got uint8 of shape \(3, 12, 10\)"):
        made(name).apply(random_pictures()[0], stream())


@pytest.mark.parametrize("name", NAMES)
def test_it_survives_json(name):
    text = json.dumps(to_mapping(made(name)), allow_nan=False)
    again = augmentation_from_mapping(json.loads(text))
    assert again == made(name)
    assert json.dumps(to_mapping(again)) == text


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_answered_with_those_there_are(name):
    (option, *_) = (field.name for field in dataclasses.fields(augmentations()[name]))
    with pytest.raises(UnknownNameError, match=f"no {name} option '{option}x'. Did you mean '{option}'"):
        augmentation_from_mapping({"name": name, f"{option}x": 1})


@pytest.mark.parametrize("name", NAMES)
def test_every_option_refuses_what_is_out_of_its_range(name):
    for field in dataclasses.fields(augmentations()[name]):
        for wrong in (-1, "nothing", float("nan"), [-1.0, -2.0], None):
            with pytest.raises(PlanError, match=f"The augmentation '{name}': {field.name}"):
                augmentation_from_mapping({"name": name, field.name: wrong})


def test_ranges_start_with_the_least():
    for name, option in (("affine", "scale"), ("blur", "sigma_pixels"), ("resized-crop", "ratio")):
        with pytest.raises(PlanError, match=f"'{name}': {option} is .2.0, 1.0.; expected the least first"):
            augmentation_from_mapping({"name": name, option: [2.0, 1.0]})


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no augmentation 'cropp'. Did you mean 'crop'"):
        augmentation_from_mapping({"name": "cropp"})


def test_a_missing_name_is_said():
    with pytest.raises(PlanError, match="expected its name"):
        augmentation_from_mapping({"padding": 4})
