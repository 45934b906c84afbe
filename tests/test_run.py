import shutil

import numpy as np
import polars as pl
import pytest
import torch

from espalier import process
from espalier.app.report.page import write_report
from espalier.core.errors import ColumnError, EmptySourceError, RunError
from espalier.run import Run
from small_runs import as_pandas, finish, made_table, run_of, write_table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("run"), "sold")


@pytest.fixture(scope="module")
def price(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("price"), "price", {"learning.epochs": 3})


@pytest.fixture
def copy(run, tmp_path):
    shutil.copytree(run.folder.path, tmp_path / "copy")
    return Run(tmp_path / "copy")


def test_a_run_says_what_it_is(run, price):
    assert repr(run).startswith(f"Run('{run.folder.path}', mlp-tiny: ")
    assert (run.question.classes, run.question.task) == (("no", "yes"), "binary")
    assert run.profile.num_rows == 150
    assert run.schema.target == "sold"
    assert run.history["epoch"].to_list() == [1, 2]
    assert {one.column for one in run.importance} == {"size", "age", "color"}
    assert all(one.id for one in run.findings)
    assert price.question.classes == ()


def test_there_is_one_line_for_each_row_in_its_order(run):
    frame = made_table(60, seed=5)
    whole = run.predict(frame)
    assert whole.height == 60
    order = np.random.default_rng(0).permutation(60)
    assert run.predict(frame[order]).drop("prediction").to_numpy() == pytest.approx(
        whole[order].drop("prediction").to_numpy(), abs=1e-6
    )
    assert run.predict(frame[7:8])["probability_yes"].item() == pytest.approx(whole["probability_yes"][7], abs=1e-6)


def test_columns_may_come_in_any_order_with_others_among_them_and_without_the_target(run):
    frame = made_table(20)
    expected = run.predict(frame)
    assert run.predict(frame.select("color", "age", "size")).equals(expected)
    more = frame.select(pl.lit("x").alias("other"), "sold", "age", "color", "size", pl.lit(None).alias("empty"))
    assert run.predict(more).equals(expected)


def test_a_file_and_a_frame_get_the_same_answers(run, tmp_path):
    frame = made_table(20)
    frame.write_csv(tmp_path / "rows.csv")
    frame.write_parquet(tmp_path / "rows.parquet")
    expected = run.predict(frame)
    assert run.predict(tmp_path / "rows.csv").equals(expected)
    assert run.predict(str(tmp_path / "rows.parquet")).equals(expected)
    assert run.predict(as_pandas(frame)).equals(expected)


def test_unseen_levels_missing_values_and_unreadable_cells_are_answered_and_told(run):
    frame = made_table(4).with_columns(
        color=pl.Series(["violet", None, "red", ""]),
        size=pl.Series([None, 1e30, -1e30, 0.5]),
        age=pl.Series(["?", "", "30", "x"]),
    )
    answers = run.predict(frame)
    assert answers.height == 4
    assert answers.select(pl.all_horizontal(pl.col("^probability_.*$").is_finite()).all()).item()
    assert run.notes == (
        "2 cells of 'age' are no numbers and count as missing: '?' (row 1), 'x' (row 4).",
        "1 cell of 'color' holds a value that training did not have: 'violet'.",
    )
    run.predict(made_table(4))
    assert run.notes == ()


def test_absent_columns_are_named_with_the_nearest_names_and_filled_only_when_told(run):
    frame = made_table(4).select("size", pl.col("age").alias("Age"), pl.col("color").alias(" colour"))
    with pytest.raises(
        ColumnError,
        match=r"lacks 'age' \(did you mean 'Age'\?\) and 'color' \(did you mean 'colour'\?\), which the model reads\. "
        r"Add or rename them, or .*--fill-missing, in Python fill_missing=True",
    ):
        run.predict(frame)
    with pytest.raises(ColumnError, match=r"lacks 'age', which the model reads\. Add or rename it"):
        run.evaluate(made_table(4).drop("age"))
    assert run.predict(made_table(4).drop("age"), fill_missing=True).height == 4
    assert run.notes == ("polars frame lacks 'age', which the model reads. Every row counts as missing there.",)
    assert run.evaluate(made_table(40).drop("age"), fill_missing=True).num_rows == 40
    with pytest.raises(ColumnError, match=r"has none of the columns that the model reads"):
        run.predict(frame.select("Age"), fill_missing=True)


def test_a_date_that_orders_the_rows_is_read_and_so_must_be_there(tmp_path):
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 5, 29), eager=True)
    frame = made_table(len(days)).with_columns(day=days)
    changes = {"schema.columns.day.role": "time", "split.method": "time", "split.column": "day"}
    run = run_of(tmp_path, "price", changes, frame)
    with pytest.raises(ColumnError, match=r"lacks 'day' \(did you mean 'Day'\?\), which the model reads"):
        run.predict(frame.rename({"day": "Day"}))


def test_a_column_that_was_not_selected_may_be_absent(tmp_path):
    run = run_of(tmp_path, "price", {"prepare.select": 1})
    (kept,) = set(run.prepared.sources)
    assert run.predict(made_table(3).select(kept)).height == 3
    assert run.notes == ()


def test_one_row_and_no_row_have_the_same_columns(run, price):
    for one in (run, price):
        single, none = one.predict(made_table(1)), one.predict(made_table().head(0))
        assert (single.height, none.height) == (1, 0)
        assert single.schema == none.schema
        assert one.predict(as_pandas(made_table().head(0))).schema == single.schema


def test_a_file_without_rows_is_an_error(run, tmp_path):
    (tmp_path / "rows.csv").write_text("size,age,color\n")
    with pytest.raises(EmptySourceError, match=r"rows.csv"):
        run.predict(tmp_path / "rows.csv")


def test_a_table_of_something_else_is_an_error(run):
    with pytest.raises(ColumnError, match=r"has none of the columns that the model reads: 'size', 'age' and 'color'"):
        run.predict(pl.DataFrame({"length": [1.0], "weight": [2.0]}))


def test_the_module_is_in_eval_mode_and_gives_the_answers_when_it_is_called_plainly(run, price):
    for one in (run, price):
        assert not one.module.training
        inputs = one.prepared.inputs(one._read(made_table()))
        with torch.no_grad():
            output = one.module(*inputs)[:, 0].double().numpy()
        answers = one.predict(made_table())
        if one is run:
            np.testing.assert_allclose(1 / (1 + np.exp(-output)), answers["probability_yes"].to_numpy(), atol=1e-6)
        else:
            step = one.prepared.target_step
            expected = np.clip(output * step.scale + step.center, *step.held)
            np.testing.assert_allclose(expected, answers["prediction"].to_numpy(), rtol=1e-5)


def test_a_run_read_back_gives_the_answers_that_were_scored(run):
    again = Run(run.folder.path)
    scored = run.predictions.filter(part="test")
    source = pl.read_csv(run.plan.data.source)
    answers = again.predict(source[(scored["row"] - 2).to_numpy()])
    assert answers["prediction"].equals(scored["prediction"])
    np.testing.assert_allclose(answers["probability_yes"].to_numpy(), scored["probability_yes"].to_numpy(), atol=1e-12)


def test_another_file_with_the_target_is_scored(run, price, tmp_path):
    frame = made_table(80, seed=7)
    card = run.evaluate(frame)
    answers = run.predict(frame)
    assert (card.part, card.num_rows, card.threshold, card.comparison) == ("given", 80, run.scorecard.threshold, None)
    accuracy = (answers["prediction"] == frame["sold"]).mean()
    assert card.models[0].scores["accuracy"].value == pytest.approx(accuracy)
    frame.write_csv(tmp_path / "rows.csv")
    error = price.evaluate(tmp_path / "rows.csv").models[0].scores["mae"].value
    assert error == pytest.approx((price.predict(frame)["prediction"] - frame["price"]).abs().mean())
    assert len(run.folder.read_json(run.folder.openings)) == 1


def test_scoring_the_own_rows_is_said_and_counts_as_an_opening_of_the_test_part(copy, tmp_path):
    shutil.copy(copy.plan.data.source, tmp_path / "other name.csv")
    card = copy.evaluate(tmp_path / "other name.csv")
    assert (card.openings, len(copy.folder.read_json(copy.folder.openings))) == (2, 2)
    assert copy.folder.read_json(copy.folder.openings)[1]["reason"] == "evaluate"
    learnt, opened, alone = copy.notes
    assert learnt == "The model learnt from 120 rows of this very source, so these scores are too good."
    assert opened.startswith("Rows of the run's test part are among those scored: it has now been opened 2 times")
    assert alone.endswith(f"espalier compare {copy.folder.path}")
    copy.evaluate(made_table(30, seed=3))
    assert (copy.notes, len(copy.folder.read_json(copy.folder.openings))) == ((), 2)


def test_scoring_a_test_file_counts_as_an_opening_and_scoring_the_training_file_beside_it_does_not(tmp_path):
    paths = {}
    for seed, name in enumerate(("valid", "test")):
        (tmp_path / name).mkdir()
        paths[f"data.{name}"] = str(write_table(tmp_path / name / "rows.csv", "sold", made_table(60, seed=seed + 1)))
    run = run_of(tmp_path, "sold", {**paths, "split.method": "files"})
    assert run.evaluate(run.plan.data.source).openings == 0
    assert "120 rows" not in run.notes[0]
    assert run.notes[0].startswith("The model learnt from 150 rows of this very source")
    assert run.evaluate(paths["data.test"]).openings == 2
    assert "opened 2 times" in run.notes[0]
    assert [run.origin(one) for one in (run.plan.data.source, *paths.values())] == ["source", "other", "test"]


def test_rows_without_a_target_are_left_out_of_a_score(run):
    frame = made_table(30).with_columns(sold=pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise("sold"))
    assert run.evaluate(frame).num_rows == 20


def test_what_cannot_be_scored_is_explained(run):
    frame = made_table(30)
    with pytest.raises(
        ColumnError,
        match=r"frame lacks 'sold' \(did you mean 'Sold'\?\), which the model predicts: scores need the true values\. "
        r"Add or rename it, or answer the rows without scores: espalier predict",
    ):
        run.evaluate(frame.rename({"sold": "Sold"}))
    with pytest.raises(ColumnError, match=r"holds 'perhaps'.*the classes are no, yes"):
        run.evaluate(frame.with_columns(sold=pl.lit("perhaps")))
    with pytest.raises(ColumnError, match=r"No row of .* has a value in 'sold'"):
        run.evaluate(frame.with_columns(sold=pl.lit(None, pl.String)))
    with pytest.raises(ColumnError, match=r"No row of .* has a value in 'sold'"):
        run.evaluate(frame.head(0))


@pytest.mark.parametrize("name", ["predictions.parquet", "members/0/epochs.csv", "scorecard.json", "importance.json"])
def test_a_missing_file_is_named(copy, name):
    (copy.folder.path / name).unlink()
    with pytest.raises(RunError, match=name.rpartition("/")[2]):
        copy.predictions, copy.history, copy.scorecard, copy.importance  # noqa: B018  reading is the test


@pytest.mark.parametrize(
    "name", ["predictions.parquet", "scorecard.json", "members/0/prepared.json", "members/0/checkpoints/best.safetensors"]
)
def test_a_file_that_was_cut_off_is_named(copy, name):
    path = copy.folder.path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RunError, match=name.rpartition("/")[2]):
        copy.predictions, copy.scorecard, copy.networks  # noqa: B018  reading is the test


@pytest.mark.parametrize("name", ["scorecard.json", "findings.json", "importance.json", "data.json"])
@pytest.mark.parametrize("content", ['{"task": 3}', "[3]"])
def test_a_file_that_was_edited_into_something_else_is_named(copy, name, content):
    (copy.folder.path / name).write_text(content)
    with pytest.raises(
        RunError, match=rf"{name}.*was cut off or edited\. The model is not touched by it: delete .*espalier resume"
    ):
        copy.scorecard, copy.findings, copy.importance, copy.profile, copy.question  # noqa: B018  reading is the test


@pytest.mark.parametrize(
    ("name", "advised"),
    [
        ("predictions.parquet", ["predictions.parquet"]),
        ("scorecard.json", ["scorecard.json"]),
        ("importance.json", ["importance.json"]),
        ("findings.json", ["findings.json", "scorecard.json"]),
        ("data.json", ["data.json", "scorecard.json"]),
        ("members/0/epochs.csv", ["members/0/epochs.csv", "scorecard.json"]),
    ],
)
def test_what_is_advised_for_a_damaged_file_brings_it_back(copy, run, name, advised):
    path = copy.folder.path
    (path / name).write_bytes(b"")
    with pytest.raises(RunError, match=rf"{name.rpartition('/')[2]}.*delete .*espalier resume {path}$"):
        write_report(copy)
    for one in advised:
        (path / one).unlink()
    again = finish(process.resume(path))[0]
    assert again.predictions.equals(run.predictions)
    assert again.history.drop("seconds").equals(run.history.drop("seconds"))
    write_report(again)


def test_a_missing_file_that_a_finished_run_does_not_make_by_itself_is_told_how(copy):
    copy.folder.findings.unlink()
    with pytest.raises(
        RunError, match=r"findings.json is missing. To have it made anew, delete .*scorecard.json and then run:"
    ):
        copy.findings  # noqa: B018  reading is the test


def test_a_split_that_was_cut_off_is_said_by_the_report(copy):
    copy.folder.split.write_bytes(copy.folder.split.read_bytes()[:40])
    with pytest.raises(RunError, match=r"split.parquet cannot be read .* Train again: espalier train .*plan.yaml --out NEW"):
        write_report(copy)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_a_plan_that_was_cut_off_is_no_plan(copy, share):
    text = copy.folder.plan.read_text()
    copy.folder.plan.write_text(text[: int(share * len(text))])
    with pytest.raises(RunError, match=r"plan.yaml does not end with the line .* it was cut off, or an older version"):
        Run(copy.folder.path)


def test_no_run_is_said(tmp_path):
    with pytest.raises(RunError, match=r"is no run folder"):
        Run(tmp_path / "nothing")
