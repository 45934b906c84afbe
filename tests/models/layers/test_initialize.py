import math

import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.layers.initialize import initialize


def drawn(scheme):
    layer = nn.Linear(300, 200)
    initialize(nn.Sequential(layer, nn.ReLU()), scheme)
    return layer


def test_xavier_is_uniform_within_the_bound_of_equation_16():
    weight = drawn("xavier").weight
    bound = math.sqrt(6 / (300 + 200))
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)


def test_he_has_the_deviation_of_equation_10():
    assert drawn("he").weight.std().item() == pytest.approx(math.sqrt(2 / 300), rel=0.02)


def test_orthogonal_rows_are_perpendicular_and_of_length_one():
    weight = drawn("orthogonal").weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(200), atol=1e-4, rtol=0)


@pytest.mark.parametrize("scheme", ["xavier", "he", "orthogonal"])
def test_biases_begin_at_zero(scheme):
    assert drawn(scheme).bias.abs().max() == 0


def test_default_leaves_torchs_own_weights():
    layer = nn.Linear(4, 3)
    before = layer.weight.clone()
    initialize(layer, "default")
    assert torch.equal(layer.weight, before)


def test_unknown_scheme_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no init 'xaver'. Did you mean 'xavier'"):
        initialize(nn.Linear(2, 2), "xaver")
