import math

import numpy as np
import pytest

from espalier import process
from espalier.core.errors import PlanError, UnknownNameError
from espalier.core.plan import edit
from espalier.data.prepare.preparation import fit_preparation
from espalier.stages import picture_rules
from espalier.stages.augmentation import _mirrors
from espalier.stages.decide import decide_epochs
from espalier.stages.network import make_network
from espalier.stages.parts import deal_parts
from pictures import write_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("photos"), 30)


def planned(folder, **changes):
    return process.draft(str(folder), changes=changes).plan


def test_the_default_network_gets_its_recipe_with_the_rate_of_its_batches(folder):
    learning = planned(folder).learning
    assert (learning.optimizer, learning.schedule, learning.clip_norm) == ("nesterov", "one-cycle", None)
    assert learning.batch_size == 16
    assert learning.learning_rate == pytest.approx(0.15 * 16 / 128, rel=0.05)
    assert learning.patience == learning.epochs


def test_another_network_gets_a_range_test(folder):
    learning = planned(folder, **{"model.name": "resnet18-small"}).learning
    assert (learning.optimizer, learning.learning_rate) == ("adamw", None)


def test_every_choice_for_pictures_has_a_reason(folder):
    plan = planned(folder)
    for path in ("prepare.pictures.height", "prepare.pictures.channels", "model.name", "learning.epochs", "learning.schedule"):
        assert plan.reasons[path], path


def with_ages(folder, tmp_path):
    lines = [f"{folder.resolve()}/bar/{n}.png,{n},low" for n in range(20)]
    lines += [f"{folder.resolve()}/square/{n}.png,{n},high" for n in range(20)]
    (tmp_path / "table.csv").write_text("\n".join(["path,age,grade", *lines]) + "\n")
    return str(tmp_path / "table.csv")


def test_other_columns_beside_a_picture_are_read_with_it_and_the_reason_names_them(folder, tmp_path):
    plan = process.draft(with_ages(folder, tmp_path), target=["grade"]).plan
    assert plan.schema.columns["path"].kind == "image"
    assert plan.schema.columns["age"].role == "input"
    assert plan.model.name == "fusion"
    assert plan.reasons["model.name"] == "reads the picture and what stands beside it: age"


def test_a_network_for_pictures_that_is_asked_for_leaves_the_other_columns_out_with_the_reason(folder, tmp_path):
    plan = process.draft(with_ages(folder, tmp_path), target=["grade"], changes={"model.name": "resnet-tiny"}).plan
    assert plan.schema.columns["age"].role == "ignored"
    assert plan.reasons["schema.columns.age.role"] == "the model resnet-tiny reads the picture alone"


def test_without_its_column_of_pictures_a_table_is_read_as_a_table(folder, tmp_path):
    plan = process.draft(with_ages(folder, tmp_path), target=["grade"], changes={"schema.columns.path.role": "ignored"}).plan
    assert (plan.model.name, plan.prepare.pictures) == ("tabm", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prepare.pictures.mixing": {"name": "mixup"}}, "no line of its own, and beside the picture the columns age"),
        ({"task.sampling": "smote"}, "makes up rows of tables"),
        ({"model.name": "mlp"}, "Choose among: fusion; or leave the other inputs out: --set schema.columns.path.role=ignored"),
        ({"model.name": "fusion", "model.options": {"pictures": "fast-cm"}}, "Did you mean 'fast-cnn'"),
        ({"model.name": "fusion", "model.options": {"pictures": "vgg16"}}, "from 32 pixels a side on"),
    ],
)
def test_what_does_not_fit_pictures_beside_a_table_is_refused_in_words(folder, tmp_path, changes, said):
    with pytest.raises((PlanError, UnknownNameError), match=said):
        process.draft(with_ages(folder, tmp_path), target=["grade"], changes=changes)


def fitted_epochs(folder, seconds, **changes):
    changes = {"model.name": "fast-cnn-tiny", "learning.precision": "float32", "learning.threads": 1, **changes}
    made = process.draft(str(folder), changes=changes)
    [splits] = deal_parts(made.plan, made.table, None)[1]
    plan = edit(made.plan, {"prepare.pictures.augment": []}, "test")
    prepared = fit_preparation(splits.train, plan.schema, plan.prepare, "class", ("bar", "square"))
    train = splits.train.records
    batches = prepared.batches(prepared.inputs(train), prepared.target(train), None, plan.learning.batch_size, 0)
    return decide_epochs(plan, make_network(plan, prepared, 0), batches, seconds)


def test_epochs_are_fitted_into_a_budget_so_that_the_rate_falls_to_its_end(folder):
    plan = fitted_epochs(folder, 0.5)
    assert 1 <= plan.learning.epochs < 60
    assert plan.learning.patience == plan.learning.epochs
    assert "the rate is to fall to its end" in plan.reasons["learning.epochs"]


@pytest.mark.parametrize(
    ("seconds", "changes"),
    [(math.inf, {}), (1e6, {}), (0.5, {"learning.epochs": 30}), (0.5, {"learning.schedule": "constant"})],
)
def test_epochs_stay_without_a_limit_when_asked_for_or_at_a_constant_rate(folder, seconds, changes):
    plan = fitted_epochs(folder, seconds, **changes)
    assert plan.learning.epochs == changes.get("learning.epochs", 60)


def flags(right, num=200):
    return np.arange(num) < right


def test_pictures_are_mirrored_when_a_mirror_costs_no_right_answers():
    assert _mirrors(flags(180), flags(178), 0.5, False)[0]
    assert not _mirrors(flags(180), flags(100), 0.5, True)[0]


@pytest.mark.parametrize("is_colour", [True, False])
def test_where_nothing_was_learnt_colour_decides(is_colour):
    mirrors, why = _mirrors(flags(104), flags(90), 0.5, is_colour)
    assert mirrors is is_colour
    assert "learnt too little" in why


def test_fewer_of_many_pictures_are_held_out_unless_shares_are_asked_for(folder, monkeypatch):
    monkeypatch.setattr(picture_rules, "MANY", 40)
    plan = planned(folder)
    assert (plan.split.train, plan.split.valid, plan.split.test) == (0.85, 0.05, 0.1)
    assert "a twentieth is enough" in plan.reasons["split.valid"]
    asked = planned(folder, **{"split.train": 0.7, "split.valid": 0.2, "split.test": 0.1})
    assert (asked.split.train, asked.split.valid) == (0.7, 0.2)
