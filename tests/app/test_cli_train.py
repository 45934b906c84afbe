"""The command `train` with a process that only pretends, so that every ending can be had in a moment."""

import json
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import yaml

from app.cli_fakes import FINDINGS, progress, scorecard
from espalier import process
from espalier.app.cli.main import launch
from espalier.app.cli.show import whole_run
from espalier.core.errors import ColumnError, TrainingError
from espalier.core.finding import Severity
from espalier.core.plan import DataPlan, ModelPlan, Plan, TaskPlan, edit, to_mapping
from espalier.core.plan_file import read_plan, write_plan
from espalier.core.run_folder import RunFolder
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.stages.forecast import Forecast

SCHEMA = Schema({"age": Column(Kind.NUMBER), "sold": Column(Kind.CATEGORY, Role.TARGET)})
PLAN = Plan(data=DataPlan("houses.csv"), task=TaskPlan("binary"), model=ModelPlan("tabm"), schema=SCHEMA)


class Pretence:
    """A process that trains nothing, and remembers what it was asked."""

    def __init__(self):
        self.asked = None
        self.plan = None
        self.error = None
        self.findings = FINDINGS

    def draft(self, source, *, query=None, target=(), changes=None, seed=0):
        self.asked = SimpleNamespace(source=source, query=query, target=target, changes=changes, seed=seed)
        return SimpleNamespace(plan=edit(PLAN, changes, "asked") if changes else PLAN, table=SimpleNamespace(records="records"))

    def train(self, plan, folder, table=None, maker=None, began=None):
        self.plan = plan
        write_plan(folder / "plan.yaml", plan)
        yield from progress()
        if self.error:
            raise self.error
        return self.run(folder)

    def resume(self, folder, maker=None):
        yield from progress()
        return self.run(folder)

    def run(self, folder):
        question = SimpleNamespace(classes=("no", "yes"))
        history = pl.DataFrame({"epoch": [1, 2, 3], "valid_loss": [0.6, 0.3, 0.4]})
        told = {"scorecard": scorecard(), "findings": self.findings, "question": question, "history": history}
        return SimpleNamespace(folder=RunFolder(folder), plan=PLAN, **told)

    def forecast(self, plan, table=None):
        return Forecast(800, 12345, 0.002, 0.5, 50.0, 3_000_000)

    def rehearse(self, plan, table=None):
        return ("read: 400 rows", "learn: one epoch")


@pytest.fixture
def pretence(monkeypatch, tmp_path):
    pretending = Pretence()
    for name in ("draft", "train", "resume", "forecast", "rehearse"):
        monkeypatch.setattr(process, name, getattr(pretending, name))
    monkeypatch.setattr(whole_run, "write_report", lambda run, path, records: run.folder.report)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return pretending


def test_train_shows_progress_score_card_findings_report_and_the_next_step(pretence, capsys):
    launch(["train", "houses.csv", "--target", "sold"])
    shown = capsys.readouterr().out
    for part in (
        "read      891 rows",
        "epoch 3/3",
        "Score card on the test part",
        "network (tabm)",
        "prefer the random forest",
        "L01-target-in-feature",
        "runs/houses-1/report.html",
        "espalier train runs/houses-1/plan.yaml --set schema.columns.boat.role=ignored",
        "espalier predict runs/houses-1 NEW.csv --out answers.csv",
    ):
        assert part in shown


def test_options_become_edits_of_the_plan(pretence):
    line = "train houses.csv --target sold --target age --task binary --model mlp --epochs 7 --budget 1h30m --seed 3"
    more = [
        "--folds",
        "5",
        "--repeats",
        "2",
        "--set",
        "learning.clip_norm=null",
        "--set",
        "model.options.depth=3",
        "--valid",
        "v.csv",
        "--test",
        "t.csv",
        "--query",
        "select 1",
    ]
    launch([*line.split(), *more])
    assert pretence.asked.target == ("sold", "age")
    assert (pretence.asked.seed, pretence.asked.query) == (3, "select 1")
    assert pretence.asked.changes == {
        "task.name": "binary",
        "model.name": "mlp",
        "learning.epochs": 7,
        "learning.budget_seconds": 5400.0,
        "data.valid": "v.csv",
        "data.test": "t.csv",
        "split.folds": 5,
        "split.repeats": 2,
        "learning.clip_norm": None,
        "model.options.depth": 3,
    }


def test_what_nobody_asked_for_is_left_to_the_rules(pretence):
    launch(["train", "houses.csv", "--target", "sold"])
    assert (pretence.asked.changes, pretence.asked.seed, pretence.asked.query) == ({}, 0, None)


def test_a_plan_file_is_run_with_the_options_on_top(pretence):
    write_plan(Path("mine.yaml"), edit(PLAN, {"learning.epochs": 9, "seed": 5}, "by hand"))
    assert launch(["train", "mine.yaml", "--model", "mlp", "--test", "t.csv", "--out", "here"]) == 1
    assert pretence.asked is None
    assert (pretence.plan.learning.epochs, pretence.plan.seed, pretence.plan.model.name) == (9, 5, "mlp")
    assert (pretence.plan.split.method, pretence.plan.data.test) == ("files", "t.csv")
    assert read_plan(Path("here/plan.yaml")).reasons["model.name"] == "you asked for it"


def test_a_plan_file_takes_no_target(pretence, capsys):
    write_plan(Path("mine.yaml"), PLAN)
    assert launch(["train", "mine.yaml", "--target", "sold"]) == 2
    assert "mine.yaml names its target already. Leave --target out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "tbm"], "There is no model 'tbm'. Did you mean 'tabm'?"),
        (["--task", "regresion"], "There is no task 'regresion'. Did you mean 'regression'?"),
        (["--set", "model.name=tbm"], "There is no model 'tbm'. Did you mean 'tabm'?"),
        (["--set", "learning.epoch=3"], "There is no plan key 'learning.epoch'. Did you mean 'learning.epochs'?"),
        (["--set", "learning.epochs=many"], "error: --set learning.epochs=many: learning.epochs is 'many'"),
        (["--set", "seed=1", "--set", "split.train=0.5"], "error: --set split.train=0.5: split train 0.5 + valid 0.1"),
        (["--set", "schema.columns.sold=3"], "error: --set schema.columns.sold=3: schema.columns.sold is 3"),
        (["--set", "learning.epochs=0"], "error: --set learning.epochs=0: learning.epochs is 0; input should be"),
        (["--epochs", "0"], "error: --epochs 0: learning.epochs is 0; input should be greater than or equal to 1"),
        (["--set", "epochs"], "has no key and value"),
        (["--budget", "soon"], "--budget 'soon' is no time above zero"),
        (["--folds", "1"], "error: --folds 1: split.folds is 1"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_sentence_and_two(pretence, capsys, options, message):
    assert launch(["train", "houses.csv", "--target", "sold", *options]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert not list(Path().glob("runs/*"))


def test_without_a_target_it_says_how_to_name_one(pretence, capsys):
    assert launch(["train", "houses.csv"]) == 2
    assert "--target is missing: which column of houses.csv shall be predicted?" in capsys.readouterr().err
    assert launch(["train", "sample:iris"]) == 2
    assert "Add --target target" in capsys.readouterr().err


def test_a_target_may_come_from_a_setting(pretence):
    assert launch(["train", "houses.csv", "--set", "schema.columns.sold.role=target"]) == 1


def test_it_says_why_learning_stopped(pretence, capsys):
    launch(["train", "houses.csv", "--target", "sold"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "Epoch 2 was the best on the validation part. Learning stopped because the time budget was used up." in shown
    assert launch(["train", "houses.csv", "--target", "sold", "--quiet"]) == 1
    assert "Learning stopped" not in capsys.readouterr().out


def test_json_alone_stands_on_standard_output(pretence, capsys):
    code = launch(["train", "houses.csv", "--target", "sold", "--json"])
    told = capsys.readouterr()
    result = json.loads(told.out)
    assert (code, result["run"], result["model"]) == (1, "runs/houses-1", "tabm")
    assert result["scorecard"]["models"][0]["scores"]["roc_auc"]["value"] == 0.8712
    assert [one["id"] for one in result["findings"]] == [finding.id for finding in FINDINGS]
    assert "Score card" in told.err


def test_quiet_leaves_the_result_and_drops_the_progress(pretence, capsys):
    launch(["train", "houses.csv", "--target", "sold", "--quiet"])
    shown = capsys.readouterr().out
    assert "epoch" not in shown
    assert "Score card" in shown


def test_only_a_broken_rule_makes_a_finished_training_exit_with_one(pretence):
    pretence.findings = tuple(finding for finding in FINDINGS if finding.severity is not Severity.STOP)
    assert launch(["train", "houses.csv", "--target", "sold"]) == 0


def test_ctrl_c_says_how_to_go_on(pretence, capsys):
    pretence.error = KeyboardInterrupt()
    assert launch(["train", "houses.csv", "--target", "sold", "--out", "my run"]) == 130
    assert "espalier resume 'my run'" in capsys.readouterr().err


def test_ctrl_c_with_json_leaves_standard_output_empty(pretence, capsys):
    pretence.error = KeyboardInterrupt()
    assert launch(["train", "houses.csv", "--target", "sold", "--json"]) == 130
    assert capsys.readouterr().out == ""


def test_ctrl_c_before_anything_was_written_says_so(pretence, monkeypatch, capsys):
    def interrupted(plan, folder, table=None, maker=None, began=None):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(process, "train", interrupted)
    assert launch(["train", "houses.csv", "--target", "sold"]) == 130
    assert "Stopped before training began; nothing was kept." in capsys.readouterr().err
    assert not list(Path("runs").iterdir())


@pytest.mark.parametrize(("error", "code"), [(TrainingError("The loss is not finite."), 1), (ColumnError("No target."), 2)])
def test_an_error_on_the_way_is_told_below_the_progress(pretence, capsys, error, code):
    pretence.error = error
    assert launch(["train", "houses.csv", "--target", "sold"]) == code
    told = capsys.readouterr()
    assert told.err == f"error: {error}\n"
    assert "epoch 3/3" in told.out


def test_a_dry_run_prints_a_plan_that_can_be_run(pretence, capsys):
    assert launch(["train", "houses.csv", "--target", "sold", "--epochs", "7", "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "Time: 0.5 s for an epoch, at most 50 s in all" in text
    assert "Memory: about 3.0 MB" in text
    assert "epochs: 7  # asked" in text
    Path("again.yaml").write_text(text)
    assert to_mapping(read_plan(Path("again.yaml"))) == to_mapping(edit(PLAN, {"learning.epochs": 7}, "asked"))
    assert not Path("runs").exists()


def test_a_rehearsal_prints_what_each_stage_said(pretence, capsys):
    assert launch(["train", "houses.csv", "--target", "sold", "--rehearse"]) == 0
    assert "ok  read: 400 rows\nok  learn: one epoch\n" in capsys.readouterr().out


def test_dry_run_and_rehearsal_speak_json_too(pretence, capsys):
    assert launch(["train", "houses.csv", "--target", "sold", "--dry-run", "--rehearse", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["forecast"]["parameters"] == 12345
    assert result["rehearsal"] == ["read: 400 rows", "learn: one epoch"]
    assert result["plan"]["task"]["name"] == "binary"


def test_a_broken_plan_file_names_the_line(pretence, capsys):
    Path("mine.yaml").write_text("data:\n  source: [a\n")
    assert launch(["train", "mine.yaml"]) == 2
    assert "mine.yaml, line 3: not valid YAML" in capsys.readouterr().err


def test_a_plan_file_that_is_not_there_is_said_so(pretence, capsys):
    assert launch(["train", "other.yaml"]) == 2
    assert "There is no file other.yaml" in capsys.readouterr().err


def test_a_plan_edited_into_a_wrong_type_names_the_key(pretence, capsys):
    mapping = to_mapping(PLAN)
    mapping["learning"]["epochs"] = "many"
    del mapping["reasons"]
    Path("mine.yaml").write_text(yaml.safe_dump(mapping))
    assert launch(["train", "mine.yaml"]) == 2
    assert "mine.yaml: learning.epochs is 'many'" in capsys.readouterr().err


def test_resume_goes_on_and_tells_the_end(pretence, capsys):
    Path("mine").mkdir()
    write_plan(Path("mine/plan.yaml"), PLAN)
    assert launch(["resume", "mine"]) == 1
    assert "Score card" in capsys.readouterr().out


def test_resume_of_nothing_is_one_sentence(pretence, capsys):
    assert launch(["resume", "runs/houses-1"]) == 2
    assert "There is no run runs/houses-1." in capsys.readouterr().err


def test_a_folder_of_a_run_that_never_learnt_is_free_again(tmp_path, capsys):
    line = [
        "train",
        "sample:iris",
        "--target",
        "target",
        "--out",
        str(tmp_path / "run"),
        "--epochs",
        "1",
        "--model",
        "mlp-tiny",
    ]
    assert launch([*line, "--set", "split.method=time", "--set", "split.column=target"]) == 2
    assert not (tmp_path / "run").exists()
    assert launch([*line, "--set", "baselines=[]"]) in (0, 1)
