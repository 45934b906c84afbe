"""What every architecture for pictures keeps besides: grey and colour, the smallest picture it names, oblong ones."""

import pytest
import torch

from contracts.model_inputs import PICTURES, ROWS, build, pictures
from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError

NAMES = sorted(name for name, one in architectures().items() if one.reads == "image")
TINY = [name for name in NAMES if name.endswith("-tiny")]

tiny = pytest.mark.parametrize("name", TINY)
every = pytest.mark.parametrize("name", NAMES)


@tiny
@pytest.mark.parametrize("in_channels", [1, 3])
def test_the_smallest_picture_goes_through_in_grey_and_in_colour(name, in_channels):
    side = architectures()[name].least_pixels
    given = {**PICTURES, "in_channels": in_channels, "image_size": (side, side)}
    output = build(name, given).eval()(*pictures(given))
    assert output.shape == (ROWS, PICTURES["num_outputs"])
    assert output.isfinite().all()


@tiny
def test_an_oblong_picture_goes_through(name):
    side = architectures()[name].least_pixels
    given = {**PICTURES, "image_size": (2 * side, 3 * side)}
    assert build(name, given).eval()(*pictures(given)).shape == (ROWS, PICTURES["num_outputs"])


@tiny
def test_a_batch_in_channels_last_order_gives_the_same_answer(name):
    model = build(name).eval()
    given = {**PICTURES, "image_size": (max(architectures()[name].least_pixels, 16),) * 2}
    (image,) = pictures(given)
    last = build(name).eval().to(memory_format=torch.channels_last)(image.to(memory_format=torch.channels_last))
    torch.testing.assert_close(last, model(image), atol=1e-4, rtol=1e-4)


@tiny
def test_training_keeps_answers_in_a_sane_range_at_the_start(name):
    given = {**PICTURES, "image_size": (max(architectures()[name].least_pixels, 16),) * 2}
    spread = build(name, given).train()(*pictures(given)).std().item()
    assert spread < 20  # a first loss near log K needs answers of a few units at most


@every
def test_pictures_without_channels_are_refused(name):
    with pytest.raises(PlanError, match="in_channels is 0, expected a whole number of at least 1"):
        build(name, {"in_channels": 0, "num_outputs": 2, "image_size": (224, 224)})


@every
def test_the_full_size_can_be_built_for_a_thousand_classes(name):
    with torch.device("meta"):
        model = build(name, {"in_channels": 3, "num_outputs": 1000, "image_size": (224, 224)})
    assert sum(one.numel() for one in model.parameters()) > 1000
