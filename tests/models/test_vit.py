import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError

FACTS = Path(__file__).parent / "facts"
PUBLISHED = {"vit-ti-16": 5_717_416, "vit-s-16": 22_050_664, "vit-b-16": 86_567_656}


def built(name="vit-tiny", image_size=(16, 16), num_outputs=2, **options):
    torch.manual_seed(0)
    return architectures()[name].build({"in_channels": 3, "num_outputs": num_outputs, "image_size": image_size}, options)


def keys_and_shapes(name):
    with torch.device("meta"):
        state = built(name, (224, 224), 1000).state_dict()
    return "".join(sorted(f"{key} {'x'.join(map(str, one.shape))}\n" for key, one in state.items()))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_number_of_weights_is_the_published_one(name):
    with torch.device("meta"):
        assert sum(one.numel() for one in built(name, (224, 224), 1000).parameters()) == PUBLISHED[name]


def test_keys_and_shapes_are_the_published_ones():
    assert keys_and_shapes("vit-ti-16") == (FACTS / "vit-ti-16.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["vit-s-16", "vit-b-16"])
def test_keys_and_shapes_of_the_larger_ones_are_the_published_ones(name):
    facts = json.loads((FACTS / "vit.json").read_text(encoding="utf-8"))[name]
    assert facts["count"] == PUBLISHED[name]
    assert facts["sha256"] == hashlib.sha256(keys_and_shapes(name).encode()).hexdigest()


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"the pictures are 20x16 pixels \(height x width\), this model was built for 16x16"):
        built()(torch.zeros(1, 3, 20, 16))


def test_a_size_that_patches_do_not_fill_is_refused():
    with pytest.raises(PlanError, match=r"image_size is \(30, 16\), expected multiples of patch_size, which is 4; resize the"):
        built(image_size=(30, 16))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((16,), r"image_size is \(16,\), expected height and width"),
        ((16, 0), "the width in image_size is 0, expected a whole number of at least 1"),
        ("large", "image_size is 'large', expected height and width"),
    ],
)
def test_what_is_no_size_is_refused(size, message):
    with pytest.raises(PlanError, match=message):
        built(image_size=size)


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(PlanError, match="width is 50, expected a multiple of num_heads, which is 4"):
        built(width=50)


def test_each_patch_is_a_token_and_one_more_gives_the_answer():
    assert built(image_size=(16, 24)).pos_embed.shape == (1, 1 + 4 * 6, 48)
    assert built(patch_size=8).pos_embed.shape == (1, 1 + 2 * 2, 48)


def test_patches_are_told_apart_by_their_place_alone():
    model = built().eval()
    image = torch.randn(1, 3, 16, 16)
    turned = image.roll(4, dims=3)  # the same patches at other places
    assert not torch.allclose(model(image), model(turned))
    with torch.no_grad():
        model.pos_embed.zero_()
    torch.testing.assert_close(model(image), model(turned))


def test_first_weights_are_small_and_normal():
    model = built("vit-tiny", width=64)
    weights = torch.cat([layer.weight.flatten() for layer in model.modules() if isinstance(layer, nn.Linear)])
    assert 0.016 < weights.std() < 0.02  # 0.02, less what the cut at two deviations takes
    assert weights.abs().max() <= 0.04
    assert not any(layer.bias.any() for layer in model.modules() if isinstance(layer, nn.Linear))
