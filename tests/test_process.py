import math
import tempfile
import time

import polars as pl
import pytest
from torch import nn

from espalier import process
from espalier.core import files
from espalier.core.errors import ColumnError, InputError, PlanError, RunError, StorageError, TrainingError, UnknownNameError
from espalier.core.plan import edit
from espalier.core.plan_file import read_plan, write_plan
from espalier.core.progress import BaselineDone, EpochDone, StageDone
from espalier.core.run_folder import RunFolder
from espalier.core.schema import Role
from espalier.training.checkpoint import read_checkpoint
from small_runs import MEASURED, SHORT, finish, made_table, run_of, write_table

FILES = {"plan.yaml", "data.json", "split.parquet", "openings.json", "predictions.parquet", "scorecard.json", "findings.json",
         "importance.json", "members"}  # fmt: skip


def drafted(tmp_path, changes=None, target="sold", frame=None):
    source = write_table(tmp_path / "table.csv", target, frame)
    return process.draft(source, target=[target], changes={**SHORT, **(changes or {})})


def stopped(tmp_path, stage, changes=None, frame=None):
    """Start a run and stop it behind a stage, or behind the first epoch; return its folder."""
    made = drafted(tmp_path, changes, frame=frame)
    stages = process.train(made.plan, tmp_path / "run", made.table)
    for one in stages:
        if stage == getattr(one, "stage", "epoch" if isinstance(one, EpochDone) else ""):
            stages.close()
            return RunFolder(tmp_path / "run")
    raise AssertionError(stage)


def resumed(folder):
    return finish(process.resume(folder.path))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("process"), "sold")


def same_result(run, other):
    first, second = (read_checkpoint(one.folder.member(0).best).tensors for one in (run, other))
    return all(first[name].equal(second[name]) for name in first) and run.predictions.equals(other.predictions)


def test_inspect_without_a_target_tells_of_the_columns(tmp_path):
    seen = process.inspect(write_table(tmp_path / "table.csv", "sold"))
    assert seen.question is None
    assert seen.table.schema.target is None
    assert seen.profile.num_rows == 150
    assert isinstance(seen.findings, tuple)


def test_inspect_with_a_target_finds_a_leak_and_writes_nothing(tmp_path):
    frame = made_table().with_columns(copy=pl.when(pl.col("sold") == "yes").then(7.5).otherwise(1.5))
    seen = process.inspect(write_table(tmp_path / "table.csv", "sold", frame), target=["sold"])
    assert seen.question.task == "binary"
    assert "copy" in " ".join(one.sentence if hasattr(one, "sentence") else str(one) for one in seen.findings)
    assert [one.name for one in tmp_path.iterdir()] == ["table.csv"]


def test_a_draft_keeps_absolute_paths_also_of_other_parts(tmp_path, monkeypatch):
    write_table(tmp_path / "table.csv", "sold")
    write_table(tmp_path / "later.csv", "sold", made_table(40, seed=2))
    monkeypatch.chdir(tmp_path)
    made = process.draft("table.csv", target=["sold"], changes={"data.test": "later.csv"})
    assert made.plan.data.source == str(tmp_path / "table.csv")
    assert made.plan.data.test == str(tmp_path / "later.csv")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model.name": "mpl"}, UnknownNameError, r"no model 'mpl'. Did you mean 'mlp'"),
        ({"task.options.los": "mae"}, UnknownNameError, r"no task option 'los'. Did you mean 'loss'"),
        ({"baselines": ["mean"]}, PlanError, r"The baseline 'mean' cannot learn"),
        ({"task.name": "regression", "task.class_weights": "balanced", "baselines": None}, PlanError, r"weighs classes"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_is_written(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        drafted(tmp_path, changes)
    good = drafted(tmp_path)
    with pytest.raises(error, match=message):
        finish(process.train(edit(good.plan, changes, "by hand"), tmp_path / "run", good.table))
    assert not (tmp_path / "run").exists()


def test_a_split_that_cannot_be_leaves_no_folder(tmp_path):
    made = drafted(tmp_path, {"split.folds": 200})
    with pytest.raises(InputError):
        finish(process.train(made.plan, tmp_path / "run", made.table))
    assert not (tmp_path / "run").exists()


def test_a_run_goes_through_all_stages_and_leaves_its_files(finished, tmp_path):
    assert {one.name for one in finished.folder.path.iterdir()} == FILES
    made = drafted(tmp_path)
    _, told = finish(process.train(made.plan, tmp_path / "run", made.table))
    stages = [one.stage for one in told if isinstance(one, StageDone)]
    assert stages == ["read", "split", "examine", "prepare", "score", "explain"]
    assert sum(isinstance(one, EpochDone) for one in told) == 2
    assert [one.name for one in told if isinstance(one, BaselineDone)] == ["majority class", "linear model"]


def test_a_folder_that_holds_a_run_is_not_written_over(finished):
    with pytest.raises(RunError, match=r"holds a run already.*espalier resume"):
        next(process.train(finished.plan, finished.folder.path))


def test_the_same_plan_gives_the_same_run(finished, tmp_path):
    assert same_result(finish(process.train(finished.plan, tmp_path / "again"))[0], finished)


@pytest.mark.parametrize("target", ["sold", "grade", "price", "visits"])
@pytest.mark.parametrize("model", ["linear", "tabm-tiny"])
def test_every_question_is_answered_end_to_end(tmp_path, target, model):
    changes = {"model.name": model, "learning.epochs": 1, **({"task.name": "counts"} if target == "visits" else {})}
    run = run_of(tmp_path, target, changes)
    answers = run.predict(made_table())
    assert answers.height == 150
    assert answers.null_count().sum_horizontal().item() == 0
    names = {"sold": ["no", "yes"], "grade": list(run.question.classes)}.get(target, [])
    assert answers.columns == ["prediction", *(f"probability_{name}" for name in names)]
    expected = {"sold": "binary", "grade": "multiclass", "price": "regression", "visits": "counts"}
    assert (run.scorecard.task, run.plan.task.name) == (expected[target],) * 2
    if target == "visits":
        assert run.plan.task.options["base_rate"] == pytest.approx(made_table()["visits"].mean(), rel=0.2)
        assert answers["prediction"].min() > 0


def test_several_labels_are_learnt_together(tmp_path):
    frame = made_table().with_columns(visits=(pl.col("size") > 0).cast(int), price=(pl.col("age") > 50).cast(int))
    run = run_of(tmp_path, ["price", "visits"], {"baselines": ("majority class",)}, frame)
    assert run.scorecard.task == "multilabel"
    answers = run.predict(frame)
    assert answers.columns == ["prediction", "probability_price", "probability_visits"]
    assert set(answers["prediction"]) <= {"", "price", "visits", "price;visits"}


@pytest.mark.parametrize("changes", [{"task.options": {"loss": "quantile"}}, {"task.options.loss": "quantile"}])
def test_quantiles_are_predicted_in_ascending_order(tmp_path, changes):
    run = run_of(tmp_path, "price", changes)
    answers = run.predict(made_table())
    assert answers.columns == ["prediction", *(f"quantile_{level}" for level in ("0.05", "0.25", "0.5", "0.75", "0.95"))]
    assert (answers["quantile_0.05"] <= answers["quantile_0.95"]).all()
    assert answers["prediction"].equals(answers["quantile_0.5"].alias("prediction"))


def test_parts_of_other_files_are_used(tmp_path):
    seeds = {"valid": 3, "test": 4}
    sources = {part: write_table(tmp_path / f"{part}.csv", "sold", made_table(40, seed=seed)) for part, seed in seeds.items()}
    run = run_of(tmp_path, "sold", {"data.valid": str(sources["valid"]), "data.test": str(sources["test"])})
    assert run.plan.split.method == "files"
    assert run.scorecard.num_rows == 40
    assert run.predictions.filter(part="test")["row"].to_list() == list(range(2, 42))


def test_free_text_is_left_out_and_the_run_can_still_be_resumed(tmp_path):
    words = [f"a long and free remark number {row} about nothing {row * 7} in particular" for row in range(150)]
    folder = stopped(tmp_path, "split", frame=made_table().with_columns(remark=pl.Series(words)))
    run, _ = resumed(folder)
    assert run.schema.columns["remark"].role in (Role.IGNORED, Role.IDENTIFIER)
    assert "remark" not in run.prepared.sources
    assert "remark" in run.profile.columns


@pytest.mark.parametrize("stage", ["split", "examine", "prepare", "epoch", "score"])
def test_a_run_stopped_anywhere_ends_as_if_it_had_not_been(tmp_path, finished, stage):
    folder = stopped(tmp_path, stage)
    run, _ = resumed(folder)
    assert same_result(run, finished)
    assert {one.name for one in folder.path.iterdir()} == FILES
    assert len(folder.read_json(folder.openings)) == run.scorecard.openings == 1


def test_a_regression_stopped_before_its_target_was_decided_decides_it_again(tmp_path):
    made = process.draft(write_table(tmp_path / "table.csv", "price"), target=["price"], changes=MEASURED)
    stages = process.train(made.plan, tmp_path / "run", made.table)
    next(stages), next(stages)
    stages.close()
    assert read_plan(tmp_path / "run" / "plan.yaml").prepare.target == "auto"
    run, _ = resumed(RunFolder(tmp_path / "run"))
    assert run.plan.prepare.target == "standard"


def test_a_finished_run_has_nothing_left_to_do(finished):
    before = {path: path.stat().st_mtime_ns for path in finished.folder.path.rglob("*")}
    run, told = resumed(finished.folder)
    assert [one.sentence for one in told] == ["this run is finished; nothing is left to do"]
    assert {path: path.stat().st_mtime_ns for path in finished.folder.path.rglob("*")} == before
    assert run.scorecard == finished.scorecard


def test_a_lost_score_card_is_made_again(tmp_path):
    run = run_of(tmp_path, "sold")
    run.folder.scorecard.unlink()
    assert [one.scores for one in resumed(run.folder)[0].scorecard.models] == [one.scores for one in run.scorecard.models]


def damaged(folder, what):
    if what == "checkpoint cut":
        folder.member(0).last.write_bytes(folder.member(0).last.read_bytes()[:-40])
    elif what == "checkpoint changed":
        content = bytearray(folder.member(0).last.read_bytes())
        content[-3] ^= 1
        folder.member(0).last.write_bytes(bytes(content))
    elif what == "prepared cut":
        folder.member(0).prepared.write_text(folder.member(0).prepared.read_text()[:100])
    elif what == "prepared edited":
        folder.member(0).prepared.write_text('{"features": [], "bins": []}')
    elif what == "split":
        folder.split.write_bytes(folder.split.read_bytes()[:100])
    elif what == "source":
        (folder.path.parent / "table.csv").write_text("size,age,color,sold\n1,2,red,yes\n")
    elif what == "no source":
        (folder.path.parent / "table.csv").unlink()
    else:
        plan = folder.plan.read_text()
        old, new = what
        assert old in plan
        folder.plan.write_text(plan.replace(old, new))


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("checkpoint cut", RunError, r"last.safetensors is no whole checkpoint"),
        ("checkpoint changed", RunError, r"last.safetensors was changed after it was written"),
        ("prepared cut", RunError, r"prepared.json is no valid JSON"),
        ("prepared edited", RunError, r"preparation of the run is incomplete or was edited"),
        ("split", RunError, r"split.parquet cannot be read"),
        ("source", InputError, r"table.csv is not what it was when the plan was made"),
        ("no source", InputError, r"table.csv"),
        (("  epochs: 50", "  epochs: many"), PlanError, r"plan.yaml: learning.epochs is 'many'"),
        (("  epochs: 50", "  epochs: [50"), PlanError, r"plan.yaml, line \d+: not valid YAML"),
        (("  epochs:", "  epoch:"), UnknownNameError, r"'learning.epoch'.*Did you mean 'learning.epochs'"),
        (("format: 1", "format: 9"), RunError, r"holds a plan of format 9; this version of Espalier reads format 1"),
        (("name: mlp-tiny", "name: linear"), RunError, r"plan.yaml was changed after this run began"),
    ],
)
def test_what_was_damaged_or_edited_is_named(tmp_path, what, error, message):
    folder = stopped(tmp_path, "epoch", {"learning.epochs": 50, "learning.checkpoint_seconds": 1e-9})
    next_epoch = process.resume(folder.path)
    for one in next_epoch:
        if isinstance(one, EpochDone) and one.epoch > 3:
            break
    next_epoch.close()
    assert folder.member(0).last.exists()
    damaged(folder, what)
    with pytest.raises(error, match=f"(?s){message}"):
        resumed(folder)


def test_no_run_folder_is_said(tmp_path):
    with pytest.raises(RunError, match=r"is no run folder: it has no plan.yaml"):
        resumed(RunFolder(tmp_path))


def no_space(*given, **more):
    raise OSError(28, "No space left on device")


def read_only(*given, **more):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("broken", [no_space, read_only])
@pytest.mark.parametrize("after", [0, 3, 6])
def test_a_disk_that_cannot_be_written_leaves_nothing_half_written(tmp_path, monkeypatch, broken, after):
    made = drafted(tmp_path)
    plain, count = tempfile.mkstemp, [0]

    def failing(*given, **more):
        count[0] += 1
        return broken() if count[0] > after else plain(*given, **more)

    monkeypatch.setattr(files.tempfile, "mkstemp", failing)
    with pytest.raises(StorageError, match=r"Cannot write .*(No space left|Permission denied).*Nothing was changed there"):
        finish(process.train(made.plan, tmp_path / "run", made.table))
    monkeypatch.undo()
    folder = RunFolder(tmp_path / "run")
    assert not list(tmp_path.rglob("*.part"))
    if after:
        assert resumed(folder)[0].scorecard.num_rows == 15


def test_the_budget_is_obeyed(tmp_path):
    changes = {"learning.budget_seconds": 6, "learning.epochs": 100_000, "learning.patience": 100_000, "baselines": None}
    began = time.monotonic()
    made = drafted(tmp_path, changes)
    _, told = finish(process.train(made.plan, tmp_path / "run", made.table))
    seconds = time.monotonic() - began
    assert 1 < sum(isinstance(one, EpochDone) for one in told) < 100_000
    assert seconds < 6 * 1.1 + 1


def test_a_slow_start_leaves_more_of_the_budget_for_what_follows_learning():
    now = time.monotonic()
    assert process._end_of_learning(now, math.inf) == math.inf
    assert process._end_of_learning(now, 100) == pytest.approx(now + 90, abs=0.1)
    assert process._end_of_learning(now - 20, 100) == pytest.approx(now + 66, abs=0.1)  # 20 s until here: 14 s for the rest
    assert process._end_of_learning(now - 80, 100) == pytest.approx(now + 10, abs=0.1)  # half of what is left
    assert process._end_of_learning(now - 200, 100) == pytest.approx(now - 100, abs=0.1)


def test_sampling_weights_and_members_together(tmp_path):
    run = run_of(tmp_path, "sold", {"task.sampling": "smote", "task.class_weights": "balanced", "model.members": 2})
    assert len(run.networks) == 2
    assert run.plan.task.sampling == "smote"


def test_a_plan_edited_in_its_file_is_followed(tmp_path):
    made = drafted(tmp_path)
    write_plan(tmp_path / "plan.yaml", edit(made.plan, {"learning.epochs": 1}, "by hand"))
    _, told = finish(process.train(read_plan(tmp_path / "plan.yaml"), tmp_path / "run"))
    assert sum(isinstance(one, EpochDone) for one in told) == 1


def test_an_unwanted_target_is_explained(tmp_path):
    with pytest.raises(UnknownNameError, match=r"no column 'solt'. Did you mean 'sold'"):
        process.draft(write_table(tmp_path / "table.csv", "sold"), target=["solt"])
    with pytest.raises(ColumnError, match=r"has no target column"):
        process.draft(tmp_path / "table.csv")


def test_inspect_tells_of_a_split_that_cannot_be_made_and_of_all_else(tmp_path):
    path = tmp_path / "one.csv"
    rows = [
        f"{'north' if number < 20 else 'south'},{number},{number % 7},{'yes' if number % 2 else 'no'}" for number in range(40)
    ]
    path.write_text("region,size,age,sold\n" + "\n".join(rows))
    found = process.inspect(path, target=["sold"], changes={"split.method": "group", "split.column": "region"})
    first = found.findings[0]
    assert first.id == "S10-cannot-be-split"
    assert "groups in column 'region' that share no row" in first.sentence
    assert found.question is not None
    assert found.profile.num_rows == 40


def test_rows_in_two_parts_stop_the_run_and_the_plan_can_say_otherwise(tmp_path):
    same = str(write_table(tmp_path / "same.csv", "sold", made_table(40, seed=3)))
    (tmp_path / "stopped").mkdir()
    (tmp_path / "told").mkdir()
    changes = {"data.valid": same, "data.test": same}
    with pytest.raises(TrainingError, match=r"S01-rows-in-two-parts: 40 rows .* --set diagnosis.stop=false"):
        run_of(tmp_path / "stopped", "sold", changes)
    run = run_of(tmp_path / "told", "sold", {**changes, "diagnosis.stop": False})
    assert run.findings[0].id == "S01-rows-in-two-parts"


def test_a_network_that_cannot_learn_as_it_is_wired_is_stopped_before_its_first_step(tmp_path):
    class Wrong(nn.Module):
        def __init__(self, num_inputs):
            super().__init__()
            self.hidden = nn.Linear(num_inputs, 8)
            self.linear = nn.Linear(8, 1)

        def forward(self, numbers):
            return self.linear(self.hidden(numbers).relu().detach())

    changes = {"model.name": "own", "prepare.categories": "one-hot", "prepare.bins": 0}
    made = process.draft(write_table(tmp_path / "t.csv", "sold", made_table()), target=["sold"], changes=changes)
    maker = lambda prepared, num_outputs: Wrong(len(prepared.names))  # noqa: E731
    with pytest.raises(TrainingError, match="W03-weights-without-gradient"):
        finish(process.train(made.plan, tmp_path / "run", made.table, maker))


def test_a_run_whose_plan_was_changed_does_not_go_on(tmp_path):
    folder = stopped(tmp_path, "epoch")
    path = folder.plan
    written = path.read_text()
    path.write_text(written.replace("batch_size: 32", "batch_size: 16"))
    with pytest.raises(RunError, match=r"plan.yaml was changed after this run began.* --out NEW_FOLDER"):
        resumed(folder)
    path.write_text(written.replace("checkpoint_seconds: 30.0", "checkpoint_seconds: 5.0"))
    assert resumed(folder)[0].plan.learning.checkpoint_seconds == 5.0
