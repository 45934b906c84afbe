"""`espalier train`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from espalier.app.cli.exit_codes import FINDINGS, FINE, INTERRUPTED
from espalier.app.cli.given.whole_number import whole_number

if TYPE_CHECKING:
    from espalier.core.plan import Plan
    from espalier.stages.table import Table

LEARNING = Group("Model and learning", sort_key=2)
DATA = Group("Data", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
PLAN_SUFFIXES = (".yaml", ".yml")


@Parameter(name="*", group=LEARNING)
@dataclass(frozen=True, kw_only=True)
class LearningOptions:
    """What is learnt, and how.

    Args:
        task: the question, one of `espalier tasks`; found from the target when left out.
        horizon: forecast so many steps of a series that runs in time, row by row; the task is then forecasting.
        labels: with --task anomaly, of a series: the column of 0 and 1 that says which steps are anomalies.
        model: the network, one of `espalier models`; chosen by the size of the data when left out.
        epochs: passes over the training part, at most.
        budget: time for the whole run, baselines included: 90s, 5m, 1h30m. As many networks as fit, up to five, are averaged.
        seed: every random choice follows from this number; 0 when left out.
        weights: learnt weights to start from: a .safetensors or .pth file, or hub:OWNER/NAME.
        source: a run on other pictures to start from: its network, its weights, and the form of its pictures.
        adapt: what learns from there on: frozen (the head alone), last:N (N blocks), gradual (one more at a time) or full;
            chosen by the number of pictures when left out.
        old_data: with --from: pictures of that run's question, to say at the end what is still known of it.
        settings: any other value of the plan, as KEY=VALUE; repeat it for several. See the keys with --dry-run.
    """

    task: Annotated[str | None, Parameter(metavar="TASK")] = None
    horizon: Annotated[int | None, Parameter(metavar="STEPS", converter=whole_number)] = None
    labels: Annotated[str | None, Parameter(metavar="COLUMN")] = None
    model: Annotated[str | None, Parameter(metavar="MODEL")] = None
    epochs: Annotated[int | None, Parameter(metavar="COUNT", converter=whole_number)] = None
    budget: Annotated[str | None, Parameter(metavar="TIME")] = None
    seed: Annotated[int | None, Parameter(metavar="NUMBER", converter=whole_number)] = None
    weights: Annotated[str | None, Parameter(metavar="FILE")] = None
    source: Annotated[str | None, Parameter(name="--from", metavar="RUN")] = None
    adapt: Annotated[str | None, Parameter(metavar="HOW")] = None
    old_data: Annotated[str | None, Parameter(metavar="SOURCE")] = None
    settings: Annotated[tuple[str, ...], Parameter(name="--set", metavar="KEY=VALUE")] = ()


@Parameter(name="*", group=DATA)
@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Which rows are read, and how they are dealt out.

    Args:
        valid: a second file, used for validation.
        test: a second file, used for the test.
        query: what is asked of a database, in SQL.
        folds: number of parts for cross-validation, 2 or more.
        repeats: how many times the folds are drawn anew.
    """

    valid: Annotated[str | None, Parameter(metavar="FILE")] = None
    test: Annotated[str | None, Parameter(metavar="FILE")] = None
    query: Annotated[str | None, Parameter(metavar="SQL")] = None
    folds: Annotated[int | None, Parameter(metavar="COUNT", converter=whole_number)] = None
    repeats: Annotated[int | None, Parameter(metavar="COUNT", converter=whole_number)] = None


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is written and shown.

    Args:
        out: the new folder of the run; the next free runs/SOURCE-NUMBER when left out.
        dry_run: only print the plan with its reasons, and the time and memory it will take.
        rehearse: only take one batch through every stage, and say how it went.
        repair: afterwards try repairs of what was found, as `espalier diagnose --repair` does, and when one is proved train
            the repaired plan too, into a folder of the same name with -repaired. A broken rule does not stop the training.
        json: print the result as JSON on standard output, and everything else on standard error.
        quiet: show no progress.
    """

    out: Annotated[Path | None, Parameter(metavar="FOLDER")] = None
    dry_run: bool = False
    rehearse: bool = False
    repair: bool = False
    json: bool = False
    quiet: bool = False


def train(
    source: str,
    /,
    *,
    target: Annotated[tuple[str, ...], Parameter(metavar="COLUMN", group=LEARNING)] = (),
    learning: LearningOptions = LearningOptions(),
    data: DataOptions = DataOptions(),
    output: OutputOptions = OutputOptions(),
) -> int:
    """Train a network and compare it with simple models.

    Everything that is not said is chosen, and the reasons are written beside each choice in plan.yaml.
    Ctrl-C stops at any time; `espalier resume` goes on from there.

    Args:
        source: a table (.csv, .parquet, .jsonl, .xlsx, .sqlite ...), a database (postgresql://...), a folder, .zip
            or .npz of pictures, sample:NAME or a plan.yaml.
        target: the column to predict; repeat it for several. Of pictures it is their folder, or their array of labels.
        learning: what is learnt, and how.
        data: which rows are read.
        output: what is written and shown.
    """
    began = time.monotonic()  # loading the libraries counts against a budget

    from espalier.core.errors import PlanError
    from espalier.stages.network import check_inputs
    from espalier.stages.parts import check_repeats

    try:
        plan, table = _asked(source, target, learning, data)
    except PlanError as error:
        raise PlanError(_as_typed(str(error), learning, data)) from error
    check_repeats(plan)
    check_inputs(plan)
    if output.dry_run or output.rehearse:
        return _preview(plan, table, output)
    if output.repair:
        return _train_and_repair(plan, table, learning.budget, output, began)
    return _train(plan, table, output.out, output, began)[0]


def _train(
    plan: "Plan", table: "Table | None", out: Path | None, output: OutputOptions, began: float | None
) -> tuple[int, Path]:
    """Train a plan, print what came out, and return the exit code and the folder of the run."""
    from espalier import process
    from espalier.app.cli.given.run_folders import fresh_folder
    from espalier.app.cli.show.console import print_error
    from espalier.app.cli.show.whole_run import carry_out
    from espalier.core.errors import TrainingError

    with fresh_folder(out, plan.data.source) as folder:
        records = table.records if table and plan.data.test is None else None
        progress = process.train(plan, folder, table, began=began)
        try:
            return carry_out(progress, folder, records, as_json=output.json, quiet=output.quiet), folder
        except TrainingError as error:
            if not output.repair:
                raise
            print_error(str(error))
            return FINDINGS, folder


def _train_and_repair(plan: "Plan", table: "Table | None", budget: str | None, output: OutputOptions, began: float) -> int:
    """Train a plan, look for proved repairs, and train the repaired plan beside it."""
    from espalier.app.cli.given.language import language_of
    from espalier.app.cli.show.repairs import effort_of, findings_of_run, print_both, repair_and_print
    from espalier.core.errors import PlanError
    from espalier.core.plan import edit
    from espalier.run import Run

    if output.json:
        raise PlanError(
            "--repair and --json do not go together: two runs cannot be one result. Leave --repair out, and ask afterwards: "
            "espalier diagnose RUN --repair --json"
        )
    effort, language = effort_of(budget, None), language_of(None)
    stop = plan.diagnosis.stop
    lenient = edit(plan, {"diagnosis.stop": False}, "--repair looks for a cure in place of stopping") if stop else plan
    code, folder = _train(lenient, table, output.out, output, began)
    if code == INTERRUPTED:
        return code
    run = Run(folder)
    repaired = repair_and_print(run, findings_of_run(run), effort, language, as_json=False)
    if not repaired.is_changed:
        return code
    new = edit(repaired.plan, {"diagnosis.stop": True}, "a broken rule ends the run") if stop else repaired.plan
    code, beside = _train(new, None, folder.with_name(f"{folder.name}-repaired"), output, None)
    if code != INTERRUPTED:
        print_both(run, Run(beside), repaired, language)
    return code


def _asked(source: str, target: tuple[str, ...], learning: LearningOptions, data: DataOptions) -> "tuple[Plan, Table | None]":
    """Return the plan that the options ask for, and the table it was made for when one was read."""
    from espalier import process
    from espalier.core.errors import PlanError
    from espalier.data.read import kind_of
    from espalier.stages.table import kind_asked

    changes = _changes(learning, data)
    _check_names(changes)
    if Path(source).suffix.lower() in PLAN_SUFFIXES:
        return _edited_file(Path(source), target, changes, learning, data), None
    if not target and "target" not in changes.values() and kind_of(source, kind_asked(changes)) == "table":
        likely = "target" if source.startswith("sample:") else "COLUMN"
        raise PlanError(
            f"--target is missing: which column of {source} shall be predicted? Add --target {likely}; "
            f"`espalier inspect {source}` lists the columns."
        )
    made = process.draft(source, query=data.query, target=target, changes=changes, seed=learning.seed or 0)
    return made.plan, made.table


def _edited_file(
    path: Path, target: tuple[str, ...], changes: dict[str, Any], learning: LearningOptions, data: DataOptions
) -> "Plan":
    """Return the plan of a file with the options as edits on top."""
    from espalier.app.cli.given.options import without_none
    from espalier.core.errors import PlanError
    from espalier.core.plan import edit
    from espalier.core.plan_file import read_plan

    if target:
        raise PlanError(f"{path} names its target already. Leave --target out, or change the roles of columns in the plan.")
    method = "files" if data.valid or data.test else None
    edits = without_none({"seed": learning.seed, "data.query": data.query, "split.method": method}) | changes
    plan = read_plan(path)
    return edit(plan, edits, "you asked for it") if edits else plan


def _as_typed(message: str, learning: LearningOptions, data: DataOptions) -> str:
    """Return an error's message with options named as they were typed: `--epochs 0` is an edit of learning.epochs."""
    options = (
        ("learning.epochs", "--epochs", learning.epochs),
        ("seed", "--seed", learning.seed),
        ("split.folds", "--folds", data.folds),
        ("split.repeats", "--repeats", data.repeats),
    )
    for path, option, value in options:
        start = f"--set {path}={value}:"
        if value is not None and message.startswith(start) and f"{path}={value}" not in learning.settings:
            return f"{option} {value}:{message.removeprefix(start)}"
    return message


def _changes(learning: LearningOptions, data: DataOptions) -> dict[str, Any]:
    """Return the options as edits of a plan; what `--set` says comes last."""
    from espalier.app.cli.given.options import adapting, changes_of, seconds_of, without_none

    asked = {
        "task.name": learning.task or (None if learning.horizon is None else "forecasting"),
        "prepare.forecast.horizon": learning.horizon,
        "prepare.stretches.labels": learning.labels,
        "model.name": learning.model,
        "learning.epochs": learning.epochs,
        "learning.budget_seconds": None if learning.budget is None else seconds_of(learning.budget),
        "data.valid": data.valid,
        "data.test": data.test,
        "split.folds": data.folds,
        "split.repeats": data.repeats,
        "adapt.weights": learning.weights,
        "adapt.source": learning.source,
        "adapt.old_data": learning.old_data,
    }
    return {**without_none(asked), **adapting(learning.adapt), **changes_of(learning.settings)}


def _check_names(changes: dict[str, Any]) -> None:
    """Refuse a model or a task that nobody has, before the data is read."""
    from espalier.core.catalogue import architectures, tasks
    from espalier.core.errors import unknown_name

    for path, what, known in (("model.name", "model", architectures), ("task.name", "task", tasks)):
        if path in changes and changes[path] not in known():
            raise unknown_name(what, str(changes[path]), known())


def _preview(plan: "Plan", table: "Table | None", output: OutputOptions) -> int:
    """Print what would happen, without training."""
    from dataclasses import asdict

    from espalier import process
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.plan import print_plan, print_rehearsal
    from espalier.core.plan import to_mapping

    console = human()
    result: dict[str, Any] = {"plan": to_mapping(plan)}
    if output.dry_run:
        forecast = process.forecast(plan, table)
        result["forecast"] = asdict(forecast)
        if not output.json:
            print_plan(console, plan, forecast)
    if output.rehearse:
        result["rehearsal"] = process.rehearse(plan, table)
        if not output.json:
            print_rehearsal(console, result["rehearsal"])
    if output.json:
        print_json(result)
    return FINE
