import re

import pytest
import torch

from espalier.core.errors import RunError, StorageError
from espalier.core.plan import LearningPlan
from espalier.training.checkpoint import Checkpoint, load_optimizer, optimizer_tensors, read_checkpoint, write_checkpoint
from espalier.training.loop import Way, learn
from espalier.training.optimizers import make_optimizer
from training.toys import LineTask, line_batches, small_net

CHECKPOINT = Checkpoint({"model.w": torch.randn(3, 2), "random.cpu": torch.get_rng_state()}, {"score": 0.1, "names": ["나이"]})


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    write_checkpoint(tmp_path / "a.safetensors", CHECKPOINT)
    back = read_checkpoint(tmp_path / "a.safetensors")
    assert back.state == CHECKPOINT.state
    assert all(torch.equal(back.tensors[name], tensor) for name, tensor in CHECKPOINT.tensors.items())
    assert list(back.part("model")) == ["w"]


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adagrad", "rmsprop", "adamw"])
def test_an_optimizer_goes_on_exactly_where_it_stopped(name, tmp_path):
    plan = LearningPlan(optimizer=name)
    model, twin = small_net(), small_net()
    optimizer = make_optimizer(model, plan, 0.01)
    list(learn(model, LineTask(), line_batches(), optimizer, Way(epochs=1)))
    write_checkpoint(tmp_path / "a.safetensors", Checkpoint(optimizer_tensors(optimizer), {}))
    twin.load_state_dict(model.state_dict())
    loaded = make_optimizer(twin, plan, 0.01)
    load_optimizer(loaded, read_checkpoint(tmp_path / "a.safetensors").tensors, [(0.005, 0.01), (0.005, 0.01)])
    for group in optimizer.param_groups:
        group["lr"] = 0.005
    list(learn(model, LineTask(), line_batches(), optimizer, Way(epochs=1)))
    list(learn(twin, LineTask(), line_batches(), loaded, Way(epochs=1)))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))
    assert loaded.param_groups[0]["initial_lr"] == 0.01


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"last\.safetensors is missing: the run stopped before its first checkpoint"):
        read_checkpoint(tmp_path / "last.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_file_cut_off_anywhere_is_refused(keep, tmp_path):
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, CHECKPOINT)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunError, match="no whole checkpoint"):
        read_checkpoint(path)


def test_one_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, CHECKPOINT)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunError, match="was changed after it was written"):
        read_checkpoint(path)


def test_another_version_is_named(tmp_path):
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, CHECKPOINT)
    path.write_bytes(path.read_bytes().replace(b'"format":"1"', b'"format":"9"'))
    with pytest.raises(RunError, match="checkpoint format 9; this version of Espalier reads 1"):
        read_checkpoint(path)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, CHECKPOINT)
    before = path.read_bytes()

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(StorageError, match=re.escape("No space left on device. Nothing was changed there")):
        write_checkpoint(path, CHECKPOINT)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
