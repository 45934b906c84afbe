"""The whole way with pictures beside a table: one network reads both, answers, resumes, and says which columns matter."""

import polars as pl
import pytest
import torch

from crossed_pictures import write_crossed
from espalier import process
from espalier.app.cli.given.sources import rows_behind
from espalier.app.report.page import render
from espalier.core.errors import ColumnError, PlanError
from espalier.core.progress import EpochDone
from espalier.training.checkpoint import read_checkpoint
from small_runs import finish

SHORT = {
    "model.name": "fusion-tiny",
    "learning.epochs": 12,
    "learning.learning_rate": 0.01,
    "learning.precision": "float32",
    "learning.threads": 1,
    "prepare.pictures.augment": [],
    "baselines": ("majority class",),
}
BRIEF = {**SHORT, "learning.epochs": 2}


def trained(table, out, **changes):
    made = process.draft(str(table), target=["answer"], changes={**SHORT, **changes})
    return finish(process.train(made.plan, out, made.table))[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("crossed")
    table = write_crossed(path)
    return table, trained(table, path / "run")


def accuracy(run):
    return run.scorecard.network.scores["accuracy"].value


def test_what_follows_from_picture_and_number_together_is_learnt_from_both(made):
    assert accuracy(made[1]) > 0.9


@pytest.mark.parametrize(
    "changes",
    [
        {"model.name": "fast-cnn-tiny", "learning.epochs": 6},
        {"model.name": "mlp-tiny", "schema.columns.picture.role": "ignored", "prepare.pictures.augment": None},
    ],
)
def test_neither_the_picture_nor_the_table_says_it_alone(made, tmp_path, changes):
    changes = {key: value for key, value in {**SHORT, **changes}.items() if value is not None}
    drafted = process.draft(str(made[0]), target=["answer"], changes=changes)
    run, _ = finish(process.train(drafted.plan, tmp_path / "run", drafted.table))
    assert accuracy(run) < 0.75
    assert len(run.prepared.columns_read) == (1 if run.prepared.columns_read == ("picture",) else 2)


def test_picture_and_number_matter_and_the_other_column_does_not(made):
    low = {one.column: one.low for one in made[1].importance}
    assert set(low) == {"picture", "weight", "place"}
    assert min(low["picture"], low["weight"]) > 0.1
    assert low["place"] < 0.05


def test_the_report_tells_that_the_columns_beside_the_picture_are_read(made):
    page = render(made[1], rows_behind(made[1])[0])
    assert "from pictures and 2 columns</h1>" in page
    assert "reads them and 2 columns beside them" in page
    assert "What the network is shown" in page


def test_new_rows_are_answered_and_scored_in_any_order_of_columns(made, tmp_path):
    table = write_crossed(tmp_path, 60, seed=1)
    frame = pl.read_csv(table)
    frame.select(reversed(frame.columns)).write_csv(table)
    answers = made[1].predict(str(table))
    assert answers.columns[:2] == ["picture", "prediction"]
    assert (answers["prediction"] == frame["answer"]).mean() > 0.9
    assert made[1].evaluate(str(table)).network.scores["accuracy"].value > 0.9


def test_a_row_without_its_picture_is_named_and_the_others_are_answered(made, tmp_path):
    table = write_crossed(tmp_path, 20, seed=1)
    (tmp_path / "pictures" / "3.png").unlink()
    answers = made[1].predict(str(table))
    assert answers["prediction"].null_count() == 1
    assert answers["error"][3] is not None
    assert "1 picture of 20 cannot be read and is not answered: line 5" in made[1].notes[-1]


def test_rows_without_a_picture_are_left_out_of_training_and_counted(tmp_path):
    table = write_crossed(tmp_path, 40)
    frame = pl.read_csv(table).with_row_index()
    gone = pl.when(pl.col("index") == 7).then(None).otherwise(pl.col("picture")).alias("picture")
    frame.with_columns(gone).drop("index").write_csv(table)
    (tmp_path / "pictures" / "3.png").unlink()
    run = trained(table, tmp_path / "run", **{"learning.epochs": 1})
    [removed] = run.data["removed"]
    assert (removed["reason"], removed["count"]) == ("The picture cannot be read, or none is named.", 2)


def test_a_table_that_lacks_the_column_of_pictures_or_another_is_refused_in_words(made, tmp_path):
    table = write_crossed(tmp_path, 20, seed=1)
    frame = pl.read_csv(table)
    for column in ("picture", "weight"):
        frame.drop(column).write_csv(table)
        with pytest.raises(ColumnError, match=f"lacks '{column}', which the model reads"):
            made[1].predict(str(table))


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path):
    table = write_crossed(tmp_path, 60)
    whole = trained(table, tmp_path / "whole", **BRIEF)
    made = process.draft(str(table), target=["answer"], changes=BRIEF)
    stages = process.train(made.plan, tmp_path / "cut", made.table)
    for stage in stages:
        if isinstance(stage, EpochDone):
            break
    stages.close()
    again, _ = finish(process.resume(tmp_path / "cut"))
    first, second = (read_checkpoint(run.folder.member(0).best).tensors for run in (whole, again))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert again.predictions.equals(whole.predictions)


def test_learnt_weights_of_pictures_are_refused_in_words(made, tmp_path):
    weights = made[1].folder.member(0).best
    with pytest.raises(PlanError, match="fits networks that read the picture alone, and weight, place would be read beside it"):
        process.draft(str(made[0]), target=["answer"], changes={**SHORT, "adapt.weights": str(weights)})
    with pytest.raises(PlanError, match="learnt from pictures beside a table, and only runs on pictures alone"):
        process.draft(str(made[0]), target=["answer"], changes={"adapt.source": str(made[1].folder.path)})
