"""Going on from learnt weights: what a run or a file asks of a plan, what is refused, and what is forgotten."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import espalier
from espalier import process
from espalier.app.report.facts import gather_facts
from espalier.app.report.sections import learning
from espalier.core.catalogue import architectures
from espalier.core.errors import ColumnError, FormatError, InputError, PlanError, RunError, UnknownNameError
from espalier.core.plan import edit
from espalier.core.run_folder import RunFolder
from espalier.run import Run
from espalier.stages.forgetting import forgetting
from espalier.stages.starting_point import PHOTO_MEAN, PHOTO_STD, start_of
from espalier.training.checkpoint import read_checkpoint
from pictures import write_folder
from small_runs import finish, run_of

SHORT = {
    "learning.epochs": 2,
    "learning.learning_rate": 0.01,
    "learning.precision": "float32",
    "learning.threads": 1,
    "prepare.pictures.augment": [],
    "baselines": ("majority class",),
}
TINY = {**SHORT, "model.name": "fast-cnn-tiny"}


def trained(source, folder, changes):
    made = process.draft(source, changes=changes)
    return finish(process.train(made.plan, folder, made.table))[0]


def other_classes(root):
    write_folder(root)
    (root / "bar").rename(root / "stick")
    return root


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A run on bars and squares, which other runs start from, and its pictures."""
    folder = tmp_path_factory.mktemp("old")
    source = write_folder(folder / "pictures")
    return trained(source, folder / "run", TINY), source


def weights_of(run):
    return read_checkpoint(run.folder.member(0).best).tensors


def test_a_run_gives_its_network_form_and_normalisation_with_reasons(old, tmp_path):
    run, _ = old
    source = write_folder(tmp_path / "large", side=24, colour=True)
    plan = process.draft(source, changes={**SHORT, "adapt.source": str(run.folder.path)}).plan
    pictures = plan.prepare.pictures
    assert (plan.model.name, pictures.height, pictures.width, pictures.channels) == ("fast-cnn-tiny", 16, 16, 1)
    assert pictures.mean == run.prepared.normalize.mean and pictures.std == run.prepared.normalize.std
    for path in ("model.name", "prepare.pictures.height", "prepare.pictures.mean"):
        assert plan.reasons[path] == "as in the run run that it starts from"
    assert plan.adapt.how == "gradual" and "32 training rows" in plan.reasons["adapt.how"]
    assert len(plan.adapt.fingerprint) == 64


def test_frozen_learns_a_fresh_head_alone_and_the_body_keeps_every_bit(old, tmp_path):
    run, _ = old
    source = other_classes(tmp_path / "new")
    new = trained(source, tmp_path / "run", {**SHORT, "adapt.source": str(run.folder.path), "adapt.how": "frozen"})
    before, after = weights_of(run), weights_of(new)
    assert {name for name in before if not torch.equal(before[name], after[name])} == {"head.weight", "head.bias"}
    assert not any(finding.id.startswith(("W", "T")) for finding in new.findings)
    assert list(Run(new.folder.path).predict(source)["prediction"].unique().sort()) <= ["square", "stick"]


def test_the_same_classes_keep_the_head_and_no_rate_changes_nothing(old, tmp_path):
    run, source = old
    changes = {**SHORT, "learning.learning_rate": 1e-30, "learning.weight_decay": 0.0, "learning.epochs": 1}
    new = trained(source, tmp_path / "run", {**changes, "adapt.source": str(run.folder.path), "adapt.how": "frozen"})
    before, after = weights_of(run), weights_of(new)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_another_run_in_place_of_the_one_that_was_named_is_refused(old, tmp_path):
    run, source = old
    plan = process.draft(source, changes={**SHORT, "adapt.source": str(run.folder.path)}).plan
    with pytest.raises(InputError, match=r"The run .* is not what it was when the plan was made: its weights have another"):
        start_of(replace(plan.adapt, fingerprint="0" * 64))


def test_a_finished_run_answers_without_the_weights_that_it_began_with(old, tmp_path):
    run, source = old
    file = tmp_path / "weights.safetensors"
    save_file(dict(weights_of(run)), file)
    new = trained(source, tmp_path / "run", {**SHORT, "adapt.weights": str(file)})
    assert new.plan.model.name == "fast-cnn-tiny" and new.plan.prepare.pictures.channels == 1
    file.unlink()
    assert Run(new.folder.path).predict(source).height == 40


def test_published_weights_of_photos_bring_colour_and_their_normalisation(tmp_path):
    torch.manual_seed(0)
    model = architectures()["resnet-tiny"].build({"in_channels": 3, "num_outputs": 1000}, {})
    torch.save(model.state_dict(), tmp_path / "photos.pth")
    source = write_folder(tmp_path / "grey")
    plan = process.draft(source, changes={**SHORT, "adapt.weights": str(tmp_path / "photos.pth")}).plan
    assert (plan.model.name, plan.prepare.pictures.channels) == ("resnet-tiny", 3)
    assert (plan.prepare.pictures.mean, plan.prepare.pictures.std) == (PHOTO_MEAN, PHOTO_STD)
    new = finish(process.train(plan, tmp_path / "run"))[0]
    assert weights_of(new)["fc.weight"].shape[0] == 1  # two classes, one output
    assert np.allclose(new.prepared.normalize.mean, PHOTO_MEAN)


def test_weights_for_colour_read_grey_pictures_with_summed_kernels(tmp_path):
    model = architectures()["resnet-tiny"].build({"in_channels": 3, "num_outputs": 1000}, {})
    torch.save(model.state_dict(), tmp_path / "photos.pth")
    changes = {"adapt.weights": str(tmp_path / "photos.pth"), "prepare.pictures.channels": 1, "adapt.how": "frozen"}
    plan = process.draft(write_folder(tmp_path / "grey"), changes={**SHORT, **changes}).plan
    assert plan.prepare.pictures.mean == (0.449,) and plan.prepare.pictures.std == (0.226,)
    assert "kernels of the first convolution are summed" in plan.reasons["prepare.pictures.mean"]
    new = finish(process.train(plan, tmp_path / "run"))[0]
    torch.testing.assert_close(weights_of(new)["conv1.weight"], model.state_dict()["conv1.weight"].sum(dim=1, keepdim=True))


def test_networks_whose_published_weights_learnt_from_centred_pictures_are_given_such(tmp_path):
    size = {"prepare.pictures.height": 224, "prepare.pictures.width": 224}
    given = {"in_channels": 3, "num_outputs": 5, "image_size": (224, 224)}
    save_file(architectures()["vit-ti-16"].build(given, {}).state_dict(), tmp_path / "vit.safetensors")
    changes = {"adapt.weights": str(tmp_path / "vit.safetensors"), "model.name": "vit-ti-16", **size}
    plan = process.draft(write_folder(tmp_path / "photos", 8, colour=True), changes={**SHORT, **changes}).plan
    assert plan.prepare.pictures.mean == plan.prepare.pictures.std == (0.5, 0.5, 0.5)


def refused(changes, error, match, source):
    with pytest.raises(error, match=match):
        process.draft(source, changes={**SHORT, **changes})


def test_what_does_not_fit_is_refused_before_any_work(old, tmp_path):
    run, source = old
    path = str(run.folder.path)
    refused({"adapt.source": str(tmp_path / "no")}, RunError, "no is no run folder", source)
    refused({"adapt.source": path, "adapt.weights": "x.pth"}, PlanError, "are both given to start from", source)
    refused({"adapt.how": "frozen"}, PlanError, "there are no learnt weights to adapt", source)
    refused({"adapt.source": path, "model.name": "resnet-tiny"}, PlanError, "trained the model 'fast-cnn-tiny'", source)
    refused({"adapt.source": path, "prepare.pictures.channels": 3}, PlanError, r"reads pictures of 1 channel \(grey\)", source)
    refused({"adapt.source": path, "adapt.hew": 1}, UnknownNameError, r"Did you mean 'adapt.how'", source)
    weights = str(run.folder.member(0).best)
    wrong = {"adapt.weights": weights, "model.name": "vit-tiny"}
    refused(wrong, FormatError, r"holds weights of another model than Vit .* try --model fast-cnn-tiny", source)
    table = tmp_path / "table.csv"
    table.write_text("a,b\n" + "".join(f"{n % 7},{n % 2}\n" for n in range(60)))
    with pytest.raises(PlanError, match="learnt from pictures, and the data is a table"):
        process.draft(table, target=["b"], changes={"adapt.source": path})


def test_a_size_that_the_weights_cannot_take_is_told(tmp_path):
    given = {"in_channels": 1, "num_outputs": 2, "image_size": (32, 32)}
    save_file(architectures()["vit-tiny"].build(given, {}).state_dict(), tmp_path / "vit.safetensors")
    source = write_folder(tmp_path / "pictures")
    changes = {"adapt.weights": str(tmp_path / "vit.safetensors"), "model.name": "vit-tiny"}
    refused(changes, PlanError, r"in other shapes \(pos_embed\).* than 16 x 16\. Bring pictures to the size", source)
    sides = {"prepare.pictures.height": 32, "prepare.pictures.width": 32}
    assert process.draft(source, changes={**SHORT, **changes, **sides}).plan.model.name == "vit-tiny"


def test_a_run_on_a_table_cannot_be_started_from(tmp_path):
    run = run_of(tmp_path, "sold")
    source = write_folder(tmp_path / "pictures")
    refused({"adapt.source": str(run.folder.path)}, PlanError, "learnt from a table, and only runs on pictures", source)


def test_a_rule_chooses_by_the_number_of_training_rows(old):
    run, source = old
    asked = {"adapt.source": str(run.folder.path), "learning.epochs": 40}
    plan = process.draft(source, changes={**SHORT, **asked}).plan
    assert plan.adapt.how == "gradual"
    assert (plan.adapt.warmup_epochs, plan.adapt.unfreeze_epochs, plan.adapt.rate_decay) == (4, 2, 2.6)
    assert "1801.06146" in plan.reasons["adapt.rate_decay"]


def test_a_mean_for_another_number_of_channels_is_refused(old):
    _, source = old
    plan = process.draft(source, changes=TINY).plan
    odd = edit(plan, {"prepare.pictures.mean": [0.5, 0.5, 0.5], "prepare.pictures.std": [0.2, 0.2, 0.2]}, "test")
    with pytest.raises(PlanError, match="for each of 1 channels"):
        process.rehearse(odd)


def test_a_frozen_body_forgets_nothing_and_a_changed_one_is_told(old, tmp_path):
    run, source = old
    other = other_classes(tmp_path / "new")
    start = {**SHORT, "adapt.source": str(run.folder.path)}
    frozen = trained(other, tmp_path / "frozen", {**start, "adapt.how": "frozen"})
    kept = espalier.forgetting(run.folder.path, frozen.folder.path, source)
    assert kept.after == kept.before and kept.rows == 40
    fast = {"adapt.how": "full", "learning.learning_rate": 0.1, "adapt.rate_decay": 1, "adapt.warmup_epochs": 0}
    full = trained(other, tmp_path / "full", {**start, **fast})
    lost = forgetting(run.folder.path, full.folder.path, source)
    assert lost.before == kept.before and lost.after != lost.before
    assert lost.sentence.startswith("On 40 rows of the old question roc auc was ")


def test_a_run_that_is_given_old_data_tells_and_keeps_what_it_forgot(old, tmp_path):
    run, source = old
    parts = write_folder(tmp_path / "parts", 5, parts=("train", "test"))
    asked = {**SHORT, "adapt.source": str(run.folder.path), "adapt.how": "frozen", "adapt.old_data": str(parts)}
    made = process.draft(other_classes(tmp_path / "new"), changes=asked)
    new, told = finish(process.train(made.plan, tmp_path / "run", made.table))
    [said] = [one.sentence for one in told if getattr(one, "stage", "") == "forgotten"]
    assert said.startswith("On 10 rows of the old question (its test part) roc auc was ")
    assert new.forgetting.sentence == said and new.forgetting.after == new.forgetting.before
    assert said in learning.build(gather_facts(new)).values["sentences"]


def test_old_data_needs_a_run_that_knows_it(old):
    _, source = old
    with pytest.raises(PlanError, match="no run that learnt its question. Name it with --from RUN"):
        process.draft(source, changes={**TINY, "adapt.old_data": str(source)})


def test_forgetting_needs_two_runs_of_one_architecture_and_rows_with_a_target(old, tmp_path):
    run, source = old
    wide = trained(source, tmp_path / "wide", {**TINY, "model.options.width": 12})
    with pytest.raises(PlanError, match="are of two architectures"):
        forgetting(run.folder.path, wide.folder.path, source)
    blank = tmp_path / "blank.csv"
    blank.write_text("image,label\n" + "".join(f"{source}/bar/{n}.png,\n" for n in range(3)))
    with pytest.raises((ColumnError, InputError)):
        forgetting(run.folder.path, run.folder.path, blank)


def test_a_run_names_where_it_came_from(old, tmp_path):
    run, source = old
    plan = process.draft(source, changes={**SHORT, "adapt.source": str(run.folder.path)}).plan
    finish(process.train(plan, tmp_path / "run"))
    kept = RunFolder(tmp_path / "run").read_plan().adapt
    assert kept.source == str(run.folder.path) and kept.fingerprint == plan.adapt.fingerprint
