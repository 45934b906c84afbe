import pytest
import torch

from espalier.models.layers.dropout import Dropout


@pytest.mark.parametrize("probability", [0.1, 0.25, 0.5, 0.9])
def test_the_share_of_zeros_is_the_probability_and_the_mean_stays(probability):
    y = Dropout(probability)(torch.ones(400, 1000))
    assert (y == 0).float().mean().item() == pytest.approx(probability, abs=0.005)
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    torch.testing.assert_close(y[y != 0].unique(), torch.tensor([1 / (1 - probability)]), atol=1e-3, rtol=1e-3)


def test_values_are_dropped_independently_of_their_neighbours():
    kept = (Dropout(0.5)(torch.ones(300_000)) != 0).float()
    for shift in range(1, 9):  # four values share one random number: they must not know of each other
        together = (kept[shift:] * kept[:-shift]).mean().item()
        assert together == pytest.approx(0.25, abs=0.005), shift


def test_each_place_of_a_random_number_drops_alike():
    kept = (Dropout(0.3)(torch.ones(100_000, 4)) != 0).float().mean(dim=0)
    torch.testing.assert_close(kept, torch.full((4,), 0.7), atol=0.006, rtol=0)


@pytest.mark.parametrize("shape", [(1,), (3,), (5, 7), (2, 3, 5), (0, 4)])
def test_any_shape_keeps_its_shape(shape):
    assert Dropout(0.5)(torch.ones(shape)).shape == shape


def test_evaluation_and_probability_zero_change_nothing():
    x = torch.randn(5)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_the_gradient_flows_through_what_is_kept():
    x = torch.randn(1000, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad * x.detach(), y.detach())


def test_the_seed_of_torch_decides():
    dropout, x = Dropout(0.5), torch.ones(100)
    torch.manual_seed(5)
    first, second = dropout(x), dropout(x)
    torch.manual_seed(5)
    assert torch.equal(dropout(x), first)
    assert not torch.equal(first, second)


def test_half_precision_stays_half_precision():
    assert Dropout(0.5)(torch.ones(9, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("probability", [1.0, -0.1, 1.5])
def test_what_is_no_fraction_is_refused(probability):
    with pytest.raises(ValueError, match=f"dropout is {probability}, expected a fraction from 0 to below 1"):
        Dropout(probability)
