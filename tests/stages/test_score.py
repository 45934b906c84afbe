import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from espalier import process
from espalier.core.batch import Prediction
from espalier.core.records import SealedRecords
from espalier.core.seeds import derive_seed
from espalier.evaluation.intervals import bootstrap
from espalier.evaluation.metrics.numbers import rmse
from espalier.evaluation.threshold import choose_threshold
from small_runs import SHORT, finish, made_table, run_of, write_table

SLOW = {"learning.epochs": 12, "split.train": 0.5, "split.valid": 0.3, "split.test": 0.2}
STILL = {"learning.epochs": 1, "learning.learning_rate": 1e-9, "diagnosis.watch": False}


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    frame = made_table(200)
    rare = pl.when(frame.get_column("size") > 0.6).then(pl.lit("yes")).otherwise(pl.lit("no"))
    changes = {"split.train": 0.5, "split.valid": 0.3, "split.test": 0.2, "learning.epochs": 3}
    return run_of(tmp_path_factory.mktemp("score"), "sold", changes, frame.with_columns(sold=rare))


def test_the_threshold_is_chosen_on_the_validation_rows_and_used_by_predictions(binary):
    valid = binary.predictions.filter(part="valid")
    chosen = choose_threshold((valid["target"] == "yes").to_numpy(), valid["probability_yes"].to_numpy())
    assert binary.scorecard.threshold == chosen.value != 0.5
    test = binary.predictions.filter(part="test")
    assert test["prediction"].to_list() == ["yes" if one >= chosen.value else "no" for one in test["probability_yes"]]
    frame = made_table(200)
    answers = binary.predict(frame)
    assert answers["prediction"].to_list() == ["yes" if one >= chosen.value else "no" for one in answers["probability_yes"]]
    assert len(answers.filter((pl.col("prediction") == "yes") != (pl.col("probability_yes") >= 0.5))) > 0


def test_the_score_card_says_why_the_threshold_is_what_it_is(binary):
    card = binary.scorecard
    assert "gives the highest F1 on the validation part" in card.threshold_reason
    assert card.models[0].note == ""


def test_a_threshold_that_the_person_set_stays(tmp_path):
    run = run_of(tmp_path, "sold", {"task.options.threshold": 0.9})
    assert run.scorecard.threshold == 0.9
    assert run.scorecard.threshold_reason == ""
    answers = run.predict(made_table())
    assert ((answers["prediction"] == "yes") == (answers["probability_yes"] >= 0.9)).all()


def test_the_card_holds_the_network_and_all_baselines(binary):
    card = binary.scorecard
    assert card.models[0].name == "network"
    assert {one.name for one in card.models[1:]} == {"majority class", "linear model"}
    assert (card.part, card.num_rows, card.openings, card.metric) == ("test", 40, 1, "roc_auc")


def test_the_card_holds_validation_scores_the_architecture_and_where_learning_was_cut_short(binary):
    card = binary.scorecard
    assert all(one.valid_score is not None for one in card.models)
    assert card.is_chosen_on_validation
    assert card.comparison.rival == card.models[1].name == "linear model"
    valid = binary.predictions.filter(part="valid")
    expected = roc_auc_score((valid["target"] == "yes").to_numpy(), valid["probability_yes"].to_numpy())
    assert card.network.valid_score == pytest.approx(expected)
    assert (card.network.architecture, card.network.cut_short_epochs) == ("mlp-tiny", 3)
    assert card.verdict.startswith("The network (mlp-tiny) ")


def test_a_network_that_stopped_on_its_own_was_not_cut_short(tmp_path):
    run = run_of(tmp_path, "price", {"learning.epochs": 60, "learning.patience": 1, "learning.learning_rate": 0.3})
    assert run.history.height < 60
    assert run.scorecard.network.cut_short_epochs == 0


def test_only_columns_beyond_chance_are_called_important(tmp_path):
    frame = made_table(300).with_columns(sold=pl.when(pl.col("size") > 0).then(pl.lit("yes")).otherwise(pl.lit("no")))
    made = process.draft(write_table(tmp_path / "table.csv", "sold", frame), target=["sold"], changes={**SHORT, **SLOW})
    run, told = finish(process.train(made.plan, tmp_path / "run", made.table))
    clear = [one.column for one in run.importance if one.low > 0]
    assert clear == ["size"]
    assert told[-1].sentence == "most important columns: size"


def test_when_no_column_is_beyond_chance_it_is_said(tmp_path):
    frame = made_table(150).with_columns(sold=pl.Series(np.random.default_rng(5).choice(["no", "yes"], 150)))
    made = process.draft(write_table(tmp_path / "table.csv", "sold", frame), target=["sold"], changes={**SHORT, **STILL})
    run, told = finish(process.train(made.plan, tmp_path / "run", made.table))
    assert not any(one.low > 0 for one in run.importance)
    assert told[-1].sentence == "no column changes the answers beyond chance"


def test_predictions_name_part_row_and_truth(binary):
    frame = binary.predictions
    assert frame.columns == ["part", "row", "target", "prediction", "probability_no", "probability_yes"]
    split = pl.read_parquet(binary.folder.split)
    for part in ("valid", "test"):
        assert frame.filter(part=part)["row"].to_list() == split.filter(part=part)["row"].to_list()
    truth = pl.read_csv(binary.plan.data.source)["sold"]
    assert frame["target"].to_list() == [truth[row - 2] for row in frame["row"]]


def test_importance_names_every_input_column(binary):
    assert {one.column for one in binary.importance} == {"size", "age", "color"}
    assert binary.importance[0].column == "size"


def test_folds_score_every_row_once_in_each_repeat(tmp_path):
    run = run_of(tmp_path, "price", {"split.folds": 3, "split.repeats": 2, "learning.epochs": 1})
    rows = run.predictions.filter(part="test")["row"]
    assert sorted(rows.to_list()) == sorted([*range(2, 152)] * 2)
    assert (run.scorecard.part, run.scorecard.num_rows, run.scorecard.openings) == ("folds", 300, 1)
    assert len(run.folder.read_json(run.folder.openings)) == 1
    assert run.scorecard.resampling.endswith("each with all of its answers: 150 rows, scored once in each repeat of the folds")
    assert len(run.networks) == 6
    mean = np.mean([one.predict(run._read(made_table())).values for one in run.networks], axis=0)
    np.testing.assert_allclose(run.predict(made_table())["prediction"].to_numpy(), mean)


def test_the_test_part_is_opened_once_and_only_when_all_is_fitted(tmp_path, monkeypatch):

    told, opened = [], []
    plain = SealedRecords.open

    def spy(self, reason):
        opened.append((reason, len(told)))
        return plain(self, reason)

    monkeypatch.setattr(SealedRecords, "open", spy)
    made = process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes=SHORT)
    stages = process.train(made.plan, tmp_path / "run", made.table)
    for one in stages:
        told.append(one)
        if getattr(one, "stage", "") == "score":
            break
    finish(stages)
    assert opened == [("score card of the finished run", len(told) - 1)]
    assert type(told[-2]).__name__ == "BaselineDone"


def with_shops(num_shops, num_alone=0):
    """Return the made-up table with a shop for each row; the last rows have none."""
    shops = [f"shop {row % num_shops}" if row < 150 - num_alone else None for row in range(150)]
    return made_table().with_columns(shop=pl.Series(shops))


def test_a_split_by_group_draws_whole_groups_for_the_intervals(tmp_path):
    changes = {"split.method": "group", "split.column": "shop", "learning.epochs": 1}
    changes |= {"split.train": 0.5, "split.valid": 0.2, "split.test": 0.3, "learning.learning_rate": 0.1}
    run = run_of(tmp_path, "price", changes, with_shops(50))
    frame = run.predictions.filter(part="test")
    assert frame["group"].to_list() == [f"shop {(row - 2) % 50}" for row in frame["row"]]
    shops = (frame["row"].to_numpy() - 2) % 50
    assert run.scorecard.resampling == f"whole groups of 'shop' drawn with replacement: {len(set(shops))} groups"
    prediction = Prediction(frame["row"].to_numpy(), frame["prediction"].to_numpy())
    expected = bootstrap(rmse, frame["target"].to_numpy(), prediction, derive_seed(run.plan.seed, "score"), shops)
    found = run.scorecard.network.scores["rmse"]
    assert (found.low, found.high) == (pytest.approx(expected.low, rel=1e-6), pytest.approx(expected.high, rel=1e-6))


def test_over_repeated_folds_a_group_and_a_row_without_one_are_each_counted_once(tmp_path):
    changes = {"split.method": "group", "split.column": "shop", "split.folds": 2, "split.repeats": 2, "learning.epochs": 1}
    run = run_of(tmp_path, "price", changes, with_shops(20, num_alone=12))
    assert run.scorecard.num_rows == 300
    assert run.scorecard.resampling == (
        "whole groups of 'shop' drawn with replacement: 32 groups, 12 of them single rows without a value"
    )


def test_other_splits_draw_rows(binary):
    assert binary.scorecard.resampling == "rows drawn with replacement"
