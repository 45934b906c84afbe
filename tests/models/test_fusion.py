import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError
from espalier.models.fusion import Fusion, FusionConfig

GIVEN = {"in_channels": 1, "image_size": (16, 16), "num_numbers": 2, "cardinalities": (4,), "num_outputs": 3}


def test_it_is_the_two_encoders_normalised_joined_and_a_hidden_layer():
    torch.manual_seed(0)
    model = Fusion(FusionConfig(**GIVEN, pictures="fast-cnn-tiny", width=8)).eval()
    image, numbers, codes = torch.randn(5, 1, 16, 16), torch.randn(5, 2), torch.randint(0, 4, (5, 1))

    def normal(x):
        return (x - x.mean(dim=1, keepdim=True)) / (x.var(dim=1, keepdim=True, correction=0) + 1e-5).sqrt()

    joined = torch.cat([normal(model.pictures(image)), normal(model.table(numbers, codes))], dim=1)
    hidden = (joined @ model.hidden[0].weight.T + model.hidden[0].bias).clamp(min=0)
    torch.testing.assert_close(model(image, numbers, codes), hidden @ model.head.weight.T + model.head.bias)


@pytest.mark.parametrize("encoder", ["lenet5-tiny", "resnet-tiny", "vgg-tiny", "vit-tiny", "densenet-tiny", "convnext-tiny"])
def test_any_network_for_pictures_is_its_encoder(encoder):
    given = {**GIVEN, "image_size": (32, 32), "in_channels": 3}
    model = architectures()["fusion-tiny"].build(given, {"pictures": encoder})
    inputs = (torch.randn(2, 3, 32, 32), torch.randn(2, 2), torch.randint(0, 4, (2, 1)))
    assert model(*inputs).shape == (2, 3)


def test_pictures_smaller_than_the_encoder_takes_are_refused():
    with pytest.raises(PlanError, match="pictures is 'alexnet', which takes pictures from 63 pixels a side on"):
        architectures()["fusion"].build(GIVEN, {"pictures": "alexnet"})
