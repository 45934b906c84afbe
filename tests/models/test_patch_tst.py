import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError


def built(name="patch-tst-tiny", num_channels=2, in_channels=2, length=24, horizon=6, **options):
    torch.manual_seed(0)
    given = {"in_channels": in_channels, "length": length, "out_channels": num_channels, "horizon": horizon}
    return architectures()[name].build({**given, "outputs_per_step": 1, "num_outputs": num_channels * horizon}, options)


@pytest.mark.parametrize(("length", "num_patches"), [(336, 42), (512, 64)])
def test_the_published_windows_are_worth_42_and_64_words(length, num_patches):
    # Nie et al. 2023, section 4.1: PatchTST/42 looks back 336 steps and PatchTST/64 looks back 512
    assert built("patch-tst", length=length, horizon=96).position.shape == (num_patches, 128)


def test_patches_overlap_and_end_with_the_last_value_repeated():
    model = built(num_channels=1, in_channels=1, length=8, normalize="none")
    seen = []
    model.embed.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(torch.arange(8.0).view(1, 1, 8))
    assert seen[0][0].tolist() == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 7, 7]]


def test_channels_do_not_see_one_another():
    model, series = built().eval(), torch.randn(3, 2, 24)
    changed = torch.stack([series[:, 0], torch.randn(3, 24)], dim=1)
    before, after = model(series).view(3, 2, 6), model(changed).view(3, 2, 6)
    torch.testing.assert_close(before[:, 0], after[:, 0])
    assert not torch.allclose(before[:, 1], after[:, 1])


def test_a_patch_longer_than_the_window_is_refused():
    with pytest.raises(PlanError, match="patch_size is 16, expected at most the 12 steps of the window"):
        built("patch-tst", length=12)


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(PlanError, match="width is 18, expected a multiple of num_heads, which is 4"):
        built(width=18)
