import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

import espalier
from espalier import face, process
from espalier.core.errors import InputError, RunError, SourceError, StorageError, UnknownNameError
from espalier.core.progress import EpochDone
from espalier.training.checkpoint import read_checkpoint
from small_runs import SHORT, as_pandas, made_table, write_table

ONE_HOT = {key: value for key, value in SHORT.items() if key not in ("model.name", "prepare.bins")}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("face")
    return espalier.train(
        write_table(folder / "table.csv", "sold"), "sold", model="linear", out=folder / "run", settings=ONE_HOT
    )


def test_train_gives_a_run_with_a_report(run):
    assert run.plan.model.name == "linear"
    assert run.plan.reasons["model.name"] == "you asked for it"
    assert "<html" in run.folder.report.read_text()
    assert run.scorecard.task == "binary"
    assert isinstance(run.module, nn.Module)


def test_a_path_is_enough_to_predict_evaluate_and_load(run):
    frame = made_table(30, seed=2)
    answers = run.predict(frame)
    assert espalier.predict(run.folder.path, frame).equals(answers)
    assert espalier.load(str(run.folder.path)).predict(frame).equals(answers)
    with pytest.raises(InputError, match=r"lacks 'age', which the model reads"):
        espalier.predict(run.folder.path, frame.drop("age"))
    assert espalier.predict(run.folder.path, frame.drop("age"), fill_missing=True).height == 30
    assert espalier.evaluate(run.folder.path, frame.drop("age"), fill_missing=True).num_rows == 30
    card = espalier.evaluate(run.folder.path, frame)
    assert card.models[0].scores["accuracy"].value == pytest.approx((answers["prediction"] == frame["sold"]).mean())


def test_a_finished_run_is_resumed_to_itself(run):
    run.folder.report.unlink()
    again = espalier.resume(run.folder.path)
    assert again.scorecard == run.scorecard
    assert run.folder.report.exists()


@pytest.mark.parametrize("kind", ["polars", "pandas"])
def test_a_frame_is_kept_in_the_run(tmp_path, kind):
    frame = made_table().select("size", "age", "color", "price")
    source = frame if kind == "polars" else as_pandas(frame)
    measured = {**SHORT, "baselines": ("mean",), "learning.epochs": 1}
    run = espalier.train(source, "price", out=tmp_path / "run", settings=measured)
    kept = pl.read_parquet(tmp_path / "run" / "source.parquet")
    assert kept.columns == frame.columns
    assert kept["price"].to_list() == frame["price"].to_list()
    assert kept["color"].null_count() == frame["color"].null_count() > 0
    assert run.plan.data.source == str(tmp_path / "run" / "source.parquet")
    assert run.predict(source).height == 150
    run.folder.importance.unlink()
    assert espalier.resume(tmp_path / "run").scorecard.models[0].scores == run.scorecard.models[0].scores


def test_a_wrong_name_leaves_nothing_behind(tmp_path):
    for source in (made_table(), write_table(tmp_path / "table.csv", "sold")):
        with pytest.raises(UnknownNameError, match=r"no column 'solt'. Did you mean 'sold'"):
            espalier.train(source, "solt", out=tmp_path / "run")
        with pytest.raises(UnknownNameError, match=r"no model 'tabn'. Did you mean 'tabm'"):
            espalier.train(source, "sold", model="tabn", out=tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(SourceError):
        espalier.train(3.5, "sold", out=tmp_path / "run")
    with pytest.raises(InputError, match=r"nowhere.csv"):
        espalier.train(tmp_path / "nowhere.csv", "sold", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_written_over(run):
    with pytest.raises(StorageError, match=r"holds a run already"):
        espalier.train(run.plan.data.source, "sold", out=run.folder.path)


def own_module(num_inputs=None):
    first = nn.LazyLinear(8) if num_inputs is None else nn.Linear(num_inputs, 8)
    return nn.Sequential(first, nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 3))


@pytest.mark.parametrize("num_inputs", [None, 6])
def test_a_persons_own_module_is_trained_and_loaded(tmp_path, num_inputs):
    own = own_module(num_inputs)
    source = write_table(tmp_path / "table.csv", "grade")
    run = espalier.train(source, "grade", model=own, out=tmp_path / "run", settings=ONE_HOT)
    assert run.plan.model.name == "own"
    assert (len(run.prepared.names), run.prepared.given()["cardinalities"]) == (6, ())
    assert type(run.module) is nn.Sequential
    answers = run.predict(made_table())
    with torch.no_grad():
        probabilities = run.module(*run.prepared.inputs(run._read(made_table()))).softmax(dim=1).numpy()
    np.testing.assert_allclose(answers.drop("prediction").to_numpy(), probabilities, atol=1e-6)
    assert espalier.load(tmp_path / "run", model=own_module(num_inputs)).predict(made_table()).equals(answers)
    with pytest.raises(RunError, match=r"module of your own"):
        espalier.load(tmp_path / "run").predict(made_table())


def test_the_given_module_stays_untrained(tmp_path):
    own = own_module(6)
    before = {name: tensor.clone() for name, tensor in own.state_dict().items()}
    espalier.train(write_table(tmp_path / "table.csv", "grade"), "grade", model=own, out=tmp_path / "run", settings=ONE_HOT)
    assert all(tensor.equal(before[name]) for name, tensor in own.state_dict().items())


def test_a_run_of_an_own_module_goes_on_with_it(tmp_path):

    torch.manual_seed(1)
    own = own_module(6)
    source = write_table(tmp_path / "table.csv", "grade")
    whole = espalier.train(source, "grade", model=own, out=tmp_path / "whole", settings=ONE_HOT)
    changes = {**ONE_HOT, "model.name": face.OWN_MODULE, "prepare.categories": "one-hot", "prepare.bins": 0}
    made = process.draft(source, target=["grade"], changes=changes)
    stages = process.train(made.plan, tmp_path / "broken", made.table, face._copies_of(own))
    next(one for one in stages if isinstance(one, EpochDone))
    stages.close()
    broken = espalier.resume(tmp_path / "broken", model=own)
    ours, theirs = (read_checkpoint(one.folder.member(0).best).tensors for one in (broken, whole))
    assert all(ours[name].equal(theirs[name]) for name in theirs)


def test_the_seed_and_several_targets_go_into_the_plan(tmp_path):
    frame = made_table().with_columns(big=(pl.col("size") > 0).cast(int), old=(pl.col("age") > 50).cast(int))
    frame = frame.select("size", "age", "color", "big", "old")
    settings = {**SHORT, "baselines": ("majority class",), "learning.epochs": 1}
    run = espalier.train(frame, ["big", "old"], out=tmp_path / "run", seed=7, settings=settings)
    assert (run.plan.seed, run.plan.task.name, run.question.classes) == (7, "multilabel", ("big", "old"))
