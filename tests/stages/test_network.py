import numpy as np
import pytest
import torch
from torch import nn

from espalier import process
from espalier.core.batch import Prediction
from espalier.core.errors import ColumnError, PlanError, RunError, UnknownNameError
from espalier.core.files import write_json
from espalier.core.plan import edit
from espalier.core.run_folder import MemberFolder
from espalier.data.prepare.preparation import fit_preparation
from espalier.stages.network import (
    OWN_MODULE,
    average,
    check_inputs,
    check_names,
    load_network,
    main_metric,
    make_network,
    target_kind,
    with_threshold,
)
from espalier.stages.parts import deal_parts
from espalier.tasks.binary import Binary
from espalier.tasks.multiclass import Multiclass
from espalier.tasks.multilabel import Multilabel
from espalier.training.checkpoint import Checkpoint, write_checkpoint
from small_runs import SHORT, write_table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    source = write_table(tmp_path_factory.mktemp("network") / "table.csv", "sold")
    drafted = process.draft(source, target=["sold"], changes=SHORT)
    splits = deal_parts(drafted.plan, drafted.table, None)[1][0]
    return drafted.plan, splits, prepared_of(drafted.plan, splits)


def prepared_of(plan, splits):
    return fit_preparation(splits.train, plan.schema, plan.prepare, target_kind(plan), ("no", "yes"))


def test_weights_follow_from_the_seed(made):
    plan, _, prepared = made
    first, again, other = (make_network(plan, prepared, seed).module.state_dict() for seed in (1, 1, 2))
    assert all(first[name].equal(again[name]) for name in first)
    assert not all(first[name].equal(other[name]) for name in first)


def test_no_records_give_a_prediction_without_rows(made):
    plan, splits, prepared = made
    none = splits.valid.take(np.empty(0, dtype=np.int64))
    prediction = make_network(plan, prepared, 0).predict(none)
    assert prediction.values.shape == (0,)
    assert prediction.probabilities.shape == (0, 2)


def test_a_folder_gives_back_the_network_in_eval_mode_and_leaves_the_stream_of_chance_alone(made, tmp_path):
    plan, splits, prepared = made
    network, folder = make_network(plan, prepared, 5), MemberFolder(tmp_path)
    write_json(folder.prepared, prepared.to_mapping())
    write_checkpoint(folder.best, Checkpoint(network.module.state_dict(), {}))
    stream = torch.get_rng_state()
    loaded = load_network(plan, folder, threshold=0.3)
    assert torch.get_rng_state().equal(stream)
    assert not loaded.module.training
    assert loaded.task.threshold == 0.3
    np.testing.assert_array_equal(loaded.predict(splits.valid).probabilities, network.predict(splits.valid).probabilities)
    wider = edit(plan, {"model.options": {"width": 13}}, "test")
    with pytest.raises(RunError, match=r"best.safetensors holds weights of another model than plan.yaml names"):
        load_network(wider, folder)


def test_lazy_layers_of_a_persons_own_module_get_their_sizes(made):
    plan, splits, _ = made
    plan = edit(plan, {"model.name": OWN_MODULE, "prepare.categories": "one-hot"}, "test")
    prepared = prepared_of(plan, splits)
    own = nn.Sequential(nn.LazyLinear(4), nn.BatchNorm1d(4), nn.ReLU(), nn.LazyLinear(1))
    network = make_network(plan, prepared, 0, lambda prepared, num_outputs: own)
    assert network.module[0].weight.shape == (4, len(prepared.names))
    assert network.module.training
    assert network.module[1].num_batches_tracked == 0


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Linear(50, 1), r"cannot read the inputs: mat1 and mat2 .* maps float32 of shape \(B, \d+\) to \(B, 1\)"),
        (nn.LazyLinear(3), r"answers two rows with shape \(2, 3\)\. Expected .* to \(B, 1\).*nn\.LazyLinear\(1\)"),
    ],
)
def test_a_persons_own_module_of_another_size_is_told_the_right_one(made, module, said):
    plan, splits, _ = made
    plan = edit(plan, {"model.name": OWN_MODULE, "prepare.categories": "one-hot"}, "test")
    with pytest.raises(PlanError, match=said):
        make_network(plan, prepared_of(plan, splits), 0, lambda prepared, num_outputs: module)


def test_a_persons_own_module_must_be_given_again(made):
    plan, _, prepared = made
    with pytest.raises(RunError, match=r"module of your own.*espalier.load\(path, model=...\)"):
        make_network(edit(plan, {"model.name": OWN_MODULE}, "test"), prepared, 0)


def test_names_are_checked_before_any_work(made):
    plan = made[0]
    check_names(plan, ("no", "yes"))
    for change, error, message in (
        ({"model.name": "tabn"}, UnknownNameError, r"no model 'tabn'. Did you mean 'tabm'"),
        ({"task.name": "binery"}, UnknownNameError, r"no task 'binery'"),
        ({"task.options.gamma": 1}, UnknownNameError, r"no task option 'gamma'"),
        ({"baselines": ["linear modle"]}, UnknownNameError, r"no baseline 'linear modle'. Did you mean 'linear model'"),
        ({"baselines": ["mean"]}, PlanError, r"'mean' cannot learn"),
    ):
        with pytest.raises(error, match=message):
            check_names(edit(plan, change, "test"), ("no", "yes"))


def test_only_classes_can_be_weighed_or_drawn_more_often(made):
    regression = edit(made[0], {"task.name": "regression", "baselines": None}, "test")
    check_names(regression, ())
    with pytest.raises(PlanError, match=r"task.class_weights weighs classes, and the task 'regression' has none"):
        check_names(edit(regression, {"task.class_weights": "balanced"}, "test"), ())
    labels = {"task.name": "multilabel", "schema.columns.color.role": "target"}
    for change, classes in (({}, ()), (labels, ("a", "b"))):
        with pytest.raises(PlanError, match=r"task.sampling is 'smote'.*has no classes"):
            check_names(edit(regression, {"task.sampling": "smote", **change}, "test"), classes)


@pytest.mark.parametrize(
    ("task", "classes", "message"),
    [
        ("regression", ("no", "yes"), r"target 'sold' holds 2 classes \('no', 'yes'\). Expected numbers. Use --task binary.$"),
        ("counts", ("1", "2", "3"), r"Use --task multiclass, or read them as numbers: --set schema.columns.sold.kind=number"),
        ("multiclass", (), r"'sold' holds numbers. Expected classes. .*--set schema.columns.sold.kind=category"),
        ("multilabel", ("no", "yes"), r"one target is given: 'sold'. Expected several columns of two values each"),
    ],
)
def test_a_task_that_does_not_suit_the_target_says_what_does(made, task, classes, message):
    with pytest.raises(PlanError, match=message):
        check_names(edit(made[0], {"task.name": task, "baselines": None}, "test"), classes)


def test_several_targets_are_labels_only(made):
    with pytest.raises(PlanError, match=r"The task 'binary' was asked for, and 2 targets are given; expected one"):
        check_names(edit(made[0], {"schema.columns.color.role": "target"}, "test"), ("no", "yes"))


def test_a_plan_without_inputs_is_refused(made):
    roles = {f"schema.columns.{name}.role": "ignored" for name in made[0].schema.inputs()}
    with pytest.raises(ColumnError, match=r"No input column is left to learn from.*--set schema.columns.NAME.role=input"):
        check_inputs(edit(made[0], roles, "test"))
    check_inputs(made[0])


def test_members_are_averaged_before_the_class_is_decided():
    rows = np.arange(2)
    one = Prediction(rows, np.array([1.0, 0.0]), np.array([[0.4, 0.6], [0.7, 0.3]]))
    two = Prediction(rows, np.array([0.0, 0.0]), np.array([[0.9, 0.1], [0.7, 0.3]]))
    assert average([one], Binary()) is one
    mean = average([one, two], Binary())
    np.testing.assert_allclose(mean.probabilities, [[0.65, 0.35], [0.7, 0.3]])
    assert mean.values.tolist() == [0, 0]
    assert average([one, two], Binary(threshold=0.32)).values.tolist() == [1, 0]
    three = [
        Prediction(rows[:1], np.array([2.0]), np.array([[0.1, 0.4, 0.5]])),
        Prediction(rows[:1], np.array([1.0]), np.array([[0.1, 0.6, 0.3]])),
    ]
    assert average(three, Multiclass(num_classes=3)).values.tolist() == [1]
    labels = [
        Prediction(rows[:1], np.array([[1.0, 0.0]]), np.array([[0.9, 0.2]])),
        Prediction(rows[:1], np.array([[0.0, 0.0]]), np.array([[0.3, 0.4]])),
    ]
    assert average(labels, Multilabel(num_labels=2)).values.tolist() == [[1, 0]]
    numbers = [Prediction(rows[:1], np.array([value]), quantiles=np.array([[value, value + 1]])) for value in (1.0, 3.0)]
    assert (average(numbers, None).values.tolist(), average(numbers, None).quantiles.tolist()) == ([2], [[2, 3]])


def test_only_a_binary_question_takes_a_threshold(made):
    plan, _, prepared = made
    network = make_network(plan, prepared, 0)
    assert with_threshold(network, None) is network
    assert with_threshold(network, 0.2).task.threshold == 0.2


def test_the_main_metric_is_one_that_has_a_meaning_for_the_rows():
    assert main_metric(Binary(), np.array([0.0, 1.0])).name == "roc_auc"
    assert main_metric(Binary(), np.array([1.0, 1.0])).name != "roc_auc"


def test_an_unknown_task_is_named(made):
    with pytest.raises(UnknownNameError, match=r"no task 'rank'"):
        target_kind(edit(made[0], {"task.name": "rank"}, "test"))


def test_networks_hold_out_other_rows_only_where_the_parts_are_drawn(made):
    plan = edit(made[0], {"model.rotate": True, "split.column": "size"}, "test")
    check_names(plan, ("no", "yes"))
    with pytest.raises(
        PlanError, match=r"model.rotate is true with split.method 'time', .* Expected random, stratified, group"
    ):
        check_names(edit(plan, {"split.method": "time"}, "test"), ("no", "yes"))
