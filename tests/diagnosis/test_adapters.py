"""The adapters: a training that a library runs is the same with the doctor beside it, and its faults are found."""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from espalier.core.errors import MissingExtraError
from espalier.diagnosis.adapters import huggingface, lightning
from espalier.diagnosis.adapters.beside import Bystander

STEPS = 12


def batches(count=STEPS, rows=32):
    stream = torch.Generator().manual_seed(1)
    x = torch.randn(count, rows, 6, generator=stream)
    return [(one, (one[:, 0] > 0).long() + (one[:, 1] > 0).long()) for one in x]


def network(*last):
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3), *last)


def ids(watched):
    return [one.id for one in watched.findings]


def assert_same(one, other):
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


# beside any library


class Returns(nn.Module):
    """A model that computes its own loss, as those of Hugging Face do."""

    def __init__(self, net, loss=F.cross_entropy):
        super().__init__()
        self.net, self.loss = net, loss

    def forward(self, x, labels=None):
        logits = self.net(x)
        return {"logits": logits} if labels is None else {"loss": self.loss(logits, labels), "logits": logits}


def stood_beside(model, data):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    beside = Bystander(model, [optimizer], planned_steps=len(data), targets=("labels",))
    for x, y in data:
        optimizer.zero_grad()
        beside.pass_begins()
        loss = model(x, labels=y)["loss"]
        beside.pass_ends(loss)
        loss.backward()
        beside.step_begins()
        optimizer.step()
        beside.step_ends()
    beside.end()
    return beside


def test_the_loss_function_is_overheard_with_what_it_was_given():
    beside = stood_beside(Returns(network()), batches())
    assert beside.unlooked == ()
    assert beside.findings == ()
    assert beside.doctor.wiring.kind == "cross entropy"
    assert beside.doctor.course.num_steps == STEPS
    assert 0.9 < beside.doctor.course.prior_loss < 1.2


def test_a_softmax_before_cross_entropy_inside_the_model_is_found():
    beside = stood_beside(Returns(network(nn.Softmax(dim=1))), batches())
    assert "W04-probabilities-for-logits" in ids(beside)


def test_a_sum_that_the_model_divides_itself_is_a_mean():
    model = Returns(network(), lambda logits, y: F.cross_entropy(logits, y, reduction="sum") / len(y))
    beside = stood_beside(model, batches())
    assert beside.unlooked == ()
    assert beside.doctor.wiring.doubled == pytest.approx(1.0, rel=1e-3)


def test_a_loss_of_several_parts_is_followed_and_its_function_left_alone():
    model = Returns(network(), lambda logits, y: F.cross_entropy(logits, y) + logits.square().mean())
    beside = stood_beside(model, batches())
    assert "is not that of one loss function of torch" in beside.unlooked[0]
    assert beside.doctor.course.num_steps == STEPS
    assert beside.doctor.wiring.has_gradients


def test_a_pass_that_raises_leaves_nothing_behind():
    model, (x, y) = Returns(network(), lambda logits, y: 1 / 0), batches(1)[0]
    beside = Bystander(model, [torch.optim.SGD(model.parameters(), lr=0.1)])
    beside.pass_begins()
    with pytest.raises(ZeroDivisionError):
        model(x, labels=y)
    beside.pass_ends(None)
    beside.end()
    assert not torch._C._len_torch_function_stack()
    assert not any(one._forward_pre_hooks or one._forward_hooks for one in model.modules())


# stand-ins of the libraries, so that the protocol is always tried


def reloaded(module, monkeypatch, **libraries):
    """Return an adapter as it is where only these libraries can be imported."""
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, name, libraries.get(name.replace(".", "_")))
    found = importlib.util.spec_from_file_location(f"{module.__name__}_again", module.__file__)
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


class Callback:
    """Knows nothing."""


class PlainModule(nn.Module):
    """As people write a LightningModule: `forward` is not used, and the loss is a function."""

    def __init__(self, *last):
        super().__init__()
        self.net = network(*last)

    def training_step(self, batch, index):
        x, y = batch
        return {"loss": F.cross_entropy(self.net(x), y)}


def fitted(callback, module, data, fails_at=None):
    """Train as Lightning does: the step of the optimizer is given a closure that runs the training step."""
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01)
    trainer = SimpleNamespace(optimizers=[optimizer], estimated_stepping_batches=len(data))
    if callback is not None:
        callback.on_train_start(trainer, module)
    for index, batch in enumerate(data):

        def closure(batch=batch, index=index):
            loss = module.training_step(batch, index)["loss"]
            optimizer.zero_grad()
            loss.backward()
            if callback is not None:
                callback.on_before_optimizer_step(trainer, module, optimizer)
            return loss

        optimizer.step(closure)
        if index == fails_at:
            callback.on_exception(trainer, module, RuntimeError())
            return module
    if callback is not None:
        callback.on_train_end(trainer, module)
    return module


def test_lightnings_protocol_leaves_the_training_as_it_is(monkeypatch):
    library = ModuleType("lightning.pytorch")
    library.Callback = Callback
    adapter = reloaded(lightning, monkeypatch, lightning_pytorch=library)
    callback = adapter.DoctorCallback()
    assert isinstance(callback, Callback)
    alone, watched = fitted(None, PlainModule(), batches()), fitted(callback, PlainModule(), batches())
    assert_same(alone.state_dict(), watched.state_dict())
    assert (callback.findings, callback.unlooked) == ((), ())
    assert callback._beside.doctor.course.num_updates == STEPS
    assert callback._beside.doctor.wiring.has_gradients
    assert "training_step" not in vars(watched)
    assert not any(one._forward_pre_hooks for one in watched.modules())


def test_lightnings_training_that_breaks_off_leaves_no_hook(monkeypatch):
    library = ModuleType("pytorch_lightning")
    library.Callback = Callback
    callback = reloaded(lightning, monkeypatch, pytorch_lightning=library).DoctorCallback()
    module = fitted(callback, PlainModule(nn.Softmax(dim=1)), batches(), fails_at=4)
    assert "W04-probabilities-for-logits" in ids(callback)
    assert "training_step" not in vars(module)


def trained(callback, model, data):
    """Train as the Trainer does."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    told = {"model": model, "optimizer": SimpleNamespace(optimizer=optimizer), "lr_scheduler": None}
    state = SimpleNamespace(max_steps=len(data))
    if callback is not None:
        callback.on_train_begin(None, state, None, **told)
    for x, y in data:
        model(x=x, labels=y)["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            model(x=x, labels=y)
    if callback is not None:
        callback.on_train_end(None, state, None, **told)
    return model


def test_the_trainers_protocol_leaves_the_training_as_it_is(monkeypatch):
    library = ModuleType("transformers")
    library.TrainerCallback = Callback
    callback = reloaded(huggingface, monkeypatch, transformers=library).DoctorCallback()
    alone, watched = trained(None, Returns(network()), batches()), trained(callback, Returns(network()), batches())
    assert_same(alone.state_dict(), watched.state_dict())
    assert (callback.findings, callback.unlooked) == ((), ())
    assert callback._beside.doctor.course.num_updates == STEPS
    assert callback._beside.doctor.course.num_steps == STEPS
    assert not any(one._forward_pre_hooks or one._forward_hooks for one in watched.modules())


@pytest.mark.parametrize(
    ("adapter", "command"),
    [(lightning, "pip install lightning"), (huggingface, "pip install transformers accelerate")],
    ids=["lightning", "huggingface"],
)
def test_a_library_that_is_not_installed_is_named_with_what_to_install(monkeypatch, adapter, command):
    with pytest.raises(MissingExtraError, match=command):
        reloaded(adapter, monkeypatch).DoctorCallback()


# the real libraries


def lightning_fit(callbacks, sick=False, accumulate=1, manual=False):
    library = pytest.importorskip("lightning.pytorch")

    class Module(library.LightningModule):
        def __init__(self):
            super().__init__()
            self.net, self.automatic_optimization = network(*[nn.Softmax(dim=1)] * sick), not manual

        def training_step(self, batch, index):
            loss = F.cross_entropy(self.net(batch[0]), batch[1])
            if manual:
                for one in self.optimizers():
                    one.zero_grad()
                self.manual_backward(loss)
                for one in self.optimizers():
                    one.step()
            return loss

        def validation_step(self, batch, index):
            F.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            parts = [self.net[0].parameters(), self.net[1:].parameters()] if manual else [self.parameters()]
            return [torch.optim.AdamW(part, lr=0.01) for part in parts]

    torch.manual_seed(5)
    module = Module()
    trainer = library.Trainer(
        max_epochs=2,
        accelerator="cpu",
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accumulate_grad_batches=accumulate,
        gradient_clip_val=None if manual else 0.5,
    )
    trainer.fit(module, *(torch.utils.data.DataLoader(data, batch_size=None) for data in (batches(), batches(2))))
    return module


quiet = pytest.mark.filterwarnings("ignore")  # what the libraries say of small trainings


@quiet
@pytest.mark.parametrize("accumulate", [1, 2])
def test_lightning_trains_the_same_to_the_last_bit(accumulate):
    alone = lightning_fit([], accumulate=accumulate)
    callback = lightning.DoctorCallback()
    watched = lightning_fit([callback], accumulate=accumulate)
    assert_same(alone.state_dict(), watched.state_dict())
    assert (callback.findings, callback.unlooked) == ((), ())
    assert callback._beside.doctor.course.num_steps == 2 * STEPS
    assert callback._beside.doctor.course.num_updates == 2 * STEPS / accumulate
    assert callback._beside.doctor.course.samples[0].gradients


@quiet
def test_a_fault_in_a_lightning_module_is_found():
    pytest.importorskip("lightning.pytorch")
    callback = lightning.DoctorCallback()
    lightning_fit([callback], sick=True)
    assert "W04-probabilities-for-logits" in ids(callback)


@quiet
def test_two_optimizers_in_lightning_break_nothing_and_are_said():
    pytest.importorskip("lightning.pytorch")
    callback = lightning.DoctorCallback()
    alone, watched = lightning_fit([], manual=True), lightning_fit([callback], manual=True)
    assert_same(alone.state_dict(), watched.state_dict())
    assert callback.findings == ()
    assert callback.unlooked == ("2 optimizers: only whether weights stay finite was looked at",)


def trainer_fit(folder, callbacks, model, rows, **settings):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=10,
        per_device_train_batch_size=8,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
        **{"learning_rate": 1e-3, **settings},
    )
    transformers.Trainer(model, arguments, train_dataset=rows, callbacks=callbacks).train()
    return model


def bert():
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(4)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, num_labels=3
    )
    return transformers.BertForSequenceClassification(config)


def gpt():
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(4)
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=2, n_positions=16))


def token_rows(labels):
    stream = np.random.default_rng(2)
    ids_of_rows = [torch.tensor(stream.integers(3, 50, 12)) for _ in range(64)]
    return [{"input_ids": one, "labels": labels(one)} for one in ids_of_rows]


@quiet
@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(("made", "labels"), [(bert, lambda one: one[0] % 3), (gpt, lambda one: one)], ids=["bert", "gpt"])
def test_the_trainer_trains_the_same_to_the_last_bit(tmp_path, made, labels, accumulate):
    pytest.importorskip("transformers")
    settings = {"gradient_accumulation_steps": accumulate}
    alone = trainer_fit(tmp_path, [], made(), token_rows(labels), **settings)
    callback = huggingface.DoctorCallback(causal=made is gpt)
    watched = trainer_fit(tmp_path, [callback], made(), token_rows(labels), **settings)
    assert_same(alone.state_dict(), watched.state_dict())
    assert callback.findings == ()
    assert callback._beside.doctor.course.num_updates == 10
    assert callback._beside.doctor.course.num_steps == 10 * accumulate
    if accumulate == 1:
        assert callback.unlooked == ()
        assert callback._beside.doctor.wiring.kind == "cross entropy"
    if made is gpt:
        assert callback._beside.doctor.wiring.look_ahead == pytest.approx(0.0, abs=1e-6)


@quiet
def test_a_frozen_optimizer_in_the_trainer_is_found(tmp_path):
    pytest.importorskip("transformers")
    callback = huggingface.DoctorCallback()
    model = bert()
    model.classifier.weight.requires_grad_(False)
    trainer_fit(tmp_path, [callback], model, token_rows(lambda one: one[0] % 3), learning_rate=1e30)
    assert "T01-diverged" in ids(callback)
