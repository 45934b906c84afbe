import sys
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from espalier.core.catalogue import architectures
from espalier.core.errors import FormatError, MissingExtraError, MissingSourceError
from espalier.models.weights import LoadedWeights, load_weights, nearest_architecture

TINY = "fast-cnn-tiny"


@pytest.fixture(autouse=True)
def few_architectures(monkeypatch):
    """Looking for the nearest of a whole catalogue takes its time."""
    few = {name: architectures()[name] for name in ("fast-cnn", TINY, "mlp-tiny")}
    monkeypatch.setattr("espalier.models.weights.architectures", lambda: few)


def built(num_outputs=4, name=TINY, **options):
    given = {"in_channels": 3, "num_outputs": num_outputs, "image_size": (32, 32)}
    return architectures()[name].build(given, options)


def same(model, other, but=()):
    first, second = model.state_dict(), other.state_dict()
    return all(torch.equal(first[key], second[key]) for key in first if key not in but)


@pytest.fixture
def donor():
    torch.manual_seed(1)
    return built()


def wrapped(state, form):
    forms = {
        "alone": state,
        "beside other things": {"state_dict": state, "epoch": 3},
        "of a training script": {"model": state, "optimizer": {"lr": 0.1}},
        "of several devices": {f"module.{key}": value for key, value in state.items()},
        "nested, of several devices": {"state_dict": {f"module.{key}": value for key, value in state.items()}},
        "without counters": {key: value for key, value in state.items() if "num_batches" not in key},
    }
    return forms[form]


@pytest.mark.parametrize("form", ["alone", "of several devices", "without counters"])
def test_weights_come_from_a_safetensors_file(form, donor, tmp_path):
    save_file(wrapped(donor.state_dict(), form), tmp_path / "weights.safetensors")
    model = built()
    report = load_weights(model, tmp_path / "weights.safetensors")
    assert same(model, donor)
    assert report.fresh == ()
    assert {"stem.0.weight", "head.bias"} <= set(report.loaded)


@pytest.mark.parametrize("suffix", [".pth", ".pt"])
@pytest.mark.parametrize("form", ["alone", "beside other things", "of a training script", "nested, of several devices"])
def test_weights_come_from_a_file_of_torch(form, suffix, donor, tmp_path):
    torch.save(wrapped(donor.state_dict(), form), tmp_path / f"weights{suffix}")
    model = built()
    load_weights(model, str(tmp_path / f"weights{suffix}"))
    assert same(model, donor)


def test_a_head_for_other_classes_keeps_its_first_weights_and_is_named(donor, tmp_path):
    torch.save(donor.state_dict(), tmp_path / "weights.pth")
    model = built(num_outputs=7)
    head = model.head.weight.clone()
    report = load_weights(model, tmp_path / "weights.pth")
    assert report.fresh == ("head.weight", "head.bias")
    assert same(model, donor, but=report.fresh)
    assert torch.equal(model.head.weight, head)
    assert not set(report.fresh) & set(report.loaded)


def test_what_is_left_out_is_not_missed(donor, tmp_path):
    torch.save({**donor.state_dict(), "aux.fc.weight": torch.zeros(2), "aux.fc.bias": torch.zeros(2)}, tmp_path / "weights.pth")
    assert isinstance(load_weights(built(), tmp_path / "weights.pth", left_out=("aux.",)), LoadedWeights)
    with pytest.raises(FormatError, match=r"2 unknown to the model \(aux.fc.weight; aux.fc.bias\)"):
        load_weights(built(), tmp_path / "weights.pth")


def test_weights_of_another_architecture_are_refused_with_the_keys_and_the_nearest_name(tmp_path):
    wanted = architectures()["fast-cnn"].build({"in_channels": 3, "num_outputs": 1000}, {})
    torch.save(wanted.state_dict(), tmp_path / "weights.pth")
    model = built(num_outputs=1000, depth=3)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(FormatError, match="weights of another model than FastCnn as it is built here: 1[58] missing") as caught:
        load_weights(model, tmp_path / "weights.pth")
    assert "of another shape (stem.0.weight: 32x3x3x3 in the file, 4x3x3x3 in the model; " in str(caught.value)
    assert str(caught.value).count("in the file") == 3
    assert str(caught.value).endswith("They are most like those of fast-cnn: try --model fast-cnn.")
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_pictures_with_other_channels_are_no_matter_of_the_head(donor, tmp_path):
    torch.save(donor.state_dict(), tmp_path / "weights.pth")
    grey = architectures()[TINY].build({"in_channels": 1, "num_outputs": 4}, {})
    with pytest.raises(FormatError, match=r"1 of another shape \(stem.0.weight: 4x3x3x3 in the file, 4x1x3x3 in the model\)"):
        load_weights(grey, tmp_path / "weights.pth")


def test_weights_like_no_model_have_no_nearest_one():
    assert nearest_architecture({"some.weight": torch.zeros(3)}) is None
    assert nearest_architecture(nn.Linear(2, 2).state_dict(), {TINY: architectures()[TINY]}) is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("weights.pth", b"no weights at all", "weights.pth is no file of weights alone"),
        ("weights.pth", b"", "weights.pth is no file of weights alone"),
        ("weights.safetensors", b"no weights at all", "weights.safetensors is no whole safetensors file"),
        ("weights.safetensors", b"", "weights.safetensors is no whole safetensors file"),
        ("weights.h5", b"", "ends in '.h5'. Expected weights that end in .safetensors, .pth or .pt"),
    ],
)
def test_a_file_that_holds_no_weights_is_refused(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError, match=message):
        load_weights(built(), tmp_path / name)


def test_a_file_cut_off_is_refused(donor, tmp_path):
    torch.save(donor.state_dict(), tmp_path / "weights.pth")
    (tmp_path / "weights.pth").write_bytes((tmp_path / "weights.pth").read_bytes()[:-2000])
    with pytest.raises(FormatError, match="it was cut off"):
        load_weights(built(), tmp_path / "weights.pth")


@pytest.mark.parametrize("held", [{"epoch": 3}, {}, [1, 2], torch.zeros(2), {"state_dict": {"a": "text"}}])
def test_a_file_of_other_values_is_refused(held, tmp_path):
    torch.save(held, tmp_path / "weights.pt")
    with pytest.raises(FormatError, match="holds no weights: expected a dictionary from names to tensors"):
        load_weights(built(), tmp_path / "weights.pt")


def test_a_file_that_could_run_code_is_never_run(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")  # a whole module: its class is looked up and called when read
    with pytest.raises(FormatError, match="holds more than numbers, which could run code and is not read"):
        load_weights(built(), tmp_path / "model.pt")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(MissingSourceError, match=r"There is no file .*nothing.pth"):
        load_weights(built(), tmp_path / "nothing.pth")


def test_a_name_on_the_hub_says_what_to_install_or_to_download(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(
        MissingExtraError, match=r"pip install 'espalier\[hub\]', or download model.safetensors of timm/some by"
    ):
        load_weights(built(), "hub:timm/some")


def test_a_name_on_the_hub_is_downloaded_where_there_is_a_network(donor, monkeypatch, tmp_path):
    save_file(donor.state_dict(), tmp_path / "model.safetensors")
    asked = []
    fetch = lambda name, file: asked.append((name, file)) or str(tmp_path / file)  # noqa: E731
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=fetch))
    model = built()
    load_weights(model, "hub:timm/some")
    assert asked == [("timm/some", "model.safetensors")]
    assert same(model, donor)


def test_a_hub_out_of_reach_is_said(monkeypatch):
    def fetch(name, file):
        raise OSError("no network")

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=fetch))
    with pytest.raises(
        MissingSourceError, match=r"hub:timm/some could not be downloaded \(no network\). Try again on a machine"
    ):
        load_weights(built(), "hub:timm/some")
