import tempfile

import numpy as np
import polars as pl
import pytest
import torch

from espalier import process
from espalier.core.errors import TrainingError
from espalier.core.progress import BaselineDone
from espalier.stages.rehearse import compare_reloaded, sentence, small_plan, small_table
from espalier.stages.table import load_table
from espalier.training.threads import kept_threads
from small_runs import SHORT, made_table, write_table


@pytest.fixture
def empty_temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("changes", [{}, {"split.folds": 3, "model.members": 2}])
def test_a_rehearsal_goes_all_the_way_and_leaves_nothing_behind(tmp_path, empty_temporary, changes):
    source = write_table(tmp_path / "table.csv", "sold")
    made = process.draft(source, target=["sold"], changes={**SHORT, **changes})
    told = process.rehearse(made.plan, made.table)
    assert [one.split(":")[0] for one in told] == ["read", "split", "examine", "prepare", "learn", "score", "explain", "reload"]
    assert told[-1].endswith("gives the same 15 answers")
    assert list(empty_temporary.iterdir()) == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["table.csv", "temporary"]


def test_the_reloaded_model_answers_with_the_threads_of_the_run(tmp_path, empty_temporary, monkeypatch):
    seen = []
    monkeypatch.setattr(process, "compare_reloaded", lambda *given: seen.append(torch.get_num_threads()) or "reload: fine")
    made = process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes={**SHORT, "learning.threads": 1})
    with kept_threads(2):
        process.rehearse(made.plan, made.table)
    assert seen == [1]


def test_parts_from_files_are_rehearsed_too(tmp_path, empty_temporary):
    later = write_table(tmp_path / "later.csv", "sold", made_table(30, seed=4))
    source = write_table(tmp_path / "table.csv", "sold")
    made = process.draft(source, target=["sold"], changes={**SHORT, "data.test": str(later)})
    assert process.rehearse(made.plan)[-1].endswith("gives the same 30 answers")


def test_a_few_rows_hold_rows_of_every_class(tmp_path):
    frame = made_table(2_000).with_columns(sold=pl.when(pl.int_range(pl.len()) < 15).then(pl.lit("rare")).otherwise("sold"))
    table = load_table(write_table(tmp_path / "table.csv", "sold", frame), target=["sold"])
    few = small_table(table, seed=0)
    assert 400 <= len(few.records) <= 440
    assert (few.records.frame.get_column("sold") == "rare").sum() >= 12
    assert (np.diff(few.records.rows) > 0).all()
    assert len(small_table(load_table(write_table(tmp_path / "small.csv", "sold"), target=["sold"]), 0).records) == 150


def test_a_rehearsed_plan_is_short(tmp_path):
    changes = {**SHORT, "learning.learning_rate": None, "learning.epochs": 50, "model.members": 3, "split.folds": 5}
    plan = small_plan(process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes=changes).plan)
    assert (plan.learning.epochs, plan.model.members, plan.split.folds, plan.learning.learning_rate) == (1, 1, None, 1e-3)


def test_baselines_are_passed_over():
    assert sentence(BaselineDone("mean", "rmse", 1.0, 0.1)) == ""


def test_answers_that_differ_are_an_error(tmp_path):
    table = load_table(write_table(tmp_path / "table.csv", "sold"), target=["sold"])
    scored = pl.DataFrame({"part": ["valid", "test", "test"], "row": [2, 3, 5], "prediction": ["no", "yes", "no"]})
    right = {3: "yes", 5: "no"}
    answer = lambda records: pl.DataFrame({"prediction": [right[row] for row in records.rows]})  # noqa: E731
    assert "the same 2 answers" in compare_reloaded(scored, answer, table.records)
    right[5] = "yes"
    with pytest.raises(TrainingError, match=r"answers differently"):
        compare_reloaded(scored, answer, table.records)
