import math

import numpy as np
import polars as pl
import pytest

from espalier import process
from espalier.core.plan import edit
from espalier.data.batches import TensorBatches
from espalier.data.prepare.preparation import fit_preparation
from espalier.stages.decide import decide_learning, decide_members, decide_rate, decide_target
from espalier.stages.network import make_network, target_kind
from espalier.stages.parts import deal_parts
from small_runs import made_table, write_table


def dealt(tmp_path, target, changes=None, frame=None):
    made = process.draft(write_table(tmp_path / "table.csv", target, frame), target=[target], changes=changes or {})
    return made.plan, deal_parts(made.plan, made.table, None)[1][0]


def test_a_skewed_target_is_learnt_as_its_logarithm(tmp_path):
    frame = made_table(200).with_columns(income=(0.05 * pl.col("age") + 0.3 * pl.col("size")).exp())
    plan, splits = dealt(tmp_path, "income", frame=frame)
    decided = decide_target(plan, splits.train, splits.valid)
    assert decided.prepare.target == "log"
    assert "with the logarithm" in decided.reasons["prepare.target"]


def test_no_logarithm_is_tried_on_a_symmetric_target_or_one_below_zero(tmp_path):
    plan, splits = dealt(tmp_path, "price")
    decided = decide_target(plan, splits.train, splits.valid)
    assert decided.prepare.target == "standard"
    assert "no logarithm was tried" in decided.reasons["prepare.target"]
    plan, splits = dealt(tmp_path, "income", frame=made_table().with_columns(pl.col("income") - 5))
    assert "negative values" in decide_target(plan, splits.train, splits.valid).reasons["prepare.target"]


def test_a_skewed_target_that_a_logarithm_does_not_help_stays(tmp_path):
    hits = pl.Series(np.random.default_rng(5).random(2_000) < 0.2)  # known to nobody: the mean is the best guess
    frame = made_table(2_000).with_columns(price=100.0 * hits + 0.01 * pl.col("size").abs())
    plan, splits = dealt(tmp_path, "price", frame=frame)
    decided = decide_target(plan, splits.train, splits.valid)
    assert decided.prepare.target == "standard"
    assert "boosted trees reach RMSE" in decided.reasons["prepare.target"]


def test_what_the_person_says_of_the_target_stays(tmp_path):
    plan, splits = dealt(tmp_path, "income", {"prepare.target": "none"})
    assert decide_target(plan, splits.train, splits.valid) is plan


def test_the_base_rate_of_counts_is_the_mean_of_the_training_part(tmp_path):
    plan, splits = dealt(tmp_path, "visits", {"task.name": "counts"})
    decided = decide_rate(plan, splits.train)
    assert decided.task.options["base_rate"] == pytest.approx(splits.train.records.frame.get_column("visits").mean())
    given = edit(plan, {"task.options.base_rate": 2.0}, "test")
    assert decide_rate(given, splits.train) is given
    regression = edit(plan, {"task.name": "regression"}, "test")
    assert decide_rate(regression, splits.train) is regression


def test_learning_rate_and_precision_are_measured_only_where_they_are_open_and_the_network_stays(tmp_path):
    changes = {"model.name": "mlp-tiny", "learning.precision": "float32", "prepare.bins": 0}
    plan, splits = dealt(tmp_path, "sold", changes)
    prepared = fit_preparation(splits.train, plan.schema, plan.prepare, target_kind(plan), ("no", "yes"))
    network = make_network(plan, prepared, 0)
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    records = splits.train.records
    batches = TensorBatches(prepared.inputs(records), prepared.target(records), batch_size=32, seed=0)
    decided = decide_learning(plan, network, batches)
    assert 1e-6 < decided.learning.learning_rate < 10
    assert decided.reasons["learning.learning_rate"]
    assert decided.learning.precision == "float32"
    assert all(tensor.equal(before[name]) for name, tensor in network.module.state_dict().items())
    assert decide_learning(decided, network, batches) is decided


@pytest.mark.parametrize(("left", "members"), [(-1.0, 1), (9.0, 1), (13.0, 2), (40.0, 4), (1e9, 5), (math.inf, 5)])
def test_as_many_networks_are_averaged_as_the_time_left_allows(tmp_path, left, members):
    plan, _ = dealt(tmp_path, "sold", {"model.members": None})
    decided = decide_members(plan, 10.0, left)
    assert decided.model.members == decided.model.num_members == members
    assert "the first learnt in 10.0 s" in decided.reasons["model.members"]
    given = edit(plan, {"model.members": 3}, "test")
    assert decide_members(given, 10.0, left) is given
