import copy
import re

import pytest
import torch
import torch.nn.functional as F

from espalier.core.catalogue import architectures
from espalier.models.densenet import DenseBlock, DenseLayer, Densenet, DensenetConfig, Transition
from espalier.models.weights import load_weights
from models.published import built, digest_of, lines_of, parameters_of, published_digests, published_lines

SMALL = {"growth": 4, "layers": (3, 3), "stem_channels": 8}


def test_densenet121_has_the_published_parameters():
    assert parameters_of(built("densenet121")) == 7_978_856


def test_keys_and_shapes_are_the_published_ones():
    assert lines_of(built("densenet121")) == published_lines("densenet121")


@pytest.mark.parametrize("name", published_digests("densenet"))
def test_the_larger_ones_have_the_published_keys(name):
    model = built(name)
    fact = published_digests("densenet")[name]
    assert digest_of(model) == fact


def test_a_layer_is_narrow_then_look_at_neighbours_line_by_line():
    layer = DenseLayer(6, DensenetConfig(3, 2, growth=4)).eval()
    maps = [torch.randn(2, 4, 5, 5), torch.randn(2, 2, 5, 5)]
    x = F.conv2d(F.relu(layer.norm1(torch.cat(maps, dim=1))), layer.conv1.weight)
    torch.testing.assert_close(layer(maps), F.conv2d(F.relu(layer.norm2(x)), layer.conv2.weight, padding=1))


def test_a_block_keeps_its_input_and_adds_the_growth_of_each_layer():
    block, x = DenseBlock(6, 3, DensenetConfig(3, 2, growth=4)).eval(), torch.randn(2, 6, 5, 5)
    output = block(x)
    assert output.shape == (2, 6 + 3 * 4, 5, 5)
    assert torch.equal(output[:, :6], x)
    torch.testing.assert_close(output[:, 6:10], block.denselayer1([x]))


def test_a_transition_halves_channels_height_and_width():
    assert Transition(12)(torch.randn(2, 12, 8, 6)).shape == (2, 6, 4, 3)


def test_recomputing_changes_neither_answers_nor_gradients_nor_statistics():
    torch.manual_seed(0)
    kept = Densenet(DensenetConfig(3, 2, **SMALL))
    again = Densenet(DensenetConfig(3, 2, **SMALL, recompute=True))
    again.load_state_dict(copy.deepcopy(kept.state_dict()))
    image = torch.randn(4, 3, 16, 16)
    outputs = [model(image) for model in (kept, again)]
    for output in outputs:
        output.square().sum().backward()
    torch.testing.assert_close(outputs[0], outputs[1])
    for (key, one), other in zip(kept.named_parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=key)
    for (key, one), other in zip(kept.named_buffers(), again.buffers(), strict=True):
        torch.testing.assert_close(one, other, msg=key)


def bytes_kept(num_layers, recompute):
    """Return the bytes of maps that a block of dense layers keeps for the way back."""
    seen = {}

    def note(tensor):
        if tensor.ndim == 4 and tensor.shape[0] == 4:
            storage = tensor.untyped_storage()
            seen[storage.data_ptr()] = (storage.nbytes(), tensor)  # held, so that no address is used twice
        return tensor

    block = DenseBlock(8, num_layers, DensenetConfig(3, 2, growth=8, recompute=recompute))
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        block(torch.randn(4, 8, 6, 6))
    return sum(size for size, _ in seen.values())


def test_memory_grows_with_the_square_of_the_layers_and_only_with_their_number_when_recomputing():
    kept, again = ({n: bytes_kept(n, recompute) for n in (12, 24, 48)} for recompute in (False, True))
    assert kept[48] - kept[24] > 2.5 * (kept[24] - kept[12])  # 4 times in the limit of many layers
    assert again[48] - again[24] < 2.2 * (again[24] - again[12])
    assert again[48] < 0.25 * kept[48]


def test_no_layers_are_refused():
    with pytest.raises(ValueError, match=r"layers is \(\), expected the number of layers of each block"):
        DensenetConfig(3, 2, layers=())


def test_files_of_torchvision_that_name_the_parts_of_a_layer_with_a_dot_are_loaded(tmp_path):
    model = architectures()["densenet-tiny"].build({"in_channels": 3, "num_outputs": 5}, {})
    new = model.state_dict()
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", key): value for key, value in new.items()}
    assert any("denselayer1.norm.1.weight" in key for key in old) and old.keys() != new.keys()
    torch.save(old, tmp_path / "old.pth")
    again = architectures()["densenet-tiny"].build({"in_channels": 3, "num_outputs": 5}, {})
    assert load_weights(again, tmp_path / "old.pth").fresh == ()
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in new.items())
