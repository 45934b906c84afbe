import torch

from espalier import process
from espalier.core.plan import edit
from espalier.stages.forecast import forecast
from small_runs import MEASURED, SHORT, finish, write_table


def test_a_forecast_is_positive_and_its_parameters_are_those_of_the_trained_network(tmp_path):
    made = process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes=SHORT)
    seen = forecast(made.plan, made.table)
    assert seen.rows == 120
    assert 0 < seen.step_seconds < seen.epoch_seconds < seen.total_seconds
    assert seen.memory_bytes > seen.parameters * 16
    assert [one.name for one in tmp_path.iterdir()] == ["table.csv"]
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    assert seen.parameters == sum(weight.numel() for weight in run.module.parameters())


def test_members_folds_and_the_budget_count(tmp_path):
    changes = {**MEASURED, "learning.epochs": 10}
    made = process.draft(write_table(tmp_path / "table.csv", "price"), target=["price"], changes=changes)
    more = edit(made.plan, {"model.members": 2, "split.folds": 3}, "test")
    seen = forecast(more, made.table)
    assert seen.total_seconds > 5 * 10 * seen.epoch_seconds
    cut = forecast(edit(more, {"learning.budget_seconds": 1e-3}, "test"), made.table)
    assert cut.total_seconds == 1e-3


def test_a_forecast_needs_no_table_at_hand(tmp_path):
    made = process.draft(write_table(tmp_path / "table.csv", "price"), target=["price"], changes=MEASURED)
    assert forecast(made.plan).rows == 120
    assert torch.is_grad_enabled()
