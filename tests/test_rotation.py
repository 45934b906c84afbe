"""Networks that rotate: each after the first holds out other rows and learns from the validation part."""

import numpy as np
import pytest

from espalier import process
from espalier.core.progress import EpochDone
from espalier.core.records import Records
from espalier.data.parse import parse
from espalier.stages.parts import deal_parts
from espalier.stages.trial import trial
from espalier.training.checkpoint import read_checkpoint
from small_runs import SHORT, finish, made_table, run_of, write_table


def test_a_budget_is_spent_on_networks_that_together_learn_from_train_and_validation_rows(tmp_path):
    quick = {"learning.budget_seconds": 60, "model.name": "mlp-tiny", "model.members": None, "model.rotate": True}
    run = run_of(tmp_path, "sold", quick)
    assert len(run.networks) == run.plan.model.members == 5
    card = run.scorecard
    assert [one.num_train_rows for one in card.models] == [135, 120, 120]
    assert "saw 120 of 135 rows" in card.verdict
    assert "learnt from the validation part too" in card.network.note
    valid = run.predictions.filter(part="valid")
    lines = made_table()[(valid["row"] - 2).to_list()]
    records = parse(Records(lines, valid["row"].to_numpy().copy()), run.schema).records
    np.testing.assert_allclose(
        valid["probability_yes"].to_numpy(), run.networks[0].predict(records).probabilities[:, 1], atol=1e-6
    )


@pytest.mark.parametrize("member", [0, 1, 2])
def test_networks_that_rotate_are_resumed_to_the_same_weights(tmp_path, member):
    changes = {"model.members": 3, "model.rotate": True}
    (tmp_path / "whole").mkdir()
    whole = run_of(tmp_path / "whole", "sold", changes)
    made = process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes={**SHORT, **changes})
    stages = process.train(made.plan, tmp_path / "run", made.table)
    next(one for one in stages if isinstance(one, EpochDone) and one.member == member)
    stages.close()
    again, _ = finish(process.resume(tmp_path / "run"))
    for index in range(3):
        first, second = (read_checkpoint(one.folder.member(index).best).tensors for one in (whole, again))
        assert all(first[name].equal(second[name]) for name in first)
    assert whole.predictions.equals(again.predictions)


def test_a_trial_trains_one_network_in_place_of_several_that_rotate(tmp_path):
    changes = {**SHORT, "model.members": 3, "model.rotate": True}
    made = process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes=changes)
    [splits] = deal_parts(made.plan, made.table, None)[1]
    done = trial(made.plan, splits.train, splits.valid, splits.valid, ("no", "yes"))
    assert len(done.fold.networks) == 1
