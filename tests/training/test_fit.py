import math
import signal
import threading
import time

import polars as pl
import pytest
import torch

from espalier.core.errors import TrainingError
from espalier.core.plan import LearningPlan
from espalier.core.run_folder import MemberFolder
from espalier.training.checkpoint import read_checkpoint
from espalier.training.fit import Examiner, Fit, Judgement
from training.toys import LineTask, line_batches, small_net

VALID = line_batches(40, 40, seed=None)


def judge(model):
    model.eval()
    with torch.no_grad():
        loss = float(LineTask().losses(model, next(iter(VALID.epoch(0))))["mse"])
    return Judgement(loss, loss)


EXAMINER = Examiner(judge, "mse")


def make_fit(folder, **settings):
    plan = LearningPlan(**{"epochs": 6, "learning_rate": 0.01, "precision": "float32", **settings})
    return Fit(small_net(dropout=0.3), LineTask(), line_batches(), EXAMINER, plan, MemberFolder(folder), seed=1)


def weights_of(fit):
    return torch.cat([weight.detach().flatten() for weight in fit.model.parameters()])


WAYS = {
    "plain": {},
    "averaged and scheduled": {"average": 0.9, "schedule": "cosine", "warmup_fraction": 0.1},
    "plateau": {"schedule": "plateau", "patience": 2, "epochs": 12, "optimizer": "nesterov"},
    "accumulated": {"epochs": 9, "accumulate": 3, "clip_norm": None, "l1": 0.01},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_fit_stopped_anywhere_ends_with_the_same_bytes(way, tmp_path):
    whole = make_fit(tmp_path / "whole", **WAYS[way])
    list(whole.epochs())
    for stop_at in (1, 4, 7, 9, 20):
        folder = tmp_path / f"stopped-{stop_at}"
        fit = make_fit(folder, checkpoint_seconds=1e-9, **WAYS[way])
        count = 0
        original = fit._count

        def counted(step, original=original, stop_at=stop_at):
            nonlocal count
            count += 1
            if count > stop_at:
                raise InterruptedError  # the process dies here: nothing after the last checkpoint is kept
            original(step)

        fit._count = counted
        with pytest.raises(InterruptedError):
            list(fit.epochs())
        torch.rand(7)  # another process would draw other numbers meanwhile
        resumed = make_fit(folder, **WAYS[way])
        assert 0 < resumed.state.position.step <= stop_at
        list(resumed.epochs())
        assert torch.equal(weights_of(whole), weights_of(resumed))
        history = [{**row, "seconds": 0} for row in resumed.state.history]
        assert history == [{**row, "seconds": 0} for row in whole.state.history]


def test_the_best_weights_are_kept_and_their_score_repeats(tmp_path):
    fit = make_fit(tmp_path, learning_rate=0.1, epochs=8)
    list(fit.epochs())
    best = min(row["score"] for row in fit.state.history)
    assert judge(fit.model).score == pytest.approx(best)
    saved = read_checkpoint(MemberFolder(tmp_path).best)
    assert all(torch.equal(saved.tensors[name], tensor) for name, tensor in fit.model.state_dict().items())


def test_patience_ends_a_fit_that_no_longer_improves(tmp_path):
    fit = make_fit(tmp_path, epochs=500, patience=3, learning_rate=0.05)
    epochs = list(fit.epochs())
    assert len(epochs) == fit.state.best_epoch + 3 < 500


def test_a_deadline_ends_within_the_epoch_and_keeps_a_model(tmp_path):
    fit = make_fit(tmp_path, epochs=1000)
    epochs = list(fit.epochs(deadline=time.monotonic()))
    assert len(epochs) == 1 and fit.state.position.step == 1
    assert MemberFolder(tmp_path).best.exists()


def test_ctrl_c_writes_a_checkpoint_and_the_fit_goes_on_exactly(tmp_path):
    whole = make_fit(tmp_path / "whole", epochs=60)
    list(whole.epochs())
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    fit = make_fit(tmp_path / "stopped", epochs=60)
    steps = fit.epochs()
    next(steps)
    threading.Timer(0.01, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        list(steps)
    resumed = make_fit(tmp_path / "stopped", epochs=60)
    assert 7 <= resumed.state.position.step < 420
    list(resumed.epochs())
    assert torch.equal(weights_of(whole), weights_of(resumed))
    assert signal.signal(signal.SIGINT, handler) is signal.default_int_handler  # as it was before the fit


def test_a_loss_that_is_no_number_stops_with_a_way_out(tmp_path):
    fit = make_fit(tmp_path, learning_rate=1e20, optimizer="sgd", clip_norm=None)
    with pytest.raises(TrainingError, match=r"training loss became (nan|inf) at step .*--set learning\.learning_rate=1e\+19"):
        list(fit.epochs())


def test_a_loss_that_is_no_number_beats_nothing():
    assert not EXAMINER.is_better(Judgement(math.nan, 0.1), Judgement(9.0, 9.0))
    assert not EXAMINER.is_better(Judgement(math.nan, 0.1), None)
    assert EXAMINER.is_better(Judgement(0.5, 1.0), Judgement(0.6, 0.5))


def test_the_histories_are_readable_tables(tmp_path):
    fit = make_fit(tmp_path)
    list(fit.epochs())
    epochs, steps = pl.read_csv(MemberFolder(tmp_path).epochs), pl.read_csv(MemberFolder(tmp_path).steps)
    assert epochs["epoch"].to_list() == [1, 2, 3, 4, 5, 6]
    assert epochs["valid_loss"].to_list() == [row["valid_loss"] for row in fit.state.history]
    assert steps.columns == ["step", "loss", "learning_rate", "gradient_norm"] and len(steps) == 42
