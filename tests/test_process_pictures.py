"""The whole way with pictures: from a folder to a run that answers, resumes and explains its choices."""

import numpy as np
import pytest
import torch

import espalier
from espalier import process
from espalier.core.errors import ColumnError, PlanError, UnknownNameError
from espalier.core.plan import edit
from espalier.core.progress import EpochDone
from espalier.data.pictures import files
from espalier.stages.parts import deal_parts
from espalier.training.checkpoint import read_checkpoint
from pictures import drawn, encoded, write_folder
from small_runs import finish

SHORT = {
    "model.name": "fast-cnn-tiny",
    "learning.epochs": 3,
    "learning.learning_rate": 0.01,
    "learning.precision": "float32",
    "learning.threads": 1,
    "baselines": ("majority class", "linear model"),
}


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "photos", 40)


def trained(folder, out, **changes):
    made = process.draft(str(folder), changes={**SHORT, **changes})
    return finish(process.train(made.plan, out, made.table))


def test_a_folder_of_pictures_becomes_a_run_that_answers(folder, tmp_path):
    run, told = trained(folder, tmp_path / "run", **{"learning.epochs": 12})
    assert run.plan.task.name == "binary"
    assert run.scorecard.network.scores["accuracy"].value > 0.85
    assert sum(isinstance(one, EpochDone) for one in told) == 12
    new = write_folder(tmp_path / "new", 6)
    answers = run.predict(str(new))
    assert answers.height == 12
    assert (answers["prediction"] == (["bar"] * 6 + ["square"] * 6)).mean() > 0.8
    assert run.evaluate(str(new)).network.scores["accuracy"].value > 0.8


def test_what_the_module_reads_is_plain_pixels_normalised(folder, tmp_path):
    run, _ = trained(folder, tmp_path / "run")
    assert isinstance(run.module, torch.nn.Module)
    assert run.prepared.given() == {"in_channels": 1, "image_size": (16, 16)}
    assert run.module(torch.zeros(2, 1, 16, 16)).shape == (2, 1)


def test_parts_named_by_folders_are_kept(tmp_path):
    folder = write_folder(tmp_path / "photos", 20, parts=("train", "valid", "test"))
    made = process.draft(str(folder), changes=SHORT)
    assert (made.plan.split.method, made.plan.split.column) == ("column", "part")
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    test = run.predictions.filter(run.predictions["part"] == "test")["row"].to_list()
    assert {made.table.records.frame["part"][row - 1] for row in test} == {"test"}


def test_copies_of_a_picture_stay_in_one_part(folder, tmp_path):
    for number in range(10):
        for copy in range(3):
            (folder / "bar" / f"copy{copy}_{number}.png").write_bytes(encoded(drawn("bar", number)))
    made = process.draft(str(folder), changes=SHORT)
    _, parts = deal_parts(made.plan, made.table, None)
    names = [set(part.frame["image.alike"]) for part in (parts[0].train.records, parts[0].valid, parts[0].test.hidden)]
    assert not (names[0] & names[1] or names[0] & names[2] or names[1] & names[2])


def test_an_interrupted_run_ends_with_the_same_weights(folder, tmp_path):
    whole, _ = trained(folder, tmp_path / "whole")
    made = process.draft(str(folder), changes=SHORT)
    stages = process.train(made.plan, tmp_path / "cut", made.table)
    for stage in stages:
        if isinstance(stage, EpochDone) and stage.epoch == 2:
            break
    stages.close()
    again, _ = finish(process.resume(tmp_path / "cut"))
    first, second = (read_checkpoint(run.folder.member(0).best).tensors for run in (whole, again))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert again.predictions.equals(whole.predictions)


def test_pictures_beyond_the_memory_that_they_may_take_end_with_the_same_weights_and_so_after_an_interruption(
    folder, tmp_path, monkeypatch
):
    made = process.draft(str(folder), changes=SHORT)
    held, _ = finish(process.train(made.plan, tmp_path / "held", made.table))
    monkeypatch.setattr(files, "MAX_MEMORY_BYTES", 5_000)  # of some 20,000
    large = process.draft(str(folder), changes=SHORT)
    stages = process.train(large.plan, tmp_path / "large", large.table)
    for told in stages:
        if isinstance(told, EpochDone):
            stages.close()
            break
    paged, _ = finish(process.resume(tmp_path / "large"))
    for name, value in held.module.state_dict().items():
        assert value.equal(paged.module.state_dict()[name]), name


def test_pictures_that_cannot_be_read_are_left_out_and_named(folder, tmp_path):
    (folder / "bar" / "90.png").write_bytes(encoded(drawn("bar", 90))[:80])
    inspection = process.inspect(str(folder))
    [removed] = deal_parts(process.draft(str(folder), changes=SHORT).plan, inspection.table, None)[0].removed
    assert (removed.reason, removed.count) == ("The picture cannot be read, or none is named.", 1)
    run, _ = trained(folder, tmp_path / "run")
    assert run.data["pictures"]["unreadable"]["names"] == ["bar/90.png"]


def test_mirroring_is_tried_before_it_is_chosen(tmp_path):
    """Bars that lean left or right become the other class in a mirror."""
    stream = np.random.default_rng(0)
    for lean in ("left", "right"):
        (tmp_path / "leaning" / lean).mkdir(parents=True)
        for number in range(60):
            pixels = stream.integers(0, 40, (16, 16)).astype(np.uint8)
            for row in range(12):
                place = 2 + row if lean == "right" else 13 - row
                pixels[row + 2, place : place + 2] = 230
            (tmp_path / "leaning" / lean / f"{number}.png").write_bytes(encoded(pixels))
    run, _ = trained(tmp_path / "leaning", tmp_path / "run", **{"learning.epochs": 1})
    assert [step["name"] for step in run.plan.prepare.pictures.augment] == ["crop"]
    assert "when mirrored: shifts alone" in run.plan.reasons["prepare.pictures.augment"]
    plain, _ = trained(write_folder(tmp_path / "plain", 60), tmp_path / "other", **{"learning.epochs": 1})
    assert [step["name"] for step in plain.plan.prepare.pictures.augment] == ["flip", "crop"]


def test_a_number_is_predicted_from_pictures(tmp_path):
    stream = np.random.default_rng(0)
    heights = stream.integers(1, 12, 120)
    pixels = np.zeros((120, 16, 16), np.uint8)
    for picture, height in zip(pixels, heights, strict=True):
        picture[15 - height : 15] = 220
    np.savez(
        tmp_path / "bars.npz", images=pixels + stream.integers(0, 20, pixels.shape).astype(np.uint8), heights=heights * 1.5
    )
    changes = {"model.name": "resnet-tiny", "baselines": ("mean", "linear model"), "learning.epochs": 15}
    run, _ = trained(tmp_path / "bars.npz", tmp_path / "run", **changes)
    assert run.plan.task.name == "regression"
    assert run.scorecard.network.scores["r2"].value > 0.5


def test_a_model_for_tables_is_refused_with_those_for_pictures(folder):
    with pytest.raises(PlanError, match="The model 'mlp' reads tables, and the data is pictures. Choose among: .*resnet18"):
        process.draft(str(folder), changes={"model.name": "mlp"})


def test_a_model_for_pictures_is_refused_on_a_table():
    with pytest.raises(PlanError, match="The model 'resnet18' reads pictures, and the data is a table. Choose among: .*mlp"):
        process.draft("sample:iris", target=["target"], changes={"model.name": "resnet18"})


def test_pictures_too_small_for_a_model_are_refused_with_its_least_size(folder):
    with pytest.raises(PlanError, match="takes pictures from 75 pixels a side on, and these are brought to 16 x 16"):
        process.draft(str(folder), changes={"model.name": "inception-v3"})


def test_the_form_of_pictures_can_be_asked_for(folder):
    plan = process.draft(str(folder), changes={**SHORT, "prepare.pictures.height": 24, "prepare.pictures.channels": 3}).plan
    pictures = plan.prepare.pictures
    assert (pictures.height, pictures.width, pictures.channels) == (24, 16, 3)
    assert plan.reasons["prepare.pictures.height"] == "you asked for it"


def test_an_augmentation_that_nobody_has_is_answered_with_the_nearest(folder):
    with pytest.raises(UnknownNameError, match="no augmentation 'flop'. Did you mean 'flip'"):
        process.draft(str(folder), changes={**SHORT, "prepare.pictures.augment": [{"name": "flop"}]})


def test_pictures_without_classes_cannot_be_learnt_from(folder):
    with pytest.raises(ColumnError, match="has no target column. Name one with --target"):
        process.draft(str(folder / "bar"))
    assert process.inspect(str(folder / "bar")).question is None


def test_a_kind_of_data_that_nobody_has_is_answered_with_the_nearest(folder):
    with pytest.raises(UnknownNameError, match="no kind of data 'image'. Did you mean 'images'"):
        process.draft(str(folder), changes={"data.kind": "image"})


def test_the_sample_of_digits_is_read_as_pictures_when_asked(tmp_path):
    made = process.draft("sample:digits", changes={**SHORT, "data.kind": "images", "learning.epochs": 1})
    assert made.plan.prepare.pictures.height == 8
    assert edit(made.plan, {"learning.epochs": 2}, "test").data.kind == "images"


def test_a_module_of_ones_own_reads_pictures(folder, tmp_path):
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.LazyLinear(1)
    )
    short = {"learning.epochs": 1, "baselines": ["majority class"]}
    run = espalier.train(folder, model=module, out=tmp_path / "run", settings=short)
    assert espalier.load(tmp_path / "run", model=module).predict(folder).height == 80
    assert run.folder.report.exists()


def test_a_test_part_of_another_folder_leaves_out_what_cannot_be_read_and_shows_its_copies(folder, tmp_path):
    other = write_folder(tmp_path / "other", 12, side=16)
    for number in range(12):
        (other / "bar" / f"{number}.png").write_bytes(encoded(drawn("bar", 500 + number)))
        (other / "square" / f"{number}.png").write_bytes(encoded(drawn("square", 500 + number)))
    (other / "bar" / "0.png").write_bytes(encoded(drawn("bar", 500))[:80])
    (other / "bar" / "1.png").write_bytes((folder / "bar" / "1.png").read_bytes())
    (other / "bar" / "2.png").write_bytes(encoded(drawn("bar", 2) + np.uint8(2)))
    made = process.draft(str(folder), changes={**SHORT, "data.test": str(other)})
    _, [splits] = deal_parts(made.plan, made.table, None)
    assert len(splits.test) == 23
    found = {one.id: one for one in process.inspect(str(folder), changes={"data.test": str(other)}).findings}
    assert found["S01-rows-in-two-parts"].evidence["num_shared"] == {"test": 2}


@pytest.mark.parametrize(("mixing", "loss"), [("cutmix", "cross_entropy"), ("mixup", "focal")])
def test_blended_pictures_of_two_weighted_classes_are_learnt_from(folder, tmp_path, mixing, loss):
    changes = {"prepare.pictures.mixing": {"name": mixing}, "task.options.loss": loss, "task.class_weights": "balanced"}
    run, _ = trained(folder, tmp_path / "run", **changes, **{"learning.epochs": 1})
    assert run.plan.task.name == "binary"
    assert np.isfinite(run.history["train_loss"].to_numpy()).all()
