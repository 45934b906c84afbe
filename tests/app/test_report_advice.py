"""Findings, advice and the ways to use a model follow from the run, and their commands are taken as they are written."""

import shlex
from dataclasses import replace
from pathlib import Path

from app.report_sample_tasks import houses
from app.report_samples import history_of, titanic
from espalier.app.cli.given.options import changes_of
from espalier.app.report.facts import gather_facts
from espalier.app.report.sections import (
    advice,
    findings,
    reproduce,
    scores,
    use,
)
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import LearningPlan, edit
from espalier.core.run_folder import RunFolder
from espalier.core.scorecard import Comparison


def facts_of(run, **changes):
    return gather_facts(run.but(**changes), run.records)


def planned(run, **changes):
    return gather_facts(run.but(plan=edit(run.plan, changes, "test")), run.records)


# findings, advice, use


def test_findings_stand_worst_first_with_their_edit_and_a_command_that_the_shell_takes(tmp_path):
    run = houses(tmp_path)
    note = Finding("N01-note", "Worth knowing.", Severity.NOTE)
    found = findings.build(facts_of(run, findings=(note, *run.findings))).values["items"]
    assert [item.severity for item in found] == ["Stop", "Note"]
    cure = found[0].cures[0]
    assert cure.edits == (("schema.columns.전용면적(㎡).role", "input", "ignored"),)
    words = shlex.split(cure.command)
    assert words[:2] == ["espalier", "train"]
    assert changes_of([words[-1]]) == dict(run.findings[0].repairs[0].changes)
    assert dict(found[0].evidence)["without column rmse"] == "11,200"


def test_a_finding_about_hundreds_of_columns_is_cut_short(tmp_path):
    run = titanic(tmp_path)
    names = tuple(f"column {index}" for index in range(300))
    changes = {f"schema.columns.{name}.role": "ignored" for name in names}
    wide = Finding("D01-wide", "Many.", Severity.WARN, {"missing_fraction": dict.fromkeys(names, 0.5)}, names, tuple(range(99)))
    wide = replace(wide, repairs=(Repair("leave them out", changes),))
    (item,) = findings.build(facts_of(run, findings=(wide,))).values["items"]
    assert (len(item.columns), item.num_more) == (12, 288)
    assert item.rows.endswith("and 87 more")
    assert (len(item.cures[0].edits), item.cures[0].num_more) == (6, 294)
    assert item.evidence[0][1].startswith("column 0: 50\N{NO-BREAK SPACE}%, ")
    assert len(item.evidence[0][1]) <= 240


def test_what_follows_from_another_finding_is_no_step_of_its_own(tmp_path):
    cause = Finding("T06-learning-rate-too-high", "The loss leapt.", Severity.WARN, advice="Lower the learning rate.")
    symptom = Finding("T11-not-learning", "Nothing has been learnt.", Severity.WARN, advice="Fit 16 rows.")
    titles = [step.title for step in advice.build(facts_of(titanic(tmp_path), findings=(symptom, cause))).values["steps"]]
    assert titles[0] == "Lower the learning rate" and "Fit 16 rows" not in titles


def test_advice_follows_from_findings_comparison_curves_and_rows(tmp_path):
    run = titanic(tmp_path)
    titles = [step.title for step in advice.build(facts_of(run)).values["steps"]]
    assert titles == [
        "Drop the conflicting rows, and compare",
        "Prefer the gradient-boosted trees unless you have another reason",
        "Average 5 networks",
        "Judge it by cross-validation",
        "Think about leaving out what it does not look at",
    ]
    worse = replace(run.scorecard, comparison=Comparison("random forest", -0.05, -0.08, -0.02), num_rows=4000, openings=4)
    steps = advice.build(facts_of(run, findings=(), scorecard=worse, history=history_of(40, 40))).values["steps"]
    assert [step.title for step in steps][:2] == ["Use the random forest for now", "Let it learn longer"]
    assert "--set learning.budget_seconds=480.0" in steps[1].command
    assert "Test once more on new rows" in [step.title for step in steps]


def test_longer_learning_without_a_budget_means_more_epochs(tmp_path):
    run = titanic(tmp_path)
    plan = replace(run.plan, learning=LearningPlan(epochs=40))
    steps = advice.build(facts_of(run, plan=plan, findings=(), history=history_of(40, 40))).values["steps"]
    assert any("--set learning.epochs=80" in step.command for step in steps)


def test_commands_name_the_run_folder_as_it_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = titanic(Path("runs") / "titanic 1")
    values = use.build(facts_of(run)).values
    assert shlex.split(values["predict"])[1:4] == ["predict", "runs/titanic 1", "new_rows.csv"]
    assert "espalier.load('runs/titanic 1')" in values["python"]
    assert values["columns"] == ["prediction", "probability_no", "probability_yes"]
    assert [one.name for one in values["needed"]][:2] == ["Pclass", "Sex"]


def test_the_lines_of_python_are_python(tmp_path):
    compile(use.build(facts_of(titanic(tmp_path / 'a "quoted" \\ name'))).values["python"], "page", "exec")


def test_the_plan_on_the_page_can_be_trained_again(tmp_path):
    values = reproduce.build(facts_of(titanic(tmp_path))).values
    assert "batch_size: 32  # 713 training rows" in values["plan"]
    assert ("seed", "0", "every random choice follows from it") in values["rows"]
    assert dict(values["versions"])["torch"]


def test_a_task_of_the_persons_own_is_reported_without_sentences_about_its_metrics(tmp_path):
    run = titanic(tmp_path)
    plan = replace(run.plan, task=replace(run.plan.task, name="my own task"))
    facts = facts_of(run, plan=plan)
    assert facts.metrics == {}
    assert scores.build(facts).values["sentence"] == ""


def test_a_run_folder_is_named_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert facts_of(titanic(tmp_path / "run")).folder == str(tmp_path / "run")
    assert gather_facts(titanic(tmp_path / "run").but(folder=RunFolder(tmp_path.relative_to("/")))).folder == str(tmp_path)[1:]
    command = reproduce.build(facts_of(titanic(tmp_path / "run"))).values["command"]
    assert command == f"espalier train {tmp_path}/run/plan.yaml"


def test_five_networks_are_not_advised_where_one_is_not_needed(tmp_path):
    run = titanic(tmp_path)
    worse = replace(run.scorecard, comparison=Comparison("random forest", -0.05, -0.08, -0.02))
    titles = [step.title for step in advice.build(facts_of(run, scorecard=worse)).values["steps"]]
    assert "Use the random forest for now" in titles
    assert "Average 5 networks" not in titles


def test_a_network_that_any_limit_cut_short_may_learn_longer(tmp_path):
    run = titanic(tmp_path)
    models = (replace(run.scorecard.network, cut_short_epochs=12), *run.scorecard.models[1:])
    steps = advice.build(facts_of(run, scorecard=replace(run.scorecard, models=models))).values["steps"]
    titles = [step.title for step in steps]
    assert "Let it learn longer" in titles
    assert not any(title.startswith("Prefer") for title in titles)
