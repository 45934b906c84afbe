"""The whole way of the data, in order. Read this first.

source -> read -> describe -> plan -> clean -> split -> findings -> prepare -> learn -> baselines -> score -> importance -> run

Each arrow is a function from value to new value, and each stage writes one readable file into the run folder. A run that was
stopped anywhere goes the same way again: what is on disk is taken from there, the rest is made.
"""

import math
import platform
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from espalier.core.errors import RunError, SplitError
from espalier.core.files import write_json
from espalier.core.finding import Finding
from espalier.core.plan import Plan, edit
from espalier.core.plan_file import is_edited, write_plan
from espalier.core.progress import Progress, StageDone
from espalier.core.records import Records, Splits
from espalier.core.run_folder import RunFolder
from espalier.data.clean import Cleaned
from espalier.data.describe.profile import Profile
from espalier.data.describe.question import Question
from espalier.data.part_column import parts_of_column
from espalier.data.read import fingerprint, read
from espalier.data.series.column import longest_window
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.examine import examine
from espalier.run import Run
from espalier.stages.anomaly import keep_normal, usual_class
from espalier.stages.augmentation import decide_augmentation
from espalier.stages.decide import decide_rate, decide_target
from espalier.stages.facts import Facts
from espalier.stages.fold import Fold, Work, fit_fold
from espalier.stages.forecast import Forecast, forecast
from espalier.stages.forgetting import check_forgetting
from espalier.stages.look import refuse_stops
from espalier.stages.network import ModuleMaker, check_names
from espalier.stages.parts import deal_parts, keep_parts, num_splits, read_part
from espalier.stages.rehearse import compare_reloaded, sentence, small_plan, small_table
from espalier.stages.rules import fill_plan
from espalier.stages.score import explain, score
from espalier.stages.starting_point import check_start, start_asked, start_of
from espalier.stages.table import Table, load_planned, load_table
from espalier.training.allocator import keep_memory
from espalier.training.checkpoint import read_checkpoint
from espalier.training.threads import kept_threads

__all__ = ["Draft", "Forecast", "Inspection", "draft", "forecast", "inspect", "rehearse", "resume", "train"]

VERSIONED = ("espalier", "torch", "numpy", "polars", "scikit-learn")  # what a run's numbers depend on
OTHER_SOURCES = ("data.valid", "data.test")
NAMED = (*OTHER_SOURCES, "adapt.weights", "adapt.source", "adapt.old_data")  # values that are found again from any folder
AFTER_LEARNING_SHARE = 0.1  # of a budget, kept for scores, importance and report
AFTER_LEARNING_FACTOR = 0.7  # but at least of the time until learning could begin: a slow machine or a wide table slows both
MOST_AFTER_LEARNING = 0.5  # of the time left when learning can begin
EXPLAINED_SHARE = 0.5  # of the time left behind the scores; the report comes after it


@dataclass(frozen=True)
class Inspection:
    """What can be said before any training.

    Args:
        table: records, schema, profile.
        question: what the target asks; None without a target.
        findings: quality and leaks, worst first.
    """

    table: Table
    question: Question | None
    findings: tuple[Finding, ...]

    @property
    def profile(self) -> Profile:
        """What the columns hold."""
        return self.table.profile


@dataclass(frozen=True)
class Draft:
    """A plan, and the table it was made for, so that training need not read it again."""

    plan: Plan
    table: Table


def inspect(
    source: object,
    *,
    query: str | None = None,
    target: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
) -> Inspection:
    """Read a source and say what is in it and what is wrong with it.

    Args:
        source: a path, a URL, `sample:NAME`, or a data frame.
        query: SQL, when the source is a database.
        target: names of the target columns; may be empty.
        changes: edits by dotted path; those of the schema and the split count here.

    Raises:
        InputError: the source or a column cannot be used.
    """
    table = load_table(source, query, target, changes)
    if table.question is None:
        return Inspection(table, None, examine(_bare(table, None)))
    plan = _drafted(table, source, query, changes, 0)
    try:
        cleaned, parts = deal_parts(plan, table, None)
    except SplitError as error:  # all else can still be looked at
        evidence = replace(_bare(table, plan), unsplit=str(error))
        return Inspection(table, table.question, examine(evidence))
    return Inspection(table, table.question, _findings(plan, table, cleaned, parts[0]))


def draft(
    source: object,
    *,
    query: str | None = None,
    target: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Draft:
    """Read a source, describe it, and fill in a plan by rules.

    Args:
        source: a path, a URL, `sample:NAME`, or a data frame.
        query: SQL, when the source is a database.
        target: names of the target columns.
        changes: what the person asked for, by dotted path; no rule overrides it.
        seed: of every random choice.

    Raises:
        InputError: the source, a column or a change cannot be used.
    """
    table = load_table(source, query, target, changes)
    return Draft(_drafted(table, source, query, changes, seed), table)


def _drafted(table: Table, source: object, query: str | None, changes: Mapping[str, Any] | None, seed: int) -> Plan:
    """Return the plan for a table that was read: what the person asked for, and what the rules choose."""
    found = {path: _where(value) if path in NAMED and value else value for path, value in (changes or {}).items()}
    start = start_asked(found)
    facts = Facts(
        len(table.records),
        table.schema,
        table.asked(),
        _where(source),
        query,
        table.fingerprint,
        table.pictures,
        table.records.hints.part,
        _num_train(table.records),
        start,
        table.records.timeline,
        longest_window(table.records, table.schema),
        usual_class(table.records, table.schema, table.asked().task),
    )
    plan = fill_plan(facts, found, seed)
    marks = {f"{path}_fingerprint": fingerprint(found[path], read(found[path])) for path in OTHER_SOURCES if found.get(path)}
    plan = edit(plan, marks, "of its content when the plan was made") if marks else plan
    check_names(plan, table.asked().classes)
    check_start(plan, start, table.asked().classes)
    return plan


def _num_train(records: Records) -> int | None:
    """Return the rows that the form of a source names as training part; None where it names no parts."""
    part = records.hints.part
    return None if part is None else int((parts_of_column(records.frame.get_column(part), records.rows) == 0).sum())


def _where(source: object) -> str:
    """Return the name under which a source is found again from any folder."""
    if not isinstance(source, str | Path):
        return type(source).__name__
    return str(Path(source).resolve()) if Path(source).exists() else str(source)


def train(
    plan: Plan,
    folder: Path,
    table: Table | None = None,
    maker: ModuleMaker | None = None,
    began: float | None = None,
) -> Generator[Progress, None, Run]:
    """Go the whole way, and tell of each stage.

    Args:
        plan: what to do.
        folder: of the run; it must not hold one yet.
        table: the plan's source, when it was read already.
        maker: makes the module, to train a person's own `nn.Module` in place of the plan's model.
        began: value of `time.monotonic()` from which a budget counts; None for now, less the time that reading the table took.

    Yields:
        What is done, stage by stage and epoch by epoch.

    Returns:
        The run.

    Raises:
        InputError: the plan and the data do not fit each other, or the folder holds a run.
        TrainingError: learning cannot go on.
        KeyboardInterrupt: the person stopped it; `resume` goes on from there.
    """
    if RunFolder(folder).plan.exists():
        raise RunError(f"{folder} holds a run already. Name another folder, or continue it with: espalier resume {folder}")
    return (yield from _walk(plan, RunFolder(folder), table, maker, began))


def resume(folder: Path, maker: ModuleMaker | None = None) -> Generator[Progress, None, Run]:
    """Go on with a run that was stopped, to the same weights, bit for bit, as if it had not been stopped.

    Args:
        folder: of the run.
        maker: as it was given to `train`.

    Raises:
        RunError: no run folder, or one that was edited or cut off.
        InputError: the source is no longer what it was.
    """
    run_folder = RunFolder(folder)
    plan = run_folder.read_plan()
    if all(path.exists() for path in (run_folder.scorecard, run_folder.predictions, run_folder.importance)):
        for index in range(plan.model.num_members * num_splits(plan)):
            read_checkpoint(run_folder.member(index).best)  # a run whose weights are cut off is not finished
        yield StageDone("resume", "this run is finished; nothing is left to do", 0.0)
        return Run(folder, maker)
    if is_edited(run_folder.plan, plan):
        raise RunError(
            f"{run_folder.plan} was changed after this run began, so it cannot go on to the same weights. Undo the change, or "
            f"train the changed plan anew: espalier train {run_folder.plan} --out NEW_FOLDER"
        )
    return (yield from _walk(plan, run_folder, None, maker))


def rehearse(plan: Plan, table: Table | None = None) -> tuple[str, ...]:
    """Take a few hundred rows through every stage in a folder that is thrown away, reload the model and compare its answers.

    Args:
        plan: what would be trained.
        table: the plan's source, when it was read already.

    Returns:
        One sentence for each stage that was gone through.

    Raises:
        InputError: a stage cannot do what the plan says.
        TrainingError: the reloaded model answers differently.
    """
    few = small_table(table or load_planned(plan), plan.seed)
    with tempfile.TemporaryDirectory(prefix="espalier-rehearsal-") as folder:
        stages = _walk(small_plan(plan), RunFolder(Path(folder) / "run"), few, None)
        sentences = [told for told in (sentence(one) for one in stages) if told]
        run = Run(Path(folder) / "run")
        tested = read_part(plan, "test")
        records = few.records if tested is None else tested
        with kept_threads(run.plan.learning.threads):  # another number may answer with other last digits
            sentences.append(compare_reloaded(run.predictions, run.frame, records))
    return tuple(sentences)


def _walk(
    plan: Plan, folder: RunFolder, table: Table | None, maker: ModuleMaker | None, began: float | None = None
) -> Generator[Progress, None, Run]:
    """Go the whole way with the plan's number of threads."""
    began = time.monotonic() - (table.seconds if table else 0.0) if began is None else began
    with kept_threads(plan.learning.threads):
        return (yield from _stages(plan, folder, table, maker, began))


def _stages(
    plan: Plan, folder: RunFolder, table: Table | None, maker: ModuleMaker | None, began: float
) -> Generator[Progress, None, Run]:
    """Read to run, one line a stage."""
    budget = plan.learning.budget_seconds or math.inf
    keep_memory()
    table = table or load_planned(plan)
    yield StageDone("read", f"{len(table.records):,} rows, {len(table.schema.columns)} columns", table.seconds)
    began_stage = time.monotonic()
    check_names(plan, table.asked().classes)
    check_start(plan, start_of(plan.adapt), table.asked().classes)
    cleaned, parts = deal_parts(plan, table, folder)
    write_plan(folder.plan, plan)  # from here on the run can be resumed
    keep_parts(plan, parts, folder)
    parts, taken = keep_normal(plan, table.records, parts)
    if not folder.data.exists():
        write_json(folder.data, _data(plan, table, cleaned))
    yield StageDone("split", "; ".join(filter(None, (_split_sentence(plan, parts), taken))), time.monotonic() - began_stage)
    began_stage = time.monotonic()
    findings = _findings(plan, table, cleaned, parts[0])
    write_json(folder.findings, [finding.to_mapping() for finding in findings])
    refuse_stops(findings, plan.diagnosis)
    yield StageDone("examine", _found_sentence(findings), time.monotonic() - began_stage)
    train, valid = parts[0].train, parts[0].valid
    plan = decide_augmentation(decide_rate(decide_target(plan, train, valid), train), train, valid)
    write_plan(folder.plan, plan)
    folds: list[Fold] = []
    learnt = _end_of_learning(began, budget)
    for number, splits in enumerate(parts):
        left = (learnt - time.monotonic()) / (len(parts) - number)
        work = Work(plan, folder, table.asked().classes, time.monotonic() + left, maker)
        plan, fold = yield from fit_fold(work, splits, number)
        folds.append(fold)
    began_stage = time.monotonic()
    scorecard = score(plan, folds, folder)
    yield StageDone("score", scorecard.verdict, time.monotonic() - began_stage)
    yield from check_forgetting(plan, folder)
    began_stage = time.monotonic()
    importances = explain(plan, folds[0], folder, EXPLAINED_SHARE * max(began + budget - time.monotonic(), 0.0))
    yield StageDone("explain", importances, time.monotonic() - began_stage)
    return Run(folder.path, maker)


def _end_of_learning(began: float, budget: float) -> float:
    """Return the `time.monotonic()` by which networks and baselines must be fitted; the rest of the budget is for the rest."""
    spent = time.monotonic() - began
    after = max(AFTER_LEARNING_SHARE * budget, AFTER_LEARNING_FACTOR * spent) if math.isfinite(budget) else 0.0
    return began + budget - min(after, MOST_AFTER_LEARNING * max(budget - spent, 0.0))


def _findings(plan: Plan, table: Table, cleaned: Cleaned, splits: Splits) -> tuple[Finding, ...]:
    records, removed = cleaned.records, cleaned.removed
    return examine(replace(_bare(table, plan), records=records, splits=splits, removed=removed))


def _bare(table: Table, plan: Plan | None) -> Evidence:
    """Return what a table alone tells, before it is cleaned and dealt out."""
    schema = table.schema if plan is None else plan.schema
    known = Evidence(table.records, schema, table.profile, plan, issues=table.issues)
    return replace(known, pictures=table.pictures, series=table.series)


def _data(plan: Plan, table: Table, cleaned: Cleaned) -> dict[str, Any]:
    """Return what data.json holds."""
    return {
        "source": plan.data.source,
        "fingerprint": table.fingerprint,
        "num_rows": len(table.records),
        "notes": list(table.records.notes),
        "question": asdict(table.asked()),
        "versions": {name: version(name) for name in VERSIONED} | {"python": platform.python_version()},
        "removed": [asdict(one) for one in cleaned.removed],
        "issues": [asdict(one) for one in table.issues],
        "profile": table.profile.to_mapping(),
        "pictures": None if table.pictures is None else table.pictures.to_mapping(),
        "series": None if table.series is None else table.series.to_mapping(),
    }


def _found_sentence(findings: Sequence[Finding]) -> str:
    return f"{'1 finding' if len(findings) == 1 else f'{len(findings)} findings'} about the data"


def _split_sentence(plan: Plan, parts: Sequence[Splits]) -> str:
    first = parts[0]
    sizes = f"{len(first.train):,} train, {len(first.valid):,} valid, {len(first.test):,} test rows"
    folds = f", {len(parts)} folds" if len(parts) > 1 else ""
    return f"{plan.split.method}{folds}: {sizes}"
