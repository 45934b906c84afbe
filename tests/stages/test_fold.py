import math
import time

import numpy as np
import pytest

from espalier import process
from espalier.core.errors import UnknownNameError
from espalier.core.progress import BaselineDone, EpochDone, StageDone
from espalier.core.run_folder import RunFolder
from espalier.data.prepare.prepared import Prepared
from espalier.stages.fold import Work, fit_fold
from espalier.stages.parts import deal_parts
from small_runs import MEASURED, SHORT, finish, made_table, write_table


def fitted(tmp_path, changes=None, target="sold", ends=math.inf, frame=None):
    short = MEASURED if target in ("price", "visits") else SHORT
    source = write_table(tmp_path / "table.csv", target, frame)
    made = process.draft(source, target=[target], changes={**short, **(changes or {})})
    [splits] = deal_parts(made.plan, made.table, None)[1]
    work = Work(made.plan, RunFolder(tmp_path / "run"), made.table.asked().classes, ends)
    return finish(fit_fold(work, splits, 0))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fold")
    return folder, *fitted(folder, {"model.members": 2})


def test_a_fold_tells_of_each_stage_in_order(pair):
    told = pair[2]
    assert [type(one) for one in told] == [StageDone, *[EpochDone] * 4, *[BaselineDone] * 2]
    assert told[0].sentence.startswith("120 training rows, ")
    assert [(one.member, one.epoch, one.metric) for one in told[1:5]] == [
        (0, 1, "roc_auc"),
        (0, 2, "roc_auc"),
        (1, 1, "roc_auc"),
        (1, 2, "roc_auc"),
    ]
    assert [one.name for one in told[5:]] == ["majority class", "linear model"]


def test_members_differ_share_one_preparation_and_are_averaged(pair):
    folder, (_, result), _ = pair
    valid = result.splits.valid
    first, second = (network.predict(valid).probabilities for network in result.networks)
    assert not np.allclose(first, second)
    np.testing.assert_allclose(result.answer(valid).probabilities, (first + second) / 2)
    members = RunFolder(folder / "run")
    assert members.member(0).prepared.read_bytes() == members.member(1).prepared.read_bytes()


@pytest.fixture(scope="module")
def rotating(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rotating")
    with pytest.MonkeyPatch.context() as patch:
        seen = seen_targets(patch)
        return (
            folder,
            fitted(folder, {"model.members": 3, "model.rotate": True})[0][1],
            [set(rows.tolist()) for _, rows in seen],
        )


def test_later_networks_learn_from_the_validation_rows_and_hold_out_others(rotating):
    _, result, learnt = rotating
    train, valid = set(result.splits.train.records.rows), set(result.splits.valid.rows)
    assert learnt[0] == train
    for rows in learnt[1:]:
        assert valid < rows
        assert len(train - rows) == 15
    assert len((train - learnt[1]) & (train - learnt[2])) == 0
    assert not rows & set(result.splits.test.hidden.rows)
    assert result.num_learnt_rows == 135


def test_validation_rows_are_answered_by_the_network_that_did_not_learn_from_them(rotating):
    _, result, _ = rotating
    valid = result.splits.valid
    first, *others = (network.predict(valid).probabilities for network in result.networks)
    np.testing.assert_array_equal(result.answer_valid(valid).probabilities, first)
    np.testing.assert_allclose(result.answer(valid).probabilities, (first + others[0] + others[1]) / 3)


def test_each_network_that_rotates_has_a_preparation_of_its_own_rows(rotating):
    folder, result, _ = rotating
    members = RunFolder(folder / "run")
    assert len({members.member(index).prepared.read_bytes() for index in range(3)}) == 3
    assert result.prepared is result.networks[0].prepared is not result.networks[1].prepared


def test_the_time_of_the_first_network_decides_how_many_there_are(tmp_path):
    (plan, result), _ = fitted(tmp_path, {"model.members": None}, ends=time.monotonic() + 1_000)
    assert plan.model.members == len(result.networks) == 5
    assert RunFolder(tmp_path / "run").read_plan() == plan


def seen_targets(monkeypatch):
    """Return a list that gathers the (target, rows) each network learns from."""
    seen = []
    plain = Prepared.batches

    def spy(self, inputs, target, rows, batch_size, seed):
        seen.append((target, rows))
        return plain(self, inputs, target, rows, batch_size, seed)

    monkeypatch.setattr(Prepared, "batches", spy)
    return seen


@pytest.mark.parametrize("sampling", ["oversample", "smote"])
def test_rare_classes_are_drawn_more_often_in_training_only(tmp_path, monkeypatch, sampling):
    seen = seen_targets(monkeypatch)
    (_, result), _ = fitted(tmp_path, {"task.sampling": sampling, "task.name": "multiclass"}, "grade")
    [(target, rows)] = seen
    counts = target.bincount()
    assert counts.unique().numel() == 1
    assert (rows == -1).any().item() is (sampling == "smote")
    assert len(result.splits.train) == 120


def test_balanced_classes_weigh_inversely_to_their_rows(tmp_path):
    (_, result), _ = fitted(tmp_path, {"task.class_weights": "balanced"}, "grade")
    grades = result.splits.train.records.frame.get_column("grade")
    expected = [120 / (3 * (grades == name).sum()) for name in result.prepared.classes]
    assert result.networks[0].task.class_weights == pytest.approx(expected)


def test_an_unknown_option_of_the_model_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match=r"no model option 'widht'. Did you mean 'width'"):
        fitted(tmp_path, {"model.options": {"widht": 3}})


def test_a_network_whose_time_is_over_stops_within_its_epoch(tmp_path):
    (_, result), told = fitted(tmp_path, {"learning.epochs": 5_000}, ends=time.monotonic() + 1.5)
    epochs = [one for one in told if isinstance(one, EpochDone)]
    assert 1 < len(epochs) < 5_000
    assert result.seconds < 1.5
    assert set(result.baselines) == {"majority class", "linear model"}


def test_under_a_budget_the_baselines_come_first_and_the_network_gets_the_rest(tmp_path):
    ends = time.monotonic() + 2
    _, told = fitted(tmp_path, {"learning.epochs": 100_000, "learning.patience": 100_000}, ends=ends)
    assert [type(one) for one in told[:4]] == [StageDone, BaselineDone, BaselineDone, EpochDone]
    assert time.monotonic() > ends - 0.1
    assert all(isinstance(one, EpochDone) for one in told[3:])


def test_a_fitted_fold_is_taken_from_disk(tmp_path):
    (plan, first), _ = fitted(tmp_path)
    (again, second), told = fitted(tmp_path)
    assert again == plan
    assert not [one for one in told if isinstance(one, EpochDone)]
    valid = first.splits.valid
    np.testing.assert_array_equal(first.answer(valid).probabilities, second.answer(valid).probabilities)


def test_counts_and_quantiles_are_learnt_in_the_persons_units(tmp_path):
    (_, counts), _ = fitted(tmp_path, {"task.name": "counts", "learning.epochs": 1}, "visits")
    assert (counts.answer(counts.splits.valid).values > 0).all()
    price = made_table().get_column("price") * 10 + 1e6
    other = tmp_path / "other"
    other.mkdir()
    (_, quantiles), _ = fitted(
        other, {"task.options": {"loss": "quantile"}}, "price", frame=made_table().with_columns(price=price)
    )
    answer = quantiles.answer(quantiles.splits.valid)
    assert answer.quantiles.shape == (15, 5)
    assert (np.diff(answer.quantiles, axis=1) >= 0).all()
    assert abs(answer.values - 1e6).max() < 1e5
