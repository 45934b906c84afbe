"""Networks that write a window anew: linear, dense, convolutional, of two LSTMs, and variational."""

import functools

import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError

NAMES = ["linear-autoencoder", "dense-autoencoder", "conv-autoencoder", "lstm-autoencoder", "vae-series"]
every = pytest.mark.parametrize("name", NAMES)


def built(name, in_channels=2, length=20, seed=0, **options):
    torch.manual_seed(seed)
    given = {"in_channels": in_channels, "length": length, "num_outputs": in_channels * length}
    return architectures()[name].build(given, options)


def waves(num_rows, length=20, seed=0):
    """Sines and cosines of one period that begin anywhere: windows with a rule."""
    start = 6.2832 * torch.rand(num_rows, 1, generator=torch.Generator().manual_seed(seed))
    angle = start + torch.arange(length) * 0.7
    return torch.stack([angle.sin(), angle.cos()], dim=1)


@functools.cache
def learnt(name):
    model, windows = built(f"{name}-tiny").train(), waves(64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        (model(windows) - windows.flatten(1)).square().mean().backward()
        optimizer.step()
    return model.eval()


@every
def test_it_writes_ordinary_windows_anew_and_odd_ones_badly(name):
    model = learnt(name)
    ordinary, odd = waves(32, seed=1), torch.randn(32, 2, 20, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        errors = [(model(one) - one.flatten(1)).square().mean().item() for one in (ordinary, odd)]
    assert errors[0] < 0.1
    assert errors[1] > 5 * errors[0]


@every
def test_outputs_are_laid_out_as_the_window_is(name):
    model = learnt(name)
    windows = waves(4, seed=3)
    anew = model(windows).view(4, 2, 20)
    for channel in range(2):
        own, other = ((anew[:, channel] - windows[:, one]).square().mean() for one in (channel, 1 - channel))
        assert own < 0.3 * other


@every
def test_noise_is_put_on_the_input_in_training_only(name):
    model, windows = built(f"{name}-tiny", noise=0.5), waves(4)
    calm = built(f"{name}-tiny")
    assert torch.equal(model.eval()(windows), calm.eval()(windows))
    first, second = (model.train()(windows) for _ in range(2))
    assert not torch.allclose(first, second, atol=1e-3)


@every
@pytest.mark.parametrize("noise", [-0.1, "much", True])
def test_a_noise_that_cannot_be_is_refused(name, noise):
    with pytest.raises(PlanError, match=f"noise is {noise!r}, expected a deviation of at least 0"):
        built(name, noise=noise)


@every
def test_outputs_that_are_not_the_whole_window_are_refused(name):
    given = {"in_channels": 2, "length": 20, "num_outputs": 3}
    with pytest.raises(PlanError, match="num_outputs is 3, expected in_channels x length, which is 2 x 20"):
        architectures()[name].build(given, {})


def test_the_linear_one_finds_the_first_principal_components():
    generator = torch.Generator().manual_seed(0)
    windows = (torch.randn(200, 3, generator=generator) @ torch.randn(3, 12, generator=generator)).view(200, 1, 12)
    windows = windows + 0.1 * torch.randn(200, 1, 12, generator=generator)
    model = built("linear-autoencoder", in_channels=1, length=12, code_size=3)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        error = (model(windows) - windows.flatten(1)).square().mean()
        error.backward()
        return error

    optimizer.step(loss)
    flat = windows.flatten(1) - windows.flatten(1).mean(dim=0)
    least = torch.linalg.svdvals(flat)[3:].square().sum() / flat.numel()
    assert least <= loss() < 1.001 * least


def test_the_convolutional_one_writes_a_window_of_any_length():
    for length in (1, 7, 24, 25):
        model = built("conv-autoencoder", length=length)
        assert model(torch.randn(3, 2, length)).shape == (3, 2 * length)


def test_the_two_lstms_write_the_last_step_first():
    model, said = built("lstm-autoencoder-tiny"), []
    model.head.register_forward_hook(lambda _, inputs, output: said.append(output))
    anew = model(waves(3)).view(3, 2, 20)
    torch.testing.assert_close(anew[:, :, -1], said[0][0])
    torch.testing.assert_close(anew[:, :, 0], said[0][-1])


def test_the_variational_one_draws_its_code_in_training_and_takes_the_mean_in_evaluation():
    model, windows = built("vae-series-tiny"), waves(5)
    parts = model.eval().parts(windows)
    assert torch.equal(parts.reconstruction, model(windows))
    torch.testing.assert_close(parts.reconstruction, model.head(model.decoder(parts.mean)))
    assert parts.mean.shape == parts.log_variance.shape == (5, 8)
    assert not torch.equal(model.train()(windows), model(windows))


def test_codes_are_drawn_with_the_variance_that_is_said():
    model = built("vae-series-tiny").train()
    drawn = []
    model.decoder.register_forward_pre_hook(lambda _, inputs: drawn.append(inputs[0]))
    parts = model.parts(waves(1).expand(20_000, -1, -1))
    torch.testing.assert_close(drawn[0].mean(dim=0), parts.mean[0], atol=0.01, rtol=0)
    torch.testing.assert_close(drawn[0].var(dim=0), parts.log_variance[0].exp(), atol=0, rtol=0.05)
