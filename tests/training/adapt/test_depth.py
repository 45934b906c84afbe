import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.training.adapt.depth import blocks_of

PICTURES = {"in_channels": 3, "num_outputs": 7, "image_size": (32, 32)}
TABLES = {"num_numbers": 4, "cardinalities": (3,), "num_outputs": 7, "bins": ()}
SERIES = {"in_channels": 1, "length": 7, "num_outputs": 7, "out_channels": 1, "horizon": 7, "outputs_per_step": 1}

NAMES = {
    "resnet18": ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"],
    "resnet-tiny": ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"],
    "vgg-tiny": [*(f"features.{n}" for n in (0, 4, 8, 11)), *(f"classifier.{n}" for n in (0, 3, 6))],
    "mobilenet-v2-tiny": [*(f"features.{n}" for n in range(6)), "classifier.1"],
    "vit-tiny": ["patch_embed", "blocks.0", "blocks.1", "head"],
    "fast-cnn-tiny": ["stem.0", "stages.0", "stages.1", "stages.2", "head"],
    "mlp-tiny": ["blocks.0.0", "blocks.1.0", "head"],
}
STEPWISE = ("lstm-seq2seq-tiny", "conv-autoencoder-tiny", "lstm-autoencoder-tiny")  # the head gives one step at a time


def built(name):
    architecture = architectures()[name]
    given = {"image": PICTURES, "table": TABLES, "series": SERIES, "fusion": {**PICTURES, **TABLES}}
    return architecture.build(given[architecture.reads], {})


@pytest.mark.parametrize("name", NAMES)
def test_blocks_go_from_the_input_to_the_head(name):
    assert [block.name for block in blocks_of(built(name))] == NAMES[name]


@pytest.mark.parametrize("name", sorted(name for name in architectures() if name.endswith("-tiny")))
def test_every_parameter_belongs_to_one_block_and_the_last_gives_the_outputs(name):
    model = built(name)
    blocks = blocks_of(model)
    held = [id(one) for block in blocks for one in block.parameters]
    assert sorted(held) == sorted(id(one) for one in model.parameters())
    matrices = sum(any(one.ndim > 1 for one in module.parameters(recurse=False)) for module in model.modules())
    if name != "linear-tiny":
        assert len(blocks) >= min(3, matrices)
        assert name in STEPWISE or any(7 in one.shape for one in blocks[-1].parameters)


@pytest.mark.parametrize("name", ["resnet-tiny", "vgg-tiny", "mobilenet-v2-tiny", "vit-tiny", "fast-cnn-tiny", "mlp-tiny"])
def test_norms_and_dropouts_belong_to_a_block(name):
    model = built(name)
    held = {id(inner) for block in blocks_of(model) for inner in block.modules}
    leaves = [module for module in model.modules() if not any(True for _ in module.children())]
    assert all(id(leaf) in held for leaf in leaves)


def test_a_norm_joins_the_block_before_it_and_a_dropout_the_one_behind():
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 8), nn.Linear(8, 3))
    first, second, _ = blocks_of(model)
    assert first.modules == (model[0], model[1])
    assert second.modules == (model[2], model[3], model[4])


def test_parameters_of_the_module_itself_belong_to_the_first_block():
    model = built("vit-tiny")
    assert {id(model.cls_token), id(model.pos_embed)} <= {id(one) for one in blocks_of(model)[0].parameters}


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(7, 2)
        self.backbone = built("fast-cnn-tiny")

    def forward(self, image):
        return self.head(self.backbone(image))


def test_a_wrapped_body_is_seen_into_and_fresh_weights_name_the_head():
    model = Wrapped()
    wanted = ["backbone.stem", "backbone.stages", "backbone.head", "head"]
    assert [block.name for block in blocks_of(model, ["head.weight", "head.bias"])] == wanted


def test_a_module_without_matrices_is_one_block():
    norm = nn.BatchNorm1d(3)
    assert [len(block.parameters) for block in blocks_of(norm)] == [2]
    assert blocks_of(nn.Sequential(norm))[0].parameters == tuple(norm.parameters())


def test_a_shared_parameter_belongs_to_the_first_block_that_holds_it():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2))
    model[2].weight = model[0].weight
    sizes = [len(block.parameters) for block in blocks_of(model)]
    assert sizes == [2, 2, 1, 2]
    assert torch.equal(model[2].weight, model[0].weight)
