from pathlib import Path

import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError
from espalier.models.summary import summary

FACTS = Path(__file__).parent / "facts"


def built(name="cnn-transformer-tiny", image_size=(16, 16), num_outputs=2, **options):
    torch.manual_seed(0)
    return architectures()[name].build({"in_channels": 3, "num_outputs": num_outputs, "image_size": image_size}, options)


def published():
    with torch.device("meta"):
        return built("cnn-transformer", (224, 224), 1000)


def test_the_number_of_weights_is_the_published_one():
    assert sum(one.numel() for one in published().parameters()) == 36_431_912


def test_keys_and_shapes_are_the_published_ones():
    found = sorted(f"{key} {'x'.join(map(str, one.shape))}\n" for key, one in published().state_dict().items())
    assert "".join(found) == (FACTS / "cnn-transformer.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("size", "grid"), [((224, 224), 49), ((32, 65), 3), ((1, 33), 2)])
def test_each_place_of_the_last_feature_map_is_a_token(size, grid):
    with torch.device("meta"):
        model = built("cnn-transformer", size)
        assert model.pos_embed.shape[1] == 1 + grid
        assert model(torch.zeros(1, 3, *size)).shape == (1, 2)


def test_a_token_sees_far_beyond_its_place_before_any_attention():
    with torch.device("meta"):
        layers = {layer.name: layer for layer in summary(published(), torch.zeros(1, 3, 224, 224))}
    assert layers["patch_embed.backbone.stem.pool"].receptive_field == (11, 11)
    assert layers["patch_embed.proj"].receptive_field == (195, 195)


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match="the pictures are 16x20 pixels .height x width., this model was built for 16x16"):
        built()(torch.zeros(1, 3, 16, 20))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stage_depths": []}, "stage_depths is empty"),
        ({"stage_depths": [2, 0]}, "one of stage_depths is 0, expected a whole number of at least 1"),
        ({"stem_width": 10}, "stem_width is 10, expected a multiple of num_groups, which is 4"),
        ({"num_groups": 0}, "num_groups is 0, expected a whole number of at least 1"),
        ({"num_heads": 5}, "width is 32, expected a multiple of num_heads, which is 5"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(PlanError, match=message):
        built(**options)
